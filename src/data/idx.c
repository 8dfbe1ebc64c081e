/* idx.c: the header of IDX files (MNIST's): 0, 0, type, number of dimensions, the sizes as big-endian u32. */
#include <string.h>

#include "data/data.h"

static const struct {
    unsigned char code;
    luge__stored stored;
} types[] = {
    { 0x08, { LUGE_U8, 1, 0, 1 } },  { 0x09, { LUGE_I8, 1, 1, 1 } },  { 0x0B, { LUGE_I32, 2, 1, 1 } },
    { 0x0C, { LUGE_I32, 4, 1, 1 } }, { 0x0D, { LUGE_F32, 4, 0, 1 } }, { 0x0E, { LUGE_F64, 8, 0, 1 } },
};

enum { N_TYPES = sizeof types / sizeof types[0] };

static luge_status malformed(const luge__source *file, const char *what, int64_t found)
{
    return luge__fail(file->ctx, LUGE_EFORMAT, "%s: not an IDX file: %s (found: %l)", file->path, what, found);
}

/* header[0..got-1] is the begin of the file. */
static luge_status read_header(const luge__source *file, const unsigned char *header, size_t got, luge__stored *stored,
                               luge_shape *shape)
{
    int type = 0;
    if (got >= 2 && header[0] == 0x1f && header[1] == 0x8b)
        return luge__fail(file->ctx, LUGE_EFORMAT, "%s: the file is compressed; run gunzip on it", file->path);
    if (got < 4) return malformed(file, "it must begin with 4 bytes of magic number", (int64_t)file->bytes);
    if (header[0] || header[1])
        return malformed(file, "its first two bytes must be 0", (int64_t)header[0] << 8 | header[1]);
    while (type < N_TYPES && types[type].code != header[2]) type++;
    if (type == N_TYPES)
        return malformed(file, "the element type, byte 3, must be one of 8, 9, 11, 12, 13, 14", header[2]);
    const int ndim = header[3];
    if (ndim < 1 || ndim > LUGE_MAX_DIMS)
        return malformed(file, "the number of dimensions, byte 4, must be 1 to 8", ndim);
    if (got < 4 + 4 * (size_t)ndim) return malformed(file, "the file ends in its header", (int64_t)file->bytes);
    *stored = types[type].stored;
    *shape = luge_scalar_shape();
    shape->ndim = ndim;
    for (int i = 0; i < ndim; i++) {
        const unsigned char *d = header + 4 + 4 * i;
        shape->dim[i] = (int64_t)((uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3]);
    }
    const int64_t size = luge_shape_size(shape), start = 4 + 4 * (int64_t)ndim;
    if (size < 0 || size > (INT64_MAX - start) / stored->bytes || size * stored->bytes + start != (int64_t)file->bytes)
        return luge__fail(file->ctx, LUGE_EFORMAT, "%s: the header says %S of %d bytes each; %l bytes follow it",
                          file->path, shape, stored->bytes, (int64_t)file->bytes - start);
    return LUGE_OK;
}

luge_array *luge_array_idx(luge_context *ctx, const char *path)
{
    unsigned char header[4 + 4 * LUGE_MAX_DIMS];
    luge__source file;
    luge__stored stored;
    luge_shape shape;
    size_t got;
    if (!ctx || !path) {
        (void)luge__fail(ctx, LUGE_EINVAL, "luge_array_idx: the %s is NULL", ctx ? "path" : "context");
        return NULL;
    }
    if (luge_failed(ctx) || luge__source_open(ctx, path, &file)) return NULL;
    luge_status status = luge__source_read_some(&file, 0, header, sizeof header, &got);
    if (!status) status = read_header(&file, header, got, &stored, &shape);
    if (!status) return luge__array_of_file(&file, &stored, &shape, 4 + 4 * (int64_t)shape.ndim);
    luge__source_close(&file);
    return NULL;
}
