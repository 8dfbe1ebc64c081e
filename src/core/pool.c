/* pool.c: the threads of a context, and how one piece of work is shared among them.
 *
 * A call opens a gate; workers that see it open enter, take ranges by atomic counters until nothing is left, and leave.
 * The caller takes ranges too, then closes the gate and waits for those inside: each range was handed out, so when
 * nobody is inside, all are done. A worker that comes late finds the gate closed and nothing waits for it. While calls
 * follow each other closely the workers watch the gate, so neither start nor end needs the kernel; after a while
 * without work they sleep. The threads are started by the first call that can use them. */
#include "core/core.h"

#if LUGE_THREADS
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#endif

#if LUGE_THREADS

enum { LINE = 64, SPIN_NANOSECONDS = 50000, SPINS_PER_LOOK = 32 };

/* The gate's word: how many workers are inside, whether it is open, whether the caller sleeps until it is empty, and
 * the number of the call, by which a worker knows one that it has already left. */
#define INSIDE     0x000003ffu
#define OPEN       0x00000400u
#define AWAITED    0x00000800u
#define CALL_SHIFT 12

typedef struct worker {
    luge__pool *pool;
    pthread_t thread;
    int index;
    atomic_size_t next;      /* grain of its share */
    unsigned char pad[LINE]; /* what different threads write often stays on different cache lines */
} worker;

struct luge__pool {
    luge_context *ctx;
    size_t bytes;
    int threads; /* asked for */
    int started; /* workers; -1 before the first attempt */
    int spin;    /* zero where threads outnumber cores: watching would keep the others from working */
    pid_t owner; /* a forked child has the pool but not its threads */
    pthread_mutex_t mutex;
    pthread_cond_t work, empty;
    int core; /* that the caller was on when it last woke workers; with the mutex */
    atomic_flag busy;
    atomic_size_t shared_calls;

    /* the call; written while nobody is inside */
    luge__range_fn fn;
    void *user;
    int64_t items, grain;
    size_t grains;

    unsigned char pad0[LINE];
    atomic_uint gate;
    atomic_uint sleepers;
    atomic_uint stop;
    unsigned char pad1[LINE];
    atomic_uint helpers; /* workers that have done some of this call */
    unsigned char pad2[LINE];
    worker worker[]; /* by index; the first is the caller of luge__pool_run, for which no thread is started */
};

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static inline void pause_hint(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

/* Whether the gate shows what is waited for: for a worker a call that is not `seen`, for the caller nobody inside. */
static int is_new_call(unsigned gate, unsigned seen)
{
    return (gate & OPEN) && gate >> CALL_SHIFT != seen;
}

static int is_empty(unsigned gate, unsigned seen)
{
    (void)seen;
    return (gate & INSIDE) == 0;
}

/* Watches the gate for a while. Nonzero where it showed in time what is waited for. */
static int spin_until(luge__pool *pool, int (*shows)(unsigned, unsigned), unsigned seen)
{
    if (shows(atomic_load_explicit(&pool->gate, memory_order_acquire), seen)) return 1;
    if (!pool->spin) return 0;
    int64_t limit = luge__nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            pause_hint();
            if (shows(atomic_load_explicit(&pool->gate, memory_order_acquire), seen)) return 1;
        }
    } while (luge__nanoseconds() < limit && !atomic_load_explicit(&pool->stop, memory_order_relaxed));
    return 0;
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

/* The grain at which a worker's share begins. */
static size_t share(const luge__pool *pool, size_t index)
{
    const size_t threads = (size_t)pool->threads, rest = pool->grains % threads;
    return pool->grains / threads * index + (index < rest ? index : rest);
}

/* Takes the first half of what is left of a share, so that a range is long and little is left to wait for at the end.
 * How many grains; zero where none is left. */
static size_t take(luge__pool *pool, int of, size_t *first)
{
    const size_t end = share(pool, (size_t)of + 1);
    *first = atomic_load_explicit(&pool->worker[of].next, memory_order_relaxed);
    while (*first < end) {
        const size_t n = (end - *first + 1) / 2;
        if (atomic_compare_exchange_weak_explicit(&pool->worker[of].next, first, *first + n, memory_order_relaxed,
                                                  memory_order_relaxed))
            return n;
    }
    return 0;
}

/* A worker's own share first, which is the same in every call, so that what it wrote last time is still in its cache;
 * then what others have left. Nonzero where there was something to do. */
