/* op_gradient.c: see op_gradient.h. */
#include <math.h>
#include <string.h>

#include "op_gradient.h"

int op_gradient_fits(const sample *s)
{
    return !(s->flags & (SAMPLE_NO_GRADIENT | SAMPLE_SWEEP)) && !sample_is_apart(luge__op_of(s->op));
}

int op_gradient_make(luge_test *t, luge_context *ctx, const sample *s, luge_dtype dtype, op_rule_filter *filter,
                     void *user, op_gradient *made)
{
    const op_options o = { .dtype = dtype };
    luge_node_info info;
    made->n_wrt = 0;
    if (!op_setup_make(t, ctx, s, &o, &made->setup)) return 0;
    luge_graph *g = made->setup.g;
    for (int i = 0; i < s->n_in; i++) {
        (void)luge_node_info_of(g, made->setup.in[i], &info);
        if (!luge__is_float(info.dtype)) continue;
        made->input[made->n_wrt] = i;
        made->wrt[made->n_wrt++] = made->setup.in[i];
    }
    (void)luge_node_info_of(g, made->setup.y, &info);
    const luge_shape shape = info.shape;
    made->cotangent = op_setup_input(&made->setup, s, SAMPLE_COTANGENT, info.dtype, &shape);
    g->vjp_filter = filter;
    g->vjp_filter_user = user;
    const luge_status status =
        luge_vector_jacobian(g, made->setup.y, made->cotangent, made->wrt, made->n_wrt, made->grad);
    g->vjp_filter = NULL;
    if (CHECK_STATUS(t, status, LUGE_OK)) return 1;
    luge_clear(ctx);
    return 0;
}

void op_gradient_free(op_gradient *made)
{
    op_setup_free(&made->setup);
}

int op_gradient_analytic(luge_test *t, const op_gradient *made, const char *backend, op_slopes *out)
{
    op_run r;
    int ok = op_run_make(t, &made->setup, made->grad, made->n_wrt, backend, 1, &r) && op_run_execute(t, &r);
    out->n = 0;
    for (int i = 0; i < made->n_wrt && ok; i++) {
        op_values v;
        ok = op_run_get(t, &r, made->grad[i], &v) && CHECK(t, out->n + v.n <= GRADIENT_SIZES);
        for (int64_t k = 0; k < v.n && ok; k++) out->value[out->n++] = v.value[k];
        op_values_free(&v);
    }
    op_run_free(&r);
    return ok;
}

/* ---- central differences ----------------------------------------------------------------------------------------- */

/* The outputs after a run, one after another. */
static int outputs_of(luge_test *t, op_run *r, const luge_val *outputs, int n, op_slopes *out)
{
    int ok = op_run_execute(t, r);
    out->n = 0;
    for (int i = 0; i < n && ok; i++) {
        op_values v;
        ok = op_run_get(t, r, outputs[i], &v) && CHECK(t, out->n + v.n <= GRADIENT_SIZES);
        for (int64_t k = 0; k < v.n && ok; k++) out->value[out->n++] = v.value[k];
        op_values_free(&v);
    }
    return ok;
}

/* One weight for each of those. */
static void weigh(const op_gradient *made, const sample *s, const luge_val *outputs, int n, op_weight *weight,
                  op_slopes *out)
{
    out->n = 0;
    for (int k = 0; k < n; k++) {
        const luge_shape shape = luge_shape_of_val(made->setup.g, outputs[k]);
        for (int64_t i = 0; i < luge_shape_size(&shape) && out->n < GRADIENT_SIZES; i++)
            out->value[out->n++] = weight(s, k, i);
    }
}

/* Moves one element to both sides. The differences are taken of each output, before they are added up: less rounding.
 */
static int slope(luge_test *t, op_run *r, int input, luge_dtype dtype, int64_t element, double h,
                 const luge_val *outputs, int n_outputs, const op_slopes *weights, double *result)
{
    static op_slopes up, down; /* large */
    void *data = r->setup->data[input];
    const double old = op_load(dtype, data, element);
    op_store(dtype, data, element, old + h);
    const double above = op_load(dtype, data, element);
    int ok = outputs_of(t, r, outputs, n_outputs, &up);
    op_store(dtype, data, element, old - h);
    const double below = op_load(dtype, data, element);
    ok = ok && outputs_of(t, r, outputs, n_outputs, &down);
    op_store(dtype, data, element, old);
    double sum = 0;
    for (int64_t i = 0; i < weights->n && ok; i++) sum += weights->value[i] * (up.value[i] - down.value[i]);
    *result = sum / (above - below);
    return ok;
}

int op_gradient_numeric(luge_test *t, const op_gradient *made, const sample *s, const luge_val *outputs, int n_outputs,
                        op_weight *weight, const int *inputs, int n, op_slopes *out)
{
    static op_slopes weights;
    op_run r;
    int ok = op_run_make(t, &made->setup, outputs, n_outputs, "ref", 0, &r);
    weigh(made, s, outputs, n_outputs, weight, &weights);
    out->n = 0;
    for (int i = 0; i < n && ok; i++) {
        luge_node_info info;
        (void)luge_node_info_of(made->setup.g, made->setup.leaf[inputs[i]], &info);
        const luge_dtype dtype = info.dtype;
        const int64_t size = luge_shape_size(&info.shape);
        ok = CHECK(t, out->n + size <= GRADIENT_SIZES);
        for (int64_t k = 0; k < size && ok; k++)
            ok = slope(t, &r, inputs[i], dtype, k, s->h > 0 ? s->h : 1e-5, outputs, n_outputs, &weights,
                       &out->value[out->n++]);
    }
    op_run_free(&r);
    return ok;
}

static double cotangent_weight(const sample *s, int output, int64_t i)
{
    (void)output;
    return sample_value(s, SAMPLE_COTANGENT, i);
}

int op_gradient_of_y(luge_test *t, const op_gradient *made, const sample *s, op_slopes *out)
{
    return op_gradient_numeric(t, made, s, &made->setup.y, 1, cotangent_weight, made->input, made->n_wrt, out);
}

int64_t op_slopes_differ(const op_slopes *a, const op_slopes *n, double tolerance)
{
    if (a->n != n->n || !a->n) return -2;
    for (int64_t i = 0; i < a->n; i++) {
        const double bound = tolerance * fmax(1, fmax(fabs(a->value[i]), fabs(n->value[i])));
        if (!(fabs(a->value[i] - n->value[i]) <= bound)) return i;
    }
    return -1;
}
