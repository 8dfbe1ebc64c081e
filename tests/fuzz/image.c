/* image.c: PNG and JPEG files. The sums of PNG chunks are made right, so that changes get beyond them. */
#include "input_file.h"

#include "../extra_files.h"

static void read_image(luge_context *ctx, const char *path)
{
    luge_image image;
    unsigned sum = 0;
    if (luge_image_read(ctx, path, 0, &image) == LUGE_OK) {
        const int64_t n = image.width * image.height * image.channels;
        for (int64_t i = 0; i < n; i++) sum += image.pixels[i];
        if (luge_image_resize(ctx, &image, 3, 5) != LUGE_OK || (sum == 0 && image.pixels[7])) abort();
    } else if (image.pixels || !luge_failed(ctx)) {
        abort();
    }
    luge_image_free(ctx, &image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[1 << 17];
    if (size > sizeof copy) return 0;
    memcpy(copy, data, size);
#if LUGE_HAVE_ZLIB
    for (size_t at = 8; copy[0] == 0x89 && at + 12 <= size;) {
        const size_t n = (size_t)copy[at] << 24 | (size_t)copy[at + 1] << 16 | (size_t)copy[at + 2] << 8 | copy[at + 3];
        if (n > size - at - 12) break;
        const uLong crc = crc32(0, copy + at + 4, (uInt)(n + 4));
        for (size_t i = 0; i < 4; i++) copy[at + 8 + n + i] = (uint8_t)(crc >> (24 - 8 * i));
        at += n + 12;
    }
#endif
    return with_context(read_image, copy, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    int left = index;
#if LUGE_HAVE_PNG && LUGE_HAVE_ZLIB
    if (left == 0) return png_of(data, 12, 70);
    if (left == 1) return png(data, 2, 1, 8, 6, NULL, 0, NULL, "\0\xff\x64\0\x80\1\2\3\xff", 9);
    if (left == 2) return png(data, 3, 2, 2, 3, "abcdefghi", 3, "xyz", "\0\x18\0\x60", 4);
    if (left == 3) return png(data, 2, 1, 16, 0, NULL, 0, NULL, "\0\x80\x80\xff\xff", 5);
    left -= 4;
#endif
#if LUGE_HAVE_JPEG
    static const unsigned char colour[] = { 200, 100, 7 };
    if (left == 0) return jpeg(data, capacity, 20, 17, 3, colour);
    if (left == 1) return jpeg(data, capacity, 9, 8, 1, colour);
    left -= 2;
#endif
    return left == 0 ? seed_text("\xff\xd8\xff\xe0", 4, data, capacity) : 0;
}
