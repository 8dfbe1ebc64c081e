/* scaling.c: statistics of features, the scalings made of them, and the fingerprint: all that reads every row. */
#include <math.h>
#include <string.h>

#include "data/data.h"

enum { WORK = 1 << 17 }; /* elements gathered at a time: 1 MB */

/* ---- rows by the block ------------------------------------------------------------------------------------------- */

/* Blocks of rows, gathered as doubles or class numbers. */
typedef struct walk {
    luge_dataset *data;
    const luge__column *column;
    luge_role role;
    int64_t width, rows, at; /* elements of a row; rows in the block, the first of them */
    luge__buffer *block;
} walk;

static luge_status walk_begin(luge_dataset *data, const luge__column *column, luge_role role, walk *w)
{
    *w = (walk){ .data = data, .column = column, .role = role };
    w->width = column->kind == LUGE_CLASSES ? 1 : column->array->row_elements;
    int64_t rows = w->width ? WORK / w->width : 0;
    if (rows > data->rows) rows = data->rows;
    if (rows < 1) rows = 1;
    size_t bytes;
    if ((uint64_t)w->width > SIZE_MAX || !luge__mul_size((size_t)w->width, (size_t)rows * sizeof(double), &bytes))
        bytes = SIZE_MAX;
    w->block = luge__buffer_create(data->object.ctx, bytes);
    w->at = -1;
    return w->block ? LUGE_OK : LUGE_ENOMEM;
}

/* The next block; rows is 0 after the last. */
static luge_status walk_next(walk *w)
{
    const int classes = w->column->kind == LUGE_CLASSES;
    w->at = w->at < 0 ? 0 : w->at + w->rows;
    w->rows = w->width ? (int64_t)(w->block->bytes / sizeof(double)) / w->width : 0; /* nothing to see in empty rows */
    if (w->rows > w->data->rows - w->at) w->rows = w->data->rows - w->at;
    return luge__gather(w->data, w->column, w->role, classes ? LUGE_CLASSES : LUGE_NUMBERS,
                        classes ? LUGE_I64 : LUGE_F64, NULL, w->at, w->rows, w->block->data);
}

/* ---- statistics -------------------------------------------------------------------------------------------------- */

/* Welford's method ("Note on a method for calculating corrected sums of squares and products", 1962). */
static void add_row(int64_t width, const double *restrict x, double count, double *restrict mean, double *restrict sum)
{
    for (int64_t i = 0; i < width; i++) {
        const double before = x[i] - mean[i];
        mean[i] += before / count;
        sum[i] += before * (x[i] - mean[i]);
    }
}

static void least_and_most(int64_t width, const double *restrict x, double *min, double *max)
{
    for (int64_t i = 0; min && i < width; i++) min[i] = x[i] < min[i] ? x[i] : min[i];
    for (int64_t i = 0; max && i < width; i++) max[i] = x[i] > max[i] ? x[i] : max[i];
}

/* mean and sum are there; min and max may be NULL. */
static luge_status measure(luge_dataset *data, const luge__column *column, double *mean, double *sum, double *min,
                           double *max)
{
    walk w;
    luge_status status = walk_begin(data, column, LUGE_FEATURES, &w);
    for (int64_t i = 0; i < w.width; i++) {
        mean[i] = sum[i] = 0;
        if (min) min[i] = (double)INFINITY;
        if (max) max[i] = -(double)INFINITY;
    }
    while (!status && !(status = walk_next(&w)) && w.rows) {
        for (int64_t r = 0; r < w.rows; r++) {
            const double *row = (const double *)(void *)w.block->data + r * w.width;
            add_row(w.width, row, (double)(w.at + r + 1), mean, sum);
            least_and_most(w.width, row, min, max);
        }
    }
    luge__buffer_drop(w.block);
    for (int64_t i = 0; i < w.width; i++) sum[i] /= (double)data->rows;
    return status;
}

/* The feature array of a data set with rows, or NULL. */
static const luge__column *features_of(luge_dataset *data, const char *who, int index)
{
    if (!luge__dataset_usable(data, who)) return NULL;
    const luge__column *c = luge__dataset_column(data, who, LUGE_FEATURES, index);
    if (!c || data->rows > 0) return c;
    (void)luge__fail(data->object.ctx, LUGE_EINVAL, "%s: the data set has no rows", who);
    return NULL;
}

