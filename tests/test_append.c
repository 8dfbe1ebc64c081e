/* test_append.c: nodes told and made by name: a graph rebuilt so is the same graph, and whatever a hostile file could
 * ask for is refused or works. */
#include <stdio.h>
#include <stdlib.h>

#include "failing_alloc.h"
#include "graph_tools.h"
#include "op_graphs.h"
#include "ops/rows.h"

/* ---- rebuilding -------------------------------------------------------------------------------------------------- */

/* The constants' elements travel apart. */
static luge_val again_constant(luge_test *t, luge_graph *h, luge_graph *g, luge_val v, const luge_node_info *info)
{
    const size_t bytes = (size_t)luge_shape_size(&info->shape) * luge_dtype_size(info->dtype);
    void *data = malloc(bytes + 1);
    CHECK(t, data != NULL);
    CHECK_STATUS(t, luge_get(g, v, data, bytes), LUGE_OK);
    const luge_val made = luge_constant(h, info->dtype, info->shape, data);
    free(data);
    return made;
}

/* A copy of g, made of what public functions tell of its nodes. */
static luge_graph *rebuilt(luge_test *t, luge_graph *g)
{
    luge_graph *h = luge_graph_create(luge__graph_ctx(g));
    for (uint32_t id = 1; id <= luge_node_count(g); id++) {
        const luge_val v = luge_node_at(g, id);
        luge_node_info info;
        luge_val in[16], made;
        luge_attribute attributes[16];
        CHECK_STATUS(t, luge_node_info_of(g, v, &info), LUGE_OK);
        const int n = luge_attribute_count(g, v);
        for (int i = 0; i < info.n_inputs; i++) in[i] = luge_node_at(h, info.inputs[i].id);
        for (int i = 0; i < n; i++) /* in reverse: the order is free */
            CHECK_STATUS(t, luge_attribute_at(g, v, n - 1 - i, &attributes[i]), LUGE_OK);
        made = strcmp(info.op, "constant") ? luge_append(h, info.op, in, info.n_inputs, attributes, n)
                                           : again_constant(t, h, g, v, &info);
        if (*info.name) made = luge_name(h, made, info.name);
        if (!CHECK_EQ_INT(t, made.id, id)) {
            CHECK_STR_EQ(t, luge_last_error(), "");
            break;
        }
    }
    return h;
}

static void rebuild_one(op_graphs *graphs, const char *name, luge_graph *g)
{
    luge_test *t = graphs->t;
    luge_graph *h = rebuilt(t, g);
    CHECK_STATUS(t, luge_graph_verify(h), LUGE_OK);
    char *first = op_graph_text(t, g), *second = op_graph_text(t, h);
    if (first && second && strcmp(first, second)) CHECK_STR_EQ(t, second, first);
    free(first);
    free(second);
    CHECK_EQ_INT(t, h->n_random, g->n_random);
    CHECK_EQ_INT(t, h->n_effects, g->n_effects);
    CHECK_EQ_INT(t, h->n_storage, g->n_storage);
    for (size_t i = 0; i < g->n_storage; i++) CHECK_EQ_INT(t, h->storage[i].slab, g->storage[i].slab);
    (void)name;
}

