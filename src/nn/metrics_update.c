/* metrics_update.c: adds the rows of a batch to the sums of a metric state: in every training step. */
#include <math.h>

#include "nn/metrics.h"

/* Rows that are looked at together: those of weight 0 are left out. */
enum { BLOCK = 256 };

typedef struct block {
    int n;
    size_t row[BLOCK]; /* in the batch */
    int64_t class[BLOCK];
    double weight[BLOCK];
} block;

static double number(const void *data, luge_dtype dtype, size_t i)
{
    return dtype == LUGE_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

/* The first largest of n numbers from `first` on; -1 where one is NaN. */
static int64_t largest(const void *data, luge_dtype dtype, size_t first, int64_t n)
{
    int64_t at = 0;
    double best = number(data, dtype, first);
    if (isnan(best)) return -1;
    for (int64_t i = 1; i < n; i++) {
        const double x = number(data, dtype, first + (size_t)i);
        if (isnan(x)) return -1;
        if (x > best) {
            best = x;
            at = i;
        }
    }
    return at;
}

/* ---- reading a batch --------------------------------------------------------------------------------------------- */

/* The kind of the targets and what it means for dtypes. */
static luge_status choose_kind(const luge_metric_state *state, luge_metric_batch *b)
{
    luge_context *ctx = state->object.ctx;
    if (b->kind == LUGE_TARGET_DEFAULT) b->kind = luge__is_index(b->target_dtype) ? LUGE_CLASSES : LUGE_NUMBERS;
    if (b->kind != LUGE_CLASSES && b->kind != LUGE_ONE_HOT && b->kind != LUGE_NUMBERS)
        return luge__fail(ctx, LUGE_EINVAL, "luge_metric_update: kind is %d; no such kind of target", (int)b->kind);
    if (!b->target_dtype) b->target_dtype = b->kind == LUGE_CLASSES ? LUGE_I32 : b->dtype;
    if (b->kind == LUGE_CLASSES ? !luge__is_index(b->target_dtype) : !luge__is_float(b->target_dtype))
        return luge__fail(ctx, LUGE_EDTYPE, "luge_metric_update: target_dtype is %T; %s is expected",
                          (int)b->target_dtype, b->kind == LUGE_CLASSES ? "i32 or i64 for classes" : "f32 or f64");
    if (b->kind == LUGE_NUMBERS && state->outputs > 1 && state->needs & LUGE__NEED_CLASS)
        return luge__fail(ctx, LUGE_EINVAL,
                          "luge_metric_update: targets are numbers in %l columns; classes or one-hot rows are "
                          "expected for what was asked",
                          state->outputs);
    return LUGE_OK;
}

static luge_status check_batch(const luge_metric_state *state, luge_metric_batch *b)
{
    luge_context *ctx = state->object.ctx;
    size_t bytes;
    if (b->rows < 0)
        return luge__fail(ctx, LUGE_EINVAL, "luge_metric_update: rows is %l; 0 or more is expected", b->rows);
    if (!b->dtype) b->dtype = LUGE_F32;
    if (!luge__is_float(b->dtype))
        return luge__fail(ctx, LUGE_EDTYPE, "luge_metric_update: dtype is %T; f32 or f64 is expected", (int)b->dtype);
    if (b->rows && (!b->predictions || !b->targets))
        return luge__fail(ctx, LUGE_EINVAL, "luge_metric_update: %s is NULL; %l rows are expected",
                          b->predictions ? "targets" : "predictions", b->rows);
    if ((int64_t)(size_t)b->rows != b->rows || !luge__mul_size((size_t)b->rows, 8 * (size_t)state->outputs, &bytes))
        return luge__fail(ctx, LUGE_EINVAL, "luge_metric_update: rows is %l; that many do not fit into memory",
                          b->rows);
    return choose_kind(state, b);
}

/* The class of a row; a failure where it has none. */
static luge_status read_class(const luge_metric_state *state, const luge_metric_batch *b, size_t row, int64_t *class)
{
    luge_context *ctx = state->object.ctx;
    if (b->kind == LUGE_CLASSES) {
        *class = b->target_dtype == LUGE_I32 ? ((const int32_t *)b->targets)[row] : ((const int64_t *)b->targets)[row];
        if ((uint64_t) * class < (uint64_t)state->classes) return LUGE_OK;
        return luge__fail(ctx, LUGE_EINVAL,
                          "luge_metric_update: the target of row %z is class %l; a number from 0 to %l is expected",
                          row, *class, state->classes - 1);
    }
    if (state->outputs > 1) {
        *class = largest(b->targets, b->target_dtype, row * (size_t)state->outputs, state->outputs);
        if (*class >= 0) return LUGE_OK;
        return luge__fail(ctx, LUGE_EINVAL,
                          "luge_metric_update: the target of row %z is NaN; a one-hot row is expected", row);
    }
    const double x = number(b->targets, b->target_dtype, row);
    *class = x > 0;
    if (x == 0 || x == 1) return LUGE_OK;
    return luge__fail(ctx, LUGE_EINVAL, "luge_metric_update: the target of row %z is %g; 0 or 1 is expected", row, x);
}

static luge_status check_binary(const luge_metric_state *state, const luge_metric_batch *b, size_t row)
{
    for (int64_t i = 0; i < state->outputs; i++) {
        const double x = number(b->targets, b->target_dtype, row * (size_t)state->outputs + (size_t)i);
        if (x != 0 && x != 1)
            return luge__fail(state->object.ctx, LUGE_EINVAL,
                              "luge_metric_update: the target of row %z, column %l is %g; 0 or 1 is expected", row, i,
                              x);
    }
    return LUGE_OK;
}

static luge_status read_weight(const luge_metric_state *state, const luge_metric_batch *b, size_t row, double *weight)
{
    *weight = number(b->weights, b->dtype, row);
    if (*weight >= 0 && isfinite(*weight)) return LUGE_OK;
    return luge__fail(state->object.ctx, LUGE_EINVAL,
                      "luge_metric_update: the weight of row %z is %g; a finite number, 0 or more, is expected", row,
                      *weight);
}

/* The rows first .. first + BLOCK - 1, as far as there are that many. */
static luge_status read_block(const luge_metric_state *state, const luge_metric_batch *b, size_t first, block *k)
{
    const size_t rest = (size_t)b->rows - first, end = first + (rest < BLOCK ? rest : BLOCK);
    const int is_binary = state->needs & LUGE__NEED_BINARY && b->kind != LUGE_CLASSES;
    const int has_class = b->kind == LUGE_CLASSES || state->needs & LUGE__NEED_CLASS;
    k->n = 0;
    for (size_t row = first; row < end; row++) {
        double weight = 1;
        int64_t class = -1;
        luge_status status = b->weights ? read_weight(state, b, row, &weight) : LUGE_OK;
        if (!status && weight == 0) continue;
        if (!status && has_class) status = read_class(state, b, row, &class);
        if (!status && is_binary) status = check_binary(state, b, row);
        if (status) return status;
        k->row[k->n] = row;
        k->class[k->n] = class;
        k->weight[k->n++] = weight;
    }
    return LUGE_OK;
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

/* How many columns rank before a class: the larger ones, equal ones on its left, and NaN; any number from `enough` on
 * where there are that many. Loops of n without branches, so that the CPU knows where they end; ties are rare. */
#define COUNT_BEFORE(name, type)                                                                                       \
    static int64_t name(const type *x, int64_t n, int64_t class, int64_t enough)                                       \
    {                                                                                                                  \
        const type own = x[class];                                                                                     \
        int64_t before = n, equal = 0;                                                                                 \
        for (int64_t i = 0; i < n; i++) before -= x[i] <= own;                                                         \
        if (before >= enough) return before;                                                                           \
        for (int64_t i = 0; i < n; i++) equal += x[i] >= own;                                                          \
        for (int64_t i = 0; equal > 1 && i < class; i++) before += x[i] == own;                                        \
        return before;                                                                                                 \
    }
COUNT_BEFORE(before_f32, float)
COUNT_BEFORE(before_f64, double)

static void add_right(const luge_metric_state *state, const luge_metric_batch *b, const block *k)
{
    const int64_t n = state->outputs, enough = state->needs & LUGE__NEED_TOP ? state->top_k : 1;
    double right = 0, top = 0;
    for (int i = 0; i < k->n; i++) {
        const size_t first = k->row[i] * (size_t)n;
        const int64_t before = b->dtype == LUGE_F32
                                   ? before_f32((const float *)b->predictions + first, n, k->class[i], enough)
                                   : before_f64((const double *)b->predictions + first, n, k->class[i], enough);
        right += before == 0 ? k->weight[i] : 0;
        top += before < state->top_k ? k->weight[i] : 0;
    }
    state->sums[LUGE__SUM_RIGHT] += right;
    state->sums[LUGE__SUM_TOP] += top;
}

/* 0 or 1; -1 for NaN. The threshold has the precision of what it is compared with. */
static int side(const luge_metric_state *state, const luge_metric_batch *b, double x)
{
    const double threshold = b->dtype == LUGE_F32 ? (double)(float)state->threshold : state->threshold;
    return isnan(x) ? -1 : x > threshold;
}

static double target(const luge_metric_state *state, const luge_metric_batch *b, size_t at, int64_t class,
                     int64_t column)
{
    if (b->kind != LUGE_CLASSES) return number(b->targets, b->target_dtype, at);
    return state->outputs == 1 ? (double)class : (double)(class == column);
}

static void add_classes(const luge_metric_state *state, const luge_metric_batch *b, const block *k)
{
    double *by_class = state->sums + state->by_class, *confusion = state->sums + state->confusion;
    for (int i = 0; i < k->n; i++) {
        const int64_t class = k->class[i];
        const double weight = k->weight[i];
        const size_t first = k->row[i] * (size_t)state->outputs;
        const int64_t predicted = state->outputs == 1 ? side(state, b, number(b->predictions, b->dtype, first))
                                                      : largest(b->predictions, b->dtype, first, state->outputs);
        if (state->needs & LUGE__NEED_CLASSES) {
            if (predicted == class) by_class[3 * class] += weight;
            if (predicted >= 0) by_class[3 * predicted + 1] += weight;
            by_class[3 * class + 2] += weight;
        }
        if (state->needs & LUGE__NEED_CONFUSION && predicted >= 0)
            confusion[class * state->classes + predicted] += weight;
    }
}

static void add_binary(const luge_metric_state *state, const luge_metric_batch *b, const block *k)
{
    const int64_t n = state->outputs;
    double sum = 0;
    for (int i = 0; i < k->n; i++) {
        int64_t right = 0;
        for (int64_t column = 0; column < n; column++) {
            const size_t at = k->row[i] * (size_t)n + (size_t)column;
            right += side(state, b, number(b->predictions, b->dtype, at)) == target(state, b, at, k->class[i], column);
        }
        sum += k->weight[i] * (double)right;
    }
    state->sums[LUGE__SUM_BINARY] += sum;
}

/* West's form of Welford's update of a weighted mean, of the distance from the first target: exact for equal targets,
 * no difference of large sums, and no digits lost to an offset that all targets share. */
static void add_deviation(double *sums, double y, double p, double weight, double all)
{
    if (!(weight < all)) sums[0] = y;
    const double distance = y - sums[0], before = distance - sums[1];
    sums[1] += before * (weight / all);
    sums[2] += weight * before * (distance - sums[1]);
    sums[3] += weight * (y - p) * (y - p);
}

static void add_errors(const luge_metric_state *state, const luge_metric_batch *b, const block *k)
{
    const int64_t n = state->outputs;
    double all = state->sums[LUGE__SUM_WEIGHT], sum_absolute = 0, sum_square = 0;
    for (int i = 0; i < k->n; i++) {
        const double weight = k->weight[i];
        double absolute = 0, square = 0;
        all += weight;
        for (int64_t column = 0; column < n; column++) {
            const size_t at = k->row[i] * (size_t)n + (size_t)column;
            const double y = target(state, b, at, k->class[i], column);
            const double p = number(b->predictions, b->dtype, at);
            absolute += fabs(y - p);
            square += (y - p) * (y - p);
            if (state->needs & LUGE__NEED_DEVIATION)
                add_deviation(state->sums + state->deviation + 4 * column, y, p, weight, all);
        }
        sum_absolute += weight * absolute;
        sum_square += weight * square;
    }
    state->sums[LUGE__SUM_ABSOLUTE] += sum_absolute;
    state->sums[LUGE__SUM_SQUARE] += sum_square;
}

/* There is room. */
static void keep_rows(luge_metric_state *state, const luge_metric_batch *b, const block *k)
{
    const size_t outputs = (size_t)state->outputs, each = luge__row_doubles(state);
    double *to = state->rows + luge__rows_kept(state) * each;
    for (int i = 0; i < k->n; i++, to += each) {
        for (size_t column = 0; column < outputs; column++)
            to[column] = number(b->predictions, b->dtype, k->row[i] * outputs + column);
        to[outputs] = (double)k->class[i];
        to[outputs + 1] = k->weight[i];
    }
}

static void add_block(luge_metric_state *state, const luge_metric_batch *b, const block *k)
{
    double *sums = state->sums, weight = 0;
    if (state->needs & (LUGE__NEED_RIGHT | LUGE__NEED_TOP)) add_right(state, b, k);
    if (state->needs & (LUGE__NEED_CLASSES | LUGE__NEED_CONFUSION)) add_classes(state, b, k);
    if (state->needs & LUGE__NEED_BINARY) add_binary(state, b, k);
    if (state->needs & LUGE__NEED_ERRORS) add_errors(state, b, k);
    if (state->needs & LUGE__NEED_ROWS) keep_rows(state, b, k);
    sums[LUGE__SUM_ROWS] += k->n;
    for (int i = 0; i < k->n; i++) weight += k->weight[i];
    sums[LUGE__SUM_WEIGHT] += weight;
}

static luge_status make_room(luge_metric_state *state, size_t rows)
{
    size_t needed;
    if (!(state->needs & LUGE__NEED_ROWS)) return LUGE_OK;
    if (!luge__add_size(luge__rows_kept(state), rows, &needed) ||
        !luge__mul_size(needed, luge__row_doubles(state), &needed))
        needed = SIZE_MAX;
    return luge__grow(state->object.ctx, &state->rows, sizeof *state->rows, &state->row_capacity, needed);
}

luge_status luge_metric_update_with(luge_metric_state *state, const luge_metric_batch *batch)
{
    luge_metric_batch b;
    block k;
    if (!state) return luge__fail(NULL, LUGE_EINVAL, "luge_metric_update: the state is NULL");
    luge_status status = luge__read_options(state->object.ctx, "luge_metric_update", &b, sizeof b, batch);
    if (!status) status = check_batch(state, &b);
    const size_t rows = status ? 0 : (size_t)b.rows;
    /* All rows are checked before one is counted; a batch of one block is read once. */
    for (size_t first = 0; !status && rows > BLOCK && first < rows; first += BLOCK)
        status = read_block(state, &b, first, &k);
    if (!status) status = make_room(state, rows);
    for (size_t first = 0; !status && first < rows; first += BLOCK) {
        status = read_block(state, &b, first, &k);
        if (!status) add_block(state, &b, &k);
    }
    return status;
}
