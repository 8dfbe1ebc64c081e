/* test_building.c: how models come to be: chains with and without an input layer, graphs of layers and operators,
 * names, weights in common; and what is refused, by which words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/luge.h"

static const double inputs[8] = { 0.5, -1, 2, 0.25, -0.75, 1.5, 1, -2 }, targets[8] = { 1, 0, -1, 0.5, 2, 1, 0, -0.5 };

static luge_dataset *data_with(luge_context *ctx, int n_features, int n_targets)
{
    luge_dataset *data = luge_dataset_create(ctx);
    for (int i = 0; i < n_features; i++)
        luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(4, 2), inputs));
    for (int i = 0; i < n_targets; i++)
        luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(4, 2), targets));
    return data;
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

enum { FIRST_DATA, INPUT_LAYER, BUILD_LATE, BUILD_EARLY, WAYS };

static luge_model *chain(luge_context *ctx, int way)
{
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    if (way == INPUT_LAYER) luge_add_layer(m, luge_input_layer(luge_shape_of(2)));
    if (way == BUILD_EARLY) luge_build(m, luge_shape_of(2));
    luge_add_layer(m, luge_dense(3, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dropout(0.25));
    luge_add_layer(m, luge_dense(2));
    if (way == BUILD_LATE) luge_build(m, luge_shape_of(2));
    return m;
}

/* However the shape of a row becomes known, the model is the same. */
static void ways(luge_test *t)
{
    double outputs[WAYS][8] = { { 0 } };
    for (int way = 0; way < WAYS; way++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = chain(ctx, way);
        luge_dataset *data = data_with(ctx, 1, 1);
        CHECK_EQ_INT(t, luge_parameter_count(m), way == FIRST_DATA ? -1 : 17);
        CHECK_STATUS(t, luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR), LUGE_OK);
        CHECK_STATUS(t, luge_fit(m, data, .epochs = 2, .batch_size = 3), LUGE_OK);
        CHECK_EQ_INT(t, luge_parameter_count(m), 17);
        CHECK_STATUS(t, luge_predict(m, data, outputs[way], sizeof outputs[way]), LUGE_OK);
        CHECK_EQ_INT(t, memcmp(outputs[way], outputs[0], sizeof outputs[0]), 0);
        CHECK_STR_EQ(t, luge_error(ctx), "");
        luge_close(ctx);
    }
}

