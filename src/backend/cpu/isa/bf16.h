/* bf16.h: a panel of a matrix product of bf16 operands: what gemm_bf16.c packs and a kernel multiplies. */
#ifndef LUGE_CPU_BF16_H
#define LUGE_CPU_BF16_H

#include "backend/cpu/gemm.h"

/* Two elements that follow one another along k, the first in the lower half, are a pair of 32 bits. The instructions
 * multiply pairs and add both products to a sum in f32. */
enum {
    LUGE__BF16_COLS = 32, /* columns of a panel of V */
    LUGE__BF16_PART = 16  /* packed operands are filled with zeros to whole parts: rows, columns, pairs */
};

/* C[rows, cols] = (from ? from[rows, cols] : 0) + S[rows, k] V[k, cols] */
typedef struct luge__bf16_panel {
    const uint32_t *s, *v; /* s[row * s_step + pair], v[pair * LUGE__BF16_COLS + col], both 64-byte aligned */
    const float *from;     /* NULL, C, or a bias: from_row 0 */
    float *c;
    ptrdiff_t s_step, from_row, c_row, pairs;
    int rows, cols; /* at least 1, at most the kernel's and LUGE__BF16_COLS */
} luge__bf16_panel;

/* A kernel that multiplies panels: its most rows, and multiply-adds in a cycle. */
typedef struct luge__bf16_kernel {
    void (*panel)(const luge__bf16_panel *p);
    int rows, per_cycle;
} luge__bf16_kernel;

void luge__bf16_plan(luge__gemm *g, const luge__bf16_kernel *kernel);
void luge__bf16_run(const luge__gemm *g, const luge__bf16_kernel *kernel, int64_t begin, int64_t end, const float *a,
                    const float *b, float *c, void *worker, const luge__gemm_finish *finish);

#endif
