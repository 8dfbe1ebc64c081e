/* op_updates.c: see op_updates.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op_golden.h"
#include "op_updates.h"

/* ---- the updates ------------------------------------------------------------------------------------------------- */

#define U(op_name, variant, states, ...)                                                                               \
    {                                                                                                                  \
        .name = #op_name "/" variant, .op = LUGE__OP_##op_name, .build = luge_##op_name##_with, states, .o = {         \
            .size = sizeof(luge_update_options),                                                                       \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define NONE     .step = 0
#define VELOCITY .velocity = 1
#define SQUARES  .v = 1
#define MOMENTS  .step = 1, .m = 1, .v = 1
#define AMSGRAD  .step = 1, .m = 1, .v = 1, .v_max = 1
#define CENTRED  .m = 1, .v = 1
#define SLOWED   .v = 1, .velocity = 1
#define BOTH     .m = 1, .v = 1, .velocity = 1
#define TORCH    .formulas = LUGE_PYTORCH

const update_sample update_samples[] = {
    U(update_sgd, "keras", NONE, .nesterov = 0),
    U(update_sgd, "keras_momentum", VELOCITY, .momentum = 0.9),
    U(update_sgd, "keras_nesterov", VELOCITY, .momentum = 0.75, .nesterov = 1),
    U(update_sgd, "torch", NONE, TORCH),
    U(update_sgd, "torch_momentum", VELOCITY, TORCH), /* 0.9 is the default */
    U(update_sgd, "torch_nesterov", VELOCITY, TORCH, .momentum = 0.75, .nesterov = 1),
    U(update_adagrad, "keras", SQUARES, .nesterov = 0),
    U(update_adagrad, "keras_epsilon", SQUARES, .epsilon = 0.25),
    U(update_adagrad, "torch", SQUARES, TORCH),
    U(update_adagrad, "torch_epsilon", SQUARES, TORCH, .epsilon = 0.25),
    U(update_rmsprop, "keras", SQUARES, .nesterov = 0),
    U(update_rmsprop, "keras_momentum", SLOWED, .rho = 0.75),
    U(update_rmsprop, "keras_centred", CENTRED, .epsilon = 0.25),
    U(update_rmsprop, "keras_both", BOTH, .momentum = 0.5),
    U(update_rmsprop, "torch", SQUARES, TORCH),
    U(update_rmsprop, "torch_momentum", SLOWED, TORCH, .rho = 0.75),
    U(update_rmsprop, "torch_centred", CENTRED, TORCH, .epsilon = 0.25),
    U(update_rmsprop, "torch_both", BOTH, TORCH, .momentum = 0.5),
    U(update_adam, "keras", MOMENTS, .nesterov = 0),
    U(update_adam, "keras_betas", MOMENTS, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.25),
    U(update_adam, "keras_amsgrad", AMSGRAD, .beta1 = 0.5, .beta2 = 0.25),
    U(update_adam, "torch", MOMENTS, TORCH),
    U(update_adam, "torch_betas", MOMENTS, TORCH, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.25),
    U(update_adam, "torch_amsgrad", AMSGRAD, TORCH, .beta1 = 0.5, .beta2 = 0.25),
    U(update_adamw, "keras", MOMENTS, .nesterov = 0),
    U(update_adamw, "keras_decay", MOMENTS, .weight_decay = 0.25),
    U(update_adamw, "keras_amsgrad", AMSGRAD, .beta1 = 0.5, .beta2 = 0.25),
    U(update_adamw, "torch", MOMENTS, TORCH),
    U(update_adamw, "torch_decay", MOMENTS, TORCH, .weight_decay = 0.25),
    U(update_adamw, "torch_amsgrad", AMSGRAD, TORCH, .beta1 = 0.5, .beta2 = 0.25),
};
const int update_sample_count = sizeof update_samples / sizeof *update_samples;

void update_result_free(update_result *r)
{
    free(r->weights);
    free(r->bytes);
    *r = (update_result){ .n = 0 };
}

/* ---- one training ------------------------------------------------------------------------------------------------ */

typedef struct training {
    luge_graph *g;
    luge_val input, variable[1 + UPDATE_STATES], outputs[2]; /* w and states; step and update */
    int n_variables, n_outputs;
    int64_t inputs; /* elements of the input */
} training;

/* Weights are input 0 of a sample, the gradients of all steps input 1. */
static sample numbers(const update_sample *u, int64_t n)
{
    sample s = { .op = u->op, .n_in = 2 };
    (void)snprintf(s.name, sizeof s.name, "%s", u->name);
    s.in[0] = sample_in(luge_shape_of(n), VALUES_UNIFORM, -2, 2);
    s.in[1] = sample_in(luge_shape_of(UPDATE_STEPS, n), VALUES_AWAY, 0.125, 2);
    return s;
}

static luge_val gradient_of(training *k, luge_val w, int64_t n, luge_dtype dtype, update_layout layout)
{
    k->inputs = layout == UPDATE_CONTIGUOUS ? n : layout == UPDATE_SLICED ? 2 * n + 1 : 1;
    k->input = luge_input(k->g, "gradient", dtype, luge_shape_of(k->inputs));
    if (layout == UPDATE_SLICED) return luge_slice(k->g, k->input, 0, 1, 2 * n, 2);
    return layout == UPDATE_REPEATED ? luge_expand(k->g, k->input, w) : k->input;
}

static void build(training *k, const update_sample *u, luge_dtype dtype, int64_t n, update_layout layout)
{
    static const char *const names[UPDATE_STATES] = { "velocity", "m", "v", "v_max" };
    const int has[UPDATE_STATES] = { u->velocity, u->m, u->v, u->v_max };
    luge_update_options o = u->o;
    luge_val *const states[UPDATE_STATES] = { &o.velocity, &o.m, &o.v, &o.v_max };
    luge_graph *g = k->g;
    const luge_val w = luge_variable(g, "w", dtype, luge_shape_of(n));
    k->variable[k->n_variables++] = w;
    for (int i = 0; i < UPDATE_STATES; i++) {
        if (!has[i]) continue;
        *states[i] = luge_slab_variable(g, names[i], dtype, luge_shape_of(n), 1 + i);
        k->variable[k->n_variables++] = *states[i];
    }
    if (u->step) { /* 1 at the first update: what is made after the increment sees the new number */
        const luge_val step = luge_variable(g, "step", LUGE_I64, luge_scalar_shape());
        k->outputs[k->n_outputs++] = luge_increment(g, step, 1);
        o.step = step;
    }
    o.rate = luge_scalar(g, dtype, 0.125);
    k->outputs[k->n_outputs++] = u->build(g, w, gradient_of(k, w, n, dtype, layout), &o);
}

/* The input's elements in a step, junk where nothing is read. */
static void fill_step(const training *k, const sample *s, int step, int64_t n, luge_dtype dtype, update_layout layout,
                      void *data)
{
    for (int64_t i = 0; i < k->inputs; i++) {
        const int read = layout != UPDATE_SLICED || (i & 1);
        const int64_t element = layout == UPDATE_SLICED ? i / 2 : i;
        op_store(dtype, data, i, read ? sample_value(s, 1, step * n + element) : (double)NAN);
    }
}

static int train(luge_test *t, const training *k, const sample *s, luge_dtype dtype, int64_t n, update_layout layout,
                 const char *backend, update_result *r)
{
    const size_t element = luge_dtype_size(dtype), bytes = (size_t)k->inputs * element;
    void *data = malloc(bytes + 1), *w = luge_data(k->g, k->variable[0]);
    luge_plan *plan = luge_plan_create(k->g, k->outputs, k->n_outputs, .backend = backend, .guard = 1);
    luge_run *run = luge_run_create(plan);
    int ok = CHECK(t, data && w && run) && CHECK_STATUS(t, luge_run_bind(run, k->input, data, bytes), LUGE_OK);
    for (int64_t i = 0; i < n && ok; i++) op_store(dtype, w, i, sample_value(s, 0, i));
    for (int step = 0; step < UPDATE_STEPS && ok; step++) {
        fill_step(k, s, step, n, dtype, layout, data);
        ok = CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
        for (int64_t i = 0; i < n && ok; i++) r->weights[step * n + i] = op_load(dtype, w, i);
    }
    for (int i = 0; i < k->n_variables && ok; i++)
        ok = CHECK_STATUS(
            t, luge_get(k->g, k->variable[i], r->bytes + (size_t)i * (size_t)n * element, (size_t)n * element),
            LUGE_OK);
    luge_run_free(run);
    luge_plan_free(plan);
    free(data);
    return ok;
}

int update_run(luge_test *t, luge_context *ctx, const update_sample *u, luge_dtype dtype, int64_t n,
               update_layout layout, const char *backend, update_result *r)
{
    training k = { .g = luge_graph_create(ctx) };
    const sample s = numbers(u, n);
    *r = (update_result){ .n = n };
    int ok = CHECK(t, k.g);
    if (ok) build(&k, u, dtype, n, layout);
    r->size = (size_t)k.n_variables * (size_t)n * luge_dtype_size(dtype);
    r->weights = malloc((size_t)(UPDATE_STEPS * n + 1) * sizeof *r->weights);
    r->bytes = malloc(r->size + 1);
    ok = ok && CHECK_STR_EQ(t, luge_error(ctx), "") && CHECK(t, r->weights && r->bytes) &&
         train(t, &k, &s, dtype, n, layout, backend, r);
    luge_clear(ctx);
    luge_graph_free(k.g);
    if (!ok) update_result_free(r);
    return ok;
}

/* ---- against the numbers of others ------------------------------------------------------------------------------- */

static void compare_golden(luge_test *t, luge_context *ctx, const update_sample *u)
{
    const op_golden *row = op_golden_find(u->name);
    const sample s = numbers(u, 6);
    update_result r;
    if (!CHECK(t, row) || !CHECK_EQ_INT(t, sample_hash(&s), row->hash)) return;
    if (!update_run(t, ctx, u, LUGE_F64, 6, UPDATE_CONTIGUOUS, "ref", &r)) return;
    if (CHECK_EQ_INT(t, row->n, UPDATE_STEPS * 6))
        for (int i = 0; i < row->n; i++) {
            const double expected = op_golden_values[row->first + i];
            if (!CHECK_CLOSE(t, r.weights[i], expected, 1e-13 * fmax(1, fabs(expected)))) break;
        }
    update_result_free(&r);
}

static void compare_backends(luge_test *t, luge_context *ctx, const update_sample *u, int64_t n, update_layout layout)
{
    update_result oracle, got;
    if (!update_run(t, ctx, u, LUGE_F64, n, layout, "ref", &oracle)) return;
    for (int i = 0; i < 3; i++) {
        const luge_dtype dtype = i ? LUGE_F32 : LUGE_F64;
        if (!update_run(t, ctx, u, dtype, n, layout, i == 1 ? "ref" : "cpu", &got)) continue;
        for (int64_t k = 0; k < UPDATE_STEPS * n; k++) {
            const double e = oracle.weights[k], scale = fmax(1, fabs(e));
            if (!CHECK_CLOSE(t, got.weights[k], e, scale * (i ? 2e-6 : 1e-13))) break;
        }
        update_result_free(&got);
    }
    update_result_free(&oracle);
}

/* ---- assign and increment ---------------------------------------------------------------------------------------- */

static void assign_layouts(luge_test *t, luge_context *ctx, luge_dtype dtype, const char *backend)
{
    static const int64_t a_data[12] = { 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1 };
    luge_graph *g = luge_graph_create(ctx);
    double source[12], row[4];
    for (int i = 0; i < 12; i++) source[i] = (double)a_data[i];
    const luge_val f = luge_constant(g, LUGE_F64, luge_shape_of(4, 3), source);
    const luge_val x = luge_cast(g, f, dtype);
    const luge_val to = luge_variable(g, "to", dtype, luge_shape_of(3, 4));
    const luge_val repeated = luge_variable(g, "repeated", dtype, luge_shape_of(2, 4));
    const luge_val turned = luge_transpose(g, x);
    luge_val outputs[4] = { luge_assign(g, to, turned), luge_cast(g, to, LUGE_F64) };
    outputs[2] = luge_assign(g, repeated, luge_expand(g, luge_slice(g, to, 0, 1, 2, 1), repeated));
    outputs[3] = luge_cast(g, luge_slice(g, repeated, 0, 1, 2, 1), LUGE_F64);
    luge_plan *plan = luge_plan_create(g, outputs, 4, .backend = backend, .guard = 1);
    luge_run *run = luge_run_create(plan);
    double got[12] = { 0 };
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    CHECK_STATUS(t, luge_run_get(run, outputs[1], got, sizeof got), LUGE_OK);
    CHECK_STATUS(t, luge_run_get(run, outputs[3], row, sizeof row), LUGE_OK);
    for (int i = 0; i < 12; i++) CHECK_CLOSE(t, got[i], source[i % 4 * 3 + i / 4], 0);
    for (int i = 0; i < 4; i++) CHECK_CLOSE(t, row[i], got[4 + i], 0);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_clear(ctx);
    luge_run_free(run);
    luge_plan_free(plan);
    luge_graph_free(g);
}

static void assign(luge_test *t)
{
    static const luge_dtype dtypes[] = { LUGE_F32, LUGE_F64, LUGE_BOOL, LUGE_U8, LUGE_I8, LUGE_I32, LUGE_I64 };
    luge_context *ctx = op_context(t, 1, NULL);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        assign_layouts(t, ctx, dtypes[i], "ref");
        assign_layouts(t, ctx, dtypes[i], "cpu");
    }
    luge_close(ctx);
}

