/* test_callbacks.c: callbacks of a fit: who is called when, and the built-in kinds against what Keras' do. */
#include <unistd.h>

#include "fit_tools.h"

enum { MOST_EPOCHS = 32 };

/* ---- a loss that goes where it is told --------------------------------------------------------------------------- */

/* One weight w, one row: the loss of an epoch is w squared, and w is set when the epoch begins. */
typedef struct script {
    luge_context *ctx;
    luge_dataset *data;
    luge_model *m;
    double w[MOST_EPOCHS], rate[MOST_EPOCHS + 1];
    volatile int raised;
} script;

static int set_weight(const luge_moment *moment, void *user)
{
    script *s = user;
    s->rate[moment->epoch] = moment->learning_rate;
    return luge_set_weight(moment->model, "dense/kernel", &s->w[moment->epoch], sizeof(double));
}

static void script_open(script *s, double rate)
{
    static const double one = 1, zero = 0;
    *s = (script){ .ctx = luge_open(.threads = 1) };
    s->data = luge_dataset_create(s->ctx);
    luge_dataset_add_features(s->data, luge_array_borrow(s->ctx, LUGE_F64, luge_shape_of(1, 1), &one));
    luge_dataset_add_targets(s->data, luge_array_borrow(s->ctx, LUGE_F64, luge_shape_of(1, 1), &zero));
    s->m = luge_sequential(s->ctx, .dtype = LUGE_F64);
    luge_add_layer(s->m, luge_input_layer(luge_shape_of(1)));
    luge_add_layer(s->m, luge_dense(1, .no_bias = 1));
    luge_compile(s->m, .optimizer = luge_sgd(), .loss = LUGE_MEAN_SQUARED_ERROR, .metrics = { LUGE_MAE });
    luge_set_learning_rate(s->m, rate);
}

static double script_weight(const script *s)
{
    double w = (double)NAN;
    luge_get_weight(s->m, "dense/kernel", &w, sizeof w);
    return w;
}

/* ---- the order of calls ------------------------------------------------------------------------------------------ */

typedef struct record {
    char text[2048], name;
    struct record *with; /* where the text goes */
    const char *stop_at;
    int wrong;
} record;

static int note(const luge_moment *m, record *r, const char *what)
{
    record *to = r->with ? r->with : r;
    char entry[64];
    (void)snprintf(entry, sizeof entry, "%c%s%lld.%lld ", r->name, what, (long long)m->epoch, (long long)m->step);
    if (strlen(to->text) + strlen(entry) < sizeof to->text) (void)strcat(to->text, entry);
    r->wrong += m->epochs != 2 || m->steps != 3 || !(m->learning_rate == 0.5);
    return r->stop_at && !strcmp(entry + 1, r->stop_at);
}

static int on_train_begin(const luge_moment *m, void *user)
{
    record *r = user;
    r->wrong += m->n_logs != 0 || m->loss == m->loss;
    return note(m, r, "T");
}

static int on_epoch_begin(const luge_moment *m, void *user)
{
    record *r = user;
    r->wrong += m->n_logs != 0 || m->loss == m->loss;
    return note(m, r, "e");
}

static int on_batch_end(const luge_moment *m, void *user)
{
    record *r = user;
    r->wrong += m->n_logs != 2 || luge_moment_log(m, "loss") != m->loss || !(luge_moment_log(m, "mae") > 0);
    r->wrong += strcmp(m->names[1], "mae") != 0 || luge_moment_log(m, "val_loss") == 0;
    return note(m, r, "b");
}

static int on_epoch_end(const luge_moment *m, void *user)
{
    record *r = user;
    r->wrong += m->n_logs != 4 || luge_moment_log(m, "loss") != m->loss || !(luge_moment_log(m, "val_mae") > 0);
    r->wrong += luge_history_value(m->model, m->epoch, "val_loss") != luge_moment_log(m, "val_loss");
    return note(m, r, "E");
}

static int on_train_end(const luge_moment *m, void *user)
{
    return note(m, user, "x");
}

static luge_callback recording(record *r)
{
    return (luge_callback){ .size = sizeof(luge_callback),
                            .user = r,
                            .train_begin = on_train_begin,
                            .epoch_begin = on_epoch_begin,
                            .batch_end = on_batch_end,
                            .epoch_end = on_epoch_end,
                            .train_end = on_train_end };
}

