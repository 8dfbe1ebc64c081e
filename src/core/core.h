/* core.h: what every floor of luge stands on: errors, memory, shapes, random numbers, threads, CPU, files.
 *
 * This floor knows nothing of graphs. Nothing here prints, exits or reads the environment. */
#ifndef LUGE_CORE_H
#define LUGE_CORE_H

#include <stdarg.h>
#include <stdint.h>

#include "luge/context.h"

#ifndef LUGE_THREADS
#define LUGE_THREADS 1
#endif

/* ---- objects owned by a context ---------------------------------------------------------------------------------- */

/* First member of graph, plan, run, ...: a link in the list of what the context frees when it closes. */
typedef struct luge__object {
    luge_context *ctx;
    struct luge__object *prev, *next;
    void (*destroy)(struct luge__object *object);
} luge__object;

/* Enters the object into its context's list; leave takes it out (before its memory is freed). */
void luge__object_enter(luge_context *ctx, luge__object *object, void (*destroy)(luge__object *));
void luge__object_leave(luge__object *object);

/* ---- errors ------------------------------------------------------------------------------------------------------ */

/* Records a failure: the thread's last message, and the context's sticking one unless one sticks already (ctx may be
 * NULL). Returns status. The format knows: %s, %c, %d (int), %l (int64_t), %z (size_t), %g (double, shortest form that
 * reads back, '.' in every locale), %S (const luge_shape *), %T (luge_dtype), %%. No allocation. */
luge_status luge__fail(luge_context *ctx, luge_status status, const char *format, ...);
/* The same, the thread's message only: for runs, where the context may be shared between threads. */
luge_status luge__fail_thread(luge_status status, const char *format, ...);
/* Formats into text[0..size-1], always terminated; returns the length written. */
size_t luge__format(char *text, size_t size, const char *format, ...);
size_t luge__format_list(char *text, size_t size, const char *format, va_list args);
/* Formats up to 1023 characters into a sink. */
void luge__print(luge_sink sink, const char *format, ...);

/* Copies an options struct whose first member is its size; given NULL means zeros. The caller's struct may be shorter
 * (the rest is zero) or longer (the rest must be zero): LUGE_EINVAL otherwise, with a message that begins with who. */
luge_status luge__read_options(luge_context *ctx, const char *who, void *options, size_t size, const void *given);

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* From the context's hook, zeroed; NULL (and a sticking LUGE_ENOMEM) on failure. size 0 gives NULL without an error. */
void *luge__alloc(luge_context *ctx, size_t size);
void luge__release(luge_context *ctx, void *ptr, size_t size); /* size as allocated; NULL is fine */

/* Grows *array (elements of `element` bytes, room for *capacity) to hold at least `needed`; new room is zeroed. On
 * failure nothing changed. */
luge_status luge__grow(luge_context *ctx, void *array, size_t element, size_t *capacity, size_t needed);

/* Small things that live as long as their owner: zeroed, never moved, freed together. Start with chunks NULL. */
typedef struct luge__chunk {
    struct luge__chunk *next;
    size_t bytes, used;
} luge__chunk;
void *luge__chunk_alloc(luge_context *ctx, luge__chunk **chunks, size_t bytes); /* NULL on failure */
void luge__chunk_free(luge_context *ctx, luge__chunk **chunks);

/* Checked sizes: zero on overflow of size_t, else *out is the result. */
int luge__mul_size(size_t a, size_t b, size_t *out);
int luge__add_size(size_t a, size_t b, size_t *out);
/* Bytes of a shape's elements; zero return where they do not fit PTRDIFF_MAX. */
int luge__shape_bytes(const luge_shape *shape, luge_dtype dtype, size_t *bytes);

enum { LUGE__ALIGN = 64 };          /* alignment of all data: a cache line, a 512-bit vector */
size_t luge__align_up(size_t size); /* to a multiple of LUGE__ALIGN; size <= SIZE_MAX - 63 */

/* Memory for data, shared by counted references (one thread at a time counts). */
typedef struct luge__buffer {
    luge_context *ctx;
    int32_t refs;
    size_t bytes;
    unsigned char *data; /* aligned to LUGE__ALIGN; zeroed at creation */
    void *raw;
    size_t raw_bytes;
} luge__buffer;
luge__buffer *luge__buffer_create(luge_context *ctx, size_t bytes); /* one reference; bytes may be 0 */
luge__buffer *luge__buffer_retain(luge__buffer *buffer);
void luge__buffer_drop(luge__buffer *buffer); /* NULL is fine */

