/* batch.c: rows of a data set become the inputs, targets and weights of a step. */
#include "train/train.h"

#include <string.h>

/* Elements of a row of the forward graph's value. */
static int64_t row_elements(const luge_model *m, luge_val v)
{
    const luge_shape s = luge_shape_of_val(m->graph, v);
    const int64_t n = luge_shape_size(&s);
    return n < 0 ? -1 : n / LUGE__SAMPLE_ROWS;
}

luge_status luge__check_data(luge_model *m, const char *who, luge_dataset *data, int targets)
{
    luge_column_info column;
    luge_context *ctx = m->ctx;
    if (!data) return luge__fail(ctx, LUGE_EINVAL, "%s: the data set is NULL", who);
    const int features = luge_dataset_count(data, LUGE_FEATURES);
    if (features != m->n_inputs)
        return luge__fail(ctx, LUGE_ESHAPE, "%s: the data has %d feature arrays; the model has %d inputs", who,
                          features, (int)m->n_inputs);
    for (int i = 0; i < features; i++) {
        const luge_status status = luge_dataset_column(data, LUGE_FEATURES, i, &column);
        if (status) return status;
        luge_shape row = luge_shape_of_val(m->graph, m->inputs[i]);
        memmove(row.dim, row.dim + 1, (size_t)--row.ndim * sizeof *row.dim);
        if (luge_shape_size(&column.shape) != luge_shape_size(&row))
            return luge__fail(ctx, LUGE_ESHAPE, "%s: a row of \"%s\" is %S; the model was built for %S", who,
                              column.name, &column.shape, &row);
    }
    if (luge_dataset_rows(data) < 1) return luge__fail(ctx, LUGE_EINVAL, "%s: the data has no rows", who);
    if (!targets) return LUGE_OK;
    const int n = luge_dataset_count(data, LUGE_TARGETS);
    if (n != m->n_outputs)
        return luge__fail(ctx, LUGE_ESHAPE, "%s: the data has %d target arrays; the model has %d outputs", who, n,
                          (int)m->n_outputs);
    for (int i = 0; i < n; i++) {
        const luge_status status = luge_dataset_column(data, LUGE_TARGETS, i, &column);
        if (status) return status;
        const int64_t outputs = row_elements(m, m->outputs[i]);
        const int64_t size = luge_shape_size(&column.shape);
        if (column.kind == LUGE_CLASSES ? size == 1 && (outputs == 1 ? column.classes <= 2 : column.classes <= outputs)
                                        : size == outputs)
            continue;
        if (column.kind == LUGE_CLASSES)
            return luge__fail(ctx, LUGE_ESHAPE, "%s: \"%s\" has %l classes; the model has %l outputs", who, column.name,
                              column.classes, outputs);
        return luge__fail(ctx, LUGE_ESHAPE, "%s: a row of \"%s\" is %S; the model has %l outputs", who, column.name,
                          &column.shape, outputs);
    }
    return LUGE_OK;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Integers pass through doubles; row weights share their memory with class numbers. */
static size_t element_bytes(const luge_model *m, luge_val input)
{
    luge_node_info info;
    return !luge_is_some(input) || luge_node_info_of(m->graph, input, &info) || info.dtype != m->dtype
               ? sizeof(double)
               : luge_dtype_size(m->dtype);
}

/* Places of everything in one piece of memory; with memory NULL, its size. */
static int lay_out(luge_model *m, int64_t rows, unsigned char *memory, size_t *total)
{
    const luge_val none = { 0, 0 };
    luge__batch *b = &m->batch;
    size_t at = 0;
    for (int i = 0; i < m->n_inputs + m->n_outputs + 2; i++) { /* weights and row numbers last */
        const int input = i < m->n_inputs, target = !input && i < m->n_inputs + m->n_outputs;
        const int64_t n = input    ? row_elements(m, m->inputs[i])
                          : target ? row_elements(m, m->outputs[i - m->n_inputs])
                                   : 1;
        size_t row, bytes;
        if (n < 0 ||
            !luge__mul_size((size_t)n,
                            element_bytes(m, input    ? m->inputs[i]
                                             : target ? m->outputs[i - m->n_inputs]
                                                      : none),
                            &row) ||
            !luge__mul_size(row, (size_t)rows, &bytes) || bytes > PTRDIFF_MAX - LUGE__ALIGN ||
            !luge__add_size(at, luge__align_up(bytes), total))
            return 0;
        if (memory && input) b->inputs[i] = memory + at;
        if (memory && target) b->targets[i - m->n_inputs] = memory + at;
        if (memory && i == m->n_inputs + m->n_outputs) b->weights = memory + at;
        if (memory && i > m->n_inputs + m->n_outputs) b->numbers = (int64_t *)(void *)(memory + at);
        at = *total;
    }
    return luge__add_size(at, LUGE__ALIGN, total);
}

luge_status luge__batch_reserve(luge_model *m, int64_t rows)
{
    size_t bytes;
    if (rows <= m->batch.rows) return LUGE_OK;
    if (!lay_out(m, rows, NULL, &bytes))
        return luge__fail(m->ctx, LUGE_ENOMEM, "batch: %l rows do not fit memory", rows);
    unsigned char *memory = luge__alloc(m->ctx, bytes);
    if (!memory) return LUGE_ENOMEM;
    luge__release(m->ctx, m->batch.memory, m->batch.bytes);
    m->batch = (luge__batch){ .rows = rows, .memory = memory, .bytes = bytes, .loads = m->batch.loads + 1 };
    lay_out(m, rows, memory + (LUGE__ALIGN - (uintptr_t)memory % LUGE__ALIGN) % LUGE__ALIGN, &bytes);
    return LUGE_OK;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

static luge_status bind(luge_model *m, const luge__step *s, luge_val v, const void *data, size_t bytes)
{
    const luge_status status = luge_run_bind(s->run, v, data, bytes);
    return status ? luge__fail(m->ctx, status, "%s", luge_last_error()) : LUGE_OK;
}

/* Features are gathered as floats; an input of integers (an embedding's) is converted in place. */
static luge_status load_input(luge_model *m, luge_dataset *data, const luge__step *s, int i, const int64_t *rows,
                              int64_t n)
{
    luge_node_info info;
    void *to = m->batch.inputs[i];
    luge_status status = luge_node_info_of(s->graph, s->inputs[i], &info);
    if (status) return status;
    const int integers = info.dtype != m->dtype;
    const luge_dtype dtype = integers ? LUGE_F64 : m->dtype;
    const size_t count = (size_t)luge_shape_size(&info.shape);
    status = luge_dataset_gather(data, LUGE_FEATURES, i, LUGE_TARGET_DEFAULT, dtype, rows, n, to,
                                 count * luge_dtype_size(dtype));
    for (size_t k = 0; k < count && integers && !status; k++) { /* element k is read before anything lies over it */
        const double value = ((const double *)to)[k];
        if (!(value >= -1 && value < 2147483648.0 && value == (double)(int64_t)value))
            return luge__fail(m->ctx, LUGE_EINVAL, "input %d: an index is %g; a whole number is expected", i, value);
        if (info.dtype == LUGE_I32)
            ((int32_t *)to)[k] = (int32_t)value;
        else
            ((int64_t *)to)[k] = (int64_t)value;
    }
    return status ? status : bind(m, s, s->inputs[i], to, luge__value_bytes(s->graph, s->inputs[i]));
}

/* Class numbers for a loss that takes them; otherwise floats of the output's shape. */
static luge_target_kind kind_for(luge_model *m, luge_dataset *data, const luge__step *s, int i)
{
    luge_column_info column;
    if (s->key.classes[i]) return LUGE_CLASSES;
    if (luge_dataset_column(data, LUGE_TARGETS, i, &column)) return LUGE_NUMBERS;
    return column.kind == LUGE_CLASSES && row_elements(m, m->outputs[i]) > 1 ? LUGE_ONE_HOT : LUGE_NUMBERS;
}

/* One-hot rows as wide as the output, where the data has fewer classes than the model. */
static luge_status load_one_hot(luge_model *m, luge_dataset *data, int i, const int64_t *rows, int64_t n)
{
    const int64_t width = row_elements(m, m->outputs[i]);
    const size_t element = luge_dtype_size(m->dtype);
    unsigned char *to = m->batch.targets[i];
    int64_t *classes = m->batch.weights; /* not loaded yet */
    const luge_status status = luge_dataset_gather(data, LUGE_TARGETS, i, LUGE_CLASSES, LUGE_I64, rows, n, classes,
                                                   (size_t)n * sizeof *classes);
    if (status) return status;
    memset(to, 0, (size_t)(n * width) * element);
    for (int64_t r = 0; r < n; r++) {
        if (m->dtype == LUGE_F32)
            ((float *)(void *)to)[r * width + classes[r]] = 1;
        else
            ((double *)(void *)to)[r * width + classes[r]] = 1;
    }
    return LUGE_OK;
}

static luge_status load_target(luge_model *m, luge_dataset *data, const luge__step *s, int i, const int64_t *rows,
                               int64_t n)
{
    const luge_target_kind kind = kind_for(m, data, s, i);
    const size_t bytes = luge__value_bytes(s->graph, s->targets[i]);
    const luge_status status = kind == LUGE_ONE_HOT ? load_one_hot(m, data, i, rows, n)
                                                    : luge_dataset_gather(data, LUGE_TARGETS, i, kind,
                                                                          kind == LUGE_CLASSES ? LUGE_I32 : m->dtype,
                                                                          rows, n, m->batch.targets[i], bytes);
    if (!i) /* metrics of classes take the largest of several numbers, the others the numbers themselves */
        m->batch.kind = kind == LUGE_NUMBERS && row_elements(m, m->outputs[0]) > 1 ? LUGE_ONE_HOT : kind;
    return status ? status : bind(m, s, s->targets[i], m->batch.targets[i], bytes);
}

static double get(const luge_model *m, const void *data, int64_t i)
{
    return m->dtype == LUGE_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

static void set(const luge_model *m, void *data, int64_t i, double value)
{
    if (m->dtype == LUGE_F32)
        ((float *)data)[i] = (float)value;
    else
        ((double *)data)[i] = value;
}

/* The class of row r as the first target was loaded: a class number, the largest column, or 0 and 1. */
static int64_t class_of(const luge_model *m, const luge__step *s, int64_t r)
{
    const void *target = m->batch.targets[0];
    if (s->key.classes[0]) return ((const int32_t *)target)[r];
    const int64_t width = row_elements(m, m->outputs[0]);
    if (width == 1) {
        const double value = get(m, target, r);
        return value >= 0 && value < INT32_MAX ? (int64_t)(value + 0.5) : -1;
    }
    int64_t best = 0;
    for (int64_t c = 1; c < width; c++)
        if (get(m, target, r * width + c) > get(m, target, r * width + best)) best = c;
    return best;
}

static luge_status load_weights(luge_model *m, luge_dataset *data, const luge__step *s, const int64_t *rows, int64_t n,
                                const double *class_weights, int n_class_weights)
{
    void *to = m->batch.weights;
    const size_t bytes = (size_t)n * luge_dtype_size(m->dtype);
    luge_status status = LUGE_OK;
    if (luge_dataset_count(data, LUGE_WEIGHTS))
        status = luge_dataset_gather(data, LUGE_WEIGHTS, 0, LUGE_TARGET_DEFAULT, m->dtype, rows, n, to, bytes);
    else
        for (int64_t r = 0; r < n; r++) set(m, to, r, 1);
    for (int64_t r = 0; r < n && class_weights && !status; r++) {
        const int64_t c = class_of(m, s, r);
        if (c >= 0 && c < n_class_weights) set(m, to, r, get(m, to, r) * class_weights[c]);
    }
    return status ? status : bind(m, s, s->weights, to, bytes);
}

luge_status luge__batch_load(luge_model *m, luge_dataset *data, const luge__step *step, const int64_t *rows, int64_t n,
                             const double *class_weights, int n_class_weights)
{
    luge_status status = luge__batch_reserve(m, n);
    m->batch.loads++;
    for (int i = 0; i < m->n_inputs && !status; i++) status = load_input(m, data, step, i, rows, n);
    if (step->key.mode == LUGE__PREDICT) return status;
    for (int i = 0; i < m->n_outputs && !status; i++) status = load_target(m, data, step, i, rows, n);
    if (step->key.weighted && !status) status = load_weights(m, data, step, rows, n, class_weights, n_class_weights);
    return status;
}

luge_status luge__batch_load_range(luge_model *m, luge_dataset *data, const luge__step *step, int64_t first, int64_t n,
                                   const double *class_weights, int n_class_weights)
{
    const luge_status status = luge__batch_reserve(m, n);
    if (status) return status;
    for (int64_t i = 0; i < n; i++) m->batch.numbers[i] = first + i;
    return luge__batch_load(m, data, step, m->batch.numbers, n, class_weights, n_class_weights);
}
