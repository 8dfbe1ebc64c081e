/* print.c: a graph as text, one line a node. */
#include <string.h>

#include "graph/graph.h"

static void print_field(luge_sink sink, const luge__field *f, const void *attr)
{
    const unsigned char *at = (const unsigned char *)attr + f->offset;
    luge__print(sink, ", %s=", f->name);
    switch (f->kind) {
    case LUGE__FIELD_I64:
    case LUGE__FIELD_FLAG:
        luge__print(sink, "%l", *(const int64_t *)(const void *)at);
        break;
    case LUGE__FIELD_F64:
        luge__print(sink, "%g", *(const double *)(const void *)at);
        break;
    case LUGE__FIELD_DTYPE:
        luge__print(sink, "%T", *(const luge_dtype *)(const void *)at);
        break;
    case LUGE__FIELD_SHAPE:
        luge__print(sink, "%S", (const luge_shape *)(const void *)at);
        break;
    case LUGE__FIELD_AXES: {
        const luge_axes *axes = (const luge_axes *)(const void *)at;
        luge__print(sink, "(");
        for (int i = 0; i < axes->n; i++) luge__print(sink, i ? " %d" : "%d", (int)axes->axis[i]);
        luge__print(sink, ")");
        break;
    }
    }
}

static void print_node(const luge_graph *g, uint32_t id, luge_sink sink)
{
    const luge__node *node = &g->nodes[id];
    const luge__op *op = luge__node_op(node);
    luge__print(sink, "%%%d = %s(", (int)id, op->name);
    for (int i = 0; i < node->n_in; i++) luge__print(sink, i ? ", %%%d" : "%%%d", (int)node->in[i].id);
    if (!(op->flags & LUGE__LEAF))
        for (const luge__field *f = op->fields; f && f->name; f++) print_field(sink, f, node->attr);
    if (node->op == LUGE__OP_full) luge__print(sink, "%g", ((const luge__leaf_attr *)node->attr)->value);
    luge__print(sink, ")");
    if (node->type.dtype) luge__print(sink, " %T %S", node->type.dtype, &node->type.shape);
    if (*node->name) luge__print(sink, "  \"%s\"", node->name);
    luge__print(sink, "\n");
}

luge_status luge_graph_print(const luge_graph *g, luge_sink sink)
{
    if (!g) return luge__fail(NULL, LUGE_EINVAL, "luge_graph_print: the graph is NULL");
    if (!sink.write) return luge__fail_thread(LUGE_EINVAL, "luge_graph_print: the sink has no write function");
    for (uint32_t id = 1; id < g->n_nodes; id++) print_node(g, id, sink);
    return LUGE_OK;
}
