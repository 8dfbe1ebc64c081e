/* json.c: any bytes as JSON: read, walked over, every value asked for as everything, and written again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "fuzz.h"

static const char *const seeds[] = {
    "{\"a\":[1,-2.5e3,true,false,null,\"text\"],\"b\":{\"c\":{},\"d\":[]},\"\":0}",
    "[\"\\u00e4\\ud83d\\ude00\\n\\\\\\\"\\/\", \"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\", \"nan\", \"inf\", \"-inf\"]",
    "[9223372036854775807,-9223372036854775808,18446744073709551615,1e308,5e-324,0.1,9007199254740993,1E+22]",
    " {\n\t\"x\" : [ [ [ { \"y\" : [ ] } ] ] ] ,\r\n \"z\" : 1.7976931348623158e308 } ",
    "{\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,\"k8\":8,\"k9\":9,\"k10\":10}",
    "1234567890123456789012345678901234567890.5e-17",
};

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    if (index < 0 || (size_t)index >= sizeof seeds / sizeof seeds[0]) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}

static void must(int condition, const char *what)
{
    if (condition) return;
    (void)fprintf(stderr, "json: %s\n", what);
    abort();
}

static void write_leaf(const luge__json *doc, uint32_t v, luge__json_writer *w)
{
    int64_t i = 0;
    uint64_t u = 0;
    double x = 0;
    int b = 0;
    const char *text = luge__json_get_string(doc, v);
    if (luge__json_get_number(doc, v, &x) && !(x < 0) && !(x > 0)) { /* also -0, which is an integer too */
        luge__json_number(w, x);
    } else if (luge__json_get_int(doc, v, &i)) {
        luge__json_int(w, i);
    } else if (luge__json_get_uint(doc, v, &u)) {
        luge__json_uint(w, u);
    } else if (luge__json_get_number(doc, v, &x)) {
        luge__json_number(w, x);
    } else if (luge__json_get_bool(doc, v, &b)) {
        luge__json_bool(w, b);
    } else {
        luge__json_string(w, text);
    }
}

/* Recursion is bounded: by LUGE__JSON_DEPTH. */
static uint32_t walk(const luge__json *doc, uint32_t v, luge__json_writer *w, int depth)
{
    luge__json_kind_of kind = luge__json_kind(doc, v);
    uint32_t count = 1, children = 0;
    must(kind > LUGE__JSON_NONE && kind <= LUGE__JSON_OBJECT && depth <= LUGE__JSON_DEPTH, "a value of no kind");
    if (kind < LUGE__JSON_ARRAY) {
        must(luge__json_first(doc, v) == 0 && luge__json_size(doc, v) == 0, "children of a leaf");
        write_leaf(doc, v, w);
        return 1;
    }
    luge__json_open(w, kind == LUGE__JSON_OBJECT ? '{' : '[');
    for (uint32_t child = luge__json_first(doc, v); child; child = luge__json_next(doc, child), children++) {
        const char *key = luge__json_key_of(doc, child);
        must(!key == (kind == LUGE__JSON_ARRAY), "a key where none should be, or none");
        if (key && children < 100) must(luge__json_member(doc, v, key) == child, "a member that is not found");
        if (key) luge__json_key(w, key);
        count += walk(doc, child, w, depth + 1);
    }
    must(children == luge__json_size(doc, v), "another number of children");
    luge__json_close(w, kind == LUGE__JSON_OBJECT ? '}' : ']');
    return count;
}

static int read_all(luge_context *ctx, const char *text, size_t size)
{
    luge__json_writer first = { .ctx = ctx }, second = { .ctx = ctx };
    luge__json *doc = luge__json_parse(ctx, "fuzz", text, size);
    if (!doc) return 0;
    uint32_t count = walk(doc, luge__json_root(doc), &first, 0);
    luge__json_free(doc);
    doc = luge__json_parse(ctx, "again", first.text, first.length); /* what is written reads back as the same */
    must(doc != NULL, "what was written does not read back");
    must(walk(doc, luge__json_root(doc), &second, 0) == count, "another number of values");
    must(strcmp(first.text, second.text) == 0, "written otherwise the second time");
    luge__json_free(doc);
    luge__json_writer_free(&first);
    luge__json_writer_free(&second);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const luge_open_options options = { .size = sizeof options, .threads = 1 };
    luge_context *ctx = luge_open_with(&options);
    double value;
    must(ctx != NULL, "no context");
    size_t before = luge_memory_now(ctx);
    int read = read_all(ctx, (const char *)data, size);
    must(read || (luge_failure(ctx) == LUGE_EFORMAT && strstr(luge_error(ctx), "fuzz: byte ")), "no message");
    must(luge_memory_now(ctx) == before, "memory is lost");
    must(read || luge_memory_peak(ctx) - before < 18 * size + 4096, "too much memory");
    (void)luge__parse_number((const char *)data, size, &value);
    luge_close(ctx);
    return 0;
}
