/* data.c: `luge data`: what there is to learn from, a look at it, downloads, made-up data as files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

/* ---- list -------------------------------------------------------------------------------------------------------- */

static int list(cli_job *job)
{
    char folder[4096];
    printf("\n  By name, from files\n\n");
    for (int i = 0; i < luge_known_data_count(); i++) {
        luge_known_data known;
        if (luge_known_data_at(i, &known)) continue;
        printf("  %-14s ", known.name);
        cli_wrap(17, known.about);
        if (luge_known_data_found(job->ctx, known.name, folder, sizeof folder))
            printf("%17shere: %s\n", "", folder);
        else
            printf("%17sluge data fetch %s\n", "", known.name);
        luge_clear(job->ctx);
    }
    printf("\n  Made up, always there\n\n  ");
    char text[CLI_MESSAGE] = "";
    for (int i = 0; luge_make_data_name(i); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? ", " : "", luge_make_data_name(i));
    cli_wrap(2, text);
    printf("\n  Looked for in\n\n");
    for (const char *at = job->data_dirs; *at;) {
        const int length = (int)strcspn(at, ":");
        printf("  %.*s\n", length, at);
        at += length + (at[length] == ':');
    }
    printf("\n");
    return CLI_OK;
}

/* ---- show -------------------------------------------------------------------------------------------------------- */

enum { MOST_COLUMNS = 60, NAME = 24 };

static void show_table(const luge_table *table, const char *name)
{
    char a[CLI_TEXT], b[CLI_TEXT], c[CLI_TEXT], d[CLI_TEXT];
    const int n = luge_table_columns(table);
    printf("\n  %s: %s rows, %d columns\n\n", name, cli_count(a, luge_table_rows(table)), n);
    printf("  %-*s  kind      missing  distinct         min         max\n", NAME, "column");
    for (int i = 0; i < n && i < MOST_COLUMNS; i++) {
        luge_table_column column;
        if (luge_table_column_at(table, i, &column)) continue;
        const int width = cli_columns(column.name);
        printf("  %.*s%*s  %-8s %8s  %8s", NAME, column.name, width < NAME ? NAME - width : 0, "",
               column.is_text ? "text"
               : column.whole ? "whole"
                              : "number",
               cli_count(a, column.missing), cli_count(b, column.distinct));
        if (!column.is_text && column.whole)
            printf("  %10s  %10s", cli_count(c, (int64_t)column.min), cli_count(d, (int64_t)column.max));
        else if (!column.is_text)
            printf("  %10s  %10s", cli_figure(c, column.min), cli_figure(d, column.max));
        printf("\n");
    }
    if (n > MOST_COLUMNS) printf("  and %d columns more\n", n - MOST_COLUMNS);
    printf("\n");
}

static int show_features(cli_job *job, luge_dataset *data, const luge_column_info *x)
{
    const int64_t n = luge_shape_size(&x->shape);
    double *memory = malloc((size_t)n * 4 * sizeof *memory);
    if (!memory) return cli_fail(job->o.verb, "out of memory");
    const luge_statistics s = { memory, memory + n, memory + 2 * n, memory + 3 * n };
    if (luge_dataset_statistics(data, 0, &s)) {
        free(memory);
        return cli_fail_with(job->o.verb, job->ctx);
    }
    if (n <= 20) {
        printf("  %-*s  %12s %12s %12s %12s\n", NAME - 8, "column", "mean", "deviation", "min", "max");
        for (int64_t i = 0; i < n; i++) {
            char a[CLI_TEXT], b[CLI_TEXT], c[CLI_TEXT], d[CLI_TEXT], name[CLI_TEXT];
            snprintf(name, sizeof name, "%lld", (long long)i + 1);
            printf("  %-*.*s  %12s %12s %12s %12s\n", NAME - 8, NAME - 8,
                   x->names && i < x->n_names ? x->names[i] : name, cli_figure(a, s.mean[i]),
                   cli_figure(b, sqrt(s.variance[i])), cli_figure(c, s.min[i]), cli_figure(d, s.max[i]));
        }
    } else {
        double mean = 0, low = s.min[0], high = s.max[0];
        for (int64_t i = 0; i < n; i++) {
            mean += s.mean[i] / (double)n;
            low = s.min[i] < low ? s.min[i] : low;
            high = s.max[i] > high ? s.max[i] : high;
        }
        printf("  values    from %g to %g, mean %.4f\n", low, high, mean);
    }
    free(memory);
    return CLI_OK;
}

