/* view.c: ops that show the same elements in another shape. The planner makes them views of memory where it can: their
 * `view` functions give the strides; the reference kernels copy where it cannot. */
#include <string.h>

#include "ops/rows.h"

/* ---- reshape ----------------------------------------------------------------------------------------------------- */

/* The size of the -1: what is left for each index of the dimensions that are kept (bits), so that a kept size of 0 does
 * not hide it; `given` is the product of the sizes given as numbers. */
static luge_status reshape_rest(luge__infer *q, const luge_shape *wanted, uint32_t kept, int64_t given, int64_t *rest)
{
    const luge_shape *in = &q->in[0]->shape;
    int64_t left = 1;
    for (int i = 0; i < in->ndim; i++) {
        if (kept >> i & 1) continue;
        if (in->dim[i] && left > INT64_MAX / in->dim[i])
            return luge__fail(q->ctx, LUGE_ESHAPE, "reshape: the size of %S overflows", in);
        left *= in->dim[i];
    }
    if (!given || left % given)
        return luge__fail(q->ctx, LUGE_ESHAPE, "reshape: %S does not divide into %S", in, wanted);
    *rest = left / given;
    return LUGE_OK;
}

/* Sizes of a reshape: -1 is what is left, -2 - i is in.dim[i]. */
static luge_status reshape_sizes(luge__infer *q, const luge_shape *wanted, luge_shape *out)
{
    const luge_shape *in = &q->in[0]->shape;
    const int64_t n = luge_shape_size(in);
    int64_t known = 1, given = 1;
    uint32_t kept = 0;
    int rest = -1;
    *out = *wanted;
    for (int i = 0; i < wanted->ndim; i++) {
        const int64_t d = wanted->dim[i];
        if (d == -1) {
            if (rest >= 0) return luge__fail(q->ctx, LUGE_ESHAPE, "reshape: more than one -1 in %S", wanted);
            rest = i;
            continue;
        }
        if (d < -1 - in->ndim || (d < -1 && (kept >> (-2 - d) & 1)))
            return luge__fail(q->ctx, LUGE_ESHAPE, "reshape: %S names a dimension twice, or one that %S has not",
                              wanted, in);
        out->dim[i] = d < -1 ? in->dim[-2 - d] : d;
        if ((out->dim[i] && known > INT64_MAX / out->dim[i]) || (d > 0 && given > INT64_MAX / d))
            return luge__fail(q->ctx, LUGE_ESHAPE, "reshape: the size of %S overflows", wanted);
        known *= out->dim[i];
        if (d < -1)
            kept |= 1u << (-2 - d);
        else
            given *= d;
    }
    if (rest >= 0) return reshape_rest(q, wanted, kept, given, &out->dim[rest]);
    if (known == n) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_ESHAPE, "reshape: %S has %l elements, %S has %l", in, n, out, known);
}

static luge_status reshape_infer(luge__infer *q)
{
    const luge__reshape_attr *attr = q->attr;
    q->out.dtype = q->in[0]->dtype;
    if (q->n_in == 1) return reshape_sizes(q, &attr->shape, &q->out.shape);
    return reshape_sizes(q, &q->in[1]->shape, &q->out.shape);
}

static luge_status reshape_vjp(luge_graph *g, const luge__vjp *v)
{
    v->gin[0] = luge_reshape_like(g, v->gout, v->in[0]);
    return LUGE_OK;
}

static luge_status reshape_ref(luge__call *call)
{
    int64_t i[LUGE_MAX_DIMS] = { 0 }, o[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        luge__move(&call->out, o, &call->in[0], i);
        luge__next(&call->in[0].shape, i);
    } while (luge__next(&call->out.shape, o));
    return LUGE_OK;
}

/* Both shapes fall into the shortest groups of neighbouring dimensions with equal products, from the left. A group is a
 * view where one stride runs through its input dimensions; dimensions of size 1 belong anywhere. */
