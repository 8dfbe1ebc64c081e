/* elementwise.c: elementwise ops over any layout. The result lies in C order; operands that do not are brought into
 * C order a block at a time, so that there is one loop per op, over contiguous memory. */
#include <math.h>
#include <string.h>

#include "backend/cpu/cpu.h"

typedef struct work {
    luge__block_fn *fn;
    luge__logits_fn *logits;
    double p;
    uint8_t truth[4];  /* of a comparison: what it says of less, equal, greater and of NaN */
    int32_t scalar[3]; /* one element repeated: fetched once */
    luge__walk walk[3];
} work;

static work *make_work(luge__step *step, luge_plan *plan)
{
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return NULL;
    for (int i = 0; i < step->n_in; i++) {
        w->walk[i] = luge__walk_of(&step->in[i]);
        w->scalar[i] = w->walk[i].ndim == 1 && w->walk[i].stride[0] == 0;
    }
    step->work = w;
    step->items = luge_shape_size(&step->out.shape);
    luge__share(step, 1, 16);
    return w;
}

static int elementwise_prepare(luge__step *step, luge_plan *plan)
{
    const luge_dtype dtype = step->in[0].dtype;
    if (!luge__is_float(dtype)) return 0;
    luge__block_fn *fn = luge__isa_table_of(luge__plan_isa(plan))->f[dtype == LUGE_F64]->elementwise[step->op->id];
    if (!fn) return 0;
    work *w = make_work(step, plan);
    if (!w) return -1;
    w->fn = fn;
    w->p = step->op->attr_size ? ((const luge__p_attr *)step->attr)->p : 0;
    return 1;
}

/* Operand blocks for elements [first, first + n). */
static void fetch(const work *w, const luge__task *task, int n_in, int64_t first, int64_t n, int once,
                  double buffer[3][LUGE__BLOCK], const void *block[3])
{
    for (int i = 0; i < n_in; i++) {
        if (w->scalar[i]) {
            if (once) luge__walk_gather(&w->walk[i], task->in[i], 0, n, buffer[i]);
            block[i] = buffer[i];
        } else {
            block[i] = luge__walk_block(&w->walk[i], task->in[i], first, n, buffer[i]);
        }
    }
}

static luge_status elementwise_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const work *w = step->work;
    const int64_t element = (int64_t)luge_dtype_size(step->out.dtype);
    double buffer[3][LUGE__BLOCK];
    const void *block[3] = { NULL, NULL, NULL };
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i += LUGE__BLOCK) {
        const int64_t n = end - i < LUGE__BLOCK ? end - i : LUGE__BLOCK;
        fetch(w, task, step->n_in, i, n, i == begin, buffer, block);
        w->fn(n, block[0], block[1], task->out + i * element, w->p);
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_elementwise = { "vector", elementwise_prepare, elementwise_run };

/* ---- sigmoid_cross_entropy_gradient ------------------------------------------------------------------------------ */

static int logits_prepare(luge__step *step, luge_plan *plan)
{
    work *w = make_work(step, plan);
    if (!w) return -1;
    w->logits = luge__isa_table_of(luge__plan_isa(plan))->f[step->in[0].dtype == LUGE_F64]->sigmoid_gradient;
    w->scalar[2] = w->scalar[2] || !w->walk[2].ndim;
    return 1;
}

/* Logits and targets lie in C order; what reaches the loss is mostly one number for all. */
static luge_status logits_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    const int64_t element = w->walk[0].element;
    double buffer[LUGE__BLOCK];
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i += LUGE__BLOCK) {
        const int64_t n = end - i < LUGE__BLOCK ? end - i : LUGE__BLOCK;
        const void *g = w->scalar[2] ? task->in[2] : luge__walk_block(&w->walk[2], task->in[2], i, n, buffer);
        w->logits(n, task->in[0] + i * element, task->in[1] + i * element, g, !w->scalar[2], task->out + i * element);
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_sigmoid_gradient = { "vector", logits_prepare, logits_run };

/* ---- comparisons of f64 and integers: a table of what each outcome means ----------------------------------------- */

static int compare_prepare(luge__step *step, luge_plan *plan)
{
    if (!luge__is_index(step->in[0].dtype) && !luge__is_float(step->in[0].dtype)) return 0;
    work *w = make_work(step, plan);
    if (!w) return -1;
    for (int order = -1; order <= 1; order++) w->truth[order + 1] = step->op->scalar(order, 0, 0) > 0;
    w->truth[3] = step->op->scalar((double)NAN, 0, 0) > 0;
    return 1;
}

#define COMPARE(type)                                                                                                  \
    {                                                                                                                  \
        const type *a = block[0], *b = block[1];                                                                       \
        for (int64_t k = 0; k < n; k++) out[k] = w->truth[a[k] < b[k] ? 0 : a[k] == b[k] ? 1 : a[k] > b[k] ? 2 : 3];   \
        break;                                                                                                         \
    }

static luge_status compare_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    double buffer[3][LUGE__BLOCK];
    const void *block[3] = { NULL, NULL, NULL };
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i += LUGE__BLOCK) {
        const int64_t n = end - i < LUGE__BLOCK ? end - i : LUGE__BLOCK;
        uint8_t *out = task->out + i;
        fetch(w, task, 2, i, n, i == begin, buffer, block);
        switch (task->step->in[0].dtype) {
        case LUGE_I32:
            COMPARE(int32_t)
        case LUGE_I64:
            COMPARE(int64_t)
        default:
            COMPARE(double)
        }
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_compare = { "table", compare_prepare, compare_run };

/* ---- where ------------------------------------------------------------------------------------------------------- */

static int where_prepare(luge__step *step, luge_plan *plan)
{
    return make_work(step, plan) ? 1 : -1;
}

#define SELECT(type)                                                                                                   \
    {                                                                                                                  \
        const type *a = block[1], *b = block[2];                                                                       \
        type *out = (type *)(void *)(task->out + i * element);                                                         \
        LUGE__INDEPENDENT                                                                                              \
        for (int64_t k = 0; k < n; k++) out[k] = condition[k] ? a[k] : b[k];                                           \
        break;                                                                                                         \
    }

static luge_status where_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const work *w = step->work;
    const int64_t element = (int64_t)luge_dtype_size(step->out.dtype);
    double buffer[3][LUGE__BLOCK];
    const void *block[3] = { NULL, NULL, NULL };
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i += LUGE__BLOCK) {
        const int64_t n = end - i < LUGE__BLOCK ? end - i : LUGE__BLOCK;
        fetch(w, task, 3, i, n, i == begin, buffer, block);
        const uint8_t *condition = block[0];
        switch (element) {
        case 1:
            SELECT(uint8_t)
        case 4:
            SELECT(uint32_t)
        default:
            SELECT(uint64_t)
        }
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_where = { "vector", where_prepare, where_run };

/* ---- copy and assign --------------------------------------------------------------------------------------------- */

static int copy_prepare(luge__step *step, luge_plan *plan)
{
    return make_work(step, plan) ? 1 : -1;
}

static luge_status copy_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    (void)worker_scratch;
    luge__walk_gather(&w->walk[0], task->in[0], begin, end - begin, task->out + begin * w->walk[0].element);
    return LUGE_OK;
}

