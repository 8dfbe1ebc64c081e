/* test_layers.c: what each kind of layer computes, trains and refuses, against PyTorch's numbers and by hand. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/check.h"
#include "luge/luge.h"

#include "golden/layer_golden.inc"

enum { ROWS = 4, SIZE = 3, ALL = ROWS * SIZE };

/* ---- tools ------------------------------------------------------------------------------------------------------- */

static luge_dataset *features(luge_context *ctx, luge_dtype dtype, luge_shape shape, const void *x)
{
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, dtype, shape, x));
    return data;
}

static luge_dataset *golden_data(luge_context *ctx)
{
    luge_dataset *data = features(ctx, LUGE_F64, luge_shape_of(ROWS, SIZE), layer_golden_x);
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(ROWS, SIZE), layer_golden_target));
    return data;
}

static luge_model *chain(luge_context *ctx, luge_shape row, const luge_layer *layer)
{
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_input_layer(row));
    luge_add_layer(m, layer);
    return m;
}

static void set(luge_test *t, luge_model *m, const char *name, const double *values, int n)
{
    CHECK_STATUS(t, luge_set_weight(m, name, values, (size_t)n * sizeof *values), LUGE_OK);
}

static void check_list(luge_test *t, const double *values, const double *expected, int n, double tolerance)
{
    for (int i = 0; i < n; i++)
        if (!CHECK_CLOSE(t, values[i], expected[i], tolerance)) printf("  at %d\n", i);
}

static void check_weight(luge_test *t, luge_model *m, const char *name, const double *expected, int n, double tolerance)
{
    double values[64] = { 0 };
    CHECK_STATUS(t, luge_get_weight(m, name, values, (size_t)n * sizeof *values), LUGE_OK);
    check_list(t, values, expected, n, tolerance);
}

static void check_outputs(luge_test *t, luge_model *m, luge_dataset *data, const double *expected, int n)
{
    double values[128] = { 0 };
    CHECK_STATUS(t, luge_predict(m, data, values, (size_t)n * sizeof *values), LUGE_OK);
    check_list(t, values, expected, n, 1e-14);
    CHECK_STATUS(t, luge_predict(m, data, values, (size_t)n * sizeof *values, .batch_size = 1), LUGE_OK);
    check_list(t, values, expected, n, 1e-14);
}

/* What one layer makes of x, with its context closed behind it. */
static void computes(luge_test *t, const luge_layer *layer, luge_shape row, const double *x, int rows,
                     const double *expected, int n)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = chain(ctx, row, layer);
    luge_shape shape = { .ndim = row.ndim + 1, .dim = { rows } };
    memcpy(shape.dim + 1, row.dim, (size_t)row.ndim * sizeof *row.dim);
    check_outputs(t, m, features(ctx, LUGE_F64, shape, x), expected, n);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* ---- dense and activations --------------------------------------------------------------------------------------- */

