/* luge/ops.h: the operators, one declaration each with its formula.
 *
 * Names and broadcasting are NumPy's; operands of one op have one dtype (luge_cast converts). "float" means f32 or f64.
 * Unless said otherwise an op takes floats and returns their dtype and shape. Every builder appends to g and returns
 * the new value, or none on an error (see luge/graph.h). `luge ops` prints this table with gradients and kernels. */
#ifndef LUGE_OPS_H
#define LUGE_OPS_H

#include "luge/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- elementwise, one operand ------------------------------------------------------------------------------------ */

LUGE_API luge_val luge_neg(luge_graph *g, luge_val x);        /* -x */
LUGE_API luge_val luge_abs(luge_graph *g, luge_val x);        /* |x|; its gradient at 0 is 0 */
LUGE_API luge_val luge_sign(luge_graph *g, luge_val x);       /* -1, 0 or 1; no gradient */
LUGE_API luge_val luge_step(luge_graph *g, luge_val x);       /* 1 where x > 0, else 0 (a perceptron); no gradient */
LUGE_API luge_val luge_exp(luge_graph *g, luge_val x);        /* e^x */
LUGE_API luge_val luge_log(luge_graph *g, luge_val x);        /* natural logarithm */
LUGE_API luge_val luge_log1p(luge_graph *g, luge_val x);      /* log(1 + x), exact near 0 */
LUGE_API luge_val luge_sqrt(luge_graph *g, luge_val x);       /* square root */
LUGE_API luge_val luge_square(luge_graph *g, luge_val x);     /* x^2 */
LUGE_API luge_val luge_reciprocal(luge_graph *g, luge_val x); /* 1 / x */
LUGE_API luge_val luge_sin(luge_graph *g, luge_val x);        /* sine of x radians */
LUGE_API luge_val luge_cos(luge_graph *g, luge_val x);        /* cosine of x radians */
LUGE_API luge_val luge_tanh(luge_graph *g, luge_val x);       /* hyperbolic tangent */
LUGE_API luge_val luge_erf(luge_graph *g, luge_val x);        /* error function, 2/sqrt(pi) integral of e^(-t^2) */
LUGE_API luge_val luge_sigmoid(luge_graph *g, luge_val x);    /* 1 / (1 + e^-x) */
LUGE_API luge_val luge_relu(luge_graph *g, luge_val x);       /* max(x, 0); its gradient at 0 is 0 */
LUGE_API luge_val luge_softplus(luge_graph *g, luge_val x);   /* log(1 + e^x), no overflow */
LUGE_API luge_val luge_softsign(luge_graph *g, luge_val x);   /* x / (1 + |x|) */
LUGE_API luge_val luge_gelu(luge_graph *g, luge_val x);       /* x/2 (1 + erf(x / sqrt 2)), the exact form */
LUGE_API luge_val luge_silu(luge_graph *g, luge_val x);       /* x sigmoid(x), also called swish */
LUGE_API luge_val luge_selu(luge_graph *g, luge_val x);       /* s x, x > 0; s a (e^x - 1), else (Klambauer 2017) */
LUGE_API luge_val luge_elu(luge_graph *g, luge_val x, double alpha);        /* x, x > 0; alpha (e^x - 1), else */
LUGE_API luge_val luge_leaky_relu(luge_graph *g, luge_val x, double slope); /* x, x > 0; slope x, else */

/* x in memory of its own: what views and effects do elsewhere does not show in it. Any dtype. */
LUGE_API luge_val luge_copy(luge_graph *g, luge_val x);

/* Passes x on; gradients stop here (they count as zero). */
LUGE_API luge_val luge_stop_gradient(luge_graph *g, luge_val x);

/* x in another dtype. Float to integer truncates toward zero and saturates (NaN gives 0); to bool: x != 0. Only float
 * to float has a gradient. */
LUGE_API luge_val luge_cast(luge_graph *g, luge_val x, luge_dtype dtype);

/* ---- elementwise, two or three operands, broadcast --------------------------------------------------------------- */

