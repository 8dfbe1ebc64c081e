/* job.h: what train, evaluate, predict and check share: data in its parts, decisions, scores. Everything of the library
 * belongs to the context. */
#ifndef LUGE_CLI_JOB_H
#define LUGE_CLI_JOB_H

#include "options.h"
#include <luge/extra.h>

/* How good a model is on some rows. */
typedef struct cli_scores {
    int64_t rows;
    luge_scores scores;
    double *confusion; /* [classes, classes] counts, true by predicted; NULL for a regression */
    double trivial;    /* share of right answers, or RMSE, of the trivial guess */
    int64_t guess;     /* the class it says */
    double mean;       /* the number it says */
} cli_scores;

typedef struct cli_job {
    cli_options o;
    luge_context *ctx;
    char data_dirs[4096];

    /* data */
    luge_table *table; /* NULL where the data is none */
    luge_encoder *encoder;
    luge_encoder_info columns; /* of the encoder */
    luge_dataset *all, *train, *validation, *test;
    int64_t n_rows; /* of the data, before parts */
    luge_column_info features, targets;
    char data_name[256]; /* for people */

    /* decisions */
    luge_task task;
    int64_t classes;
    int binary; /* one probability answers */
    const char *target;
    uint64_t seed;
    int seed_drawn;
    int held_out;        /* nonzero: there are parts for validation and test */
    char left_out[1024]; /* columns that are not used */
    double deviation;    /* of the target, where the model's end is scaled by it; otherwise 0 */
    int64_t epochs, batch, patience;

    luge_model *model;
    double *counts; /* rows of each class, of all the data */
    double began, seconds;
} cli_job;

/* ---- source.c ---------------------------------------------------------------------------------------------------- */

/* A verb from its command line to its end: options (and help), the context, the work. */
int cli_run(const char *verb, int bit, int most_words, int n, char **arg, int (*work)(cli_job *job));

/* Where data sets are looked for: `first`, $LUGE_DATA, the folder of the user; a list separated by colons. */
void cli_data_folders(const char *first, char *list, size_t size);
/* Opens the context by the options of the job (threads, data folders). */
int cli_job_open(cli_job *job);
void cli_job_close(cli_job *job);
/* Reads a table, or loads a data set. Exactly one of *table and *data is set. */
int cli_load(cli_job *job, const char *spec, luge_table **table, luge_dataset **data);
/* The spec as a data set that the job's model can be given: tables are encoded. */
int cli_load_encoded(cli_job *job, const char *spec, int targets, luge_dataset **data);
/* Loads a model and what it knows about its data. */
int cli_job_load_model(cli_job *job, const char *path);
/* The shape of a row that the model takes. */
int cli_row_shape(const cli_job *job, luge_shape *row);
const char *cli_class_name(const cli_job *job, int64_t index, char text[CLI_TEXT]);
/* A text column whose first value is a number but for its comma; NULL where there is none. */
const char *cli_decimal_commas(const luge_table *table);
/* What file messages call a spec. */
const char *cli_spec_name(const char *spec);

/* ---- parts.c ----------------------------------------------------------------------------------------------------- */

/* From --data to train, validation and test: task, classes, encoder and split. */
int cli_job_data(cli_job *job);
/* The model of that name: a file's, or one that a recipe says how to build, untrained. *data: what it is
 * trained on (or --data), where that is wanted or the recipe needs it. */
int cli_job_find(cli_job *job, const char *name, int with_data, luge_dataset **data);
/* At most so many of the rows, drawn by a seed that is always the same. */
int cli_some_rows(cli_job *job, luge_dataset *all, int64_t most, luge_dataset **data);
/* Targets of a data set as numbers; the caller frees them. NULL after a message. */
double *cli_targets(cli_job *job, luge_dataset *data);

/* only.c: in place of a data set, the rows of the classes of --only, which are numbered anew. */
int cli_keep_only(cli_job *job, luge_dataset **data);

/* ---- decide.c ---------------------------------------------------------------------------------------------------- */

/* Model, loss, optimizer and the rest, for the data that is loaded; options get what was decided. */
int cli_job_model(cli_job *job);
/* Epochs, batch and patience alone. */
int cli_decide_numbers(cli_job *job);
/* How to fit what was decided; callbacks are the caller's. */
luge_fit_options cli_fit_options(const cli_job *job);

/* ---- score.c ----------------------------------------------------------------------------------------------------- */

int cli_score(cli_job *job, luge_dataset *data, cli_scores *scores);
void cli_scores_free(cli_scores *scores); /* due after a failure too */

/* ---- report.c ---------------------------------------------------------------------------------------------------- */

/* "  label     text", broken at the width. */
void cli_line(const char *label, const char *format, ...);
void cli_report_decisions(const cli_job *job);
void cli_report_scores(const cli_job *job, const char *label, const cli_scores *scores);

/* ---- json.c ------------------------------------------------------------------------------------------------------ */

/* JSON to a FILE, on one line. key is NULL in an array. */
typedef struct cli_json {
    FILE *file;
    int more; /* something stands before, so a comma is due */
} cli_json;
void cli_json_open(cli_json *j, const char *key, char bracket);
void cli_json_close(cli_json *j, char bracket);
void cli_json_text(cli_json *j, const char *key, const char *text); /* NULL: null */
void cli_json_whole(cli_json *j, const char *key, int64_t value);
void cli_json_number(cli_json *j, const char *key, double value); /* null where it is no number */
void cli_json_scores(cli_json *j, const char *key, const cli_job *job, const cli_scores *scores); /* NULL: null */

#endif
