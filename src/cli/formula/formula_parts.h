/* formula_parts.h: what the files of the formula reader share: items (a statement in postfix order), functions. */
#ifndef LUGE_CLI_FORMULA_PARTS_H
#define LUGE_CLI_FORMULA_PARTS_H

#include "formula.h"

/* A function or sign: an operator of the library that works element by element, or one built of such. */
typedef struct cli_function {
    char name[32];  /* as it is written, or the operator's name for a sign */
    const char *op; /* the operator; NULL: build */
    luge_val (*build)(luge_graph *g, luge_val x);
    int n, n_numbers;  /* values that it takes; numbers behind them, the operator's attributes */
    int variadic;      /* two values or more */
    int chooses;       /* its first value is true or false */
    luge_dtype result; /* LUGE_BOOL: true or false */
} cli_function;

/* A graph to try operators in. Begins as zeros but for ctx. */
typedef struct cli_function_probe {
    luge_context *ctx;
    luge_graph *graph;
    luge_val many[3], truths, one; /* f64 [2,3] and bool [2,3]; f64 [] */
} cli_function_probe;

/* Finds a function by its name; nonzero where there is one. Failures of memory stick in the context. */
int cli_function_find(cli_function_probe *p, const char *name, cli_function *out);
/* The function whose name is near, into `nearest`, or "". */
void cli_function_nearest(cli_function_probe *p, const char *name, char nearest[CLI_FORMULA_NAME]);
/* The one of n words that is near enough to be meant, or "". */
void cli_formula_nearest(const char *name, const char *const *words, int n, char nearest[CLI_FORMULA_NAME]);

/* A statement in postfix order: values and names, then what is done with them. */
typedef enum cli_item_kind {
    CLI_ITEM_NUMBER,
    CLI_ITEM_NAME,   /* index: of the name */
    CLI_ITEM_GROUP,  /* parentheses around what stands before: they count to its text */
    CLI_ITEM_NEGATE, /* place: the sign */
    CLI_ITEM_SIGN,   /* between two values; index: of the function */
    CLI_ITEM_CALL    /* index: of the function; n values; place: from its name to ) */
} cli_item_kind;

typedef struct cli_item {
    cli_item_kind kind;
    int index, n;
    cli_place place;
    double value;
} cli_item;

/* A name's statement: items first .. end-1; none for a free name. */
typedef struct cli_statement {
    size_t first, end;
    cli_place place; /* of the expression */
} cli_statement;

typedef struct cli_statements {
    cli_item *items;
    size_t n_items, room;
    cli_statement of[CLI_FORMULA_NAMES]; /* by the index of the name */
    cli_function functions[128];
    int n_functions;
    cli_function_probe probe;
} cli_statements;

/* formula_read.c: text to statements; fills f->names but for their values. */
int cli_formula_parse(cli_formula *f, cli_statements *s, cli_formula_kind kind, cli_formula_error *e);
/* formula_build.c: statements to nodes of f->graph, each after those that it uses. */
int cli_formula_build(cli_formula *f, cli_statements *s, cli_formula_error *e);

/* Notes what was wrong; CLI_FAILED. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int cli_formula_wrong(cli_formula_error *e, cli_place place, const char *format, ...);
int cli_formula_no_memory(cli_formula_error *e);
/* The index of a function or sign in s->functions, -1 where there is none, -2 where memory is short. */
int cli_statement_function(cli_statements *s, const char *name);
/* Room for one more of `size` bytes in *list. */
int cli_formula_grow(void **list, size_t *room, size_t n, size_t size);

#endif
