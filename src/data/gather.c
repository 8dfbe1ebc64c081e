/* gather.c: rows of a data set, brought together and converted: on the path of every training step. */
#include <string.h>

#include "data/data.h"

/* ---- classes ----------------------------------------------------------------------------------------------------- */

static double element_at(luge_dtype dtype, const unsigned char *row, int64_t i)
{
    float f32;
    double f64;
    if (dtype == LUGE_F32) return memcpy(&f32, row + i * 4, sizeof f32), (double)f32;
    if (dtype == LUGE_F64) return memcpy(&f64, row + i * 8, sizeof f64), f64;
    return (double)luge__integer_at(dtype, row, i);
}

static int64_t bad_row(const luge__column *c, int64_t number, const char *what)
{
    (void)luge__fail(c->array->object.ctx, LUGE_EINVAL, "targets \"%s\": row %l %s", luge__column_name(c), number,
                     what);
    return -1;
}

int64_t luge__class_of(const luge__column *c, const unsigned char *row, int64_t number)
{
    const luge_array *array = c->array;
    int64_t class = -1;
    if (c->kind == LUGE_CLASSES) {
        class = luge__integer_at(array->dtype, row, 0);
        if (class >= 0 && class < c->classes) return class;
        (void)luge__fail(array->object.ctx, LUGE_EINVAL,
                         "targets \"%s\": row %l has class %l; classes are numbers from 0 to %l", luge__column_name(c),
                         number, class, c->classes - 1);
        return -1;
    }
    for (int64_t i = 0; i < array->row_elements; i++) {
        const double x = element_at(array->dtype, row, i);
        if (x == 0) continue;
        if (x != 1) return bad_row(c, number, "is not one-hot: it has an element that is neither 0 nor 1");
        if (class >= 0) return bad_row(c, number, "is not one-hot: it has more than one 1");
        class = i;
    }
    return class >= 0 ? class : bad_row(c, number, "is not one-hot: it has no 1");
}

/* A class as an element of out, or as row i of out with a single 1. */
static void put_class(int64_t class, luge_target_kind kind, int64_t classes, luge_dtype dtype, int64_t i, void *out)
{
    if (kind == LUGE_CLASSES) {
        if (dtype == LUGE_I64)
            ((int64_t *)out)[i] = class;
        else
            ((int32_t *)out)[i] = (int32_t) class;
        return;
    }
    const size_t bytes = (size_t)classes * luge_dtype_size(dtype);
    unsigned char *row = (unsigned char *)out + (size_t)i * bytes;
    memset(row, 0, bytes); /* both float types have 0 as zeros */
    if (dtype == LUGE_F64)
        ((double *)(void *)row)[class] = 1;
    else
        ((float *)(void *)row)[class] = 1;
}

/* ---- what can be asked for --------------------------------------------------------------------------------------- */

static const char *kind_name(luge_target_kind kind)
{
    return kind == LUGE_CLASSES ? "classes" : kind == LUGE_ONE_HOT ? "one-hot" : "numbers";
}

static luge_status check_dtype(luge_context *ctx, const luge__column *c, luge_target_kind kind, luge_dtype dtype)
{
    const char *name = luge__column_name(c);
    if (kind == LUGE_CLASSES && !luge__is_index(dtype))
        return luge__fail(ctx, LUGE_EDTYPE, "luge_dataset_gather: \"%s\" as classes is i32 or i64, not %T", name,
                          dtype);
    if (kind != LUGE_CLASSES && !luge__is_float(dtype))
        return luge__fail(ctx, LUGE_EDTYPE, "luge_dataset_gather: \"%s\" as numbers is f32 or f64, not %T", name,
                          dtype);
    return LUGE_OK;
}

