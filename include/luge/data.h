/* luge/data.h: rows to learn from: arrays in memory or in files, and data sets made of them.
 *
 * An array is rows of one shape and dtype, in memory or in a file of which a window at a time is read. A data set joins
 * arrays of equally many rows: features (what a model is given), targets (what it should answer) and weights. Parts of
 * a data set (a split, a fold, a shuffle) are lists of row numbers over the same arrays; nothing is copied.
 *
 * u8 features stay u8 and are converted while a batch is gathered: out = (value * scale + offset), calculated in double
 * and rounded once to f32 where that is asked for. So the result for an element depends on nothing but the element.
 *
 * Functions that return a pointer return NULL on an error. */
#ifndef LUGE_DATA_H
#define LUGE_DATA_H

#include "luge/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct luge_array luge_array;
typedef struct luge_dataset luge_dataset;

/* ---- arrays: owned by their context, kept alive by the data sets that use them ----------------------------------- */

/* The caller's memory: shape.dim[0] rows in C order, aligned for the dtype (not f16, bf16). It must outlive the array
 * and its data sets. NULL on an error. */
LUGE_API luge_array *luge_array_borrow(luge_context *ctx, luge_dtype dtype, luge_shape shape, const void *data);
/* A copy of it. */
LUGE_API luge_array *luge_array_copy(luge_context *ctx, luge_dtype dtype, luge_shape shape, const void *data);
/* Zeroed memory of its own, which the caller fills at *data before the array is used. */
LUGE_API luge_array *luge_array_make(luge_context *ctx, luge_dtype dtype, luge_shape shape, void **data);
/* A file in IDX format (MNIST's) or NumPy's NPY (versions 1 to 3, in C order). Nothing but the header is read now; the
 * file must be as long as it says, and stays open. Elements come in the machine's byte order; i16 and u16 become i32,
 * u32 becomes i64. Rows of up to 64 MB are read at the first use and kept in their dtype; of more rows, those asked for
 * are read, ahead by windows of 1 MB where requests follow each other. LUGE_EIO where the file has become shorter. */
LUGE_API luge_array *luge_array_idx(luge_context *ctx, const char *path);
LUGE_API luge_array *luge_array_npy(luge_context *ctx, const char *path);
LUGE_API void luge_array_free(luge_array *array);
LUGE_API luge_dtype luge_array_dtype(const luge_array *array); /* LUGE_NO_DTYPE for NULL */
LUGE_API luge_shape luge_array_shape(const luge_array *array); /* with the rows */
/* Rows first .. first+n-1 in the array's own dtype; `bytes` is their size. */
LUGE_API luge_status luge_array_read(luge_array *array, int64_t first, int64_t n, void *data, size_t bytes);

/* ---- data sets --------------------------------------------------------------------------------------------------- */

/* What a target is. */
typedef enum luge_target_kind {
    LUGE_TARGET_DEFAULT = 0, /* floats: numbers; integers of one value a row: classes */
    LUGE_NUMBERS = 1,        /* as they are */
    LUGE_CLASSES = 2,        /* class numbers 0 .. classes-1, one a row */
    LUGE_ONE_HOT = 3,        /* one column a class */
    LUGE__TARGET_KIND_FORCE_INT = 0x7fffffff
} luge_target_kind;

/* Options of luge_dataset_add_features and luge_dataset_add_targets. */
typedef struct luge_column_options {
    size_t size;
    luge_array *array;        /* the last positional argument */
    const char *name;         /* default "x", "x_1", ...; "y", "y_1", ... */
    double scale, offset;     /* gathered as value * scale + offset; scale 0 means 1. Features and numbers only */
    luge_target_kind kind;    /* targets only */
    int64_t classes;          /* how many; default: the largest number present, plus one */
    const char *const *names; /* names of the features of a row, or of the classes (classes of them); default: none */
} luge_column_options;

/* An empty data set: the first array that is added gives the number of rows. Arrays are added before parts are made. A
 * data set keeps its arrays alive; so do its parts.
 * Errors of the functions that add: LUGE_ESHAPE where the numbers of rows differ; LUGE_EINVAL for a class that is
 * negative or not below `classes`, a one-hot row without exactly one 1, a weight that is negative or not finite
 * (targets of classes and weights are read once to see); LUGE_EDTYPE for classes or weights of a wrong dtype. */
