/* test_tensor_hostile.c: malformed tensor files: each is refused with a message that says why, in bounded memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "luge/io.h"

/* The bytes of a file: length, header, `room` bytes of data. The caller frees them. */
static unsigned char *make_file(const char *header, size_t length, size_t room, size_t *bytes)
{
    *bytes = 8 + length + room;
    unsigned char *data = malloc(*bytes);
    if (!data) return NULL;
    for (int i = 0; i < 8; i++) data[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(data + 8, header, length);
    memset(data + 8 + length, 0, room);
    return data;
}

static void check_refused(luge_test *t, const unsigned char *data, size_t bytes, const char *words)
{
    luge_context *ctx = luge_open(.threads = 1);
    size_t before = luge_memory_now(ctx);
    luge_tensor_file *file = luge_tensor_file_open_memory(ctx, data, bytes);
    CHECK(t, !file);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EFORMAT);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "tensors in memory: ");
    CHECK_STR_CONTAINS(t, luge_error(ctx), words);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    CHECK(t, luge_memory_peak(ctx) - before < 24 * bytes + 4096);
    luge_close(ctx);
}

#define ENTRY(dtype, shape, offsets) "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void headers(luge_test *t)
{
    static const struct {
        size_t room;
        const char *header, *words;
    } rows[] = {
        { 0, "", "does not begin with '{'" },
        { 0, "[]", "does not begin with '{'" },
        { 0, " {}", "does not begin with '{'" },
        { 0, "{}x", "header: byte 2: 'x' where the end" },
        { 0, "{} {", "where the end" },
        { 0, "{\"a\":1}", "tensor \"a\": an object is expected" },
        { 0, "{\"a\":null}", "tensor \"a\": an object" },
        { 0, "{\"a\":{}}", "tensor \"a\": no dtype" },
        { 0, "{\"a\":{\"dtype\":1}}", "no dtype" },
        { 0, "{\"a\":{\"dtype\":\"F32\"}}", "no shape" },
        { 0, "{\"a\":" ENTRY("F32", "4", "[0,4]") "}", "no shape" },
        { 4, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "no data_offsets" },
        { 4, "{\"a\":" ENTRY("F99", "[1]", "[0,4]") "}", "unknown dtype \"F99\"" },
        { 4, "{\"a\":" ENTRY("f32", "[1]", "[0,4]") "}", "unknown dtype \"f32\"" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[0]") "}", "no data_offsets" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[0,4,4]") "}", "no data_offsets" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "{\"0\":0,\"1\":4}") "}", "no data_offsets" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[0.0,4.0]") "}", "two whole numbers" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[-4,0]") "}", "two whole numbers" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[\"0\",4]") "}", "two whole numbers" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[0,18446744073709551616]") "}", "two whole numbers" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[4,0]") "}", "end before they begin" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[4,8]") "}", "ends beyond the file: 4 bytes" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[0,18446744073709551615]") "}", "ends beyond the file" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[9223372036854775808,9223372036854775812]") "}", "ends beyond the file" },
        { 4, "{\"a\":" ENTRY("F32", "[2]", "[0,4]") "}", "4 bytes by its data_offsets, 8 by its dtype and shape" },
        { 4, "{\"a\":" ENTRY("F32", "[1,0]", "[0,4]") "}", "4 bytes by its data_offsets, 0 by" },
        { 3, "{\"a\":" ENTRY("F32", "[]", "[0,3]") "}", "3 bytes by its data_offsets, 4 by" },
        { 4, "{\"a\":" ENTRY("F32", "[-1]", "[0,4]") "}", "no whole number from 0" },
        { 4, "{\"a\":" ENTRY("F32", "[1.0]", "[0,4]") "}", "no whole number from 0" },
        { 4, "{\"a\":" ENTRY("F32", "[true]", "[0,4]") "}", "no whole number from 0" },
        { 4, "{\"a\":" ENTRY("F32", "[[1]]", "[0,4]") "}", "no whole number from 0" },
        { 4, "{\"a\":" ENTRY("F32", "[9223372036854775808]", "[0,4]") "}", "no whole number from 0" },
        { 4, "{\"a\":" ENTRY("U8", "[9223372036854775807]", "[0,4]") "}", "4 bytes by its data_offsets" },
        { 4, "{\"a\":" ENTRY("F32", "[4611686018427387904]", "[0,0]") "}", "too large" },
        { 4, "{\"a\":" ENTRY("F32", "[2305843009213693952]", "[0,0]") "}", "too large" },
        { 4, "{\"a\":" ENTRY("F32", "[4294967296,4294967296]", "[0,0]") "}", "too large" },
        { 4, "{\"a\":" ENTRY("F32", "[0,4294967296,4294967296]", "[0,0]") "}", "too large" },
        { 4, "{\"a\":" ENTRY("F64", "[2,2,2,2,2,2,2,2,2305843009213693952]", "[0,0]") "}", "too large" },
        { 4, "{}", "4 bytes of data, but the tensors end at byte 0" },
        { 8, "{\"a\":" ENTRY("F32", "[1]", "[0,4]") "}", "8 bytes of data, but the tensors end at byte 4" },
        { 8, "{\"a\":" ENTRY("F32", "[1]", "[4,8]") "}", "begins at byte 4; bytes before it, from 0" },
        { 9, "{\"a\":" ENTRY("F32", "[1]", "[0,4]") ",\"b\":" ENTRY("F32", "[1]", "[5,9]") "}",
          "tensor \"b\": begins at byte 5; bytes before it, from 4" },
        { 8, "{\"a\":" ENTRY("F32", "[1]", "[0,4]") ",\"b\":" ENTRY("F32", "[1]", "[0,4]") "}", "overlaps with" },
        { 6, "{\"b\":" ENTRY("F32", "[1]", "[2,6]") ",\"a\":" ENTRY("F32", "[1]", "[0,4]") "}",
          "tensor \"b\": overlaps with \"a\"" },
        { 4, "{\"a\":" ENTRY("F32", "[1]", "[0,4]") ",\"b\":" ENTRY("F32", "[0]", "[2,2]") "}", "overlaps with" },
        { 8, "{\"a\":" ENTRY("F32", "[1]", "[0,4]") ",\"a\":" ENTRY("F32", "[1]", "[4,8]") "}", "the key \"a\" twice" },
        { 4, "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", "the key \"dtype\" twice" },
        { 0, "{\"__metadata__\":1}", "__metadata__ is no object" },
        { 0, "{\"__metadata__\":[]}", "__metadata__ is no object" },
        { 0, "{\"__metadata__\":{\"a\":1}}", "__metadata__: \"a\" is no text" },
        { 0, "{\"__metadata__\":{\"a\":\"x\\u0000y\"}}", "\"a\" is no text" },
        { 0, "{\"__metadata__\":{\"a\":{}}}", "\"a\" is no text" },
        { 0, "{\"__metadata__\":{},\"__metadata__\":{}}", "\"__metadata__\" twice" },
        { 0, "{\"\xFF\":{}}", "header: byte 2: invalid UTF-8" },
        { 0, "{\"a\\u0000\":{}}", "a key with a NUL" },
        { 0, "{\"a\":{}", "the text ends" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t bytes;
        unsigned char *data = make_file(rows[i].header, strlen(rows[i].header), rows[i].room, &bytes);
        if (!CHECK(t, data)) break;
        check_refused(t, data, bytes, rows[i].words);
        free(data);
    }
}

