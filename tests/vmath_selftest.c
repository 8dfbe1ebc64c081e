/*
 * Checks src/backend/cpu/isa/vmath.h against the double functions of libm: error in ulp over a sweep of all float
 * bit patterns and a linear sweep of the interesting range, values at special points, and that the vector body of a
 * loop gives the same bits as the same loop run over one element. Standalone; link with -lm.
 *
 *   vmath_selftest        a few seconds
 *   vmath_selftest all    every float (some 10 minutes)
 *
 * Compile once per instruction set with the flags listed in vmath.h. Returns 0 when everything holds.
 */
#include "../src/backend/cpu/isa/vmath.h"

#include <stddef.h>
#include <stdio.h>

#if defined(__GNUC__)
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE
#endif

/* A block that is no multiple of any vector width, so that each call also runs the remainder loop. */
enum { BLOCK = 1024 + 13 };

typedef void map_fn(float *restrict out, const float *restrict in, size_t n);

/* The loop in the form the library uses it. */
#define MAP(name)                                                                                                      \
    static NOINLINE void map_##name(float *restrict out, const float *restrict in, size_t n)                           \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) out[i] = luge__v##name(in[i]);                                                  \
    }

MAP(exp)
MAP(expm1)
MAP(log)
MAP(log1p)
MAP(tanh)
MAP(sigmoid)
MAP(sin)
MAP(cos)
MAP(erf)

static double ref_sigmoid(double x)
{
    return x < 0.0 ? exp(x) / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x));
}

typedef struct {
    const char *name;
    map_fn *map;
    double (*ref)(double);
    float lo, hi;     /* range of the linear sweep */
    float low, high;  /* bounds no result may leave */
    float valid;      /* beyond this |x| only the bounds are checked */
    double tolerance; /* ulp */
} function;

static const function functions[] = {
    { "exp", map_exp, exp, -104.5f, 89.5f, 0.0f, INFINITY, INFINITY, 2.0 },
    { "expm1", map_expm1, expm1, -20.0f, 89.5f, -1.0f, INFINITY, INFINITY, 2.0 },
    { "log", map_log, log, 0.0f, 4.0f, -INFINITY, INFINITY, INFINITY, 2.0 },
    { "log1p", map_log1p, log1p, -1.0f, 4.0f, -INFINITY, INFINITY, INFINITY, 2.0 },
    { "tanh", map_tanh, tanh, -10.0f, 10.0f, -1.0f, 1.0f, INFINITY, 2.0 },
    { "sigmoid", map_sigmoid, ref_sigmoid, -105.0f, 20.0f, 0.0f, 1.0f, INFINITY, 2.0 },
    { "sin", map_sin, sin, -8192.0f, 8192.0f, -1.0f, 1.0f, 1e9f, 2.1 },
    { "cos", map_cos, cos, -8192.0f, 8192.0f, -1.0f, 1.0f, 1e9f, 2.1 },
    { "erf", map_erf, erf, -4.5f, 4.5f, -1.0f, 1.0f, INFINITY, 2.0 },
};

enum { NFUNCTIONS = sizeof functions / sizeof functions[0] };

typedef struct {
    double worst;
    float worst_at;
    uint32_t failures;
} tally;

static void fail(const function *f, tally *t, float x, float got, double want, const char *what)
{
    if (t->failures++ < 5)
        printf("FAIL %s(%a = %.9g) = %a, expected %a: %s\n", f->name, (double)x, (double)x, (double)got, want, what);
}

/* |got - want| in units of the float spacing at `want`; an infinity counts as the power of two it stands for. */
static double ulp_error(float got, double want)
{
    uint64_t u, e;
    double g = (double)got, spacing;
    if (g > 0x1.fffffep127) g = 0x1p128;
    if (g < -0x1.fffffep127) g = -0x1p128;
    if (want > 0x1p128) want = 0x1p128;
    if (want < -0x1p128) want = -0x1p128;
    memcpy(&u, &want, sizeof u);
    e = (u >> 52) & 0x7ff;
    if (e < 1023 - 126) e = 1023 - 126;
    if (e > 1023 + 127) e = 1023 + 127;
    u = (e - 23) << 52;
    memcpy(&spacing, &u, sizeof spacing);
    return fabs(g - want) / spacing;
}

