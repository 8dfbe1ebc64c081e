/* check.c: backpropagation through a model held against central differences. */
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

static luge_status check_weights(luge_model *m, const luge__step *s, const luge_check_options *options,
                                 luge_check_result *results, int n)
{
    luge_binding bindings[MOST_BINDINGS];
    luge_check_options o = *options;
    const size_t bytes = (size_t)n * sizeof(luge_val);
    luge_val *weights = luge__alloc(m->ctx, bytes);
    int count = 0, k = 0;
    if (n && !weights) return LUGE_ENOMEM;
    for (int i = 0; i < m->n_inputs; i++) bind(s, s->inputs[i], m->batch.inputs[i], bindings, &count);
    for (int i = 0; i < m->n_outputs; i++) bind(s, s->targets[i], m->batch.targets[i], bindings, &count);
    if (s->key.weighted) bind(s, s->weights, m->batch.weights, bindings, &count);
    for (size_t i = 0; i < m->n_weights; i++)
        if (m->weights[i].trainable) weights[k++] = luge_node_at(s->graph, m->weights[i].value.id);
    o.bindings = bindings;
    o.n_bindings = count;
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
    if (!status) status = luge__trainable(model, "check_model");
    if (!status) status = luge__check_data(model, "check_model", data, 1);
    int trained = 0;
    for (size_t i = 0; !status && i < model->n_weights; i++) trained += model->weights[i].trainable != 0;
    if (!status && (n != trained || !results))
        return luge__fail(model->ctx, LUGE_EINVAL, "check_model: results for %d weights are expected, not %d", trained,
                          n);
    if (!status)
        status = luge__step_key_for(model, "check_model", data, LUGE__INSPECT,
                                    luge_dataset_count(data, LUGE_WEIGHTS) > 0, &key);
    if (status) return status;
    key.rows = luge_dataset_rows(data);
    luge__step *step = luge__step_for(model, &key);
    if (!step) return luge_failure(model->ctx);
    status = luge__batch_load_range(model, data, step, 0, key.rows, NULL, 0);
    return status ? status : check_weights(model, step, &o, results, n);
}
