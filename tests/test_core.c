/* test_core.c: memory, dtypes and shapes, opening and closing contexts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "failing_alloc.h"
#include "harness.h"

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void accounting(luge_test *t)
{
    luge__test_memory memory = { 0 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    if (!CHECK(t, ctx)) return;
    size_t base = luge_memory_now(ctx);
    CHECK_EQ_INT(t, base, memory.live);
    unsigned char *p = luge__alloc(ctx, 1000);
    int zero = p != NULL;
    for (int i = 0; p && i < 1000; i++) zero = zero && p[i] == 0;
    CHECK(t, zero);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base + 1000);
    luge__release(ctx, p, 1000);
    luge__release(ctx, NULL, 5);
    CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    CHECK_EQ_INT(t, luge_memory_peak(ctx), base + 1000);
    CHECK(t, luge__alloc(ctx, 0) == NULL && !luge_failed(ctx));
    CHECK(t, luge__alloc(ctx, SIZE_MAX) == NULL);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_ENOMEM);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "out of memory");
    luge_close(ctx);
    CHECK_EQ_INT(t, memory.live, 0);
    CHECK_EQ_INT(t, memory.wrong, 0);
    CHECK_EQ_INT(t, luge_memory_now(NULL), 0);
    CHECK_EQ_INT(t, luge_memory_peak(NULL), 0);
}

static void growing(luge_test *t)
{
    luge__test_memory memory = { 0 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    if (!CHECK(t, ctx)) return;
    int32_t *array = NULL;
    size_t capacity = 0;
    int64_t before = memory.allocations;
    for (int32_t i = 0; i < 10000; i++) {
        if (!CHECK_STATUS(t, luge__grow(ctx, &array, sizeof *array, &capacity, (size_t)i + 1), LUGE_OK)) return;
        CHECK_EQ_INT(t, array[i], 0);
        array[i] = i;
    }
    CHECK(t, memory.allocations - before <= 12);
    for (int32_t i = 0; i < 10000; i++) CHECK_EQ_INT(t, array[i], i);
    size_t kept = capacity;
    memory.fail_at = memory.allocations + 1;
    CHECK_STATUS(t, luge__grow(ctx, &array, sizeof *array, &capacity, capacity + 1), LUGE_ENOMEM);
    CHECK_EQ_INT(t, capacity, kept);
    CHECK_EQ_INT(t, array[9999], 9999);
    CHECK_STATUS(t, luge__grow(ctx, &array, sizeof *array, &capacity, SIZE_MAX), LUGE_ENOMEM);
    CHECK_STATUS(t, luge__grow(ctx, &array, sizeof *array, &capacity, SIZE_MAX / 4), LUGE_ENOMEM);
    CHECK_EQ_INT(t, array[9999], 9999);
    luge__release(ctx, array, capacity * sizeof *array);
    luge_close(ctx);
    CHECK_EQ_INT(t, memory.live, 0);
    CHECK_EQ_INT(t, memory.wrong, 0);
}

static void sizes(luge_test *t)
{
    size_t out = 7;
    CHECK(t, luge__mul_size(0, SIZE_MAX, &out) && out == 0);
    CHECK(t, luge__mul_size(SIZE_MAX, 0, &out) && out == 0);
    CHECK(t, luge__mul_size(SIZE_MAX / 3, 3, &out) && out == SIZE_MAX / 3 * 3);
    CHECK(t, !luge__mul_size(SIZE_MAX / 3 + 1, 3, &out));
    CHECK(t, luge__add_size(SIZE_MAX - 5, 5, &out) && out == SIZE_MAX);
    CHECK(t, !luge__add_size(SIZE_MAX - 5, 6, &out));
    CHECK_EQ_INT(t, luge__align_up(0), 0);
    CHECK_EQ_INT(t, luge__align_up(1), 64);
    CHECK_EQ_INT(t, luge__align_up(64), 64);
    CHECK_EQ_INT(t, luge__align_up(65), 128);
    CHECK(t, luge__align_up(SIZE_MAX - 63) == SIZE_MAX - 63);
}

static void buffers(luge_test *t)
{
    luge__test_memory memory = { 0 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    if (!CHECK(t, ctx)) return;
    size_t base = luge_memory_now(ctx);
    for (size_t bytes = 0; bytes < 200; bytes += 13) {
        luge__buffer *buffer = luge__buffer_create(ctx, bytes);
        if (!CHECK(t, buffer && buffer->data)) continue;
        CHECK_EQ_INT(t, (uintptr_t)buffer->data % LUGE__ALIGN, 0);
        CHECK_EQ_INT(t, buffer->bytes, bytes);
        int zero = 1;
        for (size_t i = 0; i < bytes; i++) zero = zero && buffer->data[i] == 0;
        CHECK(t, zero);
        memset(buffer->data, 1, bytes);
        CHECK(t, luge__buffer_retain(buffer) == buffer);
        luge__buffer_drop(buffer);
        CHECK(t, luge_memory_now(ctx) > base);
        luge__buffer_drop(buffer);
        CHECK_EQ_INT(t, luge_memory_now(ctx), base);
    }
    luge__buffer_drop(NULL);
    CHECK(t, luge__buffer_create(ctx, SIZE_MAX - 10) == NULL);
    CHECK_STATUS(t, luge_failure(ctx), LUGE_ENOMEM);
    luge_close(ctx);
    CHECK_EQ_INT(t, memory.live, 0);
}

/* ---- dtypes and shapes ------------------------------------------------------------------------------------------- */

