/* metrics.h: what a metric state is made of: one array of doubles, so that it can be written and read back as it is. */
#ifndef LUGE_NN_METRICS_H
#define LUGE_NN_METRICS_H

#include "core/core.h"
#include "luge/metrics.h"

/* What is summed; a metric needs one of them. */
enum {
    LUGE__NEED_RIGHT = 1, /* rows of which the class is predicted; several columns */
    LUGE__NEED_TOP = 2,
    LUGE__NEED_BINARY = 4,
    LUGE__NEED_CLASSES = 8, /* by class: predicted rightly, predicted, true */
    LUGE__NEED_CONFUSION = 16,
    LUGE__NEED_ROWS = 32, /* every row, for AUC */
    LUGE__NEED_ABSOLUTE = 64,
    LUGE__NEED_SQUARE = 128,
    LUGE__NEED_DEVIATION = 256, /* by column: first target, mean distance from it, squared deviation, squared error */

    /* Those for which a row is in one class; those for which it is a row of numbers. */
    LUGE__NEED_CLASS = LUGE__NEED_RIGHT | LUGE__NEED_TOP | LUGE__NEED_CLASSES | LUGE__NEED_CONFUSION | LUGE__NEED_ROWS,
    LUGE__NEED_ERRORS = LUGE__NEED_ABSOLUTE | LUGE__NEED_SQUARE | LUGE__NEED_DEVIATION
};

/* The first sums. Those by class, confusion and deviation follow, each where it is needed, then the rows. */
enum {
    LUGE__SUM_ROWS, /* how many, without those of weight 0 */
    LUGE__SUM_WEIGHT,
    LUGE__SUM_RIGHT,
    LUGE__SUM_TOP,
    LUGE__SUM_BINARY, /* elements; so the sums of errors */
    LUGE__SUM_ABSOLUTE,
    LUGE__SUM_SQUARE,
    LUGE__SUMS
};

struct luge_metric_state {
    luge__object object;
    int needs;
    int64_t outputs, classes; /* classes: outputs, or 2 for one */
    double threshold;         /* on what the predictions are */
    int64_t top_k;
    double *sums;
    size_t n_sums;                         /* without the rows */
    size_t by_class, confusion, deviation; /* where these begin in sums */
    double *rows;                          /* each: outputs scores, class, weight */
    size_t row_capacity;                   /* of rows, doubles */
};

/* A row kept for AUC: how many doubles. */
static inline size_t luge__row_doubles(const luge_metric_state *state)
{
    return (size_t)state->outputs + 2;
}

/* How many rows are kept. */
static inline size_t luge__rows_kept(const luge_metric_state *state)
{
    return state->needs & LUGE__NEED_ROWS ? (size_t)state->sums[LUGE__SUM_ROWS] : 0;
}

int luge__metric_need(luge_metric metric, int64_t outputs); /* 0 for an unknown metric */
luge_status luge__metric_auc(const luge_metric_state *state, double *value);

#endif
