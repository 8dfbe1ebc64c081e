/* luge/layers.h: describe a network: layers, activations, initializers.
 *
 * A layer is described by a luge_layer; the macros below fill one in: luge_dense(50, .activation = LUGE_RELU). A
 * description is read by the call that it is given to; nothing is allocated for it. Zero in a field means the default,
 * which is Keras' wherever Keras has one. */
#ifndef LUGE_LAYERS_H
#define LUGE_LAYERS_H

#include "luge/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, value, name): one list makes the enum and the names in files and model texts. */
#define LUGE_ACTIVATION_MAP(X)                                                                                         \
    X(LINEAR, 0, "linear")                                                                                             \
    X(STEP, 1, "step")                                                                                                 \
    X(SIGMOID, 2, "sigmoid")                                                                                           \
    X(TANH, 3, "tanh")                                                                                                 \
    X(RELU, 4, "relu")                                                                                                 \
    X(SOFTMAX, 5, "softmax")                                                                                           \
    X(LOG_SOFTMAX, 6, "log_softmax")                                                                                   \
    X(LEAKY_RELU, 7, "leaky_relu")                                                                                     \
    X(ELU, 8, "elu")                                                                                                   \
    X(SELU, 9, "selu")                                                                                                 \
    X(GELU, 10, "gelu")                                                                                                \
    X(SILU, 11, "silu")                                                                                                \
    X(SOFTPLUS, 12, "softplus")                                                                                        \
    X(SOFTSIGN, 13, "softsign")                                                                                        \
    X(EXPONENTIAL, 14, "exponential")

typedef enum luge_activation {
#define LUGE__ACTIVATION_ENUM(name, value, text) LUGE_##name = value,
    LUGE_ACTIVATION_MAP(LUGE__ACTIVATION_ENUM)
#undef LUGE__ACTIVATION_ENUM
        LUGE__ACTIVATION_FORCE_INT = 0x7fffffff
} luge_activation;

/* How a weight starts. fan_in and fan_out are the sizes before and after a dense kernel. The normal variants of glorot,
 * he and lecun are cut at two deviations and widened to keep their deviation, as Keras does. */
#define LUGE_INITIALIZER_MAP(X)                                                                                        \
    X(DEFAULT_INITIALIZER, 0, "default") /* kernels: glorot_uniform; embeddings: uniform +-0.05; others: 0 or 1 */     \
    X(ZEROS, 1, "zeros")                                                                                               \
    X(ONES, 2, "ones")                                                                                                 \
    X(CONSTANT, 3, "constant")                                                                                         \
    X(UNIFORM, 4, "uniform")                   /* [a, b) */                                                            \
    X(NORMAL, 5, "normal")                     /* mean a, deviation b */                                               \
    X(TRUNCATED_NORMAL, 6, "truncated_normal") /* the same, redrawn until within two deviations */                     \
    X(GLOROT_UNIFORM, 7, "glorot_uniform")     /* +- sqrt(6 / (fan_in + fan_out)) */                                   \
    X(GLOROT_NORMAL, 8, "glorot_normal")       /* deviation sqrt(2 / (fan_in + fan_out)) */                            \
    X(HE_UNIFORM, 9, "he_uniform")             /* +- sqrt(6 / fan_in) */                                               \
    X(HE_NORMAL, 10, "he_normal")              /* deviation sqrt(2 / fan_in) */                                        \
    X(LECUN_UNIFORM, 11, "lecun_uniform")      /* +- sqrt(3 / fan_in) */                                               \
    X(LECUN_NORMAL, 12, "lecun_normal")        /* deviation sqrt(1 / fan_in) */

typedef enum luge_initializer_kind {
#define LUGE__INITIALIZER_ENUM(name, value, text) LUGE_##name = value,
    LUGE_INITIALIZER_MAP(LUGE__INITIALIZER_ENUM)
#undef LUGE__INITIALIZER_ENUM
        LUGE__INITIALIZER_FORCE_INT = 0x7fffffff
} luge_initializer_kind;

typedef struct luge_initializer {
    luge_initializer_kind kind;
    double a, b; /* constant: a; uniform: low, high; normal: mean, deviation */
} luge_initializer;

#ifndef __cplusplus
#define luge__initializer(kind, a, b)               ((luge_initializer){ kind, a, b })
#define luge_init_zeros()                           luge__initializer(LUGE_ZEROS, 0, 0)
#define luge_init_ones()                            luge__initializer(LUGE_ONES, 0, 0)
#define luge_init_constant(value)                   luge__initializer(LUGE_CONSTANT, value, 0)
#define luge_init_uniform(low, high)                luge__initializer(LUGE_UNIFORM, low, high)
#define luge_init_normal(mean, deviation)           luge__initializer(LUGE_NORMAL, mean, deviation)
#define luge_init_truncated_normal(mean, deviation) luge__initializer(LUGE_TRUNCATED_NORMAL, mean, deviation)
#define luge_init_glorot_uniform()                  luge__initializer(LUGE_GLOROT_UNIFORM, 0, 0)
#define luge_init_glorot_normal()                   luge__initializer(LUGE_GLOROT_NORMAL, 0, 0)
#define luge_init_he_uniform()                      luge__initializer(LUGE_HE_UNIFORM, 0, 0)
#define luge_init_he_normal()                       luge__initializer(LUGE_HE_NORMAL, 0, 0)
#define luge_init_lecun_uniform()                   luge__initializer(LUGE_LECUN_UNIFORM, 0, 0)
#define luge_init_lecun_normal()                    luge__initializer(LUGE_LECUN_NORMAL, 0, 0)
#endif