static void order_of_calls(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 5, 3);
    /* where to stop, what is called of one callback, the updates made */
    const struct {
        const char *stop_at, *calls;
        int updates;
    } rows[] = {
        { NULL, "AT0.0 Ae0.0 Ab0.0 Ab0.1 Ab0.2 AE0.3 Ae1.0 Ab1.0 Ab1.1 Ab1.2 AE1.3 Ax2.0 ", 6 },
        { "T0.0 ", "AT0.0 Ax0.0 ", 0 },
        { "e0.0 ", "AT0.0 Ae0.0 Ax0.0 ", 0 },
        { "b0.1 ", "AT0.0 Ae0.0 Ab0.0 Ab0.1 Ax0.2 ", 2 },
        { "b0.2 ", "AT0.0 Ae0.0 Ab0.0 Ab0.1 Ab0.2 AE0.3 Ax1.0 ", 3 },
        { "E0.3 ", "AT0.0 Ae0.0 Ab0.0 Ab0.1 Ab0.2 AE0.3 Ax1.0 ", 3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        luge_model *m = fit_small(ctx, 3, 0.5);
        luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.5), .loss = LUGE_MEAN_SQUARED_ERROR,
                     .metrics = { LUGE_MAE });
        record a = { .name = 'A', .stop_at = rows[i].stop_at };
        const luge_callback c = recording(&a);
        CHECK_STATUS(t, luge_fit(m, data, .batch_size = 2, .epochs = 2, .validation_data = data, .callbacks = { &c }),
                     LUGE_OK);
        CHECK_STR_EQ(t, a.text, rows[i].calls);
        CHECK_EQ_INT(t, a.wrong, 0);
        const luge_progress p = luge_model_progress(m);
        CHECK_EQ_INT(t, p.updates, rows[i].updates);
        CHECK_EQ_INT(t, p.stopped, rows[i].stop_at != NULL);
        CHECK_STR_EQ(t, p.reason, rows[i].stop_at ? "stopped by a callback" : "");
        CHECK_EQ_INT(t, p.cause, rows[i].stop_at ? LUGE_STOPPED_BY_CALLBACK : LUGE_RAN_TO_ITS_END);
        luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
        CHECK_EQ_INT(t, luge_model_progress(m).stopped, 0);
        CHECK_STR_EQ(t, luge_model_progress(m).reason, "");
    }
    luge_model *m = fit_small(ctx, 3, 0.5);
    record a = { .name = 'A' }, b = { .name = 'B', .with = &a };
    luge_callback first = recording(&a), second = recording(&b);
    first.batch_end = second.batch_end = NULL;
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 2, .epochs = 2, .callbacks = { &first, &second }), LUGE_OK);
    CHECK_STR_EQ(t, a.text, "AT0.0 BT0.0 Ae0.0 Be0.0 AE0.3 BE0.3 Ae1.0 Be1.0 AE1.3 BE1.3 Ax2.0 Bx2.0 ");
    luge_close(ctx);
}

/* ---- early stopping ---------------------------------------------------------------------------------------------- */

/* What Keras does: the epoch after which it stops (epochs: never), and the epoch whose weights are there at the end. */
static int keras_stops(const double *loss, int epochs, const luge_callback *c, int *best_epoch)
{
    const int larger = c->larger_is_better > 0;
    double best = larger ? -HUGE_VAL : HUGE_VAL;
    int64_t wait = 0;
    int has_weights = 0, stopped = epochs;
    *best_epoch = -1;
    for (int e = 0; e < epochs; e++) {
        const double delta = larger ? c->min_delta : -c->min_delta;
        if (e < c->start_from_epoch) continue;
        if (c->restore_best_weights && !has_weights) {
            has_weights = 1;
            *best_epoch = e;
        }
        wait++;
        if (larger ? loss[e] - delta > best : loss[e] - delta < best) {
            best = loss[e];
            *best_epoch = e;
            if (!c->has_baseline || (larger ? loss[e] - delta > c->baseline : loss[e] - delta < c->baseline)) wait = 0;
            continue;
        }
        if (wait < c->patience || e == 0) continue;
        stopped = e;
        break;
    }
    if (!c->restore_best_weights || *best_epoch < 0) *best_epoch = stopped < epochs ? stopped : epochs - 1;
    return stopped;
}

