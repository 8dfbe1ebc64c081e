/* matmul.c: batches of matrix products, each done by the kernels of gemm.h. */
#include "backend/cpu/cpu.h"

void luge__product_prepare(luge__gemm *g, luge__step *step, luge_plan *plan, int first, const luge__matmul_attr *t)
{
    const luge__operand *a = &step->in[first], *b = &step->in[first + 1];
    const int n = a->shape.ndim, ta = t->transpose_a != 0, tb = t->transpose_b != 0;
    g->m = a->shape.dim[ta ? n - 1 : n - 2];
    g->n = b->shape.dim[tb ? n - 2 : n - 1];
    g->k = a->shape.dim[ta ? n - 2 : n - 1];
    g->a_rs = a->stride[ta ? n - 1 : n - 2];
    g->a_cs = a->stride[ta ? n - 2 : n - 1];
    g->b_rs = b->stride[tb ? n - 1 : n - 2];
    g->b_cs = b->stride[tb ? n - 2 : n - 1];
    g->c_rs = g->n;
    g->is_f64 = a->dtype == LUGE_F64;
    luge__isa_table_of(luge__plan_isa(plan))->gemm_plan(g);
    int64_t products = 1;
    for (int i = 0; i < n - 2; i++) products *= a->shape.dim[i];
    step->items = products * g->items;
    luge__share(step, g->item_cycles, g->grain);
    step->worker_scratch = g->worker_scratch;
}

typedef struct work {
    luge__gemm gemm;
    luge__gemm_fn *run;
    luge__walk a, b; /* the leading dimensions: where each product's operands begin */
    int64_t c_step;  /* elements of one result */
    int64_t element;
} work;

static int prepare(luge__step *step, luge_plan *plan)
{
    const luge__operand *a = &step->in[0], *b = &step->in[1];
    const int n = step->out.shape.ndim;
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return -1;
    luge__product_prepare(&w->gemm, step, plan, 0, step->attr);
    w->run = luge__isa_table_of(luge__plan_isa(plan))->gemm_run;
    w->element = (int64_t)luge_dtype_size(a->dtype);
    w->a = luge__walk_make(n - 2, a->shape.dim, a->stride, (size_t)w->element);
    w->b = luge__walk_make(n - 2, b->shape.dim, b->stride, (size_t)w->element);
    w->c_step = w->gemm.m * w->gemm.n;
    step->work = w;
    return 1;
}

static luge_status run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    while (begin < end) { /* the items of one product at a time */
        const int64_t product = begin / w->gemm.items, first = product * w->gemm.items;
        const int64_t stop = end - first < w->gemm.items ? end - first : w->gemm.items;
        w->run(&w->gemm, begin - first, stop, task->in[0] + luge__walk_offset(&w->a, product) * w->element,
               task->in[1] + luge__walk_offset(&w->b, product) * w->element,
               task->out + product * w->c_step * w->element, worker_scratch, NULL);
        begin = first + stop;
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_matmul = { "packed", prepare, run };
