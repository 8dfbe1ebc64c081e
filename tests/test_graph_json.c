/* test_graph_json.c: graphs as JSON: what is written reads back as the same graph; what is wrong is refused by node. */
#include <stdlib.h>

#include "failing_alloc.h"
#include "graph_tools.h"
#include "op_graphs.h"
#include "train/graph_json.h"

/* ---- leaves ------------------------------------------------------------------------------------------------------ */

typedef struct leaves {
    luge_context *ctx;
    luge_graph *origin; /* where the constants' elements are; NULL: zeros, few of them */
    void *data;
    int variables, constants;
} leaves;

enum { LEAF_BYTES = 1 << 16 };

static luge_status leave_for(void *user, uint32_t id, const char *name, luge_dtype dtype, const luge_shape *shape)
{
    leaves *l = user;
    size_t bytes = 0;
    l->variables++;
    if (luge__shape_bytes(shape, dtype, &bytes) && bytes <= LEAF_BYTES) return LUGE_OK;
    return luge__fail(l->ctx, LUGE_EFORMAT, "variable \"%s\" (%d) has no such size", name, (int)id);
}

static const void *elements_of(void *user, uint32_t id, luge_dtype dtype, const luge_shape *shape, size_t bytes)
{
    leaves *l = user;
    l->constants++;
    free(l->data);
    l->data = bytes <= LEAF_BYTES ? calloc(1, bytes + 1) : NULL;
    if (!l->data)
        luge__fail(l->ctx, LUGE_EFORMAT, "constant %d %T %S has no such size", (int)id, dtype, shape);
    else if (l->origin)
        luge_get(l->origin, luge_node_at(l->origin, id), l->data, bytes);
    return l->data;
}

static luge_status read_text(leaves *l, luge_graph *g, const char *text, size_t bytes)
{
    const luge__graph_leaves callbacks = { l, leave_for, elements_of };
    luge__json *doc = luge__json_parse(l->ctx, "file", text, bytes);
    const luge_status status =
        doc ? luge__graph_read(l->ctx, g, "file", doc, luge__json_root(doc), &callbacks) : luge_failure(l->ctx);
    luge__json_free(doc);
    free(l->data);
    l->data = NULL;
    return status;
}

/* ---- round trips ------------------------------------------------------------------------------------------------- */

static void same_again(op_graphs *graphs, const char *name, luge_graph *g)
{
    luge_test *t = graphs->t;
    luge_context *ctx = luge__graph_ctx(g);
    luge__json_writer w = { .ctx = ctx }, again = { .ctx = ctx };
    leaves l = { .ctx = ctx, .origin = g };
    luge_graph *h = luge_graph_create(ctx);
    luge__graph_write(&w, g, luge_node_count(g));
    CHECK_STATUS(t, w.status, LUGE_OK);
    if (!CHECK_STATUS(t, read_text(&l, h, w.text, w.length), LUGE_OK)) {
        CHECK_STR_EQ(t, name, luge_error(ctx));
        CHECK_STR_EQ(t, w.text, "");
    }
    CHECK_STATUS(t, luge_graph_verify(h), LUGE_OK);
    char *first = op_graph_text(t, g), *second = op_graph_text(t, h);
    if (first && second && strcmp(first, second)) CHECK_STR_EQ(t, second, first);
    free(first);
    free(second);
    luge__graph_write(&again, h, UINT32_MAX); /* no more than there are */
    CHECK_STR_EQ(t, again.text, w.text);
    luge__json_writer_free(&w);
    luge__json_writer_free(&again);
}

static void every_op(luge_test *t)
{
    op_graphs graphs = { .t = t, .each = same_again };
    op_graphs_each(&graphs);
    op_graphs_complete(&graphs);
}

/* What the text looks like, and only the first nodes of a graph. */
static void the_text(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x \"1\"", LUGE_F32, luge_shape_of(2, 3));
    luge_slab_variable(g, "w", LUGE_I64, luge_scalar_shape(), 3);
    luge_scalar(g, LUGE_F64, -(double)INFINITY);
    luge_name(g, luge_sum_over(g, luge_neg(g, x), luge_axes_of(1), 1), "s");
    luge_one_hot_like(g, luge_argmax(g, x, -1), x);
    luge_exp(g, x);
    luge__json_writer w = { .ctx = ctx };
    luge__graph_write(&w, g, luge_node_count(g) - 1);
    CHECK_STR_EQ(t, w.text,
                 "[{\"op\":\"input\",\"name\":\"x \\\"1\\\"\",\"attr\":{\"dtype\":\"f32\",\"shape\":[2,3]}},"
                 "{\"op\":\"variable\",\"name\":\"w\",\"attr\":{\"dtype\":\"i64\",\"shape\":[],\"slab\":3}},"
                 "{\"op\":\"full\",\"attr\":{\"dtype\":\"f64\",\"shape\":[],\"value\":\"-inf\"}},"
                 "{\"op\":\"neg\",\"in\":[1]},"
                 "{\"op\":\"sum\",\"in\":[4],\"name\":\"s\",\"attr\":{\"axes\":[1],\"all\":false,\"keepdims\":true}},"
                 "{\"op\":\"argmax\",\"in\":[1],\"attr\":{\"axis\":1}},"
                 "{\"op\":\"one_hot\",\"in\":[6,1],\"attr\":{\"depth\":0,\"dtype\":null}}]");
    luge__json_writer_free(&w);
    luge_close(ctx);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

