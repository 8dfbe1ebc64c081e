/* nn.h: the parts of a network as functions from value to value. They know graphs, and no models. */
#ifndef LUGE_NN_H
#define LUGE_NN_H

#include "core/core.h"
#include "luge/model.h"

/* Names of enumerators 0, 1, ..., as in messages and files; they end with NULL. */
extern const char *const luge__loss_names[], *const luge__optimizer_names[], *const luge__schedule_names[];

/* ---- losses ------------------------------------------------------------------------------------------------------ */

typedef struct luge__loss_settings {
    luge_loss kind;
    double label_smoothing, huber_delta;
    int from_logits;
} luge__loss_settings;

/* Nonzero where the loss takes class numbers as targets (in place of one float for each output). */
int luge__loss_takes_classes(luge_loss kind);
/* The loss of each row, [rows], of outputs y [rows, ...]. target: floats of y's shape, or class numbers (i32) of y's
 * shape without its last dimension. */
luge_val luge__loss_of_rows(luge_graph *g, const luge__loss_settings *settings, luge_val y, luge_val target);

/* ---- optimizers -------------------------------------------------------------------------------------------------- */

/* Replaces zeros by the defaults and LUGE_ZERO by 0; refuses what makes no sense. Pointers are kept as they are. */
luge_status luge__optimizer_resolve(luge_context *ctx, luge_optimizer *o);

/* What an optimizer keeps for one weight; none where it needs no such thing. */
typedef struct luge__slots {
    luge_val velocity, m, v, v_max; /* as in luge_update_options */
    luge_val accumulator, average;
} luge__slots;
enum { LUGE__SLOT_KINDS = 6 };
/* The slot of that number (0 .. LUGE__SLOT_KINDS - 1), and its name in files: Keras' where it has one. */
luge_val *luge__slot(luge__slots *slots, int number);
const char *luge__slot_name(const luge_optimizer *o, int number);

/* Appends the state variables of one weight, named "PREFIX/weight_slot". */
luge_status luge__optimizer_slots(luge_graph *g, const luge_optimizer *o, const char *weight, luge_val w,
                                  luge__slots *slots);

/* What the update of all weights is made of. */
typedef struct luge__update {
    const luge_optimizer *optimizer;
    int n;
    const luge_val *weights;
    luge_val *gradients; /* an update overwrites them by what it applies */
    const luge__slots *slots;
    luge_val rate, iterations; /* variables: 0-d float, 0-d i64 */
    luge_val *effects;         /* room for LUGE__UPDATE_EFFECTS * n + 1; or, accumulating, n */
} luge__update;
enum { LUGE__UPDATE_EFFECTS = 4 };
/* Appends the effects of a step that updates; returns how many, 0 on an error. */
int luge__optimizer_update(luge_graph *g, const luge__update *u);
/* Appends the effects of a step that only gathers gradients. */
int luge__optimizer_accumulate(luge_graph *g, const luge__update *u);

#endif
