/* extra_files.h: a folder tree for a test case, and gzip, PNG and JPEG files in it, made by other code than is tested.
 */
#ifndef LUGE_TESTS_EXTRA_FILES_H
#define LUGE_TESTS_EXTRA_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "luge/extra.h"
#include "luge/luge.h"

#if LUGE_HAVE_ZLIB
#include <zlib.h>
#endif
#if LUGE_HAVE_JPEG
#include <jpeglib.h>
#endif

enum { TREE_PATHS = 64 };

/* A folder; what was put or made below it goes with tree_end. */
typedef struct tree {
    char root[256];
    char paths[TREE_PATHS][400];
    int n;
} tree;

static inline int tree_begin(luge_test *t, tree *f)
{
    const char *tmp = getenv("TMPDIR");
    memset(f, 0, sizeof *f);
    (void)snprintf(f->root, sizeof f->root, "%.200s/luge-extra-XXXXXX", tmp ? tmp : "/tmp");
    return CHECK(t, mkdtemp(f->root));
}

/* The path of a name below the root, remembered. */
static inline const char *tree_path(tree *f, const char *name)
{
    if (f->n == TREE_PATHS) abort();
    char *path = f->paths[f->n++];
    const size_t n = strlen(f->root), m = strlen(name);
    if (n + m + 2 > sizeof f->paths[0]) abort();
    memcpy(path, f->root, n);
    path[n] = '/';
    memcpy(path + n + 1, name, m + 1);
    return path;
}

static inline void tree_folder(luge_test *t, tree *f, const char *name)
{
    CHECK(t, mkdir(tree_path(f, name), 0777) == 0);
}

static inline void tree_end(tree *f)
{
    while (f->n > 0) (void)remove(f->paths[--f->n]);
    (void)rmdir(f->root);
}

static inline const char *tree_put(luge_test *t, tree *f, const char *name, const void *data, size_t bytes)
{
    const char *path = tree_path(f, name);
    FILE *file = fopen(path, "wb");
    if (!CHECK(t, file)) return path;
    CHECK(t, fwrite(data, 1, bytes, file) == bytes);
    CHECK(t, fclose(file) == 0);
    return path;
}

static inline const char *tree_text(luge_test *t, tree *f, const char *name, const char *text)
{
    return tree_put(t, f, name, text, strlen(text));
}

/* A failed call: its status and words of its message; the context is clear again. */
static inline void refuses(luge_test *t, luge_context *ctx, luge_status status, const char *part)
{
    CHECK_STATUS(t, luge_failure(ctx), status);
    CHECK_STR_CONTAINS(t, luge_error(ctx), part);
    luge_clear(ctx);
}

#if LUGE_HAVE_ZLIB

/* The gzip form of the data, at out; its length. */
static inline size_t gzip(const void *data, size_t bytes, unsigned char *out, size_t room)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    if (deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)bytes;
    z.next_out = out;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    (void)deflateEnd(&z);
    return room - z.avail_out;
}

static inline size_t png_chunk(unsigned char *out, const char *type, const unsigned char *data, size_t n)
{
    const uint32_t length = (uint32_t)n;
    for (int i = 0; i < 4; i++) out[i] = (unsigned char)(length >> (24 - 8 * i));
    memcpy(out + 4, type, 4);
    if (n) memcpy(out + 8, data, n);
    const uLong crc = crc32(0, out + 4, (uInt)(n + 4));
    for (int i = 0; i < 4; i++) out[8 + n + (size_t)i] = (unsigned char)(crc >> (24 - 8 * i));
    return n + 12;
}

/* A PNG file at out: rows hold a filter byte 0 each, then samples. The palette and its alphas may be NULL. */
static inline size_t png(unsigned char *out, int w, int h, int depth, int type, const char *palette, int colours,
                         const char *alphas, const void *rows, size_t bytes)
{
    unsigned char packed[4096], head[13] = { 0, 0, 0, 0, 0, 0, 0, 0, (unsigned char)depth, (unsigned char)type };
    uLongf n = sizeof packed;
    for (int i = 0; i < 4; i++) {
        head[i] = (unsigned char)(w >> (24 - 8 * i));
        head[4 + i] = (unsigned char)(h >> (24 - 8 * i));
    }
    if (compress(packed, &n, rows, bytes) != Z_OK) abort();
    size_t at = 8;
    memcpy(out, "\x89PNG\r\n\x1a\n", 8);
    at += png_chunk(out + at, "IHDR", head, 13);
    if (palette) at += png_chunk(out + at, "PLTE", (const unsigned char *)palette, 3 * (size_t)colours);
    if (alphas) at += png_chunk(out + at, "tRNS", (const unsigned char *)alphas, (size_t)colours);
    at += png_chunk(out + at, "IDAT", packed, n);
    return at + png_chunk(out + at, "IEND", NULL, 0);
}

/* A grey PNG of one value. */
static inline size_t png_of(unsigned char *out, int side, int value)
{
    unsigned char rows[4096];
    memset(rows, value, sizeof rows);
    for (int y = 0; y < side; y++) rows[y * (side + 1)] = 0;
    return png(out, side, side, 8, 0, NULL, 0, NULL, rows, (size_t)(side * (side + 1)));
}

#endif

#if LUGE_HAVE_JPEG

/* A JPEG file of one colour (1 or 3 channels), the left half of it black; its length. */
static inline size_t jpeg(unsigned char *out, size_t room, int w, int h, int channels, const unsigned char *colour)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char row[3 * 256] = { 0 }, *memory = NULL;
    unsigned long n = 0;
    JSAMPROW rows[1] = { row };
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &memory, &n);
    c.image_width = (JDIMENSION)w;
    c.image_height = (JDIMENSION)h;
    c.input_components = channels;
    c.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 95, TRUE);
    jpeg_start_compress(&c, TRUE);
    for (int x = w / 2; x < w; x++) memcpy(row + x * channels, colour, (size_t)channels);
    while (c.next_scanline < c.image_height) (void)jpeg_write_scanlines(&c, rows, 1);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    if (n > room) abort();
    memcpy(out, memory, n);
    free(memory);
    return n;
}

#endif

#endif
