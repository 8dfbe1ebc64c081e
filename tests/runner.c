/* runner.c: the program luge-test: runs suites, counts checks, prints what failed and how to repeat it.
 *
 * Exit code: 0 all passed, 1 something failed, 2 wrong usage, 77 every check was skipped. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "luge/context.h"

enum { PASSED = 0, FAILED = 1, USAGE = 2, SKIPPED = 77, SHOWN_FAILURES = 20 };

static const struct {
    const char *name;
    void (*run)(luge_test *t);
} suites[] = {
#define SUITE(name) { #name, test_##name },
#include "suites.h"
#undef SUITE
};
enum { SUITES = sizeof suites / sizeof suites[0] };

/* ---- random data ------------------------------------------------------------------------------------------------- */

uint64_t luge_test_random(luge_test *t)
{
    uint64_t x = t->random += 0x9E3779B97F4A7C15u; /* splitmix64: not the generator under test */
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

double luge_test_uniform(luge_test *t, double low, double high)
{
    return low + (double)(luge_test_random(t) >> 11) * 0x1p-53 * (high - low);
}

int64_t luge_test_below(luge_test *t, int64_t bound)
{
    return (int64_t)(luge_test_random(t) % (uint64_t)bound);
}

int luge_test_case(luge_test *t, const char *name)
{
    if (t->only && !strstr(name, t->only)) return 0;
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    t->random = t->seed;
    for (const char *c = name; *c; c++) t->random = (t->random ^ (unsigned char)*c) * 0x100000001B3u;
    t->shown = 0;
    if (t->verbose) printf("  %s\n", name);
    (void)fflush(stdout);
    return 1;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

/* Counts a check. On failure prints the format's text; only the first of a case, a loop may fail a million times. */
static int judge(luge_test *t, const char *file, int line, int passed, const char *format, ...)
{
    va_list args;
    t->checks++;
    if (passed) return 1;
    t->failures++;
    if (t->shown++ < SHOWN_FAILURES) {
        printf("%s:%d: %s: ", file, line, t->name);
        va_start(args, format);
        (void)vprintf(format, args);
        va_end(args);
        printf("\n  repeat: luge-test %s --only '%s' --seed %llu\n", t->suite, t->name, (unsigned long long)t->seed);
        if (t->shown == SHOWN_FAILURES) printf("  (no more failures of this case are shown)\n");
        (void)fflush(stdout);
    }
    return 0;
}

int luge_test_check(luge_test *t, const char *file, int line, const char *text, int passed)
{
    return judge(t, file, line, passed, "not so: %s", text);
}

int luge_test_int(luge_test *t, const char *file, int line, const char *left, const char *right, int64_t a, int64_t b)
{
    return judge(t, file, line, a == b, "%s is %lld; %s is %lld", left, (long long)a, right, (long long)b);
}

int luge_test_close(luge_test *t, const char *file, int line, const char *left, const char *right, double a, double b,
                    double tolerance)
{
    int same = !(a < b) && !(a > b) && a <= b;
    double error = same ? 0.0 : fabs(a - b);
    int passed = !(!(error <= tolerance));
    return judge(t, file, line, passed, "%s is %.17g; %s is %.17g; they differ by %.3g, tolerance %.3g", left, a, right,
                 b, error, tolerance);
}

int luge_test_same_text(luge_test *t, const char *file, int line, const char *what, const char *text,
                        const char *expected)
{
    return judge(t, file, line, text && strcmp(text, expected) == 0, "%s is \"%s\"; expected \"%s\"", what,
                 text ? text : "(null)", expected);
}

int luge_test_contains(luge_test *t, const char *file, int line, const char *what, const char *text, const char *part)
{
    return judge(t, file, line, text && strstr(text, part) != NULL, "%s is \"%s\"; it should contain \"%s\"", what,
                 text ? text : "(null)", part);
}

int luge_test_status(luge_test *t, const char *file, int line, const char *what, luge_status status,
                     luge_status expected)
{
    return judge(t, file, line, status == expected, "%s gives %s; expected %s; last error: \"%s\"", what,
                 luge_status_name(status), luge_status_name(expected), luge_last_error());
}

void luge_test_skip(luge_test *t, const char *file, int line, const char *why)
{
    t->skips++;
    printf("%s:%d: %s: skipped: %s\n", file, line, t->name, why);
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

static int run_suite(int index, const luge_test *options)
{
    luge_test t = *options;
    t.suite = suites[index].name;
    (void)luge_test_case(&t, "");
    suites[index].run(&t);
    if (t.checks == 0 && t.skips == 0) {
        printf("%s: no check was made%s%s\n", t.suite, t.only ? " by a case named like " : "", t.only ? t.only : "");
        return FAILED;
    }
    printf("%s: %lld checks, %lld failed, %lld skipped\n", t.suite, (long long)t.checks, (long long)t.failures,
           (long long)t.skips);
    (void)fflush(stdout);
    if (t.failures) return FAILED;
    return t.checks ? PASSED : SKIPPED;
}

static int usage(void)
{
    (void)fputs("usage: luge-test --list\n"
                "       luge-test SUITE... [--seed N] [--verbose] [--only TEXT]\n",
                stderr);
    return USAGE;
}

static int find_suite(const char *name)
{
    for (int i = 0; i < SUITES; i++) {
        if (strcmp(name, suites[i].name) == 0) return i;
    }
    (void)fprintf(stderr, "luge-test: there is no suite \"%s\"; --list names them\n", name);
    return -1;
}

int main(int argc, char **argv)
{
    luge_test options = { .seed = 1 };
    int chosen[SUITES], n = 0, passed = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            for (int s = 0; s < SUITES; s++) printf("%s\n", suites[s].name);
            return PASSED;
        }
        if (strcmp(argv[i], "--verbose") == 0) {
            options.verbose = 1;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            options.seed = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            options.only = argv[++i];
        } else if (argv[i][0] == '-' || n == SUITES) {
            return usage();
        } else {
            chosen[n] = find_suite(argv[i]);
            if (chosen[n++] < 0) return USAGE;
        }
    }
    if (n == 0) return usage();
    for (int i = 0; i < n; i++) {
        int result = run_suite(chosen[i], &options);
        if (result == PASSED) passed++;
        if (result == FAILED) failed++;
    }
    if (failed) return FAILED;
    return passed ? PASSED : SKIPPED;
}
