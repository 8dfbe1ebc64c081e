/* csv.c: scanning CSV: delimiters, quotes and line ends; what a field means is not its business. */
#include <float.h>
#include <string.h>

#include "data/csv.h"

enum { BUFFER = 1 << 18 };

static luge_status malformed(const luge__csv *csv, int64_t line, const char *what)
{
    return luge__fail(csv->ctx, LUGE_EFORMAT, "%s, line %l: %s", csv->path, line, what);
}

static luge_status bad_field(const luge__csv *csv, int64_t line, const char *what)
{
    return luge__fail(csv->ctx, LUGE_EFORMAT, "%s, line %l, column %l: %s", csv->path, line, csv->column, what);
}

void luge__excerpt(const char *from, size_t length, char text[LUGE__EXCERPT])
{
    const size_t most = LUGE__EXCERPT - 4;
    size_t n = length < most ? length : most;
    while (n < length && n > 0 && ((unsigned char)from[n] & 0xC0) == 0x80) n--;
    for (size_t i = 0; i < n; i++) text[i] = (unsigned char)from[i] < ' ' ? ' ' : from[i];
    memcpy(text + n, n < length ? "..." : "", n < length ? 4 : 1);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* As much as there is, up to `bytes`. */
static luge_status read_stream(luge__csv *csv, unsigned char *data, size_t bytes, size_t *got)
{
    for (*got = 0; *got < bytes;) {
        const int64_t n = csv->reader->read(csv->reader->user, data + *got, bytes - *got);
        if (n == 0) break;
        if (n < 0 && luge_failed(csv->ctx)) return luge_failure(csv->ctx);
        if (n < 0) return luge__fail(csv->ctx, LUGE_EIO, "%s: its reader failed", csv->path);
        if ((uint64_t)n > bytes - *got)
            return luge__fail(csv->ctx, LUGE_EINVAL, "%s: its reader returned %l; it was asked for %z bytes", csv->path,
                              n, bytes - *got);
        *got += (size_t)n;
    }
    return LUGE_OK;
}

/* Room for a longer field; no field is so long that there is no end to it. */
static luge_status grow_buffer(luge__csv *csv)
{
    luge__buffer *larger = luge__buffer_create(csv->ctx, 2 * csv->buffer->bytes + 64);
    if (!larger) return LUGE_ENOMEM;
    memcpy(larger->data, csv->buffer->data, csv->end);
    luge__buffer_drop(csv->buffer);
    csv->buffer = larger;
    return LUGE_OK;
}

/* Moves what is scanned to the begin of the buffer and fills the rest. */
static luge_status refill(luge__csv *csv)
{
    unsigned char *data = csv->buffer->data;
    size_t got = 0;
    csv->at -= csv->start;
    csv->end -= csv->start;
    memmove(data, data + csv->start, csv->end);
    csv->start = 0;
    luge_status status = csv->end == csv->buffer->bytes ? grow_buffer(csv) : LUGE_OK;
    if (status) return status;
    data = csv->buffer->data + csv->end;
    const size_t bytes = csv->buffer->bytes - csv->end;
    status = csv->reader ? read_stream(csv, data, bytes, &got)
                         : luge__source_read_some(&csv->file, csv->offset, data, bytes, &got);
    csv->end += got;
    csv->offset += got;
    csv->at_end = got == 0;
    return status;
}

/* The byte at `at`, or -1 at the end of the file or on an error. */
static int peek(luge__csv *csv, luge_status *status)
{
    *status = LUGE_OK;
    if (csv->at == csv->end && !csv->at_end) *status = refill(csv);
    return *status || csv->at == csv->end ? -1 : csv->buffer->data[csv->at];
}

luge_status luge__csv_rewind(luge__csv *csv)
{
    csv->start = csv->at = csv->end = 0;
    csv->offset = 0;
    csv->line = 1;
    const luge_status status = refill(csv);
    const unsigned char *data = csv->buffer->data;
    if (!status && csv->end >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) csv->at = 3;
    if (!status && csv->end >= 2 && data[0] == 0x1f && data[1] == 0x8b)
        return luge__fail(csv->ctx, LUGE_EFORMAT, "%s: the file is compressed; run gunzip on it", csv->path);
    return status;
}

luge_status luge__csv_open(luge_context *ctx, const char *path, const luge_reader *reader, luge__csv *csv)
{
    size_t bytes = BUFFER;
    *csv = (luge__csv){ .ctx = ctx, .path = path, .reader = reader, .longest = LUGE__LONGEST_FIELD };
    csv->file.fd = -1;
    luge_status status = reader ? LUGE_OK : luge__source_open(ctx, path, &csv->file);
    if (status) return status;
    if (!reader && csv->file.bytes < BUFFER) bytes = (size_t)csv->file.bytes + 1;
    csv->buffer = luge__buffer_create(ctx, bytes);
    status = csv->buffer ? luge__csv_rewind(csv) : LUGE_ENOMEM;
    if (status) luge__csv_close(csv);
    return status;
}

void luge__csv_delimit(luge__csv *csv, char delimiter)
{
    csv->delimiter = delimiter;
    csv->stop[(unsigned char)delimiter] = csv->stop['\n'] = csv->stop['\r'] = csv->stop['"'] = csv->stop[0] = 1;
}

void luge__csv_close(luge__csv *csv)
{
    if (csv->file.fd >= 0) luge__source_close(&csv->file);
    luge__buffer_drop(csv->buffer);
    csv->buffer = NULL;
}

/* ---- records and fields ------------------------------------------------------------------------------------------ */

/* Passes a line end, if one comes next. */
static luge_status pass_line_end(luge__csv *csv, int *passed)
{
    luge_status status;
    int c = peek(csv, &status);
    *passed = 0;
    if (c == '\r') {
        csv->at++;
        c = peek(csv, &status);
        if (!status && c != '\n') return malformed(csv, csv->line, "a carriage return without a line feed");
    }
    if (status || c != '\n') return status;
    csv->at++;
    csv->line++;
    *passed = 1;
    return LUGE_OK;
}

luge_status luge__csv_record(luge__csv *csv, int *more)
{
    luge_status status;
    int blank;
    const int64_t line = csv->line;
    csv->column = 0;
    do {
        csv->start = csv->at;
        status = pass_line_end(csv, &blank);
    } while (!status && blank);
    *more = !status && peek(csv, &status) >= 0;
    if (!status && *more && csv->line != line) return malformed(csv, line, "a blank line");
    return status;
}

/* What follows a field, when it is complete: the end of the file, a delimiter, a line end. */
static luge_status finish(luge__csv *csv, size_t length, luge__field *field)
{
    luge_status status;
    const int c = peek(csv, &status);
    field->last = 1;
    if (!status && c == (unsigned char)csv->delimiter) {
        csv->at++;
        field->last = 0;
    } else if (!status && c >= 0) {
        status = pass_line_end(csv, &field->last);
        if (!status && !field->last) return bad_field(csv, csv->line, "something follows a closing quote");
    }
    field->text = (const char *)csv->buffer->data + csv->start;
    field->length = length;
    return status;
}

static luge_status too_long(const luge__csv *csv, int64_t line)
{
    return luge__fail(csv->ctx, LUGE_EFORMAT,
                      "%s, line %l, column %l: a field of more than %z bytes; is a quote not closed?", csv->path, line,
                      csv->column, csv->longest);
}

/* Unescapes in place: what is written never overtakes what is read. */
static luge_status quoted_field(luge__csv *csv, luge__field *field)
{
    size_t length = 0;
    luge_status status;
    field->quoted = 1;
    for (csv->at++;; csv->at++) {
        int c = peek(csv, &status);
        if (status) return status;
        if (c < 0) return bad_field(csv, field->line, "a quote that is never closed");
        if (c == 0) return bad_field(csv, csv->line, "a zero byte: not a text in UTF-8");
        if (c == '"') {
            csv->at++;
            c = peek(csv, &status);
            if (status) return status;
            if (c != '"') return finish(csv, length, field);
        }
        if (length == csv->longest) return too_long(csv, field->line);
        csv->line += c == '\n';
        csv->buffer->data[csv->start + length++] = (unsigned char)c;
    }
}

luge_status luge__csv_field(luge__csv *csv, luge__field *field)
{
    luge_status status;
    csv->start = csv->at;
    csv->column++;
    field->line = csv->line;
    field->quoted = 0;
    int c = peek(csv, &status);
    if (c == '"') return quoted_field(csv, field);
    while (c >= 0 && !csv->stop[c]) {
        const unsigned char *data = csv->buffer->data, *stop = csv->stop;
        const size_t end = csv->end;
        size_t at = csv->at;
        do at++;
        while (at < end && !stop[data[at]]);
        csv->at = at;
        if (at - csv->start > csv->longest) return too_long(csv, field->line);
        c = peek(csv, &status);
    }
    if (status) return status;
    if (c == '"') return bad_field(csv, csv->line, "a quote inside a field that does not begin with one");
    if (c == 0) return bad_field(csv, csv->line, "a zero byte: not a text in UTF-8");
    return finish(csv, csv->at - csv->start, field);
}

#if FLT_EVAL_METHOD == 0
/* Digits and a point, up to 19 of them, as digits and decimals; returns the end, or NULL for anything else. */
static const unsigned char *read_digits(const unsigned char *c, char point, uint64_t *head, size_t *decimals)
{
    const unsigned char *const first = c, *const most = c + 19, *after = NULL;
    for (*head = 0; c < most; c++) {
        const unsigned digit = *c - (unsigned)'0';
        if (digit < 10)
            *head = 10 * *head + digit;
        else if (*c == (unsigned char)point && !after)
            after = c + 1;
        else
            break;
    }
    *decimals = after ? (size_t)(c - after) : 0;
    return c - first > (after != NULL) ? c : NULL;
}

#if defined __GNUC__ && defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Counts the digits at c, of which eight can be read; fewer than eight become *value. All at once, for how many there
 * are is hard to predict: pairs of digits, pairs of those, and so on, side by side in one word. */
static inline size_t few_digits(const unsigned char *c, uint64_t *value)
{
    const uint64_t each = 0x0101010101010101, low = 0x000000FF000000FF;
    uint64_t x;
    memcpy(&x, c, sizeof x);
    x ^= '0' * each;
    const uint64_t others = (x + 0x76 * each) | x; /* above the first byte that is no digit it may be wrong */
    if (!(others & 0x80 * each)) return 8;
    const size_t n = (size_t)__builtin_ctzll(others & 0x80 * each) / 8;
    x = n ? x << (64 - 8 * n) : 0;
    x = x * 10 + (x >> 8);
    *value = ((x & low) * (100 + ((uint64_t)1000000 << 32)) + (x >> 16 & low) * (1 + ((uint64_t)10000 << 32))) >> 32;
    return n;
}

static const unsigned char *read_few(const unsigned char *c, char point, uint64_t *head, size_t *decimals)
{
    static const uint64_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };
    uint64_t part = 0;
    const size_t n = few_digits(c, head);
    *decimals = 0;
    if (n == 8) return NULL;
    c += n;
    if (*c != (unsigned char)point) return n ? c : NULL;
    const size_t m = few_digits(c + 1, &part);
    if (m == 8 || n + m == 0) return NULL;
    *head = *head * tens[m] + part;
    *decimals = m;
    return c + 1 + m;
}
#else
#define read_few(c, point, head, decimals) NULL
#endif
#endif

