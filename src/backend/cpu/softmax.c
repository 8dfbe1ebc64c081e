/* softmax.c: softmax, log_softmax, softmax_cross_entropy and its gradient, one row after another. Operands lie in C
 * order. */
#include "backend/cpu/cpu.h"

typedef struct work {
    const luge__float_table *f;
    int64_t classes, element;
    int32_t f64;
    luge__walk reaches; /* gradient: what reaches each row's loss, often one number for all */
} work;

static work *make_work(luge__step *step, luge_plan *plan)
{
    const luge__operand *in = &step->in[0];
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return NULL;
    w->f = luge__isa_table_of(luge__plan_isa(plan))->f[in->dtype == LUGE_F64];
    w->classes = in->shape.dim[in->shape.ndim - 1];
    w->f64 = in->dtype == LUGE_F64;
    w->element = (int64_t)luge_dtype_size(in->dtype);
    step->items = w->classes ? luge_shape_size(&in->shape) / w->classes : 0;
    luge__share(step, (double)w->classes * 4 + 16, 1);
    step->work = w;
    return w;
}

static int softmax_prepare(luge__step *step, luge_plan *plan)
{
    return make_work(step, plan) ? 1 : -1;
}

static luge_status softmax_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    const int64_t bytes = w->classes * w->element;
    void (*row)(int64_t, const void *, void *) =
        task->step->op->id == LUGE__OP_softmax ? w->f->softmax : w->f->log_softmax;
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i++) row(w->classes, task->in[0] + i * bytes, task->out + i * bytes);
    return LUGE_OK;
}

const luge__kernel luge__cpu_softmax = { "rows", softmax_prepare, softmax_run };

/* ---- softmax_cross_entropy --------------------------------------------------------------------------------------- */

static int cross_entropy_prepare(luge__step *step, luge_plan *plan)
{
    const luge__operand *z = &step->in[0];
    if (!z->shape.dim[z->shape.ndim - 1]) return 0; /* no classes: the reference kernel knows what to say */
    return make_work(step, plan) ? 1 : -1;
}

static double element_at(const work *w, const unsigned char *data, int64_t i)
{
    return w->f64 ? ((const double *)(const void *)data)[i] : (double)((const float *)(const void *)data)[i];
}

static int64_t label_at(const luge__task *task, int64_t row)
{
    const void *labels = task->in[1];
    return task->step->in[1].dtype == LUGE_I32 ? ((const int32_t *)labels)[row] : ((const int64_t *)labels)[row];
}

/* -sum t (z - log sum e^z), without the terms whose target is 0: a class of logit -inf costs nothing there. */
static double soft_loss(const work *w, const unsigned char *z, const unsigned char *t, int64_t label, double smoothing,
                        double logsum)
{
    double loss = 0;
    for (int64_t c = 0; c < w->classes; c++) {
        const double hit = t ? element_at(w, t, c) : (double)(c == label);
        const double target = smoothing > 0 ? hit * (1 - smoothing) + smoothing / (double)w->classes : hit;
        if (target != 0) loss -= target * (element_at(w, z, c) - logsum);
    }
    return loss;
}

static luge_status cross_entropy_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const work *w = step->work;
    const double smoothing = ((const luge__smoothing_attr *)step->attr)->smoothing;
    const int by_label = luge__is_index(step->in[1].dtype);
    const int64_t bytes = w->classes * w->element;
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i++) {
        const unsigned char *z = task->in[0] + i * bytes, *t = by_label ? NULL : task->in[1] + i * bytes;
        const int64_t label = by_label ? label_at(task, i) : 0;
        if (label < 0 || label >= w->classes) {
            task->bad_index = label;
            task->bad_limit = w->classes;
            return LUGE_EINVAL;
        }
        const double logsum = w->f->log_sum_exp(w->classes, z);
        const double loss = by_label && smoothing == 0 ? logsum - element_at(w, z, label)
                                                       : soft_loss(w, z, t, label, smoothing, logsum);
        if (w->f64)
            ((double *)(void *)task->out)[i] = loss;
        else
            ((float *)(void *)task->out)[i] = (float)loss;
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_cross_entropy = { "rows", cross_entropy_prepare, cross_entropy_run };

/* ---- softmax_cross_entropy_gradient ------------------------------------------------------------------------------ */

static int entropy_gradient_prepare(luge__step *step, luge_plan *plan)
{
    work *w = make_work(step, plan);
    if (!w) return -1;
    w->reaches = luge__walk_of(&step->in[2]);
    return 1;
}

static luge_status entropy_gradient_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    const work *w = step->work;
    const int by_label = luge__is_index(step->in[1].dtype);
    const int64_t bytes = w->classes * w->element;
    luge__targets t = { .smoothing = ((const luge__smoothing_attr *)step->attr)->smoothing };
    (void)worker_scratch;
    for (int64_t i = begin; i < end; i++) {
        if (by_label)
            t.label = label_at(task, i);
        else
            t.soft = task->in[1] + i * bytes;
        if (t.label < 0 || t.label >= w->classes) {
            task->bad_index = t.label;
            task->bad_limit = w->classes;
            return LUGE_EINVAL;
        }
        const double reaches = element_at(w, task->in[2], luge__walk_offset(&w->reaches, i));
        w->f->entropy_gradient(w->classes, task->in[0] + i * bytes, &t, reaches, task->out + i * bytes);
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_entropy_gradient = { "rows", entropy_gradient_prepare, entropy_gradient_run };
