/* graph_tools.h: what the suites of graph, gradient, plan and run share: small builders, text sinks, an interpreter.
 *
 * The interpreter is the oracle of the planner's tests: it computes every node at its place in the node array, each
 * into memory of its own, by the reference kernels. No view, no shared place, no order of its own. */
#ifndef LUGE_TESTS_GRAPH_TOOLS_H
#define LUGE_TESTS_GRAPH_TOOLS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "harness.h"
#include "luge/luge.h"

/* ---- small builders ---------------------------------------------------------------------------------------------- */

/* A variable with the given elements (f64 whatever its dtype). */
static inline luge_val tools_variable(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape,
                                      const double *elements)
{
    const luge_val v = luge_variable(g, name, dtype, shape);
    void *data = v.id ? luge_data(g, v) : NULL;
    const int64_t n = luge_shape_size(&shape);
    for (int64_t i = 0; data && i < n; i++) {
        if (dtype == LUGE_F64)
            ((double *)data)[i] = elements[i];
        else if (dtype == LUGE_F32)
            ((float *)data)[i] = (float)elements[i];
        else if (dtype == LUGE_I64)
            ((int64_t *)data)[i] = (int64_t)elements[i];
    }
    return v;
}

static inline luge_val tools_f64(luge_graph *g, const char *name, double value)
{
    return tools_variable(g, name, LUGE_F64, luge_scalar_shape(), &value);
}

/* The value of a scalar f64 that needs no inputs; NaN on a failure. */
static inline double tools_eval(luge_graph *g, luge_val v)
{
    double value = (double)NAN;
    return luge_eval(g, v, &value, sizeof value) ? (double)NAN : value;
}

