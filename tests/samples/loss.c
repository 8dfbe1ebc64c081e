/* loss.c: samples of softmax and the losses. */
#include "samples.h"

/* ---- softmax ----------------------------------------------------------------------------------------------------- */

static void softmax(sample_sink *k, luge__op_id op, luge_val (*build)(luge_graph *g, luge_val x))
{
    sample s = { .op = op, .build = sample_build_unary, .unary = build, .n_in = 1 };
    const struct {
        luge_shape shape;
        const char *variant;
    } shapes[] = { { luge_shape_of(3, 5), "basic" },
                   { luge_shape_of(4), "1d" },
                   { luge_shape_of(2, 2, 3), "3d" },
                   { luge_shape_of(3, 1), "one_class" } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        s.in[0] = sample_in(shapes[i].shape, VALUES_UNIFORM, -4, 4);
        sample_emit(k, &s, shapes[i].variant, -1);
    }
    s.flags = SAMPLE_NO_GRADIENT | SAMPLE_NOT_FUSED;
    s.in[0] = sample_in(luge_shape_of(0, 3), VALUES_UNIFORM, -4, 4);
    sample_emit(k, &s, "empty", -1);
    s.in[0].shape = luge_shape_of(3, 0);
    sample_emit(k, &s, "no_classes", -1);
    s.in[0] = sample_in(luge_shape_of(4, 3), VALUES_UNIFORM, -1024, 1024);
    sample_emit(k, &s, "large", -1);
    s.in[0] = sample_in(luge_shape_of(9, 3), VALUES_BOUNDED, 0, 0);
    sample_emit(k, &s, "special", -1);
    s.flags = SAMPLE_SWEEP;
    s.slack = op == LUGE__OP_log_softmax ? 8 : 1; /* differences of logits up to 8 */
    for (int i = 0; i < sample_size_count; i++) {
        s.in[0] = sample_in(luge_shape_of(3, sample_sizes[i]), VALUES_UNIFORM, -8, 8);
        sample_emit(k, &s, "n", sample_sizes[i]);
        s.in[0].shape = luge_shape_of(sample_sizes[i], 5);
        sample_emit(k, &s, "rows", sample_sizes[i]);
    }
}

/* ---- softmax_cross_entropy --------------------------------------------------------------------------------------- */

static luge_val build_cross_entropy(luge_graph *g, const luge_val *in, const sample *s)
{
    if (s->p > 0) return luge_softmax_cross_entropy_smoothed(g, in[0], in[1], s->p);
    return luge_softmax_cross_entropy(g, in[0], in[1]);
}

/* Soft targets are no probabilities that sum to 1: the gradient must be right for any. */
static sample entropy(luge_shape logits, luge_dtype labels, double smoothing)
{
    sample s = { .op = LUGE__OP_softmax_cross_entropy, .build = build_cross_entropy, .n_in = 2, .p = smoothing };
    luge_shape rows = logits;
    rows.ndim--;
    s.in[0] = sample_in(logits, VALUES_UNIFORM, -4, 4);
    s.in[1] = sample_index(labels, rows, logits.dim[logits.ndim - 1] - 1);
    if (!labels) s.in[1] = sample_in(logits, VALUES_UNIFORM, 0.125, 0.5);
    return s;
}

/* One-hot targets as floats. */
static luge_val build_one_hot_entropy(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_softmax_cross_entropy_smoothed(g, in[0], luge_one_hot_like(g, in[1], in[0]), s->p);
}

static void samples_cross_entropy(sample_sink *k)
{
    static const struct {
        luge_dtype labels;
        double smoothing;
        const char *variant;
    } kinds[] = { { LUGE_I32, 0, "basic" },
                  { LUGE_I64, 0, "i64" },
                  { LUGE_NO_DTYPE, 0, "soft" },
                  { LUGE_I64, 0.125, "i64_smoothed" },
                  { LUGE_NO_DTYPE, 0.25, "soft_smoothed" } };
    sample s;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        s = entropy(luge_shape_of(4, 3), kinds[i].labels, kinds[i].smoothing);
        sample_emit(k, &s, kinds[i].variant, -1);
    }
    s = entropy(luge_shape_of(5), LUGE_I32, 0);
    sample_emit(k, &s, "1d", -1);
    s = entropy(luge_shape_of(2, 2, 3), LUGE_I64, 0);
    sample_emit(k, &s, "3d", -1);
    s = entropy(luge_shape_of(4, 3), LUGE_I64, 0.125);
    s.build = build_one_hot_entropy;
    sample_emit(k, &s, "one_hot_smoothed", -1);
    s.p = 0;
    sample_emit(k, &s, "one_hot", -1);
    s = entropy(luge_shape_of(0, 3), LUGE_I32, 0);
    s.flags = SAMPLE_NO_GRADIENT;
    sample_emit(k, &s, "empty", -1);
    s = entropy(luge_shape_of(4, 3), LUGE_I32, 0);
    s.flags = SAMPLE_NO_GRADIENT;
    s.in[0].low = -1024;
    s.in[0].high = 1024;
    sample_emit(k, &s, "large", -1);
    for (int i = 0; i < sample_size_count; i++) {
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
            s = entropy(luge_shape_of(3, sample_sizes[i]), kinds[kind].labels, kinds[kind].smoothing);
            s.flags = SAMPLE_SWEEP | SAMPLE_MAGNITUDE;
            sample_emit(k, &s, kinds[kind].variant, sample_sizes[i]);
        }
        s = entropy(luge_shape_of(sample_sizes[i], 5), LUGE_I32, 0);
        s.flags = SAMPLE_SWEEP;
        sample_emit(k, &s, "rows", sample_sizes[i]);
    }
}

