/* grad_tell.c: what `luge grad` says: tables for people, one JSON object for scripts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "grad.h"
#include "cli/job.h"

enum { MOST_COLUMNS = 5, LABEL = 300 };

static const char *name_of(const cli_grad_job *job, int index)
{
    return job->x.f.names[index].name;
}

static double value_at(const cli_grad_job *job, int name)
{
    double value = (double)NAN;
    (void)luge_get(job->x.f.graph, job->x.f.names[name].value, &value, sizeof value);
    return value;
}

/* The derivative of an output by one or two of wrt. */
static const cli_derivative *derivative_of(const cli_grad_job *job, int of, int order, int a, int b)
{
    const int low = a < b ? a : b, high = a < b ? b : a;
    for (int i = 0; i < job->n_d; i++) {
        const cli_derivative *d = &job->d[i];
        if (d->of != of || d->order != order) continue;
        if (order == 1 ? d->by[0] == a : d->by[0] == low && d->by[1] == high) return d;
    }
    return NULL;
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

static void print_at(const cli_grad_job *job)
{
    char line[2000] = "";
    size_t n = 0;
    for (int i = 0; i < job->x.f.n_names && n < sizeof line - 100; i++) {
        const cli_formula_name *name = &job->x.f.names[i];
        if (name->defined || !luge_is_some(name->value)) continue;
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%s%c=%c%.10g", n ? ", " : "", name->name, CLI_NO_BREAK,
                              CLI_NO_BREAK, value_at(job, i));
    }
    if (!n) return;
    printf("  at ");
    cli_wrap(5, line);
}

/* Columns of the widest label. */
static int label_width(const cli_grad_job *job)
{
    int widest = 6;
    for (int i = 0; i < job->n_d; i++) {
        char label[LABEL];
        if (!job->d[i].order) continue;
        cli_grad_label(job, &job->d[i], label, sizeof label);
        if (cli_columns(label) > widest) widest = cli_columns(label);
    }
    return widest < 26 ? widest : 26;
}

static const char *number_text(char text[CLI_TEXT], double value)
{
    snprintf(text, CLI_TEXT, "%.10g", value);
    return isfinite(value) ? text : isnan(value) ? "none" : value < 0 ? "-infinite" : "infinite";
}

static void print_derivative(const cli_grad_job *job, const cli_derivative *d, int width)
{
    char label[LABEL], number[CLI_TEXT];
    cli_grad_label(job, d, label, sizeof label);
    const int columns = cli_columns(label);
    printf("  %s", label);
    if (columns > width) printf("\n  %*s", width, ""); /* the numbers below a long one */
    printf("%*s %17s", columns < width ? width - columns : 0, "", number_text(number, d->value));
    if (isnan(d->numerical)) {
        printf("\n");
        return;
    }
    printf(" %17s", number_text(number, d->numerical));
    if (isfinite(d->value)) printf(" %12.1e", fabs(d->value - d->numerical));
    printf("\n");
}

/* Rows of outputs (Jacobian), or of names (Hessian), by names. */
static void print_matrix(const cli_grad_job *job, int of)
{
    const int n_rows = of < 0 ? job->n_of : job->n_wrt;
    printf("\n  %s%s\n  %12s", of < 0 ? "Jacobian" : "Hessian of ", of < 0 ? "" : name_of(job, job->of[of]), "");
    for (int k = 0; k < job->n_wrt; k++) {
        const char *name = name_of(job, job->wrt[k]);
        printf(" %*s%s", 12 - cli_columns(name), "", name); /* at most 12 columns wide, or there is no matrix */
    }
    printf("\n");
    for (int i = 0; i < n_rows; i++) {
        const char *name = name_of(job, of < 0 ? job->of[i] : job->wrt[i]);
        printf("  %s%*s", name, cli_columns(name) < 12 ? 12 - cli_columns(name) : 0, "");
        for (int k = 0; k < job->n_wrt; k++) {
            const cli_derivative *d = of < 0 ? derivative_of(job, i, 1, k, k) : derivative_of(job, of, 2, i, k);
            printf(" %12.6g", d ? d->value : (double)NAN);
        }
        printf("\n");
    }
}

static void print_kinks(const cli_grad_job *job)
{
    for (int i = 0; i < job->n_d; i++) {
        const cli_derivative *d = &job->d[i];
        char label[LABEL], text[64] = "its derivative", line[600];
        if (!d->kink) continue;
        cli_grad_label(job, d, label, sizeof label);
        if (d->kink <= job->x.f.n_places)
            cli_formula_text(&job->x.f, job->x.f.places[d->kink - 1], 40, text, sizeof text);
        snprintf(line, sizeof line,
                 "%s: there is a kink or a jump in %s; the numerical derivative straddles it and is no "
                 "measure of the other",
                 label, text);
        printf("\n  ");
        cli_wrap(2, line);
    }
}

