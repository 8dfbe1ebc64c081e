/* descend.h: what the files of `luge descend` share: the ways of optimizers down a formula. */
#ifndef LUGE_CLI_DESCEND_H
#define LUGE_CLI_DESCEND_H

#include "formula.h"

enum { CLI_MOST_WAYS = 8, CLI_MOST_SIDES = 100, CLI_MOST_STEPS = 1000000 };

/* The way of one optimizer. */
typedef struct cli_way {
    const char *name; /* "adam" */
    double rate;
    luge_run *run;      /* a step: effects of the library's updates */
    int64_t steps;      /* points after the first one */
    int64_t lost;       /* the step at which something was no finite number, which ended it; 0: none */
    double *at, *value; /* [steps + 1, sides], [steps + 1] */
} cli_way;

typedef struct cli_descend_job {
    cli_options o;
    cli_expression x;
    luge_val y; /* what is to become small */
    const char *y_name;
    int n_sides; /* free names */
    const char *side[CLI_MOST_SIDES];
    luge_val w[CLI_MOST_SIDES], grad[CLI_MOST_SIDES]; /* variables; gradients, or variables for numerical ones */
    double start[CLI_MOST_SIDES], h;                  /* h: of --numerical, or 0 */
    luge_run *value;                                  /* computes y alone */
    int n_ways;
    int64_t steps;
    cli_way way[CLI_MOST_WAYS];
} cli_descend_job;

/* y at a point; NaN where it cannot be computed. */
double cli_descend_value(const cli_descend_job *job, const double *at);

/* descend_tell.c: as the options want it. */
int cli_descend_tell(const cli_descend_job *job);

#endif
