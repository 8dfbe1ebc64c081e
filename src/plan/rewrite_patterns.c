/* rewrite_patterns.c: what the fused ops mean, recognised in a simplified graph. Each function looks at the last node
 * of its pattern. What lies inside must be read by the pattern alone, and a variable must hold at the end of the
 * pattern what it held where the pattern reads it. */
#include <math.h>

#include "plan/rewrite.h"

typedef luge__fusing fusing;
typedef luge__fusion fusion;
typedef int pattern(const fusing *f, fusion *to);

/* ---- helpers ----------------------------------------------------------------------------------------------------- */

static const luge__node *node_of(const fusing *f, luge_val v)
{
    return luge__node_of(f->r->from, v);
}

static const luge__node *root_of(const fusing *f, const fusion *to)
{
    return &f->r->from->nodes[to->root];
}

static int is(const fusing *f, luge_val v, luge__op_id op)
{
    return node_of(f, v)->op == op;
}

/* A node of this op that one node reads, and nobody outside. */
static const luge__node *only(const fusing *f, luge_val v, luge__op_id op)
{
    return is(f, v, op) && f->readers[v.id] == 1 && !(f->r->use[v.id] & LUGE__ASKED) ? node_of(f, v) : NULL;
}

static int is_full(const fusing *f, luge_val v, double value)
{
    const luge__leaf_attr *attr = node_of(f, v)->attr;
    return is(f, v, LUGE__OP_full) && attr->value >= value && attr->value <= value && !signbit(attr->value);
}

/* Takes v, which node `reader` of the pattern reads, as the next operand; zero where it is a variable that was written
 * between that node and the root. */
static int take(const fusing *f, fusion *to, luge_val v, luge_val reader)
{
    to->in[to->n_in++] = v;
    return f->written[v.id] <= reader.id;
}

/* The operands and flags of a product of two matrices that the pattern alone reads. */
static int take_product(const fusing *f, fusion *to, luge_val product)
{
    const luge__node *node = only(f, product, LUGE__OP_matmul);
    if (!node || node->type.shape.ndim != 2) return 0;
    const luge__matmul_attr *attr = node->attr;
    to->attr.dense.transpose_a = attr->transpose_a;
    to->attr.dense.transpose_b = attr->transpose_b;
    return take(f, to, node->in[0], product) & take(f, to, node->in[1], product);
}

/* ---- dense ------------------------------------------------------------------------------------------------------- */

static int take_bias(const fusing *f, fusion *to, luge_val expanded)
{
    const luge__node *node = node_of(f, expanded);
    if (node->op != LUGE__OP_expand || ((const luge__axes_attr *)node->attr)->axes.n) return 0;
    const luge_shape *bias = &node_of(f, node->in[0])->type.shape;
    if (bias->ndim != 1 || bias->dim[0] != node->type.shape.dim[node->type.shape.ndim - 1]) return 0;
    return take(f, to, node->in[0], expanded);
}

/* x w + b, in either order. */
static int take_affine(const fusing *f, fusion *to, const luge__node *sum)
{
    for (int i = 0; i < 2; i++) {
        to->n_in = 0;
        if (take_product(f, to, sum->in[i]) && take_bias(f, to, sum->in[1 - i])) return 1;
    }
    return 0;
}

static int match_affine(const fusing *f, fusion *to)
{
    to->op = LUGE__OP_dense;
    return take_affine(f, to, root_of(f, to));
}

static int match_activation(const fusing *f, fusion *to)
{
    const luge__node *root = root_of(f, to), *sum = only(f, root->in[0], LUGE__OP_add);
    if (sum ? !take_affine(f, to, sum) : !take_product(f, to, root->in[0])) return 0;
    to->op = LUGE__OP_dense;
    to->attr.dense.activation = root->op == LUGE__OP_relu      ? LUGE__RELU
                                : root->op == LUGE__OP_sigmoid ? LUGE__SIGMOID
                                                               : LUGE__TANH;
    return 1;
}

