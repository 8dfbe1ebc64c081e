/* test_ops_errors.c: what an op refuses, it refuses with the right status and words that help: its name and the values
 * that offend. Afterwards the graph is whole, can be printed and built on, and nothing is lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_alloc.h"
#include "op_run.h"
#include "ops/rows.h"

typedef struct errors {
    luge_test *t;
    luge__test_memory memory;
    luge_context *ctx;
    luge_graph *g;
    uint8_t refused[LUGE__OP_COUNT];
} errors;

static void count_text(void *user, const char *text, size_t length)
{
    (void)text;
    *(size_t *)user += length;
}

/* words: parts that the message must contain, separated by | */
static void contains_all(luge_test *t, const char *message, const char *words)
{
    char part[120];
    for (size_t n; *words; words += n + (words[n] == '|')) {
        n = strcspn(words, "|");
        (void)snprintf(part, sizeof part, "%.*s", (int)n, words);
        CHECK_STR_CONTAINS(t, message, part);
    }
}

/* The graph is as good as before: what fails next does not hide what failed first, and after luge_clear it works. */
static void still_good(errors *e, const char *message)
{
    luge_test *t = e->t;
    size_t printed = 0;
    float sum = 0;
    char first[512];
    (void)snprintf(first, sizeof first, "%s", message);
    const luge_val two = luge_full(e->g, LUGE_F32, luge_shape_of(3), 2); /* does nothing while the error sticks */
    CHECK(t, !luge_is_some(two));
    CHECK_STR_EQ(t, luge_error(e->ctx), first);
    luge_clear(e->ctx);
    CHECK(t, !luge_failed(e->ctx));
    CHECK_STR_EQ(t, luge_error(e->ctx), "");
    CHECK_STATUS(t, luge_graph_verify(e->g), LUGE_OK);
    CHECK_STATUS(t, luge_graph_print(e->g, (luge_sink){ count_text, &printed }), LUGE_OK);
    CHECK(t, printed > 0);
    const luge_val y = luge_sum(e->g, luge_full(e->g, LUGE_F32, luge_shape_of(3), 2));
    CHECK_STATUS(t, luge_eval(e->g, y, &sum, sizeof sum), LUGE_OK);
    CHECK_CLOSE(t, sum, 6, 0);
}

static void expect(errors *e, luge__op_id op, luge_val v, luge_status status, const char *words, const char *what)
{
    luge_test *t = e->t;
    (void)luge_test_check(t, __FILE__, __LINE__, what, !luge_is_some(v));
    (void)luge_test_status(t, __FILE__, __LINE__, what, luge_failure(e->ctx), status);
    contains_all(t, luge_error(e->ctx), words);
    CHECK_STR_EQ(t, luge_last_error(), luge_error(e->ctx));
    still_good(e, luge_error(e->ctx));
    e->refused[op] = 1;
}

#define REFUSED(op, expression, status, words) expect(e, LUGE__OP_##op, (expression), (status), (words), #expression)
#define F(...)                                 luge_full(g, LUGE_F32, luge_shape_of(__VA_ARGS__), 1)
#define D(...)                                 luge_full(g, LUGE_F64, luge_shape_of(__VA_ARGS__), 1)
#define I(...)                                 luge_full(g, LUGE_I32, luge_shape_of(__VA_ARGS__), 1)
#define SCALAR                                 luge_scalar(g, LUGE_F32, 1)
#define TEN                                    F(1, 1, 1, 1, 1, 1, 1, 2)

/* ---- ops that must be given floats of one dtype and shapes that fit ---------------------------------------------- */

static luge_val of_type(luge_graph *g, const sample_input *in, luge_dtype dtype)
{
    return luge_full(g, in->dtype ? in->dtype : dtype, in->shape, 1);
}

/* Ops of elements, rows and reductions, from their own samples: integers for floats, one operand f64, another shape. */
static void wrong_operands(errors *e, const sample *s)
{
    const luge__op *op = luge__op_of(s->op);
    luge_val in[SAMPLE_INPUTS];
    char words[100];
    const int compares = op->scalar && op->flags & LUGE__NO_GRADIENT && s->n_in == 2;
    if (!compares) {
        for (int i = 0; i < s->n_in; i++) in[i] = of_type(e->g, &s->in[i], LUGE_I32);
        (void)snprintf(words, sizeof words, "%s: |i32", op->name);
        expect(e, s->op, s->build(e->g, in, s), LUGE_EDTYPE, words, s->name);
    }
    if (s->n_in != 2 || s->in[1].dtype) return;
    in[0] = of_type(e->g, &s->in[0], LUGE_F32);
    in[1] = of_type(e->g, &s->in[1], LUGE_F64);
    (void)snprintf(words, sizeof words, "%s: |f32|f64", op->name);
    expect(e, s->op, s->build(e->g, in, s), LUGE_EDTYPE, words, s->name);
    in[0] = luge_full(e->g, LUGE_F32, luge_shape_of(2, 3), 1);
    in[1] = luge_full(e->g, LUGE_F32, luge_shape_of(2, 5), 1);
    (void)snprintf(words, sizeof words, "%s: |[2,3]|[2,5]", op->name);
    expect(e, s->op, s->build(e->g, in, s), LUGE_ESHAPE, words, s->name);
}

