/* op_run.c: see op_run.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op_run.h"

const char *const op_layout_names[LAYOUTS] = { "contiguous",   "transposed",  "sliced", "offset",
                                               "repeat first", "repeat last", "copied" };

/* ---- typed memory ------------------------------------------------------------------------------------------------ */

double op_load(luge_dtype dtype, const void *data, int64_t i)
{
    switch (dtype) {
    case LUGE_F32:
        return (double)((const float *)data)[i];
    case LUGE_F64:
        return ((const double *)data)[i];
    case LUGE_I64:
        return (double)((const int64_t *)data)[i];
    case LUGE_I32:
        return ((const int32_t *)data)[i];
    case LUGE_I8:
        return ((const int8_t *)data)[i];
    default:
        return ((const uint8_t *)data)[i];
    }
}

void op_store(luge_dtype dtype, void *data, int64_t i, double value)
{
    switch (dtype) {
    case LUGE_F32:
        ((float *)data)[i] = (float)value;
        break;
    case LUGE_F64:
        ((double *)data)[i] = value;
        break;
    case LUGE_I64:
        ((int64_t *)data)[i] = (int64_t)value;
        break;
    case LUGE_I32:
        ((int32_t *)data)[i] = (int32_t)value;
        break;
    case LUGE_I8:
        ((int8_t *)data)[i] = (int8_t)value;
        break;
    default:
        ((uint8_t *)data)[i] = (uint8_t)value;
    }
}

void op_values_free(op_values *v)
{
    free(v->bytes);
    free(v->value);
    *v = (op_values){ .n = 0 };
}

/* ---- layouts ----------------------------------------------------------------------------------------------------- */

/* Where the elements of an input lie: memory of shape `memory`, in it strides and an offset for each element. */
typedef struct placing {
    luge_shape memory;
    int64_t stride[LUGE_MAX_DIMS], offset;
} placing;

static int is_repeat(op_layout layout)
{
    return layout == LAYOUT_REPEAT_FIRST || layout == LAYOUT_REPEAT_LAST;
}

static int repeated_axis(const luge_shape *shape, op_layout layout)
{
    return layout == LAYOUT_REPEAT_FIRST ? 0 : shape->ndim - 1;
}

static int fits(const luge_shape *shape, op_layout layout)
{
    if (layout == LAYOUT_CONTIGUOUS) return 0;
    if (layout == LAYOUT_TRANSPOSED) return shape->ndim >= 2;
    return shape->ndim >= 1 || layout == LAYOUT_COPIED;
}

static placing place(const luge_shape *shape, op_layout layout)
{
    placing p = { .memory = *shape };
    const int last = shape->ndim - 1;
    if (!fits(shape, layout)) layout = LAYOUT_CONTIGUOUS;
    if (layout == LAYOUT_TRANSPOSED)
        for (int i = 0; i <= last; i++) p.memory.dim[i] = shape->dim[last - i];
    if (is_repeat(layout)) p.memory.dim[repeated_axis(shape, layout)] = 1;
    if (layout == LAYOUT_SLICED) p.memory.dim[last] = 2 * shape->dim[last] + 1;
    if (layout == LAYOUT_SLICED || layout == LAYOUT_OFFSET) p.memory.dim[0] += 2;
    luge__c_strides(&p.memory, p.stride);
    if (layout == LAYOUT_SLICED || layout == LAYOUT_OFFSET) p.offset = p.stride[0];
    if (layout == LAYOUT_SLICED) {
        p.offset += last ? 1 : 0;
        p.stride[last] *= 2;
    }
    if (is_repeat(layout)) p.stride[repeated_axis(shape, layout)] = 0;
    if (layout == LAYOUT_TRANSPOSED) {
        int64_t stride[LUGE_MAX_DIMS];
        memcpy(stride, p.stride, sizeof stride);
        for (int i = 0; i <= last; i++) p.stride[i] = stride[last - i];
    }
    return p;
}

