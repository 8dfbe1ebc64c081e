/* test_oom.c: the k-th allocation fails, for every k: LUGE_ENOMEM, nothing lost, and the context works on. */
#include "failing_alloc.h"
#include "graph_tools.h"

/* After a failure the context is cleared and used again: that works, unless memory is short still. */
static luge_status use_again(luge_test *t, luge_context *ctx, luge_status status)
{
    if (!status) status = luge_failure(ctx);
    if (!status) return status;
    CHECK_STATUS(t, status, LUGE_ENOMEM);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_ENOMEM);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "out of memory");
    luge_clear(ctx);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = tools_f64(g, "x", 3);
    luge_val dx = { 0, 0 };
    double slope = 0;
    luge_gradient(g, luge_square(g, x), &x, 1, &dx);
    const luge_status again = luge_is_some(dx) ? luge_eval(g, dx, &slope, sizeof slope) : luge_failure(ctx);
    CHECK(t, again == LUGE_ENOMEM || (again == LUGE_OK && slope == 6));
    return status;
}

typedef struct step {
    luge_graph *g;
    luge_val x, labels, w, b, loss, effects[4];
} step;

static step build(luge_context *ctx)
{
    static const double start[12] = { 0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.7, -0.8, 0.9, 1, 1.1, 1.2 };
    step s = { .g = luge_graph_create(ctx) };
    luge_graph *g = s.g;
    const double seed[2] = { 1, 2 };
    s.x = luge_input(g, "x", LUGE_F32, luge_shape_of(5, 3));
    s.labels = luge_input(g, "labels", LUGE_I64, luge_shape_of(5));
    s.w = tools_variable(g, "w", LUGE_F32, luge_shape_of(3, 4), start);
    s.b = tools_variable(g, "b", LUGE_F32, luge_shape_of(4), start);
    const luge_val m = luge_slab_variable(g, "m", LUGE_F32, luge_shape_of(3, 4), 1);
    const luge_val v = luge_slab_variable(g, "v", LUGE_F32, luge_shape_of(3, 4), 2);
    const luge_val count = luge_variable(g, "count", LUGE_I64, luge_scalar_shape());
    const luge_val state = tools_variable(g, "state", LUGE_I64, luge_shape_of(2), seed);
    luge_val h = luge_random_dropout(g, luge_add(g, luge_matmul(g, s.x, s.w), s.b), state, 0.25);
    h = luge_concat(g, (const luge_val[]){ luge_tanh(g, h), luge_transpose(g, luge_transpose(g, h)) }, 2, -1);
    s.loss = luge_mean(g, luge_softmax_cross_entropy(g, luge_slice(g, h, 1, 0, LUGE_END, 2), s.labels));
    const luge_val wrt[2] = { s.w, s.b }, rate = luge_scalar(g, LUGE_F32, 0.01);
    luge_val grads[2] = { { 0, 0 } };
    luge_gradient(g, s.loss, wrt, 2, grads);
    s.effects[0] = luge_increment(g, count, 1);
    s.effects[1] = luge_update_adam(g, s.w, grads[0], rate, .step = count, .m = m, .v = v);
    s.effects[2] = luge_update_sgd(g, s.b, grads[1], rate);
    s.effects[3] = luge_name(g, s.loss, "the mean of the losses of all rows, with a name that is not short");
    return s;
}

static luge_status execute(luge_context *ctx, step *s, int64_t rows)
{
    static const float x[15] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6 };
    static const int64_t labels[5] = { 0, 1, 2, 3, 0 };
    luge_plan *plan = luge_plan_create(s->g, s->effects, 4);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    if (!run) return luge_failure(ctx);
    float loss = 0;
    luge_status status = luge_run_bind(run, s->x, x, (size_t)rows * 3 * sizeof *x);
    if (!status) status = luge_run_bind(run, s->labels, labels, (size_t)rows * sizeof *labels);
    if (!status) status = luge_run_execute(run);
    if (!status) status = luge_run_get(run, s->loss, &loss, sizeof loss);
    return status ? status : loss > 0 ? LUGE_OK : LUGE_EINTERNAL;
}

static luge_status train(luge_test *t, luge_context *ctx, void *user)
{
    (void)user;
    ctx->force_grain = 1;
    step s = build(ctx);
    luge_status status = s.g ? luge_graph_verify(s.g) : LUGE_OK; /* half built, it is whole as far as it goes */
    CHECK_STATUS(t, status, LUGE_OK);
    status = luge_failure(ctx);
    if (!status) status = execute(ctx, &s, 5);
    return use_again(t, ctx, status);
}

