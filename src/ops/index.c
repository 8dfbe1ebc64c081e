/* index.c: ops that move elements by place or by number: concat, gather, one_hot and their adjoints. */
#include <string.h>

#include "ops/rows.h"

/* ---- concat ------------------------------------------------------------------------------------------------------ */

static luge_status concat_infer(luge__infer *q)
{
    const luge_status bad_axis = luge__expect_axis(q, 0, ((const luge__axis_attr *)q->attr)->axis);
    if (bad_axis) return bad_axis;
    const int axis = (int)((const luge__axis_attr *)q->attr)->axis;
    q->out = *q->in[0];
    for (int i = 1; i < q->n_in; i++) {
        luge_shape s = q->in[i]->shape;
        const luge_status status = luge__expect_same_dtype(q, 0, i);
        if (status) return status;
        const int64_t size = s.ndim == q->out.shape.ndim ? s.dim[axis] : 0;
        if (s.ndim == q->out.shape.ndim) s.dim[axis] = q->in[0]->shape.dim[axis];
        if (!luge__shape_equal(&s, &q->in[0]->shape))
            return luge__fail(q->ctx, LUGE_ESHAPE, "concat: shapes do not fit along axis %d: %S and %S", axis,
                              &q->in[0]->shape, &q->in[i]->shape);
        if (q->out.shape.dim[axis] > INT64_MAX - size)
            return luge__fail(q->ctx, LUGE_ESHAPE, "concat: the size along axis %d overflows", axis);
        q->out.shape.dim[axis] += size;
    }
    return LUGE_OK;
}

static luge_status concat_vjp(luge_graph *g, const luge__vjp *v)
{
    luge__part_attr attr = { .axis = ((const luge__axis_attr *)v->attr)->axis };
    luge_val in[LUGE__MAX_INPUTS];
    in[0] = v->gout;
    memcpy(in + 1, v->in, (size_t)v->n_in * sizeof *in);
    for (int i = 0; i < v->n_in; i++) {
        attr.index = i;
        if (v->need >> i & 1) v->gin[i] = luge__append(g, LUGE__OP_concat_part, in, v->n_in + 1, &attr);
    }
    return LUGE_OK;
}

/* Moves a part to its place in the whole, or back. */
static void copy_part(const luge__array *part, const luge__array *whole, int axis, int64_t start, int into_whole)
{
    int64_t i[LUGE_MAX_DIMS] = { 0 }, w[LUGE_MAX_DIMS];
    if (!luge__some(&part->shape)) return;
    do {
        memcpy(w, i, sizeof w);
        w[axis] += start;
        if (into_whole)
            luge__move(whole, w, part, i);
        else
            luge__move(part, i, whole, w);
    } while (luge__next(&part->shape, i));
}

static luge_status concat_ref(luge__call *call)
{
    const int axis = (int)((const luge__axis_attr *)call->attr)->axis;
    int64_t start = 0;
    for (int i = 0; i < call->n_in; i++) {
        copy_part(&call->in[i], &call->out, axis, start, 1);
        start += call->in[i].shape.dim[axis];
    }
    return LUGE_OK;
}

const luge__op luge__row_concat = {
    LUGE__ROW(concat),
    .formula = "operands joined along an axis",
    .gradient = "each operand's part of g",
    .min_in = 1,
    .max_in = LUGE__MAX_INPUTS - 1,
    LUGE__ATTR(luge__axis_attr, luge__axis_fields),
    .infer = concat_infer,
    .vjp = concat_vjp,
    .ref = concat_ref,
};
luge_val luge_concat(luge_graph *g, const luge_val *values, int n, int axis)
{
    if (!luge__open_graph(g, "concat")) return luge__none();
    if (n < 1 || !values) {
        luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "concat: %d values", n);
        return luge__none();
    }
    if (!luge__usable(g, "concat", values[0])) return luge__none();
    const luge__axis_attr attr = { luge__axis(g, "concat", axis, luge__ndim(g, values[0])) };
    if (attr.axis < 0) return luge__none();
    /* Many values are joined in groups: a node has a bounded number of operands. */
    luge_val group[LUGE__MAX_INPUTS - 1];
    int taken = 0;
    group[0] = values[taken++];
    for (;;) {
        int count = 1;
        while (count < LUGE__MAX_INPUTS - 1 && taken < n) group[count++] = values[taken++];
        group[0] = luge__append(g, LUGE__OP_concat, group, count, &attr);
        if (taken == n || !group[0].id) return group[0];
    }
}

