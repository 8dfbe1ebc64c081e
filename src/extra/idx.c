/* idx.c: compressed IDX files (MNIST's), unpacked straight into an array.
 *
 * The header names the size before any data has been seen, so it is held against the file's: deflate makes at most
 * 1,032 bytes of one. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "parts.h"

enum { MOST_FROM_ONE = 1032, HEADER = 4 + 4 * LUGE_MAX_DIMS, PIECE = 1 << 14 };

static const struct {
    unsigned char code;
    luge_dtype dtype;
    int bytes; /* of an element in the file */
} types[] = {
    { 0x08, LUGE_U8, 1 },  { 0x09, LUGE_I8, 1 },  { 0x0B, LUGE_I32, 2 },
    { 0x0C, LUGE_I32, 4 }, { 0x0D, LUGE_F32, 4 }, { 0x0E, LUGE_F64, 8 },
};
enum { N_TYPES = sizeof types / sizeof *types };

typedef struct packed {
    luge_context *ctx;
    const char *path;
    luge_reader reader;
    int64_t limit;
    int type; /* row of types */
    luge_shape shape;
} packed;

static luge_status read_exactly(packed *p, void *data, size_t bytes)
{
    unsigned char *at = data;
    while (bytes) {
        const int64_t n = p->reader.read(p->reader.user, at, bytes);
        if (n < 0) return luge_failure(p->ctx);
        if (n == 0)
            return luge__extra_fail(p->ctx, LUGE_EFORMAT, "%s: what it unpacks to is shorter than its header says",
                                    p->path);
        at += n;
        bytes -= (size_t)n;
    }
    return LUGE_OK;
}

static luge_status check_size(packed *p)
{
    struct stat file;
    const int64_t elements = luge_shape_size(&p->shape), most = p->limit / types[p->type].bytes;
    if (elements < 0 || elements > most)
        return luge__extra_fail(p->ctx, LUGE_EFORMAT,
                                "%s: its header says more elements (of %d bytes) than the limit of %lld bytes allows",
                                p->path, types[p->type].bytes, (long long)p->limit);
    const int64_t bytes = elements * types[p->type].bytes;
    if (stat(p->path, &file) == 0 && S_ISREG(file.st_mode) && bytes / MOST_FROM_ONE > (int64_t)file.st_size)
        return luge__extra_fail(p->ctx, LUGE_EFORMAT, "%s: its header says %lld bytes; the %lld of the file hold fewer",
                                p->path, (long long)bytes, (long long)file.st_size);
    return LUGE_OK;
}

static luge_status read_header(packed *p)
{
    unsigned char h[HEADER];
    luge_status status = read_exactly(p, h, 4);
    if (status) return status;
    while (p->type < N_TYPES && types[p->type].code != h[2]) p->type++;
    if (h[0] || h[1] || p->type == N_TYPES || h[3] < 1 || h[3] > LUGE_MAX_DIMS)
        return luge__extra_fail(p->ctx, LUGE_EFORMAT, "%s: what it unpacks to is no IDX file: it begins %d %d %d %d",
                                p->path, h[0], h[1], h[2], h[3]);
    const int ndim = h[3];
    int64_t dims[LUGE_MAX_DIMS];
    status = read_exactly(p, h, 4 * (size_t)ndim);
    if (status) return status;
    for (int i = 0; i < ndim; i++) {
        const unsigned char *d = h + 4 * i;
        dims[i] = (int64_t)((uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3]);
    }
    p->shape = luge_make_shape(ndim, dims);
    return check_size(p);
}

/* n big-endian elements as the machine's, i16 as i32. */
static void turn(const unsigned char *from, int bytes, unsigned char *to, size_t n)
{
    for (size_t i = 0; i < n; i++, from += bytes) {
        uint64_t word = 0;
        for (int k = 0; k < bytes; k++) word = word << 8 | from[k];
        if (bytes == 8) {
            memcpy(to + 8 * i, &word, 8);
        } else {
            const uint32_t low = bytes == 2 ? (uint32_t)(int32_t)(int16_t)(uint16_t)word : (uint32_t)word;
            memcpy(to + 4 * i, &low, 4);
        }
    }
}

static luge_status read_elements(packed *p, unsigned char *data)
{
    unsigned char piece[PIECE];
    const int bytes = types[p->type].bytes;
    const size_t size = luge_dtype_size(types[p->type].dtype), elements = (size_t)luge_shape_size(&p->shape);
    if (bytes == 1) return read_exactly(p, data, elements);
    for (size_t done = 0, n; done < elements; done += n) {
        n = PIECE / (size_t)bytes;
        if (n > elements - done) n = elements - done;
        luge_status status = read_exactly(p, piece, n * (size_t)bytes);
        if (status) return status;
        turn(piece, bytes, data + done * size, n);
    }
    return LUGE_OK;
}

static luge_status nothing_follows(packed *p)
{
    unsigned char one;
    const int64_t n = p->reader.read(p->reader.user, &one, 1);
    if (n < 0) return luge_failure(p->ctx);
    if (n == 0) return LUGE_OK;
    return luge__extra_fail(p->ctx, LUGE_EFORMAT, "%s: what it unpacks to is longer than its header says", p->path);
}

static luge_array *read_packed(packed *p)
{
    void *data;
    if (read_header(p)) return NULL;
    luge_array *array = luge_array_make(p->ctx, types[p->type].dtype, p->shape, &data);
    if (!array) return NULL;
    if (!read_elements(p, data) && !nothing_follows(p)) return array;
    luge_array_free(array);
    return NULL;
}

/* Nonzero where the file begins as gzip's do. */
static int is_packed(const char *path)
{
    unsigned char begin[2] = { 0 };
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    const size_t n = fread(begin, 1, 2, file);
    (void)fclose(file);
    return n == 2 && begin[0] == 0x1f && begin[1] == 0x8b;
}

luge_array *luge__extra_idx(luge_context *ctx, const char *path, int64_t limit)
{
    packed p = { .ctx = ctx, .path = path, .limit = limit ? limit : LUGE__DEFAULT_LIMIT };
    if (!is_packed(path)) return luge_array_idx(ctx, path);
    if (luge_reader_open(ctx, path, p.limit, &p.reader)) return NULL;
    luge_array *array = read_packed(&p);
    luge_reader_close(&p.reader);
    return array;
}
