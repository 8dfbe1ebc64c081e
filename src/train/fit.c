/* fit.c: the training loop. Everything that the next step depends on is in the model, so that it can be saved between
 * any two steps. */
#include "train/fit.h"

#include <math.h>
#include <string.h>

/* ---- logs -------------------------------------------------------------------------------------------------------- */

void luge__log_put(luge__logs *logs, const char *prefix, const char *name, double value)
{
    if (logs->n == LUGE__MAX_LOGS) return;
    char *text = logs->text[logs->n], *at = text;
    const char *end = text + sizeof logs->text[0] - 1;
    while (*prefix && at < end) *at++ = *prefix++; /* small nets do this in every step */
    while (*name && at < end) *at++ = *name++;
    *at = 0;
    logs->names[logs->n] = text;
    logs->values[logs->n++] = value;
}

int luge__log_find(const luge__logs *logs, const char *name)
{
    return luge__name_index(name, logs->names, logs->n);
}

static double running_loss(const luge_model *m)
{
    return m->loss_rows > 0 ? m->loss_sum / m->loss_rows : (double)NAN;
}

/* A loss and the metrics. Without sums, their names alone. */
static void log_scores(const luge_model *m, luge__logs *logs, const char *prefix, double loss,
                       const luge_metric_state *metrics)
{
    luge__log_put(logs, prefix, "loss", loss);
    for (int i = 0; i < m->n_metrics; i++) {
        double value = (double)NAN;
        if (metrics) luge_metric_value(metrics, m->options.metrics[i], &value);
        luge__log_put(logs, prefix, luge_metric_name(m->options.metrics[i]), value);
    }
}

static int logs_rate(const luge__fit *f)
{
    return f->m->optimizer.schedule || luge__callbacks_have(f, LUGE_REDUCE_RATE_ON_PLATEAU);
}

void luge__logs_expect(luge__fit *f)
{
    log_scores(f->m, &f->logs, "", (double)NAN, NULL);
    if (f->validation) log_scores(f->m, &f->logs, "val_", (double)NAN, NULL);
    if (logs_rate(f)) luge__log_put(&f->logs, "", "learning_rate", (double)NAN);
}

/* ---- one step ---------------------------------------------------------------------------------------------------- */

/* Runs one step on rows that are given by number, unless they are loaded already. */
static luge_status run_step(luge_model *m, luge_dataset *data, luge__step_key *key, const int64_t *rows, int64_t n,
                            const double *class_weights, int n_class_weights, int loaded, luge_metric_state *metrics,
                            double *loss)
{
    key->rows = n;
    key->mode = (m->updates + 1) % m->optimizer.accumulation_steps ? LUGE__GATHER : LUGE__TRAIN;
    luge__step *step = luge__step_for(m, key);
    if (!step) return luge_failure(m->ctx);
    luge_status status = loaded ? LUGE_OK : luge__batch_load(m, data, step, rows, n, class_weights, n_class_weights);
    luge__write_rate(m, luge__next_rate(m));
    if (!status) status = luge__step_execute(m, step, loss);
    if (!status && m->n_metrics) status = luge__metrics_add(m, metrics, step);
    if (!status) m->updates++;
    return status;
}

static luge_status metrics_ready(luge_model *m)
{
    if (!m->n_metrics) return LUGE_OK;
    if (!m->metrics) m->metrics = luge__metrics_create(m, m->options.metrics, m->n_metrics, 0);
    if (!m->validation_metrics) m->validation_metrics = luge__metrics_create(m, m->options.metrics, m->n_metrics, 0);
    return luge_failure(m->ctx);
}

luge_scores luge_train_on_batch(luge_model *model, luge_dataset *batch)
{
    luge_scores scores = luge__no_scores();
    luge__step_key key;
    if (luge__model_ready_for(model, "train_on_batch", batch) || luge__trainable(model, "train_on_batch") ||
        luge__check_data(model, "train_on_batch", batch, 1) ||
        luge__step_key_for(model, "train_on_batch", batch, LUGE__TRAIN, luge_dataset_count(batch, LUGE_WEIGHTS) > 0,
                           &key) ||
        luge__model_state(model) || metrics_ready(model))
        return scores;
    const int64_t n = luge_dataset_rows(batch);
    luge_metric_state *metrics = model->validation_metrics; /* the others are those of an epoch that may go on */
    double loss;
    if (luge__batch_reserve(model, n)) return scores;
    for (int64_t i = 0; i < n; i++) model->batch.numbers[i] = i;
    if (metrics) luge_metric_reset(metrics);
    if (run_step(model, batch, &key, model->batch.numbers, n, NULL, 0, 0, metrics, &loss)) return scores;
    scores.rows = n;
    scores.loss = loss;
    if (metrics) luge__read_scores(metrics, model->options.metrics, model->n_metrics, &scores);
    return scores;
}

