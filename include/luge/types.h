/* luge/types.h: the plain types that every other header uses: status codes, dtypes, shapes, handles.
 *
 * ABI promise: within one LUGE_VERSION_MAJOR no enumerator changes its value, no function its signature, and option
 * structs grow at the end only (their first member `size` tells the library which fields the caller knows). */
#ifndef LUGE_TYPES_H
#define LUGE_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define LUGE_VERSION_MAJOR 0
#define LUGE_VERSION_MINOR 1
#define LUGE_VERSION_PATCH 0

#if defined(_WIN32)
#define LUGE_API
#elif defined(__GNUC__)
#define LUGE_API __attribute__((visibility("default")))
#else
#define LUGE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Status codes: X(name, value, text). One list makes the enum, the names and the texts. */
#define LUGE_STATUS_MAP(X)                                                                                             \
    X(OK, 0, "success")                                                                                                \
    X(ENOMEM, -1, "out of memory")                                                                                     \
    X(EINVAL, -2, "invalid argument")                                                                                  \
    X(ESHAPE, -3, "shapes do not fit")                                                                                 \
    X(EDTYPE, -4, "wrong dtype")                                                                                       \
    X(ENOTSUP, -5, "not supported")                                                                                    \
    X(EIO, -6, "input or output failed")                                                                               \
    X(EFORMAT, -7, "malformed data")                                                                                   \
    X(ESTATE, -8, "not possible in this state")                                                                        \
    X(ECANCELED, -9, "canceled")                                                                                       \
    X(ENOGRAD, -10, "no gradient")                                                                                     \
    X(EINTERNAL, -11, "internal error")

typedef enum luge_status {
#define LUGE__STATUS_ENUM(name, value, text) LUGE_##name = value,
    LUGE_STATUS_MAP(LUGE__STATUS_ENUM)
#undef LUGE__STATUS_ENUM
        LUGE__STATUS_FORCE_INT = 0x7fffffff
} luge_status;

LUGE_API const char *luge_status_name(luge_status status); /* "LUGE_ENOMEM"; "LUGE_?" for an unknown code */
LUGE_API const char *luge_status_text(luge_status status); /* "out of memory" */
LUGE_API const char *luge_version(void);                   /* "0.1.0" */

/* Element types. f16 and bf16 have their numbers now; no op computes in them yet (LUGE_ENOTSUP).
 * bool is one byte, 0 or 1. */
typedef enum luge_dtype {
    LUGE_NO_DTYPE = 0,
    LUGE_BOOL = 1,
    LUGE_U8 = 2,
    LUGE_I8 = 3,
    LUGE_I32 = 4,
    LUGE_I64 = 5,
    LUGE_F16 = 6,
    LUGE_BF16 = 7,
    LUGE_F32 = 8,
    LUGE_F64 = 9,
    LUGE__DTYPE_FORCE_INT = 0x7fffffff
} luge_dtype;

LUGE_API size_t luge_dtype_size(luge_dtype dtype);      /* bytes of one element; 0 for an unknown dtype */
LUGE_API const char *luge_dtype_name(luge_dtype dtype); /* "f32"; "?" for an unknown dtype */

/* A shape: dim[0] is the outermost dimension, elements lie in C order. ndim 0 is a scalar with one element; a
 * dimension may be 0 (no elements). */
enum { LUGE_MAX_DIMS = 8 };

typedef struct luge_shape {
    int32_t ndim;
    int64_t dim[LUGE_MAX_DIMS];
} luge_shape;

/* luge_shape_of(2, 3) is the shape [2,3]; luge_scalar_shape() is []. */
#ifndef __cplusplus
#define luge_shape_of(...)                                                                                             \
    luge_make_shape((int)(sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), (const int64_t[]){ __VA_ARGS__ })
#endif

/* A shape from `ndim` sizes. A bad ndim or a negative size is kept and refused by the function that the shape is given
 * to, which can name itself. */
LUGE_API luge_shape luge_make_shape(int ndim, const int64_t *dims);
LUGE_API luge_shape luge_scalar_shape(void);

/* Number of elements; -1 where the product does not fit 64 bits or the shape is invalid. */
LUGE_API int64_t luge_shape_size(const luge_shape *shape);

/* A list of axes; negative ones count from the end. luge_axes_of(0, 2), luge_axes_of(-1). */
typedef struct luge_axes {
    int32_t n;
    int32_t axis[LUGE_MAX_DIMS];
} luge_axes;
LUGE_API luge_axes luge_make_axes(int n, const int *axes);
#ifndef __cplusplus
#define luge_axes_of(...)                                                                                              \
    luge_make_axes((int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), (const int[]){ __VA_ARGS__ })
#endif

/* A node of a graph, by value. id 0 is "none": what a builder returns when it failed. tag names the graph. */
typedef struct luge_val {
    uint32_t id;
    uint32_t tag;
} luge_val;

/* Opaque handles. Each has a create and a free function; freeing NULL is fine; what the program does not free, its
 * context frees in luge_close. */
typedef struct luge_context luge_context; /* allocator, threads, the sticky error */
typedef struct luge_graph luge_graph;     /* append-only array of nodes */
typedef struct luge_plan luge_plan;       /* a graph compiled for one backend and one set of shapes; immutable */
typedef struct luge_run luge_run;         /* one thread's memory and bindings over a plan */

/* Where text goes: progress, descriptions, listings. write gets `length` bytes that are not terminated by 0. */
typedef struct luge_sink {
    void (*write)(void *user, const char *text, size_t length);
    void *user;
} luge_sink;

#ifdef __cplusplus
}
#endif
#endif
