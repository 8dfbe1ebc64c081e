/* test_evaluate.c: scores and predictions, which depend on neither batches nor threads. */
#include "failing_alloc.h"
#include "fit_tools.h"

enum { ROWS = 300, WIDTH = 64, CLASSES = 10 };

static luge_model *wide(luge_context *ctx)
{
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_input_layer(luge_shape_of(WIDTH)));
    luge_add_layer(m, luge_dense(128, .activation = LUGE_RELU, .kernel_l2 = 1e-3));
    luge_add_layer(m, luge_batch_normalization());
    luge_add_layer(m, luge_dropout(0.5));
    luge_add_layer(m, luge_dense(CLASSES, .activation = LUGE_SOFTMAX));
    luge_compile(m, .optimizer = luge_adam(), .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY, LUGE_F1, LUGE_AUC, LUGE_MSE });
    return m;
}

static void same_bits(luge_test *t)
{
    static float out[ROWS * CLASSES], first[ROWS * CLASSES];
    const int64_t sizes[] = { 256, 1, 7, LUGE_FULL_BATCH, 299 };
    luge_scores s, expected = { .rows = 0 };
    for (int threads = 1; threads <= 2; threads++) {
        luge_context *ctx = luge_open(.threads = threads);
        luge_dataset *data = fit_classes(ctx, ROWS, WIDTH, CLASSES);
        luge_model *m = wide(ctx);
        CHECK_STATUS(t, luge_fit(m, data, .epochs = 2), LUGE_OK);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            CHECK_STATUS(t, luge_predict(m, data, out, sizeof out, .batch_size = sizes[i]), LUGE_OK);
            s = luge_evaluate(m, data, .batch_size = sizes[i]);
            if (threads == 1 && !i) {
                memcpy(first, out, sizeof out);
                expected = s;
            }
            CHECK(t, !memcmp(first, out, sizeof out));
            CHECK(t, s.accuracy == expected.accuracy && s.f1 == expected.f1 && s.auc == expected.auc);
            CHECK_CLOSE(t, s.mse, expected.mse, 1e-14);
            CHECK(t, s.loss == expected.loss);
            CHECK_EQ_INT(t, s.rows, ROWS);
        }
        luge_close(ctx);
    }
    CHECK(t, expected.accuracy > 0 && expected.auc > 0.5 && isnan(expected.precision) && isnan(expected.r2));
}

