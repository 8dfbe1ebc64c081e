/* table_cells.c: where the values of a table lie, how a column of numbers becomes one of texts, and what is counted. */
#include <math.h>
#include <string.h>

#include "data/table.h"

static size_t chunk_bytes(const luge__cells *cells, size_t chunk)
{
    const size_t rows = chunk ? LUGE__TABLE_CHUNK : cells->room;
    return rows * (chunk < cells->coded ? sizeof(uint32_t) : sizeof(double));
}

void luge__cells_free(luge_context *ctx, luge__cells *cells)
{
    for (size_t i = 0; i < cells->n_chunks; i++) luge__release(ctx, cells->chunks[i], chunk_bytes(cells, i));
    luge__release(ctx, cells->chunks, cells->capacity * sizeof *cells->chunks);
    luge__release(ctx, cells->raw, cells->raw_capacity);
    luge__words_free(&cells->words);
}

/* ---- room -------------------------------------------------------------------------------------------------------- */

static luge_status add_chunk(luge_context *ctx, luge__cells *cells, size_t rows)
{
    const size_t n = cells->n_chunks;
    if (luge__grow(ctx, &cells->chunks, sizeof *cells->chunks, &cells->capacity, n + 1)) return LUGE_ENOMEM;
    void *chunk = luge__alloc(ctx, rows * (cells->is_text ? sizeof(uint32_t) : sizeof(double)));
    if (!chunk) return LUGE_ENOMEM;
    if (n == 0) cells->room = rows;
    cells->chunks[n] = chunk;
    cells->n_chunks++;
    cells->coded += cells->is_text != 0;
    return LUGE_OK;
}

static luge_status grow_first(luge_context *ctx, luge__cells *cells, size_t rows)
{
    const size_t element = cells->is_text ? sizeof(uint32_t) : sizeof(double);
    void *chunk = luge__alloc(ctx, rows * element);
    if (!chunk) return LUGE_ENOMEM;
    memcpy(chunk, cells->chunks[0], cells->room * element);
    luge__release(ctx, cells->chunks[0], cells->room * element);
    cells->chunks[0] = chunk;
    cells->room = rows;
    return LUGE_OK;
}

luge_status luge__table_room(luge_table *table)
{
    luge_context *ctx = table->object.ctx;
    const size_t row = (size_t)table->rows;
    if (table->n_columns == 0) return LUGE_OK;
    const size_t room = table->columns[0].room; /* all columns have the same */
    const int grow = row == room && row > 0 && row < LUGE__TABLE_CHUNK;
    if (!grow && row % LUGE__TABLE_CHUNK != 0) return LUGE_OK;
    size_t rows = row == 0 ? 16 : row < LUGE__TABLE_CHUNK ? row + row / 4 : LUGE__TABLE_CHUNK;
    if (rows > LUGE__TABLE_CHUNK) rows = LUGE__TABLE_CHUNK;
    for (size_t i = 0; i < table->n_columns; i++) {
        luge__cells *cells = &table->columns[i];
        if (grow ? grow_first(ctx, cells, rows) : add_chunk(ctx, cells, rows)) return LUGE_ENOMEM;
    }
    return LUGE_OK;
}

/* ---- numbers that become texts ----------------------------------------------------------------------------------- */

luge_status luge__table_keep_raw(luge_table *table, luge__cells *cells, const char *text, size_t length)
{
    luge_context *ctx = table->object.ctx;
    const size_t bytes = cells->raw_bytes + length + 1;
    if (luge__grow(ctx, &cells->raw, 1, &cells->raw_capacity, bytes)) return LUGE_ENOMEM;
    memcpy(cells->raw + cells->raw_bytes, text, length); /* what follows is 0 */
    cells->raw_bytes = bytes;
    table->raw_bytes += length + 1;
    return LUGE_OK;
}

void luge__table_drop_raw(luge_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        luge__cells *cells = &table->columns[i];
        luge__release(table->object.ctx, cells->raw, cells->raw_capacity);
        cells->raw = NULL;
        cells->raw_bytes = cells->raw_capacity = 0;
    }
    table->with_raw = 0;
}

/* The texts of n numbers. *raw, if there is one, is passed along them. */
static luge_status code_numbers(luge__words *words, const double *numbers, uint32_t *codes, size_t n, const char **raw)
{
    for (size_t i = 0; i < n; i++) {
        char printed[40];
        const char *text = *raw;
        if (text) *raw += strlen(text) + 1;
        codes[i] = LUGE__NO_TEXT;
        if (isnan(numbers[i])) continue;
        if (!text) {
            (void)luge__format(printed, sizeof printed, "%g", numbers[i]);
            text = printed;
        }
        const int64_t code = luge__words_enter(words, text, strlen(text));
        if (code < 0) return luge_failure(words->ctx);
        codes[i] = (uint32_t)code;
    }
    return LUGE_OK;
}

