/* cpu.c: what this machine has: instruction sets, how many cores, a clock. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include <time.h>
#include <unistd.h>

#include "core/core.h"

#if defined(__linux__)
#include <sched.h>
#endif

luge__isa luge__cpu_best(void)
{
#if defined(LUGE_HAVE_AVX2) && (defined(__x86_64__) || defined(__i386__))
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return LUGE__BASELINE;
#if defined(LUGE_HAVE_AVX512)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        return LUGE__AVX512;
    }
#endif
    return LUGE__AVX2;
#else
    return LUGE__BASELINE;
#endif
}

const char *luge__isa_name(luge__isa isa)
{
    switch (isa) {
    case LUGE__BASELINE:
        return "baseline";
    case LUGE__AVX2:
        return "avx2";
    case LUGE__AVX512:
        return "avx512";
    }
    return "?";
}

/* The cores that this process may use, which can be fewer than the machine's. */
int luge__cpu_count(void)
{
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
#if defined(_SC_NPROCESSORS_ONLN)
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (online > 0 && online < 1 << 20) return (int)online;
#endif
    return 1;
}

#if defined(__SSE2__)
enum { FLUSH_TO_ZERO = 0x8000 }; /* of MXCSR: results; subnormal operands still count */

uint32_t luge__flush_begin(void)
{
    const uint32_t before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | FLUSH_TO_ZERO);
    return before;
}

void luge__flush_end(uint32_t before)
{
    __builtin_ia32_ldmxcsr(before);
}
#else
uint32_t luge__flush_begin(void)
{
    return 0;
}

void luge__flush_end(uint32_t before)
{
    (void)before;
}
#endif

int64_t luge__nanoseconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now)) return INT64_MAX;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