static void errors(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 10, 3), *features = luge_dataset_create(ctx);
    luge_dataset_add_features(features, fit_numbers(ctx, 10, 3, 1));
    luge_model *m = luge_sequential(ctx);
    float out[20];
    double confusion[4];
    luge_add_layer(m, luge_dense(2));
    CHECK_STATUS(t, luge_predict(m, features, out, sizeof out), LUGE_OK); /* needs neither targets nor luge_compile */
    FIT_REFUSED(t, ctx, luge_evaluate(m, data), LUGE_ESHAPE,
                "evaluate: a row of \"y\" is [1]; the model has 2 outputs");
    FIT_REFUSED(t, ctx, luge_predict(m, features, out, 40), LUGE_EINVAL, "out has 40 bytes; 10 rows of 8 are expected");
    FIT_REFUSED(t, ctx, luge_predict(m, features, NULL, 80), LUGE_EINVAL, "out is NULL");
    FIT_REFUSED(t, ctx, luge_predict(m, features, NULL, 80), LUGE_EINVAL, "predict: out");
    FIT_REFUSED(t, ctx, luge_predict(m, NULL, out, 80), LUGE_EINVAL, "predict: the data set is NULL");
    FIT_REFUSED(t, ctx, luge_predict(m, features, out, 80, .output = 1), LUGE_EINVAL, "output 1 is out of range");
    FIT_REFUSED(t, ctx, luge_predict(m, features, out, 80, .batch_size = -3), LUGE_EINVAL, "batch_size -3");
    FIT_REFUSED(t, ctx, luge_predict(m, fit_regression(ctx, 10, 4), out, 80), LUGE_ESHAPE,
                "is [4]; the model was built");
    m = fit_small(ctx, 3, 0.1);
    FIT_REFUSED(t, ctx, luge_evaluate(m, features), LUGE_ESHAPE, "0 target arrays");
    FIT_REFUSED(t, ctx, luge_evaluate(m, data, .batch_size = -3), LUGE_EINVAL, "evaluate: batch_size is -3");
    FIT_REFUSED(t, ctx, luge_evaluate(m, data, .metrics = { LUGE_ACCURACY }), LUGE_EINVAL, "0 or 1 is expected");
    FIT_REFUSED(t, ctx, luge_evaluate(m, data, .metrics = { (luge_metric)99 }), LUGE_EINVAL, "99");
    CHECK(t, isnan(luge_evaluate(m, NULL).loss));
    luge_clear(ctx);
    m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(1));
    FIT_REFUSED(t, ctx, luge_evaluate(m, data), LUGE_ESTATE, "evaluate: compile the model first");
    m = fit_classifier(ctx, 2, 3);
    FIT_REFUSED(t, ctx, luge_evaluate(m, fit_classes(ctx, 9, 2, 3), .confusion = confusion, .classes = 2), LUGE_EINVAL,
                "3");
    CHECK(t, isnan(luge_evaluate(NULL, data).loss));
    CHECK_STATUS(t, luge_predict(NULL, data, out, 0), LUGE_EINVAL);
    luge_close(ctx);
}

/* Two outputs of one input; the loss is their weighted sum. */
static void several_outputs(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 20, 3);
    luge_dataset_add_targets(data, fit_class_numbers(ctx, 20, 4, 9), .classes = 4);
    luge_model *m = luge_model_create(ctx, .dtype = LUGE_F64);
    const luge_val x = luge_model_input(m, "x", LUGE_F64, luge_shape_of(3));
    const luge_val h = luge_call_layer(m, luge_dense(5, .activation = LUGE_TANH), x);
    const luge_val y[] = { luge_call_layer(m, luge_dense(1, .name = "a"), h),
                           luge_call_layer(m, luge_dense(4, .name = "b", .activation = LUGE_SOFTMAX), h) };
    CHECK_STATUS(t, luge_model_outputs(m, y, 2), LUGE_OK);
    luge_compile(m, .losses = { LUGE_MEAN_ABSOLUTE_ERROR, LUGE_SPARSE_CATEGORICAL_CROSSENTROPY },
                 .loss_weights = { 0.5, 2 }, .metrics = { LUGE_MAE });
    double a[20], b[20 * 4], targets[20], mae = 0, cross = 0;
    int32_t classes[20];
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 3), LUGE_OK);
    CHECK_STATUS(t, luge_predict(m, data, a, sizeof a), LUGE_OK);
    CHECK_STATUS(t, luge_predict(m, data, b, sizeof b, .output = 1, .batch_size = 3), LUGE_OK);
    luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_NUMBERS, LUGE_F64, NULL, 20, targets, sizeof targets);
    luge_dataset_gather(data, LUGE_TARGETS, 1, LUGE_CLASSES, LUGE_I32, NULL, 20, classes, sizeof classes);
    for (int i = 0; i < 20; i++) {
        mae += fabs(a[i] - targets[i]) / 20;
        cross -= log(b[i * 4 + classes[i]]) / 20;
    }
    const luge_scores s = luge_evaluate(m, data, .batch_size = 7);
    CHECK_CLOSE(t, s.loss, 0.5 * mae + 2 * cross, 1e-12);
    CHECK_CLOSE(t, s.mae, mae, 1e-12);
    luge_close(ctx);
}

/* ---- what a metric takes for a class ----------------------------------------------------------------------------- */

