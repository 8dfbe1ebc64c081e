/* scalar.c: the elementwise expressions of ops.def as functions of doubles (for the reference kernels) and as text. */
#include <math.h>

#include "ops/rows.h"

#define NUM(c)     ((double)(c))
#define EXP(v)     exp(v)
#define EXPM1(v)   expm1(v)
#define LOG(v)     log(v)
#define LOG1P(v)   log1p(v)
#define SQRT(v)    sqrt(v)
#define SIN(v)     sin(v)
#define COS(v)     cos(v)
#define TANH(v)    tanh(v)
#define ERF(v)     erf(v)
#define ABS(v)     fabs(v)
#define POW(v, w)  pow(v, w)
#define SIGMOID(v) (1 / (1 + exp(-(v))))

#define LUGE_UNARY(name, expression)                                                                                   \
    const char luge__text_##name[] = #expression;                                                                      \
    double luge__scalar_##name(double x, double y, double p)                                                           \
    {                                                                                                                  \
        (void)y;                                                                                                       \
        (void)p;                                                                                                       \
        return expression;                                                                                             \
    }
#define LUGE_BINARY(name, expression)  LUGE_UNARY(name, expression)
#define LUGE_COMPARE(name, expression) LUGE_UNARY(name, expression)
#include "ops/ops.def"
