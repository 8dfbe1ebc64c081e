/* model_cases.h: small models with everything that training keeps, and data to train them on: what is saved, loaded,
 * resumed, damaged and starved of memory by the tests. */
#ifndef LUGE_TESTS_MODEL_CASES_H
#define LUGE_TESTS_MODEL_CASES_H

#include <string.h>

#include "luge/luge.h"

enum { CASE_ROWS = 22, CASE_BATCH = 4, CASE_STEPS = 6, CASE_CLASSES = 3 };

typedef enum case_flags {
    CASE_F64 = 1,
    CASE_MIXED = 2,          /* all kinds of layers in place of two dense ones */
    CASE_FUNCTIONAL = 4,     /* two inputs, two outputs, an embedding, a shared layer, constants */
    CASE_WEIGHTS = 8,        /* of rows */
    CASE_CLASS_WEIGHTS = 16, /* of classes */
    CASE_SPLIT = 32,         /* the last rows are held out: 17 remain, 5 steps */
    CASE_STOPPING = 64,      /* early stopping that keeps the best weights */
    CASE_PLATEAU = 128,
    CASE_AUC = 256,
    CASE_REPLACE = 512,
    CASE_IN_ORDER = 1024,
    CASE_BF16 = 2048 /* products of operands rounded to bf16 */
} case_flags;

typedef struct model_case {
    const char *name;
    int flags;
    luge_optimizer optimizer;
    luge_schedule schedule; /* used where its size is set */
} model_case;

#define CASE_OPTIMIZER(...)                                                                                            \
    {                                                                                                                  \
        .size = sizeof(luge_optimizer), __VA_ARGS__                                                                    \
    }
#define CASE_SCHEDULE(...)                                                                                             \
    {                                                                                                                  \
        .size = sizeof(luge_schedule), __VA_ARGS__                                                                     \
    }

static const model_case model_cases[] = {
    { "sgd", 0, CASE_OPTIMIZER(.kind = LUGE_SGD, .learning_rate = 0.1), { .size = 0 } },
    { "nesterov, mixed",
      CASE_MIXED,
      CASE_OPTIMIZER(.kind = LUGE_SGD, .learning_rate = 0.05, .momentum = 0.9, .nesterov = 1),
      { .size = 0 } },
    { "sgd, clipped, 3 steps gathered",
      CASE_AUC,
      CASE_OPTIMIZER(.kind = LUGE_SGD, .clip_value = 0.05, .accumulation_steps = 3),
      { .size = 0 } },
    { "adagrad, with replacement", CASE_REPLACE, CASE_OPTIMIZER(.kind = LUGE_ADAGRAD), { .size = 0 } },
    { "adagrad, pytorch, in order",
      CASE_IN_ORDER,
      CASE_OPTIMIZER(.kind = LUGE_ADAGRAD, .formulas = LUGE_PYTORCH, .weight_decay = 0.01),
      { .size = 0 } },
    { "rmsprop, row weights", CASE_WEIGHTS, CASE_OPTIMIZER(.kind = LUGE_RMSPROP), { .size = 0 } },
    { "rmsprop, centred, momentum",
      CASE_MIXED | CASE_F64 | CASE_AUC,
      CASE_OPTIMIZER(.kind = LUGE_RMSPROP, .centered = 1, .momentum = 0.9),
      { .size = 0 } },
    { "adam, class weights", CASE_CLASS_WEIGHTS, CASE_OPTIMIZER(.kind = LUGE_ADAM), { .size = 0 } },
    { "amsgrad, mixed",
      CASE_MIXED | CASE_AUC,
      CASE_OPTIMIZER(.kind = LUGE_ADAM, .amsgrad = 1, .clip_norm = 0.5),
      { .size = 0 } },
    { "adamw, f64, split",
      CASE_F64 | CASE_MIXED | CASE_SPLIT,
      CASE_OPTIMIZER(.kind = LUGE_ADAMW, .global_clip_norm = 0.3),
      { .size = 0 } },
    { "adam, averages, 3 steps gathered",
      CASE_MIXED,
      CASE_OPTIMIZER(.kind = LUGE_ADAM, .average_momentum = 0.9, .accumulation_steps = 3),
      { .size = 0 } },
    { "adam, early stopping",
      CASE_SPLIT | CASE_STOPPING | CASE_MIXED | CASE_AUC,
      CASE_OPTIMIZER(.kind = LUGE_ADAM, .learning_rate = 0.05),
      { .size = 0 } },
    { "sgd, plateau, early stopping",
      CASE_SPLIT | CASE_STOPPING | CASE_PLATEAU | CASE_F64 | CASE_CLASS_WEIGHTS,
      CASE_OPTIMIZER(.kind = LUGE_SGD, .learning_rate = 1),
      { .size = 0 } },
    { "exponential decay", CASE_WEIGHTS | CASE_CLASS_WEIGHTS, CASE_OPTIMIZER(.kind = LUGE_SGD, .momentum = 0.5),
      CASE_SCHEDULE(.kind = LUGE_EXPONENTIAL_DECAY, .initial_rate = 0.1, .decay_steps = 3, .decay_rate = 0.9) },
    { "piecewise", 0, CASE_OPTIMIZER(.kind = LUGE_ADAM),
      CASE_SCHEDULE(.kind = LUGE_PIECEWISE_CONSTANT, .n_boundaries = 2, .boundaries = { 4, 9 },
                    .values = { 0.01, 0.003, 0.001 }) },
    { "cosine, warm-up, functional", CASE_FUNCTIONAL, CASE_OPTIMIZER(.kind = LUGE_ADAM, .accumulation_steps = 3),
      CASE_SCHEDULE(.kind = LUGE_COSINE_DECAY, .initial_rate = 0.001, .decay_steps = 20, .warmup_target = 0.01,
                    .warmup_steps = 5) },
    { "functional, f64, row weights",
      CASE_FUNCTIONAL | CASE_F64 | CASE_WEIGHTS | CASE_SPLIT | CASE_AUC,
      CASE_OPTIMIZER(.kind = LUGE_RMSPROP, .average_momentum = 0.5),
      { .size = 0 } },
    { "restarts, with replacement", CASE_REPLACE | CASE_MIXED, CASE_OPTIMIZER(.kind = LUGE_ADAMW),
      CASE_SCHEDULE(.kind = LUGE_COSINE_RESTARTS, .initial_rate = 0.01, .decay_steps = 7) },
    { "bf16, mixed", CASE_BF16 | CASE_MIXED, CASE_OPTIMIZER(.kind = LUGE_ADAM), { .size = 0 } },
};
enum { MODEL_CASES = sizeof model_cases / sizeof *model_cases };

