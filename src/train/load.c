/* load.c: a model out of a file. The file may come from anywhere: whatever it says is checked before it is used. */
#include "luge/io.h"
#include "train/file.h"
#include "train/graph_json.h"

#include <string.h>

/* What one load needs. */
typedef struct loading {
    luge_context *ctx;
    luge_model *m;
    luge_tensor_file *tensors;
    luge__json *doc;
    const char *who;
    unsigned char *constant; /* elements of the constant that is being read */
    size_t constant_bytes;
} loading;

static luge_status bad(const loading *l, const char *what)
{
    return luge__fail(l->ctx, LUGE_EFORMAT, "%s: %s", l->who, what);
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

/* Index of the tensor with that name, dtype and shape; -1 after a message. */
static int expect_tensor(const loading *l, const char *name, luge_dtype dtype, const luge_shape *shape)
{
    luge_tensor_info info;
    const int i = luge_tensor_find(l->tensors, name);
    if (i < 0 || luge_tensor_at(l->tensors, i, &info)) {
        luge__fail(l->ctx, LUGE_EFORMAT, "%s: there is no tensor \"%s\"", l->who, name);
        return -1;
    }
    if (info.dtype == dtype && luge__shape_equal(&info.shape, shape)) return i;
    luge__fail(l->ctx, LUGE_EFORMAT, "%s: tensor \"%s\" is %s %S; %T %S is expected", l->who, name, info.dtype_name,
               &info.shape, dtype, shape);
    return -1;
}

static luge_status read_variable(loading *l, luge_graph *g, luge_val v)
{
    luge_node_info info;
    size_t bytes;
    luge_status status = luge_node_info_of(g, v, &info);
    if (status) return status;
    const int i = expect_tensor(l, info.name, info.dtype, &info.shape);
    void *data = i < 0 ? NULL : luge_data(g, v);
    if (!data) return luge_failure(l->ctx);
    if (!luge__shape_bytes(&info.shape, info.dtype, &bytes)) return bad(l, "a variable is too large");
    return luge_tensor_read(l->tensors, i, data, bytes);
}

/* A variable is made only where the file has its elements: memory is bounded by the file. */
static luge_status allow_variable(void *user, uint32_t id, const char *name, luge_dtype dtype, const luge_shape *shape)
{
    const loading *l = user;
    (void)id;
    return expect_tensor(l, name, dtype, shape) < 0 ? LUGE_EFORMAT : LUGE_OK;
}

static const void *read_constant(void *user, uint32_t id, luge_dtype dtype, const luge_shape *shape, size_t bytes)
{
    loading *l = user;
    char name[40];
    static const char nothing[1] = { 0 };
    luge__format(name, sizeof name, "constant/%d", (int)id);
    const int i = expect_tensor(l, name, dtype, shape);
    luge__release(l->ctx, l->constant, l->constant_bytes);
    l->constant = NULL;
    l->constant_bytes = 0;
    if (i < 0) return NULL;
    if (!bytes) return nothing;
    if (!(l->constant = luge__alloc(l->ctx, bytes))) return NULL;
    l->constant_bytes = bytes;
    return luge_tensor_read(l->tensors, i, l->constant, bytes) ? NULL : l->constant;
}

/* ---- members of the metadata ------------------------------------------------------------------------------------- */

/* A node of the graph; with `optional`, also none. */
static int get_node(const loading *l, uint32_t v, int optional, luge_val *out)
{
    uint64_t id;
    if (!luge__json_get_uint(l->doc, v, &id) || id > luge_node_count(l->m->graph) || (!id && !optional)) return 0;
    *out = id ? luge_node_at(l->m->graph, (uint32_t)id) : (luge_val){ 0, 0 };
    return 1;
}

/* An array of nodes into room for `capacity`; how many, or -1. */
static int64_t get_nodes(const loading *l, uint32_t object, const char *key, luge_val *out, size_t capacity)
{
    int64_t n = 0;
    const uint32_t array = luge__json_member(l->doc, object, key);
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY || luge__json_size(l->doc, array) > capacity) return -1;
    for (uint32_t v = luge__json_first(l->doc, array); v; v = luge__json_next(l->doc, v))
        if (!get_node(l, v, 0, &out[n++])) return -1;
    return n;
}

