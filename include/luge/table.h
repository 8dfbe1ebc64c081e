/* luge/table.h: tables of numbers and text as people have them, and their way into a network.
 *
 * A table is what a CSV file says, column by column. An encoder learns from the training rows how each column becomes
 * numbers (text one-hot, missing values filled and flagged, classes numbered) and does the same to any later table,
 * its columns found by name. Its text goes into the model's file (luge_set_note), so the raw file is enough to predict.
 */
#ifndef LUGE_TABLE_H
#define LUGE_TABLE_H

#include "luge/data.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct luge_table luge_table;
typedef struct luge_encoder luge_encoder;

/* Where bytes come from: read fills up to `bytes` (at least 1) at `data` and returns how many; 0 at the end, -1 on an
 * error. */
typedef struct luge_reader {
    int64_t (*read)(void *user, void *data, size_t bytes);
    void *user;
} luge_reader;

/* Options of luge_table_read. Zero means the default. */
typedef struct luge_table_options {
    size_t size;
    const char *path;          /* the last positional argument: the file, or with a reader its name for messages */
    const luge_reader *reader; /* default: the file at path. Is read to its end, in one pass */
    char delimiter;            /* default: the one of , ; tab that the first line has most of outside quotes */
    char decimal;              /* default '.'; ',' for decimal commas (the delimiter is then not guessed as ',') */
    int32_t header;            /* 1: the first line has names, -1: it has not; default: names if no field of it is a
                                  number. Columns without a name are called by their number: "1", "2", ... */
} luge_table_options;

/* Reads a CSV file (RFC 4180: quotes, doubled quotes, line breaks in quotes; CRLF or LF; a byte order mark and blank
 * lines at the end are skipped; UTF-8). Spaces and tabs around a field without quotes do not count. A column whose
 * every field is a number or missing is numeric, any other is text. Missing: an empty field, NA, N/A, NaN, null, ?
 * (whatever case). The text of a number in a text column is that of the file; but where the first text comes after
 * 10,000 rows, or 4 MB of numbers, the numbers before it are written in their shortest form ("7" for "007").
 * Memory: 8 bytes a number, 4 a text, and each different text once with some 16 bytes; some 1 MB of buffers, and up to
 * 8 MB while the first rows are read. NULL on an error: LUGE_EFORMAT, with file, line and mostly column, for a row with
 * too few or too many fields, a name that comes twice, "inf" or a number beyond f64 in a column that was numeric so
 * far, zero bytes, text that is not UTF-8, a quote that is not closed or stands inside a field, a blank line between
 * rows, a field of more than 1 MB, more than 100,000 columns, no rows; LUGE_EIO where the file cannot be read;
 * LUGE_EINVAL; LUGE_ENOMEM. */
LUGE_API luge_table *luge_table_read_with(luge_context *ctx, const luge_table_options *options);
#ifndef __cplusplus
#define luge_table_read(ctx, ...)                                                                                      \
    luge_table_read_with(ctx, &(luge_table_options){ .size = sizeof(luge_table_options), .path = __VA_ARGS__ })
#endif
LUGE_API void luge_table_free(luge_table *table); /* NULL is fine */

/* One column. Strings belong to the table. */
typedef struct luge_table_column {
    const char *name;
    int32_t is_text;
    int64_t missing;  /* rows without a value */
    int64_t distinct; /* different values; 1,000 stands for as many or more numbers; texts are counted all */
    int32_t whole;    /* numeric: every value is a whole number, and there is one */
    double min, max;  /* numeric; NaN where all are missing */
} luge_table_column;
LUGE_API int64_t luge_table_rows(const luge_table *table); /* 0 for NULL, as for the columns */
LUGE_API int luge_table_columns(const luge_table *table);
/* LUGE_EINVAL where there is no such column. */
LUGE_API luge_status luge_table_column_at(const luge_table *table, int index, luge_table_column *column);
LUGE_API int luge_table_find(const luge_table *table, const char *name); /* -1 where there is none */
/* A value: NaN or NULL where it is missing, or there is no such row or column. A text column's number is NaN, a numeric
 * column's text NULL. The text belongs to the table. */
