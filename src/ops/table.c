/* table.c: the operator table, made from ops.def. */
#include <string.h>

#include "ops/rows.h"

static const luge__op *const rows[LUGE__OP_COUNT] = {
#define LUGE_UNARY(name, expression)   &luge__row_##name,
#define LUGE_BINARY(name, expression)  &luge__row_##name,
#define LUGE_COMPARE(name, expression) &luge__row_##name,
#define LUGE_OP(name)                  &luge__row_##name,
#include "ops/ops.def"
};

const luge__op *luge__op_of(luge__op_id id)
{
    return rows[id];
}

const luge__op *luge__op_named(const char *name)
{
    for (int i = 0; i < LUGE__OP_COUNT; i++)
        if (!strcmp(rows[i]->name, name)) return rows[i];
    return NULL;
}
