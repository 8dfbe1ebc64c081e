/* softmax.c: softmax, its logarithm, and cross-entropy of its result: along the last axis, without overflow. */
#include <math.h>

#include "ops/rows.h"

static luge_status softmax_infer(luge__infer *q)
{
    q->out = *q->in[0];
    if (q->out.shape.ndim < 1)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: a scalar has no last axis; at least 1 dimension is expected",
                          q->op->name);
    return luge__expect_float(q, 0);
}

static luge_val sum_last(luge_graph *g, luge_val x)
{
    return luge_sum_over(g, x, luge_axes_of(-1), 1);
}

/* ---- reference --------------------------------------------------------------------------------------------------- */

/* A row's largest element and log sum e^(x - max). index[last] is used up. */
static double row_logsum(const luge__array *x, int64_t *index, double *largest)
{
    const int last = x->shape.ndim - 1;
    const int64_t n = x->shape.dim[last];
    double sum = 0, max = -(double)INFINITY;
    for (index[last] = 0; index[last] < n; index[last]++) {
        const double value = luge__get(x, index);
        max = value > max || value != value ? value : max;
    }
    for (index[last] = 0; index[last] < n; index[last]++) sum += exp(luge__get(x, index) - max);
    *largest = max;
    return log(sum);
}

static luge_status softmax_rows(luge__call *call, int logarithm)
{
    const luge__array *x = &call->in[0];
    const int last = x->shape.ndim - 1;
    luge_shape rows = x->shape;
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&rows)) return LUGE_OK;
    rows.dim[last] = 1;
    do {
        double max;
        const double logsum = row_logsum(x, i, &max);
        for (i[last] = 0; i[last] < x->shape.dim[last]; i[last]++) {
            const double y = luge__get(x, i) - max - logsum;
            luge__put(&call->out, i, logarithm ? y : exp(y));
        }
        i[last] = 0;
    } while (luge__next(&rows, i));
    return LUGE_OK;
}

static luge_status softmax_ref(luge__call *call)
{
    return softmax_rows(call, 0);
}

static luge_status log_softmax_ref(luge__call *call)
{
    return softmax_rows(call, 1);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static luge_status softmax_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val mean = sum_last(g, luge_mul(g, v->gout, v->out));
    v->gin[0] = luge_mul(g, v->out, luge_sub(g, v->gout, mean));
    return LUGE_OK;
}

static luge_val softmax_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    (void)attr;
    const luge_val max = luge_stop_gradient(g, luge_max_over(g, in[0], luge_axes_of(-1), 1));
    const luge_val e = luge_exp(g, luge_sub(g, in[0], max));
    return luge_div(g, e, sum_last(g, e));
}

const luge__op luge__row_softmax = {
    LUGE__ROW(softmax),
    .formula = "e^x / sum e^x along the last axis",
    .gradient = "y (g - sum g y)",
    .min_in = 1,
    .max_in = 1,
    .infer = softmax_infer,
    .vjp = softmax_vjp,
    .lower = softmax_lower,
    .ref = softmax_ref,
};
luge_val luge_softmax(luge_graph *g, luge_val x)
{
    return luge__unary(g, LUGE__OP_softmax, x, NULL);
}

static luge_status log_softmax_vjp(luge_graph *g, const luge__vjp *v)
{
    v->gin[0] = luge_sub(g, v->gout, luge_mul(g, luge_exp(g, v->out), sum_last(g, v->gout)));
    return LUGE_OK;
}

static luge_val log_softmax_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    (void)attr;
    return luge_sub(g, in[0], luge_logsumexp_over(g, in[0], luge_axes_of(-1), 1));
}

const luge__op luge__row_log_softmax = {
    LUGE__ROW(log_softmax),
    .formula = "x - log sum e^x along the last axis",
    .gradient = "g - e^y sum g",
    .min_in = 1,
    .max_in = 1,
    .infer = softmax_infer,
    .vjp = log_softmax_vjp,
    .lower = log_softmax_lower,
    .ref = log_softmax_ref,
};
luge_val luge_log_softmax(luge_graph *g, luge_val x)
{
    return luge__unary(g, LUGE__OP_log_softmax, x, NULL);
}

/* ---- softmax_cross_entropy --------------------------------------------------------------------------------------- */

