/* test_metrics.c: metrics against scikit-learn's numbers, batches in any split, states written and read back, misuse.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/metrics.h"

typedef struct metrics_golden {
    const char *name;
    int outputs, rows, has_classes, f64_only;
    unsigned asked; /* bit m: values[m] is what metric m is */
    const double *predictions, *targets, *weights, *values, *confusion;
} metrics_golden;

#include "golden/metrics_golden.inc"

enum { GOLDEN = (int)(sizeof golden / sizeof *golden), ROOM = 4096, METRICS = LUGE_R2 };

/* A golden case as a caller has it: in one dtype and one kind of targets. */
typedef struct prepared {
    const metrics_golden *of;
    luge_dtype dtype, target_dtype;
    luge_target_kind kind;
    double predictions[ROOM], targets[ROOM], weights[ROOM]; /* room for any dtype */
} prepared;

static void put(void *to, luge_dtype dtype, int i, double x)
{
    if (dtype == LUGE_F32) ((float *)to)[i] = (float)x;
    if (dtype == LUGE_F64) ((double *)to)[i] = x;
    if (dtype == LUGE_I32) ((int32_t *)to)[i] = (int32_t)x;
    if (dtype == LUGE_I64) ((int64_t *)to)[i] = (int64_t)x;
}

static void prepare(prepared *p, const metrics_golden *g, luge_dtype dtype, luge_target_kind kind, luge_dtype targets)
{
    *p = (prepared){ .of = g, .dtype = dtype, .kind = kind, .target_dtype = targets };
    const int one_hot = kind == LUGE_ONE_HOT && g->outputs > 1, columns = g->has_classes ? 1 : g->outputs;
    for (int i = 0; i < g->rows * g->outputs; i++) put(p->predictions, dtype, i, g->predictions[i]);
    for (int i = 0; i < g->rows * columns; i++) {
        if (!one_hot)
            put(p->targets, targets, i, g->targets[i]);
        else
            put(p->targets, targets, i * g->outputs + (int)g->targets[i], 1);
    }
    for (int i = 0; g->weights && i < g->rows; i++) put(p->weights, dtype, i, g->weights[i]);
}

static luge_status update(luge_metric_state *state, const prepared *p, int first, int rows)
{
    const size_t size = luge_dtype_size(p->dtype), target_size = luge_dtype_size(p->target_dtype);
    const int columns = p->kind == LUGE_CLASSES ? 1 : p->of->outputs;
    return luge_metric_update(state, rows,
                              .predictions = (const char *)p->predictions + (size_t)(first * p->of->outputs) * size,
                              .dtype = p->dtype, .kind = p->kind, .target_dtype = p->target_dtype,
                              .targets = (const char *)p->targets + (size_t)(first * columns) * target_size,
                              .weights = p->of->weights ? (const char *)p->weights + (size_t)first * size : NULL);
}

static luge_metric_state *create(luge_context *ctx, const metrics_golden *g)
{
    luge_metric asked[METRICS];
    int n = 0;
    for (int m = 1; m <= METRICS; m++) {
        if (g->asked >> m & 1) asked[n++] = (luge_metric)m;
    }
    return luge_metric_state_create(ctx, g->outputs, .metrics = asked, .n_metrics = n, .confusion = g->has_classes,
                                    .top_k = g->outputs > 5 ? 0 : g->outputs - 1);
}

static void check_value(luge_test *t, const luge_metric_state *state, luge_metric metric, double expected,
                        double tolerance)
{
    double value = -1;
    CHECK_STATUS(t, luge_metric_value(state, metric, &value), LUGE_OK);
    if (isnan(expected))
        CHECK(t, isnan(value));
    else
        CHECK_CLOSE(t, value, expected, tolerance * fabs(expected));
}

static void check_golden(luge_test *t, const luge_metric_state *state, const metrics_golden *g, double tolerance)
{
    double counts[100];
    const int classes = g->outputs == 1 ? 2 : g->outputs;
    for (int m = 1; m <= METRICS; m++) {
        if (g->asked >> m & 1) check_value(t, state, (luge_metric)m, g->values[m], tolerance);
    }
    if (!g->has_classes) return;
    CHECK_STATUS(t, luge_metric_confusion(state, counts, classes), LUGE_OK);
    for (int i = 0; i < classes * classes; i++) CHECK_CLOSE(t, counts[i], g->confusion[i], 1e-12 * g->confusion[i]);
}

