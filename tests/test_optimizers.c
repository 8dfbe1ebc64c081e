/* test_optimizers.c: optimizers, clipping, decay, accumulation, averages and schedules through models, step by step
 * against PyTorch's and Keras' numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/model.h"

#include "golden/optimizer_golden.inc"

enum {
    ROWS = sizeof optimizer_golden_rows / sizeof *optimizer_golden_rows,
    STEPS = 25,
    SAMPLES = 6,
    PARAMETERS = 64,
    WEIGHTS = 6
};
static const double tolerance = 1e-10;

static const struct {
    const char *name;
    int size;
} weights[WEIGHTS] = { { "dense/kernel", 20 }, { "dense/bias", 5 },      { "dense_1/kernel", 20 },
                       { "dense_1/bias", 4 },  { "dense_2/kernel", 12 }, { "dense_2/bias", 3 } };

/* ---- a golden row as a model ------------------------------------------------------------------------------------- */

static double or_zero(double value)
{
    return value != 0 ? value : LUGE_ZERO;
}

static luge_schedule schedule_of(const optimizer_golden *row)
{
    const int cosine = row->settings.schedule && !strcmp(row->settings.schedule, "cosine");
    return (luge_schedule){ .size = sizeof(luge_schedule),
                            .kind = cosine ? LUGE_COSINE_DECAY : LUGE_EXPONENTIAL_DECAY,
                            .initial_rate = row->settings.learning_rate,
                            .decay_steps = (int64_t)row->settings.decay_steps,
                            .decay_rate = row->settings.decay_rate,
                            .staircase = row->settings.staircase,
                            .alpha = row->settings.alpha,
                            .warmup_target = row->settings.warmup_target,
                            .warmup_steps = (int64_t)row->settings.warmup_steps };
}

static luge_optimizer optimizer_of(const optimizer_golden *row, const luge_schedule *schedule)
{
    luge_optimizer o = { .size = sizeof o,
                         .learning_rate = row->settings.learning_rate,
                         .schedule = row->settings.schedule ? schedule : NULL,
                         .momentum = or_zero(row->settings.momentum),
                         .nesterov = row->settings.nesterov,
                         .rho = row->settings.rho,
                         .centered = row->settings.centered,
                         .beta1 = row->settings.beta1,
                         .beta2 = row->settings.beta2,
                         .epsilon = row->settings.epsilon,
                         .amsgrad = row->settings.amsgrad,
                         .initial_accumulator = or_zero(row->settings.initial_accumulator),
                         .weight_decay = or_zero(row->settings.weight_decay),
                         .clip_value = row->settings.clip_value,
                         .clip_norm = row->settings.clip_norm,
                         .global_clip_norm = row->settings.global_clip_norm,
                         .accumulation_steps = row->settings.accumulation_steps,
                         .average_momentum = row->settings.average_momentum,
                         .formulas = strcmp(row->convention, "torch") ? LUGE_KERAS : LUGE_PYTORCH };
    luge_optimizer_named(row->settings.optimizer, &o.kind);
    return o;
}

static void set_start(luge_test *t, luge_model *m)
{
    const double *from = optimizer_golden_start;
    for (int i = 0; i < WEIGHTS; i++) {
        CHECK_STATUS(t, luge_set_weight(m, weights[i].name, from, (size_t)weights[i].size * sizeof *from), LUGE_OK);
        from += weights[i].size;
    }
}

static void get_all(luge_test *t, luge_model *m, double to[PARAMETERS])
{
    for (int i = 0; i < WEIGHTS; i++) {
        CHECK_STATUS(t, luge_get_weight(m, weights[i].name, to, (size_t)weights[i].size * sizeof *to), LUGE_OK);
        to += weights[i].size;
    }
}

static luge_model *network(luge_test *t, luge_context *ctx, double l1, double l2)
{
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_input_layer(luge_shape_of(4)));
    luge_add_layer(m, luge_dense(5, .activation = LUGE_TANH, .kernel_l1 = l1, .kernel_l2 = l2));
    luge_add_layer(m, luge_dense(4, .activation = LUGE_RELU, .kernel_l1 = l1, .kernel_l2 = l2));
    luge_add_layer(m, luge_dense(3, .kernel_l1 = l1, .kernel_l2 = l2));
    set_start(t, m);
    return m;
}

