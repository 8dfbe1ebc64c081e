/* test_fit.c: what luge_fit does with rows, epochs, batches, weights and errors. */
#include "failing_alloc.h"
#include "fit_tools.h"

/* ---- counting ---------------------------------------------------------------------------------------------------- */

static void counting(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 10, 3);
    luge_model *m = fit_small(ctx, 3, 0.1);
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4, .epochs = 2), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 6); /* 4, 4 and 2 rows */
    CHECK_EQ_INT(t, luge_model_progress(m).epoch, 2);
    CHECK_EQ_INT(t, luge_model_progress(m).stopped, 0);
    CHECK_EQ_INT(t, luge_history_epochs(m), 2);
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4, .epochs = 5, .initial_epoch = 3), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 12);
    CHECK_EQ_INT(t, luge_model_progress(m).epoch, 5);
    CHECK_EQ_INT(t, luge_history_epochs(m), 5);
    CHECK(t, isnan(luge_history_value(m, 2, "loss")));
    CHECK(t, luge_history_value(m, 1, "loss") > 0);
    CHECK(t, luge_history_value(m, -1, "loss") > 0);
    CHECK(t, isnan(luge_history_value(m, 0, "accuracy")));
    CHECK(t, isnan(luge_history_value(m, -6, "loss")));
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4, .steps_per_epoch = 2), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 14);
    CHECK_EQ_INT(t, luge_history_epochs(m), 1); /* a new history */
    CHECK_STATUS(t, luge_fit(m, data), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 15); /* 32 rows a batch */
    CHECK_STATUS(t, luge_fit(m, data, .initial_epoch = 4, .epochs = 4), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 15);
    /* more steps than the rows give: only where rows may be drawn again */
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4, .steps_per_epoch = 7, .sampling = LUGE_WITH_REPLACEMENT),
                 LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 22);
    luge_close(ctx);
}

/* The same steps one by one: the last batch is short, the order is known. */
static uint64_t by_hand(luge_context *ctx, luge_dataset *data, luge_sampling sampling, int epochs, int64_t batch)
{
    luge_model *m = fit_small(ctx, 3, 0.1);
    const int64_t n = luge_dataset_rows(data);
    int64_t rows[64];
    for (int e = 0; e < epochs; e++) {
        for (int64_t i = 0; i < n; i++) rows[i] = i;
        if (sampling == LUGE_SHUFFLED) luge_row_order(3, (uint64_t)e, n, rows);
        if (sampling == LUGE_WITH_REPLACEMENT) luge_row_sample(3, (uint64_t)e, n, n, rows);
        for (int64_t i = 0; i < n; i += batch) {
            luge_dataset *part = luge_dataset_select(data, rows + i, n - i < batch ? n - i : batch);
            luge_train_on_batch(m, part);
            luge_dataset_free(part);
        }
    }
    return fit_bits(m);
}

static void orders(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 23, 3);
    const luge_sampling all[] = { LUGE_SHUFFLED, LUGE_IN_ORDER, LUGE_WITH_REPLACEMENT };
    uint64_t seen[3];
    for (int i = 0; i < 3; i++) {
        luge_model *m = fit_small(ctx, 3, 0.1);
        CHECK_STATUS(t, luge_fit(m, data, .batch_size = 5, .epochs = 3, .sampling = all[i]), LUGE_OK);
        seen[i] = fit_bits(m);
        CHECK(t, seen[i] == by_hand(ctx, data, all[i], 3, 5));
    }
    CHECK(t, seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
    luge_model *m = fit_small(ctx, 3, 0.1);
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = LUGE_FULL_BATCH, .epochs = 4), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 4);
    CHECK(t, fit_bits(m) == by_hand(ctx, data, LUGE_IN_ORDER, 4, 23));
    luge_close(ctx);
}

/* ---- validation -------------------------------------------------------------------------------------------------- */