/* A chain grows after it was used, and what it had learned stays. */
static void grown(luge_test *t)
{
    double before[6], after[6], outputs[4];
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = chain(ctx, INPUT_LAYER);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
    luge_fit(m, data_with(ctx, 1, 1));
    CHECK_STATUS(t, luge_get_weight(m, "dense/kernel", before, sizeof before), LUGE_OK);
    CHECK_STATUS(t, luge_add_layer(m, luge_dense(1)), LUGE_OK);
    CHECK_STATUS(t, luge_get_weight(m, "dense/kernel", after, sizeof after), LUGE_OK);
    CHECK_EQ_INT(t, memcmp(before, after, sizeof before), 0);
    CHECK_STATUS(t, luge_predict(m, data_with(ctx, 1, 0), outputs, sizeof outputs), LUGE_OK);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* A batch after outputs were added needs more room than the one before. */
static void grown_after_fit(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *one = data_with(ctx, 1, 1), *two = data_with(ctx, 1, 2);
    luge_model *m = luge_model_create(ctx, .dtype = LUGE_F64);
    const luge_val x = luge_model_input(m, NULL, LUGE_NO_DTYPE, luge_shape_of(2));
    luge_val y[2] = { luge_call_layer(m, luge_dense(2), x) };
    luge_model_outputs(m, y, 1);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
    CHECK_STATUS(t, luge_fit(m, one), LUGE_OK);
    y[1] = luge_call_layer(m, luge_dense(2), x);
    luge_model_outputs(m, y, 2);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
    CHECK_STATUS(t, luge_fit(m, two), LUGE_OK);
    luge_model *chained = chain(ctx, FIRST_DATA);
    luge_compile(chained, .loss = LUGE_MEAN_SQUARED_ERROR);
    CHECK_STATUS(t, luge_fit(chained, one), LUGE_OK);
    luge_add_layer(chained, luge_dense(1000));
    luge_compile(chained, .loss = LUGE_MEAN_SQUARED_ERROR);
    static double wide[4 * 1000];
    luge_dataset *many = luge_dataset_create(ctx);
    luge_dataset_add_features(many, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(4, 2), inputs));
    luge_dataset_add_targets(many, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(4, 1000), wide));
    CHECK_STATUS(t, luge_fit(chained, many), LUGE_OK);
    luge_close(ctx);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static void names(luge_test *t)
{
    static const char *const expected[] = { "input", "dense", "mine", "dense_1", "dropout", "dense_2", "dense_7" };
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx);
    char name[] = "mine";
    luge_layer own = *luge_dense(3, .name = name);
    luge_add_layer(m, luge_dense(2));
    luge_add_layer(m, &own);
    name[0] = '?'; /* it was copied */
    luge_add_layer(m, luge_dense(2));
    luge_add_layer(m, luge_dropout(0));
    luge_add_layer(m, luge_dense(2));
    luge_add_layer(m, luge_dense(2, .name = "dense_7"));
    CHECK_STATUS(t, luge_build(m, luge_shape_of(2)), LUGE_OK);
    const int first = luge_layer_count(m) == 6; /* an input that was not added is no layer */
    for (int i = 0; i < luge_layer_count(m); i++) {
        luge_layer_info info;
        CHECK_STATUS(t, luge_layer_at(m, i, &info), LUGE_OK);
        CHECK_STR_EQ(t, info.name, expected[i + first]);
    }
    luge_weight_info weight;
    CHECK_STATUS(t, luge_weight_at(m, 2, &weight), LUGE_OK);
    CHECK_STR_EQ(t, weight.name, "mine/kernel");
    CHECK_STR_EQ(t, luge_error(ctx), "");
    CHECK(t, luge_add_layer(m, luge_dense(2, .name = "mine")) == LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "there is a layer \"mine\" already");
    luge_clear(ctx);
    CHECK(t, luge_add_layer(m, luge_dense(2, .name = "")) == LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "a name has 0 characters");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_add_layer(m, luge_dense(2)), LUGE_OK); /* a refused layer leaves nothing */
    CHECK_STATUS(t, luge_get_weight(m, "nothing/kernel", NULL, 0), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "nothing/kernel");
    luge_close(ctx);
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

/* Two inputs, a skip, raw operators, a weight of one's own, two outputs: by hand. */
static void functional(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_model_create(ctx, .dtype = LUGE_F64, .name = "two");
    luge_graph *g = luge_model_graph(m);
    const luge_val a = luge_model_input(m, "a", LUGE_NO_DTYPE, luge_shape_of(2));
    const luge_val b = luge_model_input(m, "b", LUGE_F64, luge_shape_of(2));
    const luge_val factor = luge_model_weight(m, "factor", luge_shape_of(2), luge_init_constant(3));
    const luge_val skip = luge_add(g, a, luge_call_layer(m, luge_activation_layer(LUGE_RELU), b));
    const luge_val outputs[2] = { luge_mul(g, skip, factor), luge_sub(g, luge_square(g, a), b) };
    CHECK_STATUS(t, luge_model_outputs(m, outputs, 2), LUGE_OK);
    luge_dataset *data = data_with(ctx, 2, 2);
    double first[8] = { 0 }, second[8] = { 0 }, loss[2] = { 0 }, gradient[2] = { 0 }, after[2] = { 0 };
    CHECK_STATUS(t, luge_predict(m, data, first, sizeof first), LUGE_OK);
    CHECK_STATUS(t, luge_predict(m, data, second, sizeof second, .output = 1, .batch_size = 3), LUGE_OK);
    for (int i = 0; i < 8; i++) {
        const double x = inputs[i], s = x + fmax(x, 0), e = 3 * s - targets[i];
        CHECK_CLOSE(t, first[i], 3 * s, 1e-15);
        CHECK_CLOSE(t, second[i], x * x - x, 1e-15);
        loss[0] += e * e / 8;
        loss[1] += pow(x * x - x - targets[i], 2) / 8;
        gradient[i % 2] += 2 * e * s / 8;
    }
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_sgd(.learning_rate = 1),
                 .loss_weights = { 1, 2 });
    CHECK_CLOSE(t, luge_evaluate(m, data).loss, loss[0] + 2 * loss[1], 1e-13);
    CHECK_CLOSE(t, luge_evaluate(m, data, .batch_size = 1).loss, loss[0] + 2 * loss[1], 1e-13);
    CHECK_CLOSE(t, luge_train_on_batch(m, data).loss, loss[0] + 2 * loss[1], 1e-13);
    CHECK_STATUS(t, luge_get_weight(m, "factor", after, sizeof after), LUGE_OK);
    for (int i = 0; i < 2; i++) CHECK_CLOSE(t, after[i], 3 - gradient[i], 1e-13);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    CHECK_STATUS(t, luge_predict(m, data, first, sizeof first, .output = 2), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "output 2 is out of range");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_fit(m, data_with(ctx, 1, 2)), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "1 feature arrays; the model has 2 inputs");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_add_layer(m, luge_dense(1)), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "a chain has one end; this model has 2 outputs");
    luge_close(ctx);
}

