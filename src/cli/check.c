/* check.c: `luge check`: the gradients of a model, parameter by parameter. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum { ROWS = 16 };

static void print_shape(const luge_shape *s, char *text, size_t size)
{
    size_t n = 0;
    *text = '\0';
    for (int i = 0; i < s->ndim && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, i ? " x %lld" : "%lld", (long long)s->dim[i]);
}

static int print_results(const cli_job *job, const luge_check_result *results)
{
    int64_t all = 0, compared = 0;
    int wrong = 0;
    const int quiet = cli_yes(&job->o, OPT_QUIET, 0);
    if (!quiet) printf("\n  layer         parameter  shape       elements  mean |diff.|  largest rel.\n");
    for (int i = 0, k = 0; i < luge_weight_count(job->model); i++) {
        luge_weight_info w;
        char shape[64], count[CLI_TEXT];
        if (luge_weight_at(job->model, i, &w) || !w.trainable) continue;
        const luge_check_result *r = &results[k++];
        const char *slash = strrchr(w.name, '/');
        all += r->elements;
        compared += r->compared;
        wrong += !r->ok;
        print_shape(&w.shape, shape, sizeof shape);
        if (!quiet)
            printf("  %-13.*s %-10s %-10s %9s %13.1e %13.1e  %s\n", slash ? (int)(slash - w.name) : 0, w.name,
                   slash ? slash + 1 : w.name, shape, cli_count(count, r->elements), r->mean_absolute,
                   r->largest_relative, r->ok ? "ok" : "WRONG");
    }
    char a[CLI_TEXT], b[CLI_TEXT], text[CLI_MESSAGE];
    snprintf(text, sizeof text, "gradients by backpropagation %s central differences (f64, h 1e-5) on %s%s parameters",
             wrong ? "disagree with" : "agree with", compared < all ? cli_count(a, compared) : "all ",
             compared < all ? " of the" : "");
    if (!quiet) {
        printf("\n  ");
        snprintf(text + strlen(text) - strlen(" parameters"), 200, "%s%s parameters", compared < all ? " " : "",
                 cli_count(b, all));
        cli_wrap(2, text);
        printf("\n");
    }
    if (cli_yes(&job->o, OPT_JSON, 0))
        printf("{\"parameters\": %lld, \"compared\": %lld, \"wrong\": %d}\n", (long long)all, (long long)compared,
               wrong);
    return wrong ? CLI_FAILED : CLI_OK;
}

static int check(cli_job *job)
{
    luge_dataset *all, *data = NULL;
    int n = 0;
    if (job->o.n_words != 1) {
        cli_fail(job->o.verb, "the model is missing\n  luge check model.safetensors");
        return CLI_USAGE;
    }
    int code = cli_job_find(job, job->o.word[0], 1, &all);
    if (!code) code = cli_some_rows(job, all, ROWS, &data);
    if (code) return code;
    for (int i = 0; i < luge_weight_count(job->model); i++) {
        luge_weight_info w;
        n += !luge_weight_at(job->model, i, &w) && w.trainable;
    }
    luge_check_result *results = calloc((size_t)n + 1, sizeof *results);
    const double loss = luge_evaluate(job->model, data).loss; /* differences round in proportion to it */
    const luge_check_options o = { .size = sizeof o, .tolerance = 1e-7 * (loss > 1 ? loss : 1) };
    if (!results)
        code = cli_fail(job->o.verb, "out of memory");
    else if (luge_failed(job->ctx) || luge_check_model(job->model, data, &o, results, n))
        code = cli_fail_with(job->o.verb, job->ctx);
    else
        code = print_results(job, results);
    free(results);
    return code;
}

int cli_check(int n, char **arg)
{
    return cli_run("check", VERB_CHECK, 1, n, arg, check);
}
