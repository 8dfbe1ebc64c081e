/* test_number.c: decimal text to the nearest double, against the C library and known hard cases; sorting numbers. */
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "harness.h"

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double random_double(luge_test *t)
{
    double value;
    do {
        uint64_t bits = luge_test_random(t);
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

/* One check for many texts: the first that reads differently is shown. */
static int reads_like_strtod(const char *text)
{
    double value = -1, expected = strtod(text, NULL);
    return luge__parse_number(text, strlen(text), &value) && bits_of(value) == bits_of(expected);
}

static void check_text(luge_test *t, const char *text)
{
    char what[1200];
    (void)snprintf(what, sizeof what, "\"%s\" reads as strtod reads it", text);
    (void)luge_test_check(t, __FILE__, __LINE__, what, reads_like_strtod(text));
}

static void simple(luge_test *t)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "+0",
        "0.0",
        "-0.0e5",
        "1",
        "-1",
        "+1",
        "1.5",
        ".5",
        "5.",
        "-.5e-1",
        "00012.50",
        "1e0",
        "1E+2",
        "1e-2",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000123",
        "9007199254740993",
        "1e22",
        "1e23",
        "9007199254740992e22",
        "3e-22",
        "1e-23",
        "1e308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e400",
        "1e99999999999999999999",
        "0e99999999999999999999",
        "1e-99999999999999999",
        "5e-324",
        "2.5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "-1e-400",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.225073858507201136057409796709131975934819546351645648e-308",
        "8.5e22",
        "1e19",
        "1e20",
        "18446744073709551615",
        "18446744073709551616",
        "9999999999999999999",
        "99999999999999999999",
        "1.00000000000000000000",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) check_text(t, texts[i]);
}

static void refused(luge_test *t)
{
    static const char *const texts[] = { "",    "+",     "-",        ".",        "-.",  "e5",  ".e5", "1e",
                                         "1e+", "1e-",   "1e5.",     "1.2.3",    "1 ",  " 1",  "0x1", "0x1p3",
                                         "nan", "inf",   "-inf",     "infinity", "1,5", "--1", "+-1", "1e--5",
                                         "1f",  "1_000", "\xD9\xA1", "1-",       "e" };
    double value = 7;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!CHECK(t, !luge__parse_number(texts[i], strlen(texts[i]), &value))) printf("    \"%s\"\n", texts[i]);
    }
    CHECK(t, !luge__parse_number("1\0", 2, &value));
    CHECK(t, !luge__parse_number(NULL, 0, &value));
    CHECK_CLOSE(t, value, 7, 0);
    CHECK(t, luge__parse_number("12345", 2, &value)); /* no more than `length` */
    CHECK_CLOSE(t, value, 12, 0);
}

static void random_doubles(luge_test *t)
{
    char text[64];
    int64_t wrong = 0;
    for (int i = 0; i < 100000; i++) {
        double value = random_double(t), back = 0;
        size_t length = luge__format(text, sizeof text, "%g", value);
        if (!luge__parse_number(text, length, &back) || bits_of(back) != bits_of(value)) wrong++;
        (void)snprintf(text, sizeof text, "%.16e", value);
        if (!luge__parse_number(text, strlen(text), &back) || bits_of(back) != bits_of(value)) wrong++;
        (void)snprintf(text, sizeof text, "%.*e", (int)luge_test_below(t, 30), value);
        if (!reads_like_strtod(text)) wrong++;
    }
    CHECK_EQ_INT(t, wrong, 0);
}

/* Numbers as people write them, and short ones with every exponent. */
static void plain_numbers(luge_test *t)
{
    char text[64];
    int64_t wrong = 0;
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(text, sizeof text, "%.*f", (int)luge_test_below(t, 18), luge_test_uniform(t, -1000, 1000));
        if (!reads_like_strtod(text)) wrong++;
        (void)snprintf(text, sizeof text, "%" PRIu64 "e%d", luge_test_random(t) >> luge_test_below(t, 64),
                       (int)luge_test_below(t, 700) - 360);
        if (!reads_like_strtod(text)) wrong++;
    }
    CHECK_EQ_INT(t, wrong, 0);
}

/* Exactly the middle of value and its neighbour above: all its digits, at most 767. */
static void print_middle(char *text, size_t size, double value)
{
    long double middle = ((long double)value + (long double)nextafter(value, HUGE_VAL)) / 2;
    (void)snprintf(text, size, "%.780Le", middle);
}

