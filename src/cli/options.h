/* options.h: the options of all verbs: one table, read from the command line, from recipes and from models. */
#ifndef LUGE_CLI_OPTIONS_H
#define LUGE_CLI_OPTIONS_H

#include "cli.h"

/* In the order of help texts and recipes. */
typedef enum cli_key {
    OPT_DATA,
    OPT_TARGET,
    OPT_TASK,
    OPT_ONLY,
    OPT_ROWS,
    OPT_VALIDATION,
    OPT_TEST,
    OPT_STANDARDIZE,
    OPT_MODEL,
    OPT_LOSS,
    OPT_SMOOTHING,
    OPT_OPTIMIZER,
    OPT_LR,
    OPT_SCHEDULE,
    OPT_BATCH,
    OPT_SAMPLING,
    OPT_EPOCHS,
    OPT_PATIENCE,
    OPT_PRECISION,
    OPT_SEED,
    OPT_DELIMITER,
    OPT_DECIMAL,
    OPT_HEADER,
    OPT_SIDE,
    OPT_GREY,
    OPT_LIMIT,
    OPT_DATA_DIR,
    OPT_THREADS,
    OPT_RESUME,
    OPT_SAVE_RECIPE,
    OPT_LOG,
    OPT_OUTPUT,
    OPT_PICTURES,
    OPT_MIRROR,
    OPT_OPS,
    OPT_TRAINING,
    OPT_PLAN,
    OPT_WRT,
    OPT_AT,
    OPT_OF,
    OPT_ORDER,
    OPT_CHAIN, /* --steps of grad */
    OPT_GRAPH,
    OPT_FROM,
    OPT_RACE, /* --optimizer of descend */
    OPT_RATE,
    OPT_STEPS,
    OPT_NUMERICAL,
    OPT_FEATURES,
    OPT_CSV,
    OPT_JSON,
    OPT_QUIET,
    OPT_HELP,
    N_OPTIONS
} cli_key;

/* Verbs that take options, as bits. */
enum {
    VERB_TRAIN = 1,
    VERB_EVALUATE = 2,
    VERB_PREDICT = 4,
    VERB_CHECK = 8,
    VERB_SUMMARY = 16,
    VERB_DATA = 32,
    VERB_PLOT = 64,
    VERB_RATES = 128, /* luge plot rates, which trains */
    VERB_GRAD = 256,
    VERB_DESCEND = 512,
    VERB_GRAPH = 1024,
    VERB_FORMULA = VERB_GRAD | VERB_DESCEND, /* their first word may begin with a minus */
    VERB_READS = VERB_TRAIN | VERB_EVALUATE | VERB_PREDICT | VERB_CHECK | VERB_DATA | VERB_PLOT |
                 VERB_GRAPH, /* that read data */
    VERB_LEARNS = VERB_TRAIN | VERB_RATES,
    VERB_ALL = VERB_READS | VERB_SUMMARY | VERB_FORMULA
};

enum { CLI_WORDS = 16, CLI_MESSAGE = 1024 };

typedef struct cli_options {
    const char *verb;       /* for messages: "train" */
    int verbs;              /* its bit */
    char *value[N_OPTIONS]; /* NULL: not given; flags: "yes" */
    int given[N_OPTIONS];   /* on the command line */
    int n_words;
    const char *word[CLI_WORDS]; /* what is no option */
} cli_options;

/* Reads the command line; CLI_OK, or CLI_USAGE after a message. Too many words are refused. */
int cli_options_read(cli_options *o, const char *verb, int bit, int most_words, int n, char **arg);
void cli_options_free(cli_options *o);

/* Sets a value (copied; NULL takes it away). CLI_FAILED after a message where memory is short. */
int cli_set(cli_options *o, cli_key key, const char *text);
int cli_setf(cli_options *o, cli_key key, const char *format, ...);
const char *cli_option_name(cli_key key);
/* Values as numbers; they were checked when they were set by cli_options_read or cli_recipe_read. */
double cli_number(const cli_options *o, cli_key key, double otherwise);
int64_t cli_whole(const cli_options *o, cli_key key, int64_t otherwise);
int cli_yes(const cli_options *o, cli_key key, int otherwise);
/* Checks the form of all values; CLI_USAGE after a message. */
int cli_options_check(const cli_options *o);

/* The help of a verb: usage, what it does, its options, examples. */
int cli_print_verb_help(const char *verb, int bit);

/* ---- recipes: the same options as YAML --------------------------------------------------------------------------- */

/* Takes what the file says for options that were not given on the command line. */
int cli_recipe_read(cli_options *o, luge_context *ctx, const char *path);
/* The options that say how to train, as YAML; the caller frees it. NULL after a message. */
char *cli_recipe_text(const cli_options *o);
/* Takes options out of such a text, where none is set. */
int cli_recipe_take(cli_options *o, const char *text);
/* Whether a path looks like a recipe: ends in .yaml or .yml. */
int cli_is_recipe(const char *path);

#endif
