/* reader.c: bytes of a file, plain or gzip, or of standard input. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"

#if LUGE_HAVE_ZLIB
#include <zlib.h>
#endif

enum { BUFFER = 1 << 16, GZIP_1 = 0x1f, GZIP_2 = 0x8b, MOST_AT_ONCE = 1 << 30 };

typedef struct source {
    luge_context *ctx;
    const char *path; /* for messages: follows this struct */
    int fd;
    int ended, failed; /* no more bytes; an error was recorded */
    int64_t limit, given;
    size_t at, held; /* what the buffer still holds */
#if LUGE_HAVE_ZLIB
    int unpacks, between; /* between: not inside a member of the gzip file */
    z_stream stream;
#endif
    unsigned char buffer[BUFFER];
} source;

/* ---- plain bytes ------------------------------------------------------------------------------------------------- */

/* Up to `bytes` of the file; 0 at its end, -1 on an error. */
static int64_t read_some(source *s, void *data, size_t bytes)
{
    ssize_t n;
    do {
        n = read(s->fd, data, bytes < MOST_AT_ONCE ? bytes : (size_t)MOST_AT_ONCE);
    } while (n < 0 && errno == EINTR);
    if (n < 0) (void)luge__extra_fail_system(s->ctx, s->path, "cannot read", errno);
    return n;
}

static int64_t read_plain(source *s, unsigned char *data, size_t bytes)
{
    if (!s->held) return read_some(s, data, bytes);
    const size_t n = bytes < s->held ? bytes : s->held;
    memcpy(data, s->buffer + s->at, n);
    s->at += n;
    s->held -= n;
    return (int64_t)n;
}

/* Fills the buffer to at least two bytes, where the file has them. */
static luge_status look(source *s)
{
    while (s->held < 2) {
        const int64_t n = read_some(s, s->buffer + s->held, BUFFER - s->held);
        if (n < 0) return LUGE_EIO;
        if (n == 0) break;
        s->held += (size_t)n;
    }
    return LUGE_OK;
}

/* ---- gzip -------------------------------------------------------------------------------------------------------- */

#if LUGE_HAVE_ZLIB

static int64_t damaged(source *s, const char *what)
{
    (void)luge__extra_fail(s->ctx, LUGE_EFORMAT, "%s: %s", s->path, what);
    return -1;
}

/* Another member begins, or the rest is padding of zeros: 1, 0, or -1 for anything else. */
static int64_t next_member(source *s)
{
    z_stream *z = &s->stream;
    while (z->avail_in && *z->next_in == 0) {
        z->next_in++;
        z->avail_in--;
    }
    if (!z->avail_in) return 0;
    if (*z->next_in != GZIP_1 || inflateReset(z) != Z_OK) return damaged(s, "other bytes follow the compressed data");
    s->between = 0;
    return 1;
}

/* One step of the loop below: 0 where the file has ended. */
static int64_t unpack_step(source *s)
{
    z_stream *z = &s->stream;
    if (!z->avail_in) {
        const int64_t n = read_some(s, s->buffer, BUFFER);
        if (n < 0) return -1;
        if (n == 0) return s->between ? 0 : damaged(s, "the file ends within its compressed data");
        z->next_in = s->buffer;
        z->avail_in = (uInt)n;
    }
    if (s->between) {
        const int64_t more = next_member(s);
        if (more <= 0) return more < 0 ? -1 : 1;
    }
    const int result = inflate(z, Z_NO_FLUSH);
    if (result == Z_STREAM_END) s->between = 1;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return 1;
    if (result == Z_MEM_ERROR) {
        (void)luge__extra_no_memory(s->ctx, s->path);
        return -1;
    }
    return damaged(s, "the compressed data is damaged");
}

static int64_t read_gzip(source *s, unsigned char *data, size_t bytes)
{
    z_stream *z = &s->stream;
    if (bytes > MOST_AT_ONCE) bytes = MOST_AT_ONCE;
    z->next_out = data;
    z->avail_out = (uInt)bytes;
    while (z->avail_out) {
        const int64_t more = unpack_step(s);
        if (more < 0) return -1;
        if (more == 0) break;
    }
    const int64_t n = (int64_t)(bytes - z->avail_out);
    if (n > s->limit - s->given) {
        (void)luge__extra_fail(s->ctx, LUGE_EFORMAT, "%s: more than %lld bytes come out of it, which is the limit",
                               s->path, (long long)s->limit);
        return -1;
    }
    s->given += n;
    return n;
}

static luge_status begin_unpacking(source *s)
{
    s->stream.next_in = s->buffer;
    s->stream.avail_in = (uInt)s->held;
    if (inflateInit2(&s->stream, 16 + MAX_WBITS) != Z_OK) return luge__extra_no_memory(s->ctx, s->path);
    s->unpacks = 1;
    return LUGE_OK;
}