/* ---- shapes and dtypes ------------------------------------------------------------------------------------------- */

int luge__is_float(luge_dtype dtype);  /* f32 or f64: what ops compute in */
int luge__is_index(luge_dtype dtype);  /* i32 or i64 */
int luge__is_stored(luge_dtype dtype); /* any dtype with an implementation: not f16, bf16 */
int luge__shape_equal(const luge_shape *a, const luge_shape *b);
/* LUGE_OK, or ESHAPE/EINVAL with a message that begins with `who`: ndim out of 0..8, a negative or too large size. */
luge_status luge__shape_check(luge_context *ctx, const char *who, const luge_shape *shape, luge_dtype dtype);
/* NumPy's broadcast of two shapes; zero where they do not fit. */
int luge__broadcast(const luge_shape *a, const luge_shape *b, luge_shape *out);
/* Strides in elements of a C-ordered array. */
void luge__c_strides(const luge_shape *shape, int64_t *stride);

/* ---- numbers and order ------------------------------------------------------------------------------------------- */

/* The double nearest to a decimal number, the same in every locale: an optional sign, digits with at most one '.', an
 * optional exponent, and nothing else. Zero where the text is none ("", "0x1", "nan", "inf", " 1"); else *out is set:
 * to an infinity or a zero where the number is too large or too small. */
int luge__parse_number(const char *text, size_t length, double *out);

/* The number of a name among n; -1 where it is not there, and for NULL. */
int luge__name_index(const char *name, const char *const *names, int n);

/* Sorts ids by an order that is negative where a comes before b, positive where after. n log n steps for any input;
 * ids that are equal in that order may change places. */
typedef int (*luge__order_fn)(const void *user, uint32_t a, uint32_t b);
void luge__sort(uint32_t *ids, size_t n, luge__order_fn order, const void *user);

/* ---- random numbers ---------------------------------------------------------------------------------------------- */

/* Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Four words from a 64-bit key
 * and a 128-bit counter. */
void luge__philox(uint64_t key, uint64_t counter_low, uint64_t counter_high, uint32_t out[4]);

/* Where a random element comes from: word i % 4 of block i / 4 of stream `stream` at step `step` under `seed`. */
typedef struct luge__random {
    uint64_t seed;
    uint32_t stream;
    uint64_t step; /* the low 32 bits count */
} luge__random;
/* Words first, first+1, ... first+n-1. */
void luge__random_words(const luge__random *r, int64_t first, int64_t n, uint32_t *words);
/* [0, 1): (w >> 8) / 2^24 in f32; (w + 1/2) / 2^32 in f64. Scaled to low + u (high - low), and
 * always below high. dtype is f32 or f64. */
void luge__random_uniform(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double low, double high,
                          void *out);
/* Box and Muller's transform of the words 2j, 2j+1 into the elements 2j, 2j+1, in double. */
void luge__random_normal(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double mean,
                         double deviation, void *out);
/* Normal, redrawn until within 2 deviations. */
void luge__random_truncated_normal(const luge__random *r, int64_t first, int64_t n, luge_dtype dtype, double mean,
                                   double deviation, void *out);
/* 0 .. n-1 in an order that depends on r alone (Fisher and Yates; bounded numbers without bias). */
void luge__random_permutation(const luge__random *r, int64_t n, int64_t *out);
/* n numbers from 0 .. bound-1 (bound from 1 to INT64_MAX), without bias. */
void luge__random_below(const luge__random *r, uint64_t bound, int64_t n, int64_t *out);

/* ---- threads ----------------------------------------------------------------------------------------------------- */

enum { LUGE__MAX_THREADS = 256 };

/* Work on [begin, end); worker < luge__pool_threads tells whose scratch memory to use. */
typedef void (*luge__range_fn)(void *user, int64_t begin, int64_t end, int worker);

typedef struct luge__pool luge__pool;
/* NULL on failure; threads - 1 are started, at the first call that they can share. */
luge__pool *luge__pool_create(luge_context *ctx, int threads);
void luge__pool_free(luge__pool *pool);
int luge__pool_threads(const luge__pool *pool);
/* Calls fn on ranges that together are [0, items), on this thread and the pool's, and returns when all are done. Ranges
 * begin at multiples of the grain and hold at least that many items (the last may be shorter); where they are cut
 * differs from call to call, so what fn does with an item must not depend on it. With one grain, one thread or a pool
 * that is busy with another run, this thread does all in one range as worker 0; so fn must not call it again with
 * memory of a worker. */
