/* matmul.c: batches of matrix products, each done by the kernels of gemm.h. */
#include "backend/cpu/cpu.h"

typedef struct work {
    luge__gemm gemm;
    luge__gemm_fn *run;
    luge__walk a, b; /* the leading dimensions: where each product's operands begin */
    int64_t c_step;  /* elements of one result */
    int64_t element;
} work;

luge__gemm_fn *luge__gemm_plan(const luge_plan *plan, luge__gemm *g)
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

static int make(luge__step *step, luge_plan *plan)
{
    const luge__matmul_attr *t = step->attr;
    const luge__operand *a = &step->in[0], *b = &step->in[1];
    const int n = step->out.shape.ndim, ta = t->transpose_a != 0, tb = t->transpose_b != 0;
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
    w->run = luge__gemm_plan(plan, &w->gemm);
    w->element = (int64_t)luge_dtype_size(a->dtype);
    w->a = luge__walk_make(n - 2, a->shape.dim, a->stride, (size_t)w->element);
    w->b = luge__walk_make(n - 2, b->shape.dim, b->stride, (size_t)w->element);
    w->c_step = w->gemm.m * w->gemm.n;
    int64_t products = 1;
    for (int i = 0; i < n - 2; i++) products *= step->out.shape.dim[i];
    step->work = w;
    step->items = products * w->gemm.items;
    /* whole grains of the product: a range packs once what its items share */
    const int64_t wanted = luge__grain((int64_t)(w->gemm.item_cycles / 2)),
                  unit = w->gemm.grain > 0 ? w->gemm.grain : 1;
    step->grain = (wanted + unit - 1) / unit * unit;
    step->worker_scratch = w->gemm.worker_scratch;
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
