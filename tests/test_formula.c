/* test_formula.c: formulas as the command reads them: what they mean, derivatives against another system, errors, depth
 * and size. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/formula/formula.h"
#include "failing_alloc.h"
#include "harness.h"

typedef struct formula_golden {
    const char *formula, *point;
    int n;
    double expected[15]; /* value, n first derivatives, n (n + 1) / 2 second ones */
} formula_golden;

#include "golden/formula_golden.inc"

static int read_text(cli_formula *f, luge_context *ctx, cli_formula_kind kind, const char *text, cli_formula_error *e)
{
    return cli_formula_read(f, ctx, kind, text, strlen(text), e);
}

/* The value of a formula of numbers. */
static double value_of(luge_test *t, luge_context *ctx, const char *text)
{
    cli_formula f;
    cli_formula_error e;
    double value = (double)NAN;
    if (read_text(&f, ctx, CLI_FORMULA, text, &e)) {
        printf("  %s: %s\n", text, e.text);
        CHECK_STR_EQ(t, e.text, "");
        return value;
    }
    const int index = cli_formula_find(&f, "f");
    if (CHECK(t, index >= 0)) luge_eval(f.graph, f.names[index].value, &value, sizeof value);
    cli_formula_free(&f);
    return value;
}

/* ---- what formulas mean ------------------------------------------------------------------------------------------ */

static void meaning(luge_test *t)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        { "1 + 2*3 - 4/8", 6.5 },
        { "-3^2", -9 },
        { "(-3)^2", 9 },
        { "2^3^2", 512 },
        { "2**3", 8 },
        { "2^-1", 0.5 },
        { "2^-2^2", 0.0625 },
        { "-2*-3", 6 },
        { "10 - 4 - 3", 3 },
        { "16/4/2", 2 },
        { "+5 - +2", 3 },
        { "- -4", 4 },
        { ".5 + 2. + 1e-3 + 1E2 + 1_000", 1102.501 },
        { "2*e - e*2 + pi - \xCF\x80", 0 },
        { "pi = 3; f = pi", 3 },
        { "f = a*b; b = a + 1; a = 2", 6 },
        { " # the sum\n f = 1 + # one\n 2 ", 3 },
        { "max(1, 7, 3) + min(4, 2) + maximum(1, 2)", 11 },
        { "ln(e^2) + log2(8) + log10(1000)", 8 },
        { "abs(-2) + sqrt(9) + square(3) + reciprocal(4)", 14.25 },
        { "leaky_relu(-2, 0.25) + elu(1, 2) + relu(-1)", 0.5 },
        { "where(1 < 2, 5, 6) + where(2 <= 1, 10, 20)", 25 },
        { "where(1 == 1, 1, 0) + where(1 != 1, 10, 0) + where(3 >= 4, 0, 100) + where(3 > 2, 1000, 0)", 1101 },
        { "stop_gradient(3) + copy(4) + sign(-7) + step(2)", 7 },
        { "x = 1; f = where(c, 2, 3); c = x < 2", 2 },
        { "f = \xCE\xB8 + \xCE\xB8_2; \xCE\xB8 = 1; \xCE\xB8_2 = 2;", 3 },
    };
    luge_context *ctx = luge_open(.threads = 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int64_t failed = t->failures;
        CHECK_CLOSE(t, value_of(t, ctx, rows[i].text), rows[i].value, 1e-12);
        if (t->failures > failed) printf("  in %s\n", rows[i].text);
    }
    CHECK_CLOSE(t, value_of(t, ctx, "tan(0.5)"), tan(0.5), 1e-15);
    CHECK_CLOSE(t, value_of(t, ctx, "sigmoid(1)*tanh(1)"), tanh(1) / (1 + exp(-1)), 1e-15);
    luge_close(ctx);
}

