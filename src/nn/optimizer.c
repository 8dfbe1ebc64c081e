/* optimizer.c: from gradients to new weights: clipping, decay, the update, averages, gathering over several steps.
 *
 * The order is Keras': gather, clip, decay, update, average. The updates themselves are operators (luge/ops.h). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/nn.h"

const char *const luge__optimizer_names[] = { "none", "sgd", "adagrad", "rmsprop", "adam", "adamw", NULL };
static const char *const *const names = luge__optimizer_names;
enum { N_NAMES = sizeof luge__optimizer_names / sizeof *luge__optimizer_names - 1 };

const char *luge_optimizer_name(luge_optimizer_kind kind)
{
    return kind >= LUGE_SGD && (unsigned)kind < N_NAMES ? names[kind] : "?";
}

int luge_optimizer_named(const char *name, luge_optimizer_kind *kind)
{
    const int i = luge__name_index(name, names, N_NAMES);
    if (i < 1 || !kind) return 0;
    *kind = (luge_optimizer_kind)i;
    return 1;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static void settle(double *value, double otherwise)
{
    if (*value == 0)
        *value = otherwise;
    else if (*value == LUGE_ZERO)
        *value = 0;
}

static luge_status refuse(luge_context *ctx, const luge_optimizer *o, const char *field, double value,
                          const char *expected)
{
    return luge__fail(ctx, LUGE_EINVAL, "%s: %s is %g; %s is expected", names[o->kind], field, value, expected);
}

static luge_status check_ranges(luge_context *ctx, const luge_optimizer *o)
{
    const struct {
        const char *name;
        double value, below;
    } fields[] = { { "learning_rate", o->learning_rate, HUGE_VAL },
                   { "momentum", o->momentum, HUGE_VAL },
                   { "rho", o->rho, 1 },
                   { "beta1", o->beta1, 1 },
                   { "beta2", o->beta2, 1 },
                   { "epsilon", o->epsilon, HUGE_VAL },
                   { "initial_accumulator", o->initial_accumulator, HUGE_VAL },
                   { "weight_decay", o->weight_decay, HUGE_VAL },
                   { "clip_value", o->clip_value, HUGE_VAL },
                   { "clip_norm", o->clip_norm, HUGE_VAL },
                   { "global_clip_norm", o->global_clip_norm, HUGE_VAL },
                   { "average_momentum", o->average_momentum, 1 } };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const double v = fields[i].value;
        if (!(v >= 0 && v < fields[i].below))
            return refuse(ctx, o, fields[i].name, v,
                          fields[i].below > 1 ? "a finite number of at least 0" : "0 <= x < 1");
    }
    if ((o->clip_value > 0) + (o->clip_norm > 0) + (o->global_clip_norm > 0) > 1)
        return luge__fail(ctx, LUGE_EINVAL, "%s: only one of clip_value, clip_norm and global_clip_norm can be given",
                          names[o->kind]);
    if (o->accumulation_steps < 1)
        return refuse(ctx, o, "accumulation_steps", (double)o->accumulation_steps, "at least 1");
    if (o->formulas != LUGE_KERAS && o->formulas != LUGE_PYTORCH)
        return refuse(ctx, o, "formulas", o->formulas, "LUGE_KERAS or LUGE_PYTORCH");
    return LUGE_OK;
}

luge_status luge__optimizer_resolve(luge_context *ctx, luge_optimizer *o)
{
    if (o->kind < LUGE_SGD || o->kind > LUGE_ADAMW)
        return luge__fail(ctx, LUGE_EINVAL, "optimizer: there is no kind number %d", (int)o->kind);
    const int torch = o->formulas == LUGE_PYTORCH, adagrad = o->kind == LUGE_ADAGRAD;
    const int rmsprop = o->kind == LUGE_RMSPROP, adamw = o->kind == LUGE_ADAMW;
    const double torch_rate = adagrad || rmsprop ? 0.01 : 0.001;
    settle(&o->learning_rate, o->kind == LUGE_SGD ? 0.01 : torch ? torch_rate : 0.001);
    settle(&o->rho, torch ? 0.99 : 0.9);
    settle(&o->beta1, 0.9);
    settle(&o->beta2, 0.999);
    settle(&o->epsilon, !torch ? 1e-7 : adagrad ? 1e-10 : 1e-8);
    settle(&o->initial_accumulator, torch ? 0 : 0.1);
    settle(&o->weight_decay, !adamw ? 0 : torch ? 0.01 : 0.004);
    settle(&o->momentum, 0);
    if (!o->accumulation_steps) o->accumulation_steps = 1;
    const luge_status status = check_ranges(ctx, o);
    if (status || !o->schedule) return status;
    return luge_schedule_check(ctx, o->schedule);
}

/* ---- state ------------------------------------------------------------------------------------------------------- */

