/* test_ops_threads.c: the same bits from 1, 2 and 4 threads, with the work cut into the smallest pieces; and the same
 * bits for a row alone and among a thousand: on every instruction set of this machine. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op_run.h"
#include "op_updates.h"

enum { CONTEXTS = 3, BATCH = 1000, COLUMNS = 67, UNITS = 35 };

typedef struct threads {
    luge_test *t;
    const char *isa;
    luge_context *ctx[CONTEXTS]; /* 1, 2 and 4 threads */
} threads;

static int open_contexts(threads *f)
{
    static const int counts[CONTEXTS] = { 1, 2, 4 };
    int ok = 1;
    for (int i = 0; i < CONTEXTS; i++) {
        f->ctx[i] = op_context(f->t, counts[i], f->isa);
        if (f->ctx[i]) f->ctx[i]->force_grain = i > 0; /* one thread cuts as usual */
        ok = ok && f->ctx[i];
    }
    return ok;
}

static void close_contexts(threads *f)
{
    for (int i = 0; i < CONTEXTS; i++) luge_close(f->ctx[i]);
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

/* Two kinds of bits are nobody's promise, as a vector loop and its remainder may differ there: the sign of a NaN, and
 * whether a number too small to be normal has become 0. All others are promised. */
static int same_element(luge_dtype dtype, double x, double y)
{
    const double normal = dtype == LUGE_F32 ? (double)FLT_MIN : DBL_MIN;
    return luge__is_float(dtype) && ((x != x && y != y) || (fabs(x) < normal && fabs(y) < normal));
}

static int same_elements(luge_dtype dtype, const unsigned char *a, const unsigned char *b, size_t size)
{
    const size_t element = luge_dtype_size(dtype);
    if (!memcmp(a, b, size)) return 1;
    for (size_t i = 0; i < size / element; i++) {
        const double x = op_load(dtype, a, (int64_t)i), y = op_load(dtype, b, (int64_t)i);
        if (memcmp(a + i * element, b + i * element, element) != 0 && !same_element(dtype, x, y)) return 0;
    }
    return 1;
}

static void same_bits(threads *f, const char *name, luge_dtype dtype, int i, const unsigned char *a, size_t a_size,
                      const unsigned char *b, size_t b_size)
{
    char text[160];
    (void)snprintf(text, sizeof text, "%s %s on %s: %d threads and 1 give the same bits", name, luge_dtype_name(dtype),
                   f->isa, i * 2);
    (void)luge_test_check(f->t, __FILE__, __LINE__, text, a_size == b_size && same_elements(dtype, a, b, a_size));
}

static void try_threads(threads *f, const sample *s, luge_dtype dtype, op_layout layout)
{
    const op_options o = { .dtype = dtype, .layout = layout };
    op_values one, many;
    if (!op_compute(f->t, f->ctx[0], s, &o, "cpu", &one)) return;
    for (int i = 1; i < CONTEXTS; i++) {
        if (!op_compute(f->t, f->ctx[i], s, &o, "cpu", &many)) continue;
        same_bits(f, s->name, one.dtype, i, one.bytes, one.size, many.bytes, many.size);
        op_values_free(&many);
    }
    op_values_free(&one);
}

static void try_sample(void *user, const sample *s)
{
    threads *f = user;
    if (!s->n_in || !CASE(f->t, s->name)) return;
    for (int d = 0; d < (op_has_choice(s) ? 2 : 1); d++) try_threads(f, s, d ? LUGE_F64 : LUGE_F32, LAYOUT_CONTIGUOUS);
    if (!(s->flags & (SAMPLE_SWEEP | SAMPLE_CONTIGUOUS))) try_threads(f, s, LUGE_F32, LAYOUT_TRANSPOSED);
}

static void try_update(threads *f, const update_sample *u, luge_dtype dtype)
{
    update_result one, many;
    if (!update_run(f->t, f->ctx[0], u, dtype, 257, UPDATE_CONTIGUOUS, "cpu", &one)) return;
    for (int i = 1; i < CONTEXTS; i++) {
        if (!update_run(f->t, f->ctx[i], u, dtype, 257, UPDATE_CONTIGUOUS, "cpu", &many)) continue;
        same_bits(f, u->name, dtype, i, one.bytes, one.size, many.bytes, many.size);
        update_result_free(&many);
    }
    update_result_free(&one);
}

/* Two workers did work, or all of the above says nothing. On a busy machine a worker may be late for short calls. */
static void check_shared(threads *f)
{
    for (int i = 1; i < CONTEXTS; i++) {
        if (luge_threads(f->ctx[i]) < 2) {
            CHECK_SKIP(f->t, "this build has no threads");
            continue;
        }
        update_result r;
        for (int k = 0; k < 10000 && !luge__pool_shared_calls(f->ctx[i]->pool); k++)
            if (update_run(f->t, f->ctx[i], &update_samples[0], LUGE_F32, 257, UPDATE_CONTIGUOUS, "cpu", &r))
                update_result_free(&r);
        CHECK(f->t, luge__pool_shared_calls(f->ctx[i]->pool) > 0);
    }
}

/* ---- a row alone and among others -------------------------------------------------------------------------------- */

/* A function of each row of x [rows, COLUMNS]; labels: a class number a row. */
typedef luge_val row_function(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels);

static luge_val weights(luge_graph *g, luge_dtype dtype, int64_t inputs, int64_t outputs)
{
    double w[COLUMNS * COLUMNS];
    for (int64_t i = 0; i < inputs * outputs; i++) w[i] = (double)((i * 7919 + 13) % 257 - 128) / 512;
    return luge_cast(g, luge_constant(g, LUGE_F64, luge_shape_of(inputs, outputs), w), dtype);
}

static luge_val rows_matmul(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    (void)labels;
    return luge_matmul(g, x, weights(g, dtype, COLUMNS, UNITS));
}

static luge_val rows_matmul_transposed(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    (void)labels;
    return luge_matmul_transposed(g, x, weights(g, dtype, UNITS, COLUMNS), 0, 1);
}

static luge_val rows_softmax(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    (void)dtype;
    (void)labels;
    return luge_softmax(g, x);
}

static luge_val rows_log_softmax(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    (void)dtype;
    (void)labels;
    return luge_log_softmax(g, x);
}

static luge_val rows_elementwise(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    (void)labels;
    const luge_val y = luge_add(g, luge_gelu(g, luge_tanh(g, x)), luge_sigmoid(g, luge_sin(g, x)));
    return luge_mul(g, luge_softplus(g, y), luge_pow(g, luge_exp(g, x), luge_scalar(g, dtype, 0.3)));
}

static luge_val rows_reduce(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    const luge_axes last = luge_axes_of(-1);
    (void)dtype;
    (void)labels;
    const luge_val a = luge_add(g, luge_sum_over(g, x, last, 1), luge_logsumexp_over(g, x, last, 1));
    return luge_add(g, a, luge_add(g, luge_mean_over(g, x, last, 1), luge_max_over(g, x, last, 1)));
}

static luge_val rows_cross_entropy(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    (void)dtype;
    return luge_softmax_cross_entropy_smoothed(g, x, labels, 0.1);
}

static luge_val rows_net(luge_graph *g, luge_dtype dtype, luge_val x, luge_val labels)
{
    (void)labels;
    const luge_val bias = luge_slice(g, weights(g, dtype, 2, UNITS), 0, 1, 2, 1);
    const luge_val hidden = luge_relu(g, luge_add(g, luge_matmul(g, x, weights(g, dtype, COLUMNS, UNITS)), bias));
    return luge_softmax(g, luge_matmul(g, hidden, weights(g, dtype, UNITS, 10)));
}

/* The function of rows first .. first + n - 1 of a thousand; the caller frees. *row: bytes of a row of the result. */
static unsigned char *rows_run(luge_test *t, luge_context *ctx, row_function *function, luge_dtype dtype, int64_t first,
                               int64_t n, size_t *row)
{
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", dtype, luge_shape_of(n, COLUMNS));
    const luge_val labels = luge_input(g, "labels", LUGE_I32, luge_shape_of(n));
    const luge_val y = function(g, dtype, x, labels);
    const luge_shape shape = luge_shape_of_val(g, y);
    luge_plan *plan = luge_plan_create(g, &y, 1);
    luge_run *run = luge_run_create(plan);
    const size_t x_bytes = (size_t)(n * COLUMNS) * luge_dtype_size(dtype), label_bytes = (size_t)n * 4;
    *row = CHECK(t, run) ? (size_t)(luge_shape_size(&shape) / n) * luge_dtype_size(dtype) : 0;
    void *data = malloc(x_bytes);
    int32_t *classes = malloc(label_bytes);
    unsigned char *result = malloc((size_t)n * *row + 1);
    int ok = CHECK(t, data && classes && result && *row);
    for (int64_t i = 0; i < n * COLUMNS && ok; i++)
        op_store(dtype, data, i, (double)(((first * COLUMNS + i) * 7919 + 5) % 1021 - 510) / 128);
    for (int64_t i = 0; i < n && ok; i++) classes[i] = (int32_t)((first + i) % COLUMNS);
    ok = ok && CHECK_STATUS(t, luge_run_bind(run, x, data, x_bytes), LUGE_OK) &&
         CHECK_STATUS(t, luge_run_bind(run, labels, classes, label_bytes), LUGE_OK) &&
         CHECK_STATUS(t, luge_run_execute(run), LUGE_OK) &&
         CHECK_STATUS(t, luge_run_get(run, y, result, (size_t)n * *row), LUGE_OK);
    luge_run_free(run);
    luge_plan_free(plan);
    luge_graph_free(g);
    free(data);
    free(classes);
    if (ok) return result;
    free(result);
    return NULL;
}

static void try_rows(threads *f, const char *name, row_function *function, luge_dtype dtype)
{
    static const struct {
        int64_t first, n;
    } parts[] = { { 0, 1 },   { 1, 1 }, { 7, 1 },  { 250, 1 },  { 500, 1 },   { 998, 1 },
                  { 999, 1 }, { 3, 2 }, { 10, 5 }, { 100, 33 }, { 512, 257 }, { 0, 999 } };
    size_t row;
    unsigned char *whole = rows_run(f->t, f->ctx[1], function, dtype, 0, BATCH, &row);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && whole; i++) {
        char text[160];
        unsigned char *part = rows_run(f->t, f->ctx[0], function, dtype, parts[i].first, parts[i].n, &row);
        if (!part) continue;
        (void)snprintf(text, sizeof text, "%s %s on %s: rows %d to %d alone are as among %d", name,
                       luge_dtype_name(dtype), f->isa, (int)parts[i].first, (int)(parts[i].first + parts[i].n - 1),
                       BATCH);
        (void)luge_test_check(f->t, __FILE__, __LINE__, text,
                              !memcmp(part, whole + (size_t)parts[i].first * row, (size_t)parts[i].n * row));
        free(part);
    }
    free(whole);
}

