/* shape.c: samples of ops that show the same elements in another shape. */
#include "ops/rows.h"
#include "samples.h"

static const uint32_t moves = SAMPLE_EXACT;

static void one(sample_sink *k, sample s, luge_shape x, const char *variant)
{
    s.n_in = 1;
    s.in[0] = sample_in(x, VALUES_UNIFORM, -2, 2);
    s.flags |= moves;
    sample_emit(k, &s, variant, -1);
}

static void two(sample_sink *k, sample s, luge_shape x, luge_shape y, const char *variant)
{
    s.n_in = 2;
    s.in[0] = sample_in(x, VALUES_UNIFORM, -2, 2);
    s.in[1] = sample_in(y, VALUES_UNIFORM, -2, 2);
    s.flags |= moves;
    sample_emit(k, &s, variant, -1);
}

/* ---- reshape ----------------------------------------------------------------------------------------------------- */

static luge_val build_reshape(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_reshape(g, in[0], s->shape);
}

static luge_val build_expand_dims(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_expand_dims(g, in[0], (int)s->i[0]);
}

static luge_val build_squeeze(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_squeeze(g, in[0], (int)s->i[0]);
}

static void samples_reshape(sample_sink *k)
{
    const luge__op_id op = LUGE__OP_reshape;
    const luge_shape x = luge_shape_of(2, 3, 4);
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_shape_of(4, 6) }, x, "basic");
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_shape_of(0, -1) }, x, "keep_rest");
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_shape_of(-1) }, x, "flat");
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_shape_of(0, 0, 2, 2) }, x, "split");
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_scalar_shape() }, luge_shape_of(1, 1),
        "to_scalar");
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_shape_of(1, 1) }, luge_scalar_shape(),
        "of_scalar");
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_shape_of(2, 0, 5), .flags = SAMPLE_NO_GRADIENT },
        luge_shape_of(3, 0), "empty");
    two(k, (sample){ .op = op, .build = sample_build_binary, .binary = luge_reshape_like }, x, luge_shape_of(8, 3),
        "like");
    one(k, (sample){ .op = op, .build = build_expand_dims, .i = { 1 } }, x, "expand_dims");
    one(k, (sample){ .op = op, .build = build_expand_dims, .i = { -1 } }, x, "expand_dims_last");
    one(k, (sample){ .op = op, .build = build_expand_dims }, luge_scalar_shape(), "expand_dims_scalar");
    one(k, (sample){ .op = op, .build = build_squeeze, .i = { 1 } }, luge_shape_of(3, 1, 4), "squeeze");
    one(k, (sample){ .op = op, .build = build_squeeze, .i = { -1 } }, luge_shape_of(3, 1), "squeeze_last");
    one(k, (sample){ .op = op, .build = sample_build_unary, .unary = luge_flatten }, x, "flatten");
    one(k, (sample){ .op = op, .build = sample_build_unary, .unary = luge_flatten }, luge_shape_of(3), "flatten_1d");
    one(k, (sample){ .op = op, .build = sample_build_unary, .unary = luge_flatten, .flags = SAMPLE_NO_GRADIENT },
        luge_shape_of(0, 5), "flatten_empty");
    one(k, (sample){ .op = op, .build = sample_build_unary, .unary = luge_flatten, .flags = SAMPLE_NO_GRADIENT },
        luge_shape_of(0, 3, 4), "flatten_empty3d");
    one(k, (sample){ .op = op, .build = build_reshape, .shape = luge_shape_of(0, 2, -1), .flags = SAMPLE_NO_GRADIENT },
        luge_shape_of(0, 6), "keep_empty");
}

/* ---- transpose, expand ------------------------------------------------------------------------------------------- */

static luge_val build_permute(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_permute_dims(g, in[0], s->axes);
}

static void samples_transpose(sample_sink *k)
{
    const sample all = { .op = LUGE__OP_transpose, .build = sample_build_unary, .unary = luge_transpose };
    sample s = { .op = LUGE__OP_transpose, .build = build_permute, .axes = luge_axes_of(1, 2, 0) };
    one(k, all, luge_shape_of(3, 4), "basic");
    one(k, all, luge_scalar_shape(), "scalar");
    one(k, all, luge_shape_of(5), "1d");
    one(k, all, luge_shape_of(2, 3, 4), "reversed");
    one(k, s, luge_shape_of(2, 3, 4), "rotated");
    s.axes = luge_axes_of(0, -1, 2, 1);
    one(k, s, luge_shape_of(2, 3, 2, 4), "inner");
    s.axes = luge_axes_of(4, 0, 3, 1, 2);
    one(k, s, luge_shape_of(2, 1, 3, 2, 2), "5d");
    s.axes = luge_axes_of(7, 0, 6, 1, 5, 2, 4, 3);
    one(k, s, luge_make_shape(8, (const int64_t[]){ 2, 1, 2, 1, 2, 1, 2, 3 }), "8d");
    s = all;
    s.flags = SAMPLE_SWEEP;
    one(k, s, luge_shape_of(65, 33), "65x33");
    one(k, s, luge_shape_of(0, 3), "empty");
}

