/* Speed of the matrix product per shape and variant, beside the measured peak and, if compiled in, other libraries.
 *
 *   bench_gemm [threads [f64 [filter [pieces]]]]
 *
 * Variants of a dense layer of `n` outputs and `k` inputs on a batch of m: fwd = X[m,k] W[k,n], dW = X^T D, dX = D W^T;
 * and with W stored (out,in): fwdT = X W^T, dWT = D^T X, dXT = D W. Compile with -DWITH_DNNL -fopenmp -ldnnl and
 * -DWITH_OPENBLAS -lopenblas for the peers. GFLOP/s, the best of several rounds; rounds of the contestants alternate,
 * since the clock of a machine drifts more than they differ. ISA=avx2 in the environment tries another set. */
#include "backend/cpu/gemm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "peak.h"

#ifdef WITH_DNNL
#include <dnnl.h>
#include <omp.h>
#endif
#ifdef WITH_OPENBLAS
#include <cblas.h>
void openblas_set_num_threads(int n);
#endif

enum { ROUNDS = 15, MAX_THREADS = 16, PEERS = 3 };

typedef struct problem {
    luge__gemm g;
    const void *a, *b;
    void *c;
    int ta, tb; /* as stored: a is k x m, b is n x k */
} problem;

static int n_threads = 1, in_pieces;
static char *scratch[MAX_THREADS];

/* One thread: its own time, so that neighbours cost less; more: the wall clock. */
static double now(void)
{
    struct timespec t;
    clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void plan(luge__gemm *g)
{
#ifdef LUGE_HAVE_AVX512
    const char *isa = getenv("ISA");
    if (__builtin_cpu_supports("avx512f") && (!isa || !strcmp(isa, "avx512"))) {
        luge__gemm_plan_avx512(g);
        return;
    }
    if (__builtin_cpu_supports("avx2") && (!isa || !strcmp(isa, "avx2"))) {
        luge__gemm_plan_avx2(g);
        return;
    }
#endif
    luge__gemm_plan_baseline(g);
}

static void run(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b, void *c, void *worker)
{
#ifdef LUGE_HAVE_AVX512
    static int isa = -1;
    if (isa < 0) {
        const char *name = getenv("ISA");
        isa = __builtin_cpu_supports("avx512f") ? 2 : __builtin_cpu_supports("avx2") ? 1 : 0;
        if (name) isa = !strcmp(name, "avx512") ? 2 : !strcmp(name, "avx2") ? 1 : 0;
    }
    if (isa == 2) {
        luge__gemm_run_avx512(g, begin, end, a, b, c, worker, NULL);
        return;
    }
    if (isa == 1) {
        luge__gemm_run_avx2(g, begin, end, a, b, c, worker, NULL);
        return;
    }
#endif
    luge__gemm_run_baseline(g, begin, end, a, b, c, worker, NULL);
}

/* A pool that spins: enough to measure with. */
static struct {
    atomic_int go, left;
    const problem *p;
} pool;

/* Equal shares in multiples of the grain, or, with "pieces", one grain after the other. */
static void part(const problem *p, int id)
{
    const int64_t grain = p->g.grain, grains = (p->g.items + grain - 1) / grain;
    int64_t begin = grains * id / n_threads * grain, end = grains * (id + 1) / n_threads * grain;
    if (end > p->g.items) end = p->g.items;
    while (begin < end) {
        const int64_t to = in_pieces && begin + grain < end ? begin + grain : end;
        run(&p->g, begin, to, p->a, p->b, p->c, scratch[id]);
        begin = to;
    }
}

static void *work(void *arg)
{
    const int id = (int)(intptr_t)arg;
    for (int seen = 0;;) {
        const int go = atomic_load_explicit(&pool.go, memory_order_acquire);
        if (go == seen) continue;
        if (go < 0) return NULL;
        seen = go;
        part(pool.p, id);
        atomic_fetch_sub_explicit(&pool.left, 1, memory_order_release);
    }
}

/* The pool runs for our rounds alone, and every contestant's threads get time to stop spinning before the next round.
 */
static pthread_t threads[MAX_THREADS];

static void pool_start(void)
{
    if (n_threads > 1) nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
    atomic_store(&pool.go, 0);
    for (int i = 1; i < n_threads; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i)) exit(2);
}

