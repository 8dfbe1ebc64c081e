/* rewrite_fuse.c: fused ops in the place of what they mean. */
#include "plan/rewrite.h"

luge_status luge__fuse(luge__rewriter *r)
{
    luge_status status = LUGE_OK;
    luge__mark_needed(r, 1);
    for (uint32_t id = 1; id < r->n && !status; id++)
        if (r->use[id] || r->from->nodes[id].op == LUGE__OP_input) status = luge__keep(r, id);
    return status;
}
