/* op_graphs.c: see op_graphs.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op_graphs.h"
#include "ops/rows.h"

/* ---- text -------------------------------------------------------------------------------------------------------- */

typedef struct growing_text {
    char *text;
    size_t length;
} growing_text;

static void grow_text(void *user, const char *text, size_t length)
{
    growing_text *to = user;
    char *longer = realloc(to->text, to->length + length + 1);
    if (!longer) return;
    memcpy(longer + to->length, text, length);
    longer[to->length += length] = 0;
    to->text = longer;
}

char *op_graph_text(luge_test *t, const luge_graph *g)
{
    growing_text text = { NULL, 0 };
    CHECK_STATUS(t, luge_graph_print(g, (luge_sink){ grow_text, &text }), LUGE_OK);
    CHECK(t, text.text != NULL);
    return text.text;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static void pass_on(op_graphs *graphs, const char *name, luge_graph *g)
{
    for (uint32_t id = 1; id <= luge_node_count(g); id++) graphs->seen[g->nodes[id].op] = 1;
    graphs->each(graphs, name, g);
}

static int is_float_val(luge_graph *g, luge_val v)
{
    luge_node_info info;
    return !luge_node_info_of(g, v, &info) && luge__is_float(info.dtype);
}

/* The sample, and the gradient of its result where there is one, and that one's. */
static void each_sample(void *user, const sample *s)
{
    op_graphs *graphs = user;
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    luge_val in[SAMPLE_INPUTS], floats[SAMPLE_INPUTS], grads[SAMPLE_INPUTS];
    int n = 0;
    for (int i = 0; i < s->n_in; i++) {
        char name[8] = { 'i', 'n', (char)('0' + i), 0 };
        in[i] = luge_input(g, name, s->in[i].dtype ? s->in[i].dtype : LUGE_F32, s->in[i].shape);
        if (is_float_val(g, in[i])) floats[n++] = in[i];
    }
    luge_val y = luge_name(g, s->build(g, in, s), "the \"result\"");
    CHECK_STATUS(graphs->t, luge_failure(ctx), LUGE_OK);
    for (int order = 0; order < 2 && is_float_val(g, y); order++) {
        if (luge_gradient(g, y, floats, n, grads) || !n) break;
        y = grads[0];
    }
    luge_clear(ctx);
    pass_on(graphs, s->name, g);
    luge_close(ctx);
}

static luge_val state_of(luge_graph *g, int wanted, const char *name, luge_shape shape, int slab)
{
    return wanted ? luge_slab_variable(g, name, LUGE_F32, shape, slab) : luge__none();
}

/* The fused update that stands for the update `effect`: its gradient is a product for a matrix, else a sum of rows. */
static void append_fused(luge_graph *g, luge_val effect)
{
    const luge__node node = *luge__node_of(g, effect);
    const luge_shape shape = luge_shape_of_val(g, node.in[0]);
    const int dense = shape.ndim == 2;
    luge__dense_update_attr attr = { .transpose_b = 1 };
    luge_val in[LUGE__MAX_INPUTS] = { node.in[0] };
    int n = 1;
    memcpy(&attr.update, node.attr, sizeof attr.update);
    if (dense) in[n++] = luge_full(g, LUGE_F32, luge_shape_of(shape.dim[0], 4), 1);
    in[n++] = luge_full(g, LUGE_F32, luge_shape_of(shape.dim[dense], 4), 1);
    if (!dense) in[1] = luge_full(g, LUGE_F32, luge_shape_of(4, shape.dim[0]), 1);
    for (int i = 2; i < node.n_in; i++) in[n++] = node.in[i];
    const int family = dense ? LUGE__DENSE_UPDATE : LUGE__BIAS_UPDATE;
    luge__append(g, (luge__op_id)(node.op + family * LUGE__UPDATE_COUNT), in, n, &attr);
}

static void each_update(op_graphs *graphs, const update_sample *u, luge_shape shape)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const float numbers[6] = { 1, 2, 3, 4, 5, 6 };
    luge_update_options o = u->o;
    const luge_val w = luge_variable(g, "w", LUGE_F32, shape);
    const luge_val grad = luge_constant(g, LUGE_F32, shape, numbers),
                   step = luge_variable(g, "step", LUGE_I64, luge_scalar_shape());
    o.rate = luge_scalar(g, LUGE_F32, 0.1);
    o.step = u->step ? step : luge__none();
    o.velocity = state_of(g, u->velocity, "velocity", shape, 1);
    o.m = state_of(g, u->m, "m", shape, 2);
    o.v = state_of(g, u->v, "v", shape, 3);
    o.v_max = state_of(g, u->v_max, "v_max", shape, 15);
    luge_increment(g, step, -7);
    append_fused(g, u->build(g, w, grad, &o));
    luge_assign(g, w, grad);
    CHECK_STATUS(graphs->t, luge_failure(ctx), LUGE_OK);
    pass_on(graphs, u->name, g);
    luge_close(ctx);
}

void op_graphs_each(op_graphs *graphs)
{
    samples_each(&(sample_sink){ .each = each_sample, .user = graphs });
    for (int i = 0; i < update_sample_count; i++) {
        each_update(graphs, &update_samples[i], luge_shape_of(5));
        each_update(graphs, &update_samples[i], luge_shape_of(2, 3));
    }
}

void op_graphs_complete(op_graphs *graphs)
{
    for (int id = 0; id < LUGE__OP_COUNT; id++) {
        const luge__op *op = luge__op_of((luge__op_id)id);
        if (!op->ref && !(op->flags & LUGE__LEAF)) continue; /* a graph holds what it means */
        (void)luge_test_check(graphs->t, __FILE__, __LINE__, op->name, graphs->seen[id]);
    }
}
