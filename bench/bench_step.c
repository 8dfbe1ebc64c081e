/* bench_step.c: one training step (forward, backward, update: one plan) of small networks, on data that is ready in
 * memory.
 *
 *   bench_step [NAME [SECONDS]]        microseconds per step on one thread and two, of all workloads or one
 *   bench_step --kernels [NAME [THREADS]]    where a step's time goes, kernel by kernel
 *   bench_step --plan NAME             the plan
 *   bench_step --serve NAME THREADS    for bench.py, see workload.h
 *   bench_step --data NAME FOLDER      writes data and first weights for contestants in other languages */
#include "kernels.h"

enum { STRETCHES = 7 };

typedef struct network {
    const workload *w;
    workload_data data;
    luge_context *ctx;
    luge_graph *g;
    luge_val x, t, loss, param[2 * MOST_LAYERS], effect[2 * MOST_LAYERS + 2];
    int n_params, n_effects;
    luge_plan *plan;
    luge_run *run, *with_loss;
} network;

static luge_val parameter(network *n, int layer, const char *kind, luge_shape shape, const float **values)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", kind, layer);
    const luge_val v = luge_variable(n->g, name, LUGE_F32, shape);
    const int64_t size = luge_shape_size(&shape);
    luge_set(n->g, v, *values, (size_t)size * sizeof **values);
    *values += size;
    return n->param[n->n_params++] = v;
}

static void add_updates(network *n)
{
    luge_graph *g = n->g;
    luge_val grad[2 * MOST_LAYERS], step = { 0, 0 };
    const luge_val rate = luge_scalar(g, LUGE_F32, n->w->rate);
    luge_gradient(g, n->loss, n->param, n->n_params, grad);
    if (n->w->adam) {
        step = luge_variable(g, "step", LUGE_I64, luge_scalar_shape());
        n->effect[n->n_effects++] = luge_increment(g, step, 1);
    }
    for (int i = 0; i < n->n_params; i++) {
        if (!n->w->adam) {
            n->effect[n->n_effects++] = luge_update_sgd(g, n->param[i], grad[i], rate);
            continue;
        }
        char name[32];
        const luge_shape shape = luge_shape_of_val(g, n->param[i]);
        snprintf(name, sizeof name, "m%d", i);
        const luge_val m = luge_slab_variable(g, name, LUGE_F32, shape, 1);
        snprintf(name, sizeof name, "v%d", i);
        const luge_val v = luge_slab_variable(g, name, LUGE_F32, shape, 2);
        n->effect[n->n_effects++] =
            luge_update_adam(g, n->param[i], grad[i], rate, .step = step, .m = m, .v = v, .formulas = LUGE_PYTORCH);
    }
}

static void bind(const network *n, luge_run *run, int batch)
{
    const workload *w = n->w;
    const size_t rows = (size_t)w->rows, in = (size_t)w->width[0], first = rows * (size_t)batch;
    luge_run_bind(run, n->x, n->data.x + first * in, rows * in * sizeof(float));
    luge_run_bind(run, n->t, w->classes ? (const void *)(n->data.labels + first) : n->data.t + first, rows * 4);
}

static void refuse(const network *n)
{
    fprintf(stderr, "%s: %s\n", n->w->name, luge_failed(n->ctx) ? luge_error(n->ctx) : luge_last_error());
    exit(1);
}

static network build(const workload *w, int threads)
{
    network n = { .w = w, .data = make_data(w), .ctx = luge_open(.threads = threads) };
    luge_graph *g = n.g = luge_graph_create(n.ctx);
    const float *values = n.data.params;
    const int out = w->width[w->layers - 1];
    n.x = luge_input(g, "x", LUGE_F32, luge_shape_of(w->rows, w->width[0]));
    n.t = w->classes ? luge_input(g, "t", LUGE_I32, luge_shape_of(w->rows))
                     : luge_input(g, "t", LUGE_F32, luge_shape_of(w->rows, out));
    luge_val a = n.x;
    for (int i = 1; i < w->layers; i++) {
        const luge_val k = parameter(&n, i, "w", luge_shape_of(w->width[i - 1], w->width[i]), &values);
        const luge_val b = parameter(&n, i, "b", luge_shape_of(w->width[i]), &values);
        a = luge_add(g, luge_matmul(g, a, k), b);
        if (i + 1 < w->layers) a = w->relu ? luge_relu(g, a) : luge_sigmoid(g, a);
    }
    n.loss = luge_mean(g, w->classes ? luge_softmax_cross_entropy(g, a, n.t) : luge_sigmoid_cross_entropy(g, a, n.t));
    add_updates(&n);
    const luge_dtype precision = w->bf16 ? LUGE_BF16 : LUGE_F32;
    n.plan = luge_plan_create(g, n.effect, n.n_effects, .precision = precision);
    n.run = luge_run_create(n.plan);
    n.effect[n.n_effects] = n.loss;
    n.with_loss = luge_run_create(luge_plan_create(g, n.effect, n.n_effects + 1, .precision = precision));
    if (!n.run || !n.with_loss) refuse(&n);
    bind(&n, n.run, 0);
    return n;
}

