/* order.c: in which order an epoch visits the rows. */
#include "data/data.h"

/* Random nodes of graphs count their streams upwards from 0; these lie far above. Epochs beyond 32 bits go there too.
 */
static luge__random epoch_random(uint64_t seed, uint32_t stream, uint64_t epoch)
{
    return (luge__random){ .seed = seed, .stream = stream + (uint32_t)(epoch >> 32), .step = epoch & UINT32_MAX };
}

void luge_row_order(uint64_t seed, uint64_t epoch, int64_t n, int64_t *rows)
{
    const luge__random r = epoch_random(seed, 0xC0000000u, epoch);
    if (rows) luge__random_permutation(&r, n, rows);
}

void luge_row_sample(uint64_t seed, uint64_t epoch, int64_t population, int64_t n, int64_t *rows)
{
    const luge__random r = epoch_random(seed, 0x80000000u, epoch);
    if (rows && population > 0 && n > 0) luge__random_below(&r, (uint64_t)population, n, rows);
}

void luge__part_order(uint64_t seed, int64_t n, int64_t *rows)
{
    const luge__random r = epoch_random(seed, 0x40000000u, 0);
    luge__random_permutation(&r, n, rows);
}
