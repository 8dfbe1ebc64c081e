/* backend.h: what a plan asks of a backend: kernels for an op, best first. */
#ifndef LUGE_PLAN_BACKEND_H
#define LUGE_PLAN_BACKEND_H

#include "graph/graph.h"

/* An operand of a step: its type, and where a run finds it: base number `base` plus `offset` bytes, strided. */
typedef struct luge__operand {
    luge_dtype dtype;
    luge_shape shape;
    int64_t stride[LUGE_MAX_DIMS]; /* elements */
    int32_t base;                  /* 0: the arena of the run; others: inputs, variables, constants */
    int32_t value;                 /* number of the arena value that it shows, -1 for none */
    size_t offset;
} luge__operand;

/* One op of a plan, ready to run. `work` is what the kernel decided in prepare. */
typedef struct luge__step {
    const luge__op *op;
    const void *attr;
    const char *name; /* of the node */
    uint32_t node;    /* of the plan's graph */
    uint32_t origin;  /* of the given graph: what messages name */
    int32_t n_in;
    luge__operand *in;
    const luge_val *inputs; /* the operands' nodes */
    luge__operand out;      /* of an effect: dtype LUGE_NO_DTYPE */
    const struct luge__kernel *kernel;
    void *work;
    int64_t items; /* independent pieces of work */
    int64_t grain; /* how many of them a thread takes at least; all of them where a second thread would not pay */
    double cycles; /* what all of them cost, roughly; this and the grain are set by the problem's size alone */
    size_t worker_scratch;
    int32_t in_place; /* 1 + the operand whose place the result takes, or 0 */
} luge__step;

/* A step bound to the memory of a run. */
typedef struct luge__task {
    const luge__step *step;
    unsigned char *out;
    unsigned char **in;
    int64_t bad_index, bad_limit; /* with a LUGE_EINVAL answer: an index outside [0, bad_limit) */
} luge__task;

typedef struct luge__kernel {
    const char *name;
    /* 1 where the kernel takes the step (after filling items, grain, scratch, work), 0 where it does not, -1 after a
     * failure. Work memory comes from luge__plan_alloc. */
    int (*prepare)(luge__step *step, luge_plan *plan);
    /* Items [begin, end): serial code that knows nothing of threads. */
    luge_status (*run)(luge__task *task, int64_t begin, int64_t end, void *worker_scratch);
} luge__kernel;

enum { LUGE__MAX_KERNELS = 3 };
typedef struct luge__kernel_list {
    uint32_t dense; /* operands that must lie in C order: the planner copies those that do not */
    const luge__kernel *kernels[LUGE__MAX_KERNELS]; /* best first; NULL ends */
} luge__kernel_list;

typedef struct luge__backend {
    const char *name;
    /* Kernels for an op on a context's machine; an empty list where only the reference kernel serves. */
    luge__kernel_list (*kernels)(const luge__op *op, luge__isa isa);
} luge__backend;

const luge__backend *luge__backend_named(const char *name); /* NULL where there is none */
extern const luge__kernel luge__ref_kernel;                 /* runs op->ref: the last of every list */
/* Names of the cpu backend's kernels for an op: "vector, ref". */
void luge__kernel_names(const luge__op *op, char *text, size_t size);

/* Zeroed memory that lives as long as the plan; NULL on failure (the error sticks). */
void *luge__plan_alloc(luge_plan *plan, size_t bytes);
luge__isa luge__plan_isa(const luge_plan *plan);
/* Nonzero where operands of matrix products in f32 are rounded to bf16, and what does that. */
int luge__plan_rounds(const luge_plan *plan);
luge__bf16 luge__plan_bf16(const luge_plan *plan);
int luge__is_dense(const luge__operand *operand); /* C order, nothing repeated */

#endif
