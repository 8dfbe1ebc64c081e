/* csv_read.c: a numeric CSV file as a data set.
 *
 * The file is read twice: first to count its rows and to see what the target is, then for its numbers, which go to
 * where they stay. So memory beyond the data is one buffer, however large the file. */
#include <math.h>
#include <string.h>

#include "data/csv.h"

typedef struct reading {
    luge_context *ctx;
    luge_csv_options o;
    luge__csv csv;
    luge__words columns, classes;
    int64_t target, rows; /* column of the target, or -1 */
    luge_target_kind kind;
    int is_text; /* the target: classes by name */
    luge_array *features, *targets;
    unsigned char *x, *y; /* their elements */
} reading;

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static luge_status bad_field(const reading *r, const luge__field *field, int64_t column, const char *what)
{
    char text[LUGE__EXCERPT];
    luge__excerpt(field->text, field->length, text);
    return luge__fail(r->ctx, LUGE_EFORMAT, "%s, line %l, column %l (%s): \"%s\" %s", r->o.path, field->line,
                      column + 1, r->columns.word[column], text, what);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static luge_status enter_column(reading *r, const luge__field *field)
{
    char number[24];
    luge__field name = *field;
    const int64_t column = (int64_t)r->columns.n;
    if (r->o.no_header) {
        name.text = number;
        name.length = luge__format(number, sizeof number, "%l", column);
    }
    const int64_t id = luge__words_enter(&r->columns, name.text, name.length);
    if (id < 0) return luge_failure(r->ctx);
    return id == column ? LUGE_OK : bad_field(r, &name, id, "is the name of another column, too");
}

/* Names from the first line, or numbers for as many fields as it has. */
static luge_status read_names(reading *r)
{
    luge__field field = { .last = 0 };
    int more;
    luge_status status = luge__csv_record(&r->csv, &more);
    if (!status && !more) return luge__fail(r->ctx, LUGE_EFORMAT, "%s: the file is empty", r->o.path);
    while (!status && !field.last) {
        status = luge__csv_field(&r->csv, &field);
        if (!status) status = enter_column(r, &field);
    }
    return status;
}

static luge_status find_target(reading *r)
{
    r->target = -1;
    for (size_t i = 0; r->o.target && i < r->columns.n && r->target < 0; i++) {
        if (strcmp(r->columns.word[i], r->o.target) == 0) r->target = (int64_t)i;
    }
    if (r->o.target && r->target < 0)
        return luge__fail(r->ctx, LUGE_EINVAL, "%s: no column \"%s\"; the nearest name is \"%s\"", r->o.path,
                          r->o.target, luge_nearest(r->o.target, r->columns.word, (int64_t)r->columns.n));
    if (r->target >= 0 && r->columns.n == 1)
        return luge__fail(r->ctx, LUGE_EFORMAT, "%s: \"%s\" is its only column; is the delimiter '%c'?", r->o.path,
                          r->o.target, r->csv.delimiter);
    return LUGE_OK;
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

static int is_number(const luge__field *field, double *value)
{
    return luge__parse_number(field->text, field->length, value) && isfinite(*value);
}

static luge_status put_number(const reading *r, const luge__field *field, int64_t column, unsigned char *to,
                              int64_t index)
{
    double value;
    if (field->length == 0) return bad_field(r, field, column, "is empty; a number is expected");
    if (!luge__parse_number(field->text, field->length, &value))
        return bad_field(r, field, column,
                         column == r->target ? "is not a number; for classes by name say .kind = LUGE_CLASSES"
                                             : "is not a number");
    if (r->o.dtype == LUGE_F64) {
        ((double *)(void *)to)[index] = value;
        return isfinite(value) ? LUGE_OK : bad_field(r, field, column, "is too large for f64");
    }
    ((float *)(void *)to)[index] = (float)value;
    return isfinite((float)value) ? LUGE_OK : bad_field(r, field, column, "is too large for f32");
}

/* The first pass looks at targets alone: whether their classes have names. */
static luge_status survey_target(reading *r, const luge__field *field, int64_t row)
{
    double value;
    if (field->length == 0) return bad_field(r, field, r->target, "is empty; a target is expected");
    const int text = !is_number(field, &value);
    if (row == 0 && r->kind == LUGE_TARGET_DEFAULT) r->kind = text ? LUGE_CLASSES : LUGE_NUMBERS;
    if (text && r->kind == LUGE_CLASSES) r->is_text = 1;
    return LUGE_OK;
}

static luge_status put_target(reading *r, const luge__field *field, int64_t row)
{
    int32_t *class = (int32_t *)(void *)r->y;
    double value;
    if (r->kind == LUGE_NUMBERS) return put_number(r, field, r->target, r->y, row);
    if (r->is_text) {
        const int64_t id = luge__words_enter(&r->classes, field->text, field->length);
        if (id < 0) return luge_failure(r->ctx);
        class[row] = (int32_t)id;
        return LUGE_OK;
    }
    if (!is_number(field, &value) || value < 0 || value > INT32_MAX || value != floor(value))
        return bad_field(r, field, r->target, "is not the number of a class: 0, 1, 2, ...");
    class[row] = (int32_t)value;
    return LUGE_OK;
}

static luge_status take_field(reading *r, const luge__field *field, int64_t row, int64_t column, int fill)
{
    const int64_t width = (int64_t)r->columns.n - (r->target >= 0);
    if (column == r->target) return fill ? put_target(r, field, row) : survey_target(r, field, row);
    if (!fill) return LUGE_OK;
    return put_number(r, field, column, r->x, row * width + column - (r->target >= 0 && column > r->target));
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static luge_status read_row(reading *r, int64_t row, int fill)
{
    const int64_t columns = (int64_t)r->columns.n, line = r->csv.line;
    luge__field field = { .last = 0 };
    int64_t column = 0;
    for (; !field.last; column++) {
        luge_status status = luge__csv_field(&r->csv, &field);
        if (!status && column < columns) status = take_field(r, &field, row, column, fill);
        if (status) return status;
    }
    if (column == columns) return LUGE_OK;
    return luge__fail(r->ctx, LUGE_EFORMAT, "%s, line %l: %l fields; %l are expected", r->o.path, line, column,
                      columns);
}

static luge_status read_rows(reading *r, int fill)
{
    luge_status status = luge__csv_rewind(&r->csv);
    luge__field field = { .last = 0 };
    int64_t row = 0;
    int more = 1;
    if (!status && !r->o.no_header) {
        status = luge__csv_record(&r->csv, &more);
        while (!status && !field.last) status = luge__csv_field(&r->csv, &field);
    }
    for (;; row++) {
        if (!status) status = luge__csv_record(&r->csv, &more);
        if (status || !more || (fill && row == r->rows)) break;
        status = read_row(r, row, fill);
    }
    if (!status && fill && (more || row < r->rows))
        return luge__fail(r->ctx, LUGE_EIO, "%s: the file changed while it was read", r->o.path);
    r->rows = row;
    if (!status && row == 0) return luge__fail(r->ctx, LUGE_EFORMAT, "%s: no rows follow its header", r->o.path);
    return status;
}

static luge_status make_arrays(reading *r)
{
    const luge_shape y = luge_make_shape(1, &r->rows);
    luge_shape x = luge_make_shape(2, (const int64_t[]){ r->rows, (int64_t)r->columns.n - (r->target >= 0) });
    r->features = luge__array_make(r->ctx, r->o.path, r->o.dtype, &x, &r->x);
    if (!r->features) return luge_failure(r->ctx);
    if (r->target < 0) return LUGE_OK;
    r->targets = luge__array_make(r->ctx, r->o.path, r->kind == LUGE_CLASSES ? LUGE_I32 : r->o.dtype, &y, &r->y);
    return r->targets ? LUGE_OK : luge_failure(r->ctx);
}

/* ---- the data set ------------------------------------------------------------------------------------------------ */

static int by_name(const void *user, uint32_t a, uint32_t b)
{
    const char *const *word = user;
    return strcmp(word[a], word[b]);
}

/* Numbers the classes anew, by name; names gets them in that order. */
static luge_status sort_classes(reading *r, const char **names)
{
    const size_t n = r->classes.n;
    uint32_t *ids = luge__alloc(r->ctx, 2 * n * sizeof *ids), *rank = ids + n;
    int32_t *class = (int32_t *)(void *)r->y;
    if (!ids) return LUGE_ENOMEM;
    for (size_t i = 0; i < n; i++) ids[i] = (uint32_t)i;
    luge__sort(ids, n, by_name, r->classes.word);
    for (size_t i = 0; i < n; i++) {
        names[i] = r->classes.word[ids[i]];
        rank[ids[i]] = (uint32_t)i;
    }
    for (int64_t row = 0; row < r->rows; row++) class[row] = (int32_t)rank[class[row]];
    luge__release(r->ctx, ids, 2 * n * sizeof *ids);
    return LUGE_OK;
}

static luge_status add_target(reading *r, luge_dataset *data)
{
    const size_t n = r->classes.n;
    const char **names = n ? luge__alloc(r->ctx, n * sizeof *names) : NULL;
    luge_column_options o = { .size = sizeof o, .array = r->targets, .name = r->o.target, .kind = r->kind };
    if (n && !names) return LUGE_ENOMEM;
    luge_status status = n ? sort_classes(r, names) : LUGE_OK;
    o.names = names;
    o.classes = (int64_t)n;
    if (!status) status = luge_dataset_add_targets_with(data, &o);
    luge__release(r->ctx, names, n * sizeof *names);
    return status;
}

static luge_dataset *make_dataset(reading *r)
{
    luge_dataset *data = luge_dataset_create(r->ctx);
    luge_column_options o = { .size = sizeof o, .array = r->features };
    if (!data) return NULL;
    luge_status status = r->targets ? add_target(r, data) : LUGE_OK;
    const char **word = r->columns.word; /* the target's name goes: its own copy is in its column */
    if (r->target >= 0)
        memmove(word + r->target, word + r->target + 1, (r->columns.n - 1 - (size_t)r->target) * sizeof *word);
    o.names = word;
    if (!status) status = luge_dataset_add_features_with(data, &o);
    if (!status) return data;
    luge_dataset_free(data);
    return NULL;
}

static luge_status check_options(reading *r, const luge_csv_options *options)
{
    const char *who = "luge_dataset_read_csv";
    luge_csv_options *o = &r->o;
    const luge_status status = luge__read_options(r->ctx, who, o, sizeof *o, options);
    if (status) return status;
    if (!o->dtype) o->dtype = LUGE_F32;
    if (!o->delimiter) o->delimiter = ',';
    r->kind = o->kind;
    if (!o->path) return luge__fail(r->ctx, LUGE_EINVAL, "%s: the path is NULL", who);
    if (o->dtype != LUGE_F32 && o->dtype != LUGE_F64)
        return luge__fail(r->ctx, LUGE_EDTYPE, "%s: dtype is %T; f32 or f64 are possible", who, o->dtype);
    if (strchr("\"\n\r", o->delimiter))
        return luge__fail(r->ctx, LUGE_EINVAL, "%s: a quote or line end as delimiter", who);
    if (o->kind != LUGE_TARGET_DEFAULT && o->kind != LUGE_NUMBERS && o->kind != LUGE_CLASSES)
        return luge__fail(r->ctx, LUGE_EINVAL, "%s: kind is %d; LUGE_NUMBERS or LUGE_CLASSES are possible", who,
                          (int)o->kind);
    return LUGE_OK;
}

luge_dataset *luge_dataset_read_csv_with(luge_context *ctx, const luge_csv_options *options)
{
    reading r = { .ctx = ctx, .columns = { .ctx = ctx }, .classes = { .ctx = ctx } };
    luge_dataset *data = NULL;
    if (!ctx) (void)luge__fail(NULL, LUGE_EINVAL, "luge_dataset_read_csv: the context is NULL");
    if (luge_failed(ctx) || check_options(&r, options)) return NULL;
    if (luge__csv_open(ctx, r.o.path, NULL, &r.csv)) return NULL;
    luge__csv_delimit(&r.csv, r.o.delimiter);
    luge_status status = read_names(&r);
    if (!status) status = find_target(&r);
    if (!status) status = read_rows(&r, 0);
    if (!status) status = make_arrays(&r);
    if (!status) status = read_rows(&r, 1);
    luge__csv_close(&r.csv);
    if (!status) data = make_dataset(&r);
    luge_array_free(r.features); /* the data set keeps them */
    luge_array_free(r.targets);
    luge__words_free(&r.columns);
    luge__words_free(&r.classes);
    return data;
}
