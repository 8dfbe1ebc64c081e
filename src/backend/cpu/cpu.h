/* cpu.h: what the kernels of the cpu backend share: walking strided memory in blocks. */
#ifndef LUGE_CPU_CPU_H
#define LUGE_CPU_CPU_H

#include "backend/backends.h"
#include "backend/cpu/isa/isa.h"
#include "ops/rows.h"

enum { LUGE__BLOCK = 512 }; /* elements that a kernel works on at once: they stay in the first cache */

/* The block kernels of a plan's machine. */
const luge__isa_table *luge__isa_table_of(luge__isa isa);

/* A strided array as few nested loops as possible: neighbouring dimensions that one stride covers are one. */
typedef struct luge__walk {
    int32_t ndim;
    int32_t element; /* bytes */
    int64_t dim[LUGE_MAX_DIMS], stride[LUGE_MAX_DIMS];
} luge__walk;

luge__walk luge__walk_make(int ndim, const int64_t *dim, const int64_t *stride, size_t element);
luge__walk luge__walk_of(const luge__operand *operand);
/* Offset in elements of the element number `index` in C order. */
int64_t luge__walk_offset(const luge__walk *w, int64_t index);
/* Copies elements [first, first + n) in C order to memory in C order. */
void luge__walk_gather(const luge__walk *w, const void *base, int64_t first, int64_t n, void *to);
/* Nonzero where the elements lie in C order. */
int luge__walk_dense(const luge__walk *w);
/* n elements in C order: a pointer into the array where it is dense, else gathered into buffer. */
const void *luge__walk_block(const luge__walk *w, const void *base, int64_t first, int64_t n, void *buffer);

/* Sets the grain of a step, a multiple of the unit, and its cycles, after its items; each costs so many cycles,
 * roughly: one for an element of simple work. */
void luge__share(luge__step *step, double cycles, int64_t unit);

/* Plans the product of the operands `first` and first + 1 in the plan's precision, sets the step's items, grain,
 * cycles and scratch, and answers what runs it. What g says of C (accumulate, c_local) is kept, all else must be 0. */
luge__gemm_fn *luge__product_prepare(luge__gemm *g, luge__step *step, luge_plan *plan, int first,
                                     const luge__matmul_attr *attr);

extern const luge__kernel luge__cpu_elementwise, luge__cpu_compare, luge__cpu_where, luge__cpu_cast, luge__cpu_copy;
extern const luge__kernel luge__cpu_reduce_rows, luge__cpu_reduce_columns, luge__cpu_argmax;
extern const luge__kernel luge__cpu_matmul, luge__cpu_matmul_bf16, luge__cpu_dense, luge__cpu_dense_backprop;
extern const luge__kernel luge__cpu_softmax, luge__cpu_cross_entropy, luge__cpu_entropy_gradient,
    luge__cpu_sigmoid_gradient;
extern const luge__kernel luge__cpu_gather, luge__cpu_scatter_add, luge__cpu_one_hot, luge__cpu_concat,
    luge__cpu_concat_part, luge__cpu_unslice, luge__cpu_assign;
extern const luge__kernel luge__cpu_random, luge__cpu_dropout;
extern const luge__kernel luge__cpu_update, luge__cpu_dense_update, luge__cpu_bias_update;

#endif
