/* model_files.h: model files in memory: made, their metadata changed as text, and what a program would do with a model
 * that came from one. */
#ifndef LUGE_TESTS_MODEL_FILES_H
#define LUGE_TESTS_MODEL_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model_cases.h"
#include "train/train.h"

enum { MODEL_BYTES = 1 << 16 };

typedef struct model_file {
    size_t size;
    unsigned char data[MODEL_BYTES];
} model_file;

/* Where files of tests go: in memory where there is such a place, because saving waits for the disk. */
static inline const char *model_folder(void)
{
    const char *base = getenv("TMPDIR");
    return base && strlen(base) < 100 ? base : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

static inline int stop_at_8(const luge_moment *moment, void *user)
{
    (void)user;
    return luge_model_progress(moment->model).updates == 8;
}

/* A case after 8 steps, in the middle of an epoch; zero where it cannot be made. */
static inline int model_file_make(const model_case *c, model_file *file)
{
    case_fit f;
    char path[160];
    const luge_callback last = { .size = sizeof last, .batch_end = stop_at_8 };
    (void)snprintf(path, sizeof path, "%s/luge-model-XXXXXX", model_folder());
    const int fd = mkstemp(path);
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *data = case_data(ctx, c, CASE_ROWS, 0);
    luge_model *m = case_model(ctx, c, data);
    case_fit_options(&f, c, data, 3, NULL, &last);
    file->size = 0;
    if (fd >= 0 && m && !luge_fit_with(m, &f.o) && !luge_save_model(m, path)) {
        FILE *in = fopen(path, "rb");
        if (in) file->size = fread(file->data, 1, sizeof file->data, in);
        if (in) (void)fclose(in);
    }
    luge_close(ctx);
    if (fd >= 0) (void)close(fd);
    (void)unlink(path);
    return file->size > 0 && file->size < MODEL_BYTES;
}

static inline size_t model_file_header(const model_file *file)
{
    size_t n = 0;
    for (int i = 7; i >= 0; i--) n = n << 8 | file->data[i];
    return n;
}

/* The first and last byte of the quoted, escaped metadata "luge" in the header. */
static inline void model_file_find(const model_file *file, size_t *begin, size_t *end)
{
    static const char key[] = "\"luge\":\"";
    size_t at = 8;
    while (memcmp(file->data + at, key, sizeof key - 1) != 0) at++;
    *begin = at += sizeof key - 1;
    while (file->data[at] != '"') at += file->data[at] == '\\' ? 2 : 1;
    *end = at;
}

/* The metadata as plain text (of a file whose header escapes nothing but " and \). */
static inline size_t model_file_text(const model_file *file, char *text)
{
    size_t at, end, n = 0;
    for (model_file_find(file, &at, &end); at < end; at++) {
        if (file->data[at] == '\\') at++;
        text[n++] = (char)file->data[at];
    }
    text[n] = 0;
    return n;
}

/* The file with other metadata, its header's length as it must be; zero where there is no room. */
static inline int model_file_with(const model_file *from, const char *text, model_file *to)
{
    size_t begin, end, header = model_file_header(from);
    model_file_find(from, &begin, &end);
    memcpy(to->data, from->data, begin);
    size_t at = begin;
    for (; *text; text++) {
        if (at + 8 >= MODEL_BYTES) return 0;
        if (*text == '"' || *text == '\\') to->data[at++] = '\\';
        to->data[at++] = (unsigned char)*text;
    }
    if (at + from->size - end > MODEL_BYTES) return 0;
    memcpy(to->data + at, from->data + end, from->size - end);
    header = header - (end - begin) + (at - begin);
    for (int i = 0; i < 8; i++) to->data[i] = (unsigned char)((uint64_t)header >> 8 * i);
    to->size = from->size - (end - begin) + (at - begin);
    return 1;
}

/* ---- what a program would do with it ----------------------------------------------------------------------------- */

enum { EXERCISE_ROWS = 3, EXERCISE_ELEMENTS = 4096 };

static inline void model_drop_text(void *user, const char *text, size_t length)
{
    size_t *n = user;
    if (length) *n += (unsigned char)text[length - 1];
}

/* Rows that fit inputs and outputs; NULL where those are too large. */
static inline luge_dataset *model_data(luge_context *ctx, luge_model *m, int classes)
{
    static const double zeros[EXERCISE_ELEMENTS];
    luge_graph *g = luge_model_graph(m);
    luge_dataset *data = luge_dataset_create(ctx);
    for (int i = 0; i < m->n_inputs + m->n_outputs; i++) {
        const int target = i >= m->n_inputs;
        luge_shape shape = luge_shape_of_val(g, target ? m->outputs[i - m->n_inputs] : m->inputs[i]);
        shape.dim[0] = EXERCISE_ROWS;
        const int64_t size = luge_shape_size(&shape);
        if (size < 0 || size > EXERCISE_ELEMENTS) return NULL;
        if (target && classes && shape.ndim == 2 && shape.dim[1] > 1)
            luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(EXERCISE_ROWS), zeros),
                                     .kind = LUGE_CLASSES, .classes = shape.dim[1]);
        else if (target)
            luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F32, shape, zeros));
        else
            luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F32, shape, zeros));
    }
    return data;
}

