/* test_json.c: JSON written, read, and refused with a message that tells the place. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "failing_alloc.h"
#include "harness.h"

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void write_sample(luge__json_writer *w)
{
    luge__json_open(w, '{');
    luge__json_key(w, "empty");
    luge__json_open(w, '[');
    luge__json_close(w, ']');
    luge__json_key(w, "list");
    luge__json_open(w, '[');
    luge__json_int(w, INT64_MIN);
    luge__json_uint(w, UINT64_MAX);
    luge__json_number(w, 0.1);
    luge__json_bool(w, 1);
    luge__json_bool(w, 0);
    luge__json_string(w, NULL);
    luge__json_open(w, '{');
    luge__json_close(w, '}');
    luge__json_close(w, ']');
    luge__json_key(w, "a\"b");
    luge__json_string(w, "\\ \b\f\n\r\t \x01 \x7f \xC3\xA4 \xF0\x9F\x98\x80 \xFF \xC3");
    luge__json_key(w, "numbers");
    luge__json_open(w, '[');
    luge__json_number(w, (double)NAN);
    luge__json_number(w, -HUGE_VAL);
    luge__json_number(w, HUGE_VAL);
    luge__json_number(w, 1e300);
    luge__json_close(w, ']');
    luge__json_close(w, '}');
}

static const char sample[] =
    "{\"empty\":[],\"list\":[-9223372036854775808,18446744073709551615,0.1,true,false,null,{}],"
    "\"a\\\"b\":\"\\\\ \\b\\f\\n\\r\\t \\u0001 \x7f \xC3\xA4 \xF0\x9F\x98\x80 \xEF\xBF\xBD "
    "\xEF\xBF\xBD\",\"numbers\":[\"nan\",\"-inf\",\"inf\",1e+300]}";

static void writing(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge__json_writer w = { .ctx = ctx };
    size_t before = luge_memory_now(ctx);
    write_sample(&w);
    CHECK_STATUS(t, w.status, LUGE_OK);
    CHECK_STR_EQ(t, w.text, sample);
    CHECK_EQ_INT(t, w.length, sizeof sample - 1);
    luge__json_writer_free(&w);
    luge__json_writer_free(&w);
    luge__json_number(&w, -0.0); /* a writer can be used again */
    CHECK_STR_EQ(t, w.text, "-0");
    luge__json_writer_free(&w);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    luge_close(ctx);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static luge__json *parse(luge_context *ctx, const char *text)
{
    return luge__json_parse(ctx, "sample: header", text, strlen(text));
}

