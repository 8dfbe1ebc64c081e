/* soft_amx.h: the tiles of AMX in plain C, and luge's kernel over them as luge__gemm_plan_soft_amx and run: so that its
 * logic is tested on every CPU that can pack. It refuses what the CPU would: an instruction without a configuration, a
 * tile of another form. */
#ifndef LUGE_TESTS_SOFT_AMX_H
#define LUGE_TESTS_SOFT_AMX_H

#include "backend/cpu/gemm.h"

#if defined(LUGE_HAVE_AMX)
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct soft_tile {
    unsigned char row[16][64];
} soft_tile;
static soft_tile soft_tiles[8];
static int soft_configured;

static void soft_need(int holds, const char *what)
{
    if (holds) return;
    printf("soft AMX: %s\n", what);
    exit(1);
}

static void soft_loadconfig(const void *config)
{
    const unsigned char *byte = config;
    uint16_t width;
    soft_need(byte[0] == 1 && byte[1] == 0, "palette 1, row 0 are expected");
    for (int i = 2; i < 16; i++) soft_need(!byte[i], "a reserved byte is not 0");
    for (int t = 0; t < 16; t++) {
        memcpy(&width, byte + 16 + 2 * t, 2);
        soft_need(width == (t < 8 ? 64 : 0) && byte[48 + t] == (t < 8 ? 16 : 0), "8 tiles of 16 x 64 are expected");
    }
    memset(soft_tiles, 0, sizeof soft_tiles);
    soft_configured = 1;
}

static void soft_release(void)
{
    soft_need(soft_configured, "released twice");
    soft_configured = 0;
}

static soft_tile *soft_at(int t)
{
    soft_need(soft_configured, "used without a configuration");
    return &soft_tiles[t];
}

static void soft_load(int t, const void *from, size_t step)
{
    for (int i = 0; i < 16; i++) memcpy(soft_at(t)->row[i], (const char *)from + (size_t)i * step, 64);
}

static void soft_store(int t, void *to, size_t step)
{
    for (int i = 0; i < 16; i++) memcpy((char *)to + (size_t)i * step, soft_at(t)->row[i], 64);
}

/* The elements of a tile as f32, row by row. */
static void soft_elements(int t, float *out)
{
    const soft_tile *tile = soft_at(t);
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 32; j++, out++) {
            const unsigned char bytes[4] = { 0, 0, tile->row[i][2 * j], tile->row[i][2 * j + 1] };
            memcpy(out, bytes, 4);
        }
}

static void soft_product(int c, int a, int b)
{
    float x[16][32], y[16][32], sum[16];
    soft_elements(a, x[0]);
    soft_elements(b, y[0]);
    for (int i = 0; i < 16; i++) {
        memcpy(sum, soft_at(c)->row[i], 64);
        for (int k = 0; k < 16; k++)
            for (int j = 0; j < 16; j++) sum[j] += x[i][2 * k] * y[k][2 * j] + x[i][2 * k + 1] * y[k][2 * j + 1];
        memcpy(soft_at(c)->row[i], sum, 64);
    }
}

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig(config)   soft_loadconfig(config)
#define _tile_release()            soft_release()
#define _tile_zero(t)              memset(soft_at(t), 0, sizeof(soft_tile))
#define _tile_loadd(t, from, step) soft_load((t), (from), (step))
#define _tile_stored(t, to, step)  soft_store((t), (to), (step))
#define _tile_dpbf16ps(c, a, b)    soft_product((c), (a), (b))
#define luge__gemm_plan_amx        luge__gemm_plan_soft_amx
#define luge__gemm_run_amx         luge__gemm_run_soft_amx
LUGE__GEMM_DECLARE(soft_amx)
#include "backend/cpu/isa/gemm_amx.c"
#undef luge__gemm_plan_amx
#undef luge__gemm_run_amx
#endif
#endif
