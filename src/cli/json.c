/* json.c: JSON for scripts. */
#include <math.h>
#include <stdio.h>

#include "job.h"

static void put_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < 0x20)
            fprintf(file, "\\u%04x", c);
        else
            fputc(c, file);
    }
    fputc('"', file);
}

static void begin(cli_json *j, const char *key)
{
    if (j->more) fputs(", ", j->file);
    j->more = 1;
    if (!key) return;
    put_string(j->file, key);
    fputs(": ", j->file);
}

void cli_json_open(cli_json *j, const char *key, char bracket)
{
    begin(j, key);
    fputc(bracket, j->file);
    j->more = 0;
}

void cli_json_close(cli_json *j, char bracket)
{
    fputc(bracket, j->file);
    j->more = 1;
}

void cli_json_text(cli_json *j, const char *key, const char *text)
{
    begin(j, key);
    if (text)
        put_string(j->file, text);
    else
        fputs("null", j->file);
}

void cli_json_whole(cli_json *j, const char *key, int64_t value)
{
    begin(j, key);
    fprintf(j->file, "%lld", (long long)value);
}

void cli_json_number(cli_json *j, const char *key, double value)
{
    char text[CLI_TEXT];
    begin(j, key);
    fputs(isfinite(value) ? cli_exact(text, value) : "null", j->file);
}

static void confusion(cli_json *j, const cli_job *job, const cli_scores *s)
{
    cli_json_open(j, "confusion", '[');
    for (int64_t i = 0; i < job->classes; i++) {
        cli_json_open(j, NULL, '[');
        for (int64_t k = 0; k < job->classes; k++) cli_json_whole(j, NULL, (int64_t)s->confusion[i * job->classes + k]);
        cli_json_close(j, ']');
    }
    cli_json_close(j, ']');
}

void cli_json_scores(cli_json *j, const char *key, const cli_job *job, const cli_scores *s)
{
    if (!s) {
        cli_json_text(j, key, NULL);
        return;
    }
    double low, high;
    cli_json_open(j, key, '{');
    cli_json_whole(j, "rows", s->rows);
    cli_json_number(j, "loss", s->scores.loss);
    if (job->task == LUGE_REGRESSION) {
        cli_json_number(j, "rmse", s->scores.rmse);
        cli_json_number(j, "mae", s->scores.mae);
        cli_json_number(j, "r2", s->scores.r2);
        cli_json_number(j, "trivial_rmse", s->trivial);
    } else {
        const double rows = (double)s->rows;
        cli_json_number(j, "accuracy", s->scores.accuracy);
        if (!luge_wilson_interval(s->scores.accuracy * rows, rows, 0, &low, &high)) {
            cli_json_number(j, "accuracy_low", low);
            cli_json_number(j, "accuracy_high", high);
        }
        cli_json_number(j, "auc", s->scores.auc);
        cli_json_number(j, "f1", s->scores.f1);
        cli_json_number(j, "trivial_accuracy", s->trivial);
        if (s->confusion && job->classes <= 100) confusion(j, job, s);
    }
    cli_json_close(j, '}');
}