static int has_op(const loading *l, luge_val v, const char *op, luge_dtype dtype)
{
    luge_node_info info;
    return !luge_node_info_of(l->m->graph, v, &info) && !strcmp(info.op, op) && (!dtype || info.dtype == dtype);
}

static luge_status read_inputs(loading *l, uint32_t object)
{
    luge_model *m = l->m;
    const int64_t inputs = get_nodes(l, object, "inputs", m->inputs, LUGE__MAX_MODEL_INPUTS);
    const int64_t outputs = get_nodes(l, object, "outputs", m->outputs, LUGE_MAX_OUTPUTS);
    if (inputs < 1 || outputs < 1) return bad(l, "\"inputs\" or \"outputs\" is missing or names no nodes");
    for (int64_t i = 0; i < inputs; i++) {
        const luge_shape s = luge_shape_of_val(m->graph, m->inputs[i]);
        if (!has_op(l, m->inputs[i], "input", LUGE_NO_DTYPE) || s.ndim < 1 || s.dim[0] != LUGE__SAMPLE_ROWS)
            return bad(l, "\"inputs\" names a node that is no input of rows");
        for (int64_t k = 0; k < i; k++)
            if (m->inputs[k].id == m->inputs[i].id) return bad(l, "\"inputs\" names a node twice");
    }
    for (uint32_t id = 1, found = 0; id <= luge_node_count(m->graph); id++) {
        found += (uint32_t)has_op(l, luge_node_at(m->graph, id), "input", LUGE_NO_DTYPE);
        if (found > (uint64_t)inputs) return bad(l, "the graph has an input that \"inputs\" does not name");
    }
    for (int64_t i = 0; i < outputs; i++) {
        luge_node_info info;
        if (luge_node_info_of(m->graph, m->outputs[i], &info) || info.dtype != m->dtype || info.shape.ndim < 1)
            return bad(l, "\"outputs\" names a node that is no value of the model's dtype");
    }
    m->n_inputs = (int32_t)inputs;
    m->n_outputs = (int32_t)outputs;
    return LUGE_OK;
}

static luge_status read_substitutes(loading *l, uint32_t object)
{
    luge_model *m = l->m;
    const uint32_t from = luge__json_member(l->doc, object, "training_values");
    const uint32_t effects = luge__json_member(l->doc, object, "effects");
    const size_t n = luge__json_size(l->doc, from), n_effects = luge__json_size(l->doc, effects);
    if (luge__grow(l->ctx, &m->from, sizeof *m->from, &m->from_capacity, n + 1) ||
        luge__grow(l->ctx, &m->to, sizeof *m->to, &m->to_capacity, n + 1) ||
        luge__grow(l->ctx, &m->effects, sizeof *m->effects, &m->effect_capacity, n_effects + 1))
        return LUGE_ENOMEM;
    if (get_nodes(l, object, "training_values", m->from, n) != (int64_t)n ||
        get_nodes(l, object, "inference_values", m->to, n) != (int64_t)n ||
        get_nodes(l, object, "effects", m->effects, n_effects) != (int64_t)n_effects)
        return bad(l, "\"training_values\", \"inference_values\" or \"effects\" is missing or names no nodes");
    for (size_t i = 0; i < n_effects; i++)
        if (!has_op(l, m->effects[i], "assign", LUGE_NO_DTYPE))
            return bad(l, "\"effects\" names a node that is no assign");
    m->n_substitutes = n;
    m->n_effects = n_effects;
    if (!get_node(l, luge__json_member(l->doc, object, "random"), 1, &m->random))
        return bad(l, "\"random\" is missing or names no node");
    const luge_shape state = luge_shape_of_val(m->graph, m->random);
    if (luge_is_some(m->random) &&
        (!has_op(l, m->random, "variable", LUGE_I64) || state.ndim != 1 || state.dim[0] != 2))
        return bad(l, "\"random\" names a node that is no random state");
    return LUGE_OK;
}

static luge_status read_name(loading *l, uint32_t object, const char *key, char to[LUGE__NAME_BYTES])
{
    const char *name = luge__json_get_string(l->doc, luge__json_member(l->doc, object, key));
    if (!name) return bad(l, "a name is missing");
    return luge__copy_name(l->ctx, l->who, to, name);
}