/* The same in the graph: the operand, made of the input `leaf` that has the shape of the memory. */
static luge_val show(luge_graph *g, luge_val leaf, luge_dtype dtype, const luge_shape *shape, op_layout layout)
{
    const int last = shape->ndim - 1;
    if (!fits(shape, layout)) return leaf;
    switch (layout) {
    case LAYOUT_TRANSPOSED:
        return luge_transpose(g, leaf);
    case LAYOUT_SLICED: /* of one axis: two steps in memory, from the second element */
        leaf = last ? luge_slice(g, leaf, 0, 1, 1 + shape->dim[0], 1) : leaf;
        return luge_slice(g, leaf, last, 1, 2 * shape->dim[last] + (last ? 0 : 1), 2);
    case LAYOUT_OFFSET:
        return luge_slice(g, leaf, 0, 1, 1 + shape->dim[0], 1);
    case LAYOUT_REPEAT_FIRST:
    case LAYOUT_REPEAT_LAST:
        return luge_expand(g, leaf, luge_full(g, dtype, *shape, 0));
    default:
        return luge_copy(g, leaf);
    }
}

int op_layout_is_plain(const sample *s, op_layout layout)
{
    for (int i = 0; i < s->n_in; i++)
        if (fits(&s->in[i].shape, layout)) return 0;
    return 1;
}

int op_has_choice(const sample *s)
{
    for (int i = 0; i < s->n_in; i++)
        if (!s->in[i].dtype) return 1;
    return 0;
}

/* ---- inputs ------------------------------------------------------------------------------------------------------ */

/* Writes the elements of an input to where the layout has them. */
static void fill(const sample *s, int input, const op_options *o, const placing *p, luge_dtype dtype, void *data)
{
    const luge_shape *shape = &s->in[input].shape;
    const op_layout repeat = is_repeat(o->layout) ? o->layout : o->repeat;
    const int axis = fits(shape, repeat) && is_repeat(repeat) ? repeated_axis(shape, repeat) : -1;
    int64_t index[LUGE_MAX_DIMS] = { 0 }, stride[LUGE_MAX_DIMS];
    luge__c_strides(shape, stride);
    for (int64_t k = 0, n = luge_shape_size(shape); k < n; k++) {
        const int64_t source = axis < 0 ? k : k - index[axis] * stride[axis];
        double value = sample_value(s, input, source);
        if (o->magnitudes && luge__is_float(dtype)) value = fabs(value);
        int64_t at = p->offset;
        for (int i = 0; i < shape->ndim; i++) at += index[i] * p->stride[i];
        op_store(dtype, data, at, value);
        for (int i = shape->ndim - 1; i >= 0 && ++index[i] == shape->dim[i]; i--) index[i] = 0;
    }
}

/* Memory of exactly the size, so that the address sanitizer sees a step beyond it; not NULL for no bytes. */
static void *junk(size_t bytes, luge_dtype dtype)
{
    void *data = malloc(bytes ? bytes : 1);
    if (data && bytes) memset(data, dtype == LUGE_BOOL ? 1 : 0xFF, bytes); /* NaN, -1 */
    return data;
}

static int add_input(op_setup *setup, int place_, const char *name, luge_dtype dtype, const luge_shape *memory)
{
    setup->leaf[place_] = luge_input(setup->g, name, dtype, *memory);
    setup->bytes[place_] = (size_t)luge_shape_size(memory) * luge_dtype_size(dtype);
    setup->data[place_] = junk(setup->bytes[place_], dtype);
    return luge_is_some(setup->leaf[place_]) && setup->data[place_];
}

luge_val op_setup_input(op_setup *setup, const sample *s, int input, luge_dtype dtype, const luge_shape *shape)
{
    if (!add_input(setup, SAMPLE_INPUTS, "extra", dtype, shape)) return (luge_val){ 0, 0 };
    for (int64_t k = 0, n = luge_shape_size(shape); k < n; k++)
        op_store(dtype, setup->data[SAMPLE_INPUTS], k, sample_value(s, input, k));
    return setup->leaf[SAMPLE_INPUTS];
}

