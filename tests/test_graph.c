/* test_graph.c: building graphs, names, asking about nodes, memory of variables, printing, verifying. */
#include "graph_tools.h"

static void building(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    CHECK_EQ_INT(t, luge_node_count(g), 0);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(4, 3));
    const luge_val w = luge_variable(g, "w", LUGE_F32, luge_shape_of(3, 2));
    const luge_val y = luge_matmul(g, x, w);
    CHECK(t, luge_is_some(x) && luge_is_some(w) && luge_is_some(y) && !luge_is_some((luge_val){ 0, 0 }));
    CHECK_EQ_INT(t, luge_node_count(g), 3);
    CHECK_EQ_INT(t, luge_node_at(g, 3).id, y.id);
    CHECK_EQ_INT(t, luge_node_at(g, 3).tag, y.tag);
    CHECK(t, !luge_is_some(luge_node_at(g, 0)) && !luge_is_some(luge_node_at(g, 4)));
    const luge_shape shape = luge_shape_of_val(g, y);
    CHECK(t, shape.ndim == 2 && shape.dim[0] == 4 && shape.dim[1] == 2);
    CHECK_EQ_INT(t, luge_shape_of_val(g, (luge_val){ 0, 0 }).ndim, -1);
    CHECK_EQ_INT(t, luge_shape_of_val(g, (luge_val){ y.id, y.tag ^ 1 }).ndim, -1);
    CHECK_EQ_INT(t, luge_shape_of_val(NULL, y).ndim, -1);
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
    luge_close(ctx);
}

static void infos(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(4, 3));
    const luge_val y = luge_argmax(g, x, -1);
    const luge_val n = luge_variable(g, "n", LUGE_I64, luge_scalar_shape());
    const luge_val effect = luge_increment(g, n, 1);
    luge_node_info info;
    CHECK_STATUS(t, luge_node_info_of(g, y, &info), LUGE_OK);
    CHECK_STR_EQ(t, info.op, "argmax");
    CHECK_STR_EQ(t, info.name, "");
    CHECK_EQ_INT(t, info.dtype, LUGE_I64);
    CHECK(t, info.shape.ndim == 1 && info.shape.dim[0] == 4);
    CHECK_EQ_INT(t, info.n_inputs, 1);
    CHECK_EQ_INT(t, info.inputs[0].id, x.id);
    CHECK_STATUS(t, luge_node_info_of(g, x, &info), LUGE_OK);
    CHECK_STR_EQ(t, info.op, "input");
    CHECK_STR_EQ(t, info.name, "x");
    CHECK_EQ_INT(t, info.n_inputs, 0);
    CHECK_STATUS(t, luge_node_info_of(g, effect, &info), LUGE_OK);
    CHECK_EQ_INT(t, info.dtype, LUGE_NO_DTYPE);
    CHECK_STATUS(t, luge_node_info_of(g, (luge_val){ 0, 0 }, &info), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "not a node of the graph");
    CHECK_STATUS(t, luge_node_info_of(g, (luge_val){ 99, x.tag }, &info), LUGE_EINVAL);
    CHECK_STATUS(t, luge_node_info_of(g, x, NULL), LUGE_EINVAL);
    CHECK_STATUS(t, luge_node_info_of(NULL, x, &info), LUGE_EINVAL);
    CHECK(t, !luge_failed(ctx)); /* looking leaves no mark */
    luge_close(ctx);
}

static void names(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    char name[] = "weights";
    const luge_val w = luge_variable(g, name, LUGE_F32, luge_shape_of(2));
    memset(name, '?', sizeof name - 1); /* names are copied */
    const luge_val y = luge_neg(g, w);
    luge_node_info info;
    luge_node_info_of(g, w, &info);
    CHECK_STR_EQ(t, info.name, "weights");
    CHECK_EQ_INT(t, luge_name(g, y, "minus \"quoted\"").id, y.id);
    luge_node_info_of(g, y, &info);
    CHECK_STR_EQ(t, info.name, "minus \"quoted\"");
    CHECK_EQ_INT(t, luge_name(g, y, NULL).id, y.id);
    luge_node_info_of(g, y, &info);
    CHECK_STR_EQ(t, info.name, "");
    CHECK_EQ_INT(t, luge_name(g, y, "").id, y.id);
    CHECK_EQ_INT(t, luge_name(g, luge_neg(g, y), "weights").id, y.id + 1); /* results may share names */
    char longest[3000];
    memset(longest, 'n', sizeof longest);
    longest[sizeof longest - 1] = 0;
    luge_name(g, y, longest);
    luge_node_info_of(g, y, &info);
    CHECK_EQ_INT(t, strlen(info.name), sizeof longest - 1);
    tools_text text;
    CHECK_STATUS(t, luge_graph_print(g, tools_sink(&text)), LUGE_OK); /* a line is cut, nothing breaks */
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
}

