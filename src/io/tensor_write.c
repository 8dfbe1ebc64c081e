/* tensor_write.c: putting tensors and texts together, in order, and writing them as one file. */
#include <string.h>

#include "core/json.h"
#include "io/tensor_file.h"
#include "luge/io.h"

typedef struct tensor {
    const luge__tensor_type *type;
    luge_shape shape;
    size_t bytes;
    const void *data;
} tensor;

typedef struct named_tensor {
    const char *name;
    const tensor *tensor;
} named_tensor;

struct luge_tensor_writer {
    luge__object object;
    luge__chunk *chunks;
    named_tensor *tensors; /* by name */
    size_t n_tensors, tensor_capacity;
    luge__tensor_text *texts; /* by key */
    size_t n_texts, text_capacity;
    uint64_t bytes;     /* of all tensors */
    luge_status status; /* of the first add that failed */
};

static void writer_destroy(luge__object *object)
{
    luge_tensor_writer *w = (luge_tensor_writer *)object;
    luge_context *ctx = object->ctx;
    luge__release(ctx, w->tensors, w->tensor_capacity * sizeof *w->tensors);
    luge__release(ctx, w->texts, w->text_capacity * sizeof *w->texts);
    luge__chunk_free(ctx, &w->chunks);
    luge__release(ctx, w, sizeof *w);
}

luge_tensor_writer *luge_tensor_writer_create(luge_context *ctx)
{
    if (!ctx) luge__fail(NULL, LUGE_EINVAL, "luge_tensor_writer_create: the context is NULL");
    if (luge_failed(ctx)) return NULL;
    luge_tensor_writer *w = luge__alloc(ctx, sizeof *w);
    if (w) luge__object_enter(ctx, &w->object, writer_destroy);
    return w;
}

void luge_tensor_writer_free(luge_tensor_writer *writer)
{
    if (!writer) return;
    luge__object_leave(&writer->object);
    writer_destroy(&writer->object);
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

static int is_utf8(const char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        size_t length = luge__utf8_length(text, (size_t)(end - text));
        if (length == 0) return 0;
        text += length;
    }
    return 1;
}

static luge_status check_texts(luge_context *ctx, const char *who, const char *name, const char *text)
{
    if (!name || !text) return luge__fail(ctx, LUGE_EINVAL, "%s: a name or text is NULL", who);
    if (is_utf8(name) && is_utf8(text)) return LUGE_OK;
    return luge__fail(ctx, LUGE_EINVAL, "%s: a name or text is not UTF-8: \"%s\"", who, name);
}

static luge_status add(luge_tensor_writer *w, const char *name, const tensor *given)
{
    static const char who[] = "luge_tensor_writer_add";
    luge_context *ctx = w->object.ctx;
    size_t place;
    luge_status status = check_texts(ctx, who, name, "");
    if (status) return status;
    if (strcmp(name, LUGE__TENSOR_METADATA) == 0) {
        return luge__fail(ctx, LUGE_EINVAL, "%s: no tensor can be called \"%s\"", who, name);
    }
    if (!given->data && given->bytes) return luge__fail(ctx, LUGE_EINVAL, "%s: \"%s\": data is NULL", who, name);
    if (luge__find_name(w->tensors, w->n_tensors, sizeof *w->tensors, name, &place)) {
        return luge__fail(ctx, LUGE_EINVAL, "%s: \"%s\" was added before", who, name);
    }
    if (given->bytes > INT64_MAX - w->bytes) {
        return luge__fail(ctx, LUGE_EINVAL, "%s: \"%s\": the file would be too large", who, name);
    }
    status = luge__grow(ctx, &w->tensors, sizeof *w->tensors, &w->tensor_capacity, w->n_tensors + 1);
    if (status) return status;
    tensor *copy = luge__chunk_alloc(ctx, &w->chunks, sizeof *copy);
    const char *own = copy ? luge__keep_text(ctx, &w->chunks, name) : NULL;
    if (!own) return LUGE_ENOMEM;
    *copy = *given;
    memmove(&w->tensors[place + 1], &w->tensors[place], (w->n_tensors - place) * sizeof *w->tensors);
    w->tensors[place] = (named_tensor){ own, copy };
    w->n_tensors++;
    w->bytes += given->bytes;
    return LUGE_OK;
}

luge_status luge_tensor_writer_add(luge_tensor_writer *writer, const char *name, luge_dtype dtype, luge_shape shape,
                                   const void *data)
{
    static const char who[] = "luge_tensor_writer_add";
    if (!writer) return luge__fail(NULL, LUGE_EINVAL, "%s: the writer is NULL", who);
    tensor given = { .type = luge__tensor_types, .shape = shape, .data = data };
    luge_status status = luge__shape_check(writer->object.ctx, who, &shape, dtype);
    if (status == LUGE_OK) {
        (void)luge__shape_bytes(&shape, dtype, &given.bytes); /* just checked */
        while (given.type->dtype != dtype) given.type++;      /* each dtype of luge is there */
        status = add(writer, name, &given);
    }
    if (status && !writer->status) writer->status = status;
    return status;
}