static int reshape_view(const void *attr, const luge_shape *in, const int64_t *in_stride, const luge_shape *out,
                        int64_t *out_stride, int64_t *offset)
{
    int64_t dim[LUGE_MAX_DIMS], stride[LUGE_MAX_DIMS];
    int n = 0, i = 0, o = 0;
    (void)attr;
    *offset = 0;
    luge__c_strides(out, out_stride);
    if (!luge__some(out)) return 1;
    for (int k = 0; k < in->ndim; k++) {
        if (in->dim[k] == 1) continue;
        dim[n] = in->dim[k];
        stride[n++] = in_stride[k];
    }
    while (i < n) {
        const int first = o;
        int64_t have = dim[i++], made = 1;
        while (made != have) {
            if (made < have) {
                made *= out->dim[o++];
                continue;
            }
            if (stride[i - 1] != stride[i] * dim[i]) return 0;
            have *= dim[i++];
        }
        int64_t step = stride[i - 1];
        for (int k = o; k-- > first; step *= out->dim[k]) out_stride[k] = step;
    }
    return 1;
}

static const luge__field reshape_fields[] = { LUGE__FIELD(luge__reshape_attr, SHAPE, shape),
                                              { NULL, LUGE__FIELD_I64, 0 } };

const luge__op luge__row_reshape = {
    LUGE__ROW(reshape),
    .formula = "the same elements in another shape",
    .gradient = "g in the shape of x",
    .min_in = 1,
    .max_in = 2,
    .shape_only = 2,
    LUGE__ATTR(luge__reshape_attr, reshape_fields),
    .infer = reshape_infer,
    .vjp = reshape_vjp,
    .view = reshape_view,
    .ref = reshape_ref,
};

static luge_val reshape_by(luge_graph *g, luge_val x, luge_shape sizes)
{
    const luge__reshape_attr attr = { sizes };
    return luge__append(g, LUGE__OP_reshape, &x, 1, &attr);
}

luge_val luge_reshape(luge_graph *g, luge_val x, luge_shape shape)
{
    if (!luge__usable(g, "reshape", x)) return luge__none();
    const int ndim = luge__ndim(g, x);
    if (shape.ndim < 0 || shape.ndim > LUGE_MAX_DIMS) {
        luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "reshape: %d dimensions; 0 to 8 are possible", (int)shape.ndim);
        return luge__none();
    }
    for (int i = 0; i < shape.ndim; i++) {
        if (shape.dim[i] < -1 || (shape.dim[i] == 0 && i >= ndim)) {
            luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "reshape: size %l at place %d of %S", shape.dim[i], i, &shape);
            return luge__none();
        }
        if (shape.dim[i] == 0) shape.dim[i] = -2 - i;
    }
    return reshape_by(g, x, shape);
}

luge_val luge_reshape_like(luge_graph *g, luge_val x, luge_val like)
{
    const luge_val in[2] = { x, like };
    const luge__reshape_attr attr = { .shape = { 0 } };
    return luge__append(g, LUGE__OP_reshape, in, 2, &attr);
}

luge_val luge_expand_dims(luge_graph *g, luge_val x, int axis)
{
    if (!luge__usable(g, "expand_dims", x)) return luge__none();
    const int ndim = luge__ndim(g, x), at = luge__axis(g, "expand_dims", axis, ndim + 1);
    if (at < 0) return luge__none();
    luge_shape sizes = { .ndim = ndim + 1 };
    if (sizes.ndim > LUGE_MAX_DIMS) {
        luge__fail(luge__graph_ctx(g), LUGE_ESHAPE, "expand_dims: %d dimensions; at most 8 are possible", ndim + 1);
        return luge__none();
    }
    for (int i = 0; i <= ndim; i++) sizes.dim[i] = i == at ? 1 : -2 - (i < at ? i : i - 1);
    return reshape_by(g, x, sizes);
}

luge_val luge_squeeze(luge_graph *g, luge_val x, int axis)
{
    if (!luge__usable(g, "squeeze", x)) return luge__none();
    const luge_shape shape = luge__node_of(g, x)->type.shape;
    const int at = luge__axis(g, "squeeze", axis, shape.ndim);
    if (at < 0) return luge__none();
    if (shape.dim[at] != 1) {
        luge__fail(luge__graph_ctx(g), LUGE_ESHAPE, "squeeze: axis %d of %S has size %l, not 1", at, &shape,
                   shape.dim[at]);
        return luge__none();
    }
    luge_shape sizes = { .ndim = shape.ndim - 1 };
    for (int i = 0; i < sizes.ndim; i++) sizes.dim[i] = -2 - (i < at ? i : i + 1);
    return reshape_by(g, x, sizes);
}

