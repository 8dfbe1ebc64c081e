/* csv.c: scanning CSV: delimiters, quotes and line ends; what a field means is not its business. */
#include <string.h>

#include "data/csv.h"

enum { BUFFER = 1 << 18 }; /* a field with every character a doubled quote takes half of it */

static luge_status malformed(const luge__csv *csv, int64_t line, const char *what)
{
    return luge__fail(csv->ctx, LUGE_EFORMAT, "%s, line %l: %s", csv->file.path, line, what);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* Moves what is scanned to the begin of the buffer and fills the rest. */
static luge_status refill(luge__csv *csv)
{
    unsigned char *data = csv->buffer->data;
    size_t got;
    csv->at -= csv->start;
    csv->end -= csv->start;
    memmove(data, data + csv->start, csv->end);
    csv->start = 0;
    if (csv->end == csv->buffer->bytes) /* a field is shorter, a file that fits has a byte to spare */
        return luge__fail(csv->ctx, LUGE_EIO, "%s: the file changed while it was read", csv->file.path);
    const luge_status status =
        luge__source_read_some(&csv->file, csv->offset, data + csv->end, csv->buffer->bytes - csv->end, &got);
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
        return luge__fail(csv->ctx, LUGE_EFORMAT, "%s: the file is compressed; run gunzip on it", csv->file.path);
    return status;
}

luge_status luge__csv_open(luge_context *ctx, const char *path, char delimiter, luge__csv *csv)
{
    *csv = (luge__csv){ .ctx = ctx, .delimiter = delimiter };
    luge_status status = luge__source_open(ctx, path, &csv->file);
    if (status) return status;
    csv->buffer = luge__buffer_create(ctx, csv->file.bytes < BUFFER ? (size_t)csv->file.bytes + 1 : BUFFER);
    status = csv->buffer ? luge__csv_rewind(csv) : LUGE_ENOMEM;
    if (status) luge__csv_close(csv);
    return status;
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
        if (!status && !field->last) return malformed(csv, csv->line, "something follows a closing quote");
    }
    field->text = (const char *)csv->buffer->data + csv->start;
    field->length = length;
    return status;
}

static luge_status too_long(const luge__csv *csv, int64_t line)
{
    return malformed(csv, line, "a field of more than 65536 bytes; is a quote not closed?");
}

/* Unescapes in place: what is written never overtakes what is read. */
static luge_status quoted_field(luge__csv *csv, luge__field *field)
{
    size_t length = 0;
    luge_status status;
    for (csv->at++;; csv->at++) {
        int c = peek(csv, &status);
        if (status) return status;
        if (c < 0) return malformed(csv, field->line, "a quote that is never closed");
        if (c == 0) return malformed(csv, csv->line, "a zero byte: not a text in UTF-8");
        if (c == '"') {
            csv->at++;
            c = peek(csv, &status);
            if (status) return status;
            if (c != '"') return finish(csv, length, field);
        }
        if (length == LUGE__LONGEST_FIELD) return too_long(csv, field->line);
        csv->line += c == '\n';
        csv->buffer->data[csv->start + length++] = (unsigned char)c;
    }
}

luge_status luge__csv_field(luge__csv *csv, luge__field *field)
{
    const unsigned char delimiter = (unsigned char)csv->delimiter;
    luge_status status;
    csv->start = csv->at;
    field->line = csv->line;
    int c = peek(csv, &status);
    if (c == '"') return quoted_field(csv, field);
    while (c >= 0 && c != delimiter && c != '\n' && c != '\r' && c != '"' && c != 0) {
        const unsigned char *data = csv->buffer->data;
        do csv->at++;
        while (csv->at < csv->end && (c = data[csv->at]) != delimiter && c != '\n' && c != '\r' && c != '"' && c);
        if (csv->at - csv->start > LUGE__LONGEST_FIELD) return too_long(csv, field->line);
        c = peek(csv, &status);
    }
    if (status) return status;
    if (c == '"') return malformed(csv, csv->line, "a quote inside a field that does not begin with one");
    if (c == 0) return malformed(csv, csv->line, "a zero byte: not a text in UTF-8");
    return finish(csv, csv->at - csv->start, field);
}
