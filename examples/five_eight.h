/* five_eight.h: the digits 5 and 8 of MNIST, for the examples that tell them apart. */
#ifndef FIVE_EIGHT_H
#define FIVE_EIGHT_H

#include "images.h"

/* The images of 5 and 8 of a part ("train" or "t10k"); the target is 1 for 8. */
static inline luge_dataset *five_or_eight(luge_context *ctx, const char *folder, const char *part)
{
    static unsigned char digit[60000], eight[60000];
    static int64_t rows[60000];
    luge_array *labels = idx_file(ctx, folder, part, "labels-idx1");
    const int64_t n = luge_array_shape(labels).dim[0];
    if (n > 60000 || luge_array_read(labels, 0, n, digit, (size_t)n)) return NULL;
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        eight[i] = digit[i] == 8;
        if (digit[i] == 5 || digit[i] == 8) rows[found++] = i;
    }
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, idx_file(ctx, folder, part, "images-idx3"), .scale = 1.0 / 255);
    luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_U8, luge_shape_of(n), eight), .classes = 2);
    return luge_dataset_select(data, rows, found);
}

/* Full-batch gradient descent, then what it came to; the loss must have fallen all the way. */
static inline void learn_five_or_eight(luge_context *ctx, luge_model *m, const char *folder, int iterations)
{
    luge_dataset *train = five_or_eight(ctx, folder, "train"), *test = five_or_eight(ctx, folder, "t10k");
    luge_fit(m, train, .epochs = iterations, .batch_size = LUGE_FULL_BATCH);
    const luge_scores on_train = luge_evaluate(m, train), on_test = luge_evaluate(m, test);
    if (luge_failed(ctx)) return;
    printf("    iteration     loss\n");
    for (int i = 1, shown = 1; i <= iterations; i++) {
        const double loss = luge_history_value(m, i - 1, "loss");
        if (i > 1) expect("a step up of the loss", fmax(loss - luge_history_value(m, i - 2, "loss"), 0), 0, 0);
        if (i == shown || i == iterations) printf("    %9d   %6.4f\n", i, loss);
        if (i == shown) shown *= i == 1 || i == 10 || i == 100 ? 5 : 2;
    }
    printf("\n    %5d images learned from   %.4f right\n", (int)on_train.rows, on_train.accuracy);
    printf("    %5d images of the test    %.4f right\n", (int)on_test.rows, on_test.accuracy);
    expect("images of 5 and 8", (double)on_train.rows, 11272, 0);
}

#endif
