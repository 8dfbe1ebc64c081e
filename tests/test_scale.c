/* test_scale.c: large graphs take time in proportion to their size, and networks no more memory than they need. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "graph_tools.h"

/* Sanitizers take time: shorter chains. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOW = 8 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SLOW = 8 };
#else
enum { SLOW = 1 };
#endif
#else
enum { SLOW = 1 };
#endif

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

typedef luge_val link(luge_graph *g, luge_val x, luge_val w, int i);

static luge_val elementwise_link(luge_graph *g, luge_val x, luge_val w, int i)
{
    return i % 3 == 0 ? luge_tanh(g, x) : i % 3 == 1 ? luge_mul(g, x, w) : luge_add(g, x, w);
}

/* Views of views, the variable beneath all of them updated in the end. */
static luge_val view_link(luge_graph *g, luge_val x, luge_val w, int i)
{
    (void)w;
    return i % 2 ? luge_transpose(g, x) : luge_reshape(g, x, luge_shape_of(2, 2));
}

/* Many effects and many views that look back on what the effects overwrite. */
static luge_val effect_link(luge_graph *g, luge_val x, luge_val w, int i)
{
    if (i % 4 == 3) return luge_assign(g, w, x), luge_add(g, x, w);
    return i % 4 == 2 ? luge_add(g, x, luge_transpose(g, w)) : luge_tanh(g, x);
}

typedef struct cost {
    double build, gradient, plan, total;
} cost;

