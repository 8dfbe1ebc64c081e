/* samples.h: how each operator is tried: what it is given, how it is built, which checks fit.
 *
 * A sample is one call of one op. Its name is "op/variant"; its input values follow from the name alone, so that
 * tests/golden/make_op_golden.py can make the same numbers and a failure can be repeated by name. */
#ifndef LUGE_TESTS_SAMPLES_H
#define LUGE_TESTS_SAMPLES_H

#include "graph/graph.h"

enum { SAMPLE_INPUTS = 4, SAMPLE_COTANGENT = 8 }; /* the cotangent's values are those of an input number 8 */

/* All values are multiples of powers of two that f32 holds exactly: one set of numbers serves both precisions. */
typedef enum sample_values {
    VALUES_UNIFORM,  /* low .. high, in 1024 steps */
    VALUES_AWAY,     /* magnitude low .. high, either sign: away from a kink at 0 */
    VALUES_DISTINCT, /* multiples of 1/64 about 0, no two equal */
    VALUES_INTEGERS, /* whole numbers low .. high */
    VALUES_SPECIAL,  /* infinities, NaN, signed zeros, ends of the range, numbers about them */
    VALUES_BOUNDED   /* the same without magnitudes above 2^12 (NaN and infinities stay) */
} sample_values;

typedef struct sample_input {
    luge_dtype dtype; /* LUGE_NO_DTYPE: the float type that is tried */
    luge_shape shape;
    sample_values values;
    double low, high;
} sample_input;

typedef enum sample_flag {
    SAMPLE_EXACT = 1,       /* the result is the exact one, rounded once */
    SAMPLE_MAGNITUDE = 2,   /* the error is measured against the result for the absolute values */
    SAMPLE_NO_GRADIENT = 4, /* not for the gradient check: kinks, no gradient, or a gradient defined otherwise */
    SAMPLE_NO_SECOND = 8,   /* nor for that of the gradient's gradient */
    SAMPLE_SWEEP = 16,      /* one of many sizes: forward and threads only */
    SAMPLE_OWN_DTYPE = 32,  /* f32 and f64 draw different numbers: compared within one dtype */
    SAMPLE_CONTIGUOUS = 64, /* other layouts would change what is asked */
    SAMPLE_NOT_FUSED = 128  /* its lowered form differs there (0 times infinity) */
} sample_flag;

typedef struct sample {
    char name[80];
    luge__op_id op;
    luge_val (*build)(luge_graph *g, const luge_val *in, const struct sample *s);
    int n_in;
    sample_input in[SAMPLE_INPUTS];
    luge_val (*unary)(luge_graph *g, luge_val x); /* what the generic builders call */
    luge_val (*binary)(luge_graph *g, luge_val a, luge_val b);
    luge_val (*with_p)(luge_graph *g, luge_val x, double p);
    luge_val (*over)(luge_graph *g, luge_val x, luge_axes axes, int keepdims);
    double p, q;
    int64_t i[4];
    luge_axes axes;
    luge_shape shape;
    luge_dtype dtype;
    uint32_t flags;
    double slack; /* factor of the tolerance; 0: 1 */
    double h;     /* of central differences; 0: the usual */
} sample;

typedef struct sample_sink {
    void (*each)(void *user, const sample *s);
    void *user;
    int sweeps; /* also the SAMPLE_SWEEP ones */
} sample_sink;

/* Calls sink->each for every sample of every op. */
void samples_each(sample_sink *sink);
void samples_elementwise(sample_sink *sink);
void samples_binary(sample_sink *sink);
void samples_reduce(sample_sink *sink);
void samples_matmul(sample_sink *sink);
void samples_shape(sample_sink *sink);
void samples_index(sample_sink *sink);
void samples_loss(sample_sink *sink);
void samples_fused(sample_sink *sink);
void samples_random(sample_sink *sink);

/* Passes s on under the name "op/variant" ("op/variantN" where number >= 0). */
void sample_emit(sample_sink *sink, const sample *s, const char *variant, int64_t number);
/* Sizes one below, at and above the boundaries of vectors and blocks. */
extern const int64_t sample_sizes[];
extern const int sample_size_count;

/* Element k of input number `input` of a sample. */
double sample_value(const sample *s, int input, int64_t k);
/* The first n of them. */
void sample_fill(const sample *s, int input, int64_t n, double *values);
/* FNV-1a over the bits of all inputs' values. */
uint64_t sample_hash(const sample *s);

/* The input descriptions. */
sample_input sample_in(luge_shape shape, sample_values values, double low, double high);
sample_input sample_index(luge_dtype dtype, luge_shape shape, int64_t high); /* whole numbers 0 .. high */
/* A random state {seed, step}. */
sample_input sample_state(void);

/* Generic builders. */
luge_val sample_build_unary(luge_graph *g, const luge_val *in, const sample *s);
luge_val sample_build_binary(luge_graph *g, const luge_val *in, const sample *s);
luge_val sample_build_with_p(luge_graph *g, const luge_val *in, const sample *s);

/* Ops that write variables are tried apart, in several steps: see updates.h. Leaves are what every sample is made of.
 */
int sample_is_apart(const luge__op *op);

#endif
