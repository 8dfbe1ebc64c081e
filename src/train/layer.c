/* layer.c: what each kind of layer makes of a value. */
#include "train/train.h"

#include <math.h>
#include <string.h>

typedef struct builder {
    luge_model *m;
    const luge_layer *layer;
    luge__layer_note note;
    const luge__layer_note *shared; /* whose weights to use; NULL for its own */
    luge_val x;
} builder;

static const luge_val none = { 0, 0 };

static luge_val fail(builder *b, luge_status status, const char *what)
{
    luge__fail(b->m->ctx, status, "%s: %s", b->note.name, what);
    return none;
}

static luge_axes last_axis(void)
{
    return luge_make_axes(1, (const int[]){ -1 });
}

static luge_val number(builder *b, double value)
{
    return luge_scalar(b->m->graph, b->m->dtype, value);
}

static luge_initializer either(luge_initializer given, luge_initializer_kind otherwise)
{
    if (given.kind) return given;
    return (luge_initializer){ .kind = otherwise, .a = otherwise == LUGE_UNIFORM ? -0.05 : 0, .b = 0.05 };
}

/* The layer's weight of that name: its own, or that of the layer that it shares. */
static luge_val weight(builder *b, const char *name, luge_shape shape, luge_initializer initializer, int trainable,
                       double l1, double l2)
{
    luge_model *m = b->m;
    char full[2 * LUGE__NAME_BYTES];
    luge__format(full, sizeof full, "%s/%s", b->shared ? b->shared->name : b->note.name, name);
    if (b->shared) {
        const int found = luge__model_weight_index(m, full);
        if (found < 0) {
            luge__fail(m->ctx, LUGE_EINVAL, "%s: the layer that it shares has no weight \"%s\"", b->note.name, full);
            return none;
        }
        const luge_val theirs = m->weights[found].value;
        const luge_shape size = luge_shape_of_val(m->graph, theirs);
        if (luge__shape_equal(&size, &shape)) return theirs;
        luge__fail(m->ctx, LUGE_ESHAPE, "%s: %s is %S here, but %S in the layer that it shares", b->note.name, name,
                   &shape, &size);
        return none;
    }
    const int i = luge__model_add_weight(m, full, m->dtype, shape, initializer, trainable && !b->layer->frozen);
    if (i < 0) return none;
    if (m->weights[i].trainable) {
        m->weights[i].l1 = l1;
        m->weights[i].l2 = l2;
    }
    b->note.n_weights++;
    b->note.parameters += luge_shape_size(&shape);
    return m->weights[i].value;
}

/* Size of the last dimension; 0 after a message where there is none. */
static int64_t last_size(builder *b)
{
    const luge_shape s = luge_shape_of_val(b->m->graph, b->x);
    if (s.ndim >= 2) return s.dim[s.ndim - 1];
    fail(b, LUGE_ESHAPE, "rows of at least one dimension are expected");
    return 0;
}

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

static luge_val build_input(builder *b)
{
    if (b->layer->shape.ndim < 1) return fail(b, LUGE_ESHAPE, "the shape of a row is expected");
    return luge_model_input(b->m, b->layer->name, b->layer->dtype, b->layer->shape);
}

static luge_val build_dense(builder *b)
{
    const luge_layer *l = b->layer;
    luge_graph *g = b->m->graph;
    const int64_t inputs = last_size(b);
    if (!inputs) return none;
    if (l->units < 1) return fail(b, LUGE_EINVAL, "units must be at least 1");
    const luge_val kernel = weight(b, "kernel", luge_make_shape(2, (const int64_t[]){ inputs, l->units }),
                                   either(l->kernel_initializer, LUGE_GLOROT_UNIFORM), 1, l->kernel_l1, l->kernel_l2);
    luge_val y = luge_matmul(g, b->x, kernel);
    if (!l->no_bias) {
        const luge_val bias = weight(b, "bias", luge_make_shape(1, &l->units), either(l->bias_initializer, LUGE_ZEROS),
                                     1, l->bias_l1, l->bias_l2);
        y = luge_add(g, y, bias);
    }
    return luge_activate(g, y, l->activation, l->slope);
}

static luge_val build_activation(builder *b)
{
    return luge_activate(b->m->graph, b->x, b->layer->activation, b->layer->slope);
}

