/* encoder.h: what an encoder knows. */
#ifndef LUGE_DATA_ENCODER_H
#define LUGE_DATA_ENCODER_H

#include "core/json.h"
#include "data/table.h"

enum { LUGE__MOST_CLASSES = 10000 };

/* A column that becomes features. */
typedef struct luge__encoded {
    const char *name;
    int32_t with_missing; /* among the training rows */
    double median;        /* numeric */
    const char **values;  /* text: sorted by bytes; numeric: NULL */
    size_t n_values;
} luge__encoded;

struct luge_encoder {
    luge__object object;
    luge__chunk *chunks; /* of all that it holds, but for the text */
    luge__encoded *columns;
    size_t n_columns;
    const char **left_out, **reasons;
    size_t n_left_out;
    const char *target;
    luge_task task;
    const char **classes; /* sorted by bytes, numbers by value; a regression has none */
    size_t n_classes;
    int numbers; /* the classes are numbers */
    double mean, deviation;
    luge__json_writer text;
    luge_encoder_info info;
};

/* An encoder with room for as many columns, used or left out. */
luge_encoder *luge__encoder_create(luge_context *ctx, size_t columns);
/* Memory that lives as long as the encoder, zeroed; n may be 0. NULL on an error. */
void *luge__encoder_alloc(luge_encoder *encoder, size_t n, size_t size);
const char *luge__encoder_copy(luge_encoder *encoder, const char *text);
/* Makes the info when everything else is there. */
luge_status luge__encoder_finish(luge_encoder *encoder);

/* The text that decided that the column is none of numbers, as an error. */
luge_status luge__not_numeric(const luge_table *table, int column);
/* No such column, as an error that names the nearest. */
luge_status luge__no_column(const luge_table *table, const char *name);
/* What is wrong with a value, as an error. */
luge_status luge__bad_value(const luge_table *table, int64_t row, int column, const char *what);

#endif
