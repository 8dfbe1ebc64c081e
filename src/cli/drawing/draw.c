/* draw.c: a drawing put together, and written as DOT or, by Graphviz, as a picture. */
#include "draw.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "tool.h"

/* ---- putting together -------------------------------------------------------------------------------------------- */

/* Room for one more. */
static int grow(cli_drawing *d, void *list, size_t *room, int n, size_t size)
{
    void **at = list;
    if (d->failed) return 0;
    if ((size_t)n < *room) return 1;
    const size_t more = *room ? *room * 2 : 64;
    void *grown = more < SIZE_MAX / 2 / size ? realloc(*at, more * size) : NULL;
    if (!grown) {
        d->failed = 1;
        return 0;
    }
    *at = grown;
    *room = more;
    return 1;
}

static char *copy(cli_drawing *d, const char *text)
{
    if (!text || d->failed) return NULL;
    char *copied = malloc(strlen(text) + 1);
    if (!copied)
        d->failed = 1;
    else
        strcpy(copied, text);
    return copied;
}

int cli_draw_node(cli_drawing *d, cli_node_kind kind, const char *title, const char *lines)
{
    void *list = d->nodes;
    const int good = grow(d, &list, &d->node_room, d->n_nodes, sizeof *d->nodes);
    d->nodes = list;
    if (!good) return -1;
    cli_drawing_node *node = &d->nodes[d->n_nodes++];
    *node = (cli_drawing_node){ kind, copy(d, title ? title : ""), lines && *lines ? copy(d, lines) : NULL, -1 };
    return d->failed ? -1 : d->n_nodes - 1;
}

void cli_draw_edge(cli_drawing *d, int from, int to, const char *above, const char *below)
{
    void *list = d->edges;
    const int good = from >= 0 && to >= 0 && grow(d, &list, &d->edge_room, d->n_edges, sizeof *d->edges);
    d->edges = list;
    if (!good) return;
    cli_drawing_edge *edge = &d->edges[d->n_edges++];
    *edge = (cli_drawing_edge){ from, to, copy(d, above), copy(d, below) };
    d->texts |= edge->above || edge->below;
}

int cli_draw_group(cli_drawing *d, const char *title)
{
    void *list = d->groups;
    const int good = grow(d, &list, &d->group_room, d->n_groups, sizeof *d->groups);
    d->groups = list;
    if (!good) return -1;
    d->groups[d->n_groups++] = copy(d, title ? title : "");
    return d->failed ? -1 : d->n_groups - 1;
}

void cli_draw_put(cli_drawing *d, int node, int group)
{
    if (node >= 0 && group >= 0) d->nodes[node].group = group;
}

void cli_draw_caption(cli_drawing *d, const char *text)
{
    free(d->caption);
    d->caption = copy(d, text);
}

void cli_draw_free(cli_drawing *d)
{
    free(d->caption);
    for (int i = 0; i < d->n_nodes; i++) {
        free(d->nodes[i].title);
        free(d->nodes[i].lines);
    }
    for (int i = 0; i < d->n_edges; i++) {
        free(d->edges[i].above);
        free(d->edges[i].below);
    }
    for (int i = 0; i < d->n_groups; i++) free(d->groups[i]);
    free(d->nodes);
    free(d->edges);
    free(d->groups);
    *d = (cli_drawing){ .failed = 0 };
}

/* Nodes from which on Graphviz is told to be content with a layout that is not the best; that take it long; that it
 * does not lay out in minutes. */
enum { SOME = 200, MANY = 1500, MOST = 3000 };

/* ---- DOT --------------------------------------------------------------------------------------------------------- */

/* Text outside of a box stands on the page, white or black: these have a contrast above 4 with either. */
#define GREY     "#767676"
#define FORWARD  "#1B7FBF"
#define BACKWARD "#C95900"
#define DARK     "#1A1A1A" /* on a box's own light ground */

enum {
    LONGEST = 60,
    LONGEST_LINE = 200
}; /* columns of a text, of a caption's line; of a longer one, its beginning is shown */

/* Bytes of the UTF-8 character that begins there; 0 where none does. */
static int character(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    const int n = *c < 0x80                 ? 1
                  : *c >= 0xc2 && *c < 0xe0 ? 2
                  : *c >= 0xe0 && *c < 0xf0 ? 3
                  : *c >= 0xf0 && *c < 0xf5 ? 4
                                            : 0;
    for (int i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80) return 0;
    if (n == 3 && ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f))) return 0;
    if (n == 4 && ((*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))) return 0;
    return n;
}

/* Text inside of an HTML label, up to its end or a \n: nothing in it can end the label. */
static void put_cut(FILE *f, const char *text, int longest)
{
    for (int columns = 0; *text && *text != '\n'; columns++) {
        const int n = character(text);
        if (columns == longest) {
            fputs("…", f);
            return;
        }
        if (n == 0 || (n == 1 && ((unsigned char)*text < ' ' || *text == 0x7f)))
            fputc('?', f);
        else if (n > 1)
            fwrite(text, 1, (size_t)n, f);
        else if (strchr("&<>\"'", *text))
            fprintf(f, "&#%d;", *text);
        else
            fputc(*text, f);
        text += n ? n : 1;
    }
}

