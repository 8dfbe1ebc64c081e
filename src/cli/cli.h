/* cli.h: what the verbs of the command share. A verb is a file with one function and a row in main.c. */
#ifndef LUGE_CLI_H
#define LUGE_CLI_H

#include <luge/luge.h>
#include <stddef.h>
#include <stdio.h>

/* Exit codes: all went well; something failed; the command line was wrong; stopped by Ctrl-C. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

/* The verbs, each in its file. arg[0..n-1] is what follows the verb; they return the exit code. */
int cli_train(int n, char **arg);
int cli_evaluate(int n, char **arg);
int cli_predict(int n, char **arg);
int cli_check(int n, char **arg);
int cli_graph(int n, char **arg);
int cli_summary(int n, char **arg);
int cli_data(int n, char **arg);
int cli_grad(int n, char **arg);
int cli_descend(int n, char **arg);
int cli_ops(int n, char **arg);
int cli_info(int n, char **arg);
int cli_plot(int n, char **arg);

/* ---- text.c ------------------------------------------------------------------------------------------------------ */

enum { CLI_WIDTH = 80 }; /* columns that text is laid out for */

enum { CLI_NO_BREAK = 1 }; /* a character that cli_wrap prints as a space at which no line ends */

/* Prints words with a line break before a word would pass CLI_WIDTH; further lines begin at `indent`. The cursor is at
 * column `indent` now. Ends the line. */
void cli_wrap(int indent, const char *words);
/* How many columns UTF-8 text takes. */
int cli_columns(const char *text);
/* Prints text in so many columns: filled, from the left where `right` is nonzero, or cut between characters. */
void cli_pad(const char *text, int width, int right);
/* 1234567 as 1,234,567; bytes as 16 KB; seconds as 0.7 s or 3 min 20 s. The text lies in `text`. */
enum { CLI_TEXT = 40 };
const char *cli_count(char text[CLI_TEXT], int64_t value);
const char *cli_bytes(char text[CLI_TEXT], double bytes);
const char *cli_duration(char text[CLI_TEXT], double seconds);
/* Four digits or more that matter: 0.0413, 12.731, 9,753, 3.10e-05. */
const char *cli_figure(char text[CLI_TEXT], double value);
/* The shortest text of six digits or more that reads back as the same number. */
const char *cli_exact(char text[CLI_TEXT], double value);
/* A field of a CSV line, in quotes where it needs them. */
void cli_csv_field(FILE *file, const char *text);

/* How many letters must be typed, taken away, exchanged or swapped with a neighbour to get from a to b. */
int cli_distance(const char *a, const char *b);

/* The name that is nearest to a mistyped one, from name_at(0 .. n-1); NULL where none is near enough to be meant. */
const char *cli_nearest(const char *typed, int n, const char *(*name_at)(int index));

/* "luge WHO: nothing may follow" on stderr; CLI_USAGE. */
int cli_unexpected(const char *who, const char *argument);

/* ---- terminal.c -------------------------------------------------------------------------------------------------- */

/* "luge VERB: message" on stderr, broken at CLI_WIDTH; what follows "; nearest: " stands on a line of its own.
 * CLI_FAILED. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int cli_fail(const char *verb, const char *format, ...);
/* The same with the first error of a context. */
int cli_fail_with(const char *verb, const luge_context *ctx);

/* A file that appears under its name whole or not at all: it is written beside it, and cli_finish renames it. NULL, and
 * CLI_FAILED, after a message. */
FILE *cli_create(const char *verb, const char *path);
int cli_finish(const char *verb, const char *path, FILE *file);
/* Whether a file could be made there, asked before the work that fills it. */
int cli_check_output(const char *verb, const char *path);
/* In place of cli_finish: what `path` was stays. */
void cli_discard(const char *path, FILE *file);

int cli_is_terminal(FILE *file);
/* Whether colour may be used there: a terminal that is not dumb, and no NO_COLOR. */
int cli_has_colour(FILE *file);
int cli_has_utf8(void);
/* Columns of the terminal, at most CLI_WIDTH. */
int cli_terminal_width(void);
double cli_now(void); /* seconds */

/* Set by the first Ctrl-C after cli_catch_interrupt; the second ends the program. */
extern volatile int cli_interrupted;
void cli_catch_interrupt(void);

#endif
