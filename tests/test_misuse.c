/* test_misuse.c: wrong calls of the builders: each is refused with a status, words that help, and nothing else done. */
#include "graph_tools.h"

typedef struct pieces {
    luge_context *ctx;
    luge_graph *g;
    luge_val x, w, b, i, state, scalar, f64, other, foreign, effect, none, beyond;
} pieces;

typedef luge_val builder(const pieces *p);
typedef struct row {
    const char *name;
    builder *build;
    luge_status status;
    const char *words; /* separated by | */
} row;

#define BAD(case_name, expression)                                                                                     \
    static luge_val case_name(const pieces *p)                                                                         \
    {                                                                                                                  \
        luge_graph *g = p->g;                                                                                          \
        (void)g;                                                                                                       \
        return expression;                                                                                             \
    }

/* shapes */
BAD(add_shapes, luge_add(g, p->x, p->w))
BAD(matmul_inner, luge_matmul(g, p->x, p->x))
BAD(matmul_vector, luge_matmul(g, p->x, p->b))
BAD(reshape_count, luge_reshape(g, p->x, luge_shape_of(5, 5)))
BAD(reshape_two_rests, luge_reshape(g, p->x, luge_shape_of(-1, -1)))
BAD(reshape_negative, luge_reshape(g, p->x, luge_shape_of(-2, 3)))
BAD(squeeze_two, luge_squeeze(g, p->x, 0))
BAD(expand_shape, luge_expand(g, p->x, p->w))
BAD(concat_shape, luge_concat(g, (const luge_val[]){ p->x, p->w }, 2, 0))
BAD(assign_shape, luge_assign(g, p->w, p->x))
BAD(targets_shape, luge_softmax_cross_entropy(g, p->x, luge_one_hot(g, p->i, 7, LUGE_F32)))
/* dtypes */
BAD(add_dtypes, luge_add(g, p->b, p->f64))
BAD(exp_of_ints, luge_exp(g, p->i))
BAD(matmul_dtypes, luge_matmul(g, p->x, luge_cast(g, p->w, LUGE_F64)))
BAD(gather_by_floats, luge_gather(g, p->x, p->b, 0))
BAD(where_of_floats, luge_where(g, p->b, p->b, p->b))
BAD(increment_float, luge_increment(g, p->b, 1))
BAD(one_hot_of_floats, luge_one_hot(g, p->b, 3, LUGE_F32))
BAD(one_hot_to_ints, luge_one_hot(g, p->i, 3, LUGE_I32))
BAD(random_state, luge_random_uniform(g, p->i, p->x, 0, 1))
BAD(half_precision, luge_neg(g, luge_input(g, "half", LUGE_F16, luge_shape_of(2))))
BAD(no_dtype, luge_input(g, "odd", (luge_dtype)77, luge_shape_of(2)))
/* axes */
BAD(sum_axis, luge_sum_over(g, p->x, luge_axes_of(2), 0))
BAD(sum_axis_twice, luge_sum_over(g, p->x, luge_axes_of(0, -2), 0))
BAD(argmax_axis, luge_argmax(g, p->x, -3))
BAD(slice_axis, luge_slice(g, p->x, 7, 0, 1, 1))
BAD(slice_step, luge_slice(g, p->x, 0, 0, 1, 0))
BAD(concat_axis, luge_concat(g, (const luge_val[]){ p->x, p->x }, 2, 2))
BAD(concat_nothing, luge_concat(g, NULL, 0, 0))
BAD(gather_axis, luge_gather(g, p->x, p->i, 2))
BAD(permute_few, luge_permute_dims(g, p->x, luge_axes_of(0)))
BAD(permute_twice, luge_permute_dims(g, p->x, luge_axes_of(1, 1)))
BAD(expand_dims_axis, luge_expand_dims(g, p->x, 4))
BAD(softmax_scalar, luge_softmax(g, p->scalar))
/* operands */
BAD(of_none, luge_add(g, p->x, p->none))
BAD(of_none_first, luge_neg(g, p->none))
BAD(of_other_graph, luge_mul(g, p->x, p->other))
BAD(of_other_context, luge_mul(g, p->foreign, p->x))
BAD(beyond_the_end, luge_neg(g, p->beyond))
BAD(effect_as_value, luge_neg(g, p->effect))
BAD(effect_as_second, luge_add(g, p->x, p->effect))
BAD(effect_assigned, luge_assign(g, p->w, p->effect))
BAD(assign_to_value, luge_assign(g, luge_neg(g, p->w), p->w))
BAD(assign_to_input, luge_assign(g, p->x, p->x))
BAD(state_is_weight, luge_update_sgd(g, p->b, p->b, p->scalar, .velocity = p->b))
BAD(state_twice,
    luge_update_adam(g, p->b, p->b, p->scalar, .step = luge_scalar(g, LUGE_I64, 1), .m = p->f64, .v = p->f64))
