/* cancer.h: the breast cancer data as "Do it! Deep learning" splits and scales it, for the examples that learn from it.
 */
#ifndef CANCER_H
#define CANCER_H

#include <string.h>

#include "example.h"
#include "../tests/golden/breast_cancer_split.inc" /* which rows the book trains and validates with */

enum { CANCER_ROWS = 569, CANCER_INPUTS = 30, CANCER_TRAIN = 364, CANCER_VALIDATION = 91 };

typedef struct cancer {
    luge_dataset *train, *validation;
} cancer;

/* The file's classes are B and M, 0 and 1; the book's target is 1 for benign. All in double. */
static inline luge_dataset *cancer_rows(luge_context *ctx, const char *path)
{
    static double x[CANCER_ROWS * CANCER_INPUTS], malignant[CANCER_ROWS];
    luge_dataset *file = luge_dataset_read_csv(ctx, path, .target = "diagnosis", .dtype = LUGE_F64);
    luge_dataset_gather(file, LUGE_FEATURES, 0, LUGE_NUMBERS, LUGE_F64, NULL, CANCER_ROWS, x, sizeof x);
    luge_dataset_gather(file, LUGE_TARGETS, 0, LUGE_NUMBERS, LUGE_F64, NULL, CANCER_ROWS, malignant, sizeof malignant);
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(CANCER_ROWS, CANCER_INPUTS), x));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(CANCER_ROWS, 1), malignant),
                             .scale = -1, .offset = 1);
    return data;
}

/* Both parts, standardized by mean and deviation of the training rows. */
static inline cancer cancer_data(luge_context *ctx, const char *path)
{
    luge_dataset *all = cancer_rows(ctx, path);
    luge_dataset *train = luge_dataset_select(all, breast_cancer_train, CANCER_TRAIN);
    luge_dataset *validation = luge_dataset_select(all, breast_cancer_validation, CANCER_VALIDATION);
    return (cancer){ luge_dataset_standardize(train, train), luge_dataset_standardize(validation, train) };
}

/* Trains up to an epoch, full batch, then shows scores and compares the losses with those that NumPy computed. */
static inline void cancer_epochs(luge_model *m, const cancer *data, const char *network)
{
    printf("     epoch      loss   of 364   validation loss   of 91\n");
    for (size_t i = 0; i < sizeof breast_cancer_traces / sizeof *breast_cancer_traces; i++) {
        const struct breast_cancer_trace *known = &breast_cancer_traces[i];
        if (strcmp(known->network, network)) continue;
        must(luge_fit(m, data->train, .epochs = known->epochs, .initial_epoch = luge_model_progress(m).epoch,
                      .batch_size = LUGE_FULL_BATCH));
        const luge_scores train = luge_evaluate(m, data->train), validation = luge_evaluate(m, data->validation);
        const double right = round(train.accuracy * CANCER_TRAIN);
        const double right_held_out = round(validation.accuracy * CANCER_VALIDATION);
        printf("    %6d   %7.4f      %3.0f           %7.4f      %2.0f\n", known->epochs, train.loss - known->penalty,
               right, validation.loss - known->penalty, right_held_out);
        expect("the loss", train.loss, known->loss + known->penalty, 1e-9);
        expect("the validation loss", validation.loss, known->validation_loss + known->penalty, 1e-9);
        expect("right answers", right, known->right, 0);
        expect("right answers of the validation rows", right_held_out, known->validation_right, 0);
    }
}

#endif
