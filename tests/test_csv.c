/* test_csv.c: CSV files as data sets: every legal form is read, every other one refused with line and column. */
#include <locale.h>

#include "data_files.h"
#include "failing_alloc.h"
#include "luge/luge.h"

/* ---- what is read ------------------------------------------------------------------------------------------------ */

static void gathered(luge_test *t, luge_dataset *data, luge_role role, const double *expected, int64_t elements)
{
    double out[64] = { 0 };
    const int64_t rows = luge_dataset_rows(data);
    const size_t bytes = (size_t)(rows * elements) * sizeof(double);
    if (!CHECK(t, bytes <= sizeof out)) return;
    CHECK_STATUS(t, luge_dataset_gather(data, role, 0, LUGE_NUMBERS, LUGE_F64, NULL, rows, out, bytes), LUGE_OK);
    for (int64_t i = 0; i < rows * elements; i++) CHECK_CLOSE(t, out[i], expected[i], 0);
}

/* Forms of the same two rows of three columns. */
static void forms(luge_test *t)
{
    static const struct {
        const char *text;
        char delimiter;
        int no_header;
    } rows[] = {
        { "a,b,c\n1,2.5,-3e2\n4,0.5,6\n", 0, 0 },
        { "a,b,c\r\n1,2.5,-3e2\r\n4,0.5,6\r\n", 0, 0 },
        { "\xEF\xBB\xBF"
          "a,b,c\n1,2.5,-3e2\n4,0.5,6",
          0, 0 },
        { "\"a\",\"b\",\"c\"\n\"1\",\"2.5\",-3e2\n\"4\",0.5,\"6\"\r\n", 0, 0 },
        { "a;b;c\n1;2.5;-3e2\n4;0.5;6\n\n\r\n", ';', 0 },
        { "a\tb\tc\n1\t2.5\t-3e2\n4\t0.5\t6\n", '\t', 0 },
        { "1,2.5,-3e2\n4,0.5,6\n", 0, 1 },
    };
    const double x[] = { 1, 2.5, -300, 4, 0.5, 6 }, left[] = { 1, -300, 4, 6 }, y[] = { 2.5, 0.5 };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        luge_column_info info;
        const int bare = rows[i].no_header;
        CHECK(t, data_file_text(&f, rows[i].text));
        luge_dataset *d =
            luge_dataset_read_csv(ctx, f.path, .delimiter = rows[i].delimiter, .no_header = rows[i].no_header);
        if (!CHECK(t, d)) break;
        CHECK_EQ_INT(t, luge_dataset_rows(d), 2);
        CHECK_EQ_INT(t, luge_dataset_count(d, LUGE_TARGETS), 0);
        gathered(t, d, LUGE_FEATURES, x, 3);
        CHECK_STATUS(t, luge_dataset_column(d, LUGE_FEATURES, 0, &info), LUGE_OK);
        CHECK(t, info.n_names == 3 && info.dtype == LUGE_F32 && info.shape.dim[0] == 3);
        CHECK_STR_EQ(t, info.names[0], bare ? "0" : "a");
        CHECK_STR_EQ(t, info.names[2], bare ? "2" : "c");
        d = luge_dataset_read_csv(ctx, f.path, .delimiter = rows[i].delimiter, .no_header = rows[i].no_header,
                                  .target = bare ? "1" : "b", .dtype = LUGE_F64);
        if (!CHECK(t, d)) break;
        gathered(t, d, LUGE_FEATURES, left, 2);
        gathered(t, d, LUGE_TARGETS, y, 1);
        CHECK_STATUS(t, luge_dataset_column(d, LUGE_FEATURES, 0, &info), LUGE_OK);
        CHECK(t, info.n_names == 2 && info.dtype == LUGE_F64);
        CHECK_STR_EQ(t, info.names[1], bare ? "2" : "c");
        CHECK_STATUS(t, luge_dataset_column(d, LUGE_TARGETS, 0, &info), LUGE_OK);
        CHECK(t, info.kind == LUGE_NUMBERS && info.classes == 0);
        CHECK_STR_EQ(t, info.name, bare ? "1" : "b");
    }
    if (luge_failed(ctx)) CHECK_STR_EQ(t, luge_error(ctx), "");
    data_file_end(&f);
    luge_close(ctx);
}