/* Any op, from its own samples: an operand that is none, of another graph, or an effect. */
static void wrong_handles(errors *e, const sample *s)
{
    const char *name = luge__op_of(s->op)->name;
    luge_graph *g = e->g, *foreign = luge_graph_create(e->ctx);
    static int number;
    char variable[20], words[100];
    (void)snprintf(variable, sizeof variable, "v%d", number++);
    const luge_val state = luge_variable(g, variable, LUGE_I64, luge_shape_of(2));
    const struct {
        luge_val v;
        const char *words;
    } bad[] = { { { 0, 0 }, "is none" },
                { luge_full(foreign, LUGE_F32, luge_shape_of(3, 4), 1), "belongs to another graph" },
                { luge_increment(g, state, 1), "is the effect increment, which has no value" } };
    for (int i = 0; i < s->n_in; i++) {
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            luge_val in[SAMPLE_INPUTS];
            for (int j = 0; j < s->n_in; j++) in[j] = of_type(g, &s->in[j], LUGE_F32);
            in[i] = bad[k].v;
            const int alias = s->op == LUGE__OP_random_dropout; /* its builder's operands stand in another order */
            (void)snprintf(words, sizeof words, "%s: |%s", alias ? "" : name, bad[k].words);
            expect(e, s->op, s->build(g, in, s), LUGE_EINVAL, words, s->name);
        }
    }
    luge_graph_free(foreign);
    luge_val in[SAMPLE_INPUTS];
    for (int j = 0; j < s->n_in; j++) in[j] = of_type(g, &s->in[j], LUGE_F32);
    CHECK(e->t, !luge_is_some(s->build(NULL, in, s))); /* no graph, no context: this thread's message tells */
    CHECK_STR_CONTAINS(e->t, luge_last_error(), "the graph is NULL");
    CHECK(e->t, !luge_failed(e->ctx));
}

