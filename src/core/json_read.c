/* json_read.c: JSON into tokens of 16 bytes, in one pass, without recursion.
 *
 * The tokens lie in the order of the text, so the first child of a container is the next token. Strings, unescaped and
 * terminated, and the digits of numbers are kept in one block that is no longer than the text. */
#include <math.h>
#include <string.h>

#include "core/json.h"

enum { MOST_BYTES = 1 << 29 };

typedef struct token {
    uint32_t next;          /* sibling; 0: none */
    uint32_t key;           /* place of its key among the strings, plus one; 0: none */
    uint32_t at;            /* place of a string or number among the strings; of a container: its last child */
    uint32_t kind_and_size; /* size: length, number of children, or the value of a bool */
} token;

struct luge__json {
    luge_context *ctx;
    char *strings;
    size_t strings_bytes;
    token *tokens; /* number 0 is none */
    size_t tokens_bytes;
};

typedef struct parser {
    luge__json *doc;
    const char *who, *text, *at, *end;
    size_t strings_used;
    uint32_t used; /* tokens */
    int depth;
    uint32_t open[LUGE__JSON_DEPTH]; /* containers around what is read */
    uint32_t *members;               /* of an object, to sort */
    size_t members_capacity;
} parser;

static token make_token(luge__json_kind_of kind, size_t at, size_t size)
{
    return (token){ .at = (uint32_t)at, .kind_and_size = (uint32_t)kind << 29 | (uint32_t)size };
}

static uint32_t size_of(const token *t)
{
    return t->kind_and_size & (MOST_BYTES - 1);
}

