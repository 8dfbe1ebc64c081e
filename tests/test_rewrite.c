/* test_rewrite.c: what a plan rewrites, and what it must leave. Each graph is planned as it is given and rewritten; the
 * two give the same, and the steps of the second are those that are expected. */
#include <stdio.h>

#include "failing_alloc.h"
#include "graph_tools.h"

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* The ops of the steps: "matmul add relu". */
static const char *steps_of(const luge_plan *plan, tools_text *text)
{
    const luge_sink sink = tools_sink(text);
    for (int i = 0; i < luge_plan_step_count(plan); i++) {
        luge_step_info info;
        luge_plan_step(plan, i, &info);
        if (i) tools_write(sink.user, " ", 1);
        tools_write(sink.user, info.op, strlen(info.op));
    }
    return text->text;
}

typedef struct scene {
    luge_context *ctx;
    luge_graph *g;
    luge_val x, w, u, b; /* [4,3] input; [3,5], [5,5], [5] variables */
    float data[12];
} scene;

static luge_val filled(luge_test *t, luge_graph *g, const char *name, luge_shape shape)
{
    const luge_val v = luge_variable(g, name, LUGE_F32, shape);
    float *data = luge_data(g, v);
    for (int64_t i = 0; data && i < luge_shape_size(&shape); i++) data[i] = (float)luge_test_uniform(t, -1, 1);
    return v;
}

static scene open_scene(luge_test *t)
{
    scene s = { .ctx = luge_open(.threads = 1) };
    s.g = luge_graph_create(s.ctx);
    s.x = luge_input(s.g, "x", LUGE_F32, luge_shape_of(4, 3));
    s.w = filled(t, s.g, "w", luge_shape_of(3, 5));
    s.u = filled(t, s.g, "u", luge_shape_of(5, 5));
    s.b = filled(t, s.g, "b", luge_shape_of(5));
    for (int i = 0; i < 12; i++) s.data[i] = (float)luge_test_uniform(t, -1, 1);
    return s;
}

enum { MOST = 64 };

static void keep_weights(scene *s, float kept[3][25], int back)
{
    const luge_val v[3] = { s->w, s->u, s->b };
    const size_t bytes[3] = { 15 * sizeof(float), 25 * sizeof(float), 5 * sizeof(float) };
    for (int i = 0; i < 3; i++)
        back ? luge_set(s->g, v[i], kept[i], bytes[i]) : luge_get(s->g, v[i], kept[i], bytes[i]);
}

/* Runs the outputs twice and reads the values among them and the weights. */
static int run_plan(luge_test *t, scene *s, luge_plan *plan, const luge_val *outputs, int n, float *to)
{
    luge_run *run = luge_run_create(plan);
    int count = 0, fine = CHECK(t, run != NULL);
    for (int turn = 0; turn < 2 && fine; turn++) {
        luge_run_bind(run, s->x, s->data, sizeof s->data);
        fine = CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        for (int i = 0; i < n && fine; i++) {
            const luge_shape shape = luge_shape_of_val(s->g, outputs[i]);
            const int size = (int)luge_shape_size(&shape);
            if (!luge__node_of(s->g, outputs[i])->type.dtype || count + size > MOST) continue;
            fine = CHECK_STATUS(t, luge_run_get(run, outputs[i], to + count, (size_t)size * sizeof *to), LUGE_OK);
            count += size;
        }
    }
    luge_run_free(run);
    return count;
}

/* The steps are those expected; values and weights are those of the graph as it is given. tolerance 0: to the bit. */
static void expect(luge_test *t, scene *s, const luge_val *outputs, int n, const char *steps, float tolerance)
{
    float got[2][MOST], start[3][25], after[2][3][25];
    tools_text text;
    memset(got, 0, sizeof got);
    memset(after, 0, sizeof after);
    keep_weights(s, start, 0);
    for (int32_t plain = 0; plain <= 1; plain++) {
        luge_plan *plan = luge_plan_create(s->g, outputs, n, .no_rewrites = plain, .guard = !plain);
        if (!CHECK_STATUS(t, luge_failure(s->ctx), LUGE_OK)) return;
        if (!plain) CHECK_STR_EQ(t, steps_of(plan, &text), steps);
        keep_weights(s, start, 1);
        run_plan(t, s, plan, outputs, n, got[plain]);
        keep_weights(s, after[plain], 0);
        luge_plan_free(plan);
    }
    keep_weights(s, start, 1);
    if (tolerance > 0) {
        CHECK_CLOSE(t, tools_distance(got[0], got[1], LUGE_F32, MOST), 0, tolerance);
        CHECK_CLOSE(t, tools_distance(after[0], after[1], LUGE_F32, 75), 0, tolerance);
    } else {
        CHECK(t, !memcmp(got[0], got[1], sizeof got[0]) && !memcmp(after[0], after[1], sizeof after[0]));
    }
}

