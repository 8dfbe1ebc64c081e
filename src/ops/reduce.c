/* reduce.c: ops that combine elements along axes. */
#include <math.h>

#include "ops/rows.h"

luge_axes luge_make_axes(int n, const int *axes)
{
    luge_axes a = { .n = n };
    for (int i = 0; axes && i < n && i < LUGE_MAX_DIMS; i++) a.axis[i] = axes[i];
    return a;
}

/* ---- shape rule -------------------------------------------------------------------------------------------------- */

static luge_status reduce_infer(luge__infer *q)
{
    const luge__reduce_attr *attr = q->attr;
    const luge_shape *in = &q->in[0]->shape;
    luge_status status = luge__expect_float(q, 0);
    for (int i = 0; i < attr->axes.n && !status; i++) {
        status = luge__expect_axis(q, 0, attr->axes.axis[i]);
        if (!status && (attr->all || (i && attr->axes.axis[i] <= attr->axes.axis[i - 1])))
            status = luge__fail(q->ctx, LUGE_EINVAL, "%s: the axes are not sorted, or go with `all`", q->op->name);
    }
    if (status) return status;
    const uint32_t reduced = luge__reduced_axes(attr, in->ndim);
    q->out = (luge__type){ .dtype = q->in[0]->dtype };
    luge_shape *out = &q->out.shape;
    for (int i = 0; i < in->ndim; i++) {
        if (!(reduced >> i & 1))
            out->dim[out->ndim++] = in->dim[i];
        else if (attr->keepdims)
            out->dim[out->ndim++] = 1;
    }
    return LUGE_OK;
}

static const luge__field reduce_fields[] = {
    LUGE__FIELD(luge__reduce_attr, AXES, axes),
    LUGE__FIELD(luge__reduce_attr, FLAG, all),
    LUGE__FIELD(luge__reduce_attr, FLAG, keepdims),
    { NULL, LUGE__FIELD_I64, 0 },
};

/* ---- reference: one output element at a time --------------------------------------------------------------------- */

/* One output element: x walks through the elements of in that it is made of. */
typedef struct reduce_walk {
    luge_shape reduced, kept; /* the sizes of the axes of either kind, 1 for the others */
} reduce_walk;

static reduce_walk walk_over(const luge__call *call)
{
    const luge_shape *in = &call->in[0].shape;
    const uint32_t axes = luge__reduced_axes(call->attr, in->ndim);
    reduce_walk w = { .reduced = *in, .kept = *in };
    for (int i = 0; i < in->ndim; i++) *(axes >> i & 1 ? &w.kept.dim[i] : &w.reduced.dim[i]) = 1;
    return w;
}

static double reduce_one(const luge__array *in, const luge_shape *reduced, const int64_t *base, double start,
                         double (*combine)(double, double))
{
    int64_t r[LUGE_MAX_DIMS] = { 0 }, i[LUGE_MAX_DIMS];
    if (!luge__some(reduced)) return start;
    do {
        for (int k = 0; k < reduced->ndim; k++) i[k] = base[k] + r[k];
        start = combine(start, luge__get(in, i));
    } while (luge__next(reduced, r));
    return start;
}

static luge_status reduce_ref(luge__call *call, double start, double (*combine)(double, double), int mean)
{
    const reduce_walk w = walk_over(call);
    const int64_t count = luge_shape_size(&w.reduced);
    /* Outputs in C order are the kept indices in C order, with or without keepdims. */
    int64_t o[LUGE_MAX_DIMS] = { 0 }, k[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        const double sum = reduce_one(&call->in[0], &w.reduced, k, start, combine);
        luge__put(&call->out, o, mean ? sum / (double)count : sum);
        luge__next(&w.kept, k);
    } while (luge__next(&call->out.shape, o));
    return LUGE_OK;
}

static double plus(double a, double b)
{
    return a + b;
}
static double times(double a, double b)
{
    return a * b;
}
static double larger(double a, double b)
{
    return a >= b || a != a ? a : b;
}
static double smaller(double a, double b)
{
    return a <= b || a != a ? a : b;
}

