/* The matrix product for one instruction set. Compiled once per set with -DLUGE_ISA=<name>; see gemm.h. It wants
 * -O3, for the register tiles.
 *
 * Blocking, from the inside out. A register tile is tile_rows x tile_vectors accumulators: 14 x 2 of 32 registers with
 * AVX-512, so that per k 2 loads of V and 14 broadcasts of S feed 28 multiply-adds, and the two load ports are 4/7 busy
 * when the two multiply-add ports are full. A panel of S, tile_rows by a block of k (22 KB), stays in the first-level
 * cache while V's panels stream by from the second, 128 bytes in the 14 or 28 cycles of one k. V's block, 1792 bytes by
 * a block of k, takes two thirds of a second-level cache of 1 MiB and stays there for all panels of S. Ranges of items
 * are separate: each packs what it needs into the scratch of its worker, which costs a few percent and saves a barrier.
 *
 * Three ways lead past the blocks: small products run their tiles directly (gemm_direct.inc), few rows of S against a V
 * that lies along k transpose it in registers (gemm_turned.inc), and all else goes through gemm_block.inc. */
#include "backend/cpu/gemm.h"
#include "core/bf16.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define LUGE__PASTE_(a, b)  a##_##b
#define LUGE__PASTE(a, b)   LUGE__PASTE_(a, b)
#define LUGE_ISA_NAME(name) LUGE__PASTE(name, LUGE_ISA)

#define LUGE__INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define LUGE__UNROLL _Pragma("clang loop unroll(full)")
#else
#define LUGE__UNROLL _Pragma("GCC unroll 16")
#endif

/* The bytes of a vector, and the tiles: X(rows, vectors). 32 registers hold 28 accumulators, 2 vectors of V and a
 * broadcast; 16 hold 12, 2, a broadcast and the mask of AVX2 (or the product before it is added, without FMA). Wide
 * tiles of few rows serve products with few rows, which need several chains to hide the latency of an addition. */
#define LUGE__ROWS_3(X, v)  X(1, v) X(2, v) X(3, v)
#define LUGE__ROWS_6(X, v)  LUGE__ROWS_3(X, v) X(4, v) X(5, v) X(6, v)
#define LUGE__ROWS_8(X, v)  LUGE__ROWS_6(X, v) X(7, v) X(8, v)
#define LUGE__ROWS_12(X, v) LUGE__ROWS_8(X, v) X(9, v) X(10, v) X(11, v) X(12, v)
#define LUGE__ROWS_14(X, v) LUGE__ROWS_12(X, v) X(13, v) X(14, v)
#define LUGE__WIDE(X, rows) X(rows, 5) X(rows, 6) X(rows, 7) X(rows, 8)

#if defined(__AVX512F__)
#define LUGE__VECTOR_BYTES 64
#elif defined(__AVX2__)
#define LUGE__VECTOR_BYTES 32
#else
#define LUGE__VECTOR_BYTES 16
#endif

