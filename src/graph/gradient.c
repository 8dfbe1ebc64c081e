/* gradient.c: reverse-mode differentiation. The gradient of a graph is more graph.
 *
 * Two passes over the node array, no recursion: forward, to mark what depends on wrt; backward from y, to call each
 * marked node's rule and add up what reaches each operand. */
#include "graph/graph.h"

typedef struct gradient_walk {
    luge_graph *g;
    luge_val y;
    size_t n;         /* nodes 1 .. n-1 are looked at: y and what stands before it */
    uint8_t *depends; /* does the node depend on a wrt by a way that a gradient can take? */
    luge_val *grad;   /* what reached the node so far; none: nothing */
} gradient_walk;

/* Operands through which the node's gradient flows: those whose values it uses and that are not constants to it. */
static int flows(const luge__op *op, int operand)
{
    return !((op->shape_only | op->constant) >> operand & 1);
}

static uint32_t needed_operands(const gradient_walk *w, const luge__node *node)
{
    const luge__op *op = luge__node_op(node);
    uint32_t need = 0;
    for (int i = 0; i < node->n_in; i++)
        if (flows(op, i) && w->depends[node->in[i].id]) need |= 1u << i;
    return need;
}

static void mark_dependents(gradient_walk *w, const luge_val *wrt, int n)
{
    for (int i = 0; i < n; i++)
        if (wrt[i].id < w->n) w->depends[wrt[i].id] = 1;
    for (size_t id = 1; id < w->n; id++)
        if (!w->depends[id]) w->depends[id] = needed_operands(w, &w->g->nodes[id]) != 0;
}

/* A gradient uses values of the forward pass. Once an effect has overwritten a variable that y read before, they are
 * gone. */
static luge_status check_effects(const gradient_walk *w, uint32_t *first_reader)
{
    luge_graph *g = w->g;
    /* first_reader[v] > 0: v is used on the way to y, first by that node. Filled from y downwards. */
    first_reader[w->y.id] = w->y.id;
    for (size_t id = w->n; id-- > 1;) {
        if (!first_reader[id]) continue;
        const luge__node *node = &g->nodes[id];
        for (int i = 0; i < node->n_in; i++)
            if (!(luge__node_op(node)->shape_only >> i & 1)) first_reader[node->in[i].id] = (uint32_t)id;
    }
    for (size_t id = 1; id < g->n_nodes; id++) {
        const luge__node *node = &g->nodes[id];
        const luge__op *op = luge__node_op(node);
        if (!(op->flags & LUGE__EFFECT)) continue;
        for (int i = 0; i < node->n_in; i++) {
            const uint32_t v = node->in[i].id;
            if ((op->writes >> i & 1) && v < w->n && first_reader[v] && first_reader[v] < id)
                return luge__fail(
                    luge__graph_ctx(g), LUGE_ESTATE,
                    "gradient: %s (%%%d) already writes \"%s\", which %%%d reads; take the gradient first", op->name,
                    (int)id, luge__node_of(g, node->in[i])->name, (int)first_reader[v]);
        }
    }
    return LUGE_OK;
}

/* Adds g to what has reached operand `to`. */
static luge_status accumulate(gradient_walk *w, luge_val to, luge_val g)
{
    luge_val *slot = &w->grad[to.id];
    *slot = slot->id ? luge_add(w->g, *slot, g) : g;
    return slot->id ? LUGE_OK : luge_failure(luge__graph_ctx(w->g));
}

static luge_status check_rule(gradient_walk *w, const luge__op *op, luge_val operand, luge_val gradient)
{
    luge_context *ctx = luge__graph_ctx(w->g);
    if (!gradient.id) {
        if (luge_failed(ctx)) return luge_failure(ctx);
        return luge__fail(ctx, LUGE_EINTERNAL, "gradient: the rule of %s gave nothing", op->name);
    }
    const luge__type *a = &luge__node_of(w->g, operand)->type, *b = &luge__node_of(w->g, gradient)->type;
    if (!luge__is_float(a->dtype))
        return luge__fail(
            ctx, LUGE_ENOGRAD,
            "gradient: %%%d, an operand of %s, is %T, which has no gradient; stop_gradient would count it "
            "as a constant",
            (int)operand.id, op->name, a->dtype);
    if (a->dtype != b->dtype || !luge__shape_equal(&a->shape, &b->shape))
        return luge__fail(ctx, LUGE_EINTERNAL, "gradient: the rule of %s gave %T %S for an operand %T %S", op->name,
                          b->dtype, &b->shape, a->dtype, &a->shape);
    return LUGE_OK;
}