static void dense(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = chain(ctx, luge_shape_of(SIZE), luge_dense(SIZE, .activation = LUGE_TANH));
    set(t, m, "dense/kernel", layer_golden_kernel, 9);
    set(t, m, "dense/bias", layer_golden_bias, 3);
    check_outputs(t, m, golden_data(ctx), layer_golden_dense, ALL);
    luge_model *deep = chain(ctx, luge_shape_of(2, SIZE), luge_dense(SIZE, .activation = LUGE_TANH)); /* last one */
    set(t, deep, "dense/kernel", layer_golden_kernel, 9);
    set(t, deep, "dense/bias", layer_golden_bias, 3);
    check_outputs(t, deep, features(ctx, LUGE_F64, luge_shape_of(2, 2, SIZE), layer_golden_x), layer_golden_dense, ALL);
    luge_model *bare = chain(ctx, luge_shape_of(SIZE), luge_dense(2, .no_bias = 1));
    CHECK_EQ_INT(t, luge_weight_count(bare), 1);
    CHECK_EQ_INT(t, luge_parameter_count(bare), 6);
    const double kernel[6] = { 1, 0, 0, 1, 0, 0 };
    double expected[8];
    for (int i = 0; i < 8; i++) expected[i] = layer_golden_x[i / 2 * SIZE + i % 2];
    set(t, bare, "dense/kernel", kernel, 6);
    check_outputs(t, bare, golden_data(ctx), expected, 8);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void activations(luge_test *t)
{
    const double *expected = layer_golden_activations;
    for (int i = LUGE_LINEAR; i <= LUGE_EXPONENTIAL; i++, expected += 7) {
        const int64_t failed = t->failures;
        computes(t, luge_activation_layer((luge_activation)i), luge_shape_of(7), layer_golden_activation_x, 1, expected,
                 7);
        if (t->failures > failed) printf("  of %s\n", luge_activation_name((luge_activation)i));
    }
    const double x[2] = { -1, 1 }, leaky[2] = { -0.5, 1 }, elu[2] = { 2 * expm1(-1), 1 };
    computes(t, luge_activation_layer(LUGE_LEAKY_RELU, .slope = 0.5), luge_shape_of(2), x, 1, leaky, 2);
    computes(t, luge_activation_layer(LUGE_ELU, .slope = 2), luge_shape_of(2), x, 1, elu, 2);
}

/* ---- normalizations ---------------------------------------------------------------------------------------------- */

static luge_model *normalized(luge_test *t, luge_context *ctx, const luge_layer *layer, const char *gamma,
                              const char *beta)
{
    luge_model *m = chain(ctx, luge_shape_of(SIZE), luge_dense(SIZE, .no_bias = 1));
    luge_add_layer(m, layer);
    set(t, m, "dense/kernel", layer_golden_kernel, 9);
    set(t, m, gamma, layer_golden_gamma, 3);
    set(t, m, beta, layer_golden_beta, 3);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd(.learning_rate = 1));
    return m;
}

static void check_moved(luge_test *t, luge_model *m, const char *name, const double *from, const double *gradient,
                        int n)
{
    double expected[16];
    for (int i = 0; i < n; i++) expected[i] = from[i] - gradient[i];
    check_weight(t, m, name, expected, n, 1e-14);
}

