/* The matrix product against a naive loop, bit for bit: sizes around every boundary, all layouts, random splits,
 * finishes and biases. Operands rounded to bf16: the same where the order of the sum is that of the loop; else bit for
 * bit on whole numbers, whose sums are exact, and near to the loop on others.
 */
#include "core/bf16.h"
#include "core/core.h"
#include "golden/bf16_golden.inc"
#include "soft_amx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct kernel {
    const char *name;
    void (*plan)(luge__gemm *);
    void (*run)(const luge__gemm *, int64_t, int64_t, const void *, const void *, void *, void *,
                const luge__gemm_finish *);
    int fused;   /* one rounding per step */
    int rounded; /* operands, to bf16 */
    int ordered; /* the sum is in order */
} kernel;

enum { GUARD = 64, SPECIAL = 8, WHOLE = 16 }; /* kinds of values */

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t rnd(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int64_t below(int64_t n)
{
    return (int64_t)(rnd() >> 11) % n;
}

static double value(int kind)
{
    if (kind & SPECIAL && below(40) == 0) {
        static const double odd[] = { (double)NAN, (double)INFINITY, -(double)INFINITY, -0.0, 1e-40 };
        return odd[below(5)];
    }
    if (kind & WHOLE) return (double)(below(33) - 16);
    return (double)(below(2001) - 1000) / 256.0 + (double)below(1000) * 1e-6;
}

/* A buffer that ends exactly with its last element, so that a sanitizer sees any access behind it. */
static void *filled(int64_t n, int is_f64, int kind)
{
    void *p = malloc((size_t)(n > 0 ? n : 1) * (is_f64 ? 8 : 4));
    if (!p) exit(2);
    for (int64_t i = 0; i < n; i++) {
        if (is_f64)
            ((double *)p)[i] = value(kind);
        else
            ((float *)p)[i] = (float)value(kind);
    }
    return p;
}

static int64_t extent(int64_t rows, int64_t cols, int64_t rs, int64_t cs)
{
    return rows < 1 || cols < 1 ? 0 : (rows - 1) * rs + (cols - 1) * cs + 1;
}

/* The definition, rounded once or twice per step; volatile stops the compiler from fusing what must not be fused. */
#define NAIVE(name, type, attribute, step)                                                                             \
    attribute static void name(const luge__gemm *g, const type *a, const type *b, type *c)                             \
    {                                                                                                                  \
        for (int64_t i = 0; i < g->m; i++) {                                                                           \
            for (int64_t j = 0; j < g->n; j++) {                                                                       \
                const type *x = a + i * g->a_rs, *y = b + j * g->b_cs;                                                 \
                type sum = g->accumulate ? c[i * g->c_rs + j] : 0;                                                     \
                for (int64_t k = 0; k < g->k; k++, x += g->a_cs, y += g->b_rs) {                                       \
                    step;                                                                                              \
                }                                                                                                      \
                c[i * g->c_rs + j] = sum;                                                                              \
            }                                                                                                          \
        }                                                                                                              \
    }

#if defined(__x86_64__) || defined(__i386__)
#define WITH_FMA __attribute__((target("fma"))) /* else each fma() is a slow call */
#else
#define WITH_FMA
#endif
NAIVE(naive_fused_f32, float, WITH_FMA, sum = fmaf(*x, *y, sum))
NAIVE(naive_fused_f64, double, WITH_FMA, sum = fma(*x, *y, sum))
NAIVE(naive_f32, float, , volatile float p = *x * *y; sum = sum + p)
NAIVE(naive_f64, double, , volatile double p = *x * *y; sum = sum + p)

static void naive(const luge__gemm *g, int fused, const void *a, const void *b, void *c)
{
    if (g->is_f64)
        (fused ? naive_fused_f64 : naive_f64)(g, a, b, c);
    else
        (fused ? naive_fused_f32 : naive_f32)(g, a, b, c);
}

/* Equal bits, or both NaN (whose payload depends on the order of the operands). */
static int same(const void *x, const void *y, int64_t n, int is_f64, int64_t *where)
{
    for (int64_t i = 0; i < n; i++) {
        *where = i;
        if (is_f64) {
            const double *p = (const double *)x + i, *q = (const double *)y + i;
            if (memcmp(p, q, 8) != 0 && !(isnan(*p) && isnan(*q))) return 0;
        } else {
            const float *p = (const float *)x + i, *q = (const float *)y + i;
            if (memcmp(p, q, 4) != 0 && !(isnan(*p) && isnan(*q))) return 0;
        }
    }
    return 1;
}

/* A finish that takes down what it is shown, and leaves -1 times that in C. */
typedef struct witness {
    const luge__gemm *g;
    void *seen; /* m x n */
    int *times;
    int outside; /* rectangles that are empty or reach over C's edge */
} witness;

static void witness_fn(void *user, int64_t row, int64_t rows, int64_t col, int64_t cols, void *c, int64_t c_rs)
{
    witness *w = user;
    if (rows < 1 || cols < 1 || row < 0 || col < 0 || row + rows > w->g->m || col + cols > w->g->n || c_rs < cols) {
        w->outside++;
        return;
    }
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++) {
            const int64_t from = i * c_rs + j, to = (row + i) * w->g->n + col + j;
            w->times[to]++;
            if (w->g->is_f64) {
                ((double *)w->seen)[to] = ((double *)c)[from];
                ((double *)c)[from] *= -1;
            } else {
                ((float *)w->seen)[to] = ((float *)c)[from];
                ((float *)c)[from] *= -1;
            }
        }
    }
}