static void validation_split(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 10, 3);
    luge_model *a = fit_small(ctx, 3, 0.1), *b = fit_small(ctx, 3, 0.1);
    CHECK_STATUS(t, luge_fit(a, data, .batch_size = 1, .epochs = 2, .validation_split = 0.25), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(a).updates, 14); /* floor(10 * 0.75) rows */
    luge_dataset *first = luge_dataset_slice(data, 0, 7), *last = luge_dataset_slice(data, 7, 3);
    CHECK_STATUS(t, luge_fit(b, first, .batch_size = 1, .epochs = 2, .validation_data = last), LUGE_OK);
    CHECK(t, fit_bits(a) == fit_bits(b));
    CHECK(t, luge_history_value(a, 1, "val_loss") == luge_history_value(b, 1, "val_loss"));
    CHECK_CLOSE(t, luge_history_value(a, 1, "val_loss"), luge_evaluate(a, last).loss, 1e-12);
    CHECK_STATUS(t, luge_fit(a, data, .validation_split = 0.05), LUGE_OK); /* 9 and 1 */
    FIT_REFUSED(t, ctx, luge_fit(a, data, .validation_split = 0.95), LUGE_EINVAL, "leaves one side empty");
    FIT_REFUSED(t, ctx, luge_fit(a, data, .validation_split = 1), LUGE_EINVAL, "validation_split is 1");
    FIT_REFUSED(t, ctx, luge_fit(a, data, .validation_split = -0.5), LUGE_EINVAL, "validation_split is -0.5");
    /* validation data goes before a split */
    CHECK_STATUS(t, luge_fit(a, data, .batch_size = 10, .validation_split = 0.5, .validation_data = last), LUGE_OK);
    CHECK_CLOSE(t, luge_history_value(a, 0, "val_loss"), luge_evaluate(a, last).loss, 1e-12);
    luge_close(ctx);
}

static void validation_frequency(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 5, .validation_data = data, .validation_frequency = 2), LUGE_OK);
    for (int64_t e = 0; e < 5; e++) {
        CHECK(t, isnan(luge_history_value(m, e, "val_loss")) == (e % 2 == 0));
        CHECK(t, isnan(luge_history_value(m, e, "val_accuracy")) == (e % 2 == 0));
        CHECK(t, luge_history_value(m, e, "loss") > 0);
    }
    fit_text csv = { .n = 0 };
    CHECK_STATUS(t, luge_history_csv(m, (luge_sink){ fit_write, &csv }), LUGE_OK);
    CHECK(t, !strncmp(csv.text, "epoch,loss,accuracy,val_loss,val_accuracy\n0,", 44));
    CHECK_STR_CONTAINS(t, csv.text, ",NA,NA\n1,");
    CHECK_STR_CONTAINS(t, csv.text, "\n4,");
    CHECK_EQ_INT(t, luge_history_count(m), 4);
    CHECK_STR_EQ(t, luge_history_name(m, 2), "val_loss");
    CHECK(t, luge_history_name(m, 4) == NULL && luge_history_name(m, -1) == NULL);
    luge_close(ctx);
}

/* A name that comes later widens the history: earlier epochs have nothing under it. */
static void widening_history(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 3), LUGE_OK);
    const double loss = luge_history_value(m, 2, "loss");
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 5, .initial_epoch = 3, .validation_data = data), LUGE_OK);
    CHECK(t, luge_history_value(m, 2, "loss") == loss && isnan(luge_history_value(m, 2, "val_accuracy")));
    CHECK(t, luge_history_value(m, 4, "val_accuracy") >= 0 && luge_history_count(m) == 4);
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 400, .initial_epoch = 5), LUGE_OK);
    CHECK(t, luge_history_value(m, 2, "loss") == loss && luge_history_value(m, 399, "loss") > 0);
    CHECK(t, luge_history_value(m, 4, "val_loss") > 0 && isnan(luge_history_value(m, 5, "val_loss")));
    luge_close(ctx);
}

/* ---- weights and losses ------------------------------------------------------------------------------------------ */