static luge_val number(scene *s, double value)
{
    return luge_scalar(s->g, LUGE_F32, value);
}

/* One output, its steps and its bits. */
#define EXPECT(value, steps)                                                                                           \
    do {                                                                                                               \
        const luge_val output = value;                                                                                 \
        expect(t, &s, &output, 1, steps, 0);                                                                           \
    } while (0)

/* ---- folding ----------------------------------------------------------------------------------------------------- */

static void folds(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const luge_val x = s.x;
    EXPECT(luge_sin(g, luge_mul(g, x, number(&s, 1))), "sin");
    EXPECT(luge_sin(g, luge_mul(g, number(&s, 1), x)), "sin");
    EXPECT(luge_sin(g, luge_div(g, x, number(&s, 1))), "sin");
    EXPECT(luge_sin(g, luge_sub(g, x, number(&s, 0))), "sin");
    EXPECT(luge_sin(g, luge_add(g, x, number(&s, -0.0))), "sin");
    EXPECT(luge_sin(g, luge_neg(g, luge_neg(g, x))), "sin");
    EXPECT(luge_sin(g, luge_stop_gradient(g, x)), "sin");
    EXPECT(luge_sin(g, luge_transpose(g, luge_transpose(g, x))), "sin");
    EXPECT(luge_sin(g, luge_reshape(g, luge_reshape(g, x, luge_shape_of(12)), luge_shape_of(4, 3))), "sin");
    EXPECT(luge_sin(g, luge_expand(g, x, luge_cos(g, x))), "sin");
    EXPECT(luge_sin(g, luge_slice(g, x, 0, 0, LUGE_END, 1)), "sin");
    const luge_val shares = luge_div(g, number(&s, 3), luge_count(g, x, luge_slice(g, x, 0, 0, 1, 1)));
    EXPECT(luge_mul(g, x, luge_sqrt(g, luge_add(g, shares, number(&s, 2)))), "mul");
    EXPECT(luge_matmul(g, luge_transpose(g, x), luge_cos(g, x)), "cos matmul");
    EXPECT(luge_mean(g, x), "mean");
    luge_close(s.ctx);
}

/* What looks like one of those and is not: -0 + 0 is 0, and a kernel's e^1 need not be the reference's. */
static void folds_not(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const luge_val x = s.x;
    s.data[0] = -0.0f;
    EXPECT(luge_reciprocal(g, luge_add(g, x, number(&s, 0))), "add reciprocal");
    EXPECT(luge_sin(g, luge_sub(g, x, number(&s, -0.0))), "sub sin");
    EXPECT(luge_sin(g, luge_sub(g, number(&s, 0), x)), "sub sin");
    EXPECT(luge_sin(g, luge_div(g, number(&s, 1), x)), "div sin");
    EXPECT(luge_mul(g, x, luge_exp(g, number(&s, 1))), "exp mul");
    EXPECT(luge_mul(g, x, luge_div(g, number(&s, 0), number(&s, 0))), "div mul");
    EXPECT(luge_mul(g, x, luge_mul(g, number(&s, 1e-30), number(&s, 1e-10))), "mul mul");
    EXPECT(luge_sin(g, luge_transpose(g, x)), "sin");
    EXPECT(luge_mul(g, x, number(&s, 1)), "mul"); /* an output has memory of its own */
    luge_close(s.ctx);
}

/* ---- equal values ------------------------------------------------------------------------------------------------ */

