/* test_tensor_file.c: tensor files written and read back: values, order, equal bytes, what is refused on writing. */
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failing_alloc.h"
#include "harness.h"
#include "luge/io.h"
#include "temp_folder.h"

static size_t read_whole(const char *path, unsigned char *data, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    size_t n = fread(data, 1, size, file);
    (void)fclose(file);
    return n;
}

static uint64_t header_length(const unsigned char *data)
{
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--) n = n << 8 | data[i];
    return n;
}

/* ---- what works -------------------------------------------------------------------------------------------------- */

static const float weights[2][3] = { { 1, 2, 3 }, { 4, 5, -6.5F } };
static const double scalar = 0.1;
static const int64_t counts[2] = { INT64_MIN, INT64_MAX };
static const uint8_t bools[5] = { 0, 1, 1, 0, 1 };
static const uint16_t halves[3] = { 0x3C00, 0xBC00, 1 };

/* Adds them in one of two orders. */
static luge_status add_all(luge_tensor_writer *w, int backwards)
{
    const struct {
        const char *name;
        luge_dtype dtype;
        luge_shape shape;
        const void *data;
    } rows[] = { { "layer.0/w", LUGE_F32, luge_shape_of(2, 3), weights },
                 { "scalar", LUGE_F64, luge_scalar_shape(), &scalar },
                 { "bools", LUGE_BOOL, luge_shape_of(5), bools },
                 { "\xC3\xA4 \"quoted\"", LUGE_I64, luge_shape_of(2, 1), counts },
                 { "halves", LUGE_F16, luge_shape_of(3), halves },
                 { "brain", LUGE_BF16, luge_shape_of(1, 3, 1), halves },
                 { "nothing", LUGE_F32, luge_shape_of(4, 0, 2), NULL },
                 { "", LUGE_I8, luge_shape_of(1), bools } };
    const int n = (int)(sizeof rows / sizeof rows[0]);
    luge_status status = LUGE_OK;
    for (int i = 0; i < n && status == LUGE_OK; i++) {
        int k = backwards ? n - 1 - i : i;
        status = luge_tensor_writer_add(w, rows[k].name, rows[k].dtype, rows[k].shape, rows[k].data);
    }
    if (status == LUGE_OK) status = luge_tensor_writer_metadata(w, backwards ? "z" : "a", backwards ? "last" : "");
    if (status == LUGE_OK) status = luge_tensor_writer_metadata(w, backwards ? "a" : "z", backwards ? "" : "last");
    return status;
}

static luge_status write_all(luge_context *ctx, const char *path, int backwards)
{
    luge_tensor_writer *w = luge_tensor_writer_create(ctx);
    if (!w) return luge_failure(ctx);
    luge_status status = add_all(w, backwards);
    if (status == LUGE_OK) status = luge_tensor_writer_save(w, path);
    luge_tensor_writer_free(w);
    return status;
}

static void check_tensor(luge_test *t, luge_tensor_file *file, const char *name, const char *dtype, luge_shape shape,
                         const void *expected, size_t bytes)
{
    luge_tensor_info info = { 0 };
    unsigned char data[64];
    int index = luge_tensor_find(file, name);
    memset(data, 0xA5, sizeof data);
    CHECK_STATUS(t, luge_tensor_at(file, index, &info), LUGE_OK);
    CHECK_STR_EQ(t, info.name, name);
    CHECK_STR_EQ(t, info.dtype_name, dtype);
    CHECK_EQ_INT(t, info.bytes, bytes);
    CHECK_EQ_INT(t, info.shape.ndim, shape.ndim);
    for (int i = 0; i < shape.ndim; i++) CHECK_EQ_INT(t, info.shape.dim[i], shape.dim[i]);
    CHECK_STATUS(t, luge_tensor_read(file, index, data, bytes), LUGE_OK);
    CHECK(t, bytes == 0 || memcmp(data, expected, bytes) == 0);
    CHECK_EQ_INT(t, data[bytes], 0xA5);
}

