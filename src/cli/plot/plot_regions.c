/* plot_regions.c: what a model answers over the plane of two features; of a model with one feature, its curve. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

enum { ACROSS = 160, UP = 120, MOST_POINTS = 600, MOST_NAMED = 6 };

typedef struct plane {
    int64_t feature[2], width; /* of how many numbers a row */
    double *mean, *low, *high; /* of each feature; mean owns the memory of all */
    double x[ACROSS], y[UP];
    float *rows;    /* [UP * ACROSS, width] */
    float *answers; /* [UP * ACROSS, outputs] */
    double *z;
} plane;

static void free_plane(plane *p)
{
    free(p->mean);
    free(p->rows);
    free(p->answers);
    free(p->z);
}

/* ---- which features ---------------------------------------------------------------------------------------------- */

static const char *feature_name(const cli_job *job, int64_t i, char text[CLI_TEXT])
{
    if (job->features.names && i < job->features.n_names) return job->features.names[i];
    snprintf(text, CLI_TEXT, "feature %lld", (long long)i + 1);
    return text;
}

/* By name, or by number from 1 where they have none. */
static int find_feature(const cli_job *job, const char *typed, int64_t width, int64_t *feature)
{
    char *end;
    const luge_column_info *x = &job->features;
    for (int64_t i = 0; x->names && i < x->n_names; i++)
        if (!strcmp(x->names[i], typed)) {
            *feature = i;
            return CLI_OK;
        }
    if (x->names) {
        cli_fail(job->o.verb, "--features: no feature \"%s\"; nearest: %s", typed,
                 luge_nearest(typed, x->names, (int)x->n_names));
        return CLI_USAGE;
    }
    const long long number = strtoll(typed, &end, 10);
    *feature = number - 1;
    if (end != typed && !*end && number >= 1 && number <= width) return CLI_OK;
    cli_fail(job->o.verb, "--features: \"%s\"; the features have no names: two numbers from 1 to %lld are expected",
             typed, (long long)width);
    return CLI_USAGE;
}

static int choose_features(const cli_job *job, plane *p)
{
    char text[CLI_MESSAGE];
    const char *typed = job->o.value[OPT_FEATURES];
    p->feature[1] = p->width > 1;
    if (!typed && p->width <= 2) return CLI_OK;
    if (!typed) {
        char a[CLI_TEXT], b[CLI_TEXT];
        cli_fail(job->o.verb, "the model takes %lld features; which two? --features %s,%s", (long long)p->width,
                 job->features.names ? feature_name(job, 0, a) : "1",
                 job->features.names ? feature_name(job, 1, b) : "2");
        return CLI_USAGE;
    }
    snprintf(text, sizeof text, "%s", typed);
    char *second = strchr(text, ',');
    if (!second || strchr(second + 1, ',') || !second[1] || second == text) {
        cli_fail(job->o.verb, "--features: \"%s\"; two names with a comma between them are expected", typed);
        return CLI_USAGE;
    }
    *second++ = '\0';
    const int code = find_feature(job, text, p->width, &p->feature[0]);
    return code ? code : find_feature(job, second, p->width, &p->feature[1]);
}

/* ---- the plane --------------------------------------------------------------------------------------------------- */

static int outputs_of(const cli_job *job)
{
    luge_layer_info last;
    if (luge_layer_at(job->model, luge_layer_count(job->model) - 1, &last)) return 1;
    return last.shape.ndim > 1 ? (int)last.shape.dim[last.shape.ndim - 1] : 1;
}

static double answer(const cli_job *job, const float *row, int outputs)
{
    int best = 0;
    if (job->task == LUGE_REGRESSION) return (double)row[0];
    if (job->binary) return row[0] > 0.5f;
    for (int i = 1; i < outputs; i++)
        if (row[i] > row[best]) best = i;
    return best;
}

