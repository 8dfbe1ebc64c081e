/* update.c: effects: ops that write variables. The formulas of the updates are in luge/ops.h; docs/numerics.md tells
 * where they come from and where Keras and PyTorch differ. */
#include <math.h>

#include "ops/rows.h"

static luge_status effect_type(luge__infer *q)
{
    q->out = (luge__type){ .dtype = LUGE_NO_DTYPE };
    return LUGE_OK;
}

/* ---- assign and increment ---------------------------------------------------------------------------------------- */

static luge_status assign_infer(luge__infer *q)
{
    const luge_status status = luge__expect_same(q, 0, 1);
    return status ? status : effect_type(q);
}

static luge_status assign_ref(luge__call *call)
{
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    const luge__array *to = &call->in[0];
    if (!luge__some(&to->shape)) return LUGE_OK;
    do luge__move(to, i, &call->in[1], i);
    while (luge__next(&to->shape, i));
    return LUGE_OK;
}

const luge__op luge__row_assign = {
    LUGE__ROW(assign),  .formula = "variable = value",
    .gradient = "none", .min_in = 2,
    .max_in = 2,        .flags = LUGE__EFFECT | LUGE__NO_GRADIENT,
    .writes = 1,        .infer = assign_infer,
    .ref = assign_ref,
};
luge_val luge_assign(luge_graph *g, luge_val variable, luge_val value)
{
    const luge_val in[2] = { variable, value };
    return luge__append(g, LUGE__OP_assign, in, 2, NULL);
}

static luge_status increment_infer(luge__infer *q)
{
    const luge_shape *s = &q->in[0]->shape;
    const luge_status status = luge__expect_index(q, 0);
    if (status) return status;
    if (luge_shape_size(s) < 1 || s->ndim > 1)
        return luge__fail(q->ctx, LUGE_ESHAPE, "increment: the variable is %S; [] or [n] is expected", s);
    return effect_type(q);
}

static luge_status increment_ref(luge__call *call)
{
    const luge__array *v = &call->in[0];
    const int64_t last[1] = { v->shape.ndim ? v->shape.dim[0] - 1 : 0 };
    const uint64_t by = (uint64_t)((const luge__increment_attr *)call->attr)->by; /* unsigned: it may wrap */
    luge__put_int(v, last, (int64_t)((uint64_t)luge__get_int(v, last) + by));
    return LUGE_OK;
}

static const luge__field increment_fields[] = { LUGE__FIELD(luge__increment_attr, I64, by),
                                                { NULL, LUGE__FIELD_I64, 0 } };

const luge__op luge__row_increment = {
    LUGE__ROW(increment),
    .formula = "last element of variable += by",
    .gradient = "none",
    .min_in = 1,
    .max_in = 1,
    .flags = LUGE__EFFECT | LUGE__NO_GRADIENT,
    .writes = 1,
    LUGE__ATTR(luge__increment_attr, increment_fields),
    .infer = increment_infer,
    .ref = increment_ref,
};
luge_val luge_increment(luge_graph *g, luge_val variable, int64_t by)
{
    const luge__increment_attr attr = { by };
    return luge__append(g, LUGE__OP_increment, &variable, 1, &attr);
}

/* ---- what the updates share -------------------------------------------------------------------------------------- */

luge__update_family luge__update_family_of(const luge__op *op)
{
    return (luge__update_family)((op->id - LUGE__OP_update_sgd) / LUGE__UPDATE_COUNT);
}

int luge__update_rule(const luge__op *op)
{
    return (int)(op->id - LUGE__OP_update_sgd) % LUGE__UPDATE_COUNT;
}

int luge__update_rate(const luge__op *op)
{
    return luge__update_family_of(op) == LUGE__DENSE_UPDATE ? 3 : 2;
}

int luge__update_operand(const luge__op *op, const luge__update_attr *attr, int64_t bit)
{
    if (!(attr->has & bit)) return -1;
    int position = luge__update_rate(op) + 1;
    for (int64_t b = 1; b < bit; b <<= 1) position += (attr->has & b) != 0;
    return position;
}

/* What the updates differ in, in the order of ops.def: Keras' and PyTorch's numbers, state operands. */
typedef struct defaults {
    double momentum, rho[2], epsilon[2], weight_decay[2];
    int64_t needs, takes;
} defaults;