/* Every operator of the table that takes and gives numbers of one shape can be called; no other can. */
static void functions(luge_test *t)
{
    static const char *const none[] = { "matmul", "sum", "softmax", "expand", "sum_like", "cast", "assign", "huber" };
    static const char *const some[] = { "neg",      "erf",   "gelu", "silu", "selu(", "softplus",
                                        "softsign", "log1p", "sub",  "div",  "less" };
    luge_context *ctx = luge_open(.threads = 1);
    cli_formula f;
    cli_formula_error e;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s(1, 2)", none[i]);
        CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, text, &e), 1);
        CHECK_STR_CONTAINS(t, e.text, "no function");
    }
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        char text[64];
        snprintf(text, sizeof text, "%.*s()", (int)strcspn(some[i], "("), some[i]);
        CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, text, &e), 1);
        CHECK_STR_CONTAINS(t, e.text, "is missing");
    }
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx);
}

static void names(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    cli_formula f;
    cli_formula_error e;
    if (!CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, "u = x^2 + 2*y; x = r*sin(t); y = sin(t)^2", &e), 0)) return;
    const int u = cli_formula_find(&f, "u"), x = cli_formula_find(&f, "x"), r = cli_formula_find(&f, "r");
    char text[40];
    CHECK_EQ_INT(t, f.n_names, 5);
    CHECK(t, f.names[u].defined && !f.names[u].used && f.names[x].defined && f.names[x].used && !f.names[r].defined);
    CHECK_EQ_INT(t, cli_formula_find(&f, "q"), -1);
    CHECK_EQ_INT(t, f.n_places, luge_node_count(f.graph));
    cli_formula_text(&f, f.places[f.names[x].value.id - 1], 40, text, sizeof text);
    CHECK_STR_EQ(t, text, "r*sin(t)");
    cli_formula_text(&f, f.places[f.names[x].value.id - 1], 6, text, sizeof text);
    CHECK_STR_EQ(t, text, "r*s...");
    cli_formula_free(&f);
    CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, "f*2 + y", &e), 0); /* the one without a name: what is free */
    CHECK(t, cli_formula_find(&f, "z") >= 0 && f.names[cli_formula_find(&f, "z")].defined);
    cli_formula_free(&f);
    CHECK_EQ_INT(t, read_text(&f, ctx, CLI_VALUES, "x = -1, y=max(1,2),z=pi/2", &e), 0);
    CHECK_EQ_INT(t, f.n_names, 4);
    cli_formula_free(&f);
    luge_close(ctx);
}

/* ---- derivatives against SymPy ----------------------------------------------------------------------------------- */

static void close_to(luge_test *t, double value, double expected)
{
    CHECK_CLOSE(t, value, expected, expected == 0 ? 1e-12 : 1e-9 * fabs(expected));
}

static void check_golden(luge_test *t, luge_context *ctx, const formula_golden *row)
{
    cli_formula f, at;
    cli_formula_error e;
    luge_val wrt[4], outputs[15];
    if (!CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, row->formula, &e), 0)) return;
    if (!CHECK_EQ_INT(t, read_text(&at, ctx, CLI_VALUES, row->point, &e), 0)) return;
    for (int i = 0; i < row->n; i++) {
        double x;
        const int index = cli_formula_find(&f, at.names[i].name);
        if (!CHECK(t, index >= 0)) return;
        wrt[i] = f.names[index].value;
        CHECK_STATUS(t, luge_eval(at.graph, at.names[i].value, &x, sizeof x), LUGE_OK);
        CHECK_STATUS(t, luge_set(f.graph, wrt[i], &x, sizeof x), LUGE_OK);
    }
    int n = 1 + row->n;
    outputs[0] = f.names[cli_formula_find(&f, "f")].value;
    CHECK_STATUS(t, luge_gradient(f.graph, outputs[0], wrt, row->n, outputs + 1), LUGE_OK);
    for (int i = 0; i < row->n; n += row->n - i, i++)
        CHECK_STATUS(t, luge_gradient(f.graph, outputs[1 + i], wrt + i, row->n - i, outputs + n), LUGE_OK);
    luge_plan *plan = luge_plan_create(f.graph, outputs, n);
    luge_run *run = luge_run_create(plan);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    for (int i = 0; i < n; i++) {
        double value = (double)NAN;
        CHECK_STATUS(t, luge_run_get(run, outputs[i], &value, sizeof value), LUGE_OK);
        close_to(t, value, row->expected[i]);
    }
    luge_run_free(run);
    luge_plan_free(plan);
    cli_formula_free(&f);
    cli_formula_free(&at);
}

