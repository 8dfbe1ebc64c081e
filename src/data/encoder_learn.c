/* encoder_learn.c: what an encoder learns from the training rows of a table. */
#include <math.h>
#include <string.h>

#include "data/encoder.h"

enum { MOST_CATEGORIES = 50, MOST_GUESSED = 20, MOST_NUMBERS = 1000 };

typedef struct learning {
    luge_context *ctx;
    luge_encoder_options o;
    luge_table *table;
    luge_encoder *encoder;
    int target;
    int64_t n;      /* training rows */
    uint64_t *keys; /* as many: numbers in the order of their values */
} learning;

static int64_t row_at(const learning *l, int64_t i)
{
    return l->o.rows ? l->o.rows[i] : i;
}

/* ---- medians ---------------------------------------------------------------------------------------------------- */

/* A number whose order is that of the values. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    value += 0.0; /* -0 is 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static double value_of(uint64_t key)
{
    double value;
    key = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    memcpy(&value, &key, sizeof value);
    return value;
}

/* The key with `rank` keys before it in order: byte by byte, those alone are kept that may be it. */
static uint64_t select_key(uint64_t *keys, size_t n, size_t rank)
{
    for (int shift = 56; shift >= 0 && n > 1; shift -= 8) {
        size_t count[256] = { 0 }, digit = 0, kept = 0;
        for (size_t i = 0; i < n; i++) count[keys[i] >> shift & 255]++;
        for (; rank >= count[digit]; digit++) rank -= count[digit];
        for (size_t i = 0; i < n; i++) {
            if ((keys[i] >> shift & 255) == digit) keys[kept++] = keys[i];
        }
        n = kept;
    }
    return keys[0];
}

/* Values of the training rows that are there, as keys; returns how many. */
static size_t collect(learning *l, const luge__cells *cells)
{
    size_t m = 0;
    for (int64_t i = 0; i < l->n; i++) {
        const double value = *luge__number_at(cells, row_at(l, i));
        if (!isnan(value)) l->keys[m++] = key_of(value);
    }
    return m;
}

static double median_of(learning *l, const luge__cells *cells, size_t m)
{
    const double low = value_of(select_key(l->keys, m, (m - 1) / 2));
    if (m % 2) return low;
    (void)collect(l, cells);
    return low / 2 + value_of(select_key(l->keys, m, m / 2)) / 2;
}

/* ---- columns ---------------------------------------------------------------------------------------------------- */

static luge_status leave_out(learning *l, const char *name, const char *format, int64_t n, int most)
{
    char reason[80];
    luge_encoder *e = l->encoder;
    (void)luge__format(reason, sizeof reason, format, n, most);
    e->left_out[e->n_left_out] = luge__encoder_copy(e, name);
    e->reasons[e->n_left_out] = luge__encoder_copy(e, reason);
    return e->left_out[e->n_left_out] && e->reasons[e->n_left_out++] ? LUGE_OK : LUGE_ENOMEM;
}

static luge_status learn_numbers(learning *l, const luge__cells *cells)
{
    const char *name = cells->info.name;
    const size_t m = collect(l, cells);
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < m; i++) {
        if (l->keys[i] < least) least = l->keys[i];
        if (l->keys[i] > most) most = l->keys[i];
    }
    if (m == 0) return leave_out(l, name, "has no values", 0, 0);
    if (least == most && m == (size_t)l->n) return leave_out(l, name, "has one value only", 0, 0);
    luge__encoded *c = &l->encoder->columns[l->encoder->n_columns++];
    c->name = luge__encoder_copy(l->encoder, name);
    c->with_missing = m < (size_t)l->n;
    c->median = median_of(l, cells, m);
    return c->name ? LUGE_OK : LUGE_ENOMEM;
}

static int by_bytes(const void *user, uint32_t a, uint32_t b)
{
    const char *const *word = user;
    return strcmp(word[a], word[b]);
}

