/* test_api_model.c: every public function of data, layers, metrics and models called with NULL, none and zeros: it
 * refuses, it does not crash. */
#include <math.h>

#include "graph_tools.h"

static const luge_val none = { 0, 0 };
static const luge_shape empty = { 0 };

static void node_functions(luge_test *t)
{
    luge_attribute attribute;
    CHECK_EQ_INT(t, luge_attribute_count(NULL, none), 0);
    CHECK(t, luge_attribute_at(NULL, none, 0, &attribute) && luge_attribute_at(NULL, none, 0, NULL));
    CHECK_EQ_INT(t, luge_op_attribute_count(NULL), -1);
    CHECK(t, luge_op_attribute_at(NULL, 0, &attribute) && luge_op_attribute_at("add", -1, NULL));
    CHECK(t, !luge_is_some(luge_append(NULL, NULL, NULL, 0, NULL, 0)));
}

static void array_functions(luge_test *t)
{
    CHECK(t, !luge_array_borrow(NULL, LUGE_F32, empty, NULL) && !luge_array_copy(NULL, LUGE_F32, empty, NULL));
    CHECK(t, !luge_array_idx(NULL, NULL) && !luge_array_npy(NULL, NULL));
    CHECK(t, !luge_array_make(NULL, LUGE_F32, empty, NULL));
    luge_array_free(NULL);
    CHECK(t, luge_array_dtype(NULL) == LUGE_NO_DTYPE && luge_array_shape(NULL).ndim == -1);
    CHECK(t, luge_array_read(NULL, 0, 0, NULL, 0) != LUGE_OK);
}

static void data_functions(luge_test *t)
{
    luge_column_info column;
    luge_dataset *parts[2] = { NULL, NULL };
    CHECK(t, !luge_dataset_create(NULL));
    luge_dataset_free(NULL);
    CHECK(t, luge_dataset_add_features_with(NULL, NULL) && luge_dataset_add_targets_with(NULL, NULL));
    CHECK(t, luge_dataset_set_weights(NULL, NULL) != LUGE_OK);
    CHECK(t, !luge_dataset_read_csv_with(NULL, NULL) && !luge_make_data_with(NULL, NULL));
    CHECK(t, !luge_make_data_name(-1) && !luge_make_data_name(1000));
    CHECK(t, luge_dataset_rows(NULL) <= 0 && luge_dataset_count(NULL, LUGE_FEATURES) <= 0);
    CHECK(t, luge_dataset_column(NULL, LUGE_FEATURES, 0, &column) && luge_dataset_column(NULL, (luge_role)9, 0, NULL));
    CHECK(t, luge_dataset_memory(NULL) == 0 && luge_dataset_fingerprint(NULL) == 0);
    CHECK(t, luge_dataset_gather(NULL, LUGE_FEATURES, 0, LUGE_NUMBERS, LUGE_F32, NULL, 0, NULL, 0) != LUGE_OK);
    CHECK(t, !luge_dataset_select(NULL, NULL, 0) && !luge_dataset_slice(NULL, 0, 0) && !luge_dataset_shuffle(NULL, 1));
    luge_row_order(0, 0, 0, NULL);
    luge_row_sample(0, 0, 0, 0, NULL);
    CHECK(t, luge_dataset_split_with(NULL, NULL, NULL) && luge_dataset_fold(NULL, 0, 0, 0, parts));
    CHECK(t, luge_dataset_statistics(NULL, 0, NULL) != LUGE_OK);
    CHECK(t, !luge_dataset_rescale(NULL, 0, NULL, NULL) && !luge_dataset_standardize(NULL, NULL));
    CHECK(t, !luge_dataset_min_max(NULL, NULL));
}

static void table_functions(luge_test *t)
{
    luge_table_column column;
    luge_encoder_info info;
    luge_context *ctx = luge_open(.threads = 1);
    CHECK(t, !luge_table_read_with(NULL, NULL) && !luge_table_read_with(ctx, NULL));
    luge_clear(ctx);
    luge_table_free(NULL);
    CHECK(t, luge_table_rows(NULL) == 0 && luge_table_columns(NULL) == 0 && luge_table_find(NULL, NULL) == -1);
    CHECK(t, luge_table_column_at(NULL, 0, &column) && luge_table_column_at(NULL, 0, NULL));
    CHECK(t, isnan(luge_table_number(NULL, 0, 0)) && !luge_table_text(NULL, 0, 0));
    CHECK(t, !luge_encoder_learn_with(NULL, NULL) && !luge_encoder_learn_with(ctx, NULL));
    luge_clear(ctx);
    luge_encoder_free(NULL);
    CHECK(t, !luge_encode(NULL, NULL, 1) && luge_encoder_info_of(NULL, &info) && !luge_encoder_text(NULL));
    CHECK(t, !luge_encoder_from_text(NULL, NULL) && !luge_encoder_from_text(ctx, NULL));
    luge_close(ctx);
}

static void metric_functions(luge_test *t)
{
    double low, high;
    CHECK(t, luge_metric_name((luge_metric)99) != NULL && luge_metric_named(NULL) == LUGE_NO_METRIC);
    CHECK_EQ_INT(t, luge_metric_better(LUGE_NO_METRIC), 0);
    CHECK(t, !luge_metric_state_create_with(NULL, NULL));
    luge_metric_state_free(NULL);
    luge_metric_reset(NULL);
    CHECK(t, luge_metric_update_with(NULL, NULL) && luge_metric_value(NULL, LUGE_ACCURACY, &low));
    CHECK(t, luge_metric_confusion(NULL, NULL, 0) && luge_metric_state_size(NULL) == 0);
    CHECK(t, luge_metric_state_get(NULL, NULL, 0) && luge_metric_state_set(NULL, NULL, 0));
    CHECK(t, luge_wilson_interval(2, 1, 0, &low, &high) && luge_wilson_interval(0, 1, 0, NULL, NULL));
    CHECK(t, isnan(luge_schedule_rate(NULL, 0)) && luge_schedule_check(NULL, NULL));
}

