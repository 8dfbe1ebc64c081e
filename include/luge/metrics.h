/* luge/metrics.h: how good predictions are, measured on the host in double, batch by batch.
 *
 *   luge_metric_state *state = luge_metric_state_create(ctx, 10, .metrics = (luge_metric[]){ LUGE_ACCURACY, LUGE_F1 },
 *                                                       .n_metrics = 2);
 *   luge_metric_update(state, rows, .predictions = p, .targets = classes, .kind = LUGE_CLASSES);      any number of
 * times luge_metric_value(state, LUGE_F1, &f1);
 *
 * A state keeps sums over the rows seen so far, and of these only what the metrics asked for need. Splitting rows into
 * other batches does not change a value beyond rounding. */
#ifndef LUGE_METRICS_H
#define LUGE_METRICS_H

#include "luge/data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* With one column of predictions, the classes are 0 and 1, and 1 is predicted above the threshold. With several, the
 * first largest column is the class predicted. A NaN among the predictions of a row makes it a wrong one: it predicts
 * no class. Weighted means divide by the sum of the weights. */
typedef enum luge_metric {
    LUGE_NO_METRIC = 0,
    LUGE_ACCURACY = 1,        /* share of rows whose class is predicted */
    LUGE_BINARY_ACCURACY = 2, /* share of elements on the right side of the threshold; each target is 0 or 1 */
    LUGE_TOP_K = 3,           /* share of rows whose class is among the k largest columns; of equal columns the first
                                 ranks first, and NaN before every number. Needs several columns */
    LUGE_PRECISION = 4,       /* of those predicted in a class, the share that is. One column: of class 1; several: mean
                                 over the classes that occur among targets or predictions. 0 where nothing is divided */
    LUGE_RECALL = 5,          /* of those in a class, the share predicted so; as precision */
    LUGE_F1 = 6,              /* harmonic mean of precision and recall of a class; as precision */
    LUGE_AUC = 7,             /* area under the ROC curve, exact, by ranks of the predictions as they are (equal ones
                                 count half). Several columns: mean over the classes of each against the rest, without
                                 those that no row or every row is in. It keeps every row: outputs + 2 doubles */
    LUGE_MAE = 8,             /* mean of |target - prediction| over all elements */
    LUGE_MSE = 9,             /* mean of its square */
    LUGE_RMSE = 10,           /* square root of LUGE_MSE */
    LUGE_R2 = 11,             /* 1 - squared error / squared deviation from the mean target, of each column, averaged.
                                 Where the targets of a column are all equal: 1 without an error, otherwise 0. NaN for
                                 fewer than two rows */
    LUGE__METRIC_FORCE_INT = 0x7fffffff
} luge_metric;

LUGE_API const char *luge_metric_name(luge_metric metric); /* "accuracy", "top_k", ...; "?" for an unknown one */
/* By that name or Keras' long one ("mean_squared_error"); LUGE_NO_METRIC for any other. */
LUGE_API luge_metric luge_metric_named(const char *name);
LUGE_API int luge_metric_better(luge_metric metric); /* 1: larger is better, -1: smaller; 0 for an unknown metric */

/* ---- states ------------------------------------------------------------------------------------------------------ */

/* The sums of a set of metrics; owned by its context. */
typedef struct luge_metric_state luge_metric_state;

/* Options of luge_metric_state_create. Zero means the default. */
typedef struct luge_metric_options {
    size_t size;
    int64_t outputs;            /* columns of a row of predictions, 1 or more: the last positional argument */
    const luge_metric *metrics; /* which, n_metrics of them; read by the call only */
    int32_t n_metrics;
    double threshold;  /* a probability above it predicts class 1; default 0.5. Rounded to the predictions' dtype */
    int64_t top_k;     /* k of LUGE_TOP_K; default 5 */
    int32_t logits;    /* nonzero: predictions are logits, so the threshold is at log(t / (1 - t)): 0 for 0.5 */
    int32_t confusion; /* nonzero: also count for luge_metric_confusion */
} luge_metric_options;

