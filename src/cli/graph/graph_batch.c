/* graph_batch.c: one batch through a network: values, gradients, time, memory. */
#include "graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static double element(const void *data, luge_dtype dtype, int64_t i)
{
    switch (dtype) {
    case LUGE_F32:
        return (double)((const float *)data)[i];
    case LUGE_F64:
        return ((const double *)data)[i];
    case LUGE_I32:
        return (double)((const int32_t *)data)[i];
    case LUGE_I64:
        return (double)((const int64_t *)data)[i];
    default: /* LUGE_BOOL, LUGE_U8 */
        return (double)((const unsigned char *)data)[i];
    }
}

static cli_figures figures_of(const void *data, luge_dtype dtype, int64_t n)
{
    cli_figures f = { .n = n, .least = HUGE_VAL, .largest = -HUGE_VAL };
    double squares = 0;
    for (int64_t i = 0; i < n; i++) {
        const double x = element(data, dtype, i);
        if (i < 4) f.first[i] = x;
        f.mean += (x - f.mean) / (double)(i + 1);
        squares += x * x;
        if (!(x >= f.least)) f.least = x; /* NaN stays */
        if (!(x <= f.largest)) f.largest = x;
    }
    f.norm = sqrt(squares);
    return f;
}

static int has_elements(luge_dtype dtype)
{
    return dtype == LUGE_F32 || dtype == LUGE_F64 || dtype == LUGE_I32 || dtype == LUGE_I64 || dtype == LUGE_BOOL ||
           dtype == LUGE_U8;
}

