/* cli.h: what the verbs of the command share. A verb is a file with one function and a row in main.c. */
#ifndef LUGE_CLI_H
#define LUGE_CLI_H

#include <luge/luge.h>
#include <stddef.h>

/* Exit codes: all went well; something failed; the command line was wrong. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* The verbs, each in its file. arg[0..n-1] is what follows the verb; they return the exit code. */
int cli_ops(int n, char **arg);
int cli_info(int n, char **arg);

enum { CLI_WIDTH = 80 }; /* columns that text is laid out for */

/* Prints words with a line break before a word would pass CLI_WIDTH; further lines begin at `indent`. The cursor is at
 * column `indent` now. Ends the line. */
void cli_wrap(int indent, const char *words);

/* How many letters must be typed, taken away, exchanged or swapped with a neighbour to get from a to b. */
int cli_distance(const char *a, const char *b);

/* The name that is nearest to a mistyped one, from name_at(0 .. n-1); NULL where none is near enough to be meant. */
const char *cli_nearest(const char *typed, int n, const char *(*name_at)(int index));

/* "luge WHO: nothing may follow" on stderr; CLI_USAGE. */
int cli_unexpected(const char *who, const char *argument);

#endif
