/* number.c: decimal text to the nearest double, the same in every locale.
 *
 * Up to 19 digits d and a power of ten: where both are exact doubles, one multiplication or division rounds right
 * (Clinger 1990). Otherwise d 10^e is calculated to 64 bits with a known bound of the error, which nearly always
 * decides the rounding; where it does not, all digits are compared with the middle of two doubles in whole numbers. */
#include <float.h>
#include <math.h>

#include "core/core.h"

enum {
    HEAD_DIGITS = 19, /* fit 64 bits */
    ALL_DIGITS = 780, /* the middle of two doubles has 767 at most; of what follows it matters only whether it is 0 */
    BIG_WORDS = 4096 / 32 /* 781 digits, and 2^-1075 times them */
};

static const double exact_tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* The upper 64 bits of 10^(16 i), i from -22 to 19. */
static const uint64_t scaled_tens[] = {
    0xcd42a11346f34f7d, 0xe3e27a444d8d98b7, 0xfd00b897478238d0, 0x8c71dcd9ba0b4925, 0x9becce62836ac577,
    0xad1c8eab5ee43b66, 0xc0314325637a1939, 0xd5605fcdcf32e1d6, 0xece53cec4a314ebd, 0x8380dea93da4bc60,
    0x91ff83775423cc06, 0xa21727db38cb002f, 0xb3f4e093db73a093, 0xc7caba6e7c5382c8, 0xddd0467c64bce4a0,
    0xf64335bcf065d37d, 0x88b402f7fd75539b, 0x97c560ba6b0919a5, 0xa87fea27a539e9a5, 0xbb127c53b17ec159,
    0xcfb11ead453994ba, 0xe69594bec44de15b, 0x8000000000000000, 0x8e1bc9bf04000000, 0x9dc5ada82b70b59d,
    0xaf298d050e4395d6, 0xc2781f49ffcfa6d5, 0xd7e77a8f87daf7fb, 0xefb3ab16c59b14a2, 0x850fadc09923329e,
    0x93ba47c980e98cdf, 0xa402b9c5a8d3a6e7, 0xb616a12b7fe617aa, 0xca28a291859bbf93, 0xe070f78d3927556a,
    0xf92e0c3537826145, 0x8a5296ffe33cc92f, 0x9991a6f3d6bf1765, 0xaa7eebfb9df9de8d, 0xbd49d14aa79dbc82,
    0xd226fc195c6a2f8c, 0xe950df20247c83fd,
};

/* A number without its sign: head 10^exponent, and where cut, less than one unit of the head's last digit more. */
typedef struct decimal {
    uint64_t head;
    int64_t exponent;
    int head_digits, cut;
    const char *first, *end; /* all significant digits; a point may lie between them */
} decimal;

/* ---- the slow and certain way ------------------------------------------------------------------------------------ */

typedef struct big {
    int used;
    uint32_t word[BIG_WORDS];
} big;

static void big_multiply(big *x, uint32_t factor, uint32_t plus)
{
    uint64_t carry = plus;
    for (int i = 0; i < x->used; i++) {
        carry += (uint64_t)x->word[i] * factor;
        x->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && x->used < BIG_WORDS) x->word[x->used++] = (uint32_t)carry;
}

static void big_scale(big *x, int64_t tens, int twos)
{
    for (; tens >= 9; tens -= 9) big_multiply(x, 1000000000, 0);
    for (; tens > 0; tens--) big_multiply(x, 10, 0);
    for (; twos >= 31; twos -= 31) big_multiply(x, 1u << 31, 0);
    if (twos > 0) big_multiply(x, 1u << twos, 0);
}

/* The sign of d - f 2^twos. */
static int compare(const decimal *d, uint64_t f, int twos)
{
    big left, right;
    int taken = 0, more = 0;
    left.used = right.used = 0;
    for (const char *c = d->first; c < d->end; c++) {
        if (*c == '.') continue;
        if (taken < ALL_DIGITS) {
            big_multiply(&left, 10, (uint32_t)(*c - '0'));
            taken++;
        } else {
            more |= *c != '0';
        }
    }
    if (more) {
        big_multiply(&left, 10, 1);
        taken++;
    }
    int64_t exponent = d->exponent + d->head_digits - taken;
    big_multiply(&right, 0, (uint32_t)(f >> 32));
    big_multiply(&right, 1u << 31, 0);
    big_multiply(&right, 2, (uint32_t)f);
    big_scale(&left, exponent, -twos);
    big_scale(&right, -exponent, twos);
    if (left.used != right.used) return left.used < right.used ? -1 : 1;
    for (int i = left.used - 1; i >= 0; i--) {
        if (left.word[i] != right.word[i]) return left.word[i] < right.word[i] ? -1 : 1;
    }
    return 0;
}

/* ---- the quick way ----------------------------------------------------------------------------------------------- */

