/* json_write.c: writing JSON into a text that grows; and what is a character of UTF-8. */
#include <math.h>
#include <string.h>

#include "core/json.h"

size_t luge__utf8_length(const char *text, size_t n)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t length;
    if (n == 0) return 0;
    if (c[0] < 0x80) return 1;
    if (c[0] < 0xC2 || c[0] > 0xF4) return 0;
    length = c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;
    if (length > n) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xC0) != 0x80) return 0;
    }
    int longer_than_needed = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xF0 && c[1] < 0x90);
    int surrogate = c[0] == 0xED && c[1] >= 0xA0, beyond = c[0] == 0xF4 && c[1] >= 0x90;
    return longer_than_needed || surrogate || beyond ? 0 : length;
}

static void put(luge__json_writer *w, const char *text, size_t n)
{
    size_t needed;
    if (w->status) return;
    if (!luge__add_size(w->length, n, &needed) || !luge__add_size(needed, 1, &needed)) {
        w->status = luge__fail(w->ctx, LUGE_ENOMEM, "out of memory: %z bytes of text", n);
        return;
    }
    w->status = luge__grow(w->ctx, &w->text, 1, &w->capacity, needed);
    if (w->status) return;
    memcpy(w->text + w->length, text, n);
    w->length += n;
    w->text[w->length] = 0;
}

static void begin(luge__json_writer *w)
{
    if (w->comma) put(w, ",", 1);
    w->comma = 1;
}

void luge__json_open(luge__json_writer *w, char bracket)
{
    begin(w);
    put(w, &bracket, 1);
    w->comma = 0;
}

void luge__json_close(luge__json_writer *w, char bracket)
{
    put(w, &bracket, 1);
    w->comma = 1;
}

static void put_escaped(luge__json_writer *w, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt", hex[] = "0123456789abcdef";
    char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
    const char *found = strchr(from, c);
    if (found) text[1] = to[found - from];
    put(w, text, found ? 2 : sizeof text);
}

static void put_quoted(luge__json_writer *w, const char *text)
{
    const char *plain = text, *end = text + strlen(text), *c = text;
    put(w, "\"", 1);
    while (c < end) {
        size_t length = luge__utf8_length(c, (size_t)(end - c));
        int escape = *c == '"' || *c == '\\' || (length && (unsigned char)*c < ' ');
        if (length && !escape) {
            c += length;
            continue;
        }
        put(w, plain, (size_t)(c - plain));
        if (escape) {
            put_escaped(w, (unsigned char)*c);
        } else {
            put(w, "\xEF\xBF\xBD", 3);
        }
        plain = ++c;
    }
    put(w, plain, (size_t)(end - plain));
    put(w, "\"", 1);
}

void luge__json_key(luge__json_writer *w, const char *key)
{
    begin(w);
    put_quoted(w, key);
    put(w, ":", 1);
    w->comma = 0;
}

void luge__json_string(luge__json_writer *w, const char *text)
{
    begin(w);
    if (text) {
        put_quoted(w, text);
    } else {
        put(w, "null", 4);
    }
}

static void put_integer(luge__json_writer *w, int negative, uint64_t size)
{
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + (int)(size % 10));
        size /= 10;
    } while (size);
    if (negative) text[--at] = '-';
    begin(w);
    put(w, text + at, sizeof text - at);
}

void luge__json_strings(luge__json_writer *w, const char *key, const char *const *texts, size_t n)
{
    luge__json_key(w, key);
    luge__json_open(w, '[');
    for (size_t i = 0; i < n; i++) luge__json_string(w, texts[i]);
    luge__json_close(w, ']');
}

void luge__json_int(luge__json_writer *w, int64_t value)
{
    put_integer(w, value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void luge__json_uint(luge__json_writer *w, uint64_t value)
{
    put_integer(w, 0, value);
}

void luge__json_number(luge__json_writer *w, double value)
{
    char text[64];
    size_t length = luge__format(text, sizeof text, isfinite(value) ? "%g" : "\"%g\"", value);
    begin(w);
    put(w, text, length);
}

void luge__json_bool(luge__json_writer *w, int value)
{
    begin(w);
    put(w, value ? "true" : "false", value ? 4 : 5);
}

void luge__json_writer_free(luge__json_writer *w)
{
    luge__release(w->ctx, w->text, w->capacity);
    w->text = NULL;
    w->length = w->capacity = 0;
    w->comma = 0;
}
