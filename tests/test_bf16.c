/* test_bf16.c: plans and models whose matrix products round their operands to bf16: against the reference, by every
 * unit that the machine has, on any number of threads. tests/gemm_selftest.c tests the kernels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "harness.h"
#include "model_files.h"

enum { MOST = 64 * 80 };

/* A context that multiplies by a unit, one that the machine has. */
static luge_context *context_with(int unit, int threads)
{
    luge_context *ctx = luge_open(.threads = threads);
    ctx->bf16 = (luge__bf16)unit;
    ctx->force_grain = threads > 1;
    return ctx;
}

static int units(void)
{
    return (int)luge__cpu_bf16(luge__cpu_best()) + 1;
}

static luge_val filled(luge_test *t, luge_graph *g, const char *name, luge_shape shape, int whole)
{
    const luge_val v = luge_variable(g, name, LUGE_F32, shape);
    float *data = luge_data(g, v);
    for (int64_t i = 0; data && i < luge_shape_size(&shape); i++)
        data[i] = (float)(whole ? (double)luge_test_below(t, 1401) - 700 : luge_test_uniform(t, -1, 1));
    return v;
}

/* A value of a plan in a precision; the number of its elements. */
static int64_t compute(luge_test *t, luge_graph *g, luge_val v, const char *backend, luge_dtype precision, void *out)
{
    const luge_shape shape = luge_shape_of_val(g, v);
    const int64_t n = luge_shape_size(&shape);
    luge_node_info info;
    luge_plan *plan = luge_plan_create(g, &v, 1, .backend = backend, .guard = 1, .precision = precision);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    CHECK_STATUS(t, luge_node_info_of(g, v, &info), LUGE_OK);
    if (CHECK(t, run && n <= MOST) && CHECK_STATUS(t, luge_run_execute(run), LUGE_OK))
        CHECK_STATUS(t, luge_run_get(run, v, out, (size_t)n * luge_dtype_size(info.dtype)), LUGE_OK);
    luge_run_free(run);
    luge_plan_free(plan);
    return n;
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* Whole numbers of up to 10 bits, which bf16 has to round, and whose sums are exact: the reference's bits. */
static void product(luge_test *t, luge_context *ctx, luge_shape a, luge_shape b, int ta, int tb)
{
    static float got[MOST], want[MOST], full[MOST];
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = filled(t, g, "x", a, 1), y = filled(t, g, "y", b, 1);
    const luge_val z = luge_matmul_transposed(g, x, y, ta, tb);
    const int64_t n = compute(t, g, z, "cpu", LUGE_BF16, got);
    compute(t, g, z, "ref", LUGE_BF16, want);
    compute(t, g, z, "cpu", LUGE_F32, full);
    CHECK(t, !memcmp(got, want, (size_t)n * sizeof *got));
    CHECK(t, !luge_shape_size(&a) || n == 1 || memcmp(got, full, (size_t)n * sizeof *got) != 0);
    luge_graph_free(g);
}

static void products(luge_test *t)
{
    for (int unit = 0; unit < units(); unit++) {
        luge_context *ctx = context_with(unit, 1);
        for (int k = 0; k < 4; k++) {
            const int ta = k & 1, tb = k >> 1;
            product(t, ctx, ta ? luge_shape_of(20, 33) : luge_shape_of(33, 20),
                    tb ? luge_shape_of(50, 20) : luge_shape_of(20, 50), ta, tb);
            product(t, ctx, ta ? luge_shape_of(3, 7, 5) : luge_shape_of(3, 5, 7),
                    tb ? luge_shape_of(3, 6, 7) : luge_shape_of(3, 7, 6), ta, tb);
        }
        product(t, ctx, luge_shape_of(1, 1), luge_shape_of(1, 1), 0, 0);
        product(t, ctx, luge_shape_of(4, 0), luge_shape_of(0, 5), 0, 0);
        product(t, ctx, luge_shape_of(2, 4, 9), luge_shape_of(9, 3), 0, 0);
        CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
        luge_close(ctx);
    }
}

/* f64 is left alone. */
static void doubles(luge_test *t)
{
    const double number = 1.0 + 1e-10;
    double rounded = 0, full = 0;
    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_constant(g, LUGE_F64, luge_shape_of(1, 1), &number), y = luge_matmul(g, x, x);
    compute(t, g, y, "cpu", LUGE_BF16, &rounded);
    compute(t, g, y, "cpu", LUGE_F32, &full);
    CHECK(t, rounded == full && rounded == number * number);
    compute(t, g, y, "ref", LUGE_BF16, &rounded);
    CHECK(t, rounded == full);
    luge_close(ctx);
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

enum { ROWS = 37, IN = 45, HIDDEN = 19 };

typedef struct layers {
    luge_graph *g;
    luge_val loss, w[4], grad[4];
} layers;

/* Two dense layers and a mean: fused by the plan. */
static layers make_layers(luge_test *t, luge_context *ctx)
{
    layers l = { .g = luge_graph_create(ctx) };
    const luge_val x = filled(t, l.g, "x", luge_shape_of(ROWS, IN), 0);
    l.w[0] = filled(t, l.g, "w0", luge_shape_of(IN, HIDDEN), 0);
    l.w[1] = filled(t, l.g, "b0", luge_shape_of(HIDDEN), 0);
    l.w[2] = filled(t, l.g, "w1", luge_shape_of(HIDDEN, 3), 0);
    l.w[3] = filled(t, l.g, "b1", luge_shape_of(3), 0);
    const luge_val h = luge_tanh(l.g, luge_add(l.g, luge_matmul(l.g, x, l.w[0]), l.w[1]));
    l.loss = luge_mean(l.g, luge_square(l.g, luge_add(l.g, luge_matmul(l.g, h, l.w[2]), l.w[3])));
    CHECK_STATUS(t, luge_gradient(l.g, l.loss, l.w, 4, l.grad), LUGE_OK);
    return l;
}

/* Rounding to 8 bits moves a gradient by about 2^-9 of its length for each product that it went through; 2% is far
 * above that and far below what a wrong operand does. It moves all but the last bias's, whose way is short. */
static void gradients(luge_test *t)
{
    static float full[MOST], rounded[MOST], reference[MOST];
    for (int unit = 0; unit < units(); unit++) {
        luge_context *ctx = context_with(unit, 1);
        const layers l = make_layers(t, ctx);
        for (int i = 0; i < 4; i++) {
            double length = 0, apart = 0, from_reference = 0;
            const int64_t n = compute(t, l.g, l.grad[i], "cpu", LUGE_F32, full);
            compute(t, l.g, l.grad[i], "cpu", LUGE_BF16, rounded);
            compute(t, l.g, l.grad[i], "ref", LUGE_BF16, reference);
            for (int64_t k = 0; k < n; k++) {
                length += pow((double)full[k], 2);
                apart += pow((double)full[k] - (double)rounded[k], 2);
                from_reference += pow((double)reference[k] - (double)rounded[k], 2);
            }
            CHECK(t, apart > 0);
            CHECK_CLOSE(t, sqrt(apart / length), 0, 0.02);
            CHECK_CLOSE(t, sqrt(from_reference / length), 0, 0.002); /* an intermediate may round the other way */
        }
        luge_close(ctx);
    }
}

/* ---- bits -------------------------------------------------------------------------------------------------------- */

/* The same on any number of threads; a row alone as in the batch. */
static void same_bits(luge_test *t)
{
    static float whole[MOST], other[MOST];
    for (int unit = 0; unit < units(); unit++) {
        for (int threads = 1; threads <= 3; threads++) {
            luge_context *ctx = context_with(unit, threads);
            luge_graph *g = luge_graph_create(ctx);
            t->random = 99;
            const luge_val x = filled(t, g, "x", luge_shape_of(60, 700), 0);
            const luge_val y = filled(t, g, "y", luge_shape_of(700, 70), 0);
            const int64_t n = compute(t, g, luge_matmul(g, x, y), "cpu", LUGE_BF16, threads == 1 ? whole : other);
            if (threads > 1) CHECK(t, !memcmp(whole, other, (size_t)n * sizeof *whole));
            const luge_val row = luge_slice(g, x, 0, 17, 18, 1);
            CHECK_EQ_INT(t, compute(t, g, luge_matmul(g, row, y), "cpu", LUGE_BF16, other), 70);
            CHECK(t, !memcmp(whole + 17L * 70, other, 70 * sizeof *whole));
            luge_close(ctx);
        }
    }
}

/* A model trains to the same bytes on one thread and on three, by every unit; and to others than in f32. */
static void training(luge_test *t)
{
    static const model_case rounded = { "bf16", CASE_BF16, CASE_OPTIMIZER(.kind = LUGE_ADAM), { .size = 0 } };
    static const model_case full = { "f32", 0, CASE_OPTIMIZER(.kind = LUGE_ADAM), { .size = 0 } };
    for (int unit = 0; unit < units(); unit++) {
        double loss[3];
        for (int i = 0; i < 3; i++) {
            const model_case *c = i == 2 ? &full : &rounded;
            case_fit f;
            luge_context *ctx = context_with(unit, i == 1 ? 3 : 1);
            luge_dataset *data = case_data(ctx, c, CASE_ROWS, 0);
            luge_model *m = case_model(ctx, c, data);
            case_fit_options(&f, c, data, 4, NULL, NULL);
            CHECK_STATUS(t, luge_fit_with(m, &f.o), LUGE_OK);
            loss[i] = luge_evaluate(m, data).loss;
            CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
            luge_close(ctx);
        }
        CHECK(t, loss[0] == loss[1]);
        CHECK(t, loss[0] != loss[2]);
        CHECK_CLOSE(t, loss[0], loss[2], 0.02);
    }
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void refused(luge_test *t)
{
    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);
    const luge_val one = luge_scalar(g, LUGE_F32, 1);
    CHECK(t, !luge_plan_create(g, &one, 1, .precision = LUGE_F16));
    CHECK_STR_EQ(t, luge_error(ctx), "plan: precision is f16; f32 or bf16 is expected");
    luge_clear(ctx);
    luge_model *m = luge_sequential(ctx), *wide = luge_sequential(ctx, .dtype = LUGE_F64);
    CHECK_STATUS(t, luge_compile(m, .loss = LUGE_HUBER_LOSS, .precision = LUGE_F64), LUGE_EINVAL);
    CHECK_STR_EQ(t, luge_error(ctx), "compile: precision is f64; f32 or bf16 is expected");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_compile(wide, .loss = LUGE_HUBER_LOSS, .precision = LUGE_BF16), LUGE_EINVAL);
    CHECK_STR_EQ(t, luge_error(ctx), "compile: precision is bf16; a model of f32 is expected, not of f64");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_compile(wide, .loss = LUGE_HUBER_LOSS, .precision = LUGE_F32), LUGE_OK);
    luge_close(ctx);
}