/* A layer that both paths of a graph go through, and a residual block of batch normalization. */
static void skip_connection(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_model_create(ctx, .dtype = LUGE_F64);
    luge_graph *g = luge_model_graph(m);
    const luge_val x = luge_model_input(m, "x", LUGE_NO_DTYPE, luge_shape_of(2));
    luge_val y = luge_call_layer(m, luge_dense(2, .activation = LUGE_RELU), x);
    y = luge_add(g, luge_call_layer(m, luge_batch_normalization(), y), x);
    y = luge_add(g, y, luge_call_layer(m, luge_dense(2, .share = "dense"), x));
    y = luge_call_layer(m, luge_dropout(0.1), y);
    luge_model_outputs(m, &y, 1);
    luge_dataset *data = data_with(ctx, 1, 1);
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR, .optimizer = luge_adam(.learning_rate = 0.05));
    const double before = luge_evaluate(m, data).loss;
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 200, .batch_size = LUGE_FULL_BATCH), LUGE_OK);
    CHECK(t, luge_evaluate(m, data).loss < before / 2);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* ---- refused ----------------------------------------------------------------------------------------------------- */

static void refuse(luge_test *t, luge_status status, const char *words, luge_shape row, const luge_layer *layer)
{
    luge_context *ctx = luge_open(.threads = 1);
    for (int late = 0; late < 2; late++) { /* now, and when the chain is built */
        luge_model *m = luge_sequential(ctx);
        if (!late) luge_build(m, row);
        luge_add_layer(m, luge_dense(2, .name = "d"));
        if (late) CHECK_STATUS(t, luge_add_layer(m, layer), LUGE_OK);
        CHECK_STATUS(t, late ? luge_build(m, row) : luge_add_layer(m, layer), status);
        CHECK_STR_CONTAINS(t, luge_error(ctx), words);
        luge_clear(ctx);
    }
    luge_close(ctx);
}