/* x 2^*twos stays what it was while x gets 64 significant bits. x is not 0. */
static uint64_t normalize(uint64_t x, int *twos)
{
    for (int step = 32; step; step /= 2) {
        if (x >> (64 - step)) continue;
        x <<= step;
        *twos -= step;
    }
    return x;
}

/* The upper 64 significant bits of the product of two normalized numbers. */
static uint64_t multiply(uint64_t a, uint64_t b, int *twos)
{
    const uint64_t low32 = 0xffffffff;
    uint64_t cross = (a >> 32) * (b & low32) + ((a & low32) * (b & low32) >> 32);
    uint64_t other = (a & low32) * (b >> 32) + (cross & low32);
    uint64_t high = (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
    *twos += 64;
    if (high >> 63) return high;
    --*twos;
    return high << 1 | (other >> 31 & 1);
}

static double nearest(const decimal *d)
{
    if (d->head == 0 || d->exponent < -342) return 0;
    if (d->exponent > 308) return HUGE_VAL;
    const int e = (int)d->exponent;
#if FLT_EVAL_METHOD == 0
    if (!d->cut && d->head <= (uint64_t)1 << 53 && e >= -22 && e <= 22) {
        return e < 0 ? (double)d->head / exact_tens[-e] : (double)d->head * exact_tens[e];
    }
#endif
    /* The value is p 2^twos, within `slack` units of p: the head is cut by 1 and shifted by 4 at most, each product
     * doubles what there was and cuts 1, and so is the table cut. */
    const int table = (e + 352) / 16, slack = d->cut ? 72 : 8;
    const int scale = 16 * (table - 22); /* its power of two: floor(scale log2(10)) */
    int twos = 0;
    uint64_t p = normalize(d->head, &twos);
    p = multiply(p, normalize((uint64_t)exact_tens[e - scale], &twos), &twos);
    twos += (scale * 217706 - (scale < 0 ? 65535 : 0)) / 65536 - 63;
    p = multiply(p, scaled_tens[table], &twos);
    /* Of the 64 bits 11 are dropped, more below the normal numbers. What is dropped is compared with its half; that is
     * 2^64, or 0 in the arithmetic of 64 bits, where 65 are dropped. */
    const int top = twos + 63, drop = top < -1022 ? 11 - 1022 - top : 11;
    if (top > 1023) return HUGE_VAL;
    if (drop > 65) return 0;
    const uint64_t f = drop < 64 ? p >> drop : 0, half = drop < 65 ? (uint64_t)1 << (drop - 1) : 0;
    const int64_t beyond = (int64_t)(p - (drop < 64 ? f << drop : 0) - half);
    int up = beyond > 0;
    if (beyond >= -slack && beyond <= slack) {
        int sign = compare(d, 2 * f + 1, twos + drop - 1);
        up = sign > 0 || (sign == 0 && f % 2);
    }
    return ldexp((double)(f + (uint64_t)up), twos + drop);
}

/* ---- the text ---------------------------------------------------------------------------------------------------- */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits and a point between them; the end of what was read, or NULL where there is no digit. */
static const char *read_digits(const char *c, const char *end, decimal *d)
{
    int seen = 0, point = 0;
    for (; c < end; c++) {
        if (*c == '.' && !point) {
            point = 1;
            continue;
        }
        if (!is_digit(*c)) break;
        seen = 1;
        if (!d->first) {
            d->exponent -= point;
            if (*c == '0') continue;
            d->first = c;
            d->exponent += point;
        }
        if (d->head_digits < HEAD_DIGITS) {
            d->head = 10 * d->head + (uint64_t)(*c - '0');
            d->head_digits++;
            d->exponent -= point;
        } else {
            d->cut |= *c != '0';
            d->exponent += !point;
        }
    }
    d->end = c;
    return seen ? c : NULL;
}

/* An exponent after its 'e'. One that is beyond every text's length need not be exact. */
static const char *read_exponent(const char *c, const char *end, decimal *d)
{
    const int64_t most = INT64_MAX / 16;
    int64_t exponent = 0;
    int negative = c < end && *c == '-';
    if (c < end && (*c == '-' || *c == '+')) c++;
    if (c == end) return NULL;
    for (; c < end && is_digit(*c); c++) {
        if (exponent < most) exponent = 10 * exponent + (*c - '0');
    }
    d->exponent += negative ? -exponent : exponent;
    return c;
}

int luge__parse_number(const char *text, size_t length, double *out)
{
    const char *c = text, *end = text + length;
    decimal d = { 0 };
    int negative = c < end && *c == '-';
    if (c < end && (*c == '-' || *c == '+')) c++;
    c = read_digits(c, end, &d);
    if (c && c < end && (*c == 'e' || *c == 'E')) c = read_exponent(c + 1, end, &d);
    if (!c || c != end) return 0;
    double value = nearest(&d);
    *out = negative ? -value : value;
    return 1;
}
