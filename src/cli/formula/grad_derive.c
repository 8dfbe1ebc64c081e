/* grad_derive.c: values and derivatives of a formula, held against central differences; what went wrong, and where. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "grad.h"

enum { MOST_NODES = 2000000, MOST_COMPARED = 30000000 }; /* of a graph; nodes times derivatives */

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* Whether the node is one of several that stand for one text, but not the last: the sin(x) of tan(x). */
static int is_inner(const cli_expression *x, uint32_t id)
{
    if (id >= x->f.n_places) return 0;
    const cli_place a = x->f.places[id - 1], b = x->f.places[id];
    return a.at == b.at && a.length == b.length;
}

void cli_grad_text(const cli_expression *x, uint32_t id, int columns, char *text, size_t size)
{
    luge_node_info info = { .name = "" };
    double number;
    const luge_val v = luge_node_at(x->f.graph, id);
    (void)luge_node_info_of(x->f.graph, v, &info);
    if (*info.name) {
        snprintf(text, size, "%s", info.name);
    } else if (!is_inner(x, id)) {
        cli_formula_text(&x->f, x->f.places[id - 1], columns, text, size);
    } else if (cli_constant_value(x->f.graph, v, &number)) {
        snprintf(text, size, "%.6g", number);
    } else { /* one level: what it reads stands by its own text */
        size_t n = (size_t)snprintf(text, size, "%s(", info.op);
        for (int i = 0; i < info.n_inputs && n + 8 < size; i++) {
            const uint32_t from = info.inputs[i].id;
            if (i) n += (size_t)snprintf(text + n, size - n, ", ");
            cli_formula_text(&x->f, x->f.places[from - 1], columns / 2, text + n, size - n - 1);
            n += strlen(text + n);
        }
        snprintf(text + n, size - n, ")");
    }
}

void cli_grad_label(const cli_grad_job *job, const cli_derivative *d, char *text, size_t size)
{
    const char *of = job->x.f.names[job->of[d->of]].name, *space = cli_columns(of) > 1 ? " " : "";
    size_t n = 0;
    for (int i = 0; i < d->order; i++) /* "d loss/d w", but "du/dx" */
        if (cli_columns(job->x.f.names[job->wrt[d->by[i]]].name) > 1) space = " ";
    n += (size_t)(d->order == 1 ? snprintf(text, size, "d%s%s/", space, of)
                                : snprintf(text, size, "d%d%s%s/", d->order, space, of));
    for (int i = 0, times; i < d->order && n < size; i += times) {
        const char *by = job->x.f.names[job->wrt[d->by[i]]].name;
        for (times = 1; i + times < d->order && d->by[i + times] == d->by[i];) times++;
        n += (size_t)snprintf(text + n, size - n, "%sd%s%s", i ? " " : "", space, by);
        if (times > 1 && n < size) n += (size_t)snprintf(text + n, size - n, "%s%d", *space ? "^" : "", times);
    }
}

/* ---- the graph of derivatives ------------------------------------------------------------------------------------ */

static double count_derivatives(const cli_grad_job *job)
{
    double all = 1, level = 1;
    for (int k = 1; k <= job->order; k++) {
        level *= (double)(job->n_wrt + k - 1) / k;
        all += level;
    }
    return all * job->n_of;
}

/* Appends the derivatives of one derivative, by the last name that it was taken by and those behind it. */
static int differentiate(cli_grad_job *job, int index)
{
    const cli_derivative parent = job->d[index];
    const int first = parent.order ? parent.by[parent.order - 1] : 0, n = job->n_wrt - first;
    luge_val wrt[CLI_FORMULA_NAMES] = { { 0, 0 } }, grads[CLI_FORMULA_NAMES];
    for (int i = 0; i < n; i++) wrt[i] = job->x.f.names[job->wrt[first + i]].value;
    if (luge_gradient(job->x.f.graph, parent.node, wrt, n, grads)) return cli_expression_no_gradient(&job->x);
    for (int i = 0; i < n; i++) {
        cli_derivative *d = &job->d[job->n_d++];
        *d = parent;
        d->by[d->order++] = first + i;
        d->parent = index;
        d->node = grads[i];
    }
    if (luge_node_count(job->x.f.graph) <= MOST_NODES) return CLI_OK;
    return cli_fail(job->o.verb, "the graph grows beyond 2,000,000 operations; take a lower --order, or fewer --wrt");
}