static void common(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const luge_val x = s.x, y = luge_cos(g, x);
    EXPECT(luge_mul(g, luge_sin(g, x), luge_sin(g, x)), "sin mul");
    EXPECT(luge_sub(g, luge_add(g, x, y), luge_add(g, y, x)), "cos add sub");
    EXPECT(luge_sub(g, luge_sub(g, x, y), luge_sub(g, y, x)), "cos sub sub sub");
    EXPECT(luge_mul(g, luge_leaky_relu(g, x, 0.1), luge_leaky_relu(g, x, 0.1)), "leaky_relu mul");
    EXPECT(luge_mul(g, luge_leaky_relu(g, x, 0.1), luge_leaky_relu(g, x, 0.2)), "leaky_relu leaky_relu mul");
    const luge_val twice[2] = { luge_sin(g, x), luge_sin(g, x) };
    expect(t, &s, twice, 2, "sin", 0);
    /* x > 0 is read off relu(x), so that z is not kept for it */
    const luge_val z = luge_sin(g, y), relu = luge_relu(g, z);
    const luge_val masked = luge_where(g, luge_greater(g, z, number(&s, 0)), y, number(&s, 0));
    EXPECT(luge_mul(g, masked, relu), "cos sin relu greater where mul");
    luge_plan *plan = luge_plan_create(g, &masked, 1);
    luge_step_info info;
    CHECK_STATUS(t, luge_plan_step(plan, 2, &info), LUGE_OK);
    CHECK_STR_EQ(t, info.op, "greater"); /* without anybody who needs relu(x), x is read */
    luge_close(s.ctx);
}

/* A value that reads a variable before an update and one that reads it after are two; so are two draws. */
static void barriers(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const luge_val before = luge_sin(g, s.b), again = luge_sin(g, s.b), same = luge_mul(g, s.b, number(&s, 1));
    const luge_val view = luge_stop_gradient(g, s.b);
    const luge_val effect = luge_assign(g, s.b, luge_add(g, s.b, before));
    const luge_val after = luge_sin(g, s.b), later = luge_sub(g, luge_cos(g, same), view);
    const luge_val outputs[] = { luge_sub(g, again, before), after, effect, later, luge_sin(g, s.b) };
    expect(t, &s, outputs, 5, "sin mul copy add assign sin cos sub sub", 0);
    luge_close(s.ctx);

    s = open_scene(t);
    const double seed[2] = { 7, 0 };
    const luge_val state = tools_variable(s.g, "state", LUGE_I64, luge_shape_of(2), seed);
    const luge_val draw[2] = { luge_random_uniform(s.g, state, s.x, 0, 1), luge_random_uniform(s.g, state, s.x, 0, 1) };
    EXPECT(luge_sub(s.g, draw[0], draw[1]), "random_uniform random_uniform sub");
    luge_close(s.ctx);
}

/* ---- fusion ------------------------------------------------------------------------------------------------------ */

#define FUSES(value, steps)                                                                                            \
    do {                                                                                                               \
        const luge_val output = value;                                                                                 \
        expect(t, &s, &output, 1, steps, 1e-5f);                                                                       \
    } while (0)

static void dense_layers(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const luge_val p = luge_matmul(g, s.x, s.w);
    FUSES(luge_add(g, p, s.b), "dense");
    FUSES(luge_relu(g, luge_add(g, s.b, luge_matmul(g, s.x, s.w))), "dense");
    FUSES(luge_sigmoid(g, luge_add(g, p, s.b)), "dense");
    FUSES(luge_tanh(g, luge_matmul_transposed(g, p, s.u, 0, 1)), "matmul dense");
    const luge_val y = luge_tanh(g, luge_matmul(g, s.x, s.w)), h = luge_matmul_transposed(g, p, s.u, 0, 1);
    FUSES(luge_mul(g, h, luge_sub(g, number(&s, 1), luge_square(g, y))), "matmul tanh dense_backprop");
    FUSES(luge_where(g, luge_greater(g, y, number(&s, 0)), h, number(&s, 0)), "matmul tanh dense_backprop");
    FUSES(luge_mul(g, luge_mul(g, luge_sub(g, number(&s, 1), y), y), h), "matmul tanh dense_backprop");
    luge_close(s.ctx);
}

