/* ops.c: `luge ops`: the operator table. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static luge_op_info op_at(int index)
{
    luge_op_info info = { "", "", "", "" };
    (void)luge_op_info_at(index, &info); /* index is in range */
    return info;
}

static const char *op_name(int index)
{
    return op_at(index).name;
}

/* The gradient in words, without the mark that it is that of the ops which this one is built of. */
static const char *gradient_of(const luge_op_info *op)
{
    static const char mark[] = "lowered: ";
    return strncmp(op->gradient, mark, sizeof mark - 1) ? op->gradient : op->gradient + sizeof mark - 1;
}

static void print_op(const luge_op_info *op)
{
    printf("  %s\n    formula   ", op->name);
    cli_wrap(14, op->formula);
    printf("    gradient  ");
    cli_wrap(14, gradient_of(op));
    printf("    kernels   ");
    cli_wrap(14, op->kernels);
}

/* Two lines an op: name and formula, then gradient; its kernels stand under the name. */
static void print_all(void)
{
    enum { TEXT = 25 };
    const int n = luge_op_count();
    printf("  %d operators: name and formula; below, the kernels of the cpu backend, best\n"
           "  first, and the gradient, where g is what reaches the result y.\n"
           "  memory: it is stored; view: it shows its operand's memory; lowered: it is\n"
           "  built of other operators.\n",
           n);
    for (int i = 0; i < n; i++) {
        const luge_op_info op = op_at(i);
        printf("\n  %-22s ", op.name);
        cli_wrap(TEXT, op.formula);
        printf("    %-20s ", op.kernels);
        cli_wrap(TEXT, gradient_of(&op));
    }
}

int cli_ops(int n, char **arg)
{
    if (n == 1 && (!strcmp(arg[0], "--help") || !strcmp(arg[0], "-h"))) {
        printf("  luge ops [NAME]\n\n  The operators, or one of them: formula, gradient, kernels.\n");
        return CLI_OK;
    }
    if (n > 1) return cli_unexpected("ops", arg[1]);
    if (n == 0) {
        print_all();
        return CLI_OK;
    }
    for (int i = 0; i < luge_op_count(); i++) {
        const luge_op_info op = op_at(i);
        if (strcmp(op.name, arg[0]) != 0) continue;
        print_op(&op);
        return CLI_OK;
    }
    const char *nearest = cli_nearest(arg[0], luge_op_count(), op_name);
    fprintf(stderr, "luge ops: no operator \"%s\"\n", arg[0]);
    if (nearest)
        fprintf(stderr, "  nearest: %s\n", nearest);
    else
        fprintf(stderr, "  luge ops lists them\n");
    return CLI_USAGE;
}
