/* parts.c: data sets made of some rows of another: selected, shuffled, split, folded. Only row numbers are made. */
#include <math.h>
#include <string.h>

#include "data/data.h"

static int64_t *numbers(const luge__buffer *buffer)
{
    return (int64_t *)(void *)buffer->data;
}

static luge__buffer *make_numbers(luge_context *ctx, int64_t n)
{
    const uint64_t most = SIZE_MAX / sizeof(int64_t);
    return luge__buffer_create(ctx, (uint64_t)n > most ? SIZE_MAX : (size_t)n * sizeof(int64_t));
}

/* The rows of data that the numbers in `index` name; takes the buffer over. NULL passes on. */
static luge_dataset *part_of(luge_dataset *data, luge__buffer *index, int64_t n)
{
    luge_dataset *part = index ? luge__dataset_copy(data) : NULL;
    if (!part) {
        luge__buffer_drop(index);
        return NULL;
    }
    int64_t *rows = numbers(index);
    for (int64_t i = 0; i < n; i++) rows[i] = luge__dataset_row(data, rows[i]);
    part->index = index;
    part->rows = n;
    return part;
}

/* ---- chosen rows ------------------------------------------------------------------------------------------------- */

luge_dataset *luge_dataset_select(luge_dataset *data, const int64_t *rows, int64_t n)
{
    const char *who = "luge_dataset_select";
    if (!luge__dataset_usable(data, who)) return NULL;
    luge_context *ctx = data->object.ctx;
    if (n < 0 || (n && !rows)) {
        (void)luge__fail(ctx, LUGE_EINVAL, "%s: %l rows, or their list is NULL", who, n);
        return NULL;
    }
    for (int64_t i = 0; i < n; i++) {
        if (rows[i] >= 0 && rows[i] < data->rows) continue;
        (void)luge__fail(ctx, LUGE_EINVAL, "%s: row %l (number %l of the list); the data set has rows 0 to %l", who,
                         rows[i], i, data->rows - 1);
        return NULL;
    }
    luge__buffer *index = make_numbers(ctx, n);
    if (index && n) memcpy(index->data, rows, (size_t)n * sizeof *rows);
    return part_of(data, index, n);
}

luge_dataset *luge_dataset_slice(luge_dataset *data, int64_t first, int64_t n)
{
    const char *who = "luge_dataset_slice";
    if (!luge__dataset_usable(data, who)) return NULL;
    if (first < 0 || n < 0 || first > data->rows || n > data->rows - first) {
        (void)luge__fail(data->object.ctx, LUGE_EINVAL, "%s: %l rows from row %l on; the data set has %l", who, n,
                         first, data->rows);
        return NULL;
    }
    luge_dataset *part = luge__dataset_copy(data);
    if (!part) return NULL;
    part->index = data->index ? luge__buffer_retain(data->index) : NULL;
    part->first = data->first + first;
    part->rows = n;
    return part;
}

luge_dataset *luge_dataset_shuffle(luge_dataset *data, uint64_t seed)
{
    if (!luge__dataset_usable(data, "luge_dataset_shuffle")) return NULL;
    luge__buffer *index = make_numbers(data->object.ctx, data->rows);
    if (index) luge__part_order(seed, data->rows, numbers(index));
    return part_of(data, index, data->rows);
}

/* ---- dealing ---------------------------------------------------------------------------------------------------
 *
 * The rows in some order are dealt to two parts like cards. A row's place in the deal is its position in that order
 * or, stratified, its position after sorting by class (stable). Whatever is dealt out evenly along the places is then
 * even within each class, to one row. */

typedef struct deal {
    luge__buffer *order; /* row by position */
    luge__buffer *place; /* by position */
} deal;

static void drop_deal(deal *d)
{
    luge__buffer_drop(d->order);
    luge__buffer_drop(d->place);
}

/* place[i], the class of row order[i], becomes the position of i after sorting by class. */
static luge_status sort_places(luge_context *ctx, int64_t classes, int64_t n, int64_t *place)
{
    luge__buffer *starts = make_numbers(ctx, classes + 1);
    if (!starts) return LUGE_ENOMEM;
    int64_t *start = numbers(starts);
    for (int64_t i = 0; i < n; i++) start[place[i] + 1]++;
    for (int64_t c = 0; c < classes; c++) start[c + 1] += start[c];
    for (int64_t i = 0; i < n; i++) place[i] = start[place[i]]++;
    luge__buffer_drop(starts);
    return LUGE_OK;
}

static int has_classes(const luge_dataset *data)
{
    return data->count[LUGE_TARGETS] && data->columns[LUGE_TARGETS][0].kind != LUGE_NUMBERS;
}

