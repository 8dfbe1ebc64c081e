/* ref.c: runs each op's reference kernel, one element after another, for any layout. */
#include "backend/backends.h"

static int prepare(luge__step *step, luge_plan *plan)
{
    step->work = plan;
    step->items = step->grain = 1; /* a reference kernel does all at once */
    return 1;
}

static luge__array array_of(const luge__operand *o, unsigned char *data)
{
    luge__array a = { .data = data, .dtype = o->dtype, .shape = o->shape };
    for (int i = 0; i < o->shape.ndim; i++) a.stride[i] = o->stride[i];
    return a;
}

static luge_status run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const luge__step *step = task->step;
    luge__array in[LUGE__MAX_INPUTS];
    (void)worker_scratch;
    if (begin >= end) return LUGE_OK;
    for (int i = 0; i < step->n_in; i++) in[i] = array_of(&step->in[i], task->in[i]);
    luge__call call = { .op = step->op,
                        .attr = step->attr,
                        .n_in = step->n_in,
                        .in = in,
                        .out = array_of(&step->out, task->out),
                        .bf16 = luge__plan_rounds(step->work) };
    const luge_status status = step->op->ref(&call);
    task->bad_index = call.bad_index;
    task->bad_limit = call.bad_limit;
    return status;
}

const luge__kernel luge__ref_kernel = { "ref", prepare, run };

static luge__kernel_list no_kernels(const luge__op *op, luge__isa isa)
{
    (void)op;
    (void)isa;
    return (luge__kernel_list){ .dense = 0 };
}

const luge__backend luge__ref_backend = { "ref", no_kernels };
