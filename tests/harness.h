/* harness.h: what a test suite is written with.
 *
 *     static void sizes(luge_test *t) { CHECK_EQ_INT(t, luge_dtype_size(LUGE_F32), 4); }
 *     void test_core(luge_test *t) { RUN(t, sizes); }
 *
 * A check that fails prints where, the values, and a line that repeats it, and goes on; it yields nonzero if it passed,
 * so that `if (!CHECK(t, p)) return;` guards what needs p. Checks belong to the thread that runs the suite. */
#ifndef LUGE_TESTS_HARNESS_H
#define LUGE_TESTS_HARNESS_H

#include <stdint.h>

#include "luge/types.h"

typedef struct luge_test {
    const char *suite;
    const char *only; /* run the cases whose names contain it; NULL: all */
    uint64_t seed;
    int verbose;
    char name[128]; /* of the case that runs */
    int64_t checks, failures, skips, shown;
    uint64_t random;
} luge_test;

/* A case: RUN calls a function under its own name. CASE is for tables: `if (CASE(t, row->name)) ...`. */
#define CASE(t, name) luge_test_case((t), (name))
#define RUN(t, function)                                                                                               \
    do {                                                                                                               \
        if (luge_test_case((t), #function)) function(t);                                                               \
    } while (0)

#define CHECK(t, condition)   luge_test_check((t), __FILE__, __LINE__, #condition, (condition) ? 1 : 0)
#define CHECK_EQ_INT(t, a, b) luge_test_int((t), __FILE__, __LINE__, #a, #b, (int64_t)(a), (int64_t)(b))
#define CHECK_CLOSE(t, a, b, tolerance)                                                                                \
    luge_test_close((t), __FILE__, __LINE__, #a, #b, (double)(a), (double)(b), (double)(tolerance))
#define CHECK_STR_EQ(t, text, expected)   luge_test_same_text((t), __FILE__, __LINE__, #text, (text), (expected))
#define CHECK_STR_CONTAINS(t, text, part) luge_test_contains((t), __FILE__, __LINE__, #text, (text), (part))
#define CHECK_STATUS(t, status, expected) luge_test_status((t), __FILE__, __LINE__, #status, (status), (expected))
/* For what cannot be tested here. A suite that only skips is reported as skipped. */
#define CHECK_SKIP(t, why) luge_test_skip((t), __FILE__, __LINE__, (why))

int luge_test_case(luge_test *t, const char *name); /* nonzero if the case is to run; it starts with its own numbers */
int luge_test_check(luge_test *t, const char *file, int line, const char *text, int passed);
int luge_test_int(luge_test *t, const char *file, int line, const char *left, const char *right, int64_t a, int64_t b);
/* |a - b| <= tolerance, or equal (infinities). NaN is close to nothing. */
int luge_test_close(luge_test *t, const char *file, int line, const char *left, const char *right, double a, double b,
                    double tolerance);
int luge_test_same_text(luge_test *t, const char *file, int line, const char *what, const char *text,
                        const char *expected);
int luge_test_contains(luge_test *t, const char *file, int line, const char *what, const char *text, const char *part);
int luge_test_status(luge_test *t, const char *file, int line, const char *what, luge_status status,
                     luge_status expected);
void luge_test_skip(luge_test *t, const char *file, int line, const char *why);

/* Random numbers for test data; the same in each run of a case with the same --seed, whatever other cases ran. */
uint64_t luge_test_random(luge_test *t);
double luge_test_uniform(luge_test *t, double low, double high);
int64_t luge_test_below(luge_test *t, int64_t bound); /* 0 .. bound-1 */

#define SUITE(name) void test_##name(luge_test *t);
#include "suites.h"
#undef SUITE

#endif