static void dense_layers_not(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const luge_val p = luge_matmul(g, s.x, s.w), z = luge_add(g, p, s.b);
    const luge_val both[2] = { luge_relu(g, luge_sin(g, p)), luge_add(g, p, s.b) }; /* two readers */
    expect(t, &s, both, 2, "matmul sin relu add", 1e-5f);
    const luge_val asked[2] = { p, z };
    expect(t, &s, asked, 2, "matmul add", 1e-5f);
    const luge_val sum = luge_sum_over(g, luge_sin(g, p), luge_axes_of(-1), 1); /* [4,1]: a column is no bias */
    FUSES(luge_relu(g, luge_add(g, luge_matmul_transposed(g, p, s.u, 0, 1), sum)), "matmul sin sum matmul add relu");
    FUSES(luge_relu(g, luge_add(g, luge_matmul(g, luge_cos(g, p), s.u), luge_slice(g, s.b, 0, 0, 1, 1))),
          "matmul cos matmul add relu");
    const luge_val cube = luge_reshape(g, s.x, luge_shape_of(2, 2, 3));
    FUSES(luge_add(g, luge_matmul(g, cube, s.w), s.b), "matmul add"); /* batches of products */
    const luge_val old = luge_matmul(g, s.x, s.w);
    const luge_val effect = luge_assign(g, s.w, luge_neg(g, s.w)); /* between the product and the sum */
    const luge_val overwritten[2] = { effect, luge_add(g, old, s.b) };
    expect(t, &s, overwritten, 2, "matmul neg assign add", 1e-5f);
    luge_close(s.ctx);
}

/* Gradients of cross-entropies, by class numbers and by rows of targets, plain, smoothed and weighted by rows. */
static void logit_gradients(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const int64_t labels[4] = { 0, 4, 2, 1 };
    const float weights[4] = { 1, 0.5f, 2, 0 };
    const luge_val z = luge_cos(g, luge_matmul(g, s.x, s.w)),
                   row = luge_constant(g, LUGE_F32, luge_shape_of(4), weights);
    const luge_val index = luge_constant(g, LUGE_I64, luge_shape_of(4), labels);
    float targets[20];
    for (int i = 0; i < 20; i++) targets[i] = (float)luge_test_uniform(t, 0, 1);
    const luge_val soft = luge_constant(g, LUGE_F32, luge_shape_of(4, 5), targets);
    luge_val gradient = { 0, 0 };
    for (int i = 0; i < 8; i++) {
        const luge_val losses = luge_softmax_cross_entropy_smoothed(g, z, i & 1 ? soft : index, i & 2 ? 0.25 : 0);
        const luge_val loss = luge_sum(g, i & 4 ? luge_mul(g, losses, row) : losses);
        luge_gradient(g, loss, &z, 1, &gradient);
        FUSES(gradient, "matmul cos softmax_cross_entropy_gradient");
    }
    const luge_val same = luge_stop_gradient(g, luge_sigmoid(g, s.u)), other = luge_stop_gradient(g, luge_relu(g, s.u));
    luge_gradient(g, luge_mean(g, luge_sigmoid_cross_entropy(g, s.u, same)), &s.u, 1, &gradient);
    FUSES(gradient, "sigmoid sub mul"); /* the targets are the same sigmoid: it has two readers */
    luge_gradient(g, luge_mean(g, luge_sigmoid_cross_entropy(g, s.u, other)), &s.u, 1, &gradient);
    FUSES(luge_copy(g, gradient), "relu sigmoid_cross_entropy_gradient copy");
    luge_close(s.ctx);
}