LUGE_API luge_val luge_add(luge_graph *g, luge_val a, luge_val b); /* a + b */
LUGE_API luge_val luge_sub(luge_graph *g, luge_val a, luge_val b); /* a - b */
LUGE_API luge_val luge_mul(luge_graph *g, luge_val a, luge_val b); /* a b */
LUGE_API luge_val luge_div(luge_graph *g, luge_val a, luge_val b); /* a / b */
LUGE_API luge_val luge_pow(luge_graph *g, luge_val a, luge_val b); /* a^b; d/db counts as 0 where a = 0 */
LUGE_API luge_val luge_maximum(luge_graph *g, luge_val a,
                               luge_val b); /* NaN if either is; a tie's gradient goes to a */
LUGE_API luge_val luge_minimum(luge_graph *g, luge_val a, luge_val b); /* likewise */

/* Comparisons: any one dtype in, bool out, no gradient. */
LUGE_API luge_val luge_equal(luge_graph *g, luge_val a, luge_val b);
LUGE_API luge_val luge_not_equal(luge_graph *g, luge_val a, luge_val b);
LUGE_API luge_val luge_less(luge_graph *g, luge_val a, luge_val b);
LUGE_API luge_val luge_less_equal(luge_graph *g, luge_val a, luge_val b);
LUGE_API luge_val luge_greater(luge_graph *g, luge_val a, luge_val b);
LUGE_API luge_val luge_greater_equal(luge_graph *g, luge_val a, luge_val b);

/* a where condition (bool) holds, else b; a and b of any one dtype. */
LUGE_API luge_val luge_where(luge_graph *g, luge_val condition, luge_val a, luge_val b);

/* ---- reductions -------------------------------------------------------------------------------------------------- */

/* Over all elements: a scalar. */
LUGE_API luge_val luge_sum(luge_graph *g, luge_val x);       /* 0 for no elements */
LUGE_API luge_val luge_mean(luge_graph *g, luge_val x);      /* NaN for no elements */
LUGE_API luge_val luge_max(luge_graph *g, luge_val x);       /* NaN if any is; ties share the gradient equally */
LUGE_API luge_val luge_min(luge_graph *g, luge_val x);       /* likewise */
LUGE_API luge_val luge_prod(luge_graph *g, luge_val x);      /* 1 for no elements */
LUGE_API luge_val luge_logsumexp(luge_graph *g, luge_val x); /* log of the sum of e^x, no overflow */

/* Over some axes, which go, or stay with size 1 where keepdims is nonzero. max, min and logsumexp of no elements are
 * -inf, +inf and -inf. Sums are pairwise: the rounding error grows with the logarithm of the count. */
LUGE_API luge_val luge_sum_over(luge_graph *g, luge_val x, luge_axes axes, int keepdims);
LUGE_API luge_val luge_mean_over(luge_graph *g, luge_val x, luge_axes axes, int keepdims);
LUGE_API luge_val luge_max_over(luge_graph *g, luge_val x, luge_axes axes, int keepdims);
LUGE_API luge_val luge_min_over(luge_graph *g, luge_val x, luge_axes axes, int keepdims);
LUGE_API luge_val luge_prod_over(luge_graph *g, luge_val x, luge_axes axes, int keepdims);
LUGE_API luge_val luge_logsumexp_over(luge_graph *g, luge_val x, luge_axes axes, int keepdims);

/* x summed down to the shape of `like`: the adjoint of luge_expand. */
LUGE_API luge_val luge_sum_like(luge_graph *g, luge_val x, luge_val like);
/* A scalar of x's dtype: the number of elements of x divided by that of `per`. Follows the shapes on a replay. */
LUGE_API luge_val luge_count(luge_graph *g, luge_val x, luge_val per);
/* Index (i64) of the first largest element along an axis, which goes; a NaN counts as largest. No gradient. */
LUGE_API luge_val luge_argmax(luge_graph *g, luge_val x, int axis);

/* ---- matrix product ---------------------------------------------------------------------------------------------- */

