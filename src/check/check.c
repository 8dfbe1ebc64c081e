/* check.c: numerical derivatives, and gradients held against them. Uses the public interface alone. */
#include <math.h>
#include <string.h>

#include "core/core.h"
#include "luge/check.h"
#include "luge/ops.h"
#include "luge/plan.h"

double luge_numerical_derivative(double (*f)(void *user, double x), void *user, double x, double h)
{
    if (!f) return (double)NAN;
    return (f(user, x + h) - f(user, x - h)) / (2 * h);
}

/* ---- a loss in f64 that can be moved ----------------------------------------------------------------------------- */

/* The graph replayed in f64, one plan for the loss, one for the gradients, inputs as f64 copies. */
typedef struct prober {
    luge_context *ctx;
    luge_check_options o;
    luge_graph *graph; /* the replay */
    luge_val loss;
    luge_plan *plan;
    luge_run *run;
    double **input; /* per binding: a copy in f64, or NULL where the input is no float */
    size_t *input_bytes;
} prober;

static luge_status read_options(luge_context *ctx, const luge_check_options *options, luge_check_options *o)
{
    const luge_status status = luge__read_options(ctx, "check", o, sizeof *o, options);
    if (status) return status;
    if (o->n_bindings < 0 || (o->n_bindings && !o->bindings))
        return luge__fail(ctx, LUGE_EINVAL, "check: n_bindings is %d, or bindings is NULL", (int)o->n_bindings);
    if (!(o->h >= 0) || !(o->tolerance >= 0) || o->all_up_to < 0 || o->sample < 0)
        return luge__fail(ctx, LUGE_EINVAL, "check: h, tolerance, all_up_to or sample is negative");
    if (o->h == 0) o->h = 1e-5;
    if (o->tolerance == 0) o->tolerance = 1e-7;
    if (!o->all_up_to) o->all_up_to = 50000;
    if (!o->sample) o->sample = 200;
    if (!o->seed) o->seed = 1;
    return LUGE_OK;
}

/* An input's data as f64, whatever the graph's own precision. */
static luge_status copy_input(prober *p, luge_graph *g, int i)
{
    const luge_binding *b = &p->o.bindings[i];
    luge_node_info info;
    luge_status status = luge_node_info_of(g, b->input, &info);
    if (status) return luge__fail(p->ctx, status, "check: binding %d is not an input of the graph", i);
    if (!luge__is_float(info.dtype)) return luge_run_bind(p->run, luge_replayed(p->graph, b->input), b->data, b->bytes);
    const size_t n = (size_t)luge_shape_size(&info.shape);
    if (b->bytes != n * luge_dtype_size(info.dtype) || (n && !b->data))
        return luge__fail(p->ctx, LUGE_ESHAPE, "check: input \"%s\" takes %z bytes, %z were given", info.name,
                          n * luge_dtype_size(info.dtype), b->bytes);
    p->input_bytes[i] = n * sizeof(double);
    p->input[i] = luge__alloc(p->ctx, p->input_bytes[i]);
    if (n && !p->input[i]) return LUGE_ENOMEM;
    for (size_t k = 0; k < n; k++)
        p->input[i][k] = info.dtype == LUGE_F64 ? ((const double *)b->data)[k] : (double)((const float *)b->data)[k];
    return luge_run_bind(p->run, luge_replayed(p->graph, b->input), p->input[i], p->input_bytes[i]);
}

static void close_prober(prober *p)
{
    for (int i = 0; i < p->o.n_bindings && p->input && p->input_bytes; i++)
        luge__release(p->ctx, p->input[i], p->input_bytes[i]);
    const size_t n = (size_t)p->o.n_bindings;
    luge__release(p->ctx, p->input, p->input ? n * sizeof *p->input : 0);
    luge__release(p->ctx, p->input_bytes, p->input_bytes ? n * sizeof *p->input_bytes : 0);
    luge_run_free(p->run);
    luge_plan_free(p->plan);
    luge_graph_free(p->graph);
}

/* Failures of runs are the thread's; the check is called on a context, where they stick. */
static luge_status stick(prober *p, luge_status status)
{
    if (status && !luge_failed(p->ctx)) luge__fail(p->ctx, status, "%s", luge_last_error());
    return status;
}