/* 4 rows; class 1 twice as heavy is its two rows there twice, but for the mean's divisor. */
static void weights(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const int64_t twice[] = { 0, 1, 2, 3, 1, 3 };
    const int32_t classes[] = { 0, 1, 0, 1 };
    const float heavy[] = { 1, 2, 1, 2 };
    luge_dataset *data[3];
    for (int i = 0; i < 3; i++) {
        data[i] = luge_dataset_create(ctx);
        luge_dataset_add_features(data[i], fit_numbers(ctx, 4, 3, 1));
        luge_dataset_add_targets(data[i], luge_array_copy(ctx, LUGE_I32, luge_shape_of(4), classes));
    }
    luge_dataset_set_weights(data[1], luge_array_copy(ctx, LUGE_F32, luge_shape_of(4), heavy));
    data[2] = luge_dataset_select(data[2], twice, 6);
    luge_model *m[3];
    const double rate[] = { 0.3, 0.3, 0.3 * 6 / 4 };
    for (int i = 0; i < 3; i++) {
        m[i] = fit_small(ctx, 3, rate[i]);
        CHECK_STATUS(t,
                     luge_fit(m[i], data[i], .epochs = 5, .batch_size = LUGE_FULL_BATCH,
                              .class_weights = i ? NULL : (const double[]){ 1, 2 }, .n_class_weights = i ? 0 : 2),
                     LUGE_OK);
    }
    CHECK(t, fit_bits(m[0]) == fit_bits(m[1]));
    for (int w = 0; w < luge_weight_count(m[0]); w++) {
        luge_weight_info info;
        double a[16] = { 0 }, b[16] = { 0 };
        luge_weight_at(m[0], w, &info);
        const size_t n = (size_t)luge_shape_size(&info.shape);
        luge_get_weight(m[0], info.name, a, n * sizeof *a);
        luge_get_weight(m[2], info.name, b, n * sizeof *b);
        for (size_t k = 0; k < n; k++) CHECK_CLOSE(t, a[k], b[k], 1e-13);
    }
    const double three[] = { 1, 2, 3 }, bad[] = { 1, -2 };
    FIT_REFUSED(t, ctx, luge_fit(m[0], data[0], .class_weights = three, .n_class_weights = 3), LUGE_EINVAL,
                "3 class weights; the first output has 2 classes");
    FIT_REFUSED(t, ctx, luge_fit(m[0], data[0], .class_weights = bad, .n_class_weights = 2), LUGE_EINVAL,
                "class weight 1 is -2");
    FIT_REFUSED(t, ctx, luge_fit(m[0], data[0], .class_weights = bad), LUGE_EINVAL, "do not go together");
    luge_close(ctx);
}

/* At a rate of 0 the running mean over batches is the loss of the whole, with its penalties. */
static void epoch_loss(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 11, 3);
    for (int l2 = 0; l2 < 2; l2++) {
        luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
        luge_add_layer(m, luge_dense(1, .kernel_l2 = l2 * 0.5));
        luge_compile(m, .optimizer = luge_sgd(), .loss = LUGE_MEAN_SQUARED_ERROR);
        luge_build(m, luge_shape_of(3));
        CHECK_STATUS(t, luge_set_learning_rate(m, 0), LUGE_OK);
        CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4), LUGE_OK);
        double w[3], out[11], target[11], loss = 0;
        luge_get_weight(m, "dense/kernel", w, sizeof w);
        CHECK_STATUS(t, luge_predict(m, data, out, sizeof out), LUGE_OK);
        luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_NUMBERS, LUGE_F64, NULL, 11, target, sizeof target);
        for (int i = 0; i < 11; i++) loss += (out[i] - target[i]) * (out[i] - target[i]) / 11;
        if (l2) loss += 0.5 * (w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
        CHECK_CLOSE(t, luge_history_value(m, 0, "loss"), loss, 1e-12);
        CHECK_CLOSE(t, luge_evaluate(m, data).loss, loss, 1e-12);
    }
    luge_close(ctx);
}

/* An epoch that was stopped in its middle leaves nothing to the sums of the next fit; nor does a single batch. */
static void abandoned_epoch(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const volatile int now = 1;
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4, .epochs = 2, .interrupt = &now), LUGE_OK);
    const luge_progress p = luge_model_progress(m);
    CHECK(t, p.epoch == 0 && p.step == 1 && p.updates == 1 && p.stopped);
    CHECK_STR_EQ(t, p.reason, "interrupted");
    CHECK_EQ_INT(t, p.cause, LUGE_STOPPED_BY_INTERRUPT);
    luge_train_on_batch(m, luge_dataset_slice(data, 0, 4));
    luge_set_learning_rate(m, 0);
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4), LUGE_OK);
    const luge_scores s = luge_evaluate(m, data);
    CHECK_CLOSE(t, luge_history_value(m, 0, "loss"), s.loss, 1e-6);
    CHECK_CLOSE(t, luge_history_value(m, 0, "accuracy"), s.accuracy, 0);
    luge_close(ctx);
}

