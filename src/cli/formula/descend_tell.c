/* descend_tell.c: ways down a formula as tables, numbers and pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/drawing/chart.h"
#include "descend.h"
#include "cli/job.h"

enum { SHOWN_SIDES = 4, GRID = 61, CURVE = 401 };

static const double *point(const cli_descend_job *job, const cli_way *way, int64_t step)
{
    return &way->at[step * job->n_sides];
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

/* 0, 1, 2, 5, 10, 20, 50, ... and the last. */
static int64_t next_shown(int64_t step, int64_t last)
{
    int64_t unit = 1;
    while (unit * 10 <= step) unit *= 10;
    const int64_t next = step < 1 ? 1 : step < 2 * unit ? 2 * unit : step < 5 * unit ? 5 * unit : 10 * unit;
    return next < last ? next : last;
}

static void print_way(const cli_descend_job *job, const cli_way *way)
{
    const int shown = job->n_sides < SHOWN_SIDES ? job->n_sides : SHOWN_SIDES;
    printf("\n  %s, rate %g\n  %7s", way->name, way->rate, "step");
    for (int i = 0; i < shown; i++)
        printf(" %*s", 13 + (int)strlen(job->side[i]) - cli_columns(job->side[i]), job->side[i]);
    printf(" %*s\n", 13 + (int)strlen(job->y_name) - cli_columns(job->y_name), job->y_name);
    for (int64_t step = 0;; step = next_shown(step, way->steps)) {
        printf("  %7lld", (long long)step);
        for (int i = 0; i < shown; i++) printf(" %13.6g", point(job, way, step)[i]);
        printf(" %13.6g\n", way->value[step]);
        if (step == way->steps) break;
    }
    const double first = fabs(way->value[0]), last = way->value[way->steps];
    if (way->lost)
        printf("  it stops: step %lld leads to no finite number; try a smaller rate\n", (long long)way->lost);
    else if (last > way->value[0] && fabs(last) > 1e3 * (first > 1 ? first : 1))
        printf("  it runs away: each step leads further up; try a smaller rate\n");
    else if (last <= way->value[0] && way->value[0] - last < 1e-6 * first)
        printf("  it hardly moves; try a larger rate\n");
}

static void print_ways(const cli_descend_job *job)
{
    char text[200], line[CLI_MESSAGE] = "";
    const cli_place all = { 0, job->x.f.length };
    size_t n = 0;
    cli_formula_text(&job->x.f, all, 74, text, sizeof text);
    printf("\n  %s\n  from ", text);
    for (int i = 0; i < job->n_sides && n < sizeof line - 100; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%s%c=%c%g", i ? ", " : "", job->side[i], CLI_NO_BREAK,
                              CLI_NO_BREAK, job->start[i]);
    cli_wrap(7, line);
    for (int i = 0; i < job->n_ways; i++) print_way(job, &job->way[i]);
    if (job->n_sides > SHOWN_SIDES) printf("\n  the first four of %d names; --csv has all\n", job->n_sides);
}

/* ---- for scripts ------------------------------------------------------------------------------------------------- */

static void put_csv(const cli_descend_job *job)
{
    char text[CLI_TEXT];
    printf("optimizer,rate,step");
    for (int i = 0; i < job->n_sides; i++) {
        putchar(',');
        cli_csv_field(stdout, job->side[i]);
    }
    printf(",%s\n", job->y_name);
    for (int k = 0; k < job->n_ways; k++) {
        const cli_way *way = &job->way[k];
        for (int64_t step = 0; step <= way->steps; step++) {
            printf("%s,%s", way->name, cli_exact(text, way->rate));
            printf(",%lld", (long long)step);
            for (int i = 0; i < job->n_sides; i++) printf(",%s", cli_exact(text, point(job, way, step)[i]));
            printf(",%s\n", cli_exact(text, way->value[step]));
        }
    }
}

static void put_path(cli_json *j, const cli_descend_job *job, const cli_way *way)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "optimizer", way->name);
    cli_json_number(j, "rate", way->rate);
    cli_json_whole(j, "steps", way->steps);
    if (way->lost)
        cli_json_whole(j, "diverged", way->lost);
    else
        cli_json_text(j, "diverged", NULL);
    cli_json_open(j, "path", '{');
    for (int i = 0; i < job->n_sides; i++) {
        cli_json_open(j, job->side[i], '[');
        for (int64_t step = 0; step <= way->steps; step++) cli_json_number(j, NULL, point(job, way, step)[i]);
        cli_json_close(j, ']');
    }
    cli_json_close(j, '}');
    cli_json_open(j, "values", '[');
    for (int64_t step = 0; step <= way->steps; step++) cli_json_number(j, NULL, way->value[step]);
    cli_json_close(j, ']');
    cli_json_close(j, '}');
}

