/* kernels.h: where the time of a plan goes: mean microseconds of each of its steps. */
#ifndef LUGE_BENCH_KERNELS_H
#define LUGE_BENCH_KERNELS_H

#include "luge/luge.h"

#include "workload.h"

/* Over about a second; `before` makes ready what a run needs and is not timed. */
static void print_kernels(luge_plan *plan, luge_run *run, contestant *before)
{
    const int steps = luge_plan_step_count(plan);
    int64_t *took = calloc((size_t)steps + 1, sizeof *took), all = 0;
    luge_step_info info;
    long executions = 0;
    if (!took) exit(1);
    take_steps(before, 10);
    for (const double start = seconds_now(); seconds_now() - start < 1; executions++) {
        take_steps(before, 1);
        if (luge_run_execute_timed(run, took)) fprintf(stderr, "%s\n", luge_last_error()), exit(1);
    }
    for (int i = 0; i < steps; i++) all += took[i];
    printf("  %-32s %-8s %-12s %10s %6s\n", "op", "kernel", "result", "us", "share");
    for (int i = 0; i < steps && !luge_plan_step(plan, i, &info); i++) {
        char shape[64] = "";
        for (int k = 0; k < info.shape.ndim; k++)
            snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%lld", k ? "," : "",
                     (long long)info.shape.dim[k]);
        printf("  %-32s %-8s %-12s %10.2f %5.1f%%\n", info.op, info.kernel, shape,
               1e-3 * (double)took[i] / (double)executions, 100.0 * (double)took[i] / (double)all);
    }
    printf("  %-54s %10.2f\n\n", "all", 1e-3 * (double)all / (double)executions);
    free(took);
}

#endif
