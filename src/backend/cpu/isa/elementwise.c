/* elementwise.c: the expressions of ops.def over contiguous blocks. One loop each; the compiler makes the vectors.
 * Which instruction set has which loops: isa.h. */
#include <math.h>

#include "backend/cpu/isa/isa.h"
#include "backend/cpu/isa/vmath.h"

/* Loops of one expression in one type: name_suffix(n, a, b, out, p). */
#define UNARY_LOOP(name, suffix, type, expression)                                                                     \
    static void name##_##suffix(int64_t n, const void *a, const void *b, void *out, double parameter)                  \
    {                                                                                                                  \
        const type *from = a;                                                                                          \
        type *to = out;                                                                                                \
        const type p = (type)parameter;                                                                                \
        (void)b;                                                                                                       \
        (void)p;                                                                                                       \
        LUGE__INDEPENDENT                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const type x = from[i];                                                                                    \
            to[i] = expression;                                                                                        \
        }                                                                                                              \
    }
#define BINARY_LOOP(name, suffix, type, result, expression)                                                            \
    static void name##_##suffix(int64_t n, const void *a, const void *b, void *out, double parameter)                  \
    {                                                                                                                  \
        const type *first = a, *second = b;                                                                            \
        result *to = out;                                                                                              \
        (void)parameter;                                                                                               \
        LUGE__INDEPENDENT                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const type x = first[i], y = second[i];                                                                    \
            to[i] = (result)(expression);                                                                              \
        }                                                                                                              \
    }

/* f32: our own functions, which vectorize. */
#define NUM(c)                         ((float)(c))
#define EXP(v)                         luge__vexp(v)
#define EXPM1(v)                       luge__vexpm1(v)
#define LOG(v)                         luge__vlog(v)
#define LOG1P(v)                       luge__vlog1p(v)
#define SQRT(v)                        sqrtf(v)
#define SIN(v)                         luge__vsin(v)
#define COS(v)                         luge__vcos(v)
#define TANH(v)                        luge__vtanh(v)
#define ERF(v)                         luge__verf(v)
#define SIGMOID(v)                     luge__vsigmoid(v)
#define ABS(v)                         fabsf(v)
#define POW(v, w)                      powf(v, w)
#define LUGE_UNARY(name, expression)   UNARY_LOOP(name, f32, float, expression)
#define LUGE_BINARY(name, expression)  BINARY_LOOP(name, f32, float, float, expression)
#define LUGE_COMPARE(name, expression) BINARY_LOOP(name, f32, float, uint8_t, expression)
#include "ops/ops.def"
#undef NUM
#undef EXP
#undef EXPM1
#undef LOG
#undef LOG1P
#undef SQRT
#undef SIN
#undef COS
#undef TANH
#undef ERF
#undef SIGMOID
#undef ABS
#undef POW

luge__block_fn *const LUGE_ISA_NAME(luge__elementwise_f32)[LUGE__OP_COUNT] = {
#define LUGE_UNARY(name, expression)   [LUGE__OP_##name] = name##_f32,
#define LUGE_BINARY(name, expression)  LUGE_UNARY(name, expression)
#define LUGE_COMPARE(name, expression) LUGE_UNARY(name, expression)
#include "ops/ops.def"
};

#ifndef __AVX2__
/* f64: the C library's. */
#define NUM(c)                        ((double)(c))
#define EXP(v)                        exp(v)
#define EXPM1(v)                      expm1(v)
#define LOG(v)                        log(v)
#define LOG1P(v)                      log1p(v)
#define SQRT(v)                       sqrt(v)
#define SIN(v)                        sin(v)
#define COS(v)                        cos(v)
#define TANH(v)                       tanh(v)
#define ERF(v)                        erf(v)
#define SIGMOID(v)                    (1 / (1 + exp(-(v))))
#define ABS(v)                        fabs(v)
#define POW(v, w)                     pow(v, w)
#define LUGE_UNARY(name, expression)  UNARY_LOOP(name, f64, double, expression)
#define LUGE_BINARY(name, expression) BINARY_LOOP(name, f64, double, double, expression)
#include "ops/ops.def"

luge__block_fn *const luge__elementwise_f64[LUGE__OP_COUNT] = {
#define LUGE_UNARY(name, expression)  [LUGE__OP_##name] = name##_f64,
#define LUGE_BINARY(name, expression) LUGE_UNARY(name, expression)
#include "ops/ops.def"
};
#endif
