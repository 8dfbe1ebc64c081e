/* test_extra.c: readers of compressed files, data sets by name and path, folders of images. */
#include "extra_files.h"

#include "failing_alloc.h"

/* All that a reader gives, in pieces of `piece`; -1 for an error. */
static int64_t read_all(luge_context *ctx, const char *path, int64_t limit, size_t piece, char *out, size_t room)
{
    luge_reader reader;
    int64_t total = 0, n;
    if (luge_reader_open(ctx, path, limit, &reader)) return -1;
    while ((n = reader.read(reader.user, out + total, piece < room - (size_t)total ? piece : room - (size_t)total)) > 0)
        total += n;
    const int64_t again = reader.read(reader.user, out, 1);
    if (n < 0 ? again != -1 : (size_t)total < room && again != 0) total = -99;
    luge_reader_close(&reader);
    luge_reader_close(&reader);
    return n < 0 && total != -99 ? -1 : total;
}

static void plain(luge_test *t)
{
    static const char text[] = "one\ntwo\nthree";
    char out[64];
    tree f;
    luge_reader reader;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    for (size_t n = 0; n < sizeof text; n++) {
        const char *path = tree_put(t, &f, "a", text, n);
        CHECK_EQ_INT(t, read_all(ctx, path, 0, 1 + n % 5, out, sizeof out), (int64_t)n);
        CHECK(t, memcmp(out, text, n) == 0);
    }
    CHECK_STATUS(t, luge_reader_open(ctx, "/nonexistent/x", 0, &reader), LUGE_EIO);
    refuses(t, ctx, LUGE_EIO, "/nonexistent/x: cannot open: ");
    CHECK_STATUS(t, luge_reader_open(ctx, f.root, 0, &reader), LUGE_EIO);
    refuses(t, ctx, LUGE_EIO, "cannot read");
    CHECK_STATUS(t, luge_reader_open(ctx, NULL, 0, &reader), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_reader_open(ctx, f.root, -1, &reader), LUGE_EINVAL);
    CHECK(t, !reader.read && !reader.user);
    luge_reader_close(&reader);
    luge_reader_close(NULL);
    tree_end(&f);
    luge_close(ctx);
}

/* What luge offers to its extensions. */
static void doors(luge_test *t)
{
    void *data;
    int32_t two[2];
    char text[700];
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    const size_t base = luge_memory_now(ctx);
    CHECK_STATUS(t, luge_report(ctx, LUGE_OK, "nothing"), LUGE_OK);
    CHECK(t, !luge_failed(ctx));
    CHECK_STATUS(t, luge_report(ctx, LUGE_EFORMAT, "100%s of \"x\""), LUGE_EFORMAT);
    CHECK_STATUS(t, luge_report(ctx, LUGE_EIO, "a later one"), LUGE_EIO);
    CHECK_STR_EQ(t, luge_last_error(), "a later one");
    CHECK(t, !luge_array_make(ctx, LUGE_I32, luge_shape_of(2), &data) && !data);
    refuses(t, ctx, LUGE_EFORMAT, "100%s of \"x\"");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    CHECK_STATUS(t, luge_report(NULL, LUGE_EINVAL, text), LUGE_EINVAL);
    CHECK_EQ_INT(t, strlen(luge_last_error()), 511);
    CHECK_STATUS(t, luge_report(NULL, LUGE_EINVAL, NULL), LUGE_EINVAL);
    luge_array *array = luge_array_make(ctx, LUGE_I32, luge_shape_of(2), &data);
    if (!CHECK(t, array && data)) return;
    CHECK(t, ((int32_t *)data)[0] == 0 && ((int32_t *)data)[1] == 0);
    ((int32_t *)data)[1] = 7;
    CHECK_STATUS(t, luge_array_read(array, 0, 2, two, sizeof two), LUGE_OK);
    CHECK(t, two[0] == 0 && two[1] == 7);
    luge_array_free(array);
    luge_array_free(luge_array_make(ctx, LUGE_U8, luge_shape_of(0, 3), &data));
    CHECK(t, !luge_failed(ctx));
    CHECK(t, !luge_array_make(ctx, LUGE_U8, luge_shape_of(2), NULL));
    refuses(t, ctx, LUGE_EINVAL, "address of data is NULL");
    CHECK(t, !luge_array_make(ctx, LUGE_F16, luge_shape_of(2), &data) && !data);
    refuses(t, ctx, LUGE_EDTYPE, "luge_array_make");
    CHECK(t, !luge_array_make(NULL, LUGE_U8, luge_shape_of(2), &data));
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    luge_close(ctx);
}