static luge_status cross_entropy_infer(luge__infer *q)
{
    const luge_shape *z = &q->in[0]->shape, *t = &q->in[1]->shape;
    const double smoothing = ((const luge__smoothing_attr *)q->attr)->smoothing;
    if (!(smoothing >= 0 && smoothing < 1))
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: smoothing %g is outside [0, 1)", q->op->name, smoothing);
    luge_status status = softmax_infer(q);
    if (status) return status;
    q->out.shape.ndim--;
    if (luge__is_index(q->in[1]->dtype)) {
        if (luge__shape_equal(t, &q->out.shape)) return LUGE_OK;
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: logits %S take class numbers %S, they are %S", q->op->name, z,
                          &q->out.shape, t);
    }
    if (q->in[1]->dtype != q->in[0]->dtype)
        return luge__fail(q->ctx, LUGE_EDTYPE, "%s: targets are %T; i32 or i64 class numbers, or %T, are expected",
                          q->op->name, q->in[1]->dtype, q->in[0]->dtype);
    if (luge__shape_equal(t, z)) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_ESHAPE, "%s: logits are %S, targets %S", q->op->name, z, t);
}

/* Targets as floats of the logits' shape, smoothed. */
static luge_val soft_targets(luge_graph *g, luge_val z, luge_val t, double s)
{
    if (luge__is_index(luge__dtype_of(g, t))) t = luge_one_hot_like(g, t, z);
    if (s == 0) return t;
    const luge_val rows = luge_slice(g, z, -1, 0, 1, 1);
    const luge_val share = luge_div(g, luge__like(g, z, s), luge_count(g, z, rows));
    return luge_add(g, luge_mul(g, t, luge__like(g, z, 1 - s)), share);
}

static luge_val cross_entropy_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    const luge_val t = soft_targets(g, in[0], in[1], ((const luge__smoothing_attr *)attr)->smoothing);
    return luge_neg(g, luge_sum_over(g, luge_mul(g, t, luge_log_softmax(g, in[0])), luge_axes_of(-1), 0));
}

/* gy (softmax(z) sum t - t); a row of targets mostly sums to 1, but need not. */
static luge_val logits_gradient(luge_graph *g, luge_val z, luge_val targets, luge_val gy, double s)
{
    const luge_val t = soft_targets(g, z, targets, s);
    luge_val p = luge_softmax(g, z);
    if (!luge__is_index(luge__dtype_of(g, targets))) p = luge_mul(g, p, sum_last(g, t));
    return luge_mul(g, luge_sub(g, p, t), luge_expand_dims(g, gy, -1));
}

static luge_status cross_entropy_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val z = v->in[0];
    const double s = ((const luge__smoothing_attr *)v->attr)->smoothing;
    if (v->need & 1) v->gin[0] = logits_gradient(g, z, v->in[1], v->gout, s);
    if (v->need & 2) {
        const luge_val by_t = luge_mul(g, luge_log_softmax(g, z), luge__like(g, z, s - 1));
        v->gin[1] = luge_mul(g, by_t, luge_expand_dims(g, v->gout, -1));
    }
    return LUGE_OK;
}

static luge_status cross_entropy_ref(luge__call *call)
{
    const luge__array *z = &call->in[0], *t = &call->in[1];
    const double s = ((const luge__smoothing_attr *)call->attr)->smoothing;
    const int last = z->shape.ndim - 1;
    const int64_t n = z->shape.dim[last];
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    luge_shape rows = z->shape;
    rows.dim[last] = 1;
    if (!luge__some(&rows)) return LUGE_OK;
    do {
        double max, loss = 0;
        const double logsum = row_logsum(z, i, &max);
        const int64_t label = luge__is_index(t->dtype) ? luge__get_int(t, i) : 0;
        if (label < 0 || label >= n) {
            call->bad_index = label;
            call->bad_limit = n;
            return LUGE_EINVAL;
        }
        for (i[last] = 0; i[last] < n; i[last]++) {
            const double hit = luge__is_index(t->dtype) ? (double)(i[last] == label) : luge__get(t, i);
            const double target = s > 0 ? hit * (1 - s) + s / (double)n : hit;
            if (target != 0) loss -= target * (luge__get(z, i) - max - logsum);
        }
        i[last] = 0;
        luge__put(&call->out, i, loss);
    } while (luge__next(&rows, i));
    return LUGE_OK;
}

