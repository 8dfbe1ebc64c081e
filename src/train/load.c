/* load.c: a model out of a file. The file may come from anywhere: whatever it says is checked before it is used. */
#include "luge/io.h"
#include "train/file.h"
#include "train/graph_json.h"

#include <math.h>
#include <string.h>

luge_status luge__load_bad(const luge__loading *l, const char *what)
{
    return luge__fail(l->ctx, LUGE_EFORMAT, "%s: %s", l->who, what);
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

int luge__load_find(const luge__loading *l, const char *name, luge_dtype dtype, const luge_shape *shape)
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

luge_status luge__load_variable(luge__loading *l, luge_graph *g, luge_val v)
{
    luge_node_info info;
    size_t bytes;
    luge_status status = luge_node_info_of(g, v, &info);
    if (status) return status;
    const int i = luge__load_find(l, info.name, info.dtype, &info.shape);
    void *data = i < 0 ? NULL : luge_data(g, v);
    if (!data) return luge_failure(l->ctx);
    if (!luge__shape_bytes(&info.shape, info.dtype, &bytes)) return luge__load_bad(l, "a variable is too large");
    return luge_tensor_read(l->tensors, i, data, bytes);
}

/* A variable is made only where the file has its elements: memory is bounded by the file. */
static luge_status allow_variable(void *user, uint32_t id, const char *name, luge_dtype dtype, const luge_shape *shape)
{
    const luge__loading *l = user;
    (void)id;
    return luge__load_find(l, name, dtype, shape) < 0 ? LUGE_EFORMAT : LUGE_OK;
}

static const void *read_constant(void *user, uint32_t id, luge_dtype dtype, const luge_shape *shape, size_t bytes)
{
    luge__loading *l = user;
    char name[40];
    static const char nothing[1] = { 0 };
    luge__format(name, sizeof name, "constant/%d", (int)id);
    const int i = luge__load_find(l, name, dtype, shape);
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
static int get_node(const luge__loading *l, uint32_t v, int optional, luge_val *out)
{
    uint64_t id;
    if (!luge__json_get_uint(l->doc, v, &id) || id > luge_node_count(l->m->graph) || (!id && !optional)) return 0;
    *out = id ? luge_node_at(l->m->graph, (uint32_t)id) : (luge_val){ 0, 0 };
    return 1;
}

/* An array of nodes into room for `capacity`; how many, or -1. */
static int64_t get_nodes(const luge__loading *l, uint32_t object, const char *key, luge_val *out, size_t capacity)
{
    int64_t n = 0;
    const uint32_t array = luge__json_member(l->doc, object, key);
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY || luge__json_size(l->doc, array) > capacity) return -1;
    for (uint32_t v = luge__json_first(l->doc, array); v; v = luge__json_next(l->doc, v))
        if (!get_node(l, v, 0, &out[n++])) return -1;
    return n;
}

/* A value of rows: none of its sizes is 0. */
static int is_rows(const luge__loading *l, luge_val v)
{
    const luge_shape s = luge_shape_of_val(l->m->graph, v);
    if (s.ndim < 1 || s.dim[0] != LUGE__SAMPLE_ROWS) return 0;
    for (int i = 1; i < s.ndim; i++)
        if (s.dim[i] < 1) return 0;
    return 1;
}

static int has_op(const luge__loading *l, luge_val v, const char *op, luge_dtype dtype)
{
    luge_node_info info;
    return !luge_node_info_of(l->m->graph, v, &info) && !strcmp(info.op, op) && (!dtype || info.dtype == dtype);
}

static luge_status read_inputs(luge__loading *l, uint32_t object)
{
    luge_model *m = l->m;
    const int64_t inputs = get_nodes(l, object, "inputs", m->inputs, LUGE__MAX_MODEL_INPUTS);
    const int64_t outputs = get_nodes(l, object, "outputs", m->outputs, LUGE_MAX_OUTPUTS);
    if (inputs < 1 || outputs < 1) return luge__load_bad(l, "\"inputs\" or \"outputs\" is missing or names no nodes");
    for (int64_t i = 0; i < inputs; i++) {
        luge_node_info info;
        if (!has_op(l, m->inputs[i], "input", LUGE_NO_DTYPE) || !is_rows(l, m->inputs[i]) ||
            luge_node_info_of(m->graph, m->inputs[i], &info) || (info.dtype != m->dtype && !luge__is_index(info.dtype)))
            return luge__load_bad(l,
                                  "\"inputs\" names a node that is no input of rows of the model's dtype or integers");
        for (int64_t k = 0; k < i; k++)
            if (m->inputs[k].id == m->inputs[i].id) return luge__load_bad(l, "\"inputs\" names a node twice");
    }
    for (uint32_t id = 1, found = 0; id <= luge_node_count(m->graph); id++) {
        found += (uint32_t)has_op(l, luge_node_at(m->graph, id), "input", LUGE_NO_DTYPE);
        if (found > (uint64_t)inputs) return luge__load_bad(l, "the graph has an input that \"inputs\" does not name");
    }
    for (int64_t i = 0; i < outputs; i++) {
        luge_node_info info;
        if (luge_node_info_of(m->graph, m->outputs[i], &info) || info.dtype != m->dtype || !is_rows(l, m->outputs[i]))
            return luge__load_bad(l, "\"outputs\" names a node that is no rows of the model's dtype");
    }
    m->n_inputs = (int32_t)inputs;
    m->n_outputs = (int32_t)outputs;
    return LUGE_OK;
}

/* Inference takes another value in place of one: of its dtype and shape, and made before it. */
static luge_status check_substitutes(const luge__loading *l)
{
    const luge_model *m = l->m;
    for (size_t i = 0; i < m->n_substitutes; i++) {
        luge_node_info from, to;
        if (luge_node_info_of(m->graph, m->from[i], &from) || luge_node_info_of(m->graph, m->to[i], &to) ||
            from.dtype != to.dtype || !luge__shape_equal(&from.shape, &to.shape) || m->to[i].id >= m->from[i].id ||
            (i && m->from[i].id <= m->from[i - 1].id))
            return luge__load_bad(l, "\"training_values\" and \"inference_values\" do not go together");
    }
    return LUGE_OK;
}

static luge_status read_substitutes(luge__loading *l, uint32_t object)
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
        return luge__load_bad(l,
                              "\"training_values\", \"inference_values\" or \"effects\" is missing or names no nodes");
    for (size_t i = 0; i < n_effects; i++)
        if (!has_op(l, m->effects[i], "assign", LUGE_NO_DTYPE))
            return luge__load_bad(l, "\"effects\" names a node that is no assign");
    m->n_substitutes = n;
    m->n_effects = n_effects;
    if (check_substitutes(l)) return luge_failure(l->ctx);
    if (!get_node(l, luge__json_member(l->doc, object, "random"), 1, &m->random))
        return luge__load_bad(l, "\"random\" is missing or names no node");
    const luge_shape state = luge_shape_of_val(m->graph, m->random);
    if (luge_is_some(m->random) &&
        (!has_op(l, m->random, "variable", LUGE_I64) || state.ndim != 1 || state.dim[0] != 2))
        return luge__load_bad(l, "\"random\" names a node that is no random state");
    return LUGE_OK;
}