static luge_status add_text(luge_tensor_writer *w, const char *key, const char *text)
{
    static const char who[] = "luge_tensor_writer_metadata";
    luge_context *ctx = w->object.ctx;
    size_t place;
    luge_status status = check_texts(ctx, who, key, text);
    if (status) return status;
    if (luge__find_name(w->texts, w->n_texts, sizeof *w->texts, key, &place)) {
        return luge__fail(ctx, LUGE_EINVAL, "%s: \"%s\" was added before", who, key);
    }
    status = luge__grow(ctx, &w->texts, sizeof *w->texts, &w->text_capacity, w->n_texts + 1);
    if (status) return status;
    luge__tensor_text own = { .key = luge__keep_text(ctx, &w->chunks, key) };
    if (own.key) own.text = luge__keep_text(ctx, &w->chunks, text);
    if (!own.text) return LUGE_ENOMEM;
    memmove(&w->texts[place + 1], &w->texts[place], (w->n_texts - place) * sizeof *w->texts);
    w->texts[place] = own;
    w->n_texts++;
    return LUGE_OK;
}

luge_status luge_tensor_writer_metadata(luge_tensor_writer *writer, const char *key, const char *text)
{
    if (!writer) return luge__fail(NULL, LUGE_EINVAL, "luge_tensor_writer_metadata: the writer is NULL");
    luge_status status = add_text(writer, key, text);
    if (status && !writer->status) writer->status = status;
    return status;
}

/* ---- saving ------------------------------------------------------------------------------------------------------ */

/* Walks the tensors in the order of the file, by descending size of an element, then by name: the first tensor of that
 * size from number `index` on, or the first of a smaller size; n_tensors after the last. Begins with 0 and size 8. */
static size_t next_tensor(const luge_tensor_writer *w, size_t index, uint32_t *size)
{
    for (;; index = 0) {
        for (; index < w->n_tensors; index++) {
            if (w->tensors[index].tensor->type->size == *size) return index;
        }
        if (*size == 1) return index;
        *size /= 2;
    }
}

static void describe(luge__json_writer *json, const named_tensor *named, uint64_t begin)
{
    const tensor *t = named->tensor;
    luge__json_key(json, named->name);
    luge__json_open(json, '{');
    luge__json_key(json, "dtype");
    luge__json_string(json, t->type->name);
    luge__json_key(json, "shape");
    luge__json_open(json, '[');
    for (int i = 0; i < t->shape.ndim; i++) luge__json_int(json, t->shape.dim[i]);
    luge__json_close(json, ']');
    luge__json_key(json, "data_offsets");
    luge__json_open(json, '[');
    luge__json_uint(json, begin);
    luge__json_uint(json, begin + t->bytes);
    luge__json_close(json, ']');
    luge__json_close(json, '}');
}

static void write_header(const luge_tensor_writer *w, luge__json_writer *json)
{
    uint64_t begin = 0;
    uint32_t size = 8;
    luge__json_open(json, '{');
    if (w->n_texts) {
        luge__json_key(json, LUGE__TENSOR_METADATA);
        luge__json_open(json, '{');
        for (size_t i = 0; i < w->n_texts; i++) {
            luge__json_key(json, w->texts[i].key);
            luge__json_string(json, w->texts[i].text);
        }
        luge__json_close(json, '}');
    }
    for (size_t i = 0; (i = next_tensor(w, i, &size)) < w->n_tensors; i++) {
        describe(json, &w->tensors[i], begin);
        begin += w->tensors[i].tensor->bytes;
    }
    luge__json_close(json, '}');
}

/* The length, the header, spaces up to a multiple of 64, the tensors. */
static luge_status write_file(const luge_tensor_writer *w, const luge__json_writer *json, luge__replace *file)
{
    char spaces[LUGE__ALIGN];
    const size_t room = luge__align_up(sizeof(uint64_t) + json->length) - sizeof(uint64_t);
    const uint64_t length = room;
    uint32_t size = 8;
    memset(spaces, ' ', sizeof spaces);
    luge_status status = luge__replace_write(file, &length, sizeof length);
    if (status == LUGE_OK) status = luge__replace_write(file, json->text, json->length);
    if (status == LUGE_OK) status = luge__replace_write(file, spaces, room - json->length);
    for (size_t i = 0; status == LUGE_OK && (i = next_tensor(w, i, &size)) < w->n_tensors; i++) {
        status = luge__replace_write(file, w->tensors[i].tensor->data, w->tensors[i].tensor->bytes);
    }
    return status == LUGE_OK ? luge__replace_commit(file) : status;
}

luge_status luge_tensor_writer_save(luge_tensor_writer *writer, const char *path)
{
    if (!writer) return luge__fail(NULL, LUGE_EINVAL, "luge_tensor_writer_save: the writer is NULL");
    luge_context *ctx = writer->object.ctx;
    if (writer->status) {
        return luge__fail(ctx, LUGE_ESTATE, "luge_tensor_writer_save: not written: something could not be added: %s",
                          luge_status_name(writer->status));
    }
    luge__json_writer json = { .ctx = ctx };
    luge__replace file;
    write_header(writer, &json);
    luge_status status = json.status;
    if (status == LUGE_OK && json.length > LUGE__TENSOR_HEADER_MOST - LUGE__ALIGN) {
        status = luge__fail(ctx, LUGE_EINVAL, "%s: the header would have %z bytes; 16 MB are possible",
                            path ? path : "luge_tensor_writer_save", json.length);
    }
    if (status == LUGE_OK) {
        status = luge__replace_open(ctx, path, &file);
        if (status == LUGE_OK) {
            status = write_file(writer, &json, &file);
            luge__replace_abandon(&file);
        }
    }
    luge__json_writer_free(&json);
    return status;
}