luge_status luge__cells_to_text(luge_table *table, luge__cells *cells, int64_t rows)
{
    luge_context *ctx = table->object.ctx;
    const char *raw = table->with_raw ? cells->raw : NULL;
    cells->is_text = 1;
    cells->words.ctx = ctx;
    for (size_t i = 0; i < cells->n_chunks; i++) {
        const size_t room = i ? LUGE__TABLE_CHUNK : cells->room, before = i * LUGE__TABLE_CHUNK;
        const size_t left = (size_t)rows - before, n = left < room ? left : room;
        double *numbers = cells->chunks[i];
        uint32_t *codes = luge__alloc(ctx, room * sizeof *codes);
        if (!codes) return LUGE_ENOMEM;
        cells->chunks[i] = codes;
        cells->coded++;
        const luge_status status = code_numbers(&cells->words, numbers, codes, n, &raw);
        luge__release(ctx, numbers, room * sizeof *numbers);
        if (status) return status;
    }
    luge__release(ctx, cells->raw, cells->raw_capacity);
    cells->raw = NULL;
    cells->raw_bytes = cells->raw_capacity = 0;
    return LUGE_OK;
}

/* ---- what is counted --------------------------------------------------------------------------------------------- */

enum { SLOTS = 4096 }; /* of a hash table of at most LUGE__DISTINCT_NUMBERS numbers */

/* Nonzero if the number is new. NaN marks a slot that is free. */
static int enter_number(double *slots, double value)
{
    uint64_t bits;
    value += 0.0; /* -0 is 0 */
    memcpy(&bits, &value, sizeof bits);
    size_t at = (size_t)((bits * 0x9E3779B97F4A7C15u) >> 52);
    for (; !isnan(slots[at]); at = (at + 1) % SLOTS) {
        if (!(slots[at] < value) && !(slots[at] > value)) return 0;
    }
    slots[at] = value;
    return 1;
}

#define BEYOND 9007199254740992.0 /* every larger number is whole */

static void survey_numbers(luge__cells *cells, int64_t rows, double *slots)
{
    luge_table_column *info = &cells->info;
    double min = HUGE_VAL, max = -HUGE_VAL;
    int whole = 1;
    for (int i = 0; i < SLOTS; i++) slots[i] = (double)NAN;
    for (int64_t row = 0; row < rows; row += LUGE__TABLE_CHUNK) {
        const double *value = luge__number_at(cells, row);
        const int64_t n = rows - row < LUGE__TABLE_CHUNK ? rows - row : LUGE__TABLE_CHUNK;
        for (int64_t i = 0; i < n; i++) {
            const double v = value[i];
            if (isnan(v)) {
                info->missing++;
                continue;
            }
            if (v < min) min = v;
            if (v > max) max = v;
            if (whole && v > -BEYOND && v < BEYOND && v != (double)(int64_t)v) whole = 0;
            if (info->distinct < LUGE__DISTINCT_NUMBERS) info->distinct += enter_number(slots, v);
        }
    }
    const int any = info->missing < rows;
    info->whole = whole && any;
    info->min = any ? min : (double)NAN;
    info->max = any ? max : (double)NAN;
}

static void survey_texts(luge__cells *cells, int64_t rows)
{
    luge_table_column *info = &cells->info;
    for (int64_t row = 0; row < rows; row++) info->missing += *luge__code_at(cells, row) == LUGE__NO_TEXT;
    info->distinct = (int64_t)cells->words.n;
    info->min = info->max = (double)NAN;
}

luge_status luge__table_survey(luge_table *table)
{
    double *slots = luge__alloc(table->object.ctx, SLOTS * sizeof *slots);
    if (!slots) return LUGE_ENOMEM;
    for (size_t i = 0; i < table->n_columns; i++) {
        luge__cells *cells = &table->columns[i];
        cells->info.name = table->names.word[i];
        cells->info.is_text = cells->is_text;
        if (cells->is_text) {
            survey_texts(cells, table->rows);
        } else {
            survey_numbers(cells, table->rows, slots);
        }
    }
    luge__release(table->object.ctx, slots, SLOTS * sizeof *slots);
    return LUGE_OK;
}
