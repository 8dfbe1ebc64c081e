/* test_model_oom.c: a whole life of a model with each allocation failing in turn: LUGE_ENOMEM, nothing lost. */
#include "failing_alloc.h"
#include "model_files.h"

static char path[200];

/* Built, trained to the middle of an epoch, scored, asked, saved, loaded, trained on. */
static luge_status life(luge_test *t, luge_context *ctx, void *user)
{
    static double out[CASE_ROWS * CASE_CLASSES];
    const model_case *c = user;
    case_fit f;
    const luge_callback last = { .size = sizeof last, .batch_end = stop_at_8 };
    (void)t;
    (void)unlink(path);
    luge_dataset *data = case_data(ctx, c, CASE_ROWS, 0);
    luge_model *m = data ? case_model(ctx, c, data) : NULL;
    if (!m) return luge_failure(ctx);
    case_fit_options(&f, c, data, 3, NULL, &last);
    luge_status status = luge_fit_with(m, &f.o);
    if (!status) status = luge_predict(m, data, out, sizeof out / 8 * (c->flags & CASE_F64 ? 8 : 4));
    if (!status) (void)luge_evaluate(m, data);
    if (!status) status = luge_failure(ctx);
    if (!status) status = luge_save_model(m, path);
    luge_model_free(m);
    if (status) return status;
    if (!(m = luge_load_model(ctx, path))) return luge_failure(ctx);
    case_fit_options(&f, c, data, 2, NULL, NULL);
    f.o.resume = 1;
    status = luge_fit_with(m, &f.o);
    return status ? status : luge_failure(ctx);
}

/* Loading alone, from memory. */
static luge_status reading(luge_test *t, luge_context *ctx, void *user)
{
    const model_file *file = user;
    (void)t;
    return luge_load_model_memory(ctx, file->data, file->size) ? LUGE_OK : luge_failure(ctx);
}

/* A failed save leaves the old file, and the model as it was; so does a failed fit, which can be tried again. */
static void tried_again(luge_test *t)
{
    const model_case *c = &model_cases[8];
    for (int64_t k = 1; k < 4000; k += 7) {
        luge__test_memory memory = { 0 };
        luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
        luge_dataset *data = case_data(ctx, c, CASE_ROWS, 0);
        luge_model *m = case_model(ctx, c, data);
        case_fit f;
        case_fit_options(&f, c, data, 1, NULL, NULL);
        if (!CHECK(t, m)) return luge_close(ctx);
        memory.fail_at = memory.allocations + k;
        luge_status status = luge_fit_with(m, &f.o);
        if (!status) status = luge_save_model(m, path);
        const int through = memory.allocations < memory.fail_at;
        memory.fail_at = 0;
        CHECK(t, status == LUGE_OK || status == LUGE_ENOMEM);
        luge_clear(ctx);
        CHECK_STATUS(t, luge_fit_with(m, &f.o), LUGE_OK);
        CHECK_STATUS(t, luge_save_model(m, path), LUGE_OK);
        CHECK(t, luge_load_model(ctx, path));
        luge_close(ctx);
        CHECK_EQ_INT(t, memory.live, 0);
        if (through) break;
    }
}

void test_model_oom(luge_test *t)
{
    static model_file file;
    static const int lives[] = { 2, 11, 15, 16 };
    (void)snprintf(path, sizeof path, "%s/luge-oom-%ld", model_folder(), (long)getpid());
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        model_case c = model_cases[lives[i]];
        if (CASE(t, c.name)) luge__test_oom_sweep(t, c.name, life, &c);
        if (!CHECK(t, model_file_make(&c, &file))) continue;
        char name[100];
        (void)snprintf(name, sizeof name, "loading %s", c.name);
        if (CASE(t, name)) luge__test_oom_sweep(t, name, reading, &file);
    }
    RUN(t, tried_again);
    (void)unlink(path);
}