static void batch_normalization(luge_test *t)
{
    const normalized_golden *g = &batch_normalization_golden;
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = normalized(t, ctx, luge_batch_normalization(.name = "bn"), "bn/gamma", "bn/beta");
    luge_dataset *data = golden_data(ctx);
    CHECK_CLOSE(t, luge_train_on_batch(m, data).loss, g->loss, 1e-14);
    check_moved(t, m, "dense/kernel", layer_golden_kernel, g->kernel_gradient, 9);
    check_moved(t, m, "bn/gamma", layer_golden_gamma, g->gamma_gradient, 3);
    check_moved(t, m, "bn/beta", layer_golden_beta, g->beta_gradient, 3);
    check_weight(t, m, "bn/moving_mean", layer_golden_moving_mean, 3, 1e-15);
    check_weight(t, m, "bn/moving_variance", layer_golden_moving_variance, 3, 1e-15);
    set(t, m, "dense/kernel", layer_golden_kernel, 9);
    set(t, m, "bn/gamma", layer_golden_gamma, 3);
    set(t, m, "bn/beta", layer_golden_beta, 3);
    check_outputs(t, m, data, layer_golden_inference, ALL);
    double loss = 0;
    for (int i = 0; i < ALL; i++) loss += pow(layer_golden_inference[i] - layer_golden_target[i], 2) / ALL;
    CHECK_CLOSE(t, luge_evaluate(m, data).loss, loss, 1e-14); /* by the averages, too */
    check_weight(t, m, "bn/moving_mean", layer_golden_moving_mean, 3, 1e-15);
    CHECK_EQ_INT(t, luge_trainable_count(m), 15);
    CHECK_EQ_INT(t, luge_parameter_count(m), 21);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* The averages follow every batch, also those that only gather gradients. */
static void batch_normalization_options(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const double x[4] = { 1, 3, 5, 7 }, mean[1] = { 4 * 0.75 }, variance[1] = { 0.25 + 5 * 0.75 };
    luge_model *m = chain(ctx, luge_shape_of(1),
                          luge_batch_normalization(.momentum = 0.5, .epsilon = 0.75, .no_center = 1, .no_scale = 1));
    luge_dataset *data = features(ctx, LUGE_F64, luge_shape_of(4, 1), x);
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(4, 1), x));
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd(.accumulation_steps = 2));
    CHECK_EQ_INT(t, luge_weight_count(m), 2);
    for (int i = 0; i < 2; i++) luge_train_on_batch(m, data);
    check_weight(t, m, "batch_normalization/moving_mean", mean, 1, 1e-15);
    check_weight(t, m, "batch_normalization/moving_variance", variance, 1, 1e-15);
    double expected[4];
    for (int i = 0; i < 4; i++) expected[i] = (x[i] - 3) / sqrt(4 + 0.75);
    check_outputs(t, m, data, expected, 4);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void layer_normalization(luge_test *t)
{
    const normalized_golden *g = &layer_normalization_golden;
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = normalized(t, ctx, luge_layer_normalization(.name = "ln"), "ln/gamma", "ln/beta");
    luge_dataset *data = golden_data(ctx);
    check_outputs(t, m, data, g->y, ALL);
    CHECK_CLOSE(t, luge_train_on_batch(m, data).loss, g->loss, 1e-14);
    check_moved(t, m, "dense/kernel", layer_golden_kernel, g->kernel_gradient, 9);
    check_moved(t, m, "ln/gamma", layer_golden_gamma, g->gamma_gradient, 3);
    check_moved(t, m, "ln/beta", layer_golden_beta, g->beta_gradient, 3);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void normalization(luge_test *t)
{
    const double x[8] = { 1, 5, 2, 5, 3, 5, 6, 5 }, mean[2] = { 3, 5 }, variance[2] = { 3.5, 0 };
    double expected[8];
    for (int i = 0; i < 8; i++) expected[i] = i % 2 ? 0 : (x[i] - 3) / sqrt(3.5);
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_normalization());
    luge_dataset *data = features(ctx, LUGE_F64, luge_shape_of(4, 2), x);
    CHECK_STATUS(t, luge_adapt(m, data), LUGE_OK); /* this builds, too */
    check_weight(t, m, "normalization/mean", mean, 2, 1e-15);
    check_weight(t, m, "normalization/variance", variance, 2, 1e-15);
    check_outputs(t, m, data, expected, 8);
    CHECK_EQ_INT(t, luge_trainable_count(m), 0);
    luge_model *none = chain(ctx, luge_shape_of(2), luge_dense(1));
    CHECK_STATUS(t, luge_adapt(none, data), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "no normalization layer");
    luge_close(ctx);
}

/* ---- embedding, shapes, rescaling -------------------------------------------------------------------------------- */

