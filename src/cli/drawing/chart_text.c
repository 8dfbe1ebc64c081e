/* chart_text.c: a chart in the terminal. Curves are dots, eight to a character where the terminal has them; letters say
 * which curve is which. Tables of numbers are tables, images are dots. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "cli/picture.h"

enum { LABEL = 9, MARGIN = 2, WIDTH = CLI_WIDTH, HEIGHT = 16, DOTS_X = 2, DOTS_Y = 4 };

typedef struct canvas {
    int width, height; /* in characters */
    const cli_panel *panel;
    cli_span span;
    unsigned char dots[HEIGHT][WIDTH];
    char mark[HEIGHT][WIDTH]; /* stands in place of the dots */
} canvas;

/* ---- dots -------------------------------------------------------------------------------------------------------- */

static double share(double value, double low, double high, int log)
{
    return log ? log10(value / low) / log10(high / low) : (value - low) / (high - low);
}

/* Where a point lies, in dots from the top left; nonzero where it lies anywhere near. */
static int at(const canvas *c, double x, double y, double *across, double *down)
{
    const cli_panel *p = c->panel;
    if ((p->x.log && x <= 0) || (p->y.log && y <= 0)) return 0;
    *across = share(x, c->span.x_low, c->span.x_high, p->x.log) * (DOTS_X * c->width - 1);
    *down = (1 - share(y, c->span.y_low, c->span.y_high, p->y.log)) * (DOTS_Y * c->height - 1);
    return fabs(*across) < 1e6 && fabs(*down) < 1e6; /* NaN is not */
}

static void dot(canvas *c, double across, double down)
{
    static const int bits[DOTS_Y][DOTS_X] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };
    const int x = (int)floor(across + 0.5), y = (int)floor(down + 0.5);
    if (x < 0 || y < 0 || x >= DOTS_X * c->width || y >= DOTS_Y * c->height) return;
    c->dots[y / DOTS_Y][x / DOTS_X] |= (unsigned char)bits[y % DOTS_Y][x % DOTS_X];
}

static void mark(canvas *c, double across, double down, char letter, int over)
{
    const int x = (int)floor((across + 0.5) / DOTS_X), y = (int)floor((down + 0.5) / DOTS_Y);
    if (x < 0 || y < 0 || x >= c->width || y >= c->height) return;
    if (over || !c->mark[y][x]) c->mark[y][x] = letter;
}

static void join(canvas *c, const cli_series *s)
{
    double x0 = 0, y0 = 0, x1, y1;
    for (int64_t i = 0, before = 0; i < s->n; i++, x0 = x1, y0 = y1) {
        const int good = at(c, s->x[i], s->y[i], &x1, &y1);
        double steps = !before || !good ? 0 : fabs(x1 - x0) > fabs(y1 - y0) ? fabs(x1 - x0) : fabs(y1 - y0);
        if (steps > 4096) steps = 4096;
        for (int k = 0; good && k <= (int)steps; k++) {
            const double t = steps > 0 ? k / steps : 1;
            dot(c, before ? x0 + t * (x1 - x0) : x1, before ? y0 + t * (y1 - y0) : y1);
        }
        before = good;
    }
}

/* A curve's letter stands on it in a few places, which differ from curve to curve. */
static void letters(canvas *c, const cli_series *s, int index, char letter)
{
    double x, y;
    for (int k = 0; k < 4; k++) {
        const double part = (k + 0.5 + 0.17 * (index % 5)) / 4;
        const int64_t i = (int64_t)(part * (double)(s->n - 1) + 0.5);
        if (i < s->n && at(c, s->x[i], s->y[i], &x, &y)) mark(c, x, y, letter, 0);
    }
}

static void bars(canvas *c, const cli_series *s)
{
    double x0, x1, top, bottom;
    const double floor_y = c->panel->y.log ? c->span.y_low : c->span.y_low > 0 ? c->span.y_low : 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (!at(c, s->x[i] - s->width / 2, floor_y, &x0, &bottom) || !at(c, s->x[i] + s->width / 2, s->y[i], &x1, &top))
            continue;
        for (double x = ceil(x0); x <= x1 && s->y[i] != 0; x++)
            for (double y = top; y <= bottom; y++) dot(c, x, y);
    }
}

static void rules(canvas *c, const cli_series *s)
{
    double x, y;
    for (int64_t i = 0; i < s->n; i++) {
        if (!at(c, s->x[i], c->span.y_high, &x, &y)) continue;
        for (int k = 0; k < c->height; k++) mark(c, x, DOTS_Y * k, ':', 0);
    }
}

