/* summary.c: `luge summary`: what is in a model's file. */
#include <stdio.h>
#include <string.h>

#include "job.h"

static void print_recipe(const char *text)
{
    printf("\n  How it was trained\n\n");
    while (*text) {
        const int length = (int)strcspn(text, "\n"), key = (int)strcspn(text, ":");
        if (key < length) {
            char value[CLI_MESSAGE];
            const int quoted = text[key + 2] == '"'; /* escapes are rare enough to be shown as they are */
            snprintf(value, sizeof value, "%.*s", length - key - 2 - 2 * quoted, text + key + 2 + quoted);
            printf("  %-12.*s ", key, text);
            cli_wrap(15, value);
        }
        text += length + (text[length] == '\n');
    }
}

static void print_columns(const cli_job *job)
{
    const luge_encoder_info *c = &job->columns;
    if (!job->encoder) return;
    printf("\n  What it takes\n\n");
    printf("  columns      %d numeric, %d text; target %s\n", (int)c->numeric, (int)c->text, c->target);
    for (int i = 0; i < c->left_out && i < 10; i++)
        printf("  left out     %s: %s\n", c->left_out_names[i], c->left_out_reasons[i]);
}

static void print_progress(const cli_job *job)
{
    const luge_progress p = luge_model_progress(job->model);
    char n[CLI_TEXT], m[CLI_TEXT];
    printf("\n  How far\n\n");
    printf("  epochs       %s, %s steps\n", cli_count(n, p.epoch), cli_count(m, p.updates));
    if (p.stopped) printf("  stopped      %s\n", p.reason);
}

static int summary(cli_job *job)
{
    if (job->o.n_words != 1) {
        cli_fail(job->o.verb, "the model is missing\n  luge summary model.safetensors");
        return CLI_USAGE;
    }
    const int code = cli_job_load_model(job, job->o.word[0]);
    if (code) return code;
    printf("\n");
    if (luge_summary(job->model, luge_file_sink(stdout))) return cli_fail_with(job->o.verb, job->ctx);
    print_columns(job);
    if (luge_note(job->model, "recipe")) print_recipe(luge_note(job->model, "recipe"));
    print_progress(job);
    printf("\n");
    return CLI_OK;
}

int cli_summary(int n, char **arg)
{
    return cli_run("summary", VERB_SUMMARY, 1, n, arg, summary);
}