static void close_network(network *n)
{
    luge_close(n->ctx);
    free_data(&n->data);
}

static void step(void *self, int batch)
{
    const network *n = self;
    if (n->data.batches > 1) bind(n, n->run, batch);
    if (luge_run_execute(n->run)) refuse(n);
}

static double step_loss(void *self, int batch)
{
    const network *n = self;
    float loss = 0;
    bind(n, n->with_loss, batch);
    if (luge_run_execute(n->with_loss) || luge_run_get(n->with_loss, n->loss, &loss, sizeof loss)) refuse(n);
    return (double)loss;
}

/* Median microseconds per step. */
static double measure(const workload *w, int threads, double seconds)
{
    double took[STRETCHES];
    network n = build(w, threads);
    contestant c = { &n, n.data.batches, step, step_loss, 0 };
    for (int s = 0; s < STRETCHES; s++) took[s] = time_steps(&c, seconds / STRETCHES);
    close_network(&n);
    qsort(took, STRETCHES, sizeof *took, ascending);
    return 1e6 * took[STRETCHES / 2];
}

static void next_batch(void *self, int batch)
{
    const network *n = self;
    bind(n, n->run, batch);
}

static void show_kernels(const workload *w, int threads)
{
    network n = build(w, threads);
    contestant c = { &n, n.data.batches, next_batch, NULL, 0 };
    printf("%s, %d thread%s, %s\n\n", w->name, threads, threads == 1 ? "" : "s", luge_instruction_set(n.ctx));
    print_kernels(n.plan, n.run, &c);
    close_network(&n);
}

static void write_file(const char *folder, const workload *w, const char *kind, const void *data, size_t n)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.%s", folder, w->name, kind);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 4, n, f) != n || fclose(f)) fprintf(stderr, "cannot write %s\n", path), exit(1);
}

/* Flat files of f32 (x, t, w) and i32 (labels), and the workload as JSON on standard output. */
static void write_data(const workload *w, const char *folder)
{
    workload_data d = make_data(w);
    write_file(folder, w, "x", d.x, d.n_x);
    write_file(folder, w, "t", w->classes ? (const void *)d.labels : d.t, d.n_t);
    write_file(folder, w, "w", d.params, d.n_params);
    printf("{\"name\": \"%s\", \"rows\": %d, \"data_rows\": %d, \"relu\": %d, \"classes\": %d, \"adam\": %d, "
           "\"rate\": %g, \"parameters\": %zu, \"flops\": %.0f, \"widths\": [",
           w->name, w->rows, w->data_rows, w->relu, w->classes, w->adam, w->rate, d.n_params, workload_flops(w));
    for (int i = 0; i < w->layers; i++) printf("%s%d", i ? ", " : "", w->width[i]);
    printf("]}\n");
    free_data(&d);
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 && !strncmp(argv[1], "--", 2) ? argv[1] : "";
    const int at = *verb ? 2 : 1;
    const char *name = argc > at ? argv[at] : NULL, *more = argc > at + 1 ? argv[at + 1] : NULL;
    if (!strcmp(verb, "--serve") && more) {
        network n = build(workload_named(name), atoi(more));
        contestant c = { &n, n.data.batches, step, step_loss, 0 };
        serve(&c, luge_instruction_set(n.ctx));
        close_network(&n);
    } else if (!strcmp(verb, "--data") && more) {
        write_data(workload_named(name), more);
    } else if (!strcmp(verb, "--plan") && name) {
        network n = build(workload_named(name), 1);
        luge_plan_describe(n.plan, luge_file_sink(stdout));
        close_network(&n);
    } else {
        const int kernels = !strcmp(verb, "--kernels");
        if (*verb && !kernels) return fprintf(stderr, "bench_step: what is %s?\n", verb), 2;
        if (!kernels) printf("%-13s %14s %14s\n", "us per step", "1 thread", "2 threads");
        for (int i = 0; i < WORKLOADS; i++) {
            const workload *w = name ? workload_named(name) : &workloads[i];
            const double seconds = more ? atof(more) : 0.7;
            if (kernels)
                show_kernels(w, more ? atoi(more) : 1);
            else
                printf("%-13s %14.2f %14.2f\n", w->name, measure(w, 1, seconds), measure(w, 2, seconds));
            if (name) break;
        }
    }
    return 0;
}
