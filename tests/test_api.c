/* test_api.c: every public function called with NULL, none and zeros: it refuses, it does not crash. */
#include <ctype.h>
#include <stdio.h>

#include "graph_tools.h"

static const luge_val none = { 0, 0 };
static const luge_shape empty = { 0 };
static const luge_axes no_axes = { 0 };

static void context_functions(luge_test *t)
{
    luge_context *ctx = luge_open_with(NULL);
    CHECK(t, ctx != NULL);
    luge_close(ctx);
    luge_close(NULL);
    CHECK(t, luge_open_with(&(luge_open_options){ 0 }) == NULL);
    CHECK(t, luge_failed(NULL) && luge_failure(NULL) != LUGE_OK);
    CHECK(t, luge_error(NULL) != NULL && luge_last_error() != NULL);
    luge_clear(NULL);
    CHECK(t, luge_nearest(NULL, NULL, 0) == NULL);
    CHECK(t, luge_report(NULL, LUGE_EIO, NULL) != LUGE_OK);
    CHECK(t, luge_file_sink(NULL).write == NULL);
    CHECK(t, luge_threads(NULL) == 0 && luge_instruction_set(NULL) != NULL && luge_data_dir(NULL) == NULL);
    CHECK_STR_EQ(t, luge_bf16_unit(NULL), "?");
    CHECK(t, luge_memory_now(NULL) == 0 && luge_memory_peak(NULL) == 0);
    CHECK(t, luge_status_name((luge_status)77) && luge_status_text((luge_status)-77) && luge_version());
    CHECK(t, luge_dtype_size((luge_dtype)0) == 0 && luge_dtype_name((luge_dtype)-1) != NULL);
    CHECK(t, luge_make_shape(3, NULL).ndim == -1 && luge_scalar_shape().ndim == 0);
    CHECK_EQ_INT(t, luge_shape_size(NULL), -1);
    (void)luge_make_axes(0, NULL);
    (void)luge_make_axes(-1, NULL);
    (void)luge_make_axes(100, (const int[100]){ 0 });
}

static void graph_functions(luge_test *t)
{
    luge_node_info info;
    CHECK(t, luge_graph_create(NULL) == NULL);
    luge_graph_free(NULL);
    CHECK(t, !luge_is_some(luge_input(NULL, NULL, LUGE_NO_DTYPE, empty)));
    CHECK(t, !luge_is_some(luge_variable(NULL, NULL, LUGE_NO_DTYPE, empty)));
    CHECK(t, !luge_is_some(luge_slab_variable(NULL, NULL, LUGE_NO_DTYPE, empty, 0)));
    CHECK(t, !luge_is_some(luge_scalar(NULL, LUGE_NO_DTYPE, 0)));
    CHECK(t, !luge_is_some(luge_full(NULL, LUGE_NO_DTYPE, empty, 0)));
    CHECK(t, !luge_is_some(luge_constant(NULL, LUGE_NO_DTYPE, empty, NULL)));
    CHECK(t, luge_set(NULL, none, NULL, 0) != LUGE_OK && luge_get(NULL, none, NULL, 0) != LUGE_OK);
    CHECK(t, luge_data(NULL, none) == NULL);
    CHECK(t, luge_node_count(NULL) == 0 && !luge_is_some(luge_node_at(NULL, 0)));
    CHECK(t, luge_node_info_of(NULL, none, NULL) != LUGE_OK && luge_node_info_of(NULL, none, &info) != LUGE_OK);
    CHECK(t, luge_shape_of_val(NULL, none).ndim == -1 && !luge_is_some(none));
    CHECK(t, !luge_is_some(luge_name(NULL, none, NULL)));
    CHECK(t, luge_graph_print(NULL, (luge_sink){ NULL, NULL }) != LUGE_OK);
    CHECK(t, luge_graph_verify(NULL) != LUGE_OK);
    CHECK(t, luge_gradient(NULL, none, NULL, 0, NULL) != LUGE_OK);
    CHECK(t, luge_vector_jacobian(NULL, none, none, NULL, 0, NULL) != LUGE_OK);
    CHECK(t, luge_graph_replay_with(NULL, NULL) == NULL && !luge_is_some(luge_replayed(NULL, none)));
}

