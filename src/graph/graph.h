/* graph.h: the append-only array of nodes, and what builders share. */
#ifndef LUGE_GRAPH_GRAPH_H
#define LUGE_GRAPH_GRAPH_H

#include "graph/op.h"
#include "luge/graph.h"

/* One op applied to earlier nodes. in, attr and name lie in the graph's text memory, which never moves. */
typedef struct luge__node {
    uint16_t op;
    uint8_t n_in;
    const luge_val *in;
    const void *attr;
    const char *name; /* "" where none */
    luge__type type;
} luge__node;

/* Memory of a variable or constant array. A variable gets its place when it is first used (luge__graph_settle). */
typedef struct luge__storage {
    uint32_t node;
    int32_t slab; /* -1: a constant */
    size_t bytes, offset;
    luge__buffer *buffer; /* NULL until settled */
} luge__storage;

/* Attributes of the leaves. */
typedef struct luge__leaf_attr {
    luge_dtype dtype;
    luge_shape shape;
    double value;    /* full */
    int64_t slab;    /* variable */
    int64_t storage; /* variable, constant: index into graph->storage */
} luge__leaf_attr;

/* Those of the random ops. */
typedef struct luge__random_attr {
    int64_t stream;
    double a, b; /* low and high; mean and deviation; rate */
} luge__random_attr;

struct luge_graph {
    luge__object object;
    uint32_t tag;
    luge__node *nodes; /* nodes[0] is none */
    size_t n_nodes, node_capacity;
    luge__storage *storage;
    size_t n_storage, storage_capacity, n_settled;
    luge__chunk *chunks;
    uint32_t *names; /* open hash table of ids of inputs and variables by name; an entry may be of an older name */
    size_t n_names, name_capacity;
    uint32_t n_random;  /* random nodes so far: the next stream */
    uint32_t n_effects; /* effect nodes so far */
    uint32_t replay_of; /* tag of the graph that this one repeats, and how many of its nodes */
    size_t n_replayed;
    const uint32_t *substitutes; /* by id, what stands in a node's place; 0: itself. NULL: nothing is replaced */
    /* Tests: called after each gradient rule, to see whether a wrong rule is caught. */
    void (*vjp_filter)(luge_graph *g, const luge__op *op, luge__vjp *v, void *user);
    void *vjp_filter_user;
};

/* Appends op(in[0..n-1]) after checking operands and inferring its type; attr (op->attr_size bytes) is copied. This is
 * the only door into a graph. */
luge_val luge__append(luge_graph *g, luge__op_id op, const luge_val *in, int n_in, const void *attr);
/* The same for a replay: without lowering or effects on the counters. */
luge_val luge__append_as(luge_graph *g, const luge__op *op, const luge_val *in, int n_in, const void *attr);

/* Repeats node `id` of g in h, applied to operands of h: with its attributes and name; a variable or constant shares
 * its memory. */
luge_val luge__repeat(luge_graph *h, luge_graph *g, uint32_t id, const luge_val *in);

/* An input, variable, constant or full array without a name; a variable or constant gets its storage. */
luge_val luge__append_leaf(luge_graph *g, luge__op_id op, const luge__leaf_attr *attr);

/* Zero (and a sticking message that begins with who) unless g and v can be used: g not NULL, no error sticks, v a node
 * of g with a value. */
int luge__usable(luge_graph *g, const char *who, luge_val v);
/* Zero unless g can be built on. */
int luge__open_graph(luge_graph *g, const char *who);
/* LUGE_OK where an input or variable can have the name. */
luge_status luge__check_name(luge_graph *g, const char *who, const char *name);
/* Names a node without a check. Returns v; none without memory. */
luge_val luge__set_name(luge_graph *g, luge_val v, const char *name);

const luge__node *luge__node_of(const luge_graph *g, luge_val v); /* v belongs to g */
const luge__op *luge__node_op(const luge__node *node);
luge_val luge__val(const luge_graph *g, uint32_t id);
luge_context *luge__graph_ctx(const luge_graph *g);
luge_dtype luge__dtype_of(const luge_graph *g, luge_val v);
int luge__ndim(const luge_graph *g, luge_val v);
luge_val luge__none(void);

/* Copies into the graph's text memory; NULL on failure. */
void *luge__graph_copy(luge_graph *g, const void *data, size_t bytes);

/* The place of a variable or constant; NULL for another node or no memory (the error sticks). */
luge__storage *luge__graph_storage(luge_graph *g, luge_val v);
/* Gives every variable that has none a place. */
luge_status luge__graph_settle(luge_graph *g);

/* Builders' helpers. */
luge_val luge__unary(luge_graph *g, luge__op_id op, luge_val x, const void *attr);
luge_val luge__binary(luge_graph *g, luge__op_id op, luge_val a, luge_val b); /* broadcasts */
luge_val luge__like(luge_graph *g, luge_val x, double value);                 /* scalar constant of x's dtype */
luge_val luge__zeros_like(luge_graph *g, luge_val x);
/* An axis that may count from the end: 0 .. ndim-1, or -1 after a sticking message. */
int luge__axis(luge_graph *g, const char *who, int axis, int ndim);

#endif