static luge_status read_name(luge__loading *l, uint32_t object, const char *key, char to[LUGE__NAME_BYTES])
{
    const char *name = luge__json_get_string(l->doc, luge__json_member(l->doc, object, key));
    if (!name) return luge__load_bad(l, "a name is missing");
    return luge__copy_name(l->ctx, l->who, to, name);
}

/* The elements of all variables: weights, the random state, a user's own. */
static luge_status read_variables(luge__loading *l)
{
    luge_graph *g = l->m->graph;
    luge_status status = LUGE_OK;
    for (uint32_t id = 1; id <= luge_node_count(g) && !status; id++) {
        const luge_val v = luge_node_at(g, id);
        if (has_op(l, v, "variable", LUGE_NO_DTYPE)) status = luge__load_variable(l, g, v);
    }
    return status;
}

static luge_status read_weight(luge__loading *l, uint32_t object, luge__weight *w)
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
        !luge__json_get_number(l->doc, luge__json_member(l->doc, object, "l2"), &w->l2) ||
        !(w->l1 >= 0 && w->l1 < HUGE_VAL) || !(w->l2 >= 0 && w->l2 < HUGE_VAL))
        return luge__fail(l->ctx, LUGE_EFORMAT, "%s: weight \"%s\": a member is missing or out of range", l->who,
                          w->name);
    w->trainable = trainable;
    w->initialized = 1;
    return LUGE_OK;
}

