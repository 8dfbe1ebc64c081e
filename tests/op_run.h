/* op_run.h: builds a sample's graph, gives it its inputs in some layout, runs it, fetches results. */
#ifndef LUGE_TESTS_OP_RUN_H
#define LUGE_TESTS_OP_RUN_H

#include "harness.h"
#include "luge/luge.h"
#include "samples/samples.h"

/* How the inputs lie in memory. The op sees the same elements in each (in the repeated ones, elements that are equal
 * along an axis). */
typedef enum op_layout {
    LAYOUT_CONTIGUOUS,
    LAYOUT_TRANSPOSED,   /* dimensions reversed in memory */
    LAYOUT_SLICED,       /* every other element of the last axis, from an offset, with junk between */
    LAYOUT_OFFSET,       /* rows in C order, from an element in the middle of memory */
    LAYOUT_REPEAT_FIRST, /* stride 0 along the first axis */
    LAYOUT_REPEAT_LAST,  /* stride 0 along the last axis */
    LAYOUT_COPIED,       /* intermediates of the plan, whose place the result may take */
    LAYOUTS
} op_layout;
extern const char *const op_layout_names[LAYOUTS];

/* Values fetched from a run. */
typedef struct op_values {
    luge_dtype dtype;
    luge_shape shape;
    int64_t n;
    size_t size;          /* bytes */
    unsigned char *bytes; /* as fetched */
    double *value;        /* the same as doubles */
} op_values;
void op_values_free(op_values *v);

/* A sample's graph on some context. */
typedef struct op_setup {
    luge_graph *g;
    int n_in;
    luge_val leaf[SAMPLE_INPUTS + 1]; /* inputs of the graph, to bind; the last place is for a cotangent */
    luge_val in[SAMPLE_INPUTS];       /* operands of the op */
    void *data[SAMPLE_INPUTS + 1];
    size_t bytes[SAMPLE_INPUTS + 1];
    luge_val y;
} op_setup;

typedef struct op_options {
    luge_dtype dtype; /* of the inputs that are not of one dtype */
    op_layout layout;
    op_layout repeat; /* LAYOUT_REPEAT_*: values as that layout has them, whatever the layout */
    int magnitudes;   /* absolute values */
} op_options;

/* Nonzero where the layout would be that of LAYOUT_CONTIGUOUS for every input. */
int op_layout_is_plain(const sample *s, op_layout layout);
/* Nonzero where the sample depends on the float dtype that is tried. */
int op_has_choice(const sample *s);

/* Builds; nonzero on success, else a check has failed. Free in any case. */
int op_setup_make(luge_test *t, luge_context *ctx, const sample *s, const op_options *o, op_setup *setup);
void op_setup_free(op_setup *setup);
/* An input more, with the values of number `input` of the sample, in memory of `setup`. */
luge_val op_setup_input(op_setup *setup, const sample *s, int input, luge_dtype dtype, const luge_shape *shape);

/* A compiled set of outputs of a setup. */
typedef struct op_run {
    const op_setup *setup;
    luge_plan *plan;
    luge_run *run;
} op_run;
int op_run_make(luge_test *t, const op_setup *setup, const luge_val *outputs, int n, const char *backend, int guard,
                op_run *r);
void op_run_free(op_run *r);
int op_run_execute(luge_test *t, op_run *r);
int op_run_get(luge_test *t, op_run *r, luge_val v, op_values *out);

/* The whole way for setup->y. */
int op_compute(luge_test *t, luge_context *ctx, const sample *s, const op_options *o, const char *backend,
               op_values *out);

/* Element i of typed memory. */
double op_load(luge_dtype dtype, const void *data, int64_t i);
void op_store(luge_dtype dtype, void *data, int64_t i, double value);

/* A context with `threads` threads on an instruction set (NULL: the best). */
luge_context *op_context(luge_test *t, int threads, const char *cpu_limit);

#endif