static void lengths(luge_test *t)
{
    static const struct {
        const char *data;
        size_t bytes;
        const char *words;
    } rows[] = {
        { "", 0, "it is empty" },
        { "\2", 1, "it has 1 bytes" },
        { "\2\0\0\0\0\0\0", 7, "it has 7 bytes" },
        { "\0\0\0\0\0\0\0\0", 8, "does not begin with '{'" },
        { "\2\0\0\0\0\0\0\0", 8, "cut off: it has 8 bytes, and its header alone should have 2" },
        { "\3\0\0\0\0\0\0\0{}", 10, "cut off" },
        { "\1\0\0\1\0\0\0\0{}", 10, "16 MB are possible" },
        { "\0\0\0\0\0\0\0\200{}", 10, "16 MB are possible" },
        { "\377\377\377\377\377\377\377\377{}", 10, "16 MB are possible" },
        { "\0\0\0\1\0\0\0\0{}", 10, "cut off" },
        { "#!/bin/sh\necho tensors", 22, "is this a tensor file?" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_refused(t, (const unsigned char *)rows[i].data, rows[i].bytes, rows[i].words);
    }
    luge_context *ctx = luge_open(.threads = 1);
    CHECK(t, !luge_tensor_file_open_memory(ctx, NULL, 10));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "the data is NULL");
    luge_clear(ctx);
    CHECK(t, !luge_tensor_file_open_memory(ctx, NULL, 0));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "it is empty");
    luge_close(ctx);
}

