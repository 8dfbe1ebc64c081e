/* op_graphs.h: a graph for every sample of every op, with its gradient, and for every update: what files and bindings
 * must be able to hold. */
#ifndef LUGE_TESTS_OP_GRAPHS_H
#define LUGE_TESTS_OP_GRAPHS_H

#include "op_updates.h"

/* Called with each graph, in a context of its own that is closed afterwards. */
typedef struct op_graphs {
    luge_test *t;
    void (*each)(struct op_graphs *graphs, const char *name, luge_graph *g);
    uint8_t seen[LUGE__OP_COUNT]; /* ops that stood in some graph */
} op_graphs;

void op_graphs_each(op_graphs *graphs);

/* Checks that every op that can stand in a graph has been seen. */
void op_graphs_complete(op_graphs *graphs);

/* Text of a graph, to be freed; NULL after a failed check. */
char *op_graph_text(luge_test *t, const luge_graph *g);

#endif