LUGE_API luge_dataset *luge_dataset_create(luge_context *ctx);
LUGE_API void luge_dataset_free(luge_dataset *data);
LUGE_API luge_status luge_dataset_add_features_with(luge_dataset *data, const luge_column_options *options);
LUGE_API luge_status luge_dataset_add_targets_with(luge_dataset *data, const luge_column_options *options);
/* One float >= 0 a row; takes the place of earlier ones. */
LUGE_API luge_status luge_dataset_set_weights(luge_dataset *data, luge_array *weights);
#ifndef __cplusplus
#define luge__column(...)                    (&(luge_column_options){ .size = sizeof(luge_column_options), .array = __VA_ARGS__ })
#define luge_dataset_add_features(data, ...) luge_dataset_add_features_with(data, luge__column(__VA_ARGS__))
#define luge_dataset_add_targets(data, ...)  luge_dataset_add_targets_with(data, luge__column(__VA_ARGS__))
#endif

/* A numeric CSV file (RFC 4180; LF or CRLF; a UTF-8 byte order mark is skipped). Every field but those of the target
 * column is a finite number, '.' in every locale; anything else, also an empty field or a space beside a number, is an
 * error that names file, line and column. The columns become one feature array [rows, columns] with their names. The
 * file is read twice, by pieces; beyond the data, that takes 256 KB. A field has at most 65,536 bytes. */
typedef struct luge_csv_options {
    size_t size;
    const char *path;      /* the last positional argument */
    char delimiter;        /* default ',' */
    int32_t no_header;     /* nonzero: the first line is data; columns are called "0", "1", ... */
    const char *target;    /* name of the target column; default: no targets */
    luge_target_kind kind; /* of the target; default: LUGE_NUMBERS where the first row has a number, else LUGE_CLASSES.
                              Classes are the distinct texts, sorted by their bytes; or, where every row has a whole
                              number, those: 0 .. largest */
    luge_dtype dtype;      /* of the features in memory: LUGE_F32 (default) or LUGE_F64 */
} luge_csv_options;
LUGE_API luge_dataset *luge_dataset_read_csv_with(luge_context *ctx, const luge_csv_options *options);
#ifndef __cplusplus
#define luge_dataset_read_csv(ctx, ...)                                                                                \
    luge_dataset_read_csv_with(ctx, &(luge_csv_options){ .size = sizeof(luge_csv_options), .path = __VA_ARGS__ })
#endif

/* ---- data that is made up ---------------------------------------------------------------------------------------- */

/* Options of luge_make_data. Zero means the default. */
typedef struct luge_make_options {
    size_t size;
    const char *name; /* the last positional argument */
    int64_t rows;     /* default 1000; gates always have 4 */
    uint64_t seed;    /* default 1; row i depends on it and on i alone */
    double noise;     /* deviation of what is added to each coordinate, or to sine; default by name; LUGE_NO_NOISE: 0 */
    int32_t classes;  /* blobs and spirals: default 3 and 2, at most 10 */
} luge_make_options;
#define LUGE_NO_NOISE (-1.0)

/* A data set without a file, by name:
 *   and, or, nand, xor   the truth table: two features, one number
 *   blobs, moons, circles, spirals   points of a plane in classes; features "x", "y"
 *   sine                 a number from a number: y = sin x, x in [-pi, pi)
 *   digits               28 x 28 u8 pixels scaled to [0, 1], drawn as by hand; ten classes
 * NULL on an error; an unknown name is answered with the nearest. */
LUGE_API luge_dataset *luge_make_data_with(luge_context *ctx, const luge_make_options *options);
#ifndef __cplusplus
#define luge_make_data(ctx, ...)                                                                                       \
    luge_make_data_with(ctx, &(luge_make_options){ .size = sizeof(luge_make_options), .name = __VA_ARGS__ })
#endif
/* Names of luge_make_data, index 0, 1, ...; NULL after the last. */
LUGE_API const char *luge_make_data_name(int index);

/* ---- looking ----------------------------------------------------------------------------------------------------- */

typedef enum luge_role {
    LUGE_FEATURES = 0,
    LUGE_TARGETS = 1,
    LUGE_WEIGHTS = 2,
    LUGE__ROLE_FORCE_INT = 0x7fffffff
} luge_role;

/* One array of a data set. Strings belong to the data set. */
typedef struct luge_column_info {
    const char *name;
    luge_dtype dtype; /* as stored */
    luge_shape shape; /* of one row */
    double scale, offset;
    const double *scales, *offsets; /* of each element of a row; NULL: scale and offset are those of all */
    luge_target_kind kind;          /* targets */
    int64_t classes;                /* targets of classes or one-hot; otherwise 0 */
    const char *const *names;       /* NULL where none */
    int64_t n_names;
} luge_column_info;

LUGE_API int64_t luge_dataset_rows(const luge_dataset *data);
/* How many arrays of that role; weights: 0 or 1. */
LUGE_API int luge_dataset_count(const luge_dataset *data, luge_role role);
LUGE_API luge_status luge_dataset_column(const luge_dataset *data, luge_role role, int index, luge_column_info *info);
/* Bytes of memory that luge holds for the data set's arrays, row list and names: not borrowed memory. */
LUGE_API size_t luge_dataset_memory(const luge_dataset *data);
/* A number made of shapes, dtypes, kinds, numbers of classes and the gathered values in row order: equal for equal
 * data, whatever file or memory they lie in. Names do not count. Computed once. 0 on an error. */