enum { ADAM_NEEDS = LUGE__HAS_STEP | LUGE__HAS_M | LUGE__HAS_V };
static const defaults all_defaults[] = {
    { .momentum = 0.9, .takes = LUGE__HAS_VELOCITY },
    { .epsilon = { 1e-7, 1e-10 }, .needs = LUGE__HAS_V, .takes = LUGE__HAS_V },
    { .momentum = 0.9,
      .rho = { 0.9, 0.99 },
      .epsilon = { 1e-7, 1e-8 },
      .needs = LUGE__HAS_V,
      .takes = LUGE__HAS_V | LUGE__HAS_M | LUGE__HAS_VELOCITY },
    { .epsilon = { 1e-7, 1e-8 }, .needs = ADAM_NEEDS, .takes = ADAM_NEEDS | LUGE__HAS_V_MAX },
    { .epsilon = { 1e-7, 1e-8 },
      .weight_decay = { 0.004, 0.01 },
      .needs = ADAM_NEEDS,
      .takes = ADAM_NEEDS | LUGE__HAS_V_MAX },
};

static luge_status check_states(luge_context *ctx, const luge__op *op, int64_t has)
{
    static const char *const names[5] = { "step", "velocity", "m", "v", "v_max" };
    const defaults *d = &all_defaults[luge__update_rule(op)];
    const char *who = op->name;
    for (int i = 0; i < 5; i++) {
        if ((d->needs & ~has) >> i & 1) return luge__fail(ctx, LUGE_EINVAL, "%s: %s is needed", who, names[i]);
        if ((has & ~d->takes) >> i & 1) return luge__fail(ctx, LUGE_EINVAL, "%s: %s has no use here", who, names[i]);
    }
    return LUGE_OK;
}

static luge_status check_update(const luge__infer *q)
{
    static const char *const factor_names[4] = { "momentum", "rho", "beta1", "beta2" };
    const luge__update_attr *a = q->attr;
    const char *who = q->op->name;
    const double factors[4] = { a->momentum, a->rho, a->beta1, a->beta2 };
    const luge_status status = check_states(q->ctx, q->op, a->has);
    if (status) return status;
    int operands = luge__update_rate(q->op) + 1;
    for (int i = 0; i < 5; i++) operands += (int)(a->has >> i & 1);
    if (a->has >> 5 || operands != q->n_in)
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: `has` %l does not tell of %d operands", who, a->has, q->n_in);
    for (int i = 0; i < 4; i++)
        if (!(factors[i] >= 0 && factors[i] < 1))
            return luge__fail(q->ctx, LUGE_EINVAL, "%s: %s %g is outside [0, 1)", who, factor_names[i], factors[i]);
    if (!(a->epsilon >= 0) || !(a->weight_decay >= 0))
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: epsilon or weight_decay is negative", who);
    if (a->formulas != LUGE_KERAS && a->formulas != LUGE_PYTORCH)
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: there are no formulas %l", who, a->formulas);
    return LUGE_OK;
}

/* The gradient's operands give w's type. */
static luge_status check_gradient(luge__infer *q)
{
    const luge_shape *w = &q->in[0]->shape, *g = &q->in[1]->shape;
    const char *who = q->op->name;
    if (luge__update_family_of(q->op) == LUGE__UPDATE) return luge__expect_same(q, 0, 1);
    luge_status status = luge__expect_same_dtype(q, 0, 1);
    if (status) return status;
    if (luge__update_family_of(q->op) == LUGE__BIAS_UPDATE) {
        if (w->ndim == 1 && g->ndim > 0 && g->dim[g->ndim - 1] == w->dim[0]) return LUGE_OK;
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: rows %S do not sum to %S", who, g, w);
    }
    const luge__dense_update_attr *a = q->attr;
    status = luge__infer_product(q, 1, a->transpose_a, a->transpose_b);
    if (status || luge__shape_equal(&q->out.shape, w)) return status;
    return luge__fail(q->ctx, LUGE_ESHAPE, "%s: the product is %S, the variable %S", who, &q->out.shape, w);
}

static luge_status update_infer(luge__infer *q)
{
    const luge__update_attr *attr = q->attr;
    luge_status status = check_update(q);
    if (!status) status = luge__expect_float(q, 0);
    if (!status) status = check_gradient(q);
    if (status) return status;
    const luge__type *rate = q->in[luge__update_rate(q->op)];
    if (rate->dtype != q->in[0]->dtype || rate->shape.ndim)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: the rate is %T %S; a scalar %T is expected", q->op->name,
                          rate->dtype, &rate->shape, q->in[0]->dtype);
    const int step = luge__update_operand(q->op, attr, LUGE__HAS_STEP);
    for (int i = luge__update_rate(q->op) + 1; i < q->n_in && !status; i++)
        if (i != step) status = luge__expect_same(q, 0, i);
    if (!status && step > 0 && (q->in[step]->dtype != LUGE_I64 || q->in[step]->shape.ndim))
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: the step is %T %S; a scalar i64 is expected", q->op->name,
                          q->in[step]->dtype, &q->in[step]->shape);
    return status ? status : effect_type(q);
}

