/* matmul.c: the matrix product. */
#include "core/bf16.h"
#include "ops/rows.h"

luge_status luge__infer_product(luge__infer *q, int first, int64_t transpose_a, int64_t transpose_b)
{
    const luge_shape *a = &q->in[first]->shape, *b = &q->in[first + 1]->shape;
    const char *who = q->op->name;
    luge_status status = luge__expect_float(q, first);
    if (!status) status = luge__expect_same_dtype(q, first, first + 1);
    if (status) return status;
    if (a->ndim < 2 || b->ndim < 2)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: at least 2 dimensions are expected: %S x %S", who, a, b);
    const int na = a->ndim, nb = b->ndim;
    const int64_t m = a->dim[na - (transpose_a ? 1 : 2)], ka = a->dim[na - (transpose_a ? 2 : 1)];
    const int64_t kb = b->dim[nb - (transpose_b ? 1 : 2)], n = b->dim[nb - (transpose_b ? 2 : 1)];
    if (ka != kb)
        return luge__fail(q->ctx, LUGE_ESHAPE, "%s: inner sizes differ: %S%s x %S%s", who, a,
                          transpose_a ? " transposed" : "", b, transpose_b ? " transposed" : "");
    int same = na == nb;
    for (int i = 0; i < na - 2 && same; i++) same = a->dim[i] == b->dim[i];
    if (!same) return luge__fail(q->ctx, LUGE_ESHAPE, "%s: leading sizes do not fit: %S x %S", who, a, b);
    q->out = (luge__type){ .dtype = q->in[first]->dtype, .shape = *a };
    q->out.shape.dim[na - 2] = m;
    q->out.shape.dim[na - 1] = n;
    return LUGE_OK;
}

static luge_status matmul_infer(luge__infer *q)
{
    const luge__matmul_attr *attr = q->attr;
    return luge__infer_product(q, 0, attr->transpose_a, attr->transpose_b);
}

static luge_val product(luge_graph *g, luge_val a, luge_val b, int64_t ta, int64_t tb)
{
    return luge_matmul_transposed(g, a, b, ta != 0, tb != 0);
}

static luge_status matmul_vjp(luge_graph *g, const luge__vjp *v)
{
    const luge__matmul_attr *t = v->attr;
    const luge_val a = v->in[0], b = v->in[1], gy = v->gout;
    if (v->need & 1) /* g b^T, or its transpose b g^T for a transposed a */
        v->gin[0] = t->transpose_a ? product(g, b, gy, t->transpose_b, 1) : product(g, gy, b, 0, !t->transpose_b);
    if (v->need & 2) /* a^T g, or its transpose g^T a for a transposed b */
        v->gin[1] = t->transpose_b ? product(g, gy, a, 1, t->transpose_a) : product(g, a, gy, !t->transpose_a, 0);
    return LUGE_OK;
}

/* An operand's element, rounded where the call asks for it. */
static double factor(const luge__call *call, const luge__array *x, const int64_t *index)
{
    const double value = luge__get(x, index);
    return call->bf16 && x->dtype == LUGE_F32 ? (double)luge__round_bf16((float)value) : value;
}

double luge__product_at(const luge__call *call, int first, int64_t transpose_a, int64_t transpose_b,
                        const int64_t *index)
{
    const luge__array *a = &call->in[first], *b = &call->in[first + 1];
    const int n = a->shape.ndim, row = n - 2, column = n - 1;
    const int ka = transpose_a ? row : column, kb = transpose_b ? column : row;
    int64_t ia[LUGE_MAX_DIMS], ib[LUGE_MAX_DIMS];
    for (int i = 0; i < n - 2; i++) ia[i] = ib[i] = index[i];
    ia[transpose_a ? column : row] = index[row];
    ib[transpose_b ? row : column] = index[column];
    double sum = 0;
    for (int64_t k = 0; k < a->shape.dim[ka]; k++) {
        ia[ka] = ib[kb] = k;
        sum += factor(call, a, ia) * factor(call, b, ib);
    }
    return sum;
}

static luge_status matmul_ref(luge__call *call)
{
    const luge__matmul_attr *t = call->attr;
    int64_t o[LUGE_MAX_DIMS] = { 0 };
    if (!luge__some(&call->out.shape)) return LUGE_OK;
    do luge__put(&call->out, o, luge__product_at(call, 0, t->transpose_a, t->transpose_b, o));
    while (luge__next(&call->out.shape, o));
    return LUGE_OK;
}

static const luge__field matmul_fields[] = {
    LUGE__FIELD(luge__matmul_attr, FLAG, transpose_a),
    LUGE__FIELD(luge__matmul_attr, FLAG, transpose_b),
    { NULL, LUGE__FIELD_I64, 0 },
};

const luge__op luge__row_matmul = {
    LUGE__ROW(matmul),
    .formula = "sum_k a[m,k] b[k,n]",
    .gradient = "g b^T; a^T g",
    .min_in = 2,
    .max_in = 2,
    LUGE__ATTR(luge__matmul_attr, matmul_fields),
    .infer = matmul_infer,
    .vjp = matmul_vjp,
    .ref = matmul_ref,
};

/* The leading dimensions of x broadcast against those of y; the last two stay. A reshape cannot say that and expand
 * knows whole shapes only, so a value of the wanted shape is described: a sum over y's matrices, which are of size 1
 * then whatever they were. It is never computed. */
static luge_val expand_lead(luge_graph *g, luge_val x, luge_val y)
{
    return luge_expand(g, x, luge_sum_over(g, y, luge_axes_of(-2, -1), 1));
}

static int lead_differs(luge_shape a, luge_shape b)
{
    a.ndim -= 2;
    b.ndim -= 2;
    luge_shape both;
    return !luge__shape_equal(&a, &b) && luge__broadcast(&a, &b, &both);
}

luge_val luge_matmul_transposed(luge_graph *g, luge_val a, luge_val b, int transpose_a, int transpose_b)
{
    if (!luge__usable(g, "matmul", a) || !luge__usable(g, "matmul", b)) return luge__none();
    const luge_shape sa = luge__node_of(g, a)->type.shape, sb = luge__node_of(g, b)->type.shape;
    luge_val in[2] = { a, b };
    const int floats = luge__is_float(luge__dtype_of(g, a)) && luge__is_float(luge__dtype_of(g, b));
    if (floats && sa.ndim >= 2 && sb.ndim >= 2 && lead_differs(sa, sb)) {
        in[0] = expand_lead(g, a, b);
        in[1] = expand_lead(g, b, a);
    }
    const luge__matmul_attr attr = { transpose_a != 0, transpose_b != 0 };
    return luge__append(g, LUGE__OP_matmul, in, 2, &attr);
}

luge_val luge_matmul(luge_graph *g, luge_val a, luge_val b)
{
    return luge_matmul_transposed(g, a, b, 0, 0);
}
