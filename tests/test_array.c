/* test_array.c: arrays in memory and in files: what is read is what was written, and malformed files are refused. */
#include <errno.h>
#include <sys/stat.h>

#include "data_files.h"
#include "failing_alloc.h"
#include "luge/luge.h"

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void memory(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    float x[6] = { 1, 2, 3, 4, 5, 6 }, out[4] = { 0 };
    const size_t base = luge_memory_now(ctx);
    luge_array *borrowed = luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3, 2), x);
    luge_array *copied = luge_array_copy(ctx, LUGE_F32, luge_shape_of(3, 2), x);
    if (!CHECK(t, borrowed && copied)) return;
    x[2] = 30;
    CHECK_STATUS(t, luge_array_read(borrowed, 1, 2, out, sizeof out), LUGE_OK);
    CHECK(t, out[0] == 30 && out[3] == 6);
    CHECK_STATUS(t, luge_array_read(copied, 1, 2, out, sizeof out), LUGE_OK);
    CHECK(t, out[0] == 3 && out[3] == 6);
    CHECK_EQ_INT(t, luge_array_dtype(copied), LUGE_F32);
    CHECK_EQ_INT(t, luge_array_shape(copied).dim[0], 3);
    CHECK_STATUS(t, luge_array_read(copied, 3, 0, NULL, 0), LUGE_OK);
    luge_array *empty = luge_array_borrow(ctx, LUGE_U8, luge_shape_of(0, 4), NULL);
    CHECK_STATUS(t, luge_array_read(empty, 0, 0, NULL, 0), LUGE_OK);
    luge_array *thin = luge_array_copy(ctx, LUGE_U8, luge_shape_of(4, 0), NULL);
    CHECK_STATUS(t, luge_array_read(thin, 1, 2, NULL, 0), LUGE_OK);
    luge_array_free(empty);
    luge_array_free(thin);
    luge_array_free(borrowed);
    luge_array_free(copied);
    luge_array_free(NULL);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx);
}

/* A failed call: its status and words of its message; the context is clear again. */
static void refused(luge_test *t, luge_context *ctx, luge_status status, const char *part)
{
    CHECK_STATUS(t, luge_failure(ctx), status);
    CHECK_STR_CONTAINS(t, luge_error(ctx), part);
    luge_clear(ctx);
}

static void bad_arguments(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    float x[6] = { 0 };
    if (!CHECK(t, ctx)) return;
    CHECK(t, !luge_array_borrow(NULL, LUGE_F32, luge_shape_of(3, 2), x));
    CHECK(t, !luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3, 2), NULL));
    refused(t, ctx, LUGE_EINVAL, "data is NULL");
    CHECK(t, !luge_array_borrow(ctx, LUGE_F16, luge_shape_of(3, 2), x));
    refused(t, ctx, LUGE_EDTYPE, "f16");
    CHECK(t, !luge_array_borrow(ctx, LUGE_F32, luge_scalar_shape(), x));
    refused(t, ctx, LUGE_ESHAPE, "no rows");
    CHECK(t, !luge_array_copy(ctx, LUGE_F32, luge_shape_of(-1), x));
    refused(t, ctx, LUGE_ESHAPE, "negative");
    CHECK(t, !luge_array_copy(ctx, LUGE_F64, luge_shape_of(INT64_MAX / 4, 2), x));
    refused(t, ctx, LUGE_ESHAPE, "too large");
    luge_array *a = luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3, 2), x);
    CHECK_STATUS(t, luge_array_read(a, 2, 2, x, 16), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "the array has 3");
    CHECK_STATUS(t, luge_array_read(a, -1, 1, x, 8), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_array_read(a, 0, 1, x, 4), LUGE_ESHAPE);
    refused(t, ctx, LUGE_ESHAPE, "8 bytes");
    CHECK_STATUS(t, luge_array_read(a, 0, 1, NULL, 8), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_array_read(NULL, 0, 1, x, 8), LUGE_EINVAL);
    CHECK(t, !luge_array_idx(ctx, NULL) && !luge_array_npy(NULL, "x"));
    refused(t, ctx, LUGE_EINVAL, "path is NULL");
    CHECK(t, !luge_array_npy(ctx, NULL) && !luge_array_idx(NULL, "x"));
    refused(t, ctx, LUGE_EINVAL, "path is NULL");
    luge_close(ctx);
}

/* ---- IDX --------------------------------------------------------------------------------------------------------- */