#define X    "{\"op\":\"input\",\"name\":\"x\",\"attr\":{\"dtype\":\"f32\",\"shape\":[2,3]}}"
#define I(a) "{\"op\":\"input\",\"name\":\"y\",\"attr\":{" a "}}"
#define N(a) "[" X "," a "]"

typedef struct bad_text {
    const char *text, *words;
    luge_status status;
} bad_text;

static const bad_text bad_texts[] = {
    { "{}", "array of at most 10 million nodes", LUGE_EFORMAT },
    { "7", "array of at most", LUGE_EFORMAT },
    { "[" X, "file: ", LUGE_EFORMAT },
    { "[7]", "file: node 1 (?): it is not an object", LUGE_EFORMAT },
    { "[{}]", "node 1 (?): there is no such op", LUGE_EFORMAT },
    { "[{\"op\":7}]", "node 1 (?): unknown member, or not a string: op", LUGE_EFORMAT },
    { "[{\"op\":\"nag\"}]", "node 1 (nag): there is no such op", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[1],\"more\":1}"), "node 2 (neg): unknown member, or not a string: more",
      LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[2]}"), "node 2 (neg): \"in\" names what is not a node before it", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[0]}"), "not a node before it", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[-1]}"), "not a node before it", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[4294967297]}"), "not a node before it", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[1.5]}"), "not a node before it", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":1}"), "\"in\" is not an array", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}"), "at most 16 nodes", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[]}"), "node 2 (neg): neg: 0 operands", LUGE_EINVAL },
    { N("{\"op\":\"neg\",\"in\":[1],\"attr\":{\"p\":1}}"), "\"attr\" holds more than the op's", LUGE_EFORMAT },
    { N("{\"op\":\"neg\",\"in\":[1],\"attr\":[]}"), "\"attr\" holds more than the op's", LUGE_EFORMAT },
    { N("{\"op\":\"elu\",\"in\":[1]}"), "node 2 (elu): it lacks the attribute p", LUGE_EFORMAT },
    { N("{\"op\":\"elu\",\"in\":[1],\"attr\":{\"p\":true}}"), "node 2 (elu): not a value of the attribute p",
      LUGE_EFORMAT },
    { N("{\"op\":\"elu\",\"in\":[1],\"attr\":{\"p\":1,\"q\":1}}"), "more than the op's", LUGE_EFORMAT },
    { N("{\"op\":\"argmax\",\"in\":[1],\"attr\":{\"axis\":2}}"), "node 2 (argmax): argmax: axis 2 is out",
      LUGE_EINVAL },
    { N("{\"op\":\"argmax\",\"in\":[1],\"attr\":{\"axis\":1.0}}"), "not a value of the attribute axis", LUGE_EFORMAT },
    { N("{\"op\":\"argmax\",\"in\":[1],\"attr\":{\"axis\":9223372036854775808}}"), "not a value", LUGE_EFORMAT },
    { N("{\"op\":\"transpose\",\"in\":[1],\"attr\":{\"axes\":[0,4294967297]}}"), "not a value of the attribute axes",
      LUGE_EFORMAT },
    { N("{\"op\":\"transpose\",\"in\":[1],\"attr\":{\"axes\":[0,1,2,3,4,5,6,7,0]}}"), "not a value", LUGE_EFORMAT },
    { N("{\"op\":\"transpose\",\"in\":[1],\"attr\":{\"axes\":3}}"), "not a value", LUGE_EFORMAT },
    { N("{\"op\":\"sum\",\"in\":[1],\"attr\":{\"axes\":[0],\"all\":0,\"keepdims\":false}}"), "attribute all",
      LUGE_EFORMAT },
    { N("{\"op\":\"huber\",\"in\":[1,1],\"attr\":{\"kind\":0,\"delta\":1}}"), "(huber): it does not make one node",
      LUGE_EFORMAT },
    { N(X), "node 2 (input): luge_name: the name \"x\" is taken", LUGE_EINVAL },
    { "[{\"op\":\"input\",\"attr\":{\"dtype\":\"f32\",\"shape\":[]}}]", "node 1 (input): it has no name",
      LUGE_EFORMAT },
    { N(I("\"dtype\":\"f33\",\"shape\":[]")), "not a value of the attribute dtype", LUGE_EFORMAT },
    { N(I("\"dtype\":null,\"shape\":[]")), "node 2 (input): input: unknown dtype 0", LUGE_EINVAL },
    { N(I("\"dtype\":\"f32\",\"shape\":[-1]")), "negative", LUGE_ESHAPE },
    { N(I("\"dtype\":\"f32\",\"shape\":[1,1,1,1,1,1,1,1,1]")), "attribute shape", LUGE_EFORMAT },
    { N(I("\"dtype\":\"f32\",\"shape\":[4294967296,4294967296]")), "too large", LUGE_ESHAPE },
    { "[{\"op\":\"variable\",\"name\":\"w\",\"attr\":{\"dtype\":\"f32\",\"shape\":[268435456],\"slab\":0}}]",
      "node 1 (variable): variable \"w\" (1) has no such size", LUGE_EFORMAT },
    { "[{\"op\":\"constant\",\"attr\":{\"dtype\":\"f32\",\"shape\":[268435456]}}]",
      "node 1 (constant): constant 1 f32 [268435456] has no such size", LUGE_EFORMAT },
    { N("{\"op\":\"constant\",\"in\":[1],\"attr\":{\"dtype\":\"f32\",\"shape\":[1]}}"), "does not make one node",
      LUGE_EFORMAT },
};

