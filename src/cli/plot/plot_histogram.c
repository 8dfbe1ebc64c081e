/* plot_histogram.c: how the values that a model computes for one batch are spread, layer by layer: what comes out of
 * each layer that learns, and the gradients of its weights. All are read off the graph of a training step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

enum { BINS = 40, MOST_LAYERS = 6, MOST_WEIGHTS = 8, MOST_ROWS = 256 };

/* A layer that learns: its output, and the gradients of its weights. */
typedef struct layer {
    const char *name;
    int n; /* values: the output, then gradients */
    luge_val value[1 + MOST_WEIGHTS];
} layer;

typedef struct step {
    luge_training_graph graph;
    luge_val *gradients; /* of each weight; may be none */
    luge_plan *plan;
    luge_run *run;
    layer layers[MOST_LAYERS];
    int n, all; /* layers that are shown; that learn */
} step;

/* ---- the values -------------------------------------------------------------------------------------------------- */

static int belongs_to(const char *weight, const char *name)
{
    const size_t n = strlen(name);
    return !strncmp(weight, name, n) && weight[n] == '/';
}

static void find_layers(cli_job *job, step *s)
{
    for (int i = 0; i < luge_layer_count(job->model); i++) {
        luge_layer_info info;
        luge_weight_info w;
        if (luge_layer_at(job->model, i, &info)) continue;
        layer l = { .name = info.name, .n = 1, .value = { luge_node_at(s->graph.graph, info.output.id) } };
        for (int k = 0; k < luge_weight_count(job->model) && l.n <= MOST_WEIGHTS; k++)
            if (!luge_weight_at(job->model, k, &w) && luge_is_some(s->gradients[k]) && belongs_to(w.name, info.name))
                l.value[l.n++] = s->gradients[k];
        if (l.n < 2) continue;
        if (s->n < MOST_LAYERS) s->layers[s->n++] = l;
        s->all++;
    }
}

static int execute(cli_job *job, luge_dataset *batch, step *s)
{
    luge_val outputs[MOST_LAYERS * (1 + MOST_WEIGHTS)];
    int n = 0;
    s->gradients = calloc((size_t)luge_weight_count(job->model) + 1, sizeof *s->gradients);
    if (!s->gradients) return cli_fail(job->o.verb, "out of memory");
    if (luge_training_graph_of(job->model, batch, &s->graph, s->gradients)) return cli_fail_with(job->o.verb, job->ctx);
    find_layers(job, s);
    if (!s->n) return cli_fail(job->o.verb, "%s has no layers that learn", job->o.word[1]);
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->layers[i].n; k++) outputs[n++] = s->layers[i].value[k];
    s->plan = luge_plan_create(s->graph.graph, outputs, n);
    s->run = luge_run_create(s->plan);
    for (int i = 0; i < s->graph.n_bindings; i++)
        luge_run_bind(s->run, s->graph.bindings[i].input, s->graph.bindings[i].data, s->graph.bindings[i].bytes);
    luge_run_execute(s->run);
    return luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

/* Appends the elements of one value to numbers[*n ...]. */
static int take_value(cli_job *job, const step *s, luge_val v, double *numbers, int64_t *n)
{
    const luge_shape shape = luge_shape_of_val(s->graph.graph, v);
    const int64_t size = luge_shape_size(&shape);
    luge_node_info node;
    if (luge_node_info_of(s->graph.graph, v, &node)) return cli_fail_with(job->o.verb, job->ctx);
    const int wide = node.dtype == LUGE_F64;
    float *narrow = wide ? NULL : malloc((size_t)size * sizeof *narrow + 1);
    if (!wide && !narrow) return cli_fail(job->o.verb, "out of memory");
    const luge_status status = wide ? luge_run_get(s->run, v, numbers + *n, (size_t)size * sizeof *numbers)
                                    : luge_run_get(s->run, v, narrow, (size_t)size * sizeof *narrow);
    for (int64_t i = 0; !wide && i < size; i++) numbers[*n + i] = (double)narrow[i];
    *n += size;
    free(narrow);
    return status ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

/* The values of a layer in one array, which the caller frees: its output, or its gradients. NULL after a message. */
static double *take_values(cli_job *job, const step *s, const layer *l, int gradients, int64_t *n)
{
    const int first = gradients ? 1 : 0, end = gradients ? l->n : 1;
    int64_t size = 0;
    for (int i = first; i < end; i++) {
        const luge_shape shape = luge_shape_of_val(s->graph.graph, l->value[i]);
        size += luge_shape_size(&shape);
    }
    double *numbers = malloc((size_t)size * sizeof *numbers + 1);
    int code = numbers ? CLI_OK : cli_fail(job->o.verb, "out of memory");
    *n = 0;
    for (int i = first; i < end && !code; i++) code = take_value(job, s, l->value[i], numbers, n);
    if (!code) return numbers;
    free(numbers);
    return NULL;
}

/* ---- the chart --------------------------------------------------------------------------------------------------- */

typedef struct spread {
    double low, high, mean, deviation, largest, zero;
    int64_t wrong; /* values that are no finite number */
} spread;

static spread measure(const double *v, int64_t n)
{
    spread s = { .low = HUGE_VAL, .high = -HUGE_VAL };
    double sum = 0, squares = 0, good = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(v[i])) {
            s.wrong++;
            continue;
        }
        if (v[i] < s.low) s.low = v[i];
        if (v[i] > s.high) s.high = v[i];
        if (fabs(v[i]) > s.largest) s.largest = fabs(v[i]);
        s.zero += v[i] == 0;
        sum += v[i];
        squares += v[i] * v[i];
        good++;
    }
    if (good == 0) return (spread){ .wrong = s.wrong };
    s.mean = sum / good;
    s.deviation = sqrt(fmax(0, squares / good - s.mean * s.mean));
    s.zero /= good;
    return s;
}

