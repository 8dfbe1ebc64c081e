/* report.c: what a person reads: decisions, scores. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "job.h"

enum { INDENT = 12 };

void cli_line(const char *label, const char *format, ...)
{
    char text[2 * CLI_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("  %-9s ", label);
    cli_wrap(INDENT, text);
}

/* ---- decisions --------------------------------------------------------------------------------------------------- */

static void add(char *text, size_t size, const char *format, ...)
{
    const size_t n = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + n, size - n, format, arguments);
    va_end(arguments);
}

/* Words that stay on one line. */
static char *together(char *text)
{
    for (char *at = text; *at; at++)
        if (*at == ' ') *at = CLI_NO_BREAK;
    return text;
}

static void report_table(const cli_job *job)
{
    char text[CLI_MESSAGE], n[CLI_TEXT];
    const luge_encoder_info *c = &job->columns;
    snprintf(text, sizeof text, "%s: %s rows", job->data_name, cli_count(n, job->n_rows));
    if (c->numeric) add(text, sizeof text, ", %s numeric column%s", cli_count(n, c->numeric), &"s"[c->numeric == 1]);
    if (c->text) add(text, sizeof text, ", %s text column%s", cli_count(n, c->text), &"s"[c->text == 1]);
    if (c->with_missing)
        add(text, sizeof text, ", missing values in %s of them", cli_count(n, c->with_missing));
    else
        add(text, sizeof text, ", nothing missing");
    cli_line("data", "%s", text);
    const char *commas = cli_decimal_commas(job->table);
    if (commas) cli_line("", "%s reads like numbers with decimal commas: --decimal , takes them so", commas);
    for (int i = 0; i < c->left_out && i < 5; i++)
        cli_line(i ? "" : "left out", "%s: %s", c->left_out_names[i], c->left_out_reasons[i]);
    if (c->left_out > 5) cli_line("", "and %d columns more", c->left_out - 5);
}

static void report_data(const cli_job *job)
{
    char n[CLI_TEXT], shape[128] = "";
    if (job->table) {
        report_table(job);
        return;
    }
    const luge_shape *s = &job->features.shape;
    for (int i = 0; i < s->ndim; i++) add(shape, sizeof shape, i ? " x %lld" : "%lld", (long long)s->dim[i]);
    if (s->ndim > 1)
        cli_line("data", "%s: %s images of %s", job->data_name, cli_count(n, job->n_rows), shape);
    else
        cli_line("data", "%s: %s rows of %s number%s", job->data_name, cli_count(n, job->n_rows), shape,
                 &"s"[luge_shape_size(s) == 1]);
}

/* Classes with their numbers of rows, as many as fit two lines. */
static void report_classes(const cli_job *job, const double *counts)
{
    char text[CLI_MESSAGE] = "", n[CLI_TEXT], name[CLI_TEXT];
    if (job->target) add(text, sizeof text, "%s: ", job->target);
    for (int64_t i = 0; i < job->classes; i++) {
        if (strlen(text) > 120) {
            add(text, sizeof text, " and %lld more,", (long long)(job->classes - i));
            break;
        }
        add(text, sizeof text, "%s\1%s%s ", cli_class_name(job, i, name), cli_count(n, (int64_t)counts[i]),
            i + 1 < job->classes ? "," : "");
    }
    size_t length = strlen(text);
    while (length && (text[length - 1] == ' ' || text[length - 1] == ',')) text[--length] = '\0';
    if (job->classes == 2)
        add(text, sizeof text, ", so binary classification");
    else
        add(text, sizeof text, ", so classification");
    cli_line("target", "%s", text);
}

static void report_numbers(const cli_job *job)
{
    char a[CLI_TEXT], b[CLI_TEXT];
    const char *name = job->target ? job->target : "number";
    if (job->encoder)
        cli_line("target", "%s: mean %s, deviation %s, so regression", name, cli_figure(a, job->columns.target_mean),
                 cli_figure(b, job->columns.target_deviation));
    else
        cli_line("target", "%s, so regression", "numbers");
}

