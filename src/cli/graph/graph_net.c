/* graph_net.c: the nodes of a network sorted into parts and layers. */
#include "graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

luge_node_info cli_net_info(const cli_net *net, uint32_t id)
{
    luge_node_info info = { .op = "", .name = "" };
    luge_node_info_of(net->graph, luge_node_at(net->graph, id), &info); /* ids are in range */
    return info;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

/* Marks what the node is made of, down to what has a part already. Nodes stand behind what they use. */
static void mark(cli_net *net, luge_val v, cli_part part)
{
    if (!luge_is_some(v) || net->nodes[v.id].part) return;
    net->nodes[v.id].part = part;
    for (uint32_t id = v.id; id > 0; id--) {
        if (net->nodes[id].part != part) continue;
        const luge_node_info info = cli_net_info(net, id);
        for (int i = 0; i < info.n_inputs; i++) {
            cli_net_node *input = &net->nodes[info.inputs[i].id];
            if (!input->part) input->part = part;
        }
    }
}

int cli_takes_shape(const char *op, int k)
{
    return !strcmp(op, "count") || (k == 1 && (!strcmp(op, "expand") || !strcmp(op, "sum_like")));
}

/* What the loss is made of: gradients flow back through it. */
static void mark_way(cli_net *net)
{
    mark(net, net->training.loss, CLI_PART_FORWARD);
    for (uint32_t id = 1; id <= net->n; id++) {
        if (!net->nodes[id].part) continue;
        const luge_node_info info = cli_net_info(net, id);
        net->nodes[id].on_way = 1;
        for (int k = 0; k < info.n_inputs; k++)
            if (!cli_takes_shape(info.op, k)) net->nodes[info.inputs[k].id].users++;
    }
}

static void mark_parts(cli_net *net)
{
    mark_way(net);
    for (int i = 0; i < LUGE_MAX_OUTPUTS; i++) {
        const luge_val output = luge_model_output(net->model, i);
        if (luge_is_some(output)) mark(net, luge_node_at(net->graph, output.id), CLI_PART_FORWARD);
    }
    if (!net->training.graph) return;
    for (int i = 0; i < luge_weight_count(net->model); i++) mark(net, net->gradients[i], CLI_PART_GRADIENT);
    for (uint32_t id = 1; id <= net->n; id++)
        if (cli_net_info(net, id).dtype == LUGE_NO_DTYPE) mark(net, luge_node_at(net->graph, id), CLI_PART_UPDATE);
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

/* The nodes between a layer's input and its output. Of variables, the layer's are its weights. */
static void mark_layer(cli_net *net, int index, const luge_layer_info *layer)
{
    const uint32_t input = layer->input.id, output = layer->output.id;
    if (!output || output > net->n || input == output || net->nodes[output].layer >= 0) return;
    net->nodes[output].layer = index;
    for (uint32_t id = output; id > 0; id--) {
        if (net->nodes[id].layer != index) continue;
        const luge_node_info info = cli_net_info(net, id);
        for (int i = 0; i < info.n_inputs; i++) {
            const uint32_t from = info.inputs[i].id;
            const char *op = cli_net_info(net, from).op;
            if (from != input && net->nodes[from].layer < 0 && strcmp(op, "variable") != 0 && strcmp(op, "input") != 0)
                net->nodes[from].layer = index;
        }
    }
}

/* A weight belongs to the layer of the first node that uses it. */
static void mark_weights(cli_net *net)
{
    for (int i = 0; i < luge_weight_count(net->model); i++) {
        luge_weight_info w;
        if (!luge_weight_at(net->model, i, &w) && w.value.id <= net->n)
            net->nodes[w.value.id].trained = 1 + w.trainable;
    }
    for (uint32_t id = 1; id <= net->n; id++) {
        const luge_node_info info = cli_net_info(net, id);
        for (int k = 0; k < info.n_inputs; k++) {
            cli_net_node *from = &net->nodes[info.inputs[k].id];
            if (from->trained && from->layer < 0) from->layer = net->nodes[id].layer;
        }
    }
    for (uint32_t id = 1; id <= net->n; id++) net->nodes[id].trained = net->nodes[id].trained > 1;
}

/* ---- shapes ------------------------------------------------------------------------------------------------------ */

/* The model's graph for so many rows. */
static luge_graph *forward_for(luge_model *model, int64_t rows)
{
    luge_graph *g = luge_model_graph(model);
    luge_val inputs[LUGE_MAX_OUTPUTS];
    luge_shape shapes[LUGE_MAX_OUTPUTS];
    int n = 0;
    for (uint32_t id = 1; id <= luge_node_count(g) && n < LUGE_MAX_OUTPUTS; id++) {
        luge_node_info info;
        inputs[n] = luge_node_at(g, id);
        if (luge_node_info_of(g, inputs[n], &info) || strcmp(info.op, "input") != 0) continue;
        shapes[n] = info.shape;
        shapes[n++].dim[0] = rows;
    }
    return luge_graph_replay(g, .n_inputs = n, .inputs = inputs, .shapes = shapes);
}

const char *cli_net_shape(const cli_net *net, uint32_t id, char text[CLI_SHAPE])
{
    const luge_shape shape = luge_shape_of_val(net->graph, luge_node_at(net->graph, id));
    const luge_shape wider = net->wider ? luge_shape_of_val(net->wider, luge_node_at(net->wider, id)) : shape;
    size_t n = 0;
    *text = '\0';
    for (int i = 0; i < shape.ndim && n < CLI_SHAPE; i++) {
        const int batch = wider.dim[i] != shape.dim[i];
        const int64_t size = batch ? shape.dim[i] / net->rows : shape.dim[i];
        n += (size_t)snprintf(text + n, CLI_SHAPE - n, "%s", i ? ", " : "[");
        if (n < CLI_SHAPE && (!batch || size > 1))
            n += (size_t)snprintf(text + n, CLI_SHAPE - n, "%lld%s", (long long)size, batch ? " " : "");
        if (n < CLI_SHAPE && batch) n += (size_t)snprintf(text + n, CLI_SHAPE - n, "batch");
    }
    if (n && n < CLI_SHAPE) snprintf(text + n, CLI_SHAPE - n, "]");
    return text;
}

/* ---- edges ------------------------------------------------------------------------------------------------------- */

uint32_t cli_net_source(const cli_net *net, uint32_t id, int k)
{
    luge_node_info info = cli_net_info(net, id);
    if (cli_takes_shape(info.op, k)) return 0;
    uint32_t from = info.inputs[k].id;
    for (info = cli_net_info(net, from); !strcmp(info.op, "expand"); info = cli_net_info(net, from))
        from = info.inputs[0].id;
    return from;
}

int cli_net_outputs(const cli_net *net, int effects, luge_val **list)
{
    const int weights = net->training.graph ? luge_weight_count(net->model) : 0;
    int n = 0;
    luge_val *all = calloc((size_t)net->n + (size_t)weights + LUGE_MAX_OUTPUTS + 1, sizeof *all);
    *list = all;
    if (!all) return 0;
    if (net->training.graph) all[n++] = net->training.loss;
    for (int i = 0; i < LUGE_MAX_OUTPUTS; i++) {
        const luge_val output = luge_model_output(net->model, i);
        if (luge_is_some(output) && !effects) all[n++] = luge_node_at(net->graph, output.id);
    }
    for (int i = 0; i < weights && !effects; i++)
        if (luge_is_some(net->gradients[i])) all[n++] = net->gradients[i];
    for (uint32_t id = 1; id <= net->n && effects; id++)
        if (cli_net_info(net, id).dtype == LUGE_NO_DTYPE && net->nodes[id].part)
            all[n++] = luge_node_at(net->graph, id);
    return n;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int open_graph(cli_net *net, luge_dataset *batch, int64_t rows)
{
    const cli_job *job = net->job;
    net->rows = batch ? luge_dataset_rows(batch) : rows;
    net->gradients = calloc((size_t)luge_weight_count(net->model) + 1, sizeof *net->gradients);
    if (!net->gradients) return cli_fail(job->o.verb, "out of memory");
    if (!batch) {
        net->own = net->graph = forward_for(net->model, rows);
        net->wider = forward_for(net->model, rows + 1);
    } else if (!luge_training_graph_of(net->model, batch, &net->training, net->gradients)) {
        net->own = net->graph = net->training.graph;
    }
    return luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

int cli_net_open(cli_net *net, cli_job *job, luge_dataset *batch, int64_t rows)
{
    *net = (cli_net){
        .job = job, .model = job->model, .loss = (double)NAN, .seconds = (double)NAN, .rewritten = (double)NAN
    };
    const int code = open_graph(net, batch, rows);
    if (code) return code;
    net->n = luge_node_count(net->graph);
    net->nodes = calloc((size_t)net->n + 1, sizeof *net->nodes);
    if (!net->nodes) return cli_fail(job->o.verb, "out of memory");
    for (uint32_t id = 0; id <= net->n; id++) net->nodes[id] = (cli_net_node){ .layer = -1, .seconds = (double)NAN };
    mark_parts(net);
    for (int i = 0; i < luge_layer_count(job->model); i++) {
        luge_layer_info layer;
        if (!luge_layer_at(job->model, i, &layer)) mark_layer(net, i, &layer);
    }
    mark_weights(net);
    return luge_failed(job->ctx) ? cli_fail_with(job->o.verb, job->ctx) : CLI_OK;
}

void cli_net_free(cli_net *net)
{
    luge_graph_free(net->own);
    luge_graph_free(net->wider);
    free(net->gradients);
    free(net->nodes);
}
