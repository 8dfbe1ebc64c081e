/* recipe.c: recipes: YAML of one level, read by libyaml event by event. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

typedef struct entry {
    char *key, *value;
    int line;
} entry;

struct luge_recipe {
    entry *entries;
    size_t n, capacity;
};

void luge_recipe_free(luge_recipe *recipe)
{
    if (!recipe) return;
    for (size_t i = 0; i < recipe->n; i++) {
        free(recipe->entries[i].key);
        free(recipe->entries[i].value);
    }
    free(recipe->entries);
    free(recipe);
}

const char *luge_recipe_get(const luge_recipe *recipe, const char *key, int *line)
{
    if (line) *line = 0;
    for (size_t i = 0; recipe && key && i < recipe->n; i++) {
        if (strcmp(recipe->entries[i].key, key) != 0) continue;
        if (line) *line = recipe->entries[i].line;
        return recipe->entries[i].value;
    }
    return NULL;
}

#if LUGE_HAVE_YAML

#include <yaml.h>

enum { LONGEST = 1 << 20 };

typedef struct reading {
    luge_context *ctx;
    const char *path;
    const char *const *known;
    int n_known;
    yaml_parser_t parser;
    yaml_event_t event; /* what next_event found: to be deleted before the next */
    luge_recipe *recipe;
} reading;

static luge_status fail_at(reading *r, yaml_mark_t mark, const char *what, const char *name)
{
    return luge__extra_fail(r->ctx, LUGE_EFORMAT, "%.200s: line %zu, column %zu: %s%.100s", r->path, mark.line + 1,
                            mark.column + 1, what, name);
}

static luge_status fail_here(reading *r, const char *what, const char *name)
{
    return fail_at(r, r->event.start_mark, what, name);
}

/* libyaml's own words for what is wrong. */
static luge_status malformed(reading *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) return luge__extra_no_memory(r->ctx, r->path);
    if (p->error == YAML_READER_ERROR)
        return luge__extra_fail(r->ctx, LUGE_EFORMAT, "%.200s: byte %zu: %s", r->path, p->problem_offset + 1,
                                p->problem ? p->problem : "no text");
    return fail_at(r, p->problem_mark, p->problem ? p->problem : "no YAML", "");
}

static luge_status next_event(reading *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) ? LUGE_OK : malformed(r);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* Appends the scalar of the event to *text, after ", " where there is some. */
static luge_status append(reading *r, char **text)
{
    const char *value = (const char *)r->event.data.scalar.value;
    const size_t length = r->event.data.scalar.length, before = *text ? strlen(*text) + 2 : 0;
    if (memchr(value, 0, length)) return fail_here(r, "a character 0 in a text", "");
    char *longer = realloc(*text, before + length + 1);
    if (!longer) return luge__extra_no_memory(r->ctx, r->path);
    if (before) memcpy(longer + before - 2, ", ", 2);
    memcpy(longer + before, value, length);
    longer[before + length] = 0;
    *text = longer;
    return LUGE_OK;
}

static int is_nothing(const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return 0;
    return !*value || strcmp(value, "~") == 0 || strcmp(value, "null") == 0;
}

static luge_status read_scalar(reading *r, const char *key, char **value)
{
    if (r->event.type == YAML_ALIAS_EVENT) return fail_here(r, "aliases (*name) are not for recipes, at ", key);
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_here(r, "one value or a list of values is expected, not more levels, for ", key);
    if (is_nothing(&r->event)) return fail_here(r, "no value is given for ", key);
    return append(r, value);
}