const luge__kernel luge__cpu_copy = { "strided", copy_prepare, copy_run };

static int assign_prepare(luge__step *step, luge_plan *plan)
{
    if (!make_work(step, plan)) return -1;
    step->items = luge_shape_size(&step->in[0].shape);
    return 1;
}

static luge_status assign_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    (void)worker_scratch;
    if (task->in[0] == task->in[1]) return LUGE_OK; /* a variable assigned to itself */
    luge__walk_gather(&w->walk[1], task->in[1], begin, end - begin, task->in[0] + begin * w->walk[0].element);
    return LUGE_OK;
}

const luge__kernel luge__cpu_assign = { "strided", assign_prepare, assign_run };

/* ---- cast: between what training needs; the reference kernel does the rest --------------------------------------- */

static int cast_prepare(luge__step *step, luge_plan *plan)
{
    const luge_dtype from = step->in[0].dtype, to = step->out.dtype;
    if (!luge__is_float(to) || !luge__is_stored(from)) return 0;
    return make_work(step, plan) ? 1 : -1;
}

#define CONVERT(from_type, to_type)                                                                                    \
    {                                                                                                                  \
        const from_type *x = block;                                                                                    \
        to_type *y = (to_type *)(void *)out;                                                                           \
        LUGE__INDEPENDENT                                                                                              \
        for (int64_t k = 0; k < n; k++) y[k] = (to_type)x[k];                                                          \
        break;                                                                                                         \
    }
#define CONVERT_TO(to_type)                                                                                            \
    switch (from) {                                                                                                    \
    case LUGE_BOOL:                                                                                                    \
    case LUGE_U8:                                                                                                      \
        CONVERT(uint8_t, to_type)                                                                                      \
    case LUGE_I8:                                                                                                      \
        CONVERT(int8_t, to_type)                                                                                       \
    case LUGE_I32:                                                                                                     \
        CONVERT(int32_t, to_type)                                                                                      \
    case LUGE_I64:                                                                                                     \
        CONVERT(int64_t, to_type)                                                                                      \
    case LUGE_F32:                                                                                                     \
        CONVERT(float, to_type)                                                                                        \
    default:                                                                                                           \
        CONVERT(double, to_type)                                                                                       \
    }

static void convert(luge_dtype from, luge_dtype to, int64_t n, const void *block, void *out)
{
    if (to == LUGE_F32)
        CONVERT_TO(float)
    else
        CONVERT_TO(double)
}

static luge_status cast_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const work *w = step->work;
    const int64_t element = (int64_t)luge_dtype_size(step->out.dtype);
    double buffer[LUGE__BLOCK];
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i += LUGE__BLOCK) {
        const int64_t n = end - i < LUGE__BLOCK ? end - i : LUGE__BLOCK;
        const void *block = luge__walk_block(&w->walk[0], task->in[0], i, n, buffer);
        convert(step->in[0].dtype, step->out.dtype, n, block, task->out + i * element);
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_cast = { "vector", cast_prepare, cast_run };
