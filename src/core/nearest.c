/* nearest.c: a word in a list, and which one was meant. */
#include <string.h>

#include "core/core.h"

enum { LONGEST_COMPARED = 64 };

/* How many characters must be changed, put in or left out (Levenshtein), of the first 64. */
static int distance(const char *a, const char *b)
{
    int row[LONGEST_COMPARED + 1];
    int n = 0;
    for (; n < LONGEST_COMPARED && b[n]; n++) row[n] = n;
    row[n] = n;
    for (int i = 0; i < LONGEST_COMPARED && a[i]; i++) {
        int diagonal = row[0];
        row[0] = i + 1;
        for (int j = 1; j <= n; j++) {
            const int replaced = diagonal + (a[i] != b[j - 1]);
            const int shorter = row[j - 1] < row[j] ? row[j - 1] : row[j];
            diagonal = row[j];
            row[j] = replaced < shorter + 1 ? replaced : shorter + 1;
        }
    }
    return row[n];
}

const char *luge_nearest(const char *text, const char *const *words, int64_t n)
{
    int64_t best = -1;
    int least = 2 * LONGEST_COMPARED;
    for (int64_t i = 0; text && words && i < n; i++) {
        const int d = words[i] ? distance(text, words[i]) : least;
        if (d >= least) continue;
        least = d;
        best = i;
    }
    return best >= 0 ? words[best] : NULL;
}

int luge__name_index(const char *name, const char *const *names, int n)
{
    for (int i = 0; name && i < n; i++)
        if (!strcmp(name, names[i])) return i;
    return -1;
}
