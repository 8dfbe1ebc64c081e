/* test_model_hostile.c: model files that are cut off, damaged or made to harm: each is refused with words that tell
 * why, or is a model that can be used. */
#include "harness.h"
#include "model_files.h"

static model_file small, early, functional, momentum, gathered, decay, changed;
static char text[2 * MODEL_BYTES];

/* Loads from memory of its own size; what loads is exercised. The failure's message is left in the context. */
static luge_status try_file(luge_test *t, luge_context *ctx, const model_file *file)
{
    const size_t before = luge_memory_now(ctx);
    unsigned char *copy = malloc(file->size ? file->size : 1);
    if (!CHECK(t, copy)) return LUGE_ENOMEM;
    memcpy(copy, file->data, file->size);
    luge_model *m = luge_load_model_memory(ctx, copy, file->size);
    free(copy);
    const luge_status status = luge_failure(ctx);
    CHECK_EQ_INT(t, m != NULL, status == LUGE_OK);
    luge_model_free(m);
    CHECK_EQ_INT(t, luge_memory_now(ctx) - before, 0);
    if (m) (void)model_exercise(ctx, luge_load_model_memory(ctx, file->data, file->size));
    return status;
}

typedef struct edit {
    const char *what;
    const model_file *file;
    const char *from, *to; /* the first `from` in the metadata becomes `to` */
    const char *words;     /* of the message; NULL: it loads */
} edit;

static int apply(const edit *e)
{
    (void)model_file_text(e->file, text);
    char *at = strstr(text, e->from);
    const size_t rest = at ? strlen(at + strlen(e->from)) + 1 : 0;
    if (!at || strlen(text) + strlen(e->to) >= sizeof text) return 0;
    memmove(at + strlen(e->to), at + strlen(e->from), rest);
    memcpy(at, e->to, strlen(e->to));
    return model_file_with(e->file, text, &changed);
}

#define GRAPH    "\"graph\":["
#define VARIABLE "{\"op\":\"variable\",\"name\":"