static void embedding(luge_test *t)
{
    static const int32_t indices[ROWS] = { 2, 0, 2, 1 }, wrong[2] = { 0, 3 };
    for (int k = 0; k < 2; k++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
        const int64_t wide[ROWS] = { 2, 0, 2, 1 };
        luge_add_layer(m, luge_input_layer(luge_shape_of(1), .dtype = k ? LUGE_I64 : LUGE_I32));
        luge_add_layer(m, luge_embedding(3, .output_dim = SIZE));
        luge_add_layer(m, luge_reshape_layer(luge_shape_of(SIZE)));
        set(t, m, "embedding/embeddings", layer_golden_kernel, 9);
        luge_dataset *data = k ? features(ctx, LUGE_I64, luge_shape_of(ROWS, 1), wide)
                               : features(ctx, LUGE_I32, luge_shape_of(ROWS, 1), indices);
        luge_dataset_add_targets(data,
                                 luge_array_borrow(ctx, LUGE_F64, luge_shape_of(ROWS, SIZE), layer_golden_target));
        check_outputs(t, m, data, layer_golden_embedded, ALL);
        luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd(.learning_rate = 1));
        luge_train_on_batch(m, data);
        check_moved(t, m, "embedding/embeddings", layer_golden_kernel, layer_golden_embedded_gradient, 9);
        CHECK_STR_EQ(t, luge_error(ctx), "");
        double out[6];
        CHECK(t, luge_predict(m, features(ctx, LUGE_I32, luge_shape_of(2, 1), wrong), out, sizeof out) != LUGE_OK);
        CHECK_STR_CONTAINS(t, luge_error(ctx), "3");
        luge_close(ctx);
    }
}

static void shapes(luge_test *t)
{
    const double x[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    computes(t, luge_flatten_layer(), luge_shape_of(2, 3), x, 2, x, 12);
    computes(t, luge_reshape_layer(luge_shape_of(3, -1)), luge_shape_of(6), x, 2, x, 12);
    luge_context *ctx = luge_open(.threads = 1);
    luge_layer_info info;
    luge_model *m = chain(ctx, luge_shape_of(2, 6), luge_reshape_layer(luge_shape_of(3, -1, 2)));
    luge_add_layer(m, luge_flatten_layer());
    CHECK_STATUS(t, luge_layer_at(m, 1, &info), LUGE_OK);
    CHECK(t, info.shape.ndim == 4 && info.shape.dim[0] == -1 && info.shape.dim[1] == 3 && info.shape.dim[2] == 2);
    CHECK_STATUS(t, luge_layer_at(m, 2, &info), LUGE_OK);
    CHECK(t, info.shape.ndim == 2 && info.shape.dim[1] == 12);
    luge_close(ctx);
    double scaled[12], half[12];
    for (int i = 0; i < 12; i++) scaled[i] = x[i] / 255 - 0.5;
    for (int i = 0; i < 12; i++) half[i] = x[i] - 0.5;
    computes(t, luge_rescaling(1.0 / 255, .offset = -0.5), luge_shape_of(6), x, 2, scaled, 12);
    computes(t, luge_rescaling(0, .offset = -0.5), luge_shape_of(6), x, 2, half, 12);
    computes(t, luge_rescaling(1), luge_shape_of(2, 3), x, 2, x, 12);
}

/* ---- dropout ----------------------------------------------------------------------------------------------------- */

enum { DROPPED = 20000 };

/* The mean square of what dropout leaves of ones, by the loss of four steps. */
static void dropped(luge_test *t, double rate, uint64_t seed, double losses[4])
{
    static double ones[DROPPED], zeros[DROPPED], out[DROPPED];
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64, .seed = seed);
    for (int i = 0; i < DROPPED; i++) ones[i] = 1;
    luge_add_layer(m, luge_dropout(rate));
    luge_dataset *data = features(ctx, LUGE_F64, luge_shape_of(100, DROPPED / 100), ones);
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(100, DROPPED / 100), zeros));
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
    for (int i = 0; i < 4; i++) losses[i] = luge_train_on_batch(m, data).loss;
    CHECK_CLOSE(t, luge_evaluate(m, data).loss, 1, 0);
    CHECK_STATUS(t, luge_predict(m, data, out, sizeof out), LUGE_OK);
    CHECK_EQ_INT(t, memcmp(out, ones, sizeof out), 0);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void dropout(luge_test *t)
{
    double a[4], b[4];
    for (int i = 1; i < 4; i++) {
        const double rate = i / 4.0, kept = 1 - rate, error = sqrt(kept * rate / DROPPED) / (kept * kept);
        dropped(t, rate, 3, a);
        dropped(t, rate, 3, b);
        CHECK_EQ_INT(t, memcmp(a, b, sizeof a), 0);
        for (int k = 0; k < 4; k++) {
            const double left = a[k] * kept * kept * DROPPED; /* whole: those that are left are 1 / kept */
            CHECK_CLOSE(t, a[k], 1 / kept, 5 * error);
            CHECK_CLOSE(t, left, round(left), 1e-6);
            for (int j = 0; j < k; j++) CHECK(t, a[k] != a[j]); /* another draw in each step */
        }
        dropped(t, rate, 4, b);
        CHECK(t, a[0] != b[0]);
    }
    dropped(t, 0, 3, a);
    for (int k = 0; k < 4; k++) CHECK_CLOSE(t, a[k], 1, 0);
}