/* sizes */
BAD(too_large, luge_input(g, "large", LUGE_F32, luge_shape_of(INT64_C(1) << 62)))
BAD(too_large_product, luge_variable(g, "large", LUGE_F64, luge_shape_of(INT64_C(1) << 31, INT64_C(1) << 31, 4)))
BAD(large_constant, luge_constant(g, LUGE_F64, luge_shape_of(INT64_C(1) << 62), &p->none))
BAD(large_outer, luge_add(g, luge_input(g, "column", LUGE_F32, luge_shape_of(INT64_C(1) << 40, 1)),
                          luge_input(g, "row", LUGE_F32, luge_shape_of(INT64_C(1) << 40))))
BAD(large_one_hot, luge_one_hot(g, p->i, INT64_MAX, LUGE_F64))
BAD(negative_size, luge_input(g, "negative", LUGE_F32, luge_shape_of(3, -1)))
BAD(nine_dimensions, luge_input(g, "nine", LUGE_F32, luge_shape_of(1, 1, 1, 1, 1, 1, 1, 1, 1)))
BAD(minus_dimensions, luge_input(g, "minus", LUGE_F32, (luge_shape){ .ndim = -1 }))
BAD(nine_by_expand, luge_expand_dims(g, luge_full(g, LUGE_F32, luge_shape_of(1, 1, 1, 1, 1, 1, 1, 1), 0), 0))
BAD(nine_by_reshape, luge_reshape(g, p->x, (luge_shape){ .ndim = 9 }))
BAD(depth_negative, luge_one_hot(g, p->i, -1, LUGE_F32))
/* names, slabs, data */
BAD(taken_input, luge_input(g, "w", LUGE_F32, luge_shape_of(1)))
BAD(taken_variable, luge_variable(g, "x", LUGE_F32, luge_shape_of(1)))
BAD(no_name, luge_input(g, NULL, LUGE_F32, luge_shape_of(1)))
BAD(empty_name, luge_variable(g, "", LUGE_F32, luge_shape_of(1)))
BAD(slab_16, luge_slab_variable(g, "slab", LUGE_F32, luge_shape_of(1), 16))
BAD(slab_minus, luge_slab_variable(g, "slab", LUGE_F32, luge_shape_of(1), -1))
BAD(constant_null, luge_constant(g, LUGE_F32, luge_shape_of(2), NULL))
/* options and numbers */
BAD(options_null, luge_update_sgd_with(g, p->b, p->b, NULL))
BAD(options_size, luge_update_sgd_with(g, p->b, p->b, &(luge_update_options){ .size = 1, .rate = p->scalar }))
BAD(no_rate, luge_update_sgd(g, p->b, p->b, p->none))
BAD(rate_shape, luge_update_sgd(g, p->b, p->b, p->b))
BAD(no_step, luge_update_adam(g, p->b, p->b, p->scalar, .m = p->b))
BAD(momentum_one, luge_update_sgd(g, p->b, p->b, p->scalar, .velocity = p->w, .momentum = 1))
BAD(dropout_rate, luge_random_dropout(g, p->x, p->state, 1))
BAD(huber_delta, luge_huber(g, p->x, p->x, 0))
BAD(error_kind, luge_squared_error(g, p->x, p->x, (luge_squared_error_kind)9))

