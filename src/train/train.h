/* train.h: what a model is made of.
 *
 * forward graph    what the user describes; variables are the weights. The first dimension of its inputs is the batch.
 * scored graph     a replay of it with the optimizer's variables, targets and the loss behind it (step.c)
 * step             a replay of those for a number of rows, compiled: to train, gather gradients, score or predict
 * Replays share variables, so all of them see the same weights. */
#ifndef LUGE_TRAIN_TRAIN_H
#define LUGE_TRAIN_TRAIN_H

#include "core/core.h"
#include "luge/model.h"
#include "luge/plan.h"
#include "nn/nn.h"

/* Rows of the forward graph: any number would do, but not 1, which broadcasts. */
enum { LUGE__SAMPLE_ROWS = 7, LUGE__MAX_MODEL_INPUTS = 8, LUGE__NAME_BYTES = 128 };

typedef struct luge__weight {
    char name[LUGE__NAME_BYTES];
    luge_val value;
    luge_initializer initializer; /* until the first values are there */
    double l1, l2;
    int32_t trainable;
    int32_t initialized;
} luge__weight;

/* A layer is an annotation: which nodes it made of which, and its weights. */
typedef struct luge__layer_note {
    char name[LUGE__NAME_BYTES];
    luge_layer_kind kind;
    luge_val input, output;
    int32_t first_weight, n_weights; /* of its own */
    int32_t shared;                  /* index of the layer whose weights it uses, plus one */
    int64_t parameters;
} luge__layer_note;

/* A layer that waits for the shape of a row. Its strings are copies. */
typedef struct luge__pending_layer {
    luge_layer layer;
    char name[LUGE__NAME_BYTES], share[LUGE__NAME_BYTES];
} luge__pending_layer;

/* What one step graph is for. */
typedef enum luge__mode { LUGE__TRAIN, LUGE__GATHER, LUGE__SCORE, LUGE__PREDICT, LUGE__INSPECT } luge__mode;

typedef struct luge__step_key {
    luge__mode mode;
    int64_t rows;
    int32_t weighted;                  /* rows have weights */
    int32_t classes[LUGE_MAX_OUTPUTS]; /* targets are class numbers */
} luge__step_key;

typedef struct luge__step {
    luge__step_key key;
    uint64_t used; /* when, for the one that goes when there are too many */
    luge_graph *graph;
    luge_plan *plan;
    luge_run *run;
    luge_val inputs[LUGE__MAX_MODEL_INPUTS], targets[LUGE_MAX_OUTPUTS], weights;
    luge_val outputs[LUGE_MAX_OUTPUTS];
    luge_val row_losses[LUGE_MAX_OUTPUTS]; /* score: of each row, weighted; loss is then the penalties alone */
    luge_val loss;
    luge_val *gradients; /* where not NULL: gets the gradient of each weight, none where it has none */
} luge__step;
enum { LUGE__MAX_STEPS = 10 };

/* Names of history columns and logs. */
enum { LUGE__MAX_LOGS = 2 * (LUGE_MAX_METRICS + 1) + 2 };
typedef struct luge__history {
    int64_t epochs;
    int32_t count;
    char names[LUGE__MAX_LOGS][32];
    double *values; /* [epochs, width], NaN where nothing was logged */
    size_t width, capacity;
} luge__history;

/* Which weights a callback keeps: the best; or, after they were put back, those that training goes on from. */
enum luge__kept { LUGE__NOTHING_KEPT, LUGE__BEST_KEPT, LUGE__BEST_IN_MODEL };

/* Names of the kinds of callbacks, as in luge__loss_names. */
extern const char *const luge__callback_names[];

/* What a built-in callback remembers; saved with the model. */
typedef struct luge__callback_state {
    luge_callback_kind kind;
    int32_t has_best;
    double best;
    int64_t wait, cooldown, best_epoch;
    int32_t has_weights;    /* luge__kept */
    unsigned char *weights; /* in the order of the model's; NULL where none are kept */
    size_t weight_bytes;
} luge__callback_state;

/* Host memory for one batch, rebuilt when it must grow. */
typedef struct luge__batch {
    int64_t rows;
    unsigned char *memory;
    size_t bytes;
    void *inputs[LUGE__MAX_MODEL_INPUTS], *targets[LUGE_MAX_OUTPUTS], *weights;
    int64_t *numbers;      /* of rows */
    uint64_t loads;        /* how often rows were loaded: tells whether those of an earlier load still lie there */
    luge_target_kind kind; /* of the first target as it was loaded */
} luge__batch;

