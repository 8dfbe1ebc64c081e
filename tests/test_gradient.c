/* test_gradient.c: what luge_gradient builds: values by hand, what it builds no more of than needed, what it refuses.
 */
#include "graph_tools.h"

static luge_context *ctx;
static luge_graph *g;

static void fresh(void)
{
    ctx = luge_open(.threads = 1);
    g = luge_graph_create(ctx);
}

static luge_val derivative(luge_val y, luge_val x)
{
    luge_val dy = { 0, 0 };
    luge_gradient(g, y, &x, 1, &dy);
    return dy;
}

static luge_val scalar(double value)
{
    return luge_scalar(g, LUGE_F64, value);
}

static void leaf_between_itself(luge_test *t)
{
    fresh();
    const luge_val x = tools_f64(g, "x", 0.7), u = luge_square(g, x), y = luge_sin(g, u);
    luge_val grads[4];
    const luge_val wrt[4] = { x, u, y, x };
    CHECK_STATUS(t, luge_gradient(g, y, wrt, 4, grads), LUGE_OK);
    CHECK_CLOSE(t, tools_eval(g, grads[0]), 2 * 0.7 * cos(0.49), 1e-15);
    CHECK_CLOSE(t, tools_eval(g, grads[1]), cos(0.49), 1e-15);
    CHECK_CLOSE(t, tools_eval(g, grads[2]), 1, 0);
    CHECK_CLOSE(t, tools_eval(g, grads[3]), 2 * 0.7 * cos(0.49), 1e-15);
    CHECK_CLOSE(t, tools_eval(g, derivative(x, x)), 1, 0);
    CHECK_STATUS(t, luge_gradient(g, y, NULL, 0, NULL), LUGE_OK);
    luge_close(ctx);
}

static void unrelated(luge_test *t)
{
    fresh();
    const double two[2] = { 3, 4 };
    const luge_val x = tools_f64(g, "x", 0.7), y = luge_exp(g, x);
    const luge_val z = tools_variable(g, "z", LUGE_F64, luge_shape_of(2), two), later = luge_neg(g, z);
    const luge_val wrt[3] = { z, later, x };
    luge_val grads[3];
    double got[2] = { 5, 5 };
    CHECK_STATUS(t, luge_gradient(g, y, wrt, 3, grads), LUGE_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(t, luge_eval(g, grads[i], got, sizeof got), LUGE_OK);
        CHECK(t, got[0] == 0 && got[1] == 0);
        CHECK_EQ_INT(t, luge_shape_of_val(g, grads[i]).ndim, 1);
    }
    CHECK_CLOSE(t, tools_eval(g, grads[2]), exp(0.7), 1e-15);
    luge_close(ctx);
}

/* y = x x + x sin(x) + x: four ways from x to y. */
static void several_ways(luge_test *t)
{
    fresh();
    const double at = 1.3;
    const luge_val x = tools_f64(g, "x", at);
    const luge_val y = luge_add(g, luge_add(g, luge_mul(g, x, x), luge_mul(g, x, luge_sin(g, x))), x);
    CHECK_CLOSE(t, tools_eval(g, derivative(y, x)), 2 * at + sin(at) + at * cos(at) + 1, 1e-14);
    const luge_val twice = luge_sub(g, x, x);
    CHECK_CLOSE(t, tools_eval(g, derivative(twice, x)), 0, 0);
    luge_close(ctx);
}

/* u is used 30 times over, doubling each time: 2^30 ways, but one visit a node. */
static void shared_subexpressions(luge_test *t)
{
    fresh();
    const luge_val x = tools_f64(g, "x", 0.5);
    luge_val y = luge_sin(g, x);
    for (int i = 0; i < 30; i++) y = luge_add(g, y, y);
    const uint32_t before = luge_node_count(g);
    const luge_val dy = derivative(y, x);
    CHECK(t, luge_node_count(g) - before < 100);
    CHECK_CLOSE(t, tools_eval(g, dy), cos(0.5) * 1073741824.0, 1e-6);
    luge_close(ctx);
}

/* Nodes are built for what is asked, and not for branches that lead elsewhere. */
static void no_more_than_needed(luge_test *t)
{
    fresh();
    const luge_val x = tools_f64(g, "x", 2), w = tools_f64(g, "w", 3), u = tools_f64(g, "u", 4);
    const luge_val y = luge_add(g, luge_mul(g, luge_exp(g, w), x), luge_sin(g, u));
    int muls = tools_count_ops(g, "mul");
    CHECK_CLOSE(t, tools_eval(g, derivative(y, x)), exp(3), 1e-12);
    CHECK_EQ_INT(t, tools_count_ops(g, "mul") - muls, 1); /* g exp(w); nothing towards w */
    CHECK_EQ_INT(t, tools_count_ops(g, "cos"), 0);        /* nothing towards u */
    muls = tools_count_ops(g, "mul");
    CHECK_CLOSE(t, tools_eval(g, derivative(y, w)), 2 * exp(3), 1e-12);
    CHECK_EQ_INT(t, tools_count_ops(g, "mul") - muls, 2);
    const luge_val late = luge_log(g, y); /* nodes behind y are not looked at */
    const uint32_t before = luge_node_count(g);
    derivative(y, x);
    CHECK(t, luge_is_some(late) && luge_node_count(g) - before <= 3);
    CHECK_EQ_INT(t, tools_count_ops(g, "div"), 0);
    luge_close(ctx);
}

