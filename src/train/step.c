/* step.c: from a model to a compiled step for a number of rows: train, gather gradients, score, predict, inspect. */
#include "train/train.h"

#include <string.h>

void luge__step_drop(luge__step *s)
{
    luge_run_free(s->run);
    luge_plan_free(s->plan);
    luge_graph_free(s->graph);
    *s = (luge__step){ .used = 0 };
}

void luge__steps_forget(luge_model *m)
{
    for (int i = 0; i < LUGE__MAX_STEPS; i++) luge__step_drop(&m->steps[i]);
}

/* What the outputs of one plan are put together in. */
typedef struct outputs {
    luge_context *ctx;
    luge_val *list;
    size_t n, capacity;
} outputs;

static void put(outputs *o, luge_val v)
{
    if (luge__grow(o->ctx, &o->list, sizeof v, &o->capacity, o->n + 1)) return;
    o->list[o->n++] = v;
}

/* ---- the graph --------------------------------------------------------------------------------------------------- */

static luge_graph *replay_forward(luge_model *m, luge__step *s)
{
    const int inference = s->key.mode == LUGE__SCORE || s->key.mode == LUGE__PREDICT;
    luge_graph *base = s->key.mode == LUGE__PREDICT ? m->graph : m->state;
    luge_val inputs[LUGE__MAX_MODEL_INPUTS], *from = NULL, *to = NULL;
    luge_shape shapes[LUGE__MAX_MODEL_INPUTS];
    for (int i = 0; i < m->n_inputs; i++) {
        inputs[i] = luge_node_at(base, m->inputs[i].id);
        shapes[i] = luge_shape_of_val(base, inputs[i]);
        shapes[i].dim[0] = s->key.rows;
    }
    const size_t n = inference ? m->n_substitutes : 0, bytes = n * sizeof *from;
    luge_graph *g = NULL;
    if (!n || ((from = luge__alloc(m->ctx, bytes)) && (to = luge__alloc(m->ctx, bytes)))) {
        for (size_t i = 0; i < n; i++) {
            from[i] = luge_node_at(base, m->from[i].id);
            to[i] = luge_node_at(base, m->to[i].id);
        }
        g = luge_graph_replay_with(base, &(luge_replay_options){ .size = sizeof(luge_replay_options),
                                                                 .n_inputs = m->n_inputs,
                                                                 .inputs = inputs,
                                                                 .shapes = shapes,
                                                                 .n_substitutes = (int32_t)n,
                                                                 .from = from,
                                                                 .to = to });
    }
    luge__release(m->ctx, from, bytes);
    luge__release(m->ctx, to, bytes);
    if (!g) return NULL;
    for (int i = 0; i < m->n_inputs; i++) s->inputs[i] = luge_node_at(g, m->inputs[i].id);
    for (int i = 0; i < m->n_outputs; i++) s->outputs[i] = luge_replayed(g, luge_node_at(base, m->outputs[i].id));
    return g;
}

/* Each output has a row for each row of the input, as many elements in each as the forward graph says. */
static luge_status check_outputs(const luge_model *m, const luge__step *s)
{
    for (int i = 0; i < m->n_outputs; i++) {
        luge_shape expected = luge_shape_of_val(m->graph, m->outputs[i]);
        const luge_shape shape = luge_shape_of_val(s->graph, s->outputs[i]);
        expected.dim[0] = s->key.rows;
        if (luge__shape_equal(&shape, &expected)) continue;
        return luge__fail(m->ctx, LUGE_ESHAPE, "model: output %d is %S for %l rows; %S is expected", i, &shape,
                          s->key.rows, &expected);
    }
    return LUGE_OK;
}

static luge_val penalty(luge_graph *g, luge_val total, luge_val term, double factor)
{
    luge_node_info info;
    if (luge_node_info_of(g, total, &info)) return (luge_val){ 0, 0 };
    return luge_add(g, total, luge_mul(g, luge_sum(g, term), luge_scalar(g, info.dtype, factor)));
}

luge_loss luge__loss_of(const luge_model *m, int output)
{
    return m->options.losses[output] ? m->options.losses[output] : m->options.loss;
}

/* The loss of one output for each row, weighted. */
static luge_val row_losses(luge_model *m, luge_graph *g, luge__step *s, int i)
{
    const luge__loss_settings settings = { .kind = luge__loss_of(m, i),
                                           .label_smoothing = m->options.label_smoothing,
                                           .huber_delta = m->options.huber_delta,
                                           .from_logits = m->options.from_logits };
    char name[32];
    luge__format(name, sizeof name, i ? "targets_%d" : "targets", i);
    luge_shape shape = luge_shape_of_val(g, s->outputs[i]);
    if (s->key.classes[i]) shape.ndim--;
    s->targets[i] = luge_input(g, name, s->key.classes[i] ? LUGE_I32 : m->dtype, shape);
    const luge_val rows = luge__loss_of_rows(g, &settings, s->outputs[i], s->targets[i]);
    return s->key.weighted ? luge_mul(g, rows, s->weights) : rows;
}