static void put_text(FILE *f, const char *text)
{
    put_cut(f, text, LONGEST);
}

/* Title and lines, one below the other. */
static void put_label(FILE *f, const cli_drawing_node *node)
{
    const int bold = node->kind == CLI_NODE_LAYER || node->kind == CLI_NODE_OUTPUT;
    const int italic = node->kind == CLI_NODE_CONSTANT;
    fprintf(f, "label=<%s", bold ? "<b>" : italic ? "<i>" : "");
    put_text(f, *node->title ? node->title : " ");
    fputs(bold ? "</b>" : italic ? "</i>" : "", f);
    if (node->lines) fputs("<br/><font point-size=\"3\"> </font>", f); /* room for what hangs below the line */
    for (const char *line = node->lines; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        fputs("<br/><font point-size=\"11\">", f);
        put_text(f, *line && *line != '\n' ? line : " ");
        fputs("</font>", f);
    }
    fputc('>', f);
}

static const char *style_of(const cli_drawing_node *node)
{
    static const char *const styles[] = {
        [CLI_NODE_INPUT] = "shape=none,width=0,height=0,margin=\"0.06,0.03\",fontcolor=\"" GREY "\"",
        [CLI_NODE_CONSTANT] = "shape=none,width=0,height=0,margin=\"0.06,0.03\",fontcolor=\"" GREY "\"",
        [CLI_NODE_PARAMETER] = "shape=box,style=filled,fillcolor=\"#DCEEF9\",color=\"#3A8FC2\"",
        [CLI_NODE_OP] = "shape=box,style=\"rounded,filled\"",
        [CLI_NODE_LAYER] = "shape=box,style=\"rounded,filled\",margin=\"0.2,0.12\"",
        [CLI_NODE_EFFECT] = "shape=box,peripheries=2,style=filled,fillcolor=\"#FCEBCB\",color=\"#B87A00\"",
        [CLI_NODE_OUTPUT] = "shape=none,width=0,height=0,margin=\"0.06,0.03\",fontcolor=\"" GREY "\"",
    };
    if (node->kind == CLI_NODE_OP && !node->lines && cli_columns(node->title) <= 2)
        return "shape=circle,style=filled,fixedsize=true,width=0.5,fontsize=16";
    return styles[node->kind];
}

static void put_node(FILE *f, const cli_drawing *d, int i)
{
    fprintf(f, "  n%d [", i);
    put_label(f, &d->nodes[i]);
    fprintf(f, ",%s];\n", style_of(&d->nodes[i]));
}

/* A text above the line and one below it: a node of its own, whose middle is a piece of the line. */
static void put_texts(FILE *f, const cli_drawing_edge *e, int i)
{
    fprintf(f, "  e%d [shape=plain,fontsize=11,label=<<table border=\"0\" cellspacing=\"0\" cellpadding=\"1\">", i);
    fputs("<tr><td border=\"1\" sides=\"b\" color=\"" GREY "\"><font color=\"" FORWARD "\">", f);
    put_text(f, e->above && *e->above ? e->above : " ");
    fputs("</font></td></tr><tr><td border=\"1\" sides=\"t\" color=\"" GREY "\"><font color=\"" BACKWARD "\">", f);
    if (e->below && *e->below) {
        fputs("<i>← ", f);
        put_text(f, e->below);
        fputs("</i>", f);
    } else {
        fputc(' ', f);
    }
    fputs("</font></td></tr></table>>];\n", f);
}

static int has_texts(const cli_drawing_edge *e)
{
    return e->above || e->below;
}

static void put_edge(FILE *f, const cli_drawing_edge *e, int i)
{
    if (has_texts(e))
        fprintf(f, "  n%d -> e%d [headport=w,arrowhead=none,weight=4];\n  e%d -> n%d [tailport=e];\n", e->from, i, i,
                e->to);
    else
        fprintf(f, "  n%d -> n%d;\n", e->from, e->to);
}

/* The group of an edge: that of both ends, or none. */
static int group_of(const cli_drawing *d, const cli_drawing_edge *e)
{
    const int from = d->nodes[e->from].group;
    return from == d->nodes[e->to].group ? from : -1;
}

/* The nodes of a group, or those of none (-1). */
static void put_members(FILE *f, const cli_drawing *d, int group)
{
    for (int i = 0; i < d->n_nodes; i++)
        if (d->nodes[i].group == group) put_node(f, d, i);
    for (int i = 0; i < d->n_edges; i++)
        if (has_texts(&d->edges[i]) && group_of(d, &d->edges[i]) == group) put_texts(f, &d->edges[i], i);
}

