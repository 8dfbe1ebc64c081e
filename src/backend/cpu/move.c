/* move.c: ops that move elements in C order by whole runs: concat, slices' adjoint, gather, scatter_add, one_hot. */
#include <string.h>

#include "backend/cpu/cpu.h"

/* An array around an axis: outer * axis * inner elements. */
typedef struct split {
    int64_t outer, axis, inner;
} split;

static split split_at(const luge_shape *s, int64_t axis)
{
    split x = { 1, s->dim[axis], 1 };
    for (int i = 0; i < axis; i++) x.outer *= s->dim[i];
    for (int i = (int)axis + 1; i < s->ndim; i++) x.inner *= s->dim[i];
    return x;
}

/* Everything in one item: these ops cost a copy. */
static int whole_prepare(luge__step *step, luge_plan *plan)
{
    (void)plan;
    step->items = step->grain = 1;
    return 1;
}

static void copy_rows(unsigned char *to, int64_t to_step, const unsigned char *from, int64_t from_step, int64_t rows,
                      int64_t bytes)
{
    for (int64_t r = 0; r < rows && bytes; r++) memcpy(to + r * to_step, from + r * from_step, (size_t)bytes);
}

/* ---- concat and its parts ---------------------------------------------------------------------------------------- */

static luge_status concat_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const int64_t axis = ((const luge__axis_attr *)step->attr)->axis,
                  element = (int64_t)luge_dtype_size(step->out.dtype);
    const split whole = split_at(&step->out.shape, axis);
    const int64_t row = whole.axis * whole.inner * element;
    unsigned char *to = task->out;
    (void)worker_scratch;
    for (int i = 0; i < step->n_in && begin < end; i++) {
        const int64_t bytes = step->in[i].shape.dim[axis] * whole.inner * element;
        copy_rows(to, row, task->in[i], bytes, whole.outer, bytes);
        to += bytes;
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_concat = { "runs", whole_prepare, concat_run };

static luge_status concat_part_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const luge__part_attr *attr = step->attr;
    const int64_t element = (int64_t)luge_dtype_size(step->out.dtype);
    const split whole = split_at(&step->in[0].shape, attr->axis);
    int64_t start = 0;
    (void)worker_scratch;
    for (int i = 0; i < attr->index; i++) start += step->in[i + 1].shape.dim[attr->axis];
    const int64_t bytes = step->out.shape.dim[attr->axis] * whole.inner * element;
    if (begin < end)
        copy_rows(task->out, bytes, task->in[0] + start * whole.inner * element, whole.axis * whole.inner * element,
                  whole.outer, bytes);
    return LUGE_OK;
}

const luge__kernel luge__cpu_concat_part = { "runs", whole_prepare, concat_part_run };

static luge_status unslice_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const luge__slice_attr *attr = step->attr;
    const split whole = split_at(&step->out.shape, attr->axis);
    const int64_t run = whole.inner * (int64_t)luge_dtype_size(step->out.dtype);
    int64_t first, count;
    (void)worker_scratch;
    if (begin >= end) return LUGE_OK;
    luge__slice_range(attr, whole.axis, &first, &count);
    memset(task->out, 0, (size_t)(whole.outer * whole.axis * run));
    for (int64_t o = 0; o < whole.outer; o++)
        copy_rows(task->out + (o * whole.axis + first) * run, count > 1 ? attr->step * run : 0,
                  task->in[0] + o * count * run, run, count, run);
    return LUGE_OK;
}

const luge__kernel luge__cpu_unslice = { "runs", whole_prepare, unslice_run };

/* ---- gather and scatter_add -------------------------------------------------------------------------------------- */

static int64_t index_at(const luge__task *task, int operand, int64_t i)
{
    const void *index = task->in[operand];
    return task->step->in[operand].dtype == LUGE_I32 ? ((const int32_t *)index)[i] : ((const int64_t *)index)[i];
}

static luge_status bad_index(luge__task *task, int64_t index, int64_t limit)
{
    task->bad_index = index;
    task->bad_limit = limit;
    return LUGE_EINVAL;
}

/* One item: one index of one outer position. */
static int gather_prepare(luge__step *step, luge_plan *plan)
{
    (void)plan;
    const split from = split_at(&step->in[0].shape, ((const luge__axis_attr *)step->attr)->axis);
    step->items = from.outer * luge_shape_size(&step->in[1].shape);
    luge__share(step, (double)from.inner, 1);
    return 1;
}

