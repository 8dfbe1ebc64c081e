/* initializer.c: first values of weights. */
#include <math.h>

#include "nn/nn.h"

static const char *const names[] = {
#define NAME(name, value, text) [value] = text,
    LUGE_INITIALIZER_MAP(NAME)
#undef NAME
};
enum { N_NAMES = sizeof names / sizeof *names };

/* Draws for weights are kept apart from those of training steps, which count from 0. */
static const uint64_t weights_step = 0xffffffff;

const char *luge_initializer_name(luge_initializer_kind kind)
{
    return (unsigned)kind < N_NAMES ? names[kind] : "?";
}

int luge_initializer_named(const char *name, luge_initializer_kind *kind)
{
    const int i = luge__name_index(name, names, N_NAMES);
    if (i < 0 || !kind) return 0;
    *kind = (luge_initializer_kind)i;
    return 1;
}

static void fans_of(const luge_shape *shape, double *in, double *out)
{
    double field = 1;
    for (int i = 0; i < shape->ndim - 2; i++) field *= (double)shape->dim[i];
    *in = shape->ndim > 1 ? field * (double)shape->dim[shape->ndim - 2] : 1;
    *out = shape->ndim > 0 ? field * (double)shape->dim[shape->ndim - 1] : 1;
    if (shape->ndim == 1) *in = *out;
}

static void fill(luge_dtype dtype, int64_t n, double value, void *values)
{
    for (int64_t i = 0; i < n; i++) {
        if (dtype == LUGE_F32)
            ((float *)values)[i] = (float)value;
        else
            ((double *)values)[i] = value;
    }
}

/* variance scaling (Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998): scale / fan */
static double scaled_variance(luge_initializer_kind kind, const luge_shape *shape)
{
    double in, out;
    fans_of(shape, &in, &out);
    double scale = 1, fan = in;
    if (kind == LUGE_GLOROT_UNIFORM || kind == LUGE_GLOROT_NORMAL) fan = (in + out) / 2;
    if (kind == LUGE_HE_UNIFORM || kind == LUGE_HE_NORMAL) scale = 2;
    return scale / (fan > 1 ? fan : 1);
}

luge_status luge_initialize(luge_initializer initializer, luge_dtype dtype, luge_shape shape, uint64_t seed,
                            uint32_t number, void *values)
{
    const int64_t n = luge_shape_size(&shape);
    const double a = initializer.a, b = initializer.b;
    if ((dtype != LUGE_F32 && dtype != LUGE_F64) || n < 0 || (n && !values))
        return luge__fail_thread(LUGE_EINVAL, "initialize: floats, a shape and their address are expected");
    if (!isfinite(a) || !isfinite(b))
        return luge__fail_thread(LUGE_EINVAL, "initialize: the numbers %g and %g are not both finite", a, b);
    if ((initializer.kind == LUGE_NORMAL || initializer.kind == LUGE_TRUNCATED_NORMAL) && b < 0)
        return luge__fail_thread(LUGE_EINVAL, "initialize: the deviation is %g; 0 or more is expected", b);
    const luge__random r = { .seed = seed, .stream = number, .step = weights_step };
    const luge_initializer_kind kind = initializer.kind ? initializer.kind : LUGE_GLOROT_UNIFORM;
    const double variance = scaled_variance(kind, &shape), limit = sqrt(3 * variance);
    switch (kind) {
    case LUGE_ZEROS:
        fill(dtype, n, 0, values);
        return LUGE_OK;
    case LUGE_ONES:
        fill(dtype, n, 1, values);
        return LUGE_OK;
    case LUGE_CONSTANT:
        fill(dtype, n, a, values);
        return LUGE_OK;
    case LUGE_UNIFORM:
        if (!(a < b)) return luge__fail_thread(LUGE_EINVAL, "initialize: uniform from %g to %g is empty", a, b);
        luge__random_uniform(&r, 0, n, dtype, a, b, values);
        return LUGE_OK;
    case LUGE_NORMAL:
        luge__random_normal(&r, 0, n, dtype, a, b, values);
        return LUGE_OK;
    case LUGE_TRUNCATED_NORMAL:
        luge__random_truncated_normal(&r, 0, n, dtype, a, b, values);
        return LUGE_OK;
    case LUGE_GLOROT_UNIFORM:
    case LUGE_HE_UNIFORM:
    case LUGE_LECUN_UNIFORM:
        luge__random_uniform(&r, 0, n, dtype, -limit, limit, values);
        return LUGE_OK;
    case LUGE_GLOROT_NORMAL:
    case LUGE_HE_NORMAL:
    case LUGE_LECUN_NORMAL: /* the deviation of a normal cut at two deviations is .8796 of the uncut one's */
        luge__random_truncated_normal(&r, 0, n, dtype, 0, sqrt(variance) / 0.87962566103423978, values);
        return LUGE_OK;
    default:
        return luge__fail_thread(LUGE_EINVAL, "initialize: there is no initializer number %d", (int)kind);
    }
}
