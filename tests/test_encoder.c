/* test_encoder.c: what an encoder learns, what it makes of tables, its text, and what is refused. */
#include <math.h>

#include "data_files.h"
#include "failing_alloc.h"
#include "luge/luge.h"

static luge_table *table_of(luge_test *t, luge_context *ctx, const char *text)
{
    data_file f;
    luge_table *table = NULL;
    if (data_file_begin(t, &f, "people.csv") && CHECK(t, data_file_text(&f, text)))
        table = luge_table_read(ctx, f.path);
    data_file_end(&f);
    return table;
}

static luge_encoder_info info_of(luge_test *t, const luge_encoder *encoder)
{
    luge_encoder_info info = { 0 };
    CHECK_STATUS(t, luge_encoder_info_of(encoder, &info), LUGE_OK);
    return info;
}

/* All features of a data set, and its targets (as f64) where there are any, are those. */
static void check_data(luge_test *t, luge_dataset *data, const float *x, int64_t features, const double *y)
{
    float got[128] = { 0 };
    double target[32] = { 0 };
    if (!CHECK(t, data != NULL)) return;
    const int64_t rows = luge_dataset_rows(data);
    const size_t bytes = (size_t)(rows * features) * sizeof *got;
    if (!CHECK(t, bytes <= sizeof got && rows <= 32)) return;
    CHECK_STATUS(t, luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_NUMBERS, LUGE_F32, NULL, rows, got, bytes),
                 LUGE_OK);
    for (int64_t i = 0; i < rows * features; i++) CHECK_CLOSE(t, got[i], x[i], 0);
    CHECK_EQ_INT(t, luge_dataset_count(data, LUGE_TARGETS), y != NULL);
    if (!y) return;
    CHECK_STATUS(t,
                 luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_NUMBERS, LUGE_F64, NULL, rows, target,
                                     (size_t)rows * sizeof *target),
                 LUGE_OK);
    for (int64_t i = 0; i < rows; i++) CHECK_CLOSE(t, target[i], y[i], 0);
}

static const char people[] = "id,age,colour,flag,same,kind\n"
                             "a1,30,red,,1,pear\n"
                             "a2,,blue,yes,1,apple\n"
                             "a3,50,red,,1,pear\n"
                             "a4,40,,yes,1,Fig\n"
                             "a5,1e6,green,,1,pear\n"; /* the last row is not learnt from */

static const int64_t first_four[] = { 0, 1, 2, 3 };

/* ---- learning --------------------------------------------------------------------------------------------------- */