/* A text that the user keeps with the model. */
typedef struct luge__note {
    char *key, *text;
} luge__note;

struct luge_model {
    luge__object object;
    luge_context *ctx;
    char name[LUGE__NAME_BYTES];
    luge_dtype dtype;
    uint64_t seed;

    /* what is described */
    luge_graph *graph;
    luge__pending_layer *pending;
    size_t n_pending, pending_capacity;
    luge__layer_note *layers;
    size_t n_layers, layer_capacity;
    luge__weight *weights;
    size_t n_weights, weight_capacity;
    luge_val inputs[LUGE__MAX_MODEL_INPUTS];
    int32_t n_inputs;
    luge_val outputs[LUGE_MAX_OUTPUTS];
    int32_t n_outputs;
    int32_t chain;       /* a chain of layers: its end is the output */
    luge_val *from, *to; /* training form and inference form of a value */
    size_t n_substitutes, from_capacity, to_capacity;
    luge_val *effects; /* of a training step: moving averages */
    size_t n_effects, effect_capacity;
    luge_val random; /* i64 {seed, step}; none without random layers */

    /* what is compiled */
    int32_t compiled;
    luge_compile_options options;
    luge_optimizer optimizer;
    luge_schedule schedule;
    double rate;        /* set by the user, a callback; without a schedule the rate of the next step */
    luge_graph *state;  /* forward graph and the optimizer's variables */
    luge__slots *slots; /* one a weight; none for those that are not trained */
    size_t n_slots;
    luge_val rate_value, iterations;
    void *rate_memory;
    luge__step steps[LUGE__MAX_STEPS];
    uint64_t step_clock;
    luge__batch batch;

    /* where training stands */
    int64_t epoch, step, updates;
    int64_t order;              /* epochs ever begun to the end: numbers the orders of rows */
    double loss_sum, loss_rows; /* of the running epoch */
    luge_metric_state *metrics, *validation_metrics;
    int32_t n_metrics;
    uint64_t fingerprint; /* of the data that the running training uses */
    int64_t batch_size, data_rows;
    luge_sampling sampling;
    luge__history history;
    luge__callback_state callbacks[LUGE_MAX_CALLBACKS];
    int32_t stopped;
    luge_stop_cause cause;
    int32_t swapped;
    int32_t fitting;
    char reason[256];

    /* what the first data brought */
    char **class_names, **feature_names;
    int64_t n_class_names, n_feature_names;

    luge__note *notes;
    size_t n_notes, note_capacity;
};

/* ---- model.c ----------------------------------------------------------------------------------------------------- */
/* Zero, and a message that begins with who, unless the model can be worked with. */
int luge__model_usable(luge_model *m, const char *who);
/* What to return where it cannot be. */
luge_status luge__refused(const luge_model *m);
/* luge__model_usable for what changes the model's structure: not while it is being trained (LUGE_ESTATE). */
int luge__model_changeable(luge_model *m, const char *who);
/* Builds what waits, if the shape of a row is known; LUGE_ESTATE where it is not, or there are no layers. */
luge_status luge__model_ready(luge_model *m, const char *who);
/* The same, taking the shape of rows from a data set where none is known. */
luge_status luge__model_ready_for(luge_model *m, const char *who, luge_dataset *data);
/* Gives weights that have none their first values. */
luge_status luge__model_initialize(luge_model *m);
/* Registers a weight (with an unused name); its index, or -1. */
int luge__model_add_weight(luge_model *m, const char *name, luge_dtype dtype, luge_shape shape,
                           luge_initializer initializer, int trainable);
int luge__model_weight_index(const luge_model *m, const char *name); /* -1 where there is none */
luge_status luge__model_substitute(luge_model *m, luge_val from, luge_val to);
luge_status luge__model_add_effect(luge_model *m, luge_val effect);
/* A context frees its newest object first. A model frees what it made, so it must be newer: called after making any. */
void luge__model_renew(luge_model *m);
/* Copies text that must fit LUGE__NAME_BYTES. */
luge_status luge__copy_name(luge_context *ctx, const char *who, char to[LUGE__NAME_BYTES], const char *name);
size_t luge__value_bytes(const luge_graph *g, luge_val v); /* 0 for a value of another graph */
size_t luge__weight_bytes(const luge_model *m, size_t index);
/* Copies all weights out of or into the model, in order; memory of luge__weights_bytes. */
size_t luge__all_weight_bytes(const luge_model *m);
luge_status luge__copy_weights(luge_model *m, unsigned char *memory, int into_model);

