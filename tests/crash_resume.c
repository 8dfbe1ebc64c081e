/* crash_resume.c: a program that is killed while it trains and saves, at every call to the file system and at random
 * moments: the file is there whole or not yet, and a new process goes on from it to the same bytes.
 *
 * It runs itself: `crash_resume train FILE K` trains with FILE as its checkpoint, going on from it if it is there, and
 * dies at call K of those below; 0: at none. Linked with -Wl,--wrap for each of them. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model_cases.h"

enum { EPOCHS = 3, EVERY = 4, KILLS = 200, SECONDS = 12 };

/* ---- calls that are counted -------------------------------------------------------------------------------------- */

static long calls, die_at;

static void count(void)
{
    if (die_at && ++calls == die_at) (void)raise(SIGKILL);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __wrap_open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    const int mode = flags & O_CREAT ? va_arg(list, int) : 0;
    va_end(list);
    count();
    return __real_open(path, flags, mode);
}

int __wrap_flock(int fd, int operation)
{
    count();
    return __real_flock(fd, operation);
}

int __wrap_ftruncate(int fd, off_t size)
{
    count();
    return __real_ftruncate(fd, size);
}

int __wrap_fchmod(int fd, mode_t mode)
{
    count();
    return __real_fchmod(fd, mode);
}

/* Also dies with half of it written. */
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    count();
    if (die_at && calls + 1 == die_at) (void)!__real_write(fd, data, size / 2);
    count();
    return __real_write(fd, data, size);
}

/* A kill takes nothing from the system's memory, so there is no need to wait for the disk. */
int __wrap_fsync(int fd)
{
    (void)fd;
    count();
    return 0;
}

int __wrap_rename(const char *from, const char *to)
{
    count();
    return __real_rename(from, to);
}

int __wrap_close(int fd)
{
    count();
    return __real_close(fd);
}

int __wrap_unlink(const char *path)
{
    count();
    return __real_unlink(path);
}

/* ---- the child --------------------------------------------------------------------------------------------------- */

static int train(const char *path, const char *csv)
{
    const model_case *c = &model_cases[8]; /* dropout, batch normalization, AMSGrad, AUC */
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = case_data(ctx, c, CASE_ROWS, 0);
    case_fit f;
    luge_model *m = access(path, F_OK) == 0 ? luge_load_model(ctx, path) : case_model(ctx, c, data);
    const luge_callback checkpoint = *luge_checkpoint(path, .every_steps = EVERY);
    case_fit_options(&f, c, data, EPOCHS, csv, &checkpoint);
    f.o.resume = 1;
    const int failed = !m || luge_fit_with(m, &f.o) || luge_save_model(m, path);
    if (failed) (void)fprintf(stderr, "crash_resume: %s\n", luge_last_error());
    luge_close(ctx);
    return failed;
}

/* ---- the parent -------------------------------------------------------------------------------------------------- */

static const char *program;
static char folder[200], file[240], log_file[240];
static int failures;

static void check(int passed, const char *what, long which)
{
    if (passed) return;
    printf("%s (%ld)\n", what, which);
    failures++;
}

static pid_t begin(long die)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%ld", die);
    const pid_t child = fork();
    if (child) return child;
    (void)execl(program, program, "train", file, log_file, number, (char *)NULL);
    _exit(127);
}

/* Its exit status; -1 where it was killed. */
static int finish(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) != child) continue;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

static int count_files(int delete_them)
{
    int n = 0;
    char path[512];
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        n++;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (delete_them) (void)unlink(path);
    }
    if (dir) (void)closedir(dir);
    return n;
}

static size_t read_file(unsigned char *to, size_t room)
{
    FILE *f = fopen(file, "rb");
    const size_t n = f ? fread(to, 1, room, f) : 0;
    if (f) (void)fclose(f);
    return n;
}

static unsigned char whole[1 << 17], now[1 << 17];
static size_t whole_size;

static void check_finished(long which)
{
    const size_t n = read_file(now, sizeof now);
    check(n == whole_size && !memcmp(now, whole, n), "other bytes than without a crash", which);
    check(count_files(0) == 2, "more files than the model and the log are left", which);
}

/* After a kill: the file is whole or not there, and each of the two leaves one other file at most. */
static void check_killed(long which)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (access(file, F_OK) == 0) check(luge_load_model(ctx, file) != NULL, luge_error(ctx), which);
    luge_close(ctx);
    check(count_files(0) <= 4, "temporary files pile up", which);
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void kill_at_each_call(void)
{
    long k = 1, killed = 0;
    const double began = seconds();
    for (; k < 2000 && !failures; k += seconds() - began < SECONDS ? 1 : 11) { /* with a sanitizer, not all of them */
        (void)count_files(1);
        const int status = finish(begin(k));
        if (status == 0) break; /* it makes fewer calls */
        check(status == -1, "not killed, but ended with an error", k);
        killed++;
        check_killed(k);
        check(finish(begin(0)) == 0, "going on fails", k);
        check_finished(k);
    }
    check(k > 60, "too few calls", k);
    printf("killed at %ld of some %ld calls\n", killed, k - 1);
}

static void kill_at_any_moment(double whole_seconds)
{
    uint64_t random = 1;
    long kills = 0, ends = 0;
    const double began = seconds();
    (void)count_files(1);
    for (long i = 0; kills < KILLS && seconds() - began < SECONDS && !failures; i++) {
        const pid_t child = begin(0);
        random = random * 6364136223846793005u + 1442695040888963407u;
        const double pause = whole_seconds * 1.1 * (double)(random >> 40) / (1 << 24);
        const struct timespec wait = { (time_t)pause, (long)((pause - (double)(time_t)pause) * 1e9) };
        (void)nanosleep(&wait, NULL);
        (void)kill(child, SIGKILL);
        const int status = finish(child);
        if (status == -1) {
            kills++;
            check_killed(i);
            continue;
        }
        check(status == 0, "ended with an error", i);
        check_finished(i);
        (void)count_files(1);
        ends++;
    }
    check(finish(begin(0)) == 0, "going on fails", -1);
    check_finished(-1);
    check(kills > 0, "nothing was killed", kills);
    printf("killed at %ld moments, in %ld trainings\n", kills, ends + 1);
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "train")) {
        die_at = strtol(argv[4], NULL, 10);
        return train(argv[2], argv[3]);
    }
    const char *base = getenv("TMPDIR");
    program = argv[0];
    (void)snprintf(folder, sizeof folder, "%s/luge-crash-XXXXXX", base && strlen(base) < 100 ? base : "/tmp");
    if (!mkdtemp(folder)) return 2;
    (void)snprintf(file, sizeof file, "%s/model", folder);
    (void)snprintf(log_file, sizeof log_file, "%s/log.csv", folder);
    const double began = seconds();
    check(finish(begin(0)) == 0, "training fails", 0);
    const double took = seconds() - began;
    whole_size = read_file(whole, sizeof whole);
    check(whole_size > 0, "no file", 0);
    kill_at_each_call();
    kill_at_any_moment(took);
    (void)count_files(1);
    (void)rmdir(folder);
    return failures != 0;
}
