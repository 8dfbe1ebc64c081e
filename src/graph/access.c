/* access.c: reading a graph from outside: variables' contents, nodes, names. */
#include <string.h>

#include "graph/graph.h"

/* The memory of a variable, or of `also` (a constant), or NULL with a message. bytes SIZE_MAX: any. */
static luge__storage *variable_storage(luge_graph *g, const char *who, luge_val v, size_t bytes, luge__op_id also)
{
    if (!luge__usable(g, who, v)) return NULL;
    const luge__node *node = luge__node_of(g, v);
    luge_context *ctx = luge__graph_ctx(g);
    if (node->op != LUGE__OP_variable && node->op != also) {
        luge__fail(ctx, LUGE_EINVAL, "%s: %%%d is not a variable, it is the result of %s", who, (int)v.id,
                   luge__node_op(node)->name);
        return NULL;
    }
    luge__storage *s = luge__graph_storage(g, v);
    if (s && bytes != SIZE_MAX && bytes != s->bytes) {
        luge__fail(ctx, LUGE_EINVAL, "%s: %s \"%s\" %T %S takes %z bytes, %z were given", who,
                   luge__node_op(node)->name, node->name, node->type.dtype, &node->type.shape, s->bytes, bytes);
        return NULL;
    }
    return s;
}

/* What a call that could not be made answers: the sticking error, or LUGE_EINVAL without a graph. */
static luge_status refused(const luge_graph *g)
{
    return g ? luge_failure(luge__graph_ctx(g)) : LUGE_EINVAL;
}

luge_status luge_set(luge_graph *g, luge_val variable, const void *data, size_t bytes)
{
    luge__storage *s = variable_storage(g, "luge_set", variable, bytes, LUGE__OP_variable);
    if (!s) return refused(g);
    if (bytes && !data) return luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "luge_set: data is NULL");
    if (bytes) memcpy(s->buffer->data + s->offset, data, bytes);
    return LUGE_OK;
}

luge_status luge_get(luge_graph *g, luge_val variable, void *data, size_t bytes)
{
    luge__storage *s = variable_storage(g, "luge_get", variable, bytes, LUGE__OP_constant);
    if (!s) return refused(g);
    if (bytes && !data) return luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "luge_get: data is NULL");
    if (bytes) memcpy(data, s->buffer->data + s->offset, bytes);
    return LUGE_OK;
}

void *luge_data(luge_graph *g, luge_val variable)
{
    luge__storage *s = variable_storage(g, "luge_data", variable, SIZE_MAX, LUGE__OP_variable);
    return s ? s->buffer->data + s->offset : NULL;
}

int luge_is_some(luge_val v)
{
    return v.id != 0;
}

uint32_t luge_node_count(const luge_graph *g)
{
    return g ? (uint32_t)g->n_nodes - 1 : 0;
}

luge_val luge_node_at(const luge_graph *g, uint32_t id)
{
    return g && id > 0 && id < g->n_nodes ? luge__val(g, id) : luge__none();
}

static int is_node(const luge_graph *g, luge_val v)
{
    return g && v.id > 0 && v.id < g->n_nodes && v.tag == g->tag;
}

luge_status luge_node_info_of(const luge_graph *g, luge_val v, luge_node_info *info)
{
    if (!info) return luge__fail_thread(LUGE_EINVAL, "luge_node_info_of: info is NULL");
    memset(info, 0, sizeof *info);
    if (!is_node(g, v)) return luge__fail_thread(LUGE_EINVAL, "luge_node_info_of: not a node of the graph");
    const luge__node *node = luge__node_of(g, v);
    *info = (luge_node_info){ .op = luge__node_op(node)->name,
                              .name = node->name,
                              .dtype = node->type.dtype,
                              .shape = node->type.shape,
                              .n_inputs = node->n_in,
                              .inputs = node->in };
    return LUGE_OK;
}

luge_shape luge_shape_of_val(const luge_graph *g, luge_val v)
{
    if (!is_node(g, v)) return (luge_shape){ .ndim = -1 };
    return luge__node_of(g, v)->type.shape;
}

luge_val luge_name(luge_graph *g, luge_val v, const char *name)
{
    if (!luge__open_graph(g, "luge_name")) return luge__none();
    if (!is_node(g, v)) {
        luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "luge_name: %%%d is not a node of the graph", (int)v.id);
        return luge__none();
    }
    const luge__node *node = &g->nodes[v.id];
    if (node->op == LUGE__OP_input || node->op == LUGE__OP_variable) { /* found by its name */
        if (name && *name && !strcmp(name, node->name)) return v;
        if (luge__check_name(g, "luge_name", name)) return luge__none();
    }
    return luge__set_name(g, v, name ? name : "");
}