static luge_val build_dropout(builder *b)
{
    luge_model *m = b->m;
    if (!(b->layer->rate >= 0 && b->layer->rate < 1)) return fail(b, LUGE_EINVAL, "the rate must be in [0, 1)");
    if (!luge_is_some(m->random)) {
        m->random =
            luge_slab_variable(m->graph, "random/state", LUGE_I64, luge_make_shape(1, (const int64_t[]){ 2 }), 14);
        const int64_t state[2] = { (int64_t)m->seed, 0 };
        if (luge_set(m->graph, m->random, state, sizeof state)) return none;
    }
    const luge_val y = luge_random_dropout(m->graph, b->x, m->random, b->layer->rate);
    return luge_is_some(y) && !luge__model_substitute(m, y, b->x) ? y : none;
}

/* (x - mean) / sqrt(variance + epsilon) * gamma + beta */
static luge_val standardize(builder *b, luge_val x, luge_val mean, luge_val variance, luge_val gamma, luge_val beta)
{
    luge_graph *g = b->m->graph;
    const double epsilon = b->layer->epsilon > 0 ? b->layer->epsilon : 1e-3;
    luge_val scale = luge_reciprocal(g, luge_sqrt(g, luge_add(g, variance, number(b, epsilon))));
    if (luge_is_some(gamma)) scale = luge_mul(g, scale, gamma);
    const luge_val y = luge_mul(g, luge_sub(g, x, mean), scale);
    return luge_is_some(beta) ? luge_add(g, y, beta) : y;
}

typedef struct affine {
    luge_val gamma, beta;
} affine;

static affine gamma_and_beta(builder *b, int64_t size)
{
    const luge_layer *l = b->layer;
    affine a = { none, none };
    const luge_shape shape = luge_make_shape(1, &size);
    if (!l->no_scale)
        a.gamma = weight(b, "gamma", shape, either(l->kernel_initializer, LUGE_ONES), 1, l->kernel_l1, l->kernel_l2);
    if (!l->no_center)
        a.beta = weight(b, "beta", shape, either(l->bias_initializer, LUGE_ZEROS), 1, l->bias_l1, l->bias_l2);
    return a;
}

/* average = momentum average + (1 - momentum) value */
static luge_status follow(builder *b, luge_val average, luge_val value)
{
    luge_graph *g = b->m->graph;
    const double momentum = b->layer->momentum > 0 ? b->layer->momentum : 0.99;
    const luge_val next =
        luge_add(g, luge_mul(g, average, number(b, momentum)), luge_mul(g, value, number(b, 1 - momentum)));
    const luge_val effect = luge_assign(g, average, next);
    return luge_is_some(effect) ? luge__model_add_effect(b->m, effect) : luge_failure(b->m->ctx);
}

/* Ioffe and Szegedy 2015; variance of a batch divided by n, as in Keras. */
static luge_val build_batch_normalization(builder *b)
{
    luge_graph *g = b->m->graph;
    const int64_t size = last_size(b);
    if (!size) return none;
    const affine a = gamma_and_beta(b, size);
    const luge_shape shape = luge_make_shape(1, &size);
    const luge_val moving_mean = weight(b, "moving_mean", shape, luge_init_zeros(), 0, 0, 0);
    const luge_val moving_variance = weight(b, "moving_variance", shape, luge_init_ones(), 0, 0, 0);
    const luge_val inference = standardize(b, b->x, moving_mean, moving_variance, a.gamma, a.beta);
    if (b->layer->frozen || !luge_is_some(inference)) return inference;
    luge_axes axes = { .n = luge_shape_of_val(g, b->x).ndim - 1 };
    for (int i = 0; i < axes.n; i++) axes.axis[i] = i;
    const luge_val mean = luge_mean_over(g, b->x, axes, 0);
    const luge_val variance = luge_mean_over(g, luge_square(g, luge_sub(g, b->x, mean)), axes, 0);
    const luge_val training = standardize(b, b->x, mean, variance, a.gamma, a.beta);
    if (!luge_is_some(training) || luge__model_substitute(b->m, training, inference) || follow(b, moving_mean, mean) ||
        follow(b, moving_variance, variance))
        return none;
    return training;
}

/* Ba, Kiros and Hinton 2016 */
static luge_val build_layer_normalization(builder *b)
{
    luge_graph *g = b->m->graph;
    const int64_t size = last_size(b);
    if (!size) return none;
    const affine a = gamma_and_beta(b, size);
    const luge_val mean = luge_mean_over(g, b->x, last_axis(), 1);
    const luge_val variance = luge_mean_over(g, luge_square(g, luge_sub(g, b->x, mean)), last_axis(), 1);
    return standardize(b, b->x, mean, variance, a.gamma, a.beta);
}