static luge_status sum_ref(luge__call *call)
{
    return reduce_ref(call, 0, plus, 0);
}
static luge_status mean_ref(luge__call *call)
{
    return reduce_ref(call, 0, plus, 1);
}
static luge_status max_ref(luge__call *call)
{
    return reduce_ref(call, -(double)INFINITY, larger, 0);
}
static luge_status min_ref(luge__call *call)
{
    return reduce_ref(call, (double)INFINITY, smaller, 0);
}
static luge_status prod_ref(luge__call *call)
{
    return reduce_ref(call, 1, times, 0);
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

/* r, shaped as the result of the reduction, repeated to the shape of its operand. */
static luge_val spread(luge_graph *g, const luge__reduce_attr *attr, luge_val r, luge_val x)
{
    luge__axes_attr missing = { .axes = { 0 } };
    if (!attr->keepdims) {
        const uint32_t reduced = luge__reduced_axes(attr, luge__ndim(g, x));
        for (int i = 0; i < luge__ndim(g, x); i++)
            if (reduced >> i & 1) missing.axes.axis[missing.axes.n++] = i;
    }
    const luge_val in[2] = { r, x };
    return luge__append(g, LUGE__OP_expand, in, 2, &missing);
}

static luge_status sum_vjp(luge_graph *g, const luge__vjp *v)
{
    v->gin[0] = spread(g, v->attr, v->gout, v->in[0]);
    return LUGE_OK;
}

static luge_status mean_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val per_output = luge_count(g, v->in[0], v->out);
    v->gin[0] = spread(g, v->attr, luge_div(g, v->gout, per_output), v->in[0]);
    return LUGE_OK;
}

static luge_status extreme_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val x = v->in[0];
    const luge_val equal = luge_equal(g, x, spread(g, v->attr, v->out, x));
    const luge_val hit = luge_stop_gradient(g, luge_cast(g, equal, luge__dtype_of(g, x)));
    const luge_val ties = luge__append(g, LUGE__OP_sum, &hit, 1, v->attr);
    v->gin[0] = luge_mul(g, hit, spread(g, v->attr, luge_div(g, v->gout, ties), x));
    return LUGE_OK;
}

/* y / x, but right where elements are 0: with exactly one 0 in a group, its own gradient is the product of the others;
 * with more, all are 0. The gradient of this gradient is right where no element is 0. */
static luge_status prod_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val x = v->in[0], zero = luge__like(g, x, 0), one = luge__like(g, x, 1);
    const luge_val is_zero = luge_equal(g, x, zero);
    const luge_val safe = luge_where(g, is_zero, one, x);
    const luge_val others = luge__append(g, LUGE__OP_prod, &safe, 1, v->attr);
    const luge_val flag = luge_cast(g, is_zero, luge__dtype_of(g, x));
    const luge_val zeros = spread(g, v->attr, luge__append(g, LUGE__OP_sum, &flag, 1, v->attr), x);
    /* zeros elsewhere than here: 0 keeps the quotient */
    const luge_val elsewhere = luge_sub(g, zeros, flag);
    const luge_val quotient = luge_div(g, spread(g, v->attr, luge_mul(g, v->gout, others), x), safe);
    v->gin[0] = luge_where(g, luge_equal(g, elsewhere, zero), quotient, zero);
    return LUGE_OK;
}

/* ---- rows and builders ------------------------------------------------------------------------------------------- */

static luge_val reduce_all(luge_graph *g, luge__op_id op, luge_val x)
{
    const luge__reduce_attr attr = { .all = 1 };
    return luge__append(g, op, &x, 1, &attr);
}

static luge_val reduce_over(luge_graph *g, luge__op_id op, luge_val x, luge_axes axes, int keepdims)
{
    const char *who = luge__op_of(op)->name;
    if (!luge__usable(g, who, x)) return luge__none();
    const int ndim = luge__ndim(g, x);
    if (axes.n < 0 || axes.n > ndim) {
        luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "%s: %d axes for %d dimensions", who, (int)axes.n, ndim);
        return luge__none();
    }
    uint32_t mask = 0;
    for (int i = 0; i < axes.n; i++) {
        const int a = luge__axis(g, who, axes.axis[i], ndim);
        if (a < 0) return luge__none();
        if (mask >> a & 1) {
            luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "%s: axis %d is named twice", who, a);
            return luge__none();
        }
        mask |= 1u << a;
    }
    luge__reduce_attr attr = { .keepdims = keepdims != 0 };
    for (int i = 0; i < ndim; i++)
        if (mask >> i & 1) attr.axes.axis[attr.axes.n++] = i;
    return luge__append(g, op, &x, 1, &attr);
}

