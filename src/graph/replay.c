/* replay.c: the same nodes inferred anew: for other input shapes or another float precision, or to verify. */
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

/* Gives the new graph's storage number `index` its memory: g's own, or a copy. */
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
    for (int i = 0; i < node->n_in; i++) in[i] = luge__val(h, node->in[i].id);
    if (op->attr_size) memcpy(attr.bytes, node->attr, op->attr_size);
    change_dtypes(op, attr.bytes, o->float_dtype);
    if (node->op == LUGE__OP_input) {
        luge__leaf_attr *leaf = (luge__leaf_attr *)(void *)attr.bytes;
        for (int i = 0; i < o->n_inputs; i++)
            if (o->inputs[i].id == id) leaf->shape = o->shapes[i];
    }
    const luge_val v = luge__append_as(h, op, in, node->n_in, attr.bytes);
    if (!v.id) return luge_failure(ctx);
    if (*node->name && !luge_name(h, v, node->name).id) return luge_failure(ctx);
    if (node->op == LUGE__OP_variable || node->op == LUGE__OP_constant)
        return copy_storage(h, g, node, luge__node_of(h, v), o->float_dtype != LUGE_NO_DTYPE);
    return LUGE_OK;
}

luge_graph *luge_graph_replay_with(luge_graph *g, const luge_replay_options *options)
{
    luge_replay_options o;
    if (!luge__open_graph(g, "replay") || read_options(g, options, &o) || luge__graph_settle(g)) return NULL;
    luge_graph *h = luge_graph_create(luge__graph_ctx(g));
    if (!h) return NULL;
    const size_t n = o.until.id ? (size_t)o.until.id + 1 : g->n_nodes;
    for (uint32_t id = 1; id < n; id++) {
        if (replay_node(h, g, id, &o)) {
            luge_graph_free(h);
            return NULL;
        }
    }
    h->replay_of = g->tag;
    h->n_replayed = h->n_nodes;
    return h;
}

luge_val luge_replayed(const luge_graph *replay, luge_val v)
{
    if (!replay || v.tag != replay->replay_of || v.id >= replay->n_replayed) return luge__none();
    return luge_node_at(replay, v.id);
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
