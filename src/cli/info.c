/* info.c: `luge info`: what this build works with on this machine. */
#include <stdio.h>
#include <string.h>

#include "job.h"

enum { MOST = 16, NAME = 32 };

/* Kernels by name, with the number of operators whose first choice each is. */
typedef struct tally {
    int n;
    char name[MOST][NAME];
    int count[MOST];
} tally;

static void count_kernel(tally *t, const char *kernels)
{
    const size_t length = strcspn(kernels, ",");
    int i = 0;
    if (length == 0 || length >= NAME) return;
    while (i < t->n && (strlen(t->name[i]) != length || strncmp(t->name[i], kernels, length) != 0)) i++;
    if (i == MOST) return;
    if (i == t->n) {
        memcpy(t->name[i], kernels, length);
        t->name[t->n++][length] = '\0';
    }
    t->count[i]++;
}

static void print_kernels(void)
{
    tally t = { 0 };
    for (int i = 0; i < luge_op_count(); i++) {
        luge_op_info op;
        if (luge_op_info_at(i, &op) == LUGE_OK) count_kernel(&t, op.kernels);
    }
    printf("  operators        %d, by the first kernel of each:\n", luge_op_count());
    for (int i = 0; i < t.n; i++) printf("    %-14s %d\n", t.name[i], t.count[i]);
}

static void print_data_folders(void)
{
    char folders[4096];
    cli_data_folders(NULL, folders, sizeof folders);
    for (const char *at = folders, *label = "data"; *at; label = "") {
        const int length = (int)strcspn(at, ":");
        printf("  %-16s %.*s\n", label, length, at);
        at += length + (at[length] == ':');
    }
}

int cli_info(int n, char **arg)
{
    if (n == 1 && (!strcmp(arg[0], "--help") || !strcmp(arg[0], "-h"))) {
        printf("  luge info\n\n  Version, instruction set, threads, kernels, and where data is looked for.\n");
        return CLI_OK;
    }
    if (n > 0) return cli_unexpected("info", arg[0]);
    luge_context *ctx = luge_open();
    if (!ctx) {
        fprintf(stderr, "luge info: %s\n", luge_last_error());
        return CLI_FAILED;
    }
    printf("  version          %s\n", luge_version());
    printf("  instruction set  %s\n", luge_instruction_set(ctx));
    printf("  bf16 products    %s\n", strcmp(luge_bf16_unit(ctx), "rounded") != 0
                                          ? luge_bf16_unit(ctx)
                                          : "rounded, then multiplied as f32: slower than f32");
    printf("  threads          %d\n", luge_threads(ctx));
    print_kernels();
    print_data_folders();
    luge_close(ctx);
    return CLI_OK;
}
