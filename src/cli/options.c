/* options.c: the table of options, and the command line read by it. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

/* What a value must look like. */
typedef enum form { TEXT, FLAG, YES_NO, WHOLE, NUMBER, SHARE_OR_TEXT, BATCH, SEED } form;

static const struct option {
    const char *name, *argument, *help;
    char letter;
    form form;
    int verbs;
} options[N_OPTIONS] = {
    [OPT_DATA] = { "data", "SPEC", "a CSV file, a folder of images, .npy, IDX, a name such as mnist:train or digits, -",
                   0, TEXT, VERB_TRAIN | VERB_EVALUATE | VERB_CHECK | VERB_PLOT | VERB_GRAPH },
    [OPT_TARGET] = { "target", "COLUMN", "the column to predict (default: the last)", 0, TEXT, VERB_LEARNS },
    [OPT_TASK] = { "task", "TASK", "classification or regression (default: by the target)", 0, TEXT, VERB_LEARNS },
    [OPT_ONLY] = { "only", "CLASSES", "keep the rows of these classes: --only 5,8", 0, TEXT, VERB_LEARNS },
    [OPT_ROWS] = { "rows", "N", "rows of made-up data", 0, WHOLE, VERB_READS },
    [OPT_VALIDATION] = { "validation", "PART", "share of the rows (0.1), \"last 0.2\", or data, to decide by", 0,
                         SHARE_OR_TEXT, VERB_LEARNS },
    [OPT_TEST] = { "test", "PART", "share of the rows (0.2), \"last 0.2\", or data, to be scored on", 0, SHARE_OR_TEXT,
                   VERB_LEARNS },
    [OPT_STANDARDIZE] = { "standardize", "yes|no", "inputs to mean 0, deviation 1 (default: yes, but for pixels)", 0,
                          YES_NO, VERB_LEARNS },
    [OPT_MODEL] = { "model", "LAYERS", "\"dense 100 relu, dropout 0.2, dense 10 softmax\"", 0, TEXT, VERB_LEARNS },
    [OPT_LOSS] = { "loss", "NAME", "such as binary_crossentropy, mean_absolute_error, huber", 0, TEXT, VERB_LEARNS },
    [OPT_SMOOTHING] = { "smoothing", "S", "of the targets of a cross-entropy", 0, NUMBER, VERB_LEARNS },
    [OPT_OPTIMIZER] = { "optimizer", "NAME", "adam, adamw, rmsprop, adagrad, \"sgd momentum=0.9 nesterov\"", 0, TEXT,
                        VERB_LEARNS },
    [OPT_LR] = { "lr", "RATE", "learning rate", 0, NUMBER, VERB_TRAIN },
    [OPT_SCHEDULE] = { "schedule", "NAME", "of the rate: constant, cosine (to 0 at the last epoch), plateau", 0, TEXT,
                       VERB_LEARNS },
    [OPT_BATCH] = { "batch", "ROWS", "rows a step, or all (default 32)", 0, BATCH, VERB_LEARNS | VERB_GRAPH },
    [OPT_SAMPLING] = { "sampling", "NAME", "shuffled, in-order or with-replacement", 0, TEXT, VERB_LEARNS },
    [OPT_EPOCHS] = { "epochs", "N", "up to so many in all (default 200)", 0, WHOLE, VERB_LEARNS },
    [OPT_PATIENCE] = { "patience", "N", "epochs without progress before it stops; 0: never (default 10)", 0, WHOLE,
                       VERB_TRAIN },
    [OPT_PRECISION] = { "precision", "NAME", "of matrix products: f32 (default), or bf16, faster on some CPUs", 0, TEXT,
                        VERB_TRAIN },
    [OPT_SEED] = { "seed", "N", "of split, weights, order, dropout; random draws one (default 1)", 0, SEED,
                   VERB_READS },
    [OPT_DELIMITER] = { "delimiter", "C", "between fields: , ; or tab (default: found out)", 0, TEXT, VERB_READS },
    [OPT_DECIMAL] = { "decimal", "C", "decimal point: . or ,", 0, TEXT, VERB_READS },
    [OPT_HEADER] = { "header", "yes|no", "whether the first line has names (default: found out)", 0, YES_NO,
                     VERB_READS },
    [OPT_SIDE] = { "side", "PIXELS", "scale images of a folder to this width and height", 0, WHOLE, VERB_READS },
    [OPT_GREY] = { "grey", NULL, "images of a folder without colour", 0, FLAG, VERB_READS },
    [OPT_LIMIT] = { "limit", "BYTES", "most bytes out of a compressed file (default 16 GB)", 0, WHOLE, VERB_READS },
    [OPT_DATA_DIR] = { "data-dir", "FOLDER", "where data sets are looked for first", 0, TEXT, VERB_READS },
    [OPT_THREADS] = { "threads", "N", "how many threads work (default: one a core)", 0, WHOLE, VERB_READS },
    [OPT_RESUME] = { "resume", "FILE", "go on with a model's training where it stopped", 0, TEXT, VERB_TRAIN },
    [OPT_SAVE_RECIPE] = { "save-recipe", "FILE", "write what was decided as a recipe", 0, TEXT, VERB_TRAIN },
    [OPT_LOG] = { "log", "FILE", "a CSV line for each epoch", 0, TEXT, VERB_TRAIN },
    [OPT_OUTPUT] = { "output", "FILE", "where the result goes (train: model.safetensors; pictures: .svg, .png, .pdf)",
                     'o', TEXT, VERB_TRAIN | VERB_PREDICT | VERB_DATA | VERB_PLOT | VERB_FORMULA | VERB_GRAPH },
    [OPT_PICTURES] = { "pictures", "N", "show so many images with their predictions instead", 0, WHOLE, VERB_PREDICT },
    [OPT_MIRROR] = { "mirror", "URL", "fetch: folder of another server that has the files", 0, TEXT, VERB_DATA },
    [OPT_FEATURES] = { "features", "A,B", "two columns for the axes; the others stay at their means", 0, TEXT,
                       VERB_PLOT },
    [OPT_OPS] = { "ops", NULL, "every operator, not a box a layer", 0, FLAG, VERB_GRAPH },
    [OPT_TRAINING] = { "training", NULL, "a whole training step: loss, gradients and update too", 0, FLAG, VERB_GRAPH },
    [OPT_PLAN] = { "plan", NULL, "the steps of the plan, before and after its rewrites", 0, FLAG, VERB_GRAPH },
    [OPT_WRT] = { "wrt", "NAMES", "differentiate by these: --wrt r,t (default: all free names)", 0, TEXT, VERB_GRAD },
    [OPT_AT] = { "at", "VALUES", "where: --at r=2,t=pi/4", 0, TEXT, VERB_GRAD },
    [OPT_OF] = { "of", "NAMES", "differentiate these (default: what no other statement uses)", 0, TEXT, VERB_GRAD },
    [OPT_ORDER] = { "order", "N", "derivatives up to this order (default 1); 0: the values alone", 0, WHOLE,
                    VERB_GRAD },
    [OPT_CHAIN] = { "steps", NULL, "the chain rule, node by node, as backpropagation goes", 0, FLAG, VERB_GRAD },
    [OPT_GRAPH] = { "graph", NULL, "the computational graph as text; -o FILE draws it", 0, FLAG, VERB_GRAD },
    [OPT_FROM] = { "from", "VALUES", "where to begin: --from x=-7,y=2", 0, TEXT, VERB_DESCEND },
    [OPT_RACE] = { "optimizer", "NAMES", "sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw; several race", 0,
                   TEXT, VERB_DESCEND },
    [OPT_RATE] = { "rate", "R", "learning rate (default 0.1), or one for each optimizer: 0.95,0.1", 0, TEXT,
                   VERB_DESCEND },
    [OPT_STEPS] = { "steps", "N", "how many (default 100)", 0, WHOLE, VERB_DESCEND },
    [OPT_NUMERICAL] = { "numerical", "H", "gradients by central differences (f(x+H) - f(x-H)) / 2H", 0, NUMBER,
                        VERB_DESCEND },
    [OPT_CSV] = { "csv", NULL, "the numbers behind a picture as CSV", 0, FLAG, VERB_PLOT | VERB_DESCEND },
    [OPT_JSON] = { "json", NULL, "one JSON object as the last line; predict: one a row", 0, FLAG,
                   VERB_TRAIN | VERB_EVALUATE | VERB_PREDICT | VERB_CHECK | VERB_PLOT | VERB_FORMULA | VERB_GRAPH },
    [OPT_QUIET] = { "quiet", NULL, "say nothing but errors, and the JSON object", 'q', FLAG,
                    VERB_TRAIN | VERB_EVALUATE | VERB_CHECK | VERB_DATA | VERB_PLOT | VERB_FORMULA },
    [OPT_HELP] = { "help", NULL, "this text", 'h', FLAG, VERB_ALL },
};

