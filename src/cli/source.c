/* source.c: the context, and data and models from where the user says they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

/* ---- the context ------------------------------------------------------------------------------------------------- */

static void add_folder(char *list, size_t size, const char *folder, const char *below)
{
    const size_t n = strlen(list);
    if (!folder || !*folder) return;
    snprintf(list + n, size - n, "%s%s%s", n ? ":" : "", folder, below);
}

void cli_data_folders(const char *first, char *list, size_t size)
{
    *list = '\0';
    add_folder(list, size, first, "");
    add_folder(list, size, getenv("LUGE_DATA"), "");
    const char *data = getenv("XDG_DATA_HOME");
    if (data && *data)
        add_folder(list, size, data, "/luge");
    else
        add_folder(list, size, getenv("HOME"), "/.local/share/luge");
}

int cli_job_open(cli_job *job)
{
    job->began = cli_now();
    cli_data_folders(job->o.value[OPT_DATA_DIR], job->data_dirs, sizeof job->data_dirs);
    const int64_t threads = cli_whole(&job->o, OPT_THREADS, 0);
    if (threads > 1024) {
        cli_fail(job->o.verb, "--threads: %lld; at most 1,024 are expected", (long long)threads);
        return CLI_USAGE;
    }
    job->ctx = luge_open(.threads = (int32_t)threads, .data_dir = *job->data_dirs ? job->data_dirs : NULL);
    return job->ctx ? CLI_OK : cli_fail_with(job->o.verb, NULL);
}

void cli_job_close(cli_job *job)
{
    luge_close(job->ctx);
    free(job->counts);
    cli_options_free(&job->o);
}