static void reading(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    size_t before = luge_memory_now(ctx);
    luge__json *doc = parse(ctx, sample);
    int64_t i = 0;
    uint64_t u = 0;
    double x = 0;
    int b = -1;
    if (!CHECK(t, doc)) return;
    uint32_t root = luge__json_root(doc), v = luge__json_first(doc, root);
    CHECK_EQ_INT(t, luge__json_kind(doc, root), LUGE__JSON_OBJECT);
    CHECK_EQ_INT(t, luge__json_size(doc, root), 4);
    CHECK(t, !luge__json_key_of(doc, root));
    CHECK_STR_EQ(t, luge__json_key_of(doc, v), "empty");
    CHECK_EQ_INT(t, luge__json_first(doc, v), 0);
    v = luge__json_next(doc, v);
    CHECK_EQ_INT(t, v, luge__json_member(doc, root, "list"));
    CHECK_EQ_INT(t, luge__json_size(doc, v), 7);
    v = luge__json_first(doc, v);
    CHECK(t, luge__json_get_int(doc, v, &i) && i == INT64_MIN && !luge__json_get_uint(doc, v, &u));
    v = luge__json_next(doc, v);
    CHECK(t, luge__json_get_uint(doc, v, &u) && u == UINT64_MAX && !luge__json_get_int(doc, v, &i));
    v = luge__json_next(doc, v);
    CHECK(t, luge__json_get_number(doc, v, &x) && x > 0.09999999999999999 && x < 0.10000000000000001 + 1e-17);
    CHECK(t, !luge__json_get_int(doc, v, &i) && !luge__json_get_bool(doc, v, &b));
    v = luge__json_next(doc, v);
    CHECK(t, luge__json_get_bool(doc, v, &b) && b == 1 && !luge__json_get_number(doc, v, &x));
    v = luge__json_next(doc, v);
    CHECK(t, luge__json_get_bool(doc, v, &b) && b == 0 && luge__json_size(doc, v) == 0);
    v = luge__json_next(doc, v);
    CHECK_EQ_INT(t, luge__json_kind(doc, v), LUGE__JSON_NULL);
    v = luge__json_next(doc, v);
    CHECK_EQ_INT(t, luge__json_kind(doc, v), LUGE__JSON_OBJECT);
    CHECK_EQ_INT(t, luge__json_next(doc, v), 0);
    v = luge__json_member(doc, root, "a\"b");
    CHECK_STR_EQ(t, luge__json_get_string(doc, v),
                 "\\ \b\f\n\r\t \x01 \x7f \xC3\xA4 \xF0\x9F\x98\x80 \xEF\xBF\xBD \xEF\xBF\xBD");
    v = luge__json_first(doc, luge__json_member(doc, root, "numbers"));
    CHECK(t, luge__json_get_number(doc, v, &x) && isnan(x));
    v = luge__json_next(doc, v);
    CHECK(t, luge__json_get_number(doc, v, &x) && isinf(x) && x < 0);
    v = luge__json_next(doc, v);
    CHECK(t, luge__json_get_number(doc, v, &x) && isinf(x) && x > 0);
    luge__json_free(doc);
    luge__json_free(NULL);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    luge_close(ctx);
}

static void nothing(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge__json *doc = parse(ctx, " [ \"a\\u0000b\" , \"plain\" ] \r\n\t");
    int64_t i;
    uint64_t u;
    double x;
    int b;
    if (!CHECK(t, doc)) return;
    uint32_t first = luge__json_first(doc, luge__json_root(doc)), second = luge__json_next(doc, first);
    CHECK_EQ_INT(t, luge__json_kind(doc, first), LUGE__JSON_STRING);
    CHECK(t, !luge__json_get_string(doc, first));
    CHECK(t, !luge__json_get_number(doc, first, &x) && !luge__json_get_number(doc, second, &x));
    CHECK_EQ_INT(t, luge__json_member(doc, luge__json_root(doc), "x"), 0);
    CHECK_EQ_INT(t, luge__json_size(doc, second), 0);
    CHECK_EQ_INT(t, luge__json_first(doc, second), 0);
    CHECK(t, !luge__json_key_of(doc, second));
    CHECK_EQ_INT(t, luge__json_kind(doc, 0), LUGE__JSON_NONE);
    CHECK_EQ_INT(t, luge__json_size(doc, 0), 0);
    CHECK_EQ_INT(t, luge__json_member(doc, 0, "x"), 0);
    CHECK_EQ_INT(t, luge__json_first(doc, 0), 0);
    CHECK_EQ_INT(t, luge__json_next(doc, 0), 0);
    CHECK(t, !luge__json_key_of(doc, 0) && !luge__json_get_string(doc, 0));
    CHECK(t, !luge__json_get_int(doc, 0, &i) && !luge__json_get_uint(doc, 0, &u));
    CHECK(t, !luge__json_get_number(doc, 0, &x) && !luge__json_get_bool(doc, 0, &b));
    luge__json_free(doc);
    luge_close(ctx);
}

