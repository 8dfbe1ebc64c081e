/* test_table.c: CSV files as tables: what is a number, what is missing, what is text; and what is refused. */
#include <locale.h>
#include <math.h>

#include "data_files.h"
#include "failing_alloc.h"
#include "luge/luge.h"

/* The table of a text as a file called a.csv. */
static luge_table *table_of(luge_test *t, luge_context *ctx, const data_file *f, const char *text)
{
    CHECK(t, data_file_text(f, text));
    return luge_table_read(ctx, f->path);
}

static luge_table_column column_of(luge_test *t, const luge_table *table, int index)
{
    luge_table_column c = { 0 };
    CHECK_STATUS(t, luge_table_column_at(table, index, &c), LUGE_OK);
    return c;
}

/* ---- what is read ------------------------------------------------------------------------------------------------ */

/* Forms of the same two rows of three columns. */
static void forms(luge_test *t)
{
    static const struct {
        const char *text;
        char delimiter, decimal;
        int header;
    } rows[] = {
        { "a,b,c\n1,2.5,x\n-3e2,,y z\n", 0, 0, 0 },
        { "a,b,c\r\n1,2.5,x\r\n-3e2,NA,y z", 0, 0, 0 },
        { "\xEF\xBB\xBF"
          "a;b;c\n1;2.5;x\n-300;?;y z\n\n\r\n",
          0, 0, 0 },
        { "a\tb\tc\n1\t2.5\tx\n-300\tnull\ty z\n", 0, 0, 0 },
        { "\"a\",\"b\",\"c\"\n\"1\",\"2.5\",\"x\"\n\"-300\",\"\",\"y z\"\n", 0, 0, 0 },
        { "a, b, c\n 1, 2.5, x\n -300, n/a , y z\t\n", 0, 0, 0 },
        { "a;b;c\n1;2,5;x\n-300;NaN;y z\n", 0, ',', 0 },
        { "a|b|c\n1|2.5|x\n-300|Null|y z\n", '|', 0, 0 },
        { "1,2.5,x\n-300,,y z\n", 0, 0, 0 },
        { "1,2.5,x\n-300,,y z\n", 0, 0, -1 },
        { "a,\"b,b\",4\n1,2.5,x\n-300,,y z\n", 0, 0, 1 },
        { ",\"b\n;;;;b\",c\n1,+2.5,x\n-300.0,,y z\n", 0, 0, 0 },
    };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(t, data_file_text(&f, rows[i].text));
        luge_table *d = luge_table_read(ctx, f.path, .delimiter = rows[i].delimiter, .decimal = rows[i].decimal,
                                        .header = rows[i].header);
        if (!CHECK(t, d)) break;
        CHECK_EQ_INT(t, luge_table_rows(d), 2);
        CHECK_EQ_INT(t, luge_table_columns(d), 3);
        CHECK_CLOSE(t, luge_table_number(d, 0, 0), 1, 0);
        CHECK_CLOSE(t, luge_table_number(d, 1, 0), -300, 0);
        CHECK_CLOSE(t, luge_table_number(d, 0, 1), 2.5, 0);
        CHECK(t, isnan(luge_table_number(d, 1, 1)) && isnan(luge_table_number(d, 0, 2)));
        CHECK_STR_EQ(t, luge_table_text(d, 0, 2), "x");
        CHECK_STR_EQ(t, luge_table_text(d, 1, 2), "y z");
        CHECK(t, !luge_table_text(d, 0, 0));
        CHECK_EQ_INT(t, column_of(t, d, 1).missing, 1);
        luge_table_free(d);
    }
    if (luge_failed(ctx)) CHECK_STR_EQ(t, luge_error(ctx), "");
    data_file_end(&f);
    luge_close(ctx);
}

