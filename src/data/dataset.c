/* dataset.c: data sets: arrays of equally many rows with their roles, and what can be asked of them. */
#include <math.h>
#include <string.h>

#include "data/data.h"

/* Stratifying counts the classes: their number is bounded. */
enum { MOST_CLASSES = 1 << 24 };

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void drop_column(luge__column *c)
{
    luge__array_drop(c->array);
    luge__buffer_drop(c->elements);
    luge__buffer_drop(c->text);
}

static void dataset_destroy(luge__object *object)
{
    luge_dataset *data = (luge_dataset *)(void *)object;
    luge_context *ctx = object->ctx;
    for (int role = 0; role < LUGE__ROLES; role++) {
        for (size_t i = 0; i < data->count[role]; i++) drop_column(&data->columns[role][i]);
        luge__release(ctx, data->columns[role], data->capacity[role] * sizeof(luge__column));
    }
    luge__buffer_drop(data->index);
    luge__release(ctx, data, sizeof *data);
}

void luge_dataset_free(luge_dataset *data)
{
    if (!data) return;
    luge__object_leave(&data->object);
    dataset_destroy(&data->object);
}

luge_dataset *luge_dataset_create(luge_context *ctx)
{
    if (!ctx) (void)luge__fail(NULL, LUGE_EINVAL, "luge_dataset_create: the context is NULL");
    if (luge_failed(ctx)) return NULL;
    luge_dataset *data = luge__alloc(ctx, sizeof *data);
    if (data) luge__object_enter(ctx, &data->object, dataset_destroy);
    return data;
}

luge_dataset *luge__dataset_copy(luge_dataset *data)
{
    luge_context *ctx = data->object.ctx;
    luge_dataset *copy = luge_dataset_create(ctx);
    if (!copy) return NULL;
    for (int role = 0; role < LUGE__ROLES; role++) {
        const size_t n = data->count[role];
        if (luge__grow(ctx, &copy->columns[role], sizeof(luge__column), &copy->capacity[role], n)) {
            luge_dataset_free(copy);
            return NULL;
        }
        for (size_t i = 0; i < n; i++) {
            luge__column *c = &copy->columns[role][i];
            *c = data->columns[role][i];
            (void)luge__array_retain(c->array);
            if (c->elements) (void)luge__buffer_retain(c->elements);
            (void)luge__buffer_retain(c->text);
        }
        copy->count[role] = n;
    }
    return copy;
}

