/* matmul.c: samples of the matrix product. */
#include <stdio.h>

#include "samples.h"

static luge_val build_matmul(luge_graph *g, const luge_val *in, const sample *s)
{
    if (!s->i[0] && !s->i[1]) return luge_matmul(g, in[0], in[1]);
    return luge_matmul_transposed(g, in[0], in[1], s->i[0] != 0, s->i[1] != 0);
}

/* With the last two dimensions exchanged. */
static luge_shape turned(luge_shape shape)
{
    const int64_t last = shape.dim[shape.ndim - 1];
    shape.dim[shape.ndim - 1] = shape.dim[shape.ndim - 2];
    shape.dim[shape.ndim - 2] = last;
    return shape;
}

/* a is [.., m, k] and b [.., k, n] before they are transposed. */
static void product(sample_sink *k, luge_shape a, luge_shape b, int ta, int tb, uint32_t flags, const char *variant)
{
    sample s = { .op = LUGE__OP_matmul, .build = build_matmul, .n_in = 2, .i = { ta, tb } };
    s.in[0] = sample_in(ta ? turned(a) : a, VALUES_UNIFORM, -2, 2);
    s.in[1] = sample_in(tb ? turned(b) : b, VALUES_UNIFORM, -2, 2);
    s.flags = SAMPLE_MAGNITUDE | flags;
    s.slack = 1 + (double)a.dim[a.ndim - 1] / 32; /* equal terms round one way: half of what that can add up to */
    sample_emit(k, &s, variant, -1);
}

static void sized(sample_sink *k, int64_t m, int64_t inner, int64_t n)
{
    static const char *const names[4] = { "nn", "tn", "nt", "tt" };
    for (int t = 0; t < 4; t++) {
        char variant[48];
        (void)snprintf(variant, sizeof variant, "%s_%dx%dx%d", names[t], (int)m, (int)inner, (int)n);
        product(k, luge_shape_of(m, inner), luge_shape_of(inner, n), t & 1, t >> 1, SAMPLE_SWEEP, variant);
    }
}

void samples_matmul(sample_sink *k)
{
    const luge_shape a = luge_shape_of(3, 4), b = luge_shape_of(4, 5);
    product(k, a, b, 0, 0, 0, "basic");
    product(k, a, b, 1, 0, 0, "tn");
    product(k, a, b, 0, 1, 0, "nt");
    product(k, a, b, 1, 1, 0, "tt");
    product(k, luge_shape_of(2, 3, 4), luge_shape_of(2, 4, 2), 0, 0, 0, "batch");
    product(k, luge_shape_of(2, 3, 4), luge_shape_of(2, 4, 2), 1, 1, 0, "batch_tt");
    product(k, luge_shape_of(2, 3, 4), luge_shape_of(4, 2), 0, 0, 0, "batch_shared");
    product(k, luge_shape_of(2, 3), luge_shape_of(2, 3, 2), 1, 0, 0, "shared_batch");
    product(k, luge_shape_of(2, 1, 2, 3), luge_shape_of(3, 3, 2), 0, 1, 0, "batch_both");
    product(k, luge_shape_of(1, 4), luge_shape_of(4, 1), 0, 0, 0, "dot");
    product(k, luge_shape_of(3, 1), luge_shape_of(1, 4), 0, 0, 0, "outer");
    product(k, luge_make_shape(8, (const int64_t[]){ 1, 2, 1, 1, 2, 1, 2, 3 }), luge_shape_of(2, 3, 2), 0, 0, 0, "8d");
    product(k, luge_shape_of(2, 0), luge_shape_of(0, 3), 0, 0, 0, "empty_inner");
    product(k, luge_shape_of(0, 2), luge_shape_of(2, 3), 0, 0, 0, "empty_rows");
    product(k, luge_shape_of(2, 3), luge_shape_of(3, 0), 0, 0, SAMPLE_NO_GRADIENT, "empty_columns");
    product(k, luge_shape_of(2, 2, 0), luge_shape_of(0, 3), 0, 0, 0, "empty_inner_shared");
    product(k, luge_shape_of(2, 0, 2), luge_shape_of(2, 3), 0, 0, 0, "empty_rows_shared");
    product(k, luge_shape_of(0, 2, 2), luge_shape_of(2, 3), 0, 0, 0, "empty_batch_shared");
    for (int i = 0; i < sample_size_count; i++) {
        const int64_t n = sample_sizes[i];
        sized(k, n, 5, 3);
        sized(k, 3, n, 5);
        sized(k, 5, 3, n);
        if (n < 64) sized(k, n, n, n);
    }
    for (int64_t n = 399; n <= 401; n++) { /* the products are cut into blocks of 400 */
        sized(k, 3, n, 5);
        sized(k, 17, 2 * n, 9);
        sized(k, n, 3, 5);
        sized(k, 5, 3, n);
    }
    const uint32_t large = SAMPLE_SWEEP | SAMPLE_CONTIGUOUS; /* more than one block of k and of columns */
    product(k, luge_shape_of(3, 801), luge_shape_of(801, 801), 0, 0, large, "large");
    product(k, luge_shape_of(3, 801), luge_shape_of(801, 801), 1, 1, large, "large_tt");
    sized(k, 65, 257, 33);
    sized(k, 17, 513, 65);
    sample s = { .op = LUGE__OP_matmul, .build = build_matmul, .n_in = 2 };
    s.in[0] = sample_in(luge_shape_of(9, 3), VALUES_BOUNDED, 0, 0);
    s.in[1] = sample_in(luge_shape_of(3, 2), VALUES_UNIFORM, 0.5, 2);
    s.flags = SAMPLE_MAGNITUDE | SAMPLE_NO_GRADIENT;
    sample_emit(k, &s, "special", -1);
}
