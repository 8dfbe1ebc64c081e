/* look.c: weights, layers, the summary, memory, names. */
#include "train/train.h"

#include <float.h>
#include <string.h>

luge_val luge_model_output(const luge_model *model, int index)
{
    const int known = model && index >= 0 && index < model->n_outputs;
    return known ? model->outputs[index] : (luge_val){ 0, 0 };
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

int luge_weight_count(const luge_model *model)
{
    return model ? (int)model->n_weights : 0;
}

luge_status luge_weight_at(const luge_model *model, int index, luge_weight_info *info)
{
    luge_node_info node;
    if (!model || !info || index < 0 || (size_t)index >= model->n_weights)
        return luge__fail(model ? model->ctx : NULL, LUGE_EINVAL, "weight_at: there is no weight number %d", index);
    const luge__weight *w = &model->weights[index];
    const luge_status status = luge_node_info_of(model->graph, w->value, &node);
    if (status) return status;
    *info = (luge_weight_info){
        .name = w->name, .value = w->value, .dtype = node.dtype, .shape = node.shape, .trainable = w->trainable
    };
    return LUGE_OK;
}

static luge_val weight_named(luge_model *m, const char *who, const char *name)
{
    const luge_val none = { 0, 0 };
    if (!luge__model_usable(m, who) || luge__model_ready(m, who)) return none;
    const int i = name ? luge__model_weight_index(m, name) : -1;
    if (i >= 0) return m->weights[i].value;
    luge__fail(m->ctx, LUGE_EINVAL, "%s: there is no weight \"%s\"", who, name ? name : "NULL");
    return none;
}

luge_status luge_get_weight(luge_model *model, const char *name, void *data, size_t bytes)
{
    const luge_val v = weight_named(model, "get_weight", name);
    if (!luge_is_some(v)) return luge__refused(model);
    return luge_get(model->graph, v, data, bytes);
}

luge_status luge_set_weight(luge_model *model, const char *name, const void *data, size_t bytes)
{
    const luge_val v = weight_named(model, "set_weight", name);
    if (!luge_is_some(v)) return luge__refused(model);
    return luge_set(model->graph, v, data, bytes);
}

luge_status luge_swap_averages(luge_model *model)
{
    if (!luge__model_changeable(model, "swap_averages")) return luge__refused(model);
    if (!model->state || !(model->optimizer.average_momentum > 0))
        return luge__fail(model->ctx, LUGE_ESTATE, "swap_averages: no averages are kept");
    for (size_t i = 0; i < model->n_weights; i++) {
        if (!luge_is_some(model->slots[i].average)) continue;
        unsigned char *w = luge_data(model->graph, model->weights[i].value);
        unsigned char *average = luge_data(model->state, model->slots[i].average);
        for (size_t k = 0, n = luge__weight_bytes(model, i); w && average && k < n; k++) {
            const unsigned char byte = w[k];
            w[k] = average[k];
            average[k] = byte;
        }
    }
    model->swapped = !model->swapped;
    return LUGE_OK;
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

int luge_layer_count(const luge_model *model)
{
    return model ? (int)model->n_layers : 0;
}

luge_status luge_layer_at(const luge_model *model, int index, luge_layer_info *info)
{
    if (!model || !info || index < 0 || (size_t)index >= model->n_layers)
        return luge__fail(model ? model->ctx : NULL, LUGE_EINVAL, "layer_at: there is no layer number %d", index);
    const luge__layer_note *l = &model->layers[index];
    *info = (luge_layer_info){ .name = l->name,
                               .kind = l->kind,
                               .shape = luge_shape_of_val(model->graph, l->output),
                               .parameters = l->parameters,
                               .input = l->input,
                               .output = l->output };
    if (info->shape.ndim > 0) info->shape.dim[0] = -1;
    return LUGE_OK;
}

static int64_t count(const luge_model *m, int trainable_only)
{
    int64_t n = 0;
    if (!m || m->n_pending || !m->n_inputs) return -1;
    for (size_t i = 0; i < m->n_weights; i++) {
        const luge_shape s = luge_shape_of_val(m->graph, m->weights[i].value);
        if (m->weights[i].trainable || !trainable_only) n += luge_shape_size(&s);
    }
    return n;
}

int64_t luge_parameter_count(const luge_model *model)
{
    return count(model, 0);
}

int64_t luge_trainable_count(const luge_model *model)
{
    return count(model, 1);
}

/* ---- summary ----------------------------------------------------------------------------------------------------- */

/* 1234567 as 1,234,567 */
static void with_commas(char *text, size_t size, int64_t value)
{
    char digits[24];
    const size_t n = luge__format(digits, sizeof digits, "%l", value);
    size_t k = 0;
    for (size_t i = 0; i < n && k + 2 < size; i++) {
        if (i && (n - i) % 3 == 0) text[k++] = ',';
        text[k++] = digits[i];
    }
    text[k] = 0;
}

static void readable_bytes(char *text, size_t size, size_t bytes)
{
    static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB" };
    double value = (double)bytes;
    int unit = 0;
    for (; value >= 1000 && unit < 4; unit++) value /= 1000;
    const size_t n = luge__format_fixed(text, size, value, unit && value < 10, 0);
    luge__format(text + n, size - n, " %s", units[unit]);
}

static void shape_text(char *text, size_t size, const luge_shape *shape)
{
    size_t n = luge__format(text, size, "(batch");
    for (int i = 1; i < shape->ndim; i++) n += luge__format(text + n, size - n, ", %l", shape->dim[i]);
    luge__format(text + n, size - n, ")");
}

/* Left-aligned in a column: what is too long is cut. Continuation bytes of UTF-8 take no column. */
static void cell(luge_sink sink, const char *text, int width)
{
    size_t n = 0, kept = 0;
    int columns = 0;
    for (; text[n]; n++) {
        if (((unsigned char)text[n] & 0xc0) == 0x80) continue;
        if (columns++ == width - 2) kept = n;
    }
    const int cut = columns >= width;
    sink.write(sink.user, text, cut ? kept : n);
    if (cut) luge__print(sink, "…");
    for (int i = cut ? width - 1 : columns; i < width; i++) luge__print(sink, " ");
}

static void right(luge_sink sink, const char *text, int width)
{
    for (int i = (int)strlen(text); i < width; i++) luge__print(sink, " ");
    luge__print(sink, "%s\n", text);
}

static void total(luge_sink sink, const char *label, int64_t parameters, luge_dtype dtype)
{
    char number[32], bytes[32];
    with_commas(number, sizeof number, parameters);
    readable_bytes(bytes, sizeof bytes, (size_t)parameters * luge_dtype_size(dtype));
    cell(sink, label, 26);
    luge__print(sink, "%s (%s)\n", number, bytes);
}

luge_status luge_summary(luge_model *model, luge_sink sink)
{
    if (!luge__model_usable(model, "summary")) return luge__refused(model);
    if (!sink.write) return luge__fail(model->ctx, LUGE_EINVAL, "summary: the sink is NULL");
    const luge_status status = luge__model_ready(model, "summary");
    if (status) return status;
    luge__print(sink, "  Model ");
    cell(sink, model->name, 70);
    luge__print(sink, "\n\n");
    luge__print(sink, "  Layer (type)                        Output shape           Parameters\n");
    luge__print(sink, "  ─────────────────────────────────── ────────────────────── ──────────\n");
    for (size_t i = 0; i < model->n_layers; i++) {
        const luge__layer_note *l = &model->layers[i];
        const luge_shape shape = luge_shape_of_val(model->graph, l->output);
        const char *kind = luge_layer_kind_name(l->kind);
        const int says_it = !strncmp(l->name, kind, strlen(kind));
        char text[192], number[32];
        luge__format(text, sizeof text, says_it ? "  %s" : "  %s (%s)", l->name, kind);
        cell(sink, text, 38);
        shape_text(text, sizeof text, &shape);
        cell(sink, text, 23);
        with_commas(number, sizeof number, l->parameters);
        right(sink, number, 10);
    }
    luge__print(sink, "\n");
    total(sink, "  Total parameters", luge_parameter_count(model), model->dtype);
    total(sink, "  Trainable", luge_trainable_count(model), model->dtype);
    total(sink, "  Not trainable", luge_parameter_count(model) - luge_trainable_count(model), model->dtype);
    return LUGE_OK;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static size_t plan_bytes(const luge__step *s)
{
    const luge_plan_memory p = luge_plan_memory_of(s->plan);
    return p.arena + p.scratch;
}

luge_status luge_model_memory(luge_model *model, luge_dataset *data, int64_t batch_size, luge_model_bytes *memory)
{
    luge__step_key key;
    if (!memory) return luge__fail(model ? model->ctx : NULL, LUGE_EINVAL, "model_memory: memory is NULL");
    *memory = (luge_model_bytes){ .data = 0 };
    luge_status status = luge__model_ready_for(model, "model_memory", data);
    if (!status) status = luge__trainable(model, "model_memory");
    if (!status) status = luge__check_data(model, "model_memory", data, 1);
    if (!status)
        status = luge__step_key_for(model, "model_memory", data, LUGE__TRAIN,
                                    luge_dataset_count(data, LUGE_WEIGHTS) > 0, &key);
    if (status) return status;
    const int64_t rows = luge_dataset_rows(data);
    if (batch_size == 0) batch_size = 32;
    key.rows = batch_size < 1 || batch_size > rows ? rows : batch_size;
    if (model->optimizer.accumulation_steps > 1) key.mode = LUGE__GATHER;
    const luge__step *step = luge__step_for(model, &key);
    if (!step || luge__batch_reserve(model, key.rows)) return luge_failure(model->ctx);
    size_t arena = plan_bytes(step);
    key.rows = rows % key.rows;
    if (key.rows && (step = luge__step_for(model, &key))) arena += plan_bytes(step); /* the last, short batch */
    memory->data = luge_dataset_memory(data) + model->batch.bytes + (size_t)rows * sizeof(int64_t);
    memory->parameters = luge__all_weight_bytes(model);
    for (size_t i = 0; i < model->n_weights; i++)
        for (int k = 0; k < LUGE__SLOT_KINDS; k++)
            if (luge_is_some(*luge__slot(&model->slots[i], k))) memory->state += luge__weight_bytes(model, i);
    memory->arena = arena;
    memory->total = memory->data + memory->parameters + memory->state + memory->arena;
    return luge_failure(model->ctx);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

luge_status luge__set_names(luge_model *m, char ***to, int64_t *n_to, const char *const *names, int64_t n)
{
    char **copies = luge__alloc(m->ctx, (size_t)n * sizeof *copies);
    if (!copies) return luge_failure(m->ctx);
    *to = copies;
    *n_to = n;
    for (int64_t i = 0; i < n; i++) {
        if (!names[i]) continue;
        const size_t bytes = strlen(names[i]) + 1;
        if (!(copies[i] = luge__alloc(m->ctx, bytes))) return LUGE_ENOMEM;
        memcpy(copies[i], names[i], bytes);
    }
    return LUGE_OK;
}

const char *luge_class_name(const luge_model *model, int64_t index)
{
    return model && index >= 0 && index < model->n_class_names ? model->class_names[index] : NULL;
}

const char *luge_feature_name(const luge_model *model, int64_t index)
{
    return model && index >= 0 && index < model->n_feature_names ? model->feature_names[index] : NULL;
}

/* ---- adapt ------------------------------------------------------------------------------------------------------- */

/* Means over all but the last dimension of a row: of the mean, and of the squares about it. */
static luge_status adapt_layer(luge_model *m, const luge__layer_note *l, luge_dataset *data, int input)
{
    const luge__weight *mean = &m->weights[l->first_weight], *variance = mean + 1;
    const luge_shape shape = luge_shape_of_val(m->graph, mean->value), row = luge_shape_of_val(m->graph, l->input);
    const int64_t n = shape.dim[0], all = luge_shape_size(&row) / LUGE__SAMPLE_ROWS;
    const size_t bytes = (size_t)all * sizeof(double);
    double *a = luge__alloc(m->ctx, bytes), *b = luge__alloc(m->ctx, bytes);
    luge_status status =
        a && b ? luge_dataset_statistics(data, input, &(luge_statistics){ .mean = a, .variance = b }) : LUGE_ENOMEM;
    for (int64_t i = 0; i < n && !status; i++) {
        double sum = 0, squares = 0;
        for (int64_t k = i; k < all; k += n) sum += a[k];
        sum /= (double)(all / n);
        for (int64_t k = i; k < all; k += n) squares += b[k] + (a[k] - sum) * (a[k] - sum);
        squares /= (double)(all / n);
        if (m->dtype == LUGE_F32 && !(squares <= (double)FLT_MAX)) {
            status = luge__fail(m->ctx, LUGE_EINVAL,
                                "adapt: value %l of the rows has a variance of %g, too large for f32; other units are "
                                "expected",
                                i + 1, squares);
            break;
        }
        if (m->dtype == LUGE_F32) {
            ((float *)luge_data(m->graph, mean->value))[i] = (float)sum;
            ((float *)luge_data(m->graph, variance->value))[i] = (float)squares;
        } else {
            ((double *)luge_data(m->graph, mean->value))[i] = sum;
            ((double *)luge_data(m->graph, variance->value))[i] = squares;
        }
    }
    luge__release(m->ctx, a, bytes);
    luge__release(m->ctx, b, bytes);
    return status;
}

luge_status luge_adapt(luge_model *model, luge_dataset *data)
{
    luge_status status = luge__model_ready_for(model, "adapt", data);
    if (!status) status = luge__check_data(model, "adapt", data, 0);
    int adapted = 0;
    for (size_t i = 0; !status && i < model->n_layers; i++) {
        const luge__layer_note *l = &model->layers[i];
        if (l->kind != LUGE_NORMALIZATION || l->shared) continue;
        for (int k = 0; k < model->n_inputs && !status; k++) {
            if (model->inputs[k].id != l->input.id) continue;
            status = adapt_layer(model, l, data, k);
            adapted++;
        }
    }
    if (!status && !adapted)
        return luge__fail(model->ctx, LUGE_ESTATE, "adapt: the model has no normalization layer right behind an input");
    return status;
}
