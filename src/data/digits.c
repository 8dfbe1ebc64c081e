/* digits.c: digits as a hand might write them, 28 by 28 pixels, any number of them from a seed.
 *
 * A digit is a few strokes, each a smooth curve through some points. The points are shaken, the whole is slanted,
 * turned, stretched and shifted, drawn with a pen of some width and strewn with noise. Row i depends on the seed and i
 * alone. */
#include "data/make.h"

#include <math.h>

enum { SIDE = LUGE__DIGIT_SIDE, MAX_POINTS = 12, PIECES = 6 };

typedef struct stroke {
    int n;
    signed char at[MAX_POINTS][2]; /* hundredths of the box: right, down */
} stroke;

typedef struct shape { /* one way to write a digit */
    int digit, n;
    stroke strokes[3];
} shape;

static const shape shapes[] = {
    { 0,
      1,
      { { 9,
          { { 52, 5 },
            { 24, 22 },
            { 15, 50 },
            { 25, 80 },
            { 50, 95 },
            { 77, 80 },
            { 85, 48 },
            { 76, 20 },
            { 50, 5 } } } } },
    { 1, 1, { { 3, { { 52, 4 }, { 50, 50 }, { 48, 96 } } } } },
    { 1, 2, { { 2, { { 30, 26 }, { 54, 5 } } }, { 3, { { 54, 5 }, { 53, 50 }, { 52, 96 } } } } },
    { 2,
      2,
      { { 6, { { 20, 26 }, { 42, 5 }, { 74, 16 }, { 72, 42 }, { 45, 70 }, { 18, 95 } } },
        { 3, { { 18, 95 }, { 50, 92 }, { 86, 94 } } } } },
    { 2,
      1,
      { { 9,
          { { 22, 24 },
            { 50, 5 },
            { 76, 22 },
            { 60, 55 },
            { 26, 90 },
            { 20, 78 },
            { 36, 76 },
            { 60, 92 },
            { 84, 88 } } } } },
    { 3,
      2,
      { { 5, { { 20, 12 }, { 52, 5 }, { 76, 22 }, { 66, 42 }, { 42, 48 } } },
        { 5, { { 42, 48 }, { 74, 56 }, { 80, 78 }, { 50, 96 }, { 18, 86 } } } } },
    { 4,
      2,
      { { 4, { { 58, 5 }, { 36, 38 }, { 16, 64 }, { 86, 62 } } }, { 3, { { 66, 36 }, { 66, 64 }, { 64, 96 } } } } },
    { 4, 2, { { 3, { { 26, 6 }, { 22, 46 }, { 74, 46 } } }, { 3, { { 76, 6 }, { 75, 50 }, { 72, 96 } } } } },
    { 5,
      3,
      { { 2, { { 32, 8 }, { 80, 6 } } },
        { 3, { { 32, 8 }, { 28, 28 }, { 26, 46 } } },
        { 5, { { 26, 46 }, { 56, 40 }, { 80, 62 }, { 66, 90 }, { 18, 88 } } } } },
    { 6,
      1,
      { { 9,
          { { 68, 6 },
            { 38, 24 },
            { 20, 58 },
            { 28, 86 },
            { 54, 96 },
            { 78, 80 },
            { 68, 58 },
            { 44, 54 },
            { 24, 70 } } } } },
    { 7, 1, { { 4, { { 16, 9 }, { 84, 8 }, { 60, 46 }, { 42, 96 } } } } },
    { 7, 2, { { 4, { { 16, 10 }, { 82, 8 }, { 58, 50 }, { 44, 96 } } }, { 2, { { 36, 52 }, { 74, 50 } } } } },
    { 8,
      1,
      { { 11,
          { { 70, 18 },
            { 48, 5 },
            { 28, 20 },
            { 46, 42 },
            { 72, 62 },
            { 72, 86 },
            { 48, 96 },
            { 26, 84 },
            { 32, 60 },
            { 58, 40 },
            { 70, 18 } } } } },
    { 9,
      2,
      { { 7, { { 74, 26 }, { 54, 6 }, { 28, 18 }, { 26, 42 }, { 50, 52 }, { 70, 40 }, { 75, 24 } } },
        { 3, { { 75, 24 }, { 72, 60 }, { 60, 96 } } } } },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* ---- chance ------------------------------------------------------------------------------------------------------ */

typedef struct dice {
    luge__random random;
    uint32_t words[64];
    int64_t next;
} dice;

static uint32_t word(dice *d)
{
    if (d->next % 64 == 0) luge__random_words(&d->random, d->next, 64, d->words);
    return d->words[d->next++ % 64];
}

static double between(dice *d, double low, double high)
{
    return low + (word(d) >> 8) * (1.0 / 16777216) * (high - low);
}

/* Nearly normal: the sum of four even numbers. No function of the C library, so equal bits everywhere. */
static double bell(dice *d, double deviation)
{
    double sum = -2;
    for (int i = 0; i < 4; i++) sum += between(d, 0, 1);
    return sum * 1.7320508075688772 * deviation;
}

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

typedef struct pen {
    double map[6]; /* x = map[0] u + map[1] v + map[2], y likewise */
    double radius, softness, ink;
    double pixels[SIDE][SIDE];
} pen;

/* Ink along the line from a to b: full up to the radius, fading behind it. */
static void line(pen *p, const double a[2], const double b[2])
{
    const double reach = p->radius + p->softness, dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
    const double low_x = fmin(a[0], b[0]) - reach, high_x = fmax(a[0], b[0]) + reach;
    const double low_y = fmin(a[1], b[1]) - reach, high_y = fmax(a[1], b[1]) + reach;
    for (int y = low_y > 0 ? (int)low_y : 0; y < SIDE && y <= high_y; y++) {
        for (int x = low_x > 0 ? (int)low_x : 0; x < SIDE && x <= high_x; x++) {
            double t = length > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / length : 0;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            const double ex = x - a[0] - t * dx, ey = y - a[1] - t * dy;
            const double away = sqrt(ex * ex + ey * ey) - p->radius;
            const double ink = p->ink * (away <= 0 ? 1 : away >= p->softness ? 0 : 1 - away / p->softness);
            if (ink > p->pixels[y][x]) p->pixels[y][x] = ink;
        }
    }
}

/* A Catmull-Rom curve through the points, which are mapped first. */
static void curve(pen *p, int n, double at[][2])
{
    double before[2], now[2];
    for (int i = 0; i < n; i++) {
        const double u = at[i][0], v = at[i][1];
        at[i][0] = p->map[0] * u + p->map[1] * v + p->map[2];
        at[i][1] = p->map[3] * u + p->map[4] * v + p->map[5];
    }
    before[0] = at[0][0];
    before[1] = at[0][1];
    for (int i = 0; i + 1 < n; i++) {
        const double *a = at[i ? i - 1 : 0], *b = at[i], *c = at[i + 1], *d = at[i + 2 < n ? i + 2 : i + 1];
        for (int k = 1; k <= PIECES; k++) {
            const double t = (double)k / PIECES;
            for (int j = 0; j < 2; j++)
                now[j] =
                    b[j] + t / 2 *
                               (c[j] - a[j] +
                                t * (2 * a[j] - 5 * b[j] + 4 * c[j] - d[j] + t * (3 * (b[j] - c[j]) + d[j] - a[j])));
            line(p, before, now);
            before[0] = now[0];
            before[1] = now[1];
        }
    }
}

/* A box of some size, slanted, turned and shifted. Turns are small: sine and cosine by their first terms. */
static void hold(pen *p, dice *d)
{
    const double width = between(d, 11, 18), height = between(d, 15, 21);
    const double slant = bell(d, 0.16), turn = bell(d, 0.14), s = turn - turn * turn * turn / 6,
                 c = 1 - turn * turn / 2;
    const double a = width, b = -slant * height, e = height;
    p->map[0] = c * a;
    p->map[1] = c * b - s * e;
    p->map[3] = s * a;
    p->map[4] = s * b + c * e;
    p->map[2] = SIDE / 2.0 - 0.5 - (p->map[0] + p->map[1]) / 2 + bell(d, 1.3);
    p->map[5] = SIDE / 2.0 - 0.5 - (p->map[3] + p->map[4]) / 2 + bell(d, 1.3);
    p->radius = between(d, 0.35, 1.35);
    p->softness = between(d, 0.7, 1.3);
    p->ink = between(d, 0.7, 1);
}

static int pick_shape(dice *d, int digit)
{
    int ways[SHAPES], n = 0;
    for (int i = 0; i < SHAPES; i++)
        if (shapes[i].digit == digit) ways[n++] = i;
    return ways[word(d) % (uint32_t)n];
}

int luge__draw_digit(uint64_t seed, int64_t row, unsigned char pixels[SIDE * SIDE])
{
    dice d = { .random = { .seed = seed, .stream = 0x20000000u + (uint32_t)(row >> 32), .step = row & UINT32_MAX } };
    pen p = { .radius = 0 };
    const int digit = (int)(word(&d) % 10);
    const shape *s = &shapes[pick_shape(&d, digit)];
    hold(&p, &d);
    const double shake = between(&d, 0.015, 0.065);
    for (int i = 0; i < s->n; i++) {
        double at[MAX_POINTS][2];
        for (int k = 0; k < s->strokes[i].n; k++) {
            at[k][0] = s->strokes[i].at[k][0] / 100.0 + bell(&d, shake);
            at[k][1] = s->strokes[i].at[k][1] / 100.0 + bell(&d, shake);
        }
        curve(&p, s->strokes[i].n, at);
    }
    const double noise = between(&d, 0, 0.14);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double grain = between(&d, -noise, noise) + (word(&d) % 400 == 0 ? between(&d, 0, 0.7) : 0);
        const double value = (p.pixels[i / SIDE][i % SIDE] + grain) * 255 + 0.5;
        pixels[i] = (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
    return digit;
}
