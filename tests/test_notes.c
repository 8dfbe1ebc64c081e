/* test_notes.c: texts kept with a model, and its gradients held against differences. */
#include <stdio.h>
#include <string.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/luge.h"

static luge_model *make_model(luge_context *ctx, const char *layers, luge_loss loss)
{
    luge_model *m = luge_sequential(ctx, .seed = 5);
    luge_add_layers(m, layers);
    luge_build(m, luge_shape_of(2));
    luge_compile(m, .optimizer = luge_adam(.learning_rate = 0.01), .loss = loss);
    return m;
}

static void keep_and_forget(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = make_model(ctx, "dense 1", LUGE_MEAN_SQUARED_ERROR);
    char key[] = "columns", text[] = "a, b";
    CHECK(t, !luge_note(m, "columns"));
    CHECK_STATUS(t, luge_set_note(m, key, text), LUGE_OK);
    key[0] = text[0] = 'x'; /* both are copied */
    CHECK_STR_EQ(t, luge_note(m, "columns"), "a, b");
    CHECK_STATUS(t, luge_set_note(m, "columns", "c"), LUGE_OK);
    CHECK_STATUS(t, luge_set_note(m, "empty", ""), LUGE_OK);
    CHECK_STATUS(t, luge_set_note(m, "third", "3"), LUGE_OK);
    CHECK_STR_EQ(t, luge_note(m, "columns"), "c");
    CHECK_STR_EQ(t, luge_note(m, "empty"), "");
    CHECK_STATUS(t, luge_set_note(m, "empty", NULL), LUGE_OK);
    CHECK_STATUS(t, luge_set_note(m, "empty", NULL), LUGE_OK);
    CHECK(t, !luge_note(m, "empty"));
    CHECK_STR_EQ(t, luge_note(m, "third"), "3");
    CHECK(t, !luge_note(NULL, "third") && !luge_note(m, NULL));
    CHECK_STATUS(t, luge_set_note(NULL, "a", "b"), LUGE_EINVAL);
    CHECK_STATUS(t, luge_set_note(m, "", "b"), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "the key is empty");
    luge_close(ctx);
}

static const char path[] = "luge-test-notes.safetensors";

static void through_a_file(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = make_model(ctx, "dense 1", LUGE_MEAN_SQUARED_ERROR);
    luge_set_note(m, "quotes \"and\" more", "line 1\nline 2\t\\ \xc3\xa9");
    luge_set_note(m, "second", "2");
    CHECK_STATUS(t, luge_save_model(m, path), LUGE_OK);
    luge_model *loaded = luge_load_model(ctx, path);
    CHECK_STR_EQ(t, luge_note(loaded, "quotes \"and\" more"), "line 1\nline 2\t\\ \xc3\xa9");
    CHECK_STR_EQ(t, luge_note(loaded, "second"), "2");
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    remove(path);
    luge_close(ctx);
}

static luge_dataset *make_rows(luge_context *ctx, const float *x, const int32_t *y)
{
    luge_dataset *d = luge_dataset_create(ctx);
    luge_dataset_add_features(d, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(6, 2), x));
    luge_dataset_add_targets(d, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(6), y), .classes = 3);
    return d;
}

static const float rows[6][2] = { { 0, 1 }, { 1, -1 }, { 0.5f, 2 }, { -2, 1 }, { 3, 0.25f }, { -1, -1 } };
static const int32_t classes[6] = { 0, 1, 2, 0, 1, 2 };

static void gradients(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m =
        make_model(ctx, "dense 5 tanh l2=0.01, batchnorm, dropout 0.2, dense 3 softmax", LUGE_CATEGORICAL_CROSSENTROPY);
    luge_dataset *d = make_rows(ctx, rows[0], classes);
    luge_check_result r[6];
    memset(r, 0, sizeof r);
    CHECK_STATUS(t, luge_check_model(m, d, NULL, r, 6), LUGE_OK);
    for (int i = 0; i < 6; i++) CHECK(t, r[i].ok && r[i].compared == r[i].elements && r[i].largest_relative < 1e-7);
    CHECK_EQ_INT(t, r[0].elements, 10);
    CHECK_EQ_INT(t, r[4].elements, 15);
    const luge_check_options strict = { .size = sizeof strict, .tolerance = 1e-30 };
    CHECK_STATUS(t, luge_check_model(m, d, &strict, r, 6), LUGE_OK);
    CHECK(t, !r[4].ok); /* nothing is that exact: the verdict is made by the tolerance */
    CHECK_STATUS(t, luge_fit(m, d, .epochs = 2), LUGE_OK);
    CHECK_STATUS(t, luge_check_model(m, d, NULL, r, 5), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "results for 6 weights");
    luge_close(ctx);
}

static void refused(luge_test *t)
{
    luge_check_result r[2];
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx);
    luge_add_layers(m, "dense 3 softmax");
    luge_dataset *d = make_rows(ctx, rows[0], classes);
    CHECK_STATUS(t, luge_check_model(NULL, d, NULL, r, 2), LUGE_EINVAL);
    CHECK_STATUS(t, luge_check_model(m, d, NULL, r, 2), LUGE_ESTATE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "compile the model first");
    luge_training_graph shown = { .n_bindings = 1 };
    luge_clear(ctx);
    CHECK_STATUS(t, luge_training_graph_of(m, d, &shown, NULL), LUGE_ESTATE);
    CHECK(t, !shown.graph && !shown.n_bindings);
    luge_close(ctx);
}

