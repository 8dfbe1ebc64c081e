/* test_run.c: using plans and runs: what can be asked of them, in which order things may be freed, what is refused. */
#include "graph_tools.h"
#include "plan/plan.h"

/* y = x w + b over a batch of 2, sum = sum(y). */
typedef struct line {
    luge_context *ctx;
    luge_graph *g;
    luge_val x, w, b, y, sum;
} line;

static const float batch[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };

static line open_line(int threads)
{
    const double w[6] = { 1, 0, 0, 1, 1, 1 }, b[2] = { 10, 20 };
    line l = { .ctx = luge_open(.threads = threads) };
    l.g = luge_graph_create(l.ctx);
    l.x = luge_input(l.g, "x", LUGE_F32, luge_shape_of(2, 3));
    l.w = tools_variable(l.g, "w", LUGE_F32, luge_shape_of(3, 2), w);
    l.b = tools_variable(l.g, "b", LUGE_F32, luge_shape_of(2), b);
    l.y = luge_add(l.g, luge_matmul(l.g, l.x, l.w), l.b);
    l.sum = luge_sum(l.g, l.y);
    return l;
}

static void check_y(luge_test *t, luge_run *run, luge_val y)
{
    static const double expected[4] = { 14, 25, 20, 31 };
    float got[4] = { 0 };
    if (!CHECK_STATUS(t, luge_run_get(run, y, got, sizeof got), LUGE_OK)) return;
    for (int i = 0; i < 4; i++) CHECK_CLOSE(t, got[i], expected[i], 0);
}

static void plain(luge_test *t)
{
    line l = open_line(2);
    luge_plan *plan = luge_plan_create(l.g, &l.y, 1);
    luge_run *run = luge_run_create(plan);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "input \"x\" is not bound");
    CHECK_STATUS(t, luge_run_bind(run, l.x, batch, sizeof batch), LUGE_OK);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    check_y(t, run, l.y);
    const float *y = luge_run_data(run, l.y);
    if (CHECK(t, y != NULL)) CHECK_CLOSE(t, y[3], 31, 0);
    CHECK(t, !luge_failed(l.ctx)); /* a run never touches the context's error */
    luge_close(l.ctx);
}

static void misuse(luge_test *t)
{
    line l = open_line(1);
    luge_plan *plan = luge_plan_create(l.g, &l.y, 1);
    luge_run *run = luge_run_create(plan);
    float got[4];
    CHECK_STATUS(t, luge_run_bind(run, l.x, batch, sizeof batch - 1), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "input \"x\" takes 24 bytes, 23 were given");
    CHECK_STATUS(t, luge_run_bind(run, l.x, NULL, sizeof batch), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "data for \"x\" is NULL");
    CHECK_STATUS(t, luge_run_bind(run, l.w, batch, sizeof batch), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "not an input");
    CHECK_STATUS(t, luge_run_bind(run, (luge_val){ 0, 0 }, batch, sizeof batch), LUGE_EINVAL);
    CHECK_STATUS(t, luge_run_get(run, l.x, got, sizeof batch), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "not bound");
    luge_run_bind(run, l.x, batch, sizeof batch);
    luge_run_execute(run);
    CHECK_STATUS(t, luge_run_get(run, l.sum, got, sizeof(float)), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "is not an output of the plan");
    CHECK_STATUS(t, luge_run_get(run, (luge_val){ 0, 0 }, got, sizeof(float)), LUGE_EINVAL);
    CHECK_STATUS(t, luge_run_get(run, (luge_val){ l.y.id, l.y.tag + 1 }, got, sizeof got), LUGE_EINVAL);
    CHECK_STATUS(t, luge_run_get(run, l.y, got, 3), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "f32 [2,2] takes 16 bytes, 3 were given");
    CHECK_STATUS(t, luge_run_get(run, l.y, NULL, sizeof got), LUGE_EINVAL);
    CHECK(t, luge_run_data(run, l.sum) == NULL);
    CHECK(t, !luge_failed(l.ctx));
    luge_close(l.ctx);
}

