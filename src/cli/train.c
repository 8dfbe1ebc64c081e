/* train.c: `luge train`: data in, model out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch.h"

/* ---- what was asked for ------------------------------------------------------------------------------------------ */

/* Options that may change when training goes on. */
static int may_change(int key)
{
    switch (key) {
    case OPT_DATA:
    case OPT_TEST:
    case OPT_VALIDATION:
    case OPT_EPOCHS:
    case OPT_PATIENCE:
    case OPT_THREADS:
    case OPT_DATA_DIR:
    case OPT_RESUME:
    case OPT_LOG:
    case OPT_OUTPUT:
    case OPT_SAVE_RECIPE:
    case OPT_LIMIT:
    case OPT_JSON:
    case OPT_QUIET:
        return 1;
    default:
        return 0;
    }
}

static int check_resume(const cli_options *o)
{
    for (int i = 0; i < N_OPTIONS; i++) {
        if (!o->given[i] || may_change(i)) continue;
        cli_fail(o->verb, "--%s cannot change while training goes on with --resume", cli_option_name((cli_key)i));
        return CLI_USAGE;
    }
    return CLI_OK;
}

static int read_arguments(cli_job *job)
{
    cli_options *o = &job->o;
    if (o->n_words == 1 && !cli_is_recipe(o->word[0])) {
        if (o->value[OPT_DATA] || o->value[OPT_RESUME]) {
            cli_fail(o->verb, "\"%s\" is no recipe: its name does not end in .yaml", o->word[0]);
            return CLI_USAGE;
        }
        return cli_set(o, OPT_DATA, o->word[0]); /* luge train patients.csv: what else could be meant */
    }
    if (o->n_words == 1) return cli_recipe_read(o, job->ctx, o->word[0]);
    return CLI_OK;
}

/* A model takes the place of what has its name: never of a device, a pipe, or a link such as /dev/stdout. */
static int check_model_file(const cli_job *job, const char *path)
{
    struct stat status;
    const int exists = !stat(path, &status), in_dev = !strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9) != 0;
    const int code = cli_check_output(job->o.verb, path);
    if (code || (!in_dev && (!exists || S_ISREG(status.st_mode)))) return code;
    return cli_fail(job->o.verb, "%s is no plain file; a model needs one", path);
}

/* ---- saving ------------------------------------------------------------------------------------------------------ */

