/* catalog.c: the operator table as the outside reads it: rows of the ops, kernels of the cpu backend. */
#include "plan/backend.h"

int luge_op_count(void)
{
    return LUGE__OP_COUNT;
}

luge_status luge_op_info_at(int index, luge_op_info *info)
{
    if (!info) return luge__fail_thread(LUGE_EINVAL, "luge_op_info_at: info is NULL");
    *info = (luge_op_info){ .name = "", .formula = "", .gradient = "" };
    if (index < 0 || index >= LUGE__OP_COUNT)
        return luge__fail_thread(LUGE_EINVAL, "luge_op_info_at: index %d is outside [0, %d)", index,
                                 (int)LUGE__OP_COUNT);
    const luge__op *op = luge__op_of((luge__op_id)index);
    info->name = op->name;
    info->formula = op->formula;
    info->gradient = op->gradient;
    luge__kernel_names(op, info->kernels, sizeof info->kernels);
    return LUGE_OK;
}
