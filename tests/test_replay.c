/* test_replay.c: the same nodes for other input shapes and another precision: values equal to a graph built so at once.
 */
#include "graph_tools.h"

enum { FEATURES = 6, HIDDEN = 8, CLASSES = 4, MOST = 64, PARAMETERS = 6 };

/* A net of three layers with its gradient and Adam. */
typedef struct net {
    luge_graph *g;
    luge_val x, labels, logits, loss, w[PARAMETERS], m[PARAMETERS], v[PARAMETERS], step;
    luge_val grad[PARAMETERS], effect[PARAMETERS + 1];
} net;

static luge_val weight(luge_graph *g, const char *name, luge_dtype dtype, int64_t rows, int64_t columns, uint64_t seed)
{
    double data[HIDDEN * HIDDEN];
    luge_test numbers = { .random = seed };
    for (int i = 0; i < HIDDEN * HIDDEN; i++) data[i] = luge_test_uniform(&numbers, -1, 1);
    return tools_variable(g, name, dtype, rows ? luge_shape_of(rows, columns) : luge_shape_of(columns), data);
}

static luge_val dense(net *n, int layer, luge_val x)
{
    return luge_add(n->g, luge_matmul(n->g, x, n->w[2 * layer]), n->w[2 * layer + 1]);
}

static net make_net(luge_context *ctx, luge_dtype dtype, int64_t batch)
{
    static const char *const names[3][PARAMETERS] = { { "w1", "b1", "w2", "b2", "w3", "b3" },
                                                      { "w1m", "b1m", "w2m", "b2m", "w3m", "b3m" },
                                                      { "w1v", "b1v", "w2v", "b2v", "w3v", "b3v" } };
    static const int64_t rows[PARAMETERS] = { FEATURES, 0, HIDDEN, 0, HIDDEN, 0 };
    static const int64_t columns[PARAMETERS] = { HIDDEN, HIDDEN, HIDDEN, HIDDEN, CLASSES, CLASSES };
    net n = { .g = luge_graph_create(ctx) };
    n.x = luge_input(n.g, "x", dtype, luge_shape_of(batch, FEATURES));
    n.labels = luge_input(n.g, "labels", LUGE_I64, luge_shape_of(batch));
    for (int i = 0; i < PARAMETERS; i++)
        n.w[i] = weight(n.g, names[0][i], dtype, rows[i], columns[i], 10u + (unsigned)i);
    for (int i = 0; i < PARAMETERS; i++) {
        const luge_shape shape = luge_shape_of_val(n.g, n.w[i]);
        n.m[i] = luge_slab_variable(n.g, names[1][i], dtype, shape, 1);
        n.v[i] = luge_slab_variable(n.g, names[2][i], dtype, shape, 2);
    }
    n.step = luge_variable(n.g, "step", LUGE_I64, luge_scalar_shape());
    n.logits = dense(&n, 2, luge_relu(n.g, dense(&n, 1, luge_tanh(n.g, dense(&n, 0, n.x)))));
    n.loss = luge_mean(n.g, luge_softmax_cross_entropy(n.g, n.logits, n.labels));
    luge_gradient(n.g, n.loss, n.w, PARAMETERS, n.grad);
    n.effect[PARAMETERS] = luge_increment(n.g, n.step, 1);
    for (int i = 0; i < PARAMETERS; i++)
        n.effect[i] = luge_update_adam(n.g, n.w[i], n.grad[i], luge_scalar(n.g, dtype, 0.01), .step = n.step,
                                       .m = n.m[i], .v = n.v[i]);
    return n;
}

static net replayed(const net *n, luge_graph *h)
{
    net r = *n;
    luge_val *vals[] = { &r.x, &r.labels, &r.logits, &r.loss, &r.step };
    r.g = h;
    for (int i = 0; i < 5; i++) *vals[i] = luge_replayed(h, *vals[i]);
    for (int i = 0; i < PARAMETERS; i++) {
        r.w[i] = luge_replayed(h, n->w[i]);
        r.m[i] = luge_replayed(h, n->m[i]);
        r.v[i] = luge_replayed(h, n->v[i]);
        r.grad[i] = luge_replayed(h, n->grad[i]);
        r.effect[i] = luge_replayed(h, n->effect[i]);
    }
    r.effect[PARAMETERS] = luge_replayed(h, n->effect[PARAMETERS]);
    return r;
}

