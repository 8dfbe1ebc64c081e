/* context.c: opening and closing a context, the list of what it owns, and what can be asked of it. */
#include <stdlib.h>
#include <string.h>

#include "core/core.h"

enum { LOG_SIZE = 1024 };

static void *default_realloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* The caller may have been compiled with a shorter or longer struct: what it does not know is zero, and what it knows
 * and we do not must be zero. */
luge_status luge__read_options(luge_context *ctx, const char *who, void *options, size_t size, const void *given)
{
    size_t given_size;
    memset(options, 0, size);
    if (!given) return LUGE_OK;
    memcpy(&given_size, given, sizeof given_size); /* the first member of every options struct */
    if (given_size < sizeof given_size)
        return luge__fail(ctx, LUGE_EINVAL, "%s: the options' size is %z; their sizeof, %z, is expected", who,
                          given_size, size);
    for (size_t i = size; i < given_size; i++)
        if (((const unsigned char *)given)[i])
            return luge__fail(ctx, LUGE_EINVAL,
                              "%s: options of %z bytes set something that this version (%z) does not know", who,
                              given_size, size);
    memcpy(options, given, given_size < size ? given_size : size);
    memcpy(options, &size, sizeof size); /* the copy may be read again */
    return LUGE_OK;
}

static luge_status read_open_options(const luge_open_options *given, luge_open_options *options)
{
    const luge_status status = luge__read_options(NULL, "luge_open", options, sizeof *options, given);
    if (status) return status;
    if (options->threads < 0 || options->threads > LUGE__MAX_THREADS)
        return luge__fail(NULL, LUGE_EINVAL, "luge_open: threads is %d; possible are 1 to %d, or 0 for all cores",
                          (int)options->threads, (int)LUGE__MAX_THREADS);
    return LUGE_OK;
}

static luge_status choose_isa(const char *limit, luge__isa *isa)
{
    luge__isa best = luge__cpu_best();
    *isa = best;
    if (!limit) return LUGE_OK;
    for (int i = LUGE__BASELINE; i <= LUGE__AVX512; i++) {
        if (strcmp(limit, luge__isa_name((luge__isa)i)) != 0) continue;
        if (i < (int)best) *isa = (luge__isa)i;
        return LUGE_OK;
    }
    return luge__fail(NULL, LUGE_EINVAL, "luge_open: cpu_limit is \"%s\"; possible are \"%s\", \"%s\" and \"%s\"",
                      limit, luge__isa_name(LUGE__BASELINE), luge__isa_name(LUGE__AVX2), luge__isa_name(LUGE__AVX512));
}

static luge_status fill(luge_context *ctx, const luge_open_options *options)
{
    int threads = options->threads ? (int)options->threads : luge__cpu_count();
    if (threads > LUGE__MAX_THREADS) threads = LUGE__MAX_THREADS;
    if (options->data_dir) {
        size_t bytes = strlen(options->data_dir) + 1;
        ctx->data_dir = luge__alloc(ctx, bytes);
        if (!ctx->data_dir) return LUGE_ENOMEM;
        memcpy(ctx->data_dir, options->data_dir, bytes);
        ctx->data_dir_bytes = bytes;
    }
    ctx->pool = luge__pool_create(ctx, threads);
    return ctx->pool ? LUGE_OK : LUGE_ENOMEM;
}

luge_context *luge_open_with(const luge_open_options *given)
{
    luge_open_options options;
    luge__isa isa;
    if (read_open_options(given, &options) != LUGE_OK) return NULL;
    if (choose_isa(options.cpu_limit, &isa) != LUGE_OK) return NULL;
    luge_realloc_fn hook = options.realloc ? options.realloc : default_realloc;
    luge_context *ctx = hook(options.realloc_user, NULL, 0, sizeof *ctx);
    if (!ctx) {
        (void)luge__fail(NULL, LUGE_ENOMEM, "luge_open: out of memory: %z bytes", sizeof *ctx);
        return NULL;
    }
    *ctx = (luge_context){ .realloc = hook,
                           .realloc_user = options.realloc_user,
                           .log = options.log,
                           .log_user = options.log_user,
                           .memory_now = sizeof *ctx,
                           .memory_peak = sizeof *ctx,
                           .isa = isa,
                           .bf16 = luge__cpu_bf16(isa),
                           .next_tag = 1 };
    ctx->objects.ctx = ctx;
    ctx->objects.prev = ctx->objects.next = &ctx->objects;
    if (fill(ctx, &options) != LUGE_OK) {
        luge_close(ctx);
        return NULL;
    }
    return ctx;
}

/* ---- closing ----------------------------------------------------------------------------------------------------- */

void luge_close(luge_context *ctx)
{
    if (!ctx) return;
    while (ctx->objects.prev != &ctx->objects) { /* the newest first: it may lean on older ones */
        luge__object *object = ctx->objects.prev;
        luge__object_leave(object);
        object->destroy(object);
    }
    luge__pool_free(ctx->pool);
    luge__release(ctx, ctx->data_dir, ctx->data_dir_bytes);
    if (ctx->memory_now != sizeof *ctx) {
        luge__log(ctx, LUGE_LOG_WARNING, "luge_close: %z bytes were not given back", ctx->memory_now - sizeof *ctx);
    }
    (void)ctx->realloc(ctx->realloc_user, ctx, sizeof *ctx, 0);
}

void luge__object_enter(luge_context *ctx, luge__object *object, void (*destroy)(luge__object *))
{
    luge__object *head = &ctx->objects;
    object->ctx = ctx;
    object->destroy = destroy;
    object->prev = head->prev;
    object->next = head;
    head->prev->next = object;
    head->prev = object;
}

/* Leaving twice, or without having entered, does nothing: luge_close has taken the object out before it destroys it. */
void luge__object_leave(luge__object *object)
{
    if (!object->prev) return;
    object->prev->next = object->next;
    object->next->prev = object->prev;
    object->prev = object->next = NULL;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

int luge_threads(const luge_context *ctx)
{
    return ctx ? luge__pool_threads(ctx->pool) : 0;
}

const char *luge_instruction_set(const luge_context *ctx)
{
    return ctx ? luge__isa_name(ctx->isa) : "?";
}

const char *luge_bf16_unit(const luge_context *ctx)
{
    return ctx ? luge__bf16_name(ctx->bf16) : "?";
}

const char *luge_data_dir(const luge_context *ctx)
{
    return ctx ? ctx->data_dir : NULL;
}

size_t luge_memory_now(const luge_context *ctx)
{
    return ctx ? ctx->memory_now : 0;
}

size_t luge_memory_peak(const luge_context *ctx)
{
    return ctx ? ctx->memory_peak : 0;
}

/* ---- text out ---------------------------------------------------------------------------------------------------- */

static void write_to_file(void *user, const char *text, size_t length)
{
    (void)fwrite(text, 1, length, user);
}

luge_sink luge_file_sink(FILE *file)
{
    return (luge_sink){ .write = file ? write_to_file : NULL, .user = file };
}

void luge__log(luge_context *ctx, luge_log_level level, const char *format, ...)
{
    char text[LOG_SIZE];
    va_list args;
    if (!ctx || !ctx->log) return;
    va_start(args, format);
    (void)luge__format_list(text, sizeof text, format, args);
    va_end(args);
    ctx->log(ctx->log_user, level, text);
}
