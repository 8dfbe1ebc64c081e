/* recipe.c: options as YAML: read from files, written for --save-recipe and kept in models. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include <luge/extra.h>

/* Options that say how this run goes, not what is trained, are no part of a recipe. */
static int belongs(int key)
{
    switch (key) {
    case OPT_RESUME:
    case OPT_SAVE_RECIPE:
    case OPT_LOG:
    case OPT_OUTPUT:
    case OPT_JSON:
    case OPT_QUIET:
    case OPT_HELP:
    case OPT_THREADS:
    case OPT_DATA_DIR:
        return 0;
    default:
        return key < OPT_PICTURES || key > OPT_CSV; /* of other verbs */
    }
}

int cli_is_recipe(const char *path)
{
    const size_t n = strlen(path);
    return (n > 5 && !strcmp(path + n - 5, ".yaml")) || (n > 4 && !strcmp(path + n - 4, ".yml"));
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

int cli_recipe_read(cli_options *o, luge_context *ctx, const char *path)
{
    const char *known[N_OPTIONS];
    int keys[N_OPTIONS], n = 0, code = CLI_OK;
    for (int i = 0; i < N_OPTIONS; i++) { /* a recipe may also say where results go */
        if (i == OPT_HELP || i == OPT_RESUME || (i >= OPT_PICTURES && i <= OPT_CSV)) continue;
        known[n] = cli_option_name((cli_key)i);
        keys[n++] = i;
    }
    luge_recipe *recipe = luge_recipe_read(ctx, path, known, n);
    if (!recipe) return cli_fail_with(o->verb, ctx);
    for (int i = 0; i < n && !code; i++) {
        int line = 0;
        const char *text = luge_recipe_get(recipe, known[i], &line);
        if (!text || o->value[keys[i]]) continue;
        if (!strcmp(text, "true") || !strcmp(text, "false")) text = *text == 't' ? "yes" : "no";
        code = cli_set(o, (cli_key)keys[i], text);
    }
    luge_recipe_free(recipe);
    return code ? code : cli_options_check(o);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static int is_plain(const char *text)
{
    if (!*text || !strcmp(text, "yes") || !strcmp(text, "no")) return *text != '\0';
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./") == strlen(text);
}

static void write_value(FILE *file, const char *text)
{
    if (is_plain(text)) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        const char c = *text;
        if (c == '\n' || c == '\t') {
            fputs(c == '\n' ? "\\n" : "\\t", file);
            continue;
        }
        if (c == '"' || c == '\\') fputc('\\', file);
        fputc(c, file);
    }
    fputc('"', file);
}

char *cli_recipe_text(const cli_options *o)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    if (!file) {
        cli_fail(o->verb, "out of memory");
        return NULL;
    }
    for (int i = 0; i < N_OPTIONS; i++) {
        if (!o->value[i] || !belongs(i)) continue;
        fprintf(file, "%s: ", cli_option_name((cli_key)i));
        write_value(file, o->value[i]);
        fputc('\n', file);
    }
    const int whole = !ferror(file);
    if (fclose(file) == 0 && whole && text) return text; /* NULL: the last allocation failed, in silence */
    free(text);
    cli_fail(o->verb, "out of memory");
    return NULL;
}

/* A value as write_value leaves it, up to the end of its line. */
static const char *read_value(const char *at, char *value, size_t size)
{
    const int quoted = *at == '"';
    size_t n = 0;
    for (at += quoted; *at && *at != '\n' && !(quoted && *at == '"'); at++) {
        char c = *at;
        if (quoted && c == '\\' && at[1]) {
            c = *++at;
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        if (n + 1 < size) value[n++] = c;
    }
    value[n] = '\0';
    return at + strcspn(at, "\n");
}

int cli_recipe_take(cli_options *o, const char *text)
{
    char value[4096];
    int code = CLI_OK;
    while (*text && !code) {
        const size_t length = strcspn(text, ":\n");
        int key = -1;
        for (int i = 0; i < N_OPTIONS; i++) {
            const char *name = cli_option_name((cli_key)i);
            if (belongs(i) && strlen(name) == length && !strncmp(name, text, length)) key = i;
        }
        text += length;
        text += strspn(text, ": ");
        text = read_value(text, value, sizeof value);
        text += *text == '\n';
        if (key >= 0 && !o->value[key]) code = cli_set(o, (cli_key)key, value);
    }
    return code;
}