static void early_stopping(luge_test *t)
{
    script s;
    script_open(&s, 0);
    const luge_callback weight = { .size = sizeof weight, .user = &s, .epoch_begin = set_weight };
    for (int k = 0; k < 400; k++) {
        const int epochs = 1 + (int)luge_test_below(t, 12);
        double loss[MOST_EPOCHS];
        for (int e = 0; e < epochs; e++) {
            s.w[e] = (double)luge_test_below(t, 9);
            loss[e] = s.w[e] * s.w[e];
        }
        const luge_callback c = { .size = sizeof c,
                                  .kind = LUGE_EARLY_STOPPING,
                                  .monitor = "loss",
                                  .larger_is_better = k % 2   ? 1
                                                      : k % 4 ? -1
                                                              : 0,
                                  .min_delta = k % 3 ? 0 : 5,
                                  .patience = luge_test_below(t, 4),
                                  .has_baseline = k % 5 == 0,
                                  .baseline = 20,
                                  .start_from_epoch = k % 7 ? 0 : 3,
                                  .restore_best_weights = k % 2 || k % 11 == 0 };
        int best;
        const int stopped = keras_stops(loss, epochs, &c, &best);
        CHECK_STATUS(t, luge_fit(s.m, s.data, .epochs = epochs, .callbacks = { &weight, &c }), LUGE_OK);
        const luge_progress p = luge_model_progress(s.m);
        CHECK_EQ_INT(t, p.epoch, stopped < epochs ? stopped + 1 : epochs);
        CHECK_EQ_INT(t, p.stopped, stopped < epochs - 1);
        CHECK_CLOSE(t, script_weight(&s), s.w[best], 0);
        if (p.stopped) CHECK_STR_CONTAINS(t, p.reason, "loss has not improved since epoch ");
        CHECK_EQ_INT(t, p.cause, p.stopped ? LUGE_STOPPED_EARLY : LUGE_RAN_TO_ITS_END);
    }
    luge_close(s.ctx);
}

static int stop_at_two(const luge_moment *moment, void *user)
{
    (void)user;
    return moment->epoch == 2;
}

static int interrupt_at_three(const luge_moment *moment, void *user)
{
    if (moment->epoch == 2) ((script *)user)->raised = 1;
    return 0;
}

/* The best weights are not put back in the middle of an epoch, which goes on later; NaN is never the best. */
static void best_weights(luge_test *t)
{
    script s;
    script_open(&s, 0);
    const luge_callback weight = { .size = sizeof weight, .user = &s, .epoch_begin = set_weight };
    const luge_callback two = { .size = sizeof two, .batch_end = stop_at_two };
    const luge_callback *best =
        luge_early_stopping(.monitor = "loss", .restore_best_weights = 1, .patience = 9, .min_delta = LUGE_ZERO);
    luge_dataset *twice = luge_dataset_select(s.data, (const int64_t[]){ 0, 0 }, 2);
    const double w[] = { 2, 1, 3, 4 };
    memcpy(s.w, w, sizeof w);
    CHECK_STATUS(t, luge_fit(s.m, twice, .epochs = 4, .batch_size = 1, .callbacks = { &weight, best, &two }), LUGE_OK);
    CHECK(t, luge_model_progress(s.m).epoch == 2 && luge_model_progress(s.m).step == 1);
    CHECK_CLOSE(t, script_weight(&s), 3, 0);
    const luge_callback raise = { .size = sizeof raise, .user = &s, .batch_end = interrupt_at_three };
    s.raised = 0; /* an interrupted training goes on later, from where it was */
    CHECK_STATUS(t, luge_fit(s.m, s.data, .epochs = 4, .callbacks = { &weight, best, &raise }, .interrupt = &s.raised),
                 LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(s.m).epoch, 3);
    CHECK_CLOSE(t, script_weight(&s), 3, 0);
    s.w[0] = (double)NAN;
    CHECK_STATUS(t, luge_fit(s.m, s.data, .epochs = 4, .callbacks = { &weight, best }), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(s.m).epoch, 4);
    CHECK_CLOSE(t, script_weight(&s), 1, 0);
    luge_close(s.ctx);
}

/* ---- reduce the rate --------------------------------------------------------------------------------------------- */

static void keras_rates(const double *loss, int epochs, const luge_callback *c, double rate, double *rates)
{
    const double factor = c->factor > 0 ? c->factor : 0.1, delta = c->min_delta > 0 ? c->min_delta : 1e-4;
    const int larger = c->larger_is_better > 0;
    const int64_t patience = c->patience ? c->patience : 10;
    double best = larger ? -HUGE_VAL : HUGE_VAL;
    int64_t wait = 0, cooldown = 0;
    for (int e = 0; e < epochs; e++) {
        rates[e] = rate;
        if (cooldown > 0) {
            cooldown--;
            wait = 0;
        }
        if (larger ? loss[e] > best + delta : loss[e] < best - delta) {
            best = loss[e];
            wait = 0;
        } else if (!cooldown && ++wait >= patience && rate > c->min_rate) {
            rate = fmax(rate * factor, c->min_rate);
            cooldown = c->cooldown;
            wait = 0;
        }
    }
}

