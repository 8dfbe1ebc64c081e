/* test_ops_forward.c: every op computes what an independent implementation computes, in both precisions, on every
 * backend, from every layout of its inputs, the same each time.
 *
 * The chain: numbers of another implementation hold the reference kernel in f64 (within 1e-13); that kernel on
 * contiguous inputs holds everything else. Tolerances: exact ops none; f32 1e-6 of the result plus 1e-7, f64 1e-13 of
 * max(1, result); sums and products of matrices against the sum of magnitudes instead of the result. Where terms larger
 * than the result cancel, or a chain of roundings grows with the size, the sample says by how much more (slack). */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op_golden.h"
#include "op_run.h"
#include "op_updates.h"

enum { REF = 0, BACKENDS = 4 }; /* then cpu, on each instruction set */

typedef struct forward {
    luge_test *t;
    luge_context *ctx[BACKENDS];                         /* NULL: not on this machine */
    uint8_t tried[LUGE__OP_COUNT], held[LUGE__OP_COUNT]; /* ops with samples; with numbers of another implementation */
    uint8_t used[1000];                                  /* golden rows */
} forward;

/* ---- comparison -------------------------------------------------------------------------------------------------- */

static double tolerance(const sample *s, luge_dtype dtype, double expected, const op_values *magnitude, int64_t i)
{
    if (s->flags & SAMPLE_EXACT || !luge__is_float(dtype)) return 0;
    const double scale = magnitude->n ? magnitude->value[i] : fabs(expected), slack = s->slack > 0 ? s->slack : 1;
    if (dtype == LUGE_F32) return slack * (1e-6 * scale + 1e-7);
    return slack * 1e-13 * (scale > 1 ? scale : 1);
}

static int close_to(const sample *s, const op_values *got, const op_values *oracle, const op_values *magnitude,
                    int64_t i, double *expected)
{
    const double a = got->value[i];
    double e = oracle->value[i];
    if (got->dtype == LUGE_F32) e = (double)(float)e;
    *expected = e;
    if ((a != a && e != e) || (a <= e && a >= e)) return 1;
    if (luge__is_float(got->dtype)) { /* while a run executes, results below the smallest normal number become 0 */
        const double normal = got->dtype == LUGE_F32 ? (double)FLT_MIN : DBL_MIN;
        if (fabs(e) < normal && fabs(a) < normal) return 1;
    }
    return isfinite(e) && isfinite(a) && fabs(a - e) <= tolerance(s, got->dtype, e, magnitude, i);
}

static void compare(luge_test *t, const sample *s, const char *backend, op_layout layout, const op_values *got,
                    const op_values *oracle, const op_values *magnitude)
{
    if (!CHECK(t, luge__shape_equal(&got->shape, &oracle->shape))) return;
    for (int64_t i = 0; i < got->n; i++) {
        double expected;
        if (close_to(s, got, oracle, magnitude, i, &expected)) continue;
        char where[160];
        (void)snprintf(where, sizeof where, "%s %s, %s: element %d is %.9g, %.9g is right", backend,
                       luge_dtype_name(got->dtype), op_layout_names[layout], (int)i, got->value[i], expected);
        (void)luge_test_check(t, __FILE__, __LINE__, where, 0);
        return;
    }
    (void)CHECK(t, 1);
}

/* ---- numbers of another implementation --------------------------------------------------------------------------- */

static void compare_golden(forward *f, const sample *s, const op_values *y)
{
    luge_test *t = f->t;
    const op_golden *row = op_golden_find(s->name);
    if (!row) return;
    f->used[row - op_golden_rows] = 1;
    f->held[s->op] = 1;
    if (!CHECK_EQ_INT(t, sample_hash(s), row->hash) || !CHECK(t, luge__shape_equal(&y->shape, &row->shape))) return;
    const double *value = op_golden_values + row->first;
    for (int i = 0; i < row->n; i++) {
        if (value[i] != value[i]) {
            if (!CHECK(t, y->value[i] != y->value[i])) return;
        } else if (!CHECK_CLOSE(t, y->value[i], value[i], 1e-13 * fmax(1, fabs(value[i])))) {
            return;
        }
    }
}

/* ---- one sample -------------------------------------------------------------------------------------------------- */

/* All layouts whose elements are those of `repeat`, in one dtype, against the oracle. */
static void try_layouts(forward *f, const sample *s, luge_dtype dtype, op_layout repeat, const op_values *oracle,
                        const op_values *magnitude)
{
    for (int layout = 0; layout < LAYOUTS; layout++) {
        const int repeats = layout == LAYOUT_REPEAT_FIRST || layout == LAYOUT_REPEAT_LAST;
        if (repeat ? layout != (int)repeat : repeats) continue;
        if (layout && (op_layout_is_plain(s, (op_layout)layout) || s->flags & SAMPLE_CONTIGUOUS)) continue;
        for (int b = 0; b < BACKENDS; b++) {
            op_values got;
            const op_options o = { .dtype = dtype, .layout = (op_layout)layout, .repeat = repeat };
            if (!f->ctx[b] || (b == REF && s->flags & SAMPLE_SWEEP)) continue; /* sizes: for the fast kernels only */
            if (!op_compute(f->t, f->ctx[b], s, &o, b == REF ? "ref" : "cpu", &got)) continue;
            compare(f->t, s, b == REF ? "ref" : luge_instruction_set(f->ctx[b]), (op_layout)layout, &got, oracle,
                    magnitude);
            op_values_free(&got);
        }
    }
}

