/* compile.c: loss, optimizer and metrics of a model; the optimizer's variables. */
#include "train/train.h"

#include <math.h>
#include <string.h>

void luge__compile_forget(luge_model *m)
{
    luge__steps_forget(m);
    luge_graph_free(m->state);
    m->state = NULL;
    luge__release(m->ctx, m->slots, m->n_slots * sizeof *m->slots);
    m->slots = NULL;
    m->n_slots = 0;
    m->rate_memory = NULL;
    luge_metric_state_free(m->metrics);
    luge_metric_state_free(m->validation_metrics);
    m->metrics = m->validation_metrics = NULL;
    luge__release(m->ctx, m->batch.memory, m->batch.bytes); /* inputs and outputs may be others now */
    m->batch = (luge__batch){ .loads = m->batch.loads };
    m->epoch = m->step = m->updates = 0;
    m->loss_sum = m->loss_rows = 0;
    m->swapped = 0;
    m->stopped = 0;
    m->cause = LUGE_RAN_TO_ITS_END;
    *m->reason = 0;
    m->fingerprint = 0; /* there is nothing to resume */
    for (int i = 0; i < LUGE_MAX_CALLBACKS; i++) {
        luge__release(m->ctx, m->callbacks[i].weights, m->callbacks[i].weight_bytes);
        m->callbacks[i] = (luge__callback_state){ .wait = 0 };
    }
}

static luge_status check_options(luge_model *m, const luge_compile_options *o)
{
    for (int i = 0; i < LUGE_MAX_OUTPUTS; i++) {
        if (o->losses[i] && !strcmp(luge_loss_name(o->losses[i]), "?"))
            return luge__fail(m->ctx, LUGE_EINVAL, "compile: there is no loss number %d", (int)o->losses[i]);
        if (!isfinite(o->loss_weights[i]))
            return luge__fail(m->ctx, LUGE_EINVAL, "compile: a loss weight is %g", o->loss_weights[i]);
    }
    if (!strcmp(luge_loss_name(o->loss), "?"))
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: there is no loss number %d", (int)o->loss);
    if (!o->loss && !o->losses[0]) return luge__fail(m->ctx, LUGE_EINVAL, "compile: a loss is expected");
    if (!(o->label_smoothing >= 0 && o->label_smoothing < 1))
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: label_smoothing is %g; 0 <= s < 1 is expected",
                          o->label_smoothing);
    if (!(o->huber_delta >= 0 && o->huber_delta < HUGE_VAL))
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: huber_delta is %g; a number above 0 is expected",
                          o->huber_delta);
    if (!(o->threshold >= 0 && o->threshold < 1))
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: threshold is %g; 0 < t < 1 is expected", o->threshold);
    if (o->precision && o->precision != LUGE_F32 && o->precision != LUGE_BF16)
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: precision is %T; f32 or bf16 is expected", o->precision);
    if (o->precision == LUGE_BF16 && m->dtype != LUGE_F32)
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: precision is bf16; a model of f32 is expected, not of %T",
                          m->dtype);
    if (o->top_k < 0)
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: top_k is %d; 1 or more is expected", (int)o->top_k);
    return LUGE_OK;
}

luge_status luge__compile(luge_model *m, const luge_compile_options *options)
{
    luge_compile_options o = *options;
    luge_optimizer optimizer = { .size = sizeof optimizer, .kind = LUGE_RMSPROP };
    luge_schedule schedule = { .size = 0 };
    luge_status status = check_options(m, &o);
    int n = 0;
    for (; n < LUGE_MAX_METRICS && o.metrics[n]; n++) {
        if (luge_metric_better(o.metrics[n])) continue;
        return luge__fail(m->ctx, LUGE_EINVAL, "compile: there is no metric number %d", (int)o.metrics[n]);
    }
    if (!status && o.optimizer)
        status = luge__read_options(m->ctx, "optimizer", &optimizer, sizeof optimizer, o.optimizer);
    if (!status && optimizer.schedule)
        status = luge__read_options(m->ctx, "schedule", &schedule, sizeof schedule, optimizer.schedule);
    if (!status && optimizer.schedule) optimizer.schedule = &schedule;
    if (!status) status = luge__optimizer_resolve(m->ctx, &optimizer);
    if (status) return status;
    luge__compile_forget(m);
    m->options = o;
    m->optimizer = optimizer;
    m->schedule = schedule;
    m->optimizer.schedule = optimizer.schedule ? &m->schedule : NULL;
    m->options.optimizer = &m->optimizer;
    m->n_metrics = n;
    m->rate = optimizer.learning_rate;
    m->compiled = 1;
    return LUGE_OK;
}