static const unsigned char idx_bytes[24] = { 0x80, 1, 0xff, 0xfe, 0x40, 0x49, 0x0f, 0xdb, 0, 0, 0, 7,
                                             1,    2, 3,    4,    5,    6,    7,    8,    9, 8, 7, 6 };

/* Every element type, by value. */
static void idx_types(luge_test *t)
{
    static const struct {
        int code, bytes;
        luge_dtype dtype;
    } rows[] = { { 8, 1, LUGE_U8 },   { 9, 1, LUGE_I8 },   { 11, 2, LUGE_I32 },
                 { 12, 4, LUGE_I32 }, { 13, 4, LUGE_F32 }, { 14, 8, LUGE_F64 } };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.idx")) return;
    for (int i = 0; i < 6; i++) {
        unsigned char head[16], out[96] = { 0 }, expected[8];
        const uint32_t n = (uint32_t)(24 / rows[i].bytes);
        CHECK(t, data_file_put(&f, head, idx_header(head, rows[i].code, 1, &n), idx_bytes, 24));
        luge_array *a = luge_array_idx(ctx, f.path);
        if (!CHECK(t, a)) break;
        const size_t size = luge_dtype_size(rows[i].dtype);
        CHECK_EQ_INT(t, luge_array_dtype(a), rows[i].dtype);
        CHECK_EQ_INT(t, luge_array_shape(a).dim[0], n);
        CHECK_STATUS(t, luge_array_read(a, 0, n, out, n * size), LUGE_OK);
        for (uint32_t k = 0; k < n; k++) {
            const unsigned char *b = idx_bytes + k * (uint32_t)rows[i].bytes;
            const int32_t wide = rows[i].bytes > 1 ? (int16_t)(uint16_t)(b[0] << 8 | b[1]) : 0;
            uint64_t word = 0;
            for (int j = 0; j < rows[i].bytes; j++) word = word << 8 | b[j];
            uint32_t low = (uint32_t)word;
            memcpy(expected,
                   rows[i].code == 11 ? (const void *)&wide
                   : size == 4        ? (const void *)&low
                                      : (const void *)&word,
                   size);
            if (size == 1) expected[0] = b[0];
            CHECK(t, memcmp(out + k * size, expected, size) == 0);
        }
        luge_array_free(a);
    }
    CHECK(t, !luge_failed(ctx));
    data_file_end(&f);
    luge_close(ctx);
}

static void idx_malformed(luge_test *t)
{
    static const struct {
        unsigned char head[8];
        const char *part;
    } rows[] = { { { 0x1f, 0x8b, 8, 1, 0, 0, 0, 4 }, "gunzip" },
                 { { 1, 0, 8, 1, 0, 0, 0, 4 }, "first two bytes" },
                 { { 0, 1, 8, 1, 0, 0, 0, 4 }, "first two bytes" },
                 { { 0, 0, 10, 1, 0, 0, 0, 4 }, "type" },
                 { { 0, 0, 8, 0, 0, 0, 0, 4 }, "dimensions" },
                 { { 0, 0, 8, 9, 0, 0, 0, 4 }, "dimensions" },
                 { { 0, 0, 8, 1, 0, 0, 0, 3 }, "[3]" },
                 { { 0, 0, 8, 1, 0, 0, 0, 5 }, "4 bytes follow" },
                 { { 0, 0, 8, 1, 255, 0, 0, 4 }, "follow" },
                 { { 0, 0, 14, 1, 0, 0, 0, 4 }, "follow" } };
    const unsigned char data[40] = { 0 };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.idx")) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(t, data_file_put(&f, rows[i].head, 8, data, 4));
        CHECK(t, !luge_array_idx(ctx, f.path));
        refused(t, ctx, LUGE_EFORMAT, rows[i].part);
    }
    /* sizes whose product overflows 64 bits, and one that does so only in bytes */
    unsigned char head[40];
    const uint32_t huge[] = { UINT32_MAX, UINT32_MAX, UINT32_MAX }, wide[] = { 1u << 31, 1u << 30 };
    CHECK(t, data_file_put(&f, head, idx_header(head, 8, 3, huge), data, 4));
    CHECK(t, !luge_array_idx(ctx, f.path));
    refused(t, ctx, LUGE_EFORMAT, "4294967295,4294967295");
    CHECK(t, data_file_put(&f, head, idx_header(head, 14, 2, wide), data, 0));
    CHECK(t, !luge_array_idx(ctx, f.path));
    refused(t, ctx, LUGE_EFORMAT, "follow");
    /* every truncation, of header and data */
    const uint32_t dims[] = { 2, 3, 4 };
    const size_t n = idx_header(head, 8, 3, dims);
    for (size_t cut = 0; cut < n + 24; cut++) {
        CHECK(t, data_file_put(&f, head, cut < n ? cut : n, data, cut < n ? 0 : cut - n));
        CHECK(t, !luge_array_idx(ctx, f.path));
        refused(t, ctx, LUGE_EFORMAT, f.path);
    }
    data_file_end(&f);
    luge_close(ctx);
}