/* An element's state while it is updated; the fields of absent operands stay 0. */
typedef struct element {
    double w, g, velocity, m, v, v_max;
} element;

/* What all elements of a call share. */
typedef struct rule {
    const luge__update_attr *a;
    double rate, correct1, correct2; /* 1 - beta1^t, 1 - beta2^t */
    int torch;
} rule;

typedef void step_rule(const rule *r, element *e);

static double gradient_at(const luge__call *call, const int64_t *index)
{
    const luge__array *g = &call->in[1];
    const luge__dense_update_attr *a = call->attr;
    switch (luge__update_family_of(call->op)) {
    case LUGE__DENSE_UPDATE:
        return luge__product_at(call, 1, a->transpose_a, a->transpose_b, index);
    case LUGE__BIAS_UPDATE: {
        const int last = g->shape.ndim - 1;
        int64_t i[LUGE_MAX_DIMS] = { 0 };
        luge_shape rows = g->shape;
        double sum = 0;
        rows.dim[last] = 1;
        if (!luge__some(&rows)) return 0;
        do {
            i[last] = index[0];
            sum += luge__get(g, i);
            i[last] = 0;
        } while (luge__next(&rows, i));
        return sum;
    }
    default:
        return luge__get(g, index);
    }
}

static luge_status update_ref(luge__call *call, step_rule *apply)
{
    const luge__update_attr *a = call->attr;
    const int64_t scalar[1] = { 0 };
    const int step = luge__update_operand(call->op, a, LUGE__HAS_STEP);
    const double t = step > 0 ? luge__get(&call->in[step], scalar) : 1;
    const rule r = { .a = a,
                     .rate = luge__get(&call->in[luge__update_rate(call->op)], scalar),
                     .correct1 = 1 - pow(a->beta1, t),
                     .correct2 = 1 - pow(a->beta2, t),
                     .torch = a->formulas == LUGE_PYTORCH };
    const int64_t bits[4] = { LUGE__HAS_VELOCITY, LUGE__HAS_M, LUGE__HAS_V, LUGE__HAS_V_MAX };
    int64_t i[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->in[0].shape)) return LUGE_OK;
    do {
        element e = { .w = luge__get(&call->in[0], i), .g = gradient_at(call, i) };
        double *const state[4] = { &e.velocity, &e.m, &e.v, &e.v_max };
        for (int k = 0; k < 4; k++)
            if (a->has & bits[k]) *state[k] = luge__get(&call->in[luge__update_operand(call->op, a, bits[k])], i);
        apply(&r, &e);
        luge__put(&call->in[0], i, e.w);
        for (int k = 0; k < 4; k++)
            if (a->has & bits[k]) luge__put(&call->in[luge__update_operand(call->op, a, bits[k])], i, *state[k]);
    } while (luge__next(&call->in[0].shape, i));
    return LUGE_OK;
}

/* ---- the formulas ------------------------------------------------------------------------------------------------ */

static void sgd(const rule *r, element *e)
{
    const double momentum = r->a->momentum;
    if (!(r->a->has & LUGE__HAS_VELOCITY)) {
        e->w -= r->rate * e->g;
    } else if (r->torch) {
        e->velocity = momentum * e->velocity + e->g;
        e->w -= r->rate * (r->a->nesterov ? e->g + momentum * e->velocity : e->velocity);
    } else {
        e->velocity = momentum * e->velocity - r->rate * e->g;
        e->w += r->a->nesterov ? momentum * e->velocity - r->rate * e->g : e->velocity;
    }
}

/* 1 / sqrt(v), kept from 0 by epsilon: inside the root as Keras does, or outside as PyTorch. */
static double root(const rule *r, double v)
{
    return r->torch ? sqrt(v) + r->a->epsilon : sqrt(v + r->a->epsilon);
}

static void adagrad(const rule *r, element *e)
{
    e->v += e->g * e->g;
    e->w -= r->rate * e->g / root(r, e->v);
}

