/* check.c: the graph of a training step shown, and its backpropagation held against central differences. */
#include "train/train.h"

/* Room for what the loss of a step is given. */
enum { MOST_BINDINGS = LUGE__MAX_MODEL_INPUTS + LUGE_MAX_OUTPUTS + 1 };

static void bind(const luge__step *s, luge_val input, const void *data, luge_binding *list, int *n)
{
    luge_node_info info;
    size_t bytes;
    if (!luge_is_some(input) || luge_node_info_of(s->graph, input, &info)) return;
    if (luge__shape_bytes(&info.shape, info.dtype, &bytes)) list[(*n)++] = (luge_binding){ input, data, bytes };
}

/* What the step's inputs are given, of the batch that is loaded; returns how many. */
static int bindings_of(const luge_model *m, const luge__step *s, luge_binding *list)
{
    int n = 0;
    for (int i = 0; i < m->n_inputs; i++) bind(s, s->inputs[i], m->batch.inputs[i], list, &n);
    for (int i = 0; i < m->n_outputs; i++) bind(s, s->targets[i], m->batch.targets[i], list, &n);
    if (s->key.weighted) bind(s, s->weights, m->batch.weights, list, &n);
    return n;
}

/* The key of a step of all rows as one batch, where the model can be trained on them. */
static luge_status key_for(luge_model *m, const char *who, luge_dataset *data, luge__mode mode, luge__step_key *key)
{
    luge_status status = luge__trainable(m, who);
    if (!status) status = luge__check_data(m, who, data, 1);
    if (!status) status = luge__step_key_for(m, who, data, mode, luge_dataset_count(data, LUGE_WEIGHTS) > 0, key);
    if (!status) key->rows = luge_dataset_rows(data);
    return status;
}

luge_status luge_training_graph_of(luge_model *model, luge_dataset *batch, luge_training_graph *out,
                                   luge_val *gradients)
{
    luge__step_key key;
    luge__step step = { .gradients = gradients };
    if (!out) return luge__fail(model ? model->ctx : NULL, LUGE_EINVAL, "training_graph: the result is NULL");
    *out = (luge_training_graph){ .graph = NULL };
    luge_status status = luge__model_ready_for(model, "training_graph", batch);
    if (!status) status = key_for(model, "training_graph", batch, LUGE__TRAIN, &key);
    if (!status) status = luge__step_build(model, &key, &step);
    if (!status) status = luge__batch_load_range(model, batch, &step, 0, key.rows, NULL, 0);
    if (!status) {
        *out = (luge_training_graph){ .graph = step.graph, .loss = step.loss };
        out->n_bindings = bindings_of(model, &step, out->bindings);
        step.graph = NULL;
        luge__write_rate(model, luge__next_rate(model));
    }
    luge__step_drop(&step);
    if (model) luge__model_renew(model);
    return status;
}

static luge_status check_weights(luge_model *m, const luge__step *s, const luge_check_options *options,
                                 luge_check_result *results, int n)
{
    luge_binding bindings[MOST_BINDINGS];
    luge_check_options o = *options;
    const size_t bytes = (size_t)n * sizeof(luge_val);
    luge_val *weights = luge__alloc(m->ctx, bytes);
    int k = 0;
    if (n && !weights) return LUGE_ENOMEM;
    for (size_t i = 0; i < m->n_weights; i++)
        if (m->weights[i].trainable) weights[k++] = luge_node_at(s->graph, m->weights[i].value.id);
    o.bindings = bindings;
    o.n_bindings = bindings_of(m, s, bindings);
    const luge_status status = luge_check_gradients(s->graph, s->loss, weights, n, &o, results);
    luge__release(m->ctx, weights, bytes);
    luge__model_renew(m);
    return status;
}

luge_status luge_check_model(luge_model *model, luge_dataset *data, const luge_check_options *options,
                             luge_check_result *results, int n)
{
    luge__step_key key;
    luge_check_options o;
    luge_status status = luge__model_ready_for(model, "check_model", data);
    if (!status && options) status = luge__read_options(model->ctx, "check_model", &o, sizeof o, options);
    if (!status && !options) o = (luge_check_options){ .size = sizeof o };
    if (!status) status = key_for(model, "check_model", data, LUGE__INSPECT, &key);
    int trained = 0;
    for (size_t i = 0; !status && i < model->n_weights; i++) trained += model->weights[i].trainable != 0;
    if (!status && (n != trained || !results))
        return luge__fail(model->ctx, LUGE_EINVAL, "check_model: results for %d weights are expected, not %d", trained,
                          n);
    if (status) return status;
    luge__step *step = luge__step_for(model, &key);
    if (!step) return luge_failure(model->ctx);
    status = luge__batch_load_range(model, data, step, 0, key.rows, NULL, 0);
    return status ? status : check_weights(model, step, &o, results, n);
}