static void add_histogram(cli_chart *chart, const char *title, const char *axis, const double *v, int64_t n,
                          const spread *s)
{
    double x[BINS], y[BINS] = { 0 };
    const double width = s->high > s->low ? (s->high - s->low) / BINS : 1;
    const int bins = s->high > s->low ? BINS : 1;
    for (int i = 0; i < bins; i++) x[i] = s->low + width * (bins > 1 ? i + 0.5 : 0);
    for (int64_t i = 0; i < n; i++) {
        const int bin = isfinite(v[i]) ? (int)((v[i] - s->low) / width) : -1;
        if (bin >= 0) y[bin < bins ? bin : bins - 1]++;
    }
    double most = 1;
    for (int i = 0; i < bins; i++)
        if (y[i] > most) most = y[i];
    cli_chart_panel(chart, title, (cli_axis){ .name = axis },
                    (cli_axis){ .name = "how many", .log = 1, .low = 0.7, .high = 2 * most });
    cli_chart_add(
        chart,
        (cli_series){ .mark = CLI_BARS, .name = title, .unlisted = 1, .n = bins, .x = x, .y = y, .width = width });
}

static int add_layer(cli_job *job, cli_chart *chart, const step *s, const layer *l)
{
    char title[CLI_MESSAGE], mean[CLI_TEXT], deviation[CLI_TEXT];
    for (int gradients = 0; gradients < 2; gradients++) {
        int64_t n;
        double *v = take_values(job, s, l, gradients, &n);
        if (!v) return CLI_FAILED;
        const spread d = measure(v, n);
        snprintf(title, sizeof title, gradients ? "%s: gradients of its weights" : "%s: outputs", l->name);
        add_histogram(chart, title, gradients ? "gradient" : "output", v, n, &d);
        free(v);
        cli_chart_note(chart, gradients ? "" : l->name, "%s: mean %s, deviation %s, %.1f%%\1are\1exactly\1zero%s",
                       gradients ? "gradients" : "outputs", cli_figure(mean, d.mean),
                       cli_figure(deviation, d.deviation), 100 * d.zero, d.wrong ? "; some are no finite numbers" : "");
    }
    return CLI_OK;
}

static int draw(cli_job *job, const step *s, int64_t rows)
{
    char title[CLI_MESSAGE], count[CLI_TEXT];
    snprintf(title, sizeof title, "Outputs and gradients for one batch of %s rows", cli_count(count, rows));
    cli_chart chart = cli_chart_begin(title);
    chart.columns = 2;
    int code = CLI_OK;
    for (int i = 0; i < s->n && !code; i++) code = add_layer(job, &chart, s, &s->layers[i]);
    if (s->n < s->all) cli_chart_note(&chart, "layers", "the first %d of %d that learn", s->n, s->all);
    if (!code) code = cli_chart_tell(&job->o, &chart);
    cli_chart_free(&chart);
    return code;
}

int cli_plot_histogram(cli_job *job)
{
    luge_dataset *data, *batch = NULL;
    step s = { .n = 0 };
    int code = cli_plot_model(job, " --data new.csv", &data);
    if (!code) {
        const int64_t rows = cli_whole(&job->o, OPT_BATCH, 32);
        code = cli_some_rows(job, data, rows < MOST_ROWS ? rows : MOST_ROWS, &batch);
    }
    if (!code) code = execute(job, batch, &s);
    if (!code) code = draw(job, &s, luge_dataset_rows(batch));
    luge_run_free(s.run);
    luge_plan_free(s.plan);
    luge_graph_free(s.graph.graph);
    free(s.gradients);
    return code;
}
