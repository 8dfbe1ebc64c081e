/* test_effects.c: values made before an effect see the old contents of a variable, values made after it the new. */
#include "graph_tools.h"

typedef struct scene {
    luge_context *ctx;
    luge_graph *g;
    luge_val w; /* f64 [2,3] = 1 .. 6 */
    luge_plan *plan;
    luge_run *run;
} scene;

static scene open_scene(void)
{
    static const double start[6] = { 1, 2, 3, 4, 5, 6 };
    scene s = { .ctx = luge_open(.threads = 1) };
    s.g = luge_graph_create(s.ctx);
    s.w = tools_variable(s.g, "w", LUGE_F64, luge_shape_of(2, 3), start);
    return s;
}

static int run_scene(luge_test *t, scene *s, const luge_val *outputs, int n, int32_t guard)
{
    s->plan = luge_plan_create(s->g, outputs, n, .guard = guard);
    s->run = luge_run_create(s->plan);
    return CHECK_STATUS(t, luge_failure(s->ctx), LUGE_OK) && CHECK_STATUS(t, luge_run_execute(s->run), LUGE_OK);
}

static void check_values(luge_test *t, scene *s, luge_val v, const double *expected, int n)
{
    double got[16] = { 0 };
    if (!CHECK_STATUS(t, luge_run_get(s->run, v, got, (size_t)n * sizeof *got), LUGE_OK)) return;
    for (int i = 0; i < n; i++) CHECK_CLOSE(t, got[i], expected[i], 0);
}

static luge_val plus(luge_graph *g, luge_val x, double by)
{
    return luge_add(g, x, luge_scalar(g, LUGE_F64, by));
}

static void old_and_new(luge_test *t)
{
    for (int32_t guard = 0; guard <= 1; guard++) {
        scene s = open_scene();
        const luge_val before = plus(s.g, s.w, 100);
        const luge_val effect = luge_assign(s.g, s.w, luge_neg(s.g, s.w));
        const luge_val after = plus(s.g, s.w, 100);
        const luge_val outputs[] = { after, before, effect, s.w };
        if (run_scene(t, &s, outputs, 4, guard)) {
            check_values(t, &s, before, (const double[]){ 101, 102, 103, 104, 105, 106 }, 6);
            check_values(t, &s, after, (const double[]){ 99, 98, 97, 96, 95, 94 }, 6);
            check_values(t, &s, s.w, (const double[]){ -1, -2, -3, -4, -5, -6 }, 6);
        }
        luge_close(s.ctx);
    }
}

/* An effect that is no output does not happen. */
static void left_out(luge_test *t)
{
    scene s = open_scene();
    luge_assign(s.g, s.w, luge_neg(s.g, s.w));
    const luge_val after = plus(s.g, s.w, 0);
    if (run_scene(t, &s, &after, 1, 0)) check_values(t, &s, after, (const double[]){ 1, 2, 3, 4, 5, 6 }, 6);
    luge_close(s.ctx);
}

/* A view made before the effect and read after it shows what was there before: it is copied, once. */
static void old_view(luge_test *t)
{
    scene s = open_scene();
    const luge_val view = luge_transpose(s.g, s.w);
    const luge_val row = luge_slice(s.g, view, 0, 1, 2, 1); /* 2 5 */
    const luge_val effect = luge_assign(s.g, s.w, luge_full(s.g, LUGE_F64, luge_shape_of(2, 3), 9));
    const luge_val later = plus(s.g, row, 0);
    const luge_val fresh = plus(s.g, luge_slice(s.g, luge_transpose(s.g, s.w), 0, 1, 2, 1), 0);
    const luge_val outputs[] = { effect, later, fresh };
    if (run_scene(t, &s, outputs, 3, 1)) {
        check_values(t, &s, later, (const double[]){ 2, 5 }, 2);
        check_values(t, &s, fresh, (const double[]){ 9, 9 }, 2);
    }
    int copies = 0;
    for (int i = 0; i < luge_plan_step_count(s.plan); i++) {
        luge_step_info info;
        luge_plan_step(s.plan, i, &info);
        copies += !strcmp(info.op, "copy");
    }
    CHECK(t, copies >= 1 && copies <= 2);
    luge_close(s.ctx);
}