/* ---- layer.c ----------------------------------------------------------------------------------------------------- */
/* Appends a layer's nodes; none on an error. */
luge_val luge__layer_build(luge_model *m, const luge_layer *layer, luge_val x);

/* ---- compile.c --------------------------------------------------------------------------------------------------- */
luge_status luge__compile(luge_model *m, const luge_compile_options *options);
void luge__compile_forget(luge_model *m); /* steps, optimizer state, batch */
/* The rate of the next step. */
double luge__next_rate(const luge_model *m);
void luge__write_rate(luge_model *m, double rate); /* to where updates read it */
/* Makes the optimizer's variables, if they are not there yet. */
luge_status luge__model_state(luge_model *m);

/* ---- step.c ------------------------------------------------------------------------------------------------------ */
/* The step for a key, made when first asked for. */
luge__step *luge__step_for(luge_model *m, const luge__step_key *key);
/* The same made into *step, which the caller has for itself and drops. */
luge_status luge__step_build(luge_model *m, const luge__step_key *key, luge__step *step);
void luge__step_drop(luge__step *step);
void luge__steps_forget(luge_model *m);
luge_loss luge__loss_of(const luge_model *m, int output);
/* Which targets the model's losses take from a data set. data may be NULL for predict. */
luge_status luge__step_key_for(luge_model *m, const char *who, luge_dataset *data, luge__mode mode, int weighted,
                               luge__step_key *key);

/* ---- batch.c ----------------------------------------------------------------------------------------------------- */
/* Gathers rows into the model's batch memory and binds them to the step. */
luge_status luge__batch_load(luge_model *m, luge_dataset *data, const luge__step *step, const int64_t *rows, int64_t n,
                             const double *class_weights, int n_class_weights);
/* The same for rows first .. first+n-1. */
luge_status luge__batch_load_range(luge_model *m, luge_dataset *data, const luge__step *step, int64_t first, int64_t n,
                                   const double *class_weights, int n_class_weights);
luge_status luge__batch_reserve(luge_model *m, int64_t rows);
/* Checks that the model can read the data set: features, and targets if asked for. */
luge_status luge__check_data(luge_model *m, const char *who, luge_dataset *data, int targets);

/* ---- evaluate.c -------------------------------------------------------------------------------------------------- */
/* Loss (weighted mean over rows) and metrics of a data set; metrics may be NULL. */
luge_status luge__score(luge_model *m, const char *who, luge_dataset *data, int64_t batch_size,
                        const double *class_weights, int n_class_weights, luge_metric_state *metrics, double *loss);
/* Adds the first output of the step's last run to the sums. */
luge_status luge__metrics_add(luge_model *m, luge_metric_state *metrics, const luge__step *step);
luge_scores luge__no_scores(void); /* NaN in all of them */
void luge__read_scores(const luge_metric_state *metrics, const luge_metric *list, int n, luge_scores *scores);
/* NULL on an error. */
luge_metric_state *luge__metrics_create(luge_model *m, const luge_metric *list, int n, int confusion);
/* Executes a step and reads its loss; run errors become the context's. */
luge_status luge__step_execute(luge_model *m, const luge__step *step, double *loss);

/* ---- fit.c ------------------------------------------------------------------------------------------------------- */
/* LUGE_ESTATE where the model cannot be trained now. */
luge_status luge__trainable(luge_model *m, const char *who);

/* ---- progress.c -------------------------------------------------------------------------------------------------- */
/* A number with so many decimals, the part before them padded by zeros to `width`. */
size_t luge__format_fixed(char *text, size_t size, double value, int decimals, int width);

/* ---- look.c ------------------------------------------------------------------------------------------------------ */
/* Copies n texts; an entry may be NULL. */
luge_status luge__set_names(luge_model *m, char ***to, int64_t *n_to, const char *const *names, int64_t n);

/* ---- note.c ------------------------------------------------------------------------------------------------------ */
void luge__notes_free(luge_model *m);

/* ---- history.c --------------------------------------------------------------------------------------------------- */
void luge__history_clear(luge_model *m);
void luge__history_free(luge_model *m);
luge_status luge__history_add(luge_model *m, int64_t epoch, int n, const char *const *names, const double *values);

#endif
