/* csv.h: fields of a CSV file, one after another, and lists of distinct words. */
#ifndef LUGE_DATA_CSV_H
#define LUGE_DATA_CSV_H

#include "data/data.h"

/* ---- fields ------------------------------------------------------------------------------------------------------ */

enum { LUGE__LONGEST_FIELD = 1 << 16 };

/* A file that is read by pieces; no field leaves the buffer while it is scanned. */
typedef struct luge__csv {
    luge_context *ctx;
    luge__source file;
    char delimiter;
    luge__buffer *buffer;
    size_t start, at, end; /* of the field that is scanned; what comes next; what is there */
    uint64_t offset;       /* in the file, of what is to be read next */
    int at_end;            /* nothing is left to be read */
    int64_t line;          /* of what comes next, from 1 */
} luge__csv;

typedef struct luge__field {
    const char *text; /* without quotes; valid until the next call */
    size_t length;
    int64_t line; /* on which it begins */
    int last;     /* of its record */
} luge__field;

luge_status luge__csv_open(luge_context *ctx, const char *path, char delimiter, luge__csv *csv);
void luge__csv_close(luge__csv *csv); /* idempotent */
luge_status luge__csv_rewind(luge__csv *csv);
/* Goes to the next record; *more is 0 at the end. Blank lines may stand at the end only. */
luge_status luge__csv_record(luge__csv *csv, int *more);
luge_status luge__csv_field(luge__csv *csv, luge__field *field);

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* Distinct texts, numbered as they came. */
typedef struct luge__words {
    luge_context *ctx;
    luge__chunk *chunks;
    const char **word;
    size_t n, capacity;
    uint32_t *slots; /* hash table of numbers + 1; more than half of it is free */
    size_t n_slots;
} luge__words;

/* Number of the text, which is entered where it is new; -1 on an error. */
int64_t luge__words_enter(luge__words *words, const char *text, size_t length);
void luge__words_free(luge__words *words);

#endif