/* Targets of the same classes: numbers, rows of floats, rows said to be one-hot. */
static void accuracy_by_shape(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    enum { N = 30, K = 3 };
    int32_t classes[N];
    float rows[N * K] = { 0 }, out[N * K];
    double confusion[K * K], counted[K * K] = { 0 };
    luge_model *m = fit_classifier(ctx, 2, K);
    for (int i = 0; i < N; i++) {
        classes[i] = (int32_t)luge_test_below(t, K);
        rows[i * K + classes[i]] = 1;
    }
    for (int kind = 0; kind < 3; kind++) {
        luge_dataset *data = luge_dataset_create(ctx);
        luge_dataset_add_features(data, fit_numbers(ctx, N, 2, 7));
        if (kind)
            luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_F32, luge_shape_of(N, K), rows),
                                     .kind = kind == 1 ? LUGE_TARGET_DEFAULT : LUGE_ONE_HOT);
        else
            luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_I32, luge_shape_of(N), classes));
        const luge_scores s = luge_evaluate(m, data, .metrics = { LUGE_ACCURACY, LUGE_MSE }, .confusion = confusion,
                                            .classes = K, .batch_size = 4);
        CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
        if (!kind) {
            double right = 0;
            luge_predict(m, data, out, sizeof out);
            for (int i = 0; i < N; i++) {
                int best = 0;
                for (int k = 1; k < K; k++)
                    if (out[i * K + k] > out[i * K + best]) best = k;
                right += best == classes[i];
                counted[classes[i] * K + best]++;
            }
            CHECK_CLOSE(t, s.accuracy, right / N, 1e-15);
        }
        CHECK(t, s.loss > 0 && s.mse > 0);
        CHECK_CLOSE(t, s.accuracy, (counted[0] + counted[4] + counted[8]) / N, 1e-15);
        CHECK(t, !memcmp(confusion, counted, sizeof counted));
        CHECK_STATUS(t, luge_fit(m, data, .epochs = 1, .class_weights = (double[]){ 1, 1, 1 }, .n_class_weights = 3),
                     LUGE_OK);
        CHECK(t, !isnan(luge_history_value(m, 0, "accuracy")));
        luge_model_free(m);
        m = fit_classifier(ctx, 2, K);
    }
    luge_close(ctx);
}

static void binary_accuracy(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 40, 2, 2);
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    luge_compile(m, .loss = LUGE_BINARY_CROSSENTROPY, .metrics = { LUGE_ACCURACY }, .threshold = 0.4);
    float out[40];
    int32_t classes[40];
    double right = 0;
    CHECK_STATUS(t, luge_fit(m, data), LUGE_OK);
    luge_predict(m, data, out, sizeof out);
    luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_I32, NULL, 40, classes, sizeof classes);
    for (int i = 0; i < 40; i++) right += (out[i] > 0.4f) == classes[i];
    CHECK_CLOSE(t, luge_evaluate(m, data).accuracy, right / 40, 1e-15);
    /* metrics given here take the place of those of luge_compile */
    const luge_scores s = luge_evaluate(m, data, .metrics = { LUGE_RECALL, LUGE_BINARY_ACCURACY });
    CHECK(t, s.recall >= 0 && isnan(s.precision));
    CHECK_CLOSE(t, s.accuracy, right / 40, 1e-15);
    CHECK(t, isnan(luge_evaluate(m, data, .metrics = { LUGE_RECALL }).accuracy));
    luge_close(ctx);
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

