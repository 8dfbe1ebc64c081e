/* decide.c: model, loss and optimizer, as the user says or as the data suggests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

static int refused(const cli_job *job)
{
    return cli_fail_with(job->o.verb, job->ctx);
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

/* The text where none is given; images are larger and flat first. Dropout, as tables tend to be short: docs/results.md
 * has what it gains. Curves of one or two numbers a row are learned better without. */
static int default_model(cli_job *job)
{
    const int64_t columns = luge_shape_size(&job->features.shape);
    const char *hidden = job->features.shape.ndim > 1 || columns >= 400 ? "dense 128 relu"
                         : columns > 2 ? "dense 64 relu, dropout 0.2, dense 32 relu, dropout 0.2"
                                       : "dense 64 relu, dense 32 relu";
    if (job->task == LUGE_REGRESSION)
        return cli_setf(&job->o, OPT_MODEL, "%s, dense %lld", hidden, (long long)luge_shape_size(&job->targets.shape));
    if (job->classes == 2 && job->targets.kind != LUGE_ONE_HOT)
        return cli_setf(&job->o, OPT_MODEL, "%s, dense 1 sigmoid", hidden);
    return cli_setf(&job->o, OPT_MODEL, "%s, dense %lld softmax", hidden, (long long)job->classes);
}

/* Rows that are no vectors become some, unless the text begins so. */
static void flatten_first(cli_job *job)
{
    const char *text = job->o.value[OPT_MODEL];
    if (job->features.shape.ndim < 2 || !strncmp(text + strspn(text, " "), "flatten", 7)) return;
    luge_add_layer(job->model, luge_flatten_layer());
}

/* What a row of the model's answers has: how many values, made by which operator. */
static luge_status see_end(const cli_job *job, int64_t *outputs, const char **op)
{
    luge_layer_info last;
    luge_node_info node;
    const luge_status status = luge_layer_at(job->model, luge_layer_count(job->model) - 1, &last);
    if (status || luge_node_info_of(luge_model_graph(job->model), last.output, &node)) return LUGE_EINVAL;
    *outputs = 1;
    for (int i = 1; i < last.shape.ndim; i++) *outputs *= last.shape.dim[i];
    *op = node.op;
    return LUGE_OK;
}

/* Probabilities for classes; the scale of the target for numbers. */
static int finish_model(cli_job *job)
{
    int64_t outputs;
    const char *op;
    if (see_end(job, &outputs, &op))
        return cli_fail(job->o.verb, "--model: \"%s\" has no layers", job->o.value[OPT_MODEL]);
    const int64_t wanted = job->task == LUGE_REGRESSION ? luge_shape_size(&job->targets.shape) : job->classes;
    job->binary = job->task == LUGE_CLASSIFICATION && outputs == 1;
    if (outputs != wanted && !(job->binary && job->classes == 2))
        return cli_fail(job->o.verb, "--model: \"%s\" ends with %lld values; %lld %s expected: \"... dense %lld%s\"",
                        job->o.value[OPT_MODEL], (long long)outputs, (long long)wanted,
                        wanted == 1                    ? "is"
                        : job->task == LUGE_REGRESSION ? "are"
                                                       : "classes are",
                        (long long)wanted, job->task == LUGE_REGRESSION ? "" : " softmax");
    if (job->task == LUGE_REGRESSION) {
        if (job->encoder && job->columns.target_deviation > 0) {
            job->deviation = job->columns.target_deviation;
            luge_add_layer(job->model, luge_rescaling(job->deviation, .offset = job->columns.target_mean));
        }
        return luge_failed(job->ctx) ? refused(job) : CLI_OK;
    }
    if (strcmp(op, "sigmoid") != 0 && strcmp(op, "softmax") != 0) {
        luge_add_layer(job->model, luge_activation_layer(job->binary ? LUGE_SIGMOID : LUGE_SOFTMAX));
        if (luge_failed(job->ctx)) return refused(job);
        return cli_setf(&job->o, OPT_MODEL, "%s, %s", job->o.value[OPT_MODEL], job->binary ? "sigmoid" : "softmax");
    }
    return CLI_OK;
}

/* Inputs that are not scaled already are standardized by the model itself, so that it takes raw rows. */
static int standardize(cli_job *job)
{
    const int otherwise = job->features.dtype != LUGE_U8 && job->features.shape.ndim == 1;
    const int yes = cli_yes(&job->o, OPT_STANDARDIZE, otherwise);
    if (yes) luge_add_layer(job->model, luge_normalization(.name = "standardize"));
    return cli_set(&job->o, OPT_STANDARDIZE, yes ? "yes" : "no");
}

/* A normalization layer, the one of --standardize or one of --model's, learns from the training rows. */
static int normalizes(const cli_job *job)
{
    luge_layer_info layer;
    for (int i = 0; i < luge_layer_count(job->model); i++)
        if (!luge_layer_at(job->model, i, &layer) && layer.kind == LUGE_NORMALIZATION) return 1;
    return 0;
}

