/* example.h: what the examples share: a plain word on an error, and a check of each number that they show. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <luge/luge.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int wrong_numbers;

/* Ends the program with a message unless the call went well. */
static inline void must(luge_status status)
{
    if (status == LUGE_OK) return;
    fprintf(stderr, "%s\n", luge_last_error());
    exit(1);
}

/* Notes a number that is further than `tolerance` from its reference. Written so that NaN is noted too. */
static inline void expect(const char *what, double value, double reference, double tolerance)
{
    if (fabs(value - reference) <= tolerance) return;
    fprintf(stderr, "%s is %.17g, the reference is %.17g\n", what, value, reference);
    wrong_numbers = 1;
}

/* A plan for some outputs with a run over it; luge_close frees both. */
static inline luge_run *run_for(luge_graph *g, const luge_val *outputs, int n)
{
    luge_run *run = luge_run_create(luge_plan_create(g, outputs, n));
    if (!run) must(LUGE_EINVAL);
    return run;
}

/* A scalar f64 result of a run. */
static inline double number(luge_run *run, luge_val value)
{
    double x = 0;
    must(luge_run_get(run, value, &x, sizeof x));
    return x;
}

/* The path of a file or folder below the folder of data, which is the first argument of the examples that need one.
 * Without it the program says what it wants and ends with 77: skipped. */
static inline const char *data_path(int argc, char **argv, const char *name)
{
    static char path[1024];
    if (argc < 2) {
        printf("  skipped: give the folder that holds %s (unpacked) as the argument\n", name);
        exit(77);
    }
    snprintf(path, sizeof path, "%s/%s", argv[1], name);
    return path;
}

/* The last line of main: frees everything, and tells whether all went well and every number was right. */
static inline int finish(luge_context *ctx)
{
    const int failed = luge_failed(ctx);
    if (failed) fprintf(stderr, "%s\n", luge_error(ctx));
    luge_close(ctx);
    return failed || wrong_numbers;
}

#endif
