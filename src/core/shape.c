/* shape.c: dtypes and shapes: sizes, checks, broadcasting, strides. */
#include <string.h>

#include "core/core.h"

/* ---- dtypes ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [LUGE_BOOL] = { "bool", 1 }, [LUGE_U8] = { "u8", 1 },   [LUGE_I8] = { "i8", 1 },
    [LUGE_I32] = { "i32", 4 },   [LUGE_I64] = { "i64", 8 }, [LUGE_F16] = { "f16", 2 },
    [LUGE_BF16] = { "bf16", 2 }, [LUGE_F32] = { "f32", 4 }, [LUGE_F64] = { "f64", 8 },
};

static int is_known(luge_dtype dtype)
{
    return (int)dtype >= LUGE_BOOL && (int)dtype <= LUGE_F64;
}

size_t luge_dtype_size(luge_dtype dtype)
{
    return is_known(dtype) ? dtypes[dtype].size : 0;
}

const char *luge_dtype_name(luge_dtype dtype)
{
    return is_known(dtype) ? dtypes[dtype].name : "?";
}

int luge__is_float(luge_dtype dtype)
{
    return dtype == LUGE_F32 || dtype == LUGE_F64;
}

int luge__is_index(luge_dtype dtype)
{
    return dtype == LUGE_I32 || dtype == LUGE_I64;
}

int luge__is_stored(luge_dtype dtype)
{
    return is_known(dtype) && dtype != LUGE_F16 && dtype != LUGE_BF16;
}

/* ---- shapes ------------------------------------------------------------------------------------------------------ */

luge_shape luge_make_shape(int ndim, const int64_t *dims)
{
    luge_shape shape;
    memset(&shape, 0, sizeof shape);
    shape.ndim = ndim > 0 && !dims ? -1 : ndim;
    for (int i = 0; i < shape.ndim && i < LUGE_MAX_DIMS; i++) shape.dim[i] = dims[i];
    return shape;
}

luge_shape luge_scalar_shape(void)
{
    return luge_make_shape(0, NULL);
}

/* Zeros do not count towards the overflow test: also the strides, products of some of the sizes, must fit. */
int64_t luge_shape_size(const luge_shape *shape)
{
    int64_t product = 1;
    int empty = 0;
    if (!shape || shape->ndim < 0 || shape->ndim > LUGE_MAX_DIMS) return -1;
    for (int i = 0; i < shape->ndim; i++) {
        int64_t dim = shape->dim[i];
        if (dim < 0) return -1;
        if (dim == 0) {
            empty = 1;
            continue;
        }
        if (product > INT64_MAX / dim) return -1;
        product *= dim;
    }
    return empty ? 0 : product;
}

int luge__shape_bytes(const luge_shape *shape, luge_dtype dtype, size_t *bytes)
{
    int64_t count = luge_shape_size(shape);
    size_t size = luge_dtype_size(dtype);
    if (count < 0 || size == 0 || (uint64_t)count > (uint64_t)PTRDIFF_MAX / size) return 0;
    *bytes = (size_t)count * size;
    return 1;
}

int luge__shape_equal(const luge_shape *a, const luge_shape *b)
{
    if (a->ndim != b->ndim) return 0;
    for (int i = 0; i < a->ndim && i < LUGE_MAX_DIMS; i++) {
        if (a->dim[i] != b->dim[i]) return 0;
    }
    return 1;
}

luge_status luge__shape_check(luge_context *ctx, const char *who, const luge_shape *shape, luge_dtype dtype)
{
    size_t bytes;
    if (!shape) return luge__fail(ctx, LUGE_EINVAL, "%s: the shape is NULL", who);
    if (luge_dtype_size(dtype) == 0) return luge__fail(ctx, LUGE_EINVAL, "%s: unknown dtype %d", who, (int)dtype);
    if (shape->ndim < 0 || shape->ndim > LUGE_MAX_DIMS) {
        return luge__fail(ctx, LUGE_ESHAPE, "%s: a shape of %d dimensions; possible are 0 to %d", who, (int)shape->ndim,
                          (int)LUGE_MAX_DIMS);
    }
    for (int i = 0; i < shape->ndim; i++) {
        if (shape->dim[i] < 0) return luge__fail(ctx, LUGE_ESHAPE, "%s: negative size in the shape %S", who, shape);
    }
    if (!luge__shape_bytes(shape, dtype, &bytes)) {
        return luge__fail(ctx, LUGE_ESHAPE, "%s: %T%S is too large for this machine's addresses", who, dtype, shape);
    }
    return LUGE_OK;
}

int luge__broadcast(const luge_shape *a, const luge_shape *b, luge_shape *out)
{
    luge_shape result = luge_scalar_shape(); /* out may be a or b */
    int ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
    if (a->ndim < 0 || b->ndim < 0 || ndim > LUGE_MAX_DIMS) return 0;
    result.ndim = ndim;
    for (int i = 1; i <= ndim; i++) { /* from the innermost outwards */
        int64_t da = i <= a->ndim ? a->dim[a->ndim - i] : 1;
        int64_t db = i <= b->ndim ? b->dim[b->ndim - i] : 1;
        if (da < 0 || db < 0 || (da != db && da != 1 && db != 1)) return 0;
        result.dim[ndim - i] = da == 1 ? db : da;
    }
    *out = result;
    return 1;
}

void luge__c_strides(const luge_shape *shape, int64_t *stride)
{
    int64_t step = 1;
    for (int i = shape->ndim - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape->dim[i];
    }
}
