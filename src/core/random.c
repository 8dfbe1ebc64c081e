/* random.c: random numbers without state: each element is a function of seed, stream, step and its own index.
 *
 * Philox maps a key (the seed) and a counter of four words to four random words. The counter is
 *
 *     { block low, block high, stream, step low }
 *
 * so two draws collide only if element, stream and step are all the same. Blocks below 2^61 hold the words of the
 * elements, four each; blocks with the top bit set hold the redraws of the truncated normal, which so cannot meet
 * them either. Because nothing is carried from element to element, any window equals that part of one big call. */
#include <math.h>

#include "core/core.h"

enum { CHUNK = 256 }; /* words made at a time: small enough for the first cache, a multiple of 4 */

static const double two_pi = 6.283185307179586476925286766559;

/* ---- words ------------------------------------------------------------------------------------------------------- */

static inline void philox(uint64_t key, uint64_t low, uint64_t high, uint32_t out[4])
{
    uint32_t c0 = (uint32_t)low, c1 = (uint32_t)(low >> 32), c2 = (uint32_t)high, c3 = (uint32_t)(high >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void luge__philox(uint64_t key, uint64_t counter_low, uint64_t counter_high, uint32_t out[4])
{
    philox(key, counter_low, counter_high, out);
}

static inline uint64_t upper(const luge__random *r)
{
    return (uint64_t)r->stream | r->step << 32;
}

void luge__random_words(const luge__random *r, int64_t first, int64_t n, uint32_t *words)
{
    uint64_t block = (uint64_t)first / 4, high = upper(r);
    int64_t at = 0;
    uint32_t edge[4];
    int skip = (int)(first % 4);
    if (n <= 0) return;
    if (skip) {
        philox(r->seed, block++, high, edge);
        while (skip < 4 && at < n) words[at++] = edge[skip++];
    }
    for (; n - at >= 4; at += 4) philox(r->seed, block++, high, words + at);
    if (at < n) {
        philox(r->seed, block, high, edge);
        for (int i = 0; at < n; i++) words[at++] = edge[i];
    }
}

/* ---- uniform ----------------------------------------------------------------------------------------------------- */

/* u < 1, but low + u (high - low) may round up to high, which is outside; the number below it is then the nearest. */
static void uniform_f32(const uint32_t *words, int64_t n, double low, double high, float *out)
{
    float top = nextafterf((float)high, (float)low), bottom = (float)low, end = (float)high;
    double scale = (high - low) * 0x1p-24;
    for (int64_t i = 0; i < n; i++) out[i] = (float)(low + (double)(words[i] >> 8) * scale);
    if (!(bottom < end)) return;
    for (int64_t i = 0; i < n; i++) out[i] = out[i] < end ? out[i] : top;
}

static void uniform_f64(const uint32_t *words, int64_t n, double low, double high, double *out)
{
    double top = nextafter(high, low), width = high - low;
    for (int64_t i = 0; i < n; i++) out[i] = low + ((double)words[i] + 0.5) * 0x1p-32 * width;
    if (!(low < high)) return;
    for (int64_t i = 0; i < n; i++) out[i] = out[i] < high ? out[i] : top;
}

void luge__random_uniform(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double low, double high,
                          void *out)
{
    uint32_t words[CHUNK];
    for (int64_t done = 0; done < n;) {
        int64_t part = CHUNK - (first + done) % CHUNK; /* so that all parts but the first start at a whole block */
        if (part > n - done) part = n - done;
        luge__random_words(r, first + done, part, words);
        if (dtype == LUGE_F32) {
            uniform_f32(words, part, low, high, (float *)out + done);
        } else {
            uniform_f64(words, part, low, high, (double *)out + done);
        }
        done += part;
    }
}

/* ---- normal ------------------------------------------------------------------------------------------------------ */

static inline void box_muller(uint32_t a, uint32_t b, double z[2])
{
    double radius = sqrt(-2.0 * log(((double)a + 0.5) * 0x1p-32)); /* the logarithm of a number inside (0, 1) */
    double angle = two_pi * (((double)b + 0.5) * 0x1p-32);
    z[0] = radius * cos(angle);
    z[1] = radius * sin(angle);
}

static inline void store(void *out, luge_dtype dtype, int64_t i, double value)
{
    if (dtype == LUGE_F32) {
        ((float *)out)[i] = (float)value;
    } else {
        ((double *)out)[i] = value;
    }
}

/* Redraws of one element, from blocks of its own: 4 candidates each. All 64 are beyond 2 deviations with a
 * probability of 1e-86. */
static double redraw(const luge__random *r, int64_t element)
{
    for (uint64_t attempt = 0; attempt < 16; attempt++) {
        uint32_t words[4];
        double z[4];
        philox(r->seed, (uint64_t)1 << 63 | attempt << 59 | (uint64_t)element, upper(r), words);
        box_muller(words[0], words[1], z);
        box_muller(words[2], words[3], z + 2);
        for (int i = 0; i < 4; i++) {
            if (fabs(z[i]) <= 2.0) return z[i];
        }
    }
    return 0.0;
}

static void normal(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double mean, double deviation,
                   int truncated, void *out)
{
    uint32_t words[CHUNK];
    double z[CHUNK];
    int64_t end = first + n;
    for (int64_t from = first - first % 2; from < end;) { /* elements come in pairs */
        int64_t part = end + end % 2 - from;
        if (part > CHUNK) part = CHUNK;
        luge__random_words(r, from, part, words);
        for (int64_t i = 0; i < part; i += 2) box_muller(words[i], words[i + 1], z + i);
        for (int64_t i = from < first ? 1 : 0; i < part && from + i < end; i++) {
            if (truncated && !(fabs(z[i]) <= 2.0)) z[i] = redraw(r, from + i);
            store(out, dtype, from + i - first, mean + deviation * z[i]);
        }
        from += part;
    }
}

void luge__random_normal(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double mean,
                         double deviation, void *out)
{
    normal(r, first, n, dtype, mean, deviation, 0, out);
}

void luge__random_truncated_normal(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double mean,
                                   double deviation, void *out)
{
    normal(r, first, n, dtype, mean, deviation, 1, out);
}

/* ---- permutation ------------------------------------------------------------------------------------------------- */

typedef struct reader {
    const luge__random *random;
    int64_t next; /* word */
    int used;     /* of words */
    uint32_t words[CHUNK];
} reader;

static uint32_t next_word(reader *from)
{
    if (from->used == CHUNK) {
        luge__random_words(from->random, from->next, CHUNK, from->words);
        from->next += CHUNK;
        from->used = 0;
    }
    return from->words[from->used++];
}

/* 0 .. bound-1 without bias. Up to 32 bits by Lemire's multiplication, whose division is rarely reached ("Fast random
 * integer generation in an interval", 2019); beyond by refusing what is too large under a mask. */
static uint64_t bounded(reader *from, uint64_t bound)
{
    if (bound <= UINT32_MAX) {
        uint32_t small = (uint32_t)bound;
        uint64_t product = (uint64_t)next_word(from) * small;
        if ((uint32_t)product < small) {
            uint32_t least = (uint32_t)(0 - small) % small;
            while ((uint32_t)product < least) product = (uint64_t)next_word(from) * small;
        }
        return product >> 32;
    }
    uint64_t mask = bound - 1, value;
    for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    do {
        uint64_t low = next_word(from);
        value = ((uint64_t)next_word(from) << 32 | low) & mask;
    } while (value >= bound);
    return value;
}

void luge__random_permutation(const luge__random *r, int64_t n, int64_t *out)
{
    reader words = { .random = r, .used = CHUNK };
    for (int64_t i = 0; i < n; i++) out[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)bounded(&words, (uint64_t)i + 1);
        int64_t kept = out[i];
        out[i] = out[j];
        out[j] = kept;
    }
}

void luge__random_below(const luge__random *r, uint64_t bound, int64_t n, int64_t *out)
{
    reader words = { .random = r, .used = CHUNK };
    for (int64_t i = 0; i < n; i++) out[i] = (int64_t)bounded(&words, bound);
}
