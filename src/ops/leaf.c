/* leaf.c: the rows of the leaves. Their builders are in graph/graph.c, beside the memory that they manage. */
#include "ops/rows.h"

static luge_status infer_leaf(luge__infer *q)
{
    const luge__leaf_attr *attr = q->attr;
    q->out = (luge__type){ .dtype = attr->dtype, .shape = attr->shape };
    if (attr->slab < 0 || attr->slab > 15)
        return luge__fail(q->ctx, LUGE_EINVAL, "%s: slab %l is outside 0..15", q->op->name, attr->slab);
    return luge__shape_check(q->ctx, q->op->name, &attr->shape, attr->dtype);
}

static luge_status infer_full(luge__infer *q)
{
    const luge__leaf_attr *attr = q->attr;
    const luge_status status = infer_leaf(q);
    if (status || luge__is_float(attr->dtype) || (attr->value >= -0x1p63 && attr->value < 0x1p63)) return status;
    return luge__fail(q->ctx, LUGE_EINVAL, "%s: %g is no value of dtype %T", q->op->name, attr->value, attr->dtype);
}

#define TYPE_FIELDS LUGE__FIELD(luge__leaf_attr, DTYPE, dtype), LUGE__FIELD(luge__leaf_attr, SHAPE, shape)
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, LUGE__FIELD_I64, 0                                                                                       \
    }

static const luge__field type_fields[] = { TYPE_FIELDS, END };
static const luge__field variable_fields[] = { TYPE_FIELDS, LUGE__FIELD(luge__leaf_attr, I64, slab), END };
static const luge__field full_fields[] = { TYPE_FIELDS, LUGE__FIELD(luge__leaf_attr, F64, value), END };

#define LEAF_ROW(op_name, text, field_list, rule)                                                                      \
    const luge__op luge__row_##op_name = { LUGE__ROW(op_name),                                                         \
                                           .formula = text,                                                            \
                                           .gradient = "a leaf",                                                       \
                                           .flags = LUGE__LEAF,                                                        \
                                           LUGE__ATTR(luge__leaf_attr, field_list),                                    \
                                           .infer = rule }

LEAF_ROW(input, "a value that each run is given", type_fields, infer_leaf);
LEAF_ROW(variable, "memory that outlives runs", variable_fields, infer_leaf);
LEAF_ROW(constant, "a constant array", type_fields, infer_leaf);
LEAF_ROW(full, "one value everywhere", full_fields, infer_full);
