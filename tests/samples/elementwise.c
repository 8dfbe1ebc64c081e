/* elementwise.c: samples of the ops of one operand that work on each element alone. */
#include "samples.h"

/* [2,1,2,1,2,1,2,3] */
static luge_shape eight(void)
{
    return luge_make_shape(8, (const int64_t[]){ 2, 1, 2, 1, 2, 1, 2, 3 });
}

static void emit_shaped(sample_sink *k, sample s, luge_shape shape, const char *variant, int64_t number)
{
    for (int i = 0; i < s.n_in; i++) s.in[i].shape = shape;
    sample_emit(k, &s, variant, number);
}

/* Every number of dimensions, sizes 0 and 1, and the sizes about the vectors'. */
static void emit_shapes(sample_sink *k, sample s)
{
    emit_shaped(k, s, luge_shape_of(3, 4), "basic", -1);
    emit_shaped(k, s, luge_scalar_shape(), "scalar", -1);
    s.flags |= SAMPLE_SWEEP;
    emit_shaped(k, s, luge_shape_of(1, 1, 5), "ones", -1);
    emit_shaped(k, s, luge_shape_of(0), "empty", -1);
    emit_shaped(k, s, luge_shape_of(3, 0, 2), "empty3d", -1);
    emit_shaped(k, s, luge_shape_of(2, 3, 17), "3d", -1);
    emit_shaped(k, s, luge_shape_of(2, 3, 1, 5), "4d", -1);
    emit_shaped(k, s, luge_shape_of(2, 1, 3, 2, 9), "5d", -1);
    emit_shaped(k, s, eight(), "8d", -1);
    for (int i = 0; i < sample_size_count; i++) emit_shaped(k, s, luge_shape_of(sample_sizes[i]), "n", sample_sizes[i]);
}

static void emit_special(sample_sink *k, sample s, sample_values values)
{
    s.in[0].values = values;
    s.flags |= SAMPLE_NO_GRADIENT;
    emit_shaped(k, s, luge_shape_of(27), "special", -1);
}

static void emit_all(sample_sink *k, const sample *s)
{
    emit_shapes(k, *s);
    /* sine and cosine promise their accuracy up to a limit */
    const int bounded = s->op == LUGE__OP_sin || s->op == LUGE__OP_cos;
    emit_special(k, *s, bounded ? VALUES_BOUNDED : VALUES_SPECIAL);
}

#define X(name, values_, low_, high_, flags_)                                                                          \
    {                                                                                                                  \
        .op = LUGE__OP_##name, .build = sample_build_unary, .unary = luge_##name, .n_in = 1,                           \
        .in = { { .values = values_, .low = low_, .high = high_ } }, .flags = flags_                                   \
    }
#define P(name, values_, low_, high_, p_)                                                                              \
    {                                                                                                                  \
        .op = LUGE__OP_##name, .build = sample_build_with_p, .with_p = luge_##name, .n_in = 1,                         \
        .in = { { .values = values_, .low = low_, .high = high_ } }, .p = p_                                           \
    }

static const sample rows[] = {
    X(neg, VALUES_UNIFORM, -2, 2, SAMPLE_EXACT),
    X(abs, VALUES_AWAY, 0.125, 2, SAMPLE_EXACT),
    X(sign, VALUES_AWAY, 0, 2, SAMPLE_EXACT | SAMPLE_NO_GRADIENT),
    X(step, VALUES_AWAY, 0, 2, SAMPLE_EXACT | SAMPLE_NO_GRADIENT),
    X(exp, VALUES_UNIFORM, -2, 2, 0),
    X(log, VALUES_UNIFORM, 0.25, 4, 0),
    X(log1p, VALUES_UNIFORM, -0.5, 2, 0),
    X(sqrt, VALUES_UNIFORM, 0.25, 4, SAMPLE_EXACT),
    X(square, VALUES_UNIFORM, -2, 2, SAMPLE_EXACT),
    X(reciprocal, VALUES_AWAY, 0.5, 2, SAMPLE_EXACT),
    X(sin, VALUES_UNIFORM, -8, 8, 0),
    X(cos, VALUES_UNIFORM, -8, 8, 0),
    X(tanh, VALUES_UNIFORM, -4, 4, 0),
    X(erf, VALUES_UNIFORM, -3, 3, 0),
    X(sigmoid, VALUES_UNIFORM, -8, 8, 0),
    X(relu, VALUES_AWAY, 0.125, 3, SAMPLE_EXACT),
    P(leaky_relu, VALUES_AWAY, 0.125, 3, 0.1),
    P(elu, VALUES_AWAY, 0.125, 3, 0.75),
    X(selu, VALUES_AWAY, 0.125, 3, 0),
    X(softplus, VALUES_UNIFORM, -8, 8, 0),
    X(softsign, VALUES_AWAY, 0.125, 4, 0),
    X(gelu, VALUES_UNIFORM, -4, 4, 0),
    X(silu, VALUES_UNIFORM, -8, 8, 0),
    X(copy, VALUES_UNIFORM, -2, 2, SAMPLE_EXACT),
    X(stop_gradient, VALUES_UNIFORM, -2, 2, SAMPLE_EXACT | SAMPLE_NO_GRADIENT),
};