static int takes_floats_alone(const luge__op *op)
{
    static const luge__op_id more[] = {
        LUGE__OP_sum,           LUGE__OP_mean,           LUGE__OP_max,   LUGE__OP_min,           LUGE__OP_prod,
        LUGE__OP_logsumexp,     LUGE__OP_argmax,         LUGE__OP_count, LUGE__OP_softmax,       LUGE__OP_log_softmax,
        LUGE__OP_squared_error, LUGE__OP_absolute_error, LUGE__OP_huber, LUGE__OP_kl_divergence, LUGE__OP_hinge,
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (more[i] == op->id) return op->id != LUGE__OP_count;
    return op->scalar != NULL;
}

static void try_sample(void *user, const sample *s)
{
    errors *e = user;
    if (!strstr(s->name, "/basic") || !CASE(e->t, s->name)) return;
    if (takes_floats_alone(luge__op_of(s->op))) wrong_operands(e, s);
    wrong_handles(e, s);
}

/* ---- what each family refuses ------------------------------------------------------------------------------------ */

static void leaves(errors *e)
{
    luge_graph *g = e->g;
    static const luge_dtype unknown = (luge_dtype)77;
    const float data[2] = { 1, 2 };
    (void)luge_input(g, "taken", LUGE_F32, luge_shape_of(1));
    REFUSED(input, luge_input(g, "taken", LUGE_F32, luge_shape_of(1)), LUGE_EINVAL, "input: |\"taken\"");
    REFUSED(input, luge_input(g, "", LUGE_F32, luge_shape_of(1)), LUGE_EINVAL, "input: |name");
    REFUSED(input, luge_input(g, "a", unknown, luge_shape_of(1)), LUGE_EINVAL, "input: |dtype 77");
    REFUSED(input, luge_input(g, "a", LUGE_F32, luge_shape_of(2, -3)), LUGE_ESHAPE, "input: |[2,-3]");
    REFUSED(variable, luge_variable(g, NULL, LUGE_F32, luge_shape_of(1)), LUGE_EINVAL, "variable: |name");
    REFUSED(variable, luge_variable(g, "a", LUGE_F32, luge_shape_of(INT64_MAX, 2)), LUGE_ESHAPE,
            "variable: |too large");
    REFUSED(variable, luge_slab_variable(g, "a", LUGE_F32, luge_shape_of(1), 16), LUGE_EINVAL, "\"a\"|slab 16");
    REFUSED(constant, luge_constant(g, LUGE_F32, luge_shape_of(2), NULL), LUGE_EINVAL, "constant: |NULL");
    REFUSED(constant, luge_constant(g, LUGE_F32, luge_shape_of(-2), data), LUGE_ESHAPE, "constant: |[-2]");
    REFUSED(full, luge_full(g, LUGE_F32, (luge_shape){ .ndim = 9 }, 1), LUGE_ESHAPE, "full: |9 dimensions");
    REFUSED(full, luge_full(g, LUGE_F32, luge_shape_of(1 << 30, 1 << 30, 1 << 30), 1), LUGE_ESHAPE, "full: |too large");
}

static void elementwise(errors *e)
{
    luge_graph *g = e->g;
    const luge_val yes = luge_full(g, LUGE_BOOL, luge_shape_of(2, 3), 1);
    REFUSED(cast, luge_cast(g, F(2), (luge_dtype)77), LUGE_EINVAL, "cast: |dtype 77");
    REFUSED(where, luge_where(g, F(2, 3), F(2, 3), F(2, 3)), LUGE_EDTYPE, "where: |condition|f32|bool");
    REFUSED(where, luge_where(g, yes, F(2, 3), D(2, 3)), LUGE_EDTYPE, "where: |f32|f64");
    REFUSED(where, luge_where(g, yes, F(2, 4), F(2, 4)), LUGE_ESHAPE, "where: |[2,3]|[2,4]");
    REFUSED(where, luge_where(g, yes, F(2, 3), F(5, 3)), LUGE_ESHAPE, "where: |[2,3]|[5,3]");
}

static void reductions(errors *e)
{
    luge_graph *g = e->g;
    luge_val (*const over[])(luge_graph *, luge_val, luge_axes, int) = { luge_sum_over,  luge_mean_over,
                                                                         luge_max_over,  luge_min_over,
                                                                         luge_prod_over, luge_logsumexp_over };
    static const char *const names[] = { "sum", "mean", "max", "min", "prod", "logsumexp" };
    for (int i = 0; i < 6; i++) {
        char words[60];
        (void)snprintf(words, sizeof words, "%s: |axis 2|2 dimensions", names[i]);
        REFUSED(sum, over[i](g, F(2, 3), luge_axes_of(2), 0), LUGE_EINVAL, words);
        (void)snprintf(words, sizeof words, "%s: |axis -3|2 dimensions", names[i]);
        REFUSED(sum, over[i](g, F(2, 3), luge_axes_of(-3), 0), LUGE_EINVAL, words);
        (void)snprintf(words, sizeof words, "%s: |axis 1|twice", names[i]);
        REFUSED(sum, over[i](g, F(2, 3), luge_axes_of(1, -1), 0), LUGE_EINVAL, words);
        (void)snprintf(words, sizeof words, "%s: |3 axes|2 dimensions", names[i]);
        REFUSED(sum, over[i](g, F(2, 3), luge_axes_of(0, 1, 2), 0), LUGE_EINVAL, words);
        (void)snprintf(words, sizeof words, "%s: |-1 axes", names[i]);
        REFUSED(sum, over[i](g, F(2, 3), (luge_axes){ .n = -1 }, 0), LUGE_EINVAL, words);
    }
    REFUSED(sum_like, luge_sum_like(g, I(2, 3), I(3)), LUGE_EDTYPE, "sum_like: |i32");
    REFUSED(sum_like, luge_sum_like(g, F(2, 3), F(2)), LUGE_ESHAPE, "sum_like: |[2,3]|[2]");
    REFUSED(sum_like, luge_sum_like(g, F(3), F(2, 3)), LUGE_ESHAPE, "sum_like: |[3]|[2,3]");
    REFUSED(count, luge_count(g, I(2), F(2)), LUGE_EDTYPE, "count: |i32");
    REFUSED(argmax, luge_argmax(g, F(2, 3), 2), LUGE_EINVAL, "argmax: |axis 2");
    REFUSED(argmax, luge_argmax(g, SCALAR, 0), LUGE_EINVAL, "argmax: |axis 0|0 dimensions");
    REFUSED(argmax, luge_argmax(g, F(3, 0), 1), LUGE_ESHAPE, "argmax: |axis 1|[3,0]");
}

static void products(errors *e)
{
    luge_graph *g = e->g;
    REFUSED(matmul, luge_matmul(g, F(2, 3), F(4, 5)), LUGE_ESHAPE, "matmul: |[2,3] x [4,5]");
    REFUSED(matmul, luge_matmul_transposed(g, F(2, 3), F(3, 5), 1, 0), LUGE_ESHAPE,
            "matmul: |[2,3] transposed x [3,5]");
    REFUSED(matmul, luge_matmul_transposed(g, F(2, 3), F(3, 5), 0, 1), LUGE_ESHAPE,
            "matmul: |[2,3] x [3,5] transposed");
    REFUSED(matmul, luge_matmul(g, F(3), F(3, 5)), LUGE_ESHAPE, "matmul: |2 dimensions|[3] x [3,5]");
    REFUSED(matmul, luge_matmul(g, F(2, 3), SCALAR), LUGE_ESHAPE, "matmul: |2 dimensions|[2,3] x []");
    REFUSED(matmul, luge_matmul(g, F(2, 2, 3), F(3, 3, 5)), LUGE_ESHAPE, "matmul: |leading|[2,2,3]|[3,3,5]");
    REFUSED(matmul, luge_matmul(g, F(2, 3), D(3, 5)), LUGE_EDTYPE, "matmul: |f32|f64");
    REFUSED(matmul, luge_matmul(g, I(2, 3), I(3, 5)), LUGE_EDTYPE, "matmul: |i32");
    REFUSED(matmul, luge_matmul(g, I(2, 2, 3), I(3, 5)), LUGE_EDTYPE, "matmul: |i32");
}

static void shapes(errors *e)
{
    luge_graph *g = e->g;
    const luge_val m = F(2, 3);
    REFUSED(reshape, luge_reshape(g, m, luge_shape_of(4)), LUGE_ESHAPE, "reshape: |[2,3]|6|[4]|4");
    REFUSED(reshape, luge_reshape(g, m, luge_shape_of(-1, 4)), LUGE_ESHAPE, "reshape: |[2,3]|[-1,4]");
    REFUSED(reshape, luge_reshape(g, m, luge_shape_of(-1, -1)), LUGE_ESHAPE, "reshape: |-1");
    REFUSED(reshape, luge_reshape(g, m, luge_shape_of(2, -2)), LUGE_EINVAL, "reshape: |-2");
    REFUSED(reshape, luge_reshape(g, m, luge_shape_of(2, 3, 0)), LUGE_EINVAL, "reshape: |0|place 2");
    REFUSED(reshape, luge_reshape(g, m, (luge_shape){ .ndim = 9 }), LUGE_EINVAL, "reshape: |9 dimensions");
    REFUSED(reshape, luge_reshape(g, m, luge_shape_of(INT64_MAX, 3)), LUGE_ESHAPE, "reshape: |overflows");
    REFUSED(reshape, luge_reshape_like(g, m, F(7)), LUGE_ESHAPE, "reshape: |[2,3]|[7]");
    REFUSED(reshape, luge_expand_dims(g, m, 3), LUGE_EINVAL, "expand_dims: |axis 3");
    REFUSED(reshape, luge_expand_dims(g, TEN, 0), LUGE_ESHAPE, "expand_dims: |9 dimensions");
    REFUSED(reshape, luge_squeeze(g, m, 1), LUGE_ESHAPE, "squeeze: |axis 1|[2,3]|3");
    REFUSED(reshape, luge_squeeze(g, m, -3), LUGE_EINVAL, "squeeze: |axis -3");
    REFUSED(reshape, luge_flatten(g, SCALAR), LUGE_ESHAPE, "flatten: |[]");
    REFUSED(transpose, luge_permute_dims(g, m, luge_axes_of(0)), LUGE_EINVAL, "transpose: |1 axes|2 dimensions");
    REFUSED(transpose, luge_permute_dims(g, m, luge_axes_of(1, -1)), LUGE_EINVAL, "transpose: |axis 1|twice");
    REFUSED(transpose, luge_permute_dims(g, m, luge_axes_of(0, 2)), LUGE_EINVAL, "transpose: |axis 2");
    REFUSED(expand, luge_expand(g, m, F(3, 3)), LUGE_ESHAPE, "expand: |[2,3]|[3,3]");
    REFUSED(slice, luge_slice(g, m, 2, 0, 1, 1), LUGE_EINVAL, "slice: |axis 2|2 dimensions");
    REFUSED(slice, luge_slice(g, m, 0, 0, 1, 0), LUGE_EINVAL, "slice: |step 0");
    REFUSED(slice, luge_slice(g, m, 0, 1, 0, -1), LUGE_EINVAL, "slice: |step -1");
    REFUSED(slice, luge_slice(g, SCALAR, 0, 0, 1, 1), LUGE_EINVAL, "slice: |axis 0|0 dimensions");
}

static void indices(errors *e)
{
    luge_graph *g = e->g;
    const luge_val pair[2] = { F(2, 3), F(2, 4) }, mixed[2] = { F(2, 3), D(2, 3) }, ranks[2] = { F(2, 3), F(2) };
    REFUSED(concat, luge_concat(g, pair, 2, 0), LUGE_ESHAPE, "concat: |axis 0|[2,3]|[2,4]");
    REFUSED(concat, luge_concat(g, mixed, 2, 0), LUGE_EDTYPE, "concat: |f32|f64");
    REFUSED(concat, luge_concat(g, ranks, 2, 0), LUGE_ESHAPE, "concat: |[2,3]|[2]");
    REFUSED(concat, luge_concat(g, pair, 2, 2), LUGE_EINVAL, "concat: |axis 2");
    REFUSED(concat, luge_concat(g, pair, 0, 0), LUGE_EINVAL, "concat: |0 values");
    REFUSED(concat, luge_concat(g, NULL, 2, 0), LUGE_EINVAL, "concat: |values");
    REFUSED(gather, luge_gather(g, F(2, 3), F(2), 0), LUGE_EDTYPE, "gather: |f32|i64");
    REFUSED(gather, luge_gather(g, F(2, 3), I(2), 2), LUGE_EINVAL, "gather: |axis 2");
    REFUSED(gather, luge_gather(g, TEN, I(2, 2), 0), LUGE_ESHAPE, "gather: |[2,2]|8 dimensions");
    REFUSED(scatter_add, luge_scatter_add(g, F(4, 3), I(5), F(2, 3), 0), LUGE_ESHAPE, "scatter_add: |[4,3]|[5,3]");
    REFUSED(scatter_add, luge_scatter_add(g, I(5, 3), I(5), I(2, 3), 0), LUGE_EDTYPE, "scatter_add: |i32");
    REFUSED(scatter_add, luge_scatter_add(g, F(5, 3), F(5), F(2, 3), 0), LUGE_EDTYPE, "scatter_add: |f32|i64");
    REFUSED(scatter_add, luge_scatter_add(g, F(5, 3), I(5), F(2, 3), -3), LUGE_EINVAL, "scatter_add: |axis -3");
    REFUSED(one_hot, luge_one_hot(g, I(3), -1, LUGE_F32), LUGE_EINVAL, "one_hot: |depth -1");
    REFUSED(one_hot, luge_one_hot(g, I(3), 4, LUGE_I32), LUGE_EDTYPE, "one_hot: |i32");
    REFUSED(one_hot, luge_one_hot(g, F(3), 4, LUGE_F32), LUGE_EDTYPE, "one_hot: |f32|i64");
    REFUSED(one_hot, luge_one_hot_like(g, I(3), SCALAR), LUGE_ESHAPE, "one_hot: |scalar");
    REFUSED(one_hot, luge_one_hot(g, I(1, 1, 1, 1, 1, 1, 1, 2), 4, LUGE_F32), LUGE_ESHAPE, "one_hot: |dimension");
}

static void losses(errors *e)
{
    luge_graph *g = e->g;
    const luge_val z = F(4, 3);
    REFUSED(softmax, luge_softmax(g, SCALAR), LUGE_ESHAPE, "softmax: |scalar");
    REFUSED(log_softmax, luge_log_softmax(g, SCALAR), LUGE_ESHAPE, "log_softmax: |scalar");
    REFUSED(softmax_cross_entropy, luge_softmax_cross_entropy(g, z, I(3)), LUGE_ESHAPE,
            "softmax_cross_entropy: |[4,3]|[4]|[3]");
    REFUSED(softmax_cross_entropy, luge_softmax_cross_entropy(g, z, F(4, 2)), LUGE_ESHAPE,
            "softmax_cross_entropy: |[4,3]|[4,2]");
    REFUSED(softmax_cross_entropy, luge_softmax_cross_entropy(g, z, D(4, 3)), LUGE_EDTYPE,
            "softmax_cross_entropy: |f64|f32");
    REFUSED(softmax_cross_entropy, luge_softmax_cross_entropy_smoothed(g, z, I(4), 1), LUGE_EINVAL,
            "softmax_cross_entropy: |smoothing 1");
    REFUSED(softmax_cross_entropy, luge_softmax_cross_entropy_smoothed(g, z, I(4), -0.5), LUGE_EINVAL,
            "softmax_cross_entropy: |smoothing -0.5");
    REFUSED(squared_error, luge_squared_error(g, z, z, (luge_squared_error_kind)3), LUGE_EINVAL,
            "squared_error: |kind 3");
    REFUSED(squared_error, luge_squared_error(g, SCALAR, SCALAR, LUGE_HALF_MEAN), LUGE_ESHAPE, "squared_error: |rows");
    REFUSED(absolute_error, luge_absolute_error(g, SCALAR, SCALAR), LUGE_ESHAPE, "absolute_error: |scalar");
    REFUSED(huber, luge_huber(g, z, z, 0), LUGE_EINVAL, "huber: |delta 0");
    REFUSED(huber, luge_huber(g, z, z, -1.5), LUGE_EINVAL, "huber: |delta -1.5");
    REFUSED(hinge, luge_hinge(g, SCALAR, SCALAR), LUGE_ESHAPE, "hinge: |scalar");
    REFUSED(kl_divergence, luge_kl_divergence(g, SCALAR, SCALAR), LUGE_ESHAPE, "kl_divergence: |scalar");
}

static void random_ops(errors *e)
{
    luge_graph *g = e->g;
    const luge_val state = luge_full(g, LUGE_I64, luge_shape_of(2), 1), x = F(3);
    REFUSED(random_uniform, luge_random_uniform(g, x, x, 0, 1), LUGE_ESHAPE, "random_uniform: |f32 [3]|i64 [2]");
    REFUSED(random_uniform, luge_random_uniform(g, state, I(3), 0, 1), LUGE_EDTYPE, "random_uniform: |i32");
    REFUSED(random_normal, luge_random_normal(g, I(2), x, 0, 1), LUGE_ESHAPE, "random_normal: |i32 [2]|i64 [2]");
    REFUSED(random_normal, luge_random_normal(g, state, I(3), 0, 1), LUGE_EDTYPE, "random_normal: |i32");
    REFUSED(random_dropout, luge_random_dropout(g, x, state, 1), LUGE_EINVAL, "random_dropout: |rate 1");
    REFUSED(random_dropout, luge_random_dropout(g, x, state, -0.25), LUGE_EINVAL, "random_dropout: |rate -0.25");
    REFUSED(random_dropout, luge_random_dropout(g, x, x, 0.5), LUGE_ESHAPE, "random_dropout: |f32 [3]|i64 [2]");
    REFUSED(random_dropout, luge_random_dropout(g, I(3), state, 0.5), LUGE_EDTYPE, "random_dropout: |i32");
}

static void effects(errors *e)
{
    luge_graph *g = e->g;
    const luge_val w = luge_variable(g, "w", LUGE_F32, luge_shape_of(3)), x = F(3);
    const luge_val t = luge_variable(g, "t", LUGE_I64, luge_shape_of(2));
    REFUSED(assign, luge_assign(g, x, x), LUGE_EINVAL, "assign: |variable|full");
    REFUSED(assign, luge_assign(g, w, F(4)), LUGE_ESHAPE, "assign: |[3]|[4]");
    REFUSED(assign, luge_assign(g, w, D(3)), LUGE_EDTYPE, "assign: |f32|f64");
    REFUSED(assign, luge_assign(g, w, (luge_val){ 0, 0 }), LUGE_EINVAL, "assign: |none");
    REFUSED(increment, luge_increment(g, w, 1), LUGE_EDTYPE, "increment: |f32");
    REFUSED(increment, luge_increment(g, I(2), 1), LUGE_EINVAL, "increment: |variable|full");
    REFUSED(increment, luge_increment(g, luge_variable(g, "m", LUGE_I64, luge_shape_of(2, 2)), 1), LUGE_ESHAPE,
            "increment: |[2,2]");
    REFUSED(increment, luge_increment(g, luge_variable(g, "n", LUGE_I64, luge_shape_of(0)), 1), LUGE_ESHAPE,
            "increment: |[0]");
    REFUSED(increment, luge_increment(g, luge_increment(g, t, 1), 1), LUGE_EINVAL, "increment: |effect");
}

/* Those that no function builds. */
static void fused_products(errors *e)
{
    luge_graph *g = e->g;
#define APPEND(op, attr, ...)                                                                                          \
    luge__append(g, LUGE__OP_##op, (const luge_val[]){ __VA_ARGS__ },                                                  \
                 (int)(sizeof((const luge_val[]){ __VA_ARGS__ }) / sizeof(luge_val)), attr)
    const luge__dense_attr none = { 0, 0, 0 }, strange = { 0, 0, 4 }, below = { 0, 0, -1 };
    const luge_val a = F(2, 3), b = F(3, 5);
    REFUSED(dense, APPEND(dense, &strange, a, b), LUGE_EINVAL, "dense: |activation 4");
    REFUSED(dense, APPEND(dense, &below, a, b), LUGE_EINVAL, "dense: |activation -1");
    REFUSED(dense, APPEND(dense, &none, a, a), LUGE_ESHAPE, "dense: |[2,3] x [2,3]");
    REFUSED(dense, APPEND(dense, &none, F(2, 2, 3), F(2, 3, 5)), LUGE_ESHAPE, "dense: |[2,2,3]|2 dimensions");
    REFUSED(dense, APPEND(dense, &none, a, F(2, 3, 5)), LUGE_ESHAPE, "dense: |leading|[2,3,5]");
    REFUSED(dense, APPEND(dense, &none, a, b, F(2)), LUGE_ESHAPE, "dense: |bias is [2]; [5]");
    REFUSED(dense, APPEND(dense, &none, a, b, F(1, 5)), LUGE_ESHAPE, "dense: |bias is [1,5]; [5]");
    REFUSED(dense, APPEND(dense, &none, a, b, D(5)), LUGE_EDTYPE, "dense: |f32|f64");
    REFUSED(dense_backprop, APPEND(dense_backprop, &none, a, b, F(5)), LUGE_ESHAPE, "dense_backprop: |[5]|[2,5]");
    REFUSED(dense_backprop, APPEND(dense_backprop, &none, a, b, D(2, 5)), LUGE_ESHAPE, "dense_backprop: |f64|f32");
    REFUSED(dense_backprop, APPEND(dense_backprop, &strange, a, b, F(2, 5)), LUGE_EINVAL, "activation 4");
    const luge__smoothing_attr plain = { 0 }, one = { 1 };
    REFUSED(softmax_cross_entropy_gradient, APPEND(softmax_cross_entropy_gradient, &plain, a, I(2), F(3)), LUGE_ESHAPE,
            "softmax_cross_entropy_gradient: |[3]|[2]");
    REFUSED(softmax_cross_entropy_gradient, APPEND(softmax_cross_entropy_gradient, &one, a, I(2), F(2)), LUGE_EINVAL,
            "smoothing 1");
    REFUSED(sigmoid_cross_entropy_gradient, APPEND(sigmoid_cross_entropy_gradient, NULL, a, a, F(2)), LUGE_ESHAPE,
            "sigmoid_cross_entropy_gradient: |[2,3] and [2]");
#undef APPEND
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */

typedef luge_val update_builder(luge_graph *g, luge_val w, luge_val grad, const luge_update_options *options);

typedef struct update_row {
    luge__op_id op;
    update_builder *build;
    int has[5], needs[5]; /* step, velocity, m, v, v_max */
} update_row;

static const update_row update_rows[] = {
    { LUGE__OP_update_sgd, luge_update_sgd_with, { 0, 1, 0, 0, 0 }, { 0, 0, 0, 0, 0 } },
    { LUGE__OP_update_adagrad, luge_update_adagrad_with, { 0, 0, 0, 1, 0 }, { 0, 0, 0, 1, 0 } },
    { LUGE__OP_update_rmsprop, luge_update_rmsprop_with, { 0, 1, 1, 1, 0 }, { 0, 0, 0, 1, 0 } },
    { LUGE__OP_update_adam, luge_update_adam_with, { 1, 0, 1, 1, 1 }, { 1, 0, 1, 1, 0 } },
    { LUGE__OP_update_adamw, luge_update_adamw_with, { 1, 0, 1, 1, 1 }, { 1, 0, 1, 1, 0 } },
};

static luge_val *state_of(luge_update_options *o, int i)
{
    luge_val *const states[5] = { &o->step, &o->velocity, &o->m, &o->v, &o->v_max };
    return states[i];
}

typedef struct update_try {
    errors *e;
    const update_row *row;
    luge_val w, grad;
    luge_update_options good;
} update_try;

static void update_refused(const update_try *u, luge_val w, luge_val grad, const luge_update_options *o,
                           luge_status status, const char *message)
{
    char words[100];
    (void)snprintf(words, sizeof words, "%s: |%s", luge__op_of(u->row->op)->name, message);
    expect(u->e, u->row->op, u->row->build(u->e->g, w, grad, o), status, words, message);
}

static void update_operands(const update_try *u)
{
    luge_graph *g = u->e->g;
    luge_update_options o = u->good;
    update_refused(u, F(3), u->grad, &o, LUGE_EINVAL, "operand 1 must be a variable|full");
    update_refused(u, u->w, F(4), &o, LUGE_ESHAPE, "[3]|[4]");
    update_refused(u, u->w, D(3), &o, LUGE_EDTYPE, "f32|f64");
    update_refused(u, u->w, (luge_val){ 0, 0 }, &o, LUGE_EINVAL, "none");
    o.rate = F(1);
    update_refused(u, u->w, u->grad, &o, LUGE_ESHAPE, "rate|f32 [1]");
    o.rate = luge_scalar(g, LUGE_F64, 1);
    update_refused(u, u->w, u->grad, &o, LUGE_ESHAPE, "rate|f64 []");
    o.rate = (luge_val){ 0, 0 };
    update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, "rate");
    for (int i = 0; i < 5; i++) {
        o = u->good;
        *state_of(&o, i) = u->row->has[i] ? (luge_val){ 0, 0 } : u->w;
        if (!u->row->has[i]) update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, "has no use here");
        if (!u->row->has[i]) continue;
        if (u->row->needs[i]) update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, "is needed");
        *state_of(&o, i) = i ? u->w : luge_scalar(g, LUGE_F32, 1);
        update_refused(u, u->w, u->grad, &o, i ? LUGE_EINVAL : LUGE_ESHAPE, i ? "same variable|\"w" : "step|f32 []");
        if (!i) continue;
        *state_of(&o, i) = F(3);
        update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, "must be a variable|full");
        *state_of(&o, i) = F(2, 3);
        update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, "must be a variable|full");
    }
}

