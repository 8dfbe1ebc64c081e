/* luge/model.h: networks that learn: describe, compile, fit, evaluate, predict, save, load, go on.
 *
 * The names and defaults are Keras'. A model is a graph with named weights, the loss and the optimizer that it was
 * compiled with, and its history. It belongs to its context. What training changes is all in the model, and a saved
 * model has all of it: a loaded one goes on, bit for bit, as if it had never stopped.
 *
 * Errors: see luge/context.h. Building and training keep the first error in the context; then functions that return a
 * pointer return NULL, those that return a value none, those that return scores NaN in all of them. Options and
 * descriptions are read by the call; nothing that they point to is needed afterwards, but where it is said. */
#ifndef LUGE_MODEL_H
#define LUGE_MODEL_H

#include "luge/check.h"
#include "luge/data.h"
#include "luge/layers.h"
#include "luge/metrics.h"
#include "luge/ops.h"
#include "luge/schedule.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct luge_model luge_model;

enum {
    LUGE_MAX_OUTPUTS = 8,    /* outputs of a model */
    LUGE_MAX_CALLBACKS = 16, /* callbacks of a fit */
    LUGE_MAX_METRICS = 12,   /* metrics of a model */
    LUGE_FULL_BATCH = -1     /* as a batch size: all rows */
};

/* ---- describe ---------------------------------------------------------------------------------------------------- */

/* Options of luge_sequential and luge_model_create. */
typedef struct luge_model_options {
    size_t size;
    luge_context *ctx; /* the positional argument */
    luge_dtype dtype;  /* of weights and computation: LUGE_F32 (default) or LUGE_F64 */
    uint64_t seed;     /* of first weights, order of rows, dropout; default 1 */
    const char *name;  /* default "sequential" */
} luge_model_options;

/* A model without layers, of the context. luge_close frees it, luge_model_free earlier. */
LUGE_API luge_model *luge_model_create_with(const luge_model_options *options);
LUGE_API void luge_model_free(luge_model *model); /* not from inside a callback of its own luge_fit */
#ifndef __cplusplus
#define luge_sequential(...)                                                                                           \
    luge_model_create_with(&(luge_model_options){ .size = sizeof(luge_model_options), .ctx = __VA_ARGS__ })
#define luge_model_create(...) luge_sequential(__VA_ARGS__)
#endif

/* Appends a layer to the chain. Without an input layer first, the chain is built when the first data shows the shape of
 * a row; then (or now) a layer that does not fit is an error that names it. */
LUGE_API luge_status luge_add_layer(luge_model *model, const luge_layer *layer);
/* Appends layers that a text describes: "dense 100 relu l2=0.001, batchnorm, dropout 0.2, dense 10 softmax". A layer is
 * its name (dense UNITS [ACTIVATION], dropout RATE, batchnorm, layernorm, flatten, embedding SIZE LENGTH,
 * normalization, rescaling FACTOR) or an activation's; l1, l2, init, bias, momentum, epsilon, slope, frozen, name
 * follow as NAME=VALUE (init: an initializer's name, or normal:DEVIATION). Errors name the column and the nearest word;
 * the layers before it are there. */
LUGE_API luge_status luge_add_layers(luge_model *model, const char *text);
/* Builds the chain for rows of that shape (without the batch) now; LUGE_ESTATE where that has been done. */
LUGE_API luge_status luge_build(luge_model *model, luge_shape row);

/* A model that is no chain: inputs, layers and any operators on values, then the outputs. A value's first dimension is
 * the batch. Operators must not fix its size (the graph is inferred anew for each number of rows). What is appended
 * after luge_compile makes the model forget what the optimizer had gathered.
 * An input: name NULL means "input"; dtype the model's (LUGE_NO_DTYPE, 0, means it), LUGE_I32 or LUGE_I64; row is the
 * shape of one row, without the batch, of sizes of at least 1. At most 8, in the order of the data set's feature
 * arrays. */
LUGE_API luge_val luge_model_input(luge_model *model, const char *name, luge_dtype dtype, luge_shape row);
LUGE_API luge_val luge_call_layer(luge_model *model, const luge_layer *layer, luge_val x);
/* A weight of one's own, for operators: of the model's dtype, trained along with those of the layers, without a
 * penalty. Kind 0 of the initializer means glorot_uniform. */
