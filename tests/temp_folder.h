/* temp_folder.h: a folder for the files of one test case, empty at its begin and gone after it. */
#ifndef LUGE_TESTS_TEMP_FOLDER_H
#define LUGE_TESTS_TEMP_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

enum { PATH_SIZE = 400 };

static char folder[256];

/* The path of a name in it; good until the fourth call after. */
static const char *in_folder(const char *name)
{
    static char paths[4][PATH_SIZE];
    static int next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

static void empty_folder(void)
{
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        const char *path = in_folder(entry->d_name);
        if (unlink(path) != 0) (void)rmdir(path);
    }
    (void)closedir(dir);
}

static void in_new_folder(luge_test *t, const char *name, void (*run)(luge_test *t))
{
    if (!CASE(t, name)) return;
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/luge-test-XXXXXX", base && strlen(base) < 100 ? base : "/tmp");
    if (!CHECK(t, mkdtemp(folder) != NULL)) return;
    run(t);
    empty_folder();
    CHECK_EQ_INT(t, rmdir(folder), 0);
}

#define RUN_IN_FOLDER(t, function) in_new_folder((t), #function, function)

#endif