static void update_options(const update_try *u)
{
    static const struct {
        size_t offset;
        double value;
        const char *words;
    } bad[] = { { offsetof(luge_update_options, momentum), 1, "momentum 1" },
                { offsetof(luge_update_options, momentum), -0.5, "momentum -0.5" },
                { offsetof(luge_update_options, rho), 1.5, "rho 1.5" },
                { offsetof(luge_update_options, beta1), 1, "beta1 1" },
                { offsetof(luge_update_options, beta2), -1, "beta2 -1" },
                { offsetof(luge_update_options, epsilon), -1, "epsilon" },
                { offsetof(luge_update_options, weight_decay), -1, "weight_decay" } };
    luge_update_options o;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o = u->good;
        memcpy((unsigned char *)&o + bad[i].offset, &bad[i].value, sizeof bad[i].value);
        update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, bad[i].words);
    }
    o = u->good;
    o.formulas = (luge_formulas)7;
    update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, "formulas 7");
    o = u->good;
    o.size = 1;
    update_refused(u, u->w, u->grad, &o, LUGE_EINVAL, "size");
    update_refused(u, u->w, u->grad, NULL, LUGE_EINVAL, "rate"); /* as options of zeros */
}

static void updates(errors *e)
{
    static const char *const names[5] = { "step", "velocity", "mean", "square", "largest" };
    luge_graph *g = e->g;
    for (size_t i = 0; i < sizeof update_rows / sizeof *update_rows; i++) {
        update_try u = { .e = e, .row = &update_rows[i], .grad = F(3) };
        char name[40];
        (void)snprintf(name, sizeof name, "w%d", (int)i);
        u.w = luge_variable(g, name, LUGE_F32, luge_shape_of(3));
        u.good = (luge_update_options){ .size = sizeof u.good, .rate = SCALAR };
        for (int k = 0; k < 5; k++) {
            (void)snprintf(name, sizeof name, "%s%d", names[k], (int)i);
            const luge_val v = k ? luge_variable(g, name, LUGE_F32, luge_shape_of(3))
                                 : luge_variable(g, name, LUGE_I64, luge_scalar_shape());
            if (update_rows[i].has[k]) *state_of(&u.good, k) = v;
        }
        update_operands(&u);
        update_options(&u);
        CHECK(e->t, luge_is_some(update_rows[i].build(g, u.w, u.grad, &u.good))); /* what was good is good */
    }
}

