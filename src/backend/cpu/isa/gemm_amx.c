/* The panels of gemm_bf16.c multiplied by AMX: 2 x 2 tiles of sums, each 16 rows of 16 columns in f32. Per 16 pairs
 * along k, 2 tiles of S and 2 of V feed 4 products of tiles. */
#include "backend/cpu/isa/bf16.h"

#if defined(LUGE_HAVE_AMX)
#include <immintrin.h>
#include <string.h>

enum { PART = LUGE__BF16_PART, ROW_BYTES = 64, TILES = 8 };

/* What the processor reads: all tiles are 16 rows of 64 bytes; operands are filled with zeros up to that. */
typedef struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

/* What was stored is in memory: compilers' intrinsics do not say what all they read. */
static inline void written(void)
{
    __asm__ volatile("" ::: "memory");
}

static void configure(void)
{
    tile_config config = { .palette = 1 };
    for (int i = 0; i < TILES; i++) {
        config.row_bytes[i] = ROW_BYTES;
        config.rows[i] = PART;
    }
    written();
    _tile_loadconfig(&config);
}

/* A tile of C that may end early passes through memory of its own, which is whole. */
static void copy_in(float *whole, const luge__bf16_panel *p, int row, int col)
{
    memset(whole, 0, PART * ROW_BYTES);
    for (int i = 0; i < PART && row + i < p->rows; i++)
        for (int j = 0; j < PART && col + j < p->cols; j++)
            whole[i * PART + j] = p->from[(row + i) * p->from_row + col + j];
    written();
}

static void copy_out(const float *whole, const luge__bf16_panel *p, int row, int col)
{
    for (int i = 0; i < PART && row + i < p->rows; i++)
        for (int j = 0; j < PART && col + j < p->cols; j++) p->c[(row + i) * p->c_row + col + j] = whole[i * PART + j];
}

/* Numbers of tiles are part of the instructions: hence macros. */
#define BEGIN(t, row, col)                                                                                             \
    do {                                                                                                               \
        if (!p->from) {                                                                                                \
            _tile_zero(t);                                                                                             \
        } else if ((row) + PART <= p->rows && (col) + PART <= p->cols) {                                               \
            _tile_loadd(t, p->from + (row)*p->from_row + (col), (size_t)p->from_row * sizeof(float));                  \
        } else {                                                                                                       \
            copy_in(whole, p, row, col);                                                                               \
            _tile_loadd(t, whole, ROW_BYTES);                                                                          \
        }                                                                                                              \
    } while (0)
#define END(t, row, col)                                                                                               \
    do {                                                                                                               \
        if ((row) + PART <= p->rows && (col) + PART <= p->cols) {                                                      \
            _tile_stored(t, p->c + (row)*p->c_row + (col), (size_t)p->c_row * sizeof(float));                          \
        } else {                                                                                                       \
            _tile_stored(t, whole, ROW_BYTES);                                                                         \
            copy_out(whole, p, row, col);                                                                              \
        }                                                                                                              \
    } while (0)

/* Tiles 0 to 3: sums; 4, 5: rows of S; 6, 7: columns of V. */
static void panel_amx(const luge__bf16_panel *p)
{
    _Alignas(64) float whole[PART * PART];
    const size_t s_row = (size_t)p->s_step * sizeof *p->s, v_row = LUGE__BF16_COLS * sizeof *p->v;
    const uint32_t *s = p->s, *v = p->v;
    const int low = p->rows > PART, right = p->cols > PART;
    BEGIN(0, 0, 0);
    if (right) BEGIN(1, 0, PART);
    if (low) BEGIN(2, PART, 0);
    if (low && right) BEGIN(3, PART, PART);
    for (ptrdiff_t k = 0; k < p->pairs; k += PART, s += PART, v += PART * LUGE__BF16_COLS) {
        _tile_loadd(4, s, s_row);
        _tile_loadd(6, v, v_row);
        _tile_dpbf16ps(0, 4, 6);
        if (right) {
            _tile_loadd(7, v + PART, v_row);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (!low) continue;
        _tile_loadd(5, s + PART * p->s_step, s_row);
        _tile_dpbf16ps(2, 5, 6);
        if (right) _tile_dpbf16ps(3, 5, 7);
    }
    END(0, 0, 0);
    if (right) END(1, 0, PART);
    if (low) END(2, PART, 0);
    if (low && right) END(3, PART, PART);
}

static const luge__bf16_kernel amx = { panel_amx, 2 * PART, 512 };

void luge__gemm_plan_amx(luge__gemm *g)
{
    luge__bf16_plan(g, &amx);
}

void luge__gemm_run_amx(const luge__gemm *g, int64_t begin, int64_t end, const void *a, const void *b, void *c,
                        void *worker, const luge__gemm_finish *finish)
{
    configure();
    luge__bf16_run(g, &amx, begin, end, a, b, c, worker, finish);
    _tile_release();
}
#endif
