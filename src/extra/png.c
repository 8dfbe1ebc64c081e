/* png.c: PNG files, by libpng. */
#include "parts.h"

#if LUGE_HAVE_PNG

#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FROM_ONE = 1032 * 8 }; /* pixels of one bit from a byte of deflate */

static luge_status refused(luge_context *ctx, const char *path, png_image *png)
{
    const luge_status status = luge__extra_fail(ctx, LUGE_EFORMAT, "%s: no whole PNG file: %s", path, png->message);
    png_image_free(png);
    return status;
}

/* Pixels of from channels, the last one alpha, over black, to as many as there are without it, or to grey; in place. */
static void over_black(unsigned char *pixels, size_t n, int from, int to)
{
    unsigned char *out = pixels;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *in = pixels + i * (size_t)from;
        const unsigned alpha = in[from - 1];
        unsigned v[3] = { 0, 0, 0 };
        for (int c = 0; c < from - 1; c++) v[c] = (in[c] * alpha + 127) / 255;
        if (to < from - 1) v[0] = (299 * v[0] + 587 * v[1] + 114 * v[2] + 500) / 1000;
        for (int c = 0; c < to; c++) *out++ = (unsigned char)v[c];
    }
}

luge_status luge__extra_png(luge_context *ctx, const char *path, const unsigned char *data, size_t bytes, int grey,
                            luge_image *image)
{
    png_image png;
    memset(&png, 0, sizeof png);
    png.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&png, data, bytes)) return refused(ctx, path, &png);
    png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* samples of 16 bits mean what those of 8 do */
    const int colour = (png.format & PNG_FORMAT_FLAG_COLOR) != 0, channels = colour ? 4 : 2;
    const int64_t n = (int64_t)png.width * (int64_t)png.height;
    luge_status status = LUGE_OK;
    if (n / MOST_FROM_ONE > (int64_t)bytes)
        status = luge__extra_fail(ctx, LUGE_EFORMAT, "%s: %lld x %lld pixels do not come out of %zu bytes", path,
                                  (long long)png.width, (long long)png.height, bytes);
    if (!status) status = luge__extra_image_room(ctx, path, png.width, png.height, channels, image);
    if (status) {
        png_image_free(&png);
        return status;
    }
    png.format = colour ? PNG_FORMAT_RGBA : PNG_FORMAT_GA;
    if (!png_image_finish_read(&png, NULL, image->pixels, 0, NULL)) return refused(ctx, path, &png);
    png_image_free(&png);
    image->channels = colour && !grey ? 3 : 1;
    over_black(image->pixels, (size_t)n, channels, (int)image->channels);
    unsigned char *less = realloc(image->pixels, (size_t)n * (size_t)image->channels);
    if (less) image->pixels = less;
    return LUGE_OK;
}

#else

luge_status luge__extra_png(luge_context *ctx, const char *path, const unsigned char *data, size_t bytes, int grey,
                            luge_image *image)
{
    (void)data, (void)bytes, (void)grey, (void)image;
    return luge__extra_lacks(ctx, "libpng", path, "is a PNG file");
}

#endif