static int build_model(cli_job *job)
{
    int code = CLI_OK;
    if (!job->o.value[OPT_MODEL]) code = default_model(job);
    if (code) return code;
    job->model = luge_sequential(job->ctx, .seed = job->seed, .name = "luge");
    if (!job->model) return refused(job);
    code = standardize(job);
    if (code) return code;
    flatten_first(job);
    if (luge_add_layers(job->model, job->o.value[OPT_MODEL])) {
        const char *message = luge_error(job->ctx);
        if (luge_failure(job->ctx) != LUGE_EINVAL) return refused(job);
        cli_fail(job->o.verb, "--%s", message); /* it begins with: model "..." */
        return CLI_USAGE;
    }
    if (luge_build(job->model, job->features.shape)) return refused(job);
    code = finish_model(job);
    if (!code && normalizes(job) && luge_adapt(job->model, job->train)) return refused(job);
    return code;
}

/* ---- loss and optimizer ------------------------------------------------------------------------------------------ */

static int unknown(const cli_job *job, cli_key key, const char *what, const char *typed, const char *const *names,
                   int n)
{
    cli_fail(job->o.verb, "--%s: no %s \"%s\"; nearest: %s", cli_option_name(key), what, typed,
             luge_nearest(typed, names, n));
    return CLI_USAGE;
}