/* f32 is where training spends its time and has all tiles; f64 and the baseline make do with those that matter most:
 * the tiles are most of the library's size. tile_rows_of[is_f64][vectors - 1]: its most rows, 0 where there
 * is none. A tile comes with all smaller ones, for the edges. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define LUGE__MAX_VECTORS 8
#define LUGE__MAX_ROWS    14
#define LUGE__TILES_F32(X)                                                                                             \
    LUGE__ROWS_14(X, 1) LUGE__ROWS_14(X, 2) LUGE__ROWS_3(X, 3) LUGE__ROWS_3(X, 4) LUGE__WIDE(X, 1) LUGE__WIDE(X, 2)
#define LUGE__TILES_F64(X) LUGE__ROWS_8(X, 1) LUGE__ROWS_8(X, 2)
static const int8_t tile_rows_of[2][LUGE__MAX_VECTORS] = { { 14, 14, 3, 3, 2, 2, 2, 2 }, { 8, 8 } };
#elif defined(__AVX2__)
#define LUGE__MAX_VECTORS  8
#define LUGE__MAX_ROWS     12
#define LUGE__TILES_F32(X) LUGE__ROWS_12(X, 1) LUGE__ROWS_6(X, 2) X(1, 3) X(2, 3) X(1, 4) X(2, 4) LUGE__WIDE(X, 1)
#define LUGE__TILES_F64(X) LUGE__ROWS_6(X, 1) LUGE__ROWS_6(X, 2)
static const int8_t tile_rows_of[2][LUGE__MAX_VECTORS] = { { 12, 6, 2, 2, 1, 1, 1, 1 }, { 6, 6 } };
#elif defined(__x86_64__)
#define LUGE__MAX_VECTORS  2
#define LUGE__MAX_ROWS     6
#define LUGE__TILES_F32(X) LUGE__ROWS_6(X, 1) LUGE__ROWS_6(X, 2)
#define LUGE__TILES_F64(X) LUGE__ROWS_6(X, 1) LUGE__ROWS_6(X, 2)
static const int8_t tile_rows_of[2][LUGE__MAX_VECTORS] = { { 6, 6 }, { 6, 6 } };
#else
#define LUGE__MAX_VECTORS  2
#define LUGE__MAX_ROWS     3
#define LUGE__TILES_F32(X) LUGE__ROWS_3(X, 1) LUGE__ROWS_3(X, 2)
#define LUGE__TILES_F64(X) LUGE__TILES_F32(X)
static const int8_t tile_rows_of[2][LUGE__MAX_VECTORS] = { { 3, 3 }, { 3, 3 } };
#endif

LUGE__INLINE ptrdiff_t luge__gemm_cut(const luge__cut *cut, ptrdiff_t i)
{
    return i * (ptrdiff_t)cut->each + (i < (ptrdiff_t)cut->more ? i : (ptrdiff_t)cut->more);
}

/* The same for blocks, the longer ones among the shorter: half of them are half of the work, and threads have the same
 * rows in products of different numbers of blocks. */
LUGE__INLINE ptrdiff_t luge__gemm_spread(const luge__cut *cut, ptrdiff_t i)
{
    return i * (ptrdiff_t)cut->each + i * (ptrdiff_t)cut->more / (ptrdiff_t)cut->parts;
}

/* A list of this name for so many lanes, where the number is a macro. */
#define LUGE__LIST_(name, lanes) name##lanes
#define LUGE__LIST(name, lanes)  LUGE__LIST_(name, lanes)

/* Lists by number of lanes: an element repeated, and the indices that interleave the halves of two vectors. */
#define LUGE__EACH_2(x)  x, x
#define LUGE__EACH_4(x)  LUGE__EACH_2(x), LUGE__EACH_2(x)
#define LUGE__EACH_8(x)  LUGE__EACH_4(x), LUGE__EACH_4(x)
#define LUGE__EACH_16(x) LUGE__EACH_8(x), LUGE__EACH_8(x)
#define LUGE__LOW_2      0, 2
#define LUGE__HIGH_2     1, 3
#define LUGE__LOW_4      0, 4, 1, 5
#define LUGE__HIGH_4     2, 6, 3, 7
#define LUGE__LOW_8      0, 8, 1, 9, 2, 10, 3, 11
#define LUGE__HIGH_8     4, 12, 5, 13, 6, 14, 7, 15
#define LUGE__LOW_16     0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define LUGE__HIGH_16    8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

/* The same within parts of 2 or 4 elements, and lists that join halves. */
#define LUGE__LOW2_2        0, 2
#define LUGE__HIGH2_2       1, 3
#define LUGE__LOW2_4        0, 4, 2, 6
#define LUGE__HIGH2_4       1, 5, 3, 7
#define LUGE__LOW2_8        0, 8, 2, 10, 4, 12, 6, 14
#define LUGE__HIGH2_8       1, 9, 3, 11, 5, 13, 7, 15
#define LUGE__LOW4_4        0, 4, 1, 5
#define LUGE__HIGH4_4       2, 6, 3, 7
#define LUGE__LOW4_8        0, 8, 1, 9, 4, 12, 5, 13
#define LUGE__HIGH4_8       2, 10, 3, 11, 6, 14, 7, 15
#define LUGE__LOW4_16       0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define LUGE__HIGH4_16      2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define LUGE__COUNT_4       0, 1, 2, 3
#define LUGE__COUNT_8       LUGE__COUNT_4, 4, 5, 6, 7
#define LUGE__COUNT_16      LUGE__COUNT_8, 8, 9, 10, 11, 12, 13, 14, 15
#define LUGE__HALF_COUNT_8  LUGE__COUNT_4
#define LUGE__HALF_COUNT_16 LUGE__COUNT_8

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define LUGE__HAVE_SHUFFLEVECTOR 1
#define LUGE__TURNED_ROWS        3
#endif
#endif

