/* rewrite_fuse.c: fused ops in the place of what they mean. One walk forward finds where each pattern
 * (rewrite_patterns.c) ends; one walk back sees what is still needed then, so that a pattern inside a larger one is
 * passed over; one walk forward appends. */
#include "plan/rewrite.h"

/* How many nodes read each, those aside that look at its shape alone. */
static void count_readers(luge__fusing *f)
{
    const luge__rewriter *r = f->r;
    for (size_t id = 1; id < r->n; id++) {
        const luge__node *node = &r->from->nodes[id];
        if (!(r->use[id] & LUGE__NEEDED)) continue;
        for (int i = 0; i < node->n_in; i++)
            if (!(luge__node_op(node)->shape_only >> i & 1)) f->readers[node->in[i].id]++;
    }
}

static luge_status find_patterns(luge__fusing *f)
{
    const luge__rewriter *r = f->r;
    for (uint32_t id = 1; id < r->n; id++) {
        const luge__node *node = &r->from->nodes[id];
        if (!(r->use[id] & LUGE__NEEDED)) continue;
        luge__fusion fusion = { .root = id };
        if (luge__match(f, &fusion)) {
            if (luge__grow(r->ctx, &f->list, sizeof fusion, &f->capacity, f->n + 1)) return LUGE_ENOMEM;
            f->list[f->n++] = fusion;
            f->at[id] = (uint32_t)f->n;
        }
        const uint32_t writes = luge__node_op(node)->writes;
        for (int i = 0; i < node->n_in; i++)
            if (writes >> i & 1) f->written[node->in[i].id] = id;
    }
    return LUGE_OK;
}

/* What the outputs need of the fused graph. */
static void mark_again(const luge__fusing *f)
{
    const luge__rewriter *r = f->r;
    for (size_t id = 1; id < r->n; id++)
        if (!(r->use[id] & LUGE__ASKED)) r->use[id] = 0;
    for (size_t id = r->n; id-- > 1;) {
        if (!r->use[id]) continue;
        const luge__node *node = &r->from->nodes[id];
        const luge__fusion *fusion = f->at[id] ? &f->list[f->at[id] - 1] : NULL;
        const luge_val *in = fusion ? fusion->in : node->in;
        for (int i = fusion ? fusion->n_in : node->n_in; i-- > 0;) r->use[in[i].id] |= LUGE__NEEDED;
    }
}

static luge_status append_fused(luge__rewriter *r, const luge__fusion *fusion)
{
    luge_val in[LUGE__MAX_INPUTS];
    for (int i = 0; i < fusion->n_in; i++) {
        in[i] = luge__val(r->to, r->map[fusion->in[i].id]);
        if (!fusion->in[i].id) in[i] = luge_full(r->to, fusion->full.dtype, fusion->full.shape, fusion->value);
    }
    if (luge_failed(r->ctx)) return luge_failure(r->ctx);
    const char *name = r->from->nodes[fusion->root].name;
    const luge_val v = luge__append_as(r->to, luge__op_of(fusion->op), in, fusion->n_in, &fusion->attr);
    r->map[fusion->root] = v.id;
    return v.id && (!*name || luge__set_name(r->to, v, name).id) ? LUGE_OK : luge_failure(r->ctx);
}

static luge_status append_all(const luge__fusing *f)
{
    luge__rewriter *r = f->r;
    luge_status status = LUGE_OK;
    for (uint32_t id = 1; id < r->n && !status; id++) {
        if (!r->use[id] && r->from->nodes[id].op != LUGE__OP_input) continue;
        status = f->at[id] ? append_fused(r, &f->list[f->at[id] - 1]) : luge__keep(r, id);
    }
    return status;
}

luge_status luge__fuse(luge__rewriter *r)
{
    uint32_t *memory = luge__alloc(r->ctx, 3 * r->n * sizeof *memory);
    if (!memory) return LUGE_ENOMEM;
    luge__fusing f = { .r = r, .readers = memory, .written = memory + r->n, .at = memory + 2 * r->n };
    luge__mark_needed(r, 1);
    count_readers(&f);
    luge_status status = find_patterns(&f);
    if (!status && f.n) {
        mark_again(&f);
        status = append_all(&f);
    }
    luge__release(r->ctx, f.list, f.capacity * sizeof *f.list);
    luge__release(r->ctx, memory, 3 * r->n * sizeof *memory);
    return status;
}