static luge_status read_weight(loading *l, uint32_t object, luge__weight *w)
{
    luge_node_info info;
    luge_status status = read_name(l, object, "name", w->name);
    if (status) return status;
    if (!get_node(l, luge__json_member(l->doc, object, "node"), 0, &w->value) ||
        luge_node_info_of(l->m->graph, w->value, &info) || strcmp(info.op, "variable") || strcmp(info.name, w->name) ||
        info.dtype != l->m->dtype)
        return luge__fail(l->ctx, LUGE_EFORMAT, "%s: weight \"%s\" is no variable of that name", l->who, w->name);
    int trainable;
    if (!luge__json_get_bool(l->doc, luge__json_member(l->doc, object, "trainable"), &trainable) ||
        !luge__json_get_number(l->doc, luge__json_member(l->doc, object, "l1"), &w->l1) ||
        !luge__json_get_number(l->doc, luge__json_member(l->doc, object, "l2"), &w->l2) || !(w->l1 >= 0) ||
        !(w->l2 >= 0))
        return luge__fail(l->ctx, LUGE_EFORMAT, "%s: weight \"%s\": a member is missing or out of range", l->who,
                          w->name);
    w->trainable = trainable;
    w->initialized = 1;
    return read_variable(l, l->m->graph, w->value);
}

static luge_status read_weights(loading *l, uint32_t model)
{
    luge_model *m = l->m;
    const uint32_t array = luge__json_member(l->doc, model, "weights");
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY) return bad(l, "\"weights\" is missing");
    luge_status status = luge__grow(l->ctx, &m->weights, sizeof *m->weights, &m->weight_capacity,
                                    (size_t)luge__json_size(l->doc, array) + 1);
    uint32_t last = 0;
    for (uint32_t v = luge__json_first(l->doc, array); v && !status; v = luge__json_next(l->doc, v)) {
        luge__weight *w = &m->weights[m->n_weights];
        status = read_weight(l, v, w);
        if (!status && w->value.id <= last) status = bad(l, "\"weights\" are not in the order of their nodes");
        last = w->value.id;
        if (!status) m->n_weights++;
    }
    if (!status && luge_is_some(m->random)) status = read_variable(l, m->graph, m->random);
    return status;
}

static luge_status read_layer(loading *l, uint32_t object, luge__layer_note *note)
{
    luge_model *m = l->m;
    int64_t first, weights, shared;
    const char *kind = luge__json_get_string(l->doc, luge__json_member(l->doc, object, "kind"));
    luge_status status = read_name(l, object, "name", note->name);
    if (status) return status;
    for (int k = LUGE_INPUT; kind && strcmp(luge_layer_kind_name((luge_layer_kind)k), "?"); k++)
        if (!strcmp(kind, luge_layer_kind_name((luge_layer_kind)k))) note->kind = (luge_layer_kind)k;
    if (!note->kind)
        return luge__fail(l->ctx, LUGE_EFORMAT, "%s: layer \"%s\" is of the unknown kind \"%s\"", l->who, note->name,
                          kind ? kind : "");
    if (!get_node(l, luge__json_member(l->doc, object, "input"), 1, &note->input) ||
        !get_node(l, luge__json_member(l->doc, object, "output"), 0, &note->output) ||
        !luge__json_get_int(l->doc, luge__json_member(l->doc, object, "first_weight"), &first) ||
        !luge__json_get_int(l->doc, luge__json_member(l->doc, object, "weights"), &weights) ||
        !luge__json_get_int(l->doc, luge__json_member(l->doc, object, "shared"), &shared) || first < 0 || weights < 0 ||
        first > (int64_t)m->n_weights || weights > (int64_t)m->n_weights - first || shared < 0 ||
        shared > (int64_t)m->n_layers || luge_shape_of_val(m->graph, note->output).ndim < 1)
        return luge__fail(l->ctx, LUGE_EFORMAT, "%s: layer \"%s\": a member is missing or out of range", l->who,
                          note->name);
    if (note->kind == LUGE_NORMALIZATION && !shared && weights != 2)
        return luge__fail(l->ctx, LUGE_EFORMAT, "%s: layer \"%s\" has not two weights", l->who, note->name);
    note->first_weight = (int32_t)first;
    note->n_weights = (int32_t)weights;
    note->shared = (int32_t)shared;
    for (int64_t i = first; i < first + weights; i++) {
        const luge_shape s = luge_shape_of_val(m->graph, m->weights[i].value);
        if (note->kind == LUGE_NORMALIZATION && s.ndim != 1) return bad(l, "a normalization's weight is no vector");
        note->parameters += luge_shape_size(&s);
    }
    return LUGE_OK;
}

