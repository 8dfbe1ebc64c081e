/* random.c: random values as a function of a state, the node's stream and the element's index. */
#include "ops/rows.h"

/* Operand 0 is the state {seed, step}, operand 1 what the result is shaped like (dropout: what it drops from). */
static luge_status random_infer(luge__infer *q)
{
    const luge_shape *s = &q->in[0]->shape;
    if (q->in[0]->dtype != LUGE_I64 || s->ndim != 1 || s->dim[0] != 2)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: the state is %T %S; i64 [2] (seed, step) is expected", q->op->name,
                          q->in[0]->dtype, s);
    const luge__random_attr *attr = q->attr;
    if (attr->stream < 0 || attr->stream > INT32_MAX)
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: stream %l is outside 0..2^31-1", q->op->name, attr->stream);
    if (q->op->id == LUGE__OP_random_dropout && !(attr->a >= 0 && attr->a < 1))
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: rate %g is outside [0, 1)", q->op->name, attr->a);
    q->out = *q->in[1];
    return luge__expect_float(q, 1);
}

luge__random luge__random_of(const luge__array *state, const luge__random_attr *attr)
{
    const int64_t seed_at[1] = { 0 }, step_at[1] = { 1 };
    return (luge__random){ .seed = (uint64_t)luge__get_int(state, seed_at),
                           .step = (uint64_t)luge__get_int(state, step_at),
                           .stream = (uint32_t)attr->stream };
}

static luge_status random_vjp(luge_graph *g, const luge__vjp *v)
{
    (void)g;
    (void)v; /* neither operand's value flows on */
    return LUGE_OK;
}

typedef void fill(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double a, double b, void *out);

static luge_status random_fill(luge__call *call, fill *draw)
{
    const luge__random_attr *attr = call->attr;
    const luge__random r = luge__random_of(&call->in[0], attr);
    int64_t i[LUGE_MAX_DIMS] = { 0 }, element = 0;
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        double value;
        draw(&r, element++, 1, LUGE_F64, attr->a, attr->b, &value);
        if (call->out.dtype == LUGE_F32) {
            float single;
            draw(&r, element - 1, 1, LUGE_F32, attr->a, attr->b, &single);
            value = (double)single;
        }
        luge__put(&call->out, i, value);
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

static luge_status uniform_ref(luge__call *call)
{
    return random_fill(call, luge__random_uniform);
}

static luge_status normal_ref(luge__call *call)
{
    return random_fill(call, luge__random_normal);
}

static const luge__field random_fields[] = { LUGE__FIELD(luge__random_attr, I64, stream),
                                             LUGE__FIELD(luge__random_attr, F64, a),
                                             LUGE__FIELD(luge__random_attr, F64, b),
                                             { NULL, LUGE__FIELD_I64, 0 } };

static luge_val build(luge_graph *g, luge__op_id op, luge_val state, luge_val like, double a, double b)
{
    if (!luge__open_graph(g, luge__op_of(op)->name)) return luge__none();
    const luge_val in[2] = { state, like };
    const luge__random_attr attr = { .stream = g->n_random, .a = a, .b = b };
    return luge__append(g, op, in, 2, &attr);
}

#define DRAW(op_name, words, ref_function)                                                                             \
    const luge__op luge__row_##op_name = {                                                                             \
        LUGE__ROW(op_name),    .formula = words,  .gradient = "0: constants",                                          \
        .min_in = 2,           .max_in = 2,       .flags = LUGE__RANDOM,                                               \
        .shape_only = 2,       .constant = 1,     LUGE__ATTR(luge__random_attr, random_fields),                        \
        .infer = random_infer, .vjp = random_vjp, .ref = ref_function                                                  \
    };                                                                                                                 \
    luge_val luge_##op_name(luge_graph *g, luge_val state, luge_val like, double a, double b)                          \
    {                                                                                                                  \
        return build(g, LUGE__OP_##op_name, state, like, a, b);                                                        \
    }

DRAW(random_uniform, "uniform in [low, high)", uniform_ref)
DRAW(random_normal, "normal with mean and deviation", normal_ref)

/* Dropout is linear in x, so its gradient is the same dropout, with the same stream, of g: no mask is kept. */
static luge_status dropout_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge_val in[2] = { v->in[0], v->gout };
    v->gin[1] = luge__append(g, LUGE__OP_random_dropout, in, 2, v->attr);
    return LUGE_OK;
}

uint32_t luge__drop_below(double rate)
{
    return (uint32_t)(rate * 4294967296.0); /* an element goes where its random word is below this; rate < 1 */
}

static luge_status dropout_ref(luge__call *call)
{
    const luge__random_attr *attr = call->attr;
    const luge__random r = luge__random_of(&call->in[0], attr);
    const uint32_t below = luge__drop_below(attr->a);
    int64_t i[LUGE_MAX_DIMS] = { 0 }, element = 0;
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do {
        uint32_t word;
        luge__random_words(&r, element++, 1, &word);
        luge__put(&call->out, i, word < below ? 0 : luge__get(&call->in[1], i) / (1 - attr->a));
    } while (luge__next(&call->out.shape, i));
    return LUGE_OK;
}

const luge__op luge__row_random_dropout = {
    LUGE__ROW(random_dropout),
    .formula = "x / (1 - rate) with probability 1 - rate, else 0",
    .gradient = "the same elements of g, / (1 - rate)",
    .min_in = 2,
    .max_in = 2,
    .flags = LUGE__RANDOM,
    .constant = 1,
    LUGE__ATTR(luge__random_attr, random_fields),
    .infer = random_infer,
    .vjp = dropout_vjp,
    .ref = dropout_ref,
};
luge_val luge_random_dropout(luge_graph *g, luge_val x, luge_val state, double rate)
{
    return build(g, LUGE__OP_random_dropout, state, x, rate, 0);
}
