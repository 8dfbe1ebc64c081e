/* luge/node.h: nodes by name: what a graph is made of, told and rebuilt without knowing the operators. For files,
 * bindings and exports; luge/ops.h is how to write a graph. */
#ifndef LUGE_NODE_H
#define LUGE_NODE_H

#include "luge/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an attribute holds, and in which member of luge_attribute it stands. */
typedef enum luge_attribute_kind {
    LUGE_ATTRIBUTE_I64 = 1,   /* i64 */
    LUGE_ATTRIBUTE_F64 = 2,   /* f64 */
    LUGE_ATTRIBUTE_DTYPE = 3, /* dtype; may be LUGE_NO_DTYPE */
    LUGE_ATTRIBUTE_SHAPE = 4, /* shape; that of reshape has sizes below 0: -1 is what is left, -2 - i the operand's i */
    LUGE_ATTRIBUTE_AXES = 5,  /* axes; counted from the front */
    LUGE_ATTRIBUTE_FLAG = 6,  /* i64: 0 or 1 */
    LUGE__ATTRIBUTE_FORCE_INT = 0x7fffffff
} luge_attribute_kind;

/* One attribute of a node, as `axis` of concat. */
typedef struct luge_attribute {
    const char *name; /* read from a node: a constant of the library */
    luge_attribute_kind kind;
    int64_t i64;
    double f64;
    luge_dtype dtype;
    luge_shape shape;
    luge_axes axes;
} luge_attribute;

/* How many attributes a node has (0 for none), and each of them: index 0 .. count - 1. An op has the same attributes in
 * the same order in all its nodes. */
LUGE_API int luge_attribute_count(const luge_graph *g, luge_val v);
LUGE_API luge_status luge_attribute_at(const luge_graph *g, luge_val v, int index, luge_attribute *out);

/* The same of an op: how many attributes (-1 where there is no such op), and the name and kind of each. */
LUGE_API int luge_op_attribute_count(const char *op);
LUGE_API luge_status luge_op_attribute_at(const char *op, int index, luge_attribute *out);

/* Appends op(inputs...) with these attributes: all that the op has, by name, in any order. What luge_node_info_of and
 * luge_attribute_at tell of a node makes an equal node, the number of its random stream included; nothing is broadcast.
 * Every argument is checked as by the op's builder, so that they may come from anywhere.
 * An input or variable made so has no name until luge_name gives it one. LUGE_EINVAL for "constant", whose elements are
 * no attributes: luge_constant makes it. An op that a graph holds in terms of others (such as huber) appends those. */
LUGE_API luge_val luge_append(luge_graph *g, const char *op, const luge_val *inputs, int n_inputs,
                              const luge_attribute *attributes, int n_attributes);

#ifdef __cplusplus
}
#endif
#endif
