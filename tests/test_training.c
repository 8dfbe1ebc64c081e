/* test_training.c: a whole small training, as one plan. */
#include <stdio.h>

#include "failing_alloc.h"
#include "graph_tools.h"

enum { STEPS = 3000, PARAMETERS = 4, WEIGHTS = 2 * 4 + 4 + 4 + 1 };

/* XOR by 2-4-1 sigmoids and plain gradient descent. */
typedef struct xor_net {
    luge_graph *g;
    luge_val w[PARAMETERS], loss;
    luge_run *run;
} xor_net;

static xor_net make_xor(luge_context *ctx, luge_dtype dtype, double rate)
{
    static const double corners[8] = { 0, 0, 0, 1, 1, 0, 1, 1 }, answers[4] = { 0, 1, 1, 0 };
    static const float corners32[8] = { 0, 0, 0, 1, 1, 0, 1, 1 }, answers32[4] = { 0, 1, 1, 0 };
    static const double w1[8] = { 0.9, -0.4, 0.3, -0.8, -0.5, 0.7, 0.6, -0.2 }, b1[4] = { 0.1, -0.1, 0.2, 0 };
    static const double w2[4] = { 0.5, -0.6, 0.8, -0.3 }, b2[1] = { 0.05 };
    xor_net n = { .g = luge_graph_create(ctx) };
    luge_graph *g = n.g;
    const int wide = dtype == LUGE_F64;
    const luge_val x = luge_constant(g, dtype, luge_shape_of(4, 2), wide ? (const void *)corners : corners32);
    const luge_val t = luge_constant(g, dtype, luge_shape_of(4, 1), wide ? (const void *)answers : answers32);
    n.w[0] = tools_variable(g, "w1", dtype, luge_shape_of(2, 4), w1);
    n.w[1] = tools_variable(g, "b1", dtype, luge_shape_of(4), b1);
    n.w[2] = tools_variable(g, "w2", dtype, luge_shape_of(4, 1), w2);
    n.w[3] = tools_variable(g, "b2", dtype, luge_shape_of(1), b2);
    const luge_val h = luge_sigmoid(g, luge_add(g, luge_matmul(g, x, n.w[0]), n.w[1]));
    const luge_val y = luge_add(g, luge_matmul(g, h, n.w[2]), n.w[3]);
    n.loss = luge_mean(g, luge_sigmoid_cross_entropy(g, y, t));
    luge_val grads[PARAMETERS] = { { 0, 0 } }, outputs[PARAMETERS + 1];
    luge_gradient(g, n.loss, n.w, PARAMETERS, grads);
    for (int i = 0; i < PARAMETERS; i++) outputs[i] = luge_update_sgd(g, n.w[i], grads[i], luge_scalar(g, dtype, rate));
    outputs[PARAMETERS] = n.loss;
    n.run = luge_run_create(luge_plan_create(g, outputs, PARAMETERS + 1));
    return n;
}

static double loss_of(const xor_net *n, luge_dtype dtype)
{
    const void *loss = luge_run_data(n->run, n->loss);
    return loss ? tools_element(loss, dtype, 0) : (double)NAN;
}

static void learn(luge_test *t, luge_dtype dtype)
{
    luge_context *ctx = luge_open(.threads = 1);
    xor_net n = make_xor(ctx, dtype, 2);
    if (!CHECK_STATUS(t, luge_failure(ctx), LUGE_OK)) return luge_close(ctx);
    luge_run_execute(n.run);
    const double first = loss_of(&n, dtype);
    for (int i = 1; i < STEPS; i++) CHECK_STATUS(t, luge_run_execute(n.run), LUGE_OK);
    const double last = loss_of(&n, dtype);
    CHECK(t, first > 0.6);
    CHECK(t, last < 0.01);
    if (t->verbose) printf("    loss %g, after %d steps %g\n", first, (int)STEPS, last);
    luge_close(ctx);
}

static void learns_xor(luge_test *t)
{
    learn(t, LUGE_F64);
    learn(t, LUGE_F32);
}

/* The loss of each step and the weights of the last, the same bits whatever the threads and the backend's pieces. */
static void same_bits(luge_test *t)
{
    enum { SHORT = 200 };
    static float losses[3][SHORT], weights[3][WEIGHTS];
    for (int k = 0; k < 3; k++) {
        luge_context *ctx = luge_open(.threads = 1 << k);
        ctx->force_grain = 1;
        xor_net n = make_xor(ctx, LUGE_F32, 2);
        if (!CHECK_STATUS(t, luge_failure(ctx), LUGE_OK)) return luge_close(ctx);
        for (int i = 0; i < SHORT; i++) {
            luge_run_execute(n.run);
            CHECK_STATUS(t, luge_run_get(n.run, n.loss, &losses[k][i], sizeof(float)), LUGE_OK);
        }
        float *to = weights[k];
        static const int sizes[PARAMETERS] = { 8, 4, 4, 1 };
        for (int i = 0; i < PARAMETERS; i++) {
            CHECK_STATUS(t, luge_get(n.g, n.w[i], to, (size_t)sizes[i] * sizeof *to), LUGE_OK);
            to += sizes[i];
        }
        CHECK(t, !memcmp(losses[k], losses[0], sizeof losses[0]));
        CHECK(t, !memcmp(weights[k], weights[0], sizeof weights[0]));
        luge_close(ctx);
    }
    CHECK(t, losses[0][SHORT - 1] < losses[0][0]);
}

/* A step allocates nothing, on one thread or four. */
static void no_allocation(luge_test *t)
{
    for (int threads = 1; threads <= 4; threads += 3) {
        luge__test_memory memory = { 0 };
        luge_context *ctx = luge_open(.threads = threads, .realloc = luge__test_realloc, .realloc_user = &memory);
        ctx->force_grain = 1;
        xor_net n = make_xor(ctx, LUGE_F32, 2);
        const int64_t before = memory.allocations;
        const size_t live = memory.live;
        memory.fail_at = before + 1; /* it would fail, too */
        memory.for_ever = 1;
        for (int i = 0; i < 20; i++) CHECK_STATUS(t, luge_run_execute(n.run), LUGE_OK);
        CHECK(t, loss_of(&n, LUGE_F32) > 0);
        CHECK_EQ_INT(t, memory.allocations, before);
        CHECK_EQ_INT(t, memory.live, live);
        luge_close(ctx);
        CHECK_EQ_INT(t, memory.live, 0);
        CHECK_EQ_INT(t, memory.wrong, 0);
    }
}

void test_training(luge_test *t)
{
    RUN(t, learns_xor);
    RUN(t, same_bits);
    RUN(t, no_allocation);
}