/* The caller may have been compiled with an older or a newer header. */
static void options_of_other_versions(luge_test *t)
{
    line l = open_line(1);
    struct {
        luge_plan_options o;
        int64_t more;
    } newer = { .o = { .size = sizeof newer, .n_outputs = 1, .backend = "ref" } };
    luge_plan_options older = { .size = offsetof(luge_plan_options, backend), .n_outputs = 1, .backend = "abacus" };
    CHECK(t, luge_plan_create_with(l.g, &l.y, &newer.o) != NULL);
    CHECK(t, luge_plan_create_with(l.g, &l.y, &older) != NULL); /* what it does not know is not read */
    newer.more = 1;
    CHECK(t, luge_plan_create_with(l.g, &l.y, &newer.o) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "set something that this version");
    luge_close(l.ctx);
}

static void bad_plans(luge_test *t)
{
    line l = open_line(1), other = open_line(1);
    luge_graph *second = luge_graph_create(l.ctx);
    const luge_val same_context = luge_scalar(second, LUGE_F32, 1), none = { 0, 0 };
    CHECK(t, luge_plan_create_with(l.g, &l.y, NULL) == NULL); /* all defaults: no output */
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "plan: n_outputs is 0");
    CHECK(t, luge_plan_create_with(l.g, &l.y, &(luge_plan_options){ .size = 1, .n_outputs = 1 }) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "plan: the options' size is 1");
    CHECK(t, luge_plan_create(l.g, &l.y, 0) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "plan: n_outputs is 0");
    CHECK(t, luge_plan_create(l.g, &l.y, -3) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "plan: n_outputs is -3");
    CHECK(t, luge_plan_create(l.g, NULL, 1) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "outputs is NULL");
    CHECK(t, luge_plan_create(l.g, &none, 1) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "plan: output 0 is none");
    const luge_val pair[2] = { l.y, same_context };
    CHECK(t, luge_plan_create(l.g, pair, 2) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "plan: output 1 belongs to another graph");
    CHECK(t, luge_plan_create(l.g, &other.y, 1) == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "plan: output 0 belongs to another graph");
    CHECK(t, luge_plan_create(l.g, &l.y, 1, .backend = "abacus") == NULL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "no backend \"abacus\"; there are cpu and ref");
    CHECK(t, luge_plan_create(NULL, &l.y, 1) == NULL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "plan: the graph is NULL");
    luge_add(l.g, l.y, none); /* with an error that sticks there are no plans and no runs */
    CHECK(t, luge_plan_create(l.g, &l.y, 1) == NULL);
    luge_clear(l.ctx);
    luge_plan *plan = luge_plan_create(l.g, &l.y, 1);
    luge_add(l.g, l.y, none);
    CHECK(t, plan && luge_run_create(plan) == NULL);
    luge_clear(l.ctx);
    CHECK(t, luge_run_create(plan) != NULL);
    luge_close(other.ctx);
    luge_close(l.ctx);
}

/* Graph, plan and run may be freed in any order; what is left works on. */
static void orders_of_freeing(luge_test *t)
{
    for (int order = 0; order < 8; order++) {
        line l = open_line(1);
        luge_plan *plan = luge_plan_create(l.g, &l.y, 1), *spare = luge_plan_create(l.g, &l.sum, 1);
        if (order & 1) luge_graph_free(l.g);
        luge_run *run = luge_run_create(plan), *second = luge_run_create(plan);
        if (order & 2) luge_plan_free(plan);
        if (order & 4) luge_run_free(second);
        luge_run_bind(run, l.x, batch, sizeof batch);
        CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        check_y(t, run, l.y);
        luge_plan_free(spare);
        luge_close(l.ctx);
    }
    luge_graph_free(NULL);
    luge_plan_free(NULL);
    luge_run_free(NULL);
}

static void many_runs(luge_test *t)
{
    line l = open_line(1);
    luge_plan *plan = luge_plan_create(l.g, &l.y, 1);
    luge_run *run[8];
    float data[8][6], got[4];
    for (int i = 0; i < 8; i++) {
        run[i] = luge_run_create(plan);
        for (int k = 0; k < 6; k++) data[i][k] = (float)(i * k);
        luge_run_bind(run[i], l.x, data[i], sizeof data[i]);
    }
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 8; i++) CHECK_STATUS(t, luge_run_execute(run[i]), LUGE_OK);
    for (int i = 0; i < 8; i++) {
        CHECK_STATUS(t, luge_run_get(run[i], l.y, got, sizeof got), LUGE_OK);
        CHECK_CLOSE(t, got[0], 10 + 2 * i, 0);
        CHECK_CLOSE(t, got[3], 20 + 9 * i, 0);
    }
    luge_close(l.ctx);
}

