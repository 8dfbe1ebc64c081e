/* oom_malloc.c: a program whose malloc, calloc, realloc and pthread_create fail at the k-th call, for every k: what the
 * memory hook cannot show, because it sees only calls of the library that remember to use it.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=pthread_create. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luge/luge.h"

#if LUGE_THREADS
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
typedef atomic_long counter;
#else
typedef long counter;
#endif

/* Calls are counted on every thread. */
static counter calls, live;
static long fail_at;
static int for_ever;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void __wrap_free(void *ptr);

static int refuse(void)
{
    const long number = ++calls;
    return fail_at && (number == fail_at || (for_ever && number > fail_at));
}

static void *counted(void *ptr)
{
    if (ptr) live++;
    return ptr;
}

void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *ptr, size_t size)
{
    if (refuse()) return NULL;
    void *result = __real_realloc(ptr, size);
    if (result && !ptr) live++;
    return result;
}

void __wrap_free(void *ptr)
{
    if (ptr) live--;
    __real_free(ptr);
}

#if LUGE_THREADS
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *user);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *user)
{
    return refuse() ? EAGAIN : __real_pthread_create(thread, attr, start, user);
}
#endif

/* Opens, builds, differentiates, checks, plans, runs: everything once. */
static luge_status everything(luge_context *ctx, float *loss)
{
    static float x[2048 * 64]; /* enough to be worth several threads */
    luge_graph *g = luge_graph_create(ctx);
    const luge_val in = luge_input(g, "x", LUGE_F32, luge_shape_of(2048, 64));
    const luge_val w = luge_variable(g, "w", LUGE_F32, luge_shape_of(64, 48));
    const luge_val y = luge_tanh(g, luge_add(g, luge_matmul(g, in, w), luge_scalar(g, LUGE_F32, 0.5)));
    const luge_val mean = luge_mean(g, luge_square(g, y));
    luge_val outputs[2] = { mean, { 0, 0 } }, dw = { 0, 0 };
    luge_gradient(g, mean, &w, 1, &dw);
    outputs[1] = luge_update_sgd(g, w, dw, luge_scalar(g, LUGE_F32, 0.1));
    const luge_shape fewer = luge_shape_of(7, 64);
    luge_graph *h = luge_graph_replay(g, .n_inputs = 1, .inputs = &in, .shapes = &fewer, .float_dtype = LUGE_F64);
    luge_plan *plan = luge_plan_create(g, outputs, 2);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    if (!h || !run) return luge_failure(ctx);
    luge_status status = luge_run_bind(run, in, x, sizeof x);
    for (int i = 0; i < 3 && !status; i++) status = luge_run_execute(run); /* the first may start threads */
    if (!status) status = luge_run_get(run, mean, loss, sizeof *loss);
    return status;
}

static luge_status attempt(const char **message)
{
    float loss = 0;
    luge_context *ctx = luge_open(.threads = 3, .data_dir = "some folder");
    luge_status status = ctx ? everything(ctx, &loss) : luge_failure(NULL);
    *message = luge_last_error();
    if (!ctx && !status) status = LUGE_EINTERNAL; /* NULL without a reason */
    if (ctx && !status && !(loss > 0)) status = LUGE_EINTERNAL;
    if (ctx && status == LUGE_ENOMEM) { /* usable again: with memory it works */
        luge_clear(ctx);
        if (!for_ever && everything(ctx, &loss) != LUGE_OK) status = LUGE_EINTERNAL;
    }
    luge_close(ctx);
    return status;
}

int main(void)
{
    int failures = 0;
    const char *message;
    for (for_ever = 0; for_ever <= 1; for_ever++) {
        long tried = 0, refused = 0;
        for (fail_at = 1; fail_at < 100000; fail_at++, tried++) {
            calls = 0;
            const long before = live;
            const luge_status status = attempt(&message);
            const long lost = live - before, made = calls;
            if (lost || (status != LUGE_OK && status != LUGE_ENOMEM) || (status && !*message)) {
                printf("call %ld fails %s: %s, %ld blocks lost, \"%s\"\n", fail_at, for_ever ? "for ever" : "once",
                       luge_status_name(status), lost, message);
                failures++;
            }
            refused += status == LUGE_ENOMEM;
            if (made < fail_at) break;
        }
        printf("%s: %ld calls, %ld led to LUGE_ENOMEM\n", for_ever ? "for ever" : "once", tried, refused);
        if (!refused) failures++;
    }
    return failures != 0;
}