/* The last element; readers before see the old number, readers after the new. */
static void increment(luge_test *t)
{
    luge_context *ctx = op_context(t, 1, NULL);
    for (int b = 0; b < 2; b++) {
        luge_graph *g = luge_graph_create(ctx);
        const luge_val state = luge_variable(g, "state", LUGE_I64, luge_shape_of(2));
        const luge_val small = luge_variable(g, "small", LUGE_I32, luge_scalar_shape());
        const luge_val before = luge_copy(g, state);
        const luge_val outputs[4] = { before, luge_increment(g, state, 3), luge_increment(g, small, -2),
                                      luge_copy(g, state) };
        luge_plan *plan = luge_plan_create(g, outputs, 4, .backend = b ? "cpu" : "ref", .guard = 1);
        luge_run *run = luge_run_create(plan);
        int64_t data[2] = { 5, INT64_MAX - 4 }, old[2], new[2];
        int32_t count = 0;
        CHECK_STATUS(t, luge_set(g, state, data, sizeof data), LUGE_OK);
        for (int step = 1; step <= 2; step++) { /* the second one wraps */
            CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
            CHECK_STATUS(t, luge_run_get(run, before, old, sizeof old), LUGE_OK);
            CHECK_STATUS(t, luge_run_get(run, outputs[3], new, sizeof new), LUGE_OK);
            CHECK(t, old[0] == 5 && new[0] == 5 && old[1] == data[1]);
            CHECK_EQ_INT(t, new[1], (int64_t)((uint64_t)data[1] + 3));
            data[1] = new[1];
        }
        CHECK_STATUS(t, luge_get(g, small, &count, sizeof count), LUGE_OK);
        CHECK_EQ_INT(t, count, -4);
        luge_run_free(run);
        luge_plan_free(plan);
        luge_graph_free(g);
    }
    luge_close(ctx);
}