/* The different texts of the training rows: their codes ids[0..*n-1], sorted by bytes, in an array of as many as the
 * column has words; *missing counts the rows without one. */
static luge_status distinct_texts(const learning *l, const luge__cells *cells, uint32_t **ids, size_t *n,
                                  int64_t *missing)
{
    const size_t words = cells->words.n;
    uint32_t *list = luge__alloc(l->ctx, words * sizeof *list);
    if (!list) return LUGE_ENOMEM;
    *n = 0;
    *missing = 0;
    for (int64_t i = 0; i < l->n; i++) {
        const uint32_t code = *luge__code_at(cells, row_at(l, i));
        if (code == LUGE__NO_TEXT) {
            ++*missing;
        } else {
            list[code] = 1;
        }
    }
    for (size_t i = 0; i < words; i++) {
        if (list[i]) list[(*n)++] = (uint32_t)i; /* never ahead of what is read */
    }
    luge__sort(list, *n, by_bytes, cells->words.word);
    *ids = list;
    return LUGE_OK;
}

/* Copies of the words of that codes. */
static const char **copy_words(learning *l, const luge__cells *cells, const uint32_t *ids, size_t n)
{
    const char **words = luge__encoder_alloc(l->encoder, n, sizeof *words);
    for (size_t i = 0; words && i < n; i++) {
        words[i] = luge__encoder_copy(l->encoder, cells->words.word[ids[i]]);
        if (!words[i]) return NULL;
    }
    return words;
}

static luge_status learn_texts(learning *l, const luge__cells *cells)
{
    const char *name = cells->info.name;
    const int most = l->o.most_categories;
    uint32_t *ids;
    size_t n;
    int64_t missing;
    luge_status status = distinct_texts(l, cells, &ids, &n, &missing);
    if (status) return status;
    if (n == 0) {
        status = leave_out(l, name, "has no values", 0, 0);
    } else if (n == 1 && missing == 0) {
        status = leave_out(l, name, "has one value only", 0, 0);
    } else if (n > (size_t)most) {
        status = leave_out(l, name, "has %l different texts; %d are the most", (int64_t)n, most);
    } else {
        luge__encoded *c = &l->encoder->columns[l->encoder->n_columns++];
        c->name = luge__encoder_copy(l->encoder, name);
        c->with_missing = missing > 0;
        c->values = copy_words(l, cells, ids, n);
        c->n_values = n;
        if (!c->name || !c->values) status = LUGE_ENOMEM;
    }
    luge__release(l->ctx, ids, cells->words.n * sizeof *ids);
    return status;
}

/* ---- the target ------------------------------------------------------------------------------------------------- */

static luge_status bad_target(const learning *l, const char *what, int64_t n)
{
    char text[120];
    (void)luge__format(text, sizeof text, what, n);
    return luge__fail(l->ctx, LUGE_EINVAL, "%s, column %d (%s): the target %s", l->table->path, l->target + 1,
                      l->table->columns[l->target].info.name, text);
}

static luge_status text_target(learning *l, const luge__cells *cells)
{
    luge_encoder *e = l->encoder;
    uint32_t *ids;
    int64_t missing;
    if (l->o.task == LUGE_REGRESSION) return luge__not_numeric(l->table, l->target);
    luge_status status = distinct_texts(l, cells, &ids, &e->n_classes, &missing);
    if (status) return status;
    e->task = LUGE_CLASSIFICATION;
    if (e->n_classes > LUGE__MOST_CLASSES) {
        status = bad_target(l, "has %l different texts; classes are at most 10000", (int64_t)e->n_classes);
    } else {
        e->classes = copy_words(l, cells, ids, e->n_classes);
        if (!e->classes) status = LUGE_ENOMEM;
    }
    luge__release(l->ctx, ids, cells->words.n * sizeof *ids);
    return status;
}

