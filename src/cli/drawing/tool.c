/* tool.c: running other programs. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

extern char **environ;

int cli_tool_exists(const char *name)
{
    char file[4096];
    const char *path = getenv("PATH");
    if (!path || !*path) path = "/usr/local/bin:/usr/bin:/bin";
    while (*path) {
        const int length = (int)strcspn(path, ":");
        struct stat status;
        const int n = snprintf(file, sizeof file, "%.*s/%s", length ? length : 1, length ? path : ".", name);
        if (n < (int)sizeof file && !stat(file, &status) && S_ISREG(status.st_mode) && !access(file, X_OK)) return 1;
        path += length + (path[length] == ':');
    }
    return 0;
}

/* A program at work. */
typedef struct tool {
    pid_t pid;
    int in, err; /* our ends of the pipes to its input and from its complaints; -1: closed */
    const char *input;
    size_t bytes; /* of the input that is left */
    char complaint[1024];
    size_t n;
} tool;

/* A pipe whose end `ours` is not inherited and never blocks. */
static int open_pipe(int fd[2], int ours)
{
    if (pipe(fd)) return errno;
    if (fcntl(fd[ours], F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd[ours], F_SETFL, O_NONBLOCK) == 0) return 0;
    const int error = errno;
    close(fd[0]);
    close(fd[1]);
    return error;
}

static void shut(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Starts it in a process group of its own, so that it can be ended with all that it has started. */
static int spawn(tool *t, const char *const argv[], int in, int out, int err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t defaults;
    int error = posix_spawn_file_actions_init(&files);
    if (error) return error;
    error = posix_spawnattr_init(&how);
    if (!error) {
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigdefault(&how, &defaults);
        posix_spawnattr_setpgroup(&how, 0);
        error = posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
        const int from[] = { in, out, err };
        for (int i = 0; i < 3 && !error; i++) error = posix_spawn_file_actions_adddup2(&files, from[i], i);
        for (int i = 0; i < 3 && !error; i++) error = posix_spawn_file_actions_addclose(&files, from[i]);
        if (!error) error = posix_spawnp(&t->pid, argv[0], &files, &how, (char *const *)argv, environ);
        posix_spawnattr_destroy(&how);
    }
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static int begin(tool *t, const char *const argv[], int out)
{
    int in[2], err[2];
    int error = open_pipe(in, 1);
    if (error) return error;
    error = open_pipe(err, 0);
    if (!error) {
        error = spawn(t, argv, in[0], out, err[1]);
        close(err[1]);
        t->err = err[0];
    }
    close(in[0]);
    t->in = in[1];
    return error;
}

/* As much of the input as it takes now. One that closes its input does not want the rest. */
static void feed(tool *t)
{
    const ssize_t n = t->bytes ? write(t->in, t->input, t->bytes) : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n > 0) {
        t->input += n;
        t->bytes -= (size_t)n;
    }
    if (n < 0 || !t->bytes) shut(&t->in);
}

/* What it complains of; only the beginning is kept. */
static void listen_to(tool *t)
{
    char text[4096];
    const ssize_t n = read(t->err, text, sizeof text);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        shut(&t->err);
        return;
    }
    const size_t room = sizeof t->complaint - 1 - t->n, kept = (size_t)n < room ? (size_t)n : room;
    memcpy(t->complaint + t->n, text, kept);
    t->n += kept;
    t->complaint[t->n] = '\0';
}

/* Until it has ended: how, as waitpid tells. It need not close its pipes first. */
static int attend(tool *t)
{
    enum { MILLISECONDS = 20 };
    int status = 0, ended = 0;
    while (!ended) {
        struct pollfd at[2] = { { t->in, POLLOUT, 0 }, { t->err, POLLIN, 0 } };
        if (poll(at, 2, MILLISECONDS) > 0) {
            if (at[0].revents) feed(t);
            if (at[1].revents) listen_to(t);
        }
        if (cli_interrupted) kill(-t->pid, SIGKILL);
        const pid_t pid = waitpid(t->pid, &status, WNOHANG);
        ended = pid == t->pid || (pid < 0 && errno != EINTR);
    }
    if (t->err >= 0) listen_to(t); /* its last words */
    return status;
}

/* Complaints on one line. */
static const char *one_line(char *text)
{
    size_t n = strlen(text);
    while (n && strchr(" \n", text[n - 1])) text[--n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ') text[i] = ' ';
    return text;
}

static int judge(const char *verb, tool *t, const char *name, const char *path, int status, int out)
{
    struct stat file;
    const char *words = one_line(t->complaint), *colon = *words ? ": " : "";
    if (WIFSIGNALED(status))
        return cli_fail(verb, "%s was ended by a signal (%s)%s%s; %s is not written", name, strsignal(WTERMSIG(status)),
                        colon, words, path);
    if (WEXITSTATUS(status) != 0)
        return cli_fail(verb, "%s failed with exit code %d%s%s; %s is not written", name, WEXITSTATUS(status), colon,
                        words, path);
    if (!fstat(out, &file) && S_ISREG(file.st_mode) && file.st_size == 0)
        return cli_fail(verb, "%s wrote nothing%s%s; %s is not written", name, colon, words, path);
    return CLI_OK;
}

int cli_tool_run(const char *verb, const char *const argv[], const char *input, size_t bytes, const char *path)
{
    tool t = { .in = -1, .err = -1, .input = input, .bytes = bytes };
    FILE *file = cli_create(verb, path);
    if (!file) return CLI_FAILED;
    cli_catch_interrupt();
    const int error = begin(&t, argv, fileno(file));
    int code = CLI_OK;
    if (error)
        code = cli_fail(verb, "%s cannot be started: %s", argv[0], strerror(error));
    else {
        const int status = attend(&t);
        code = cli_interrupted ? CLI_INTERRUPTED : judge(verb, &t, argv[0], path, status, fileno(file));
    }
    shut(&t.in);
    shut(&t.err);
    if (!code) return cli_finish(verb, path, file);
    cli_discard(path, file);
    return code;
}
