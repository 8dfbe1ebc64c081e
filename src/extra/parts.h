/* parts.h: what the files of luge_extra share. It stands on the public interface alone.
 *
 * A part whose library the build lacks (LUGE_HAVE_ZLIB, ..._PNG, ..._JPEG, ..._YAML, ..._CURL are 0 or 1) still has its
 * functions; they fail with LUGE_ENOTSUP and name the library. */
#ifndef LUGE_EXTRA_PARTS_H
#define LUGE_EXTRA_PARTS_H

#include "luge/extra.h"

#if defined(__GNUC__)
#define LUGE__LIKE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define LUGE__LIKE_PRINTF(text, first)
#endif

enum { LUGE__PATH = 4096 }; /* room for a path */
#define LUGE__DEFAULT_LIMIT ((int64_t)16 << 30)

/* ---- report.c ---------------------------------------------------------------------------------------------------- */

/* luge_report with a text as of printf: no floating point, which would depend on the locale. */
luge_status luge__extra_fail(luge_context *ctx, luge_status status, const char *format, ...) LUGE__LIKE_PRINTF(3, 4);
/* LUGE_EIO: "path: what: the system's text for error". */
luge_status luge__extra_fail_system(luge_context *ctx, const char *path, const char *what, int error);
/* LUGE_ENOMEM, naming what the memory was for. */
luge_status luge__extra_no_memory(luge_context *ctx, const char *what);
luge_status luge__extra_lacks(luge_context *ctx, const char *library, const char *path, const char *what);
/* Builds a path; LUGE_EINVAL where it is longer than LUGE__PATH. */
luge_status luge__extra_path(luge_context *ctx, char path[LUGE__PATH], const char *format, ...) LUGE__LIKE_PRINTF(3, 4);
int luge__extra_is_file(const char *path);
int luge__extra_is_folder(const char *path);
/* Whether the text ends so, whatever the case of its letters. */
int luge__extra_ends(const char *text, const char *end);

/* ---- reader.c ---------------------------------------------------------------------------------------------------- */

/* The whole of a file, unpacked, as memory of malloc; more than `limit` bytes are LUGE_EFORMAT. One zero byte follows.
 */
luge_status luge__extra_read_all(luge_context *ctx, const char *path, int64_t limit, unsigned char **data,
                                 size_t *bytes);

/* ---- idx.c, known.c, folder.c: for load.c ------------------------------------------------------------------------ */

/* luge_array_idx, of a compressed file too: which is unpacked into memory once. */
luge_array *luge__extra_idx(luge_context *ctx, const char *path, int64_t limit);
/* The known data set of that name[0..length-1], or NULL. */
const luge_known_data *luge__extra_known(const char *name, size_t length);
/* Names of the classes of a known data set; NULL: none. */
const char *const *luge__extra_class_names(const luge_known_data *known);
/* Where a file of it lies in the data folders; nonzero where it is there. A .gz file counts unpacked, too. */
int luge__extra_find(luge_context *ctx, const luge_known_data *known, int file, char path[LUGE__PATH]);
/* Records that the data set is not there, and how to get it. */
luge_status luge__extra_not_found(luge_context *ctx, const luge_known_data *known);
luge_dataset *luge__extra_folder(luge_context *ctx, const char *path, const luge_load_options *options);

/* ---- images ------------------------------------------------------------------------------------------------------ */

#define LUGE__MOST_PIXELS ((int64_t)64 << 20)
/* Refuses more than LUGE__MOST_PIXELS, else takes the image's memory: pixels of `channels` bytes. */
luge_status luge__extra_image_room(luge_context *ctx, const char *path, int64_t width, int64_t height, int channels,
                                   luge_image *image);
luge_status luge__extra_png(luge_context *ctx, const char *path, const unsigned char *data, size_t bytes, int grey,
                            luge_image *image);
luge_status luge__extra_jpeg(luge_context *ctx, const char *path, const unsigned char *data, size_t bytes, int grey,
                             luge_image *image);

/* ---- fetch.c ----------------------------------------------------------------------------------------------------- */

/* luge_fetch_data of any description of a data set. */
luge_status luge__extra_fetch(luge_context *ctx, const luge_known_data *known, const char *folder, const char *base_url,
                              luge_sink progress);

/* ---- sha256.c ---------------------------------------------------------------------------------------------------- */

/* SHA-256 (FIPS 180-4) as 64 hexadecimal digits. */
void luge__extra_sha256(const void *data, size_t bytes, char text[65]);

#endif