static void learning(luge_test *t)
{
    static const char *const features[] = { "age", "age is missing", "colour = blue", "colour = red", "flag = yes" };
    static const float x[] = { 30, 0, 0, 1, 0, 40, 1, 1, 0, 1, 50, 0, 0, 1, 0, 40, 0, 0, 0, 1, 1e6f, 0, 0, 0, 0 };
    const double y[] = { 2, 1, 2, 0, 2 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_column_info column;
    if (!CHECK(t, ctx)) return;
    luge_table *table = table_of(t, ctx, people);
    luge_encoder *e = luge_encoder_learn(ctx, table, .rows = first_four, .n_rows = 4, .most_categories = 3);
    if (!CHECK(t, e)) CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_encoder_info info = info_of(t, e);
    CHECK_EQ_INT(t, info.task, LUGE_CLASSIFICATION);
    CHECK_STR_EQ(t, info.target, "kind");
    CHECK_EQ_INT(t, info.classes, 3);
    CHECK_STR_EQ(t, info.class_names[0], "Fig");
    CHECK_STR_EQ(t, info.class_names[1], "apple");
    CHECK_STR_EQ(t, info.class_names[2], "pear");
    CHECK_EQ_INT(t, info.features, 5);
    for (int i = 0; i < 5; i++) CHECK_STR_EQ(t, info.feature_names[i], features[i]);
    CHECK(t, info.numeric == 1 && info.text == 2 && info.with_missing == 3 && info.left_out == 2);
    CHECK_STR_EQ(t, info.left_out_names[0], "id");
    CHECK_STR_CONTAINS(t, info.left_out_reasons[0], "4 different texts; 3 are the most");
    CHECK_STR_EQ(t, info.left_out_names[1], "same");
    CHECK_STR_CONTAINS(t, info.left_out_reasons[1], "one value only");
    luge_dataset *data = luge_encode(e, table, 1);
    check_data(t, data, x, 5, y);
    CHECK_STATUS(t, luge_dataset_column(data, LUGE_FEATURES, 0, &column), LUGE_OK);
    CHECK(t, column.dtype == LUGE_F32 && column.n_names == 5);
    CHECK_STR_EQ(t, column.names[2], "colour = blue");
    CHECK_STATUS(t, luge_dataset_column(data, LUGE_TARGETS, 0, &column), LUGE_OK);
    CHECK(t, column.kind == LUGE_CLASSES && column.classes == 3 && column.dtype == LUGE_I32);
    CHECK_STR_EQ(t, column.name, "kind");
    CHECK_STR_EQ(t, column.names[0], "Fig");
    luge_table_free(table); /* neither needs it any more */
    check_data(t, data, x, 5, y);
    /* columns in another order, others beside them, no target, a new word, numbers where there were words */
    table = table_of(t, ctx, "flag,colour,more,age\nno,1,x,\nyes,,y,7\n");
    static const float other[] = { 40, 1, 0, 0, 0, 7, 0, 0, 0, 1 };
    check_data(t, luge_encode(e, table, 0), other, 5, NULL);
    if (luge_failed(ctx)) CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

/* Statistics are those of the training rows, against slow ones. */
static void medians(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    for (int n = 2; n < 40; n++) {
        char text[4096];
        double value[40], sum = 0, squares = 0;
        size_t at = (size_t)snprintf(text, sizeof text, "x,z,y\n");
        for (int i = 0; i < n; i++) {
            value[i] = floor(luge_test_uniform(t, -50, 50)) / (n % 3 ? 8 : 0.125);
            at += (size_t)snprintf(text + at, sizeof text - at, "%.17g,%d,%.17g\n", value[i], i, value[i] + 0.5);
            sum += value[i] + 0.5;
        }
        (void)snprintf(text + at, sizeof text - at, ",1,1\n1e30,1,1e30\n");
        for (int i = 0; i < n; i++) squares += pow(value[i] + 0.5 - sum / n, 2);
        int64_t rows[40];
        for (int i = 0; i < n; i++) rows[i] = n - 1 - i;
        luge_table *table = table_of(t, ctx, text);
        luge_encoder *e = luge_encoder_learn(ctx, table, .task = LUGE_REGRESSION, .rows = rows, .n_rows = n);
        if (squares > 0 && CHECK(t, e)) {
            float x[160];
            luge_dataset *data = luge_encode(e, table, 1);
            for (int i = 1; i < n; i++) { /* sorted by insertion */
                const double v = value[i];
                int k = i;
                for (; k > 0 && value[k - 1] > v; k--) value[k] = value[k - 1];
                value[k] = v;
            }
            CHECK_STATUS(t,
                         luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_NUMBERS, LUGE_F32, NULL, n + 2, x,
                                             (size_t)(n + 2) * 8),
                         LUGE_OK);
            CHECK_CLOSE(t, x[2 * n], (value[(n - 1) / 2] + value[n / 2]) / 2, 0);
            const luge_encoder_info info = info_of(t, e);
            CHECK(t, info.task == LUGE_REGRESSION && info.classes == 0 && info.features == 2);
            CHECK_CLOSE(t, info.target_mean, sum / n, 1e-12 * fabs(sum) + 1e-12);
            CHECK_CLOSE(t, info.target_deviation, sqrt(squares / n), 1e-12 * sqrt(squares));
        }
        luge_clear(ctx);
    }
    luge_close(ctx);
}

/* Which task a target is taken for. */
static void tasks(luge_test *t)
{
    static const struct {
        const char *text;
        luge_task given, task;
        int64_t classes;
        const char *first, *last;
    } rows[] = {
        { "x,y\n1,0\n2,1\n3,0\n4,1\n5,1\n", LUGE_ANY_TASK, LUGE_CLASSIFICATION, 2, "0", "1" },
        { "x,y\n1,10\n2,-9\n3,9\n4,9\n5,10\n6,9\n7,-9\n", LUGE_ANY_TASK, LUGE_CLASSIFICATION, 3, "-9", "10" },
        { "x,y\n1,0\n2,1\n3,0\n4,1\n", LUGE_ANY_TASK, LUGE_REGRESSION, 0, NULL, NULL },
        { "x,y\n1,0\n2,0.5\n3,0\n4,0.5\n5,0\n", LUGE_ANY_TASK, LUGE_REGRESSION, 0, NULL, NULL },
        { "x,y\n1,0\n2,0.5\n3,0\n4,0.5\n5,0\n", LUGE_CLASSIFICATION, LUGE_CLASSIFICATION, 2, "0", "0.5" },
        { "x,y\n1,0\n2,1\n3,0\n4,1\n5,1\n", LUGE_REGRESSION, LUGE_REGRESSION, 0, NULL, NULL },
        { "x,y\n1,10\n2,a\n3,9\n", LUGE_ANY_TASK, LUGE_CLASSIFICATION, 3, "10", "a" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        luge_table *table = table_of(t, ctx, rows[i].text);
        luge_encoder *e = luge_encoder_learn(ctx, table, .task = rows[i].given);
        if (!CHECK(t, e)) CHECK_STR_EQ(t, luge_error(ctx), "");
        const luge_encoder_info info = info_of(t, e);
        CHECK_EQ_INT(t, info.task, rows[i].task);
        CHECK_EQ_INT(t, info.classes, rows[i].classes);
        if (!info.classes) continue;
        CHECK_STR_EQ(t, info.class_names[0], rows[i].first);
        CHECK_STR_EQ(t, info.class_names[info.classes - 1], rows[i].last);
    }
    luge_table *table = table_of(t, ctx, "x,y\n1,10\n2,-9\n3,9\n4,9\n5,10\n6,9\n7,-9\n");
    const float x[] = { 1, 2, 3, 4, 5, 6, 7 };
    const double y[] = { 2, 0, 1, 1, 2, 1, 0 };
    check_data(t, luge_encode(luge_encoder_learn(ctx, table), table, 1), x, 1, y);
    table = table_of(t, ctx, "x,y\n1,007\n2,a\n3,9\n");
    luge_encoder *e = luge_encoder_learn(ctx, table);
    const double words[] = { 0, 1, 0 };
    check_data(t, luge_encode(e, table_of(t, ctx, "y,x\n007,1\n9,2\n7,3\n"), 1), x, 1, words); /* all numbers now */
    luge_close(ctx);
}

/* ---- the text --------------------------------------------------------------------------------------------------- */

static const char *const sources[] = {
    people,
    "x,y\n1,0\n2,1\n3,0\n,1\n5,1\n",
    "a,b,y\n0.1,\"q\"\"\n\\\",1.1\n,\xC3\xA4,3.3333333333333335\n1e-300,\x01,-7\n",
};

static void round_trip(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        luge_table *table = table_of(t, ctx, sources[i]);
        luge_encoder *e = luge_encoder_learn(ctx, table), *back;
        if (!CHECK(t, e)) break;
        const char *text = luge_encoder_text(e);
        CHECK(t, text && text == luge_encoder_text(e) && strlen(text) < 700);
        CHECK_STR_CONTAINS(t, text, "{\"luge_encoder\":1,");
        back = luge_encoder_from_text(ctx, text);
        if (!CHECK(t, back)) break;
        CHECK_STR_EQ(t, luge_encoder_text(back), text);
        const luge_encoder_info a = info_of(t, e), b = info_of(t, back);
        CHECK(t, a.task == b.task && a.features == b.features && a.numeric == b.numeric && a.text == b.text);
        CHECK(t, a.left_out == b.left_out && a.with_missing == b.with_missing && a.classes == b.classes);
        CHECK(t, memcmp(&a.target_mean, &b.target_mean, 2 * sizeof(double)) == 0);
        luge_dataset *x = luge_encode(e, table, 1), *y = luge_encode(back, table, 1);
        CHECK(t, x && luge_dataset_fingerprint(x) == luge_dataset_fingerprint(y));
        luge_encoder_free(back);
    }
    if (luge_failed(ctx)) CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

#define HEAD    "{\"luge_encoder\":1,"
#define TARGET  "\"target\":{\"name\":\"y\",\"mean\":1,\"deviation\":2},"
#define COLUMNS "\"columns\":[{\"name\":\"x\",\"missing\":false,\"median\":1}],"
#define END     "\"left_out\":[]}"

static void hostile_texts(luge_test *t)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        { HEAD TARGET COLUMNS END, NULL },
        { "", "byte 0" },
        { "[]", "\"luge_encoder\" must be 1" },
        { "{\"luge_encoder\":2}", "newer luge" },
        { "{\"luge_encoder\":\"1\"}", "\"luge_encoder\" must be 1" },
        { HEAD TARGET COLUMNS "\"more\":1," END, "columns" },
        { HEAD COLUMNS END, "columns" },
        { HEAD "\"goal\":1," COLUMNS END, "target" },
        { HEAD "\"target\":3," COLUMNS END, "target" },
        { HEAD TARGET "\"columns\":[]," END, "columns" },
        { HEAD TARGET "\"columns\":[1]," END, "columns 1" },
        { HEAD TARGET "\"columns\":{\"a\":1}," END, "columns" },
        { HEAD TARGET COLUMNS "\"left_out\":{}}", "left_out" },
        { HEAD TARGET COLUMNS "\"left_out\":[{\"name\":\"z\"}]}", "left_out 1" },
        { HEAD TARGET COLUMNS "\"left_out\":[{\"name\":\"z\",\"why\":0}]}", "\"why\" must be a text" },
        { HEAD TARGET COLUMNS "\"left_out\":[{\"name\":\"x\",\"why\":\"\"}]}", "another than those before" },
        { HEAD "\"target\":{\"name\":\"x\",\"mean\":1,\"deviation\":2}," COLUMNS END, "columns 1: \"name\"" },
        { HEAD "\"target\":{\"name\":\"y\",\"mean\":\"nan\",\"deviation\":2}," COLUMNS END, "\"mean\"" },
        { HEAD "\"target\":{\"name\":\"y\",\"mean\":1,\"deviation\":0}," COLUMNS END, "greater than 0" },
        { HEAD "\"target\":{\"name\":\"y\\u0000\",\"mean\":1,\"deviation\":1}," COLUMNS END,
          "\"name\" must be a text" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":1,\"classes\":[\"a\",\"b\"]}," COLUMNS END, "true or false" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":false,\"classes\":[\"a\"]}," COLUMNS END, "2 to 10000" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":false,\"classes\":[\"b\",\"a\"]}," COLUMNS END, "in order" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":false,\"classes\":[\"a\",\"a\"]}," COLUMNS END, "in order" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":true,\"classes\":[\"1\",\"a\"]}," COLUMNS END, "in order" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":true,\"classes\":[\"10\",\"9\"]}," COLUMNS END, "in order" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":true,\"classes\":[\"9\",\"10\"]}," COLUMNS END, NULL },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":false,\"classes\":[1,2]}," COLUMNS END, "list of texts" },
        { HEAD "\"target\":{\"name\":\"y\",\"numbers\":false,\"classes\":{}}," COLUMNS END, "list of texts" },
        { HEAD TARGET "\"columns\":[{\"name\":\"x\",\"missing\":false,\"values\":[]}]," END, "list of texts" },
        { HEAD TARGET "\"columns\":[{\"name\":\"x\",\"missing\":0,\"values\":[\"a\"]}]," END, "true or false" },
        { HEAD TARGET "\"columns\":[{\"name\":\"x\",\"missing\":false,\"median\":\"inf\"}]," END, "finite" },
        { HEAD TARGET "\"columns\":[{\"name\":\"x\",\"missing\":false,\"mode\":1}]," END, "\"median\"" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    const size_t before = luge_memory_now(ctx);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        luge_encoder *e = luge_encoder_from_text(ctx, rows[i].text);
        CHECK(t, !e == (rows[i].part != NULL));
        if (rows[i].part) CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].part);
        CHECK_STATUS(t, luge_failure(ctx), rows[i].part ? LUGE_EFORMAT : LUGE_OK);
        luge_encoder_free(e);
        luge_clear(ctx);
        CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    }
    luge_close(ctx);
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void refused_learning(luge_test *t)
{
    static const struct {
        const char *text, *target;
        luge_task task;
        const char *part, *other;
    } rows[] = {
        { "a,diagnosis\n1,2\n2,3\n", "diagnose", 0, "no column \"diagnose\" in ", "people.csv; nearest: diagnosis" },
        { "a,y\n1,u\n2,\n", NULL, 0, "people.csv, line 3, column 2 (y)", "missing value" },
        { "a,y\n1,1\n2,\n", NULL, 0, "line 3, column 2 (y)", "missing value" },
        { "a,y\n\"x\ny\",1\n2,\n", NULL, 0, "row 2, column 2 (y)", "missing value" },
        { "a,y\n1,u\n2,u\n", NULL, 0, "column 2 (y)", "one class only in the 2 rows" },
        { "a,y\n1,1.5\n2,1.5\n", NULL, 0, "column 2 (y)", "one value only" },
        { "a,y\n1,-1e308\n2,1e308\n", NULL, 0, "column 2 (y)", "too large" },
        { "a,y\n1,1\n2,x\n", NULL, LUGE_REGRESSION, "line 3, column 2 (y): \"x\" is not a number", "" },
        { "a,y\n1,u\n1,v\n", NULL, 0, "no column is left", "a has one value only" },
        { "a,y\n,u\n,v\n", NULL, 0, "no column is left", "a has no values" },
        { "y\nu\nv\n", NULL, 0, "no column is left to learn from but the target (y)", "" },
        { "a,y\n1,u\n1,v\n", NULL, (luge_task)9, "unknown task 9", "" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        luge_table *table = table_of(t, ctx, rows[i].text);
        const size_t before = luge_memory_now(ctx);
        CHECK(t, table && !luge_encoder_learn(ctx, table, .target = rows[i].target, .task = rows[i].task));
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].part);
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].other);
        luge_clear(ctx);
        CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    }
    char many[20000];
    size_t at = (size_t)snprintf(many, sizeof many, "a,y\n");
    for (int i = 0; i < 1001; i++) at += (size_t)snprintf(many + at, sizeof many - at, "%d,%d\n", i, i);
    luge_table *table = table_of(t, ctx, many);
    CHECK(t, !luge_encoder_learn(ctx, table, .task = LUGE_CLASSIFICATION));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "more than 1000 different numbers");
    luge_clear(ctx);
    const int64_t wrong[] = { 0, 1001 };
    CHECK(t, !luge_encoder_learn(ctx, table, .rows = wrong, .n_rows = 2));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "row 1001");
    luge_clear(ctx);
    CHECK(t, !luge_encoder_learn(ctx, table, .rows = wrong));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "0 rows to learn from");
    luge_clear(ctx);
    CHECK(t, !luge_encoder_learn(ctx, NULL));
    luge_clear(ctx);
    CHECK(t, !luge_encoder_learn(ctx, table, .most_categories = -1));
    luge_clear(ctx);
    luge_context *other = luge_open(.threads = 1);
    CHECK(t, !luge_encoder_learn(other, table));
    CHECK_STR_CONTAINS(t, luge_error(other), "another context");
    luge_close(other);
    CHECK(t, !luge_encoder_learn_with(NULL, NULL));
    luge_close(ctx);
}