static void every_op(luge_test *t)
{
    op_graphs graphs = { .t = t, .each = rebuild_one };
    op_graphs_each(&graphs);
    op_graphs_complete(&graphs);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static luge_attribute i64_attr(const char *name, int64_t value)
{
    return (luge_attribute){ .name = name, .kind = LUGE_ATTRIBUTE_I64, .i64 = value };
}

static luge_attribute f64_attr(const char *name, double value)
{
    return (luge_attribute){ .name = name, .kind = LUGE_ATTRIBUTE_F64, .f64 = value };
}

static luge_attribute flag_attr(const char *name, int64_t value)
{
    return (luge_attribute){ .name = name, .kind = LUGE_ATTRIBUTE_FLAG, .i64 = value };
}

static luge_attribute dtype_attr(const char *name, luge_dtype value)
{
    return (luge_attribute){ .name = name, .kind = LUGE_ATTRIBUTE_DTYPE, .dtype = value };
}

static luge_attribute shape_attr(const char *name, luge_shape value)
{
    return (luge_attribute){ .name = name, .kind = LUGE_ATTRIBUTE_SHAPE, .shape = value };
}

static luge_attribute axes_attr(const char *name, luge_axes value)
{
    return (luge_attribute){ .name = name, .kind = LUGE_ATTRIBUTE_AXES, .axes = value };
}

/* op(in) with these attributes is refused with words that contain the text. */
#define REFUSED(op, in, n_in, status, words, ...)                                                                      \
    do {                                                                                                               \
        const luge_attribute a_[] = { __VA_ARGS__ };                                                                   \
        CHECK(t, !luge_is_some(luge_append(g, op, in, n_in, a_, (int)(sizeof a_ / sizeof *a_))));                      \
        CHECK_FAILS(t, ctx, status, words);                                                                            \
        CHECK_EQ_INT(t, luge_node_count(g), nodes);                                                                    \
    } while (0)

static void bad_calls(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(2, 3)), xs[2] = { x, x };
    const luge_attribute axis = i64_attr("axis", 1);
    const uint32_t nodes = luge_node_count(g);
    REFUSED("no such op", xs, 2, LUGE_EINVAL, "there is no op \"no such op\"", axis);
    REFUSED(NULL, xs, 2, LUGE_EINVAL, "there is no op \"\"", axis);
    REFUSED("constant", NULL, 0, LUGE_EINVAL, "luge_constant makes it", axis);
    REFUSED("concat", xs, 0, LUGE_EINVAL, "concat: 0 operands; 1 to 15 are expected", axis);
    REFUSED("concat", xs, -3, LUGE_EINVAL, "concat: -3 operands", axis);
    REFUSED("concat", xs, 16, LUGE_EINVAL, "concat: 16 operands", axis);
    REFUSED("concat", NULL, 2, LUGE_EINVAL, "concat: 2 operands (NULL)", axis);
    REFUSED("concat", xs, 2, LUGE_EINVAL, "there is no attribute \"axes\"", i64_attr("axes", 1));
    REFUSED("concat", xs, 2, LUGE_EINVAL, "there is no attribute \"\"", i64_attr(NULL, 1));
    REFUSED("concat", xs, 2, LUGE_EINVAL, "axis is given twice", axis, axis);
    REFUSED("concat", xs, 2, LUGE_EINVAL, "axis is of kind 2; a whole number", f64_attr("axis", 1));
    REFUSED("slice", xs, 1, LUGE_EINVAL, "slice: the attribute start is missing", axis);
    REFUSED("full", NULL, 0, LUGE_EINVAL, "unknown dtype 99", dtype_attr("dtype", (luge_dtype)99));
    REFUSED("full", NULL, 0, LUGE_ESHAPE, "shape has 9 dimensions", shape_attr("shape", (luge_shape){ .ndim = 9 }));
    REFUSED("sum", xs, 1, LUGE_EINVAL, "axes lists -1 axes", axes_attr("axes", (luge_axes){ .n = -1 }));
    REFUSED("sum", xs, 1, LUGE_EINVAL, "keepdims is 2; 0 or 1", flag_attr("keepdims", 2));
    CHECK(t, !luge_is_some(luge_append(g, "neg", &x, 1, NULL, 1)));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "attributes is NULL");
    CHECK(t, !luge_is_some(luge_append(g, "neg", &x, 1, NULL, -1)));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "n_attributes is -1");
    const luge_val strangers[3] = { { 0, 0 }, { x.id, x.tag + 1 }, { 500, x.tag } };
    for (int i = 0; i < 3; i++) {
        CHECK(t, !luge_is_some(luge_append(g, "neg", &strangers[i], 1, NULL, 0)));
        CHECK_STATUS(t, luge_failure(ctx), LUGE_EINVAL);
        luge_clear(ctx);
    }
    CHECK(t, !luge_is_some(luge_append(NULL, "neg", &x, 1, NULL, 0)));
    luge_attribute out;
    CHECK_EQ_INT(t, luge_attribute_count(g, strangers[2]) + luge_attribute_count(NULL, x), 0);
    CHECK_EQ_INT(t, luge_attribute_count(g, x), 2);
    CHECK_STATUS(t, luge_attribute_at(g, x, 2, &out), LUGE_EINVAL);
    CHECK_STATUS(t, luge_attribute_at(g, x, -1, &out), LUGE_EINVAL);
    CHECK_STATUS(t, luge_attribute_at(g, strangers[1], 0, &out), LUGE_EINVAL);
    CHECK_STATUS(t, luge_attribute_at(g, x, 0, NULL), LUGE_EINVAL);
    luge_close(ctx);
}

