/* replay.c: the same nodes inferred anew: for other input shapes, another float precision, with other values in
 * the place of some, or to verify. */
#include <string.h>

#include "graph/graph.h"

static luge_status read_options(luge_graph *g, const luge_replay_options *given, luge_replay_options *o)
{
    luge_context *ctx = luge__graph_ctx(g);
    const luge_status status = luge__read_options(ctx, "replay", o, sizeof *o, given);
    if (status) return status;
    if (o->until.id && !luge__usable(g, "replay", o->until)) return luge_failure(ctx);
    if (o->n_inputs < 0 || (o->n_inputs && (!o->inputs || !o->shapes)))
        return luge__fail(ctx, LUGE_EINVAL, "replay: n_inputs is %d, or inputs or shapes is NULL", (int)o->n_inputs);
    if (o->float_dtype && !luge__is_float(o->float_dtype))
        return luge__fail(ctx, LUGE_EDTYPE, "replay: float_dtype is %T; f32 or f64 is expected", o->float_dtype);
    for (int i = 0; i < o->n_inputs; i++) {
        if (!luge__usable(g, "replay", o->inputs[i])) return luge_failure(ctx);
        if (luge__node_of(g, o->inputs[i])->op != LUGE__OP_input)
            return luge__fail(ctx, LUGE_EINVAL, "replay: %%%d is not an input", (int)o->inputs[i].id);
        const luge__node *input = luge__node_of(g, o->inputs[i]);
        if (o->shapes[i].ndim != input->type.shape.ndim) /* attributes name axes */
            return luge__fail(ctx, LUGE_ESHAPE,
                              "replay: input \"%s\" is %S; a shape of %d dimensions cannot replace it", input->name,
                              &input->type.shape, (int)o->shapes[i].ndim);
    }
    return LUGE_OK;
}

/* ---- substitutes ------------------------------------------------------------------------------------------------- */

static luge_status check_pair(const luge_graph *g, uint32_t from, uint32_t to)
{
    const luge__node *a = &g->nodes[from], *b = &g->nodes[to];
    if (a->type.dtype == b->type.dtype && luge__shape_equal(&a->type.shape, &b->type.shape)) return LUGE_OK;
    return luge__fail(luge__graph_ctx(g), a->type.dtype == b->type.dtype ? LUGE_ESHAPE : LUGE_EDTYPE,
                      "replay: %%%d \"%s\" is %T %S, its substitute %%%d \"%s\" is %T %S", (int)from, a->name,
                      a->type.dtype, &a->type.shape, (int)to, b->name, b->type.dtype, &b->type.shape);
}

/* Follows each chain to its end. */
static luge_status follow(luge_graph *g, const luge_replay_options *o, uint32_t *substitutes)
{
    for (int i = 0; i < o->n_substitutes; i++) {
        uint32_t end = o->to[i].id;
        for (int steps = 0; substitutes[end]; end = substitutes[end])
            if (end == o->from[i].id || ++steps > o->n_substitutes)
                return luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "replay: the substitutes of %%%d go in a circle",
                                  (int)o->from[i].id);
        substitutes[o->from[i].id] = end;
    }
    return LUGE_OK;
}

/* Enters them into the new graph h. */
static luge_status read_substitutes(luge_graph *h, luge_graph *g, const luge_replay_options *o)
{
    luge_context *ctx = luge__graph_ctx(g);
    if (o->n_substitutes < 0 || (o->n_substitutes && (!o->from || !o->to)))
        return luge__fail(ctx, LUGE_EINVAL, "replay: n_substitutes is %d, or from or to is NULL",
                          (int)o->n_substitutes);
    if (!o->n_substitutes) return LUGE_OK;
    uint32_t *substitutes = luge__chunk_alloc(ctx, &h->chunks, g->n_nodes * sizeof *substitutes);
    if (!substitutes) return LUGE_ENOMEM;
    for (int i = 0; i < o->n_substitutes; i++) {
        if (!luge__usable(g, "replay", o->from[i]) || !luge__usable(g, "replay", o->to[i])) return luge_failure(ctx);
        if (substitutes[o->from[i].id])
            return luge__fail(ctx, LUGE_EINVAL, "replay: %%%d has two substitutes", (int)o->from[i].id);
        if (check_pair(g, o->from[i].id, o->to[i].id)) return luge_failure(ctx);
        substitutes[o->from[i].id] = o->to[i].id;
    }
    h->substitutes = substitutes;
    return follow(g, o, substitutes);
}

