/* test_ops_gradient.c: every gradient rule against central differences made here, element by element, in f64; the
 * gradients of the gradients likewise; f32 against f64; and against the numbers of another implementation. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "op_golden.h"
#include "op_gradient.h"

typedef struct gradients {
    luge_test *t;
    luge_context *ctx;
    uint8_t checked[LUGE__OP_COUNT];
} gradients;

static op_slopes analytic, numeric, other; /* large */

/* One check that tells which element is wrong. */
static int agree(luge_test *t, const char *what, const op_slopes *a, const op_slopes *n, double tolerance)
{
    char text[160];
    const int64_t bad = op_slopes_differ(a, n, tolerance);
    if (bad == -2)
        (void)snprintf(text, sizeof text, "%s: %d and %d elements", what, (int)a->n, (int)n->n);
    else if (bad >= 0)
        (void)snprintf(text, sizeof text, "%s: element %d is %.12g, %.12g is right", what, (int)bad, a->value[bad],
                       n->value[bad]);
    else
        (void)snprintf(text, sizeof text, "%s", what);
    return luge_test_check(t, __FILE__, __LINE__, text, bad == -1);
}

/* ---- numbers of another implementation --------------------------------------------------------------------------- */

static void compare_golden(luge_test *t, const op_gradient *made, const sample *s)
{
    const op_golden *row = op_golden_find(s->name);
    int64_t at = 0;
    if (!row) return;
    for (int i = 0; i < made->n_wrt; i++) {
        const luge_shape shape = luge_shape_of_val(made->setup.g, made->wrt[i]);
        const int first = row->grad[made->input[i]];
        for (int64_t k = 0; k < luge_shape_size(&shape); k++, at++) {
            if (first < 0) continue;
            const double expected = op_golden_values[first + k];
            if (!CHECK_CLOSE(t, analytic.value[at], expected, 1e-12 * fmax(1, fabs(expected)))) return;
        }
    }
}

