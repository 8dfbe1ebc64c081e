/* test_pool.c: each item exactly once, in ranges of whole grains, nested and concurrent calls. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/core.h"
#include "harness.h"

#if LUGE_THREADS
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#endif

enum { ITEMS = 5000 };

/* ---- coverage ---------------------------------------------------------------------------------------------------- */

typedef struct coverage {
    unsigned char count[ITEMS];
    int64_t begin_of[ITEMS], end_of[ITEMS]; /* the range that each item was in */
    unsigned char worker[ITEMS];
} coverage;

static void cover(void *user, int64_t begin, int64_t end, int worker)
{
    coverage *into = user;
    for (int64_t i = begin; i < end; i++) {
        into->count[i]++;
        into->begin_of[i] = begin;
        into->end_of[i] = end;
        into->worker[i] = (unsigned char)worker;
    }
}

static int is_covered(const coverage *seen, int64_t items, int64_t grain, int threads)
{
    if (grain < 1) grain = 1;
    for (int64_t i = 0; i < items; i++) {
        const int64_t begin = seen->begin_of[i], end = seen->end_of[i];
        if (seen->count[i] != 1 || begin % grain || begin > i || end <= i || (end % grain && end != items)) return 0;
        if (seen->worker[i] >= threads) return 0;
    }
    for (int64_t i = items < 0 ? 0 : items; i < ITEMS; i++) {
        if (seen->count[i]) return 0;
    }
    return 1;
}

static void each_item_once(luge_test *t)
{
    static const int64_t items[] = { -3, 0, 1, 2, 3, 7, 64, 1000, ITEMS };
    static const int64_t grains[] = { -1, 0, 1, 2, 3, 10, 999, ITEMS, INT64_MAX };
    static const int threads[] = { 1, 2, 3, 4, 9 };
    static coverage seen;
    for (size_t n = 0; n < sizeof threads / sizeof threads[0]; n++) {
        luge_context *ctx = luge_open(.threads = threads[n]);
        if (!CHECK(t, ctx)) return;
        for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
            for (size_t g = 0; g < sizeof grains / sizeof grains[0]; g++) {
                for (int again = 0; again < 3; again++) {
                    memset(&seen, 0, sizeof seen);
                    luge__pool_run(ctx->pool, items[i], grains[g], cover, &seen);
                    CHECK(t, is_covered(&seen, items[i], grains[g], threads[n]));
                }
            }
        }
        luge_close(ctx);
    }
}

/* Enormous ranges: only how they are cut is looked at. */
static void count_items(void *user, int64_t begin, int64_t end, int worker)
{
    int64_t *sum = user;
    sum[worker] += end - begin;
}

static void huge(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 2);
    int64_t sum[2] = { 0 };
    if (!CHECK(t, ctx)) return;
    luge__pool_run(ctx->pool, INT64_MAX, INT64_MAX / 3, count_items, sum);
    CHECK(t, sum[0] + sum[1] == INT64_MAX);
    luge_close(ctx);
}

static void failing_threads_do_not_matter(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 256); /* however many the system gives */
    static coverage seen;
    if (!CHECK(t, ctx)) return;
    memset(&seen, 0, sizeof seen);
    luge__pool_run(ctx->pool, ITEMS, 3, cover, &seen);
    CHECK(t, is_covered(&seen, ITEMS, 3, 256));
    luge_close(ctx);
}

#if LUGE_THREADS

/* ---- two or more really work ------------------------------------------------------------------------------------- */

typedef struct meeting {
    atomic_int arrived;
} meeting;

/* Two items that each wait until both have begun: one thread alone would wait for ever (here: ten seconds). */
static void meet(void *user, int64_t begin, int64_t end, int worker)
{
    meeting *m = user;
    (void)begin;
    (void)end;
    (void)worker;
    atomic_fetch_add(&m->arrived, 1);
    time_t limit = time(NULL) + 10;
    while (atomic_load(&m->arrived) < 2 && time(NULL) < limit) {}
}

static void two_work(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 2);
    if (!CHECK(t, ctx)) return;
    CHECK_EQ_INT(t, luge__pool_shared_calls(ctx->pool), 0);
    for (int i = 1; i <= 50; i++) {
        meeting m = { 0 };
        luge__pool_run(ctx->pool, 2, 1, meet, &m);
        CHECK_EQ_INT(t, atomic_load(&m.arrived), 2);
        CHECK_EQ_INT(t, luge__pool_shared_calls(ctx->pool), i);
        if (i % 10 == 0) { /* from sleep as well as from watching */
            struct timespec pause = { 0, 2000000 };
            (void)nanosleep(&pause, NULL);
        }
    }
    coverage *seen = calloc(1, sizeof *seen);
    if (CHECK(t, seen)) luge__pool_run(ctx->pool, 10, 10, cover, seen);
    CHECK_EQ_INT(t, luge__pool_shared_calls(ctx->pool), 50); /* one grain is nobody else's */
    free(seen);
    luge_close(ctx);
}

/* ---- nested and concurrent --------------------------------------------------------------------------------------- */

typedef struct nest {
    luge__pool *pool;
    atomic_int inner, wrong;
} nest;

static void inner(void *user, int64_t begin, int64_t end, int worker)
{
    nest *n = user;
    if (worker != 0) atomic_fetch_add(&n->wrong, 1);
    atomic_fetch_add(&n->inner, (int)(end - begin));
}

