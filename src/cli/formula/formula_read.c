/* formula_read.c: the text of a formula to statements in postfix order. Operators wait on a list, not on the C stack,
 * so that any depth is read. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "formula_parts.h"

typedef enum token_kind { END, NUMBER, NAME, SIGN, OPEN, CLOSE, COMMA, SEMICOLON, EQUALS } token_kind;

static const struct sign {
    const char *text, *op;
    int tight; /* the tighter goes first */
} signs[] = {
    { "**", "pow", 5 },    { "<=", "less_equal", 1 }, { ">=", "greater_equal", 1 },
    { "==", "equal", 1 },  { "!=", "not_equal", 1 },  { "<", "less", 1 },
    { ">", "greater", 1 }, { "+", "add", 2 },         { "-", "sub", 2 },
    { "*", "mul", 3 },     { "/", "div", 3 },         { "^", "pow", 5 },
};
enum { N_SIGNS = sizeof signs / sizeof *signs, NEGATE_TIGHT = 4, POWER_TIGHT = 5 };

typedef struct token {
    token_kind kind;
    cli_place place;
    int sign;
    double value;
} token;

/* What waits for its operand, or for a ')'. */
typedef enum pending_kind { WAIT_SIGN, WAIT_NEGATE, WAIT_GROUP, WAIT_CALL } pending_kind;
typedef struct pending {
    pending_kind kind;
    int index, n, tight; /* function; values so far */
    cli_place place;
} pending;

typedef struct reader {
    cli_formula *f;
    cli_statements *s;
    cli_formula_error *e;
    cli_formula_kind kind;
    size_t at;
    token now;
    pending *waiting;
    size_t n_waiting, room;
} reader;

enum { DONE = -1 }; /* of a statement */

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static unsigned char peek(const reader *r, size_t ahead)
{
    return r->at + ahead < r->f->length ? (unsigned char)r->f->text[r->at + ahead] : 0;
}

static int is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(unsigned char c) /* every byte of other scripts is one: Greek names are names */
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static void skip_blanks(reader *r)
{
    for (; r->at < r->f->length; r->at++) {
        const unsigned char c = peek(r, 0);
        if (c == '#')
            while (r->at + 1 < r->f->length && peek(r, 1) != '\n') r->at++;
        else if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
    }
}

/* 1, .5, 2., 1e-3, 1_000. */
static int read_number(reader *r)
{
    char digits[400];
    size_t n = 0, k = 0;
    int point = 0, exponent = 0;
    for (;; k++) {
        const unsigned char c = peek(r, k), next = peek(r, k + 1);
        if (c == '_' && is_digit(next)) continue;
        if ((c == 'e' || c == 'E') && !exponent &&
            (is_digit(next) || ((next == '+' || next == '-') && is_digit(peek(r, k + 2))))) {
            exponent = 1;
            if (n < sizeof digits - 2) digits[n++] = 'e';
            if (!is_digit(next) && n < sizeof digits - 2) digits[n++] = (char)next;
            k += !is_digit(next);
        } else if (is_digit(c) || (c == '.' && !point && !exponent)) {
            point |= c == '.';
            if (n < sizeof digits - 2) digits[n++] = (char)c;
        } else {
            break;
        }
    }
    digits[n] = '\0';
    r->now.kind = NUMBER;
    r->now.place.length = k;
    if (n >= sizeof digits - 2)
        return cli_formula_wrong(r->e, r->now.place, "a number of more than %d digits", (int)sizeof digits - 3);
    r->now.value = strtod(digits, NULL);
    if (isfinite(r->now.value)) return CLI_OK;
    return cli_formula_wrong(r->e, r->now.place, "the number is too large; 1.8e308 is the largest");
}

