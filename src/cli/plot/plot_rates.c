/* plot_rates.c: a sweep of learning rates: the same short training from the same first weights, once for each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

enum { N_RATES = 19, EPOCHS = 3 }; /* 0.00001 to 10, three a decade */

typedef struct sweep {
    double rate[N_RATES], loss[N_RATES], validation[N_RATES], first; /* first: loss before training */
} sweep;

static double rate_at(int i)
{
    static const double steps[] = { 1, 2, 5 };
    return steps[i % 3] * pow(10, i / 3 - 5);
}

/* The last epoch's value; NaN where training came to no finite number. */
static double last(const cli_job *job, const char *name)
{
    const double value = luge_history_value(job->model, -1, name);
    return isfinite(value) && luge_model_progress(job->model).cause != LUGE_STOPPED_BY_NAN ? value : (double)NAN;
}

static int try_rate(cli_job *job, sweep *s, int i)
{
    char text[CLI_TEXT];
    s->rate[i] = strtod(cli_exact(text, rate_at(i)), NULL);
    int code = cli_set(&job->o, OPT_LR, cli_exact(text, rate_at(i)));
    if (!code) code = cli_job_model(job);
    if (code) return code;
    if (!i) s->first = luge_evaluate(job->model, job->train).loss;
    luge_fit_options o = cli_fit_options(job);
    o.callbacks[0] = luge_stop_on_nan();
    luge_fit_with(job->model, &o);
    if (luge_failed(job->ctx)) return cli_fail_with(job->o.verb, job->ctx);
    s->loss[i] = last(job, "loss");
    s->validation[i] = last(job, "val_loss");
    luge_model_free(job->model);
    job->model = NULL;
    return cli_interrupted ? CLI_INTERRUPTED : CLI_OK;
}

static int best_of(const double *loss)
{
    int best = -1;
    for (int i = 0; i < N_RATES; i++)
        if (isfinite(loss[i]) && (best < 0 || loss[i] < loss[best])) best = i;
    return best;
}

/* Losses far above that of a model which has not learnt are left out of the picture: only that they are high matters.
 */
static cli_axis heights(const sweep *s)
{
    cli_axis a = { .name = "loss after training", .log = 1 };
    double low = s->first, high = 3 * s->first;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < N_RATES; i++) {
            const double loss = k ? s->validation[i] : s->loss[i];
            if (isfinite(loss) && loss > 0 && loss < low) low = loss;
        }
    a.low = low / 1.2;
    a.high = high;
    return a;
}

static int draw(cli_job *job, const sweep *s)
{
    char label[CLI_MESSAGE], wrong[CLI_MESSAGE] = "", rate[CLI_TEXT], loss[CLI_TEXT];
    const double *decides = job->validation ? s->validation : s->loss;
    const int best = best_of(decides);
    if (best < 0) return cli_fail(job->o.verb, "no rate led to a finite loss");
    snprintf(label, sizeof label, "%s: loss after %lld epoch%s", job->data_name, (long long)job->epochs,
             &"s"[job->epochs == 1]);
    cli_chart chart = cli_chart_begin(label);
    cli_chart_panel(&chart, NULL, (cli_axis){ .name = "learning rate", .log = 1 }, heights(s));
    snprintf(label, sizeof label, "least, at %g", s->rate[best]);
    cli_chart_add(&chart, (cli_series){ .mark = CLI_RULE, .name = label, .n = 1, .x = &s->rate[best] });
    cli_chart_add(&chart,
                  (cli_series){ .mark = CLI_LINE, .name = "training", .n = N_RATES, .x = s->rate, .y = s->loss });
    if (job->validation)
        cli_chart_add(
            &chart,
            (cli_series){ .mark = CLI_LINE, .name = "validation", .n = N_RATES, .x = s->rate, .y = s->validation });
    cli_chart_note(&chart, "best", "%sloss %s at rate %s, with %s", job->validation ? "validation " : "",
                   cli_figure(loss, decides[best]), cli_exact(rate, s->rate[best]), job->o.value[OPT_OPTIMIZER]);
    for (int i = 0; i < N_RATES; i++)
        if (!isfinite(s->loss[i]))
            snprintf(wrong + strlen(wrong), sizeof wrong - strlen(wrong), "%s%g", *wrong ? ", " : "", s->rate[i]);
    if (*wrong) cli_chart_note(&chart, "too large", "no finite loss at %s", wrong);
    const int code = cli_chart_tell(&job->o, &chart);
    cli_chart_free(&chart);
    return code;
}

/* A recipe, or data as after --data. */
static int read_arguments(cli_job *job)
{
    const char *word = job->o.n_words > 1 ? job->o.word[1] : NULL;
    const int to = job->o.given[OPT_OUTPUT];
    int code = CLI_OK;
    if (word && cli_is_recipe(word)) {
        code = cli_recipe_read(&job->o, job->ctx, word);
        if (!code && !to) code = cli_set(&job->o, OPT_OUTPUT, NULL); /* the recipe's is for a model */
    } else if (word && job->o.value[OPT_DATA]) {
        cli_fail(job->o.verb, "\"%s\" is no recipe: its name does not end in .yaml", word);
        return CLI_USAGE;
    } else if (word) {
        code = cli_set(&job->o, OPT_DATA, word);
    }
    if (code || job->o.value[OPT_DATA]) return code;
    cli_fail(job->o.verb, "rates: for which data?\n  luge plot rates --data digits");
    return CLI_USAGE;
}

int cli_plot_rates(cli_job *job)
{
    sweep s;
    int code = read_arguments(job);
    if (!code && !job->o.value[OPT_EPOCHS]) code = cli_setf(&job->o, OPT_EPOCHS, "%d", EPOCHS);
    if (!code) code = cli_job_data(job);
    cli_catch_interrupt();
    for (int i = 0; i < N_RATES && !code; i++) {
        if (cli_is_terminal(stderr)) fprintf(stderr, "\r  rate %g, %d of %d ", rate_at(i), i + 1, N_RATES);
        code = try_rate(job, &s, i);
    }
    if (cli_is_terminal(stderr)) fprintf(stderr, "\r%40s\r", "");
    return code ? code : draw(job, &s);
}
