/* model.c: a model comes to be: weights, inputs, a chain of layers or any graph, outputs. */
#include "train/train.h"

#include <string.h>

static void free_names(luge_context *ctx, char **names, int64_t n)
{
    for (int64_t i = 0; names && i < n; i++)
        if (names[i]) luge__release(ctx, names[i], strlen(names[i]) + 1);
    luge__release(ctx, names, (size_t)n * sizeof *names);
}

static void destroy(luge__object *object)
{
    luge_model *m = (luge_model *)(void *)object;
    luge_context *ctx = m->ctx;
    luge__compile_forget(m);
    luge__history_free(m);
    luge__release(ctx, m->pending, m->pending_capacity * sizeof *m->pending);
    luge__release(ctx, m->layers, m->layer_capacity * sizeof *m->layers);
    luge__release(ctx, m->weights, m->weight_capacity * sizeof *m->weights);
    luge__release(ctx, m->from, m->from_capacity * sizeof *m->from);
    luge__release(ctx, m->to, m->to_capacity * sizeof *m->to);
    luge__release(ctx, m->effects, m->effect_capacity * sizeof *m->effects);
    free_names(ctx, m->class_names, m->n_class_names);
    free_names(ctx, m->feature_names, m->n_feature_names);
    luge__notes_free(m);
    luge_graph_free(m->graph);
    luge__object_leave(&m->object);
    luge__release(ctx, m, sizeof *m);
}

void luge_model_free(luge_model *model)
{
    if (model) destroy(&model->object);
}

luge_status luge__copy_name(luge_context *ctx, const char *who, char to[LUGE__NAME_BYTES], const char *name)
{
    const size_t n = strlen(name);
    if (!n || n >= LUGE__NAME_BYTES)
        return luge__fail(ctx, LUGE_EINVAL, "%s: a name has %z characters; 1 to %d are expected", who, n,
                          LUGE__NAME_BYTES - 1);
    memcpy(to, name, n + 1);
    return LUGE_OK;
}

luge_model *luge_model_create_with(const luge_model_options *options)
{
    luge_model_options o;
    luge_context *ctx = options ? options->ctx : NULL;
    if (!ctx) {
        luge__fail(NULL, LUGE_EINVAL, "model: the context is NULL");
        return NULL;
    }
    if (luge_failed(ctx) || luge__read_options(ctx, "model", &o, sizeof o, options)) return NULL;
    if (o.dtype && o.dtype != LUGE_F32 && o.dtype != LUGE_F64) {
        luge__fail(ctx, LUGE_EDTYPE, "model: dtype is %T; f32 or f64 is expected", o.dtype);
        return NULL;
    }
    luge_model *m = luge__alloc(ctx, sizeof *m);
    if (!m) return NULL;
    m->ctx = ctx;
    m->object.ctx = ctx;
    m->dtype = o.dtype ? o.dtype : LUGE_F32;
    m->seed = o.seed ? o.seed : 1;
    m->graph = luge_graph_create(ctx);
    luge__object_enter(ctx, &m->object, destroy);
    if (!m->graph || luge__copy_name(ctx, "model", m->name, o.name ? o.name : "sequential")) {
        luge_model_free(m);
        return NULL;
    }
    return m;
}

void luge__model_renew(luge_model *m)
{
    luge__object_leave(&m->object);
    luge__object_enter(m->ctx, &m->object, destroy);
}

int luge__model_usable(luge_model *m, const char *who)
{
    if (!m) {
        luge__fail(NULL, LUGE_EINVAL, "%s: the model is NULL", who);
        return 0;
    }
    return !luge_failed(m->ctx);
}

int luge__model_changeable(luge_model *m, const char *who)
{
    if (!luge__model_usable(m, who)) return 0;
    if (m->fitting) luge__fail(m->ctx, LUGE_ESTATE, "%s: the model is being trained", who);
    return !m->fitting;
}

