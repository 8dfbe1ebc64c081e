/* luge/check.h: numerical derivatives, and the check of backpropagation against them.
 *
 * A central difference (f(x+h) - f(x-h)) / 2h needs no rule of differentiation, so it can tell whether the rules are
 * right. Both functions work in f64 whatever the graph's precision. */
#ifndef LUGE_CHECK_H
#define LUGE_CHECK_H

#include "luge/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an input is given while a gradient is checked: as luge_run_bind, in the graph's own dtype and shape. */
typedef struct luge_binding {
    luge_val input;
    const void *data;
    size_t bytes;
} luge_binding;

/* Options of luge_check_gradients and luge_numerical_gradient. Zero means the default. */
typedef struct luge_check_options {
    size_t size;
    int32_t n_bindings; /* values of the inputs that the loss needs */
    const luge_binding *bindings;
    double h;            /* half the width of the difference: default 1e-5 */
    double tolerance;    /* largest |a-n| / max(1, |a|, |n|) that passes: default 1e-7 */
    int64_t all_up_to;   /* check every element where wrt has at most so many in all: default 50000 */
    int64_t sample;      /* otherwise so many of each, drawn with the seed: default 200 */
    uint64_t seed;       /* default 1 */
    const char *backend; /* default "cpu" */
} luge_check_options;

/* What the check found for one wrt. */
typedef struct luge_check_result {
    int64_t elements;        /* size of the variable or input */
    int64_t compared;        /* how many were compared: fewer than elements where a sample was drawn */
    double mean_absolute;    /* mean |a-n| */
    double largest_relative; /* largest |a-n| / max(1, |a|, |n|); NaN where a value is NaN */
    int64_t worst;           /* index of that element in C order */
    double analytic;         /* a and n there: backpropagation and central difference */
    double numerical;
    int32_t ok; /* nonzero: at least one element compared, and largest_relative <= tolerance */
} luge_check_result;

/* Checks the gradient of a scalar loss with respect to variables or float inputs wrt[0..n-1], at the variables' current
 * contents; neither graph nor variables change. Random ops keep their draw. results has n entries. The status tells
 * whether the check could be made; the verdicts are in the results. options may be NULL. */
LUGE_API luge_status luge_check_gradients(luge_graph *g, luge_val loss, const luge_val *wrt, int n,
                                          const luge_check_options *options, luge_check_result *results);

/* The gradient of a scalar loss by central differences, every element, into gradient[0..elements-1]. */
LUGE_API luge_status luge_numerical_gradient(luge_graph *g, luge_val loss, luge_val wrt,
                                             const luge_check_options *options, double *gradient);

/* The derivative of a plain function at x: (f(x+h) - f(x-h)) / 2h. NaN for a NULL f. */
LUGE_API double luge_numerical_derivative(double (*f)(void *user, double x), void *user, double x, double h);

#ifdef __cplusplus
}
#endif
#endif
