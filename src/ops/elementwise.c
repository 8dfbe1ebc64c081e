/* elementwise.c: ops that compute each element from the elements at the same place. The expressions are in ops.def;
 * here are gradients, shape rules and builders. Gradient rules name: g what reaches y, y the result, x (a, b) the
 * operands. */
#include "ops/rows.h"

#define RULE(name) static luge_status name(luge_graph *g, const luge__vjp *v)
#define GIN(value) return v->gin[0] = (value), LUGE_OK
#define X          (v->in[0])
#define Y          (v->out)
#define GY         (v->gout)
#define K(c)       luge__like(g, v->gout, c)

#define UNARY_ROW(op_name, words, gradient_words, ...)                                                                 \
    const luge__op luge__row_##op_name = {                                                                             \
        LUGE__ELEMENTWISE_ROW(op_name), .formula = words, .gradient = gradient_words, .min_in = 1, .max_in = 1,        \
        .infer = luge__infer_float1,    __VA_ARGS__                                                                    \
    }
#define UNARY(op_name, words, gradient_words, ...)                                                                     \
    UNARY_ROW(op_name, words, gradient_words, .flags = LUGE__ELEMENTWISE, __VA_ARGS__);                                \
    luge_val luge_##op_name(luge_graph *g, luge_val x)                                                                 \
    {                                                                                                                  \
        return luge__unary(g, LUGE__OP_##op_name, x, NULL);                                                            \
    }
#define UNARY_NO_GRADIENT(op_name, words)                                                                              \
    UNARY_ROW(op_name, words, "none", .flags = LUGE__ELEMENTWISE | LUGE__NO_GRADIENT);                                 \
    luge_val luge_##op_name(luge_graph *g, luge_val x)                                                                 \
    {                                                                                                                  \
        return luge__unary(g, LUGE__OP_##op_name, x, NULL);                                                            \
    }
#define UNARY_P(op_name, words, gradient_words, ...)                                                                   \
    UNARY_ROW(op_name, words, gradient_words, .flags = LUGE__ELEMENTWISE, LUGE__ATTR(luge__p_attr, p_fields),          \
              __VA_ARGS__);                                                                                            \
    luge_val luge_##op_name(luge_graph *g, luge_val x, double p)                                                       \
    {                                                                                                                  \
        const luge__p_attr attr = { p };                                                                               \
        return luge__unary(g, LUGE__OP_##op_name, x, &attr);                                                           \
    }

static const luge__field p_fields[] = { LUGE__FIELD(luge__p_attr, F64, p), { NULL, LUGE__FIELD_I64, 0 } };

/* ---- arithmetic and functions ------------------------------------------------------------------------------------ */

RULE(neg_vjp)
{
    GIN(luge_neg(g, GY));
}
UNARY(neg, "-x", "-g", .vjp = neg_vjp)

UNARY_NO_GRADIENT(sign, "-1, 0 or 1")
UNARY_NO_GRADIENT(step, "1 where x > 0, else 0")

RULE(abs_vjp)
{
    GIN(luge_mul(g, GY, luge_stop_gradient(g, luge_sign(g, X))));
}
UNARY(abs, "|x|", "g sign(x)", .vjp = abs_vjp)

RULE(exp_vjp)
{
    GIN(luge_mul(g, GY, Y));
}
UNARY(exp, "e^x", "g y", .vjp = exp_vjp)

RULE(log_vjp)
{
    GIN(luge_div(g, GY, X));
}
UNARY(log, "log x", "g / x", .vjp = log_vjp)

RULE(log1p_vjp)
{
    GIN(luge_div(g, GY, luge_add(g, X, K(1))));
}
UNARY(log1p, "log(1 + x)", "g / (1 + x)", .vjp = log1p_vjp)

RULE(sqrt_vjp)
{
    GIN(luge_div(g, luge_mul(g, GY, K(0.5)), Y));
}
UNARY(sqrt, "x^(1/2)", "g / 2y", .vjp = sqrt_vjp)

RULE(square_vjp)
{
    GIN(luge_mul(g, luge_mul(g, GY, K(2)), X));
}
UNARY(square, "x^2", "2 g x", .vjp = square_vjp)

RULE(reciprocal_vjp)
{
    GIN(luge_neg(g, luge_mul(g, GY, luge_square(g, Y))));
}
UNARY(reciprocal, "1 / x", "-g y^2", .vjp = reciprocal_vjp)

RULE(sin_vjp)
{
    GIN(luge_mul(g, GY, luge_cos(g, X)));
}
UNARY(sin, "sin x", "g cos x", .vjp = sin_vjp)

RULE(cos_vjp)
{
    GIN(luge_neg(g, luge_mul(g, GY, luge_sin(g, X))));
}
UNARY(cos, "cos x", "-g sin x", .vjp = cos_vjp)

RULE(erf_vjp) /* 2/sqrt(pi) e^(-x^2) */
{
    GIN(luge_mul(g, GY, luge_mul(g, K(1.1283791670955126), luge_exp(g, luge_neg(g, luge_square(g, X))))));
}
UNARY(erf, "2/sqrt(pi) integral of e^(-t^2) from 0 to x", "g 2/sqrt(pi) e^(-x^2)", .vjp = erf_vjp)

/* ---- activations ------------------------------------------------------------------------------------------------- */

RULE(tanh_vjp)
{
    GIN(luge_mul(g, GY, luge_sub(g, K(1), luge_square(g, Y))));
}
UNARY(tanh, "tanh x", "g (1 - y^2)", .vjp = tanh_vjp)

RULE(sigmoid_vjp)
{
    GIN(luge_mul(g, GY, luge_mul(g, Y, luge_sub(g, K(1), Y))));
}
UNARY(sigmoid, "1 / (1 + e^-x)", "g y (1 - y)", .vjp = sigmoid_vjp)

/* g where x > 0, else `other`. */
static luge_val where_positive(luge_graph *g, const luge__vjp *v, luge_val other)
{
    return luge_where(g, luge_greater(g, X, K(0)), GY, other);
}

RULE(relu_vjp)
{
    GIN(where_positive(g, v, K(0)));
}
UNARY(relu, "max(x, 0)", "g where x > 0, else 0", .vjp = relu_vjp)

RULE(leaky_relu_vjp)
{
    GIN(where_positive(g, v, luge_mul(g, GY, K(((const luge__p_attr *)v->attr)->p))));
}
UNARY_P(leaky_relu, "x where x > 0, else slope x", "g where x > 0, else slope g", .vjp = leaky_relu_vjp)

RULE(elu_vjp) /* left of 0 the derivative alpha e^x is y + alpha */
{
    GIN(where_positive(g, v, luge_mul(g, GY, luge_add(g, Y, K(((const luge__p_attr *)v->attr)->p)))));
}
UNARY_P(elu, "x where x > 0, else alpha (e^x - 1)", "g where x > 0, else g (y + alpha)", .vjp = elu_vjp)

RULE(selu_vjp)
{
    const luge_val left = luge_mul(g, GY, luge_add(g, Y, K(1.0507009873554805 * 1.6732632423543772)));
    GIN(luge_where(g, luge_greater(g, X, K(0)), luge_mul(g, GY, K(1.0507009873554805)), left));
}
UNARY(selu, "s x where x > 0, else s a (e^x - 1); s = 1.0507, a = 1.6733", "s g where x > 0, else g (y + s a)",
      .vjp = selu_vjp)

RULE(softplus_vjp)
{
    GIN(luge_mul(g, GY, luge_sigmoid(g, X)));
}
UNARY(softplus, "log(1 + e^x)", "g sigmoid(x)", .vjp = softplus_vjp)

RULE(softsign_vjp)
{
    GIN(luge_div(g, GY, luge_square(g, luge_add(g, luge_abs(g, X), K(1)))));
}
UNARY(softsign, "x / (1 + |x|)", "g / (1 + |x|)^2", .vjp = softsign_vjp)

RULE(gelu_vjp) /* P(x) + x p(x), P and p the normal distribution's function and density */
{
    const luge_val p = luge_mul(g, K(0.5), luge_add(g, luge_erf(g, luge_mul(g, X, K(0.7071067811865476))), K(1)));
    const luge_val density = luge_mul(g, K(0.3989422804014327), luge_exp(g, luge_mul(g, luge_square(g, X), K(-0.5))));
    GIN(luge_mul(g, GY, luge_add(g, p, luge_mul(g, X, density))));
}
UNARY(gelu, "x/2 (1 + erf(x / sqrt 2))", "g (P(x) + x p(x)), P and p of the normal distribution", .vjp = gelu_vjp)

RULE(silu_vjp)
{
    const luge_val s = luge_sigmoid(g, X);
    GIN(luge_mul(g, GY, luge_add(g, s, luge_mul(g, Y, luge_sub(g, K(1), s)))));
}
UNARY(silu, "x sigmoid(x)", "g (s + y (1 - s)), s = sigmoid(x)", .vjp = silu_vjp)

/* ---- stop_gradient and cast -------------------------------------------------------------------------------------- */

static luge_status infer_any1(luge__infer *q)
{
    q->out = *q->in[0];
    return LUGE_OK;
}

static luge_status copy_ref(luge__call *call)
{
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do luge__move(&call->out, i, &call->in[0], i);
    while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

static int same_view(const void *attr, const luge_shape *in, const int64_t *in_stride, const luge_shape *out,
                     int64_t *out_stride, int64_t *offset)
{
    (void)attr;
    (void)in;
    for (int i = 0; i < out->ndim; i++) out_stride[i] = in_stride[i];
    *offset = 0;
    return 1;
}

static luge_status copy_vjp(luge_graph *g, const luge__vjp *v)
{
    (void)g;
    GIN(GY);
}

const luge__op luge__row_copy = {
    LUGE__ROW(copy), .formula = "x in memory of its own",
    .gradient = "g", .min_in = 1,
    .max_in = 1,     .infer = infer_any1,
    .vjp = copy_vjp, .ref = copy_ref,
};
luge_val luge_copy(luge_graph *g, luge_val x)
{
    return luge__unary(g, LUGE__OP_copy, x, NULL);
}

const luge__op luge__row_stop_gradient = {
    LUGE__ROW(stop_gradient),
    .formula = "x",
    .gradient = "0: x counts as a constant",
    .min_in = 1,
    .max_in = 1,
    .constant = 1,
    .infer = infer_any1,
    .view = same_view,
    .ref = copy_ref,
};
luge_val luge_stop_gradient(luge_graph *g, luge_val x)
{
    return luge__unary(g, LUGE__OP_stop_gradient, x, NULL);
}

static luge_status cast_infer(luge__infer *q)
{
    const luge__cast_attr *attr = q->attr;
    q->out = (luge__type){ .dtype = attr->dtype, .shape = q->in[0]->shape };
    return luge__shape_check(q->ctx, "cast", &q->out.shape, attr->dtype);
}

static luge_status cast_vjp(luge_graph *g, const luge__vjp *v)
{
    if (!luge__is_float(luge__dtype_of(g, v->out)))
        return luge__fail(luge__graph_ctx(g), LUGE_ENOGRAD, "gradient: cast to %T has no gradient",
                          luge__dtype_of(g, v->out));
    if (!luge__is_float(luge__dtype_of(g, X)))
        return luge__fail(luge__graph_ctx(g), LUGE_ENOGRAD, "gradient: cast from %T has no gradient",
                          luge__dtype_of(g, X));
    GIN(luge_cast(g, GY, luge__dtype_of(g, X)));
}

/* Truncates toward zero and saturates, the one meaning on every CPU: a plain C cast out of range is undefined. */
static int64_t saturate(double x, luge_dtype to)
{
    static const struct {
        int64_t low, high;
    } range[] = { [LUGE_U8] = { 0, UINT8_MAX },
                  [LUGE_I8] = { INT8_MIN, INT8_MAX },
                  [LUGE_I32] = { INT32_MIN, INT32_MAX },
                  [LUGE_I64] = { INT64_MIN, INT64_MAX } };
    if (to == LUGE_BOOL) return x < 0 || x > 0 || x != x;
    if (x != x) return 0;
    if (x <= (double)range[to].low) return range[to].low;
    if (x >= (double)range[to].high) return range[to].high;
    return (int64_t)x;
}

static int64_t wrap_range(int64_t x, luge_dtype to)
{
    switch (to) {
    case LUGE_U8:
        return x < 0 ? 0 : x > UINT8_MAX ? UINT8_MAX : x;
    case LUGE_I8:
        return x < INT8_MIN ? INT8_MIN : x > INT8_MAX ? INT8_MAX : x;
    case LUGE_I32:
        return x < INT32_MIN ? INT32_MIN : x > INT32_MAX ? INT32_MAX : x;
    default:
        return x;
    }
}

static luge_status cast_ref(luge__call *call)
{
    const luge__array *in = &call->in[0];
    const luge_dtype to = call->out.dtype;
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        if (to == LUGE_F32 && !luge__is_float(in->dtype)) /* by way of a double it would round twice */
            luge__put(&call->out, i, (double)(float)luge__get_int(in, i));
        else if (luge__is_float(to))
            luge__put(&call->out, i, luge__get(in, i));
        else if (luge__is_float(in->dtype))
            luge__put_int(&call->out, i, saturate(luge__get(in, i), to));
        else
            luge__put_int(&call->out, i, wrap_range(luge__get_int(in, i), to));
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

static const luge__field cast_fields[] = { LUGE__FIELD(luge__cast_attr, DTYPE, dtype), { NULL, LUGE__FIELD_I64, 0 } };

const luge__op luge__row_cast = {
    LUGE__ROW(cast),
    .formula = "x in another dtype",
    .gradient = "g in the dtype of x; floats only",
    .min_in = 1,
    .max_in = 1,
    LUGE__ATTR(luge__cast_attr, cast_fields),
    .infer = cast_infer,
    .vjp = cast_vjp,
    .ref = cast_ref,
};
luge_val luge_cast(luge_graph *g, luge_val x, luge_dtype dtype)
{
    if (!luge__usable(g, "cast", x)) return luge__none();
    if (dtype == luge__dtype_of(g, x)) return x;
    const luge__cast_attr attr = { dtype };
    return luge__unary(g, LUGE__OP_cast, x, &attr);
}
