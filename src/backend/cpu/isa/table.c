/* table.c: reductions, softmax and updates of one instruction set, and the table of all that it offers. */
#include <math.h>
#include <string.h>

#include "backend/cpu/isa/isa.h"
#include "backend/cpu/isa/vmath.h"

#define FLOAT_TABLE(suffix, loops)                                                                                     \
    {                                                                                                                  \
        .elementwise = loops,                                                                                          \
        .reduce_block = { sum_block_##suffix, max_block_##suffix, min_block_##suffix, prod_block_##suffix },           \
        .combine = { sum_into_##suffix, max_into_##suffix, min_into_##suffix, prod_into_##suffix },                    \
        .softmax = softmax_##suffix, .log_softmax = log_softmax_##suffix, .log_sum_exp = log_sum_exp_##suffix,         \
        .update = { sgd_##suffix, adagrad_##suffix, rmsprop_##suffix, adam_##suffix, adam_##suffix },                  \
    }

#define T       float
#define NAME(n) n##_f32
#define EXP(v)  luge__vexp(v)
#define SQRT(v) sqrtf(v)
#include "backend/cpu/isa/rows.inc"
#undef T
#undef NAME
#undef EXP
#undef SQRT

static const luge__float_table floats = FLOAT_TABLE(f32, LUGE_ISA_NAME(luge__elementwise_f32));

#ifndef __AVX2__
#define T       double
#define NAME(n) n##_f64
#define EXP(v)  exp(v)
#define SQRT(v) sqrt(v)
#include "backend/cpu/isa/rows.inc"

const luge__float_table luge__doubles = FLOAT_TABLE(f64, luge__elementwise_f64);
#endif

const luge__isa_table LUGE_ISA_NAME(luge__isa) = {
    .f = { &floats, &luge__doubles },
    .gemm_plan = LUGE_ISA_NAME(luge__gemm_plan),
    .gemm_run = LUGE_ISA_NAME(luge__gemm_run),
};
