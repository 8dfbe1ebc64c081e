/* luge/extra.h: what needs other libraries: compressed files, images, data sets by name, downloads, recipes.
 *
 * Link luge_extra (pkg-config luge-extra). Each part says so where the build lacked its library. */
#ifndef LUGE_EXTRA_H
#define LUGE_EXTRA_H

#include "luge/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a file, plain or gzip (told by its first bytes), or standard input for "-". Compressed data beyond `limit`
 * bytes is an error that names it (0: 16 GB). close_reader is due also after an error of read. */
LUGE_API luge_status luge_reader_open(luge_context *ctx, const char *path, int64_t limit, luge_reader *reader);
LUGE_API void luge_reader_close(luge_reader *reader);

/* Options of luge_load_data. */
typedef struct luge_load_options {
    size_t size;
    const char *spec;  /* the last positional argument, see luge_load_data */
    int64_t rows;      /* made-up data: how many; default 10,000 digits, 1,000 of others */
    uint64_t seed;     /* made-up data; default 1 */
    int64_t limit;     /* most bytes out of compressed files; default 16 GB */
    int64_t side;      /* images of a folder are scaled to side x side; default: all must have one size */
    int32_t grey;      /* images of a folder as one channel */
} luge_load_options;

/* A data set by name or path:
 *   mnist:train mnist:test fashion-mnist:train ...    found in .../mnist/ of the data folders
 *   digits digits:test spirals moons ... xor          made up (":test" is another seed)
 *   FILE.npy, FILE-images-idx3-ubyte[.gz]             features; labels are found beside (FILE-labels-idx1-ubyte)
 *   FOLDER                                            one folder of PNG or JPEG images a class, sorted by name
 * u8 values are scaled to [0, 1]. Tables (CSV) are luge_table_read's. Data folders: luge_data_dir(ctx), a list separated
 * by ':'. A name that is not found is an error that says `luge data fetch NAME`. */
LUGE_API luge_dataset *luge_load_data_with(luge_context *ctx, const luge_load_options *options);
#ifndef __cplusplus
#define luge_load_data(ctx, ...)                                                                                       \
    luge_load_data_with(ctx, &(luge_load_options){ .size = sizeof(luge_load_options), .spec = __VA_ARGS__ })
#endif
/* Nonzero where the spec means a table (a CSV file, gz or not, "-", or a data set that is one: breast-cancer, iris,
 * wine-quality); then `path` receives the file's path. */
LUGE_API int luge_spec_is_table(luge_context *ctx, const char *spec, char *path, size_t size);

/* One data set that has a name. Strings are constants. */
typedef struct luge_known_data {
    const char *name, *about, *licence;
    int32_t is_table;
    const char *target;          /* tables: the column to predict */
    int32_t n_files;
    const char *files[4];        /* below NAME/ of a data folder */
    const char *urls[4];
    const char *sha256[4];
} luge_known_data;
LUGE_API int luge_known_data_count(void);
LUGE_API luge_status luge_known_data_at(int index, luge_known_data *known);
/* Nonzero where all its files are there; folder receives where. */
LUGE_API int luge_known_data_found(luge_context *ctx, const char *name, char *folder, size_t size);
/* Downloads its files into FOLDER/NAME, beside what is there, checks the sums, renames. base_url, if not NULL, replaces
 * everything up to the last '/' of the URLs (a mirror). progress may be { NULL }. */
LUGE_API luge_status luge_fetch_data(luge_context *ctx, const char *name, const char *folder, const char *base_url,
                                     luge_sink progress);

/* An image file (PNG or JPEG) as u8 [height, width, channels]; pixels are freed by luge_image_free. */
typedef struct luge_image {
    int64_t width, height, channels;
    unsigned char *pixels;
} luge_image;
LUGE_API luge_status luge_image_read(luge_context *ctx, const char *path, int grey, luge_image *image);
LUGE_API luge_status luge_image_resize(luge_context *ctx, luge_image *image, int64_t width, int64_t height);
LUGE_API void luge_image_free(luge_context *ctx, luge_image *image);

/* A recipe: YAML, one level of keys with scalar values (or lists of scalars, joined by ", "). */
typedef struct luge_recipe luge_recipe;
/* Reads it; keys that are not among known[0..n-1] are refused with line, column and the nearest known one. */
LUGE_API luge_recipe *luge_recipe_read(luge_context *ctx, const char *path, const char *const *known, int n);
LUGE_API const char *luge_recipe_get(const luge_recipe *recipe, const char *key, int *line); /* NULL: not given */
LUGE_API void luge_recipe_free(luge_recipe *recipe);

#ifdef __cplusplus
}
#endif
#endif