/* All items, in ranges of random length, the later ones first; 0 if the scratch was overrun. */
static int run_split(const kernel *f, const luge__gemm *g, const void *a, const void *b, void *c,
                     const luge__gemm_finish *finish)
{
    char *raw = malloc(g->worker_scratch + 64 + GUARD);
    if (!raw) exit(2);
    char *scratch = raw + (64 - (uintptr_t)raw % 64) % 64;
    memset(scratch, 0xff, g->worker_scratch); /* NaN */
    memset(scratch + g->worker_scratch, 0x5a, GUARD);
    const int64_t cut = below(g->items + 1);
    for (int turn = 0; turn < 2; turn++) {
        const int64_t end = turn == 0 ? g->items : cut;
        for (int64_t begin = turn == 0 ? cut : 0, to; begin < end; begin = to) {
            to = begin + 1 + below(end - begin);
            f->run(g, begin, to, a, b, c, scratch, finish);
        }
    }
    int ok = 1;
    for (int i = 0; i < GUARD; i++) ok &= scratch[g->worker_scratch + (size_t)i] == 0x5a;
    free(raw);
    return ok;
}

static void complain(const kernel *f, const luge__gemm *g, const char *what, int64_t at)
{
    printf("%s f%d: C[%lld,%lld] k %lld a (%lld,%lld) b (%lld,%lld) c %lld accumulate %d local %d: %s, element %lld\n",
           f->name, g->is_f64 ? 64 : 32, (long long)g->m, (long long)g->n, (long long)g->k, (long long)g->a_rs,
           (long long)g->a_cs, (long long)g->b_rs, (long long)g->b_cs, (long long)g->c_rs, g->accumulate, g->c_local,
           what, (long long)at);
}

/* The planned product with a finish, which must see each element of `want` once; c is NULL where C is local, and else
 * holds the negated product afterwards. */