enum { VELOCITY, M, V, V_MAX, ACCUMULATOR, AVERAGE };

luge_val *luge__slot(luge__slots *s, int number)
{
    luge_val *const all[LUGE__SLOT_KINDS] = { &s->velocity, &s->m, &s->v, &s->v_max, &s->accumulator, &s->average };
    return all[number];
}

const char *luge__slot_name(const luge_optimizer *o, int number)
{
    const int adam = o->kind == LUGE_ADAM || o->kind == LUGE_ADAMW;
    switch (number) {
    case VELOCITY:
        return "momentum";
    case M:
        return adam ? "momentum" : "average_gradient";
    case V:
        return o->kind == LUGE_ADAGRAD ? "accumulator" : "velocity";
    case V_MAX:
        return "velocity_hat";
    case ACCUMULATOR:
        return "gradient_accumulator";
    default:
        return "average";
    }
}

static int needs(const luge_optimizer *o, int slot)
{
    const int adam = o->kind == LUGE_ADAM || o->kind == LUGE_ADAMW;
    const int can_roll = o->kind == LUGE_SGD || o->kind == LUGE_RMSPROP;
    const int needed[LUGE__SLOT_KINDS] = { [VELOCITY] = can_roll && o->momentum > 0,
                                           [M] = adam || (o->kind == LUGE_RMSPROP && o->centered),
                                           [V] = o->kind != LUGE_SGD,
                                           [V_MAX] = adam && o->amsgrad,
                                           [ACCUMULATOR] = o->accumulation_steps > 1,
                                           [AVERAGE] = o->average_momentum > 0 };
    return needed[slot];
}

luge_status luge__optimizer_slots(luge_graph *g, const luge_optimizer *o, const char *weight, luge_val w,
                                  luge__slots *slots)
{
    char name[256];
    luge_node_info info;
    luge_status status = luge_node_info_of(g, w, &info);
    *slots = (luge__slots){ 0 };
    for (int i = 0; i < LUGE__SLOT_KINDS && !status; i++) {
        if (!needs(o, i)) continue;
        size_t n = luge__format(name, sizeof name, "%s/", names[o->kind]);
        n += luge__format(name + n, sizeof name - n, "%s", weight);
        for (char *c = name + strlen(names[o->kind]) + 1; *c; c++)
            if (*c == '/') *c = '_';
        luge__format(name + n, sizeof name - n, "_%s", luge__slot_name(o, i));
        *luge__slot(slots, i) = luge_slab_variable(g, name, info.dtype, info.shape, 1 + i);
        if (!luge_is_some(*luge__slot(slots, i))) status = LUGE_ENOMEM;
    }
    return status;
}

/* ---- gradients before the update --------------------------------------------------------------------------------- */

static luge_val number(luge_graph *g, luge_val like, double value)
{
    luge_node_info info;
    if (luge_node_info_of(g, like, &info)) return (luge_val){ 0, 0 };
    return luge_scalar(g, info.dtype, value);
}

/* limit / max(norm, limit); PyTorch: min(1, limit / (norm + 1e-6)) */
static luge_val shrink(luge_graph *g, const luge_optimizer *o, luge_val squares, double limit)
{
    const luge_val norm = luge_sqrt(g, squares), most = number(g, norm, limit);
    if (o->formulas == LUGE_PYTORCH)
        return luge_minimum(g, luge_div(g, most, luge_add(g, norm, number(g, norm, 1e-6))), number(g, norm, 1));
    return luge_div(g, most, luge_maximum(g, norm, most));
}

static luge_val squares_of(luge_graph *g, luge_val x)
{
    return luge_sum(g, luge_square(g, x));
}

static void clip(luge_graph *g, const luge_optimizer *o, int n, luge_val *grads)
{
    if (o->clip_value > 0) {
        for (int i = 0; i < n; i++)
            grads[i] = luge_minimum(g, luge_maximum(g, grads[i], number(g, grads[i], -o->clip_value)),
                                    number(g, grads[i], o->clip_value));
    }
    if (o->clip_norm > 0) {
        for (int i = 0; i < n; i++)
            grads[i] = luge_mul(g, grads[i], shrink(g, o, squares_of(g, grads[i]), o->clip_norm));
    }
    if (o->global_clip_norm > 0 && n > 0) {
        luge_val all = squares_of(g, grads[0]);
        for (int i = 1; i < n; i++) all = luge_add(g, all, squares_of(g, grads[i]));
        const luge_val factor = shrink(g, o, all, o->global_clip_norm);
        for (int i = 0; i < n; i++) grads[i] = luge_mul(g, grads[i], factor);
    }
}

/* ---- effects ----------------------------------------------------------------------------------------------------- */

