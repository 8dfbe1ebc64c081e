/* evaluate.c: scores and predictions. */
#include "train/train.h"

#include <math.h>

luge_status luge__step_execute(luge_model *m, const luge__step *step, double *loss)
{
    const luge_status status = luge_run_execute(step->run);
    if (status) return luge__fail(m->ctx, status, "%s", luge_last_error());
    if (!loss) return LUGE_OK;
    const void *value = luge_run_data(step->run, step->loss);
    *loss = m->dtype == LUGE_F32 ? (double)*(const float *)value : *(const double *)value;
    return LUGE_OK;
}

/* ---- metrics ----------------------------------------------------------------------------------------------------- */

static int64_t last_size(const luge_graph *g, luge_val v)
{
    const luge_shape s = luge_shape_of_val(g, v);
    return s.ndim > 1 ? s.dim[s.ndim - 1] : 1;
}

luge_metric_state *luge__metrics_create(luge_model *m, const luge_metric *list, int n, int confusion)
{
    const luge_metric_options o = { .size = sizeof o,
                                    .outputs = last_size(m->graph, m->outputs[0]),
                                    .metrics = list,
                                    .n_metrics = n,
                                    .threshold = m->options.threshold,
                                    .top_k = m->options.top_k,
                                    .logits = m->options.from_logits,
                                    .confusion = confusion };
    luge_metric_state *metrics = luge_metric_state_create_with(m->ctx, &o);
    luge__model_renew(m);
    return metrics;
}

luge_status luge__metrics_add(luge_model *m, luge_metric_state *metrics, const luge__step *step)
{
    const luge_shape shape = luge_shape_of_val(step->graph, step->outputs[0]);
    const int64_t columns = last_size(step->graph, step->outputs[0]);
    const luge_metric_batch batch = { .size = sizeof batch,
                                      .rows = luge_shape_size(&shape) / (columns ? columns : 1),
                                      .predictions = luge_run_data(step->run, step->outputs[0]),
                                      .dtype = m->dtype,
                                      .targets = m->batch.targets[0],
                                      .kind = m->batch.kind,
                                      .target_dtype = m->batch.kind == LUGE_CLASSES ? LUGE_I32 : m->dtype };
    return luge_metric_update_with(metrics, &batch);
}

/* Adds the losses of the rows of the step's last run to the sum of each output. */
static luge_status add_rows(luge_model *m, const luge__step *step, double *sums)
{
    for (int i = 0; i < m->n_outputs; i++) {
        const void *rows = luge_run_data(step->run, step->row_losses[i]);
        if (!rows) return luge__fail(m->ctx, LUGE_EINTERNAL, "%s", luge_last_error());
        for (int64_t r = 0; r < step->key.rows; r++)
            sums[i] += m->dtype == LUGE_F32 ? (double)((const float *)rows)[r] : ((const double *)rows)[r];
    }
    return LUGE_OK;
}

luge_status luge__score(luge_model *m, const char *who, luge_dataset *data, int64_t batch_size,
                        const double *class_weights, int n_class_weights, luge_metric_state *metrics, double *loss)
{
    luge__step_key key;
    const int weighted = class_weights || luge_dataset_count(data, LUGE_WEIGHTS);
    const int64_t rows = luge_dataset_rows(data);
    luge_status status = luge__step_key_for(m, who, data, LUGE__SCORE, weighted, &key);
    double sums[LUGE_MAX_OUTPUTS] = { 0 };
    for (int64_t first = 0; first < rows && !status; first += batch_size) {
        key.rows = rows - first < batch_size ? rows - first : batch_size;
        luge__step *step = luge__step_for(m, &key);
        if (!step) return luge_failure(m->ctx);
        status = luge__batch_load_range(m, data, step, first, key.rows, class_weights, n_class_weights);
        if (!status) status = luge__step_execute(m, step, loss); /* the penalties: the same in each batch */
        if (!status) status = add_rows(m, step, sums);
        if (!status && metrics) status = luge__metrics_add(m, metrics, step);
    }
    for (int i = 0; i < m->n_outputs && !status; i++) {
        const double factor = m->options.loss_weights[i] != 0 ? m->options.loss_weights[i] : 1;
        *loss += factor * (luge__loss_of(m, i) == LUGE_HALF_SUM_SQUARED_ERROR ? sums[i] : sums[i] / (double)rows);
    }
    return status;
}

/* ---- evaluate ---------------------------------------------------------------------------------------------------- */

luge_scores luge__no_scores(void)
{
    const double nan = (double)NAN;
    return (luge_scores){ .loss = nan,
                          .accuracy = nan,
                          .precision = nan,
                          .recall = nan,
                          .f1 = nan,
                          .auc = nan,
                          .mae = nan,
                          .mse = nan,
                          .rmse = nan,
                          .r2 = nan,
                          .top_k = nan };
}

