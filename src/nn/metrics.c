/* metrics.c: metrics by name, states of their sums, values from sums. metrics_update.c adds rows to the sums. */
#include <math.h>
#include <string.h>

#include "nn/metrics.h"

/* ---- the list ---------------------------------------------------------------------------------------------------- */

typedef struct metric_row {
    const char *name, *long_name; /* the second is Keras' */
    int need, better;
} metric_row;

static const metric_row metrics[] = {
    [LUGE_ACCURACY] = { "accuracy", "categorical_accuracy", LUGE__NEED_RIGHT, 1 },
    [LUGE_BINARY_ACCURACY] = { "binary_accuracy", "binary_accuracy", LUGE__NEED_BINARY, 1 },
    [LUGE_TOP_K] = { "top_k", "top_k_categorical_accuracy", LUGE__NEED_TOP, 1 },
    [LUGE_PRECISION] = { "precision", "precision", LUGE__NEED_CLASSES, 1 },
    [LUGE_RECALL] = { "recall", "recall", LUGE__NEED_CLASSES, 1 },
    [LUGE_F1] = { "f1", "f1_score", LUGE__NEED_CLASSES, 1 },
    [LUGE_AUC] = { "auc", "auc", LUGE__NEED_ROWS, 1 },
    [LUGE_MAE] = { "mae", "mean_absolute_error", LUGE__NEED_ABSOLUTE, -1 },
    [LUGE_MSE] = { "mse", "mean_squared_error", LUGE__NEED_SQUARE, -1 },
    [LUGE_RMSE] = { "rmse", "root_mean_squared_error", LUGE__NEED_SQUARE, -1 },
    [LUGE_R2] = { "r2", "r2_score", LUGE__NEED_DEVIATION, 1 },
};
enum { METRICS = (int)(sizeof metrics / sizeof *metrics) };

static const metric_row *row_of(luge_metric metric)
{
    return (int)metric > 0 && (int)metric < METRICS ? &metrics[metric] : NULL;
}

const char *luge_metric_name(luge_metric metric)
{
    const metric_row *row = row_of(metric);
    return row ? row->name : "?";
}

luge_metric luge_metric_named(const char *name)
{
    for (int i = 1; name && i < METRICS; i++) {
        if (!strcmp(name, metrics[i].name) || !strcmp(name, metrics[i].long_name)) return (luge_metric)i;
    }
    return LUGE_NO_METRIC;
}

int luge_metric_better(luge_metric metric)
{
    const metric_row *row = row_of(metric);
    return row ? row->better : 0;
}

int luge__metric_need(luge_metric metric, int64_t outputs)
{
    const metric_row *row = row_of(metric);
    if (metric == LUGE_ACCURACY && outputs == 1) return LUGE__NEED_BINARY;
    return row ? row->need : 0;
}

/* ---- states ------------------------------------------------------------------------------------------------------ */

static luge_status check_options(luge_context *ctx, luge_metric_options *o)
{
    if (o->outputs < 1)
        return luge__fail(ctx, LUGE_EINVAL, "luge_metric_state_create: outputs is %l; 1 or more is expected",
                          o->outputs);
    if (o->n_metrics < 0 || (o->n_metrics && !o->metrics) || (!o->n_metrics && !o->confusion))
        return luge__fail(ctx, LUGE_EINVAL,
                          "luge_metric_state_create: n_metrics is %d%s; 1 or more, and their list, is expected",
                          (int)o->n_metrics, o->metrics ? "" : " and metrics is NULL");
    if (o->threshold == 0) o->threshold = 0.5;
    if (!isfinite(o->threshold) || (o->logits && !(o->threshold > 0 && o->threshold < 1)))
        return luge__fail(ctx, LUGE_EINVAL, "luge_metric_state_create: threshold is %g; %s is expected", o->threshold,
                          o->logits ? "a probability in (0, 1)" : "a finite number");
    if (o->top_k == 0) o->top_k = 5;
    if (o->top_k < 0)
        return luge__fail(ctx, LUGE_EINVAL, "luge_metric_state_create: top_k is %l; 1 or more is expected", o->top_k);
    return LUGE_OK;
}

