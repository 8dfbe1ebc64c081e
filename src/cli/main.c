/* main.c: the command `luge`: finds the verb and hands over to it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int cli_help(int n, char **arg);

/* One row a verb. */
static const struct verb {
    const char *name, *arguments, *purpose;
    int (*run)(int n, char **arg);
} verbs[] = {
    { "train", "--data SPEC", "learn from a table, images, digits, ...", cli_train },
    { "evaluate", "MODEL --data SPEC", "scores on data that has the answers", cli_evaluate },
    { "predict", "MODEL SPEC", "answers for a table, images, photo.png, -", cli_predict },
    { "check", "MODEL", "gradients held against central differences", cli_check },
    { "graph", "MODEL", "the network's graph: pictures, values, times", cli_graph },
    { "summary", "MODEL", "layers, parameters, how it was trained", cli_summary },
    { "data", "[show SPEC]", "what there is; show, fetch, make", cli_data },
    { "grad", "FORMULA --at x=1", "its gradients, chain rule, drawn graph", cli_grad },
    { "descend", "FORMULA --from ..", "gradient descent on it, drawn", cli_descend },
    { "plot", "WHAT ...", "learning curves, regions, weights, ...", cli_plot },
    { "ops", "[NAME]", "the operators: formula, gradient, kernels", cli_ops },
    { "info", "", "version, threads, kernels, data folders", cli_info },
    { "help", "", "this list", cli_help },
};
enum { N_VERBS = sizeof verbs / sizeof *verbs };

static const char *verb_name(int index)
{
    return verbs[index].name;
}

static void print_help(FILE *file)
{
    fprintf(file, "luge %s: neural networks in C\n\n", luge_version());
    for (int i = 0; i < N_VERBS; i++) {
        fprintf(file, "  luge %-8s %-17s  %s\n", verbs[i].name, verbs[i].arguments, verbs[i].purpose);
    }
    fprintf(file, "  luge %-26s  the version alone\n\n", "--version");
    fprintf(file, "  luge train --data digits is a beginning; luge train --help tells more.\n");
}

static int cli_help(int n, char **arg)
{
    if (n > 0) return cli_unexpected("help", arg[0]);
    print_help(stdout);
    return CLI_OK;
}

static int print_version(int n, char **arg)
{
    if (n > 0) return cli_unexpected("--version", arg[0]);
    printf("luge %s\n", luge_version());
    return CLI_OK;
}

static int unknown_verb(const char *typed)
{
    const char *nearest = cli_nearest(typed, N_VERBS, verb_name);
    fprintf(stderr, "luge: no verb \"%s\"\n", typed);
    if (nearest)
        fprintf(stderr, "  nearest: %s\n", nearest);
    else
        fprintf(stderr, "  luge help lists the verbs\n");
    return CLI_USAGE;
}

static int run_verb(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    const char *typed = argv[1];
    if (!strcmp(typed, "--version")) return print_version(argc - 2, argv + 2);
    if (!strcmp(typed, "--help") || !strcmp(typed, "-h")) return cli_help(argc - 2, argv + 2);
    for (int i = 0; i < N_VERBS; i++) {
        if (!strcmp(typed, verbs[i].name)) return verbs[i].run(argc - 2, argv + 2);
    }
    return unknown_verb(typed);
}

/* Where standard output is closed, the next file to be opened would take its number, and what is printed with it. */
static void fill_closed(void)
{
    int fd;
    do fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= 2);
    if (fd > 2) close(fd);
}

int main(int argc, char **argv)
{
    fill_closed();
    const int code = run_verb(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    fprintf(stderr, "luge: the output could not be written\n"); /* a full disk, a closed pipe */
    return code ? code : CLI_FAILED;
}