static void check_all(luge_test *t, luge_tensor_file *file)
{
    luge_tensor_info info, before = { 0 };
    CHECK_EQ_INT(t, luge_tensor_count(file), 8);
    check_tensor(t, file, "layer.0/w", "F32", luge_shape_of(2, 3), weights, sizeof weights);
    check_tensor(t, file, "scalar", "F64", luge_scalar_shape(), &scalar, sizeof scalar);
    check_tensor(t, file, "bools", "BOOL", luge_shape_of(5), bools, sizeof bools);
    check_tensor(t, file, "\xC3\xA4 \"quoted\"", "I64", luge_shape_of(2, 1), counts, sizeof counts);
    check_tensor(t, file, "halves", "F16", luge_shape_of(3), halves, sizeof halves);
    check_tensor(t, file, "brain", "BF16", luge_shape_of(1, 3, 1), halves, sizeof halves);
    check_tensor(t, file, "nothing", "F32", luge_shape_of(4, 0, 2), NULL, 0);
    check_tensor(t, file, "", "I8", luge_shape_of(1), bools, 1);
    for (int i = 0; i < 8; i++, before = info) { /* by name */
        CHECK_STATUS(t, luge_tensor_at(file, i, &info), LUGE_OK);
        CHECK(t, i == 0 || strcmp(before.name, info.name) < 0);
    }
    CHECK_STATUS(t, luge_tensor_at(file, luge_tensor_find(file, "bools"), &info), LUGE_OK);
    CHECK_EQ_INT(t, info.dtype, LUGE_BOOL);
    CHECK_STR_EQ(t, luge_tensor_metadata(file, "a"), "");
    CHECK_STR_EQ(t, luge_tensor_metadata(file, "z"), "last");
    CHECK(t, !luge_tensor_metadata(file, "b"));
    CHECK_EQ_INT(t, luge_tensor_find(file, "none"), -1);
    CHECK_EQ_INT(t, luge_tensor_find(file, "__metadata__"), -1);
}

static void round_trip(luge_test *t)
{
    luge__test_memory memory = { 0 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    unsigned char first[2048], second[2048];
    if (!CHECK(t, ctx)) return;
    size_t base = luge_memory_now(ctx);
    const char *path = in_folder("model.safetensors"), *other = in_folder("other");
    CHECK_STATUS(t, write_all(ctx, path, 0), LUGE_OK);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    luge_tensor_file *file = luge_tensor_file_open(ctx, path);
    if (CHECK(t, file)) check_all(t, file);
    luge_tensor_file_close(file);
    luge_tensor_file_close(NULL);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    size_t n = read_whole(path, first, sizeof first);
    CHECK_EQ_INT(t, (8 + header_length(first)) % 64, 0);
    CHECK_EQ_INT(t, n, 8 + header_length(first) + 8 + 16 + 24 + 6 + 6 + 5 + 1);
    CHECK_STR_CONTAINS(t, (char *)first + 8,
                       "{\"__metadata__\":{\"a\":\"\",\"z\":\"last\"},\"scalar\":{\"dtype\":\"F64\"");
    CHECK_STATUS(t, write_all(ctx, other, 1), LUGE_OK); /* the order of adding leaves no trace */
    CHECK_EQ_INT(t, read_whole(other, second, sizeof second), n);
    CHECK(t, memcmp(first, second, n) == 0);
    file = luge_tensor_file_open_memory(ctx, first, n);
    if (CHECK(t, file)) check_all(t, file);
    CHECK(t, luge_memory_now(ctx) > base);
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx); /* and the file with it */
    CHECK_EQ_INT(t, memory.live, 0);
    CHECK_EQ_INT(t, memory.wrong, 0);
}

/* Nothing but a header; and one that another program would write: padded, keys in any order, dtypes that luge lacks. */
static void foreign(luge_test *t)
{
    static const char header[] =
        "{\"b\":{\"shape\":[2,1,1,1,1,1,1,1,1],\"data_offsets\":[3,7],\"dtype\":\"U16\",\"x\":[1]},"
        "\"a\":{\"dtype\":\"F8_E5M2\",\"shape\":[3],\"data_offsets\":[0,3]},"
        "\"e\":{\"dtype\":\"U64\",\"shape\":[9,0],\"data_offsets\":[3,3]}}   ";
    unsigned char data[512] = { 0 }, bytes[4] = { 0 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_info info;
    data[0] = sizeof header - 1;
    memcpy(data + 8, header, sizeof header - 1);
    memcpy(data + 8 + sizeof header - 1, "abcdefg", 7);
    luge_tensor_file *file = luge_tensor_file_open_memory(ctx, data, 8 + sizeof header - 1 + 7);
    if (!CHECK(t, file)) return;
    CHECK_EQ_INT(t, luge_tensor_count(file), 3);
    CHECK_STATUS(t, luge_tensor_at(file, 1, &info), LUGE_OK);
    CHECK_STR_EQ(t, info.name, "b");
    CHECK_STR_EQ(t, info.dtype_name, "U16");
    CHECK_EQ_INT(t, info.dtype, LUGE_NO_DTYPE);
    CHECK_EQ_INT(t, info.shape.ndim, -1);
    CHECK_EQ_INT(t, info.bytes, 4);
    CHECK_STATUS(t, luge_tensor_read(file, 1, bytes, 4), LUGE_OK);
    CHECK(t, memcmp(bytes, "defg", 4) == 0);
    CHECK(t, !luge_tensor_metadata(file, "a"));
    CHECK_STATUS(t, luge_tensor_read(file, 2, NULL, 0), LUGE_OK);
    luge_tensor_file_close(file);
    file = luge_tensor_file_open_memory(ctx, "\2\0\0\0\0\0\0\0{}", 10);
    CHECK_EQ_INT(t, luge_tensor_count(file), 0);
    CHECK_EQ_INT(t, luge_tensor_find(file, "a"), -1);
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx);
}