static const char valid[] = "{\"__metadata__\":{\"k\":\"v\"},\"a\":" ENTRY("F32", "[2,1]", "[0,8]") ",\"b\":" ENTRY(
    "BOOL", "[3]", "[8,11]") ",\"c\":" ENTRY("I8", "[0]", "[11,11]") "}";

/* Every beginning of a valid file is refused, and so is a byte more. */
static void truncated(luge_test *t)
{
    size_t bytes;
    unsigned char *data = make_file(valid, sizeof valid - 1, 12, &bytes);
    if (!CHECK(t, data)) return;
    for (size_t n = 0; n < bytes - 1; n++) {
        unsigned char *part = malloc(n ? n : 1); /* a block of its own: reading beyond it is found */
        if (!CHECK(t, part)) break;
        memcpy(part, data, n);
        check_refused(t, part, n, n == 0 ? "empty" : n < 8 ? "bytes" : n < 8 + sizeof valid - 1 ? "cut off" : "beyond");
        free(part);
    }
    check_refused(t, data, bytes, "12 bytes of data, but the tensors end at byte 11");
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_file *file = luge_tensor_file_open_memory(ctx, data, bytes - 1);
    CHECK_EQ_INT(t, luge_tensor_count(file), 3);
    char bools[3];
    CHECK_STATUS(t, luge_tensor_read(file, 1, bools, 3), LUGE_OK);
    data[bytes - 3] = 2;
    CHECK_STATUS(t, luge_tensor_read(file, 1, bools, 3), LUGE_EFORMAT);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "tensor \"b\": a BOOL that is neither 0 nor 1");
    luge_close(ctx);
    free(data);
}

/* Any byte replaced by any other: never more than an error. */
static void changed(luge_test *t)
{
    size_t bytes;
    unsigned char *data = make_file(valid, sizeof valid - 1, 11, &bytes);
    luge_context *ctx = luge_open(.threads = 1);
    int64_t silent = 0, opened = 0;
    if (!CHECK(t, data && ctx)) return;
    size_t before = luge_memory_now(ctx);
    for (size_t i = 0; i < bytes - 11; i++) {
        unsigned char kept = data[i];
        for (int c = 0; c < 256; c++) {
            data[i] = (unsigned char)c;
            luge_clear(ctx);
            luge_tensor_file *file = luge_tensor_file_open_memory(ctx, data, bytes);
            opened += file != NULL;
            silent += !file && luge_failure(ctx) != LUGE_EFORMAT;
            luge_tensor_file_close(file);
        }
        data[i] = kept;
    }
    CHECK_EQ_INT(t, silent, 0);
    CHECK(t, opened > 256); /* another name, another text */
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    luge_close(ctx);
    free(data);
}