static void standard_input(luge_test *t)
{
    char out[20];
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    const char *path = tree_text(t, &f, "a", "from there");
    const int kept = dup(0);
    if (CHECK(t, freopen(path, "r", stdin))) {
        CHECK_EQ_INT(t, read_all(ctx, "-", 0, 4, out, sizeof out), 10);
        CHECK(t, memcmp(out, "from there", 10) == 0);
        CHECK(t, lseek(0, 0, SEEK_SET) == 0); /* it is open still */
    }
    if (kept >= 0) {
        CHECK(t, dup2(kept, 0) == 0);
        (void)close(kept);
    }
    tree_end(&f);
    luge_close(ctx);
}

#if LUGE_HAVE_ZLIB

static unsigned char big[1 << 20], packed[1 << 20];
static char unpacked[(1 << 20) + 100];

static void gzip_members(luge_test *t)
{
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    size_t n = 0;
    n += gzip("first ", 6, packed, sizeof packed);
    n += gzip("", 0, packed + n, sizeof packed - n);
    n += gzip("second", 6, packed + n, sizeof packed - n);
    const char *path = tree_put(t, &f, "a.gz", packed, n);
    CHECK_EQ_INT(t, read_all(ctx, path, 0, 5, unpacked, sizeof unpacked), 12);
    CHECK(t, memcmp(unpacked, "first second", 12) == 0);
    for (size_t cut = 2; cut < n; cut++) { /* whole members are a whole file */
        path = tree_put(t, &f, "b", packed, cut);
        const int64_t got = read_all(ctx, path, 0, 100, unpacked, sizeof unpacked);
        if (got >= 0) {
            CHECK(t, got == 6);
        } else {
            refuses(t, ctx, LUGE_EFORMAT, "/b: the file ends within its compressed data");
        }
        (void)unlink(path);
        f.n--;
    }
    memset(packed + n, 0, 100);
    CHECK_EQ_INT(t, read_all(ctx, tree_put(t, &f, "c", packed, n + 100), 0, 50, unpacked, sizeof unpacked), 12);
    packed[n + 3] = 'x';
    CHECK_EQ_INT(t, read_all(ctx, tree_put(t, &f, "d", packed, n + 100), 0, 50, unpacked, sizeof unpacked), -1);
    refuses(t, ctx, LUGE_EFORMAT, "/d: other bytes follow the compressed data");
    packed[n - 6] ^= 1; /* the sum of the data */
    CHECK_EQ_INT(t, read_all(ctx, tree_put(t, &f, "e", packed, n), 0, 50, unpacked, sizeof unpacked), -1);
    refuses(t, ctx, LUGE_EFORMAT, "/e: the compressed data is damaged");
    tree_end(&f);
    luge_close(ctx);
}

static void gzip_limit(luge_test *t)
{
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    memset(big, 0, sizeof big);
    const size_t n = gzip(big, sizeof big, packed, sizeof packed);
    CHECK(t, n < 2000);
    const char *path = tree_put(t, &f, "bomb.gz", packed, n);
    CHECK_EQ_INT(t, read_all(ctx, path, sizeof big, 999, unpacked, sizeof unpacked), (int64_t)sizeof big);
    CHECK_EQ_INT(t, read_all(ctx, path, (int64_t)sizeof big - 1, 999, unpacked, sizeof unpacked), -1);
    refuses(t, ctx, LUGE_EFORMAT, "bomb.gz: more than 1048575 bytes come out of it, which is the limit");
    for (size_t i = 0; i < sizeof big; i++) big[i] = (unsigned char)luge_test_random(t);
    const size_t m = gzip(big, 500000, packed, sizeof packed); /* longer than the reader's buffer */
    path = tree_put(t, &f, "noise.gz", packed, m);
    CHECK_EQ_INT(t, read_all(ctx, path, 0, 70000, unpacked, sizeof unpacked), 500000);
    CHECK(t, memcmp(unpacked, big, 500000) == 0);
    tree_end(&f);
    luge_close(ctx);
}

/* ---- IDX --------------------------------------------------------------------------------------------------------- */

