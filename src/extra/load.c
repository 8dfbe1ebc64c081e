/* load.c: a data set by name or path: tells what the text means and hands over. */
#include <stdio.h>
#include <string.h>

#include "parts.h"

/* ---- options ----------------------------------------------------------------------------------------------------- */

static luge_status read_options(luge_context *ctx, const luge_load_options *given, luge_load_options *o)
{
    memset(o, 0, sizeof *o);
    if (!ctx || !given || given->size < sizeof given->size)
        return luge__extra_fail(ctx, LUGE_EINVAL, "luge_load_data: %s", !ctx ? "the context is NULL" : "no options");
    if (luge_failed(ctx)) return luge_failure(ctx);
    memcpy(o, given, given->size < sizeof *o ? given->size : sizeof *o);
    for (size_t i = sizeof *o; i < given->size; i++) {
        if (((const char *)given)[i])
            return luge__extra_fail(ctx, LUGE_EINVAL, "luge_load_data: an option that this version does not know");
    }
    if (!o->spec || !*o->spec) return luge__extra_fail(ctx, LUGE_EINVAL, "luge_load_data: no name and no path");
    if (o->rows < 0 || o->limit < 0 || o->side < 0)
        return luge__extra_fail(ctx, LUGE_EINVAL, "luge_load_data: rows, limit or side is negative");
    return LUGE_OK;
}

/* ---- made-up data ------------------------------------------------------------------------------------------------ */

static int is_made(const char *name, size_t length)
{
    const char *made;
    for (int i = 0; (made = luge_make_data_name(i)) != NULL; i++) {
        if (strlen(made) == length && memcmp(made, name, length) == 0) return 1;
    }
    return 0;
}

/* Zero for "train", or nothing; 1 for "test"; -1 (and an error) for any other part. */
static int which_part(luge_context *ctx, const char *spec, const char *colon)
{
    if (!colon || strcmp(colon, ":train") == 0) return 0;
    if (strcmp(colon, ":test") == 0) return 1;
    (void)luge__extra_fail(ctx, LUGE_EINVAL, "%s: no part \"%s\"; there are train and test", spec, colon + 1);
    return -1;
}

static luge_dataset *make(luge_context *ctx, const luge_load_options *o, size_t length)
{
    char name[64];
    const int test = which_part(ctx, o->spec, o->spec[length] ? o->spec + length : NULL);
    if (test < 0 || length >= sizeof name) return NULL;
    memcpy(name, o->spec, length);
    name[length] = 0;
    const uint64_t seed = o->seed ? o->seed : 1;
    return luge_make_data(ctx, name, .rows = o->rows || strcmp(name, "digits") != 0 ? o->rows : 10000,
                          .seed = test ? ~seed : seed);
}

/* ---- features and labels in files -------------------------------------------------------------------------------- */

static luge_status add_features(luge_dataset *data, luge_array *array)
{
    return luge_dataset_add_features(data, array, .scale = luge_array_dtype(array) == LUGE_U8 ? 1 / 255. : 0);
}

static luge_dataset *join(luge_context *ctx, const char *paths[2], luge_array *features, luge_array *labels,
                          const luge_known_data *known)
{
    const int64_t n = luge_array_shape(features).dim[0], m = labels ? luge_array_shape(labels).dim[0] : n;
    if (n != m) {
        (void)luge__extra_fail(ctx, LUGE_ESHAPE, "%.200s has %lld rows, its labels %.200s have %lld", paths[0],
                               (long long)n, paths[1], (long long)m);
        return NULL;
    }
    const char *const *names = known ? luge__extra_class_names(known) : NULL;
    luge_dataset *data = luge_dataset_create(ctx);
    luge_status status = data ? add_features(data, features) : LUGE_ENOMEM;
    if (!status && labels) status = luge_dataset_add_targets(data, labels, .names = names, .classes = names ? 10 : 0);
    if (!status) return data;
    luge_dataset_free(data);
    return NULL;
}

/* Opens both and joins them. paths[1] may be "": no labels. */
static luge_dataset *pair(luge_context *ctx, const luge_load_options *o, const char *features_path,
                          const char *labels_path, const luge_known_data *known)
{
    const char *paths[2] = { features_path, labels_path };
    luge_array *arrays[2] = { NULL, NULL };
    luge_dataset *data = NULL;
    int failed = 0;
    for (int i = 0; i < 2 && !failed; i++) {
        if (!*paths[i]) continue;
        arrays[i] = luge__extra_ends(paths[i], ".npy") ? luge_array_npy(ctx, paths[i])
                                                       : luge__extra_idx(ctx, paths[i], o->limit);
        failed = !arrays[i];
    }
    if (!failed) data = join(ctx, paths, arrays[0], arrays[1], known);
    for (int i = 0; i < 2; i++) luge_array_free(arrays[i]); /* a data set keeps its own */
    return data;
}

/* The last `word` after the last '/', replaced; zero where there is none. */
static int replace(char path[LUGE__PATH], const char *word, const char *by)
{
    char *base = strrchr(path, '/'), *found = NULL;
    for (char *at = base ? base : path; (at = strstr(at, word)) != NULL; at++) found = at;
    if (!found || strlen(by) > strlen(word)) return 0;
    memcpy(found, by, strlen(by));
    memmove(found + strlen(by), found + strlen(word), strlen(found + strlen(word)) + 1);
    return 1;
}