static void updates(luge_test *t)
{
    scene s = open_scene(t);
    luge_graph *g = s.g;
    const luge_val y = luge_sin(g, luge_matmul(g, s.x, s.w)), rate = number(&s, 0.1);
    const luge_val gw = luge_matmul_transposed(g, s.x, y, 1, 0), gb = luge_sum_like(g, y, s.b);
    const luge_val both[2] = { luge_update_sgd(g, s.w, gw, rate), luge_update_sgd(g, s.b, gb, rate) };
    expect(t, &s, both, 2, "matmul sin dense_update_sgd bias_update_sgd", 1e-5f);
    const luge_val read[2] = { both[0], luge_sum(g, gw) }; /* the gradient has another reader */
    expect(t, &s, read, 2, "matmul sin matmul update_sgd sum", 1e-5f);
    const luge_val own[] = { luge_update_sgd(g, s.u, luge_matmul(g, s.u, luge_sin(g, s.u)), rate) };
    expect(t, &s, own, 1, "sin matmul update_sgd", 1e-5f);
    const luge_val view[] = { luge_update_sgd(g, s.u, luge_matmul(g, luge_transpose(g, s.u), luge_sin(g, s.u)), rate) };
    luge_plan *plan = luge_plan_create(g, view, 1);
    CHECK(t, plan != NULL);
    const luge_val late = luge_matmul_transposed(g, y, y, 1, 0);
    const luge_val change = luge_assign(g, s.b, luge_neg(g, s.b));
    const luge_val after[2] = { change, luge_update_sgd(g, s.u, late, rate) };
    expect(t, &s, after, 2, "matmul sin dense_update_sgd neg assign", 1e-5f);
    luge_close(s.ctx);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

enum { MOST_WEIGHTS = 8192 };

typedef luge_val activation_fn(luge_graph *g, luge_val x);
typedef struct network {
    const char *name;
    luge_dtype dtype;
    int rows, layers, width[4];
    activation_fn *activation;
    int classes, adam; /* softmax of class numbers, else sigmoid */
    const char *steps;
} network;

#define BACK  " bias_update_sgd dense_backprop dense_update_sgd bias_update_sgd dense_update_sgd"
#define ADAM  "increment dense dense "
#define ADAM2 " bias_update_adam dense_backprop dense_update_adam bias_update_adam dense_update_adam"

static const network networks[] = {
    { "xor", LUGE_F32, 4, 3, { 2, 4, 1 }, luge_sigmoid, 0, 0, "dense dense sigmoid_cross_entropy_gradient" BACK },
    { "cancer", LUGE_F32, 32, 3, { 30, 10, 1 }, luge_sigmoid, 0, 0, "dense dense sigmoid_cross_entropy_gradient" BACK },
    { "book", LUGE_F32, 10, 3, { 84, 40, 10 }, luge_relu, 1, 0, "dense dense softmax_cross_entropy_gradient" BACK },
    { "fashion-sgd",
      LUGE_F32,
      26,
      3,
      { 84, 30, 10 },
      luge_sigmoid,
      1,
      0,
      "dense dense softmax_cross_entropy_gradient" BACK },
    { "fashion-adam", LUGE_F32, 28, 3, { 84, 30, 10 }, luge_relu, 1, 1, ADAM "softmax_cross_entropy_gradient" ADAM2 },
    { "five-eight",
      LUGE_F32,
      112,
      3,
      { 84, 16, 1 },
      luge_sigmoid,
      0,
      0,
      "dense dense sigmoid_cross_entropy_gradient" BACK },
    { "wide",
      LUGE_F32,
      20,
      4,
      { 84, 24, 24, 10 },
      luge_relu,
      1,
      1,
      "increment dense dense dense softmax_cross_entropy_gradient bias_update_adam dense_backprop bias_update_adam "
      "dense_update_adam dense_backprop dense_update_adam bias_update_adam dense_update_adam" },
    { "more weights with moments",
      LUGE_F32,
      20,
      3,
      { 84, 60, 10 },
      luge_relu,
      1,
      1,
      ADAM "softmax_cross_entropy_gradient bias_update_adam dense_backprop bias_update_adam dense_update_adam matmul "
           "update_adam" },
    { "many rows",
      LUGE_F32,
      4097,
      3,
      { 3, 2, 1 },
      luge_sigmoid,
      0,
      0,
      "dense dense sigmoid_cross_entropy_gradient bias_update_sgd matmul dense_backprop bias_update_sgd update_sgd "
      "matmul update_sgd" },
    { "tanh in f64", LUGE_F64, 9, 3, { 7, 6, 5 }, luge_tanh, 1, 0, "dense dense softmax_cross_entropy_gradient" BACK },
    { "gelu", LUGE_F32, 9, 3, { 7, 6, 5 }, luge_gelu, 1, 0, NULL },
};

typedef struct built {
    luge_graph *g;
    luge_val x, t, loss, param[6], effect[8];
    int n_params, n_effects;
} built;

static luge_val parameter(luge_test *t, built *b, const network *n, int layer, const char *kind, luge_shape shape)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%s%d", kind, layer);
    double start[MOST_WEIGHTS];
    for (int64_t i = 0; i < luge_shape_size(&shape); i++) start[i] = luge_test_uniform(t, -0.3, 0.3);
    return b->param[b->n_params++] = tools_variable(b->g, name, n->dtype, shape, start);
}

