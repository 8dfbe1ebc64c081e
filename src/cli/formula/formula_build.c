/* formula_build.c: statements in postfix order to nodes of a graph, each statement after those that it uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "formula_parts.h"

/* A value on the way: a node, or a number that becomes one when it is used. */
typedef struct value {
    luge_val node;
    int is_number;
    double number;
    cli_place place; /* its text with parentheses */
} value;

typedef struct builder {
    cli_formula *f;
    cli_statements *s;
    cli_formula_error *e;
    luge_context *ctx;
    value *values;
    size_t n_values, room;
} builder;

/* ---- order ------------------------------------------------------------------------------------------------------- */

enum { UNSEEN, OPENED, CLOSED };

/* Where a walk along the statements stands. */
typedef struct walk {
    unsigned char state[CLI_FORMULA_NAMES];
    size_t at[CLI_FORMULA_NAMES]; /* the next item to look at */
    int path[CLI_FORMULA_NAMES], order[CLI_FORMULA_NAMES];
    int n_path, n_order;
} walk;

static int circle(const builder *b, const walk *w, int name, cli_place place)
{
    char text[200] = "";
    size_t n = 0;
    int i = 0;
    while (w->path[i] != name) i++;
    for (; i < w->n_path && n < sizeof text - CLI_FORMULA_NAME - 8; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s needs ", b->f->names[w->path[i]].name);
    snprintf(text + n, sizeof text - n, "%s%s", i < w->n_path ? "... " : "", b->f->names[name].name);
    return cli_formula_wrong(b->e, place, "a circle: %s", text);
}

/* Follows the names that the statement of `name` uses; without recursion. */
static int follow(builder *b, walk *w, int name)
{
    w->path[w->n_path++] = name;
    w->state[name] = OPENED;
    while (w->n_path) {
        const int now = w->path[w->n_path - 1];
        const cli_statement *s = &b->s->of[now];
        if (s->first + w->at[now] >= s->end) {
            w->state[now] = CLOSED;
            w->order[w->n_order++] = now;
            w->n_path--;
            continue;
        }
        const cli_item *item = &b->s->items[s->first + w->at[now]++];
        if (item->kind != CLI_ITEM_NAME) continue;
        b->f->names[item->index].used = 1;
        if (w->state[item->index] == OPENED) return circle(b, w, item->index, item->place);
        if (w->state[item->index] == CLOSED || !b->f->names[item->index].defined) continue;
        w->state[item->index] = OPENED;
        w->path[w->n_path++] = item->index;
    }
    return CLI_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* The nodes that were made since stand for this text. */
static int note_places(builder *b, cli_place place)
{
    const uint32_t n = luge_node_count(b->f->graph);
    if (n > CLI_FORMULA_NODES)
        return cli_formula_wrong(b->e, place, "more than 100,000 operations; a formula has so many at most");
    while (b->f->n_places < n) {
        void *list = b->f->places;
        const int good = cli_formula_grow(&list, &b->f->place_room, b->f->n_places, sizeof *b->f->places);
        b->f->places = list;
        if (!good) return cli_formula_no_memory(b->e);
        b->f->places[b->f->n_places++] = place;
    }
    return CLI_OK;
}

static int push(builder *b, value v)
{
    void *list = b->values;
    const int good = cli_formula_grow(&list, &b->room, b->n_values, sizeof *b->values);
    b->values = list;
    if (!good) return cli_formula_no_memory(b->e);
    b->values[b->n_values++] = v;
    return CLI_OK;
}

static int no_node(builder *b, cli_place place) /* the library refused */
{
    if (luge_failure(b->ctx) == LUGE_ENOMEM) return cli_formula_no_memory(b->e);
    return cli_formula_wrong(b->e, place, "%.400s", luge_error(b->ctx));
}

static int make_node(builder *b, value *v)
{
    if (v->is_number) {
        v->node = luge_scalar(b->f->graph, LUGE_F64, v->number);
        v->is_number = 0;
    }
    if (!luge_is_some(v->node)) return no_node(b, v->place);
    return note_places(b, v->place);
}

static luge_dtype dtype_of(const builder *b, const value *v)
{
    luge_node_info info = { .dtype = LUGE_F64 };
    if (!v->is_number) (void)luge_node_info_of(b->f->graph, v->node, &info);
    return info.dtype;
}

static int push_name(builder *b, const cli_item *item)
{
    cli_formula_name *name = &b->f->names[item->index];
    const double constant = !strcmp(name->name, "pi") || !strcmp(name->name, "\xCF\x80") ? 3.14159265358979323846
                            : !strcmp(name->name, "e")                                   ? 2.71828182845904523536
                                                                                         : 0;
    if (!name->defined && constant > 0)
        return push(b, (value){ .is_number = 1, .number = constant, .place = item->place });
    if (!name->defined && !luge_is_some(name->value)) {
        const int function = cli_statement_function(b->s, name->name);
        if (function == -2) return cli_formula_no_memory(b->e);
        if (function >= 0)
            return cli_formula_wrong(b->e, item->place, "%s is a function; write %s(...)", name->name, name->name);
        name->value = luge_variable(b->f->graph, name->name, LUGE_F64, luge_scalar_shape());
        if (!luge_is_some(name->value)) return no_node(b, item->place);
        if (note_places(b, item->place)) return CLI_FAILED;
    }
    return push(b, (value){ .node = name->value, .place = item->place });
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static int wrong_count(builder *b, const cli_function *f, const cli_item *item)
{
    const int wanted = f->n + f->n_numbers;
    return cli_formula_wrong(b->e, item->place, "%s takes %d value%s%s; %d %s given", f->name, wanted,
                             wanted == 1 ? "" : "s", f->variadic ? " or more" : "", item->n,
                             item->n == 1 ? "was" : "were");
}

/* What an attribute such as the slope of leaky_relu is given: a number, not a value that may change. */
static int read_numbers(builder *b, const cli_function *f, const value *v, luge_attribute *attributes)
{
    for (int i = 0; i < f->n_numbers; i++) {
        if (luge_op_attribute_at(f->op, i, &attributes[i])) return no_node(b, v[i].place);
        attributes[i].f64 = v[i].number;
        if (!v[i].is_number)
            return cli_formula_wrong(b->e, v[i].place, "value %d of %s is a plain number, without a gradient",
                                     f->n + i + 1, f->name);
    }
    return CLI_OK;
}

static int check_kinds(builder *b, const cli_function *f, const value *v, int n)
{
    for (int i = 0; i < n; i++) {
        const int wanted = f->chooses && i == 0, truth = dtype_of(b, &v[i]) == LUGE_BOOL;
        if (truth && !wanted) return cli_formula_wrong(b->e, v[i].place, "this is true or false; a number is expected");
        if (!truth && wanted)
            return cli_formula_wrong(b->e, v[i].place, "%s chooses by something true or false, such as x < 1", f->name);
    }
    return CLI_OK;
}

/* Takes n values away and puts the function's result in their place; `outer` is the text of the call. */
static int apply(builder *b, const cli_function *f, int n, cli_place outer)
{
    luge_attribute attributes[2];
    value *v = &b->values[b->n_values - (size_t)n];
    const int first = n - f->n_numbers;
    if (check_kinds(b, f, v, first) || read_numbers(b, f, v + first, attributes)) return CLI_FAILED;
    for (int i = 0; i < first; i++)
        if (make_node(b, &v[i])) return CLI_FAILED;
    luge_val node = v[0].node;
    if (f->build) {
        node = f->build(b->f->graph, node);
    } else if (f->variadic) {
        for (int i = 1; i < n && luge_is_some(node); i++)
            node = luge_append(b->f->graph, f->op, (luge_val[]){ node, v[i].node }, 2, NULL, 0);
    } else {
        const luge_val in[3] = { node, n > 1 ? v[1].node : node, n > 2 ? v[2].node : node };
        node = luge_append(b->f->graph, f->op, in, f->n, attributes, f->n_numbers);
    }
    if (!luge_is_some(node)) return no_node(b, outer);
    b->n_values -= (size_t)n;
    return note_places(b, outer) || push(b, (value){ .node = node, .place = outer }) ? CLI_FAILED : CLI_OK;
}

static int take_item(builder *b, const cli_item *item)
{
    value *top = b->n_values ? &b->values[b->n_values - 1] : NULL;
    const cli_function *f = item->kind >= CLI_ITEM_SIGN ? &b->s->functions[item->index] : NULL;
    switch (item->kind) {
    case CLI_ITEM_NUMBER:
        return push(b, (value){ .is_number = 1, .number = item->value, .place = item->place });
    case CLI_ITEM_NAME:
        return push_name(b, item);
    case CLI_ITEM_GROUP:
        top->place = item->place;
        return CLI_OK;
    case CLI_ITEM_NEGATE: {
        const cli_place outer = { item->place.at, top->place.at + top->place.length - item->place.at };
        const int negate = cli_statement_function(b->s, "neg");
        top->number = -top->number;
        if (top->is_number) top->place = outer;
        if (top->is_number) return CLI_OK;
        return negate < 0 ? cli_formula_no_memory(b->e) : apply(b, &b->s->functions[negate], 1, outer);
    }
    case CLI_ITEM_SIGN:
        return apply(b, f, 2, (cli_place){ top[-1].place.at, top->place.at + top->place.length - top[-1].place.at });
    default:
        if (f->variadic ? item->n < 2 : item->n != f->n + f->n_numbers) return wrong_count(b, f, item);
        return apply(b, f, item->n, item->place);
    }
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static int build_statement(builder *b, int index)
{
    cli_formula_name *name = &b->f->names[index];
    const cli_statement *s = &b->s->of[index];
    luge_node_info info;
    b->n_values = 0;
    for (size_t i = s->first; i < s->end; i++)
        if (take_item(b, &b->s->items[i])) return CLI_FAILED;
    value *v = &b->values[0];
    v->place = s->place;
    if (make_node(b, v)) return CLI_FAILED;
    name->value = v->node;
    if (luge_node_info_of(b->f->graph, v->node, &info)) return no_node(b, s->place);
    if (!info.name[0] && name->name[0]) luge_name(b->f->graph, v->node, name->name);
    return luge_failed(b->ctx) ? no_node(b, s->place) : CLI_OK;
}

int cli_formula_build(cli_formula *f, cli_statements *s, cli_formula_error *e)
{
    builder b = { .f = f, .s = s, .e = e, .ctx = s->probe.ctx };
    walk *w = calloc(1, sizeof *w);
    int code = w ? CLI_OK : cli_formula_no_memory(e);
    for (int i = 0; i < f->n_names && !code; i++)
        if (f->names[i].defined && w->state[i] == UNSEEN) code = follow(&b, w, i);
    for (int i = 0; w && i < w->n_order && !code; i++) code = build_statement(&b, w->order[i]);
    free(b.values);
    free(w);
    return code;
}