static luge_status make_deal(luge_dataset *data, uint64_t seed, int shuffled, int stratified, deal *d)
{
    luge_context *ctx = data->object.ctx;
    const int64_t n = data->rows;
    luge_status status = LUGE_OK;
    *d = (deal){ make_numbers(ctx, n), NULL };
    if (d->order) d->place = make_numbers(ctx, n);
    if (!d->place) return LUGE_ENOMEM;
    int64_t *order = numbers(d->order), *place = numbers(d->place);
    for (int64_t i = 0; i < n; i++) order[i] = place[i] = i;
    if (shuffled) luge__part_order(seed, n, order);
    if (stratified) {
        const luge__column *target = &data->columns[LUGE_TARGETS][0];
        status = luge__gather(data, target, LUGE_TARGETS, LUGE_CLASSES, LUGE_I64, order, 0, n, place);
        if (!status) status = sort_places(ctx, target->classes, n, place);
    }
    return status;
}

typedef int (*side_fn)(int64_t place, const void *user);

/* Makes both parts: side tells by a row's place which it joins. */
static luge_status make_parts(luge_dataset *data, const deal *d, side_fn side, const void *user, luge_dataset *parts[2])
{
    luge_context *ctx = data->object.ctx;
    const int64_t *order = numbers(d->order), *place = numbers(d->place);
    int64_t count[2] = { 0, 0 };
    parts[0] = parts[1] = NULL;
    for (int64_t i = 0; i < data->rows; i++) count[side(place[i], user)]++;
    for (int k = 0; k < 2; k++) {
        luge__buffer *index = make_numbers(ctx, count[k]);
        int64_t at = 0;
        for (int64_t i = 0; index && i < data->rows; i++) {
            if (side(place[i], user) == k) numbers(index)[at++] = order[i];
        }
        parts[k] = part_of(data, index, count[k]);
        if (parts[k]) continue;
        luge_dataset_free(parts[0]);
        parts[0] = NULL;
        return LUGE_ENOMEM;
    }
    return LUGE_OK;
}

/* ---- split ------------------------------------------------------------------------------------------------------- */

typedef struct share {
    double part;
    int64_t rows;
    int stratified;
} share;

static int64_t rounded(double part, int64_t n)
{
    return (int64_t)floor(part * (double)n + 0.5);
}

/* The first rows, or those at which the rounded share of the first part grows. */
static int split_side(int64_t place, const void *user)
{
    const share *s = user;
    if (!s->stratified) return place >= rounded(s->part, s->rows);
    return rounded(s->part, place + 1) == rounded(s->part, place);
}

luge_status luge_dataset_split_with(luge_dataset *data, luge_dataset *parts[2], const luge_split_options *options)
{
    const char *who = "luge_dataset_split";
    luge_split_options o;
    deal d = { NULL, NULL };
    if (parts) parts[0] = parts[1] = NULL;
    if (!luge__dataset_usable(data, who)) return data ? luge_failure(data->object.ctx) : LUGE_EINVAL;
    luge_context *ctx = data->object.ctx;
    luge_status status = luge__read_options(ctx, who, &o, sizeof o, options);
    if (status) return status;
    if (!parts) return luge__fail(ctx, LUGE_EINVAL, "%s: parts is NULL", who);
    if (!(o.part > 0 && o.part < 1))
        return luge__fail(ctx, LUGE_EINVAL, "%s: part is %g; a share between 0 and 1 is expected", who, o.part);
    if (o.stratified && !has_classes(data))
        return luge__fail(ctx, LUGE_EINVAL, "%s: stratified, but the first target is not of classes", who);
    const share s = { .part = o.part, .rows = data->rows, .stratified = o.stratified != 0 };
    const int64_t first = rounded(o.part, data->rows);
    if (first == 0 || first >= data->rows)
        return luge__fail(ctx, LUGE_EINVAL, "%s: %g of %l rows leaves one part empty", who, o.part, data->rows);
    status = make_deal(data, o.seed, o.seed != 0 || s.stratified, s.stratified, &d);
    if (!status) status = make_parts(data, &d, split_side, &s, parts);
    drop_deal(&d);
    return status;
}

/* ---- folds ------------------------------------------------------------------------------------------------------- */

static int fold_side(int64_t place, const void *user)
{
    const int *fold = user; /* number, how many */
    return place % fold[1] == fold[0];
}

luge_status luge_dataset_fold(luge_dataset *data, int k, int fold, uint64_t seed, luge_dataset *parts[2])
{
    const char *who = "luge_dataset_fold";
    const int which[2] = { fold, k };
    deal d = { NULL, NULL };
    if (parts) parts[0] = parts[1] = NULL;
    if (!luge__dataset_usable(data, who)) return data ? luge_failure(data->object.ctx) : LUGE_EINVAL;
    luge_context *ctx = data->object.ctx;
    if (!parts) return luge__fail(ctx, LUGE_EINVAL, "%s: parts is NULL", who);
    if (k < 2 || k > data->rows)
        return luge__fail(ctx, LUGE_EINVAL, "%s: %d folds of %l rows; from 2 to one a row are possible", who, k,
                          data->rows);
    if (fold < 0 || fold >= k)
        return luge__fail(ctx, LUGE_EINVAL, "%s: fold %d; they are numbered from 0 to %d", who, fold, k - 1);
    luge_status status = make_deal(data, seed, 1, has_classes(data), &d);
    if (!status) status = make_parts(data, &d, fold_side, which, parts);
    drop_deal(&d);
    return status;
}