static luge_status collect_needs(luge_context *ctx, const luge_metric_options *o, int *needs)
{
    *needs = o->confusion ? LUGE__NEED_CONFUSION : 0;
    for (int i = 0; i < o->n_metrics; i++) {
        const int need = luge__metric_need(o->metrics[i], o->outputs);
        if (!need)
            return luge__fail(ctx, LUGE_EINVAL, "luge_metric_state_create: metrics[%d] is %d; no such metric", i,
                              (int)o->metrics[i]);
        if (need == LUGE__NEED_TOP && o->outputs == 1)
            return luge__fail(ctx, LUGE_EINVAL,
                              "luge_metric_state_create: top_k of 1 column; 2 columns or more are expected");
        *needs |= need;
    }
    return LUGE_OK;
}

/* Places `count` times `each` doubles behind those that are there. */
static int place(luge_metric_state *state, int need, size_t count, size_t each, size_t *first)
{
    size_t n;
    *first = state->n_sums;
    if (!(state->needs & need)) return 1;
    return luge__mul_size(count, each, &n) && luge__add_size(state->n_sums, n, &state->n_sums);
}

static luge_status make_sums(luge_metric_state *state)
{
    luge_context *ctx = state->object.ctx;
    const size_t classes = (size_t)state->classes, outputs = (size_t)state->outputs;
    size_t bytes;
    state->n_sums = LUGE__SUMS;
    if ((int64_t)outputs != state->outputs || outputs > SIZE_MAX / 64 ||
        !place(state, LUGE__NEED_CLASSES, 3, classes, &state->by_class) ||
        !place(state, LUGE__NEED_CONFUSION, classes, classes, &state->confusion) ||
        !place(state, LUGE__NEED_DEVIATION, 4, outputs, &state->deviation) ||
        !luge__mul_size(state->n_sums, sizeof *state->sums, &bytes))
        return luge__fail(ctx, LUGE_ENOMEM, "luge_metric_state_create: out of memory: sums over %l columns",
                          state->outputs);
    state->sums = luge__alloc(ctx, bytes);
    return state->sums ? LUGE_OK : LUGE_ENOMEM;
}

static void destroy(luge__object *object)
{
    luge_metric_state *state = (luge_metric_state *)object;
    luge__release(object->ctx, state->sums, state->n_sums * sizeof *state->sums);
    luge__release(object->ctx, state->rows, state->row_capacity * sizeof *state->rows);
    luge__release(object->ctx, state, sizeof *state);
}

luge_metric_state *luge_metric_state_create_with(luge_context *ctx, const luge_metric_options *options)
{
    luge_metric_options o;
    int needs;
    if (luge_failed(ctx)) return NULL;
    if (luge__read_options(ctx, "luge_metric_state_create", &o, sizeof o, options)) return NULL;
    if (check_options(ctx, &o) || collect_needs(ctx, &o, &needs)) return NULL;
    luge_metric_state *state = luge__alloc(ctx, sizeof *state);
    if (!state) return NULL;
    state->needs = needs;
    state->outputs = o.outputs;
    state->classes = o.outputs == 1 ? 2 : o.outputs;
    state->threshold = o.logits ? log(o.threshold / (1 - o.threshold)) : o.threshold;
    state->top_k = o.top_k < o.outputs ? o.top_k : o.outputs;
    luge__object_enter(ctx, &state->object, destroy);
    if (make_sums(state)) {
        luge_metric_state_free(state);
        return NULL;
    }
    return state;
}

void luge_metric_state_free(luge_metric_state *state)
{
    if (!state) return;
    luge__object_leave(&state->object);
    destroy(&state->object);
}