static void outer(void *user, int64_t begin, int64_t end, int worker)
{
    nest *n = user;
    (void)worker;
    for (int64_t i = begin; i < end; i++) luge__pool_run(n->pool, 10, 3, inner, n);
}

static void nested(luge_test *t)
{
    for (int threads = 1; threads <= 4; threads++) {
        luge_context *ctx = luge_open(.threads = threads);
        if (!CHECK(t, ctx)) return;
        nest n = { .pool = ctx->pool };
        luge__pool_run(ctx->pool, 100, 1, outer, &n);
        CHECK_EQ_INT(t, atomic_load(&n.inner), 1000);
        CHECK_EQ_INT(t, atomic_load(&n.wrong), 0);
        luge_close(ctx);
    }
}

typedef struct user_thread {
    pthread_t thread;
    luge__pool *pool;
    coverage seen;
    int rounds, wrong, pausing;
} user_thread;

static void *use_pool(void *argument)
{
    user_thread *self = argument;
    for (int i = 0; i < self->rounds; i++) {
        int64_t items = 1 + i * 37 % 400, grain = 1 + i % 13;
        memset(&self->seen, 0, sizeof self->seen);
        luge__pool_run(self->pool, items, grain, cover, &self->seen);
        self->wrong += !is_covered(&self->seen, items, grain, 256);
        if (self->pausing && i % 50 == 0) {
            struct timespec pause = { 0, 200000 };
            (void)nanosleep(&pause, NULL);
        }
    }
    return NULL;
}

static void concurrent(luge_test *t)
{
    enum { USERS = 4 };
    static user_thread users[USERS];
    for (int threads = 1; threads <= 4; threads++) {
        luge_context *ctx = luge_open(.threads = threads);
        if (!CHECK(t, ctx)) return;
        for (int i = 0; i < USERS; i++) {
            users[i].pool = ctx->pool;
            users[i].rounds = 300;
            users[i].wrong = 0;
            users[i].pausing = i % 2;
            CHECK_EQ_INT(t, pthread_create(&users[i].thread, NULL, use_pool, &users[i]), 0);
        }
        for (int i = 0; i < USERS; i++) {
            (void)pthread_join(users[i].thread, NULL);
            CHECK_EQ_INT(t, users[i].wrong, 0);
        }
        luge_close(ctx);
    }
}

/* Many short calls, with pauses about as long as the workers' patience: where a lost wake-up or a late worker would
 * show as a hang or as an item done twice. */
static void stress(luge_test *t)
{
    static coverage seen;
    luge_context *ctx = luge_open(.threads = 3);
    if (!CHECK(t, ctx)) return;
    for (int i = 0; i < 3000; i++) {
        int64_t items = 2 + luge_test_below(t, 6);
        memset(seen.count, 0, 16);
        luge__pool_run(ctx->pool, items, 1, cover, &seen);
        int once = 1;
        for (int64_t j = 0; j < items; j++) once = once && seen.count[j] == 1;
        CHECK(t, once && !seen.count[items]);
        if (i % 8 == 0) {
            struct timespec pause = { 0, (long)luge_test_below(t, 150000) };
            (void)nanosleep(&pause, NULL);
        }
    }
    luge_close(ctx);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void open_and_close(luge_test *t)
{
    static coverage seen;
    for (int i = 0; i < 200; i++) {
        luge_context *ctx = luge_open(.threads = 1 + i % 4);
        if (!CHECK(t, ctx)) return;
        if (i % 3) {
            memset(&seen, 0, sizeof seen);
            luge__pool_run(ctx->pool, 40, 1 + i % 5, cover, &seen);
            CHECK(t, is_covered(&seen, 40, 1 + i % 5, 4));
        }
        luge_close(ctx);
    }
}

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

/* The child has no workers; work goes on alone and closing does not wait for them. */
static void after_fork(luge_test *t)
{
    if (UNDER_TSAN) {
        CHECK_SKIP(t, "the thread sanitizer does not follow a fork");
        return;
    }
    static coverage seen;
    luge_context *ctx = luge_open(.threads = 3);
    if (!CHECK(t, ctx)) return;
    memset(&seen, 0, sizeof seen);
    luge__pool_run(ctx->pool, ITEMS, 1, cover, &seen);
    struct timespec pause = { 0, 5000000 };
    (void)nanosleep(&pause, NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(10);
        memset(&seen, 0, sizeof seen);
        luge__pool_run(ctx->pool, ITEMS, 1, cover, &seen);
        int passed = is_covered(&seen, ITEMS, 1, 1);
        luge_close(ctx);
        _exit(passed ? 0 : 1);
    }
    int status = -1;
    if (CHECK(t, child > 0)) (void)waitpid(child, &status, 0);
    CHECK_EQ_INT(t, status, 0);
    luge_close(ctx);
}

#endif

void test_pool(luge_test *t)
{
    RUN(t, each_item_once);
    RUN(t, huge);
    RUN(t, failing_threads_do_not_matter);
#if LUGE_THREADS
    RUN(t, two_work);
    RUN(t, nested);
    RUN(t, concurrent);
    RUN(t, stress);
    RUN(t, open_and_close);
    RUN(t, after_fork);
#endif
}