static void looking(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_table_column c;
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    luge_table *d =
        table_of(t, ctx, &f, "whole,half,none,word,\n3,0.5,,b,1\n-0,,NA,a,1\n0,7,?,,1\n3,0.5,null,\"b\",1\n");
    if (!CHECK(t, d)) return;
    c = column_of(t, d, 0);
    CHECK_STR_EQ(t, c.name, "whole");
    CHECK(t, c.whole && !c.is_text && c.distinct == 2 && c.missing == 0);
    CHECK(t, c.min >= 0 && c.min <= 0 && c.max >= 3 && c.max <= 3);
    c = column_of(t, d, 1);
    CHECK(t, !c.whole && c.distinct == 2 && c.missing == 1 && c.min < 0.6 && c.max > 6);
    c = column_of(t, d, 2);
    CHECK(t, !c.whole && !c.is_text && c.distinct == 0 && c.missing == 4 && isnan(c.min) && isnan(c.max));
    c = column_of(t, d, 3);
    CHECK(t, c.is_text && c.distinct == 2 && c.missing == 1 && isnan(c.min));
    CHECK(t, !luge_table_text(d, 2, 3));
    CHECK_STR_EQ(t, column_of(t, d, 4).name, "5"); /* one without a name */
    CHECK_EQ_INT(t, luge_table_find(d, "word"), 3);
    CHECK_EQ_INT(t, luge_table_find(d, "wor"), -1);
    CHECK_EQ_INT(t, luge_table_find(d, NULL), -1);
    CHECK(t, isnan(luge_table_number(d, 4, 0)) && isnan(luge_table_number(d, -1, 0)));
    CHECK(t, isnan(luge_table_number(d, 0, 5)) && !luge_table_text(d, 0, -1));
    CHECK_STATUS(t, luge_table_column_at(d, 5, &c), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "column 5");
    CHECK(t, luge_table_rows(NULL) == 0 && luge_table_columns(NULL) == 0);
    CHECK_STATUS(t, luge_table_column_at(NULL, 0, &c), LUGE_EINVAL);
    luge_table_free(NULL);
    data_file_end(&f);
    luge_close(ctx);
}

/* A column that turns to text keeps what its numbers said, in the first rows. */
static void turning(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    luge_table *d = table_of(t, ctx, &f, "a,b\n007,1\n,2\n1.50,3\n \"x\" ,4\n");
    CHECK(t, !d);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "line 5, column 1: a quote inside a field");
    luge_clear(ctx);
    d = table_of(t, ctx, &f, "a,b\n007,1\n,2\n1.50,3\nx,4\n+7,5\ninf,6\n");
    if (!CHECK(t, d)) return;
    CHECK_STR_EQ(t, luge_table_text(d, 0, 0), "007");
    CHECK(t, !luge_table_text(d, 1, 0));
    CHECK_STR_EQ(t, luge_table_text(d, 2, 0), "1.50");
    CHECK_STR_EQ(t, luge_table_text(d, 4, 0), "+7");
    CHECK_STR_EQ(t, luge_table_text(d, 5, 0), "inf");
    CHECK_EQ_INT(t, column_of(t, d, 0).distinct, 5);
    for (int at = 9998; at <= 10001; at++) { /* rows of numbers before the text */
        FILE *file = fopen(f.path, "wb");
        if (!CHECK(t, file)) return;
        (void)fprintf(file, "a,b\n");
        for (int i = 0; i < at; i++) (void)fprintf(file, "%d.0,%d\n", i % 3000, i);
        (void)fprintf(file, "x,1\n%d.0,-1\n", 5);
        CHECK_EQ_INT(t, fclose(file), 0);
        d = luge_table_read(ctx, f.path);
        if (!CHECK(t, d)) return;
        CHECK_EQ_INT(t, luge_table_rows(d), at + 2);
        CHECK_STR_EQ(t, luge_table_text(d, 5, 0), at < 10000 ? "5.0" : "5");
        CHECK_STR_EQ(t, luge_table_text(d, 9000 + 997, 0), at < 10000 ? "997.0" : "997");
        CHECK_STR_EQ(t, luge_table_text(d, at, 0), "x");
        CHECK_STR_EQ(t, luge_table_text(d, at + 1, 0), "5.0");
        CHECK_CLOSE(t, luge_table_number(d, at - 1, 1), at - 1, 0);
        luge_table_free(d);
    }
    data_file_end(&f);
    luge_close(ctx);
}