static void powers(luge_test *t)
{
    fresh();
    const double at = 1.7;
    const luge_val x = tools_f64(g, "x", at);
    luge_val quartic = luge_square(g, luge_square(g, x)), pow4 = luge_pow(g, x, scalar(4)), sine = luge_sin(g, x);
    const double quartics[4] = { 4 * at * at * at, 12 * at * at, 24 * at, 24 };
    const double sines[4] = { cos(at), -sin(at), -cos(at), sin(at) };
    for (int i = 0; i < 4; i++) {
        quartic = derivative(quartic, x);
        sine = derivative(sine, x);
        CHECK_CLOSE(t, tools_eval(g, quartic), quartics[i], 1e-12);
        CHECK_CLOSE(t, tools_eval(g, sine), sines[i], 1e-14);
        if (i == 3) break;
        pow4 = derivative(pow4, x);
        CHECK_CLOSE(t, tools_eval(g, pow4), quartics[i], 1e-12);
    }
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
    luge_close(ctx);
}

/* v^T J for y = A x is A^T v. */
static void vector_jacobian(luge_test *t)
{
    fresh();
    const double a[6] = { 1, 2, 3, 4, 5, 6 }, v[2] = { 10, 100 }, start[3] = { 1, 1, 1 };
    const luge_val m = tools_variable(g, "a", LUGE_F64, luge_shape_of(2, 3), a);
    const luge_val x = tools_variable(g, "x", LUGE_F64, luge_shape_of(3, 1), start);
    const luge_val y = luge_matmul(g, m, x);
    const luge_val cotangent = luge_constant(g, LUGE_F64, luge_shape_of(2, 1), v);
    luge_val dx;
    double got[3] = { 0 };
    CHECK_STATUS(t, luge_vector_jacobian(g, y, cotangent, &x, 1, &dx), LUGE_OK);
    CHECK_STATUS(t, luge_eval(g, dx, got, sizeof got), LUGE_OK);
    CHECK(t, got[0] == 410 && got[1] == 520 && got[2] == 630);
    CHECK_STATUS(t, luge_gradient(g, y, &x, 1, &dx), LUGE_OK); /* that of the sum */
    CHECK_STATUS(t, luge_eval(g, dx, got, sizeof got), LUGE_OK);
    CHECK(t, got[0] == 5 && got[1] == 7 && got[2] == 9);
    CHECK_STATUS(t, luge_vector_jacobian(g, y, m, &x, 1, &dx), LUGE_ESHAPE);
    CHECK(t, !luge_is_some(dx));
    CHECK_FAILS(t, ctx, LUGE_ESHAPE, "gradient: the cotangent is f64 [2,3], y is f64 [2,1]");
    const luge_val narrow = luge_cast(g, cotangent, LUGE_F32), none = { 0, 0 };
    CHECK(t, luge_vector_jacobian(g, y, narrow, &x, 1, &dx) != LUGE_OK);
    CHECK_FAILS(t, ctx, LUGE_ESHAPE, "cotangent is f32");
    CHECK(t, luge_vector_jacobian(g, y, none, &x, 1, &dx) != LUGE_OK);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "is none");
    luge_close(ctx);
}

