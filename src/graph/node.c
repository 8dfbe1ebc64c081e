/* node.c: nodes by name: the attributes of a node, and a node from its op's name and attributes. */
#include <string.h>

#include "graph/graph.h"

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static const luge__node *node_at(const luge_graph *g, luge_val v)
{
    return g && v.id > 0 && v.id < g->n_nodes && v.tag == g->tag ? luge__node_of(g, v) : NULL;
}

static int count_fields(const luge__op *op)
{
    int n = 0;
    for (const luge__field *f = op ? op->fields : NULL; f && f->name; f++) n++;
    return n;
}

int luge_attribute_count(const luge_graph *g, luge_val v)
{
    const luge__node *node = node_at(g, v);
    return node ? count_fields(luge__node_op(node)) : 0;
}

int luge_op_attribute_count(const char *name)
{
    const luge__op *op = name ? luge__op_named(name) : NULL;
    return op ? count_fields(op) : -1;
}

luge_status luge_op_attribute_at(const char *name, int index, luge_attribute *out)
{
    if (!out) return luge__fail_thread(LUGE_EINVAL, "luge_op_attribute_at: out is NULL");
    memset(out, 0, sizeof *out);
    if (index < 0 || index >= luge_op_attribute_count(name))
        return luge__fail_thread(LUGE_EINVAL, "luge_op_attribute_at: no such op, or it has no attribute %d", index);
    const luge__field *f = &luge__op_named(name)->fields[index];
    out->name = f->name;
    out->kind = (luge_attribute_kind)f->kind;
    return LUGE_OK;
}

/* The member of an attribute that holds a value of the kind, and its bytes. */
static void *member(luge_attribute *a, luge__field_kind kind, size_t *bytes)
{
    switch (kind) {
    case LUGE__FIELD_F64:
        *bytes = sizeof a->f64;
        return &a->f64;
    case LUGE__FIELD_DTYPE:
        *bytes = sizeof a->dtype;
        return &a->dtype;
    case LUGE__FIELD_SHAPE:
        *bytes = sizeof a->shape;
        return &a->shape;
    case LUGE__FIELD_AXES:
        *bytes = sizeof a->axes;
        return &a->axes;
    default:
        *bytes = sizeof a->i64;
        return &a->i64;
    }
}

