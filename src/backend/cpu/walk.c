/* walk.c: strided memory as few nested loops as possible. */
#include <string.h>

#include "backend/cpu/cpu.h"

luge__walk luge__walk_make(int ndim, const int64_t *dim, const int64_t *stride, size_t element)
{
    luge__walk w = { .element = (int32_t)element };
    for (int i = 0; i < ndim; i++) {
        if (dim[i] == 1) continue;
        if (w.ndim && w.stride[w.ndim - 1] == stride[i] * dim[i]) { /* one stride covers both */
            w.dim[w.ndim - 1] *= dim[i];
            w.stride[w.ndim - 1] = stride[i];
            continue;
        }
        w.dim[w.ndim] = dim[i];
        w.stride[w.ndim++] = stride[i];
    }
    return w;
}

luge__walk luge__walk_of(const luge__operand *o)
{
    return luge__walk_make(o->shape.ndim, o->shape.dim, o->stride, luge_dtype_size(o->dtype));
}

int luge__walk_dense(const luge__walk *w)
{
    return w->ndim == 0 || (w->ndim == 1 && w->stride[0] == 1);
}

int64_t luge__walk_offset(const luge__walk *w, int64_t index)
{
    int64_t offset = 0;
    for (int i = w->ndim - 1; i > 0; i--) {
        offset += index % w->dim[i] * w->stride[i];
        index /= w->dim[i];
    }
    return w->ndim ? offset + index * w->stride[0] : 0;
}

/* n elements that are `stride` apart. */
static void copy_run(const unsigned char *from, int64_t stride, int64_t n, int element, void *out)
{
    if (stride == 1) {
        memcpy(out, from, (size_t)(n * element));
        return;
    }
#define STRIDED(type)                                                                                                  \
    {                                                                                                                  \
        const type *x = (const type *)(const void *)from;                                                              \
        type *y = out;                                                                                                 \
        for (int64_t i = 0; i < n; i++) y[i] = x[i * stride];                                                          \
        break;                                                                                                         \
    }
    switch (element) {
    case 1:
        STRIDED(uint8_t)
    case 4:
        STRIDED(uint32_t)
    default:
        STRIDED(uint64_t)
    }
#undef STRIDED
}

void luge__walk_gather(const luge__walk *w, const void *base, int64_t first, int64_t n, void *to)
{
    const int last = w->ndim - 1, element = w->element;
    const unsigned char *from = base;
    unsigned char *out = to;
    int64_t index[LUGE_MAX_DIMS] = { 0 };
    if (n <= 0) return; /* an empty array has dimensions of 0, by which nothing divides */
    if (last < 0) {
        copy_run(from, 0, n, element, out);
        return;
    }
    for (int i = last; i > 0; i--) {
        index[i] = first % w->dim[i];
        first /= w->dim[i];
    }
    index[0] = first;
    while (n > 0) {
        int64_t offset = 0;
        for (int i = 0; i <= last; i++) offset += index[i] * w->stride[i];
        const int64_t left = w->dim[last] - index[last], count = n < left ? n : left;
        copy_run(from + offset * element, w->stride[last], count, element, out);
        out += count * element;
        n -= count;
        index[last] += count;
        for (int i = last; i > 0 && index[i] == w->dim[i]; i--) {
            index[i] = 0;
            index[i - 1]++;
        }
    }
}

const void *luge__walk_block(const luge__walk *w, const void *base, int64_t first, int64_t n, void *buffer)
{
    if (luge__walk_dense(w)) return (const unsigned char *)base + first * w->element;
    luge__walk_gather(w, base, first, n, buffer);
    return buffer;
}

/* What a second thread costs, in cycles: two microseconds for a step, to begin it, to wait for its end and to get what
 * the other has written; less for a range. Steps over the same rows should give each thread the same ones, so the
 * number of ranges is even. */
static const double STEP_CYCLES = 6144, RANGE_CYCLES = 2048;

void luge__share(luge__step *step, double cycles, int64_t unit)
{
    step->cycles = step->items ? (double)step->items * cycles : 0;
    step->grain = step->items;
    if (step->cycles < STEP_CYCLES) return;
    if (unit < 1) unit = 1;
    int64_t each = 1;
    if (cycles < RANGE_CYCLES) {
        const int64_t most = (int64_t)(step->cycles / RANGE_CYCLES), ranges = most < 4 ? 2 : most & ~(int64_t)3;
        each = (step->items - 1) / ranges + 1;
    }
    step->grain = (each + unit - 1) / unit * unit;
}
