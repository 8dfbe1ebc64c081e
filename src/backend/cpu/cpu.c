/* cpu.c: which kernels the cpu backend has for an op, best first; the reference kernel follows every list. */
#include <string.h>

#include "backend/cpu/cpu.h"

const luge__isa_table *luge__isa_table_of(luge__isa isa)
{
#ifdef LUGE_HAVE_AVX512
    if (isa == LUGE__AVX512) return &luge__isa_avx512;
#endif
#ifdef LUGE_HAVE_AVX2
    if (isa >= LUGE__AVX2) return &luge__isa_avx2;
#endif
    (void)isa;
    return &luge__isa_baseline;
}

#define ALL_DENSE UINT32_MAX

static const luge__kernel_list lists[LUGE__OP_COUNT] = {
#define LUGE_UNARY(name, expression)   [LUGE__OP_##name] = { 0, { &luge__cpu_elementwise } },
#define LUGE_BINARY(name, expression)  LUGE_UNARY(name, expression)
#define LUGE_COMPARE(name, expression) [LUGE__OP_##name] = { 0, { &luge__cpu_elementwise, &luge__cpu_compare } },
#include "ops/ops.def"
    [LUGE__OP_copy] = { 0, { &luge__cpu_copy } },
    [LUGE__OP_cast] = { 0, { &luge__cpu_cast } },
    [LUGE__OP_where] = { 0, { &luge__cpu_where } },
    [LUGE__OP_sum] = { 0, { &luge__cpu_reduce_columns, &luge__cpu_reduce_rows } },
    [LUGE__OP_mean] = { 0, { &luge__cpu_reduce_columns, &luge__cpu_reduce_rows } },
    [LUGE__OP_max] = { 0, { &luge__cpu_reduce_columns, &luge__cpu_reduce_rows } },
    [LUGE__OP_min] = { 0, { &luge__cpu_reduce_columns, &luge__cpu_reduce_rows } },
    [LUGE__OP_prod] = { 0, { &luge__cpu_reduce_columns, &luge__cpu_reduce_rows } },
    [LUGE__OP_sum_like] = { 0, { &luge__cpu_reduce_columns, &luge__cpu_reduce_rows } },
    [LUGE__OP_argmax] = { ALL_DENSE, { &luge__cpu_argmax } },
    [LUGE__OP_matmul] = { 0, { &luge__cpu_matmul, &luge__cpu_matmul_bf16 } },
    [LUGE__OP_dense] = { 4, { &luge__cpu_dense } }, /* the bias, the output */
    [LUGE__OP_dense_backprop] = { 4, { &luge__cpu_dense_backprop } },
    [LUGE__OP_unslice] = { ALL_DENSE, { &luge__cpu_unslice } },
    [LUGE__OP_concat] = { ALL_DENSE, { &luge__cpu_concat } },
    [LUGE__OP_concat_part] = { ALL_DENSE, { &luge__cpu_concat_part } },
    [LUGE__OP_gather] = { ALL_DENSE, { &luge__cpu_gather } },
    [LUGE__OP_scatter_add] = { ALL_DENSE, { &luge__cpu_scatter_add } },
    [LUGE__OP_one_hot] = { ALL_DENSE, { &luge__cpu_one_hot } },
    [LUGE__OP_softmax] = { ALL_DENSE, { &luge__cpu_softmax } },
    [LUGE__OP_log_softmax] = { ALL_DENSE, { &luge__cpu_softmax } },
    [LUGE__OP_softmax_cross_entropy] = { ALL_DENSE, { &luge__cpu_cross_entropy } },
    [LUGE__OP_softmax_cross_entropy_gradient] = { 3, { &luge__cpu_entropy_gradient } },
    [LUGE__OP_sigmoid_cross_entropy_gradient] = { 3, { &luge__cpu_sigmoid_gradient } },
    [LUGE__OP_random_uniform] = { 0, { &luge__cpu_random } },
    [LUGE__OP_random_normal] = { 0, { &luge__cpu_random } },
    [LUGE__OP_random_dropout] = { ALL_DENSE, { &luge__cpu_dropout } },
    [LUGE__OP_assign] = { 0, { &luge__cpu_assign } },
#define UPDATE(rule)                                                                                                   \
    [LUGE__OP_update_##rule] = { ALL_DENSE, { &luge__cpu_update } },                                                   \
    [LUGE__OP_dense_update_##rule] = { ALL_DENSE & ~6u, { &luge__cpu_dense_update } },                                 \
    [LUGE__OP_bias_update_##rule] = { ALL_DENSE, { &luge__cpu_bias_update } },
    UPDATE(sgd) UPDATE(adagrad) UPDATE(rmsprop) UPDATE(adam) UPDATE(adamw)
};

static luge__kernel_list kernels(const luge__op *op, luge__isa isa)
{
    (void)isa;
    return lists[op->id];
}

const luge__backend luge__cpu_backend = { "cpu", kernels };

void luge__kernel_names(const luge__op *op, char *text, size_t size)
{
    if (op->view || op->flags & LUGE__LEAF || !op->ref) {
        luge__format(text, size, "%s",
                     op->view                 ? "view"
                     : op->ref                ? ""
                     : op->flags & LUGE__LEAF ? "memory"
                                              : "lowered");
        return;
    }
    size_t n = 0;
    for (int i = 0; i < LUGE__MAX_KERNELS && lists[op->id].kernels[i]; i++)
        n += luge__format(text + n, size - n, "%s, ", lists[op->id].kernels[i]->name);
    luge__format(text + n, size - n, "ref");
}
