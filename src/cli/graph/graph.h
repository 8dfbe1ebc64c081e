/* graph.h: what `luge graph` knows of a network: its nodes, which part and layer they belong to, and of one batch their
 * values, gradients, time and memory. */
#ifndef LUGE_CLI_GRAPH_H
#define LUGE_CLI_GRAPH_H

#include "cli/drawing/draw.h"
#include "cli/job.h"

/* A value in numbers. */
typedef struct cli_figures {
    int64_t n; /* elements; 0: not known */
    double first[4], mean, least, largest;
    double norm; /* root of the sum of squares */
} cli_figures;

typedef enum cli_part { CLI_PART_NONE, CLI_PART_FORWARD, CLI_PART_GRADIENT, CLI_PART_UPDATE } cli_part;

typedef struct cli_net_node {
    cli_part part;
    int layer;      /* -1: none */
    int trained;    /* a weight that gradients change */
    int on_way;     /* to the loss, of whose gradient it has a part */
    uint32_t users; /* nodes on the way that use it */
    cli_figures value, gradient;
    double seconds; /* of its step; NaN: not known */
    size_t bytes;   /* of its step's result in the arena */
} cli_net_node;

typedef struct cli_net {
    cli_job *job;
    luge_model *model;
    luge_graph *graph, *own; /* of the forward pass, or of a training step; the same, to be freed */
    uint32_t n;              /* nodes: ids 1 .. n */
    cli_net_node *nodes;
    luge_graph *wider; /* the model's graph for one row more: where the batch stands in shapes; NULL in training */
    luge_training_graph training; /* graph NULL: the forward pass alone */
    luge_val *gradients;          /* of each weight; with training */
    double loss;                  /* of the batch; NaN: not known */
    double seconds, rewritten;    /* of a step, planned as it is and rewritten; NaN: not known */
    size_t arena;                 /* bytes of memory that a rewritten step works in */
    int64_t rows;                 /* of the batch */
    int whole;                    /* operators: gradients and updates are drawn too */
} cli_net;

/* ---- graph_net.c ------------------------------------------------------------------------------------------------- */

/* Finds parts and layers; batch NULL: the forward pass alone, for so many rows. Free it after a failure too. */
int cli_net_open(cli_net *net, cli_job *job, luge_dataset *batch, int64_t rows);
void cli_net_free(cli_net *net);
luge_node_info cli_net_info(const cli_net *net, uint32_t id);
/* "[batch, 8]", "[32, 8]"; "" for a scalar. */
enum { CLI_SHAPE = 120 };
const char *cli_net_shape(const cli_net *net, uint32_t id, char text[CLI_SHAPE]);
/* Whether operand number k of the operator says by its shape alone how another is repeated or summed; of count, both.
 */
int cli_takes_shape(const char *op, int k);
/* What its input number k is drawn from: the value that was repeated to its shape; 0 where it lends its shape alone. */
uint32_t cli_net_source(const cli_net *net, uint32_t id, int k);
/* What outlives the step and is computed by it: loss, gradients, updates; or the model's outputs. */
int cli_net_outputs(const cli_net *net, int effects, luge_val **list);

/* ---- graph_batch.c ----------------------------------------------------------------------------------------------- */

/* Values and gradients of every node, time and memory of every step. The weights of the model in memory change. */
int cli_net_measure(cli_net *net);

/* The steps of a plan, timed where there is a batch. */
typedef struct cli_steps {
    luge_plan *plan;
    int n, timed;
    double *seconds, total;
} cli_steps;
int cli_net_steps(const cli_net *net, int no_rewrites, cli_steps *steps); /* free them after a failure too */
void cli_steps_free(cli_steps *steps);

/* ---- graph_draw.c ------------------------------------------------------------------------------------------------ */

void cli_net_draw_ops(const cli_net *net, cli_drawing *d);
void cli_net_draw_layers(const cli_net *net, cli_drawing *d);
const char *cli_short_time(char text[CLI_TEXT], double seconds); /* 12 µs, 3.4 ms */

/* ---- graph_plan.c ------------------------------------------------------------------------------------------------ */

/* Steps, kernels, places and memory, before the planner's rewrites and after. */
int cli_net_print_plan(const cli_net *net);
int cli_net_draw_plan(const cli_net *net, cli_drawing *d);

/* ---- graph_json.c ------------------------------------------------------------------------------------------------ */

int cli_net_json(const cli_net *net, const char *path, int plan);

#endif