static net replay_batch(const net *n, int64_t batch, luge_dtype float_dtype)
{
    const luge_val inputs[2] = { n->x, n->labels };
    const luge_shape shapes[2] = { luge_shape_of(batch, FEATURES), luge_shape_of(batch) };
    luge_graph *h =
        luge_graph_replay(n->g, .n_inputs = 2, .inputs = inputs, .shapes = shapes, .float_dtype = float_dtype);
    return h ? replayed(n, h) : (net){ .g = NULL };
}

/* Steps of training on a batch; the losses, then all that is learned, as doubles. */
enum { STEPS = 3, LEARNED = 3 * (FEATURES + HIDDEN + CLASSES + 3) * HIDDEN };

static int train(luge_test *t, net *n, int64_t batch, luge_dtype dtype, double *losses, double *learned)
{
    double data[MOST * FEATURES];
    float narrow[MOST * FEATURES];
    int64_t labels[MOST];
    luge_test numbers = { .random = 99 };
    luge_val outputs[PARAMETERS + 2];
    const size_t size = luge_dtype_size(dtype);
    for (int i = 0; i < MOST * FEATURES; i++) narrow[i] = (float)(data[i] = luge_test_uniform(&numbers, -2, 2));
    for (int i = 0; i < MOST; i++) labels[i] = luge_test_below(&numbers, CLASSES);
    memcpy(outputs, n->effect, sizeof n->effect);
    outputs[PARAMETERS + 1] = n->loss;
    luge_plan *plan = luge_plan_create(n->g, outputs, PARAMETERS + 2, .guard = 1);
    luge_run *run = luge_run_create(plan);
    if (!CHECK(t, run != NULL)) return 0;
    const void *rows = dtype == LUGE_F64 ? (const void *)data : (const void *)narrow;
    luge_run_bind(run, n->x, rows, (size_t)batch * FEATURES * size);
    luge_run_bind(run, n->labels, labels, (size_t)batch * sizeof *labels);
    for (int i = 0; i < STEPS; i++) {
        if (!CHECK_STATUS(t, luge_run_execute(run), LUGE_OK)) return 0;
        const void *loss = luge_run_data(run, n->loss);
        losses[i] = loss ? tools_element(loss, dtype, 0) : (double)NAN;
    }
    for (int i = 0; i < PARAMETERS; i++) {
        const luge_shape shape = luge_shape_of_val(n->g, n->w[i]);
        const luge_val all[3] = { n->w[i], n->m[i], n->v[i] };
        for (int k = 0; k < 3; k++)
            for (int64_t e = 0; e < luge_shape_size(&shape); e++)
                *learned++ = tools_element(luge_data(n->g, all[k]), dtype, e);
    }
    luge_run_free(run);
    luge_plan_free(plan);
    return 1;
}

/* A net built for `from` rows and replayed for `to` learns what one built for `to` rows learns, bit for bit. */
static void same_as_fresh(luge_test *t, int64_t from, int64_t to, luge_dtype dtype)
{
    luge_context *ctx = luge_open(.threads = 1);
    double losses[2][STEPS], learned[2][LEARNED];
    memset(learned, 0, sizeof learned);
    net origin = make_net(ctx, dtype, from), direct = make_net(ctx, dtype, to);
    net again = replay_batch(&origin, to, LUGE_NO_DTYPE);
    if (CHECK_STATUS(t, luge_failure(ctx), LUGE_OK) && CHECK(t, again.g != NULL)) {
        CHECK_EQ_INT(t, luge_node_count(again.g), luge_node_count(origin.g));
        CHECK_STATUS(t, luge_graph_verify(again.g), LUGE_OK);
        if (train(t, &direct, to, dtype, losses[0], learned[0]) && train(t, &again, to, dtype, losses[1], learned[1])) {
            CHECK(t, !memcmp(losses[0], losses[1], sizeof *losses));
            CHECK(t, !memcmp(learned[0], learned[1], sizeof *learned));
            CHECK(t, losses[1][STEPS - 1] < losses[1][0]);
        }
    }
    luge_close(ctx);
}

