/* only.c: the rows of a few classes, as a data set of those classes alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum { MOST = 64 };

typedef struct chosen {
    int32_t n;
    const char *names[MOST];
    char text[CLI_MESSAGE];
    int64_t *rows;
    int32_t *classes;
    int64_t kept;
} chosen;

/* "5,8" as names that end. */
static int read_names(const cli_job *job, chosen *c)
{
    snprintf(c->text, sizeof c->text, "%s", job->o.value[OPT_ONLY]);
    for (char *at = c->text; *at && c->n < MOST;) {
        c->names[c->n++] = at;
        at += strcspn(at, ",");
        if (*at) *at++ = '\0';
        at += strspn(at, " ");
    }
    return c->n >= 2 ? CLI_OK : cli_fail(job->o.verb, "--only: \"%s\"; two classes at least are expected", c->text);
}

static int choose_rows(cli_job *job, luge_dataset *data, chosen *c)
{
    int64_t found[MOST] = { 0 };
    luge_column_info column; /* the job's may be numbered anew already: these names are the data's own */
    const int64_t n = luge_dataset_rows(data);
    if (luge_dataset_column(data, LUGE_TARGETS, 0, &column)) return cli_fail_with(job->o.verb, job->ctx);
    double *targets = cli_targets(job, data);
    c->rows = malloc(((size_t)n + 1) * sizeof *c->rows);
    c->classes = malloc(((size_t)n + 1) * sizeof *c->classes);
    if (targets && (!c->rows || !c->classes)) cli_fail(job->o.verb, "out of memory");
    for (int64_t i = 0; i < n && targets && c->rows && c->classes; i++) {
        char number[CLI_TEXT];
        const char *name = number;
        if (column.names && targets[i] < (double)column.n_names)
            name = column.names[(int64_t)targets[i]];
        else
            snprintf(number, sizeof number, "%.17g", targets[i]);
        for (int32_t k = 0; k < c->n; k++) {
            if (strcmp(name, c->names[k]) != 0) continue;
            found[k]++;
            c->classes[c->kept] = k;
            c->rows[c->kept++] = i;
        }
    }
    const int good = targets && c->rows && c->classes;
    free(targets);
    for (int32_t k = 0; k < c->n && good; k++)
        if (!found[k]) return cli_fail(job->o.verb, "--only: no row is of the class \"%s\"", c->names[k]);
    return good ? CLI_OK : CLI_FAILED;
}

static luge_dataset *build(cli_job *job, luge_dataset *data, const chosen *c)
{
    luge_column_info x;
    if (luge_dataset_column(data, LUGE_FEATURES, 0, &x)) return NULL;
    luge_shape shape = { .ndim = x.shape.ndim + 1, .dim = { c->kept } };
    for (int i = 0; i < x.shape.ndim; i++) shape.dim[i + 1] = x.shape.dim[i];
    const size_t bytes = (size_t)luge_shape_size(&shape) * sizeof(float);
    float *values = malloc(bytes + 1);
    luge_dataset *part = NULL;
    if (values &&
        !luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, c->rows, c->kept, values, bytes)) {
        luge_array *features = luge_array_copy(job->ctx, LUGE_F32, shape, values);
        luge_array *targets = luge_array_copy(job->ctx, LUGE_I32, luge_shape_of(c->kept), c->classes);
        part = luge_dataset_create(job->ctx);
        luge_dataset_add_features(part, features, .name = x.name);
        luge_dataset_add_targets(part, targets, .kind = LUGE_CLASSES, .classes = c->n, .names = c->names);
    }
    free(values);
    return luge_failed(job->ctx) ? NULL : part;
}

int cli_keep_only(cli_job *job, luge_dataset **data)
{
    chosen c = { .n = 0 };
    int code = read_names(job, &c);
    if (!code) code = choose_rows(job, *data, &c);
    if (!code) {
        luge_dataset *part = build(job, *data, &c);
        if (part)
            *data = part;
        else
            code =
                luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : cli_fail(job->o.verb, "out of memory");
    }
    free(c.rows);
    free(c.classes);
    return code;
}
