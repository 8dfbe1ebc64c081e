/* build.c: what builders share: broadcasting, axes, constants that follow their operand. */
#include "graph/graph.h"

luge_val luge__unary(luge_graph *g, luge__op_id op, luge_val x, const void *attr)
{
    return luge__append(g, op, &x, 1, attr);
}

luge_val luge__binary(luge_graph *g, luge__op_id id, luge_val a, luge_val b)
{
    const char *who = luge__op_of(id)->name;
    if (!luge__usable(g, who, a) || !luge__usable(g, who, b)) return luge__none();
    const luge_shape *sa = &luge__node_of(g, a)->type.shape, *sb = &luge__node_of(g, b)->type.shape;
    luge_val in[2] = { a, b };
    luge_shape both;
    if (!luge__shape_equal(sa, sb) && luge__broadcast(sa, sb, &both)) {
        /* Broadcasting happens here and nowhere else: views that repeat, so that kernels see equal shapes. */
        const int expand_a = !luge__shape_equal(sa, &both), expand_b = !luge__shape_equal(sb, &both);
        if (expand_a) in[0] = luge_expand(g, a, b);
        if (expand_b) in[1] = luge_expand(g, b, a);
    }
    return luge__append(g, id, in, 2, NULL);
}

luge_val luge__like(luge_graph *g, luge_val x, double value)
{
    return luge__open_graph(g, "scalar") && x.id ? luge_scalar(g, luge__dtype_of(g, x), value) : luge__none();
}

luge_val luge__zeros_like(luge_graph *g, luge_val x)
{
    return luge_expand(g, luge__like(g, x, 0), x);
}

int luge__axis(luge_graph *g, const char *who, int axis, int ndim)
{
    const int a = axis < 0 ? axis + ndim : axis;
    if (a >= 0 && a < ndim) return a;
    luge__fail(luge__graph_ctx(g), LUGE_EINVAL, "%s: axis %d is out of range for %d dimensions", who, axis, ndim);
    return -1;
}
