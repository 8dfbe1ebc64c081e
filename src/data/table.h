/* table.h: what tables are made of. */
#ifndef LUGE_DATA_TABLE_H
#define LUGE_DATA_TABLE_H

#include "data/csv.h"
#include "luge/table.h"

enum {
    LUGE__TABLE_CHUNK = 1024,      /* rows of a chunk; a power of 2 */
    LUGE__MOST_COLUMNS = 100000,   /* so that a file without line ends is found out */
    LUGE__DISTINCT_NUMBERS = 1000, /* are counted */
    LUGE__MOST_RAW_ROWS = 10000,   /* of which numbers keep their text, while columns are decided, */
    LUGE__MOST_RAW_BYTES = 4 << 20 /* and as many bytes of it in all */
};
#define LUGE__NO_TEXT UINT32_MAX /* code of a missing value */

/* A column's values: doubles (NaN: missing) or codes of words, by chunks of rows. The first chunk grows; the others
 * have LUGE__TABLE_CHUNK rows. */
typedef struct luge__cells {
    void **chunks;
    size_t n_chunks, capacity;
    size_t room;  /* rows of the first chunk */
    size_t coded; /* so many chunks hold codes: all of a text column, none of a numeric one */
    int is_text;
    luge__words words;
    char *raw; /* what the fields said, each terminated by 0 */
    size_t raw_bytes, raw_capacity;
    int64_t odd_line, odd_row; /* of the first field that is no number */
    uint32_t odd;              /* its word */
    luge_table_column info;
} luge__cells;

struct luge_table {
    luge__object object;
    char *path;
    luge__words names;
    luge__cells *columns;
    size_t n_columns;
    int64_t rows;
    int64_t first_line; /* of row 0 */
    int irregular;      /* some row takes several lines, so that a row's line is not known */
    int with_raw;       /* the text of numbers is kept */
    size_t raw_bytes;   /* of all columns */
};

/* ---- table_cells.c: storing; errors are LUGE_ENOMEM or those of luge__words_enter -------------------------------- */

/* Room for the row after the last in all columns. */
luge_status luge__table_room(luge_table *table);
/* The text of a number (or "" for a missing one) of the row that is read, while texts are kept. */
luge_status luge__table_keep_raw(luge_table *table, luge__cells *cells, const char *text, size_t length);
void luge__table_drop_raw(luge_table *table);
/* A numeric column becomes text: its first `rows` rows. */
luge_status luge__cells_to_text(luge_table *table, luge__cells *cells, int64_t rows);
void luge__cells_free(luge_context *ctx, luge__cells *cells);
/* Fills the columns' info, when all rows are there. */
luge_status luge__table_survey(luge_table *table);

static inline size_t luge__chunk_of(int64_t row)
{
    return (size_t)row / LUGE__TABLE_CHUNK;
}

static inline double *luge__number_at(const luge__cells *cells, int64_t row)
{
    return (double *)cells->chunks[luge__chunk_of(row)] + row % LUGE__TABLE_CHUNK;
}

static inline uint32_t *luge__code_at(const luge__cells *cells, int64_t row)
{
    return (uint32_t *)cells->chunks[luge__chunk_of(row)] + row % LUGE__TABLE_CHUNK;
}

/* ---- for messages ------------------------------------------------------------------------------------------------ */

/* "line 7" of that row, or "row 6" (from 1) where its line is not known. */
typedef struct luge__place {
    char text[40];
} luge__place;
luge__place luge__table_place(const luge_table *table, int64_t row);

#endif