int luge__csv_number(luge__csv *csv, char point, luge__field *field, double *value)
{
#if FLT_EVAL_METHOD == 0
    static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19 };
    const unsigned char *text = csv->buffer->data + csv->at, *c;
    uint64_t head = 0;
    size_t decimals = 0;
    if (csv->end - csv->at < 24) return 0; /* a sign, 19 digits, a line end */
    const int negative = *text == '-';
    c = read_few(text + negative, point, &head, &decimals);
    if (!c) c = read_digits(text + negative, point, &head, &decimals);
    if (!c || head > (uint64_t)1 << 53) return 0; /* what is below is exact but for one rounding */
    const size_t length = (size_t)(c - text);
    if (*c == '\r' && c[1] == '\n') c++;
    if (*c != (unsigned char)csv->delimiter && *c != '\n') return 0;
    double size = (double)(int64_t)head;
    if (decimals) size /= tens[decimals]; /* slow */
    *value = negative ? -size : size;
    field->text = (const char *)text;
    field->length = length;
    field->line = csv->line;
    field->last = *c == '\n';
    field->quoted = 0;
    csv->start = csv->at;
    csv->at += (size_t)(c + 1 - text);
    csv->line += field->last;
    csv->column++;
    return 1;
#else
    (void)csv, (void)point, (void)field, (void)value;
    return 0; /* intermediate results have more bits than a double */
#endif
}