static luge_model *model_of(luge_test *t, luge_context *ctx, const optimizer_golden *row)
{
    luge_model *m = network(t, ctx, row->settings.l1, row->settings.l2);
    const luge_schedule schedule = schedule_of(row);
    const luge_optimizer optimizer = optimizer_of(row, &schedule);
    CHECK_STATUS(t, luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = &optimizer), LUGE_OK);
    return m;
}

static luge_dataset *samples(luge_context *ctx)
{
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(SAMPLES, 4), optimizer_golden_x));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(SAMPLES, 3), optimizer_golden_y));
    return data;
}

static void note(double *worst, double value, double expected)
{
    const double off = fabs(value - expected) / fmax(1, fabs(expected));
    if (!(off <= *worst)) *worst = off;
}

static void check_row(luge_test *t, const optimizer_golden *row, const double *losses, const double *parameters,
                      double *worst)
{
    double mine = 0;
    for (int i = 0; losses && i < STEPS; i++) note(&mine, losses[i], row->losses[i]);
    for (int i = 0; i < PARAMETERS; i++) note(&mine, parameters[i], row->parameters[i]);
    if (!CHECK(t, mine <= tolerance)) printf("  %s %s is off by %g\n", row->convention, row->name, mine);
    if (!(mine <= *worst)) *worst = mine;
}

/* ---- step by step ------------------------------------------------------------------------------------------------ */

static void train_steps(luge_test *t, const optimizer_golden *row, int threads, double losses[STEPS],
                        double parameters[PARAMETERS])
{
    luge_context *ctx = luge_open(.threads = threads);
    luge_model *m = model_of(t, ctx, row);
    luge_dataset *all = samples(ctx), *part[SAMPLES] = { all };
    const int batch = row->settings.batch ? row->settings.batch : SAMPLES;
    for (int i = 0; batch < SAMPLES && i < SAMPLES; i += batch) part[i] = luge_dataset_slice(all, i, batch);
    for (int i = 0; i < STEPS; i++) {
        const luge_scores scores = luge_train_on_batch(m, part[i * batch % SAMPLES]);
        losses[i] = scores.loss;
        if (!CHECK_EQ_INT(t, scores.rows, batch)) break;
    }
    if (row->settings.average_momentum > 0) CHECK_STATUS(t, luge_swap_averages(m), LUGE_OK);
    get_all(t, m, parameters);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, STEPS);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void all_rows(luge_test *t)
{
    double worst = 0;
    CHECK_EQ_INT(t, ROWS, 53);
    for (int i = 0; i < ROWS; i++) {
        double losses[STEPS] = { 0 }, parameters[PARAMETERS] = { 0 };
        train_steps(t, &optimizer_golden_rows[i], 1, losses, parameters);
        check_row(t, &optimizer_golden_rows[i], losses, parameters, &worst);
    }
    if (t->verbose) printf("  optimizers: off by at most %g\n", worst);
}

static void threads(luge_test *t)
{
    for (int i = 0; i < ROWS; i += 5) {
        double losses[2][STEPS] = { { 0 } }, parameters[2][PARAMETERS] = { { 0 } };
        for (int k = 0; k < 2; k++) train_steps(t, &optimizer_golden_rows[i], k + 1, losses[k], parameters[k]);
        CHECK_EQ_INT(t, memcmp(losses[0], losses[1], sizeof losses[0]), 0);
        CHECK_EQ_INT(t, memcmp(parameters[0], parameters[1], sizeof parameters[0]), 0);
    }
}

/* ---- by fit ------------------------------------------------------------------------------------------------------ */

/* An epoch is six rows in order: one step, or three, whose losses it averages. The step that is left over is one on a
 * batch: it goes on where fit stopped. */
