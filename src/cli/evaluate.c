/* evaluate.c: `luge evaluate`: scores of a model on data with the answers. */
#include <stdio.h>
#include <string.h>

#include "job.h"

static int show(cli_job *job, const char *path, const char *spec, const cli_scores *s)
{
    char n[CLI_TEXT];
    if (!cli_yes(&job->o, OPT_QUIET, 0)) {
        printf("\n");
        cli_line("model", "%s", path);
        cli_line("data", "%s: %s rows", cli_spec_name(spec), cli_count(n, s->rows));
        printf("\n");
        cli_report_scores(job, "scores", s);
        printf("\n");
    }
    if (cli_yes(&job->o, OPT_JSON, 0)) {
        cli_json j = { .file = stdout };
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "model_file", path);
        cli_json_text(&j, "data", spec);
        cli_json_text(&j, "task", job->task == LUGE_REGRESSION ? "regression" : "classification");
        cli_json_scores(&j, "test", job, s);
        cli_json_close(&j, '}');
        printf("\n");
    }
    return CLI_OK;
}

static int evaluate(cli_job *job)
{
    luge_dataset *data;
    cli_scores scores = { .rows = 0 };
    if (job->o.n_words != 1 || !job->o.value[OPT_DATA]) {
        cli_fail(job->o.verb, "%s\n  luge evaluate model.safetensors --data new.csv",
                 job->o.n_words ? "the data is missing" : "the model is missing");
        return CLI_USAGE;
    }
    int code = cli_job_load_model(job, job->o.word[0]);
    const char *spec = job->o.value[OPT_DATA];
    if (!code) code = cli_load_encoded(job, spec, 1, &data);
    if (!code && job->o.value[OPT_ONLY]) code = cli_keep_only(job, &data);
    if (!code && luge_dataset_count(data, LUGE_TARGETS) < 1)
        code = cli_fail(job->o.verb, "%s has no answers to compare with; luge predict gives some", spec);
    if (!code && luge_dataset_column(data, LUGE_TARGETS, 0, &job->targets)) code = cli_fail_with(job->o.verb, job->ctx);
    if (!code) code = cli_score(job, data, &scores);
    if (!code) code = show(job, job->o.word[0], spec, &scores);
    cli_scores_free(&scores);
    return code;
}

int cli_evaluate(int n, char **arg)
{
    return cli_run("evaluate", VERB_EVALUATE, 1, n, arg, evaluate);
}
