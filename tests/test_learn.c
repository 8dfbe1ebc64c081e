/* test_learn.c: what is learned from a fixed seed, and the memory that learning takes. */
#include "failing_alloc.h"
#include "fit_tools.h"

static void learn_xor(luge_test *t)
{
    static const float x[] = { 0, 0, 0, 1, 1, 0, 1, 1 }, y[] = { 0, 1, 1, 0 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(4, 2), x));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(4, 1), y));
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(4, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 1), .loss = LUGE_BINARY_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 1000, .batch_size = LUGE_FULL_BATCH), LUGE_OK);
    const luge_scores s = luge_evaluate(m, data);
    if (t->verbose) printf("    loss %g\n", s.loss);
    CHECK(t, s.accuracy == 1 && s.loss < 0.02);
    luge_close(ctx);
}

static void learn_spirals(luge_test *t)
{
    enum { N = 200 };
    float x[2 * N];
    int32_t y[N];
    for (int i = 0; i < N; i++) {
        const double r = (i / 2) / (N / 2.0), angle = 4 * r + 3.14159265358979 * (i % 2);
        x[2 * i] = (float)(r * cos(angle));
        x[2 * i + 1] = (float)(r * sin(angle));
        y[i] = i % 2;
    }
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(N, 2), x));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(N), y));
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(32, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(2, .activation = LUGE_SOFTMAX));
    luge_compile(m, .optimizer = luge_adam(.learning_rate = 0.02), .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 200), LUGE_OK); /* 1400 steps */
    const luge_scores s = luge_evaluate(m, data);
    if (t->verbose) printf("    loss %g, accuracy %g\n", s.loss, s.accuracy);
    CHECK(t, s.accuracy > 0.97);
    luge_close(ctx);
}

static void learn_sine(luge_test *t)
{
    enum { N = 128 };
    float x[N], y[N];
    for (int i = 0; i < N; i++) {
        x[i] = (float)(-3 + 6.0 * i / (N - 1));
        y[i] = (float)sin((double)x[i]);
    }
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(N, 1), x));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(N, 1), y));
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(32, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(1));
    luge_compile(m, .optimizer = luge_adam(.learning_rate = 0.01), .loss = LUGE_MEAN_SQUARED_ERROR,
                 .metrics = { LUGE_R2 });
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 500), LUGE_OK); /* 2000 steps */
    const luge_scores s = luge_evaluate(m, data);
    if (t->verbose) printf("    loss %g, r2 %g\n", s.loss, s.r2);
    CHECK(t, s.loss < 3e-3 && s.r2 > 0.99);
    luge_close(ctx);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* What luge_model_memory says before training and the peak while training, from u8 features of 784. */
static double memory_ratio(luge_test *t, int64_t rows, int64_t batch, const luge_optimizer *optimizer)
{
    luge_context *ctx = luge_open(.threads = 1), *other = luge_open(.threads = 1);
    luge_model_bytes said = { .data = 0 };
    size_t before = 0;
    unsigned char *x = malloc((size_t)rows * 784);
    for (int64_t i = 0; x && i < rows * 784; i++) x[i] = (unsigned char)(i * 7 + i / 784);
    for (int i = 0; i < 2 && x; i++) { /* one context to ask, a fresh one to measure: asking makes the plans */
        luge_context *c = i ? ctx : other;
        before = luge_memory_now(c);
        luge_dataset *data = luge_dataset_create(c);
        luge_dataset_add_features(data, luge_array_copy(c, LUGE_U8, luge_shape_of(rows, 784), x), .scale = 1 / 255.0);
        luge_dataset_add_targets(data, fit_class_numbers(c, rows, 10, 1), .classes = 10);
        luge_model *m = luge_sequential(c);
        luge_add_layer(m, luge_dense(50, .activation = LUGE_RELU));
        luge_add_layer(m, luge_dense(10, .activation = LUGE_SOFTMAX));
        luge_compile(m, .optimizer = optimizer, .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY,
                     .metrics = { LUGE_ACCURACY });
        if (!i) CHECK_STATUS(t, luge_model_memory(m, data, batch, &said), LUGE_OK);
        if (i) CHECK_STATUS(t, luge_fit(m, data, .batch_size = batch, .steps_per_epoch = batch > 0 ? 3 : 1), LUGE_OK);
    }
    CHECK(t, said.total == said.data + said.parameters + said.state + said.arena);
    CHECK(t, said.parameters == 4 * (784 * 50 + 50 + 500 + 10));
    const double peak = (double)(luge_memory_peak(ctx) - before), ratio = peak / (double)said.total;
    if (t->verbose)
        printf("    %lld rows, batches of %lld: %.0f said, %.0f taken: ratio %.3f\n", (long long)rows, (long long)batch,
               (double)said.total, peak, ratio);
    luge_close(ctx);
    luge_close(other);
    free(x);
    return ratio;
}

static void memory(luge_test *t)
{
    const double mnist = memory_ratio(t, 60000, 100, luge_sgd());
    CHECK(t, mnist < 1.3 && mnist > 1 / 1.3);
    const double adam = memory_ratio(t, 1000, 128, luge_adam());
    CHECK(t, adam < 1.3 && adam > 1 / 1.3);
    const double full = memory_ratio(t, 1000, LUGE_FULL_BATCH, luge_adam());
    CHECK(t, full < 1.3 && full > 1 / 1.3);
}

void test_learn(luge_test *t)
{
    RUN(t, learn_xor);
    RUN(t, learn_spirals);
    RUN(t, learn_sine);
    RUN(t, memory);
}