int op_setup_make(luge_test *t, luge_context *ctx, const sample *s, const op_options *o, op_setup *setup)
{
    *setup = (op_setup){ .g = luge_graph_create(ctx), .n_in = s->n_in };
    if (!CHECK(t, setup->g)) return 0;
    for (int i = 0; i < s->n_in; i++) {
        const luge_dtype dtype = s->in[i].dtype ? s->in[i].dtype : o->dtype;
        const placing p = place(&s->in[i].shape, o->layout);
        char name[16];
        (void)snprintf(name, sizeof name, "in%d", i);
        if (!CHECK(t, add_input(setup, i, name, dtype, &p.memory))) return 0;
        fill(s, i, o, &p, dtype, setup->data[i]);
        setup->in[i] = show(setup->g, setup->leaf[i], dtype, &s->in[i].shape, o->layout);
    }
    setup->y = s->build(setup->g, setup->in, s);
    if (!CHECK_STR_EQ(t, luge_error(ctx), "")) luge_clear(ctx);
    return CHECK(t, luge_is_some(setup->y));
}

void op_setup_free(op_setup *setup)
{
    luge_graph_free(setup->g);
    for (int i = 0; i <= SAMPLE_INPUTS; i++) free(setup->data[i]);
    *setup = (op_setup){ .n_in = 0 };
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

int op_run_make(luge_test *t, const op_setup *setup, const luge_val *outputs, int n, const char *backend, int guard,
                op_run *r)
{
    *r = (op_run){ .setup = setup };
    r->plan = luge_plan_create(setup->g, outputs, n, .backend = backend, .guard = guard);
    r->run = r->plan ? luge_run_create(r->plan) : NULL;
    if (!CHECK(t, r->run)) return CHECK_STR_EQ(t, luge_last_error(), "");
    for (int i = 0; i <= SAMPLE_INPUTS; i++) {
        if (!setup->data[i]) continue;
        if (!CHECK_STATUS(t, luge_run_bind(r->run, setup->leaf[i], setup->data[i], setup->bytes[i]), LUGE_OK)) return 0;
    }
    return 1;
}

void op_run_free(op_run *r)
{
    luge_run_free(r->run);
    luge_plan_free(r->plan);
    *r = (op_run){ .setup = NULL };
}

int op_run_execute(luge_test *t, op_run *r)
{
    return CHECK_STATUS(t, luge_run_execute(r->run), LUGE_OK);
}

int op_run_get(luge_test *t, op_run *r, luge_val v, op_values *out)
{
    luge_node_info info;
    *out = (op_values){ .n = 0 };
    if (!CHECK_STATUS(t, luge_node_info_of(r->setup->g, v, &info), LUGE_OK)) return 0;
    out->dtype = info.dtype;
    out->shape = info.shape;
    out->n = luge_shape_size(&info.shape);
    out->size = (size_t)out->n * luge_dtype_size(info.dtype);
    out->bytes = malloc(out->size + 1);
    out->value = malloc((size_t)(out->n + 1) * sizeof *out->value);
    if (!CHECK(t, out->bytes && out->value)) return 0;
    if (!CHECK_STATUS(t, luge_run_get(r->run, v, out->bytes, out->size), LUGE_OK)) return 0;
    for (int64_t i = 0; i < out->n; i++) out->value[i] = op_load(out->dtype, out->bytes, i);
    return 1;
}

/* Runs twice: the second time every place in memory was used before. */
static int run_twice(luge_test *t, op_run *r, luge_val y, op_values *out)
{
    op_values again = { .n = 0 };
    int ok = op_run_execute(t, r) && op_run_get(t, r, y, out) && op_run_execute(t, r) && op_run_get(t, r, y, &again);
    if (ok) ok = CHECK(t, out->size == again.size && !memcmp(out->bytes, again.bytes, out->size));
    op_values_free(&again);
    return ok;
}

int op_compute(luge_test *t, luge_context *ctx, const sample *s, const op_options *o, const char *backend,
               op_values *out)
{
    op_setup setup;
    op_run r = { .setup = NULL };
    *out = (op_values){ .n = 0 };
    const int ok = op_setup_make(t, ctx, s, o, &setup) && op_run_make(t, &setup, &setup.y, 1, backend, 1, &r) &&
                   run_twice(t, &r, setup.y, out);
    op_run_free(&r);
    op_setup_free(&setup);
    if (!ok) op_values_free(out);
    return ok;
}

luge_context *op_context(luge_test *t, int threads, const char *cpu_limit)
{
    luge_context *ctx = luge_open(.threads = threads, .cpu_limit = cpu_limit);
    (void)CHECK(t, ctx);
    return ctx;
}
