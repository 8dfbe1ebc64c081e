/* chart_gnuplot.c: a chart as a script for gnuplot 5. Pictures stand on a white card, so that they read alike on white
 * and on black; series differ by colour and by dash or mark. The colours are those of Okabe and Ito, which people with
 * any colour vision tell apart ("Color Universal Design", 2008). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"

enum { N_COLOURS = 7, N_DASHES = 5, MOST_NUMBERS = 30, MOST_NAMES = 50, MOST_TITLES = 12, MARKED = 25 };
static const char *const colours[N_COLOURS] = { "#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                "#E69F00", "#56B4E9", "#000000" };
static const char *const pale[N_COLOURS] = {
    "#BFDCEC", "#F5D7BF", "#BFE7DC", "#F2DDE9", "#F9E7BF", "#D5EDFA", "#CCCCCC"
};
static const char *const dashes[N_DASHES] = { "solid", "'-'", "'-.'", "'.'", "'-..'" };
static const int marks[N_COLOURS] = { 7, 5, 9, 11, 13, 6, 4 };

/* How a series looks in its panel: numbers from 0. */
typedef struct look {
    int colour, dash;
} look;

static look look_of(const cli_panel *p, const cli_series *s)
{
    look l = { 0, 0 };
    for (const cli_series *at = p->series; at < s; at++) l.colour += at->mark <= CLI_BARS;
    l.dash = l.colour;
    if (s->colour) l.colour = s->colour - 1;
    if (s->dash) l.dash = s->dash - 1;
    return l;
}

/* How many bytes the UTF-8 character takes that begins there; 0 where none does. */
static int character(const char *text)
{
    const unsigned char c = (unsigned char)*text;
    const int n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    for (int i = 1; i < n; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80) return 0;
    return n;
}

/* In single quotes gnuplot replaces nothing; a quote is written twice. A name that is cut short, or of another
 * encoding, loses what is no character. Of one with more than `most` characters the middle is left out, since names
 * that begin alike may end differently. */
static void quote_some(FILE *f, const char *text, int most)
{
    const int all = text ? cli_columns(text) : 0, head = all > most ? (most - 2) / 2 : all, tail = most - 2 - head;
    fputc('\'', f);
    for (int i = 0; text && *text; i++) {
        const int n = character(text);
        if (i == head) fputs("..", f);
        if (i < head || i >= all - tail) {
            if (*text == '\'') fputc('\'', f);
            if (n == 1)
                fputc((unsigned char)*text < ' ' || *text == 127 ? ' ' : *text, f);
            else
                fprintf(f, "%.*s", n, text);
        }
        text += n ? n : 1;
    }
    fputc('\'', f);
}

static void quote(FILE *f, const char *text)
{
    quote_some(f, text, 100);
}

static void title(FILE *f, const char *text)
{
    fputs(text ? " title " : " notitle", f);
    if (text) quote_some(f, text, 40);
}

