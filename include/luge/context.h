/* luge/context.h: the context owns everything that a program makes with luge and keeps its first error.
 *
 * Errors. Every call returns a status or a handle. The first failure also sticks in its context: builders and creators
 * called after it do nothing and keep its message, so a short program may check once, at its end, with luge_failed.
 * A careful one checks every call. luge_clear forgets the error.
 *
 * Threads. Distinct contexts may be used from distinct threads at will. One context is used by one thread at a time,
 * except that luge_run_execute on distinct runs, which reports by status and luge_last_error alone, may be called from
 * several threads at once. */
#ifndef LUGE_CONTEXT_H
#define LUGE_CONTEXT_H

#include <stdio.h>

#include "luge/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory hook, in the manner of realloc: old_size 0 allocates, new_size 0 frees (and returns NULL). NULL for a positive
 * new_size means "no memory"; ptr is then still valid. Called from one thread at a time. */
typedef void *(*luge_realloc_fn)(void *user, void *ptr, size_t old_size, size_t new_size);

typedef enum luge_log_level {
    LUGE_LOG_DEBUG = 0,
    LUGE_LOG_INFO = 1,
    LUGE_LOG_WARNING = 2,
    LUGE__LOG_FORCE_INT = 0x7fffffff
} luge_log_level;

typedef void (*luge_log_fn)(void *user, luge_log_level level, const char *message);

/* Options of luge_open. Zero means the default. */
typedef struct luge_open_options {
    size_t size;             /* sizeof(luge_open_options); the macro luge_open sets it */
    int32_t threads;         /* how many threads may work on one run, the caller's own included; default: all cores */
    luge_realloc_fn realloc; /* default: the C library's */
    void *realloc_user;
    luge_log_fn log; /* default: nothing is logged */
    void *log_user;
    const char *data_dir; /* where data sets are looked for; copied; default: none */
    const char
        *cpu_limit; /* highest instruction set to use: "baseline", "avx2", "avx512"; default: the best there is */
} luge_open_options;

/* A new context, or NULL (luge_last_error tells why). options may be NULL. */
LUGE_API luge_context *luge_open_with(const luge_open_options *options);

/* luge_open(.threads = 1): keyword arguments over luge_open_with. In C++, fill the struct and call luge_open_with. */
#ifndef __cplusplus
#define luge_open(...) luge_open_with(&(luge_open_options){ .size = sizeof(luge_open_options), __VA_ARGS__ })
#endif

/* Frees the context and all that it owns: graphs, plans, runs. NULL is fine. */
LUGE_API void luge_close(luge_context *ctx);

/* Nonzero if a call on this context has failed since luge_open or luge_clear; also for NULL. */
LUGE_API int luge_failed(const luge_context *ctx);
/* The sticking status, and its message: "" where nothing failed; for NULL, what luge_last_error says. */
LUGE_API luge_status luge_failure(const luge_context *ctx);
LUGE_API const char *luge_error(const luge_context *ctx);
/* Forgets the sticking error. */
LUGE_API void luge_clear(luge_context *ctx);

/* Message of the last call that failed on this thread, whatever its context; "" where none has. Valid until the next
 * failure on this thread. */
LUGE_API const char *luge_last_error(void);

/* Records a failure as the library's own functions do, for extensions of it: the thread's last message, and the
 * context's first error unless one sticks already. ctx may be NULL. A text over 511 bytes is cut. Returns status. */
LUGE_API luge_status luge_report(luge_context *ctx, luge_status status, const char *text);

/* A sink that writes to a FILE. The file stays the caller's. */
LUGE_API luge_sink luge_file_sink(FILE *file);

/* The one of n words that takes the fewest changed, added and left out characters to become the text (NULL where n is
 * 0): for messages that say what may have been meant. */
LUGE_API const char *luge_nearest(const char *text, const char *const *words, int64_t n);

/* What the context works with. */
LUGE_API int luge_threads(const luge_context *ctx);              /* threads, the caller's own included */
LUGE_API const char *luge_instruction_set(const luge_context *); /* "baseline", "avx2" or "avx512" */
/* What multiplies matrices in bf16 (luge_plan_options): "amx" or "avx512_bf16", instructions of some CPUs, or
 * "rounded", the f32 product over rounded operands. */
LUGE_API const char *luge_bf16_unit(const luge_context *ctx);
LUGE_API const char *luge_data_dir(const luge_context *ctx); /* NULL where none was given */
/* Bytes that the context holds now, and the most it ever held. */
LUGE_API size_t luge_memory_now(const luge_context *ctx);
LUGE_API size_t luge_memory_peak(const luge_context *ctx);

#ifdef __cplusplus
}
#endif
#endif
