/* test_fused.c: the fused updates do what an update with its gradient in a node of its own does: on every instruction
 * set, on either backend, in both precisions, with the same bits for any number of threads; and what they refuse. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op_updates.h"
#include "ops/rows.h"

enum { STEPS = 3, MOST_VARIABLES = 1 + UPDATE_STATES };

/* A gradient of m x n: the product over k, or the sum of k rows of n. */
typedef struct gradient_size {
    int64_t m, k, n;
    int ta, tb;
} gradient_size;

static const gradient_size dense_sizes[] = {
    { 2, 4, 4, 1, 0 },     { 4, 4, 1, 1, 0 },    { 1, 3, 5, 0, 1 },    { 30, 32, 10, 1, 0 }, { 17, 9, 33, 0, 0 },
    { 784, 20, 10, 1, 0 }, { 130, 7, 97, 1, 0 }, { 5, 3, 1003, 1, 0 }, { 1003, 3, 5, 1, 1 }, { 65, 801, 70, 1, 0 },
    { 3, 0, 4, 1, 0 },     { 200, 16, 1, 1, 0 }, { 0, 3, 4, 1, 0 },
};
static const gradient_size bias_sizes[] = {
    { 1, 4, 1, 0, 0 },  { 1, 4, 4, 0, 0 },    { 1, 32, 10, 0, 0 },   { 1, 256, 100, 0, 0 },
    { 1, 1, 17, 0, 0 }, { 1, 1001, 1, 0, 0 }, { 1, 1003, 65, 0, 0 }, { 1, 0, 3, 0, 0 },
};

/* How a training is computed. */
typedef struct way {
    luge_context *ctx;
    const char *backend;
    luge_dtype dtype;
    int fused;
} way;

typedef struct training {
    luge_graph *g;
    luge_val a, b, variable[MOST_VARIABLES], outputs[2];
    int n_variables, n_outputs;
    int64_t a_size, b_size, w_size;
} training;

static float number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)(*state >> 22) / 256 - 2; /* multiples of 1/256: exact in both precisions */
}

static luge_val gradient_of(training *k, const gradient_size *s, luge__update_family family, luge_dtype dtype)
{
    luge_graph *g = k->g;
    if (family == LUGE__BIAS_UPDATE) {
        k->b = luge_input(g, "rows", dtype, luge_shape_of(s->k, s->n));
        return luge_sum_like(g, k->b, k->variable[0]);
    }
    k->a = luge_input(g, "a", dtype, s->ta ? luge_shape_of(s->k, s->m) : luge_shape_of(s->m, s->k));
    k->b = luge_input(g, "b", dtype, s->tb ? luge_shape_of(s->n, s->k) : luge_shape_of(s->k, s->n));
    return luge_matmul_transposed(g, k->a, k->b, s->ta, s->tb);
}

/* The fused update that means the update `effect`. */
static luge_val fuse(const training *k, const gradient_size *s, luge__update_family family, luge_val effect)
{
    const luge__node node = *luge__node_of(k->g, effect);
    const luge__op_id id = (luge__op_id)(node.op + (int)family * LUGE__UPDATE_COUNT);
    luge__dense_update_attr attr = { .transpose_a = s->ta, .transpose_b = s->tb };
    luge_val in[LUGE__MAX_INPUTS] = { node.in[0] };
    int n = 1;
    memcpy(&attr.update, node.attr, sizeof attr.update);
    if (family == LUGE__DENSE_UPDATE) in[n++] = k->a;
    in[n++] = k->b;
    for (int i = 2; i < node.n_in; i++) in[n++] = node.in[i];
    return luge__append(k->g, id, in, n, &attr);
}

