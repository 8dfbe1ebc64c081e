/* npy.c: the header of NumPy's NPY files, versions 1 to 3: a magic number, a length, and a Python dict of three
 * entries,
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), } */
#include <string.h>

#include "data/data.h"

enum { LONGEST_HEADER = 65535, PREFIX = 12, WORD = 64 };

typedef struct parser {
    const luge__source *file;
    const char *at, *end;
    luge__stored stored;
    luge_shape shape;
    int fortran;
    int seen; /* bits of descr, fortran_order, shape */
} parser;

static luge_status malformed(const parser *p, const char *what)
{
    return luge__fail(p->file->ctx, LUGE_EFORMAT, "%s: not an NPY file that can be read: %s", p->file->path, what);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void skip_space(parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r')) p->at++;
}

/* Whether c comes next; if so, it is passed. */
static int accept(parser *p, char c)
{
    skip_space(p);
    if (p->at == p->end || *p->at != c) return 0;
    p->at++;
    return 1;
}

static int accept_word(parser *p, const char *word)
{
    const size_t n = strlen(word);
    skip_space(p);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0) return 0;
    p->at += n;
    return 1;
}

/* A text in quotes, without escapes. */
static luge_status read_text(parser *p, char text[WORD])
{
    const char quote = accept(p, '\'') ? '\'' : accept(p, '"') ? '"' : 0;
    size_t n = 0;
    if (!quote) return malformed(p, "its header is no dict of 'descr', 'fortran_order' and 'shape'");
    while (p->at < p->end && *p->at != quote && *p->at >= ' ' && *p->at <= '~' && *p->at != '\\' && n < WORD - 1)
        text[n++] = *p->at++;
    text[n] = 0;
    return accept(p, quote) ? LUGE_OK : malformed(p, "a text in its header does not end, is too long, or not plain");
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static luge_status read_type(parser *p)
{
    static const struct {
        char code[3];
        luge_dtype dtype;
        int is_signed;
    } types[] = {
        { "f4", LUGE_F32, 0 }, { "f8", LUGE_F64, 0 }, { "b1", LUGE_BOOL, 0 }, { "u1", LUGE_U8, 0 },
        { "i1", LUGE_I8, 1 },  { "i2", LUGE_I32, 1 }, { "i4", LUGE_I32, 1 },  { "i8", LUGE_I64, 1 },
        { "u2", LUGE_I32, 0 }, { "u4", LUGE_I64, 0 },
    };
    char text[WORD];
    if (accept(p, '[')) return malformed(p, "its rows are records of several types; save one array for each");
    const luge_status status = read_text(p, text);
    if (status) return status;
    if (strchr(text, 'O')) return malformed(p, "it holds Python objects; save numbers");
    const char *code = *text && strchr("<>|=", *text) ? text + 1 : text;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const uint16_t one = 1;
        const int host_is_big = *(const unsigned char *)&one == 0;
        if (strcmp(code, types[i].code) != 0) continue;
        p->stored = (luge__stored){ .dtype = types[i].dtype,
                                    .bytes = code[1] - '0',
                                    .is_signed = types[i].is_signed,
                                    .big_endian = *text == '>' || (*text != '<' && host_is_big) };
        return LUGE_OK;
    }
    return luge__fail(p->file->ctx, LUGE_ENOTSUP,
                      "%s: elements of type \"%s\"; possible are f4, f8, i1, i2, i4, i8, u1, u2, u4, b1: save it with "
                      ".astype('float32')",
                      p->file->path, text);
}

static luge_status read_flag(parser *p)
{
    p->fortran = accept_word(p, "True");
    return p->fortran || accept_word(p, "False") ? LUGE_OK : malformed(p, "fortran_order is neither True nor False");
}

static luge_status read_shape(parser *p)
{
    int comma = 1;
    if (!accept(p, '(')) return malformed(p, "its shape is no tuple");
    while (!accept(p, ')')) {
        int64_t size = 0;
        const char *begin = p->at;
        for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
            if (size > (INT64_MAX - 9) / 10) return malformed(p, "a size in its shape is too large");
            size = 10 * size + (*p->at - '0');
        }
        if (p->at == begin || !comma) return malformed(p, "its shape is no tuple of sizes");
        if (p->shape.ndim == LUGE_MAX_DIMS) return malformed(p, "it has more than 8 dimensions");
        p->shape.dim[p->shape.ndim++] = size;
        if (p->at < p->end && *p->at == 'L') p->at++; /* written by Python 2 */
        comma = accept(p, ',');
    }
    if (p->shape.ndim == 0) return malformed(p, "a single number has no rows");
    if (p->shape.ndim == 1 && !comma) return malformed(p, "its shape is no tuple of sizes");
    return LUGE_OK;
}

