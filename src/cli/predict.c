/* predict.c: `luge predict`: an answer for every row: CSV, JSON or pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

typedef struct answers {
    int64_t rows, outputs;
    float *values; /* [rows, outputs] */
} answers;

/* ---- one image --------------------------------------------------------------------------------------------------- */

static int is_image(const char *path)
{
    static const char *const ends[] = { ".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG" };
    const size_t n = strlen(path);
    for (int i = 0; i < 6; i++)
        if (n > strlen(ends[i]) && !strcmp(path + n - strlen(ends[i]), ends[i])) return 1;
    return 0;
}

/* An image as a row of the size and the channels that the model was trained on. */
static int load_image(cli_job *job, const char *path, luge_dataset **data)
{
    luge_image image;
    luge_shape row;
    const int code = cli_row_shape(job, &row);
    if (code) return code;
    if (row.ndim < 2 || !cli_is_picture(&row))
        return cli_fail(job->o.verb, "this model was not trained on images; %s is one", path);
    const int64_t channels = row.ndim == 3 ? row.dim[2] : 1;
    if (luge_image_read(job->ctx, path, channels == 1, &image) ||
        luge_image_resize(job->ctx, &image, row.dim[1], row.dim[0]))
        return cli_fail_with(job->o.verb, job->ctx);
    if (image.channels != channels)
        return cli_fail(job->o.verb, "%s has %lld channels; this model was trained on %lld", path,
                        (long long)image.channels, (long long)channels);
    luge_shape shape = { .ndim = row.ndim + 1, .dim = { 1 } };
    memcpy(shape.dim + 1, row.dim, (size_t)row.ndim * sizeof *row.dim);
    *data = luge_dataset_create(job->ctx);
    luge_dataset_add_features(*data, luge_array_copy(job->ctx, LUGE_U8, shape, image.pixels), .scale = 1.0 / 255);
    luge_image_free(job->ctx, &image);
    return luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static int predict_all(cli_job *job, luge_dataset *data, answers *a)
{
    luge_layer_info last;
    if (luge_layer_at(job->model, luge_layer_count(job->model) - 1, &last)) return cli_fail_with(job->o.verb, job->ctx);
    a->rows = luge_dataset_rows(data);
    a->outputs = 1;
    for (int i = 1; i < last.shape.ndim; i++) a->outputs *= last.shape.dim[i];
    const size_t bytes = (size_t)a->rows * (size_t)a->outputs * sizeof *a->values;
    if (!(a->values = malloc(bytes + 1))) return cli_fail(job->o.verb, "out of memory");
    if (!a->rows) return CLI_OK;
    return luge_predict(job->model, data, a->values, bytes) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

/* The probability of a class in a row. */
static double probability(const cli_job *job, const answers *a, int64_t row, int64_t c)
{
    if (!job->binary) return (double)a->values[row * a->outputs + c];
    return c ? (double)a->values[row] : 1 - (double)a->values[row];
}

static int64_t best_class(const cli_job *job, const answers *a, int64_t row)
{
    int64_t best = 0;
    if (job->binary) return (double)a->values[row] > 0.5;
    for (int64_t c = 1; c < job->classes; c++)
        if (probability(job, a, row, c) > probability(job, a, row, best)) best = c;
    return best;
}

/* ---- ways to say them -------------------------------------------------------------------------------------------- */

static void write_csv(const cli_job *job, const answers *a, FILE *file)
{
    char name[CLI_TEXT], text[2 * CLI_MESSAGE];
    const char *target = job->target ? job->target : job->task == LUGE_REGRESSION ? "number" : "label";
    cli_csv_field(file, target);
    for (int64_t c = 0; c < job->classes; c++) {
        snprintf(text, sizeof text, ",p(%s)", cli_class_name(job, c, name));
        fputc(',', file);
        cli_csv_field(file, text + 1);
    }
    for (int64_t i = 1; i < a->outputs && job->task == LUGE_REGRESSION; i++)
        fprintf(file, ",%s_%lld", target, (long long)i);
    fputc('\n', file);
    for (int64_t row = 0; row < a->rows; row++) {
        if (job->task == LUGE_REGRESSION) {
            for (int64_t i = 0; i < a->outputs; i++)
                fprintf(file, "%s%.7g", i ? "," : "", (double)a->values[row * a->outputs + i]);
        } else {
            cli_csv_field(file, cli_class_name(job, best_class(job, a, row), name));
            for (int64_t c = 0; c < job->classes; c++) fprintf(file, ",%.4f", probability(job, a, row, c));
        }
        fputc('\n', file);
    }
}

static void write_json(const cli_job *job, const answers *a, FILE *file)
{
    char name[CLI_TEXT];
    for (int64_t row = 0; row < a->rows; row++) {
        cli_json j = { .file = file };
        cli_json_open(&j, NULL, '{');
        cli_json_whole(&j, "row", row + 1);
        if (job->task == LUGE_REGRESSION) {
            cli_json_number(&j, "value", (double)a->values[row * a->outputs]);
        } else {
            cli_json_text(&j, "label", cli_class_name(job, best_class(job, a, row), name));
            cli_json_open(&j, "probabilities", '{');
            for (int64_t c = 0; c < job->classes; c++)
                cli_json_number(&j, cli_class_name(job, c, name), probability(job, a, row, c));
            cli_json_close(&j, '}');
        }
        cli_json_close(&j, '}');
        fputc('\n', file);
    }
}

enum { MOST_PICTURES = 50 };

static int write_pictures(cli_job *job, luge_dataset *data, const answers *a)
{
    static char captions[MOST_PICTURES][CLI_CAPTION];
    int64_t rows[MOST_PICTURES];
    int64_t n = cli_whole(&job->o, OPT_PICTURES, 5);
    if (n > a->rows) n = a->rows;
    if (n > MOST_PICTURES) n = MOST_PICTURES;
    double *truth = luge_dataset_count(data, LUGE_TARGETS) > 0 ? cli_targets(job, data) : NULL;
    for (int64_t i = 0; i < n; i++) {
        char name[CLI_TEXT], right[CLI_TEXT];
        const int64_t best = best_class(job, a, i);
        const double p = probability(job, a, i, best);
        rows[i] = i;
        if (truth && (int64_t)truth[i] != best)
            snprintf(captions[i], CLI_CAPTION, "%s (is %s)", cli_class_name(job, best, name),
                     cli_class_name(job, (int64_t)truth[i], right));
        else
            snprintf(captions[i], CLI_CAPTION, "%s  %.0f%%", cli_class_name(job, best, name), 100 * p);
    }
    free(truth);
    printf("\n");
    const int code = n ? cli_draw_pictures(job, data, rows, (int)n, captions) : CLI_OK;
    printf("\n");
    return code;
}

static int write_answers(cli_job *job, const answers *a)
{
    const char *path = job->o.value[OPT_OUTPUT];
    FILE *file = path ? cli_create(job->o.verb, path) : stdout;
    if (!file) return CLI_FAILED;
    if (cli_yes(&job->o, OPT_JSON, 0))
        write_json(job, a, file);
    else
        write_csv(job, a, file);
    return path ? cli_finish(job->o.verb, path, file) : CLI_OK;
}

static int predict(cli_job *job)
{
    luge_dataset *data = NULL;
    answers a = { .rows = 0 };
    if (job->o.n_words != 2) {
        cli_fail(job->o.verb, "%s\n  luge predict model.safetensors new.csv",
                 job->o.n_words ? "the data is missing" : "model and data are missing");
        return CLI_USAGE;
    }
    const char *spec = job->o.word[1];
    int code = cli_job_load_model(job, job->o.word[0]);
    if (!code) code = is_image(spec) ? load_image(job, spec, &data) : cli_load_encoded(job, spec, 0, &data);
    if (!code) code = predict_all(job, data, &a);
    if (!code && job->o.value[OPT_PICTURES])
        code = write_pictures(job, data, &a);
    else if (!code)
        code = write_answers(job, &a);
    free(a.values);
    return code;
}

int cli_predict(int n, char **arg)
{
    return cli_run("predict", VERB_PREDICT, 2, n, arg, predict);
}
