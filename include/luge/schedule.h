/* luge/schedule.h: learning rates that change with the step: Keras' schedules, as functions of the step alone.
 *
 *   const luge_schedule *decay = luge_cosine_decay(.initial_rate = 0.1, .decay_steps = 10000);
 *   double rate = luge_schedule_rate(decay, step);
 */
#ifndef LUGE_SCHEDULE_H
#define LUGE_SCHEDULE_H

#include "luge/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* s is the step, n is decay_steps; rate(s) = */
typedef enum luge_schedule_kind {
    LUGE_CONSTANT_RATE = 0,      /* initial_rate */
    LUGE_EXPONENTIAL_DECAY = 1,  /* initial_rate decay_rate^(s / n) */
    LUGE_PIECEWISE_CONSTANT = 2, /* values[i] of the first i with s <= boundaries[i], or the last value */
    LUGE_POLYNOMIAL_DECAY = 3,   /* (initial_rate - end_rate) (1 - min(s, n) / n)^power + end_rate; with cycle, n grows
                                    to its next multiple instead of s being cut */
    LUGE_INVERSE_TIME_DECAY = 4, /* initial_rate / (1 + decay_rate s / n) */
    LUGE_COSINE_DECAY = 5,       /* initial_rate ((1 - alpha) (1 + cos(pi min(s, n) / n)) / 2 + alpha). With
                                    warmup_target: a line from initial_rate to it in warmup_steps, from where the
                                    cosine starts */
    LUGE_COSINE_RESTARTS = 6,    /* that cosine again and again, over n steps, then n t_mul, n t_mul^2, ...; the
                                    cosine's height is multiplied by m_mul each time */
    LUGE__SCHEDULE_KIND_FORCE_INT = 0x7fffffff
} luge_schedule_kind;

/* Zero means the default; a field that the kind does not use is ignored. */
typedef struct luge_schedule {
    size_t size; /* sizeof(luge_schedule); the macros set it */
    luge_schedule_kind kind;
    double initial_rate;    /* > 0, no default; LUGE_COSINE_DECAY with a warmup_target: may be 0 */
    int64_t decay_steps;    /* 1 or more, no default */
    double decay_rate;      /* > 0, no default */
    double end_rate;        /* default 0.0001, as in Keras; a number like 1e-30 stands for 0 */
    double power;           /* > 0, default 1: a line */
    int32_t staircase;      /* nonzero: s / n is rounded down to a whole number (exponential and inverse time) */
    int32_t cycle;          /* nonzero: see LUGE_POLYNOMIAL_DECAY */
    double alpha;           /* 0 or more: what is left in the end, as a part of the rate; default 0 */
    double warmup_target;   /* default: no warm-up */
    int64_t warmup_steps;   /* default 0 */
    double t_mul;           /* 1 or more, default 2 */
    double m_mul;           /* > 0, default 1 */
    int32_t n_boundaries;   /* 1 to 15 */
    int64_t boundaries[15]; /* increasing */
    double values[16];      /* n_boundaries + 1 of them, 0 or more */
} luge_schedule;

/* The rate of step 0, 1, ... (a negative step counts as 0). NaN for a schedule that luge_schedule_check refuses because
 * of its size or kind. */
LUGE_API double luge_schedule_rate(const luge_schedule *schedule, int64_t step);
/* LUGE_OK, or LUGE_EINVAL with a message that names the schedule, the field and what was expected. */
LUGE_API luge_status luge_schedule_check(luge_context *ctx, const luge_schedule *schedule);

/* luge_exponential_decay(.initial_rate = 0.1, .decay_steps = 1000, .decay_rate = 0.9): a pointer to a schedule that
 * lives as long as the block it is written in. */
#ifndef __cplusplus
#define luge__rate_schedule(kind_, ...) (&(luge_schedule){ .size = sizeof(luge_schedule), .kind = kind_, __VA_ARGS__ })
#define luge_constant_rate(...)         luge__rate_schedule(LUGE_CONSTANT_RATE, .initial_rate = __VA_ARGS__)
#define luge_exponential_decay(...)     luge__rate_schedule(LUGE_EXPONENTIAL_DECAY, __VA_ARGS__)
#define luge_piecewise_constant(...)    luge__rate_schedule(LUGE_PIECEWISE_CONSTANT, __VA_ARGS__)
#define luge_polynomial_decay(...)      luge__rate_schedule(LUGE_POLYNOMIAL_DECAY, __VA_ARGS__)
#define luge_inverse_time_decay(...)    luge__rate_schedule(LUGE_INVERSE_TIME_DECAY, __VA_ARGS__)
#define luge_cosine_decay(...)          luge__rate_schedule(LUGE_COSINE_DECAY, __VA_ARGS__)
#define luge_cosine_restarts(...)       luge__rate_schedule(LUGE_COSINE_RESTARTS, __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif
#endif