/* clang-format off */
static const edit edits[] = {
    { "nothing", &small, "\"version\":1", "\"version\":1", NULL },
    /* versions */
    { "version 0", &small, "\"version\":1", "\"version\":0", "version of the file is missing or not a number from 1" },
    { "version 2", &small, "\"version\":1", "\"version\":2", "version 2; this library reads up to version 1" },
    { "version huge", &small, "\"version\":1", "\"version\":99999999999999999999", "version of the file is missing" },
    { "no version", &small, "\"version\":1,", "", "version of the file is missing" },
    { "version as text", &small, "\"version\":1", "\"version\":\"1\"", "version of the file is missing" },
    { "another instruction set", &small, "\"instruction_set\":\"", "\"instruction_set\":\"other ", NULL },
    { "no JSON", &small, "{\"version\"", "{version", "byte 1" },
    { "an array", &small, "{\"version\":1", "[1],{\"version\":1", "byte" },
    /* model */
    { "dtype", &small, "\"dtype\":\"f32\"", "\"dtype\":\"f16\"", "neither f32 nor f64" },
    { "other dtype", &small, "\"dtype\":\"f32\"", "\"dtype\":\"f64\"", "no input of rows of the model's dtype" },
    { "no name", &small, "\"name\":\"small\"", "\"name\":\"\"", "name has 0 characters" },
    { "name no text", &small, "\"name\":\"small\"", "\"name\":3", "a name is missing" },
    { "seed", &small, "\"seed\":5", "\"seed\":-5", "\"seed\" is missing" },
    { "input 0", &small, "\"inputs\":[1]", "\"inputs\":[0]", "\"inputs\" or \"outputs\" is missing" },
    { "no inputs", &small, "\"inputs\":[1]", "\"inputs\":[]", "\"inputs\" or \"outputs\" is missing" },
    { "input out of range", &small, "\"inputs\":[1]", "\"inputs\":[4000000000]", "\"inputs\" or \"outputs\" is missing" },
    { "input beyond 32 bits", &small, "\"inputs\":[1]", "\"inputs\":[4294967297]", "\"inputs\" or \"outputs\" is missing" },
    { "input that is a weight", &small, "\"inputs\":[1]", "\"inputs\":[2]", "names a node that is no input of rows" },
    { "input twice", &small, "\"inputs\":[1]", "\"inputs\":[1,1]", "names a node twice" },
    { "nine inputs", &small, "\"inputs\":[1]", "\"inputs\":[1,1,1,1,1,1,1,1,1]", "\"inputs\" or \"outputs\" is missing" },
    { "an input that is not named", &functional, "\"inputs\":[1,2]", "\"inputs\":[1]", "an input that \"inputs\" does not name" },
    { "output that is a weight", &small, "\"outputs\":[13]", "\"outputs\":[2]", "no rows of the model's dtype" },
    { "output that is an input", &small, "\"outputs\":[13]", "\"outputs\":[1]", NULL },
    { "output of no dtype", &early, "\"outputs\":[94]", "\"outputs\":[66]", "no rows of the model's dtype" },
    { "output out of range", &small, "\"outputs\":[13]", "\"outputs\":[14]", "\"inputs\" or \"outputs\" is missing" },
    { "rows of the sample", &small, "\"shape\":[7,3]", "\"shape\":[6,3]", "no input of rows" },
    { "rows of no elements", &small, "\"shape\":[7,3]", "\"shape\":[7,0]", "node" },
    { "rows as large as memory", &small, "\"shape\":[7,3]", "\"shape\":[7,1317624576693539401]", "node 1 (input)" },
    { "an input of many rows", &small, "\"shape\":[7,3]", "\"shape\":[7,4]", "matmul" },
    /* substitutes, effects, random state */
    { "inference value of another shape", &early, "\"inference_values\":[33,50]", "\"inference_values\":[11,50]", "do not go together" },
    { "inference value of no dtype", &early, "\"inference_values\":[33,50]", "\"inference_values\":[67,50]", "do not go together" },
    { "inference value behind", &early, "\"inference_values\":[33,50]", "\"inference_values\":[68,50]", "do not go together" },
    { "inference value of itself", &early, "\"inference_values\":[33,50]", "\"inference_values\":[50,50]", "do not go together" },
    { "training value twice", &early, "\"training_values\":[50,68]", "\"training_values\":[50,50]", "do not go together" },
    { "fewer inference values", &early, "\"inference_values\":[33,50]", "\"inference_values\":[33]", "is missing or names no nodes" },
    { "more inference values", &early, "\"inference_values\":[33,50]", "\"inference_values\":[33,50,50]", "is missing or names no nodes" },
    { "training value 0", &early, "\"training_values\":[50,68]", "\"training_values\":[0,68]", "is missing or names no nodes" },
    { "no effects", &early, "\"effects\":[58,66],", "", "is missing or names no nodes" },
    { "effect that is none", &early, "\"effects\":[58,66]", "\"effects\":[57,66]", "no assign" },
    { "effect twice", &early, "\"effects\":[58,66]", "\"effects\":[58,58]", NULL },
    { "random state that is a weight", &early, "\"random\":67", "\"random\":69", "no random state" },
    { "random state out of range", &early, "\"random\":67", "\"random\":667", "\"random\" is missing" },
    { "no random state", &early, "\"random\":67", "\"random\":0", NULL },
    /* layers */
    { "unknown kind", &small, "\"kind\":\"dense\"", "\"kind\":\"conv\"", "unknown kind \"conv\"" },
    { "no kind", &small, "\"kind\":\"dense\",", "", "unknown kind \"\"" },
    { "layer's output", &small, "\"output\":7", "\"output\":700", "out of range" },
    { "layer's weights", &small, "\"first_weight\":0,\"weights\":2", "\"first_weight\":3,\"weights\":2", "out of range" },
    { "layer's weights, overflow", &small, "\"first_weight\":0,\"weights\":2", "\"first_weight\":1,\"weights\":9223372036854775807", "out of range" },
    { "layer's first weight", &small, "\"first_weight\":0", "\"first_weight\":-1", "out of range" },
    { "layer shared with a later one", &small, "\"shared\":0", "\"shared\":1", "out of range" },
    { "layer's name", &small, "\"name\":\"dense\"", "\"name\":7", "a name is missing" },
    { "layer's long name", &small, "\"name\":\"dense\"", "\"name\":\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"", "characters" },
    { "layers named alike", &small, "\"name\":\"dense_1\"", "\"name\":\"dense\"", NULL },
    { "statistics of one weight", &early, "\"first_weight\":0,\"weights\":2", "\"first_weight\":0,\"weights\":1", "no mean and variance" },
    { "statistics of another size", &early, "\"first_weight\":0,\"weights\":2", "\"first_weight\":1,\"weights\":2", "no mean and variance" },
    { "statistics of a matrix", &early, "\"first_weight\":0,\"weights\":2", "\"first_weight\":2,\"weights\":2", "no mean and variance" },
    { "statistics without an input", &early, "\"input\":1,\"output\":11", "\"input\":0,\"output\":11", "no mean and variance" },
    /* weights */
    { "weight twice", &small, "{\"name\":\"dense/bias\",\"node\":4", "{\"name\":\"dense/kernel\",\"node\":2", "order of their nodes" },
    { "weight of another name", &small, "{\"name\":\"dense/bias\",\"node\":4", "{\"name\":\"dense/kernel\",\"node\":4", "no variable of that name" },
    { "weight that is no variable", &small, "\"node\":4", "\"node\":3", "no variable of that name" },
    { "weight out of range", &small, "\"node\":4", "\"node\":44", "no variable of that name" },
    { "weight that is the random state", &early, "{\"name\":\"layer_normalization/gamma\",\"node\":69", "{\"name\":\"random/state\",\"node\":67", "no variable of that name" },
    { "penalty below 0", &small, "\"l1\":0", "\"l1\":-1", "out of range" },
    { "penalty of NaN", &small, "\"l1\":0", "\"l1\":\"nan\"", "out of range" },
    { "penalty without end", &small, "\"l2\":0", "\"l2\":\"inf\"", "out of range" },
    { "trainable no flag", &small, "\"trainable\":true", "\"trainable\":1", "out of range" },
    { "averages that are trained", &early, "\"trainable\":false", "\"trainable\":true", "there is no tensor \"adam/" },
    { "weights no list", &small, "\"weights\":[", "\"weight\":[", "\"weights\" is missing" },
    { "class names no list", &small, "\"class_names\":[", "\"class_name\":[", "list of names is missing" },
    { "a class name no text", &small, "\"red\"", "3", NULL },
    /* graph */
    { "no graph", &small, GRAPH, "\"grape\":[", "a graph is an array" },
    { "unknown op", &small, "\"op\":\"matmul\"", "\"op\":\"matmal\"", "there is no such op" },
    { "no tensor", &small, VARIABLE "\"dense/kernel\"", VARIABLE "\"dense/kernal\"", "there is no tensor \"dense/kernal\"" },
    { "two variables of one name", &small, VARIABLE "\"dense_1/kernel\",\"attr\":{\"dtype\":\"f32\",\"shape\":[4,3]", VARIABLE "\"dense/kernel\",\"attr\":{\"dtype\":\"f32\",\"shape\":[3,4]", "node" },
    { "variable of another shape", &small, "\"shape\":[3,4],\"slab\"", "\"shape\":[4,3],\"slab\"", "is F32 [3,4]" },
    { "variable as large as memory", &small, "\"shape\":[3,4],\"slab\"", "\"shape\":[1152921504606846975,4],\"slab\"", "node 2 (variable)" },
    { "variable of another dtype", &small, "\"dtype\":\"f32\",\"shape\":[3,4]", "\"dtype\":\"f64\",\"shape\":[3,4]", "is F32 [3,4]" },
    { "a node ahead", &small, "\"in\":[1,2]", "\"in\":[1,3]", "not a node before it" },
    { "constant of another shape", &functional, "{\"op\":\"constant\",\"attr\":{\"dtype\":\"f64\",\"shape\":[4]", "{\"op\":\"constant\",\"attr\":{\"dtype\":\"f64\",\"shape\":[1000000000000]", "constant" },
    { "a value as large as memory", &functional, "\"op\":\"full\",\"attr\":{\"dtype\":\"f64\",\"shape\":[]", "\"op\":\"full\",\"attr\":{\"dtype\":\"f64\",\"shape\":[4611686018427387904]", "node" },
    { "slab out of range", &small, "\"slab\":0", "\"slab\":1000", "node 2 (variable)" },
    /* compiled */
    { "unknown precision", &small, "\"compiled\":{", "\"compiled\":{\"precision\":\"f8\",", "\"precision\" is unknown" },
    { "precision no text", &small, "\"compiled\":{", "\"compiled\":{\"precision\":16,", "\"precision\" is unknown" },
    { "precision", &small, "\"compiled\":{", "\"compiled\":{\"precision\":\"bf16\",", NULL },
    { "loss 0", &small, "\"loss\":\"sparse_categorical_crossentropy\"", "\"loss\":\"none\"", "a loss is expected" },
    { "unknown loss", &small, "\"loss\":\"sparse_categorical_crossentropy\"", "\"loss\":\"sparse\"", "\"loss\" is missing, unknown" },
    { "loss of an output", &functional, "\"losses\":[\"categorical_crossentropy\",", "\"losses\":[\"crossentropy\",", "a loss is unknown" },
    { "nine losses", &functional, "\"losses\":[", "\"losses\":[\"none\",\"none\",\"none\",\"none\",\"none\",\"none\",\"none\",", "too many losses" },
    { "loss weight", &functional, "\"loss_weights\":[0,0.5]", "\"loss_weights\":[0,\"nan\"]", "a loss weight is nan" },
    { "smoothing", &small, "\"label_smoothing\":0", "\"label_smoothing\":1", "label_smoothing is 1" },
    { "huber delta", &small, "\"huber_delta\":0", "\"huber_delta\":-1", "huber_delta is -1" },
    { "threshold", &small, "\"threshold\":0", "\"threshold\":1", "threshold is 1" },
    { "unknown metric", &small, "\"metrics\":[\"accuracy\"]", "\"metrics\":[\"luck\"]", "a metric is unknown" },
    { "13 metrics", &small, "\"metrics\":[\"accuracy\"]", "\"metrics\":[\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\",\"mae\"]", "too many losses or metrics" },
    { "optimizer kind", &small, "\"optimizer\":{\"kind\":\"sgd\"", "\"optimizer\":{\"kind\":\"none\"", "no kind number 0" },
    { "optimizer by number", &small, "\"optimizer\":{\"kind\":\"sgd\"", "\"optimizer\":{\"kind\":1", "\"kind\" is missing" },
    { "no optimizer", &small, "\"optimizer\":{\"kind\"", "\"optimist\":{\"kind\"", "\"kind\" is missing" },
    { "another optimizer", &small, "\"optimizer\":{\"kind\":\"sgd\"", "\"optimizer\":{\"kind\":\"adam\"", "there is no tensor \"adam/" },
    { "NaN rate", &small, "\"learning_rate\":0.1", "\"learning_rate\":\"nan\"", "learning_rate is nan" },
    { "infinite rate", &small, "\"learning_rate\":0.1", "\"learning_rate\":\"inf\"", "learning_rate is inf" },
    { "negative accumulation", &small, "\"accumulation_steps\":1", "\"accumulation_steps\":-1", "\"accumulation_steps\" is missing" },
    { "huge accumulation", &small, "\"accumulation_steps\":1", "\"accumulation_steps\":9223372036854775807", "\"accumulation_steps\" is missing" },
    { "accumulation without its sums", &small, "\"accumulation_steps\":1", "\"accumulation_steps\":2", "gradient_accumulator\"" },
    { "beta", &early, "\"beta1\":0.9", "\"beta1\":1", "beta1 is 1" },
    { "average momentum", &small, "\"average_momentum\":0", "\"average_momentum\":1.5", "average_momentum is 1.5" },
    { "two clips", &small, "\"clip_value\":0,\"clip_norm\":0", "\"clip_value\":1,\"clip_norm\":1", "only one of" },
    { "formulas", &small, "\"formulas\":\"keras\"", "\"formulas\":\"jax\"", "\"formulas\" is missing, unknown" },
    { "boundaries", &decay, "\"n_boundaries\":2", "\"n_boundaries\":3", "of the schedule do not fit" },
    { "boundaries below 0", &decay, "\"n_boundaries\":2", "\"n_boundaries\":-1", "of the schedule do not fit" },
    { "boundaries beyond room", &decay, "\"n_boundaries\":2", "\"n_boundaries\":2000000000", "of the schedule do not fit" },
    { "boundary no integer", &decay, "\"boundaries\":[4,9]", "\"boundaries\":[4,9.5]", "a boundary is no integer" },
    { "boundaries falling", &decay, "\"boundaries\":[4,9]", "\"boundaries\":[9,4]", "boundaries" },
    { "rate of a schedule", &decay, "\"values\":[0.01,", "\"values\":[\"nan\",", "values" },
    { "unknown schedule", &decay, "\"schedule\":{\"kind\":\"", "\"schedule\":{\"kind\":\"un", "\"kind\" is missing, unknown" },
    /* training */
    { "no training", &small, "\"training\":{", "\"trainings\":{", "\"rate\" is missing" },
    { "rate", &small, "\"rate\":0.1", "\"rate\":-0.1", "\"rate\" is out of range" },
    { "rate NaN", &small, "\"rate\":0.1", "\"rate\":\"nan\"", "\"rate\" is out of range" },
    { "epoch", &small, "\"epoch\":1", "\"epoch\":-1", "\"epoch\" is missing" },
    { "huge epoch", &small, "\"epoch\":1", "\"epoch\":9223372036854775807", "\"epoch\" is missing" },
    { "far epoch", &small, "\"epoch\":1", "\"epoch\":1000000", NULL },
    { "huge updates", &small, "\"updates\":8", "\"updates\":9223372036854775807", "\"updates\" is missing" },
    { "step behind the end of an epoch", &small, "\"step\":2", "\"step\":2000000", NULL },
    { "swapped without averages", &small, "\"swapped\":0", "\"swapped\":1", "there are no averages" },
    { "fingerprint", &small, "\"fingerprint\":", "\"fingerprint\":-", "\"fingerprint\" is missing" },
    { "history too narrow", &small, "\"history\":[\"loss\",", "\"history\":[", "\"history\" does not fit" },
    { "history too wide", &small, "\"history\":[", "\"history\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\",\"q\",\"r\",\"s\",\"t\",\"u\",\"v\",\"w\",\"x\",\"y\",\"z\",\"A\",\"B\",", "\"history\" does not fit" },
    { "history with a name twice", &small, "\"history\":[\"loss\",", "\"history\":[\"accuracy\",", "there twice" },
    { "history with a long name", &small, "\"history\":[\"loss\",", "\"history\":[\"01234567890123456789012345678901\",", "too long" },
    { "metrics that need other sums", &small, "\"metrics\":[\"accuracy\"]", "\"metrics\":[\"r2\"]", "model in memory: luge_metric_state_set" },
    { "metrics without sums", &small, "\"metrics\":[\"accuracy\"]", "\"metrics\":[]", NULL },
    { "17 callbacks", &early, "\"callbacks\":[{", "\"callbacks\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{", "too long" },
    { "callback without numbers", &early, "\"callbacks\":[{", "\"callbacks\":[{},{", "\"kind\" is missing" },
    { "callback's wait", &early, "\"wait\":0", "\"wait\":-1", "\"wait\" is missing" },
    { "callback of another number", &early, "\"callbacks\":[{\"kind\":\"early_stopping\",", "\"callbacks\":[{\"kind\":\"custom\",\"has_best\":0,\"best\":0,\"wait\":0,\"cooldown\":0,\"best_epoch\":0,\"has_weights\":0},{\"kind\":\"early_stopping\",", "\"training/best_1/normalization/mean\"" },
    { "best weights where there are none", &momentum, "\"callbacks\":[]", "\"callbacks\":[{\"kind\":\"early_stopping\",\"has_best\":0,\"best\":0,\"wait\":0,\"cooldown\":0,\"best_epoch\":0,\"has_weights\":1}]", "there is no tensor \"training/best_0/" },
    { "no callbacks", &small, "\"callbacks\":[]", "\"callbacks\":{}", "\"callbacks\" is missing" },
};
/* clang-format on */

static void edited(luge_test *t, const edit *e)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, apply(e))) return luge_close(ctx);
    const luge_status status = try_file(t, ctx, &changed);
    if (e->words) {
        CHECK(t, status == (strstr(e->what, "version 2") ? LUGE_ENOTSUP : LUGE_EFORMAT) || status == LUGE_EINVAL ||
                     status == LUGE_ESHAPE);
        CHECK_STR_CONTAINS(t, luge_error(ctx), e->words);
        CHECK_STR_CONTAINS(t, luge_error(ctx), "model in memory");
    } else if (!CHECK_STATUS(t, status, LUGE_OK)) {
        printf("    %s\n", luge_error(ctx));
    }
    luge_close(ctx);
}