/* Signs that people paste, and what to write in their place. */
static int foreign_sign(reader *r)
{
    static const char *const known[][2] = { { "\xE2\x88\x92", "-" },
                                            { "\xC3\x97", "*" },
                                            { "\xC2\xB7", "*" },
                                            { "\xC3\xB7", "/" },
                                            { "\xC2\xB2", "^2" },
                                            { "\xC2\xB3", "^3" },
                                            { "\xE2\x88\x9A", "sqrt(...)" },
                                            { "\xE2\x89\xA4", "<=" },
                                            { "\xE2\x89\xA5", ">=" },
                                            { "\xE2\x8B\x85", "*" },
                                            { "\xE2\x80\x93", "-" } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const size_t n = strlen(known[i][0]);
        if (n > r->f->length - r->at || memcmp(r->f->text + r->at, known[i][0], n) != 0) continue;
        r->now.place.length = n;
        return cli_formula_wrong(r->e, r->now.place, "%s is not read here; write %s", known[i][0], known[i][1]);
    }
    return CLI_OK;
}

static int read_name(reader *r)
{
    size_t n = 0;
    r->now.kind = NAME;
    while (is_letter(peek(r, n)) || is_digit(peek(r, n))) {
        if (peek(r, n) >= 0x80) { /* a sign ends a name */
            const size_t at = r->at;
            r->at += n;
            r->now.place.at = r->at;
            if (foreign_sign(r)) return CLI_FAILED;
            r->at = at;
            r->now.place.at = at;
        }
        n++;
    }
    r->now.place.length = n;
    if (n < CLI_FORMULA_NAME) return CLI_OK;
    return cli_formula_wrong(r->e, r->now.place, "a name of more than %d bytes", CLI_FORMULA_NAME - 1);
}

static int read_sign(reader *r)
{
    static const char singles[] = "(),;=";
    static const token_kind kinds[] = { OPEN, CLOSE, COMMA, SEMICOLON, EQUALS };
    for (int i = 0; i < N_SIGNS; i++) {
        const size_t n = strlen(signs[i].text);
        if (n > r->f->length - r->at || memcmp(r->f->text + r->at, signs[i].text, n) != 0) continue;
        r->now.kind = SIGN;
        r->now.sign = i;
        r->now.place.length = n;
        return CLI_OK;
    }
    const unsigned char c = peek(r, 0);
    const char *at = c ? strchr(singles, c) : NULL;
    r->now.place.length = 1;
    if (at) {
        r->now.kind = kinds[at - singles];
        return CLI_OK;
    }
    if (c == '|') return cli_formula_wrong(r->e, r->now.place, "| is not read here; write abs(...)");
    if (c < 0x20 || c == 0x7f) return cli_formula_wrong(r->e, r->now.place, "a control character (byte %d)", c);
    return cli_formula_wrong(r->e, r->now.place, "%c is not read here", c);
}

static int next(reader *r)
{
    skip_blanks(r);
    r->now = (token){ .kind = END, .place = { r->at, 0 } };
    const unsigned char c = peek(r, 0);
    int code = CLI_OK;
    if (r->at >= r->f->length) return CLI_OK;
    if (is_digit(c) || (c == '.' && is_digit(peek(r, 1))))
        code = read_number(r);
    else
        code = is_letter(c) ? read_name(r) : read_sign(r);
    r->at = r->now.place.at + r->now.place.length;
    return code;
}

/* ---- names and items --------------------------------------------------------------------------------------------- */

/* The index of a name, noted where it is new; -1 after a message. */
static int name_index(reader *r, cli_place place)
{
    cli_formula *f = r->f;
    for (int i = 0; i < f->n_names; i++)
        if (strlen(f->names[i].name) == place.length && !memcmp(f->names[i].name, f->text + place.at, place.length))
            return i;
    if (f->n_names == CLI_FORMULA_NAMES) {
        cli_formula_wrong(r->e, place, "more than 1,000 names; a formula has so many at most");
        return -1;
    }
    cli_formula_name *name = &f->names[f->n_names];
    *name = (cli_formula_name){ .place = place };
    memcpy(name->name, f->text + place.at, place.length);
    return f->n_names++;
}