/* ---- cases of ops_forward ---------------------------------------------------------------------------------------- */

/* Each effect is tried here (the fused updates in the suite fused), and each golden update belongs to one of these. */
static void updates_complete(luge_test *t)
{
    for (int i = 0; i < LUGE__OP_COUNT; i++) {
        const luge__op *op = luge__op_of((luge__op_id)i);
        int tried = i == LUGE__OP_assign || i == LUGE__OP_increment;
        char text[80];
        if (!(op->flags & LUGE__EFFECT) || op->lower) continue;
        for (int k = 0; k < update_sample_count; k++) tried += update_samples[k].op == op->id;
        (void)snprintf(text, sizeof text, "%s is tried", op->name);
        (void)luge_test_check(t, __FILE__, __LINE__, text, tried > 0);
    }
    int golden = 0;
    for (int i = 0; i < op_golden_count; i++) golden += !strncmp(op_golden_rows[i].name, "update_", 7);
    CHECK_EQ_INT(t, golden, update_sample_count);
}

static void every_size(luge_test *t, luge_context *ctx, const update_sample *u)
{
    for (int layout = 0; layout < UPDATE_LAYOUTS; layout++)
        for (int k = 0; k < sample_size_count; k++) compare_backends(t, ctx, u, sample_sizes[k], (update_layout)layout);
    compare_backends(t, ctx, u, 0, UPDATE_CONTIGUOUS);
}

void op_updates_forward(luge_test *t)
{
    for (int isa = 0; isa <= (int)luge__cpu_best(); isa++) {
        luge_context *ctx = op_context(t, 1, luge__isa_name((luge__isa)isa));
        for (int i = 0; i < update_sample_count && ctx; i++) {
            const update_sample *u = &update_samples[i];
            if (!CASE(t, u->name)) continue;
            if (!isa) compare_golden(t, ctx, u);
            every_size(t, ctx, u);
        }
        luge_close(ctx);
    }
    RUN(t, assign);
    RUN(t, increment);
    RUN(t, updates_complete);
}
