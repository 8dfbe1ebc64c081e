/* index.c: samples of ops that move elements by place or by number. */
#include "ops/rows.h"
#include "samples.h"

/* ---- concat and its adjoint -------------------------------------------------------------------------------------- */

static luge_val build_concat(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_concat(g, in, s->n_in, (int)s->i[0]);
}

static luge_val build_concat_twice(luge_graph *g, const luge_val *in, const sample *s)
{
    const luge_val values[3] = { in[0], in[1], in[0] };
    return luge_concat(g, values, 3, (int)s->i[0]);
}

/* More values than one node takes. */
static luge_val build_concat_many(luge_graph *g, const luge_val *in, const sample *s)
{
    luge_val values[40];
    for (int i = 0; i < 40; i++) values[i] = in[i % 2];
    return luge_concat(g, values, 40, (int)s->i[0]);
}

static luge_val build_concat_part(luge_graph *g, const luge_val *in, const sample *s)
{
    const luge__part_attr attr = { s->i[0], s->i[1] };
    return luge__append(g, LUGE__OP_concat_part, in, s->n_in, &attr);
}

static sample joined(int n, luge_shape a, luge_shape b, luge_shape c, int axis)
{
    sample s = { .op = LUGE__OP_concat, .build = build_concat, .n_in = n, .i = { axis }, .flags = SAMPLE_EXACT };
    const luge_shape shapes[3] = { a, b, c };
    for (int i = 0; i < n; i++) s.in[i] = sample_in(shapes[i], VALUES_UNIFORM, -2, 2);
    return s;
}

static void samples_concat(sample_sink *k)
{
    const luge_shape none = luge_scalar_shape();
    sample s = joined(2, luge_shape_of(2, 3), luge_shape_of(4, 3), none, 0);
    sample_emit(k, &s, "basic", -1);
    s = joined(3, luge_shape_of(2, 3), luge_shape_of(2, 1), luge_shape_of(2, 2), -1);
    sample_emit(k, &s, "last", -1);
    s = joined(2, luge_shape_of(2, 1, 3), luge_shape_of(2, 2, 3), none, 1);
    sample_emit(k, &s, "middle", -1);
    s = joined(1, luge_shape_of(3), none, none, 0);
    sample_emit(k, &s, "single", -1);
    s = joined(2, luge_shape_of(2, 0), luge_shape_of(2, 3), none, 1);
    sample_emit(k, &s, "with_empty", -1);
    s = joined(2, luge_shape_of(3), luge_shape_of(2), none, 0);
    s.build = build_concat_twice;
    sample_emit(k, &s, "twice", -1);
    s = joined(2, luge_shape_of(2, 1), luge_shape_of(2, 2), none, 1);
    s.build = build_concat_many;
    sample_emit(k, &s, "many", -1);
    s = joined(2, luge_shape_of(9, 33), luge_shape_of(9, 65), none, 1);
    s.flags |= SAMPLE_SWEEP;
    sample_emit(k, &s, "wide", -1);
    for (int i = 0; i < 3; i++) { /* the parts of [2,3], [2,1], [2,2] */
        s = joined(3, luge_shape_of(2, 6), luge_shape_of(2, 3), luge_shape_of(2, 1), 1);
        s.op = LUGE__OP_concat_part;
        s.build = build_concat_part;
        s.n_in = 4;
        s.in[3] = sample_in(luge_shape_of(2, 2), VALUES_UNIFORM, -2, 2);
        s.i[1] = i;
        sample_emit(k, &s, "part", i);
    }
    s = joined(3, luge_shape_of(5, 2), luge_shape_of(2, 2), luge_shape_of(3, 2), 0);
    s.op = LUGE__OP_concat_part;
    s.build = build_concat_part;
    s.i[1] = 1;
    sample_emit(k, &s, "basic", -1);
    s = joined(3, luge_shape_of(9, 98), luge_shape_of(9, 33), luge_shape_of(9, 65), 1);
    s.op = LUGE__OP_concat_part;
    s.build = build_concat_part;
    s.flags |= SAMPLE_SWEEP;
    s.i[1] = 1;
    sample_emit(k, &s, "wide", -1);
}

/* ---- gather and scatter_add -------------------------------------------------------------------------------------- */

static luge_val build_gather(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_gather(g, in[0], in[1], (int)s->i[0]);
}

static luge_val build_scatter_add(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_scatter_add(g, in[0], in[1], in[2], (int)s->i[0]);
}