static void reduce_rate(luge_test *t)
{
    script s;
    script_open(&s, 1);
    const luge_callback weight = { .size = sizeof weight, .user = &s, .epoch_begin = set_weight };
    for (int k = 0; k < 200; k++) {
        const int epochs = 30;
        double loss[MOST_EPOCHS], rates[MOST_EPOCHS];
        for (int e = 0; e < epochs; e++) {
            s.w[e] = (double)luge_test_below(t, 9);
            loss[e] = s.w[e] * s.w[e];
        }
        const luge_callback c = { .size = sizeof c,
                                  .kind = LUGE_REDUCE_RATE_ON_PLATEAU,
                                  .monitor = "loss",
                                  .larger_is_better = k % 2,
                                  .min_delta = k % 3 ? 0 : 5,
                                  .patience = luge_test_below(t, 4),
                                  .factor = k % 5 ? 0.5 : 0,
                                  .cooldown = luge_test_below(t, 3),
                                  .min_rate = k % 7 ? 0 : 0.2 };
        luge_set_learning_rate(s.m, 1);
        keras_rates(loss, epochs, &c, 1, rates);
        CHECK_STATUS(t, luge_fit(s.m, s.data, .epochs = epochs, .callbacks = { &weight, &c }), LUGE_OK);
        for (int e = 0; e < epochs; e++) {
            CHECK_CLOSE(t, s.rate[e], rates[e], 1e-15);
            CHECK(t, luge_history_value(s.m, e, "learning_rate") == s.rate[e]);
        }
    }
    const luge_schedule decay = {
        .size = sizeof decay, .kind = LUGE_EXPONENTIAL_DECAY, .initial_rate = 0.1, .decay_steps = 10, .decay_rate = 0.5
    };
    luge_compile(s.m, .optimizer = luge_sgd(.schedule = &decay), .loss = LUGE_MEAN_SQUARED_ERROR);
    FIT_REFUSED(t, s.ctx, luge_fit(s.m, s.data, .callbacks = { luge_reduce_rate_on_plateau(.monitor = "loss") }),
                LUGE_EINVAL, "follows a schedule");
    CHECK_STATUS(t, luge_fit(s.m, s.data), LUGE_OK);
    CHECK(t, luge_history_value(s.m, 0, "learning_rate") < 0.1);
    luge_close(s.ctx);
}

/* ---- checkpoints and the CSV log --------------------------------------------------------------------------------- */

static char folder[64];

