/* luge/plan.h: compile a graph into a plan, run it.
 *
 * A plan is a list of steps for one backend and one set of shapes, with a place in memory for every intermediate. It
 * never changes, so any number of runs may share it. A run is one thread's memory and bindings over a plan. Nothing is
 * allocated, looked up or decided while a run executes. */
#ifndef LUGE_PLAN_H
#define LUGE_PLAN_H

#include "luge/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Options of luge_plan_create. Zero means the default. */
typedef struct luge_plan_options {
    size_t size;
    int32_t n_outputs;    /* how many outputs: the last positional argument of luge_plan_create */
    const char *backend;  /* "cpu" (default) or "ref": naive kernels, the oracle of the tests */
    int32_t keep_all;     /* every intermediate gets a place of its own: all can be read after a run */
    int32_t no_rewrites;  /* the graph is scheduled as it is given. Otherwise the plan rewrites a copy of it first: what
                             is computed twice is computed once, what is known is not computed, neighbours become one
                             step, updates happen as soon as they can. Results differ by rounding at most. With keep_all
                             there are no rewrites */
    int32_t guard;        /* a check of the library itself: memory is poisoned before first and after last use, guard
                             bytes surround every place, and a run fails with LUGE_EINTERNAL where one was hit */
    luge_dtype precision; /* of matrix products of f32: LUGE_F32 (default), or LUGE_BF16: both operands are rounded to
                             bf16 (8 bits of precision; nearest, ties to even; subnormals to 0), their products summed
                             in f32. Results, and whatever else there is, stay f32; f64 stays f64 */
} luge_plan_options;

/* Compiles what outputs[0..n_outputs-1] need. An output may be a value or an effect. NULL on an error. */
LUGE_API luge_plan *luge_plan_create_with(luge_graph *g, const luge_val *outputs, const luge_plan_options *options);
/* luge_plan_create(g, outputs, 2, .backend = "ref") */
#ifndef __cplusplus
#define luge_plan_create(g, outputs, ...)                                                                              \
    luge_plan_create_with(g, outputs,                                                                                  \
                          &(luge_plan_options){ .size = sizeof(luge_plan_options), .n_outputs = __VA_ARGS__ })
#endif
LUGE_API void luge_plan_free(luge_plan *plan);

/* Memory of one run, bytes. */
typedef struct luge_plan_memory {
    size_t arena;         /* one run's arena: intermediates and outputs */
    size_t intermediates; /* what the intermediates and outputs would take without sharing places */
    size_t scratch;       /* what kernels use for packing and the like, of all threads */
    size_t variables;     /* variables that the plan reads or writes; shared by all runs */
} luge_plan_memory;
LUGE_API luge_plan_memory luge_plan_memory_of(const luge_plan *plan);

/* The graph that the plan computes: a rewritten copy of the given one, with nodes of its own. It belongs to the plan;
 * to look at only. NULL without a plan. */
LUGE_API const luge_graph *luge_plan_graph(const luge_plan *plan);
/* What stands in luge_plan_graph for a node of the given graph; none where nothing needs it, or where it became part of
 * another node. Runs go on to take the given graph's inputs, outputs and variables. */
LUGE_API luge_val luge_planned(const luge_plan *plan, luge_val v);

/* One step of a plan. Strings belong to the plan. */
typedef struct luge_step_info {
    luge_val value;     /* the node of luge_plan_graph that it computes; so are `inputs` */
    luge_val origin;    /* the node of the given graph that it computes */
    const char *op;     /* "matmul" */
    const char *name;   /* of the node; "" where none */
    const char *kernel; /* "packed" */
    luge_dtype dtype;
    luge_shape shape;
    int64_t offset; /* place of the result in the arena, bytes; -1 where it is not there (a variable is written) */
    size_t bytes;
    int32_t in_place; /* nonzero where the result takes the place of an input */
    int32_t n_inputs;
    const luge_val *inputs;
} luge_step_info;
LUGE_API int luge_plan_step_count(const luge_plan *plan);
LUGE_API luge_status luge_plan_step(const luge_plan *plan, int index, luge_step_info *info);

/* Writes the steps, their kernels and places, and the peak of memory. */
LUGE_API luge_status luge_plan_describe(const luge_plan *plan, luge_sink sink);

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* A run over a plan, with its arena. NULL on an error. */
LUGE_API luge_run *luge_run_create(luge_plan *plan);
LUGE_API void luge_run_free(luge_run *run);

/* Binds an input to memory of the caller, which stays the caller's and must live until the next bind: `bytes` =
 * elements
 * * luge_dtype_size, aligned as the element type. Binding is cheap; nothing is copied. An input that the plan does not
 * need may be bound too. */
LUGE_API luge_status luge_run_bind(luge_run *run, luge_val input, const void *data, size_t bytes);

/* Executes every step. Errors: LUGE_ESTATE where an input is not bound, LUGE_EINVAL where an index is out of range. */
LUGE_API luge_status luge_run_execute(luge_run *run);
/* The same, and adds to nanoseconds[i] what step i of the plan took by the clock, i in [0, luge_plan_step_count): of
 * many executions the mean tells where the time goes. Reading the clock costs some 20 to 50 ns a step. With NULL it is
 * luge_run_execute. */
LUGE_API luge_status luge_run_execute_timed(luge_run *run, int64_t *nanoseconds);

/* Copies a value's elements in C order. The value is an output, a variable, or with keep_all any value of the plan. */
LUGE_API luge_status luge_run_get(luge_run *run, luge_val value, void *data, size_t bytes);
/* Address of a value whose elements lie in C order, or NULL. Valid until the run is freed; the contents until the next
 * execute. */
LUGE_API const void *luge_run_data(luge_run *run, luge_val value);

/* Compiles, runs and reads one value that needs no inputs: for tests, lessons and small sums. */
LUGE_API luge_status luge_eval(luge_graph *g, luge_val value, void *data, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