const char *cli_option_name(cli_key key)
{
    return options[key].name;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

int cli_set(cli_options *o, cli_key key, const char *text)
{
    char *copy = NULL;
    if (text) {
        const size_t bytes = strlen(text) + 1;
        if (!(copy = malloc(bytes))) return cli_fail(o->verb, "out of memory");
        memcpy(copy, text, bytes);
    }
    free(o->value[key]);
    o->value[key] = copy;
    return CLI_OK;
}

int cli_setf(cli_options *o, cli_key key, const char *format, ...)
{
    char text[CLI_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cli_set(o, key, text);
}

void cli_options_free(cli_options *o)
{
    for (int i = 0; i < N_OPTIONS; i++) free(o->value[i]);
}

static int is_number(const char *text, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && !*end && !isspace((unsigned char)*text) && *value - *value == 0;
}

static int is_whole(const char *text, int64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)*text)) return 0;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return !*end && !errno;
}

double cli_number(const cli_options *o, cli_key key, double otherwise)
{
    double value;
    return o->value[key] && is_number(o->value[key], &value) ? value : otherwise;
}

int64_t cli_whole(const cli_options *o, cli_key key, int64_t otherwise)
{
    int64_t value;
    return o->value[key] && is_whole(o->value[key], &value) ? value : otherwise;
}