static inline int tools_count_ops(const luge_graph *g, const char *op)
{
    int n = 0;
    for (uint32_t id = 1; id <= luge_node_count(g); id++) {
        luge_node_info info;
        if (!luge_node_info_of(g, luge_node_at(g, id), &info)) n += !strcmp(info.op, op);
    }
    return n;
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

typedef struct tools_text {
    char text[8192];
    size_t length;
} tools_text;

static inline void tools_write(void *user, const char *text, size_t length)
{
    tools_text *to = user;
    const size_t room = sizeof to->text - 1 - to->length;
    if (length > room) length = room;
    memcpy(to->text + to->length, text, length);
    to->length += length;
    to->text[to->length] = 0;
}

static inline luge_sink tools_sink(tools_text *text)
{
    text->length = 0;
    text->text[0] = 0;
    return (luge_sink){ .write = tools_write, .user = text };
}

/* The one failure of a call that should fail: status and words, then the context is cleared. */
#define CHECK_FAILS(t, ctx, expected, words)                                                                           \
    do {                                                                                                               \
        CHECK_STATUS(t, luge_failure(ctx), expected);                                                                  \
        CHECK_STR_CONTAINS(t, luge_error(ctx), words);                                                                 \
        luge_clear(ctx);                                                                                               \
    } while (0)

/* ---- the interpreter --------------------------------------------------------------------------------------------- */

typedef struct tools_interpreter {
    const luge_graph *g;
    size_t n;           /* nodes 0 .. n-1 */
    luge__array *value; /* of each node, in C order; variables: their contents when the interpreter was made, and on */
    unsigned char **memory;
} tools_interpreter;

static inline size_t tools_bytes(const luge_shape *shape, luge_dtype dtype)
{
    return (size_t)luge_shape_size(shape) * luge_dtype_size(dtype);
}

/* Contents of variables and constants are copied: effects change the copies. */
static inline tools_interpreter *tools_interpreter_create(luge_graph *g)
{
    tools_interpreter *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->g = g;
    p->n = (size_t)luge_node_count(g) + 1;
    p->value = calloc(p->n, sizeof *p->value);
    p->memory = calloc(p->n, sizeof *p->memory);
    if (!p->value || !p->memory) abort();
    for (size_t id = 1; id < p->n; id++) {
        const luge__node *node = &g->nodes[id];
        luge__array *a = &p->value[id];
        if (!node->type.dtype) continue;
        const size_t bytes = tools_bytes(&node->type.shape, node->type.dtype);
        if (!(p->memory[id] = calloc(1, bytes + 1))) abort();
        *a = (luge__array){ .data = p->memory[id], .dtype = node->type.dtype, .shape = node->type.shape };
        luge__c_strides(&a->shape, a->stride);
        if (node->op != LUGE__OP_variable && node->op != LUGE__OP_constant) continue;
        const luge__storage *s = luge__graph_storage(g, luge__val(g, (uint32_t)id));
        if (!s) abort();
        memcpy(a->data, s->buffer->data + s->offset, bytes);
    }
    return p;
}

static inline void tools_interpreter_free(tools_interpreter *p)
{
    for (size_t id = 0; id < p->n; id++) free(p->memory[id]);
    free(p->memory);
    free(p->value);
    free(p);
}

static inline void tools_interpreter_bind(tools_interpreter *p, luge_val input, const void *data)
{
    const luge__array *a = &p->value[input.id];
    memcpy(a->data, data, tools_bytes(&a->shape, a->dtype));
}

static inline void tools_fill(const luge__array *a, double value)
{
    const int64_t n = luge_shape_size(&a->shape);
    for (int64_t i = 0; i < n; i++) {
        if (a->dtype == LUGE_F64)
            ((double *)(void *)a->data)[i] = value;
        else if (a->dtype == LUGE_F32)
            ((float *)(void *)a->data)[i] = (float)value;
        else if (a->dtype == LUGE_I64)
            ((int64_t *)(void *)a->data)[i] = (int64_t)value;
        else
            abort();
    }
}

/* Every value node, and the effects among outputs, in the order of the node array. */
static inline luge_status tools_interpret(tools_interpreter *p, const luge_val *outputs, int n_outputs)
{
    for (size_t id = 1; id < p->n; id++) {
        const luge__node *node = &p->g->nodes[id];
        const luge__op *op = luge__node_op(node);
        int wanted = !(op->flags & LUGE__EFFECT);
        for (int i = 0; i < n_outputs && !wanted; i++) wanted = outputs[i].id == id;
        if (node->op == LUGE__OP_full) tools_fill(&p->value[id], ((const luge__leaf_attr *)node->attr)->value);
        if (!wanted || op->flags & LUGE__LEAF) continue;
        luge__array in[LUGE__MAX_INPUTS];
        for (int i = 0; i < node->n_in; i++) in[i] = p->value[node->in[i].id];
        luge__call call = { .op = op, .attr = node->attr, .n_in = node->n_in, .in = in, .out = p->value[id] };
        const uint32_t mode = luge__flush_begin(); /* as a run does: tiny results are 0 */
        const luge_status status = op->ref(&call);
        luge__flush_end(mode);
        if (status) return status;
    }
    return LUGE_OK;
}

static inline const void *tools_interpreted(const tools_interpreter *p, luge_val v)
{
    return p->value[v.id].data;
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static inline double tools_element(const void *data, luge_dtype dtype, int64_t i)
{
    if (dtype == LUGE_F64) return ((const double *)data)[i];
    if (dtype == LUGE_F32) return (double)((const float *)data)[i];
    if (dtype == LUGE_I64) return (double)((const int64_t *)data)[i];
    if (dtype == LUGE_BOOL) return (double)((const unsigned char *)data)[i];
    return (double)NAN;
}

/* The largest |a - b| / max(1, |b|); infinity where one is not a number and the other is. */
static inline double tools_distance(const void *a, const void *b, luge_dtype dtype, int64_t n)
{
    double worst = 0;
    for (int64_t i = 0; i < n; i++) {
        const double x = tools_element(a, dtype, i), y = tools_element(b, dtype, i);
        if ((isnan(x) && isnan(y)) || !(x < y || x > y || isnan(x) || isnan(y))) continue;
        const double error = fabs(x - y) / fmax(1, fabs(y));
        if (!(error <= worst)) worst = isnan(error) ? (double)INFINITY : error;
    }
    return worst;
}

#endif
