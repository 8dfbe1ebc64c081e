/* terminal.c: what is known of where text goes, messages, and Ctrl-C. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/* One line of the message: broken where it would pass the width, but never in a word. */
static void print_line(const char *line, int length, int column)
{
    const int indent = 2;
    while (length > 0) {
        int word = 0;
        while (word < length && line[word] == ' ') word++;
        while (word < length && line[word] != ' ') word++;
        if (column > indent && column + word > CLI_WIDTH) {
            fprintf(stderr, "\n%*s", indent, "");
            column = indent;
            while (word > 0 && *line == ' ') line++, length--, word--;
        }
        column += word;
        fprintf(stderr, "%.*s", word, line);
        line += word;
        length -= word;
    }
    fputc('\n', stderr);
}

/* Where a line says what may have been meant, which then stands on a line of its own; *word is that. */
static int nearest_at(const char *line, int length, const char **word)
{
    static const char *const marks[] = { "; nearest: ", "; the nearest name is ", "; the nearest is " };
    for (int i = 0; i < 3; i++) {
        const char *at = strstr(line, marks[i]);
        if (!at || at >= line + length) continue;
        *word = at + strlen(marks[i]);
        return (int)(at - line);
    }
    return length;
}

static int print_message(const char *verb, const char *text)
{
    const char *word = text;
    int column = *verb ? fprintf(stderr, "luge %s: ", verb) : fprintf(stderr, "luge: ");
    for (const char *line = text; *line; column = 0) {
        const int length = (int)strcspn(line, "\n"), shown = nearest_at(line, length, &word);
        print_line(line, shown, column);
        if (shown < length) fprintf(stderr, "  nearest: %.*s\n", (int)(line + length - word), word);
        line += length + (line[length] == '\n');
    }
    return CLI_FAILED;
}

int cli_fail(const char *verb, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return print_message(verb, text);
}

int cli_fail_with(const char *verb, const luge_context *ctx)
{
    const char *message = ctx ? luge_error(ctx) : luge_last_error();
    const size_t n = strlen(verb);
    if (!*message) message = luge_last_error();
    if (!strncmp(message, verb, n) && !strncmp(message + n, ": ", 2)) message += n + 2; /* not "predict: predict:" */
    return cli_fail(verb, "%s", message);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

enum { PATH_BYTES = 4096 };

/* Only a plain file is replaced; a pipe, a device or a link such as /dev/stdout is written to. */
static int is_replaced(const char *path)
{
    struct stat status;
    return lstat(path, &status) != 0 || S_ISREG(status.st_mode);
}

FILE *cli_create(const char *verb, const char *path)
{
    char part[PATH_BYTES];
    const int n = snprintf(part, sizeof part, "%s%s", path, is_replaced(path) ? ".part" : "");
    FILE *file = n < PATH_BYTES ? fopen(part, "w") : NULL;
    if (!file) cli_fail(verb, "%s cannot be written: %s", path, strerror(n < PATH_BYTES ? errno : ENAMETOOLONG));
    return file;
}

int cli_finish(const char *verb, const char *path, FILE *file)
{
    char part[PATH_BYTES];
    const int replaced = is_replaced(path);
    int good = !ferror(file);
    good = fclose(file) == 0 && good;
    snprintf(part, sizeof part, "%s.part", path);
    if (good && (!replaced || rename(part, path) == 0)) return CLI_OK;
    if (replaced) remove(part);
    return cli_fail(verb, "%s could not be written whole%s", path, replaced ? "; it is as it was" : "");
}

void cli_discard(const char *path, FILE *file)
{
    char part[PATH_BYTES];
    const int replaced = is_replaced(path);
    fclose(file);
    snprintf(part, sizeof part, "%s.part", path);
    if (replaced) remove(part);
}

int cli_check_output(const char *verb, const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    struct stat status;
    if (!stat(path, &status) && S_ISDIR(status.st_mode))
        return cli_fail(verb, "%s is a folder; the name of a file is expected", path);
    if (!slash)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (access(folder, F_OK) != 0) return cli_fail(verb, "%s: there is no folder %s", path, folder);
    if (access(folder, W_OK) != 0) return cli_fail(verb, "%s: the folder %s cannot be written to", path, folder);
    return CLI_OK;
}

/* ---- the terminal ------------------------------------------------------------------------------------------------ */

int cli_is_terminal(FILE *file)
{
    const char *term = getenv("TERM");
    return isatty(fileno(file)) && !(term && !strcmp(term, "dumb"));
}

int cli_has_colour(FILE *file)
{
    const char *no = getenv("NO_COLOR");
    return cli_is_terminal(file) && !(no && *no);
}

int cli_has_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return strcmp(value, "C") != 0 && strcmp(value, "POSIX") != 0;
    }
    return 1;
}

int cli_terminal_width(void)
{
    const char *columns = getenv("COLUMNS");
    const long n = columns ? strtol(columns, NULL, 10) : 0;
    return n >= 20 && n < CLI_WIDTH ? (int)n : CLI_WIDTH;
}

double cli_now(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t)) return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Ctrl-C ------------------------------------------------------------------------------------------------------ */

volatile int cli_interrupted;

static void on_interrupt(int number)
{
    (void)number;
    if (cli_interrupted) _exit(CLI_INTERRUPTED);
    cli_interrupted = 1;
}

void cli_catch_interrupt(void)
{
    struct sigaction action = { .sa_handler = on_interrupt };
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (signal(SIGHUP, SIG_IGN) != SIG_IGN) sigaction(SIGHUP, &action, NULL); /* ignored: nohup, which goes on */
    signal(SIGPIPE, SIG_IGN); /* a reader that has gone is no reason to lose a training */
}
