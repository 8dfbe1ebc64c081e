/* table_read.c: any CSV file as a table, in one pass.
 *
 * A column is numeric until a field of it is no number; then its earlier numbers become texts. For that the texts of
 * the first rows are kept; later, what is left of a number is its value, which is printed in its shortest form. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "data/table.h"

enum { LONGEST = 1 << 20, MOST_FIRST_BYTES = 64 << 20 };

typedef struct reading {
    luge_context *ctx;
    luge_table_options o;
    luge__csv csv;
    luge_table *table;
    double **numbers; /* the chunk of each numeric column that is filled; NULL: text */
    char point;
    luge__field *first; /* the first record */
    size_t n_first, first_capacity;
    luge__chunk *first_text;
} reading;

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static luge_status bad_field(const reading *r, const luge__field *field, size_t column, const char *what)
{
    char text[LUGE__EXCERPT];
    const luge__words *names = &r->table->names;
    luge__excerpt(field->text, field->length, text);
    return luge__fail(r->ctx, LUGE_EFORMAT, "%s, line %l, column %z%s%s%s: \"%s\" %s", r->o.path, field->line,
                      column + 1, column < names->n ? " (" : "", column < names->n ? names->word[column] : "",
                      column < names->n ? ")" : "", text, what);
}

static luge_status check_utf8(const reading *r, const luge__field *field, size_t column)
{
    for (size_t i = 0, n; i < field->length; i += n) {
        n = luge__utf8_length(field->text + i, field->length - i);
        if (n) continue;
        return luge__fail(r->ctx, LUGE_EFORMAT,
                          "%s, line %l, column %z: byte %z of the field is not UTF-8; convert the file, as by iconv "
                          "-f latin1 -t utf-8",
                          r->o.path, field->line, column + 1, i + 1);
    }
    return LUGE_OK;
}

/* ---- what a field says ------------------------------------------------------------------------------------------- */

/* Whether the text is the word (in small letters), whatever the case of its letters. */
static int is_word(const char *text, size_t length, const char *word)
{
    size_t i = 0;
    for (; i < length && word[i]; i++) {
        const char c = text[i];
        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != word[i]) return 0;
    }
    return i == length && !word[i];
}

static int is_missing(const luge__field *field)
{
    static const char *const words[] = { "", "?", "na", "n/a", "nan", "null" };
    if (field->length > 4) return 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(field->text, field->length, words[i])) return 1;
    }
    return 0;
}

static int is_infinite_word(const luge__field *field)
{
    const char *text = field->text;
    size_t length = field->length;
    if (length > 9) return 0;
    if (length && (*text == '-' || *text == '+')) text++, length--;
    return is_word(text, length, "inf") || is_word(text, length, "infinity");
}

/* A decimal comma is exchanged for the time of the look: the field lies in the buffer. */
static int parse(const reading *r, const luge__field *field, double *value)
{
    if (r->point == '.') return luge__parse_number(field->text, field->length, value);
    if (memchr(field->text, '.', field->length)) return 0;
    char *comma = memchr(field->text, r->point, field->length);
    if (comma) *comma = '.';
    const int is_number = luge__parse_number(field->text, field->length, value);
    if (comma) *comma = r->point;
    return is_number;
}