/* ---- other files ------------------------------------------------------------------------------------------------- */

static void truncated(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const model_file *const all[] = { &small, &early, &functional };
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < all[i]->size; n++) {
            memcpy(changed.data, all[i]->data, changed.size = n);
            const luge_status status = try_file(t, ctx, &changed);
            CHECK_STATUS(t, status, LUGE_EFORMAT);
            luge_clear(ctx);
        }
    luge_close(ctx);
}

/* A tensor goes by another name: it is missing. */
static void tensors_missing(luge_test *t)
{
    static const struct {
        const model_file *file;
        const char *name;
        int needed;
    } cases[] = { { &small, "dense/kernel", 1 },
                  { &small, "optimizer/iterations", 0 }, /* then there is no state at all */
                  { &small, "training/metrics", 1 },
                  { &small, "training/history", 0 },
                  { &early, "adam/dense_kernel_velocity", 1 },
                  { &early, "training/best_0/dense_1/bias", 1 },
                  { &early, "random/state", 1 },
                  { &functional, "constant/36", 1 },
                  { &functional, "own", 1 },
                  { &gathered, "sgd/dense_bias_gradient_accumulator", 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        luge_context *ctx = luge_open(.threads = 1);
        char quoted[80];
        const int n = snprintf(quoted, sizeof quoted, "\"%s\":", cases[i].name);
        changed = *cases[i].file;
        size_t at = 8;
        while (at < changed.size && memcmp(changed.data + at, quoted, (size_t)n) != 0) at++;
        if (CHECK(t, at < changed.size)) {
            changed.data[at + 1] = '~';
            CHECK_STATUS(t, try_file(t, ctx, &changed), cases[i].needed ? LUGE_EFORMAT : LUGE_OK);
            if (cases[i].needed) CHECK_STR_CONTAINS(t, luge_error(ctx), cases[i].name);
        }
        luge_close(ctx);
    }
}

static void plain_tensors(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},\"w\":{\"dtype\":\"U8\",\"shape\":[1],"
                                 "\"data_offsets\":[0,1]}}";
    changed.size = 8 + sizeof header;
    memset(changed.data, 0, 8);
    changed.data[0] = sizeof header - 1;
    memcpy(changed.data + 8, header, sizeof header);
    CHECK_STATUS(t, try_file(t, ctx, &changed), LUGE_EFORMAT);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "a safetensors file, but not a model of luge");
    luge_clear(ctx);
    CHECK(t, !luge_load_model(ctx, "/nowhere/model.safetensors"));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "/nowhere/model.safetensors");
    luge_clear(ctx);
    CHECK(t, !luge_load_model(ctx, NULL));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EINVAL);
    CHECK(t, !luge_load_model(ctx, "x")); /* the first error sticks */
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EINVAL);
    CHECK(t, !luge_load_model(NULL, "x"));
    CHECK(t, !luge_load_model_memory(NULL, "x", 1));
    luge_close(ctx);
}