/* in[0] is shaped as the concatenation of in[1], in[2], ...; the part of operand `index`. Sizes come from operands, not
 * from attributes, so that a replay can change them. */
static luge_status concat_part_infer(luge__infer *q)
{
    const luge__part_attr *attr = q->attr;
    const luge_shape *whole = &q->in[0]->shape;
    const luge_status status = luge__expect_axis(q, 0, attr->axis);
    if (status) return status;
    if (attr->index < 0 || attr->index > q->n_in - 2)
        return luge__fail(q->ctx, LUGE_EINVAL, "concat_part: there is no part %l of %d", attr->index, q->n_in - 1);
    int64_t left = whole->dim[attr->axis];
    for (int i = 1; i < q->n_in; i++) {
        luge_shape part = q->in[i]->shape;
        left -= part.ndim == whole->ndim ? part.dim[attr->axis] : 0;
        if (part.ndim == whole->ndim) part.dim[attr->axis] = whole->dim[attr->axis];
        if (!luge__shape_equal(&part, whole) || left < 0)
            return luge__fail(q->ctx, LUGE_ESHAPE, "concat_part: part %d of %S does not fit into %S", i,
                              &q->in[i]->shape, whole);
    }
    q->out = (luge__type){ .dtype = q->in[0]->dtype, .shape = q->in[attr->index + 1]->shape };
    if (!left) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_ESHAPE, "concat_part: the parts leave %l of axis %l of %S", left, attr->axis, whole);
}

static luge_status concat_part_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge__part_attr *attr = v->attr;
    luge_val part[LUGE__MAX_INPUTS];
    for (int i = 0; i + 1 < v->n_in; i++)
        part[i] = i == attr->index ? v->gout : luge_expand(g, luge__like(g, v->gout, 0), v->in[i + 1]);
    v->gin[0] = luge_concat(g, part, v->n_in - 1, (int)attr->axis);
    return LUGE_OK;
}

static luge_status concat_part_ref(luge__call *call)
{
    const luge__part_attr *attr = call->attr;
    int64_t start = 0;
    for (int i = 0; i < attr->index; i++) start += call->in[i + 1].shape.dim[attr->axis];
    copy_part(&call->out, &call->in[0], (int)attr->axis, start, 0);
    return LUGE_OK;
}

static const luge__field part_fields[] = { LUGE__FIELD(luge__part_attr, I64, axis),
                                           LUGE__FIELD(luge__part_attr, I64, index),
                                           { NULL, LUGE__FIELD_I64, 0 } };

const luge__op luge__row_concat_part = {
    LUGE__ROW(concat_part),
    .formula = "one operand's part of a concatenation",
    .gradient = "g in its place, else 0",
    .min_in = 2,
    .max_in = LUGE__MAX_INPUTS,
    .shape_only = ~1u,
    LUGE__ATTR(luge__part_attr, part_fields),
    .infer = concat_part_infer,
    .vjp = concat_part_vjp,
    .ref = concat_part_ref,
};

/* ---- gather and scatter_add -------------------------------------------------------------------------------------- */

/* The shape of x with its axis replaced by the shape of the indices. */
static luge_status gathered_shape(luge__infer *q, const luge_shape *x, int64_t axis, luge_shape *out)
{
    const luge_shape *index = &q->in[1]->shape;
    if (x->ndim - 1 + index->ndim > LUGE_MAX_DIMS)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: %S with indices %S has more than 8 dimensions", q->op->name, x,
                          index);
    out->ndim = 0;
    for (int i = 0; i < axis; i++) out->dim[out->ndim++] = x->dim[i];
    for (int i = 0; i < index->ndim; i++) out->dim[out->ndim++] = index->dim[i];
    for (int i = (int)axis + 1; i < x->ndim; i++) out->dim[out->ndim++] = x->dim[i];
    return LUGE_OK;
}