static built build(luge_test *t, luge_context *ctx, const network *n)
{
    built b = { .g = luge_graph_create(ctx) };
    luge_graph *g = b.g;
    const int out = n->width[n->layers - 1];
    b.x = luge_input(g, "x", n->dtype, luge_shape_of(n->rows, n->width[0]));
    b.t = n->classes ? luge_input(g, "t", LUGE_I32, luge_shape_of(n->rows))
                     : luge_input(g, "t", n->dtype, luge_shape_of(n->rows, out));
    luge_val a = b.x, grad[6] = { { 0, 0 } }, step = { 0, 0 };
    for (int i = 1; i < n->layers; i++) {
        const luge_val w = parameter(t, &b, n, i, "w", luge_shape_of(n->width[i - 1], n->width[i]));
        a = luge_add(g, luge_matmul(g, a, w), parameter(t, &b, n, i, "b", luge_shape_of(n->width[i])));
        if (i + 1 < n->layers) a = n->activation(g, a);
    }
    b.loss = luge_mean(g, n->classes ? luge_softmax_cross_entropy(g, a, b.t) : luge_sigmoid_cross_entropy(g, a, b.t));
    luge_gradient(g, b.loss, b.param, b.n_params, grad);
    if (n->adam) {
        step = luge_variable(g, "step", LUGE_I64, luge_scalar_shape());
        b.effect[b.n_effects++] = luge_increment(g, step, 1);
    }
    const luge_val rate = luge_scalar(g, n->dtype, n->adam ? 0.01 : 0.1);
    for (int i = 0; i < b.n_params; i++) {
        char name[2][16];
        const luge_shape shape = luge_shape_of_val(g, b.param[i]);
        (void)snprintf(name[0], sizeof name[0], "m%d", i);
        (void)snprintf(name[1], sizeof name[1], "v%d", i);
        b.effect[b.n_effects++] = n->adam ? luge_update_adam(g, b.param[i], grad[i], rate, .step = step,
                                                             .m = luge_variable(g, name[0], n->dtype, shape),
                                                             .v = luge_variable(g, name[1], n->dtype, shape))
                                          : luge_update_sgd(g, b.param[i], grad[i], rate);
    }
    return b;
}

enum { TURNS = 4 };

/* Weights and losses after a few steps; the room of the arena. */
typedef struct trained {
    double loss[TURNS];
    unsigned char weights[6][MOST_WEIGHTS * 8];
    size_t arena;
} trained;

static void train(luge_test *t, const network *n, const luge_plan_options *options, int threads, trained *to)
{
    luge_test numbers = { .random = 5 };
    luge_context *ctx = luge_open(.threads = threads);
    ctx->force_grain = threads > 1;
    const built b = build(&numbers, ctx, n);
    luge_val outputs[9];
    memcpy(outputs, b.effect, sizeof b.effect);
    outputs[b.n_effects] = b.loss;
    luge_plan_options o = *options;
    o.n_outputs = b.n_effects + 1;
    luge_plan *plan = luge_plan_create_with(b.g, outputs, &o);
    luge_run *run = luge_run_create(plan);
    const int64_t inputs = (int64_t)n->rows * n->width[0];
    double *x = malloc((size_t)inputs * sizeof *x);
    static double targets[4097];
    for (int64_t i = 0; x && i < inputs; i++) {
        const double value = luge_test_uniform(&numbers, -1, 1);
        if (n->dtype == LUGE_F64)
            x[i] = value;
        else
            ((float *)(void *)x)[i] = (float)value;
    }
    for (int i = 0; i < n->rows; i++) {
        if (n->classes)
            ((int32_t *)(void *)targets)[i] = i % n->width[n->layers - 1];
        else
            ((float *)(void *)targets)[i] = (float)(i % 2);
    }
    luge_run_bind(run, b.x, x, (size_t)inputs * luge_dtype_size(n->dtype));
    luge_run_bind(run, b.t, targets, (size_t)n->rows * 4);
    for (int i = 0; i < TURNS; i++) {
        double loss[1] = { 0 };
        CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        luge_run_get(run, b.loss, loss, luge_dtype_size(n->dtype));
        to->loss[i] = tools_element(loss, n->dtype, 0);
    }
    memset(to->weights, 0, sizeof to->weights);
    for (int i = 0; i < b.n_params; i++) {
        const luge_shape shape = luge_shape_of_val(b.g, b.param[i]);
        luge_get(b.g, b.param[i], to->weights[i], tools_bytes(&shape, n->dtype));
    }
    to->arena = luge_plan_memory_of(plan).arena;
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
    free(x);
}

static double distance(const network *n, const trained *a, const trained *b)
{
    double worst = tools_distance(a->loss, b->loss, LUGE_F64, TURNS);
    const int64_t each = (int64_t)(sizeof a->weights[0] / luge_dtype_size(n->dtype));
    for (int i = 0; i < 6; i++) worst = fmax(worst, tools_distance(a->weights[i], b->weights[i], n->dtype, each));
    return worst;
}

