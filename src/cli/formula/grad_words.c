/* grad_words.c: local derivatives in words: the gradient's own graph written as a formula, numbers folded. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "grad.h"

enum { PART = 96, DEEPEST = 12 };

/* A text and how tight its last sign binds: 1 compares, 2 adds, 3 multiplies, 4 negates, 5 powers, 6 stands alone. */
typedef struct part {
    char text[PART];
    int tight, is_number;
    double number;
} part;

static part number_part(double value)
{
    part p = { .tight = value < 0 ? 4 : 6, .is_number = 1, .number = value };
    snprintf(p.text, sizeof p.text, "%.6g", value);
    return p;
}

static int is_whole_number(const part *p, double value)
{
    return p->is_number && p->number - value == 0;
}

static const char *open_of(const part *p, int tight)
{
    return p->tight < tight ? "(" : "";
}

static const char *close_of(const part *p, int tight)
{
    return p->tight < tight ? ")" : "";
}

static part infix(const part *a, const char *sign, const part *b, int tight)
{
    part p = { .tight = tight };
    const int left = tight == 5 ? 6 : tight, right = *sign == '+' || *sign == '*' ? tight : tight + 1;
    const int n = snprintf(p.text, sizeof p.text, "%s%s%s%s%s%s%s", open_of(a, left), a->text, close_of(a, left), sign,
                           open_of(b, right), b->text, close_of(b, right));
    if (n >= PART) memcpy(p.text + PART - 4, "...", 4);
    return p;
}

static part call(const char *op, const part *in, int n)
{
    part p = { .tight = 6 };
    size_t used = (size_t)snprintf(p.text, sizeof p.text, "%s(", op);
    for (int i = 0; i < n && used < PART; i++)
        used += (size_t)snprintf(p.text + used, PART - used, "%s%s", i ? ", " : "", in[i].text);
    if (used < PART) used += (size_t)snprintf(p.text + used, PART - used, ")");
    if (used >= PART) memcpy(p.text + PART - 4, "...", 4);
    return p;
}

static part product(const part *a, const part *b)
{
    if (is_whole_number(a, 1)) return *b;
    if (is_whole_number(b, 1)) return *a;
    if (is_whole_number(a, 0) || is_whole_number(b, 0)) return number_part(0);
    if (b->is_number && !a->is_number) return infix(b, "*", a, 3);
    return infix(a, "*", b, 3);
}

static part negative(const part *a)
{
    part p = { .tight = 4 };
    snprintf(p.text, sizeof p.text, "-%s%.*s%s", open_of(a, 3), PART - 4, a->text, close_of(a, 3));
    return p;
}

static part apply(const char *op, const part *in, int n)
{
    static const struct sign {
        const char *op, *sign;
        int tight;
    } signs[] = { { "add", " + ", 2 },    { "sub", " - ", 2 },           { "div", "/", 3 },
                  { "less", " < ", 1 },   { "greater", " > ", 1 },       { "less_equal", " <= ", 1 },
                  { "equal", " == ", 1 }, { "greater_equal", " >= ", 1 } };
    if (!strcmp(op, "mul")) return product(&in[0], &in[1]);
    if (!strcmp(op, "neg")) return negative(&in[0]);
    if (!strcmp(op, "pow")) return is_whole_number(&in[1], 1) ? in[0] : infix(&in[0], "^", &in[1], 5);
    if (!strcmp(op, "add") && is_whole_number(&in[0], 0)) return in[1];
    if ((!strcmp(op, "add") || !strcmp(op, "sub")) && is_whole_number(&in[1], 0)) return in[0];
    if (!strcmp(op, "square")) {
        const part two = number_part(2);
        return infix(&in[0], "^", &two, 5);
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (!strcmp(op, signs[i].op)) return infix(&in[0], signs[i].sign, &in[1], signs[i].tight);
    return call(op, in, n);
}

/* Whether a node's value follows from numbers alone. */
static int is_fixed(const cli_chain *c, uint32_t id, int depth)
{
    luge_node_info info;
    if (depth > DEEPEST || c->operand_of[id] || luge_node_info_of(c->locals, luge_node_at(c->locals, id), &info))
        return 0;
    for (int i = 0; i < info.n_inputs; i++)
        if (!is_fixed(c, info.inputs[i].id, depth + 1)) return 0;
    return 1;
}

/* How tight the loosest sign outside of parentheses binds. */
static int tightness(const char *text)
{
    int depth = 0, tight = 6;
    for (const char *at = text; *at; at++) {
        depth += (*at == '(') - (*at == ')');
        if (depth || !strchr("+-*/^<>=", *at)) continue;
        const int now = *at == '^' ? 5 : *at == '*' || *at == '/' ? 3 : *at == '+' || at > text ? 2 : 4;
        if (strchr("<>=", *at)) return 1;
        if (now < tight) tight = now;
    }
    return tight;
}

static part words_of(const cli_chain *c, uint32_t id, int depth)
{
    luge_node_info info;
    part in[3], p = { .text = "...", .tight = 6 };
    const luge_val v = luge_node_at(c->locals, id);
    if (depth > DEEPEST || luge_node_info_of(c->locals, v, &info)) return p;
    if (is_fixed(c, id, depth)) {
        double value[1] = { (double)NAN };
        uint8_t truth = 0;
        if (!cli_constant_value(c->locals, v, value) &&
            (info.dtype == LUGE_BOOL ? luge_run_get(c->run, v, &truth, 1)
                                     : luge_run_get(c->run, v, value, sizeof value)))
            return p;
        return number_part(info.dtype == LUGE_BOOL ? truth : value[0]);
    }
    if (c->operand_of[id]) {
        char text[64];
        cli_grad_text(c->x, c->operand_of[id], 24, text, sizeof text);
        snprintf(p.text, sizeof p.text, "%s", text);
        p.tight = tightness(text);
        return p;
    }
    const int n = info.n_inputs < 3 ? info.n_inputs : 3;
    if (!strcmp(info.op, "stop_gradient") || !strcmp(info.op, "expand") || !strcmp(info.op, "sum_like") ||
        !strcmp(info.op, "copy"))
        return words_of(c, info.inputs[0].id, depth + 1);
    if (!strcmp(info.op, "where") && is_fixed(c, info.inputs[0].id, depth)) {
        const part which = words_of(c, info.inputs[0].id, depth + 1);
        return words_of(c, info.inputs[which.number > 0 ? 1 : 2].id, depth + 1);
    }
    for (int i = 0; i < n; i++) in[i] = words_of(c, info.inputs[i].id, depth + 1);
    return apply(info.op, in, n);
}

void cli_chain_words(const cli_chain *c, const cli_chain_edge *e, char *text, size_t size)
{
    const part p = words_of(c, e->local.id, 0);
    snprintf(text, size, "%s", p.text);
}
