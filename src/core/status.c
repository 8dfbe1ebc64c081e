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

/* ---- names ---------------------------------------------------------------------------------------------------- */

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

/* ---- the formatter -------------------------------------------------------------------------------------------- */

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

/* ---- numbers: the shortest form that reads back ------------------------------------------------------------- */

/* Natural numbers up to 2^1280: m 10^e and f 2^q of any double, multiplied by what makes them whole. */
enum { BIG_WORDS = 40 };

typedef struct big {
    uint32_t word[BIG_WORDS];
} big;

static void big_multiply(big *x, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < BIG_WORDS; i++) {
        carry += (uint64_t)x->word[i] * factor;
        x->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static big big_scaled(uint64_t value, int tens, int twos)
{
    big x = { { (uint32_t)value, (uint32_t)(value >> 32) } };
    for (; tens > 0; tens--) big_multiply(&x, 10);
    for (; twos >= 16; twos -= 16) big_multiply(&x, 1u << 16);
    if (twos > 0) big_multiply(&x, 1u << twos);
    return x;
}

/* The sign of m 10^e - x 2^q. */
static int compare_scaled(uint64_t m, int e, uint64_t x, int q)
{
    big left = big_scaled(m, e, -q), right = big_scaled(x, -e, q);
    for (int i = BIG_WORDS - 1; i >= 0; i--) {
        if (left.word[i] != right.word[i]) return left.word[i] < right.word[i] ? -1 : 1;
    }
    return 0;
}

/* Whether m 10^e, read with correct rounding, is value (positive, finite): whether it lies between the middles to the
 * neighbours of value = f 2^q. */
static int reads_back(uint64_t m, int e, double value)
{
    int q;
    uint64_t f = (uint64_t)(frexp(value, &q) * 0x1p53);
    q -= 53;
    if (q < -1074) { /* below the normal numbers */
        f >>= -1074 - q;
        q = -1074;
    }
    int near_below = f == (uint64_t)1 << 52 && q > -1074; /* a power of two: half the distance downwards */
    int below = compare_scaled(m, e, 4 * f - (near_below ? 1 : 2), q - 2);
    int above = compare_scaled(m, e, 4 * f + 2, q - 2);
    return f % 2 == 0 ? below >= 0 && above <= 0 : below > 0 && above < 0;
}

/* Whether value's `precision` digits are enough. */
static int is_enough(double value, int precision)
{
    char text[64];
    uint64_t m = 0;
    int exponent = 0;
    (void)snprintf(text, sizeof text, "%.*e", precision - 1, value);
    const char *c = text;
    for (; *c && *c != 'e'; c++) {
        if (*c >= '0' && *c <= '9') m = 10 * m + (uint64_t)(*c - '0');
    }
    if (!*c) return 1;
    int negative = *++c == '-';
    for (c++; *c; c++) exponent = 10 * exponent + (*c - '0');
    return reads_back(m, (negative ? -exponent : exponent) - (precision - 1), value);
}

/* The C library writes the locale's decimal point: whatever is no digit, sign or exponent is that point. */
static void put_double(writer *w, double value)
{
    char text[64];
    if (isnan(value)) {
        put_string(w, "nan");
        return;
    }
    if (isinf(value)) {
        put_string(w, value < 0 ? "-inf" : "inf");
        return;
    }
    int precision = 15, in_point = 0;
    while (precision < 17 && fabs(value) > 0 && !is_enough(fabs(value), precision)) precision++;
    (void)snprintf(text, sizeof text, "%.*g", precision, value);
    for (const char *c = text; *c; c++) {
        int is_point = !strchr("0123456789+-e", *c);
        if (!is_point || !in_point) put(w, is_point ? "." : c, 1);
        in_point = is_point;
    }
}

/* ---- shapes and the rest ------------------------------------------------------------------------------------ */

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

/* ---- failures ------------------------------------------------------------------------------------------------- */

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
