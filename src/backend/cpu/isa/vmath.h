/*
 * Elementary functions of one float, written to be vectorised by the compiler.
 *
 * Every function is straight-line code: no branch, no table, no call, only IEEE single or double operations in a
 * fixed order, so a loop `for (i) out[i] = luge__vexp(a[i]);` turns into vector code, and the vector body and the
 * scalar remainder give the same bits.
 *
 * Compile with   -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math
 *   -fno-trapping-math   gcc needs it to turn the selects (c ? a : b) into masks; without it loops stay scalar.
 *   -ffp-contract=off    gcc with -std=gnu11 otherwise fuses as it likes, and the fixed order is lost.
 *   -fno-math-errno      not needed here (nothing calls libm); harmless.
 * Never with -ffast-math or any part that allows reassociation, or that assumes no NaN, infinity or signed zero:
 * the reductions below rest on (x + magic) - magic not being simplified. Needs FLT_EVAL_METHOD == 0 (on 32-bit x86:
 * -msse2 -mfpmath=sse) and the default rounding mode. Results may differ in the last place between an instruction
 * set with fused multiply-add and one without.
 *
 * Error: below 2 ulp, gradual underflow included (unless the caller has set flush-to-zero); for sin and cos below
 * 2.1 ulp without fused multiply-add, and only up to the limit given there. Sign and payload of a NaN result are not
 * specified.
 * The polynomials are minimax fits with coefficients rounded to float one after another, lowest order first; those of
 * sin were then shifted by a few ulp for the smallest total error.
 */
#ifndef LUGE_BACKEND_CPU_ISA_VMATH_H
#define LUGE_BACKEND_CPU_ISA_VMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* a * b + c: rounded once where the hardware does that, twice elsewhere; never a library call. */
#if defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA)
#define LUGE_FMA(a, b, c)   __builtin_fmaf((a), (b), (c))
#define LUGE__FMAD(a, b, c) __builtin_fma((a), (b), (c))
#else
#define LUGE_FMA(a, b, c)   ((a) * (b) + (c))
#define LUGE__FMAD(a, b, c) ((a) * (b) + (c))
#endif

/* A function left out of line would keep its caller's loop scalar. */
#if defined(__GNUC__)
#define LUGE__VINLINE static inline __attribute__((always_inline))
#else
#define LUGE__VINLINE static inline
#endif

#define LUGE__VSIGN 0x80000000u

LUGE__VINLINE uint32_t luge__vbits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

LUGE__VINLINE float luge__vfloat(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

LUGE__VINLINE float luge__vabs(float x)
{
    return luge__vfloat(luge__vbits(x) & ~LUGE__VSIGN);
}

/* The value y with the sign bit of x added: restores the sign of an odd function, and that of zero. */
LUGE__VINLINE float luge__vsigned(float y, float x)
{
    return luge__vfloat(luge__vbits(y) | (luge__vbits(x) & LUGE__VSIGN));
}

/* min(limit, x) and max(limit, x); the comparison is written so that a NaN in x comes through. */
LUGE__VINLINE float luge__vmin(float limit, float x)
{
    return limit < x ? limit : x;
}

LUGE__VINLINE float luge__vmax(float limit, float x)
{
    return limit > x ? limit : x;
}

/* x = n ln2 + r with n whole and |r| <= ln2 / 2 (Cody and Waite: ln2 in two parts, the first so short that n times it
 * is exact). Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits of the sum, with `bias`
 * added to it: *u. This is NaN-safe where a conversion to int would not be. */
LUGE__VINLINE float luge__vexp_split(float x, float bias, float *n, uint32_t *u)
{
    float magic = 0x1.8p23f + bias;
    float t = LUGE_FMA(x, 0x1.715476p+0f, magic);
    float r;
    *n = t - magic;
    *u = luge__vbits(t);
    r = LUGE_FMA(*n, -0x1.62e4p-1f, x);
    return LUGE_FMA(*n, -0x1.7f7d1cp-20f, r);
}

/* exp(r) - 1 - r for |r| <= ln2 / 2, within 2^-26 of exp(r) - 1. */
LUGE__VINLINE float luge__vexp_tail(float r)
{
    float q = 0x1.6ac050p-10f;
    q = LUGE_FMA(q, r, 0x1.122c38p-7f);
    q = LUGE_FMA(q, r, 0x1.55579ap-5f);
    q = LUGE_FMA(q, r, 0x1.5554aap-3f);
    q = LUGE_FMA(q, r, 0x1.fffffep-2f);
    return (r * r) * q;
}

/* exp(x). Infinity from 88.7229 up, gradual underflow below -87.3, zero from -103.98 down. 2^n leaves the range of
 * normal floats at both ends, so it is applied as two factors of about 2^(n/2), and a subnormal result is rounded
 * once, by the last product. */
LUGE__VINLINE float luge__vexp(float x)
{
    float n, r, p;
    uint32_t u, half;
    r = luge__vexp_split(luge__vmax(-104.0f, x), 254.0f, &n, &u);
    p = 1.0f + (r + luge__vexp_tail(r));
    half = u >> 1;
    p = p * luge__vfloat(half << 23) * luge__vfloat((u - half) << 23);
    return x > 89.0f ? INFINITY : p;
}

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), where for n = 0 the first term alone keeps full precision near zero.
 * Works with 2^(n-1), which is a float even for n = 128, and doubles at the end. */