/* a b, [..., m, k] times [..., k, n] gives [..., m, n]; leading dimensions broadcast. */
LUGE_API luge_val luge_matmul(luge_graph *g, luge_val a, luge_val b);
/* The same with the last two dimensions of a or b exchanged first. */
LUGE_API luge_val luge_matmul_transposed(luge_graph *g, luge_val a, luge_val b, int transpose_a, int transpose_b);

/* ---- shape and place, any dtype ---------------------------------------------------------------------------------- */

/* The same elements in another shape. One dimension may be -1 (what is left); 0 keeps the input's at that place. */
LUGE_API luge_val luge_reshape(luge_graph *g, luge_val x, luge_shape shape);
LUGE_API luge_val luge_reshape_like(luge_graph *g, luge_val x, luge_val like);
LUGE_API luge_val luge_expand_dims(luge_graph *g, luge_val x, int axis); /* a new dimension of size 1 at axis */
LUGE_API luge_val luge_squeeze(luge_graph *g, luge_val x, int axis);     /* takes a dimension of size 1 away */
LUGE_API luge_val luge_flatten(luge_graph *g, luge_val x);               /* [n, ...] to [n, rest]; at least 1-d */
/* Dimensions in reverse order, or in the order of axes: out.dim[i] = x.dim[axes[i]]. */
LUGE_API luge_val luge_transpose(luge_graph *g, luge_val x);
LUGE_API luge_val luge_permute_dims(luge_graph *g, luge_val x, luge_axes axes);
/* x broadcast against the shape of `like`, whose elements are not read. */
LUGE_API luge_val luge_expand(luge_graph *g, luge_val x, luge_val like);
/* Elements start, start + step, ... before stop along one axis. Negative start and stop count from the end, both are
 * clamped; stop LUGE_END is the end; step is at least 1. */
#define LUGE_END INT64_MAX
LUGE_API luge_val luge_slice(luge_graph *g, luge_val x, int axis, int64_t start, int64_t stop, int64_t step);
/* n values joined along an axis; the other dimensions are equal. */
LUGE_API luge_val luge_concat(luge_graph *g, const luge_val *values, int n, int axis);
/* NumPy's take: out[..., i..., ...] = x[..., indices[i...], ...] along an axis. indices: i32 or i64 in [0, size); one
 * out of range stops the run with LUGE_EINVAL. Gradient to x only. */
LUGE_API luge_val luge_gather(luge_graph *g, luge_val x, luge_val indices, int axis);
/* Zeros of the shape of `like`, and x added at the indices: the adjoint of luge_gather. Equal indices add up in order.
 */
LUGE_API luge_val luge_scatter_add(luge_graph *g, luge_val x, luge_val indices, luge_val like, int axis);
/* A new last dimension of size depth: 1 at the index (i32 or i64), else 0; an index out of range gives all zeros. */
LUGE_API luge_val luge_one_hot(luge_graph *g, luge_val indices, int64_t depth, luge_dtype dtype);
/* The same, depth and dtype taken from the last dimension of `like`. */
LUGE_API luge_val luge_one_hot_like(luge_graph *g, luge_val indices, luge_val like);

/* ---- softmax and losses ------------------------------------------------------------------------------------------ */

LUGE_API luge_val luge_softmax(luge_graph *g, luge_val x);     /* e^x / sum e^x along the last axis, no overflow */
LUGE_API luge_val luge_log_softmax(luge_graph *g, luge_val x); /* its logarithm */

/* -sum_c t_c log softmax(logits)_c along the last axis: one loss a row. targets: class numbers (i32 or i64, shape
 * without the last axis), or one-hot or soft targets (shape of logits). Equal to Keras' categorical cross-entropy of
 * the softmax where no probability is below 1e-7. A class number out of range stops the run with LUGE_EINVAL.
 * With smoothing s in [0, 1): t (1 - s) + s / classes. */
LUGE_API luge_val luge_softmax_cross_entropy(luge_graph *g, luge_val logits, luge_val targets);
LUGE_API luge_val luge_softmax_cross_entropy_smoothed(luge_graph *g, luge_val logits, luge_val targets,
                                                      double smoothing);