static luge_status gather_infer(luge__infer *q)
{
    const int64_t axis = ((const luge__axis_attr *)q->attr)->axis;
    q->out.dtype = q->in[0]->dtype;
    luge_status status = luge__expect_index(q, 1);
    if (!status) status = luge__expect_axis(q, 0, axis);
    return status ? status : gathered_shape(q, &q->in[0]->shape, axis, &q->out.shape);
}

static luge_status gather_vjp(luge_graph *g, const luge__vjp *v)
{
    v->gin[0] = luge_scatter_add(g, v->gout, v->in[1], v->in[0], (int)((const luge__axis_attr *)v->attr)->axis);
    return LUGE_OK;
}

/* For each element of `wide` (gathered), the place in `narrow` that its index names. Zero after a bad index. */
static int place_of(luge__call *call, const luge__array *index, int axis, const luge_shape *narrow, const int64_t *w,
                    int64_t *n)
{
    for (int i = 0; i < axis; i++) n[i] = w[i];
    for (int i = axis + 1; i < narrow->ndim; i++) n[i] = w[i - 1 + index->shape.ndim];
    n[axis] = luge__get_int(index, w + axis);
    if (n[axis] >= 0 && n[axis] < narrow->dim[axis]) return 1;
    call->bad_index = n[axis];
    call->bad_limit = narrow->dim[axis];
    return 0;
}

static luge_status gather_ref(luge__call *call)
{
    const int axis = (int)((const luge__axis_attr *)call->attr)->axis;
    int64_t o[LUGE_MAX_DIMS] = { 0 }, i[LUGE_MAX_DIMS];
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        if (!place_of(call, &call->in[1], axis, &call->in[0].shape, o, i)) return LUGE_EINVAL;
        luge__move(&call->out, o, &call->in[0], i);
    } while (luge__next(&call->out.shape, o));
    return LUGE_OK;
}

const luge__op luge__row_gather = {
    LUGE__ROW(gather),
    .formula = "x[.., indices, ..] along an axis",
    .gradient = "g added at the indices; -",
    .min_in = 2,
    .max_in = 2,
    .constant = 2,
    LUGE__ATTR(luge__axis_attr, luge__axis_fields),
    .infer = gather_infer,
    .vjp = gather_vjp,
    .ref = gather_ref,
};
luge_val luge_gather(luge_graph *g, luge_val x, luge_val indices, int axis)
{
    if (!luge__usable(g, "gather", x)) return luge__none();
    const luge__axis_attr attr = { luge__axis(g, "gather", axis, luge__ndim(g, x)) };
    if (attr.axis < 0) return luge__none();
    const luge_val in[2] = { x, indices };
    return luge__append(g, LUGE__OP_gather, in, 2, &attr);
}

static luge_status scatter_add_infer(luge__infer *q)
{
    const int64_t axis = ((const luge__axis_attr *)q->attr)->axis;
    luge_shape gathered;
    luge_status status = luge__expect_float(q, 0);
    if (!status) status = luge__expect_index(q, 1);
    if (!status) status = luge__expect_axis(q, 2, axis);
    if (!status) status = gathered_shape(q, &q->in[2]->shape, axis, &gathered);
    if (status) return status;
    q->out = (luge__type){ .dtype = q->in[0]->dtype, .shape = q->in[2]->shape };
    if (luge__shape_equal(&gathered, &q->in[0]->shape)) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_ESHAPE, "scatter_add: x is %S, %S at these indices is %S", &q->in[0]->shape,
                      &q->in[2]->shape, &gathered);
}

static luge_status scatter_add_vjp(luge_graph *g, const luge__vjp *v)
{
    v->gin[0] = luge_gather(g, v->gout, v->in[1], (int)((const luge__axis_attr *)v->attr)->axis);
    return LUGE_OK;
}

static luge_status scatter_add_ref(luge__call *call)
{
    const int axis = (int)((const luge__axis_attr *)call->attr)->axis;
    int64_t i[LUGE_MAX_DIMS] = { 0 }, o[LUGE_MAX_DIMS];
    luge__fill_zero(&call->out);
    if (!luge__some(&call->in[0].shape)) return LUGE_OK;
    do {
        if (!place_of(call, &call->in[1], axis, &call->out.shape, i, o)) return LUGE_EINVAL;
        luge__put(&call->out, o, luge__get(&call->out, o) + luge__get(&call->in[0], i));
    } while (luge__next(&call->in[0].shape, i));
    return LUGE_OK;
}