#define REDUCE(op_name, words, gradient_words, ...)                                                                    \
    const luge__op luge__row_##op_name = {                                                                             \
        LUGE__ROW(op_name),    .formula = words, .gradient = gradient_words,                                           \
        .min_in = 1,           .max_in = 1,      LUGE__ATTR(luge__reduce_attr, reduce_fields),                         \
        .infer = reduce_infer, __VA_ARGS__                                                                             \
    };                                                                                                                 \
    luge_val luge_##op_name(luge_graph *g, luge_val x)                                                                 \
    {                                                                                                                  \
        return reduce_all(g, LUGE__OP_##op_name, x);                                                                   \
    }                                                                                                                  \
    luge_val luge_##op_name##_over(luge_graph *g, luge_val x, luge_axes axes, int keepdims)                            \
    {                                                                                                                  \
        return reduce_over(g, LUGE__OP_##op_name, x, axes, keepdims);                                                  \
    }

REDUCE(sum, "sum of x", "g", .vjp = sum_vjp, .ref = sum_ref)
REDUCE(mean, "sum of x / count", "g / count", .vjp = mean_vjp, .ref = mean_ref)
REDUCE(max, "largest x", "g / ties where x = y, else 0", .vjp = extreme_vjp, .ref = max_ref)
REDUCE(min, "smallest x", "g / ties where x = y, else 0", .vjp = extreme_vjp, .ref = min_ref)
REDUCE(prod, "product of x", "g times the product of the others", .vjp = prod_vjp, .ref = prod_ref)

/* log sum e^(x - m) + m with m = max x, which any m would satisfy: so m counts as a constant. An infinite m would give
 * inf - inf; 0 does then. */
static luge_val logsumexp_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    const luge_val x = in[0];
    luge__reduce_attr keep = *(const luge__reduce_attr *)attr;
    keep.keepdims = 1;
    luge_val m = luge_stop_gradient(g, luge__append(g, LUGE__OP_max, &x, 1, &keep));
    const luge_val zero = luge__like(g, x, 0);
    m = luge_where(g, luge_equal(g, luge_sub(g, m, m), zero), m, zero);
    const luge_val e = luge_exp(g, luge_sub(g, x, m));
    const luge_val sum = luge__append(g, LUGE__OP_sum, &e, 1, attr);
    return luge_add(g, luge_log(g, sum), luge_reshape_like(g, m, sum));
}
REDUCE(logsumexp, "log of the sum of e^x", "lowered: g e^(x - y)", .lower = logsumexp_lower)

/* ---- sum_like: the adjoint of expand ----------------------------------------------------------------------------- */

static luge_status sum_like_infer(luge__infer *q)
{
    const luge_shape *x = &q->in[0]->shape, *like = &q->in[1]->shape;
    const luge__axes_attr *attr = q->attr;
    int axis_of[LUGE_MAX_DIMS];
    luge_status status = luge__expect_float(q, 0);
    if (status) return status;
    int fits = luge__align_axes(&attr->axes, like->ndim, x->ndim, axis_of);
    for (int i = 0; i < like->ndim && fits; i++) fits = like->dim[i] == 1 || like->dim[i] == x->dim[axis_of[i]];
    if (!fits) return luge__fail(q->ctx, LUGE_ESHAPE, "sum_like: %S cannot be summed to %S", x, like);
    q->out = (luge__type){ .dtype = q->in[0]->dtype, .shape = *like };
    return LUGE_OK;
}

static luge_status sum_like_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val in[2] = { v->gout, v->in[0] };
    v->gin[0] = luge__append(g, LUGE__OP_expand, in, 2, v->attr);
    return LUGE_OK;
}

static luge_status sum_like_ref(luge__call *call)
{
    const luge__axes_attr *attr = call->attr;
    const luge_shape *x = &call->in[0].shape, *out = &call->out.shape;
    int axis_of[LUGE_MAX_DIMS];
    luge__align_axes(&attr->axes, out->ndim, x->ndim, axis_of);
    luge_shape reduced = *x;
    for (int i = 0; i < out->ndim; i++)
        if (out->dim[i] == x->dim[axis_of[i]]) reduced.dim[axis_of[i]] = 1;
    int64_t o[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(out)) return LUGE_OK;
    do {
        int64_t base[LUGE_MAX_DIMS] = { 0 };
        for (int i = 0; i < out->ndim; i++)
            if (reduced.dim[axis_of[i]] == 1) base[axis_of[i]] = o[i];
        luge__put(&call->out, o, reduce_one(&call->in[0], &reduced, base, 0, plus));
    } while (luge__next(out, o));
    return LUGE_OK;
}