static void check_value(const function *f, tally *t, float x, float got)
{
    double want, error;
    if (isnan(x)) {
        if (!isnan(got)) fail(f, t, x, got, (double)x, "NaN in, none out");
        return;
    }
    if (fabsf(x) > f->valid && !isinf(x)) {
        if (!(got >= f->low && got <= f->high)) fail(f, t, x, got, 0.0, "out of bounds");
        return;
    }
    want = f->ref((double)x);
    if (isnan(want)) {
        if (!isnan(got)) fail(f, t, x, got, want, "no NaN");
        return;
    }
    if (!(got >= f->low && got <= f->high)) {
        fail(f, t, x, got, want, "out of bounds or NaN");
        return;
    }
    if (isinf(want)) {
        if ((double)got != want) fail(f, t, x, got, want, "no infinity");
        return;
    }
    error = ulp_error(got, want);
    if (error > t->worst) {
        t->worst = error;
        t->worst_at = x;
    }
    if (error > f->tolerance) fail(f, t, x, got, want, "too far off");
}

static void check_block(const function *f, tally *t, const float *in, size_t n)
{
    static float out[BLOCK];
    f->map(out, in, n);
    for (size_t i = 0; i < n; i++) check_value(f, t, in[i], out[i]);
    for (size_t i = 0; i < n; i += 7) {
        float one;
        f->map(&one, in + i, 1);
        if (luge__vbits(one) != luge__vbits(out[i]) && !(isnan(one) && isnan(out[i])))
            fail(f, t, in[i], out[i], (double)one, "vector and scalar differ");
    }
}

/* Every stride-th bit pattern. */
static void sweep_bits(const function *f, tally *t, uint32_t stride)
{
    static float in[BLOCK];
    uint64_t u = 0;
    while (u <= 0xffffffffu) {
        size_t n = 0;
        for (; n < BLOCK && u <= 0xffffffffu; u += stride) in[n++] = luge__vfloat((uint32_t)u);
        check_block(f, t, in, n);
    }
}

static void sweep_linear(const function *f, tally *t, uint32_t steps)
{
    static float in[BLOCK];
    double width = ((double)f->hi - (double)f->lo) / (double)steps;
    uint32_t k = 0;
    while (k <= steps) {
        size_t n = 0;
        for (; n < BLOCK && k <= steps; k++) in[n++] = (float)((double)f->lo + width * (double)k);
        check_block(f, t, in, n);
    }
}

/* Floats next to the multiples of pi / 2, where the result or its slope is nearly zero and the reduction shows. */
static void sweep_pi(const function *f, tally *t, uint32_t count)
{
    static float in[BLOCK];
    uint32_t k = 0;
    while (k < count) {
        size_t n = 0;
        for (; n < BLOCK && k < count; k++) {
            double multiple = k < count / 2 ? (double)k : (double)k * (6.3e8 / (double)count);
            in[n++] = (float)(floor(multiple) * 1.57079632679489662);
        }
        check_block(f, t, in, n);
    }
}

/* Exact values, the sign of zero included. */
typedef struct {
    const char *name;
    float x, want;
} point;

