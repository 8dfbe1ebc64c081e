/* fit_tools.h: small data sets and models for the suites that train. */
#ifndef LUGE_TESTS_FIT_TOOLS_H
#define LUGE_TESTS_FIT_TOOLS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "luge/luge.h"

/* Text that a sink got, terminated. */
typedef struct fit_text {
    char text[1 << 16];
    size_t n;
    int64_t writes;
} fit_text;

static inline void fit_write(void *user, const char *text, size_t length)
{
    fit_text *t = user;
    t->writes++;
    if (length >= sizeof t->text - t->n) return;
    memcpy(t->text + t->n, text, length);
    t->text[t->n += length] = 0;
}

/* The widest line, in columns; a carriage return begins one, too. */
static inline int fit_widest(const char *text)
{
    int widest = 0, columns = 0;
    for (; *text; text++) {
        if (*text == '\n' || *text == '\r')
            columns = 0;
        else if (((unsigned char)*text & 0xc0) != 0x80 && ++columns > widest)
            widest = columns;
    }
    return widest;
}

/* rows x width numbers in [-1, 1) that depend on the seed alone. */
static inline luge_array *fit_numbers(luge_context *ctx, int64_t rows, int64_t width, uint32_t seed)
{
    const size_t n = (size_t)(rows * width);
    float *x = malloc(n * sizeof *x);
    for (size_t i = 0; x && i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / 8388608.0f - 1;
    }
    luge_array *array = x ? luge_array_copy(ctx, LUGE_F32, luge_shape_of(rows, width), x) : NULL;
    free(x);
    return array;
}

/* Class numbers 0 .. classes-1; each occurs. */
static inline luge_array *fit_class_numbers(luge_context *ctx, int64_t rows, int classes, uint32_t seed)
{
    int32_t *y = malloc((size_t)rows * sizeof *y);
    for (int64_t i = 0; y && i < rows; i++) {
        seed = seed * 1664525u + 1013904223u;
        y[i] = (int32_t)(i < classes ? (uint32_t)i : (seed >> 16) % (uint32_t)classes);
    }
    luge_array *array = y ? luge_array_copy(ctx, LUGE_I32, luge_shape_of(rows), y) : NULL;
    free(y);
    return array;
}

/* Numbers to learn a number from. */
static inline luge_dataset *fit_regression(luge_context *ctx, int64_t rows, int64_t width)
{
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, fit_numbers(ctx, rows, width, 1));
    luge_dataset_add_targets(data, fit_numbers(ctx, rows, 1, 2));
    return data;
}

/* Numbers to learn a class from. */
static inline luge_dataset *fit_classes(luge_context *ctx, int64_t rows, int64_t width, int classes)
{
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, fit_numbers(ctx, rows, width, 1));
    luge_dataset_add_targets(data, fit_class_numbers(ctx, rows, classes, 2), .classes = classes);
    return data;
}

/* width-4-1, mean squared error, plain gradient descent, f64. */
static inline luge_model *fit_small(luge_context *ctx, int64_t width, double rate)
{
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64, .seed = 3);
    luge_add_layer(m, luge_input_layer(luge_shape_of(width)));
    luge_add_layer(m, luge_dense(4, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(1));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = rate), .loss = LUGE_MEAN_SQUARED_ERROR);
    return m;
}

/* width-8-classes with softmax, f32. */
static inline luge_model *fit_classifier(luge_context *ctx, int64_t width, int classes)
{
    luge_model *m = luge_sequential(ctx, .seed = 5);
    luge_add_layer(m, luge_input_layer(luge_shape_of(width)));
    luge_add_layer(m, luge_dense(8, .activation = LUGE_RELU));
    luge_add_layer(m, luge_dense(classes, .activation = LUGE_SOFTMAX));
    luge_compile(m, .optimizer = luge_adam(.learning_rate = 0.01), .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    return m;
}

/* A number made of all bits of all weights. */
static inline uint64_t fit_bits(luge_model *m)
{
    uint64_t hash = 1469598103934665603u;
    for (int i = 0; i < luge_weight_count(m); i++) {
        luge_weight_info w;
        if (luge_weight_at(m, i, &w)) return 0;
        const size_t bytes = (size_t)luge_shape_size(&w.shape) * luge_dtype_size(w.dtype);
        unsigned char *data = malloc(bytes);
        if (!data || luge_get_weight(m, w.name, data, bytes)) hash = 0;
        for (size_t k = 0; data && k < bytes; k++) hash = (hash ^ data[k]) * 1099511628211u;
        free(data);
    }
    return hash;
}

/* What a call that must be refused said; the error is forgotten. */
#define FIT_REFUSED(t, ctx, call, expected, part)                                                                      \
    do {                                                                                                               \
        (void)(call);                                                                                                  \
        CHECK_STATUS(t, luge_failure(ctx), expected);                                                                  \
        CHECK_STR_CONTAINS(t, luge_error(ctx), part);                                                                  \
        luge_clear(ctx);                                                                                               \
    } while (0)

#endif
