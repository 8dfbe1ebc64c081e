/* plot_history.c: learning curves of runs, which are models or the logs of luge train --log. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

enum { MOST_NAMES = 24 }; /* columns of a log */

/* What a run noted: a row of values each epoch. */
typedef struct run {
    char name[CLI_TEXT];
    int64_t epochs;
    int n_names;
    const char *const *names;
    double *values; /* [n_names, epochs] */
    int64_t best;   /* epoch from 1; 0: unknown */
    double best_loss;
    int validated; /* the best is that of validation */
} run;

typedef struct runs {
    run *run;
    int n;
} runs;

/* The name of the file without its folder and ending, unless another has it already. */
static void name_run(runs *all, int index, const char *path)
{
    run *r = &all->run[index];
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
    snprintf(r->name, sizeof r->name, "%.*s", dot > file ? (int)(dot - file) : (int)strlen(file), file);
    for (int i = 0; i < index; i++)
        if (!strcmp(all->run[i].name, r->name)) snprintf(r->name, sizeof r->name, "%s", path);
}

static int make_room(cli_job *job, run *r)
{
    r->names = calloc((size_t)r->n_names + 1, sizeof *r->names);
    r->values = calloc((size_t)r->n_names * (size_t)r->epochs + 1, sizeof *r->values);
    return r->names && r->values ? CLI_OK : cli_fail(job->o.verb, "out of memory");
}

static int read_log(cli_job *job, const char *path, run *r)
{
    luge_table *table = luge_table_read(job->ctx, path, .header = 1);
    const int epoch = table ? luge_table_find(table, "epoch") : -1;
    if (!table) return cli_fail_with(job->o.verb, job->ctx);
    if (epoch < 0)
        return cli_fail(job->o.verb,
                        "%s is no log of a training: it has no column \"epoch\"\n  luge train --log FILE writes one",
                        path);
    r->epochs = luge_table_rows(table);
    r->n_names = MOST_NAMES;
    int code = make_room(job, r);
    const char **names = (const char **)r->names;
    r->n_names = 0;
    for (int i = 0, k = 0; i < luge_table_columns(table) && !code; i++) {
        luge_table_column column;
        if (i == epoch || luge_table_column_at(table, i, &column) || column.is_text || k == MOST_NAMES) continue;
        names[k] = column.name;
        for (int64_t e = 0; e < r->epochs; e++) r->values[k * r->epochs + e] = luge_table_number(table, e, i);
        r->n_names = ++k;
    }
    if (!code && !r->n_names) code = cli_fail(job->o.verb, "%s has no numbers beside the epochs", path);
    return code;
}

static int read_model(cli_job *job, const char *path, run *r)
{
    luge_model *model = luge_load_model(job->ctx, path);
    if (!model) return cli_fail_with(job->o.verb, job->ctx);
    r->epochs = luge_history_epochs(model);
    r->n_names = luge_history_count(model);
    if (!r->epochs) return cli_fail(job->o.verb, "%s has no history: no epoch of its training has ended", path);
    const int code = make_room(job, r);
    const char **names = (const char **)r->names;
    for (int i = 0; i < r->n_names && !code; i++) {
        names[i] = luge_history_name(model, i);
        for (int64_t e = 0; e < r->epochs; e++) r->values[i * r->epochs + e] = luge_history_value(model, e, names[i]);
    }
    return code;
}

static const double *values_of(const run *r, const char *name)
{
    for (int i = 0; i < r->n_names; i++)
        if (!strcmp(r->names[i], name)) return r->values + i * r->epochs;
    return NULL;
}

/* The epoch of the least validation loss, or of the least loss. */
static void find_best(run *r)
{
    const double *loss = values_of(r, "val_loss");
    r->validated = loss != NULL;
    if (!loss) loss = values_of(r, "loss");
    for (int64_t e = 0; loss && e < r->epochs; e++)
        if (isfinite(loss[e]) && (!r->best || loss[e] < r->best_loss)) {
            r->best = e + 1;
            r->best_loss = loss[e];
        }
}

static int read_run(cli_job *job, const char *path, run *r)
{
    char start[6] = "";
    FILE *file = fopen(path, "rb");
    if (file) {
        const size_t n = fread(start, 1, 5, file);
        start[n] = '\0';
        fclose(file);
    }
    const size_t n = strlen(path);
    const int log = !strcmp(start, "epoch") || (n > 4 && !strcmp(path + n - 4, ".csv"));
    const int code = log ? read_log(job, path, r) : read_model(job, path, r);
    if (!code) find_best(r);
    return code;
}

/* ---- the chart --------------------------------------------------------------------------------------------------- */

/* Whether it is drawn: metrics and losses, once with their validation. */
static int is_curve(const char *name)
{
    return strncmp(name, "val_", 4) != 0 && strcmp(name, "learning_rate") != 0 && strcmp(name, "lr") != 0;
}

