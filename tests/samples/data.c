/* data.c: the values of the samples' inputs, as a function of the sample's name; and what all families share. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "samples.h"

const int64_t sample_sizes[] = { 1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 255, 257, 513 };
const int sample_size_count = sizeof sample_sizes / sizeof *sample_sizes;

void samples_each(sample_sink *sink)
{
    samples_elementwise(sink);
    samples_binary(sink);
    samples_reduce(sink);
    samples_matmul(sink);
    samples_shape(sink);
    samples_index(sink);
    samples_loss(sink);
    samples_fused(sink);
    samples_random(sink);
}

int sample_is_apart(const luge__op *op)
{
    return (op->flags & (LUGE__LEAF | LUGE__EFFECT)) != 0;
}

void sample_emit(sample_sink *sink, const sample *s, const char *variant, int64_t number)
{
    sample named = *s;
    if ((s->flags & SAMPLE_SWEEP) && !sink->sweeps) return;
    if (number < 0)
        (void)snprintf(named.name, sizeof named.name, "%s/%s", luge__op_of(s->op)->name, variant);
    else
        (void)snprintf(named.name, sizeof named.name, "%s/%s%d", luge__op_of(s->op)->name, variant, (int)number);
    sink->each(sink->user, &named);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t fnv(uint64_t hash, const void *data, size_t bytes)
{
    for (const unsigned char *p = data; bytes--; p++) hash = (hash ^ *p) * 0x100000001B3u;
    return hash;
}

/* 2^-140 is subnormal in f32; e^88 fits f32 and e^89 does not; e^709 fits f64 and e^710 does not. */
static double special(int64_t k, int bounded)
{
    static const double small[] = { 0, -0.0, 1, -1, 0.5, -0.5, 88, -88, 89, -89, 104, -104, 709, -709, 710, -710 };
    static const double large[] = { 0x1p-140, -0x1p-140, 0x1p-100, -0x1p-100, 0x1p100, -0x1p100, 0x1p127, -0x1p-126 };
    const int64_t n = bounded ? 19 : 27;
    k %= n;
    if (k < 16) return small[k];
    if (k == 16) return (double)INFINITY;
    if (k == 17) return -(double)INFINITY;
    if (k == 18) return (double)NAN;
    return large[k - 19];
}

double sample_value(const sample *s, int input, int64_t k)
{
    static const sample_input cotangent = { .values = VALUES_AWAY, .low = 0.5, .high = 1.5 };
    const sample_input *in = input < SAMPLE_INPUTS ? &s->in[input] : &cotangent;
    const uint64_t seed = mix(fnv(0xCBF29CE484222325u, s->name, strlen(s->name)) + (uint64_t)input);
    const uint64_t h = mix(seed + (uint64_t)(k + 1) * 0x9E3779B97F4A7C15u);
    const double spread = in->low + (in->high - in->low) * ((double)(h % 1025) / 1024);
    const int64_t n = luge_shape_size(&in->shape);
    switch (in->values) {
    case VALUES_UNIFORM:
        return spread;
    case VALUES_AWAY:
        return h >> 40 & 1 ? spread : -spread;
    case VALUES_DISTINCT: /* 7919 is prime: a permutation unless it divides n */
        return ((double)((k * 7919 + (int64_t)(seed % 97)) % n) - (double)(n / 2)) / 64;
    case VALUES_INTEGERS:
        return in->low + (double)(h % (uint64_t)(in->high - in->low + 1));
    default: /* the second operand's step is prime to the length of the list: every value meets many others */
        return special(k * (input ? 5 : 1) + input * (k / 19), in->values == VALUES_BOUNDED);
    }
}

void sample_fill(const sample *s, int input, int64_t n, double *values)
{
    for (int64_t k = 0; k < n; k++) values[k] = sample_value(s, input, k);
}

uint64_t sample_hash(const sample *s)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (int i = 0; i < s->n_in; i++) {
        for (int64_t k = 0; k < luge_shape_size(&s->in[i].shape); k++) {
            const double value = sample_value(s, i, k);
            uint64_t bits;
            unsigned char bytes[8];
            memcpy(&bits, &value, sizeof bits);
            if (value != value) bits = 0x7FF8000000000000u; /* the sign of a NaN is nobody's */
            for (int b = 0; b < 8; b++) bytes[b] = (unsigned char)(bits >> 8 * b);
            hash = fnv(hash, bytes, sizeof bytes);
        }
    }
    return hash;
}

/* ---- inputs and builders ----------------------------------------------------------------------------------------- */

sample_input sample_in(luge_shape shape, sample_values values, double low, double high)
{
    return (sample_input){ LUGE_NO_DTYPE, shape, values, low, high };
}

sample_input sample_index(luge_dtype dtype, luge_shape shape, int64_t high)
{
    return (sample_input){ dtype, shape, VALUES_INTEGERS, 0, (double)high };
}

sample_input sample_state(void)
{
    return (sample_input){ LUGE_I64, luge_shape_of(2), VALUES_INTEGERS, 1, 1000 };
}

luge_val sample_build_unary(luge_graph *g, const luge_val *in, const sample *s)
{
    return s->unary(g, in[0]);
}

luge_val sample_build_binary(luge_graph *g, const luge_val *in, const sample *s)
{
    return s->binary(g, in[0], in[1]);
}

luge_val sample_build_with_p(luge_graph *g, const luge_val *in, const sample *s)
{
    return s->with_p(g, in[0], s->p);
}