static void another_system(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    CHECK_EQ_INT(t, sizeof golden / sizeof *golden, 200);
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        const int64_t failed = t->failures;
        check_golden(t, ctx, &golden[i]);
        if (t->failures > failed) printf("  in %s at %s\n", golden[i].formula, golden[i].point);
    }
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors(luge_test *t)
{
    static const struct {
        const char *text;
        size_t at;
        const char *words, *nearest;
    } rows[] = {
        { "", 0, "the formula is empty", "" },
        { "  # nothing", 11, "the formula is empty", "" },
        { "u = ", 4, "an expression is missing", "" },
        { "3 +", 3, "a value is missing after +", "" },
        { "3 + * 4", 4, "a value is missing after +", "" },
        { "sin()", 4, "a value of sin(...) is missing", "" },
        { "* 4", 0, "a value is missing before *", "" },
        { "2x", 1, "write 2*x", "" },
        { "x y", 2, "write x*y", "" },
        { "(a)(b)", 3, "write ...*(", "" },
        { "2(b)", 1, "write 2*(", "" },
        { "sin t", 0, "sin is a function; write sin(t)", "" },
        { "1 + sin", 4, "sin is a function; write sin(...)", "" },
        { "x(3)", 0, "no function \"x\"; a product is written x*(...)", "" },
        { "u + sni(y)", 4, "no function \"sni\"", "sin" },
        { "sigmod(y)", 0, "no function \"sigmod\"", "sigmoid" },
        { "sin(x", 0, "its ( is not closed", "" },
        { "(x; y = 2", 0, "its ( is not closed", "" },
        { "x)", 1, ") closes nothing", "" },
        { "(1, 2)", 2, "a comma stands between the values of a function only", "" },
        { "1,000", 1, "; divides statements", "" },
        { "sin(x, y)", 0, "sin takes 1 value; 2 were given", "" },
        { "pow(x)", 0, "pow takes 2 values; 1 was given", "" },
        { "max(x)", 0, "max takes 2 values or more; 1 was given", "" },
        { "leaky_relu(x, y)", 14, "value 2 of leaky_relu is a plain number", "" },
        { "x + 1 = 3", 6, "a name alone may stand before =", "" },
        { "x = = 3", 4, "a value is missing before =", "" },
        { "x = 1; x = 2", 7, "x is defined twice; first in column 1", "" },
        { "1; 2", 3, "a second expression without a name", "" },
        { "x = x + 1", 4, "a circle: x needs x", "" },
        { "x = y; y = 2*z; z = x", 20, "a circle: x needs y needs z needs x", "" },
        { "1 + (a < b)", 4, "this is true or false; a number is expected", "" },
        { "where(1, 2, 3)", 6, "where chooses by something true or false", "" },
        { "1e999", 0, "the number is too large", "" },
        { "a \xC3\x97 b", 2, "write *", "" },
        { "a\xE2\x88\x92"
          "b",
          1, "write -", "" },
        { "x\xC2\xB2", 1, "write ^2", "" },
        { "|x|", 0, "write abs(...)", "" },
        { "x $ y", 2, "$ is not read here", "" },
        { "x \x01 y", 2, "a control character", "" },
        { "x + \xFF", 4, "byte 5 is no UTF-8 text", "" },
        { "1 2", 2, "a sign is missing before 2", "" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cli_formula f;
        cli_formula_error e;
        const int64_t failed = t->failures;
        CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, rows[i].text, &e), 1);
        CHECK_STR_CONTAINS(t, e.text, rows[i].words);
        CHECK_STR_EQ(t, e.nearest, rows[i].nearest);
        CHECK_EQ_INT(t, e.place.at, rows[i].at);
        CHECK(t, !f.graph && !f.names && !luge_failed(ctx));
        if (t->failures > failed) printf("  in %s\n", rows[i].text);
    }
    luge_close(ctx);
}

/* ---- depth and size ---------------------------------------------------------------------------------------------- */