static luge_status read_weights(luge__loading *l, uint32_t model)
{
    luge_model *m = l->m;
    const uint32_t array = luge__json_member(l->doc, model, "weights");
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY) return luge__load_bad(l, "\"weights\" is missing");
    luge_status status = luge__grow(l->ctx, &m->weights, sizeof *m->weights, &m->weight_capacity,
                                    (size_t)luge__json_size(l->doc, array) + 1);
    uint32_t last = 0;
    for (uint32_t v = luge__json_first(l->doc, array); v && !status; v = luge__json_next(l->doc, v)) {
        luge__weight *w = &m->weights[m->n_weights];
        status = read_weight(l, v, w);
        if (!status && w->value.id <= last)
            status = luge__load_bad(l, "\"weights\" are not in the order of their nodes");
        last = w->value.id;
        if (!status) m->n_weights++;
    }
    return status;
}

/* What luge_adapt writes: two vectors as long as the last dimension of the layer's input. */
static int has_statistics(const luge__loading *l, luge_val input, int64_t first, int64_t n)
{
    const luge_shape row = luge_shape_of_val(l->m->graph, input);
    for (int64_t i = first; i < first + n; i++) {
        const luge_shape s = luge_shape_of_val(l->m->graph, l->m->weights[i].value);
        if (s.ndim != 1 || row.ndim < 2 || s.dim[0] != row.dim[row.ndim - 1]) return 0;
    }
    return n == 2;
}

static luge_status read_layer(luge__loading *l, uint32_t object, luge__layer_note *note)
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
    if (note->kind == LUGE_NORMALIZATION && !shared && !has_statistics(l, note->input, first, weights))
        return luge__fail(l->ctx, LUGE_EFORMAT, "%s: layer \"%s\" has no mean and variance of its input's size", l->who,
                          note->name);
    note->first_weight = (int32_t)first;
    note->n_weights = (int32_t)weights;
    note->shared = (int32_t)shared;
    for (int64_t i = first; i < first + weights; i++) {
        const luge_shape s = luge_shape_of_val(m->graph, m->weights[i].value);
        note->parameters += luge_shape_size(&s);
    }
    return LUGE_OK;
}

static luge_status read_layers(luge__loading *l, uint32_t model)
{
    luge_model *m = l->m;
    const uint32_t array = luge__json_member(l->doc, model, "layers");
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY) return luge__load_bad(l, "\"layers\" is missing");
    luge_status status = luge__grow(l->ctx, &m->layers, sizeof *m->layers, &m->layer_capacity,
                                    (size_t)luge__json_size(l->doc, array) + 1);
    for (uint32_t v = luge__json_first(l->doc, array); v && !status; v = luge__json_next(l->doc, v)) {
        m->layers[m->n_layers] = (luge__layer_note){ .kind = (luge_layer_kind)0 };
        status = read_layer(l, v, &m->layers[m->n_layers]);
        if (!status) m->n_layers++;
    }
    return status;
}