static luge_val build_flatten(builder *b)
{
    return luge_flatten(b->m->graph, b->x);
}

static luge_val build_reshape(builder *b)
{
    const luge_shape row = b->layer->shape;
    if (row.ndim < 1 || row.ndim >= LUGE_MAX_DIMS) return fail(b, LUGE_ESHAPE, "the shape of a row is expected");
    luge_shape shape = { .ndim = row.ndim + 1, .dim = { 0 } }; /* 0 keeps the batch */
    for (int i = 0; i < row.ndim; i++) {
        if (row.dim[i] < -1 || row.dim[i] == 0) return fail(b, LUGE_ESHAPE, "a size is neither positive nor -1");
        shape.dim[i + 1] = row.dim[i];
    }
    return luge_reshape(b->m->graph, b->x, shape);
}

static luge_val build_embedding(builder *b)
{
    const luge_layer *l = b->layer;
    if (l->input_dim < 1 || l->output_dim < 1)
        return fail(b, LUGE_EINVAL, "input_dim and output_dim must be at least 1");
    const luge_val table = weight(b, "embeddings", luge_make_shape(2, (const int64_t[]){ l->input_dim, l->output_dim }),
                                  either(l->kernel_initializer, LUGE_UNIFORM), 1, l->kernel_l1, l->kernel_l2);
    return luge_gather(b->m->graph, table, b->x, 0);
}

static luge_val build_normalization(builder *b)
{
    luge_graph *g = b->m->graph;
    const int64_t size = last_size(b);
    if (!size) return none;
    const luge_shape shape = luge_make_shape(1, &size);
    const luge_val mean = weight(b, "mean", shape, luge_init_zeros(), 0, 0, 0);
    const luge_val variance = weight(b, "variance", shape, luge_init_ones(), 0, 0, 0);
    const luge_val deviation = luge_maximum(g, luge_sqrt(g, variance), number(b, 1e-7));
    return luge_div(g, luge_sub(g, b->x, mean), deviation);
}

static luge_val build_rescaling(builder *b)
{
    luge_graph *g = b->m->graph;
    const luge_val y = luge_mul(g, b->x, number(b, b->layer->scale != 0 ? b->layer->scale : 1));
    return b->layer->offset != 0 ? luge_add(g, y, number(b, b->layer->offset)) : y;
}

static luge_val (*const builders[])(builder *) = {
    [LUGE_INPUT] = build_input,
    [LUGE_DENSE] = build_dense,
    [LUGE_ACTIVATION] = build_activation,
    [LUGE_DROPOUT] = build_dropout,
    [LUGE_BATCH_NORMALIZATION] = build_batch_normalization,
    [LUGE_LAYER_NORMALIZATION] = build_layer_normalization,
    [LUGE_FLATTEN] = build_flatten,
    [LUGE_RESHAPE] = build_reshape,
    [LUGE_EMBEDDING] = build_embedding,
    [LUGE_NORMALIZATION] = build_normalization,
    [LUGE_RESCALING] = build_rescaling,
};

/* ---- any of them ------------------------------------------------------------------------------------------------- */

static int layer_named(const luge_model *m, const char *name)
{
    for (size_t i = 0; i < m->n_layers; i++)
        if (!strcmp(m->layers[i].name, name)) return (int)i;
    return -1;
}

static luge_status name_layer(builder *b)
{
    luge_model *m = b->m;
    if (b->layer->name) {
        if (luge__copy_name(m->ctx, "layer", b->note.name, b->layer->name)) return LUGE_EINVAL;
        if (layer_named(m, b->note.name) < 0) return LUGE_OK;
        return luge__fail(m->ctx, LUGE_EINVAL, "layer: there is a layer \"%s\" already", b->note.name);
    }
    const char *kind = luge_layer_kind_name(b->note.kind);
    luge__format(b->note.name, sizeof b->note.name, "%s", kind);
    for (int i = 1; layer_named(m, b->note.name) >= 0; i++)
        luge__format(b->note.name, sizeof b->note.name, "%s_%d", kind, i);
    return LUGE_OK;
}

static luge_status find_shared(builder *b)
{
    luge_model *m = b->m;
    if (!b->layer->share) return LUGE_OK;
    const int i = layer_named(m, b->layer->share);
    if (i < 0 || m->layers[i].kind != b->note.kind || m->layers[i].shared)
        return luge__fail(m->ctx, LUGE_EINVAL, "%s: no %s layer \"%s\" with weights of its own to share", b->note.name,
                          luge_layer_kind_name(b->note.kind), b->layer->share);
    b->shared = &m->layers[i];
    b->note.shared = i + 1;
    return LUGE_OK;
}

