/* reduce.c: reductions over any axes of any layout. Two ways: by rows, when a result's elements are brought together in
 * blocks; by columns, when neighbouring results lie side by side and whole rows can be combined.
 *
 * Sums are pairwise: blocks of a fixed size are combined as a binary counter carries, so the rounding error grows with
 * the logarithm of the count and the order depends on the count alone. */
#include <math.h>
#include <string.h>

#include "backend/cpu/cpu.h"

enum { LUGE__FEW_COLUMNS = 8 }; /* with fewer, a row is too short for a call */

typedef struct work {
    const luge__float_table *f;
    luge__combine combine;
    int32_t f64, mean;
    int64_t count;      /* elements per result */
    luge__walk kept;    /* rows: results in C order; columns: all but the innermost */
    luge__walk reduced; /* the elements of one result */
    int64_t columns;    /* size of the innermost kept dimension */
    int64_t tiles;      /* of LUGE__REDUCE_TILE columns */
} work;

/* Which axes of the operand are reduced: from the attributes, or by comparing shapes (sum_like). */
static uint32_t reduced_axes(const luge__step *step)
{
    const luge_shape *in = &step->in[0].shape, *out = &step->out.shape;
    if (step->op->id != LUGE__OP_sum_like) return luge__reduced_axes(step->attr, in->ndim);
    const luge__axes_attr *attr = step->attr;
    int axis_of[LUGE_MAX_DIMS];
    uint32_t mask = (1u << in->ndim) - 1;
    luge__align_axes(&attr->axes, out->ndim, in->ndim, axis_of);
    for (int i = 0; i < out->ndim; i++)
        if (out->dim[i] == in->dim[axis_of[i]]) mask &= ~(1u << axis_of[i]);
    return mask;
}

static luge__combine combine_of(const luge__op *op)
{
    switch (op->id) {
    case LUGE__OP_max:
        return LUGE__MAX;
    case LUGE__OP_min:
        return LUGE__MIN;
    case LUGE__OP_prod:
        return LUGE__PROD;
    default:
        return LUGE__SUM;
    }
}

/* The operand split into its kept and its reduced dimensions. */
static work *make_work(luge__step *step, luge_plan *plan)
{
    const luge__operand *in = &step->in[0];
    const uint32_t mask = reduced_axes(step);
    int64_t dim[2][LUGE_MAX_DIMS], stride[2][LUGE_MAX_DIMS];
    int n[2] = { 0, 0 };
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return NULL;
    w->count = 1;
    for (int i = 0; i < in->shape.ndim; i++) {
        const int r = mask >> i & 1;
        dim[r][n[r]] = in->shape.dim[i];
        stride[r][n[r]++] = in->stride[i];
        if (r) w->count *= in->shape.dim[i];
    }
    const size_t element = luge_dtype_size(in->dtype);
    w->kept = luge__walk_make(n[0], dim[0], stride[0], element);
    w->reduced = luge__walk_make(n[1], dim[1], stride[1], element);
    w->f = luge__isa_table_of(luge__plan_isa(plan))->f[in->dtype == LUGE_F64];
    w->combine = combine_of(step->op);
    w->f64 = in->dtype == LUGE_F64;
    w->mean = step->op->id == LUGE__OP_mean;
    step->work = w;
    return w;
}

static double neutral(luge__combine combine)
{
    const double none[LUGE__COMBINE_COUNT] = { 0, -(double)INFINITY, (double)INFINITY, 1 };
    return none[combine];
}

static void store(const work *w, unsigned char *out, int64_t i, double value)
{
    if (w->mean) value /= (double)w->count;
    if (w->f64)
        ((double *)(void *)out)[i] = value;
    else
        ((float *)(void *)out)[i] = (float)value;
}

/* ---- by rows ----------------------------------------------------------------------------------------------------- */

static int rows_prepare(luge__step *step, luge_plan *plan)
{
    const work *w = make_work(step, plan);
    if (!w) return -1;
    step->items = luge_shape_size(&step->out.shape);
    luge__share(step, (double)w->count, 1);
    return 1;
}

/* Two partial results in the precision of the operands. */
static double combine2(const work *w, double a, double b)
{
    float single = (float)b;
    double twice = b;
    if (w->f64) {
        w->f->combine[w->combine](1, &a, &twice);
        return twice;
    }
    const float first = (float)a;
    w->f->combine[w->combine](1, &first, &single);
    return (double)single;
}

