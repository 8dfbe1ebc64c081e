/* matmul.c: batches of matrix products, each done by the kernels of gemm.h. */
#include "backend/cpu/cpu.h"

typedef struct work {
    luge__gemm gemm;
    void (*run)(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b, void *c, void *worker,
                const luge__gemm_finish *finish);
    luge__walk a, b; /* the leading dimensions: where each product's operands begin */
    int64_t c_step;  /* elements of one result */
    int64_t element;
} work;

int64_t luge__gemm_grain(const luge__gemm *g)
{
    const int64_t wanted = luge__grain((int64_t)(g->item_cycles / 2)), unit = g->grain > 0 ? g->grain : 1;
    return (wanted + unit - 1) / unit * unit;
}

static int prepare(luge__step *step, luge_plan *plan)
{
    const luge__matmul_attr *t = step->attr;
    const luge__operand *a = &step->in[0], *b = &step->in[1];
    const int n = step->out.shape.ndim, ta = t->transpose_a != 0, tb = t->transpose_b != 0;
    const luge__isa_table *isa = luge__isa_table_of(luge__plan_isa(plan));
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return -1;
    w->gemm = (luge__gemm){
        .m = step->out.shape.dim[n - 2],
        .n = step->out.shape.dim[n - 1],
        .k = a->shape.dim[ta ? n - 2 : n - 1],
        .a_rs = a->stride[ta ? n - 1 : n - 2],
        .a_cs = a->stride[ta ? n - 2 : n - 1],
        .b_rs = b->stride[tb ? n - 1 : n - 2],
        .b_cs = b->stride[tb ? n - 2 : n - 1],
        .c_rs = step->out.shape.dim[n - 1],
        .is_f64 = a->dtype == LUGE_F64,
    };
    isa->gemm_plan(&w->gemm);
    w->run = isa->gemm_run;
    w->element = (int64_t)luge_dtype_size(a->dtype);
    w->a = luge__walk_make(n - 2, a->shape.dim, a->stride, (size_t)w->element);
    w->b = luge__walk_make(n - 2, b->shape.dim, b->stride, (size_t)w->element);
    w->c_step = w->gemm.m * w->gemm.n;
    int64_t products = 1;
    for (int i = 0; i < n - 2; i++) products *= step->out.shape.dim[i];
    step->work = w;
    step->items = products * w->gemm.items;
    step->grain = luge__gemm_grain(&w->gemm);
    step->worker_scratch = w->gemm.worker_scratch;
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
