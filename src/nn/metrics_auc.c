/* metrics_auc.c: the area under the ROC curve: the share of pairs of a row in a class and one not in it that the scores
 * rank rightly; equal scores count half. */
#include <math.h>

#include "nn/metrics.h"

/* A row's score for a class; the weight is negative for rows not in it. */
typedef struct scored {
    double score, weight;
} scored;

static void sift(scored *heap, size_t at, size_t n)
{
    const scored moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && heap[child + 1].score > heap[child].score) child++;
        if (!(heap[child].score > moved.score)) break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* Heap sort: in place, and never slow. */
static void sort(scored *items, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) sift(items, i, n);
    for (size_t end = n; end-- > 1;) {
        const scored largest = items[0];
        items[0] = items[end];
        items[end] = largest;
        sift(items, 0, end);
    }
}

/* NaN where a class or its rest has no rows. */
static double area(const scored *items, size_t n)
{
    double pairs = 0, inside = 0, outside = 0; /* weights of the rows before */
    for (size_t i = 0; i < n;) {
        const double score = items[i].score;
        double in = 0, out = 0;
        for (; i < n && !(items[i].score > score); i++) {
            if (items[i].weight > 0)
                in += items[i].weight;
            else
                out -= items[i].weight;
        }
        pairs += in * (outside + 0.5 * out);
        inside += in;
        outside += out;
    }
    return inside > 0 && outside > 0 ? pairs / inside / outside : (double)NAN;
}

/* The area of one class; 0 where a score is NaN. */
static int class_area(const luge_metric_state *state, int64_t column, int64_t class, scored *items, double *value)
{
    const size_t n = luge__rows_kept(state), outputs = (size_t)state->outputs;
    for (size_t i = 0; i < n; i++) {
        const double *row = state->rows + i * luge__row_doubles(state);
        const int is_in = (int64_t)row[outputs] == class;
        if (isnan(row[column])) return 0;
        items[i] = (scored){ row[column], is_in ? row[outputs + 1] : -row[outputs + 1] };
    }
    sort(items, n);
    *value = area(items, n);
    return 1;
}

luge_status luge__metric_auc(const luge_metric_state *state, double *value)
{
    const size_t n = luge__rows_kept(state);
    size_t bytes;
    double sum = 0, found = 0;
    *value = (double)NAN;
    if (!n) return LUGE_OK;
    if (!luge__mul_size(n, sizeof(scored), &bytes)) bytes = SIZE_MAX;
    scored *items = luge__alloc(state->object.ctx, bytes);
    if (!items) return LUGE_ENOMEM;
    for (int64_t column = 0; column < state->outputs; column++) {
        double one;
        if (!class_area(state, column, state->outputs == 1 ? 1 : column, items, &one)) {
            found = 0;
            break;
        }
        if (isnan(one)) continue;
        sum += one;
        found++;
    }
    luge__release(state->object.ctx, items, bytes);
    if (found > 0) *value = sum / found;
    return LUGE_OK;
}