luge_val luge_flatten(luge_graph *g, luge_val x)
{
    if (!luge__usable(g, "flatten", x)) return luge__none();
    const luge_shape shape = luge__node_of(g, x)->type.shape;
    if (shape.ndim < 1) {
        luge__fail(luge__graph_ctx(g), LUGE_ESHAPE, "flatten: at least 1 dimension is expected: %S", &shape);
        return luge__none();
    }
    const luge_shape sizes = { .ndim = 2, .dim = { -2, -1 } };
    return reshape_by(g, x, sizes);
}

/* ---- transpose --------------------------------------------------------------------------------------------------- */

static luge_status transpose_infer(luge__infer *q)
{
    const luge__axes_attr *attr = q->attr;
    luge_status status = LUGE_OK;
    uint32_t seen = 0;
    q->out = *q->in[0];
    if (attr->axes.n != q->out.shape.ndim)
        return luge__fail(q->ctx, LUGE_EINVAL, "transpose: %d axes for %d dimensions", (int)attr->axes.n,
                          (int)q->out.shape.ndim);
    for (int i = 0; i < attr->axes.n && !status; i++) {
        const int32_t axis = attr->axes.axis[i];
        status = luge__expect_axis(q, 0, axis);
        if (!status && (seen >> axis & 1))
            status = luge__fail(q->ctx, LUGE_EINVAL, "transpose: axis %d is named twice", (int)axis);
        seen |= status ? 0 : 1u << axis;
    }
    if (status) return status;
    for (int i = 0; i < q->out.shape.ndim; i++) q->out.shape.dim[i] = q->in[0]->shape.dim[attr->axes.axis[i]];
    return LUGE_OK;
}

static luge_status transpose_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_axes *order = &((const luge__axes_attr *)v->attr)->axes;
    luge_axes inverse = { .n = order->n };
    for (int i = 0; i < order->n; i++) inverse.axis[order->axis[i]] = i;
    v->gin[0] = luge_permute_dims(g, v->gout, inverse);
    return LUGE_OK;
}

static luge_status transpose_ref(luge__call *call)
{
    const luge_axes *order = &((const luge__axes_attr *)call->attr)->axes;
    int64_t i[LUGE_MAX_DIMS] = { 0 }, o[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        for (int k = 0; k < order->n; k++) i[order->axis[k]] = o[k];
        luge__move(&call->out, o, &call->in[0], i);
    } while (luge__next(&call->out.shape, o));
    return LUGE_OK;
}

static int transpose_view(const void *attr, const luge_shape *in, const int64_t *in_stride, const luge_shape *out,
                          int64_t *out_stride, int64_t *offset)
{
    const luge_axes *order = &((const luge__axes_attr *)attr)->axes;
    (void)in;
    for (int i = 0; i < out->ndim; i++) out_stride[i] = in_stride[order->axis[i]];
    *offset = 0;
    return 1;
}

const luge__op luge__row_transpose = {
    LUGE__ROW(transpose),
    .formula = "dimensions in another order",
    .gradient = "g in the order of x",
    .min_in = 1,
    .max_in = 1,
    LUGE__ATTR(luge__axes_attr, luge__axes_fields),
    .infer = transpose_infer,
    .vjp = transpose_vjp,
    .view = transpose_view,
    .ref = transpose_ref,
};

luge_val luge_permute_dims(luge_graph *g, luge_val x, luge_axes axes)
{
    if (!luge__usable(g, "transpose", x)) return luge__none();
    const int ndim = luge__ndim(g, x);
    luge__axes_attr attr = { .axes = { .n = axes.n } };
    for (int i = 0; i < axes.n && i < ndim; i++)
        if ((attr.axes.axis[i] = luge__axis(g, "transpose", axes.axis[i], ndim)) < 0) return luge__none();
    return luge__append(g, LUGE__OP_transpose, &x, 1, &attr);
}

luge_val luge_transpose(luge_graph *g, luge_val x)
{
    if (!luge__usable(g, "transpose", x)) return luge__none();
    luge_axes reversed = { .n = luge__ndim(g, x) };
    for (int i = 0; i < reversed.n; i++) reversed.axis[i] = reversed.n - 1 - i;
    return luge_permute_dims(g, x, reversed);
}