/* NULL on an error. */
LUGE_API luge_metric_state *luge_metric_state_create_with(luge_context *ctx, const luge_metric_options *options);
LUGE_API void luge_metric_state_free(luge_metric_state *state);

/* Some rows of predictions with their targets. */
typedef struct luge_metric_batch {
    size_t size;
    int64_t rows;            /* may be 0: the last positional argument */
    const void *predictions; /* [rows, outputs] */
    luge_dtype dtype;        /* of predictions and weights: LUGE_F32 (default) or LUGE_F64 */
    const void *targets;
    luge_target_kind kind;   /* LUGE_CLASSES: [rows], numbers below outputs (below 2 for one column)
                                LUGE_ONE_HOT: [rows, outputs]; the first largest column is the class
                                LUGE_NUMBERS: [rows, outputs]; 0 or 1 where a metric needs classes (one column only)
                                default: LUGE_CLASSES for integers, LUGE_NUMBERS for floats.
                                LUGE_MAE .. LUGE_R2 and LUGE_BINARY_ACCURACY take a class for its one-hot row */
    luge_dtype target_dtype; /* LUGE_CLASSES: LUGE_I32 (default) or LUGE_I64; otherwise LUGE_F32 or LUGE_F64, default
                                that of the predictions */
    const void *weights;     /* [rows], finite and not negative; a row of weight 0 is not looked at. Default: all 1 */
} luge_metric_batch;

/* Counts the rows of a batch. On an error (a class out of range, a bad weight, ...) nothing was counted. Memory is
 * allocated for LUGE_AUC only. */
LUGE_API luge_status luge_metric_update_with(luge_metric_state *state, const luge_metric_batch *batch);

#ifndef __cplusplus
#define luge_metric_state_create(ctx, ...)                                                                             \
    luge_metric_state_create_with(                                                                                     \
        ctx, &(luge_metric_options){ .size = sizeof(luge_metric_options), .outputs = __VA_ARGS__ })
#define luge_metric_update(state, ...)                                                                                 \
    luge_metric_update_with(state, &(luge_metric_batch){ .size = sizeof(luge_metric_batch), .rows = __VA_ARGS__ })
#endif

/* The metric over the rows counted so far: NaN where there are none, or where it is not defined for them. The metric
 * was asked for, or needs the same sums as one that was; LUGE_ESTATE otherwise. */
LUGE_API luge_status luge_metric_value(const luge_metric_state *state, luge_metric metric, double *value);
/* Forgets all rows. */
LUGE_API void luge_metric_reset(luge_metric_state *state);
/* Sums of weights by class and class predicted: counts[true * classes + predicted], where classes is outputs, or 2 for
 * one column. Rows that predict no class (NaN) are left out. LUGE_ESTATE without the option confusion. */
LUGE_API luge_status luge_metric_confusion(const luge_metric_state *state, double *counts, int64_t classes);

/* A whole state as doubles, for files: a state created with the same options that is set to them goes on as the first
 * would have, to the bit. The size grows with the rows for LUGE_AUC only. */
LUGE_API size_t luge_metric_state_size(const luge_metric_state *state); /* how many doubles now */
LUGE_API luge_status luge_metric_state_get(const luge_metric_state *state, double *values, size_t n);
/* Refuses values of other options, of a wrong number and counts that cannot be; the state is then as it was. */
LUGE_API luge_status luge_metric_state_set(luge_metric_state *state, const double *values, size_t n);

/* ---- alone ------------------------------------------------------------------------------------------------------- */

/* Wilson's score interval of a share that was measured as successes of n (0 <= successes <= n): where the true
 * share is to be expected. z is the quantile of the normal distribution; 0 means 1.959963984540054, for 95 %. [0,
 * 1] for n = 0.
 */
LUGE_API luge_status luge_wilson_interval(double successes, double n, double z, double *low, double *high);

#ifdef __cplusplus
}
#endif
#endif
