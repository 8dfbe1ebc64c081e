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

/* What a gather brings together: row i of n is row `rows[i]`, or `first + i`, of the data set. */
typedef struct gathering {
    const luge_dataset *data;
    const luge__column *column;
    luge_target_kind kind;
    luge_dtype dtype;
    luge__scaling scaling;
    const int64_t *rows;
    int64_t first;
    size_t out_bytes; /* of a row */
    unsigned char *out;
} gathering;

/* The row of the array behind row i. */
static int64_t row_at(const gathering *g, int64_t i)
{
    return luge__dataset_row(g->data, g->rows ? g->rows[i] : g->first + i);
}

/* How many of the rows [i, end) follow each other in the array. */
static int64_t run_length(const gathering *g, int64_t i, int64_t end)
{
    const int64_t row = row_at(g, i);
    int64_t n = 1;
    while (i + n < end && row_at(g, i + n) == row + n) n++;
    return n;
}

static luge_status check_rows(const gathering *g, int64_t n)
{
    const int64_t rows = g->data->rows;
    if (!g->rows && (g->first < 0 || g->first > rows || n > rows - g->first))
        return luge__fail(g->data->object.ctx, LUGE_EINVAL, "luge_dataset_gather: rows %l to %l; the data set has %l",
                          g->first, g->first + n - 1, rows);
    for (int64_t i = 0; g->rows && i < n; i++)
        if (g->rows[i] < 0 || g->rows[i] >= rows)
            return luge__fail(g->data->object.ctx, LUGE_EINVAL,
                              "luge_dataset_gather: row %l; the data set has rows 0 to %l", g->rows[i], rows - 1);
    return LUGE_OK;
}

/* Rows [at, at + n), which follow each other in the array, as numbers. */
static luge_status convert_run(const gathering *g, int64_t at, int64_t n)
{
    luge_array *array = g->column->array;
    for (int64_t row = row_at(g, at); n > 0;) {
        int64_t got = n;
        const unsigned char *rows = luge__array_rows(array, row, &got);
        if (!rows) return luge_failure(array->object.ctx);
        luge__convert(array->dtype, rows, g->dtype, g->out + (size_t)at * g->out_bytes, got, array->row_elements,
                      &g->scaling);
        row += got;
        at += got;
        n -= got;
    }
    return LUGE_OK;
}

static luge_status gather_classes(const gathering *g, int64_t n)
{
    const luge__column *c = g->column;
    for (int64_t i = 0; i < n;) {
        int64_t got = run_length(g, i, n);
        const int64_t row = row_at(g, i);
        const unsigned char *rows = luge__array_rows(c->array, row, &got);
        if (!rows) return luge_failure(c->array->object.ctx);
        for (int64_t k = 0; k < got; k++) {
            const int64_t class = luge__class_of(c, rows + (size_t)k * c->array->row_bytes, row + k);
            if (class < 0) return LUGE_EINVAL;
            put_class(class, g->kind, c->classes, g->dtype, i + k, g->out);
        }
        i += got;
    }
    return LUGE_OK;
}

enum {
    ROWS_AHEAD = 4,
    CACHE_LINE = 64,
    MOST_LINES = 64,
    SPLIT_PAYS = 4096,
    PIECE = 32768 /* elements that a thread takes at once */
};

/* Rows [begin, end) of an array in memory: nothing can fail. Shuffled rows lie anywhere: those that come soon are asked
 * for while this one is converted. */
static void convert_piece(void *user, int64_t begin, int64_t end, int worker)
{
    const gathering *g = user;
    const luge_array *array = g->column->array;
    const size_t lines = array->row_bytes / CACHE_LINE + 1;
    (void)worker;
    for (int64_t i = begin, n; i < end; i += n) {
        n = run_length(g, i, end);
        if (n == 1 && i + ROWS_AHEAD < end) { /* not in a function of its own, which gcc takes for one without effect */
            const unsigned char *at = array->data + (size_t)row_at(g, i + ROWS_AHEAD) * array->row_bytes;
            for (size_t k = 0; k < lines && k < MOST_LINES; k++) __builtin_prefetch(at + k * CACHE_LINE);
        }
        (void)convert_run(g, i, n);
    }
}

static luge_status gather_numbers(gathering *g, int64_t n)
{
    const luge_array *array = g->column->array;
    luge_status status = LUGE_OK;
    if (array->dtype == LUGE_U8 && n * array->row_elements > SPLIT_PAYS)
        luge__scaling_split(array->object.ctx->isa, &g->scaling);
    if (array->file.fd < 0) { /* each element is converted by itself: threads change nothing */
        const int64_t grain = array->row_elements > 0 ? PIECE / array->row_elements : n;
        luge__pool_run(array->object.ctx->pool, n, grain, convert_piece, g);
        return LUGE_OK;
    }
    for (int64_t i = 0, run; i < n && !status; i += run) {
        run = run_length(g, i, n);
        status = convert_run(g, i, run);
    }
    return status;
}

luge_status luge__gather(luge_dataset *data, const luge__column *c, luge_role role, luge_target_kind kind,
                         luge_dtype dtype, const int64_t *rows, int64_t first, int64_t n, void *out)
{
    gathering g = { .data = data, .column = c, .scaling = luge__column_scaling(c), .rows = rows, .first = first };
    const luge_status status = luge__gathered_row(data, c, role, &kind, &dtype, &g.out_bytes);
    if (status) return status;
    if (!rows && g.out_bytes == 0) return LUGE_OK; /* however many empty rows there are */
    g.kind = kind;
    g.dtype = dtype;
    g.out = out;
    if (check_rows(&g, n)) return LUGE_EINVAL;
    const int as_classes = kind == LUGE_CLASSES || (kind == LUGE_ONE_HOT && c->kind == LUGE_CLASSES);
    return as_classes ? gather_classes(&g, n) : gather_numbers(&g, n);
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