/* Rows of three features, or of those and two indices; classes, or classes and a number. `change` is added to one
 * feature, so that there is other data. */
static inline luge_dataset *case_data(luge_context *ctx, const model_case *c, int64_t rows, double change)
{
    static const char *const classes[CASE_CLASSES] = { "red", "green", "blue" };
    float x[64][3], weights[64], y[64];
    int32_t indices[64][2], labels[64];
    if (rows > 64) return NULL;
    for (int64_t i = 0; i < rows; i++) {
        for (int k = 0; k < 3; k++) x[i][k] = (float)((i * 7 + k * 5) % 11) / 4 - 1;
        for (int k = 0; k < 2; k++) indices[i][k] = (int32_t)((i * 3 + k) % 5);
        labels[i] = (int32_t)((i * i + i / 3) % CASE_CLASSES);
        weights[i] = (float)(1 + i % 3) / 2;
        y[i] = x[i][0] * 2 - x[i][1] + (float)indices[i][0];
    }
    x[rows / 2][1] += (float)change;
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_copy(ctx, LUGE_F32, luge_shape_of(rows, 3), x));
    if (c->flags & CASE_FUNCTIONAL)
        luge_dataset_add_features(data, luge_array_copy(ctx, LUGE_I32, luge_shape_of(rows, 2), indices));
    luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_I32, luge_shape_of(rows), labels), .kind = LUGE_CLASSES,
                             .classes = CASE_CLASSES, .names = classes);
    if (c->flags & CASE_FUNCTIONAL)
        luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_F32, luge_shape_of(rows, 1), y), .kind = LUGE_NUMBERS);
    if (c->flags & CASE_WEIGHTS)
        luge_dataset_set_weights(data, luge_array_copy(ctx, LUGE_F32, luge_shape_of(rows), weights));
    return luge_failed(ctx) ? NULL : data;
}

/* softmax(dense([shared(a), shared(embedding(b)) ...] * constant)), and a line through all with a weight of one's own
 */
static inline void case_functional(luge_model *m, luge_dtype dtype)
{
    static const double factors[4] = { 1, 0.5, 2, -1 };
    static const float factors32[4] = { 1, 0.5F, 2, -1 };
    luge_graph *g = luge_model_graph(m);
    const luge_val a = luge_model_input(m, "a", LUGE_NO_DTYPE, luge_shape_of(3));
    const luge_val b = luge_model_input(m, "b", LUGE_I32, luge_shape_of(2));
    luge_val e = luge_call_layer(m, luge_embedding(5, .output_dim = 2), b);
    e = luge_call_layer(m, luge_flatten_layer(), e);
    luge_val parts[2];
    parts[0] = luge_call_layer(m, luge_dense(4, .activation = LUGE_TANH, .kernel_l2 = 0.01), a);
    parts[1] = luge_call_layer(m, luge_dense(4, .no_bias = 1), e);
    luge_val h = luge_concat(g, parts, 2, 1);
    h = luge_call_layer(m, luge_batch_normalization(.frozen = 1), h);
    h = luge_call_layer(m, luge_dense(4, .name = "twice"), h);
    h = luge_mul(g, h,
                 luge_constant(g, dtype, luge_shape_of(4), dtype == LUGE_F64 ? (const void *)factors : factors32));
    const luge_val again = luge_call_layer(m, luge_dropout(0.2), h);
    luge_val outputs[2];
    outputs[0] = luge_call_layer(m, luge_dense(CASE_CLASSES, .activation = LUGE_SOFTMAX), again);
    const luge_val line = luge_model_weight(m, "line", luge_shape_of(4), luge_init_uniform(-1, 1));
    const luge_val own = luge_variable(g, "own", dtype, luge_shape_of(4));
    luge_set(g, own, dtype == LUGE_F64 ? (const void *)factors : factors32, 4 * luge_dtype_size(dtype));
    const luge_val sum = luge_sum_over(g, luge_mul(g, luge_add(g, h, own), line), luge_axes_of(1), 1);
    outputs[1] = luge_add(g, sum, luge_scalar(g, dtype, 0.25));
    luge_model_outputs(m, outputs, 2);
}