LUGE_API double luge_table_number(const luge_table *table, int64_t row, int column);
LUGE_API const char *luge_table_text(const luge_table *table, int64_t row, int column);

/* ---- encoders ---------------------------------------------------------------------------------------------------- */

typedef enum luge_task {
    LUGE_ANY_TASK = 0,
    LUGE_CLASSIFICATION = 1,
    LUGE_REGRESSION = 2,
    LUGE__TASK_FORCE_INT = 0x7fffffff
} luge_task;

/* Options of luge_encoder_learn. Zero means the default. */
typedef struct luge_encoder_options {
    size_t size;
    luge_table *table;   /* the last positional argument */
    const char *target;  /* name of the target column; default: the last column */
    luge_task task;      /* default: text is classes, and so are at most 20 different whole numbers, fewer than half the
                            rows; other numbers are a regression */
    const int64_t *rows; /* rows to learn from (the training part), from 0; default: all */
    int64_t n_rows;      /* as many are at rows */
    int32_t most_categories; /* text columns with more different values are left out; default 50 */
} luge_encoder_options;

/* Learns from the training rows, and from no others, how each column becomes features. Numeric columns: missing values
 * become the median, and where there were any a feature "NAME is missing" (0 or 1) follows. Text: a feature a value
 * ("NAME = VALUE"), sorted by bytes; all are 0 for a missing or new one. Left out, with the reason kept: columns
 * without a value, with one value only and no missing one, text with too many values. The table is not needed
 * afterwards. NULL on an error, LUGE_EINVAL mostly: no such target (the nearest name is told), a missing value of the
 * target in a training row, one class or one target value only, more than 10,000 classes (1,000 that are numbers), no
 * columns left, a row that the table does not have; text as the target of a regression. */
LUGE_API luge_encoder *luge_encoder_learn_with(luge_context *ctx, const luge_encoder_options *options);
#ifndef __cplusplus
#define luge_encoder_learn(ctx, ...)                                                                                   \
    luge_encoder_learn_with(ctx, &(luge_encoder_options){ .size = sizeof(luge_encoder_options), .table = __VA_ARGS__ })
#endif
LUGE_API void luge_encoder_free(luge_encoder *encoder); /* NULL is fine */

/* All rows of a table as a data set: one feature array [features] f32 with names; with `targets` nonzero also the
 * target, under its name: classes i32 numbered in byte order of their text (numbers: by value), or numbers f32, one a
 * row. The table is of the encoder's context. Columns are found by name, in any order; others are ignored, and so is
 * the target without `targets`. Where a column of texts has numbers only in this table, "7" is "007".
 * NULL on an error: lacking columns (all named), text in a numeric column (line), a number too large for f32, a missing
 * target or a class that the training had not (line, or row from 1 where some row takes several lines). */
LUGE_API luge_dataset *luge_encode(luge_encoder *encoder, luge_table *table, int targets);

/* What an encoder has learnt. Strings and lists belong to it. */
typedef struct luge_encoder_info {
    luge_task task;
    const char *target;
    int64_t classes;                /* 0 for a regression */
    const char *const *class_names; /* NULL for a regression */
    int64_t features;
    const char *const *feature_names;
    int32_t numeric, text; /* columns of the table that are used */
    int32_t with_missing;  /* of them, with missing values in the training rows */
    int32_t left_out;      /* columns that are not used, and why */
    const char *const *left_out_names, *const *left_out_reasons;
    double target_mean, target_deviation; /* regression, over the training rows; the deviation divides by n */
} luge_encoder_info;
LUGE_API luge_status luge_encoder_info_of(const luge_encoder *encoder, luge_encoder_info *info);

/* The encoder as text (JSON on one line, versioned), which belongs to the encoder; NULL without memory. */
LUGE_API const char *luge_encoder_text(luge_encoder *encoder);
/* An encoder from such a text: it encodes to the same bits. LUGE_EFORMAT, with what is wrong where, for any other
 * text, which may be anybody's. */
LUGE_API luge_encoder *luge_encoder_from_text(luge_context *ctx, const char *text);

#ifdef __cplusplus
}
#endif
#endif