static void batches(luge_test *t)
{
    const int64_t sizes[3] = { 1, 7, MOST };
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            same_as_fresh(t, sizes[a], sizes[b], LUGE_F32);
            same_as_fresh(t, sizes[a], sizes[b], LUGE_F64);
        }
}

/* To f64 and back: the first learns as an f64 graph does from the same (f32) start; back it is what it was. */
static void precision(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    double losses[3][STEPS], learned[3][LEARNED];
    memset(learned, 0, sizeof learned);
    net narrow = make_net(ctx, LUGE_F32, 7);
    net wide = replay_batch(&narrow, 7, LUGE_F64), back = replay_batch(&wide, 7, LUGE_F32);
    if (CHECK_STATUS(t, luge_failure(ctx), LUGE_OK)) {
        CHECK_STATUS(t, luge_graph_verify(wide.g), LUGE_OK);
        luge_node_info info;
        for (uint32_t id = 1; id <= luge_node_count(wide.g); id++) {
            luge_node_info_of(wide.g, luge_node_at(wide.g, id), &info);
            CHECK(t, info.dtype != LUGE_F32);
        }
        train(t, &wide, 7, LUGE_F64, losses[0], learned[0]);
        train(t, &back, 7, LUGE_F32, losses[1], learned[1]);
        train(t, &narrow, 7, LUGE_F32, losses[2], learned[2]); /* variables were copied: it starts at the start */
        CHECK(t, !memcmp(losses[1], losses[2], sizeof *losses) && !memcmp(learned[1], learned[2], sizeof *learned));
        for (int i = 0; i < STEPS; i++) CHECK_CLOSE(t, losses[0][i], losses[1][i], 1e-4);
        CHECK(t, memcmp(losses[0], losses[1], sizeof *losses) != 0);
        int64_t steps[3] = { 0 };
        luge_get(wide.g, wide.step, &steps[0], sizeof *steps); /* integers too: each graph counts for itself */
        luge_get(narrow.g, narrow.step, &steps[1], sizeof *steps);
        luge_graph *other = luge_graph_replay(narrow.g, .float_dtype = LUGE_F32); /* a copy, though nothing changes */
        luge_set(other, luge_replayed(other, narrow.step), &steps[2], sizeof *steps);
        luge_get(narrow.g, narrow.step, &steps[2], sizeof *steps);
        for (int i = 0; i < 3; i++) CHECK_EQ_INT(t, steps[i], STEPS);
    }
    luge_close(ctx);
}

/* Without another precision the variables are the same memory, and outlive the first graph. */
static void shared_variables(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    net n = make_net(ctx, LUGE_F32, 7), r = replay_batch(&n, 3, LUGE_NO_DTYPE);
    float data[CLASSES] = { 1, 2, 3, 4 }, got[CLASSES] = { 0 };
    CHECK(t, luge_data(n.g, n.w[5]) == luge_data(r.g, r.w[5]) && luge_data(r.g, r.w[5]) != NULL);
    luge_set(n.g, n.w[5], data, sizeof data);
    const luge_val late = luge_variable(n.g, "late", LUGE_F32, luge_shape_of(2)); /* both grow on, apart */
    const luge_val later = luge_variable(r.g, "late", LUGE_F32, luge_shape_of(2));
    CHECK(t, luge_data(n.g, late) != luge_data(r.g, later) && luge_data(r.g, later) != NULL);
    luge_graph_free(n.g);
    CHECK_STATUS(t, luge_get(r.g, r.w[5], got, sizeof got), LUGE_OK);
    CHECK(t, !memcmp(data, got, sizeof data));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
}

/* ---- a bit of everything ----------------------------------------------------------------------------------------- */

typedef struct mixture {
    luge_graph *g;
    luge_val x, y, dy, w;
} mixture;