void luge__pool_run(luge__pool *pool, int64_t items, int64_t grain, luge__range_fn fn, void *user);
/* How many pool calls were worked on by two or more threads: for tests. */
int64_t luge__pool_shared_calls(const luge__pool *pool);

/* ---- CPU --------------------------------------------------------------------------------------------------------- */

typedef enum luge__isa { LUGE__BASELINE = 0, LUGE__AVX2 = 1, LUGE__AVX512 = 2 } luge__isa;
luge__isa luge__cpu_best(void); /* the best set that this CPU, its system and this build have */
const char *luge__isa_name(luge__isa isa);

/* What multiplies matrices of bf16: the product of the instruction set over rounded operands, or instructions for it.
 */
typedef enum luge__bf16 {
    LUGE__BF16_ROUNDED = 0,
    LUGE__BF16_AVX512 = 1,
    LUGE__BF16_AMX = 2,
    LUGE__BF16_COUNT
} luge__bf16;
luge__bf16 luge__cpu_bf16(luge__isa isa); /* the best that there is, of those that the set allows */
const char *luge__bf16_name(luge__bf16 bf16);
/* Asks the system to let this process use AMX, whose registers are too large to be saved for everyone. Nonzero where it
 * does; asking again is harmless. */
int luge__amx_permit(void);
int luge__cpu_count(void);
/* The core that runs the caller, or -1; and, where that is `core`, moves the calling thread to another that it may use.
 */
int luge__cpu_current(void);
void luge__cpu_leave(int core);
int64_t luge__nanoseconds(void); /* of a clock that never goes back; INT64_MAX where there is none */

/* While a run executes, results too small for a normal number become 0: CPUs calculate many times slower with subnormal
 * numbers, and moments of optimizers decay into them. begin returns what end takes back; both do nothing where
 * the CPU has no such switch. */
uint32_t luge__flush_begin(void);
void luge__flush_end(uint32_t before);

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* LUGE_EIO: "path: what: the system's text for error". */
luge_status luge__fail_system(luge_context *ctx, const char *path, const char *what, int error);

/* A regular file, open for reading from any place. */
typedef struct luge__source {
    luge_context *ctx;
    int fd;
    char *path; /* a copy, for messages */
    size_t path_bytes;
    uint64_t bytes; /* size when it was opened */
} luge__source;
luge_status luge__source_open(luge_context *ctx, const char *path, luge__source *file);
/* Reads all of the bytes or fails: also where the file has become shorter. */
luge_status luge__source_read(const luge__source *file, uint64_t offset, void *data, size_t bytes);
/* The same, but *got may be less where the file ends. */
luge_status luge__source_read_some(const luge__source *file, uint64_t offset, void *data, size_t bytes, size_t *got);
void luge__source_close(luge__source *file); /* after an open that succeeded; idempotent */

/* A file that replaces another: written beside it, flushed, then renamed over it. After a crash at any moment the old
 * file or the new is there, whole. */
typedef struct luge__replace {
    luge_context *ctx;
    int fd;
    char *path, *temporary;
    size_t path_bytes, temporary_bytes;
} luge__replace;
luge_status luge__replace_open(luge_context *ctx, const char *path, luge__replace *file);
luge_status luge__replace_write(luge__replace *file, const void *data, size_t bytes);
luge_status luge__replace_commit(luge__replace *file); /* on failure the old file is untouched */
void luge__replace_abandon(luge__replace *file);       /* after an open that succeeded and no commit; idempotent */

/* ---- the context ------------------------------------------------------------------------------------------------- */

struct luge_context {
    luge_realloc_fn realloc;
    void *realloc_user;
    luge_log_fn log;
    void *log_user;
    size_t memory_now, memory_peak;
    luge__object objects; /* head of the ring of owned objects */
    luge__pool *pool;
    luge__isa isa;
    luge__bf16 bf16;
    char *data_dir;
    size_t data_dir_bytes;
    uint32_t next_tag;   /* of the next graph */
    int32_t force_grain; /* tests: every piece of work is one item, however small the work */
    luge_status status;  /* the sticking error */
    char message[512];
};

void luge__log(luge_context *ctx, luge_log_level level, const char *format, ...);

#endif