static void nothing_to_write(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_writer *w = luge_tensor_writer_create(ctx);
    const char *path = in_folder("empty");
    CHECK_STATUS(t, luge_tensor_writer_save(w, path), LUGE_OK);
    luge_tensor_file *file = luge_tensor_file_open(ctx, path);
    CHECK(t, file);
    CHECK_EQ_INT(t, luge_tensor_count(file), 0);
    CHECK_STATUS(t, luge_tensor_writer_add(w, "x", LUGE_U8, luge_shape_of(2), bools), LUGE_OK);
    CHECK_STATUS(t, luge_tensor_writer_save(w, path), LUGE_OK); /* again, with more */
    CHECK_EQ_INT(t, luge_tensor_count(file), 0);                /* who has the old one open keeps it */
    luge_tensor_file_close(file);
    file = luge_tensor_file_open(ctx, path);
    CHECK_EQ_INT(t, luge_tensor_count(file), 1);
    luge_close(ctx);
}

/* Many names, added in an order that is neither theirs nor its reverse. */
static void many(luge_test *t)
{
    enum { COUNT = 3000 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_writer *w = luge_tensor_writer_create(ctx);
    static int32_t values[COUNT];
    char name[32];
    int64_t wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        values[i] = i;
        (void)snprintf(name, sizeof name, "t%d", (int)((int64_t)i * 1237 % COUNT));
        wrong += luge_tensor_writer_add(w, name, LUGE_I32, luge_scalar_shape(), &values[i]) != LUGE_OK;
    }
    CHECK_STATUS(t, luge_tensor_writer_save(w, in_folder("many")), LUGE_OK);
    luge_tensor_file *file = luge_tensor_file_open(ctx, in_folder("many"));
    CHECK_EQ_INT(t, luge_tensor_count(file), COUNT);
    for (int i = 0; file && i < COUNT; i++) {
        int32_t value = -1;
        (void)snprintf(name, sizeof name, "t%d", (int)((int64_t)i * 1237 % COUNT));
        wrong += luge_tensor_read(file, luge_tensor_find(file, name), &value, sizeof value) || value != i;
    }
    CHECK_EQ_INT(t, wrong, 0);
    luge_close(ctx);
}

/* Places beyond 4 GB, with addresses of 32 bits too; the file is a hole but for its ends. */
static void beyond_4_gb(luge_test *t)
{
    static const char header[] =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2000000000],\"data_offsets\":[0,2000000000]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[2000000000],\"data_offsets\":[2000000000,4000000000]},"
        "\"c\":{\"dtype\":\"U8\",\"shape\":[2000000000],\"data_offsets\":[4000000000,6000000000]},"
        "\"d\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[6000000000,6000000024]}}";
    const uint64_t length = sizeof header - 1;
    float back[6] = { 0 };
    const char *path = in_folder("large");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (!CHECK(t, fd >= 0)) return;
    int written = pwrite(fd, &length, 8, 0) == 8 && pwrite(fd, header, length, 8) == (ssize_t)length &&
                  pwrite(fd, weights, sizeof weights, (off_t)(8 + length + 6000000000)) == (ssize_t)sizeof weights;
    (void)close(fd);
    if (!written) {
        CHECK_SKIP(t, "no file of 6 GB can be made here");
        return;
    }
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_file *file = luge_tensor_file_open(ctx, path);
    if (!CHECK(t, file)) puts(luge_last_error());
    CHECK_STATUS(t, luge_tensor_read(file, luge_tensor_find(file, "d"), back, sizeof back), LUGE_OK);
    CHECK(t, memcmp(back, weights, sizeof back) == 0);
    CHECK(t, luge_memory_peak(ctx) < 1 << 20);
    luge_close(ctx);
}

