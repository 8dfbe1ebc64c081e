/* formula_function.c: the functions that a formula may call: those operators of the library's table that work element
 * by element, found by trying them, and a few names more. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "formula_parts.h"

static const char *const aliases[][2] = {
    { "ln", "log" },    { "max", "maximum" }, { "min", "minimum" },
    { "power", "pow" }, { "swish", "silu" },  { "logistic", "sigmoid" },
};
enum { N_ALIASES = sizeof aliases / sizeof *aliases };

static luge_val build_tan(luge_graph *g, luge_val x)
{
    return luge_div(g, luge_sin(g, x), luge_cos(g, x));
}

static luge_val build_log2(luge_graph *g, luge_val x)
{
    return luge_div(g, luge_log(g, x), luge_log(g, luge_scalar(g, LUGE_F64, 2)));
}

static luge_val build_log10(luge_graph *g, luge_val x)
{
    return luge_div(g, luge_log(g, x), luge_log(g, luge_scalar(g, LUGE_F64, 10)));
}

static const struct built {
    const char *name;
    luge_val (*build)(luge_graph *g, luge_val x);
} builts[] = { { "tan", build_tan }, { "log2", build_log2 }, { "log10", build_log10 } };
enum { N_BUILTS = sizeof builts / sizeof *builts };

/* ---- trying an operator ------------------------------------------------------------------------------------------ */

static int open_probe(cli_function_probe *p)
{
    const luge_shape shape = luge_shape_of(2, 3);
    if (p->graph) return 1;
    p->graph = luge_graph_create(p->ctx);
    p->many[0] = luge_variable(p->graph, "a", LUGE_F64, shape);
    p->many[1] = luge_variable(p->graph, "b", LUGE_F64, shape);
    p->many[2] = luge_variable(p->graph, "c", LUGE_F64, shape);
    p->truths = luge_variable(p->graph, "truths", LUGE_BOOL, shape);
    p->one = luge_variable(p->graph, "one", LUGE_F64, luge_scalar_shape());
    return !luge_failed(p->ctx);
}

/* The dtype of op(in...) where it has the shape of `like`; LUGE_NO_DTYPE where the operator is none for such. */
static luge_dtype result_of(cli_function_probe *p, const char *op, const luge_val *in, int n, luge_val like)
{
    luge_attribute attributes[2];
    luge_node_info info, wanted;
    const int k = luge_op_attribute_count(op);
    if (k < 0 || k > 2) return LUGE_NO_DTYPE;
    for (int i = 0; i < k; i++) {
        if (luge_op_attribute_at(op, i, &attributes[i]) || attributes[i].kind != LUGE_ATTRIBUTE_F64)
            return LUGE_NO_DTYPE;
        attributes[i].f64 = 0.5;
    }
    const luge_val v = luge_append(p->graph, op, in, n, attributes, k);
    const int failed = luge_failed(p->ctx), memory = luge_failure(p->ctx) == LUGE_ENOMEM;
    if (failed && !memory) luge_clear(p->ctx);
    if (failed || luge_node_info_of(p->graph, v, &info) || luge_node_info_of(p->graph, like, &wanted))
        return LUGE_NO_DTYPE;
    if (info.shape.ndim != wanted.shape.ndim) return LUGE_NO_DTYPE;
    for (int i = 0; i < info.shape.ndim; i++)
        if (info.shape.dim[i] != wanted.shape.dim[i]) return LUGE_NO_DTYPE;
    return info.dtype;
}

/* Element by element: values of one shape give that shape, scalars too, and two shapes are refused. */
static int try_op(cli_function_probe *p, const char *op, int n, int chooses, cli_function *out)
{
    const luge_val many[3] = { chooses ? p->truths : p->many[0], p->many[1], p->many[2] };
    const luge_val ones[3] = { p->one, p->one, p->one }, mixed[2] = { p->many[0], p->one };
    const luge_dtype result = result_of(p, op, many, n, p->many[0]);
    if (result != LUGE_F64 && result != LUGE_BOOL) return 0;
    if (!chooses && !result_of(p, op, ones, n, p->one)) return 0;
    if (n == 2 && result_of(p, op, mixed, n, p->many[0])) return 0; /* the second one's shape alone is used */
    *out = (cli_function){
        .op = op, .n = n, .chooses = chooses, .result = result, .n_numbers = luge_op_attribute_count(op)
    };
    return 1;
}

/* The table's row by that name; its name is a constant of the library. */
static const char *op_named(const char *name)
{
    luge_op_info info;
    for (int i = 0; i < luge_op_count(); i++)
        if (!luge_op_info_at(i, &info) && !strcmp(info.name, name)) return info.name;
    return NULL;
}

int cli_function_find(cli_function_probe *p, const char *name, cli_function *out)
{
    const char *meant = name;
    int found = 0;
    if (strlen(name) >= sizeof out->name || !open_probe(p)) return 0;
    for (int i = 0; i < N_ALIASES; i++)
        if (!strcmp(name, aliases[i][0])) meant = aliases[i][1];
    for (int i = 0; i < N_BUILTS && !found; i++) {
        if (strcmp(name, builts[i].name) != 0) continue;
        *out = (cli_function){ .build = builts[i].build, .n = 1, .result = LUGE_F64 };
        found = 1;
    }
    const char *op = found ? NULL : op_named(meant);
    for (int n = 1; n <= 2 && op && !found; n++) found = try_op(p, op, n, 0, out);
    if (op && !found) found = try_op(p, op, 3, 1, out);
    if (!found) return 0;
    out->variadic = meant != name && out->n == 2 && strcmp(meant, "pow") != 0;
    snprintf(out->name, sizeof out->name, "%s", name);
    return 1;
}

/* ---- what may have been meant ------------------------------------------------------------------------------------ */

void cli_formula_nearest(const char *name, const char *const *words, int n, char nearest[CLI_FORMULA_NAME])
{
    int least = 1 + (int)strlen(name) / 2; /* less than this: at most half of the letters are wrong */
    *nearest = '\0';
    for (int i = 0; i < n; i++) {
        const int distance = cli_distance(name, words[i]);
        if (distance >= least) continue;
        least = distance;
        snprintf(nearest, CLI_FORMULA_NAME, "%s", words[i]);
    }
}

void cli_function_nearest(cli_function_probe *p, const char *name, char nearest[CLI_FORMULA_NAME])
{
    const char *words[160];
    cli_function ignored;
    luge_op_info info;
    int n = 0;
    for (int i = 0; i < N_ALIASES; i++) words[n++] = aliases[i][0];
    for (int i = 0; i < N_BUILTS; i++) words[n++] = builts[i].name;
    for (int i = 0; i < luge_op_count() && n < 160; i++)
        if (!luge_op_info_at(i, &info) && cli_function_find(p, info.name, &ignored)) words[n++] = info.name;
    cli_formula_nearest(name, words, n, nearest);
}