/* From the least to the largest value, with room around. */
static void set_places(const plane *p, int axis, double *place, int n)
{
    const double low = p->low[p->feature[axis]], high = p->high[p->feature[axis]];
    const double room = high > low ? 0.08 * (high - low) : 1;
    for (int i = 0; i < n; i++) place[i] = low - room + (high - low + 2 * room) * i / (n - 1);
}

static void fill_rows(plane *p)
{
    for (int i = 0; i < UP; i++)
        for (int k = 0; k < ACROSS; k++) {
            float *row = p->rows + (size_t)(i * ACROSS + k) * (size_t)p->width;
            for (int64_t f = 0; f < p->width; f++) row[f] = (float)p->mean[f];
            row[p->feature[0]] = (float)p->x[k];
            if (p->width > 1) row[p->feature[1]] = (float)p->y[i];
        }
}

static int ask_model(cli_job *job, plane *p)
{
    const int outputs = outputs_of(job);
    const size_t cells = (size_t)UP * ACROSS, bytes = cells * (size_t)outputs * sizeof *p->answers;
    luge_shape shape = { .ndim = job->features.shape.ndim + 1, .dim = { UP * ACROSS } };
    memcpy(shape.dim + 1, job->features.shape.dim, (size_t)job->features.shape.ndim * sizeof *shape.dim);
    p->rows = malloc(cells * (size_t)p->width * sizeof *p->rows);
    p->answers = malloc(bytes);
    p->z = malloc(cells * sizeof *p->z);
    if (!p->rows || !p->answers || !p->z) return cli_fail(job->o.verb, "out of memory");
    set_places(p, 0, p->x, ACROSS);
    set_places(p, 1, p->y, UP);
    fill_rows(p);
    luge_dataset *data = luge_dataset_create(job->ctx);
    luge_dataset_add_features(data, luge_array_borrow(job->ctx, LUGE_F32, shape, p->rows));
    if (luge_failed(job->ctx) || luge_predict(job->model, data, p->answers, bytes))
        return cli_fail_with(job->o.verb, job->ctx);
    for (size_t i = 0; i < cells; i++) p->z[i] = answer(job, p->answers + i * (size_t)outputs, outputs);
    luge_dataset_free(data);
    return CLI_OK;
}

static int measure(cli_job *job, luge_dataset *data, plane *p)
{
    p->width = luge_shape_size(&job->features.shape);
    p->mean = malloc((size_t)p->width * 4 * sizeof *p->mean + 1);
    if (!p->mean) return cli_fail(job->o.verb, "out of memory");
    p->low = p->mean + p->width;
    p->high = p->low + p->width;
    const luge_statistics s = { p->mean, p->high + p->width, p->low, p->high };
    return luge_dataset_statistics(data, 0, &s) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

/* ---- the chart --------------------------------------------------------------------------------------------------- */

/* Points of each class, or all together; of many rows, some. */
static int add_points(cli_job *job, luge_dataset *data, const plane *p, cli_chart *chart, const char *const *names)
{
    const int64_t all = luge_dataset_rows(data), n = all < MOST_POINTS ? all : MOST_POINTS;
    const size_t bytes = (size_t)n * (size_t)p->width * sizeof(float);
    int64_t *order = malloc((size_t)all * sizeof *order);
    float *rows = malloc(bytes);
    double *x = malloc((size_t)n * 2 * sizeof *x), *y = x ? x + n : NULL, *targets = cli_targets(job, data);
    int code = !targets ? CLI_FAILED : order && rows && x ? CLI_OK : cli_fail(job->o.verb, "out of memory");
    if (!code) luge_row_order(1, 0, all, order);
    if (!code && luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, order, n, rows, bytes))
        code = cli_fail_with(job->o.verb, job->ctx);
    const int64_t classes = job->task == LUGE_REGRESSION ? 1 : job->classes;
    for (int64_t c = 0; c < classes && !code; c++) {
        int64_t found = 0;
        for (int64_t i = 0; i < n; i++) {
            if (classes > 1 && (int64_t)targets[order[i]] != c) continue;
            x[found] = (double)rows[i * p->width + p->feature[0]];
            y[found++] = p->width > 1 ? (double)rows[i * p->width + p->feature[1]] : targets[order[i]];
        }
        cli_chart_add(chart, (cli_series){ .mark = CLI_POINTS,
                                           .name = names ? names[c] : "rows",
                                           .n = found,
                                           .x = x,
                                           .y = y,
                                           .colour = (int)c + 1 });
    }
    char text[CLI_TEXT], shown[CLI_TEXT];
    if (n < all)
        cli_chart_note(chart, "points", "%s of the %s rows of %s, drawn by lot", cli_count(shown, n),
                       cli_count(text, all), cli_spec_name(job->o.value[OPT_DATA]));
    else
        cli_chart_note(chart, "points", "the %s rows of %s", cli_count(text, all),
                       cli_spec_name(job->o.value[OPT_DATA]));
    free(order);
    free(rows);
    free(x);
    free(targets);
    return code;
}