/* Outputs that are no intermediates, and one output twice. */
static void odd_outputs(luge_test *t)
{
    line l = open_line(1);
    const int32_t three[3] = { 7, 8, 9 };
    const luge_val constant = luge_constant(l.g, LUGE_I32, luge_shape_of(3), three);
    const luge_val full = luge_full(l.g, LUGE_F32, luge_shape_of(2), 1.5);
    const luge_val view = luge_slice(l.g, l.x, 1, 0, LUGE_END, 2);
    const luge_val outputs[] = { l.x, l.w, constant, full, l.y, l.y, view, luge_count(l.g, l.x, l.b) };
    luge_plan *plan = luge_plan_create(l.g, outputs, 8);
    luge_run *run = luge_run_create(plan);
    float floats[6];
    int32_t ints[3];
    if (!CHECK_STATUS(t, luge_failure(l.ctx), LUGE_OK)) return luge_close(l.ctx);
    CHECK(t, luge_run_data(run, l.x) == NULL);
    luge_run_bind(run, l.x, batch, sizeof batch);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    CHECK(t, luge_run_data(run, l.x) == (const void *)batch);
    CHECK(t, luge_run_data(run, l.w) == luge_data(l.g, l.w));
    CHECK_STATUS(t, luge_run_get(run, constant, ints, sizeof ints), LUGE_OK);
    CHECK_EQ_INT(t, ints[2], 9);
    CHECK_STATUS(t, luge_run_get(run, full, floats, 2 * sizeof *floats), LUGE_OK);
    CHECK_CLOSE(t, floats[1], 1.5, 0);
    CHECK_STATUS(t, luge_run_get(run, view, floats, 4 * sizeof *floats), LUGE_OK);
    CHECK_CLOSE(t, floats[3], 6, 0);
    CHECK_STATUS(t, luge_run_get(run, outputs[7], floats, sizeof *floats), LUGE_OK);
    CHECK_CLOSE(t, floats[0], 3, 0);
    check_y(t, run, l.y);
    luge_close(l.ctx);
}

/* An unneeded input need not be bound, but may be. */
static void unneeded_input(luge_test *t)
{
    line l = open_line(1);
    const luge_val outputs[] = { luge_square(l.g, l.b), luge_expand(l.g, l.b, luge_slice(l.g, l.x, 1, 0, 2, 1)) };
    luge_plan *plan = luge_plan_create(l.g, outputs, 2); /* the second asks for the shape of x only */
    luge_run *run = luge_run_create(plan);
    float got[4] = { 0 };
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    CHECK_STATUS(t, luge_run_bind(run, l.x, batch, sizeof batch), LUGE_OK);
    CHECK_STATUS(t, luge_run_get(run, outputs[0], got, 2 * sizeof *got), LUGE_OK);
    CHECK_CLOSE(t, got[1], 400, 0);
    CHECK_STATUS(t, luge_run_get(run, outputs[1], got, sizeof got), LUGE_OK);
    CHECK_CLOSE(t, got[3], 20, 0);
    luge_close(l.ctx);
}