luge_status luge_compile_with(luge_model *model, const luge_compile_options *options)
{
    luge_compile_options o;
    if (!luge__model_changeable(model, "compile")) return luge__refused(model);
    const luge_status status = luge__read_options(model->ctx, "compile", &o, sizeof o, options);
    return status ? status : luge__compile(model, &o);
}

/* ---- the rate ---------------------------------------------------------------------------------------------------- */

double luge__next_rate(const luge_model *m)
{
    if (!m->optimizer.schedule) return m->rate;
    return luge_schedule_rate(m->optimizer.schedule, m->updates);
}

void luge__write_rate(luge_model *m, double rate)
{
    if (m->dtype == LUGE_F32)
        *(float *)m->rate_memory = (float)rate;
    else
        *(double *)m->rate_memory = rate;
}

double luge_learning_rate(const luge_model *model)
{
    return model && model->compiled ? luge__next_rate(model) : (double)NAN;
}

luge_status luge_set_learning_rate(luge_model *model, double rate)
{
    if (!luge__model_usable(model, "set_learning_rate")) return luge__refused(model);
    if (!model->compiled) return luge__fail(model->ctx, LUGE_ESTATE, "set_learning_rate: compile the model first");
    if (model->optimizer.schedule)
        return luge__fail(model->ctx, LUGE_ESTATE, "set_learning_rate: the rate follows a schedule");
    if (!(rate >= 0 && rate < HUGE_VAL))
        return luge__fail(model->ctx, LUGE_EINVAL,
                          "set_learning_rate: the rate is %g; a number of at least 0 is expected", rate);
    model->rate = rate;
    return LUGE_OK;
}

/* ---- the optimizer's variables ----------------------------------------------------------------------------------- */

/* AdaGrad's sums start at a number of their own, averages at the weights. */
static luge_status start_slots(luge_model *m)
{
    for (size_t i = 0; i < m->n_weights; i++) {
        luge__slots *s = &m->slots[i];
        const size_t bytes = luge__weight_bytes(m, i);
        if (m->optimizer.kind == LUGE_ADAGRAD && s->v.id) {
            const luge_initializer first = { LUGE_CONSTANT, m->optimizer.initial_accumulator, 0 };
            const luge_shape shape = luge_shape_of_val(m->state, s->v);
            const luge_status status = luge_initialize(first, m->dtype, shape, 0, 0, luge_data(m->state, s->v));
            if (status) return luge__fail(m->ctx, status, "adagrad: %s", luge_last_error());
        }
        if (!s->average.id || !bytes) continue;
        void *average = luge_data(m->state, s->average);
        const void *w = luge_data(m->graph, m->weights[i].value);
        if (!average || !w) return luge_failure(m->ctx);
        memcpy(average, w, bytes);
    }
    return LUGE_OK;
}

luge_status luge__model_state(luge_model *m)
{
    if (m->state) return LUGE_OK;
    luge_context *ctx = m->ctx;
    luge_status status = luge__model_initialize(m);
    if (status) return status;
    luge_graph *g = luge_graph_replay_with(m->graph, NULL);
    if (!g) return luge_failure(ctx);
    m->state = g;
    luge__model_renew(m);
    m->n_slots = m->n_weights;
    if (m->n_slots && !(m->slots = luge__alloc(ctx, m->n_slots * sizeof *m->slots))) {
        m->n_slots = 0;
        return luge_failure(ctx);
    }
    m->rate_value = luge_slab_variable(g, "optimizer/learning_rate", m->dtype, luge_scalar_shape(), 13);
    m->iterations = luge_slab_variable(g, "optimizer/iterations", LUGE_I64, luge_scalar_shape(), 13);
    for (size_t i = 0; i < m->n_weights && !status; i++) {
        const luge__weight *w = &m->weights[i];
        if (!w->trainable) continue;
        status = luge__optimizer_slots(g, &m->optimizer, w->name, luge_replayed(g, w->value), &m->slots[i]);
    }
    m->rate_memory = luge_data(g, m->rate_value);
    if (!status && m->rate_memory) status = start_slots(m);
    if (!status && !luge_failed(ctx)) return LUGE_OK;
    luge__compile_forget(m);
    return luge_failure(ctx);
}