int cli_yes(const cli_options *o, cli_key key, int otherwise)
{
    return o->value[key] ? !strcmp(o->value[key], "yes") : otherwise;
}

static const char *expected(form kind, const char *text)
{
    double number;
    int64_t whole;
    switch (kind) {
    case FLAG:
    case YES_NO:
        return strcmp(text, "yes") && strcmp(text, "no") ? "yes or no" : NULL;
    case WHOLE:
        return is_whole(text, &whole) ? NULL : "a whole number";
    case BATCH:
        return !strcmp(text, "all") || (is_whole(text, &whole) && whole > 0) ? NULL : "a whole number of rows, or all,";
    case SEED:
        return !strcmp(text, "random") || is_whole(text, &whole) ? NULL : "a whole number, or random,";
    case NUMBER:
        return is_number(text, &number) && number >= 0 ? NULL : "a number of at least 0";
    case SHARE_OR_TEXT:
        if (!strncmp(text, "last ", 5))
            return is_number(text + 5, &number) && number >= 0 && number < 1 ? NULL : "last and a share below 1";
        return !*text || (is_number(text, &number) && !(number >= 0 && number < 1)) ? "a share below 1, or data,"
                                                                                    : NULL;
    default:
        return *text ? NULL : "some text";
    }
}

static int check_value(const cli_options *o, int key)
{
    const char *text = o->value[key], *wanted = text ? expected(options[key].form, text) : NULL;
    if (!wanted) return CLI_OK;
    cli_fail(o->verb, "--%s: \"%s\"; %s is expected", options[key].name, text, wanted);
    return CLI_USAGE;
}

int cli_options_check(const cli_options *o)
{
    int code = CLI_OK;
    for (int key = 0; key < N_OPTIONS && !code; key++) code = check_value(o, key);
    return code;
}

/* ---- the command line -------------------------------------------------------------------------------------------- */

static int find_option(const char *name, size_t length, int verbs)
{
    for (int i = 0; i < N_OPTIONS; i++)
        if (strlen(options[i].name) == length && !strncmp(options[i].name, name, length) && (options[i].verbs & verbs))
            return i;
    return -1;
}

static int unknown_option(const cli_options *o, const char *typed, size_t length)
{
    const char *names[N_OPTIONS];
    char name[64];
    int n = 0;
    for (int i = 0; i < N_OPTIONS; i++)
        if (options[i].verbs & o->verbs) names[n++] = options[i].name;
    snprintf(name, sizeof name, "%.*s", (int)length, typed);
    cli_fail(o->verb, "no option --%s\n  nearest: --%s\n  luge %s --help lists them", name,
             luge_nearest(name, names, n), o->verb);
    return CLI_USAGE;
}

static int usage(const cli_options *o, const char *what, const char *about)
{
    cli_fail(o->verb, what, about);
    return CLI_USAGE;
}

