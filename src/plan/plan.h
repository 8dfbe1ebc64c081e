/* plan.h: a compiled graph. rewrite.c makes a graph that means the same and costs less, schedule.c makes the steps,
 * memory.c gives them places, run.c runs them. */
#ifndef LUGE_PLAN_PLAN_H
#define LUGE_PLAN_PLAN_H

#include "luge/plan.h"
#include "plan/backend.h"

/* Memory of an intermediate: alive from the step that computes it to its last reader. */
typedef struct luge__value {
    size_t bytes, offset;
    int32_t first, last; /* steps; last INT32_MAX: read after the run */
    int32_t heir;        /* the value that takes this place in place, or -1 */
} luge__value;

/* Where a value of the graph can be found: outputs, inputs, variables (with keep_all everything). */
typedef struct luge__found {
    uint32_t node;
    luge__operand operand;
} luge__found;

/* An operand pointer that moves with base `base`. Sorted by base. */
typedef struct luge__fixup {
    int32_t base;
    uint32_t slot;
    size_t offset;
} luge__fixup;

typedef struct luge__input {
    uint32_t node;
    const char *name;
    int32_t base; /* -1: the plan does not need it */
    size_t bytes;
} luge__input;

struct luge_plan {
    luge__object object;
    int32_t refs;      /* the program's handle and the runs */
    uint32_t tag;      /* of the given graph */
    luge_graph *graph; /* what is scheduled: the given graph, rewritten; a program may look at it */
    uint32_t *map;     /* of each node of the given graph, what stands for it in `graph`, or 0 */
    size_t n_given;    /* nodes of the given graph */
    uint32_t *origin;  /* of each node of `graph`, the node of the given graph that it stands for, or 0 */
    const luge__backend *backend;
    int32_t keep_all, guard, bf16;
    luge__step *steps;
    size_t n_steps, step_capacity;
    luge__value *values;
    size_t n_values, value_capacity;
    luge__found *found;
    size_t n_found, found_capacity;
    luge__input *inputs;
    size_t n_inputs, input_capacity;
    luge__buffer **buffers; /* variables and constants: base 1 + n_inputs + i */
    size_t n_buffers, buffer_capacity;
    luge__buffer *scalars; /* constants made by the planner */
    size_t n_scalars;
    luge__fixup *fixups;
    size_t n_fixups;
    size_t n_slots; /* operand pointers of all steps */
    luge__chunk *chunks;
    luge_plan_memory memory;
    size_t worker_scratch;
    double cycles; /* of all steps, roughly */
    int32_t n_bases;
};

/* Fills graph, map and origin; without passes the graph is repeated as it is. */
luge_status luge__rewrite(luge_plan *plan, luge_graph *given, const luge_val *outputs, int n_outputs, int passes);
/* Marks what the outputs need, makes steps and values of plan->graph. */
luge_status luge__schedule(luge_plan *plan, const luge_graph *given, const luge_val *outputs, int n_outputs);
/* Gives every value a place in the arena, decides what runs in place. */
luge_status luge__place(luge_plan *plan);
/* Chooses a kernel for a step. */
luge_status luge__choose_kernel(luge_plan *plan, luge__step *step, const luge__kernel_list *list);

luge_plan *luge__plan_retain(luge_plan *plan);
void luge__plan_drop(luge_plan *plan);
/* Where a value of the plan's graph is; NULL where it cannot be read. */
const luge__operand *luge__plan_find(const luge_plan *plan, luge_val v);

enum { LUGE__GUARD = 64, LUGE__GUARD_BYTE = 0xA5, LUGE__POISON_BYTE = 0xFF }; /* 0xFF..FF is NaN, or -1 */

#endif
