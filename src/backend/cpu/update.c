/* update.c: random values and the updates of the optimizers: one pass over memory in C order. */
#include <math.h>
#include <string.h>

#include "backend/cpu/cpu.h"

/* ---- random ------------------------------------------------------------------------------------------------------ */

static int random_prepare(luge__step *step, luge_plan *plan)
{
    (void)plan;
    step->items = luge_shape_size(&step->out.shape);
    luge__share(step, 8, 1);
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

typedef struct work {
    luge__update_fn *update;
    luge__update_constants rule;
    int32_t state[4];     /* operands: velocity, m, v, v_max; -1 for none */
    int32_t rate, number; /* operands: the rate; the number of the step, -1 for none */
    int32_t decays;
    int64_t element;
    const luge__float_table *f;
    int64_t rows, n; /* bias: rows of n elements; dense: n elements in a row of w */
    luge__gemm gemm; /* dense: the product that is the gradient */
    luge__gemm_fn *run;
    int32_t whole; /* dense: all of the gradient lies in the scratch, at gradient_offset */
    size_t gradient_offset;
} work;

static luge__update_constants rule_of(const luge__update_attr *a)
{
    return (luge__update_constants){
        .momentum = a->momentum,
        .rho = a->rho,
        .beta1 = a->beta1,
        .beta2 = a->beta2,
        .epsilon = a->epsilon,
        .nesterov = a->nesterov != 0,
        .torch = a->formulas == LUGE_PYTORCH,
    };
}

static work *make_work(luge__step *step, luge_plan *plan)
{
    static const int64_t bits[4] = { LUGE__HAS_VELOCITY, LUGE__HAS_M, LUGE__HAS_V, LUGE__HAS_V_MAX };
    work *w = luge__plan_alloc(plan, sizeof *w);
    if (!w) return NULL;
    const luge__isa_table *isa = luge__isa_table_of(luge__plan_isa(plan));
    w->f = isa->f[step->in[0].dtype == LUGE_F64];
    w->update = w->f->update[luge__update_rule(step->op)];
    w->rule = rule_of(step->attr);
    for (int i = 0; i < 4; i++) w->state[i] = luge__update_operand(step->op, step->attr, bits[i]);
    w->rate = luge__update_rate(step->op);
    w->number = luge__update_operand(step->op, step->attr, LUGE__HAS_STEP);
    w->decays = luge__update_rule(step->op) == LUGE__OP_update_adamw - LUGE__OP_update_sgd;
    w->element = (int64_t)luge_dtype_size(step->in[0].dtype);
    step->work = w;
    return w;
}

static void *state_of(const luge__task *task, const work *w, int i)
{
    return w->state[i] < 0 ? NULL : task->in[w->state[i]];
}

/* The update of a task's variable from its first element on; the gradient is still to be said. */
static void begin_update(const luge__task *task, const work *w, luge__update *u)
{
    const void *rate = task->in[w->rate];
    u->rule = &w->rule;
    u->w = task->in[0];
    u->velocity = state_of(task, w, 0);
    u->m = state_of(task, w, 1);
    u->v = state_of(task, w, 2);
    u->v_max = state_of(task, w, 3);
    u->rate = w->element == 8 ? *(const double *)rate : (double)*(const float *)rate;
    u->decay = w->decays ? u->rate * ((const luge__update_attr *)task->step->attr)->weight_decay : 0;
    if (w->number < 0) return;
    const double t = (double)*(const int64_t *)(const void *)task->in[w->number], correct1 = 1 - pow(w->rule.beta1, t);
    u->correct2 = 1 - pow(w->rule.beta2, t);
    u->scale = u->rate / correct1 * (w->rule.torch ? 1 : sqrt(u->correct2));
}

static void *moved(void *at, int64_t bytes)
{
    return at ? (unsigned char *)at + bytes : NULL;
}

/* Updates n elements from number `first` on. */
static void apply(const work *w, const luge__update *of, int64_t first, int64_t n, const void *gradient)
{
    const int64_t bytes = first * w->element;
    luge__update u = *of;
    u.g = gradient;
    u.w = moved(u.w, bytes);
    u.velocity = moved(u.velocity, bytes);
    u.m = moved(u.m, bytes);
    u.v = moved(u.v, bytes);
    u.v_max = moved(u.v_max, bytes);
    w->update(n, &u);
}

static int update_prepare(luge__step *step, luge_plan *plan)
{
    if (!make_work(step, plan)) return -1;
    step->items = luge_shape_size(&step->in[0].shape);
    luge__share(step, 1, 16);
    return 1;
}

static luge_status update_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    luge__update u;
    begin_update(task, w, &u);
    (void)worker_scratch;
    apply(w, &u, begin, end - begin, task->in[1] + begin * w->element);
    return LUGE_OK;
}

