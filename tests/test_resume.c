/* test_resume.c: a model that was stopped anywhere, saved and loaded goes on to the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/core.h"
#include "harness.h"
#include "model_files.h"

enum { EPOCHS = 5, ANYWHERE = -1 };

static char folder[128];

/* ---- files ------------------------------------------------------------------------------------------------------- */

typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;

static const char *in_folder(const char *name)
{
    static char paths[8][200];
    static int next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static bytes read_bytes(const char *path)
{
    bytes b = { malloc(1 << 20), 0 };
    FILE *file = fopen(path, "rb");
    if (file && b.data) b.size = fread(b.data, 1, 1 << 20, file);
    if (file) (void)fclose(file);
    return b;
}

/* Saves, and reads what was written. */
static bytes save(luge_test *t, luge_model *m, const char *name)
{
    CHECK_STATUS(t, luge_save_model(m, in_folder(name)), LUGE_OK);
    return read_bytes(in_folder(name));
}

/* Frees b; tells where the two part. */
static int same(luge_test *t, const char *what, const bytes *a, bytes b)
{
    size_t at = 0;
    char text[200];
    while (at < a->size && at < b.size && a->data[at] == b.data[at]) at++;
    const int equal = a->size && a->size == b.size && at == a->size;
    (void)snprintf(text, sizeof text, "%s: files of %zu and %zu bytes differ at %zu", what, a->size, b.size, at);
    luge_test_check(t, __FILE__, __LINE__, text, equal);
    if (!equal && t->verbose && at < a->size && at < b.size)
        printf("    \"%.60s\"\n    \"%.60s\"\n", (const char *)a->data + (at > 20 ? at - 20 : 0),
               (const char *)b.data + (at > 20 ? at - 20 : 0));
    free(b.data);
    return equal;
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

typedef struct session {
    luge_context *ctx;
    luge_dataset *data;
    luge_model *m;
} session;

static session start(const model_case *c, int threads)
{
    session s = { .ctx = luge_open(.threads = threads) };
    s.ctx->force_grain = threads > 1;
    s.data = case_data(s.ctx, c, CASE_ROWS, 0);
    s.m = case_model(s.ctx, c, s.data);
    return s;
}

static session load(const model_case *c, int threads, const char *name)
{
    session s = { .ctx = luge_open(.threads = threads) };
    s.ctx->force_grain = threads > 1;
    s.data = case_data(s.ctx, c, CASE_ROWS, 0);
    s.m = luge_load_model(s.ctx, in_folder(name));
    return s;
}

static void end(luge_test *t, session *s)
{
    if (!CHECK_STATUS(t, luge_failure(s->ctx), LUGE_OK)) printf("    %s: %s\n", t->name, luge_error(s->ctx));
    luge_close(s->ctx);
    *s = (session){ .ctx = NULL };
}

/* How a training is stopped: by its number of epochs, by a callback after a step, by an interrupt after a step. */
typedef enum how { BY_EPOCHS, BY_CALLBACK, BY_INTERRUPT } how;

typedef struct stopper {
    how by;
    int64_t updates;
    volatile int interrupt;
} stopper;

static int after_step(const luge_moment *moment, void *user)
{
    stopper *s = user;
    if (luge_model_progress(moment->model).updates != s->updates) return 0;
    if (s->by == BY_INTERRUPT) s->interrupt = 1;
    return s->by == BY_CALLBACK;
}

static luge_status fit(const session *s, const model_case *c, int64_t epochs, int resume, const char *csv,
                       stopper *stop)
{
    case_fit f;
    const luge_callback last = { .size = sizeof last, .user = stop, .batch_end = after_step };
    case_fit_options(&f, c, s->data, epochs, csv, stop ? &last : NULL);
    f.o.resume = resume;
    if (stop) f.o.interrupt = &stop->interrupt;
    return luge_fit_with(s->m, &f.o);
}

static void predictions(luge_test *t, const session *s, double *out)
{
    luge_weight_info info;
    CHECK_STATUS(t, luge_weight_at(s->m, 0, &info), LUGE_OK);
    memset(out, 0, CASE_ROWS * CASE_CLASSES * sizeof *out);
    CHECK_STATUS(t, luge_predict(s->m, s->data, out, CASE_ROWS * CASE_CLASSES * luge_dtype_size(info.dtype)), LUGE_OK);
}

typedef struct whole { /* the training that nothing stopped */
    bytes file;
    double predicted[CASE_ROWS * CASE_CLASSES];
} whole;

static whole train_whole(luge_test *t, const model_case *c, int threads)
{
    whole w;
    session s = start(c, threads);
    CHECK_STATUS(t, fit(&s, c, EPOCHS, 0, in_folder("whole.csv"), NULL), LUGE_OK);
    w.file = save(t, s.m, "whole");
    predictions(t, &s, w.predicted);
    end(t, &s);
    return w;
}

/* ---- stopped and resumed ----------------------------------------------------------------------------------------- */

static void resumed(luge_test *t, const model_case *c, const whole *w, how by, int64_t updates, int threads)
{
    char what[160];
    double predicted[CASE_ROWS * CASE_CLASSES];
    stopper stop = { .by = by, .updates = updates };
    session s = start(c, threads);
    (void)snprintf(what, sizeof what, "%s, stopped by %s after %d, %d threads", c->name,
                   by == BY_EPOCHS     ? "epochs"
                   : by == BY_CALLBACK ? "a callback"
                                       : "an interrupt",
                   (int)updates, threads);
    CHECK_STATUS(t, fit(&s, c, by == BY_EPOCHS ? updates : 50, 0, in_folder("part.csv"), &stop), LUGE_OK);
    CHECK_EQ_INT(t, luge_model_progress(s.m).stopped, by != BY_EPOCHS);
    bytes part = save(t, s.m, "part");
    end(t, &s);
    s = load(c, 3 - threads, "part");
    if (!CHECK(t, s.m)) return end(t, &s);
    same(t, what, &part, save(t, s.m, "again"));
    free(part.data);
    CHECK_STATUS(t, fit(&s, c, EPOCHS, 1, in_folder("part.csv"), NULL), LUGE_OK);
    if (same(t, what, &w->file, save(t, s.m, "resumed"))) {
        predictions(t, &s, predicted);
        CHECK(t, !memcmp(predicted, w->predicted, sizeof predicted));
    }
    bytes csv = read_bytes(in_folder("whole.csv"));
    same(t, "csv logs", &csv, read_bytes(in_folder("part.csv")));
    free(csv.data);
    end(t, &s);
}

static void same_bytes(luge_test *t, const model_case *c)
{
    const int steps = c->flags & CASE_SPLIT ? 5 : 6;
    whole w = train_whole(t, c, 1), other = train_whole(t, c, 2);
    same(t, "one thread and two", &w.file, other.file);
    CHECK(t, !memcmp(w.predicted, other.predicted, sizeof w.predicted));
    /* Early stopping puts the best weights back at the end of a training that was not interrupted. */
    if (!(c->flags & CASE_STOPPING)) resumed(t, c, &w, BY_EPOCHS, 2, 1);
    resumed(t, c, &w, BY_CALLBACK, 1, 2);
    resumed(t, c, &w, BY_CALLBACK, 2 * steps + 3, 1);
    if (!(c->flags & CASE_STOPPING)) resumed(t, c, &w, BY_CALLBACK, 3 * steps, 1);
    resumed(t, c, &w, BY_INTERRUPT, 2 * steps - 1, 2);
    resumed(t, c, &w, BY_INTERRUPT, 2 * steps, 1);
    resumed(t, c, &w, BY_INTERRUPT, 5 * steps - 2, 1);
    free(w.file.data);
}

/* Stopped after every single step, saved, loaded. */
static void stopped_always(luge_test *t)
{
    for (int i = 0; i < MODEL_CASES; i += 5) {
        const model_case *c = &model_cases[i];
        const int steps = c->flags & CASE_SPLIT ? 5 : 6;
        whole w = train_whole(t, c, 1);
        session s = start(c, 1);
        for (int k = 1; k <= EPOCHS * steps && s.m; k++) {
            stopper stop = { .by = BY_INTERRUPT, .updates = k };
            CHECK_STATUS(t, fit(&s, c, EPOCHS, k > 1, in_folder("part.csv"), &stop), LUGE_OK);
            bytes part = save(t, s.m, "part");
            free(part.data);
            end(t, &s);
            s = load(c, 1, "part");
        }
        if (CHECK(t, s.m)) same(t, c->name, &w.file, read_bytes(in_folder("part")));
        end(t, &s);
        free(w.file.data);
    }
}

/* ---- refused ----------------------------------------------------------------------------------------------------- */

static void refuse(luge_test *t, const model_case *c, luge_dataset *(*data)(luge_context *, const model_case *),
                   void (*change)(luge_fit_options *), const char *words)
{
    case_fit f;
    session s = load(c, 1, "part");
    bytes before = read_bytes(in_folder("part"));
    case_fit_options(&f, c, data ? data(s.ctx, c) : s.data, EPOCHS, NULL, NULL);
    f.o.resume = 1;
    if (change) change(&f.o);
    CHECK_STATUS(t, luge_fit_with(s.m, &f.o), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_error(s.ctx), "to resume");
    CHECK_STR_CONTAINS(t, luge_error(s.ctx), words);
    luge_clear(s.ctx);
    same(t, "a refused resume changes nothing", &before, save(t, s.m, "refused"));
    free(before.data);
    end(t, &s);
}

static luge_dataset *changed_data(luge_context *ctx, const model_case *c)
{
    return case_data(ctx, c, CASE_ROWS, 0.5);
}

static luge_dataset *more_data(luge_context *ctx, const model_case *c)
{
    return case_data(ctx, c, CASE_ROWS + 1, 0);
}

static luge_dataset *unweighted_data(luge_context *ctx, const model_case *c)
{
    model_case other = *c;
    other.flags ^= CASE_WEIGHTS;
    return case_data(ctx, &other, CASE_ROWS, 0);
}

static void other_batch(luge_fit_options *o)
{
    o->batch_size = 5;
}

static void other_sampling(luge_fit_options *o)
{
    o->sampling = LUGE_IN_ORDER;
}

static void other_split(luge_fit_options *o)
{
    o->validation_split = 0.5;
}

static void fewer_steps(luge_fit_options *o)
{
    o->steps_per_epoch = 2;
}

static void refused(luge_test *t)
{
    const model_case *c = &model_cases[5]; /* with row weights */
    stopper stop = { .by = BY_CALLBACK, .updates = 9 };
    session s = start(c, 1);
    CHECK(t, c->flags & CASE_WEIGHTS);
    CHECK_STATUS(t, fit(&s, c, EPOCHS, 0, NULL, &stop), LUGE_OK);
    bytes part = save(t, s.m, "part");
    free(part.data);
    end(t, &s);
    refuse(t, c, changed_data, NULL, "22 rows then, 22 now, with other contents");
    refuse(t, c, more_data, NULL, "22 rows then, 23 now");
    refuse(t, c, unweighted_data, NULL, "other contents");
    refuse(t, c, NULL, other_split, "22 rows then, 11 now");
    refuse(t, c, NULL, other_batch, "batch_size must be 4");
    refuse(t, c, NULL, other_sampling, "sampling");
    refuse(t, c, NULL, fewer_steps, "after step 3");
}

/* ---- begun anew -------------------------------------------------------------------------------------------------- */

static void without_resume(luge_test *t)
{
    for (int i = 0; i < MODEL_CASES; i++) {
        const model_case *c = &model_cases[i];
        stopper stop = { .by = BY_CALLBACK, .updates = 9 };
        session s = start(c, 1);
        if (c->optimizer.kind != LUGE_SGD || c->optimizer.momentum > 0 || c->schedule.size ||
            c->optimizer.accumulation_steps || c->flags & (CASE_MIXED | CASE_PLATEAU)) {
            end(t, &s);
            continue;
        }
        CHECK_STATUS(t, fit(&s, c, EPOCHS, 0, NULL, &stop), LUGE_OK);
        CHECK_EQ_INT(t, luge_model_progress(s.m).step, 3);
        /* The same weights in a model that was not stopped: plain descent keeps nothing else. */
        session fresh = start(c, 1);
        for (int k = 0; k < luge_weight_count(s.m); k++) {
            float values[64];
            luge_weight_info info;
            luge_weight_at(s.m, k, &info);
            const size_t size = (size_t)luge_shape_size(&info.shape) * sizeof(float);
            CHECK_STATUS(t, luge_get_weight(s.m, info.name, values, size), LUGE_OK);
            CHECK_STATUS(t, luge_set_weight(fresh.m, info.name, values, size), LUGE_OK);
        }
        case_fit f;
        case_fit_options(&f, c, s.data, 1, NULL, NULL);
        f.o.sampling = LUGE_IN_ORDER;
        CHECK_STATUS(t, luge_fit_with(s.m, &f.o), LUGE_OK);
        f.o.data = fresh.data;
        CHECK_STATUS(t, luge_fit_with(fresh.m, &f.o), LUGE_OK);
        CHECK_EQ_INT(t, luge_model_progress(s.m).step, 0);
        CHECK_EQ_INT(t, luge_model_progress(s.m).epoch, 1);
        CHECK_EQ_INT(t, luge_history_epochs(s.m), 1);
        CHECK_CLOSE(t, luge_history_value(s.m, 0, "loss"), luge_history_value(fresh.m, 0, "loss"), 0);
        CHECK_CLOSE(t, luge_history_value(s.m, 0, "accuracy"), luge_history_value(fresh.m, 0, "accuracy"), 0);
        end(t, &s);
        end(t, &fresh);
    }
}

/* AUC keeps rows, which a new fit must forget. */
static void metrics_begin_anew(luge_test *t)
{
    const model_case *c = &model_cases[2];
    stopper stop = { .by = BY_CALLBACK, .updates = 9 };
    session s = start(c, 1);
    CHECK(t, c->flags & CASE_AUC);
    CHECK_STATUS(t, luge_set_learning_rate(s.m, 0), LUGE_OK);
    CHECK_STATUS(t, fit(&s, c, 1, 0, NULL, NULL), LUGE_OK);
    const double loss = luge_history_value(s.m, 0, "loss"), auc = luge_history_value(s.m, 0, "auc");
    CHECK_STATUS(t, fit(&s, c, EPOCHS, 0, NULL, &stop), LUGE_OK);
    CHECK_STATUS(t, fit(&s, c, 1, 0, NULL, NULL), LUGE_OK);
    CHECK_CLOSE(t, luge_history_value(s.m, 0, "loss"), loss, 1e-6);
    CHECK_CLOSE(t, luge_history_value(s.m, 0, "auc"), auc, 1e-12);
    end(t, &s);
}

static void compiled_again(luge_test *t)
{
    const model_case *c = &model_cases[11]; /* with early stopping */
    stopper stop = { .by = BY_CALLBACK, .updates = 8 };
    session s = start(c, 1);
    CHECK(t, c->flags & CASE_STOPPING);
    CHECK_STATUS(t, fit(&s, c, EPOCHS, 0, NULL, &stop), LUGE_OK);
    CHECK_STATUS(t, case_compile(s.m, c), LUGE_OK);
    free(save(t, s.m, "compiled").data);
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_file *tensors = luge_tensor_file_open(ctx, in_folder("compiled"));
    for (int i = 0; i < luge_tensor_count(tensors); i++) {
        luge_tensor_info info;
        luge_tensor_at(tensors, i, &info);
        CHECK(t, strncmp(info.name, "adam/", 5) != 0 && strncmp(info.name, "training/best", 13) != 0);
    }
    luge_close(ctx);
    CHECK_EQ_INT(t, luge_model_progress(s.m).updates, 0);
    /* there is nothing to resume: other data is fine, and the history begins anew */
    luge_dataset *other = case_data(s.ctx, c, CASE_ROWS + 1, 0);
    case_fit f;
    case_fit_options(&f, c, other, 1, NULL, NULL);
    f.o.resume = 1;
    CHECK_STATUS(t, luge_fit_with(s.m, &f.o), LUGE_OK);
    CHECK_EQ_INT(t, luge_history_epochs(s.m), 1);
    end(t, &s);
}

/* A layer that comes after training: what early stopping kept would not fit the weights. */
static void layer_added(luge_test *t)
{
    const model_case *c = &model_cases[11];
    session s = start(c, 1);
    CHECK_STATUS(t, fit(&s, c, 1, 0, NULL, NULL), LUGE_OK);
    CHECK_STATUS(t, luge_add_layer(s.m, luge_dense(CASE_CLASSES, .activation = LUGE_SOFTMAX)), LUGE_OK);
    CHECK_STATUS(t, case_compile(s.m, c), LUGE_OK);
    free(save(t, s.m, "added").data);
    CHECK_STATUS(t, fit(&s, c, 1, 1, NULL, NULL), LUGE_OK);
    end(t, &s);
}

/* What a later checkpoint remembers is in the file of an earlier one. */
static void two_checkpoints(luge_test *t)
{
    const model_case *c = &model_cases[0];
    session s = start(c, 1);
    CHECK_STATUS(t,
                 luge_fit(s.m, s.data, .epochs = 2, .batch_size = CASE_BATCH,
                          .callbacks = { luge_checkpoint(in_folder("part")),
                                         luge_checkpoint(in_folder("again"), .monitor = "loss", .save_best_only = 1) }),
                 LUGE_OK);
    bytes part = read_bytes(in_folder("part"));
    same(t, "two checkpoints", &part, save(t, s.m, "whole"));
    free(part.data);
    end(t, &s);
}

/* Averages in the place of weights are saved as such. */
static void swapped(luge_test *t)
{
    const model_case *c = &model_cases[10];
    session s = start(c, 1);
    CHECK_STATUS(t, fit(&s, c, 2, 0, NULL, NULL), LUGE_OK);
    bytes straight = save(t, s.m, "straight");
    CHECK_STATUS(t, luge_swap_averages(s.m), LUGE_OK);
    bytes file = save(t, s.m, "swapped");
    end(t, &s);
    s = load(c, 1, "swapped");
    same(t, "swapped", &file, save(t, s.m, "again"));
    CHECK_STATUS(t, fit(&s, c, 3, 1, NULL, NULL), LUGE_ESTATE);
    luge_clear(s.ctx);
    CHECK_STATUS(t, luge_swap_averages(s.m), LUGE_OK);
    same(t, "swapped back", &straight, save(t, s.m, "again"));
    free(file.data);
    free(straight.data);
    end(t, &s);
}

/* A model that was never compiled, or never trained. */
static void untrained(luge_test *t)
{
    const model_case *c = &model_cases[1];
    for (int compiled = 0; compiled <= 1; compiled++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = luge_sequential(ctx);
        luge_add_layer(m, luge_input_layer(luge_shape_of(3)));
        luge_add_layer(m, luge_dense(3, .activation = LUGE_SOFTMAX));
        if (compiled) case_compile(m, c);
        bytes file = save(t, m, "untrained");
        luge_model *loaded = luge_load_model(ctx, in_folder("untrained"));
        if (CHECK(t, loaded)) same(t, "untrained", &file, save(t, loaded, "again"));
        luge_model *carried = luge_load_model_memory(ctx, file.data, file.size);
        if (CHECK(t, carried)) same(t, "from memory", &file, save(t, carried, "again"));
        free(file.data);
        luge_close(ctx);
    }
}

void test_resume(luge_test *t)
{
    (void)snprintf(folder, sizeof folder, "%s/luge-test-XXXXXX", model_folder());
    if (!CHECK(t, mkdtemp(folder) != NULL)) return;
    for (int i = 0; i < MODEL_CASES; i++)
        if (CASE(t, model_cases[i].name)) same_bytes(t, &model_cases[i]);
    RUN(t, stopped_always);
    RUN(t, refused);
    RUN(t, without_resume);
    RUN(t, metrics_begin_anew);
    RUN(t, compiled_again);
    RUN(t, layer_added);
    RUN(t, two_checkpoints);
    RUN(t, swapped);
    RUN(t, untrained);
    static const char *const files[] = { "whole",    "part",  "again",   "resumed",  "refused",   "whole.csv",
                                         "part.csv", "added", "swapped", "straight", "untrained", "compiled" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) (void)unlink(in_folder(files[i]));
    CHECK_EQ_INT(t, rmdir(folder), 0); /* nothing else was left */
}
