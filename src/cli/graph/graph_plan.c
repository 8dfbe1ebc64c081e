/* graph_plan.c: the steps of a network's plan, as it is given and as the planner rewrites it. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

/* "before the rewrites: 54 steps, 12 KB, 130 µs" */
static void headline(const cli_steps *s, int rewritten, char *text, size_t size)
{
    char bytes[CLI_TEXT], time[CLI_TEXT];
    const int n = snprintf(text, size, "%s the rewrites: %d steps in %s", rewritten ? "after" : "before", s->n,
                           cli_bytes(bytes, (double)luge_plan_memory_of(s->plan).arena));
    if (s->timed && n > 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, ", %s", cli_short_time(time, s->total));
}

static void shape_text(const luge_shape *shape, char text[CLI_SHAPE])
{
    size_t n = 0;
    *text = '\0';
    for (int i = 0; i < shape->ndim && n < CLI_SHAPE; i++)
        n += (size_t)snprintf(text + n, CLI_SHAPE - n, "%s%lld%s", i ? ", " : "[", (long long)shape->dim[i],
                              i + 1 == shape->ndim ? "]" : "");
}

/* Where the result lies. */
static const char *place_text(const luge_step_info *step, char text[CLI_TEXT])
{
    char number[CLI_TEXT];
    if (step->offset < 0)
        snprintf(text, CLI_TEXT, "variable");
    else if (step->in_place)
        snprintf(text, CLI_TEXT, "in place");
    else
        snprintf(text, CLI_TEXT, "at %s", cli_count(number, step->offset));
    return text;
}

static void print_steps(const cli_steps *s)
{
    enum { OP = 21 }; /* columns for its name */
    for (int i = 0; i < s->n; i++) {
        luge_step_info step;
        char shape[CLI_SHAPE], place[CLI_TEXT], bytes[CLI_TEXT], time[CLI_TEXT] = "";
        if (luge_plan_step(s->plan, i, &step)) continue;
        shape_text(&step.shape, shape);
        if (s->timed) cli_short_time(time, s->seconds[i]);
        place_text(&step, place);
        const int wide = strlen(step.op) > OP; /* then the rest stands below it */
        printf("  %3d  %s%s%*s %-9s %-12s %9s %s%*s%s\n", i + 1, step.op, wide ? "\n" : "",
               wide ? 7 + OP : OP - (int)strlen(step.op), "", step.kernel, shape,
               step.offset < 0 ? "" : cli_bytes(bytes, (double)step.bytes), place, *time ? 11 - (int)strlen(place) : 0,
               "", time);
    }
}

int cli_net_print_plan(const cli_net *net)
{
    int code = CLI_OK;
    for (int rewritten = 0; rewritten < 2 && !code; rewritten++) {
        cli_steps s;
        char title[CLI_SHAPE];
        code = cli_net_steps(net, !rewritten, &s);
        if (!code) {
            headline(&s, rewritten, title, sizeof title);
            printf("\n  %s\n\n", title);
            print_steps(&s);
        }
        cli_steps_free(&s);
    }
    printf("\n");
    return code;
}

/* ---- drawn ------------------------------------------------------------------------------------------------------- */

/* The drawing's node for what a step reads: a step's, through views of its result; inputs and variables are added when
 * they are first met; -1 for constants. */
static int source(const luge_graph *g, cli_drawing *d, int *at, luge_val v, int group)
{
    luge_node_info info;
    while (at[v.id] < 0) {
        if (luge_node_info_of(g, v, &info)) return -1;
        if (info.n_inputs > 0) {
            v = info.inputs[0];
            continue;
        }
        const int variable = !strcmp(info.op, "variable");
        if (!variable && strcmp(info.op, "input") != 0) return -1;
        at[v.id] = cli_draw_node(d, variable ? CLI_NODE_PARAMETER : CLI_NODE_INPUT, info.name, NULL);
        cli_draw_put(d, at[v.id], group);
        return at[v.id];
    }
    return at[v.id];
}

static void draw_step(const cli_steps *s, int i, cli_drawing *d, int *at, int group)
{
    const luge_graph *g = luge_plan_graph(s->plan);
    luge_step_info step;
    char shape[CLI_SHAPE], place[CLI_TEXT], bytes[CLI_TEXT], time[CLI_TEXT] = "", lines[CLI_MESSAGE];
    if (luge_plan_step(s->plan, i, &step)) return;
    shape_text(&step.shape, shape);
    if (s->timed) cli_short_time(time, s->seconds[i]);
    snprintf(lines, sizeof lines, "%s%s%s\n%s%s%s%s%s", step.kernel, *shape ? " " : "", shape, place_text(&step, place),
             step.offset < 0 ? "" : ", ", step.offset < 0 ? "" : cli_bytes(bytes, (double)step.bytes),
             *time ? "\n" : "", time);
    const int node = cli_draw_node(d, step.dtype == LUGE_NO_DTYPE ? CLI_NODE_EFFECT : CLI_NODE_OP, step.op, lines);
    at[step.value.id] = node;
    cli_draw_put(d, node, group);
    for (int k = 0; k < step.n_inputs; k++) {
        const int from = cli_takes_shape(step.op, k) ? -1 : source(g, d, at, step.inputs[k], group);
        if (from >= 0) cli_draw_edge(d, from, node, NULL, NULL);
    }
}

static int draw_steps(const cli_steps *s, int rewritten, cli_drawing *d)
{
    char title[CLI_SHAPE];
    const size_t n = (size_t)luge_node_count(luge_plan_graph(s->plan)) + 1;
    int *at = malloc(n * sizeof *at);
    if (!at) {
        d->failed = 1;
        return CLI_OK; /* told when the drawing is written */
    }
    headline(s, rewritten, title, sizeof title);
    const int group = cli_draw_group(d, title);
    for (size_t i = 0; i < n; i++) at[i] = -1;
    for (int i = 0; i < s->n; i++) draw_step(s, i, d, at, group);
    free(at);
    return CLI_OK;
}

int cli_net_draw_plan(const cli_net *net, cli_drawing *d)
{
    int code = CLI_OK;
    for (int rewritten = 1; rewritten >= 0 && !code; rewritten--) { /* the first stands lowest */
        cli_steps s;
        code = cli_net_steps(net, !rewritten, &s);
        if (!code) code = draw_steps(&s, rewritten, d);
        cli_steps_free(&s);
    }
    return code;
}