/* ---- cast: every dtype to every other ---------------------------------------------------------------------------- */

static luge_val build_cast(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_cast(g, in[0], s->dtype);
}

/* Values about and beyond the ends of each integer type. */
static luge_val build_cast_edges(luge_graph *g, const luge_val *in, const sample *s)
{
    static const double edges[] = { 0,     0.5,   -0.5, 0.999, -1.5,   127.5,       128,         -128.5, -129,
                                    255.5, 256,   -1,   2e9,   -2e9,   2147483647., 2147483648., 3e9,    -3e9,
                                    1e18,  -1e18, 1e19, -1e19, 0x1p63, -0x1p63,     -0x1p31 };
    const int n = sizeof edges / sizeof *edges;
    const luge_val x = luge_constant(g, LUGE_F64, luge_shape_of(n), edges);
    const luge_val both[2] = { x, in[0] };
    return luge_cast(g, luge_concat(g, both, 2, 0), s->dtype);
}

static void emit_cast(sample_sink *k, luge_dtype from, luge_dtype to, const char *variant)
{
    sample s = { .op = LUGE__OP_cast, .build = build_cast, .n_in = 1, .dtype = to, .flags = SAMPLE_EXACT };
    const int floats = luge__is_float(from) && luge__is_float(to);
    s.in[0] = (sample_input){ from, luge_shape_of(3, 4), VALUES_UNIFORM, -2, 2 };
    if (!luge__is_float(from)) s.in[0].values = VALUES_INTEGERS;
    if (from == LUGE_BOOL || from == LUGE_U8) s.in[0].low = 0;
    if (from == LUGE_BOOL) s.in[0].high = 1;
    if (!floats) s.flags |= SAMPLE_NO_GRADIENT;
    s.flags |= SAMPLE_NO_SECOND;
    s.h = 0x1p-10; /* the rounding to f32 would drown a smaller step; this one it keeps exactly */
    sample_emit(k, &s, variant, -1);
    s.in[0].shape = luge_shape_of(65);
    s.flags |= SAMPLE_SWEEP;
    char name[40];
    int n = 0;
    for (const char *c = variant; *c; c++) name[n++] = *c;
    name[n++] = 'n';
    name[n] = 0;
    sample_emit(k, &s, name, 65);
}

static void samples_cast(sample_sink *k)
{
    static const struct {
        luge_dtype from, to;
        const char *name;
    } pairs[] = {
        { LUGE_F32, LUGE_F64, "f32_f64" },   { LUGE_F64, LUGE_F32, "f64_f32" },   { LUGE_F64, LUGE_I32, "f64_i32" },
        { LUGE_F32, LUGE_I64, "f32_i64" },   { LUGE_F32, LUGE_I32, "f32_i32" },   { LUGE_F32, LUGE_U8, "f32_u8" },
        { LUGE_F64, LUGE_I8, "f64_i8" },     { LUGE_F32, LUGE_BOOL, "f32_bool" }, { LUGE_F64, LUGE_BOOL, "f64_bool" },
        { LUGE_BOOL, LUGE_F32, "bool_f32" }, { LUGE_BOOL, LUGE_I64, "bool_i64" }, { LUGE_U8, LUGE_F32, "u8_f32" },
        { LUGE_U8, LUGE_F64, "u8_f64" },     { LUGE_I8, LUGE_F32, "i8_f32" },     { LUGE_I32, LUGE_F32, "i32_f32" },
        { LUGE_I32, LUGE_F64, "i32_f64" },   { LUGE_I64, LUGE_F32, "i64_f32" },   { LUGE_I64, LUGE_F64, "i64_f64" },
        { LUGE_I64, LUGE_I32, "i64_i32" },   { LUGE_I32, LUGE_I64, "i32_i64" },   { LUGE_I32, LUGE_BOOL, "i32_bool" },
    };
    static const struct {
        luge_dtype to;
        const char *name;
    } edges[] = { { LUGE_U8, "edges_u8" },   { LUGE_I8, "edges_i8" },     { LUGE_I32, "edges_i32" },
                  { LUGE_I64, "edges_i64" }, { LUGE_BOOL, "edges_bool" }, { LUGE_F32, "edges_f32" } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) emit_cast(k, pairs[i].from, pairs[i].to, pairs[i].name);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        sample s = { .op = LUGE__OP_cast, .build = build_cast_edges, .n_in = 1, .dtype = edges[i].to };
        s.in[0] = (sample_input){ LUGE_F64, luge_shape_of(27), VALUES_SPECIAL, 0, 0 };
        s.flags = SAMPLE_EXACT | SAMPLE_NO_GRADIENT;
        sample_emit(k, &s, edges[i].name, -1);
    }
}

void samples_elementwise(sample_sink *k)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) emit_all(k, &rows[i]);
    samples_cast(k);
}
