/* random_graph.h: random expressions, the same for the same seed, for the suites of gradient and plan. */
#ifndef LUGE_TESTS_RANDOM_GRAPH_H
#define LUGE_TESTS_RANDOM_GRAPH_H

#include "graph_tools.h"

enum { RANDOM_GRAPH_POOL = 128, RANDOM_GRAPH_VARIABLES = 3, RANDOM_GRAPH_EFFECTS = 16 };

typedef struct random_graph {
    luge_test *t;
    luge_graph *g;
    luge_dtype dtype;
    int smooth;   /* differentiable everywhere, of moderate size */
    int64_t most; /* elements of one value */
    luge_val pool[RANDOM_GRAPH_POOL];
    int n;
    luge_val input, variable[RANDOM_GRAPH_VARIABLES], counter, rate;
    luge_val effect[RANDOM_GRAPH_EFFECTS];
    int n_effects;
} random_graph;

static inline luge_shape random_shape(luge_test *t, int least, int most, int64_t largest)
{
    luge_shape s = { .ndim = least + (int32_t)luge_test_below(t, most - least + 1) };
    for (int i = 0; i < s.ndim; i++) s.dim[i] = 1 + luge_test_below(t, largest);
    return s;
}

static inline luge_val random_operand(random_graph *r)
{
    /* Recent ones more often, so that graphs get deep. */
    const int64_t a = luge_test_below(r->t, r->n), b = luge_test_below(r->t, r->n);
    return r->pool[a > b ? a : b];
}

static inline luge_shape shape_of(const random_graph *r, luge_val v)
{
    return luge_shape_of_val(r->g, v);
}

static inline void random_keep(random_graph *r, luge_val v)
{
    const luge_shape s = shape_of(r, v);
    if (!v.id || luge_shape_size(&s) > r->most) return;
    if (r->n < RANDOM_GRAPH_POOL)
        r->pool[r->n++] = v;
    else
        r->pool[luge_test_below(r->t, r->n)] = v;
}

/* ---- families ---------------------------------------------------------------------------------------------------- */

static inline luge_val random_unary(random_graph *r)
{
    typedef luge_val unary(luge_graph *, luge_val);
    static unary *const smooth[] = { luge_sin,      luge_tanh,          luge_sigmoid, luge_cos,
                                     luge_softplus, luge_neg,           luge_gelu,    luge_silu,
                                     luge_erf,      luge_stop_gradient, luge_copy,    luge_softsign };
    static unary *const others[] = { luge_relu, luge_abs, luge_sign, luge_step, luge_selu };
    const luge_val x = random_operand(r);
    if (!r->smooth && luge_test_below(r->t, 3) == 0) return others[luge_test_below(r->t, 5)](r->g, x);
    return smooth[luge_test_below(r->t, r->smooth ? 9 : 12)](r->g, x);
}

/* A partner that broadcasts against x to a shape that is not too large. */
static inline luge_val random_partner(random_graph *r, luge_val x)
{
    const luge_shape sx = shape_of(r, x);
    for (int i = 0; i < 8; i++) {
        const luge_val y = random_operand(r);
        const luge_shape sy = shape_of(r, y);
        luge_shape both;
        if (luge__broadcast(&sx, &sy, &both) && luge_shape_size(&both) <= r->most) return y;
    }
    return luge_scalar(r->g, r->dtype, luge_test_uniform(r->t, -1, 1));
}

/* Another view of x, of the same shape: who writes over x in place must not read it so. */
static inline luge_val random_twin(random_graph *r, luge_val x)
{
    const luge_shape s = shape_of(r, x);
    if (s.ndim < 1) return x;
    if (s.ndim == 2 && s.dim[0] == s.dim[1]) return luge_transpose(r->g, x);
    return luge_expand(r->g, luge_slice(r->g, x, (int)luge_test_below(r->t, s.ndim), 0, 1, 1), x);
}

static inline luge_val random_binary(random_graph *r)
{
    luge_graph *g = r->g;
    luge_val x = random_operand(r), y = random_partner(r, x);
    if (luge_test_below(r->t, 4) == 0) {
        x = luge_tanh(g, x); /* used nowhere else */
        y = random_twin(r, x);
    }
    switch (luge_test_below(r->t, r->smooth ? 5 : 8)) {
    case 0:
        return luge_add(g, x, y);
    case 1:
        return luge_sub(g, x, y);
    case 2:
        return luge_mul(g, luge_tanh(g, x), y);
    case 3:
        return luge_div(g, x, luge_add(g, luge_square(g, y), luge_scalar(g, r->dtype, 1)));
    case 4:
        return luge_sigmoid_cross_entropy(g, x, y);
    case 5:
        return luge_maximum(g, x, y);
    case 6:
        return luge_minimum(g, y, x);
    default:
        return luge_where(g, luge_greater(g, x, y), x, luge_neg(g, y));
    }
}

