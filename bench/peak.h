/* peak.h: what one core can do at most: ten independent chains of multiply-adds in registers, GFLOP/s, measured with
 * the best instruction set of the machine. */
#ifndef LUGE_BENCH_PEAK_H
#define LUGE_BENCH_PEAK_H

#include <time.h>

static double peak_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A loop of `name`: best of five; one is a number that the compiler does not know. */
#define PEAK_LOOP(name, attribute, vector, lanes, splat, fma)                                                          \
    attribute static double name(void)                                                                                 \
    {                                                                                                                  \
        volatile float one = 1.0F, sink = 0;                                                                           \
        double best = 1e9;                                                                                             \
        for (int round = 0; round < 5; round++) {                                                                      \
            vector x[10], y = splat(one * 1e-9F);                                                                      \
            for (int j = 0; j < 10; j++) x[j] = splat(one);                                                            \
            const double start = peak_now();                                                                           \
            for (int i = 0; i < 2000000; i++) {                                                                        \
                x[0] = fma(x[0], y, x[0]), x[1] = fma(x[1], y, x[1]), x[2] = fma(x[2], y, x[2]);                       \
                x[3] = fma(x[3], y, x[3]), x[4] = fma(x[4], y, x[4]), x[5] = fma(x[5], y, x[5]);                       \
                x[6] = fma(x[6], y, x[6]), x[7] = fma(x[7], y, x[7]), x[8] = fma(x[8], y, x[8]);                       \
                x[9] = fma(x[9], y, x[9]);                                                                             \
            }                                                                                                          \
            const double took = peak_now() - start;                                                                    \
            if (took < best) best = took;                                                                              \
            for (int j = 0; j < 10; j++) sink = sink + (float)((const volatile float *)&x[j])[0];                      \
        }                                                                                                              \
        return 2.0 * (lanes)*10 * 2e6 / best * 1e-9;                                                                   \
    }

#define PEAK_PLAIN(x, y, z) ((z) + (x) * (y))
#define PEAK_SPLAT(x)       (x)
PEAK_LOOP(peak_plain, , float, 1, PEAK_SPLAT, PEAK_PLAIN)

#if defined(__x86_64__)
#include <immintrin.h>
PEAK_LOOP(peak_avx2, __attribute__((target("avx2,fma"))), __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps)
PEAK_LOOP(peak_avx512, __attribute__((target("avx512f"))), __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps)
#endif

/* f32; f64 has half of it. */
static double peak_gflops(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return peak_avx512();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return peak_avx2();
#endif
    return peak_plain();
}

#endif