static void integers(luge_test *t)
{
    static const struct {
        const char *text;
        int is_int, is_uint;
        int64_t value;
    } rows[] = { { "0", 1, 1, 0 },
                 { "-0", 1, 1, 0 },
                 { "9223372036854775807", 1, 1, INT64_MAX },
                 { "9223372036854775808", 0, 1, INT64_MIN },
                 { "-9223372036854775807", 1, 0, -INT64_MAX },
                 { "-9223372036854775808", 1, 0, INT64_MIN },
                 { "-9223372036854775809", 0, 0, 0 },
                 { "18446744073709551615", 0, 1, -1 },
                 { "18446744073709551616", 0, 0, 0 },
                 { "99999999999999999999999", 0, 0, 0 },
                 { "1.0", 0, 0, 0 },
                 { "1e3", 0, 0, 0 },
                 { "\"1\"", 0, 0, 0 } };
    luge_context *ctx = luge_open(.threads = 1);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        luge__json *doc = parse(ctx, rows[k].text);
        int64_t i = 77;
        uint64_t u = 77;
        if (!CHECK(t, doc)) continue;
        CHECK_EQ_INT(t, luge__json_get_int(doc, 1, &i) != 0, rows[k].is_int);
        CHECK_EQ_INT(t, i, rows[k].is_int ? rows[k].value : 77);
        CHECK_EQ_INT(t, luge__json_get_uint(doc, 1, &u) != 0, rows[k].is_uint);
        CHECK(t, u == (rows[k].is_uint ? (uint64_t)rows[k].value : 77));
        luge__json_free(doc);
    }
    luge_close(ctx);
}

static void escapes(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge__json *doc = parse(ctx, "\"\\u0041\\u00e4\\u20AC\\uD83D\\ude00\\/\\b\\f\\n\\r\\t\\\\\\\"\"");
    if (CHECK(t, doc)) {
        CHECK_STR_EQ(t, luge__json_get_string(doc, 1), "A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80/\b\f\n\r\t\\\"");
    }
    luge__json_free(doc);
    luge_close(ctx);
}

/* ---- refusing ---------------------------------------------------------------------------------------------------- */

static void refused(luge_test *t)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        { "", "byte 0: the text ends; a value is expected" },
        { "  ", "byte 2: the text ends" },
        { "{", "a key in quotes" },
        { "[", "byte 1: the text ends; a value is expected" },
        { "[1", "',' or ']'" },
        { "[1,]", "byte 3: ']' where a value is expected" },
        { "[,1]", "byte 1: ','" },
        { "[1 2]", "byte 3: '2' where ',' or ']' is expected" },
        { "[1}", "'}' where ',' or ']'" },
        { "{\"a\":1]", "']' where ',' or '}'" },
        { "{\"a\" 1}", "'1' where ':'" },
        { "{\"a\":}", "byte 5: '}' where a value" },
        { "{a:1}", "byte 1: 'a' where a key" },
        { "{\"a\":1,}", "byte 7: '}' where a key" },
        { "{1:1}", "a key in quotes" },
        { "1 2", "byte 2: '2' where the end" },
        { "{}x", "'x' where the end" },
        { "]", "a value is expected" },
        { "tru", "a value is expected" },
        { "nul", "a value is expected" },
        { "True", "a value is expected" },
        { "NaN", "a value is expected" },
        { "01", "byte 0: a number with a leading zero" },
        { "-01", "leading zero" },
        { "-", "a digit is expected" },
        { "+1", "'+' where a value" },
        { ".5", "a value" },
        { "1.", "a digit" },
        { "1.e5", "'e' where a digit" },
        { "1e", "a digit" },
        { "1e+", "a digit" },
        { "[1x]", "byte 2: 'x'" },
        { "0x10", "byte 1: 'x' where the end" },
        { "\"abc", "byte 0: the string that begins here does not end" },
        { "\"abc\\\"", "does not end" },
        { "\"\\", "no such escape" },
        { "\"\\x41\"", "byte 1: no such escape" },
        { "\"\\u12\"", "four hexadecimal digits" },
        { "\"\\u12G4\"", "four hexadecimal digits" },
        { "\"\\uD800\"", "half of a surrogate pair" },
        { "\"\\uD800\\u0041\"", "half of a surrogate pair" },
        { "\"\\uD800\\uE000\"", "half of a surrogate pair" },
        { "\"\\uD800\\uDBFF\"", "half of a surrogate pair" },
        { "\"\\uD800\\n12345\"", "half of a surrogate pair" },
        { "\"\\uDC00\\uD800\"", "half of a surrogate pair" },
        { "\"a\nb\"", "byte 2: a control character" },
        { "\"\xFF\"", "byte 1: invalid UTF-8" },
        { "\"\xC0\x80\"", "invalid UTF-8" },
        { "\"\xC3\"", "invalid UTF-8" },
        { "\"\xE0\x9F\xBF\"", "invalid UTF-8" },
        { "\"\xED\xA0\x80\"", "invalid UTF-8" },
        { "\"\xF0\x8F\xBF\xBF\"", "invalid UTF-8" },
        { "\"\xF4\x90\x80\x80\"", "invalid UTF-8" },
        { "\"\xF5\x80\x80\x80\"", "invalid UTF-8" },
        { "\"\xE2\x82", "invalid UTF-8" },
        { "\xEF\xBB\xBF{}", "byte 0: a byte 239 where a value" },
        { "[\x01]", "a byte 1 where" },
        { "{\"a\":1,\"b\":2,\"a\":3}", "byte 18: the object that ends here has the key \"a\" twice" },
        { "{\"x\":{\"\":1,\"\":2}}", "the key \"\" twice" },
        { "{\"\\u0061\":1,\"a\":2}", "the key \"a\" twice" },
        { "{\"a\\u0000b\":1}", "byte 1: a key with a NUL" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    size_t before = luge_memory_now(ctx);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        luge_clear(ctx);
        if (!CHECK(t, !parse(ctx, rows[i].text))) printf("    %s\n", rows[i].text);
        CHECK_STATUS(t, luge_failure(ctx), LUGE_EFORMAT);
        CHECK_STR_CONTAINS(t, luge_error(ctx), "sample: header: byte ");
        CHECK_STR_CONTAINS(t, luge_error(ctx), rows[i].words);
        CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    }
    luge_clear(ctx);
    CHECK(t, !luge__json_parse(ctx, "x", "[1,\0]", 5)); /* a NUL is no end */
    CHECK_STR_CONTAINS(t, luge_error(ctx), "byte 3: a byte 0");
    luge_clear(ctx);
    CHECK(t, !luge__json_parse(ctx, "x", "", (size_t)1 << 29)); /* refused before it is looked at */
    CHECK_STR_CONTAINS(t, luge_error(ctx), "512 MB");
    luge_clear(ctx);
    CHECK(t, !luge__json_parse(ctx, "x", NULL, 0));
    luge_close(ctx);
}

