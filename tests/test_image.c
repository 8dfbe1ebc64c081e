/* test_image.c: image files of every kind, pixel by pixel; damaged ones are refused; sizes by the mean of areas. */
#include "extra_files.h"

#if LUGE_HAVE_PNG && LUGE_HAVE_ZLIB

/* Reads the bytes as an image file. */
static luge_status read_bytes(luge_test *t, luge_context *ctx, const void *data, size_t n, int grey, luge_image *image)
{
    tree f;
    if (!tree_begin(t, &f)) return LUGE_EINTERNAL;
    const luge_status status = luge_image_read(ctx, tree_put(t, &f, "x.png", data, n), grey, image);
    tree_end(&f);
    return status;
}

static void png_kinds(luge_test *t)
{
    static const struct {
        const char *name;
        int w, h, depth, type, grey;
        const char *palette;
        int colours;
        const char *alphas, *rows;
        size_t bytes;
        int channels;
        unsigned char expected[12];
    } kinds[] = {
        { "grey", 2, 2, 8, 0, 0, NULL, 0, NULL, "\0\x10\x20\0\x30\xff", 6, 1, { 0x10, 0x20, 0x30, 0xff } },
        { "grey 1 bit", 3, 1, 1, 0, 0, NULL, 0, NULL, "\0\xa0", 2, 1, { 255, 0, 255 } },
        { "grey 16 bits", 2, 1, 16, 0, 0, NULL, 0, NULL, "\0\x80\x80\xff\xff", 5, 1, { 128, 255 } },
        { "grey alpha", 2, 1, 8, 4, 0, NULL, 0, NULL, "\0\xff\x80\xc8\0", 5, 1, { 128, 0 } },
        { "colour", 2, 1, 8, 2, 0, NULL, 0, NULL, "\0\1\2\3\4\5\6", 7, 3, { 1, 2, 3, 4, 5, 6 } },
        { "colour as grey", 2, 1, 8, 2, 1, NULL, 0, NULL, "\0\xff\0\0\0\xff\0", 7, 1, { 76, 150 } },
        { "colour alpha", 2, 1, 8, 6, 0, NULL, 0, NULL, "\0\xff\x64\0\x80\1\2\3\xff", 9, 3, { 128, 50, 0, 1, 2, 3 } },
        { "palette", 2, 1, 8, 3, 0, "\x0a\x14\x1e\xff\xff\0", 2, NULL, "\0\1\0", 3, 3, { 255, 255, 0, 10, 20, 30 } },
        { "palette alpha", 2, 1, 8, 3, 0, "\x0a\x14\x1e\xff\xff\0", 2, "\0\xff", "\0\1\0", 3, 3, { 255, 255, 0 } },
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        unsigned char file[8192];
        luge_image image;
        if (!CASE(t, kinds[i].name)) continue;
        const size_t n = png(file, kinds[i].w, kinds[i].h, kinds[i].depth, kinds[i].type, kinds[i].palette,
                             kinds[i].colours, kinds[i].alphas, kinds[i].rows, kinds[i].bytes);
        CHECK_STATUS(t, read_bytes(t, ctx, file, n, kinds[i].grey, &image), LUGE_OK);
        CHECK_EQ_INT(t, image.channels, kinds[i].channels);
        CHECK_EQ_INT(t, image.width * 10 + image.height, kinds[i].w * 10 + kinds[i].h);
        for (int k = 0; image.pixels && k < image.width * image.height * image.channels; k++)
            CHECK_EQ_INT(t, image.pixels[k], kinds[i].expected[k]);
        luge_image_free(ctx, &image);
        CHECK(t, !image.pixels);
        luge_clear(ctx);
    }
    luge_close(ctx);
}

