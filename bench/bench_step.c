/* bench_step.c: microseconds of one training step (forward, backward, update: one plan) of small networks, on data that
 * is ready in memory, on one thread and on two. Median of several stretches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "luge/luge.h"

enum { MOST_LAYERS = 4, STRETCHES = 7 };

typedef struct workload {
    const char *name;
    int rows, layers, width[MOST_LAYERS];
    luge_val (*activation)(luge_graph *g, luge_val x);
    int classes; /* nonzero: softmax and class numbers, else sigmoid and 0/1 */
    int adam;
    luge_dtype precision;
} workload;

static const workload workloads[] = {
    { "xor", 4, 3, { 2, 4, 1 }, luge_sigmoid, 0, 0, LUGE_F32 },
    { "cancer", 32, 3, { 30, 10, 1 }, luge_sigmoid, 0, 0, LUGE_F32 },
    { "book", 100, 3, { 784, 50, 10 }, luge_relu, 1, 0, LUGE_F32 },
    { "fashion-sgd", 256, 3, { 784, 100, 10 }, luge_sigmoid, 1, 0, LUGE_F32 },
    { "fashion-adam", 128, 3, { 784, 100, 10 }, luge_relu, 1, 1, LUGE_F32 },
    { "five-eight", 11272, 3, { 784, 196, 1 }, luge_sigmoid, 0, 0, LUGE_F32 },
    { "wide", 256, 4, { 784, 1024, 1024, 10 }, luge_relu, 1, 1, LUGE_F32 },
    { "wide-bf16", 256, 4, { 784, 1024, 1024, 10 }, luge_relu, 1, 1, LUGE_BF16 },
};

typedef struct network {
    luge_graph *g;
    luge_val x, t, loss, param[2 * MOST_LAYERS], effect[2 * MOST_LAYERS + 1];
    int n_params, n_effects;
} network;

static double now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float uniform(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 16777216.0f;
}

static luge_val parameter(network *n, int layer, const char *kind, luge_shape shape, uint32_t *seed)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", kind, layer);
    const luge_val v = luge_variable(n->g, name, LUGE_F32, shape);
    float *data = luge_data(n->g, v);
    for (int64_t i = 0; data && i < luge_shape_size(&shape); i++) data[i] = 0.1f * (uniform(seed) - 0.5f);
    return n->param[n->n_params++] = v;
}

static void add_updates(network *n, int adam)
{
    luge_graph *g = n->g;
    luge_val grad[2 * MOST_LAYERS], step = { 0, 0 };
    const luge_val rate = luge_scalar(g, LUGE_F32, adam ? 0.001 : 0.1);
    luge_gradient(g, n->loss, n->param, n->n_params, grad);
    if (adam) {
        step = luge_variable(g, "step", LUGE_I64, luge_scalar_shape());
        n->effect[n->n_effects++] = luge_increment(g, step, 1);
    }
    for (int i = 0; i < n->n_params; i++) {
        if (!adam) {
            n->effect[n->n_effects++] = luge_update_sgd(g, n->param[i], grad[i], rate);
            continue;
        }
        char name[32];
        const luge_shape shape = luge_shape_of_val(g, n->param[i]);
        snprintf(name, sizeof name, "m%d", i);
        const luge_val m = luge_slab_variable(g, name, LUGE_F32, shape, 1);
        snprintf(name, sizeof name, "v%d", i);
        const luge_val v = luge_slab_variable(g, name, LUGE_F32, shape, 2);
        n->effect[n->n_effects++] = luge_update_adam(g, n->param[i], grad[i], rate, .step = step, .m = m, .v = v);
    }
}

static network build(luge_context *ctx, const workload *w)
{
    network n = { .g = luge_graph_create(ctx) };
    luge_graph *g = n.g;
    uint32_t seed = 1;
    const int out = w->width[w->layers - 1];
    n.x = luge_input(g, "x", LUGE_F32, luge_shape_of(w->rows, w->width[0]));
    n.t = w->classes ? luge_input(g, "t", LUGE_I32, luge_shape_of(w->rows))
                     : luge_input(g, "t", LUGE_F32, luge_shape_of(w->rows, out));
    luge_val a = n.x;
    for (int i = 1; i < w->layers; i++) {
        const luge_val k = parameter(&n, i, "w", luge_shape_of(w->width[i - 1], w->width[i]), &seed);
        const luge_val b = parameter(&n, i, "b", luge_shape_of(w->width[i]), &seed);
        a = luge_add(g, luge_matmul(g, a, k), b);
        if (i + 1 < w->layers) a = w->activation(g, a);
    }
    n.loss = luge_mean(g, w->classes ? luge_softmax_cross_entropy(g, a, n.t) : luge_sigmoid_cross_entropy(g, a, n.t));
    add_updates(&n, w->adam);
    return n;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median seconds per step; each stretch takes about 0.1 s. */
static double time_steps(luge_run *run)
{
    double seconds[STRETCHES];
    long steps = 1;
    for (;;) {
        const double start = now();
        for (long i = 0; i < steps; i++) luge_run_execute(run);
        const double took = now() - start;
        if (took > 0.05) {
            steps = (long)((double)steps * 0.1 / took) + 1;
            break;
        }
        steps *= 2;
    }
    for (int s = 0; s < STRETCHES; s++) {
        const double start = now();
        for (long i = 0; i < steps; i++) luge_run_execute(run);
        seconds[s] = (now() - start) / (double)steps;
    }
    qsort(seconds, STRETCHES, sizeof *seconds, by_size);
    return seconds[STRETCHES / 2];
}

/* Microseconds per step, or a negative number with a message. */
static double measure(const workload *w, int threads, int describe)
{
    luge_context *ctx = luge_open(.threads = threads);
    network n = build(ctx, w);
    luge_plan *plan = luge_plan_create(n.g, n.effect, n.n_effects, .precision = w->precision);
    luge_run *run = luge_run_create(plan);
    const size_t inputs = (size_t)(w->rows * w->width[0]), targets = (size_t)w->rows;
    float *x = malloc(inputs * sizeof *x), *t = malloc(targets * sizeof *t);
    uint32_t seed = 7;
    double us = -1;
    for (size_t i = 0; x && i < inputs; i++) x[i] = uniform(&seed);
    for (size_t i = 0; t && i < targets; i++) {
        if (w->classes)
            ((int32_t *)(void *)t)[i] = (int32_t)(i % 10);
        else
            t[i] = (float)(i % 2);
    }
    if (describe && plan) luge_plan_describe(plan, luge_file_sink(stdout));
    luge_status status = luge_run_bind(run, n.x, x, inputs * sizeof *x);
    if (!status) status = luge_run_bind(run, n.t, t, targets * sizeof *t);
    if (!status) status = luge_run_execute(run);
    if (!status)
        us = 1e6 * time_steps(run);
    else
        fprintf(stderr, "%s: %s\n", w->name, luge_last_error());
    luge_close(ctx);
    free(x);
    free(t);
    return us;
}

int main(int argc, char **argv)
{
    printf("%-13s %14s %14s\n", "us per step", "1 thread", "2 threads");
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        const workload *w = &workloads[i];
        if (argc > 1 && strcmp(argv[1], w->name)) continue;
        const double one = measure(w, 1, argc > 2), two = measure(w, 2, 0);
        if (one < 0 || two < 0) return 1;
        printf("%-13s %14.2f %14.2f\n", w->name, one, two);
    }
    return 0;
}