static void refused(luge_test *t)
{
    const luge_shape row = luge_shape_of(2);
    const double nan = (double)NAN;
    refuse(t, LUGE_EINVAL, "dense: units must be at least 1", row, luge_dense(0));
    refuse(t, LUGE_EINVAL, "dense: units must be at least 1", row, luge_dense(-3));
    refuse(t, LUGE_EINVAL, "mine: a regularizer", row, luge_dense(1, .name = "mine", .kernel_l2 = -1));
    refuse(t, LUGE_EINVAL, "dense: a regularizer", row, luge_dense(1, .bias_l1 = nan));
    refuse(t, LUGE_EINVAL, "dense: there is no activation number 15", row,
           luge_dense(1, .activation = (luge_activation)15));
    refuse(t, LUGE_EINVAL, "activation: there is no activation number -1", row,
           luge_activation_layer((luge_activation)-1));
    refuse(t, LUGE_EINVAL, "activation: slope, scale and offset must be finite", row,
           luge_activation_layer(LUGE_ELU, .slope = nan));
    refuse(t, LUGE_EINVAL, "dropout: the rate", row, luge_dropout(1));
    refuse(t, LUGE_EINVAL, "dropout: the rate", row, luge_dropout(nan));
    refuse(t, LUGE_EINVAL, "batch_normalization: momentum", row, luge_batch_normalization(.momentum = 1));
    refuse(t, LUGE_EINVAL, "layer_normalization: momentum must be in [0, 1), epsilon", row,
           luge_layer_normalization(.epsilon = -1));
    refuse(t, LUGE_ESHAPE, "reshape: the shape of a row is expected", row, luge_reshape_layer({ 0 }));
    refuse(t, LUGE_ESHAPE, "reshape: a size is neither positive nor -1", row, luge_reshape_layer(luge_shape_of(0, 2)));
    refuse(t, LUGE_ESHAPE, "mine: reshape", row, luge_reshape_layer(luge_shape_of(3), .name = "mine"));
    refuse(t, LUGE_ESHAPE, "mine: reshape", row, luge_reshape_layer(luge_shape_of(-1, -1), .name = "mine"));
    refuse(t, LUGE_ESHAPE, "dense: variable: f32[2,9223372036854775807] is too large", row, luge_dense(INT64_MAX));
    refuse(t, LUGE_EDTYPE, "embedding: its input is f32; integers are expected", row,
           luge_embedding(2, .output_dim = 2));
    refuse(t, LUGE_EINVAL, "rescaling: slope, scale and offset must be finite", row, luge_rescaling(nan));
    refuse(t, LUGE_EINVAL, "no kind number 12", row, luge__layer(.kind = (luge_layer_kind)12));
    refuse(t, LUGE_EINVAL, "no kind number 0", row, luge__layer(.units = 5));
    refuse(t, LUGE_EINVAL, "dense: no dense layer \"e\"", row, luge_dense(2, .share = "e"));
    refuse(t, LUGE_EINVAL, "no layer_normalization layer \"d\"", row, luge_layer_normalization(.share = "d"));
    refuse(t, LUGE_ESHAPE, "kernel is [2,3] here, but [2,2] in the layer that it shares", row,
           luge_dense(3, .share = "d"));
    refuse(t, LUGE_EINVAL, "there is a layer \"d\" already", row, luge_dense(3, .name = "d"));
}

/* A layer that fails in its middle leaves neither weights nor moving averages. */
static void refused_names(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    char name[200];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = 0;
    luge_build(m, luge_shape_of(2));
    CHECK_STATUS(t, luge_add_layer(m, luge_batch_normalization(.name = name)), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "a name has 199 characters; 1 to 127");
    luge_clear(ctx);
    name[118] = 0; /* room for "/gamma" and "/beta", not for "/moving_mean" */
    CHECK_STATUS(t, luge_add_layer(m, luge_batch_normalization(.name = name)), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "a name has 130 characters");
    CHECK_STR_CONTAINS(t, luge_error(ctx), name);
    luge_clear(ctx);
    CHECK_EQ_INT(t, luge_weight_count(m), 0);
    luge_add_layer(m, luge_dense(2));
    luge_compile(m, .loss = LUGE_MEAN_SQUARED_ERROR);
    CHECK_STATUS(t, luge_fit(m, data_with(ctx, 1, 1)), LUGE_OK);
    CHECK_EQ_INT(t, luge_parameter_count(m), 6);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* Weights in common go by their names, not by their order. */
static void refused_share(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx);
    luge_build(m, luge_shape_of(2));
    luge_add_layer(m, luge_layer_normalization(.name = "a", .no_scale = 1));
    CHECK_STATUS(t, luge_add_layer(m, luge_layer_normalization(.share = "a", .no_center = 1)), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "has no weight \"a/gamma\"");
    luge_clear(ctx);
    luge_add_layer(m, luge_layer_normalization(.name = "b"));
    CHECK_STATUS(t, luge_add_layer(m, luge_layer_normalization(.name = "c", .share = "b", .no_scale = 1)), LUGE_OK);
    luge_layer_info info;
    luge_layer_at(m, luge_layer_count(m) - 1, &info);
    CHECK_EQ_INT(t, info.parameters, 0);
    CHECK_STATUS(t, luge_add_layer(m, luge_layer_normalization(.share = "c")), LUGE_EINVAL); /* has none of its own */
    CHECK_STR_CONTAINS(t, luge_error(ctx), "weights of its own to share");
    luge_close(ctx);
}