static const unsigned char idx_images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 51, 255, 1, 2, 3 };
static const unsigned char idx_labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 7, 0 };

static const char *put_gzip(luge_test *t, tree *f, const char *name, const void *data, size_t bytes)
{
    return tree_put(t, f, name, packed, gzip(data, bytes, packed, sizeof packed));
}

/* Two images of 1 x 3 with labels 7 and 0. */
static void check_pair(luge_test *t, luge_context *ctx, luge_dataset *data, int64_t classes)
{
    float x[6];
    int64_t y[2];
    luge_column_info info;
    if (!CHECK(t, data)) {
        printf("  %s\n", luge_error(ctx));
        luge_clear(ctx);
        return;
    }
    CHECK_EQ_INT(t, luge_dataset_rows(data), 2);
    CHECK_STATUS(t, luge_dataset_column(data, LUGE_FEATURES, 0, &info), LUGE_OK);
    CHECK(t, info.dtype == LUGE_U8 && info.shape.ndim == 2 && info.shape.dim[1] == 3);
    CHECK_STATUS(t, luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, 2, x, sizeof x),
                 LUGE_OK);
    CHECK(t, x[0] == 0 && x[1] == (float)(51 / 255.) && x[2] == 1 && x[5] == (float)(3 / 255.));
    CHECK_STATUS(t, luge_dataset_column(data, LUGE_TARGETS, 0, &info), LUGE_OK);
    CHECK_EQ_INT(t, info.classes, classes);
    CHECK_STATUS(t, luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_I64, NULL, 2, y, sizeof y), LUGE_OK);
    CHECK(t, y[0] == 7 && y[1] == 0);
    luge_dataset_free(data);
}

static void idx_pairs(luge_test *t)
{
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    const size_t base = luge_memory_now(ctx);
    const char *images = put_gzip(t, &f, "a-images-idx3-ubyte.gz", idx_images, sizeof idx_images);
    luge_dataset *data = luge_load_data(ctx, images); /* alone */
    CHECK(t, data && luge_dataset_count(data, LUGE_TARGETS) == 0);
    luge_dataset_free(data);
    put_gzip(t, &f, "a-labels-idx1-ubyte.gz", idx_labels, sizeof idx_labels);
    check_pair(t, ctx, luge_load_data(ctx, images), 8);
    images = tree_put(t, &f, "b-images.idx3-ubyte", idx_images, sizeof idx_images);
    put_gzip(t, &f, "b-labels.idx1-ubyte.gz", idx_labels, sizeof idx_labels);
    check_pair(t, ctx, luge_load_data(ctx, images), 8);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    images = put_gzip(t, &f, "c-images-idx3.gz", idx_images, sizeof idx_images);
    tree_put(t, &f, "c-labels-idx1", "\0\0\10\1\0\0\0\3abc", 11);
    CHECK(t, !luge_load_data(ctx, images));
    refuses(t, ctx, LUGE_ESHAPE, "c-images-idx3.gz has 2 rows, its labels ");
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    tree_end(&f);
    luge_close(ctx);
}

static void idx_types(luge_test *t)
{
    static const struct {
        const char *bytes;
        size_t n;
        luge_dtype dtype;
    } kinds[] = {
        { "\0\0\11\1\0\0\0\2\xff\1", 10, LUGE_I8 },
        { "\0\0\13\1\0\0\0\2\xff\xfe\1\2", 12, LUGE_I32 },
        { "\0\0\14\1\0\0\0\1\1\2\3\4", 12, LUGE_I32 },
        { "\0\0\15\1\0\0\0\1\x3f\xc0\0\0", 12, LUGE_F32 },
        { "\0\0\16\1\0\0\0\1\x3f\xf8\0\0\0\0\0\0", 16, LUGE_F64 },
    };
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) { /* the same as of the plain file */
        uint64_t prints[2];
        for (int compressed = 0; compressed < 2; compressed++) {
            const char *path = compressed ? put_gzip(t, &f, "x", kinds[i].bytes, kinds[i].n)
                                          : tree_put(t, &f, "y", kinds[i].bytes, kinds[i].n);
            luge_dataset *data = luge_load_data(ctx, path);
            luge_column_info info = { 0 };
            (void)luge_dataset_column(data, LUGE_FEATURES, 0, &info);
            CHECK_EQ_INT(t, info.dtype, kinds[i].dtype);
            prints[compressed] = luge_dataset_fingerprint(data);
            luge_dataset_free(data);
        }
        CHECK(t, prints[0] && prints[0] == prints[1]);
    }
    tree_end(&f);
    luge_close(ctx);
}