/* Looks, predicts, evaluates, trains, adapts; errors are fine. Returns how much of it succeeded. */
static inline int model_exercise(luge_context *ctx, luge_model *m)
{
    static double out[EXERCISE_ELEMENTS];
    size_t n = 0;
    int done = !luge_summary(m, (luge_sink){ model_drop_text, &n });
    luge_clear(ctx);
    luge_history_csv(m, (luge_sink){ model_drop_text, &n });
    for (int i = 0; i < luge_layer_count(m); i++) {
        luge_layer_info info;
        (void)luge_layer_at(m, i, &info);
    }
    for (int classes = 0; classes <= 1; classes++) {
        luge_dataset *data = model_data(ctx, m, classes);
        luge_clear(ctx);
        if (!data) break;
        for (int i = 0; i < m->n_outputs; i++) {
            luge_shape shape = luge_shape_of_val(luge_model_graph(m), m->outputs[i]);
            shape.dim[0] = EXERCISE_ROWS;
            const size_t bytes = (size_t)luge_shape_size(&shape) * luge_dtype_size(m->dtype);
            done += !luge_predict(m, data, out, bytes, .output = i);
            luge_clear(ctx);
        }
        (void)luge_evaluate(m, data);
        done += !luge_failed(ctx);
        luge_clear(ctx);
        (void)luge_fit(m, data, .epochs = m->epoch < 100 ? m->epoch + 1 : 1, .resume = 1, .batch_size = 2);
        luge_clear(ctx);
        done += !luge_fit(m, data, .batch_size = 2,
                          .callbacks = { luge_early_stopping(.monitor = "loss", .restore_best_weights = 1) });
        luge_clear(ctx);
        done += !luge_fit(m, data, .epochs = 2, .resume = 1, .batch_size = 2,
                          .callbacks = { luge_early_stopping(.monitor = "loss", .restore_best_weights = 1) });
        luge_clear(ctx);
        (void)luge_adapt(m, data);
        luge_clear(ctx);
        for (int i = 0; i < 2; i++) (void)luge_swap_averages(m);
        luge_clear(ctx);
        luge_dataset_free(data);
    }
    return done;
}

/* Memory that ends at a limit, as on a small machine: graphs may ask for more than there is. */
typedef struct model_memory {
    size_t now, most;
} model_memory;

static inline void *model_realloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    model_memory *memory = user;
    if (new_size > old_size && memory->now - old_size + new_size > memory->most) return NULL;
    void *result = NULL;
    if (new_size) result = realloc(ptr, new_size);
    if (new_size && !result) return NULL;
    if (!new_size) free(ptr);
    memory->now = memory->now - old_size + new_size;
    return result;
}

#endif