static void all_rows(threads *f)
{
    static const struct {
        const char *name;
        row_function *function;
    } functions[] = { { "rows_matmul", rows_matmul },
                      { "rows_matmul_transposed", rows_matmul_transposed },
                      { "rows_softmax", rows_softmax },
                      { "rows_log_softmax", rows_log_softmax },
                      { "rows_elementwise", rows_elementwise },
                      { "rows_reduce", rows_reduce },
                      { "rows_cross_entropy", rows_cross_entropy },
                      { "rows_net", rows_net } };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!CASE(f->t, functions[i].name)) continue;
        try_rows(f, functions[i].name, functions[i].function, LUGE_F32);
        try_rows(f, functions[i].name, functions[i].function, LUGE_F64);
    }
}

/* ---- the suite --------------------------------------------------------------------------------------------------- */

void test_ops_threads(luge_test *t)
{
    for (int isa = LUGE__BASELINE; isa <= (int)luge__cpu_best(); isa++) {
        threads f = { .t = t, .isa = luge__isa_name((luge__isa)isa) };
        sample_sink sink = { try_sample, &f, 1 };
        if (open_contexts(&f)) {
            samples_each(&sink);
            for (int i = 0; i < update_sample_count; i++) {
                if (!CASE(t, update_samples[i].name)) continue;
                try_update(&f, &update_samples[i], LUGE_F32);
                try_update(&f, &update_samples[i], LUGE_F64);
            }
            all_rows(&f);
            if (!t->only && CASE(t, "shared")) check_shared(&f);
        }
        close_contexts(&f);
    }
}
