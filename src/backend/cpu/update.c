/* update.c: random values and the updates of the optimizers: one pass over memory in C order. */
#include <math.h>

#include "backend/cpu/cpu.h"

/* ---- random ------------------------------------------------------------------------------------------------------ */

static int random_prepare(luge__step *step, luge_plan *plan)
{
    (void)plan;
    step->items = luge_shape_size(&step->out.shape);
    step->grain = luge__grain(8);
    return 1;
}

static luge__random draw_of(const luge__task *task)
{
    const luge__operand *o = &task->step->in[0];
    const luge__array state = { .data = task->in[0], .dtype = o->dtype, .shape = o->shape, .stride = { o->stride[0] } };
    return luge__random_of(&state, task->step->attr);
}

static luge_status random_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const luge__random_attr *attr = step->attr;
    const luge__random r = draw_of(task);
    void *out = task->out + begin * (int64_t)luge_dtype_size(step->out.dtype);
    (void)worker_scratch;
    if (step->op->id == LUGE__OP_random_uniform)
        luge__random_uniform(&r, begin, end - begin, step->out.dtype, attr->a, attr->b, out);
    else
        luge__random_normal(&r, begin, end - begin, step->out.dtype, attr->a, attr->b, out);
    return LUGE_OK;
}

const luge__kernel luge__cpu_random = { "philox", random_prepare, random_run };

static luge_status dropout_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const luge__random_attr *attr = step->attr;
    const luge__random r = draw_of(task);
    const uint32_t below = luge__drop_below(attr->a);
    uint32_t word[LUGE__BLOCK];
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i += LUGE__BLOCK) {
        const int64_t n = end - i < LUGE__BLOCK ? end - i : LUGE__BLOCK;
        luge__random_words(&r, i, n, word);
        if (step->out.dtype == LUGE_F64) {
            const double *x = (const double *)(const void *)task->in[1] + i, keep = 1 - attr->a;
            double *y = (double *)(void *)task->out + i;
            for (int64_t k = 0; k < n; k++) y[k] = word[k] < below ? 0 : x[k] / keep;
        } else {
            const float *x = (const float *)(const void *)task->in[1] + i, keep = (float)(1 - attr->a);
            float *y = (float *)(void *)task->out + i;
            for (int64_t k = 0; k < n; k++) y[k] = word[k] < below ? 0 : x[k] / keep;
        }
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_dropout = { "philox", random_prepare, dropout_run };

/* ---- updates ----------------------------------------------------------------------------------------------------- */

static int update_prepare(luge__step *step, luge_plan *plan)
{
    luge__update_fn **work = luge__plan_alloc(plan, sizeof *work);
    if (!work) return -1;
    const luge__isa_table *isa = luge__isa_table_of(luge__plan_isa(plan));
    *work = isa->f[step->in[0].dtype == LUGE_F64]->update[step->op->id - LUGE__OP_update_sgd];
    step->work = (void *)work;
    step->items = luge_shape_size(&step->in[0].shape);
    step->grain = LUGE__GRAIN;
    return 1;
}

static double scalar_at(const luge__task *task, int operand)
{
    const void *at = task->in[operand];
    switch (task->step->in[operand].dtype) {
    case LUGE_F32:
        return (double)*(const float *)at;
    case LUGE_F64:
        return *(const double *)at;
    default:
        return (double)*(const int64_t *)at;
    }
}

static void *state_at(const luge__task *task, const luge__update_attr *a, int64_t bit, int64_t offset)
{
    const int operand = luge__update_operand(task->step->op, a, bit);
    return operand < 0 ? NULL : task->in[operand] + offset;
}

static luge_status update_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const luge__update_attr *a = step->attr;
    const int64_t offset = begin * (int64_t)luge_dtype_size(step->in[0].dtype);
    const int step_operand = luge__update_operand(step->op, a, LUGE__HAS_STEP);
    luge__update u = {
        .w = task->in[0] + offset,
        .g = task->in[1] + offset,
        .velocity = state_at(task, a, LUGE__HAS_VELOCITY, offset),
        .m = state_at(task, a, LUGE__HAS_M, offset),
        .v = state_at(task, a, LUGE__HAS_V, offset),
        .v_max = state_at(task, a, LUGE__HAS_V_MAX, offset),
        .rate = scalar_at(task, 2),
        .momentum = a->momentum,
        .rho = a->rho,
        .beta1 = a->beta1,
        .beta2 = a->beta2,
        .epsilon = a->epsilon,
        .nesterov = a->nesterov != 0,
        .torch = a->formulas == LUGE_PYTORCH,
    };
    (void)worker_scratch;
    if (step->op->id == LUGE__OP_update_adamw) u.decay = u.rate * a->weight_decay;
    if (step_operand >= 0) {
        const double t = scalar_at(task, step_operand), correct1 = 1 - pow(a->beta1, t);
        u.correct2 = 1 - pow(a->beta2, t);
        u.scale = u.rate / correct1 * (u.torch ? 1 : sqrt(u.correct2));
    }
    (*(luge__update_fn *const *)step->work)(end - begin, &u);
    return LUGE_OK;
}

const luge__kernel luge__cpu_update = { "onepass", update_prepare, update_run };