static void build(training *k, const update_sample *u, const gradient_size *s, luge__update_family family, const way *y)
{
    static const char *const names[UPDATE_STATES] = { "velocity", "m", "v", "v_max" };
    const int has[UPDATE_STATES] = { u->velocity, u->m, u->v, u->v_max };
    const luge_shape shape = family == LUGE__BIAS_UPDATE ? luge_shape_of(s->n) : luge_shape_of(s->m, s->n);
    luge_update_options o = u->o;
    luge_val *const states[UPDATE_STATES] = { &o.velocity, &o.m, &o.v, &o.v_max };
    luge_graph *g = k->g;
    k->variable[k->n_variables++] = luge_variable(g, "w", y->dtype, shape);
    for (int i = 0; i < UPDATE_STATES; i++)
        if (has[i])
            *states[i] = k->variable[k->n_variables++] = luge_slab_variable(g, names[i], y->dtype, shape, 1 + i);
    if (u->step) {
        const luge_val step = luge_variable(g, "step", LUGE_I64, luge_scalar_shape());
        k->outputs[k->n_outputs++] = luge_increment(g, step, 1);
        o.step = step;
    }
    o.rate = luge_scalar(g, y->dtype, 0.125);
    const luge_val effect = u->build(g, k->variable[0], gradient_of(k, s, family, y->dtype), &o);
    k->outputs[k->n_outputs++] = y->fused && effect.id ? fuse(k, s, family, effect) : effect;
    k->a_size = family == LUGE__DENSE_UPDATE ? s->m * s->k : 0;
    k->b_size = s->k * s->n;
    k->w_size = luge_shape_size(&shape);
}

static void fill(luge_dtype dtype, void *data, int64_t n, uint32_t seed)
{
    for (int64_t i = 0; i < n; i++) op_store(dtype, data, i, (double)number(&seed));
}

/* The weights after each step, then the states, in *values, to be freed; their number, or -1 after a failed check. */
static int64_t train(luge_test *t, const update_sample *u, const gradient_size *s, luge__update_family family,
                     const way *y, double **values)
{
    training k = { .g = luge_graph_create(y->ctx) };
    build(&k, u, s, family, y);
    const size_t element = luge_dtype_size(y->dtype);
    const int64_t n = (STEPS + k.n_variables) * k.w_size;
    void *a = malloc((size_t)k.a_size * element + 1), *b = malloc((size_t)k.b_size * element + 1);
    double *to = *values = malloc((size_t)(n + 1) * sizeof **values);
    luge_plan *plan = luge_plan_create(k.g, k.outputs, k.n_outputs, .backend = y->backend, .guard = 1);
    luge_run *run = luge_run_create(plan);
    int ok = CHECK_STR_EQ(t, luge_error(y->ctx), "") && CHECK(t, a && b && to && run);
    if (ok) fill(y->dtype, luge_data(k.g, k.variable[0]), k.w_size, 5);
    if (ok && k.a.id) ok = CHECK_STATUS(t, luge_run_bind(run, k.a, a, (size_t)k.a_size * element), LUGE_OK);
    if (ok) ok = CHECK_STATUS(t, luge_run_bind(run, k.b, b, (size_t)k.b_size * element), LUGE_OK);
    for (int step = 0; step < STEPS && ok; step++) {
        fill(y->dtype, a, k.a_size, (uint32_t)step + 10);
        fill(y->dtype, b, k.b_size, (uint32_t)step + 20);
        ok = CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        for (int64_t i = 0; i < k.w_size && ok; i++) *to++ = op_load(y->dtype, luge_data(k.g, k.variable[0]), i);
    }
    for (int v = 0; v < k.n_variables && ok; v++)
        for (int64_t i = 0; i < k.w_size; i++) *to++ = op_load(y->dtype, luge_data(k.g, k.variable[v]), i);
    luge_run_free(run);
    luge_plan_free(plan);
    free(a);
    free(b);
    luge_clear(y->ctx);
    luge_graph_free(k.g);
    return ok ? n : -1;
}

typedef struct fused_test {
    luge_test *t;
    luge_context *one, *many[2]; /* one thread as usual; 2 and 4, everything cut into the smallest pieces */
} fused_test;

static void same_bits(fused_test *f, const update_sample *u, const gradient_size *s, luge__update_family family,
                      luge_dtype dtype, const double *expected, int64_t n)
{
    for (int i = 0; i < 2; i++) {
        double *got = NULL;
        const way y = { f->many[i], "cpu", dtype, 1 };
        if (CHECK_EQ_INT(f->t, train(f->t, u, s, family, &y, &got), n))
            CHECK(f->t, !n || memcmp(got, expected, (size_t)n * sizeof *got) == 0);
        free(got);
    }
}

/* The worst error, relative to numbers above 1. */
static void near(luge_test *t, const double *got, const double *expected, int64_t n, double tolerance)
{
    int64_t worst = 0;
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        const double error = fabs(got[i] - expected[i]) / fmax(1, fabs(expected[i]));
        if (error <= most) continue;
        worst = i; /* a NaN too */
        if (!(error <= tolerance)) break;
        most = error;
    }
    if (n) CHECK_CLOSE(t, got[worst], expected[worst], tolerance * fmax(1, fabs(expected[worst])));
}

