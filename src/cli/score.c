/* score.c: how good a model is on some rows, and how good the trivial guess would be. */
#include <math.h>
#include <stdlib.h>

#include "job.h"

/* The most frequent class, or the mean, of the training rows; where those are not known, of the rows themselves. */
static int trivial(cli_job *job, luge_dataset *data, cli_scores *s)
{
    luge_dataset *known = job->train ? job->train : data;
    double *seen = cli_targets(job, known), *asked = seen ? cli_targets(job, data) : NULL;
    const int64_t n = luge_dataset_rows(known), rows = luge_dataset_rows(data);
    double sum = 0, best = 0;
    if (!asked) {
        free(seen);
        return CLI_FAILED;
    }
    s->trivial = 0;
    if (job->task == LUGE_REGRESSION) {
        for (int64_t i = 0; i < n; i++) s->mean += seen[i] / (double)n;
        for (int64_t i = 0; i < rows; i++) sum += (asked[i] - s->mean) * (asked[i] - s->mean);
        s->trivial = sqrt(sum / (double)rows);
    } else {
        double *counts = calloc((size_t)job->classes + 1, sizeof *counts);
        for (int64_t i = 0; i < n && counts; i++)
            if (++counts[(int64_t)seen[i]] > best) best = counts[(int64_t)seen[i]];
        for (s->guess = 0; counts && counts[s->guess] < best;) s->guess++;
        for (int64_t i = 0; i < rows; i++) s->trivial += asked[i] == (double)s->guess;
        s->trivial /= (double)rows;
        free(counts);
    }
    free(seen);
    free(asked);
    return CLI_OK;
}

void cli_scores_free(cli_scores *scores)
{
    free(scores->confusion);
    scores->confusion = NULL;
}

int cli_score(cli_job *job, luge_dataset *data, cli_scores *s)
{
    const int classes = (int)job->classes;
    *s = (cli_scores){ .rows = luge_dataset_rows(data) };
    if (job->task == LUGE_REGRESSION) {
        s->scores = luge_evaluate(job->model, data, .metrics = { LUGE_RMSE, LUGE_MAE, LUGE_R2 });
    } else {
        s->confusion = calloc((size_t)(classes * classes), sizeof *s->confusion);
        if (!s->confusion) return cli_fail(job->o.verb, "out of memory");
        s->scores = luge_evaluate(job->model, data, .metrics = { LUGE_ACCURACY, LUGE_F1, LUGE_AUC },
                                  .confusion = s->confusion, .classes = classes);
    }
    return luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : trivial(job, data, s);
}