static void put_caption(FILE *f, const char *caption)
{
    fputs("  labelloc=b; labeljust=l; fontsize=11; fontcolor=\"" GREY "\"; label=<", f);
    for (const char *line = caption; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        put_cut(f, line, LONGEST_LINE);
        fputs("<br align=\"left\"/>", f);
    }
    fputs(">;\n", f);
}

static void put_drawing(FILE *f, const cli_drawing *d)
{
    const char *font = "fontname=\"DejaVu Sans,Helvetica,Arial,sans-serif\"";
    fprintf(f, "digraph luge {\n  graph [rankdir=LR,bgcolor=transparent,nodesep=0.3,ranksep=%s,%s];\n",
            d->texts ? "0.2" : "0.4", font);
    if (d->n_nodes > SOME) fputs("  nslimit=0.2; nslimit1=2; mclimit=0.2;\n", f);
    fprintf(f, "  node [%s,fontsize=13,fontcolor=\"" DARK "\",fillcolor=\"#F6F6F6\",color=\"" GREY "\"];\n", font);
    fprintf(f, "  edge [color=\"" GREY "\",arrowsize=0.7];\n");
    for (int k = 0; k < d->n_groups; k++) {
        fprintf(f,
                "  subgraph cluster%d {\n  style=rounded; fontsize=13; color=\"" GREY "\"; fontcolor=\"" GREY
                "\"; label=<",
                k);
        put_text(f, d->groups[k]);
        fputs(">;\n", f);
        put_members(f, d, k);
        fputs("  }\n", f);
    }
    put_members(f, d, -1);
    for (int i = 0; i < d->n_edges; i++) put_edge(f, &d->edges[i], i);
    if (d->caption) put_caption(f, d->caption);
    fputs("}\n", f);
}

char *cli_draw_dot(const char *verb, const cli_drawing *d, size_t *bytes)
{
    char *text = NULL;
    *bytes = 0;
    FILE *f = d->failed ? NULL : open_memstream(&text, bytes);
    if (f) {
        put_drawing(f, d);
        const int whole = !ferror(f);
        if (fclose(f) == 0 && whole && text) return text;
    }
    free(text);
    cli_fail(verb, "out of memory");
    return NULL;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* "svg" of net.svg; "" where there is none. */
static const char *extension(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    return dot ? dot + 1 : "";
}

int cli_draw_check(const char *verb, const char *path)
{
    static const char *const kinds[] = { "svg", "png", "pdf", "dot" };
    for (int i = 0; i < 4; i++)
        if (!strcmp(extension(path), kinds[i])) return CLI_OK;
    cli_fail(verb, "%s: a name that ends in .svg, .png, .pdf or .dot is expected", path);
    return CLI_USAGE;
}

static int write_dot(const char *verb, const char *path, const char *text, size_t bytes)
{
    FILE *file = cli_create(verb, path);
    if (!file) return CLI_FAILED;
    fwrite(text, 1, bytes, file);
    return cli_finish(verb, path, file);
}

static int without_graphviz(const char *verb, const char *path, const char *text, size_t bytes)
{
    char other[4096];
    const int n = (int)(extension(path) - path);
    if (snprintf(other, sizeof other, "%.*sdot", n, path) >= (int)sizeof other)
        return cli_fail(verb, "%s: the name is too long", path);
    const int code = write_dot(verb, other, text, bytes);
    if (code) return code;
    return cli_fail(
        verb, "%s is not drawn: that needs Graphviz (Debian: apt install graphviz); its DOT text is in %s instead",
        path, other);
}

int cli_draw_save(const char *verb, const cli_drawing *d, const char *path)
{
    size_t bytes;
    int code = cli_draw_check(verb, path);
    char *text = code ? NULL : cli_draw_dot(verb, d, &bytes);
    if (!text) return code ? code : CLI_FAILED;
    const char *kind = extension(path), *dpi = strcmp(kind, "png") ? "-Gcharset=utf8" : "-Gdpi=144";
    char type[16];
    snprintf(type, sizeof type, "-T%s", kind);
    const char *const argv[] = { "dot", type, dpi, NULL };
    if (!strcmp(kind, "dot"))
        code = write_dot(verb, path, text, bytes);
    else if (!cli_tool_exists("dot"))
        code = without_graphviz(verb, path, text, bytes);
    else if (d->n_nodes > MOST)
        code =
            cli_fail(verb, "%d nodes are too many to be laid out%s%s; the graph as text is what a name with .dot gets",
                     d->n_nodes, d->hint ? "; " : "", d->hint ? d->hint : "");
    else {
        if (d->n_nodes > MANY) fprintf(stderr, "  laying out %d nodes takes a while; Ctrl-C stops it\n", d->n_nodes);
        code = cli_tool_run(verb, argv, text, bytes, path);
    }
    free(text);
    return code;
}