/* n times `open`, x, n times `close`. */
static char *nested(int n, const char *open, const char *close)
{
    const size_t a = strlen(open), b = strlen(close), size = (size_t)n * (a + b) + 2;
    char *text = malloc(size), *at = text;
    if (!text) return NULL;
    for (int i = 0; i < n; i++, at += a) memcpy(at, open, a);
    *at++ = 'x';
    for (int i = 0; i < n; i++, at += b) memcpy(at, close, b);
    *at = '\0';
    return text;
}

static void depth(luge_test *t)
{
    static const struct {
        const char *open, *close;
        int n;
        double slope; /* at x = 0 */
        const char *words;
    } rows[] = {
        { "(", ")", 10000, 1, NULL },
        { "-", "", 10000, 1, NULL },
        { "sin(", ")", 10000, 1, NULL },
        { "0.5*(", ")", 10, 0.0009765625, NULL },
        { "1+(", ")", 10000, 1, NULL },
        { "(", "", 1000000, 0, "is not closed" },
        { "-", "", 1000000, 0, "more than 100,000 operations" },
        { "x+", "", 500000, 0, "more than 100,000 operations" },
        { "sin(", ")", 200000, 0, "more than 100,000 operations" },
        { "", ")", 1000000, 0, ") closes nothing" },
        { "x^", "", 400000, 0, "more than 100,000 operations" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cli_formula f;
        cli_formula_error e;
        char *text = nested(rows[i].n, rows[i].open, rows[i].close);
        if (!CHECK(t, text != NULL)) break;
        const int code = read_text(&f, ctx, CLI_FORMULA, text, &e);
        CHECK_EQ_INT(t, code, rows[i].words != NULL);
        if (rows[i].words && code) CHECK_STR_CONTAINS(t, e.text, rows[i].words);
        if (!code) {
            const int x = cli_formula_find(&f, "x"), y = cli_formula_find(&f, "f");
            luge_val slope;
            double value = 0;
            CHECK_STATUS(t, luge_gradient(f.graph, f.names[y].value, &f.names[x].value, 1, &slope), LUGE_OK);
            CHECK_STATUS(t, luge_eval(f.graph, slope, &value, sizeof value), LUGE_OK);
            CHECK_CLOSE(t, value, rows[i].slope, 0);
            cli_formula_free(&f);
        }
        free(text);
    }
    luge_close(ctx);
}

static void many_names(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    cli_formula f;
    cli_formula_error e;
    const size_t room = 40000;
    char *text = malloc(room);
    size_t n = 0;
    if (!CHECK(t, text != NULL)) return;
    for (int i = 0; i < 999; i++) n += (size_t)snprintf(text + n, room - n, "n%d = n%d + 1; ", i, i + 1);
    CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, text, &e), 0); /* each needs the next */
    CHECK_EQ_INT(t, f.n_names, 1000);
    cli_formula_free(&f);
    snprintf(text + n, room - n, "n999 = n1000");
    CHECK_EQ_INT(t, read_text(&f, ctx, CLI_FORMULA, text, &e), 1);
    CHECK_STR_CONTAINS(t, e.text, "more than 1,000 names");
    free(text);
    luge_close(ctx);
}

static luge_status read_with(luge_test *t, luge_context *ctx, void *user)
{
    cli_formula f;
    cli_formula_error e;
    const int code = read_text(&f, ctx, CLI_FORMULA, "u = max(x, y)*sin(x); y = tan(x) + elu(x, 1)", &e);
    (void)user;
    if (code) CHECK_STR_EQ(t, e.text, "out of memory");
    cli_formula_free(&f);
    return code ? LUGE_ENOMEM : LUGE_OK;
}

/* Wherever memory ends, it is said so and nothing is lost. */
static void no_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "a formula", read_with, NULL);
}

void test_formula(luge_test *t)
{
    RUN(t, meaning);
    RUN(t, functions);
    RUN(t, names);
    RUN(t, another_system);
    RUN(t, errors);
    RUN(t, depth);
    RUN(t, many_names);
    RUN(t, no_memory);
}
