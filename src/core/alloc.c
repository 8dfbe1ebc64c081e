/* alloc.c: all memory of a context passes through here: the hook, the accounting, checked sizes, shared buffers. */
#include <string.h>

#include "core/core.h"

static void *no_memory(luge_context *ctx, size_t size)
{
    (void)luge__fail(ctx, LUGE_ENOMEM, "out of memory: %z bytes more than the %z in use", size, ctx->memory_now);
    return NULL;
}

/* The hook with the accounts kept; NULL without a message. */
static void *resize(luge_context *ctx, void *ptr, size_t old_size, size_t new_size)
{
    if (new_size > (size_t)PTRDIFF_MAX) return NULL;
    void *result = ctx->realloc(ctx->realloc_user, ptr, old_size, new_size);
    if (!result && new_size) return NULL;
    ctx->memory_now = ctx->memory_now - old_size + new_size;
    if (ctx->memory_now > ctx->memory_peak) ctx->memory_peak = ctx->memory_now;
    return result;
}

void *luge__alloc(luge_context *ctx, size_t size)
{
    if (size == 0) return NULL;
    void *ptr = resize(ctx, NULL, 0, size);
    if (!ptr) return no_memory(ctx, size);
    return memset(ptr, 0, size);
}

void luge__release(luge_context *ctx, void *ptr, size_t size)
{
    if (ptr) (void)resize(ctx, ptr, size, 0);
}

luge_status luge__grow(luge_context *ctx, void *array, size_t element, size_t *capacity, size_t needed)
{
    size_t old_size, new_size, count = needed > 8 ? needed : 8;
    void *old; /* array points to a pointer of some type: only its bytes may be touched */
    memcpy(&old, array, sizeof old);
    if (needed <= *capacity) return LUGE_OK;
    if (*capacity <= SIZE_MAX / 2 && count < 2 * *capacity) count = 2 * *capacity;
    old_size = *capacity * element;
    if (!luge__mul_size(count, element, &new_size)) {
        return luge__fail(ctx, LUGE_ENOMEM, "out of memory: %z elements of %z bytes", count, element);
    }
    void *grown = resize(ctx, old, old_size, new_size);
    if (!grown) {
        (void)no_memory(ctx, new_size - old_size);
        return LUGE_ENOMEM;
    }
    memset((unsigned char *)grown + old_size, 0, new_size - old_size);
    memcpy(array, &grown, sizeof grown);
    *capacity = count;
    return LUGE_OK;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

int luge__mul_size(size_t a, size_t b, size_t *out)
{
    if (b && a > SIZE_MAX / b) return 0;
    *out = a * b;
    return 1;
}

int luge__add_size(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b) return 0;
    *out = a + b;
    return 1;
}

size_t luge__align_up(size_t size)
{
    return (size + (LUGE__ALIGN - 1)) & ~(size_t)(LUGE__ALIGN - 1);
}

/* ---- buffers ----------------------------------------------------------------------------------------------------- */

luge__buffer *luge__buffer_create(luge_context *ctx, size_t bytes)
{
    size_t raw_bytes;
    if (!luge__add_size(bytes, LUGE__ALIGN - 1, &raw_bytes)) return no_memory(ctx, bytes);
    luge__buffer *buffer = luge__alloc(ctx, sizeof *buffer);
    if (!buffer) return NULL;
    unsigned char *raw = luge__alloc(ctx, raw_bytes);
    if (!raw) {
        luge__release(ctx, buffer, sizeof *buffer);
        return NULL;
    }
    size_t beyond = (size_t)((uintptr_t)raw % LUGE__ALIGN);
    *buffer = (luge__buffer){ .ctx = ctx,
                              .refs = 1,
                              .bytes = bytes,
                              .data = raw + (beyond ? LUGE__ALIGN - beyond : 0),
                              .raw = raw,
                              .raw_bytes = raw_bytes };
    return buffer;
}

luge__buffer *luge__buffer_retain(luge__buffer *buffer)
{
    buffer->refs++;
    return buffer;
}

void luge__buffer_drop(luge__buffer *buffer)
{
    if (!buffer || --buffer->refs > 0) return;
    luge_context *ctx = buffer->ctx;
    luge__release(ctx, buffer->raw, buffer->raw_bytes);
    luge__release(ctx, buffer, sizeof *buffer);
}

/* ---- small things ------------------------------------------------------------------------------------------------ */

static size_t round16(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

void *luge__chunk_alloc(luge_context *ctx, luge__chunk **chunks, size_t bytes)
{
    const size_t head = round16(sizeof(luge__chunk)), most = (size_t)1 << 20;
    luge__chunk *c = *chunks;
    if (bytes > SIZE_MAX / 2) {
        luge__fail(ctx, LUGE_ENOMEM, "out of memory: %z bytes", bytes);
        return NULL;
    }
    bytes = round16(bytes);
    if (!c || c->bytes - c->used < bytes) {
        size_t room = c ? c->bytes * 2 : 1024;
        if (room > most) room = most;
        if (room < head + bytes) room = head + bytes;
        luge__chunk *fresh = luge__alloc(ctx, room);
        if (!fresh) return NULL;
        *fresh = (luge__chunk){ .next = c, .bytes = room, .used = head };
        *chunks = c = fresh;
    }
    void *p = (unsigned char *)c + c->used;
    c->used += bytes;
    return p;
}

void luge__chunk_free(luge_context *ctx, luge__chunk **chunks)
{
    while (*chunks) {
        luge__chunk *next = (*chunks)->next;
        luge__release(ctx, *chunks, (*chunks)->bytes);
        *chunks = next;
    }
}