luge_status luge__gathered_row(const luge_dataset *data, const luge__column *c, luge_role role, luge_target_kind *kind,
                               luge_dtype *dtype, size_t *bytes)
{
    luge_context *ctx = data->object.ctx;
    if ((int)*kind < LUGE_TARGET_DEFAULT || (int)*kind > LUGE_ONE_HOT)
        return luge__fail(ctx, LUGE_EINVAL, "luge_dataset_gather: unknown kind %d", (int)*kind);
    if (role != LUGE_TARGETS)
        *kind = LUGE_NUMBERS;
    else if (*kind == LUGE_TARGET_DEFAULT)
        *kind = c->kind;
    else if (*kind != LUGE_NUMBERS && c->kind == LUGE_NUMBERS)
        return luge__fail(ctx, LUGE_EINVAL, "luge_dataset_gather: \"%s\" holds numbers, not %s", luge__column_name(c),
                          kind_name(*kind));
    const luge_status status = check_dtype(ctx, c, *kind, *dtype);
    if (status) return status;
    const int64_t width = *kind == LUGE_ONE_HOT ? c->classes : *kind == LUGE_CLASSES ? 1 : c->array->row_elements;
    if (luge__mul_size((size_t)width, luge_dtype_size(*dtype), bytes)) return LUGE_OK;
    return luge__fail(ctx, LUGE_ESHAPE, "luge_dataset_gather: a row of %l elements is too large", width);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

int64_t luge__dataset_row(const luge_dataset *data, int64_t i)
{
    return data->index ? ((const int64_t *)(const void *)data->index->data)[data->first + i] : data->first + i;
}

/* A run of rows that follow each other in the array. */
static luge_status gather_run(const luge__column *c, luge_target_kind kind, luge_dtype dtype, int64_t row, int64_t n,
                              int64_t at, size_t out_bytes, unsigned char *out)
{
    const luge__scaling scaling = luge__column_scaling(c);
    const int as_classes = kind == LUGE_CLASSES || (kind == LUGE_ONE_HOT && c->kind == LUGE_CLASSES);
    while (n > 0) {
        int64_t got = n;
        const unsigned char *rows = luge__array_rows(c->array, row, &got);
        if (!rows) return luge_failure(c->array->object.ctx);
        for (int64_t i = 0; as_classes && i < got; i++) {
            const int64_t class = luge__class_of(c, rows + (size_t)i * c->array->row_bytes, row + i);
            if (class < 0) return LUGE_EINVAL;
            put_class(class, kind, c->classes, dtype, at + i, out);
        }
        if (!as_classes)
            luge__convert(c->array->dtype, rows, dtype, out + (size_t)at * out_bytes, got, c->array->row_elements,
                          &scaling);
        row += got;
        at += got;
        n -= got;
    }
    return LUGE_OK;
}

luge_status luge__gather(luge_dataset *data, const luge__column *c, luge_role role, luge_target_kind kind,
                         luge_dtype dtype, const int64_t *rows, int64_t first, int64_t n, void *out)
{
    size_t out_bytes;
    luge_status status = luge__gathered_row(data, c, role, &kind, &dtype, &out_bytes);
    if (!rows && out_bytes == 0) n = 0; /* however many empty rows there are */
    for (int64_t i = 0; !status && i < n;) {
        int64_t run = 0, start = 0;
        for (; i + run < n; run++) {
            const int64_t asked = rows ? rows[i + run] : first + i + run;
            if (asked < 0 || asked >= data->rows)
                return luge__fail(data->object.ctx, LUGE_EINVAL,
                                  "luge_dataset_gather: row %l; the data set has rows 0 to %l", asked, data->rows - 1);
            const int64_t row = luge__dataset_row(data, asked);
            if (run == 0) start = row;
            if (row != start + run) break;
        }
        status = gather_run(c, kind, dtype, start, run, i, out_bytes, out);
        i += run;
    }
    return status;
}

luge_status luge_dataset_gather(luge_dataset *data, luge_role role, int index, luge_target_kind kind, luge_dtype dtype,
                                const int64_t *rows, int64_t n, void *out, size_t bytes)
{
    const char *who = "luge_dataset_gather";
    size_t row_bytes, needed;
    if (!data) return luge__fail(NULL, LUGE_EINVAL, "%s: the data set is NULL", who);
    luge_context *ctx = data->object.ctx;
    const luge__column *c = luge__dataset_column(data, who, role, index);
    if (!c) return LUGE_EINVAL;
    const luge_status status = luge__gathered_row(data, c, role, &kind, &dtype, &row_bytes);
    if (status) return status;
    if (n < 0 || (!rows && n > data->rows))
        return luge__fail(ctx, LUGE_EINVAL, "%s: %l rows of the %l that there are", who, n, data->rows);
    if ((uint64_t)n > SIZE_MAX || !luge__mul_size((size_t)n, row_bytes, &needed) || bytes != needed)
        return luge__fail(ctx, LUGE_ESHAPE, "%s: %l rows of \"%s\" take %z bytes each; %z were given", who, n,
                          luge__column_name(c), row_bytes, bytes);
    if (!out && bytes) return luge__fail(ctx, LUGE_EINVAL, "%s: out is NULL", who);
    return luge__gather(data, c, role, kind, dtype, rows, 0, n, out);
}
