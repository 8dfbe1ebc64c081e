/* graph_draw.c: a network as a drawing: every operator, or a box a layer. */
#include "graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 400 };

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static void append(char *text, const char *separator, const char *more)
{
    const size_t n = strlen(text);
    if (*more) snprintf(text + n, TEXT - n, "%s%s", n ? separator : "", more);
}

/* A value: all of it where it is small, otherwise its mean and range. */
static const char *value_text(const cli_figures *f, char text[TEXT])
{
    *text = '\0';
    if (f->n > 4) snprintf(text, TEXT, "%.3g (%.3g to %.3g)", f->mean, f->least, f->largest);
    for (int i = 0; i < f->n && f->n <= 4; i++) {
        char number[32];
        snprintf(number, sizeof number, f->n == 1 ? "%.4g" : "%.3g", f->first[i]);
        append(text, "  ", number);
    }
    return text;
}

static const char *gradient_text(const cli_figures *f, char text[TEXT])
{
    if (f->n <= 4) return value_text(f, text);
    snprintf(text, TEXT, "size %.3g", f->norm);
    return text;
}

const char *cli_short_time(char text[CLI_TEXT], double seconds)
{
    if (seconds < 9.95e-7)
        snprintf(text, CLI_TEXT, "%.0f ns", seconds * 1e9);
    else if (seconds < 9.95e-4)
        snprintf(text, CLI_TEXT, seconds < 9.95e-6 ? "%.1f µs" : "%.0f µs", seconds * 1e6);
    else
        snprintf(text, CLI_TEXT, "%.1f ms", seconds * 1e3);
    return text;
}

/* "12 µs, 4.1 KB": of the steps that take time. */
static void append_cost(char *text, double seconds, size_t bytes)
{
    char time[CLI_TEXT], size[CLI_TEXT], both[2 * CLI_TEXT + 2];
    if (!(seconds > 0)) return;
    cli_short_time(time, seconds);
    if (bytes)
        snprintf(both, sizeof both, "%s, %s", time, cli_bytes(size, (double)bytes));
    else
        snprintf(both, sizeof both, "%s", time);
    append(text, "\n", both);
}

/* Books write some operators as signs. */
static const char *sign_of(const char *op)
{
    static const char *const signs[][2] = { { "add", "+" }, { "sub", "−" }, { "mul", "×" }, { "div", "÷" } };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (!strcmp(op, signs[i][0])) return signs[i][1];
    return op;
}

static const char *layer_name(const cli_net *net, int index)
{
    luge_layer_info layer;
    return index >= 0 && !luge_layer_at(net->model, index, &layer) ? layer.name : "";
}

/* "kernel" of dense/kernel inside of that layer. */
static const char *short_name(const cli_net *net, uint32_t id, const char *name)
{
    const char *layer = layer_name(net, net->nodes[id].layer);
    const size_t n = strlen(layer);
    return n && !strncmp(name, layer, n) && name[n] == '/' ? name + n + 1 : name;
}

static const char *constant_text(const cli_net *net, uint32_t id, char text[TEXT])
{
    const luge_val v = luge_node_at(net->graph, id);
    luge_attribute value;
    char shape[CLI_SHAPE];
    snprintf(text, TEXT, "constant %s", cli_net_shape(net, id, shape));
    for (int i = 0; i < luge_attribute_count(net->graph, v); i++)
        if (!luge_attribute_at(net->graph, v, i, &value) && value.kind == LUGE_ATTRIBUTE_F64)
            snprintf(text, TEXT, "%.6g", value.f64);
    return text;
}

/* ---- operators --------------------------------------------------------------------------------------------------- */

/* What the node of the graph became in the drawing: -1 nothing. */
typedef struct sketch {
    const cli_net *net;
    cli_drawing *d;
    int *at;     /* by node id */
    int *groups; /* by layer; then: loss, gradients, update */
    int layers;
    int shapes; /* lines without a value tell its shape */
} sketch;

static int is_drawn(const cli_net *net, uint32_t id)
{
    return net->nodes[id].part && strcmp(cli_net_info(net, id).op, "expand") != 0;
}

