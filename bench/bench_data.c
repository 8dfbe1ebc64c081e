/* bench_data.c: what bringing a batch together costs: rows of bytes, in a shuffled order, gathered and scaled to f32,
 * and luge_fit's whole step beside it. Median of several stretches. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "luge/luge.h"

enum { ROWS = 60000, WIDTH = 784, STRETCHES = 7 };

static double now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static luge_dataset *images(luge_context *ctx)
{
    const int64_t pixels[] = { ROWS, WIDTH }, labels[] = { ROWS };
    void *x, *t;
    luge_array *features = luge_array_make(ctx, LUGE_U8, luge_make_shape(2, pixels), &x);
    luge_array *targets = luge_array_make(ctx, LUGE_U8, luge_make_shape(1, labels), &t);
    luge_dataset *data = luge_dataset_create(ctx);
    if (luge_failed(ctx)) return NULL;
    for (int64_t i = 0; i < (int64_t)ROWS * WIDTH; i++) ((uint8_t *)x)[i] = (uint8_t)(i * 2654435761u >> 13);
    for (int64_t i = 0; i < ROWS; i++) ((uint8_t *)t)[i] = (uint8_t)(i % 10);
    luge_dataset_add_features(data, features, .scale = 1 / 255.0);
    luge_dataset_add_targets(data, targets, .kind = LUGE_CLASSES, .classes = 10);
    return data;
}

/* Microseconds to gather one batch. */
static double gather(luge_dataset *data, const int64_t *order, int64_t batch, float *out)
{
    double us[STRETCHES];
    for (int s = 0; s < STRETCHES; s++) {
        const double start = now();
        for (int64_t at = 0; at + batch <= ROWS; at += batch)
            luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_NUMBERS, LUGE_F32, order + at, batch, out,
                                (size_t)(batch * WIDTH) * sizeof *out);
        us[s] = 1e6 * (now() - start) / (double)(ROWS / batch);
    }
    qsort(us, STRETCHES, sizeof *us, by_size);
    return us[STRETCHES / 2];
}

/* Microseconds of a step of luge_fit: book's network. */
static double fit(luge_context *ctx, luge_dataset *data, int64_t batch)
{
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(50, .activation = LUGE_RELU));
    luge_add_layer(m, luge_dense(10, .activation = LUGE_SOFTMAX));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.1), .loss = LUGE_CATEGORICAL_CROSSENTROPY);
    luge_fit(m, data, .epochs = 1, .batch_size = batch);
    const double start = now();
    luge_fit(m, data, .epochs = 4, .initial_epoch = 1, .batch_size = batch);
    const double us = 1e6 * (now() - start) / (3.0 * (double)(ROWS / batch));
    luge_model_free(m);
    return us;
}

int main(void)
{
    static const int64_t batches[] = { 100, 256 };
    int64_t *order = malloc(ROWS * sizeof *order);
    float *out = malloc(256 * WIDTH * sizeof *out);
    printf("%-8s %7s %14s %12s %14s\n", "threads", "batch", "gather", "", "step of fit");
    for (int threads = 1; order && out && threads <= 2; threads++) {
        luge_context *ctx = luge_open(.threads = threads);
        luge_dataset *data = images(ctx);
        if (data) luge_row_order(1, 0, ROWS, order);
        for (int i = 0; data && i < 2; i++) {
            const double us = gather(data, order, batches[i], out);
            printf("%-8d %7d %11.1f us %5.1f Gelem/s %11.1f us\n", threads, (int)batches[i], us,
                   (double)(batches[i] * WIDTH) / us * 1e-3, fit(ctx, data, batches[i]));
        }
        if (luge_failed(ctx)) fprintf(stderr, "%s\n", luge_error(ctx));
        luge_close(ctx);
    }
    free(order);
    free(out);
    return 0;
}