static void middles(luge_test *t)
{
    char text[1200];
    if (LDBL_MANT_DIG <= DBL_MANT_DIG) {
        CHECK_SKIP(t, "long double holds no middles here");
        return;
    }
    int64_t wrong = 0;
    for (int i = 0; i < 4000; i++) {
        double value = fabs(random_double(t));
        if (i % 4 == 0) value = ldexp((double)(luge_test_random(t) >> 12), -1074); /* below the normal numbers */
        if (i % 4 == 1) value = luge_test_uniform(t, 0, 1e6);
        if (i < 60) value = ldexp(1, 30 * i - 1074);
        if (!(value < DBL_MAX)) continue;
        print_middle(text, sizeof text, value);
        char *e = strchr(text, 'e'), exponent[16];
        if (!reads_like_strtod(text)) wrong++; /* to even */
        (void)snprintf(exponent, sizeof exponent, "%s", e);
        (void)snprintf(e, 32, "1%s", exponent); /* a little above */
        if (!reads_like_strtod(text)) wrong++;
        for (int digits = 40; digits > 14; digits -= 3) { /* a little below */
            (void)snprintf(text + digits, 32, "%s", exponent);
            if (!reads_like_strtod(text)) wrong++;
        }
    }
    CHECK_EQ_INT(t, wrong, 0);
    print_middle(text, sizeof text, 0);
    check_text(t, text); /* half of the smallest: to 0 */
    *strchr(text, 'e') = 0;
    (void)snprintf(text + strlen(text), 32, "1e-324");
    check_text(t, text);
}

/* Digits without end: what follows the 780th matters only as not being 0. */
static void long_texts(luge_test *t)
{
    static char text[20010];
    double value = 0;
    memset(text, '0', sizeof text);
    memcpy(text, "9007199254740993.", 17); /* the middle of two doubles */
    CHECK(t, luge__parse_number(text, 20000, &value));
    CHECK_CLOSE(t, value, 9007199254740992, 0);
    text[19999] = '1';
    CHECK(t, luge__parse_number(text, 20000, &value));
    CHECK_CLOSE(t, value, 9007199254740994, 0);
    memset(text, '0', sizeof text);
    text[1] = '.';
    memcpy(text + 10001, "125e10000", 9);
    CHECK(t, luge__parse_number(text, 10010, &value));
    CHECK_CLOSE(t, value, 1.25, 0);
    text[0] = '1';
    memset(text + 1, '0', 10000);
    memcpy(text + 10001, "e-10000", 7);
    CHECK(t, luge__parse_number(text, 10008, &value));
    CHECK_CLOSE(t, value, 1, 0);
    memset(text, '9', sizeof text);
    CHECK(t, luge__parse_number(text, 20000, &value));
    CHECK(t, isinf(value));
}

static void decimal_comma(luge_test *t)
{
    static const char *const commas[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                          "fr_FR.UTF-8", "fr_FR.utf8", "nl_NL.utf8" };
    const char *found = NULL;
    double value = 0;
    for (size_t i = 0; i < sizeof commas / sizeof commas[0] && !found; i++) found = setlocale(LC_NUMERIC, commas[i]);
    if (!found) {
        CHECK_SKIP(t, "no locale with a decimal comma is installed");
        return;
    }
    CHECK(t, luge__parse_number("2.5", 3, &value));
    CHECK_CLOSE(t, value, 2.5, 0);
    CHECK(t, !luge__parse_number("2,5", 3, &value));
    (void)setlocale(LC_NUMERIC, "C");
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static int by_value(const void *user, uint32_t a, uint32_t b)
{
    const int *values = user;
    return (values[a] > values[b]) - (values[a] < values[b]);
}

static void sorting(luge_test *t)
{
    enum { MOST = 300 };
    int values[MOST];
    uint32_t ids[MOST];
    int64_t wrong = 0;
    for (size_t n = 0; n <= MOST; n += n < 20 ? 1 : 35) {
        for (int kind = 0; kind < 4; kind++) {
            int seen[MOST] = { 0 };
            for (size_t i = 0; i < n; i++) {
                ids[i] = (uint32_t)i;
                values[i] = kind == 0 ? (int)i : kind == 1 ? -(int)i : (int)luge_test_below(t, kind == 2 ? 5 : 1000000);
            }
            luge__sort(ids, n, by_value, values);
            for (size_t i = 0; i < n; i++) {
                wrong += seen[ids[i]]++ || (i > 0 && values[ids[i - 1]] > values[ids[i]]);
            }
        }
    }
    CHECK_EQ_INT(t, wrong, 0);
}

void test_number(luge_test *t)
{
    RUN(t, simple);
    RUN(t, refused);
    RUN(t, random_doubles);
    RUN(t, plain_numbers);
    RUN(t, middles);
    RUN(t, long_texts);
    RUN(t, decimal_comma);
    RUN(t, sorting);
}
