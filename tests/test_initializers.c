/* test_initializers.c: first values of weights: mean, deviation and bounds in closed form, fans of any shape, the same
 * for the same seed and number and for no other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "luge/luge.h"

enum { IN = 400, OUT = 500, ALL = IN * OUT };

static double *room(void)
{
    static double values[ALL];
    return values;
}

static luge_status fill(luge_initializer initializer, luge_shape shape, uint64_t seed, uint32_t number, double *to)
{
    return luge_initialize(initializer, LUGE_F64, shape, seed, number, to);
}

/* What a distribution must be: inside_one is the share within one deviation of the mean. */
typedef struct expected {
    double mean, deviation, low, high, kurtosis, inside_one;
} expected;

static const double inside_uniform = 0.57735026918962576, inside_normal = 0.68268949213708590;
/* A normal cut at two deviations: its deviation is .8796 of the uncut one's, and erf(.8796 / sqrt 2) / erf(2 / sqrt 2)
 * of the numbers lie within that. */
static const double cut = 0.87962566103423978;

static expected uniform(double low, double high)
{
    return (expected){ (low + high) / 2, (high - low) / sqrt(12), low, high, 1.8, inside_uniform };
}

static expected normal(double mean, double deviation)
{
    return (expected){ mean, deviation, mean - 7 * deviation, mean + 7 * deviation, 3, inside_normal };
}

/* deviation: after the cut */
static expected truncated(double mean, double deviation)
{
    const double at = 2 * deviation / cut, inside = erf(cut / sqrt(2)) / erf(2 / sqrt(2));
    return (expected){ mean, deviation, mean - at, mean + at, 3, inside };
}

/* Five standard errors: one in two million draws would be off, and the draws are always the same. */
static void check(luge_test *t, const char *name, const double *v, int n, const expected *e)
{
    const int64_t failed = t->failures;
    double mean = 0, square = 0, low = v[0], high = v[0], inside = 0;
    for (int i = 0; i < n; i++) mean += v[i] / n;
    for (int i = 0; i < n; i++) {
        square += (v[i] - mean) * (v[i] - mean) / n;
        low = fmin(low, v[i]);
        high = fmax(high, v[i]);
        inside += fabs(v[i] - e->mean) <= e->deviation;
    }
    CHECK_CLOSE(t, mean, e->mean, 5 * e->deviation / sqrt(n));
    CHECK_CLOSE(t, sqrt(square), e->deviation, 5 * e->deviation * sqrt((e->kurtosis - 1) / (4.0 * n)));
    CHECK_CLOSE(t, inside / n, e->inside_one, 5 * sqrt(e->inside_one * (1 - e->inside_one) / n));
    CHECK(t, low >= e->low && high <= e->high);
    if (e->inside_one == inside_normal) /* no bounds, but nothing is cut either */
        CHECK(t, low < e->mean - 3.9 * e->deviation && high > e->mean + 3.9 * e->deviation);
    else
        CHECK(t, high - low > (e->high - e->low) * (1 - 200.0 / n));
    if (t->failures > failed) printf("  of %s\n", name);
}

/* ---- each kind --------------------------------------------------------------------------------------------------- */

static void kinds(luge_test *t)
{
    const double glorot = sqrt(2.0 / (IN + OUT)), he = sqrt(2.0 / IN), lecun = sqrt(1.0 / IN), three = sqrt(3.0);
    const struct {
        luge_initializer initializer;
        expected is;
    } rows[] = { { luge_init_uniform(-0.5, 2), uniform(-0.5, 2) },
                 { luge_init_normal(3, 0.25), normal(3, 0.25) },
                 { luge_init_truncated_normal(-1, 0.5), truncated(-1, 0.5 * cut) },
                 { luge_init_glorot_uniform(), uniform(-glorot * three, glorot * three) },
                 { luge_init_glorot_normal(), truncated(0, glorot) },
                 { luge_init_he_uniform(), uniform(-he * three, he * three) },
                 { luge_init_he_normal(), truncated(0, he) },
                 { luge_init_lecun_uniform(), uniform(-lecun * three, lecun * three) },
                 { luge_init_lecun_normal(), truncated(0, lecun) },
                 { { LUGE_DEFAULT_INITIALIZER, 0, 0 }, uniform(-glorot * three, glorot * three) } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double *v = room();
        CHECK_STATUS(t, fill(rows[i].initializer, luge_shape_of(IN, OUT), 7, (uint32_t)i, v), LUGE_OK);
        check(t, luge_initializer_name(rows[i].initializer.kind), v, ALL, &rows[i].is);
    }
}

