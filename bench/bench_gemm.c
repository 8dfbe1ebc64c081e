/* bench_gemm.c: speed of the matrix product per shape and variant, beside the measured peak and, where they are
 * installed, oneDNN and OpenBLAS.
 *
 *   bench_gemm [threads [filter [rounds]]]
 *
 * A shape is m,n,k: a dense layer of n outputs and k inputs on m rows; only those that hold `filter` are measured.
 * Variants: fwdNN = X[m,k] W[k,n]; dW_KN = X^T D; dX_NT = D W^T; and with W stored [n,k]: fwdNT = X W^T; dW_NK = D^T X;
 * dX_NN = D W. Of oneDNN the better of dnnl_sgemm and its matmul primitive counts. A round times the contestants one
 * after the other, since the clock of a machine drifts more than they differ; rates are medians over the rounds, and
 * the ratio is the time of the best other one over ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/core.h"

#include "backend/cpu/cpu.h"
#include "peak.h"

#ifdef LUGE_BENCH_DNNL
#include <dnnl.h>
#include <omp.h>
#endif
#ifdef LUGE_BENCH_OPENBLAS
#include <cblas.h>
void openblas_set_num_threads(int n);
#endif

enum { MOST_ROUNDS = 41, MAX_THREADS = 64, OURS = 2, CONTESTANTS = 5 };

typedef struct problem {
    int64_t m, n, k; /* of the product itself */
    int ta, tb;      /* as stored: a is k x m, b is n x k */
    luge__gemm gemm[OURS];
    int64_t grain[OURS];
    char *scratch[OURS][MAX_THREADS];
    float *a, *b, *c;
#ifdef LUGE_BENCH_DNNL
    dnnl_primitive_t matmul;
    dnnl_exec_arg_t args[3];
    dnnl_stream_t stream;
#endif
} problem;

static int n_threads = 1, n_rounds = 11;
static luge__pool *pool;

/* ---- ours -------------------------------------------------------------------------------------------------------- */

typedef struct isa {
    void (*plan)(luge__gemm *g);
    void (*run)(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b, void *c, void *worker,
                const luge__gemm_finish *finish);
} isa;

static isa isas[OURS]; /* the machine's best, and the next */

static void find_isas(void)
{
    const luge__isa best = luge__cpu_best();
    int n = 0;
#ifdef LUGE_HAVE_AVX512
    if (best >= LUGE__AVX512) isas[n++] = (isa){ luge__gemm_plan_avx512, luge__gemm_run_avx512 };
#endif
#ifdef LUGE_HAVE_AVX2
    if (best >= LUGE__AVX2 && n < OURS) isas[n++] = (isa){ luge__gemm_plan_avx2, luge__gemm_run_avx2 };
#endif
    (void)best;
    if (n < OURS) isas[n++] = (isa){ luge__gemm_plan_baseline, luge__gemm_run_baseline };
}

typedef struct call {
    const problem *p;
    int which;
} call;

static void some_items(void *user, int64_t begin, int64_t end, int worker)
{
    const call *c = user;
    const problem *p = c->p;
    isas[c->which].run(&p->gemm[c->which], begin, end, p->a, p->b, p->c, p->scratch[c->which][worker], NULL);
}

static void run_ours(const problem *p, int which)
{
    const luge__gemm *g = &p->gemm[which];
    call c = { p, which };
    if (n_threads == 1 || g->items <= p->grain[which])
        some_items(&c, 0, g->items, 0);
    else
        luge__pool_run(pool, g->items, p->grain[which], some_items, &c);
}

static void run_best(const problem *p)
{
    run_ours(p, 0);
}

static void run_next(const problem *p)
{
    run_ours(p, 1);
}

/* ---- others ------------------------------------------------------------------------------------------------------ */

#ifdef LUGE_BENCH_DNNL
static dnnl_engine_t engine;

static void dnnl_check(dnnl_status_t status)
{
    if (status == dnnl_success) return;
    fprintf(stderr, "bench_gemm: oneDNN failed (%d)\n", (int)status);
    exit(1);
}

static dnnl_memory_desc_t dnnl_matrix(int64_t rows, int64_t cols, int transposed)
{
    const dnnl_dims_t dims = { rows, cols }, strides = { transposed ? 1 : cols, transposed ? rows : 1 };
    dnnl_memory_desc_t d;
    dnnl_check(dnnl_memory_desc_init_by_strides(&d, 2, dims, dnnl_f32, strides));
    return d;
}

