/* descend.c: `luge descend`: gradient descent on a formula by the library's optimizers. */
#include "descend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/drawing/chart.h"
#include "formula_parts.h"

static const char *const names[] = { "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw" };
enum { N_NAMES = sizeof names / sizeof *names };

/* ---- options ----------------------------------------------------------------------------------------------------- */

static int read_optimizers(cli_descend_job *job)
{
    const char *at = job->o.value[OPT_RACE] ? job->o.value[OPT_RACE] : "sgd";
    while (*at) {
        char name[CLI_FORMULA_NAME];
        int known = -1;
        at += strspn(at, ", ");
        const size_t length = strcspn(at, ", ");
        if (!length) break;
        snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1, at);
        at += length;
        for (int i = 0; i < N_NAMES; i++)
            if (!strcmp(name, names[i])) known = i;
        if (known < 0 || job->n_ways == CLI_MOST_WAYS) {
            cli_fail(job->o.verb,
                     known < 0 ? "--optimizer: no optimizer \"%s\"; nearest: %s" : "--optimizer: at most 8", name,
                     luge_nearest(name, names, N_NAMES));
            return CLI_USAGE;
        }
        job->way[job->n_ways++].name = names[known];
    }
    if (job->n_ways) return CLI_OK;
    cli_fail(job->o.verb, "--optimizer: names between commas are expected");
    return CLI_USAGE;
}

/* One rate for all, or one for each. */
static int read_rates(cli_descend_job *job)
{
    const char *text = job->o.value[OPT_RATE] ? job->o.value[OPT_RATE] : "0.1", *at = text;
    double rate[CLI_MOST_WAYS];
    int n = 0;
    for (char *end; *at && n < CLI_MOST_WAYS; at = end) {
        rate[n++] = strtod(at, &end);
        const int good = end > at && rate[n - 1] > 0 && isfinite(rate[n - 1]) && (!*end || *end == ',');
        if (!good) n = CLI_MOST_WAYS + 1;
        if (!good) break;
        end += *end == ',';
    }
    if (n != 1 && n != job->n_ways) {
        cli_fail(job->o.verb, "--rate: \"%s\"; one number above 0, or one for each optimizer, is expected", text);
        return CLI_USAGE;
    }
    for (int i = 0; i < job->n_ways; i++) job->way[i].rate = rate[n == 1 ? 0 : i];
    return CLI_OK;
}

static int read_options(cli_descend_job *job)
{
    int code = read_optimizers(job);
    if (!code) code = read_rates(job);
    if (code) return code;
    job->steps = cli_whole(&job->o, OPT_STEPS, 100);
    job->h = cli_number(&job->o, OPT_NUMERICAL, 0);
    if (job->o.value[OPT_NUMERICAL] && !(job->h > 0))
        cli_fail(job->o.verb, "--numerical: \"%s\"; a number above 0 is expected", job->o.value[OPT_NUMERICAL]);
    else if (job->steps < 1 || job->steps > CLI_MOST_STEPS)
        cli_fail(job->o.verb, "--steps: %s; 1 to 1,000,000 is expected", job->o.value[OPT_STEPS]);
    else
        return CLI_OK;
    return CLI_USAGE;
}

/* ---- the graph --------------------------------------------------------------------------------------------------- */