/* The option that arg[*i] names, and its value; *i moves on where that is the next word. */
static int read_option(cli_options *o, int n, char **arg, int *i)
{
    const char *text = arg[*i] + 2, *value = strchr(text, '=');
    int key = -1;
    if (arg[*i][1] != '-') { /* -o FILE */
        value = arg[*i][2] ? arg[*i] + 2 : NULL;
        for (int k = 0; k < N_OPTIONS; k++)
            if (options[k].letter == arg[*i][1] && (options[k].verbs & o->verbs)) key = k;
        if (key < 0) return usage(o, "no option %s\n  the long ones begin with --", arg[*i]);
        if (value && !options[key].argument) return usage(o, "no option %s", arg[*i]);
    } else {
        const size_t length = value ? (size_t)(value++ - text) : strlen(text);
        key = find_option(text, length, o->verbs);
        if (key < 0) return unknown_option(o, text, length);
        if (value && !options[key].argument) return usage(o, "--%s takes no value", options[key].name);
    }
    if (!options[key].argument) value = "yes";
    if (!value && *i + 1 == n) return usage(o, "--%s: its value is missing", options[key].name);
    if (!value) value = arg[++*i];
    o->given[key] = 1;
    const int code = cli_set(o, (cli_key)key, value);
    return code ? code : check_value(o, key);
}

/* Whether a word is an option; a formula may begin with a minus, too: -x^2. */
static int is_option(const cli_options *o, const char *word)
{
    if (word[0] != '-' || !word[1]) return 0;
    if (!(o->verbs & VERB_FORMULA) || word[1] == '-') return 1;
    for (int k = 0; k < N_OPTIONS; k++)
        if (options[k].letter == word[1] && (options[k].verbs & o->verbs)) return options[k].argument || !word[2];
    return 0;
}

int cli_options_read(cli_options *o, const char *verb, int bit, int most_words, int n, char **arg)
{
    int plain = 0, code = CLI_OK;
    *o = (cli_options){ .verb = verb, .verbs = bit };
    for (int i = 0; i < n && !code; i++) {
        if (!plain && !strcmp(arg[i], "--")) {
            plain = 1;
        } else if (!plain && is_option(o, arg[i])) {
            code = read_option(o, n, arg, &i);
        } else if (o->n_words == most_words) {
            code = usage(o, "\"%s\" is one word too many", arg[i]);
        } else {
            o->word[o->n_words++] = arg[i];
        }
    }
    return code;
}

/* ---- help -------------------------------------------------------------------------------------------------------- */