/* Numbers of all lengths are what strtod makes of them, wherever buffers end. */
static void numbers(luge_test *t)
{
    enum { ROWS = 40000, COLUMNS = 5 };
    static const char *const forms[] = { "%.0f", "%.3f", "%.17g", "%.18e", "%g" };
    double *x = malloc(sizeof *x * ROWS * COLUMNS);
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx && x) || !data_file_begin(t, &f, "a.csv")) return;
    FILE *file = fopen(f.path, "wb");
    if (!CHECK(t, file)) return;
    (void)fprintf(file, "a,b,c,d,e\n");
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        char text[400];
        const int last = i % COLUMNS == COLUMNS - 1;
        const double size = pow(10, luge_test_uniform(t, -3, i % 7 ? 8 : 25));
        (void)snprintf(text, sizeof text, forms[luge_test_below(t, 5)], i % 3 ? size : -size);
        x[i] = strtod(text, NULL);
        (void)fprintf(file, "%s%s", text, !last ? "," : i % 2 ? "\r\n" : "\n");
    }
    CHECK_EQ_INT(t, fclose(file), 0);
    const size_t before = luge_memory_now(ctx);
    luge_table *d = luge_table_read(ctx, f.path);
    if (CHECK(t, d)) {
        int wrong = 0;
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            const double got = luge_table_number(d, i / COLUMNS, i % COLUMNS);
            wrong += memcmp(&got, &x[i], sizeof got) != 0;
        }
        CHECK_EQ_INT(t, wrong, 0);
        CHECK_EQ_INT(t, column_of(t, d, 0).distinct, 1000); /* no more are counted */
        CHECK(t, luge_memory_peak(ctx) - before < ROWS * COLUMNS * sizeof(double) * 5 / 4 + (5 << 20));
        CHECK(t, luge_memory_now(ctx) - before < ROWS * COLUMNS * sizeof(double) * 21 / 20);
    }
    luge_table_free(d);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    free(x);
    data_file_end(&f);
    luge_close(ctx);
}

/* ---- readers ----------------------------------------------------------------------------------------------------- */

typedef struct stream {
    const char *text;
    size_t bytes, at, most;
    int64_t end; /* what the end is told by */
} stream;

static int64_t read_stream(void *user, void *data, size_t bytes)
{
    stream *s = user;
    size_t n = s->bytes - s->at;
    if (n == 0) return s->end;
    if (n > bytes) n = bytes;
    if (n > s->most) n = s->most;
    memcpy(data, s->text + s->at, n);
    s->at += n;
    return (int64_t)n;
}

static void readers(luge_test *t)
{
    const char *text = "\xEF\xBB\xBF"
                       "a,b\r\n1,\"x\"\"y\"\r\n2,z\r\n";
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    for (size_t most = 1; most < 40; most += 3) {
        stream s = { .text = text, .bytes = strlen(text), .most = most };
        const luge_reader reader = { read_stream, &s };
        luge_table *d = luge_table_read(ctx, "standard input", .reader = &reader);
        if (!CHECK(t, d)) return;
        CHECK_EQ_INT(t, luge_table_rows(d), 2);
        CHECK_STR_EQ(t, luge_table_text(d, 0, 1), "x\"y");
        luge_table_free(d);
    }
    stream s = { .text = text, .bytes = strlen(text), .most = 10, .end = -1 };
    const luge_reader reader = { read_stream, &s };
    CHECK(t, !luge_table_read(ctx, "standard input", .reader = &reader));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "standard input: its reader failed");
    luge_clear(ctx);
    s = (stream){ .text = text, .bytes = strlen(text), .most = 10, .end = 1 << 24 };
    CHECK(t, !luge_table_read(ctx, "standard input", .reader = &reader));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EINVAL);
    luge_clear(ctx);
    const luge_reader none = { NULL, NULL };
    CHECK(t, !luge_table_read(ctx, "x", .reader = &none));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "no function");
    luge_close(ctx);
}

/* A stream of two gigabytes without an end of its one line, of one field, or of short ones: refused in bounded memory.
 */
typedef struct endless {
    const char *unit;
    int64_t left;
} endless;

