/* chart.c: charts as data: building one, what its panels span, and where it goes. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "tool.h"

/* ---- building ---------------------------------------------------------------------------------------------------- */

/* Copies that live as long as the chart; NULL where there is nothing, or memory is short. */
static void *keep(cli_chart *c, const void *from, size_t bytes)
{
    void **blocks = from && !c->failed ? realloc(c->block, (c->n_blocks + 1) * sizeof *blocks) : NULL;
    void *copy = blocks ? malloc(bytes + 1) : NULL;
    if (blocks) c->block = blocks;
    if (from && !copy) c->failed = 1;
    if (!copy) return NULL;
    c->block[c->n_blocks++] = copy;
    return memcpy(copy, from, bytes);
}

static const char *keep_text(cli_chart *c, const char *text)
{
    return text ? keep(c, text, strlen(text) + 1) : NULL;
}

static const double *keep_numbers(cli_chart *c, const double *numbers, int64_t n)
{
    return keep(c, numbers, (size_t)n * sizeof *numbers);
}

static const char *const *keep_names(cli_chart *c, const char *const *names, int64_t n)
{
    const char **copy = keep(c, names, (size_t)n * sizeof *names);
    for (int64_t i = 0; copy && i < n; i++) copy[i] = keep_text(c, names[i]);
    return copy;
}

/* Room for one element more behind n. */
static void *extend(cli_chart *c, void *array, int n, size_t size)
{
    void *longer = c->failed ? NULL : realloc(array, ((size_t)n + 1) * size);
    if (!longer) c->failed = 1;
    return longer;
}

cli_chart cli_chart_begin(const char *title)
{
    cli_chart c = { .failed = 0 };
    c.title = keep_text(&c, title);
    return c;
}

void cli_chart_free(cli_chart *c)
{
    for (int i = 0; i < c->n_panels; i++) free(c->panel[i].series);
    for (size_t i = 0; i < c->n_blocks; i++) free(c->block[i]);
    free(c->panel);
    free(c->note);
    free(c->block);
    *c = (cli_chart){ .failed = 0 };
}

static cli_axis keep_axis(cli_chart *c, cli_axis a)
{
    a.name = keep_text(c, a.name);
    a.unit = keep_text(c, a.unit);
    a.names = keep_names(c, a.names, a.n_names);
    return a;
}

void cli_chart_panel(cli_chart *c, const char *title, cli_axis x, cli_axis y)
{
    cli_panel *panels = extend(c, c->panel, c->n_panels, sizeof *panels);
    if (!panels) return;
    c->panel = panels;
    panels[c->n_panels++] = (cli_panel){ .title = keep_text(c, title), .x = keep_axis(c, x), .y = keep_axis(c, y) };
}

static int is_grid(cli_mark mark)
{
    return mark >= CLI_CONTOUR;
}

static int64_t cells_of(const cli_series *s)
{
    return (s->mark == CLI_TILES ? s->n : 1) * s->rows * s->columns;
}

typedef struct range {
    double low, high;
    int any;
} range;