static int emit(reader *r, cli_item item)
{
    void *list = r->s->items;
    const int good = cli_formula_grow(&list, &r->s->room, r->s->n_items, sizeof *r->s->items);
    r->s->items = list;
    if (!good) return cli_formula_no_memory(r->e);
    r->s->items[r->s->n_items++] = item;
    return CLI_OK;
}

static int wait_for(reader *r, pending p)
{
    void *list = r->waiting;
    const int good = cli_formula_grow(&list, &r->room, r->n_waiting, sizeof *r->waiting);
    r->waiting = list;
    if (!good) return cli_formula_no_memory(r->e);
    r->waiting[r->n_waiting++] = p;
    return CLI_OK;
}

/* Signs that are at least as tight go out; a '(' stays. */
static int release(reader *r, int tight)
{
    while (r->n_waiting) {
        const pending *p = &r->waiting[r->n_waiting - 1];
        if (p->kind == WAIT_GROUP || p->kind == WAIT_CALL || p->tight < tight) break;
        const cli_item_kind kind = p->kind == WAIT_NEGATE ? CLI_ITEM_NEGATE : CLI_ITEM_SIGN;
        if (emit(r, (cli_item){ .kind = kind, .index = p->index, .n = 2, .place = p->place })) return CLI_FAILED;
        r->n_waiting--;
    }
    return CLI_OK;
}

