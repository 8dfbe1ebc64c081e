/* formula.c: a formula as a whole: read, asked for names and texts, and its errors told. */
#include "formula.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "formula_parts.h"

int cli_formula_grow(void **list, size_t *room, size_t n, size_t size)
{
    if (n < *room) return 1;
    const size_t more = *room ? *room * 2 : 64;
    void *grown = more < SIZE_MAX / 2 / size ? realloc(*list, more * size) : NULL;
    if (!grown) return 0;
    *list = grown;
    *room = more;
    return 1;
}

int cli_formula_wrong(cli_formula_error *e, cli_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    e->place = place;
    return CLI_FAILED;
}

int cli_formula_no_memory(cli_formula_error *e)
{
    *e = (cli_formula_error){ .text = "out of memory" };
    return CLI_FAILED;
}

int cli_statement_function(cli_statements *s, const char *name)
{
    for (int i = 0; i < s->n_functions; i++)
        if (!strcmp(s->functions[i].name, name)) return i;
    if (s->n_functions == (int)(sizeof s->functions / sizeof *s->functions)) return -2;
    if (cli_function_find(&s->probe, name, &s->functions[s->n_functions])) return s->n_functions++;
    return luge_failed(s->probe.ctx) ? -2 : -1;
}

int cli_formula_read(cli_formula *f, luge_context *ctx, cli_formula_kind kind, const char *text, size_t length,
                     cli_formula_error *e)
{
    cli_statements *s = calloc(1, sizeof *s);
    *f = (cli_formula){ .text = text, .length = length };
    *e = (cli_formula_error){ .nearest = "" };
    f->names = calloc(CLI_FORMULA_NAMES, sizeof *f->names);
    f->graph = luge_graph_create(ctx);
    if (s) s->probe.ctx = ctx;
    int code = s && f->names && f->graph ? CLI_OK : cli_formula_no_memory(e);
    if (!code) code = cli_formula_parse(f, s, kind, e);
    if (!code) code = cli_formula_build(f, s, e);
    if (s) {
        luge_graph_free(s->probe.graph);
        free(s->items);
    }
    free(s);
    if (code) cli_formula_free(f);
    return code;
}

void cli_formula_free(cli_formula *f)
{
    luge_graph_free(f->graph);
    free(f->names);
    free(f->places);
    *f = (cli_formula){ 0 };
}

int cli_formula_find(const cli_formula *f, const char *name)
{
    for (int i = 0; i < f->n_names; i++)
        if (!strcmp(f->names[i].name, name)) return i;
    return -1;
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static int starts(unsigned char c) /* a character, of UTF-8 */
{
    return (c & 0xc0) != 0x80;
}

void cli_formula_text(const cli_formula *f, cli_place place, int columns, char *text, size_t size)
{
    const char *from = f->text + place.at, *end = from + place.length;
    size_t n = 0;
    int column = 0, cut = 0;
    for (; from < end && !cut; from++) {
        const int blank = *from == ' ' || *from == '\n' || *from == '\t' || *from == '\r';
        if (blank && (n == 0 || text[n - 1] == ' ')) continue;
        cut = starts((unsigned char)*from) && (column == columns || n + 8 > size);
        if (cut) break;
        column += starts((unsigned char)*from);
        text[n++] = blank ? ' ' : *from;
    }
    for (int dots = 3; cut && dots > 0 && n > 0; dots--) /* the last three characters give way to ... */
        do n--;
        while (n > 0 && !starts((unsigned char)text[n]));
    memcpy(text + n, cut ? "..." : "", cut ? 4 : 1);
}

/* Columns of text[from..to-1]. */
static int columns_of(const char *text, size_t from, size_t to)
{
    int n = 0;
    for (size_t i = from; i < to; i++) n += starts((unsigned char)text[i]);
    return n;
}

/* The line of the place, cut around it, and a caret below. */
static void print_caret(const char *text, size_t length, cli_place place)
{
    enum { SHOWN = 72, BEFORE = 36 };
    size_t first = place.at, last = place.at, from, to;
    while (first > 0 && text[first - 1] != '\n') first--;
    while (last < length && text[last] != '\n') last++;
    for (from = place.at; from > first && columns_of(text, from, place.at) < BEFORE; from--) {}
    if (from > first && from - first < 4) from = first;
    while (from > first && !starts((unsigned char)text[from])) from--;
    for (to = from; to < last && (columns_of(text, from, to) < SHOWN || !starts((unsigned char)text[to])); to++) {}
    const char *before = from > first ? "..." : "", *behind = to < last ? "..." : "";
    fprintf(stderr, "  %s", before);
    for (size_t i = from; i < to; i++) fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i], stderr);
    fprintf(stderr, "%s\n  %*s", behind, (int)strlen(before) + columns_of(text, from, place.at), "");
    const size_t end = place.at + place.length < to ? place.at + place.length : to;
    fputc('^', stderr);
    for (int i = 1; i < columns_of(text, place.at, end); i++) fputc('~', stderr);
    fputc('\n', stderr);
}

static int is_blank(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')) i++;
    return i == length;
}

int cli_formula_fail(const char *verb, const char *where, const char *text, size_t length, const cli_formula_error *e)
{
    int line = 1;
    size_t first = 0;
    for (size_t i = 0; i < e->place.at && i < length; i++) {
        if (text[i] != '\n') continue;
        line++;
        first = i + 1;
    }
    const int column = 1 + columns_of(text, first, e->place.at), lines = memchr(text, '\n', length) != NULL;
    if (is_blank(text, length) || !strcmp(e->text, "out of memory")) return cli_fail(verb, "%s%s", where, e->text);
    if (lines)
        cli_fail(verb, "%sline %d, column %d: %s", where, line, column, e->text);
    else
        cli_fail(verb, "%scolumn %d: %s", where, column, e->text);
    print_caret(text, length, e->place);
    if (e->nearest[0]) fprintf(stderr, "  nearest: %s\n", e->nearest);
    return CLI_FAILED;
}