static int decide_loss(cli_job *job, luge_loss *loss)
{
    static const char *const aliases[][2] = { { "mse", "mean_squared_error" },
                                              { "mae", "mean_absolute_error" },
                                              { "cross-entropy", "categorical_crossentropy" } };
    const char *name = job->o.value[OPT_LOSS], *names[32];
    int n = 0;
    if (!name) {
        *loss = job->task == LUGE_REGRESSION ? LUGE_MEAN_SQUARED_ERROR
                : job->binary                ? LUGE_BINARY_CROSSENTROPY
                                             : LUGE_CATEGORICAL_CROSSENTROPY;
        return cli_set(&job->o, OPT_LOSS, luge_loss_name(*loss));
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (!strcmp(name, aliases[i][0])) name = aliases[i][1];
    if (luge_loss_named(name, loss)) return cli_set(&job->o, OPT_LOSS, luge_loss_name(*loss));
    for (int i = 1; i < 32 && strcmp(luge_loss_name((luge_loss)i), "?") != 0; i++)
        names[n++] = luge_loss_name((luge_loss)i);
    return unknown(job, OPT_LOSS, "loss", name, names, n);
}

/* Settings behind the optimizer's name: "sgd momentum=0.9 nesterov". */
static int read_setting(cli_job *job, luge_optimizer *o, char *word)
{
    static const char *const names[] = { "momentum", "rho",     "beta1", "beta2",    "epsilon", "weight_decay",
                                         "clip",     "average", "steps", "nesterov", "amsgrad", "centered" };
    double *const places[] = {
        &o->momentum,        &o->rho, &o->beta1, &o->beta2, &o->epsilon, &o->weight_decay, &o->global_clip_norm,
        &o->average_momentum
    };
    char *value = strchr(word, '='), *end;
    double number = 1;
    if (value) {
        *value++ = '\0';
        number = strtod(value, &end);
        if (end == value || *end || number < 0) {
            cli_fail(job->o.verb, "--optimizer: %s=%s; a number of at least 0 is expected", word, value);
            return CLI_USAGE;
        }
    }
    for (int i = 0; i < 12; i++) {
        if (strcmp(word, names[i]) != 0) continue;
        if (i < 8) *places[i] = number == 0 ? LUGE_ZERO : number;
        if (i == 8) o->accumulation_steps = (int64_t)number;
        if (i == 9) o->nesterov = number != 0;
        if (i == 10) o->amsgrad = number != 0;
        if (i == 11) o->centered = number != 0;
        return CLI_OK;
    }
    return unknown(job, OPT_OPTIMIZER, "setting", word, names, 12);
}

static int decide_optimizer(cli_job *job, luge_optimizer *o)
{
    static const char *const names[] = { "sgd", "adagrad", "rmsprop", "adam", "adamw" };
    char text[CLI_MESSAGE];
    if (!job->o.value[OPT_OPTIMIZER] && cli_set(&job->o, OPT_OPTIMIZER, "adam")) return CLI_FAILED;
    snprintf(text, sizeof text, "%s", job->o.value[OPT_OPTIMIZER]);
    char *rest = text + strcspn(text, " ,");
    if (*rest) *rest++ = '\0';
    *o = (luge_optimizer){ .size = sizeof *o };
    if (!luge_optimizer_named(text, &o->kind)) return unknown(job, OPT_OPTIMIZER, "optimizer", text, names, 5);
    while (*(rest += strspn(rest, " ,"))) {
        char *word = rest;
        rest += strcspn(rest, " ,");
        if (*rest) *rest++ = '\0';
        const int code = read_setting(job, o, word);
        if (code) return code;
    }
    if (!job->o.value[OPT_LR] && cli_set(&job->o, OPT_LR, o->kind == LUGE_SGD ? "0.01" : "0.001")) return CLI_FAILED;
    o->learning_rate = cli_number(&job->o, OPT_LR, 0);
    if (o->learning_rate > 0) return CLI_OK;
    cli_fail(job->o.verb, "--lr: %s; a rate above 0 is expected", job->o.value[OPT_LR]);
    return CLI_USAGE;
}

static int decide_schedule(cli_job *job, luge_optimizer *o, luge_schedule *schedule)
{
    static const char *const names[] = { "constant", "cosine", "plateau" };
    const char *name = job->o.value[OPT_SCHEDULE];
    if (!name || !strcmp(name, "constant") || !strcmp(name, "plateau")) return CLI_OK;
    if (strcmp(name, "cosine") != 0) return unknown(job, OPT_SCHEDULE, "schedule", name, names, 3);
    const int64_t rows = luge_dataset_rows(job->train), steps = (rows + job->batch - 1) / job->batch;
    *schedule = *luge_cosine_decay(.initial_rate = o->learning_rate, .decay_steps = steps * job->epochs);
    o->schedule = schedule;
    return CLI_OK;
}

static int check_sampling(const cli_job *job)
{
    static const char *const names[] = { "shuffled", "in-order", "with-replacement" };
    const char *name = job->o.value[OPT_SAMPLING];
    for (int i = 0; i < 3 && name; i++)
        if (!strcmp(name, names[i])) return CLI_OK;
    return name ? unknown(job, OPT_SAMPLING, "sampling", name, names, 3) : CLI_OK;
}

static int decide_precision(const cli_job *job, luge_dtype *precision)
{
    static const char *const names[] = { "f32", "bf16" };
    const char *name = job->o.value[OPT_PRECISION];
    *precision = name && !strcmp(name, "bf16") ? LUGE_BF16 : LUGE_F32;
    if (!name || *precision == LUGE_BF16 || !strcmp(name, "f32")) return CLI_OK;
    return unknown(job, OPT_PRECISION, "precision", name, names, 2);
}

int cli_decide_numbers(cli_job *job)
{
    const char *batch = job->o.value[OPT_BATCH];
    const int64_t rows = luge_dataset_rows(job->train);
    job->epochs = cli_whole(&job->o, OPT_EPOCHS, 200);
    job->patience = job->validation ? cli_whole(&job->o, OPT_PATIENCE, 10) : 0;
    job->batch = batch && !strcmp(batch, "all") ? rows : cli_whole(&job->o, OPT_BATCH, 32);
    if (job->batch > rows) job->batch = rows;
    if (job->epochs < 1) {
        cli_fail(job->o.verb, "--epochs: %s; 1 at least is expected", job->o.value[OPT_EPOCHS]);
        return CLI_USAGE;
    }
    int code = check_sampling(job);
    if (!code) code = cli_setf(&job->o, OPT_EPOCHS, "%lld", (long long)job->epochs);
    if (!code && !batch) code = cli_set(&job->o, OPT_BATCH, "32");
    if (!code && !job->o.value[OPT_PATIENCE]) code = cli_setf(&job->o, OPT_PATIENCE, "%lld", (long long)job->patience);
    return code;
}

static int compile(cli_job *job)
{
    luge_optimizer optimizer;
    luge_schedule schedule;
    luge_loss loss;
    luge_dtype precision;
    int code = decide_loss(job, &loss);
    if (!code) code = decide_optimizer(job, &optimizer);
    if (!code) code = decide_schedule(job, &optimizer, &schedule);
    if (!code) code = decide_precision(job, &precision);
    if (code) return code;
    const int regression = job->task == LUGE_REGRESSION;
    const double unit = job->deviation > 0 ? job->deviation : 1; /* so that a rate suits targets of any size */
    const double weight = loss == LUGE_MEAN_SQUARED_ERROR || loss == LUGE_HUBER_LOSS ? 1 / (unit * unit) : 1 / unit;
    luge_compile(job->model, .optimizer = &optimizer, .loss = loss, .loss_weights = { weight }, .huber_delta = unit,
                 .label_smoothing = cli_number(&job->o, OPT_SMOOTHING, 0), .precision = precision,
                 .metrics = { regression ? LUGE_MAE : LUGE_ACCURACY });
    return luge_failed(job->ctx) ? refused(job) : CLI_OK;
}

int cli_job_model(cli_job *job)
{
    int code = build_model(job);
    if (!code) code = cli_decide_numbers(job);
    if (!code) code = compile(job);
    return code;
}

luge_fit_options cli_fit_options(const cli_job *job)
{
    const char *sampling = job->o.value[OPT_SAMPLING];
    return (luge_fit_options){ .size = sizeof(luge_fit_options),
                               .data = job->train,
                               .epochs = job->epochs,
                               .batch_size = job->batch,
                               .sampling = sampling && !strcmp(sampling, "in-order")           ? LUGE_IN_ORDER
                                           : sampling && !strcmp(sampling, "with-replacement") ? LUGE_WITH_REPLACEMENT
                                                                                               : LUGE_SHUFFLED,
                               .validation_data = job->validation,
                               .validation_batch_size = 256,
                               .verbose = -1,
                               .interrupt = &cli_interrupted };
}