int cli_run(const char *verb, int bit, int most_words, int n, char **arg, int (*work)(cli_job *job))
{
    cli_job job = { .began = 0 };
    int code = cli_options_read(&job.o, verb, bit, most_words, n, arg);
    if (!code && job.o.value[OPT_HELP])
        code = cli_print_verb_help(verb, bit);
    else if (!code && !(code = cli_job_open(&job)))
        code = work(&job);
    cli_job_close(&job);
    return code;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

const char *cli_spec_name(const char *spec)
{
    return !strcmp(spec, "-") ? "standard input" : spec;
}

static int delimiter_of(const cli_job *job, char *delimiter)
{
    const char *text = job->o.value[OPT_DELIMITER];
    if (!text) return CLI_OK;
    if (!strcmp(text, "tab") || !strcmp(text, "\\t")) text = "\t";
    if (strlen(text) != 1) {
        cli_fail(job->o.verb, "--delimiter: \"%s\"; one character, or tab, is expected", text);
        return CLI_USAGE;
    }
    *delimiter = *text;
    return CLI_OK;
}

static int read_table(cli_job *job, const char *path, luge_table **table)
{
    luge_reader reader;
    char delimiter = 0;
    const char *decimal = job->o.value[OPT_DECIMAL];
    const int code = delimiter_of(job, &delimiter);
    if (code) return code;
    if (job->o.given[OPT_ROWS]) {
        cli_fail(job->o.verb, "--rows is for data that is made up; %s is a table", cli_spec_name(path));
        return CLI_USAGE;
    }
    if (decimal && strcmp(decimal, ".") != 0 && strcmp(decimal, ",") != 0) {
        cli_fail(job->o.verb, "--decimal: \"%s\"; . or , is expected", decimal);
        return CLI_USAGE;
    }
    if (luge_reader_open(job->ctx, path, cli_whole(&job->o, OPT_LIMIT, 0), &reader))
        return cli_fail_with(job->o.verb, job->ctx);
    *table = luge_table_read(job->ctx, cli_spec_name(path), .reader = &reader, .delimiter = delimiter,
                             .decimal = decimal ? *decimal : 0,
                             .header = job->o.value[OPT_HEADER] ? (cli_yes(&job->o, OPT_HEADER, 1) ? 1 : -1) : 0);
    luge_reader_close(&reader);
    if (*table) return CLI_OK;
    cli_fail_with(job->o.verb, job->ctx);
    if (!decimal && strstr(luge_error(job->ctx), "is not a number"))
        fprintf(stderr, "  decimal commas? try --decimal ,\n");
    return CLI_FAILED;
}

int cli_load(cli_job *job, const char *spec, luge_table **table, luge_dataset **data)
{
    char path[4096];
    const cli_options *o = &job->o;
    *table = NULL;
    *data = NULL;
    if (luge_spec_is_table(job->ctx, spec, path, sizeof path)) return read_table(job, path, table);
    if (luge_failed(job->ctx)) return cli_fail_with(o->verb, job->ctx);
    *data = luge_load_data(job->ctx, spec, .rows = cli_whole(o, OPT_ROWS, 0),
                           .seed = job->seed ? job->seed : (uint64_t)cli_whole(o, OPT_SEED, 1),
                           .limit = cli_whole(o, OPT_LIMIT, 0), .side = cli_whole(o, OPT_SIDE, 0),
                           .grey = cli_yes(o, OPT_GREY, 0));
    if (*data) return CLI_OK;
    cli_fail_with(o->verb, job->ctx);
    if (strstr(luge_error(job->ctx), "scale all to one size"))
        fprintf(stderr, "  --side 28 scales all to 28 x 28; --grey makes all grey\n");
    return CLI_FAILED;
}

const char *cli_decimal_commas(const luge_table *table)
{
    for (int i = 0; i < luge_table_columns(table); i++) {
        luge_table_column column;
        const char *text = luge_table_column_at(table, i, &column) ? NULL : luge_table_text(table, 0, i);
        const size_t n = text && column.is_text ? strspn(text, "-0123456789") : 0;
        if (n && text[n] == ',' && text[n + 1] && strspn(text + n + 1, "0123456789") == strlen(text + n + 1))
            return column.name;
    }
    return NULL;
}

int cli_load_encoded(cli_job *job, const char *spec, int targets, luge_dataset **data)
{
    luge_table *table;
    const int code = cli_load(job, spec, &table, data);
    if (code || !table) {
        if (!code && job->encoder)
            return cli_fail(job->o.verb, "this model was trained on a table with %lld columns; %s is none",
                            (long long)(job->columns.numeric + job->columns.text), cli_spec_name(spec));
        return code;
    }
    if (!job->encoder)
        return cli_fail(job->o.verb, "this model was not trained on a table; %s is one", cli_spec_name(spec));
    *data = luge_encode(job->encoder, table, targets);
    if (*data) return CLI_OK;
    luge_table_column first;
    cli_fail_with(job->o.verb, job->ctx);
    if (strstr(luge_error(job->ctx), " lacks ") && !luge_table_column_at(table, 0, &first) && !strcmp(first.name, "1"))
        fprintf(stderr, "  its first line was not taken for names: the columns are called 1, 2, ...\n");
    return CLI_FAILED;
}

/* ---- models ------------------------------------------------------------------------------------------------------ */

/* The kind of answer, from what the model is: its last operator and its loss's target. */
static void see_output(cli_job *job)
{
    const char *task = job->o.value[OPT_TASK];
    luge_layer_info last = { .name = "" };
    const int n = luge_layer_count(job->model);
    if (n > 0) luge_layer_at(job->model, n - 1, &last);
    const int64_t outputs = last.shape.ndim > 1 ? last.shape.dim[last.shape.ndim - 1] : 1;
    luge_node_info node = { .op = "" };
    luge_graph *g = luge_model_graph(job->model);
    luge_node_info_of(g, last.output, &node);
    const int probability = !strcmp(node.op, "sigmoid") || !strcmp(node.op, "softmax");
    job->task = task ? (!strcmp(task, "regression") ? LUGE_REGRESSION : LUGE_CLASSIFICATION)
                     : (probability ? LUGE_CLASSIFICATION : LUGE_REGRESSION);
    job->binary = job->task == LUGE_CLASSIFICATION && outputs == 1;
    job->classes = job->task == LUGE_REGRESSION ? 0 : job->binary ? 2 : outputs;
}

int cli_job_load_model(cli_job *job, const char *path)
{
    job->model = luge_load_model(job->ctx, path);
    if (!job->model) return cli_fail_with(job->o.verb, job->ctx);
    const char *columns = luge_note(job->model, "columns"), *recipe = luge_note(job->model, "recipe");
    const int code = recipe ? cli_recipe_take(&job->o, recipe) : CLI_OK;
    if (code) return code;
    const int asks = VERB_EVALUATE | VERB_PREDICT | (job->o.given[OPT_DATA] ? VERB_PLOT : 0);
    const int other = (job->o.verbs & asks) && !job->o.given[OPT_ROWS];
    if (other && cli_set(&job->o, OPT_ROWS, NULL)) return CLI_FAILED; /* as many as were trained on need not be asked */
    if (columns) {
        job->encoder = luge_encoder_from_text(job->ctx, columns);
        if (!job->encoder || luge_encoder_info_of(job->encoder, &job->columns))
            return cli_fail_with(job->o.verb, job->ctx);
        job->target = job->columns.target;
    }
    see_output(job);
    return CLI_OK;
}

int cli_row_shape(const cli_job *job, luge_shape *row)
{
    luge_layer_info first;
    if (luge_layer_at(job->model, 0, &first)) return cli_fail_with(job->o.verb, job->ctx);
    *row = luge_shape_of_val(luge_model_graph(job->model), first.input);
    if (row->ndim < 1) *row = luge_shape_of_val(luge_model_graph(job->model), first.output);
    memmove(row->dim, row->dim + 1, (size_t)--row->ndim * sizeof *row->dim);
    return CLI_OK;
}

const char *cli_class_name(const cli_job *job, int64_t index, char text[CLI_TEXT])
{
    const char *name = NULL;
    if (job->columns.class_names && index < job->columns.classes) name = job->columns.class_names[index];
    if (!name && job->targets.names && index < job->targets.n_names) name = job->targets.names[index];
    if (!name && job->model) name = luge_class_name(job->model, index);
    if (name) return name;
    snprintf(text, CLI_TEXT, "%lld", (long long)index);
    return text;
}