static int finish_ok(const kernel *f, const luge__gemm *g, const void *a, const void *b, void *c, const void *want)
{
    const int64_t n = g->m * g->n, size = g->is_f64 ? 8 : 4;
    witness w = { .g = g, .seen = filled(n, g->is_f64, 0), .times = calloc((size_t)n + 1, sizeof *w.times) };
    if (!w.times) exit(2);
    const luge__gemm_finish finish = { witness_fn, &w, NULL };
    int ok = run_split(f, g, a, b, c, &finish) && w.outside == 0;
    int64_t at = -1;
    for (int64_t i = 0; ok && i < n; i++)
        if (w.times[i] != 1) ok = 0, at = i;
    for (int64_t i = 0; ok && i < g->m; i++) {
        const int64_t shown = i * g->n * size, in_c = i * g->c_rs * size;
        ok = same((char *)w.seen + shown, (const char *)want + in_c, g->n, g->is_f64, &at);
        for (int64_t j = 0; ok && c && j < g->n; j++) {
            at = j;
            if (g->is_f64)
                ((double *)c)[i * g->c_rs + j] *= -1;
            else
                ((float *)c)[i * g->c_rs + j] *= -1;
        }
        if (ok && c) ok = same((char *)c + in_c, (const char *)want + in_c, g->n, g->is_f64, &at);
    }
    if (!ok) complain(f, g, "the finish differs", at);
    free(w.seen), free(w.times);
    return ok;
}

static void *rounded_copy(const float *x, int64_t n)
{
    float *copy = filled(n, 0, 0);
    for (int64_t i = 0; i < n; i++) copy[i] = luge__round_bf16(x[i]);
    return copy;
}

/* The loop over what the kernel makes of the operands. */
static void rounded_naive(const kernel *f, const luge__gemm *g, const void *a, const void *b, void *c)
{
    void *ra = NULL, *rb = NULL;
    if (f->rounded) {
        ra = rounded_copy(a, extent(g->m, g->k, g->a_rs, g->a_cs));
        rb = rounded_copy(b, extent(g->k, g->n, g->b_rs, g->b_cs));
    }
    naive(g, f->fused, ra ? ra : a, rb ? rb : b, c);
    free(ra), free(rb);
}

/* A product that begins at a bias accumulates on rows that hold it. */
static int bias_ok(const kernel *f, const luge__gemm *g, const void *a, const void *b, int kind)
{
    const int64_t nc = extent(g->m, g->n, g->c_rs, 1), size = g->is_f64 ? 8 : 4;
    char *bias = filled(g->n, g->is_f64, kind), *c = filled(nc, g->is_f64, 0), *want = filled(nc, g->is_f64, 0);
    memcpy(want, c, (size_t)(nc * size));
    for (int64_t i = 0; i < g->m && nc; i++) memcpy(want + i * g->c_rs * size, bias, (size_t)(g->n * size));
    luge__gemm sum = *g;
    sum.accumulate = 1;
    rounded_naive(f, &sum, a, b, want);
    const luge__gemm_finish finish = { NULL, NULL, bias };
    int64_t at = -1;
    const int ok = run_split(f, g, a, b, c, &finish) && same(c, want, nc, g->is_f64, &at);
    if (!ok) complain(f, g, "the product on a bias differs", at);
    free(bias), free(c), free(want);
    return ok;
}

static int check(const kernel *f, luge__gemm *g, int kind)
{
    const int64_t na = extent(g->m, g->k, g->a_rs, g->a_cs), nb = extent(g->k, g->n, g->b_rs, g->b_cs);
    const int64_t nc = extent(g->m, g->n, g->c_rs, 1);
    const size_t size = g->is_f64 ? 8 : 4;
    void *a = filled(na, g->is_f64, kind), *b = filled(nb, g->is_f64, kind);
    const int64_t and_row = nc + g->c_rs; /* a row behind C must stay as it is; `again` ends with C */
    void *c = filled(and_row, g->is_f64, kind & WHOLE), *want = filled(and_row, g->is_f64, 0);
    void *again = filled(nc, g->is_f64, 0);
    memcpy(want, c, (size_t)and_row * size);
    memcpy(again, c, (size_t)nc * size);
    rounded_naive(f, g, a, b, want);
    f->plan(g);
    int64_t at = -1;
    int ok = run_split(f, g, a, b, c, NULL) && same(c, want, and_row, g->is_f64, &at);
    if (!ok) complain(f, g, "the product differs", at);
    if (ok) ok = finish_ok(f, g, a, b, again, want);
    if (ok && !g->accumulate) {
        ok = bias_ok(f, g, a, b, kind & WHOLE);
        g->c_local = 1;
        f->plan(g);
        ok = finish_ok(f, g, a, b, NULL, want) && ok;
    }
    free(a), free(b), free(c), free(want), free(again);
    return ok;
}