static const row rows[] = {
#define ROW(name, status, words)                                                                                       \
    {                                                                                                                  \
#name, name, LUGE_##status, words                                                                              \
    }
    ROW(add_shapes, ESHAPE, "add: shapes do not fit: [4,3] and [3,2]"),
    ROW(matmul_inner, ESHAPE, "matmul: inner sizes differ: [4,3] x [4,3]"),
    ROW(matmul_vector, ESHAPE, "matmul: at least 2 dimensions"),
    ROW(reshape_count, ESHAPE, "reshape: [4,3] has 12 elements, [5,5] has 25"),
    ROW(reshape_two_rests, ESHAPE, "reshape: more than one -1"),
    ROW(reshape_negative, EINVAL, "reshape: size -2 at place 0"),
    ROW(squeeze_two, ESHAPE, "squeeze: axis 0 of [4,3] has size 4, not 1"),
    ROW(expand_shape, ESHAPE, "expand: [4,3] does not broadcast to [3,2]"),
    ROW(concat_shape, ESHAPE, "concat: shapes do not fit along axis 0: [4,3] and [3,2]"),
    ROW(assign_shape, ESHAPE, "assign: shapes do not fit: [3,2] and [4,3]"),
    ROW(targets_shape, ESHAPE, "softmax_cross_entropy|[4,3]|[4,7]"),
    ROW(add_dtypes, EDTYPE, "add: dtypes differ: f32 and f64; luge_cast converts"),
    ROW(exp_of_ints, EDTYPE, "exp: operand 1 is i64; f32 or f64 is expected"),
    ROW(matmul_dtypes, EDTYPE, "matmul: dtypes differ"),
    ROW(gather_by_floats, EDTYPE, "gather: operand 2 is f32; i32 or i64 is expected"),
    ROW(where_of_floats, EDTYPE, "where: the condition is f32; bool is expected"),
    ROW(increment_float, EDTYPE, "increment: operand 1 is f32"),
    ROW(one_hot_of_floats, EDTYPE, "one_hot: operand 1 is f32"),
    ROW(one_hot_to_ints, EDTYPE, "one_hot: dtype is i32; f32 or f64 is expected"),
    ROW(random_state, ESHAPE, "random_uniform: the state is i64 [4]; i64 [2]"),
    ROW(half_precision, EDTYPE, "neg|f16"),
    ROW(no_dtype, EINVAL, "input: unknown dtype 77"),
    ROW(sum_axis, EINVAL, "sum: axis 2 is out of range for 2 dimensions"),
    ROW(sum_axis_twice, EINVAL, "sum: axis|twice"),
    ROW(argmax_axis, EINVAL, "argmax: axis -3 is out of range for 2 dimensions"),
    ROW(slice_axis, EINVAL, "slice: axis 7 is out of range for 2 dimensions"),
    ROW(slice_step, EINVAL, "slice: step 0; at least 1 is expected"),
    ROW(concat_axis, EINVAL, "concat: axis 2 is out of range"),
    ROW(concat_nothing, EINVAL, "concat: 0 values"),
    ROW(gather_axis, EINVAL, "gather: axis 2 is out of range"),
    ROW(permute_few, EINVAL, "transpose: 1 axes for 2 dimensions"),
    ROW(permute_twice, EINVAL, "transpose: axis 1 is named twice"),
    ROW(expand_dims_axis, EINVAL, "expand_dims: axis 4 is out of range for 3 dimensions"),
    ROW(softmax_scalar, ESHAPE, "softmax"),
    ROW(of_none, EINVAL, "add: operand|is none"),
    ROW(of_none_first, EINVAL, "neg: operand 1 is none"),
    ROW(of_other_graph, EINVAL, "mul: operand|belongs to another graph"),
    ROW(of_other_context, EINVAL, "mul: operand|belongs to another graph"),
    ROW(beyond_the_end, EINVAL, "neg: operand 1 is not a node of the graph"),
    ROW(effect_as_value, EINVAL, "neg: operand 1 is the effect increment, which has no value"),
    ROW(effect_as_second, EINVAL, "add: operand|is the effect increment, which has no value"),
    ROW(effect_assigned, EINVAL, "assign: operand 2 is the effect increment"),
    ROW(assign_to_value, EINVAL, "assign: operand 1 must be a variable, it is the result of neg"),
    ROW(assign_to_input, EINVAL, "assign: operand 1 must be a variable, it is the result of input"),
    ROW(state_is_weight, EINVAL, "update_sgd: operands 1 and 4 are the same variable \"b\""),
    ROW(state_twice, EINVAL, "update_adam: operands|are the same variable"),
    ROW(too_large, ESHAPE, "input: f32[4611686018427387904] is too large"),
    ROW(too_large_product, ESHAPE, "variable: f64[2147483648,2147483648,4] is too large"),
    ROW(large_constant, ESHAPE, "constant: f64[4611686018427387904] is too large"),
    ROW(large_outer, ESHAPE, "is too large"),
    ROW(large_one_hot, ESHAPE, "one_hot|is too large"),
    ROW(negative_size, ESHAPE, "input: negative size in the shape [3,-1]"),
    ROW(nine_dimensions, ESHAPE, "input: a shape of 9 dimensions; possible are 0 to 8"),
    ROW(minus_dimensions, ESHAPE, "input: a shape of -1 dimensions"),
    ROW(nine_by_expand, ESHAPE, "expand_dims: 9 dimensions"),
    ROW(nine_by_reshape, EINVAL, "reshape: 9 dimensions"),
    ROW(depth_negative, EINVAL, "one_hot: depth -1"),
    ROW(taken_input, EINVAL, "input: the name \"w\" is taken"),
    ROW(taken_variable, EINVAL, "variable: the name \"x\" is taken"),
    ROW(no_name, EINVAL, "input: a name is needed"),
    ROW(empty_name, EINVAL, "variable: a name is needed"),
    ROW(slab_16, EINVAL, "variable \"slab\": slab 16 is outside 0..15"),
    ROW(slab_minus, EINVAL, "variable \"slab\": slab -1 is outside 0..15"),
    ROW(constant_null, EINVAL, "constant: data is NULL"),
    ROW(options_null, EINVAL, "update_sgd: rate is needed"),
    ROW(options_size, EINVAL, "update_sgd: the options' size is 1"),
    ROW(no_rate, EINVAL, "update_sgd: rate is needed"),
    ROW(rate_shape, ESHAPE, "update_sgd: the rate is f32 [2]; a scalar f32 is expected"),
    ROW(no_step, EINVAL, "update_adam: step is needed"),
    ROW(momentum_one, EINVAL, "update_sgd: momentum 1 is outside [0, 1)"),
    ROW(dropout_rate, EINVAL, "random_dropout: rate 1 is outside [0, 1)"),
    ROW(huber_delta, EINVAL, "huber: delta 0"),
    ROW(error_kind, EINVAL, "squared_error: there is no kind 9"),
};