static void keep(void *user, const char *text, size_t bytes)
{
    char *all = user;
    const size_t length = strlen(all), room = 1999 - length;
    memcpy(all + length, text, bytes < room ? bytes : room);
}

/* A plan says that it rounds, by which unit, and which of its products do. */
static void described(luge_test *t)
{
    char text[2000] = "";
    luge_context *ctx = context_with(0, 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, luge_shape_of(2, 3)), y = luge_matmul_transposed(g, x, x, 0, 1);
    luge_plan *plan = luge_plan_create(g, &y, 1, .precision = LUGE_BF16);
    CHECK_STATUS(t, luge_plan_describe(plan, (luge_sink){ keep, text }), LUGE_OK);
    CHECK_STR_CONTAINS(t, text, ": 1 steps, products in bf16: rounded\n");
    CHECK_STR_CONTAINS(t, text, "matmul                         bf16");
    luge_close(ctx);
}

static void names(luge_test *t)
{
    luge_context *ctx = luge_open(), *least = luge_open(.cpu_limit = "avx2");
    CHECK_STR_EQ(t, luge_bf16_unit(ctx), luge__bf16_name(luge__cpu_bf16(luge__cpu_best())));
    CHECK_STR_EQ(t, luge_bf16_unit(least), "rounded");
    CHECK_STR_EQ(t, luge__bf16_name(LUGE__BF16_AMX), "amx");
    CHECK_STR_EQ(t, luge__bf16_name(LUGE__BF16_COUNT), "?");
    luge_close(ctx);
    luge_close(least);
}

void test_bf16(luge_test *t)
{
    RUN(t, products);
    RUN(t, doubles);
    RUN(t, gradients);
    RUN(t, same_bits);
    RUN(t, training);
    RUN(t, refused);
    RUN(t, described);
    RUN(t, names);
}
