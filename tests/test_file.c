/* test_file.c: replacing files: contents, permissions, clear failures, nothing left behind, a process killed midway. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/core.h"
#include "failing_alloc.h"
#include "harness.h"
#include "temp_folder.h"

static int count_files(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    if (!dir) return -1;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

static int read_whole(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return -1;
    size_t n = fread(text, 1, size - 1, file);
    (void)fclose(file);
    text[n] = 0;
    return (int)n;
}

static luge_status replace(luge_context *ctx, const char *path, const char *text)
{
    luge__replace file;
    luge_status status = luge__replace_open(ctx, path, &file);
    if (status == LUGE_OK) status = luge__replace_write(&file, text, strlen(text));
    if (status == LUGE_OK) status = luge__replace_commit(&file);
    luge__replace_abandon(&file);
    return status;
}

/* ---- what works -------------------------------------------------------------------------------------------------- */

static void replacing(luge_test *t)
{
    luge__test_memory memory = { 0 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    char text[64] = "";
    struct stat info;
    if (!CHECK(t, ctx)) return;
    size_t base = luge_memory_now(ctx);
    const char *path = in_folder("model");
    mode_t mask = umask(022);
    CHECK_STATUS(t, replace(ctx, path, "first"), LUGE_OK);
    CHECK_EQ_INT(t, read_whole(path, text, sizeof text), 5);
    CHECK_STR_EQ(t, text, "first");
    CHECK(t, stat(path, &info) == 0 && (info.st_mode & 0777) == 0644);
    CHECK_EQ_INT(t, chmod(path, 0600), 0);
    CHECK_STATUS(t, replace(ctx, path, ""), LUGE_OK);
    CHECK_EQ_INT(t, read_whole(path, text, sizeof text), 0);
    CHECK(t, stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK_EQ_INT(t, chmod(path, 0666), 0); /* wider than the umask */
    CHECK_STATUS(t, replace(ctx, path, "third"), LUGE_OK);
    CHECK(t, stat(path, &info) == 0 && (info.st_mode & 0777) == 0666);
    (void)umask(mask);
    CHECK_EQ_INT(t, count_files(), 1);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx);
    CHECK_EQ_INT(t, memory.live, 0);
}

static void relative_path(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    char text[64] = "", before[4096];
    if (!CHECK(t, ctx && getcwd(before, sizeof before))) return;
    if (CHECK_EQ_INT(t, chdir(folder), 0)) {
        CHECK_STATUS(t, replace(ctx, "plain", "here"), LUGE_OK);
        CHECK_EQ_INT(t, chdir(before), 0);
    }
    CHECK_EQ_INT(t, read_whole(in_folder("plain"), text, sizeof text), 4);
    luge_close(ctx);
}

static void abandoning(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge__replace file, second;
    char text[64] = "";
    const char *path = in_folder("kept");
    if (!CHECK(t, ctx)) return;
    CHECK_STATUS(t, replace(ctx, path, "old"), LUGE_OK);
    CHECK_STATUS(t, luge__replace_open(ctx, path, &file), LUGE_OK);
    CHECK_STATUS(t, luge__replace_open(ctx, path, &second), LUGE_OK); /* two at once do not meet */
    CHECK_STATUS(t, luge__replace_write(&file, "new", 3), LUGE_OK);
    CHECK_STATUS(t, luge__replace_write(&second, "other", 5), LUGE_OK);
    CHECK_EQ_INT(t, count_files(), 3);
    luge__replace_abandon(&file);
    luge__replace_abandon(&file);
    CHECK_EQ_INT(t, read_whole(path, text, sizeof text), 3);
    CHECK_STR_EQ(t, text, "old");
    CHECK_STATUS(t, luge__replace_commit(&second), LUGE_OK);
    CHECK_EQ_INT(t, read_whole(path, text, sizeof text), 5);
    CHECK_EQ_INT(t, count_files(), 1);
    CHECK_STATUS(t, luge__replace_commit(&second), LUGE_ESTATE);
    CHECK_STATUS(t, luge__replace_write(&second, "x", 1), LUGE_ESTATE);
    luge_close(ctx);
}

/* ---- what does not ----------------------------------------------------------------------------------------------- */

static void bad_paths(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    CHECK_STATUS(t, replace(ctx, NULL, "x"), LUGE_EINVAL);
    CHECK_STATUS(t, replace(ctx, "", "x"), LUGE_EINVAL);
    CHECK_STATUS(t, replace(ctx, folder, "x"), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_last_error(), folder);
    CHECK_STR_CONTAINS(t, luge_last_error(), strerror(EISDIR));
    CHECK_STATUS(t, replace(ctx, in_folder("no/such/file"), "x"), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_last_error(), "no/such/file");
    CHECK_STR_CONTAINS(t, luge_last_error(), strerror(ENOENT));
    CHECK_STATUS(t, replace(ctx, in_folder("file"), "x"), LUGE_OK);
    CHECK_STATUS(t, replace(ctx, in_folder("file/below"), "x"), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_last_error(), strerror(ENOTDIR));
    CHECK_EQ_INT(t, mkfifo(in_folder("pipe"), 0600), 0);
    CHECK_STATUS(t, replace(ctx, in_folder("pipe"), "x"), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_last_error(), "not a regular file");
    CHECK_STATUS(t, replace(ctx, "/dev/null", "x"), LUGE_EIO);
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    CHECK_STATUS(t, replace(ctx, in_folder(name), "x"), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_last_error(), strerror(ENAMETOOLONG));
    CHECK_EQ_INT(t, count_files(), 2);
    luge_close(ctx);
}

static void read_only_folder(luge_test *t)
{
    if (geteuid() == 0) {
        CHECK_SKIP(t, "root may write everywhere");
        return;
    }
    luge_context *ctx = luge_open(.threads = 1);
    char text[64] = "";
    if (!CHECK(t, ctx)) return;
    CHECK_STATUS(t, replace(ctx, in_folder("file"), "old"), LUGE_OK);
    CHECK_EQ_INT(t, chmod(folder, 0500), 0);
    CHECK_STATUS(t, replace(ctx, in_folder("file"), "new"), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_last_error(), strerror(EACCES));
    CHECK_EQ_INT(t, chmod(folder, 0700), 0);
    CHECK_EQ_INT(t, read_whole(in_folder("file"), text, sizeof text), 3);
    CHECK_EQ_INT(t, count_files(), 1);
    luge_close(ctx);
}

/* A target that turns into a folder after open: the rename fails, the temporary file goes. */
static void failing_rename(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge__replace file;
    const char *path = in_folder("turns");
    if (!CHECK(t, ctx)) return;
    CHECK_STATUS(t, luge__replace_open(ctx, path, &file), LUGE_OK);
    CHECK_STATUS(t, luge__replace_write(&file, "x", 1), LUGE_OK);
    CHECK_EQ_INT(t, mkdir(path, 0700), 0);
    CHECK_STATUS(t, luge__replace_commit(&file), LUGE_EIO);
    CHECK_STR_CONTAINS(t, luge_last_error(), "cannot replace");
    CHECK_EQ_INT(t, count_files(), 1);
    luge__replace_abandon(&file);
    luge_close(ctx);
}

/* A limit on the size of files stands for the full disk; in a child, because it cannot be taken back. */
static int write_beyond_limit(void)
{
    struct rlimit limit = { 10000, 10000 };
    char block[4096], text[8] = "";
    memset(block, 'b', sizeof block);
    luge_context *ctx = luge_open(.threads = 1);
    luge__replace file;
    if (!ctx || replace(ctx, in_folder("file"), "old") != LUGE_OK) return 1;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return 2;
    if (luge__replace_open(ctx, in_folder("file"), &file) != LUGE_OK) return 3;
    luge_status status = LUGE_OK;
    int blocks = 0;
    for (; status == LUGE_OK && blocks < 10; blocks++) status = luge__replace_write(&file, block, sizeof block);
    if (status != LUGE_EIO || blocks != 3) return 4;
    if (!strstr(luge_last_error(), strerror(EFBIG)) || !strstr(luge_last_error(), "file")) return 5;
    if (luge__replace_commit(&file) != LUGE_ESTATE) return 6;
    luge__replace_abandon(&file);
    if (count_files() != 1) return 7;
    if (read_whole(in_folder("file"), text, sizeof text) != 3) return 8;
    luge_close(ctx);
    return 0;
}

static void full_disk(luge_test *t)
{
    pid_t child = fork();
    if (child == 0) _exit(write_beyond_limit());
    int status = -1;
    if (CHECK(t, child > 0)) (void)waitpid(child, &status, 0);
    CHECK(t, WIFEXITED(status));
    CHECK_EQ_INT(t, WEXITSTATUS(status), 0);
}

/* ---- killed ------------------------------------------------------------------------------------------------------ */

enum { BLOCKS = 8, BLOCK = 4096 };

/* Version v of the file: v + 1 blocks of one letter. Dies after `steps` calls; never for -1. */
static luge_status write_version(luge_context *ctx, const char *path, int version, int steps)
{
    char block[BLOCK];
    luge__replace file;
    memset(block, 'a' + version, sizeof block);
    if (steps == 0) (void)raise(SIGKILL);
    luge_status status = luge__replace_open(ctx, path, &file);
    for (int i = 0; status == LUGE_OK && i <= version; i++) {
        if (--steps == 0) (void)raise(SIGKILL);
        status = luge__replace_write(&file, block, sizeof block);
    }
    if (--steps == 0) (void)raise(SIGKILL);
    if (status == LUGE_OK) status = luge__replace_commit(&file);
    if (--steps == 0) (void)raise(SIGKILL);
    return status;
}

/* The version of a whole file; -1 for anything else. */
static int version_of(const char *path)
{
    static char text[BLOCKS * BLOCK + 2];
    int length = read_whole(path, text, sizeof text);
    if (length <= 0 || length % BLOCK) return -1;
    int version = length / BLOCK - 1;
    for (int i = 0; i < length; i++) {
        if (text[i] != 'a' + version) return -1;
    }
    return version;
}

static void killed_at_each_step(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const char *path = in_folder("model");
    enum { NEW = 5, STEPS = NEW + 4 }; /* before open, before each write, before and after commit */
    if (!CHECK(t, ctx)) return;
    for (int steps = 0; steps < STEPS; steps++) {
        CHECK_STATUS(t, write_version(ctx, path, 2, -1), LUGE_OK);
        pid_t child = fork();
        if (child == 0) _exit(write_version(ctx, path, NEW, steps) == LUGE_OK ? 1 : 2);
        int status = 0;
        if (!CHECK(t, child > 0)) break;
        (void)waitpid(child, &status, 0);
        CHECK(t, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CHECK_EQ_INT(t, version_of(path), steps == STEPS - 1 ? NEW : 2);
    }
    luge_close(ctx);
}

static void killed_at_any_time(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const char *path = in_folder("model");
    if (!CHECK(t, ctx)) return;
    CHECK_STATUS(t, write_version(ctx, path, 0, -1), LUGE_OK);
    for (int round = 0; round < 60; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (int i = 1;; i++) {
                if (write_version(ctx, path, i % BLOCKS, -1) != LUGE_OK) _exit(1);
            }
        }
        if (!CHECK(t, child > 0)) break;
        struct timespec pause = { 0, (long)luge_test_below(t, 8000000) };
        (void)nanosleep(&pause, NULL);
        (void)kill(child, SIGKILL);
        int status = 0;
        (void)waitpid(child, &status, 0);
        CHECK(t, WIFSIGNALED(status));
        CHECK(t, version_of(path) >= 0);
    }
    CHECK_STATUS(t, write_version(ctx, path, 3, -1), LUGE_OK); /* what the dead left behind is in nobody's way */
    CHECK_EQ_INT(t, version_of(path), 3);
    luge_close(ctx);
}

/* ---- temporary files --------------------------------------------------------------------------------------------- */

/* Two that replace one file at once have a temporary file each; the last to finish wins. */
static void two_at_once(luge_test *t)
{
    char text[8];
    luge_context *ctx = luge_open(.threads = 1);
    luge__replace a, b;
    CHECK_STATUS(t, luge__replace_open(ctx, in_folder("file"), &a), LUGE_OK);
    CHECK_STATUS(t, luge__replace_open(ctx, in_folder("file"), &b), LUGE_OK);
    CHECK(t, strcmp(a.temporary, b.temporary) != 0);
    CHECK_STATUS(t, luge__replace_write(&a, "first", 5), LUGE_OK);
    CHECK_STATUS(t, luge__replace_write(&b, "second", 6), LUGE_OK);
    CHECK_STATUS(t, luge__replace_commit(&b), LUGE_OK);
    CHECK_STATUS(t, luge__replace_commit(&a), LUGE_OK);
    CHECK_EQ_INT(t, read_whole(in_folder("file"), text, sizeof text), 5);
    CHECK_EQ_INT(t, count_files(), 1);
    luge_close(ctx);
}

/* What a crash left behind is used again; what is no file of ours is not touched. */
static void left_behind(luge_test *t)
{
    char text[16];
    luge_context *ctx = luge_open(.threads = 1);
    CHECK_STATUS(t, replace(ctx, in_folder("file.tmp-0"), "longer than it"), LUGE_OK);
    CHECK_STATUS(t, replace(ctx, in_folder("file"), "new"), LUGE_OK);
    CHECK_EQ_INT(t, read_whole(in_folder("file"), text, sizeof text), 3);
    CHECK_EQ_INT(t, count_files(), 1);
    CHECK_STATUS(t, replace(ctx, in_folder("other"), "other"), LUGE_OK);
    CHECK_EQ_INT(t, symlink(in_folder("other"), in_folder("file.tmp-0")), 0);
    CHECK_EQ_INT(t, link(in_folder("other"), in_folder("file.tmp-1")), 0);
    CHECK_EQ_INT(t, mkdir(in_folder("file.tmp-2"), 0700), 0);
    CHECK_EQ_INT(t, mkfifo(in_folder("file.tmp-3"), 0600), 0);
    CHECK_STATUS(t, replace(ctx, in_folder("file"), "newer"), LUGE_OK);
    CHECK_EQ_INT(t, read_whole(in_folder("file"), text, sizeof text), 5);
    CHECK_EQ_INT(t, read_whole(in_folder("other"), text, sizeof text), 5);
    CHECK_STR_EQ(t, text, "other");
    CHECK_EQ_INT(t, count_files(), 6);
    luge_close(ctx);
}

/* ---- no memory --------------------------------------------------------------------------------------------------- */

static luge_status replace_once(luge_test *t, luge_context *ctx, void *user)
{
    luge_status status = replace(ctx, in_folder("swept"), "contents");
    (void)user;
    CHECK_EQ_INT(t, count_files(), access(in_folder("swept"), F_OK) == 0);
    return status;
}

static void no_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "replacing a file", replace_once, NULL);
}

void test_file(luge_test *t)
{
    RUN_IN_FOLDER(t, replacing);
    RUN_IN_FOLDER(t, relative_path);
    RUN_IN_FOLDER(t, abandoning);
    RUN_IN_FOLDER(t, bad_paths);
    RUN_IN_FOLDER(t, read_only_folder);
    RUN_IN_FOLDER(t, failing_rename);
    RUN_IN_FOLDER(t, full_disk);
    RUN_IN_FOLDER(t, killed_at_each_step);
    RUN_IN_FOLDER(t, killed_at_any_time);
    RUN_IN_FOLDER(t, two_at_once);
    RUN_IN_FOLDER(t, left_behind);
    RUN_IN_FOLDER(t, no_memory);
}