/* What the builders refuse, and what only a file could ask for. */
static void bad_attributes(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(2, 3)), flat = luge_reshape(g, x, luge_shape_of(6)),
                   state = luge_variable(g, "state", LUGE_I64, luge_shape_of(2)),
                   index = luge_input(g, "i", LUGE_I64, luge_shape_of(2)),
                   w = luge_variable(g, "w", LUGE_F32, luge_shape_of(2)),
                   u = luge_variable(g, "u", LUGE_F32, luge_shape_of(2)), rate = luge_scalar(g, LUGE_F32, 1),
                   wide = luge_input(g, "wide", LUGE_F32, luge_shape_of(2, 100)),
                   whole = luge_input(g, "whole", LUGE_F32, luge_shape_of(4, 3));
    const luge_val random[2] = { state, x }, logits[2] = { x, index }, parts[3] = { whole, x, wide },
                   up[5] = { w, w, rate, u, u }, like[2] = { flat, x };
    const uint32_t nodes = luge_node_count(g);
    for (int64_t axis = -1; axis <= 2; axis += 3) {
        REFUSED("argmax", &x, 1, LUGE_EINVAL, "out of range", i64_attr("axis", axis));
        REFUSED("concat", &x, 1, LUGE_EINVAL, "out of range", i64_attr("axis", axis));
        REFUSED("gather", logits, 2, LUGE_EINVAL, "out of range", i64_attr("axis", axis));
        REFUSED("concat_part", parts, 2, LUGE_EINVAL, "out of range", i64_attr("axis", axis), i64_attr("index", 0));
        REFUSED("slice", &x, 1, LUGE_EINVAL, "out of range", i64_attr("axis", axis), i64_attr("start", 0),
                i64_attr("stop", 1), i64_attr("step", 1));
    }
    REFUSED("argmax", &x, 1, LUGE_EINVAL, "out of range", i64_attr("axis", INT64_C(1) << 32));
    REFUSED("slice", &x, 1, LUGE_EINVAL, "step 0", i64_attr("axis", 0), i64_attr("start", 0), i64_attr("stop", 1),
            i64_attr("step", 0));
    REFUSED("unslice", like, 2, LUGE_EINVAL, "step -1", i64_attr("axis", 0), i64_attr("start", 0), i64_attr("stop", 1),
            i64_attr("step", -1));
    REFUSED("concat_part", parts, 3, LUGE_ESHAPE, "part 2 of [2,100] does not fit", i64_attr("axis", 0),
            i64_attr("index", 1));
    REFUSED("concat_part", parts, 2, LUGE_EINVAL, "there is no part 1 of 1", i64_attr("axis", 0), i64_attr("index", 1));
    REFUSED("concat_part", parts, 2, LUGE_ESHAPE, "leave 2 of axis 0", i64_attr("axis", 0), i64_attr("index", 0));
    REFUSED("reshape", &x, 1, LUGE_ESHAPE, "names a dimension twice", shape_attr("shape", luge_shape_of(-2, -2, -1)));
    REFUSED("reshape", &x, 1, LUGE_ESHAPE, "has not", shape_attr("shape", luge_shape_of(-4, -1)));
    REFUSED("reshape", &x, 1, LUGE_ESHAPE, "has not", shape_attr("shape", luge_shape_of(INT64_MIN, -1)));
    REFUSED("transpose", &x, 1, LUGE_EINVAL, "twice", axes_attr("axes", luge_axes_of(1, 1)));
    REFUSED("transpose", &x, 1, LUGE_EINVAL, "1 axes for 2", axes_attr("axes", luge_axes_of(1)));
    REFUSED("sum", &x, 1, LUGE_EINVAL, "not sorted", axes_attr("axes", luge_axes_of(1, 0)), flag_attr("all", 0),
            flag_attr("keepdims", 0));
    REFUSED("sum", &x, 1, LUGE_EINVAL, "`all`", axes_attr("axes", luge_axes_of(1)), flag_attr("all", 1),
            flag_attr("keepdims", 0));
    REFUSED("one_hot", &index, 1, LUGE_EINVAL, "depth -1", i64_attr("depth", -1), dtype_attr("dtype", LUGE_F32));
    REFUSED("random_dropout", random, 2, LUGE_EINVAL, "rate nan", i64_attr("stream", 0), f64_attr("a", (double)NAN),
            f64_attr("b", 0));
    REFUSED("random_dropout", random, 2, LUGE_EINVAL, "rate 1 ", i64_attr("stream", 0), f64_attr("a", 1),
            f64_attr("b", 0));
    REFUSED("random_normal", random, 2, LUGE_EINVAL, "stream -1", i64_attr("stream", -1), f64_attr("a", 1),
            f64_attr("b", 0));
    REFUSED("softmax_cross_entropy", logits, 2, LUGE_EINVAL, "smoothing 1 ", f64_attr("smoothing", 1));
    REFUSED("squared_error", random, 2, LUGE_EINVAL, "no kind 3", i64_attr("kind", 3), f64_attr("delta", 0));
    REFUSED("huber", like, 2, LUGE_EINVAL, "delta 0", i64_attr("kind", 0), f64_attr("delta", 0));
    REFUSED("cast", &x, 1, LUGE_ENOTSUP, "f16", dtype_attr("dtype", LUGE_F16));
    REFUSED("variable", NULL, 0, LUGE_EINVAL, "slab 16", dtype_attr("dtype", LUGE_F32),
            shape_attr("shape", luge_shape_of(2)), i64_attr("slab", 16));
    REFUSED("full", NULL, 0, LUGE_EINVAL, "nan is no value", dtype_attr("dtype", LUGE_I32),
            shape_attr("shape", luge_shape_of(2)), f64_attr("value", (double)NAN));
    REFUSED("input", NULL, 0, LUGE_ESHAPE, "negative", dtype_attr("dtype", LUGE_F32),
            shape_attr("shape", luge_shape_of(-2)));