/* The grid's value at a share of its width and height from the bottom left. */
static double value_at(const cli_series *s, double across, double up)
{
    const int64_t k = (int64_t)(across * (double)(s->columns - 1) + 0.5),
                  i = (int64_t)(up * (double)(s->rows - 1) + 0.5);
    return s->z[i * s->columns + k];
}

static int level_at(const cli_series *s, const double *level, int n, double across, double up)
{
    const double z = value_at(s, across, up);
    int above = 0;
    while (above < n && z > level[above]) above++;
    return above;
}

static void contour(canvas *c, const cli_series *s)
{
    double level[CLI_LEVELS];
    const int all = cli_chart_levels(s, level), n = (all + 1) / 2, w = DOTS_X * c->width, h = DOTS_Y * c->height;
    for (int i = 0; i < n; i++) level[i] = level[2 * i]; /* all would be a thicket */
    for (int y = 0; y + 1 < h; y++)
        for (int x = 0; x + 1 < w; x++) {
            const double across = (double)x / (w - 1), up = 1 - (double)y / (h - 1);
            const int here = level_at(s, level, n, across, up);
            if (here != level_at(s, level, n, across + 1.0 / (w - 1), up) ||
                here != level_at(s, level, n, across, up - 1.0 / (h - 1)))
                dot(c, x, y);
        }
}

static const char grounds[] = ".:-=+~_^";

static void regions(canvas *c, const cli_series *s)
{
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            const double z = value_at(s, (x + 0.5) / c->width, 1 - (y + 0.5) / c->height);
            if (isfinite(z) && z >= 0) c->mark[y][x] = grounds[(int)z % 8];
        }
}

/* ---- axes -------------------------------------------------------------------------------------------------------- */

static void tick_text(char text[CLI_TEXT], double value, double span)
{
    if (fabs(value) < 1e-9 * span) value = 0;
    snprintf(text, CLI_TEXT, "%.4g", value);
}

static void put_cell(const canvas *c, int y, int x, int utf8)
{
    const int dots = c->dots[y][x];
    if (c->mark[y][x])
        putchar(c->mark[y][x]);
    else if (!dots)
        putchar(' ');
    else if (utf8) /* U+2800 and the dots, in UTF-8 */
        printf("%c%c%c", 0xe2, 0xa0 | dots >> 6, 0x80 | (dots & 0x3f));
    else
        putchar('*');
}

static void put_lines(const canvas *c)
{
    double place[CLI_TICKS], x, y;
    const int utf8 = cli_has_utf8(), n = cli_chart_ticks(&c->panel->y, c->span.y_low, c->span.y_high, 5, place);
    for (int row = 0; row < c->height; row++) {
        char text[CLI_TEXT] = "";
        for (int i = 0; i < n; i++)
            if (at(c, c->span.x_low, place[i], &x, &y) && (int)floor((y + 0.5) / DOTS_Y) == row)
                tick_text(text, place[i], c->span.y_high - c->span.y_low);
        int last = c->width - 1;
        while (last >= 0 && !c->mark[row][last] && !c->dots[row][last]) last--;
        printf("%*s%s", LABEL, text, utf8 ? (*text ? " ┤" : " │") : " |");
        for (int k = 0; k <= last; k++) put_cell(c, row, k, utf8);
        printf("\n");
    }
}

static void put_below(const canvas *c)
{
    double place[CLI_TICKS], x, y;
    char line[WIDTH + 1], name[256];
    const int utf8 = cli_has_utf8(), n = cli_chart_ticks(&c->panel->x, c->span.x_low, c->span.x_high, 6, place);
    printf("%*s%s", LABEL, "", utf8 ? " └" : " +");
    for (int k = 0; k < c->width; k++) fputs(utf8 ? "─" : "-", stdout);
    memset(line, ' ', sizeof line);
    int end = 0, free_from = 0;
    for (int i = 0; i < n; i++) {
        char text[CLI_TEXT];
        tick_text(text, place[i], c->span.x_high - c->span.x_low);
        const int length = (int)strlen(text);
        if (!at(c, place[i], c->span.y_low, &x, &y) || y < 0) continue;
        int from = (int)(x / DOTS_X) - length / 2;
        if (from < 0) from = 0;
        if (from + length > c->width) from = c->width - length;
        if (from < free_from) continue;
        memcpy(line + from, text, (size_t)length);
        end = from + length;
        free_from = end + 1;
    }
    line[end] = '\0';
    printf("\n%*s%s\n", LABEL + 2, "", line);
    cli_axis_text(&c->panel->x, name, sizeof name);
    const int before = LABEL + 2 + (c->width - cli_columns(name)) / 2;
    if (*name) printf("%*s%s\n", before > 0 ? before : 0, "", name);
}

/* ---- panels ------------------------------------------------------------------------------------------------------ */

static char letter_of(int index)
{
    return "abcdefghijklmnopqrstuvwxyz"[index % 26];
}

