/* graph_json.c: the nodes of a graph as JSON, through what luge/node.h tells and makes. */
#include "train/graph_json.h"

#include <string.h>

#include "luge/node.h"

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void write_dtype(luge__json_writer *w, luge_dtype dtype)
{
    luge__json_string(w, dtype ? luge_dtype_name(dtype) : NULL);
}

static void write_attribute(luge__json_writer *w, const luge_attribute *a)
{
    luge__json_key(w, a->name);
    switch (a->kind) {
    case LUGE_ATTRIBUTE_F64:
        luge__json_number(w, a->f64);
        break;
    case LUGE_ATTRIBUTE_DTYPE:
        write_dtype(w, a->dtype);
        break;
    case LUGE_ATTRIBUTE_SHAPE:
        luge__json_open(w, '[');
        for (int i = 0; i < a->shape.ndim; i++) luge__json_int(w, a->shape.dim[i]);
        luge__json_close(w, ']');
        break;
    case LUGE_ATTRIBUTE_AXES:
        luge__json_open(w, '[');
        for (int i = 0; i < a->axes.n; i++) luge__json_int(w, a->axes.axis[i]);
        luge__json_close(w, ']');
        break;
    case LUGE_ATTRIBUTE_FLAG:
        luge__json_bool(w, a->i64 != 0);
        break;
    default:
        luge__json_int(w, a->i64);
    }
}

static void write_node(luge__json_writer *w, const luge_graph *g, luge_val v)
{
    luge_node_info info;
    luge_attribute a;
    const int n = luge_attribute_count(g, v);
    luge__json_open(w, '{');
    if (!luge_node_info_of(g, v, &info)) {
        luge__json_key(w, "op");
        luge__json_string(w, info.op);
        if (info.n_inputs) {
            luge__json_key(w, "in");
            luge__json_open(w, '[');
            for (int i = 0; i < info.n_inputs; i++) luge__json_uint(w, info.inputs[i].id);
            luge__json_close(w, ']');
        }
        if (*info.name) {
            luge__json_key(w, "name");
            luge__json_string(w, info.name);
        }
    }
    if (n) {
        luge__json_key(w, "attr");
        luge__json_open(w, '{');
        for (int i = 0; i < n; i++)
            if (!luge_attribute_at(g, v, i, &a)) write_attribute(w, &a);
        luge__json_close(w, '}');
    }
    luge__json_close(w, '}');
}

