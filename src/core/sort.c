/* sort.c: sorting numbers of things, without memory of its own, without recursion, and quick for any input. */
#include "core/core.h"

/* Lets ids[at] sink until no child is greater (Floyd's heap). */
static void sink(uint32_t *ids, size_t at, size_t n, luge__order_fn order, const void *user)
{
    uint32_t id = ids[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && order(user, ids[child], ids[child + 1]) < 0) child++;
        if (order(user, id, ids[child]) >= 0) break;
        ids[at] = ids[child];
    }
    ids[at] = id;
}

void luge__sort(uint32_t *ids, size_t n, luge__order_fn order, const void *user)
{
    for (size_t i = n / 2; i > 0; i--) sink(ids, i - 1, n, order, user);
    for (size_t i = n; i > 1; i--) {
        uint32_t greatest = ids[0];
        ids[0] = ids[i - 1];
        ids[i - 1] = greatest;
        sink(ids, 0, i - 1, order, user);
    }
}