static void printing(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    tools_text text;
    CHECK_STATUS(t, luge_graph_print(g, tools_sink(&text)), LUGE_OK);
    CHECK_STR_EQ(t, text.text, "");
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(64, 20));
    const luge_val w = luge_variable(g, "w", LUGE_F32, luge_shape_of(20, 10));
    const luge_val y = luge_name(g, luge_matmul(g, x, w), "logits");
    const luge_val half = luge_mul(g, y, luge_scalar(g, LUGE_F32, 0.5));
    luge_sum_over(g, half, luge_axes_of(0, 1), 1);
    luge_assign(g, w, luge_neg(g, w));
    CHECK_STATUS(t, luge_graph_print(g, tools_sink(&text)), LUGE_OK);
    CHECK_STR_CONTAINS(t, text.text, "%1 = input() f32 [64,20]  \"x\"\n");
    CHECK_STR_CONTAINS(t, text.text, "%2 = variable() f32 [20,10]  \"w\"\n");
    CHECK_STR_CONTAINS(t, text.text, "%3 = matmul(%1, %2, transpose_a=0, transpose_b=0) f32 [64,10]  \"logits\"\n");
    CHECK_STR_CONTAINS(t, text.text, "%4 = full(0.5) f32 []\n");
    CHECK_STR_CONTAINS(t, text.text, "= mul(%3, %5) f32 [64,10]\n");
    CHECK_STR_CONTAINS(t, text.text, "axes=(0 1)");
    CHECK_STR_CONTAINS(t, text.text, "= assign(%2, %8)\n");
    CHECK_STATUS(t, luge_graph_print(g, (luge_sink){ NULL, NULL }), LUGE_EINVAL);
    CHECK_STATUS(t, luge_graph_print(NULL, tools_sink(&text)), LUGE_EINVAL);
    luge_close(ctx);
}

static void verifying(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(4, 3));
    const luge_val y = luge_tanh(g, luge_add(g, x, luge_scalar(g, LUGE_F32, 1)));
    const luge_val z = luge_softmax(g, y);
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
    luge__node *node = &g->nodes[y.id];
    node->type.shape.dim[1] = 5;
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_EINTERNAL);
    CHECK_FAILS(t, ctx, LUGE_EINTERNAL, "tanh is f32 [4,5], inferred f32 [4,3]");
    node->type.shape.dim[1] = 3;
    node->type.dtype = LUGE_F64;
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_EINTERNAL);
    luge_clear(ctx);
    node->type.dtype = LUGE_F32;
    const luge_val ahead[1] = { z };
    const luge_val *in = node->in;
    node->in = ahead;
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_EINTERNAL);
    CHECK_FAILS(t, ctx, LUGE_EINTERNAL, "which is not before it");
    node->in = in;
    node->n_in = 0;
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_EINTERNAL);
    CHECK_FAILS(t, ctx, LUGE_EINTERNAL, "tanh has 0 operands");
    node->n_in = 1;
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
    CHECK_STATUS(t, luge_graph_verify(NULL), LUGE_EINVAL);
    luge_close(ctx);
}

/* ---- variables and constants ------------------------------------------------------------------------------------- */

static void variables(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val a = luge_variable(g, "a", LUGE_F32, luge_shape_of(3));
    const luge_val b = luge_variable(g, "b", LUGE_F64, luge_shape_of(2, 2));
    const luge_val c = luge_slab_variable(g, "c", LUGE_F32, luge_shape_of(3), 1);
    const luge_val d = luge_slab_variable(g, "d", LUGE_F64, luge_shape_of(2, 2), 1);
    unsigned char *pa = luge_data(g, a), *pb = luge_data(g, b), *pc = luge_data(g, c), *pd = luge_data(g, d);
    CHECK(t, pa && pb && pc && pd && (uintptr_t)pa % 64 == 0 && (uintptr_t)pc % 64 == 0);
    CHECK_EQ_INT(t, pb - pa, 64); /* side by side, the same offsets in each slab */
    CHECK_EQ_INT(t, pd - pc, 64);
    float zeros[3] = { 1, 1, 1 };
    CHECK_STATUS(t, luge_get(g, a, zeros, sizeof zeros), LUGE_OK);
    CHECK(t, zeros[0] == 0 && zeros[2] == 0);                                   /* it starts as zeros */
    const luge_val late = luge_variable(g, "late", LUGE_F32, luge_shape_of(3)); /* its slab has its place already */
    const float three[3] = { 1, 2, 3 };
    CHECK_STATUS(t, luge_set(g, late, three, sizeof three), LUGE_OK);
    CHECK(t, luge_data(g, a) == pa && luge_data(g, d) == pd);
    CHECK_STATUS(t, luge_get(g, late, zeros, sizeof zeros), LUGE_OK);
    CHECK_CLOSE(t, zeros[2], 3, 0);
    const luge_val empty = luge_variable(g, "empty", LUGE_F32, luge_shape_of(0, 5));
    CHECK_STATUS(t, luge_set(g, empty, NULL, 0), LUGE_OK);
    CHECK_STATUS(t, luge_get(g, empty, NULL, 0), LUGE_OK);
    CHECK(t, luge_data(g, empty) != NULL);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
}

