/* isa.h: the kernels that are compiled once per instruction set, and the table in which each set offers them. They work
 * on contiguous blocks and know nothing of graphs, strides or threads. */
#ifndef LUGE_CPU_ISA_H
#define LUGE_CPU_ISA_H

#include "backend/cpu/gemm.h"
#include "graph/op.h"

#ifndef LUGE_ISA
#define LUGE_ISA baseline
#endif
#define LUGE__PASTE_(a, b)  a##_##b
#define LUGE__PASTE(a, b)   LUGE__PASTE_(a, b)
#define LUGE_ISA_NAME(name) LUGE__PASTE(name, LUGE_ISA)

/* The pieces of a loop are independent even where out is a: what the compiler needs to know to vectorize. */
#if defined(__clang__)
#define LUGE__INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define LUGE__INDEPENDENT _Pragma("GCC ivdep")
#else
#define LUGE__INDEPENDENT
#endif

/* out[i] = f(a[i], b[i]); p is the op's parameter. out may be a or b. */
typedef void luge__block_fn(int64_t n, const void *a, const void *b, void *out, double p);

/* Reductions combine with + (also for the mean), the larger, the smaller, or *. */
typedef enum luge__combine { LUGE__SUM, LUGE__MAX, LUGE__MIN, LUGE__PROD, LUGE__COMBINE_COUNT } luge__combine;

enum { LUGE__REDUCE_BLOCK = 256, LUGE__REDUCE_TILE = 64, LUGE__REDUCE_ROWS = 32 };

/* What does not change from one update of a variable to the next. */
typedef struct luge__update_constants {
    double momentum, rho, beta1, beta2, epsilon;
    int nesterov, torch;
} luge__update_constants;

/* An update of n elements; absent state is NULL. */
typedef struct luge__update {
    const luge__update_constants *rule;
    void *w, *velocity, *m, *v, *v_max;
    const void *g;
    double rate, decay;     /* decay: rate * weight_decay */
    double scale, correct2; /* adam: factor of m; 1 - beta2^t */
} luge__update;
typedef void luge__update_fn(int64_t n, const luge__update *u);

/* out = g (sigmoid(z) - t); g is one number where g_step is 0. out may be any of the others. */
typedef void luge__logits_fn(int64_t n, const void *z, const void *t, const void *g, int64_t g_step, void *out);

/* The targets of a row of logits: soft ones, or the number of a class; both smoothed. */
typedef struct luge__targets {
    const void *soft; /* NULL: the label */
    int64_t label;
    double smoothing;
} luge__targets;

/* c[i][j] from itself and y[i][j]. */
typedef void luge__rows_fn(int64_t rows, int64_t cols, const void *y, int64_t y_rs, void *c, int64_t c_rs);

/* The kernels of one float type. */
typedef struct luge__float_table {
    luge__block_fn *const *elementwise; /* by op; NULL where there is none */
    /* One block of at most LUGE__REDUCE_BLOCK elements, in an order that depends on n alone. */
    double (*reduce_block[LUGE__COMBINE_COUNT])(int64_t n, const void *a);
    /* out[j] = combine(out[j], a[j]) */
    void (*combine[LUGE__COMBINE_COUNT])(int64_t n, const void *a, void *out);
    void (*softmax)(int64_t n, const void *x, void *y);
    void (*log_softmax)(int64_t n, const void *x, void *y);
    double (*log_sum_exp)(int64_t n, const void *x); /* NaN where x has one, or +inf */
    luge__rows_fn *backprop[4]; /* by luge__activation: c times the derivative, told by its result y; the first NULL */
    void (*sum_rows)(int64_t rows, int64_t cols, int64_t stride, const void *x, void *out); /* to one row */
    /* One row; the label is a class; out is not z. */
    void (*entropy_gradient)(int64_t n, const void *z, const luge__targets *t, double reaches, void *out);
    luge__logits_fn *sigmoid_gradient;
    luge__update_fn *update[5]; /* sgd, adagrad, rmsprop, adam, adamw */
} luge__float_table;

typedef void luge__gemm_fn(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b, void *c,
                           void *worker, const luge__gemm_finish *finish);

/* The kernels of one instruction set. f32 is where training spends its time, so every set has its own; for the
 * library's size all use the baseline's for f64, except for the matrix product. */
typedef struct luge__isa_table {
    const luge__float_table *f[2]; /* f32, f64 */
    void (*gemm_plan)(luge__gemm *g);
    luge__gemm_fn *gemm_run;
} luge__isa_table;

extern const luge__isa_table luge__isa_baseline, luge__isa_avx2, luge__isa_avx512;

/* Parts of the tables. */
extern luge__block_fn *const LUGE_ISA_NAME(luge__elementwise_f32)[LUGE__OP_COUNT];
extern luge__block_fn *const luge__elementwise_f64[LUGE__OP_COUNT];
extern const luge__float_table luge__doubles;

#endif