static void fit_row(luge_test *t, const optimizer_golden *row, double *worst)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = model_of(t, ctx, row);
    luge_dataset *data = samples(ctx);
    const int batch = row->settings.batch ? row->settings.batch : SAMPLES, steps = SAMPLES / batch;
    const int epochs = STEPS / steps;
    CHECK_STATUS(t, luge_fit(m, data, .epochs = epochs, .batch_size = batch, .sampling = LUGE_IN_ORDER), LUGE_OK);
    CHECK_EQ_INT(t, luge_history_epochs(m), epochs);
    for (int i = 0; i < epochs; i++) {
        double expected = 0;
        for (int k = 0; k < steps; k++) expected += row->losses[i * steps + k] / steps;
        CHECK_CLOSE(t, luge_history_value(m, i, "loss"), expected, tolerance * fmax(1, fabs(expected)));
    }
    if (epochs * steps < STEPS) {
        const double loss = luge_train_on_batch(m, luge_dataset_slice(data, 0, batch)).loss;
        CHECK_CLOSE(t, loss, row->losses[STEPS - 1], tolerance);
    }
    double parameters[PARAMETERS] = { 0 };
    if (row->settings.average_momentum > 0) CHECK_STATUS(t, luge_swap_averages(m), LUGE_OK);
    get_all(t, m, parameters);
    check_row(t, row, NULL, parameters, worst);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void by_fit(luge_test *t)
{
    double worst = 0;
    for (int i = 0; i < ROWS; i++) fit_row(t, &optimizer_golden_rows[i], &worst);
    if (t->verbose) printf("  fit: off by at most %g\n", worst);
}

/* ---- single precision -------------------------------------------------------------------------------------------- */

/* The same steps in f32: weights go in and out as floats. */
static double single_row(luge_test *t, const optimizer_golden *row)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_input_layer(luge_shape_of(4)));
    const double l1 = row->settings.l1, l2 = row->settings.l2;
    luge_add_layer(m, luge_dense(5, .activation = LUGE_TANH, .kernel_l1 = l1, .kernel_l2 = l2));
    luge_add_layer(m, luge_dense(4, .activation = LUGE_RELU, .kernel_l1 = l1, .kernel_l2 = l2));
    luge_add_layer(m, luge_dense(3, .kernel_l1 = l1, .kernel_l2 = l2));
    float values[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++) values[i] = (float)optimizer_golden_start[i];
    for (int i = 0, at = 0; i < WEIGHTS; at += weights[i++].size)
        luge_set_weight(m, weights[i].name, values + at, (size_t)weights[i].size * sizeof *values);
    const luge_schedule schedule = schedule_of(row);
    const luge_optimizer optimizer = optimizer_of(row, &schedule);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = &optimizer);
    luge_dataset *data = samples(ctx);
    double worst = 0;
    for (int i = 0; i < STEPS; i++) {
        const int batch = row->settings.batch ? row->settings.batch : SAMPLES;
        note(&worst, luge_train_on_batch(m, luge_dataset_slice(data, i * batch % SAMPLES, batch)).loss, row->losses[i]);
    }
    if (row->settings.average_momentum > 0) luge_swap_averages(m);
    for (int i = 0, at = 0; i < WEIGHTS; at += weights[i++].size)
        luge_get_weight(m, weights[i].name, values + at, (size_t)weights[i].size * sizeof *values);
    for (int i = 0; i < PARAMETERS; i++) note(&worst, (double)values[i], row->parameters[i]);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
    return worst;
}

static void single_precision(luge_test *t)
{
    double worst = 0;
    for (int i = 0; i < ROWS; i++) {
        const double off = single_row(t, &optimizer_golden_rows[i]);
        if (!CHECK(t, off <= 5e-6)) printf("  %s is off by %g\n", optimizer_golden_rows[i].name, off);
        worst = fmax(worst, off);
    }
    if (t->verbose) printf("  f32: off by at most %g\n", worst);
}

/* Equal gradients have no variance, and rounding must not make a root of less than that. */
static void constant_gradient(luge_test *t)
{
    for (int k = 0; k < 16; k++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = luge_sequential(ctx);
        const float x = 100 + 13.7f * (float)(k / 2), y = 1e9f;
        float w = 0;
        luge_dataset *data = luge_dataset_create(ctx);
        luge_add_layer(m, luge_dense(1, .no_bias = 1));
        luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(1, 1), &x));
        luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(1, 1), &y));
        luge_compile(m, .loss = LUGE_MEAN_ABSOLUTE_ERROR,
                     .optimizer =
                         luge_rmsprop(.centered = 1, .rho = 0.9, .formulas = k % 2 ? LUGE_PYTORCH : LUGE_KERAS));
        for (int i = 0; i < 400; i++) luge_train_on_batch(m, data);
        CHECK_STATUS(t, luge_get_weight(m, "dense/kernel", &w, sizeof w), LUGE_OK);
        CHECK(t, isfinite(w));
        luge_close(ctx);
    }
}