/* ---- preparing --------------------------------------------------------------------------------------------------- */

luge_status luge__trainable(luge_model *m, const char *who)
{
    if (m->fitting) return luge__fail(m->ctx, LUGE_ESTATE, "%s: the model is being trained", who);
    if (!m->compiled) return luge__fail(m->ctx, LUGE_ESTATE, "%s: compile the model first", who);
    if (m->swapped)
        return luge__fail(m->ctx, LUGE_ESTATE, "%s: the weights are exchanged for their averages; swap them back", who);
    return LUGE_OK;
}

static luge_status check_options(luge__fit *f)
{
    luge_fit_options *o = &f->o;
    luge_context *ctx = f->m->ctx;
    if (!o->epochs) o->epochs = 1;
    if (!o->validation_frequency) o->validation_frequency = 1;
    if (o->epochs < 1 || o->initial_epoch < 0 || o->validation_frequency < 1 || o->steps_per_epoch < 0)
        return luge__fail(ctx, LUGE_EINVAL, "fit: epochs, initial_epoch, steps or validation_frequency is negative");
    if (!(o->validation_split >= 0 && o->validation_split < 1))
        return luge__fail(ctx, LUGE_EINVAL, "fit: validation_split is %g; 0 <= s < 1 is expected", o->validation_split);
    if (o->sampling < LUGE_SHUFFLED || o->sampling > LUGE_WITH_REPLACEMENT)
        return luge__fail(ctx, LUGE_EINVAL, "fit: there is no sampling number %d", (int)o->sampling);
    if ((o->class_weights == NULL) != (o->n_class_weights == 0) || o->n_class_weights < 0)
        return luge__fail(ctx, LUGE_EINVAL, "fit: class_weights and n_class_weights do not go together");
    for (int i = 0; i < o->n_class_weights; i++)
        if (!(o->class_weights[i] >= 0 && o->class_weights[i] < HUGE_VAL))
            return luge__fail(ctx, LUGE_EINVAL, "fit: class weight %d is %g; a finite number, 0 or more, is expected",
                              i, o->class_weights[i]);
    const luge_shape output = luge_shape_of_val(f->m->graph, f->m->outputs[0]);
    const int64_t width = luge_shape_size(&output) / LUGE__SAMPLE_ROWS, classes = width > 1 ? width : 2;
    if (o->n_class_weights > classes)
        return luge__fail(ctx, LUGE_EINVAL, "fit: there are %d class weights; the first output has %l classes",
                          (int)o->n_class_weights, classes);
    return LUGE_OK;
}

/* The last part of the rows is held out, as Keras does. */
static luge_status split_data(luge__fit *f)
{
    luge_context *ctx = f->m->ctx;
    f->data = f->o.data;
    f->validation = f->o.validation_data;
    if (f->validation || f->o.validation_split == 0) return LUGE_OK;
    const int64_t rows = luge_dataset_rows(f->data);
    const int64_t kept = (int64_t)floor((double)rows * (1 - f->o.validation_split));
    if (kept < 1 || kept >= rows)
        return luge__fail(ctx, LUGE_EINVAL, "fit: validation_split %g of %l rows leaves one side empty",
                          f->o.validation_split, rows);
    f->data = f->parts[0] = luge_dataset_slice(f->data, 0, kept);
    f->validation = f->parts[1] = luge_dataset_slice(f->o.data, kept, rows - kept);
    return luge_failure(ctx);
}

