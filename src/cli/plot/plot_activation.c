/* plot_activation.c: activation functions with their derivatives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

enum { POINTS = 201, HALF = 100, TO_ONE = 20 }; /* so many points, so many to 1 */

/* f(x), where it is a function of one number: an activation by its name, with its usual slope, or an operator. */
static luge_val function_of(luge_graph *g, const char *name, luge_val x)
{
    luge_activation activation;
    luge_op_info op;
    const luge_val none = { 0 };
    if (luge_activation_named(name, &activation) && activation != LUGE_SOFTMAX)
        return luge_activate(g, x, activation, 0);
    for (int i = 0; i < luge_op_count(); i++)
        if (!luge_op_info_at(i, &op) && !strcmp(op.name, name) && !strncmp(op.kernels, "vector", 6))
            return luge_append(g, name, &x, 1, NULL, 0);
    return none;
}

/* A step has none; its slope counts as 0. */
static int has_gradient(const luge_graph *g, luge_val y)
{
    luge_node_info node;
    luge_op_info op;
    if (!luge_is_some(y) || luge_node_info_of(g, y, &node)) return 0;
    for (int i = 0; i < luge_op_count(); i++)
        if (!luge_op_info_at(i, &op) && !strcmp(op.name, node.op)) return strcmp(op.gradient, "none") != 0;
    return 0;
}

typedef struct curve {
    double x[POINTS], y[POINTS], slope[POINTS];
} curve;

/* Values and slopes, by the graph and its gradient. LUGE_OK, or why not. */
static luge_status evaluate(luge_context *ctx, const char *name, curve *c)
{
    luge_graph *g = luge_graph_create(ctx);
    for (int i = 0; i < POINTS; i++) c->x[i] = (i - HALF) / (double)TO_ONE;
    const luge_val x = luge_variable(g, "x", LUGE_F64, luge_shape_of(POINTS)), y = function_of(g, name, x);
    luge_val out[2] = { y };
    if (has_gradient(g, y)) luge_gradient(g, luge_sum(g, y), &x, 1, &out[1]);
    luge_set(g, x, c->x, sizeof c->x);
    const int found = luge_is_some(y) && !luge_failed(ctx), slope = found && luge_is_some(out[1]);
    luge_plan *plan = found ? luge_plan_create(g, out, 1 + slope) : NULL;
    luge_run *run = luge_run_create(plan);
    luge_run_execute(run);
    luge_run_get(run, y, c->y, sizeof c->y);
    for (int i = 0; i < POINTS; i++) c->slope[i] = 0;
    if (slope) luge_run_get(run, out[1], c->slope, sizeof c->slope);
    luge_run_free(run);
    luge_plan_free(plan);
    luge_graph_free(g);
    return found && !luge_failed(ctx) ? LUGE_OK : LUGE_EINVAL;
}

static int add_names(luge_context *ctx, const char **names)
{
    static curve unused;
    int n = 0;
    luge_op_info op;
    for (int i = 0; i < luge_op_count() && n < 64; i++) {
        if (luge_op_info_at(i, &op) || strncmp(op.kernels, "vector", 6) != 0) continue;
        if (!evaluate(ctx, op.name, &unused)) names[n++] = op.name;
        luge_clear(ctx);
    }
    return n;
}

static void note_slope(cli_chart *chart, const char *name, const curve *c)
{
    char slope[CLI_TEXT], at[CLI_TEXT];
    int best = -1, equal = 0;
    for (int i = 0; i < POINTS; i++)
        if (isfinite(c->slope[i]) && (best < 0 || c->slope[i] > c->slope[best])) best = i;
    for (int i = 0; i < POINTS && best >= 0; i++) equal += c->slope[i] == c->slope[best];
    if (best < 0) return;
    snprintf(slope, sizeof slope, "%.6g", c->slope[best]);
    snprintf(at, sizeof at, " at x = %.4g", c->x[best]);
    const int edge = best == 0 || best == POINTS - 1;
    cli_chart_note(chart, name, "largest slope %s%s%s", slope, equal == 1 ? at : "",
                   equal == 1 && edge ? ", an end of the axis" : "");
}

/* What is drawn of the heights: those that are no further from 0 than the axis of x goes. */
static cli_axis heights(const char *name, const curve *curves, int n, int slope)
{
    cli_axis a = { .name = name, .low = 0, .high = 0 };
    const double most = HALF / (double)TO_ONE;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < POINTS; i++) {
            const double y = slope ? curves[k].slope[i] : curves[k].y[i];
            if (isfinite(y) && y < a.low) a.low = y;
            if (isfinite(y) && y > a.high) a.high = y;
        }
    if (a.low < -most) a.low = -most;
    if (a.high > most) a.high = most;
    const double room = 0.05 * (a.high - a.low);
    a.low -= room;
    a.high += room;
    return a;
}

static void draw(cli_chart *chart, const char *const *name, const curve *curves, int n)
{
    const cli_axis x = { .name = "x" };
    cli_chart_panel(chart, "function", x, heights("f(x)", curves, n, 0));
    for (int i = 0; i < n; i++)
        cli_chart_add(
            chart, (cli_series){ .mark = CLI_LINE, .name = name[i], .n = POINTS, .x = curves[i].x, .y = curves[i].y });
    cli_chart_panel(chart, "derivative", x, heights("f'(x)", curves, n, 1));
    for (int i = 0; i < n; i++)
        cli_chart_add(
            chart,
            (cli_series){ .mark = CLI_LINE, .name = name[i], .n = POINTS, .x = curves[i].x, .y = curves[i].slope });
    for (int i = 0; i < n; i++) note_slope(chart, name[i], &curves[i]);
}

int cli_plot_activation(cli_job *job)
{
    const int n = job->o.n_words - 1;
    const char *const *name = &job->o.word[1], *names[64];
    if (n < 1) {
        cli_fail(job->o.verb, "activation: which?\n  luge plot activation sigmoid tanh relu");
        return CLI_USAGE;
    }
    curve *curves = calloc((size_t)n, sizeof *curves);
    if (!curves) return cli_fail(job->o.verb, "out of memory");
    int code = CLI_OK;
    for (int i = 0; i < n && !code; i++) {
        if (!evaluate(job->ctx, name[i], &curves[i])) continue;
        luge_clear(job->ctx);
        cli_fail(job->o.verb, "no function of one number \"%s\"; nearest: %s", name[i],
                 luge_nearest(name[i], names, add_names(job->ctx, names)));
        code = CLI_USAGE;
    }
    if (!code) {
        cli_chart chart = cli_chart_begin("Activation functions");
        draw(&chart, name, curves, n);
        code = cli_chart_tell(&job->o, &chart);
        cli_chart_free(&chart);
    }
    free(curves);
    return code;
}