/* Ops whose sizes follow the batch: broadcasts, slices, concats, means, counts, dropout, reductions, views. */
static mixture make_mixture(luge_context *ctx, int64_t rows)
{
    static const double start[4] = { 0.5, -0.25, 0.75, 1 }, seed[2] = { 5, 6 };
    mixture m = { .g = luge_graph_create(ctx) };
    luge_graph *g = m.g;
    m.x = luge_input(g, "x", LUGE_F64, luge_shape_of(rows, 4));
    m.w = tools_variable(g, "w", LUGE_F64, luge_shape_of(4), start);
    const luge_val state = tools_variable(g, "state", LUGE_I64, luge_shape_of(2), seed);
    luge_val h = luge_mul(g, m.x, m.w);
    h = luge_random_dropout(g, h, state, 0.25);
    h = luge_add(g, h, luge_random_normal(g, state, h, 0, 0.5));
    const luge_val low = luge_slice(g, h, 1, 0, 2, 1), high = luge_slice(g, h, -1, -2, LUGE_END, 1);
    h = luge_concat(g, (const luge_val[]){ high, luge_tanh(g, low), h }, 3, 1);
    h = luge_concat(g, (const luge_val[]){ h, luge_neg(g, h) }, 2, 0); /* twice the rows */
    h = luge_mul(g, h, luge_softmax(g, luge_reshape(g, h, luge_shape_of(0, -1))));
    h = luge_div(g, h, luge_count(g, m.x, m.w));
    h = luge_sum_over(g, luge_transpose(g, luge_flatten(g, luge_expand_dims(g, h, 1))), luge_axes_of(0), 0);
    h = luge_add(g, luge_slice(g, h, 0, 0, LUGE_END, 2), luge_mean(g, h));
    m.y =
        luge_add(g, luge_mean(g, luge_square(g, h)), luge_squared_error(g, luge_mul(g, m.x, m.w), m.x, LUGE_HALF_MEAN));
    luge_gradient(g, m.y, &m.w, 1, &m.dy);
    return m;
}

static void run_mixture(luge_test *t, luge_graph *g, mixture m, int64_t rows, double *result)
{
    double data[MOST * 4];
    luge_test numbers = { .random = 17 };
    const luge_val outputs[2] = { m.y, m.dy };
    for (int i = 0; i < MOST * 4; i++) data[i] = luge_test_uniform(&numbers, -2, 2);
    luge_run *run = luge_run_create(luge_plan_create(g, outputs, 2, .guard = 1));
    if (!CHECK(t, run != NULL)) return;
    luge_run_bind(run, m.x, data, (size_t)rows * 4 * sizeof *data);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    CHECK_STATUS(t, luge_run_get(run, m.y, result, sizeof *result), LUGE_OK);
    CHECK_STATUS(t, luge_run_get(run, m.dy, result + 1, 4 * sizeof *result), LUGE_OK);
}

static void mixtures(luge_test *t)
{
    const int64_t sizes[4] = { 2, 7, 1, 33 };
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) {
            luge_context *ctx = luge_open(.threads = 1);
            double expected[5] = { 0 }, got[5] = { 1 };
            mixture origin = make_mixture(ctx, sizes[a]), direct = make_mixture(ctx, sizes[b]);
            const luge_shape shape = luge_shape_of(sizes[b], 4);
            luge_graph *h = luge_graph_replay(origin.g, .n_inputs = 1, .inputs = &origin.x, .shapes = &shape);
            if (CHECK_STATUS(t, luge_failure(ctx), LUGE_OK)) {
                CHECK_STATUS(t, luge_graph_verify(h), LUGE_OK);
                const mixture again = { h, luge_replayed(h, origin.x), luge_replayed(h, origin.y),
                                        luge_replayed(h, origin.dy), luge_replayed(h, origin.w) };
                run_mixture(t, direct.g, direct, sizes[b], expected);
                run_mixture(t, h, again, sizes[b], got);
                CHECK(t, !memcmp(expected, got, sizeof got));
            }
            luge_close(ctx);
        }
}

