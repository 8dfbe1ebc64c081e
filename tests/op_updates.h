/* op_updates.h: the ops that write variables, over several steps. */
#ifndef LUGE_TESTS_OP_UPDATES_H
#define LUGE_TESTS_OP_UPDATES_H

#include "op_run.h"

enum { UPDATE_STEPS = 5, UPDATE_STATES = 4 };

typedef luge_val update_builder(luge_graph *g, luge_val w, luge_val grad, const luge_update_options *options);

/* One update with its options. Its name is also that of its golden numbers. */
typedef struct update_sample {
    const char *name;
    luge__op_id op;
    update_builder *build;
    int step, velocity, m, v, v_max; /* the state that it is given */
    luge_update_options o;           /* the numbers */
} update_sample;
extern const update_sample update_samples[];
extern const int update_sample_count;

/* How the gradient lies. */
typedef enum update_layout { UPDATE_CONTIGUOUS, UPDATE_SLICED, UPDATE_REPEATED, UPDATE_LAYOUTS } update_layout;

/* What there is after UPDATE_STEPS steps on n weights. */
typedef struct update_result {
    int64_t n;
    double *weights;      /* after each step: [UPDATE_STEPS, n] */
    size_t size;          /* bytes of w and of each state */
    unsigned char *bytes; /* w and the states after the last step */
} update_result;
void update_result_free(update_result *r);
int update_run(luge_test *t, luge_context *ctx, const update_sample *u, luge_dtype dtype, int64_t n,
               update_layout layout, const char *backend, update_result *r);

/* Cases of the suite ops_forward: every update against golden numbers and ref, assign, increment. */
void op_updates_forward(luge_test *t);

#endif
