/* matmul.c: batches of matrix products, each done by the kernels of gemm.h. */
#include "backend/cpu/cpu.h"

/* Plans a product that is filled in, in the plan's precision; answers what runs it. */
static luge__gemm_fn *plan_product(const luge_plan *plan, luge__gemm *g)
{
    const luge__isa_table *isa = luge__isa_table_of(luge__plan_isa(plan));
    g->rounded = luge__plan_rounds(plan) && !g->is_f64;
#if defined(LUGE_HAVE_AMX)
    if (g->rounded && luge__plan_bf16(plan) == LUGE__BF16_AMX && luge__amx_permit()) {
        luge__gemm_plan_amx(g);
        return luge__gemm_run_amx;
    }
#endif
#if defined(LUGE_HAVE_BF16)
    if (g->rounded && luge__plan_bf16(plan) >= LUGE__BF16_AVX512) {
        luge__gemm_plan_avx512_bf16(g);
        return luge__gemm_run_avx512_bf16;
    }
#endif
    isa->gemm_plan(g);
    return isa->gemm_run;
}

luge__gemm_fn *luge__product_prepare(luge__gemm *g, luge__step *step, luge_plan *plan, int first,
                                     const luge__matmul_attr *t)
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
    luge__gemm_fn *run_product = plan_product(plan, g);
    int64_t products = 1;
    for (int i = 0; i < n - 2; i++) products *= a->shape.dim[i];
    step->items = products * g->items;
    luge__share(step, g->item_cycles, g->grain);
    step->worker_scratch = g->worker_scratch;
    return run_product;
}

typedef struct work {
    luge__gemm gemm;
    luge__gemm_fn *run;
    luge__walk a, b; /* the leading dimensions: where each product's operands begin */
    int64_t c_step;  /* elements of one result */
    int64_t element;
} work;

static int make(luge__step *step, luge_plan *plan)
{
    const luge__operand *a = &step->in[0], *b = &step->in[1];
    const int n = step->out.shape.ndim;
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return -1;
    w->run = luge__product_prepare(&w->gemm, step, plan, 0, step->attr);
    w->element = (int64_t)luge_dtype_size(a->dtype);
    w->a = luge__walk_make(n - 2, a->shape.dim, a->stride, (size_t)w->element);
    w->b = luge__walk_make(n - 2, b->shape.dim, b->stride, (size_t)w->element);
    w->c_step = w->gemm.m * w->gemm.n;
    step->work = w;
    return 1;
}

/* Two names for one kernel, so that whoever looks at a plan sees what is rounded. */
static int rounds(const luge__step *step, const luge_plan *plan)
{
    return luge__plan_rounds(plan) && step->out.dtype == LUGE_F32;
}

static int prepare(luge__step *step, luge_plan *plan)
{
    return rounds(step, plan) ? 0 : make(step, plan);
}

static int prepare_bf16(luge__step *step, luge_plan *plan)
{
    return rounds(step, plan) ? make(step, plan) : 0;
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
const luge__kernel luge__cpu_matmul_bf16 = { "bf16", prepare_bf16, run };
