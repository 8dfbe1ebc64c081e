/* schedule.c: learning rates as functions of the step; the formulas are in luge/schedule.h. */
#include <math.h>

#include "core/core.h"
#include "luge/schedule.h"
#include "nn/nn.h"

enum { BOUNDARIES = (int)(sizeof((luge_schedule *)0)->boundaries / sizeof(int64_t)) };

const char *const luge__schedule_names[] = { "constant_rate",      "exponential_decay",
                                             "piecewise_constant", "polynomial_decay",
                                             "inverse_time_decay", "cosine_decay",
                                             "cosine_restarts",    NULL };

/* A copy with the defaults filled in. */
static luge_status read_schedule(luge_context *ctx, const luge_schedule *given, luge_schedule *s)
{
    if (!given) return luge__fail(ctx, LUGE_EINVAL, "luge_schedule: NULL; a schedule is expected");
    const luge_status status = luge__read_options(ctx, "luge_schedule", s, sizeof *s, given);
    if (status) return status;
    if ((int)s->kind < 0 || s->kind > LUGE_COSINE_RESTARTS)
        return luge__fail(ctx, LUGE_EINVAL, "luge_schedule: kind is %d; no such kind", (int)s->kind);
    if (s->end_rate == 0) s->end_rate = 1e-4;
    if (s->power == 0) s->power = 1;
    if (s->t_mul == 0) s->t_mul = 2;
    if (s->m_mul == 0) s->m_mul = 1;
    return LUGE_OK;
}

/* ---- rates ------------------------------------------------------------------------------------------------------- */

static double piecewise(const luge_schedule *s, int64_t step)
{
    int i = 0;
    while (i < s->n_boundaries && i < BOUNDARIES && step > s->boundaries[i]) i++;
    return s->values[i];
}

static double polynomial(const luge_schedule *s, double step)
{
    double n = (double)s->decay_steps;
    if (s->cycle)
        n *= step > 0 ? ceil(step / n) : 1;
    else if (step > n)
        step = n;
    return (s->initial_rate - s->end_rate) * pow(1 - step / n, s->power) + s->end_rate;
}

/* From 1 down to alpha while `done` goes from 0 to 1. */
static double cosine(const luge_schedule *s, double done, double height)
{
    const double pi = 3.14159265358979323846;
    return (1 - s->alpha) * 0.5 * height * (1 + cos(pi * done)) + s->alpha;
}

static double cosine_decay(const luge_schedule *s, double step)
{
    const double n = (double)s->decay_steps, warmup = (double)s->warmup_steps;
    if (s->warmup_target == 0) return s->initial_rate * cosine(s, fmin(step, n) / n, 1);
    if (step < warmup) return (s->warmup_target - s->initial_rate) * (step / warmup) + s->initial_rate;
    return s->warmup_target * cosine(s, fmin(step - warmup, n) / n, 1);
}

/* Restart i is at 1 + t + ... + t^(i-1) first periods. Logarithms find i but for their rounding. */
static double cosine_restarts(const luge_schedule *s, double step)
{
    const double t = s->t_mul, periods = step / (double)s->decay_steps;
    double i = floor(periods), done = periods - i;
    if (t > 1) {
        i = floor(log1p(periods * (t - 1)) / log(t)) + 1;
        do {
            i--;
            done = (periods - (pow(t, i) - 1) / (t - 1)) / pow(t, i);
        } while (done < 0 && i > 0);
        if (done >= 1) {
            i++;
            done = 0;
        }
    }
    return s->initial_rate * cosine(s, done, pow(s->m_mul, i));
}