static void plan_functions(luge_test *t)
{
    luge_step_info info;
    luge_check_result result;
    double value = 0;
    CHECK(t, luge_plan_create_with(NULL, NULL, NULL) == NULL);
    luge_plan_free(NULL);
    CHECK(t, !luge_plan_graph(NULL) && !luge_planned(NULL, (luge_val){ 1, 1 }).id);
    CHECK(t, luge_plan_memory_of(NULL).arena == 0 && luge_plan_step_count(NULL) == 0);
    CHECK(t, luge_plan_step(NULL, 0, NULL) != LUGE_OK && luge_plan_step(NULL, 0, &info) != LUGE_OK);
    CHECK(t, luge_plan_describe(NULL, (luge_sink){ NULL, NULL }) != LUGE_OK);
    CHECK(t, luge_run_create(NULL) == NULL);
    luge_run_free(NULL);
    CHECK(t, luge_run_bind(NULL, none, NULL, 0) != LUGE_OK && luge_run_execute(NULL) != LUGE_OK);
    CHECK(t, luge_run_execute_timed(NULL, NULL) != LUGE_OK);
    CHECK(t, luge_run_get(NULL, none, NULL, 0) != LUGE_OK && luge_run_data(NULL, none) == NULL);
    CHECK(t, luge_eval(NULL, none, NULL, 0) != LUGE_OK);
    CHECK(t, luge_check_gradients(NULL, none, NULL, 0, NULL, NULL) != LUGE_OK);
    CHECK(t, luge_check_gradients(NULL, none, &none, 1, NULL, &result) != LUGE_OK);
    CHECK(t, luge_numerical_gradient(NULL, none, none, NULL, NULL) != LUGE_OK);
    CHECK(t, luge_numerical_gradient(NULL, none, none, NULL, &value) != LUGE_OK);
    CHECK(t, isnan(luge_numerical_derivative(NULL, NULL, 0, 0)));
    CHECK(t, luge_op_info_at(0, NULL) != LUGE_OK && luge_op_info_at(-1, &(luge_op_info){ 0 }) != LUGE_OK);
    CHECK(t, luge_op_info_at(luge_op_count(), &(luge_op_info){ 0 }) != LUGE_OK);
}

/* ---- builders: without a graph, and with one but nothing else ---------------------------------------------------- */

typedef luge_val unary(luge_graph *, luge_val);
typedef luge_val binary(luge_graph *, luge_val, luge_val);
typedef luge_val reduction(luge_graph *, luge_val, luge_axes, int);
typedef luge_val update(luge_graph *, luge_val, luge_val, const luge_update_options *);

static unary *const unaries[] = {
    luge_neg,     luge_abs,       luge_sign,    luge_step,      luge_exp,         luge_log,      luge_log1p,
    luge_sqrt,    luge_square,    luge_sin,     luge_cos,       luge_reciprocal,  luge_tanh,     luge_erf,
    luge_sigmoid, luge_relu,      luge_gelu,    luge_silu,      luge_softplus,    luge_softsign, luge_selu,
    luge_copy,    luge_sum,       luge_mean,    luge_max,       luge_min,         luge_prod,     luge_stop_gradient,
    luge_flatten, luge_transpose, luge_softmax, luge_logsumexp, luge_log_softmax,
};
static binary *const binaries[] = {
    luge_add,
    luge_sub,
    luge_mul,
    luge_div,
    luge_pow,
    luge_maximum,
    luge_minimum,
    luge_equal,
    luge_not_equal,
    luge_less,
    luge_hinge,
    luge_less_equal,
    luge_greater,
    luge_matmul,
    luge_greater_equal,
    luge_sum_like,
    luge_count,
    luge_reshape_like,
    luge_one_hot_like,
    luge_expand,
    luge_softmax_cross_entropy,
    luge_kl_divergence,
    luge_assign,
    luge_sigmoid_cross_entropy,
    luge_absolute_error,
};
static reduction *const reductions[] = {
    luge_sum_over, luge_mean_over, luge_max_over, luge_min_over, luge_prod_over, luge_logsumexp_over,
};
static update *const updates[] = {
    luge_update_sgd_with,  luge_update_adagrad_with, luge_update_rmsprop_with,
    luge_update_adam_with, luge_update_adamw_with,
};