/* Fills values[0..elements-1] (f32 or f64) of a weight of that shape: a function of seed, number and shape alone. Fans
 * are the last two sizes times the others; of a shape with one dimension, its length. LUGE_DEFAULT_INITIALIZER means
 * glorot_uniform here. LUGE_EINVAL, with a message in luge_last_error, for numbers that make no sense. */
LUGE_API luge_status luge_initialize(luge_initializer initializer, luge_dtype dtype, luge_shape shape, uint64_t seed,
                                     uint32_t number, void *values);

/* ---- layers ------------------------------------------------------------------------------------------------------ */

#define LUGE_LAYER_MAP(X)                                                                                              \
    X(INPUT, 1, "input")                                                                                               \
    X(DENSE, 2, "dense")                                                                                               \
    X(ACTIVATION, 3, "activation")                                                                                     \
    X(DROPOUT, 4, "dropout")                                                                                           \
    X(BATCH_NORMALIZATION, 5, "batch_normalization")                                                                   \
    X(LAYER_NORMALIZATION, 6, "layer_normalization")                                                                   \
    X(FLATTEN, 7, "flatten")                                                                                           \
    X(RESHAPE, 8, "reshape")                                                                                           \
    X(EMBEDDING, 9, "embedding")                                                                                       \
    X(NORMALIZATION, 10, "normalization")                                                                              \
    X(RESCALING, 11, "rescaling")

typedef enum luge_layer_kind {
#define LUGE__LAYER_ENUM(name, value, text) LUGE_##name = value,
    LUGE_LAYER_MAP(LUGE__LAYER_ENUM)
#undef LUGE__LAYER_ENUM
        LUGE__LAYER_FORCE_INT = 0x7fffffff
} luge_layer_kind;

typedef struct luge_layer {
    size_t size;
    luge_layer_kind kind;
    const char *name; /* unique in a model, up to 127 bytes; default: the kind, and _1, _2, ... for further ones */
    /* dense: y = activation(x W + b), W "kernel" [inputs, units], b "bias" [units]. Works on the last dimension. */
    int64_t units;
    luge_activation activation; /* dense and activation */
    double slope;               /* of leaky_relu, default 0.2; alpha of elu, default 1 */
    int32_t no_bias;
    luge_initializer kernel_initializer; /* kernel, embeddings, gamma; default glorot_uniform, uniform +-0.05, ones */
    luge_initializer bias_initializer;   /* bias, beta; default zeros */
    double kernel_l1, kernel_l2;         /* added to the loss: l1 sum |w| + l2 sum w^2; of kernel, embeddings, gamma */
    double bias_l1, bias_l2;             /* the same of bias, beta */
    int32_t frozen;    /* nonzero: training does not change its weights; batch normalization then uses its averages */
    double rate;       /* dropout: share of values that become 0 while training, in [0, 1) */
    double momentum;   /* batch normalization: of its moving averages, default 0.99 */
    double epsilon;    /* batch and layer normalization: added to the variance, default 1e-3 */
    int32_t no_center; /* batch and layer normalization: without beta */
    int32_t no_scale;  /* the same: without gamma */
    luge_shape shape;  /* input, reshape: of one row, without the batch; reshape: one size may be -1 */
    luge_dtype dtype;  /* input: default the model's; LUGE_I32 or LUGE_I64 before an embedding */
    int64_t input_dim, output_dim; /* embedding: how many indices, how long their vectors */
    double scale, offset;          /* rescaling: x scale + offset; scale 0 means 1 */
    const char *share;             /* name of an earlier layer of the same kind whose weights this one uses too */
} luge_layer;

#ifndef __cplusplus
#define luge__layer(...)              (&(luge_layer){ .size = sizeof(luge_layer), __VA_ARGS__ })
#define luge_input_layer(...)         luge__layer(.kind = LUGE_INPUT, .shape = __VA_ARGS__)
#define luge_dense(...)               luge__layer(.kind = LUGE_DENSE, .units = __VA_ARGS__)
#define luge_activation_layer(...)    luge__layer(.kind = LUGE_ACTIVATION, .activation = __VA_ARGS__)
#define luge_dropout(...)             luge__layer(.kind = LUGE_DROPOUT, .rate = __VA_ARGS__)
#define luge_batch_normalization(...) luge__layer(.kind = LUGE_BATCH_NORMALIZATION, __VA_ARGS__)
#define luge_layer_normalization(...) luge__layer(.kind = LUGE_LAYER_NORMALIZATION, __VA_ARGS__)
#define luge_flatten_layer(...)       luge__layer(.kind = LUGE_FLATTEN, __VA_ARGS__)
#define luge_reshape_layer(...)       luge__layer(.kind = LUGE_RESHAPE, .shape = __VA_ARGS__)
#define luge_embedding(...)           luge__layer(.kind = LUGE_EMBEDDING, .input_dim = __VA_ARGS__)
#define luge_normalization(...)       luge__layer(.kind = LUGE_NORMALIZATION, __VA_ARGS__)
#define luge_rescaling(...)           luge__layer(.kind = LUGE_RESCALING, .scale = __VA_ARGS__)
#endif

/* Names as in files and model texts, "?" for an unknown value; and back: nonzero where there is such a name. */
LUGE_API const char *luge_activation_name(luge_activation activation);
LUGE_API int luge_activation_named(const char *name, luge_activation *activation);
LUGE_API const char *luge_layer_kind_name(luge_layer_kind kind);
LUGE_API const char *luge_initializer_name(luge_initializer_kind kind);
LUGE_API int luge_initializer_named(const char *name, luge_initializer_kind *kind);

/* The activation of a value, appended to the graph; none on an error. slope as in luge_layer. */
LUGE_API luge_val luge_activate(luge_graph *g, luge_val x, luge_activation activation, double slope);

#ifdef __cplusplus
}
#endif
#endif