static void classes(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_column_info info;
    int32_t y[5] = { 0 };
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    CHECK(t, data_file_text(&f, "x,kind\n1,pear\n2,\"a, \"\"b\"\"\nc\"\n3,Apple\n4,pear\n5,\xC3\xA4\n"));
    luge_dataset *d = luge_dataset_read_csv(ctx, f.path, .target = "kind");
    if (!CHECK(t, d)) CHECK_STR_EQ(t, luge_error(ctx), "");
    CHECK_STATUS(t, luge_dataset_column(d, LUGE_TARGETS, 0, &info), LUGE_OK);
    CHECK(t, info.kind == LUGE_CLASSES && info.classes == 4 && info.n_names == 4);
    CHECK_STR_EQ(t, info.names[0], "Apple"); /* by bytes: capitals first, UTF-8 last */
    CHECK_STR_EQ(t, info.names[1], "a, \"b\"\nc");
    CHECK_STR_EQ(t, info.names[2], "pear");
    CHECK_STR_EQ(t, info.names[3], "\xC3\xA4");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_I32, NULL, 5, y, sizeof y), LUGE_OK);
    CHECK(t, y[0] == 2 && y[1] == 1 && y[2] == 0 && y[3] == 2 && y[4] == 3);
    CHECK(t, data_file_text(&f, "x,kind\n1,0\n2,3\n3,1.0\n"));
    d = luge_dataset_read_csv(ctx, f.path, .target = "kind", .kind = LUGE_CLASSES);
    CHECK_STATUS(t, luge_dataset_column(d, LUGE_TARGETS, 0, &info), LUGE_OK);
    CHECK(t, info.kind == LUGE_CLASSES && info.classes == 4 && info.n_names == 0);
    CHECK(t, data_file_text(&f, "x,kind\n1,0\n2,none\n3,1\n"));
    d = luge_dataset_read_csv(ctx, f.path, .target = "kind", .kind = LUGE_CLASSES);
    CHECK_STATUS(t, luge_dataset_column(d, LUGE_TARGETS, 0, &info), LUGE_OK);
    CHECK(t, info.classes == 3 && info.n_names == 3);
    data_file_end(&f);
    luge_close(ctx);
}

