/* status.c: names of status codes, failure messages, and the small formatter behind them.
 *
 * The formatter is our own because messages must not depend on the locale, must not allocate and must know shapes and
 * dtypes. A message is built in a local buffer first, so an argument may be an older message. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/core.h"

#if LUGE_THREADS
#define THREAD_LOCAL _Thread_local
#else
#define THREAD_LOCAL
#endif

enum { MESSAGE_SIZE = 512, PRINT_SIZE = 1024 };

static THREAD_LOCAL luge_status last_status;
static THREAD_LOCAL char last_message[MESSAGE_SIZE];

/* ---- names ------------------------------------------------------------------------------------------------------- */

const char *luge_status_name(luge_status status)
{
    switch ((int)status) {
#define CASE(name, value, text)                                                                                        \
    case value:                                                                                                        \
        return "LUGE_" #name;
        LUGE_STATUS_MAP(CASE)
#undef CASE
    default:
        return "LUGE_?";
    }
}

const char *luge_status_text(luge_status status)
{
    switch ((int)status) {
#define CASE(name, value, text)                                                                                        \
    case value:                                                                                                        \
        return text;
        LUGE_STATUS_MAP(CASE)
#undef CASE
    default:
        return "unknown status";
    }
}

#define TEXT(x)           #x
#define VERSION3(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *luge_version(void)
{
    return VERSION3(LUGE_VERSION_MAJOR, LUGE_VERSION_MINOR, LUGE_VERSION_PATCH);
}

/* ---- the formatter ----------------------------------------------------------------------------------------------- */

typedef struct writer {
    char *text;
    size_t size, length;
    int cut; /* something did not fit */
} writer;

static void put(writer *w, const char *text, size_t n)
{
    size_t room = w->size - 1 - w->length;
    if (n > room) {
        n = room;
        w->cut = 1;
    }
    memcpy(w->text + w->length, text, n);
    w->length += n;
}

static void put_string(writer *w, const char *text)
{
    if (!text) text = "(null)";
    put(w, text, strlen(text));
}

static void put_unsigned(writer *w, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value);
    put(w, digits + at, sizeof digits - at);
}

