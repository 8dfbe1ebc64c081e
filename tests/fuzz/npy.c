/* npy.c: NPY files. */
#include "input_file.h"

static void read_npy(luge_context *ctx, const char *path)
{
    read_rows(ctx, luge_array_npy(ctx, path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return with_context(read_npy, data, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const char *const dicts[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }",
        "{'descr': '>f8', 'fortran_order': True, 'shape': (1,), }",
        "{\"shape\": (8L,), 'descr': '|u1', 'fortran_order': False}",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2, 1), }\n",
        "{'descr': '|b1', 'fortran_order': False, 'shape': (8,1), }",
        "{'descr': '=u4', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
    };
    uint8_t file[160] = "\x93NUMPY\1";
    const int n = (int)(sizeof dicts / sizeof dicts[0]);
    if (index >= 2 * n) return 0;
    const char *dict = dicts[index % n];
    const size_t length = strlen(dict), prefix = index < n ? 10 : 12;
    file[6] = (uint8_t)(index < n ? 1 : 2 + index % 2);
    file[8] = (uint8_t)length;
    memcpy(file + prefix, dict, length);
    memcpy(file + prefix + length, "abcdefgh", 8);
    return seed_text((const char *)file, prefix + length + 8, data, capacity);
}
