/* data.h: what arrays and data sets are made of. */
#ifndef LUGE_DATA_DATA_H
#define LUGE_DATA_DATA_H

#include "core/core.h"
#include "luge/data.h"

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

/* How elements lie in a file: the bytes of one, and what they become. */
typedef struct luge__stored {
    luge_dtype dtype; /* what luge makes of it: i16 and u16 become i32, u32 becomes i64 */
    int bytes;        /* of an element in the file */
    int is_signed;
    int big_endian;
} luge__stored;

/* Rows in memory (data) or in a file, of which data then holds first .. first+held-1. */
struct luge_array {
    luge__object object;
    int32_t refs; /* one of the handle, one of each data set */
    luge_dtype dtype;
    luge_shape shape;
    int64_t rows, row_elements;
    size_t row_bytes;
    const unsigned char *data; /* never NULL where there are elements in memory */
    luge__buffer *buffer;      /* what data points into; NULL: the caller's memory, or nothing read yet */
    int64_t first, held;
    luge__source file; /* fd -1: memory */
    int64_t start;     /* of the elements in the file */
    luge__stored stored;
};

/* An array of that type without memory: the shape is checked, the context's handle is entered. */
luge_array *luge__array_create(luge_context *ctx, const char *who, luge_dtype dtype, const luge_shape *shape);
luge_array *luge__array_retain(luge_array *array);
void luge__array_drop(luge_array *array);
/* A new array in zeroed memory of its own, which the caller fills at *data. */
luge_array *luge__array_make(luge_context *ctx, const char *who, luge_dtype dtype, const luge_shape *shape,
                             unsigned char **data);

/* Address of row `first`; *n, at least 1, comes down to how many rows lie there in sequence. NULL on an error. Valid
 * until the next call for the same array. The rows must exist. */
const unsigned char *luge__array_rows(luge_array *array, int64_t first, int64_t *n);

/* ---- files of rows ----------------------------------------------------------------------------------------------- */

/* An array over the rows that lie at `start` of the file, which it takes over (also when it fails). */
luge_array *luge__array_of_file(luge__source *file, const luge__stored *stored, const luge_shape *shape, int64_t start);
/* Makes data hold row `first` and others. */
luge_status luge__array_fetch(luge_array *array, int64_t first, int64_t n);

/* ---- conversion -------------------------------------------------------------------------------------------------- */

/* Elements as floats: (out) (value * scale + offset), in double, rounded once. Where `scales` is not NULL, element i of
 * each row has scales[i] and offsets[i]. */
typedef struct luge__scaling {
    double scale, offset;
    const double *scales, *offsets;
    /* Set by luge__scaling_split where bytes can be scaled so, with the same bits: by the halves of scale in f32. */
    void (*by_halves)(const uint8_t *in, float *out, int64_t n, float high, float low);
    float high, low;
} luge__scaling;
void luge__scaling_split(luge__isa isa, luge__scaling *scaling);
/* `rows` rows of `width` elements of type `from` (stored, not f16) to floats of type `to`. */
void luge__convert(luge_dtype from, const void *in, luge_dtype to, void *out, int64_t rows, int64_t width,
                   const luge__scaling *scaling);
/* One element of an integer type. */
int64_t luge__integer_at(luge_dtype dtype, const unsigned char *data, int64_t index);

/* ---- data sets --------------------------------------------------------------------------------------------------- */

typedef struct luge__column {
    luge_array *array;
    double scale, offset;
    luge__buffer *elements; /* scale of each element, then offset of each; NULL: scale and offset for all */
    luge_target_kind kind;
    int64_t classes;
    luge__buffer *text; /* the names' addresses, the column's first, then their characters */
    int64_t n_names;
} luge__column;

enum { LUGE__ROLES = 3 };

struct luge_dataset {
    luge__object object;
    int64_t rows;
    int64_t first;       /* row i is row index[first + i] of the arrays, or first + i */
    luge__buffer *index; /* NULL: the identity */
    luge__column *columns[LUGE__ROLES];
    size_t count[LUGE__ROLES], capacity[LUGE__ROLES];
    uint64_t fingerprint; /* 0: not known */
};

/* Nonzero where the data set is one and its context has not failed; otherwise the failure is recorded. */
int luge__dataset_usable(const luge_dataset *data, const char *who);
/* The same columns; the rows are the caller's to set. NULL on an error. */
luge_dataset *luge__dataset_copy(luge_dataset *data);
/* The column, or NULL with a message that begins with who. */
luge__column *luge__dataset_column(const luge_dataset *data, const char *who, luge_role role, int index);
const char *luge__column_name(const luge__column *column);
luge__scaling luge__column_scaling(const luge__column *column);
/* The order of rows in shuffled, split and folded data sets: none of luge_row_order's. */
void luge__part_order(uint64_t seed, int64_t n, int64_t *rows);
/* Row of the arrays behind row i. */
int64_t luge__dataset_row(const luge_dataset *data, int64_t i);

/* Rows first .. first+n-1 of the data set, checked and converted: the body of luge_dataset_gather. */
luge_status luge__gather(luge_dataset *data, const luge__column *column, luge_role role, luge_target_kind kind,
                         luge_dtype dtype, const int64_t *rows, int64_t first, int64_t n, void *out);
/* Bytes of one gathered row; 0 with a message where that kind or dtype is not to be had, or the row is empty. */
luge_status luge__gathered_row(const luge_dataset *data, const luge__column *column, luge_role role,
                               luge_target_kind *kind, luge_dtype *dtype, size_t *bytes);
/* Class of one row of an array of classes or of one-hot rows, or -1 with a message. */
int64_t luge__class_of(const luge__column *column, const unsigned char *row, int64_t number);

#endif
