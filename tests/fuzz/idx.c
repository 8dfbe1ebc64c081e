/* idx.c: IDX files. */
#include "input_file.h"

static void read_idx(luge_context *ctx, const char *path)
{
    read_rows(ctx, luge_array_idx(ctx, path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return with_context(read_idx, data, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const struct {
        const char *bytes;
        size_t length;
    } seeds[] = {
        { "\0\0\x08\1\0\0\0\3abc", 11 },        { "\0\0\x08\3\0\0\0\2\0\0\0\2\0\0\0\1abcd", 20 },
        { "\0\0\x09\2\0\0\0\1\0\0\0\2ab", 14 }, { "\0\0\x0B\1\0\0\0\2abcd", 12 },
        { "\0\0\x0C\1\0\0\0\1abcd", 12 },       { "\0\0\x0D\2\0\0\0\1\0\0\0\2abcdefgh", 20 },
        { "\0\0\x0E\1\0\0\0\1abcdefgh", 16 },
    };
    if (index >= (int)(sizeof seeds / sizeof seeds[0])) return 0;
    return seed_text(seeds[index].bytes, seeds[index].length, data, capacity);
}
