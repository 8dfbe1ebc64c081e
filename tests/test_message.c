/* test_message.c: status codes, the formatter, sinks, and which message sticks where. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "harness.h"

/* ---- names and messages ------------------------------------------------------------------------------------------ */

static void names(luge_test *t)
{
    CHECK_STR_EQ(t, luge_status_name(LUGE_OK), "LUGE_OK");
    CHECK_STR_EQ(t, luge_status_name(LUGE_ENOMEM), "LUGE_ENOMEM");
    CHECK_STR_EQ(t, luge_status_text(LUGE_ENOMEM), "out of memory");
    CHECK_STR_EQ(t, luge_status_name((luge_status)-99), "LUGE_?");
    CHECK(t, luge_status_text((luge_status)12345)[0] != 0);
    char version[32];
    (void)snprintf(version, sizeof version, "%d.%d.%d", LUGE_VERSION_MAJOR, LUGE_VERSION_MINOR, LUGE_VERSION_PATCH);
    CHECK_STR_EQ(t, luge_version(), version);
}

#define FORMATS(t, expected, ...)                                                                                      \
    do {                                                                                                               \
        char formatted[256];                                                                                           \
        CHECK_EQ_INT(t, luge__format(formatted, sizeof formatted, __VA_ARGS__), strlen(expected));                     \
        CHECK_STR_EQ(t, formatted, expected);                                                                          \
    } while (0)

static void format_kinds(luge_test *t)
{
    luge_shape shape = luge_shape_of(2, 0, 3), scalar = luge_scalar_shape(), bad = luge_make_shape(9, shape.dim);
    FORMATS(t, "", "");
    FORMATS(t, "a (null) b", "%s", "a (null) b");
    FORMATS(t, "x=(null)!", "x=%s!", (const char *)NULL);
    FORMATS(t, "q", "%c", 'q');
    FORMATS(t, "-2147483648 0 2147483647", "%d %d %d", (int)(-2147483647 - 1), 0, 2147483647);
    FORMATS(t, "-9223372036854775808 9223372036854775807", "%l %l", INT64_MIN, INT64_MAX);
    FORMATS(t, "0 17", "%z %z", (size_t)0, (size_t)17);
    FORMATS(t, "[2,0,3] [] (null)", "%S %S %S", &shape, &scalar, (const luge_shape *)NULL);
    FORMATS(t, "[ndim 9]", "%S", &bad);
    FORMATS(t, "f32 bool ?", "%T %T %T", LUGE_F32, LUGE_BOOL, (luge_dtype)77);
    FORMATS(t, "100% %q %", "100%% %q %");
    FORMATS(t, "abc1:f64", "abc%d:%T", 1, LUGE_F64);
}

static void format_room(luge_test *t)
{
    char text[8] = "unused!";
    CHECK_EQ_INT(t, luge__format(NULL, 0, "abc"), 0);
    CHECK_EQ_INT(t, luge__format(text, 1, "abc"), 0);
    CHECK_STR_EQ(t, text, "");
    CHECK_EQ_INT(t, luge__format(text, 4, "%s%d", "ab", 345), 3);
    CHECK_STR_EQ(t, text, "ab3");
    CHECK_EQ_INT(t, luge__format(text, 4, "abc"), 3);
    CHECK_STR_EQ(t, text, "abc");
}

static void format_doubles(luge_test *t)
{
    FORMATS(t, "0 -0 1 -1.5 0.1", "%g %g %g %g %g", 0.0, -0.0, 1.0, -1.5, 0.1);
    FORMATS(t, "nan inf -inf", "%g %g %g", (double)NAN, (double)INFINITY, (double)-INFINITY);
    FORMATS(t, "1e+22 1e-07 123456789012", "%g %g %g", 1e22, 1e-7, 123456789012.0);
    FORMATS(t, "0.3 0.30000000000000004", "%g %g", 0.3, 0.1 + 0.2);
    FORMATS(t, "1.7976931348623157e+308", "%g", 1.7976931348623157e308);
    FORMATS(t, "9007199254740993 ", "%l ", (int64_t)9007199254740993);
}

/* Held against the C library's reading: what is written reads back, and one digit less would not. */
static void check_round_trip(luge_test *t, double x)
{
    char text[64], shorter[64];
    (void)luge__format(text, sizeof text, "%g", x);
    double back = strtod(text, NULL);
    CHECK(t, memcmp(&back, &x, sizeof x) == 0);
    int expected = 15;
    while (expected < 17) {
        (void)snprintf(shorter, sizeof shorter, "%.*g", expected, x);
        back = strtod(shorter, NULL);
        if (memcmp(&back, &x, sizeof x) == 0) break;
        expected++;
    }
    (void)snprintf(shorter, sizeof shorter, "%.*g", expected, x);
    CHECK_STR_EQ(t, text, shorter);
}

static void format_round_trip(luge_test *t)
{
    const double corners[] = { 5e-324,
                               2.2250738585072014e-308,
                               2.2250738585072009e-308,
                               1e308,
                               1.5e-320,
                               1e23,
                               9007199254740992.0,
                               9007199254740994.0,
                               0x1p-1074,
                               0x1p-1022,
                               0x1p1023,
                               0x1p970,
                               8.41e21,
                               9.5e-303,
                               1.0 / 3.0,
                               123456.789 };
    for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
        check_round_trip(t, corners[i]);
        check_round_trip(t, -corners[i]);
    }
    for (int i = -1074; i < 1024; i++) check_round_trip(t, ldexp(1.0, i));
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = luge_test_random(t);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x)) check_round_trip(t, x);
        check_round_trip(t, round(luge_test_uniform(t, -1e6, 1e6)) / 1000.0);
    }
}

