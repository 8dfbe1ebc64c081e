/* The matrix product of the cpu backend: C[m,n] = (accumulate ? C : 0) + op(A)[m,k] op(B)[k,n].
 *
 * Each element of C is one chain of k multiply-adds, in the order k = 0, 1, 2, ..., begun at 0 (at C when
 * accumulating, at a bias if the run is given one). Tiles, blocks, packing, the orientation and the way that the items
 * are handed to threads change where and when an element is computed, never that chain; so none of them changes a bit
 * of the result. Instruction sets with a fused multiply-add agree with one another and with a loop over fma(); the
 * baseline may round each product.
 *
 * The caller fills the first part of the structure, a planner calls luge__gemm_plan_<isa> once, and any number of
 * threads then call luge__gemm_run_<isa> over disjoint ranges that together cover [0, items). There is no order between
 * ranges and no barrier. The structure is read-only from then on. finish may be NULL.
 */
#ifndef LUGE_CPU_GEMM_H
#define LUGE_CPU_GEMM_H

#include <stddef.h>
#include <stdint.h>

/* Where the chains of a run begin, and what becomes of C while it is hot in the cache. fn may be NULL. It is called by
 * the thread that computed them, with rectangles of C whose chains are complete, each element once and in no order; c
 * is the rectangle's first element, c_rs the elements between its rows. It may change C there, or read it and write
 * elsewhere, and must treat each element by itself: where rectangles begin and end depends on the plan and the ranges.
 */
typedef struct luge__gemm_finish {
    void (*fn)(void *user, int64_t row, int64_t rows, int64_t col, int64_t cols, void *c, int64_t c_rs);
    void *user;
    const void *bias; /* n elements at which each row begins, NULL for 0; not with accumulate or c_local */
} luge__gemm_finish;

/* A number cut into nearly equal parts: each + 1 for `more` of them, the first ones (panels) or ones between (blocks),
 * each for the others. */
typedef struct luge__cut {
    int64_t parts, each, more;
} luge__cut;

typedef struct luge__gemm {
    /* The problem. Strides count elements, are not negative and may be 0 for A and B (broadcast); a transposed operand
     * is one with its strides swapped. C's column stride is 1; C overlaps neither A nor B. */
    int64_t m, n, k;
    int64_t a_rs, a_cs, b_rs, b_cs, c_rs;
    int is_f64;
    int accumulate;
    int rounded; /* f32: A and B are rounded to bf16 while they are packed. The kernels for bf16 always do */
    int c_local; /* C is only ever seen by the finish, in the worker's scratch; c of run is NULL, no accumulate */

    /* The plan's answer. */
    /* Items are independent pieces of work, none if C is empty. A range should begin at a multiple of the grain and
     * hold at least that many; longer is better, since it packs once what its items share: one thread should run all.
     */
    int64_t items, grain;
    double item_cycles;    /* rough cost of one item in core cycles, to judge whether a second thread pays */
    size_t worker_scratch; /* bytes that each running range needs, aligned to 64; often 0 */

    /* The plan's decisions, read by run only. V is the operand whose rows fill vectors, S the one whose elements are
     * broadcast: V = B and S = A, or, when swapped, V = A and S = B with C transposed. */
    int64_t vn, sn;                      /* extents of V and S in C */
    int64_t v_vs, v_ks, s_ss, s_ks;      /* their strides along that extent and along k */
    int64_t v_vectors;                   /* V in vectors, the last one perhaps not full */
    luge__cut v_panel, s_panel;          /* the vectors of V, and the rows of S, that one tile takes */
    luge__cut v_block, s_block;          /* panels in an item; items = blocks of V * of S, those of S running faster */
    int64_t k_blocks, k_step;            /* blocks of k_step, the last one shorter */
    int64_t c_row;                       /* stride of a row along S in the place that tiles write to */
    int64_t s_pack_step, s_pack_panel;   /* a packed panel of S: its larger stride, and its elements */
    size_t s_pack_offset, c_offset;      /* places in the scratch; V's packed block lies at 0 */
    size_t strip_offset;                 /* of the strip of C that a turned block is transposed into, if C is local */
    int32_t s_group;                     /* panels of S that are packed together */
    int32_t tile_vectors, tile_rows;     /* upper bounds of one register tile */
    int32_t direct_rows, direct_vectors; /* the tiles of a small product */
    uint8_t direct;                      /* small: its tiles run one after another on operands in place */
    uint8_t turned;                      /* few rows of S: V is transposed in registers */
    uint8_t swapped, turn;               /* turn: tiles write to a scratch block that is then transposed into C */
    uint8_t c_item;                      /* the scratch has a place for an item's C, which ends with the item */
    uint8_t v_pack, s_pack;              /* pack V's block, S's panel */
    uint8_t v_whole;                     /* V's block for all of k is near (or packed) at once */
} luge__gemm;

#define LUGE__GEMM_DECLARE(isa)                                                                                        \
    void luge__gemm_plan_##isa(luge__gemm *g);                                                                         \
    void luge__gemm_run_##isa(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b, void *c,  \
                              void *worker, const luge__gemm_finish *finish);

LUGE__GEMM_DECLARE(baseline)
LUGE__GEMM_DECLARE(avx2)
LUGE__GEMM_DECLARE(avx512)
LUGE__GEMM_DECLARE(avx512_bf16) /* f32 operands, rounded to bf16 while they are packed */
LUGE__GEMM_DECLARE(amx)         /* the same */

#endif
