/* graph.c: `luge graph`: a network's graph, in the terminal or as a picture. */
#include "graph.h"

#include <math.h>
#include <string.h>

static int is_set(const cli_job *job, cli_key key)
{
    return cli_yes(&job->o, key, 0);
}

/* What stands below a picture and above a text; short lines, as a picture is as wide as its longest. */
static void caption(const cli_net *net, cli_drawing *d)
{
    char text[CLI_MESSAGE], n[CLI_TEXT], time[CLI_TEXT], rewritten[CLI_TEXT], bytes[CLI_TEXT];
    const size_t size = sizeof text;
    const int layers = luge_layer_count(net->model);
    size_t k = (size_t)snprintf(text, size, "%.300s: %d layer%s, %s parameters", net->job->o.word[0], layers,
                                layers == 1 ? "" : "s", cli_count(n, luge_parameter_count(net->model)));
    if (net->training.graph)
        k += (size_t)snprintf(text + k, size - k, "\na training step of %s rows", cli_count(n, net->rows));
    if (isfinite(net->loss)) k += (size_t)snprintf(text + k, size - k, ": loss %.4g", net->loss);
    if (net->seconds >= 0)
        k += (size_t)snprintf(text + k, size - k, "\nit takes %s; %s in %s as the planner rewrites it",
                              cli_short_time(time, net->seconds), cli_short_time(rewritten, net->rewritten),
                              cli_bytes(bytes, (double)net->arena));
    if (net->seconds >= 0 && !is_set(net->job, OPT_PLAN))
        snprintf(
            text + k, size - k,
            "\non a line: the value, or its mean (least to largest)\nbelow it: its gradient, or the gradient's size");
    cli_draw_caption(d, text);
}

static int draw(const cli_net *net, const char *path)
{
    const cli_job *job = net->job;
    cli_drawing d = { .hint = is_set(job, OPT_OPS) ? "without --ops, a layer is one box" : NULL };
    int code = CLI_OK;
    caption(net, &d);
    if (is_set(job, OPT_PLAN))
        code = cli_net_draw_plan(net, &d);
    else if (is_set(job, OPT_OPS))
        cli_net_draw_ops(net, &d);
    else
        cli_net_draw_layers(net, &d);
    if (!code && path) code = cli_draw_save(job->o.verb, &d, path);
    if (!code && !path) {
        printf("\n");
        code = cli_draw_print(job->o.verb, &d, stdout);
        printf("\n");
    }
    cli_draw_free(&d);
    return code;
}

static int show(cli_net *net)
{
    const cli_job *job = net->job;
    const char *path = job->o.value[OPT_OUTPUT];
    const int plan = is_set(job, OPT_PLAN), json = is_set(job, OPT_JSON);
    int code = job->o.given[OPT_DATA] ? cli_net_measure(net) : CLI_OK;
    if (!code && path) code = draw(net, path);
    if (!code && !path && !json) code = plan ? cli_net_print_plan(net) : draw(net, NULL);
    return !code && json ? cli_net_json(net, job->o.word[0], plan) : code;
}

static int64_t batch_rows(const cli_job *job, luge_dataset *all)
{
    const char *text = job->o.value[OPT_BATCH];
    if (text && !strcmp(text, "all")) return all ? luge_dataset_rows(all) : 32;
    return cli_whole(&job->o, OPT_BATCH, 32);
}

static int graph(cli_job *job)
{
    cli_net net = { .job = job };
    luge_dataset *all = NULL, *batch = NULL;
    const int training = is_set(job, OPT_TRAINING) || job->o.value[OPT_DATA];
    if (job->o.n_words != 1) {
        cli_fail(job->o.verb, "the model is missing\n  luge graph model.safetensors");
        return CLI_USAGE;
    }
    int code = job->o.value[OPT_OUTPUT] ? cli_draw_check(job->o.verb, job->o.value[OPT_OUTPUT]) : CLI_OK;
    if (!code) code = cli_job_find(job, job->o.word[0], training, &all);
    const int64_t rows = batch_rows(job, all);
    if (!code && training) code = cli_some_rows(job, all, rows, &batch);
    if (!code) code = cli_net_open(&net, job, batch, rows);
    net.whole = is_set(job, OPT_TRAINING);
    if (!code) code = show(&net);
    cli_net_free(&net);
    return code;
}

int cli_graph(int n, char **arg)
{
    return cli_run("graph", VERB_GRAPH, 1, n, arg, graph);
}
