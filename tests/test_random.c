/* test_random.c: the generator against published answers; windows, moments, bounds, permutations. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "harness.h"

/* Known answers of Philox4x32-10 as published with the paper's own implementation (Random123, kat_vectors). */
static void known_answers(luge_test *t)
{
    static const struct {
        uint64_t key, low, high;
        uint32_t words[4];
    } rows[] = {
        { 0, 0, 0, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { UINT64_MAX, UINT64_MAX, UINT64_MAX, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { 0x299f31d0a4093822,
          0x85a308d3243f6a88,
          0x0370734413198a2e,
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t words[4];
        luge__philox(rows[i].key, rows[i].low, rows[i].high, words);
        for (int j = 0; j < 4; j++) CHECK_EQ_INT(t, words[j], rows[i].words[j]);
    }
}

static void layout(luge_test *t)
{
    const luge__random r = { .seed = 0x123456789abcdef0, .stream = 77, .step = 0xfedcba9800000005 };
    uint32_t words[4], block[4];
    const int64_t far = ((int64_t)1 << 40) + 4;
    luge__random_words(&r, far, 4, words);
    luge__philox(r.seed, (uint64_t)far / 4, 77 | (uint64_t)5 << 32, block);
    CHECK(t, memcmp(words, block, sizeof words) == 0);
}

typedef struct drawer {
    const char *name;
    void (*draw)(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, void *out);
    int truncated;
} drawer;

static void draw_uniform(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, void *out)
{
    luge__random_uniform(r, first, n, dtype, -0.25, 1.5, out);
}

static void draw_normal(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, void *out)
{
    luge__random_normal(r, first, n, dtype, 0.5, 3.0, out);
}

static void draw_truncated(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, void *out)
{
    luge__random_truncated_normal(r, first, n, dtype, 0.5, 3.0, out);
}

static void draw_words(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, void *out)
{
    if (dtype == LUGE_F32) {
        luge__random_words(r, first, n, out);
    } else {
        luge__random_words(r, 2 * first, 2 * n, out);
    }
}

static const drawer drawers[] = { { "words", draw_words, 0 },
                                  { "uniform", draw_uniform, 0 },
                                  { "normal", draw_normal, 0 },
                                  { "truncated", draw_truncated, 1 } };
enum { DRAWERS = sizeof drawers / sizeof drawers[0], WHOLE = 3000 };

static void windows(luge_test *t)
{
    static double whole[WHOLE], part[WHOLE + 2];
    const luge__random r = { .seed = 5, .stream = 6, .step = 7 };
    for (int d = 0; d < DRAWERS; d++) {
        for (int wide = 0; wide <= 1; wide++) {
            luge_dtype dtype = wide ? LUGE_F64 : LUGE_F32;
            size_t size = luge_dtype_size(dtype);
            drawers[d].draw(&r, 0, WHOLE, dtype, whole);
            for (int i = 0; i < 1000; i++) {
                int64_t first = luge_test_below(t, i < 500 ? 20 : WHOLE - 20);
                int64_t n = luge_test_below(t, i % 2 ? 20 : WHOLE - first);
                memset(part, 0xEE, sizeof part);
                drawers[d].draw(&r, first, n, dtype, part);
                CHECK(t, memcmp(part, (char *)whole + (size_t)first * size, (size_t)n * size) == 0);
                CHECK_EQ_INT(t, ((unsigned char *)part)[(size_t)n * size], 0xEE);
            }
        }
    }
}

/* Seed, stream, step and index each make another number. */
static void no_collisions(luge_test *t)
{
    enum { SEEDS = 4, STREAMS = 8, STEPS = 8, N = 16 };
    static uint32_t all[SEEDS * STREAMS * STEPS * N];
    size_t count = 0, equal = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (uint32_t stream = 0; stream < STREAMS; stream++) {
            for (uint64_t step = 0; step < STEPS; step++, count += N) {
                luge__random_words(&(luge__random){ seed, stream, step }, 0, N, all + count);
            }
        }
    }
    for (size_t i = 0; i < count; i += 4) {
        for (size_t j = 0; j < i; j += 4) equal += memcmp(all + i, all + j, 4 * sizeof *all) == 0;
    }
    CHECK_EQ_INT(t, equal, 0);
}

enum { SAMPLES = 1 << 20 };

static void moments(luge_test *t)
{
    /* name, mean, variance, fourth central moment / variance^2 */
    static const double expected[DRAWERS][3] = {
        { 0 }, { 0.625, 1.75 * 1.75 / 12, 1.8 }, { 0.5, 9.0, 3.0 }, { 0.5, 9.0 * 0.7737413035, 2.3655 }
    };
    float *f = malloc(SAMPLES * sizeof *f);
    double *x = malloc(SAMPLES * sizeof *x);
    if (!CHECK(t, f && x)) goto done;
    for (int d = 1; d < DRAWERS; d++) {
        const luge__random r = { .seed = luge_test_random(t), .stream = 1, .step = 2 };
        drawers[d].draw(&r, 0, SAMPLES, LUGE_F64, x);
        drawers[d].draw(&r, 0, SAMPLES, LUGE_F32, f);
        double mean = 0, variance = 0, fourth = 0, neighbours = 0, differ = 0;
        for (int i = 0; i < SAMPLES; i++) {
            mean += x[i] / SAMPLES;
            differ = fmax(differ, fabs(x[i] - (double)f[i]));
        }
        for (int i = 0; i < SAMPLES; i++) {
            double c = x[i] - mean;
            variance += c * c / SAMPLES;
            fourth += c * c * c * c / SAMPLES;
            if (i) neighbours += c * (x[i - 1] - mean) / SAMPLES;
        }
        double deviation = sqrt(expected[d][1]);
        CHECK_CLOSE(t, mean, expected[d][0], 5 * deviation / sqrt(SAMPLES));
        CHECK_CLOSE(t, variance / expected[d][1], 1, 8.0 / sqrt(SAMPLES));
        CHECK_CLOSE(t, fourth / variance / variance, expected[d][2], 0.04);
        CHECK_CLOSE(t, neighbours / variance, 0, 5 / sqrt(SAMPLES));
        CHECK_CLOSE(t, differ, 0, 2e-6); /* both types from the same words */
    }
done:
    free(f);
    free(x);
}

static void bounds(luge_test *t)
{
    enum { N = 100000 };
    static const double limits[][2] = { { 0, 1 }, { -0.05, 0.05 }, { 1, 2 }, { -3, 1e6 }, { 16777216, 16777218 } };
    static float f[N];
    static double x[N];
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        const luge__random r = { .seed = luge_test_random(t) };
        double low = limits[l][0], high = limits[l][1];
        int inside = 1;
        luge__random_uniform(&r, 0, N, LUGE_F32, low, high, f);
        luge__random_uniform(&r, 0, N, LUGE_F64, low, high, x);
        for (int i = 0; i < N; i++) {
            inside = inside && f[i] >= (float)low && f[i] < (float)high && x[i] >= low && x[i] < high;
        }
        CHECK(t, inside);
    }
    const luge__random r = { .seed = luge_test_random(t) };
    luge__random_uniform(&r, 0, N, LUGE_F32, 7, 7, f);
    CHECK(t, f[0] <= 7 && f[0] >= 7 && f[N - 1] >= 7 && f[N - 1] <= 7);
    luge__random_truncated_normal(&r, 0, N, LUGE_F64, 10, 2, x);
    double least = 10, most = 10;
    for (int i = 0; i < N; i++) {
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
    }
    CHECK(t, least >= 6 && least < 6.01 && most <= 14 && most > 13.99);
    luge__random_normal(&r, 0, N, LUGE_F64, 0, 1, x);
    most = 0;
    for (int i = 0; i < N; i++) most = fmax(most, fabs(x[i]));
    CHECK(t, most > 3.5 && most < 7);
}

/* The exact numbers, so that no build makes others: the formulas of core.h on known words. */
static void formulas(luge_test *t)
{
    const luge__random r = { .seed = 0 };
    float f[4];
    double x[4], z[4];
    luge__random_uniform(&r, 0, 4, LUGE_F32, 0, 1, f);
    luge__random_uniform(&r, 0, 4, LUGE_F64, 0, 1, x);
    luge__random_normal(&r, 0, 4, LUGE_F64, 0, 1, z);
    static const uint32_t words[4] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 };
    for (int i = 0; i < 4; i++) {
        CHECK_CLOSE(t, f[i], (words[i] >> 8) / 16777216.0, 0);
        CHECK_CLOSE(t, x[i], (words[i] + 0.5) / 4294967296.0, 0);
        double radius = sqrt(-2 * log((words[i & 2] + 0.5) / 4294967296.0));
        double angle = 6.283185307179586 * ((words[(i & 2) + 1] + 0.5) / 4294967296.0);
        CHECK_CLOSE(t, z[i], radius * (i & 1 ? sin(angle) : cos(angle)), 1e-14);
    }
}