static int build(cli_grad_job *job)
{
    const double n = count_derivatives(job);
    char text[CLI_TEXT];
    if (n > CLI_MOST_DERIVATIVES)
        return cli_fail(job->o.verb,
                        "%s derivatives are too many; take a lower --order, fewer --wrt or fewer --of (10,000 are "
                        "the most)",
                        n < 1e15 ? cli_count(text, (int64_t)n) : "so many");
    job->d = calloc((size_t)n + 1, sizeof *job->d);
    if (!job->d) return cli_fail(job->o.verb, "out of memory");
    for (int i = 0; i < job->n_of; i++)
        job->d[job->n_d++] = (cli_derivative){ .of = i, .parent = -1, .node = job->x.f.names[job->of[i]].value };
    for (int i = 0; i < job->n_d && job->n_wrt; i++)
        if (job->d[i].order < job->order && differentiate(job, i)) return CLI_FAILED;
    return CLI_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

int cli_constant_value(const luge_graph *g, luge_val v, double *value)
{
    luge_node_info info;
    luge_attribute a;
    if (luge_node_info_of(g, v, &info) || strcmp(info.op, "full") != 0) return 0;
    for (int i = 0; i < luge_attribute_count(g, v); i++) {
        if (luge_attribute_at(g, v, i, &a) || a.kind != LUGE_ATTRIBUTE_F64) continue;
        *value = a.f64;
        return 1;
    }
    return 0;
}

void cli_grad_values(luge_graph *g, luge_run *run, uint32_t n, double *values)
{
    for (uint32_t id = 1; id <= n; id++) {
        const luge_val v = luge_node_at(g, id);
        luge_node_info info;
        uint8_t truth = 0;
        values[id] = (double)NAN;
        if (cli_constant_value(g, v, &values[id]) || luge_node_info_of(g, v, &info)) continue;
        if (info.dtype == LUGE_F64)
            (void)luge_run_get(run, v, &values[id], sizeof *values);
        else if (info.dtype == LUGE_BOOL && !luge_run_get(run, v, &truth, 1))
            values[id] = truth;
    }
}

static int evaluate(cli_grad_job *job)
{
    luge_val *outputs = calloc((size_t)job->n_d + 1, sizeof *outputs);
    if (!outputs) return cli_fail(job->o.verb, "out of memory");
    for (int i = 0; i < job->n_d; i++) outputs[i] = job->d[i].node;
    luge_plan *plan = luge_plan_create(job->x.f.graph, outputs, job->n_d);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    luge_status status = run ? luge_run_execute(run) : LUGE_ENOMEM;
    for (int i = 0; i < job->n_d && !status; i++)
        status = luge_run_get(run, job->d[i].node, &job->d[i].value, sizeof job->d[i].value);
    luge_run_free(run);
    luge_plan_free(plan);
    free(outputs);
    return status ? cli_fail_with(job->o.verb, job->x.ctx) : CLI_OK;
}

/* ---- numerical derivatives --------------------------------------------------------------------------------------- */

static double half_width(double x)
{
    return 1e-5 * fmax(1, fabs(x));
}

static int value_of(const cli_grad_job *job, int wrt, double *x)
{
    return luge_get(job->x.f.graph, job->x.f.names[job->wrt[wrt]].value, x, sizeof *x) != LUGE_OK;
}

/* Which side of its kink each node is on, as -1, 0, 1; -2: it has none. */
static void note_sides(luge_graph *g, const double *value, uint32_t n, signed char *side)
{
    static const char *const kinked[] = { "abs", "relu", "leaky_relu", "elu", "selu", "softsign", "sign", "step" };
    for (uint32_t id = 1; id <= n; id++) {
        luge_node_info info;
        side[id] = -2;
        if (luge_node_info_of(g, luge_node_at(g, id), &info)) continue;
        double distance = value[id];
        int found = info.dtype == LUGE_BOOL;
        for (int i = 0; i < 8 && !found; i++)
            if ((found = !strcmp(info.op, kinked[i]))) distance = value[info.inputs[0].id];
        if (!found && (!strcmp(info.op, "maximum") || !strcmp(info.op, "minimum"))) {
            found = 1;
            distance = value[info.inputs[0].id] - value[info.inputs[1].id];
        }
        if (found) side[id] = (signed char)((distance > 0) - (distance < 0));
    }
}

/* The first node that is on different sides of its kink at x - h, x and x + h; 0: none. */
static uint32_t find_kink(const cli_grad_job *job, luge_val y, luge_val wrt, double x, double h)
{
    luge_graph *g = job->x.f.graph;
    const uint32_t n = y.id;
    uint32_t found = 0;
    double *value = calloc((size_t)n + 1, sizeof *value);
    signed char *sides = calloc(((size_t)n + 1) * 2, 1);
    luge_plan *plan = luge_plan_create(g, &y, 1, .keep_all = 1);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    const double places[3] = { x - h, x + h, x }; /* x last: it stays */
    for (int i = 0; i < 3 && run && value && sides; i++) {
        signed char *now = i ? sides + n + 1 : sides;
        if (luge_set(g, wrt, &places[i], sizeof x) || luge_run_execute(run)) break;
        cli_grad_values(g, run, n, value);
        note_sides(g, value, n, now);
        for (uint32_t id = 1; id <= n && i && !found; id++)
            if (now[id] != sides[id]) found = id;
    }
    (void)luge_set(g, wrt, &x, sizeof x);
    luge_run_free(run);
    luge_plan_free(plan);
    free(value);
    free(sides);
    return found;
}

static int compare(cli_grad_job *job, cli_derivative *d)
{
    const int by = d->by[d->order - 1];
    const luge_val parent = job->d[d->parent].node, wrt = job->x.f.names[job->wrt[by]].value;
    luge_check_options o = { .size = sizeof o };
    double x;
    if (value_of(job, by, &x)) return cli_fail_with(job->o.verb, job->x.ctx);
    o.h = half_width(x);
    if (luge_numerical_gradient(job->x.f.graph, parent, wrt, &o, &d->numerical))
        return cli_fail_with(job->o.verb, job->x.ctx);
    if (!isfinite(d->numerical) && x != 0 && fabs(x) < 1) { /* it may have stepped over the edge of what is defined */
        o.h = 1e-5 * fabs(x);
        if (luge_numerical_gradient(job->x.f.graph, parent, wrt, &o, &d->numerical))
            return cli_fail_with(job->o.verb, job->x.ctx);
    }
    const double size = fmax(1, fmax(fabs(d->value), fabs(d->numerical)));
    if (!(fabs(d->value - d->numerical) <= 1e-5 * size)) d->kink = find_kink(job, parent, wrt, x, o.h);
    return CLI_OK;
}

int cli_grad_derive(cli_grad_job *job)
{
    int code = build(job);
    if (!code) code = evaluate(job);
    job->compared = !code && (double)luge_node_count(job->x.f.graph) * job->n_d <= MOST_COMPARED;
    for (int i = 0; i < job->n_d && !code; i++) {
        job->d[i].numerical = (double)NAN;
        if (job->d[i].order && job->compared) code = compare(job, &job->d[i]);
    }
    return code;
}

/* ---- what is no finite number ------------------------------------------------------------------------------------ */

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

static int tell_cause(const cli_grad_job *job, const cli_chain *c, const char *what, uint32_t id)
{
    luge_node_info info;
    char text[64], values[120] = "";
    size_t n = 0;
    if (luge_node_info_of(job->x.f.graph, luge_node_at(job->x.f.graph, id), &info)) return CLI_FAILED;
    const double a = info.n_inputs > 0 ? c->value[info.inputs[0].id] : 0;
    const double b = info.n_inputs > 1 ? c->value[info.inputs[1].id] : 0;
    cli_formula_text(&job->x.f, job->x.f.places[id - 1], 40, text, sizeof text);
    for (int i = 0; i < info.n_inputs && n < sizeof values; i++)
        n += (size_t)snprintf(values + n, sizeof values - n, "%s%.6g", i ? ", " : "", c->value[info.inputs[i].id]);
    return cli_expression_fail(&job->x, job->x.f.places[id - 1], "%s: %s is %s: %s(%s)", what, text,
                               reason(info.op, a, b, c->value[id]), info.op, values);
}

/* Down from the output to the node whose operands are finite numbers and that is none itself. */
static int explain_value(const cli_grad_job *job, const cli_chain *c, const char *name)
{
    uint32_t id = c->output;
    for (int deeper = 1; deeper;) {
        luge_node_info info;
        if (luge_node_info_of(job->x.f.graph, luge_node_at(job->x.f.graph, id), &info)) return CLI_FAILED;
        deeper = 0;
        for (int i = 0; i < info.n_inputs && !deeper; i++) {
            if (isfinite(c->value[info.inputs[i].id])) continue;
            id = info.inputs[i].id;
            deeper = 1;
        }
    }
    char what[CLI_FORMULA_NAME + 40];
    snprintf(what, sizeof what, "%s is no finite number", name);
    return tell_cause(job, c, what, id);
}

static int explain_gradient(const cli_grad_job *job, const cli_chain *c, const char *label)
{
    for (int i = 0; i < c->n_edges; i++) {
        const cli_chain_edge *e = &c->edges[i];
        char node[64], operand[64];
        if (!isfinite(c->arriving[e->from]) || isfinite(e->derivative)) continue;
        cli_grad_text(&job->x, e->from, 30, node, sizeof node);
        cli_grad_text(&job->x, e->to, 30, operand, sizeof operand);
        return cli_expression_fail(&job->x, job->x.f.places[e->from - 1],
                                   "%s is no finite number: the derivative of %s by %s has no value where %s is %.6g",
                                   label, node, operand, operand, c->value[e->to]);
    }
    return cli_fail(job->o.verb, "%s is no finite number", label);
}

int cli_grad_explain(const cli_grad_job *job, int of, int order)
{
    const cli_derivative *bad = NULL;
    cli_chain c;
    char label[300];
    for (int i = job->n_d - 1; i >= 0; i--)
        if (job->d[i].of == of && job->d[i].order <= order && !isfinite(job->d[i].value)) bad = &job->d[i];
    if (!bad) return CLI_OK;
    cli_grad_label(job, bad, label, sizeof label);
    if (bad->order > 1) return cli_fail(job->o.verb, "%s is no finite number", label);
    const int code = cli_chain_open(&c, job, of);
    if (!code && bad->order)
        explain_gradient(job, &c, label);
    else if (!code)
        explain_value(job, &c, job->x.f.names[job->of[of]].name);
    cli_chain_free(&c);
    return CLI_FAILED;
}