static void bad_paths(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "pipe")) return;
    CHECK(t, !luge_array_idx(ctx, f.path));
    refused(t, ctx, LUGE_EIO, "cannot open");
    CHECK(t, !luge_array_npy(ctx, f.folder));
    refused(t, ctx, LUGE_EIO, "cannot read");
    CHECK_EQ_INT(t, mkfifo(f.path, 0600), 0);
    CHECK(t, !luge_array_idx(ctx, f.path));
    refused(t, ctx, LUGE_EIO, "not a regular file");
    data_file_end(&f);
    luge_close(ctx);
}

/* ---- NPY --------------------------------------------------------------------------------------------------------- */

static void npy_types(luge_test *t)
{
    static const struct {
        const char *descr;
        int bytes;
        luge_dtype dtype;
        double value; /* of the bytes 0, 0, 0x80, 0xbf, ... of that length */
    } rows[] = { { "<f4", 4, LUGE_F32, -1 },           { "=f4", 4, LUGE_F32, -1 },
                 { ">u2", 2, LUGE_I32, 0x80BF },       { "<i2", 2, LUGE_I32, -16512 },
                 { "|b1", 1, LUGE_BOOL, 1 },           { "|i1", 1, LUGE_I8, -128 },
                 { "|u1", 1, LUGE_U8, 128 },           { "u1", 1, LUGE_U8, 128 },
                 { "<u4", 4, LUGE_I64, 3212836864.0 }, { "<i4", 4, LUGE_I32, -1082130432 },
                 { ">i4", 4, LUGE_I32, 0x80BF },       { "<i8", 8, LUGE_I64, 3212836864.0 } };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.npy")) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const unsigned char one[1] = { 0x80 }, two[2] = { 0x80, 0xbf }, four[8] = { 0, 0, 0x80, 0xbf };
        unsigned char head[200];
        char dict[100];
        double value = 0;
        (void)snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (1, 1), } \n",
                       rows[i].descr);
        const unsigned char *data = rows[i].bytes == 1 ? one : rows[i].bytes == 2 ? two : four;
        for (int version = 1; version <= 3; version++) {
            CHECK(t, data_file_put(&f, head, npy_header(head, version, dict), data, (size_t)rows[i].bytes));
            luge_array *a = luge_array_npy(ctx, f.path);
            if (!CHECK(t, a)) break;
            CHECK_EQ_INT(t, luge_array_dtype(a), rows[i].dtype);
            luge_dataset *d = luge_dataset_create(ctx);
            CHECK_STATUS(t, luge_dataset_add_features(d, a), LUGE_OK);
            CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F64, NULL, 1, &value, 8),
                         LUGE_OK);
            CHECK_CLOSE(t, value, rows[i].value, 0);
        }
    }
    CHECK(t, !luge_failed(ctx));
    data_file_end(&f);
    luge_close(ctx);
}

