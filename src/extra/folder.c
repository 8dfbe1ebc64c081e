/* folder.c: a data set of images: one folder a class. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

/* ---- lists of names ---------------------------------------------------------------------------------------------- */

typedef struct list {
    char **names;
    size_t n, capacity;
} list;

static void list_free(list *l)
{
    for (size_t i = 0; i < l->n; i++) free(l->names[i]);
    free(l->names);
    *l = (list){ 0 };
}

static luge_status list_add(luge_context *ctx, list *l, const char *name)
{
    if (l->n == l->capacity) {
        const size_t capacity = l->capacity ? 2 * l->capacity : 64;
        char **names = capacity < SIZE_MAX / sizeof *names ? realloc(l->names, capacity * sizeof *names) : NULL;
        if (!names) return luge__extra_no_memory(ctx, name);
        l->names = names;
        l->capacity = capacity;
    }
    char *copy = malloc(strlen(name) + 1);
    if (!copy) return luge__extra_no_memory(ctx, name);
    l->names[l->n++] = memcpy(copy, name, strlen(name) + 1);
    return LUGE_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int is_image(const char *name)
{
    return luge__extra_ends(name, ".png") || luge__extra_ends(name, ".jpg") || luge__extra_ends(name, ".jpeg");
}

/* Names in a folder that do not begin with '.', sorted: its folders, or its images. */
static luge_status list_folder(luge_context *ctx, const char *path, int folders, list *l)
{
    char full[LUGE__PATH];
    struct dirent *entry;
    luge_status status = LUGE_OK;
    *l = (list){ 0 };
    DIR *dir = opendir(path);
    if (!dir) return luge__extra_fail_system(ctx, path, "cannot read", errno);
    while (!status && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || (!folders && !is_image(entry->d_name))) continue;
        status = luge__extra_path(ctx, full, "%s/%s", path, entry->d_name);
        if (!status && (folders ? luge__extra_is_folder(full) : luge__extra_is_file(full)))
            status = list_add(ctx, l, entry->d_name);
    }
    (void)closedir(dir);
    if (status) {
        list_free(l);
    } else if (l->n) {
        qsort(l->names, l->n, sizeof *l->names, by_bytes);
    }
    return status;
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

/* The classes, and the images of each below them. */
typedef struct tree {
    luge_context *ctx;
    const char *path;
    const luge_load_options *options;
    list classes;
    list *images; /* of each class */
    int64_t rows;
    luge_array *features, *labels;
    unsigned char *pixels;
    int32_t *numbers;
    luge_image first; /* its size and channels are those of all; no pixels */
    char first_name[LUGE__PATH];
} tree;

static luge_status list_images(tree *t)
{
    char folder[LUGE__PATH];
    luge_status status = list_folder(t->ctx, t->path, 1, &t->classes);
    if (status) return status;
    if (t->classes.n < 2)
        return luge__extra_fail(t->ctx, LUGE_EFORMAT, "%s: %zu folders in it; one folder of images a class is expected",
                                t->path, t->classes.n);
    t->images = calloc(t->classes.n, sizeof *t->images);
    if (!t->images) return luge__extra_no_memory(t->ctx, t->path);
    for (size_t i = 0; i < t->classes.n; i++) {
        status = luge__extra_path(t->ctx, folder, "%s/%s", t->path, t->classes.names[i]);
        if (!status) status = list_folder(t->ctx, folder, 0, &t->images[i]);
        if (status) return status;
        if (!t->images[i].n) return luge__extra_fail(t->ctx, LUGE_EFORMAT, "%s: no PNG or JPEG files in it", folder);
        t->rows += (int64_t)t->images[i].n;
    }
    return LUGE_OK;
}

static void free_tree(tree *t)
{
    for (size_t i = 0; t->images && i < t->classes.n; i++) list_free(&t->images[i]);
    free(t->images);
    list_free(&t->classes);
    luge_array_free(t->features);
    luge_array_free(t->labels);
}

/* ---- the images -------------------------------------------------------------------------------------------------- */

/* Arrays for all rows, of the first image's size. */
static luge_status begin(tree *t, const luge_image *image, const char *path)
{
    void *pixels, *numbers;
    const int64_t dims[] = { t->rows, image->height, image->width, image->channels };
    t->features = luge_array_make(t->ctx, LUGE_U8, luge_make_shape(image->channels > 1 ? 4 : 3, dims), &pixels);
    t->labels = luge_array_make(t->ctx, LUGE_I32, luge_make_shape(1, dims), &numbers);
    if (!t->features || !t->labels) return luge_failure(t->ctx);
    t->pixels = pixels;
    t->numbers = numbers;
    t->first = *image;
    t->first.pixels = NULL;
    return luge__extra_path(t->ctx, t->first_name, "%s", path);
}

static luge_status put_image(tree *t, int64_t row, int32_t number, const char *path, luge_image *image)
{
    const int64_t side = t->options->side;
    luge_status status = side ? luge_image_resize(t->ctx, image, side, side) : LUGE_OK;
    if (!status && row == 0) status = begin(t, image, path);
    if (status) return status;
    if (image->width != t->first.width || image->height != t->first.height || image->channels != t->first.channels)
        return luge__extra_fail(
            t->ctx, LUGE_ESHAPE,
            "%.160s: %lld x %lld pixels in %lld channels; %.160s has %lld x %lld in %lld: scale all "
            "to one size, or make all grey",
            path, (long long)image->width, (long long)image->height, (long long)image->channels, t->first_name,
            (long long)t->first.width, (long long)t->first.height, (long long)t->first.channels);
    const size_t bytes = (size_t)(image->width * image->height * image->channels);
    memcpy(t->pixels + (size_t)row * bytes, image->pixels, bytes);
    t->numbers[row] = number;
    return LUGE_OK;
}

static luge_status read_images(tree *t)
{
    char path[LUGE__PATH];
    luge_image image;
    int64_t row = 0;
    for (size_t c = 0; c < t->classes.n; c++) {
        for (size_t i = 0; i < t->images[c].n; i++) {
            luge_status status =
                luge__extra_path(t->ctx, path, "%s/%s/%s", t->path, t->classes.names[c], t->images[c].names[i]);
            if (!status) status = luge_image_read(t->ctx, path, t->options->grey, &image);
            if (status) return status;
            status = put_image(t, row++, (int32_t)c, path, &image);
            luge_image_free(t->ctx, &image);
            if (status) return status;
        }
    }
    return LUGE_OK;
}

luge_dataset *luge__extra_folder(luge_context *ctx, const char *path, const luge_load_options *options)
{
    tree t = { .ctx = ctx, .path = path, .options = options };
    luge_dataset *data = NULL;
    luge_status status = list_images(&t);
    if (!status) status = read_images(&t);
    if (!status) data = luge_dataset_create(ctx);
    if (!status && !data) status = luge_failure(ctx);
    if (!status) status = luge_dataset_add_features(data, t.features, .scale = 1 / 255.);
    if (!status)
        status = luge_dataset_add_targets(data, t.labels, .names = (const char *const *)t.classes.names,
                                          .classes = (int64_t)t.classes.n);
    if (status) {
        luge_dataset_free(data);
        data = NULL;
    }
    free_tree(&t);
    return data;
}