static void number(FILE *f, double value)
{
    if (isfinite(value))
        fprintf(f, " %.9g", value);
    else
        fputs(" NaN", f);
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static int has_numbers(const cli_series *s)
{
    return s->columns <= MOST_NUMBERS && s->rows <= MOST_NUMBERS;
}

/* Whether a number in the cell should be white. */
static int is_dark(const cli_series *s, int64_t i)
{
    return s->by_value && s->ends[0] < 0 ? fabs(s->shade[i] - 0.5) > 0.42 : s->shade[i] > 0.62;
}

/* Small images beside one another, with gaps between. */
typedef struct sheet {
    int64_t across, down, gap, width, height, low_gap; /* low_gap: below each, where its caption stands */
} sheet;

static sheet lay_out(const cli_series *s)
{
    sheet l = { .gap = s->columns / 8 + 1 };
    l.low_gap = l.gap + (s->names ? s->rows / 4 + 1 : 0);
    l.across = (int64_t)ceil(sqrt(1.5 * (double)(s->n * (s->rows + l.low_gap)) / (double)(s->columns + l.gap)));
    if (l.across > s->n) l.across = s->n;
    if (l.across < 1) l.across = 1;
    l.down = (s->n + l.across - 1) / l.across;
    l.width = l.across * (s->columns + l.gap) - l.gap;
    l.height = l.down * (s->rows + l.low_gap);
    return l;
}

static void sheet_data(const cli_series *s, FILE *f)
{
    const sheet l = lay_out(s);
    for (int64_t y = 0; y < l.height; y++, fputc('\n', f))
        for (int64_t x = 0; x < l.width; x++) {
            const int64_t wide = s->columns + l.gap, high = s->rows + l.low_gap;
            const int64_t tile = y / high * l.across + x / wide, row = y % high, column = x % wide;
            const int in = tile < s->n && row < s->rows && column < s->columns;
            number(f, in ? s->z[(tile * s->rows + row) * s->columns + column] : (double)NAN);
        }
}

static void grid_data(const cli_series *s, FILE *f)
{
    char text[CLI_TEXT];
    for (int64_t i = 0; i < s->rows; i++, fputc('\n', f)) /* gnuplot wants an empty line after each row */
        for (int64_t k = 0; k < s->columns; k++) {
            const int64_t at = i * s->columns + k;
            number(f, s->x ? s->x[k] : (double)k);
            number(f, s->y ? s->y[i] : (double)i);
            number(f, s->mark == CLI_CELLS && !s->by_value ? s->shade[at] : s->z[at]);
            if (s->mark == CLI_CELLS && has_numbers(s))
                fprintf(f, " \"%s\" %d", cli_chart_cell(s, at, text), is_dark(s, at));
            fputc('\n', f);
        }
}

static void data(const cli_series *s, int panel, int index, FILE *f)
{
    fprintf(f, "$d%d_%d << EOD\n", panel, index);
    if (s->mark == CLI_TILES)
        sheet_data(s, f);
    else if (s->z)
        grid_data(s, f);
    for (int64_t i = 0; !s->z && i < s->n; i++) {
        number(f, s->x[i]);
        number(f, s->y ? s->y[i] : 0);
        fputs(isfinite(s->x[i]) && (!s->y || isfinite(s->y[i])) ? "\n" : "\n\n", f); /* a gap ends a line */
    }
    fputs("EOD\n", f);
}

/* Contour lines are made beforehand, as a table of their points; r(z) is the number of the level. */
static void contour(const cli_series *s, int panel, int index, FILE *f)
{
    double level[CLI_LEVELS];
    const int n = cli_chart_levels(s, level);
    fprintf(f, "set contour base\nunset surface\nset cntrparam levels discrete");
    for (int i = 0; i < n; i++) fprintf(f, "%s%.9g", i ? "," : " ", level[i]);
    fprintf(f, "\nset table $c%d_%d\nsplot $d%d_%d using 1:2:3 with lines notitle\n", panel, index, panel, index);
    fprintf(f, "unset table\nunset contour\nset surface\nr%d_%d(v) = 0", panel, index);
    for (int i = 1; i < n; i++) fprintf(f, " + (v > %.9g)", (level[i - 1] + level[i]) / 2);
    fputc('\n', f);
}

/* ---- a panel ----------------------------------------------------------------------------------------------------- */

static int is_sheet(const cli_panel *p)
{
    return p->n_series && p->series[0].mark == CLI_TILES;
}

static void number_ticks(const cli_axis *a, char letter, double low, double high, int most, FILE *f)
{
    double place[CLI_TICKS];
    const int n = cli_chart_ticks(a, low, high, most, place);
    if (a->log) fprintf(f, "set logscale %c\n", letter);
    fprintf(f, "set %ctics (", letter);
    for (int i = 0; i < n; i++) fprintf(f, "%s'%.6g' %.9g", i ? ", " : "", place[i], place[i]);
    fputs(")\n", f);
}

static void name_ticks(const cli_axis *a, char letter, FILE *f)
{
    size_t letters = 0;
    const int64_t step = (a->n_names + MOST_NAMES - 1) / MOST_NAMES;
    for (int64_t i = 0; i < a->n_names; i++) letters += (size_t)cli_columns(a->names[i]) + 2;
    fprintf(f, "set %ctics%s%s (", letter,
            letter != 'x' || letters <= 70 ? ""
            : a->n_names > 20              ? " rotate by 90 right"
                                           : " rotate by 45 right",
            a->n_names > 20 ? " font ',8'" : "");
    for (int64_t i = 0; i < a->n_names; i += step) {
        if (i) fputs(", ", f);
        quote_some(f, a->names[i], 24);
        fprintf(f, " %lld", (long long)i);
    }
    fputs(")\n", f);
}

static void axis(const cli_axis *a, char letter, double low, double high, int downwards, int narrow, FILE *f)
{
    char text[256];
    if (a->name) {
        fprintf(f, "set %clabel ", letter);
        quote(f, cli_axis_text(a, text, sizeof text));
        fputc('\n', f);
    }
    fprintf(f, "set %crange [%.9g:%.9g]\n", letter, downwards ? high : low, downwards ? low : high);
    if (a->names)
        name_ticks(a, letter, f);
    else
        number_ticks(a, letter, low, high, letter == 'y' ? 7 : narrow ? 4 : 9, f);
}

static void level_palette(const cli_series *s, FILE *f)
{
    double level[CLI_LEVELS];
    const int n = cli_chart_levels(s, level);
    fprintf(f, "set palette maxcolors %d defined (0 '#440154', 1 '#3B528B', 2 '#21918C', 3 '#5EC962', 4 '#C9B800')\n",
            n > 1 ? n : 2);
    fprintf(f, "set cbrange [-0.5:%d.5]\nset cbtics scale 0 (", n > 1 ? n - 1 : 1);
    for (int i = 0; i < n; i++) fprintf(f, "%s'%g' %d", i ? ", " : "", level[i], i);
    fputs(")\n", f);
}

static void palette(const cli_series *s, FILE *f)
{
    if (s->mark == CLI_CONTOUR) {
        level_palette(s, f);
    } else if (s->mark == CLI_REGIONS) {
        fputs("set palette defined (", f);
        for (int i = 0; i < N_COLOURS; i++) fprintf(f, "%s%d '%s'", i ? ", " : "", i, pale[i]);
        fprintf(f, ")\nset cbrange [0:%d]\n", N_COLOURS - 1);
    } else {
        const double low = s->by_value ? s->ends[0] : 0, high = s->by_value ? s->ends[1] : 1;
        fprintf(f, "set palette defined (%s)\nset cbrange [%.9g:%.9g]\n",
                low < 0                ? "-1 '#0072B2', 0 '#FFFFFF', 1 '#D55E00'"
                : s->mark == CLI_TILES ? "0 '#000000', 1 '#FFFFFF'"
                                       : "0 '#FFFFFF', 1 '#08519C'",
                low, high);
    }
    if (s->mark == CLI_REGIONS || (s->mark == CLI_CELLS && (has_numbers(s) || !s->by_value)))
        fputs("unset colorbox\n", f);
    else if (s->name) {
        fputs("set cblabel ", f);
        quote(f, s->name);
        fputc('\n', f);
    }
}

static void captions(const cli_series *s, FILE *f)
{
    char text[CLI_TEXT];
    const sheet l = lay_out(s);
    for (int64_t i = 0; i < s->n; i++) {
        const double x = (double)(i % l.across * (s->columns + l.gap)) - 0.5,
                     y = (double)(i / l.across * (s->rows + l.low_gap)) - 0.5;
        fprintf(f, "set object rectangle from %g,%g to %g,%g front fillstyle empty border lc rgb '#999999' lw 0.5\n", x,
                y, x + (double)s->columns, y + (double)s->rows);
        if (!s->names) continue;
        fputs("set label ", f);
        quote(f, cli_series_name(s, i, text));
        fprintf(f, " at %g,%g center offset 0,-0.7 front font ',10'\n", x + (double)s->columns / 2,
                y + (double)s->rows);
    }
}

static void rules(const cli_series *s, FILE *f)
{
    for (int64_t i = 0; i < s->n; i++)
        fprintf(
            f, "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead back dt '.' lw 1.5 lc rgb '#555555'\n",
            s->x[i], s->x[i]);
}

/* Then they tell which colour is which class. */
static int has_points(const cli_panel *p)
{
    for (int i = 0; i < p->n_series; i++)
        if (p->series[i].mark == CLI_POINTS && p->series[i].name) return 1;
    return 0;
}

/* How many series before that one are in the legend, which is no place for forty classes. */
static int titles_before(const cli_panel *p, int index)
{
    int n = 0;
    for (int i = 0; i < index; i++) n += p->series[i].name && !p->series[i].unlisted && p->series[i].mark <= CLI_RULE;
    return n;
}

/* Few points are drawn larger. */
static double point_size(const cli_panel *p)
{
    int64_t n = 0;
    for (int i = 0; i < p->n_series; i++) n += p->series[i].mark == CLI_POINTS ? p->series[i].n : 0;
    return n <= MARKED ? 1.4 : 0.6;
}

/* The elements of the plot command that a grid is, behind the name of its data. */
static void grid_element(const cli_panel *p, int panel, int index, FILE *f)
{
    char text[CLI_TEXT];
    const cli_series *s = &p->series[index];
    if (s->mark == CLI_CONTOUR) {
        fprintf(f, " using (NaN):(NaN) with lines notitle, \\\n  $c%d_%d using 1:2:(r%d_%d($3))", panel, index, panel,
                index);
        fputs(" with lines lc palette notitle", f);
    } else if (s->mark == CLI_REGIONS) {
        fprintf(f, " using 1:2:(int($3) %% %d) with image notitle", N_COLOURS);
        for (int64_t i = 0; i < s->n_names && !has_points(p); i++) {
            fprintf(f, ", \\\n  NaN with boxes lc rgb '%s' fillstyle solid", pale[i % N_COLOURS]);
            title(f, cli_series_name(s, i, text));
        }
    } else if (s->mark == CLI_TILES) {
        fputs(" matrix with image notitle", f);
    } else { /* as rectangles: viewers of SVG blur a small image */
        const int size = s->columns > 16 ? 8 : s->columns > 10 ? 10 : 12;
        fprintf(f, " using 1:2:3 with image%s notitle", s->rows * s->columns <= 2500 ? " pixels" : "");
        for (int dark = 0; dark < 2 && has_numbers(s); dark++)
            fprintf(f,
                    ", \\\n  $d%d_%d using 1:($5 == %d ? $2 : NaN):(stringcolumn(4)) with labels font ',%d' tc rgb "
                    "'%s' notitle",
                    panel, index, dark, size, dark ? "#FFFFFF" : "#000000");
    }
}

/* One or more elements of the plot command. */
static void element(const cli_panel *p, int panel, int index, FILE *f)
{
    const cli_series *s = &p->series[index];
    const look l = look_of(p, s);
    const char *colour = colours[l.colour % N_COLOURS], *dash = dashes[l.dash % N_DASHES];
    const int mark = marks[(l.colour + l.colour / N_COLOURS) % N_COLOURS]; /* a colour that returns has another mark */
    fprintf(f, "%s$d%d_%d", index ? ", \\\n  " : "", panel, index);
    switch (s->mark) {
    case CLI_LINE:
        fprintf(f, " using 1:2 with lines%s lc rgb '%s' dt %s lw 2 pt %d ps 0.6", s->n <= MARKED ? "points" : "",
                colour, dash, mark);
        break;
    case CLI_POINTS:
        fprintf(f, " using 1:2 with points lc rgb '%s' pt %d ps %g", colour, mark, point_size(p));
        break;
    case CLI_PATH:
        fprintf(f, " using 1:2 every ::0::0 with points lc rgb '%s' pt 6 ps 1.8 lw 2 notitle, \\\n  ", colour);
        fprintf(f, "$d%d_%d using 1:2 every ::%lld::%lld with points lc rgb '%s' pt 3 ps 1.5 lw 2 notitle, \\\n  ",
                panel, index, (long long)s->n - 1, (long long)s->n - 1, colour);
        fprintf(f, "$d%d_%d using 1:2 with linespoints lc rgb '%s' dt %s lw 2 pt %d ps 0.5 pointinterval %lld", panel,
                index, colour, dash, mark, (long long)(s->n / 60 + 1));
        break;
    case CLI_BARS:
        fprintf(f, " using 1:2:(%.9g) with boxes lc rgb '%s' fillstyle solid 0.75 border lc rgb '%s'", s->width, colour,
                colour);
        break;
    case CLI_RULE:
        fputs(" using (NaN):(NaN) with lines dt '.' lw 1.5 lc rgb '#555555'", f);
        break;
    default:
        grid_element(p, panel, index, f);
        return;
    }
    const int before = titles_before(p, index);
    title(f, s->unlisted || before > MOST_TITLES ? NULL : before == MOST_TITLES ? "..." : s->name);
}

/* How many panels stand in a line. */
static int across(const cli_chart *c)
{
    const int n = c->n_panels;
    if (c->columns) return c->columns;
    return n < 1 ? 1 : n <= 3 ? n : n == 4 ? 2 : n <= 9 ? 3 : 4;
}

static void draw_panel(const cli_chart *c, int index, FILE *f)
{
    const cli_panel *p = &c->panel[index];
    cli_span span = cli_chart_span(p);
    const int tiles = is_sheet(p);
    int downwards = tiles, named = 0;
    fputs("unset label\nunset object\nunset arrow\nunset logscale\nset format '% h'\nset xtics norotate autofreq\nset "
          "ytics autofreq\n"
          "set cbtics autofreq\nset colorbox\nunset cblabel\nunset xlabel\nunset ylabel\nset size noratio\n",
          f);
    const char *text = p->title ? p->title : c->n_panels == 1 ? c->title : NULL;
    fputs("set title ", f);
    quote(f, text);
    fputc('\n', f);
    for (int i = 0; i < p->n_series; i++) {
        const cli_series *s = &p->series[i];
        named += s->name && !s->unlisted && s->mark != CLI_CONTOUR && s->mark < CLI_CELLS;
        if (s->z) palette(s, f);
        if (s->mark == CLI_RULE) rules(s, f);
        if (s->mark == CLI_CELLS) {
            downwards = 1;
            span = (cli_span){ -0.5, (double)s->columns - 0.5, -0.5, (double)s->rows - 0.5 };
        }
        if (s->mark == CLI_TILES) {
            const sheet l = lay_out(s);
            captions(s, f);
            span = (cli_span){ -1, (double)l.width, -1, (double)l.height };
        }
    }
    fprintf(f, "set %s\nset border %d lc rgb '#555555'\n", named ? "key" : "key off", tiles ? 0 : 31);
    axis(&p->x, 'x', span.x_low, span.x_high, 0, across(c) > 1, f);
    axis(&p->y, 'y', span.y_low, span.y_high, downwards, 0, f);
    if (tiles) fputs("unset xtics\nunset ytics\nunset xlabel\nunset ylabel\nset size ratio -1\n", f);
    fputs(p->n_series && p->series[0].z ? "unset grid\n" : "set grid lc rgb '#DDDDDD' lt 1 lw 0.5\n", f);
    fputs("plot ", f);
    for (int i = 0; i < p->n_series; i++) element(p, index, i, f);
    fputs(p->n_series ? "\n" : "NaN notitle\n", f);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int width_of(const cli_chart *c)
{
    return across(c) == 1 ? 760 : 460 * across(c);
}

/* Grids are nearly square, images as high as they need to be. */
static int height_of(const cli_chart *c)
{
    const int lines = (c->n_panels + across(c) - 1) / across(c);
    const cli_series *first = c->n_panels == 1 && c->panel[0].n_series ? c->panel[0].series : NULL;
    if (lines > 1) return 360 * lines;
    if (!first || !first->z) return 480;
    if (first->mark != CLI_TILES) return 640;
    const sheet l = lay_out(first);
    return 80 + (int)(600.0 * (double)l.height / (double)(l.width + 1));
}

void cli_chart_script(const cli_chart *c, const char *terminal, FILE *f)
{
    const int columns = across(c), lines = (c->n_panels + columns - 1) / columns, width = width_of(c),
              height = height_of(c);
    if (!strcmp(terminal, "svg"))
        fprintf(f,
                "set terminal svg name 'chart' noenhanced standalone size %d,%d font 'sans-serif,13' background rgb "
                "'white'\n",
                width, height);
    else if (!strcmp(terminal, "pngcairo"))
        fprintf(f,
                "set terminal pngcairo noenhanced size %d,%d font 'sans-serif,13' fontscale 1.6 linewidth 1.6 "
                "pointscale 1.6 "
                "background rgb 'white'\n",
                width * 8 / 5, height * 8 / 5);
    else
        fprintf(f,
                "set terminal pdfcairo noenhanced size %.2fin,%.2fin font 'sans-serif,10' fontscale 1 linewidth 1.8 "
                "background rgb "
                "'white'\n",
                width / 96.0, height / 96.0);
    fputs("set encoding utf8\nset key outside bottom center horizontal Left reverse samplen 3 spacing 1.2 width 1 "
          "height 0.6\nset tics nomirror\n",
          f);
    for (int i = 0; i < c->n_panels; i++)
        for (int k = 0; k < c->panel[i].n_series; k++) {
            data(&c->panel[i].series[k], i, k, f);
            if (c->panel[i].series[k].mark == CLI_CONTOUR) contour(&c->panel[i].series[k], i, k, f);
        }
    if (c->n_panels > 1) {
        fprintf(f, "set multiplot layout %d,%d", lines, columns);
        fputs(" title ", f);
        quote(f, c->title);
        fputc('\n', f);
    }
    for (int i = 0; i < c->n_panels; i++) draw_panel(c, i, f);
    if (c->n_panels > 1) fputs("unset multiplot\n", f);
}
