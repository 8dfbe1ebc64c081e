/* luge/graph.h: build an expression as a graph, differentiate it, print it.
 *
 * A graph is an append-only array of nodes. Each node is one operator applied to earlier nodes, so the array itself is
 * an order in which the graph can be computed. Operators are in luge/ops.h; this header has what they are applied to.
 *
 * Builders return a luge_val. On an error they return none ({0, 0}) and the message sticks in the context; a builder
 * that is given none does nothing, so nested expressions need no checks in between. */
#ifndef LUGE_GRAPH_H
#define LUGE_GRAPH_H

#include "luge/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An empty graph, owned by ctx. Plans copy what they need: a graph may be freed once its plans are made. */
LUGE_API luge_graph *luge_graph_create(luge_context *ctx);
LUGE_API void luge_graph_free(luge_graph *g);

/* ---- leaves ------------------------------------------------------------------------------------------------------ */

/* An input: a value that each run is given (luge_run_bind). The name (copied; unique among inputs and variables) is
 * what messages and drawings call it. */
LUGE_API luge_val luge_input(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape);

/* A variable: memory that outlives runs, such as a weight, a moment of an optimizer or a step counter. It starts as
 * zeros. Effect ops (luge_sgd, luge_assign, ...) write it. */
LUGE_API luge_val luge_variable(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape);

/* The same, in slab number `slab` (0 to 15; luge_variable uses 0). Variables of one slab that are made before the first
 * of them is used lie side by side in memory, each at a multiple of 64 bytes: parameters in slab 0, first moments in
 * slab 1 and so on get the same offsets in their slabs, so that one pass can update them all. */
LUGE_API luge_val luge_slab_variable(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape, int slab);

/* A scalar constant (0-d). It broadcasts against anything of the same dtype. */
LUGE_API luge_val luge_scalar(luge_graph *g, luge_dtype dtype, double value);

/* A constant array filled with one value. */
LUGE_API luge_val luge_full(luge_graph *g, luge_dtype dtype, luge_shape shape, double value);

/* A constant array with the given elements (C order; copied). */
LUGE_API luge_val luge_constant(luge_graph *g, luge_dtype dtype, luge_shape shape, const void *data);

/* Writes or reads a whole variable, or reads a constant; `bytes` = elements * luge_dtype_size. All graphs and plans
 * that share the variable see the new contents. Not while a run that uses it executes. */
LUGE_API luge_status luge_set(luge_graph *g, luge_val variable, const void *data, size_t bytes);
LUGE_API luge_status luge_get(luge_graph *g, luge_val variable, void *data, size_t bytes);
/* Address of a variable's elements (aligned to 64 bytes), or NULL. It belongs to the graph and to the plans made of
 * it: valid while any of them lives. */
LUGE_API void *luge_data(luge_graph *g, luge_val variable);

/* ---- looking ----------------------------------------------------------------------------------------------------- */

/* Everything there is to know about one node. Strings and arrays belong to the graph, valid until it grows. */
typedef struct luge_node_info {
    const char *op;   /* "matmul" */
    const char *name; /* given by luge_input, luge_variable or luge_name; "" where none */
    luge_dtype dtype; /* LUGE_NO_DTYPE for an effect */
    luge_shape shape;
    int32_t n_inputs;
    const luge_val *inputs;
} luge_node_info;

/* Number of nodes. Their ids are 1 .. n: luge_node_at(g, i) is the handle of node i. */
LUGE_API uint32_t luge_node_count(const luge_graph *g);
LUGE_API luge_val luge_node_at(const luge_graph *g, uint32_t id);
LUGE_API luge_status luge_node_info_of(const luge_graph *g, luge_val v, luge_node_info *info);
/* The shape of a value; the shape of none has ndim -1. */
LUGE_API luge_shape luge_shape_of_val(const luge_graph *g, luge_val v);
/* Nonzero for a handle that names a node of some graph; zero for none. */
LUGE_API int luge_is_some(luge_val v);

/* Names a node, for messages and drawings ("" or NULL: no name). Returns v. */
LUGE_API luge_val luge_name(luge_graph *g, luge_val v, const char *name);

/* Writes the graph, one line a node: `%7 = matmul(%1, %3) f32 [64,10]  "logits"`. */
LUGE_API luge_status luge_graph_print(const luge_graph *g, luge_sink sink);

/* Infers every node anew and compares: LUGE_EINTERNAL names the first node that is wrong. */
LUGE_API luge_status luge_graph_verify(const luge_graph *g);

/* ---- gradients --------------------------------------------------------------------------------------------------- */

/* Appends the gradient of sum(y) with respect to each of wrt[0..n-1]; grads[i] gets the shape of wrt[i]. For a scalar
 * loss y that is the gradient of the loss. A wrt on which y does not depend gets zeros. The gradient is made of
 * ordinary nodes, so it can be differentiated again.
 * LUGE_ENOGRAD names an op on the way that has no gradient (step, argmax, comparisons, effects). LUGE_ESTATE: an
 * effect has already written a variable that y depends on; take the gradient before the update. */
LUGE_API luge_status luge_gradient(luge_graph *g, luge_val y, const luge_val *wrt, int n, luge_val *grads);

/* The same for the product of the vector `cotangent` (shape of y) with the Jacobian of y. */
LUGE_API luge_status luge_vector_jacobian(luge_graph *g, luge_val y, luge_val cotangent, const luge_val *wrt, int n,
                                          luge_val *grads);

/* ---- other shapes, other precision ------------------------------------------------------------------------------- */

/* Options of luge_graph_replay: arrays of n_inputs. */
typedef struct luge_replay_options {
    size_t size;
    int32_t n_inputs;         /* how many inputs change their shape */
    const luge_val *inputs;   /* which */
    const luge_shape *shapes; /* to what */
    luge_val until;           /* the last node to repeat, without the gradients and updates behind it; default: all */
    luge_dtype float_dtype;   /* LUGE_F32 or LUGE_F64: every float becomes this; default: as they were. Variables are
                                 then copies, otherwise they are shared with g */
    int32_t n_substitutes;    /* how many values give way to another */
    const luge_val *from;     /* which, each named once */
    const luge_val *to;       /* to what: every node that uses from[i] uses to[i] instead, and where to[i] is itself in
                                 `from`, what that gives way to. dtype and shape of to[i] are those of from[i], and it
                                 stands before every node that uses from[i]. Effects still write what they wrote */
} luge_replay_options;

/* A new graph with the same nodes, inferred for other input shapes: the last short batch, a prediction of any number of
 * rows, a gradient check in f64; or with other values in the place of some, as a layer that behaves otherwise in
 * training than afterwards holds both. Node ids stay: luge_replayed(h, v) is v in the new graph, or what stands in its
 * place. */
LUGE_API luge_graph *luge_graph_replay_with(luge_graph *g, const luge_replay_options *options);
/* None where v is not of the graph that was replayed, or behind `until`. */
LUGE_API luge_val luge_replayed(const luge_graph *replay, luge_val v);
#ifndef __cplusplus
#define luge_graph_replay(g, ...)                                                                                      \
    luge_graph_replay_with(g, &(luge_replay_options){ .size = sizeof(luge_replay_options), __VA_ARGS__ })
#endif

#ifdef __cplusplus
}
#endif
#endif
