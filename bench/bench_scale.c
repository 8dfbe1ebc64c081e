/* bench_scale.c: one training step of `depth` dense layers of `width` ReLU units on `width` inputs, softmax and
 * gradient descent, as JSON: seconds, what the planner says of memory, and what the process took.
 *
 *   bench_scale BATCH WIDTH DEPTH THREADS SECONDS [kernels]      with `kernels` a table instead: where the time goes */
#include "kernels.h"

enum { MOST_DEPTH = 200 };

typedef struct tower {
    luge_context *ctx;
    luge_plan *plan;
    luge_run *run;
    luge_plan_memory memory;
    float *x;
    int32_t *labels;
} tower;

static void step(void *self, int batch)
{
    (void)batch;
    if (luge_run_execute(((tower *)self)->run)) fprintf(stderr, "%s\n", luge_last_error()), exit(1);
}

static luge_val variable(luge_graph *g, char kind, int layer, luge_shape shape, float limit)
{
    char name[32];
    uint32_t seed = (uint32_t)layer;
    snprintf(name, sizeof name, "%c%d", kind, layer);
    const luge_val v = luge_variable(g, name, LUGE_F32, shape);
    float *data = luge_data(g, v);
    for (int64_t i = 0; data && i < luge_shape_size(&shape); i++) data[i] = limit * (2 * uniform(&seed) - 1);
    return v;
}

static tower build(int rows, int width, int depth, int threads)
{
    tower t = { .ctx = luge_open(.threads = threads) };
    luge_graph *g = luge_graph_create(t.ctx);
    luge_val param[2 * MOST_DEPTH], grad[2 * MOST_DEPTH], effect[2 * MOST_DEPTH];
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(rows, width));
    const luge_val labels = luge_input(g, "t", LUGE_I32, luge_shape_of(rows));
    const luge_val rate = luge_scalar(g, LUGE_F32, 0.01);
    luge_val a = x;
    for (int i = 0; i < depth; i++) {
        param[2 * i] = variable(g, 'w', i, luge_shape_of(width, width), sqrtf(6.0f / (float)width));
        param[2 * i + 1] = variable(g, 'b', i, luge_shape_of(width), 0);
        a = luge_add(g, luge_matmul(g, a, param[2 * i]), param[2 * i + 1]);
        if (i + 1 < depth) a = luge_relu(g, a);
    }
    luge_gradient(g, luge_mean(g, luge_softmax_cross_entropy(g, a, labels)), param, 2 * depth, grad);
    for (int i = 0; i < 2 * depth; i++) effect[i] = luge_update_sgd(g, param[i], grad[i], rate);
    t.plan = luge_plan_create(g, effect, 2 * depth);
    t.memory = luge_plan_memory_of(t.plan);
    t.run = luge_run_create(t.plan);
    const size_t n = (size_t)rows * (size_t)width;
    uint32_t seed = 7;
    t.x = room(n), t.labels = room((size_t)rows);
    for (size_t i = 0; i < n; i++) t.x[i] = uniform(&seed) - 0.5f;
    for (int i = 0; i < rows; i++) t.labels[i] = i % width;
    luge_run_bind(t.run, x, t.x, n * sizeof *t.x);
    luge_run_bind(t.run, labels, t.labels, (size_t)rows * sizeof *t.labels);
    return t;
}

int main(int argc, char **argv)
{
    if (argc < 6) return 2;
    const int rows = atoi(argv[1]), width = atoi(argv[2]), depth = atoi(argv[3]);
    if (rows < 1 || width < 1 || depth < 1 || depth > MOST_DEPTH) return 2;
    const long before = peak_bytes();
    tower t = build(rows, width, depth, atoi(argv[4]));
    if (luge_failed(t.ctx) || !t.run) return fprintf(stderr, "%s\n", luge_error(t.ctx)), 1;
    contestant c = { &t, 1, step, NULL, 0 };
    step(&t, 0);
    if (argc > 6) return print_kernels(t.plan, t.run, &c), 0;
    double best = time_steps(&c, atof(argv[5]) / 3);
    for (int i = 0; i < 2 && best < atof(argv[5]); i++) {
        const double took = time_steps(&c, atof(argv[5]) / 3);
        if (took < best) best = took;
    }
    const double macs = (double)rows * width * width * (3.0 * depth - 1);
    printf("{\"seconds\": %.6g, \"multiply_adds\": %.0f, \"planned\": %zu, \"inputs\": %zu, \"measured\": %ld}\n", best,
           macs, t.memory.arena + t.memory.scratch + t.memory.variables, (size_t)rows * ((size_t)width + 1) * 4,
           peak_bytes() - before);
    luge_close(t.ctx);
    free(t.x), free(t.labels);
    return 0;
}
