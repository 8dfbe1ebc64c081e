/* reduce.c: samples of the reductions. */
#include "ops/rows.h"
#include "samples.h"

static luge_val build_over(luge_graph *g, const luge_val *in, const sample *s)
{
    return s->over(g, in[0], s->axes, s->i[0] != 0);
}

static void over(sample_sink *k, const sample *row, luge_shape shape, luge_axes axes, int keepdims, const char *variant)
{
    sample s = *row;
    s.build = build_over;
    s.in[0].shape = shape;
    s.axes = axes;
    s.i[0] = keepdims;
    sample_emit(k, &s, variant, -1);
}

static void all(sample_sink *k, const sample *row, luge_shape shape, const char *variant, int64_t number)
{
    sample s = *row;
    s.in[0].shape = shape;
    sample_emit(k, &s, variant, number);
}

#define R(name, values_, low_, high_, flags_)                                                                          \
    {                                                                                                                  \
        .op = LUGE__OP_##name, .build = sample_build_unary, .unary = luge_##name, .over = luge_##name##_over,          \
        .n_in = 1, .in = { { .values = values_, .low = low_, .high = high_ } }, .flags = flags_                        \
    }

/* prod: factors about 1, so that 513 of them stay in range. */
static const sample rows[] = {
    R(sum, VALUES_UNIFORM, -2, 2, SAMPLE_MAGNITUDE),
    R(mean, VALUES_UNIFORM, -2, 2, SAMPLE_MAGNITUDE),
    R(max, VALUES_DISTINCT, 0, 0, SAMPLE_EXACT),
    R(min, VALUES_DISTINCT, 0, 0, SAMPLE_EXACT),
    R(prod, VALUES_AWAY, 0.75, 1.25, 0),
    R(logsumexp, VALUES_UNIFORM, -4, 4, 0),
};

static void emit_sweep(sample_sink *k, sample s)
{
    s.flags |= SAMPLE_SWEEP;
    s.slack = s.op == LUGE__OP_prod ? 100 : 1; /* each factor rounds */
    for (int i = 0; i < sample_size_count; i++) {
        const int64_t n = sample_sizes[i];
        all(k, &s, luge_shape_of(n), "n", n);
        s.build = build_over;
        s.axes = luge_axes_of(-1);
        all(k, &s, luge_shape_of(3, n), "inner", n);
        s.axes = luge_axes_of(0);
        all(k, &s, luge_shape_of(n, 3), "outer", n);
        s.axes = luge_axes_of(1);
        all(k, &s, luge_shape_of(2, n, 5), "middle", n);
        s.axes = luge_axes_of(0);
        all(k, &s, luge_shape_of(3, n), "columns", n);
        s.build = sample_build_unary;
    }
}

static void emit_reduction(sample_sink *k, const sample *row)
{
    const luge_axes none = { .n = 0 };
    const luge_shape cube = luge_shape_of(3, 4, 2),
                     eight = luge_make_shape(8, (const int64_t[]){ 2, 1, 2, 1, 2, 1, 2, 1 });
    all(k, row, cube, "basic", -1);
    all(k, row, luge_scalar_shape(), "scalar", -1);
    over(k, row, luge_shape_of(5, 3), luge_axes_of(0), 0, "axis0");
    over(k, row, luge_shape_of(3, 5), luge_axes_of(1), 1, "axis1_keep");
    over(k, row, cube, luge_axes_of(-1, 0), 0, "axes02");
    over(k, row, cube, luge_axes_of(0, 2), 1, "axes02_keep");
    over(k, row, cube, none, 0, "no_axes");
    over(k, row, cube, luge_axes_of(1), 0, "middle_axis");
    over(k, row, eight, luge_axes_of(2, 4, 5), 0, "8d");
    over(k, row, luge_shape_of(4, 1), luge_axes_of(1), 0, "size1");
    over(k, row, luge_shape_of(2, 3, 1, 2, 2), luge_axes_of(1, 3), 0, "5d");
    sample s = *row;
    s.flags |= SAMPLE_NO_GRADIENT;
    all(k, &s, luge_shape_of(0), "empty", -1);
    over(k, &s, luge_shape_of(0, 3), luge_axes_of(0), 0, "empty_axis0");
    over(k, &s, luge_shape_of(0, 3), luge_axes_of(1), 1, "empty_axis1");
    s.in[0].values = VALUES_SPECIAL;
    over(k, &s, luge_shape_of(27, 1), luge_axes_of(1), 0, "special");
    over(k, &s, luge_shape_of(3, 9), luge_axes_of(-1), 0, "special_rows");
    s.in[0] = sample_in(luge_shape_of(3, 4), VALUES_INTEGERS, 0, 2); /* equal elements, zeros */
    if (row->op == LUGE__OP_prod) s.flags = (s.flags & ~(uint32_t)SAMPLE_NO_GRADIENT) | SAMPLE_NO_SECOND;
    over(k, &s, s.in[0].shape, luge_axes_of(1), 0, "ties");
    emit_sweep(k, *row);
}

/* ---- sum_like, count --------------------------------------------------------------------------------------------- */

