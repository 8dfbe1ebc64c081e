/* window.c: arrays whose rows lie in a file: what of it is read, when, and how its elements become ours.
 *
 * Rows that take up to 64 MB are read at the first use and kept. Of more rows, those asked for are read; a request that
 * goes on where the last one ended reads ahead by a window of 1 MB. So training on shuffled rows neither reads a window
 * for each row nor holds a file that memory may not hold. */
#include <string.h>

#include "data/data.h"

enum { WINDOW = 1 << 20, KEPT = 64 << 20 };

/* ---- elements ---------------------------------------------------------------------------------------------------- */

static uint64_t load(const unsigned char *in, int bytes, int big_endian)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)in[big_endian ? bytes - 1 - i : i] << (8 * i);
    return value;
}

static void store(luge_dtype dtype, uint64_t value, unsigned char *out)
{
    const uint32_t low = (uint32_t)value;
    switch (luge_dtype_size(dtype)) {
    case 1:
        *out = dtype == LUGE_BOOL ? low != 0 : (unsigned char)low;
        break;
    case 4:
        memcpy(out, &low, sizeof low);
        break;
    default:
        memcpy(out, &value, sizeof value);
    }
}

static int is_native(const luge__stored *s)
{
    const uint16_t one = 1;
    const int little = *(const unsigned char *)&one;
    if ((size_t)s->bytes != luge_dtype_size(s->dtype) || s->dtype == LUGE_BOOL) return 0;
    return s->bytes == 1 || s->big_endian == !little;
}

/* Elements from `in` to `out`; `in` may be the end of the room for `out`: what is written lies before what is read. */
static void decode(const luge__stored *s, const unsigned char *in, size_t n, unsigned char *out)
{
    const size_t size = luge_dtype_size(s->dtype);
    const uint64_t sign = s->is_signed ? (uint64_t)1 << (8 * s->bytes - 1) : 0;
    if (is_native(s)) {
        memmove(out, in, n * size);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t value = load(in + i * (size_t)s->bytes, s->bytes, s->big_endian);
        store(s->dtype, (value ^ sign) - sign, out + i * size);
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

luge_array *luge__array_of_file(luge__source *file, const luge__stored *stored, const luge_shape *shape, int64_t start)
{
    luge_array *array = luge__array_create(file->ctx, file->path, stored->dtype, shape);
    if (array) {
        array->file = *file;
        array->start = start;
        array->stored = *stored;
    } else {
        luge__source_close(file);
    }
    return array;
}

/* How many rows to read for a request of n from `first` on. */
static int64_t rows_to_read(const luge_array *array, int64_t first, int64_t n)
{
    int64_t window = (int64_t)(WINDOW / array->row_bytes);
    if (window < 1) window = 1;
    if (n > window || first == array->first + array->held) n = window;
    return n < array->rows - first ? n : array->rows - first;
}

luge_status luge__array_fetch(luge_array *array, int64_t first, int64_t n)
{
    luge_context *ctx = array->object.ctx;
    const size_t row_stored = (size_t)array->row_elements * (size_t)array->stored.bytes;
    const int keep = (size_t)array->rows <= KEPT / array->row_bytes;
    if (keep) {
        first = 0;
        n = array->rows;
    } else {
        n = rows_to_read(array, first, n);
    }
    size_t room = (size_t)n * array->row_bytes, got;
    if (!array->buffer) {
        if (!keep && room < WINDOW) room = WINDOW;
        array->buffer = luge__buffer_create(ctx, room);
        if (!array->buffer) return LUGE_ENOMEM;
    }
    unsigned char *to = array->buffer->data;
    array->held = 0; /* until all is well */
    array->first = 0;
    unsigned char *in = to + (size_t)n * (array->row_bytes - row_stored);
    const size_t wanted = (size_t)n * row_stored;
    const luge_status status =
        luge__source_read_some(&array->file, (uint64_t)(array->start + first * (int64_t)row_stored), in, wanted, &got);
    if (status) return status;
    if (got < wanted)
        return luge__fail(ctx, LUGE_EIO, "%s: the file ends in row %l; it had %l rows when it was opened",
                          array->file.path, first + (int64_t)(got / row_stored), array->rows);
    decode(&array->stored, in, (size_t)n * (size_t)array->row_elements, to);
    array->data = to;
    array->first = first;
    array->held = n;
    return LUGE_OK;
}