double luge_schedule_rate(const luge_schedule *schedule, int64_t step)
{
    luge_schedule s;
    if (read_schedule(NULL, schedule, &s)) return (double)NAN;
    const double at = step > 0 ? (double)step : 0, periods = at / (double)s.decay_steps;
    const double passed = s.staircase ? floor(periods) : periods;
    switch (s.kind) {
    case LUGE_EXPONENTIAL_DECAY:
        return s.initial_rate * pow(s.decay_rate, passed);
    case LUGE_PIECEWISE_CONSTANT:
        return piecewise(&s, step > 0 ? step : 0);
    case LUGE_POLYNOMIAL_DECAY:
        return polynomial(&s, at);
    case LUGE_INVERSE_TIME_DECAY:
        return s.initial_rate / (1 + s.decay_rate * passed);
    case LUGE_COSINE_DECAY:
        return cosine_decay(&s, at);
    case LUGE_COSINE_RESTARTS:
        return cosine_restarts(&s, at);
    case LUGE_CONSTANT_RATE:
    default:
        return s.initial_rate;
    }
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static luge_status check_number(luge_context *ctx, const luge_schedule *s, const char *field, double x, double least,
                                int may_be_least)
{
    if (isfinite(x) && (x > least || (may_be_least && x == least))) return LUGE_OK;
    return luge__fail(ctx, LUGE_EINVAL, "%s: %s is %g; a finite number %s %g is expected",
                      luge__schedule_names[s->kind], field, x, may_be_least ? "not below" : "above", least);
}

static luge_status check_pieces(luge_context *ctx, const luge_schedule *s)
{
    if (s->n_boundaries < 1 || s->n_boundaries > BOUNDARIES)
        return luge__fail(ctx, LUGE_EINVAL, "piecewise_constant: n_boundaries is %d; 1 to %d is expected",
                          (int)s->n_boundaries, (int)BOUNDARIES);
    for (int i = 0; i <= s->n_boundaries; i++) {
        if (i > 0 && i < s->n_boundaries && s->boundaries[i] <= s->boundaries[i - 1])
            return luge__fail(ctx, LUGE_EINVAL, "piecewise_constant: boundaries[%d] is %l; more than %l is expected", i,
                              s->boundaries[i], s->boundaries[i - 1]);
        if (!(isfinite(s->values[i]) && s->values[i] >= 0))
            return luge__fail(ctx, LUGE_EINVAL,
                              "piecewise_constant: values[%d] is %g; a finite number not below 0 is expected", i,
                              s->values[i]);
    }
    return LUGE_OK;
}

static luge_status check_warmup(luge_context *ctx, const luge_schedule *s)
{
    const luge_status status = check_number(ctx, s, "warmup_target", s->warmup_target, 0, 1);
    if (status) return status;
    if (s->warmup_steps < 0 || (s->warmup_steps > 0 && s->warmup_target == 0))
        return luge__fail(ctx, LUGE_EINVAL, "cosine_decay: warmup_steps is %l; %s is expected", s->warmup_steps,
                          s->warmup_steps < 0 ? "0 or more" : "a warmup_target with it");
    return LUGE_OK;
}

luge_status luge_schedule_check(luge_context *ctx, const luge_schedule *schedule)
{
    luge_schedule s;
    luge_status status = read_schedule(ctx, schedule, &s);
    if (status) return status;
    if (s.kind == LUGE_PIECEWISE_CONSTANT) return check_pieces(ctx, &s);
    const int is_cosine = s.kind == LUGE_COSINE_DECAY || s.kind == LUGE_COSINE_RESTARTS;
    const int may_be_0 = s.kind == LUGE_COSINE_DECAY && s.warmup_target > 0;
    status = check_number(ctx, &s, "initial_rate", s.initial_rate, 0, may_be_0);
    if (status || s.kind == LUGE_CONSTANT_RATE) return status;
    if (s.decay_steps < 1)
        return luge__fail(ctx, LUGE_EINVAL, "%s: decay_steps is %l; 1 or more is expected",
                          luge__schedule_names[s.kind], s.decay_steps);
    if (s.kind == LUGE_EXPONENTIAL_DECAY || s.kind == LUGE_INVERSE_TIME_DECAY)
        return check_number(ctx, &s, "decay_rate", s.decay_rate, 0, 0);
    if (s.kind == LUGE_POLYNOMIAL_DECAY) {
        status = check_number(ctx, &s, "end_rate", s.end_rate, 0, 1);
        if (!status) status = check_number(ctx, &s, "power", s.power, 0, 0);
    }
    if (is_cosine) status = check_number(ctx, &s, "alpha", s.alpha, 0, 1);
    if (!status && s.kind == LUGE_COSINE_DECAY) status = check_warmup(ctx, &s);
    if (!status && s.kind == LUGE_COSINE_RESTARTS) {
        status = check_number(ctx, &s, "t_mul", s.t_mul, 1, 1);
        if (!status) status = check_number(ctx, &s, "m_mul", s.m_mul, 0, 0);
    }
    return status;
}