LUGE_API luge_val luge_model_weight(luge_model *model, const char *name, luge_shape shape,
                                    luge_initializer initializer);
/* 1 to LUGE_MAX_OUTPUTS values of the model's dtype, in the order of the data set's target arrays; in place of earlier
 * ones. */
LUGE_API luge_status luge_model_outputs(luge_model *model, const luge_val *outputs, int n);
LUGE_API luge_graph *luge_model_graph(luge_model *model); /* the forward graph; the model's */
/* Its output number `index`, from 0; none past the last, and before the model is built. */
LUGE_API luge_val luge_model_output(const luge_model *model, int index);

/* ---- compile ----------------------------------------------------------------------------------------------------- */

/* Per row, except where said; the loss of a batch is the mean over its rows, weighted: sum of weight * loss / rows. */
#define LUGE_LOSS_MAP(X)                                                                                               \
    X(MEAN_SQUARED_ERROR, 1, "mean_squared_error")                                                                     \
    X(HALF_MEAN_SQUARED_ERROR, 2, "half_mean_squared_error") /* sum (y-t)^2 / 2 of a row */                            \
    X(HALF_SUM_SQUARED_ERROR, 3, "half_sum_squared_error")   /* the same summed over the batch, or over all rows of    \
                                                                luge_evaluate: textbooks' */                           \
    X(MEAN_ABSOLUTE_ERROR, 4, "mean_absolute_error")                                                                   \
    X(HUBER_LOSS, 5, "huber")                                                                                          \
    X(BINARY_CROSSENTROPY, 6, "binary_crossentropy")                                                                   \
    X(CATEGORICAL_CROSSENTROPY, 7, "categorical_crossentropy")                                                         \
    X(SPARSE_CATEGORICAL_CROSSENTROPY, 8,                                                                              \
      "sparse_categorical_crossentropy") /* the same: takes class numbers as well */                                   \
    X(HINGE_LOSS, 9, "hinge")            /* targets -1 and 1; 0 counts as -1 */                                        \
    X(KL_DIVERGENCE_LOSS, 10, "kl_divergence")

/* Cross-entropies are computed from the values before a final sigmoid or softmax, exactly and without overflow; of
 * other outputs from probabilities, clipped to [1e-7, 1 - 1e-7] as Keras does (or, with .from_logits, from logits). */
typedef enum luge_loss {
    LUGE_NO_LOSS = 0,
#define LUGE__LOSS_ENUM(name, value, text) LUGE_##name = value,
    LUGE_LOSS_MAP(LUGE__LOSS_ENUM)
#undef LUGE__LOSS_ENUM
        LUGE__LOSS_FORCE_INT = 0x7fffffff
} luge_loss;

typedef enum luge_optimizer_kind {
    LUGE_SGD = 1,
    LUGE_ADAGRAD = 2,
    LUGE_RMSPROP = 3,
    LUGE_ADAM = 4,
    LUGE_ADAMW = 5,
    LUGE__OPTIMIZER_FORCE_INT = 0x7fffffff
} luge_optimizer_kind;

/* 0 where 0 is not the default: .epsilon = LUGE_ZERO. */
#define LUGE_ZERO (-1.0)

/* Zero means the default, Keras' or, with .formulas = LUGE_PYTORCH, PyTorch's. The updates stand in luge/ops.h. */
typedef struct luge_optimizer {
    size_t size;
    luge_optimizer_kind kind;
    double learning_rate;          /* sgd 0.01, others 0.001; PyTorch: adagrad, rmsprop 0.01 */
    const luge_schedule *schedule; /* rate by step (batch) since luge_compile, from 0, in place of learning_rate */
    double momentum;               /* sgd, rmsprop; default 0 */
    int32_t nesterov;              /* sgd */
    double rho;                    /* rmsprop 0.9; PyTorch 0.99 */
    int32_t centered;              /* rmsprop */
    double beta1, beta2;           /* adam, adamw: 0.9, 0.999 */
    double epsilon;                /* 1e-7; PyTorch 1e-8, adagrad 1e-10 */
    int32_t amsgrad;               /* adam, adamw */
    double initial_accumulator;    /* adagrad: 0.1; PyTorch 0 */
    double weight_decay;           /* w -= rate weight_decay w before the update. PyTorch: added to the gradient as
                                      weight_decay w, except in adamw. Default 0; adamw 0.004, PyTorch 0.01 */
    double clip_value;             /* gradients to [-clip_value, clip_value]; at most one of the three */
    double clip_norm;              /* each weight's gradient to that norm */
    double global_clip_norm;       /* all gradients together to that norm */
    int64_t accumulation_steps;    /* update once in so many steps with the mean gradient; default 1 */
    double average_momentum;       /* in [0, 1): keep moving averages of the weights, a = m a + (1-m) w, begun by the
                                      first update as w; default 0: none are kept. See luge_swap_averages */
    luge_formulas formulas;
} luge_optimizer;

