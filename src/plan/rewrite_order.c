/* rewrite_order.c: effects happen as soon as they can. An update that stands behind the whole backward pass keeps every
 * gradient alive until then; right behind its own gradient it lets the memory go.
 *
 * Leaves come first: no step computes them. What an effect needs before it: its other operands; every reader of a
 * variable that it writes, so that readers of the old contents still see them; every earlier effect that writes what it
 * reads or writes. */
#include "plan/rewrite.h"

/* Per node of the old graph. A position is the node that something is or stands behind; those of a variable are of what
 * reads it, or a view of it, and of what writes it. Effects behind the same node are a list in the order of their ids.
 */
typedef struct ordering {
    uint32_t *variable;        /* whose memory a view shows, or 0 */
    uint32_t *reader, *writer; /* positions of the last */
    uint32_t *first, *last, *next;
} ordering;

enum { ARRAYS = 6 };

/* The variable whose memory an operand shows, or 0. */
static uint32_t shown(const luge__rewriter *r, const ordering *o, uint32_t id)
{
    return r->from->nodes[id].op == LUGE__OP_variable ? id : o->variable[id];
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Notes what a node at a position reads. */
static void note_readers(const luge__rewriter *r, ordering *o, uint32_t id, uint32_t position)
{
    const luge__node *node = &r->from->nodes[id];
    const luge__op *op = luge__node_op(node);
    for (int i = 0; i < node->n_in; i++) {
        const uint32_t variable = op->shape_only >> i & 1 ? 0 : shown(r, o, node->in[i].id);
        if (!variable) continue;
        o->reader[variable] = later(o->reader[variable], position);
        if (op->view) o->variable[id] = variable;
    }
}

static int is_leaf(const luge__rewriter *r, uint32_t id)
{
    return (luge__node_op(&r->from->nodes[id])->flags & LUGE__LEAF) != 0;
}

static uint32_t place_effect(const luge__rewriter *r, ordering *o, uint32_t id)
{
    const luge__node *node = &r->from->nodes[id];
    const luge__op *op = luge__node_op(node);
    uint32_t behind = 0;
    for (int i = 0; i < node->n_in; i++) {
        const uint32_t in = node->in[i].id, variable = shown(r, o, in);
        if (!is_leaf(r, in)) behind = later(behind, in);
        if (variable) behind = later(behind, o->writer[variable]);
        if (op->writes >> i & 1) behind = later(behind, o->reader[in]);
    }
    if (o->first[behind])
        o->next[o->last[behind]] = id;
    else
        o->first[behind] = id;
    o->last[behind] = id;
    for (int i = 0; i < node->n_in; i++)
        if (op->writes >> i & 1) o->writer[node->in[i].id] = behind;
    return behind;
}

static luge_status emit(luge__rewriter *r, const ordering *o)
{
    luge_status status = LUGE_OK;
    for (uint32_t id = 1; id < r->n && !status; id++)
        if (is_leaf(r, id)) status = luge__keep(r, id);
    for (uint32_t id = 0; id < r->n && !status; id++) {
        const luge__op *op = luge__node_op(&r->from->nodes[id]); /* of none: a leaf */
        if (!(op->flags & (LUGE__EFFECT | LUGE__LEAF))) status = luge__keep(r, id);
        for (uint32_t effect = o->first[id]; effect && !status; effect = o->next[effect])
            status = luge__keep(r, effect);
    }
    return status;
}

luge_status luge__order(luge__rewriter *r)
{
    if (!r->from->n_effects) return LUGE_OK;
    uint32_t *memory = luge__alloc(r->ctx, ARRAYS * r->n * sizeof *memory);
    if (!memory) return LUGE_ENOMEM;
    ordering o = { memory, memory + r->n, memory + 2 * r->n, memory + 3 * r->n, memory + 4 * r->n, memory + 5 * r->n };
    for (uint32_t id = 1; id < r->n; id++) {
        const int effect = (luge__node_op(&r->from->nodes[id])->flags & LUGE__EFFECT) != 0;
        note_readers(r, &o, id, effect ? place_effect(r, &o, id) : id);
    }
    const luge_status status = emit(r, &o);
    luge__release(r->ctx, memory, ARRAYS * r->n * sizeof *memory);
    return status;
}
