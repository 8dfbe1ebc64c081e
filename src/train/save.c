/* save.c: everything a model is, into one file. */
#include "luge/io.h"
#include "luge/node.h"
#include "train/file.h"
#include "train/graph_json.h"

#include <string.h>

/* What one save needs until the file is written. */
typedef struct saving {
    luge_model *m;
    luge__json_writer json;
    luge_tensor_writer *tensors;
    double *metrics; /* the running sums of the epoch */
    size_t n_metrics;
    double *history; /* [epochs, names] */
    size_t history_bytes;
    luge__chunk *constants; /* copies of their elements */
} saving;

static void key_id(luge__json_writer *w, const char *key, luge_val v)
{
    luge__json_key(w, key);
    luge__json_uint(w, v.id);
}

static void ids(luge__json_writer *w, const char *key, const luge_val *values, size_t n)
{
    luge__json_key(w, key);
    luge__json_open(w, '[');
    for (size_t i = 0; i < n; i++) luge__json_uint(w, values[i].id);
    luge__json_close(w, ']');
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static void write_layers(luge__json_writer *w, const luge_model *m)
{
    luge__json_key(w, "layers");
    luge__json_open(w, '[');
    for (size_t i = 0; i < m->n_layers; i++) {
        const luge__layer_note *l = &m->layers[i];
        luge__json_open(w, '{');
        luge__json_key(w, "name");
        luge__json_string(w, l->name);
        luge__json_key(w, "kind");
        luge__json_string(w, luge_layer_kind_name(l->kind));
        key_id(w, "input", l->input);
        key_id(w, "output", l->output);
        luge__json_key(w, "first_weight");
        luge__json_int(w, l->first_weight);
        luge__json_key(w, "weights");
        luge__json_int(w, l->n_weights);
        luge__json_key(w, "shared");
        luge__json_int(w, l->shared);
        luge__json_close(w, '}');
    }
    luge__json_close(w, ']');
}

static void write_weights(luge__json_writer *w, const luge_model *m)
{
    luge__json_key(w, "weights");
    luge__json_open(w, '[');
    for (size_t i = 0; i < m->n_weights; i++) {
        luge__json_open(w, '{');
        luge__json_key(w, "name");
        luge__json_string(w, m->weights[i].name);
        key_id(w, "node", m->weights[i].value);
        luge__json_key(w, "trainable");
        luge__json_bool(w, m->weights[i].trainable);
        luge__json_key(w, "l1");
        luge__json_number(w, m->weights[i].l1);
        luge__json_key(w, "l2");
        luge__json_number(w, m->weights[i].l2);
        luge__json_close(w, '}');
    }
    luge__json_close(w, ']');
}

static void write_model(luge__json_writer *w, const luge_model *m)
{
    luge__json_key(w, "model");
    luge__json_open(w, '{');
    luge__json_key(w, "name");
    luge__json_string(w, m->name);
    luge__json_key(w, "dtype");
    luge__json_string(w, luge_dtype_name(m->dtype));
    luge__numbers_write(w, luge__model_numbers, m);
    ids(w, "inputs", m->inputs, (size_t)m->n_inputs);
    ids(w, "outputs", m->outputs, (size_t)m->n_outputs);
    ids(w, "training_values", m->from, m->n_substitutes);
    ids(w, "inference_values", m->to, m->n_substitutes);
    ids(w, "effects", m->effects, m->n_effects);
    key_id(w, "random", m->random);
    write_layers(w, m);
    write_weights(w, m);
    luge__json_strings(w, "class_names", (const char *const *)m->class_names, (size_t)m->n_class_names);
    luge__json_strings(w, "feature_names", (const char *const *)m->feature_names, (size_t)m->n_feature_names);
    luge__json_close(w, '}');
}

static void write_schedule(luge__json_writer *w, const luge_schedule *s)
{
    luge__json_key(w, "schedule");
    luge__json_open(w, '{');
    luge__numbers_write(w, luge__schedule_numbers, s);
    luge__json_key(w, "boundaries");
    luge__json_open(w, '[');
    for (int i = 0; i < s->n_boundaries; i++) luge__json_int(w, s->boundaries[i]);
    luge__json_close(w, ']');
    luge__json_key(w, "values");
    luge__json_open(w, '[');
    for (int i = 0; i <= s->n_boundaries; i++) luge__json_number(w, s->values[i]);
    luge__json_close(w, ']');
    luge__json_close(w, '}');
}

static void write_compiled(luge__json_writer *w, const luge_model *m)
{
    const luge_compile_options *o = &m->options;
    luge__json_key(w, "compiled");
    luge__json_open(w, '{');
    luge__numbers_write(w, luge__compile_numbers, o);
    if (o->precision == LUGE_BF16) { /* else as it was before there was a choice */
        luge__json_key(w, "precision");
        luge__json_string(w, luge_dtype_name(o->precision));
    }
    luge__json_key(w, "losses");
    luge__json_open(w, '[');
    for (int i = 0; i < m->n_outputs; i++) luge__json_string(w, luge_loss_name(o->losses[i]));
    luge__json_close(w, ']');
    luge__json_key(w, "loss_weights");
    luge__json_open(w, '[');
    for (int i = 0; i < m->n_outputs; i++) luge__json_number(w, o->loss_weights[i]);
    luge__json_close(w, ']');
    luge__json_key(w, "metrics");
    luge__json_open(w, '[');
    for (int i = 0; i < m->n_metrics; i++) luge__json_string(w, luge_metric_name(o->metrics[i]));
    luge__json_close(w, ']');
    luge__json_key(w, "optimizer");
    luge__json_open(w, '{');
    luge__numbers_write(w, luge__optimizer_numbers, &m->optimizer);
    if (m->optimizer.schedule) write_schedule(w, m->optimizer.schedule);
    luge__json_close(w, '}');
    luge__json_close(w, '}');
}

static void write_training(luge__json_writer *w, const luge_model *m)
{
    luge__json_key(w, "training");
    luge__json_open(w, '{');
    luge__numbers_write(w, luge__training_numbers, m);
    luge__json_key(w, "history");
    luge__json_open(w, '[');
    for (int i = 0; i < m->history.count; i++) luge__json_string(w, m->history.names[i]);
    luge__json_close(w, ']');
    luge__json_key(w, "callbacks");
    luge__json_open(w, '[');
    int n = LUGE_MAX_CALLBACKS;
    while (n && !m->callbacks[n - 1].kind) n--;
    for (int i = 0; i < n; i++) {
        luge__json_open(w, '{');
        luge__numbers_write(w, luge__callback_numbers, &m->callbacks[i]);
        luge__json_close(w, '}');
    }
    luge__json_close(w, ']');
    luge__json_close(w, '}');
}

static void write_notes(luge__json_writer *w, const luge_model *m)
{
    luge__json_key(w, "notes");
    luge__json_open(w, '{');
    for (size_t i = 0; i < m->n_notes; i++) {
        luge__json_key(w, m->notes[i].key);
        luge__json_string(w, m->notes[i].text);
    }
    luge__json_close(w, '}');
}

static luge_status write_metadata(saving *s)
{
    luge_model *m = s->m;
    luge__json_writer *w = &s->json;
    luge__json_open(w, '{');
    luge__json_key(w, "version");
    luge__json_int(w, LUGE__FILE_VERSION);
    luge__json_key(w, "library");
    luge__json_string(w, luge_version());
    luge__json_key(w, "instruction_set");
    luge__json_string(w, luge_instruction_set(m->ctx));
    write_model(w, m);
    if (m->n_notes) write_notes(w, m);
    luge__json_key(w, "graph");
    luge__graph_write(w, m->graph, luge_node_count(m->graph));
    if (m->compiled) write_compiled(w, m);
    if (m->compiled) write_training(w, m);
    luge__json_close(w, '}');
    return w->status ? w->status : luge_tensor_writer_metadata(s->tensors, "luge", w->text);
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

static luge_status add_variable(saving *s, luge_graph *g, luge_val v)
{
    luge_node_info info;
    const luge_status status = luge_node_info_of(g, v, &info);
    if (status) return status;
    void *data = luge_data(g, v);
    if (!data) return luge_failure(s->m->ctx);
    return luge_tensor_writer_add(s->tensors, info.name, info.dtype, info.shape, data);
}

/* The elements of every variable and constant. */
static luge_status add_leaves(saving *s)
{
    luge_graph *g = s->m->graph;
    luge_status status = LUGE_OK;
    for (uint32_t id = 1; id <= luge_node_count(g) && !status; id++) {
        luge_node_info info;
        char name[40];
        const luge_val v = luge_node_at(g, id);
        if (luge_node_info_of(g, v, &info)) continue;
        if (!strcmp(info.op, "variable")) status = add_variable(s, g, v);
        if (strcmp(info.op, "constant")) continue;
        luge__format(name, sizeof name, "constant/%d", (int)id);
        size_t bytes;
        void *copy = luge__shape_bytes(&info.shape, info.dtype, &bytes)
                         ? luge__chunk_alloc(s->m->ctx, &s->constants, bytes ? bytes : 1)
                         : NULL;
        if (!copy) return LUGE_ENOMEM;
        status = luge_get(g, v, copy, bytes);
        if (!status) status = luge_tensor_writer_add(s->tensors, name, info.dtype, info.shape, copy);
    }
    return status;
}

static luge_status add_weights(saving *s)
{
    luge_model *m = s->m;
    luge_status status = add_leaves(s);
    if (status || !m->state) return status;
    status = add_variable(s, m->state, m->iterations);
    for (size_t i = 0; i < m->n_weights; i++)
        for (int k = 0; k < LUGE__SLOT_KINDS && !status; k++) {
            const luge_val slot = *luge__slot(&m->slots[i], k);
            if (luge_is_some(slot)) status = add_variable(s, m->state, slot);
        }
    return status;
}

static luge_status add_history(saving *s)
{
    const luge__history *h = &s->m->history;
    if (!h->epochs || !h->count) return LUGE_OK;
    s->history_bytes = (size_t)h->epochs * (size_t)h->count * sizeof(double);
    if (!(s->history = luge__alloc(s->m->ctx, s->history_bytes))) return LUGE_ENOMEM;
    for (int64_t e = 0; e < h->epochs; e++)
        for (int i = 0; i < h->count; i++) s->history[e * h->count + i] = h->values[(size_t)e * h->width + (size_t)i];
    return luge_tensor_writer_add(s->tensors, "training/history", LUGE_F64,
                                  luge_make_shape(2, (const int64_t[]){ h->epochs, h->count }), s->history);
}

static luge_status add_metrics(saving *s)
{
    const luge_model *m = s->m;
    if (!m->metrics || !m->step) return LUGE_OK;
    s->n_metrics = luge_metric_state_size(m->metrics);
    if (!(s->metrics = luge__alloc(m->ctx, s->n_metrics * sizeof *s->metrics))) return LUGE_ENOMEM;
    const luge_status status = luge_metric_state_get(m->metrics, s->metrics, s->n_metrics);
    const int64_t n = (int64_t)s->n_metrics;
    return status
               ? status
               : luge_tensor_writer_add(s->tensors, "training/metrics", LUGE_F64, luge_make_shape(1, &n), s->metrics);
}

/* The best weights that early stopping keeps. */
static luge_status add_best(saving *s)
{
    const luge_model *m = s->m;
    for (int c = 0; c < LUGE_MAX_CALLBACKS; c++) {
        const unsigned char *at = m->callbacks[c].weights;
        for (size_t i = 0; i < m->n_weights && m->callbacks[c].has_weights; i++) {
            char name[LUGE__NAME_BYTES + 40];
            luge_node_info info;
            luge__format(name, sizeof name, "training/best_%d/%s", c, m->weights[i].name);
            luge_status status = luge_node_info_of(m->graph, m->weights[i].value, &info);
            if (!status) status = luge_tensor_writer_add(s->tensors, name, info.dtype, info.shape, at);
            if (status) return status;
            at += luge__weight_bytes(m, i);
        }
    }
    return LUGE_OK;
}

luge_status luge_save_model(luge_model *model, const char *path)
{
    if (!luge__model_usable(model, "save_model")) return luge__refused(model);
    luge_context *ctx = model->ctx;
    if (!path || !*path) return luge__fail(ctx, LUGE_EINVAL, "save_model: the path is empty");
    luge_status status = luge__model_ready(model, "save_model");
    if (status) return status;
    saving s = { .m = model, .json = { .ctx = ctx }, .tensors = luge_tensor_writer_create(ctx) };
    if (!s.tensors) status = luge_failure(ctx);
    if (!status) status = write_metadata(&s);
    if (!status) status = add_weights(&s);
    if (!status && model->compiled) status = add_history(&s);
    if (!status) status = add_metrics(&s);
    if (!status) status = add_best(&s);
    if (!status) status = luge_tensor_writer_save(s.tensors, path);
    luge_tensor_writer_free(s.tensors);
    luge__json_writer_free(&s.json);
    luge__release(ctx, s.metrics, s.n_metrics * sizeof *s.metrics);
    luge__release(ctx, s.history, s.history_bytes);
    luge__chunk_free(ctx, &s.constants);
    return status;
}
