/* encoder_text.c: an encoder as JSON, and back. What is read may be anybody's: nothing in it is believed. */
#include <math.h>
#include <string.h>

#include "data/encoder.h"

enum { VERSION = 1 };

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void write_target(luge__json_writer *w, const luge_encoder *e)
{
    luge__json_key(w, "target");
    luge__json_open(w, '{');
    luge__json_key(w, "name");
    luge__json_string(w, e->target);
    if (e->task == LUGE_CLASSIFICATION) {
        luge__json_key(w, "numbers");
        luge__json_bool(w, e->numbers);
        luge__json_strings(w, "classes", e->classes, e->n_classes);
    } else {
        luge__json_key(w, "mean");
        luge__json_number(w, e->mean);
        luge__json_key(w, "deviation");
        luge__json_number(w, e->deviation);
    }
    luge__json_close(w, '}');
}

static void write_column(luge__json_writer *w, const luge__encoded *c)
{
    luge__json_open(w, '{');
    luge__json_key(w, "name");
    luge__json_string(w, c->name);
    luge__json_key(w, "missing");
    luge__json_bool(w, c->with_missing);
    if (c->values) {
        luge__json_strings(w, "values", c->values, c->n_values);
    } else {
        luge__json_key(w, "median");
        luge__json_number(w, c->median);
    }
    luge__json_close(w, '}');
}