/* The mean over rows, or the textbook's sum. */
static luge_val output_loss(luge_model *m, luge_graph *g, luge__step *s, int i)
{
    const luge_val rows = row_losses(m, g, s, i);
    const int summed = luge__loss_of(m, i) == LUGE_HALF_SUM_SQUARED_ERROR;
    const luge_val loss = summed ? luge_sum(g, rows) : luge_mean(g, rows);
    const double factor = m->options.loss_weights[i];
    return factor != 0 && factor != 1 ? luge_mul(g, loss, luge_scalar(g, m->dtype, factor)) : loss;
}

/* To score, rows are summed up on the host, in double and in order: the loss of a data set does not depend on how it
 * is cut into batches. */
static void add_loss(luge_model *m, luge_graph *g, luge__step *s)
{
    const int score = s->key.mode == LUGE__SCORE;
    if (s->key.weighted) s->weights = luge_input(g, "row_weights", m->dtype, luge_make_shape(1, &s->key.rows));
    luge_val loss = score ? luge_scalar(g, m->dtype, 0) : output_loss(m, g, s, 0);
    for (int i = 1; i < m->n_outputs && !score; i++) loss = luge_add(g, loss, output_loss(m, g, s, i));
    for (int i = 0; i < m->n_outputs && score; i++) s->row_losses[i] = row_losses(m, g, s, i);
    for (size_t i = 0; i < m->n_weights; i++) {
        const luge_val w = luge_node_at(g, m->weights[i].value.id);
        if (m->weights[i].l1 > 0) loss = penalty(g, loss, luge_abs(g, w), m->weights[i].l1);
        if (m->weights[i].l2 > 0) loss = penalty(g, loss, luge_square(g, w), m->weights[i].l2);
    }
    s->loss = luge_name(g, loss, "loss");
}

/* ---- gradient and update ----------------------------------------------------------------------------------------- */

typedef struct trained { /* the weights that gradients change, one allocation */
    int n;
    luge_val *weights, *gradients, *effects;
    luge__slots *slots;
    unsigned char *memory;
    size_t bytes;
} trained;

static luge_status collect(luge_model *m, luge_graph *g, trained *t)
{
    const size_t n = m->n_weights;
    *t = (trained){ .bytes = n * (2 * sizeof(luge_val) + sizeof(luge__slots)) +
                             (LUGE__UPDATE_EFFECTS * n + 1) * sizeof(luge_val) };
    if (!(t->memory = luge__alloc(m->ctx, t->bytes))) return LUGE_ENOMEM;
    t->weights = (luge_val *)(void *)t->memory;
    t->gradients = t->weights + n;
    t->slots = (luge__slots *)(void *)(t->gradients + n);
    t->effects = (luge_val *)(void *)(t->slots + n);
    for (size_t i = 0; i < n; i++) {
        if (!m->weights[i].trainable) continue;
        t->weights[t->n] = luge_node_at(g, m->weights[i].value.id);
        for (int k = 0; k < LUGE__SLOT_KINDS; k++) {
            const luge_val slot = *luge__slot(&m->slots[i], k);
            *luge__slot(&t->slots[t->n], k) = luge_node_at(g, slot.id);
        }
        t->n++;
    }
    return LUGE_OK;
}

static luge_status add_update(luge_model *m, luge_graph *g, luge__step *s, outputs *out)
{
    trained t;
    luge_status status = collect(m, g, &t);
    if (!status && t.n > 0) status = luge_gradient(g, s->loss, t.weights, t.n, t.gradients);
    if (!status && t.n > 0) {
        const luge__update u = { .optimizer = &m->optimizer,
                                 .n = t.n,
                                 .weights = t.weights,
                                 .gradients = t.gradients,
                                 .slots = t.slots,
                                 .rate = luge_node_at(g, m->rate_value.id),
                                 .iterations = luge_node_at(g, m->iterations.id),
                                 .effects = t.effects };
        const int n = s->key.mode == LUGE__TRAIN ? luge__optimizer_update(g, &u) : luge__optimizer_accumulate(g, &u);
        if (!n) status = luge_failure(m->ctx);
        for (int i = 0; i < n; i++) put(out, t.effects[i]);
    }
    for (size_t i = 0, k = 0; i < m->n_weights && s->gradients && !status; i++)
        s->gradients[i] = m->weights[i].trainable ? t.gradients[k++] : (luge_val){ 0, 0 };
    luge__release(m->ctx, t.memory, t.bytes);
    for (size_t i = 0; i < m->n_effects; i++) put(out, luge_node_at(g, m->effects[i].id));
    if (m->random.id) put(out, luge_increment(g, luge_node_at(g, m->random.id), 1));
    return status;
}