#ifndef __cplusplus
#define luge__optimizer(...) (&(luge_optimizer){ .size = sizeof(luge_optimizer), __VA_ARGS__ })
#define luge_sgd(...)        luge__optimizer(.kind = LUGE_SGD, __VA_ARGS__)
#define luge_adagrad(...)    luge__optimizer(.kind = LUGE_ADAGRAD, __VA_ARGS__)
#define luge_rmsprop(...)    luge__optimizer(.kind = LUGE_RMSPROP, __VA_ARGS__)
#define luge_adam(...)       luge__optimizer(.kind = LUGE_ADAM, __VA_ARGS__)
#define luge_adamw(...)      luge__optimizer(.kind = LUGE_ADAMW, __VA_ARGS__)
#endif

/* Options of luge_compile. */
typedef struct luge_compile_options {
    size_t size;
    const luge_optimizer *optimizer;       /* default luge_rmsprop(), as in Keras */
    luge_loss loss;                        /* of every output; required unless losses are given */
    luge_metric metrics[LUGE_MAX_METRICS]; /* of the first output, without weights of rows; ends at the first 0 */
    double label_smoothing;                /* cross-entropies, in [0, 1) */
    double huber_delta;                    /* default 1 */
    int32_t from_logits;                   /* outputs are logits, not probabilities */
    luge_loss losses[LUGE_MAX_OUTPUTS];    /* one for each output */
    double loss_weights[LUGE_MAX_OUTPUTS]; /* of each output; 0 means 1 */
    double threshold;                      /* binary metrics: a probability in (0, 1); default 0.5 */
    int32_t top_k;                         /* LUGE_TOP_K; default 5 */
    luge_dtype precision;                  /* of matrix products, in training and ever after: LUGE_F32 (default), or
                                              LUGE_BF16 as in luge_plan_options. Weights, updates and files stay f32.
                                              For models of f32 */
} luge_compile_options;

/* Sets loss, optimizer and metrics. Weights and history stay; what an earlier optimizer and callbacks had gathered and
 * where training stood is forgotten. LUGE_EINVAL names the setting that is out of range. */
LUGE_API luge_status luge_compile_with(luge_model *model, const luge_compile_options *options);
#ifndef __cplusplus
#define luge_compile(model, ...)                                                                                       \
    luge_compile_with(model, &(luge_compile_options){ .size = sizeof(luge_compile_options), __VA_ARGS__ })
#endif

LUGE_API const char *luge_loss_name(luge_loss loss);             /* "?" for an unknown one */
LUGE_API int luge_loss_named(const char *name, luge_loss *loss); /* nonzero where there is such a name */
LUGE_API const char *luge_optimizer_name(luge_optimizer_kind kind);
LUGE_API int luge_optimizer_named(const char *name, luge_optimizer_kind *kind);

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

/* Where training stands when a callback is called; valid until it returns. A callback may look at the model (evaluate,
 * predict, save, read and set weights and the rate); what changes its structure or trains it is refused (LUGE_ESTATE).
 */
typedef struct luge_moment {
    luge_model *model;
    int64_t epoch, epochs; /* from 0; the number asked for */
    int64_t step, steps;   /* of this epoch: from 0; how many */
    double loss;           /* running mean of this epoch; NaN before its first step */
    double learning_rate;
    int32_t n_logs; /* end of an epoch: loss, metrics, val_loss, ...; of a step: loss and metrics so far */
    const char *const *names;
    const double *values;
} luge_moment;
/* The value of a name, NaN where it is not logged. */
LUGE_API double luge_moment_log(const luge_moment *moment, const char *name);

typedef enum luge_callback_kind {
    LUGE_CUSTOM_CALLBACK = 0,
    LUGE_EARLY_STOPPING = 1,
    LUGE_CHECKPOINT = 2,
    LUGE_REDUCE_RATE_ON_PLATEAU = 3,
    LUGE_CSV_LOG = 4,
    LUGE_STOP_ON_NAN = 5,
    LUGE__CALLBACK_FORCE_INT = 0x7fffffff
} luge_callback_kind;