/* The first rows of each class. */
static int show_pictures(cli_job *job, luge_dataset *data, const double *targets, int64_t classes)
{
    enum { MOST = 10 };
    static char captions[MOST][CLI_CAPTION];
    int64_t rows[MOST];
    int n = 0;
    for (int64_t c = 0; c < classes && n < MOST; c++)
        for (int64_t i = 0; i < luge_dataset_rows(data); i++) {
            char name[CLI_TEXT];
            if ((int64_t)targets[i] != c) continue;
            snprintf(captions[n], CLI_CAPTION, "%s", cli_class_name(job, c, name));
            rows[n++] = i;
            break;
        }
    printf("\n");
    return n ? cli_draw_pictures(job, data, rows, n, captions) : CLI_OK;
}

static int show_targets(cli_job *job, luge_dataset *data, int pictures)
{
    char text[CLI_MESSAGE] = "", number[CLI_TEXT], name[CLI_TEXT];
    if (luge_dataset_count(data, LUGE_TARGETS) < 1 || luge_dataset_column(data, LUGE_TARGETS, 0, &job->targets))
        return CLI_OK;
    double *targets = cli_targets(job, data);
    if (!targets) return CLI_FAILED;
    const int64_t rows = luge_dataset_rows(data), classes = job->targets.classes;
    for (int64_t c = 0; c < classes && strlen(text) < CLI_MESSAGE - 200; c++) {
        int64_t n = 0;
        for (int64_t i = 0; i < rows; i++) n += (int64_t)targets[i] == c;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s\1%s", c ? ", " : "",
                 cli_class_name(job, c, name), cli_count(number, n));
    }
    if (classes)
        cli_line("classes", "%s", text);
    else
        cli_line("target", "numbers");
    const int code = pictures && classes ? show_pictures(job, data, targets, classes) : CLI_OK;
    free(targets);
    return code;
}

static int show(cli_job *job, const char *spec)
{
    luge_table *table;
    luge_dataset *data;
    char n[CLI_TEXT], shape[128] = "", bytes[CLI_TEXT];
    int code = cli_load(job, spec, &table, &data);
    if (code) return code;
    if (table) {
        show_table(table, cli_spec_name(spec));
        return CLI_OK;
    }
    if (luge_dataset_column(data, LUGE_FEATURES, 0, &job->features)) return cli_fail_with(job->o.verb, job->ctx);
    const luge_column_info *x = &job->features;
    if (!luge_dataset_rows(data)) return cli_fail(job->o.verb, "%s has no rows", spec);
    for (int i = 0; i < x->shape.ndim; i++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), i ? " x %lld" : "%lld",
                 (long long)x->shape.dim[i]);
    printf("\n");
    cli_line("data", "%s: %s rows of %s, %s in memory", spec, cli_count(n, luge_dataset_rows(data)), shape,
             cli_bytes(bytes, (double)luge_dataset_memory(data)));
    code = show_features(job, data, x);
    if (!code) code = show_targets(job, data, cli_is_picture(&x->shape));
    printf("\n");
    return code;
}

/* ---- fetch and make ---------------------------------------------------------------------------------------------- */

