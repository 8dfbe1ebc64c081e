/* rewrite_fold.c: what need not be computed: ops on constants, ops that change nothing, two that undo each other. A
 * rule applies only where every bit stays, for any operand: x + 0 is not x where x is -0, so it is computed.
 *
 * A variable that something writes must not stand in the place of a value: whoever reads the value later means the old
 * contents. */
#include <float.h>
#include <math.h>

#include "plan/rewrite.h"

typedef struct folding {
    luge__rewriter *r;
    const luge__expression *e;
    const luge__type *type;
} folding;
typedef luge_val rule(const folding *f);

/* ---- helpers ----------------------------------------------------------------------------------------------------- */

static const luge__node *operand(const folding *f, int i)
{
    return luge__node_of(f->r->to, f->e->in[i]);
}

static int is_full(const luge__node *node, double value)
{
    if (node->op != LUGE__OP_full) return 0;
    const double has = ((const luge__leaf_attr *)node->attr)->value;
    return !(has < value || has > value) && has == has && !signbit(has) == !signbit(value);
}

/* The value itself, where reading it later is reading it now. */
static luge_val unchanged(const folding *f, luge_val v)
{
    return v.id < f->r->written_size && f->r->written[v.id] ? luge__none() : v;
}

static luge_val full(const folding *f, double value)
{
    return luge__common_full(f->r, f->type->dtype, &f->type->shape, value);
}

/* ---- constants --------------------------------------------------------------------------------------------------- */

/* Every kernel rounds these as the reference does, in f32 too. */
static const uint8_t is_exact[LUGE__OP_COUNT] = {
    [LUGE__OP_neg] = 1,     [LUGE__OP_abs] = 1,        [LUGE__OP_square] = 1,  [LUGE__OP_sqrt] = 1,
    [LUGE__OP_add] = 1,     [LUGE__OP_sub] = 1,        [LUGE__OP_mul] = 1,     [LUGE__OP_div] = 1,
    [LUGE__OP_maximum] = 1, [LUGE__OP_minimum] = 1,    [LUGE__OP_equal] = 1,   [LUGE__OP_not_equal] = 1,
    [LUGE__OP_less] = 1,    [LUGE__OP_less_equal] = 1, [LUGE__OP_greater] = 1, [LUGE__OP_greater_equal] = 1,
};

static double rounded(luge_dtype dtype, double x)
{
    return dtype == LUGE_F32 ? (double)(float)x : x;
}

/* Zero or a normal number: runs flush others, and NaNs have many bits. */
static int is_plain(luge_dtype dtype, double x)
{
    return (fabs(x) >= (dtype == LUGE_F32 ? (double)FLT_MIN : DBL_MIN) && fabs(x) <= DBL_MAX) ||
           !(x < 0 || x > 0 || x != x);
}

/* An elementwise op on arrays of one value each. */
static luge_val fold_elements(const folding *f)
{
    const luge__op *op = f->e->op;
    double x[2] = { 0, 0 };
    for (int i = 0; i < f->e->n_in; i++) {
        const luge__node *node = operand(f, i);
        if (node->op != LUGE__OP_full || !luge__is_float(node->type.dtype)) return luge__none();
        x[i] = rounded(node->type.dtype, ((const luge__leaf_attr *)node->attr)->value);
        if (!is_plain(node->type.dtype, x[i])) return luge__none();
    }
    const double y = rounded(f->type->dtype, op->scalar(x[0], x[1], 0));
    if (f->type->dtype == LUGE_BOOL) return full(f, y > 0);
    return is_plain(f->type->dtype, y) ? full(f, y) : luge__none();
}

