/* op_golden.c: the numbers, compiled in. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "op_golden.h"

/* clang-format off */
#define GOLDEN_NAN ((double)NAN)
#define GOLDEN_INF ((double)INFINITY)
#include "golden/op_golden.inc"
/* clang-format on */
const int op_golden_count = sizeof op_golden_rows / sizeof *op_golden_rows;

const op_golden *op_golden_find(const char *name)
{
    for (int i = 0; i < op_golden_count; i++)
        if (!strcmp(op_golden_rows[i].name, name)) return &op_golden_rows[i];
    return NULL;
}
