/* gzip.c: compressed IDX files. */
#include "input_file.h"

#include "../extra_files.h"

static void load(luge_context *ctx, const char *path)
{
    luge_dataset *data = luge_load_data(ctx, path, .limit = 1 << 20);
    if (!data != (luge_failed(ctx) != 0)) abort();
    luge_dataset_free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return with_context(load, data, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const char bytes[] = "\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\1abcd";
#if LUGE_HAVE_ZLIB
    if (index == 1) return gzip(bytes, sizeof bytes - 1, data, capacity);
    if (index == 2) {
        const size_t n = gzip(bytes, 10, data, capacity);
        return n + gzip(bytes + 10, 10, data + n, capacity - n);
    }
    if (index == 3) return gzip("\0\0\13\1\0\0\0\4abcdefgh", 16, data, capacity);
#endif
    return index == 0 ? seed_text(bytes, sizeof bytes - 1, data, capacity) : 0;
}