const char *luge_encoder_text(luge_encoder *e)
{
    if (!e) {
        (void)luge__fail(NULL, LUGE_EINVAL, "luge_encoder_text: the encoder is NULL");
        return NULL;
    }
    luge__json_writer *w = &e->text;
    if (w->text) return w->text;
    luge__json_open(w, '{');
    luge__json_key(w, "luge_encoder");
    luge__json_int(w, VERSION);
    write_target(w, e);
    luge__json_key(w, "columns");
    luge__json_open(w, '[');
    for (size_t i = 0; i < e->n_columns; i++) write_column(w, &e->columns[i]);
    luge__json_close(w, ']');
    luge__json_key(w, "left_out");
    luge__json_open(w, '[');
    for (size_t i = 0; i < e->n_left_out; i++) {
        luge__json_open(w, '{');
        luge__json_key(w, "name");
        luge__json_string(w, e->left_out[i]);
        luge__json_key(w, "why");
        luge__json_string(w, e->reasons[i]);
        luge__json_close(w, '}');
    }
    luge__json_close(w, ']');
    luge__json_close(w, '}');
    if (!w->status) return w->text;
    luge__json_writer_free(w);
    w->status = LUGE_OK;
    return NULL;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

typedef struct reading {
    luge_context *ctx;
    const luge__json *doc;
    luge_encoder *encoder;
    luge__words names; /* of the target and all columns */
    const char *where; /* for messages: in which part, */
    size_t number;     /* in which element of it, from 1; 0: none */
} reading;

static luge_status bad(const reading *r, const char *key, const char *expected)
{
    char number[24] = "";
    if (r->number) (void)luge__format(number, sizeof number, " %z", r->number);
    return luge__fail(r->ctx, LUGE_EFORMAT, "luge_encoder_from_text: %s%s: \"%s\" must be %s", r->where, number, key,
                      expected);
}

static luge_status read_text(const reading *r, uint32_t object, const char *key, const char **text)
{
    const char *found = luge__json_get_string(r->doc, luge__json_member(r->doc, object, key));
    if (!found) return bad(r, key, "a text");
    *text = luge__encoder_copy(r->encoder, found);
    return *text ? LUGE_OK : LUGE_ENOMEM;
}

/* A name that no other column has. */
static luge_status read_name(reading *r, uint32_t object, const char **name)
{
    const luge_status status = read_text(r, object, "name", name);
    const size_t known = r->names.n;
    if (status) return status;
    if (luge__words_enter(&r->names, *name, strlen(*name)) < 0) return luge_failure(r->ctx);
    return r->names.n > known ? LUGE_OK : bad(r, "name", "another than those before");
}

static luge_status read_number(const reading *r, uint32_t object, const char *key, double *number)
{
    const uint32_t v = luge__json_member(r->doc, object, key);
    return luge__json_get_number(r->doc, v, number) && isfinite(*number) ? LUGE_OK : bad(r, key, "a finite number");
}

static luge_status read_bool(const reading *r, uint32_t object, const char *key, int32_t *out)
{
    int value = 0;
    if (!luge__json_get_bool(r->doc, luge__json_member(r->doc, object, key), &value))
        return bad(r, key, "true or false");
    *out = value;
    return LUGE_OK;
}

/* Whether a comes before b; classes that are numbers must be such. */
static int in_order(const char *a, const char *b, int numbers)
{
    double x, y;
    if (!numbers) return strcmp(a, b) < 0;
    return luge__parse_number(a, strlen(a), &x) && luge__parse_number(b, strlen(b), &y) && isfinite(x) && isfinite(y) &&
           x < y;
}

/* Texts in order; at least one. */
static luge_status read_texts(const reading *r, uint32_t object, const char *key, int numbers, const char ***texts,
                              size_t *n)
{
    const uint32_t list = luge__json_member(r->doc, object, key);
    const size_t size = luge__json_size(r->doc, list);
    size_t i = 0;
    if (luge__json_kind(r->doc, list) != LUGE__JSON_ARRAY || size == 0) return bad(r, key, "a list of texts");
    const char **to = luge__encoder_alloc(r->encoder, size, sizeof *to);
    if (!to) return LUGE_ENOMEM;
    for (uint32_t v = luge__json_first(r->doc, list); v; v = luge__json_next(r->doc, v), i++) {
        const char *text = luge__json_get_string(r->doc, v);
        if (!text) return bad(r, key, "a list of texts");
        to[i] = luge__encoder_copy(r->encoder, text);
        if (!to[i]) return LUGE_ENOMEM;
        if (i && !in_order(to[i - 1], to[i], numbers)) return bad(r, key, "in order");
    }
    *texts = to;
    *n = size;
    return LUGE_OK;
}

static luge_status read_target(reading *r, uint32_t v)
{
    luge_encoder *e = r->encoder;
    r->where = "target";
    if (luge__json_size(r->doc, v) != 3) return bad(r, "target", "an object of three");
    luge_status status = read_name(r, v, &e->target);
    if (status) return status;
    if (luge__json_member(r->doc, v, "classes")) {
        e->task = LUGE_CLASSIFICATION;
        status = read_bool(r, v, "numbers", &e->numbers);
        if (!status) status = read_texts(r, v, "classes", e->numbers, &e->classes, &e->n_classes);
        if (status) return status;
        return e->n_classes < 2 || e->n_classes > LUGE__MOST_CLASSES ? bad(r, "classes", "2 to 10000") : LUGE_OK;
    }
    e->task = LUGE_REGRESSION;
    status = read_number(r, v, "mean", &e->mean);
    if (!status) status = read_number(r, v, "deviation", &e->deviation);
    return status || e->deviation > 0 ? status : bad(r, "deviation", "greater than 0");
}

static luge_status read_column(reading *r, uint32_t v)
{
    luge__encoded *c = &r->encoder->columns[r->encoder->n_columns++];
    if (luge__json_size(r->doc, v) != 3) return bad(r, "columns", "objects of three");
    luge_status status = read_name(r, v, &c->name);
    if (!status) status = read_bool(r, v, "missing", &c->with_missing);
    if (status) return status;
    if (luge__json_member(r->doc, v, "values")) return read_texts(r, v, "values", 0, &c->values, &c->n_values);
    return read_number(r, v, "median", &c->median);
}

static luge_status read_left_out(reading *r, uint32_t v)
{
    luge_encoder *e = r->encoder;
    const size_t i = e->n_left_out++;
    if (luge__json_size(r->doc, v) != 2) return bad(r, "left_out", "objects of two");
    const luge_status status = read_name(r, v, &e->left_out[i]);
    return status ? status : read_text(r, v, "why", &e->reasons[i]);
}

static luge_status read_list(reading *r, uint32_t list, const char *key, luge_status (*read)(reading *r, uint32_t v))
{
    luge_status status = LUGE_OK;
    r->where = key;
    r->number = 0;
    if (luge__json_kind(r->doc, list) != LUGE__JSON_ARRAY) return bad(r, key, "a list");
    for (uint32_t v = luge__json_first(r->doc, list); v && !status; v = luge__json_next(r->doc, v)) {
        r->number++;
        status = read(r, v);
    }
    return status;
}

static luge_encoder *read_encoder(reading *r)
{
    const uint32_t root = luge__json_root(r->doc), columns = luge__json_member(r->doc, root, "columns");
    const uint32_t left_out = luge__json_member(r->doc, root, "left_out");
    int64_t version = 0;
    r->where = "text";
    if (!luge__json_get_int(r->doc, luge__json_member(r->doc, root, "luge_encoder"), &version) || version != VERSION) {
        (void)bad(r, "luge_encoder", version > VERSION ? "1: the text is of a newer luge" : "1");
        return NULL;
    }
    if (luge__json_size(r->doc, root) != 4 || luge__json_size(r->doc, columns) == 0) {
        (void)bad(r, "columns", "a list, beside luge_encoder, target and left_out");
        return NULL;
    }
    const size_t n = (size_t)luge__json_size(r->doc, columns) + luge__json_size(r->doc, left_out);
    r->encoder = luge__encoder_create(r->ctx, n);
    if (!r->encoder) return NULL;
    luge_status status = read_target(r, luge__json_member(r->doc, root, "target"));
    if (!status) status = read_list(r, columns, "columns", read_column);
    if (!status) status = read_list(r, left_out, "left_out", read_left_out);
    if (!status) status = luge__encoder_finish(r->encoder);
    if (!status) return r->encoder;
    luge_encoder_free(r->encoder);
    return NULL;
}

luge_encoder *luge_encoder_from_text(luge_context *ctx, const char *text)
{
    const char *who = "luge_encoder_from_text";
    if (!ctx || !text) {
        (void)luge__fail(ctx, LUGE_EINVAL, "%s: the %s is NULL", who, ctx ? "text" : "context");
        return NULL;
    }
    if (luge_failed(ctx)) return NULL;
    luge__json *doc = luge__json_parse(ctx, who, text, strlen(text));
    if (!doc) return NULL;
    reading r = { .ctx = ctx, .doc = doc, .names = { .ctx = ctx } };
    luge_encoder *encoder = read_encoder(&r);
    luge__words_free(&r.names);
    luge__json_free(doc);
    return encoder;
}
