/* nan.c: where a loss that is no number came from. The weights before each step are kept; when a loss is not finite,
 * they are put back and the step is run once more with the outputs of all layers kept, to find the first that went
 * wrong. */
#include "train/fit.h"

#include <math.h>
#include <string.h>

luge_status luge__nan_remember(luge__fit *f)
{
    luge_model *m = f->m;
    if (!f->before_bytes) {
        const size_t bytes = luge__all_weight_bytes(m);
        if (!bytes) return LUGE_OK;
        if (!(f->before = luge__alloc(m->ctx, bytes))) return LUGE_ENOMEM;
        f->before_bytes = bytes;
    }
    if (m->random.id && luge_get(m->graph, m->random, f->random_before, sizeof f->random_before))
        return luge_failure(m->ctx);
    return luge__copy_weights(m, f->before, 0);
}

static int all_finite(luge_dtype dtype, const void *data, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double v = dtype == LUGE_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
        if (!isfinite(v)) return 0;
    }
    return 1;
}

static int64_t elements(const luge_graph *g, luge_val v)
{
    const luge_shape s = luge_shape_of_val(g, v);
    return luge_shape_size(&s);
}

/* The first thing that is not finite, in the order of the computation, into text. */
static void find(luge_model *m, const luge__step *s, char *text, size_t size)
{
    for (int i = 0; i < m->n_inputs; i++) {
        luge_node_info info;
        if (luge_node_info_of(s->graph, s->inputs[i], &info) || info.dtype != m->dtype) continue;
        if (all_finite(m->dtype, m->batch.inputs[i], elements(s->graph, s->inputs[i]))) continue;
        luge__format(text, size, "the data of input \"%s\"", info.name);
        return;
    }
    for (int i = 0; i < m->n_outputs; i++) {
        if (s->key.classes[i] || all_finite(m->dtype, m->batch.targets[i], elements(s->graph, s->targets[i]))) continue;
        luge__format(text, size, "the targets of output %d", i);
        return;
    }
    for (size_t i = 0; i < m->n_weights; i++) {
        const luge__weight *w = &m->weights[i];
        if (all_finite(m->dtype, luge_data(m->graph, w->value), elements(m->graph, w->value))) continue;
        luge__format(text, size, "the weight \"%s\", after the update before", w->name);
        return;
    }
    for (size_t i = 0; i < m->n_layers; i++) {
        const luge_val v = luge_node_at(s->graph, m->layers[i].output.id);
        const void *data = m->layers[i].kind == LUGE_INPUT ? NULL : luge_run_data(s->run, v);
        if (!data || all_finite(m->dtype, data, elements(s->graph, v))) continue;
        luge__format(text, size, "the output of layer \"%s\"", m->layers[i].name);
        return;
    }
    luge__format(text, size, "the loss itself");
}

luge_status luge__nan_explain(luge__fit *f, const int64_t *rows, int64_t n)
{
    luge_model *m = f->m;
    char place[160];
    luge__step_key key = f->key;
    luge_status status = luge__copy_weights(m, f->before, 1);
    if (!status && m->random.id) status = luge_set(m->graph, m->random, f->random_before, sizeof f->random_before);
    if (status) return status;
    key.mode = LUGE__INSPECT;
    key.rows = n;
    luge__step *step = luge__step_for(m, &key);
    if (!step) return luge_failure(m->ctx);
    status = luge__batch_load(m, f->data, step, rows, n, f->o.class_weights, f->o.n_class_weights);
    if (!status) status = luge__step_execute(m, step, NULL);
    if (status) return status;
    find(m, step, place, sizeof place);
    m->cause = LUGE_STOPPED_BY_NAN;
    luge__format(m->reason, sizeof m->reason, "the loss was no finite number at epoch %l, step %l: it began in %s",
                 m->epoch + 1, m->step + 1, place);
    return LUGE_OK;
}