/* Whether it has a letter. */
static int is_listed(const cli_series *s)
{
    return s->name && !s->unlisted && s->mark <= CLI_BARS;
}

static int named_series(const cli_panel *p)
{
    int n = 0;
    for (int i = 0; i < p->n_series; i++) n += is_listed(&p->series[i]);
    return n;
}

static void add_entry(char *text, size_t size, const char *sign, const char *name)
{
    const size_t n = strlen(text);
    if (n > 600) { /* no place for forty classes */
        if (text[n - 1] != '.') snprintf(text + n, size - n, ", ...");
        return;
    }
    snprintf(text + n, size - n, "%s%s%s%s", n ? ", " : "", sign, *sign ? ": " : "", name);
    for (char *c = text + n + (n ? 2 : 0); *c; c++)
        if (*c == ' ') *c = CLI_NO_BREAK;
}

static void put_legend(const cli_panel *p)
{
    char text[2 * CLI_MESSAGE] = "", name[CLI_TEXT];
    int k = 0, paths = 0;
    const int named = named_series(p);
    for (int i = 0; i < p->n_series; i++) {
        const cli_series *s = &p->series[i];
        const char sign[2] = { letter_of(k), 0 };
        for (int64_t c = 0; s->mark == CLI_REGIONS && c < s->n_names; c++) {
            char region[CLI_TEXT + 16];
            const char ground[2] = { grounds[c % 8], 0 };
            snprintf(region, sizeof region, "region of %.*s", CLI_TEXT, cli_series_name(s, c, name));
            add_entry(text, sizeof text, ground, region);
        }
        if (s->mark == CLI_RULE && s->name) add_entry(text, sizeof text, ":", s->name);
        if (s->mark == CLI_CONTOUR && s->name) add_entry(text, sizeof text, "lines", s->name);
        paths += s->mark == CLI_PATH;
        if (!is_listed(s)) continue;
        k++;
        add_entry(text, sizeof text, named > 1 || s->mark == CLI_POINTS ? sign : "", s->name);
    }
    if (paths) add_entry(text, sizeof text, "o", "start");
    if (paths) add_entry(text, sizeof text, "@", "end");
    if (!*text) return;
    printf("%*s", LABEL + 2, "");
    cli_wrap(LABEL + 2, text);
}

static void draw_series(canvas *c, int index, int letter)
{
    const cli_series *s = &c->panel->series[index];
    const char sign = is_listed(s) ? letter_of(letter) : '*';
    double x, y;
    switch (s->mark) {
    case CLI_CONTOUR:
        contour(c, s);
        break;
    case CLI_REGIONS:
        regions(c, s);
        break;
    case CLI_BARS:
        bars(c, s);
        break;
    case CLI_RULE:
        rules(c, s);
        break;
    case CLI_POINTS:
        for (int64_t i = 0; i < s->n; i++)
            if (at(c, s->x[i], s->y[i], &x, &y)) mark(c, x, y, sign, 1);
        break;
    default:
        join(c, s);
        if (is_listed(s) && named_series(c->panel) > 1) letters(c, s, letter, sign);
        if (s->mark == CLI_PATH && s->n && at(c, s->x[0], s->y[0], &x, &y)) mark(c, x, y, 'o', 1);
        if (s->mark == CLI_PATH && s->n && at(c, s->x[s->n - 1], s->y[s->n - 1], &x, &y)) mark(c, x, y, '@', 1);
    }
}

static void put_curves(const cli_panel *p, int height)
{
    static const int before = LABEL + 2;
    char name[256];
    canvas c = { .panel = p, .span = cli_chart_span(p), .height = height };
    c.width = cli_terminal_width() - before;
    for (int i = 0, k = 0; i < p->n_series; i++) {
        draw_series(&c, i, k);
        k += is_listed(&p->series[i]);
    }
    cli_axis_text(&p->y, name, sizeof name);
    const int indent = LABEL + 2 - cli_columns(name);
    if (*name) printf("%*s%s\n", indent > MARGIN ? indent : MARGIN, "", name);
    put_lines(&c);
    put_below(&c);
    put_legend(p);
}

/* ---- tables and images ------------------------------------------------------------------------------------------- */

static const char *name_of(const cli_axis *a, int64_t i, char text[CLI_TEXT])
{
    if (a->names && i < a->n_names) return a->names[i];
    snprintf(text, CLI_TEXT, "%lld", (long long)i);
    return text;
}