static luge_status read_layers(loading *l, uint32_t model)
{
    luge_model *m = l->m;
    const uint32_t array = luge__json_member(l->doc, model, "layers");
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY) return bad(l, "\"layers\" is missing");
    luge_status status = luge__grow(l->ctx, &m->layers, sizeof *m->layers, &m->layer_capacity,
                                    (size_t)luge__json_size(l->doc, array) + 1);
    for (uint32_t v = luge__json_first(l->doc, array); v && !status; v = luge__json_next(l->doc, v)) {
        m->layers[m->n_layers] = (luge__layer_note){ .kind = (luge_layer_kind)0 };
        status = read_layer(l, v, &m->layers[m->n_layers]);
        if (!status) m->n_layers++;
    }
    return status;
}

static luge_status read_names(loading *l, uint32_t model, const char *key, char ***to, int64_t *n)
{
    const uint32_t array = luge__json_member(l->doc, model, key);
    const size_t count = luge__json_size(l->doc, array);
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY) return bad(l, "a list of names is missing");
    if (!count) return LUGE_OK;
    const char **names = luge__alloc(l->ctx, count * sizeof *names);
    if (!names) return LUGE_ENOMEM;
    size_t i = 0;
    for (uint32_t v = luge__json_first(l->doc, array); v; v = luge__json_next(l->doc, v))
        names[i++] = luge__json_get_string(l->doc, v); /* null where there is none */
    const luge_status status = luge__set_names(l->m, to, n, names, (int64_t)count);
    luge__release(l->ctx, names, count * sizeof *names);
    return status;
}

static luge_status read_model(loading *l, uint32_t root)
{
    luge_model *m = l->m;
    const uint32_t model = luge__json_member(l->doc, root, "model");
    const luge__graph_leaves leaves = { .user = l, .variable = allow_variable, .constant = read_constant };
    luge_status status = read_name(l, model, "name", m->name);
    if (!status) status = luge__numbers_read(l->ctx, l->who, l->doc, model, luge__model_numbers, m);
    if (!status)
        status = luge__graph_read(l->ctx, m->graph, l->who, l->doc, luge__json_member(l->doc, root, "graph"), &leaves);
    if (!status) status = read_inputs(l, model);
    if (!status) status = read_substitutes(l, model);
    if (!status) status = read_weights(l, model);
    if (!status) status = read_layers(l, model);
    if (!status) status = read_names(l, model, "class_names", &m->class_names, &m->n_class_names);
    if (!status) status = read_names(l, model, "feature_names", &m->feature_names, &m->n_feature_names);
    return status;
}

/* ---- what was compiled ------------------------------------------------------------------------------------------- */

static luge_status read_schedule(loading *l, uint32_t object, luge_schedule *s)
{
    luge_status status = luge__numbers_read(l->ctx, l->who, l->doc, object, luge__schedule_numbers, s);
    const uint32_t boundaries = luge__json_member(l->doc, object, "boundaries");
    const uint32_t values = luge__json_member(l->doc, object, "values");
    const int room = (int)(sizeof s->boundaries / sizeof *s->boundaries);
    if (!status && (s->n_boundaries < 0 || s->n_boundaries > room ||
                    luge__json_size(l->doc, boundaries) != (uint32_t)s->n_boundaries ||
                    luge__json_size(l->doc, values) != (uint32_t)s->n_boundaries + 1))
        return bad(l, "\"boundaries\" and \"values\" of the schedule do not fit");
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, boundaries); v && !status; v = luge__json_next(l->doc, v), i++)
        if (!luge__json_get_int(l->doc, v, &s->boundaries[i])) status = bad(l, "a boundary is no integer");
    i = 0;
    for (uint32_t v = luge__json_first(l->doc, values); v && !status; v = luge__json_next(l->doc, v), i++)
        if (!luge__json_get_number(l->doc, v, &s->values[i])) status = bad(l, "a rate is no number");
    return status;
}

