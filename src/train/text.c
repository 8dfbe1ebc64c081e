/* text.c: a chain of layers from one line: "dense 100 relu, dropout 0.2, dense 10 softmax".
 *
 * Items are separated by commas, words by spaces. The first word of an item is a layer or an activation; then come its
 * number or numbers, an activation, and NAME=VALUE for what is rarer. */
#include "train/train.h"

#include <string.h>

enum { MAX_WORDS = 16, WORD_BYTES = 64 };

typedef struct word {
    char text[WORD_BYTES];
    int column; /* from 1 */
} word;

typedef struct item {
    luge_model *m;
    const char *line;
    int n;
    word words[MAX_WORDS];
    luge_layer layer;
} item;

static const struct {
    const char *name;
    luge_layer_kind kind;
    int numbers; /* how many must follow */
} layers[] = {
    { "dense", LUGE_DENSE, 1 },
    { "dropout", LUGE_DROPOUT, 1 },
    { "batchnorm", LUGE_BATCH_NORMALIZATION, 0 },
    { "batch_normalization", LUGE_BATCH_NORMALIZATION, 0 },
    { "layernorm", LUGE_LAYER_NORMALIZATION, 0 },
    { "layer_normalization", LUGE_LAYER_NORMALIZATION, 0 },
    { "flatten", LUGE_FLATTEN, 0 },
    { "embedding", LUGE_EMBEDDING, 2 },
    { "normalization", LUGE_NORMALIZATION, 0 },
    { "rescaling", LUGE_RESCALING, 1 },
};
enum { N_LAYERS = sizeof layers / sizeof *layers };

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static luge_status fail(const item *t, const word *w, const char *what)
{
    return luge__fail(t->m->ctx, LUGE_EINVAL, "model \"%s\": column %d: \"%s\" %s", t->line, w->column, w->text, what);
}

static luge_status unknown(const item *t, const word *w, const char *what, const char *const *names, int n)
{
    return luge__fail(t->m->ctx, LUGE_EINVAL, "model \"%s\": no %s \"%s\" (column %d); nearest: %s", t->line, what,
                      w->text, w->column, luge_nearest(w->text, names, n));
}