/* ---- the step ---------------------------------------------------------------------------------------------------- */

static luge_status build_graph(luge_model *m, luge__step *s, outputs *out)
{
    const luge__mode mode = s->key.mode;
    luge_graph *g = s->graph = replay_forward(m, s);
    if (!g || check_outputs(m, s)) return luge_failure(m->ctx);
    if (mode == LUGE__PREDICT) {
        for (int i = 0; i < m->n_outputs; i++) put(out, s->outputs[i]);
        return luge_failure(m->ctx);
    }
    add_loss(m, g, s);
    if (luge_failed(m->ctx)) return luge_failure(m->ctx);
    if (mode == LUGE__INSPECT) {
        for (size_t i = 0; i < m->n_layers; i++)
            if (m->layers[i].kind != LUGE_INPUT) put(out, luge_node_at(g, m->layers[i].output.id));
    }
    put(out, s->loss);
    for (int i = 0; i < m->n_outputs && mode == LUGE__SCORE; i++) put(out, s->row_losses[i]);
    if (m->n_metrics || mode == LUGE__SCORE) put(out, s->outputs[0]);
    return mode == LUGE__TRAIN || mode == LUGE__GATHER ? add_update(m, g, s, out) : LUGE_OK;
}

luge_status luge__step_build(luge_model *m, const luge__step_key *key, luge__step *s)
{
    outputs out = { .ctx = m->ctx };
    luge_status status = key->mode == LUGE__PREDICT ? LUGE_OK : luge__model_state(m);
    s->key = *key;
    if (!status) status = build_graph(m, s, &out);
    if (!status) status = luge_failure(m->ctx);
    if (!status) {
        s->plan = luge_plan_create_with(s->graph, out.list,
                                        &(luge_plan_options){ .size = sizeof(luge_plan_options),
                                                              .n_outputs = (int32_t)out.n,
                                                              .precision = m->options.precision });
        s->run = luge_run_create(s->plan);
        status = luge_failure(m->ctx);
    }
    luge__release(m->ctx, out.list, out.capacity * sizeof *out.list);
    if (status) luge__step_drop(s);
    return status;
}

luge__step *luge__step_for(luge_model *m, const luge__step_key *key)
{
    luge__step *s = &m->steps[0];
    for (int i = 0; i < LUGE__MAX_STEPS; i++) {
        luge__step *candidate = &m->steps[i];
        if (candidate->run && !memcmp(&candidate->key, key, sizeof *key)) {
            candidate->used = ++m->step_clock;
            return candidate;
        }
        if (candidate->used < s->used) s = candidate;
    }
    luge__step_drop(s);
    const luge_status status = luge__step_build(m, key, s);
    luge__model_renew(m);
    if (status) return NULL;
    s->used = ++m->step_clock;
    return s;
}

luge_status luge__step_key_for(luge_model *m, const char *who, luge_dataset *data, luge__mode mode, int weighted,
                               luge__step_key *key)
{
    memset(key, 0, sizeof *key); /* keys are compared as bytes */
    key->mode = mode;
    key->weighted = weighted;
    if (mode == LUGE__PREDICT) return LUGE_OK;
    if (!m->compiled) return luge__fail(m->ctx, LUGE_ESTATE, "%s: compile the model first", who);
    for (int i = 0; i < m->n_outputs; i++) {
        luge_column_info column;
        const luge_status status = luge_dataset_column(data, LUGE_TARGETS, i, &column);
        if (status) return status;
        if (!luge__loss_of(m, i)) return luge__fail(m->ctx, LUGE_EINVAL, "%s: output %d has no loss", who, i);
        const int takes_classes = luge__loss_takes_classes(luge__loss_of(m, i));
        const luge_shape y = luge_shape_of_val(m->graph, m->outputs[i]);
        if (takes_classes && (y.ndim < 2 || y.dim[y.ndim - 1] < 2))
            return luge__fail(m->ctx, LUGE_ESHAPE,
                              "%s: %s of an output with one column; 2 or more, or binary_crossentropy, are expected",
                              who, luge_loss_name(luge__loss_of(m, i)));
        key->classes[i] = takes_classes && column.kind == LUGE_CLASSES;
    }
    return LUGE_OK;
}