/* Layout of an operand of rows x cols: rows, columns, with gaps, both strides wide, broadcast along either or both. */
static void layout(int kind, int64_t rows, int64_t cols, int64_t *rs, int64_t *cs)
{
    *rs = cols, *cs = 1;
    if (kind == 1) *rs = 1, *cs = rows;
    if (kind == 2) *rs = cols + 5;
    if (kind == 3) *rs = 1, *cs = rows + 3;
    if (kind == 4) *rs = 2 * cols + 1, *cs = 2;
    if (kind == 5) *rs = 0;
    if (kind == 6) *cs = 0, *rs = 1;
    if (kind == 7) *rs = 0, *cs = 0;
    if (kind == 8) *rs = 3, *cs = 3 * rows;
}

static int one(const kernel *f, int64_t m, int64_t n, int64_t k, int la, int lb, int how)
{
    luge__gemm g;
    memset(&g, 0xa5, sizeof g);
    g.m = m, g.n = n, g.k = k;
    layout(la, m, k, &g.a_rs, &g.a_cs);
    layout(lb, k, n, &g.b_rs, &g.b_cs);
    g.c_rs = n + (how & 4 ? 3 : 0);
    g.is_f64 = how & 1;
    g.accumulate = how >> 1 & 1;
    g.c_local = 0;
    g.rounded = f->rounded;
    if (f->rounded) g.is_f64 = 0;
    return check(f, &g, (how & SPECIAL) | (f->ordered ? 0 : WHOLE));
}

static int64_t pick(int64_t limit)
{
    static const int64_t edges[] = { 1,   2,   3,   4,   5,   6,   7,   8,   9,   12,  13,  14,  15,  16,  17,  28,
                                     29,  31,  32,  33,  42,  43,  48,  49,  63,  64,  65,  66,  100, 112, 127, 128,
                                     129, 196, 255, 256, 257, 300, 319, 320, 321, 447, 448, 449, 520, 641, 784, 1025 };
    int64_t x;
    do x = below(4) ? edges[below((int64_t)(sizeof edges / sizeof *edges))] : below(limit) + (below(20) != 0);
    while (x > limit);
    return x;
}

static int kernel_ok(const kernel *f, int rounds)
{
    int bad = 0;
    static const int64_t shapes[][3] = { { 4, 4, 2 },      { 32, 10, 30 },  { 1, 100, 784 },  { 256, 10, 100 },
                                         { 100, 50, 784 }, { 256, 1, 100 }, { 1000, 1, 196 }, { 0, 4, 3 },
                                         { 4, 0, 3 },      { 5, 6, 0 },     { 50, 60, 0 },    { 1, 1, 1 },
                                         { 70, 80, 1 },    { 60, 70, 900 }, { 1, 1, 2000 },   { 1, 700, 900 },
                                         { 40, 1000, 64 }, { 16, 801, 490 } };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int la = 0; la < 2; la++)
            for (int lb = 0; lb < 2; lb++)
                for (int how = 0; how < 8; how += 1 + f->rounded)
                    bad += !one(f, shapes[s][0], shapes[s][1], shapes[s][2], la, lb, how);
    /* Every small size; a kernel that rounds beside one that does not has few. */
    for (int64_t m = 1; m <= (f->rounded && f->ordered ? 7 : 35); m++)
        for (int64_t n = 1; n <= 35; n++)
            bad += !one(f, m, n, 1 + below(9), (int)below(9), (int)below(9), (int)below(16));
    for (int r = 0; r < rounds; r++) {
        int64_t m = pick(1100), n = pick(1100), k = pick(1100);
        while (m * n * k > 2000000) {
            const int64_t which = below(3);
            if (which == 0) m = (m + 1) / 2;
            if (which == 1) n = (n + 1) / 2;
            if (which == 2) k = (k + 1) / 2;
        }
        bad += !one(f, m, n, k, (int)below(9), (int)below(9), (int)below(16));
    }
    printf("%-12s%s%s\n", f->name, f->rounded ? "bf16 " : "", bad ? "WRONG" : "ok");
    return bad == 0;
}