static void try_size(fused_test *f, const update_sample *u, const gradient_size *s, luge__update_family family)
{
    double *oracle = NULL, *got = NULL;
    const double terms = 1 + (double)s->k / 8;
    const way plain = { f->one, "ref", LUGE_F64, 0 };
    const int64_t n = train(f->t, u, s, family, &plain, &oracle);
    for (int i = 0; i < 3 && n >= 0; i++) {
        const way y = { f->one, i ? "cpu" : "ref", i < 2 ? LUGE_F64 : LUGE_F32, 1 };
        if (!i && s->m * s->k * s->n > 100000) continue; /* the reference is slow */
        if (CHECK_EQ_INT(f->t, train(f->t, u, s, family, &y, &got), n)) {
            near(f->t, got, oracle, n, terms * (i < 2 ? 1e-12 : 3e-5));
            if (i) same_bits(f, u, s, family, y.dtype, got, n);
        }
        free(got);
        got = NULL;
    }
    free(oracle);
}

static void try_update(fused_test *f, const update_sample *u)
{
    for (size_t i = 0; i < sizeof dense_sizes / sizeof *dense_sizes; i++)
        if (dense_sizes[i].m * dense_sizes[i].n < 2000 || (u - update_samples) % 7 == 0)
            try_size(f, u, &dense_sizes[i], LUGE__DENSE_UPDATE);
    for (size_t i = 0; i < sizeof bias_sizes / sizeof *bias_sizes; i++)
        try_size(f, u, &bias_sizes[i], LUGE__BIAS_UPDATE);
}

static void updates(luge_test *t)
{
    for (int isa = 0; isa <= (int)luge__cpu_best(); isa++) {
        const char *name = luge__isa_name((luge__isa)isa);
        fused_test f = { t, op_context(t, 1, name), { op_context(t, 2, name), op_context(t, 4, name) } };
        for (int i = 0; i < 2 && f.many[i]; i++) f.many[i]->force_grain = 1;
        for (int i = 0; i < update_sample_count && f.one && f.many[0] && f.many[1]; i++)
            try_update(&f, &update_samples[i]);
        luge_close(f.one);
        luge_close(f.many[0]);
        luge_close(f.many[1]);
    }
}

/* lower says the same as what was fused. */
static void lowered(luge_test *t)
{
    luge_context *ctx = op_context(t, 1, NULL);
    for (int i = 0; i < 2 * update_sample_count; i++) {
        const update_sample *u = &update_samples[i / 2];
        const luge__update_family family = i % 2 ? LUGE__DENSE_UPDATE : LUGE__BIAS_UPDATE;
        training k = { .g = luge_graph_create(ctx) };
        const way y = { ctx, "ref", LUGE_F32, 1 };
        build(&k, u, i % 2 ? &dense_sizes[3] : &bias_sizes[3], family, &y);
        const luge__node fused = *luge__node_of(k.g, k.outputs[k.n_outputs - 1]);
        const luge_val plain = luge__node_op(&fused)->lower(k.g, fused.in, fused.n_in, fused.attr);
        if (CHECK_STR_EQ(t, luge_error(ctx), "") && CHECK(t, plain.id)) {
            const luge__node node = *luge__node_of(k.g, plain);
            CHECK_EQ_INT(t, node.op, u->op);
            CHECK(t, memcmp(node.attr, fused.attr, sizeof(luge__update_attr)) == 0);
            CHECK_EQ_INT(t, node.in[0].id, k.variable[0].id);
            CHECK_EQ_INT(t, luge__node_of(k.g, node.in[1])->op, i % 2 ? LUGE__OP_matmul : LUGE__OP_sum_like);
            CHECK_EQ_INT(t, node.in[node.n_in - 1].id, fused.in[fused.n_in - 1].id);
        }
        luge_clear(ctx);
        luge_graph_free(k.g);
    }
    luge_close(ctx);
}

/* ---- what they refuse -------------------------------------------------------------------------------------------- */

typedef struct refusal {
    luge_test *t;
    luge_graph *g;
    luge__dense_update_attr attr;
} refusal;

