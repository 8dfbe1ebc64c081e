/* op_golden.h: numbers of an independent implementation, see golden/make_op_golden.py. */
#ifndef LUGE_TESTS_OP_GOLDEN_H
#define LUGE_TESTS_OP_GOLDEN_H

#include <stdint.h>

#include "luge/types.h"

typedef struct op_golden {
    const char *name; /* of a sample, or of an update */
    uint64_t hash;    /* of the inputs' values: both sides made the same */
    luge_shape shape; /* of the result */
    int first, n;     /* the result among the values */
    int grad[4];      /* gradients with respect to the inputs: their first value, or -1 */
} op_golden;

extern const op_golden op_golden_rows[];
extern const int op_golden_count;
extern const double op_golden_values[];
const op_golden *op_golden_find(const char *name); /* NULL where there is none */

#endif