static void put_json(const cli_descend_job *job)
{
    cli_json j = { .file = stdout };
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "name", job->y_name);
    cli_json_open(&j, "from", '{');
    for (int i = 0; i < job->n_sides; i++) cli_json_number(&j, job->side[i], job->start[i]);
    cli_json_close(&j, '}');
    cli_json_open(&j, "ways", '[');
    for (int k = 0; k < job->n_ways; k++) put_path(&j, job, &job->way[k]);
    cli_json_close(&j, ']');
    cli_json_close(&j, '}');
    printf("\n");
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

/* What of one side is drawn: where the ways go, but of one that does not go down no more than three times the start's
 * distance from 0. */
static void span_of(const cli_descend_job *job, int side, double *low, double *high)
{
    const double start = job->start[side], most = 3 * fmax(1, fabs(start));
    *low = *high = start;
    for (int k = 0; k < job->n_ways; k++) {
        const cli_way *way = &job->way[k];
        const int down = !way->lost && way->value[way->steps] <= way->value[0];
        for (int64_t step = 0; step <= way->steps; step++) {
            const double at = point(job, way, step)[side];
            if (!down && fabs(at) > most) continue;
            *low = fmin(*low, at);
            *high = fmax(*high, at);
        }
    }
    *low = fmin(*low, -0.2 * fabs(start)); /* the place 0 is mostly of interest, and the other side of it */
    *high = fmax(*high, 0.2 * fabs(start));
    if (*high - *low < 1e-9 * most) *high += 1, *low -= 1;
    const double room = 0.08 * (*high - *low);
    *low -= room;
    *high += room;
}

/* A coordinate of a way: along a side, or (-1) the value. */
static double coordinate(const cli_descend_job *job, const cli_way *way, int side, int64_t step)
{
    return side < 0 ? way->value[step] : point(job, way, step)[side];
}

typedef struct box {
    double low[2], high[2];
} box;

static int is_inside(const box *b, const double p[2])
{
    return p[0] >= b->low[0] && p[0] <= b->high[0] && p[1] >= b->low[1] && p[1] <= b->high[1];
}

/* Where the line from p, inside, to q, outside, leaves the box. */
static void leave(const box *b, const double p[2], const double q[2], double *x, double *y)
{
    double part = 1;
    for (int i = 0; i < 2; i++) {
        if (q[i] > b->high[i]) part = fmin(part, (b->high[i] - p[i]) / (q[i] - p[i]));
        if (q[i] < b->low[i]) part = fmin(part, (b->low[i] - p[i]) / (q[i] - p[i]));
    }
    *x = p[0] + part * (q[0] - p[0]);
    *y = p[1] + part * (q[1] - p[1]);
}

/* Adds a way, side by side or the value by a side: up to the edge of the box where it leaves it, and on where it is
 * inside. */
static void add_way(const cli_descend_job *job, const cli_way *way, int second, const box *b, cli_chart *chart)
{
    char text[80];
    const int64_t n = way->steps + 1;
    double *x = calloc((size_t)n * 2, sizeof *x), *y = x ? x + n : NULL, before[2] = { 0 };
    int was_inside = 0;
    for (int64_t i = 0; x && i < n; i++) {
        const double now[2] = { coordinate(job, way, 0, i), coordinate(job, way, second, i) };
        const int inside = is_inside(b, now);
        x[i] = inside ? now[0] : (double)NAN;
        y[i] = inside ? now[1] : (double)NAN;
        if (was_inside && !inside) leave(b, before, now, &x[i], &y[i]);
        if (inside && i && !was_inside && isnan(x[i - 1])) leave(b, now, before, &x[i - 1], &y[i - 1]);
        was_inside = inside;
        memcpy(before, now, sizeof before);
    }
    snprintf(text, sizeof text, "%s, rate %g", way->name, way->rate);
    if (x)
        cli_chart_add(chart, (cli_series){ .mark = CLI_PATH, .name = text, .n = n, .x = x, .y = y });
    else
        chart->failed = 1;
    free(x);
}

static const char *legend(const cli_way *way, char text[80])
{
    snprintf(text, 80, "%s, rate %g", way->name, way->rate);
    return text;
}