/* ---- frozen and shared ------------------------------------------------------------------------------------------- */

static void frozen(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = chain(ctx, luge_shape_of(SIZE), luge_dense(SIZE, .name = "still", .frozen = 1, .kernel_l2 = 9));
    luge_add_layer(m, luge_batch_normalization(.frozen = 1));
    luge_add_layer(m, luge_dense(SIZE, .name = "moves"));
    const double mean[3] = { 1, 2, 3 }, variance[3] = { 4, 5, 6 };
    set(t, m, "still/kernel", layer_golden_kernel, 9);
    set(t, m, "moves/kernel", layer_golden_kernel, 9);
    set(t, m, "batch_normalization/moving_mean", mean, 3);
    set(t, m, "batch_normalization/moving_variance", variance, 3);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_adam(.weight_decay = 0.5));
    luge_dataset *data = golden_data(ctx);
    const double loss = luge_evaluate(m, data).loss;
    CHECK_CLOSE(t, luge_train_on_batch(m, data).loss, loss, 1e-14); /* the same form */
    for (int i = 0; i < 3; i++) luge_train_on_batch(m, data);
    const double zeros[3] = { 0 }, ones[3] = { 1, 1, 1 };
    double moved[9];
    check_weight(t, m, "still/kernel", layer_golden_kernel, 9, 0);
    check_weight(t, m, "still/bias", zeros, 3, 0);
    check_weight(t, m, "batch_normalization/gamma", ones, 3, 0);
    check_weight(t, m, "batch_normalization/beta", zeros, 3, 0);
    check_weight(t, m, "batch_normalization/moving_mean", mean, 3, 0);
    check_weight(t, m, "batch_normalization/moving_variance", variance, 3, 0);
    luge_get_weight(m, "moves/kernel", moved, sizeof moved);
    for (int i = 0; i < 9; i++) CHECK(t, moved[i] != layer_golden_kernel[i]);
    CHECK_EQ_INT(t, luge_trainable_count(m), 12);
    luge_model *none = chain(ctx, luge_shape_of(SIZE), luge_dense(SIZE, .frozen = 1)); /* nothing at all to train */
    luge_compile(none, .loss = LUGE_MEAN_SQUARED_ERROR);
    CHECK_STATUS(t, luge_fit(none, data, .epochs = 2), LUGE_OK);
    CHECK_CLOSE(t, luge_history_value(none, 0, "loss"), luge_history_value(none, 1, "loss"), 0);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* f(f(x)): its gradient is the sum of those of two layers that start alike. */