static void empty_values(luge_test *t)
{
    for (int32_t guard = 0; guard <= 1; guard++) {
        line l = open_line(1);
        const luge_val none = luge_input(l.g, "none", LUGE_F32, luge_shape_of(0, 3));
        const luge_val y = luge_add(l.g, luge_matmul(l.g, none, l.w), l.b); /* [0,2] */
        const luge_val outputs[] = { y,
                                     luge_sum(l.g, y),
                                     luge_sum_over(l.g, y, luge_axes_of(0), 0),
                                     luge_concat(l.g, (const luge_val[]){ none, l.x, none }, 3, 0),
                                     luge_softmax(l.g, luge_neg(l.g, none)),
                                     luge_matmul_transposed(l.g, none, none, 1, 0) }; /* [3,3] of zeros */
        luge_plan *plan = luge_plan_create(l.g, outputs, 6, .guard = guard);
        luge_run *run = luge_run_create(plan);
        float got[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
        if (!CHECK_STATUS(t, luge_failure(l.ctx), LUGE_OK)) return luge_close(l.ctx);
        CHECK_STATUS(t, luge_run_bind(run, none, NULL, 0), LUGE_OK);
        CHECK_STATUS(t, luge_run_bind(run, l.x, batch, sizeof batch), LUGE_OK);
        CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        CHECK_STATUS(t, luge_run_get(run, y, NULL, 0), LUGE_OK);
        CHECK_STATUS(t, luge_run_get(run, outputs[4], NULL, 0), LUGE_OK);
        CHECK_STATUS(t, luge_run_get(run, outputs[5], got, sizeof got), LUGE_OK);
        for (int i = 0; i < 9; i++) CHECK_CLOSE(t, got[i], 0, 0);
        CHECK_STATUS(t, luge_run_get(run, outputs[1], got, sizeof *got), LUGE_OK);
        CHECK_STATUS(t, luge_run_get(run, outputs[2], got + 1, 2 * sizeof *got), LUGE_OK);
        for (int i = 0; i < 3; i++) CHECK_CLOSE(t, got[i], 0, 0);
        CHECK_STATUS(t, luge_run_get(run, outputs[3], got, 6 * sizeof *got), LUGE_OK);
        CHECK_CLOSE(t, got[5], 6, 0);
        luge_close(l.ctx);
    }
}

static void bad_index(luge_test *t, int threads, int which)
{
    enum { ROWS = 300, CLASSES = 5 };
    static float logits[ROWS * CLASSES];
    static int64_t labels[ROWS];
    luge_context *ctx = luge_open(.threads = threads);
    ctx->force_grain = 1;
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(ROWS, CLASSES));
    const luge_val i = luge_input(g, "labels", LUGE_I64, luge_shape_of(ROWS));
    luge_val y = which == 0 ? luge_softmax_cross_entropy(g, x, i) : luge_gather(g, x, i, 0);
    if (which == 2) y = luge_scatter_add(g, x, i, luge_slice(g, x, 0, 0, CLASSES, 1), 0);
    luge_name(g, y, "the one");
    luge_run *run = luge_run_create(luge_plan_create(g, &y, 1));
    luge_run_bind(run, x, logits, sizeof logits);
    luge_run_bind(run, i, labels, sizeof labels);
    for (int k = 0; k < ROWS; k++) labels[k] = k % CLASSES;
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    const int64_t wrong[] = { -1, which == 1 ? ROWS : CLASSES, INT64_MIN, INT64_MAX };
    for (int k = 0; k < 4; k++) {
        char words[64];
        (void)snprintf(words, sizeof words, "index %lld is outside [0, %d)", (long long)wrong[k],
                       which == 1 ? (int)ROWS : (int)CLASSES);
        labels[k * 99] = wrong[k];
        CHECK_STATUS(t, luge_run_execute(run), LUGE_EINVAL);
        CHECK_STR_CONTAINS(t, luge_last_error(), words);
        CHECK_STR_CONTAINS(t, luge_last_error(), "\"the one\"");
        labels[k * 99] = 0;
    }
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK); /* the run works on */
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx);
}

static void index_faults(luge_test *t)
{
    for (int threads = 1; threads <= 4; threads += 3)
        for (int which = 0; which < 3; which++) bad_index(t, threads, which);
}

static void questions(luge_test *t)
{
    line l = open_line(1);
    luge_name(l.g, l.y, "scores");
    luge_plan *plan = luge_plan_create(l.g, &l.sum, 1, .no_rewrites = 1);
    tools_text text;
    luge_step_info info;
    const luge_plan_memory memory = luge_plan_memory_of(plan);
    CHECK_EQ_INT(t, memory.variables, 128); /* two, each at a multiple of 64 bytes */
    CHECK(t, memory.arena > 0 && memory.arena <= memory.intermediates);
    CHECK_EQ_INT(t, luge_plan_step_count(plan), 3);
    CHECK_STATUS(t, luge_plan_step(plan, 1, &info), LUGE_OK);
    CHECK_STR_EQ(t, info.op, "add");
    CHECK_STR_EQ(t, info.name, "scores");
    CHECK_EQ_INT(t, info.origin.id, l.y.id);
    CHECK_EQ_INT(t, info.origin.tag, l.y.tag);
    CHECK_EQ_INT(t, info.value.id, luge_planned(plan, l.y).id);
    CHECK_EQ_INT(t, info.value.tag, luge_node_at(luge_plan_graph(plan), 1).tag);
    CHECK_EQ_INT(t, info.dtype, LUGE_F32);
    CHECK_EQ_INT(t, info.bytes, 16);
    CHECK_EQ_INT(t, info.n_inputs, 2);
    CHECK_EQ_INT(t, info.in_place, 1);
    CHECK_STATUS(t, luge_plan_step(plan, 3, &info), LUGE_EINVAL);
    CHECK_STATUS(t, luge_plan_step(plan, -1, &info), LUGE_EINVAL);
    CHECK_STATUS(t, luge_plan_step(plan, 0, NULL), LUGE_EINVAL);
    CHECK_STATUS(t, luge_plan_describe(plan, tools_sink(&text)), LUGE_OK);
    CHECK_STR_CONTAINS(t, text.text, "plan for backend cpu");
    CHECK_STR_CONTAINS(t, text.text, "3 steps");
    CHECK_STR_CONTAINS(t, text.text, "\"scores\"");
    CHECK_STR_CONTAINS(t, text.text, "in place");
    CHECK_STATUS(t, luge_plan_describe(plan, (luge_sink){ NULL, NULL }), LUGE_EINVAL);
    luge_close(l.ctx);
}