/* Many words: the table grows; buffers end inside of fields and quotes. */
static void large(luge_test *t)
{
    enum { ROWS = 30000 };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    FILE *file = fopen(f.path, "wb");
    if (!CHECK(t, file)) return;
    (void)fprintf(file, "id,\"na\"\"me\",v\r\n");
    for (int i = 0; i < ROWS; i++) (void)fprintf(file, "%d,\"word \"\"%05d\"\"\",%d.25\r\n", i, i % 1000, ROWS - i);
    CHECK_EQ_INT(t, fclose(file), 0);
    const size_t before = luge_memory_now(ctx);
    luge_dataset *d = luge_dataset_read_csv(ctx, f.path, .target = "na\"me");
    if (CHECK(t, d)) {
        const size_t parsed = ROWS * 12, peak = luge_memory_peak(ctx) - before;
        CHECK(t, peak < parsed * 3 / 2 + (1 << 18) + (1 << 17)); /* a buffer, the words */
        float *x = malloc(ROWS * 8);
        int32_t *y = malloc(ROWS * 4);
        CHECK_STATUS(t,
                     luge_dataset_gather(d, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, NULL, ROWS, x, ROWS * 8),
                     LUGE_OK);
        CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_I32, NULL, ROWS, y, ROWS * 4),
                     LUGE_OK);
        int wrong = 0;
        for (int i = 0; i < ROWS; i++)
            wrong += x[2 * i] != (float)i || x[2 * i + 1] != (float)(ROWS - i) + 0.25f || y[i] != i % 1000;
        CHECK_EQ_INT(t, wrong, 0);
        free(x);
        free(y);
    }
    luge_dataset_free(d);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    data_file_end(&f);
    luge_close(ctx);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void malformed(luge_test *t)
{
    static const struct {
        const char *text, *target;
        luge_target_kind kind;
        luge_status status;
        const char *part, *other;
    } rows[] = {
        { "a,texture\n1,2\n3,\"12,4\"\n", NULL, 0, LUGE_EFORMAT, "line 3, column 2 (texture): \"12,4\" is not a number",
          "" },
        { "a,b\n1,2\n3\n", NULL, 0, LUGE_EFORMAT, "line 3: 1 fields", "2 are expected" },
        { "a,b\n1,2,3,4\n", NULL, 0, LUGE_EFORMAT, "line 2: 4 fields", "2 are expected" },
        { "a,b\n1,2,\n", NULL, 0, LUGE_EFORMAT, "3 fields", "" },
        { "a,b\n1,\n", NULL, 0, LUGE_EFORMAT, "line 2, column 2 (b)", "is empty" },
        { "a,b\n1,nan\n", NULL, 0, LUGE_EFORMAT, "\"nan\" is not a number", "" },
        { "a,b\n1,inf\n", NULL, 0, LUGE_EFORMAT, "\"inf\" is not a number", "" },
        { "a,b\n1, 2\n", NULL, 0, LUGE_EFORMAT, "\" 2\" is not a number", "" },
        { "a,b\n1,0x10\n", NULL, 0, LUGE_EFORMAT, "not a number", "" },
        { "a,b\n1,1e39\n", NULL, 0, LUGE_EFORMAT, "too large for f32", "" },
        { "a,b\n1,1e400\n", NULL, 0, LUGE_EFORMAT, "too large for f32", "" },
        { "a,b\n1,2\n\n3,4\n", NULL, 0, LUGE_EFORMAT, "line 3", "blank" },
        { "\na,b\n1,2\n", NULL, 0, LUGE_EFORMAT, "line 1", "blank" },
        { "a,b,a\n1,2,3\n", NULL, 0, LUGE_EFORMAT, "column 1 (a)", "another column" },
        { "a,b\n", NULL, 0, LUGE_EFORMAT, "no rows", "" },
        { "", NULL, 0, LUGE_EFORMAT, "empty", "" },
        { "\n\n", NULL, 0, LUGE_EFORMAT, "empty", "" },
        { "\xEF\xBB\xBF", NULL, 0, LUGE_EFORMAT, "empty", "" },
        { "\x1f\x8b\x08 ...", NULL, 0, LUGE_EFORMAT, "gunzip", "" },
        { "a,b\n1,\"2\n", NULL, 0, LUGE_EFORMAT, "line 2", "never closed" },
        { "a,b\n1,\"2\"3\n", NULL, 0, LUGE_EFORMAT, "line 2", "closing quote" },
        { "a,b\n1,2\"3\"\n", NULL, 0, LUGE_EFORMAT, "line 2", "quote inside" },
        { "a,b\r1,2\r", NULL, 0, LUGE_EFORMAT, "line 1", "carriage return" },
        { "a,b\n1,2\r", NULL, 0, LUGE_EFORMAT, "line 2", "carriage return" },
        { "radius,texture,diagnosis\n1,2,3\n", "diagnoses", 0, LUGE_EINVAL, "\"diagnoses\"",
          "nearest name is \"diagnosis\"" },
        { "a;b\n1;2\n", "a;b", 0, LUGE_EFORMAT, "only column", "','" },
        { "a,y\n1,2\n1,\n", "y", 0, LUGE_EFORMAT, "line 3, column 2 (y)", "empty" },
        { "a,y\n1,2\n1,NA\n", "y", 0, LUGE_EFORMAT, "\"NA\"", "LUGE_CLASSES" },
        { "a,y\n1,0.5\n", "y", LUGE_CLASSES, LUGE_EFORMAT, "line 2", "not the number of a class" },
        { "a,y\n1,-1\n", "y", LUGE_CLASSES, LUGE_EFORMAT, "line 2", "not the number of a class" },
        { "a,y\n1,3e9\n", "y", LUGE_CLASSES, LUGE_EFORMAT, "line 2", "not the number of a class" },
        { "a,y\n1,2e9\n", "y", LUGE_CLASSES, LUGE_EINVAL, "class 2000000000", "" },
        { "a,y\n1,x\n", "y", LUGE_NUMBERS, LUGE_EFORMAT, "line 2", "not a number" },
        { "a,b\n1,this is a long text that cannot be a number \xC3\xA4\xC3\xA4 at all\n", NULL, 0, LUGE_EFORMAT,
          "this is a long", "...\"" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    const size_t base = luge_memory_now(ctx);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(t, data_file_text(&f, rows[i].text));
        CHECK(t, !luge_dataset_read_csv(ctx, f.path, .target = rows[i].target, .kind = rows[i].kind));
        CHECK_STATUS(t, luge_failure(ctx), rows[i].status);
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].part);
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].other);
        luge_clear(ctx);
        CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    }
    data_file_end(&f);
    luge_close(ctx);
}

