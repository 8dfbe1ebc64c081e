/* plot_model.c: what a model has learnt: its confusion matrix on some data, the weights of its first layer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/picture.h"
#include "plot.h"

int cli_plot_model(cli_job *job, const char *example, luge_dataset **data)
{
    if (job->o.n_words != 2) {
        cli_fail(job->o.verb, "the model is missing\n  luge plot %s model.safetensors%s", job->o.word[0], example);
        return CLI_USAGE;
    }
    luge_dataset *unused;
    int code = cli_job_find(job, job->o.word[1], data != NULL, data ? data : &unused);
    if (code || !data) return code;
    const char *spec = job->o.value[OPT_DATA];
    if (!luge_dataset_rows(*data)) return cli_fail(job->o.verb, "%s has no rows", cli_spec_name(spec));
    if (luge_dataset_count(*data, LUGE_TARGETS) < 1)
        return cli_fail(job->o.verb, "%s has no answers", cli_spec_name(spec));
    if (luge_dataset_column(*data, LUGE_FEATURES, 0, &job->features) ||
        luge_dataset_column(*data, LUGE_TARGETS, 0, &job->targets))
        return cli_fail_with(job->o.verb, job->ctx);
    return CLI_OK;
}

const char **cli_class_names(const cli_job *job)
{
    const size_t n = (size_t)job->classes;
    const char **names = calloc(1, n * (sizeof *names + CLI_TEXT) + 1);
    char(*text)[CLI_TEXT] = (char(*)[CLI_TEXT])(names + n);
    for (size_t i = 0; names && i < n; i++) names[i] = cli_class_name(job, (int64_t)i, text[i]);
    return names;
}

/* ---- confusion --------------------------------------------------------------------------------------------------- */

static int draw_confusion(cli_job *job, const cli_scores *s)
{
    char title[CLI_MESSAGE], rows[CLI_TEXT], right[CLI_TEXT];
    const int64_t n = job->classes;
    const char **names = cli_class_names(job);
    double *share = calloc((size_t)(n * n) + 1, sizeof *share), good = 0;
    /* cells by the root of their share of the true class: what is seldom taken for another is seen too */
    int code = names && share ? CLI_OK : cli_fail(job->o.verb, "out of memory");
    for (int64_t i = 0; i < n && !code; i++) {
        double all = 0;
        good += s->confusion[i * n + i];
        for (int64_t k = 0; k < n; k++) all += s->confusion[i * n + k];
        for (int64_t k = 0; k < n; k++) share[i * n + k] = all > 0 ? sqrt(s->confusion[i * n + k] / all) : 0;
    }
    if (!code) {
        snprintf(title, sizeof title, "Confusion matrix: %s, %s rows", cli_spec_name(job->o.value[OPT_DATA]),
                 cli_count(rows, s->rows));
        cli_chart chart = cli_chart_begin(title);
        cli_chart_panel(&chart, NULL, (cli_axis){ .name = "predicted class", .names = names, .n_names = n },
                        (cli_axis){ .name = "true class", .names = names, .n_names = n });
        cli_chart_add(
            &chart,
            (cli_series){
                .mark = CLI_CELLS, .name = "rows", .rows = n, .columns = n, .z = s->confusion, .shade = share });
        cli_chart_note(&chart, "data", "%s: %s rows, %s of them right (%.4f)", cli_spec_name(job->o.value[OPT_DATA]),
                       cli_count(rows, s->rows), cli_count(right, (int64_t)good), good / (double)s->rows);
        code = cli_chart_tell(&job->o, &chart);
        cli_chart_free(&chart);
    }
    free(names);
    free(share);
    return code;
}