static luge_status size_batches(luge__fit *f)
{
    luge_fit_options *o = &f->o;
    luge_context *ctx = f->m->ctx;
    f->rows = luge_dataset_rows(f->data);
    if (o->batch_size == 0) o->batch_size = 32;
    if (o->batch_size == LUGE_FULL_BATCH || o->batch_size > f->rows) o->batch_size = f->rows;
    if (o->batch_size < 1)
        return luge__fail(ctx, LUGE_EINVAL, "fit: batch_size is %l; at least 1, or LUGE_FULL_BATCH, is expected",
                          o->batch_size);
    if (o->validation_batch_size == 0) o->validation_batch_size = o->batch_size;
    if (o->validation_batch_size == LUGE_FULL_BATCH && f->validation)
        o->validation_batch_size = luge_dataset_rows(f->validation);
    if (o->validation_batch_size < LUGE_FULL_BATCH)
        return luge__fail(ctx, LUGE_EINVAL,
                          "fit: validation_batch_size is %l; at least 1, or LUGE_FULL_BATCH, is expected",
                          o->validation_batch_size);
    const int64_t all = f->rows / o->batch_size + (f->rows % o->batch_size != 0);
    f->steps = o->steps_per_epoch ? o->steps_per_epoch : all;
    if (f->steps > all && o->sampling != LUGE_WITH_REPLACEMENT)
        return luge__fail(ctx, LUGE_EINVAL, "fit: %l steps of %l rows are more than the %l rows there are", f->steps,
                          o->batch_size, f->rows);
    size_t n = (size_t)f->rows;
    if (f->steps > all &&
        ((int64_t)(size_t)f->steps != f->steps || !luge__mul_size((size_t)f->steps, (size_t)o->batch_size, &n)))
        return luge__fail(ctx, LUGE_ENOMEM, "fit: %l steps of %l rows do not fit memory", f->steps, o->batch_size);
    if (!luge__mul_size(n, sizeof *f->order, &f->order_bytes))
        return luge__fail(ctx, LUGE_ENOMEM, "fit: the order of %z rows does not fit memory", n);
    f->order = luge__alloc(ctx, f->order_bytes);
    return f->order ? LUGE_OK : LUGE_ENOMEM;
}

/* Whether training can go on where the model stopped; nothing is changed. */
static luge_status check_resume(const luge__fit *f, uint64_t fingerprint)
{
    const luge_model *m = f->m;
    if (m->fingerprint != fingerprint)
        return luge__fail(m->ctx, LUGE_ESTATE, "fit: to resume, the data must be what it was: %l rows then, %l now%s",
                          m->data_rows, f->rows, m->data_rows == f->rows ? ", with other contents" : "");
    if (m->batch_size != f->o.batch_size || m->sampling != f->o.sampling)
        return luge__fail(m->ctx, LUGE_ESTATE,
                          "fit: to resume, batch_size must be %l and sampling %d as before, not %l and %d",
                          m->batch_size, (int)m->sampling, f->o.batch_size, (int)f->o.sampling);
    if (m->step > f->steps)
        return luge__fail(m->ctx, LUGE_ESTATE,
                          "fit: to resume after step %l of an epoch, it must have as many steps, not %l", m->step,
                          f->steps);
    return LUGE_OK;
}

/* Where this fit begins: anew, or where the model stopped. */
static luge_status begin(luge__fit *f)
{
    luge_model *m = f->m;
    const uint64_t fingerprint = luge_dataset_fingerprint(f->data);
    luge_status status = luge_failure(m->ctx);
    if (!m->fingerprint) f->o.resume = 0; /* it has not been trained */
    if (!status && f->o.resume) status = check_resume(f, fingerprint);
    if (!status) status = luge__callbacks_check(f);
    if (status) return status;
    if (!f->o.resume) {
        if (m->step) m->order++; /* an epoch that was begun is not begun again */
        m->epoch = f->o.initial_epoch;
        m->step = 0;
        m->loss_sum = m->loss_rows = 0;
        if (m->metrics) luge_metric_reset(m->metrics);
        if (m->history.epochs > m->epoch) m->history.epochs = m->epoch;
        if (!m->history.epochs) luge__history_clear(m);
    }
    m->fingerprint = fingerprint;
    m->data_rows = f->rows;
    m->batch_size = f->o.batch_size;
    m->sampling = f->o.sampling;
    return LUGE_OK;
}