/* Sends the gradient that reached node id on to its operands. */
static luge_status visit(gradient_walk *w, size_t id)
{
    luge_graph *g = w->g;
    const luge__node node = g->nodes[id]; /* a copy: the array moves when rules append */
    const luge__op *op = luge__node_op(&node);
    const uint32_t need = needed_operands(w, &node);
    if (!w->grad[id].id || !need) return LUGE_OK;
    if (op->flags & LUGE__NO_GRADIENT)
        return luge__fail(luge__graph_ctx(g), LUGE_ENOGRAD,
                          "gradient: %s has no gradient (%%%d \"%s\"); stop_gradient would count it as a constant",
                          op->name, (int)id, node.name);
    luge_val gin[LUGE__MAX_INPUTS] = { { 0, 0 } };
    luge__vjp v = { .attr = node.attr,
                    .n_in = node.n_in,
                    .in = node.in,
                    .out = luge__val(g, (uint32_t)id),
                    .gout = w->grad[id],
                    .need = need,
                    .gin = gin };
    luge_status status = op->vjp(g, &v);
    if (!status && g->vjp_filter) g->vjp_filter(g, op, &v, g->vjp_filter_user);
    for (int i = 0; i < node.n_in && !status; i++) {
        if (!(need >> i & 1)) continue;
        status = check_rule(w, op, node.in[i], gin[i]);
        if (!status) status = accumulate(w, node.in[i], gin[i]);
    }
    return status;
}

static luge_status walk(gradient_walk *w, luge_val cotangent, const luge_val *wrt, int n, luge_val *grads)
{
    mark_dependents(w, wrt, n);
    w->grad[w->y.id] = cotangent;
    luge_status status = LUGE_OK;
    for (size_t id = w->n; id-- > 1 && !status;) status = visit(w, id);
    for (int i = 0; i < n && !status; i++) {
        const luge_val reached = wrt[i].id < w->n ? w->grad[wrt[i].id] : luge__none();
        grads[i] = reached.id ? reached : luge__zeros_like(w->g, wrt[i]);
        if (!grads[i].id) status = luge_failure(luge__graph_ctx(w->g));
    }
    return status;
}

static luge_status check_arguments(luge_graph *g, luge_val y, const luge_val *wrt, int n, luge_val *grads)
{
    if (!luge__usable(g, "gradient", y)) return g ? luge_failure(luge__graph_ctx(g)) : LUGE_EINVAL;
    luge_context *ctx = luge__graph_ctx(g);
    if (n < 0 || (n > 0 && (!wrt || !grads)))
        return luge__fail(ctx, LUGE_EINVAL, "gradient: n is %d, or wrt or grads is NULL", n);
    if (!luge__is_float(luge__dtype_of(g, y)))
        return luge__fail(ctx, LUGE_EDTYPE, "gradient: y is %T; only floats have gradients", luge__dtype_of(g, y));
    for (int i = 0; i < n; i++) {
        grads[i] = luge__none();
        if (!luge__usable(g, "gradient", wrt[i])) return luge_failure(ctx);
        if (!luge__is_float(luge__dtype_of(g, wrt[i])))
            return luge__fail(ctx, LUGE_EDTYPE, "gradient: wrt[%d] is %T; only floats have gradients", i,
                              luge__dtype_of(g, wrt[i]));
    }
    return LUGE_OK;
}

luge_status luge_vector_jacobian(luge_graph *g, luge_val y, luge_val cotangent, const luge_val *wrt, int n,
                                 luge_val *grads)
{
    luge_status status = check_arguments(g, y, wrt, n, grads);
    if (status) return status;
    luge_context *ctx = luge__graph_ctx(g);
    if (!luge__usable(g, "gradient", cotangent)) return luge_failure(ctx);
    const luge__type *ty = &luge__node_of(g, y)->type, *tc = &luge__node_of(g, cotangent)->type;
    if (ty->dtype != tc->dtype || !luge__shape_equal(&ty->shape, &tc->shape))
        return luge__fail(ctx, LUGE_ESHAPE, "gradient: the cotangent is %T %S, y is %T %S", tc->dtype, &tc->shape,
                          ty->dtype, &ty->shape);
    gradient_walk w = { .g = g, .y = y, .n = (size_t)y.id + 1 };
    const size_t n_nodes = w.n; /* the graph grows meanwhile */
    uint32_t *first_reader = NULL;
    w.depends = luge__alloc(ctx, n_nodes);
    w.grad = luge__alloc(ctx, n_nodes * sizeof *w.grad);
    if (g->n_effects) first_reader = luge__alloc(ctx, n_nodes * sizeof *first_reader);
    if (!w.depends || !w.grad || (g->n_effects && !first_reader))
        status = LUGE_ENOMEM;
    else if (g->n_effects)
        status = check_effects(&w, first_reader);
    if (!status) status = walk(&w, cotangent, wrt, n, grads);
    luge__release(ctx, first_reader, first_reader ? n_nodes * sizeof *first_reader : 0);
    luge__release(ctx, w.grad, w.grad ? n_nodes * sizeof *w.grad : 0);
    luge__release(ctx, w.depends, w.depends ? n_nodes : 0);
    for (int i = 0; i < n && status; i++) grads[i] = luge__none();
    return status;
}

luge_status luge_gradient(luge_graph *g, luge_val y, const luge_val *wrt, int n, luge_val *grads)
{
    const luge_status status = check_arguments(g, y, wrt, n, grads);
    if (status) return status;
    const luge_val ones = luge_expand(g, luge__like(g, y, 1), y);
    if (!ones.id) return luge_failure(luge__graph_ctx(g));
    return luge_vector_jacobian(g, y, ones, wrt, n, grads);
}