static void try_repeat(forward *f, const sample *s, op_layout repeat)
{
    op_values oracle[2] = { { .n = 0 } }, magnitude = { .n = 0 };
    static const luge_dtype dtypes[2] = { LUGE_F64, LUGE_F32 };
    op_options o = { .repeat = repeat };
    int ok = 1;
    for (int d = 0; d < 2 && ok; d++) {
        if (d && !(s->flags & SAMPLE_OWN_DTYPE)) break;
        o.dtype = dtypes[d];
        ok = op_compute(f->t, f->ctx[REF], s, &o, "ref", &oracle[d]);
    }
    if (ok && s->flags & SAMPLE_MAGNITUDE) {
        o = (op_options){ .dtype = LUGE_F64, .repeat = repeat, .magnitudes = 1 };
        ok = op_compute(f->t, f->ctx[REF], s, &o, "ref", &magnitude);
    }
    if (ok && !repeat) compare_golden(f, s, &oracle[0]);
    for (int d = 0; d < (op_has_choice(s) ? 2 : 1) && ok; d++) {
        const int own = d && s->flags & SAMPLE_OWN_DTYPE;
        try_layouts(f, s, dtypes[d], repeat, &oracle[own ? 1 : 0], &magnitude);
    }
    for (int d = 0; d < 2; d++) op_values_free(&oracle[d]);
    op_values_free(&magnitude);
}

static void try_sample(void *user, const sample *s)
{
    forward *f = user;
    f->tried[s->op] = 1;
    if (!CASE(f->t, s->name)) return;
    try_repeat(f, s, LAYOUT_CONTIGUOUS);
    if (s->flags & SAMPLE_CONTIGUOUS) return;
    if (!op_layout_is_plain(s, LAYOUT_REPEAT_FIRST)) try_repeat(f, s, LAYOUT_REPEAT_FIRST);
    if (!op_layout_is_plain(s, LAYOUT_REPEAT_LAST)) try_repeat(f, s, LAYOUT_REPEAT_LAST);
}

/* ---- view ops: their copying kernels, which a planner uses only where strides cannot say it ---------------------- */

static luge__array array_of(luge_graph *g, luge_val v, void *data)
{
    luge_node_info info;
    (void)luge_node_info_of(g, v, &info);
    luge__array a = { .data = data, .dtype = info.dtype, .shape = info.shape };
    luge__c_strides(&a.shape, a.stride);
    return a;
}

static void try_view_copy(void *user, const sample *s)
{
    forward *f = user;
    const luge__op *op = luge__op_of(s->op);
    const op_options o = { .dtype = LUGE_F64 };
    op_setup setup;
    op_values y;
    if (!op->view || !op_compute(f->t, f->ctx[REF], s, &o, "ref", &y)) return;
    if (op_setup_make(f->t, f->ctx[REF], s, &o, &setup)) {
        luge_node_info info;
        (void)luge_node_info_of(setup.g, setup.y, &info);
        luge__array in[SAMPLE_INPUTS];
        double *out = calloc((size_t)y.n + 1, sizeof *out);
        for (int i = 0; i < s->n_in; i++) in[i] = array_of(setup.g, setup.in[i], setup.data[i]);
        const luge__node *node = luge__node_of(setup.g, setup.y);
        luge__call call = { .op = op, .attr = node->attr, .n_in = s->n_in, .in = in };
        call.out = array_of(setup.g, setup.y, out);
        if (CHECK(f->t, out && luge__node_op(node) == op && node->n_in <= s->n_in)) {
            CHECK_STATUS(f->t, op->ref(&call), LUGE_OK);
            CHECK(f->t, memcmp(out, y.bytes, y.size) == 0);
        }
        free(out);
    }
    op_setup_free(&setup);
    op_values_free(&y);
}

/* ---- random numbers: what can be said without numbers to compare with -------------------------------------------- */

enum { DRAWS = 200000 };

/* Mean and variance of the draws, in steps 0 and 1 of a state. */
static int draw(luge_test *t, luge_context *ctx, int kind, const int64_t state[2], luge_dtype dtype, op_values *out)
{
    op_setup setup = { .g = luge_graph_create(ctx) };
    op_run r;
    luge_graph *g = setup.g;
    const luge_val s = luge_constant(g, LUGE_I64, luge_shape_of(2), state);
    const luge_val like = luge_full(g, dtype, luge_shape_of(DRAWS), 1);
    const luge_val y = kind == 0   ? luge_random_uniform(g, s, like, -1, 3)
                       : kind == 1 ? luge_random_normal(g, s, like, 1, 2)
                                   : luge_random_dropout(g, like, s, 0.375);
    const int ok = op_run_make(t, &setup, &y, 1, "cpu", 0, &r) && op_run_execute(t, &r) && op_run_get(t, &r, y, out);
    op_run_free(&r);
    op_setup_free(&setup);
    return ok;
}

