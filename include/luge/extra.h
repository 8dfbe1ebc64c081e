/* luge/extra.h: what needs other libraries: compressed files, images, data sets by name, downloads, recipes.
 *
 * Link luge_extra (pkg-config luge-extra). It may be built without zlib, libpng, libjpeg, libyaml or libcurl: what
 * needs a library that is not there fails with LUGE_ENOTSUP and says "built without ...". Errors are the context's, as
 * in luge: a status or NULL, and luge_error. Nothing is called on a context that has failed. */
#ifndef LUGE_EXTRA_H
#define LUGE_EXTRA_H

#include "luge/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* Opens a file, plain or gzip (told by its first bytes), or standard input for "-". A gzip file may have several
 * members; one that ends too early or is damaged is an error that names it. Of compressed data more than `limit` bytes
 * is LUGE_EFORMAT (0: 16 GB). read gives as many bytes as there are, up to what is asked for, 0 at the end, -1 for an
 * error. close is due also after an error of read; not after one of open, which leaves { NULL, NULL }. The reader uses
 * its context, which must outlive it. */
LUGE_API luge_status luge_reader_open(luge_context *ctx, const char *path, int64_t limit, luge_reader *reader);
LUGE_API void luge_reader_close(luge_reader *reader); /* idempotent */

/* ---- data sets --------------------------------------------------------------------------------------------------- */

/* Options of luge_load_data. Zero means the default. */
typedef struct luge_load_options {
    size_t size;
    const char *spec; /* the last positional argument, see luge_load_data */
    int64_t rows;     /* made-up data: how many; default 10,000 digits, 1,000 of others */
    uint64_t seed;    /* made-up data; default 1 */
    int64_t limit;    /* most bytes out of a compressed file; default 16 GB */
    int64_t side;     /* images of a folder are scaled to side x side; default: all must have one size */
    int32_t grey;     /* images of a folder as one channel */
} luge_load_options;

/* A data set by name or path:
 *   mnist mnist:train mnist:test fashion-mnist:train   from the data folders; ten classes with names
 *   digits digits:test spirals moons ... xor           made up, see luge_make_data; ":test" takes the seed's complement
 *   FILE-images-idx3-ubyte[.gz]   features in IDX format; labels from FILE-labels-idx1-ubyte[.gz], if that is there:
 *                                 the last "images" of the file's name becomes "labels", "idx3" becomes "idx1"
 *   FILE.npy                      features; labels from FILE-labels.npy, if that is there
 *   FOLDER                        one folder of PNG or JPEG images a class. Classes and files are in the order of their
 *                                 names' bytes; names that begin with '.' are passed over. [rows, height, width] for
 *                                 grey images, [rows, height, width, 3] for colour: all must be alike
 * Features of u8 stay so and are scaled by 1/255 to [0, 1]; a compressed file is unpacked into the array's memory,
 * once. Labels are classes. Tables (CSV) are luge_table_read's: LUGE_EINVAL here. Data folders: luge_data_dir(ctx), a
 * list separated by ':'; a file lies in NAME/ of one of them, compressed or not. Where it is in none, LUGE_EIO says
 * `luge data fetch NAME`; other names that are none are answered with the nearest. */
LUGE_API luge_dataset *luge_load_data_with(luge_context *ctx, const luge_load_options *options);
#ifndef __cplusplus
#define luge_load_data(ctx, ...)                                                                                       \
    luge_load_data_with(ctx, &(luge_load_options){ .size = sizeof(luge_load_options), .spec = __VA_ARGS__ })
#endif
/* Nonzero where the spec means a table: "-", a name ending in .csv, .tsv, .txt or .data, or one of these and .gz; a
 * pipe, or a device such as /dev/stdin; or a known data set that is one (breast-cancer, iris, wine-quality). `path`
 * receives the file's path: the spec itself, or where it lies in the data folders (in NAME/ or tabular/). It is "", and
 * LUGE_EIO is recorded, where that file is not there or the path does not fit. */
LUGE_API int luge_spec_is_table(luge_context *ctx, const char *spec, char *path, size_t size);

