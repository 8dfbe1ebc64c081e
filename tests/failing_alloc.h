/* failing_alloc.h: a memory hook that fails the k-th allocation, and the sweep that tries every k.
 *
 * It also holds the library to the hook's contract: old_size must be what was allocated, and all must be given back. */
#ifndef LUGE_TESTS_FAILING_ALLOC_H
#define LUGE_TESTS_FAILING_ALLOC_H

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "luge/context.h"

typedef struct luge__test_memory {
    size_t live, most;   /* bytes now, and the most there were */
    int64_t allocations; /* calls that asked for more room */
    int64_t fail_at;     /* this one of them fails, counted from 1; 0: none */
    int for_ever;        /* and all after it */
    int64_t wrong;       /* breaches of the contract: a wrong old_size, a foreign pointer */
} luge__test_memory;

typedef union luge__test_block {
    struct {
        size_t size;
        uint32_t magic;
    } head;
    unsigned char room[16]; /* what follows stays aligned as malloc's */
} luge__test_block;

enum { LUGE__TEST_LIVE = 0x4c55474c, LUGE__TEST_FREED = 0x46524545 };

static inline void luge__test_check_block(luge__test_memory *memory, const luge__test_block *block, size_t old_size)
{
    if (!block ? old_size != 0 : (block->head.magic != LUGE__TEST_LIVE || block->head.size != old_size)) {
        memory->wrong++;
    }
}

static inline void *luge__test_realloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    luge__test_memory *memory = user;
    luge__test_block *old = ptr ? (luge__test_block *)ptr - 1 : NULL, *block;
    luge__test_check_block(memory, old, old_size);
    if (new_size > old_size) {
        int64_t number = ++memory->allocations;
        if (memory->fail_at && (number == memory->fail_at || (memory->for_ever && number > memory->fail_at))) {
            return NULL;
        }
    }
    block = NULL;
    if (new_size) { /* always moves, so that a stale pointer shows; and the new room is not zero */
        block = new_size > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + new_size);
        if (!block) return NULL;
        memset(block + 1, 0xA5, new_size);
        if (old) memcpy(block + 1, ptr, old_size < new_size ? old_size : new_size);
        block->head.size = new_size;
        block->head.magic = LUGE__TEST_LIVE;
    }
    if (old) {
        old->head.magic = LUGE__TEST_FREED;
        free(old);
    }
    memory->live = memory->live - old_size + new_size;
    if (memory->live > memory->most) memory->most = memory->live;
    return block ? block + 1 : NULL;
}

/* What the sweep tries: work on a fresh context, which the sweep closes. Must be the same each time, and should return
 * the first status that is not LUGE_OK. It may free what it makes or leave it to luge_close. */
typedef luge_status (*luge__test_operation)(luge_test *t, luge_context *ctx, void *user);

static inline luge_status luge__test_oom_try(luge_test *t, luge__test_memory *memory, const luge_open_options *base,
                                             luge__test_operation operation, void *user)
{
    luge_open_options options;
    memset(&options, 0, sizeof options);
    if (base) options = *base;
    options.size = sizeof options;
    options.realloc = luge__test_realloc;
    options.realloc_user = memory;
    luge_context *ctx = luge_open_with(&options);
    luge_status status = ctx ? LUGE_OK : luge_failure(NULL);
    if (ctx && operation) status = operation(t, ctx, user);
    luge_close(ctx);
    return status;
}

/* Fails allocation k = 1, 2, 3 ..., once and then for ever, until the operation is through without meeting a failure.
 * Each try must end in LUGE_OK or LUGE_ENOMEM with a message, and give everything back. base: options of the contexts,
 * NULL for one thread and defaults. */
static inline void luge__test_oom_sweep_with(luge_test *t, const char *name, const luge_open_options *base,
                                             luge__test_operation operation, void *user)
{
    const luge_open_options one_thread = { .size = sizeof one_thread, .threads = 1 };
    if (!base) base = &one_thread;
    luge__test_memory calm = { 0 };
    luge_status status = luge__test_oom_try(t, &calm, base, operation, user);
    if (!CHECK_STATUS(t, status, LUGE_OK)) return;
    for (int for_ever = 0; for_ever <= 1; for_ever++) {
        int64_t refused = 0, k = 1;
        for (;; k++) {
            luge__test_memory memory = { .fail_at = k, .for_ever = for_ever };
            status = luge__test_oom_try(t, &memory, base, operation, user);
            int passed = memory.live == 0 && memory.wrong == 0 && (status == LUGE_OK || status == LUGE_ENOMEM);
            if (status == LUGE_ENOMEM) {
                refused++;
                passed = passed && luge_last_error()[0] != 0;
            }
            if (memory.allocations < k) passed = passed && status == LUGE_OK;
            char where[160];
            (void)snprintf(where, sizeof where, "%s with allocation %lld failing %s: %s, %lu bytes lost, %lld misuses",
                           name, (long long)k, for_ever ? "for ever" : "once", luge_status_name(status),
                           (unsigned long)memory.live, (long long)memory.wrong);
            (void)luge_test_check(t, __FILE__, __LINE__, where, passed);
            if (memory.allocations < k || k > calm.allocations + 1000) break;
        }
        CHECK_EQ_INT(t, k, calm.allocations + 1);
        CHECK(t, refused > 0);
    }
}

static inline void luge__test_oom_sweep(luge_test *t, const char *name, luge__test_operation operation, void *user)
{
    luge__test_oom_sweep_with(t, name, NULL, operation, user);
}

#endif