static luge_status read_value(reading *r, const char *key, char **value)
{
    luge_status status = next_event(r);
    if (status) return status;
    if (r->event.type != YAML_SEQUENCE_START_EVENT) return read_scalar(r, key, value);
    while (!(status = next_event(r)) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        status = read_scalar(r, key, value);
        if (status) return status;
    }
    if (!status && !*value) status = fail_here(r, "an empty list is given for ", key);
    return status;
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static luge_status check_key(reading *r, const char *key)
{
    int line;
    if (luge_recipe_get(r->recipe, key, &line))
        return luge__extra_fail(r->ctx, LUGE_EFORMAT,
                                "%.200s: line %zu, column %zu: %.100s was given on line %d already", r->path,
                                r->event.start_mark.line + 1, r->event.start_mark.column + 1, key, line);
    for (int i = 0; i < r->n_known; i++) {
        if (strcmp(key, r->known[i]) == 0) return LUGE_OK;
    }
    const char *nearest = luge_nearest(key, r->known, r->n_known);
    return luge__extra_fail(r->ctx, LUGE_EFORMAT, "%.200s: line %zu, column %zu: no key \"%.100s\"; the nearest is %s",
                            r->path, r->event.start_mark.line + 1, r->event.start_mark.column + 1, key,
                            nearest ? nearest : "none");
}

static luge_status read_entry(reading *r)
{
    luge_recipe *recipe = r->recipe;
    if (recipe->n == recipe->capacity) {
        const size_t capacity = recipe->capacity ? 2 * recipe->capacity : 16;
        entry *entries = realloc(recipe->entries, capacity * sizeof *entries);
        if (!entries) return luge__extra_no_memory(r->ctx, r->path);
        recipe->entries = entries;
        recipe->capacity = capacity;
    }
    if (r->event.type != YAML_SCALAR_EVENT) return fail_here(r, "a key is expected", "");
    entry e = { NULL, NULL, (int)r->event.start_mark.line + 1 };
    luge_status status = append(r, &e.key);
    if (!status) status = check_key(r, e.key);
    if (!status) status = read_value(r, e.key, &e.value);
    if (!status) {
        recipe->entries[recipe->n++] = e;
        return LUGE_OK;
    }
    free(e.key);
    free(e.value);
    return status;
}

/* ---- the document ------------------------------------------------------------------------------------------------ */

static luge_status read_keys(reading *r)
{
    luge_status status;
    while (!(status = next_event(r)) && r->event.type != YAML_MAPPING_END_EVENT) {
        status = read_entry(r);
        if (status) return status;
    }
    return status;
}

static luge_status read_document(reading *r)
{
    luge_status status = next_event(r);
    if (!status) status = next_event(r); /* after the begin of the stream */
    if (status || r->event.type == YAML_STREAM_END_EVENT) return status;
    status = next_event(r);
    if (status) return status;
    if (r->event.type == YAML_SCALAR_EVENT && is_nothing(&r->event)) {
        status = LUGE_OK; /* "---" alone */
    } else if (r->event.type != YAML_MAPPING_START_EVENT) {
        return fail_here(r, "keys and values are expected, as in \"epochs: 5\"", "");
    } else {
        status = read_keys(r);
    }
    if (!status) status = next_event(r);
    if (!status) status = next_event(r);
    if (!status && r->event.type != YAML_STREAM_END_EVENT) return fail_here(r, "a second document", "");
    return status;
}

static luge_status read_text(reading *r, const unsigned char *text, size_t bytes)
{
    r->recipe = calloc(1, sizeof *r->recipe);
    if (!r->recipe || !yaml_parser_initialize(&r->parser)) return luge__extra_no_memory(r->ctx, r->path);
    yaml_parser_set_input_string(&r->parser, text, bytes);
    const luge_status status = read_document(r);
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    return status;
}

static luge_status read_file(reading *r)
{
    unsigned char *text;
    size_t bytes;
    luge_status status = luge__extra_read_all(r->ctx, r->path, LONGEST, &text, &bytes);
    if (status) return status;
    status = read_text(r, text, bytes);
    free(text);
    return status;
}

luge_recipe *luge_recipe_read(luge_context *ctx, const char *path, const char *const *known, int n)
{
    if (!ctx || !path || n < 0 || (n && !known)) {
        (void)luge__extra_fail(ctx, LUGE_EINVAL, "luge_recipe_read: no context, path or list of keys");
        return NULL;
    }
    reading r = { .ctx = ctx, .path = path, .known = known, .n_known = n };
    if (read_file(&r) == LUGE_OK) return r.recipe;
    luge_recipe_free(r.recipe);
    return NULL;
}

#else

luge_recipe *luge_recipe_read(luge_context *ctx, const char *path, const char *const *known, int n)
{
    (void)known, (void)n;
    (void)luge__extra_lacks(ctx, "libyaml", path ? path : "NULL", "is a recipe");
    return NULL;
}

#endif
