/* data_files.h: a folder for the files of a test case, and the IDX, NPY and text files that suites put there. */
#ifndef LUGE_TESTS_DATA_FILES_H
#define LUGE_TESTS_DATA_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

/* One file in a folder of its own; both go with data_files_end. */
typedef struct data_file {
    char folder[256], path[300];
} data_file;

static inline int data_file_begin(luge_test *t, data_file *f, const char *name)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(f->folder, sizeof f->folder, "%.200s/luge-data-XXXXXX", tmp ? tmp : "/tmp");
    if (!CHECK(t, mkdtemp(f->folder))) return 0;
    (void)snprintf(f->path, sizeof f->path, "%s/%s", f->folder, name);
    return 1;
}

static inline void data_file_end(data_file *f)
{
    (void)unlink(f->path);
    (void)rmdir(f->folder);
}

/* Replaces the file's contents by two pieces. */
static inline int data_file_put(const data_file *f, const void *head, size_t head_bytes, const void *data, size_t bytes)
{
    FILE *file = fopen(f->path, "wb");
    if (!file) return 0;
    size_t n = head_bytes ? fwrite(head, 1, head_bytes, file) : 0;
    n += bytes ? fwrite(data, 1, bytes, file) : 0;
    return fclose(file) == 0 && n == head_bytes + bytes;
}

static inline int data_file_text(const data_file *f, const char *text)
{
    return data_file_put(f, text, strlen(text), NULL, 0);
}

/* An IDX header; returns its length. */
static inline size_t idx_header(unsigned char *header, int type, int ndim, const uint32_t *dims)
{
    memset(header, 0, 4);
    header[2] = (unsigned char)type;
    header[3] = (unsigned char)ndim;
    for (int i = 0; i < ndim; i++) {
        for (int k = 0; k < 4; k++) header[4 + 4 * i + k] = (unsigned char)(dims[i] >> (24 - 8 * k));
    }
    return 4 + 4 * (size_t)ndim;
}

/* An NPY header of that version around a dict; returns its length. */
static inline size_t npy_header(unsigned char *header, int version, const char *dict)
{
    const size_t n = strlen(dict), prefix = version == 1 ? 10 : 12;
    memset(header, 0, prefix);
    memcpy(header, "\x93NUMPY", 6);
    header[6] = (unsigned char)version;
    header[8] = (unsigned char)n;
    header[9] = (unsigned char)(n >> 8);
    memcpy(header + prefix, dict, n);
    return prefix + n;
}

#endif