/* ---- losses that are lowered ------------------------------------------------------------------------------------- */

static luge_val build_squared_error(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_squared_error(g, in[0], in[1], (luge_squared_error_kind)s->i[0]);
}

static luge_val build_huber(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_huber(g, in[0], in[1], s->p);
}

static void loss(sample_sink *k, sample s, sample_input y, sample_input t)
{
    s.n_in = 2;
    s.in[0] = y;
    s.in[1] = t;
    if (!s.build) s.build = sample_build_binary;
    s.in[0].shape = s.in[1].shape = luge_shape_of(3, 4);
    sample_emit(k, &s, "basic", s.i[0] ? s.i[0] : -1);
    s.in[0].shape = s.in[1].shape = luge_shape_of(5);
    sample_emit(k, &s, "1d", s.i[0] ? s.i[0] : -1);
    s.in[0].shape = s.in[1].shape = luge_shape_of(2, 2, 3);
    sample_emit(k, &s, "3d", s.i[0] ? s.i[0] : -1);
    s.flags |= SAMPLE_SWEEP;
    for (int i = 0; i < sample_size_count; i++) {
        s.in[0].shape = s.in[1].shape = luge_shape_of(3, sample_sizes[i]);
        s.slack = s.op == LUGE__OP_kl_divergence ? 2 + (double)sample_sizes[i] / 8 : 1; /* its terms cancel */
        sample_emit(k, &s, s.i[0] ? (s.i[0] == 1 ? "half_mean_n" : "mean_n") : "n", sample_sizes[i]);
    }
}

void samples_loss(sample_sink *k)
{
    const luge_shape none = luge_scalar_shape();
    const sample_input any = sample_in(none, VALUES_UNIFORM, -2, 2);
    /* y - t: from whole numbers and thirds of the gaps between, so never 0 nor the delta of huber */
    const sample_input whole = sample_in(none, VALUES_INTEGERS, -3, 3);
    const sample_input fraction = sample_in(none, VALUES_UNIFORM, 0.125, 0.375);
    const sample_input probability = sample_in(none, VALUES_UNIFORM, 0.125, 0.875);
    softmax(k, LUGE__OP_softmax, luge_softmax);
    softmax(k, LUGE__OP_log_softmax, luge_log_softmax);
    samples_cross_entropy(k);
    for (int kind = 0; kind < 3; kind++)
        loss(k, (sample){ .op = LUGE__OP_squared_error, .build = build_squared_error, .i = { kind } }, any, any);
    loss(k, (sample){ .op = LUGE__OP_absolute_error, .binary = luge_absolute_error }, whole, fraction);
    loss(k, (sample){ .op = LUGE__OP_huber, .build = build_huber, .p = 1.5 }, whole, fraction);
    loss(k, (sample){ .op = LUGE__OP_hinge, .binary = luge_hinge }, whole, fraction);
    loss(k, (sample){ .op = LUGE__OP_kl_divergence, .binary = luge_kl_divergence }, probability, probability);
    sample clipped = { .op = LUGE__OP_kl_divergence, .build = sample_build_binary, .binary = luge_kl_divergence };
    clipped.n_in = 2;
    clipped.flags = SAMPLE_NO_GRADIENT;
    clipped.slack = 20; /* log 1e-7 is -16 */
    clipped.in[0] = clipped.in[1] = sample_in(luge_shape_of(3, 4), VALUES_INTEGERS, -1, 2);
    sample_emit(k, &clipped, "clipped", -1);
}