/* ---- dense_backprop ---------------------------------------------------------------------------------------------- */

/* The output y of which v is the derivative of sigmoid, y (1 - y), or tanh, 1 - y^2; and which. None for neither. */
static luge_val output_of(const fusing *f, luge_val v, luge__activation *which, luge_val *reader)
{
    const luge__node *node = node_of(f, v);
    for (int i = 0; i < 2 && node->op == LUGE__OP_mul; i++) {
        const luge__node *rest = node_of(f, node->in[1 - i]);
        *which = LUGE__SIGMOID;
        *reader = node->in[1 - i]; /* the first of the pattern that reads it */
        if (rest->op == LUGE__OP_sub && is_full(f, rest->in[0], 1) && rest->in[1].id == node->in[i].id)
            return node->in[i];
    }
    if (node->op != LUGE__OP_sub || !is_full(f, node->in[0], 1) || !is(f, node->in[1], LUGE__OP_square))
        return luge__none();
    *which = LUGE__TANH;
    *reader = node->in[1];
    return node_of(f, node->in[1])->in[0];
}

/* The product times a derivative. */
static int match_scaled_product(const fusing *f, fusion *to)
{
    const luge__node *root = root_of(f, to);
    for (int i = 0; i < 2; i++) {
        luge__activation which = LUGE__NO_ACTIVATION;
        luge_val reader = { 0, 0 };
        const luge_val y = output_of(f, root->in[1 - i], &which, &reader);
        to->n_in = 0;
        if (!y.id || !take_product(f, to, root->in[i]) || !take(f, to, y, reader)) continue;
        to->op = LUGE__OP_dense_backprop;
        to->attr.dense.activation = which;
        return 1;
    }
    return 0;
}

/* The product where y > 0, else 0. */
static int match_masked_product(const fusing *f, fusion *to)
{
    const luge__node *root = root_of(f, to), *mask = node_of(f, root->in[0]);
    if (mask->op != LUGE__OP_greater || !is_full(f, mask->in[1], 0) || !is_full(f, root->in[2], 0)) return 0;
    to->op = LUGE__OP_dense_backprop;
    to->attr.dense.activation = LUGE__RELU;
    return node_of(f, mask->in[0])->type.dtype == root->type.dtype && take_product(f, to, root->in[1]) &&
           take(f, to, mask->in[0], root->in[0]);
}

/* ---- gradients of cross-entropies -------------------------------------------------------------------------------- */

/* What reaches the loss of each row, from its repetition along the last axis. */
static int take_row_gradient(const fusing *f, fusion *to, luge_val repeated)
{
    const luge__node *node = node_of(f, repeated);
    luge_shape rows = node->type.shape;
    rows.ndim--;
    if (node->op == LUGE__OP_full) {
        to->full = (luge__type){ node->type.dtype, rows };
        to->value = ((const luge__leaf_attr *)node->attr)->value;
        to->in[to->n_in++] = luge__none();
        return 1;
    }
    if (node->op != LUGE__OP_expand || !is(f, node->in[0], LUGE__OP_reshape)) return 0;
    const luge_val row = node_of(f, node->in[0])->in[0];
    const luge_shape *column = &node_of(f, node->in[0])->type.shape;
    return luge__shape_equal(&node_of(f, row)->type.shape, &rows) && column->ndim == rows.ndim + 1 &&
           column->dim[rows.ndim] == 1 && take(f, to, row, node->in[0]);
}