/* A replay of a replay, and gradients taken in the replay. */
static void further(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    mixture m = make_mixture(ctx, 5);
    const luge_shape nine = luge_shape_of(9, 4);
    luge_graph *h = luge_graph_replay(m.g, .n_inputs = 1, .inputs = &m.x, .shapes = &nine);
    luge_graph *back = luge_graph_replay(h);
    const luge_val y = luge_replayed(back, luge_replayed(h, m.y));
    luge_val dy, x = luge_replayed(back, luge_replayed(h, m.x)), dx;
    CHECK_STATUS(t, luge_gradient(back, y, &x, 1, &dx), LUGE_OK);
    CHECK_EQ_INT(t, luge_shape_of_val(back, dx).dim[0], 9);
    const luge_val w = luge_replayed(back, luge_replayed(h, m.w));
    CHECK_STATUS(t, luge_gradient(back, y, &w, 1, &dy), LUGE_OK);
    CHECK_STATUS(t, luge_graph_verify(back), LUGE_OK);
    CHECK(t, !luge_is_some(luge_replayed(h, (luge_val){ 0, 0 })));
    CHECK(t, !luge_is_some(luge_replayed(NULL, m.y)));
    CHECK(t, !luge_is_some(luge_replayed(back, m.y))); /* of the first graph, not of the one that was replayed */
    luge_close(ctx);
}

/* Up to the loss alone: without gradients and updates, to predict or to grow on otherwise. */
static void first_part(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    net n = make_net(ctx, LUGE_F32, 7), other = make_net(ctx, LUGE_F32, 7);
    float x[3 * FEATURES] = { 1, 2, 3 }, loss = 0;
    const int64_t labels[3] = { 0, 1, 2 };
    const luge_val inputs[2] = { n.x, n.labels };
    const luge_shape shapes[2] = { luge_shape_of(3, FEATURES), luge_shape_of(3) };
    luge_graph *h = luge_graph_replay(n.g, .n_inputs = 2, .inputs = inputs, .shapes = shapes, .until = n.loss);
    if (CHECK(t, h != NULL)) {
        CHECK_EQ_INT(t, luge_node_count(h), n.loss.id);
        CHECK_EQ_INT(t, tools_count_ops(h, "update_adam"), 0);
        CHECK_STATUS(t, luge_graph_verify(h), LUGE_OK);
        luge_val result = luge_replayed(h, n.loss), w = luge_replayed(h, n.w[0]), dw;
        luge_run *run = luge_run_create(luge_plan_create(h, &result, 1));
        luge_run_bind(run, luge_replayed(h, n.x), x, sizeof x);
        luge_run_bind(run, luge_replayed(h, n.labels), labels, sizeof labels);
        CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        CHECK_STATUS(t, luge_run_get(run, result, &loss, sizeof loss), LUGE_OK);
        CHECK(t, loss > 0.1F && loss < 10);
        CHECK_STATUS(t, luge_gradient(h, result, &w, 1, &dw), LUGE_OK); /* no update stands in the way */
    }
    CHECK(t, luge_graph_replay(n.g, .until = other.loss) == NULL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "belongs to another graph");
    CHECK(t, luge_graph_replay(n.g, .until = { 100000, n.x.tag }) == NULL);
    CHECK_FAILS(t, ctx, LUGE_EINVAL, "is not a node of the graph");
    luge_close(ctx);
}

/* ---- substitutes ------------------------------------------------------------------------------------------------- */

/* x -> dropout or not -> scaled by the batch's mean or by a kept one -> y; a random draw behind them. */
typedef struct both_forms {
    luge_graph *g;
    luge_val x, w, kept, state, dropped, plain, own, fixed, y, draw, assigned;
} both_forms;