static void put_signed(writer *w, int64_t value)
{
    if (value < 0) put(w, "-", 1);
    put_unsigned(w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* The C library writes the locale's decimal point: whatever is no digit, sign or exponent is that point. */
static size_t print_number(char *text, size_t size, double value, int precision)
{
    size_t length = 0;
    (void)snprintf(text, size, "%.*g", precision, value);
    for (const char *c = text; *c; c++) {
        if (strchr("0123456789+-e", *c)) {
            text[length++] = *c;
        } else if (length == 0 || text[length - 1] != '.') {
            text[length++] = '.';
        }
    }
    return length;
}

/* As few digits as read back, and no fewer than 15. */
static void put_double(writer *w, double value)
{
    char text[64];
    double back = 0;
    size_t length = 0;
    if (isnan(value)) {
        put_string(w, "nan");
        return;
    }
    if (isinf(value)) {
        put_string(w, value < 0 ? "-inf" : "inf");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        length = print_number(text, sizeof text, value, precision);
        if (luge__parse_number(text, length, &back) && !(back < value) && !(back > value)) break;
    }
    put(w, text, length);
}

/* ---- shapes and the rest ----------------------------------------------------------------------------------------- */

static void put_shape(writer *w, const luge_shape *shape)
{
    if (!shape) {
        put_string(w, "(null)");
        return;
    }
    if (shape->ndim < 0 || shape->ndim > LUGE_MAX_DIMS) {
        put_string(w, "[ndim ");
        put_signed(w, shape->ndim);
        put(w, "]", 1);
        return;
    }
    put(w, "[", 1);
    for (int i = 0; i < shape->ndim; i++) {
        if (i) put(w, ",", 1);
        put_signed(w, shape->dim[i]);
    }
    put(w, "]", 1);
}

/* The array type of a va_list cannot be passed by pointer once it is a parameter; a member of a struct can. */
typedef struct arguments {
    va_list list;
} arguments;

static void put_argument(writer *w, char kind, arguments *args)
{
    switch (kind) {
    case 's':
        put_string(w, va_arg(args->list, const char *));
        break;
    case 'c': {
        char c = (char)va_arg(args->list, int);
        put(w, &c, 1);
        break;
    }
    case 'd':
        put_signed(w, va_arg(args->list, int));
        break;
    case 'l':
        put_signed(w, va_arg(args->list, int64_t));
        break;
    case 'z':
        put_unsigned(w, va_arg(args->list, size_t));
        break;
    case 'g':
        put_double(w, va_arg(args->list, double));
        break;
    case 'S':
        put_shape(w, va_arg(args->list, const luge_shape *));
        break;
    case 'T':
        put_string(w, luge_dtype_name((luge_dtype)va_arg(args->list, int)));
        break;
    default: /* not ours: as it stands */
        put(w, "%", 1);
        put(w, &kind, 1);
    }
}

static void write_format(writer *w, const char *format, va_list list)
{
    arguments args;
    va_copy(args.list, list);
    while (*format) {
        const char *percent = strchr(format, '%');
        if (!percent) {
            put_string(w, format);
            break;
        }
        put(w, format, (size_t)(percent - format));
        if (percent[1] == '%' || !percent[1]) {
            put(w, "%", 1);
        } else {
            put_argument(w, percent[1], &args);
        }
        format = percent[1] ? percent + 2 : percent + 1;
    }
    va_end(args.list);
    w->text[w->length] = 0;
}

size_t luge__format_list(char *text, size_t size, const char *format, va_list args)
{
    if (size == 0) return 0;
    writer w = { text, size, 0, 0 };
    write_format(&w, format, args);
    return w.length;
}

size_t luge__format(char *text, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t length = luge__format_list(text, size, format, args);
    va_end(args);
    return length;
}

void luge__print(luge_sink sink, const char *format, ...)
{
    char text[PRINT_SIZE];
    va_list args;
    if (!sink.write) return;
    va_start(args, format);
    size_t length = luge__format_list(text, sizeof text, format, args);
    va_end(args);
    sink.write(sink.user, text, length);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void record(luge_context *ctx, luge_status status, const char *format, va_list args)
{
    char text[MESSAGE_SIZE];
    writer w = { text, sizeof text, 0, 0 };
    write_format(&w, format, args);
    if (w.cut) {
        size_t end = sizeof text - 4;
        while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80) end--; /* no half character of UTF-8 */
        memcpy(text + end, "...", 4);
        w.length = end + 3;
    }
    last_status = status;
    memcpy(last_message, text, w.length + 1);
    if (ctx && ctx->status == LUGE_OK) {
        ctx->status = status;
        memcpy(ctx->message, text, w.length + 1);
    }
}

luge_status luge__fail(luge_context *ctx, luge_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    record(ctx, status, format, args);
    va_end(args);
    return status;
}

luge_status luge__fail_thread(luge_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    record(NULL, status, format, args);
    va_end(args);
    return status;
}

luge_status luge_report(luge_context *ctx, luge_status status, const char *text)
{
    return status == LUGE_OK ? LUGE_OK : luge__fail(ctx, status, "%s", text ? text : "");
}

const char *luge_last_error(void)
{
    return last_message;
}

int luge_failed(const luge_context *ctx)
{
    return !ctx || ctx->status != LUGE_OK;
}

luge_status luge_failure(const luge_context *ctx)
{
    if (ctx) return ctx->status;
    return last_status == LUGE_OK ? LUGE_EINVAL : last_status;
}

const char *luge_error(const luge_context *ctx)
{
    return ctx ? ctx->message : last_message;
}

void luge_clear(luge_context *ctx)
{
    if (!ctx) return;
    ctx->status = LUGE_OK;
    ctx->message[0] = 0;
}
