/* graph_json.h: the nodes of a graph as JSON. */
#ifndef LUGE_TRAIN_GRAPH_JSON_H
#define LUGE_TRAIN_GRAPH_JSON_H

#include "core/json.h"
#include "luge/graph.h"

enum { LUGE__GRAPH_JSON_NODES = 10000000 }; /* more than these are refused */

/* Writes nodes 1..n of g as an array, one object a node:
 *     {"op":"slice","in":[3],"name":"...","attr":{"axis":0,"start":0,"stop":2,"step":1}}
 * `in` lists the numbers of the operands; what is empty is left out. Attributes by kind: i64 as an integer, f64 as a
 * number that reads back ("nan", "inf", "-inf"), dtypes by name or null for none, shapes and axes as arrays of
 * integers, flags as true and false. Elements of variables and constants are not included. */
void luge__graph_write(luge__json_writer *w, const luge_graph *g, uint32_t n);

/* Whoever knows where the elements are. */
typedef struct luge__graph_leaves {
    void *user;
    /* Before a variable is made: LUGE_OK, or a failure entered into the context where it may not have that size. */
    luge_status (*variable)(void *user, uint32_t id, const char *name, luge_dtype dtype, const luge_shape *shape);
    /* The address of a constant's elements, `bytes` of them, which are copied; NULL (with a failure entered) where they
     * are not to be had. */
    const void *(*constant)(void *user, uint32_t id, luge_dtype dtype, const luge_shape *shape, size_t bytes);
} luge__graph_leaves;

/* Appends the nodes of a JSON array to an empty graph; their numbers stay. The text may be hostile: whatever is not as
 * above, or as the op takes it, is refused with LUGE_EFORMAT or the status of the op's refusal and a message that
 * begins with `who` and names the node; memory taken is in proportion to the text (some 20 bytes a byte). Variables
 * start as zeros. After a failure g holds the nodes before it. */
luge_status luge__graph_read(luge_context *ctx, luge_graph *g, const char *who, const luge__json *doc, uint32_t array,
                             const luge__graph_leaves *leaves);

#endif
