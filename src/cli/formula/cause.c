/* cause.c: which operation of a formula has no finite number, and why. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "grad.h"

/* In words, why op(a, b) is none. */
static const char *reason(const char *op, double a, double b, double y)
{
    if (!strcmp(op, "div")) return b == 0 ? "a division by zero" : "too large for a double";
    if (!strcmp(op, "reciprocal")) return "a division by zero";
    if (!strcmp(op, "log")) return a == 0 ? "the logarithm of zero" : "the logarithm of a negative number";
    if (!strcmp(op, "log1p")) return a == -1 ? "the logarithm of zero" : "the logarithm of a negative number";
    if (!strcmp(op, "sqrt")) return "the square root of a negative number";
    if (!strcmp(op, "pow") && a == 0) return "zero to a negative power: a division by zero";
    if (!strcmp(op, "pow") && isnan(y)) return "a negative number to a power that is no whole number";
    return "too large for a double";
}

/* Down from y to the node whose operands are finite numbers and that is none itself. */
static luge_node_info find(const luge_graph *g, luge_val y, const double *value, uint32_t *id)
{
    luge_node_info info = { .op = "" };
    *id = y.id;
    for (int deeper = 1; deeper;) {
        if (luge_node_info_of(g, luge_node_at(g, *id), &info)) return info;
        deeper = 0;
        for (int i = 0; i < info.n_inputs && !deeper; i++) {
            if (isfinite(value[info.inputs[i].id])) continue;
            *id = info.inputs[i].id;
            deeper = 1;
        }
    }
    return info;
}

static int tell(const cli_expression *x, luge_val y, const double *value, const char *name)
{
    uint32_t id;
    char text[64], values[120] = "";
    size_t n = 0;
    const luge_node_info info = find(x->f.graph, y, value, &id);
    const double a = info.n_inputs > 0 ? value[info.inputs[0].id] : 0;
    const double b = info.n_inputs > 1 ? value[info.inputs[1].id] : 0;
    cli_formula_text(&x->f, x->f.places[id - 1], 40, text, sizeof text);
    for (int i = 0; i < info.n_inputs && n < sizeof values; i++)
        n += (size_t)snprintf(values + n, sizeof values - n, "%s%.6g", i ? ", " : "", value[info.inputs[i].id]);
    return cli_expression_fail(x, x->f.places[id - 1], "%s is no finite number: %s is %s: %s(%s)", name, text,
                               reason(info.op, a, b, value[id]), info.op, values);
}

int cli_expression_cause(const cli_expression *x, luge_val y, const char *name)
{
    double *value = calloc((size_t)y.id + 1, sizeof *value);
    luge_plan *plan = luge_plan_create(x->f.graph, &y, 1, .keep_all = 1);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    int code;
    if (!value || !run || luge_run_execute(run)) {
        code = value ? cli_fail_with(x->o->verb, x->ctx) : cli_fail(x->o->verb, "out of memory");
    } else {
        cli_grad_values(x->f.graph, run, y.id, value);
        code = tell(x, y, value, name);
    }
    luge_run_free(run);
    luge_plan_free(plan);
    free(value);
    return code;
}