/* ---- averages ---------------------------------------------------------------------------------------------------- */

static void averages(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = network(t, ctx, 0, 0);
    luge_dataset *data = samples(ctx);
    double first[PARAMETERS], second[PARAMETERS], average[PARAMETERS], again[PARAMETERS];
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd(.average_momentum = 0.75));
    luge_train_on_batch(m, data);
    get_all(t, m, first);
    luge_train_on_batch(m, data);
    get_all(t, m, second);
    CHECK_STATUS(t, luge_swap_averages(m), LUGE_OK);
    get_all(t, m, average);
    for (int i = 0; i < PARAMETERS; i++) CHECK_CLOSE(t, average[i], 0.75 * first[i] + 0.25 * second[i], 1e-15);
    CHECK(t, isnan(luge_train_on_batch(m, data).loss));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "exchanged for their averages");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_fit(m, data), LUGE_ESTATE);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_swap_averages(m), LUGE_OK);
    get_all(t, m, again);
    CHECK_EQ_INT(t, memcmp(second, again, sizeof again), 0);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR,
                 .optimizer = luge_sgd(.average_momentum = 0.75, .accumulation_steps = 2));
    luge_train_on_batch(m, data); /* no update yet: the averages are the weights */
    CHECK_STATUS(t, luge_swap_averages(m), LUGE_OK);
    get_all(t, m, again);
    CHECK_EQ_INT(t, memcmp(second, again, sizeof again), 0);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd());
    CHECK_STATUS(t, luge_swap_averages(m), LUGE_ESTATE);
    luge_close(ctx);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static void train_by(luge_test *t, const luge_optimizer *o, double parameters[PARAMETERS])
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = network(t, ctx, 0, 0);
    luge_dataset *data = samples(ctx);
    CHECK_STATUS(t, luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = o), LUGE_OK);
    for (int i = 0; i < 5; i++) luge_train_on_batch(m, data);
    get_all(t, m, parameters);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void same(luge_test *t, const luge_optimizer *a, const luge_optimizer *b)
{
    double one[PARAMETERS], other[PARAMETERS];
    train_by(t, a, one);
    train_by(t, b, other);
    CHECK_EQ_INT(t, memcmp(one, other, sizeof one), 0);
}

/* What is left out has the documented values. */
static void defaults(luge_test *t)
{
    const luge_formulas torch = LUGE_PYTORCH;
    same(t, luge_sgd(), luge_sgd(.learning_rate = 0.01, .momentum = LUGE_ZERO, .weight_decay = LUGE_ZERO));
    same(t, NULL, luge_rmsprop());
    same(t, luge_rmsprop(), luge_rmsprop(.learning_rate = 0.001, .rho = 0.9, .epsilon = 1e-7));
    same(t, luge_adagrad(), luge_adagrad(.learning_rate = 0.001, .initial_accumulator = 0.1, .epsilon = 1e-7));
    same(t, luge_adam(), luge_adam(.learning_rate = 0.001, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-7));
    same(t, luge_adamw(), luge_adamw(.learning_rate = 0.001, .weight_decay = 0.004, .epsilon = 1e-7));
    same(t, luge_adamw(.weight_decay = LUGE_ZERO), luge_adam());
    same(t, luge_adagrad(.formulas = torch),
         luge_adagrad(.learning_rate = 0.01, .initial_accumulator = LUGE_ZERO, .epsilon = 1e-10, .formulas = torch));
    same(t, luge_rmsprop(.formulas = torch),
         luge_rmsprop(.learning_rate = 0.01, .rho = 0.99, .epsilon = 1e-8, .formulas = torch));
    same(t, luge_adam(.formulas = torch), luge_adam(.learning_rate = 0.001, .epsilon = 1e-8, .formulas = torch));
    same(t, luge_adamw(.formulas = torch), luge_adamw(.weight_decay = 0.01, .epsilon = 1e-8, .formulas = torch));
    same(t, luge_adam(.accumulation_steps = 1), luge_adam());
    same(t, luge_sgd(), luge_sgd(.schedule = luge_constant_rate(0.01)));
}