#define LUGE__REAL     float
#define LUGE__INDEX    int32_t
#define LUGE__IS_F64   0
#define LUGE__TILES    LUGE__TILES_F32
#define LUGE__FN(name) luge__gemm_##name##_f32
#include "backend/cpu/isa/gemm_tile.inc"
#include "backend/cpu/isa/gemm_pack.inc"
#include "backend/cpu/isa/gemm_direct.inc"
#include "backend/cpu/isa/gemm_block.inc"
#include "backend/cpu/isa/gemm_turned.inc"
#undef LUGE__REAL
#undef LUGE__INDEX
#undef LUGE__IS_F64
#undef LUGE__TILES
#undef LUGE__FN

#define LUGE__REAL     double
#define LUGE__INDEX    int64_t
#define LUGE__IS_F64   1
#define LUGE__TILES    LUGE__TILES_F64
#define LUGE__FN(name) luge__gemm_##name##_f64
#include "backend/cpu/isa/gemm_tile.inc"
#include "backend/cpu/isa/gemm_pack.inc"
#include "backend/cpu/isa/gemm_direct.inc"
#include "backend/cpu/isa/gemm_block.inc"
#include "backend/cpu/isa/gemm_turned.inc"

/* What the blocking aims at, for first-level caches of 32 to 48 KiB and second-level ones of 1 MiB or more. */
enum {
    K_BLOCK = 384,           /* k of a block at most: 14 rows of S are 22 KB in f32 */
    V_BLOCK_BYTES = 1792,    /* a row of V's block: 50 vectors of 64 bytes; 400 of them are 1.3 MB */
    S_BLOCK_ROWS = 448,      /* rows of an item */
    WHOLE_BYTES = 768 << 10, /* V's block for all of k, if it is no larger than this */
    NEAR_BYTES = 400 << 10,  /* what a block in place may span: 100 pages, the first-level TLB */
    LINES_NEAR = 256,        /* cache lines of which a tile in place uses only a part */
    STREAM_BYTES = 24 << 10, /* a block of V that is used once */
    PACK_TOGETHER = 12,      /* panels of S whose rows lie in the same cache lines and pages */
    DIRECT_BYTES = 16 << 10, /* C of a small product */
    RANGE_ROWS = 256,        /* rows of S that pay for packing V once more */
    V_ITEMS_WANTED = 8,      /* V is cut further to get this many items, S to get that many, if they are worth it */
    S_ITEMS_WANTED = 32,
    FEW_ITEMS_WANTED = 4, /* where each item passes through all of V: a C that is local and outlasts a block of k */
};
static const double ITEM_CYCLES = 2.5e3; /* items worth splitting further cost more than twice this */

static int lanes_of(const luge__gemm *g)
{
    return LUGE__VECTOR_BYTES / (g->is_f64 ? 8 : 4);
}

static int64_t up(int64_t n, int64_t d)
{
    return n / d + (n % d != 0);
}

static int64_t at_least_1(int64_t n)
{
    return n < 1 ? 1 : n;
}

/* The cheapest tile for this orientation; cycles of all tiles. One tile and step of k costs the latency of an addition,
 * the multiply-adds or the loads, whichever is most, at two per cycle. */
