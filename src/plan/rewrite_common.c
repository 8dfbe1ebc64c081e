/* rewrite_common.c: the first pass. One walk from the operands to the results, in which each value is folded, found
 * among those that there are (a hash table by op, attributes and operands), or appended.
 *
 * A value that reads a variable is not the same before and after an effect has written the variable; nothing is found
 * across such a write. Values drawn at random are never one. */
#include "plan/rewrite.h"

#include <string.h>

/* ---- equality ---------------------------------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

/* What a field means, as numbers. Unused elements and padding mean nothing. */
static int field_words(const luge__field *f, const void *attr, int64_t words[LUGE_MAX_DIMS + 1])
{
    const void *at = (const unsigned char *)attr + f->offset;
    const luge_shape *shape = at;
    const luge_axes *axes = at;
    switch (f->kind) {
    case LUGE__FIELD_DTYPE:
        words[0] = *(const luge_dtype *)at;
        return 1;
    case LUGE__FIELD_SHAPE:
        words[0] = shape->ndim;
        for (int i = 0; i < shape->ndim; i++) words[i + 1] = shape->dim[i];
        return shape->ndim + 1;
    case LUGE__FIELD_AXES:
        words[0] = axes->n;
        for (int i = 0; i < axes->n; i++) words[i + 1] = axes->axis[i];
        return axes->n + 1;
    default:
        memcpy(words, at, sizeof *words); /* numbers of 64 bits: 0 and -0 differ */
        return 1;
    }
}

static uint64_t hash_field(uint64_t hash, const luge__field *f, const void *attr)
{
    int64_t words[LUGE_MAX_DIMS + 1];
    for (int i = 0, n = field_words(f, attr, words); i < n; i++) hash = mixed(hash, (uint64_t)words[i]);
    return hash;
}

static int same_field(const luge__field *f, const void *a, const void *b)
{
    int64_t x[LUGE_MAX_DIMS + 1], y[LUGE_MAX_DIMS + 1];
    const int n = field_words(f, a, x);
    return n == field_words(f, b, y) && !memcmp(x, y, (size_t)n * sizeof *x);
}

static int swapped(const luge__expression *e)
{
    return e->op->flags & LUGE__COMMUTES && e->in[0].id > e->in[1].id;
}

static uint64_t hash_of(const luge__expression *e)
{
    uint64_t hash = mixed(0, e->op->id);
    const int swap = swapped(e);
    for (int i = 0; i < e->n_in; i++) hash = mixed(hash, e->in[swap ? 1 - i : i].id);
    for (const luge__field *f = e->op->fields; f && f->name; f++) hash = hash_field(hash, f, e->attr);
    return hash;
}

static int is_same(const luge__rewriter *r, uint32_t id, const luge__expression *e)
{
    const luge__node *node = &r->to->nodes[id];
    if (node->op != e->op->id || node->n_in != e->n_in) return 0;
    const luge__expression other = { e->op, node->in, node->n_in, node->attr };
    const int flip = swapped(e) != swapped(&other);
    for (int i = 0; i < e->n_in; i++)
        if (node->in[i].id != e->in[flip ? 1 - i : i].id) return 0;
    for (const luge__field *f = e->op->fields; f && f->name; f++)
        if (!same_field(f, node->attr, e->attr)) return 0;
    return 1;
}

/* Has an effect written one of its variables since? Then its place in the table is free for another. */
static int is_stale(const luge__rewriter *r, uint32_t id)
{
    const luge__node *node = &r->to->nodes[id];
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i].id < r->written_size && r->written[node->in[i].id] > id) return 1;
    return 0;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* The place of a node with this value, fresh or stale, or a free place. */
static size_t place_of(const luge__rewriter *r, const luge__expression *e)
{
    const uint64_t hash = hash_of(e);
    size_t at = (size_t)(hash ^ hash >> 32) & (r->table_size - 1);
    while (r->table[at] && !is_same(r, r->table[at], e)) at = (at + 1) & (r->table_size - 1);
    return at;
}

luge_val luge__find_common(const luge__rewriter *r, const luge__expression *e)
{
    if (e->op->flags & (LUGE__RANDOM | LUGE__EFFECT)) return luge__none();
    const uint32_t id = r->table[place_of(r, e)];
    return id && !is_stale(r, id) ? luge__val(r->to, id) : luge__none();
}

luge_val luge__append_common(luge__rewriter *r, const luge__expression *e)
{
    const luge_val v = luge__append_as(r->to, e->op, e->in, e->n_in, e->attr);
    if (v.id && !(e->op->flags & (LUGE__RANDOM | LUGE__EFFECT))) r->table[place_of(r, e)] = v.id;
    return v;
}