/* With keep_all every value can be read; it takes as much room as all of them. */
static void keep_all(luge_test *t)
{
    line l = open_line(1);
    luge_plan *plan = luge_plan_create(l.g, &l.sum, 1, .keep_all = 1);
    luge_run *run = luge_run_create(plan);
    luge_run_bind(run, l.x, batch, sizeof batch);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    check_y(t, run, l.y);
    const luge_plan_memory memory = luge_plan_memory_of(plan);
    CHECK_EQ_INT(t, memory.arena, memory.intermediates);
    luge_close(l.ctx);
}

/* Times of steps add up over executions, on every path, and are no more than all of it took. */
static void timed(luge_test *t)
{
    for (int way = 0; way < 3; way++) {
        line l = open_line(1 + way % 2);
        luge_plan *plan = luge_plan_create(l.g, &l.y, 1, .guard = way == 2);
        luge_run *run = luge_run_create(plan);
        int64_t took[8] = { 0 }, sum = 0;
        const int steps = luge_plan_step_count(plan);
        if (!CHECK(t, steps > 0 && steps <= 8)) break;
        CHECK_STATUS(t, luge_run_execute_timed(run, took), LUGE_ESTATE);
        for (int i = 0; i < steps; i++) CHECK_EQ_INT(t, took[i], 0); /* nothing ran */
        luge_run_bind(run, l.x, batch, sizeof batch);
        const int64_t before = luge__nanoseconds();
        for (int i = 0; i < 1000; i++) {
            const int64_t last = took[0];
            CHECK_STATUS(t, luge_run_execute_timed(run, took), LUGE_OK);
            CHECK(t, took[0] >= last);
        }
        for (int i = 0; i < steps; i++) sum += took[i];
        CHECK(t, sum > 0 && sum <= luge__nanoseconds() - before);
        check_y(t, run, l.y);
        CHECK_STATUS(t, luge_run_execute_timed(run, NULL), LUGE_OK);
        luge_close(l.ctx);
    }
}

static void eval(luge_test *t)
{
    line l = open_line(1);
    float value = 0;
    CHECK_STATUS(t, luge_eval(l.g, luge_sum(l.g, l.b), &value, sizeof value), LUGE_OK);
    CHECK_CLOSE(t, value, 30, 0);
    CHECK_STATUS(t, luge_eval(l.g, l.sum, &value, sizeof value), LUGE_ESTATE);
    CHECK_FAILS(t, l.ctx, LUGE_ESTATE, "input \"x\" is not bound");
    CHECK_STATUS(t, luge_eval(l.g, luge_sum(l.g, l.b), &value, 3), LUGE_ESHAPE);
    CHECK_FAILS(t, l.ctx, LUGE_ESHAPE, "takes 4 bytes, 3 were given");
    CHECK_STATUS(t, luge_eval(l.g, (luge_val){ 0, 0 }, &value, sizeof value), LUGE_EINVAL);
    CHECK_FAILS(t, l.ctx, LUGE_EINVAL, "is none");
    CHECK_STATUS(t, luge_eval(NULL, l.sum, &value, sizeof value), LUGE_EINVAL);
    luge_close(l.ctx);
}

void test_run(luge_test *t)
{
    RUN(t, plain);
    RUN(t, misuse);
    RUN(t, options_of_other_versions);
    RUN(t, bad_plans);
    RUN(t, orders_of_freeing);
    RUN(t, many_runs);
    RUN(t, odd_outputs);
    RUN(t, unneeded_input);
    RUN(t, empty_values);
    RUN(t, index_faults);
    RUN(t, questions);
    RUN(t, keep_all);
    RUN(t, timed);
    RUN(t, eval);
}