/* The logits of softmax(z) times the sum of the targets t. */
static luge_val whole_softmax(const fusing *f, luge_val v, luge_val t)
{
    const luge__node *node = node_of(f, v);
    for (int i = 0; i < 2 && node->op == LUGE__OP_mul; i++) {
        const luge_val repeated = node->in[1 - i];
        if (!is(f, node->in[i], LUGE__OP_softmax) || !is(f, repeated, LUGE__OP_expand)) continue;
        const luge__node *sum = node_of(f, node_of(f, repeated)->in[0]);
        const luge__reduce_attr *attr = sum->attr;
        if (sum->op != LUGE__OP_sum || sum->in[0].id != t.id || attr->all || !attr->keepdims || attr->axes.n != 1)
            continue;
        if (attr->axes.axis[0] == node->type.shape.ndim - 1) return node->in[i];
    }
    return luge__none();
}

/* Smoothed targets are t (1 - s) + s / n. The t of v and its s, which is 0 for others. */
static luge_val unsmoothed(const fusing *f, luge_val v, double *s)
{
    const luge__node *sum = node_of(f, v);
    *s = 0;
    for (int i = 0; i < 2 && sum->op == LUGE__OP_add; i++) {
        const luge__node *share = node_of(f, sum->in[i]), *scaled = node_of(f, sum->in[1 - i]);
        if (share->op != LUGE__OP_full || scaled->op != LUGE__OP_mul || !is(f, scaled->in[1], LUGE__OP_full)) continue;
        const double rest = 1 - ((const luge__leaf_attr *)node_of(f, scaled->in[1])->attr)->value;
        const double n = (double)sum->type.shape.dim[sum->type.shape.ndim - 1];
        if (!(rest > 0 && rest < 1) || fabs(((const luge__leaf_attr *)share->attr)->value * n - rest) > 1e-6) continue;
        *s = rest;
        return scaled->in[0];
    }
    return v;
}

static int match_softmax(const fusing *f, fusion *to, luge_val difference, luge_val repeated)
{
    const luge__node *sub = only(f, difference, LUGE__OP_sub);
    if (!sub) return 0;
    double smoothing;
    luge_val softmax = sub->in[0], targets = unsmoothed(f, sub->in[1], &smoothing), reader = difference;
    const luge__node *hot = node_of(f, targets);
    if (hot->op == LUGE__OP_one_hot) {
        reader = targets;
        targets = hot->in[0];
        if (hot->type.shape.ndim != node_of(f, targets)->type.shape.ndim + 1) return 0;
    } else {
        softmax = whole_softmax(f, softmax, sub->in[1]);
        if (smoothing > 0)
            reader = (luge_val){ 0, 0 }; /* a variable there is read before the difference: none is taken */
    }
    if (!softmax.id || !is(f, softmax, LUGE__OP_softmax)) return 0;
    to->op = LUGE__OP_softmax_cross_entropy_gradient;
    to->n_in = 0;
    to->attr.smoothing.smoothing = smoothing;
    return take(f, to, node_of(f, softmax)->in[0], softmax) & take(f, to, targets, reader) &&
           take_row_gradient(f, to, repeated);
}

static int match_sigmoid(const fusing *f, fusion *to, luge_val difference, luge_val gradient)
{
    const luge__node *sub = only(f, difference, LUGE__OP_sub);
    const luge__node *sigmoid = sub ? only(f, sub->in[0], LUGE__OP_sigmoid) : NULL;
    if (!sigmoid) return 0;
    to->op = LUGE__OP_sigmoid_cross_entropy_gradient;
    to->n_in = 0;
    return take(f, to, sigmoid->in[0], sub->in[0]) & take(f, to, sub->in[1], difference) &
           take(f, to, gradient, luge__val(f->r->from, to->root));
}

