/* chart.h: charts. A verb says what is to be seen: panels, axes, series of numbers. How it looks, as a picture by
 * gnuplot, as text or as the numbers alone, is decided here, once for all verbs. */
#ifndef LUGE_CLI_CHART_H
#define LUGE_CLI_CHART_H

#include "cli/options.h"

/* How a series of numbers is drawn. */
typedef enum cli_mark {
    CLI_LINE,    /* n points x, y, joined */
    CLI_POINTS,  /* n points x, y, each with the mark of its series */
    CLI_PATH,    /* n points x, y, joined in their order, each marked; where it starts and ends is seen */
    CLI_BARS,    /* n bars of one width: middle x, height y */
    CLI_RULE,    /* a dotted line upwards at each of the n places x; its name says what is there */
    CLI_CONTOUR, /* lines of equal height of z [rows, columns]; x has `columns` places, y has `rows` */
    CLI_REGIONS, /* z [rows, columns] holds the numbers of classes, which colour the ground; x and y as above */
    CLI_CELLS,   /* z [rows, columns] as a table with a number in each cell, darker by `shade`, or from blue to orange
                      where some are below 0; the first row is on top */
    CLI_TILES    /* z [n, rows, columns]: n small images, grey; from blue to orange where some values are below 0 */
} cli_mark;

typedef struct cli_axis {
    const char *name, *unit;  /* NULL: none */
    int log;                  /* nonzero: logarithmic; values that are not above 0 are not drawn */
    int whole;                /* nonzero: marks at whole numbers only */
    double low, high;         /* equal: as the numbers need it */
    const char *const *names; /* of 0, 1, ... n_names-1 (CLI_CELLS); NULL: numbers */
    int64_t n_names;
} cli_axis;

/* What is not set stays out. A place where a number is NaN is not drawn, and ends the line there. */
typedef struct cli_series {
    cli_mark mark;
    const char *name; /* in the legend; NULL: none */
    int64_t n, rows, columns;
    const double *x, *y, *z;
    double width;             /* CLI_BARS: of a bar, in units of x */
    const double *shade;      /* CLI_CELLS: [rows, columns] from 0 to 1; NULL: by z */
    int by_value;             /* found out: shade says where z lies between the numbers at its ends */
    double ends[2];           /* found out, by_value: z of the shades 0 and 1; -m, m where some z < 0. Of CLI_TILES,
                                      one value of 200 lies beyond */
    const char *const *names; /* CLI_REGIONS: of the classes; CLI_TILES: captions */
    int64_t n_names;
    int unlisted;     /* nonzero: not in the legend, though it has a name among the numbers */
    int colour, dash; /* from 1; 0: the next that the panel has not used. Classes have the colours 1, 2, ... */
} cli_series;

typedef struct cli_panel {
    const char *title; /* NULL: none */
    cli_axis x, y;
    cli_series *series;
    int n_series;
} cli_panel;

typedef struct cli_note {
    const char *label, *text;
} cli_note;

/* A chart owns copies of all that it is given. Once memory is short it takes nothing more, and cli_chart_save,
 * cli_chart_print and cli_chart_tell say so: nothing needs to be checked before. */
typedef struct cli_chart {
    const char *title;
    cli_panel *panel;
    int n_panels;
    int columns; /* how many stand side by side; 0: as many as look well */
    cli_note *note;
    int n_notes;
    void **block; /* memory of all the copies */
    size_t n_blocks;
    int failed;
} cli_chart;

/* An empty chart; `title` may be NULL. cli_chart_free is due. */
cli_chart cli_chart_begin(const char *title);
void cli_chart_free(cli_chart *c);
/* Begins a panel; a chart has one at least. */
void cli_chart_panel(cli_chart *c, const char *title, cli_axis x, cli_axis y);
/* Adds to the panel that was begun last; later series lie above earlier ones. */
void cli_chart_add(cli_chart *c, cli_series s);
/* A line of words below the chart in the terminal, beside it as "notes" in JSON: "  label     text". */
void cli_chart_note(cli_chart *c, const char *label, const char *format, ...);

/* ---- ways to see it: codes of the command, after a message ------------------------------------------------------- */

/* Writes the chart to a file by its ending: .svg, .png or .pdf by gnuplot, .gp (gnuplot's script) or .csv. Without
 * gnuplot, the numbers go to a .csv beside it, the message says what to install, and it is CLI_FAILED. */
int cli_chart_save(const char *verb, const cli_chart *c, const char *path);
/* The same question before the work: CLI_USAGE where the ending is none of these, CLI_FAILED where the folder cannot be
 * written to. */
int cli_chart_check(const char *verb, const char *path);
/* A readable form on standard output, at most CLI_WIDTH columns. */
int cli_chart_print(const char *verb, const cli_chart *c);
/* The numbers: a line for each point (panel, series, x, y, z). */
void cli_chart_csv(const cli_chart *c, FILE *file);
/* The numbers as one JSON object on one line. */
void cli_chart_json(const cli_chart *c, FILE *file);
/* As the options want it: -o FILE saves it, --json and --csv print the numbers, otherwise it is printed. */
int cli_chart_tell(const cli_options *o, const cli_chart *c);

/* ---- for those three --------------------------------------------------------------------------------------------- */

/* chart_gnuplot.c: a script that draws the chart. terminal: gnuplot's terminal with its options. */
void cli_chart_script(const cli_chart *c, const char *terminal, FILE *file);

/* What a panel spans: the axes' own limits, or what the numbers need, a little wider for points. */
typedef struct cli_span {
    double x_low, x_high, y_low, y_high;
} cli_span;
cli_span cli_chart_span(const cli_panel *p);
/* Heights of contour lines such that as many places of the grid lie between any two: rising, n of them at most. */
enum { CLI_LEVELS = 12 };
int cli_chart_levels(const cli_series *s, double level[CLI_LEVELS]);
/* Round places for marks along an axis from low to high, some `most` of them; how many. Of a logarithmic one powers of
 * ten, and where those are few twice and five times them. */
enum { CLI_TICKS = 12 };
int cli_chart_ticks(const cli_axis *a, double low, double high, int most, double place[CLI_TICKS]);
/* A cell's number as it stands in it. */
const char *cli_chart_cell(const cli_series *s, int64_t i, char text[CLI_TEXT]);
/* "name (unit)" */
const char *cli_axis_text(const cli_axis *a, char *text, size_t size);
/* The class or the tile at `index` by name, or its number (classes from 0, tiles from 1). */
const char *cli_series_name(const cli_series *s, int64_t index, char text[CLI_TEXT]);

#endif
