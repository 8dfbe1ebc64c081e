/* expression.c: what `luge grad` and `luge descend` begin with: a formula, and values for its free names. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formula.h"
#include "formula_parts.h"

enum { MOST_INPUT = 1 << 24 }; /* bytes */

int cli_expression_fail(const cli_expression *x, cli_place place, const char *format, ...)
{
    cli_formula_error e = { .place = place };
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e.text, sizeof e.text, format, arguments);
    va_end(arguments);
    return cli_formula_fail(x->o->verb, "", x->f.text, x->f.length, &e);
}

int cli_expression_no_gradient(const cli_expression *x)
{
    const char *at = strstr(luge_error(x->ctx), "(%"); /* it names the node */
    const long id = at ? strtol(at + 2, NULL, 10) : 0;
    luge_node_info info;
    if (luge_failure(x->ctx) != LUGE_ENOGRAD || id < 1 || (size_t)id > x->f.n_places ||
        luge_node_info_of(x->f.graph, luge_node_at(x->f.graph, (uint32_t)id), &info))
        return cli_fail_with(x->o->verb, x->ctx);
    return cli_expression_fail(
        x, x->f.places[id - 1],
        "%s has no gradient: it is flat but for a jump; stop_gradient(...) takes it as a number%s", info.op,
        strcmp(x->o->verb, "grad") ? "" : "; --order 0 shows the values alone");
}

/* ---- the text ---------------------------------------------------------------------------------------------------- */

static int read_input(cli_expression *x, size_t *length)
{
    size_t n = 0, room = 0, got = 1;
    while (got && n < MOST_INPUT) {
        void *list = x->input;
        const int good = cli_formula_grow(&list, &room, n, 1);
        x->input = list;
        if (!good) return cli_fail(x->o->verb, "out of memory");
        got = fread(x->input + n, 1, room - n, stdin);
        n += got;
    }
    *length = n;
    if (n >= MOST_INPUT) return cli_fail(x->o->verb, "a formula of more than 16 MB");
    return ferror(stdin) ? cli_fail(x->o->verb, "standard input cannot be read") : CLI_OK;
}

static int read_formula(cli_expression *x)
{
    cli_formula_error e;
    if (x->o->n_words != 1) {
        cli_fail(x->o->verb, "the formula is missing\n  luge %s --help has examples", x->o->verb);
        return CLI_USAGE;
    }
    const char *text = x->o->word[0];
    size_t length = strlen(text);
    if (!strcmp(text, "-")) {
        if (read_input(x, &length)) return CLI_FAILED;
        text = x->input;
    }
    if (!cli_formula_read(&x->f, x->ctx, CLI_FORMULA, text, length, &e)) return CLI_OK;
    return cli_formula_fail(x->o->verb, "", text, length, &e);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* The values of an option as a formula of their own: pi/2 is a value, too. */
typedef struct values {
    cli_formula f;
    const char *where; /* "--at: " */
    const char *text;
} values;

static int wrong_value(const cli_expression *x, const values *v, cli_place place, const char *nearest,
                       const char *format, const char *name)
{
    cli_formula_error e = { .place = place };
    cli_formula_wrong(&e, place, format, name);
    snprintf(e.nearest, sizeof e.nearest, "%s", nearest);
    cli_formula_fail(x->o->verb, v->where, v->text, strlen(v->text), &e);
    return CLI_USAGE;
}

static int unknown_name(const cli_expression *x, const values *v, const cli_formula_name *name)
{
    const char *words[CLI_FORMULA_NAMES];
    char nearest[CLI_FORMULA_NAME];
    int n = 0;
    const int index = cli_formula_find(&x->f, name->name);
    if (index >= 0 && x->f.names[index].defined)
        return wrong_value(x, v, name->place, "", "the formula itself says what %s is", name->name);
    if (index >= 0) return wrong_value(x, v, name->place, "", "%s is a number already", name->name);
    for (int i = 0; i < x->f.n_names; i++)
        if (luge_is_some(x->f.names[i].value) && !x->f.names[i].defined) words[n++] = x->f.names[i].name;
    cli_formula_nearest(name->name, words, n, nearest);
    return wrong_value(x, v, name->place, nearest, "no free name \"%s\" in the formula", name->name);
}

/* Gives each variable of the formula the value of its name; given[] tells which have one. */
static int give_values(cli_expression *x, const values *v, char *given)
{
    for (int i = 0; i < v->f.n_names; i++) {
        const cli_formula_name *name = &v->f.names[i];
        double number;
        if (!name->defined && luge_is_some(name->value))
            return wrong_value(x, v, name->place, "",
                               "%s has no value here; numbers and formulas of numbers are expected", name->name);
        if (!name->defined) continue; /* pi */
        if (name->place.length != strlen(name->name) ||
            memcmp(v->text + name->place.at, name->name, name->place.length) != 0) /* a statement without a name */
            return wrong_value(x, v, name->place, "", "a name and = are expected before it%s", "");
        const int index = cli_formula_find(&x->f, name->name);
        if (index < 0 || x->f.names[index].defined || !luge_is_some(x->f.names[index].value))
            return unknown_name(x, v, name);
        if (luge_eval(v->f.graph, name->value, &number, sizeof number) ||
            luge_set(x->f.graph, x->f.names[index].value, &number, sizeof number))
            return cli_fail_with(x->o->verb, x->ctx);
        if (!isfinite(number))
            return wrong_value(x, v, name->place, "", "the value of %s is no finite number", name->name);
        given[index] = 1;
    }
    return CLI_OK;
}

static int missing_values(const cli_expression *x, const char *given, const char *option)
{
    char text[300] = "";
    size_t n = 0;
    int first = -1, more = 0;
    for (int i = 0; i < x->f.n_names; i++) {
        const cli_formula_name *name = &x->f.names[i];
        if (name->defined || given[i] || !luge_is_some(name->value)) continue;
        if (first < 0) first = i;
        more |= n > 160;
        if (n <= 160) n += (size_t)snprintf(text + n, sizeof text - n, "%s%s=...", n ? "," : "", name->name);
    }
    if (first < 0) return CLI_OK;
    return cli_expression_fail(x, x->f.names[first].place, "%s has no value; give it one: --%s %s%s",
                               x->f.names[first].name, option, text, more ? ",..." : "");
}

static int set_values(cli_expression *x, cli_key key)
{
    char given[CLI_FORMULA_NAMES] = "", where[40];
    cli_formula_error e;
    values v = { .where = where, .text = x->o->value[key] };
    int code = CLI_OK;
    snprintf(where, sizeof where, "--%s: ", cli_option_name(key));
    if (v.text && cli_formula_read(&v.f, x->ctx, CLI_VALUES, v.text, strlen(v.text), &e)) {
        cli_formula_fail(x->o->verb, where, v.text, strlen(v.text), &e);
        return CLI_USAGE;
    }
    if (v.text) code = give_values(x, &v, given);
    cli_formula_free(&v.f);
    return code ? code : missing_values(x, given, cli_option_name(key));
}

int cli_expression_open(cli_expression *x, const cli_options *o, cli_key key)
{
    *x = (cli_expression){ .o = o, .ctx = luge_open(.threads = 1) };
    int code = x->ctx ? read_formula(x) : cli_fail_with(o->verb, NULL);
    return code ? code : set_values(x, key);
}

void cli_expression_free(cli_expression *x)
{
    cli_formula_free(&x->f);
    luge_close(x->ctx);
    free(x->input);
}