/* beta1 = 0 and epsilon = 0 are settings, too: Adam is then g / |g| at first. */
static void zeros(luge_test *t)
{
    double plain[PARAMETERS], none[PARAMETERS];
    train_by(t, luge_adam(.beta1 = LUGE_ZERO, .epsilon = LUGE_ZERO, .learning_rate = 0.001), none);
    train_by(t, luge_adam(.beta1 = 1e-12, .epsilon = 1e-15, .learning_rate = 0.001), plain);
    for (int i = 0; i < PARAMETERS; i++) CHECK_CLOSE(t, none[i], plain[i], 1e-9);
    train_by(t, luge_rmsprop(.rho = LUGE_ZERO, .epsilon = 1e-15, .learning_rate = 0.001), plain);
    for (int i = 0; i < PARAMETERS; i++) {
        const double moved = fabs(plain[i] - optimizer_golden_start[i]) / 0.001;
        CHECK(t, moved < 5 + 1e-6);
    }
}

/* A weight without a gradient does not move, whatever epsilon is. */
static void still(luge_test *t)
{
    const luge_optimizer *const all[] = { luge_adagrad(.epsilon = LUGE_ZERO, .initial_accumulator = LUGE_ZERO),
                                          luge_rmsprop(.epsilon = LUGE_ZERO, .centered = 1),
                                          luge_adam(.epsilon = LUGE_ZERO),
                                          luge_adam(.epsilon = LUGE_ZERO, .amsgrad = 1, .formulas = LUGE_PYTORCH),
                                          luge_adagrad(.epsilon = LUGE_ZERO, .formulas = LUGE_PYTORCH),
                                          luge_rmsprop(.epsilon = LUGE_ZERO, .formulas = LUGE_PYTORCH),
                                          luge_sgd(.clip_norm = 1),
                                          luge_sgd(.global_clip_norm = 1) };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = luge_sequential(ctx);
        const float x[2] = { 1, 0 }, y = 2, start[2] = { 0.5, 0.5 };
        float w[2] = { 0 };
        luge_dataset *data = luge_dataset_create(ctx);
        luge_add_layer(m, luge_input_layer(luge_shape_of(2)));
        luge_add_layer(m, luge_dense(1, .no_bias = 1));
        luge_set_weight(m, "dense/kernel", start, sizeof start);
        luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(1, 2), x));
        luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(1, 1), &y));
        luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = all[i]);
        for (int k = 0; k < 3; k++) luge_train_on_batch(m, data);
        CHECK_STATUS(t, luge_get_weight(m, "dense/kernel", w, sizeof w), LUGE_OK);
        CHECK(t, w[0] > 0.5f && w[0] < 4);
        CHECK(t, w[1] == 0.5f);
        luge_close(ctx);
    }
}

static void learning_rates(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = network(t, ctx, 0, 0);
    luge_dataset *data = samples(ctx);
    double before[PARAMETERS], after[PARAMETERS];
    CHECK(t, isnan(luge_learning_rate(m)));
    CHECK_STATUS(t, luge_set_learning_rate(m, 1), LUGE_ESTATE);
    luge_clear(ctx);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd(.learning_rate = 0.5));
    CHECK_CLOSE(t, luge_learning_rate(m), 0.5, 0);
    CHECK_STATUS(t, luge_set_learning_rate(m, 0), LUGE_OK);
    get_all(t, m, before);
    luge_train_on_batch(m, data);
    get_all(t, m, after);
    CHECK_EQ_INT(t, memcmp(before, after, sizeof after), 0);
    CHECK_STATUS(t, luge_set_learning_rate(m, (double)NAN), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "nan; a number of at least 0");
    luge_clear(ctx);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR,
                 .optimizer = luge_sgd(.schedule = luge_exponential_decay(.initial_rate = 1, .decay_steps = 1,
                                                                          .decay_rate = 0.5)));
    CHECK_CLOSE(t, luge_learning_rate(m), 1, 0);
    luge_train_on_batch(m, data);
    CHECK_CLOSE(t, luge_learning_rate(m), 0.5, 0);
    CHECK_STATUS(t, luge_set_learning_rate(m, 1), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "follows a schedule");
    luge_close(ctx);
}