static const point points[] = {
    { "exp", 0.0f, 1.0f },
    { "exp", -0.0f, 1.0f },
    { "exp", -104.0f, 0.0f },
    { "exp", -1e30f, 0.0f },
    { "exp", 89.0f, INFINITY },
    { "exp", 3e38f, INFINITY },
    { "exp", INFINITY, INFINITY },
    { "exp", -INFINITY, 0.0f },
    { "exp", NAN, NAN },
    { "expm1", 0.0f, 0.0f },
    { "expm1", -0.0f, -0.0f },
    { "expm1", 0x1p-149f, 0x1p-149f },
    { "expm1", -0x1.8p-140f, -0x1.8p-140f },
    { "expm1", 1e-20f, 1e-20f },
    { "expm1", -50.0f, -1.0f },
    { "expm1", 89.0f, INFINITY },
    { "expm1", INFINITY, INFINITY },
    { "expm1", -INFINITY, -1.0f },
    { "expm1", NAN, NAN },
    { "log", 1.0f, 0.0f },
    { "log", 0.0f, -INFINITY },
    { "log", -0.0f, -INFINITY },
    { "log", -1.0f, NAN },
    { "log", -0x1p-149f, NAN },
    { "log", -INFINITY, NAN },
    { "log", INFINITY, INFINITY },
    { "log", NAN, NAN },
    { "log1p", 0.0f, 0.0f },
    { "log1p", -0.0f, -0.0f },
    { "log1p", -0x1p-149f, -0x1p-149f },
    { "log1p", 1e-20f, 1e-20f },
    { "log1p", -1.0f, -INFINITY },
    { "log1p", -1.5f, NAN },
    { "log1p", -INFINITY, NAN },
    { "log1p", INFINITY, INFINITY },
    { "log1p", NAN, NAN },
    { "tanh", 0.0f, 0.0f },
    { "tanh", -0.0f, -0.0f },
    { "tanh", 0x1p-149f, 0x1p-149f },
    { "tanh", -1e-20f, -1e-20f },
    { "tanh", 10.0f, 1.0f },
    { "tanh", 3e38f, 1.0f },
    { "tanh", INFINITY, 1.0f },
    { "tanh", -INFINITY, -1.0f },
    { "tanh", NAN, NAN },
    { "sigmoid", 0.0f, 0.5f },
    { "sigmoid", -0.0f, 0.5f },
    { "sigmoid", 3e38f, 1.0f },
    { "sigmoid", -3e38f, 0.0f },
    { "sigmoid", INFINITY, 1.0f },
    { "sigmoid", -INFINITY, 0.0f },
    { "sigmoid", NAN, NAN },
    { "sin", 0.0f, 0.0f },
    { "sin", -0.0f, -0.0f },
    { "sin", 0x1p-149f, 0x1p-149f },
    { "sin", -1e-20f, -1e-20f },
    { "sin", INFINITY, NAN },
    { "sin", -INFINITY, NAN },
    { "sin", NAN, NAN },
    { "cos", 0.0f, 1.0f },
    { "cos", -0.0f, 1.0f },
    { "cos", 0x1p-149f, 1.0f },
    { "cos", -1e-20f, 1.0f },
    { "cos", INFINITY, NAN },
    { "cos", -INFINITY, NAN },
    { "cos", NAN, NAN },
    { "erf", 0.0f, 0.0f },
    { "erf", -0.0f, -0.0f },
    { "erf", 4.0f, 1.0f },
    { "erf", -3e38f, -1.0f },
    { "erf", INFINITY, 1.0f },
    { "erf", -INFINITY, -1.0f },
    { "erf", NAN, NAN },
};

/* Each point fills a whole block, so that vector body and remainder both meet it. */
static void check_points(const function *f, tally *t)
{
    static float in[BLOCK], out[BLOCK];
    for (size_t p = 0; p < sizeof points / sizeof points[0]; p++) {
        if (strcmp(points[p].name, f->name) != 0) continue;
        for (size_t i = 0; i < BLOCK; i++) in[i] = points[p].x;
        f->map(out, in, BLOCK);
        for (size_t i = 0; i < BLOCK; i++) {
            int same = isnan(points[p].want) ? isnan(out[i]) : luge__vbits(out[i]) == luge__vbits(points[p].want);
            if (!same) fail(f, t, in[i], out[i], (double)points[p].want, "exact value");
        }
    }
}

int main(int argc, char **argv)
{
    int all = argc > 1 && strcmp(argv[1], "all") == 0;
    uint32_t failures = 0;
    for (size_t i = 0; i < NFUNCTIONS; i++) {
        const function *f = &functions[i];
        tally t = { 0.0, 0.0f, 0 };
        check_points(f, &t);
        sweep_bits(f, &t, all ? 1 : 1021);
        sweep_linear(f, &t, 1000000);
        if (f->map == map_sin || f->map == map_cos) sweep_pi(f, &t, 200000);
        printf("%-8s max error %.3f ulp at %a (%.9g)%s\n", f->name, t.worst, (double)t.worst_at, (double)t.worst_at,
               t.failures ? "  FAILED" : "");
        fflush(stdout);
        failures += t.failures;
    }
    return failures != 0;
}
