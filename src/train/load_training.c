/* load_training.c: what a model was compiled with and where its training stood, out of a file; see load.c. */
#include <math.h>
#include <string.h>

#include "luge/io.h"
#include "train/file.h"

/* A failure of what was not written for files: again, with the file before it. */
static luge_status of_file(const luge__loading *l, luge_status status)
{
    char message[400];
    if (!status || status == LUGE_ENOMEM) return status;
    luge__format(message, sizeof message, "%s", luge_error(l->ctx));
    luge_clear(l->ctx);
    return luge__load_bad(l, message);
}

/* ---- what was compiled ------------------------------------------------------------------------------------------- */

static luge_status read_schedule(luge__loading *l, uint32_t object, luge_schedule *s)
{
    luge_status status = luge__numbers_read(l->ctx, l->who, l->doc, object, luge__schedule_numbers, s);
    const uint32_t boundaries = luge__json_member(l->doc, object, "boundaries");
    const uint32_t values = luge__json_member(l->doc, object, "values");
    const int room = (int)(sizeof s->boundaries / sizeof *s->boundaries);
    if (!status && (s->n_boundaries < 0 || s->n_boundaries > room ||
                    luge__json_size(l->doc, boundaries) != (uint32_t)s->n_boundaries ||
                    luge__json_size(l->doc, values) != (uint32_t)s->n_boundaries + 1))
        return luge__load_bad(l, "\"boundaries\" and \"values\" of the schedule do not fit");
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, boundaries); v && !status; v = luge__json_next(l->doc, v), i++)
        if (!luge__json_get_int(l->doc, v, &s->boundaries[i])) status = luge__load_bad(l, "a boundary is no integer");
    i = 0;
    for (uint32_t v = luge__json_first(l->doc, values); v && !status; v = luge__json_next(l->doc, v), i++)
        if (!luge__json_get_number(l->doc, v, &s->values[i])) status = luge__load_bad(l, "a rate is no number");
    return status;
}

static luge_status read_losses(luge__loading *l, uint32_t compiled, luge_compile_options *o)
{
    const uint32_t losses = luge__json_member(l->doc, compiled, "losses");
    const uint32_t weights = luge__json_member(l->doc, compiled, "loss_weights");
    const uint32_t metrics = luge__json_member(l->doc, compiled, "metrics");
    if (luge__json_size(l->doc, losses) > LUGE_MAX_OUTPUTS || luge__json_size(l->doc, weights) > LUGE_MAX_OUTPUTS ||
        luge__json_size(l->doc, metrics) > LUGE_MAX_METRICS)
        return luge__load_bad(l, "there are too many losses or metrics");
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, losses); v; v = luge__json_next(l->doc, v), i++) {
        const int loss = luge__name_number(l->doc, v, luge__loss_names);
        if (loss < 0) return luge__load_bad(l, "a loss is unknown");
        o->losses[i] = (luge_loss)loss;
    }
    i = 0;
    for (uint32_t v = luge__json_first(l->doc, weights); v; v = luge__json_next(l->doc, v), i++)
        if (!luge__json_get_number(l->doc, v, &o->loss_weights[i]))
            return luge__load_bad(l, "a loss weight is no number");
    i = 0;
    for (uint32_t v = luge__json_first(l->doc, metrics); v; v = luge__json_next(l->doc, v), i++) {
        const char *name = luge__json_get_string(l->doc, v);
        o->metrics[i] = luge_metric_named(name ? name : "");
        if (!o->metrics[i]) return luge__load_bad(l, "a metric is unknown");
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

static luge_status read_precision(luge__loading *l, uint32_t member, luge_compile_options *o)
{
    const char *name = luge__json_get_string(l->doc, member);
    if (!name || strcmp(name, luge_dtype_name(LUGE_BF16)) != 0) return luge__load_bad(l, "\"precision\" is unknown");
    o->precision = LUGE_BF16;
    return LUGE_OK;
}

static luge_status read_compiled(luge__loading *l, uint32_t compiled)
{
    luge_compile_options o = { .size = sizeof o };
    luge_optimizer optimizer = { .size = sizeof optimizer };
    luge_schedule schedule = { .size = sizeof schedule };
    const uint32_t object = luge__json_member(l->doc, compiled, "optimizer");
    const uint32_t rates = luge__json_member(l->doc, object, "schedule");
    luge_status status = luge__numbers_read(l->ctx, l->who, l->doc, compiled, luge__compile_numbers, &o);
    const uint32_t precision = luge__json_member(l->doc, compiled, "precision");
    if (!status && precision) status = read_precision(l, precision, &o);
    if (!status) status = read_losses(l, compiled, &o);
    if (!status) status = luge__numbers_read(l->ctx, l->who, l->doc, object, luge__optimizer_numbers, &optimizer);
    if (!status && rates) status = read_schedule(l, rates, &schedule);
    if (status) return status;
    keep_zeros(&optimizer);
    if (rates) optimizer.schedule = &schedule;
    o.optimizer = &optimizer;
    return of_file(l, luge__compile(l->m, &o));
}

/* ---- where training stood ---------------------------------------------------------------------------------------- */

static luge_status read_state(luge__loading *l)
{
    luge_model *m = l->m;
    luge_status status = luge__model_state(m);
    if (!status) status = luge__load_variable(l, m->state, m->iterations);
    for (size_t i = 0; i < m->n_slots; i++)
        for (int k = 0; k < LUGE__SLOT_KINDS && !status; k++) {
            const luge_val slot = *luge__slot(&m->slots[i], k);
            if (luge_is_some(slot)) status = luge__load_variable(l, m->state, slot);
        }
    return status;
}

/* A tensor of doubles with `ndim` dimensions; NULL (no error) where there is none. The caller releases `bytes`. */
static double *read_doubles(luge__loading *l, const char *name, int ndim, luge_shape *shape, size_t *bytes,
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

static luge_status read_history(luge__loading *l, uint32_t training)
{
    luge_shape shape;
    size_t bytes;
    luge_status status;
    const char *names[LUGE__MAX_LOGS];
    const uint32_t list = luge__json_member(l->doc, training, "history");
    const int64_t n = luge__json_size(l->doc, list);
    double *values = read_doubles(l, "training/history", 2, &shape, &bytes, &status);
    if (!values) return status;
    if (n > LUGE__MAX_LOGS || n != shape.dim[1]) status = luge__load_bad(l, "\"history\" does not fit its tensor");
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, list); v && !status; v = luge__json_next(l->doc, v)) {
        names[i] = luge__json_get_string(l->doc, v);
        if (!names[i] || !*names[i] || strlen(names[i]) > 31)
            status = luge__load_bad(l, "a name of \"history\" is missing or too long");
        for (int k = 0; k < i && !status; k++)
            if (!strcmp(names[k], names[i])) status = luge__load_bad(l, "a name of \"history\" is there twice");
        i++;
    }
    for (int64_t e = 0; e < shape.dim[0] && !status; e++)
        status = luge__history_add(l->m, e, (int)n, names, values + e * n);
    luge__release(l->ctx, values, bytes);
    return status;
}