/* ---- what does not ----------------------------------------------------------------------------------------------- */

static void check_refused(luge_test *t, luge_context *ctx, luge_status status, luge_status expected, const char *words)
{
    CHECK_STATUS(t, status, expected);
    CHECK_STR_CONTAINS(t, luge_last_error(), words);
    luge_clear(ctx);
}

static void refused_adds(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_writer *w = luge_tensor_writer_create(ctx);
    luge_shape one = luge_shape_of(1);
    if (!CHECK(t, w)) return;
    CHECK_STATUS(t, luge_tensor_writer_add(w, "a", LUGE_F32, one, weights), LUGE_OK);
    CHECK_STATUS(t, luge_tensor_writer_metadata(w, "a", "text"), LUGE_OK);
#define REFUSED(call, status, words) check_refused(t, ctx, call, status, words)
    REFUSED(luge_tensor_writer_add(w, "a", LUGE_F32, one, weights), LUGE_EINVAL, "\"a\" was added before");
    REFUSED(luge_tensor_writer_add(w, "__metadata__", LUGE_F32, one, weights), LUGE_EINVAL, "__metadata__");
    REFUSED(luge_tensor_writer_add(w, NULL, LUGE_F32, one, weights), LUGE_EINVAL, "NULL");
    REFUSED(luge_tensor_writer_add(w, "\xFF", LUGE_F32, one, weights), LUGE_EINVAL, "not UTF-8");
    REFUSED(luge_tensor_writer_add(w, "b", LUGE_F32, one, NULL), LUGE_EINVAL, "\"b\": data is NULL");
    REFUSED(luge_tensor_writer_add(w, "b", LUGE_NO_DTYPE, one, weights), LUGE_EINVAL, "dtype");
    REFUSED(luge_tensor_writer_add(w, "b", LUGE_F32, luge_shape_of(-1), weights), LUGE_ESHAPE, "negative");
    REFUSED(luge_tensor_writer_add(w, "b", LUGE_F32, luge_make_shape(9, NULL), weights), LUGE_ESHAPE, "dimensions");
    REFUSED(luge_tensor_writer_metadata(w, "a", "again"), LUGE_EINVAL, "\"a\" was added before");
    REFUSED(luge_tensor_writer_metadata(w, "b", NULL), LUGE_EINVAL, "NULL");
    REFUSED(luge_tensor_writer_metadata(w, "b", "\xC3"), LUGE_EINVAL, "not UTF-8");
    REFUSED(luge_tensor_writer_save(w, in_folder("x")), LUGE_ESTATE, "not written");
    CHECK_EQ_INT(t, access(in_folder("x"), F_OK), -1);
    luge_tensor_writer_free(w);
    w = luge_tensor_writer_create(ctx);
    REFUSED(luge_tensor_writer_save(w, in_folder("no/such/folder")), LUGE_EIO, "no/such/folder");
    REFUSED(luge_tensor_writer_save(w, NULL), LUGE_EINVAL, "no file name");
    luge_shape huge = luge_shape_of(PTRDIFF_MAX); /* nothing is read before save, which is not called */
    CHECK_STATUS(t, luge_tensor_writer_add(w, "h1", LUGE_U8, huge, weights), LUGE_OK);
    if (sizeof(size_t) == 8) {
        REFUSED(luge_tensor_writer_add(w, "h2", LUGE_U8, huge, weights), LUGE_EINVAL, "too large");
    }
    luge_tensor_writer_free(w);
    luge_tensor_writer_free(NULL);
    REFUSED(luge_tensor_writer_save(NULL, "x"), LUGE_EINVAL, "writer is NULL");
    REFUSED(luge_tensor_writer_add(NULL, "x", LUGE_F32, one, weights), LUGE_EINVAL, "writer is NULL");
    REFUSED(luge_tensor_writer_metadata(NULL, "x", "y"), LUGE_EINVAL, "writer is NULL");
    CHECK(t, !luge_tensor_writer_create(NULL));
    luge_close(ctx);
}