static luge_status gather_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const split from = split_at(&step->in[0].shape, ((const luge__axis_attr *)step->attr)->axis);
    const int64_t indices = luge_shape_size(&step->in[1].shape);
    const int64_t run = from.inner * (int64_t)luge_dtype_size(step->out.dtype);
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i++) {
        const int64_t index = index_at(task, 1, i % indices);
        if (index < 0 || index >= from.axis) return bad_index(task, index, from.axis);
        if (run) memcpy(task->out + i * run, task->in[0] + (i / indices * from.axis + index) * run, (size_t)run);
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_gather = { "runs", gather_prepare, gather_run };

typedef void add_run(int64_t n, const void *a, void *out);

/* One item: one outer position, since equal indices within it add up in order. */
static int scatter_prepare(luge__step *step, luge_plan *plan)
{
    const split to = split_at(&step->out.shape, ((const luge__axis_attr *)step->attr)->axis);
    add_run **work = luge__plan_alloc(plan, sizeof *work);
    if (!work) return -1;
    *work = luge__isa_table_of(luge__plan_isa(plan))->f[step->out.dtype == LUGE_F64]->combine[LUGE__SUM];
    step->work = (void *)work;
    step->items = to.outer;
    luge__share(step, (double)to.inner * (double)luge_shape_size(&step->in[1].shape), 1);
    return 1;
}

static luge_status scatter_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const split to = split_at(&step->out.shape, ((const luge__axis_attr *)step->attr)->axis);
    add_run *const add = *(add_run *const *)step->work;
    const int64_t indices = luge_shape_size(&step->in[1].shape);
    const int64_t run = to.inner * (int64_t)luge_dtype_size(step->out.dtype);
    (void)worker_scratch;
    for (int64_t o = begin; o < end; o++) {
        unsigned char *place = task->out + o * to.axis * run;
        if (run) memset(place, 0, (size_t)(to.axis * run));
        for (int64_t i = 0; i < indices; i++) {
            const int64_t index = index_at(task, 1, i);
            if (index < 0 || index >= to.axis) return bad_index(task, index, to.axis);
            add(to.inner, task->in[0] + (o * indices + i) * run, place + index * run);
        }
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_scatter_add = { "runs", scatter_prepare, scatter_run };

/* ---- one_hot ----------------------------------------------------------------------------------------------------- */

static int one_hot_prepare(luge__step *step, luge_plan *plan)
{
    (void)plan;
    step->items = luge_shape_size(&step->in[0].shape);
    luge__share(step, (double)step->out.shape.dim[step->out.shape.ndim - 1], 1);
    return 1;
}

static luge_status one_hot_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const int64_t depth = step->out.shape.dim[step->out.shape.ndim - 1];
    const int64_t row = depth * (int64_t)luge_dtype_size(step->out.dtype);
    (void)worker_scratch;
    for (int64_t i = begin; i < end && row; i++) {
        void *to = task->out + i * row;
        const int64_t index = index_at(task, 0, i);
        memset(to, 0, (size_t)row);
        if (index < 0 || index >= depth) continue;
        if (step->out.dtype == LUGE_F64)
            ((double *)to)[index] = 1;
        else
            ((float *)to)[index] = 1;
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_one_hot = { "runs", one_hot_prepare, one_hot_run };

/* ---- argmax: along the last axis of a matrix in C order ---------------------------------------------------------- */

static int argmax_prepare(luge__step *step, luge_plan *plan)
{
    const split s = split_at(&step->in[0].shape, ((const luge__axis_attr *)step->attr)->axis);
    (void)plan;
    if (s.inner != 1) return 0;
    step->items = s.outer;
    luge__share(step, (double)s.axis, 1);
    return 1;
}

#define FIRST_LARGEST(type)                                                                                            \
    {                                                                                                                  \
        const type *row = (const type *)(const void *)task->in[0] + i * n;                                             \
        for (int64_t k = 1; k < n; k++)                                                                                \
            if (!(row[k] <= row[best]) && row[best] == row[best]) best = k;                                            \
    }

static luge_status argmax_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const int64_t n = step->in[0].shape.dim[step->in[0].shape.ndim - 1];
    int64_t *out = (int64_t *)(void *)task->out;
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i++) {
        int64_t best = 0;
        if (step->in[0].dtype == LUGE_F64)
            FIRST_LARGEST(double)
        else
            FIRST_LARGEST(float)
        out[i] = best;
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_argmax = { "rows", argmax_prepare, argmax_run };
