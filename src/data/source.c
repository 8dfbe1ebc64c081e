/* source.c: arrays whose rows lie in a file: what of it is read, when, and how its elements become ours.
 *
 * Rows that take up to 64 MB are read at the first use and kept. Of more rows, those asked for are read; a request that
 * goes on where the last one ended reads ahead by a window of 1 MB. So training on shuffled rows neither reads a window
 * for each row nor holds a file that memory may not hold. */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/data.h"

enum { WINDOW = 1 << 20, KEPT = 64 << 20, LARGEST_READ = 1 << 30 };

/* ---- files ----------------------------------------------------------------------------------------------------- */

static luge_status fail(luge_context *ctx, const char *path, const char *what, int error)
{
    char text[128];
    if (strerror_r(error, text, sizeof text) != 0) (void)luge__format(text, sizeof text, "error %d", error);
    return luge__fail(ctx, LUGE_EIO, "%s: %s: %s", path, what, text);
}

luge_status luge__input_open(luge_context *ctx, const char *path, luge__input_file *file)
{
    struct stat info;
    *file = (luge__input_file){ .ctx = ctx, .path = path, .fd = -1 };
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (fd < 0) return fail(ctx, path, "cannot open", errno);
    file->fd = fd;
    const int error = fstat(fd, &info) != 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
    if (!error && S_ISREG(info.st_mode)) {
        file->bytes = (int64_t)info.st_size;
        return LUGE_OK;
    }
    luge__input_close(file);
    if (error) return fail(ctx, path, "cannot read", error);
    return luge__fail(ctx, LUGE_EIO, "%s: cannot read: not a regular file", path);
}

void luge__input_close(luge__input_file *file)
{
    if (file->fd >= 0) (void)close(file->fd);
    file->fd = -1;
}

luge_status luge__input_read(const luge__input_file *file, int64_t offset, void *data, size_t bytes, size_t *got)
{
    unsigned char *to = data;
    for (*got = 0; *got < bytes;) {
        const size_t most = bytes - *got < LARGEST_READ ? bytes - *got : LARGEST_READ;
        const ssize_t n = pread(file->fd, to + *got, most, (off_t)(offset + (int64_t)*got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(file->ctx, file->path, "cannot read", errno);
        if (n == 0) break;
        *got += (size_t)n;
    }
    return LUGE_OK;
}

/* ---- elements -------------------------------------------------------------------------------------------------- */

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

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static char *copy_text(luge_context *ctx, const char *text, size_t *bytes)
{
    *bytes = strlen(text) + 1;
    char *copy = luge__alloc(ctx, *bytes);
    return copy ? memcpy(copy, text, *bytes) : NULL;
}

luge_array *luge__array_of_file(luge__input_file *file, const luge__stored *stored, const luge_shape *shape,
                                int64_t start)
{
    luge_array *array = luge__array_create(file->ctx, file->path, stored->dtype, shape);
    if (array) {
        array->path = copy_text(file->ctx, file->path, &array->path_bytes);
        if (array->path) {
            array->fd = file->fd;
            array->start = start;
            array->stored = *stored;
            return array;
        }
        luge_array_free(array);
    }
    luge__input_close(file);
    return NULL;
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
    const luge__input_file file = { .ctx = ctx, .path = array->path, .fd = array->fd };
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
    const luge_status status = luge__input_read(&file, array->start + first * (int64_t)row_stored, in, wanted, &got);
    if (status) return status;
    if (got < wanted)
        return luge__fail(ctx, LUGE_EIO, "%s: the file ends in row %l; it had %l rows when it was opened", array->path,
                          first + (int64_t)(got / row_stored), array->rows);
    decode(&array->stored, in, (size_t)n * (size_t)array->row_elements, to);
    array->data = to;
    array->first = first;
    array->held = n;
    return LUGE_OK;
}
