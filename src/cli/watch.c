/* watch.c: the line that moves while a model learns; and now and then the file, so that little is lost. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "watch.h"

static const double REDRAW = 0.05, SAVE = 30; /* seconds */
enum { BAR = 20, LINES = 20 };                /* without a terminal, about so many lines */

typedef struct line {
    char text[512];
    size_t n;
} line;

static void add(line *l, const char *text)
{
    const size_t n = strlen(text);
    if (l->n + n >= sizeof l->text) return;
    memcpy(l->text + l->n, text, n + 1);
    l->n += n;
}

static void begin_line(const cli_watch *w, line *l, int64_t epoch, int64_t epochs, double done)
{
    char text[64], last[24];
    const int digits = snprintf(last, sizeof last, "%lld", (long long)epochs);
    snprintf(text, sizeof text, "  epoch %*lld/%s  ", digits + 1, (long long)epoch, last);
    *l = (line){ .n = 0 };
    add(l, text);
    if (!w->live || w->width < CLI_WIDTH) return; /* no room for a bar */
    const int bar = BAR, full = (int)(done * bar + 0.5);
    if (w->colour) add(l, "\033[36m");
    for (int i = 0; i < full; i++) add(l, w->utf8 ? "━" : "#");
    if (w->colour) add(l, "\033[90m");
    for (int i = full; i < bar; i++) add(l, w->utf8 ? "─" : "-");
    if (w->colour) add(l, "\033[0m");
    add(l, "  ");
}

static void add_value(line *l, const char *label, double value, int decimals)
{
    char text[CLI_TEXT], all[2 * CLI_TEXT];
    if (value != value) return;
    if (decimals && fabs(value) < 1000 && (value == 0 || fabs(value) >= 0.0005))
        snprintf(text, sizeof text, "%.*f", fabs(value) < 100 ? decimals : 1, value);
    else if (fabs(value) < 1)
        snprintf(text, sizeof text, "%.0e", value); /* as wide as 0.012 */
    else
        cli_figure(text, value);
    snprintf(all, sizeof all, "%s%s%s", label, *label ? " " : "", text);
    add(l, all);
}

static int visible(const char *text)
{
    int n = 0;
    for (; *text; text++) {
        if (*text == '\033') {
            while (*text && *text != 'm') text++;
            continue;
        }
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}

static void draw(cli_watch *w, const char *text)
{
    const int columns = visible(text);
    if (columns >= w->width && w->width < CLI_WIDTH) return;
    printf("\r%s%*s", text, w->columns > columns ? w->columns - columns : 0, "");
    fflush(stdout);
    w->columns = columns;
}

static int step_end(const luge_moment *m, void *user)
{
    cli_watch *w = user;
    const double now = cli_now();
    if (now - w->saved > SAVE) {
        w->saved = now;
        if (luge_save_model(m->model, w->path)) luge_clear(w->ctx); /* tried again; said at the end if need be */
    }
    if (!w->shown || !w->live || now - w->drawn < REDRAW) return 0;
    line l;
    w->drawn = now;
    begin_line(w, &l, m->epoch + 1, m->epochs, (double)(m->step + 1) / (double)m->steps);
    add_value(&l, "loss", m->loss, 3);
    draw(w, l.text);
    return 0;
}

static int epoch_begin(const luge_moment *m, void *user)
{
    (void)m;
    ((cli_watch *)user)->began = cli_now();
    return 0;
}

/* loss 0.041  acc 0.987   val 0.073  0.982 *   12 ms */
static void end_line(const cli_watch *w, line *l, const luge_moment *m, int best)
{
    char text[CLI_TEXT];
    const int classes = luge_moment_log(m, "accuracy") == luge_moment_log(m, "accuracy");
    const char *metric = classes ? "accuracy" : "mae", *validation = classes ? "val_accuracy" : "val_mae";
    begin_line(w, l, m->epoch + 1, m->epochs, 1);
    add_value(l, "loss", luge_moment_log(m, "loss"), 3);
    add(l, "  ");
    add_value(l, classes ? "acc" : "mae", luge_moment_log(m, metric), 3);
    const double loss = luge_moment_log(m, "val_loss");
    if (loss == loss) {
        add(l, "   ");
        add_value(l, "val", loss, 3);
        add(l, "  ");
        add_value(l, "", luge_moment_log(m, validation), 3);
        add(l, best ? " *" : "  ");
    }
    add(l, "  ");
    if (!w->live || w->width < CLI_WIDTH) return; /* equal runs give equal text in a file */
    add(l, cli_duration(text, cli_now() - w->began));
}

static int epoch_end(const luge_moment *m, void *user)
{
    cli_watch *w = user;
    const double loss = luge_moment_log(m, "val_loss");
    const int best = loss == loss && (!w->best_epoch || loss < w->best);
    line l;
    end_line(w, &l, m, best);
    if (best || loss != loss) {
        w->best = loss;
        w->best_epoch = m->epoch + 1;
        memcpy(w->best_line, l.text, sizeof w->best_line);
    }
    if (!w->shown) return 0;
    const int64_t each = (m->epochs + LINES - 1) / LINES, epoch = m->epoch + 1;
    if (w->live) {
        draw(w, l.text);
    } else if (epoch % each == 0 || epoch == 1 || epoch == m->epochs) {
        while (l.n && l.text[l.n - 1] == ' ') l.text[--l.n] = '\0';
        printf("%s\n", l.text);
        fflush(stdout);
    }
    return 0;
}

/* What was best before training stopped and goes on. */
static void remember_best(cli_watch *w, const luge_model *m)
{
    for (int64_t e = 0; e < luge_history_epochs(m); e++) {
        const double loss = luge_history_value(m, e, "val_loss");
        if (loss != loss || (w->best_epoch && loss >= w->best)) continue;
        w->best = loss;
        w->best_epoch = e + 1;
    }
}

void cli_watch_begin(cli_watch *w, cli_job *job, const char *path)
{
    *w = (cli_watch){ .path = path, .ctx = job->ctx, .saved = cli_now(), .began = cli_now() };
    w->shown = !cli_yes(&job->o, OPT_QUIET, 0);
    w->live = cli_is_terminal(stdout);
    w->colour = cli_has_colour(stdout);
    w->utf8 = cli_has_utf8();
    w->width = cli_terminal_width();
    remember_best(w, job->model);
    w->callback =
        *luge_custom_callback(.user = w, .epoch_begin = epoch_begin, .batch_end = step_end, .epoch_end = epoch_end);
}

void cli_watch_end(cli_watch *w)
{
    if (!w->shown || !w->live || !w->columns) return;
    if (*w->best_line && !cli_interrupted) draw(w, w->best_line);
    printf("\n");
}