static void interrupted_and_resumed(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const volatile int now = 1;
    luge_dataset *data = fit_classes(ctx, 22, 2, 3);
    luge_model *a = fit_classifier(ctx, 2, 3), *b = fit_classifier(ctx, 2, 3);
    CHECK_STATUS(t, luge_fit(a, data, .batch_size = 4, .epochs = 3), LUGE_OK);
    for (int i = 0; i < 18; i++) {
        CHECK_STATUS(t, luge_fit(b, data, .batch_size = 4, .epochs = 3, .resume = 1, .interrupt = &now), LUGE_OK);
        if (i == 4) luge_evaluate(b, data);
    }
    CHECK(t, fit_bits(a) == fit_bits(b));
    for (int64_t e = 0; e < 3; e++) {
        CHECK(t, luge_history_value(a, e, "loss") == luge_history_value(b, e, "loss"));
        CHECK(t, luge_history_value(a, e, "accuracy") == luge_history_value(b, e, "accuracy"));
    }
    CHECK_EQ_INT(t, luge_model_progress(b).stopped, 0); /* the last step was the last */
    CHECK_STR_EQ(t, luge_model_progress(b).reason, "");
    luge_close(ctx);
}

static void same_bits(luge_test *t)
{
    uint64_t first = 0;
    double loss = 0;
    for (int run = 0; run < 4; run++) {
        luge_context *ctx = luge_open(.threads = run < 2 ? 1 : 2);
        luge_dataset *data = fit_classes(ctx, 300, 64, 10);
        luge_model *m = luge_sequential(ctx);
        luge_add_layer(m, luge_dense(128, .activation = LUGE_RELU));
        luge_add_layer(m, luge_dropout(0.2));
        luge_add_layer(m, luge_dense(10, .activation = LUGE_SOFTMAX));
        luge_compile(m, .optimizer = luge_adam(), .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY);
        CHECK_STATUS(t, luge_fit(m, data, .batch_size = 128, .epochs = 3), LUGE_OK);
        if (!run) first = fit_bits(m);
        if (!run) loss = luge_history_value(m, 2, "loss");
        CHECK(t, fit_bits(m) == first && luge_history_value(m, 2, "loss") == loss);
        luge_close(ctx);
    }
}

/* Bytes with a scale are the floats that they stand for. */
static void bytes_as_features(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    uint8_t bytes[40 * 6];
    float floats[40 * 6];
    for (int i = 0; i < 40 * 6; i++) {
        bytes[i] = (uint8_t)luge_test_below(t, 256);
        floats[i] = (float)((double)bytes[i] * (1 / 255.0));
    }
    uint64_t bits[2];
    for (int i = 0; i < 2; i++) {
        luge_dataset *data = luge_dataset_create(ctx);
        luge_array *x =
            luge_array_copy(ctx, i ? LUGE_F32 : LUGE_U8, luge_shape_of(40, 2, 3), i ? (void *)floats : bytes);
        luge_dataset_add_features(data, x, .scale = i ? 1 : 1 / 255.0);
        luge_dataset_add_targets(data, fit_class_numbers(ctx, 40, 3, 2));
        luge_model *m = luge_sequential(ctx);
        luge_add_layer(m, luge_flatten_layer());
        luge_add_layer(m, luge_dense(3, .activation = LUGE_SOFTMAX));
        luge_compile(m, .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY);
        CHECK_STATUS(t, luge_fit(m, data, .epochs = 3, .batch_size = 7), LUGE_OK);
        bits[i] = fit_bits(m);
    }
    CHECK(t, bits[0] == bits[1]);
    luge_close(ctx);
}

static void train_on_batch(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    const luge_scores before = luge_evaluate(m, data), s = luge_train_on_batch(m, data);
    CHECK_EQ_INT(t, s.rows, 12);
    CHECK_CLOSE(t, s.loss, before.loss, 1e-6);
    CHECK_CLOSE(t, s.accuracy, before.accuracy, 0);
    CHECK(t, isnan(s.auc));
    CHECK(t, luge_evaluate(m, data).loss < before.loss);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 1);
    CHECK(t, isnan(luge_train_on_batch(m, NULL).loss));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "train_on_batch: the data set is NULL");
    luge_clear(ctx);
    CHECK(t, isnan(luge_train_on_batch(NULL, data).loss));
    luge_close(ctx);
}

/* ---- calls from inside ------------------------------------------------------------------------------------------- */

typedef struct nested {
    luge_test *t;
    luge_context *ctx;
    luge_dataset *data;
    int calls;
} nested;

