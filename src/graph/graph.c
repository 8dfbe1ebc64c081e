/* graph.c: the life of a graph, its node array, its leaves and their memory. */
#include <string.h>

#include "graph/graph.h"

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void graph_destroy(luge__object *object)
{
    luge_graph *g = (luge_graph *)(void *)object;
    luge_context *ctx = object->ctx;
    for (size_t i = 0; i < g->n_storage; i++) luge__buffer_drop(g->storage[i].buffer);
    luge__chunk_free(ctx, &g->chunks);
    luge__release(ctx, g->names, g->name_capacity * sizeof *g->names);
    luge__release(ctx, g->nodes, g->node_capacity * sizeof *g->nodes);
    luge__release(ctx, g->storage, g->storage_capacity * sizeof *g->storage);
    luge__release(ctx, g, sizeof *g);
}

luge_graph *luge_graph_create(luge_context *ctx)
{
    if (!ctx) {
        luge__fail(NULL, LUGE_EINVAL, "luge_graph_create: the context is NULL");
        return NULL;
    }
    if (luge_failed(ctx)) return NULL;
    luge_graph *g = luge__alloc(ctx, sizeof *g);
    if (!g) return NULL;
    /* Tags of different contexts differ too, so that a value of another context's graph is recognised. */
    g->tag = (++ctx->next_tag) ^ (uint32_t)((uintptr_t)ctx >> 4) * 2654435761u;
    if (!g->tag) g->tag = 1;
    luge__object_enter(ctx, &g->object, graph_destroy);
    if (luge__grow(ctx, &g->nodes, sizeof *g->nodes, &g->node_capacity, 64)) {
        luge_graph_free(g);
        return NULL;
    }
    g->n_nodes = 1; /* node 0 is none */
    return g;
}