static int fetch(cli_job *job, const char *name)
{
    char folder[4096];
    const char *output = job->o.value[OPT_OUTPUT] ? job->o.value[OPT_OUTPUT] : job->o.value[OPT_DATA_DIR];
    if (output) {
        snprintf(folder, sizeof folder, "%s", output);
    } else { /* the last is the user's own */
        const char *last = strrchr(job->data_dirs, ':');
        snprintf(folder, sizeof folder, "%s", last ? last + 1 : job->data_dirs);
    }
    if (!*folder) return cli_fail(job->o.verb, "where to? -o FOLDER tells");
    const luge_sink progress = cli_yes(&job->o, OPT_QUIET, 0) ? (luge_sink){ NULL, NULL } : luge_file_sink(stdout);
    if (luge_fetch_data(job->ctx, name, folder, job->o.value[OPT_MIRROR], progress))
        return cli_fail_with(job->o.verb, job->ctx);
    if (!cli_yes(&job->o, OPT_QUIET, 0)) {
        cli_line("saved", "%s/%s", folder, name);
        cli_line("next", "luge data show %s", name);
    }
    return CLI_OK;
}

static void write_rows(const cli_job *job, FILE *file, const float *x, int64_t width, const double *y, int64_t rows)
{
    char name[CLI_TEXT];
    const luge_column_info *c = &job->features;
    for (int64_t i = 0; i < width; i++) {
        if (c->names && i < c->n_names)
            fprintf(file, "%s,", c->names[i]);
        else
            fprintf(file, "x%lld,", (long long)i + 1);
    }
    fprintf(file, "%s\n", job->targets.classes ? "class" : "y");
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < width; i++) fprintf(file, "%.7g,", (double)x[r * width + i]);
        if (job->targets.classes)
            fprintf(file, "%s\n", cli_class_name(job, (int64_t)y[r], name));
        else
            fprintf(file, "%.7g\n", y[r]);
    }
}

static int make(cli_job *job, const char *name)
{
    char n[CLI_TEXT];
    const char *path = job->o.value[OPT_OUTPUT];
    luge_dataset *data = luge_make_data(job->ctx, name, .rows = cli_whole(&job->o, OPT_ROWS, 0),
                                        .seed = (uint64_t)cli_whole(&job->o, OPT_SEED, 1));
    if (!data || luge_dataset_column(data, LUGE_FEATURES, 0, &job->features) ||
        luge_dataset_column(data, LUGE_TARGETS, 0, &job->targets))
        return cli_fail_with(job->o.verb, job->ctx);
    const int64_t rows = luge_dataset_rows(data), width = luge_shape_size(&job->features.shape);
    const size_t bytes = (size_t)rows * (size_t)width * sizeof(float);
    double *y = cli_targets(job, data);
    float *x = y ? malloc(bytes) : NULL;
    FILE *file = NULL;
    int code = x ? CLI_OK : y ? cli_fail(job->o.verb, "out of memory") : CLI_FAILED;
    if (!code && luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, rows, x, bytes))
        code = cli_fail_with(job->o.verb, job->ctx);
    if (!code && !(file = path ? cli_create(job->o.verb, path) : stdout)) code = CLI_FAILED;
    if (file) write_rows(job, file, x, width, y, rows);
    if (file && path) code = cli_finish(job->o.verb, path, file);
    if (!code && path && !cli_yes(&job->o, OPT_QUIET, 0)) {
        cli_line("saved", "%s: %s rows", path, cli_count(n, rows));
        cli_line("next", "luge train --data %s", path);
    }
    free(x);
    free(y);
    return code;
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static int data(cli_job *job)
{
    static const char *const names[] = { "list", "show", "fetch", "make" };
    const char *what = job->o.n_words ? job->o.word[0] : "list", *name = job->o.n_words > 1 ? job->o.word[1] : NULL;
    if (!strcmp(what, "list")) return name ? cli_unexpected("data list", name) : list(job);
    for (int i = 1; i < 4; i++) {
        if (strcmp(what, names[i]) != 0) continue;
        if (name) return i == 1 ? show(job, name) : i == 2 ? fetch(job, name) : make(job, name);
        cli_fail(job->o.verb, "%s what?\n  luge data list tells what there is", what);
        return CLI_USAGE;
    }
    cli_fail(job->o.verb, "no \"%s\"; nearest: %s", what, luge_nearest(what, names, 4));
    return CLI_USAGE;
}

int cli_data(int n, char **arg)
{
    return cli_run("data", VERB_DATA, 2, n, arg, data);
}
