/* array.c: reading and writing strided arrays one element at a time: slow, obvious, and right for every layout. */
#include <string.h>

#include "ops/rows.h"

static unsigned char *address(const luge__array *a, const int64_t *index)
{
    int64_t offset = 0;
    for (int i = 0; i < a->shape.ndim; i++) offset += index[i] * a->stride[i];
    return a->data + offset * (int64_t)luge_dtype_size(a->dtype);
}

double luge__get(const luge__array *a, const int64_t *index)
{
    const void *p = address(a, index);
    if (a->dtype == LUGE_F32) return (double)*(const float *)p;
    if (a->dtype == LUGE_F64) return *(const double *)p;
    return (double)luge__get_int(a, index);
}

int64_t luge__get_int(const luge__array *a, const int64_t *index)
{
    const void *p = address(a, index);
    switch (a->dtype) {
    case LUGE_BOOL:
    case LUGE_U8:
        return *(const uint8_t *)p;
    case LUGE_I8:
        return *(const int8_t *)p;
    case LUGE_I32:
        return *(const int32_t *)p;
    default:
        return *(const int64_t *)p;
    }
}

void luge__put(const luge__array *a, const int64_t *index, double value)
{
    void *p = address(a, index);
    if (a->dtype == LUGE_F32)
        *(float *)p = (float)value;
    else if (a->dtype == LUGE_F64)
        *(double *)p = value;
    else
        luge__put_int(a, index, (int64_t)value);
}

void luge__put_int(const luge__array *a, const int64_t *index, int64_t value)
{
    void *p = address(a, index);
    switch (a->dtype) {
    case LUGE_BOOL:
        *(uint8_t *)p = value != 0;
        break;
    case LUGE_U8:
        *(uint8_t *)p = (uint8_t)value;
        break;
    case LUGE_I8:
        *(int8_t *)p = (int8_t)value;
        break;
    case LUGE_I32:
        *(int32_t *)p = (int32_t)value;
        break;
    default:
        *(int64_t *)p = value;
    }
}

void luge__move(const luge__array *to, const int64_t *to_index, const luge__array *from, const int64_t *from_index)
{
    memcpy(address(to, to_index), address(from, from_index), luge_dtype_size(to->dtype));
}

int luge__some(const luge_shape *shape)
{
    return luge_shape_size(shape) > 0;
}

int luge__next(const luge_shape *shape, int64_t *index)
{
    for (int i = shape->ndim - 1; i >= 0; i--) {
        if (++index[i] < shape->dim[i]) return 1;
        index[i] = 0;
    }
    return 0;
}

void luge__fill_zero(const luge__array *a)
{
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&a->shape)) return;
    do {
        memset(address(a, i), 0, luge_dtype_size(a->dtype)); /* all bits zero is 0 in every dtype */
    } while (luge__next(&a->shape, i));
}

luge_status luge__ref_elementwise(luge__call *call)
{
    const double p = call->op->attr_size ? ((const luge__p_attr *)call->attr)->p : 0;
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        const double x = luge__get(&call->in[0], i), y = call->n_in > 1 ? luge__get(&call->in[1], i) : 0;
        luge__put(&call->out, i, call->op->scalar(x, y, p));
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}