/* What would change the model under the feet of its training is refused, each without a trace. */
static int meddle(const luge_moment *moment, void *user)
{
    nested *n = user;
    luge_test *t = n->t;
    luge_model *m = moment->model;
    const luge_val none = { 0, 0 };
    n->calls++;
    FIT_REFUSED(t, n->ctx, luge_fit(m, n->data), LUGE_ESTATE, "fit: the model is being trained");
    FIT_REFUSED(t, n->ctx, luge_train_on_batch(m, n->data), LUGE_ESTATE, "train_on_batch: the model is being trained");
    FIT_REFUSED(t, n->ctx, luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR), LUGE_ESTATE,
                "compile: the model is being");
    FIT_REFUSED(t, n->ctx, luge_add_layer(m, luge_dense(1)), LUGE_ESTATE, "add_layer: the model is being trained");
    FIT_REFUSED(t, n->ctx, luge_build(m, luge_shape_of(3)), LUGE_ESTATE, "build: the model is being trained");
    FIT_REFUSED(t, n->ctx, luge_call_layer(m, luge_dense(1), none), LUGE_ESTATE, "call_layer: the model is being");
    FIT_REFUSED(t, n->ctx, luge_model_input(m, "z", LUGE_F32, luge_shape_of(1)), LUGE_ESTATE, "model_input: the model");
    FIT_REFUSED(t, n->ctx, luge_model_weight(m, "w", luge_shape_of(1), (luge_initializer){ LUGE_ZEROS, 0, 0 }),
                LUGE_ESTATE, "model_weight: the model is being");
    FIT_REFUSED(t, n->ctx, luge_model_outputs(m, &none, 1), LUGE_ESTATE, "model_outputs: the model is being trained");
    FIT_REFUSED(t, n->ctx, luge_swap_averages(m), LUGE_ESTATE, "swap_averages: the model is being trained");
    luge_model_bytes bytes;
    FIT_REFUSED(t, n->ctx, luge_model_memory(m, n->data, 4, &bytes), LUGE_ESTATE, "model_memory: the model is being");
    return 0;
}

/* Looking, however, is allowed, and takes nothing from the batch that is in memory. */
static int look(const luge_moment *moment, void *user)
{
    nested *n = user;
    luge_test *t = n->t;
    float out[64 * 3];
    n->calls++;
    luge_dataset *part = luge_dataset_slice(n->data, 3, 5), *more = luge_dataset_select(n->data, (int64_t[]){ 1 }, 1);
    CHECK(t, luge_evaluate(moment->model, part).loss > 0);
    CHECK(t, luge_evaluate(moment->model, n->data, .batch_size = 1 + n->calls % 13).loss > 0);
    CHECK_STATUS(t, luge_predict(moment->model, more, out, 3 * sizeof *out), LUGE_OK);
    luge_dataset_free(part);
    luge_dataset_free(more);
    return 0;
}

static void calls_from_inside(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 20, 2, 3), *some = luge_dataset_slice(data, 0, 12);
    nested n = { .t = t, .ctx = ctx, .data = data };
    const luge_callback all[] = {
        { .size = sizeof all[0] },
        { .size = sizeof all[0],
          .user = &n,
          .train_begin = meddle,
          .epoch_begin = meddle,
          .batch_end = meddle,
          .epoch_end = meddle,
          .train_end = meddle },
        { .size = sizeof all[0],
          .user = &n,
          .train_begin = look,
          .epoch_begin = look,
          .batch_end = look,
          .epoch_end = look,
          .train_end = look },
    };
    for (int64_t batch = LUGE_FULL_BATCH; batch < 6; batch += 6) { /* a full batch, and batches of 5 */
        uint64_t bits = 0;
        double loss = 0;
        for (int i = 0; i < 3; i++) {
            luge_model *m = fit_classifier(ctx, 2, 3);
            n.calls = 0;
            CHECK_STATUS(t, luge_fit(m, some, .epochs = 6, .batch_size = batch, .callbacks = { &all[i] }), LUGE_OK);
            CHECK_EQ_INT(t, n.calls, !i ? 0 : batch < 0 ? 20 : 32);
            if (!i) bits = fit_bits(m);
            if (!i) loss = luge_history_value(m, -1, "loss");
            CHECK(t, fit_bits(m) == bits && luge_history_value(m, -1, "loss") == loss);
        }
    }
    luge_close(ctx);
}