static int keep_notes(cli_job *job)
{
    char *recipe = cli_recipe_text(&job->o);
    if (!recipe) return CLI_FAILED;
    luge_set_note(job->model, "recipe", recipe);
    if (job->encoder) luge_set_note(job->model, "columns", luge_encoder_text(job->encoder));
    free(recipe);
    return luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

/* Where the file cannot be written, the work is kept in the folder for temporary files. */
static int save(cli_job *job, const char *path)
{
    char other[1024];
    const char *folder = getenv("TMPDIR");
    if (!luge_save_model(job->model, path)) return CLI_OK;
    cli_fail_with(job->o.verb, job->ctx);
    luge_clear(job->ctx);
    snprintf(other, sizeof other, "%s/luge-%ld.safetensors", folder && *folder ? folder : "/tmp", (long)getpid());
    if (!luge_save_model(job->model, other)) fprintf(stderr, "  the model is in %s instead\n", other);
    return CLI_FAILED;
}

static int save_recipe(cli_job *job)
{
    const char *path = job->o.value[OPT_SAVE_RECIPE];
    char *text = path ? cli_recipe_text(&job->o) : NULL;
    if (!path || !text) return path ? CLI_FAILED : CLI_OK;
    FILE *file = cli_create(job->o.verb, path);
    if (file) fputs(text, file);
    free(text);
    return file ? cli_finish(job->o.verb, path, file) : CLI_FAILED;
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

static int fit(cli_job *job, cli_watch *watch, int resume)
{
    const luge_callback *stopping =
        luge_early_stopping(.patience = job->patience, .restore_best_weights = 1, .monitor = "val_loss");
    const luge_callback *plateau =
        luge_reduce_rate_on_plateau(.patience = job->patience > 3 ? job->patience / 3 : 2, .factor = 0.3);
    const luge_callback *log = luge_csv_log(job->o.value[OPT_LOG]);
    const char *schedule = job->o.value[OPT_SCHEDULE];
    luge_fit_options o = cli_fit_options(job);
    o.resume = resume;
    int n = 0;
    o.callbacks[n++] = luge_stop_on_nan();
    if (job->patience) o.callbacks[n++] = stopping;
    if (schedule && !strcmp(schedule, "plateau") && job->validation) o.callbacks[n++] = plateau;
    o.callbacks[n++] = &watch->callback;
    if (job->o.value[OPT_LOG]) o.callbacks[n++] = log;
    cli_catch_interrupt();
    luge_fit_with(job->model, &o);
    cli_watch_end(watch);
    job->seconds = cli_now() - job->began;
    return luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

static void report_stop(const cli_job *job, const cli_watch *watch)
{
    const luge_progress p = luge_model_progress(job->model);
    char n[CLI_TEXT];
    if (p.cause == LUGE_STOPPED_EARLY)
        printf("  stopped after epoch %s: best validation loss at %lld, its weights are kept\n", cli_count(n, p.epoch),
               (long long)watch->best_epoch);
    else if (p.stopped)
        cli_line("stopped", "%s", p.reason);
    else if (job->patience && watch->best_epoch && watch->best_epoch < p.epoch)
        printf("  best validation loss at epoch %lld, its weights are kept\n", (long long)watch->best_epoch);
    printf("\n");
}

static void print_json(cli_job *job, const cli_watch *watch, const cli_scores *test, const cli_scores *validation,
                       const char *path)
{
    cli_json j = { .file = stdout };
    const luge_progress p = luge_model_progress(job->model);
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model_file", path);
    for (int i = 0; i <= OPT_SEED; i++) {
        const char *text = job->o.value[i];
        if (!text) continue;
        if (i == OPT_ROWS || i == OPT_BATCH || i == OPT_EPOCHS || i == OPT_PATIENCE || i == OPT_SEED)
            cli_json_whole(&j, cli_option_name((cli_key)i),
                           i == OPT_BATCH ? job->batch : cli_whole(&job->o, (cli_key)i, 0));
        else if (i == OPT_LR || i == OPT_SMOOTHING)
            cli_json_number(&j, cli_option_name((cli_key)i), cli_number(&job->o, (cli_key)i, 0));
        else if (i != OPT_TEST && i != OPT_VALIDATION)
            cli_json_text(&j, cli_option_name((cli_key)i), text);
    }
    cli_json_whole(&j, "data_rows", job->n_rows);
    cli_json_whole(&j, "train_rows", luge_dataset_rows(job->train));
    cli_json_whole(&j, "parameters", luge_trainable_count(job->model));
    cli_json_whole(&j, "epochs_done", p.epoch);
    if (watch->best_epoch) cli_json_whole(&j, "best_epoch", watch->best_epoch);
    cli_json_text(&j, "stopped", p.stopped ? p.reason : NULL);
    cli_json_number(&j, "seconds", job->seconds);
    cli_json_scores(&j, "validation", job, validation);
    cli_json_scores(&j, "test", job, test);
    cli_json_close(&j, '}');
    printf("\n");
}

static int interrupted(cli_job *job, const char *path)
{
    const luge_progress p = luge_model_progress(job->model);
    const int code = save(job, path);
    if (code) return code;
    if (!cli_yes(&job->o, OPT_QUIET, 0)) {
        printf("  stopped in epoch %lld, after step %lld\n\n", (long long)p.epoch + 1, (long long)p.step);
        cli_line("saved", "%s, everything included", path);
        cli_line("go on", "luge train --resume %s", path);
    }
    return CLI_INTERRUPTED;
}

/* The scores at the end, the file, and what is next. */
static int finish(cli_job *job, const cli_watch *watch, const char *path)
{
    char text[CLI_TEXT], size[CLI_TEXT] = "";
    cli_scores test = { .rows = 0 }, validation = { .rows = 0 };
    const int quiet = cli_yes(&job->o, OPT_QUIET, 0), json = cli_yes(&job->o, OPT_JSON, 0);
    luge_dataset *scored = job->test ? job->test : job->train;
    int code = save(job, path);
    if (!code) code = save_recipe(job);
    if (!quiet) report_stop(job, watch);
    if (!code && job->validation && json) code = cli_score(job, job->validation, &validation);
    if (!code) code = cli_score(job, scored, &test);
    if (!code && !quiet) {
        cli_report_scores(job, job->test ? "test" : "training", &test);
        FILE *file = fopen(path, "rb");
        if (file && !fseek(file, 0, SEEK_END)) cli_bytes(size, (double)ftell(file));
        if (file) fclose(file);
        printf("\n");
        cli_line("saved", "%s (%s) after %s", path, size, cli_duration(text, job->seconds));
        const char *spec = job->o.value[OPT_TEST], *data = job->o.value[OPT_DATA];
        if (!strchr(spec, ':')) spec = data; /* a share */
        cli_line("next", "luge predict %s %s", path, job->table ? "new.csv" : spec);
        printf("\n");
    }
    if (!code && json) print_json(job, watch, job->test ? &test : NULL, job->validation ? &validation : NULL, path);
    cli_scores_free(&test);
    cli_scores_free(&validation);
    return code;
}

/* Training failed half way, as where a log can no longer be written: what was learnt stays. */
static int keep_what_is(cli_job *job, const char *path, int64_t before, int code)
{
    luge_clear(job->ctx);
    if (luge_model_progress(job->model).updates > before && save(job, path) == CLI_OK)
        fprintf(stderr, "  what was learnt until then is in %s: luge train --resume %s\n", path, path);
    return code;
}

static int train(cli_job *job, const char *path, int resume)
{
    cli_watch watch;
    const int64_t before = luge_model_progress(job->model).updates;
    int code = keep_notes(job);
    if (!code && !cli_yes(&job->o, OPT_QUIET, 0)) cli_report_decisions(job);
    cli_watch_begin(&watch, job, path);
    if (!code) code = fit(job, &watch, resume);
    if (code) return keep_what_is(job, path, before, code);
    if (cli_interrupted) return interrupted(job, path);
    const luge_progress p = luge_model_progress(job->model);
    if (p.cause == LUGE_STOPPED_BY_NAN)
        return cli_fail(job->o.verb, "%s\n  nothing is saved; a smaller --lr than %s may help", p.reason,
                        job->o.value[OPT_LR]);
    return finish(job, &watch, path);
}

static int begin_new(cli_job *job)
{
    int code = read_arguments(job);
    if (!code && !job->o.value[OPT_DATA]) {
        cli_fail(job->o.verb, "no data: --data FILE, or a name such as digits\n  luge train --help has examples");
        return CLI_USAGE;
    }
    const char *path = job->o.value[OPT_OUTPUT] ? job->o.value[OPT_OUTPUT] : "model.safetensors";
    if (!code) code = check_model_file(job, path);
    if (!code && job->o.value[OPT_SAVE_RECIPE]) code = cli_check_output(job->o.verb, job->o.value[OPT_SAVE_RECIPE]);
    if (!code) code = cli_job_data(job);
    if (!code) code = cli_job_model(job);
    return code ? code : train(job, path, 0);
}

/* Whether the data that is loaded now is what the model's encoder learnt from. `columns`: that encoder's text, or
 * NULL. */
static int check_same_data(const cli_job *job, const char *columns)
{
    const char *model = job->o.value[OPT_RESUME], *now = job->encoder ? luge_encoder_text(job->encoder) : NULL;
    if (luge_failed(job->ctx)) return cli_fail_with(job->o.verb, job->ctx);
    if (columns ? now && !strcmp(columns, now) : !now) return CLI_OK;
    if (!columns || !now)
        return cli_fail(job->o.verb, "%s was%s trained on a table; %s is %s", model, columns ? "" : " not",
                        job->data_name, now ? "one" : "none");
    return cli_fail(job->o.verb, "%s is not what %s was trained on; to go on, the data must be what it was",
                    job->data_name, model);
}

static int load_again(cli_job *job)
{
    luge_encoder *then = job->encoder;
    job->encoder = NULL;
    const int code = cli_job_data(job);
    return code ? code : check_same_data(job, then ? luge_encoder_text(then) : NULL);
}

/* The model knows how it was trained; its file is what is written again. */
static int go_on(cli_job *job)
{
    char path[4096];
    const char *output = job->o.value[OPT_OUTPUT];
    int code = check_resume(&job->o);
    if (code) return code;
    if (job->o.n_words) {
        cli_fail(job->o.verb, "\"%s\" is one word too many: with --resume, the model says how to train",
                 job->o.word[0]);
        return CLI_USAGE;
    }
    snprintf(path, sizeof path, "%s", output ? output : job->o.value[OPT_RESUME]);
    code = check_model_file(job, path);
    if (!code) code = cli_job_load_model(job, job->o.value[OPT_RESUME]);
    if (code) return code;
    if (!luge_note(job->model, "recipe"))
        return cli_fail(job->o.verb, "%s does not say how it was trained; luge train has not made it",
                        job->o.value[OPT_RESUME]);
    code = load_again(job);
    if (!code) code = cli_decide_numbers(job);
    if (job->encoder && job->task == LUGE_REGRESSION) job->deviation = job->columns.target_deviation;
    return code ? code : train(job, path, 1);
}

static int begin(cli_job *job)
{
    return job->o.value[OPT_RESUME] ? go_on(job) : begin_new(job);
}

int cli_train(int n, char **arg)
{
    return cli_run("train", VERB_TRAIN, 1, n, arg, begin);
}