static void rmsprop(const rule *r, element *e)
{
    const double rho = r->a->rho;
    const int centred = (r->a->has & LUGE__HAS_M) != 0;
    e->v = rho * e->v + (1 - rho) * e->g * e->g;
    if (centred) e->m = rho * e->m + (1 - rho) * e->g;
    const double variance = e->v - e->m * e->m; /* m is 0 unless centred; rounding must not take it below 0 */
    const double scaled = e->g / root(r, variance < 0 ? 0 : variance);
    if (!(r->a->has & LUGE__HAS_VELOCITY)) {
        e->w -= r->rate * scaled;
    } else if (r->torch) {
        e->velocity = r->a->momentum * e->velocity + scaled;
        e->w -= r->rate * e->velocity;
    } else {
        e->velocity = r->a->momentum * e->velocity + r->rate * scaled;
        e->w -= e->velocity;
    }
}

static void adam(const rule *r, element *e)
{
    const luge__update_attr *a = r->a;
    e->m = a->beta1 * e->m + (1 - a->beta1) * e->g;
    e->v = a->beta2 * e->v + (1 - a->beta2) * e->g * e->g;
    double v = e->v;
    if (a->has & LUGE__HAS_V_MAX) v = e->v_max = v > e->v_max ? v : e->v_max;
    if (r->torch)
        e->w -= r->rate / r->correct1 * e->m / (sqrt(v / r->correct2) + a->epsilon);
    else
        e->w -= r->rate * sqrt(r->correct2) / r->correct1 * e->m / (sqrt(v) + a->epsilon);
}

static void adamw(const rule *r, element *e)
{
    e->w -= r->rate * r->a->weight_decay * e->w;
    adam(r, e);
}

/* ---- rows and builders ------------------------------------------------------------------------------------------- */

/* Those of luge__update_attr, with which that of the dense updates begins. */
#define UPDATE_FIELDS                                                                                                  \
    LUGE__FIELD(luge__update_attr, I64, has), LUGE__FIELD(luge__update_attr, F64, momentum),                           \
        LUGE__FIELD(luge__update_attr, F64, rho), LUGE__FIELD(luge__update_attr, F64, beta1),                          \
        LUGE__FIELD(luge__update_attr, F64, beta2), LUGE__FIELD(luge__update_attr, F64, epsilon),                      \
        LUGE__FIELD(luge__update_attr, F64, weight_decay), LUGE__FIELD(luge__update_attr, FLAG, nesterov),             \
        LUGE__FIELD(luge__update_attr, I64, formulas)
static const luge__field update_fields[] = { UPDATE_FIELDS, { NULL, LUGE__FIELD_I64, 0 } };
static const luge__field dense_update_fields[] = {
    UPDATE_FIELDS,
    LUGE__FIELD(luge__dense_update_attr, FLAG, transpose_a),
    LUGE__FIELD(luge__dense_update_attr, FLAG, transpose_b),
    { NULL, LUGE__FIELD_I64, 0 },
};

static double either(double given, double otherwise)
{
    return given != 0 ? given : otherwise;
}

static luge_val build(luge_graph *g, luge__op_id op, luge_val w, luge_val grad, const luge_update_options *given)
{
    const luge__op *row = luge__op_of(op);
    const defaults *d = &all_defaults[luge__update_rule(row)];
    const char *who = row->name;
    if (!luge__open_graph(g, who)) return luge__none();
    luge_context *ctx = luge__graph_ctx(g);
    luge_update_options options, *const o = &options;
    if (luge__read_options(ctx, who, o, sizeof *o, given)) return luge__none();
    const luge_val state[5] = { o->step, o->velocity, o->m, o->v, o->v_max };
    luge_val in[8] = { w, grad, o->rate };
    int n = 3;
    int64_t has = 0;
    for (int i = 0; i < 5; i++)
        if (state[i].id) {
            has |= (int64_t)1 << i;
            in[n++] = state[i];
        }
    if (!o->rate.id) {
        luge__fail(ctx, LUGE_EINVAL, "%s: rate is needed", who);
        return luge__none();
    }
    if (check_states(ctx, row, has)) return luge__none();
    const int torch = o->formulas == LUGE_PYTORCH;
    const luge__update_attr attr = {
        .has = has,
        .momentum = either(o->momentum, d->momentum),
        .rho = either(o->rho, d->rho[torch]),
        .beta1 = either(o->beta1, 0.9),
        .beta2 = either(o->beta2, 0.999),
        .epsilon = either(o->epsilon, d->epsilon[torch]),
        .weight_decay = either(o->weight_decay, d->weight_decay[torch]),
        .nesterov = o->nesterov != 0,
        .formulas = o->formulas,
    };
    return luge__append(g, op, in, n, &attr);
}