/* A value of a run, an input, a variable or a constant; n 0 where it cannot be had. */
static cli_figures read_value(const cli_net *net, luge_graph *g, luge_run *run, luge_val v)
{
    luge_node_info info;
    cli_figures none = { .n = 0 };
    if (luge_node_info_of(g, v, &info) || !has_elements(info.dtype)) return none;
    const int64_t n = luge_shape_size(&info.shape);
    const size_t bytes = (size_t)n * luge_dtype_size(info.dtype);
    for (int i = 0; i < net->training.n_bindings; i++)
        if (g == net->graph && net->training.bindings[i].input.id == v.id)
            return figures_of(net->training.bindings[i].data, info.dtype, n);
    void *data = malloc(bytes + 1);
    const int held = !strcmp(info.op, "variable") || !strcmp(info.op, "constant") || !strcmp(info.op, "full");
    if (data && n > 0 && !(held ? luge_get(g, v, data, bytes) : luge_run_get(run, v, data, bytes)))
        none = figures_of(data, info.dtype, n);
    luge_clear(net->job->ctx); /* a value that the plan left out, as nothing needs it */
    free(data);
    return none;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

enum { REWRITTEN, AS_GIVEN, ALL_KEPT };

/* A plan and its run with the batch bound; g is the graph of the network or a replay of it. */
typedef struct work {
    luge_plan *plan;
    luge_run *run;
} work;

static int begin(const cli_net *net, luge_graph *g, const luge_val *outputs, int n, int how, work *w)
{
    w->plan = luge_plan_create(g, outputs, n, .keep_all = how == ALL_KEPT, .no_rewrites = how == AS_GIVEN);
    w->run = luge_run_create(w->plan);
    for (int i = 0; i < net->training.n_bindings && w->run; i++) {
        const luge_binding *b = &net->training.bindings[i];
        const luge_val input = g == net->graph ? b->input : luge_replayed(g, b->input);
        if (luge_is_some(input)) luge_run_bind(w->run, input, b->data, b->bytes);
    }
    return w->run && !luge_failed(net->job->ctx) ? CLI_OK : cli_fail_with(net->job->o.verb, net->job->ctx);
}

static void end(work *w)
{
    luge_run_free(w->run);
    luge_plan_free(w->plan);
}

static int failed(const cli_net *net)
{
    return cli_fail(net->job->o.verb, "%s", luge_last_error());
}

static int measure_values(cli_net *net)
{
    work w = { NULL, NULL };
    luge_val *outputs;
    const int n = cli_net_outputs(net, 0, &outputs);
    int code = n ? begin(net, net->graph, outputs, n, ALL_KEPT, &w) : cli_fail(net->job->o.verb, "out of memory");
    if (!code && luge_run_execute(w.run)) code = failed(net);
    for (uint32_t id = 1; id <= net->n && !code; id++) {
        cli_net_node *node = &net->nodes[id];
        if (node->part) node->value = read_value(net, net->graph, w.run, luge_node_at(net->graph, id));
    }
    net->loss = net->nodes[net->training.loss.id].value.first[0];
    end(&w);
    free(outputs);
    return code;
}

/* Whether gradients are wanted: of all floats before the loss; or of those alone that depend on a weight. */
static int choose(const cli_net *net, luge_graph *g, int all, luge_val *list, uint32_t *ids)
{
    int n = 0;
    char *depends = calloc((size_t)net->training.loss.id + 1, 1);
    for (uint32_t id = 1; id <= net->training.loss.id && depends; id++) {
        const luge_node_info info = cli_net_info(net, id);
        depends[id] = (char)(all || net->nodes[id].trained);
        for (int k = 0; k < info.n_inputs; k++) depends[id] = (char)(depends[id] | depends[info.inputs[k].id]);
        const int is_float = info.dtype == LUGE_F32 || info.dtype == LUGE_F64;
        const int constant = !strcmp(info.op, "full") || !strcmp(info.op, "constant");
        if (!depends[id] || !is_float || constant || net->nodes[id].part != CLI_PART_FORWARD) continue;
        list[n] = luge_node_at(g, id);
        ids[n++] = id;
    }
    free(depends);
    return n;
}

static int run_gradients(cli_net *net, luge_graph *g, const luge_val *gradients, const uint32_t *ids, int n)
{
    work w = { NULL, NULL };
    int code = begin(net, g, gradients, n, REWRITTEN, &w);
    if (!code && luge_run_execute(w.run)) code = failed(net);
    for (int i = 0; i < n && !code; i++) net->nodes[ids[i]].gradient = read_value(net, g, w.run, gradients[i]);
    end(&w);
    return code;
}

/* The gradient of the loss with respect to every value on its way. */
static int measure_gradients(cli_net *net)
{
    const size_t room = (size_t)net->n + 1;
    luge_context *ctx = net->job->ctx;
    luge_val *list = calloc(room, 2 * sizeof *list), *gradients = list ? list + room : NULL;
    uint32_t *ids = calloc(room, sizeof *ids);
    luge_graph *g = luge_graph_replay(net->graph, .until = net->training.loss);
    int code = list && ids ? CLI_OK : cli_fail(net->job->o.verb, "out of memory"), n = 0;
    for (int all = 1; all >= 0 && !code && g; all--) {
        n = choose(net, g, all, list, ids);
        if (!n || !luge_gradient(g, luge_node_at(g, net->training.loss.id), list, n, gradients)) break;
        if (luge_failure(ctx) == LUGE_ENOGRAD && all) luge_clear(ctx);
    }
    if (!code && luge_failed(ctx)) code = cli_fail_with(net->job->o.verb, ctx);
    if (!code && n) code = run_gradients(net, g, gradients, ids, n);
    luge_graph_free(g);
    free(list);
    free(ids);
    return code;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum { MOST_RUNS = 101 };

/* Executes the plan again and again for a fifth of a second; the median of each step, as now and then other programs
 * run in between. times: room for MOST_RUNS of each step. */
static int time_runs(const cli_net *net, luge_run *run, cli_steps *s, int64_t *times)
{
    const size_t n = (size_t)s->n;
    int runs = 0;
    if (luge_run_execute(run)) return failed(net); /* what is done once, and caches */
    const double began = cli_now();
    do {
        if (luge_run_execute_timed(run, times + (size_t)runs * n)) return failed(net);
    } while (++runs < MOST_RUNS && cli_now() - began < 0.2);
    for (size_t i = 0; i < n; i++) {
        int64_t of_step[MOST_RUNS];
        for (int k = 0; k < runs; k++) of_step[k] = times[(size_t)k * n + i];
        qsort(of_step, (size_t)runs, sizeof *of_step, by_size);
        s->seconds[i] = (double)of_step[runs / 2] * 1e-9;
        s->total += s->seconds[i];
    }
    return CLI_OK;
}

static int time_steps(const cli_net *net, luge_run *run, cli_steps *s)
{
    int64_t *times = calloc((size_t)s->n * MOST_RUNS + 1, sizeof *times);
    const int code = times ? time_runs(net, run, s, times) : cli_fail(net->job->o.verb, "out of memory");
    free(times);
    return code;
}

int cli_net_steps(const cli_net *net, int no_rewrites, cli_steps *s)
{
    work w = { NULL, NULL };
    luge_val *outputs;
    const int n = cli_net_outputs(net, net->training.graph != NULL, &outputs);
    *s = (cli_steps){ .total = 0 };
    if (!outputs) return cli_fail(net->job->o.verb, "out of memory");
    int code = begin(net, net->graph, outputs, n, no_rewrites ? AS_GIVEN : REWRITTEN, &w);
    s->plan = w.plan;
    w.plan = NULL;
    s->n = code ? 0 : luge_plan_step_count(s->plan);
    s->seconds = calloc((size_t)s->n + 1, sizeof *s->seconds);
    if (!code && !s->seconds) code = cli_fail(net->job->o.verb, "out of memory");
    s->timed = net->training.graph != NULL;
    if (!code && s->timed) code = time_steps(net, w.run, s);
    end(&w);
    free(outputs);
    return code;
}

void cli_steps_free(cli_steps *s)
{
    luge_plan_free(s->plan);
    free(s->seconds);
    *s = (cli_steps){ .total = 0 };
}

/* Of the plan without rewrites, as it has a step for every operator. */
static int measure_time(cli_net *net)
{
    cli_steps s;
    int code = cli_net_steps(net, 1, &s);
    for (int i = 0; i < s.n && !code; i++) {
        luge_step_info step;
        if (luge_plan_step(s.plan, i, &step) || step.origin.id > net->n) continue;
        net->nodes[step.origin.id].seconds = s.seconds[i];
        net->nodes[step.origin.id].bytes = step.offset >= 0 ? step.bytes : 0;
    }
    net->seconds = s.total;
    cli_steps_free(&s);
    if (!code) code = cli_net_steps(net, 0, &s);
    net->rewritten = s.total;
    net->arena = code ? 0 : luge_plan_memory_of(s.plan).arena;
    cli_steps_free(&s);
    return code;
}

int cli_net_measure(cli_net *net)
{
    int code = measure_values(net);
    if (!code) code = measure_gradients(net);
    return code ? code : measure_time(net); /* last: it trains */
}