static int take_ranges(luge__pool *pool, int index)
{
    const int64_t items = pool->items, grain = pool->grain;
    int done = 0;
    for (int i = 0; i < pool->threads; i++) {
        const int of = index + i < pool->threads ? index + i : index + i - pool->threads;
        for (size_t first, n; (n = take(pool, of, &first)) > 0; done = 1) {
            const int64_t begin = (int64_t)first * grain;
            pool->fn(pool->user, begin, (items - begin - 1) / grain < (int64_t)n ? items : begin + (int64_t)n * grain,
                     index);
        }
    }
    return done;
}

/* Zero where the gate closed before this worker was inside. */
static int enter(luge__pool *pool, unsigned *seen)
{
    unsigned gate = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    do {
        if (!is_new_call(gate, *seen)) return 0;
    } while (!atomic_compare_exchange_weak_explicit(&pool->gate, &gate, gate + 1, memory_order_acquire,
                                                    memory_order_relaxed));
    *seen = gate >> CALL_SHIFT;
    return 1;
}

static void leave(luge__pool *pool)
{
    unsigned before = atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_release);
    if ((before & INSIDE) == 1 && (before & AWAITED)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->empty);
        pthread_mutex_unlock(&pool->mutex);
    }
}

/* Announces itself, then looks at the gate again; the caller opens the gate, then looks for sleepers. In one order of
 * all four, so one of the two sees the other. A worker that was woken on the caller's core leaves it: some systems let
 * the two share that core for milliseconds. Zero where the pool is being freed. */
static int sleep_until_call(luge__pool *pool, unsigned seen)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!atomic_load(&pool->stop) && !is_new_call(atomic_load(&pool->gate), seen)) {
        pthread_cond_wait(&pool->work, &pool->mutex);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
    const int core = pool->core;
    pthread_mutex_unlock(&pool->mutex);
    if (pool->spin) luge__cpu_leave(core);
    return !atomic_load(&pool->stop);
}

static void *work(void *argument)
{
    worker *self = argument;
    luge__pool *pool = self->pool;
    unsigned seen = 0;
    for (;;) {
        if (!spin_until(pool, is_new_call, seen) && !sleep_until_call(pool, seen)) return NULL;
        if (!enter(pool, &seen)) continue;
        if (take_ranges(pool, self->index)) atomic_fetch_add_explicit(&pool->helpers, 1, memory_order_relaxed);
        leave(pool);
    }
}

/* Signals go to the program's own threads. Fewer threads than asked for only make it slower. */
static void start(luge__pool *pool)
{
    sigset_t all, before;
    pool->started = 0;
    pool->owner = getpid();
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return;
    for (int i = 0; i < pool->threads - 1; i++) {
        worker *self = &pool->worker[i + 1];
        self->pool = pool;
        self->index = i + 1;
        if (pthread_create(&self->thread, NULL, work, self) != 0) break;
        pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pool->started < pool->threads - 1) {
        luge__log(pool->ctx, LUGE_LOG_WARNING, "the system gave %d threads of %d", pool->started + 1, pool->threads);
    }
}

/* ---- a call ------------------------------------------------------------------------------------------------------ */