static const char *in_folder(const char *name)
{
    static char paths[4][160];
    static int next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int is_there(const char *name)
{
    return access(in_folder(name), R_OK) == 0;
}

/* Whether it was there; it is gone then. */
static int took(const char *name)
{
    return unlink(in_folder(name)) == 0;
}

static void checkpoints(luge_test *t)
{
    script s;
    script_open(&s, 0);
    const luge_callback weight = { .size = sizeof weight, .user = &s, .epoch_begin = set_weight };
    const double w[] = { 2, 1, 3, 0.5 };
    memcpy(s.w, w, sizeof w);
    CHECK_STATUS(t,
                 luge_fit(s.m, s.data, .epochs = 4, .validation_data = s.data,
                          .callbacks = { &weight, luge_checkpoint(in_folder("{epoch:3}-{val_loss:2}-{mae}")) }),
                 LUGE_OK);
    CHECK(t, took("001-4.00-2.0000") && took("002-1.00-1.0000") && took("003-9.00-3.0000"));
    luge_model *last = luge_load_model(s.ctx, in_folder("004-0.25-0.5000"));
    CHECK(t, last && luge_model_progress(last).epoch == 4 && luge_history_epochs(last) == 4);
    CHECK(t, took("004-0.25-0.5000"));
    const luge_callback *best = luge_checkpoint(in_folder("{epoch}"), .save_best_only = 1);
    CHECK_STATUS(t, luge_fit(s.m, s.data, .epochs = 4, .validation_data = s.data, .callbacks = { &weight, best }),
                 LUGE_OK);
    CHECK(t, took("1") && took("2") && !is_there("3") && took("4"));
    best = luge_checkpoint(in_folder("{epoch}"), .save_best_only = 1, .monitor = "val_mae", .larger_is_better = 1);
    CHECK_STATUS(t, luge_fit(s.m, s.data, .epochs = 4, .validation_data = s.data, .callbacks = { &weight, best }),
                 LUGE_OK);
    CHECK(t, took("1") && !is_there("2") && took("3") && !is_there("4"));
    luge_model *m = fit_small(s.ctx, 3, 0.1); /* 3 steps an epoch, saved after steps 2, 4 and 6 */
    CHECK_STATUS(t,
                 luge_fit(m, fit_regression(s.ctx, 6, 3), .epochs = 2, .batch_size = 2,
                          .callbacks = { luge_checkpoint(in_folder("{epoch}"), .every_steps = 2) }),
                 LUGE_OK);
    luge_model *first = luge_load_model(s.ctx, in_folder("1")), *second = luge_load_model(s.ctx, in_folder("2"));
    CHECK(t, luge_model_progress(first).updates == 2 && luge_model_progress(first).step == 2);
    CHECK(t, luge_model_progress(second).updates == 6);
    CHECK(t, took("1") && took("2"));
    s.w[0] = 0; /* as many decimals as 64 bits hold */
    CHECK_STATUS(t, luge_fit(s.m, s.data, .callbacks = { &weight, luge_checkpoint(in_folder("{loss:40}")) }), LUGE_OK);
    CHECK(t, took("0.000000000000000"));
    s.w[0] = w[0];
    /* nowhere to write: an error, and a model that goes on */
    FIT_REFUSED(t, s.ctx, luge_fit(s.m, s.data, .callbacks = { luge_checkpoint(in_folder("none/here")) }), LUGE_EIO,
                "none/here");
    FIT_REFUSED(t, s.ctx, luge_fit(s.m, s.data, .callbacks = { luge_checkpoint(in_folder("{f1}")) }), LUGE_EINVAL,
                "the path has {f1}, but nothing is logged so");
    FIT_REFUSED(t, s.ctx, luge_fit(s.m, s.data, .callbacks = { luge_checkpoint(NULL) }), LUGE_EINVAL, "needs a path");
    CHECK_STATUS(t, luge_fit(s.m, s.data, .epochs = 2, .callbacks = { &weight }), LUGE_OK);
    CHECK_CLOSE(t, script_weight(&s), 1, 0);
    luge_close(s.ctx);
}

static void csv_log(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    const luge_callback *csv = luge_csv_log(in_folder("log.csv"));
    CHECK_STATUS(
        t, luge_fit(m, data, .epochs = 3, .validation_data = data, .validation_frequency = 2, .callbacks = { csv }),
        LUGE_OK);
    fit_text expected = { .n = 0 };
    luge_history_csv(m, (luge_sink){ fit_write, &expected });
    char text[2048] = "";
    FILE *file = fopen(in_folder("log.csv"), "rb");
    if (CHECK(t, file != NULL)) {
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    CHECK_STR_EQ(t, text, expected.text);
    CHECK(t, took("log.csv"));
    FIT_REFUSED(t, ctx, luge_fit(m, data, .callbacks = { luge_csv_log(in_folder("none/log")) }), LUGE_EIO, "none/log");
    luge_close(ctx);
}

/* ---- NaN --------------------------------------------------------------------------------------------------------- */

static int remember_bits(const luge_moment *moment, void *user)
{
    *(uint64_t *)user = fit_bits(moment->model);
    return 0;
}

static void stop_on_nan(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_regression(ctx, 20, 3);
    uint64_t bits = 0;
    const luge_callback remember = { .size = sizeof remember, .user = &bits, .batch_end = remember_bits };
    luge_model *m = luge_sequential(ctx, .seed = 3);
    luge_add_layer(m, luge_dense(4, .name = "linear"));
    luge_add_layer(m, luge_activation_layer(LUGE_EXPONENTIAL, .name = "explodes"));
    luge_add_layer(m, luge_dense(1));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 1000), .loss = LUGE_MEAN_SQUARED_ERROR);
    CHECK_STATUS(t, luge_fit(m, data, .batch_size = 4, .epochs = 9, .callbacks = { &remember, luge_stop_on_nan() }),
                 LUGE_OK);
    luge_progress p = luge_model_progress(m);
    CHECK(t, p.stopped && p.epoch == 0);
    CHECK_STR_CONTAINS(t, p.reason, "at epoch 1, step ");
    CHECK_EQ_INT(t, p.cause, LUGE_STOPPED_BY_NAN);
    CHECK_STR_CONTAINS(t, p.reason, "the output of layer \"explodes\"");
    CHECK(t, p.step > 0 && fit_bits(m) == bits); /* those after the last step that was well */
    char step[32];
    (void)snprintf(step, sizeof step, "step %lld:", (long long)p.step + 1);
    CHECK_STR_CONTAINS(t, p.reason, step);
    for (int i = 0; i < 2; i++) { /* a bad number among features, then among targets */
        float x[20] = { 0 };
        x[13] = i ? NAN : INFINITY;
        luge_array *bad = luge_array_copy(ctx, LUGE_F32, luge_shape_of(20, 1), x), *good = fit_numbers(ctx, 20, 1, 1);
        luge_dataset *d = luge_dataset_create(ctx);
        luge_dataset_add_features(d, i ? good : bad);
        luge_dataset_add_targets(d, i ? bad : good);
        m = luge_sequential(ctx);
        luge_add_layer(m, luge_dense(1));
        luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
        CHECK_STATUS(
            t,
            luge_fit(m, d, .batch_size = 4, .sampling = LUGE_IN_ORDER, .callbacks = { &remember, luge_stop_on_nan() }),
            LUGE_OK);
        p = luge_model_progress(m);
        CHECK(t, p.stopped && p.step == 3 && fit_bits(m) == bits);
        CHECK_STR_CONTAINS(t, p.reason, "at epoch 1, step 4");
        CHECK_STR_CONTAINS(t, p.reason, i ? "the targets of output 0" : "the data of input \"");
    }
    luge_close(ctx);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    luge_model *m = fit_classifier(ctx, 2, 3);
    FIT_REFUSED(t, ctx, luge_fit(m, data, .callbacks = { luge_early_stopping() }), LUGE_EINVAL,
                "early_stopping: nothing is logged as \"val_loss\"; logged are loss, accuracy");
    FIT_REFUSED(
        t, ctx,
        luge_fit(m, data, .validation_data = data, .callbacks = { luge_reduce_rate_on_plateau(.monitor = "val_f1") }),
        LUGE_EINVAL, "logged are loss, accuracy, val_loss, val_accuracy, learning_rate");
    FIT_REFUSED(t, ctx,
                luge_fit(m, data, .validation_data = data,
                         .callbacks = { luge_checkpoint("x", .save_best_only = 1, .every_steps = 2) }),
                LUGE_EINVAL, "\"val_loss\" at a step; logged are loss, accuracy");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .callbacks = { luge_early_stopping(.patience = -1) }), LUGE_EINVAL,
                "callback 0: a number is out of range");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .callbacks = { luge_early_stopping(.min_delta = (double)NAN) }), LUGE_EINVAL,
                "out of range");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .callbacks = { luge_reduce_rate_on_plateau(.factor = 1) }), LUGE_EINVAL,
                "out of range");
    FIT_REFUSED(t, ctx, luge_fit(m, data, .callbacks = { luge__callback(.kind = (luge_callback_kind)9) }), LUGE_EINVAL,
                "callback kind number 9");
    CHECK_EQ_INT(t, luge_model_progress(m).updates, 0); /* refused before anything was learned */
    /* accuracy is better when larger: this one stops only when it does not grow */
    luge_set_learning_rate(m, 0);
    CHECK_STATUS(
        t, luge_fit(m, data, .epochs = 9, .callbacks = { luge_early_stopping(.monitor = "accuracy", .patience = 2) }),
        LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(m).epoch, 3);
    CHECK_STR_EQ(t, luge_model_progress(m).reason, "accuracy has not improved since epoch 1");
    /* a shorter struct of an older program is not read beyond its end */
    struct {
        size_t size;
        luge_callback_kind kind;
        int32_t no_room;
    } old = { sizeof old, LUGE_STOP_ON_NAN, 0 };
    CHECK_STATUS(t, luge_fit(m, data, .callbacks = { (const luge_callback *)(const void *)&old }), LUGE_OK);
    luge_close(ctx);
}

void test_callbacks(luge_test *t)
{
    (void)snprintf(folder, sizeof folder, "/tmp/luge-test-XXXXXX");
    if (!CHECK(t, mkdtemp(folder) != NULL)) return;
    RUN(t, order_of_calls);
    RUN(t, early_stopping);
    RUN(t, best_weights);
    RUN(t, reduce_rate);
    RUN(t, checkpoints);
    RUN(t, csv_log);
    RUN(t, stop_on_nan);
    RUN(t, errors);
    CHECK_EQ_INT(t, rmdir(folder), 0);
}