/* Elementwise -(t log p + (1-t) log(1-p)) with p = sigmoid(logits), as max(z,0) - z t + log(1 + e^-|z|). */
LUGE_API luge_val luge_sigmoid_cross_entropy(luge_graph *g, luge_val logits, luge_val targets);

/* Squared error in its three conventions; a scalar. */
typedef enum luge_squared_error_kind {
    LUGE_HALF_SUM = 0,  /* sum (y-t)^2 / 2: the textbook's */
    LUGE_HALF_MEAN = 1, /* the same divided by the number of rows (first dimension) */
    LUGE_MEAN = 2,      /* mean over all elements: Keras' and PyTorch's */
    LUGE__SQUARED_ERROR_FORCE_INT = 0x7fffffff
} luge_squared_error_kind;
LUGE_API luge_val luge_squared_error(luge_graph *g, luge_val y, luge_val t, luge_squared_error_kind kind);

/* One loss a row: the mean (kl_divergence: the sum) along the last axis. */
LUGE_API luge_val luge_absolute_error(luge_graph *g, luge_val y, luge_val t); /* mean |y-t| */
/* mean of (y-t)^2/2 where |y-t| <= delta, else delta |y-t| - delta^2/2 */
LUGE_API luge_val luge_huber(luge_graph *g, luge_val y, luge_val t, double delta);
LUGE_API luge_val luge_hinge(luge_graph *g, luge_val y, luge_val t);         /* mean max(0, 1 - t y); t is -1 or 1 */
LUGE_API luge_val luge_kl_divergence(luge_graph *g, luge_val y, luge_val t); /* sum t log(t/y), both in [1e-7, 1] */

/* ---- random ------------------------------------------------------------------------------------------------------ */

/* Counter-based (Philox 4x32-10): an element is a function of the state {seed, step}, the random node's number in its
 * graph and the element's index; nothing else. `state` is a variable of two i64; advance its second element with
 * luge_increment once a step. Same shape and dtype as `like`, whose elements are not read. */
LUGE_API luge_val luge_random_uniform(luge_graph *g, luge_val state, luge_val like, double low, double high);
LUGE_API luge_val luge_random_normal(luge_graph *g, luge_val state, luge_val like, double mean, double deviation);
/* x / (1 - rate) with probability 1 - rate, else 0 (inverted dropout); rate in [0, 1). */
LUGE_API luge_val luge_random_dropout(luge_graph *g, luge_val x, luge_val state, double rate);

/* ---- effects: they have no value, they write variables ----------------------------------------------------------- */

/* An effect runs in a plan that lists it among its outputs. Values made before it see the old contents of the variable,
 * values made after it the new. Each returns the handle of the effect. */

LUGE_API luge_val luge_assign(luge_graph *g, luge_val variable, luge_val value); /* variable = value */
/* Adds `by` to the last element of an i32 or i64 variable: step numbers, random states. */
LUGE_API luge_val luge_increment(luge_graph *g, luge_val variable, int64_t by);

/* Whose formulas an update follows where they differ; docs/numerics.md lists them. */
typedef enum luge_formulas { LUGE_KERAS = 0, LUGE_PYTORCH = 1, LUGE__FORMULAS_FORCE_INT = 0x7fffffff } luge_formulas;

/* Options of the updates. Zero (or none) means the default named at the update. State is the shape and dtype of the
 * variable and starts as zeros. */
typedef struct luge_update_options {
    size_t size;
    luge_val rate;       /* learning rate: a 0-d value of the variable's dtype; required */
    luge_val step;       /* 0-d i64, 1 at the first update; required by adam and adamw */
    luge_val velocity;   /* state of momentum: sgd, rmsprop */
    luge_val m;          /* mean gradient: adam, adamw; rmsprop when given (then it is centred) */
    luge_val v;          /* mean (adagrad: sum) of squared gradients */
    luge_val v_max;      /* largest v so far; when given, adam and adamw are AMSGrad */
    double momentum;     /* sgd, rmsprop; used where velocity is given */
    double rho;          /* rmsprop */
    double beta1, beta2; /* adam, adamw */
    double epsilon;
    double weight_decay; /* adamw */
    int32_t nesterov;    /* sgd */
    luge_formulas formulas;
} luge_update_options;