static void idx_refused(luge_test *t)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } bad[] = {
        { "", 0, "shorter than its header" },
        { "hello, world", 12, "is no IDX file" },
        { "\0\0\10\0", 4, "is no IDX file" },
        { "\0\0\10\11", 4, "is no IDX file" },
        { "\0\0\10\1\0\0\0\3ab", 10, "shorter than its header" },
        { "\0\0\10\1\0\0\0\3abcd", 12, "longer than its header" },
        { "\0\0\10\2\x40\0\0\0\0\0\0\2", 12, "the file hold fewer" },
        { "\0\0\10\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, "more elements" },
        { "\0\0\10\2\x7f\xff\xff\xff\x7f\xff\xff\xff", 12, "more elements" },
    };
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(t, !luge_load_data(ctx, put_gzip(t, &f, "bad.gz", bad[i].bytes, bad[i].n)));
        CHECK_STR_CONTAINS(t, luge_error(ctx), "bad.gz");
        refuses(t, ctx, LUGE_EFORMAT, bad[i].says);
    }
    CHECK(t, !luge_load_data(ctx, put_gzip(t, &f, "z.gz", idx_images, sizeof idx_images), .limit = 4));
    refuses(t, ctx, LUGE_EFORMAT, "limit");
    tree_end(&f);
    luge_close(ctx);
}

static luge_status load_path(luge_test *t, luge_context *ctx, void *path)
{
    (void)t;
    luge_dataset *data = luge_load_data(ctx, path);
    const luge_status status = luge_failure(ctx);
    luge_dataset_free(data);
    return status;
}