/* The graph of a step says what training does: its loss is evaluate's, its gradients are those of differences, and its
 * updates change the model. */
static void training_graph(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = make_model(ctx, "dense 4 tanh, dense 3 softmax", LUGE_CATEGORICAL_CROSSENTROPY);
    luge_dataset *d = make_rows(ctx, rows[0], classes);
    luge_training_graph shown;
    luge_val gradients[4], outputs[64];
    CHECK_STATUS(t, luge_training_graph_of(m, d, &shown, gradients), LUGE_OK);
    CHECK_EQ_INT(t, shown.n_bindings, 2);
    CHECK(t, luge_is_some(luge_model_output(m, 0)) && !luge_is_some(luge_model_output(m, 1)));
    CHECK(t, luge_model_output(m, 0).id < shown.loss.id && !luge_is_some(luge_model_output(m, -1)));
    float loss = 0, gradient[8] = { 0 }, before[8], after[8];
    int n = 0;
    outputs[n++] = shown.loss;
    for (int i = 0; i < 4; i++) outputs[n++] = gradients[i];
    luge_plan *plan = luge_plan_create(shown.graph, outputs, n);
    luge_run *run = luge_run_create(plan);
    for (int i = 0; i < shown.n_bindings; i++)
        luge_run_bind(run, shown.bindings[i].input, shown.bindings[i].data, shown.bindings[i].bytes);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    luge_run_get(run, shown.loss, &loss, sizeof loss);
    luge_run_get(run, gradients[0], gradient, sizeof gradient);
    CHECK_CLOSE(t, loss, luge_evaluate(m, d).loss, 1e-6);
    double numerical[8];
    luge_weight_info w;
    luge_weight_at(m, 0, &w);
    const luge_check_options o = { .size = sizeof o, .n_bindings = shown.n_bindings, .bindings = shown.bindings };
    CHECK_STATUS(t,
                 luge_numerical_gradient(shown.graph, shown.loss, luge_node_at(shown.graph, w.value.id), &o, numerical),
                 LUGE_OK);
    for (int i = 0; i < 8; i++) CHECK_CLOSE(t, gradient[i], numerical[i], 1e-6);
    luge_get_weight(m, w.name, before, sizeof before);
    n = 0;
    for (uint32_t id = 1; id <= luge_node_count(shown.graph); id++) {
        luge_node_info node;
        const luge_val v = luge_node_at(shown.graph, id);
        if (!luge_node_info_of(shown.graph, v, &node) && node.dtype == LUGE_NO_DTYPE && n < 64) outputs[n++] = v;
    }
    CHECK(t, n > 0);
    run = luge_run_create(luge_plan_create(shown.graph, outputs, n));
    for (int i = 0; i < shown.n_bindings; i++)
        luge_run_bind(run, shown.bindings[i].input, shown.bindings[i].data, shown.bindings[i].bytes);
    CHECK_STATUS(t, luge_run_execute(run), LUGE_OK);
    luge_get_weight(m, w.name, after, sizeof after);
    CHECK(t, memcmp(before, after, sizeof before) != 0);
    luge_graph_free(shown.graph);
    CHECK_STATUS(t, luge_training_graph_of(m, d, NULL, NULL), LUGE_EINVAL);
    luge_close(ctx);
}

/* Every allocation fails once: a status, no leak, and the model is what it was. */
static void sweep(luge_test *t)
{
    luge__test_memory memory = { .live = 0 };
    int done = 0;
    for (int64_t k = 1; !done && k < 5000; k++) {
        luge_check_result r[4];
        memory.fail_at = 0;
        luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
        luge_model *m = make_model(ctx, "dense 2 tanh, dense 3 softmax", LUGE_CATEGORICAL_CROSSENTROPY);
        luge_dataset *d = make_rows(ctx, rows[0], classes);
        memory.fail_at = memory.allocations + k;
        luge_set_note(m, "a", "b");
        luge_set_note(m, "a", "c");
        luge_training_graph shown;
        luge_val values[4];
        luge_check_model(m, d, NULL, r, 4);
        luge_training_graph_of(m, d, &shown, values);
        CHECK(t, !luge_failed(ctx) == (shown.graph != NULL));
        done = memory.allocations < memory.fail_at;
        CHECK_STATUS(t, luge_failure(ctx), done ? LUGE_OK : LUGE_ENOMEM);
        luge_close(ctx);
        CHECK_EQ_INT(t, memory.live, 0);
    }
    CHECK(t, done);
    CHECK_EQ_INT(t, memory.wrong, 0);
}

void test_notes(luge_test *t)
{
    RUN(t, keep_and_forget);
    RUN(t, through_a_file);
    RUN(t, gradients);
    RUN(t, training_graph);
    RUN(t, refused);
    RUN(t, sweep);
}
