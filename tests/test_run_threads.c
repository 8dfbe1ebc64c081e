/* test_run_threads.c: runs of one plan, and of several, from several threads at once on one context; and that the
 * number of threads changes no bit. */
#include <stdio.h>
#include <stdlib.h>

#include "random_graph.h"

#if LUGE_THREADS
#include <pthread.h>
#endif

enum { ROWS = 96, WIDTH = 24, CALLERS = 4, ROUNDS = 12 };

typedef struct model {
    luge_context *ctx;
    luge_graph *g;
    luge_val x, labels, y, loss, dw, dx;
    luge_plan *plan;
} model;

/* Products, reductions, elementwise ops, gathers: everything that is cut into pieces. */
static model make_model(int threads)
{
    double start[WIDTH * WIDTH];
    luge_test numbers = { .random = 4 };
    model m = { .ctx = luge_open(.threads = threads) };
    m.ctx->force_grain = 1;
    m.g = luge_graph_create(m.ctx);
    for (int i = 0; i < WIDTH * WIDTH; i++) start[i] = luge_test_uniform(&numbers, -0.3, 0.3);
    luge_graph *g = m.g;
    m.x = luge_input(g, "x", LUGE_F32, luge_shape_of(ROWS, WIDTH));
    m.labels = luge_input(g, "labels", LUGE_I64, luge_shape_of(ROWS));
    const luge_val w = tools_variable(g, "w", LUGE_F32, luge_shape_of(WIDTH, WIDTH), start);
    luge_val h = luge_gelu(g, luge_matmul(g, m.x, w));
    h = luge_add(g, luge_matmul_transposed(g, h, w, 0, 1), luge_gather(g, m.x, m.labels, 0));
    m.y = luge_softmax(g, h);
    m.loss = luge_mean(g, luge_softmax_cross_entropy(g, h, luge_stop_gradient(g, luge_argmax(g, m.x, 1))));
    const luge_val wrt[2] = { w, m.x };
    luge_val grads[2] = { { 0, 0 } };
    luge_gradient(g, m.loss, wrt, 2, grads);
    m.dw = grads[0];
    m.dx = grads[1];
    const luge_val outputs[4] = { m.y, m.loss, m.dw, m.dx };
    m.plan = luge_plan_create(g, outputs, 4);
    return m;
}

enum { RESULT = ROWS * WIDTH * 2 + WIDTH * WIDTH + 1 };

/* One caller: its own run, data and results. */
typedef struct caller {
    const model *m;
    luge_run *run;
    float x[ROWS * WIDTH];
    int64_t labels[ROWS];
    float result[RESULT];
    int failures;
} caller;

static void prepare(caller *c, const model *m, uint64_t seed)
{
    luge_test numbers = { .random = seed };
    c->m = m;
    c->run = luge_run_create(m->plan);
    for (int i = 0; i < ROWS * WIDTH; i++) c->x[i] = (float)luge_test_uniform(&numbers, -1, 1);
    for (int i = 0; i < ROWS; i++) c->labels[i] = luge_test_below(&numbers, ROWS);
    luge_run_bind(c->run, m->x, c->x, sizeof c->x);
    luge_run_bind(c->run, m->labels, c->labels, sizeof c->labels);
}

static luge_status execute(caller *c)
{
    const luge_val list[4] = { c->m->y, c->m->loss, c->m->dw, c->m->dx };
    static const int sizes[4] = { ROWS * WIDTH, 1, WIDTH * WIDTH, ROWS * WIDTH };
    float *to = c->result;
    luge_status status = luge_run_execute(c->run);
    for (int i = 0; i < 4 && !status; i++) {
        status = luge_run_get(c->run, list[i], to, (size_t)sizes[i] * sizeof *to);
        to += sizes[i];
    }
    return status;
}

