/* draw.h: a drawing of nodes and edges, whatever they stand for: laid out by Graphviz, or told as text. */
#ifndef LUGE_CLI_DRAW_H
#define LUGE_CLI_DRAW_H

#include <stddef.h>
#include <stdio.h>

/* What a node is, and so how it looks. */
typedef enum cli_node_kind {
    CLI_NODE_INPUT,     /* plain text: where values come in */
    CLI_NODE_CONSTANT,  /* plain text in italics */
    CLI_NODE_PARAMETER, /* a box: what is learnt */
    CLI_NODE_OP,        /* round, or a rounded box where its text is longer than a sign */
    CLI_NODE_LAYER,     /* a large rounded box */
    CLI_NODE_EFFECT,    /* a box with two borders: what changes a parameter */
    CLI_NODE_OUTPUT     /* bold text: where values come out */
} cli_node_kind;

typedef struct cli_drawing_node {
    cli_node_kind kind;
    char *title, *lines; /* lines: below the title, smaller; divided by \n; may be NULL */
    int group;           /* -1: none */
} cli_drawing_node;

typedef struct cli_drawing_edge {
    int from, to;
    char *above, *below; /* the value that goes forward; the gradient that comes back; may be NULL */
} cli_drawing_edge;

/* Begins as zeros: cli_drawing d = { 0 }. All texts are UTF-8 and copied. A failed allocation is remembered and told by
 * cli_draw_save and cli_draw_print; what is added after it is dropped. */
typedef struct cli_drawing {
    cli_drawing_node *nodes;
    cli_drawing_edge *edges;
    char **groups;
    int n_nodes, n_edges, n_groups;
    size_t node_room, edge_room, group_room;
    int failed;
    int texts;        /* whether some edge has a text */
    char *caption;    /* a line below the drawing, or above its text; cli_draw_caption */
    const char *hint; /* what to do where the drawing is too large, as "--layers draws less"; may be NULL; not copied */
} cli_drawing;

/* The node's number, from 0; -1 once an allocation failed, which the other functions take without a word. */
int cli_draw_node(cli_drawing *d, cli_node_kind kind, const char *title, const char *lines);
void cli_draw_edge(cli_drawing *d, int from, int to, const char *above, const char *below);
/* A frame with a title around nodes: begin it, then put nodes into it. */
int cli_draw_group(cli_drawing *d, const char *title);
void cli_draw_put(cli_drawing *d, int node, int group);
void cli_draw_caption(cli_drawing *d, const char *text); /* may have several lines */
void cli_draw_free(cli_drawing *d);

/* Whether cli_draw_save knows the kind of file by its name: .svg, .png, .pdf, .dot; CLI_USAGE after a message that
 * lists them. To be asked before the work. */
int cli_draw_check(const char *verb, const char *path);
/* Writes the file, left to right. Without Graphviz it writes DOT beside it, says so, and what to install: CLI_FAILED,
 * as the picture is not there. */
int cli_draw_save(const char *verb, const cli_drawing *d, const char *path);
/* The DOT text; the caller frees it. NULL after a message. */
char *cli_draw_dot(const char *verb, const cli_drawing *d, size_t *bytes);
/* draw_text.c: a line a node, with where its values come from, for a terminal. */
int cli_draw_print(const char *verb, const cli_drawing *d, FILE *file);

#endif