/* A function of a callback; nonzero stops training (after this step, in good order). */
typedef int (*luge_callback_fn)(const luge_moment *moment, void *user);

/* A callback: functions of one's own, or one of the built-in kinds with its settings. It must live until luge_fit
 * returns: a macro's lives as long as the block it is written in. What built-in kinds remember is in the model, by
 * their places in luge_fit_options.callbacks: a resume gives the same ones in the same order. */
typedef struct luge_callback {
    size_t size;
    luge_callback_kind kind;
    void *user;
    luge_callback_fn train_begin, epoch_begin, batch_end, epoch_end, train_end; /* custom; any may be NULL */
    const char *monitor;      /* a log's name; default "val_loss". LUGE_EINVAL where an epoch will not log it; epochs
                                 without validation are passed over. NaN is never better */
    int32_t larger_is_better; /* 1 or -1 (smaller); default by the name: losses and errors smaller, others larger */
    double min_delta;         /* least change that counts; plateau: default 1e-4, LUGE_ZERO for 0 */
    int64_t patience;         /* epochs; early stopping: default 0; plateau: 10 */
    double factor;            /* plateau: the rate is multiplied by it, in (0, 1); default 0.1 */
    int64_t cooldown;         /* plateau: epochs after that in which nothing is counted; default 0 */
    double min_rate;          /* plateau: default 0 */
    int32_t has_baseline;     /* early stopping: patience begins anew only at what is better than baseline */
    double baseline;
    int64_t start_from_epoch;     /* early stopping: epochs before it are not looked at; from 0 */
    int32_t restore_best_weights; /* early stopping: put back at the end of training, unless an interrupt or a
                                     stop in the middle of an epoch means that it goes on. A resume goes on from the
                                     weights of the last epoch all the same */
    const char *path;             /* checkpoint: may hold {epoch} (from 1; {epoch:3} pads) and {name} of a
                                           log ({name:2}: decimals); csv log: the whole history, every epoch */
    int32_t save_best_only;       /* checkpoint: at an epoch's end only where the monitored value is the best so far */
    int64_t every_steps;          /* checkpoint: every so many steps; default: at the end of every epoch */
} luge_callback;

#ifndef __cplusplus
#define luge__callback(...)              (&(luge_callback){ .size = sizeof(luge_callback), __VA_ARGS__ })
#define luge_custom_callback(...)        luge__callback(.kind = LUGE_CUSTOM_CALLBACK, __VA_ARGS__)
#define luge_early_stopping(...)         luge__callback(.kind = LUGE_EARLY_STOPPING, __VA_ARGS__)
#define luge_checkpoint(...)             luge__callback(.kind = LUGE_CHECKPOINT, .path = __VA_ARGS__)
#define luge_reduce_rate_on_plateau(...) luge__callback(.kind = LUGE_REDUCE_RATE_ON_PLATEAU, __VA_ARGS__)
#define luge_csv_log(...)                luge__callback(.kind = LUGE_CSV_LOG, .path = __VA_ARGS__)
#define luge_stop_on_nan()               luge__callback(.kind = LUGE_STOP_ON_NAN)
#endif

/* luge_stop_on_nan stops at the first loss that is no finite number: the weights are those before that step, and the
 * reason in luge_progress names epoch, step and the data, weight or layer where it began. The optimizer's moments may
 * hold NaN by then: luge_compile before going on. It costs a copy of the weights in every step. */

/* ---- fit, evaluate, predict -------------------------------------------------------------------------------------- */

/* In which order an epoch takes the rows. */
typedef enum luge_sampling {
    LUGE_SHUFFLED = 0,         /* all of them, in an order that seed, epoch and their number give */
    LUGE_IN_ORDER = 1,         /* all of them, as they lie */
    LUGE_WITH_REPLACEMENT = 2, /* as many, each drawn from all (some textbooks do) */
    LUGE__SAMPLING_FORCE_INT = 0x7fffffff
} luge_sampling;