static void bad(luge_test *t)
{
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        const bad_text *b = &bad_texts[i];
        luge_context *ctx = luge_open(.threads = 1);
        luge_graph *g = luge_graph_create(ctx);
        leaves l = { .ctx = ctx };
        CHECK_STATUS(t, read_text(&l, g, b->text, strlen(b->text)), b->status);
        CHECK_STR_CONTAINS(t, luge_error(ctx), b->words);
        luge_close(ctx);
    }
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    leaves l = { .ctx = ctx };
    CHECK_STATUS(t, read_text(&l, g, N("{\"op\":\"neg\",\"in\":[1]}"), strlen(N("{\"op\":\"neg\",\"in\":[1]}"))),
                 LUGE_OK);
    CHECK_STATUS(t, read_text(&l, g, "[]", 2), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "already has nodes");
    luge_close(ctx);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

/* Valid texts with some bytes changed: read or refused, whole in either case. */
static void damage_one(op_graphs *graphs, const char *name, luge_graph *g)
{
    static const char letters[] = "0123456789-.,:[]{}\"eftns";
    luge_test *t = graphs->t;
    luge__json_writer w = { .ctx = luge__graph_ctx(g) };
    (void)name;
    luge__graph_write(&w, g, luge_node_count(g));
    for (int i = 0; i < 12 && w.length; i++) {
        char *text = malloc(w.length);
        luge_context *ctx = luge_open(.threads = 1);
        luge_graph *h = luge_graph_create(ctx);
        leaves l = { .ctx = ctx };
        if (!CHECK(t, text && h)) return;
        memcpy(text, w.text, w.length);
        for (int64_t k = 1 + luge_test_below(t, 3); k-- > 0;) {
            char *at = &text[luge_test_below(t, (int64_t)w.length)];
            *at = *at >= '0' && *at <= '9' ? (char)('0' + luge_test_below(t, 10)) /* most texts stay JSON */
                                           : letters[luge_test_below(t, (int64_t)sizeof letters - 1)];
        }
        const luge_status status = read_text(&l, h, text, w.length);
        CHECK(t, status != LUGE_EINTERNAL && status == luge_failure(ctx));
        luge_clear(ctx);
        CHECK_STATUS(t, luge_graph_verify(h), LUGE_OK);
        luge_close(ctx);
        free(text);
    }
    luge__json_writer_free(&w);
}

static void damage(luge_test *t)
{
    op_graphs graphs = { .t = t, .each = damage_one };
    op_graphs_each(&graphs);
}

static luge_status write_and_read(luge_test *t, luge_context *ctx, void *user)
{
    static const char text[] =
        N("{\"op\":\"constant\",\"attr\":{\"dtype\":\"f32\",\"shape\":[2,3]}},"
          "{\"op\":\"variable\",\"name\":\"w\",\"attr\":{\"dtype\":\"f32\",\"shape\":[2,3],\"slab\":1}},"
          "{\"op\":\"mul\",\"in\":[1,3],\"name\":\"product\"}");
    luge_graph *g = luge_graph_create(ctx);
    leaves l = { .ctx = ctx };
    (void)user;
    luge_status status = g ? read_text(&l, g, text, sizeof text - 1) : luge_failure(ctx);
    luge__json_writer w = { .ctx = ctx };
    if (!status) luge__graph_write(&w, g, 4);
    if (!status) status = w.status;
    if (!status) CHECK_STR_EQ(t, w.text, text);
    luge__json_writer_free(&w);
    return status;
}

static void out_of_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "graph_json", write_and_read, NULL);
}

void test_graph_json(luge_test *t)
{
    RUN(t, every_op);
    RUN(t, the_text);
    RUN(t, bad);
    RUN(t, damage);
    RUN(t, out_of_memory);
}