/* A plan over the outputs (the loss, or its gradients) of the replay, with its inputs bound. */
static luge_status open_plan(prober *p, luge_graph *g, const luge_val *outputs, int n)
{
    const size_t bindings = (size_t)p->o.n_bindings;
    p->plan = luge_plan_create(p->graph, outputs, n, .backend = p->o.backend);
    p->run = p->plan ? luge_run_create(p->plan) : NULL;
    if (!p->run) return luge_failure(p->ctx);
    p->input = luge__alloc(p->ctx, bindings * sizeof *p->input);
    p->input_bytes = luge__alloc(p->ctx, bindings * sizeof *p->input_bytes);
    if (bindings && (!p->input || !p->input_bytes)) return LUGE_ENOMEM;
    for (int i = 0; i < p->o.n_bindings; i++) {
        const luge_status status = stick(p, copy_input(p, g, i));
        if (status) return status;
    }
    return LUGE_OK;
}

static luge_context *context_of(luge_graph *g)
{
    return ((luge__object *)(void *)g)->ctx; /* the first member of every handle */
}

static luge_status open_prober(prober *p, luge_graph *g, luge_val loss, const luge_check_options *options)
{
    if (!g) return luge__fail(NULL, LUGE_EINVAL, "check: the graph is NULL");
    *p = (prober){ .ctx = context_of(g) };
    if (luge_failed(p->ctx)) return luge_failure(p->ctx);
    luge_check_options o;
    luge_status status = read_options(p->ctx, options, &o);
    luge_node_info info;
    if (!status && (status = luge_node_info_of(g, loss, &info)))
        luge__fail(p->ctx, status, "check: the loss is not a value of the graph");
    if (status) return status;
    if (!luge__is_float(info.dtype) || luge_shape_size(&info.shape) != 1)
        return luge__fail(p->ctx, LUGE_ESHAPE, "check: the loss is %T %S; one float is expected", info.dtype,
                          &info.shape);
    /* up to the loss: updates behind it would stand in the way of a gradient */
    p->graph = luge_graph_replay(g, .float_dtype = LUGE_F64, .until = loss);
    if (!p->graph) return luge_failure(p->ctx);
    p->o = o;
    p->loss = luge_replayed(p->graph, loss);
    return LUGE_OK;
}

/* The f64 elements of a wrt: a variable's of the replay, or a bound input's. */
static double *elements_of(prober *p, const luge_graph *g, luge_val wrt, int64_t *n)
{
    luge_node_info info;
    const luge_val v = luge_replayed(p->graph, wrt);
    if (luge_shape_of_val(g, wrt).ndim < 0 || luge_node_info_of(p->graph, v, &info)) {
        luge__fail(p->ctx, LUGE_EINVAL, "check: a wrt is not a value of the graph");
        return NULL;
    }
    *n = luge_shape_size(&info.shape);
    if (info.dtype == LUGE_F64 && !strcmp(info.op, "variable")) return luge_data(p->graph, v);
    for (int i = 0; i < p->o.n_bindings; i++)
        if (p->o.bindings[i].input.id == wrt.id && p->input[i]) return p->input[i];
    luge__fail(p->ctx, LUGE_EINVAL, "check: %%%d (%s) is neither a float variable nor a bound float input", (int)wrt.id,
               info.op);
    return NULL;
}

/* (loss(x + h) - loss(x - h)) / 2h for element x. */
static luge_status difference(prober *p, double *x, double *result)
{
    const double kept = *x, up = kept + p->o.h, down = kept - p->o.h;
    double high = 0, low = 0;
    *x = up;
    luge_status status = luge_run_execute(p->run);
    if (!status) status = luge_run_get(p->run, p->loss, &high, sizeof high);
    *x = down;
    if (!status) status = luge_run_execute(p->run);
    if (!status) status = luge_run_get(p->run, p->loss, &low, sizeof low);
    *x = kept;
    *result = (high - low) / (2 * p->o.h);
    return stick(p, status);
}

luge_status luge_numerical_gradient(luge_graph *g, luge_val loss, luge_val wrt, const luge_check_options *options,
                                    double *gradient)
{
    prober p;
    luge_status status = open_prober(&p, g, loss, options);
    if (status) return status;
    int64_t n = 0;
    double *x = NULL;
    status = open_plan(&p, g, &p.loss, 1);
    if (!status && !gradient) status = luge__fail(p.ctx, LUGE_EINVAL, "check: gradient is NULL");
    if (!status) {
        x = elements_of(&p, g, wrt, &n);
        status = luge_failure(p.ctx);
    }
    for (int64_t i = 0; i < n && !status; i++) status = difference(&p, &x[i], &gradient[i]);
    close_prober(&p);
    return status;
}

/* ---- the check --------------------------------------------------------------------------------------------------- */