/* A fused update is the update of its rule with the gradient in a node of its own. */
static luge_val unfused(luge_graph *g, const luge_val *in, int n_in, int gradient_operands, luge_val gradient,
                        const luge__update_attr *attr, luge__op_id plain)
{
    luge_val operands[LUGE__MAX_INPUTS] = { in[0], gradient };
    for (int i = 1 + gradient_operands; i < n_in; i++) operands[i + 1 - gradient_operands] = in[i];
    return luge__append(g, plain, operands, n_in + 1 - gradient_operands, attr);
}

static luge_val dense_unfused(luge_graph *g, const luge_val *in, int n_in, const void *attr, luge__op_id plain)
{
    const luge__dense_update_attr *a = attr;
    const luge_val gradient = luge_matmul_transposed(g, in[1], in[2], a->transpose_a != 0, a->transpose_b != 0);
    return unfused(g, in, n_in, 2, gradient, &a->update, plain);
}

static luge_val bias_unfused(luge_graph *g, const luge_val *in, int n_in, const void *attr, luge__op_id plain)
{
    return unfused(g, in, n_in, 1, luge_sum_like(g, in[1], in[0]), attr, plain);
}

/* `written`: w, and the state operands that follow w, grad, rate and (adam) the step, which is read only. */
#define ROW(op_name, words, rule_function, min_operands, max_operands, written, ...)                                   \
    const luge__op luge__row_##op_name = { LUGE__ROW(op_name),         .formula = words,                               \
                                           .gradient = "none",         .min_in = min_operands,                         \
                                           .max_in = max_operands,     .flags = LUGE__EFFECT | LUGE__NO_GRADIENT,      \
                                           .writes = written,          .infer = update_infer,                          \
                                           .ref = rule_function##_ref, __VA_ARGS__ };
#define UPDATE(op_name, words, rule_function, max_operands, written)                                                   \
    static luge_status rule_function##_ref(luge__call *call)                                                           \
    {                                                                                                                  \
        return update_ref(call, rule_function);                                                                        \
    }                                                                                                                  \
    ROW(op_name, words, rule_function, 3, max_operands, written, LUGE__ATTR(luge__update_attr, update_fields))         \
    luge_val luge_##op_name##_with(luge_graph *g, luge_val w, luge_val grad, const luge_update_options *options)       \
    {                                                                                                                  \
        return build(g, LUGE__OP_##op_name, w, grad, options);                                                         \
    }                                                                                                                  \
    static luge_val dense_##rule_function##_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)       \
    {                                                                                                                  \
        return dense_unfused(g, in, n_in, attr, LUGE__OP_##op_name);                                                   \
    }                                                                                                                  \
    static luge_val bias_##rule_function##_lower(luge_graph *g, const luge_val *in, int n_in, const void *attr)        \
    {                                                                                                                  \
        return bias_unfused(g, in, n_in, attr, LUGE__OP_##op_name);                                                    \
    }                                                                                                                  \
    ROW(dense_##op_name, #op_name " with g = a b, a product of matrices", rule_function, 4, max_operands + 1,          \
        ((written) & ~1) << 1 | 1, LUGE__ATTR(luge__dense_update_attr, dense_update_fields), .whole = 2 | 4,           \
        .lower = dense_##rule_function##_lower)                                                                        \
    ROW(bias_##op_name, #op_name " with g a sum over rows", rule_function, 3, max_operands, written,                   \
        LUGE__ATTR(luge__update_attr, update_fields), .lower = bias_##rule_function##_lower)

UPDATE(update_sgd, "w -= rate g; with velocity u: u = momentum u - rate g, w += u", sgd, 4, 1 | 8)
UPDATE(update_adagrad, "v += g^2, w -= rate g / sqrt(v + eps)", adagrad, 4, 1 | 8)
UPDATE(update_rmsprop, "v = rho v + (1-rho) g^2, w -= rate g / sqrt(v + eps)", rmsprop, 6, 1 | 8 | 16 | 32)
UPDATE(update_adam, "w -= a m / (sqrt v + eps), m and v means of g and g^2, a = rate sqrt(1-b2^t) / (1-b1^t)", adam, 7,
       1 | 16 | 32 | 64)
UPDATE(update_adamw, "w -= rate weight_decay w, then adam", adamw, 7, 1 | 16 | 32 | 64)