static void pool_stop(void)
{
    atomic_store(&pool.go, -1);
    for (int i = 1; i < n_threads; i++) pthread_join(threads[i], NULL);
}

static void run_luge(const problem *p)
{
    if (n_threads == 1 || p->g.items < 2 || p->g.item_cycles * (double)p->g.items < 2e4) {
        for (int i = 0; i < n_threads; i++) part(p, i);
        return;
    }
    pool.p = p;
    atomic_store_explicit(&pool.left, n_threads - 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool.go, 1, memory_order_release);
    part(p, 0);
    while (atomic_load_explicit(&pool.left, memory_order_acquire) > 0) {}
}

static void run_dnnl(const problem *p)
{
#ifdef WITH_DNNL
    const luge__gemm *g = &p->g;
    dnnl_sgemm(p->ta ? 'T' : 'N', p->tb ? 'T' : 'N', g->m, g->n, g->k, 1.0F, p->a, p->ta ? g->m : g->k, p->b,
               p->tb ? g->k : g->n, 0.0F, p->c, g->c_rs);
#else
    (void)p;
#endif
}

static void run_openblas(const problem *p)
{
#ifdef WITH_OPENBLAS
    const enum CBLAS_TRANSPOSE ta = p->ta ? CblasTrans : CblasNoTrans, tb = p->tb ? CblasTrans : CblasNoTrans;
    const int m = (int)p->g.m, n = (int)p->g.n, k = (int)p->g.k, lda = p->ta ? m : k, ldb = p->tb ? k : n;
    if (p->g.is_f64)
        cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1.0, p->a, lda, p->b, ldb, 0.0, p->c, n);
    else
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1.0F, p->a, lda, p->b, ldb, 0.0F, p->c, n);
#else
    (void)p;
#endif
}

static void (*const runners[PEERS])(const problem *) = { run_luge, run_dnnl, run_openblas };

static int runs_peer(int i, int is_f64)
{
#ifdef WITH_DNNL
    if (i == 1) return !is_f64;
#endif
#ifdef WITH_OPENBLAS
    if (i == 2) return 1;
#endif
    (void)is_f64;
    return i == 0;
}

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Best rates of each contestant, then the median over rounds of ours divided by theirs. */
static void measure(const problem *p, double *gflops)
{
    const double flops = 2.0 * (double)p->g.m * (double)p->g.n * (double)p->g.k;
    double best[PEERS] = { 0 }, all[PEERS][ROUNDS] = { { 0 } };
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PEERS; i++) {
            if (!runs_peer(i, p->g.is_f64)) continue;
            if (i == 0) pool_start();
            if (i > 0 && n_threads > 1) nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
            runners[i](p);
            const double budget = 0.005;
            double t0 = now(), d = 0;
            int64_t n = 0, step = 1;
            while (d < budget) {
                for (int64_t j = 0; j < step; j++) runners[i](p);
                n += step;
                d = now() - t0;
                step = (int64_t)((double)n * 1e-3 / (d + 1e-9)) + 1;
            }
            if (i == 0) pool_stop();
            const double rate = flops * (double)n / d * 1e-9;
            if (rate > best[i]) best[i] = rate;
            all[i][round] = rate;
        }
    }
    memcpy(gflops, best, sizeof best);
    for (int i = 1; i < PEERS; i++) {
        double ratio[ROUNDS];
        for (int round = 0; round < ROUNDS; round++)
            ratio[round] = all[i][round] > 0 ? all[0][round] / all[i][round] : 0;
        qsort(ratio, ROUNDS, sizeof *ratio, ascending);
        gflops[PEERS + i] = ratio[ROUNDS / 2];
    }
}

static void *operand(int64_t n, int is_f64)
{
    void *p = NULL;
    if (posix_memalign(&p, 64, (size_t)n * (is_f64 ? 8 : 4))) exit(2);
    for (int64_t i = 0; i < n; i++) {
        const double x = (double)(i * 2654435761 % 1000) * 1e-3 - 0.5;
        if (is_f64)
            ((double *)p)[i] = x;
        else
            ((float *)p)[i] = (float)x;
    }
    return p;
}