static luge_status read_names(luge__loading *l, uint32_t model, const char *key, char ***to, int64_t *n)
{
    const uint32_t array = luge__json_member(l->doc, model, key);
    const size_t count = luge__json_size(l->doc, array);
    if (luge__json_kind(l->doc, array) != LUGE__JSON_ARRAY) return luge__load_bad(l, "a list of names is missing");
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

static luge_status read_model(luge__loading *l, uint32_t root)
{
    luge_model *m = l->m;
    const uint32_t model = luge__json_member(l->doc, root, "model");
    const luge__graph_leaves leaves = { .user = l, .variable = allow_variable, .constant = read_constant };
    luge_status status = read_name(l, model, "name", m->name);
    if (!status) status = luge__numbers_read(l->ctx, l->who, l->doc, model, luge__model_numbers, m);
    if (!status)
        status = luge__graph_read(l->ctx, m->graph, l->who, l->doc, luge__json_member(l->doc, root, "graph"), &leaves);
    if (!status) status = read_variables(l);
    if (!status) status = read_inputs(l, model);
    if (!status) status = read_substitutes(l, model);
    if (!status) status = read_weights(l, model);
    if (!status) status = read_layers(l, model);
    if (!status) status = read_names(l, model, "class_names", &m->class_names, &m->n_class_names);
    if (!status) status = read_names(l, model, "feature_names", &m->feature_names, &m->n_feature_names);
    return status;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static luge_status check_version(const luge__loading *l, uint32_t root)
{
    int64_t version = 0;
    if (!luge__json_get_int(l->doc, luge__json_member(l->doc, root, "version"), &version) || version < 1)
        return luge__load_bad(l, "the version of the file is missing or not a number from 1");
    if (version > LUGE__FILE_VERSION)
        return luge__fail(l->ctx, LUGE_ENOTSUP, "%s: the file is of version %l; this library reads up to version %d",
                          l->who, version, LUGE__FILE_VERSION);
    const char *set = luge__json_get_string(l->doc, luge__json_member(l->doc, root, "instruction_set"));
    if (set && strcmp(set, luge_instruction_set(l->ctx)) != 0)
        luge__log(l->ctx, LUGE_LOG_INFO, "%s: trained with %s, now %s: going on gives other low bits", l->who, set,
                  luge_instruction_set(l->ctx));
    return LUGE_OK;
}

static luge_status read_notes(luge__loading *l, uint32_t root)
{
    const uint32_t notes = luge__json_member(l->doc, root, "notes");
    luge_status status = LUGE_OK;
    for (uint32_t v = luge__json_first(l->doc, notes); v && !status; v = luge__json_next(l->doc, v)) {
        const char *key = luge__json_key_of(l->doc, v), *text = luge__json_get_string(l->doc, v);
        status =
            key && *key && text ? luge_set_note(l->m, key, text) : luge__load_bad(l, "a note has no key or is no text");
    }
    return status;
}

static luge_status read_file(luge__loading *l)
{
    const char *text = luge_tensor_metadata(l->tensors, "luge");
    if (!text) return luge__load_bad(l, "a safetensors file, but not a model of luge: its metadata has no \"luge\"");
    if (!(l->doc = luge__json_parse(l->ctx, l->who, text, strlen(text)))) return luge_failure(l->ctx);
    const uint32_t root = luge__json_root(l->doc), model = luge__json_member(l->doc, root, "model");
    luge_status status = check_version(l, root);
    if (status) return status;
    const char *dtype = luge__json_get_string(l->doc, luge__json_member(l->doc, model, "dtype"));
    if (!dtype || (strcmp(dtype, "f32") && strcmp(dtype, "f64")))
        return luge__load_bad(l, "\"dtype\" is neither f32 nor f64");
    const luge_model_options o = { .size = sizeof o, .ctx = l->ctx, .dtype = dtype[1] == '3' ? LUGE_F32 : LUGE_F64 };
    if (!(l->m = luge_model_create_with(&o))) return luge_failure(l->ctx);
    status = read_model(l, root);
    if (!status) status = luge__load_training(l, root);
    if (!status) status = read_notes(l, root);
    return status;
}

static luge_model *load(luge_context *ctx, const char *who, luge_tensor_file *tensors)
{
    luge__loading l = { .ctx = ctx, .tensors = tensors, .who = who };
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