static void dtypes(luge_test *t)
{
    static const struct {
        luge_dtype dtype;
        size_t size;
        const char *name;
        int is_float, is_index, is_stored;
    } rows[] = {
        { LUGE_NO_DTYPE, 0, "?", 0, 0, 0 }, { LUGE_BOOL, 1, "bool", 0, 0, 1 },   { LUGE_U8, 1, "u8", 0, 0, 1 },
        { LUGE_I8, 1, "i8", 0, 0, 1 },      { LUGE_I32, 4, "i32", 0, 1, 1 },     { LUGE_I64, 8, "i64", 0, 1, 1 },
        { LUGE_F16, 2, "f16", 0, 0, 0 },    { LUGE_BF16, 2, "bf16", 0, 0, 0 },   { LUGE_F32, 4, "f32", 1, 0, 1 },
        { LUGE_F64, 8, "f64", 1, 0, 1 },    { (luge_dtype)10, 0, "?", 0, 0, 0 }, { (luge_dtype)-1, 0, "?", 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_EQ_INT(t, luge_dtype_size(rows[i].dtype), rows[i].size);
        CHECK_STR_EQ(t, luge_dtype_name(rows[i].dtype), rows[i].name);
        CHECK_EQ_INT(t, luge__is_float(rows[i].dtype), rows[i].is_float);
        CHECK_EQ_INT(t, luge__is_index(rows[i].dtype), rows[i].is_index);
        CHECK_EQ_INT(t, luge__is_stored(rows[i].dtype), rows[i].is_stored);
    }
}

static void shapes(luge_test *t)
{
    const int64_t big = (int64_t)1 << 31;
    luge_shape s = luge_shape_of(2, 3, 4), scalar = luge_scalar_shape();
    luge_shape ten = luge_make_shape(10, (const int64_t[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 });
    int64_t stride[LUGE_MAX_DIMS];
    CHECK_EQ_INT(t, s.ndim, 3);
    CHECK_EQ_INT(t, luge_shape_size(&s), 24);
    luge__c_strides(&s, stride);
    CHECK(t, stride[0] == 12 && stride[1] == 4 && stride[2] == 1);
    CHECK_EQ_INT(t, luge_shape_size(&scalar), 1);
    CHECK_EQ_INT(t, luge_shape_size(NULL), -1);
    CHECK_EQ_INT(t, ten.ndim, 10);
    CHECK_EQ_INT(t, luge_shape_size(&ten), -1);
    ten = luge_make_shape(-4, NULL);
    CHECK_EQ_INT(t, ten.ndim, -4);
    ten = luge_make_shape(2, NULL);
    CHECK_EQ_INT(t, luge_shape_size(&ten), -1);
    s = luge_shape_of(2, -1);
    CHECK_EQ_INT(t, s.dim[1], -1);
    CHECK_EQ_INT(t, luge_shape_size(&s), -1);
    s = luge_shape_of(big, big, 2);
    CHECK_EQ_INT(t, luge_shape_size(&s), -1);
    s = luge_shape_of(big, big - 1, 2);
    CHECK(t, luge_shape_size(&s) == big * (big - 1) * 2);
    s = luge_shape_of(INT64_MAX, 1, 1);
    CHECK(t, luge_shape_size(&s) == INT64_MAX);
    s = luge_shape_of(0, 5);
    CHECK_EQ_INT(t, luge_shape_size(&s), 0);
    s = luge_shape_of(0, big, big, 2);
    CHECK_EQ_INT(t, luge_shape_size(&s), -1); /* its strides would not fit */
    luge_shape a = luge_shape_of(2, 3), b = luge_shape_of(2, 3), c = luge_shape_of(2, 3, 1);
    CHECK(t, luge__shape_equal(&a, &b) && !luge__shape_equal(&a, &c) && luge__shape_equal(&scalar, &scalar));
}

static void shape_checks(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx)) return;
    size_t bytes = 0;
    luge_shape s = luge_shape_of(3, 5);
    CHECK(t, luge__shape_bytes(&s, LUGE_F64, &bytes) && bytes == 120);
    CHECK(t, !luge__shape_bytes(&s, (luge_dtype)55, &bytes));
    CHECK_STATUS(t, luge__shape_check(ctx, "variable", &s, LUGE_F32), LUGE_OK);
    CHECK(t, !luge_failed(ctx));
    CHECK_STATUS(t, luge__shape_check(ctx, "variable", NULL, LUGE_F32), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "variable: the shape is NULL");
    CHECK_STATUS(t, luge__shape_check(ctx, "variable", &s, (luge_dtype)55), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_last_error(), "55");
    s = luge_shape_of(3, -5);
    CHECK_STATUS(t, luge__shape_check(ctx, "input", &s, LUGE_F32), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "input: ");
    CHECK_STR_CONTAINS(t, luge_last_error(), "[3,-5]");
    s = luge_make_shape(9, s.dim);
    CHECK_STATUS(t, luge__shape_check(ctx, "input", &s, LUGE_F32), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "9 dimensions");
    s = luge_shape_of(INT64_MAX / 4);
    CHECK_STATUS(t, luge__shape_check(ctx, "input", &s, LUGE_F64), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_last_error(), "too large");
    CHECK(t, !luge__shape_bytes(&s, LUGE_F64, &bytes));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "the shape is NULL");
    luge_close(ctx);
}

