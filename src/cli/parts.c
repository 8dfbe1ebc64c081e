/* parts.c: from the data to its parts: what to train on, what to decide by, what to score on. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum { FEWEST_ROWS = 20 }; /* of less, nothing is held out */

/* ---- targets ----------------------------------------------------------------------------------------------------- */

double *cli_targets(cli_job *job, luge_dataset *data)
{
    luge_column_info column;
    const int64_t rows = luge_dataset_rows(data);
    if (luge_dataset_column(data, LUGE_TARGETS, 0, &column)) {
        cli_fail_with(job->o.verb, job->ctx);
        return NULL;
    }
    const int64_t width = column.kind == LUGE_CLASSES ? 1 : luge_shape_size(&column.shape);
    double *all = malloc(((size_t)(rows * width) + 1) * sizeof *all);
    if (!all) {
        cli_fail(job->o.verb, "out of memory");
        return NULL;
    }
    if (luge_dataset_gather(data, LUGE_TARGETS, 0, LUGE_NUMBERS, LUGE_F64, NULL, rows, all,
                            (size_t)(rows * width) * sizeof *all)) {
        cli_fail_with(job->o.verb, job->ctx);
        free(all);
        return NULL;
    }
    if (column.kind != LUGE_ONE_HOT) return all; /* a row's first number stands for it */
    for (int64_t i = 0; i < rows; i++) {
        int64_t best = 0;
        for (int64_t k = 1; k < width; k++)
            if (all[i * width + k] > all[i * width + best]) best = k;
        all[i] = (double)best;
    }
    return all;
}

static int task_by_option(cli_job *job)
{
    const char *task = job->o.value[OPT_TASK];
    if (!task) return CLI_OK;
    if (!strcmp(task, "classification"))
        job->task = LUGE_CLASSIFICATION;
    else if (!strcmp(task, "regression"))
        job->task = LUGE_REGRESSION;
    else {
        const char *const names[] = { "classification", "regression" };
        cli_fail(job->o.verb, "--task: no task \"%s\"; nearest: %s", task, luge_nearest(task, names, 2));
        return CLI_USAGE;
    }
    return CLI_OK;
}

/* Data that is no table says what its targets are; numbers that are all 0 or 1 are two classes. */
static int task_by_targets(cli_job *job, const double *targets)
{
    const luge_column_info *t = &job->targets;
    if (t->kind == LUGE_CLASSES || t->kind == LUGE_ONE_HOT) {
        if (job->task == LUGE_REGRESSION && t->kind == LUGE_ONE_HOT)
            return cli_fail(job->o.verb, "--task regression: the targets of %s are classes", job->data_name);
        if (!job->task) job->task = LUGE_CLASSIFICATION;
        job->classes = t->classes;
        return CLI_OK;
    }
    int two = luge_shape_size(&t->shape) == 1;
    for (int64_t i = 0; i < job->n_rows && two; i++) two = targets[i] == 0 || targets[i] == 1;
    if (!job->task) job->task = two ? LUGE_CLASSIFICATION : LUGE_REGRESSION;
    if (job->task == LUGE_CLASSIFICATION && !two)
        return cli_fail(job->o.verb, "--task classification: the targets of %s are numbers other than 0 and 1",
                        job->data_name);
    job->classes = 2;
    return CLI_OK;
}

/* ---- split ------------------------------------------------------------------------------------------------------- */

typedef struct split {
    int64_t n[3]; /* train, validation, test */
    int64_t *rows[3];
    int64_t *order; /* all rows, drawn by the seed, class by class */
    char *part;     /* of each row: 0, 1, 2 */
} split;

static void free_split(split *s)
{
    for (int i = 0; i < 3; i++) free(s->rows[i]);
    free(s->order);
    free(s->part);
}

/* Every k-th row of the order becomes part `part`, so that each class gives its share, to one row. */
static void deal(split *s, const int64_t *order, int64_t n, double share, char part)
{
    int64_t seen = 0, left = 0;
    for (int64_t i = 0; i < n; i++) left += s->part[order[i]] == 0;
    const double wanted = floor((double)left * share + 0.5), step = left ? wanted / (double)left : 0;
    for (int64_t i = 0; i < n; i++) {
        if (s->part[order[i]]) continue;
        if (floor((double)(seen + 1) * step + 0.5) > floor((double)seen * step + 0.5)) s->part[order[i]] = part;
        seen++;
    }
}

/* The last of the rows that are left, as they stand: what came after what is learned from. */
static void deal_last(split *s, int64_t n, double share, char part)
{
    int64_t left = 0;
    for (int64_t i = 0; i < n; i++) left += s->part[i] == 0;
    int64_t wanted = (int64_t)floor((double)left * share + 0.5);
    for (int64_t i = n; i-- > 0 && wanted;)
        if (!s->part[i]) s->part[i] = part, wanted--;
}