/* Where differences cannot tell (equal largest elements), the other implementation's gradient still does. */
static void golden_alone(gradients *f, const sample *s)
{
    op_gradient made;
    const op_golden *row = op_golden_find(s->name);
    if (!row || (row->grad[0] < 0 && row->grad[1] < 0) || !CASE(f->t, s->name)) return;
    if (op_gradient_make(f->t, f->ctx, s, LUGE_F64, NULL, NULL, &made) &&
        op_gradient_analytic(f->t, &made, "cpu", &analytic))
        compare_golden(f->t, &made, s);
    op_gradient_free(&made);
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

static void compare_f32(gradients *f, const sample *s)
{
    op_gradient made;
    if (op_gradient_make(f->t, f->ctx, s, LUGE_F32, NULL, NULL, &made) &&
        op_gradient_analytic(f->t, &made, "cpu", &other))
        (void)agree(f->t, "f32 gradient against f64", &other, &analytic, 1e-5);
    op_gradient_free(&made);
}

/* ---- the gradient of the gradient -------------------------------------------------------------------------------- */

static double second_weight(const sample *s, int output, int64_t i)
{
    return sample_value(s, SAMPLE_COTANGENT + 1 + output, i);
}

/* S = sum of weights times gradients, as a value of the graph. */
static luge_val weighted_sum(const op_gradient *made, const sample *s)
{
    luge_graph *g = made->setup.g;
    luge_val sum = luge_scalar(g, LUGE_F64, 0);
    for (int k = 0; k < made->n_wrt; k++) {
        double weight[GRADIENT_SIZES];
        const luge_shape shape = luge_shape_of_val(g, made->grad[k]);
        for (int64_t i = 0; i < luge_shape_size(&shape); i++) weight[i] = second_weight(s, k, i);
        const luge_val w = luge_constant(g, LUGE_F64, shape, weight);
        sum = luge_add(g, sum, luge_sum(g, luge_mul(g, made->grad[k], w)));
    }
    return sum;
}

/* With respect to the inputs and to the cotangent, which tells whether the rule is linear in it as it must be. */
static void check_second(gradients *f, const sample *s, const op_gradient *first)
{
    op_gradient second = *first;
    luge_graph *g = second.setup.g;
    int n = first->n_wrt;
    second.input[n] = SAMPLE_INPUTS;
    second.wrt[n++] = first->cotangent;
    const luge_val sum = weighted_sum(first, s);
    if (!CHECK_STATUS(f->t, luge_gradient(g, sum, second.wrt, n, second.grad), LUGE_OK)) {
        luge_clear(f->ctx);
        return;
    }
    second.n_wrt = n;
    if (!op_gradient_analytic(f->t, &second, "cpu", &other)) return;
    if (op_gradient_numeric(f->t, first, s, first->grad, first->n_wrt, second_weight, second.input, n, &numeric))
        (void)agree(f->t, "gradient of the gradient", &other, &numeric, 1e-7);
}

/* ---- one sample -------------------------------------------------------------------------------------------------- */

static void try_sample(void *user, const sample *s)
{
    gradients *f = user;
    op_gradient made;
    if (!op_gradient_fits(s)) {
        golden_alone(f, s);
        return;
    }
    if (!CASE(f->t, s->name)) return;
    if (op_gradient_make(f->t, f->ctx, s, LUGE_F64, NULL, NULL, &made) &&
        op_gradient_analytic(f->t, &made, "cpu", &analytic) && op_gradient_of_y(f->t, &made, s, &numeric)) {
        const luge_shape y = luge_shape_of_val(made.setup.g, made.setup.y);
        if (analytic.n || luge_shape_size(&y)) f->checked[s->op] = 1;
        if (!analytic.n)
            CHECK_EQ_INT(f->t, numeric.n, 0); /* inputs without elements */
        else if (agree(f->t, "gradient", &analytic, &numeric, 1e-7))
            compare_golden(f->t, &made, s);
        if (analytic.n && op_has_choice(s)) compare_f32(f, s);
        if (analytic.n && !(s->flags & SAMPLE_NO_SECOND)) check_second(f, s, &made);
    }
    op_gradient_free(&made);
}

/* ---- fused equals lowered ---------------------------------------------------------------------------------------- */

static int lowered(luge_test *t, luge_context *ctx, const sample *s, op_values *y)
{
    const op_options o = { .dtype = LUGE_F64 };
    op_setup setup;
    op_run r = { .setup = NULL };
    int ok = op_setup_make(t, ctx, s, &o, &setup);
    if (ok) {
        const luge__node node = *luge__node_of(setup.g, setup.y);
        setup.y = luge__node_op(&node)->lower(setup.g, node.in, node.n_in, node.attr);
        ok = CHECK_STR_EQ(t, luge_error(ctx), "") && op_run_make(t, &setup, &setup.y, 1, "ref", 1, &r) &&
             op_run_execute(t, &r) && op_run_get(t, &r, setup.y, y);
    }
    luge_clear(ctx);
    op_run_free(&r);
    op_setup_free(&setup);
    return ok;
}

/* The gradient of the lowered form too: two rules that must agree. */
static int lowered_gradient(gradients *f, const sample *s)
{
    op_gradient made;
    int ok = op_gradient_make(f->t, f->ctx, s, LUGE_F64, NULL, NULL, &made) &&
             op_gradient_analytic(f->t, &made, "cpu", &analytic);
    if (ok) {
        luge_graph *g = made.setup.g;
        const luge__node node = *luge__node_of(g, made.setup.y);
        const luge_val y = luge__node_op(&node)->lower(g, node.in, node.n_in, node.attr);
        ok = CHECK_STATUS(f->t, luge_vector_jacobian(g, y, made.cotangent, made.wrt, made.n_wrt, made.grad), LUGE_OK) &&
             op_gradient_analytic(f->t, &made, "cpu", &other);
        if (ok && analytic.n) (void)agree(f->t, "fused gradient against lowered", &analytic, &other, 1e-12);
    }
    op_gradient_free(&made);
    return ok;
}

static void try_lowered(void *user, const sample *s)
{
    gradients *f = user;
    const luge__op *op = luge__op_of(s->op);
    const op_options o = { .dtype = LUGE_F64 };
    op_values a = { .n = 0 }, b = { .n = 0 };
    char name[100];
    if (!op->ref || !op->lower || s->flags & SAMPLE_NOT_FUSED) return;
    (void)snprintf(name, sizeof name, "%s lowered", s->name);
    if (!CASE(f->t, name)) return;
    if (op_compute(f->t, f->ctx, s, &o, "ref", &a) && lowered(f->t, f->ctx, s, &b) &&
        CHECK(f->t, luge__shape_equal(&a.shape, &b.shape) && a.dtype == b.dtype)) {
        for (int64_t i = 0; i < a.n; i++)
            if (!CHECK_CLOSE(f->t, a.value[i], b.value[i], 1e-13 * fmax(1, fabs(a.value[i])))) break;
        if (op_gradient_fits(s)) (void)lowered_gradient(f, s);
    }
    op_values_free(&a);
    op_values_free(&b);
}

/* ---- what cannot be differentiated ------------------------------------------------------------------------------- */

/* An op says that it has no gradient, or has a rule, or stands for other ops: nothing else. And the first kind refuses
 * by name. */
static void refusals(luge_test *t)
{
    for (int i = 0; i < luge_op_count(); i++) {
        const luge__op *op = luge__op_of((luge__op_id)i);
        const uint32_t all = (1u << op->max_in) - 1;
        const int flows = ((op->shape_only | op->constant) & all) != all;
        const int ways = (op->vjp != NULL) + ((op->flags & LUGE__NO_GRADIENT) != 0) + (op->flags & LUGE__LEAF ? 1 : 0) +
                         (!op->ref && op->lower ? 1 : 0) + (!op->vjp && !flows && !(op->flags & LUGE__LEAF) ? 1 : 0);
        char text[100];
        (void)snprintf(text, sizeof text, "%s has one way to its gradient", op->name);
        (void)luge_test_check(t, __FILE__, __LINE__, text, ways == 1 || op->id == LUGE__OP_one_hot);
    }
}

static void try_refusal(void *user, const sample *s)
{
    gradients *f = user;
    const luge__op *op = luge__op_of(s->op);
    const op_options o = { .dtype = LUGE_F64 };
    op_setup setup;
    char name[100];
    (void)snprintf(name, sizeof name, "%s refuses", s->name);
    if (!(op->flags & LUGE__NO_GRADIENT) || !op_has_choice(s) || s->op == LUGE__OP_one_hot || !CASE(f->t, name)) return;
    if (op_setup_make(f->t, f->ctx, s, &o, &setup)) {
        luge_val grad, y = luge_cast(setup.g, setup.y, LUGE_F64);
        luge_node_info info;
        (void)luge_node_info_of(setup.g, setup.y, &info);
        const int cast = info.dtype != LUGE_F64;
        CHECK_STATUS(f->t, luge_gradient(setup.g, y, &setup.in[0], 1, &grad), LUGE_ENOGRAD);
        CHECK_STR_CONTAINS(f->t, luge_error(f->ctx), cast ? "cast" : op->name);
        CHECK(f->t, !luge_is_some(grad));
        luge_clear(f->ctx);
    }
    op_setup_free(&setup);
}

/* stop_gradient counts as a constant. */
static void stopped(luge_test *t)
{
    luge_context *ctx = op_context(t, 1, NULL);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_full(g, LUGE_F64, luge_shape_of(3), 2);
    luge_val grad;
    double value[3];
    const luge_val y = luge_mul(g, x, luge_stop_gradient(g, luge_square(g, x)));
    CHECK_STATUS(t, luge_gradient(g, y, &x, 1, &grad), LUGE_OK);
    CHECK_STATUS(t, luge_eval(g, grad, value, sizeof value), LUGE_OK);
    for (int i = 0; i < 3; i++) CHECK_CLOSE(t, value[i], 4, 0);
    CHECK_STATUS(t, luge_gradient(g, luge_stop_gradient(g, x), &x, 1, &grad), LUGE_OK);
    CHECK_STATUS(t, luge_eval(g, grad, value, sizeof value), LUGE_OK);
    for (int i = 0; i < 3; i++) CHECK_CLOSE(t, value[i], 0, 0);
    luge_close(ctx);
}

static void check_complete(gradients *f)
{
    for (int i = 0; i < luge_op_count(); i++) {
        const luge__op *op = luge__op_of((luge__op_id)i);
        char text[100];
        if (sample_is_apart(op) || op->flags & LUGE__NO_GRADIENT || op->id == LUGE__OP_stop_gradient) continue;
        (void)snprintf(text, sizeof text, "the gradient of %s is checked", op->name);
        (void)luge_test_check(f->t, __FILE__, __LINE__, text, f->checked[i]);
    }
}

void test_ops_gradient(luge_test *t)
{
    gradients f = { .t = t, .ctx = op_context(t, 1, NULL) };
    if (!f.ctx) return;
    sample_sink each = { try_sample, &f, 0 }, fused = { try_lowered, &f, 1 }, refused = { try_refusal, &f, 0 };
    samples_each(&each);
    if (!t->only && CASE(t, "complete")) check_complete(&f);
    samples_each(&fused);
    samples_each(&refused);
    luge_close(f.ctx);
    RUN(t, refusals);
    RUN(t, stopped);
}