static pieces make_pieces(luge_context *ctx, luge_graph *elsewhere, luge_graph *abroad)
{
    pieces p = { .ctx = ctx, .g = luge_graph_create(ctx) };
    p.x = luge_input(p.g, "x", LUGE_F32, luge_shape_of(4, 3));
    p.i = luge_input(p.g, "i", LUGE_I64, luge_shape_of(4));
    p.w = luge_variable(p.g, "w", LUGE_F32, luge_shape_of(3, 2));
    p.b = luge_variable(p.g, "b", LUGE_F32, luge_shape_of(2));
    p.f64 = luge_variable(p.g, "f64", LUGE_F64, luge_shape_of(2));
    p.state = luge_variable(p.g, "state", LUGE_I64, luge_shape_of(2));
    p.scalar = luge_scalar(p.g, LUGE_F32, 1);
    p.effect = luge_increment(p.g, p.state, 1);
    p.other = luge_scalar(elsewhere, LUGE_F32, 1);
    p.foreign = luge_scalar(abroad, LUGE_F32, 1);
    p.beyond = (luge_val){ 1000, p.x.tag };
    return p;
}

static void check_words(luge_test *t, const char *message, const char *words)
{
    char copy[160];
    strcpy(copy, words);
    for (char *word = copy; word;) {
        char *bar = strchr(word, '|');
        if (bar) *bar = 0;
        CHECK_STR_CONTAINS(t, message, word);
        word = bar ? bar + 1 : NULL;
    }
}