/* A class that no row of the training part has could not be learned: one goes back. */
static void keep_classes(split *s, const double *targets, int64_t n)
{
    for (int64_t i = 0, first = 0; i < n; i++) {
        if (targets[s->order[i]] != targets[s->order[first]]) first = i;
        const int last = i + 1 == n || targets[s->order[i + 1]] != targets[s->order[i]];
        int kept = 0;
        for (int64_t k = first; last && k <= i && !kept; k++) kept = s->part[s->order[k]] == 0;
        if (last && !kept) s->part[s->order[i]] = 0;
    }
}

/* Rows in the order of the seed; classes one after another. */
static int order_rows(const cli_job *job, split *s, const double *targets, int64_t n)
{
    int64_t *drawn = malloc((size_t)n * sizeof *drawn), *counts = calloc((size_t)job->classes + 2, sizeof *counts);
    s->order = malloc((size_t)n * sizeof *s->order);
    s->part = calloc((size_t)n, 1);
    const int good = drawn && counts && s->order && s->part;
    if (good) {
        luge_row_order(job->seed, 0, n, drawn);
        const int classed = job->task == LUGE_CLASSIFICATION;
        for (int64_t i = 0; i < n; i++) counts[classed ? (int64_t)targets[i] + 1 : 1]++;
        for (int64_t c = 1; c <= job->classes; c++) counts[c] += counts[c - 1];
        for (int64_t i = 0; i < n; i++) s->order[counts[classed ? (int64_t)targets[drawn[i]] : 0]++] = drawn[i];
    }
    free(drawn);
    free(counts);
    return good ? CLI_OK : cli_fail(job->o.verb, "out of memory");
}

/* share[1] is for validation, share[2] for test; last[p]: the end of the rows. */
static int divide(const cli_job *job, const double *targets, int64_t n, const double share[3], const int last[3],
                  split *s)
{
    const int code = order_rows(job, s, targets, n);
    if (code) return code;
    for (int p = 2; p > 0; p--) {
        const double part = p == 2 ? share[2] : share[1] / (1 - share[2]);
        if (last[p])
            deal_last(s, n, part, (char)p);
        else
            deal(s, s->order, n, part, (char)p);
    }
    if (job->task == LUGE_CLASSIFICATION) keep_classes(s, targets, n);
    for (int p = 0; p < 3; p++) {
        if (!(s->rows[p] = malloc(((size_t)n + 1) * sizeof *s->rows[p]))) return cli_fail(job->o.verb, "out of memory");
        for (int64_t i = 0; i < n; i++)
            if (s->part[i] == p) s->rows[p][s->n[p]++] = i;
    }
    return CLI_OK;
}

/* ---- the whole way ----------------------------------------------------------------------------------------------- */

/* "last 0.2" is the share at the end; *last says so. */
static int is_share(const char *text, double otherwise, double *share, int *last)
{
    char *end;
    *share = otherwise;
    *last = text && !strncmp(text, "last ", 5);
    if (!text) return 1;
    if (*last) text += 5;
    *share = strtod(text, &end);
    if (end != text && !*end) return 1;
    *share = 0;
    return 0;
}

/* "mnist:train" is scored on "mnist:test" where nothing else is said. */
static int decide_test(cli_job *job)
{
    const char *spec = job->o.value[OPT_DATA], *colon = strrchr(spec, ':');
    if (job->o.value[OPT_TEST] || !colon || strcmp(colon, ":train") != 0) return CLI_OK;
    return cli_setf(&job->o, OPT_TEST, "%.*s:test", (int)(colon - spec), spec);
}

static int select_parts(cli_job *job, const split *s)
{
    luge_dataset **parts[] = { &job->train, &job->validation, &job->test };
    for (int p = 0; p < 3; p++) {
        if (!s->n[p]) continue;
        *parts[p] = luge_dataset_select(job->all, s->rows[p], s->n[p]);
        if (!*parts[p]) return cli_fail_with(job->o.verb, job->ctx);
    }
    return CLI_OK;
}