/* ---- expand: the one place of broadcasting ----------------------------------------------------------------------- */

/* in[0] broadcast against the shape of in[1]. With axes, in[0] lacks those axes of in[1] (a reduction took them). */
static luge_status expand_infer(luge__infer *q)
{
    const luge__axes_attr *attr = q->attr;
    const luge_shape *x = &q->in[0]->shape, *like = &q->in[1]->shape;
    luge_shape placed = *x;
    int axis_of[LUGE_MAX_DIMS];
    int fits = 1;
    if (attr->axes.n) {
        fits = luge__align_axes(&attr->axes, x->ndim, like->ndim, axis_of);
        placed.ndim = like->ndim;
        for (int i = 0; i < like->ndim; i++) placed.dim[i] = 1;
        for (int i = 0; i < x->ndim && fits; i++) placed.dim[axis_of[i]] = x->dim[i];
    }
    q->out.dtype = q->in[0]->dtype;
    if (fits && luge__broadcast(&placed, like, &q->out.shape)) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_ESHAPE, "expand: %S does not broadcast to %S", x, like);
}

static luge_status expand_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val in[2] = { v->gout, v->in[0] };
    v->gin[0] = luge__append(g, LUGE__OP_sum_like, in, 2, v->attr);
    return LUGE_OK;
}

static int expand_view(const void *attr, const luge_shape *in, const int64_t *in_stride, const luge_shape *out,
                       int64_t *out_stride, int64_t *offset)
{
    int axis_of[LUGE_MAX_DIMS];
    luge__align_axes(&((const luge__axes_attr *)attr)->axes, in->ndim, out->ndim, axis_of);
    for (int i = 0; i < out->ndim; i++) out_stride[i] = 0;
    for (int i = 0; i < in->ndim; i++) out_stride[axis_of[i]] = in->dim[i] == 1 ? 0 : in_stride[i];
    *offset = 0;
    return 1;
}

static luge_status expand_ref(luge__call *call)
{
    luge__array view = call->in[0];
    int64_t offset, i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    expand_view(call->attr, &view.shape, call->in[0].stride, &call->out.shape, view.stride, &offset);
    view.shape = call->out.shape;
    do luge__move(&call->out, i, &view, i);
    while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

const luge__op luge__row_expand = {
    LUGE__ROW(expand),
    .formula = "x repeated to the shape of like",
    .gradient = "g summed to the shape of x",
    .min_in = 2,
    .max_in = 2,
    .shape_only = 2,
    LUGE__ATTR(luge__axes_attr, luge__axes_fields),
    .infer = expand_infer,
    .vjp = expand_vjp,
    .view = expand_view,
    .ref = expand_ref,
};
luge_val luge_expand(luge_graph *g, luge_val x, luge_val like)
{
    const luge_val in[2] = { x, like };
    const luge__axes_attr attr = { .axes = { 0 } };
    return luge__append(g, LUGE__OP_expand, in, 2, &attr);
}

/* ---- slice and its adjoint --------------------------------------------------------------------------------------- */

/* The operand whose axis is sliced: x of slice, like of unslice. */
static luge_status check_slice(const luge__infer *q, int operand)
{
    const luge__slice_attr *attr = q->attr;
    if (attr->step >= 1) return luge__expect_axis(q, operand, attr->axis);
    return luge__fail(q->ctx, LUGE_EINVAL, "%s: step %l; at least 1 is expected", q->op->name, attr->step);
}

static luge_status slice_infer(luge__infer *q)
{
    const luge__slice_attr *attr = q->attr;
    int64_t first;
    const luge_status status = check_slice(q, 0);
    if (status) return status;
    q->out = *q->in[0];
    luge__slice_range(attr, q->in[0]->shape.dim[attr->axis], &first, &q->out.shape.dim[attr->axis]);
    return LUGE_OK;
}

static luge_status slice_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val in[2] = { v->gout, v->in[0] };
    v->gin[0] = luge__append(g, LUGE__OP_unslice, in, 2, v->attr);
    return LUGE_OK;
}