/* Options of luge_fit. What they point to must live until it returns. */
typedef struct luge_fit_options {
    size_t size;
    luge_dataset *data;    /* the last positional argument */
    int64_t epochs;        /* train up to this epoch; default 1 */
    int64_t initial_epoch; /* where counting begins, and from where on the history is written anew; default 0 */
    int32_t resume;        /* nonzero: go on where the model stopped, in the middle of an epoch too; the data,
                              batch_size and sampling must be what they were (LUGE_ESTATE otherwise). A model that has
                              not been trained begins */
    int64_t batch_size;    /* default 32; LUGE_FULL_BATCH */
    luge_sampling sampling;
    int64_t steps_per_epoch;       /* default, and most unless drawn with replacement: until the rows are used up;
                                      the last batch may be short */
    double validation_split;       /* last part of the rows, before any shuffling, that is held out: [0, 1) */
    luge_dataset *validation_data; /* in its place */
    int64_t validation_batch_size; /* default batch_size */
    int64_t validation_frequency;  /* every so many epochs; default 1 */
    const double *class_weights;   /* of each class of the first target, times the rows' own; not in validation */
    int32_t n_class_weights;
    int32_t verbose;               /* 1 (default): a progress bar; 2: a line an epoch; -1: nothing. At most 79 columns;
                                      "val" is the validation's value of what stands before it */
    luge_sink progress;            /* where to; default: nowhere */
    const volatile int *interrupt; /* set to nonzero (by a signal handler, say): training stops after the step */
    const luge_callback *callbacks[LUGE_MAX_CALLBACKS]; /* ends at the first NULL */
} luge_fit_options;

/* Trains. LUGE_OK too where a callback or the interrupt stopped it: luge_model_progress tells. LUGE_ESTATE before
 * luge_compile, LUGE_ESHAPE where the data does not fit the model, LUGE_EINVAL for options out of range, LUGE_EIO from
 * data and checkpoints. */
LUGE_API luge_status luge_fit_with(luge_model *model, const luge_fit_options *options);
#ifndef __cplusplus
#define luge_fit(model, ...)                                                                                           \
    luge_fit_with(model, &(luge_fit_options){ .size = sizeof(luge_fit_options), .data = __VA_ARGS__ })
#endif

/* Why the last fit ended. */
typedef enum luge_stop_cause {
    LUGE_RAN_TO_ITS_END = 0,
    LUGE_STOPPED_BY_CALLBACK = 1, /* one of the user's */
    LUGE_STOPPED_BY_INTERRUPT = 2,
    LUGE_STOPPED_EARLY = 3, /* early stopping */
    LUGE_STOPPED_BY_NAN = 4,
    LUGE__STOP_CAUSE_FORCE_INT = 0x7fffffff
} luge_stop_cause;

/* Where training stopped. */
typedef struct luge_progress {
    int64_t epoch;    /* epochs finished */
    int64_t step;     /* steps of the next one that are done: 0 unless stopped in its middle */
    int64_t updates;  /* steps since luge_compile, those that only gather gradients too */
    int32_t stopped;  /* nonzero where the last fit was stopped before its last epoch */
    char reason[256]; /* why, in words; "" where not */
    luge_stop_cause cause;
} luge_progress;
LUGE_API luge_progress luge_model_progress(const luge_model *model);

/* Scores on a data set; NaN where not asked for. LUGE_BINARY_ACCURACY stands in accuracy. */
typedef struct luge_scores {
    int64_t rows;
    double loss; /* regularization included, as Keras shows it */
    double accuracy, precision, recall, f1, auc, mae, mse, rmse, r2, top_k;
    double reserved[8];
} luge_scores;

/* Options of luge_evaluate. */
typedef struct luge_evaluate_options {
    size_t size;
    luge_dataset *data; /* the last positional argument */
    int64_t batch_size; /* default 256; LUGE_FULL_BATCH. Results do not depend on it but for the rounding of sums;
                           half_sum_squared_error is summed over all rows of the data set */
    luge_metric metrics[LUGE_MAX_METRICS]; /* in place of those of luge_compile */
    double *confusion;                     /* if not NULL: [classes, classes] counts, true class by predicted class */
    int32_t classes;                       /* of confusion: as many as outputs, or 2 for one */
} luge_evaluate_options;
/* Nothing is trained: dropout does nothing, batch normalization uses its averages. Needs luge_compile. */
LUGE_API luge_scores luge_evaluate_with(luge_model *model, const luge_evaluate_options *options);