/* x lacks an axis of like that a reduction took. */
static luge_val build_expand_axes(luge_graph *g, const luge_val *in, const sample *s)
{
    const luge__axes_attr attr = { s->axes };
    return luge__append(g, LUGE__OP_expand, in, 2, &attr);
}

static void samples_expand(sample_sink *k)
{
    sample s = { .op = LUGE__OP_expand, .build = sample_build_binary, .binary = luge_expand };
    two(k, s, luge_shape_of(4), luge_shape_of(3, 4), "basic");
    two(k, s, luge_shape_of(3, 1), luge_shape_of(2, 3, 4), "column");
    two(k, s, luge_scalar_shape(), luge_shape_of(2, 3), "scalar");
    two(k, s, luge_shape_of(3, 4), luge_shape_of(3, 1), "larger_than_like");
    two(k, s, luge_shape_of(1, 3, 1, 2), luge_shape_of(2, 3, 2, 2), "4d");
    s.flags = SAMPLE_SWEEP;
    two(k, s, luge_shape_of(1, 3), luge_shape_of(0, 3), "to_empty");
    s.flags = 0;
    s.build = build_expand_axes;
    s.axes = luge_axes_of(1);
    two(k, s, luge_shape_of(2, 3), luge_shape_of(2, 4, 3), "axis1");
    s.axes = luge_axes_of(0, 2);
    two(k, s, luge_shape_of(3), luge_shape_of(2, 3, 2), "axes02");
}

/* ---- slice and its adjoint --------------------------------------------------------------------------------------- */

static luge_val build_slice(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_slice(g, in[0], (int)s->i[0], s->i[1], s->i[2], s->i[3]);
}

static luge_val build_unslice(luge_graph *g, const luge_val *in, const sample *s)
{
    const luge__slice_attr attr = { s->i[0], s->i[1], s->i[2], s->i[3] };
    return luge__append(g, LUGE__OP_unslice, in, 2, &attr);
}

static void slice(sample_sink *k, luge_shape x, luge__slice_attr a, const char *variant)
{
    const sample s = { .op = LUGE__OP_slice, .build = build_slice, .i = { a.axis, a.start, a.stop, a.step } };
    one(k, s, x, variant);
}

static void unslice(sample_sink *k, luge_shape part, luge_shape whole, luge__slice_attr a, const char *variant)
{
    const sample s = { .op = LUGE__OP_unslice, .build = build_unslice, .i = { a.axis, a.start, a.stop, a.step } };
    two(k, s, part, whole, variant);
}

static void samples_slice(sample_sink *k)
{
    const luge_shape x = luge_shape_of(4, 5);
    slice(k, x, (luge__slice_attr){ 0, 1, 3, 1 }, "basic");
    slice(k, x, (luge__slice_attr){ 1, 0, LUGE_END, 2 }, "step2");
    slice(k, x, (luge__slice_attr){ -1, -3, -1, 1 }, "negative");
    slice(k, x, (luge__slice_attr){ 1, 1, 100, 3 }, "clamped");
    slice(k, luge_shape_of(3, 5, 2), (luge__slice_attr){ 1, -100, 4, 2 }, "middle");
    slice(k, luge_shape_of(7), (luge__slice_attr){ 0, 2, LUGE_END, INT64_MAX }, "largest_step");
    slice(k, luge_shape_of(3, 4), (luge__slice_attr){ 0, 1, LUGE_END, INT64_MAX }, "largest_step_outer");
    unslice(k, luge_shape_of(2, 5), x, (luge__slice_attr){ 0, 1, 3, 1 }, "basic");
    unslice(k, luge_shape_of(4, 3), x, (luge__slice_attr){ 1, 0, LUGE_END, 2 }, "step2");
    unslice(k, luge_shape_of(3, 2, 2), luge_shape_of(3, 5, 2), (luge__slice_attr){ 1, -4, -1, 2 }, "middle");
    sample empty = { .op = LUGE__OP_slice, .build = build_slice, .i = { 0, 3, 1, 1 }, .flags = SAMPLE_NO_GRADIENT };
    one(k, empty, x, "empty");
    empty.build = build_unslice;
    empty.op = LUGE__OP_unslice;
    two(k, empty, luge_shape_of(0, 5), x, "empty");
    const sample wide = { .op = LUGE__OP_unslice, .build = build_unslice, .i = { 1, 1, 66, 2 }, .flags = SAMPLE_SWEEP };
    two(k, wide, luge_shape_of(9, 33), luge_shape_of(9, 67), "wide");
}

void samples_shape(sample_sink *k)
{
    samples_reshape(k);
    samples_transpose(k);
    samples_expand(k);
    samples_slice(k);
}