static void row_weights(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const float w[] = { 0, 1, 3, 0, 0.5F, 1, 0 };
    luge_dataset *data = fit_regression(ctx, 7, 3), *zero = fit_regression(ctx, 7, 3);
    luge_dataset_set_weights(data, luge_array_copy(ctx, LUGE_F32, luge_shape_of(7), w));
    luge_dataset_set_weights(zero, luge_array_copy(ctx, LUGE_F32, luge_shape_of(7), (float[7]){ 0 }));
    luge_model *m = fit_small(ctx, 3, 0.1);
    double out[7], target[7], loss = 0;
    luge_predict(m, data, out, sizeof out);
    luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_NUMBERS, LUGE_F64, NULL, 7, target, sizeof target);
    for (int i = 0; i < 7; i++) loss += (double)w[i] * (out[i] - target[i]) * (out[i] - target[i]) / 7;
    CHECK_CLOSE(t, luge_evaluate(m, data, .batch_size = 2).loss, loss, 1e-13);
    const uint64_t bits = fit_bits(m);
    CHECK_CLOSE(t, luge_evaluate(m, zero).loss, 0, 0);
    CHECK_STATUS(t, luge_fit(m, zero, .epochs = 2), LUGE_OK); /* nothing counts, nothing is learned */
    CHECK(t, fit_bits(m) == bits);
    luge_close(ctx);
}

/* A loss that is a sum over a batch is, over a data set, the sum over it, whatever the batches. */
static void summed_loss(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 11, 3);
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_dense(1, .kernel_l2 = 0.1));
    luge_compile(m, .loss = LUGE_HALF_SUM_SQUARED_ERROR, .metrics = { LUGE_MSE });
    const luge_scores all = luge_evaluate(m, data), parts = luge_evaluate(m, data, .batch_size = 4);
    double w[3];
    luge_get_weight(m, "dense/kernel", w, sizeof w);
    CHECK_CLOSE(t, all.loss, 11 * all.mse / 2 + 0.1 * (w[0] * w[0] + w[1] * w[1] + w[2] * w[2]), 1e-13);
    CHECK_CLOSE(t, parts.loss, all.loss, 1e-13);
    CHECK_CLOSE(t, luge_train_on_batch(m, data).loss, all.loss, 1e-13);
    luge_close(ctx);
}

static void names(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const char *const classes[] = { "cat", "dog" }, *const features[] = { "size", "age", "weight" };
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, fit_numbers(ctx, 6, 3, 1), .names = features);
    luge_dataset_add_targets(data, fit_class_numbers(ctx, 6, 2, 1), .classes = 2, .names = classes);
    luge_model *m = fit_classifier(ctx, 3, 2);
    CHECK(t, !luge_class_name(m, 0) && !luge_feature_name(m, 0));
    CHECK_STATUS(t, luge_fit(m, data, .validation_split = 0.5), LUGE_OK);
    luge_dataset_free(data);
    CHECK_STR_EQ(t, luge_class_name(m, 1), "dog");
    CHECK_STR_EQ(t, luge_feature_name(m, 2), "weight");
    CHECK(t, !luge_class_name(m, 2) && !luge_class_name(m, -1) && !luge_feature_name(m, 3));
    CHECK_STATUS(t, luge_fit(m, fit_classes(ctx, 6, 3, 2)), LUGE_OK); /* the first ones stay */
    CHECK_STR_EQ(t, luge_class_name(m, 0), "cat");
    luge_close(ctx);
}

static luge_status little(luge_test *t, luge_context *ctx, void *user)
{
    float out[24 * 3];
    (void)t;
    (void)user;
    luge_dataset *data = fit_classes(ctx, 24, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    luge_evaluate(m, data, .batch_size = 7, .metrics = { LUGE_AUC });
    luge_predict(m, data, out, sizeof out, .batch_size = 5);
    return luge_failure(ctx);
}

static void out_of_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "evaluate", little, NULL);
}

void test_evaluate(luge_test *t)
{
    RUN(t, same_bits);
    RUN(t, errors);
    RUN(t, several_outputs);
    RUN(t, accuracy_by_shape);
    RUN(t, binary_accuracy);
    RUN(t, row_weights);
    RUN(t, summed_loss);
    RUN(t, names);
    RUN(t, out_of_memory);
}