static luge__json_kind_of kind_of(const token *t)
{
    return (luge__json_kind_of)(t->kind_and_size >> 29);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static int fail_at(const parser *p, const char *at, const char *what)
{
    luge__fail(p->doc->ctx, LUGE_EFORMAT, "%s: byte %z: %s", p->who, (size_t)(at - p->text), what);
    return 0;
}

/* What is expected at the place that has been reached, and what is there. */
static int fail_expected(const parser *p, const char *expected)
{
    char what[96];
    if (p->at == p->end) {
        (void)luge__format(what, sizeof what, "the text ends; %s is expected", expected);
    } else if (*p->at > ' ' && *p->at < 127) {
        (void)luge__format(what, sizeof what, "'%c' where %s is expected", *p->at, expected);
    } else {
        (void)luge__format(what, sizeof what, "a byte %d where %s is expected", (int)(unsigned char)*p->at, expected);
    }
    return fail_at(p, p->at, what);
}

/* ---- small pieces ------------------------------------------------------------------------------------------------ */

static void skip_space(parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t')) p->at++;
}

/* Skips white space; whether c follows, which is then read too. */
static int accept(parser *p, char c)
{
    skip_space(p);
    if (p->at == p->end || *p->at != c) return 0;
    p->at++;
    return 1;
}

static void keep(parser *p, const char *bytes, size_t n)
{
    memcpy(p->doc->strings + p->strings_used, bytes, n);
    p->strings_used += n;
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

/* Four hexadecimal digits; -1 where there are none. */
static int32_t read_hex(const parser *p, const char *at)
{
    int32_t value = 0;
    if (p->end - at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void keep_character(parser *p, int32_t code)
{
    char text[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = n; i > 1; i--) {
        text[i - 1] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    text[0] = (char)(lead[n] | code);
    keep(p, text, n);
}

/* \uXXXX, or two that are a pair of surrogates; at is the backslash. */
static int read_unicode(parser *p)
{
    int32_t code = read_hex(p, p->at + 2), low = -1;
    size_t length = 6;
    if (code < 0) return fail_at(p, p->at, "\\u is followed by four hexadecimal digits");
    if (code >= 0xD800 && code < 0xE000) {
        if (p->end - p->at >= 12 && p->at[6] == '\\' && p->at[7] == 'u') low = read_hex(p, p->at + 8);
        if (code >= 0xDC00 || low < 0xDC00 || low >= 0xE000) return fail_at(p, p->at, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        length = 12;
    }
    keep_character(p, code);
    p->at += length;
    return 1;
}

static int read_escape(parser *p)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = p->end - p->at >= 2 && p->at[1] ? strchr(from, p->at[1]) : NULL;
    if (found) {
        keep(p, to + (found - from), 1);
        p->at += 2;
        return 1;
    }
    if (p->end - p->at >= 2 && p->at[1] == 'u') return read_unicode(p);
    return fail_at(p, p->at, "no such escape in a string");
}

/* A string whose first quote is at; *place and *length tell where it was kept. */
static int read_string(parser *p, size_t *place, size_t *length)
{
    const char *opening = p->at++;
    *place = p->strings_used;
    for (;;) {
        if (p->at == p->end) return fail_at(p, opening, "the string that begins here does not end");
        if (*p->at == '"') break;
        if (*p->at == '\\') {
            if (!read_escape(p)) return 0;
            continue;
        }
        if ((unsigned char)*p->at < ' ')
            return fail_at(p, p->at, "a control character in a string; write it as \\u00XX");
        size_t n = luge__utf8_length(p->at, (size_t)(p->end - p->at));
        if (n == 0) return fail_at(p, p->at, "invalid UTF-8");
        keep(p, p->at, n);
        p->at += n;
    }
    p->at++;
    *length = p->strings_used - *place;
    keep(p, "", 1);
    return 1;
}

/* ---- numbers and words ------------------------------------------------------------------------------------------- */

static int skip_digits(parser *p)
{
    const char *begin = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
    return p->at > begin || fail_expected(p, "a digit");
}

static int read_number(parser *p, token *out)
{
    const char *begin = p->at;
    if (*p->at == '-') p->at++;
    const char *first = p->at;
    if (!skip_digits(p)) return 0;
    if (*first == '0' && p->at - first > 1) return fail_at(p, begin, "a number with a leading zero");
    if (p->at < p->end && *p->at == '.') {
        p->at++;
        if (!skip_digits(p)) return 0;
    }
    if (p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
        p->at++;
        if (p->at < p->end && (*p->at == '-' || *p->at == '+')) p->at++;
        if (!skip_digits(p)) return 0;
    }
    *out = make_token(LUGE__JSON_NUMBER, p->strings_used, (size_t)(p->at - begin));
    keep(p, begin, (size_t)(p->at - begin));
    return 1;
}

static int read_word(parser *p, token *out)
{
    static const struct {
        const char *text;
        size_t length;
        luge__json_kind_of kind;
        size_t value;
    } words[] = { { "true", 4, LUGE__JSON_BOOL, 1 },
                  { "false", 5, LUGE__JSON_BOOL, 0 },
                  { "null", 4, LUGE__JSON_NULL, 0 } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((size_t)(p->end - p->at) < words[i].length || memcmp(p->at, words[i].text, words[i].length)) continue;
        p->at += words[i].length;
        *out = make_token(words[i].kind, 0, words[i].value);
        return 1;
    }
    return fail_expected(p, "a value");
}

/* ---- containers -------------------------------------------------------------------------------------------------- */

static int order_of_keys(const void *user, uint32_t a, uint32_t b)
{
    const luge__json *doc = user;
    return strcmp(luge__json_key_of(doc, a), luge__json_key_of(doc, b));
}

/* By sorting: quick for any number of members. */
static int has_distinct_keys(parser *p, uint32_t object)
{
    const luge__json *doc = p->doc;
    const token *t = &doc->tokens[object];
    size_t n = 0, size = size_of(t);
    if (luge__grow(doc->ctx, &p->members, sizeof *p->members, &p->members_capacity, size)) return 0;
    for (uint32_t v = luge__json_first(doc, object); v; v = doc->tokens[v].next) p->members[n++] = v;
    luge__sort(p->members, n, order_of_keys, doc);
    for (size_t i = 1; i < n; i++) {
        if (order_of_keys(doc, p->members[i - 1], p->members[i])) continue;
        luge__fail(doc->ctx, LUGE_EFORMAT, "%s: byte %z: the object that ends here has the key \"%s\" twice", p->who,
                   (size_t)(p->at - 1 - p->text), luge__json_key_of(doc, p->members[i]));
        return 0;
    }
    return 1;
}

static int read_key(parser *p, uint32_t *key)
{
    size_t place, length;
    skip_space(p);
    const char *opening = p->at;
    if (p->at == p->end || *p->at != '"') return fail_expected(p, "a key in quotes");
    if (!read_string(p, &place, &length)) return 0;
    if (strlen(p->doc->strings + place) != length) return fail_at(p, opening, "a key with a NUL character");
    if (!accept(p, ':')) return fail_expected(p, "':'");
    *key = (uint32_t)place + 1;
    return 1;
}

/* Adds a token to the innermost open container. */
static uint32_t append(parser *p, token value, uint32_t key)
{
    token *tokens = p->doc->tokens;
    uint32_t v = ++p->used;
    value.key = key;
    tokens[v] = value;
    if (p->depth > 0) {
        token *container = &tokens[p->open[p->depth - 1]];
        if (container->at) tokens[container->at].next = v;
        container->at = v;
        container->kind_and_size++;
    }
    return v;
}

/* Reads a value, or the opening bracket of one. */
static int read_value(parser *p, uint32_t key)
{
    token value;
    size_t place, length;
    skip_space(p);
    char c = p->at < p->end ? *p->at : 0;
    if (c == '{' || c == '[') {
        if (p->depth == LUGE__JSON_DEPTH) return fail_at(p, p->at, "nested too deep; 64 levels are possible");
        p->at++;
        uint32_t v = append(p, make_token(c == '{' ? LUGE__JSON_OBJECT : LUGE__JSON_ARRAY, 0, 0), key);
        p->open[p->depth++] = v;
        return 1;
    }
    if (c == '"') {
        if (!read_string(p, &place, &length)) return 0;
        value = make_token(LUGE__JSON_STRING, place, length);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        if (!read_number(p, &value)) return 0;
    } else if (!read_word(p, &value)) {
        return 0;
    }
    append(p, value, key);
    return 1;
}

/* One round in an open container: its end, or its next value. */
static int read_in_container(parser *p)
{
    uint32_t v = p->open[p->depth - 1], key = 0;
    const token *t = &p->doc->tokens[v];
    int is_object = kind_of(t) == LUGE__JSON_OBJECT;
    if (accept(p, is_object ? '}' : ']')) {
        p->depth--;
        return size_of(t) < 2 || !is_object || has_distinct_keys(p, v);
    }
    if (size_of(t) > 0 && !accept(p, ',')) return fail_expected(p, is_object ? "',' or '}'" : "',' or ']'");
    if (is_object && !read_key(p, &key)) return 0;
    return read_value(p, key);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* No fewer than the values in the text: each but the root follows a comma or an opening bracket. */
static size_t count_values(const char *text, size_t bytes)
{
    size_t count = 1;
    int in_string = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '"') in_string = !in_string;
        if (in_string) {
            i += text[i] == '\\';
        } else {
            count += text[i] == ',' || text[i] == '[' || text[i] == '{';
        }
    }
    return count;
}

static int read_all(parser *p)
{
    if (!read_value(p, 0)) return 0;
    while (p->depth > 0) {
        if (!read_in_container(p)) return 0;
    }
    skip_space(p);
    return p->at == p->end || fail_expected(p, "the end");
}

luge__json *luge__json_parse(luge_context *ctx, const char *who, const char *text, size_t bytes)
{
    if (bytes >= MOST_BYTES) {
        luge__fail(ctx, LUGE_EFORMAT, "%s: %z bytes of JSON; 512 MB are possible", who, bytes);
        return NULL;
    }
    luge__json *doc = luge__alloc(ctx, sizeof *doc);
    if (!doc) return NULL;
    size_t tokens = count_values(text, bytes) + 1;
    doc->ctx = ctx;
    doc->strings_bytes = bytes + 1; /* two quotes make room for the 0 at the end */
    doc->strings = luge__alloc(ctx, doc->strings_bytes);
    if (doc->strings && luge__mul_size(tokens, sizeof(token), &doc->tokens_bytes)) {
        doc->tokens = luge__alloc(ctx, doc->tokens_bytes);
    }
    parser p = { .doc = doc, .who = who, .text = text, .at = text, .end = text + bytes };
    int read = doc->tokens && read_all(&p);
    luge__release(ctx, p.members, p.members_capacity * sizeof *p.members);
    if (read) return doc;
    luge__json_free(doc);
    return NULL;
}

void luge__json_free(luge__json *doc)
{
    if (!doc) return;
    luge_context *ctx = doc->ctx;
    luge__release(ctx, doc->tokens, doc->tokens_bytes);
    luge__release(ctx, doc->strings, doc->strings_bytes);
    luge__release(ctx, doc, sizeof *doc);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static int is(const luge__json *doc, uint32_t v, luge__json_kind_of kind)
{
    return kind_of(&doc->tokens[v]) == kind;
}

uint32_t luge__json_root(const luge__json *doc)
{
    (void)doc;
    return 1;
}

luge__json_kind_of luge__json_kind(const luge__json *doc, uint32_t v)
{
    return kind_of(&doc->tokens[v]);
}

uint32_t luge__json_size(const luge__json *doc, uint32_t v)
{
    return is(doc, v, LUGE__JSON_ARRAY) || is(doc, v, LUGE__JSON_OBJECT) ? size_of(&doc->tokens[v]) : 0;
}

uint32_t luge__json_first(const luge__json *doc, uint32_t container)
{
    return luge__json_size(doc, container) ? container + 1 : 0;
}

uint32_t luge__json_next(const luge__json *doc, uint32_t v)
{
    return doc->tokens[v].next;
}

const char *luge__json_key_of(const luge__json *doc, uint32_t v)
{
    uint32_t key = doc->tokens[v].key;
    return key ? doc->strings + (key - 1) : NULL;
}

uint32_t luge__json_member(const luge__json *doc, uint32_t object, const char *key)
{
    if (!is(doc, object, LUGE__JSON_OBJECT)) return 0;
    uint32_t v = luge__json_first(doc, object);
    while (v && strcmp(luge__json_key_of(doc, v), key) != 0) v = luge__json_next(doc, v);
    return v;
}

const char *luge__json_get_string(const luge__json *doc, uint32_t v)
{
    const token *t = &doc->tokens[v];
    if (kind_of(t) != LUGE__JSON_STRING) return NULL;
    const char *text = doc->strings + t->at;
    return strlen(text) == size_of(t) ? text : NULL;
}

/* The digits of an integer; zero where v is none or they do not fit. */
static int read_integer(const luge__json *doc, uint32_t v, int *negative, uint64_t *size)
{
    const token *t = &doc->tokens[v];
    if (kind_of(t) != LUGE__JSON_NUMBER) return 0;
    const char *c = doc->strings + t->at, *end = c + size_of(t);
    *size = 0;
    *negative = *c == '-';
    for (c += *negative; c < end; c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (*c < '0' || *c > '9' || *size > (UINT64_MAX - digit) / 10) return 0;
        *size = 10 * *size + digit;
    }
    return 1;
}

int luge__json_get_int(const luge__json *doc, uint32_t v, int64_t *out)
{
    int negative;
    uint64_t size;
    if (!read_integer(doc, v, &negative, &size) || size > (uint64_t)INT64_MAX + (uint64_t)negative) return 0;
    *out = negative && size ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return 1;
}

int luge__json_get_uint(const luge__json *doc, uint32_t v, uint64_t *out)
{
    int negative;
    uint64_t size;
    if (!read_integer(doc, v, &negative, &size) || (negative && size)) return 0;
    *out = size;
    return 1;
}

int luge__json_get_number(const luge__json *doc, uint32_t v, double *out)
{
    const token *t = &doc->tokens[v];
    const char *text = luge__json_get_string(doc, v);
    if (kind_of(t) == LUGE__JSON_NUMBER) return luge__parse_number(doc->strings + t->at, size_of(t), out);
    if (!text) return 0;
    int negative = *text == '-';
    if (strcmp(text + negative, "inf") == 0) {
        *out = negative ? -HUGE_VAL : HUGE_VAL;
    } else if (strcmp(text, "nan") == 0) {
        *out = (double)NAN;
    } else {
        return 0;
    }
    return 1;
}

int luge__json_get_bool(const luge__json *doc, uint32_t v, int *out)
{
    if (!is(doc, v, LUGE__JSON_BOOL)) return 0;
    *out = (int)size_of(&doc->tokens[v]);
    return 1;
}