static luge_status read_dict(parser *p)
{
    static const struct {
        const char *key;
        luge_status (*read)(parser *);
    } entries[] = { { "descr", read_type }, { "fortran_order", read_flag }, { "shape", read_shape } };
    int comma = 1;
    if (!accept(p, '{')) return malformed(p, "its header is no dict");
    while (!accept(p, '}')) {
        char key[WORD];
        size_t i = 0;
        if (!comma) return malformed(p, "a comma is missing in its header");
        luge_status status = read_text(p, key);
        if (status) return status;
        while (i < 3 && strcmp(key, entries[i].key) != 0) i++;
        if (i == 3 || p->seen & 1 << i) return malformed(p, "an entry of its header is unknown or there twice");
        if (!accept(p, ':')) return malformed(p, "a colon is missing in its header");
        status = entries[i].read(p);
        if (status) return status;
        p->seen |= 1 << i;
        comma = accept(p, ',');
    }
    skip_space(p);
    if (p->at < p->end) return malformed(p, "something follows the dict in its header");
    return p->seen == 7 ? LUGE_OK : malformed(p, "descr, fortran_order or shape is missing in its header");
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* The length of the header and where it begins. */
static luge_status read_prefix(const parser *p, size_t *length, int64_t *start)
{
    unsigned char b[PREFIX] = { 0 };
    size_t got;
    const luge_status status = luge__source_read_some(p->file, 0, b, sizeof b, &got);
    if (status) return status;
    if (got < 6 || memcmp(b, "\x93NUMPY", 6) != 0) {
        if (got >= 2 && b[0] == 'P' && b[1] == 'K') return malformed(p, "it is an archive (npz); unzip it");
        return malformed(p, "the magic number is missing");
    }
    if (got < PREFIX) return malformed(p, "it ends in its header");
    if (b[6] < 1 || b[6] > 3 || b[7] != 0) return malformed(p, "its version is none of 1.0, 2.0 and 3.0");
    *start = b[6] == 1 ? 10 : 12;
    *length = (size_t)b[8] | (size_t)b[9] << 8;
    if (b[6] > 1) *length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (*length > LONGEST_HEADER) return malformed(p, "its header is longer than 65535 bytes");
    if ((int64_t)*length > (int64_t)p->file->bytes - *start) return malformed(p, "it ends in its header");
    return LUGE_OK;
}

static luge_status read_header(parser *p, int64_t *start)
{
    size_t length = 0, got = 0;
    luge_context *ctx = p->file->ctx;
    luge_status status = read_prefix(p, &length, start);
    if (status) return status;
    if (length == 0) return malformed(p, "its header is no dict");
    char *text = luge__alloc(ctx, length);
    if (!text) return LUGE_ENOMEM;
    status = luge__source_read_some(p->file, (uint64_t)*start, text, length, &got);
    *start += (int64_t)length;
    p->at = text;
    p->end = text + got;
    if (!status) status = read_dict(p);
    luge__release(ctx, text, length);
    if (status) return status;
    if (p->fortran && p->shape.ndim > 1)
        return malformed(p, "its elements lie by columns; save it with numpy.ascontiguousarray");
    const int64_t size = luge_shape_size(&p->shape), left = (int64_t)p->file->bytes - *start;
    if (size >= 0 && size <= INT64_MAX / p->stored.bytes && size * p->stored.bytes == left) return LUGE_OK;
    return luge__fail(ctx, LUGE_EFORMAT, "%s: the header says %S of %d bytes each; %l bytes follow it", p->file->path,
                      &p->shape, p->stored.bytes, left);
}

luge_array *luge_array_npy(luge_context *ctx, const char *path)
{
    luge__source file;
    int64_t start = 0;
    if (!ctx || !path) {
        (void)luge__fail(ctx, LUGE_EINVAL, "luge_array_npy: the %s is NULL", ctx ? "path" : "context");
        return NULL;
    }
    if (luge_failed(ctx) || luge__source_open(ctx, path, &file)) return NULL;
    parser p = { .file = &file };
    if (read_header(&p, &start) == LUGE_OK) return luge__array_of_file(&file, &p.stored, &p.shape, start);
    luge__source_close(&file);
    return NULL;
}