static void end_unpacking(source *s)
{
    if (s->unpacks) (void)inflateEnd(&s->stream);
}

static int64_t read_bytes(source *s, unsigned char *data, size_t bytes)
{
    return s->unpacks ? read_gzip(s, data, bytes) : read_plain(s, data, bytes);
}

#else

static luge_status begin_unpacking(source *s)
{
    return luge__extra_lacks(s->ctx, "zlib", s->path, "is compressed; run gunzip on it");
}

static void end_unpacking(source *s)
{
    (void)s;
}

static int64_t read_bytes(source *s, unsigned char *data, size_t bytes)
{
    return read_plain(s, data, bytes);
}

#endif

/* ---- the reader -------------------------------------------------------------------------------------------------- */

static int64_t read_source(void *user, void *data, size_t bytes)
{
    source *s = user;
    if (s->failed) return -1;
    if (s->ended || !bytes) return 0;
    const int64_t n = read_bytes(s, data, bytes);
    if (n < 0) s->failed = 1;
    if (n == 0) s->ended = 1;
    return n;
}

static luge_status open_file(source *s, const char *path)
{
    struct stat what;
    if (strcmp(path, "-") == 0) {
        s->fd = STDIN_FILENO;
        return LUGE_OK;
    }
    do {
        s->fd = open(path, O_RDONLY | O_CLOEXEC);
    } while (s->fd < 0 && errno == EINTR);
    if (s->fd < 0) return luge__extra_fail_system(s->ctx, path, "cannot open", errno);
    if (fstat(s->fd, &what) == 0 && S_ISDIR(what.st_mode))
        return luge__extra_fail_system(s->ctx, path, "cannot read", EISDIR);
    return LUGE_OK;
}

static void close_source(source *s)
{
    end_unpacking(s);
    if (s->fd > STDIN_FILENO) (void)close(s->fd);
    free(s);
}

luge_status luge_reader_open(luge_context *ctx, const char *path, int64_t limit, luge_reader *reader)
{
    if (reader) *reader = (luge_reader){ NULL, NULL };
    if (!ctx || !path || !reader)
        return luge__extra_fail(ctx, LUGE_EINVAL, "luge_reader_open: the %s is NULL",
                                !ctx    ? "context"
                                : !path ? "path"
                                        : "reader");
    if (luge_failed(ctx)) return luge_failure(ctx);
    if (limit < 0) return luge__extra_fail(ctx, LUGE_EINVAL, "luge_reader_open: a limit of %lld", (long long)limit);
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    source *s = malloc(sizeof *s + strlen(name) + 1);
    if (!s) return luge__extra_no_memory(ctx, name);
    memset(s, 0, sizeof *s);
    s->ctx = ctx;
    s->fd = -1;
    s->limit = limit ? limit : LUGE__DEFAULT_LIMIT;
    s->path = memcpy(s + 1, name, strlen(name) + 1);
    luge_status status = open_file(s, path);
    if (!status) status = look(s);
    if (!status && s->held >= 2 && s->buffer[0] == GZIP_1 && s->buffer[1] == GZIP_2) status = begin_unpacking(s);
    if (status) {
        close_source(s);
        return status;
    }
    *reader = (luge_reader){ read_source, s };
    return LUGE_OK;
}

void luge_reader_close(luge_reader *reader)
{
    if (!reader || !reader->user) return;
    close_source(reader->user);
    *reader = (luge_reader){ NULL, NULL };
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static luge_status too_long(luge_context *ctx, const char *path, int64_t limit)
{
    return luge__extra_fail(ctx, LUGE_EFORMAT, "%s: more than %lld bytes, which is the limit", path, (long long)limit);
}

luge_status luge__extra_read_all(luge_context *ctx, const char *path, int64_t limit, unsigned char **data,
                                 size_t *bytes)
{
    luge_reader reader;
    size_t size = 0, capacity = 1 << 14;
    luge_status status = luge_reader_open(ctx, path, limit, &reader);
    if (status) return status;
    unsigned char *memory = malloc(capacity);
    if (!memory) status = luge__extra_no_memory(ctx, path);
    while (!status) {
        if (size + 1 == capacity) {
            unsigned char *larger = realloc(memory, capacity *= 2);
            if (!larger) {
                status = luge__extra_no_memory(ctx, path);
                break;
            }
            memory = larger;
        }
        const int64_t n = reader.read(reader.user, memory + size, capacity - size - 1);
        if (n < 0) status = luge_failure(ctx);
        if (n <= 0) break;
        size += (size_t)n;
        if ((int64_t)size > limit) status = too_long(ctx, path, limit);
    }
    luge_reader_close(&reader);
    if (status) {
        free(memory);
        return status;
    }
    memory[size] = 0;
    *data = memory;
    *bytes = size;
    return LUGE_OK;
}