static const struct help {
    const char *verb, *text, *examples;
} helps[] = {
    { "train",
      "luge train --data SPEC [--target COLUMN] [options] [-o FILE]\n"
      "luge train RECIPE.yaml [options]\n"
      "luge train --resume FILE [--epochs TOTAL]\n\n"
      "Looks at the data, decides what was not said, trains, scores on rows held out,\n"
      "and saves a model that takes the raw data. Every decision is an option.\n",
      "luge train --data digits\n"
      "luge train --data patients.csv --target diagnosis\n"
      "luge train --data mnist:train --model \"dense 50 relu, dense 10 softmax\"\n"
      "luge train --data prices.csv --task regression -o prices.safetensors\n" },
    { "evaluate",
      "luge evaluate MODEL --data SPEC [options]\n\n"
      "Scores a model on data that has the answers.\n",
      "luge evaluate model.safetensors --data new.csv\n"
      "luge evaluate model.safetensors --data mnist:test --json\n" },
    { "predict",
      "luge predict MODEL SPEC|IMAGE|- [options]\n\n"
      "Answers for every row: CSV with the label and the probability of each class\n"
      "(or the number), or JSON. Columns are found by their names; the target need\n"
      "not be there.\n",
      "luge predict model.safetensors new.csv\n"
      "luge predict model.safetensors photo.png --json\n"
      "luge predict model.safetensors digits:test --rows 5 --pictures 5\n"
      "cat new.csv | luge predict model.safetensors - -o answers.csv\n" },
    { "check",
      "luge check MODEL|RECIPE.yaml [--data SPEC] [options]\n\n"
      "Holds the gradients of backpropagation against central differences in double\n"
      "precision, a line for each parameter. Exit code 1 where they disagree.\n",
      "luge check model.safetensors\n" },
    { "graph",
      "luge graph MODEL|RECIPE.yaml [-o FILE.svg|png|pdf|dot] [options]\n\n"
      "The network's graph: a box a layer, or every operator. With --data, one batch\n"
      "goes through it: values forward, gradients back, time and memory of each step.\n"
      "Without -o it is told as text. Pictures are laid out by Graphviz.\n",
      "luge graph model.safetensors\n"
      "luge graph model.safetensors -o net.svg\n"
      "luge graph model.safetensors --ops --data new.csv --batch 4 -o batch.svg\n"
      "luge graph recipe.yaml --plan\n" },
    { "summary",
      "luge summary MODEL\n\n"
      "Layers, parameters, how it was trained and on what.\n",
      "luge summary model.safetensors\n" },
    { "plot",
      "luge plot history RUN ...       learning curves, of models or of logs (--log)\n"
      "luge plot rates --data SPEC     loss after a short training, by learning rate;\n"
      "                                takes the options of luge train, or a recipe\n"
      "luge plot confusion MODEL       true classes by predicted ones\n"
      "luge plot regions MODEL         answers over the plane of two features\n"
      "luge plot weights MODEL         of the first layer: images, or a table\n"
      "luge plot histogram MODEL       outputs and gradients, layer by layer\n"
      "luge plot activation NAME ...   functions with their derivatives\n\n"
      "Draws in the terminal; -o FILE.svg, .png or .pdf makes a picture by gnuplot.\n"
      "--data is what the model was trained on where it is not given.\n",
      "luge plot history model.safetensors -o curves.svg\n"
      "luge plot history sgd.csv adam.csv -o both.png\n"
      "luge plot confusion model.safetensors --data digits:test -o confusion.svg\n"
      "luge plot regions model.safetensors --features age,weight\n"
      "luge plot rates --data digits --optimizer sgd -o rates.svg\n"
      "luge plot activation sigmoid tanh relu\n" },
    { "data",
      "luge data list                   what can be had by name, and what is here\n"
      "luge data show SPEC              size, columns, statistics, pictures\n"
      "luge data fetch NAME [-o FOLDER] download a data set\n"
      "luge data make NAME -o FILE.csv  write made-up data to a file\n",
      "luge data show digits\n"
      "luge data show patients.csv\n"
      "luge data fetch mnist\n"
      "luge data make spirals --rows 500 -o spirals.csv\n" },
    { "grad",
      "luge grad FORMULA --at VALUES [options]\n\n"
      "The value of a formula and its derivatives, beside those by central\n"
      "differences. Statements stand between ; in any order. They have + - * / ^ ( )\n"
      "< <= == and the operators of luge ops that work element by element: sin(x),\n"
      "relu(x), max(a, b), where(x < 1, a, b). FORMULA - is read from standard input.\n",
      "luge grad \"u = x^2 + 2*y; x = r*sin(t); y = sin(t)^2\" --at r=2,t=0.5\n"
      "luge grad \"(a + b) * c\" --at a=1,b=2,c=3 --steps -o graph.svg\n"
      "luge grad \"x^2*y\" --at x=1,y=2 --order 2\n"
      "luge grad \"u = x*y; v = x + y\" --of u,v --at x=1,y=2\n" },
    { "descend",
      "luge descend FORMULA --from VALUES [options]\n\n"
      "Gradient descent on a formula: the way of one optimizer, or of several.\n",
      "luge descend \"x^2/20 + y^2\" --from x=-7,y=2 --optimizer sgd --rate 0.95\n"
      "luge descend \"x^2/20 + y^2\" --from x=-7,y=2 --steps 30 -o paths.svg \\\n"
      "  --optimizer sgd,momentum,adagrad,adam --rate 0.95,0.1,1.5,0.3\n"
      "luge descend \"x0^2 + x1^2\" --from x0=-3,x1=4 --rate 10\n" },
};

static void print_options(int bit)
{
    for (int i = 0; i < N_OPTIONS; i++) {
        char left[40];
        if (!(options[i].verbs & bit)) continue;
        snprintf(left, sizeof left, "--%s %s", options[i].name, options[i].argument ? options[i].argument : "");
        if (options[i].letter)
            snprintf(left, sizeof left, "-%c, --%s %s", options[i].letter, options[i].name,
                     options[i].argument ? options[i].argument : "");
        printf("  %-21s ", left);
        cli_wrap(24, options[i].help);
    }
}

static void print_indented(const char *text)
{
    for (const char *line = text; *line;) {
        const int length = (int)strcspn(line, "\n");
        printf("%s%.*s\n", length ? "  " : "", length, line);
        line += length + (line[length] == '\n');
    }
}

int cli_print_verb_help(const char *verb, int bit)
{
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
        if (strcmp(helps[i].verb, verb) != 0) continue;
        print_indented(helps[i].text);
        printf("\n");
        print_options(bit);
        printf("\n  Examples\n\n");
        print_indented(helps[i].examples);
    }
    return CLI_OK;
}