luge_val luge__common(luge__rewriter *r, const luge__expression *e)
{
    const luge_val v = luge__find_common(r, e);
    return v.id ? v : luge__append_common(r, e);
}

luge_val luge__common_full(luge__rewriter *r, luge_dtype dtype, const luge_shape *shape, double value)
{
    const luge__leaf_attr attr = { .dtype = dtype, .shape = *shape, .value = value };
    return luge__common(r, &(luge__expression){ .op = luge__op_of(LUGE__OP_full), .attr = &attr });
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static void note_writes(luge__rewriter *r, uint32_t id)
{
    const luge__node *node = &r->from->nodes[id];
    const uint32_t writes = luge__node_op(node)->writes;
    for (int i = 0; i < node->n_in; i++)
        if (writes >> i & 1) r->written[r->map[node->in[i].id]] = r->map[id];
}

/* Variables are repeated first, so that each knows from the begin whether something writes it. */
static luge_status repeat_variables(luge__rewriter *r)
{
    luge_status status = LUGE_OK;
    for (uint32_t id = 1; id < r->n && !status; id++)
        if (r->from->nodes[id].op == LUGE__OP_variable && r->use[id]) status = luge__keep(r, id);
    r->written_size = r->to->n_nodes;
    if (status || !(r->written = luge__alloc(r->ctx, r->written_size * sizeof *r->written)))
        return luge_failure(r->ctx);
    for (uint32_t id = 1; id < r->n; id++) {
        const luge__node *node = &r->from->nodes[id];
        const uint32_t writes = r->use[id] ? luge__node_op(node)->writes : 0;
        for (int i = 0; i < node->n_in; i++)
            if (writes >> i & 1) r->written[r->map[node->in[i].id]] = 1;
    }
    return LUGE_OK;
}

static luge_status simplify_node(luge__rewriter *r, uint32_t id)
{
    const luge__node *node = &r->from->nodes[id];
    const luge__op *op = luge__node_op(node);
    luge_val in[LUGE__MAX_INPUTS];
    const luge__expression e = { op, in, node->n_in, node->attr };
    if (op->flags & LUGE__EFFECT || (op->flags & LUGE__LEAF && node->op != LUGE__OP_full)) {
        const luge_status status = luge__keep(r, id);
        if (!status) note_writes(r, id);
        return status;
    }
    for (int i = 0; i < node->n_in; i++) {
        const luge__type *type = &luge__node_of(r->from, node->in[i])->type;
        const int shape_only = op->shape_only >> i & 1 && luge__is_stored(type->dtype);
        in[i] =
            shape_only ? luge__common_full(r, type->dtype, &type->shape, 0) : luge__val(r->to, r->map[node->in[i].id]);
        if (!in[i].id) return luge_failure(r->ctx);
    }
    luge_val v = { 0, 0 };
    if (!(r->use[id] & LUGE__ASKED)) v = luge__fold(r, &e, &node->type);
    if (!v.id && !luge_failed(r->ctx)) v = luge__find_common(r, &e);
    if (!v.id && !luge_failed(r->ctx)) {
        v = luge__append_common(r, &e);
        if (v.id && *node->name) v = luge__set_name(r->to, v, node->name);
    }
    r->map[id] = v.id;
    return v.id ? LUGE_OK : luge_failure(r->ctx);
}

/* Room for every node and, for each operand, for a node that folding makes of it. */
static luge_status make_table(luge__rewriter *r)
{
    size_t entries = 16, size = 16;
    for (size_t id = 1; id < r->n; id++)
        if (r->use[id]) entries += 2 + 2 * (size_t)r->from->nodes[id].n_in;
    while (size < entries) size *= 2;
    r->table = luge__alloc(r->ctx, size * sizeof *r->table);
    r->table_size = size;
    return r->table ? LUGE_OK : LUGE_ENOMEM;
}

luge_status luge__simplify(luge__rewriter *r)
{
    luge__mark_needed(r, 0);
    luge_status status = make_table(r);
    if (!status) status = repeat_variables(r);
    for (uint32_t id = 1; id < r->n && !status; id++) {
        const int input = r->from->nodes[id].op == LUGE__OP_input; /* each can be bound, needed or not */
        if ((r->use[id] || input) && !r->map[id]) status = simplify_node(r, id);
    }
    luge__release(r->ctx, r->written, r->written ? r->written_size * sizeof *r->written : 0);
    luge__release(r->ctx, r->table, r->table ? r->table_size * sizeof *r->table : 0);
    return status;
}