static int draw_contour(const cli_descend_job *job, cli_chart *chart)
{
    box b;
    double x[GRID], y[GRID], *z = calloc((size_t)GRID * GRID, sizeof *z);
    if (!z) return cli_fail(job->o.verb, "out of memory");
    for (int i = 0; i < 2; i++) span_of(job, i, &b.low[i], &b.high[i]);
    for (int i = 0; i < GRID; i++) {
        x[i] = b.low[0] + (b.high[0] - b.low[0]) * i / (GRID - 1);
        y[i] = b.low[1] + (b.high[1] - b.low[1]) * i / (GRID - 1);
    }
    for (int i = 0; i < GRID; i++)
        for (int k = 0; k < GRID; k++) z[i * GRID + k] = cli_descend_value(job, (double[]){ x[k], y[i] });
    cli_chart_panel(chart, NULL, (cli_axis){ .name = job->side[0], .low = b.low[0], .high = b.high[0] },
                    (cli_axis){ .name = job->side[1], .low = b.low[1], .high = b.high[1] });
    cli_chart_add(chart, (cli_series){ .mark = CLI_CONTOUR, .rows = GRID, .columns = GRID, .x = x, .y = y, .z = z });
    for (int i = 0; i < job->n_ways; i++) add_way(job, &job->way[i], 1, &b, chart);
    free(z);
    return CLI_OK;
}

static int draw_curve(const cli_descend_job *job, cli_chart *chart)
{
    box b = { .low = { 0, -HUGE_VAL }, .high = { 0, HUGE_VAL } };
    double x[CURVE], y[CURVE];
    span_of(job, 0, &b.low[0], &b.high[0]);
    for (int i = 0; i < CURVE; i++) {
        x[i] = b.low[0] + (b.high[0] - b.low[0]) * i / (CURVE - 1);
        y[i] = cli_descend_value(job, &x[i]);
    }
    cli_chart_panel(chart, NULL, (cli_axis){ .name = job->side[0], .low = b.low[0], .high = b.high[0] },
                    (cli_axis){ .name = job->y_name });
    cli_chart_add(chart, (cli_series){ .mark = CLI_LINE, .name = job->y_name, .n = CURVE, .x = x, .y = y });
    for (int i = 0; i < job->n_ways; i++) add_way(job, &job->way[i], -1, &b, chart);
    return CLI_OK;
}

/* More than two names: the value by steps. */
static int draw_values(const cli_descend_job *job, cli_chart *chart)
{
    int positive = 1;
    double *steps = calloc((size_t)job->steps + 1, sizeof *steps);
    if (!steps) return cli_fail(job->o.verb, "out of memory");
    for (int64_t i = 0; i <= job->steps; i++) steps[i] = (double)i;
    for (int i = 0; i < job->n_ways; i++)
        for (int64_t k = 0; k <= job->way[i].steps; k++) positive = positive && job->way[i].value[k] > 0;
    cli_chart_panel(chart, NULL, (cli_axis){ .name = "step" }, (cli_axis){ .name = job->y_name, .log = positive });
    for (int i = 0; i < job->n_ways; i++) {
        char text[80];
        cli_chart_add(chart, (cli_series){ .mark = CLI_LINE,
                                           .name = legend(&job->way[i], text),
                                           .n = job->way[i].steps + 1,
                                           .x = steps,
                                           .y = job->way[i].value });
    }
    free(steps);
    return CLI_OK;
}

/* Into a file (-o), or as text. */
static int draw(const cli_descend_job *job)
{
    char title[120];
    const char *path = job->o.value[OPT_OUTPUT];
    cli_formula_text(&job->x.f, (cli_place){ 0, job->x.f.length }, 60, title, sizeof title);
    cli_chart chart = cli_chart_begin(title);
    int code = job->n_sides == 1   ? draw_curve(job, &chart)
               : job->n_sides == 2 ? draw_contour(job, &chart)
                                   : draw_values(job, &chart);
    if (!code) code = path ? cli_chart_save(job->o.verb, &chart, path) : cli_chart_print(job->o.verb, &chart);
    cli_chart_free(&chart);
    return code;
}

int cli_descend_tell(const cli_descend_job *job)
{
    const char *path = job->o.value[OPT_OUTPUT];
    const int csv = cli_yes(&job->o, OPT_CSV, 0), quiet = csv || cli_yes(&job->o, OPT_QUIET, 0);
    int code = path ? draw(job) : CLI_OK;
    if (csv) put_csv(job);
    if (!quiet) print_ways(job);
    if (!quiet && !path) code = draw(job);
    if (!quiet && !code && path) printf("\n  saved     %s\n", path);
    if (cli_yes(&job->o, OPT_JSON, 0) && !csv) put_json(job);
    return code;
}
