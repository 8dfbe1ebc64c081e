/* luge/io.h: named arrays in a file: the safetensors format, read and written.
 *
 * A file is a 64-bit little-endian length, so many bytes of JSON that name dtype, shape and place of each tensor, then
 * the tensors' bytes: C order, little-endian. Metadata is text by name. The reader trusts nothing: a header has at most
 * 16 MB, the tensors' ranges must fill the rest of the file without holes or overlap, and each must be as long as dtype
 * and shape say. What it allocates is a small multiple of the header; tensors are read into the caller's memory. */
#ifndef LUGE_IO_H
#define LUGE_IO_H

#include "luge/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct luge_tensor_file luge_tensor_file;     /* a file opened for reading */
typedef struct luge_tensor_writer luge_tensor_writer; /* a file that is being put together */

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Opens a file and checks its whole header; tensors are read when asked for. NULL on an error: LUGE_EIO where the file
 * cannot be read, LUGE_EFORMAT where it is malformed, with a message that names file and tensor. */
LUGE_API luge_tensor_file *luge_tensor_file_open(luge_context *ctx, const char *path);
/* The same from memory, which must outlive the handle: for programs that carry a model inside. */
LUGE_API luge_tensor_file *luge_tensor_file_open_memory(luge_context *ctx, const void *data, size_t bytes);
LUGE_API void luge_tensor_file_close(luge_tensor_file *file);

/* One tensor. Strings belong to the file. */
typedef struct luge_tensor_info {
    const char *name;       /* UTF-8 */
    luge_dtype dtype;       /* LUGE_NO_DTYPE for one that luge does not have: I16, U16, U32, U64, F8_E4M3, F8_E5M2 */
    const char *dtype_name; /* as in the file: "F32" */
    luge_shape shape;       /* ndim -1 where it has more than LUGE_MAX_DIMS dimensions */
    size_t bytes;
} luge_tensor_info;

/* How many tensors there are; 0 for NULL. Their indices follow the order of their names (by bytes). */
LUGE_API int luge_tensor_count(const luge_tensor_file *file);
/* Describes tensor number index, 0 .. count-1. LUGE_EINVAL for any other. */
LUGE_API luge_status luge_tensor_at(const luge_tensor_file *file, int index, luge_tensor_info *info);
/* Index of a name, or -1 (which is no error). */
LUGE_API int luge_tensor_find(const luge_tensor_file *file, const char *name);
/* Copies the bytes of a tensor, all of them: `bytes` must be its size. The elements of any dtype come as they are in
 * the file; a BOOL that is neither 0 nor 1 is LUGE_EFORMAT. After a failure the contents of data are undefined. */
LUGE_API luge_status luge_tensor_read(luge_tensor_file *file, int index, void *data, size_t bytes);
/* The text under a key of the metadata, NULL where there is none. It belongs to the file. */
LUGE_API const char *luge_tensor_metadata(const luge_tensor_file *file, const char *key);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* A writer collects names and addresses; nothing is copied but names and metadata, so tensors must stay as they are
 * until luge_tensor_writer_save. NULL on an error. */
LUGE_API luge_tensor_writer *luge_tensor_writer_create(luge_context *ctx);
LUGE_API void luge_tensor_writer_free(luge_tensor_writer *writer);
/* Adds a tensor of any dtype of luge, f16 and bf16 too: elements in C order; data may be NULL where there are none.
 * LUGE_EINVAL for a name that is there already, is not UTF-8 or is "__metadata__", which the format keeps for itself.
 */
LUGE_API luge_status luge_tensor_writer_add(luge_tensor_writer *writer, const char *name, luge_dtype dtype,
                                            luge_shape shape, const void *data);
/* Adds a text; both are UTF-8, a key is there once. */
LUGE_API luge_status luge_tensor_writer_metadata(luge_tensor_writer *writer, const char *key, const char *text);
/* Writes beside the file at path, flushes, renames: the old file or the new one is there at any moment, whole. Tensors
 * lie in the file by descending size of an element, then by name, metadata by key: equal contents give equal bytes.
 * Data begins at a multiple of 64 bytes. Where an add has failed, nothing is written: LUGE_ESTATE. May be called again.
 */
LUGE_API luge_status luge_tensor_writer_save(luge_tensor_writer *writer, const char *path);

#ifdef __cplusplus
}
#endif
#endif