static void broadcasting(luge_test *t)
{
#define S(...) luge_shape_of(__VA_ARGS__)
    const luge_shape none = luge_make_shape(-1, NULL), scalar = luge_scalar_shape();
    const luge_shape rows[][3] = { /* a, b, result (ndim -1: they do not fit) */
                                   { scalar, scalar, scalar },
                                   { S(3), scalar, S(3) },
                                   { S(3), S(3), S(3) },
                                   { S(3), S(1), S(3) },
                                   { S(2, 3), S(3), S(2, 3) },
                                   { S(2, 1), S(3), S(2, 3) },
                                   { S(2, 1), S(1, 3), S(2, 3) },
                                   { S(4, 1, 3), S(2, 1), S(4, 2, 3) },
                                   { S(1, 1, 1), S(2), S(1, 1, 2) },
                                   { S(0), S(1), S(0) },
                                   { S(0), scalar, S(0) },
                                   { S(2, 0), S(1, 1), S(2, 0) },
                                   { S(8, 1, 6, 1), S(7, 1, 5), S(8, 7, 6, 5) },
                                   { S(1, 1, 1, 1, 1, 1, 1, 9), S(9), S(1, 1, 1, 1, 1, 1, 1, 9) },
                                   { S(2), S(3), none },
                                   { S(0), S(2), none },
                                   { S(2, 3), S(2), none },
                                   { S(2, 3), S(3, 2), none },
                                   { S(2, 1, 3), S(4, 1, 3), none },
                                   { S(-1), S(1), none },
                                   { none, S(1), none }
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const luge_shape *a = &rows[i][0], *b = &rows[i][1], *expected = &rows[i][2];
        luge_shape out = S(77), back = S(77), inplace = *a;
        int fits = expected->ndim >= 0;
        CHECK_EQ_INT(t, luge__broadcast(a, b, &out), fits);
        CHECK_EQ_INT(t, luge__broadcast(b, a, &back), fits);
        CHECK(t, luge__shape_equal(&out, &back));
        if (!fits) continue;
        CHECK(t, luge__shape_equal(&out, expected));
        CHECK(t, luge__broadcast(&inplace, b, &inplace) && luge__shape_equal(&inplace, expected));
    }
#undef S
}