static void format_locale(luge_test *t)
{
    static const char *const commas[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "ps_AF" };
    const char *found = NULL;
    for (size_t i = 0; i < sizeof commas / sizeof commas[0] && !found; i++) found = setlocale(LC_NUMERIC, commas[i]);
    if (!found) {
        CHECK_SKIP(t, "no locale with a decimal comma is installed");
        return;
    }
    FORMATS(t, "1.5 -0.30000000000000004", "%g %g", 1.5, -(0.1 + 0.2));
    (void)setlocale(LC_NUMERIC, "C");
}

typedef struct collected {
    char text[2048];
    size_t length, calls;
} collected;

static void collect(void *user, const char *text, size_t length)
{
    collected *into = user;
    into->calls++;
    memcpy(into->text + into->length, text, length);
    into->length += length;
    into->text[into->length] = 0;
}

static void sinks(luge_test *t)
{
    collected into = { .length = 0 };
    luge_sink sink = { collect, &into };
    luge__print(sink, "%d %s;", 1, "one");
    luge__print(sink, "%d", 2);
    CHECK_STR_EQ(t, into.text, "1 one;2");
    char big[1500];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    into.length = 0;
    luge__print(sink, "%s", big);
    CHECK_EQ_INT(t, into.length, 1023);
    luge__print((luge_sink){ NULL, NULL }, "nobody listens");
    FILE *file = tmpfile();
    if (CHECK(t, file != NULL)) {
        char back[16] = "";
        luge__print(luge_file_sink(file), "a%db", 7);
        rewind(file);
        CHECK(t, fgets(back, sizeof back, file) != NULL);
        CHECK_STR_EQ(t, back, "a7b");
        (void)fclose(file);
    }
    luge__print(luge_file_sink(NULL), "nobody listens");
}

static void failures(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1), *other = luge_open(.threads = 1);
    if (!CHECK(t, ctx && other)) return;
    CHECK(t, !luge_failed(ctx));
    CHECK_STR_EQ(t, luge_error(ctx), "");
    CHECK_STATUS(t, luge_failure(ctx), LUGE_OK);
    CHECK_STATUS(t, luge__fail(ctx, LUGE_ESHAPE, "first %d", 1), LUGE_ESHAPE);
    CHECK_STATUS(t, luge__fail(ctx, LUGE_EIO, "second"), LUGE_EIO);
    CHECK(t, luge_failed(ctx));
    CHECK_STATUS(t, luge_failure(ctx), LUGE_ESHAPE);
    CHECK_STR_EQ(t, luge_error(ctx), "first 1");
    CHECK_STR_EQ(t, luge_last_error(), "second");
    CHECK_STATUS(t, luge_failure(NULL), LUGE_EIO);
    CHECK_STR_EQ(t, luge_error(NULL), "second");
    CHECK(t, luge_failed(NULL));
    CHECK(t, !luge_failed(other));
    CHECK_STATUS(t, luge__fail_thread(LUGE_EDTYPE, "%s, again", luge_last_error()), LUGE_EDTYPE);
    CHECK_STR_EQ(t, luge_last_error(), "second, again");
    (void)luge__fail(ctx, LUGE_EIO, "was: %s", luge_error(ctx));
    CHECK_STR_EQ(t, luge_last_error(), "was: first 1");
    luge_clear(ctx);
    CHECK(t, !luge_failed(ctx));
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_clear(NULL);
    luge_close(other);
    luge_close(ctx);
    CHECK_STR_EQ(t, luge_last_error(), "was: first 1");
}

static void long_messages(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    char text[600];
    if (!CHECK(t, ctx)) return;
    for (size_t length = 505; length < 520; length++) {
        memset(text, 'm', length);
        text[length] = 0;
        luge_clear(ctx);
        (void)luge__fail(ctx, LUGE_EINVAL, "%s", text);
        CHECK_EQ_INT(t, strlen(luge_error(ctx)), length < 511 ? length : 511);
        CHECK_EQ_INT(t, strcmp(luge_error(ctx) + strlen(luge_error(ctx)) - 3, "...") == 0, length > 511);
        CHECK_STR_EQ(t, luge_last_error(), luge_error(ctx));
    }
    for (size_t i = 0; i < 599; i++) text[i] = i % 2 ? '\xa4' : '\xc3'; /* a-umlauts: no half of one is kept */
    text[599] = 0;
    (void)luge__fail(NULL, LUGE_EINVAL, "x%s", text);
    size_t length = strlen(luge_last_error());
    CHECK(t, length >= 509 && length <= 511);
    CHECK_EQ_INT(t, (unsigned char)luge_last_error()[length - 4], 0xa4);
    luge_close(ctx);
}

void test_message(luge_test *t)
{
    RUN(t, names);
    RUN(t, format_kinds);
    RUN(t, format_room);
    RUN(t, format_doubles);
    RUN(t, format_round_trip);
    RUN(t, format_locale);
    RUN(t, sinks);
    RUN(t, failures);
    RUN(t, long_messages);
}