static void layer_functions(luge_test *t)
{
    luge_activation activation;
    luge_initializer_kind kind;
    const luge_initializer zeros = { LUGE_ZEROS, 0, 0 };
    CHECK(t, luge_initialize(zeros, LUGE_NO_DTYPE, empty, 0, 0, NULL) != LUGE_OK);
    CHECK(t, luge_activation_name((luge_activation)-1) != NULL && !luge_activation_named(NULL, &activation));
    CHECK(t, !luge_activation_named("relu", NULL) && luge_layer_kind_name((luge_layer_kind)0) != NULL);
    CHECK(t, luge_initializer_name((luge_initializer_kind)-1) != NULL && !luge_initializer_named(NULL, &kind));
    CHECK(t, !luge_is_some(luge_activate(NULL, none, LUGE_RELU, 0)));
}

static void describing_functions(luge_test *t)
{
    luge_loss loss;
    luge_optimizer_kind optimizer;
    const luge_initializer zeros = { LUGE_ZEROS, 0, 0 };
    CHECK(t, !luge_model_create_with(NULL));
    luge_model_free(NULL);
    CHECK(t, luge_add_layer(NULL, NULL) && luge_add_layers(NULL, NULL) && luge_build(NULL, empty));
    CHECK(t, !luge_is_some(luge_model_input(NULL, NULL, LUGE_F32, empty)));
    CHECK(t, !luge_is_some(luge_call_layer(NULL, NULL, none)));
    CHECK(t, !luge_is_some(luge_model_weight(NULL, NULL, empty, zeros)));
    CHECK(t, luge_model_outputs(NULL, NULL, 0) && !luge_model_graph(NULL));
    CHECK(t, luge_compile_with(NULL, NULL) != LUGE_OK);
    CHECK(t, luge_loss_name((luge_loss)-1) != NULL && !luge_loss_named(NULL, &loss));
    CHECK(t, luge_optimizer_name((luge_optimizer_kind)-1) != NULL && !luge_optimizer_named(NULL, &optimizer));
}

static void training_functions(luge_test *t)
{
    luge_model_bytes bytes;
    CHECK(t, isnan(luge_moment_log(NULL, NULL)));
    CHECK(t, luge_fit_with(NULL, NULL) && luge_model_progress(NULL).epoch == 0);
    CHECK(t, isnan(luge_evaluate_with(NULL, NULL).loss) && luge_predict_with(NULL, NULL));
    CHECK(t, !luge_predictor_create(NULL, 1) && luge_predictor_run(NULL, NULL, 0, NULL, 0));
    luge_predictor_free(NULL);
    CHECK(t, isnan(luge_train_on_batch(NULL, NULL).loss) && luge_adapt(NULL, NULL));
    CHECK(t, luge_model_memory(NULL, NULL, 0, &bytes) && luge_model_memory(NULL, NULL, 0, NULL));
}

static void looking_functions(luge_test *t)
{
    luge_weight_info weight;
    luge_layer_info layer;
    luge_training_graph shown;
    const luge_sink nowhere = { NULL, NULL };
    luge_context *ctx = luge_open(.threads = 1);
    CHECK_EQ_INT(t, luge_weight_count(NULL), 0);
    CHECK(t, luge_weight_at(NULL, 0, &weight) && luge_get_weight(NULL, NULL, NULL, 0) &&
                 luge_set_weight(NULL, "", NULL, 0));
    CHECK(t, luge_swap_averages(NULL) != LUGE_OK && luge_layer_count(NULL) == 0 && luge_layer_at(NULL, 0, &layer));
    CHECK(t, luge_parameter_count(NULL) == -1 && luge_trainable_count(NULL) == -1 && luge_summary(NULL, nowhere));
    CHECK(t, isnan(luge_learning_rate(NULL)) && luge_set_learning_rate(NULL, 1));
    CHECK(t, !luge_class_name(NULL, 0) && !luge_feature_name(NULL, 0));
    CHECK(t, luge_history_epochs(NULL) == 0 && luge_history_count(NULL) == 0 && !luge_history_name(NULL, 0));
    CHECK(t, isnan(luge_history_value(NULL, 0, NULL)) && luge_history_csv(NULL, nowhere));
    CHECK(t, luge_set_note(NULL, NULL, NULL) && !luge_note(NULL, NULL));
    CHECK(t, luge_check_model(NULL, NULL, NULL, NULL, 0) != LUGE_OK);
    CHECK(t, !luge_is_some(luge_model_output(NULL, 0)));
    CHECK(t, luge_training_graph_of(NULL, NULL, NULL, NULL) && luge_training_graph_of(NULL, NULL, &shown, NULL));
    CHECK(t, luge_save_model(NULL, NULL) && !luge_load_model(NULL, NULL) && !luge_load_model_memory(NULL, NULL, 0));
    CHECK(t, !luge_load_model(ctx, NULL) && luge_failed(ctx));
    luge_clear(ctx);
    CHECK(t, !luge_load_model_memory(ctx, NULL, 0) && luge_failed(ctx));
    luge_close(ctx);
}

void test_api_model(luge_test *t)
{
    RUN(t, node_functions);
    RUN(t, array_functions);
    RUN(t, data_functions);
    RUN(t, table_functions);
    RUN(t, metric_functions);
    RUN(t, layer_functions);
    RUN(t, describing_functions);
    RUN(t, training_functions);
    RUN(t, looking_functions);
}