static int match_product(const fusing *f, fusion *to)
{
    const luge__node *root = root_of(f, to);
    if (match_scaled_product(f, to)) return 1;
    to->attr.dense = (luge__dense_attr){ 0 };
    for (int i = 0; i < 2; i++)
        if (match_softmax(f, to, root->in[i], root->in[1 - i]) || match_sigmoid(f, to, root->in[i], root->in[1 - i]))
            return 1;
    return 0;
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */

/* The other operands of the update; zero where it writes one of the first n, which the gradient is made of. */
static int take_rest(const fusing *f, fusion *to)
{
    const luge__node *root = root_of(f, to);
    const uint32_t writes = luge__node_op(root)->writes;
    for (int i = 1; i < to->n_in; i++)
        for (int k = 0; k < root->n_in; k++)
            if ((writes >> k & 1) && root->in[k].id == to->in[i].id) return 0;
    for (int i = 2; i < root->n_in; i++) to->in[to->n_in++] = root->in[i];
    return 1;
}

/* Two kinds of gradients are better stored, and read by an update of their own. Large weights with moments: one pass
 * over all arrays from end to end takes less time than pieces of them between pieces of a product, by 5% of a step
 * where that was measured (784 x 100 and 1024 x 1024, Adam). Sums over many rows: a product that keeps its result to
 * itself goes through an operand once for each piece (11,272 rows: 43% more time; 2,048 rows: the same). */
enum { FEW_WEIGHTS = 4096, FEW_ROWS = 4096 };

static int folds_into_product(const fusing *f, const luge__node *update)
{
    const int64_t state = ((const luge__update_attr *)update->attr)->has & ~(int64_t)LUGE__HAS_STEP;
    const luge__node *product = node_of(f, update->in[1]);
    if (state && luge_shape_size(&node_of(f, update->in[0])->type.shape) > FEW_WEIGHTS) return 0;
    if (product->op != LUGE__OP_matmul || product->type.shape.ndim != 2) return 0;
    const int turned = ((const luge__matmul_attr *)product->attr)->transpose_a != 0;
    return node_of(f, product->in[0])->type.shape.dim[!turned] <= FEW_ROWS;
}

static int match_update(const fusing *f, fusion *to)
{
    const luge__node *root = root_of(f, to);
    const luge__node *sum = only(f, root->in[1], LUGE__OP_sum_like);
    const int rule = luge__update_rule(luge__node_op(root));
    to->in[to->n_in++] = root->in[0];
    if (folds_into_product(f, root) && take_product(f, to, root->in[1])) {
        const luge__dense_attr product = to->attr.dense;
        to->attr.dense_update = (luge__dense_update_attr){ .update = *(const luge__update_attr *)root->attr,
                                                           .transpose_a = product.transpose_a,
                                                           .transpose_b = product.transpose_b };
        to->op = (luge__op_id)(LUGE__OP_dense_update_sgd + rule);
        return take_rest(f, to);
    }
    to->n_in = 1;
    if (!sum || sum->type.shape.ndim != 1 || ((const luge__axes_attr *)sum->attr)->axes.n) return 0;
    const luge_shape *x = &node_of(f, sum->in[0])->type.shape;
    if (x->ndim < 2 || x->dim[x->ndim - 1] != sum->type.shape.dim[0]) return 0;
    to->attr.update = *(const luge__update_attr *)root->attr;
    to->op = (luge__op_id)(LUGE__OP_bias_update_sgd + rule);
    return take(f, to, sum->in[0], root->in[1]) && take_rest(f, to);
}

/* ---- which where ------------------------------------------------------------------------------------------------- */

static pattern *const patterns[LUGE__OP_COUNT] = {
    [LUGE__OP_add] = match_affine,
    [LUGE__OP_relu] = match_activation,
    [LUGE__OP_sigmoid] = match_activation,
    [LUGE__OP_tanh] = match_activation,
    [LUGE__OP_mul] = match_product,
    [LUGE__OP_where] = match_masked_product,
    [LUGE__OP_update_sgd] = match_update,
    [LUGE__OP_update_adagrad] = match_update,
    [LUGE__OP_update_rmsprop] = match_update,
    [LUGE__OP_update_adam] = match_update,
    [LUGE__OP_update_adamw] = match_update,
};

int luge__match(const luge__fusing *f, luge__fusion *to)
{
    pattern *const match = patterns[root_of(f, to)->op];
    return match && match(f, to);
}