/* x gathered along an axis; and the adjoint, from the shape that the gather has. */
static void pair(sample_sink *k, luge_shape x, luge_dtype index_dtype, luge_shape index, int axis, uint32_t flags,
                 const char *variant)
{
    const int at = axis < 0 ? axis + x.ndim : axis;
    sample s = {
        .op = LUGE__OP_gather, .build = build_gather, .n_in = 2, .i = { axis }, .flags = SAMPLE_EXACT | flags
    };
    luge_shape wide = { .ndim = 0 };
    for (int i = 0; i < at; i++) wide.dim[wide.ndim++] = x.dim[i];
    for (int i = 0; i < index.ndim; i++) wide.dim[wide.ndim++] = index.dim[i];
    for (int i = at + 1; i < x.ndim; i++) wide.dim[wide.ndim++] = x.dim[i];
    s.in[0] = sample_in(x, VALUES_UNIFORM, -2, 2);
    s.in[1] = sample_index(index_dtype, index, x.dim[at] > 0 ? x.dim[at] - 1 : 0);
    sample_emit(k, &s, variant, -1);
    s.op = LUGE__OP_scatter_add;
    s.build = build_scatter_add;
    s.n_in = 3;
    s.flags = SAMPLE_MAGNITUDE | flags;
    s.in[2] = s.in[0];
    s.in[0] = sample_in(wide, VALUES_UNIFORM, -2, 2);
    sample_emit(k, &s, variant, -1);
}

static void samples_gather(sample_sink *k)
{
    pair(k, luge_shape_of(4, 3), LUGE_I32, luge_shape_of(5), 0, 0, "basic");
    pair(k, luge_shape_of(4, 3), LUGE_I64, luge_shape_of(5), 0, 0, "i64");
    pair(k, luge_shape_of(2, 4), LUGE_I32, luge_shape_of(3), -1, 0, "last");
    pair(k, luge_shape_of(2, 3, 2), LUGE_I64, luge_shape_of(2, 2), 1, 0, "middle");
    pair(k, luge_shape_of(4, 3), LUGE_I64, luge_scalar_shape(), 0, 0, "scalar");
    pair(k, luge_shape_of(7), LUGE_I32, luge_shape_of(2, 3), 0, 0, "1d");
    pair(k, luge_shape_of(1, 3), LUGE_I32, luge_shape_of(4), 0, 0, "same_row");
    pair(k, luge_shape_of(3, 2), LUGE_I32, luge_shape_of(0), 0, SAMPLE_NO_GRADIENT, "no_index");
    pair(k, luge_shape_of(0, 2), LUGE_I32, luge_shape_of(0), 0, SAMPLE_NO_GRADIENT, "empty");
    pair(k, luge_shape_of(33, 65), LUGE_I32, luge_shape_of(257), 0, SAMPLE_SWEEP, "rows");
    pair(k, luge_shape_of(9, 33), LUGE_I64, luge_shape_of(65), 1, SAMPLE_SWEEP, "columns");
    sample s = { .op = LUGE__OP_gather, .build = build_gather, .n_in = 2, .flags = SAMPLE_EXACT | SAMPLE_NO_GRADIENT };
    s.in[0] = sample_index(LUGE_I32, luge_shape_of(4, 2), 9);
    s.in[1] = sample_index(LUGE_I32, luge_shape_of(3), 3);
    sample_emit(k, &s, "of_i32", -1);
    s.in[0] = sample_index(LUGE_U8, luge_shape_of(4, 3), 255);
    sample_emit(k, &s, "of_u8", -1);
}

/* ---- one_hot ----------------------------------------------------------------------------------------------------- */

static luge_val build_one_hot(luge_graph *g, const luge_val *in, const sample *s)
{
    if (s->n_in == 2) return luge_one_hot_like(g, in[0], in[1]);
    return luge_one_hot(g, in[0], s->i[0], s->dtype);
}

static void samples_one_hot(sample_sink *k)
{
    sample s = { .op = LUGE__OP_one_hot, .build = build_one_hot, .n_in = 1, .i = { 4 }, .dtype = LUGE_F32 };
    s.flags = SAMPLE_EXACT | SAMPLE_NO_GRADIENT;
    s.in[0] = sample_index(LUGE_I32, luge_shape_of(6), 3);
    sample_emit(k, &s, "basic", -1);
    s.dtype = LUGE_F64;
    s.in[0] = sample_index(LUGE_I64, luge_shape_of(2, 3), 3);
    sample_emit(k, &s, "2d", -1);
    s.in[0].shape = luge_scalar_shape();
    sample_emit(k, &s, "scalar", -1);
    s.in[0] = (sample_input){ LUGE_I32, luge_shape_of(9), VALUES_INTEGERS, -2, 6 };
    sample_emit(k, &s, "out_of_range", -1);
    s.in[0] = sample_index(LUGE_I32, luge_shape_of(0), 3);
    sample_emit(k, &s, "empty", -1);
    s.i[0] = 0;
    s.in[0] = sample_index(LUGE_I32, luge_shape_of(3), 3);
    sample_emit(k, &s, "no_classes", -1);
    s.n_in = 2;
    s.in[0] = sample_index(LUGE_I64, luge_shape_of(3), 4);
    s.in[1] = sample_in(luge_shape_of(3, 5), VALUES_UNIFORM, -2, 2);
    sample_emit(k, &s, "like", -1);
    s.flags |= SAMPLE_SWEEP;
    s.in[0] = sample_index(LUGE_I32, luge_shape_of(65), 16);
    s.in[1] = sample_in(luge_shape_of(65, 17), VALUES_UNIFORM, -2, 2);
    sample_emit(k, &s, "wide", -1);
}

void samples_index(sample_sink *k)
{
    samples_concat(k);
    samples_gather(k);
    samples_one_hot(k);
}
