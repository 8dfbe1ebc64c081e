/* encode.c: a table as a data set, by what an encoder has learnt. */
#include <math.h>
#include <string.h>

#include "data/encoder.h"

typedef struct encoding {
    luge_context *ctx;
    const luge_encoder *encoder;
    const luge_table *table;
    int *at; /* column of the table for each of the encoder's, then for the target */
    float *x;
    size_t features;
} encoding;

/* ---- finding columns -------------------------------------------------------------------------------------------- */

/* The names that the table lacks, as many as fit a line. */
static luge_status lacking(const encoding *e, size_t n)
{
    char names[300];
    size_t length = 0, listed = 0;
    names[0] = 0;
    for (size_t i = 0; i < e->encoder->n_columns; i++) {
        const char *name = e->encoder->columns[i].name;
        if (e->at[i] >= 0) continue;
        if (length + strlen(name) + 8 > sizeof names) break;
        length += luge__format(names + length, sizeof names - length, "%s%s", listed++ ? ", " : "", name);
    }
    return luge__fail(e->ctx, LUGE_EINVAL, "this model was trained on %z columns; %s lacks %z of them: %s%s",
                      e->encoder->n_columns, e->table->path, n, names, listed < n ? ", ..." : "");
}

static luge_status find_columns(encoding *e, int targets)
{
    const luge_encoder *encoder = e->encoder;
    size_t lacks = 0;
    for (size_t i = 0; i < encoder->n_columns; i++) {
        e->at[i] = luge_table_find(e->table, encoder->columns[i].name);
        lacks += e->at[i] < 0;
    }
    if (lacks) return lacking(e, lacks);
    for (size_t i = 0; i < encoder->n_columns; i++) {
        if (!encoder->columns[i].values && e->table->columns[e->at[i]].is_text)
            return luge__not_numeric(e->table, e->at[i]);
    }
    if (!targets) return LUGE_OK;
    const int at = luge_table_find(e->table, encoder->target);
    if (at < 0) return luge__no_column(e->table, encoder->target);
    e->at[encoder->n_columns] = at;
    const int numeric = encoder->task == LUGE_REGRESSION || encoder->numbers;
    return numeric && e->table->columns[at].is_text ? luge__not_numeric(e->table, at) : LUGE_OK;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Which of the names each value of a column is. Where all values of a column of texts happen to be numbers, those are
 * compared. */
typedef struct matching {
    const luge__cells *cells;
    size_t n;
    uint32_t *map;   /* by code: number of the name, or LUGE__NO_TEXT */
    double *numbers; /* of the names, NaN for other texts; map is NULL then */
} matching;

static uint32_t look_up(const char *const *names, size_t n, const char *text)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = strcmp(names[middle], text);
        if (order == 0) return (uint32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return LUGE__NO_TEXT;
}

static luge_status begin_matching(luge_context *ctx, const luge__cells *cells, const char *const *names, size_t n,
                                  matching *m)
{
    *m = (matching){ .cells = cells, .n = n };
    if (cells->is_text) {
        m->map = luge__alloc(ctx, cells->words.n * sizeof *m->map);
        for (size_t i = 0; m->map && i < cells->words.n; i++) m->map[i] = look_up(names, n, cells->words.word[i]);
        return m->map ? LUGE_OK : LUGE_ENOMEM;
    }
    m->numbers = luge__alloc(ctx, n * sizeof *m->numbers);
    for (size_t i = 0; m->numbers && i < n; i++) {
        if (!luge__parse_number(names[i], strlen(names[i]), &m->numbers[i])) m->numbers[i] = (double)NAN;
    }
    return m->numbers ? LUGE_OK : LUGE_ENOMEM;
}

static void end_matching(luge_context *ctx, matching *m)
{
    luge__release(ctx, m->map, m->cells->words.n * sizeof *m->map);
    luge__release(ctx, m->numbers, m->n * sizeof *m->numbers);
}

/* Number of the name, or LUGE__NO_TEXT. */
static uint32_t match(const matching *m, int64_t row)
{
    if (m->map) {
        const uint32_t code = *luge__code_at(m->cells, row);
        return code == LUGE__NO_TEXT ? code : m->map[code];
    }
    const double value = *luge__number_at(m->cells, row);
    for (size_t i = 0; i < m->n; i++) {
        if (m->numbers[i] <= value && m->numbers[i] >= value) return (uint32_t)i;
    }
    return LUGE__NO_TEXT;
}

/* ---- features --------------------------------------------------------------------------------------------------- */

static luge_status put_numbers(const encoding *e, const luge__encoded *c, int column, float *to)
{
    const luge__cells *cells = &e->table->columns[column];
    for (int64_t row = 0; row < e->table->rows; row++, to += e->features) {
        const double value = *luge__number_at(cells, row);
        const int missing = isnan(value);
        to[0] = (float)(missing ? c->median : value);
        if (c->with_missing) to[1] = missing ? 1 : 0;
        if (!isfinite(to[0])) return luge__bad_value(e->table, row, column, "is too large for f32");
    }
    return LUGE_OK;
}

static luge_status put_words(const encoding *e, const luge__encoded *c, int column, float *to)
{
    matching m;
    const luge_status status = begin_matching(e->ctx, &e->table->columns[column], c->values, c->n_values, &m);
    for (int64_t row = 0; !status && row < e->table->rows; row++, to += e->features) {
        const uint32_t id = match(&m, row);
        if (id != LUGE__NO_TEXT) to[id] = 1;
    }
    end_matching(e->ctx, &m);
    return status;
}

static luge_status put_features(encoding *e, luge_dataset *data)
{
    const luge_encoder *encoder = e->encoder;
    const luge_shape shape = luge_make_shape(2, (const int64_t[]){ e->table->rows, encoder->info.features });
    unsigned char *elements;
    luge_array *array = luge__array_make(e->ctx, e->table->path, LUGE_F32, &shape, &elements);
    luge_status status = array ? LUGE_OK : luge_failure(e->ctx);
    size_t at = 0;
    for (size_t i = 0; !status && i < encoder->n_columns; i++) {
        const luge__encoded *c = &encoder->columns[i];
        float *to = (float *)(void *)elements + at;
        status = c->values ? put_words(e, c, e->at[i], to) : put_numbers(e, c, e->at[i], to);
        at += c->values ? c->n_values : c->with_missing ? 2 : 1;
    }
    const luge_column_options o = { .size = sizeof o, .array = array, .names = encoder->info.feature_names };
    if (!status) status = luge_dataset_add_features_with(data, &o);
    luge_array_free(array); /* the data set keeps it */
    return status;
}

/* ---- targets ---------------------------------------------------------------------------------------------------- */

static luge_status put_classes(const encoding *e, int column, int32_t *to)
{
    const luge_encoder *encoder = e->encoder;
    const luge__cells *cells = &e->table->columns[column];
    matching m;
    luge_status status = begin_matching(e->ctx, cells, encoder->classes, encoder->n_classes, &m);
    for (int64_t row = 0; !status && row < e->table->rows; row++) {
        char what[120];
        const uint32_t id = match(&m, row);
        to[row] = (int32_t)id;
        if (id != LUGE__NO_TEXT) continue;
        const int missing = !luge_table_text(e->table, row, column) && isnan(luge_table_number(e->table, row, column));
        (void)luge__format(what, sizeof what, "is none of the %z classes of the training", encoder->n_classes);
        status = luge__bad_value(e->table, row, column, missing ? "is a missing value; the target needs one" : what);
    }
    end_matching(e->ctx, &m);
    return status;
}

static luge_status put_target_numbers(const encoding *e, int column, float *to)
{
    const luge__cells *cells = &e->table->columns[column];
    for (int64_t row = 0; row < e->table->rows; row++) {
        const double value = *luge__number_at(cells, row);
        to[row] = (float)value;
        if (isnan(value)) return luge__bad_value(e->table, row, column, "is a missing value; the target needs one");
        if (!isfinite(to[row])) return luge__bad_value(e->table, row, column, "is too large for f32");
    }
    return LUGE_OK;
}

static luge_status put_targets(const encoding *e, luge_dataset *data)
{
    const luge_encoder *encoder = e->encoder;
    const int classes = encoder->task == LUGE_CLASSIFICATION, column = e->at[encoder->n_columns];
    const luge_shape shape = luge_make_shape(1, &e->table->rows);
    unsigned char *to;
    luge_array *array = luge__array_make(e->ctx, e->table->path, classes ? LUGE_I32 : LUGE_F32, &shape, &to);
    if (!array) return luge_failure(e->ctx);
    luge_status status =
        classes ? put_classes(e, column, (int32_t *)(void *)to) : put_target_numbers(e, column, (float *)(void *)to);
    luge_column_options o = { .size = sizeof o, .array = array, .name = encoder->target };
    o.kind = classes ? LUGE_CLASSES : LUGE_NUMBERS;
    if (classes) o.classes = (int64_t)encoder->n_classes;
    if (classes) o.names = encoder->classes;
    if (!status) status = luge_dataset_add_targets_with(data, &o);
    luge_array_free(array);
    return status;
}

luge_dataset *luge_encode(luge_encoder *encoder, luge_table *table, int targets)
{
    const char *who = "luge_encode";
    if (!encoder || !table) {
        (void)luge__fail(NULL, LUGE_EINVAL, "%s: the %s is NULL", who, encoder ? "table" : "encoder");
        return NULL;
    }
    encoding e = { .ctx = encoder->object.ctx, .encoder = encoder, .table = table };
    if (table->object.ctx != e.ctx) (void)luge__fail(e.ctx, LUGE_EINVAL, "%s: the table is of another context", who);
    luge_dataset *data = luge_dataset_create(e.ctx);
    if (!data) return NULL;
    const size_t bytes = (encoder->n_columns + 1) * sizeof *e.at;
    e.features = (size_t)encoder->info.features;
    e.at = luge__alloc(e.ctx, bytes);
    luge_status status = e.at ? find_columns(&e, targets) : LUGE_ENOMEM;
    if (!status) status = put_features(&e, data);
    if (!status && targets) status = put_targets(&e, data);
    luge__release(e.ctx, e.at, bytes);
    if (!status) return data;
    luge_dataset_free(data);
    return NULL;
}