static void report_split(const cli_job *job)
{
    char a[CLI_TEXT], b[CLI_TEXT], c[CLI_TEXT], text[CLI_MESSAGE];
    snprintf(text, sizeof text, "train %s", cli_count(a, luge_dataset_rows(job->train)));
    if (job->validation) add(text, sizeof text, ", validation %s", cli_count(b, luge_dataset_rows(job->validation)));
    if (job->test) add(text, sizeof text, ", test %s", cli_count(c, luge_dataset_rows(job->test)));
    if (!job->validation && !job->test) add(text, sizeof text, ", nothing held out: too few rows");
    if (luge_dataset_rows(job->train) < job->n_rows)
        add(text, sizeof text, " (%sseed %llu%s)", job->task == LUGE_CLASSIFICATION ? "stratified, " : "",
            (unsigned long long)job->seed, job->seed_drawn ? ", drawn" : "");
    else
        add(text, sizeof text, " (seed %llu%s)", (unsigned long long)job->seed, job->seed_drawn ? ", drawn" : "");
    cli_line("split", "%s", text);
}

static void report_model(const cli_job *job)
{
    char text[CLI_MESSAGE], n[CLI_TEXT], bytes[CLI_TEXT];
    const char *from = job->o.value[OPT_MODEL];
    size_t k = (size_t)snprintf(text, sizeof text, "%lld > ", (long long)luge_shape_size(&job->features.shape));
    for (; *from && k + 64 < sizeof text; from++) {
        if (*from != ',') {
            text[k++] = *from;
            continue;
        }
        memcpy(text + k, " > ", 3);
        k += 3;
        while (from[1] == ' ') from++;
    }
    const int64_t parameters = luge_trainable_count(job->model);
    cli_bytes(bytes, (double)parameters * 4);
    snprintf(text + k, sizeof text - k, ", %s\1parameters, %s", cli_count(n, parameters), together(bytes));
    cli_line("model", "%s", text);
}

/* What people call a loss. */
static const char *loss_words(const char *name, char text[CLI_TEXT])
{
    if (!strcmp(name, "binary_crossentropy")) return "binary cross-entropy";
    if (strstr(name, "categorical_crossentropy")) return "cross-entropy";
    snprintf(text, CLI_TEXT, "%s", name);
    for (char *at = text; *at; at++)
        if (*at == '_') *at = ' ';
    return text;
}

static void report_training(const cli_job *job)
{
    char text[CLI_MESSAGE], n[CLI_TEXT], loss[CLI_TEXT];
    snprintf(text, sizeof text, "%s %g", job->o.value[OPT_OPTIMIZER], cli_number(&job->o, OPT_LR, 0));
    if (job->o.value[OPT_SCHEDULE]) add(text, sizeof text, " %s", job->o.value[OPT_SCHEDULE]);
    add(text, sizeof text, ", %s%s, batch\1%s", loss_words(job->o.value[OPT_LOSS], loss),
        job->deviation > 0 ? " in deviations of the target" : "", cli_count(n, job->batch));
    if (job->o.value[OPT_PRECISION]) add(text, sizeof text, ", products in\1%s", job->o.value[OPT_PRECISION]);
    if (job->patience)
        add(text, sizeof text, ", up to\1%s\1epochs, patience\1%lld", cli_count(n, job->epochs),
            (long long)job->patience);
    else
        add(text, sizeof text, ", %s\1epoch%s", cli_count(n, job->epochs), &"s"[job->epochs == 1]);
    cli_line("training", "%s", text);
}

void cli_report_decisions(const cli_job *job)
{
    printf("\n");
    report_data(job);
    if (job->task == LUGE_REGRESSION)
        report_numbers(job);
    else
        report_classes(job, job->counts);
    report_split(job);
    cli_line("inputs", "%s",
             cli_yes(&job->o, OPT_STANDARDIZE, 0) ? "standardized on the training rows"
             : job->features.shape.ndim > 1       ? "pixels from 0 to 1"
                                                  : "as they are");
    report_model(job);
    report_training(job);
    printf("\n");
}

/* ---- scores ------------------------------------------------------------------------------------------------------ */

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* Precision, recall and F1 of a class. */
static void class_scores(const cli_scores *s, int64_t classes, int64_t i, double out[3])
{
    double predicted = 0, is = 0;
    const double right = s->confusion[i * classes + i];
    for (int64_t k = 0; k < classes; k++) {
        predicted += s->confusion[k * classes + i];
        is += s->confusion[i * classes + k];
    }
    out[0] = ratio(right, predicted);
    out[1] = ratio(right, is);
    out[2] = ratio(2 * out[0] * out[1], out[0] + out[1]);
}

enum { MOST_CLASSES = 40, LONGEST_NAME = 16, SCORES = 26 };

/* How the table is laid out: columns before it, of a class's name, of a count with the space before it. */
typedef struct layout {
    int left, names, cell, commas;
    int matrix; /* nonzero: counts fit */
} layout;

