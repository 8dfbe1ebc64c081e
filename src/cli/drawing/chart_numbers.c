/* chart_numbers.c: the numbers behind a chart, as CSV and as JSON. */
#include <math.h>

#include "chart.h"
#include "cli/job.h"

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

static void number(FILE *file, double value)
{
    char text[CLI_TEXT];
    fputs(isnan(value) ? "nan" : cli_exact(text, value), file);
}

/* A place along an axis: its name where it has one, otherwise what `places` says, or the index. */
static void place(FILE *file, const cli_axis *a, const double *places, int64_t i)
{
    if (a->names && i < a->n_names && a->names[i])
        cli_csv_field(file, a->names[i]);
    else
        number(file, places ? places[i] : (double)i);
}

static void begin_line(FILE *file, const cli_panel *p, const char *series)
{
    cli_csv_field(file, p->title ? p->title : "");
    fputc(',', file);
    cli_csv_field(file, series ? series : "");
    fputc(',', file);
}

static void grid_lines(const cli_panel *p, const cli_series *s, int64_t tile, FILE *file)
{
    char text[CLI_TEXT];
    const char *name = s->mark == CLI_TILES ? cli_series_name(s, tile, text) : s->name;
    for (int64_t i = 0; i < s->rows; i++)
        for (int64_t k = 0; k < s->columns; k++) {
            begin_line(file, p, name);
            place(file, &p->x, s->x, k);
            fputc(',', file);
            place(file, &p->y, s->y, i);
            fputc(',', file);
            number(file, s->z[(tile * s->rows + i) * s->columns + k]);
            fputc('\n', file);
        }
}

void cli_chart_csv(const cli_chart *c, FILE *file)
{
    fprintf(file, "panel,series,x,y,z\n");
    for (int i = 0; i < c->n_panels; i++)
        for (int k = 0; k < c->panel[i].n_series; k++) {
            const cli_panel *p = &c->panel[i];
            const cli_series *s = &p->series[k];
            if (s->z) {
                for (int64_t tile = 0; tile < (s->mark == CLI_TILES ? s->n : 1); tile++) grid_lines(p, s, tile, file);
                continue;
            }
            for (int64_t n = 0; n < s->n; n++) {
                begin_line(file, p, s->name);
                number(file, s->x[n]);
                fputc(',', file);
                if (s->y) number(file, s->y[n]);
                fprintf(file, ",\n");
            }
        }
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void numbers(cli_json *j, const char *key, const double *values, int64_t n)
{
    if (!values) return;
    cli_json_open(j, key, '[');
    for (int64_t i = 0; i < n; i++) cli_json_number(j, NULL, values[i]);
    cli_json_close(j, ']');
}

static void names(cli_json *j, const char *key, const char *const *texts, int64_t n)
{
    if (!texts) return;
    cli_json_open(j, key, '[');
    for (int64_t i = 0; i < n; i++) cli_json_text(j, NULL, texts[i]);
    cli_json_close(j, ']');
}

static void axis(cli_json *j, const char *key, const cli_axis *a)
{
    cli_json_open(j, key, '{');
    cli_json_text(j, "name", a->name);
    cli_json_text(j, "unit", a->unit);
    if (a->log) cli_json_whole(j, "log", 1);
    names(j, "names", a->names, a->n_names);
    cli_json_close(j, '}');
}

/* Rows of a grid, or images of rows. */
static void grid(cli_json *j, const cli_series *s)
{
    const int64_t tiles = s->mark == CLI_TILES ? s->n : 1;
    if (!s->z) return;
    cli_json_open(j, "z", '[');
    for (int64_t t = 0; t < tiles; t++) {
        if (s->mark == CLI_TILES) cli_json_open(j, NULL, '[');
        for (int64_t i = 0; i < s->rows; i++) numbers(j, NULL, s->z + (t * s->rows + i) * s->columns, s->columns);
        if (s->mark == CLI_TILES) cli_json_close(j, ']');
    }
    cli_json_close(j, ']');
}

static void series(cli_json *j, const cli_series *s)
{
    static const char *const marks[] = { "line",    "points",  "path",  "bars", "rule",
                                         "contour", "regions", "cells", "tiles" };
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "name", s->name);
    cli_json_text(j, "mark", marks[s->mark]);
    names(j, "names", s->names, s->n_names);
    if (s->mark == CLI_BARS) cli_json_number(j, "width", s->width);
    numbers(j, "x", s->x, s->z ? s->columns : s->n);
    numbers(j, "y", s->y, s->z ? s->rows : s->n);
    grid(j, s);
    cli_json_close(j, '}');
}

void cli_chart_json(const cli_chart *c, FILE *file)
{
    cli_json j = { .file = file };
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "title", c->title);
    cli_json_open(&j, "panels", '[');
    for (int i = 0; i < c->n_panels; i++) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "title", c->panel[i].title);
        axis(&j, "x", &c->panel[i].x);
        axis(&j, "y", &c->panel[i].y);
        cli_json_open(&j, "series", '[');
        for (int k = 0; k < c->panel[i].n_series; k++) series(&j, &c->panel[i].series[k]);
        cli_json_close(&j, ']');
        cli_json_close(&j, '}');
    }
    cli_json_close(&j, ']');
    cli_json_open(&j, "notes", '[');
    for (int i = 0; i < c->n_notes; i++) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "about", c->note[i].label);
        cli_json_text(&j, "text", c->note[i].text);
        cli_json_close(&j, '}');
    }
    cli_json_close(&j, ']');
    cli_json_close(&j, '}');
    fputc('\n', file);
}