/* Options of luge_predict. */
typedef struct luge_predict_options {
    size_t size;
    luge_dataset *data; /* positional: its features are read */
    void *out;          /* positional: rows x elements of an output row, in the model's dtype */
    size_t bytes;       /* positional: size of out, exactly that; LUGE_EINVAL otherwise */
    int32_t output;     /* number of the output, from 0; default the first */
    int64_t batch_size; /* default 256; the results are the same bits whatever it is */
} luge_predict_options;
LUGE_API luge_status luge_predict_with(luge_model *model, const luge_predict_options *options);
#ifndef __cplusplus
#define luge_evaluate(model, ...)                                                                                      \
    luge_evaluate_with(model, &(luge_evaluate_options){ .size = sizeof(luge_evaluate_options), .data = __VA_ARGS__ })
#define luge_predict(model, data_, out_, ...)                                                                          \
    luge_predict_with(model,                                                                                           \
                      &(luge_predict_options){                                                                         \
                          .size = sizeof(luge_predict_options), .data = data_, .out = out_, .bytes = __VA_ARGS__ })
#endif

/* A model made ready to answer: a plan for so many rows and memory of its own, so that nothing is allocated, looked up
 * or decided in a call. It shares the model's weights, and may outlive the model. Distinct predictors may run in
 * distinct threads at once, while the weights do not change. */
typedef struct luge_predictor luge_predictor;
LUGE_API luge_predictor *luge_predictor_create(luge_model *model, int64_t rows); /* of a model with one input */
LUGE_API void luge_predictor_free(luge_predictor *predictor);
/* features: [rows, ...] in the dtype of the model's input, C order, aligned as it; out: [rows, ...] of its first
 * output. Errors by status and luge_last_error alone. */
LUGE_API luge_status luge_predictor_run(luge_predictor *predictor, const void *features, size_t features_bytes,
                                        void *out, size_t out_bytes);

/* One step on all rows of a data set as one batch; returns its loss and metrics before the update. Epoch and history
 * stay as they are. */
LUGE_API luge_scores luge_train_on_batch(luge_model *model, luge_dataset *batch);
/* Learns mean and variance of the model's normalization layers from a data set of training rows. LUGE_ESTATE where
 * none stands right behind an input. */
LUGE_API luge_status luge_adapt(luge_model *model, luge_dataset *data);

/* ---- look -------------------------------------------------------------------------------------------------------- */

/* One weight. Strings belong to the model. */
typedef struct luge_weight_info {
    const char *name; /* "dense/kernel" */
    luge_val value;   /* the variable in luge_model_graph */
    luge_dtype dtype;
    luge_shape shape;
    int32_t trainable; /* zero: frozen, or changed by other means than gradients (averages of normalization) */
} luge_weight_info;
LUGE_API int luge_weight_count(const luge_model *model);
LUGE_API luge_status luge_weight_at(const luge_model *model, int index, luge_weight_info *info);
/* By name; bytes is the size of the weight. The model is built, or LUGE_ESTATE. */
LUGE_API luge_status luge_get_weight(luge_model *model, const char *name, void *data, size_t bytes);
LUGE_API luge_status luge_set_weight(luge_model *model, const char *name, const void *data, size_t bytes);
/* Exchanges weights and their moving averages (luge_optimizer.average_momentum); again: back. Not while in exchange is
 * training possible (LUGE_ESTATE). */
LUGE_API luge_status luge_swap_averages(luge_model *model);

/* One layer. Strings belong to the model. */
typedef struct luge_layer_info {
    const char *name;
    luge_layer_kind kind;
    luge_shape shape;       /* of its output; dim[0], the batch, is -1 */
    int64_t parameters;     /* of its own weights; a shared layer's count at the first */
    luge_val input, output; /* in luge_model_graph */
} luge_layer_info;
LUGE_API int luge_layer_count(const luge_model *model);
LUGE_API luge_status luge_layer_at(const luge_model *model, int index, luge_layer_info *info);

LUGE_API int64_t luge_parameter_count(const luge_model *model); /* -1 before it is built */
LUGE_API int64_t luge_trainable_count(const luge_model *model);
/* A table of layers, output shapes and parameters, at most 79 columns wide. */
LUGE_API luge_status luge_summary(luge_model *model, luge_sink sink);

LUGE_API double luge_learning_rate(const luge_model *model); /* of the next step; NaN before luge_compile */
LUGE_API luge_status luge_set_learning_rate(luge_model *model, double rate); /* LUGE_ESTATE where a schedule decides */