static void constants(luge_test *t)
{
    const luge_initializer all[] = { luge_init_zeros(), luge_init_ones(), luge_init_constant(-2.5) };
    const double values[] = { 0, 1, -2.5 };
    for (int i = 0; i < 3; i++) {
        double v[6] = { 9, 9, 9, 9, 9, 9 };
        float f[6];
        CHECK_STATUS(t, fill(all[i], luge_shape_of(5), 1, 0, v), LUGE_OK);
        for (int k = 0; k < 6; k++) CHECK_CLOSE(t, v[k], k < 5 ? values[i] : 9, 0);
        CHECK_STATUS(t, luge_initialize(all[i], LUGE_F32, luge_shape_of(2, 3), 1, 0, f), LUGE_OK);
        for (int k = 0; k < 6; k++) CHECK_CLOSE(t, f[k], values[i], 0);
    }
}

/* ---- fans -------------------------------------------------------------------------------------------------------- */

/* The widest of so many uniform numbers shows the bound. */
static void fan(luge_test *t, luge_initializer initializer, luge_shape shape, double limit)
{
    double *v = room(), most = 0;
    const int64_t n = luge_shape_size(&shape);
    if (!CHECK(t, n >= 1000 && n <= ALL)) return;
    CHECK_STATUS(t, fill(initializer, shape, 3, 1, v), LUGE_OK);
    for (int64_t i = 0; i < n; i++) most = fmax(most, fabs(v[i]));
    CHECK(t, most <= limit);
    CHECK_CLOSE(t, most, limit, limit * 10 / (double)n);
}

static void fans(luge_test *t)
{
    const luge_initializer glorot = luge_init_glorot_uniform(), he = luge_init_he_uniform();
    const luge_initializer lecun = luge_init_lecun_uniform();
    fan(t, glorot, luge_shape_of(2000), sqrt(6.0 / 4000)); /* both fans are the length */
    fan(t, he, luge_shape_of(2000), sqrt(6.0 / 2000));
    fan(t, lecun, luge_shape_of(2000), sqrt(3.0 / 2000));
    fan(t, glorot, luge_shape_of(30, 50), sqrt(6.0 / 80));
    fan(t, he, luge_shape_of(30, 50), sqrt(6.0 / 30));
    fan(t, lecun, luge_shape_of(30, 50), sqrt(3.0 / 30));
    fan(t, he, luge_shape_of(50, 30), sqrt(6.0 / 50));
    fan(t, glorot, luge_shape_of(3, 5, 8, 16), sqrt(6.0 / (15 * 8 + 15 * 16))); /* of a convolution */
    fan(t, he, luge_shape_of(3, 5, 8, 16), sqrt(6.0 / (15 * 8)));
    fan(t, lecun, luge_shape_of(3, 5, 8, 16), sqrt(3.0 / (15 * 8)));
    fan(t, he, luge_shape_of(7, 10, 20), sqrt(6.0 / (7 * 10)));
}

/* ---- the same, and not the same ---------------------------------------------------------------------------------- */

static double most_alike(const double *a, const double *b, int n)
{
    int same = 0;
    for (int i = 0; i < n; i++) same += a[i] == b[i];
    return (double)same / n;
}

static void reproducible(luge_test *t)
{
    enum { N = 1000 };
    static const luge_initializer_kind all[] = { LUGE_UNIFORM, LUGE_NORMAL, LUGE_TRUNCATED_NORMAL, LUGE_HE_NORMAL };
    const luge_shape shape = luge_shape_of(20, 50);
    for (int i = 0; i < 4; i++) {
        const luge_initializer initializer = { all[i], 0, 1 };
        double a[N], b[N];
        float f[N];
        CHECK_STATUS(t, fill(initializer, shape, 5, 2, a), LUGE_OK);
        CHECK_STATUS(t, fill(initializer, shape, 5, 2, b), LUGE_OK);
        CHECK_EQ_INT(t, memcmp(a, b, sizeof a), 0);
        CHECK_STATUS(t, luge_initialize(initializer, LUGE_F32, shape, 5, 2, f), LUGE_OK);
        for (int k = 0; k < N; k++) CHECK_CLOSE(t, f[k], a[k], 1e-7 * fmax(1, fabs(a[k])));
        CHECK_STATUS(t, fill(initializer, shape, 6, 2, b), LUGE_OK);
        CHECK(t, most_alike(a, b, N) < 0.01);
        CHECK_STATUS(t, fill(initializer, shape, 5, 3, b), LUGE_OK);
        CHECK(t, most_alike(a, b, N) < 0.01);
    }
}

