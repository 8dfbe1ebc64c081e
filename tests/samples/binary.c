/* binary.c: samples of elementwise ops of two and three operands: arithmetic, comparisons, where. */
#include "samples.h"

#define B(name, values_a, low_a, high_a, values_b, low_b, high_b, flags_)                                              \
    {                                                                                                                  \
        .op = LUGE__OP_##name, .build = sample_build_binary, .binary = luge_##name, .n_in = 2,                         \
        .in = { { .values = values_a, .low = low_a, .high = high_a },                                                  \
                { .values = values_b, .low = low_b, .high = high_b } },                                                \
        .flags = flags_                                                                                                \
    }
#define C(name) B(name, VALUES_INTEGERS, -2, 2, VALUES_INTEGERS, -2, 2, SAMPLE_EXACT | SAMPLE_NO_GRADIENT)

/* maximum and minimum: whole numbers against fractions, so that there is no tie. */
static const sample rows[] = {
    B(add, VALUES_UNIFORM, -2, 2, VALUES_UNIFORM, -2, 2, SAMPLE_EXACT),
    B(sub, VALUES_UNIFORM, -2, 2, VALUES_UNIFORM, -2, 2, SAMPLE_EXACT),
    B(mul, VALUES_AWAY, 0.25, 2, VALUES_AWAY, 0.25, 2, SAMPLE_EXACT),
    B(div, VALUES_AWAY, 0.25, 2, VALUES_AWAY, 0.5, 2, SAMPLE_EXACT),
    B(pow, VALUES_UNIFORM, 0.5, 2, VALUES_UNIFORM, -3, 3, 0),
    B(maximum, VALUES_INTEGERS, -4, 4, VALUES_UNIFORM, 0.25, 0.75, SAMPLE_EXACT),
    B(minimum, VALUES_INTEGERS, -4, 4, VALUES_UNIFORM, 0.25, 0.75, SAMPLE_EXACT),
    B(sigmoid_cross_entropy, VALUES_AWAY, 0.125, 6, VALUES_UNIFORM, 0, 1, 0),
    C(equal),
    C(not_equal),
    C(less),
    C(less_equal),
    C(greater),
    C(greater_equal),
};

static void shaped(sample_sink *k, sample s, luge_shape a, luge_shape b, const char *variant, int64_t number)
{
    s.in[0].shape = a;
    s.in[1].shape = b;
    sample_emit(k, &s, variant, number);
}

static void emit_shapes(sample_sink *k, sample s)
{
    const luge_shape scalar = luge_scalar_shape();
    shaped(k, s, luge_shape_of(3, 4), luge_shape_of(3, 4), "basic", -1);
    shaped(k, s, luge_shape_of(3, 1), luge_shape_of(1, 4), "broadcast", -1);
    shaped(k, s, luge_shape_of(4), luge_shape_of(2, 1, 4), "row", -1);
    shaped(k, s, luge_shape_of(2, 3), scalar, "scalar", -1);
    shaped(k, s, scalar, scalar, "scalars", -1);
    s.flags |= SAMPLE_SWEEP;
    shaped(k, s, scalar, luge_shape_of(33), "scalar_first", -1);
    shaped(k, s, luge_shape_of(0), luge_shape_of(1), "empty", -1);
    shaped(k, s, luge_shape_of(2, 0, 3), luge_shape_of(2, 0, 3), "empty3d", -1);
    shaped(k, s, luge_shape_of(5, 17), luge_shape_of(17), "bias", -1);
    shaped(k, s, luge_shape_of(5, 17), luge_shape_of(5, 1), "column", -1);
    shaped(k, s, luge_shape_of(2, 1, 3, 1, 2), luge_shape_of(2, 2, 1, 3, 1), "5d", -1);
    shaped(k, s, luge_make_shape(8, (const int64_t[]){ 2, 1, 2, 1, 2, 1, 2, 3 }), luge_shape_of(2, 2, 1, 3), "8d", -1);
    for (int i = 0; i < sample_size_count; i++)
        shaped(k, s, luge_shape_of(sample_sizes[i]), luge_shape_of(sample_sizes[i]), "n", sample_sizes[i]);
}

/* Every special value against every other. */
static void emit_special(sample_sink *k, sample s)
{
    for (int i = 0; i < 2; i++) s.in[i].values = VALUES_SPECIAL;
    if (s.op == LUGE__OP_pow || s.op == LUGE__OP_sigmoid_cross_entropy)
        for (int i = 0; i < 2; i++) s.in[i].values = VALUES_BOUNDED;
    s.flags |= SAMPLE_NO_GRADIENT | SAMPLE_NOT_FUSED;
    shaped(k, s, luge_shape_of(171), luge_shape_of(171), "special", -1);
}