/* w -= rate grad; with velocity u: u = momentum u - rate grad, w += u (Nesterov: w += momentum u - rate grad).
 * PyTorch: u = momentum u + grad, w -= rate u (Nesterov: w -= rate (grad + momentum u)). momentum 0.9. */
LUGE_API luge_val luge_update_sgd_with(luge_graph *g, luge_val w, luge_val grad, const luge_update_options *options);
/* v += grad^2, w -= rate grad / sqrt(v + epsilon); PyTorch: / (sqrt(v) + epsilon). epsilon 1e-7; PyTorch 1e-10. */
LUGE_API luge_val luge_update_adagrad_with(luge_graph *g, luge_val w, luge_val grad,
                                           const luge_update_options *options);
/* v = rho v + (1-rho) grad^2, w -= rate grad / sqrt(v + epsilon); centred: v - m^2 for v, m = rho m + (1-rho) grad;
 * with velocity u: u = momentum u + rate grad / sqrt(..), w -= u. PyTorch: (sqrt(..) + epsilon), rate outside u.
 * rho 0.9, epsilon 1e-7; PyTorch rho 0.99, epsilon 1e-8. momentum 0.9 where velocity is given. */
LUGE_API luge_val luge_update_rmsprop_with(luge_graph *g, luge_val w, luge_val grad,
                                           const luge_update_options *options);
/* m = b1 m + (1-b1) grad, v = b2 v + (1-b2) grad^2, a = rate sqrt(1 - b2^t) / (1 - b1^t), w -= a m / (sqrt(v) +
 * epsilon) with t = step. PyTorch: w -= rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon). AMSGrad: v_max, the
 * largest v so far, for v. beta1 0.9, beta2 0.999, epsilon 1e-7; PyTorch 1e-8. */
LUGE_API luge_val luge_update_adam_with(luge_graph *g, luge_val w, luge_val grad, const luge_update_options *options);
/* w -= rate weight_decay w, then adam. weight_decay 0.004; PyTorch 0.01. */
LUGE_API luge_val luge_update_adamw_with(luge_graph *g, luge_val w, luge_val grad, const luge_update_options *options);

/* luge_update_adam(g, w, grad, rate, .step = t, .m = m, .v = v) */
#ifndef __cplusplus
#define luge__update_options(...)            (&(luge_update_options){ .size = sizeof(luge_update_options), .rate = __VA_ARGS__ })
#define luge_update_sgd(g, w, grad, ...)     luge_update_sgd_with(g, w, grad, luge__update_options(__VA_ARGS__))
#define luge_update_adagrad(g, w, grad, ...) luge_update_adagrad_with(g, w, grad, luge__update_options(__VA_ARGS__))
#define luge_update_rmsprop(g, w, grad, ...) luge_update_rmsprop_with(g, w, grad, luge__update_options(__VA_ARGS__))
#define luge_update_adam(g, w, grad, ...)    luge_update_adam_with(g, w, grad, luge__update_options(__VA_ARGS__))
#define luge_update_adamw(g, w, grad, ...)   luge_update_adamw_with(g, w, grad, luge__update_options(__VA_ARGS__))
#endif

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* One row of the operator table. Pointers are to constants of the library. */
typedef struct luge_op_info {
    const char *name;    /* "mul" */
    const char *formula; /* "a * b" */
    const char
        *gradient;    /* "g b; g a"; "none" where it has no gradient, "lowered" where that of its lowered form serves */
    char kernels[48]; /* kernels of the cpu backend, best first: "vector, ref" */
} luge_op_info;
LUGE_API int luge_op_count(void);
LUGE_API luge_status luge_op_info_at(int index, luge_op_info *info); /* index 0 .. luge_op_count() - 1 */

#ifdef __cplusplus
}
#endif
#endif
