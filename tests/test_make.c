/* test_make.c: data that is made up. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/luge.h"

static void gates(luge_test *t)
{
    static const struct {
        const char *name;
        float answers[4];
    } rows[] = {
        { "and", { 0, 0, 0, 1 } }, { "or", { 0, 1, 1, 1 } }, { "nand", { 1, 1, 1, 0 } }, { "xor", { 0, 1, 1, 0 } }
    };
    static const float corners[8] = { 0, 0, 0, 1, 1, 0, 1, 1 };
    luge_context *ctx = luge_open(.threads = 1);
    for (int i = 0; i < 4; i++) {
        float x[8], y[4];
        luge_dataset *d = luge_make_data(ctx, rows[i].name);
        CHECK_EQ_INT(t, luge_dataset_rows(d), 4);
        CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, 4, x, sizeof x),
                     LUGE_OK);
        CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, 4, y, sizeof y),
                     LUGE_OK);
        CHECK(t, !memcmp(x, corners, sizeof x));
        CHECK(t, !memcmp(y, rows[i].answers, sizeof y));
    }
    luge_close(ctx);
}

/* Row i depends on seed and i alone; another seed gives other rows; every class occurs. */
static void rows_by_seed(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    for (int k = 4; luge_make_data_name(k); k++) {
        const char *name = luge_make_data_name(k);
        luge_column_info column;
        luge_dataset *all = luge_make_data(ctx, name, .rows = 400), *few = luge_make_data(ctx, name, .rows = 50);
        luge_dataset *other = luge_make_data(ctx, name, .rows = 50, .seed = 2), *part = luge_dataset_slice(all, 0, 50);
        if (!CHECK_STATUS(t, luge_failure(ctx), LUGE_OK)) break;
        CHECK(t, luge_dataset_fingerprint(part) == luge_dataset_fingerprint(few));
        CHECK(t, luge_dataset_fingerprint(other) != luge_dataset_fingerprint(few));
        CHECK_STATUS(t, luge_dataset_column(all, LUGE_TARGETS, 0, &column), LUGE_OK);
        if (column.kind != LUGE_CLASSES) continue;
        int32_t label[400], count[10] = { 0 };
        luge_dataset_gather(all, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_I32, NULL, 400, label, sizeof label);
        for (int i = 0; i < 400; i++) count[label[i]]++;
        for (int c = 0; c < column.classes; c++) CHECK(t, count[c] > 200 / column.classes);
    }
    luge_close(ctx);
}

static void curves(luge_test *t)
{
    enum { ROWS = 2000 };
    luge_context *ctx = luge_open(.threads = 1);
    float *x = malloc(ROWS * sizeof *x), *y = malloc(ROWS * sizeof *y);
    luge_dataset *d = luge_make_data(ctx, "sine", .rows = ROWS, .noise = LUGE_NO_NOISE);
    luge_dataset_gather(d, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, ROWS, x, ROWS * sizeof *x);
    luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, ROWS, y, ROWS * sizeof *y);
    double squares = 0;
    for (int i = 0; i < ROWS; i++) {
        CHECK(t, fabs((double)x[i]) <= 3.1415928);
        CHECK_CLOSE(t, y[i], sin((double)x[i]), 1e-6);
    }
    d = luge_make_data(ctx, "sine", .rows = ROWS, .noise = 0.3);
    luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, ROWS, y, ROWS * sizeof *y);
    for (int i = 0; i < ROWS; i++) squares += pow((double)y[i] - sin((double)x[i]), 2) / ROWS;
    CHECK_CLOSE(t, sqrt(squares), 0.3, 0.02); /* its error: .3 / sqrt(2 * 2000) = .005 */
    free(x);
    free(y);
    luge_close(ctx);
}

/* Accuracy on 2,000 further digits of a model that saw 6,000. */
static double learn(luge_context *ctx, int hidden)
{
    luge_dataset *train = luge_make_data(ctx, "digits", .rows = 6000),
                 *test = luge_make_data(ctx, "digits", .rows = 2000, .seed = 9);
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_flatten_layer());
    if (hidden) luge_add_layer(m, luge_dense(hidden, .activation = LUGE_RELU));
    luge_add_layer(m, luge_dense(10, .activation = LUGE_SOFTMAX));
    luge_compile(m, .optimizer = luge_adam(), .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    luge_fit(m, train, .epochs = hidden ? 8 : 12, .batch_size = 64);
    return luge_evaluate(m, test).accuracy;
}

static void digits_need_layers(luge_test *t)
{
    luge_context *ctx = luge_open();
    const double linear = learn(ctx, 0), network = learn(ctx, 128);
    if (t->verbose) printf("    linear %g, 128 units %g\n", linear, network);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    CHECK(t, network > 0.93);
    CHECK(t, linear < network - 0.06);
    luge_close(ctx);
}

static void refusals(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    CHECK(t, !luge_make_data(ctx, "digitz"));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "\"digitz\"");
    CHECK_STR_CONTAINS(t, luge_error(ctx), "nearest: digits");
    luge_clear(ctx);
    CHECK(t, !luge_make_data(ctx, "moons", .rows = -1));
    luge_clear(ctx);
    CHECK(t, !luge_make_data(ctx, "moons", .classes = 3));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "3 classes");
    luge_clear(ctx);
    CHECK(t, !luge_make_data(ctx, "blobs", .noise = -3));
    luge_clear(ctx);
    CHECK(t, !luge_make_data(ctx, NULL));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EINVAL);
    luge_close(ctx);
    CHECK(t, !luge_make_data_with(NULL, NULL));
    CHECK_STR_EQ(t, luge_nearest("dens", (const char *const[]){ "sense", "dense" }, 2), "dense");
    CHECK(t, !luge_nearest("dens", NULL, 0));
}

static void no_memory(luge_test *t)
{
    static const char *const names[] = { "xor", "spirals", "sine", "digits" };
    for (int k = 0; k < 4; k++) {
        for (int64_t fail_at = 1, done = 0; !done && fail_at < 200; fail_at++) {
            luge__test_memory memory = { .fail_at = 0 };
            luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
            memory.fail_at = memory.allocations + fail_at;
            luge_dataset *d = luge_make_data(ctx, names[k], .rows = 4);
            done = d != NULL;
            CHECK_STATUS(t, luge_failure(ctx), d ? LUGE_OK : LUGE_ENOMEM);
            luge_close(ctx);
            CHECK_EQ_INT(t, memory.live, 0);
        }
    }
}

void test_make(luge_test *t)
{
    RUN(t, gates);
    RUN(t, rows_by_seed);
    RUN(t, curves);
    RUN(t, digits_need_layers);
    RUN(t, refusals);
    RUN(t, no_memory);
}