/* Losses that fall far are seen on a logarithmic axis. */
static int falls_far(const runs *all, const char *name)
{
    double low = HUGE_VAL, high = 0;
    for (int i = 0; i < all->n; i++) {
        const double *v = values_of(&all->run[i], name);
        for (int64_t e = 0; v && e < all->run[i].epochs; e++) {
            if (!isfinite(v[e])) continue;
            if (v[e] < low) low = v[e];
            if (v[e] > high) high = v[e];
        }
    }
    return low > 0 && high > 50 * low;
}

static void add_curve(cli_chart *chart, const runs *all, int index, const char *name, int validation,
                      const double *epochs)
{
    char label[2 * CLI_TEXT], column[CLI_TEXT];
    const run *r = &all->run[index];
    snprintf(column, sizeof column, "%s%s", validation ? "val_" : "", name);
    const double *values = values_of(r, column);
    const char *part = validation ? "validation" : "training";
    if (!values) return;
    if (all->n == 1)
        snprintf(label, sizeof label, "%s", part);
    else
        snprintf(label, sizeof label, validation ? "%s, validation" : "%s", r->name);
    cli_chart_add(chart, (cli_series){ .mark = CLI_LINE,
                                       .name = label,
                                       .n = r->epochs,
                                       .x = epochs,
                                       .y = values,
                                       .colour = all->n == 1 ? 1 + validation : 1 + index,
                                       .dash = 1 + validation,
                                       .unlisted = all->n > 1 && validation });
    if (all->n == 1 || !r->best || validation != r->validated) return;
    const double x = (double)r->best;
    cli_chart_add(chart,
                  (cli_series){ .mark = CLI_POINTS, .n = 1, .x = &x, .y = &values[r->best - 1], .colour = 1 + index });
}

static void add_panel(cli_chart *chart, const runs *all, const char *name, const double *epochs)
{
    char label[CLI_TEXT];
    cli_chart_panel(chart, NULL, (cli_axis){ .name = "epoch", .whole = 1 },
                    (cli_axis){ .name = name, .log = falls_far(all, name) });
    const double best = (double)all->run[0].best;
    snprintf(label, sizeof label, "best epoch %lld", (long long)all->run[0].best);
    if (all->n == 1 && best > 0 && all->run[0].validated)
        cli_chart_add(chart, (cli_series){ .mark = CLI_RULE, .name = label, .n = 1, .x = &best });
    for (int i = 0; i < all->n; i++)
        for (int validation = 0; validation < 2; validation++) add_curve(chart, all, i, name, validation, epochs);
}

static int has_curve(const runs *all, int before, const char *name)
{
    for (int i = 0; i < before; i++)
        if (values_of(&all->run[i], name)) return 1;
    return 0;
}

static int draw(cli_job *job, const runs *all)
{
    int64_t longest = 1;
    char figure[CLI_TEXT], count[CLI_TEXT];
    for (int i = 0; i < all->n; i++)
        if (all->run[i].epochs > longest) longest = all->run[i].epochs;
    double *epochs = malloc((size_t)longest * sizeof *epochs);
    if (!epochs) return cli_fail(job->o.verb, "out of memory");
    for (int64_t e = 0; e < longest; e++) epochs[e] = (double)e + 1;
    cli_chart chart = cli_chart_begin(all->n == 1 ? all->run[0].name : "Learning curves (broken lines: validation)");
    for (int i = 0; i < all->n; i++) {
        const run *r = &all->run[i];
        for (int k = 0; k < r->n_names; k++)
            if (is_curve(r->names[k]) && !has_curve(all, i, r->names[k])) add_panel(&chart, all, r->names[k], epochs);
        if (r->best)
            cli_chart_note(&chart, r->name, "%s epochs, best %sloss %s at epoch %lld", cli_count(count, r->epochs),
                           r->validated ? "validation " : "", cli_figure(figure, r->best_loss), (long long)r->best);
    }
    free(epochs);
    const int code = cli_chart_tell(&job->o, &chart);
    cli_chart_free(&chart);
    return code;
}

int cli_plot_history(cli_job *job)
{
    runs all = { .n = job->o.n_words - 1 };
    if (all.n < 1) {
        cli_fail(job->o.verb, "history: of which run?\n  luge plot history model.safetensors");
        return CLI_USAGE;
    }
    all.run = calloc((size_t)all.n, sizeof *all.run);
    int code = all.run ? CLI_OK : cli_fail(job->o.verb, "out of memory");
    for (int i = 0; i < all.n && !code; i++) {
        name_run(&all, i, job->o.word[i + 1]);
        code = read_run(job, job->o.word[i + 1], &all.run[i]);
    }
    if (!code) code = draw(job, &all);
    for (int i = 0; all.run && i < all.n; i++) {
        free((void *)all.run[i].names);
        free(all.run[i].values);
    }
    free(all.run);
    return code;
}
