/* grad_chain.c: backpropagation node by node: what arrives at each, its local derivatives, and what goes on; in words
 * and as a drawing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/drawing/draw.h"
#include "grad.h"

/* ---- which nodes ------------------------------------------------------------------------------------------------- */

static luge_node_info info_of(const luge_graph *g, uint32_t id)
{
    luge_node_info info = { .op = "", .name = "" };
    (void)luge_node_info_of(g, luge_node_at(g, id), &info); /* id is in range */
    return info;
}

/* What the output needs; of that, what depends on a wrt by numbers (no gradient goes through truths). */
static void mark(cli_chain *c, const cli_grad_job *job)
{
    luge_graph *g = job->x.f.graph;
    c->needed[c->output] = 1;
    for (uint32_t id = c->output; id > 0; id--) {
        const luge_node_info info = info_of(g, id);
        for (int i = 0; i < info.n_inputs && c->needed[id]; i++) c->needed[info.inputs[i].id] = 1;
    }
    for (int i = 0; i < job->n_wrt; i++) {
        const uint32_t id = job->x.f.names[job->wrt[i]].value.id;
        if (id <= c->n_nodes) c->active[id] = c->needed[id];
    }
    for (uint32_t id = 1; id <= c->output; id++) {
        const luge_node_info info = info_of(g, id);
        for (int i = 0; i < info.n_inputs && info.dtype == LUGE_F64 && c->needed[id]; i++)
            c->active[id] |= c->active[info.inputs[i].id];
    }
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

/* Runs a plan over the values and keeps everything; NULL on a failure. */
static luge_run *run_all(luge_graph *g, const luge_val *outputs, int n)
{
    luge_plan *plan = luge_plan_create(g, outputs, n, .keep_all = 1);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    if (run && luge_run_execute(run)) {
        luge_run_free(run);
        run = NULL;
    }
    luge_plan_free(plan);
    return run;
}

/* Forward values, and what arrives at each active node. */
static luge_status propagate(cli_chain *c, luge_graph *g)
{
    luge_val *outputs = calloc((size_t)c->n_nodes + 1, sizeof *outputs),
             *wrt = calloc((size_t)c->n_nodes + 1, sizeof *wrt);
    int n = 0;
    luge_status status = outputs && wrt ? LUGE_OK : LUGE_ENOMEM;
    for (uint32_t id = 1; id <= c->output && !status; id++)
        if (c->active[id]) wrt[n++] = luge_node_at(g, id);
    if (!status && n) status = luge_gradient(g, luge_node_at(g, c->output), wrt, n, outputs);
    if (!status) outputs[n] = luge_node_at(g, c->output);
    luge_run *run = status ? NULL : run_all(g, outputs, n + 1);
    if (!run && !status) status = LUGE_ENOMEM;
    if (run) cli_grad_values(g, run, c->n_nodes, c->value);
    for (int i = 0; i < n && !status; i++)
        status = luge_run_get(run, outputs[i], &c->arriving[wrt[i].id], sizeof *c->arriving);
    for (int i = 0; i < n; i++) c->arriving[wrt[i].id] += 0.0; /* no -0 */
    luge_run_free(run);
    free(outputs);
    free(wrt);
    return status;
}

/* The node alone: the same op over variables that have its operands' values; its derivatives by the active ones. */
static luge_status append_local(cli_chain *c, luge_graph *g, uint32_t id)
{
    const luge_node_info info = info_of(g, id);
    const luge_val node = luge_node_at(g, id);
    luge_attribute attributes[2];
    luge_val in[3], wrt[3], grads[3];
    int operand[3], n = 0;
    const int n_attributes = luge_attribute_count(g, node);
    if (info.n_inputs > 3 || n_attributes > 2) return LUGE_EINTERNAL; /* no op that a formula has */
    for (int i = 0; i < info.n_inputs; i++) {
        char name[32];
        double number;
        const uint32_t from = info.inputs[i].id;
        if (cli_constant_value(g, info.inputs[i], &number)) {
            in[i] = luge_scalar(c->locals, LUGE_F64, number);
            continue;
        }
        const luge_dtype dtype = info_of(g, from).dtype;
        const uint8_t truth = c->value[from] > 0;
        snprintf(name, sizeof name, "%u.%d", (unsigned)id, i);
        in[i] = luge_variable(c->locals, name, dtype, luge_scalar_shape());
        if (!luge_is_some(in[i])) return LUGE_ENOMEM;
        c->operand_of[in[i].id] = from;
        (void)(dtype == LUGE_BOOL ? luge_set(c->locals, in[i], &truth, 1)
                                  : luge_set(c->locals, in[i], &c->value[from], sizeof(double)));
        if (!c->active[from]) continue;
        operand[n] = i;
        wrt[n++] = in[i];
    }
    for (int i = 0; i < n_attributes; i++) (void)luge_attribute_at(g, node, i, &attributes[i]);
    const luge_val alone = luge_append(c->locals, info.op, in, info.n_inputs, attributes, n_attributes);
    if (!luge_is_some(alone)) return LUGE_ENOMEM;
    c->operand_of[alone.id] = id; /* derivatives may use it: y (1 - y) */
    const luge_status status = luge_gradient(c->locals, alone, wrt, n, grads);
    for (int i = 0; i < n && !status; i++)
        c->edges[c->n_edges++] = (cli_chain_edge){ id, info.inputs[operand[i]].id, operand[i], grads[i], 0 };
    return status;
}

static luge_status derive_locals(cli_chain *c, luge_graph *g)
{
    enum { NODES_OF_ONE = 64 }; /* more than one op's derivatives ever take */
    const size_t room = (size_t)(c->n_nodes + 1) * NODES_OF_ONE;
    luge_status status = LUGE_OK;
    c->operand_of = calloc(room, sizeof *c->operand_of);
    c->edges = calloc((size_t)(c->n_nodes + 1) * 3, sizeof *c->edges);
    luge_val *outputs = calloc((size_t)(c->n_nodes + 1) * 3, sizeof *outputs);
    if (!c->operand_of || !c->edges || !outputs || !c->locals) status = LUGE_ENOMEM;
    for (uint32_t id = c->output; id > 0 && !status; id--) {
        if (c->active[id] && info_of(g, id).n_inputs) status = append_local(c, g, id);
        if (!status && luge_node_count(c->locals) + NODES_OF_ONE > room) status = LUGE_EINTERNAL;
    }
    for (int i = 0; i < c->n_edges && !status; i++) outputs[i] = c->edges[i].local;
    if (!status && c->n_edges) c->run = run_all(c->locals, outputs, c->n_edges);
    if (!status && c->n_edges && !c->run) status = LUGE_ENOMEM;
    for (int i = 0; i < c->n_edges && !status; i++)
        status = luge_run_get(c->run, outputs[i], &c->edges[i].derivative, sizeof(double));
    free(outputs);
    return status;
}

int cli_chain_open(cli_chain *c, const cli_grad_job *job, int of)
{
    luge_graph *g = job->x.f.graph;
    *c = (cli_chain){ .x = &job->x, .output = job->x.f.names[job->of[of]].value.id };
    c->n_nodes = (uint32_t)job->x.f.n_places;
    if (c->n_nodes > CLI_MOST_CHAIN)
        return cli_fail(job->o.verb, "the formula has %u operations; the chain rule is shown for %d at most",
                        (unsigned)c->n_nodes, CLI_MOST_CHAIN);
    const size_t n = (size_t)c->n_nodes + 1;
    c->value = calloc(n, sizeof *c->value);
    c->arriving = calloc(n, sizeof *c->arriving);
    c->active = calloc(n, 1);
    c->needed = calloc(n, 1);
    c->locals = luge_graph_create(job->x.ctx);
    if (!c->value || !c->arriving || !c->active || !c->needed) return cli_fail(job->o.verb, "out of memory");
    mark(c, job);
    luge_status status = propagate(c, g);
    if (!status) status = derive_locals(c, g);
    return status ? cli_fail_with(job->o.verb, job->x.ctx) : CLI_OK;
}

void cli_chain_free(cli_chain *c)
{
    luge_run_free(c->run);
    luge_graph_free(c->locals);
    free(c->value);
    free(c->arriving);
    free(c->active);
    free(c->needed);
    free(c->edges);
    free(c->operand_of);
}

/* ---- in words ---------------------------------------------------------------------------------------------------- */

/* "x = r*sin(t)", or the text of a node without a name. */
static void full_text(const cli_chain *c, uint32_t id, int columns, char *text, size_t size)
{
    const luge_node_info info = info_of(c->x->f.graph, id);
    size_t n = 0;
    if (*info.name && info.n_inputs) {
        n = (size_t)snprintf(text, size, "%s = ", info.name);
        cli_formula_text(&c->x->f, c->x->f.places[id - 1], columns - (int)n, text + n, size - n);
    } else {
        cli_grad_text(c->x, id, columns, text, size);
    }
}

static void print_edge(const cli_chain *c, const cli_chain_edge *e)
{
    char to[64], words[128], line[300];
    int step = 1; /* at which it is visited */
    for (uint32_t id = c->output; id > e->to; id--) step += c->active[id];
    cli_grad_text(c->x, e->to, 20, to, sizeof to);
    cli_chain_words(c, e, words, sizeof words);
    const double arriving = c->arriving[e->from];
    char number[CLI_TEXT];
    snprintf(number, sizeof number, "%.6g", e->derivative);
    snprintf(line, sizeof line, "%s%s%s; %.6g * %.6g = %.6g", words, strcmp(words, number) ? " = " : "",
             strcmp(words, number) ? number : "", arriving, e->derivative, arriving * e->derivative + 0.0);
    const int width = cli_columns(to);
    printf("      to %3d %s%*s  ", step, to, width < 11 ? 11 - width : 0, "");
    cli_wrap(15 + (width < 11 ? 11 : width), line);
}

void cli_chain_print(const cli_chain *c)
{
    char text[300];
    int step = 0;
    cli_grad_text(c->x, c->output, 40, text, sizeof text);
    printf("\n  back from %s: at each step what arrives times the local derivative goes on\n\n", text);
    for (uint32_t id = c->output; id > 0; id--) {
        if (!c->active[id]) continue;
        full_text(c, id, 38, text, sizeof text);
        const int width = cli_columns(text);
        printf("  %3d %s%*s %12.6g  arrives %.6g\n", ++step, text, width < 38 ? 38 - width : 0, "", c->value[id],
               c->arriving[id]);
        for (int i = 0; i < c->n_edges; i++)
            if (c->edges[i].from == id) print_edge(c, &c->edges[i]);
    }
}

/* ---- as a drawing ------------------------------------------------------------------------------------------------ */

/* A constant that is drawn in its operation's circle: the 2 of x^2. */
static int is_exponent(const cli_chain *c, uint32_t id, int operand)
{
    const luge_node_info info = info_of(c->x->f.graph, id);
    return !strcmp(info.op, "pow") && operand == 1 && !strcmp(info_of(c->x->f.graph, info.inputs[1].id).op, "full");
}

static void title_of(const cli_chain *c, uint32_t id, char *text, size_t size)
{
    static const char *const signs[][2] = { { "add", "+" },       { "sub", "−" },        { "mul", "×" },
                                            { "div", "÷" },       { "neg", "−" },        { "maximum", "max" },
                                            { "pow", "^" },       { "less", "<" },       { "greater", ">" },
                                            { "minimum", "min" }, { "less_equal", "≤" }, { "greater_equal", "≥" },
                                            { "equal", "=" },     { "not_equal", "≠" },  { "reciprocal", "1/x" } };
    const luge_node_info info = info_of(c->x->f.graph, id);
    snprintf(text, size, "%s", info.op);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (!strcmp(info.op, signs[i][0])) snprintf(text, size, "%s", signs[i][1]);
    if (is_exponent(c, id, 1)) snprintf(text, size, "^%.6g", c->value[info.inputs[1].id]);
    if (!info.n_inputs && strcmp(info.op, "full") != 0) snprintf(text, size, "%s", info.name);
    if (!info.n_inputs && !strcmp(info.op, "full")) snprintf(text, size, "%.6g", c->value[id]);
}

/* What a node adds up where several edges bring it gradients; "" where one does. */
static void sum_of(const cli_chain *c, uint32_t id, char *text, size_t size)
{
    int n = 0;
    for (int i = 0; i < c->n_edges; i++) n += c->edges[i].to == id;
    *text = '\0';
    if (n > 1) snprintf(text, size, "sum of gradients %.5g", c->arriving[id]);
}

static void add_node(const cli_chain *c, cli_drawing *d, uint32_t id, int *number)
{
    const luge_node_info info = info_of(c->x->f.graph, id);
    char title[80], sum[64], lines[200];
    const cli_node_kind kind = info.n_inputs              ? CLI_NODE_OP
                               : !strcmp(info.op, "full") ? CLI_NODE_CONSTANT
                                                          : CLI_NODE_INPUT;
    title_of(c, id, title, sizeof title);
    sum_of(c, id, sum, sizeof sum);
    const char *name = info.n_inputs && id != c->output ? info.name : "";
    snprintf(lines, sizeof lines, "%s%s%s", name, *name && *sum ? "\n" : "", sum);
    number[id] = cli_draw_node(d, kind, title, lines);
}

static void add_edges(const cli_chain *c, cli_drawing *d, uint32_t id, const int *number)
{
    const luge_node_info info = info_of(c->x->f.graph, id);
    for (int k = 0; k < info.n_inputs; k++) {
        char above[CLI_TEXT], below[CLI_TEXT] = "";
        const uint32_t from = info.inputs[k].id;
        if (is_exponent(c, id, k)) continue;
        if (info_of(c->x->f.graph, from).dtype == LUGE_BOOL)
            snprintf(above, sizeof above, "%s", c->value[from] > 0 ? "true" : "false");
        else
            snprintf(above, sizeof above, "%.5g", c->value[from]);
        for (int i = 0; i < c->n_edges; i++)
            if (c->edges[i].from == id && c->edges[i].operand == k)
                snprintf(below, sizeof below, "%.5g", c->arriving[id] * c->edges[i].derivative + 0.0);
        cli_draw_edge(d, number[from], number[id], above, *below ? below : NULL);
    }
}

int cli_chain_draw(const cli_chain *c, const char *path)
{
    cli_drawing d = { 0 };
    const char *verb = c->x->o->verb;
    int *number = calloc((size_t)c->n_nodes + 1, sizeof *number);
    char above[CLI_TEXT], *inside = calloc((size_t)c->n_nodes + 1, 1);
    if (!number || !inside) {
        free(number);
        free(inside);
        return cli_fail(verb, "out of memory");
    }
    for (uint32_t id = c->output; id > 0; id--) /* an exponent that nobody else uses stands in the circle */
        for (int k = 0; k < info_of(c->x->f.graph, id).n_inputs && c->needed[id]; k++)
            if (!is_exponent(c, id, k)) inside[info_of(c->x->f.graph, id).inputs[k].id] = 1;
    inside[c->output] = 1;
    for (uint32_t id = 1; id <= c->output; id++)
        if (c->needed[id] && inside[id]) add_node(c, &d, id, number);
    for (uint32_t id = 1; id <= c->output; id++)
        if (c->needed[id] && inside[id]) add_edges(c, &d, id, number);
    snprintf(above, sizeof above, "%.5g", c->value[c->output]);
    const int end = cli_draw_node(&d, CLI_NODE_OUTPUT, info_of(c->x->f.graph, c->output).name, NULL);
    cli_draw_edge(&d, number[c->output], end, above, c->active[c->output] ? "1" : NULL);
    if (!path) printf("\n");
    const int code = path ? cli_draw_save(verb, &d, path) : cli_draw_print(verb, &d, stdout);
    cli_draw_free(&d);
    free(number);
    free(inside);
    return code;
}