/* What loading takes is bounded by the file. */
static void memory_bounded(luge_test *t)
{
    const model_file *const all[] = { &small, &early, &functional, &momentum };
    for (int i = 0; i < 4; i++) {
        luge_context *ctx = luge_open(.threads = 1);
        const size_t before = luge_memory_now(ctx);
        CHECK(t, luge_load_model_memory(ctx, all[i]->data, all[i]->size));
        const size_t peak = luge_memory_peak(ctx) - before;
        if (t->verbose) printf("    a file of %zu bytes, a peak of %zu\n", all[i]->size, peak);
        CHECK(t, peak < 32 * all[i]->size + 65536);
        luge_close(ctx);
    }
}

void test_model_hostile(luge_test *t)
{
    if (!CHECK(t, model_file_make(&model_cases[0], &small) && model_file_make(&model_cases[1], &momentum) &&
                      model_file_make(&model_cases[2], &gathered) && model_file_make(&model_cases[11], &early) &&
                      model_file_make(&model_cases[14], &decay) && model_file_make(&model_cases[16], &functional)))
        return;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        if (CASE(t, edits[i].what)) edited(t, &edits[i]);
    RUN(t, truncated);
    RUN(t, tensors_missing);
    RUN(t, plain_tensors);
    RUN(t, memory_bounded);
}