static void refused(refusal *r, luge__op_id id, const luge_val *in, int n, luge_status status, const char *words)
{
    luge_context *ctx = luge__graph_ctx(r->g);
    CHECK(r->t, !luge__append(r->g, id, in, n, &r->attr).id);
    CHECK_STATUS(r->t, luge_failure(ctx), status);
    CHECK_STR_CONTAINS(r->t, luge_error(ctx), words);
    CHECK_STR_CONTAINS(r->t, luge_error(ctx), luge__op_of(id)->name);
    luge_clear(ctx);
}

static luge_val full(luge_graph *g, luge_dtype dtype, int64_t rows, int64_t cols)
{
    return luge_full(g, dtype, luge_shape_of(rows, cols), 1);
}

static void dense_refusals(refusal *r)
{
    luge_graph *g = r->g;
    const luge_val w = luge_variable(g, "w", LUGE_F32, luge_shape_of(3, 3)), rate = luge_scalar(g, LUGE_F32, 1);
    const luge_val a = full(g, LUGE_F32, 4, 3), b = full(g, LUGE_F32, 3, 3), d = full(g, LUGE_F64, 4, 3);
    const luge__op_id id = LUGE__OP_dense_update_sgd;
#define TRY(status, words, ...)                                                                                        \
    refused(r, id, (const luge_val[]){ __VA_ARGS__ },                                                                  \
            (int)(sizeof((const luge_val[]){ __VA_ARGS__ }) / sizeof(luge_val)), status, words)
    TRY(LUGE_ESHAPE, "inner sizes differ: [4,3] transposed x [3,3]", w, a, b, rate);
    TRY(LUGE_ESHAPE, "the product is [3,4], the variable [3,3]", w, a, full(g, LUGE_F32, 4, 4), rate);
    TRY(LUGE_EDTYPE, "f32 and f64", w, d, d, rate);
    TRY(LUGE_EDTYPE, "f32 and f64", w, a, d, rate);
    TRY(LUGE_EINVAL, "operand 2 is the variable \"w\", which is written meanwhile", w, w, b, rate);
    TRY(LUGE_EINVAL, "operand 3 is the variable \"w\", which is written meanwhile", w, b, w, rate);
    TRY(LUGE_EINVAL, "operand 1 must be a variable", b, a, a, rate);
    TRY(LUGE_ESHAPE, "the rate is f32 [3,3]", w, a, a, b);
    TRY(LUGE_EINVAL, "operands", w, a, a, rate, w);
    r->attr.update.has = LUGE__HAS_VELOCITY;
    TRY(LUGE_EINVAL, "operands", w, a, a, rate);
    TRY(LUGE_EINVAL, "operands 1 and 5 are the same variable", w, a, a, rate, w);
    TRY(LUGE_EINVAL, "operand 5 must be a variable", w, a, a, rate, b);
    r->attr.update.has = 0;
}

static void bias_refusals(refusal *r)
{
    luge_graph *g = r->g;
    const luge_val v = luge_variable(g, "v", LUGE_F32, luge_shape_of(3)), rate = luge_scalar(g, LUGE_F32, 1);
    const luge_val w = luge_variable(g, "matrix", LUGE_F32, luge_shape_of(2, 3));
    const luge__op_id id = LUGE__OP_bias_update_sgd;
    TRY(LUGE_ESHAPE, "rows [2,4] do not sum to [3]", v, full(g, LUGE_F32, 2, 4), rate);
    TRY(LUGE_ESHAPE, "rows [2,3] do not sum to [2,3]", w, full(g, LUGE_F32, 2, 3), rate);
    TRY(LUGE_ESHAPE, "rows [] do not sum to [3]", v, rate, rate);
    TRY(LUGE_EDTYPE, "f32 and f64", v, full(g, LUGE_F64, 2, 3), rate);
    TRY(LUGE_EINVAL, "operands", v, full(g, LUGE_F32, 2, 3), rate, w);
#undef TRY
}

static void refusals(luge_test *t)
{
    luge_context *ctx = op_context(t, 1, NULL);
    refusal r = { .t = t, .g = luge_graph_create(ctx), .attr = { .transpose_a = 1 } };
    r.attr.update.momentum = 0.5;
    dense_refusals(&r);
    bias_refusals(&r);
    CHECK_STATUS(t, luge_graph_verify(r.g), LUGE_OK);
    luge_close(ctx);
}

void test_fused(luge_test *t)
{
    RUN(t, updates);
    RUN(t, lowered);
    RUN(t, refusals);
}