/* What goes down, and along what. */
static int find_sides(cli_descend_job *job)
{
    const cli_formula *f = &job->x.f;
    int goal = -1;
    for (int i = 0; i < f->n_names; i++) {
        const cli_formula_name *name = &f->names[i];
        if (name->defined && !name->used && goal >= 0)
            return cli_expression_fail(&job->x, name->place, "%s and %s are used by nothing; one of them can go down",
                                       f->names[goal].name, name->name);
        if (name->defined && !name->used) goal = i;
        if (name->defined || !luge_is_some(name->value)) continue;
        if (job->n_sides == CLI_MOST_SIDES)
            return cli_expression_fail(&job->x, name->place, "more than 100 free names; it goes along 100 at most");
        if (luge_get(f->graph, name->value, &job->start[job->n_sides], sizeof(double)))
            return cli_fail_with(job->o.verb, job->x.ctx);
        job->side[job->n_sides] = name->name;
        job->w[job->n_sides++] = name->value;
    }
    luge_node_info info;
    job->y = f->names[goal].value;
    job->y_name = f->names[goal].name;
    if (!job->n_sides) return cli_fail(job->o.verb, "the formula has no free name to go along");
    if (luge_node_info_of(f->graph, job->y, &info)) return cli_fail_with(job->o.verb, job->x.ctx);
    if (info.dtype == LUGE_F64) return CLI_OK;
    return cli_expression_fail(&job->x, f->names[goal].place, "%s is true or false; a number is expected", job->y_name);
}

static luge_run *run_of(luge_graph *g, const luge_val *outputs, int n)
{
    luge_plan *plan = luge_plan_create(g, outputs, n);
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    luge_plan_free(plan);
    return run;
}

static luge_val state(luge_graph *g, const char *what, int way, int side)
{
    char name[64];
    snprintf(name, sizeof name, "%s of %d in way %d", what, side, way);
    return luge_variable(g, name, LUGE_F64, luge_scalar_shape());
}

/* The update of one variable by one optimizer. */
static luge_val update(cli_descend_job *job, int way, int side, luge_val rate, luge_val step)
{
    luge_graph *g = job->x.f.graph;
    const char *name = job->way[way].name;
    const luge_val w = job->w[side], grad = job->grad[side];
    const luge_val m = state(g, "m", way, side), v = state(g, "v", way, side);
    if (!strcmp(name, "sgd")) return luge_update_sgd(g, w, grad, rate);
    if (!strcmp(name, "momentum")) return luge_update_sgd(g, w, grad, rate, .velocity = m, .momentum = 0.9);
    if (!strcmp(name, "nesterov"))
        return luge_update_sgd(g, w, grad, rate, .velocity = m, .momentum = 0.9, .nesterov = 1);
    if (!strcmp(name, "adagrad")) return luge_update_adagrad(g, w, grad, rate, .v = v);
    if (!strcmp(name, "rmsprop")) return luge_update_rmsprop(g, w, grad, rate, .v = v);
    if (!strcmp(name, "adam")) return luge_update_adam(g, w, grad, rate, .step = step, .m = m, .v = v);
    return luge_update_adamw(g, w, grad, rate, .step = step, .m = m, .v = v);
}

/* One plan a way: gradients are in all of them, updates in their own. */
static int build(cli_descend_job *job)
{
    luge_graph *g = job->x.f.graph;
    for (int i = 0; i < job->n_sides && job->h > 0; i++) job->grad[i] = state(g, "gradient", -1, i);
    if (!(job->h > 0) && luge_gradient(g, job->y, job->w, job->n_sides, job->grad))
        return cli_expression_no_gradient(&job->x);
    job->value = run_of(g, &job->y, 1);
    for (int i = 0; i < job->n_ways; i++) {
        luge_val outputs[CLI_MOST_SIDES + 1], step;
        char name[64];
        snprintf(name, sizeof name, "step of way %d", i);
        step = luge_variable(g, name, LUGE_I64, luge_scalar_shape());
        outputs[0] = luge_increment(g, step, 1); /* 1 at the first update */
        const luge_val rate = luge_scalar(g, LUGE_F64, job->way[i].rate);
        for (int k = 0; k < job->n_sides; k++) outputs[1 + k] = update(job, i, k, rate, step);
        job->way[i].run = run_of(g, outputs, 1 + job->n_sides);
    }
    return luge_failed(job->x.ctx) ? cli_fail_with(job->o.verb, job->x.ctx) : CLI_OK;
}

/* ---- going ------------------------------------------------------------------------------------------------------- */