static cost measure(luge_test *t, link *make, int links, int effect_at_end, int differentiate)
{
    const double four[4] = { 0.1, 0.2, 0.3, 0.4 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val w = tools_variable(g, "w", LUGE_F64, luge_shape_of(2, 2), four);
    cost c = { 0 };
    const double start = seconds();
    luge_val x = w, outputs[3];
    int n = 0;
    for (int i = 0; i < links; i++) x = make(g, x, w, i);
    outputs[n++] = luge_sum(g, x);
    c.build = seconds();
    if (differentiate) CHECK_STATUS(t, luge_gradient(g, outputs[0], &w, 1, &outputs[n++]), LUGE_OK);
    if (effect_at_end) outputs[n++] = luge_assign(g, w, luge_neg(g, w));
    c.gradient = seconds();
    luge_plan *plan = luge_plan_create(g, outputs, n);
    luge_run *run = luge_run_create(plan);
    const double end = seconds();
    if (CHECK_STATUS(t, luge_failure(ctx), LUGE_OK)) {
        CHECK(t, luge_node_count(g) > (uint32_t)links);
        CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        double sum = (double)NAN;
        CHECK_STATUS(t, luge_run_get(run, outputs[0], &sum, sizeof sum), LUGE_OK);
        CHECK(t, sum > -10 && sum < 10);
    }
    luge_close(ctx);
    c.total = end - start;
    c.plan = end - c.gradient;
    c.gradient -= c.build;
    c.build -= start;
    return c;
}

static double timed(luge_test *t, const char *name, link *make, int links, int effect_at_end, int differentiate)
{
    const cost c = measure(t, make, links, effect_at_end, differentiate);
    printf("    %s of %d: build %.3f s, gradient %.3f s, plan %.3f s\n", name, links, c.build, c.gradient, c.plan);
    return c.total;
}

/* Twice the length takes less than three times as long. The best of a few tries: others use the machine too. */
static void try_chain(luge_test *t, const char *name, link *make, int links, int effect_at_end, int differentiate)
{
    double once = 1e9, twice = 1e9;
    links /= SLOW;
    for (int i = 0; i < 4; i++) {
        once = fmin(once, timed(t, name, make, links, effect_at_end, differentiate));
        twice = fmin(twice, timed(t, name, make, 2 * links, effect_at_end, differentiate));
        if (once < 4 && twice < 3 * once + 0.1) break;
    }
    CHECK(t, once < 4);
    CHECK(t, twice < 3 * once + 0.1);
}

static void chains(luge_test *t)
{
    try_chain(t, "chain", elementwise_link, 100000, 0, 1);
}

static void chains_of_views(luge_test *t)
{
    try_chain(t, "views", view_link, 20000, 1, 1);
}

static void chains_of_effects(luge_test *t)
{
    try_chain(t, "effects", effect_link, 20000, 1, 0);
}

/* Many inputs to one sum, many names. */
static luge_val leaf_link(luge_graph *g, luge_val x, luge_val w, int i)
{
    char name[32];
    const double four[4] = { 1e-6, 0, 0, 0 };
    (void)w;
    (void)snprintf(name, sizeof name, "leaf %d", i);
    return luge_add(g, x,
                    i % 2 ? luge_variable(g, name, LUGE_F64, luge_shape_of(2, 2))
                          : luge_constant(g, LUGE_F64, luge_shape_of(2, 2), four));
}

static void many_leaves(luge_test *t)
{
    const double once = timed(t, "leaves", leaf_link, 3000 / SLOW, 0, 1);
    CHECK(t, once < 4);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

enum { LAYERS = 10 };

typedef struct network {
    luge_context *ctx;
    luge_graph *g;
    luge_val x, y, w[2 * LAYERS], outputs[2 * LAYERS + 1];
} network;

static network make_network(int64_t batch, int64_t width)
{
    network n = { .ctx = luge_open(.threads = 2) };
    n.g = luge_graph_create(n.ctx);
    n.x = luge_input(n.g, "x", LUGE_F32, luge_shape_of(batch, width));
    n.y = n.x;
    for (int i = 0; i < LAYERS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "w%d", i);
        n.w[2 * i] = luge_variable(n.g, name, LUGE_F32, luge_shape_of(width, width));
        (void)snprintf(name, sizeof name, "b%d", i);
        n.w[2 * i + 1] = luge_variable(n.g, name, LUGE_F32, luge_shape_of(width));
        n.y = luge_relu(n.g, luge_add(n.g, luge_matmul(n.g, n.y, n.w[2 * i]), n.w[2 * i + 1]));
    }
    return n;
}

static void add_training(network *n)
{
    luge_val grads[2 * LAYERS] = { { 0, 0 } };
    const luge_val loss = luge_squared_error(n->g, n->y, n->x, LUGE_MEAN), rate = luge_scalar(n->g, LUGE_F32, 0.01);
    luge_gradient(n->g, loss, n->w, 2 * LAYERS, grads);
    for (int i = 0; i < 2 * LAYERS; i++) n->outputs[i] = luge_update_sgd(n->g, n->w[i], grads[i], rate);
    n->outputs[2 * LAYERS] = loss;
}

static void arenas(luge_test *t)
{
    const size_t activation = 256 * 512 * sizeof(float);
    network n = make_network(256, 512);
    const luge_plan_memory forward = luge_plan_memory_of(luge_plan_create(n.g, &n.y, 1));
    add_training(&n);
    const luge_plan_memory step = luge_plan_memory_of(luge_plan_create(n.g, n.outputs, 2 * LAYERS + 1));
    CHECK_STATUS(t, luge_failure(n.ctx), LUGE_OK);
    CHECK(t, forward.arena > 0 && forward.arena <= 2 * activation + 4096);
    printf("    inference: arena %zu of %zu bytes, scratch %zu\n", forward.arena, forward.intermediates,
           forward.scratch);
    printf("    training:  arena %zu of %zu bytes, scratch %zu, variables %zu\n", step.arena, step.intermediates,
           step.scratch, step.variables);
    const luge_plan_memory late =
        luge_plan_memory_of(luge_plan_create(n.g, n.outputs, 2 * LAYERS + 1, .no_rewrites = 1));
    CHECK(t, late.arena <= late.intermediates / 2);
    CHECK(t, step.arena <= late.arena - activation); /* updates do not wait for the end */
    luge_close(n.ctx);
}

/* Training with guards and poison gives the losses of training without. */
static void try_guarded(luge_test *t, int64_t batch, int64_t width)
{
    enum { TURNS = 3 };
    float losses[2][TURNS];
    const size_t bytes = (size_t)(batch * width) * sizeof(float);
    float *x = malloc(bytes);
    for (int64_t i = 0; x && i < batch * width; i++) x[i] = (float)luge_test_uniform(t, -1, 1);
    for (int32_t guard = 0; guard <= 1; guard++) {
        luge_test numbers = { .random = 3 };
        network n = make_network(batch, width);
        const double limit = 1.8 / sqrt((double)width);
        add_training(&n);
        for (int i = 0; i < LAYERS; i++) {
            float *w = luge_data(n.g, n.w[2 * i]);
            for (int64_t k = 0; w && k < width * width; k++) w[k] = (float)luge_test_uniform(&numbers, -limit, limit);
        }
        luge_run *run = luge_run_create(luge_plan_create(n.g, n.outputs, 2 * LAYERS + 1, .guard = guard));
        luge_run_bind(run, n.x, x, bytes);
        for (int i = 0; i < TURNS; i++) {
            CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
            CHECK_STATUS(t, luge_run_get(run, n.outputs[2 * LAYERS], &losses[guard][i], sizeof(float)), LUGE_OK);
        }
        luge_close(n.ctx);
    }
    CHECK(t, !memcmp(losses[0], losses[1], sizeof losses[0]));
    CHECK(t, losses[0][TURNS - 1] < losses[0][0]);
    free(x);
}

static void guarded_training(luge_test *t)
{
    try_guarded(t, 24, 20);
    try_guarded(t, 256, 512); /* the network of `arenas` */
}

void test_scale(luge_test *t)
{
    RUN(t, chains);
    RUN(t, chains_of_views);
    RUN(t, chains_of_effects);
    RUN(t, many_leaves);
    RUN(t, arenas);
    RUN(t, guarded_training);
}