void luge__graph_write(luge__json_writer *w, const luge_graph *g, uint32_t n)
{
    luge__json_open(w, '[');
    for (uint32_t id = 1; id <= n && id <= luge_node_count(g); id++) write_node(w, g, luge_node_at(g, id));
    luge__json_close(w, ']');
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

enum { MAX_OPERANDS = 16, MAX_ATTRIBUTES = 16 };

typedef struct node_reader {
    luge_context *ctx;
    luge_graph *g;
    const char *who;
    const luge__json *doc;
    const luge__graph_leaves *leaves;
    uint32_t id; /* of the node that is read */
    const char *op, *name;
    luge_val in[MAX_OPERANDS];
    luge_attribute attributes[MAX_ATTRIBUTES];
    int n_in, n_attributes;
} node_reader;

static luge_status refuse(const node_reader *r, const char *what, const char *which)
{
    return luge__fail(r->ctx, LUGE_EFORMAT, "%s: node %l (%s): %s%s", r->who, (int64_t)r->id, r->op, what, which);
}

/* The sticking failure again, with the node before it. */
static luge_status refused_by_op(const node_reader *r)
{
    char message[400];
    const luge_status status = luge_failure(r->ctx);
    if (status == LUGE_ENOMEM || !status) return status;
    luge__format(message, sizeof message, "%s", luge_error(r->ctx));
    luge_clear(r->ctx);
    return luge__fail(r->ctx, status, "%s: node %l (%s): %s", r->who, (int64_t)r->id, r->op, message);
}

static luge_status read_operands(node_reader *r, uint32_t list)
{
    r->n_in = 0;
    if (!list) return LUGE_OK;
    if (luge__json_kind(r->doc, list) != LUGE__JSON_ARRAY || luge__json_size(r->doc, list) > MAX_OPERANDS)
        return refuse(r, "\"in\" is not an array of at most 16 nodes", "");
    for (uint32_t v = luge__json_first(r->doc, list); v; v = luge__json_next(r->doc, v)) {
        uint64_t id = 0;
        if (!luge__json_get_uint(r->doc, v, &id) || id < 1 || id >= r->id)
            return refuse(r, "\"in\" names what is not a node before it", "");
        r->in[r->n_in++] = luge_node_at(r->g, (uint32_t)id);
    }
    return LUGE_OK;
}

/* At most LUGE_MAX_DIMS integers; their count, or -1. */
static int read_list(const luge__json *doc, uint32_t list, int64_t *out)
{
    int n = 0;
    if (luge__json_kind(doc, list) != LUGE__JSON_ARRAY || luge__json_size(doc, list) > LUGE_MAX_DIMS) return -1;
    for (uint32_t v = luge__json_first(doc, list); v; v = luge__json_next(doc, v))
        if (!luge__json_get_int(doc, v, &out[n++])) return -1;
    return n;
}

static int read_dtype(const luge__json *doc, uint32_t v, luge_dtype *out)
{
    const char *name = luge__json_get_string(doc, v);
    *out = LUGE_NO_DTYPE;
    if (luge__json_kind(doc, v) == LUGE__JSON_NULL) return 1;
    for (int dtype = LUGE_BOOL; name && dtype <= LUGE_F64; dtype++)
        if (!strcmp(luge_dtype_name((luge_dtype)dtype), name)) *out = (luge_dtype)dtype;
    return *out != LUGE_NO_DTYPE;
}

/* Reads the value of an attribute of known kind; zero where it is of another. */
static int read_value(const luge__json *doc, uint32_t v, luge_attribute *a)
{
    int64_t list[LUGE_MAX_DIMS];
    int flag = 0, n;
    switch (a->kind) {
    case LUGE_ATTRIBUTE_F64:
        return luge__json_get_number(doc, v, &a->f64);
    case LUGE_ATTRIBUTE_DTYPE:
        return read_dtype(doc, v, &a->dtype);
    case LUGE_ATTRIBUTE_SHAPE:
        if ((n = read_list(doc, v, list)) < 0) return 0;
        a->shape = luge_make_shape(n, list);
        return 1;
    case LUGE_ATTRIBUTE_AXES:
        a->axes.n = n = read_list(doc, v, list);
        for (int i = 0; i < n; i++) {
            if (list[i] < 0 || list[i] >= LUGE_MAX_DIMS) return 0;
            a->axes.axis[i] = (int32_t)list[i];
        }
        return n >= 0;
    case LUGE_ATTRIBUTE_FLAG:
        if (!luge__json_get_bool(doc, v, &flag)) return 0;
        a->i64 = flag;
        return 1;
    default:
        return luge__json_get_int(doc, v, &a->i64);
    }
}

/* Each attribute of the op; then there is room for no other. */
static luge_status read_attributes(node_reader *r, uint32_t object)
{
    const int n = r->n_attributes = luge_op_attribute_count(r->op);
    if (n < 0 || n > MAX_ATTRIBUTES) return refuse(r, "there is no such op", "");
    for (int i = 0; i < n; i++) {
        luge_attribute *a = &r->attributes[i];
        luge_op_attribute_at(r->op, i, a);
        const uint32_t v = luge__json_member(r->doc, object, a->name);
        if (!v) return refuse(r, "it lacks the attribute ", a->name);
        if (!read_value(r->doc, v, a)) return refuse(r, "not a value of the attribute ", a->name);
    }
    if (object && (luge__json_kind(r->doc, object) != LUGE__JSON_OBJECT || (int)luge__json_size(r->doc, object) != n))
        return refuse(r, "\"attr\" holds more than the op's attributes", "");
    return LUGE_OK;
}

static const luge_attribute *attribute_of(const node_reader *r, luge_attribute_kind kind)
{
    for (int i = 0; i < r->n_attributes; i++)
        if (r->attributes[i].kind == kind) return &r->attributes[i];
    return NULL;
}

/* A leaf: asks for leave or elements before anything is made. */
static luge_val make_leaf(node_reader *r, luge_dtype dtype, const luge_shape *shape)
{
    const luge_val none = { 0, 0 };
    size_t bytes = 0;
    if (luge__shape_check(r->ctx, r->op, shape, dtype)) return none;
    if (strcmp(r->op, "constant")) {
        if (!strcmp(r->op, "variable") && r->leaves->variable(r->leaves->user, r->id, r->name, dtype, shape))
            return none;
        return luge_append(r->g, r->op, r->in, r->n_in, r->attributes, r->n_attributes);
    }
    luge__shape_bytes(shape, dtype, &bytes);
    const void *data = r->leaves->constant(r->leaves->user, r->id, dtype, shape, bytes);
    return r->n_in || (bytes && !data) ? none : luge_constant(r->g, dtype, *shape, data);
}

static luge_status make_node(node_reader *r)
{
    const luge_attribute *dtype = attribute_of(r, LUGE_ATTRIBUTE_DTYPE), *shape = attribute_of(r, LUGE_ATTRIBUTE_SHAPE);
    const int named = !strcmp(r->op, "input") || !strcmp(r->op, "variable");
    luge_val v;
    if (named && !*r->name) return refuse(r, "it has no name", "");
    if (dtype && shape)
        v = make_leaf(r, dtype->dtype, &shape->shape);
    else
        v = luge_append(r->g, r->op, r->in, r->n_in, r->attributes, r->n_attributes);
    if (v.id && *r->name) v = luge_name(r->g, v, r->name);
    if (!v.id && luge_failed(r->ctx)) return refused_by_op(r);
    if (v.id != r->id || luge_node_count(r->g) != r->id) return refuse(r, "it does not make one node", "");
    return LUGE_OK;
}

static luge_status read_node(node_reader *r, uint32_t node)
{
    uint32_t in = 0, attr = 0;
    r->op = "?";
    r->name = "";
    if (luge__json_kind(r->doc, node) != LUGE__JSON_OBJECT) return refuse(r, "it is not an object", "");
    for (uint32_t v = luge__json_first(r->doc, node); v; v = luge__json_next(r->doc, v)) {
        const char *key = luge__json_key_of(r->doc, v), *text = luge__json_get_string(r->doc, v);
        if (!strcmp(key, "in"))
            in = v;
        else if (!strcmp(key, "attr"))
            attr = v;
        else if (!strcmp(key, "op") && text)
            r->op = text;
        else if (!strcmp(key, "name") && text)
            r->name = text;
        else
            return refuse(r, "unknown member, or not a string: ", key);
    }
    luge_status status = read_attributes(r, attr); /* first: it knows the op */
    if (!status) status = read_operands(r, in);
    return status ? status : make_node(r);
}

luge_status luge__graph_read(luge_context *ctx, luge_graph *g, const char *who, const luge__json *doc, uint32_t array,
                             const luge__graph_leaves *leaves)
{
    node_reader r = { .ctx = ctx, .g = g, .who = who, .doc = doc, .leaves = leaves };
    if (luge_failed(ctx)) return luge_failure(ctx);
    if (luge_node_count(g)) return luge__fail(ctx, LUGE_ESTATE, "%s: the graph already has nodes", who);
    if (luge__json_kind(doc, array) != LUGE__JSON_ARRAY || luge__json_size(doc, array) > LUGE__GRAPH_JSON_NODES)
        return luge__fail(ctx, LUGE_EFORMAT, "%s: a graph is an array of at most 10 million nodes", who);
    luge_status status = LUGE_OK;
    for (uint32_t v = luge__json_first(doc, array); v && !status; v = luge__json_next(doc, v)) {
        r.id++;
        status = read_node(&r, v);
    }
    return status;
}
