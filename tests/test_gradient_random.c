/* test_gradient_random.c: gradients of random smooth expressions against central differences, and their second
 * derivatives: symmetric, and the differences of the first. */
#include <stdio.h>

#include "random_graph.h"

enum { LARGEST = 64 };

typedef struct expression {
    random_graph r;
    luge_val w, loss, dw, direction, product, hessian; /* product = dw . direction, hessian = its gradient */
    luge_run *run;
    int64_t n;
    double x[12];
} expression;

static int build(luge_test *t, luge_context *ctx, expression *e, int nodes)
{
    random_graph *r = &e->r;
    r->t = t;
    r->g = luge_graph_create(ctx);
    r->dtype = LUGE_F64;
    r->smooth = 1;
    r->most = LARGEST;
    random_graph_make(r, nodes, 3, 0);
    e->w = r->variable[luge_test_below(t, RANDOM_GRAPH_VARIABLES)];
    luge_val loss = luge_mean(r->g, luge_sin(r->g, e->w)); /* so that it depends on w at least once */
    for (int i = 0; i < 3; i++) loss = luge_add(r->g, loss, luge_mean(r->g, luge_tanh(r->g, r->pool[r->n - 1 - i])));
    e->loss = loss;
    luge_gradient(r->g, loss, &e->w, 1, &e->dw);
    const luge_shape shape = luge_shape_of_val(r->g, e->w);
    e->n = luge_shape_size(&shape);
    e->direction = luge_input(r->g, "direction", LUGE_F64, shape);
    e->product = luge_sum(r->g, luge_mul(r->g, e->dw, e->direction));
    luge_gradient(r->g, e->product, &e->w, 1, &e->hessian);
    const luge_val outputs[4] = { e->loss, e->dw, e->product, e->hessian };
    e->run = luge_run_create(luge_plan_create(r->g, outputs, 4));
    random_fill(t, LUGE_F64, e->x, 12);
    luge_run_bind(e->run, r->input, e->x, sizeof e->x);
    return CHECK_STATUS(t, luge_failure(ctx), LUGE_OK) && CHECK_STATUS(t, luge_graph_verify(r->g), LUGE_OK);
}

static int evaluate(luge_test *t, expression *e, const double *direction)
{
    luge_run_bind(e->run, e->direction, direction, (size_t)e->n * sizeof *direction);
    return CHECK_STATUS(t, luge_run_execute(e->run), LUGE_OK);
}

static double value_of(expression *e, luge_val v)
{
    double value = (double)NAN;
    luge_run_get(e->run, v, &value, sizeof value);
    return value;
}

/* The central difference of a scalar at element i of w. */
static double difference(luge_test *t, expression *e, luge_val v, const double *direction, int64_t i)
{
    const double h = 1e-5;
    double *w = luge_data(e->r.g, e->w), side[2];
    const double before = w[i];
    for (int k = 0; k < 2; k++) {
        w[i] = before + (k ? h : -h);
        evaluate(t, e, direction);
        side[k] = value_of(e, v);
    }
    w[i] = before;
    return (side[1] - side[0]) / (2 * h);
}

static void check_first(luge_test *t, expression *e, const double *direction)
{
    double dw[LARGEST];
    evaluate(t, e, direction);
    CHECK_STATUS(t, luge_run_get(e->run, e->dw, dw, (size_t)e->n * sizeof *dw), LUGE_OK);
    for (int64_t i = 0; i < e->n; i++) {
        const double n = difference(t, e, e->loss, direction, i);
        CHECK_CLOSE(t, dw[i], n, 1e-7 * fmax(1, fmax(fabs(dw[i]), fabs(n))));
    }
}

static void check_second(luge_test *t, expression *e, const double *u, const double *v)
{
    double hu[LARGEST], hv[LARGEST], left = 0, right = 0, size = 1;
    const size_t bytes = (size_t)e->n * sizeof *hu;
    evaluate(t, e, u);
    luge_run_get(e->run, e->hessian, hu, bytes);
    evaluate(t, e, v);
    luge_run_get(e->run, e->hessian, hv, bytes);
    for (int64_t i = 0; i < e->n; i++) {
        left += v[i] * hu[i];
        right += u[i] * hv[i];
        size += fabs(v[i] * hu[i]);
        const double n = difference(t, e, e->product, v, i);
        CHECK_CLOSE(t, hv[i], n, 1e-6 * fmax(1, fmax(fabs(hv[i]), fabs(n))));
    }
    CHECK_CLOSE(t, left, right, 1e-11 * size);
}

static void try_expressions(luge_test *t, int trials, int nodes)
{
    luge_context *ctx = luge_open(.threads = 1);
    double u[LARGEST], v[LARGEST];
    for (int i = 0; i < trials; i++) {
        const int64_t failures = t->failures;
        expression e = { .n = 0 };
        if (!build(t, ctx, &e, nodes)) break;
        random_fill(t, LUGE_F64, u, e.n);
        random_fill(t, LUGE_F64, v, e.n);
        check_first(t, &e, u);
        check_second(t, &e, u, v);
        luge_run_free(e.run);
        luge_graph_free(e.r.g);
        if (t->failures > failures) printf("  that was expression %d\n", i);
    }
    luge_close(ctx);
}

static void small_expressions(luge_test *t)
{
    try_expressions(t, 120, 10);
}

static void larger_expressions(luge_test *t)
{
    try_expressions(t, 80, 30);
}

void test_gradient_random(luge_test *t)
{
    RUN(t, small_expressions);
    RUN(t, larger_expressions);
}