const luge__op luge__row_scatter_add = {
    LUGE__ROW(scatter_add),
    .formula = "zeros like like, x added at the indices",
    .gradient = "g at the indices; -",
    .min_in = 3,
    .max_in = 3,
    .shape_only = 4,
    .constant = 2,
    LUGE__ATTR(luge__axis_attr, luge__axis_fields),
    .infer = scatter_add_infer,
    .vjp = scatter_add_vjp,
    .ref = scatter_add_ref,
};
luge_val luge_scatter_add(luge_graph *g, luge_val x, luge_val indices, luge_val like, int axis)
{
    if (!luge__usable(g, "scatter_add", like)) return luge__none();
    const luge__axis_attr attr = { luge__axis(g, "scatter_add", axis, luge__ndim(g, like)) };
    if (attr.axis < 0) return luge__none();
    const luge_val in[3] = { x, indices, like };
    return luge__append(g, LUGE__OP_scatter_add, in, 3, &attr);
}

/* ---- one_hot ----------------------------------------------------------------------------------------------------- */

static luge_status one_hot_infer(luge__infer *q)
{
    const luge__one_hot_attr *attr = q->attr;
    luge_status status = luge__expect_index(q, 0);
    if (status) return status;
    int64_t depth = attr->depth;
    q->out = (luge__type){ .dtype = attr->dtype, .shape = q->in[0]->shape };
    if (q->n_in == 2) {
        const luge_shape *like = &q->in[1]->shape;
        if (like->ndim < 1) return luge__fail(q->ctx, LUGE_ESHAPE, "one_hot: like is a scalar, it has no last axis");
        depth = like->dim[like->ndim - 1];
        q->out.dtype = q->in[1]->dtype;
    }
    if (depth < 0) return luge__fail(q->ctx, LUGE_EINVAL, "one_hot: depth %l; at least 0 is expected", depth);
    if (!luge__is_float(q->out.dtype))
        return luge__fail(q->ctx, LUGE_EDTYPE, "one_hot: dtype is %T; f32 or f64 is expected", q->out.dtype);
    if (q->out.shape.ndim == LUGE_MAX_DIMS)
        return luge__fail(q->ctx, LUGE_ESHAPE, "one_hot: indices %S leave no room for a dimension", &q->out.shape);
    q->out.shape.dim[q->out.shape.ndim++] = depth;
    return LUGE_OK;
}

static luge_status one_hot_ref(luge__call *call)
{
    const int last = call->out.shape.ndim - 1;
    int64_t o[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do luge__put(&call->out, o, o[last] == luge__get_int(&call->in[0], o));
    while (luge__next(&call->out.shape, o));
    return LUGE_OK;
}

static const luge__field one_hot_fields[] = { LUGE__FIELD(luge__one_hot_attr, I64, depth),
                                              LUGE__FIELD(luge__one_hot_attr, DTYPE, dtype),
                                              { NULL, LUGE__FIELD_I64, 0 } };

const luge__op luge__row_one_hot = {
    LUGE__ROW(one_hot),
    .formula = "1 at the index, else 0, along a new last axis",
    .gradient = "none",
    .min_in = 1,
    .max_in = 2,
    .flags = LUGE__NO_GRADIENT,
    .shape_only = 2,
    LUGE__ATTR(luge__one_hot_attr, one_hot_fields),
    .infer = one_hot_infer,
    .ref = one_hot_ref,
};
luge_val luge_one_hot(luge_graph *g, luge_val indices, int64_t depth, luge_dtype dtype)
{
    const luge__one_hot_attr attr = { depth, dtype };
    return luge__append(g, LUGE__OP_one_hot, &indices, 1, &attr);
}
luge_val luge_one_hot_like(luge_graph *g, luge_val indices, luge_val like)
{
    const luge_val in[2] = { indices, like };
    const luge__one_hot_attr attr = { 0, LUGE_NO_DTYPE };
    return luge__append(g, LUGE__OP_one_hot, in, 2, &attr);
}