/* `arrays` arrays of a double for each element of a row. */
static luge__buffer *elements_buffer(const luge__column *c, size_t arrays)
{
    size_t bytes; /* a row may be bytes, and doubles of it too large */
    if (!luge__mul_size((size_t)c->array->row_elements, arrays * sizeof(double), &bytes)) bytes = SIZE_MAX;
    return luge__buffer_create(c->array->object.ctx, bytes);
}

luge_status luge_dataset_statistics(luge_dataset *data, int feature_index, const luge_statistics *out)
{
    const char *who = "luge_dataset_statistics";
    const luge__column *c = features_of(data, who, feature_index);
    if (!c) return data ? luge_failure(data->object.ctx) : LUGE_EINVAL;
    if (!out) return luge__fail(data->object.ctx, LUGE_EINVAL, "%s: out is NULL", who);
    luge__buffer *own = elements_buffer(c, 2);
    if (!own) return LUGE_ENOMEM;
    double *mean = (double *)(void *)own->data, *sum = mean + c->array->row_elements;
    const luge_status status =
        measure(data, c, out->mean ? out->mean : mean, out->variance ? out->variance : sum, out->min, out->max);
    luge__buffer_drop(own);
    return status;
}

/* ---- scaling ----------------------------------------------------------------------------------------------------- */

/* A copy that shows the same rows. */
static luge_dataset *same_rows(luge_dataset *data)
{
    luge_dataset *copy = luge__dataset_copy(data);
    if (!copy) return NULL;
    copy->index = data->index ? luge__buffer_retain(data->index) : NULL;
    copy->first = data->first;
    copy->rows = data->rows;
    return copy;
}

/* Puts x * scale[i] + offset[i] behind the column's own scaling. */
static luge_status append_scaling(luge__column *c, const double *scale, const double *offset)
{
    const luge__scaling own = luge__column_scaling(c);
    luge__buffer *elements = elements_buffer(c, 2);
    if (!elements) return LUGE_ENOMEM;
    double *scales = (double *)(void *)elements->data, *offsets = scales + c->array->row_elements;
    for (int64_t i = 0; i < c->array->row_elements; i++) {
        scales[i] = (own.scales ? own.scales[i] : own.scale) * scale[i];
        offsets[i] = (own.offsets ? own.offsets[i] : own.offset) * scale[i] + offset[i];
    }
    luge__buffer_drop(c->elements);
    c->elements = elements;
    return LUGE_OK;
}

luge_dataset *luge_dataset_rescale(luge_dataset *data, int feature_index, const double *scale, const double *offset)
{
    const char *who = "luge_dataset_rescale";
    if (!luge__dataset_usable(data, who)) return NULL;
    luge_context *ctx = data->object.ctx;
    const luge__column *c = luge__dataset_column(data, who, LUGE_FEATURES, feature_index);
    if (!c) return NULL;
    if (!scale || !offset) {
        (void)luge__fail(ctx, LUGE_EINVAL, "%s: %s is NULL", who, scale ? "offset" : "scale");
        return NULL;
    }
    for (int64_t i = 0; i < c->array->row_elements; i++) {
        if (isfinite(scale[i]) && isfinite(offset[i])) continue;
        (void)luge__fail(ctx, LUGE_EINVAL, "%s: element %l: scale %g and offset %g must be finite", who, i, scale[i],
                         offset[i]);
        return NULL;
    }
    luge_dataset *scaled = same_rows(data);
    if (scaled && !append_scaling(&scaled->columns[LUGE_FEATURES][feature_index], scale, offset)) return scaled;
    luge_dataset_free(scaled);
    return NULL;
}

/* What a feature's statistics make of it: scale to *a, offset to *b. */
typedef void (*scaler)(double mean, double variance, double min, double max, double *a, double *b);

static void to_standard(double mean, double variance, double min, double max, double *a, double *b)
{
    const double deviation = sqrt(variance);
    (void)min;
    (void)max;
    *a = deviation > 0 ? 1 / deviation : 1;
    *b = -mean * *a;
}

static void to_unit(double mean, double variance, double min, double max, double *a, double *b)
{
    (void)mean;
    (void)variance;
    *a = max > min ? 1 / (max - min) : 0;
    *b = -min * *a;
}