/* Row 17 of a batch of 1000 equals the product of that row alone. */
static int row_alone(const kernel *f)
{
    luge__gemm g = { .m = 1000, .n = 50, .k = 784, .a_rs = 784, .a_cs = 1, .b_rs = 50, .b_cs = 1, .c_rs = 50 }, r = g;
    float *a = filled(g.m * g.k, 0, 0), *b = filled(g.k * g.n, 0, 0), *c = filled(g.m * g.n, 0, 0),
          *d = filled(50, 0, 0);
    g.rounded = r.rounded = f->rounded;
    r.m = 1;
    f->plan(&g);
    f->plan(&r);
    run_split(f, &g, a, b, c, NULL);
    run_split(f, &r, a + 17 * 784, b, d, NULL);
    const int ok = memcmp(c + 17 * 50, d, 50 * sizeof *d) == 0;
    if (!ok) printf("%s: a row alone differs from the row in a batch\n", f->name);
    free(a), free(b), free(c), free(d);
    return ok;
}

/* Products of any numbers against sums in double, whose terms are exact: each of k additions may be off by half a unit
 * in the last place of what is the sum of magnitudes at most. */
static int near_ok(const kernel *f)
{
    luge__gemm g = { .m = 45, .n = 70, .k = 1100, .a_rs = 1100, .a_cs = 1, .b_rs = 70, .b_cs = 1, .c_rs = 70 };
    g.rounded = 1;
    float *a = filled(g.m * g.k, 0, 0), *b = filled(g.k * g.n, 0, 0), *c = filled(g.m * g.n, 0, 0);
    int64_t bad = 0;
    f->plan(&g);
    run_split(f, &g, a, b, c, NULL);
    for (int64_t i = 0; i < g.m; i++)
        for (int64_t j = 0; j < g.n; j++) {
            double sum = 0, magnitude = 0;
            for (int64_t k = 0; k < g.k; k++) {
                const double x = (double)luge__round_bf16(a[i * g.k + k]) * (double)luge__round_bf16(b[k * g.n + j]);
                sum += x;
                magnitude += fabs(x);
            }
            bad += !(fabs((double)c[i * g.n + j] - sum) <= (double)g.k * ldexp(magnitude, -24));
        }
    if (bad) printf("%s: %d elements are too far from the exact sum\n", f->name, (int)bad);
    free(a), free(b), free(c);
    return !bad;
}

static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, 4);
    return u;
}

/* What rounding makes of the numbers of the table: subnormal ones are zero, and zero has no sign in a product's sum. */
static int rounds_as(uint32_t from, uint32_t want, float got, int keeps_sign)
{
    if ((from & 0x7fffffffu) > 0x7f800000u) return isnan(got) && !(bits_of(got) & 0xffff);
    if ((from & 0x7fffffffu) < 0x00800000u) return bits_of(got) == (keeps_sign ? from & 0x80000000u : 0);
    return bits_of(got) == want;
}