static void take(range *r, const cli_axis *a, const double *values, int64_t n, double room)
{
    for (int64_t i = 0; values && i < n; i++) {
        if (!isfinite(values[i]) || (a->log && values[i] <= 0)) continue;
        if (!r->any || values[i] - room < r->low) r->low = values[i] - room;
        if (!r->any || values[i] + room > r->high) r->high = values[i] + room;
        r->any = 1;
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What 199 of 200 values are not above. */
static double most_of(const double *values, int64_t n)
{
    double *sorted = malloc(((size_t)n + 1) * sizeof *sorted), most = 0;
    int64_t good = 0;
    for (int64_t i = 0; sorted && i < n; i++)
        if (isfinite(values[i])) sorted[good++] = fabs(values[i]);
    if (good) qsort(sorted, (size_t)good, sizeof *sorted, compare);
    if (good) most = sorted[good - 1 - good / 200];
    free(sorted);
    return most;
}

/* The least and the largest value; where some are below 0, so that 0 is in the middle. A few large weights do not make
 * all images pale. */
static void find_ends(cli_series *s)
{
    range r = { .any = 0 };
    take(&r, &(cli_axis){ .log = 0 }, s->z, cells_of(s), 0);
    const double largest = s->mark == CLI_TILES ? most_of(s->z, cells_of(s)) : r.high > -r.low ? r.high : -r.low;
    s->ends[0] = r.low < 0 ? -largest : s->mark == CLI_TILES ? 0 : r.low;
    s->ends[1] = r.low < 0 || s->mark == CLI_TILES ? largest : r.high;
    if (!(s->ends[1] > s->ends[0])) s->ends[1] = s->ends[0] + 1;
}

static const double *shade_by_value(cli_chart *c, const cli_series *s)
{
    double *shade = keep(c, s->z, (size_t)cells_of(s) * sizeof *shade);
    for (int64_t i = 0; shade && i < cells_of(s); i++) shade[i] = (shade[i] - s->ends[0]) / (s->ends[1] - s->ends[0]);
    return shade;
}

void cli_chart_add(cli_chart *c, cli_series s)
{
    cli_panel *p = c->n_panels ? &c->panel[c->n_panels - 1] : NULL;
    cli_series *series = p ? extend(c, p->series, p->n_series, sizeof *series) : NULL;
    if (!series) return;
    p->series = series;
    const int grid = is_grid(s.mark);
    s.name = keep_text(c, s.name);
    s.x = keep_numbers(c, s.x, grid ? s.columns : s.n);
    s.y = keep_numbers(c, s.y, grid ? s.rows : s.n);
    s.z = keep_numbers(c, s.z, cells_of(&s));
    s.shade = keep_numbers(c, s.shade, cells_of(&s));
    s.names = keep_names(c, s.names, s.n_names);
    s.by_value = s.mark >= CLI_CELLS && !s.shade;
    if (s.by_value) find_ends(&s);
    if (s.by_value && s.mark == CLI_CELLS) s.shade = shade_by_value(c, &s);
    if (!c->failed) series[p->n_series++] = s;
}

void cli_chart_note(cli_chart *c, const char *label, const char *format, ...)
{
    char text[CLI_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cli_note *notes = extend(c, c->note, c->n_notes, sizeof *notes);
    if (!notes) return;
    c->note = notes;
    notes[c->n_notes++] = (cli_note){ keep_text(c, label), keep_text(c, text) };
}

/* ---- what is in a panel ------------------------------------------------------------------------------------------ */

/* The axis's own limits, or the numbers', with room at both ends. */
static void limits(range r, const cli_axis *a, double share, double *low, double *high)
{
    *low = a->low;
    *high = a->high;
    if (a->low < a->high) return;
    if (!r.any) r = (range){ a->log ? 1 : 0, a->log ? 10 : 1, 1 };
    if (a->log) {
        const double room = r.low < r.high ? pow(r.high / r.low, share) : 2;
        *low = r.low / room;
        *high = r.high * room;
    } else {
        const double room = r.low < r.high ? share * (r.high - r.low) : fabs(r.low) * 0.1 + 0.1;
        *low = r.low - room;
        *high = r.high + room;
    }
}

/* A region's colour reaches so far beyond its place. */
static double half_step(const double *place, int64_t n)
{
    return n > 1 ? (place[1] - place[0]) / 2 : 0;
}

cli_span cli_chart_span(const cli_panel *p)
{
    cli_span span;
    const double zero = 0;
    double share_x = 0.02, share_y = 0.04;
    range x = { .any = 0 }, y = { .any = 0 };
    for (int i = 0; i < p->n_series; i++) {
        const cli_series *s = &p->series[i];
        const int grid = is_grid(s->mark);
        take(&x, &p->x, s->x, grid ? s->columns : s->n,
             s->mark == CLI_REGIONS ? half_step(s->x, s->columns) : s->width / 2);
        take(&y, &p->y, s->y, grid ? s->rows : s->n, s->mark == CLI_REGIONS ? half_step(s->y, s->rows) : 0);
        if (s->mark == CLI_BARS && !p->y.log) take(&y, &p->y, &zero, 1, 0);
        if (s->mark == CLI_POINTS || s->mark == CLI_PATH) share_x = 0.04;
        if (s->mark == CLI_BARS) share_x = 0;
    }
    for (int i = 0; i < p->n_series; i++)
        if (is_grid(p->series[i].mark)) share_x = share_y = 0;
    limits(x, &p->x, share_x, &span.x_low, &span.x_high);
    limits(y, &p->y, share_y, &span.y_low, &span.y_high);
    for (int i = 0; i < p->n_series; i++) /* bars stand on the axis */
        if (p->series[i].mark == CLI_BARS && !p->y.log && y.low >= 0 && p->y.low >= p->y.high) span.y_low = 0;
    return span;
}

int cli_chart_levels(const cli_series *s, double level[CLI_LEVELS])
{
    const int64_t cells = s->rows * s->columns;
    double *sorted = malloc(((size_t)cells + 1) * sizeof *sorted);
    int64_t n = 0;
    int levels = 0;
    for (int64_t i = 0; sorted && i < cells; i++)
        if (isfinite(s->z[i])) sorted[n++] = s->z[i];
    if (n) qsort(sorted, (size_t)n, sizeof *sorted, compare);
    for (int k = 0; k < CLI_LEVELS && n; k++) {
        char text[CLI_TEXT];
        snprintf(text, sizeof text, "%.2g", sorted[(2 * k + 1) * (n - 1) / (2 * CLI_LEVELS)]);
        const double height = strtod(text, NULL); /* a number that can be read off the legend */
        if (!levels || height > level[levels - 1]) level[levels++] = height;
    }
    free(sorted);
    return levels;
}

static int log_ticks(double low, double high, int most, double place[CLI_TICKS])
{
    static const int factors[] = { 1, 2, 5 };
    const int first = (int)floor(log10(low)), last = (int)ceil(log10(high)), few = last - first <= 2;
    int n = 0;
    const int step = (last - first + most - 1) / most;
    for (int k = first; k <= last; k += step > 1 ? step : 1)
        for (int i = 0; i < (few ? 3 : 1) && n < CLI_TICKS; i++) {
            const double value = factors[i] * pow(10, k);
            if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) place[n++] = value;
        }
    return n;
}

int cli_chart_ticks(const cli_axis *a, double low, double high, int most, double place[CLI_TICKS])
{
    if (a->log) return log_ticks(low, high, most, place);
    const double rough = (high - low) / most, power = pow(10, floor(log10(rough))), part = rough / power;
    double step = power * (part < 1.41 ? 1 : part < 3.16 ? 2 : part < 7.07 ? 5 : 10); /* the nearest, by their ratio */
    int n = 0;
    if (a->whole && step < 1) step = 1;
    for (double k = ceil(low / step - 1e-9); k * step <= high + 1e-9 * step && n < CLI_TICKS; k++)
        place[n++] = fabs(k) < 0.5 ? 0 : k * step; /* not -0 */
    return n;
}

const char *cli_chart_cell(const cli_series *s, int64_t i, char text[CLI_TEXT])
{
    int whole = 1;
    for (int64_t k = 0; k < s->rows * s->columns && whole; k++)
        whole = fabs(s->z[k]) < 1e15 && s->z[k] == floor(s->z[k]);
    if (!isfinite(s->z[i]))
        snprintf(text, CLI_TEXT, "-");
    else if (whole)
        cli_count(text, (int64_t)s->z[i]);
    else
        snprintf(text, CLI_TEXT, fabs(s->z[i]) < 100 ? "%.2f" : "%.4g", s->z[i]);
    return text;
}

const char *cli_axis_text(const cli_axis *a, char *text, size_t size)
{
    snprintf(text, size, a->unit ? "%s (%s)" : "%s%s", a->name ? a->name : "", a->unit ? a->unit : "");
    return text;
}

const char *cli_series_name(const cli_series *s, int64_t index, char text[CLI_TEXT])
{
    if (s->names && index < s->n_names && s->names[index]) return s->names[index];
    snprintf(text, CLI_TEXT, "%lld", (long long)(index + (s->mark == CLI_TILES)));
    return text;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static const char *const endings[] = { ".svg", ".png", ".pdf", ".gp", ".csv" };
static const char *const terminals[] = { "svg", "pngcairo", "pdfcairo" };
enum { SCRIPT = 3, NUMBERS = 4, N_ENDINGS = 5 };

static int ending_of(const char *path)
{
    const size_t n = strlen(path);
    for (int i = 0; i < N_ENDINGS; i++)
        if (n > strlen(endings[i]) && !strcmp(path + n - strlen(endings[i]), endings[i])) return i;
    return -1;
}

int cli_chart_check(const char *verb, const char *path)
{
    if (ending_of(path) >= 0) return cli_check_output(verb, path);
    cli_fail(verb,
             "%s: its ending should be .svg, .png or .pdf for a picture, .gp for gnuplot's script, .csv for "
             "the numbers",
             path);
    return CLI_USAGE;
}

/* Text made by us, whole or not at all. */
static int write_text(const char *verb, const cli_chart *c, const char *path, int ending)
{
    FILE *file = cli_create(verb, path);
    if (!file) return CLI_FAILED;
    if (ending == NUMBERS)
        cli_chart_csv(c, file);
    else
        cli_chart_script(c, terminals[0], file);
    return cli_finish(verb, path, file);
}

/* The numbers take the picture's place. */
static int without_gnuplot(const char *verb, const cli_chart *c, const char *path)
{
    char numbers[4096];
    snprintf(numbers, sizeof numbers, "%.*s.csv", (int)(strrchr(path, '.') - path), path);
    const int code = write_text(verb, c, numbers, NUMBERS);
    if (code) return code;
    return cli_fail(
        verb, "there is no gnuplot to draw %s\n  the numbers are in %s\n  Debian, Ubuntu: apt install gnuplot-nox",
        path, numbers);
}

static int draw(const char *verb, const cli_chart *c, const char *path, int ending)
{
    static const char *const argv[] = { "gnuplot", "-d", "-", NULL };
    char *script = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&script, &bytes);
    if (file) cli_chart_script(c, terminals[ending], file);
    const int good = file && !ferror(file) && !fclose(file);
    const int code = good ? cli_tool_run(verb, argv, script, bytes, path) : cli_fail(verb, "out of memory");
    free(script);
    return code;
}

int cli_chart_save(const char *verb, const cli_chart *c, const char *path)
{
    const int code = cli_chart_check(verb, path), ending = ending_of(path);
    if (code) return code;
    if (c->failed) return cli_fail(verb, "out of memory");
    if (ending >= SCRIPT) return write_text(verb, c, path, ending);
    return cli_tool_exists("gnuplot") ? draw(verb, c, path, ending) : without_gnuplot(verb, c, path);
}

int cli_chart_tell(const cli_options *o, const cli_chart *c)
{
    const char *path = o->value[OPT_OUTPUT];
    if (c->failed) return cli_fail(o->verb, "out of memory");
    const int code = path ? cli_chart_save(o->verb, c, path) : CLI_OK;
    if (cli_yes(o, OPT_JSON, 0))
        cli_chart_json(c, stdout);
    else if (cli_yes(o, OPT_CSV, 0))
        cli_chart_csv(c, stdout);
    else if (path && !code && !cli_yes(o, OPT_QUIET, 0))
        printf("  saved     %s\n", path);
    else if (!path)
        return cli_chart_print(o->verb, c);
    return code;
}
