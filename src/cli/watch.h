/* watch.h: what is shown and saved while a model learns. */
#ifndef LUGE_CLI_WATCH_H
#define LUGE_CLI_WATCH_H

#include "job.h"

typedef struct cli_watch {
    luge_callback callback; /* for luge_fit */
    const char *path;       /* where the model is saved from time to time */
    int shown;              /* nonzero: epochs are shown */
    int live;               /* on a terminal: one line, drawn over */
    int colour, utf8;
    int width;
    double drawn, began, saved; /* when: the line, the epoch, the file */
    int columns;                /* of the line that stands there */
    double best;
    int64_t best_epoch; /* from 1; 0: none */
    char best_line[512];
    luge_context *ctx;
} cli_watch;

void cli_watch_begin(cli_watch *w, cli_job *job, const char *path);
/* Leaves the line of the best epoch. */
void cli_watch_end(cli_watch *w);

#endif
