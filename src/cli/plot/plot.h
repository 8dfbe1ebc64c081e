/* plot.h: what `luge plot` can show: one function each, on a job whose first word is the name of the picture. */
#ifndef LUGE_CLI_PLOT_H
#define LUGE_CLI_PLOT_H

#include "cli/drawing/chart.h"
#include "cli/job.h"

int cli_plot_activation(cli_job *job);
int cli_plot_history(cli_job *job);
int cli_plot_regions(cli_job *job);
int cli_plot_confusion(cli_job *job);
int cli_plot_weights(cli_job *job);
int cli_plot_histogram(cli_job *job);
int cli_plot_rates(cli_job *job);

/* The model that the second word names and, where `data` is not NULL, data with answers for it: of --data, otherwise
 * what it was trained on. `example`: how its command line would go on. */
int cli_plot_model(cli_job *job, const char *example, luge_dataset **data);
/* Names of all classes; one block, which the caller frees. NULL where memory is short. */
const char **cli_class_names(const cli_job *job);

#endif