static void constants(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    double data[4] = { 1, 2, 3, 4 }, got[4] = { 0 };
    const luge_val c = luge_constant(g, LUGE_F64, luge_shape_of(2, 2), data);
    data[0] = 99; /* copied */
    CHECK_STATUS(t, luge_eval(g, luge_transpose(g, c), got, sizeof got), LUGE_OK);
    CHECK(t, got[0] == 1 && got[1] == 3 && got[2] == 2 && got[3] == 4);
    CHECK_STATUS(t, luge_eval(g, luge_full(g, LUGE_F64, luge_shape_of(2, 2), -7), got, sizeof got), LUGE_OK);
    CHECK(t, got[0] == -7 && got[3] == -7);
    const luge_dtype dtypes[] = { LUGE_BOOL, LUGE_U8, LUGE_I8, LUGE_I32, LUGE_I64, LUGE_F32, LUGE_F64 };
    for (int i = 0; i < 7; i++) {
        const luge_val five = luge_cast(g, luge_full(g, dtypes[i], luge_shape_of(3), 5), LUGE_F64);
        CHECK_STATUS(t, luge_eval(g, five, got, 3 * sizeof *got), LUGE_OK);
        CHECK_CLOSE(t, got[2], dtypes[i] == LUGE_BOOL ? 1 : 5, 0);
    }
    CHECK_STATUS(t, luge_eval(g, luge_cast(g, luge_scalar(g, LUGE_I8, -3), LUGE_F64), got, sizeof *got), LUGE_OK);
    CHECK_CLOSE(t, got[0], -3, 0);
    const luge_val empty = luge_constant(g, LUGE_F64, luge_shape_of(0), NULL);
    CHECK_CLOSE(t, tools_eval(g, luge_sum(g, empty)), 0, 0);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
}

/* ---- an error that sticks ---------------------------------------------------------------------------------------- */

static void sticky(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(4, 3));
    const luge_val w = luge_variable(g, "w", LUGE_F32, luge_shape_of(2));
    const luge_val bad = luge_matmul(g, x, x);
    CHECK(t, !luge_is_some(bad) && luge_failed(ctx));
    char first[512];
    strcpy(first, luge_error(ctx));
    const uint32_t nodes = luge_node_count(g);
    /* Whatever follows does nothing and keeps the message. */
    CHECK(t, !luge_is_some(luge_add(g, bad, x)) && !luge_is_some(luge_neg(g, x)));
    CHECK(t, !luge_is_some(luge_input(g, "y", LUGE_F32, luge_shape_of(1))));
    CHECK(t, !luge_is_some(luge_reshape(g, x, luge_shape_of(5))) && !luge_is_some(luge_scalar(g, LUGE_F32, 1)));
    CHECK(t, luge_graph_create(ctx) == NULL);
    luge_val gradient = { 5, 5 };
    float data[2] = { 1, 2 };
    CHECK_STATUS(t, luge_gradient(g, x, &x, 1, &gradient), LUGE_ESHAPE);
    CHECK_STATUS(t, luge_set(g, w, data, sizeof data), LUGE_ESHAPE);
    CHECK_STATUS(t, luge_get(g, w, data, sizeof data), LUGE_ESHAPE);
    CHECK_STATUS(t, luge_eval(g, w, data, sizeof data), LUGE_ESHAPE);
    CHECK(t, luge_data(g, w) == NULL && luge_graph_replay(g) == NULL);
    CHECK_STR_EQ(t, luge_error(ctx), first);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_ESHAPE);
    CHECK_EQ_INT(t, luge_node_count(g), nodes);
    CHECK(t, data[0] == 1 && data[1] == 2);
    /* The graph stays readable. */
    luge_node_info info;
    tools_text text;
    CHECK_STATUS(t, luge_node_info_of(g, x, &info), LUGE_OK);
    CHECK_STATUS(t, luge_graph_print(g, tools_sink(&text)), LUGE_OK);
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
    CHECK_EQ_INT(t, luge_shape_of_val(g, x).ndim, 2);
    /* And luge_clear starts anew. */
    luge_clear(ctx);
    CHECK(t, !luge_failed(ctx));
    CHECK_STR_EQ(t, luge_error(ctx), "");
    CHECK(t, luge_is_some(luge_neg(g, x)));
    CHECK_STATUS(t, luge_set(g, w, data, sizeof data), LUGE_OK);
    luge_close(ctx);
}

/* A name that was refused is free again; a failed leaf leaves no half of itself. */
static void failed_leaves(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    CHECK(t, !luge_is_some(luge_variable(g, "w", LUGE_F32, luge_shape_of(-2))));
    luge_clear(ctx);
    const luge_val w = luge_variable(g, "w", LUGE_F32, luge_shape_of(2));
    CHECK(t, luge_is_some(w) && luge_data(g, w) != NULL);
    CHECK_EQ_INT(t, luge_node_count(g), 1);
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
    luge_close(ctx);
}

void test_graph(luge_test *t)
{
    RUN(t, building);
    RUN(t, infos);
    RUN(t, names);
    RUN(t, printing);
    RUN(t, verifying);
    RUN(t, variables);
    RUN(t, constants);
    RUN(t, sticky);
    RUN(t, failed_leaves);
}