#define UPDATE(has, factor, weight_decay, formulas)                                                                    \
    i64_attr("has", has), f64_attr("momentum", factor), f64_attr("rho", 0), f64_attr("beta1", 0),                      \
        f64_attr("beta2", 0), f64_attr("epsilon", 0), f64_attr("weight_decay", weight_decay),                          \
        flag_attr("nesterov", 0), i64_attr("formulas", formulas)
    REFUSED("update_sgd", up, 3, LUGE_EINVAL, "`has` 2", UPDATE(LUGE__HAS_VELOCITY, 0, 0, 0));
    REFUSED("update_sgd", up, 4, LUGE_EINVAL, "`has` 32", UPDATE(32, 0, 0, 0));
    REFUSED("update_sgd", up, 4, LUGE_EINVAL, "v_max has no use", UPDATE(16, 0, 0, 0));
    REFUSED("update_sgd", up, 4, LUGE_EINVAL, "has no use", UPDATE(-1, 0, 0, 0));
    REFUSED("update_adagrad", up, 4, LUGE_EINVAL, "v is needed", UPDATE(0, 0, 0, 0));
    REFUSED("update_sgd", up, 3, LUGE_EINVAL, "momentum 1 ", UPDATE(0, 1, 0, 0));
    REFUSED("update_sgd", up, 3, LUGE_EINVAL, "weight_decay", UPDATE(0, 0, (double)NAN, 0));
    REFUSED("update_sgd", up, 3, LUGE_EINVAL, "no formulas 2", UPDATE(0, 0, 0, 2));
    luge_close(ctx);
}