static int layer_named(const char *name) /* N_LAYERS where there is none */
{
    int i = 0;
    while (i < N_LAYERS && strcmp(name, layers[i].name)) i++;
    return i;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The words up to a comma or the end; returns where that is, NULL after a message. */
static const char *read_words(item *t, const char *at)
{
    t->n = 0;
    for (;;) {
        while (is_space(*at)) at++;
        if (!*at || *at == ',') return at;
        if (t->n == MAX_WORDS) {
            luge__fail(t->m->ctx, LUGE_EINVAL, "model \"%s\": column %d: too many words for one layer", t->line,
                       (int)(at - t->line) + 1);
            return NULL;
        }
        word *w = &t->words[t->n++];
        size_t n = 0;
        w->column = (int)(at - t->line) + 1;
        for (; *at && *at != ',' && !is_space(*at); at++)
            if (n + 1 < WORD_BYTES) w->text[n++] = *at;
        w->text[n] = 0;
    }
}

static luge_status number(const item *t, int i, const char *what, double *out)
{
    if (i >= t->n)
        return luge__fail(t->m->ctx, LUGE_EINVAL, "model \"%s\": column %d: \"%s\" needs %s", t->line,
                          t->words[0].column, t->words[0].text, what);
    if (luge__parse_number(t->words[i].text, strlen(t->words[i].text), out)) return LUGE_OK;
    return fail(t, &t->words[i], "is not a number");
}

static luge_status count(const item *t, int i, const char *what, int64_t *out)
{
    double value;
    const luge_status status = number(t, i, what, &value);
    if (status) return status;
    if (!(value >= 1 && value <= 1e9) || value != (double)(int64_t)value)
        return fail(t, &t->words[i], "is not a whole number from 1 to 1,000,000,000");
    *out = (int64_t)value;
    return LUGE_OK;
}

/* ---- NAME=VALUE -------------------------------------------------------------------------------------------------- */

static luge_status initializer(item *t, const word *w, const char *value)
{
    luge_initializer *first = &t->layer.kernel_initializer;
    if (!strncmp(value, "normal:", 7)) {
        first->kind = LUGE_NORMAL;
        if (luge__parse_number(value + 7, strlen(value + 7), &first->b) && first->b > 0) return LUGE_OK;
        return fail(t, w, "gives no deviation above 0, as normal:0.01 does");
    }
    if (luge_initializer_named(value, &first->kind) && /* those between take numbers */
        (first->kind < LUGE_CONSTANT || first->kind > LUGE_TRUNCATED_NORMAL))
        return LUGE_OK;
    return fail(t, w, "is no initializer such as he_normal, glorot_uniform or normal:0.01");
}

static luge_status named(item *t, const word *w, const char *equals)
{
    static const char *const names[] = { "l1", "l2", "init", "bias", "momentum", "epsilon", "slope", "name", "frozen" };
    luge_layer *l = &t->layer;
    double *const places[] = { &l->kernel_l1, &l->kernel_l2, NULL, NULL, &l->momentum,
                               &l->epsilon,   &l->slope,     NULL, NULL };
    const char *value = equals + 1;
    const size_t length = (size_t)(equals - w->text);
    int i = 0;
    while (i < 9 && (strncmp(names[i], w->text, length) || names[i][length])) i++;
    if (i == 9) return unknown(t, w, "setting", names, 9);
    if (places[i]) return luge__parse_number(value, strlen(value), places[i]) ? LUGE_OK : fail(t, w, "is not a number");
    if (i == 2) return initializer(t, w, value);
    if (i == 7) {
        l->name = w->text + length + 1;
        return *l->name ? LUGE_OK : fail(t, w, "gives no name");
    }
    if (strcmp(value, "yes") && strcmp(value, "no")) return fail(t, w, "must be yes or no");
    if (i == 3) l->no_bias = !strcmp(value, "no");
    if (i == 8) l->frozen = !strcmp(value, "yes");
    return LUGE_OK;
}

static luge_status rest(item *t, int first)
{
    static const char *const names[] = {
#define NAME(name, value, text) text,
        LUGE_ACTIVATION_MAP(NAME)
#undef NAME
    };
    for (int i = first; i < t->n; i++) {
        if (layer_named(t->words[i].text) < N_LAYERS)
            return fail(t, &t->words[i], "is a layer: a comma is expected before it");
        const char *equals = strchr(t->words[i].text, '=');
        luge_status status = LUGE_OK;
        if (equals)
            status = named(t, &t->words[i], equals);
        else if (!luge_activation_named(t->words[i].text, &t->layer.activation))
            status = unknown(t, &t->words[i], "activation", names, sizeof names / sizeof *names);
        else if (t->layer.kind != LUGE_DENSE)
            status = fail(t, &t->words[i], "is an activation: write it as a layer of its own");
        if (status) return status;
    }
    return LUGE_OK;
}

/* ---- items ------------------------------------------------------------------------------------------------------- */

static luge_status numbers(item *t)
{
    luge_layer *l = &t->layer;
    luge_status status;
    switch (l->kind) {
    case LUGE_DENSE:
        return count(t, 1, "a number of units", &l->units);
    case LUGE_DROPOUT:
        status = number(t, 1, "a rate", &l->rate);
        return status || (l->rate >= 0 && l->rate < 1) ? status : fail(t, &t->words[1], "is not a rate in [0, 1)");
    case LUGE_EMBEDDING:
        status = count(t, 1, "two sizes", &l->input_dim);
        return status ? status : count(t, 2, "two sizes", &l->output_dim);
    case LUGE_RESCALING:
        return number(t, 1, "a factor", &l->scale);
    default:
        return LUGE_OK;
    }
}

static luge_status add_item(item *t)
{
    const char *names[N_LAYERS];
    t->layer = (luge_layer){ .size = sizeof t->layer };
    if (luge_activation_named(t->words[0].text, &t->layer.activation)) {
        t->layer.kind = LUGE_ACTIVATION;
        const luge_status status = rest(t, 1);
        return status ? status : luge_add_layer(t->m, &t->layer);
    }
    for (int k = 0; k < N_LAYERS; k++) names[k] = layers[k].name;
    const int i = layer_named(t->words[0].text);
    if (i == N_LAYERS) return unknown(t, &t->words[0], "layer", names, N_LAYERS);
    t->layer.kind = layers[i].kind;
    luge_status status = numbers(t);
    if (!status) status = rest(t, 1 + layers[i].numbers);
    return status ? status : luge_add_layer(t->m, &t->layer);
}

luge_status luge_add_layers(luge_model *model, const char *text)
{
    if (!luge__model_usable(model, "add_layers")) return luge__refused(model);
    if (!text) return luge__fail(model->ctx, LUGE_EINVAL, "add_layers: the text is NULL");
    item t = { .m = model, .line = text };
    for (const char *at = text;;) {
        const int column = (int)(at - text) + 1;
        if (!(at = read_words(&t, at))) return luge_failure(model->ctx);
        if (!t.n)
            return luge__fail(model->ctx, LUGE_EINVAL, "model \"%s\": a layer is expected at column %d", text, column);
        const luge_status status = add_item(&t);
        if (status || !*at) return status;
        at++;
    }
}
