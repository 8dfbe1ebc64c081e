/* rewrite.h: what the passes share that rewrite a graph before it is scheduled. Each pass reads one graph and appends
 * to a new one, through the one door into a graph, so what it makes is checked like what a user builds. */
#ifndef LUGE_PLAN_REWRITE_H
#define LUGE_PLAN_REWRITE_H

#include "ops/rows.h"
#include "plan/plan.h"

enum { LUGE__NEEDED = 1, LUGE__ASKED = 2 }; /* by an output, directly or not; it is an output */

typedef struct luge__rewriter {
    luge_context *ctx;
    luge_graph *from, *to;
    size_t n;      /* nodes of `from`, with none */
    uint8_t *use;  /* of each node of `from` */
    uint32_t *map; /* of each node of `from`, what stands for it in `to`; 0: nothing yet, or nothing needs it */
    /* While nodes are appended by luge__rewritten: */
    uint32_t *table; /* hash table of nodes of `to` */
    size_t table_size;
    uint32_t *written; /* of nodes of `to`: a variable's last effect; 1 before the first; 0: never written */
    size_t written_size;
} luge__rewriter;

typedef luge_status luge__pass(luge__rewriter *r);

/* Drops what nothing needs, folds what is known, makes equal values one. After it every operand whose shape alone is
 * used is a `full`, so that no value is kept for its shape. */
luge__pass luge__simplify;
/* Puts fused ops in the place of what they mean. Appends nothing where there are none. */
luge__pass luge__fuse;
/* Moves each effect to right behind what it needs. Appends nothing where there are none. */
luge__pass luge__order;

/* Marks in r->use what the outputs need. `shapes`: also operands whose shape alone is used. */
void luge__mark_needed(luge__rewriter *r, int shapes);
/* The operands of a node in the new graph. */
void luge__mapped(const luge__rewriter *r, const luge__node *node, luge_val *in);
/* Repeats node `id` in the new graph and maps it. */
luge_status luge__keep(luge__rewriter *r, uint32_t id);

/* An application of an op in the new graph. */
typedef struct luge__expression {
    const luge__op *op;
    const luge_val *in;
    int n_in;
    const void *attr;
} luge__expression;

/* ---- rewrite_common.c -------------------------------------------------------------------------------------------- */

/* A node of the new graph that has this value; none where there is no such node. */
luge_val luge__find_common(const luge__rewriter *r, const luge__expression *e);
/* Appends it, to be found from now on. */
luge_val luge__append_common(luge__rewriter *r, const luge__expression *e);
/* Either. */
luge_val luge__common(luge__rewriter *r, const luge__expression *e);
/* An array of one value. */
luge_val luge__common_full(luge__rewriter *r, luge_dtype dtype, const luge_shape *shape, double value);

/* ---- rewrite_fold.c ---------------------------------------------------------------------------------------------- */

/* A simpler value with the same bits, or none. */
luge_val luge__fold(luge__rewriter *r, const luge__expression *e, const luge__type *type);

/* ---- rewrite_patterns.c ------------------------------------------------------------------------------------------ */

/* A fused op in the place of node `root` and of what it alone reads. */
typedef struct luge__fusion {
    uint32_t root;
    luge__op_id op;
    int n_in;
    luge_val in[LUGE__MAX_INPUTS]; /* of the old graph; none: a new array of one value */
    luge__type full;
    double value;
    union {
        luge__dense_attr dense;
        luge__update_attr update;
        luge__dense_update_attr dense_update;
        luge__smoothing_attr smoothing;
    } attr;
} luge__fusion;

typedef struct luge__fusing {
    luge__rewriter *r;
    uint32_t *readers; /* of each node of the old graph: how many read it */
    uint32_t *written; /* of variables: the last effect so far */
    uint32_t *at;      /* 1 + its place in the list, or 0 */
    luge__fusion *list;
    size_t n, capacity;
} luge__fusing;

/* Does a pattern end at to->root? Then *to says what to put there. */
int luge__match(const luge__fusing *f, luge__fusion *to);

#endif
