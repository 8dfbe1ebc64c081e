/* rewrite.c: the passes in their order, and from which node of the given graph to which of the last one they lead. */
#include "plan/rewrite.h"

#include <string.h>

/* ---- what passes share ------------------------------------------------------------------------------------------- */

void luge__mark_needed(luge__rewriter *r, int shapes)
{
    for (size_t id = r->n; id-- > 1;) {
        const luge__node *node = &r->from->nodes[id];
        if (r->use[id] & LUGE__ASKED) r->use[id] |= LUGE__NEEDED;
        if (!r->use[id]) continue;
        for (int i = 0; i < node->n_in; i++) {
            const luge_dtype dtype = luge__node_of(r->from, node->in[i])->type.dtype;
            if (shapes || !(luge__node_op(node)->shape_only >> i & 1) || !luge__is_stored(dtype))
                r->use[node->in[i].id] |= LUGE__NEEDED;
        }
    }
}

void luge__mapped(const luge__rewriter *r, const luge__node *node, luge_val *in)
{
    for (int i = 0; i < node->n_in; i++) in[i] = luge__val(r->to, r->map[node->in[i].id]);
}

luge_status luge__keep(luge__rewriter *r, uint32_t id)
{
    luge_val in[LUGE__MAX_INPUTS];
    luge__mapped(r, &r->from->nodes[id], in);
    r->map[id] = luge__repeat(r->to, r->from, id, in).id;
    return r->map[id] ? LUGE_OK : luge_failure(r->ctx);
}

/* ---- the passes -------------------------------------------------------------------------------------------------- */

static luge_status repeat_all(luge__rewriter *r)
{
    luge_status status = LUGE_OK;
    for (uint32_t id = 1; id < r->n && !status; id++) status = luge__keep(r, id);
    return status;
}

/* Applies a pass to the plan's graph (the given one at first) and follows its map. */
static luge_status apply(luge_plan *plan, luge_graph *given, luge__pass *pass, const luge_val *outputs, int n_outputs)
{
    luge_context *ctx = plan->object.ctx;
    luge__rewriter r = { .ctx = ctx, .from = plan->graph ? plan->graph : given };
    r.n = r.from->n_nodes;
    r.use = luge__alloc(ctx, r.n);
    r.map = luge__alloc(ctx, r.n * sizeof *r.map);
    r.to = r.use && r.map ? luge_graph_create(ctx) : NULL;
    luge_status status = r.to ? LUGE_OK : LUGE_ENOMEM;
    if (r.to) luge__object_leave(&r.to->object); /* it is the plan's, and goes with it */
    for (int i = 0; i < n_outputs && !status; i++) r.use[plan->map[outputs[i].id]] |= LUGE__ASKED;
    if (!status) status = pass(&r);
#ifndef NDEBUG
    if (!status) status = luge_graph_verify(r.to);
#endif
    if (!status && (r.to->n_nodes > 1 || !plan->graph)) {
        for (size_t id = 1; id < plan->n_given; id++) plan->map[id] = r.map[plan->map[id]];
        luge_graph_free(plan->graph);
        plan->graph = r.to;
    } else {
        luge_graph_free(r.to); /* there was nothing to do */
    }
    luge__release(ctx, r.map, r.map ? r.n * sizeof *r.map : 0);
    luge__release(ctx, r.use, r.use ? r.n : 0);
    return status;
}

/* The first node that leads to it is what a value is known by. */
static luge_status invert(luge_plan *plan)
{
    plan->origin = luge__plan_alloc(plan, plan->graph->n_nodes * sizeof *plan->origin);
    if (!plan->origin) return LUGE_ENOMEM;
    for (size_t id = plan->n_given; id-- > 1;)
        if (plan->map[id]) plan->origin[plan->map[id]] = (uint32_t)id;
    return LUGE_OK;
}

luge_status luge__rewrite(luge_plan *plan, luge_graph *given, const luge_val *outputs, int n_outputs, int passes)
{
    static luge__pass *const all[] = { luge__simplify, luge__fuse, luge__order };
    luge_status status = LUGE_OK;
    plan->n_given = given->n_nodes;
    plan->map = luge__plan_alloc(plan, plan->n_given * sizeof *plan->map);
    if (!plan->map) return LUGE_ENOMEM;
    for (size_t id = 1; id < plan->n_given; id++) plan->map[id] = (uint32_t)id;
    if (!passes) status = apply(plan, given, repeat_all, outputs, n_outputs);
    for (size_t i = 0; i < sizeof all / sizeof *all && passes && !status; i++)
        status = apply(plan, given, all[i], outputs, n_outputs);
    return status ? status : invert(plan);
}
