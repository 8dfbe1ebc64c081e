/* file.c: replacing a file as a whole.
 *
 * The new contents go to a temporary file beside the old one (the same file system, so that rename is atomic) and reach
 * the disk before the rename does. A symbolic link is replaced, not followed; anything that is no regular file is
 * refused. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/core.h"

enum { ATTEMPTS = 100, LARGEST_WRITE = 1 << 30 };

luge_status luge__fail_system(luge_context *ctx, const char *path, const char *what, int error)
{
    char text[128];
    if (strerror_r(error, text, sizeof text) != 0) (void)luge__format(text, sizeof text, "error %d", error);
    return luge__fail(ctx, LUGE_EIO, "%s: %s: %s", path, what, text);
}

/* Closes, removes the temporary file if there is one, and fails with the error that was. */
static luge_status fail_and_abandon(luge__replace *file, const char *what, int error)
{
    luge_status status = luge__fail_system(file->ctx, file->path, what, error);
    luge__replace_abandon(file);
    return status;
}

static void forget(luge__replace *file)
{
    luge__release(file->ctx, file->path, file->path_bytes);
    luge__release(file->ctx, file->temporary, file->temporary_bytes);
    file->path = file->temporary = NULL;
    file->path_bytes = file->temporary_bytes = 0;
    file->fd = -1;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Whether there is an old file that may be replaced, and its permission bits; *mode is -1 where there is none. */
static luge_status look_at_target(luge_context *ctx, const char *path, int *mode)
{
    struct stat old;
    *mode = -1;
    if (stat(path, &old) != 0) {
        if (errno == ENOENT) return LUGE_OK; /* a missing folder shows when the temporary file is made */
        return luge__fail_system(ctx, path, "cannot write", errno);
    }
    if (S_ISDIR(old.st_mode)) return luge__fail_system(ctx, path, "cannot write", EISDIR);
    if (!S_ISREG(old.st_mode)) return luge__fail(ctx, LUGE_EIO, "%s: cannot write: not a regular file", path);
    *mode = (int)(old.st_mode & 0777);
    return LUGE_OK;
}

/* Whether the open file is ours alone: locked by us, still under its name, with no other name or owner. The lock ends
 * with its process, so what a crash left behind is taken by the next save: such files do not pile up. */
static int is_ours(const luge__replace *file)
{
    struct stat opened, named;
    return flock(file->fd, LOCK_EX | LOCK_NB) == 0 && fstat(file->fd, &opened) == 0 &&
           lstat(file->temporary, &named) == 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev &&
           S_ISREG(opened.st_mode) && opened.st_nlink == 1 && opened.st_uid == geteuid() && ftruncate(file->fd, 0) == 0;
}

/* What another save is writing, or is not a file of ours, is passed by. */
static int create_temporary(luge__replace *file)
{
    int error = EEXIST;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        (void)luge__format(file->temporary, file->temporary_bytes, "%s.tmp-%d", file->path, attempt);
        do {
            file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
        } while (file->fd < 0 && errno == EINTR);
        error = errno;
        if (file->fd >= 0 && is_ours(file)) return 0;
        if (file->fd >= 0) {
            (void)close(file->fd);
            error = EEXIST;
        }
        file->fd = -1;
        if (error == ENOENT || error == ENOTDIR || error == EROFS || error == ENOSPC || error == ENAMETOOLONG) break;
    }
    return error;
}

static luge_status create(luge__replace *file, int mode)
{
    int error = create_temporary(file);
    if (error) {
        luge_status status = luge__fail_system(file->ctx, file->path, "cannot make a new file beside it", error);
        forget(file);
        return status;
    }
    if (mode >= 0 && fchmod(file->fd, (mode_t)mode) != 0) {
        return fail_and_abandon(file, "cannot set the permissions of the new file", errno);
    }
    return LUGE_OK;
}

luge_status luge__replace_open(luge_context *ctx, const char *path, luge__replace *file)
{
    int mode;
    memset(file, 0, sizeof *file);
    file->ctx = ctx;
    file->fd = -1;
    if (!path || !*path) return luge__fail(ctx, LUGE_EINVAL, "no file name was given");
    luge_status status = look_at_target(ctx, path, &mode);
    if (status != LUGE_OK) return status;
    size_t length = strlen(path);
    size_t more = sizeof ".tmp-" + 10;
    if (!luge__add_size(length, more, &file->temporary_bytes))
        return luge__fail(ctx, LUGE_EINVAL, "file name too long");
    file->path_bytes = length + 1;
    file->path = luge__alloc(ctx, file->path_bytes);
    file->temporary = file->path ? luge__alloc(ctx, file->temporary_bytes) : NULL;
    if (!file->temporary) {
        forget(file);
        return LUGE_ENOMEM;
    }
    memcpy(file->path, path, length + 1);
    return create(file, mode);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

luge_status luge__replace_write(luge__replace *file, const void *data, size_t bytes)
{
    const unsigned char *from = data;
    if (file->fd < 0) return luge__fail(file->ctx, LUGE_ESTATE, "writing to a file that is not open");
    while (bytes > 0) {
        ssize_t written = write(file->fd, from, bytes < LARGEST_WRITE ? bytes : (size_t)LARGEST_WRITE);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail_and_abandon(file, "cannot write", written < 0 ? errno : EIO);
        from += written;
        bytes -= (size_t)written;
    }
    return LUGE_OK;
}

/* Some file systems have no fsync and say EINVAL; theirs is as safe as it gets. */
static int flush(int fd)
{
    int result;
    do {
        result = fsync(fd);
    } while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
}

/* Brings the rename itself to the disk. Failing is no failure of the replacement: one whole file is there either way,
 * and a folder need not be readable. */
static void flush_folder(luge__replace *file)
{
    const char *path = file->path;
    char *slash = strrchr(file->temporary, '/'); /* its own copy of the path may be cut */
    if (slash == file->temporary) {
        path = "/";
    } else if (slash) {
        *slash = 0;
        path = file->temporary;
    } else {
        path = ".";
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : flush(fd);
    if (fd >= 0) (void)close(fd);
    if (error) luge__log(file->ctx, LUGE_LOG_WARNING, "%s: cannot flush its folder: error %d", file->path, error);
}

luge_status luge__replace_commit(luge__replace *file)
{
    if (file->fd < 0) return luge__fail(file->ctx, LUGE_ESTATE, "finishing a file that is not open");
    int error = flush(file->fd);
    if (error) return fail_and_abandon(file, "cannot flush to the disk", error);
    if (rename(file->temporary, file->path) != 0) return fail_and_abandon(file, "cannot replace", errno);
    (void)close(file->fd); /* and with it the lock: not before the file has its name */
    flush_folder(file);
    forget(file);
    return LUGE_OK;
}

void luge__replace_abandon(luge__replace *file)
{
    if (!file->temporary) return;
    (void)unlink(file->temporary);
    if (file->fd >= 0) (void)close(file->fd);
    forget(file);
}