static void refuse(luge_test *t, const char *words, const luge_optimizer *o)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = network(t, ctx, 0, 0);
    CHECK_STATUS(t, luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = o), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), words);
    luge_close(ctx);
}

static void refused(luge_test *t)
{
    refuse(t, "no kind number 0", luge__optimizer(.kind = (luge_optimizer_kind)0));
    refuse(t, "no kind number 6", luge__optimizer(.kind = (luge_optimizer_kind)6));
    refuse(t, "sgd: learning_rate is -2", luge_sgd(.learning_rate = -2));
    refuse(t, "sgd: momentum is nan", luge_sgd(.momentum = (double)NAN));
    refuse(t, "rmsprop: rho is 1; 0 <= x < 1", luge_rmsprop(.rho = 1));
    refuse(t, "adam: beta1 is 1; 0 <= x < 1", luge_adam(.beta1 = 1));
    refuse(t, "adamw: beta2 is 1.5", luge_adamw(.beta2 = 1.5));
    refuse(t, "adam: epsilon is inf", luge_adam(.epsilon = (double)INFINITY));
    refuse(t, "adagrad: initial_accumulator is -3", luge_adagrad(.initial_accumulator = -3));
    refuse(t, "adamw: weight_decay is -0.5", luge_adamw(.weight_decay = -0.5));
    refuse(t, "sgd: clip_value is -0.5", luge_sgd(.clip_value = -0.5));
    refuse(t, "sgd: only one of clip_value, clip_norm", luge_sgd(.clip_value = 1, .clip_norm = 1));
    refuse(t, "and global_clip_norm can be given", luge_sgd(.global_clip_norm = 1, .clip_norm = 1));
    refuse(t, "sgd: accumulation_steps is -1", luge_sgd(.accumulation_steps = -1));
    refuse(t, "sgd: average_momentum is 1", luge_sgd(.average_momentum = 1));
    refuse(t, "sgd: formulas is 2", luge_sgd(.formulas = (luge_formulas)2));
    refuse(t, "exponential_decay: decay_steps is 0", luge_sgd(.schedule = luge_exponential_decay(.initial_rate = 1)));
    luge_optimizer small = *luge_sgd();
    small.size = 2;
    refuse(t, "optimizer: the options' size is 2", &small);
}

static void names(luge_test *t)
{
    luge_optimizer_kind kind = LUGE_SGD;
    for (int i = LUGE_SGD; i <= LUGE_ADAMW; i++) {
        CHECK(t, luge_optimizer_named(luge_optimizer_name((luge_optimizer_kind)i), &kind));
        CHECK_EQ_INT(t, kind, i);
    }
    CHECK(t, !luge_optimizer_named("?", &kind) && !luge_optimizer_named(NULL, &kind));
    CHECK_STR_EQ(t, luge_optimizer_name((luge_optimizer_kind)9), "?");
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static luge_status everything(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    (void)user;
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_dense(2));
    luge_dataset *data = samples(ctx);
    luge_add_layer(m, luge_dense(3, .kernel_l2 = 0.1));
    luge_compile(
        m, .loss = LUGE_MEAN_SQUARED_ERROR,
        .optimizer =
            luge_adam(.amsgrad = 1, .global_clip_norm = 1, .accumulation_steps = 2, .average_momentum = 0.9,
                      .schedule = luge_exponential_decay(.initial_rate = 1, .decay_steps = 1, .decay_rate = 0.5)));
    for (int i = 0; i < 2; i++) luge_train_on_batch(m, data);
    return luge_failure(ctx);
}

static void memory(luge_test *t)
{
    luge__test_oom_sweep(t, "a step by adam", everything, NULL);
}

void test_optimizers(luge_test *t)
{
    RUN(t, all_rows);
    RUN(t, threads);
    RUN(t, by_fit);
    RUN(t, single_precision);
    RUN(t, constant_gradient);
    RUN(t, averages);
    RUN(t, defaults);
    RUN(t, zeros);
    RUN(t, still);
    RUN(t, learning_rates);
    RUN(t, refused);
    RUN(t, names);
    RUN(t, memory);
}