/* Streams stay as asked for, and the next one is new. Leaves get their names afterwards, each once. */
static void streams_and_names(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_attribute type[3] = { dtype_attr("dtype", LUGE_F32), shape_attr("shape", luge_shape_of(2)),
                                     i64_attr("slab", 3) };
    const luge_val x = luge_append(g, "input", NULL, 0, type, 2), w = luge_append(g, "variable", NULL, 0, type, 3);
    CHECK_EQ_INT(t, luge_name(g, x, "x").id, x.id);
    CHECK_EQ_INT(t, luge_name(g, x, "x").id, x.id);
    CHECK(t, !luge_is_some(luge_name(g, w, "x")));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "the name \"x\" is taken");
    CHECK(t, !luge_is_some(luge_name(g, w, NULL)));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "a name is needed");
    const luge_val state = luge_variable(g, "state", LUGE_I64, luge_shape_of(2)), in[2] = { state, x };
    const luge_attribute draw[3] = { i64_attr("stream", 41), f64_attr("a", 0), f64_attr("b", 1) };
    luge_append(g, "random_uniform", in, 2, draw, 3);
    luge_attribute a;
    CHECK_STATUS(t, luge_attribute_at(g, luge_random_normal(g, state, x, 0, 1), 0, &a), LUGE_OK);
    CHECK_EQ_INT(t, a.i64, 42);
    const luge_val pair[2] = { x, w };
    const luge_attribute loss[2] = { i64_attr("kind", 0), f64_attr("delta", 1) };
    CHECK(t, luge_is_some(luge_append(g, "huber", pair, 2, loss, 2))); /* made of others */
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
}

/* Many names, found quickly; a name that was given up is free again. */
static void many_names(luge_test *t)
{
    enum { MANY = 20000 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    char name[32];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "name %d", i);
        luge_input(g, name, LUGE_F32, luge_scalar_shape());
    }
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    for (int i = 0; i < MANY; i += 77) {
        (void)snprintf(name, sizeof name, "name %d", i);
        CHECK(t, !luge_is_some(luge_variable(g, name, LUGE_F32, luge_scalar_shape())));
        CHECK_FAILS(t, ctx, LUGE_EINVAL, "is taken");
        luge_name(g, luge_node_at(g, (uint32_t)i + 1), "other");
        CHECK_EQ_INT(t, luge_name(g, luge_node_at(g, MANY), name).id, MANY);
        CHECK_EQ_INT(t, luge_name(g, luge_node_at(g, (uint32_t)i + 1), "yet another").id, (uint32_t)i + 1);
        luge_name(g, luge_node_at(g, MANY), "last");
        CHECK_EQ_INT(t, luge_name(g, luge_node_at(g, (uint32_t)i + 1), name).id, (uint32_t)i + 1);
    }
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    CHECK_EQ_INT(t, luge_node_count(g), MANY);
    luge_close(ctx);
}

/* ---- hostile files ----------------------------------------------------------------------------------------------- */

enum { HOSTILE_LEAVES = 13, HOSTILE_POOL = 128, HOSTILE_TRIES = 80, HOSTILE_ROUNDS = 2500, HOSTILE_ELEMENTS = 2048 };

typedef struct hostile {
    luge_test *t;
    luge_context *ctx;
    luge_graph *g;
    luge_val pool[HOSTILE_POOL]; /* small values, to be operands */
    luge_val made[HOSTILE_POOL]; /* what was accepted: outputs of a plan */
    luge_val x;
    int n, n_made;
    int64_t accepted, ran;
    uint8_t ops[LUGE__OP_COUNT];
} hostile;

static int64_t any_int(luge_test *t)
{
    static const int64_t ends[] = { INT64_MIN, INT64_MAX, INT64_MIN + 1,    INT32_MAX, (int64_t)INT32_MAX + 1,
                                    -1000,     255,       (int64_t)1 << 40, INT32_MIN, (int64_t)1 << 32 };
    if (luge_test_below(t, 12) == 0) return ends[luge_test_below(t, 10)];
    return luge_test_below(t, 8) ? luge_test_below(t, 5) - 1 : luge_test_below(t, 64) - 16;
}