static void refused_encoding(luge_test *t)
{
    static const struct {
        const char *text;
        int targets;
        const char *part, *other;
    } rows[] = {
        { "age\n1\n", 0, "this model was trained on 3 columns; ", "people.csv lacks 2 of them: colour, flag" },
        { "age,colour,flag\n1,red,yes\n", 1, "no column \"kind\" in", "nearest: " },
        { "age,colour,flag\n1,red,yes\n\"12,4\",red,yes\n", 0, "people.csv, line 3, column 1 (age): \"12,4\" is not a",
          "number" },
        { "age,colour,flag\n1e39,red,yes\n", 0, "line 2, column 1 (age): \"1e+39\" is too large for f32", "" },
        { "age,colour,flag,kind\n1,red,yes,pear\n1,red,yes,plum\n", 1, "line 3, column 4 (kind): \"plum\" is none of",
          "the 3 classes" },
        { "age,colour,flag,kind\n1,red,yes,\n1,red,yes,pear\n", 1, "line 2, column 4 (kind)", "missing value" },
        { "age,colour,flag,kind\n1,red,yes,7\n1,red,yes,7\n", 1, "line 2, column 4 (kind): \"7\"", "none of" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    luge_table *table = table_of(t, ctx, people);
    luge_encoder *e = luge_encoder_learn(ctx, table, .most_categories = 3);
    if (!CHECK(t, e)) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        luge_table *new_table = table_of(t, ctx, rows[i].text);
        const size_t before = luge_memory_now(ctx);
        CHECK(t, new_table && !luge_encode(e, new_table, rows[i].targets));
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].part);
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].other);
        luge_clear(ctx);
        CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    }
    e = luge_encoder_learn(ctx, table, .target = "age", .rows = (const int64_t[]){ 0, 2, 3 }, .n_rows = 3);
    CHECK(t, e && !luge_encode(e, table, 1));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "line 3, column 2 (age)");
    luge_clear(ctx);
    luge_table *text = table_of(t, ctx, "id,colour,flag,kind,age\na1,red,yes,Fig,x\n");
    CHECK(t, e && !luge_encode(e, text, 1));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "line 2, column 5 (age): \"x\" is not a number");
    luge_clear(ctx);
    CHECK(t, !luge_encode(NULL, table, 0) && !luge_encode(e, NULL, 0));
    CHECK(t, !luge_encoder_text(NULL) && !luge_encoder_from_text(ctx, NULL));
    CHECK_STATUS(t, luge_encoder_info_of(e, NULL), LUGE_EINVAL);
    luge_encoder_free(NULL);
    luge_close(ctx);
}

static luge_status all(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    luge_table *table = luge_table_read(ctx, ((data_file *)user)->path);
    luge_encoder *e = table ? luge_encoder_learn(ctx, table) : NULL;
    const char *text = e ? luge_encoder_text(e) : NULL;
    luge_encoder *back = text ? luge_encoder_from_text(ctx, text) : NULL;
    luge_dataset *data = back ? luge_encode(back, table, 1) : NULL;
    return data ? LUGE_OK : luge_failure(ctx);
}

static void no_memory(luge_test *t)
{
    data_file f;
    if (!data_file_begin(t, &f, "a.csv")) return;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        CHECK(t, data_file_text(&f, sources[i]));
        luge__test_oom_sweep(t, "an encoder", all, &f);
    }
    data_file_end(&f);
}

void test_encoder(luge_test *t)
{
    RUN(t, learning);
    RUN(t, medians);
    RUN(t, tasks);
    RUN(t, round_trip);
    RUN(t, hostile_texts);
    RUN(t, refused_learning);
    RUN(t, refused_encoding);
    RUN(t, no_memory);
}
