/* op_gradient.h: a sample's gradient by its rule, and by central differences that know nothing of rules. */
#ifndef LUGE_TESTS_OP_GRADIENT_H
#define LUGE_TESTS_OP_GRADIENT_H

#include "op_run.h"

enum { GRADIENT_WRT = SAMPLE_INPUTS + 1, GRADIENT_SIZES = 4096 };

/* One after another, the elements of every wrt. */
typedef struct op_slopes {
    int64_t n;
    double value[GRADIENT_SIZES];
} op_slopes;

/* What op_gradient_make appends rules with: as g->vjp_filter. */
typedef void op_rule_filter(luge_graph *g, const luge__op *op, luge__vjp *v, void *user);

typedef struct op_gradient {
    op_setup setup;
    luge_val cotangent;
    int n_wrt;
    int input[GRADIENT_WRT]; /* the setup's input of each wrt */
    luge_val wrt[GRADIENT_WRT], grad[GRADIENT_WRT];
} op_gradient;

/* Nonzero where the sample is one for gradient checks. */
int op_gradient_fits(const sample *s);

/* The sample in `dtype`, its cotangent and the gradients with respect to its float inputs. */
int op_gradient_make(luge_test *t, luge_context *ctx, const sample *s, luge_dtype dtype, op_rule_filter *filter,
                     void *user, op_gradient *made);
void op_gradient_free(op_gradient *made);

/* The gradients, as computed. */
int op_gradient_analytic(luge_test *t, const op_gradient *made, const char *backend, op_slopes *out);

/* sum_i weight_i values_i of the outputs, differentiated with respect to each element of inputs[0..n-1] by central
 * differences on the ref backend. weight: that of output k, element i. */
typedef double op_weight(const sample *s, int output, int64_t i);
int op_gradient_numeric(luge_test *t, const op_gradient *made, const sample *s, const luge_val *outputs, int n_outputs,
                        op_weight *weight, const int *inputs, int n, op_slopes *out);
/* The same for setup.y and its cotangent. */
int op_gradient_of_y(luge_test *t, const op_gradient *made, const sample *s, op_slopes *out);

/* The first element where not |a-n| <= tolerance max(1, |a|, |n|), or -1; zero elements or unequal counts: -2. */
int64_t op_slopes_differ(const op_slopes *a, const op_slopes *n, double tolerance);

#endif
