/* The matrix product of f32 operands that are rounded to bf16 while they are packed, summed in f32: blocking, packing,
 * and the tiles of AVX-512-BF16. gemm_amx.c multiplies the same panels by AMX. Compiled once, with AVX-512-BF16.
 *
 * V is B and S is A; nothing is used in place. A block of S, at most S_BYTES for a block of k, and an item's columns
 * of V are packed into the worker's scratch, in the second-level cache. A panel of S then stays in the first-level
 * cache while the panels of V stream by. Items along V share their block of S, so a longer range packs less.
 *
 * Each element of C is one chain over pairs along k, whatever M, N, blocks and ranges: where it waits in C between
 * two blocks of k it is f32, as in the register. Operands that are subnormal count as zero, and so do sums that
 * become so: the instructions know no other way. */
#include "backend/cpu/isa/bf16.h"

#if defined(LUGE_HAVE_BF16)
#include <immintrin.h>

enum {
    AHEAD = 64,          /* elements of a row that are fetched before they are needed */
    K_BLOCK = 512,       /* k of a block at most: 14 rows of S are 14 KB */
    S_BYTES = 512 << 10, /* a block of S */
    S_ROWS = 1024,       /* its rows at most */
    ITEM_PANELS = 8,     /* panels of V in an item at most: 256 columns */
    LEAST_PANELS = 2,    /* where items are cut for more threads */
    ITEMS_WANTED = 8,    /* for which V, then S are cut further */
    RANGE_PANELS = 8,    /* of V, that pay for packing a block of S once more */
    PART = LUGE__BF16_PART,
    COLS = LUGE__BF16_COLS,
};
static const double ITEM_CYCLES = 16e3; /* items worth splitting further cost more than twice this */

#define ALWAYS static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

static int64_t up(int64_t n, int64_t d)
{
    return n / d + (n % d != 0);
}

/* Part i of n cut into `parts` nearly equal parts begins here. */
static int64_t cut(int64_t n, int64_t parts, int64_t i)
{
    const int64_t rest = n % parts;
    return n / parts * i + (i < rest ? i : rest);
}

/* ---- plan -------------------------------------------------------------------------------------------------------- */

static size_t round_64(int64_t bytes)
{
    return ((size_t)bytes + 63) & ~(size_t)63;
}

static void place_scratch(luge__gemm *g, int rows)
{
    const int64_t block_rows = up(g->s_panel.parts, g->s_block.parts) * rows;
    const int64_t panels = up(g->v_vectors, g->v_block.parts), pairs = g->k_step / 2;
    g->s_pack_step = pairs + PART; /* not a power of two, lest all rows fall into the same sets of the cache */
    g->s_pack_offset = round_64(panels * COLS * pairs * 4);
    g->c_offset = g->s_pack_offset + round_64((up(block_rows, PART) + 1) * PART * g->s_pack_step * 4);
    g->worker_scratch = g->c_offset;
    g->c_row = g->c_rs;
    if (!g->c_local) return;
    /* An item's C, or with one block of k that of a panel of S. */
    g->c_row = panels * COLS;
    g->worker_scratch += round_64((g->k_blocks > 1 ? block_rows : rows) * g->c_row * 4);
}

