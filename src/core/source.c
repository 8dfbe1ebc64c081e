/* source.c: reading a file in pieces, at places of any size, also where addresses have 32 bits. */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/core.h"

enum { LARGEST_READ = 1 << 30 };

luge_status luge__source_open(luge_context *ctx, const char *path, luge__source *file)
{
    struct stat info;
    luge_status status = LUGE_OK;
    *file = (luge__source){ .ctx = ctx, .fd = -1 };
    if (!path || !*path) return luge__fail(ctx, LUGE_EINVAL, "no file name was given");
    do {
        file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is refused below, not waited for */
    } while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0) return luge__fail_system(ctx, path, "cannot open", errno);
    if (fstat(file->fd, &info) != 0) {
        status = luge__fail_system(ctx, path, "cannot read", errno);
    } else if (S_ISDIR(info.st_mode)) {
        status = luge__fail_system(ctx, path, "cannot read", EISDIR);
    } else if (!S_ISREG(info.st_mode)) {
        status = luge__fail(ctx, LUGE_EIO, "%s: cannot read: not a regular file", path);
    } else {
        file->bytes = (uint64_t)info.st_size;
        file->path_bytes = strlen(path) + 1;
        file->path = luge__alloc(ctx, file->path_bytes);
        if (file->path) memcpy(file->path, path, file->path_bytes);
        if (!file->path) status = LUGE_ENOMEM;
    }
    if (status) luge__source_close(file);
    return status;
}

luge_status luge__source_read_some(const luge__source *file, uint64_t offset, void *data, size_t bytes, size_t *got)
{
    unsigned char *to = data;
    for (*got = 0; *got < bytes;) {
        size_t most = bytes - *got < LARGEST_READ ? bytes - *got : (size_t)LARGEST_READ;
        ssize_t n = pread(file->fd, to + *got, most, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return luge__fail_system(file->ctx, file->path, "cannot read", errno);
        if (n == 0) break;
        *got += (size_t)n;
    }
    return LUGE_OK;
}

luge_status luge__source_read(const luge__source *file, uint64_t offset, void *data, size_t bytes)
{
    size_t got;
    luge_status status = luge__source_read_some(file, offset, data, bytes, &got);
    if (status || got == bytes) return status;
    return luge__fail(file->ctx, LUGE_EIO, "%s: cannot read: it ends at byte %l, it had %l when it was opened",
                      file->path, (int64_t)(offset + got), (int64_t)file->bytes);
}

void luge__source_close(luge__source *file)
{
    if (file->fd >= 0) (void)close(file->fd);
    luge__release(file->ctx, file->path, file->path_bytes);
    file->fd = -1;
    file->path = NULL;
}