static luge_status fit_column(luge_dataset *fit, int index, scaler make, luge__column *c)
{
    const luge__column *measured = &fit->columns[LUGE_FEATURES][index];
    const int64_t n = c->array->row_elements;
    luge__buffer *work = elements_buffer(c, 4);
    if (!work) return LUGE_ENOMEM;
    double *mean = (double *)(void *)work->data, *variance = mean + n, *min = variance + n, *max = min + n;
    luge_status status = measure(fit, measured, mean, variance, min, max);
    for (int64_t i = 0; !status && i < n; i++) {
        make(mean[i], variance[i], min[i], max[i], &mean[i], &variance[i]);
        if (!isfinite(mean[i]) || !isfinite(variance[i]))
            status = luge__fail(fit->object.ctx, LUGE_EINVAL,
                                "\"%s\": element %l of its rows is not finite, or too large to scale",
                                luge__column_name(measured), i);
    }
    if (!status) status = append_scaling(c, mean, variance);
    luge__buffer_drop(work);
    return status;
}

static luge_dataset *fit_all(luge_dataset *data, luge_dataset *fit, const char *who, scaler make)
{
    if (!luge__dataset_usable(data, who) || !features_of(fit, who, 0)) return NULL;
    luge_context *ctx = data->object.ctx;
    const size_t n = data->count[LUGE_FEATURES];
    luge_status status = LUGE_OK;
    if (fit->object.ctx != ctx || fit->count[LUGE_FEATURES] != n) {
        (void)luge__fail(ctx, LUGE_EINVAL, "%s: %z feature arrays, %z to fit them on, or another context", who, n,
                         fit->count[LUGE_FEATURES]);
        return NULL;
    }
    luge_dataset *scaled = same_rows(data);
    if (!scaled) return NULL;
    for (size_t i = 0; !status && i < n; i++) {
        luge__column *c = &scaled->columns[LUGE_FEATURES][i];
        const luge_array *other = fit->columns[LUGE_FEATURES][i].array;
        if (other->row_elements != c->array->row_elements)
            status = luge__fail(ctx, LUGE_ESHAPE, "%s: rows of \"%s\" have %l elements, %l where they are fitted", who,
                                luge__column_name(c), c->array->row_elements, other->row_elements);
        else
            status = fit_column(fit, (int)i, make, c);
    }
    if (!status) return scaled;
    luge_dataset_free(scaled);
    return NULL;
}

luge_dataset *luge_dataset_standardize(luge_dataset *data, luge_dataset *fit)
{
    return fit_all(data, fit, "luge_dataset_standardize", to_standard);
}

luge_dataset *luge_dataset_min_max(luge_dataset *data, luge_dataset *fit)
{
    return fit_all(data, fit, "luge_dataset_min_max", to_unit);
}

/* ---- fingerprint -----------------------------------------------------------------------------------------------
 *
 * h = (h ^ word) * odd, then h ^= h >> 32, over 64-bit words: the rows of each array, its role, dtype, kind, classes,
 * dimensions, then each gathered element as a double's bits or as a class number. A value, not its bytes, is hashed, so
 * neither byte order nor file or memory matter. Names do not count. */

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static luge_status mix_column(luge_dataset *data, luge_role role, const luge__column *c, uint64_t *hash)
{
    const luge_shape *shape = &c->array->shape;
    walk w;
    uint64_t h = mix(mix(*hash, (uint64_t)data->rows), (uint64_t)role);
    h = mix(mix(mix(h, (uint64_t)c->array->dtype), (uint64_t)c->kind), (uint64_t)c->classes);
    for (int i = 1; i < shape->ndim; i++) h = mix(h, (uint64_t)shape->dim[i] + 1);
    luge_status status = walk_begin(data, c, role, &w);
    while (!status && !(status = walk_next(&w)) && w.rows) {
        for (int64_t i = 0; i < w.rows * w.width; i++) {
            uint64_t word;
            memcpy(&word, w.block->data + (size_t)i * sizeof word, sizeof word);
            h = mix(h, word);
        }
    }
    luge__buffer_drop(w.block);
    *hash = h;
    return status;
}

uint64_t luge_dataset_fingerprint(luge_dataset *data)
{
    uint64_t hash = 0x6C756765; /* "luge" */
    if (!luge__dataset_usable(data, "luge_dataset_fingerprint")) return 0;
    if (data->fingerprint) return data->fingerprint;
    for (int role = 0; role < LUGE__ROLES; role++) {
        for (size_t i = 0; i < data->count[role]; i++) {
            if (mix_column(data, (luge_role)role, &data->columns[role][i], &hash)) return 0;
        }
    }
    data->fingerprint = hash ? hash : 1;
    return data->fingerprint;
}
