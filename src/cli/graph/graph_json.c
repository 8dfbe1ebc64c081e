/* graph_json.c: what `luge graph` knows, as JSON. */
#include "graph.h"

#include <math.h>

static void put_figures(cli_json *j, const char *key, const cli_figures *f)
{
    if (!f->n) return;
    cli_json_open(j, key, '{');
    cli_json_whole(j, "elements", f->n);
    if (f->n <= 4) {
        cli_json_open(j, "values", '[');
        for (int i = 0; i < f->n; i++) cli_json_number(j, NULL, f->first[i]);
        cli_json_close(j, ']');
    }
    cli_json_number(j, "mean", f->mean);
    cli_json_number(j, "min", f->least);
    cli_json_number(j, "max", f->largest);
    cli_json_number(j, "norm", f->norm);
    cli_json_close(j, '}');
}

/* Sizes; null where it is the batch, of any size. */
static void put_shape(cli_json *j, const cli_net *net, uint32_t id)
{
    const luge_shape shape = luge_shape_of_val(net->graph, luge_node_at(net->graph, id));
    const luge_shape wider = net->wider ? luge_shape_of_val(net->wider, luge_node_at(net->wider, id)) : shape;
    cli_json_open(j, "shape", '[');
    for (int i = 0; i < shape.ndim; i++) {
        if (shape.dim[i] == wider.dim[i])
            cli_json_whole(j, NULL, shape.dim[i]);
        else
            cli_json_text(j, NULL, NULL);
    }
    cli_json_close(j, ']');
}

static void put_layers(cli_json *j, const cli_net *net)
{
    cli_json_open(j, "layers", '[');
    for (int i = 0; i < luge_layer_count(net->model); i++) {
        luge_layer_info layer;
        if (luge_layer_at(net->model, i, &layer)) continue;
        cli_json_open(j, NULL, '{');
        cli_json_text(j, "name", layer.name);
        cli_json_text(j, "kind", luge_layer_kind_name(layer.kind));
        put_shape(j, net, layer.output.id);
        cli_json_whole(j, "parameters", layer.parameters);
        cli_json_whole(j, "output", layer.output.id);
        cli_json_close(j, '}');
    }
    cli_json_close(j, ']');
}

static void put_node(cli_json *j, const cli_net *net, uint32_t id)
{
    static const char *const parts[] = { "", "forward", "gradient", "update" };
    const cli_net_node *node = &net->nodes[id];
    const luge_node_info info = cli_net_info(net, id);
    luge_layer_info layer = { .name = NULL };
    if (node->layer >= 0) luge_layer_at(net->model, node->layer, &layer);
    cli_json_open(j, NULL, '{');
    cli_json_whole(j, "id", id);
    cli_json_text(j, "op", info.op);
    if (*info.name) cli_json_text(j, "name", info.name);
    cli_json_text(j, "part", parts[node->part]);
    cli_json_text(j, "layer", layer.name);
    if (info.dtype) put_shape(j, net, id);
    cli_json_open(j, "inputs", '[');
    for (int i = 0; i < info.n_inputs; i++) cli_json_whole(j, NULL, info.inputs[i].id);
    cli_json_close(j, ']');
    put_figures(j, "value", &node->value);
    put_figures(j, "gradient", &node->gradient);
    if (node->seconds >= 0) {
        cli_json_number(j, "seconds", node->seconds);
        cli_json_whole(j, "bytes", (int64_t)node->bytes);
    }
    cli_json_close(j, '}');
}

static int put_plan(cli_json *j, const cli_net *net, const char *key, int no_rewrites)
{
    cli_steps s;
    const int code = cli_net_steps(net, no_rewrites, &s);
    if (!code) {
        cli_json_open(j, key, '{');
        cli_json_whole(j, "arena_bytes", (int64_t)luge_plan_memory_of(s.plan).arena);
        if (s.timed) cli_json_number(j, "seconds", s.total);
        cli_json_open(j, "steps", '[');
        for (int i = 0; i < s.n; i++) {
            luge_step_info step;
            if (luge_plan_step(s.plan, i, &step)) continue;
            cli_json_open(j, NULL, '{');
            cli_json_whole(j, "node", step.origin.id);
            cli_json_text(j, "op", step.op);
            cli_json_text(j, "kernel", step.kernel);
            cli_json_whole(j, "offset", step.offset);
            cli_json_whole(j, "bytes", (int64_t)step.bytes);
            cli_json_whole(j, "in_place", step.in_place != 0);
            if (s.timed) cli_json_number(j, "seconds", s.seconds[i]);
            cli_json_close(j, '}');
        }
        cli_json_close(j, ']');
        cli_json_close(j, '}');
    }
    cli_steps_free(&s);
    return code;
}

int cli_net_json(const cli_net *net, const char *path, int plan)
{
    cli_json j = { .file = stdout };
    int code = CLI_OK;
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", path);
    cli_json_whole(&j, "parameters", luge_parameter_count(net->model));
    if (net->training.graph) cli_json_whole(&j, "rows", net->rows);
    if (net->training.loss.id) cli_json_whole(&j, "loss_node", net->training.loss.id);
    if (isfinite(net->loss)) cli_json_number(&j, "loss", net->loss);
    if (net->seconds >= 0) {
        cli_json_number(&j, "seconds", net->seconds);
        cli_json_number(&j, "rewritten_seconds", net->rewritten);
        cli_json_whole(&j, "arena_bytes", (int64_t)net->arena);
    }
    put_layers(&j, net);
    cli_json_open(&j, "nodes", '[');
    for (uint32_t id = 1; id <= net->n; id++)
        if (net->nodes[id].part) put_node(&j, net, id);
    cli_json_close(&j, ']');
    if (plan) {
        cli_json_open(&j, "plan", '{');
        code = put_plan(&j, net, "before", 1);
        if (!code) code = put_plan(&j, net, "after", 0);
        cli_json_close(&j, '}');
    }
    cli_json_close(&j, '}');
    printf("\n");
    return code;
}