static cli_place from_to(cli_place a, cli_place b)
{
    return (cli_place){ a.at, b.at + b.length - a.at };
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static int missing_value(reader *r)
{
    char text[64];
    const cli_place here = r->now.place;
    if (r->n_waiting) {
        const pending *p = &r->waiting[r->n_waiting - 1];
        cli_formula_text(r->f, p->place, 30, text, sizeof text);
        if (p->kind == WAIT_CALL) return cli_formula_wrong(r->e, here, "a value of %s(...) is missing", text);
        return cli_formula_wrong(r->e, here, "a value is missing after %s", text);
    }
    if (r->now.kind == END || r->now.kind == SEMICOLON)
        return cli_formula_wrong(r->e, here,
                                 r->f->n_names > 1 || r->f->names[0].name[0] ? "an expression is missing"
                                                                             : "the formula is empty");
    cli_formula_text(r->f, here, 30, text, sizeof text);
    return cli_formula_wrong(r->e, here, "a value is missing before %s", text);
}

static int unknown_function(reader *r, cli_place place, const char *name)
{
    cli_formula_wrong(r->e, place, "no function \"%s\"; a product is written %s*(...)", name, name);
    cli_function_nearest(&r->s->probe, name, r->e->nearest);
    if (r->e->nearest[0]) cli_formula_wrong(r->e, place, "no function \"%s\"", name);
    return luge_failed(r->s->probe.ctx) ? cli_formula_no_memory(r->e) : CLI_FAILED;
}

/* A name, or with '(' behind it a function, whose values follow. */
static int read_named(reader *r, int *want)
{
    const cli_place place = r->now.place;
    char name[CLI_FORMULA_NAME] = "";
    memcpy(name, r->f->text + place.at, place.length);
    if (next(r)) return CLI_FAILED;
    if (r->now.kind != OPEN) {
        const int index = name_index(r, place);
        *want = 0;
        return index < 0 ? CLI_FAILED : emit(r, (cli_item){ .kind = CLI_ITEM_NAME, .index = index, .place = place });
    }
    const int function = cli_statement_function(r->s, name);
    if (function == -2) return cli_formula_no_memory(r->e);
    if (function < 0) return unknown_function(r, place, name);
    if (wait_for(r, (pending){ .kind = WAIT_CALL, .index = function, .n = 1, .place = place })) return CLI_FAILED;
    return next(r);
}

static int read_value(reader *r, int *want)
{
    const token t = r->now;
    int code;
    switch (t.kind) {
    case NUMBER:
        *want = 0;
        code = emit(r, (cli_item){ .kind = CLI_ITEM_NUMBER, .value = t.value, .place = t.place });
        return code ? code : next(r);
    case NAME:
        return read_named(r, want);
    case OPEN:
        code = wait_for(r, (pending){ .kind = WAIT_GROUP, .place = t.place });
        return code ? code : next(r);
    case SIGN:
        if (!strcmp(signs[t.sign].text, "+")) return next(r);
        if (strcmp(signs[t.sign].text, "-") != 0) return missing_value(r);
        code = wait_for(r, (pending){ .kind = WAIT_NEGATE, .tight = NEGATE_TIGHT, .place = t.place });
        return code ? code : next(r);
    default:
        return missing_value(r);
    }
}

/* ---- what stands behind a value ---------------------------------------------------------------------------------- */

static int read_infix(reader *r, int *want)
{
    const struct sign *s = &signs[r->now.sign];
    const int function = cli_statement_function(r->s, s->op);
    if (function < 0) return cli_formula_no_memory(r->e);
    if (release(r, s->tight == POWER_TIGHT ? s->tight + 1 : s->tight)) return CLI_FAILED; /* ^ from right to left */
    const pending p = { .kind = WAIT_SIGN, .index = function, .tight = s->tight, .place = r->now.place };
    *want = 1;
    return wait_for(r, p) ? CLI_FAILED : next(r);
}

static int read_close(reader *r)
{
    if (release(r, 0)) return CLI_FAILED;
    if (!r->n_waiting) return cli_formula_wrong(r->e, r->now.place, ") closes nothing");
    const pending *p = &r->waiting[--r->n_waiting];
    const cli_place place = from_to(p->place, r->now.place);
    const cli_item_kind kind = p->kind == WAIT_CALL ? CLI_ITEM_CALL : CLI_ITEM_GROUP;
    const int code = emit(r, (cli_item){ .kind = kind, .index = p->index, .n = p->n, .place = place });
    return code ? code : next(r);
}

static int end_statement(reader *r)
{
    if (release(r, 0)) return CLI_FAILED;
    if (!r->n_waiting) return DONE;
    return cli_formula_wrong(r->e, r->waiting[r->n_waiting - 1].place, "its ( is not closed");
}

static int read_comma(reader *r, int *want)
{
    if (release(r, 0)) return CLI_FAILED;
    if (!r->n_waiting && r->kind == CLI_VALUES) return DONE;
    if (!r->n_waiting)
        return cli_formula_wrong(r->e, r->now.place,
                                 "a comma stands between the values of a function; ; divides statements");
    pending *p = &r->waiting[r->n_waiting - 1];
    if (p->kind == WAIT_GROUP)
        return cli_formula_wrong(r->e, r->now.place, "a comma stands between the values of a function only");
    p->n++;
    *want = 1;
    return next(r);
}

/* Two values side by side. */
static int missing_sign(reader *r)
{
    const cli_item *last = &r->s->items[r->s->n_items - 1];
    char a[32], b[32];
    cli_formula_text(r->f, last->place, 20, a, sizeof a);
    cli_formula_text(r->f, r->now.place, 20, b, sizeof b);
    if (last->kind == CLI_ITEM_NAME && cli_statement_function(r->s, a) >= 0)
        return cli_formula_wrong(r->e, last->place, "%s is a function; write %s(%s%s", a, a, b,
                                 r->now.kind == OPEN ? "" : ")");
    return cli_formula_wrong(r->e, r->now.place, "a sign is missing before %s; for a product write %s*%s", b,
                             last->kind == CLI_ITEM_NUMBER || last->kind == CLI_ITEM_NAME ? a : "...", b);
}

static int read_behind(reader *r, int *want)
{
    switch (r->now.kind) {
    case SIGN:
        return read_infix(r, want);
    case CLOSE:
        return read_close(r);
    case COMMA:
        return read_comma(r, want);
    case SEMICOLON:
    case END:
        return end_statement(r);
    case EQUALS:
        return cli_formula_wrong(r->e, r->now.place, "a name alone may stand before =; == compares");
    default:
        return missing_sign(r);
    }
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static int column_of(const cli_formula *f, size_t at)
{
    int n = 1;
    for (size_t i = 0; i < at; i++) n += ((unsigned char)f->text[i] & 0xc0) != 0x80;
    return n;
}

/* The name before '=', or "". The text goes on at the expression. */
static int read_defined(reader *r, int *index)
{
    const reader before = *r;
    const cli_place place = { r->now.place.at, r->now.kind == NAME ? r->now.place.length : 0 };
    if (r->now.kind == NAME && next(r)) return CLI_FAILED;
    const int named = place.length && r->now.kind == EQUALS;
    if (!named) {
        r->at = before.at;
        r->now = before.now;
    } else if (next(r)) {
        return CLI_FAILED;
    }
    *index = name_index(r, named ? place : (cli_place){ place.at, 0 });
    if (*index < 0) return CLI_FAILED;
    cli_formula_name *name = &r->f->names[*index];
    if (name->defined && named)
        return cli_formula_wrong(r->e, place, "%s is defined twice; first in column %d", name->name,
                                 column_of(r->f, name->place.at));
    if (name->defined)
        return cli_formula_wrong(r->e, before.now.place,
                                 "a second expression without a name; write a name and = before it");
    name->defined = 1;
    name->place = place;
    return CLI_OK;
}

static int read_statement(reader *r)
{
    int index, want = 1, code = read_defined(r, &index);
    const size_t first = r->s->n_items;
    if (code) return code;
    const size_t at = r->now.place.at;
    while (!code) code = want ? read_value(r, &want) : read_behind(r, &want);
    size_t end = r->now.place.at;
    while (end > at && strchr(" \t\r\n", r->f->text[end - 1])) end--;
    r->s->of[index] = (cli_statement){ first, r->s->n_items, { at, end - at } };
    return code == DONE ? CLI_OK : code;
}

/* A byte that is no UTF-8 would spoil messages, JSON and pictures. */
static int check_utf8(reader *r)
{
    const unsigned char *t = (const unsigned char *)r->f->text;
    for (size_t i = 0; i < r->f->length;) {
        const unsigned char c = t[i];
        const size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
        int good = n && n <= r->f->length - i;
        for (size_t k = 1; k < n && good; k++) good = (t[i + k] & 0xc0) == 0x80;
        if (good && n == 3) good = !(c == 0xe0 && t[i + 1] < 0xa0) && !(c == 0xed && t[i + 1] > 0x9f);
        if (good && n == 4) good = !(c == 0xf0 && t[i + 1] < 0x90) && !(c == 0xf4 && t[i + 1] > 0x8f);
        if (!good) return cli_formula_wrong(r->e, (cli_place){ i, 0 }, "byte %zu is no UTF-8 text", i + 1);
        i += n;
    }
    return CLI_OK;
}

/* The statement without a name gets one: f, or what is free. */
static void name_nameless(cli_formula *f)
{
    static const char *const names[] = { "f", "y", "z", "value", "result" };
    const int index = cli_formula_find(f, "");
    for (int i = 0; index >= 0 && i < 5 && !f->names[index].name[0]; i++)
        if (cli_formula_find(f, names[i]) < 0) strcpy(f->names[index].name, names[i]);
}

int cli_formula_parse(cli_formula *f, cli_statements *s, cli_formula_kind kind, cli_formula_error *e)
{
    reader r = { .f = f, .s = s, .e = e, .kind = kind };
    int code = check_utf8(&r);
    if (!code) code = next(&r);
    while (!code) {
        code = read_statement(&r);
        while (!code && (r.now.kind == SEMICOLON || r.now.kind == COMMA)) code = next(&r);
        if (r.now.kind == END) break;
    }
    free(r.waiting);
    if (!code) name_nameless(f);
    return code;
}
