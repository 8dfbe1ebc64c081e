/* fit.h: one call of luge_fit while it runs: the loop (fit.c), its callbacks, its progress lines, its search for NaN.
 */
#ifndef LUGE_TRAIN_FIT_H
#define LUGE_TRAIN_FIT_H

#include "train/train.h"

typedef struct luge__logs {
    int n;
    char text[LUGE__MAX_LOGS][32];
    const char *names[LUGE__MAX_LOGS];
    double values[LUGE__MAX_LOGS];
} luge__logs;

typedef struct luge__bar {
    luge_sink sink;
    int verbose;       /* 1: a bar; 2: a line an epoch; 0: nothing */
    int64_t began;     /* of the epoch, milliseconds */
    int64_t first;     /* step of it then */
    int64_t drawn;     /* when a bar was last drawn */
    size_t drawn_size; /* columns of that line */
} luge__bar;

typedef struct luge__fit {
    luge_model *m;
    luge_fit_options o;
    luge_dataset *data, *validation;
    luge_dataset *parts[2]; /* those of a validation split: the fit's own */
    luge_callback callbacks[LUGE_MAX_CALLBACKS];
    int n_callbacks;
    int64_t rows, steps;
    int64_t *order; /* rows of this epoch, in order */
    size_t order_bytes;
    luge__step_key key;
    luge__logs logs;
    luge__bar bar;
    uint64_t loaded;       /* the load that brought all rows as one batch; 0: none did */
    unsigned char *before; /* stop on NaN: the weights before the step */
    size_t before_bytes;
    int64_t random_before[2];
    int32_t stop;
} luge__fit;

/* ---- callbacks.c: each returns nonzero where training shall stop, or an error sticks ----------------------------- */
typedef enum luge__event {
    LUGE__TRAIN_BEGIN,
    LUGE__EPOCH_BEGIN,
    LUGE__BATCH_END,
    LUGE__EPOCH_END,
    LUGE__TRAIN_END
} luge__event;
luge_status luge__callbacks_check(luge__fit *f);
int luge__callbacks_call(luge__fit *f, luge__event event, int64_t epoch, int64_t step);
/* Nonzero where a callback of that kind is there. */
int luge__callbacks_have(const luge__fit *f, luge_callback_kind kind);
/* Nonzero where one looks at the logs of each step. */
int luge__callbacks_watch_steps(const luge__fit *f);

/* ---- nan.c ------------------------------------------------------------------------------------------------------- */
luge_status luge__nan_remember(luge__fit *f);
/* Puts the weights back to before the step and writes where the first NaN appeared into the model's reason. */
luge_status luge__nan_explain(luge__fit *f, const int64_t *rows, int64_t n);

/* ---- progress.c -------------------------------------------------------------------------------------------------- */
void luge__bar_epoch(luge__fit *f);
void luge__bar_step(luge__fit *f);
void luge__bar_end(luge__fit *f);   /* of an epoch */
void luge__bar_break(luge__fit *f); /* stopped in the middle of one */

/* ---- fit.c ------------------------------------------------------------------------------------------------------- */
/* Puts a name and value into the logs. */
void luge__log_put(luge__logs *logs, const char *prefix, const char *name, double value);
/* The names of all that an epoch will log. */
void luge__logs_expect(luge__fit *f);
int luge__log_find(const luge__logs *logs, const char *name); /* its number; -1 where it is not there */

#endif
