/* report.c: failures, paths and file names. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "parts.h"

luge_status luge__extra_fail(luge_context *ctx, luge_status status, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return luge_report(ctx, status, text);
}

luge_status luge__extra_fail_system(luge_context *ctx, const char *path, const char *what, int error)
{
    char text[128];
    if (strerror_r(error, text, sizeof text) != 0) (void)snprintf(text, sizeof text, "error %d", error);
    return luge__extra_fail(ctx, LUGE_EIO, "%s: %s: %s", path, what, text);
}

luge_status luge__extra_no_memory(luge_context *ctx, const char *what)
{
    return luge__extra_fail(ctx, LUGE_ENOMEM, "%s: out of memory", what);
}

luge_status luge__extra_lacks(luge_context *ctx, const char *library, const char *path, const char *what)
{
    return luge__extra_fail(ctx, LUGE_ENOTSUP, "built without %s: %s %s", library, path, what);
}

luge_status luge__extra_path(luge_context *ctx, char path[LUGE__PATH], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(path, LUGE__PATH, format, args);
    va_end(args);
    if (length >= 0 && length < LUGE__PATH) return LUGE_OK;
    return luge__extra_fail(ctx, LUGE_EINVAL, "%.200s...: a path has at most %d bytes", path, LUGE__PATH - 1);
}

int luge__extra_is_file(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

int luge__extra_is_pipe(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISCHR(s.st_mode));
}

int luge__extra_is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

int luge__extra_ends(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    if (m > n) return 0;
    for (size_t i = 0; i < m; i++) {
        const char c = text[n - m + i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != end[i]) return 0;
    }
    return 1;
}
