/* grad.h: what the files of `luge grad` share: derivatives, and the chain rule along a graph. */
#ifndef LUGE_CLI_GRAD_H
#define LUGE_CLI_GRAD_H

#include "formula.h"

enum { CLI_MOST_ORDER = 6, CLI_MOST_DERIVATIVES = 10000, CLI_MOST_CHAIN = 2000 };

/* A derivative of an output: by wrt[by[0]], wrt[by[1]], ..., whose indices do not fall. */
typedef struct cli_derivative {
    int of;                        /* index of the output in cli_grad.of */
    int order, by[CLI_MOST_ORDER]; /* order 0: the output itself */
    int parent;                    /* the derivative that it is the derivative of */
    luge_val node;
    double value, numerical; /* numerical: NaN where there is none */
    uint32_t kink;           /* a node with a kink that the central difference straddles; 0: none found */
} cli_derivative;

typedef struct cli_grad_job {
    cli_options o;
    cli_expression x;
    int of[CLI_FORMULA_NAMES], n_of, wrt[CLI_FORMULA_NAMES], n_wrt; /* indices of names */
    int order;
    cli_derivative *d; /* the outputs first, then by rising order */
    int n_d;
    int compared; /* nonzero: numerical ones were computed */
} cli_grad_job;

/* An operand of a node that a gradient flows to. */
typedef struct cli_chain_edge {
    uint32_t from, to; /* ids: the node, and the operand */
    int operand;
    luge_val local;    /* in the graph of local derivatives */
    double derivative; /* of the node by this operand alone */
} cli_chain_edge;

/* Backpropagation from one output: per node of the formula what arrives, per edge the local derivative. */
typedef struct cli_chain {
    const cli_expression *x;
    uint32_t output, n_nodes; /* ids up to n_nodes */
    double *value, *arriving; /* by id; NaN where there is none; truths are 0 or 1 */
    char *active;             /* by id: the output depends on it and it depends on a wrt */
    char *needed;             /* by id: the output depends on it */
    cli_chain_edge *edges;    /* in the order of backpropagation */
    int n_edges;
    luge_graph *locals;   /* each node alone, over variables in the place of its operands */
    luge_run *run;        /* of locals, all values kept */
    uint32_t *operand_of; /* by id in locals: the id of the node that a variable stands for, or 0 */
    uint32_t n_locals;
} cli_chain;

/* grad_derive.c */

/* Values of outputs and derivatives, then the numerical ones. The code of the command, after a message. */
int cli_grad_derive(cli_grad_job *job);
/* Tells why output number `of`, or a derivative of it up to an order, is no finite number; CLI_OK where all are. */
int cli_grad_explain(const cli_grad_job *job, int of, int order);
/* "du/dr", "d2u/dr dt". */
void cli_grad_label(const cli_grad_job *job, const cli_derivative *d, char *text, size_t size);
/* The number of a constant; zero where it is none. */
int cli_constant_value(const luge_graph *g, luge_val v, double *value);
/* The values of a run by id, 1 .. n at index id; NaN where the run has none. */
void cli_grad_values(luge_graph *g, luge_run *run, uint32_t n, double *values);
/* The text of a node: its name, or what stands in the formula. */
void cli_grad_text(const cli_expression *x, uint32_t id, int columns, char *text, size_t size);

/* grad_chain.c */

/* The chain rule from output number `of`; cli_chain_free is due. */
int cli_chain_open(cli_chain *c, const cli_grad_job *job, int of);
void cli_chain_free(cli_chain *c);
void cli_chain_print(const cli_chain *c);
/* Draws it into a file (-o) or, where path is NULL, as text. */
int cli_chain_draw(const cli_chain *c, const char *path);

/* grad_words.c */

/* The local derivative of an edge as a formula. */
void cli_chain_words(const cli_chain *c, const cli_chain_edge *e, char *text, size_t size);

/* grad_tell.c */
void cli_grad_print(const cli_grad_job *job);
void cli_grad_json(const cli_grad_job *job);

#endif