/* Without a later reader the view needs no copy. */
static void no_needless_copy(luge_test *t)
{
    scene s = open_scene();
    const luge_val early = plus(s.g, luge_transpose(s.g, s.w), 1);
    const luge_val outputs[] = { early, luge_assign(s.g, s.w, luge_full(s.g, LUGE_F64, luge_shape_of(2, 3), 9)) };
    if (run_scene(t, &s, outputs, 2, 0)) check_values(t, &s, early, (const double[]){ 2, 5, 3, 6, 4, 7 }, 6);
    CHECK_EQ_INT(t, luge_plan_step_count(s.plan), 2);
    luge_close(s.ctx);
}

static void assign_own_transpose(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const double start[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, expected[9] = { 1, 4, 7, 2, 5, 8, 3, 6, 9 };
    const luge_val w = tools_variable(g, "w", LUGE_F64, luge_shape_of(3, 3), start);
    scene s = { .ctx = ctx, .g = g, .w = w };
    const luge_val effect = luge_assign(g, w, luge_transpose(g, w));
    if (run_scene(t, &s, &effect, 1, 0)) {
        double got[9] = { 0 };
        CHECK_STATUS(t, luge_get(g, w, got, sizeof got), LUGE_OK);
        for (int i = 0; i < 9; i++) CHECK_CLOSE(t, got[i], expected[i], 0);
    }
    luge_close(ctx);
}

/* The same for a row of itself, repeated, and for itself unchanged. */
static void assign_own_row(luge_test *t)
{
    scene s = open_scene();
    const luge_val row = luge_slice(s.g, s.w, 0, 1, 2, 1);
    const luge_val first = luge_assign(s.g, s.w, luge_expand(s.g, row, s.w));
    const luge_val outputs[] = { first, luge_assign(s.g, s.w, s.w) };
    if (run_scene(t, &s, outputs, 2, 0)) {
        double got[6] = { 0 };
        luge_get(s.g, s.w, got, sizeof got);
        for (int i = 0; i < 6; i++) CHECK_CLOSE(t, got[i], 4 + i % 3, 0);
    }
    luge_close(s.ctx);
}

/* An output that is a view of a variable which is overwritten later shows the old contents; one made later the new. */
static void view_as_output(luge_test *t)
{
    scene s = open_scene();
    const luge_val before = luge_transpose(s.g, s.w);
    const luge_val effect = luge_assign(s.g, s.w, luge_neg(s.g, s.w));
    const luge_val after = luge_transpose(s.g, s.w);
    const luge_val outputs[] = { before, effect, after };
    if (run_scene(t, &s, outputs, 3, 0)) {
        check_values(t, &s, before, (const double[]){ 1, 4, 2, 5, 3, 6 }, 6);
        check_values(t, &s, after, (const double[]){ -1, -4, -2, -5, -3, -6 }, 6);
        CHECK(t, luge_run_data(s.run, after) == NULL); /* not in C order */
        CHECK_STR_CONTAINS(t, luge_last_error(), "luge_run_get copies");
        CHECK(t, luge_run_data(s.run, before) != NULL || luge_last_error()[0]);
    }
    luge_close(s.ctx);
}

/* Several effects on one variable in one plan, each seeing what came before. */
static void chain_of_effects(luge_test *t)
{
    scene s = open_scene();
    luge_val outputs[9];
    double expected = 1;
    for (int i = 0; i < 4; i++) {
        outputs[2 * i] = luge_mean(s.g, luge_slice(s.g, s.w, 0, 0, 1, 1)); /* a view of the contents so far */
        outputs[2 * i + 1] = luge_assign(s.g, s.w, plus(s.g, luge_mul(s.g, s.w, s.w), -1));
    }
    outputs[8] = s.w;
    if (run_scene(t, &s, outputs, 9, 1)) {
        double row[3] = { 1, 2, 3 };
        for (int i = 0; i < 4; i++) {
            const double mean = (row[0] + row[1] + row[2]) / 3;
            double got = 0;
            CHECK_STATUS(t, luge_run_get(s.run, outputs[2 * i], &got, sizeof got), LUGE_OK);
            CHECK_CLOSE(t, got, mean, 1e-12 * fabs(mean));
            for (int k = 0; k < 3; k++) row[k] = row[k] * row[k] - 1;
        }
        expected = row[0];
        double all[6];
        CHECK_STATUS(t, luge_run_get(s.run, s.w, all, sizeof all), LUGE_OK);
        CHECK_CLOSE(t, all[0], expected, 0);
        CHECK_CLOSE(t, all[2], row[2], 0);
    }
    luge_close(s.ctx);
}

/* Counters advance once a run; the random values of a run are those of its step. */
static void counters(luge_test *t)
{
    scene s = open_scene();
    const double seed[2] = { 7, 0 };
    const luge_val state = tools_variable(s.g, "state", LUGE_I64, luge_shape_of(2), seed);
    const luge_val drawn = luge_random_uniform(s.g, state, s.w, 0, 1);
    const luge_val advance = luge_increment(s.g, state, 1);
    const luge_val again = luge_random_uniform(s.g, state, s.w, 0, 1);
    const luge_val outputs[] = { drawn, again, advance };
    double first[6], second[6], later[6], data[2][6];
    if (run_scene(t, &s, outputs, 3, 0)) {
        luge_run_get(s.run, drawn, first, sizeof first);
        luge_run_get(s.run, again, second, sizeof second);
        CHECK(t, memcmp(first, second, sizeof first) != 0);
        CHECK_STATUS(t, luge_run_execute(s.run), LUGE_OK);
        luge_run_get(s.run, drawn, later, sizeof later);
        CHECK(t, memcmp(first, later, sizeof first) != 0);
        int64_t now[2] = { 0 };
        luge_get(s.g, state, now, sizeof now);
        CHECK_EQ_INT(t, now[0], 7);
        CHECK_EQ_INT(t, now[1], 2);
        now[1] = 0; /* the same step again gives the same numbers */
        luge_set(s.g, state, now, sizeof now);
        luge_run_execute(s.run);
        luge_run_get(s.run, drawn, data[0], sizeof data[0]);
        luge_run_get(s.run, again, data[1], sizeof data[1]);
        CHECK(t, !memcmp(first, data[0], sizeof first) && !memcmp(second, data[1], sizeof second));
    }
    luge_close(s.ctx);
}

/* Two plans over one graph share its variables. */
static void shared_by_plans(luge_test *t)
{
    scene s = open_scene();
    const luge_val sum = luge_sum(s.g, s.w);
    const luge_val doubled = luge_assign(s.g, s.w, luge_add(s.g, s.w, s.w));
    luge_plan *reader = luge_plan_create(s.g, &sum, 1), *writer = luge_plan_create(s.g, &doubled, 1);
    luge_run *reads = luge_run_create(reader), *writes = luge_run_create(writer);
    double expected = 21, got = 0;
    for (int i = 0; i < 3; i++, expected *= 2) {
        CHECK_STATUS(t, luge_run_execute(reads), LUGE_OK);
        CHECK_STATUS(t, luge_run_get(reads, sum, &got, sizeof got), LUGE_OK);
        CHECK_CLOSE(t, got, expected, 0);
        CHECK_STATUS(t, luge_run_execute(writes), LUGE_OK);
    }
    luge_close(s.ctx);
}

/* A rate that is a view of what the update writes, and a gradient that is the variable itself. */
static void operands_of_an_update(luge_test *t)
{
    scene s = open_scene();
    const luge_val rate =
        luge_reshape(s.g, luge_slice(s.g, luge_slice(s.g, s.w, 0, 0, 1, 1), 1, 1, 2, 1), luge_scalar_shape()); /* 2 */
    const luge_val update = luge_update_sgd(s.g, s.w, s.w, rate);
    if (run_scene(t, &s, &update, 1, 0)) {
        double got[6] = { 0 };
        luge_get(s.g, s.w, got, sizeof got);
        for (int i = 0; i < 6; i++) CHECK_CLOSE(t, got[i], -(i + 1), 0);
    }
    luge_close(s.ctx);
}

void test_effects(luge_test *t)
{
    RUN(t, old_and_new);
    RUN(t, left_out);
    RUN(t, old_view);
    RUN(t, no_needless_copy);
    RUN(t, assign_own_transpose);
    RUN(t, assign_own_row);
    RUN(t, view_as_output);
    RUN(t, chain_of_effects);
    RUN(t, counters);
    RUN(t, shared_by_plans);
    RUN(t, operands_of_an_update);
}