const luge__kernel luge__cpu_update = { "onepass", update_prepare, update_run };

/* ---- with the gradient as a sum of rows: tiles of columns -------------------------------------------------------- */

static int bias_prepare(luge__step *step, luge_plan *plan)
{
    work *w = make_work(step, plan);
    if (!w) return -1;
    w->n = step->in[0].shape.dim[0];
    w->rows = w->n ? luge_shape_size(&step->in[1].shape) / w->n : 0;
    step->items = (w->n + LUGE__REDUCE_TILE - 1) / LUGE__REDUCE_TILE;
    luge__share(step, (double)w->rows * (double)w->n / (double)step->items / 4, 1);
    return 1;
}

static luge_status bias_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    luge__update u;
    begin_update(task, w, &u);
    double gradient[LUGE__REDUCE_TILE];
    (void)worker_scratch;
    for (int64_t item = begin; item < end; item++) {
        const int64_t first = item * LUGE__REDUCE_TILE, left = w->n - first;
        const int64_t n = left < LUGE__REDUCE_TILE ? left : LUGE__REDUCE_TILE;
        w->f->sum_rows(w->rows, n, w->n, task->in[1] + first * w->element, gradient);
        apply(w, &u, first, n, gradient);
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_bias_update = { "onepass", bias_prepare, bias_run };

/* ---- with the gradient as a product, of which no more exists than what is hot ------------------------------------ */

enum { LUGE__WHOLE_GRADIENT = 32 << 10 }; /* bytes of a gradient that is small enough to be updated in one call */

static int dense_prepare(luge__step *step, luge_plan *plan)
{
    const luge__dense_update_attr *attr = step->attr;
    const luge__matmul_attr transposes = { attr->transpose_a, attr->transpose_b };
    work *w = make_work(step, plan);
    if (!w) return -1;
    w->run = luge__product_prepare(&w->gemm, step, plan, 1, &transposes);
    const int64_t bytes = w->gemm.m * w->gemm.n * w->element;
    w->n = w->gemm.n;
    w->whole = step->items == 1 && bytes <= LUGE__WHOLE_GRADIENT;
    if (w->whole) {
        w->gradient_offset = luge__align_up(step->worker_scratch);
        step->worker_scratch = w->gradient_offset + (size_t)bytes;
        return 1;
    }
    w->gemm = (luge__gemm){ .c_local = 1 };
    w->run = luge__product_prepare(&w->gemm, step, plan, 1, &transposes);
    return 1;
}

typedef struct target {
    const work *w;
    luge__update u;
} target;

static void finish_update(void *user, int64_t row, int64_t rows, int64_t col, int64_t cols, void *c, int64_t c_rs)
{
    const target *t = user;
    const work *w = t->w;
    if (cols == w->n) { /* whole rows, which lie side by side in w: brought together, they take one call */
        for (int64_t r = 1; r < rows && c_rs > cols; r++)
            memmove((unsigned char *)c + r * cols * w->element, (unsigned char *)c + r * c_rs * w->element,
                    (size_t)(cols * w->element));
        cols *= rows, rows = 1;
    }
    for (unsigned char *g = c; rows--; row++, g += c_rs * w->element) apply(w, &t->u, row * w->n + col, cols, g);
}

static luge_status dense_run(luge__task *task, int64_t begin, int64_t end, void *worker_scratch)
{
    const work *w = task->step->work;
    target t;
    t.w = w;
    begin_update(task, w, &t.u);
    const luge__gemm_finish finish = { finish_update, &t, NULL };
    void *gradient = w->whole ? (unsigned char *)worker_scratch + w->gradient_offset : NULL;
    w->run(&w->gemm, begin, end, task->in[1], task->in[2], gradient, worker_scratch, w->whole ? NULL : &finish);
    if (w->whole) {
        t.u.g = gradient;
        w->update(w->gemm.m * w->n, &t.u);
    }
    return LUGE_OK;
}

const luge__kernel luge__cpu_dense_update = { "fused", dense_prepare, dense_run };