/* ---- known data -------------------------------------------------------------------------------------------------- */

/* One data set that has a name. Strings are constants. */
typedef struct luge_known_data {
    const char *name, *about, *licence;
    int32_t is_table;
    const char *target;    /* tables: the column to predict */
    int32_t n_files;       /* at most 4: images of training, their labels, images of the test, their labels */
    const char *files[4];  /* below NAME/ of a data folder */
    const char *urls[4];   /* as their owners serve them */
    const char *sha256[4]; /* of what the URL serves, in hexadecimal; NULL: not checked */
} luge_known_data;
LUGE_API int luge_known_data_count(void);
/* LUGE_EINVAL for an index that is not in 0 .. count-1. */
LUGE_API luge_status luge_known_data_at(int index, luge_known_data *known);
/* Nonzero where all its files are in the data folders; folder receives where the first of them lies. No error is
 * recorded; 0 also for an unknown name and for a folder that does not fit. */
LUGE_API int luge_known_data_found(luge_context *ctx, const char *name, char *folder, size_t size);
/* Downloads its files (HTTP or HTTPS, at most 256 MB each) into FOLDER/NAME, which is made. A file whose sum is right
 * already, or a table that is there, is kept, so it may be called again after a failure. Each file is taken into
 * memory, its sum checked, and then put in place as a whole. Tables that come without names of columns get a line of
 * them; breast-cancer loses its first column, a number of the patient. base_url, if not NULL, replaces everything up to
 * the last '/' of the URLs (a mirror). progress, which may be { NULL, NULL }, gets a line a file. Proxies are libcurl's
 * business: it reads http_proxy and the like. LUGE_EIO: no connection, an HTTP error, less than 100 bytes a second for
 * 30 seconds, or the disk; LUGE_EFORMAT: a wrong sum, a file that is too large. */
LUGE_API luge_status luge_fetch_data(luge_context *ctx, const char *name, const char *folder, const char *base_url,
                                     luge_sink progress);

/* ---- images ------------------------------------------------------------------------------------------------------ */

/* Pixels as u8 [height, width, channels] in C order; freed by luge_image_free. */
typedef struct luge_image {
    int64_t width, height, channels;
    unsigned char *pixels;
} luge_image;
/* A PNG or JPEG file, told by its first bytes; at most 64 megapixels. Channels: 1 for images that are grey and with
 * `grey` nonzero ((299 R + 587 G + 114 B) / 1000), else 3. PNG of any kind: 16 bits are rounded to 8, palettes looked
 * up, transparent pixels blended with black. A file that is damaged or ends too early is LUGE_EFORMAT. On an error the
 * image is zeros. */
LUGE_API luge_status luge_image_read(luge_context *ctx, const char *path, int grey, luge_image *image);
/* To another size: each new pixel is the mean of the area that it covers, rounded. */
LUGE_API luge_status luge_image_resize(luge_context *ctx, luge_image *image, int64_t width, int64_t height);
LUGE_API void luge_image_free(luge_context *ctx, luge_image *image);

/* ---- recipes ----------------------------------------------------------------------------------------------------- */

/* A recipe: YAML, one level of keys, each with a scalar or a list of scalars, which is joined by ", ". At most 1 MB. */
typedef struct luge_recipe luge_recipe;
/* Reads it. Refused, with line and column: what is no YAML, keys that are not among known[0..n-1] (with the nearest of
 * them) or come twice, keys without a value, deeper levels, aliases. NULL on an error. */
LUGE_API luge_recipe *luge_recipe_read(luge_context *ctx, const char *path, const char *const *known, int n);
/* The text of a key's value, as long as the recipe lives, and the line it stands on, if line is not NULL; NULL (and
 * line 0) where the key is not given. */
LUGE_API const char *luge_recipe_get(const luge_recipe *recipe, const char *key, int *line);
LUGE_API void luge_recipe_free(luge_recipe *recipe); /* to be freed before or after its context */

#ifdef __cplusplus
}
#endif
#endif