LUGE__VINLINE float luge__vexpm1(float x)
{
    float n, r, tail, half, y;
    uint32_t u;
    r = luge__vexp_split(luge__vmax(-18.0f, x), 126.0f, &n, &u);
    tail = luge__vexp_tail(r);
    half = luge__vfloat(u << 23);
    y = 2.0f * LUGE_FMA(half, tail, LUGE_FMA(half, r, half - 0.5f));
    y = n == 0.0f ? r + tail : y;
    y = x > 89.0f ? INFINITY : y;
    return luge__vsigned(y, x);
}

/* log(1 + f) - f for sqrt(1/2) - 1 <= f <= sqrt(2) - 1, plus `low`, a small term added before anything is lost. */
LUGE__VINLINE float luge__vlog_tail(float f, float low)
{
    float f2 = f * f;
    float p = -0x1.393180p-4f;
    p = LUGE_FMA(p, f, 0x1.05838ap-3f);
    p = LUGE_FMA(p, f, -0x1.0d822ep-3f);
    p = LUGE_FMA(p, f, 0x1.22d5b2p-3f);
    p = LUGE_FMA(p, f, -0x1.547226p-3f);
    p = LUGE_FMA(p, f, 0x1.99a036p-3f);
    p = LUGE_FMA(p, f, -0x1.000228p-2f);
    p = LUGE_FMA(p, f, 0x1.555554p-2f);
    p = LUGE_FMA(p, f * f2, low);
    return LUGE_FMA(f2, -0.5f, p);
}

/* k ln2 + log(1 + f), for k given as k * 2^23, the way it comes out of a float's exponent field. */
LUGE__VINLINE float luge__vlog_join(float k23, float f)
{
    float y = luge__vlog_tail(f, k23 * 0x1.7f7d1cp-43f);
    return LUGE_FMA(k23, 0x1.62e4p-24f, f + y);
}

/* The k * 2^23 for which x / 2^k lies in [sqrt(1/2), sqrt(2)), for a normal x > 0. */
LUGE__VINLINE uint32_t luge__vlog_exponent(float x)
{
    return (luge__vbits(x) - 0x3f3504f3u) & 0xff800000u;
}

/* log(x); -inf at either zero, NaN below. A subnormal is first scaled by 2^23. */
LUGE__VINLINE float luge__vlog(float x)
{
    float scaled = x < 0x1p-126f ? x * 0x1p23f : x;
    float shift = x < 0x1p-126f ? -23.0f * 0x1p23f : 0.0f;
    uint32_t k = luge__vlog_exponent(scaled);
    float m = luge__vfloat(luge__vbits(scaled) - k);
    float y = luge__vlog_join((float)(int32_t)k + shift, m - 1.0f);
    y = x < INFINITY ? y : x;
    y = x > 0.0f ? y : (x == 0.0f ? -INFINITY : NAN);
    return y;
}