static luge_status read_losses(loading *l, uint32_t compiled, luge_compile_options *o)
{
    const uint32_t losses = luge__json_member(l->doc, compiled, "losses");
    const uint32_t weights = luge__json_member(l->doc, compiled, "loss_weights");
    const uint32_t metrics = luge__json_member(l->doc, compiled, "metrics");
    if (luge__json_size(l->doc, losses) > LUGE_MAX_OUTPUTS || luge__json_size(l->doc, weights) > LUGE_MAX_OUTPUTS ||
        luge__json_size(l->doc, metrics) > LUGE_MAX_METRICS)
        return bad(l, "there are too many losses or metrics");
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, losses); v; v = luge__json_next(l->doc, v), i++) {
        int64_t loss;
        if (!luge__json_get_int(l->doc, v, &loss) || loss < 0 || loss > 1000) return bad(l, "a loss is unknown");
        o->losses[i] = (luge_loss)loss;
    }
    i = 0;
    for (uint32_t v = luge__json_first(l->doc, weights); v; v = luge__json_next(l->doc, v), i++)
        if (!luge__json_get_number(l->doc, v, &o->loss_weights[i])) return bad(l, "a loss weight is no number");
    i = 0;
    for (uint32_t v = luge__json_first(l->doc, metrics); v; v = luge__json_next(l->doc, v), i++) {
        const char *name = luge__json_get_string(l->doc, v);
        o->metrics[i] = luge_metric_named(name ? name : "");
        if (!o->metrics[i]) return bad(l, "a metric is unknown");
    }
    return LUGE_OK;
}

/* Resolved settings have zeros that are meant. */
static void keep_zeros(luge_optimizer *o)
{
    double *const numbers[] = { &o->learning_rate,       &o->rho,         &o->beta1, &o->beta2, &o->epsilon,
                                &o->initial_accumulator, &o->weight_decay };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (*numbers[i] == 0) *numbers[i] = LUGE_ZERO;
}

static luge_status read_compiled(loading *l, uint32_t compiled)
{
    luge_compile_options o = { .size = sizeof o };
    luge_optimizer optimizer = { .size = sizeof optimizer };
    luge_schedule schedule = { .size = sizeof schedule };
    const uint32_t object = luge__json_member(l->doc, compiled, "optimizer");
    const uint32_t rates = luge__json_member(l->doc, object, "schedule");
    luge_status status = luge__numbers_read(l->ctx, l->who, l->doc, compiled, luge__compile_numbers, &o);
    if (!status) status = read_losses(l, compiled, &o);
    if (!status) status = luge__numbers_read(l->ctx, l->who, l->doc, object, luge__optimizer_numbers, &optimizer);
    if (!status && rates) status = read_schedule(l, rates, &schedule);
    if (status) return status;
    keep_zeros(&optimizer);
    if (rates) optimizer.schedule = &schedule;
    o.optimizer = &optimizer;
    return luge__compile(l->m, &o);
}

/* ---- where training stood ---------------------------------------------------------------------------------------- */

static luge_status read_state(loading *l)
{
    luge_model *m = l->m;
    luge_status status = luge__model_state(m);
    if (!status) status = read_variable(l, m->state, m->iterations);
    for (size_t i = 0; i < m->n_slots; i++)
        for (int k = 0; k < LUGE__SLOT_KINDS && !status; k++) {
            const luge_val slot = *luge__slot(&m->slots[i], k);
            if (luge_is_some(slot)) status = read_variable(l, m->state, slot);
        }
    return status;
}

/* A tensor of doubles with `ndim` dimensions; NULL (no error) where there is none. The caller releases `bytes`. */
static double *read_doubles(loading *l, const char *name, int ndim, luge_shape *shape, size_t *bytes,
                            luge_status *status)
{
    luge_tensor_info info;
    const int i = luge_tensor_find(l->tensors, name);
    *status = LUGE_OK;
    if (i < 0) return NULL;
    *status = luge_tensor_at(l->tensors, i, &info);
    if (!*status && (info.dtype != LUGE_F64 || info.shape.ndim != ndim || !info.bytes))
        *status = luge__fail(l->ctx, LUGE_EFORMAT, "%s: tensor \"%s\" is not F64 of %d dimensions", l->who, name, ndim);
    if (*status) return NULL;
    double *values = luge__alloc(l->ctx, *bytes = info.bytes);
    *shape = info.shape;
    *status = values ? luge_tensor_read(l->tensors, i, values, info.bytes) : LUGE_ENOMEM;
    if (!*status) return values;
    luge__release(l->ctx, values, *bytes);
    return NULL;
}