/* ---- while it runs: class numbers and places out of range -------------------------------------------------------- */

static luge_val build_indexed(luge_graph *g, int kind, luge_val index)
{
    if (kind == 0) return luge_gather(g, F(4, 3), index, 0);
    if (kind == 1) return luge_scatter_add(g, F(2, 3), index, F(4, 3), 0);
    return luge_softmax_cross_entropy(g, F(2, 4), index);
}

/* The run fails, says why, leaves the context alone, and works again with good numbers. */
static void run_indexed(luge_test *t, luge_context *ctx, int kind, const char *backend, int64_t bad)
{
    static const char *const names[3] = { "gather", "scatter_add", "softmax_cross_entropy" };
    luge_graph *g = luge_graph_create(ctx);
    const luge_val index = luge_input(g, "index", LUGE_I64, luge_shape_of(2));
    const luge_val y = build_indexed(g, kind, index);
    luge_plan *plan = luge_plan_create(g, &y, 1, .backend = backend, .guard = 1);
    luge_run *run = luge_run_create(plan);
    int64_t data[2] = { 3, bad };
    char words[40];
    (void)snprintf(words, sizeof words, "%lld", (long long)bad);
    CHECK_STATUS(t, luge_run_bind(run, index, data, sizeof data), LUGE_OK);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), names[kind]);
    CHECK_STR_CONTAINS(t, luge_last_error(), words);
    CHECK_STR_CONTAINS(t, luge_last_error(), "[0, 4)");
    CHECK(t, !luge_failed(ctx));
    data[1] = 0;
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    luge_run_free(run);
    luge_plan_free(plan);
    luge_graph_free(g);
}