static int64_t read_endless(void *user, void *data, size_t bytes)
{
    endless *e = user;
    const size_t unit = strlen(e->unit);
    char *to = data;
    size_t n = 0;
    for (; n + unit <= bytes && e->left > 0; n += unit, e->left -= (int64_t)unit) memcpy(to + n, e->unit, unit);
    return (int64_t)n;
}

static void endless_lines(luge_test *t)
{
    static const struct {
        const char *unit, *part;
        size_t memory;
    } rows[] = {
        { "x", "line 1, column 1: a field of more than 1048576 bytes", 8 << 20 },
        { "\"\"", "line 1, column 1: a field of more than 1048576 bytes", 8 << 20 },
        { "1,", "line 1: more than 100000 columns", 32 << 20 },
        { "\n", "a.csv: the file is empty", 8 << 20 },
        { "1\n", "", 8 << 20 },
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        endless e = { rows[i].unit, i < 3 ? (int64_t)2 << 30 : 1 << 18 };
        const luge_reader reader = { read_endless, &e };
        luge_context *own = luge_open(.threads = 1);
        luge_table *d = luge_table_read(own, "a.csv", .reader = &reader);
        CHECK(t, !d == (i < 4));
        CHECK_STR_CONTAINS(t, luge_error(own), rows[i].part);
        CHECK(t, luge_memory_peak(own) < rows[i].memory);
        CHECK(t, i > 2 || e.left > (int64_t)1 << 30);
        luge_close(own);
    }
    luge_close(ctx);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void refused(luge_test *t)
{
    static const struct {
        const char *text;
        luge_status status;
        const char *part, *other;
    } rows[] = {
        { "", LUGE_EFORMAT, "a.csv: the file is empty", "" },
        { "\n\n", LUGE_EFORMAT, "empty", "" },
        { "a,b\n", LUGE_EFORMAT, "no rows follow its header", "" },
        { "a,b", LUGE_EFORMAT, "no rows", "" },
        { "a,b\n1,2\n3\n", LUGE_EFORMAT, "a.csv, line 3: 1 fields", "2 are expected" },
        { "a,b\n1,2\n3,4,5,6\n", LUGE_EFORMAT, "line 3: 4 fields", "2 are expected" },
        { "a,b\nx,y\n3,4,\"\n\n\"\n", LUGE_EFORMAT, "line 3: 3 fields", "2 are expected" },
        { "a,b,a\n1,2,3\n", LUGE_EFORMAT, "line 1, column 3: \"a\"", "another column" },
        { "2,,b\n1,2,3\n", 0, "", "" },
        { "x,,2\n1,2,3\n", 0, "", "" },
        { "x,,\"2a\"\n1,2,3\n", 0, "", "" },
        { "a,b\n1,inf\n", LUGE_EFORMAT, "line 2, column 2 (b): \"inf\" is not a finite number", "" },
        { "a,b\n1,-Infinity\n", LUGE_EFORMAT, "line 2, column 2 (b): \"-Infinity\"", "" },
        { "a,b\n1,2\n1e999,2\n", LUGE_EFORMAT, "line 3, column 1 (a): \"1e999\" is too large", "" },
        { "a\xFF,b\n1,2\n", LUGE_EFORMAT, "line 1, column 1: byte 2", "not UTF-8" },
        { "a,b\n1,2\n1,\xE4\n", LUGE_EFORMAT, "line 3, column 2: byte 1", "not UTF-8" },
        { "a,b\n1,\"2\n", LUGE_EFORMAT, "line 2, column 2", "never closed" },
        { "a,b\n1,\"2\"3\n", LUGE_EFORMAT, "line 2, column 2", "closing quote" },
        { "a,b\n1,2\n\n3,4\n", LUGE_EFORMAT, "line 3", "blank line" },
        { "a,b\r1,2\r", LUGE_EFORMAT, "line 1", "carriage return" },
        { "a,b\n1,2\r3,4", LUGE_EFORMAT, "line 2", "carriage return" },
        { "\x1f\x8b\x08 ...", LUGE_EFORMAT, "gunzip", "" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    const size_t base = luge_memory_now(ctx);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        luge_table *d = table_of(t, ctx, &f, rows[i].text);
        CHECK(t, !d == (rows[i].status != LUGE_OK));
        CHECK_STATUS(t, luge_failure(ctx), rows[i].status);
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].part);
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].other);
        luge_table_free(d);
        luge_clear(ctx);
        CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    }
    CHECK(t, data_file_put(&f, "a,b\n1,2\0\n", 9, NULL, 0) && !luge_table_read(ctx, f.path));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "line 2, column 2: a zero byte");
    luge_clear(ctx);
    CHECK(t, !luge_table_read(ctx, f.folder));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_EIO);
    CHECK(t, !luge_table_read(ctx, f.path)); /* the error sticks */
    data_file_end(&f);
    luge_close(ctx);
}