int cli_plot_confusion(cli_job *job)
{
    luge_dataset *data;
    cli_scores scores = { .rows = 0 };
    int code = cli_plot_model(job, " --data new.csv", &data);
    if (!code && job->task == LUGE_REGRESSION)
        code = cli_fail(job->o.verb, "%s answers with numbers; a confusion matrix needs classes", job->o.word[1]);
    if (!code) code = cli_score(job, data, &scores);
    if (!code) code = draw_confusion(job, &scores);
    cli_scores_free(&scores);
    return code;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

enum { MOST_UNITS = 100, MOST_INPUTS = 400 };

/* The first matrix of weights, [inputs, units]. */
static int first_kernel(cli_job *job, luge_weight_info *w)
{
    for (int i = 0; i < luge_weight_count(job->model); i++)
        if (!luge_weight_at(job->model, i, w) && w->shape.ndim == 2 && w->trainable) return CLI_OK;
    return cli_fail(job->o.verb, "%s has no layer with a matrix of weights", job->o.word[1]);
}

/* As images where the inputs are pixels: the rows' own shape, otherwise a square. */
static int image_of(cli_job *job, int64_t inputs, int64_t *rows, int64_t *columns)
{
    luge_shape row;
    if (!cli_row_shape(job, &row) && row.ndim >= 2 && (row.ndim == 2 || row.dim[2] == 1) &&
        row.dim[0] * row.dim[1] == inputs) {
        *rows = row.dim[0];
        *columns = row.dim[1];
        return 1;
    }
    const int64_t side = (int64_t)floor(sqrt((double)inputs) + 0.5);
    *rows = *columns = side;
    return !job->encoder && side >= 6 && side * side == inputs;
}

/* units images [rows, columns] out of a kernel [inputs, all units]. */
static void images(const float *kernel, int64_t all, int64_t units, int64_t inputs, double *z)
{
    for (int64_t u = 0; u < units; u++)
        for (int64_t i = 0; i < inputs; i++) z[u * inputs + i] = (double)kernel[i * all + u];
}

static void draw_weights(cli_job *job, cli_chart *chart, const luge_weight_info *w, const float *kernel, double *z)
{
    char shown[CLI_TEXT], all[CLI_TEXT];
    int64_t rows, columns, inputs = w->shape.dim[0], units = w->shape.dim[1];
    if (units > MOST_UNITS) units = MOST_UNITS;
    if (image_of(job, inputs, &rows, &columns)) {
        images(kernel, w->shape.dim[1], units, inputs, z);
        cli_chart_panel(chart, NULL, (cli_axis){ .name = "column" }, (cli_axis){ .name = "row" });
        cli_chart_add(
            chart,
            (cli_series){ .mark = CLI_TILES, .name = "weight", .n = units, .rows = rows, .columns = columns, .z = z });
        cli_chart_note(chart, "weights", "%s: from %lld x %lld inputs to each of %s units", w->name, (long long)rows,
                       (long long)columns, cli_count(all, w->shape.dim[1]));
    } else {
        const char *names[MOST_INPUTS];
        int named = inputs <= MOST_INPUTS && luge_feature_name(job->model, 0) != NULL;
        if (inputs > MOST_INPUTS) inputs = MOST_INPUTS;
        for (int64_t i = 0; i < inputs && named; i++) named = (names[i] = luge_feature_name(job->model, i)) != NULL;
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t u = 0; u < units; u++) z[i * units + u] = (double)kernel[i * w->shape.dim[1] + u];
        cli_chart_panel(chart, NULL, (cli_axis){ .name = "unit" },
                        (cli_axis){ .name = "input", .names = named ? names : NULL, .n_names = named ? inputs : 0 });
        cli_chart_add(chart,
                      (cli_series){ .mark = CLI_CELLS, .name = "weight", .rows = inputs, .columns = units, .z = z });
        cli_chart_note(chart, "weights", "%s: from each of %s inputs to each of %s units", w->name,
                       cli_count(shown, w->shape.dim[0]), cli_count(all, w->shape.dim[1]));
    }
    if (units < w->shape.dim[1] || inputs < w->shape.dim[0])
        cli_chart_note(chart, "", "the first %s inputs and %s units are shown", cli_count(shown, inputs),
                       cli_count(all, units));
}

int cli_plot_weights(cli_job *job)
{
    luge_weight_info w;
    int code = cli_plot_model(job, "", NULL);
    if (!code) code = first_kernel(job, &w);
    if (code) return code;
    const size_t n = (size_t)luge_shape_size(&w.shape);
    float *kernel = malloc(n * sizeof *kernel + 1);
    double *z = malloc(n * sizeof *z + 1);
    if (!kernel || !z)
        code = cli_fail(job->o.verb, "out of memory");
    else if (w.dtype != LUGE_F32)
        code = cli_fail(job->o.verb, "the weights of %s are not f32", job->o.word[1]);
    else if (luge_get_weight(job->model, w.name, kernel, n * sizeof *kernel))
        code = cli_fail_with(job->o.verb, job->ctx);
    if (!code) {
        cli_chart chart = cli_chart_begin("Weights of the first layer");
        draw_weights(job, &chart, &w, kernel, z);
        code = cli_chart_tell(&job->o, &chart);
        cli_chart_free(&chart);
    }
    free(kernel);
    free(z);
    return code;
}
