/* formula.h: formulas as people write them, read into a graph.
 *
 *   u = x^2 + 2*y; x = r*sin(t); y = sin(t)^2
 *
 * Statements stand between ';' in any order: NAME = EXPRESSION, and at most one expression without a name. Operators,
 * from loose to tight: < <= > >= == !=, + -, * /, unary -, ^ (or **), which goes from right to left: -x^2 is -(x^2).
 * Functions are the elementwise operators of the library by their names, and a few aliases (ln, max, min, tan, ...);
 * pi and e are numbers unless a statement says otherwise. '#' begins a comment up to the end of the line. Values are
 * f64 scalars; names that no statement defines become variables of the graph. */
#ifndef LUGE_CLI_FORMULA_H
#define LUGE_CLI_FORMULA_H

#include "cli/options.h"

enum { CLI_FORMULA_NAME = 64, CLI_FORMULA_NAMES = 1000, CLI_FORMULA_NODES = 100000 };

/* Where in the text: bytes from its start. */
typedef struct cli_place {
    size_t at, length;
} cli_place;

/* What was wrong: where, in words, and the name that may have been meant ("" where none is near). */
typedef struct cli_formula_error {
    cli_place place;
    char text[512], nearest[CLI_FORMULA_NAME];
} cli_formula_error;

/* A name of the formula: defined by a statement, or free. */
typedef struct cli_formula_name {
    char name[CLI_FORMULA_NAME]; /* the statement without one is called f, or y, z, ... where f is taken */
    cli_place place;             /* where it stands first; of a defined one: in its statement */
    int defined;
    int used;       /* some statement uses it */
    luge_val value; /* its node; that of a free name is a variable */
} cli_formula_name;

typedef struct cli_formula {
    const char *text; /* the caller's */
    size_t length;
    luge_graph *graph; /* the context's */
    cli_formula_name *names;
    int n_names;
    cli_place *places; /* of node 1 .. n at index 0 .. n-1: the text that it stands for */
    size_t n_places, place_room;
} cli_formula;

/* Between statements: ';', or in a list of values (x=1, y=2) ','. */
typedef enum cli_formula_kind { CLI_FORMULA, CLI_VALUES } cli_formula_kind;

/* Reads text[0..length-1] into a new graph of ctx; CLI_OK, or CLI_FAILED with what was wrong in *e, and nothing in
 * *f. Time and memory grow with the length of the text, not with its depth. */
int cli_formula_read(cli_formula *f, luge_context *ctx, cli_formula_kind kind, const char *text, size_t length,
                     cli_formula_error *e);
void cli_formula_free(cli_formula *f);

/* The index of a name, or -1. */
int cli_formula_find(const cli_formula *f, const char *name);
/* The text of a place on one line, spaces squeezed, cut to at most `columns` columns. */
void cli_formula_text(const cli_formula *f, cli_place place, int columns, char *text, size_t size);

/* Prints "luge VERB: WHERE column 3: message", the line with a caret below the place, and the nearest name; CLI_FAILED.
 * where: "", or what the text is, as "--at: ". */
int cli_formula_fail(const char *verb, const char *where, const char *text, size_t length, const cli_formula_error *e);

/* ---- expression.c: the formula of a verb ------------------------------------------------------------------------- */

/* A formula from the command line, with a value for each of its free names. */
typedef struct cli_expression {
    luge_context *ctx;
    const cli_options *o;
    char *input; /* of standard input */
    cli_formula f;
} cli_expression;

/* Reads the first word of the command line, or standard input where it is "-", and gives the free names the values of
 * an option such as --at x=1,y=pi/2. The code of the command, after a message. cli_expression_free is due. */
int cli_expression_open(cli_expression *x, const cli_options *o, cli_key values);
void cli_expression_free(cli_expression *x);
/* Tells why luge_gradient failed: with the place of an operator that has none. */
int cli_expression_no_gradient(const cli_expression *x);
/* Tells what is wrong at a place of the formula. */
int cli_expression_fail(const cli_expression *x, cli_place place, const char *format, ...);

#endif
