/* draw_text.c: a drawing as text. */
#include "draw.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { MOST_TITLE = 28 }; /* columns that are kept for titles */

/* Signs of our own, where a terminal has ASCII alone. */
static const char *plain(const char *text)
{
    static const char *const signs[][2] = { { "→", "->" }, { "←", "<-" }, { "−", "-" }, { "×", "x" },
                                            { "÷", "/" },  { "µ", "u" },  { "·", "." }, { "√", "sqrt" } };
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !cli_has_utf8(); i++)
        if (!strncmp(text, signs[i][0], strlen(signs[i][0]))) return signs[i][1];
    return NULL;
}

/* A text on one line: \n becomes two spaces. */
static void put_flat(FILE *file, const char *text)
{
    for (; *text; text++) {
        const char *instead = plain(text);
        if (instead)
            fputs(instead, file);
        else if (*text == '\n')
            fputs("  ", file);
        else
            fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, file);
        while (instead && ((unsigned char)text[1] & 0xc0) == 0x80) text++;
    }
}

/* A text behind what stands in the line, `gap` columns on; where there is no room, on the next line, at `indent`. */
static void put_item(FILE *file, const char *text, int gap, int indent, int *column)
{
    const int columns = cli_columns(text);
    if (*column > indent && *column + gap + columns > CLI_WIDTH) {
        fprintf(file, "\n%*s", indent, "");
        *column = indent;
    }
    fprintf(file, "%*s", gap, "");
    put_flat(file, text);
    *column += gap + columns;
}

/* Lines side by side while there is room. */
static void put_lines(FILE *file, const char *lines, int indent, int *column)
{
    while (*lines) {
        char line[CLI_WIDTH * 4];
        const int n = (int)strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", n, lines);
        put_item(file, line, 2, indent, column);
        lines += n + (lines[n] == '\n');
    }
}

/* The edges in the order of the nodes that they lead to: those to node i are at[first[i]] .. at[first[i + 1] - 1]. */
typedef struct incoming {
    int *first, *at;
} incoming;

static int sort_edges(const cli_drawing *d, incoming *in)
{
    in->first = calloc((size_t)d->n_nodes + 2, sizeof *in->first);
    in->at = calloc((size_t)d->n_edges + 1, sizeof *in->at);
    if (!in->first || !in->at) return 0;
    int *next = in->first + 1;
    for (int k = 0; k < d->n_edges; k++) next[d->edges[k].to + 1]++;
    for (int i = 1; i <= d->n_nodes; i++) next[i] += next[i - 1];
    for (int k = 0; k < d->n_edges; k++) in->at[next[d->edges[k].to]++] = k;
    return 1;
}

static void put_edge(FILE *file, const cli_drawing *d, const cli_drawing_edge *e)
{
    enum { INDENT = 8 };
    char text[CLI_WIDTH * 4];
    int column = INDENT;
    snprintf(text, sizeof text, "of %d %s%s", e->from + 1, d->nodes[e->from].title, e->above ? ":" : "");
    fprintf(file, "%*s", INDENT, "");
    put_item(file, text, 0, INDENT, &column);
    if (e->above) put_item(file, e->above, 2, INDENT, &column);
    snprintf(text, sizeof text, "← %s", e->below ? e->below : "");
    if (e->below) put_item(file, text, 3, INDENT, &column);
    fputc('\n', file);
}

/* Where its values come from, by number. */
static void put_sources(FILE *file, const cli_drawing *d, const incoming *in, int i, int indent, int *column)
{
    const int first = in->first[i], end = in->first[i + 1];
    for (int k = first; k < end; k++) {
        char text[CLI_TEXT];
        snprintf(text, sizeof text, "%s%d%s", k == first ? "of " : "", d->edges[in->at[k]].from + 1,
                 k + 1 == end ? "" : ",");
        put_item(file, text, k == first ? 2 : 1, indent, column);
    }
}

static void put_node(FILE *file, const cli_drawing *d, const incoming *in, int i, int width)
{
    const cli_drawing_node *node = &d->nodes[i];
    const int first = in->first[i], end = in->first[i + 1];
    int texts = 0, column = 6 + cli_columns(node->title);
    for (int k = first; k < end; k++) texts |= d->edges[in->at[k]].above || d->edges[in->at[k]].below;
    if (node->group >= 0) {
        fputs("  ", file);
        column += 2;
    }
    fprintf(file, "%4d  ", i + 1);
    put_flat(file, node->title);
    if (node->lines || (!texts && first < end)) {
        if (column < width + 6) fprintf(file, "%*s", width + 6 - column, "");
        if (column < width + 6) column = width + 6;
        const int indent = column;
        if (node->lines) put_lines(file, node->lines, indent, &column);
        if (!texts) put_sources(file, d, in, i, indent, &column);
    }
    fputc('\n', file);
    for (int k = first; k < end && texts; k++) put_edge(file, d, &d->edges[in->at[k]]);
}

static void put_nodes(FILE *file, const cli_drawing *d, const incoming *in)
{
    int width = 0, entered = -1;
    for (int i = 0; i < d->n_nodes; i++) {
        const int columns = cli_columns(d->nodes[i].title);
        if (columns > width && columns <= MOST_TITLE) width = columns;
    }
    for (int i = 0; i < d->n_nodes; i++) {
        const int group = d->nodes[i].group;
        if (group >= 0 && group != entered) {
            fputs("      ", file);
            put_flat(file, d->groups[group]);
            fputc('\n', file);
        }
        entered = group;
        put_node(file, d, in, i, width);
    }
}

static void put_caption(FILE *file, const char *caption)
{
    for (const char *line = caption; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        fprintf(file, "  %.*s\n", (int)strcspn(line, "\n"), line);
    }
    fputc('\n', file);
}

int cli_draw_print(const char *verb, const cli_drawing *d, FILE *file)
{
    incoming in = { NULL, NULL };
    const int good = !d->failed && sort_edges(d, &in);
    if (good) {
        if (d->caption) put_caption(file, d->caption);
        put_nodes(file, d, &in);
    }
    free(in.first);
    free(in.at);
    return good ? CLI_OK : cli_fail(verb, "out of memory");
}