/* Where the call builds something before it fails, the graph may have grown, but what is there verifies. */
static void refused(luge_test *t, const row *r, luge_graph *elsewhere, luge_graph *abroad, luge_context *ctx)
{
    const pieces p = make_pieces(ctx, elsewhere, abroad);
    if (!CHECK_STATUS(t, luge_failure(ctx), LUGE_OK)) return;
    const luge_val v = r->build(&p);
    CHECK(t, !luge_is_some(v));
    CHECK_STATUS(t, luge_failure(ctx), r->status);
    check_words(t, luge_error(ctx), r->words);
    CHECK_STR_EQ(t, luge_last_error(), luge_error(ctx));
    luge_clear(ctx);
    CHECK_STATUS(t, luge_graph_verify(p.g), LUGE_OK);
    CHECK(t, luge_is_some(luge_matmul(p.g, p.x, p.w)));
    luge_graph_free(p.g);
}

static void names_and_memory(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx), *elsewhere = luge_graph_create(ctx);
    const pieces p = make_pieces(ctx, elsewhere, elsewhere);
    float data[6] = { 0 };
    CHECK_STATUS(t, luge_set(p.g, p.w, data, 20), LUGE_EINVAL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_set: variable \"w\" f32 [3,2] takes 24 bytes, 20 were given");
    CHECK_STATUS(t, luge_get(p.g, p.w, NULL, 24), LUGE_EINVAL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_get: data is NULL");
    CHECK_STATUS(t, luge_set(p.g, p.x, data, 48), LUGE_EINVAL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_set: %1 is not a variable, it is the result of input");
    CHECK(t, luge_data(p.g, p.scalar) == NULL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_data: %7 is not a variable, it is the result of full");
    CHECK_STATUS(t, luge_get(p.g, p.other, data, 4), LUGE_EINVAL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_get: operand 1 belongs to another graph");
    CHECK(t, !luge_is_some(luge_name(p.g, p.other, "mine")));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_name: %1 is not a node of the graph");
    CHECK(t, !luge_is_some(luge_name(p.g, p.none, "mine")));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_name: %0 is not a node of the graph");
    CHECK(t, !luge_is_some(luge_name(p.g, p.x, "w")));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_name: the name \"w\" is taken");
    CHECK(t, !luge_is_some(luge_name(p.g, p.w, NULL)));
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "luge_name: a name is needed");
    CHECK(t, luge_is_some(luge_name(p.g, p.w, "w")) && luge_is_some(luge_name(p.g, p.w, "weights")));
    CHECK_STATUS(t, luge_set(NULL, p.w, data, 24), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "luge_set: the graph is NULL");
    CHECK(t, !luge_is_some(luge_neg(NULL, p.x)) && !luge_failed(ctx));
    CHECK_STR_CONTAINS(t, luge_last_error(), "neg: the graph is NULL");
    CHECK(t, luge_graph_create(NULL) == NULL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "the context is NULL");
    luge_graph_free(g);
    luge_close(ctx);
}

void test_misuse(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1), *far = luge_open(.threads = 1);
    const size_t empty = luge_memory_now(ctx);
    luge_graph *elsewhere = luge_graph_create(ctx), *abroad = luge_graph_create(far);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (CASE(t, rows[i].name)) refused(t, &rows[i], elsewhere, abroad, ctx);
    luge_graph_free(elsewhere);
    CHECK_EQ_INT(t, luge_memory_now(ctx), empty);
    luge_close(ctx);
    luge_close(far);
    RUN(t, names_and_memory);
}