static void png_refused(luge_test *t)
{
    unsigned char file[8192];
    luge_image image;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    const size_t n = png_of(file, 16, 99);
    CHECK_STATUS(t, read_bytes(t, ctx, file, n, 0, &image), LUGE_OK);
    luge_image_free(ctx, &image);
    for (size_t cut = 0; cut + 12 + 4 < n; cut++) { /* all but the last chunk, and the sum of the one before it */
        if (!CHECK(t, read_bytes(t, ctx, file, cut, 0, &image) == LUGE_EFORMAT && !image.pixels)) break;
        luge_clear(ctx);
    }
    CHECK_STATUS(t, read_bytes(t, ctx, "\x89PNG\r\n\x1a\nnonsense", 16, 0, &image), LUGE_EFORMAT);
    refuses(t, ctx, LUGE_EFORMAT, "no whole PNG file");
    CHECK_STATUS(t, read_bytes(t, ctx, "GIF89a", 6, 0, &image), LUGE_EFORMAT);
    refuses(t, ctx, LUGE_EFORMAT, "x.png: neither a PNG nor a JPEG");
    CHECK_STATUS(t, read_bytes(t, ctx, "", 0, 0, &image), LUGE_EFORMAT);
    luge_clear(ctx);
    const size_t huge = png(file, 60000, 60000, 8, 0, NULL, 0, NULL, "\0", 1);
    CHECK_STATUS(t, read_bytes(t, ctx, file, huge, 0, &image), LUGE_EFORMAT);
    refuses(t, ctx, LUGE_EFORMAT, "60000 x 60000 pixels");
    const size_t short_one = png(file, 8000, 8000, 8, 2, NULL, 0, NULL, "\0", 1);
    CHECK_STATUS(t, read_bytes(t, ctx, file, short_one, 0, &image), LUGE_EFORMAT);
    refuses(t, ctx, LUGE_EFORMAT, "8000 x 8000 pixels do not come out of");
    CHECK_STATUS(t, luge_image_read(ctx, "/nonexistent/x.png", 0, &image), LUGE_EIO);
    refuses(t, ctx, LUGE_EIO, "/nonexistent/x.png: cannot open");
    CHECK_STATUS(t, luge_image_read(ctx, NULL, 0, &image), LUGE_EINVAL);
    luge_close(ctx);
}

#endif

#if LUGE_HAVE_JPEG

static void jpegs(luge_test *t)
{
    static const unsigned char orange[] = { 250, 120, 20 }, light[] = { 200 };
    unsigned char file[1 << 16];
    luge_image image;
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f)) return;
    const char *path = tree_put(t, &f, "a.jpg", file, jpeg(file, sizeof file, 64, 33, 3, orange));
    CHECK_STATUS(t, luge_image_read(ctx, path, 0, &image), LUGE_OK);
    CHECK(t, image.width == 64 && image.height == 33 && image.channels == 3);
    for (int c = 0; image.pixels && c < 3; c++) {
        CHECK_CLOSE(t, image.pixels[c], 0, 4);
        CHECK_CLOSE(t, image.pixels[3 * (64 * 32 + 63) + c], orange[c], 6);
    }
    luge_image_free(ctx, &image);
    CHECK_STATUS(t, luge_image_read(ctx, path, 1, &image), LUGE_OK);
    CHECK_EQ_INT(t, image.channels, 1);
    if (image.pixels) CHECK_CLOSE(t, image.pixels[63], 0.299 * 250 + 0.587 * 120 + 0.114 * 20, 4);
    luge_image_free(ctx, &image);
    const size_t n = jpeg(file, sizeof file, 40, 40, 1, light);
    path = tree_put(t, &f, "b.jpeg", file, n);
    CHECK_STATUS(t, luge_image_read(ctx, path, 0, &image), LUGE_OK);
    CHECK_EQ_INT(t, image.channels, 1);
    if (image.pixels) CHECK_CLOSE(t, image.pixels[39], 200, 4);
    luge_image_free(ctx, &image);
    for (size_t cut = 3; cut + 4 < n; cut++) {
        path = tree_put(t, &f, "c.jpg", file, cut);
        const luge_status status = luge_image_read(ctx, path, 0, &image);
        (void)unlink(path);
        f.n--;
        if (!CHECK(t, status == LUGE_EFORMAT && !image.pixels)) break;
        CHECK_STR_CONTAINS(t, luge_error(ctx), "no whole JPEG file");
        luge_clear(ctx);
    }
    tree_end(&f);
    luge_close(ctx);
}