static inline luge_val random_reduction(random_graph *r)
{
    luge_graph *g = r->g;
    const luge_val x = random_operand(r);
    const int ndim = shape_of(r, x).ndim, keep = (int)luge_test_below(r->t, 2);
    if (!ndim) return luge_mean(g, x);
    luge_axes axes = { .n = 1, .axis = { (int32_t)luge_test_below(r->t, ndim) } };
    if (ndim > 1 && luge_test_below(r->t, 3) == 0) {
        axes.n = 2;
        axes.axis[1] = axes.axis[0] - ndim + (axes.axis[0] ? -1 : 1);
    }
    switch (luge_test_below(r->t, r->smooth ? 5 : 8)) {
    case 0:
        return luge_sum_over(g, x, axes, keep);
    case 1:
        return luge_mean_over(g, x, axes, keep);
    case 2:
        return luge_logsumexp_over(g, x, axes, keep);
    case 3:
        return luge_softmax(g, x);
    case 4:
        return luge_log_softmax(g, x);
    case 5:
        return luge_max_over(g, x, axes, keep);
    case 6:
        return luge_sum(g, x);
    default:
        return luge_min_over(g, x, axes, keep);
    }
}

static inline luge_val random_product(random_graph *r)
{
    luge_graph *g = r->g;
    for (int i = 0; i < 6; i++) {
        const luge_val a = random_operand(r), b = random_operand(r);
        const luge_shape sa = shape_of(r, a), sb = shape_of(r, b);
        const int na = sa.ndim, nb = sb.ndim;
        if (na != 2 || nb != 2) continue;
        if (sa.dim[1] == sb.dim[0]) return luge_tanh(g, luge_matmul(g, a, b));
        if (sa.dim[1] == sb.dim[1]) return luge_tanh(g, luge_matmul_transposed(g, a, b, 0, 1));
        if (sa.dim[0] == sb.dim[0]) return luge_tanh(g, luge_matmul_transposed(g, a, b, 1, 0));
    }
    const luge_val x = random_operand(r);
    return shape_of(r, x).ndim == 2 ? luge_matmul(g, x, luge_transpose(g, x)) : luge_square(g, luge_tanh(g, x));
}

static inline luge_val random_view(random_graph *r)
{
    luge_graph *g = r->g;
    const luge_val x = random_operand(r);
    const luge_shape s = shape_of(r, x);
    const int ndim = s.ndim;
    if (!ndim) return luge_expand(g, x, random_operand(r));
    const int axis = (int)luge_test_below(r->t, ndim);
    const int64_t start = luge_test_below(r->t, s.dim[axis]), step = 1 + luge_test_below(r->t, 2);
    switch (luge_test_below(r->t, 7)) {
    case 0:
        return luge_reshape(g, x, luge_shape_of(-1));
    case 1:
        return luge_transpose(g, x);
    case 2:
        return luge_slice(g, x, axis, start, LUGE_END, step);
    case 3:
        return ndim < 4 ? luge_expand_dims(g, x, axis) : luge_flatten(g, x);
    case 4:
        return s.dim[axis] == 1 ? luge_squeeze(g, x, axis) : luge_reshape(g, x, luge_shape_of(s.dim[axis], -1));
    case 5:
        return luge_expand(g, x, random_partner(r, x));
    default: {
        luge_axes order = { .n = ndim };
        for (int i = 0; i < ndim; i++) order.axis[i] = (i + 1) % ndim;
        return luge_permute_dims(g, x, order);
    }
    }
}

static inline luge_val random_place(random_graph *r)
{
    luge_graph *g = r->g;
    const luge_val x = random_operand(r);
    const luge_shape s = shape_of(r, x);
    if (!s.ndim) return luge_sin(g, x);
    const int axis = (int)luge_test_below(r->t, s.ndim);
    if (luge_test_below(r->t, 2)) {
        int64_t index[3];
        for (int i = 0; i < 3; i++) index[i] = luge_test_below(r->t, s.dim[axis]);
        return luge_gather(g, x, luge_constant(g, LUGE_I64, luge_shape_of(3), index), axis);
    }
    luge_val parts[3] = { x, luge_neg(g, x), luge_slice(g, x, axis, 0, 1, 1) };
    for (int i = 0; i < 4; i++) {
        const luge_val y = random_operand(r);
        luge_shape sy = shape_of(r, y);
        if (sy.ndim != s.ndim) continue;
        sy.dim[axis] = s.dim[axis];
        if (luge__shape_equal(&s, &sy)) parts[luge_test_below(r->t, 3)] = y;
    }
    return luge_concat(g, parts, 2 + (int)luge_test_below(r->t, 2), axis);
}