static int add_operator(const sketch *s, uint32_t id)
{
    const cli_net *net = s->net;
    const cli_net_node *node = &net->nodes[id];
    const luge_node_info info = cli_net_info(net, id);
    char lines[TEXT] = "", shape[CLI_SHAPE], title[TEXT];
    if (!strcmp(info.op, "full") || !strcmp(info.op, "constant"))
        return cli_draw_node(s->d, CLI_NODE_CONSTANT, constant_text(net, id, title), NULL);
    const int variable = !strcmp(info.op, "variable"), input = !strcmp(info.op, "input");
    const int effect = info.dtype == LUGE_NO_DTYPE;
    if (variable || net->training.graph) append(lines, "\n", effect ? "" : cli_net_shape(net, id, shape));
    append_cost(lines, node->seconds, node->bytes);
    if (effect && !strncmp(info.op, "update_", 7)) return cli_draw_node(s->d, CLI_NODE_EFFECT, info.op + 7, lines);
    return cli_draw_node(s->d,
                         input      ? CLI_NODE_INPUT
                         : variable ? CLI_NODE_PARAMETER
                         : effect   ? CLI_NODE_EFFECT
                                    : CLI_NODE_OP,
                         input || variable ? short_name(net, id, info.name) : sign_of(info.op), lines);
}

/* The frame that a node stands in: its layer's, or that of its part. */
static int group_of(sketch *s, uint32_t id)
{
    static const char *const names[] = { "loss", "gradients", "update" };
    const cli_net_node *node = &s->net->nodes[id];
    int k = node->layer;
    if (node->part == CLI_PART_GRADIENT) k = s->layers + 1;
    if (node->part == CLI_PART_UPDATE) k = s->layers + 2;
    if (k < 0 && s->net->training.graph && id > luge_node_count(luge_model_graph(s->net->model))) k = s->layers;
    if (k < 0 || !strcmp(cli_net_info(s->net, id).op, "input")) return -1;
    if (s->groups[k] < 0)
        s->groups[k] = cli_draw_group(s->d, k < s->layers ? layer_name(s->net, k) : names[k - s->layers]);
    return s->groups[k];
}

/* A line from what became of a node: its value above, unless the drawing has none; below, where it goes to the loss,
 * the gradient. */
static void add_edge(const sketch *s, uint32_t from, int a, int b, int to_loss)
{
    const cli_net_node *node = &s->net->nodes[from];
    char above[TEXT] = "", below[TEXT] = "", shape[CLI_SHAPE];
    const char *op = cli_net_info(s->net, from).op;
    if (node->value.n)
        value_text(&node->value, above);
    else if (s->shapes && strcmp(op, "full") != 0 && strcmp(op, "variable") != 0)
        snprintf(above, sizeof above, "%s", cli_net_shape(s->net, from, shape));
    if (!strcmp(op, "full")) *above = '\0'; /* says it itself */
    if (to_loss && node->gradient.n) gradient_text(&node->gradient, below);
    if (*below && node->users > 1) append(below, " ", "in all");
    cli_draw_edge(s->d, a, b, *above ? above : NULL, *below ? below : NULL);
}

/* Outputs as words at the end of a line. */
static void add_ends(sketch *s)
{
    for (int i = 0; i < LUGE_MAX_OUTPUTS; i++) {
        const luge_val output = luge_model_output(s->net->model, i);
        if (!luge_is_some(output)) break;
        char title[32] = "output";
        if (i) snprintf(title, sizeof title, "output %d", i + 1);
        if (s->at[output.id] >= 0)
            add_edge(s, output.id, s->at[output.id], cli_draw_node(s->d, CLI_NODE_OUTPUT, title, NULL), 0);
    }
    const uint32_t loss = s->net->training.loss.id;
    if (loss) add_edge(s, loss, s->at[loss], cli_draw_node(s->d, CLI_NODE_OUTPUT, "loss", NULL), 1);
}

static int open_sketch(sketch *s, const cli_net *net, cli_drawing *d, int shapes)
{
    *s = (sketch){ .net = net, .d = d, .layers = luge_layer_count(net->model), .shapes = shapes };
    s->at = malloc(((size_t)net->n + 1) * sizeof *s->at);
    s->groups = malloc(((size_t)s->layers + 3) * sizeof *s->groups);
    if (!s->at || !s->groups) d->failed = 1;
    for (uint32_t id = 0; id <= net->n && s->at; id++) s->at[id] = -1;
    for (int k = 0; k < s->layers + 3 && s->groups; k++) s->groups[k] = -1;
    return !d->failed;
}

static void close_sketch(sketch *s)
{
    free(s->at);
    free(s->groups);
}