static void npy_dicts(luge_test *t)
{
    static const struct {
        const char *dict, *part; /* NULL: read */
        luge_status status;
    } rows[] = {
        { "{'descr':'<f4','fortran_order':False,'shape':(2,)}", NULL, LUGE_OK },
        { "{ \"shape\" : (2 , ) ,\"fortran_order\": True, \"descr\": \"<f4\" }", NULL, LUGE_OK },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L), }\n", NULL, LUGE_OK },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 2), }", NULL, LUGE_OK },
        { "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }", "ascontiguousarray", LUGE_EFORMAT },
        { "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "Python objects", LUGE_EFORMAT },
        { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "records", LUGE_EFORMAT },
        { "{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }", "astype", LUGE_ENOTSUP },
        { "{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }", "<U2", LUGE_ENOTSUP },
        { "{'descr': '', 'fortran_order': False, 'shape': (1,), }", "possible are", LUGE_ENOTSUP },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "single number", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2), }", "tuple", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "tuple", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2 1), }", "tuple", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': 2, }", "tuple", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "[3]", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "too large", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2), }", "8 dimensions", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': None, 'shape': (2,), }", "fortran_order", LUGE_EFORMAT },
        { "{'descr': '<f4', 'shape': (2,), }", "missing", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", "unknown", LUGE_EFORMAT },
        { "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "twice", LUGE_EFORMAT },
        { "{'descr' '<f4'}", "colon", LUGE_EFORMAT },
        { "{'descr': '<f4' 'shape': (2,)}", "comma", LUGE_EFORMAT },
        { "{descr: '<f4'}", "no dict of", LUGE_EFORMAT },
        { "{'descr: }", "does not end", LUGE_EFORMAT },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x", "follows", LUGE_EFORMAT },
        { "", "no dict", LUGE_EFORMAT },
        { "[]", "no dict", LUGE_EFORMAT },
    };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.npy")) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char head[300];
        const float data[2] = { 1, 2 };
        CHECK(t, data_file_put(&f, head, npy_header(head, 1, rows[i].dict), data, sizeof data));
        luge_array *a = luge_array_npy(ctx, f.path);
        CHECK(t, (a != NULL) == (rows[i].status == LUGE_OK));
        if (rows[i].part) refused(t, ctx, rows[i].status, rows[i].part);
    }
    data_file_end(&f);
    luge_close(ctx);
}

static void npy_malformed(luge_test *t)
{
    const char *dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    const float data[2] = { 1, 2 };
    unsigned char head[200];
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.npy")) return;
    for (int version = 1; version <= 3; version++) {
        const size_t n = npy_header(head, version, dict);
        for (size_t cut = 0; cut < n + 8; cut++) {
            CHECK(t, data_file_put(&f, head, cut < n ? cut : n, data, cut < n ? 0 : cut - n));
            CHECK(t, !luge_array_npy(ctx, f.path));
            refused(t, ctx, LUGE_EFORMAT, f.path);
        }
    }
    const size_t n = npy_header(head, 4, dict);
    CHECK(t, data_file_put(&f, head, n, data, 8) && !luge_array_npy(ctx, f.path));
    refused(t, ctx, LUGE_EFORMAT, "version");
    (void)npy_header(head, 2, dict);
    head[10] = 1;
    CHECK(t, data_file_put(&f, head, n, data, 8) && !luge_array_npy(ctx, f.path));
    refused(t, ctx, LUGE_EFORMAT, "longer than 65535");
    CHECK(t, data_file_text(&f, "PK\3\4 and so on") && !luge_array_npy(ctx, f.path));
    refused(t, ctx, LUGE_EFORMAT, "npz");
    data_file_end(&f);
    luge_close(ctx);
}

/* ---- windows ----------------------------------------------------------------------------------------------------- */

/* A file too large to be kept: reads of every sort give the bytes of the file, and a shorter file is told. */
static void windows(luge_test *t)
{
    enum { ROW = 700001, ROWS = 100 }; /* rows do not divide the window; 70 MB, of which most is a hole */
    luge_context *ctx = luge_open(.threads = 1);
    const uint32_t dims[] = { ROWS, ROW };
    unsigned char head[12], *row = malloc(3 * ROW);
    data_file f;
    if (!CHECK(t, ctx && row) || !data_file_begin(t, &f, "large.idx")) return;
    FILE *file = fopen(f.path, "wb");
    CHECK(t, file && fwrite(head, 1, idx_header(head, 8, 2, dims), file) == 12);
    for (int i = 0; file && i < ROWS; i++) {
        CHECK(t, fseek(file, 12 + (long)i * ROW, SEEK_SET) == 0 && fputc(i + 1, file) != EOF);
        CHECK(t, fseek(file, 12 + (long)i * ROW + ROW - 1, SEEK_SET) == 0 && fputc(2 * i, file) != EOF);
    }
    CHECK(t, file && fclose(file) == 0);
    luge_array *a = luge_array_idx(ctx, f.path);
    const size_t before = luge_memory_now(ctx);
    for (int k = 0; CHECK(t, a) && k < 150; k++) { /* in sequence, then scattered, one to three rows */
        const int64_t n = 1 + k % 3, i = k < 50 ? k : luge_test_below(t, ROWS - 2);
        if (!CHECK_STATUS(t, luge_array_read(a, i, n, row, (size_t)n * ROW), LUGE_OK)) break;
        for (int64_t j = 0; j < n; j++) {
            CHECK(t, row[j * ROW] == i + j + 1 && row[j * ROW + ROW - 1] == 2 * (i + j) && row[j * ROW + 1] == 0);
        }
    }
    CHECK(t, luge_memory_now(ctx) - before < (3 << 20)); /* a window, not the file */
    CHECK_EQ_INT(t, truncate(f.path, 12 + 50 * (off_t)ROW + 10), 0);
    CHECK_STATUS(t, luge_array_read(a, 10, 1, row, ROW), LUGE_OK);
    CHECK_STATUS(t, luge_array_read(a, 50, 1, row, ROW), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_error(ctx), f.path);
    refused(t, ctx, LUGE_EIO, "row 50");
    CHECK_STATUS(t, luge_array_read(a, 49, 1, row, ROW), LUGE_OK);
    CHECK_EQ_INT(t, unlink(f.path), 0); /* the file stays open */
    CHECK_STATUS(t, luge_array_read(a, 3, 1, row, ROW), LUGE_OK);
    CHECK_EQ_INT(t, row[0], 4);
    free(row);
    data_file_end(&f);
    luge_close(ctx);
}

