/* binary.c: elementwise ops of two and three operands: arithmetic, comparisons, where. Broadcasting is inserted by
 * luge__binary; rows and kernels see equal shapes. */
#include "ops/rows.h"

#define RULE(name)  static luge_status name(luge_graph *g, const luge__vjp *v)
#define A           (v->in[0])
#define B           (v->in[1])
#define Y           (v->out)
#define GY          (v->gout)
#define K(c)        luge__like(g, v->gout, c)
#define NEED(i)     if (v->need >> (i)&1)
#define GIN(i, val) v->gin[i] = (val)

#define BINARY(op_name, words, gradient_words, extra_flags, rule)                                                      \
    const luge__op luge__row_##op_name = { LUGE__ELEMENTWISE_ROW(op_name),                                             \
                                           .formula = words,                                                           \
                                           .gradient = gradient_words,                                                 \
                                           .min_in = 2,                                                                \
                                           .max_in = 2,                                                                \
                                           .flags = LUGE__ELEMENTWISE | (extra_flags),                                 \
                                           .infer = luge__infer_float2,                                                \
                                           .vjp = rule };                                                              \
    luge_val luge_##op_name(luge_graph *g, luge_val a, luge_val b)                                                     \
    {                                                                                                                  \
        return luge__binary(g, LUGE__OP_##op_name, a, b);                                                              \
    }

/* ---- arithmetic -------------------------------------------------------------------------------------------------- */

RULE(add_vjp)
{
    NEED(0) GIN(0, GY);
    NEED(1) GIN(1, GY);
    (void)g;
    return LUGE_OK;
}
BINARY(add, "a + b", "g; g", LUGE__COMMUTES, add_vjp)

RULE(sub_vjp)
{
    NEED(0) GIN(0, GY);
    NEED(1) GIN(1, luge_neg(g, GY));
    return LUGE_OK;
}
BINARY(sub, "a - b", "g; -g", 0, sub_vjp)

RULE(mul_vjp)
{
    NEED(0) GIN(0, luge_mul(g, GY, B));
    NEED(1) GIN(1, luge_mul(g, GY, A));
    return LUGE_OK;
}
BINARY(mul, "a b", "g b; g a", LUGE__COMMUTES, mul_vjp)

RULE(div_vjp)
{
    NEED(0) GIN(0, luge_div(g, GY, B));
    NEED(1) GIN(1, luge_neg(g, luge_div(g, luge_mul(g, GY, Y), B)));
    return LUGE_OK;
}
BINARY(div, "a / b", "g / b; -g y / b", 0, div_vjp)

/* b a^(b-1) with 0 for b = 0, and log a with 0 for a = 0: no 0 * inf on the way. */
RULE(pow_vjp)
{
    NEED(0)
    {
        const luge_val b = luge_where(g, luge_equal(g, B, K(0)), K(1), B);
        GIN(0, luge_mul(g, GY, luge_mul(g, B, luge_pow(g, A, luge_sub(g, b, K(1))))));
    }
    NEED(1)
    {
        const luge_val a = luge_where(g, luge_equal(g, A, K(0)), K(1), A);
        GIN(1, luge_mul(g, GY, luge_mul(g, Y, luge_log(g, a))));
    }
    return LUGE_OK;
}
BINARY(pow, "a^b", "g b a^(b-1); g y log a (0 where a = 0)", 0, pow_vjp)

static luge_status choose_vjp(luge_graph *g, const luge__vjp *v, luge_val takes_a)
{
    NEED(0) GIN(0, luge_where(g, takes_a, GY, K(0)));
    NEED(1) GIN(1, luge_where(g, takes_a, K(0), GY));
    return LUGE_OK;
}

RULE(maximum_vjp)
{
    return choose_vjp(g, v, luge_greater_equal(g, A, B));
}
BINARY(maximum, "max(a, b)", "g where a >= b, else 0; the rest", 0, maximum_vjp)

RULE(minimum_vjp)
{
    return choose_vjp(g, v, luge_less_equal(g, A, B));
}
BINARY(minimum, "min(a, b)", "g where a <= b, else 0; the rest", 0, minimum_vjp)

/* z = a are logits, t = b targets: -(t log p + (1-t) log(1-p)), p = sigmoid(z), without overflow. */
RULE(sigmoid_cross_entropy_vjp)
{
    NEED(0) GIN(0, luge_mul(g, GY, luge_sub(g, luge_sigmoid(g, A), B)));
    NEED(1) GIN(1, luge_neg(g, luge_mul(g, GY, A)));
    return LUGE_OK;
}

static luge_val sigmoid_cross_entropy_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)
{
    (void)n_in;
    (void)attr;
    return luge_sub(g, luge_softplus(g, in[0]), luge_mul(g, in[0], in[1]));
}

const luge__op luge__row_sigmoid_cross_entropy = {
    LUGE__ELEMENTWISE_ROW(sigmoid_cross_entropy),
    .formula = "-(t log p + (1-t) log(1-p)), p = sigmoid(z)",
    .gradient = "g (sigmoid(z) - t); -g z",
    .min_in = 2,
    .max_in = 2,
    .flags = LUGE__ELEMENTWISE,
    .infer = luge__infer_float2,
    .vjp = sigmoid_cross_entropy_vjp,
    .lower = sigmoid_cross_entropy_lower,
};
luge_val luge_sigmoid_cross_entropy(luge_graph *g, luge_val logits, luge_val targets)
{
    return luge__binary(g, LUGE__OP_sigmoid_cross_entropy, logits, targets);
}