/* ---- contexts ---------------------------------------------------------------------------------------------------- */

static void opening(luge_test *t)
{
    luge_context *ctx = luge_open_with(NULL);
    if (!CHECK(t, ctx)) return;
#if LUGE_THREADS
    CHECK_EQ_INT(t, luge_threads(ctx), luge__cpu_count() < 256 ? luge__cpu_count() : 256);
#else
    CHECK_EQ_INT(t, luge_threads(ctx), 1);
#endif
    CHECK_STR_EQ(t, luge_instruction_set(ctx), luge__isa_name(luge__cpu_best()));
    CHECK(t, luge_data_dir(ctx) == NULL);
    luge_close(ctx);
    luge_close(NULL);
    char folder[] = "some/folder";
    ctx = luge_open(.threads = 3, .data_dir = folder, .cpu_limit = "baseline");
    if (!CHECK(t, ctx)) return;
    folder[0] = 'X';
    CHECK_STR_EQ(t, luge_data_dir(ctx), "some/folder");
    CHECK_EQ_INT(t, luge_threads(ctx), LUGE_THREADS ? 3 : 1);
    CHECK_STR_EQ(t, luge_instruction_set(ctx), "baseline");
    luge_close(ctx);
    ctx = luge_open(.cpu_limit = "avx512");
    CHECK_STR_EQ(t, luge_instruction_set(ctx), luge__isa_name(luge__cpu_best()));
    luge_close(ctx);
    CHECK_EQ_INT(t, luge_threads(NULL), 0);
    CHECK(t, luge_instruction_set(NULL) != NULL);
    CHECK(t, luge_data_dir(NULL) == NULL);
}