static void training(luge_test *t)
{
    static trained given, one, other;
    const luge_plan_options plain = { .size = sizeof plain, .backend = "ref", .no_rewrites = 1 };
    const luge_plan_options ref = { .size = sizeof ref, .backend = "ref" }, cpu = { .size = sizeof cpu };
    const luge_plan_options guarded = { .size = sizeof guarded, .guard = 1 };
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        const network *n = &networks[i];
        const double rounding = n->dtype == LUGE_F64 ? 1e-12 : 2e-5;
        train(t, n, &plain, 1, &given);
        CHECK(t, given.loss[TURNS - 1] < given.loss[0]);
        train(t, n, &ref, 1, &one);
        CHECK_CLOSE(t, distance(n, &one, &given), 0, rounding);
        CHECK(t, one.arena <= given.arena);
        train(t, n, &cpu, 1, &one);
        CHECK_CLOSE(t, distance(n, &one, &given), 0, n->adam ? 20 * rounding : rounding);
        train(t, n, &cpu, 3, &other);
        CHECK(t, !memcmp(one.weights, other.weights, sizeof one.weights));
        train(t, n, &guarded, 1, &other);
        CHECK(t, !memcmp(one.weights, other.weights, sizeof one.weights));
    }
}

/* Nodes of the plan's graph, inputs aside, that no output needs. */
static int unneeded(const luge_plan *plan, const luge_val *outputs, int n)
{
    const luge_graph *g = luge_plan_graph(plan);
    unsigned char needed[256] = { 0 };
    int count = 0;
    for (int i = 0; i < n; i++) needed[luge_planned(plan, outputs[i]).id] = 1;
    for (uint32_t id = luge_node_count(g); id > 0; id--) {
        luge_node_info info;
        luge_node_info_of(g, luge_node_at(g, id), &info);
        count += !needed[id] && strcmp(info.op, "input") != 0;
        for (int i = 0; needed[id] && i < info.n_inputs; i++) needed[info.inputs[i].id] = 1;
    }
    return count;
}

static void steps(luge_test *t)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        const network *n = &networks[i];
        luge_context *ctx = luge_open(.threads = 1);
        const built b = build(t, ctx, n);
        tools_text text;
        luge_plan *plan = luge_plan_create(b.g, b.effect, b.n_effects);
        if (n->steps) CHECK_STR_EQ(t, steps_of(plan, &text), n->steps);
        CHECK_STATUS(t, luge_graph_verify(luge_plan_graph(plan)), LUGE_OK);
        CHECK_EQ_INT(t, unneeded(plan, b.effect, b.n_effects), 0);
        CHECK_STATUS(t, luge_plan_describe(plan, tools_sink(&text)), LUGE_OK);
        CHECK_STR_CONTAINS(t, text.text, "dense");
        CHECK(t, !luge_planned(plan, b.loss).id && luge_planned(plan, b.x).id);
        luge_plan *given = luge_plan_create(b.g, b.effect, b.n_effects, .no_rewrites = 1);
        CHECK_EQ_INT(t, luge_planned(given, b.loss).id, b.loss.id);
        CHECK_EQ_INT(t, luge_node_count(luge_plan_graph(given)), luge_node_count(b.g));
        luge_close(ctx);
    }
}

static luge_status plan_once(luge_test *t, luge_context *ctx, void *user)
{
    const built b = build(t, ctx, user);
    luge_plan *plan = luge_failure(ctx) ? NULL : luge_plan_create(b.g, b.effect, b.n_effects);
    luge_run_free(luge_run_create(plan));
    return luge_failure(ctx) ? luge_failure(ctx) : plan ? LUGE_OK : LUGE_ENOMEM;
}

static void out_of_memory(luge_test *t)
{
    network n = networks[0];
    n.adam = 1;
    luge__test_oom_sweep(t, "planning a network", plan_once, &n);
}

void test_rewrite(luge_test *t)
{
    RUN(t, folds);
    RUN(t, folds_not);
    RUN(t, common);
    RUN(t, barriers);
    RUN(t, dense_layers);
    RUN(t, dense_layers_not);
    RUN(t, logit_gradients);
    RUN(t, updates);
    RUN(t, training);
    RUN(t, steps);
    RUN(t, out_of_memory);
}