/* The rest, each with zeros; how many there are. */
static int others(luge_graph *g, luge_val x, luge_val *made)
{
    int n = 0;
    made[n++] = luge_elu(g, x, 0);
    made[n++] = luge_leaky_relu(g, x, 0);
    made[n++] = luge_cast(g, x, LUGE_NO_DTYPE);
    made[n++] = luge_where(g, x, x, x);
    made[n++] = luge_argmax(g, x, 0);
    made[n++] = luge_matmul_transposed(g, x, x, 0, 0);
    made[n++] = luge_reshape(g, x, (luge_shape){ .ndim = 100 });
    made[n++] = luge_expand_dims(g, x, 100);
    made[n++] = luge_squeeze(g, x, 0);
    made[n++] = luge_permute_dims(g, x, (luge_axes){ .n = 100 });
    made[n++] = luge_slice(g, x, 0, 0, 0, 0);
    made[n++] = luge_concat(g, NULL, 0, 0);
    made[n++] = luge_concat(g, NULL, 5, 0);
    made[n++] = luge_concat(g, &x, -1, 0);
    made[n++] = luge_gather(g, x, x, 0);
    made[n++] = luge_scatter_add(g, x, x, x, 0);
    made[n++] = luge_one_hot(g, x, 0, LUGE_NO_DTYPE);
    made[n++] = luge_softmax_cross_entropy_smoothed(g, x, x, (double)NAN);
    made[n++] = luge_squared_error(g, x, x, (luge_squared_error_kind)-1);
    made[n++] = luge_huber(g, x, x, 0);
    made[n++] = luge_random_uniform(g, x, x, 0, 0);
    made[n++] = luge_random_normal(g, x, x, 0, 0);
    made[n++] = luge_random_dropout(g, x, x, (double)NAN);
    made[n++] = luge_increment(g, x, 0);
    return n;
}

static void refused(luge_test *t, luge_context *ctx, luge_val v)
{
    CHECK(t, !luge_is_some(v));
    if (!ctx) return;
    CHECK(t, luge_failed(ctx) && luge_error(ctx)[0]);
    luge_clear(ctx);
}

static void try_builders(luge_test *t, luge_context *ctx, luge_graph *g)
{
    luge_val made[32];
    for (size_t i = 0; i < sizeof unaries / sizeof *unaries; i++) refused(t, ctx, unaries[i](g, none));
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++) refused(t, ctx, binaries[i](g, none, none));
    for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++)
        refused(t, ctx, reductions[i](g, none, no_axes, 0));
    for (size_t i = 0; i < sizeof updates / sizeof *updates; i++) {
        refused(t, ctx, updates[i](g, none, none, NULL));
        refused(t, ctx, updates[i](g, none, none, &(luge_update_options){ .size = sizeof(luge_update_options) }));
    }
    for (int i = others(g, none, made); i-- > 0;) CHECK(t, !luge_is_some(made[i]));
}

static void builders(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    luge_val made[32];
    try_builders(t, NULL, NULL);
    try_builders(t, ctx, g);
    luge_clear(ctx);
    CHECK_EQ_INT(t, luge_node_count(g), 0);
    const luge_val scalar = luge_scalar(g, LUGE_F32, 1);
    others(g, scalar, made); /* some fail; after the first nothing happens */
    luge_clear(ctx);
    CHECK_STATUS(t, luge_graph_verify(g), LUGE_OK);
    luge_close(ctx);
}