static luge_status read_metrics(luge__loading *l)
{
    luge_model *m = l->m;
    luge_shape shape;
    size_t bytes;
    luge_status status;
    if (!m->step || !m->n_metrics) return LUGE_OK;
    double *values = read_doubles(l, "training/metrics", 1, &shape, &bytes, &status);
    if (!values) return status ? status : luge__load_bad(l, "there is no tensor \"training/metrics\"");
    m->metrics = luge__metrics_create(m, m->options.metrics, m->n_metrics, 0);
    status = m->metrics ? luge_metric_state_set(m->metrics, values, (size_t)shape.dim[0]) : luge_failure(l->ctx);
    status = of_file(l, status);
    luge__release(l->ctx, values, bytes);
    return status;
}

static luge_status read_best(luge__loading *l, int c)
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
        const int k = status ? -1 : luge__load_find(l, name, info.dtype, &info.shape);
        if (k < 0) return luge_failure(l->ctx);
        const size_t bytes = luge__weight_bytes(m, i);
        if ((status = luge_tensor_read(l->tensors, k, at, bytes))) return status;
        at += bytes;
    }
    return LUGE_OK;
}

static luge_status read_callbacks(luge__loading *l, uint32_t training)
{
    const uint32_t list = luge__json_member(l->doc, training, "callbacks");
    if (luge__json_kind(l->doc, list) != LUGE__JSON_ARRAY || luge__json_size(l->doc, list) > LUGE_MAX_CALLBACKS)
        return luge__load_bad(l, "\"callbacks\" is missing or too long");
    luge_status status = LUGE_OK;
    int i = 0;
    for (uint32_t v = luge__json_first(l->doc, list); v && !status; v = luge__json_next(l->doc, v), i++) {
        luge__callback_state *s = &l->m->callbacks[i];
        status = luge__numbers_read(l->ctx, l->who, l->doc, v, luge__callback_numbers, s);
        if (!status && s->has_weights) status = read_best(l, i);
    }
    return status;
}

luge_status luge__load_training(luge__loading *l, uint32_t root)
{
    luge_model *m = l->m;
    const uint32_t compiled = luge__json_member(l->doc, root, "compiled");
    const uint32_t training = luge__json_member(l->doc, root, "training");
    if (!compiled) return LUGE_OK;
    luge_status status = read_compiled(l, compiled);
    if (!status) status = luge__numbers_read(l->ctx, l->who, l->doc, training, luge__training_numbers, m);
    if (!status && !(m->rate >= 0 && m->rate < HUGE_VAL)) return luge__load_bad(l, "\"rate\" is out of range");
    if (!status && luge_tensor_find(l->tensors, "optimizer/iterations") >= 0) status = read_state(l);
    if (!status && m->swapped && !(m->state && m->optimizer.average_momentum > 0))
        return luge__load_bad(l, "\"swapped\" is set, but there are no averages");
    if (!status) status = read_history(l, training);
    if (!status) status = read_metrics(l);
    return status ? status : read_callbacks(l, training);
}
