/* fused.c: samples of the fused ops that have a value. No function builds them: planners do. */
#include <stdio.h>

#include "ops/rows.h"
#include "samples.h"

static const char *const activation_names[LUGE__ACTIVATION_COUNT] = { "linear", "relu", "sigmoid", "tanh" };

static luge_val build_dense(luge_graph *g, const luge_val *in, const sample *s)
{
    const luge__dense_attr attr = { s->i[0], s->i[1], s->i[2] };
    return luge__append(g, s->op, in, s->n_in, &attr);
}

static luge_shape matrix(int64_t rows, int64_t cols, int turned)
{
    return turned ? luge_shape_of(cols, rows) : luge_shape_of(rows, cols);
}

/* op: dense with or without a bias, or dense_backprop with the result y. transposes: bit 0 of a, bit 1 of b. */
static void layer(sample_sink *k, luge__op_id op, const int64_t size[3], int transposes, int activation, int n_in,
                  uint32_t flags)
{
    const int64_t m = size[0], inner = size[1], n = size[2];
    sample s = { .op = op, .build = build_dense, .n_in = n_in, .i = { transposes & 1, transposes >> 1, activation } };
    char variant[64];
    s.in[0] = sample_in(matrix(m, inner, transposes & 1), VALUES_UNIFORM, -1, 1);
    s.in[1] = sample_in(matrix(inner, n, transposes >> 1), VALUES_UNIFORM, -1, 1);
    if (op == LUGE__OP_dense)
        s.in[2] = sample_in(luge_shape_of(n), VALUES_UNIFORM, -2, 2);
    else /* a result that the activation can have */
        s.in[2] =
            sample_in(luge_shape_of(m, n), activation == LUGE__SIGMOID ? VALUES_UNIFORM : VALUES_AWAY, 0.125, 0.875);
    s.flags = SAMPLE_NO_GRADIENT | flags;
    s.slack = 4 + (double)inner; /* of sums whose terms cancel */
    (void)snprintf(variant, sizeof variant, "%s_%s%s_%dx%dx%d", activation_names[activation],
                   transposes & 1 ? "t" : "n", transposes >> 1 ? "t" : "n", (int)m, (int)inner, (int)n);
    sample_emit(k, &s, n_in == 2 ? activation_names[activation] : variant, -1);
}

static void layers(sample_sink *k, luge__op_id op)
{
    static const int64_t basic[3] = { 3, 4, 5 }, column[3] = { 9, 3, 1 }, no_rows[3] = { 0, 2, 3 };
    static const int64_t no_inner[3] = { 2, 0, 3 };
    for (int activation = 0; activation < LUGE__ACTIVATION_COUNT; activation++) {
        for (int transposes = 0; transposes < 4; transposes++) layer(k, op, basic, transposes, activation, 3, 0);
        layer(k, op, column, 0, activation, 3, 0);
        layer(k, op, no_rows, 0, activation, 3, 0);
        layer(k, op, no_inner, 0, activation, 3, 0);
        if (op == LUGE__OP_dense) layer(k, op, basic, 0, activation, 2, 0);
        for (int i = 0; i < sample_size_count; i++) {
            const int64_t n = sample_sizes[i], wide[3] = { 5, 3, n }, high[3] = { n, 2, 3 }, both[3] = { 33, 5, n };
            layer(k, op, wide, i & 3, activation, 3, SAMPLE_SWEEP);
            layer(k, op, high, i & 3, activation, 3, SAMPLE_SWEEP);
            layer(k, op, both, i & 3, activation, 3, SAMPLE_SWEEP);
        }
        const int64_t blocks[3] = { 17, 801, 9 }, large[3] = { 3, 402, 1003 };
        for (int transposes = 0; transposes < 4; transposes++) {
            layer(k, op, blocks, transposes, activation, 3, SAMPLE_SWEEP);
            layer(k, op, large, transposes, activation, 3, SAMPLE_SWEEP | SAMPLE_CONTIGUOUS);
        }
    }
}

/* ---- gradients of the cross-entropies ---------------------------------------------------------------------------- */

static luge_val build_softmax_gradient(luge_graph *g, const luge_val *in, const sample *s)
{
    const luge__smoothing_attr attr = { s->p };
    return luge__append(g, s->op, in, s->n_in, &attr);
}

static luge_val build_plain(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge__append(g, s->op, in, s->n_in, NULL);
}

static void softmax_gradient(sample_sink *k, luge_shape logits, luge_dtype labels, double smoothing, uint32_t flags,
                             const char *variant, int64_t number)
{
    sample s = { .op = LUGE__OP_softmax_cross_entropy_gradient, .build = build_softmax_gradient, .n_in = 3 };
    luge_shape rows = logits;
    rows.ndim--;
    s.p = smoothing;
    s.flags = SAMPLE_NO_GRADIENT | flags;
    s.in[0] = sample_in(logits, VALUES_UNIFORM, -4, 4);
    s.in[1] = sample_index(labels, rows, logits.dim[logits.ndim - 1] - 1);
    if (!labels) s.in[1] = sample_in(logits, VALUES_UNIFORM, 0.125, 0.5);
    s.in[2] = sample_in(rows, VALUES_UNIFORM, 0.25, 2);
    s.slack = labels ? 2 : 2 + (double)logits.dim[logits.ndim - 1] / 2; /* the sum of soft targets, then a difference */
    sample_emit(k, &s, variant, number);
}

static void softmax_gradients(sample_sink *k)
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
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        softmax_gradient(k, luge_shape_of(4, 3), kinds[i].labels, kinds[i].smoothing, 0, kinds[i].variant, -1);
        for (int j = 0; j < sample_size_count; j++)
            softmax_gradient(k, luge_shape_of(3, sample_sizes[j]), kinds[i].labels, kinds[i].smoothing, SAMPLE_SWEEP,
                             kinds[i].variant, sample_sizes[j]);
    }
    softmax_gradient(k, luge_shape_of(5), LUGE_I32, 0, 0, "1d", -1);
    softmax_gradient(k, luge_shape_of(2, 2, 3), LUGE_I64, 0, 0, "3d", -1);
    softmax_gradient(k, luge_shape_of(0, 3), LUGE_I64, 0, 0, "empty", -1);
    for (int j = 0; j < sample_size_count; j++)
        softmax_gradient(k, luge_shape_of(sample_sizes[j], 10), LUGE_I32, 0, SAMPLE_SWEEP, "rows", sample_sizes[j]);
}

static void sigmoid_gradients(sample_sink *k)
{
    sample s = { .op = LUGE__OP_sigmoid_cross_entropy_gradient, .build = build_plain, .n_in = 3 };
    s.flags = SAMPLE_NO_GRADIENT;
    s.slack = 2;
    s.in[0] = sample_in(luge_shape_of(3, 4), VALUES_AWAY, 0.125, 6);
    s.in[1] = sample_in(luge_shape_of(3, 4), VALUES_UNIFORM, 0, 1);
    s.in[2] = sample_in(luge_shape_of(3, 4), VALUES_UNIFORM, 0.25, 2);
    sample_emit(k, &s, "basic", -1);
    s.flags |= SAMPLE_SWEEP;
    for (int i = 0; i < sample_size_count; i++) {
        s.in[0].shape = s.in[1].shape = s.in[2].shape = luge_shape_of(3, sample_sizes[i]);
        sample_emit(k, &s, "n", sample_sizes[i]);
    }
}

void samples_fused(sample_sink *k)
{
    layers(k, LUGE__OP_dense);
    layers(k, LUGE__OP_dense_backprop);
    softmax_gradients(k);
    sigmoid_gradients(k);
}