#endif

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static luge_image image_of(int64_t w, int64_t h, int64_t c)
{
    luge_image image = { w, h, c, malloc((size_t)(w * h * c)) };
    if (!image.pixels) abort();
    return image;
}

static void resize(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_image image = image_of(4, 2, 1);
    memcpy(image.pixels, "\0\2\4\6\10\12\14\17", 8); /* 0 2 4 6 / 8 10 12 15 */
    CHECK_STATUS(t, luge_image_resize(ctx, &image, 2, 1), LUGE_OK);
    CHECK(t, image.width == 2 && image.height == 1 && image.pixels[0] == 5 && image.pixels[1] == 9); /* 9.25 */
    CHECK_STATUS(t, luge_image_resize(ctx, &image, 4, 2), LUGE_OK);
    CHECK(t, memcmp(image.pixels, "\5\5\11\11\5\5\11\11", 8) == 0);
    luge_image_free(ctx, &image);
    image = image_of(3, 1, 1);
    memcpy(image.pixels, "\0\x60\xc0", 3);
    CHECK_STATUS(t, luge_image_resize(ctx, &image, 2, 1), LUGE_OK); /* (0 + 96/2) / 1.5 */
    CHECK(t, image.pixels[0] == 32 && image.pixels[1] == 160);
    CHECK_STATUS(t, luge_image_resize(ctx, &image, 0, 1), LUGE_EFORMAT);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_image_resize(ctx, &image, INT64_MAX, 2), LUGE_EFORMAT);
    luge_clear(ctx);
    CHECK_EQ_INT(t, image.width, 2);
    luge_image_free(ctx, &image);
    image = image_of(97, 61, 3); /* against plain arithmetic */
    for (int i = 0; i < 97 * 61 * 3; i++) image.pixels[i] = (unsigned char)luge_test_below(t, 256);
    luge_image small = image_of(97, 61, 3);
    memcpy(small.pixels, image.pixels, 97 * 61 * 3);
    CHECK_STATUS(t, luge_image_resize(ctx, &small, 13, 29), LUGE_OK);
    for (int y = 0; y < 29; y++) {
        for (int x = 0; x < 13; x++) {
            double sum = 0, area = 0;
            for (int v = 0; v < 61; v++) {
                for (int u = 0; u < 97; u++) {
                    const double left = x * 97. / 13, right = (x + 1) * 97. / 13, top = y * 61. / 29,
                                 bottom = (y + 1) * 61. / 29;
                    const double a = (right < u + 1 ? right : u + 1) - (left > u ? left : u);
                    const double b = (bottom < v + 1 ? bottom : v + 1) - (top > v ? top : v);
                    if (a <= 0 || b <= 0) continue;
                    sum += a * b * image.pixels[3 * (97 * v + u) + 1];
                    area += a * b;
                }
            }
            CHECK_CLOSE(t, small.pixels[3 * (13 * y + x) + 1], sum / area, 0.5 + 1e-9);
        }
    }
    luge_image_free(ctx, &small);
    luge_image_free(ctx, &image);
    luge_close(ctx);
}

void test_image(luge_test *t)
{
    RUN(t, resize);
#if LUGE_HAVE_PNG && LUGE_HAVE_ZLIB
    png_kinds(t);
    RUN(t, png_refused);
#else
    CHECK_SKIP(t, "built without libpng");
#endif
#if LUGE_HAVE_JPEG
    RUN(t, jpegs);
#else
    CHECK_SKIP(t, "built without libjpeg");
#endif
}