static double reduce_row(const work *w, const unsigned char *base)
{
    double buffer[LUGE__REDUCE_BLOCK], partial[64];
    if (!w->count) return neutral(w->combine);
    int depth = 0;
    int64_t blocks = 0;
    for (int64_t i = 0; i < w->count; i += LUGE__REDUCE_BLOCK, blocks++) {
        const int64_t n = w->count - i < LUGE__REDUCE_BLOCK ? w->count - i : LUGE__REDUCE_BLOCK;
        const void *block = luge__walk_block(&w->reduced, base, i, n, buffer);
        double value = w->f->reduce_block[w->combine](n, block);
        for (int64_t carry = blocks; carry & 1; carry >>= 1) value = combine2(w, value, partial[--depth]);
        partial[depth++] = value;
    }
    double value = partial[--depth];
    while (depth) value = combine2(w, value, partial[--depth]);
    return value;
}

static luge_status rows_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i++) {
        const unsigned char *base = task->in[0] + luge__walk_offset(&w->kept, i) * w->kept.element;
        store(w, task->out, i, reduce_row(w, base));
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_reduce_rows = { "rows", rows_prepare, rows_run };

/* ---- by columns -------------------------------------------------------------------------------------------------- */

static int columns_prepare(luge__step *step, luge_plan *plan)
{
    work *w = make_work(step, plan);
    if (!w) return -1;
    const int last = w->kept.ndim - 1;
    if (last < 0 || w->kept.stride[last] != 1 || !w->count || luge__walk_dense(&w->reduced)) return 0;
    if (w->kept.dim[last] < LUGE__FEW_COLUMNS) return 0;
    w->columns = w->kept.dim[last];
    w->kept.ndim--;
    w->tiles = (w->columns + LUGE__REDUCE_TILE - 1) / LUGE__REDUCE_TILE;
    const int64_t results = luge_shape_size(&step->out.shape);
    step->items = w->columns ? results / w->columns * w->tiles : 0;
    luge__share(step, (double)w->count * (double)w->columns / (double)w->tiles, 1);
    return 1;
}

/* One tile of n columns: groups of LUGE__REDUCE_ROWS rows, combined as a binary counter carries. */
static void reduce_tile(const work *w, const unsigned char *base, int64_t n, double *result)
{
    double partial[48][LUGE__REDUCE_TILE]; /* 2^48 groups of rows are more than fit a memory */
    void (*into)(int64_t, const void *, void *) = w->f->combine[w->combine];
    const size_t bytes = (size_t)(n * w->reduced.element);
    int depth = 0;
    for (int64_t row = 0, group = 0; row < w->count; group++) {
        double *sum = partial[depth];
        memcpy(sum, base + luge__walk_offset(&w->reduced, row++) * w->reduced.element, bytes);
        for (int k = 1; k < LUGE__REDUCE_ROWS && row < w->count; k++)
            into(n, base + luge__walk_offset(&w->reduced, row++) * w->reduced.element, sum);
        for (int64_t carry = group; carry & 1; carry >>= 1, depth--) into(n, partial[depth], partial[depth - 1]);
        depth++;
    }
    for (; depth > 1; depth--) into(n, partial[depth - 1], partial[depth - 2]);
    memcpy(result, partial[0], bytes);
}

static luge_status columns_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    double result[LUGE__REDUCE_TILE];
    (void)worker_scratch;
    for (int64_t item = begin; item < end; item++) {
        const int64_t outer = item / w->tiles, first = item % w->tiles * LUGE__REDUCE_TILE;
        const int64_t n = w->columns - first < LUGE__REDUCE_TILE ? w->columns - first : LUGE__REDUCE_TILE;
        const unsigned char *base = task->in[0] + (luge__walk_offset(&w->kept, outer) + first) * w->kept.element;
        reduce_tile(w, base, n, result);
        for (int64_t j = 0; j < n; j++) {
            const double value = w->f64 ? result[j] : (double)((const float *)(const void *)result)[j];
            store(w, task->out, outer * w->columns + first + j, value);
        }
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_reduce_columns = { "columns", columns_prepare, columns_run };
