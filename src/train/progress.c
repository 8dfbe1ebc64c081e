/* progress.c: the line that moves while a model learns, and the one that stays for each epoch. */
#include "train/fit.h"

#include <math.h>
#include <string.h>

enum { REDRAW_MS = 50, BAR = 20, COLUMNS = 79 };

static int64_t now_ms(void)
{
    return luge__nanoseconds() / 1000000;
}

size_t luge__format_fixed(char *text, size_t size, double value, int decimals, int width)
{
    double scale = 1;
    for (int i = 0; i < decimals && scale < 1e15; i++) scale *= 10;
    if (!(fabs(value) * scale < 9e15)) return luge__format(text, size, "%g", value);
    const int64_t all = (int64_t)floor(fabs(value) * scale + 0.5), whole = all / (int64_t)scale;
    char digits[24];
    size_t n = luge__format(text, size, value < 0 && all ? "-" : "");
    const size_t length = luge__format(digits, sizeof digits, "%l", whole);
    for (size_t i = length; (int)i < width; i++) n += luge__format(text + n, size - n, "0");
    n += luge__format(text + n, size - n, "%s", digits);
    if (!decimals) return n;
    n += luge__format(text + n, size - n, ".");
    for (int64_t part = all % (int64_t)scale, unit = (int64_t)scale / 10; unit; unit /= 10)
        n += luge__format(text + n, size - n, "%d", (int)(part / unit % 10));
    return n;
}

/* Four digits that matter, for numbers of any size. */
static size_t readable(char *text, size_t size, double v)
{
    const double a = fabs(v);
    if (v != v || (a != 0 && (a < 1e-3 || a >= 1e5))) {
        const double digits = a > 0 && isfinite(v) ? pow(10, 3 - floor(log10(a))) : 0;
        return luge__format(text, size, "%g", digits > 0 && isfinite(digits) ? floor(v * digits + 0.5) / digits : v);
    }
    return luge__format_fixed(text, size, v, a < 10 ? 4 : a < 1000 ? 2 : 0, 0);
}

static size_t duration(char *text, size_t size, int64_t ms)
{
    if (ms < 1000) return luge__format(text, size, "%l ms", ms);
    if (ms < 60000) {
        const size_t n = luge__format_fixed(text, size, (double)ms / 1000, ms < 10000, 0);
        return n + luge__format(text + n, size - n, " s");
    }
    return luge__format(text, size, "%l min %l s", ms / 60000, ms / 1000 % 60);
}

/* A line that is put together, counting columns. */
typedef struct line {
    char text[512];
    size_t n, columns;
} line;

static void add(line *l, const char *text)
{
    l->n += luge__format(l->text + l->n, sizeof l->text - l->n, "%s", text);
    for (; *text; text++) l->columns += ((unsigned char)*text & 0xc0) != 0x80;
}

/* "  loss 0.3345 val 0.3012  accuracy 0.9034 val 0.9123", as far as it fits before column `end`. */
static void add_values(line *l, const luge__logs *logs, size_t end)
{
    for (int i = 0; i < logs->n && strcmp(logs->names[i], "val_loss") && strcmp(logs->names[i], "learning_rate"); i++) {
        char text[112], name[40];
        size_t n = luge__format(text, sizeof text, "  %s ", logs->names[i]);
        n += readable(text + n, sizeof text - n, logs->values[i]);
        if (l->columns + n > end) continue;
        add(l, text);
        luge__format(name, sizeof name, "val_%s", logs->names[i]);
        const int val = luge__log_find(logs, name);
        if (val < 0) continue;
        n = luge__format(text, sizeof text, " val ");
        n += readable(text + n, sizeof text - n, logs->values[val]);
        if (l->columns + n <= end) add(l, text);
    }
}

/* Draws over the line before. */
static void show(luge__bar *b, line *l, int stays)
{
    const size_t columns = l->columns;
    while (l->columns < b->drawn_size && l->n + 2 < sizeof l->text) add(l, " ");
    if (b->verbose == 1) luge__print(b->sink, "\r");
    b->sink.write(b->sink.user, l->text, l->n);
    if (stays) luge__print(b->sink, "\n");
    b->drawn_size = stays ? 0 : columns;
}

static void begin_line(const luge__fit *f, line *l, int64_t epoch)
{
    char text[64], last[24];
    const size_t width = luge__format(last, sizeof last, "%l", f->o.epochs);
    luge__format(text, sizeof text, "%l", epoch);
    add(l, "  epoch ");
    for (size_t n = strlen(text); n < width; n++) add(l, " ");
    add(l, text);
    add(l, "/");
    add(l, last);
}

static void add_bar(line *l, int64_t done, int64_t of)
{
    const int64_t full = of > 0 ? done * BAR / of : BAR;
    add(l, "  ");
    for (int i = 0; i < BAR; i++) add(l, i < full ? "━" : "─");
}

void luge__bar_epoch(luge__fit *f)
{
    if (!f->bar.verbose) return;
    f->bar.began = now_ms();
    f->bar.first = f->m->step;
    if (!f->bar.drawn) f->bar.drawn = f->bar.began - REDRAW_MS;
}

void luge__bar_step(luge__fit *f)
{
    luge__bar *b = &f->bar;
    const luge_model *m = f->m;
    const int64_t now = now_ms(), done = m->step - b->first;
    if (now - b->drawn < REDRAW_MS || m->step == f->steps) return;
    b->drawn = now;
    line l = { .n = 0 };
    luge__logs logs = { .n = 0 };
    char left[48];
    size_t n = luge__format(left, sizeof left, "  ");
    n += duration(left + n, sizeof left - n, (now - b->began) * (f->steps - m->step) / (done > 0 ? done : 1));
    n += luge__format(left + n, sizeof left - n, " left");
    begin_line(f, &l, m->epoch + 1);
    if (l.columns + 2 + BAR + n <= COLUMNS) add_bar(&l, m->step, f->steps);
    luge__log_put(&logs, "", "loss", m->loss_sum / m->loss_rows);
    for (int i = 0; i < m->n_metrics; i++) {
        double value = (double)NAN;
        const luge_metric metric = m->options.metrics[i];
        if (metric == LUGE_AUC || luge_metric_value(m->metrics, metric, &value)) continue; /* AUC sorts */
        luge__log_put(&logs, "", luge_metric_name(metric), value);
    }
    add_values(&l, &logs, COLUMNS - n);
    add(&l, left);
    show(b, &l, 0);
}

void luge__bar_end(luge__fit *f)
{
    if (!f->bar.verbose) return;
    line l = { .n = 0 };
    char took[48];
    size_t n = luge__format(took, sizeof took, "  ");
    n += duration(took + n, sizeof took - n, now_ms() - f->bar.began);
    begin_line(f, &l, f->m->epoch);
    add_values(&l, &f->logs, COLUMNS - n);
    add(&l, took);
    show(&f->bar, &l, 1);
}

void luge__bar_break(luge__fit *f)
{
    if (f->bar.drawn_size) luge__print(f->bar.sink, "\n");
    f->bar.drawn_size = 0;
}
