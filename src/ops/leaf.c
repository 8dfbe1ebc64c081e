/* leaf.c: the rows of the leaves. Their builders are in graph/graph.c, beside the memory that they manage. */
#include "ops/rows.h"

static luge_status infer_leaf(luge__infer *q)
{
    const luge__leaf_attr *attr = q->attr;
    q->out = (luge__type){ .dtype = attr->dtype, .shape = attr->shape };
    return luge__shape_check(q->ctx, q->op->name, &attr->shape, attr->dtype);
}

static const luge__field leaf_fields[] = {
    LUGE__FIELD(luge__leaf_attr, DTYPE, dtype),
    LUGE__FIELD(luge__leaf_attr, SHAPE, shape),
    LUGE__FIELD(luge__leaf_attr, F64, value),
    LUGE__FIELD(luge__leaf_attr, I64, storage),
    { NULL, LUGE__FIELD_I64, 0 },
};

#define LEAF_ROW(op_name, text)                                                                                        \
    const luge__op luge__row_##op_name = { LUGE__ROW(op_name),                                                         \
                                           .formula = text,                                                            \
                                           .gradient = "a leaf",                                                       \
                                           .flags = LUGE__LEAF,                                                        \
                                           LUGE__ATTR(luge__leaf_attr, leaf_fields),                                   \
                                           .infer = infer_leaf }

LEAF_ROW(input, "a value that each run is given");
LEAF_ROW(variable, "memory that outlives runs");
LEAF_ROW(constant, "a constant array");
LEAF_ROW(full, "one value everywhere");