luge_status luge__refused(const luge_model *m)
{
    return m ? luge_failure(m->ctx) : LUGE_EINVAL;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

int luge__model_weight_index(const luge_model *m, const char *name)
{
    for (size_t i = 0; i < m->n_weights; i++)
        if (!strcmp(m->weights[i].name, name)) return (int)i;
    return -1;
}

enum { TRAINED_SLAB = 0, OTHER_SLAB = 15 };

int luge__model_add_weight(luge_model *m, const char *name, luge_dtype dtype, luge_shape shape,
                           luge_initializer initializer, int trainable)
{
    luge__weight w = { .initializer = initializer, .trainable = trainable };
    if (luge__copy_name(m->ctx, "model", w.name, name) ||
        luge__grow(m->ctx, &m->weights, sizeof w, &m->weight_capacity, m->n_weights + 1))
        return -1;
    w.value = luge_slab_variable(m->graph, name, dtype, shape, trainable ? TRAINED_SLAB : OTHER_SLAB);
    if (!luge_is_some(w.value)) return -1;
    m->weights[m->n_weights] = w;
    luge__compile_forget(m);
    return (int)m->n_weights++;
}

luge_status luge__model_initialize(luge_model *m)
{
    for (size_t i = 0; i < m->n_weights; i++) {
        luge__weight *w = &m->weights[i];
        luge_node_info info;
        if (w->initialized) continue;
        void *data = luge_data(m->graph, w->value);
        luge_status status = luge_node_info_of(m->graph, w->value, &info);
        if (!data || status) return status ? status : luge__refused(m);
        status = luge_initialize(w->initializer, info.dtype, info.shape, m->seed, (uint32_t)i, data);
        if (status) return luge__fail(m->ctx, status, "%s: %s", w->name, luge_last_error());
        w->initialized = 1;
    }
    return LUGE_OK;
}

size_t luge__value_bytes(const luge_graph *g, luge_val v)
{
    luge_node_info info;
    size_t bytes = 0;
    if (!luge_node_info_of(g, v, &info)) luge__shape_bytes(&info.shape, info.dtype, &bytes);
    return bytes;
}

size_t luge__weight_bytes(const luge_model *m, size_t index)
{
    return luge__value_bytes(m->graph, m->weights[index].value);
}

size_t luge__all_weight_bytes(const luge_model *m)
{
    size_t bytes = 0;
    for (size_t i = 0; i < m->n_weights; i++) bytes += luge__weight_bytes(m, i);
    return bytes;
}

luge_status luge__copy_weights(luge_model *m, unsigned char *memory, int into_model)
{
    for (size_t i = 0; i < m->n_weights; i++) {
        const size_t bytes = luge__weight_bytes(m, i);
        void *data = luge_data(m->graph, m->weights[i].value);
        if (!data) return luge__refused(m);
        if (bytes) memcpy(into_model ? data : memory, into_model ? memory : data, bytes);
        memory += bytes;
    }
    return LUGE_OK;
}

luge_val luge_model_weight(luge_model *model, const char *name, luge_shape shape, luge_initializer initializer)
{
    const luge_val none = { 0, 0 };
    if (!luge__model_changeable(model, "model_weight")) return none;
    if (!name) {
        luge__fail(model->ctx, LUGE_EINVAL, "model_weight: the name is NULL");
        return none;
    }
    const int i = luge__model_add_weight(model, name, model->dtype, shape, initializer, 1);
    return i < 0 ? none : model->weights[i].value;
}

/* ---- what layers leave in a model -------------------------------------------------------------------------------- */

luge_status luge__model_substitute(luge_model *m, luge_val from, luge_val to)
{
    const size_t n = m->n_substitutes + 1;
    if (luge__grow(m->ctx, &m->from, sizeof *m->from, &m->from_capacity, n) ||
        luge__grow(m->ctx, &m->to, sizeof *m->to, &m->to_capacity, n))
        return LUGE_ENOMEM;
    m->from[n - 1] = from;
    m->to[n - 1] = to;
    m->n_substitutes = n;
    return LUGE_OK;
}

luge_status luge__model_add_effect(luge_model *m, luge_val effect)
{
    if (luge__grow(m->ctx, &m->effects, sizeof effect, &m->effect_capacity, m->n_effects + 1)) return LUGE_ENOMEM;
    m->effects[m->n_effects++] = effect;
    return LUGE_OK;
}

/* ---- inputs, layers, outputs ------------------------------------------------------------------------------------- */

luge_val luge_model_input(luge_model *model, const char *name, luge_dtype dtype, luge_shape row)
{
    const luge_val none = { 0, 0 };
    if (!luge__model_changeable(model, "model_input")) return none;
    if (row.ndim < 0 || row.ndim >= LUGE_MAX_DIMS || model->n_inputs == LUGE__MAX_MODEL_INPUTS) {
        luge__fail(model->ctx, LUGE_EINVAL,
                   "model_input: a row of 0 to %d dimensions and at most %d inputs are expected, not %d and %d",
                   LUGE_MAX_DIMS - 1, LUGE__MAX_MODEL_INPUTS, (int)row.ndim, (int)model->n_inputs + 1);
        return none;
    }
    if (dtype && dtype != model->dtype && !luge__is_index(dtype)) {
        luge__fail(model->ctx, LUGE_EDTYPE, "model_input: dtype is %T; %T, i32 or i64 is expected", dtype,
                   model->dtype);
        return none;
    }
    luge_shape shape = { .ndim = row.ndim + 1, .dim = { LUGE__SAMPLE_ROWS } };
    for (int i = 0; i < row.ndim; i++) {
        shape.dim[i + 1] = row.dim[i];
        if (row.dim[i] >= 1) continue;
        luge__fail(model->ctx, LUGE_ESHAPE, "model_input: a row is %S; sizes of at least 1 are expected", &row);
        return none;
    }
    const luge_val x = luge_input(model->graph, name ? name : "input", dtype ? dtype : model->dtype, shape);
    if (!luge_is_some(x)) return none;
    luge__compile_forget(model);
    model->inputs[model->n_inputs++] = x;
    return x;
}

luge_val luge_call_layer(luge_model *model, const luge_layer *layer, luge_val x)
{
    luge_layer l;
    const luge_val none = { 0, 0 };
    if (!luge__model_changeable(model, "call_layer") ||
        luge__read_options(model->ctx, "call_layer", &l, sizeof l, layer))
        return none;
    return luge__layer_build(model, &l, x);
}

luge_status luge_model_outputs(luge_model *model, const luge_val *outputs, int n)
{
    if (!luge__model_changeable(model, "model_outputs")) return luge__refused(model);
    if (!outputs) return luge__fail(model->ctx, LUGE_EINVAL, "model_outputs: the outputs are NULL");
    if (n < 1 || n > LUGE_MAX_OUTPUTS)
        return luge__fail(model->ctx, LUGE_EINVAL, "model_outputs: 1 to %d outputs are expected, not %d",
                          LUGE_MAX_OUTPUTS, n);
    for (int i = 0; i < n; i++) {
        luge_node_info info;
        if (luge_node_info_of(model->graph, outputs[i], &info) || info.dtype != model->dtype || info.shape.ndim < 1)
            return luge__fail(model->ctx, LUGE_EINVAL,
                              "model_outputs: output %d is not a value of this model with a batch, of dtype %T", i,
                              model->dtype);
        model->outputs[i] = outputs[i];
    }
    model->n_outputs = n;
    luge__compile_forget(model);
    return LUGE_OK;
}

luge_graph *luge_model_graph(luge_model *model)
{
    return model ? model->graph : NULL;
}

/* ---- the chain --------------------------------------------------------------------------------------------------- */

static luge_status append_to_chain(luge_model *m, const luge_layer *layer)
{
    const int first = layer->kind == LUGE_INPUT;
    if (first && (m->n_inputs || m->n_pending))
        return luge__fail(m->ctx, LUGE_ESTATE, "add_layer: an input layer must come first");
    if (!first && m->n_outputs != 1)
        return luge__fail(m->ctx, LUGE_ESTATE, "add_layer: a chain has one end; this model has %d outputs",
                          (int)m->n_outputs);
    const luge_val x = first ? (luge_val){ 0, 0 } : m->outputs[0];
    const luge_val y = luge__layer_build(m, layer, x);
    if (!luge_is_some(y)) return luge__refused(m);
    m->outputs[0] = y;
    m->n_outputs = 1;
    m->chain = 1;
    return LUGE_OK;
}

luge_status luge_add_layer(luge_model *model, const luge_layer *layer)
{
    luge__pending_layer p = { .layer = { 0 } };
    if (!luge__model_changeable(model, "add_layer")) return luge__refused(model);
    luge_context *ctx = model->ctx;
    if (!layer) return luge__fail(ctx, LUGE_EINVAL, "add_layer: the layer is NULL");
    if (luge__read_options(ctx, "add_layer", &p.layer, sizeof p.layer, layer)) return luge__refused(model);
    if (model->n_inputs || p.layer.kind == LUGE_INPUT) return append_to_chain(model, &p.layer);
    if (luge__grow(ctx, &model->pending, sizeof p, &model->pending_capacity, model->n_pending + 1)) return LUGE_ENOMEM;
    if ((p.layer.name && luge__copy_name(ctx, "add_layer", p.name, p.layer.name)) ||
        (p.layer.share && luge__copy_name(ctx, "add_layer", p.share, p.layer.share)))
        return luge__refused(model);
    model->pending[model->n_pending++] = p;
    return LUGE_OK;
}

luge_status luge_build(luge_model *model, luge_shape row)
{
    if (!luge__model_changeable(model, "build")) return luge__refused(model);
    if (model->n_inputs) return luge__fail(model->ctx, LUGE_ESTATE, "build: the model is built already");
    const luge_val x = luge_model_input(model, NULL, LUGE_NO_DTYPE, row);
    if (!luge_is_some(x)) return luge__refused(model);
    model->outputs[0] = x;
    model->n_outputs = 1;
    for (size_t i = 0; i < model->n_pending; i++) {
        luge__pending_layer *p = &model->pending[i];
        p->layer.name = *p->name ? p->name : NULL;
        p->layer.share = *p->share ? p->share : NULL;
        const luge_status status = append_to_chain(model, &p->layer);
        if (status) return status;
    }
    model->n_pending = 0;
    return LUGE_OK;
}

luge_status luge__model_ready(luge_model *m, const char *who)
{
    if (!luge__model_usable(m, who)) return luge__refused(m);
    if (m->n_pending)
        return luge__fail(m->ctx, LUGE_ESTATE, "%s: the shape of a row is not known yet; add an input layer first",
                          who);
    if (!m->n_inputs || !m->n_outputs)
        return luge__fail(m->ctx, LUGE_ESTATE, "%s: the model has %s", who, m->n_inputs ? "no outputs" : "no layers");
    return luge__model_initialize(m);
}

/* Integer rows feed an embedding as they are. */
static luge_dtype input_dtype(const luge_model *m)
{
    return m->n_pending && m->pending[0].layer.kind == LUGE_EMBEDDING ? LUGE_I32 : m->dtype;
}

luge_status luge__model_ready_for(luge_model *m, const char *who, luge_dataset *data)
{
    luge_column_info column;
    if (!luge__model_usable(m, who)) return luge__refused(m);
    if (!data) return luge__fail(m->ctx, LUGE_EINVAL, "%s: the data set is NULL", who);
    if (m->n_pending && luge_dataset_count(data, LUGE_FEATURES) > 0) {
        if (input_dtype(m) != m->dtype)
            return luge__fail(m->ctx, LUGE_ESTATE,
                              "%s: before an embedding, add luge_input_layer(shape, .dtype = LUGE_I32)", who);
        luge_status status = luge_dataset_column(data, LUGE_FEATURES, 0, &column);
        if (!status) status = luge_build(m, column.shape);
        if (status) return status;
    }
    return luge__model_ready(m, who);
}