static void shared(luge_test *t)
{
    double sum[9];
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = golden_data(ctx);
    for (int k = 0; k < 2; k++) {
        luge_model *m = chain(ctx, luge_shape_of(SIZE), luge_dense(SIZE, .activation = LUGE_TANH, .kernel_l2 = 0.1));
        luge_add_layer(m, k ? luge_dense(SIZE, .share = "dense") : luge_dense(SIZE));
        set(t, m, "dense/kernel", layer_golden_kernel, 9);
        if (!k) set(t, m, "dense_1/kernel", layer_golden_kernel, 9);
        luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd(.learning_rate = 1));
        luge_train_on_batch(m, data);
        double after[9], other[9];
        luge_get_weight(m, "dense/kernel", after, sizeof after);
        if (!k) luge_get_weight(m, "dense_1/kernel", other, sizeof other);
        for (int i = 0; !k && i < 9; i++) sum[i] = after[i] + other[i] - layer_golden_kernel[i];
        if (k) check_list(t, after, sum, 9, 1e-14);
        CHECK_EQ_INT(t, luge_weight_count(m), k ? 2 : 4);
        CHECK_EQ_INT(t, luge_parameter_count(m), k ? 12 : 24);
    }
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

/* Adds rows x dense(SIZE) x layer x dense(1), and checks the gradient of a sum of squares by everything that floats. */
static void check_gradient(luge_test *t, const luge_layer *layer)
{
    enum { SAMPLE = 7 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_model_create(ctx, .dtype = LUGE_F64);
    luge_graph *g = luge_model_graph(m);
    luge_val x = luge_model_input(m, "x", LUGE_F64, luge_shape_of(2, SIZE)), wrt[16] = { x };
    luge_val y = luge_call_layer(m, luge_dense(SIZE, .kernel_initializer = luge_init_normal(0, 1)), x);
    y = luge_call_layer(m, luge_flatten_layer(), luge_call_layer(m, layer, y));
    y = luge_call_layer(m, luge_dense(2), y);
    luge_model_outputs(m, &y, 1);
    const luge_val loss = luge_mean(g, luge_square(g, y));
    double values[SAMPLE * 2 * SIZE];
    for (int i = 0; i < SAMPLE * 2 * SIZE; i++) values[i] = luge_test_uniform(t, -1, 1);
    const luge_binding binding = { x, values, sizeof values };
    int n = 1;
    for (int i = 0; i < luge_weight_count(m); i++) {
        luge_weight_info info;
        double weight[64];
        luge_weight_at(m, i, &info);
        for (int k = 0; k < 64; k++) weight[k] = luge_test_uniform(t, 0.25, 1);
        luge_set(g, info.value, weight, (size_t)luge_shape_size(&info.shape) * sizeof *weight);
        if (info.trainable) wrt[n++] = info.value;
    }
    luge_check_result results[16];
    const luge_check_options options = { .size = sizeof options, .n_bindings = 1, .bindings = &binding };
    CHECK_STATUS(t, luge_check_gradients(g, loss, wrt, n, &options, results), LUGE_OK);
    for (int i = 0; i < n; i++)
        if (!CHECK(t, results[i].ok))
            printf("  %s: %d: %g\n", luge_layer_kind_name(layer->kind), i, results[i].largest_relative);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void gradients(luge_test *t)
{
    check_gradient(t, luge_dense(4, .activation = LUGE_SIGMOID));
    for (int i = LUGE_LINEAR; i <= LUGE_EXPONENTIAL; i++)
        if (i != LUGE_STEP) check_gradient(t, luge_activation_layer((luge_activation)i));
    check_gradient(t, luge_dropout(0.5));
    check_gradient(t, luge_batch_normalization());
    check_gradient(t, luge_batch_normalization(.frozen = 1));
    check_gradient(t, luge_layer_normalization());
    check_gradient(t, luge_reshape_layer(luge_shape_of(SIZE, 2)));
    check_gradient(t, luge_normalization());
    check_gradient(t, luge_rescaling(3, .offset = 1));
}

void test_layers(luge_test *t)
{
    RUN(t, dense);
    RUN(t, activations);
    RUN(t, batch_normalization);
    RUN(t, batch_normalization_options);
    RUN(t, layer_normalization);
    RUN(t, normalization);
    RUN(t, embedding);
    RUN(t, shapes);
    RUN(t, dropout);
    RUN(t, frozen);
    RUN(t, shared);
    RUN(t, gradients);
}
