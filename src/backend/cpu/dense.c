/* dense.c: products of matrices whose result is worked on while it is hot: a bias and an activation behind the product,
 * the derivative of an activation behind the product that goes back. */
#include "backend/cpu/cpu.h"

typedef struct work {
    luge__gemm gemm;
    luge__gemm_fn *run;
    const luge__float_table *f;
    luge__block_fn *activate;
    int64_t element, activation;
} work;

static int prepare(luge__step *step, luge_plan *plan)
{
    static const luge__op_id activations[LUGE__ACTIVATION_COUNT] = { LUGE__OP_copy, LUGE__OP_relu, LUGE__OP_sigmoid,
                                                                     LUGE__OP_tanh };
    const luge__dense_attr *attr = step->attr;
    const luge__matmul_attr transposes = { attr->transpose_a, attr->transpose_b };
    const luge__isa_table *isa = luge__isa_table_of(luge__plan_isa(plan));
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return -1;
    w->run = luge__product_prepare(&w->gemm, step, plan, 0, &transposes);
    w->f = isa->f[step->out.dtype == LUGE_F64];
    w->activation = attr->activation;
    if (attr->activation) w->activate = w->f->elementwise[activations[attr->activation]];
    w->element = (int64_t)luge_dtype_size(step->out.dtype);
    step->work = w;
    return 1;
}

static void finish_forward(void *user, int64_t row, int64_t rows, int64_t col, int64_t cols, void *c, int64_t c_rs)
{
    const work *w = user;
    (void)row;
    (void)col;
    if (c_rs == cols) cols *= rows, rows = 1;
    for (unsigned char *y = c; rows--; y += c_rs * w->element) w->activate(cols, y, NULL, y, 0);
}

static luge_status forward_run(luge__task *task, int64_t begin, int64_t end, void *scratch)
{
    work *w = task->step->work;
    const luge__gemm_finish finish = { w->activate ? finish_forward : NULL, w,
                                       task->step->n_in == 3 ? task->in[2] : NULL };
    w->run(&w->gemm, begin, end, task->in[0], task->in[1], task->out, scratch, &finish);
    return LUGE_OK;
}

const luge__kernel luge__cpu_dense = { "fused", prepare, forward_run };

/* What a finish is given: the output of the layer before, and of which work. */
typedef struct layer {
    const work *w;
    const unsigned char *y;
} layer;

static void finish_backward(void *user, int64_t row, int64_t rows, int64_t col, int64_t cols, void *c, int64_t c_rs)
{
    const layer *l = user;
    const work *w = l->w;
    const int64_t n = w->gemm.n;
    w->f->backprop[w->activation](rows, cols, l->y + (row * n + col) * w->element, n, c, c_rs);
}

static luge_status backward_run(luge__task *task, int64_t begin, int64_t end, void *scratch)
{
    const work *w = task->step->work;
    layer l = { w, task->in[2] };
    const luge__gemm_finish finish = { w->activation ? finish_backward : NULL, &l, NULL };
    w->run(&w->gemm, begin, end, task->in[0], task->in[1], task->out, scratch, &finish);
    return LUGE_OK;
}

const luge__kernel luge__cpu_dense_backprop = { "fused", prepare, backward_run };