const luge__op luge__row_sum_like = {
    LUGE__ROW(sum_like),
    .formula = "x summed to the shape of like",
    .gradient = "g expanded to the shape of x",
    .min_in = 2,
    .max_in = 2,
    .shape_only = 2,
    LUGE__ATTR(luge__axes_attr, luge__axes_fields),
    .infer = sum_like_infer,
    .vjp = sum_like_vjp,
    .ref = sum_like_ref,
};
luge_val luge_sum_like(luge_graph *g, luge_val x, luge_val like)
{
    const luge_val in[2] = { x, like };
    const luge__axes_attr attr = { .axes = { 0 } };
    return luge__append(g, LUGE__OP_sum_like, in, 2, &attr);
}

/* ---- count: a size that follows the shapes ----------------------------------------------------------------------- */

static luge_status count_infer(luge__infer *q)
{
    q->out = (luge__type){ .dtype = q->in[0]->dtype, .shape = luge_scalar_shape() };
    return luge__expect_float(q, 0);
}

static luge_status count_vjp(luge_graph *g, const luge__vjp *v)
{
    (void)g;
    (void)v;
    return LUGE_OK;
}

static luge_status count_ref(luge__call *call)
{
    const int64_t none[1] = { 0 };
    luge__put(&call->out, none,
              (double)luge_shape_size(&call->in[0].shape) / (double)luge_shape_size(&call->in[1].shape));
    return LUGE_OK;
}

const luge__op luge__row_count = {
    LUGE__ROW(count),
    .formula = "elements of x / elements of per",
    .gradient = "0: shapes are constants",
    .min_in = 2,
    .max_in = 2,
    .shape_only = 3,
    .infer = count_infer,
    .vjp = count_vjp,
    .ref = count_ref,
};
luge_val luge_count(luge_graph *g, luge_val x, luge_val per)
{
    const luge_val in[2] = { x, per };
    return luge__append(g, LUGE__OP_count, in, 2, NULL);
}

/* ---- argmax ------------------------------------------------------------------------------------------------------ */

static luge_status argmax_infer(luge__infer *q)
{
    const luge_status status = luge__expect_axis(q, 0, ((const luge__axis_attr *)q->attr)->axis);
    if (status) return status;
    const int axis = (int)((const luge__axis_attr *)q->attr)->axis;
    q->out = (luge__type){ .dtype = LUGE_I64, .shape = q->in[0]->shape };
    luge_shape *s = &q->out.shape;
    if (s->dim[axis] == 0)
        return luge__fail(q->ctx, LUGE_ESHAPE, "argmax: axis %d of %S has no elements", axis, &q->in[0]->shape);
    for (int i = axis; i + 1 < s->ndim; i++) s->dim[i] = s->dim[i + 1];
    s->ndim--;
    return luge__expect_float(q, 0);
}

static luge_status argmax_ref(luge__call *call)
{
    const int axis = (int)((const luge__axis_attr *)call->attr)->axis;
    const luge__array *x = &call->in[0];
    int64_t o[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        int64_t i[LUGE_MAX_DIMS] = { 0 }, best = 0;
        for (int k = 0; k < x->shape.ndim; k++) i[k] = k == axis ? 0 : o[k < axis ? k : k - 1];
        double top = luge__get(x, i);
        for (i[axis] = 1; i[axis] < x->shape.dim[axis]; i[axis]++) {
            const double value = luge__get(x, i);
            if (value <= top || top != top) continue;
            top = value; /* a larger one, or the first NaN */
            best = i[axis];
        }
        luge__put_int(&call->out, o, best);
    } while (luge__next(&call->out.shape, o));
    return LUGE_OK;
}

const luge__op luge__row_argmax = {
    LUGE__ROW(argmax),
    .formula = "index of the first largest x along an axis",
    .gradient = "none",
    .min_in = 1,
    .max_in = 1,
    .flags = LUGE__NO_GRADIENT,
    LUGE__ATTR(luge__axis_attr, luge__axis_fields),
    .infer = argmax_infer,
    .ref = argmax_ref,
};
luge_val luge_argmax(luge_graph *g, luge_val x, int axis)
{
    if (!luge__usable(g, "argmax", x)) return luge__none();
    const int a = luge__axis(g, "argmax", axis, luge__ndim(g, x));
    if (a < 0) return luge__none();
    const luge__axis_attr attr = { a };
    return luge__append(g, LUGE__OP_argmax, &x, 1, &attr);
}