static void idx_without_memory(luge_test *t)
{
    tree f;
    char path[400];
    if (!tree_begin(t, &f)) return;
    (void)snprintf(path, sizeof path, "%s", put_gzip(t, &f, "a-images-idx3.gz", idx_images, sizeof idx_images));
    put_gzip(t, &f, "a-labels-idx1.gz", idx_labels, sizeof idx_labels);
    luge__test_oom_sweep(t, "luge_load_data", load_path, path);
    tree_end(&f);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static void known_sets(luge_test *t)
{
    tree f;
    char folders[700], found[400];
    if (!tree_begin(t, &f)) return;
    (void)snprintf(folders, sizeof folders, "/nonexistent::%s:/tmp", f.root);
    luge_context *ctx = luge_open(.threads = 1, .data_dir = folders);
    if (!CHECK(t, ctx)) return;
    CHECK(t, !luge_load_data(ctx, "mnist:test"));
    refuses(t, ctx, LUGE_EIO, "luge data fetch mnist");
    CHECK(t, !luge_known_data_found(ctx, "mnist", found, sizeof found));
    tree_folder(t, &f, "mnist");
    put_gzip(t, &f, "mnist/t10k-images-idx3-ubyte.gz", idx_images, sizeof idx_images);
    tree_put(t, &f, "mnist/t10k-labels-idx1-ubyte", idx_labels, sizeof idx_labels); /* unpacked */
    check_pair(t, ctx, luge_load_data(ctx, "mnist:test"), 10);
    CHECK(t, !luge_load_data(ctx, "mnist"));
    luge_clear(ctx);
    CHECK(t, !luge_known_data_found(ctx, "mnist", found, sizeof found));
    put_gzip(t, &f, "mnist/train-images-idx3-ubyte.gz", idx_images, sizeof idx_images);
    put_gzip(t, &f, "mnist/train-labels-idx1-ubyte.gz", idx_labels, sizeof idx_labels);
    check_pair(t, ctx, luge_load_data(ctx, "mnist:train"), 10);
    check_pair(t, ctx, luge_load_data(ctx, "mnist"), 10);
    CHECK(t, luge_known_data_found(ctx, "mnist", found, sizeof found));
    CHECK(t, strncmp(found, f.root, strlen(f.root)) == 0 && strcmp(found + strlen(f.root), "/mnist") == 0);
    CHECK(t, !luge_known_data_found(ctx, "mnist", found, 3) && !luge_failed(ctx));
    CHECK(t, !luge_known_data_found(ctx, "nothing", found, sizeof found));
    CHECK(t, !luge_load_data(ctx, "mnist:third"));
    refuses(t, ctx, LUGE_EINVAL, "no part \"third\"");
    luge_close(ctx);
    tree_end(&f);
}

#endif

static void tables(luge_test *t)
{
    tree f;
    char path[400];
    if (!tree_begin(t, &f)) return;
    luge_context *ctx = luge_open(.threads = 1, .data_dir = f.root), *bare = luge_open(.threads = 1);
    if (!CHECK(t, ctx && bare)) return;
    CHECK(t, luge_spec_is_table(ctx, "-", path, sizeof path) && strcmp(path, "-") == 0);
    CHECK(t, luge_spec_is_table(ctx, "a/B.CSV.gz", path, sizeof path) && strcmp(path, "a/B.CSV.gz") == 0);
    CHECK(t,
          !luge_spec_is_table(ctx, "a.npy", path, sizeof path) && !luge_spec_is_table(ctx, "xor", path, sizeof path));
    CHECK(t, !luge_spec_is_table(ctx, "mnist", path, sizeof path) && !luge_failed(ctx));
    CHECK(t, luge_spec_is_table(ctx, "iris", path, sizeof path) && !*path);
    refuses(t, ctx, LUGE_EIO, "luge data fetch iris");
    CHECK(t, luge_spec_is_table(bare, "iris", path, sizeof path));
    refuses(t, bare, LUGE_EIO, "no data folder was given");
    tree_folder(t, &f, "tabular");
    const char *iris = tree_text(t, &f, "tabular/iris.csv", "a,species\n1,x\n");
    CHECK(t, luge_spec_is_table(ctx, "iris", path, sizeof path) && strcmp(path, iris) == 0);
    CHECK(t, !luge_load_data(ctx, "iris"));
    refuses(t, ctx, LUGE_EINVAL, "iris is a table");
    CHECK(t, luge_spec_is_table(ctx, "long.csv", path, 4) && !*path);
    refuses(t, ctx, LUGE_EINVAL, "room for a path of 3 bytes");
    luge_known_data known;
    for (int i = 0; i < luge_known_data_count(); i++) {
        CHECK_STATUS(t, luge_known_data_at(i, &known), LUGE_OK);
        CHECK(t, known.n_files >= 1 && known.n_files <= 4 && (!known.is_table || known.target));
        for (int k = 0; k < known.n_files; k++)
            CHECK(t, strncmp(known.urls[k], "http", 4) == 0 && strlen(known.sha256[k]) == 64);
    }
    CHECK_STATUS(t, luge_known_data_at(luge_known_data_count(), &known), LUGE_EINVAL);
    CHECK_STATUS(t, luge_known_data_at(-1, &known), LUGE_EINVAL);
    luge_close(ctx);
    luge_close(bare);
    tree_end(&f);
}

static uint64_t print_of(luge_context *ctx, const char *spec, int64_t rows, uint64_t seed, int64_t expected)
{
    luge_dataset *data = luge_load_data(ctx, spec, .rows = rows, .seed = seed);
    uint64_t print = data && luge_dataset_rows(data) == expected ? luge_dataset_fingerprint(data) : 0;
    luge_dataset_free(data);
    return print;
}

static void made_up(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    const uint64_t moons = print_of(ctx, "moons", 0, 0, 1000);
    CHECK(t, moons && moons == print_of(ctx, "moons:train", 1000, 1, 1000));
    CHECK(t, print_of(ctx, "moons:test", 0, 0, 1000) && moons != print_of(ctx, "moons:test", 0, 0, 1000));
    CHECK(t, moons != print_of(ctx, "moons", 0, 2, 1000));
    CHECK(t, print_of(ctx, "xor", 0, 0, 4) && print_of(ctx, "digits", 20, 0, 20));
    CHECK(t, !luge_failed(ctx));
    CHECK(t, !luge_load_data(ctx, "moon"));
    refuses(t, ctx, LUGE_EIO, "the nearest name is moons");
    CHECK(t, !luge_load_data(ctx, "moons:nothing"));
    refuses(t, ctx, LUGE_EINVAL, "no part \"nothing\"");
    CHECK(t, !luge_load_data(ctx, ""));
    refuses(t, ctx, LUGE_EINVAL, "no name");
    CHECK(t, !luge_load_data(ctx, "xor", .side = -1));
    refuses(t, ctx, LUGE_EINVAL, "negative");
    CHECK(t, !luge_load_data_with(ctx, NULL) && !luge_load_data_with(NULL, NULL));
    luge_clear(ctx);
    struct {
        luge_load_options known;
        int64_t more;
    } newer = { { .size = sizeof newer, .spec = "xor" }, 0 };
    luge_dataset *data = luge_load_data_with(ctx, &newer.known);
    CHECK(t, data);
    newer.more = 1;
    CHECK(t, !luge_load_data_with(ctx, &newer.known));
    refuses(t, ctx, LUGE_EINVAL, "does not know");
    luge_close(ctx);
}

/* ---- folders of images ------------------------------------------------------------------------------------------- */

#if LUGE_HAVE_PNG && LUGE_HAVE_ZLIB

static void folders(luge_test *t)
{
    unsigned char file[8192];
    float x[3 * 16];
    int64_t y[3];
    tree f;
    luge_column_info info;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    const size_t base = luge_memory_now(ctx);
    CHECK(t, !luge_load_data(ctx, f.root));
    refuses(t, ctx, LUGE_EFORMAT, "0 folders in it");
    tree_folder(t, &f, "dog");
    tree_folder(t, &f, "cat");
    tree_folder(t, &f, ".hidden");
    tree_put(t, &f, "dog/b.png", file, png_of(file, 4, 51));
    CHECK(t, !luge_load_data(ctx, f.root));
    refuses(t, ctx, LUGE_EFORMAT, "/cat: no PNG or JPEG files");
    tree_put(t, &f, "dog/a.PNG", file, png_of(file, 4, 255));
    tree_put(t, &f, "cat/z.png", file, png_of(file, 4, 0));
    tree_text(t, &f, "cat/notes.txt", "not an image");
    luge_dataset *data = luge_load_data(ctx, f.root);
    if (CHECK(t, data)) {
        CHECK_STATUS(t,
                     luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, 3, x, sizeof x),
                     LUGE_OK);
        CHECK(t, x[15] == 0 && x[16] == 1 && x[32] == (float)(51 / 255.));
        CHECK_STATUS(t, luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_I64, NULL, 3, y, sizeof y),
                     LUGE_OK);
        CHECK(t, y[0] == 0 && y[1] == 1 && y[2] == 1);
        CHECK_STATUS(t, luge_dataset_column(data, LUGE_TARGETS, 0, &info), LUGE_OK);
        if (CHECK(t, info.n_names == 2)) CHECK(t, !strcmp(info.names[0], "cat") && !strcmp(info.names[1], "dog"));
    }
    luge_dataset_free(data);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    tree_put(t, &f, "dog/c.png", file, png_of(file, 5, 9));
    CHECK(t, !luge_load_data(ctx, f.root));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "z.png has 4 x 4 in 1");
    refuses(t, ctx, LUGE_ESHAPE, "dog/c.png: 5 x 5 pixels");
    data = luge_load_data(ctx, f.root, .side = 2);
    CHECK(t, data && luge_dataset_column(data, LUGE_FEATURES, 0, &info) == LUGE_OK && info.shape.dim[0] == 2);
    luge_dataset_free(data);
    tree_put(t, &f, "dog/d.png", file, 40);
    CHECK(t, !luge_load_data(ctx, f.root, .side = 2));
    refuses(t, ctx, LUGE_EFORMAT, "dog/d.png: no whole PNG");
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    tree_end(&f);
    luge_close(ctx);
}

#endif

void test_extra(luge_test *t)
{
    RUN(t, doors);
    RUN(t, plain);
    RUN(t, standard_input);
    RUN(t, tables);
    RUN(t, made_up);
#if LUGE_HAVE_ZLIB
    RUN(t, gzip_members);
    RUN(t, gzip_limit);
    RUN(t, idx_pairs);
    RUN(t, idx_types);
    RUN(t, idx_refused);
    RUN(t, idx_without_memory);
    RUN(t, known_sets);
#else
    CHECK_SKIP(t, "built without zlib");
#endif
#if LUGE_HAVE_PNG && LUGE_HAVE_ZLIB
    RUN(t, folders);
#endif
}