static void copy_names(luge_model *m, luge_dataset *data, luge_role role, char ***to, int64_t *n)
{
    luge_column_info column;
    if (*to || luge_dataset_column(data, role, 0, &column) || !column.names || column.n_names < 1) return;
    luge__set_names(m, to, n, column.names, column.n_names);
}

static luge_status prepare(luge__fit *f)
{
    luge_model *m = f->m;
    luge_status status = luge__model_ready_for(m, "fit", f->o.data);
    if (!status) status = luge__trainable(m, "fit");
    if (!status) status = check_options(f);
    if (!status) status = luge__check_data(m, "fit", f->o.data, 1);
    if (!status && f->o.validation_data) status = luge__check_data(m, "fit: validation", f->o.validation_data, 1);
    if (!status) status = split_data(f);
    if (!status) status = size_batches(f);
    const int weighted = f->o.class_weights || luge_dataset_count(f->data, LUGE_WEIGHTS) > 0;
    if (!status) status = luge__step_key_for(m, "fit", f->data, LUGE__TRAIN, weighted, &f->key);
    if (!status) status = luge__model_state(m);
    if (!status) status = metrics_ready(m);
    if (!status) status = begin(f);
    if (status) return status;
    copy_names(m, f->data, LUGE_TARGETS, &m->class_names, &m->n_class_names);
    copy_names(m, f->data, LUGE_FEATURES, &m->feature_names, &m->n_feature_names);
    return luge_failure(m->ctx);
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

/* The first cause counts: early stopping, a callback too, has said its own. */
static void stop(luge__fit *f, luge_stop_cause cause, const char *reason)
{
    luge_model *m = f->m;
    f->stop = 1;
    if (m->cause) return;
    m->cause = cause;
    luge__format(m->reason, sizeof m->reason, "%s", reason);
}

static luge_status call(luge__fit *f, luge__event event, int64_t epoch, int64_t step)
{
    if (luge__callbacks_call(f, event, epoch, step) && !luge_failed(f->m->ctx))
        stop(f, LUGE_STOPPED_BY_CALLBACK, "stopped by a callback");
    return luge_failure(f->m->ctx);
}

static void order_rows(luge__fit *f)
{
    const uint64_t order = (uint64_t)f->m->order;
    const int64_t n = (int64_t)(f->order_bytes / sizeof *f->order);
    if (f->o.sampling == LUGE_WITH_REPLACEMENT) {
        luge_row_sample(f->m->seed, order, f->rows, n, f->order);
    } else if (f->o.sampling == LUGE_SHUFFLED && f->o.batch_size < f->rows) {
        luge_row_order(f->m->seed, order, f->rows, f->order);
    } else { /* the mean over all rows needs no order */
        for (int64_t i = 0; i < f->rows; i++) f->order[i] = i;
    }
}

static luge_status train_step(luge__fit *f)
{
    luge_model *m = f->m;
    const int64_t first = m->step * f->o.batch_size, left = (int64_t)(f->order_bytes / sizeof *f->order) - first;
    const int64_t n = left < f->o.batch_size ? left : f->o.batch_size;
    const int guarded = luge__callbacks_have(f, LUGE_STOP_ON_NAN);
    const int all = n == f->rows && f->o.sampling != LUGE_WITH_REPLACEMENT;
    const int loaded = all && f->loaded && f->loaded == m->batch.loads && m->optimizer.accumulation_steps == 1;
    double loss = 0;
    luge_status status = guarded ? luge__nan_remember(f) : LUGE_OK;
    if (!status)
        status = run_step(m, f->data, &f->key, f->order + first, n, f->o.class_weights, f->o.n_class_weights, loaded,
                          m->metrics, &loss);
    if (status) return status;
    if (guarded && !isfinite(loss)) { /* the epoch does not count the step */
        f->stop = 1;
        return luge__nan_explain(f, f->order + first, n);
    }
    f->loaded = all ? m->batch.loads : 0;
    m->step++;
    m->loss_sum += loss * (double)n;
    m->loss_rows += (double)n;
    return LUGE_OK;
}

static luge_status validate(luge__fit *f, luge__logs *logs)
{
    luge_model *m = f->m;
    double loss;
    if (m->validation_metrics) luge_metric_reset(m->validation_metrics);
    const luge_status status = luge__score(m, "fit: validation", f->validation, f->o.validation_batch_size, NULL, 0,
                                           m->validation_metrics, &loss);
    if (status) return status;
    log_scores(m, logs, "val_", loss, m->validation_metrics);
    return LUGE_OK;
}

static luge_status end_epoch(luge__fit *f)
{
    luge_model *m = f->m;
    luge_status status = LUGE_OK;
    const double rate = luge__next_rate(m);
    f->logs.n = 0;
    log_scores(m, &f->logs, "", running_loss(m), m->metrics);
    if (f->validation && (m->epoch + 1) % f->o.validation_frequency == 0) status = validate(f, &f->logs);
    if (logs_rate(f)) luge__log_put(&f->logs, "", "learning_rate", rate);
    if (!status) status = luge__history_add(m, m->epoch, f->logs.n, f->logs.names, f->logs.values);
    m->epoch++;
    m->order++;
    m->step = 0;
    m->loss_sum = m->loss_rows = 0;
    if (m->metrics) luge_metric_reset(m->metrics);
    if (status) luge__bar_break(f);
    if (status) return status;
    luge__bar_end(f);
    return call(f, LUGE__EPOCH_END, m->epoch - 1, f->steps);
}

static luge_status train_epoch(luge__fit *f)
{
    luge_model *m = f->m;
    const int watched = luge__callbacks_watch_steps(f);
    order_rows(f);
    f->logs.n = 0;
    luge_status status = m->step ? LUGE_OK : call(f, LUGE__EPOCH_BEGIN, m->epoch, 0);
    luge__bar_epoch(f);
    while (m->step < f->steps && !f->stop && !status) {
        status = train_step(f);
        if (status || f->stop) break;
        if (f->bar.verbose == 1) luge__bar_step(f);
        f->logs.n = 0;
        if (watched) log_scores(m, &f->logs, "", running_loss(m), m->metrics);
        status = call(f, LUGE__BATCH_END, m->epoch, m->step - 1);
        if (f->o.interrupt && *f->o.interrupt) stop(f, LUGE_STOPPED_BY_INTERRUPT, "interrupted");
    }
    if (!status && m->step == f->steps) return end_epoch(f);
    luge__bar_break(f);
    return status;
}

static luge_status train(luge__fit *f)
{
    luge_model *m = f->m;
    m->stopped = 0;
    m->cause = LUGE_RAN_TO_ITS_END;
    *m->reason = 0;
    f->bar.sink = f->o.progress;
    f->bar.verbose = !f->o.progress.write || f->o.verbose < 0 ? 0 : f->o.verbose ? f->o.verbose : 1;
    luge_status status = call(f, LUGE__TRAIN_BEGIN, m->epoch, m->step);
    while (m->epoch < f->o.epochs && !f->stop && !status) status = train_epoch(f);
    m->stopped = f->stop && m->epoch < f->o.epochs;
    if (!m->stopped) {
        m->cause = LUGE_RAN_TO_ITS_END;
        *m->reason = 0;
    }
    if (!status) luge__callbacks_call(f, LUGE__TRAIN_END, m->epoch, m->step);
    return status ? status : luge_failure(m->ctx);
}

luge_status luge_fit_with(luge_model *model, const luge_fit_options *options)
{
    if (!luge__model_usable(model, "fit")) return luge__refused(model);
    luge__fit f = { .m = model };
    luge_status status = luge__read_options(model->ctx, "fit", &f.o, sizeof f.o, options);
    if (!status) status = prepare(&f);
    if (!status) {
        model->fitting = 1;
        status = train(&f);
        model->fitting = 0;
    }
    luge__release(model->ctx, f.order, f.order_bytes);
    luge__release(model->ctx, f.before, f.before_bytes);
    luge_dataset_free(f.parts[0]);
    luge_dataset_free(f.parts[1]);
    return status;
}

luge_progress luge_model_progress(const luge_model *model)
{
    luge_progress p = { .epoch = 0 };
    if (!model) return p;
    p.epoch = model->epoch;
    p.step = model->step;
    p.updates = model->updates;
    p.stopped = model->stopped;
    p.cause = model->cause;
    memcpy(p.reason, model->reason, sizeof p.reason);
    return p;
}