static void permutations(luge_test *t)
{
    enum { N = 5000 };
    static int64_t order[N], again[N];
    static unsigned char seen[N];
    for (int64_t n = 0; n <= N; n = n < 10 ? n + 1 : n * 3 + 1) {
        const luge__random r = { .seed = luge_test_random(t), .stream = 3 };
        int valid = 1;
        memset(seen, 0, sizeof seen);
        luge__random_permutation(&r, n, order);
        luge__random_permutation(&r, n, again);
        for (int64_t i = 0; i < n; i++) {
            valid = valid && order[i] >= 0 && order[i] < n && !seen[order[i]];
            if (valid) seen[order[i]] = 1;
        }
        CHECK(t, valid);
        CHECK(t, memcmp(order, again, (size_t)n * sizeof *order) == 0);
    }
    int64_t counts[24] = { 0 }; /* all orders of 4 come equally often */
    enum { DRAWS = 48000 };
    for (uint64_t step = 0; step < DRAWS; step++) {
        luge__random_permutation(&(luge__random){ .seed = t->seed, .step = step }, 4, order);
        int64_t rank = order[0] * 6, second = order[1] - (order[1] > order[0]);
        counts[rank + second * 2 + (order[2] > order[3])]++;
    }
    double chi = 0, mean = DRAWS / 24.0;
    for (int i = 0; i < 24; i++) chi += ((double)counts[i] - mean) * ((double)counts[i] - mean) / mean;
    CHECK(t, chi > 3 && chi < 65); /* 23 degrees of freedom */
}

void test_random(luge_test *t)
{
    RUN(t, known_answers);
    RUN(t, layout);
    RUN(t, windows);
    RUN(t, no_collisions);
    RUN(t, moments);
    RUN(t, bounds);
    RUN(t, formulas);
    RUN(t, permutations);
}
