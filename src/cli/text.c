/* text.c: laying out text, and finding the name that was meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static int word_columns(const char *word, int length)
{
    int n = 0;
    for (int i = 0; i < length; i++) n += ((unsigned char)word[i] & 0xc0) != 0x80;
    return n;
}

void cli_wrap(int indent, const char *words)
{
    int column = indent;
    while (*words) {
        const int length = (int)strcspn(words, " ");
        if (column > indent && column + 1 + word_columns(words, length) > CLI_WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        if (column > indent) column += printf(" ");
        for (int i = 0; i < length; i++) {
            putchar(words[i] == CLI_NO_BREAK ? ' ' : words[i]);
            column += ((unsigned char)words[i] & 0xc0) != 0x80;
        }
        words += length;
        words += strspn(words, " ");
    }
    printf("\n");
}

int cli_columns(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

void cli_pad(const char *text, int width, int right)
{
    const int columns = cli_columns(text), space = columns < width ? width - columns : 0;
    if (right) printf("%*s", space, "");
    for (int n = 0; *text; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
        if (n > width) break;
        putchar(*text);
    }
    if (!right) printf("%*s", space, "");
}

const char *cli_count(char text[CLI_TEXT], int64_t value)
{
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    int k = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0 && digits[i - 1] != '-') text[k++] = ',';
        text[k++] = digits[i];
    }
    text[k] = '\0';
    return text;
}

const char *cli_bytes(char text[CLI_TEXT], double bytes)
{
    static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB" };
    int unit = 0;
    for (; bytes >= 999.5 && unit < 4; unit++) bytes /= 1000;
    snprintf(text, CLI_TEXT, unit && bytes < 9.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}

const char *cli_duration(char text[CLI_TEXT], double seconds)
{
    if (seconds < 0.9995)
        snprintf(text, CLI_TEXT, "%.0f ms", seconds * 1000);
    else if (seconds < 99.95)
        snprintf(text, CLI_TEXT, "%.1f s", seconds);
    else
        snprintf(text, CLI_TEXT, "%d min %d s", (int)(seconds / 60), (int)seconds % 60);
    return text;
}

const char *cli_figure(char text[CLI_TEXT], double value)
{
    const double size = value < 0 ? -value : value;
    if (size >= 1000 && size < 1e7) return cli_count(text, (int64_t)(value < 0 ? value - 0.5 : value + 0.5));
    if (size != 0 && (size < 1e-3 || size >= 1e7))
        snprintf(text, CLI_TEXT, "%.2e", value);
    else
        snprintf(text, CLI_TEXT, size < 10 ? "%.4f" : size < 100 ? "%.3f" : "%.2f", value);
    return text;
}

const char *cli_exact(char text[CLI_TEXT], double value)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, CLI_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break; /* equal bits are meant */
    }
    return text;
}

void cli_csv_field(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"') fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
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