static luge_status read_history(loading *l, uint32_t training)
{
    luge_shape shape;
    size_t bytes;
    luge_status status;
    const char *names[LUGE__MAX_LOGS];
    const uint32_t list = luge__json_member(l->doc, training, "history");
    const int64_t n = luge__json_size(l->doc, list);
    double *values = read_doubles(l, "training/history", 2, &shape, &bytes, &status);
    if (!values) return status;
    if (n > LUGE__MAX_LOGS || n != shape.dim[1]) status = bad(l, "\"history\" does not fit its tensor");
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, list); v && !status; v = luge__json_next(l->doc, v)) {
        names[i] = luge__json_get_string(l->doc, v);
        if (!names[i] || !*names[i] || strlen(names[i]) > 31)
            status = bad(l, "a name of \"history\" is missing or too long");
        for (int k = 0; k < i && !status; k++)
            if (!strcmp(names[k], names[i])) status = bad(l, "a name of \"history\" is there twice");
        i++;
    }
    for (int64_t e = 0; e < shape.dim[0] && !status; e++)
        status = luge__history_add(l->m, e, (int)n, names, values + e * n);
    luge__release(l->ctx, values, bytes);
    return status;
}

static luge_status read_metrics(loading *l)
{
    luge_model *m = l->m;
    luge_shape shape;
    size_t bytes;
    luge_status status;
    if (!m->step || !m->n_metrics) return LUGE_OK;
    double *values = read_doubles(l, "training/metrics", 1, &shape, &bytes, &status);
    if (!values) return status ? status : bad(l, "there is no tensor \"training/metrics\"");
    m->metrics = luge__metrics_create(m, m->options.metrics, m->n_metrics, 0);
    status = m->metrics ? luge_metric_state_set(m->metrics, values, (size_t)shape.dim[0]) : luge_failure(l->ctx);
    luge__release(l->ctx, values, bytes);
    return status;
}

static luge_status read_best(loading *l, int c)
{
    luge_model *m = l->m;
    luge__callback_state *s = &m->callbacks[c];
    s->weight_bytes = luge__all_weight_bytes(m);
    if (!s->weight_bytes) return LUGE_OK;
    if (!(s->weights = luge__alloc(l->ctx, s->weight_bytes))) return LUGE_ENOMEM;
    unsigned char *at = s->weights;
    for (size_t i = 0; i < m->n_weights; i++) {
        char name[LUGE__NAME_BYTES + 40];
        luge_node_info info;
        luge_status status = luge_node_info_of(m->graph, m->weights[i].value, &info);
        luge__format(name, sizeof name, "training/best_%d/%s", c, m->weights[i].name);
        const int k = status ? -1 : expect_tensor(l, name, info.dtype, &info.shape);
        if (k < 0) return luge_failure(l->ctx);
        const size_t bytes = luge__weight_bytes(m, i);
        if ((status = luge_tensor_read(l->tensors, k, at, bytes))) return status;
        at += bytes;
    }
    return LUGE_OK;
}

static luge_status read_callbacks(loading *l, uint32_t training)
{
    const uint32_t list = luge__json_member(l->doc, training, "callbacks");
    if (luge__json_kind(l->doc, list) != LUGE__JSON_ARRAY || luge__json_size(l->doc, list) > LUGE_MAX_CALLBACKS)
        return bad(l, "\"callbacks\" is missing or too long");
    luge_status status = LUGE_OK;
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, list); v && !status; v = luge__json_next(l->doc, v), i++) {
        luge__callback_state *s = &l->m->callbacks[i];
        status = luge__numbers_read(l->ctx, l->who, l->doc, v, luge__callback_numbers, s);
        if (!status && s->has_weights) status = read_best(l, i);
    }
    return status;
}

