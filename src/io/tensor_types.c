/* tensor_types.c: element types of tensor files, and names in order. */
#include <string.h>

#include "io/tensor_file.h"

const luge__tensor_type luge__tensor_types[LUGE__TENSOR_TYPES] = {
    { "F32", LUGE_F32, 4 },
    { "F64", LUGE_F64, 8 },
    { "F16", LUGE_F16, 2 },
    { "BF16", LUGE_BF16, 2 },
    { "I32", LUGE_I32, 4 },
    { "I64", LUGE_I64, 8 },
    { "U8", LUGE_U8, 1 },
    { "I8", LUGE_I8, 1 },
    { "BOOL", LUGE_BOOL, 1 },
    { "I16", LUGE_NO_DTYPE, 2 },
    { "U16", LUGE_NO_DTYPE, 2 },
    { "U32", LUGE_NO_DTYPE, 4 },
    { "U64", LUGE_NO_DTYPE, 8 },
    { "F8_E4M3", LUGE_NO_DTYPE, 1 },
    { "F8_E5M2", LUGE_NO_DTYPE, 1 },
};

int luge__find_name(const void *items, size_t n, size_t stride, const char *name, size_t *place)
{
    size_t low = 0, high = n;
    while (low < high) {
        const char *other;
        size_t middle = low + (high - low) / 2;
        memcpy(&other, (const unsigned char *)items + middle * stride, sizeof other);
        int order = strcmp(name, other);
        if (order == 0) {
            *place = middle;
            return 1;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    *place = low;
    return 0;
}

const char *luge__keep_text(luge_context *ctx, luge__chunk **chunks, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = luge__chunk_alloc(ctx, chunks, bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}