static void refused_state(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx);
    double x[2];
#define WORDS(status, expected, words)                                                                                 \
    do {                                                                                                               \
        CHECK_STATUS(t, status, expected);                                                                             \
        CHECK_STR_CONTAINS(t, luge_error(ctx), words);                                                                 \
        luge_clear(ctx);                                                                                               \
    } while (0)
    WORDS(luge_fit(m, data_with(ctx, 1, 1)), LUGE_ESTATE, "the model has no layers");
    WORDS(luge_add_layer(m, NULL), LUGE_EINVAL, "the layer is NULL");
    luge_add_layer(m, luge_dense(2));
    WORDS(luge_get_weight(m, "dense/kernel", x, sizeof x), LUGE_ESTATE, "the shape of a row is not known yet");
    WORDS(luge_add_layer(m, luge_input_layer(luge_shape_of(2))), LUGE_ESTATE, "an input layer must come first");
    WORDS(luge_build(m, luge_shape_of(0)), LUGE_ESHAPE, "sizes of at least 1");
    CHECK_STATUS(t, luge_build(m, luge_shape_of(2)), LUGE_OK);
    WORDS(luge_build(m, luge_shape_of(2)), LUGE_ESTATE, "built already");
    WORDS(luge_add_layer(m, luge_input_layer(luge_shape_of(2))), LUGE_ESTATE, "an input layer must come first");
    WORDS(luge_fit(m, data_with(ctx, 1, 1)), LUGE_ESTATE, "compile the model first");
    WORDS(luge_set_weight(m, "dense/kernel", x, 8), LUGE_EINVAL, "bytes");
    const luge_val none = { 0, 0 };
    WORDS(luge_model_outputs(m, &none, 1), LUGE_EINVAL, "output 0 is not a value of this model");
    WORDS(luge_model_outputs(m, NULL, 1), LUGE_EINVAL, "the outputs are NULL");
    WORDS(luge_model_outputs(m, &none, 9), LUGE_EINVAL, "1 to 8 outputs are expected, not 9");
    CHECK(t, !luge_is_some(luge_call_layer(m, luge_dense(1), none)));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "not a value of this model with a batch");
    luge_clear(ctx);
    CHECK(t, !luge_is_some(luge_call_layer(m, luge_reshape_layer(luge_shape_of(5), .name = "re"),
                                           luge_node_at(luge_model_graph(m), 1))));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "re: reshape: ");
    luge_clear(ctx);
    luge_model_weight(m, "w", luge_shape_of(2), luge_init_ones());
    CHECK(t, !luge_is_some(luge_model_weight(m, "w", luge_shape_of(2), luge_init_ones())));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "\"w\"");
    luge_clear(ctx);
    CHECK(t, !luge_is_some(luge_model_input(m, "wide", LUGE_F64, luge_shape_of(2))));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "dtype is f64; f32, i32 or i64 is expected");
    luge_clear(ctx);
    const luge_val whole = luge_model_input(m, "whole", LUGE_I32, luge_shape_of(2));
    CHECK(t, !luge_is_some(luge_call_layer(m, luge_dense(1), whole)));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "dense_1: its input is i32; the model's dtype is expected");
    luge_clear(ctx);
    CHECK(t, !luge_is_some(luge_call_layer(m, luge_embedding(0, .output_dim = 2), whole)));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "embedding: input_dim and output_dim must be at least 1");
    luge_clear(ctx);
    CHECK(t, !luge_is_some(luge_call_layer(m, luge_embedding(2), whole)));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "embedding: input_dim and output_dim must be at least 1");
    luge_clear(ctx);
    CHECK(t, luge_is_some(luge_call_layer(m, luge_dense(1, .name = "dense_1"), luge_node_at(luge_model_graph(m), 1))));
    CHECK(t, !luge_model_create(ctx, .dtype = LUGE_I32));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "dtype is i32; f32 or f64");
    CHECK(t, !luge_model_create(NULL));
    luge_clear(ctx);
    CHECK_STATUS(t, luge_add_layer(NULL, luge_dense(1)), LUGE_EINVAL);
    luge_model_free(NULL);
    luge_close(ctx);