/* ---- effects ----------------------------------------------------------------------------------------------------- */

/* Some value of the shape of w, often made of w itself and of views of it. */
static inline luge_val random_like(random_graph *r, luge_val w)
{
    luge_graph *g = r->g;
    const luge_shape s = shape_of(r, w);
    for (int i = 0; i < 6; i++) {
        const luge_val v = random_operand(r);
        const luge_shape sv = shape_of(r, v);
        if (luge__shape_equal(&s, &sv)) return v;
    }
    const luge_val one = luge_scalar(g, r->dtype, 0.5);
    switch (luge_test_below(r->t, 3)) {
    case 0:
        return s.ndim == 2 && s.dim[0] == s.dim[1] ? luge_transpose(g, w) : luge_mul(g, w, one);
    case 1:
        return luge_tanh(g, luge_add(g, w, luge_mean(g, random_operand(r))));
    default:
        return luge_expand(g, luge_mean(g, random_operand(r)), w);
    }
}

static inline void random_effect(random_graph *r)
{
    luge_graph *g = r->g;
    if (r->n_effects == RANDOM_GRAPH_EFFECTS) return;
    const luge_val w = r->variable[luge_test_below(r->t, RANDOM_GRAPH_VARIABLES)];
    luge_val effect;
    switch (luge_test_below(r->t, 4)) {
    case 0:
        effect = luge_assign(g, w, random_like(r, w));
        break;
    case 1:
        effect = luge_increment(g, r->counter, 1 + luge_test_below(r->t, 3));
        break;
    default:
        effect = luge_update_sgd(g, w, luge_tanh(g, random_like(r, w)), r->rate);
    }
    /* An effect that is no output of the plan must not happen. */
    if (effect.id && luge_test_below(r->t, 8)) r->effect[r->n_effects++] = effect;
    random_keep(r, w); /* what is made from now on reads the new contents */
    random_keep(r, luge_cast(g, r->counter, r->dtype));
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static inline void random_node(random_graph *r, int effects)
{
    luge_val v = { 0, 0 };
    switch (luge_test_below(r->t, effects ? 11 : 9)) {
    case 0:
    case 1:
        v = random_unary(r);
        break;
    case 2:
    case 3:
        v = random_binary(r);
        break;
    case 4:
        v = random_reduction(r);
        break;
    case 5:
        v = random_product(r);
        break;
    case 6:
    case 7:
        v = random_view(r);
        break;
    case 8:
        v = random_place(r);
        break;
    default:
        random_effect(r);
        return;
    }
    random_keep(r, v);
}

/* Leaves: one input [3,4], variables of 2, 1 and 2 dimensions, a counter, a rate. */
static inline void random_leaves(random_graph *r, int64_t largest)
{
    luge_graph *g = r->g;
    luge_shape shapes[RANDOM_GRAPH_VARIABLES] = { { 0 } };
    static const char *const names[RANDOM_GRAPH_VARIABLES] = { "u", "v", "w" };
    const int64_t side = 1 + luge_test_below(r->t, largest);
    shapes[0] = luge_shape_of(side, side);
    shapes[1] = random_shape(r->t, 1, 1, largest);
    shapes[2] = random_shape(r->t, 1, 3, largest);
    r->input = luge_input(g, "x", r->dtype, luge_shape_of(3, 4));
    r->pool[r->n++] = r->input;
    for (int i = 0; i < RANDOM_GRAPH_VARIABLES; i++) {
        r->variable[i] = luge_variable(g, names[i], r->dtype, shapes[i]);
        r->pool[r->n++] = r->variable[i];
    }
    r->counter = luge_variable(g, "counter", LUGE_I64, luge_scalar_shape());
    r->rate = luge_scalar(g, r->dtype, 0.125);
}

/* Fills a float array with numbers in (-1, 1) that are not round. */
static inline void random_fill(luge_test *t, luge_dtype dtype, void *data, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double value = luge_test_uniform(t, -1, 1);
        if (dtype == LUGE_F64)
            ((double *)data)[i] = value;
        else
            ((float *)data)[i] = (float)value;
    }
}

static inline void random_fill_variables(random_graph *r)
{
    for (int i = 0; i < RANDOM_GRAPH_VARIABLES; i++) {
        const luge_shape s = shape_of(r, r->variable[i]);
        void *data = luge_data(r->g, r->variable[i]);
        if (data) random_fill(r->t, r->dtype, data, luge_shape_size(&s));
    }
}

static inline void random_graph_make(random_graph *r, int nodes, int64_t largest, int effects)
{
    random_leaves(r, largest);
    random_fill_variables(r);
    for (int i = 0; i < nodes; i++) random_node(r, effects);
}

#endif
