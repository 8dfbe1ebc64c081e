/* array.c: the life of arrays, and reading their rows. */
#include <string.h>

#include "data/data.h"

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void array_destroy(luge__object *object)
{
    luge__array_drop((luge_array *)(void *)object);
}

luge_array *luge__array_create(luge_context *ctx, const char *who, luge_dtype dtype, const luge_shape *shape)
{
    if (luge__shape_check(ctx, who, shape, dtype)) return NULL;
    if (!luge__is_stored(dtype)) {
        (void)luge__fail(ctx, LUGE_EDTYPE, "%s: rows of %T; possible are bool, u8, i8, i32, i64, f32, f64", who, dtype);
        return NULL;
    }
    if (shape->ndim == 0) {
        (void)luge__fail(ctx, LUGE_ESHAPE, "%s: the shape [] has no rows; the first dimension counts them", who);
        return NULL;
    }
    luge_shape row = luge_make_shape(shape->ndim - 1, shape->dim + 1);
    const int64_t row_elements = luge_shape_size(&row);
    luge_array *array = luge__alloc(ctx, sizeof *array);
    if (!array) return NULL;
    array->refs = 1;
    array->dtype = dtype;
    array->shape = *shape;
    array->rows = shape->dim[0];
    array->row_elements = row_elements;
    array->row_bytes = (size_t)row_elements * luge_dtype_size(dtype);
    array->file.fd = -1;
    luge__object_enter(ctx, &array->object, array_destroy);
    return array;
}

luge_array *luge__array_retain(luge_array *array)
{
    array->refs++;
    return array;
}

void luge__array_drop(luge_array *array)
{
    if (!array || --array->refs > 0) return;
    luge_context *ctx = array->object.ctx;
    if (array->file.fd >= 0) luge__source_close(&array->file);
    luge__buffer_drop(array->buffer);
    luge__release(ctx, array, sizeof *array);
}

void luge_array_free(luge_array *array)
{
    if (!array) return;
    luge__object_leave(&array->object);
    luge__array_drop(array);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static const unsigned char nothing[1]; /* where the elements of an empty array lie */

static luge_array *in_memory(luge_context *ctx, const char *who, luge_dtype dtype, const luge_shape *shape,
                             const void *data)
{
    if (!ctx) {
        (void)luge__fail(NULL, LUGE_EINVAL, "%s: the context is NULL", who);
        return NULL;
    }
    if (luge_failed(ctx)) return NULL;
    luge_array *array = luge__array_create(ctx, who, dtype, shape);
    if (!array) return NULL;
    array->held = array->rows;
    array->data = data ? data : nothing;
    if (data || array->row_bytes == 0 || array->rows == 0) return array;
    (void)luge__fail(ctx, LUGE_EINVAL, "%s: data is NULL; elements for %S are expected", who, shape);
    luge_array_free(array);
    return NULL;
}

luge_array *luge_array_borrow(luge_context *ctx, luge_dtype dtype, luge_shape shape, const void *data)
{
    return in_memory(ctx, "luge_array_borrow", dtype, &shape, data);
}

luge_array *luge__array_make(luge_context *ctx, const char *who, luge_dtype dtype, const luge_shape *shape,
                             unsigned char **data)
{
    luge_array *array = luge__array_create(ctx, who, dtype, shape);
    if (!array) return NULL;
    array->buffer = luge__buffer_create(ctx, (size_t)array->rows * array->row_bytes);
    if (!array->buffer) {
        luge_array_free(array);
        return NULL;
    }
    array->data = *data = array->buffer->data;
    array->held = array->rows;
    return array;
}

luge_array *luge_array_copy(luge_context *ctx, luge_dtype dtype, luge_shape shape, const void *data)
{
    unsigned char *to;
    luge_array *given = in_memory(ctx, "luge_array_copy", dtype, &shape, data);
    if (!given) return NULL;
    luge_array *array = luge__array_make(ctx, "luge_array_copy", dtype, &shape, &to);
    if (array && array->buffer->bytes) memcpy(to, given->data, array->buffer->bytes);
    luge_array_free(given);
    return array;
}

luge_array *luge_array_make(luge_context *ctx, luge_dtype dtype, luge_shape shape, void **data)
{
    unsigned char *memory = NULL;
    if (data) *data = NULL;
    if (!ctx || !data) {
        (void)luge__fail(ctx, LUGE_EINVAL, "luge_array_make: the %s is NULL", ctx ? "address of data" : "context");
        return NULL;
    }
    if (luge_failed(ctx)) return NULL;
    luge_array *array = luge__array_make(ctx, "luge_array_make", dtype, &shape, &memory);
    *data = memory;
    return array;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

luge_dtype luge_array_dtype(const luge_array *array)
{
    return array ? array->dtype : LUGE_NO_DTYPE;
}

luge_shape luge_array_shape(const luge_array *array)
{
    return array ? array->shape : luge_make_shape(-1, NULL);
}

const unsigned char *luge__array_rows(luge_array *array, int64_t first, int64_t *n)
{
    if (array->row_bytes == 0) return nothing;
    if (first < array->first || first >= array->first + array->held) {
        if (luge__array_fetch(array, first, *n)) return NULL;
    }
    const int64_t left = array->first + array->held - first;
    if (*n > left) *n = left;
    return array->data + (size_t)(first - array->first) * array->row_bytes;
}

luge_status luge_array_read(luge_array *array, int64_t first, int64_t n, void *data, size_t bytes)
{
    if (!array) return luge__fail(NULL, LUGE_EINVAL, "luge_array_read: the array is NULL");
    luge_context *ctx = array->object.ctx;
    if (first < 0 || n < 0 || first > array->rows || n > array->rows - first)
        return luge__fail(ctx, LUGE_EINVAL, "luge_array_read: %l rows from row %l on; the array has %l", n, first,
                          array->rows);
    if (bytes != (size_t)n * array->row_bytes)
        return luge__fail(ctx, LUGE_ESHAPE, "luge_array_read: %l rows take %z bytes, %z were given", n,
                          (size_t)n * array->row_bytes, bytes);
    if (!data && bytes) return luge__fail(ctx, LUGE_EINVAL, "luge_array_read: data is NULL");
    unsigned char *out = data;
    for (int64_t done = 0; bytes && done < n;) {
        int64_t got = n - done;
        const unsigned char *rows = luge__array_rows(array, first + done, &got);
        if (!rows) return luge_failure(ctx);
        memcpy(out + (size_t)done * array->row_bytes, rows, (size_t)got * array->row_bytes);
        done += got;
    }
    return LUGE_OK;
}