#undef WORDS
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static void refused_texts(luge_test *t)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        { NULL, "the text is NULL" },
        { "", "a layer is expected at column 1" },
        { "dense 4, ", "a layer is expected at column 9" },
        { "danse 4", "no layer \"danse\" (column 1); nearest: dense" },
        { "dense", "\"dense\" needs a number of units" },
        { "dense 1.5", "column 7: \"1.5\" is not a whole number" },
        { "dense 4, dropout 1", "column 18: \"1\" is not a rate in [0, 1)" },
        { "dense 4 rela", "no activation \"rela\" (column 9); nearest: relu" },
        { "dense 4 int=zeros", "no setting \"int=zeros\" (column 9); nearest: init" },
        { "dense 4 init=he", "is no initializer" },
        { "dense 4 init=constant", "is no initializer" }, /* as it stands without its numbers */
        { "dense 4 init=truncated_normal", "is no initializer" },
        { "dense 4 bias=maybe", "must be yes or no" },
        { "flatten relu", "write it as a layer of its own" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        luge_model *m = luge_sequential(ctx);
        CHECK_STATUS(t, luge_add_layers(m, rows[i].text), LUGE_EINVAL);
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].words);
        luge_clear(ctx);
    }
    luge_close(ctx);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static luge_status every_kind(luge_test *t, luge_context *ctx, void *user)
{
    double out[8];
    (void)t;
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    if (user) luge_add_layer(m, luge_input_layer(luge_shape_of(2)));
    luge_add_layer(m, luge_normalization());
    luge_add_layer(m, luge_rescaling(2, .offset = 1));
    luge_add_layer(m, luge_dense(2, .activation = LUGE_GELU));
    luge_add_layer(m, luge_batch_normalization());
    luge_add_layer(m, luge_reshape_layer(luge_shape_of(1, -1)));
    luge_add_layer(m, luge_layer_normalization());
    luge_add_layer(m, luge_dropout(0.5));
    luge_add_layer(m, luge_dense(2, .share = "dense"));
    luge_add_layer(m, luge_flatten_layer());
    luge_add_layer(m, luge_activation_layer(LUGE_SOFTMAX));
    luge_dataset *data = data_with(ctx, 1, 1);
    luge_adapt(m, data);
    luge_compile(m, .loss = LUGE_CATEGORICAL_CROSSENTROPY);
    luge_train_on_batch(m, data);
    luge_predict(m, data, out, sizeof out);
    return luge_failure(ctx);
}

static void memory(luge_test *t)
{
    int given = 1;
    luge__test_oom_sweep(t, "a model of every layer", every_kind, NULL);
    luge__test_oom_sweep(t, "a model with an input layer", every_kind, &given);
}

void test_building(luge_test *t)
{
    RUN(t, ways);
    RUN(t, grown);
    RUN(t, grown_after_fit);
    RUN(t, names);
    RUN(t, functional);
    RUN(t, skip_connection);
    RUN(t, refused);
    RUN(t, refused_names);
    RUN(t, refused_share);
    RUN(t, refused_state);
    RUN(t, refused_texts);
    RUN(t, memory);
}
