/* tool.h: programs that draw for the command: found in PATH, fed and read through pipes. */
#ifndef LUGE_CLI_TOOL_H
#define LUGE_CLI_TOOL_H

#include <stddef.h>

/* Whether a program of that name is in PATH. */
int cli_tool_exists(const char *name);

/* Runs argv[0] (NULL ends argv) with `input` on its standard input; what it writes becomes the file `path`: whole, once
 * it has succeeded, or not at all. CLI_OK; CLI_FAILED after a message, which holds what the program complained of;
 * CLI_INTERRUPTED where Ctrl-C ended it, without one. It catches Ctrl-C from then on (cli_catch_interrupt). */
int cli_tool_run(const char *verb, const char *const argv[], const char *input, size_t bytes, const char *path);

#endif