/* log(1 + x); -inf at -1, NaN below. Only the exponent is taken from the rounded sum 1 + x = 2^k m: then
 * f = x / 2^k + (1 / 2^k - 1) is x itself for k = 0 and otherwise good to half an ulp, so nothing is left to correct.
 * 1 / 2^k may be subnormal, so it is made 2^24 times too large. */
LUGE__VINLINE float luge__vlog1p(float x)
{
    uint32_t k = luge__vlog_exponent(1.0f + x);
    float scale = luge__vfloat(0x4b800000u - k);
    float f = LUGE_FMA(scale, 0x1p-24f, -1.0f) + (x * scale) * 0x1p-24f;
    float y = luge__vlog_join((float)(int32_t)k, f);
    y = x < INFINITY ? y : x;
    y = x > -1.0f ? y : (x == -1.0f ? -INFINITY : NAN);
    return luge__vsigned(y, x);
}

/* tanh(x): an odd polynomial below 0.65, and above it 1 - 2 / (exp(2 |x|) + 1), where the cancellation is harmless.
 * exp + 1 is summed as (2^n + 1) + 2^n (exp(r) - 1), one rounding less. The result rounds to 1 from |x| = 9.01 on. */
LUGE__VINLINE float luge__vtanh(float x)
{
    float a = luge__vmin(10.0f, luge__vabs(x));
    float a2 = a * a;
    float p, n, r, scale, y;
    uint32_t u;

    p = -0x1.6968fap-8f;
    p = LUGE_FMA(p, a2, 0x1.4f5d36p-6f);
    p = LUGE_FMA(p, a2, -0x1.b7cfb2p-5f);
    p = LUGE_FMA(p, a2, 0x1.1103f0p-3f);
    p = LUGE_FMA(p, a2, -0x1.555524p-2f);
    p = LUGE_FMA(p, a2 * a, a);

    r = luge__vexp_split(2.0f * a, 127.0f, &n, &u);
    scale = luge__vfloat(u << 23);
    y = 1.0f - 2.0f / LUGE_FMA(scale, r + luge__vexp_tail(r), scale + 1.0f);

    return luge__vsigned(a < 0.65f ? p : y, x);
}

/* 1 / (1 + exp(-x)) as h / (h + h exp(-x)), where h is about exp(x / 2), a power of two: the sum then neither
 * overflows nor loses a tail, and the quotient underflows gradually. Zero from -103.98 down. With g = h 2^n the sum is
 * h + g + g (exp(r) - 1), and h - ((h + g) - g) is what rounding took from h + g. */
LUGE__VINLINE float luge__vsigmoid(float x)
{
    float n, r, h, g, sum;
    uint32_t u, half;
    r = luge__vexp_split(luge__vmax(-104.0f, -x), 254.0f, &n, &u);
    half = u >> 1;
    h = luge__vfloat((254u - half) << 23);
    g = luge__vfloat((u - half) << 23);
    sum = h + g;
    h = h / (sum + LUGE_FMA(g, r + luge__vexp_tail(r), h - (sum - g)));
    return x < -104.0f ? 0.0f : h;
}

/* |x|, but 0 beyond 2^30, where the reduction fails, and NaN for an infinity. */
LUGE__VINLINE double luge__vsin_argument(float x)
{
    float a = luge__vabs(x);
    return (double)(a > 0x1p30f ? a - a : a);
}

/* sin(x - n pi) for |x| <= 2^30, n being x / pi rounded to a whole or half number. pi is in three parts: n, at most 30
 * bits, times either of the first two is exact, and what the third leaves out is below 1e-20.
 * The polynomial can end one ulp above 1, hence the last line; at pi / 2 it gives 1 exactly, for cos(0). */
