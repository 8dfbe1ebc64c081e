/* infer.c: the attributes and shape rules that several families share, and the words of their refusals. */
#include "ops/rows.h"

const luge__field luge__axis_fields[] = { LUGE__FIELD(luge__axis_attr, I64, axis), { NULL, LUGE__FIELD_I64, 0 } };
const luge__field luge__axes_fields[] = { LUGE__FIELD(luge__axes_attr, AXES, axes), { NULL, LUGE__FIELD_I64, 0 } };

luge_status luge__expect_float(const luge__infer *q, int i)
{
    if (luge__is_float(q->in[i]->dtype)) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_EDTYPE, "%s: operand %d is %T; f32 or f64 is expected", q->op->name, i + 1,
                      q->in[i]->dtype);
}

luge_status luge__expect_index(const luge__infer *q, int i)
{
    if (luge__is_index(q->in[i]->dtype)) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_EDTYPE, "%s: operand %d is %T; i32 or i64 is expected", q->op->name, i + 1,
                      q->in[i]->dtype);
}

luge_status luge__expect_axis(const luge__infer *q, int i, int64_t axis)
{
    const int ndim = q->in[i]->shape.ndim;
    if (axis >= 0 && axis < ndim) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_EINVAL, "%s: axis %l is out of range for %d dimensions", q->op->name, axis, ndim);
}

luge_status luge__expect_same_dtype(const luge__infer *q, int a, int b)
{
    if (q->in[a]->dtype == q->in[b]->dtype) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_EDTYPE, "%s: dtypes differ: %T and %T; luge_cast converts", q->op->name,
                      q->in[a]->dtype, q->in[b]->dtype);
}

luge_status luge__expect_same(const luge__infer *q, int a, int b)
{
    const luge_status status = luge__expect_same_dtype(q, a, b);
    if (status || luge__shape_equal(&q->in[a]->shape, &q->in[b]->shape)) return status;
    return luge__fail(q->ctx, LUGE_ESHAPE, "%s: shapes do not fit: %S and %S", q->op->name, &q->in[a]->shape,
                      &q->in[b]->shape);
}

luge_status luge__infer_float1(luge__infer *q)
{
    q->out = *q->in[0];
    return luge__expect_float(q, 0);
}

luge_status luge__infer_float2(luge__infer *q)
{
    q->out = *q->in[0];
    const luge_status status = luge__expect_float(q, 0);
    return status ? status : luge__expect_same(q, 0, 1);
}

luge_status luge__infer_floats(luge__infer *q)
{
    luge_status status = luge__expect_float(q, 0);
    for (int i = 1; i < q->n_in && !status; i++) status = luge__expect_same_dtype(q, 0, i);
    q->out = *q->in[0];
    return status;
}

luge_status luge__infer_rows(luge__infer *q)
{
    const luge_status status = luge__infer_float2(q);
    if (status) return status;
    if (q->out.shape.ndim < 1)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: a scalar has no last axis; at least 1 dimension is expected",
                          q->op->name);
    q->out.shape.ndim--;
    return LUGE_OK;
}

uint32_t luge__reduced_axes(const luge__reduce_attr *attr, int ndim)
{
    if (attr->all) return (1u << ndim) - 1;
    uint32_t mask = 0;
    for (int i = 0; i < attr->axes.n; i++) mask |= 1u << attr->axes.axis[i];
    return mask;
}

int luge__align_axes(const luge_axes *missing, int small_ndim, int large_ndim, int *axis_of)
{
    if (!missing->n) { /* as NumPy: from the right */
        for (int i = 0; i < small_ndim; i++) axis_of[i] = i + large_ndim - small_ndim;
        return small_ndim <= large_ndim;
    }
    int next = 0, i = 0;
    for (int axis = 0; axis < large_ndim; axis++) {
        if (next < missing->n && missing->axis[next] == axis)
            next++;
        else if (i < small_ndim)
            axis_of[i++] = axis;
        else
            return 0;
    }
    return i == small_ndim && next == missing->n;
}

void luge__slice_range(const luge__slice_attr *attr, int64_t size, int64_t *first, int64_t *count)
{
    int64_t start = attr->start < 0 ? attr->start + size : attr->start;
    int64_t stop = attr->stop < 0 ? attr->stop + size : attr->stop;
    start = start < 0 ? 0 : start > size ? size : start;
    stop = stop < start ? start : stop > size ? size : stop;
    *first = start;
    *count = stop > start ? (stop - start - 1) / attr->step + 1 : 0; /* without a sum that could overflow */
}
