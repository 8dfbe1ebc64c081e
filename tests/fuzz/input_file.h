/* input_file.h: for targets that read files: the input as a file, one context, and no memory lost. */
#ifndef LUGE_FUZZ_INPUT_FILE_H
#define LUGE_FUZZ_INPUT_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "luge/luge.h"

static char input_path[64];
static int input_fd = -1;

static void input_remove(void)
{
    (void)unlink(input_path);
}

/* Makes the file hold the input; its path, in memory where the system has such a folder. */
static inline const char *input_file(const uint8_t *data, size_t size)
{
    if (input_fd < 0) {
        static const char *const folders[] = { "/dev/shm", "/tmp" };
        for (int i = 0; i < 2 && input_fd < 0; i++) {
            (void)snprintf(input_path, sizeof input_path, "%s/luge-fuzz-XXXXXX", folders[i]);
            input_fd = mkstemp(input_path);
        }
        if (input_fd < 0 || atexit(input_remove) != 0) abort();
    }
    if (ftruncate(input_fd, 0) != 0 || pwrite(input_fd, data, size, 0) != (ssize_t)size) abort();
    return input_path;
}

/* Runs `read` on a context that must hold after it what it held before. */
static inline int with_context(void (*read)(luge_context *ctx, const char *path), const uint8_t *data, size_t size)
{
    static luge_context *ctx;
    if (!ctx) ctx = luge_open(.threads = 1);
    if (!ctx) abort();
    const size_t before = luge_memory_now(ctx);
    read(ctx, input_file(data, size));
    luge_clear(ctx);
    if (luge_memory_now(ctx) != before) abort();
    return 0;
}

/* Reads all rows one by one, then the first again, and frees the array. */
static inline void read_rows(luge_context *ctx, luge_array *array)
{
    unsigned char row[256];
    if (!array != (luge_failed(ctx) != 0)) abort();
    if (!array) return;
    const luge_shape shape = luge_array_shape(array);
    size_t bytes = luge_dtype_size(luge_array_dtype(array));
    for (int i = 1; i < shape.ndim && bytes <= sizeof row; i++) bytes *= (size_t)shape.dim[i];
    for (int64_t i = 0; bytes <= sizeof row && i < shape.dim[0] && i < 99; i++) {
        if (luge_array_read(array, i, 1, row, bytes) != LUGE_OK) abort(); /* the header promised them */
    }
    luge_array_free(array);
}

#endif