/* Zero bytes, and fields as long as may be and longer, quoted and not. */
static void long_fields(luge_test *t)
{
    enum { MOST = 65536 };
    luge_context *ctx = luge_open(.threads = 1);
    char *text = malloc(3 * MOST);
    data_file f;
    if (!CHECK(t, ctx && text) || !data_file_begin(t, &f, "a.csv")) return;
    for (int k = 0; k < 4; k++) {
        const int quoted = k & 1, n = MOST + (k >> 1);
        memset(text, quoted ? '"' : 'a', 3 * MOST);
        const int length = quoted ? 2 * n + 2 : n;
        memcpy(text + length, ",b\n1,2\n", 7);
        CHECK(t, data_file_put(&f, text, (size_t)length + 7, NULL, 0));
        luge_dataset *d = luge_dataset_read_csv(ctx, f.path);
        CHECK(t, (d != NULL) == (n == MOST));
        if (n > MOST) CHECK_STR_CONTAINS(t, luge_error(ctx), "line 1, column 1: a field of more than 65536 bytes");
        luge_clear(ctx);
    }
    CHECK(t, data_file_put(&f, "a,b\n1,2\0\n", 9, NULL, 0) && !luge_dataset_read_csv(ctx, f.path));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "line 2, column 2: a zero byte");
    luge_clear(ctx);
    CHECK(t, data_file_put(&f, "a,b\n1,\"\0\"\n", 10, NULL, 0) && !luge_dataset_read_csv(ctx, f.path));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "line 2, column 2: a zero byte");
    free(text);
    data_file_end(&f);
    luge_close(ctx);
}

static void options(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    CHECK(t, data_file_text(&f, "a,b\n1,2\n"));
    CHECK(t, !luge_dataset_read_csv(ctx, NULL));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "path is NULL");
    luge_clear(ctx);
    CHECK(t, !luge_dataset_read_csv(ctx, f.path, .dtype = LUGE_I32));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "i32");
    luge_clear(ctx);
    CHECK(t, !luge_dataset_read_csv(ctx, f.path, .delimiter = '\n'));
    luge_clear(ctx);
    CHECK(t, !luge_dataset_read_csv(ctx, f.path, .kind = LUGE_ONE_HOT));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "LUGE_NUMBERS or LUGE_CLASSES");
    luge_clear(ctx);
    CHECK(t, !luge_dataset_read_csv(ctx, f.folder));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EIO);
    CHECK(t, !luge_dataset_read_csv(ctx, f.path)); /* the error sticks */
    CHECK(t, !luge_dataset_read_csv_with(NULL, NULL));
    data_file_end(&f);
    luge_close(ctx);
}

/* Every beginning of a file is read or refused; the locale does not matter. */
static void truncations(luge_test *t)
{
    const char *text = "\xEF\xBB\xBF"
                       "a,\"b\"\"\",c\r\n1,\"2\",x\r\n3,-4.5e-1,\"y\"\"z\"\r\n\r\n";
    luge_context *ctx = luge_open(.threads = 1);
    int good = 0;
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        CHECK(t, data_file_put(&f, text, cut, NULL, 0));
        luge_dataset *d = luge_dataset_read_csv(ctx, f.path, .target = "c");
        CHECK(t, (d != NULL) != luge_failed(ctx));
        good += d != NULL;
        luge_clear(ctx);
        luge_dataset_free(d);
    }
    (void)setlocale(LC_ALL, "C");
    CHECK_EQ_INT(t, good, 6); /* whole rows: x, x\r\n, "y", "y""z", and so with one line end and two */
    data_file_end(&f);
    luge_close(ctx);
}

static luge_status read_one(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    luge_dataset *d = luge_dataset_read_csv(ctx, ((data_file *)user)->path, .target = "y");
    return d ? LUGE_OK : luge_failure(ctx);
}

static void no_memory(luge_test *t)
{
    data_file f;
    if (!data_file_begin(t, &f, "a.csv")) return;
    CHECK(t, data_file_text(&f, "a,b,y\n1,2,red\n3,4,green\n5,6,red\n"));
    luge__test_oom_sweep(t, "reading CSV", read_one, &f);
    data_file_end(&f);
}

void test_csv(luge_test *t)
{
    RUN(t, forms);
    RUN(t, classes);
    RUN(t, large);
    RUN(t, malformed);
    RUN(t, long_fields);
    RUN(t, options);
    RUN(t, truncations);
    RUN(t, no_memory);
}