static void draw_operator(sketch *s, uint32_t id)
{
    const luge_node_info info = cli_net_info(s->net, id);
    s->at[id] = add_operator(s, id);
    cli_draw_put(s->d, s->at[id], group_of(s, id));
    for (int k = 0; k < info.n_inputs; k++) {
        const uint32_t from = cli_net_source(s->net, id, k);
        if (from) add_edge(s, from, s->at[from], s->at[id], s->net->nodes[id].on_way);
    }
}

void cli_net_draw_ops(const cli_net *net, cli_drawing *d)
{
    sketch s;
    const int good = open_sketch(&s, net, d, !net->training.graph);
    for (int part = CLI_PART_FORWARD; part <= (net->whole ? CLI_PART_UPDATE : CLI_PART_FORWARD) && good; part++)
        for (uint32_t id = 1; id <= net->n; id++)
            if ((int)net->nodes[id].part == part && is_drawn(net, id)) draw_operator(&s, id);
    if (good) add_ends(&s);
    close_sketch(&s);
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

/* Boxes after those of the layers. */
enum { LOSS, GRADIENTS, UPDATE, BOXES };

/* The box that a node is folded into: a layer's index, or layers + LOSS and so on; -1: it is drawn itself. */
static int box_of(const sketch *s, uint32_t id)
{
    const cli_net_node *node = &s->net->nodes[id];
    if (node->layer >= 0) return node->layer;
    if (node->part == CLI_PART_GRADIENT) return s->layers + GRADIENTS;
    if (node->part == CLI_PART_UPDATE) return s->layers + UPDATE;
    if (!s->net->training.graph || id <= luge_node_count(luge_model_graph(s->net->model))) return -1;
    return strcmp(cli_net_info(s->net, id).op, "input") ? s->layers + LOSS : -1;
}

/* What all nodes of a box cost together. */
static void append_costs(const sketch *s, int box, char *lines)
{
    double seconds = 0;
    size_t bytes = 0;
    for (uint32_t id = 1; id <= s->net->n; id++) {
        const cli_net_node *node = &s->net->nodes[id];
        if (!node->part || box_of(s, id) != box || !(node->seconds >= 0)) continue;
        seconds += node->seconds;
        bytes += node->bytes;
    }
    if (s->net->seconds >= 0) append_cost(lines, seconds, bytes);
}

/* Operators that do work, and the weights among them. */
static int count(const sketch *s, int box, int effects)
{
    int n = 0;
    for (uint32_t id = 1; id <= s->net->n; id++) {
        const luge_node_info info = cli_net_info(s->net, id);
        const int is_effect = info.dtype == LUGE_NO_DTYPE;
        if (s->net->nodes[id].part && box_of(s, id) == box && info.n_inputs > 0 && is_drawn(s->net, id))
            n += effects ? is_effect && !strncmp(info.op, "update_", 7) : !is_effect;
    }
    return n;
}

static int draw_layer(const sketch *s, int index)
{
    const cli_net *net = s->net;
    luge_layer_info layer;
    char lines[TEXT] = "", text[TEXT], shape[CLI_SHAPE], number[CLI_TEXT];
    if (luge_layer_at(net->model, index, &layer)) return -1;
    const char *op = cli_net_info(net, layer.output.id).op, *kind = luge_layer_kind_name(layer.kind);
    if (strncmp(layer.name, kind, strlen(kind)) != 0) append(lines, "\n", kind);
    if (layer.kind == LUGE_DENSE && strcmp(op, "add") != 0 && strcmp(op, "matmul") != 0) append(lines, "\n", op);
    snprintf(text, sizeof text, "%s → ", cli_net_shape(net, layer.input.id, shape));
    append(lines, "\n", text);
    const size_t n = strlen(lines);
    snprintf(lines + n, TEXT - n, "%s", cli_net_shape(net, layer.output.id, shape));
    if (layer.parameters) {
        snprintf(text, sizeof text, "%s parameters", cli_count(number, layer.parameters));
        append(lines, "\n", text);
    }
    double squares = 0;
    for (uint32_t id = 1; id <= net->n; id++)
        if (net->nodes[id].layer == index && net->nodes[id].trained && net->nodes[id].gradient.n)
            squares += net->nodes[id].gradient.norm * net->nodes[id].gradient.norm;
    if (squares > 0) {
        snprintf(text, sizeof text, "gradient of size %.3g", sqrt(squares));
        append(lines, "\n", text);
    }
    append_costs(s, index, lines);
    return cli_draw_node(s->d, CLI_NODE_LAYER, layer.name, lines);
}

static int draw_box(const sketch *s, int box)
{
    char lines[TEXT] = "", text[TEXT];
    if (box < s->layers) return draw_layer(s, box);
    const int part = box - s->layers;
    const char *title = part == LOSS ? "loss" : part == GRADIENTS ? "backpropagation" : "update";
    if (part == UPDATE) {
        for (uint32_t id = 1; id <= s->net->n; id++) {
            const char *op = cli_net_info(s->net, id).op;
            if (!strncmp(op, "update_", 7)) title = op + 7;
        }
        snprintf(text, sizeof text, "%d weights", count(s, box, 1));
        append(lines, "\n", text);
        snprintf(text, sizeof text, "rate %.4g", luge_learning_rate(s->net->model));
    } else {
        snprintf(text, sizeof text, "%d operators", count(s, box, 0));
    }
    append(lines, "\n", text);
    append_costs(s, box, lines);
    return cli_draw_node(s->d, part == UPDATE ? CLI_NODE_EFFECT : CLI_NODE_LAYER, title, lines);
}

static int has_edge(const cli_drawing *d, int from, int to)
{
    for (int i = d->n_edges - 1; i >= 0; i--)
        if (d->edges[i].from == from && d->edges[i].to == to) return 1;
    return 0;
}

/* Whether a line between two boxes is drawn: of what goes into gradients and updates, the one that they begin with. */
static int is_shown(const sketch *s, uint32_t from, uint32_t to)
{
    const cli_part part = s->net->nodes[to].part;
    if (part == CLI_PART_FORWARD) return 1;
    return part == CLI_PART_UPDATE && s->net->nodes[from].part == CLI_PART_GRADIENT;
}

static int draws_itself(const sketch *s, uint32_t id)
{
    const char *op = cli_net_info(s->net, id).op;
    return is_drawn(s->net, id) && strcmp(op, "variable") != 0 && strcmp(op, "full") != 0 &&
           strcmp(op, "constant") != 0;
}

static void fold(sketch *s, uint32_t id, int *boxes)
{
    const luge_node_info info = cli_net_info(s->net, id);
    const int box = box_of(s, id);
    if (box >= 0 && boxes[box] < 0 && is_drawn(s->net, id) && info.n_inputs > 0) boxes[box] = draw_box(s, box);
    s->at[id] = box >= 0 ? boxes[box] : draws_itself(s, id) ? add_operator(s, id) : -1;
    for (int k = 0; k < info.n_inputs && s->at[id] >= 0; k++) {
        const uint32_t from = cli_net_source(s->net, id, k);
        const int source = from ? box_of(s, from) : -1, a = source >= 0 ? boxes[source] : from ? s->at[from] : -1;
        if (a < 0 || a == s->at[id] || !is_shown(s, from, id) || has_edge(s->d, a, s->at[id])) continue;
        const int weight = s->net->nodes[from].trained; /* a penalty's: not what the layer hands on */
        if (s->net->nodes[id].part == CLI_PART_FORWARD && !weight)
            add_edge(s, from, a, s->at[id], s->net->nodes[id].on_way);
        else
            cli_draw_edge(s->d, a, s->at[id], NULL, NULL);
    }
}

void cli_net_draw_layers(const cli_net *net, cli_drawing *d)
{
    sketch s;
    int good = open_sketch(&s, net, d, 0); /* boxes tell their shapes */
    int *boxes = malloc(((size_t)luge_layer_count(net->model) + BOXES) * sizeof *boxes);
    if (!boxes) d->failed = 1;
    good = good && boxes;
    for (int k = 0; k < s.layers + BOXES && good; k++) boxes[k] = -1;
    for (int part = CLI_PART_FORWARD; part <= CLI_PART_UPDATE && good; part++)
        for (uint32_t id = 1; id <= net->n; id++)
            if ((int)net->nodes[id].part == part) fold(&s, id, boxes);
    if (good && net->training.graph && boxes[s.layers + GRADIENTS] >= 0)
        add_edge(&s, net->training.loss.id, boxes[s.layers + LOSS], boxes[s.layers + GRADIENTS], 1);
    else if (good)
        add_ends(&s);
    free(boxes);
    close_sketch(&s);
}
