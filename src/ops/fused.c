/* fused.c: ops that a planner puts in the place of several others, so that their kernels can work on values while these
 * are hot. Each means its lowered form and nothing else, up to rounding; a graph may hold them, but they have no
 * gradient. The fused updates are in update.c, the gradient of softmax with cross-entropy in softmax.c. */
#include "ops/rows.h"

/* ---- dense: a layer in one pass ---------------------------------------------------------------------------------- */

static const luge__field dense_fields[] = {
    LUGE__FIELD(luge__dense_attr, FLAG, transpose_a),
    LUGE__FIELD(luge__dense_attr, FLAG, transpose_b),
    LUGE__FIELD(luge__dense_attr, I64, activation),
    { NULL, LUGE__FIELD_I64, 0 },
};

/* The type of a product of two matrices, and an activation that exists. */
static luge_status infer_product(luge__infer *q)
{
    const luge__dense_attr *attr = q->attr;
    if (q->in[0]->shape.ndim != 2)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: operand 1 is %S; 2 dimensions are expected", q->op->name,
                          &q->in[0]->shape);
    if (attr->activation < 0 || attr->activation >= LUGE__ACTIVATION_COUNT)
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: there is no activation %l", q->op->name, attr->activation);
    return luge__infer_product(q, 0, attr->transpose_a, attr->transpose_b);
}

static luge_val activate(luge_graph *g, int64_t activation, luge_val x)
{
    switch ((luge__activation)activation) {
    case LUGE__RELU:
        return luge_relu(g, x);
    case LUGE__SIGMOID:
        return luge_sigmoid(g, x);
    case LUGE__TANH:
        return luge_tanh(g, x);
    default:
        return x;
    }
}

static double activated(int64_t activation, double x)
{
    switch ((luge__activation)activation) {
    case LUGE__RELU:
        return luge__scalar_relu(x, 0, 0);
    case LUGE__SIGMOID:
        return luge__scalar_sigmoid(x, 0, 0);
    case LUGE__TANH:
        return luge__scalar_tanh(x, 0, 0);
    default:
        return x;
    }
}

static luge_status dense_infer(luge__infer *q)
{
    luge_status status = infer_product(q);
    if (status || q->n_in == 2) return status;
    const luge_shape *b = &q->in[2]->shape;
    const int64_t n = q->out.shape.dim[q->out.shape.ndim - 1];
    status = luge__expect_same_dtype(q, 0, 2);
    if (status || (b->ndim == 1 && b->dim[0] == n)) return status;
    return luge__fail(q->ctx, LUGE_ESHAPE, "dense: the bias is %S; [%l] is expected", b, n);
}

static luge_val dense_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    const luge__dense_attr *a = attr;
    const luge_val y = luge_matmul_transposed(g, in[0], in[1], a->transpose_a != 0, a->transpose_b != 0);
    return activate(g, a->activation, n_in == 3 ? luge_add(g, y, in[2]) : y);
}

static luge_status dense_ref(luge__call *call)
{
    const luge__dense_attr *a = call->attr;
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        double y = luge__product_at(call, 0, a->transpose_a, a->transpose_b, i);
        if (call->n_in == 3) y += luge__get(&call->in[2], &i[call->out.shape.ndim - 1]);
        luge__put(&call->out, i, activated(a->activation, y));
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

const luge__op luge__row_dense = {
    LUGE__ROW(dense),
    .formula = "f(x w + b), f the identity, relu, sigmoid or tanh",
    .gradient = "none",
    .min_in = 2,
    .max_in = 3,
    .flags = LUGE__NO_GRADIENT,
    LUGE__ATTR(luge__dense_attr, dense_fields),
    .infer = dense_infer,
    .lower = dense_lower,
    .ref = dense_ref,
};

/* ---- dense_backprop: from the output of one layer to that of the layer before ------------------------------------ */

static luge_status backprop_infer(luge__infer *q)
{
    const luge_status status = infer_product(q);
    if (status) return status;
    if (q->in[2]->dtype != q->out.dtype || !luge__shape_equal(&q->in[2]->shape, &q->out.shape))
        return luge__fail(q->ctx, LUGE_ESHAPE, "dense_backprop: the output y is %T %S; %T %S is expected",
                          q->in[2]->dtype, &q->in[2]->shape, q->out.dtype, &q->out.shape);
    return LUGE_OK;
}

static luge_val backprop_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    const luge__dense_attr *a = attr;
    const luge_val p = luge_matmul_transposed(g, in[0], in[1], a->transpose_a != 0, a->transpose_b != 0), y = in[2];
    switch ((luge__activation)a->activation) {
    case LUGE__RELU:
        return luge_where(g, luge_greater(g, y, luge__like(g, y, 0)), p, luge__like(g, y, 0));
    case LUGE__SIGMOID:
        return luge_mul(g, p, luge_mul(g, y, luge_sub(g, luge__like(g, y, 1), y)));
    case LUGE__TANH:
        return luge_mul(g, p, luge_sub(g, luge__like(g, y, 1), luge_square(g, y)));
    default:
        return p;
    }
}

static luge_status backprop_ref(luge__call *call)
{
    const luge__dense_attr *a = call->attr;
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        double p = luge__product_at(call, 0, a->transpose_a, a->transpose_b, i);
        const double y = luge__get(&call->in[2], i);
        if (a->activation == LUGE__RELU) p = y > 0 ? p : 0;
        if (a->activation == LUGE__SIGMOID) p *= y * (1 - y);
        if (a->activation == LUGE__TANH) p *= 1 - y * y;
        luge__put(&call->out, i, p);
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

const luge__op luge__row_dense_backprop = {
    LUGE__ROW(dense_backprop),
    .formula = "(a w) f'(y), y = f(..) the output of the layer before",
    .gradient = "none",
    .min_in = 3,
    .max_in = 3,
    .flags = LUGE__NO_GRADIENT,
    LUGE__ATTR(luge__dense_attr, dense_fields),
    .infer = backprop_infer,
    .lower = backprop_lower,
    .ref = backprop_ref,
};

/* ---- sigmoid_cross_entropy_gradient ------------------------------------------------------------------------------ */

static luge_status logits_infer(luge__infer *q)
{
    const luge_status status = luge__infer_float2(q);
    return status ? status : luge__expect_same(q, 0, 2);
}

static luge_val logits_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    (void)attr;
    return luge_mul(g, in[2], luge_sub(g, luge_sigmoid(g, in[0]), in[1]));
}

static luge_status logits_ref(luge__call *call)
{
    const luge__array *z = &call->in[0], *t = &call->in[1], *g = &call->in[2];
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        const double p = luge__scalar_sigmoid(luge__get(z, i), 0, 0);
        luge__put(&call->out, i, luge__get(g, i) * (p - luge__get(t, i)));
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

const luge__op luge__row_sigmoid_cross_entropy_gradient = {
    LUGE__ROW(sigmoid_cross_entropy_gradient),
    .formula = "g (sigmoid(z) - t), g what reaches sigmoid_cross_entropy(z, t)",
    .gradient = "none",
    .min_in = 3,
    .max_in = 3,
    .flags = LUGE__ELEMENTWISE | LUGE__NO_GRADIENT,
    .infer = logits_infer,
    .lower = logits_lower,
    .ref = logits_ref,
};
