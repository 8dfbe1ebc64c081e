/* text.c: laying out text, and finding the name that was meant. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

void cli_wrap(int indent, const char *words)
{
    int column = indent;
    while (*words) {
        const int length = (int)strcspn(words, " ");
        if (column > indent && column + 1 + length > CLI_WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        if (column > indent) column += printf(" ");
        column += printf("%.*s", length, words);
        words += length;
        words += strspn(words, " ");
    }
    printf("\n");
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

int cli_distance(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    int d[LONGEST + 1][LONGEST + 1]; /* d[i][j]: from the first i letters of a to the first j of b */
    const int n = (int)strlen(a), m = (int)strlen(b);
    if (n > LONGEST || m > LONGEST) return LONGEST;
    for (int i = 0; i <= n; i++) d[i][0] = i;
    for (int j = 0; j <= m; j++) d[0][j] = j;
    for (int i = 1; i <= n; i++) {
        for (int j = 1; j <= m; j++) {
            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            const int swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

static int common_start(const char *a, const char *b)
{
    int n = 0;
    while (a[n] && a[n] == b[n]) n++;
    return n;
}

const char *cli_nearest(const char *typed, int n, const char *(*name_at)(int index))
{
    const char *best = NULL;
    int best_distance = 1 + (int)strlen(typed) / 2; /* less than this: at most half of the letters are wrong */
    for (int i = 0; i < n; i++) {
        const char *name = name_at(i);
        const int distance = cli_distance(typed, name);
        const int tie = best && distance == best_distance; /* then the one that begins alike */
        if (distance > best_distance || (distance == best_distance && !best)) continue;
        if (tie && common_start(typed, name) <= common_start(typed, best)) continue;
        best_distance = distance;
        best = name;
    }
    return best;
}

int cli_unexpected(const char *who, const char *argument)
{
    fprintf(stderr, "luge %s: \"%s\" is not expected here\n  luge help tells what is\n", who, argument);
    return CLI_USAGE;
}