void luge__read_scores(const luge_metric_state *metrics, const luge_metric *list, int n, luge_scores *s)
{
    double *const places[] = { [LUGE_ACCURACY] = &s->accuracy,
                               [LUGE_BINARY_ACCURACY] = &s->accuracy,
                               [LUGE_TOP_K] = &s->top_k,
                               [LUGE_PRECISION] = &s->precision,
                               [LUGE_RECALL] = &s->recall,
                               [LUGE_F1] = &s->f1,
                               [LUGE_AUC] = &s->auc,
                               [LUGE_MAE] = &s->mae,
                               [LUGE_MSE] = &s->mse,
                               [LUGE_RMSE] = &s->rmse,
                               [LUGE_R2] = &s->r2 };
    for (int i = 0; i < n; i++)
        if ((size_t)list[i] < sizeof places / sizeof *places) luge_metric_value(metrics, list[i], places[list[i]]);
}

luge_scores luge_evaluate_with(luge_model *model, const luge_evaluate_options *options)
{
    luge_evaluate_options o;
    luge_scores scores = luge__no_scores();
    if (!luge__model_usable(model, "evaluate") || luge__read_options(model->ctx, "evaluate", &o, sizeof o, options))
        return scores;
    luge_context *ctx = model->ctx;
    if (luge__model_ready_for(model, "evaluate", o.data) || luge__check_data(model, "evaluate", o.data, 1))
        return scores;
    if (o.batch_size == 0) o.batch_size = 256;
    if (o.batch_size == LUGE_FULL_BATCH) o.batch_size = luge_dataset_rows(o.data);
    if (o.batch_size < 1) {
        luge__fail(ctx, LUGE_EINVAL, "evaluate: batch_size is %l; at least 1 is expected", o.batch_size);
        return scores;
    }
    const luge_metric *list = o.metrics[0] ? o.metrics : model->options.metrics;
    int n = 0;
    while (n < LUGE_MAX_METRICS && list[n]) n++;
    luge_metric_state *metrics = n || o.confusion ? luge__metrics_create(model, list, n, o.confusion != NULL) : NULL;
    double loss;
    if (!luge_failed(ctx) && !luge__score(model, "evaluate", o.data, o.batch_size, NULL, 0, metrics, &loss)) {
        scores.rows = luge_dataset_rows(o.data);
        scores.loss = loss;
        luge__read_scores(metrics, list, n, &scores);
        if (o.confusion) luge_metric_confusion(metrics, o.confusion, o.classes);
    }
    luge_metric_state_free(metrics);
    return luge_failed(ctx) ? luge__no_scores() : scores;
}

/* ---- predict ----------------------------------------------------------------------------------------------------- */

static luge_status predict_rows(luge_model *m, const luge_predict_options *o, size_t row_bytes)
{
    luge__step_key key;
    const int64_t rows = luge_dataset_rows(o->data);
    luge_status status = luge__step_key_for(m, "predict", NULL, LUGE__PREDICT, 0, &key);
    for (int64_t first = 0; first < rows && !status; first += o->batch_size) {
        key.rows = rows - first < o->batch_size ? rows - first : o->batch_size;
        luge__step *step = luge__step_for(m, &key);
        if (!step) return luge_failure(m->ctx);
        status = luge__batch_load_range(m, o->data, step, first, key.rows, NULL, 0);
        if (!status) status = luge__step_execute(m, step, NULL);
        if (status) break;
        unsigned char *out = (unsigned char *)o->out + (size_t)first * row_bytes;
        status = luge_run_get(step->run, step->outputs[o->output], out, (size_t)key.rows * row_bytes);
        if (status) luge__fail(m->ctx, status, "%s", luge_last_error());
    }
    return status;
}

luge_status luge_predict_with(luge_model *model, const luge_predict_options *options)
{
    luge_predict_options o;
    if (!luge__model_usable(model, "predict")) return luge__refused(model);
    luge_context *ctx = model->ctx;
    luge_status status = luge__read_options(ctx, "predict", &o, sizeof o, options);
    if (!status) status = luge__model_ready_for(model, "predict", o.data);
    if (!status) status = luge__check_data(model, "predict", o.data, 0);
    if (status) return status;
    if (o.batch_size == 0) o.batch_size = 256;
    if (o.batch_size == LUGE_FULL_BATCH) o.batch_size = luge_dataset_rows(o.data);
    if (o.batch_size < 1 || o.output < 0 || o.output >= model->n_outputs)
        return luge__fail(ctx, LUGE_EINVAL, "predict: batch_size %l or output %d is out of range", o.batch_size,
                          o.output);
    luge_shape shape = luge_shape_of_val(model->graph, model->outputs[o.output]);
    shape.dim[0] = 1;
    const size_t row_bytes = (size_t)luge_shape_size(&shape) * luge_dtype_size(model->dtype);
    size_t expected;
    if (!o.out) return luge__fail(ctx, LUGE_EINVAL, "predict: out is NULL");
    if (!luge__mul_size(row_bytes, (size_t)luge_dataset_rows(o.data), &expected) || expected != o.bytes)
        return luge__fail(ctx, LUGE_EINVAL, "predict: out has %z bytes; %l rows of %z are expected", o.bytes,
                          luge_dataset_rows(o.data), row_bytes);
    return predict_rows(model, &o, row_bytes);
}