/* Names of classes and features that the first data set brought; NULL where it had none. */
LUGE_API const char *luge_class_name(const luge_model *model, int64_t index);
LUGE_API const char *luge_feature_name(const luge_model *model, int64_t index);

/* Texts that a program keeps with its model, such as how to prepare what it is given: saved and loaded with it. Both
 * are copied; UTF-8. NULL as text takes the note away; luge_note is NULL where there is none. */
LUGE_API luge_status luge_set_note(luge_model *model, const char *key, const char *text);
LUGE_API const char *luge_note(const luge_model *model, const char *key);

/* Bytes that training on a data set will take at its peak, before it starts. batch_size as in luge_fit. */
typedef struct luge_model_bytes {
    size_t data;       /* the data set's arrays and row numbers, and a gathered batch */
    size_t parameters; /* weights */
    size_t state;      /* gradients kept between steps, moments, averages */
    size_t arena;      /* intermediates and scratch of the plans */
    size_t total;
} luge_model_bytes;
LUGE_API luge_status luge_model_memory(luge_model *model, luge_dataset *data, int64_t batch_size,
                                       luge_model_bytes *memory);

/* Checks backpropagation against central differences (luge/check.h) for every weight that is trained, in the order of
 * luge_weight_at, at its current contents: the loss of a training step on all rows of `data` as one batch, in f64.
 * `results` has room for n = the number of those weights (LUGE_EINVAL otherwise). Needs a compiled model. options may
 * be NULL; bindings of options are not used. The model does not change. */
LUGE_API luge_status luge_check_model(luge_model *model, luge_dataset *data, const luge_check_options *options,
                                      luge_check_result *results, int n);

/* What one training step computes, to be looked at: forward pass, loss, gradients, updates, as one graph. Inputs and
 * weights have the node ids that they have in luge_model_graph; what is known of a layer's values there holds here. */
typedef struct luge_training_graph {
    luge_graph *graph; /* the caller's, to be freed by luge_graph_free; it shares the weights with the model */
    luge_val loss;     /* what stands behind it computes gradients and updates; an update is a node without a dtype */
    int32_t n_bindings;
    luge_binding bindings[8 + LUGE_MAX_OUTPUTS + 1]; /* what its inputs are given for these rows: features, targets,
                                                        weights of rows; the model's memory, until it is used again */
} luge_training_graph;
/* The graph for all rows of `batch` as one batch. gradients has room for luge_weight_count values: the gradient of each
 * weight, none where it is not trained; it may be NULL. Needs a compiled model. On an error graph is NULL. Nothing is
 * executed: the model stays as it is until the graph's updates run. */
LUGE_API luge_status luge_training_graph_of(luge_model *model, luge_dataset *batch, luge_training_graph *out,
                                            luge_val *gradients);

/* ---- history ----------------------------------------------------------------------------------------------------- */

LUGE_API int64_t luge_history_epochs(const luge_model *model);
LUGE_API int luge_history_count(const luge_model *model);                   /* how many names are logged */
LUGE_API const char *luge_history_name(const luge_model *model, int index); /* "loss", "accuracy", "val_loss", ... */
/* NaN where nothing was logged under that name in that epoch (from 0; negative: from the end). */
LUGE_API double luge_history_value(const luge_model *model, int64_t epoch, const char *name);
/* CSV: a line of names, "epoch" first, then a line an epoch, from 0; NA where nothing was logged. */
LUGE_API luge_status luge_history_csv(const luge_model *model, luge_sink sink);

/* ---- keep -------------------------------------------------------------------------------------------------------- */

/* One .safetensors file with everything (docs/file-format.md); an old file of that name is replaced whole or not at
 * all. LUGE_ESTATE before the model is built, LUGE_EIO where the file cannot be written. */
LUGE_API luge_status luge_save_model(luge_model *model, const char *path);
/* A new model, ready to predict and to go on. LUGE_EIO; LUGE_EFORMAT where the file is malformed or holds no model;
 * LUGE_ENOTSUP where a later library wrote it. Files need not be trusted. */
LUGE_API luge_model *luge_load_model(luge_context *ctx, const char *path);
/* From memory, which is not needed afterwards: for programs that carry their model inside. */
LUGE_API luge_model *luge_load_model_memory(luge_context *ctx, const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