static uint32_t in_place_of(const luge_graph *h, uint32_t id)
{
    return h->substitutes && h->substitutes[id] ? h->substitutes[id] : id;
}

/* The operands of node `id` in the new graph. */
static luge_status new_operands(const luge_graph *h, const luge__node *node, uint32_t id, luge_val *in)
{
    const luge__op *op = luge__node_op(node);
    for (int i = 0; i < node->n_in; i++) {
        const uint32_t old = node->in[i].id, new = op->writes >> i & 1 ? old : in_place_of(h, old);
        in[i] = luge__val(h, new);
        if (new == old) continue;
        if (new >= id)
            return luge__fail(
                luge__graph_ctx(h), LUGE_EINVAL,
                "replay: %%%d, the substitute of %%%d \"%s\", does not stand before %%%d %s, which uses it", (int)new,
                (int)old, h->nodes[old].name, (int)id, op->name);
        const luge_status status = check_pair(h, old, new);
        if (status) return status;
    }
    return LUGE_OK;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static luge_dtype new_dtype(luge_dtype dtype, luge_dtype float_dtype)
{
    return float_dtype && luge__is_float(dtype) ? float_dtype : dtype;
}

/* The attributes of a node with its dtypes changed. */
static void change_dtypes(const luge__op *op, void *attr, luge_dtype float_dtype)
{
    for (const luge__field *f = op->fields; f && f->name; f++) {
        if (f->kind != LUGE__FIELD_DTYPE) continue;
        luge_dtype *dtype = (luge_dtype *)(void *)((unsigned char *)attr + f->offset);
        *dtype = new_dtype(*dtype, float_dtype);
    }
}

/* Enters the storage of a node that was just appended to the new graph: g's own memory, or a copy. */
static luge_status copy_storage(luge_graph *h, const luge_graph *g, const luge__node *from, const luge__node *to,
                                int copy_variables)
{
    luge_context *ctx = luge__graph_ctx(h);
    const luge__leaf_attr *a = from->attr;
    const luge__storage *old = &g->storage[a->storage];
    luge__storage s = *old;
    if (luge__grow(ctx, &h->storage, sizeof s, &h->storage_capacity, h->n_storage + 1)) return LUGE_ENOMEM;
    const int same = from->type.dtype == to->type.dtype;
    if (same && !(copy_variables && from->op == LUGE__OP_variable)) {
        s.buffer = luge__buffer_retain(old->buffer);
    } else {
        luge__shape_bytes(&to->type.shape, to->type.dtype, &s.bytes);
        s.offset = 0;
        if (!(s.buffer = luge__buffer_create(ctx, s.bytes))) return LUGE_ENOMEM;
        const void *source = old->buffer->data + old->offset;
        if (same && s.bytes) memcpy(s.buffer->data, source, s.bytes);
        for (int64_t i = 0, n = same ? 0 : luge_shape_size(&to->type.shape); i < n; i++) {
            if (to->type.dtype == LUGE_F64)
                ((double *)(void *)s.buffer->data)[i] = (double)((const float *)source)[i];
            else
                ((float *)(void *)s.buffer->data)[i] = (float)((const double *)source)[i];
        }
    }
    h->storage[h->n_storage++] = s;
    h->n_settled = h->n_storage;
    return LUGE_OK;
}

static luge_status replay_node(luge_graph *h, luge_graph *g, uint32_t id, const luge_replay_options *o)
{
    luge_context *ctx = luge__graph_ctx(g);
    const luge__node *node = &g->nodes[id];
    const luge__op *op = luge__node_op(node);
    luge_val in[LUGE__MAX_INPUTS];
    union {
        max_align_t align;
        unsigned char bytes[LUGE__MAX_ATTR];
    } attr;
    if (new_operands(h, node, id, in)) return luge_failure(ctx);
    if (op->attr_size) memcpy(attr.bytes, node->attr, op->attr_size);
    change_dtypes(op, attr.bytes, o->float_dtype);
    if (node->op == LUGE__OP_input) {
        luge__leaf_attr *leaf = (luge__leaf_attr *)(void *)attr.bytes;
        for (int i = 0; i < o->n_inputs; i++)
            if (o->inputs[i].id == id) leaf->shape = o->shapes[i];
    }
    const luge_val v = luge__append_as(h, op, in, node->n_in, attr.bytes);
    if (!v.id) return luge_failure(ctx);
    if (*node->name && !luge__set_name(h, v, node->name).id) return luge_failure(ctx);
    if (node->op == LUGE__OP_variable || node->op == LUGE__OP_constant)
        return copy_storage(h, g, node, luge__node_of(h, v), o->float_dtype != LUGE_NO_DTYPE);
    return LUGE_OK;
}

luge_val luge__repeat(luge_graph *h, luge_graph *g, uint32_t id, const luge_val *in)
{
    const luge__node *node = &g->nodes[id];
    const int stored = node->op == LUGE__OP_variable || node->op == LUGE__OP_constant;
    const void *attr = node->attr;
    luge__leaf_attr leaf;
    if (stored) {
        if (!luge__graph_storage(g, luge__val(g, id))) return luge__none();
        leaf = *(const luge__leaf_attr *)node->attr;
        leaf.storage = (int64_t)h->n_storage;
        attr = &leaf;
    }
    const luge_val v = luge__append_as(h, luge__node_op(node), in, node->n_in, attr);
    if (!v.id || (*node->name && !luge__set_name(h, v, node->name).id)) return luge__none();
    return stored && copy_storage(h, g, node, luge__node_of(h, v), 0) ? luge__none() : v;
}

luge_graph *luge_graph_replay_with(luge_graph *g, const luge_replay_options *options)
{
    luge_replay_options o;
    if (!luge__open_graph(g, "replay") || read_options(g, options, &o) || luge__graph_settle(g)) return NULL;
    luge_graph *h = luge_graph_create(luge__graph_ctx(g));
    if (!h) return NULL;
    luge_status status = read_substitutes(h, g, &o);
    size_t n = g->n_nodes;
    if (o.until.id && !status) {
        const uint32_t end = in_place_of(h, o.until.id);
        n = (size_t)(end > o.until.id ? end : o.until.id) + 1;
    }
    for (uint32_t id = 1; id < n && !status; id++) status = replay_node(h, g, id, &o);
    if (status) {
        luge_graph_free(h);
        return NULL;
    }
    h->replay_of = g->tag;
    h->n_replayed = h->n_nodes;
    return h;
}

luge_val luge_replayed(const luge_graph *replay, luge_val v)
{
    if (!replay || v.tag != replay->replay_of || v.id >= replay->n_replayed) return luge__none();
    const uint32_t id = in_place_of(replay, v.id);
    return id < replay->n_replayed ? luge_node_at(replay, id) : luge__none();
}

luge_status luge_graph_verify(const luge_graph *g)
{
    if (!g) return luge__fail(NULL, LUGE_EINVAL, "verify: the graph is NULL");
    luge_context *ctx = luge__graph_ctx(g);
    for (uint32_t id = 1; id < g->n_nodes; id++) {
        const luge__node *node = &g->nodes[id];
        const luge__op *op = luge__node_op(node);
        luge__infer q = { .ctx = ctx, .op = op, .attr = node->attr, .n_in = node->n_in };
        if (node->n_in < op->min_in || node->n_in > op->max_in)
            return luge__fail(ctx, LUGE_EINTERNAL, "verify: %%%d %s has %d operands", (int)id, op->name, node->n_in);
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i].id >= id || !node->in[i].id || node->in[i].tag != g->tag)
                return luge__fail(ctx, LUGE_EINTERNAL, "verify: %%%d %s uses %%%d, which is not before it", (int)id,
                                  op->name, (int)node->in[i].id);
            q.in[i] = &luge__node_of(g, node->in[i])->type;
        }
        const luge_status status = op->infer(&q);
        if (status) return status;
        if (q.out.dtype != node->type.dtype || (q.out.dtype && !luge__shape_equal(&q.out.shape, &node->type.shape)))
            return luge__fail(ctx, LUGE_EINTERNAL, "verify: %%%d %s is %T %S, inferred %T %S", (int)id, op->name,
                              node->type.dtype, &node->type.shape, q.out.dtype, &q.out.shape);
    }
    return LUGE_OK;
}