static both_forms make_both(luge_context *ctx)
{
    static const double start[3] = { 0.5, -2, 3 }, seed[2] = { 3, 4 }, kept[3] = { 10, 20, 40 };
    both_forms b = { .g = luge_graph_create(ctx) };
    luge_graph *g = b.g;
    b.x = luge_input(g, "x", LUGE_F64, luge_shape_of(4, 3));
    b.w = tools_variable(g, "w", LUGE_F64, luge_shape_of(3), start);
    b.kept = tools_variable(g, "kept", LUGE_F64, luge_shape_of(3), kept);
    b.state = tools_variable(g, "state", LUGE_I64, luge_shape_of(2), seed);
    b.plain = luge_mul(g, b.x, b.w);
    b.dropped = luge_name(g, luge_random_dropout(g, b.plain, b.state, 0.5), "dropped");
    b.fixed = luge_sub(g, b.dropped, b.kept); /* uses the training value: a chain of substitutes */
    const luge_val mean = luge_mean_over(g, b.dropped, luge_axes_of(0), 0);
    b.own = luge_name(g, luge_sub(g, b.dropped, mean), "own");
    b.y = luge_sum_over(g, luge_square(g, b.own), luge_axes_of(0, 1), 0);
    b.draw = luge_random_uniform(g, b.state, b.w, 0, 1);
    b.assigned = luge_assign(g, b.kept, mean);
    return b;
}

static void values_of(luge_test *t, luge_graph *g, luge_val x, const double *data, luge_val v, double *out, int n)
{
    luge_run *run = luge_run_create(luge_plan_create(g, &v, 1));
    if (!CHECK(t, run != NULL)) return;
    if (data) luge_run_bind(run, x, data, 12 * sizeof *data);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    CHECK_STATUS(t, luge_run_get(run, v, out, (size_t)n * sizeof *out), LUGE_OK);
}