static void out_of_range(luge_test *t)
{
    static const int64_t bad[] = { -1, 4, INT64_MAX, INT64_MIN };
    luge_context *ctx = op_context(t, 2, NULL);
    for (int kind = 0; kind < 3 && ctx; kind++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            for (int b = 0; b < 2; b++) run_indexed(t, ctx, kind, b ? "cpu" : "ref", bad[i]);
    luge_close(ctx);
}

/* ---- the suite --------------------------------------------------------------------------------------------------- */

static void check_complete(errors *e)
{
    for (int i = 0; i < luge_op_count(); i++) {
        char text[80];
        const luge__op *op = luge__op_of((luge__op_id)i);
        if (op->flags & LUGE__EFFECT && op->lower) continue; /* the fused updates: in the suite fused */
        (void)snprintf(text, sizeof text, "%s has refused something", op->name);
        (void)luge_test_check(e->t, __FILE__, __LINE__, text, e->refused[i]);
    }
}

void test_ops_errors(luge_test *t)
{
    static const struct {
        const char *name;
        void (*run)(errors *e);
    } families[] = { { "leaves", leaves },
                     { "elementwise", elementwise },
                     { "reductions", reductions },
                     { "products", products },
                     { "fused_products", fused_products },
                     { "shapes", shapes },
                     { "indices", indices },
                     { "losses", losses },
                     { "random_ops", random_ops },
                     { "effects", effects },
                     { "updates", updates } };
    errors *e = calloc(1, sizeof *e);
    if (!CHECK(t, e)) return;
    e->t = t;
    e->ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &e->memory);
    e->g = luge_graph_create(e->ctx);
    if (CHECK(t, e->g)) {
        for (size_t i = 0; i < sizeof families / sizeof *families; i++)
            if (CASE(t, families[i].name)) families[i].run(e);
        sample_sink sink = { try_sample, e, 0 };
        samples_each(&sink);
        if (!t->only && CASE(t, "complete")) check_complete(e);
    }
    luge_close(e->ctx);
    CHECK_EQ_INT(t, e->memory.live, 0);
    CHECK_EQ_INT(t, e->memory.wrong, 0);
    free(e);
    RUN(t, out_of_range);
}