static void prepare_dnnl(problem *p)
{
    if (!engine) dnnl_check(dnnl_engine_create(&engine, dnnl_cpu, 0));
    const dnnl_memory_desc_t a = dnnl_matrix(p->m, p->k, p->ta), b = dnnl_matrix(p->k, p->n, p->tb),
                             c = dnnl_matrix(p->m, p->n, 0);
    dnnl_matmul_desc_t d;
    dnnl_primitive_desc_t pd;
    dnnl_check(dnnl_matmul_desc_init(&d, &a, &b, NULL, &c));
    dnnl_check(dnnl_primitive_desc_create(&pd, &d, NULL, engine, NULL));
    dnnl_check(dnnl_primitive_create(&p->matmul, pd));
    dnnl_check(dnnl_primitive_desc_destroy(pd));
    dnnl_check(dnnl_stream_create(&p->stream, engine, dnnl_stream_default_flags));
    const int names[3] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST };
    const dnnl_memory_desc_t *descs[3] = { &a, &b, &c };
    void *data[3] = { p->a, p->b, p->c };
    for (int i = 0; i < 3; i++) {
        p->args[i].arg = names[i];
        dnnl_check(dnnl_memory_create(&p->args[i].memory, descs[i], engine, data[i]));
    }
}

static void forget_dnnl(problem *p)
{
    for (int i = 0; i < 3; i++) dnnl_check(dnnl_memory_destroy(p->args[i].memory));
    dnnl_check(dnnl_stream_destroy(p->stream));
    dnnl_check(dnnl_primitive_destroy(p->matmul));
}

static void run_sgemm(const problem *p)
{
    dnnl_check(dnnl_sgemm(p->ta ? 'T' : 'N', p->tb ? 'T' : 'N', p->m, p->n, p->k, 1.0F, p->a, p->ta ? p->m : p->k, p->b,
                          p->tb ? p->k : p->n, 0.0F, p->c, p->n));
}

static void run_matmul(const problem *p)
{
    dnnl_check(dnnl_primitive_execute(p->matmul, p->stream, 3, p->args));
    dnnl_check(dnnl_stream_wait(p->stream));
}
#endif

#ifdef LUGE_BENCH_OPENBLAS
static void run_openblas(const problem *p)
{
    const int m = (int)p->m, n = (int)p->n, k = (int)p->k, lda = p->ta ? m : k, ldb = p->tb ? k : n;
    cblas_sgemm(CblasRowMajor, p->ta ? CblasTrans : CblasNoTrans, p->tb ? CblasTrans : CblasNoTrans, m, n, k, 1.0F,
                p->a, lda, p->b, ldb, 0.0F, p->c, n);
}
#endif

typedef void contestant(const problem *p);
static contestant *const contestants[CONTESTANTS] = {
    run_best,     run_next,
#ifdef LUGE_BENCH_DNNL
    run_sgemm,    run_matmul,
#else
    NULL,
    NULL,
#endif
#ifdef LUGE_BENCH_OPENBLAS
    run_openblas,
#endif
};

/* ---- measuring --------------------------------------------------------------------------------------------------- */

/* One thread: its own time, so that neighbours cost less; more: the wall clock. */
static double now(void)
{
    struct timespec t;
    clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, ascending);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Seconds of one call, after a millisecond of calls that wakes the threads and fills the caches; a millisecond again.
 */
static double seconds(contestant *fn, const problem *p)
{
    const double before = now();
    do fn(p);
    while (now() - before < 1e-3);
    const double begin = now();
    double took = 0;
    int64_t calls = 0, step = 1;
    while (took < 1e-3) {
        for (int64_t i = 0; i < step; i++) fn(p);
        calls += step;
        took = now() - begin;
        step = (int64_t)((double)calls * 1e-4 / (took + 1e-9)) + 1;
    }
    return took / (double)calls;
}

/* The peers' idle threads watch for work for a while, OpenBLAS's for a tenth of a second. */
static void let_sleep(long ms)
{
    if (n_threads > 1) nanosleep(&(struct timespec){ 0, ms * 1000000 }, NULL);
}

/* us[i]: the median of each contestant, 0 for who is not there; returns that of the best other one over ours. OpenBLAS
 * comes after the rounds of the others, so that they need not wait for its threads each time. */
static double measure(const problem *p, double us[CONTESTANTS])
{
    static double all[CONTESTANTS][MOST_ROUNDS];
    const double flops = 2.0 * (double)p->m * (double)p->n * (double)p->k;
    const int rounds = flops < 4e9 ? n_rounds : (n_rounds + 2) / 3;
    double best = 1e12;
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < CONTESTANTS - 1; i++) {
            if (!contestants[i]) continue;
            if (i != 1) let_sleep(10);
            all[i][r] = seconds(contestants[i], p);
        }
    }
    for (int r = 0; r < rounds && contestants[CONTESTANTS - 1]; r++)
        all[CONTESTANTS - 1][r] = seconds(contestants[CONTESTANTS - 1], p);
    if (contestants[CONTESTANTS - 1]) let_sleep(150);
    for (int i = 0; i < CONTESTANTS; i++) {
        us[i] = contestants[i] ? 1e6 * median(all[i], rounds) : 0;
        if (i >= OURS && contestants[i] && us[i] < best) best = us[i];
    }
    return best / us[0];
}

static float *operand(int64_t n)
{
    void *p = NULL;
    if (posix_memalign(&p, 64, (size_t)n * sizeof(float))) exit(2);
    for (int64_t i = 0; i < n; i++) ((float *)p)[i] = (float)(i * 2654435761 % 1000) * 1e-3F - 0.5F;
    return p;
}

