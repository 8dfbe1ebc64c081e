/* table.c: reductions, softmax, updates and fused rows of one instruction set, and the table of all that it offers. */
#include <math.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "backend/cpu/isa/isa.h"
#include "backend/cpu/isa/vmath.h"

#define FLOAT_TABLE(suffix, loops)                                                                                     \
    {                                                                                                                  \
        .elementwise = loops,                                                                                          \
        .reduce_block = { sum_block_##suffix, max_block_##suffix, min_block_##suffix, prod_block_##suffix },           \
        .combine = { sum_into_##suffix, max_into_##suffix, min_into_##suffix, prod_into_##suffix },                    \
        .softmax = softmax_##suffix, .log_softmax = log_softmax_##suffix, .log_sum_exp = log_sum_exp_##suffix,         \
        .backprop = { NULL, backprop_relu_##suffix, backprop_sigmoid_##suffix, backprop_tanh_##suffix },               \
        .sigmoid_gradient = sigmoid_gradient_##suffix, .sum_rows = sum_rows_##suffix,                                  \
        .entropy_gradient = entropy_gradient_##suffix,                                                                 \
        .update = { sgd_##suffix, adagrad_##suffix, rmsprop_##suffix, adam_##suffix, adam_##suffix },                  \
    }

/* The first n of 16 elements: masked where the instruction set can, else through an array. */
#define LOAD_COPIED(v, x, n)                                                                                           \
    do {                                                                                                               \
        memset(&(v), 0, sizeof(v));                                                                                    \
        memcpy(&(v), (x), (size_t)(n) * sizeof *(x));                                                                  \
    } while (0)
#define STORE_COPIED(x, v, n) memcpy((x), &(v), (size_t)(n) * sizeof *(x))

#define T          float
#define INTEGER    int32_t
#define NAME(n)    n##_f32
#define EXP(v)     luge__vexp(v)
#define SIGMOID(v) luge__vsigmoid(v)
#define SQRT(v)    sqrtf(v)
#if defined(__AVX512F__)
#define LOAD_SOME(v, x, n)  ((v) = (lanes_f32)_mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), (x)))
#define STORE_SOME(x, v, n) _mm512_mask_storeu_ps((x), (__mmask16)((1u << (n)) - 1), (__m512)(v))
#elif defined(__AVX2__)
static inline __m256i mask_of(int64_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
#define LOAD_SOME(v, x, n)                                                                                             \
    do {                                                                                                               \
        const __m256 halves[2] = { _mm256_maskload_ps((x), mask_of(n)), _mm256_maskload_ps((x) + 8, mask_of((n)-8)) }; \
        memcpy(&(v), halves, sizeof(v));                                                                               \
    } while (0)
#define STORE_SOME(x, v, n)                                                                                            \
    do {                                                                                                               \
        __m256 halves[2];                                                                                              \
        memcpy(halves, &(v), sizeof halves);                                                                           \
        _mm256_maskstore_ps((x), mask_of(n), halves[0]);                                                               \
        _mm256_maskstore_ps((x) + 8, mask_of((n)-8), halves[1]);                                                       \
    } while (0)
#else
#define LOAD_SOME  LOAD_COPIED
#define STORE_SOME STORE_COPIED
#endif
#include "backend/cpu/isa/rows.inc"
#include "backend/cpu/isa/fused.inc"
#undef T
#undef INTEGER
#undef NAME
#undef EXP
#undef SIGMOID
#undef SQRT
#undef LOAD_SOME
#undef STORE_SOME

static const luge__float_table floats = FLOAT_TABLE(f32, LUGE_ISA_NAME(luge__elementwise_f32));

#ifndef __AVX2__
#define T          double
#define INTEGER    int64_t
#define NAME(n)    n##_f64
#define EXP(v)     exp(v)
#define SIGMOID(v) (1 / (1 + exp(-(v))))
#define SQRT(v)    sqrt(v)
#define LOAD_SOME  LOAD_COPIED
#define STORE_SOME STORE_COPIED
#include "backend/cpu/isa/rows.inc"
#include "backend/cpu/isa/fused.inc"

const luge__float_table luge__doubles = FLOAT_TABLE(f64, luge__elementwise_f64);
#endif

const luge__isa_table LUGE_ISA_NAME(luge__isa) = {
    .f = { &floats, &luge__doubles },
    .gemm_plan = LUGE_ISA_NAME(luge__gemm_plan),
    .gemm_run = LUGE_ISA_NAME(luge__gemm_run),
};