double cli_descend_value(const cli_descend_job *job, const double *at)
{
    double value = (double)NAN;
    for (int i = 0; i < job->n_sides; i++) (void)luge_set(job->x.f.graph, job->w[i], &at[i], sizeof *at);
    if (!luge_run_execute(job->value)) (void)luge_run_get(job->value, job->y, &value, sizeof value);
    return value;
}

static luge_status numerical_gradients(cli_descend_job *job)
{
    const luge_check_options o = { .size = sizeof o, .h = job->h };
    luge_status status = LUGE_OK;
    for (int i = 0; i < job->n_sides && !status; i++) {
        double slope;
        status = luge_numerical_gradient(job->x.f.graph, job->y, job->w[i], &o, &slope);
        if (!status) status = luge_set(job->x.f.graph, job->grad[i], &slope, sizeof slope);
    }
    return status;
}

/* The point that the way has reached becomes its next; whether all of it is finite. */
static int note_point(cli_descend_job *job, cli_way *way, int64_t step)
{
    double *at = &way->at[step * job->n_sides];
    int finite = 1;
    for (int i = 0; i < job->n_sides; i++) {
        if (luge_get(job->x.f.graph, job->w[i], &at[i], sizeof *at)) at[i] = (double)NAN;
        finite = finite && isfinite(at[i]);
    }
    way->value[step] = cli_descend_value(job, at);
    return finite && isfinite(way->value[step]);
}

static int go(cli_descend_job *job, cli_way *way)
{
    const size_t points = (size_t)job->steps + 1;
    luge_status status = LUGE_OK;
    way->at = calloc(points * (size_t)job->n_sides, sizeof *way->at);
    way->value = calloc(points, sizeof *way->value);
    if (!way->at || !way->value) return cli_fail(job->o.verb, "out of memory");
    for (int i = 0; i < job->n_sides && !status; i++)
        status = luge_set(job->x.f.graph, job->w[i], &job->start[i], sizeof(double));
    if (!note_point(job, way, 0))
        return cli_fail(job->o.verb, "%s is no finite number where it begins; luge grad tells why", job->y_name);
    cli_catch_interrupt();
    while (way->steps < job->steps && !status && !cli_interrupted) {
        if (job->h > 0) status = numerical_gradients(job);
        if (!status) status = luge_run_execute(way->run);
        if (status) break;
        if (!note_point(job, way, way->steps + 1)) {
            way->lost = way->steps + 1;
            break;
        }
        way->steps++;
    }
    if (cli_interrupted) return CLI_INTERRUPTED;
    return status ? cli_fail_with(job->o.verb, job->x.ctx) : CLI_OK;
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static int work(cli_descend_job *job)
{
    int code = job->o.value[OPT_OUTPUT] ? cli_chart_check(job->o.verb, job->o.value[OPT_OUTPUT]) : CLI_OK;
    if (!code) code = read_options(job);
    if (!code) code = cli_expression_open(&job->x, &job->o, OPT_FROM);
    if (!code) code = find_sides(job);
    if (!code) code = build(job);
    for (int i = 0; i < job->n_ways && !code; i++) code = go(job, &job->way[i]);
    return code ? code : cli_descend_tell(job);
}

int cli_descend(int n, char **arg)
{
    cli_descend_job *job = calloc(1, sizeof *job);
    if (!job) return cli_fail("descend", "out of memory");
    int code = cli_options_read(&job->o, "descend", VERB_DESCEND, 1, n, arg);
    if (!code && job->o.value[OPT_HELP])
        code = cli_print_verb_help("descend", VERB_DESCEND);
    else if (!code)
        code = work(job);
    for (int i = 0; i < job->n_ways; i++) {
        luge_run_free(job->way[i].run);
        free(job->way[i].at);
        free(job->way[i].value);
    }
    luge_run_free(job->value);
    cli_expression_free(&job->x);
    cli_options_free(&job->o);
    free(job);
    return code;
}