static void like(sample_sink *k, luge_shape x, luge_shape to, const char *variant, uint32_t flags)
{
    sample s = { .op = LUGE__OP_sum_like, .build = sample_build_binary, .binary = luge_sum_like, .n_in = 2 };
    s.in[0] = sample_in(x, VALUES_UNIFORM, -2, 2);
    s.in[1] = sample_in(to, VALUES_UNIFORM, -2, 2);
    s.flags = SAMPLE_MAGNITUDE | flags;
    sample_emit(k, &s, variant, -1);
}

/* The adjoint of an expand that puts back axes which a reduction took. */
static luge_val build_sum_like_axes(luge_graph *g, const luge_val *in, const sample *s)
{
    const luge__axes_attr attr = { s->axes };
    return luge__append(g, LUGE__OP_sum_like, in, 2, &attr);
}

static void samples_sum_like(sample_sink *k)
{
    const luge_shape x = luge_shape_of(4, 2, 3), scalar = luge_scalar_shape();
    like(k, x, luge_shape_of(2, 3), "basic", 0);
    like(k, x, luge_shape_of(1, 3), "row", 0);
    like(k, x, luge_shape_of(4, 1, 1), "column", 0);
    like(k, x, scalar, "scalar", 0);
    like(k, x, x, "same", 0);
    like(k, scalar, scalar, "scalars", 0);
    like(k, luge_shape_of(0, 3), luge_shape_of(3), "empty", SAMPLE_NO_GRADIENT);
    like(k, luge_shape_of(513, 17), luge_shape_of(17), "bias513", SAMPLE_SWEEP);
    like(k, luge_shape_of(17, 513), luge_shape_of(17, 1), "column513", SAMPLE_SWEEP);
    like(k, luge_shape_of(3, 257, 5), luge_shape_of(1, 257, 1), "middle257", SAMPLE_SWEEP);
    sample s = { .op = LUGE__OP_sum_like, .build = build_sum_like_axes, .n_in = 2, .flags = SAMPLE_MAGNITUDE };
    s.in[0] = sample_in(x, VALUES_UNIFORM, -2, 2);
    s.in[1] = sample_in(luge_shape_of(4, 3), VALUES_UNIFORM, -2, 2);
    s.axes = luge_axes_of(1);
    sample_emit(k, &s, "axis1", -1);
    s.in[1].shape = luge_shape_of(2);
    s.axes = luge_axes_of(0, 2);
    sample_emit(k, &s, "axes02", -1);
}

static void samples_count(sample_sink *k)
{
    sample s = { .op = LUGE__OP_count, .build = sample_build_binary, .binary = luge_count, .n_in = 2 };
    s.in[0] = sample_in(luge_shape_of(3, 4), VALUES_UNIFORM, -2, 2);
    s.in[1] = sample_in(luge_shape_of(3), VALUES_UNIFORM, -2, 2);
    s.flags = SAMPLE_EXACT;
    sample_emit(k, &s, "basic", -1);
    s.in[1].shape = luge_scalar_shape();
    sample_emit(k, &s, "all", -1);
    s.in[0].shape = luge_shape_of(0, 3);
    s.flags |= SAMPLE_NO_GRADIENT;
    sample_emit(k, &s, "empty", -1);
}

/* ---- argmax ------------------------------------------------------------------------------------------------------ */

static luge_val build_argmax(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_argmax(g, in[0], (int)s->i[0]);
}

static void argmax(sample_sink *k, luge_shape shape, int axis, sample_values values, const char *variant,
                   int64_t number)
{
    sample s = { .op = LUGE__OP_argmax, .build = build_argmax, .n_in = 1, .i = { axis } };
    s.in[0] = sample_in(shape, values, 0, 2);
    s.flags = SAMPLE_EXACT | SAMPLE_NO_GRADIENT | (number < 0 ? 0 : SAMPLE_SWEEP);
    sample_emit(k, &s, variant, number);
}

static void samples_argmax(sample_sink *k)
{
    argmax(k, luge_shape_of(3, 4), 1, VALUES_DISTINCT, "basic", -1);
    argmax(k, luge_shape_of(3, 4), 0, VALUES_DISTINCT, "axis0", -1);
    argmax(k, luge_shape_of(3, 4, 2), -2, VALUES_DISTINCT, "middle", -1);
    argmax(k, luge_shape_of(5, 6), 1, VALUES_INTEGERS, "ties", -1);
    argmax(k, luge_shape_of(9, 3), 1, VALUES_SPECIAL, "nan", -1);
    argmax(k, luge_shape_of(27), 0, VALUES_SPECIAL, "nan_all", -1);
    argmax(k, luge_shape_of(5), 0, VALUES_DISTINCT, "1d", -1);
    argmax(k, luge_shape_of(0, 3), 1, VALUES_DISTINCT, "empty", -1);
    for (int i = 0; i < sample_size_count; i++) {
        argmax(k, luge_shape_of(3, sample_sizes[i]), 1, VALUES_DISTINCT, "inner", sample_sizes[i]);
        argmax(k, luge_shape_of(sample_sizes[i], 3), 0, VALUES_INTEGERS, "outer", sample_sizes[i]);
    }
}

void samples_reduce(sample_sink *k)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) emit_reduction(k, &rows[i]);
    samples_sum_like(k);
    samples_count(k);
    samples_argmax(k);
}