/* The same bits on 1, 2, 3, 4 and 7 threads. */
static void same_bits(luge_test *t)
{
    static caller first, c;
    const int counts[] = { 1, 2, 3, 4, 7 };
    for (int i = 0; i < 5; i++) {
        model m = make_model(counts[i]);
        if (!CHECK_STATUS(t, luge_failure(m.ctx), LUGE_OK)) return luge_close(m.ctx);
        prepare(&c, &m, 1);
        CHECK_STATUS(t, execute(&c), LUGE_OK);
        if (i == 0) first = c;
        CHECK(t, !memcmp(c.result, first.result, sizeof c.result));
        CHECK_STATUS(t, execute(&c), LUGE_OK); /* and the same again */
        CHECK(t, !memcmp(c.result, first.result, sizeof c.result));
        luge_close(m.ctx);
    }
}

/* Two workers really share the work of a run. */
static void shared_work(luge_test *t)
{
    static caller c;
    model m = make_model(4);
    if (luge_threads(m.ctx) < 2) {
        CHECK_SKIP(t, "a build without threads");
        return luge_close(m.ctx);
    }
    prepare(&c, &m, 1);
    int64_t before = luge__pool_shared_calls(m.ctx->pool), now = before;
    for (int i = 0; i < 2000 && now == before; i++) {
        CHECK_STATUS(t, execute(&c), LUGE_OK);
        now = luge__pool_shared_calls(m.ctx->pool);
    }
    int shareable = 0;
    for (size_t i = 0; i < (size_t)luge_plan_step_count(m.plan); i++) {
        luge_step_info info;
        luge_plan_step(m.plan, (int)i, &info);
        shareable += strcmp(info.kernel, "ref") != 0;
    }
    CHECK(t, now > before || !shareable);
    luge_close(m.ctx);
}

/* How many steps were shared when a layer of so many inputs ran 500 times on two threads, or until one was. */
static int64_t shared_of_layer(luge_test *t, int inputs)
{
    luge_context *ctx = luge_open(.threads = 2);
    luge_graph *g = luge_graph_create(ctx);
    const luge_shape shape = luge_shape_of(inputs, inputs);
    const luge_val x = luge_input(g, "x", LUGE_F32, shape);
    const luge_val y = luge_relu(g, luge_matmul(g, x, luge_variable(g, "w", LUGE_F32, shape)));
    luge_run *run = luge_run_create(luge_plan_create(g, &y, 1));
    float *data = calloc((size_t)(inputs * inputs), sizeof *data);
    if (CHECK(t, run && data)) {
        luge_run_bind(run, x, data, (size_t)(inputs * inputs) * sizeof *data);
        for (int i = 0; i < 500 && !luge__pool_shared_calls(ctx->pool); i++)
            CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    }
    const int64_t shared = luge__pool_shared_calls(ctx->pool);
    free(data);
    luge_close(ctx);
    return shared;
}

/* A second thread is for runs that are long enough for it. */
static void short_runs_stay_alone(luge_test *t)
{
    CHECK_EQ_INT(t, shared_of_layer(t, 16), 0);
#if LUGE_THREADS
    CHECK(t, shared_of_layer(t, 400) > 0);
#endif
}

#if LUGE_THREADS

static void *call_often(void *user)
{
    caller *c = user;
    float expected[RESULT];
    c->failures += execute(c) != LUGE_OK;
    memcpy(expected, c->result, sizeof expected);
    for (int i = 0; i < ROUNDS; i++) {
        const int wrong = i % 4 == 3; /* now and then a run fails: its message is this thread's own */
        const int64_t kept = c->labels[5];
        if (wrong) c->labels[5] = ROWS + (c->labels[0] & 7);
        const luge_status status = execute(c);
        if (wrong) {
            char words[64];
            (void)snprintf(words, sizeof words, "index %lld is outside", (long long)c->labels[5]);
            c->failures += status != LUGE_EINVAL || !strstr(luge_last_error(), words);
        } else {
            c->failures += status != LUGE_OK || memcmp(c->result, expected, sizeof expected) != 0;
        }
        c->labels[5] = kept;
    }
    return NULL;
}