static void bad_options(luge_test *t)
{
    static const struct {
        luge_open_options options;
        const char *says;
    } rows[] = {
        { { .size = 0 }, "size is 0" },
        { { .size = sizeof(luge_open_options), .threads = -1 }, "threads is -1" },
        { { .size = sizeof(luge_open_options), .threads = 257 }, "threads is 257" },
        { { .size = sizeof(luge_open_options), .cpu_limit = "sse9" }, "\"sse9\"" },
        { { .size = sizeof(luge_open_options), .cpu_limit = "" }, "\"baseline\", \"avx2\" and \"avx512\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(t, luge_open_with(&rows[i].options) == NULL);
        CHECK_STATUS(t, luge_failure(NULL), LUGE_EINVAL);
        CHECK_STR_CONTAINS(t, luge_last_error(), "luge_open: ");
        CHECK_STR_CONTAINS(t, luge_last_error(), rows[i].says);
    }
    struct {
        luge_open_options options;
        unsigned char future[24];
    } longer;
    memset(&longer, 0, sizeof longer);
    longer.options.size = sizeof longer;
    longer.options.threads = 2;
    luge_context *ctx = luge_open_with(&longer.options);
    CHECK(t, ctx && luge_threads(ctx) == (LUGE_THREADS ? 2 : 1));
    luge_close(ctx);
    longer.future[23] = 1;
    CHECK(t, luge_open_with(&longer.options) == NULL);
    CHECK_STATUS(t, luge_failure(NULL), LUGE_EINVAL);
    enum { SHORT = offsetof(luge_open_options, realloc) };
    void *shorter = malloc(SHORT); /* no byte more may be read */
    if (!CHECK(t, shorter)) return;
    memcpy(shorter, &(luge_open_options){ .size = SHORT, .threads = 2 }, SHORT);
    ctx = luge_open_with(shorter);
    CHECK(t, ctx && luge_threads(ctx) == (LUGE_THREADS ? 2 : 1));
    luge_close(ctx);
    free(shorter);
}

typedef struct thing {
    luge__object object;
    int number;
    char *order;
    struct thing *also;
} thing;

static void destroy_thing(luge__object *object)
{
    thing *self = (thing *)object;
    char digit[2] = { (char)('0' + self->number), 0 };
    strcat(self->order, digit);
    if (self->also) destroy_thing(&self->also->object);
    luge__object_leave(object);
    luge__release(object->ctx, self, sizeof *self);
}

static thing *make_thing(luge_context *ctx, int number, char *order)
{
    thing *self = luge__alloc(ctx, sizeof *self);
    if (!self) return NULL;
    self->number = number;
    self->order = order;
    luge__object_enter(ctx, &self->object, destroy_thing);
    return self;
}

static void objects(luge_test *t)
{
    luge__test_memory memory = { 0 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = luge__test_realloc, .realloc_user = &memory);
    if (!CHECK(t, ctx)) return;
    char order[16] = "";
    thing *things[6];
    for (int i = 0; i < 6; i++) {
        things[i] = make_thing(ctx, i, order);
        if (!CHECK(t, things[i])) return;
    }
    destroy_thing(&things[2]->object); /* by the program, before its context */
    things[4]->also = things[1];       /* one that takes an older one along */
    luge_close(ctx);
    CHECK_STR_EQ(t, order, "254130");
    CHECK_EQ_INT(t, memory.live, 0);
    CHECK_EQ_INT(t, memory.wrong, 0);
}

static void remember(void *user, luge_log_level level, const char *message)
{
    char *text = user;
    (void)snprintf(text, 200, "%d %s", (int)level, message);
}

static void logging(luge_test *t)
{
    char text[200] = "";
    luge_context *ctx = luge_open(.threads = 1, .log = remember, .log_user = text);
    if (!CHECK(t, ctx)) return;
    luge__log(ctx, LUGE_LOG_INFO, "%d of %d", 3, 4);
    CHECK_STR_EQ(t, text, "1 3 of 4");
    luge__log(NULL, LUGE_LOG_INFO, "nobody");
    void *lost = luge__alloc(ctx, 10);
    luge_close(ctx);
    CHECK_STR_CONTAINS(t, text, "10 bytes were not given back");
    free(lost);
}

static luge_status do_nothing(luge_test *t, luge_context *ctx, void *user)
{
    (void)t;
    (void)ctx;
    (void)user;
    return LUGE_OK;
}

static luge_status make_things(luge_test *t, luge_context *ctx, void *user)
{
    char order[16] = "";
    int32_t *array = NULL;
    size_t capacity = 0;
    (void)t;
    (void)user;
    for (int i = 0; i < 3; i++) {
        thing *self = make_thing(ctx, i, order);
        if (!self) return luge_failure(ctx);
        destroy_thing(&self->object);
    }
    luge__buffer *buffer = luge__buffer_create(ctx, 100);
    luge_status status = buffer ? LUGE_OK : luge_failure(ctx);
    for (size_t n = 1; status == LUGE_OK && n < 100; n++) {
        status = luge__grow(ctx, &array, sizeof *array, &capacity, n);
    }
    luge__release(ctx, array, capacity * sizeof *array);
    luge__buffer_drop(buffer);
    return status;
}

static void no_memory(luge_test *t)
{
    const luge_open_options options = { .size = sizeof options, .threads = 4, .data_dir = "folder" };
    luge__test_oom_sweep(t, "luge_open", do_nothing, NULL);
    luge__test_oom_sweep_with(t, "luge_open with all options", &options, do_nothing, NULL);
    luge__test_oom_sweep(t, "objects, buffers, arrays", make_things, NULL);
}

static void cpu(luge_test *t)
{
    CHECK(t, luge__cpu_count() >= 1);
    CHECK(t, luge__cpu_best() >= LUGE__BASELINE && luge__cpu_best() <= LUGE__AVX512);
    CHECK_STR_EQ(t, luge__isa_name(LUGE__AVX2), "avx2");
    CHECK_STR_EQ(t, luge__isa_name((luge__isa)9), "?");
}

void test_core(luge_test *t)
{
    RUN(t, accounting);
    RUN(t, growing);
    RUN(t, sizes);
    RUN(t, buffers);
    RUN(t, dtypes);
    RUN(t, shapes);
    RUN(t, shape_checks);
    RUN(t, broadcasting);
    RUN(t, opening);
    RUN(t, bad_options);
    RUN(t, objects);
    RUN(t, logging);
    RUN(t, no_memory);
    RUN(t, cpu);
}
