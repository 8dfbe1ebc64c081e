/* csv.h: fields of a CSV file, one after another, and lists of distinct words. */
#ifndef LUGE_DATA_CSV_H
#define LUGE_DATA_CSV_H

#include "data/data.h"
#include "luge/table.h"

/* ---- fields ------------------------------------------------------------------------------------------------------ */

enum { LUGE__LONGEST_FIELD = 1 << 16 };

/* A file or stream that is read by pieces; no field leaves the buffer while it is scanned. */
typedef struct luge__csv {
    luge_context *ctx;
    const char *path; /* the caller's; for messages */
    luge__source file;
    const luge_reader *reader; /* NULL: the file */
    size_t longest;            /* bytes of a field */
    char delimiter;
    unsigned char stop[256]; /* nonzero for what a plain field ends with */
    luge__buffer *buffer;
    size_t start, at, end; /* of the field that is scanned; what comes next; what is there */
    uint64_t offset;       /* in the file, of what is to be read next */
    int at_end;            /* nothing is left to be read */
    int64_t line;          /* of what comes next, from 1 */
    int64_t column;        /* of the field that was scanned last, from 1 */
} luge__csv;

typedef struct luge__field {
    const char *text; /* without quotes; valid until the next call */
    size_t length;
    int64_t line; /* on which it begins */
    int last;     /* of its record */
    int quoted;
} luge__field;

/* At the begin of the file, or of what the reader gives; the delimiter is to be set, longest is LUGE__LONGEST_FIELD. */
luge_status luge__csv_open(luge_context *ctx, const char *path, const luge_reader *reader, luge__csv *csv);
void luge__csv_delimit(luge__csv *csv, char delimiter);
void luge__csv_close(luge__csv *csv);         /* idempotent */
luge_status luge__csv_rewind(luge__csv *csv); /* files only */
/* Goes to the next record; *more is 0 at the end. Blank lines may stand at the end only. */
luge_status luge__csv_record(luge__csv *csv, int *more);
luge_status luge__csv_field(luge__csv *csv, luge__field *field);
/* The next field if it is a short plain number, which most are: nonzero, *field and *value set. Otherwise nothing was
 * passed, and the field is luge__csv_field's. */
int luge__csv_number(luge__csv *csv, char point, luge__field *field, double *value);
/* The begin of a field, fit for a line of text. */
enum { LUGE__EXCERPT = 44 };
void luge__excerpt(const char *from, size_t length, char text[LUGE__EXCERPT]);

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* Distinct texts, numbered as they came. */
typedef struct luge__words {
    luge_context *ctx;
    luge__chunk *chunks;
    char *room; /* for the next texts, one after another */
    size_t left;
    const char **word;
    size_t n, capacity;
    uint32_t *slots; /* hash table of numbers + 1; more than half of it is free */
    size_t n_slots;
} luge__words;

/* Number of the text, which is entered where it is new; -1 on an error. */
int64_t luge__words_enter(luge__words *words, const char *text, size_t length);
/* The same, -1 where it is not there. */
int64_t luge__words_find(const luge__words *words, const char *text, size_t length);
void luge__words_free(luge__words *words);

#endif