static double any_double(luge_test *t)
{
    static const double ends[] = { -0.0, 1, -1, 1e308, -1e308, 5e-324, 2 };
    const int64_t pick = luge_test_below(t, 60);
    if (pick < 7) return ends[pick];
    return pick == 7 ? (double)NAN : pick == 8 ? (double)INFINITY : luge_test_uniform(t, 0, 1);
}

static luge_shape any_shape(luge_test *t, int small)
{
    luge_shape s = { .ndim = (int32_t)luge_test_below(t, 4) };
    if (luge_test_below(t, 40) == 0) s.ndim = (int32_t)any_int(t);
    for (int i = 0; i < LUGE_MAX_DIMS; i++) s.dim[i] = small ? luge_test_below(t, 5) : any_int(t);
    return s;
}

static luge_attribute any_attribute(hostile *h, const luge__field *f, int small)
{
    luge_test *t = h->t;
    luge_attribute a = { .name = f->name, .kind = (luge_attribute_kind)f->kind, .f64 = any_double(t) };
    a.i64 = f->kind == LUGE__FIELD_FLAG && luge_test_below(t, 20) ? luge_test_below(t, 2) : any_int(t);
    if (!strcmp(f->name, "has") && luge_test_below(t, 4)) a.i64 = luge_test_below(t, 32);
    if ((!strcmp(f->name, "formulas") || !strcmp(f->name, "kind")) && luge_test_below(t, 4))
        a.i64 = luge_test_below(t, 3);
    a.dtype = luge_test_below(t, 4) ? LUGE_F32 : (luge_dtype)luge_test_below(t, 12);
    a.shape = any_shape(t, small);
    a.axes.n = (int32_t)luge_test_below(t, 3);
    for (int i = 0; i < LUGE_MAX_DIMS; i++) a.axes.axis[i] = luge_test_below(t, 3) ? i : (int32_t)any_int(t);
    if (luge_test_below(t, 30) == 0) a.axes.n = (int32_t)any_int(t);
    if (luge_test_below(t, 200) == 0) a.kind = (luge_attribute_kind)luge_test_below(t, 9);
    if (luge_test_below(t, 200) == 0) a.name = "axis";
    return a;
}

/* Operands as an update has them: a weight, a gradient, a rate, and states as its attribute `has` tells. */
static int update_operands(const hostile *h, int adam, int64_t has, luge_val *in)
{
    const int usual[7] = { 2, 3, 8, adam ? 6 : 3, adam ? 3 : 4, adam ? 4 : 12, 12 };
    int n = 3;
    for (int i = 0; i < 7; i++) in[i] = h->pool[usual[i]];
    for (int bit = 0; bit < 4 || (bit < 5 && n < 7); bit++) n += (int)(has >> bit & 1);
    return n;
}