static luge_status replay(luge_test *t, luge_context *ctx, void *user)
{
    step s = build(ctx);
    const luge_val inputs[2] = { s.x, s.labels };
    const luge_shape shapes[2] = { luge_shape_of(2, 3), luge_shape_of(2) };
    luge_status status = luge_failure(ctx);
    const luge_dtype dtype = *(const luge_dtype *)user;
    luge_graph *h = luge_graph_replay(s.g, .n_inputs = 2, .inputs = inputs, .shapes = shapes, .float_dtype = dtype);
    CHECK(t, h != NULL || luge_failed(ctx));
    if (h && !status && dtype != LUGE_F64) {
        step r = s;
        r.g = h;
        r.x = luge_replayed(h, s.x);
        r.labels = luge_replayed(h, s.labels);
        r.loss = luge_replayed(h, s.loss);
        for (int i = 0; i < 4; i++) r.effects[i] = luge_replayed(h, s.effects[i]);
        luge_graph_free(s.g);
        status = execute(ctx, &r, 2);
    }
    return use_again(t, ctx, status);
}

static luge_status check(luge_test *t, luge_context *ctx, void *user)
{
    (void)user;
    luge_graph *g = luge_graph_create(ctx);
    const double start[3] = { 0.5, 1, 1.5 };
    const luge_val w = tools_variable(g, "w", LUGE_F32, luge_shape_of(3), start);
    const luge_val loss = luge_sum(g, luge_square(g, luge_sin(g, w)));
    luge_check_result result;
    double gradient[3] = { 0 };
    luge_status status = luge_failure(ctx);
    if (!status) status = luge_check_gradients(g, loss, &w, 1, NULL, &result);
    if (!status) CHECK(t, result.ok && result.compared == 3);
    if (!status) status = luge_numerical_gradient(g, loss, w, NULL, gradient);
    if (!status) CHECK_CLOSE(t, gradient[1], sin(2.0), 1e-6);
    return use_again(t, ctx, status);
}

static luge_status evaluate(luge_test *t, luge_context *ctx, void *user)
{
    (void)user;
    luge_graph *g = luge_graph_create(ctx);
    const double data[4] = { 1, 2, 3, 4 };
    double got = 0;
    if (!g) return use_again(t, ctx, luge_failure(ctx));
    const luge_val c = luge_constant(g, LUGE_F64, luge_shape_of(2, 2), data);
    const luge_val y = luge_sum(g, luge_matmul(g, c, luge_transpose(g, c)));
    const luge_status status = luge_eval(g, y, &got, sizeof got);
    CHECK(t, status || got == 52);
    return use_again(t, ctx, status);
}

/* Failures within one plan: what was there before stays as it was. */
static luge_status keep_what_is(luge_test *t, luge_context *ctx, void *user)
{
    (void)user;
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = tools_f64(g, "x", 2), y = luge_exp(g, x);
    luge_plan *plan = luge_plan_create(g, &y, 1);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    if (!run) return use_again(t, ctx, luge_failure(ctx));
    luge_val z = y;
    for (int i = 0; i < 40; i++) z = luge_mul(g, z, luge_add(g, x, y));
    luge_plan *second = luge_plan_create(g, &z, 1, .guard = 1, .keep_all = 1);
    luge_run_create(second);
    double got = 0;
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK); /* whatever failed meanwhile */
    CHECK_STATUS(t, luge_run_get(run, y, &got, sizeof got), LUGE_OK);
    CHECK_CLOSE(t, got, exp(2.0), 1e-14);
    return use_again(t, ctx, luge_failure(ctx));
}

static void training_step(luge_test *t)
{
    const luge_open_options three = { .size = sizeof three, .threads = 3 };
    luge__test_oom_sweep(t, "training step", train, NULL);
    luge__test_oom_sweep_with(t, "training step on three threads", &three, train, NULL);
}

static void replays(luge_test *t)
{
    luge_dtype same = LUGE_NO_DTYPE, wide = LUGE_F64;
    luge__test_oom_sweep(t, "replay", replay, &same);
    luge__test_oom_sweep(t, "replay in f64", replay, &wide);
}

static void gradient_check(luge_test *t)
{
    luge__test_oom_sweep(t, "gradient check", check, NULL);
}

static void eval(luge_test *t)
{
    luge__test_oom_sweep(t, "eval", evaluate, NULL);
}

static void earlier_plans(luge_test *t)
{
    luge__test_oom_sweep(t, "second plan", keep_what_is, NULL);
}

void test_oom(luge_test *t)
{
    RUN(t, training_step);
    RUN(t, replays);
    RUN(t, gradient_check);
    RUN(t, eval);
    RUN(t, earlier_plans);
}
