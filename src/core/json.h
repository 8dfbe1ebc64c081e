/* json.h: JSON (RFC 8259), written and read. */
#ifndef LUGE_CORE_JSON_H
#define LUGE_CORE_JSON_H

#include "core/core.h"

/* Bytes of the character of UTF-8 that the n bytes at text begin with; 0 where they begin with none. */
size_t luge__utf8_length(const char *text, size_t n);

/* ---- writing: commas and quotes are put by the writer ------------------------------------------------------------ */

/* Starts as { .ctx = ctx }. The text is NULL at first, then terminated by 0. */
typedef struct luge__json_writer {
    luge_context *ctx;
    char *text;
    size_t length, capacity;
    int comma;          /* the next value or key needs one before it */
    luge_status status; /* the first failure (memory) sticks here; nothing is written after it */
} luge__json_writer;

void luge__json_open(luge__json_writer *w, char bracket);  /* '{' or '[' */
void luge__json_close(luge__json_writer *w, char bracket); /* '}' or ']' */
void luge__json_key(luge__json_writer *w, const char *key);
/* What is not UTF-8 is replaced by U+FFFD, byte by byte. NULL is written as null. */
void luge__json_string(luge__json_writer *w, const char *text);
void luge__json_strings(luge__json_writer *w, const char *key, const char *const *texts,
                        size_t n); /* a member: an array */
void luge__json_int(luge__json_writer *w, int64_t value);
void luge__json_uint(luge__json_writer *w, uint64_t value);
void luge__json_number(luge__json_writer *w, double value); /* reads back; "nan", "inf", "-inf" are strings */
void luge__json_bool(luge__json_writer *w, int value);
void luge__json_writer_free(luge__json_writer *w);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

typedef enum {
    LUGE__JSON_NONE,
    LUGE__JSON_NULL,
    LUGE__JSON_BOOL,
    LUGE__JSON_NUMBER,
    LUGE__JSON_STRING,
    LUGE__JSON_ARRAY,
    LUGE__JSON_OBJECT
} luge__json_kind_of;

enum { LUGE__JSON_DEPTH = 64 }; /* arrays and objects in one another */

typedef struct luge__json luge__json;

/* Reads one value with nothing but white space around it. NULL on an error: LUGE_EFORMAT with a message that begins
 * with `who` and names the byte, or LUGE_ENOMEM. Refused beyond the grammar: a key twice in an object, invalid UTF-8,
 * half a surrogate pair, a key with NUL inside, nesting over LUGE__JSON_DEPTH, 512 MB. Takes some 10 bytes of memory
 * for a byte of text at most; the text is not needed afterwards. */
luge__json *luge__json_parse(luge_context *ctx, const char *who, const char *text, size_t bytes);
void luge__json_free(luge__json *doc); /* NULL is fine */

/* Values are numbers; 0 is none, and what every function below gives for 0, for a value of another kind and for what is
 * not there. Strings belong to the document. */
uint32_t luge__json_root(const luge__json *doc);
luge__json_kind_of luge__json_kind(const luge__json *doc, uint32_t v);
uint32_t luge__json_size(const luge__json *doc, uint32_t v);                         /* elements or members */
uint32_t luge__json_member(const luge__json *doc, uint32_t object, const char *key); /* looks at one after another */
uint32_t luge__json_first(const luge__json *doc, uint32_t container);
uint32_t luge__json_next(const luge__json *doc, uint32_t v);
const char *luge__json_key_of(const luge__json *doc, uint32_t v);     /* of a member; NULL otherwise */
const char *luge__json_get_string(const luge__json *doc, uint32_t v); /* NULL unless a string without NUL inside */
/* Zero, and *out unchanged, unless an integer (digits without point and exponent) that fits. */
int luge__json_get_int(const luge__json *doc, uint32_t v, int64_t *out);
int luge__json_get_uint(const luge__json *doc, uint32_t v, uint64_t *out);
int luge__json_get_number(const luge__json *doc, uint32_t v, double *out); /* also "nan", "inf", "-inf" */
int luge__json_get_bool(const luge__json *doc, uint32_t v, int *out);

#endif