static void check_moments(luge_test *t, const op_values *v, int kind)
{
    static const double mean[3] = { 1, 1, 1 }, variance[3] = { 16. / 12, 4, 0.375 / 0.625 };
    double sum = 0, squares = 0, low = (double)INFINITY, high = -(double)INFINITY;
    for (int64_t i = 0; i < v->n; i++) {
        sum += v->value[i];
        squares += (v->value[i] - mean[kind]) * (v->value[i] - mean[kind]);
        low = fmin(low, v->value[i]);
        high = fmax(high, v->value[i]);
    }
    CHECK_CLOSE(t, sum / DRAWS, mean[kind], 5 * sqrt(variance[kind] / DRAWS));
    CHECK_CLOSE(t, squares / DRAWS, variance[kind], 8 * variance[kind] / sqrt(DRAWS));
    if (kind == 0) CHECK(t, low >= -1 && low < -0.99 && high < 3 && high > 2.99);
    if (kind == 1) CHECK(t, low < -5 && high > 7 && low > -12 && high < 14);
    for (int64_t i = 0; kind == 2 && i < v->n; i++)
        if (!CHECK(t, v->value[i] <= 0 || fabs(v->value[i] - 1.6) < 1e-6)) return;
}

static void random_moments(luge_test *t)
{
    luge_context *ctx = op_context(t, 1, NULL);
    static const int64_t states[3][2] = { { 7, 0 }, { 7, 1 }, { 8, 0 } };
    for (int kind = 0; kind < 3; kind++) {
        for (int d = 0; d < 2; d++) {
            op_values v[4] = { { .n = 0 } };
            int ok = 1;
            for (int i = 0; i < 4 && ok; i++) ok = draw(t, ctx, kind, states[i % 3], d ? LUGE_F32 : LUGE_F64, &v[i]);
            for (int i = 0; i < 3 && ok; i++) check_moments(t, &v[i], kind);
            if (ok) {
                CHECK(t, !memcmp(v[0].bytes, v[3].bytes, v[0].size)); /* the same state, the same numbers */
                CHECK(t, memcmp(v[0].bytes, v[1].bytes, v[0].size) && memcmp(v[0].bytes, v[2].bytes, v[0].size));
            }
            for (int i = 0; i < 4; i++) op_values_free(&v[i]);
        }
    }
    luge_close(ctx);
}

/* ---- the suite --------------------------------------------------------------------------------------------------- */

/* Each op has samples, and numbers of another implementation unless it is random or is tried apart; each row of
 * numbers belongs to a sample. */
static void check_complete(forward *f)
{
    luge_test *t = f->t;
    CHECK_EQ_INT(t, luge_op_count(), LUGE__OP_COUNT);
    for (int i = 0; i < luge_op_count(); i++) {
        const luge__op *op = luge__op_of((luge__op_id)i);
        char text[100];
        if (sample_is_apart(op)) continue;
        (void)snprintf(text, sizeof text, "%s has samples", op->name);
        (void)luge_test_check(t, __FILE__, __LINE__, text, f->tried[i]);
        (void)snprintf(text, sizeof text, "%s is held against another implementation", op->name);
        (void)luge_test_check(t, __FILE__, __LINE__, text, f->held[i] || op->flags & LUGE__RANDOM);
    }
    for (int i = 0; i < op_golden_count; i++) {
        char text[120];
        if (!strncmp(op_golden_rows[i].name, "update_", 7)) continue;
        (void)snprintf(text, sizeof text, "a sample has the name %s", op_golden_rows[i].name);
        (void)luge_test_check(t, __FILE__, __LINE__, text, f->used[i]);
    }
}

void test_ops_forward(luge_test *t)
{
    forward *f = calloc(1, sizeof *f);
    if (!CHECK(t, f)) return;
    f->t = t;
    f->ctx[REF] = op_context(t, 1, NULL);
    for (int isa = 0; isa <= (int)luge__cpu_best(); isa++)
        f->ctx[REF + 1 + isa] = op_context(t, 1, luge__isa_name((luge__isa)isa));
    if (f->ctx[REF]) {
        sample_sink all = { try_sample, f, 1 }, few = { try_view_copy, f, 0 };
        samples_each(&all);
        if (!t->only && CASE(t, "complete")) check_complete(f);
        if (CASE(t, "view_copies")) samples_each(&few);
    }
    for (int b = 0; b < BACKENDS; b++) luge_close(f->ctx[b]);
    free(f);
    RUN(t, random_moments);
    op_updates_forward(t);
}
