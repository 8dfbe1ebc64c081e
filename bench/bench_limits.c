/* bench_limits.c: what this machine can do at most, as JSON: multiply-adds in registers (f32, GFLOP/s) and copying
 * memory (GB/s read and written together) that fits the first, the second level of cache, or neither; on as many
 * threads as asked for.
 *
 *   bench_limits [THREADS] */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peak.h"

enum { MOST_THREADS = 64, SIZES = 3, REPEATS = 7 };

static const size_t sizes[SIZES] = { 16 << 10, 512 << 10, 256 << 20 }; /* of both buffers of a thread together */

typedef struct share {
    double gflops, gbytes[SIZES];
    pthread_barrier_t *start;
} share;

/* Best of several. */
static double copy_rate(size_t bytes)
{
    char *from = malloc(bytes / 2), *to = malloc(bytes / 2);
    double best = 0;
    if (!from || !to) exit(1);
    memset(from, 1, bytes / 2), memset(to, 2, bytes / 2);
    const int times = (int)(((size_t)256 << 20) / bytes);
    for (int r = 0; r < REPEATS; r++) {
        const double start = peak_now();
        for (int i = 0; i < times; i++) {
            memcpy(to, from, bytes / 2);
            __asm__ volatile("" : : "r"(to) : "memory"); /* it is wanted */
        }
        const double rate = 1e-9 * (double)bytes * times / (peak_now() - start);
        if (rate > best) best = rate;
    }
    free(from), free(to);
    return best;
}

static void *measure(void *arg)
{
    share *s = arg;
    pthread_barrier_wait(s->start);
    s->gflops = peak_gflops();
    for (int i = 0; i < SIZES; i++) {
        pthread_barrier_wait(s->start);
        s->gbytes[i] = copy_rate(sizes[i]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static share shares[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    pthread_barrier_t start;
    double gflops = 0, gbytes[SIZES] = { 0 };
    const int n = argc > 1 ? atoi(argv[1]) : 1;
    if (n < 1 || n > MOST_THREADS || pthread_barrier_init(&start, NULL, (unsigned)n)) return 2;
    for (int i = 0; i < n; i++) {
        shares[i].start = &start;
        if (pthread_create(&threads[i], NULL, measure, &shares[i])) return 1;
    }
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        gflops += shares[i].gflops;
        for (int s = 0; s < SIZES; s++) gbytes[s] += shares[i].gbytes[s];
    }
    printf("{\"threads\": %d, \"gflops\": %.1f, \"copy_l1\": %.1f, \"copy_l2\": %.1f, \"copy_memory\": %.1f}\n", n,
           gflops, gbytes[0], gbytes[1], gbytes[2]);
    return 0;
}