/* Where the features that have no axis stand. */
static void note_others(const cli_job *job, const plane *p, cli_chart *chart)
{
    char text[CLI_MESSAGE] = "", name[CLI_TEXT], value[CLI_TEXT];
    if (p->width - 2 > MOST_NAMED) {
        cli_chart_note(chart, "others", "the other %lld features stay at their means over these rows",
                       (long long)p->width - 2);
        return;
    }
    for (int64_t i = 0; i < p->width; i++) {
        const size_t n = strlen(text);
        if (i == p->feature[0] || i == p->feature[1]) continue;
        snprintf(text + n, sizeof text - n, "%s%.100s\1%s", n ? ", " : "", feature_name(job, i, name),
                 cli_figure(value, p->mean[i]));
    }
    cli_chart_note(chart, "others", "stay at their means over these rows: %s", text);
}

static int draw(cli_job *job, luge_dataset *data, const plane *p)
{
    char a[CLI_TEXT], b[CLI_TEXT];
    const int regression = job->task == LUGE_REGRESSION, line = p->width == 1;
    const char **names = regression ? NULL : cli_class_names(job), *answer = job->target ? job->target : "answer";
    if (!regression && !names) return cli_fail(job->o.verb, "out of memory");
    cli_chart chart = cli_chart_begin(regression || line ? "What the model answers" : "Decision regions");
    cli_chart_panel(&chart, NULL, (cli_axis){ .name = feature_name(job, p->feature[0], a) },
                    (cli_axis){ .name = line ? answer : feature_name(job, p->feature[1], b) });
    if (!line)
        cli_chart_add(&chart, (cli_series){ .mark = regression ? CLI_CONTOUR : CLI_REGIONS,
                                            .name = regression ? answer : "regions",
                                            .rows = UP,
                                            .columns = ACROSS,
                                            .x = p->x,
                                            .y = p->y,
                                            .z = p->z,
                                            .names = names,
                                            .n_names = regression ? 0 : job->classes });
    int code = add_points(job, data, p, &chart, names);
    if (line)
        cli_chart_add(
            &chart, (cli_series){ .mark = CLI_LINE, .name = "model", .n = ACROSS, .x = p->x, .y = p->z, .colour = 7 });
    if (p->width > 2) note_others(job, p, &chart);
    if (!code) code = cli_chart_tell(&job->o, &chart);
    cli_chart_free(&chart);
    free(names);
    return code;
}

int cli_plot_regions(cli_job *job)
{
    luge_dataset *data;
    plane p = { .width = 0 };
    int code = cli_plot_model(job, " --data points.csv", &data);
    if (!code) code = measure(job, data, &p);
    if (!code) code = choose_features(job, &p);
    if (!code && p.width > 1 && p.feature[0] == p.feature[1]) {
        cli_fail(job->o.verb, "--features: two different ones are expected");
        code = CLI_USAGE;
    }
    if (!code) code = ask_model(job, &p);
    if (!code) code = draw(job, data, &p);
    free_plane(&p);
    return code;
}
