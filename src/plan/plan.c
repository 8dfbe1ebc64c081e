/* plan.c: the life of a plan, and what the outside can ask of it. */
#include <string.h>

#include "plan/plan.h"

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void plan_release(luge_plan *p)
{
    luge_context *ctx = p->object.ctx;
    for (size_t i = 0; i < p->n_buffers; i++) luge__buffer_drop(p->buffers[i]);
    luge__buffer_drop(p->scalars);
    luge_graph_free(p->graph);
    luge__chunk_free(ctx, &p->chunks);
    luge__release(ctx, p->steps, p->step_capacity * sizeof *p->steps);
    luge__release(ctx, p->values, p->value_capacity * sizeof *p->values);
    luge__release(ctx, p->found, p->found_capacity * sizeof *p->found);
    luge__release(ctx, p->inputs, p->input_capacity * sizeof *p->inputs);
    luge__release(ctx, p->buffers, p->buffer_capacity * sizeof *p->buffers);
    luge__release(ctx, p->fixups, p->fixups ? p->n_fixups * sizeof *p->fixups : 0);
    luge__release(ctx, p, sizeof *p);
}

luge_plan *luge__plan_retain(luge_plan *plan)
{
    plan->refs++;
    return plan;
}

void luge__plan_drop(luge_plan *plan)
{
    if (--plan->refs == 0) plan_release(plan);
}

static void plan_destroy(luge__object *object)
{
    luge__plan_drop((luge_plan *)(void *)object);
}

void luge_plan_free(luge_plan *plan)
{
    if (!plan) return;
    luge__object_leave(&plan->object);
    luge__plan_drop(plan); /* runs keep it alive */
}

void *luge__plan_alloc(luge_plan *plan, size_t bytes)
{
    return luge__chunk_alloc(plan->object.ctx, &plan->chunks, bytes);
}

luge__isa luge__plan_isa(const luge_plan *plan)
{
    return plan->object.ctx->isa;
}

int luge__plan_rounds(const luge_plan *plan)
{
    return plan->bf16;
}

luge__bf16 luge__plan_bf16(const luge_plan *plan)
{
    return plan->object.ctx->bf16;
}

/* ---- pointers that move with a base ------------------------------------------------------------------------------ */

static void add_fixup(luge_plan *plan, const luge__operand *o, uint32_t slot)
{
    if (o->base >= 0) plan->fixups[plan->n_fixups++] = (luge__fixup){ o->base, slot, o->offset };
}

/* Sorts the fixups by base in one counting pass, so that binding an input touches its own only. */
static luge_status sort_fixups(luge_plan *p)
{
    luge_context *ctx = p->object.ctx;
    const size_t n = p->n_fixups, bytes = n * sizeof *p->fixups;
    const size_t count_bytes = ((size_t)p->n_bases + 1) * sizeof(size_t);
    luge__fixup *sorted = luge__alloc(ctx, bytes);
    size_t *start = luge__alloc(ctx, count_bytes);
    if ((n && !sorted) || !start) {
        luge__release(ctx, sorted, sorted ? bytes : 0);
        luge__release(ctx, start, start ? count_bytes : 0);
        return LUGE_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) start[p->fixups[i].base + 1]++;
    for (int32_t b = 0; b < p->n_bases; b++) start[b + 1] += start[b];
    for (size_t i = 0; i < n; i++) sorted[start[p->fixups[i].base]++] = p->fixups[i];
    if (n) memcpy(p->fixups, sorted, bytes);
    luge__release(ctx, sorted, sorted ? bytes : 0);
    luge__release(ctx, start, count_bytes);
    return LUGE_OK;
}