/* The functions that take a graph, with a graph and nothing else. */
static void graph_alone(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    refused(t, ctx, luge_input(g, NULL, LUGE_NO_DTYPE, empty));
    refused(t, ctx, luge_input(g, "x", LUGE_NO_DTYPE, empty));
    refused(t, ctx, luge_scalar(g, LUGE_NO_DTYPE, 0));
    refused(t, ctx, luge_constant(g, LUGE_F32, empty, NULL));
    luge_check_result result;
    double value;
    CHECK(t, luge_set(g, none, NULL, 0) != LUGE_OK);
    luge_clear(ctx);
    CHECK(t, luge_get(g, none, NULL, 0) != LUGE_OK);
    luge_clear(ctx);
    CHECK(t, luge_gradient(g, none, NULL, 0, NULL) != LUGE_OK);
    luge_clear(ctx);
    CHECK(t, luge_check_gradients(g, none, &none, 1, NULL, &result) != LUGE_OK);
    luge_clear(ctx);
    CHECK(t, luge_numerical_gradient(g, none, none, NULL, &value) != LUGE_OK);
    luge_clear(ctx);
    CHECK(t, luge_graph_replay_with(g, NULL) != NULL);
    CHECK(t, luge_plan_create_with(g, NULL, NULL) == NULL);
    luge_clear(ctx);
    CHECK(t, luge_eval(g, none, NULL, 0) != LUGE_OK);
    luge_close(ctx);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void file_functions(luge_test *t)
{
    luge_tensor_info info;
    luge_context *ctx = luge_open(.threads = 1);
    CHECK(t, !luge_tensor_file_open(NULL, NULL) && !luge_tensor_file_open(NULL, ""));
    CHECK(t, !luge_tensor_file_open_memory(NULL, NULL, 0));
    CHECK(t, !luge_tensor_file_open(ctx, NULL));
    luge_clear(ctx);
    CHECK(t, !luge_tensor_file_open_memory(ctx, NULL, 0));
    luge_clear(ctx);
    luge_tensor_file_close(NULL);
    CHECK(t, luge_tensor_count(NULL) == 0 && luge_tensor_find(NULL, NULL) == -1);
    CHECK(t, luge_tensor_at(NULL, 0, NULL) != LUGE_OK && luge_tensor_at(NULL, 0, &info) != LUGE_OK);
    CHECK(t, luge_tensor_read(NULL, 0, NULL, 0) != LUGE_OK && !luge_tensor_metadata(NULL, NULL));
    CHECK(t, !luge_tensor_writer_create(NULL));
    CHECK(t, luge_tensor_writer_add(NULL, NULL, LUGE_NO_DTYPE, empty, NULL) != LUGE_OK);
    CHECK(t, luge_tensor_writer_metadata(NULL, NULL, NULL) != LUGE_OK);
    CHECK(t, luge_tensor_writer_save(NULL, NULL) != LUGE_OK);
    luge_tensor_writer_free(NULL);
    luge_tensor_writer *writer = luge_tensor_writer_create(ctx);
    CHECK(t, luge_tensor_writer_add(writer, NULL, LUGE_NO_DTYPE, empty, NULL) != LUGE_OK);
    CHECK(t, luge_tensor_writer_add(writer, NULL, LUGE_F32, empty, NULL) != LUGE_OK);
    CHECK(t, luge_tensor_writer_metadata(writer, NULL, NULL) != LUGE_OK);
    CHECK(t, luge_tensor_writer_save(writer, NULL) != LUGE_OK);
    luge_close(ctx);
}

/* ---- is every function here? ------------------------------------------------------------------------------------- */

#ifdef LUGE_SOURCE_DIR

static char *read_text(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", LUGE_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = calloc(1, 1 << 18);
    if (text && !fread(text, 1, (1 << 18) - 1, file)) text[0] = 0;
    (void)fclose(file);
    return text;
}

static int has_word(const char *text, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if (!isalnum((unsigned char)at[length]) && at[length] != '_') return 1;
    return 0;
}

static void look_up(luge_test *t, const char *header, const char *calls)
{
    char *text = read_text(header);
    if (!CHECK(t, text != NULL)) return;
    for (char *at = strstr(text, "LUGE_API "); at; at = strstr(at, "LUGE_API ")) {
        char name[64], *open = strchr(at, '('), *start = open;
        while (start && start > at && (isalnum((unsigned char)start[-1]) || start[-1] == '_')) start--;
        at += 9;
        if (!open || open - start >= (int)sizeof name || open == start) continue;
        memcpy(name, start, (size_t)(open - start));
        name[open - start] = 0;
        if (strncmp(name, "luge_", 5) != 0) continue; /* the definition of LUGE_API */
        char words[256];
        (void)snprintf(words, sizeof words, "%s (%s) is called in this suite", name, header);
        (void)luge_test_check(t, __FILE__, __LINE__, words, has_word(calls, name));
    }
    free(text);
}

static void completeness(luge_test *t)
{
    static const char *const headers[] = { "types", "context", "graph",   "ops",      "plan",   "check", "io",
                                           "node",  "data",    "metrics", "schedule", "layers", "model", "table" };
    char *calls = read_text("tests/test_api.c"), *more = read_text("tests/test_api_model.c");
    if (!calls || !more) {
        CHECK_SKIP(t, "the sources are not here");
        free(calls);
        free(more);
        return;
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "include/luge/%s.h", headers[i]);
        look_up(t, name, i < 7 ? calls : more);
    }
    free(calls);
    free(more);
}

#endif

void test_api(luge_test *t)
{
    RUN(t, context_functions);
    RUN(t, graph_functions);
    RUN(t, plan_functions);
    RUN(t, builders);
    RUN(t, file_functions);
    RUN(t, graph_alone);
#ifdef LUGE_SOURCE_DIR
    RUN(t, completeness);
#endif
}