static const char *count_text(const layout *l, char text[CLI_TEXT], double count)
{
    if (l->commas) return cli_count(text, (int64_t)count);
    snprintf(text, CLI_TEXT, "%.0f", count);
    return text;
}

/* The widest that fits: column titles get shorter, then spaces, then separators go. */
static layout lay_out(const cli_job *job, const cli_scores *s)
{
    static const struct attempt {
        int left, longest, gap, commas;
    } attempts[] = { { 14, LONGEST_NAME, 2, 1 },
                     { 3, LONGEST_NAME, 2, 1 },
                     { 3, 9, 2, 1 },
                     { 3, 6, 2, 1 },
                     { 3, 4, 1, 1 },
                     { 3, 4, 1, 0 } };
    char text[CLI_TEXT];
    const int64_t n = job->classes;
    layout l = { .names = 1 };
    for (int64_t i = 0; i < n; i++) {
        const int columns = cli_columns(cli_class_name(job, i, text));
        if (columns > l.names) l.names = columns < LONGEST_NAME ? columns : LONGEST_NAME;
    }
    for (size_t k = 0; k < sizeof attempts / sizeof *attempts && !l.matrix && n <= 20; k++) {
        const struct attempt *a = &attempts[k];
        int width = l.names < a->longest ? l.names : a->longest;
        l.left = a->left;
        l.commas = a->commas;
        for (int64_t i = 0; i < n * n; i++) {
            const int columns = (int)strlen(count_text(&l, text, s->confusion[i]));
            if (columns > width) width = columns;
        }
        l.cell = width + a->gap;
        l.matrix = l.left + l.names + (int)n * l.cell + SCORES <= CLI_WIDTH;
    }
    if (!l.matrix) l.left = 14;
    return l;
}

/* True classes downwards, predicted ones to the right where they fit, and what each class scores. */
static void report_confusion(const cli_job *job, const cli_scores *s)
{
    char text[CLI_TEXT];
    const int64_t n = job->classes;
    const layout l = lay_out(job, s);
    printf("\n");
    if (l.matrix) printf("%*spredicted\n", l.left + l.names + l.cell - 1, "");
    printf("%*s", l.left + l.names, "");
    for (int64_t k = 0; l.matrix && k < n; k++) {
        const char *name = cli_class_name(job, k, text);
        printf(" ");
        cli_pad(name, l.cell - 1, 1);
    }
    printf("  precision  recall     F1\n");
    for (int64_t i = 0; i < n && i < MOST_CLASSES; i++) {
        double scores[3];
        printf("%*s", l.left, "");
        cli_pad(cli_class_name(job, i, text), l.names, 0);
        for (int64_t k = 0; l.matrix && k < n; k++)
            printf("%*s", l.cell, count_text(&l, text, s->confusion[i * n + k]));
        class_scores(s, n, i, scores);
        printf("      %.3f   %.3f  %.3f\n", scores[0], scores[1], scores[2]);
    }
    if (n > MOST_CLASSES) printf("%*sand %lld classes more\n", l.left, "", (long long)(n - MOST_CLASSES));
}

void cli_report_scores(const cli_job *job, const char *label, const cli_scores *s)
{
    char a[CLI_TEXT], b[CLI_TEXT], c[CLI_TEXT], d[CLI_TEXT], name[CLI_TEXT];
    const luge_scores *v = &s->scores;
    if (job->task == LUGE_REGRESSION) {
        printf("  %-9s RMSE %s   MAE %s   R2 %s\n", label, cli_figure(a, v->rmse), cli_figure(b, v->mae),
               cli_figure(c, v->r2));
        printf("%*salways %s would have RMSE %s\n", INDENT, "", cli_figure(c, s->mean), cli_figure(d, s->trivial));
        return;
    }
    double low = 0, high = 1, auc = v->auc;
    luge_wilson_interval(v->accuracy * (double)s->rows, (double)s->rows, 0, &low, &high);
    char area[CLI_TEXT] = "";
    if (auc == auc) snprintf(area, sizeof area, "   AUC %.3f", auc);
    printf("  %-9s accuracy %.3f (95%%: %.3f to %.3f)%s\n", label, v->accuracy, low, high, area);
    printf("%*salways \"%s\" would score %.3f\n", INDENT, "", cli_class_name(job, s->guess, name), s->trivial);
    report_confusion(job, s);
}
