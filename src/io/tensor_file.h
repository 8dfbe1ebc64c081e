/* tensor_file.h: what reader and writer of the safetensors format share. */
#ifndef LUGE_IO_TENSOR_FILE_H
#define LUGE_IO_TENSOR_FILE_H

#include "core/core.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensor files are little-endian and are copied as they are: this machine would need its bytes swapped"
#endif

enum { LUGE__TENSOR_HEADER_MOST = 16 << 20 };
#define LUGE__TENSOR_METADATA "__metadata__"

typedef struct luge__tensor_type {
    const char name[8];
    luge_dtype dtype;
    uint32_t size; /* of an element */
} luge__tensor_type;

enum { LUGE__TENSOR_TYPES = 15 };
extern const luge__tensor_type luge__tensor_types[LUGE__TENSOR_TYPES];

typedef struct luge__tensor_text {
    const char *key, *text;
} luge__tensor_text;

/* Looks for a name among n items of `stride` bytes, each of which begins with the address of its own, in their order.
 * *place is where it is, or where it would have to be inserted. */
int luge__find_name(const void *items, size_t n, size_t stride, const char *name, size_t *place);

/* A copy that lives as long as the chunks. NULL without memory. */
const char *luge__keep_text(luge_context *ctx, luge__chunk **chunks, const char *text);

#endif