/* The cotangent may depend on x itself: it counts as given. */
static void cotangent_of_x(luge_test *t)
{
    fresh();
    const luge_val x = tools_f64(g, "x", 3), y = luge_square(g, x);
    luge_val dx;
    CHECK_STATUS(t, luge_vector_jacobian(g, y, x, &x, 1, &dx), LUGE_OK);
    CHECK_CLOSE(t, tools_eval(g, dx), 18, 0);
    luge_close(ctx);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static void check_no_gradient(luge_test *t, luge_val y, luge_val x, const char *words)
{
    luge_val dx = { 9, 9 };
    const uint32_t before = luge_node_count(g);
    CHECK_STATUS(t, luge_gradient(g, y, &x, 1, &dx), LUGE_ENOGRAD);
    CHECK(t, !luge_is_some(dx));
    CHECK_FAILS(t, ctx, LUGE_ENOGRAD, words);
    CHECK(t, luge_node_count(g) >= before);
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
}

static void named_errors(luge_test *t)
{
    fresh();
    const double three[3] = { 1, 2, 3 };
    const luge_val x = tools_variable(g, "x", LUGE_F64, luge_shape_of(3), three);
    const luge_val n = luge_variable(g, "n", LUGE_I64, luge_scalar_shape());
    check_no_gradient(t, luge_sum(g, luge_name(g, luge_step(g, x), "spike")), x, "step has no gradient");
    check_no_gradient(t, luge_name(g, luge_step(g, x), "spike"), x, "\"spike\"");
    check_no_gradient(t, luge_sign(g, x), x, "sign has no gradient");
    check_no_gradient(t, luge_cast(g, luge_argmax(g, x, 0), LUGE_F64), x, "has no gradient");
    check_no_gradient(t, luge_cast(g, luge_greater(g, x, scalar(2)), LUGE_F64), x, "has no gradient");
    check_no_gradient(t, luge_cast(g, luge_cast(g, x, LUGE_I64), LUGE_F64), x, "cast from i64 has no gradient");
    const luge_val rows = luge_mul(g, luge_expand_dims(g, x, 1), luge_expand_dims(g, x, 0));
    check_no_gradient(t, luge_sum(g, luge_softmax_cross_entropy(g, rows, luge_argmax(g, rows, 1))), x,
                      "an operand of softmax_cross_entropy, is i64, which has no gradient");
    luge_val dx;
    CHECK_STATUS(t, luge_gradient(g, luge_sum(g, x), &n, 1, &dx), LUGE_EDTYPE);
    CHECK_FAILS(t, ctx, LUGE_EDTYPE, "gradient: wrt[0] is i64; only floats have gradients");
    CHECK_STATUS(t, luge_gradient(g, n, &x, 1, &dx), LUGE_EDTYPE);
    CHECK_FAILS(t, ctx, LUGE_EDTYPE, "gradient: y is i64");
    const luge_val pair[2] = { x, { 0, 0 } }, effect = luge_increment(g, n, 1);
    luge_val grads[2] = { { 8, 8 }, { 8, 8 } };
    CHECK(t, luge_gradient(g, luge_sum(g, x), pair, 2, grads) != LUGE_OK);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "is none");
    CHECK(t, !luge_is_some(grads[0]) && !luge_is_some(grads[1]));
    CHECK(t, luge_gradient(g, effect, &x, 1, &dx) != LUGE_OK);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "is the effect increment");
    CHECK(t, luge_gradient(g, luge_sum(g, x), &effect, 1, &dx) != LUGE_OK);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "is the effect increment");
    CHECK_STATUS(t, luge_gradient(g, luge_sum(g, x), &x, -1, &dx), LUGE_EINVAL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "n is -1");
    CHECK_STATUS(t, luge_gradient(g, luge_sum(g, x), NULL, 1, &dx), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_gradient(g, luge_sum(g, x), &x, 1, NULL), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_gradient(NULL, x, &x, 1, &dx), LUGE_EINVAL);
    luge_close(ctx);
}

/* An op without a gradient that is not on the way, or only as a condition, is no error. */
static void harmless(luge_test *t)
{
    fresh();
    const luge_val x = tools_f64(g, "x", 2), u = tools_f64(g, "u", 5);
    const luge_val gate = luge_step(g, u);
    CHECK_CLOSE(t, tools_eval(g, derivative(luge_mul(g, x, gate), x)), 1, 0);
    const luge_val branch = luge_where(g, luge_greater(g, x, scalar(1)), luge_square(g, x), luge_neg(g, x));
    CHECK_CLOSE(t, tools_eval(g, derivative(branch, x)), 4, 0);
    const luge_val stopped = luge_add(g, luge_square(g, x), luge_stop_gradient(g, luge_step(g, x)));
    CHECK_CLOSE(t, tools_eval(g, derivative(stopped, x)), 4, 0);
    luge_close(ctx);
}

static void stop_gradient(luge_test *t)
{
    fresh();
    const luge_val x = tools_f64(g, "x", 3);
    const luge_val held = luge_stop_gradient(g, luge_square(g, x));
    CHECK_CLOSE(t, tools_eval(g, luge_mul(g, x, held)), 27, 0);
    CHECK_CLOSE(t, tools_eval(g, derivative(luge_mul(g, x, held), x)), 9, 0);
    CHECK_CLOSE(t, tools_eval(g, derivative(held, x)), 0, 0);
    CHECK_CLOSE(t, tools_eval(g, derivative(luge_mul(g, x, held), held)), 3, 0); /* a wrt of its own */
    luge_close(ctx);
}

/* ---- effects ----------------------------------------------------------------------------------------------------- */