static void wake(luge__pool *pool)
{
    unsigned sleepers = atomic_load(&pool->sleepers);
    if (sleepers == 0) return;
    pthread_mutex_lock(&pool->mutex);
    pool->core = luge__cpu_current();
    if (pool->grains - 1 >= sleepers) {
        pthread_cond_broadcast(&pool->work);
    } else {
        for (size_t i = 1; i < pool->grains; i++) pthread_cond_signal(&pool->work);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_until_empty(luge__pool *pool)
{
    atomic_fetch_and_explicit(&pool->gate, ~OPEN, memory_order_relaxed);
    if (spin_until(pool, is_empty, 0)) return;
    pthread_mutex_lock(&pool->mutex);
    unsigned gate = atomic_fetch_or_explicit(&pool->gate, AWAITED, memory_order_acquire);
    while ((gate & INSIDE) != 0) {
        pthread_cond_wait(&pool->empty, &pool->mutex);
        gate = atomic_load_explicit(&pool->gate, memory_order_acquire);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static void run_shared(luge__pool *pool)
{
    unsigned call = (atomic_load_explicit(&pool->gate, memory_order_relaxed) >> CALL_SHIFT) + 1;
    for (int i = 0; i < pool->threads; i++)
        atomic_store_explicit(&pool->worker[i].next, share(pool, (size_t)i), memory_order_relaxed);
    atomic_store_explicit(&pool->helpers, 0, memory_order_relaxed);
    atomic_store(&pool->gate, call << CALL_SHIFT | OPEN);
    wake(pool);
    const unsigned own = take_ranges(pool, 0) != 0;
    wait_until_empty(pool);
    if (own + atomic_load_explicit(&pool->helpers, memory_order_relaxed) >= 2) {
        atomic_fetch_add_explicit(&pool->shared_calls, 1, memory_order_relaxed);
    }
}

void luge__pool_run(luge__pool *pool, int64_t items, int64_t grain, luge__range_fn fn, void *user)
{
    if (grain < 1) grain = 1;
    if (items < 1) return;
    const uint64_t grains = (uint64_t)((items - 1) / grain) + 1;
    if (grains < 2 || grains > SIZE_MAX / 2 || pool->threads < 2 ||
        atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire)) {
        fn(user, 0, items, 0);
        return;
    }
    if (pool->started < 0) start(pool);
    if (pool->started > 0) {
        pool->fn = fn;
        pool->user = user;
        pool->items = items;
        pool->grain = grain;
        pool->grains = (size_t)grains;
        run_shared(pool);
    } else {
        fn(user, 0, items, 0);
    }
    atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

luge__pool *luge__pool_create(luge_context *ctx, int threads)
{
    if (threads < 1) threads = 1;
    size_t bytes = sizeof(luge__pool) + (size_t)threads * sizeof(worker);
    luge__pool *pool = luge__alloc(ctx, bytes);
    if (!pool) return NULL;
    pool->ctx = ctx;
    pool->bytes = bytes;
    pool->threads = threads;
    pool->started = -1;
    pool->core = -1;
    pool->spin = threads <= luge__cpu_count();
    atomic_flag_clear(&pool->busy);
    atomic_init(&pool->shared_calls, 0);
    atomic_init(&pool->gate, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->stop, 0);
    for (int i = 0; i < threads; i++) atomic_init(&pool->worker[i].next, 0);
    atomic_init(&pool->helpers, 0);
    if (pthread_mutex_init(&pool->mutex, NULL) == 0) {
        if (pthread_cond_init(&pool->work, NULL) == 0) {
            if (pthread_cond_init(&pool->empty, NULL) == 0) return pool;
            pthread_cond_destroy(&pool->work);
        }
        pthread_mutex_destroy(&pool->mutex);
    }
    luge__release(ctx, pool, bytes);
    (void)luge__fail(ctx, LUGE_ENOMEM, "out of memory: the system has no mutex for the threads");
    return NULL;
}

void luge__pool_free(luge__pool *pool)
{
    if (!pool) return;
    if (pool->started > 0 && pool->owner != getpid()) { /* the threads stayed in the parent, the locks in any state */
        luge__release(pool->ctx, pool, pool->bytes);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stop, 1);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started; i++) pthread_join(pool->worker[i + 1].thread, NULL);
    pthread_cond_destroy(&pool->empty);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    luge__release(pool->ctx, pool, pool->bytes);
}

int luge__pool_threads(const luge__pool *pool)
{
    return pool->threads;
}

int64_t luge__pool_shared_calls(const luge__pool *pool)
{
    return (int64_t)atomic_load_explicit(&pool->shared_calls, memory_order_relaxed);
}

#else /* no threads */

struct luge__pool {
    luge_context *ctx;
};

luge__pool *luge__pool_create(luge_context *ctx, int threads)
{
    luge__pool *pool = luge__alloc(ctx, sizeof *pool);
    (void)threads;
    if (pool) pool->ctx = ctx;
    return pool;
}

void luge__pool_free(luge__pool *pool)
{
    if (pool) luge__release(pool->ctx, pool, sizeof *pool);
}

int luge__pool_threads(const luge__pool *pool)
{
    (void)pool;
    return 1;
}

void luge__pool_run(luge__pool *pool, int64_t items, int64_t grain, luge__range_fn fn, void *user)
{
    (void)pool;
    (void)grain;
    if (items > 0) fn(user, 0, items, 0);
}

int64_t luge__pool_shared_calls(const luge__pool *pool)
{
    (void)pool;
    return 0;
}

#endif