/* An op that uses shapes alone. */
static luge_val fold_shapes(const folding *f)
{
    luge__array in[LUGE__MAX_INPUTS] = { { .data = NULL } };
    double value = 0;
    for (int i = 0; i < f->e->n_in; i++) in[i].shape = operand(f, i)->type.shape;
    luge__call call = { .op = f->e->op, .attr = f->e->attr, .n_in = f->e->n_in, .in = in };
    call.out = (luge__array){ .data = (unsigned char *)&value, .dtype = LUGE_F64 };
    if (f->type->shape.ndim || call.op->ref(&call)) return luge__none();
    return is_plain(f->type->dtype, rounded(f->type->dtype, value)) ? full(f, value) : luge__none();
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static luge_val fold_mul(const folding *f)
{
    for (int i = 0; i < 2; i++)
        if (is_full(operand(f, i), 1)) return unchanged(f, f->e->in[1 - i]);
    return luge__none();
}

static luge_val fold_div(const folding *f)
{
    return is_full(operand(f, 1), 1) ? unchanged(f, f->e->in[0]) : luge__none();
}

static luge_val fold_sub(const folding *f)
{
    return is_full(operand(f, 1), 0) ? unchanged(f, f->e->in[0]) : luge__none();
}

static luge_val fold_add(const folding *f)
{
    for (int i = 0; i < 2; i++)
        if (is_full(operand(f, i), -0.0)) return unchanged(f, f->e->in[1 - i]);
    return luge__none();
}

static luge_val fold_neg(const folding *f)
{
    return operand(f, 0)->op == LUGE__OP_neg ? unchanged(f, operand(f, 0)->in[0]) : luge__none();
}

/* x > 0 is relu(x) > 0: who has relu(x) need not keep x. */
static luge_val fold_greater(const folding *f)
{
    const luge__expression relu = { luge__op_of(LUGE__OP_relu), f->e->in, 1, NULL };
    if (!is_full(operand(f, 1), 0) || !luge__is_float(operand(f, 0)->type.dtype)) return luge__none();
    const luge_val in[2] = { luge__find_common(f->r, &relu), f->e->in[1] };
    if (!in[0].id) return luge__none();
    return luge__common(f->r, &(luge__expression){ f->e->op, in, 2, NULL });
}

/* The op on what is below an op that changes nothing but the place of elements. */
static luge_val fold_cast(const folding *f)
{
    const luge__node *x = operand(f, 0);
    if (x->type.dtype == f->type->dtype) return unchanged(f, f->e->in[0]);
    if (x->op != LUGE__OP_full || !luge__is_float(x->type.dtype) || !luge__is_float(f->type->dtype))
        return luge__none();
    const double value = rounded(x->type.dtype, ((const luge__leaf_attr *)x->attr)->value);
    return is_plain(x->type.dtype, value) && is_plain(f->type->dtype, rounded(f->type->dtype, value)) ? full(f, value)
                                                                                                      : luge__none();
}

/* A view of one value repeated is that; a view of the whole is the whole. */
static luge_val fold_view(const folding *f)
{
    const luge__node *x = operand(f, 0);
    if (x->op == LUGE__OP_full) return full(f, ((const luge__leaf_attr *)x->attr)->value);
    const luge__op_id op = f->e->op->id;
    const int keeps_order = op == LUGE__OP_expand || op == LUGE__OP_reshape || op == LUGE__OP_slice;
    if (op == LUGE__OP_stop_gradient || (keeps_order && luge__shape_equal(&x->type.shape, &f->type->shape)))
        return unchanged(f, f->e->in[0]);
    return luge__none();
}

/* Sizes are known here: a reshape is known by its result, and of two only the second counts. */
static luge_val fold_reshape(const folding *f)
{
    const luge_val whole = fold_view(f);
    if (whole.id || luge_failed(f->r->ctx)) return whole;
    const luge__reshape_attr attr = { f->type->shape };
    luge_val x = f->e->in[0];
    if (operand(f, 0)->op == LUGE__OP_reshape) {
        const luge_val below = unchanged(f, operand(f, 0)->in[0]);
        if (below.id) x = below;
        if (luge__shape_equal(&luge__node_of(f->r->to, x)->type.shape, &f->type->shape)) return x;
    }
    return luge__common(f->r, &(luge__expression){ f->e->op, &x, 1, &attr });
}

static luge_val fold_transpose(const folding *f)
{
    const luge_val whole = fold_view(f);
    if (whole.id || luge_failed(f->r->ctx)) return whole;
    luge__axes_attr attr = *(const luge__axes_attr *)f->e->attr;
    luge_val x = f->e->in[0];
    const luge__node *node = operand(f, 0);
    if (node->op == LUGE__OP_transpose && unchanged(f, node->in[0]).id) {
        const luge__axes_attr *inner = node->attr;
        for (int i = 0; i < attr.axes.n; i++) attr.axes.axis[i] = inner->axes.axis[attr.axes.axis[i]];
        x = node->in[0];
    }
    int in_order = 1;
    for (int i = 0; i < attr.axes.n; i++) in_order &= attr.axes.axis[i] == i;
    if (in_order) return unchanged(f, x);
    if (x.id == f->e->in[0].id) return luge__none();
    return luge__common(f->r, &(luge__expression){ f->e->op, &x, 1, &attr });
}

/* Does the node swap the last two dimensions of something, and nothing else? */
static int swaps_last_two(const luge__node *node)
{
    if (node->op != LUGE__OP_transpose || node->type.shape.ndim < 2) return 0;
    const luge_axes *axes = &((const luge__axes_attr *)node->attr)->axes;
    for (int i = 0; i < axes->n - 2; i++)
        if (axes->axis[i] != i) return 0;
    return axes->axis[axes->n - 1] == axes->n - 2;
}

/* A product of a transpose is a product that reads the other way. */
static luge_val fold_matmul(const folding *f)
{
    const luge__matmul_attr *given = f->e->attr;
    int64_t transpose[2] = { given->transpose_a, given->transpose_b };
    luge_val in[2] = { f->e->in[0], f->e->in[1] };
    for (int i = 0; i < 2; i++) {
        if (!swaps_last_two(operand(f, i)) || !unchanged(f, operand(f, i)->in[0]).id) continue;
        in[i] = operand(f, i)->in[0];
        transpose[i] = !transpose[i];
    }
    if (in[0].id == f->e->in[0].id && in[1].id == f->e->in[1].id) return luge__none();
    const luge__matmul_attr attr = { transpose[0], transpose[1] };
    return luge__common(f->r, &(luge__expression){ f->e->op, in, 2, &attr });
}

static rule *const rules[LUGE__OP_COUNT] = {
    [LUGE__OP_mul] = fold_mul,       [LUGE__OP_div] = fold_div,         [LUGE__OP_sub] = fold_sub,
    [LUGE__OP_add] = fold_add,       [LUGE__OP_neg] = fold_neg,         [LUGE__OP_greater] = fold_greater,
    [LUGE__OP_cast] = fold_cast,     [LUGE__OP_reshape] = fold_reshape, [LUGE__OP_transpose] = fold_transpose,
    [LUGE__OP_matmul] = fold_matmul,
};

luge_val luge__fold(luge__rewriter *r, const luge__expression *e, const luge__type *type)
{
    const folding f = { r, e, type };
    const uint32_t all = (1u << e->n_in) - 1;
    luge_val v = { 0, 0 };
    if (e->n_in && (e->op->shape_only & all) == all) return fold_shapes(&f);
    if (is_exact[e->op->id]) v = fold_elements(&f);
    if (v.id || luge_failed(r->ctx)) return v;
    if (rules[e->op->id]) return rules[e->op->id](&f);
    return e->op->view ? fold_view(&f) : v;
}