void luge__bf16_plan(luge__gemm *g, const luge__bf16_kernel *kernel)
{
    g->items = 0;
    g->grain = 1;
    g->item_cycles = 0;
    g->worker_scratch = 0;
    if (g->m < 1 || g->n < 1) return;
    g->k_blocks = g->k > K_BLOCK ? up(g->k, K_BLOCK) : 1;
    g->k_step = up(up(g->k, g->k_blocks), 2 * PART) * 2 * PART; /* whole parts of pairs */
    if (g->k_step < 2 * PART) g->k_step = 2 * PART;
    const int64_t most = S_BYTES / 2 / g->k_step < S_ROWS ? S_BYTES / 2 / g->k_step : S_ROWS;
    g->s_panel.parts = up(g->m, kernel->rows);
    g->v_vectors = up(g->n, COLS); /* here: panels */
    g->s_block.parts = up(g->m, most / kernel->rows * kernel->rows);
    g->v_block.parts = up(g->v_vectors, ITEM_PANELS);
    const double rows = (double)(g->s_panel.parts * kernel->rows), cols = (double)(g->v_vectors * COLS);
    const double k = (double)(g->k_blocks * g->k_step), packing = 0.4 * k * (rows + cols * (double)g->s_block.parts);
    const double cycles = rows * cols * k / kernel->per_cycle + packing;
    while (g->v_block.parts * g->s_block.parts < ITEMS_WANTED &&
           cycles > 2 * ITEM_CYCLES * (double)(g->v_block.parts * g->s_block.parts)) {
        if (g->v_vectors >= 2 * LEAST_PANELS * g->v_block.parts)
            g->v_block.parts *= 2;
        else if (g->s_panel.parts >= 2 * g->s_block.parts)
            g->s_block.parts *= 2;
        else
            break;
    }
    g->items = g->v_block.parts * g->s_block.parts;
    g->item_cycles = cycles / (double)g->items;
    while (g->v_block.parts % (2 * g->grain) == 0 && g->items >= 8 * g->grain &&
           g->grain * g->v_vectors < RANGE_PANELS * g->v_block.parts)
        g->grain *= 2;
    place_scratch(g, kernel->rows);
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

/* 16 vectors of 16 elements: rows become columns. */
ALWAYS void transpose(__m512i *x)
{
    __m512i y[16];
    UNROLL for (int i = 0; i < 16; i += 2)
    {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    UNROLL for (int i = 0; i < 16; i += 4)
    {
        x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
        x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
        x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
        x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    /* now x[4 r + c], 16-byte part p, holds rows 4 r to 4 r + 3 of column 4 p + c */
    UNROLL for (int c = 0; c < 4; c++)
    {
        const __m512i a = _mm512_shuffle_i32x4(x[c], x[4 + c], 0x88),
                      b = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0x88);
        const __m512i d = _mm512_shuffle_i32x4(x[c], x[4 + c], 0xdd),
                      e = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0xdd);
        y[c] = _mm512_shuffle_i32x4(a, b, 0x88);
        y[4 + c] = _mm512_shuffle_i32x4(d, e, 0x88);
        y[8 + c] = _mm512_shuffle_i32x4(a, b, 0xdd);
        y[12 + c] = _mm512_shuffle_i32x4(d, e, 0xdd);
    }
    UNROLL for (int i = 0; i < 16; i++) x[i] = y[i];
}

static __mmask16 first(int64_t n)
{
    return (__mmask16)(n >= 16 ? 0xffff : n < 1 ? 0 : (1 << n) - 1);
}

/* Both halves rounded to nearest, ties to even: 16 of low, then 16 of high. */
ALWAYS __m512i round_two(__m512 low, __m512 high)
{
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* x[i]: 16 pairs along k of column i, where the elements along k are neighbours. */
ALWAYS void load_along_k(__m512i *x, const float *src, ptrdiff_t xs, int64_t nx, int64_t nk)
{
    const __mmask16 low = first(nk), high = first(nk - 16);
    for (int i = 0; i < 16; i++) {
        const float *p = src + i * xs;
        if (i < nx)
            x[i] = round_two(_mm512_maskz_loadu_ps(low, p), _mm512_maskz_loadu_ps(high, p + 16));
        else
            x[i] = _mm512_setzero_si512();
    }
}

/* Rows far apart in memory are not foreseen by the CPU. What is fetched may lie behind the operand: no harm. */
ALWAYS void fetch_ahead(const float *src, ptrdiff_t at)
{
    _mm_prefetch((const char *)((uintptr_t)src + (uintptr_t)(at + AHEAD) * sizeof *src), _MM_HINT_T0);
}

/* x[i]: pair i of 16 columns, where the columns are neighbours. */
ALWAYS void load_across_k(__m512i *x, const float *src, ptrdiff_t ks, int64_t nx, int64_t nk)
{
    const __mmask16 m = first(nx);
    const __m512i weave = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (int i = 0; i < 16; i++) {
        fetch_ahead(src, 2 * i * ks);
        fetch_ahead(src, (2 * i + 1) * ks);
        const __m512 a = 2 * i < nk ? _mm512_maskz_loadu_ps(m, src + 2 * i * ks) : _mm512_setzero_ps();
        const __m512 b = 2 * i + 1 < nk ? _mm512_maskz_loadu_ps(m, src + (2 * i + 1) * ks) : _mm512_setzero_ps();
        x[i] = _mm512_permutexvar_epi16(weave, round_two(a, b));
    }
}

/* One part: 16 columns by 16 pairs of an operand with any strides, zero where the operand ends. Stored by columns, or
 * by pairs where along_x. */
static void pack_part(uint32_t *dst, ptrdiff_t step, const float *src, ptrdiff_t xs, ptrdiff_t ks, int64_t nx,
                      int64_t nk, int along_x)
{
    __m512i x[16];
    const int across = xs == 1;
    if (across) {
        load_across_k(x, src, ks, nx, nk);
    } else if (ks == 1) {
        load_along_k(x, src, xs, nx, nk);
    } else {
        float some[16][32];
        for (int i = 0; i < nx && i < 16; i++)
            for (int k = 0; k < nk && k < 32; k++) some[i][k] = src[i * xs + k * ks];
        load_along_k(x, some[0], 32, nx, nk);
    }
    if (across != along_x) transpose(x);
    UNROLL for (int i = 0; i < 16; i++) _mm512_store_si512(dst + i * step, x[i]);
}

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

/* rows x vectors sums in registers, 28 of 32 at most. */
ALWAYS void tile(const luge__bf16_panel *p, int row, const int rows, const int vectors)
{
    __m512 sum[14][2];
    const int there = p->rows - row, cols = p->cols;
    const __mmask16 mask[2] = { first(cols), first(cols - 16) };
    float *c = p->c + row * p->c_row;
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = _mm512_setzero_ps();
        if (!p->from || i >= there) continue;
        const float *from = p->from + (row + i) * p->from_row;
        UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = _mm512_maskz_loadu_ps(mask[j], from + 16 * j);
    }
    const ptrdiff_t step = p->s_step;
    const uint32_t *v = p->v, *s[5];
    UNROLL for (int i = 0; i < (rows + 2) / 3; i++) s[i] = p->s + (row + 3 * i) * step;
    for (ptrdiff_t k = p->pairs; k > 0; k--, v += COLS) {
        __m512i b[2];
        UNROLL for (int j = 0; j < vectors; j++) b[j] = _mm512_load_si512(v + 16 * j);
        UNROLL for (int i = 0; i < rows; i++)
        {
            const __m512i a = _mm512_set1_epi32((int)s[i / 3][(i % 3) * step]);
            UNROLL for (int j = 0; j < vectors; j++) sum[i][j] =
                _mm512_dpbf16_ps(sum[i][j], (__m512bh)a, (__m512bh)b[j]);
        }
        UNROLL for (int i = 0; i < (rows + 2) / 3; i++) s[i]++;
    }
    UNROLL for (int i = 0; i < rows; i++)
    {
        if (i >= there) break;
        UNROLL for (int j = 0; j < vectors; j++) _mm512_mask_storeu_ps(c + i * p->c_row + 16 * j, mask[j], sum[i][j]);
    }
}

/* For few rows a smaller tile; rows behind the operand's end are computed, and not stored. */
#define TILES(X) X(1) X(2) X(4) X(8) X(14)
#define TILE_DEFINE(n)                                                                                                 \
    static void tile_##n##x2(const luge__bf16_panel *p)                                                                \
    {                                                                                                                  \
        tile(p, 0, n, 2);                                                                                              \
    }                                                                                                                  \
    static void tile_##n##x1(const luge__bf16_panel *p)                                                                \
    {                                                                                                                  \
        tile(p, 0, n, 1);                                                                                              \
    }
TILES(TILE_DEFINE)

static void panel_avx512(const luge__bf16_panel *p)
{
#define TILE_CHOOSE(n)                                                                                                 \
    if (p->rows <= n) {                                                                                                \
        (p->cols > 16 ? tile_##n##x2 : tile_##n##x1)(p);                                                               \
        return;                                                                                                        \
    }
    TILES(TILE_CHOOSE)
}

/* ---- run --------------------------------------------------------------------------------------------------------- */

typedef struct work {
    const luge__gemm *g;
    const luge__bf16_kernel *kernel;
    const luge__gemm_finish *finish; /* NULL where nothing is to be called */
    const float *a, *b, *bias;
    float *c;
    uint32_t *v, *s;       /* packed */
    int64_t row0, row1;    /* of the block of S */
    int64_t k0, k1, pairs; /* of the block of k; pairs: in whole parts */
} work;

static void pack_s(const work *w)
{
    const luge__gemm *g = w->g;
    const int64_t parts = up(w->row1 - w->row0, PART), pairs = up(w->k1 - w->k0, 2 * PART);
    const float *a = w->a + w->row0 * g->a_rs + w->k0 * g->a_cs;
    for (int64_t i = 0; i < parts * pairs; i++) { /* along the operand's rows as they lie in memory */
        const int64_t x = g->a_rs == 1 ? i % parts : i / pairs, y = g->a_rs == 1 ? i / parts : i % pairs;
        pack_part(w->s + x * PART * g->s_pack_step + y * PART, (ptrdiff_t)g->s_pack_step,
                  a + x * PART * g->a_rs + y * 2 * PART * g->a_cs, (ptrdiff_t)g->a_rs, (ptrdiff_t)g->a_cs,
                  w->row1 - w->row0 - x * PART, w->k1 - w->k0 - y * 2 * PART, 0);
    }
}

static void pack_v(const work *w, int64_t col0, int64_t col1)
{
    const luge__gemm *g = w->g;
    const int64_t parts = up(col1 - col0, PART), pairs = up(w->k1 - w->k0, 2 * PART);
    const float *b = w->b + col0 * g->b_cs + w->k0 * g->b_rs;
    for (int64_t i = 0; i < parts * pairs; i++) {
        const int64_t x = g->b_cs == 1 ? i % parts : i / pairs, y = g->b_cs == 1 ? i / parts : i % pairs;
        pack_part(w->v + x / 2 * COLS * w->pairs + x % 2 * PART + y * PART * COLS, COLS,
                  b + x * PART * g->b_cs + y * 2 * PART * g->b_rs, (ptrdiff_t)g->b_cs, (ptrdiff_t)g->b_rs,
                  col1 - col0 - x * PART, w->k1 - w->k0 - y * 2 * PART, 1);
    }
}

/* The panels of the block of S against an item's columns, in the present block of k. */
static void multiply(const work *w, int64_t col0, int64_t col1)
{
    const luge__gemm *g = w->g;
    const int last = w->k1 == g->k, rows = w->kernel->rows, strip = g->c_local && g->k_blocks == 1;
    luge__bf16_panel p = { .s_step = (ptrdiff_t)g->s_pack_step, .c_row = (ptrdiff_t)g->c_row };
    p.pairs = (ptrdiff_t)up(w->k1 - w->k0, 2);
    const int begun = w->k0 > 0 || g->accumulate;
    p.from_row = begun ? p.c_row : 0;
    for (int64_t row = w->row0; row < w->row1; row += rows) {
        float *c = w->c;
        if (!g->c_local) c += row * g->c_rs + col0;
        if (g->c_local && !strip) c += (row - w->row0) * g->c_row;
        p.s = w->s + (row - w->row0) * g->s_pack_step;
        p.rows = w->row1 - row < rows ? (int)(w->row1 - row) : rows;
        for (int64_t col = col0; col < col1; col += COLS) {
            p.v = w->v + (col - col0) * w->pairs;
            p.c = c + (col - col0);
            p.from = begun ? p.c : w->bias ? w->bias + col : NULL;
            p.cols = col1 - col < COLS ? (int)(col1 - col) : COLS;
            w->kernel->panel(&p);
        }
        if (last && w->finish) w->finish->fn(w->finish->user, row, p.rows, col0, col1 - col0, c, g->c_row);
    }
}

/* Items of V [begin, end) against a block of S. */
static void run_block(work *w, int64_t begin, int64_t end)
{
    const luge__gemm *g = w->g;
    for (int64_t block = 0; block < g->k_blocks; block++) {
        w->k0 = block * g->k_step < g->k ? block * g->k_step : g->k;
        w->k1 = w->k0 + g->k_step < g->k ? w->k0 + g->k_step : g->k;
        w->pairs = up(w->k1 - w->k0, 2 * PART) * PART;
        pack_s(w);
        for (int64_t item = begin; item < end; item++) {
            const int64_t col0 = cut(g->v_vectors, g->v_block.parts, item) * COLS;
            const int64_t stop = cut(g->v_vectors, g->v_block.parts, item + 1) * COLS, col1 = stop < g->n ? stop : g->n;
            pack_v(w, col0, col1);
            multiply(w, col0, col1);
        }
    }
}

void luge__bf16_run(const luge__gemm *g, const luge__bf16_kernel *kernel, int64_t begin, int64_t end, const float *a,
                    const float *b, float *c, void *worker, const luge__gemm_finish *finish)
{
    char *scratch = worker;
    work w = { .g = g, .kernel = kernel, .finish = finish && finish->fn ? finish : NULL, .a = a, .b = b };
    w.bias = finish ? finish->bias : NULL;
    w.v = (uint32_t *)(void *)scratch;
    w.s = (uint32_t *)(void *)(scratch + g->s_pack_offset);
    w.c = g->c_local ? (float *)(void *)(scratch + g->c_offset) : c;
    while (begin < end) {
        /* To the end of this block of S; but one item at a time where the scratch has room for the C of one. */
        const int64_t block = begin / g->v_block.parts, first_item = block * g->v_block.parts;
        int64_t to = first_item + g->v_block.parts < end ? first_item + g->v_block.parts : end;
        if (g->c_local && g->k_blocks > 1) to = begin + 1;
        const int64_t stop = cut(g->s_panel.parts, g->s_block.parts, block + 1) * kernel->rows;
        w.row0 = cut(g->s_panel.parts, g->s_block.parts, block) * kernel->rows;
        w.row1 = stop < g->m ? stop : g->m;
        run_block(&w, begin - first_item, to - first_item);
        begin = to;
    }
}

static const luge__bf16_kernel avx512 = { panel_avx512, 14, 32 };

void luge__gemm_plan_avx512_bf16(luge__gemm *g)
{
    luge__bf16_plan(g, &avx512);
}

void luge__gemm_run_avx512_bf16(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b, void *c,
                                void *worker, const luge__gemm_finish *finish)
{
    luge__bf16_run(g, &avx512, begin, end, a, b, c, worker, finish);
}
#endif
