/* tensor_file.c: any bytes as a tensor file: opened, asked for everything, every tensor read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "luge/io.h"

#define ENTRY(dtype, shape, offsets) "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const struct {
    const char *header;
    size_t room;
} seeds[] = {
    { "{}", 0 },
    { "{\"a\":" ENTRY("F32", "[2,3]", "[0,24]") "}", 24 },
    { "{\"__metadata__\":{\"k\":\"v\",\"l\":\"w\"},\"a\":" ENTRY("F64", "[]", "[0,8]") ",\"b\":" ENTRY("BOOL", "[3]",
                                                                                                       "[8,11]") "}  ",
      11 },
    { "{\"z\":" ENTRY("U16", "[2,2]",
                      "[8,16]") ",\"y\":" ENTRY("I64", "[1]", "[0,8]") ",\"x\":" ENTRY("F8_E4M3", "[0,9]", "[8,8]") "}",
      16 },
    { "{\"deep\":" ENTRY("BF16", "[1,1,1,1,1,1,1,1,1,2]", "[0,4]") ",\"\\u00e4\":" ENTRY("U8", "[1]", "[4,5]") "}", 5 },
};

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    if (index < 0 || (size_t)index >= sizeof seeds / sizeof seeds[0]) return 0;
    size_t length = strlen(seeds[index].header), room = seeds[index].room;
    if (capacity < 8 + length + room) return 0;
    for (size_t i = 0; i < 8; i++) data[i] = (uint8_t)((uint64_t)length >> 8 * i);
    memcpy(data + 8, seeds[index].header, length);
    memset(data + 8 + length, 1, room);
    return 8 + length + room;
}

static void must(int condition, const char *what)
{
    if (condition) return;
    (void)fprintf(stderr, "tensor_file: %s\n", what);
    abort();
}

static void read_tensors(luge_context *ctx, luge_tensor_file *file, size_t size)
{
    size_t sum = 0;
    for (int i = 0; i < luge_tensor_count(file); i++) {
        luge_tensor_info info;
        must(luge_tensor_at(file, i, &info) == LUGE_OK, "a tensor that is not there");
        must(luge_tensor_find(file, info.name) == i, "a name that is not found");
        must(info.bytes <= size, "a tensor larger than the file");
        must(info.dtype == LUGE_NO_DTYPE || info.shape.ndim < 0 ||
                 (size_t)luge_shape_size(&info.shape) * luge_dtype_size(info.dtype) == info.bytes,
             "another size than its shape's");
        void *data = malloc(info.bytes ? info.bytes : 1);
        must(data != NULL, "no memory");
        luge_status status = luge_tensor_read(file, i, data, info.bytes);
        must(status == LUGE_OK || (status == LUGE_EFORMAT && info.dtype == LUGE_BOOL), "a tensor that cannot be read");
        sum += info.bytes;
        free(data);
    }
    must(sum <= size, "tensors larger than the file");
    (void)luge_tensor_metadata(file, "k");
    luge_clear(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const luge_open_options options = { .size = sizeof options, .threads = 1 };
    luge_context *ctx = luge_open_with(&options);
    must(ctx != NULL, "no context");
    size_t before = luge_memory_now(ctx);
    luge_tensor_file *file = luge_tensor_file_open_memory(ctx, data, size);
    if (file) {
        read_tensors(ctx, file, size);
    } else {
        must(luge_failure(ctx) == LUGE_EFORMAT && luge_error(ctx)[0], "no message");
    }
    luge_tensor_file_close(file);
    must(luge_memory_now(ctx) == before, "memory is lost");
    must(luge_memory_peak(ctx) - before < 24 * size + 8192, "too much memory");
    luge_close(ctx);
    return 0;
}