/* Callers of a later version have longer options: what was compiled with them is read again in each step. */
static void longer_options(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    struct {
        luge_schedule known;
        double later[4];
    } schedule = { .known = *luge_exponential_decay(.initial_rate = 0.5, .decay_steps = 1, .decay_rate = 0.5) };
    schedule.known.size = sizeof schedule;
    luge_model *m = fit_small(ctx, 3, 0.1);
    CHECK_STATUS(t, luge_compile(m, .optimizer = luge_sgd(.schedule = &schedule.known), .loss = LUGE_HINGE_LOSS),
                 LUGE_OK);
    CHECK_STATUS(t, luge_fit(m, fit_regression(ctx, 10, 3), .batch_size = 5), LUGE_OK);
    CHECK(t, luge_learning_rate(m) == 0.125);
    luge_close(ctx);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 10, 3), *wide = fit_regression(ctx, 10, 4),
                 *empty = luge_dataset_create(ctx);
    luge_dataset *classes = fit_classes(ctx, 10, 3, 5), *two = fit_regression(ctx, 10, 3);
    luge_dataset_add_targets(two, fit_numbers(ctx, 10, 1, 4));
    luge_model *m = luge_sequential(ctx), *s = fit_classifier(ctx, 3, 4);
    FIT_REFUSED(t, ctx, luge_fit(m, data), LUGE_ESTATE, "no layers");
    luge_add_layer(m, luge_dense(1));
    FIT_REFUSED(t, ctx, luge_fit(m, data), LUGE_ESTATE, "fit: compile the model first");
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
    FIT_REFUSED(t, ctx, luge_fit(m, NULL), LUGE_EINVAL, "data set is NULL");
    FIT_REFUSED(t, ctx, luge_fit(m, wide), LUGE_ESHAPE, "\"x\" is [4]; the model was built for [3]");
    FIT_REFUSED(t, ctx, luge_fit(m, empty), LUGE_ESHAPE, "0 feature arrays; the model has 1 inputs");
    FIT_REFUSED(t, ctx, luge_fit(m, two), LUGE_ESHAPE, "2 target arrays; the model has 1 outputs");
    FIT_REFUSED(t, ctx, luge_fit(s, classes), LUGE_ESHAPE, "\"y\" has 5 classes; the model has 4 outputs");
    FIT_REFUSED(t, ctx, luge_fit(s, data), LUGE_ESHAPE, "\"y\" is [1]; the model has 4 outputs");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .validation_data = wide), LUGE_ESHAPE, "fit: validation: a row of \"x\"");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .epochs = -1), LUGE_EINVAL, "negative");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .initial_epoch = -1), LUGE_EINVAL, "negative");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .batch_size = -2), LUGE_EINVAL, "batch_size is -2");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .validation_batch_size = -2), LUGE_EINVAL, "validation_batch_size is -2");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .sampling = (luge_sampling)9), LUGE_EINVAL, "sampling number 9");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .batch_size = 5, .steps_per_epoch = 3), LUGE_EINVAL, "3 steps of 5 rows");
    FIT_REFUSED(t, ctx,
                luge_fit(m, data, .batch_size = 4, .sampling = LUGE_WITH_REPLACEMENT,
                         .steps_per_epoch = ((int64_t)1 << 61) + 1),
                LUGE_ENOMEM, "not fit memory"); /* not the 1 that is left of it in 32 bits */
    CHECK_STATUS(t, luge_fit_with(NULL, NULL), LUGE_EINVAL);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 0);
    CHECK_STATUS(t, luge_fit(m, data, .validation_batch_size = LUGE_FULL_BATCH), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 1);
    luge_close(ctx);
}

static luge_status little_fit(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    (void)user;
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    luge_fit(m, data, .batch_size = 5, .epochs = 2, .validation_split = 0.25,
             .callbacks = { luge_early_stopping(.restore_best_weights = 1), luge_stop_on_nan() });
    luge_evaluate(m, data);
    luge_train_on_batch(m, data);
    return luge_failure(ctx);
}

static void out_of_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "fit", little_fit, NULL);
}

void test_fit(luge_test *t)
{
    RUN(t, counting);
    RUN(t, orders);
    RUN(t, validation_split);
    RUN(t, validation_frequency);
    RUN(t, widening_history);
    RUN(t, weights);
    RUN(t, epoch_loss);
    RUN(t, abandoned_epoch);
    RUN(t, interrupted_and_resumed);
    RUN(t, same_bits);
    RUN(t, bytes_as_features);
    RUN(t, train_on_batch);
    RUN(t, calls_from_inside);
    RUN(t, longer_options);
    RUN(t, errors);
    RUN(t, out_of_memory);
}