LUGE__VINLINE float luge__vsin_kernel(double x, double n)
{
    double d = LUGE__FMAD(n, -0x1.921fb4p+1, x);
    float r, r2, p;
    d = LUGE__FMAD(n, -0x1.4442dp-23, d);
    d = LUGE__FMAD(n, -0x1.8469898cc5170p-47, d);
    r = (float)d;
    r2 = r * r;
    p = 0x1.5d6150p-19f;
    p = LUGE_FMA(p, r2, -0x1.9f6b40p-13f);
    p = LUGE_FMA(p, r2, 0x1.110ec8p-7f);
    p = LUGE_FMA(p, r2, -0x1.55554cp-3f);
    r = LUGE_FMA(r, r2 * p, r);
    return luge__vsigned(luge__vmin(1.0f, luge__vabs(r)), r);
}

/* The low bit of the whole number held by a double 1.5 * 2^52 + n, as a sign bit. */
LUGE__VINLINE uint32_t luge__vparity(double t)
{
    uint64_t u;
    memcpy(&u, &t, sizeof u);
    return (uint32_t)u << 31;
}

/* sin(x), for |x| <= 2^30 = 1.07e9 (reduction in double); 0 beyond, NaN for an infinity. */
LUGE__VINLINE float luge__vsin(float x)
{
    double a = luge__vsin_argument(x);
    double t = LUGE__FMAD(a, 0x1.45f306dc9c883p-2, 0x1.8p52);
    float y = luge__vsin_kernel(a, t - 0x1.8p52);
    return luge__vfloat(luge__vbits(y) ^ luge__vparity(t) ^ (luge__vbits(x) & LUGE__VSIGN));
}

/* cos(x), with the same limit, and 1 beyond: with x = (n + 1/2) pi + r it is sin(r), the sign changed where n is even.
 */
LUGE__VINLINE float luge__vcos(float x)
{
    double a = luge__vsin_argument(x);
    double t = LUGE__FMAD(a, 0x1.45f306dc9c883p-2, -0.5) + 0x1.8p52;
    float y = luge__vsin_kernel(a, (t - 0x1.8p52) + 0.5);
    return luge__vfloat(luge__vbits(y) ^ luge__vparity(t) ^ LUGE__VSIGN);
}

/* erf(x): an odd polynomial below 1, and above it 1 - exp(g) with a polynomial g = log(1 - erf), whose own error
 * shrinks with the exponential. Rounds to 1 from |x| = 3.92 on. */
LUGE__VINLINE float luge__verf(float x)
{
    float a = luge__vmin(4.0f, luge__vabs(x));
    float a2 = a * a;
    float p, g, n, r, e;
    uint32_t u;

    p = 0x1.4771fep-14f;
    p = LUGE_FMA(p, a2, -0x1.a3515ep-11f);
    p = LUGE_FMA(p, a2, 0x1.53f224p-8f);
    p = LUGE_FMA(p, a2, -0x1.b7f71ap-6f);
    p = LUGE_FMA(p, a2, 0x1.ce2ce6p-4f);
    p = LUGE_FMA(p, a2, -0x1.81273ep-2f);
    p = LUGE_FMA(p, a2, 0x1.06eba8p-3f);
    p = LUGE_FMA(p, a, a);

    g = 0x1.86dc0ep-13f;
    g = LUGE_FMA(g, a, -0x1.825a4ep-9f);
    g = LUGE_FMA(g, a, 0x1.65cb26p-6f);
    g = LUGE_FMA(g, a, -0x1.a6531cp-4f);
    g = LUGE_FMA(g, a, -0x1.46baf0p-1f);
    g = LUGE_FMA(g, a, -0x1.2088eap+0f);
    g = LUGE_FMA(g, a, -0x1.661d1ap-12f);
    r = luge__vexp_split(g, 127.0f, &n, &u);
    e = 1.0f + (r + luge__vexp_tail(r));
    e = LUGE_FMA(e, -luge__vfloat(u << 23), 1.0f);

    return luge__vsigned(a < 1.0f ? p : e, x);
}

#endif
