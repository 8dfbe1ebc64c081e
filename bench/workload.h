/* workload.h: what the benchmarks of training steps share: the networks, their data and first weights, which every
 * contestant gets the same, and the conversation with bench.py.
 *
 * A contestant is a program that is told on its standard input what to do and answers with one line of JSON:
 *   losses N       train N steps; the loss of each, before its update
 *   time SECONDS   train for about that long; seconds per step
 *   latency N      N steps one by one; median and 99th percentile of their seconds
 *   end            leave; the most memory that the process had
 */
#ifndef LUGE_BENCH_WORKLOAD_H
#define LUGE_BENCH_WORKLOAD_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST_LAYERS = 4 };

typedef struct workload {
    const char *name;
    int rows, layers, width[MOST_LAYERS]; /* of a batch; widths from the inputs to the outputs */
    int relu;                             /* in hidden layers, else sigmoid */
    int classes;                          /* softmax and class numbers, else one sigmoid and 0 or 1 */
    int adam;                             /* else gradient descent */
    double rate;
    int data_rows; /* in memory; batches are taken one after another */
    int bf16;      /* luge alone: products of operands rounded to bf16 */
} workload;

static const workload workloads[] = {
    { "xor", 4, 3, { 2, 4, 1 }, 0, 0, 0, 1.0, 4, 0 },
    { "cancer", 32, 3, { 30, 10, 1 }, 0, 0, 0, 0.1, 448, 0 },
    { "book", 100, 3, { 784, 50, 10 }, 1, 1, 0, 0.1, 16384, 0 },
    { "fashion-sgd", 256, 3, { 784, 100, 10 }, 0, 1, 0, 0.5, 16384, 0 },
    { "fashion-adam", 128, 3, { 784, 100, 10 }, 1, 1, 1, 0.001, 16384, 0 },
    { "five-eight", 11272, 3, { 784, 196, 1 }, 0, 0, 0, 0.05, 11272, 0 },
    { "wide", 256, 4, { 784, 1024, 1024, 10 }, 1, 1, 1, 0.001, 16384, 0 },
    { "wide-bf16", 256, 4, { 784, 1024, 1024, 10 }, 1, 1, 1, 0.001, 16384, 1 },
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

static inline const workload *workload_named(const char *name)
{
    for (int i = 0; i < WORKLOADS; i++)
        if (!strcmp(workloads[i].name, name)) return &workloads[i];
    fprintf(stderr, "no workload \"%s\"\n", name);
    exit(2);
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

typedef struct workload_data {
    int batches;
    size_t n_x, n_t, n_params;
    float *x;        /* [data_rows, width[0]] */
    float *t;        /* [data_rows]: 0 or 1 */
    int32_t *labels; /* [data_rows]: class numbers, instead of t */
    float *params;   /* of each layer kernel [in, out], then bias [out]; uniform in +-1/sqrt(in) */
} workload_data;

static float uniform(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 16777216.0f;
}

static void *room(size_t n)
{
    void *p = calloc(n ? n : 1, 4);
    if (!p) fprintf(stderr, "out of memory\n"), exit(1);
    return p;
}

/* Rows of a class are noise around one pattern, half of it dark, as of images; a tenth of the labels is wrong, so that
 * there is always something to learn. */
static void make_rows(const workload *w, workload_data *d)
{
    const int in = w->width[0], classes = w->classes ? w->width[w->layers - 1] : 2;
    uint32_t seed = 7;
    float *pattern = room((size_t)(classes * in));
    for (int i = 0; i < classes * in; i++) pattern[i] = uniform(&seed) - 0.5f;
    for (int r = 0; r < w->data_rows; r++) {
        const int class = (int)(uniform(&seed) * (float)classes);
        const int label = uniform(&seed) < 0.1f ? (int)(uniform(&seed) * (float)classes) : class;
        float *x = d->x + (size_t)r * (size_t)in;
        for (int i = 0; i < in; i++) {
            const float v = pattern[class * in + i] + 0.5f * (uniform(&seed) - 0.5f);
            x[i] = v > 0 ? 2 * v : 0;
        }
        if (w->classes)
            d->labels[r] = label;
        else
            d->t[r] = (float)label;
    }
    free(pattern);
}

static inline workload_data make_data(const workload *w)
{
    static const float xor_x[8] = { 0, 0, 0, 1, 1, 0, 1, 1 }, xor_t[4] = { 0, 1, 1, 0 };
    workload_data d = { .batches = w->data_rows / w->rows };
    uint32_t seed = 1;
    d.n_x = (size_t)w->data_rows * (size_t)w->width[0], d.n_t = (size_t)w->data_rows;
    d.x = room(d.n_x), d.t = room(d.n_t), d.labels = room(d.n_t);
    for (int i = 1; i < w->layers; i++) d.n_params += (size_t)((w->width[i - 1] + 1) * w->width[i]);
    d.params = room(d.n_params);
    float *p = d.params;
    for (int i = 1; i < w->layers; i++)
        for (int k = (w->width[i - 1] + 1) * w->width[i]; k > 0; k--)
            *p++ = (2 * uniform(&seed) - 1) / sqrtf((float)w->width[i - 1]);
    make_rows(w, &d);
    if (!strcmp(w->name, "xor")) memcpy(d.x, xor_x, sizeof xor_x), memcpy(d.t, xor_t, sizeof xor_t);
    return d;
}

static inline void free_data(workload_data *d)
{
    free(d->x), free(d->t), free(d->labels), free(d->params);
}

/* Multiply-adds count two; the first layer needs no gradient of its input. */
static inline double workload_flops(const workload *w)
{
    double all = 0;
    for (int i = 1; i < w->layers; i++) all += (i == 1 ? 2.0 : 3.0) * w->width[i - 1] * w->width[i];
    return 2 * all * w->rows;
}

/* ---- the conversation -------------------------------------------------------------------------------------------- */

typedef struct contestant {
    void *self;
    int batches;
    void (*step)(void *self, int batch);
    double (*loss)(void *self, int batch); /* a step, too; NULL: it has none */
    long next;
} contestant;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void take_steps(contestant *c, long n)
{
    for (; n > 0; n--) c->step(c->self, (int)(c->next++ % c->batches));
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double time_steps(contestant *c, double seconds)
{
    long n = 1;
    double took;
    for (;;) {
        const double start = seconds_now();
        take_steps(c, n);
        took = seconds_now() - start;
        if (took > seconds / 5) break;
        n *= 2;
    }
    if (took > seconds) return took / (double)n;
    n = (long)((double)n * seconds / took) + 1;
    const double start = seconds_now();
    take_steps(c, n);
    return (seconds_now() - start) / (double)n;
}

static inline void say_latency(contestant *c, int n)
{
    double *took = malloc((size_t)n * sizeof *took);
    if (n < 1 || !took) exit(1);
    take_steps(c, n / 10 + 1);
    for (int i = 0; i < n; i++) {
        const double start = seconds_now();
        take_steps(c, 1);
        took[i] = seconds_now() - start;
    }
    qsort(took, (size_t)n, sizeof *took, ascending);
    printf("{\"p50\": %.9g, \"p99\": %.9g}\n", took[n / 2], took[(int)(0.99 * n)]);
    free(took);
}

static inline void say_losses(contestant *c, long n)
{
    printf("{\"losses\": [");
    for (long i = 0; i < n; i++) printf("%s%.9g", i ? ", " : "", c->loss(c->self, (int)(c->next++ % c->batches)));
    printf("]}\n");
}

/* The most memory that this process had, bytes. (getrusage on Linux also counts what its parent had when it forked.) */
static inline long peak_bytes(void)
{
    char line[128];
    long kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) break;
    if (f) return fclose(f), 1024 * kilobytes;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return 1024 * usage.ru_maxrss;
}

/* `about` names the libraries and what is different. */
static inline void serve(contestant *c, const char *about)
{
    char line[64];
    printf("{\"about\": \"%s\"}\n", about);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) && strcmp(line, "end\n")) {
        double number = 0;
        if (sscanf(line, "losses %lf", &number) == 1 && c->loss)
            say_losses(c, (long)number);
        else if (sscanf(line, "time %lf", &number) == 1)
            printf("{\"seconds\": %.9g}\n", time_steps(c, number));
        else if (sscanf(line, "latency %lf", &number) == 1)
            say_latency(c, (int)number);
        else
            printf("{}\n");
        fflush(stdout);
    }
    printf("{\"peak_bytes\": %ld}\n", peak_bytes());
}

#endif