/* The encoder learns from the training rows alone. */
static int encode(cli_job *job, const split *s, int again)
{
    job->encoder = luge_encoder_learn(job->ctx, job->table, .target = job->o.value[OPT_TARGET], .task = job->task,
                                      .rows = again ? s->rows[0] : NULL, .n_rows = again ? s->n[0] : 0);
    if (!job->encoder || luge_encoder_info_of(job->encoder, &job->columns) ||
        !(job->all = luge_encode(job->encoder, job->table, 1))) {
        cli_fail_with(job->o.verb, job->ctx);
        if (cli_decimal_commas(job->table)) fprintf(stderr, "  decimal commas? try --decimal ,\n");
        return CLI_FAILED;
    }
    job->task = job->columns.task;
    job->classes = job->columns.classes;
    job->target = job->columns.target;
    const double square = job->columns.target_deviation * job->columns.target_deviation;
    if (job->task == LUGE_REGRESSION && !(square >= (double)FLT_MIN && square <= (double)FLT_MAX))
        return cli_fail(job->o.verb,
                        "the target %s has a deviation of %g, too %s for squared errors in f32; other "
                        "units are expected",
                        job->target, job->columns.target_deviation, square < 1 ? "small" : "large");
    return CLI_OK;
}

static int see_columns(cli_job *job)
{
    if (luge_dataset_count(job->all, LUGE_FEATURES) < 1 || luge_dataset_count(job->all, LUGE_TARGETS) < 1)
        return cli_fail(job->o.verb, "%s has no %s", job->data_name,
                        luge_dataset_count(job->all, LUGE_FEATURES) < 1 ? "features" : "labels to learn from");
    if (luge_dataset_column(job->all, LUGE_FEATURES, 0, &job->features) ||
        luge_dataset_column(job->all, LUGE_TARGETS, 0, &job->targets))
        return cli_fail_with(job->o.verb, job->ctx);
    return CLI_OK;
}

/* Tables with a name say which of their columns is the target: it need not be the last. */
static int known_target(cli_job *job)
{
    luge_known_data known;
    for (int i = 0; i < luge_known_data_count() && !job->o.value[OPT_TARGET]; i++)
        if (!luge_known_data_at(i, &known) && known.target && !strcmp(known.name, job->o.value[OPT_DATA]))
            return cli_set(&job->o, OPT_TARGET, known.target);
    return CLI_OK;
}

static int load_whole(cli_job *job)
{
    const char *spec = job->o.value[OPT_DATA];
    int code = cli_load(job, spec, &job->table, &job->all);
    if (!code) code = known_target(job);
    if (code) return code;
    snprintf(job->data_name, sizeof job->data_name, "%s", cli_spec_name(spec));
    if (job->o.value[OPT_ONLY] && job->table)
        return cli_fail(job->o.verb, "--only is for data that has its classes apart from tables");
    if (job->table) code = encode(job, &(split){ .n = { 0 } }, 0);
    if (!code) code = see_columns(job);
    if (!code && job->o.value[OPT_ONLY]) code = cli_keep_only(job, &job->all);
    if (!code && job->o.value[OPT_ONLY]) code = see_columns(job);
    job->n_rows = code ? 0 : luge_dataset_rows(job->all);
    return code;
}

static int load_part(cli_job *job, const char *spec, const char *option, luge_dataset **part)
{
    int code = cli_load_encoded(job, spec, 1, part);
    if (!code && job->o.value[OPT_ONLY]) code = cli_keep_only(job, part);
    if (!code && !luge_dataset_rows(*part)) return cli_fail(job->o.verb, "--%s %s: there are no rows", option, spec);
    return code;
}

/* Shares of the rows, or data of their own; nothing is held out of very few rows. */
static int split_rows(cli_job *job, const double *targets)
{
    split s = { .n = { 0 } };
    double share[3] = { 0 };
    int last[3] = { 0 };
    const int own_validation = !is_share(job->o.value[OPT_VALIDATION], 0.1, &share[1], &last[1]);
    const int own_test = !is_share(job->o.value[OPT_TEST], 0.2, &share[2], &last[2]);
    if (job->n_rows < FEWEST_ROWS && !job->o.value[OPT_VALIDATION]) share[1] = 0;
    if (job->n_rows < FEWEST_ROWS && !job->o.value[OPT_TEST]) share[2] = 0;
    if (share[1] + share[2] >= 1)
        return cli_fail(job->o.verb, "--validation %g and --test %g leave nothing to train on", share[1], share[2]);
    int code = divide(job, targets, job->n_rows, share, last, &s);
    if (!code && job->table && s.n[0] < job->n_rows) code = encode(job, &s, 1);
    if (!code) code = see_columns(job);
    if (!code) code = select_parts(job, &s);
    free_split(&s);
    if (!code && own_validation) code = load_part(job, job->o.value[OPT_VALIDATION], "validation", &job->validation);
    if (!code && own_test) code = load_part(job, job->o.value[OPT_TEST], "test", &job->test);
    if (!code && !own_validation) code = cli_setf(&job->o, OPT_VALIDATION, "%s%g", last[1] ? "last " : "", share[1]);
    if (!code && !own_test) code = cli_setf(&job->o, OPT_TEST, "%s%g", last[2] ? "last " : "", share[2]);
    return code;
}