static void effect_hazard(luge_test *t)
{
    fresh();
    const luge_val w = tools_f64(g, "w", 3), v = tools_f64(g, "v", 5), y = luge_square(g, w);
    const luge_val dw = derivative(y, w);
    CHECK(t, luge_is_some(luge_update_sgd(g, w, dw, scalar(0.1))));
    luge_val late;
    CHECK_STATUS(t, luge_gradient(g, y, &w, 1, &late), LUGE_ESTATE);
    CHECK_FAILS(t, ctx, LUGE_ESTATE, "update_sgd (%");
    CHECK_STATUS(t, luge_gradient(g, luge_mul(g, y, v), &v, 1, &late), LUGE_ESTATE); /* y read w */
    CHECK_FAILS(t, ctx, LUGE_ESTATE, "already writes \"w\"");
    const luge_val anew = luge_square(g, w); /* reads the new contents */
    CHECK_STATUS(t, luge_gradient(g, anew, &w, 1, &late), LUGE_OK);
    const luge_val elsewhere = luge_exp(g, v);
    CHECK_STATUS(t, luge_gradient(g, elsewhere, &v, 1, &late), LUGE_OK);
    CHECK_CLOSE(t, tools_eval(g, late), exp(5), 1e-12);
    luge_close(ctx);
}

/* Two players: one learns, then the other learns from what the first has become, all in one plan. */
static void two_players(luge_test *t)
{
    fresh();
    const luge_val d = tools_f64(g, "d", 2), q = tools_f64(g, "q", 3);
    const luge_val first = luge_mul(g, luge_square(g, d), q); /* d' = d - 0.1 * 2 d q = 0.8 */
    const luge_val update_d = luge_update_sgd(g, d, derivative(first, d), scalar(0.1));
    const luge_val second = luge_mul(g, d, luge_square(g, q)); /* with d': q' = 3 - 0.1 * 2 * 0.8 * 3 */
    const luge_val update_q = luge_update_sgd(g, q, derivative(second, q), scalar(0.1));
    const luge_val effects[2] = { update_d, update_q };
    luge_run *run = luge_run_create(luge_plan_create(g, effects, 2));
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    double got = 0;
    CHECK_STATUS(t, luge_get(g, d, &got, sizeof got), LUGE_OK);
    CHECK_CLOSE(t, got, 0.8, 1e-15);
    CHECK_STATUS(t, luge_get(g, q, &got, sizeof got), LUGE_OK);
    CHECK_CLOSE(t, got, 3 - 0.1 * 2 * 0.8 * 3, 1e-15);
    luge_close(ctx);
}

/* Dropout keeps its draw in the gradient: where y is 0 the gradient is 0. */
static void random_draw(luge_test *t)
{
    fresh();
    double ones[200], y[200], dx[200], seed[2] = { 3, 4 };
    for (int i = 0; i < 200; i++) ones[i] = 1;
    const luge_val state = tools_variable(g, "state", LUGE_I64, luge_shape_of(2), seed);
    const luge_val x = tools_variable(g, "x", LUGE_F64, luge_shape_of(200), ones);
    const luge_val other = luge_random_dropout(g, x, state, 0.5), dropped = luge_random_dropout(g, x, state, 0.5);
    const luge_val outputs[2] = { dropped, derivative(dropped, x) };
    luge_run *run = luge_run_create(luge_plan_create(g, outputs, 2));
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    luge_run_get(run, outputs[0], y, sizeof y);
    luge_run_get(run, outputs[1], dx, sizeof dx);
    int zeros = 0;
    for (int i = 0; i < 200; i++) zeros += y[i] == 0;
    CHECK(t, !memcmp(y, dx, sizeof y) && zeros > 60 && zeros < 140);
    CHECK_STATUS(t, luge_eval(g, other, dx, sizeof dx), LUGE_OK);
    CHECK(t, memcmp(y, dx, sizeof y) != 0); /* another node draws anew */
    CHECK_STATUS(t, luge_gradient(g, other, &x, 1, &(luge_val){ 0, 0 }), LUGE_OK);
    luge_increment(g, state, 1);
    luge_val late;
    CHECK_STATUS(t, luge_gradient(g, other, &x, 1, &late), LUGE_ESTATE);
    CHECK_FAILS(t, ctx, LUGE_ESTATE, "increment");
    luge_close(ctx);
}

void test_gradient(luge_test *t)
{
    RUN(t, leaf_between_itself);
    RUN(t, unrelated);
    RUN(t, several_ways);
    RUN(t, shared_subexpressions);
    RUN(t, no_more_than_needed);
    RUN(t, powers);
    RUN(t, vector_jacobian);
    RUN(t, cotangent_of_x);
    RUN(t, named_errors);
    RUN(t, harmless);
    RUN(t, stop_gradient);
    RUN(t, effect_hazard);
    RUN(t, two_players);
    RUN(t, random_draw);
}