/* Options take 0 for "default": the least normal float stands for a 0 that is meant, and 0 / 0 stays 0. */
static double given(double value)
{
    return value > 0 ? value : (double)FLT_MIN;
}

static luge_val update_one(luge_graph *g, const luge__update *u, int i)
{
    const luge_optimizer *o = u->optimizer;
    const luge__slots *s = &u->slots[i];
    luge_update_options options = { .size = sizeof options,
                                    .rate = u->rate,
                                    .velocity = s->velocity,
                                    .m = s->m,
                                    .v = s->v,
                                    .v_max = s->v_max,
                                    .momentum = s->velocity.id ? o->momentum : 0,
                                    .nesterov = o->nesterov,
                                    .formulas = o->formulas };
    const luge_val w = u->weights[i], grad = u->gradients[i];
    if (o->kind == LUGE_SGD) return luge_update_sgd_with(g, w, grad, &options);
    options.epsilon = given(o->epsilon);
    options.nesterov = 0;
    if (o->kind == LUGE_ADAGRAD) return luge_update_adagrad_with(g, w, grad, &options);
    if (o->kind == LUGE_RMSPROP) {
        options.rho = given(o->rho);
        return luge_update_rmsprop_with(g, w, grad, &options);
    }
    options.step = u->iterations;
    options.beta1 = given(o->beta1);
    options.beta2 = given(o->beta2);
    if (o->kind == LUGE_ADAM || !(o->weight_decay > 0)) return luge_update_adam_with(g, w, grad, &options);
    options.weight_decay = o->weight_decay;
    return luge_update_adamw_with(g, w, grad, &options);
}

/* average = m average + (1-m) w; the first update starts it: average = w */
static luge_val average_one(luge_graph *g, const luge__update *u, int i)
{
    const luge_val average = u->slots[i].average, w = u->weights[i];
    const double momentum = u->optimizer->average_momentum;
    const luge_val zero = number(g, w, 0);
    luge_node_info info;
    if (luge_node_info_of(g, u->iterations, &info)) return (luge_val){ 0, 0 };
    const luge_val first = luge_equal(g, u->iterations, luge_scalar(g, info.dtype, 1));
    const luge_val m = luge_where(g, first, zero, number(g, w, momentum));
    const luge_val rest = luge_where(g, first, number(g, w, 1), number(g, w, 1 - momentum));
    return luge_assign(g, average, luge_add(g, luge_mul(g, m, average), luge_mul(g, rest, w)));
}

/* The gradients that the update applies: gathered, averaged, with PyTorch's decay in them, clipped. */
static void prepare(luge_graph *g, const luge__update *u)
{
    const luge_optimizer *o = u->optimizer;
    luge_val *grads = u->gradients;
    for (int i = 0; i < u->n; i++) {
        if (!u->slots[i].accumulator.id) continue;
        grads[i] = luge_add(g, grads[i], u->slots[i].accumulator);
        grads[i] = luge_div(g, grads[i], number(g, grads[i], (double)o->accumulation_steps));
    }
    clip(g, o, u->n, grads);
    for (int i = 0; i < u->n; i++) {
        if (o->formulas == LUGE_PYTORCH && o->kind != LUGE_ADAMW && o->weight_decay > 0)
            grads[i] = luge_add(g, grads[i], luge_mul(g, u->weights[i], number(g, grads[i], o->weight_decay)));
    }
}

int luge__optimizer_update(luge_graph *g, const luge__update *u)
{
    const luge_optimizer *o = u->optimizer;
    int n = 0;
    prepare(g, u);
    u->effects[n++] = luge_increment(g, u->iterations, 1);
    for (int i = 0; i < u->n; i++) {
        const luge_val w = u->weights[i];
        if (o->formulas == LUGE_KERAS && o->kind != LUGE_ADAMW && o->weight_decay > 0) {
            const luge_val share = luge_mul(g, u->rate, number(g, w, o->weight_decay));
            u->effects[n++] = luge_assign(g, w, luge_sub(g, w, luge_mul(g, w, share)));
        }
        u->effects[n++] = update_one(g, u, i);
        if (u->slots[i].accumulator.id)
            u->effects[n++] = luge_assign(g, u->slots[i].accumulator, luge_expand(g, number(g, w, 0), w));
        if (u->slots[i].average.id) u->effects[n++] = average_one(g, u, i);
    }
    return luge_is_some(u->effects[n - 1]) ? n : 0;
}

int luge__optimizer_accumulate(luge_graph *g, const luge__update *u)
{
    luge_val last = { 0, 0 };
    for (int i = 0; i < u->n; i++) {
        const luge_val sum = u->slots[i].accumulator;
        u->effects[i] = last = luge_assign(g, sum, luge_add(g, sum, u->gradients[i]));
    }
    return luge_is_some(last) ? u->n : 0;
}