/* Slot layout: per step the result, then the operands. */
static luge_status make_fixups(luge_plan *p)
{
    luge_context *ctx = p->object.ctx;
    size_t n = 0;
    for (size_t i = 0; i < p->n_steps; i++) n += 1 + (size_t)p->steps[i].n_in;
    p->n_slots = n;
    p->n_bases = (int32_t)(1 + p->n_inputs + p->n_buffers);
    luge__fixup *all = luge__alloc(ctx, n * sizeof *all);
    if (n && !all) return LUGE_ENOMEM;
    p->fixups = all;
    uint32_t slot = 0;
    for (size_t i = 0; i < p->n_steps; i++) {
        const luge__step *step = &p->steps[i];
        add_fixup(p, &step->out, slot++);
        for (int k = 0; k < step->n_in; k++) add_fixup(p, &step->in[k], slot++);
    }
    /* Effects have no result and shapes no memory: shrink to what there is. */
    const size_t used = p->n_fixups;
    luge__fixup *exact = luge__alloc(ctx, used * sizeof *exact);
    if (used && !exact) {
        p->n_fixups = n;
        return LUGE_ENOMEM;
    }
    if (used) memcpy(exact, all, used * sizeof *exact);
    luge__release(ctx, all, n * sizeof *all);
    p->fixups = exact;
    return sort_fixups(p);
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static luge_status read_options(luge_graph *g, const luge_val *outputs, const luge_plan_options *given,
                                luge_plan_options *o, const luge__backend **backend)
{
    luge_context *ctx = luge__graph_ctx(g);
    const luge_status status = luge__read_options(ctx, "plan", o, sizeof *o, given);
    if (status) return status;
    if (o->n_outputs < 1 || !outputs)
        return luge__fail(ctx, LUGE_EINVAL, "plan: n_outputs is %d, or outputs is NULL", (int)o->n_outputs);
    for (int i = 0; i < o->n_outputs; i++) {
        if (!outputs[i].id) return luge__fail(ctx, LUGE_EINVAL, "plan: output %d is none", i);
        if (outputs[i].tag != g->tag || outputs[i].id >= g->n_nodes)
            return luge__fail(ctx, LUGE_EINVAL, "plan: output %d belongs to another graph", i);
    }
    if (o->precision && o->precision != LUGE_F32 && o->precision != LUGE_BF16)
        return luge__fail(ctx, LUGE_EINVAL, "plan: precision is %T; f32 or bf16 is expected", o->precision);
    *backend = luge__backend_named(o->backend ? o->backend : "cpu");
    if (!*backend) return luge__fail(ctx, LUGE_EINVAL, "plan: no backend \"%s\"; there are cpu and ref", o->backend);
    return LUGE_OK;
}

luge_plan *luge_plan_create_with(luge_graph *g, const luge_val *outputs, const luge_plan_options *options)
{
    const luge__backend *backend;
    luge_plan_options o;
    if (!luge__open_graph(g, "plan") || read_options(g, outputs, options, &o, &backend)) return NULL;
    luge_context *ctx = luge__graph_ctx(g);
#ifndef NDEBUG
    if (luge_graph_verify(g)) return NULL;
#endif
    luge_plan *p = luge__alloc(ctx, sizeof *p);
    if (!p) return NULL;
    p->refs = 1;
    p->tag = g->tag;
    p->backend = backend;
    p->keep_all = o.keep_all != 0;
    p->guard = o.guard != 0;
    p->bf16 = o.precision == LUGE_BF16;
    luge__object_enter(ctx, &p->object, plan_destroy);
    luge_status status = luge__rewrite(p, g, outputs, o.n_outputs, !o.keep_all && !o.no_rewrites);
    if (!status) status = luge__schedule(p, g, outputs, o.n_outputs);
    if (!status) status = luge__place(p);
    if (!status) status = make_fixups(p);
    p->memory.scratch = luge__align_up(p->worker_scratch) * (size_t)luge__pool_threads(ctx->pool);
    if (!status) return p;
    luge_plan_free(p);
    return NULL;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

const luge__operand *luge__plan_find(const luge_plan *plan, luge_val v)
{
    size_t low = 0, high = plan->n_found;
    if (v.tag != plan->tag) return NULL;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (plan->found[middle].node < v.id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->n_found && plan->found[low].node == v.id ? &plan->found[low].operand : NULL;
}
