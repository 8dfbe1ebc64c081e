/* loss.c: losses that are only their meaning: rows without kernels, made of other ops when they are built. */
#include "ops/rows.h"

/* d = y - t with the operands broadcast to one shape first. */
static luge_val difference(luge_graph *g, const luge_val *in)
{
    return luge_sub(g, in[0], in[1]);
}

static luge_val mean_last(luge_graph *g, luge_val x)
{
    return luge_mean_over(g, x, luge_axes_of(-1), 0);
}

static const luge__field loss_fields[] = { LUGE__FIELD(luge__loss_attr, I64, kind),
                                           LUGE__FIELD(luge__loss_attr, F64, delta),
                                           { NULL, LUGE__FIELD_I64, 0 } };

#define LOSS(op_name, words, gradient_words, infer_rule)                                                               \
    const luge__op luge__row_##op_name = { LUGE__ROW(op_name),                                                         \
                                           .formula = words,                                                           \
                                           .gradient = "lowered: " gradient_words,                                     \
                                           .min_in = 2,                                                                \
                                           .max_in = 2,                                                                \
                                           LUGE__ATTR(luge__loss_attr, loss_fields),                                   \
                                           .infer = infer_rule,                                                        \
                                           .lower = op_name##_lower };
#define BUILDER(op_name)                                                                                               \
    luge_val luge_##op_name(luge_graph *g, luge_val y, luge_val t)                                                     \
    {                                                                                                                  \
        const luge_val in[2] = { y, t };                                                                               \
        const luge__loss_attr attr = { 0, 0 };                                                                         \
        return luge__append(g, LUGE__OP_##op_name, in, 2, &attr);                                                      \
    }
#define LOWER(op_name) static luge_val op_name##_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)

/* ---- squared error in its three conventions ---------------------------------------------------------------------- */

static luge_status squared_error_infer(luge__infer *q)
{
    const int64_t kind = ((const luge__loss_attr *)q->attr)->kind;
    if (kind < LUGE_HALF_SUM || kind > LUGE_MEAN)
        return luge__fail(q->ctx, LUGE_EINVAL, "squared_error: there is no kind %l", kind);
    const luge_status status = luge__infer_float2(q);
    if (status) return status;
    if (q->out.shape.ndim < 1 && kind == LUGE_HALF_MEAN)
        return luge__fail(q->ctx, LUGE_ESHAPE, "squared_error: a scalar has no rows to take the mean over");
    q->out.shape = luge_scalar_shape();
    return LUGE_OK;
}

LOWER(squared_error)
{
    (void)n_in;
    const luge_val square = luge_square(g, difference(g, in)), half = luge__like(g, in[0], 0.5);
    switch ((luge_squared_error_kind)((const luge__loss_attr *)attr)->kind) {
    case LUGE_HALF_SUM:
        return luge_mul(g, half, luge_sum(g, square));
    case LUGE_HALF_MEAN: { /* rows: elements divided by those of one row */
        const luge_val rows = luge_count(g, in[0], luge_slice(g, in[0], 0, 0, 1, 1));
        return luge_div(g, luge_mul(g, half, luge_sum(g, square)), rows);
    }
    default:
        return luge_mean(g, square);
    }
}
LOSS(squared_error, "sum (y-t)^2 / 2; the same / rows; mean (y-t)^2", "g (y-t); .. / rows; 2 g (y-t) / count",
     squared_error_infer)

luge_val luge_squared_error(luge_graph *g, luge_val y, luge_val t, luge_squared_error_kind kind)
{
    const luge_val in[2] = { y, t };
    const luge__loss_attr attr = { .kind = kind };
    return luge__append(g, LUGE__OP_squared_error, in, 2, &attr);
}

/* ---- one loss a row ---------------------------------------------------------------------------------------------- */

LOWER(absolute_error)
{
    (void)n_in;
    (void)attr;
    return mean_last(g, luge_abs(g, difference(g, in)));
}
LOSS(absolute_error, "mean |y - t| along the last axis", "g sign(y - t) / count", luge__infer_rows)
BUILDER(absolute_error)

/* With c = min(|d|, delta): c (|d| - c / 2), both branches in one. */
LOWER(huber)
{
    (void)n_in;
    const luge_val d = luge_abs(g, difference(g, in));
    const luge_val c = luge_minimum(g, d, luge__like(g, d, ((const luge__loss_attr *)attr)->delta));
    return mean_last(g, luge_mul(g, c, luge_sub(g, d, luge_mul(g, c, luge__like(g, d, 0.5)))));
}
static luge_status huber_infer(luge__infer *q)
{
    const double delta = ((const luge__loss_attr *)q->attr)->delta;
    if (!(delta > 0)) return luge__fail(q->ctx, LUGE_EINVAL, "huber: delta %g; a positive number is expected", delta);
    return luge__infer_rows(q);
}
LOSS(huber, "mean of d^2/2 where |d| <= delta, else delta |d| - delta^2/2; d = y - t",
     "g d / count, d clipped to +-delta", huber_infer)

luge_val luge_huber(luge_graph *g, luge_val y, luge_val t, double delta)
{
    const luge_val in[2] = { y, t };
    const luge__loss_attr attr = { .delta = delta };
    return luge__append(g, LUGE__OP_huber, in, 2, &attr);
}

LOWER(hinge)
{
    (void)n_in;
    (void)attr;
    const luge_val margin = luge_sub(g, luge__like(g, in[0], 1), luge_mul(g, in[0], in[1]));
    return mean_last(g, luge_relu(g, margin));
}
LOSS(hinge, "mean max(0, 1 - t y) along the last axis; t is -1 or 1", "-g t / count where t y < 1, else 0",
     luge__infer_rows)
BUILDER(hinge)

static luge_val clip_probability(luge_graph *g, luge_val p)
{
    return luge_minimum(g, luge_maximum(g, p, luge__like(g, p, 1e-7)), luge__like(g, p, 1));
}

LOWER(kl_divergence)
{
    (void)n_in;
    (void)attr;
    const luge_val y = clip_probability(g, in[0]), t = clip_probability(g, in[1]);
    const luge_val ratio = luge_log(g, luge_div(g, t, y));
    return luge_sum_over(g, luge_mul(g, t, ratio), luge_axes_of(-1), 0);
}
LOSS(kl_divergence, "sum t log(t / y) along the last axis, both clipped to [1e-7, 1]", "-g t / y; g (log(t / y) + 1)",
     luge__infer_rows)
BUILDER(kl_divergence)
