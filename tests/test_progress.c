/* test_progress.c: what a fit writes while it runs, and the summary of a model. */
#include <time.h>

#include "fit_tools.h"

enum { COLUMNS = 79 };

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) n++;
    return n;
}

static double seconds(void)
{
    struct timespec t;
    (void)timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Takes some time. */
static int slow(const luge_moment *moment, void *user)
{
    const double until = seconds() + *(const double *)user;
    (void)moment;
    while (seconds() < until) {}
    return 0;
}

/* Plays a terminal: what stands in each line in the end; lines are ended by \n. */
static void play(const char *text, char *screen, size_t size)
{
    size_t start = 0, at = 0, end = 0;
    for (; *text; text++) {
        if (*text == '\r')
            at = start;
        else if (*text == '\n') {
            screen[end++] = '\n';
            start = at = end;
        } else if (((unsigned char)*text & 0xc0) != 0x80 && end + 2 < size) { /* one character a column */
            screen[at++] = (unsigned char)*text < 0x80 ? *text : '#';
            if (at > end) end = at;
        }
    }
    screen[end] = 0;
}

static luge_model *scored(luge_context *ctx)
{
    luge_model *m = fit_classifier(ctx, 2, 3);
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.1), .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY, LUGE_PRECISION, LUGE_RECALL, LUGE_F1, LUGE_AUC, LUGE_MAE });
    return m;
}

static void bar(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 60, 2, 3);
    static fit_text out;
    static char screen[1 << 16];
    double pause = 0.004;
    const luge_callback wait = { .size = sizeof wait, .user = &pause, .batch_end = slow };
    for (int metrics = 0; metrics < 2; metrics++) {
        luge_model *m = metrics ? scored(ctx) : fit_classifier(ctx, 2, 3);
        out = (fit_text){ .n = 0 };
        const double began = seconds();
        CHECK_STATUS(t,
                     luge_fit(m, data, .batch_size = 1, .epochs = 2, .validation_data = data,
                              .progress = { fit_write, &out }, .callbacks = { &wait }),
                     LUGE_OK);
        const int bars = count(out.text, " left"), most = (int)((seconds() - began) * 20) + 1;
        CHECK(t, bars >= 3 && bars <= most);
        CHECK_EQ_INT(t, count(out.text, "\n"), 2);
        CHECK_EQ_INT(t, count(out.text, "\r"), bars + 2);
        CHECK_STR_CONTAINS(t, out.text, "━");
        CHECK(t, fit_widest(out.text) <= COLUMNS);
        play(out.text, screen, sizeof screen);
        CHECK(t, !strncmp(screen, "  epoch 1/2  loss ", 18));
        CHECK_STR_CONTAINS(t, screen, "\n  epoch 2/2  loss ");
        CHECK(t, !strchr(screen, '#') && !strstr(screen, "left")); /* nothing of a bar is left */
        CHECK(t, screen[strlen(screen) - 1] == '\n');
    }
    luge_close(ctx);
}

static void line_an_epoch(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = fit_classes(ctx, 12, 2, 3);
    static fit_text out;
    luge_model *m = scored(ctx);
    CHECK_STATUS(
        t, luge_fit(m, data, .epochs = 12, .validation_data = data, .verbose = 2, .progress = { fit_write, &out }),
        LUGE_OK);
    CHECK_EQ_INT(t, count(out.text, "\n"), 12);
    CHECK(t, !strchr(out.text, '\r') && fit_widest(out.text) <= COLUMNS);
    CHECK(t, !strncmp(out.text, "  epoch  1/12  loss ", 20));
    const char *loss = strstr(out.text, "  loss "), *accuracy = strstr(out.text, "  accuracy ");
    if (CHECK(t, loss && accuracy && loss < accuracy)) {
        const char *val = strstr(loss, " val "), *other = strstr(accuracy, " val ");
        CHECK(t, val && val < accuracy && other && other < strchr(out.text, '\n'));
        char shown[16];
        (void)snprintf(shown, sizeof shown, "%.4f", luge_history_value(m, 0, "val_accuracy"));
        CHECK(t, other && !strncmp(other + 5, shown, strlen(shown)));
    }
    out = (fit_text){ .n = 0 };
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 2, .verbose = -1, .progress = { fit_write, &out }), LUGE_OK);
    CHECK_EQ_INT(t, out.writes, 0);
    CHECK_STATUS(t, luge_fit(m, data, .epochs = 2), LUGE_OK); /* no sink */
    /* numbers of epochs as wide as they can be, and a line that is ended where training is stopped */
    const volatile int now = 1;
    CHECK_STATUS(
        t, luge_fit(m, data, .batch_size = 1, .epochs = INT64_MAX, .progress = { fit_write, &out }, .interrupt = &now),
        LUGE_OK);
    CHECK(t, fit_widest(out.text) <= COLUMNS && count(out.text, "\n") == 1);
    CHECK(t, out.n && out.text[out.n - 1] == '\n');
    luge_close(ctx);
}

/* ---- the summary ------------------------------------------------------------------------------------------------- */

static void summary(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    static fit_text out;
    const luge_sink sink = { fit_write, &out };
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    FIT_REFUSED(t, ctx, luge_summary(m, sink), LUGE_ESTATE, "summary: the shape of a row is not known");
    luge_build(m, luge_shape_of(30));
    CHECK_EQ_INT(t, luge_parameter_count(m), 31);
    m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(10, .activation = LUGE_RELU));
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    CHECK_EQ_INT(t, luge_parameter_count(m), -1);
    luge_build(m, luge_shape_of(30));
    CHECK_EQ_INT(t, luge_parameter_count(m), 321);
    char name[121];
    memset(name, 'n', 120);
    name[120] = 0;
    memcpy(name + 20, "\xc3\xa4", 2); /* a character of two bytes */
    m = luge_sequential(ctx, .name = name);
    luge_add_layer(m, luge_input_layer(luge_shape_of(28, 28, 100, 10, 10)));
    luge_add_layer(m, luge_flatten_layer());
    luge_add_layer(m, luge_reshape_layer(luge_shape_of(784, -1)));
    luge_add_layer(m, luge_dense(3, .name = "hidden"));
    luge_add_layer(m, luge_batch_normalization());
    luge_add_layer(m, luge_dense(2, .name = name));
    CHECK_STATUS(t, luge_summary(m, sink), LUGE_OK);
    CHECK(t, fit_widest(out.text) <= COLUMNS);
    CHECK_STR_CONTAINS(t, out.text, "\n  hidden (dense)  ");
    CHECK_STR_CONTAINS(t, out.text, "\n  batch_normalization  ");
    CHECK_STR_CONTAINS(t, out.text, "nnn… (batch, 784, 2)");
    CHECK_STR_CONTAINS(t, out.text, "(batch, 28, 28, 100, …");
    CHECK_STR_CONTAINS(t, out.text, "30,003\n");
    int at = 0; /* the columns of the table end where their rules do */
    for (const char *line = strstr(out.text, "Layer (type)"); line && *line != '\n' && at < 8; at++) {
        const char *end = strchr(line, '\n');
        int columns = at ? 0 : 2;
        for (; line < end; line++) columns += ((unsigned char)*line & 0xc0) != 0x80;
        CHECK_EQ_INT(t, columns, 71);
        line = end + 1;
    }
    CHECK_EQ_INT(t, at, 8); /* head, rule, six layers */
    luge_close(ctx);
}

void test_progress(luge_test *t)
{
    RUN(t, bar);
    RUN(t, line_an_epoch);
    RUN(t, summary);
}