/* ---- comparisons ------------------------------------------------------------------------------------------------- */

static luge_status compare_infer(luge__infer *q)
{
    q->out = (luge__type){ .dtype = LUGE_BOOL, .shape = q->in[0]->shape };
    return luge__expect_same(q, 0, 1);
}

/* Integers are compared as integers: 2^53 and 2^53 + 1 differ. */
static luge_status compare_ref(luge__call *call)
{
    const luge__array *a = &call->in[0], *b = &call->in[1];
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        double x = luge__get(a, i), y = luge__get(b, i);
        if (!luge__is_float(a->dtype)) { /* the order of the two, which is all that a comparison reads */
            const int64_t m = luge__get_int(a, i), n = luge__get_int(b, i);
            x = (double)((m > n) - (m < n));
            y = 0;
        }
        luge__put_int(&call->out, i, call->op->scalar(x, y, 0) > 0);
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

#define COMPARE(op_name, words, extra_flags)                                                                           \
    const luge__op luge__row_##op_name = { LUGE__ROW(op_name),                                                         \
                                           .expression = luge__text_##op_name,                                         \
                                           .scalar = luge__scalar_##op_name,                                           \
                                           .ref = compare_ref,                                                         \
                                           .formula = words,                                                           \
                                           .gradient = "none",                                                         \
                                           .min_in = 2,                                                                \
                                           .max_in = 2,                                                                \
                                           .flags = LUGE__ELEMENTWISE | LUGE__NO_GRADIENT | (extra_flags),             \
                                           .infer = compare_infer };                                                   \
    luge_val luge_##op_name(luge_graph *g, luge_val a, luge_val b)                                                     \
    {                                                                                                                  \
        return luge__binary(g, LUGE__OP_##op_name, a, b);                                                              \
    }

COMPARE(equal, "a = b", LUGE__COMMUTES)
COMPARE(not_equal, "a != b", LUGE__COMMUTES)
COMPARE(less, "a < b", 0)
COMPARE(less_equal, "a <= b", 0)
COMPARE(greater, "a > b", 0)
COMPARE(greater_equal, "a >= b", 0)

/* ---- where ------------------------------------------------------------------------------------------------------- */

static luge_status where_infer(luge__infer *q)
{
    q->out = *q->in[1];
    if (q->in[0]->dtype != LUGE_BOOL)
        return luge__fail(q->ctx, LUGE_EDTYPE, "where: the condition is %T; bool is expected", q->in[0]->dtype);
    if (!luge__shape_equal(&q->in[0]->shape, &q->in[1]->shape))
        return luge__fail(q->ctx, LUGE_ESHAPE, "where: the condition is %S, the values are %S", &q->in[0]->shape,
                          &q->in[1]->shape);
    return luge__expect_same(q, 1, 2);
}

static luge_status where_vjp(luge_graph *g, const luge__vjp *v)
{
    NEED(1) GIN(1, luge_where(g, v->in[0], GY, K(0)));
    NEED(2) GIN(2, luge_where(g, v->in[0], K(0), GY));
    return LUGE_OK;
}

static luge_status where_ref(luge__call *call)
{
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do luge__move(&call->out, i, &call->in[luge__get_int(&call->in[0], i) ? 1 : 2], i);
    while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

const luge__op luge__row_where = {
    LUGE__ROW(where),
    .formula = "a where the condition holds, else b",
    .gradient = "-; g where the condition holds, else 0; the rest",
    .min_in = 3,
    .max_in = 3,
    .flags = LUGE__ELEMENTWISE,
    .constant = 1,
    .infer = where_infer,
    .vjp = where_vjp,
    .ref = where_ref,
};

/* x as large as the broadcast of x, y and z. */
static luge_val expand_to_both(luge_graph *g, luge_val x, luge_val y, luge_val z)
{
    const luge_val once = luge_expand(g, x, y);
    return luge_expand(g, once, z);
}

luge_val luge_where(luge_graph *g, luge_val condition, luge_val a, luge_val b)
{
    if (!luge__usable(g, "where", condition) || !luge__usable(g, "where", a) || !luge__usable(g, "where", b))
        return luge__none();
    const luge_shape *sc = &luge__node_of(g, condition)->type.shape, *sa = &luge__node_of(g, a)->type.shape,
                     *sb = &luge__node_of(g, b)->type.shape;
    luge_shape ab, all;
    luge_val in[3] = { condition, a, b };
    if (luge__broadcast(sa, sb, &ab) && luge__broadcast(sc, &ab, &all)) {
        const int fits_c = luge__shape_equal(sc, &all), fits_a = luge__shape_equal(sa, &all),
                  fits_b = luge__shape_equal(sb, &all);
        if (!fits_c) in[0] = expand_to_both(g, condition, a, b);
        if (!fits_a) in[1] = expand_to_both(g, a, condition, b);
        if (!fits_b) in[2] = expand_to_both(g, b, condition, a);
    }
    return luge__append(g, LUGE__OP_where, in, 3, NULL);
}