void luge_metric_reset(luge_metric_state *state)
{
    if (state) memset(state->sums, 0, state->n_sums * sizeof *state->sums);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* Zero where nothing is divided. */
static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static double of_class(const luge_metric_state *state, luge_metric metric, int64_t class)
{
    const double *sums = state->sums + state->by_class + 3 * class;
    const double right = sums[0], predicted = sums[1], in_class = sums[2];
    if (metric == LUGE_PRECISION) return share(right, predicted);
    if (metric == LUGE_RECALL) return share(right, in_class);
    return share(2 * right, predicted + in_class);
}

static double over_classes(const luge_metric_state *state, luge_metric metric)
{
    double sum = 0, found = 0;
    if (state->outputs == 1) return of_class(state, metric, 1);
    for (int64_t class = 0; class < state->classes; class ++) {
        const double *sums = state->sums + state->by_class + 3 * class;
        if (!(sums[1] + sums[2] > 0)) continue;
        sum += of_class(state, metric, class);
        found++;
    }
    return sum / found;
}

static double r2(const luge_metric_state *state)
{
    double sum = 0;
    if (state->sums[LUGE__SUM_ROWS] < 2) return (double)NAN;
    for (int64_t column = 0; column < state->outputs; column++) {
        const double *sums = state->sums + state->deviation + 4 * column;
        const double squares = sums[2], error = sums[3];
        if (squares != 0)
            sum += 1 - error / squares;
        else if (error == 0)
            sum += 1;
        else if (isnan(error))
            sum = error;
    }
    return sum / (double)state->outputs;
}

luge_status luge_metric_value(const luge_metric_state *state, luge_metric metric, double *value)
{
    if (!state || !value) return luge__fail(NULL, LUGE_EINVAL, "luge_metric_value: the state or value is NULL");
    const double *sums = state->sums, weight = sums[LUGE__SUM_WEIGHT];
    const int need = luge__metric_need(metric, state->outputs);
    if (!need) return luge__fail(state->object.ctx, LUGE_EINVAL, "luge_metric_value: %d is no metric", (int)metric);
    if (!(state->needs & need))
        return luge__fail(state->object.ctx, LUGE_ESTATE,
                          "luge_metric_value: %s was not asked for when the state was created",
                          luge_metric_name(metric));
    *value = (double)NAN;
    if (sums[LUGE__SUM_ROWS] == 0) return LUGE_OK;
    const double elements = weight * (double)state->outputs;
    if (need == LUGE__NEED_RIGHT) *value = sums[LUGE__SUM_RIGHT] / weight;
    if (need == LUGE__NEED_TOP) *value = sums[LUGE__SUM_TOP] / weight;
    if (need == LUGE__NEED_BINARY) *value = sums[LUGE__SUM_BINARY] / elements;
    if (need == LUGE__NEED_ABSOLUTE) *value = sums[LUGE__SUM_ABSOLUTE] / elements;
    if (need == LUGE__NEED_SQUARE) *value = sums[LUGE__SUM_SQUARE] / elements;
    if (need == LUGE__NEED_CLASSES) *value = over_classes(state, metric);
    if (need == LUGE__NEED_DEVIATION) *value = r2(state);
    if (metric == LUGE_RMSE) *value = sqrt(*value);
    return need == LUGE__NEED_ROWS ? luge__metric_auc(state, value) : LUGE_OK;
}

luge_status luge_metric_confusion(const luge_metric_state *state, double *counts, int64_t classes)
{
    if (!state || !counts) return luge__fail(NULL, LUGE_EINVAL, "luge_metric_confusion: the state or counts is NULL");
    if (!(state->needs & LUGE__NEED_CONFUSION))
        return luge__fail(state->object.ctx, LUGE_ESTATE,
                          "luge_metric_confusion: the state was created without the option confusion");
    if (classes != state->classes)
        return luge__fail(state->object.ctx, LUGE_EINVAL, "luge_metric_confusion: classes is %l; %l is expected",
                          classes, state->classes);
    memcpy(counts, state->sums + state->confusion, (size_t)classes * (size_t)classes * sizeof *counts);
    return LUGE_OK;
}

/* ---- written and read back --------------------------------------------------------------------------------------- */

/* First what the state was created for, then the sums, then the rows. */
enum { HEAD = 4 };

static void describe(const luge_metric_state *state, double head[HEAD])
{
    head[0] = (double)state->needs;
    head[1] = (double)state->outputs;
    head[2] = state->threshold;
    head[3] = (double)state->top_k;
}

size_t luge_metric_state_size(const luge_metric_state *state)
{
    return state ? HEAD + state->n_sums + luge__rows_kept(state) * luge__row_doubles(state) : 0;
}

luge_status luge_metric_state_get(const luge_metric_state *state, double *values, size_t n)
{
    const size_t size = luge_metric_state_size(state);
    if (!state || !values) return luge__fail(NULL, LUGE_EINVAL, "luge_metric_state_get: the state or values is NULL");
    if (n != size)
        return luge__fail(state->object.ctx, LUGE_EINVAL, "luge_metric_state_get: n is %z; %z is expected", n, size);
    describe(state, values);
    memcpy(values + HEAD, state->sums, state->n_sums * sizeof *values);
    if (size > HEAD + state->n_sums)
        memcpy(values + HEAD + state->n_sums, state->rows, (size - HEAD - state->n_sums) * sizeof *values);
    return LUGE_OK;
}

/* The number of a value that no state can have; n where all can be. Sums of errors may be anything. */
static size_t first_wrong(const luge_metric_state *state, const double *values, size_t n)
{
    const double *sums = values + HEAD;
    const size_t each = luge__row_doubles(state), errors = state->deviation;
    for (size_t i = 0; i < state->n_sums; i++) {
        const int is_error = i == LUGE__SUM_ABSOLUTE || i == LUGE__SUM_SQUARE || i >= errors;
        if (!is_error && !(sums[i] >= 0 && isfinite(sums[i]))) return HEAD + i;
    }
    if (sums[LUGE__SUM_ROWS] != floor(sums[LUGE__SUM_ROWS])) return HEAD + LUGE__SUM_ROWS;
    if ((sums[LUGE__SUM_ROWS] > 0) != (sums[LUGE__SUM_WEIGHT] > 0)) return HEAD + LUGE__SUM_WEIGHT;
    for (size_t at = HEAD + state->n_sums; at < n; at += each) {
        const double class = values[at + each - 2], weight = values[at + each - 1];
        if (!(class >= 0 && class < (double)state->classes && class == floor(class))) return at + each - 2;
        if (!(weight > 0 && isfinite(weight))) return at + each - 1;
    }
    return n;
}

static luge_status check_values(const luge_metric_state *state, const double *values, size_t n)
{
    luge_context *ctx = state->object.ctx;
    const size_t fixed = HEAD + state->n_sums, each = luge__row_doubles(state);
    double head[HEAD];
    describe(state, head);
    if (n < fixed || (state->needs & LUGE__NEED_ROWS ? (n - fixed) % each : n - fixed) != 0)
        return luge__fail(ctx, LUGE_EFORMAT, "luge_metric_state_set: n is %z; %z%s is expected", n, fixed,
                          state->needs & LUGE__NEED_ROWS ? " and those of rows" : "");
    for (size_t i = 0; i < HEAD; i++) {
        if (values[i] != head[i])
            return luge__fail(ctx, LUGE_EFORMAT,
                              "luge_metric_state_set: value %z is %g; %g is expected: the state was created with other "
                              "options",
                              i, values[i], head[i]);
    }
    const size_t wrong = first_wrong(state, values, n);
    if (wrong < n)
        return luge__fail(ctx, LUGE_EFORMAT, "luge_metric_state_set: value %z is %g; a count that can be is expected",
                          wrong, values[wrong]);
    const double rows = values[HEAD + LUGE__SUM_ROWS];
    if (state->needs & LUGE__NEED_ROWS && rows != (double)((n - fixed) / each))
        return luge__fail(ctx, LUGE_EFORMAT, "luge_metric_state_set: %z rows are given; %g are expected",
                          (n - fixed) / each, rows);
    return LUGE_OK;
}

luge_status luge_metric_state_set(luge_metric_state *state, const double *values, size_t n)
{
    if (!state || !values) return luge__fail(NULL, LUGE_EINVAL, "luge_metric_state_set: the state or values is NULL");
    const size_t fixed = HEAD + state->n_sums;
    luge_status status = check_values(state, values, n);
    if (status) return status;
    if (n > fixed) {
        status = luge__grow(state->object.ctx, &state->rows, sizeof *values, &state->row_capacity, n - fixed);
        if (status) return status;
        memcpy(state->rows, values + fixed, (n - fixed) * sizeof *values);
    }
    memcpy(state->sums, values + HEAD, state->n_sums * sizeof *values);
    return LUGE_OK;
}

/* ---- alone ------------------------------------------------------------------------------------------------------- */

luge_status luge_wilson_interval(double successes, double n, double z, double *low, double *high)
{
    if (!low || !high) return luge__fail(NULL, LUGE_EINVAL, "luge_wilson_interval: low or high is NULL");
    if (!(successes >= 0 && successes <= n && isfinite(n)) || !(z >= 0 && isfinite(z)))
        return luge__fail(NULL, LUGE_EINVAL,
                          "luge_wilson_interval: %g of %g, z %g; 0 <= successes <= n and z >= 0 is expected", successes,
                          n, z);
    *low = 0;
    *high = 1;
    if (n == 0) return LUGE_OK;
    if (z == 0) z = 1.959963984540054;
    const double p = successes / n, z2 = z * z / n;
    const double middle = (p + z2 / 2) / (1 + z2);
    const double half = z / (1 + z2) * sqrt(p * (1 - p) / n + z2 / (4 * n));
    if (successes > 0) *low = middle - half; /* at the ends exactly 0 and 1, whatever the rounding */
    if (successes < n) *high = middle + half;
    return LUGE_OK;
}