/* By darkness, as many cells to a character as it takes. */
static void put_shades(const cli_series *s, int64_t wide)
{
    static const char ramp[] = " .:-=+*#%@";
    const int64_t step = (s->columns + wide - 1) / wide;
    for (int64_t i = 0; i < s->rows; i += step) {
        printf("%*s", MARGIN, "");
        for (int64_t k = 0; k < s->columns; k += step) {
            double sum = 0, n = 0;
            for (int64_t y = i; y < i + step && y < s->rows; y++)
                for (int64_t x = k; x < k + step && x < s->columns; x++, n++) sum += s->shade[y * s->columns + x];
            const double shade = sum / n * 9.999;
            putchar(isnan(shade) ? '?' : ramp[shade < 0 ? 0 : shade > 9 ? 9 : (int)shade]);
        }
        printf("\n");
    }
}

static void put_table(const cli_panel *p, const cli_series *s)
{
    char text[CLI_TEXT], x_name[256], y_name[256];
    int names = 1, cell = 1;
    cli_axis_text(&p->x, x_name, sizeof x_name);
    cli_axis_text(&p->y, y_name, sizeof y_name);
    for (int64_t i = 0; i < s->rows; i++) {
        const int columns = cli_columns(name_of(&p->y, i, text));
        if (columns > names) names = columns < 16 ? columns : 16;
    }
    for (int64_t i = 0; i < s->rows * s->columns && s->rows * s->columns <= 1600; i++) {
        const int columns = (int)strlen(cli_chart_cell(s, i, text));
        if (columns > cell) cell = columns;
    }
    const int room = cli_terminal_width() - MARGIN - names;
    if (s->rows > 40 || s->columns * (cell + 1) > room) {
        printf("%*s%s across, %s down; blank is least, @ is most\n\n", MARGIN, "", x_name, y_name);
        put_shades(s, cli_terminal_width() - MARGIN);
        return;
    }
    while (cell < 8 && s->columns * (cell + 2) <= room) cell++;
    printf("%*s%s across, %s down\n%*s", MARGIN + names + 1, "", x_name, y_name, MARGIN + names, "");
    for (int64_t k = 0; k < s->columns; k++) {
        printf(" ");
        cli_pad(name_of(&p->x, k, text), cell, 1);
    }
    for (int64_t i = 0; i < s->rows; i++) {
        printf("\n%*s", MARGIN, "");
        cli_pad(name_of(&p->y, i, text), names, 0);
        for (int64_t k = 0; k < s->columns; k++) printf(" %*s", cell, cli_chart_cell(s, i * s->columns + k, text));
    }
    printf("\n");
}

enum { MOST_IMAGES = 10 };

/* The first images; what is above 0 is light. */
static int put_images(const char *verb, const cli_series *s)
{
    char captions[MOST_IMAGES][CLI_CAPTION], name[CLI_TEXT];
    const int n = s->n < MOST_IMAGES ? (int)s->n : MOST_IMAGES;
    const int64_t cells = s->rows * s->columns;
    const luge_shape shape = { .ndim = 2, .dim = { s->rows, s->columns } };
    float *values = malloc(((size_t)(n * cells) + 1) * sizeof *values);
    if (!values) return cli_fail(verb, "out of memory");
    for (int i = 0; i < n; i++) {
        double most = 0;
        for (int64_t k = 0; k < cells; k++)
            if (isfinite(s->z[i * cells + k]) && s->z[i * cells + k] > most) most = s->z[i * cells + k];
        for (int64_t k = 0; k < cells; k++)
            values[i * cells + k] = s->z[i * cells + k] > 0 ? (float)(s->z[i * cells + k] / most) : 0;
        snprintf(captions[i], CLI_CAPTION, "%s", cli_series_name(s, i, name));
    }
    const int code = cli_draw_images(verb, values, &shape, n, captions);
    if (!code && n < s->n) printf("\n%*sand %lld more; -o FILE.png has them all\n", MARGIN, "", (long long)(s->n - n));
    free(values);
    return code;
}

int cli_chart_print(const char *verb, const cli_chart *c)
{
    int code = c->failed ? cli_fail(verb, "out of memory") : CLI_OK;
    if (!code && c->title) printf("\n  %s\n", c->title);
    for (int i = 0; i < c->n_panels && !code; i++) {
        const cli_panel *p = &c->panel[i];
        printf("\n");
        if (p->title) printf("%*s%s\n\n", MARGIN, "", p->title);
        if (p->n_series && p->series[0].mark == CLI_CELLS)
            put_table(p, &p->series[0]);
        else if (p->n_series && p->series[0].mark == CLI_TILES)
            code = put_images(verb, &p->series[0]);
        else
            put_curves(p, c->n_panels > 2 ? HEIGHT / 2 : HEIGHT);
    }
    if (!code) printf("\n");
    for (int i = 0; i < c->n_notes && !code; i++) cli_line(c->note[i].label, "%s", c->note[i].text);
    if (!code && c->n_notes) printf("\n");
    return code;
}