void cli_grad_print(const cli_grad_job *job)
{
    const int width = label_width(job);
    int order = 0, narrow = job->n_wrt <= MOST_COLUMNS;
    for (int i = 0; i < job->n_wrt; i++) narrow = narrow && cli_columns(name_of(job, job->wrt[i])) <= 12;
    printf("\n");
    print_at(job);
    for (int i = 0; i < job->n_of; i++) printf("  %s = %.10g\n", name_of(job, job->of[i]), job->d[i].value);
    for (int i = job->n_of; i < job->n_d; i++) {
        if (job->d[i].order != order)
            printf("\n  %*s %17s%s\n", width, "", job->d[i].order == 1 ? "gradient" : "derivative",
                   job->compared ? "         numerical   difference" : "");
        order = job->d[i].order;
        print_derivative(job, &job->d[i], width);
    }
    if (!job->n_wrt && job->order) printf("\n  no free name: there is nothing to differentiate by\n");
    if (job->n_d > job->n_of && !job->compared)
        printf("\n  the formula is too large to hold its gradients against central differences\n");
    if (job->n_of > 1 && job->n_wrt && narrow) print_matrix(job, -1);
    for (int i = 0; i < job->n_of && job->order >= 2 && job->n_wrt > 1 && narrow; i++) print_matrix(job, i);
    print_kinks(job);
}

/* ---- for scripts ------------------------------------------------------------------------------------------------- */

static void put_pair(cli_json *j, const char *key, const cli_derivative *d)
{
    cli_json_open(j, key, '{');
    cli_json_number(j, "value", d->value);
    cli_json_number(j, "numerical", d->numerical);
    cli_json_close(j, '}');
}

static void put_gradients(cli_json *j, const char *key, const cli_grad_job *job, int of)
{
    cli_json_open(j, key, '{');
    for (int k = 0; k < job->n_wrt; k++) put_pair(j, name_of(job, job->wrt[k]), derivative_of(job, of, 1, k, k));
    cli_json_close(j, '}');
}

static void put_higher(cli_json *j, const cli_grad_job *job)
{
    cli_json_open(j, "derivatives", '[');
    for (int i = 0; i < job->n_d; i++) {
        const cli_derivative *d = &job->d[i];
        if (d->order < 2) continue;
        cli_json_open(j, NULL, '{');
        cli_json_text(j, "of", name_of(job, job->of[d->of]));
        cli_json_open(j, "by", '[');
        for (int k = 0; k < d->order; k++) cli_json_text(j, NULL, name_of(job, job->wrt[d->by[k]]));
        cli_json_close(j, ']');
        cli_json_number(j, "value", d->value);
        cli_json_number(j, "numerical", d->numerical);
        cli_json_close(j, '}');
    }
    cli_json_close(j, ']');
}

static void put_hessian(cli_json *j, const cli_grad_job *job)
{
    cli_json_open(j, "hessian", '[');
    for (int i = 0; i < job->n_wrt; i++) {
        cli_json_open(j, NULL, '[');
        for (int k = 0; k < job->n_wrt; k++) cli_json_number(j, NULL, derivative_of(job, 0, 2, i, k)->value);
        cli_json_close(j, ']');
    }
    cli_json_close(j, ']');
}

void cli_grad_json(const cli_grad_job *job)
{
    cli_json j = { .file = stdout };
    cli_json_open(&j, NULL, '{');
    cli_json_open(&j, "at", '{');
    for (int i = 0; i < job->x.f.n_names; i++) {
        const cli_formula_name *name = &job->x.f.names[i];
        if (!name->defined && luge_is_some(name->value)) cli_json_number(&j, name->name, value_at(job, i));
    }
    cli_json_close(&j, '}');
    if (job->n_of == 1) {
        cli_json_text(&j, "name", name_of(job, job->of[0]));
        cli_json_number(&j, "value", job->d[0].value);
        put_gradients(&j, "gradients", job, 0);
    } else {
        cli_json_open(&j, "values", '{');
        for (int i = 0; i < job->n_of; i++) cli_json_number(&j, name_of(job, job->of[i]), job->d[i].value);
        cli_json_close(&j, '}');
        cli_json_open(&j, "jacobian", '{');
        for (int i = 0; i < job->n_of; i++) put_gradients(&j, name_of(job, job->of[i]), job, i);
        cli_json_close(&j, '}');
    }
    if (job->order > 1) put_higher(&j, job);
    if (job->order > 1 && job->n_of == 1) put_hessian(&j, job);
    cli_json_close(&j, '}');
    printf("\n");
}