/* Megabytes that are meant to take time or memory. */
static void large(luge_test *t)
{
    static const struct {
        const char *begin, *part, *words;
        size_t bytes;
    } rows[] = {
        { "{\"a\":", "[", "nested too deep", 1 << 20 },
        { "{\"a\":[", "[],", "a value is expected", 1 << 20 },
        { "{\"a\":[", "0,", "a value is expected", 1 << 20 },
        { "{", "\"a\":{},", "is expected", 1 << 20 },
        { "{\"", "x", "does not end", 1 << 20 },
        { "{", " ", "the text ends", 15 << 20 },
        { "{\"a\":", "1", "',' or '}' is expected", 15 << 20 },
        { "{", " ", "16 MB are possible", 17 << 20 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t bytes, begin = strlen(rows[i].begin), part = strlen(rows[i].part);
        char *header = malloc(rows[i].bytes);
        if (!CHECK(t, header)) break;
        memcpy(header, rows[i].begin, begin);
        for (size_t k = begin; k < rows[i].bytes; k++) header[k] = rows[i].part[(k - begin) % part];
        unsigned char *data = make_file(header, rows[i].bytes, 0, &bytes);
        if (CHECK(t, data)) check_refused(t, data, bytes, rows[i].words);
        free(data);
        free(header);
    }
}

/* A hundred thousand tensors in the worst order, of which the last two have one name. */
static void many_names(luge_test *t)
{
    enum { COUNT = 100000, EACH = 64 };
    char *header = malloc((size_t)COUNT * EACH + 2);
    if (!CHECK(t, header)) return;
    for (int twice = 0; twice < 2; twice++) {
        size_t length = 0, bytes;
        header[length++] = '{';
        for (int i = 0; i < COUNT; i++) {
            int name = twice && i == COUNT - 1 ? 2 : COUNT - i;
            length += (size_t)snprintf(header + length, EACH, "\"%d\":" ENTRY("U8", "[0]", "[0,0]") "%c", name,
                                       i == COUNT - 1 ? '}' : ',');
        }
        unsigned char *data = make_file(header, length, 0, &bytes);
        if (!CHECK(t, data)) break;
        if (twice) {
            check_refused(t, data, bytes, "the key \"2\" twice");
        } else {
            luge_context *ctx = luge_open(.threads = 1);
            luge_tensor_file *file = luge_tensor_file_open_memory(ctx, data, bytes);
            CHECK_EQ_INT(t, luge_tensor_count(file), COUNT);
            CHECK_EQ_INT(t, luge_tensor_find(file, "1"), 0);
            CHECK(t, luge_memory_peak(ctx) < 24 * bytes);
            luge_close(ctx);
        }
        free(data);
    }
    free(header);
}

static void check_path(luge_test *t, const char *path, luge_status status, const char *words)
{
    luge_context *ctx = luge_open(.threads = 1);
    CHECK(t, !luge_tensor_file_open(ctx, path));
    CHECK_STATUS(t, luge_failure(ctx), status);
    CHECK_STR_CONTAINS(t, luge_error(ctx), path ? path : "");
    CHECK_STR_CONTAINS(t, luge_error(ctx), words);
    luge_close(ctx);
}

static void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    if (!file) return;
    (void)fwrite(data, 1, bytes, file);
    (void)fclose(file);
}

static void paths(luge_test *t)
{
    char folder[] = "/tmp/luge-test-XXXXXX", path[64];
    if (!CHECK(t, mkdtemp(folder))) return;
    (void)snprintf(path, sizeof path, "%s/file", folder);
    check_path(t, NULL, LUGE_EINVAL, "no file name");
    check_path(t, "", LUGE_EINVAL, "no file name");
    check_path(t, path, LUGE_EIO, strerror(ENOENT));
    check_path(t, folder, LUGE_EIO, strerror(EISDIR));
    check_path(t, "/dev/null", LUGE_EIO, "not a regular file");
    CHECK_EQ_INT(t, mkfifo(path, 0600), 0);
    check_path(t, path, LUGE_EIO, "not a regular file"); /* without waiting for somebody to write */
    CHECK_EQ_INT(t, unlink(path), 0);
    write_file(path, "", 0);
    check_path(t, path, LUGE_EFORMAT, "it is empty");
    write_file(path, "123", 3);
    check_path(t, path, LUGE_EFORMAT, "it has 3 bytes");
    write_file(path, "\3\0\0\0\0\0\0\0{}", 10);
    check_path(t, path, LUGE_EFORMAT, "cut off");
    write_file(path, "\2\0\0\0\0\0\0\0{x", 10);
    check_path(t, path, LUGE_EFORMAT, "file: header: byte 1: 'x' where a key");
    CHECK_EQ_INT(t, unlink(path), 0);
    CHECK_EQ_INT(t, rmdir(folder), 0);
}

void test_tensor_hostile(luge_test *t)
{
    RUN(t, headers);
    RUN(t, lengths);
    RUN(t, truncated);
    RUN(t, changed);
    RUN(t, large);
    RUN(t, many_names);
    RUN(t, paths);
}