/* Copies between a whole array and its slice, either way. */
static void copy_slice(const luge__slice_attr *attr, const luge__array *part, const luge__array *whole, int into_whole)
{
    int64_t first, count, i[LUGE_MAX_DIMS] = { 0 }, w[LUGE_MAX_DIMS];
    luge__slice_range(attr, whole->shape.dim[attr->axis], &first, &count);
    if (!luge__some(&part->shape)) return;
    do {
        memcpy(w, i, sizeof w);
        w[attr->axis] = first + i[attr->axis] * attr->step;
        if (into_whole)
            luge__move(whole, w, part, i);
        else
            luge__move(part, i, whole, w);
    } while (luge__next(&part->shape, i));
}

static luge_status slice_ref(luge__call *call)
{
    copy_slice(call->attr, &call->out, &call->in[0], 0);
    return LUGE_OK;
}

static int slice_view(const void *attr_, const luge_shape *in, const int64_t *in_stride, const luge_shape *out,
                      int64_t *out_stride, int64_t *offset)
{
    const luge__slice_attr *attr = attr_;
    int64_t first, count;
    luge__slice_range(attr, in->dim[attr->axis], &first, &count);
    /* A step that takes one element may be so large that a stride of it would overflow. */
    const int64_t step = count > 1 ? attr->step : 1;
    for (int i = 0; i < out->ndim; i++) out_stride[i] = in_stride[i] * (i == attr->axis ? step : 1);
    *offset = count ? first * in_stride[attr->axis] : 0;
    return 1;
}

static luge_status unslice_infer(luge__infer *q)
{
    const luge__slice_attr *attr = q->attr;
    int64_t first;
    luge_shape part = q->in[1]->shape;
    const luge_status status = check_slice(q, 1);
    if (status) return status;
    q->out = (luge__type){ .dtype = q->in[0]->dtype, .shape = part };
    luge__slice_range(attr, part.dim[attr->axis], &first, &part.dim[attr->axis]);
    if (luge__shape_equal(&part, &q->in[0]->shape)) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_ESHAPE, "unslice: a slice of %S is %S, not %S", &q->in[1]->shape, &part,
                      &q->in[0]->shape);
}

static luge_status unslice_vjp(luge_graph *g, const luge__vjp *v)
{
    v->gin[0] = luge__append(g, LUGE__OP_slice, &v->gout, 1, v->attr);
    return LUGE_OK;
}

static luge_status unslice_ref(luge__call *call)
{
    luge__fill_zero(&call->out);
    copy_slice(call->attr, &call->in[0], &call->out, 1);
    return LUGE_OK;
}

static const luge__field slice_fields[] = {
    LUGE__FIELD(luge__slice_attr, I64, axis),
    LUGE__FIELD(luge__slice_attr, I64, start),
    LUGE__FIELD(luge__slice_attr, I64, stop),
    LUGE__FIELD(luge__slice_attr, I64, step),
    { NULL, LUGE__FIELD_I64, 0 },
};

const luge__op luge__row_slice = {
    LUGE__ROW(slice),
    .formula = "elements start, start + step, ... before stop of an axis",
    .gradient = "g at those places, else 0",
    .min_in = 1,
    .max_in = 1,
    LUGE__ATTR(luge__slice_attr, slice_fields),
    .infer = slice_infer,
    .vjp = slice_vjp,
    .view = slice_view,
    .ref = slice_ref,
};
luge_val luge_slice(luge_graph *g, luge_val x, int axis, int64_t start, int64_t stop, int64_t step)
{
    if (!luge__usable(g, "slice", x)) return luge__none();
    const int a = luge__axis(g, "slice", axis, luge__ndim(g, x));
    if (a < 0) return luge__none();
    const luge__slice_attr attr = { a, start, stop, step };
    return luge__append(g, LUGE__OP_slice, &x, 1, &attr);
}

const luge__op luge__row_unslice = {
    LUGE__ROW(unslice),
    .formula = "x at the places of a slice of like, else 0",
    .gradient = "that slice of g",
    .min_in = 2,
    .max_in = 2,
    .shape_only = 2,
    LUGE__ATTR(luge__slice_attr, slice_fields),
    .infer = unslice_infer,
    .vjp = unslice_vjp,
    .ref = unslice_ref,
};