int luge__dataset_usable(const luge_dataset *data, const char *who)
{
    if (data) return !luge_failed(data->object.ctx);
    (void)luge__fail(NULL, LUGE_EINVAL, "%s: the data set is NULL", who);
    return 0;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static const char *const *texts(const luge__column *c)
{
    return (const char *const *)(const void *)c->text->data;
}

const char *luge__column_name(const luge__column *c)
{
    return texts(c)[0];
}

luge__scaling luge__column_scaling(const luge__column *c)
{
    luge__scaling s = { .scale = c->scale, .offset = c->offset };
    if (c->elements) {
        s.scales = (const double *)(const void *)c->elements->data;
        s.offsets = s.scales + c->array->row_elements;
    }
    return s;
}

/* The addresses of the column's name and of its `n` names, then their characters. */
static luge__buffer *copy_texts(luge_context *ctx, const char *name, const char *const *names, int64_t n)
{
    size_t bytes, head;
    if ((uint64_t)n >= SIZE_MAX || !luge__mul_size((size_t)n + 1, sizeof(char *), &head)) head = SIZE_MAX;
    int fits = luge__add_size(head, strlen(name) + 1, &bytes);
    for (int64_t i = 0; fits && i < n; i++) fits = luge__add_size(bytes, strlen(names[i]) + 1, &bytes);
    luge__buffer *text = luge__buffer_create(ctx, fits ? bytes : SIZE_MAX);
    if (!text) return NULL;
    char **address = (char **)(void *)text->data, *at = (char *)text->data + head;
    for (int64_t i = -1; i < n; i++) {
        const char *from = i < 0 ? name : names[i];
        const size_t length = strlen(from) + 1;
        address[i + 1] = memcpy(at, from, length);
        at += length;
    }
    return text;
}

static luge_status name_column(luge_dataset *data, const char *who, luge_role role, const char *name,
                               const char *const *names, luge__column *c)
{
    static const char *const letters[] = { "x", "y", "weights" };
    luge_context *ctx = data->object.ctx;
    const int64_t n = !names ? 0 : role == LUGE_FEATURES ? c->array->row_elements : c->classes;
    char made[32];
    if (!name) {
        if (data->count[role] && role != LUGE_WEIGHTS)
            (void)luge__format(made, sizeof made, "%s_%z", letters[role], data->count[role]);
        else
            (void)luge__format(made, sizeof made, "%s", letters[role]);
        name = made;
    }
    for (size_t i = 0; role != LUGE_WEIGHTS && i < data->count[role]; i++) {
        if (strcmp(luge__column_name(&data->columns[role][i]), name) == 0)
            return luge__fail(ctx, LUGE_EINVAL, "%s: \"%s\" is there already", who, name);
    }
    for (int64_t i = 0; i < n; i++) {
        if (!names[i]) return luge__fail(ctx, LUGE_EINVAL, "%s: name %l of %l of \"%s\" is NULL", who, i, n, name);
    }
    c->n_names = n;
    c->text = copy_texts(ctx, name, names, n);
    return c->text ? LUGE_OK : LUGE_ENOMEM;
}

/* Whether the array can join the data set. */
static luge_status check_rows(const luge_dataset *data, const char *who, const luge_array *array)
{
    luge_context *ctx = data->object.ctx;
    if (!array) return luge__fail(ctx, LUGE_EINVAL, "%s: the array is NULL", who);
    if (array->object.ctx != ctx) return luge__fail(ctx, LUGE_EINVAL, "%s: the array is of another context", who);
    if (data->index || data->first)
        return luge__fail(ctx, LUGE_ESTATE, "%s: the data set is a part of another; add arrays before it is parted",
                          who);
    if (data->count[0] + data->count[1] + data->count[2] && array->rows != data->rows)
        return luge__fail(ctx, LUGE_ESHAPE, "%s: the array %S has %l rows, the data set has %l", who, &array->shape,
                          array->rows, data->rows);
    return LUGE_OK;
}

/* Takes the column, which holds no reference to its array yet. */
static luge_status enter_column(luge_dataset *data, luge_role role, luge__column *c)
{
    luge_context *ctx = data->object.ctx;
    const size_t n = role == LUGE_WEIGHTS ? 0 : data->count[role]; /* weights are replaced */
    if (luge__grow(ctx, &data->columns[role], sizeof *c, &data->capacity[role], n + 1)) return LUGE_ENOMEM;
    (void)luge__array_retain(c->array);
    if (n < data->count[role]) drop_column(&data->columns[role][n]);
    data->columns[role][n] = *c;
    data->count[role] = n + 1;
    data->rows = c->array->rows;
    data->fingerprint = 0;
    return LUGE_OK;
}

static luge_status check_scale(luge_context *ctx, const char *who, const luge_column_options *o)
{
    if (isfinite(o->scale) && isfinite(o->offset)) return LUGE_OK;
    return luge__fail(ctx, LUGE_EINVAL, "%s: scale %g and offset %g must be finite", who, o->scale, o->offset);
}

/* What features and targets have in common: the options are read and checked, the column begun. */
static luge_status begin_column(luge_dataset *data, const char *who, const luge_column_options *options,
                                luge_column_options *o, luge__column *c)
{
    if (!luge__dataset_usable(data, who)) return data ? luge_failure(data->object.ctx) : LUGE_EINVAL;
    luge_status status = luge__read_options(data->object.ctx, who, o, sizeof *o, options);
    if (!status) status = check_rows(data, who, o->array);
    if (!status) status = check_scale(data->object.ctx, who, o);
    *c = (luge__column){ .array = o->array, .scale = o->scale != 0 ? o->scale : 1, .offset = o->offset };
    return status;
}

luge_status luge_dataset_add_features_with(luge_dataset *data, const luge_column_options *options)
{
    const char *who = "luge_dataset_add_features";
    luge_column_options o = { .size = 0 };
    luge__column c = { .array = NULL };
    luge_status status = begin_column(data, who, options, &o, &c);
    if (!status && (o.kind || o.classes))
        status = luge__fail(data->object.ctx, LUGE_EINVAL, "%s: kind and classes are for targets", who);
    if (!status) status = name_column(data, who, LUGE_FEATURES, o.name, o.names, &c);
    if (!status) status = enter_column(data, LUGE_FEATURES, &c);
    if (status) luge__buffer_drop(c.text);
    return status;
}

/* ---- targets ----------------------------------------------------------------------------------------------------- */

static luge_status choose_kind(luge_context *ctx, const char *who, const luge_column_options *o, luge__column *c)
{
    const luge_array *a = o->array;
    const int integers = !luge__is_float(a->dtype);
    c->kind = o->kind;
    if ((int)o->kind < LUGE_TARGET_DEFAULT || (int)o->kind > LUGE_ONE_HOT)
        return luge__fail(ctx, LUGE_EINVAL, "%s: unknown kind %d", who, (int)o->kind);
    if (o->kind == LUGE_TARGET_DEFAULT) {
        if (integers && a->row_elements != 1)
            return luge__fail(ctx, LUGE_ESHAPE,
                              "%s: %T%S has %l integers a row; say .kind = LUGE_NUMBERS or LUGE_ONE_HOT", who, a->dtype,
                              &a->shape, a->row_elements);
        c->kind = integers ? LUGE_CLASSES : LUGE_NUMBERS;
    }
    if (c->kind == LUGE_CLASSES && (!integers || a->row_elements != 1))
        return luge__fail(ctx, LUGE_EDTYPE, "%s: %T%S as classes; one integer a row is expected", who, a->dtype,
                          &a->shape);
    if (c->kind != LUGE_NUMBERS && (o->scale != 0 || o->offset != 0))
        return luge__fail(ctx, LUGE_EINVAL, "%s: scale and offset are for features and numbers, not for classes", who);
    if (c->kind == LUGE_NUMBERS && (o->classes || o->names))
        return luge__fail(ctx, LUGE_EINVAL, "%s: classes and names are for classes, not for numbers", who);
    if (o->classes < 0 || o->classes > MOST_CLASSES)
        return luge__fail(ctx, LUGE_EINVAL, "%s: %l classes; possible are 1 to %d", who, o->classes, (int)MOST_CLASSES);
    return LUGE_OK;
}

/* Reads all class targets once: each must be a class; finds out how many there are. */
static luge_status check_classes(luge_context *ctx, const char *who, int64_t classes, luge__column *c)
{
    luge_array *a = c->array;
    int64_t most = -1;
    c->classes = classes ? classes : MOST_CLASSES;
    if (c->kind == LUGE_ONE_HOT) {
        if (classes && classes != a->row_elements)
            return luge__fail(ctx, LUGE_ESHAPE, "%s: %S is one-hot of %l classes, not of %l", who, &a->shape,
                              a->row_elements, classes);
        c->classes = a->row_elements;
    }
    for (int64_t row = 0; row < a->rows;) {
        int64_t n = a->rows - row;
        const unsigned char *rows = luge__array_rows(a, row, &n);
        if (!rows) return luge_failure(ctx);
        for (int64_t i = 0; i < n; i++) {
            const int64_t class = luge__class_of(c, rows + (size_t)i * a->row_bytes, row + i);
            if (class < 0) return LUGE_EINVAL;
            if (class > most) most = class;
        }
        row += n;
    }
    if (c->kind == LUGE_CLASSES && !classes) c->classes = most + 1;
    return LUGE_OK;
}

luge_status luge_dataset_add_targets_with(luge_dataset *data, const luge_column_options *options)
{
    const char *who = "luge_dataset_add_targets";
    luge_column_options o = { .size = 0 };
    luge__column c = { .array = NULL };
    luge_status status = begin_column(data, who, options, &o, &c);
    luge_context *ctx = data ? data->object.ctx : NULL;
    if (!status) status = choose_kind(ctx, who, &o, &c);
    if (!status && c.kind != LUGE_NUMBERS) {
        status = name_column(data, who, LUGE_TARGETS, o.name, NULL, &c); /* for messages about its rows */
        if (!status) status = check_classes(ctx, who, o.classes, &c);
        luge__buffer_drop(c.text);
        c.text = NULL;
        if (!status && o.names && !o.classes && c.kind == LUGE_CLASSES)
            status = luge__fail(ctx, LUGE_EINVAL, "%s: with names, say how many classes there are", who);
    }
    if (!status) status = name_column(data, who, LUGE_TARGETS, o.name, o.names, &c);
    if (!status) status = enter_column(data, LUGE_TARGETS, &c);
    if (status) luge__buffer_drop(c.text);
    return status;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

static luge_status check_weights(luge_context *ctx, const char *who, luge_array *a)
{
    double weight;
    const luge__scaling plain = { .scale = 1 };
    if (!luge__is_float(a->dtype) || a->row_elements != 1)
        return luge__fail(ctx, LUGE_EDTYPE, "%s: weights %T%S; one float a row is expected", who, a->dtype, &a->shape);
    for (int64_t row = 0; row < a->rows;) {
        int64_t n = a->rows - row;
        const unsigned char *rows = luge__array_rows(a, row, &n);
        if (!rows) return luge_failure(ctx);
        for (int64_t i = 0; i < n; i++) {
            luge__convert(a->dtype, rows + (size_t)i * a->row_bytes, LUGE_F64, &weight, 1, 1, &plain);
            if (!(weight >= 0) || !isfinite(weight))
                return luge__fail(ctx, LUGE_EINVAL, "%s: row %l has weight %g; weights are finite and not negative",
                                  who, row + i, weight);
        }
        row += n;
    }
    return LUGE_OK;
}

luge_status luge_dataset_set_weights(luge_dataset *data, luge_array *weights)
{
    const char *who = "luge_dataset_set_weights";
    if (!luge__dataset_usable(data, who)) return data ? luge_failure(data->object.ctx) : LUGE_EINVAL;
    luge_status status = check_rows(data, who, weights);
    if (!status) status = check_weights(data->object.ctx, who, weights);
    luge__column c = { .array = weights, .scale = 1 };
    if (!status) status = name_column(data, who, LUGE_WEIGHTS, NULL, NULL, &c);
    if (!status) status = enter_column(data, LUGE_WEIGHTS, &c);
    if (status) luge__buffer_drop(c.text);
    return status;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

int64_t luge_dataset_rows(const luge_dataset *data)
{
    return data ? data->rows : 0;
}

int luge_dataset_count(const luge_dataset *data, luge_role role)
{
    return data && (int)role >= 0 && (int)role < LUGE__ROLES ? (int)data->count[role] : 0;
}

luge__column *luge__dataset_column(const luge_dataset *data, const char *who, luge_role role, int index)
{
    static const char *const names[] = { "feature", "target", "weight" };
    luge_context *ctx = data->object.ctx;
    if ((int)role < 0 || (int)role >= LUGE__ROLES) {
        (void)luge__fail(ctx, LUGE_EINVAL, "%s: unknown role %d", who, (int)role);
        return NULL;
    }
    if (index >= 0 && (size_t)index < data->count[role]) return &data->columns[role][index];
    (void)luge__fail(ctx, LUGE_EINVAL, "%s: %s array %d; the data set has %z", who, names[role], index,
                     data->count[role]);
    return NULL;
}

luge_status luge_dataset_column(const luge_dataset *data, luge_role role, int index, luge_column_info *info)
{
    const char *who = "luge_dataset_column";
    if (!data || !info) return luge__fail(NULL, LUGE_EINVAL, "%s: %s is NULL", who, data ? "info" : "the data set");
    const luge__column *c = luge__dataset_column(data, who, role, index);
    if (!c) return LUGE_EINVAL;
    const luge__scaling s = luge__column_scaling(c);
    *info = (luge_column_info){ .name = luge__column_name(c),
                                .dtype = c->array->dtype,
                                .shape = luge_make_shape(c->array->shape.ndim - 1, c->array->shape.dim + 1),
                                .scale = c->scale,
                                .offset = c->offset,
                                .scales = s.scales,
                                .offsets = s.offsets,
                                .kind = c->kind,
                                .classes = c->classes,
                                .names = c->n_names ? texts(c) + 1 : NULL,
                                .n_names = c->n_names };
    return LUGE_OK;
}

size_t luge_dataset_memory(const luge_dataset *data)
{
    if (!data) return 0;
    size_t bytes = data->index ? data->index->bytes : 0;
    for (int role = 0; role < LUGE__ROLES; role++) {
        for (size_t i = 0; i < data->count[role]; i++) {
            const luge__column *c = &data->columns[role][i];
            if (c->array->buffer) bytes += c->array->buffer->bytes;
            if (c->elements) bytes += c->elements->bytes;
            bytes += c->text->bytes;
        }
    }
    return bytes;
}