luge_status luge_attribute_at(const luge_graph *g, luge_val v, int index, luge_attribute *out)
{
    if (!out) return luge__fail_thread(LUGE_EINVAL, "luge_attribute_at: out is NULL");
    memset(out, 0, sizeof *out);
    if (index < 0 || index >= luge_attribute_count(g, v))
        return luge__fail_thread(LUGE_EINVAL, "luge_attribute_at: not a node of the graph, or it has no attribute %d",
                                 index);
    const luge__node *node = node_at(g, v);
    const luge__field *f = &luge__node_op(node)->fields[index];
    size_t bytes;
    void *value = member(out, f->kind, &bytes);
    out->name = f->name;
    out->kind = (luge_attribute_kind)f->kind;
    memcpy(value, (const unsigned char *)node->attr + f->offset, bytes);
    return LUGE_OK;
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* What must hold of a value whatever the op: the rest is refused by the op's shape rule. */
static luge_status check_value(luge_context *ctx, const luge__op *op, const luge_attribute *a)
{
    switch (a->kind) {
    case LUGE_ATTRIBUTE_FLAG:
        if (a->i64 == 0 || a->i64 == 1) return LUGE_OK;
        return luge__fail(ctx, LUGE_EINVAL, "%s: %s is %l; 0 or 1 is expected", op->name, a->name, a->i64);
    case LUGE_ATTRIBUTE_DTYPE:
        if (a->dtype == LUGE_NO_DTYPE || luge_dtype_size(a->dtype)) return LUGE_OK;
        return luge__fail(ctx, LUGE_EINVAL, "%s: %s is the unknown dtype %d", op->name, a->name, (int)a->dtype);
    case LUGE_ATTRIBUTE_SHAPE:
        if (a->shape.ndim >= 0 && a->shape.ndim <= LUGE_MAX_DIMS) return LUGE_OK;
        return luge__fail(ctx, LUGE_ESHAPE, "%s: %s has %d dimensions; possible are 0 to 8", op->name, a->name,
                          (int)a->shape.ndim);
    case LUGE_ATTRIBUTE_AXES:
        if (a->axes.n >= 0 && a->axes.n <= LUGE_MAX_DIMS) return LUGE_OK;
        return luge__fail(ctx, LUGE_EINVAL, "%s: %s lists %d axes; possible are 0 to 8", op->name, a->name,
                          (int)a->axes.n);
    default:
        return LUGE_OK;
    }
}

static const luge__field *field_named(const luge__op *op, const char *name)
{
    for (const luge__field *f = op->fields; name && f && f->name; f++)
        if (!strcmp(f->name, name)) return f;
    return NULL;
}

/* Fills the op's attribute struct: each field once. */
static luge_status read_attributes(luge_context *ctx, const luge__op *op, const luge_attribute *attributes, int n,
                                   unsigned char *to)
{
    static const char *const kinds[] = { "?", "a whole number", "a number", "a dtype", "a shape", "axes", "a flag" };
    uint32_t given = 0;
    if (n < 0 || (n && !attributes))
        return luge__fail(ctx, LUGE_EINVAL, "%s: n_attributes is %d, or attributes is NULL", op->name, n);
    for (int i = 0; i < n; i++) {
        luge_attribute a = attributes[i];
        const luge__field *f = field_named(op, a.name);
        if (!f) return luge__fail(ctx, LUGE_EINVAL, "%s: there is no attribute \"%s\"", op->name, a.name ? a.name : "");
        if (given >> (f - op->fields) & 1)
            return luge__fail(ctx, LUGE_EINVAL, "%s: %s is given twice", op->name, f->name);
        given |= 1u << (f - op->fields);
        if ((int)a.kind != (int)f->kind)
            return luge__fail(ctx, LUGE_EINVAL, "%s: %s is of kind %d; %s is expected", op->name, f->name, (int)a.kind,
                              kinds[f->kind]);
        const luge_status status = check_value(ctx, op, &a);
        if (status) return status;
        for (int k = a.shape.ndim; f->kind == LUGE__FIELD_SHAPE && k < LUGE_MAX_DIMS; k++) a.shape.dim[k] = 0;
        for (int k = a.axes.n; f->kind == LUGE__FIELD_AXES && k < LUGE_MAX_DIMS; k++) a.axes.axis[k] = 0;
        size_t bytes;
        const void *value = member(&a, f->kind, &bytes);
        memcpy(to + f->offset, value, bytes);
    }
    for (const luge__field *f = op->fields; f && f->name; f++)
        if (!(given >> (f - op->fields) & 1))
            return luge__fail(ctx, LUGE_EINVAL, "%s: the attribute %s is missing", op->name, f->name);
    return LUGE_OK;
}

luge_val luge_append(luge_graph *g, const char *name, const luge_val *inputs, int n_inputs,
                     const luge_attribute *attributes, int n_attributes)
{
    union {
        max_align_t align;
        unsigned char bytes[LUGE__MAX_ATTR];
    } attr = { .bytes = { 0 } };
    if (!luge__open_graph(g, "luge_append")) return luge__none();
    luge_context *ctx = luge__graph_ctx(g);
    const luge__op *op = name ? luge__op_named(name) : NULL;
    if (!op)
        luge__fail(ctx, LUGE_EINVAL, "luge_append: there is no op \"%s\"", name ? name : "");
    else if (op->id == LUGE__OP_constant)
        luge__fail(ctx, LUGE_EINVAL, "constant: its elements are no attributes; luge_constant makes it");
    else if (n_inputs < op->min_in || n_inputs > op->max_in || (n_inputs && !inputs))
        luge__fail(ctx, LUGE_EINVAL, "%s: %d operands%s; %d to %d are expected", op->name, n_inputs,
                   inputs ? "" : " (NULL)", (int)op->min_in, (int)op->max_in);
    else if (!read_attributes(ctx, op, attributes, n_attributes, attr.bytes))
        return op->flags & LUGE__LEAF ? luge__append_leaf(g, op->id, (const luge__leaf_attr *)(const void *)attr.bytes)
                                      : luge__append(g, op->id, inputs, n_inputs, attr.bytes);
    return luge__none();
}