static double choose_tile(luge__gemm *g)
{
    double best = 0;
    for (int v = 1; v <= LUGE__MAX_VECTORS; v++) {
        const int most = tile_rows_of[g->is_f64 != 0][v - 1];
        if (!most) continue;
        const int64_t s_panels = up(g->sn, most), v_panels = up(g->v_vectors, v);
        const double rows = (double)g->sn / (double)s_panels, vectors = (double)g->v_vectors / (double)v_panels;
        double step = rows * vectors / 2;
        if (step < (rows + 2 * vectors) / 2) step = (rows + 2 * vectors) / 2;
        if (step < 4) step = 4;
        const double cycles = (double)(s_panels * v_panels) * ((double)g->k * step + 20 + 1.5 * rows * vectors);
        if (best > 0 && cycles >= best) continue;
        best = cycles;
        g->tile_vectors = v;
        g->tile_rows = most;
        g->s_panel.parts = s_panels;
        g->v_panel.parts = v_panels;
    }
    return best;
}

/* Which operand is V, and what that costs. */
static double orient(luge__gemm *g, int swapped)
{
    g->turned = 0;
    const int lanes = lanes_of(g);
    g->swapped = (uint8_t)swapped;
    g->vn = swapped ? g->m : g->n;
    g->sn = swapped ? g->n : g->m;
    g->v_vs = swapped ? g->a_rs : g->b_cs;
    g->v_ks = swapped ? g->a_cs : g->b_rs;
    g->s_ss = swapped ? g->b_cs : g->a_rs;
    g->s_ks = swapped ? g->b_rs : g->a_cs;
    if (g->vn == 1) g->v_vs = 1;
    g->v_vectors = up(g->vn, lanes);
    g->turn = swapped && !(g->n == 1 && g->c_rs == 1);
    double cycles = choose_tile(g);
#if defined(LUGE__TURNED_ROWS)
    if (g->v_vs != 1 && g->v_ks == 1 && g->sn <= LUGE__TURNED_ROWS && !g->turn && !g->c_local && !g->rounded) {
        g->turned = 1;
        return (double)g->v_vectors * ((double)g->k * (4 + 0.5 * (double)g->sn) + 40);
    }
#endif
    const double v_size = (double)g->v_vectors * (double)lanes * (double)g->k;
    if (g->v_vs != 1) cycles += v_size * (g->v_ks == 1 ? 0.4 : 2) + 200;
    if (g->turn) cycles += (double)g->vn * (double)g->sn * (g->accumulate ? 1 : 0.5) + 200;
    return cycles;
}

/* Operands in place cost less than packed ones, unless their rows lie so far apart that a panel touches more pages than
 * the first-level TLB holds, or at a power of two, where all rows fall into few sets of the cache. */
static int in_place(int64_t rows, int64_t stride, int64_t size)
{
    return rows * stride * size <= NEAR_BYTES && (stride * size % 1024 != 0 || rows <= 6);
}

static void choose_packing(luge__gemm *g)
{
    const int64_t size = g->is_f64 ? 8 : 4, k = g->k < K_BLOCK ? g->k : K_BLOCK;
    const int many_v = g->v_panel.parts > 3;
    g->v_pack = g->s_pack = 1;
    if (g->rounded) return; /* in the packed copies */
    g->v_pack = g->v_vs != 1 || (g->s_panel.parts > 3 && !in_place(k, g->v_ks, size));
    if (g->s_ks == 1)
        g->s_pack = many_v && !in_place(g->tile_rows, g->s_ss, size);
    else
        g->s_pack = many_v && (!in_place(k, g->s_ks, size) || k > LINES_NEAR);
}

/* All of V's block for every block of k is near at once. */
static int is_whole(const luge__gemm *g)
{
    return g->k_blocks == 1 || g->k * up(g->v_vectors, g->v_block.parts) * LUGE__VECTOR_BYTES <= WHOLE_BYTES;
}

/* More items, for more threads. Where V is packed, few rows of S are better shared by blocks of V than by packing it
 * again; where C waits in the scratch, which is when items along S do not share V, V is cut first too. */
