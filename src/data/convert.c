/* convert.c: elements of any type to floats, scaled: what every training step does to its batch.
 *
 * out = (float)((double)value * scale + offset), two roundings in double and one to f32, element by element: nothing
 * depends on alignment, on the batch or on how wide the vectors are. A block is brought to double, scaled and rounded
 * by plain loops that compilers vectorize; bytes to f32, the case of images, have loops of their own. */
#include <string.h>

#include "data/data.h"

enum { BLOCK = 512 };

static void bytes_to_f32(const uint8_t *restrict in, float *restrict out, int64_t n, double scale, double offset)
{
    for (int64_t i = 0; i < n; i++) out[i] = (float)((double)in[i] * scale + offset);
}

/* Without an offset the product of a byte and a double is also the sum of its products with the double's upper and
 * lower half in f32: the first is exact, so that all is rounded once. That is a third of the work, where the machine
 * has a fused multiply-add. Whether all 256 bytes come out alike is tried before it is used. */
#if defined(__x86_64__) && defined(LUGE_HAVE_AVX512)
#define BYTES_BY_HALVES(name, features)                                                                                \
    __attribute__((target(features))) static void name(const uint8_t *restrict in, float *restrict out, int64_t n,     \
                                                       float high, float low)                                          \
    {                                                                                                                  \
        for (int64_t i = 0; i < n; i++) out[i] = __builtin_fmaf((float)in[i], high, (float)in[i] * low);               \
    }
BYTES_BY_HALVES(halves_avx2, "avx2,fma")
BYTES_BY_HALVES(halves_avx512, "avx512f,avx512bw,avx512vl,avx512dq,fma")
typedef void halves_fn(const uint8_t *restrict in, float *restrict out, int64_t n, float high, float low);
static halves_fn *const by_halves[] = { NULL, halves_avx2, halves_avx512 };

void luge__scaling_split(luge__isa isa, luge__scaling *s)
{
    uint8_t byte[256];
    float exact[256], halves[256];
    s->by_halves = NULL;
    if (!by_halves[isa] || s->offset != 0 || s->scales) return;
    s->high = (float)s->scale;
    s->low = (float)(s->scale - (double)s->high);
    for (int i = 0; i < 256; i++) byte[i] = (uint8_t)i;
    bytes_to_f32(byte, exact, 256, s->scale, 0);
    by_halves[isa](byte, halves, 256, s->high, s->low);
    if (!memcmp(exact, halves, sizeof exact)) s->by_halves = by_halves[isa];
}
#else
void luge__scaling_split(luge__isa isa, luge__scaling *s)
{
    (void)isa;
    s->by_halves = NULL;
}
#endif

#define LOAD(type)                                                                                                     \
    do {                                                                                                               \
        const type *restrict from = (const type *)in + first;                                                          \
        for (int64_t i = 0; i < n; i++) out[i] = (double)from[i];                                                      \
    } while (0)

static void load(luge_dtype dtype, const void *in, int64_t first, int64_t n, double *restrict out)
{
    switch ((int)dtype) {
    case LUGE_BOOL:
    case LUGE_U8:
        LOAD(uint8_t);
        break;
    case LUGE_I8:
        LOAD(int8_t);
        break;
    case LUGE_I32:
        LOAD(int32_t);
        break;
    case LUGE_I64:
        LOAD(int64_t);
        break;
    case LUGE_F32:
        LOAD(float);
        break;
    default:
        LOAD(double);
    }
}

static void scale_all(double *restrict x, int64_t n, double scale, double offset)
{
    for (int64_t i = 0; i < n; i++) x[i] = x[i] * scale + offset;
}

static void scale_each(double *restrict x, int64_t n, const double *restrict scales, const double *restrict offsets)
{
    for (int64_t i = 0; i < n; i++) x[i] = x[i] * scales[i] + offsets[i];
}

static void round_all(const double *restrict x, int64_t n, float *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = (float)x[i];
}

/* Elements first .. first+n-1 by blocks. `element` is the first one's number in its row. */
static void by_blocks(luge_dtype from, const void *in, luge_dtype to, void *out, int64_t first, int64_t n,
                      const luge__scaling *s)
{
    const int plain = s->scale == 1 && s->offset == 0;
    double block[BLOCK];
    for (int64_t done = 0; done < n;) {
        const int64_t part = n - done < BLOCK ? n - done : BLOCK;
        double *x = to == LUGE_F64 ? (double *)out + first + done : block;
        load(from, in, first + done, part, x);
        if (s->scales)
            scale_each(x, part, s->scales + done, s->offsets + done);
        else if (!plain)
            scale_all(x, part, s->scale, s->offset);
        if (to == LUGE_F32) round_all(x, part, (float *)out + first + done);
        done += part;
    }
}

void luge__convert(luge_dtype from, const void *in, luge_dtype to, void *out, int64_t rows, int64_t width,
                   const luge__scaling *s)
{
    const int64_t n = rows * width;
    if (s->scales) {
        for (int64_t row = 0; row < rows; row++) by_blocks(from, in, to, out, row * width, width, s);
    } else if (from == to && s->scale == 1 && s->offset == 0) {
        memcpy(out, in, (size_t)n * luge_dtype_size(to));
    } else if (luge_dtype_size(from) == 1 && from != LUGE_I8 && to == LUGE_F32) {
        if (s->by_halves)
            s->by_halves(in, out, n, s->high, s->low);
        else
            bytes_to_f32(in, out, n, s->scale, s->offset);
    } else {
        by_blocks(from, in, to, out, 0, n, s);
    }
}

int64_t luge__integer_at(luge_dtype dtype, const unsigned char *data, int64_t index)
{
    int32_t i32;
    int64_t i64;
    switch ((int)dtype) {
    case LUGE_I8:
        return ((const int8_t *)data)[index];
    case LUGE_I32:
        memcpy(&i32, data + index * 4, sizeof i32);
        return i32;
    case LUGE_I64:
        memcpy(&i64, data + index * 8, sizeof i64);
        return i64;
    default:
        return data[index];
    }
}