/* Every case whole, row by row and in sevens: the same values. */
static void golden_in(luge_test *t, luge_dtype dtype, luge_target_kind kind, luge_dtype targets, double tolerance)
{
    static const int splits[] = { 1000, 1, 7 };
    static prepared p;
    luge_context *ctx = luge_open(.threads = 1);
    for (int i = 0; i < GOLDEN; i++) {
        const metrics_golden *g = &golden[i];
        if (g->has_classes != (kind != LUGE_NUMBERS) || (dtype == LUGE_F32 && g->f64_only)) continue;
        luge_metric_state *state = create(ctx, g);
        if (!CHECK(t, state)) break;
        prepare(&p, g, dtype, kind, targets);
        for (size_t s = 0; s < sizeof splits / sizeof *splits; s++) {
            const int64_t failed = t->failures;
            luge_metric_reset(state);
            check_value(t, state, g->has_classes ? LUGE_ACCURACY : LUGE_MSE, (double)NAN, 0);
            for (int first = 0; first < g->rows; first += splits[s]) {
                const int rest = g->rows - first;
                CHECK_STATUS(t, update(state, &p, first, rest < splits[s] ? rest : splits[s]), LUGE_OK);
            }
            check_golden(t, state, g, tolerance);
            if (t->failures > failed) printf("  in \"%s\", batches of %d\n", g->name, splits[s]);
        }
        luge_metric_state_free(state);
    }
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void golden_f64(luge_test *t)
{
    golden_in(t, LUGE_F64, LUGE_CLASSES, LUGE_I32, 1e-12);
    golden_in(t, LUGE_F64, LUGE_CLASSES, LUGE_I64, 1e-12);
    golden_in(t, LUGE_F64, LUGE_ONE_HOT, LUGE_F64, 1e-12);
    golden_in(t, LUGE_F64, LUGE_NUMBERS, LUGE_F64, 1e-12);
}

static void golden_f32(luge_test *t)
{
    golden_in(t, LUGE_F32, LUGE_CLASSES, LUGE_I32, 1e-6);
    golden_in(t, LUGE_F32, LUGE_CLASSES, LUGE_I64, 1e-6);
    golden_in(t, LUGE_F32, LUGE_ONE_HOT, LUGE_F32, 1e-6);
    golden_in(t, LUGE_F32, LUGE_NUMBERS, LUGE_F32, 1e-6);
    golden_in(t, LUGE_F32, LUGE_NUMBERS, LUGE_F64, 1e-6); /* targets in another dtype than predictions */
}

/* ---- written and read back --------------------------------------------------------------------------------------- */

/* A state that stops midway, is written, read into a new one and goes on has the bits of one that never stopped. */
static void continued(luge_test *t)
{
    static prepared p;
    static double values[ROOM], ends[2][ROOM];
    luge_context *ctx = luge_open(.threads = 1);
    for (int i = 0; i < GOLDEN; i++) {
        const metrics_golden *g = &golden[i];
        luge_metric_state *one = create(ctx, g), *other = create(ctx, g);
        if (!CHECK(t, one && other)) break;
        prepare(&p, g, LUGE_F64, g->has_classes ? LUGE_CLASSES : LUGE_NUMBERS, g->has_classes ? LUGE_I32 : LUGE_F64);
        const int half = g->rows / 2;
        CHECK_STATUS(t, update(one, &p, 0, half), LUGE_OK);
        CHECK_STATUS(t, update(other, &p, 0, 1), LUGE_OK); /* to be overwritten */
        const size_t n = luge_metric_state_size(one);
        if (!CHECK(t, n <= ROOM)) break;
        CHECK_STATUS(t, luge_metric_state_get(one, values, n), LUGE_OK);
        CHECK_STATUS(t, luge_metric_state_set(other, values, n), LUGE_OK);
        CHECK_EQ_INT(t, luge_metric_state_size(other), n);
        CHECK_STATUS(t, update(one, &p, half, g->rows - half), LUGE_OK);
        CHECK_STATUS(t, update(other, &p, half, g->rows - half), LUGE_OK);
        const size_t end = luge_metric_state_size(one);
        if (!CHECK(t, end <= ROOM)) break;
        CHECK_STATUS(t, luge_metric_state_get(one, ends[0], end), LUGE_OK);
        CHECK_STATUS(t, luge_metric_state_get(other, ends[1], end), LUGE_OK);
        CHECK_EQ_INT(t, memcmp(ends[0], ends[1], end * sizeof *values), 0);
        check_golden(t, other, g, 1e-12);
        luge_metric_state_free(one);
        luge_metric_state_free(other);
    }
    luge_close(ctx);
}

static void refuse(luge_test *t, luge_metric_state *state, const double *values, size_t n, size_t at, double wrong,
                   const char *words)
{
    static double copy[64], before[64], after[64];
    const size_t size = luge_metric_state_size(state);
    memcpy(copy, values, n * sizeof *copy);
    copy[at] = wrong;
    CHECK_STATUS(t, luge_metric_state_get(state, before, size), LUGE_OK);
    CHECK_STATUS(t, luge_metric_state_set(state, copy, n), LUGE_EFORMAT);
    CHECK_STR_CONTAINS(t, luge_last_error(), "luge_metric_state_set");
    CHECK_STR_CONTAINS(t, luge_last_error(), words);
    CHECK_EQ_INT(t, luge_metric_state_size(state), size);
    CHECK_STATUS(t, luge_metric_state_get(state, after, size), LUGE_OK);
    CHECK_EQ_INT(t, memcmp(before, after, size * sizeof *before), 0);
}

static void refused_states(luge_test *t)
{
    const float p[] = { 0.1f, 0.9f, 0.4f };
    const int32_t y[] = { 0, 1, 1 };
    const luge_metric asked[] = { LUGE_F1, LUGE_AUC };
    double values[64];
    luge_context *ctx = luge_open(.threads = 1);
    luge_metric_state *state = luge_metric_state_create(ctx, 1, .metrics = asked, .n_metrics = 2);
    luge_metric_state *other = luge_metric_state_create(ctx, 1, .metrics = asked, .n_metrics = 2, .threshold = 0.3);
    if (!CHECK(t, state && other)) return;
    CHECK_STATUS(t, luge_metric_update(state, 3, .predictions = p, .targets = y, .kind = LUGE_CLASSES), LUGE_OK);
    const size_t n = luge_metric_state_size(state), first = n - 9; /* of the rows */
    if (!CHECK(t, n <= 64)) return;
    CHECK_STATUS(t, luge_metric_state_get(state, values, n - 1), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "is expected");
    CHECK_STATUS(t, luge_metric_state_get(state, values, n), LUGE_OK);
    CHECK_STATUS(t, luge_metric_state_set(other, values, n), LUGE_EFORMAT);
    CHECK_STR_CONTAINS(t, luge_last_error(), "other options");
    CHECK_STR_CONTAINS(t, luge_last_error(), "0.3");
    CHECK_EQ_INT(t, luge_metric_state_size(other), n - 9);
    refuse(t, state, values, n - 1, 0, values[0], "n is");
    refuse(t, state, values, first - 1, 0, values[0], "n is");
    refuse(t, state, values, n - 3, 0, values[0], "2 rows are given; 3");
    refuse(t, state, values, n, 0, 3, "value 0 is 3");
    refuse(t, state, values, n, 4, (double)NAN, "value 4 is nan");
    refuse(t, state, values, n, 4, 2.5, "value 4 is 2.5");
    refuse(t, state, values, n, 4, 4, "3 rows are given; 4");
    refuse(t, state, values, n, 5, -1, "value 5 is -1");
    refuse(t, state, values, n, 5, 0, "value 5 is 0");
    refuse(t, state, values, n, first - 1, (double)INFINITY, "is inf");
    refuse(t, state, values, n, first + 1, 2, "is 2; a count");
    refuse(t, state, values, n, first + 2, 0, "is 0; a count");
    CHECK_STATUS(t, luge_metric_state_set(state, values, n), LUGE_OK);
    check_value(t, state, LUGE_AUC, 1, 0);
    luge_close(ctx);
}

/* ---- what scikit-learn does not say ------------------------------------------------------------------------------ */

static luge_metric_state *several(luge_context *ctx, int64_t outputs, int logits)
{
    const luge_metric asked[] = {
        LUGE_ACCURACY, LUGE_BINARY_ACCURACY, LUGE_PRECISION, LUGE_RECALL, LUGE_AUC, LUGE_MAE
    };
    return luge_metric_state_create(ctx, outputs, .metrics = asked, .n_metrics = 6, .logits = logits, .confusion = 1);
}

static void not_a_number(luge_test *t)
{
    const float nan = (float)NAN, p[] = { nan, 0.1f, 0.2f, 0.8f, 0.1f, nan, 0.1f, 0.7f, 0.2f },
                q[] = { nan, nan, 0.75f };
    const int32_t y[] = { 0, 0, 1 }, ones[] = { 1, 0, 1 };
    const luge_metric asked[] = { LUGE_ACCURACY, LUGE_TOP_K };
    double counts[9];
    luge_context *ctx = luge_open(.threads = 1);
    luge_metric_state *state = several(ctx, 3, 0);
    CHECK_STATUS(t, luge_metric_update(state, 3, .predictions = p, .targets = y, .kind = LUGE_CLASSES), LUGE_OK);
    check_value(t, state, LUGE_ACCURACY, 1.0 / 3, 1e-15);
    check_value(t, state, LUGE_BINARY_ACCURACY, 7.0 / 9, 1e-15);
    check_value(t, state, LUGE_PRECISION, 0.5, 0); /* class 0 is never predicted, class 1 rightly; 2 does not occur */
    check_value(t, state, LUGE_RECALL, 0.5, 0);
    check_value(t, state, LUGE_AUC, (double)NAN, 0);
    check_value(t, state, LUGE_MAE, (double)NAN, 0);
    CHECK_STATUS(t, luge_metric_confusion(state, counts, 3), LUGE_OK);
    for (int i = 0; i < 9; i++) CHECK_CLOSE(t, counts[i], i == 4, 0);
    luge_metric_state_free(state);
    state = several(ctx, 1, 0);
    CHECK_STATUS(t, luge_metric_update(state, 3, .predictions = q, .targets = ones, .kind = LUGE_CLASSES), LUGE_OK);
    check_value(t, state, LUGE_ACCURACY, 1.0 / 3, 1e-15);
    check_value(t, state, LUGE_PRECISION, 1, 0);
    check_value(t, state, LUGE_RECALL, 0.5, 0);
    state = luge_metric_state_create(ctx, 3, .metrics = asked, .n_metrics = 2, .top_k = 2);
    CHECK_STATUS(t, luge_metric_update(state, 3, .predictions = p, .targets = y, .kind = LUGE_CLASSES), LUGE_OK);
    check_value(t, state, LUGE_ACCURACY, 1.0 / 3, 1e-15);
    check_value(t, state, LUGE_TOP_K, 2.0 / 3, 1e-15); /* behind the NaN of its row, class 0 is the second */
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void top_k_bounds(luge_test *t)
{
    const double p[] = { 1, 1, 1, (double)NAN, 0, 0 };
    const int64_t y[] = { 1, 0 };
    const luge_metric asked[] = { LUGE_TOP_K, LUGE_ACCURACY };
    const double expected[] = { 0, 0.5, 0.5, 0.5 }; /* NaN as the class's own value is wrong for every k */
    luge_context *ctx = luge_open(.threads = 1);
    for (int k = 1; k <= 4; k++) {
        luge_metric_state *state = luge_metric_state_create(ctx, 3, .metrics = asked, .n_metrics = 2, .top_k = k);
        CHECK_STATUS(
            t,
            luge_metric_update(state, 2, .predictions = p, .dtype = LUGE_F64, .targets = y, .target_dtype = LUGE_I64),
            LUGE_OK);
        check_value(t, state, LUGE_TOP_K, expected[k - 1], 0);
        check_value(t, state, LUGE_ACCURACY, 0, 0);
    }
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void thresholds(luge_test *t)
{
    const float logits[] = { -2, -0.5f, 0, 0.5f, 2 }, p[] = { 0.3f, 0.30001f };
    const float y[] = { 0, 1, 1, 1, 1 };
    const luge_metric accuracy = LUGE_ACCURACY;
    luge_context *ctx = luge_open(.threads = 1);
    luge_metric_state *state = several(ctx, 1, 1);
    CHECK_STATUS(t, luge_metric_update(state, 5, .predictions = logits, .targets = y), LUGE_OK);
    check_value(t, state, LUGE_ACCURACY, 0.6, 1e-15); /* 0 itself is not above */
    check_value(t, state, LUGE_AUC, 1, 0);
    state = luge_metric_state_create(ctx, 1, .metrics = &accuracy, .n_metrics = 1, .logits = 1, .threshold = 0.25);
    CHECK_STATUS(t, luge_metric_update(state, 5, .predictions = logits, .targets = y), LUGE_OK);
    check_value(t, state, LUGE_ACCURACY, 1, 0); /* log(1 / 3) < -0.5 */
    state = luge_metric_state_create(ctx, 1, .metrics = &accuracy, .n_metrics = 1, .threshold = 0.3);
    CHECK_STATUS(t, luge_metric_update(state, 2, .predictions = p, .targets = y), LUGE_OK);
    check_value(t, state, LUGE_ACCURACY, 1, 0); /* 0.3f is not above 0.3f, though it is above 0.3 */
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* A row of weight 0 is not looked at; no rows, or none with a weight, have no value. */
static void absent_rows(luge_test *t)
{
    const float p[] = { 0.9f, (float)NAN, 0.2f }, weights[] = { 0.5f, 0, 1.5f };
    const int32_t y[] = { 1, -1, 1 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_metric_state *state = several(ctx, 1, 0);
    CHECK_STATUS(t, luge_metric_update(state, 0), LUGE_OK);
    CHECK_STATUS(t,
                 luge_metric_update(state, 1, .predictions = p + 1, .targets = y + 1, .weights = weights + 1,
                                    .kind = LUGE_CLASSES),
                 LUGE_OK);
    for (int m = 1; m <= LUGE_MAE; m++) {
        if (m != LUGE_TOP_K) check_value(t, state, (luge_metric)m, (double)NAN, 0);
    }
    CHECK_STATUS(
        t, luge_metric_update(state, 3, .predictions = p, .targets = y, .weights = weights, .target_dtype = LUGE_I32),
        LUGE_OK);
    check_value(t, state, LUGE_ACCURACY, 0.25, 0);
    check_value(t, state, LUGE_MAE, (0.5 * (1 - (double)0.9f) + 1.5 * (1 - (double)0.2f)) / 2, 1e-15);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* Accuracy alone allocates nothing after the state is created. */
static void no_allocation(luge_test *t)
{
    luge__test_memory memory = { 0 };
    const float p[] = { 0.1f, 0.9f, 0.5f, 0.5f };
    const int32_t y[] = { 1, 0 };
    const luge_metric asked[] = { LUGE_ACCURACY, LUGE_F1, LUGE_R2 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    luge_metric_state *state = luge_metric_state_create(ctx, 2, .metrics = asked, .n_metrics = 3);
    const int64_t before = memory.allocations;
    for (int i = 0; i < 100; i++) {
        CHECK_STATUS(t, luge_metric_update(state, 2, .predictions = p, .targets = y, .kind = LUGE_CLASSES), LUGE_OK);
    }
    check_value(t, state, LUGE_ACCURACY, 1, 0);
    CHECK_EQ_INT(t, memory.allocations, before);
    luge_close(ctx);
    CHECK_EQ_INT(t, memory.live, 0);
}

static void names(luge_test *t)
{
    int m = 1;
    for (; strcmp(luge_metric_name((luge_metric)m), "?") != 0; m++) {
        CHECK_EQ_INT(t, luge_metric_named(luge_metric_name((luge_metric)m)), m);
        CHECK_EQ_INT(t, luge_metric_better((luge_metric)m), m >= LUGE_MAE && m <= LUGE_RMSE ? -1 : 1);
    }
    CHECK_EQ_INT(t, m, METRICS + 1);
    CHECK_STR_EQ(t, luge_metric_name(LUGE_TOP_K), "top_k");
    CHECK_STR_EQ(t, luge_metric_name(LUGE_NO_METRIC), "?");
    CHECK_STR_EQ(t, luge_metric_name((luge_metric)-1), "?");
    CHECK_EQ_INT(t, luge_metric_named("mean_squared_error"), LUGE_MSE);
    CHECK_EQ_INT(t, luge_metric_named("loss"), LUGE_NO_METRIC);
    CHECK_EQ_INT(t, luge_metric_named(NULL), LUGE_NO_METRIC);
    CHECK_EQ_INT(t, luge_metric_better(LUGE_NO_METRIC), 0);
}

/* Wilson's formula written as the two roots p of |s/n - p| = z sqrt(p (1 - p) / n). */
static void wilson(luge_test *t)
{
    const double pairs[][2] = { { 9750, 10000 }, { 1, 10 }, { 5, 9 }, { 0, 50 }, { 50, 50 } };
    double low, high;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const double s = pairs[i][0], n = pairs[i][1], z = i % 2 ? 2.5 : 1.959963984540054;
        CHECK_STATUS(t, luge_wilson_interval(s, n, i % 2 ? z : 0, &low, &high), LUGE_OK);
        CHECK(t, low >= 0 && low <= s / n && s / n <= high && high <= 1);
        if (s > 0)
            CHECK_CLOSE(t, s / n - low, z * sqrt(low * (1 - low) / n), 1e-12);
        else
            CHECK_CLOSE(t, low, 0, 0);
        if (s < n)
            CHECK_CLOSE(t, high - s / n, z * sqrt(high * (1 - high) / n), 1e-12);
        else
            CHECK_CLOSE(t, high, 1, 0);
    }
    CHECK_STATUS(t, luge_wilson_interval(0, 0, 0, &low, &high), LUGE_OK);
    CHECK(t, low == 0 && high == 1);
    CHECK_STATUS(t, luge_wilson_interval(3, 2, 0, &low, &high), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "3 of 2");
    CHECK_STATUS(t, luge_wilson_interval(1, 2, (double)NAN, &low, &high), LUGE_EINVAL);
    CHECK_STATUS(t, luge_wilson_interval(1, 2, 0, NULL, &high), LUGE_EINVAL);
}

/* ---- misuse ------------------------------------------------------------------------------------------------------ */

#define CREATE_FAILS(words, ...)                                                                                       \
    do {                                                                                                               \
        CHECK(t, luge_metric_state_create(ctx, __VA_ARGS__) == NULL);                                                  \
        CHECK_STR_CONTAINS(t, luge_error(ctx), "luge_metric_state_create");                                            \
        CHECK_STR_CONTAINS(t, luge_error(ctx), words);                                                                 \
        luge_clear(ctx);                                                                                               \
    } while (0)

static void refused_options(luge_test *t)
{
    const luge_metric bad[] = { LUGE_ACCURACY, (luge_metric)99 }, top = LUGE_TOP_K;
    luge_context *ctx = luge_open(.threads = 1);
    const size_t before = luge_memory_now(ctx);
    CREATE_FAILS("outputs is 0", 0);
    CREATE_FAILS("outputs is -3", -3, .metrics = bad, .n_metrics = 1);
    CREATE_FAILS("n_metrics is 0", 1);
    CREATE_FAILS("metrics is NULL", 1, .n_metrics = 2);
    CREATE_FAILS("metrics[1] is 99", 1, .metrics = bad, .n_metrics = 2);
    CREATE_FAILS("top_k of 1 column", 1, .metrics = &top, .n_metrics = 1);
    CREATE_FAILS("top_k is -1", 4, .metrics = &top, .n_metrics = 1, .top_k = -1);
    CREATE_FAILS("threshold is nan", 4, .metrics = bad, .n_metrics = 1, .threshold = (double)NAN);
    CREATE_FAILS("threshold is 1", 4, .metrics = bad, .n_metrics = 1, .threshold = 1, .logits = 1);
    CREATE_FAILS("out of memory", INT64_MAX, .confusion = 1);
    CREATE_FAILS("out of memory", (int64_t)1 << 32, .confusion = 1);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    CHECK(t, luge_metric_state_create(NULL, 1, .confusion = 1) == NULL);
    luge_close(ctx);
}

#define UPDATE_FAILS(kind_, words, ...)                                                                                \
    do {                                                                                                               \
        luge_clear(ctx);                                                                                               \
        CHECK_STATUS(t, luge_metric_update(state, __VA_ARGS__), kind_);                                                \
        CHECK_STR_CONTAINS(t, luge_error(ctx), "luge_metric_update");                                                  \
        CHECK_STR_CONTAINS(t, luge_error(ctx), words);                                                                 \
        CHECK_STATUS(t, luge_metric_value(state, LUGE_MAE, &value), LUGE_OK);                                          \
        CHECK(t, isnan(value));                                                                                        \
    } while (0)

static void refused_batches(luge_test *t)
{
    static float p[900], one_hot[900];
    static int32_t y[300];
    static float weights[300];
    double value;
    luge_context *ctx = luge_open(.threads = 1);
    luge_metric_state *state = several(ctx, 3, 0);
    for (int i = 0; i < 300; i++) weights[i] = 1;
    y[299] = 3; /* beyond the first block: still nothing is counted */
    UPDATE_FAILS(LUGE_EINVAL, "row 299 is class 3; a number from 0 to 2", 300, .predictions = p, .targets = y,
                 .kind = LUGE_CLASSES);
    y[299] = -7;
    UPDATE_FAILS(LUGE_EINVAL, "class -7", 300, .predictions = p, .targets = y, .target_dtype = LUGE_I32);
    y[299] = 0;
    weights[298] = -1;
    UPDATE_FAILS(LUGE_EINVAL, "weight of row 298 is -1", 300, .predictions = p, .targets = y, .weights = weights,
                 .kind = LUGE_CLASSES);
    weights[298] = (float)NAN;
    UPDATE_FAILS(LUGE_EINVAL, "weight of row 298 is nan", 300, .predictions = p, .targets = y, .weights = weights,
                 .kind = LUGE_CLASSES);
    one_hot[5] = (float)NAN;
    UPDATE_FAILS(LUGE_EINVAL, "row 1 is NaN", 2, .predictions = p, .targets = one_hot, .kind = LUGE_ONE_HOT);
    one_hot[5] = 0.5f;
    UPDATE_FAILS(LUGE_EINVAL, "row 1, column 2 is 0.5", 2, .predictions = p, .targets = one_hot, .kind = LUGE_ONE_HOT);
    UPDATE_FAILS(LUGE_EINVAL, "numbers in 3 columns", 2, .predictions = p, .targets = one_hot);
    UPDATE_FAILS(LUGE_EINVAL, "rows is -1", -1, .predictions = p, .targets = y);
    UPDATE_FAILS(LUGE_EINVAL, "predictions is NULL", 1, .targets = y, .kind = LUGE_CLASSES);
    UPDATE_FAILS(LUGE_EINVAL, "targets is NULL", 1, .predictions = p, .kind = LUGE_CLASSES);
    UPDATE_FAILS(LUGE_EDTYPE, "dtype is i32", 1, .predictions = p, .dtype = LUGE_I32, .targets = y);
    UPDATE_FAILS(LUGE_EDTYPE, "target_dtype is f32", 1, .predictions = p, .targets = y, .kind = LUGE_CLASSES,
                 .target_dtype = LUGE_F32);
    UPDATE_FAILS(LUGE_EDTYPE, "target_dtype is i64", 1, .predictions = p, .targets = y, .kind = LUGE_ONE_HOT,
                 .target_dtype = LUGE_I64);
    UPDATE_FAILS(LUGE_EINVAL, "kind is 9", 1, .predictions = p, .targets = y, .kind = (luge_target_kind)9);
    UPDATE_FAILS(LUGE_EINVAL, "do not fit", INT64_MAX, .predictions = p, .targets = y, .kind = LUGE_CLASSES);
    luge_clear(ctx);
    state = several(ctx, 1, 0);
    one_hot[0] = 2;
    UPDATE_FAILS(LUGE_EINVAL, "row 0 is 2; 0 or 1", 1, .predictions = p, .targets = one_hot);
    CHECK_STATUS(t, luge_metric_update(NULL, 0), LUGE_EINVAL);
    luge_close(ctx);
}

static void refused_values(luge_test *t)
{
    const luge_metric mae = LUGE_MAE;
    double value = 0, counts[4];
    luge_context *ctx = luge_open(.threads = 1);
    luge_metric_state *state = luge_metric_state_create(ctx, 1, .metrics = &mae, .n_metrics = 1);
    CHECK_STATUS(t, luge_metric_value(state, LUGE_F1, &value), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "f1 was not asked for");
    CHECK_STATUS(t, luge_metric_value(state, (luge_metric)50, &value), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "50 is no metric");
    CHECK_STATUS(t, luge_metric_value(state, LUGE_MAE, NULL), LUGE_EINVAL);
    CHECK_STATUS(t, luge_metric_value(NULL, LUGE_MAE, &value), LUGE_EINVAL);
    CHECK_STATUS(t, luge_metric_confusion(state, counts, 2), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "option confusion");
    luge_clear(ctx);
    state = luge_metric_state_create(ctx, 1, .confusion = 1);
    CHECK_STATUS(t, luge_metric_confusion(state, counts, 1), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "classes is 1; 2 is expected");
    CHECK_STATUS(t, luge_metric_confusion(NULL, counts, 2), LUGE_EINVAL);
    CHECK_STATUS(t, luge_metric_state_get(NULL, counts, 2), LUGE_EINVAL);
    CHECK_STATUS(t, luge_metric_state_set(NULL, counts, 2), LUGE_EINVAL);
    CHECK_EQ_INT(t, luge_metric_state_size(NULL), 0);
    luge_metric_reset(NULL);
    luge_metric_state_free(NULL);
    luge_close(ctx);
}

/* ---- no memory --------------------------------------------------------------------------------------------------- */

static luge_status all_once(luge_test *t, luge_context *ctx, void *user)
{
    static prepared p;
    static double values[ROOM];
    const metrics_golden *g = user;
    double value;
    luge_metric_state *state = create(ctx, g), *other = create(ctx, g);
    (void)t;
    if (!state || !other) return luge_failure(ctx);
    prepare(&p, g, LUGE_F64, LUGE_CLASSES, LUGE_I32);
    luge_status status = update(state, &p, 0, 10);
    if (!status) status = update(state, &p, 10, g->rows - 10);
    if (!status) status = luge_metric_value(state, LUGE_AUC, &value);
    if (!status) status = luge_metric_state_get(state, values, luge_metric_state_size(state));
    if (!status) status = luge_metric_state_set(other, values, luge_metric_state_size(state));
    luge_metric_state_free(state);
    return status;
}

static void no_memory(luge_test *t)
{
    metrics_golden first = golden[0];
    luge__test_oom_sweep(t, "metrics", all_once, &first);
}

void test_metrics(luge_test *t)
{
    RUN(t, golden_f64);
    RUN(t, golden_f32);
    RUN(t, continued);
    RUN(t, refused_states);
    RUN(t, not_a_number);
    RUN(t, top_k_bounds);
    RUN(t, thresholds);
    RUN(t, absent_rows);
    RUN(t, no_allocation);
    RUN(t, names);
    RUN(t, wilson);
    RUN(t, refused_options);
    RUN(t, refused_batches);
    RUN(t, refused_values);
    RUN(t, no_memory);
}