static void cut_further(luge__gemm *g, double cycles)
{
    int64_t *const v = &g->v_block.parts, *const s = &g->s_block.parts;
    while (g->v_pack && *v * g->sn < 4 * RANGE_ROWS && g->v_vectors >= 16 * *v && cycles > 2 * ITEM_CYCLES * (double)*v)
        *v *= 2;
    /* Where panels of S share cache lines and k is long, an item is worth the more the more of them it has. */
    const int shares = g->s_pack && g->s_ks != 1 && g->k_blocks > 1;
    const int64_t wanted = shares || (g->c_local && !is_whole(g)) ? FEW_ITEMS_WANTED
                           : g->turn                              ? V_ITEMS_WANTED
                                                                  : S_ITEMS_WANTED;
    for (;;) {
        const int64_t items = *v * *s;
        if (cycles <= 2 * ITEM_CYCLES * (double)items) return;
        const int s_can = items < wanted && g->s_panel.parts >= 2 * *s;
        const int v_can = items < V_ITEMS_WANTED && items < wanted && g->v_panel.parts >= 2 * *v;
        if (!s_can && !v_can) return;
        *(s_can && !(g->turn && v_can) ? s : v) *= 2;
    }
}

static void cut_evenly(luge__cut *cut, int64_t n)
{
    cut->each = n / cut->parts;
    cut->more = n % cut->parts;
}

static void choose_blocks(luge__gemm *g, double cycles)
{
    const int64_t v_row = g->v_vectors * LUGE__VECTOR_BYTES;
    int64_t v_blocks = up(v_row, V_BLOCK_BYTES), s_blocks = up(g->s_panel.parts * g->tile_rows, S_BLOCK_ROWS);
    int64_t k_most = K_BLOCK;
    if (g->s_panel.parts == 1) {
        /* V is used once: it streams in short blocks, which hold whole rows in place but one panel if packed; if there
         * is but one panel, it needs no blocks. */
        if (g->v_pack) v_blocks = g->v_panel.parts;
        k_most = at_least_1(STREAM_BYTES / up(v_row, v_blocks));
        if (!g->v_pack && g->v_panel.parts == 1) k_most = at_least_1(g->k);
    }
    /* Blocks of nearly equal length, in multiples of what the transposition in packing likes. */
    g->k_step = up(at_least_1(up(g->k, at_least_1(up(g->k, k_most)))), 16) * 16;
    g->k_blocks = at_least_1(up(g->k, g->k_step));
    g->v_block.parts = v_blocks < g->v_panel.parts ? v_blocks : g->v_panel.parts;
    g->s_block.parts = s_blocks < g->s_panel.parts ? s_blocks : g->s_panel.parts;
    cut_further(g, cycles);
    cut_evenly(&g->v_panel, g->v_vectors);
    cut_evenly(&g->s_panel, g->sn);
    cut_evenly(&g->v_block, g->v_panel.parts);
    cut_evenly(&g->s_block, g->s_panel.parts);
    g->items = g->v_block.parts * g->s_block.parts;
    g->item_cycles = cycles / (double)g->items;
    /* A range of items along S packs V once; steps of 2, since the number of blocks often has that factor; four ranges
     * remain. */
    g->grain = 1;
    if (!g->v_pack || g->turn) return;
    while (g->s_block.parts % (2 * g->grain) == 0 && g->items >= 8 * g->grain &&
           g->grain * g->sn < RANGE_ROWS * g->s_block.parts)
        g->grain *= 2;
}

static size_t round_64(int64_t bytes)
{
    return ((size_t)bytes + 63) & ~(size_t)63;
}

