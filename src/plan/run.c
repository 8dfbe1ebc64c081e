/* run.c: the memory of one run over a plan, and the loop that executes it. Nothing here allocates, looks up or decides
 * while a run executes. */
#include <string.h>

#include "plan/plan.h"

struct luge_run {
    luge__object object;
    luge_plan *plan;
    luge__buffer *arena;
    luge__buffer *worker_scratch; /* threads * plan->worker_scratch */
    unsigned char **base;         /* address of each base; NULL: an input that is not bound */
    luge__task *tasks;
    unsigned char **slots;
    size_t *fixup_start; /* of each base, and the end */
    int32_t number;      /* of the execution in its period */
    int32_t alone;       /* one thread was faster than all */
    int64_t fastest[2];  /* nanoseconds of one thread, of all */
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void run_destroy(luge__object *object)
{
    luge_run *r = (luge_run *)(void *)object;
    luge_context *ctx = object->ctx;
    const size_t bases = (size_t)r->plan->n_bases;
    luge__buffer_drop(r->arena);
    luge__buffer_drop(r->worker_scratch);
    luge__release(ctx, r->base, r->base ? bases * sizeof *r->base : 0);
    luge__release(ctx, r->fixup_start, r->fixup_start ? (bases + 1) * sizeof *r->fixup_start : 0);
    luge__release(ctx, r->tasks, r->tasks ? r->plan->n_steps * sizeof *r->tasks : 0);
    luge__release(ctx, r->slots, r->slots ? r->plan->n_slots * sizeof *r->slots : 0);
    luge__plan_drop(r->plan);
    luge__release(ctx, r, sizeof *r);
}

void luge_run_free(luge_run *run)
{
    if (!run) return;
    luge__object_leave(&run->object);
    run_destroy(&run->object);
}

static luge_status allocate(luge_run *r)
{
    const luge_plan *p = r->plan;
    luge_context *ctx = r->object.ctx;
    const size_t bases = (size_t)p->n_bases;
    r->base = luge__alloc(ctx, bases * sizeof *r->base);
    r->fixup_start = luge__alloc(ctx, (bases + 1) * sizeof *r->fixup_start);
    r->tasks = luge__alloc(ctx, p->n_steps * sizeof *r->tasks);
    r->slots = luge__alloc(ctx, p->n_slots * sizeof *r->slots);
    if (!r->base || !r->fixup_start || (p->n_steps && (!r->tasks || !r->slots))) return LUGE_ENOMEM;
    r->arena = luge__buffer_create(ctx, p->memory.arena);
    r->worker_scratch = luge__buffer_create(ctx, p->memory.scratch);
    return r->arena && r->worker_scratch ? LUGE_OK : LUGE_ENOMEM;
}

/* Moves the pointers of one base to a new address. */
static void rebase(luge_run *r, int32_t base, unsigned char *address)
{
    r->base[base] = address;
    for (size_t i = r->fixup_start[base]; i < r->fixup_start[base + 1]; i++) {
        const luge__fixup *f = &r->plan->fixups[i];
        r->slots[f->slot] = address ? address + f->offset : NULL;
    }
}

static void make_tasks(luge_run *r)
{
    const luge_plan *p = r->plan;
    size_t slot = 0, i = 0;
    for (int32_t b = 0; b < p->n_bases; b++) {
        r->fixup_start[b] = i;
        while (i < p->n_fixups && p->fixups[i].base == b) i++;
    }
    r->fixup_start[p->n_bases] = i;
    rebase(r, 0, r->arena->data);
    for (size_t k = 0; k < p->n_buffers; k++) rebase(r, (int32_t)(1 + p->n_inputs + k), p->buffers[k]->data);
    for (size_t k = 0; k < p->n_steps; k++) {
        const luge__step *step = &p->steps[k];
        /* the arena never moves, so neither does the address of a result */
        r->tasks[k] = (luge__task){ .step = step, .out = r->slots[slot], .in = r->slots + slot + 1 };
        slot += 1 + (size_t)step->n_in;
    }
}

luge_run *luge_run_create(luge_plan *plan)
{
    if (!plan) {
        luge__fail(NULL, LUGE_EINVAL, "luge_run_create: the plan is NULL");
        return NULL;
    }
    luge_context *ctx = plan->object.ctx;
    if (luge_failed(ctx)) return NULL;
    luge_run *r = luge__alloc(ctx, sizeof *r);
    if (!r) return NULL;
    r->plan = luge__plan_retain(plan);
    luge__object_enter(ctx, &r->object, run_destroy);
    if (allocate(r)) {
        luge_run_free(r);
        return NULL;
    }
    make_tasks(r);
    return r;
}

/* ---- binding and reading ----------------------------------------------------------------------------------------- */

luge_status luge_run_bind(luge_run *run, luge_val input, const void *data, size_t bytes)
{
    if (!run) return luge__fail_thread(LUGE_EINVAL, "luge_run_bind: the run is NULL");
    const luge_plan *p = run->plan;
    for (size_t i = 0; i < p->n_inputs; i++) {
        const luge__input *in = &p->inputs[i];
        if (in->node != input.id || p->tag != input.tag) continue;
        if (bytes != in->bytes)
            return luge__fail_thread(LUGE_ESHAPE, "luge_run_bind: input \"%s\" takes %z bytes, %z were given", in->name,
                                     in->bytes, bytes);
        if (!data && bytes) return luge__fail_thread(LUGE_EINVAL, "luge_run_bind: data for \"%s\" is NULL", in->name);
        /* data without elements needs an address that is not NULL, whichever */
        if (in->base >= 0) rebase(run, in->base, data ? (unsigned char *)(uintptr_t)data : (unsigned char *)run);
        return LUGE_OK;
    }
    return luge__fail_thread(LUGE_EINVAL, "luge_run_bind: %%%d is not an input of the plan's graph", (int)input.id);
}

static const luge__operand *find(luge_run *run, const char *who, luge_val v, luge_status *status)
{
    *status = LUGE_OK;
    if (!run) {
        *status = luge__fail_thread(LUGE_EINVAL, "%s: the run is NULL", who);
        return NULL;
    }
    const luge__operand *o = luge__plan_find(run->plan, v);
    if (!o)
        *status = luge__fail_thread(LUGE_EINVAL, "%s: %%%d is not an output of the plan", who, (int)v.id);
    else if (!run->base[o->base])
        *status = luge__fail_thread(LUGE_ESTATE, "%s: the input %%%d is not bound", who, (int)v.id);
    return *status ? NULL : o;
}

luge_status luge_run_get(luge_run *run, luge_val value, void *data, size_t bytes)
{
    luge_status status;
    const luge__operand *o = find(run, "luge_run_get", value, &status);
    if (!o) return status;
    size_t needed;
    luge__shape_bytes(&o->shape, o->dtype, &needed);
    if (bytes != needed)
        return luge__fail_thread(LUGE_ESHAPE, "luge_run_get: %%%d %T %S takes %z bytes, %z were given", (int)value.id,
                                 o->dtype, &o->shape, needed, bytes);
    if (!data && bytes) return luge__fail_thread(LUGE_EINVAL, "luge_run_get: data is NULL");
    const unsigned char *from = run->base[o->base] + o->offset;
    const size_t element = luge_dtype_size(o->dtype);
    if (luge__is_dense(o)) {
        if (bytes) memcpy(data, from, bytes);
        return LUGE_OK;
    }
    int64_t index[LUGE_MAX_DIMS] = { 0 };
    for (unsigned char *to = data; to < (unsigned char *)data + bytes; to += element) {
        int64_t at = 0;
        for (int i = 0; i < o->shape.ndim; i++) at += index[i] * o->stride[i];
        memcpy(to, from + at * (int64_t)element, element);
        for (int i = o->shape.ndim - 1; i >= 0 && ++index[i] == o->shape.dim[i]; i--) index[i] = 0;
    }
    return LUGE_OK;
}

const void *luge_run_data(luge_run *run, luge_val value)
{
    luge_status status;
    const luge__operand *o = find(run, "luge_run_data", value, &status);
    if (!o) return NULL;
    if (luge__is_dense(o)) return run->base[o->base] + o->offset;
    luge__fail_thread(LUGE_ENOTSUP,
                      "luge_run_data: %%%d is a view whose elements are not in C order; luge_run_get copies",
                      (int)value.id);
    return NULL;
}

/* ---- execution --------------------------------------------------------------------------------------------------- */

static luge_status explain(const luge__task *t, luge_status status)
{
    const luge__step *step = t->step;
    const int node = (int)step->origin;
    if (status == LUGE_EINVAL)
        return luge__fail_thread(status, "%s: index %l is outside [0, %l) (%%%d \"%s\")", step->op->name, t->bad_index,
                                 t->bad_limit, node, step->name);
    return luge__fail_thread(status, "%s: %s (%%%d)", step->op->name, luge_status_text(status), node);
}

typedef struct piece {
    luge__task *task;
    unsigned char *scratch;
    size_t scratch_bytes;
    /* Of each worker, so that no two write the same. */
    unsigned char failed[LUGE__MAX_THREADS];
    luge__task fault[LUGE__MAX_THREADS];
    luge_status status[LUGE__MAX_THREADS];
} piece;

static void run_piece(void *user, int64_t begin, int64_t end, int worker)
{
    piece *p = user;
    luge__task task = *p->task;
    unsigned char *scratch = p->scratch + (size_t)worker * p->scratch_bytes;
    const uint32_t before = luge__flush_begin(); /* a mode of the thread, and this may be any of the pool */
    const luge_status status = task.step->kernel->run(&task, begin, end, scratch);
    luge__flush_end(before);
    if (!status) return;
    p->failed[worker] = 1;
    p->fault[worker] = task;
    p->status[worker] = status;
}

static luge_status run_shared(luge_run *run, luge__task *t)
{
    luge__pool *pool = run->object.ctx->pool;
    piece p; /* fault and status stay unset until a worker fails */
    p.task = t;
    p.scratch = run->worker_scratch->data;
    p.scratch_bytes = luge__align_up(run->plan->worker_scratch);
    memset(p.failed, 0, sizeof p.failed);
    const int64_t grain = run->object.ctx->force_grain ? 1 : t->step->grain;
    luge__pool_run(pool, t->step->items, grain, run_piece, &p);
    for (int i = 0; i < luge__pool_threads(pool); i++) {
        if (!p.failed[i]) continue;
        *t = p.fault[i];
        return p.status[i];
    }
    return LUGE_OK;
}

static luge_status run_task(luge_run *run, luge__task *t, int threads)
{
    const luge__step *step = t->step;
    if (!step->items) return LUGE_OK;
    if (threads > 1 && (step->items > step->grain || run->object.ctx->force_grain)) return run_shared(run, t);
    return step->kernel->run(t, 0, step->items, run->worker_scratch->data);
}

static luge_status run_timed(luge_run *run, size_t step, int threads, int64_t *nanoseconds)
{
    const int64_t start = nanoseconds ? luge__nanoseconds() : 0;
    const luge_status status = run_task(run, &run->tasks[step], threads);
    if (nanoseconds) nanoseconds[step] += luge__nanoseconds() - start;
    return status;
}

/* ---- guarded execution: a check of planner and kernels ----------------------------------------------------------- */

static void fill_guards(luge_run *run, const luge__value *v)
{
    unsigned char *at = run->arena->data + v->offset;
    memset(at - LUGE__GUARD, LUGE__GUARD_BYTE, LUGE__GUARD);
    memset(at + v->bytes, LUGE__GUARD_BYTE, LUGE__GUARD + (luge__align_up(v->bytes) - v->bytes));
}

static int guards_hold(const luge_run *run, const luge__value *v)
{
    const unsigned char *at = run->arena->data + v->offset;
    for (size_t i = 1; i <= LUGE__GUARD; i++)
        if (*(at - i) != LUGE__GUARD_BYTE) return 0;
    for (size_t i = v->bytes; i < luge__align_up(v->bytes) + LUGE__GUARD; i++)
        if (at[i] != LUGE__GUARD_BYTE) return 0;
    return 1;
}

static luge_status execute_guarded(luge_run *run, int threads, int64_t *nanoseconds)
{
    const luge_plan *p = run->plan;
    memset(run->arena->data, LUGE__POISON_BYTE, p->memory.arena);
    for (size_t k = 0; k < p->n_steps; k++) {
        luge__task *t = &run->tasks[k];
        const int32_t out = t->step->out.value;
        if (out >= 0) fill_guards(run, &p->values[out]);
        const luge_status status = run_timed(run, k, threads, nanoseconds);
        if (status) return explain(t, status);
        for (size_t i = 0; i < p->n_values; i++) {
            const luge__value *v = &p->values[i];
            if (v->first > (int32_t)k || v->last < (int32_t)k) continue;
            if (!guards_hold(run, v))
                return luge__fail_thread(LUGE_EINTERNAL, "%s [%s] (%%%d) wrote outside its memory", t->step->op->name,
                                         t->step->kernel->name, (int)t->step->origin);
            if (v->last == (int32_t)k && v->heir < 0) memset(run->arena->data + v->offset, LUGE__POISON_BYTE, v->bytes);
        }
    }
    return LUGE_OK;
}

/* ---- one thread or all ------------------------------------------------------------------------------------------- */

/* Cycles of a run: below SHORT more threads do not pay, above LONG they do. Between them it depends on how long the way
 * is from one core's cache to another's, which differs between machines and, for a guest on a machine, from second to
 * second. There each period begins with a trial of both; the first execution of each warms up. */
static const double SHORT_CYCLES = 30e3, LONG_CYCLES = 2e6;
enum { TRIAL = 4, PERIOD = 512 };

/* Whether this execution is in doubt; and of how many threads it is. */
static int choose(const luge_run *run, int *threads)
{
    const double cycles = run->plan->cycles;
    if (*threads == 1 || run->object.ctx->force_grain || cycles > LONG_CYCLES) return 0;
    const int in_doubt = cycles >= SHORT_CYCLES;
    if (!in_doubt || run->number < TRIAL || (run->number >= 2 * TRIAL && run->alone)) *threads = 1;
    return in_doubt;
}

static void learn(luge_run *run, int64_t nanoseconds)
{
    int64_t *fastest = &run->fastest[run->number >= TRIAL];
    if (run->number % TRIAL == 1 || (run->number % TRIAL > 1 && nanoseconds < *fastest)) *fastest = nanoseconds;
    if (run->number == 2 * TRIAL - 1) run->alone = run->fastest[0] <= run->fastest[1];
}

static luge_status execute(luge_run *run, int threads, int64_t *nanoseconds)
{
    const int in_doubt = choose(run, &threads), trial = in_doubt && run->number < 2 * TRIAL;
    const int64_t start = trial ? luge__nanoseconds() : 0;
    for (size_t k = 0; k < run->plan->n_steps; k++) {
        const luge_status status = run_timed(run, k, threads, nanoseconds);
        if (status) return explain(&run->tasks[k], status);
    }
    if (trial) learn(run, luge__nanoseconds() - start);
    if (in_doubt) run->number = (run->number + 1) % PERIOD;
    return LUGE_OK;
}

luge_status luge_run_execute(luge_run *run)
{
    return luge_run_execute_timed(run, NULL);
}

luge_status luge_run_execute_timed(luge_run *run, int64_t *nanoseconds)
{
    if (!run) return luge__fail_thread(LUGE_EINVAL, "luge_run_execute: the run is NULL");
    const luge_plan *p = run->plan;
    const int threads = luge__pool_threads(run->object.ctx->pool);
    for (size_t i = 0; i < p->n_inputs; i++)
        if (p->inputs[i].base >= 0 && !run->base[p->inputs[i].base])
            return luge__fail_thread(LUGE_ESTATE, "luge_run_execute: input \"%s\" is not bound", p->inputs[i].name);
    const uint32_t before = luge__flush_begin();
    const luge_status status =
        p->guard ? execute_guarded(run, threads, nanoseconds) : execute(run, threads, nanoseconds);
    luge__flush_end(before);
    return status;
}

luge_status luge_eval(luge_graph *g, luge_val value, void *data, size_t bytes)
{
    if (!luge__open_graph(g, "luge_eval")) return g ? luge_failure(luge__graph_ctx(g)) : LUGE_EINVAL;
    luge_context *ctx = luge__graph_ctx(g);
    luge_plan *plan = luge_plan_create(g, &value, 1);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    luge_status status = run ? luge_run_execute(run) : luge_failure(ctx);
    if (!status) status = luge_run_get(run, value, data, bytes);
    if (status && !luge_failed(ctx)) luge__fail(ctx, status, "%s", luge_last_error());
    luge_run_free(run);
    luge_plan_free(plan);
    return status;
}