static void refused_questions(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const char *path = in_folder("model");
    luge_tensor_info info;
    float data[6];
    CHECK_STATUS(t, write_all(ctx, path, 0), LUGE_OK);
    luge_tensor_file *file = luge_tensor_file_open(ctx, path);
    int w = luge_tensor_find(file, "layer.0/w");
    if (!CHECK(t, file && w >= 0)) return;
    REFUSED(luge_tensor_at(file, -1, &info), LUGE_EINVAL, "tensor number -1");
    REFUSED(luge_tensor_at(file, 8, &info), LUGE_EINVAL, "has 8");
    REFUSED(luge_tensor_at(file, 0, NULL), LUGE_EINVAL, "info is NULL");
    REFUSED(luge_tensor_at(NULL, 0, &info), LUGE_EINVAL, "file is NULL");
    REFUSED(luge_tensor_read(NULL, 0, data, 1), LUGE_EINVAL, "file is NULL");
    REFUSED(luge_tensor_read(file, 8, data, 1), LUGE_EINVAL, "tensor number 8");
    REFUSED(luge_tensor_read(file, w, data, 20), LUGE_EINVAL, "room for 20 bytes; tensor \"layer.0/w\" has 24");
    REFUSED(luge_tensor_read(file, w, NULL, 24), LUGE_EINVAL, "data is NULL");
    CHECK_EQ_INT(t, luge_tensor_count(NULL), 0);
    CHECK_EQ_INT(t, luge_tensor_find(NULL, "x"), -1);
    CHECK_EQ_INT(t, luge_tensor_find(file, NULL), -1);
    CHECK(t, !luge_tensor_metadata(NULL, "x") && !luge_tensor_metadata(file, NULL));
    CHECK_EQ_INT(t, truncate(path, 512), 0); /* it shrinks behind our back */
    REFUSED(luge_tensor_read(file, w, data, 24), LUGE_EIO, "it ends at byte");
    CHECK(t, !luge_tensor_file_open(NULL, path));
    CHECK(t, !luge_tensor_file_open_memory(NULL, data, 1));
    CHECK_STATUS(t, luge_tensor_at(file, 99, &info), LUGE_EINVAL);
    CHECK(t, !luge_tensor_file_open(ctx, path)); /* the error sticks */
    CHECK(t, !luge_tensor_writer_create(ctx));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "tensor number 99");
    luge_close(ctx);
}

/* A header that no reader would take is not written. */
static void long_header(luge_test *t)
{
    const size_t length = (size_t)17 << 20;
    luge_context *ctx = luge_open(.threads = 1);
    luge_tensor_writer *w = luge_tensor_writer_create(ctx);
    char *text = malloc(length + 1);
    if (!CHECK(t, w && text)) return;
    memset(text, 'x', length);
    text[length] = 0;
    CHECK_STATUS(t, luge_tensor_writer_metadata(w, "text", text), LUGE_OK);
    REFUSED(luge_tensor_writer_save(w, in_folder("long")), LUGE_EINVAL, "16 MB are possible");
    CHECK_EQ_INT(t, access(in_folder("long"), F_OK), -1);
    free(text);
    luge_close(ctx);
}

/* ---- no memory --------------------------------------------------------------------------------------------------- */

static luge_status write_once(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    (void)user;
    return write_all(ctx, in_folder("swept"), 0);
}

static luge_status open_once(luge_test *t, luge_context *ctx, void *user)
{
    luge_tensor_file *file = luge_tensor_file_open(ctx, user);
    if (!file) return luge_failure(ctx);
    CHECK_EQ_INT(t, luge_tensor_count(file), 8);
    luge_tensor_file_close(file);
    return LUGE_OK;
}

static void no_memory(luge_test *t)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s", in_folder("swept"));
    luge__test_oom_sweep(t, "writing a tensor file", write_once, NULL);
    luge__test_oom_sweep(t, "opening a tensor file", open_once, path);
}

void test_tensor_file(luge_test *t)
{
    RUN_IN_FOLDER(t, round_trip);
    RUN(t, foreign);
    RUN_IN_FOLDER(t, nothing_to_write);
    RUN_IN_FOLDER(t, many);
    RUN_IN_FOLDER(t, beyond_4_gb);
    RUN_IN_FOLDER(t, refused_adds);
    RUN_IN_FOLDER(t, refused_questions);
    RUN_IN_FOLDER(t, long_header);
    RUN_IN_FOLDER(t, no_memory);
}