static void place_scratch(luge__gemm *g)
{
    const int64_t lanes = lanes_of(g), size = g->is_f64 ? 8 : 4, k = g->k < g->k_step ? g->k : g->k_step;
    const int64_t vectors = up(g->v_panel.parts, g->v_block.parts) * g->tile_vectors,
                  v_row = vectors * LUGE__VECTOR_BYTES;
    int64_t s_bytes = 0;
    g->v_whole = (uint8_t)is_whole(g);
    g->s_group = g->s_pack && g->s_ks != 1 ? PACK_TOGETHER : 1;
    if (g->s_pack) {
        /* One vector more than a row of k needs, lest all rows fall into the same sets of the cache. */
        g->s_pack_step = g->s_ks == 1 ? (up(k, lanes) + 1) * lanes : up(g->tile_rows, lanes) * lanes;
        g->s_pack_panel = g->s_pack_step * (g->s_ks == 1 ? g->tile_rows : k);
        s_bytes = g->s_group * g->s_pack_panel * size;
    }
    g->s_pack_offset = g->v_pack ? round_64((g->v_whole ? g->k : k) * v_row) : 0;
    g->c_offset = g->strip_offset = g->worker_scratch = g->s_pack_offset + round_64(s_bytes);
    g->c_row = g->c_rs;
    g->c_item = g->turn || (g->c_local && !g->v_whole);
    if (!g->turn && !g->c_local) return;
    /* An item's C, or that of panels that are packed together, which may be of two items. */
    const int64_t all = g->s_panel.parts, item_rows = up(all, g->s_block.parts) * g->tile_rows;
    const int64_t rows = g->c_item ? item_rows : (g->s_group < all ? g->s_group : all) * g->tile_rows;
    g->c_row = vectors * lanes;
    g->strip_offset += round_64(rows * v_row);
    g->worker_scratch = g->strip_offset + (g->turn && g->c_local ? round_64(lanes * item_rows * size) : 0);
}

/* One item of one block, small enough that its C is hot when all of it is done. */
static void choose_direct(luge__gemm *g)
{
    g->direct = g->items == 1 && g->k_blocks == 1 && !g->turn && !g->v_pack && !g->s_pack && !g->c_local &&
                g->m * g->n * (g->is_f64 ? 8 : 4) <= DIRECT_BYTES;
    g->direct_rows = (int32_t)up(g->sn, g->s_panel.parts);
    g->direct_vectors = (int32_t)up(g->v_vectors, g->v_panel.parts);
}

/* Items are pieces of V, of about as many cycles as are worth a thread. */
static void plan_turned(luge__gemm *g, double cycles)
{
    g->v_block.parts = at_least_1((int64_t)(cycles / ITEM_CYCLES));
    if (g->v_block.parts > g->v_vectors) g->v_block.parts = g->v_vectors;
    cut_evenly(&g->v_block, g->v_vectors);
    g->c_row = g->c_rs;
    g->items = g->v_block.parts;
    g->item_cycles = cycles / (double)g->items;
}

void LUGE_ISA_NAME(luge__gemm_plan)(luge__gemm *g)
{
    g->items = 0;
    g->grain = 1;
    g->item_cycles = 0;
    g->worker_scratch = 0;
    g->direct = 0;
    g->s_pack_step = g->s_pack_panel = 0;
    if (g->m < 1 || g->n < 1) return;
    luge__gemm other = *g;
    double cycles = orient(g, 0);
    const double swapped = orient(&other, 1);
    /* Over several blocks of k a turned C would wait in the scratch for too long. */
    if (swapped < cycles && !(other.turn && g->k > K_BLOCK)) *g = other, cycles = swapped;
    if (g->turned) {
        plan_turned(g, cycles);
        return;
    }
    choose_packing(g);
    choose_blocks(g, cycles);
    place_scratch(g);
    choose_direct(g);
}

void LUGE_ISA_NAME(luge__gemm_run)(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b,
                                   void *c, void *worker, const luge__gemm_finish *finish)
{
    if (g->direct && begin < end)
        (g->is_f64 ? luge__gemm_run_direct_f64 : luge__gemm_run_direct_f32)(g, a, b, c, finish);
#if defined(LUGE__TURNED_ROWS)
    else if (g->turned && g->is_f64)
        luge__gemm_run_turned_f64(g, (ptrdiff_t)begin, (ptrdiff_t)end, a, b, c, finish);
    else if (g->turned)
        luge__gemm_run_turned_f32(g, (ptrdiff_t)begin, (ptrdiff_t)end, a, b, c, finish);
#endif
    else if (g->is_f64)
        luge__gemm_run_f64(g, (ptrdiff_t)begin, (ptrdiff_t)end, a, b, c, worker, finish);
    else
        luge__gemm_run_f32(g, (ptrdiff_t)begin, (ptrdiff_t)end, a, b, c, worker, finish);
}