static void at_once(luge_test *t, int threads)
{
    static caller callers[CALLERS], alone;
    pthread_t thread[CALLERS];
    model m = make_model(threads), single = make_model(1);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].failures = 0;
        prepare(&callers[i], &m, 100 + (uint64_t)i);
    }
    int started = 0;
    while (started < CALLERS && !pthread_create(&thread[started], NULL, call_often, &callers[started])) started++;
    CHECK_EQ_INT(t, started, CALLERS);
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < CALLERS; i++) {
        CHECK_EQ_INT(t, callers[i].failures, 0);
        prepare(&alone, &single, 100 + (uint64_t)i);
        CHECK_STATUS(t, execute(&alone), LUGE_OK);
        CHECK_STATUS(t, execute(&callers[i]), LUGE_OK);
        CHECK(t, !memcmp(callers[i].result, alone.result, sizeof alone.result));
    }
    CHECK(t, !luge_failed(m.ctx));
    luge_close(m.ctx);
    luge_close(single.ctx);
}

static void concurrent_runs(luge_test *t)
{
    at_once(t, 1);
    at_once(t, 3);
}

/* Contexts of their own, building and running side by side. */
static void *own_context(void *user)
{
    caller *c = user;
    for (int i = 0; i < 3; i++) {
        model m = make_model(2);
        prepare(c, &m, 7);
        c->failures += execute(c) != LUGE_OK;
        luge_val bad = luge_matmul(m.g, m.x, m.x);
        c->failures += luge_is_some(bad) || !strstr(luge_last_error(), "inner sizes differ");
        luge_close(m.ctx);
    }
    return NULL;
}

static void separate_contexts(luge_test *t)
{
    static caller callers[CALLERS];
    pthread_t thread[CALLERS];
    int started = 0;
    while (started < CALLERS && !pthread_create(&thread[started], NULL, own_context, &callers[started])) started++;
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < started; i++) {
        CHECK_EQ_INT(t, callers[i].failures, 0);
        CHECK(t, !memcmp(callers[i].result, callers[0].result, sizeof callers[0].result));
    }
    CHECK_EQ_INT(t, started, CALLERS);
}

#endif

/* Random graphs with effects: the same bits with one thread and four. */
static void random_graphs(luge_test *t)
{
    for (uint64_t seed = 1; seed <= 25; seed++) {
        unsigned char results[2][8 * 400 * 3];
        memset(results, 0, sizeof results);
        for (int k = 0; k < 2; k++) {
            luge_test numbers = { .random = seed };
            luge_context *ctx = luge_open(.threads = k ? 4 : 1);
            ctx->force_grain = 1;
            random_graph r = { .t = &numbers, .g = luge_graph_create(ctx), .dtype = LUGE_F32, .most = 400 };
            double data[12];
            luge_val out[RANDOM_GRAPH_EFFECTS + 3];
            int n = 0;
            random_graph_make(&r, 50, 6, 1);
            random_fill(&numbers, LUGE_F32, data, 12);
            for (; n < 3; n++) out[n] = r.pool[r.n - 1 - n];
            for (int i = 0; i < r.n_effects; i++) out[n++] = r.effect[i];
            luge_run *run = luge_run_create(luge_plan_create(r.g, out, n));
            luge_run_bind(run, r.input, data, 12 * sizeof(float));
            CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
            for (int i = 0; i < 3; i++) {
                const luge_shape shape = luge_shape_of_val(r.g, out[i]);
                CHECK_STATUS(
                    t,
                    luge_run_get(run, out[i], results[k] + 3200 * i, tools_bytes(&shape, luge__dtype_of(r.g, out[i]))),
                    LUGE_OK);
            }
            CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
            luge_close(ctx);
        }
        CHECK(t, !memcmp(results[0], results[1], sizeof results[0]));
    }
}

void test_run_threads(luge_test *t)
{
    RUN(t, same_bits);
    RUN(t, shared_work);
    RUN(t, short_runs_stay_alone);
#if LUGE_THREADS
    RUN(t, concurrent_runs);
    RUN(t, separate_contexts);
#endif
    RUN(t, random_graphs);
}