static luge_status check_numbers(builder *b)
{
    const luge_layer *l = b->layer;
    const double penalties[] = { l->kernel_l1, l->kernel_l2, l->bias_l1, l->bias_l2 };
    for (int i = 0; i < 4; i++)
        if (!(penalties[i] >= 0 && penalties[i] < 1e300))
            return fail(b, LUGE_EINVAL, "a regularizer must be a number of at least 0"), LUGE_EINVAL;
    if (!strcmp(luge_activation_name(l->activation), "?"))
        return luge__fail(b->m->ctx, LUGE_EINVAL, "%s: there is no activation number %d", b->note.name,
                          (int)l->activation);
    if (!(l->momentum >= 0 && l->momentum < 1) || !(l->epsilon >= 0 && l->epsilon < 1e300))
        return fail(b, LUGE_EINVAL, "momentum must be in [0, 1), epsilon at least 0"), LUGE_EINVAL;
    const double numbers[] = { l->slope, l->scale, l->offset };
    for (int i = 0; i < 3; i++)
        if (!isfinite(numbers[i])) return fail(b, LUGE_EINVAL, "slope, scale and offset must be finite"), LUGE_EINVAL;
    return LUGE_OK;
}

/* Integers go to embeddings only, through layers that do not compute. */
static luge_status check_input(builder *b)
{
    luge_model *m = b->m;
    luge_node_info info;
    const luge_layer_kind kind = b->note.kind;
    if (kind == LUGE_INPUT) return LUGE_OK;
    if (luge_shape_of_val(m->graph, b->x).ndim < 1 || luge_node_info_of(m->graph, b->x, &info))
        return fail(b, LUGE_EINVAL, "what it is given is not a value of this model with a batch"), LUGE_EINVAL;
    if (kind == LUGE_EMBEDDING ? info.dtype != m->dtype : info.dtype == m->dtype) return LUGE_OK;
    if (kind == LUGE_FLATTEN || kind == LUGE_RESHAPE) return LUGE_OK;
    return luge__fail(m->ctx, LUGE_EDTYPE, "%s: its input is %T; %s expected", b->note.name, info.dtype,
                      kind == LUGE_EMBEDDING ? "integers are" : "the model's dtype is");
}

/* Errors of operators and weights do not know the layer. */
static void name_error(builder *b)
{
    char text[512];
    luge_context *ctx = b->m->ctx;
    const luge_status status = luge_failure(ctx);
    const size_t n = strlen(b->note.name);
    if (!status || (!strncmp(luge_error(ctx), b->note.name, n) && luge_error(ctx)[n] == ':')) return;
    luge__format(text, sizeof text, "%s", luge_error(ctx));
    luge_clear(ctx);
    luge__fail(ctx, status, "%s: %s", b->note.name, text);
}

luge_val luge__layer_build(luge_model *m, const luge_layer *layer, luge_val x)
{
    builder b = { .m = m, .layer = layer, .x = x, .note = { .kind = layer->kind, .input = x } };
    if (luge_failed(m->ctx)) return none;
    if (layer->kind < LUGE_INPUT || (size_t)layer->kind >= sizeof builders / sizeof *builders) {
        luge__fail(m->ctx, LUGE_EINVAL, "layer: there is no kind number %d", (int)layer->kind);
        return none;
    }
    if (name_layer(&b) || find_shared(&b) || check_numbers(&b) || check_input(&b)) return none;
    if (luge__grow(m->ctx, &m->layers, sizeof *m->layers, &m->layer_capacity, m->n_layers + 1)) return none;
    if (b.shared) b.shared = &m->layers[b.note.shared - 1]; /* it may have moved */
    b.note.first_weight = (int32_t)m->n_weights;
    const size_t n_substitutes = m->n_substitutes, n_effects = m->n_effects;
    luge__compile_forget(m);
    b.note.output = builders[layer->kind](&b);
    if (!luge_is_some(b.note.output)) {
        m->n_weights = (size_t)b.note.first_weight;
        m->n_substitutes = n_substitutes;
        m->n_effects = n_effects;
        name_error(&b);
        return none;
    }
    m->layers[m->n_layers++] = b.note;
    return b.note.output;
}