/* Comparisons take every dtype. */
static void emit_dtypes(sample_sink *k, sample s)
{
    static const luge_dtype dtypes[] = { LUGE_BOOL, LUGE_U8, LUGE_I8, LUGE_I32, LUGE_I64 };
    static const char *const names[] = { "bool", "u8", "i8", "i32", "i64" };
    for (int d = 0; d < 5; d++) {
        for (int i = 0; i < 2; i++) {
            s.in[i].dtype = dtypes[d];
            s.in[i].low = d < 2 ? 0 : -2;
            s.in[i].high = d < 1 ? 1 : 2;
        }
        shaped(k, s, luge_shape_of(3, 4), luge_shape_of(4), names[d], -1);
    }
}

/* 2^53 and 2^53 + 1 are one number in f64. */
static luge_val build_large(luge_graph *g, const luge_val *in, const sample *s)
{
    static const int64_t a[] = { 9007199254740992, 9007199254740993, INT64_MIN, INT64_MAX, 0 };
    static const int64_t b[] = { 9007199254740993, 9007199254740992, INT64_MAX, INT64_MAX, -1 };
    (void)in;
    return s->binary(g, luge_constant(g, LUGE_I64, luge_shape_of(5), a),
                     luge_constant(g, LUGE_I64, luge_shape_of(5), b));
}

/* ---- where ------------------------------------------------------------------------------------------------------- */

static luge_val build_where(luge_graph *g, const luge_val *in, const sample *s)
{
    (void)s;
    return luge_where(g, in[0], in[1], in[2]);
}

static void where(sample_sink *k, luge_shape c, luge_shape a, luge_shape b, luge_dtype dtype, uint32_t flags,
                  const char *name, int64_t number)
{
    sample s = { .op = LUGE__OP_where, .build = build_where, .n_in = 3, .flags = SAMPLE_EXACT | flags };
    s.in[0] = sample_index(LUGE_BOOL, c, 1);
    s.in[1] = (sample_input){ dtype, a, dtype ? VALUES_INTEGERS : VALUES_AWAY, dtype ? 0 : 0.25, 2 };
    s.in[2] = s.in[1];
    s.in[2].shape = b;
    if (dtype) s.flags |= SAMPLE_NO_GRADIENT;
    if (dtype == LUGE_BOOL) s.in[1].high = s.in[2].high = 1;
    sample_emit(k, &s, name, number);
}

static void samples_where(sample_sink *k)
{
    static const luge_dtype dtypes[] = { LUGE_BOOL, LUGE_U8, LUGE_I8, LUGE_I32, LUGE_I64 };
    static const char *const names[] = { "bool", "u8", "i8", "i32", "i64" };
    const luge_shape m = luge_shape_of(3, 4), scalar = luge_scalar_shape();
    where(k, m, m, m, 0, 0, "basic", -1);
    where(k, luge_shape_of(3, 1), luge_shape_of(1, 4), luge_shape_of(3, 4), 0, 0, "broadcast", -1);
    where(k, luge_shape_of(4), luge_shape_of(2, 1, 1), luge_shape_of(3, 1), 0, 0, "each", -1);
    where(k, m, m, scalar, 0, 0, "scalar", -1);
    where(k, scalar, scalar, scalar, 0, 0, "scalars", -1);
    for (int d = 0; d < 5; d++) where(k, m, m, m, dtypes[d], 0, names[d], -1);
    where(k, luge_shape_of(2, 0), luge_shape_of(2, 0), scalar, 0, SAMPLE_SWEEP, "empty", -1);
    for (int i = 0; i < sample_size_count; i++) {
        const luge_shape n = luge_shape_of(sample_sizes[i]);
        where(k, n, n, n, 0, SAMPLE_SWEEP, "n", sample_sizes[i]);
    }
}

void samples_binary(sample_sink *k)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sample row = rows[i];
        row.slack = row.op == LUGE__OP_sigmoid_cross_entropy ? 6 : 1; /* logits up to 6 cancel */
        emit_shapes(k, row);
        emit_special(k, rows[i]);
        if (!(luge__op_of(rows[i].op)->flags & LUGE__NO_GRADIENT)) continue;
        emit_dtypes(k, rows[i]);
        sample large = rows[i];
        large.build = build_large;
        large.n_in = 0;
        large.flags |= SAMPLE_CONTIGUOUS;
        sample_emit(k, &large, "large", -1);
    }
    samples_where(k);
}
