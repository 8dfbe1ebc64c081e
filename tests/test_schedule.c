/* test_schedule.c: learning rates against Keras' formulas as a script computes them; schedules that are refused. */
#include <math.h>
#include <stdio.h>

#include "harness.h"
#include "luge/schedule.h"

enum { STEPS = 26 };

typedef struct schedule_golden {
    luge_schedule schedule;
    double rates[STEPS];
} schedule_golden;

#include "golden/schedule_golden.inc"

static void rates(luge_test *t)
{
    CHECK_EQ_INT(t, sizeof golden_steps / sizeof *golden_steps, STEPS);
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        const schedule_golden *g = &golden[i];
        const int64_t failed = t->failures;
        CHECK_STATUS(t, luge_schedule_check(NULL, &g->schedule), LUGE_OK);
        for (int k = 0; k < STEPS; k++) {
            const double rate = luge_schedule_rate(&g->schedule, golden_steps[k]);
            CHECK_CLOSE(t, rate, g->rates[k], 1e-12 * fabs(g->rates[k]));
        }
        if (t->failures > failed) printf("  in schedule %d of kind %d\n", (int)i, (int)g->schedule.kind);
    }
}

/* Every restart of a period that grows by a whole number is on its step, for as long as steps are exact in double. */
static void restarts(luge_test *t)
{
    for (int times = 1; times <= 7; times++) {
        const luge_schedule *s = luge_cosine_restarts(.initial_rate = 0.5, .decay_steps = 10, .t_mul = times);
        int64_t step = 0, length = 10;
        for (int i = 0; i < 30 && step < (int64_t)1 << 48; i++, length *= times) {
            const double last = luge_schedule_rate(s, step - 1), first = luge_schedule_rate(s, step);
            CHECK_CLOSE(t, first, 0.5, 1e-15);
            if (i > 0) CHECK(t, last < 0.02);
            CHECK_CLOSE(t, luge_schedule_rate(s, step + length / 2), 0.25, 1e-12);
            step += length;
        }
    }
}

static void ends(luge_test *t)
{
    const luge_schedule *s = luge_polynomial_decay(.initial_rate = 0.5, .decay_steps = 10, .end_rate = 1e-30);
    CHECK_CLOSE(t, luge_schedule_rate(s, -5), 0.5, 0);
    CHECK_CLOSE(t, luge_schedule_rate(s, INT64_MIN), 0.5, 0);
    CHECK_CLOSE(t, luge_schedule_rate(s, INT64_MAX), 0, 1e-30);
    CHECK_CLOSE(t, luge_schedule_rate(luge_constant_rate(0.125), INT64_MAX), 0.125, 0);
    s = luge_cosine_restarts(.initial_rate = 0.5, .decay_steps = 1);
    const double rate = luge_schedule_rate(s, INT64_MAX);
    CHECK(t, rate >= 0 && rate <= 0.5);
    s = luge_piecewise_constant(.n_boundaries = 1, .boundaries = { -3 }, .values = { 1, 2 });
    CHECK_CLOSE(t, luge_schedule_rate(s, -5), 2, 0); /* a negative step is step 0 */
}

#define REFUSED(words, schedule)                                                                                       \
    do {                                                                                                               \
        luge_clear(ctx);                                                                                               \
        CHECK_STATUS(t, luge_schedule_check(ctx, schedule), LUGE_EINVAL);                                              \
        CHECK_STR_CONTAINS(t, luge_error(ctx), words);                                                                 \
        (void)luge_schedule_rate(schedule, 3); /* some number; nothing else happens */                                 \
    } while (0)

static void refused_fields(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    REFUSED("constant_rate: initial_rate is 0", luge_constant_rate(0));
    REFUSED("initial_rate is nan", luge_constant_rate((double)NAN));
    REFUSED("exponential_decay: decay_steps is 0", luge_exponential_decay(.initial_rate = 1, .decay_rate = 0.5));
    REFUSED("exponential_decay: decay_rate is 0", luge_exponential_decay(.initial_rate = 1, .decay_steps = 5));
    REFUSED("inverse_time_decay: decay_rate is -1",
            luge_inverse_time_decay(.initial_rate = 1, .decay_steps = 5, .decay_rate = -1));
    REFUSED("inverse_time_decay: decay_steps is -5",
            luge_inverse_time_decay(.initial_rate = 1, .decay_steps = -5, .decay_rate = 1));
    REFUSED("polynomial_decay: power is inf",
            luge_polynomial_decay(.initial_rate = 1, .decay_steps = 5, .power = (double)INFINITY));
    REFUSED("polynomial_decay: end_rate is -1",
            luge_polynomial_decay(.initial_rate = 1, .decay_steps = 5, .end_rate = -1));
    REFUSED("cosine_decay: initial_rate is 0", luge_cosine_decay(.decay_steps = 5));
    REFUSED("cosine_decay: alpha is -0.5", luge_cosine_decay(.initial_rate = 1, .decay_steps = 5, .alpha = -0.5));
    REFUSED("a warmup_target with it", luge_cosine_decay(.initial_rate = 1, .decay_steps = 5, .warmup_steps = 3));
    REFUSED("warmup_steps is -3; 0 or more",
            luge_cosine_decay(.initial_rate = 1, .decay_steps = 5, .warmup_target = 1, .warmup_steps = -3));
    REFUSED("warmup_target is -1", luge_cosine_decay(.initial_rate = 1, .decay_steps = 5, .warmup_target = -1));
    REFUSED("cosine_restarts: t_mul is 0.5; a finite number not below 1",
            luge_cosine_restarts(.initial_rate = 1, .decay_steps = 5, .t_mul = 0.5));
    REFUSED("m_mul is -1", luge_cosine_restarts(.initial_rate = 1, .decay_steps = 5, .m_mul = -1));
    REFUSED("n_boundaries is 0; 1 to 15", luge_piecewise_constant(.values = { 1 }));
    REFUSED("n_boundaries is 16", luge_piecewise_constant(.n_boundaries = 16));
    REFUSED("boundaries[1] is 5; more than 5",
            luge_piecewise_constant(.n_boundaries = 2, .boundaries = { 5, 5 }, .values = { 1, 1, 1 }));
    REFUSED("values[1] is -1", luge_piecewise_constant(.n_boundaries = 1, .boundaries = { 5 }, .values = { 1, -1 }));
    luge_close(ctx);
}

static void refused_schedules(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_schedule s = *luge_constant_rate(0.5);
    REFUSED("NULL", NULL);
    CHECK(t, isnan(luge_schedule_rate(NULL, 0)));
    s.kind = (luge_schedule_kind)7;
    REFUSED("kind is 7", &s);
    CHECK(t, isnan(luge_schedule_rate(&s, 0)));
    s = *luge_constant_rate(0.5);
    s.size = 1;
    REFUSED("size is 1", &s);
    CHECK(t, isnan(luge_schedule_rate(&s, 0)));
    s.size = offsetof(luge_schedule, decay_steps); /* of a caller that knows no more */
    luge_clear(ctx);
    CHECK_STATUS(t, luge_schedule_check(ctx, &s), LUGE_OK);
    CHECK_CLOSE(t, luge_schedule_rate(&s, 0), 0.5, 0);
    luge_close(ctx);
}

void test_schedule(luge_test *t)
{
    RUN(t, rates);
    RUN(t, restarts);
    RUN(t, ends);
    RUN(t, refused_fields);
    RUN(t, refused_schedules);
}