/* No part of a text is taken for the whole. */
static void truncated(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    for (size_t n = 0; n < sizeof sample - 1; n++) {
        char *copy = malloc(n + 1); /* its own block: reading beyond it is found */
        if (!CHECK(t, copy)) break;
        memcpy(copy, sample, n);
        luge__json *doc = luge__json_parse(ctx, "cut", copy, n);
        CHECK(t, !doc);
        luge__json_free(doc);
        free(copy);
    }
    luge_close(ctx);
}

static char *repeated(const char *part, size_t times, size_t *bytes)
{
    size_t length = strlen(part);
    char *text = malloc(length * times + 1);
    for (size_t i = 0; text && i < times; i++) memcpy(text + i * length, part, length);
    *bytes = length * times;
    return text;
}

static void depth(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    char text[2 * LUGE__JSON_DEPTH + 3];
    size_t bytes, most = LUGE__JSON_DEPTH;
    memset(text, '[', most);
    memset(text + most, ']', most);
    luge__json *doc = luge__json_parse(ctx, "deep", text, 2 * most);
    CHECK(t, doc);
    luge__json_free(doc);
    memset(text, '[', most + 1);
    CHECK(t, !luge__json_parse(ctx, "deep", text, 2 * most));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "byte 64: nested too deep; 64");
    luge_clear(ctx);
    char *brackets = repeated("[", 1 << 20, &bytes);
    if (CHECK(t, brackets)) {
        CHECK(t, !luge__json_parse(ctx, "deep", brackets, bytes));
        CHECK_STR_CONTAINS(t, luge_error(ctx), "nested too deep");
        free(brackets);
    }
    luge_close(ctx);
}