/* One try to append something. */
static void append_any(hostile *h)
{
    luge_test *t = h->t;
    const luge__op *op = luge__op_of((luge__op_id)luge_test_below(t, LUGE__OP_COUNT));
    luge_attribute attributes[16];
    luge_val in[18], v;
    int n = 0, n_in = op->min_in + (int)luge_test_below(t, op->max_in - op->min_in + 1);
    if (luge_test_below(t, 60) == 0) n_in = (int)luge_test_below(t, 18);
    for (int i = 0; i < 18; i++) in[i] = h->pool[luge_test_below(t, h->n)];
    if (n_in > 1 && luge_test_below(t, 2)) in[1] = in[0]; /* mostly equal shapes */
    if (luge_test_below(t, 80) == 0) in[0] = (luge_val){ (uint32_t)any_int(t), in[0].tag };
    for (const luge__field *f = op->fields; f && f->name; f++)
        attributes[n++] = any_attribute(h, f, (op->flags & LUGE__LEAF) && luge_test_below(t, 4));
    if (n && luge_test_below(t, 100) == 0) n--;
    if (op->id >= LUGE__OP_update_sgd && op->id < LUGE__OP_dense_update_sgd && luge_test_below(t, 4))
        n_in = update_operands(h, op->id >= LUGE__OP_update_adam, attributes[0].i64, in);
    if (op->id == LUGE__OP_variable) attributes[1].shape = any_shape(t, 1); /* memory is what it asks for */
    const uint32_t before = luge_node_count(h->g);
    v = luge_append(h->g, op->name, in, n_in, attributes, n);
    if (!v.id) {
        CHECK(t, luge_failed(h->ctx));
        CHECK(t, luge_failure(h->ctx) != LUGE_EINTERNAL);
        luge_clear(h->ctx);
        if (luge_node_count(h->g) != before) CHECK(t, !op->ref); /* part of what it means, when a later part failed */
        return;
    }
    h->accepted++;
    h->ops[op->id] = 1;
    const luge_shape shape = luge_shape_of_val(h->g, v);
    if (luge_shape_size(&shape) > HOSTILE_ELEMENTS) return;
    if (luge_test_below(t, 8) == 0) luge_name(h->g, v, luge_test_below(t, 2) ? "name" : "other name");
    luge_clear(h->ctx);
    if (h->n_made < HOSTILE_POOL && v.id > HOSTILE_LEAVES) h->made[h->n_made++] = v;
    if (!(op->flags & LUGE__EFFECT))
        h->pool[h->n < HOSTILE_POOL ? h->n++
                                    : HOSTILE_LEAVES + (int)luge_test_below(t, HOSTILE_POOL - HOSTILE_LEAVES)] = v;
}

static void hostile_leaves(hostile *h)
{
    luge_graph *g = h->g;
    static const int64_t numbers[3] = { 0, 2, 1 };
    const luge_val leaves[HOSTILE_LEAVES] = {
        h->x = luge_input(g, "x", LUGE_F32, luge_shape_of(3, 4)),
        luge_input(g, "y", LUGE_F64, luge_shape_of(3)),
        luge_variable(g, "w", LUGE_F32, luge_shape_of(3, 4)),
        luge_variable(g, "u", LUGE_F32, luge_shape_of(3, 4)),
        luge_variable(g, "v", LUGE_F32, luge_shape_of(3, 4)),
        luge_variable(g, "state", LUGE_I64, luge_shape_of(2)),
        luge_variable(g, "count", LUGE_I64, luge_scalar_shape()),
        luge_constant(g, LUGE_I64, luge_shape_of(3), numbers),
        luge_scalar(g, LUGE_F32, 0.5),
        luge_input(g, "small", LUGE_I32, luge_shape_of(2, 0)),
        luge_input(g, "half", LUGE_F16, luge_shape_of(3)),
        luge_input(g, "bool", LUGE_BOOL, luge_shape_of(3, 4)),
        luge_variable(g, "z", LUGE_F32, luge_shape_of(3, 4)),
    };
    for (h->n = 0; h->n < HOSTILE_LEAVES; h->n++) h->pool[h->n] = leaves[h->n];
}

/* Compiles and runs all that was accepted; any answer will do that is no crash and no fault of the library's own. */
static void run_all(hostile *h, luge_graph *g, const luge_val *outputs, int n, const char *backend)
{
    static unsigned char bytes[HOSTILE_ELEMENTS * 8];
    luge_plan *plan = luge_plan_create(g, outputs, n, .backend = backend, .guard = 1);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    for (uint32_t id = 1; run && id <= luge_node_count(g); id++) {
        luge_node_info info;
        luge_node_info_of(g, luge_node_at(g, id), &info);
        if (strcmp(info.op, "input") || luge_shape_size(&info.shape) > HOSTILE_ELEMENTS) continue;
        luge_run_bind(run, luge_node_at(g, id), bytes,
                      (size_t)luge_shape_size(&info.shape) * luge_dtype_size(info.dtype));
    }
    const luge_status status = run ? luge_run_execute(run) : luge_failure(luge__graph_ctx(g));
    if (!CHECK(h->t, status != LUGE_EINTERNAL)) CHECK_STR_EQ(h->t, luge_last_error(), "");
    h->ran += !status;
    luge_run_free(run);
    luge_plan_free(plan);
    luge_clear(luge__graph_ctx(g));
}