static luge_status read_training(loading *l, uint32_t root)
{
    luge_model *m = l->m;
    const uint32_t compiled = luge__json_member(l->doc, root, "compiled");
    const uint32_t training = luge__json_member(l->doc, root, "training");
    if (!compiled) return LUGE_OK;
    luge_status status = read_compiled(l, compiled);
    if (!status) status = luge__numbers_read(l->ctx, l->who, l->doc, training, luge__training_numbers, m);
    if (!status &&
        (m->epoch < 0 || m->step < 0 || m->updates < 0 || m->order < 0 || !(m->rate >= 0) || m->batch_size < 0))
        return bad(l, "a number of \"training\" is negative");
    if (!status && luge_tensor_find(l->tensors, "optimizer/iterations") >= 0) status = read_state(l);
    if (!status && m->swapped && !(m->state && m->optimizer.average_momentum > 0))
        return bad(l, "\"swapped\" is set, but there are no averages");
    if (!status) status = read_history(l, training);
    if (!status) status = read_metrics(l);
    return status ? status : read_callbacks(l, training);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static luge_status check_version(const loading *l, uint32_t root)
{
    int64_t version = 0;
    if (!luge__json_get_int(l->doc, luge__json_member(l->doc, root, "version"), &version) || version < 1)
        return bad(l, "the metadata has no version");
    if (version > LUGE__FILE_VERSION)
        return luge__fail(l->ctx, LUGE_ENOTSUP, "%s: the file is of version %l; this library reads up to version %d",
                          l->who, version, LUGE__FILE_VERSION);
    const char *set = luge__json_get_string(l->doc, luge__json_member(l->doc, root, "instruction_set"));
    if (set && strcmp(set, luge_instruction_set(l->ctx)) != 0)
        luge__log(l->ctx, LUGE_LOG_INFO, "%s: trained with %s, now %s: going on gives other low bits", l->who, set,
                  luge_instruction_set(l->ctx));
    return LUGE_OK;
}

static luge_status read_notes(loading *l, uint32_t root)
{
    const uint32_t notes = luge__json_member(l->doc, root, "notes");
    luge_status status = LUGE_OK;
    for (uint32_t v = luge__json_first(l->doc, notes); v && !status; v = luge__json_next(l->doc, v)) {
        const char *key = luge__json_key_of(l->doc, v), *text = luge__json_get_string(l->doc, v);
        status = key && *key && text ? luge_set_note(l->m, key, text) : bad(l, "a note has no key or is no text");
    }
    return status;
}

static luge_status read_file(loading *l)
{
    const char *text = luge_tensor_metadata(l->tensors, "luge");
    if (!text) return bad(l, "a safetensors file, but not a model of luge: its metadata has no \"luge\"");
    if (!(l->doc = luge__json_parse(l->ctx, l->who, text, strlen(text)))) return luge_failure(l->ctx);
    const uint32_t root = luge__json_root(l->doc), model = luge__json_member(l->doc, root, "model");
    luge_status status = check_version(l, root);
    if (status) return status;
    const char *dtype = luge__json_get_string(l->doc, luge__json_member(l->doc, model, "dtype"));
    if (!dtype || (strcmp(dtype, "f32") && strcmp(dtype, "f64"))) return bad(l, "\"dtype\" is neither f32 nor f64");
    const luge_model_options o = { .size = sizeof o, .ctx = l->ctx, .dtype = dtype[1] == '3' ? LUGE_F32 : LUGE_F64 };
    if (!(l->m = luge_model_create_with(&o))) return luge_failure(l->ctx);
    status = read_model(l, root);
    if (!status) status = read_training(l, root);
    if (!status) status = read_notes(l, root);
    return status;
}

static luge_model *load(luge_context *ctx, const char *who, luge_tensor_file *tensors)
{
    loading l = { .ctx = ctx, .tensors = tensors, .who = who };
    if (tensors && (read_file(&l) || luge_failed(ctx))) {
        luge_model_free(l.m);
        l.m = NULL;
    }
    luge__release(ctx, l.constant, l.constant_bytes);
    luge__json_free(l.doc);
    luge_tensor_file_close(tensors);
    return l.m;
}

luge_model *luge_load_model(luge_context *ctx, const char *path)
{
    if (!ctx || luge_failed(ctx)) {
        if (!ctx) luge__fail(NULL, LUGE_EINVAL, "load_model: the context is NULL");
        return NULL;
    }
    return load(ctx, path ? path : "", luge_tensor_file_open(ctx, path));
}

luge_model *luge_load_model_memory(luge_context *ctx, const void *data, size_t bytes)
{
    if (!ctx || luge_failed(ctx)) {
        if (!ctx) luge__fail(NULL, LUGE_EINVAL, "load_model: the context is NULL");
        return NULL;
    }
    return load(ctx, "model in memory", luge_tensor_file_open_memory(ctx, data, bytes));
}