static void column(double flops, double us)
{
    if (us > 0)
        printf(" %9.1f", flops / us * 1e-3);
    else
        printf(" %9s", "-");
}

/* C[m,n] = op(A) op(B), both dense and row-major as stored. Returns the ratio. */
static double variant(const char *shape, const char *name, int64_t m, int64_t n, int64_t k, int ta, int tb, double peak)
{
    problem p = { .m = m, .n = n, .k = k, .ta = ta, .tb = tb };
    const double flops = 2.0 * (double)m * (double)n * (double)k;
    p.a = operand(m * k), p.b = operand(k * n), p.c = operand(m * n);
    for (int i = 0; i < OURS; i++) {
        p.gemm[i] = (luge__gemm){ .m = m, .n = n, .k = k, .c_rs = n };
        p.gemm[i].a_rs = ta ? 1 : k, p.gemm[i].a_cs = ta ? m : 1;
        p.gemm[i].b_rs = tb ? 1 : n, p.gemm[i].b_cs = tb ? k : 1;
        isas[i].plan(&p.gemm[i]);
        luge__step step = { .items = p.gemm[i].items };
        luge__share(&step, p.gemm[i].item_cycles, p.gemm[i].grain);
        p.grain[i] = step.grain;
        for (int t = 0; t < n_threads; t++)
            if (posix_memalign((void **)&p.scratch[i][t], 64, p.gemm[i].worker_scratch + 64)) exit(2);
    }
#ifdef LUGE_BENCH_DNNL
    prepare_dnnl(&p);
#endif
    double us[CONTESTANTS];
    const double ratio = measure(&p, us);
    printf("%-15s %-6s %10.2f", shape, name, us[0]);
    for (int i = 0; i < OURS; i++) column(flops, us[i]);
    printf(" %5.0f%%", 100 * flops / us[0] * 1e-3 / peak);
    column(flops, us[2] > 0 && us[3] < us[2] ? us[3] : us[2]);
    column(flops, us[4]);
    if (ratio < 1e6) printf(" %6.2f", ratio);
    printf("\n");
    fflush(stdout);
#ifdef LUGE_BENCH_DNNL
    forget_dnnl(&p);
#endif
    for (int i = 0; i < OURS; i++)
        for (int t = 0; t < n_threads; t++) free(p.scratch[i][t]);
    free(p.a), free(p.b), free(p.c);
    return ratio;
}

static void table(const char *filter, double peak)
{
    static const int64_t shapes[][3] = {
        { 4, 4, 2 },       { 4, 1, 4 },         { 32, 10, 30 },       { 32, 1, 10 },        { 1, 100, 784 },
        { 1, 10, 100 },    { 100, 50, 784 },    { 100, 10, 50 },      { 100, 100, 50 },     { 128, 100, 784 },
        { 256, 100, 784 }, { 256, 10, 100 },    { 256, 1024, 784 },   { 256, 1024, 1024 },  { 11272, 196, 784 },
        { 11272, 1, 196 }, { 10000, 100, 784 }, { 1024, 1024, 1024 }, { 2048, 2048, 2048 },
    };
    printf("%-15s %-6s %10s %9s %9s %6s %9s %9s %6s\n", "m,n,k", "", "us", "luge", "next set", "peak", "oneDNN",
           "OpenBLAS", "ratio");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        char name[64];
        snprintf(name, sizeof name, "%lld,%lld,%lld", (long long)m, (long long)n, (long long)k);
        if (!strstr(name, filter)) continue;
        variant(name, "fwdNN", m, n, k, 0, 0, peak);
        variant(name, "fwdNT", m, n, k, 0, 1, peak);
        variant(name, "dW_KN", k, n, m, 1, 0, peak);
        variant(name, "dW_NK", n, k, m, 1, 0, peak);
        variant(name, "dX_NT", m, k, n, 0, 1, peak);
        variant(name, "dX_NN", m, k, n, 0, 0, peak);
    }
}

int main(int argc, char **argv)
{
    n_threads = argc > 1 ? atoi(argv[1]) : 1;
    if (argc > 3) n_rounds = atoi(argv[3]);
    if (n_threads < 1 || n_threads > MAX_THREADS || n_rounds < 1 || n_rounds > MOST_ROUNDS) return 2;
    luge_context *ctx = luge_open();
    pool = ctx ? luge__pool_create(ctx, n_threads) : NULL;
    if (!pool) return 1;
#ifdef LUGE_BENCH_DNNL
    omp_set_num_threads(n_threads);
#endif
#ifdef LUGE_BENCH_OPENBLAS
    openblas_set_num_threads(n_threads);
#endif
    find_isas();
    const double peak = peak_gflops() * n_threads;
    printf("Matrix product, f32, %d thread%s, GFLOP/s; peak of the multiply-adds %.0f; luge: %s\n\n", n_threads,
           n_threads > 1 ? "s" : "", peak, luge__isa_name(luge__cpu_best()));
    table(argc > 2 ? argv[2] : "", peak);
    luge__pool_free(pool);
    luge_close(ctx);
    return 0;
}
