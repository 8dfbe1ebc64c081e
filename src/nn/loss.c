/* loss.c: the losses of a model, row by row. */
#include <string.h>

#include "nn/nn.h"

const char *const luge__loss_names[] = { "none",
#define NAME(name, value, text) [value] = text,
                                         LUGE_LOSS_MAP(NAME)
#undef NAME
                                             NULL };
enum { N_NAMES = sizeof luge__loss_names / sizeof *luge__loss_names - 1 };

const char *luge_loss_name(luge_loss loss)
{
    return (unsigned)loss < N_NAMES ? luge__loss_names[loss] : "?";
}

int luge_loss_named(const char *name, luge_loss *loss)
{
    const int i = luge__name_index(name, luge__loss_names, N_NAMES);
    if (i < 1 || !loss) return 0;
    *loss = (luge_loss)i;
    return 1;
}

int luge__loss_takes_classes(luge_loss kind)
{
    return kind == LUGE_CATEGORICAL_CROSSENTROPY || kind == LUGE_SPARSE_CATEGORICAL_CROSSENTROPY;
}

/* What y was made of by that operator; none where another one made it. */
static luge_val before(luge_graph *g, luge_val y, const char *op)
{
    luge_node_info info;
    if (luge_node_info_of(g, y, &info) || strcmp(info.op, op)) return (luge_val){ 0, 0 };
    return info.inputs[0];
}

static luge_val number(luge_graph *g, luge_val like, double value)
{
    luge_node_info info;
    if (luge_node_info_of(g, like, &info)) return (luge_val){ 0, 0 };
    return luge_scalar(g, info.dtype, value);
}

/* Probabilities kept away from 0 and 1, so that their logarithms are finite. */
static luge_val clip(luge_graph *g, luge_val p)
{
    return luge_minimum(g, luge_maximum(g, p, number(g, p, 1e-7)), number(g, p, 1 - 1e-7));
}

/* t (1 - s) + s / classes */
static luge_val smoothed(luge_graph *g, luge_val t, double s, double classes)
{
    if (s == 0) return t;
    return luge_add(g, luge_mul(g, t, number(g, t, 1 - s)), number(g, t, s / classes));
}

static luge_val binary(luge_graph *g, const luge__loss_settings *s, luge_val y, luge_val t)
{
    const luge_val logits = s->from_logits ? y : before(g, y, "sigmoid");
    t = smoothed(g, t, s->label_smoothing, 2);
    if (logits.id) return luge_sigmoid_cross_entropy(g, logits, t);
    const luge_val one = number(g, y, 1), p = clip(g, y), q = clip(g, luge_sub(g, one, y)); /* 1 - p would round */
    return luge_neg(g, luge_add(g, luge_mul(g, t, luge_log(g, p)), luge_mul(g, luge_sub(g, one, t), luge_log(g, q))));
}

static luge_val categorical(luge_graph *g, const luge__loss_settings *s, luge_val y, luge_val t)
{
    const luge_val logits = s->from_logits ? y : before(g, y, "softmax");
    if (logits.id && s->label_smoothing > 0)
        return luge_softmax_cross_entropy_smoothed(g, logits, t, s->label_smoothing);
    if (logits.id) return luge_softmax_cross_entropy(g, logits, t);
    const luge_shape shape = luge_shape_of_val(g, y);
    if (luge_shape_of_val(g, t).ndim < shape.ndim) t = luge_one_hot_like(g, t, y);
    t = smoothed(g, t, s->label_smoothing, shape.ndim > 0 ? (double)shape.dim[shape.ndim - 1] : 1);
    const luge_axes last = luge_make_axes(1, (const int[]){ -1 });
    const luge_val p = clip(g, luge_div(g, y, luge_sum_over(g, y, last, 1)));
    return luge_neg(g, luge_sum_over(g, luge_mul(g, t, luge_log(g, p)), last, 0));
}

static luge_val hinge(luge_graph *g, luge_val y, luge_val t)
{
    const luge_val signs = luge_where(g, luge_equal(g, t, number(g, t, 0)), number(g, t, -1), t);
    return luge_hinge(g, y, signs);
}

/* Means over all dimensions but the first. */
static luge_val mean_of_rows(luge_graph *g, luge_val x)
{
    const int ndim = luge_shape_of_val(g, x).ndim;
    if (ndim < 2) return x;
    if (ndim > 2) x = luge_flatten(g, x);
    return luge_mean_over(g, x, luge_make_axes(1, (const int[]){ -1 }), 0);
}

luge_val luge__loss_of_rows(luge_graph *g, const luge__loss_settings *s, luge_val y, luge_val t)
{
    luge_val rows = { 0, 0 };
    switch (s->kind) {
    case LUGE_MEAN_SQUARED_ERROR:
        rows = luge_square(g, luge_sub(g, y, t));
        break;
    case LUGE_HALF_MEAN_SQUARED_ERROR:
    case LUGE_HALF_SUM_SQUARED_ERROR:
        rows = luge_flatten(g, luge_square(g, luge_sub(g, y, t)));
        rows = luge_sum_over(g, rows, luge_make_axes(1, (const int[]){ -1 }), 0);
        return luge_mul(g, rows, number(g, y, 0.5));
    case LUGE_MEAN_ABSOLUTE_ERROR:
        rows = luge_abs(g, luge_sub(g, y, t));
        break;
    case LUGE_HUBER_LOSS:
        rows = luge_huber(g, y, t, s->huber_delta > 0 ? s->huber_delta : 1);
        break;
    case LUGE_BINARY_CROSSENTROPY:
        rows = binary(g, s, y, t);
        break;
    case LUGE_CATEGORICAL_CROSSENTROPY:
    case LUGE_SPARSE_CATEGORICAL_CROSSENTROPY:
        rows = categorical(g, s, y, t);
        break;
    case LUGE_HINGE_LOSS:
        rows = hinge(g, y, t);
        break;
    case LUGE_KL_DIVERGENCE_LOSS:
        rows = luge_kl_divergence(g, y, t);
        break;
    default:
        luge__fail(NULL, LUGE_EINVAL, "loss: there is no loss number %d", (int)s->kind);
    }
    return mean_of_rows(g, rows);
}