/* Counts the classes: one alone cannot be told from another, and each must be there more than once. */
static int check_classes(cli_job *job, const double *targets)
{
    char text[CLI_TEXT], rows[CLI_TEXT];
    int64_t classes = 0;
    if (job->task != LUGE_CLASSIFICATION) return CLI_OK;
    job->counts = calloc((size_t)job->classes + 1, sizeof *job->counts);
    if (!job->counts) return cli_fail(job->o.verb, "out of memory");
    for (int64_t i = 0; i < job->n_rows; i++) classes += job->counts[(int64_t)targets[i]]++ == 0;
    if (classes < 2)
        return cli_fail(job->o.verb, "every row of %s is of the class \"%s\"; two at least are expected",
                        job->data_name, cli_class_name(job, job->n_rows ? (int64_t)targets[0] : 0, text));
    if (job->n_rows >= FEWEST_ROWS && classes * 2 > job->n_rows)
        return cli_fail(job->o.verb,
                        "%s has %s classes in %s rows; two rows at least of each are expected\n"
                        "  is it the target? --target names another; --task regression takes numbers as such",
                        job->target ? job->target : job->data_name, cli_count(text, classes),
                        cli_count(rows, job->n_rows));
    return CLI_OK;
}

static int draw_seed(cli_job *job)
{
    const char *seed = job->o.value[OPT_SEED];
    job->seed_drawn = seed && !strcmp(seed, "random");
    job->seed = (uint64_t)cli_whole(&job->o, OPT_SEED, 1);
    if (job->seed_drawn) job->seed = (uint64_t)(cli_now() * 1e9) % 1000000;
    if (!job->seed) job->seed = 1;
    return cli_setf(&job->o, OPT_SEED, "%llu", (unsigned long long)job->seed);
}

int cli_job_data(cli_job *job)
{
    int code = task_by_option(job);
    if (!code) code = draw_seed(job);
    if (!code) code = decide_test(job);
    if (!code) code = load_whole(job);
    if (code) return code;
    if (!job->n_rows) return cli_fail(job->o.verb, "%s has no rows", job->data_name);
    double *targets = cli_targets(job, job->all);
    if (!targets) return CLI_FAILED;
    if (!job->table) code = task_by_targets(job, targets);
    if (!code) code = check_classes(job, targets);
    if (!code) code = split_rows(job, targets);
    free(targets);
    job->held_out = job->test != NULL;
    if (code) return code;
    if (job->table) code = cli_set(&job->o, OPT_TARGET, job->target);
    return code ? code : cli_set(&job->o, OPT_TASK, job->task == LUGE_REGRESSION ? "regression" : "classification");
}

/* ---- a model and its data ---------------------------------------------------------------------------------------- */

static int recipe_model(cli_job *job, const char *path)
{
    const int to = job->o.given[OPT_OUTPUT];
    int code = cli_recipe_read(&job->o, job->ctx, path);
    if (!code && !to) code = cli_set(&job->o, OPT_OUTPUT, NULL); /* where the recipe wants its model */
    if (!code && !job->o.value[OPT_DATA]) return cli_fail(job->o.verb, "%s names no data", path);
    if (!code) code = cli_job_data(job);
    return code ? code : cli_job_model(job);
}

int cli_job_find(cli_job *job, const char *name, int with_data, luge_dataset **data)
{
    *data = NULL;
    if (cli_is_recipe(name)) {
        const int code = recipe_model(job, name);
        *data = job->train;
        return code;
    }
    int code = cli_job_load_model(job, name);
    if (code || !with_data) return code;
    if (!job->o.value[OPT_DATA])
        return cli_fail(job->o.verb, "%s does not say what it was trained on; --data is needed", name);
    code = cli_load_encoded(job, job->o.value[OPT_DATA], 1, data);
    return !code && job->o.value[OPT_ONLY] ? cli_keep_only(job, data) : code;
}

int cli_some_rows(cli_job *job, luge_dataset *all, int64_t most, luge_dataset **data)
{
    const int64_t n = luge_dataset_rows(all), kept = n < most ? n : most;
    int64_t *order = malloc(((size_t)n + 1) * sizeof *order);
    if (!order) return cli_fail(job->o.verb, "out of memory");
    luge_row_order(7, 0, n, order);
    *data = luge_dataset_select(all, order, kept);
    free(order);
    return *data ? CLI_OK : cli_fail_with(job->o.verb, job->ctx);
}