/* What lies beside the features: FILE-labels..., compressed or not; "" where nothing does. */
static luge_status labels_beside(luge_context *ctx, const char *features, char path[LUGE__PATH])
{
    const size_t length = strlen(features);
    if (luge__extra_path(ctx, path, "%s", features)) return LUGE_EINVAL;
    if (luge__extra_ends(path, ".npy")) {
        if (luge__extra_path(ctx, path, "%.*s-labels.npy", (int)length - 4, features)) return LUGE_EINVAL;
        if (!luge__extra_is_file(path)) path[0] = 0;
        return LUGE_OK;
    }
    if (!replace(path, "images", "labels")) {
        path[0] = 0;
        return LUGE_OK;
    }
    (void)replace(path, "idx3", "idx1");
    if (luge__extra_is_file(path)) return LUGE_OK;
    if (luge__extra_ends(path, ".gz")) {
        path[strlen(path) - 3] = 0;
    } else if (strlen(path) + 4 <= LUGE__PATH) {
        (void)memcpy(path + strlen(path), ".gz", 4);
    }
    if (!luge__extra_is_file(path)) path[0] = 0;
    return LUGE_OK;
}

static luge_dataset *file(luge_context *ctx, const luge_load_options *o)
{
    char labels[LUGE__PATH];
    if (labels_beside(ctx, o->spec, labels)) return NULL;
    return pair(ctx, o, o->spec, labels, NULL);
}

static luge_dataset *known_set(luge_context *ctx, const luge_load_options *o, const luge_known_data *known)
{
    char images[LUGE__PATH], labels[LUGE__PATH];
    const char *end = o->spec + strlen(known->name);
    if (known->is_table) {
        (void)luge__extra_fail(ctx, LUGE_EINVAL, "%s is a table: read it by luge_table_read", known->name);
        return NULL;
    }
    const int test = which_part(ctx, o->spec, *end ? end : NULL);
    if (test < 0) return NULL;
    if (!luge__extra_find(ctx, known, 2 * test, images) || !luge__extra_find(ctx, known, 2 * test + 1, labels)) {
        (void)luge__extra_not_found(ctx, known);
        return NULL;
    }
    return pair(ctx, o, images, labels, known);
}

/* ---- what it is -------------------------------------------------------------------------------------------------- */

static void unknown(luge_context *ctx, const char *spec)
{
    enum { MOST = 64 };
    const char *words[MOST], *made;
    int n = 0;
    for (int i = 0; n < MOST && (made = luge_make_data_name(i)) != NULL; i++) words[n++] = made;
    luge_known_data known;
    for (int i = 0; n < MOST && i < luge_known_data_count(); i++) {
        if (luge_known_data_at(i, &known) == LUGE_OK) words[n++] = known.name;
    }
    const char *nearest = luge_nearest(spec, words, n);
    (void)luge__extra_fail(ctx, LUGE_EIO, "%.200s: no such file, folder or data set; the nearest name is %s", spec,
                           nearest ? nearest : "xor");
}

luge_dataset *luge_load_data_with(luge_context *ctx, const luge_load_options *options)
{
    luge_load_options o;
    if (read_options(ctx, options, &o)) return NULL;
    const size_t length = strcspn(o.spec, ":");
    if (is_made(o.spec, length)) return make(ctx, &o, length);
    const luge_known_data *known = luge__extra_known(o.spec, length);
    if (known) return known_set(ctx, &o, known);
    if (luge__extra_is_folder(o.spec)) return luge__extra_folder(ctx, o.spec, &o);
    if (luge__extra_is_file(o.spec)) return file(ctx, &o);
    unknown(ctx, o.spec);
    return NULL;
}

int luge_spec_is_table(luge_context *ctx, const char *spec, char *path, size_t size)
{
    static const char *const ends[] = { ".csv", ".tsv", ".txt", ".data" };
    char found[LUGE__PATH], plain[LUGE__PATH];
    if (path && size) path[0] = 0;
    if (!ctx || !spec || !path || !size) return 0;
    const luge_known_data *known = luge__extra_known(spec, strlen(spec));
    int table = strcmp(spec, "-") == 0;
    if (known && known->is_table) {
        if (!luge__extra_find(ctx, known, 0, found)) {
            (void)luge__extra_not_found(ctx, known);
            return 1;
        }
        spec = found;
        table = 1;
    } else if (!known && strlen(spec) < sizeof plain) {
        memcpy(plain, spec, strlen(spec) + 1);
        if (luge__extra_ends(plain, ".gz")) plain[strlen(plain) - 3] = 0;
        for (int i = 0; i < 4; i++) table |= luge__extra_ends(plain, ends[i]);
    }
    if (!table) return 0;
    if (strlen(spec) < size) {
        memcpy(path, spec, strlen(spec) + 1);
    } else {
        (void)luge__extra_fail(ctx, LUGE_EINVAL, "%.200s...: room for a path of %zu bytes only", spec, size - 1);
    }
    return 1;
}