static void options(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    CHECK(t, !luge_table_read(ctx, NULL));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "path is NULL");
    luge_clear(ctx);
    CHECK(t, !luge_table_read(ctx, "x", .decimal = ';'));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "decimal is ';'");
    luge_clear(ctx);
    for (const char *c = "\"\n.,7-"; *c; c++) {
        CHECK(t, !luge_table_read(ctx, "x", .delimiter = *c, .decimal = *c == ',' ? ',' : 0));
        CHECK_STR_CONTAINS(t, luge_error(ctx), "as delimiter");
        luge_clear(ctx);
    }
    CHECK(t, !luge_table_read_with(NULL, NULL));
    luge_close(ctx);
}

/* Decimal commas: points are no part of numbers then; the locale does not matter. */
static void commas(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    data_file f;
    if (!CHECK(t, ctx) || !data_file_begin(t, &f, "a.csv")) return;
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    CHECK(t, data_file_text(&f, "a;b;c;d\n1,5;1.5;1.000,5;-2,5e-1\n12345678901234567890,25;1,5;2;1,2,3\n"));
    luge_table *d = luge_table_read(ctx, f.path, .decimal = ',');
    if (CHECK(t, d)) {
        CHECK_CLOSE(t, luge_table_number(d, 0, 0), 1.5, 0);
        CHECK_CLOSE(t, luge_table_number(d, 1, 0), 12345678901234567890.25, 0);
        CHECK_STR_EQ(t, luge_table_text(d, 0, 1), "1.5");
        CHECK_STR_EQ(t, luge_table_text(d, 0, 2), "1.000,5");
        CHECK_STR_EQ(t, luge_table_text(d, 0, 3), "-2,5e-1");
        CHECK_STR_EQ(t, luge_table_text(d, 1, 3), "1,2,3");
    }
    CHECK(t, data_file_text(&f, "a\n1,5\n2,5\n"));
    d = luge_table_read(ctx, f.path, .decimal = ',');
    if (CHECK(t, d)) CHECK(t, luge_table_columns(d) == 1 && luge_table_number(d, 1, 0) > 2);
    (void)setlocale(LC_ALL, "C");
    data_file_end(&f);
    luge_close(ctx);
}

static luge_status read_one(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    luge_table *d = luge_table_read(ctx, ((data_file *)user)->path);
    return d ? LUGE_OK : luge_failure(ctx);
}

static void no_memory(luge_test *t)
{
    data_file f;
    if (!data_file_begin(t, &f, "a.csv")) return;
    CHECK(t, data_file_text(&f, "a,b,y\n1,2,red\n3,4,green\n5,x,red\n"));
    luge__test_oom_sweep(t, "reading a table", read_one, &f);
    FILE *file = fopen(f.path, "wb");
    if (!CHECK(t, file)) return;
    for (int i = 0; i < 2500; i++) (void)fprintf(file, "%d,%d,%d\n", i, i % 9, i);
    (void)fprintf(file, "1,x,2\n\"%070000d\",2,3\n", 7);
    CHECK_EQ_INT(t, fclose(file), 0);
    luge__test_oom_sweep(t, "reading a longer table", read_one, &f);
    data_file_end(&f);
}

void test_table(luge_test *t)
{
    RUN(t, forms);
    RUN(t, looking);
    RUN(t, turning);
    RUN(t, numbers);
    RUN(t, readers);
    RUN(t, endless_lines);
    RUN(t, refused);
    RUN(t, options);
    RUN(t, commas);
    RUN(t, no_memory);
}