/* C[m,n] = op(A) op(B), both dense and row-major as stored. */
static void variant(const char *name, int64_t m, int64_t n, int64_t k, int ta, int tb, int is_f64, double peak)
{
    problem p = { { .m = m, .n = n, .k = k, .c_rs = n, .is_f64 = is_f64 }, NULL, NULL, NULL, ta, tb };
    p.g.a_rs = ta ? 1 : k, p.g.a_cs = ta ? m : 1;
    p.g.b_rs = tb ? 1 : n, p.g.b_cs = tb ? k : 1;
    void *a = operand(m * k, is_f64), *b = operand(k * n, is_f64);
    p.a = a, p.b = b, p.c = operand(m * n, is_f64);
    plan(&p.g);
    for (int i = 0; i < n_threads; i++)
        if (posix_memalign((void **)&scratch[i], 64, p.g.worker_scratch + 64)) exit(2);
    double r[2 * PEERS];
    measure(&p, r);
    printf("%-5s %6lld %5lld %6lld %12.3f %9.1f %7.0f%%", name, (long long)m, (long long)n, (long long)k,
           2e-3 * (double)(m * n * k) / r[0], r[0], 100 * r[0] / peak);
    for (int i = 1; i < PEERS; i++)
        if (runs_peer(i, is_f64)) printf(" %9.1f %5.2fx", r[i], r[PEERS + i]);
    printf("\n");
    fflush(stdout);
    for (int i = 0; i < n_threads; i++) free(scratch[i]), scratch[i] = NULL;
    free(a), free(b), free(p.c);
}

int main(int argc, char **argv)
{
    static const int64_t shapes[][3] = {
        { 1024, 1024, 1024 }, { 2048, 2048, 2048 }, { 256, 1024, 784 }, { 256, 1024, 1024 }, { 256, 100, 784 },
        { 128, 100, 784 },    { 100, 50, 784 },     { 100, 100, 50 },   { 100, 10, 50 },     { 256, 10, 100 },
        { 11272, 196, 784 },  { 11272, 1, 196 },    { 32, 10, 30 },     { 4, 4, 2 },         { 1, 100, 784 },
        { 10000, 100, 784 },  { 8, 8, 8 },
    };
    n_threads = argc > 1 ? atoi(argv[1]) : 1;
    if (n_threads < 1 || n_threads > MAX_THREADS) return 2;
    const int is_f64 = argc > 2 && atoi(argv[2]);
    const char *filter = argc > 3 ? argv[3] : "";
    in_pieces = argc > 4 && !strcmp(argv[4], "pieces");
#ifdef WITH_DNNL
    omp_set_num_threads(n_threads);
#endif
#ifdef WITH_OPENBLAS
    openblas_set_num_threads(n_threads);
#endif
    const double peak = peak_gflops() / (is_f64 ? 2 : 1) * n_threads;
    printf("matrix product, f%d, %d thread%s; peak of the multiply-adds %.0f GFLOP/s\n\n", is_f64 ? 64 : 32, n_threads,
           n_threads > 1 ? "s" : "", peak);
    printf("           m     n      k           us   GFLOP/s  of peak");
    for (int i = 1; i < PEERS; i++)
        if (runs_peer(i, is_f64)) printf("  %8s  ours", i == 1 ? "oneDNN" : "OpenBLAS");
    printf("\n");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        char name[64];
        snprintf(name, sizeof name, "%lld,%lld,%lld", (long long)m, (long long)n, (long long)k);
        if (!strstr(name, filter)) continue;
        variant("fwd", m, n, k, 0, 0, is_f64, peak);
        variant("dW", k, n, m, 1, 0, is_f64, peak);
        variant("dX", m, k, n, 0, 1, is_f64, peak);
        variant("fwdT", m, n, k, 0, 1, is_f64, peak);
        variant("dWT", n, k, m, 1, 0, is_f64, peak);
        variant("dXT", m, k, n, 0, 0, is_f64, peak);
    }
    return 0;
}