/* Up to 64 MB are kept: what happens to the file after the first use does not matter, and bytes stay bytes. */
static void kept(luge_test *t)
{
    enum { ROWS = 4000, ROW = 784 };
    luge_context *ctx = luge_open(.threads = 1);
    const uint32_t dims[] = { ROWS, 28, 28 };
    unsigned char head[16], *all = malloc(ROWS * ROW), row[ROW];
    data_file f;
    if (!CHECK(t, ctx && all) || !data_file_begin(t, &f, "small.idx")) return;
    for (int i = 0; i < ROWS * ROW; i++) all[i] = (unsigned char)(i * 7 + i / ROW);
    CHECK(t, data_file_put(&f, head, idx_header(head, 8, 3, dims), all, ROWS * ROW));
    luge_array *a = luge_array_idx(ctx, f.path);
    const size_t before = luge_memory_now(ctx);
    CHECK_STATUS(t, luge_array_read(a, 17, 1, row, ROW), LUGE_OK);
    CHECK_EQ_INT(t, truncate(f.path, 0), 0);
    CHECK_STATUS(t, luge_array_read(a, ROWS - 1, 1, row, ROW), LUGE_OK);
    CHECK(t, memcmp(row, all + (ROWS - 1) * ROW, ROW) == 0);
    CHECK(t, luge_memory_now(ctx) - before < ROWS * ROW + 4096);
    luge_array_free(a);
    free(all);
    data_file_end(&f);
    luge_close(ctx);
}

/* ---- memory that runs out ---------------------------------------------------------------------------------------- */

static luge_status read_both(luge_test *t, luge_context *ctx, void *user)
{
    const data_file *f = user;
    unsigned char out[8];
    const float x[2] = { 1, 2 };
    (void)t;
    luge_array *idx = luge_array_idx(ctx, f[0].path), *npy = luge_array_npy(ctx, f[1].path);
    luge_array *copy = luge_array_copy(ctx, LUGE_F32, luge_shape_of(2), x);
    if (!idx || !npy || !copy) return luge_failure(ctx);
    luge_status status = luge_array_read(idx, 0, 4, out, 4);
    if (!status) status = luge_array_read(npy, 0, 2, out, 8);
    luge_array_free(idx);
    return status;
}

static void no_memory(luge_test *t)
{
    unsigned char head[200];
    const uint32_t four = 4;
    const float data[2] = { 1, 2 };
    data_file f[2];
    if (!data_file_begin(t, &f[0], "a.idx") || !data_file_begin(t, &f[1], "a.npy")) return;
    CHECK(t, data_file_put(&f[0], head, idx_header(head, 8, 1, &four), data, 4));
    const size_t n = npy_header(head, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }");
    CHECK(t, data_file_put(&f[1], head, n, data, 8));
    luge__test_oom_sweep(t, "reading arrays", read_both, f);
    data_file_end(&f[0]);
    data_file_end(&f[1]);
}

void test_array(luge_test *t)
{
    RUN(t, memory);
    RUN(t, bad_arguments);
    RUN(t, idx_types);
    RUN(t, idx_malformed);
    RUN(t, bad_paths);
    RUN(t, npy_types);
    RUN(t, npy_dicts);
    RUN(t, npy_malformed);
    RUN(t, windows);
    RUN(t, kept);
    RUN(t, no_memory);
}