static const luge__field smoothing_fields[] = {
    LUGE__FIELD(luge__smoothing_attr, F64, smoothing),
    { NULL, LUGE__FIELD_I64, 0 },
};

const luge__op luge__row_softmax_cross_entropy = {
    LUGE__ROW(softmax_cross_entropy),
    .formula = "-sum t log softmax(z) along the last axis",
    .gradient = "g (softmax(z) sum t - t); -g log softmax(z)",
    .min_in = 2,
    .max_in = 2,
    LUGE__ATTR(luge__smoothing_attr, smoothing_fields),
    .infer = cross_entropy_infer,
    .vjp = cross_entropy_vjp,
    .lower = cross_entropy_lower,
    .ref = cross_entropy_ref,
};
luge_val luge_softmax_cross_entropy_smoothed(luge_graph *g, luge_val logits, luge_val targets, double smoothing)
{
    const luge_val in[2] = { logits, targets };
    const luge__smoothing_attr attr = { smoothing };
    return luge__append(g, LUGE__OP_softmax_cross_entropy, in, 2, &attr);
}
luge_val luge_softmax_cross_entropy(luge_graph *g, luge_val logits, luge_val targets)
{
    return luge_softmax_cross_entropy_smoothed(g, logits, targets, 0);
}

/* ---- softmax_cross_entropy_gradient: a fused op, see fused.c ----------------------------------------------------- */

static luge_status entropy_gradient_infer(luge__infer *q)
{
    const luge_status status = cross_entropy_infer(q); /* the type of the loss: that of what reaches it */
    if (status) return status;
    if (q->in[2]->dtype != q->out.dtype || !luge__shape_equal(&q->in[2]->shape, &q->out.shape))
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: what reaches the loss is %T %S; %T %S is expected", q->op->name,
                          q->in[2]->dtype, &q->in[2]->shape, q->out.dtype, &q->out.shape);
    q->out = *q->in[0];
    return LUGE_OK;
}

static luge_val entropy_gradient_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    return logits_gradient(g, in[0], in[1], in[2], ((const luge__smoothing_attr *)attr)->smoothing);
}

/* The target of the class at i, of a row with this label or with soft targets. */
static double target_at(const luge__array *t, const int64_t *i, int last, int64_t label, int64_t n, double s)
{
    const double hit = label >= 0 ? (double)(i[last] == label) : luge__get(t, i);
    return s > 0 ? hit * (1 - s) + s / (double)n : hit;
}

static luge_status entropy_gradient_ref(luge__call *call)
{
    const luge__array *z = &call->in[0], *t = &call->in[1];
    const double s = ((const luge__smoothing_attr *)call->attr)->smoothing;
    const int last = z->shape.ndim - 1, by_label = luge__is_index(t->dtype);
    const int64_t n = z->shape.dim[last];
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    luge_shape rows = z->shape;
    if (!luge__some(&rows)) return LUGE_OK;
    rows.dim[last] = 1;
    do {
        double max, total = by_label;
        const double logsum = row_logsum(z, i, &max);
        i[last] = 0;
        const int64_t label = by_label ? luge__get_int(t, i) : -1;
        if (by_label && (label < 0 || label >= n)) {
            call->bad_index = label;
            call->bad_limit = n;
            return LUGE_EINVAL;
        }
        for (; i[last] < n && !by_label; i[last]++) total += target_at(t, i, last, label, n, s);
        for (i[last] = 0; i[last] < n; i[last]++) {
            const double p = exp(luge__get(z, i) - max - logsum), target = target_at(t, i, last, label, n, s);
            luge__put(&call->out, i, luge__get(&call->in[2], i) * (p * total - target));
        }
        i[last] = 0;
    } while (luge__next(&rows, i));
    return LUGE_OK;
}

const luge__op luge__row_softmax_cross_entropy_gradient = {
    LUGE__ROW(softmax_cross_entropy_gradient),
    .formula = "g (softmax(z) sum t - t), g what reaches softmax_cross_entropy(z, t)",
    .gradient = "none",
    .min_in = 3,
    .max_in = 3,
    .flags = LUGE__NO_GRADIENT,
    LUGE__ATTR(luge__smoothing_attr, smoothing_fields),
    .infer = entropy_gradient_infer,
    .lower = entropy_gradient_lower,
    .ref = entropy_gradient_ref,
};