/* A column of the table's numbers times 1, and 1 times a row of them. */
static int rounding_ok(const kernel *f)
{
    enum { N = sizeof bf16_golden / sizeof *bf16_golden };
    static float x[N], y[2][N];
    const float one_number = 1;
    int bad = 0;
    luge__gemm column = { .m = N, .n = 1, .k = 1, .a_rs = 1, .a_cs = 1, .b_rs = 1, .b_cs = 1, .c_rs = 1, .rounded = 1 };
    luge__gemm row = { .m = 1, .n = N, .k = 1, .a_rs = 1, .a_cs = 1, .b_rs = N, .b_cs = 1, .c_rs = N, .rounded = 1 };
    for (int i = 0; i < N; i++) memcpy(&x[i], &bf16_golden[i][0], 4);
    f->plan(&column);
    f->plan(&row);
    run_split(f, &column, x, &one_number, y[0], NULL);
    run_split(f, &row, &one_number, x, y[1], NULL);
    for (int i = 0; i < N; i++) {
        const uint32_t from = bf16_golden[i][0], want = bf16_golden[i][1];
        const int ok = rounds_as(from, want, luge__round_bf16(x[i]), 1) && rounds_as(from, want, y[0][i], 0) &&
                       rounds_as(from, want, y[1][i], 0);
        if (!ok)
            printf("%s: 0x%08x is rounded to 0x%08x, 0x%08x, 0x%08x; 0x%08x is expected\n", f->name, (unsigned)from,
                   (unsigned)bits_of(luge__round_bf16(x[i])), (unsigned)bits_of(y[0][i]), (unsigned)bits_of(y[1][i]),
                   (unsigned)want);
        bad += !ok;
    }
    return !bad;
}

/* A kernel that rounds while it packs. */
static int rounded_ok(const kernel *f, int rounds)
{
    return kernel_ok(f, rounds) & row_alone(f) & near_ok(f) & rounding_ok(f);
}

static int instructions_ok(int rounds)
{
    int ok = 1;
    (void)rounds; /* without any of them */
#if defined(LUGE_HAVE_BF16)
    static const kernel vectors = { "avx512_bf16", luge__gemm_plan_avx512_bf16, luge__gemm_run_avx512_bf16, 1, 1, 0 };
    if (luge__cpu_bf16(LUGE__AVX512) >= LUGE__BF16_AVX512) ok &= rounded_ok(&vectors, rounds);
#endif
#if defined(LUGE_HAVE_AMX)
    static const kernel soft = { "soft amx", luge__gemm_plan_soft_amx, luge__gemm_run_soft_amx, 1, 1, 0 };
    static const kernel hard = { "amx", luge__gemm_plan_amx, luge__gemm_run_amx, 1, 1, 0 };
    if (luge__cpu_bf16(LUGE__AVX512) >= LUGE__BF16_AVX512) ok &= rounded_ok(&soft, rounds / 8);
    if (luge__cpu_bf16(LUGE__AVX512) == LUGE__BF16_AMX && luge__amx_permit()) ok &= rounded_ok(&hard, rounds);
#endif
    return ok;
}

int main(int argc, char **argv)
{
    const int rounds = argc > 1 ? atoi(argv[1]) : 200;
    const kernel kernels[] = {
#if defined(__FMA__) || defined(__aarch64__)
        { "baseline", luge__gemm_plan_baseline, luge__gemm_run_baseline, 1, 0, 1 },
#else
        { "baseline", luge__gemm_plan_baseline, luge__gemm_run_baseline, 0, 0, 1 },
#endif
#ifdef LUGE_HAVE_AVX2
        { "avx2", luge__gemm_plan_avx2, luge__gemm_run_avx2, 1, 0, 1 },
#endif
#ifdef LUGE_HAVE_AVX512
        { "avx512", luge__gemm_plan_avx512, luge__gemm_run_avx512, 1, 0, 1 },
#endif
    };
    int ok = 1;
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
#if defined(__x86_64__)
        if (i == 1 && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))) continue;
        if (i == 2 && !(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))) continue;
#endif
        ok &= kernel_ok(&kernels[i], rounds);
        ok &= row_alone(&kernels[i]);
        kernel rounded = kernels[i];
        rounded.rounded = 1;
        ok &= rounded_ok(&rounded, rounds / 4);
    }
    ok &= instructions_ok(rounds);
    return ok ? 0 : 1;
}
