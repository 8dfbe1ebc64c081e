/* picture.c: images as characters: eight dots each where the terminal has them, otherwise by darkness. */
#include <stdlib.h>
#include <string.h>

#include "picture.h"

enum { SIDE = 56, DOTS_X = 2, DOTS_Y = 4, GAP = 2, MARGIN = 2 };

/* One image, grey, from 0 to 1, at most SIDE x SIDE. */
typedef struct picture {
    int width, height;
    float at[SIDE][SIDE];
} picture;

int cli_is_picture(const luge_shape *row)
{
    return (row->ndim == 2 || (row->ndim == 3 && row->dim[2] <= 4)) && row->dim[0] >= 6 && row->dim[1] >= 6;
}

/* The mean of the pixels that fall together. */
static void shrink(picture *p, const float *values, const luge_shape *shape)
{
    const int64_t h = shape->dim[0], w = shape->dim[1], channels = shape->ndim == 3 ? shape->dim[2] : 1;
    const int64_t longest = h > w ? h : w, step = (longest + 27) / 28;
    p->height = (int)(h / step);
    p->width = (int)(w / step);
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            double sum = 0;
            for (int64_t i = 0; i < step; i++)
                for (int64_t k = 0; k < step * channels; k++)
                    sum += (double)values[((y * step + i) * w + x * step) * channels + k];
            p->at[y][x] = (float)(sum / (double)(step * step * channels));
        }
}

static float pixel(const picture *p, int y, int x)
{
    return y < p->height && x < p->width ? p->at[y][x] : 0;
}

/* Thresholds that turn grey into more or fewer dots. */
static const float thresholds[4][4] = { { 0.28f, 0.53f, 0.34f, 0.59f },
                                        { 0.65f, 0.40f, 0.71f, 0.46f },
                                        { 0.37f, 0.62f, 0.31f, 0.56f },
                                        { 0.74f, 0.49f, 0.68f, 0.43f } };

static int dots_at(const picture *p, int y, int x)
{
    static const int bits[DOTS_Y][DOTS_X] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };
    int dots = 0;
    for (int i = 0; i < DOTS_Y; i++)
        for (int k = 0; k < DOTS_X; k++)
            if (pixel(p, y + i, x + k) > thresholds[(y + i) % 4][(x + k) % 4]) dots |= bits[i][k];
    return dots;
}

static char shade_at(const picture *p, int y, int x)
{
    static const char ramp[] = " .:-=+*#%@";
    float sum = 0;
    for (int i = 0; i < DOTS_Y; i++)
        for (int k = 0; k < DOTS_X; k++) sum += pixel(p, y + i, x + k);
    const int shade = (int)(sum / (DOTS_X * DOTS_Y) * 14);
    return ramp[shade > 9 ? 9 : shade < 0 ? 0 : shade];
}

static int cells(int size, int dots)
{
    return (size + dots - 1) / dots;
}

/* A character, with the spaces that were kept back before it. */
static void put(int *spaces, const char *text)
{
    if (!*text || !strcmp(text, " ")) {
        ++*spaces;
        return;
    }
    printf("%*s%s", *spaces, "", text);
    *spaces = 0;
}

static void put_cell(int *spaces, const picture *p, int y, int x, int utf8)
{
    char text[4] = { 0 };
    if (!utf8) {
        text[0] = shade_at(p, y, x);
    } else {
        const int dots = dots_at(p, y, x);
        if (dots) { /* U+2800 and the dots, in UTF-8 */
            text[0] = (char)0xe2;
            text[1] = (char)(0xa0 | dots >> 6);
            text[2] = (char)(0x80 | (dots & 0x3f));
        }
    }
    put(spaces, text);
}

static void draw_line(const picture *pictures, int n, char (*captions)[CLI_CAPTION])
{
    const int width = cells(pictures[0].width, DOTS_X), utf8 = cli_has_utf8();
    for (int y = 0; y < pictures[0].height; y += DOTS_Y) {
        int spaces = MARGIN;
        for (int i = 0; i < n; i++, spaces += GAP)
            for (int x = 0; x < pictures[i].width; x += DOTS_X) put_cell(&spaces, &pictures[i], y, x, utf8);
        printf("\n");
    }
    for (int i = 0, spaces = MARGIN; i < n; i++) {
        const int columns = cli_columns(captions[i]), before = (width - columns) / 2 > 0 ? (width - columns) / 2 : 0;
        printf("%*s%s", spaces + before, "", captions[i]);
        spaces = width + GAP - before - columns > 0 ? width + GAP - before - columns : 1;
    }
    printf("\n");
}

int cli_draw_images(const char *verb, const float *values, const luge_shape *shape, int n,
                    char (*captions)[CLI_CAPTION])
{
    const size_t size = (size_t)luge_shape_size(shape);
    picture *pictures = calloc((size_t)n + 1, sizeof *pictures);
    if (!pictures) return cli_fail(verb, "out of memory");
    for (int i = 0; i < n; i++) shrink(&pictures[i], values + (size_t)i * size, shape);
    const int width = cells(pictures[0].width, DOTS_X) + GAP, most = (CLI_WIDTH - MARGIN + GAP) / width;
    for (int i = 0; i < n; i += most) {
        if (i) printf("\n");
        draw_line(pictures + i, n - i < most ? n - i : most, captions + i);
    }
    free(pictures);
    return CLI_OK;
}

int cli_draw_pictures(const cli_job *job, luge_dataset *data, const int64_t *rows, int n, char (*captions)[CLI_CAPTION])
{
    luge_column_info x;
    if (luge_dataset_column(data, LUGE_FEATURES, 0, &x)) return cli_fail_with(job->o.verb, job->ctx);
    if (!cli_is_picture(&x.shape)) return cli_fail(job->o.verb, "the rows are no pictures");
    const size_t bytes = (size_t)n * (size_t)luge_shape_size(&x.shape) * sizeof(float);
    float *values = malloc(bytes + 1);
    int code = values ? CLI_OK : cli_fail(job->o.verb, "out of memory");
    if (!code && luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_TARGET_DEFAULT, LUGE_F32, rows, n, values, bytes))
        code = cli_fail_with(job->o.verb, job->ctx);
    if (!code) code = cli_draw_images(job->o.verb, values, &x.shape, n, captions);
    free(values);
    return code;
}
