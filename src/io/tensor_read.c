/* tensor_read.c: opening a tensor file: nothing in its header is believed before it is checked. */
#include <string.h>

#include "core/json.h"
#include "io/tensor_file.h"
#include "luge/io.h"

typedef struct entry {
    const char *name;
    const luge__tensor_type *type;
    luge_shape shape;
    uint64_t begin, end; /* in the buffer, which follows the header */
} entry;

struct luge_tensor_file {
    luge__object object;
    luge__source source;         /* of a file */
    const unsigned char *memory; /* or memory */
    const char *name;            /* for messages */
    uint64_t bytes, buffer;      /* in all; where the buffer begins */
    luge__chunk *chunks;         /* names and texts */
    entry *entries;              /* by name */
    size_t n_entries;
    luge__tensor_text *texts; /* by key */
    size_t n_texts;
};

static luge_status read_bytes(const luge_tensor_file *file, uint64_t offset, void *data, size_t bytes)
{
    if (!file->memory) return luge__source_read(&file->source, offset, data, bytes);
    if (bytes) memcpy(data, file->memory + (size_t)offset, bytes);
    return LUGE_OK;
}

static luge_status refuse(const luge_tensor_file *file, const entry *e, const char *what)
{
    return luge__fail(file->object.ctx, LUGE_EFORMAT, "%s: tensor \"%s\": %s", file->name, e->name, what);
}

/* ---- one entry of the header ------------------------------------------------------------------------------------- */

static luge_status read_type(const luge_tensor_file *file, const luge__json *doc, uint32_t object, entry *e)
{
    const char *name = luge__json_get_string(doc, luge__json_member(doc, object, "dtype"));
    if (!name) return refuse(file, e, "no dtype; a text as \"F32\" is expected");
    for (int i = 0; i < LUGE__TENSOR_TYPES; i++) {
        if (strcmp(name, luge__tensor_types[i].name) != 0) continue;
        e->type = &luge__tensor_types[i];
        return LUGE_OK;
    }
    return luge__fail(file->object.ctx, LUGE_EFORMAT, "%s: tensor \"%s\": unknown dtype \"%s\"", file->name, e->name,
                      name);
}

/* The shape, and how many bytes it takes. The product of all sizes but zeros must fit 63 bits. */
static luge_status read_shape(const luge_tensor_file *file, const luge__json *doc, uint32_t object, entry *e,
                              uint64_t *bytes)
{
    uint32_t shape = luge__json_member(doc, object, "shape"), ndim = luge__json_size(doc, shape);
    uint64_t product = e->type->size, dim = 0;
    int index = 0, empty = 0;
    if (luge__json_kind(doc, shape) != LUGE__JSON_ARRAY) return refuse(file, e, "no shape; a list is expected");
    e->shape.ndim = ndim <= LUGE_MAX_DIMS ? (int32_t)ndim : -1;
    for (uint32_t v = luge__json_first(doc, shape); v; v = luge__json_next(doc, v)) {
        if (!luge__json_get_uint(doc, v, &dim) || dim > INT64_MAX) {
            return refuse(file, e, "a size in its shape is no whole number from 0 to 2^63 - 1");
        }
        if (e->shape.ndim >= 0) e->shape.dim[index++] = (int64_t)dim;
        if (dim == 0) {
            empty = 1;
        } else if (product > INT64_MAX / dim) {
            return refuse(file, e, "its shape is too large: the bytes do not fit 63 bits");
        } else {
            product *= dim;
        }
    }
    *bytes = empty ? 0 : product;
    return LUGE_OK;
}

static luge_status read_range(const luge_tensor_file *file, const luge__json *doc, uint32_t object, entry *e,
                              uint64_t bytes)
{
    uint32_t range = luge__json_member(doc, object, "data_offsets"), first = luge__json_first(doc, range);
    const uint64_t room = file->bytes - file->buffer;
    if (luge__json_kind(doc, range) != LUGE__JSON_ARRAY || luge__json_size(doc, range) != 2 ||
        !luge__json_get_uint(doc, first, &e->begin) ||
        !luge__json_get_uint(doc, luge__json_next(doc, first), &e->end)) {
        return refuse(file, e, "no data_offsets; a list of two whole numbers is expected");
    }
    if (e->begin > e->end) return refuse(file, e, "its data_offsets end before they begin");
    if (e->end > room) {
        return luge__fail(file->object.ctx, LUGE_EFORMAT, "%s: tensor \"%s\": ends beyond the file: %l bytes of data",
                          file->name, e->name, (int64_t)room);
    }
    if (e->end - e->begin != bytes) {
        return luge__fail(file->object.ctx, LUGE_EFORMAT,
                          "%s: tensor \"%s\": %l bytes by its data_offsets, %l by its dtype and shape", file->name,
                          e->name, (int64_t)(e->end - e->begin), (int64_t)bytes);
    }
    if (bytes > PTRDIFF_MAX) return refuse(file, e, "too large for this machine's addresses");
    return LUGE_OK;
}