void luge_graph_free(luge_graph *g)
{
    if (!g) return;
    luge__object_leave(&g->object);
    graph_destroy(&g->object);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

void *luge__graph_copy(luge_graph *g, const void *data, size_t bytes)
{
    void *p = luge__chunk_alloc(g->object.ctx, &g->chunks, bytes);
    if (p && bytes) memcpy(p, data, bytes);
    return p;
}

luge_status luge__graph_settle(luge_graph *g)
{
    luge_context *ctx = g->object.ctx;
    for (size_t first = g->n_settled; first < g->n_storage; first++) {
        if (g->storage[first].buffer) continue;
        const int32_t slab = g->storage[first].slab;
        size_t total = 0;
        for (size_t i = first; i < g->n_storage; i++) {
            luge__storage *s = &g->storage[i];
            if (s->slab != slab || s->buffer) continue;
            s->offset = total;
            if (!luge__add_size(total, luge__align_up(s->bytes), &total))
                return luge__fail(ctx, LUGE_ENOMEM, "variables: their total size overflows");
        }
        luge__buffer *buffer = luge__buffer_create(ctx, total);
        if (!buffer) return LUGE_ENOMEM;
        for (size_t i = first; i < g->n_storage; i++) {
            luge__storage *s = &g->storage[i];
            if (s->slab == slab && !s->buffer) s->buffer = luge__buffer_retain(buffer);
        }
        luge__buffer_drop(buffer);
    }
    g->n_settled = g->n_storage;
    return LUGE_OK;
}

luge__storage *luge__graph_storage(luge_graph *g, luge_val v)
{
    const luge__node *node = luge__node_of(g, v);
    if (node->op != LUGE__OP_variable && node->op != LUGE__OP_constant) return NULL;
    if (luge__graph_settle(g)) return NULL;
    const luge__leaf_attr *attr = node->attr;
    return &g->storage[attr->storage];
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

luge_val luge__none(void)
{
    return (luge_val){ 0, 0 };
}

luge_val luge__val(const luge_graph *g, uint32_t id)
{
    return (luge_val){ id, g->tag };
}

const luge__node *luge__node_of(const luge_graph *g, luge_val v)
{
    return &g->nodes[v.id];
}

const luge__op *luge__node_op(const luge__node *node)
{
    return luge__op_of((luge__op_id)node->op);
}

luge_context *luge__graph_ctx(const luge_graph *g)
{
    return g->object.ctx;
}

luge_dtype luge__dtype_of(const luge_graph *g, luge_val v)
{
    return g->nodes[v.id].type.dtype;
}

int luge__ndim(const luge_graph *g, luge_val v)
{
    return g->nodes[v.id].type.shape.ndim;
}

int luge__open_graph(luge_graph *g, const char *who)
{
    if (!g) {
        luge__fail(NULL, LUGE_EINVAL, "%s: the graph is NULL", who);
        return 0;
    }
    return !luge_failed(g->object.ctx);
}

static int check_operand(luge_graph *g, const char *who, luge_val v, int position)
{
    luge_context *ctx = g->object.ctx;
    if (!v.id)
        luge__fail(ctx, LUGE_EINVAL, "%s: operand %d is none", who, position);
    else if (v.tag != g->tag)
        luge__fail(ctx, LUGE_EINVAL, "%s: operand %d belongs to another graph", who, position);
    else if (v.id >= g->n_nodes)
        luge__fail(ctx, LUGE_EINVAL, "%s: operand %d is not a node of the graph", who, position);
    else
        return 1;
    return 0;
}

int luge__usable(luge_graph *g, const char *who, luge_val v)
{
    if (!luge__open_graph(g, who) || !check_operand(g, who, v, 1)) return 0;
    if (g->nodes[v.id].type.dtype != LUGE_NO_DTYPE) return 1;
    luge__fail(g->object.ctx, LUGE_EINVAL, "%s: operand 1 is the effect %s, which has no value", who,
               luge__node_op(&g->nodes[v.id])->name);
    return 0;
}

/* An effect writes variables, and nothing has an effect's value. */
static luge_status check_effect(luge_graph *g, const luge__op *op, const luge_val *in, int n_in)
{
    luge_context *ctx = g->object.ctx;
    for (int i = 0; i < n_in; i++) {
        const luge__node *node = luge__node_of(g, in[i]);
        if (node->type.dtype == LUGE_NO_DTYPE)
            return luge__fail(ctx, LUGE_EINVAL, "%s: operand %d is the effect %s, which has no value", op->name, i + 1,
                              luge__node_op(node)->name);
        if ((op->writes >> i & 1) && node->op != LUGE__OP_variable)
            return luge__fail(ctx, LUGE_EINVAL, "%s: operand %d must be a variable, it is the result of %s", op->name,
                              i + 1, luge__node_op(node)->name);
        for (int j = 0; j < i; j++)
            if ((op->writes >> i & op->writes >> j & 1) && in[i].id == in[j].id)
                return luge__fail(ctx, LUGE_EINVAL, "%s: operands %d and %d are the same variable \"%s\"", op->name,
                                  j + 1, i + 1, node->name);
        for (int j = 0; j < n_in; j++)
            if ((op->writes >> i & op->whole >> j & 1) && in[i].id == in[j].id)
                return luge__fail(ctx, LUGE_EINVAL, "%s: operand %d is the variable \"%s\", which is written meanwhile",
                                  op->name, j + 1, node->name);
    }
    return LUGE_OK;
}

/* Inputs, variables and constants alone may be of a dtype that is only a number yet. */
static luge_status check_stored(const luge__infer *q, luge_dtype dtype)
{
    if (luge__is_stored(dtype) || !luge_dtype_size(dtype)) return LUGE_OK;
    return luge__fail(q->ctx, LUGE_ENOTSUP, "%s: no op computes in %T yet", q->op->name, dtype);
}

static luge_status infer_type(luge_graph *g, const luge__op *op, const luge_val *in, int n_in, const void *attr,
                              luge__type *type)
{
    luge__infer q = { .ctx = g->object.ctx, .op = op, .attr = attr, .n_in = n_in };
    for (int i = 0; i < n_in; i++) q.in[i] = &luge__node_of(g, in[i])->type;
    const luge_status status = op->infer(&q);
    if (status) return status;
    for (int i = 0; i < n_in; i++)
        if (check_stored(&q, q.in[i]->dtype)) return LUGE_ENOTSUP;
    *type = q.out;
    if (q.out.dtype == LUGE_NO_DTYPE) return LUGE_OK;
    if ((n_in || op->id == LUGE__OP_full) && check_stored(&q, q.out.dtype)) return luge_failure(q.ctx);
    return luge__shape_check(g->object.ctx, op->name, &q.out.shape, q.out.dtype);
}

luge_val luge__append_as(luge_graph *g, const luge__op *op, const luge_val *in, int n_in, const void *attr)
{
    luge_context *ctx = g->object.ctx;
    luge__node node = { .op = (uint16_t)op->id, .n_in = (uint8_t)n_in, .name = "" };
    if (infer_type(g, op, in, n_in, attr, &node.type)) return luge__none();
    if (g->n_nodes >= UINT32_MAX / 2) {
        luge__fail(ctx, LUGE_ENOMEM, "%s: a graph holds at most 2^31 nodes", op->name);
        return luge__none();
    }
    if (luge__grow(ctx, &g->nodes, sizeof *g->nodes, &g->node_capacity, g->n_nodes + 1)) return luge__none();
    if (n_in && !(node.in = luge__graph_copy(g, in, (size_t)n_in * sizeof *in))) return luge__none();
    if (op->attr_size && !(node.attr = luge__graph_copy(g, attr, op->attr_size))) return luge__none();
    g->nodes[g->n_nodes] = node;
    if (op->flags & LUGE__EFFECT) g->n_effects++;
    if (op->flags & LUGE__RANDOM) { /* the next one's stream is new, whatever streams were asked for */
        const uint32_t stream = (uint32_t)((const luge__random_attr *)attr)->stream;
        g->n_random = (g->n_random > stream ? g->n_random : stream) + 1;
    }
    return luge__val(g, (uint32_t)g->n_nodes++);
}

luge_val luge__append(luge_graph *g, luge__op_id id, const luge_val *in, int n_in, const void *attr)
{
    const luge__op *op = luge__op_of(id);
    if (!luge__open_graph(g, op->name)) return luge__none();
    for (int i = 0; i < n_in; i++)
        if (!check_operand(g, op->name, in[i], i + 1)) return luge__none();
    if (check_effect(g, op, in, n_in)) return luge__none();
    if (op->ref || op->flags & LUGE__LEAF) return luge__append_as(g, op, in, n_in, attr);
    luge__type type; /* a row of meaning alone: check here, so that messages name this op, then append what it means */
    if (infer_type(g, op, in, n_in, attr, &type)) return luge__none();
    return op->lower(g, in, n_in, attr);
}

/* ---- leaves ------------------------------------------------------------------------------------------------------ */

/* The place of the node with this name, or of a free entry. */
static size_t name_place(const luge_graph *g, const char *name)
{
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (const char *c = name; *c; c++) hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
    size_t at = (size_t)(hash ^ hash >> 32) & (g->name_capacity - 1);
    while (g->names[at] && strcmp(g->nodes[g->names[at]].name, name) != 0) at = (at + 1) & (g->name_capacity - 1);
    return at;
}

static int is_named_leaf(const luge__node *node)
{
    return (node->op == LUGE__OP_input || node->op == LUGE__OP_variable) && *node->name;
}

/* Room for one more name: at most half of the table is in use. */
static luge_status make_room(luge_graph *g)
{
    luge_context *ctx = g->object.ctx;
    if (2 * (g->n_names + 1) <= g->name_capacity) return LUGE_OK;
    const size_t capacity = g->name_capacity ? 2 * g->name_capacity : 16;
    size_t bytes;
    if (!luge__mul_size(capacity, sizeof *g->names, &bytes))
        return luge__fail(ctx, LUGE_ENOMEM, "graph: too many names");
    uint32_t *names = luge__alloc(ctx, bytes);
    if (!names) return LUGE_ENOMEM;
    luge__release(ctx, g->names, g->name_capacity * sizeof *g->names);
    g->names = names;
    g->name_capacity = capacity;
    g->n_names = 0;
    for (size_t id = 1; id < g->n_nodes; id++) {
        if (!is_named_leaf(&g->nodes[id])) continue;
        g->names[name_place(g, g->nodes[id].name)] = (uint32_t)id;
        g->n_names++;
    }
    return LUGE_OK;
}

luge_status luge__check_name(luge_graph *g, const char *who, const char *name)
{
    luge_context *ctx = g->object.ctx;
    if (!name || !*name) return luge__fail(ctx, LUGE_EINVAL, "%s: a name is needed", who);
    if (!g->name_capacity || !g->names[name_place(g, name)]) return LUGE_OK;
    return luge__fail(ctx, LUGE_EINVAL, "%s: the name \"%s\" is taken", who, name);
}

luge_val luge__set_name(luge_graph *g, luge_val v, const char *name)
{
    const luge__node *node = &g->nodes[v.id];
    const int leaf = node->op == LUGE__OP_input || node->op == LUGE__OP_variable;
    const char *copy = *name ? luge__graph_copy(g, name, strlen(name) + 1) : "";
    if (!copy || (leaf && make_room(g))) return luge__none();
    if (leaf) {
        g->names[name_place(g, name)] = v.id;
        g->n_names++;
    }
    g->nodes[v.id].name = copy;
    return v;
}

/* The storage is entered after the node, so that a failure leaves both or none. */
luge_val luge__append_leaf(luge_graph *g, luge__op_id op, const luge__leaf_attr *given)
{
    luge__leaf_attr attr = *given;
    if (op != LUGE__OP_variable && op != LUGE__OP_constant) return luge__append(g, op, NULL, 0, &attr);
    luge_context *ctx = g->object.ctx;
    if (luge__grow(ctx, &g->storage, sizeof *g->storage, &g->storage_capacity, g->n_storage + 1)) return luge__none();
    attr.storage = (int64_t)g->n_storage;
    const luge_val v = luge__append(g, op, NULL, 0, &attr);
    if (!v.id) return v;
    luge__storage s = { .node = v.id, .slab = op == LUGE__OP_constant ? -1 : (int32_t)attr.slab };
    luge__shape_bytes(&attr.shape, attr.dtype, &s.bytes); /* luge__append has checked the shape */
    g->storage[g->n_storage++] = s;
    return v;
}

static luge_val named_leaf(luge_graph *g, luge__op_id op, const char *name, const luge__leaf_attr *attr)
{
    if (!luge__open_graph(g, luge__op_of(op)->name) || luge__check_name(g, luge__op_of(op)->name, name))
        return luge__none();
    const luge_val v = luge__append_leaf(g, op, attr);
    return v.id ? luge__set_name(g, v, name) : v;
}

luge_val luge_input(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape)
{
    return named_leaf(g, LUGE__OP_input, name, &(luge__leaf_attr){ .dtype = dtype, .shape = shape });
}

luge_val luge_slab_variable(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape, int slab)
{
    if ((slab < 0 || slab > 15) && luge__open_graph(g, "variable")) {
        luge__fail(g->object.ctx, LUGE_EINVAL, "variable \"%s\": slab %d is outside 0..15", name ? name : "", slab);
        return luge__none();
    }
    return named_leaf(g, LUGE__OP_variable, name, &(luge__leaf_attr){ .dtype = dtype, .shape = shape, .slab = slab });
}

luge_val luge_variable(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape)
{
    return luge_slab_variable(g, name, dtype, shape, 0);
}

luge_val luge_full(luge_graph *g, luge_dtype dtype, luge_shape shape, double value)
{
    const luge__leaf_attr attr = { .dtype = dtype, .shape = shape, .value = value };
    return luge__append(g, LUGE__OP_full, NULL, 0, &attr);
}

luge_val luge_scalar(luge_graph *g, luge_dtype dtype, double value)
{
    return luge_full(g, dtype, luge_scalar_shape(), value);
}

luge_val luge_constant(luge_graph *g, luge_dtype dtype, luge_shape shape, const void *data)
{
    if (!luge__open_graph(g, "constant")) return luge__none();
    luge_context *ctx = g->object.ctx;
    size_t bytes;
    if (luge__shape_check(ctx, "constant", &shape, dtype)) return luge__none();
    luge__shape_bytes(&shape, dtype, &bytes);
    if (!data && bytes) {
        luge__fail(ctx, LUGE_EINVAL, "constant: data is NULL");
        return luge__none();
    }
    luge__buffer *buffer = luge__buffer_create(ctx, bytes);
    if (!buffer) return luge__none();
    if (bytes) memcpy(buffer->data, data, bytes);
    const luge_val v = luge__append_leaf(g, LUGE__OP_constant, &(luge__leaf_attr){ .dtype = dtype, .shape = shape });
    if (v.id)
        g->storage[g->n_storage - 1].buffer = buffer;
    else
        luge__buffer_drop(buffer);
    return v;
}
