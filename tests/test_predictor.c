/* test_predictor.c: predictors answer as luge_predict does, on any thread, without allocating. */
#include <string.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/luge.h"

#if LUGE_THREADS
#include <pthread.h>
#endif

enum { ROWS = 64, WIDTH = 2 };

static luge_model *make_model(luge_context *ctx)
{
    luge_model *m = luge_sequential(ctx, .seed = 5);
    luge_add_layers(m, "dense 32 tanh, dropout 0.5, batchnorm, dense 3 softmax");
    luge_build(m, luge_shape_of(WIDTH));
    return m;
}

static void fill(float x[ROWS * WIDTH])
{
    for (int i = 0; i < ROWS * WIDTH; i++) x[i] = (float)(i * 37 % 101) / 50 - 1;
}

typedef struct worker {
    luge_predictor *predictor;
    const float *x;
    float y[ROWS * 3];
    int failures;
} worker;

static void *work(void *user)
{
    worker *w = user;
    for (int k = 0; k < 50; k++)
        w->failures +=
            luge_predictor_run(w->predictor, w->x, ROWS * WIDTH * sizeof(float), w->y, sizeof w->y) != LUGE_OK;
    return NULL;
}

static void many_threads(luge_test *t)
{
    enum { WORKERS = 4 };
    static worker workers[WORKERS];
    float x[ROWS * WIDTH], expected[ROWS * 3];
    luge_context *ctx = luge_open(.threads = 2);
    luge_model *m = make_model(ctx);
    luge_dataset *d = luge_dataset_create(ctx);
    fill(x);
    luge_dataset_add_features(d, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(ROWS, WIDTH), x));
    CHECK_STATUS(t, luge_predict(m, d, expected, sizeof expected), LUGE_OK);
    for (int i = 0; i < WORKERS; i++) workers[i] = (worker){ .predictor = luge_predictor_create(m, ROWS), .x = x };
    luge_model_free(m); /* predictors share its weights */
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
#if LUGE_THREADS
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++) CHECK(t, !pthread_create(&threads[i], NULL, work, &workers[i]));
    for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
#else
    for (int i = 0; i < WORKERS; i++) work(&workers[i]);
#endif
    for (int i = 0; i < WORKERS; i++) {
        CHECK_EQ_INT(t, workers[i].failures, 0);
        CHECK(t, !memcmp(workers[i].y, expected, sizeof expected));
    }
    luge_predictor_free(workers[1].predictor);
    luge_close(ctx);
}

/* One row alone gives the bits that it gives in a batch, and a call allocates nothing. */
static void one_row(luge_test *t)
{
    float x[ROWS * WIDTH], all[ROWS * 3], one[3];
    luge__test_memory memory = { .fail_at = 0 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    luge_model *m = make_model(ctx);
    fill(x);
    luge_predictor *p = luge_predictor_create(m, 1), *batch = luge_predictor_create(m, ROWS);
    CHECK_STATUS(t, luge_predictor_run(batch, x, sizeof x, all, sizeof all), LUGE_OK);
    const int64_t before = memory.allocations;
    for (int i = 0; i < ROWS; i++) {
        CHECK_STATUS(t, luge_predictor_run(p, x + i * WIDTH, WIDTH * sizeof *x, one, sizeof one), LUGE_OK);
        CHECK(t, !memcmp(one, all + 3 * i, sizeof one));
    }
    CHECK_EQ_INT(t, memory.allocations, before);
    luge_close(ctx);
    CHECK_EQ_INT(t, memory.live, 0);
}

static void refusals(luge_test *t)
{
    float x[WIDTH] = { 0 }, y[3];
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = make_model(ctx);
    luge_predictor *p = luge_predictor_create(m, 1);
    CHECK_STATUS(t, luge_predictor_run(p, x, 4, y, sizeof y), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "8 and 12 are expected");
    CHECK_STATUS(t, luge_predictor_run(p, NULL, 8, y, sizeof y), LUGE_EINVAL);
    CHECK_STATUS(t, luge_predictor_run(NULL, x, 8, y, sizeof y), LUGE_EINVAL);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK); /* runs leave the context alone */
    CHECK(t, !luge_predictor_create(m, 0));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "at least 1 row");
    luge_clear(ctx);
    CHECK(t, !luge_predictor_create(luge_sequential(ctx), 1));
    luge_close(ctx);
    CHECK(t, !luge_predictor_create(NULL, 1));
    luge_predictor_free(NULL);
}

static void no_memory(luge_test *t)
{
    for (int64_t fail_at = 1, done = 0; !done && fail_at < 2000; fail_at++) {
        luge__test_memory memory = { .fail_at = 0 };
        luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
        luge_model *m = make_model(ctx);
        memory.fail_at = memory.allocations + fail_at;
        done = luge_predictor_create(m, 3) != NULL;
        CHECK_STATUS(t, luge_failure(ctx), done ? LUGE_OK : LUGE_ENOMEM);
        luge_close(ctx);
        CHECK_EQ_INT(t, memory.live, 0);
    }
}

void test_predictor(luge_test *t)
{
    RUN(t, many_threads);
    RUN(t, one_row);
    RUN(t, refusals);
    RUN(t, no_memory);
}