static luge_status read_entry(luge_tensor_file *file, const luge__json *doc, uint32_t v, entry *e)
{
    uint64_t bytes = 0;
    luge_status status;
    e->name = luge__keep_text(file->object.ctx, &file->chunks, luge__json_key_of(doc, v));
    if (!e->name) return LUGE_ENOMEM;
    if (luge__json_kind(doc, v) != LUGE__JSON_OBJECT) return refuse(file, e, "an object is expected");
    if ((status = read_type(file, doc, v, e)) != LUGE_OK) return status;
    if ((status = read_shape(file, doc, v, e, &bytes)) != LUGE_OK) return status;
    return read_range(file, doc, v, e, bytes);
}

/* ---- all entries ------------------------------------------------------------------------------------------------- */

static int order_of_keys(const void *user, uint32_t a, uint32_t b)
{
    return strcmp(luge__json_key_of(user, a), luge__json_key_of(user, b));
}

static int order_of_ranges(const void *user, uint32_t a, uint32_t b)
{
    const entry *x = (const entry *)user + a, *y = (const entry *)user + b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Members of an object, sorted by key, without the one that is called `except`. */
static size_t list_members(const luge__json *doc, uint32_t object, const char *except, uint32_t *ids)
{
    size_t n = 0;
    for (uint32_t v = luge__json_first(doc, object); v; v = luge__json_next(doc, v)) {
        if (!except || strcmp(luge__json_key_of(doc, v), except) != 0) ids[n++] = v;
    }
    luge__sort(ids, n, order_of_keys, doc);
    return n;
}

static luge_status read_texts(luge_tensor_file *file, const luge__json *doc, uint32_t object, uint32_t *ids)
{
    luge_context *ctx = file->object.ctx;
    if (!object) return LUGE_OK;
    if (luge__json_kind(doc, object) != LUGE__JSON_OBJECT) {
        return luge__fail(ctx, LUGE_EFORMAT, "%s: %s is no object", file->name, LUGE__TENSOR_METADATA);
    }
    if (luge__json_size(doc, object) == 0) return LUGE_OK;
    file->texts = luge__alloc(ctx, luge__json_size(doc, object) * sizeof *file->texts);
    if (!file->texts) return LUGE_ENOMEM;
    file->n_texts = list_members(doc, object, NULL, ids);
    for (size_t i = 0; i < file->n_texts; i++) {
        const char *key = luge__json_key_of(doc, ids[i]), *text = luge__json_get_string(doc, ids[i]);
        if (!text) {
            return luge__fail(ctx, LUGE_EFORMAT, "%s: %s: \"%s\" is no text", file->name, LUGE__TENSOR_METADATA, key);
        }
        file->texts[i].key = luge__keep_text(ctx, &file->chunks, key);
        file->texts[i].text = file->texts[i].key ? luge__keep_text(ctx, &file->chunks, text) : NULL;
        if (!file->texts[i].text) return LUGE_ENOMEM;
    }
    return LUGE_OK;
}

/* One range begins where another ends, from the first byte of the buffer to its last. */
static luge_status check_ranges(const luge_tensor_file *file, uint32_t *ids)
{
    const uint64_t room = file->bytes - file->buffer;
    uint64_t end = 0;
    for (size_t i = 0; i < file->n_entries; i++) ids[i] = (uint32_t)i;
    luge__sort(ids, file->n_entries, order_of_ranges, file->entries);
    for (size_t i = 0; i < file->n_entries; i++) {
        const entry *e = &file->entries[ids[i]];
        if (e->begin < end) {
            return luge__fail(file->object.ctx, LUGE_EFORMAT, "%s: tensor \"%s\": overlaps with \"%s\"", file->name,
                              e->name, file->entries[ids[i - 1]].name);
        }
        if (e->begin > end) {
            return luge__fail(file->object.ctx, LUGE_EFORMAT,
                              "%s: tensor \"%s\": begins at byte %l; bytes before it, from %l, belong to no tensor",
                              file->name, e->name, (int64_t)e->begin, (int64_t)end);
        }
        end = e->end;
    }
    if (end == room) return LUGE_OK;
    return luge__fail(file->object.ctx, LUGE_EFORMAT, "%s: %l bytes of data, but the tensors end at byte %l",
                      file->name, (int64_t)room, (int64_t)end);
}

static luge_status read_entries(luge_tensor_file *file, const luge__json *doc, uint32_t *ids)
{
    uint32_t root = luge__json_root(doc);
    luge_status status = read_texts(file, doc, luge__json_member(doc, root, LUGE__TENSOR_METADATA), ids);
    if (status) return status;
    size_t n = list_members(doc, root, LUGE__TENSOR_METADATA, ids), bytes = 0;
    if (!luge__mul_size(n, sizeof *file->entries, &bytes)) {
        return luge__fail(file->object.ctx, LUGE_ENOMEM, "%s: out of memory: %z tensors", file->name, n);
    }
    file->entries = luge__alloc(file->object.ctx, bytes);
    if (n && !file->entries) return LUGE_ENOMEM;
    file->n_entries = n;
    for (size_t i = 0; i < n; i++) {
        status = read_entry(file, doc, ids[i], &file->entries[i]);
        if (status) return status;
    }
    return check_ranges(file, ids);
}

/* ---- the header -------------------------------------------------------------------------------------------------- */

static luge_status read_document(luge_tensor_file *file, const luge__json *doc)
{
    luge_context *ctx = file->object.ctx;
    uint32_t root = luge__json_root(doc), most = luge__json_size(doc, root);
    uint32_t texts = luge__json_size(doc, luge__json_member(doc, root, LUGE__TENSOR_METADATA));
    if (texts > most) most = texts;
    size_t bytes = ((size_t)most + 1) * sizeof(uint32_t); /* a header is short enough for that */
    uint32_t *ids = luge__alloc(ctx, bytes);
    if (!ids) return LUGE_ENOMEM;
    luge_status status = read_entries(file, doc, ids);
    luge__release(ctx, ids, bytes);
    return status;
}

static luge_status parse_header(luge_tensor_file *file, const char *header, size_t length)
{
    static const char what[] = ": header";
    luge_context *ctx = file->object.ctx;
    if (length == 0 || header[0] != '{') {
        return luge__fail(ctx, LUGE_EFORMAT, "%s: the header does not begin with '{': this is no tensor file",
                          file->name);
    }
    size_t bytes = strlen(file->name) + sizeof what;
    char *who = luge__alloc(ctx, bytes);
    if (!who) return LUGE_ENOMEM;
    (void)luge__format(who, bytes, "%s%s", file->name, what);
    luge__json *doc = luge__json_parse(ctx, who, header, length);
    luge__release(ctx, who, bytes);
    if (!doc) return luge_failure(ctx);
    luge_status status = read_document(file, doc);
    luge__json_free(doc);
    return status;
}

/* The length of the header, checked against the file's. */
static luge_status read_length(luge_tensor_file *file, size_t *length)
{
    luge_context *ctx = file->object.ctx;
    uint64_t n = 0;
    if (file->bytes == 0) return luge__fail(ctx, LUGE_EFORMAT, "%s: it is empty: no tensor file", file->name);
    if (file->bytes < sizeof n) {
        return luge__fail(ctx, LUGE_EFORMAT, "%s: it has %l bytes; a tensor file begins with the 8 of a length",
                          file->name, (int64_t)file->bytes);
    }
    luge_status status = read_bytes(file, 0, &n, sizeof n);
    if (status) return status;
    if (n > LUGE__TENSOR_HEADER_MOST) {
        return luge__fail(ctx, LUGE_EFORMAT, "%s: a header of %g bytes; 16 MB are possible: is this a tensor file?",
                          file->name, (double)n);
    }
    if (n > file->bytes - sizeof n) {
        return luge__fail(ctx, LUGE_EFORMAT, "%s: cut off: it has %l bytes, and its header alone should have %l",
                          file->name, (int64_t)file->bytes, (int64_t)n);
    }
    *length = (size_t)n;
    file->buffer = sizeof n + n;
    return LUGE_OK;
}

static luge_status read_header(luge_tensor_file *file)
{
    luge_context *ctx = file->object.ctx;
    size_t length = 0;
    luge_status status = read_length(file, &length);
    if (status) return status;
    if (file->memory) return parse_header(file, (const char *)file->memory + sizeof(uint64_t), length);
    char *header = luge__alloc(ctx, length);
    if (length && !header) return LUGE_ENOMEM;
    status = read_bytes(file, sizeof(uint64_t), header, length);
    if (status == LUGE_OK) status = parse_header(file, header, length);
    luge__release(ctx, header, length);
    return status;
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

static void file_destroy(luge__object *object)
{
    luge_tensor_file *file = (luge_tensor_file *)object;
    luge_context *ctx = object->ctx;
    if (!file->memory) luge__source_close(&file->source);
    luge__release(ctx, file->entries, file->n_entries * sizeof *file->entries);
    luge__release(ctx, file->texts, file->n_texts * sizeof *file->texts);
    luge__chunk_free(ctx, &file->chunks);
    luge__release(ctx, file, sizeof *file);
}

void luge_tensor_file_close(luge_tensor_file *file)
{
    if (!file) return;
    luge__object_leave(&file->object);
    file_destroy(&file->object);
}

static luge_tensor_file *create(luge_context *ctx, const char *who)
{
    if (!ctx) luge__fail(NULL, LUGE_EINVAL, "%s: the context is NULL", who);
    if (luge_failed(ctx)) return NULL;
    luge_tensor_file *file = luge__alloc(ctx, sizeof *file);
    if (!file) return NULL;
    file->source = (luge__source){ .ctx = ctx, .fd = -1 };
    luge__object_enter(ctx, &file->object, file_destroy);
    return file;
}

static luge_tensor_file *finish(luge_tensor_file *file, luge_status status)
{
    if (status == LUGE_OK) status = read_header(file);
    if (status == LUGE_OK) return file;
    luge_tensor_file_close(file);
    return NULL;
}

luge_tensor_file *luge_tensor_file_open(luge_context *ctx, const char *path)
{
    luge_tensor_file *file = create(ctx, "luge_tensor_file_open");
    if (!file) return NULL;
    luge_status status = luge__source_open(ctx, path, &file->source);
    file->name = file->source.path;
    file->bytes = file->source.bytes;
    return finish(file, status);
}

luge_tensor_file *luge_tensor_file_open_memory(luge_context *ctx, const void *data, size_t bytes)
{
    luge_tensor_file *file = create(ctx, "luge_tensor_file_open_memory");
    if (!file) return NULL;
    file->memory = data ? data : (const void *)"";
    file->name = "tensors in memory";
    file->bytes = bytes;
    if (data || !bytes) return finish(file, LUGE_OK);
    return finish(file, luge__fail(ctx, LUGE_EINVAL, "luge_tensor_file_open_memory: the data is NULL"));
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

int luge_tensor_count(const luge_tensor_file *file)
{
    return file ? (int)file->n_entries : 0;
}

static luge_status check_index(const luge_tensor_file *file, const char *who, int index)
{
    if (!file) return luge__fail(NULL, LUGE_EINVAL, "%s: the file is NULL", who);
    if (index >= 0 && (size_t)index < file->n_entries) return LUGE_OK;
    return luge__fail(file->object.ctx, LUGE_EINVAL, "%s: tensor number %d; %s has %z", who, index, file->name,
                      file->n_entries);
}

luge_status luge_tensor_at(const luge_tensor_file *file, int index, luge_tensor_info *info)
{
    luge_status status = check_index(file, "luge_tensor_at", index);
    if (status) return status;
    if (!info) return luge__fail(file->object.ctx, LUGE_EINVAL, "luge_tensor_at: info is NULL");
    const entry *e = &file->entries[index];
    *info = (luge_tensor_info){ .name = e->name,
                                .dtype = e->type->dtype,
                                .dtype_name = e->type->name,
                                .shape = e->shape,
                                .bytes = (size_t)(e->end - e->begin) };
    return LUGE_OK;
}

int luge_tensor_find(const luge_tensor_file *file, const char *name)
{
    size_t place;
    if (!file || !name || !luge__find_name(file->entries, file->n_entries, sizeof *file->entries, name, &place)) {
        return -1;
    }
    return (int)place;
}

luge_status luge_tensor_read(luge_tensor_file *file, int index, void *data, size_t bytes)
{
    luge_status status = check_index(file, "luge_tensor_read", index);
    if (status) return status;
    luge_context *ctx = file->object.ctx;
    const entry *e = &file->entries[index];
    if (bytes != e->end - e->begin) {
        return luge__fail(ctx, LUGE_EINVAL, "luge_tensor_read: room for %z bytes; tensor \"%s\" has %z", bytes, e->name,
                          (size_t)(e->end - e->begin));
    }
    if (!data && bytes) return luge__fail(ctx, LUGE_EINVAL, "luge_tensor_read: data is NULL");
    status = read_bytes(file, file->buffer + e->begin, data, bytes);
    if (status || e->type->dtype != LUGE_BOOL) return status;
    for (size_t i = 0; i < bytes; i++) {
        if (((const unsigned char *)data)[i] > 1) return refuse(file, e, "a BOOL that is neither 0 nor 1");
    }
    return LUGE_OK;
}

const char *luge_tensor_metadata(const luge_tensor_file *file, const char *key)
{
    size_t place;
    if (!file || !key || !luge__find_name(file->texts, file->n_texts, sizeof *file->texts, key, &place)) return NULL;
    return file->texts[place].text;
}