static void trim(luge__field *field)
{
    if (field->quoted) return;
    while (field->length && (*field->text == ' ' || *field->text == '\t')) field->text++, field->length--;
    while (field->length && (field->text[field->length - 1] == ' ' || field->text[field->length - 1] == '\t'))
        field->length--;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static luge_status put_text(reading *r, const luge__field *field, size_t column)
{
    luge__cells *cells = &r->table->columns[column];
    const size_t known = cells->words.n;
    uint32_t *to = luge__code_at(cells, r->table->rows);
    *to = LUGE__NO_TEXT;
    if (is_missing(field)) return LUGE_OK;
    const int64_t code = luge__words_enter(&cells->words, field->text, field->length);
    if (code < 0) return luge_failure(r->ctx);
    *to = (uint32_t)code;
    return cells->words.n > known ? check_utf8(r, field, column) : LUGE_OK;
}

static luge_status turn_to_text(reading *r, const luge__field *field, size_t column)
{
    luge_table *table = r->table;
    luge__cells *cells = &table->columns[column];
    r->numbers[column] = NULL;
    luge_status status = luge__cells_to_text(table, cells, table->rows);
    if (!status) status = put_text(r, field, column);
    if (status) return status;
    cells->odd_line = field->line;
    cells->odd_row = table->rows;
    cells->odd = *luge__code_at(cells, table->rows);
    return LUGE_OK;
}

static luge_status put_number(reading *r, const luge__field *field, size_t column, double value)
{
    luge_table *table = r->table;
    r->numbers[column][table->rows % LUGE__TABLE_CHUNK] = value;
    if (!table->with_raw) return LUGE_OK;
    return luge__table_keep_raw(table, &table->columns[column], field->text, isnan(value) ? 0 : field->length);
}

/* Any field; its text may be cut at its ends. */
static luge_status put_field(reading *r, luge__field *field, size_t column)
{
    double value = (double)NAN;
    trim(field);
    if (!r->numbers[column]) return put_text(r, field, column);
    if (is_missing(field)) return put_number(r, field, column, (double)NAN);
    if (parse(r, field, &value)) {
        return isfinite(value) ? put_number(r, field, column, value)
                               : bad_field(r, field, column, "is too large a number");
    }
    if (is_infinite_word(field)) return bad_field(r, field, column, "is not a finite number");
    return turn_to_text(r, field, column);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static luge_status begin_row(reading *r)
{
    luge_table *table = r->table;
    const size_t room = table->columns[0].room;
    const luge_status status = luge__table_room(table);
    if (status || (table->rows % LUGE__TABLE_CHUNK != 0 && room == table->columns[0].room)) return status;
    for (size_t i = 0; i < table->n_columns; i++) {
        luge__cells *cells = &table->columns[i];
        r->numbers[i] = cells->is_text ? NULL : cells->chunks[luge__chunk_of(table->rows)];
    }
    return LUGE_OK;
}

static void end_row(luge_table *table)
{
    table->rows++;
    if (table->with_raw && (table->rows >= LUGE__MOST_RAW_ROWS || table->raw_bytes > LUGE__MOST_RAW_BYTES))
        luge__table_drop_raw(table);
}

static luge_status ragged(reading *r, int64_t line, size_t found)
{
    luge__field field = { .last = 0 };
    const size_t expected = r->table->n_columns;
    while (found > expected) {
        const luge_status status = luge__csv_field(&r->csv, &field);
        if (status) return status;
        if (field.last) break;
        found++;
    }
    return luge__fail(r->ctx, LUGE_EFORMAT, "%s, line %l: %z fields; %z are expected, as in the first line", r->o.path,
                      line, found, expected);
}

static luge_status read_row(reading *r)
{
    luge_table *table = r->table;
    const size_t columns = table->n_columns;
    const int64_t line = r->csv.line;
    luge__field field = { .last = 0 };
    luge_status status = begin_row(r);
    for (size_t i = 0; !status; i++) {
        double value;
        if (i == columns) return ragged(r, line, columns + 1);
        if (r->numbers[i] && luge__csv_number(&r->csv, r->point, &field, &value)) {
            status = put_number(r, &field, i, value);
        } else {
            status = luge__csv_field(&r->csv, &field);
            if (!status) status = put_field(r, &field, i);
        }
        if (!status && field.last && i + 1 < columns) return ragged(r, line, i + 1);
        if (field.last) break;
    }
    if (status) return status;
    table->irregular |= line != table->rows + table->first_line;
    end_row(table);
    return LUGE_OK;
}

static luge_status read_rows(reading *r)
{
    int more = 1;
    luge_status status = LUGE_OK;
    while (!status && more) {
        status = luge__csv_record(&r->csv, &more);
        if (!status && more) status = read_row(r);
    }
    if (!status && r->table->rows == 0)
        return luge__fail(r->ctx, LUGE_EFORMAT, "%s: no rows follow its header", r->o.path);
    return status;
}

/* ---- the first record: names, or a row --------------------------------------------------------------------------- */

/* The delimiter that the first line has most of. */
static char guess_delimiter(const reading *r)
{
    const char candidates[] = { ',', ';', '\t' };
    size_t count[3] = { 0 }, best = 0;
    int quoted = 0;
    for (size_t i = r->csv.at; i < r->csv.end; i++) {
        const unsigned char c = r->csv.buffer->data[i];
        quoted ^= c == '"';
        if (c == '\n' && !quoted) break;
        for (size_t k = 0; k < 3; k++) count[k] += !quoted && c == (unsigned char)candidates[k];
    }
    if (r->point == ',') count[0] = 0;
    for (size_t k = 1; k < 3; k++) {
        if (count[k] > count[best]) best = k;
    }
    return r->point == ',' && count[best] == 0 ? ';' : candidates[best];
}

/* Keeps the fields of the first record: whether it is names is known at its end. */
static luge_status read_first(reading *r)
{
    luge__field field = { .last = 0 };
    size_t bytes = 0;
    int more;
    luge_status status = luge__csv_record(&r->csv, &more);
    if (!status && !more) return luge__fail(r->ctx, LUGE_EFORMAT, "%s: the file is empty", r->o.path);
    while (!status && !field.last) {
        status = luge__csv_field(&r->csv, &field);
        if (status) return status;
        trim(&field);
        bytes += field.length;
        if (r->n_first == LUGE__MOST_COLUMNS || bytes > MOST_FIRST_BYTES)
            return luge__fail(r->ctx, LUGE_EFORMAT, "%s, line %l: more than %d %s; are line ends missing?", r->o.path,
                              field.line, (int)(bytes > MOST_FIRST_BYTES ? MOST_FIRST_BYTES : LUGE__MOST_COLUMNS),
                              bytes > MOST_FIRST_BYTES ? "bytes" : "columns");
        char *text = luge__chunk_alloc(r->ctx, &r->first_text, field.length + 1);
        if (!text || luge__grow(r->ctx, &r->first, sizeof *r->first, &r->first_capacity, r->n_first + 1))
            return LUGE_ENOMEM;
        memcpy(text, field.text, field.length);
        field.text = text;
        r->first[r->n_first++] = field;
    }
    return status;
}

static int first_is_header(const reading *r)
{
    double value;
    if (r->o.header) return r->o.header > 0;
    for (size_t i = 0; i < r->n_first; i++) {
        if (parse(r, &r->first[i], &value)) return 0;
    }
    return 1;
}

/* A column without a name is called by its number. */
static luge_status enter_name(reading *r, size_t column, int header)
{
    char number[24];
    luge__words *names = &r->table->names;
    luge__field name = r->first[column];
    luge_status status = header ? check_utf8(r, &name, column) : LUGE_OK;
    if (status) return status;
    if (!header || name.length == 0) {
        name.text = number;
        name.length = luge__format(number, sizeof number, "%z", column + 1);
    }
    const int64_t id = luge__words_enter(names, name.text, name.length);
    if (id < 0) return luge_failure(r->ctx);
    return id == (int64_t)column ? LUGE_OK : bad_field(r, &name, column, "is the name of another column, too");
}

static luge_status make_columns(reading *r)
{
    luge_table *table = r->table;
    const size_t n = r->n_first;
    const int header = first_is_header(r);
    table->columns = luge__alloc(r->ctx, n * sizeof *table->columns);
    if (!table->columns) return LUGE_ENOMEM;
    table->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        const luge_status status = enter_name(r, i, header);
        if (status) return status;
    }
    r->numbers = luge__alloc(r->ctx, n * sizeof *r->numbers);
    if (!r->numbers) return LUGE_ENOMEM;
    table->first_line = header ? r->csv.line : 1;
    luge_status status = header ? LUGE_OK : begin_row(r);
    for (size_t i = 0; i < n && !header && !status; i++) status = put_field(r, &r->first[i], i);
    if (!status && !header) end_row(table);
    return status;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static luge_status check_options(reading *r, const luge_table_options *options)
{
    const char *who = "luge_table_read";
    luge_table_options *o = &r->o;
    const luge_status status = luge__read_options(r->ctx, who, o, sizeof *o, options);
    if (status) return status;
    if (!o->path) return luge__fail(r->ctx, LUGE_EINVAL, "%s: the path is NULL", who);
    if (o->reader && !o->reader->read) return luge__fail(r->ctx, LUGE_EINVAL, "%s: the reader has no function", who);
    if (o->decimal && o->decimal != '.' && o->decimal != ',')
        return luge__fail(r->ctx, LUGE_EINVAL, "%s: decimal is '%c'; '.' or ',' are possible", who, o->decimal);
    r->point = o->decimal ? o->decimal : '.';
    if (o->delimiter &&
        (strchr("\"\n\r.+-", o->delimiter) || o->delimiter == r->point || (o->delimiter >= '0' && o->delimiter <= '9')))
        return luge__fail(r->ctx, LUGE_EINVAL, "%s: a quote, a line end or a part of numbers as delimiter", who);
    return LUGE_OK;
}

static void destroy(luge__object *object)
{
    luge_table *table = (luge_table *)(void *)object;
    luge_context *ctx = object->ctx;
    for (size_t i = 0; i < table->n_columns; i++) luge__cells_free(ctx, &table->columns[i]);
    luge__release(ctx, table->columns, table->n_columns * sizeof *table->columns);
    luge__words_free(&table->names);
    if (table->path) luge__release(ctx, table->path, strlen(table->path) + 1);
    luge__release(ctx, table, sizeof *table);
}

static luge_table *create(luge_context *ctx, const char *path)
{
    luge_table *table = luge__alloc(ctx, sizeof *table);
    if (!table) return NULL;
    luge__object_enter(ctx, &table->object, destroy);
    table->names.ctx = ctx;
    table->with_raw = 1;
    table->path = luge__alloc(ctx, strlen(path) + 1);
    if (table->path) {
        memcpy(table->path, path, strlen(path) + 1);
        return table;
    }
    luge_table_free(table);
    return NULL;
}

static luge_status read_table(reading *r)
{
    luge_status status = luge__csv_open(r->ctx, r->o.path, r->o.reader, &r->csv);
    if (status) return status;
    r->csv.longest = LONGEST;
    luge__csv_delimit(&r->csv, r->o.delimiter ? r->o.delimiter : guess_delimiter(r));
    status = read_first(r);
    if (!status) status = make_columns(r);
    luge__chunk_free(r->ctx, &r->first_text);
    luge__release(r->ctx, r->first, r->first_capacity * sizeof *r->first);
    if (!status) status = read_rows(r);
    luge__csv_close(&r->csv);
    luge__release(r->ctx, r->numbers, r->n_first * sizeof *r->numbers);
    luge__table_drop_raw(r->table);
    return status ? status : luge__table_survey(r->table);
}

luge_table *luge_table_read_with(luge_context *ctx, const luge_table_options *options)
{
    reading r = { .ctx = ctx };
    if (!ctx) (void)luge__fail(NULL, LUGE_EINVAL, "luge_table_read: the context is NULL");
    if (luge_failed(ctx) || check_options(&r, options)) return NULL;
    r.table = create(ctx, r.o.path);
    if (!r.table) return NULL;
    if (read_table(&r) == LUGE_OK) return r.table;
    luge_table_free(r.table);
    return NULL;
}
