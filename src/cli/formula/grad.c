/* grad.c: `luge grad`: a formula's value and derivatives, the chain rule step by step, and the computational graph. */
#include "grad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/drawing/draw.h"
#include "formula_parts.h"

/* ---- which of, by which ------------------------------------------------------------------------------------------ */

static int unknown_name(const cli_grad_job *job, cli_key key, const char *typed, int free_only)
{
    const char *words[CLI_FORMULA_NAMES];
    char nearest[CLI_FORMULA_NAME];
    int n = 0;
    for (int i = 0; i < job->x.f.n_names; i++) {
        const cli_formula_name *name = &job->x.f.names[i];
        if (luge_is_some(name->value) && name->defined == !free_only) words[n++] = name->name;
    }
    const int other = cli_formula_find(&job->x.f, typed); /* the wrong kind of name */
    if (other >= 0 && luge_is_some(job->x.f.names[other].value)) {
        cli_fail(job->o.verb,
                 free_only ? "--%s: %s is defined by the formula; --steps shows the gradient that arrives at it"
                           : "--%s: %s is a free name, which depends on nothing",
                 cli_option_name(key), typed);
        return CLI_USAGE;
    }
    cli_formula_nearest(typed, words, n, nearest);
    cli_fail(job->o.verb, "--%s: no %s name \"%s\" in the formula%s%s", cli_option_name(key),
             free_only ? "free" : "defined", typed, *nearest ? "; nearest: " : "", nearest);
    return CLI_USAGE;
}

/* "r,t" as indices of names, each once. */
static int read_names(const cli_grad_job *job, cli_key key, int free_only, int *indices, int *n)
{
    const char *at = job->o.value[key];
    while (*at) {
        char name[CLI_FORMULA_NAME];
        at += strspn(at, " ,");
        const size_t length = strcspn(at, ",");
        size_t end = length;
        while (end > 0 && at[end - 1] == ' ') end--;
        snprintf(name, sizeof name, "%.*s", (int)(end < sizeof name ? end : sizeof name - 1), at);
        at += length;
        if (!*name) continue;
        const int index = cli_formula_find(&job->x.f, name);
        const cli_formula_name *known = index < 0 ? NULL : &job->x.f.names[index];
        if (!known || known->defined == free_only || !luge_is_some(known->value))
            return unknown_name(job, key, name, free_only);
        int seen = 0;
        for (int i = 0; i < *n; i++) seen |= indices[i] == index;
        if (!seen) indices[(*n)++] = index;
    }
    if (*n) return CLI_OK;
    cli_fail(job->o.verb, "--%s: names between commas are expected", cli_option_name(key));
    return CLI_USAGE;
}

static int choose_names(cli_grad_job *job)
{
    const cli_formula *f = &job->x.f;
    int code = CLI_OK;
    if (job->o.value[OPT_OF]) code = read_names(job, OPT_OF, 0, job->of, &job->n_of);
    if (!code && job->o.value[OPT_WRT]) code = read_names(job, OPT_WRT, 1, job->wrt, &job->n_wrt);
    for (int i = 0; i < f->n_names && !code; i++) {
        const cli_formula_name *name = &f->names[i];
        if (!job->o.value[OPT_OF] && name->defined && !name->used) job->of[job->n_of++] = i;
        if (!job->o.value[OPT_WRT] && !name->defined && luge_is_some(name->value)) job->wrt[job->n_wrt++] = i;
    }
    if (!job->order) job->n_wrt = 0; /* values alone */
    for (int i = 0; i < job->n_of && !code; i++) {
        const cli_formula_name *name = &f->names[job->of[i]];
        luge_node_info info;
        if (luge_node_info_of(f->graph, name->value, &info)) return cli_fail_with(job->o.verb, job->x.ctx);
        if (info.dtype != LUGE_F64)
            return cli_expression_fail(&job->x, name->place, "%s is true or false; a number is expected", name->name);
    }
    return code;
}

static int check_order(cli_grad_job *job)
{
    const int64_t order = cli_whole(&job->o, OPT_ORDER, 1);
    job->order = (int)order;
    if (order >= 0 && order <= CLI_MOST_ORDER) return CLI_OK;
    cli_fail(job->o.verb, "--order: %s; 0 to %d is expected", job->o.value[OPT_ORDER], CLI_MOST_ORDER);
    return CLI_USAGE;
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static int show_chain(const cli_grad_job *job)
{
    cli_chain c;
    const char *path = job->o.value[OPT_OUTPUT];
    const int steps = cli_yes(&job->o, OPT_CHAIN, 0) && job->n_wrt, graph = cli_yes(&job->o, OPT_GRAPH, 0);
    if (!steps && !graph && !path) return CLI_OK;
    int code = CLI_OK;
    for (int of = 0; of < job->n_of && !code; of++) {
        if (of > 0 && !steps) break; /* a drawing shows one output */
        code = cli_chain_open(&c, job, of);
        if (!code && steps && !cli_yes(&job->o, OPT_QUIET, 0)) cli_chain_print(&c);
        if (!code && graph && !cli_yes(&job->o, OPT_QUIET, 0) && of == 0) code = cli_chain_draw(&c, NULL);
        if (!code && path && of == 0) code = cli_chain_draw(&c, path);
        cli_chain_free(&c);
    }
    return code;
}

static int work(cli_grad_job *job)
{
    int code = CLI_OK;
    if (job->o.value[OPT_OUTPUT]) code = cli_draw_check(job->o.verb, job->o.value[OPT_OUTPUT]);
    if (!code) code = check_order(job);
    if (!code) code = cli_expression_open(&job->x, &job->o, OPT_AT);
    if (!code) code = choose_names(job);
    if (!code) code = cli_grad_derive(job);
    for (int i = 0; i < job->n_of && !code; i++) code = cli_grad_explain(job, i, 0);
    if (code) return code;
    if (!cli_yes(&job->o, OPT_QUIET, 0)) cli_grad_print(job);
    for (int i = 0; i < job->n_of && !code; i++) code = cli_grad_explain(job, i, job->order);
    if (!code) code = show_chain(job);
    if (cli_yes(&job->o, OPT_JSON, 0)) cli_grad_json(job);
    return code;
}

int cli_grad(int n, char **arg)
{
    cli_grad_job *job = calloc(1, sizeof *job);
    if (!job) return cli_fail("grad", "out of memory");
    int code = cli_options_read(&job->o, "grad", VERB_GRAD, 1, n, arg);
    if (!code && job->o.value[OPT_HELP])
        code = cli_print_verb_help("grad", VERB_GRAD);
    else if (!code)
        code = work(job);
    free(job->d);
    cli_expression_free(&job->x);
    cli_options_free(&job->o);
    free(job);
    return code;
}
