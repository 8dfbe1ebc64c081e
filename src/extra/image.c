/* image.c: image files as pixels, and other sizes of them. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { LARGEST_FILE = 256 << 20 };

luge_status luge__extra_image_room(luge_context *ctx, const char *path, int64_t width, int64_t height, int channels,
                                   luge_image *image)
{
    if (width < 1 || height < 1 || width > LUGE__MOST_PIXELS / height)
        return luge__extra_fail(ctx, LUGE_EFORMAT, "%s: %lld x %lld pixels; from 1 to %lld are possible", path,
                                (long long)width, (long long)height, (long long)LUGE__MOST_PIXELS);
    image->pixels = malloc((size_t)(width * height) * (size_t)channels);
    if (!image->pixels) return luge__extra_no_memory(ctx, path);
    image->width = width;
    image->height = height;
    image->channels = channels;
    return LUGE_OK;
}

luge_status luge_image_read(luge_context *ctx, const char *path, int grey, luge_image *image)
{
    unsigned char *data;
    size_t bytes;
    if (image) memset(image, 0, sizeof *image);
    if (!ctx || !path || !image)
        return luge__extra_fail(ctx, LUGE_EINVAL, "luge_image_read: the %s is NULL",
                                !ctx    ? "context"
                                : !path ? "path"
                                        : "image");
    luge_status status = luge__extra_read_all(ctx, path, LARGEST_FILE, &data, &bytes);
    if (status) return status;
    if (bytes >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) {
        status = luge__extra_png(ctx, path, data, bytes, grey, image);
    } else if (bytes >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0) {
        status = luge__extra_jpeg(ctx, path, data, bytes, grey, image);
    } else {
        status = luge__extra_fail(ctx, LUGE_EFORMAT, "%s: neither a PNG nor a JPEG file: it begins otherwise", path);
    }
    free(data);
    if (status) luge_image_free(ctx, image);
    return status;
}

void luge_image_free(luge_context *ctx, luge_image *image)
{
    (void)ctx;
    if (!image) return;
    free(image->pixels);
    memset(image, 0, sizeof *image);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

/* How much of old pixel `old` new pixel `new` covers, where the line is old_n * new_n long. */
static int64_t covered(int64_t old, int64_t old_n, int64_t new, int64_t new_n)
{
    const int64_t begin = old * new_n > new *old_n ? old *new_n : new *old_n;
    const int64_t end = (old + 1) * new_n < (new + 1) * old_n ? (old + 1) * new_n : (new + 1) * old_n;
    return end - begin;
}

/* The mean of what pixel (x, y) of the new image covers, rounded: exact in integers. */
static unsigned char mean(const luge_image *from, const luge_image *to, int64_t x, int64_t y, int64_t channel)
{
    const int64_t w = from->width, h = from->height, c = from->channels;
    const int64_t first_x = x * w / to->width, last_x = ((x + 1) * w - 1) / to->width;
    const int64_t first_y = y * h / to->height, last_y = ((y + 1) * h - 1) / to->height;
    uint64_t sum = 0;
    for (int64_t v = first_y; v <= last_y; v++) {
        const unsigned char *row = from->pixels + v * w * c + channel;
        uint64_t line = 0;
        for (int64_t u = first_x; u <= last_x; u++) line += (uint64_t)covered(u, w, x, to->width) * row[u * c];
        sum += line * (uint64_t)covered(v, h, y, to->height);
    }
    const uint64_t area = (uint64_t)w * (uint64_t)h;
    return (unsigned char)((sum + area / 2) / area);
}

luge_status luge_image_resize(luge_context *ctx, luge_image *image, int64_t width, int64_t height)
{
    luge_image to;
    if (!ctx || !image || !image->pixels)
        return luge__extra_fail(ctx, LUGE_EINVAL, "luge_image_resize: the %s is NULL", !ctx ? "context" : "image");
    if (luge_failed(ctx)) return luge_failure(ctx);
    if (width == image->width && height == image->height) return LUGE_OK;
    luge_status status = luge__extra_image_room(ctx, "luge_image_resize", width, height, (int)image->channels, &to);
    if (status) return status;
    unsigned char *out = to.pixels;
    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
            for (int64_t c = 0; c < to.channels; c++) *out++ = mean(image, &to, x, y, c);
        }
    }
    luge_image_free(ctx, image);
    *image = to;
    return LUGE_OK;
}
