/* cpu.c: what this machine has: instruction sets, how many cores, a clock. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include <time.h>
#include <unistd.h>

#include "core/core.h"

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#endif
#if defined(LUGE_HAVE_BF16)
#include <cpuid.h>
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

#if defined(LUGE_HAVE_BF16)
/* A bit of CPUID: __builtin_cpu_supports knows these names in newer compilers only. */
static int cpuid_bit(unsigned leaf, unsigned subleaf, int reg, int bit)
{
    unsigned r[4];
    return __get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3]) && (r[reg] >> bit & 1);
}
#endif

luge__bf16 luge__cpu_bf16(luge__isa isa)
{
#if defined(LUGE_HAVE_BF16)
    enum { EAX = 0, EDX = 3 };
    if (isa < LUGE__AVX512 || !cpuid_bit(7, 1, EAX, 5)) return LUGE__BF16_ROUNDED;
#if defined(LUGE_HAVE_AMX)
    uint32_t saved, high;
    __asm__("xgetbv" : "=a"(saved), "=d"(high) : "c"(0)); /* the registers that the system saves */
    (void)high;
    const uint32_t tiles = 3u << 17;
    if (cpuid_bit(7, 0, EDX, 22) && cpuid_bit(7, 0, EDX, 24) && (saved & tiles) == tiles) return LUGE__BF16_AMX;
#endif
    return LUGE__BF16_AVX512;
#else
    (void)isa;
    return LUGE__BF16_ROUNDED;
#endif
}

int luge__amx_permit(void)
{
#if defined(LUGE_HAVE_AMX)
    enum { REQUEST_PERMISSION = 0x1023, TILES = 18 }; /* of arch_prctl */
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILES) == 0;
#else
    return 0;
#endif
}

const char *luge__bf16_name(luge__bf16 bf16)
{
    static const char *const names[LUGE__BF16_COUNT] = { "rounded", "avx512_bf16", "amx" };
    return (unsigned)bf16 < LUGE__BF16_COUNT ? names[bf16] : "?";
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

int luge__cpu_current(void)
{
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

/* A mask without that core moves the thread at once; then it may run anywhere as before. */
void luge__cpu_leave(int core)
{
#if defined(__linux__)
    cpu_set_t all, others;
    if (core < 0 || sched_getcpu() != core || sched_getaffinity(0, sizeof all, &all) != 0) return;
    others = all;
    CPU_CLR((size_t)core, &others);
    if (CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0)
        (void)sched_setaffinity(0, sizeof all, &all);
#else
    (void)core;
#endif
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