/* Compares element i; keeps the worst. A NaN is the worst of all and stays. */
static luge_status compare(prober *p, double *x, int64_t i, double analytic, luge_check_result *r)
{
    double numerical;
    const luge_status status = difference(p, x, &numerical);
    if (status) return status;
    const double error = fabs(analytic - numerical), size = fmax(1, fmax(fabs(analytic), fabs(numerical)));
    const double relative = error / size;
    r->mean_absolute += error; /* a sum until the end */
    if (!r->compared++ || (!isnan(r->largest_relative) && !(relative <= r->largest_relative))) {
        r->largest_relative = relative;
        r->worst = i;
        r->analytic = analytic;
        r->numerical = numerical;
    }
    return LUGE_OK;
}

static luge_status check_one(prober *p, const luge_graph *g, luge_val wrt, int index, int all, const double *analytic,
                             luge_check_result *r)
{
    int64_t n = 0;
    double *x = elements_of(p, g, wrt, &n);
    luge_status status = luge_failure(p->ctx);
    *r = (luge_check_result){ .elements = n };
    if (all || n <= p->o.sample) {
        for (int64_t i = 0; i < n && !status; i++) status = compare(p, &x[i], i, analytic[i], r);
    } else {
        /* a sample without repetition: the first of a permutation */
        const luge__random draw = { .seed = p->o.seed, .stream = (uint32_t)index };
        const size_t bytes = (size_t)n * sizeof(int64_t);
        int64_t *order = luge__alloc(p->ctx, bytes);
        if (!order) return LUGE_ENOMEM;
        luge__random_permutation(&draw, n, order);
        for (int64_t k = 0; k < p->o.sample && !status; k++)
            status = compare(p, &x[order[k]], order[k], analytic[order[k]], r);
        luge__release(p->ctx, order, bytes);
    }
    if (r->compared) r->mean_absolute /= (double)r->compared;
    r->ok = r->compared > 0 && r->largest_relative <= p->o.tolerance; /* false for NaN */
    return status;
}

/* The analytic gradients, computed once, in one block. */
static luge_status analytic_gradients(prober *p, luge_graph *g, const luge_val *wrt, int n, double *out)
{
    const size_t bytes = (size_t)n * sizeof(luge_val);
    luge_val *vals = luge__alloc(p->ctx, 2 * bytes);
    if (!vals) return LUGE_ENOMEM;
    for (int i = 0; i < n; i++) vals[i] = luge_replayed(p->graph, wrt[i]);
    luge_status status = luge_gradient(p->graph, p->loss, vals, n, vals + n);
    prober q = *p;
    if (!status) status = open_plan(&q, g, vals + n, n);
    if (!status) status = stick(&q, luge_run_execute(q.run));
    for (int i = 0; i < n && !status; i++) {
        const luge_shape shape = luge_shape_of_val(p->graph, vals[i]);
        const size_t count = (size_t)luge_shape_size(&shape);
        status = stick(&q, luge_run_get(q.run, vals[n + i], out, count * sizeof(double)));
        out += count;
    }
    q.graph = NULL; /* p's */
    close_prober(&q);
    luge__release(p->ctx, vals, 2 * bytes);
    return status;
}

static luge_status check_all(prober *p, luge_graph *g, const luge_val *wrt, int n, luge_check_result *results)
{
    size_t total = 0;
    for (int i = 0; i < n; i++) {
        const luge_shape shape = luge_shape_of_val(g, wrt[i]);
        if (shape.ndim < 0) return luge__fail(p->ctx, LUGE_EINVAL, "check: wrt[%d] is not a value of the graph", i);
        total += (size_t)luge_shape_size(&shape);
    }
    double *analytic = luge__alloc(p->ctx, total * sizeof(double));
    if (total && !analytic) return LUGE_ENOMEM;
    luge_status status = analytic_gradients(p, g, wrt, n, analytic);
    if (!status) status = open_plan(p, g, &p->loss, 1);
    const double *at = analytic;
    for (int i = 0; i < n && !status; i++) {
        status = check_one(p, g, wrt[i], i, (int64_t)total <= p->o.all_up_to, at, &results[i]);
        at += results[i].elements;
    }
    luge__release(p->ctx, analytic, total * sizeof(double));
    return status;
}

luge_status luge_check_gradients(luge_graph *g, luge_val loss, const luge_val *wrt, int n,
                                 const luge_check_options *options, luge_check_result *results)
{
    prober p;
    luge_status status = open_prober(&p, g, loss, options);
    if (status) return status;
    if (n < 1 || !wrt || !results)
        status = luge__fail(p.ctx, LUGE_EINVAL, "check: n is %d, or wrt or results is NULL", n);
    else
        status = check_all(&p, g, wrt, n, results);
    close_prober(&p);
    return status;
}