/* The different values in order, up to `most`; returns how many, most + 1 for more. */
static size_t distinct_numbers(const learning *l, const luge__cells *cells, double *values, size_t most)
{
    size_t n = 0;
    for (int64_t i = 0; i < l->n; i++) {
        const double value = *luge__number_at(cells, row_at(l, i)) + 0.0;
        size_t low = 0, high = n;
        while (low < high) {
            const size_t middle = (low + high) / 2;
            if (values[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < n && !(values[low] > value)) continue;
        if (n == most) return most + 1;
        memmove(values + low + 1, values + low, (n - low) * sizeof *values);
        values[low] = value;
        n++;
    }
    return n;
}

static luge_status number_classes(learning *l, const double *values, size_t n)
{
    luge_encoder *e = l->encoder;
    char text[40];
    e->task = LUGE_CLASSIFICATION;
    e->numbers = 1;
    e->n_classes = n;
    e->classes = luge__encoder_alloc(e, n, sizeof *e->classes);
    for (size_t i = 0; e->classes && i < n; i++) {
        (void)luge__format(text, sizeof text, "%g", values[i]);
        e->classes[i] = luge__encoder_copy(e, text);
        if (!e->classes[i]) return LUGE_ENOMEM;
    }
    return e->classes ? LUGE_OK : LUGE_ENOMEM;
}

/* Mean and deviation, by Welford's method. */
static luge_status regression(learning *l, const luge__cells *cells)
{
    luge_encoder *e = l->encoder;
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < l->n; i++) {
        const double value = *luge__number_at(cells, row_at(l, i)), off = value - mean;
        mean += off / (double)(i + 1);
        squares += off * (value - mean);
    }
    e->task = LUGE_REGRESSION;
    e->mean = mean;
    e->deviation = sqrt(squares / (double)l->n);
    if (e->deviation > 0 && isfinite(e->deviation)) return LUGE_OK;
    return bad_target(l,
                      isfinite(e->deviation) ? "has one value only in the %l rows to learn from"
                                             : "has values too large to calculate with",
                      l->n);
}

static luge_status number_target(learning *l, const luge__cells *cells)
{
    double *values = luge__alloc(l->ctx, (MOST_NUMBERS + 1) * sizeof *values);
    if (!values) return LUGE_ENOMEM;
    const size_t most = l->o.task == LUGE_CLASSIFICATION ? MOST_NUMBERS : MOST_GUESSED;
    const size_t n = distinct_numbers(l, cells, values, most);
    int classes = l->o.task == LUGE_CLASSIFICATION, whole = n <= most;
    for (size_t i = 0; i < n && whole; i++) whole = !(values[i] < floor(values[i]) || values[i] > floor(values[i]));
    if (l->o.task == LUGE_ANY_TASK) classes = whole && 2 * n < (size_t)l->n;
    luge_status status;
    if (classes && n > most) {
        status =
            bad_target(l, "has more than %l different numbers; for numbers say .task = LUGE_REGRESSION", (int64_t)most);
    } else {
        status = classes ? number_classes(l, values, n) : regression(l, cells);
    }
    luge__release(l->ctx, values, (MOST_NUMBERS + 1) * sizeof *values);
    return status;
}

static luge_status learn_target(learning *l)
{
    const luge__cells *cells = &l->table->columns[l->target];
    luge_encoder *e = l->encoder;
    for (int64_t i = 0; i < l->n; i++) {
        const int64_t row = row_at(l, i);
        const int there =
            cells->is_text ? *luge__code_at(cells, row) != LUGE__NO_TEXT : !isnan(*luge__number_at(cells, row));
        if (!there) return luge__bad_value(l->table, row, l->target, "is a missing value; the target needs one");
    }
    e->target = luge__encoder_copy(e, cells->info.name);
    if (!e->target) return LUGE_ENOMEM;
    const luge_status status = cells->is_text ? text_target(l, cells) : number_target(l, cells);
    if (!status && e->task == LUGE_CLASSIFICATION && e->n_classes < 2)
        return bad_target(l, "has one class only in the %l rows to learn from", l->n);
    return status;
}

/* ---- the encoder ------------------------------------------------------------------------------------------------ */

static luge_status check_options(learning *l, const luge_encoder_options *options)
{
    const char *who = "luge_encoder_learn";
    luge_encoder_options *o = &l->o;
    const luge_status status = luge__read_options(l->ctx, who, o, sizeof *o, options);
    if (status) return status;
    if (!o->table) return luge__fail(l->ctx, LUGE_EINVAL, "%s: the table is NULL", who);
    if (o->table->object.ctx != l->ctx) return luge__fail(l->ctx, LUGE_EINVAL, "%s: a table of another context", who);
    if (o->task != LUGE_ANY_TASK && o->task != LUGE_CLASSIFICATION && o->task != LUGE_REGRESSION)
        return luge__fail(l->ctx, LUGE_EINVAL, "%s: unknown task %d", who, (int)o->task);
    if (o->most_categories < 0)
        return luge__fail(l->ctx, LUGE_EINVAL, "%s: most_categories is %d", who, (int)o->most_categories);
    if (!o->most_categories) o->most_categories = MOST_CATEGORIES;
    if (o->rows ? o->n_rows < 1 : o->n_rows != 0)
        return luge__fail(l->ctx, LUGE_EINVAL, "%s: %l rows to learn from", who, o->n_rows);
    l->table = o->table;
    l->n = o->rows ? o->n_rows : l->table->rows;
    for (int64_t i = 0; o->rows && i < l->n; i++) {
        if (o->rows[i] < 0 || o->rows[i] >= l->table->rows)
            return luge__fail(l->ctx, LUGE_EINVAL, "%s: row %l; %s has %l", who, o->rows[i], l->table->path,
                              l->table->rows);
    }
    l->target = o->target ? luge_table_find(l->table, o->target) : (int)l->table->n_columns - 1;
    return l->target < 0 ? luge__no_column(l->table, o->target) : LUGE_OK;
}

static luge_status learn_columns(learning *l)
{
    luge_status status = learn_target(l);
    for (size_t i = 0; !status && i < l->table->n_columns; i++) {
        const luge__cells *cells = &l->table->columns[i];
        if ((int)i != l->target) status = cells->is_text ? learn_texts(l, cells) : learn_numbers(l, cells);
    }
    if (!status && l->encoder->n_columns == 0)
        return luge__fail(l->ctx, LUGE_EINVAL, "%s: no column is left to learn from but the target (%s)%s%s%s%s",
                          l->table->path, l->encoder->target, l->encoder->n_left_out ? ": " : "",
                          l->encoder->n_left_out ? l->encoder->left_out[0] : "", l->encoder->n_left_out ? " " : "",
                          l->encoder->n_left_out ? l->encoder->reasons[0] : "");
    return status ? status : luge__encoder_finish(l->encoder);
}

luge_encoder *luge_encoder_learn_with(luge_context *ctx, const luge_encoder_options *options)
{
    learning l = { .ctx = ctx };
    size_t bytes;
    if (!ctx) (void)luge__fail(NULL, LUGE_EINVAL, "luge_encoder_learn: the context is NULL");
    if (luge_failed(ctx) || check_options(&l, options)) return NULL;
    if ((uint64_t)l.n > SIZE_MAX || !luge__mul_size((size_t)l.n, sizeof *l.keys, &bytes)) bytes = SIZE_MAX;
    l.keys = luge__alloc(ctx, bytes);
    l.encoder = l.keys ? luge__encoder_create(ctx, l.table->n_columns) : NULL;
    const luge_status status = l.encoder ? learn_columns(&l) : LUGE_ENOMEM;
    luge__release(ctx, l.keys, bytes);
    if (!status) return l.encoder;
    luge_encoder_free(l.encoder);
    return NULL;
}
