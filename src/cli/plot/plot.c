/* plot.c: `luge plot`: finds the picture that is asked for. */
#include <stdio.h>
#include <string.h>

#include "plot.h"

enum { MOST_RUNS = 12 }; /* words behind the name of a picture */

static const struct picture {
    const char *name;
    int words; /* it takes so many, at most */
    int (*draw)(cli_job *job);
} pictures[] = {
    { "history", MOST_RUNS, cli_plot_history },       { "regions", 1, cli_plot_regions },
    { "confusion", 1, cli_plot_confusion },           { "weights", 1, cli_plot_weights },
    { "histogram", 1, cli_plot_histogram },           { "rates", 1, cli_plot_rates },
    { "activation", MOST_RUNS, cli_plot_activation },
};
enum { N_PICTURES = sizeof pictures / sizeof *pictures };

static const char *picture_name(int index)
{
    return pictures[index].name;
}

static int plot(cli_job *job)
{
    const char *what = job->o.n_words ? job->o.word[0] : NULL, *path = job->o.value[OPT_OUTPUT];
    for (int i = 0; what && i < N_PICTURES; i++) {
        if (strcmp(what, pictures[i].name) != 0) continue;
        if (job->o.n_words > pictures[i].words + 1) {
            cli_fail(job->o.verb, "\"%s\" is one word too many", job->o.word[pictures[i].words + 1]);
            return CLI_USAGE;
        }
        const int code = path ? cli_chart_check(job->o.verb, path) : CLI_OK;
        return code ? code : pictures[i].draw(job);
    }
    const char *nearest = what ? cli_nearest(what, N_PICTURES, picture_name) : NULL;
    if (what)
        cli_fail(job->o.verb,
                 nearest ? "no picture \"%s\"\n  nearest: %s" : "no picture \"%s\"; luge plot --help lists them", what,
                 nearest);
    else
        cli_fail(job->o.verb, "what? luge plot --help tells");
    return CLI_USAGE;
}

/* A sweep of rates trains, and so it takes the options that say how. */
int cli_plot(int n, char **arg)
{
    const int trains = n > 0 && !strcmp(arg[0], "rates");
    return cli_run("plot", trains ? VERB_PLOT | VERB_RATES : VERB_PLOT, MOST_RUNS + 1, n, arg, plot);
}