static void hostile_round(hostile *h)
{
    luge_test *t = h->t;
    h->g = luge_graph_create(h->ctx);
    h->n_made = 0;
    hostile_leaves(h);
    for (int i = 0; i < HOSTILE_TRIES; i++) append_any(h);
    CHECK_STATUS(t, luge_graph_verify(h->g), LUGE_OK);
    luge_val wrt[2] = { h->x, h->pool[2] }, grads[2];
    const luge_status gradient = luge_gradient(h->g, h->pool[luge_test_below(t, h->n)], wrt, 2, grads);
    if (!CHECK(t, gradient != LUGE_EINTERNAL)) CHECK_STR_EQ(t, luge_error(h->ctx), "");
    luge_clear(h->ctx);
    if (!gradient) h->made[h->n_made > HOSTILE_POOL - 1 ? HOSTILE_POOL - 1 : h->n_made++] = grads[0];
    CHECK_STATUS(t, luge_graph_verify(h->g), LUGE_OK);
    const int n = h->n_made > 40 ? 40 : h->n_made;
    if (n) run_all(h, h->g, h->made + h->n_made - n, n, luge_test_below(t, 2) ? "cpu" : "ref");
    const luge_shape other = luge_shape_of(luge_test_below(t, 7), 4);
    luge_graph *r = luge_graph_replay(h->g, .n_inputs = 1, .inputs = &h->x, .shapes = &other,
                                      .float_dtype = luge_test_below(t, 2) ? LUGE_F64 : LUGE_NO_DTYPE);
    CHECK(t, luge_failure(h->ctx) != LUGE_EINTERNAL);
    luge_clear(h->ctx);
    if (r) {
        CHECK_STATUS(t, luge_graph_verify(r), LUGE_OK);
        luge_val outputs[40];
        for (int i = 0; i < n; i++) outputs[i] = luge_replayed(r, h->made[h->n_made - n + i]);
        if (n) run_all(h, r, outputs, n, "cpu");
    }
    luge_graph_free(r);
    luge_graph_free(h->g);
}

static void hostile_nodes(luge_test *t)
{
    hostile h = { .t = t, .ctx = luge_open(.threads = 1) };
    for (int i = 0; i < HOSTILE_ROUNDS; i++) hostile_round(&h);
    CHECK(t, h.ran > HOSTILE_ROUNDS / 4);
    CHECK(t, h.accepted > HOSTILE_ROUNDS * HOSTILE_TRIES / 20);
    for (int id = 0; id < LUGE__OP_dense_update_sgd;
         id++) /* the fused updates and dense_backprop hardly fit by chance */
        if (id != LUGE__OP_constant && id != LUGE__OP_dense_backprop)
            (void)luge_test_check(t, __FILE__, __LINE__, luge__op_of((luge__op_id)id)->name, h.ops[id]);
    if (t->verbose)
        printf("%d of %d tries accepted, %d of %d runs ended well\n", (int)h.accepted, HOSTILE_ROUNDS * HOSTILE_TRIES,
               (int)h.ran, 2 * HOSTILE_ROUNDS);
    luge_close(h.ctx);
}

static luge_status append_some(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    (void)user;
    luge_graph *g = luge_graph_create(ctx);
    const luge_attribute type[3] = { dtype_attr("dtype", LUGE_F32), shape_attr("shape", luge_shape_of(2)),
                                     i64_attr("slab", 3) };
    const luge_val w = luge_name(g, luge_append(g, "variable", NULL, 0, type, 3), "w");
    luge_append(g, "neg", &w, 1, NULL, 0);
    return luge_failure(ctx);
}

static void out_of_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "append", append_some, NULL);
}

void test_append(luge_test *t)
{
    RUN(t, every_op);
    RUN(t, bad_calls);
    RUN(t, bad_attributes);
    RUN(t, streams_and_names);
    RUN(t, many_names);
    RUN(t, hostile_nodes);
    RUN(t, out_of_memory);
}