LUGE_API uint64_t luge_dataset_fingerprint(luge_dataset *data);

/* Copies rows into `out` in C order, converted. rows[0..n-1] are row numbers of this data set; NULL means 0 .. n-1.
 * `bytes` is the size of the result; `out` is aligned for its dtype.
 * Features and weights: dtype f32 or f64. Targets by `kind`: LUGE_CLASSES gives i32 or i64, [n]; LUGE_ONE_HOT floats,
 * [n, classes]; LUGE_NUMBERS floats, [n, ...] (a class number becomes [n, 1], one-hot rows stay); default: as the
 * target is. Numbers cannot be had as classes. Errors: LUGE_EINVAL for a row out of range, LUGE_ESHAPE for a wrong
 * `bytes`, LUGE_EDTYPE, LUGE_EIO. */
LUGE_API luge_status luge_dataset_gather(luge_dataset *data, luge_role role, int index, luge_target_kind kind,
                                         luge_dtype dtype, const int64_t *rows, int64_t n, void *out, size_t bytes);

/* ---- parts: new data sets over the same arrays ------------------------------------------------------------------- */

LUGE_API luge_dataset *luge_dataset_select(luge_dataset *data, const int64_t *rows, int64_t n); /* repeats allowed */
LUGE_API luge_dataset *luge_dataset_slice(luge_dataset *data, int64_t first, int64_t n);
LUGE_API luge_dataset *luge_dataset_shuffle(luge_dataset *data, uint64_t seed);
/* Row numbers 0 .. n-1 in the order of an epoch: a function of seed, epoch and n alone. Fisher and Yates. */
LUGE_API void luge_row_order(uint64_t seed, uint64_t epoch, int64_t n, int64_t *rows);
/* n row numbers below population, drawn with replacement: likewise. */
LUGE_API void luge_row_sample(uint64_t seed, uint64_t epoch, int64_t population, int64_t n, int64_t *rows);

/* Options of luge_dataset_split. */
typedef struct luge_split_options {
    size_t size;
    double part;        /* share of the first part, in (0, 1): the last positional argument */
    uint64_t seed;      /* default: in order, without shuffling, unless stratified */
    int32_t stratified; /* nonzero: each class of the first target is split alike (needs class targets) */
} luge_split_options;
/* parts[0] gets round(part * rows) rows, parts[1] the others; neither may be empty. Stratified, each class has its
 * share in parts[0], to one row. On an error both are NULL. */
LUGE_API luge_status luge_dataset_split_with(luge_dataset *data, luge_dataset *parts[2],
                                             const luge_split_options *options);
#ifndef __cplusplus
#define luge_dataset_split(data, parts, ...)                                                                           \
    luge_dataset_split_with(data, parts,                                                                               \
                            &(luge_split_options){ .size = sizeof(luge_split_options), .part = __VA_ARGS__ })
#endif
/* Fold number `fold` (0 .. k-1) of k (2 .. rows): parts[0] is what to train on, parts[1] what was held out. The folds
 * of one seed hold out each row once; their sizes differ by one at most. Stratified where the first target is classes.
 */
LUGE_API luge_status luge_dataset_fold(luge_dataset *data, int k, int fold, uint64_t seed, luge_dataset *parts[2]);

/* ---- scaling ----------------------------------------------------------------------------------------------------- */

/* Statistics of each feature (element of a row) over all rows, with scale and offset applied, in double by Welford's
 * method. Each array has as many elements as a row has, or is NULL. */
typedef struct luge_statistics {
    double *mean, *variance; /* variance: mean squared deviation, divided by n */
    double *min, *max;
} luge_statistics;
LUGE_API luge_status luge_dataset_statistics(luge_dataset *data, int feature_index, const luge_statistics *out);
/* The data set with value * scale[i] + offset[i] for element i of the rows of a feature array: after any of its own. */
LUGE_API luge_dataset *luge_dataset_rescale(luge_dataset *data, int feature_index, const double *scale,
                                            const double *offset);
/* Subtract the mean, divide by the deviation (1 where it is 0), both measured on `fit`: a data set of training rows. */
LUGE_API luge_dataset *luge_dataset_standardize(luge_dataset *data, luge_dataset *fit);
/* To [0, 1], but for rounding, between the least and largest value in `fit` (0 where they are equal). */
LUGE_API luge_dataset *luge_dataset_min_max(luge_dataset *data, luge_dataset *fit);

#ifdef __cplusplus
}
#endif
#endif