static void substitutes(luge_test *t)
{
    static const double x[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    static const double w[3] = { 0.5, -2, 3 }, kept[3] = { 10, 20, 40 };
    luge_context *ctx = luge_open(.threads = 1);
    both_forms b = make_both(ctx);
    const luge_val from[2] = { b.own, b.dropped }, to[2] = { b.fixed, b.plain };
    luge_graph *h = luge_graph_replay(b.g, .n_substitutes = 2, .from = from, .to = to, .until = b.draw);
    if (!CHECK(t, h != NULL)) return;
    CHECK_STATUS(t, luge_graph_verify(h), LUGE_OK);
    CHECK_EQ_INT(t, luge_node_count(h), b.draw.id);
    CHECK_EQ_INT(t, luge_replayed(h, b.own).id, b.fixed.id);
    CHECK_EQ_INT(t, luge_replayed(h, b.dropped).id, b.plain.id);
    CHECK_EQ_INT(t, luge_replayed(h, b.plain).id, b.plain.id);
    double y = 0, expected = 0, dw[3] = { 0 }, expected_dw[3] = { 0 }, draw[2][3] = { { 0 }, { 1 } };
    for (int i = 0; i < 12; i++) {
        const double d = x[i] * w[i % 3] - kept[i % 3];
        expected += d * d;
        expected_dw[i % 3] += 2 * d * x[i];
    }
    values_of(t, h, luge_replayed(h, b.x), x, luge_replayed(h, b.y), &y, 1);
    CHECK_CLOSE(t, y, expected, 1e-9);
    const luge_val wrt = luge_replayed(h, b.w);
    luge_val grad;
    CHECK_STATUS(t, luge_gradient(h, luge_replayed(h, b.y), &wrt, 1, &grad), LUGE_OK);
    values_of(t, h, luge_replayed(h, b.x), x, grad, dw, 3);
    for (int i = 0; i < 3; i++) CHECK_CLOSE(t, dw[i], expected_dw[i], 1e-9);
    values_of(t, b.g, b.x, NULL, b.draw, draw[0], 3); /* random nodes keep their streams */
    values_of(t, h, b.x, NULL, luge_replayed(h, b.draw), draw[1], 3);
    CHECK(t, !memcmp(draw[0], draw[1], sizeof *draw));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
}

/* A chain is followed to its end, in whatever order it is told; shapes follow the inputs; `until` gives way too. */
static void chained_substitutes(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F64, luge_shape_of(2, 3)), a = luge_neg(g, x), b = luge_square(g, x),
                   c = luge_exp(g, x), y = luge_add(g, a, b), last = luge_tanh(g, x);
    const luge_val from[2][3] = { { a, b, y }, { y, b, a } }, to[2][3] = { { b, c, last }, { last, c, b } };
    const luge_shape wider = luge_shape_of(5, 3);
    luge_node_info info;
    for (int order = 0; order < 2; order++) {
        luge_graph *h = luge_graph_replay(g, .n_substitutes = 3, .from = from[order], .to = to[order], .until = y,
                                          .n_inputs = 1, .inputs = &x, .shapes = &wider);
        if (!CHECK(t, h != NULL)) return;
        CHECK_EQ_INT(t, luge_node_count(h), last.id);
        CHECK_EQ_INT(t, luge_replayed(h, a).id, c.id);
        CHECK_EQ_INT(t, luge_replayed(h, y).id, last.id);
        CHECK_STATUS(t, luge_node_info_of(h, luge_node_at(h, y.id), &info), LUGE_OK);
        CHECK_EQ_INT(t, info.inputs[0].id, c.id);
        CHECK_EQ_INT(t, info.inputs[1].id, c.id);
        CHECK_EQ_INT(t, info.shape.dim[0], 5);
        CHECK_STATUS(t, luge_graph_verify(h), LUGE_OK);
    }
    /* An effect reads the substitute and writes what it wrote. */
    const luge_val v = luge_variable(g, "v", LUGE_F64, luge_shape_of(2)),
                   average = luge_variable(g, "average", LUGE_F64, luge_shape_of(2)), set = luge_assign(g, v, v);
    luge_graph *h = luge_graph_replay(g, .n_substitutes = 1, .from = &v, .to = &average);
    CHECK_STATUS(t, luge_node_info_of(h, luge_replayed(h, set), &info), LUGE_OK);
    CHECK_EQ_INT(t, info.inputs[0].id, v.id);
    CHECK_EQ_INT(t, info.inputs[1].id, average.id);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    luge_close(ctx);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static void refused(luge_test *t, luge_context *ctx, luge_graph *g, const luge_replay_options *options,
                    luge_status status, const char *words)
{
    const size_t before = luge_memory_now(ctx);
    CHECK(t, luge_graph_replay_with(g, options) == NULL);
    CHECK_FAILS(t, ctx, status, words);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
}

static void bad_replays(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    net n = make_net(ctx, LUGE_F32, 7), other = make_net(ctx, LUGE_F32, 7);
    const luge_shape wider = luge_shape_of(7, FEATURES + 1), flat = luge_shape_of(7 * FEATURES),
                     negative = luge_shape_of(-7, FEATURES), huge = luge_shape_of(INT64_C(1) << 60, FEATURES),
                     fewer = luge_shape_of(3, FEATURES), nine = { .ndim = 9 };
    luge_replay_options o = { .size = sizeof o, .n_inputs = 1, .inputs = &n.x, .shapes = &wider };
    luge_data(n.g, n.w[0]); /* settled: so that memory before and after compare */
    refused(t, ctx, n.g, &o, LUGE_ESHAPE, "matmul: inner sizes differ: [7,7] x [6,8]");
    o.shapes = &flat;
    refused(t, ctx, n.g, &o, LUGE_ESHAPE, "replay: input \"x\" is [7,6]; a shape of 1 dimensions");
    o.shapes = &nine;
    refused(t, ctx, n.g, &o, LUGE_ESHAPE, "a shape of 9 dimensions");
    o.shapes = &negative;
    refused(t, ctx, n.g, &o, LUGE_ESHAPE, "negative size in the shape [-7,6]");
    o.shapes = &huge;
    refused(t, ctx, n.g, &o, LUGE_ESHAPE, "too large");
    o.shapes = &fewer; /* the labels still have 7 rows */
    refused(t, ctx, n.g, &o, LUGE_ESHAPE, "softmax_cross_entropy");
    o.inputs = &n.w[0];
    refused(t, ctx, n.g, &o, LUGE_EINVAL, "is not an input");
    o.inputs = &n.loss;
    refused(t, ctx, n.g, &o, LUGE_EINVAL, "is not an input");
    o.inputs = &other.x;
    refused(t, ctx, n.g, &o, LUGE_EINVAL, "belongs to another graph");
    const luge_val none = { 0, 0 };
    o.inputs = &none;
    refused(t, ctx, n.g, &o, LUGE_EINVAL, "is none");
    o.inputs = NULL;
    refused(t, ctx, n.g, &o, LUGE_EINVAL, "inputs or shapes is NULL");
    o.n_inputs = -1;
    refused(t, ctx, n.g, &o, LUGE_EINVAL, "n_inputs is -1");
    o = (luge_replay_options){ .size = sizeof o, .float_dtype = LUGE_I64 };
    refused(t, ctx, n.g, &o, LUGE_EDTYPE, "float_dtype is i64; f32 or f64");
    o.size = 3;
    refused(t, ctx, n.g, &o, LUGE_EINVAL, "replay: the options' size is 3");
    CHECK(t, luge_graph_replay_with(n.g, NULL) != NULL); /* all defaults: the same again */
    /* What is broadcast is settled when the graph is built: here nothing was, one row met one row. */
    luge_graph *g = luge_graph_create(ctx);
    const luge_val one = luge_input(g, "x", LUGE_F32, luge_shape_of(1, 3));
    luge_add(g, one, luge_variable(g, "row", LUGE_F32, luge_shape_of(1, 3)));
    const luge_shape seven = luge_shape_of(7, 3);
    o = (luge_replay_options){ .size = sizeof o, .n_inputs = 1, .inputs = &one, .shapes = &seven };
    luge_data(g, luge_node_at(g, 2));
    refused(t, ctx, g, &o, LUGE_ESHAPE, "add: shapes do not fit: [7,3] and [1,3]");
    CHECK(t, luge_graph_replay(NULL) == NULL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "replay: the graph is NULL");
    CHECK_STATUS(t, luge_graph_verify(n.g), LUGE_OK);
    luge_close(ctx);
}

static void bad_substitutes(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    both_forms b = make_both(ctx), other = make_both(ctx);
    const luge_val two[2] = { b.dropped, b.dropped }, circle_from[2] = { b.plain, b.dropped },
                   circle_to[2] = { b.dropped, b.plain }, plain[2] = { b.plain, b.plain };
    luge_replay_options o = { .size = sizeof o, .n_substitutes = 1, .from = &b.dropped, .to = &b.plain };
    luge_data(b.g, b.w);
    o.to = &b.w;
    refused(t, ctx, b.g, &o, LUGE_ESHAPE, "\"dropped\" is f64 [4,3], its substitute %2 \"w\" is f64 [3]");
    o.to = &b.state;
    refused(t, ctx, b.g, &o, LUGE_EDTYPE, "\"dropped\" is f64 [4,3], its substitute %4 \"state\" is i64 [2]");
    o.to = &b.own;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "the substitute of %7 \"dropped\", does not stand before %");
    o.to = &b.dropped;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "the substitutes of %7 go in a circle");
    o.to = &b.assigned;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "is the effect assign");
    o.to = &other.plain;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "belongs to another graph");
    o.to = NULL;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "n_substitutes is 1, or from or to is NULL");
    o.n_substitutes = -2;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "n_substitutes is -2");
    o.n_substitutes = 2;
    o.from = two;
    o.to = plain;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "%7 has two substitutes");
    o.from = circle_from;
    o.to = circle_to;
    refused(t, ctx, b.g, &o, LUGE_EINVAL, "go in a circle");
    /* Equal shapes at first, other ones after the inputs changed. */
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(2)),
                   w = luge_variable(g, "w", LUGE_F32, luge_shape_of(2)), y = luge_neg(g, x);
    const luge_shape three = luge_shape_of(3);
    luge_data(g, w);
    luge_neg(g, y);
    o = (luge_replay_options){
        .size = sizeof o, .n_inputs = 1, .inputs = &x, .shapes = &three, .n_substitutes = 1, .from = &y, .to = &w
    };
    refused(t, ctx, g, &o, LUGE_ESHAPE, "%3 \"\" is f32 [3], its substitute %2 \"w\" is f32 [2]");
    luge_close(ctx);
}

void test_replay(luge_test *t)
{
    RUN(t, batches);
    RUN(t, precision);
    RUN(t, shared_variables);
    RUN(t, mixtures);
    RUN(t, further);
    RUN(t, first_part);
    RUN(t, substitutes);
    RUN(t, chained_substitutes);
    RUN(t, bad_replays);
    RUN(t, bad_substitutes);
}