/* Memory stays below 18 times the text, whatever it is made of. */
static void memory(luge_test *t)
{
    static const char *const parts[] = { "1,", "[],", "{},", "\"\",", "\",\",", "\"\\\",[[{\",", "{\"a\":1,\"b\":{}},",
                                         "[",  ",",   "\"" };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        luge_context *ctx = luge_open(.threads = 1);
        size_t bytes, before = luge_memory_now(ctx);
        char *text = repeated(parts[i], 100000, &bytes);
        if (!CHECK(t, text)) break;
        text[0] = i < 7 ? '[' : text[0];
        luge__json_free(luge__json_parse(ctx, "large", text, bytes));
        CHECK(t, luge_memory_peak(ctx) - before < 18 * bytes + 1000);
        CHECK_EQ_INT(t, luge_memory_now(ctx), before);
        free(text);
        luge_close(ctx);
    }
}

/* A large object is searched for equal keys in reasonable time, and nothing is missed. */
static void many_keys(luge_test *t)
{
    enum { KEYS = 200000 };
    luge_context *ctx = luge_open(.threads = 1);
    for (int twice = 0; twice < 2; twice++) {
        luge__json_writer w = { .ctx = ctx };
        char key[32];
        luge__json_open(&w, '{');
        for (int i = 0; i < KEYS; i++) {
            (void)snprintf(key, sizeof key, "key %d", twice && i == KEYS - 1 ? 77777 : i);
            luge__json_key(&w, key);
            luge__json_int(&w, i);
        }
        luge__json_close(&w, '}');
        luge__json *doc = luge__json_parse(ctx, "keys", w.text, w.length);
        if (twice) {
            CHECK(t, !doc);
            CHECK_STR_CONTAINS(t, luge_error(ctx), "\"key 77777\" twice");
        } else if (CHECK(t, doc)) {
            CHECK_EQ_INT(t, luge__json_size(doc, 1), KEYS);
            CHECK_EQ_INT(t, luge__json_member(doc, 1, "key 199999"), KEYS + 1);
        }
        luge__json_free(doc);
        luge__json_writer_free(&w);
    }
    luge_close(ctx);
}

/* What is written reads back, bit by bit. */
static void numbers(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    int64_t wrong = 0;
    for (int i = 0; i < 2000; i++) {
        luge__json_writer w = { .ctx = ctx };
        uint64_t bits = luge_test_random(t);
        double value, back = 0;
        memcpy(&value, &bits, sizeof value);
        luge__json_number(&w, value);
        luge__json *doc = luge__json_parse(ctx, "number", w.text, w.length);
        if (!doc || !luge__json_get_number(doc, luge__json_root(doc), &back)) {
            wrong++;
        } else if (!isnan(value) && memcmp(&back, &value, sizeof back) != 0) {
            wrong++;
        }
        luge__json_free(doc);
        luge__json_writer_free(&w);
    }
    CHECK_EQ_INT(t, wrong, 0);
    luge_close(ctx);
}

/* ---- no memory --------------------------------------------------------------------------------------------------- */

static luge_status write_and_read(luge_test *t, luge_context *ctx, void *user)
{
    luge__json_writer w = { .ctx = ctx };
    (void)user;
    write_sample(&w);
    luge_status status = w.status;
    if (status == LUGE_OK) {
        luge__json *doc = luge__json_parse(ctx, "sweep", w.text, w.length);
        if (!doc) status = luge_failure(ctx);
        CHECK(t, !doc == (status != LUGE_OK));
        luge__json_free(doc);
    }
    luge__json_writer_free(&w);
    return status;
}

static void no_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "writing and reading JSON", write_and_read, NULL);
}

void test_json(luge_test *t)
{
    RUN(t, writing);
    RUN(t, reading);
    RUN(t, nothing);
    RUN(t, integers);
    RUN(t, escapes);
    RUN(t, refused);
    RUN(t, truncated);
    RUN(t, depth);
    RUN(t, memory);
    RUN(t, many_keys);
    RUN(t, numbers);
    RUN(t, no_memory);
}