static inline luge_status case_compile(luge_model *m, const model_case *c)
{
    luge_optimizer optimizer = c->optimizer;
    if (c->schedule.size) optimizer.schedule = &c->schedule;
    luge_compile_options o = { .size = sizeof o,
                               .optimizer = &optimizer,
                               .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY,
                               .metrics = { LUGE_ACCURACY },
                               .precision = c->flags & CASE_BF16 ? LUGE_BF16 : LUGE_NO_DTYPE };
    if (c->flags & CASE_AUC) o.metrics[1] = LUGE_AUC;
    if (c->flags & CASE_FUNCTIONAL) {
        o.losses[0] = LUGE_CATEGORICAL_CROSSENTROPY;
        o.losses[1] = LUGE_MEAN_SQUARED_ERROR;
        o.loss_weights[1] = 0.5;
    }
    return luge_compile_with(m, &o);
}

/* Built, adapted to the data, compiled. */
static inline luge_model *case_model(luge_context *ctx, const model_case *c, luge_dataset *data)
{
    const luge_dtype dtype = c->flags & CASE_F64 ? LUGE_F64 : LUGE_F32;
    luge_model *m = luge_sequential(ctx, .dtype = dtype, .seed = 5, .name = "small");
    if (!m) return NULL;
    if (c->flags & CASE_FUNCTIONAL) {
        case_functional(m, dtype);
    } else if (c->flags & CASE_MIXED) {
        luge_add_layer(m, luge_normalization());
        luge_add_layer(m, luge_dense(5, .activation = LUGE_RELU, .kernel_l1 = 0.001, .bias_l2 = 0.01));
        luge_add_layer(m, luge_batch_normalization(.momentum = 0.9));
        luge_add_layer(m, luge_dropout(0.25));
        luge_add_layer(m, luge_layer_normalization());
        luge_add_layer(m, luge_dense(CASE_CLASSES, .activation = LUGE_SOFTMAX));
        luge_adapt(m, data);
    } else {
        luge_add_layer(m, luge_input_layer(luge_shape_of(3)));
        luge_add_layer(m, luge_dense(4, .activation = LUGE_TANH));
        luge_add_layer(m, luge_dense(CASE_CLASSES, .activation = LUGE_SOFTMAX));
    }
    return case_compile(m, c) ? NULL : m;
}

/* Options of a fit; `last` is a callback behind those of the case, or NULL. */
typedef struct case_fit {
    luge_fit_options o;
    luge_callback callbacks[4];
} case_fit;

static inline void case_fit_options(case_fit *f, const model_case *c, luge_dataset *data, int64_t epochs,
                                    const char *csv, const luge_callback *last)
{
    static const double class_weights[CASE_CLASSES] = { 1, 2, 0.5 };
    int n = 0;
    memset(f, 0, sizeof *f);
    f->o = (luge_fit_options){ .size = sizeof f->o, .data = data, .epochs = epochs, .batch_size = CASE_BATCH };
    if (c->flags & CASE_SPLIT) f->o.validation_split = 0.2;
    if (c->flags & CASE_REPLACE) f->o.sampling = LUGE_WITH_REPLACEMENT;
    if (c->flags & CASE_IN_ORDER) f->o.sampling = LUGE_IN_ORDER;
    if (c->flags & CASE_CLASS_WEIGHTS) {
        f->o.class_weights = class_weights;
        f->o.n_class_weights = CASE_CLASSES;
    }
    if (c->flags & CASE_STOPPING) f->callbacks[n++] = *luge_early_stopping(.patience = 20, .restore_best_weights = 1);
    if (c->flags & CASE_PLATEAU) f->callbacks[n++] = *luge_reduce_rate_on_plateau(.patience = 1, .cooldown = 1);
    if (csv) f->callbacks[n++] = *luge_csv_log(csv);
    if (last) f->callbacks[n++] = *last;
    for (int i = 0; i < n; i++) f->o.callbacks[i] = &f->callbacks[i];
}

#endif