/* A model's weights are numbered, so that equal layers start differently; equal models start alike. */
static void in_models(luge_test *t)
{
    enum { N = 100 };
    double first[3][N], second[N];
    for (uint64_t i = 0; i < 3; i++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64, .seed = i < 2 ? 4 : 5);
        luge_add_layer(m, luge_input_layer(luge_shape_of(10)));
        luge_add_layer(m, luge_dense(10));
        luge_add_layer(m, luge_dense(10, .bias_initializer = luge_init_constant(0.5)));
        CHECK_STATUS(t, luge_get_weight(m, "dense/kernel", first[i], sizeof first[i]), LUGE_OK);
        CHECK_STATUS(t, luge_get_weight(m, "dense_1/kernel", second, sizeof second), LUGE_OK);
        CHECK(t, most_alike(first[i], second, N) < 0.05);
        CHECK_STATUS(t, luge_get_weight(m, "dense_1/bias", second, 10 * sizeof *second), LUGE_OK);
        for (int k = 0; k < 10; k++) CHECK_CLOSE(t, second[k], 0.5, 0);
        CHECK_STATUS(t, luge_get_weight(m, "dense/bias", second, 10 * sizeof *second), LUGE_OK);
        for (int k = 0; k < 10; k++) CHECK_CLOSE(t, second[k], 0, 0);
        CHECK_STR_EQ(t, luge_error(ctx), "");
        luge_close(ctx);
    }
    CHECK_EQ_INT(t, memcmp(first[0], first[1], sizeof first[0]), 0);
    CHECK(t, most_alike(first[0], first[2], N) < 0.05);
}

/* ---- edges and misuse -------------------------------------------------------------------------------------------- */

static void edges(luge_test *t)
{
    double v[3] = { 9, 9, 9 };
    CHECK_STATUS(t, fill(luge_init_he_normal(), luge_shape_of(0, 5), 1, 0, NULL), LUGE_OK);
    CHECK_STATUS(t, fill(luge_init_glorot_uniform(), luge_scalar_shape(), 1, 0, v), LUGE_OK);
    CHECK(t, fabs(v[0]) <= sqrt(3));
    CHECK_STATUS(t, fill(luge_init_normal(2, 0), luge_shape_of(2), 1, 0, v), LUGE_OK);
    CHECK(t, v[0] == 2 && v[1] == 2 && v[2] == 9);
    CHECK_STATUS(t, fill(luge_init_truncated_normal(2, 0), luge_shape_of(2), 1, 0, v), LUGE_OK);
    CHECK(t, v[0] == 2 && v[1] == 2);
}

static void refuse(luge_test *t, const char *words, luge_initializer initializer)
{
    double v[2] = { 9, 9 };
    CHECK_STATUS(t, fill(initializer, luge_shape_of(2), 1, 0, v), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), words);
    CHECK(t, v[0] == 9 && v[1] == 9);
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_input_layer(luge_shape_of(1)));
    luge_add_layer(m, luge_dense(2, .kernel_initializer = initializer));
    CHECK(t, luge_get_weight(m, "dense/kernel", v, sizeof v) != LUGE_OK);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "dense");
    CHECK_STR_CONTAINS(t, luge_error(ctx), words);
    luge_close(ctx);
}

static void refused(luge_test *t)
{
    const double nan = (double)NAN, infinity = (double)INFINITY;
    double v[2];
    refuse(t, "uniform from 2 to 1 is empty", luge_init_uniform(2, 1));
    refuse(t, "uniform from 1 to 1 is empty", luge_init_uniform(1, 1));
    refuse(t, "nan and 1 are not both finite", luge_init_uniform(nan, 1));
    refuse(t, "0 and inf are not both finite", luge_init_normal(0, infinity));
    refuse(t, "nan and 0 are not both finite", luge_init_constant(nan));
    refuse(t, "the deviation is -1", luge_init_normal(0, -1));
    refuse(t, "the deviation is -0.5", luge_init_truncated_normal(0, -0.5));
    refuse(t, "no initializer number 13", (luge_initializer){ (luge_initializer_kind)13, 0, 0 });
    CHECK_STATUS(t, luge_initialize(luge_init_ones(), LUGE_I32, luge_shape_of(2), 1, 0, v), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "floats");
    CHECK_STATUS(t, fill(luge_init_ones(), luge_shape_of(2), 1, 0, NULL), LUGE_EINVAL);
    CHECK_STATUS(t, fill(luge_init_ones(), luge_shape_of(-2), 1, 0, v), LUGE_EINVAL);
}

static void names(luge_test *t)
{
    luge_initializer_kind kind = LUGE_ZEROS;
    for (int i = LUGE_DEFAULT_INITIALIZER; i <= LUGE_LECUN_NORMAL; i++) {
        CHECK(t, luge_initializer_named(luge_initializer_name((luge_initializer_kind)i), &kind));
        CHECK_EQ_INT(t, kind, i);
    }
    CHECK(t, !luge_initializer_named("?", &kind) && !luge_initializer_named(NULL, &kind));
    CHECK_STR_EQ(t, luge_initializer_name((luge_initializer_kind)13), "?");
}

void test_initializers(luge_test *t)
{
    RUN(t, kinds);
    RUN(t, constants);
    RUN(t, fans);
    RUN(t, reproducible);
    RUN(t, in_models);
    RUN(t, edges);
    RUN(t, refused);
    RUN(t, names);
}
