/* test_data.c: data sets: what is gathered, parts of them, orders of rows, statistics, fingerprints. */
#include <math.h>

#include "data_files.h"
#include "failing_alloc.h"
#include "luge/luge.h"

static void refused(luge_test *t, luge_context *ctx, luge_status status, const char *part)
{
    CHECK_STATUS(t, luge_failure(ctx), status);
    CHECK_STR_CONTAINS(t, luge_error(ctx), part);
    luge_clear(ctx);
}

enum { ROWS = 60, WIDTH = 5 };

static unsigned char pixels[ROWS * WIDTH];
static int32_t labels[ROWS];

/* Bytes of many values; class 0 half of the rows, 1 a third, 2 a sixth. */
static void fill(void)
{
    for (int i = 0; i < ROWS * WIDTH; i++) pixels[i] = (unsigned char)(i * 37 + i / 7);
    for (int i = 0; i < ROWS; i++) labels[i] = i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2;
}

static luge_dataset *make(luge_context *ctx)
{
    fill();
    luge_dataset *d = luge_dataset_create(ctx);
    luge_dataset_add_features(d, luge_array_borrow(ctx, LUGE_U8, luge_shape_of(ROWS, WIDTH), pixels),
                              .scale = 1 / 255.);
    luge_dataset_add_targets(d, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(ROWS), labels));
    return d;
}

static int32_t label(luge_test *t, luge_dataset *d, int64_t row)
{
    int32_t y = -1;
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_I32, &row, 1, &y, sizeof y), LUGE_OK);
    return y;
}

/* ---- gather ------------------------------------------------------------------------------------------------------ */

/* Every dtype to both floats, plain, scaled, and scaled by element, in all lengths around the block. */
static void conversions(luge_test *t)
{
    static const luge_dtype types[] = { LUGE_BOOL, LUGE_U8, LUGE_I8, LUGE_I32, LUGE_I64, LUGE_F32, LUGE_F64 };
    enum { N = 3 * 1100 };
    static int64_t memory[N];
    static double out64[N], scales[N], offsets[N];
    static float out32[N];
    for (int k = 0; k < 7 * 5; k++) {
        static const int64_t widths[] = { 1, 7, 512, 513, 1100 };
        const luge_dtype type = types[k / 5];
        const int64_t width = widths[k % 5], order[] = { 2, 0, 1 };
        luge_context *ctx = luge_open(.threads = 1);
        double value[N];
        if (!CHECK(t, ctx)) return;
        for (int64_t i = 0; i < 3 * width; i++) {
            const int whole = (int)luge_test_below(t, type == LUGE_BOOL ? 2 : 128) - (type == LUGE_I8 ? 64 : 0);
            value[i] = luge_dtype_size(type) < 4 ? whole
                       : type == LUGE_F64        ? luge_test_uniform(t, -9, 9)
                                                 : whole * 1001;
            void *at = (unsigned char *)memory + (size_t)i * luge_dtype_size(type);
            if (type == LUGE_F64) memcpy(at, &value[i], 8);
            if (type == LUGE_F32) *(float *)at = (float)value[i];
            if (type == LUGE_I64) *(int64_t *)at = (int64_t)value[i];
            if (type == LUGE_I32) *(int32_t *)at = (int32_t)value[i];
            if (luge_dtype_size(type) == 1) *(unsigned char *)at = (unsigned char)whole;
            scales[i] = luge_test_uniform(t, -2, 2);
            offsets[i] = luge_test_uniform(t, -2, 2);
        }
        luge_array *a = luge_array_borrow(ctx, type, luge_shape_of(3, width), memory);
        luge_dataset *d = luge_dataset_create(ctx);
        luge_dataset_add_features(d, a);
        luge_dataset_add_features(d, a, .scale = 1 / 255., .offset = 0.1);
        luge_dataset *e = luge_dataset_rescale(d, 1, scales, offsets);
        for (int mode = 0; mode < 3; mode++) {
            luge_dataset *from = mode == 2 ? e : d;
            const size_t n = (size_t)(3 * width);
            CHECK_STATUS(t, luge_dataset_gather(from, LUGE_FEATURES, mode > 0, 0, LUGE_F64, order, 3, out64, 8 * n), 0);
            CHECK_STATUS(t, luge_dataset_gather(from, LUGE_FEATURES, mode > 0, 0, LUGE_F32, order, 3, out32, 4 * n), 0);
            int wrong = 0;
            for (int64_t i = 0; i < 3 * width; i++) {
                const int64_t e1 = i % width;
                const double v = value[order[i / width] * width + e1];
                const double x = mode == 0   ? v
                                 : mode == 1 ? v * (1 / 255.) + 0.1
                                             : v * (1 / 255. * scales[e1]) + (0.1 * scales[e1] + offsets[e1]);
                wrong += out64[i] != x || out32[i] != (float)x;
            }
            CHECK_EQ_INT(t, wrong, 0);
        }
        CHECK(t, !luge_failed(ctx));
        luge_close(ctx);
    }
}

static void targets(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const float hot[] = { 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0 }, numbers[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    const unsigned char class[] = { 1, 0, 2, 1 };
    const char *const names[] = { "a", "b", "c", "d" };
    luge_dataset *d = luge_dataset_create(ctx);
    luge_dataset_add_targets(d, luge_array_borrow(ctx, LUGE_U8, luge_shape_of(4, 1), class), .classes = 4,
                             .names = names);
    luge_dataset_add_targets(d, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(4, 3), hot), .kind = LUGE_ONE_HOT);
    luge_dataset_add_targets(d, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(4, 2), numbers), .scale = 2,
                             .name = "n");
    luge_dataset_set_weights(d, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(4), numbers));
    if (!CHECK(t, !luge_failed(ctx))) CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_column_info info;
    CHECK_STATUS(t, luge_dataset_column(d, LUGE_TARGETS, 0, &info), LUGE_OK);
    CHECK(t, info.kind == LUGE_CLASSES && info.classes == 4 && info.n_names == 4 && info.dtype == LUGE_U8);
    CHECK_STR_EQ(t, info.name, "y");
    CHECK_STR_EQ(t, info.names[3], "d");
    CHECK_STATUS(t, luge_dataset_column(d, LUGE_TARGETS, 1, &info), LUGE_OK);
    CHECK(t, info.kind == LUGE_ONE_HOT && info.classes == 3 && !info.names);
    CHECK_STR_EQ(t, info.name, "y_1");
    double x[16] = { 0 };
    int64_t y[4] = { 9, 9, 9, 9 };
    float w[4];
    const int64_t rows[] = { 3, 3, 2, 0 };
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, 0, LUGE_I64, rows, 4, y, sizeof y), LUGE_OK);
    CHECK(t, y[0] == 1 && y[1] == 1 && y[2] == 2 && y[3] == 1);
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 1, LUGE_CLASSES, LUGE_I64, rows, 4, y, sizeof y), LUGE_OK);
    CHECK(t, y[0] == 1 && y[2] == 2 && y[3] == 1);
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_ONE_HOT, LUGE_F64, rows, 4, x, 128), LUGE_OK);
    for (int i = 0; i < 16; i++) CHECK_CLOSE(t, x[i], i == 1 || i == 5 || i == 10 || i == 13, 0);
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 1, LUGE_NUMBERS, LUGE_F64, rows, 1, x, 24), LUGE_OK);
    CHECK(t, x[0] == 0 && x[1] == 1 && x[2] == 0);
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_NUMBERS, LUGE_F64, NULL, 4, x, 32), LUGE_OK);
    CHECK(t, x[0] == 1 && x[1] == 0 && x[2] == 2);
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 2, 0, LUGE_F64, rows, 1, x, 16), LUGE_OK);
    CHECK(t, x[0] == 14 && x[1] == 16);
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_WEIGHTS, 0, 0, LUGE_F32, NULL, 4, w, 16), LUGE_OK);
    CHECK(t, w[0] == 1 && w[3] == 4);
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 2, LUGE_CLASSES, LUGE_I32, rows, 1, x, 4), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "holds numbers, not classes");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_CLASSES, LUGE_F32, rows, 1, x, 4), LUGE_EDTYPE);
    refused(t, ctx, LUGE_EDTYPE, "i32 or i64");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, LUGE_ONE_HOT, LUGE_I32, rows, 1, x, 16), LUGE_EDTYPE);
    refused(t, ctx, LUGE_EDTYPE, "f32 or f64");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_TARGETS, 0, (luge_target_kind)7, LUGE_I32, rows, 1, x, 16),
                 LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "unknown kind");
    luge_close(ctx);
}

static void bad_gathers(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *d = make(ctx);
    float x[WIDTH * 2];
    const int64_t beyond[] = { 0, ROWS }, below[] = { 0, -1 };
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F32, beyond, 2, x, sizeof x), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "row 60; the data set has rows 0 to 59");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F32, below, 2, x, sizeof x), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "row -1");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F32, beyond, 1, x, sizeof x), LUGE_ESHAPE);
    refused(t, ctx, LUGE_ESHAPE, "20 bytes each");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F32, NULL, ROWS + 1, x, sizeof x), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "61 rows");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F32, beyond, 1, NULL, 20), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "out is NULL");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 1, 0, LUGE_F32, beyond, 1, x, 20), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "feature array 1; the data set has 1");
    CHECK_STATUS(t, luge_dataset_gather(d, (luge_role)3, 0, 0, LUGE_F32, beyond, 1, x, 20), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "role 3");
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_I32, beyond, 1, x, 20), LUGE_EDTYPE);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_dataset_gather(NULL, LUGE_FEATURES, 0, 0, LUGE_F32, beyond, 1, x, 20), LUGE_EINVAL);
    luge_close(ctx);
}

/* ---- what cannot be added ---------------------------------------------------------------------------------------- */

static void bad_columns(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1), *other = luge_open(.threads = 1);
    const int32_t class[] = { 0, 1, -1 }, fine[] = { 0, 1, 5 };
    const float hot[] = { 0, 1, 1, 1, 0, 0 }, none[] = { 1, 0, 0, 0, 1, 0 }, half[] = { 1, 0, 0.5f, 0.5f, 1, 0 };
    const float weights[] = { 1, -1, 0 }, nan_weights[] = { 1, 2, NAN };
    const char *const names[] = { "a", NULL };
    luge_array *c = luge_array_borrow(ctx, LUGE_I32, luge_shape_of(3), class);
    luge_array *f = luge_array_borrow(ctx, LUGE_I32, luge_shape_of(3), fine);
    luge_array *h = luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3, 2), hot);
    luge_dataset *d = luge_dataset_create(ctx);
#define TARGETS(status, part, ...)                                                                                     \
    CHECK_STATUS(t, luge_dataset_add_targets(d, __VA_ARGS__), status);                                                 \
    refused(t, ctx, status, part)
    TARGETS(LUGE_EINVAL, "row 2 has class -1", c);
    TARGETS(LUGE_EINVAL, "row 2 has class 5; classes are numbers from 0 to 4", f, .classes = 5);
    TARGETS(LUGE_EINVAL, "more than one 1", h, .kind = LUGE_ONE_HOT);
    TARGETS(LUGE_EINVAL, "row 1 is not one-hot: it has no 1",
            luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3, 2), none), .kind = LUGE_ONE_HOT);
    TARGETS(LUGE_EINVAL, "neither 0 nor 1", luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3, 2), half),
            .kind = LUGE_ONE_HOT);
    TARGETS(LUGE_ESHAPE, "not of 3", h, .kind = LUGE_ONE_HOT, .classes = 3);
    TARGETS(LUGE_EDTYPE, "one integer a row", h, .kind = LUGE_CLASSES);
    TARGETS(LUGE_ESHAPE, "LUGE_ONE_HOT", luge_array_borrow(ctx, LUGE_I32, luge_shape_of(1, 3), class));
    TARGETS(LUGE_EINVAL, "scale and offset", f, .scale = 2);
    TARGETS(LUGE_EINVAL, "not for numbers", h, .classes = 2);
    TARGETS(LUGE_EINVAL, "-1 classes", f, .classes = -1);
    TARGETS(LUGE_EINVAL, "say how many", f, .names = names);
    TARGETS(LUGE_EINVAL, "name 1 of 6", f, .names = names, .classes = 6);
    TARGETS(LUGE_EINVAL, "unknown kind", f, .kind = (luge_target_kind)9);
    TARGETS(LUGE_EINVAL, "must be finite", h, .scale = (double)NAN);
    TARGETS(LUGE_EINVAL, "array is NULL", NULL);
    TARGETS(LUGE_EINVAL, "another context", luge_array_borrow(other, LUGE_I32, luge_shape_of(3), fine));
    CHECK_STATUS(t, luge_dataset_add_features(d, f, .kind = LUGE_CLASSES), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "for targets");
    CHECK_STATUS(t, luge_dataset_add_features(d, f), LUGE_OK);
    CHECK_STATUS(t, luge_dataset_add_features(d, f, .name = "x"), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "\"x\" is there already");
    TARGETS(LUGE_ESHAPE, "has 2 rows, the data set has 3", luge_array_borrow(ctx, LUGE_F32, luge_shape_of(2, 3), hot));
    luge_array *w = luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3), weights);
    CHECK_STATUS(t, luge_dataset_set_weights(d, w), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "row 1 has weight -1");
    CHECK_STATUS(t, luge_dataset_set_weights(d, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(3), nan_weights)),
                 LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "row 2 has weight nan");
    CHECK_STATUS(t, luge_dataset_set_weights(d, f), LUGE_EDTYPE);
    refused(t, ctx, LUGE_EDTYPE, "one float a row");
    luge_dataset *part = luge_dataset_slice(d, 1, 2);
    CHECK_STATUS(t, luge_dataset_add_features(part, f), LUGE_ESTATE);
    refused(t, ctx, LUGE_ESTATE, "part of another");
    CHECK_STATUS(t, luge_dataset_add_features(NULL, f), LUGE_EINVAL);
    CHECK_STATUS(t, luge_dataset_add_targets(NULL, f), LUGE_EINVAL);
    CHECK_STATUS(t, luge_dataset_set_weights(NULL, f), LUGE_EINVAL);
    CHECK(t, !luge_dataset_create(NULL));
    CHECK_EQ_INT(t, luge_dataset_rows(NULL), 0);
    CHECK_EQ_INT(t, luge_dataset_count(d, LUGE_FEATURES), 1);
    CHECK_EQ_INT(t, luge_dataset_count(d, LUGE_TARGETS), 0);
    luge_dataset_free(NULL);
    luge_close(other);
    luge_close(ctx);
#undef TARGETS
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static void order(luge_test *t)
{
    static const int64_t golden[10] = { 7, 2, 4, 0, 8, 6, 9, 1, 5, 3 };
    int64_t a[1000], b[1000], seen[1000];
    for (uint64_t epoch = 0; epoch < 4; epoch++) {
        memset(seen, 0, sizeof seen);
        luge_row_order(7, epoch << (epoch == 3 ? 31 : 0), 1000, a);
        for (int i = 0; i < 1000; i++) CHECK(t, a[i] >= 0 && a[i] < 1000 && seen[a[i]]++ == 0);
    }
    luge_row_order(7, 1, 1000, a);
    luge_row_order(7, 1, 1000, b);
    CHECK(t, memcmp(a, b, sizeof a) == 0);
    luge_row_order(7, 1 + ((uint64_t)1 << 32), 1000, b);
    CHECK(t, memcmp(a, b, sizeof a) != 0);
    luge_row_order(8, 1, 1000, b);
    CHECK(t, memcmp(a, b, sizeof a) != 0);
    luge_row_order(7, 2, 1000, b);
    CHECK(t, memcmp(a, b, sizeof a) != 0);
    luge_row_order(42, 3, 10, a);
    for (int i = 0; i < 10; i++) CHECK_EQ_INT(t, a[i], golden[i]);
    luge_row_order(1, 1, 0, NULL);
    luge_row_order(1, 1, 0, a);
    /* with replacement: each of 10 about 1000 times of 10000, deviation 30 */
    int64_t count[10] = { 0 }, *many = malloc(10000 * sizeof *many);
    luge_row_sample(1, 1, 10000, 10000, many);
    for (int i = 0; i < 10000; i++) {
        if (CHECK(t, many[i] >= 0 && many[i] < 10000)) count[many[i] / 1000]++;
    }
    for (int i = 0; i < 10; i++) CHECK(t, count[i] > 850 && count[i] < 1150);
    luge_row_sample(1, 1, 0, 0, many);
    free(many);
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static void selecting(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *d = make(ctx);
    const int64_t rows[] = { 5, 5, 3, 59 }, wrong[] = { 1, 60 };
    double whole[ROWS * WIDTH], x[4 * WIDTH];
    CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F64, NULL, ROWS, whole, sizeof whole), LUGE_OK);
    luge_dataset *s = luge_dataset_select(d, rows, 4);
    luge_dataset *of_part = luge_dataset_slice(s, 1, 2), *later = luge_dataset_slice(d, 10, 50);
    luge_dataset *again = luge_dataset_slice(later, 7, 3);
    luge_dataset_free(d); /* parts live on */
    CHECK_EQ_INT(t, luge_dataset_rows(s), 4);
    CHECK_STATUS(t, luge_dataset_gather(s, LUGE_FEATURES, 0, 0, LUGE_F64, NULL, 4, x, sizeof x), LUGE_OK);
    for (int i = 0; i < 4 * WIDTH; i++) CHECK_CLOSE(t, x[i], whole[rows[i / WIDTH] * WIDTH + i % WIDTH], 0);
    CHECK_STATUS(t, luge_dataset_gather(of_part, LUGE_FEATURES, 0, 0, LUGE_F64, NULL, 2, x, sizeof x / 2), LUGE_OK);
    for (int i = 0; i < 2 * WIDTH; i++) CHECK_CLOSE(t, x[i], whole[rows[1 + i / WIDTH] * WIDTH + i % WIDTH], 0);
    CHECK_STATUS(t, luge_dataset_gather(again, LUGE_FEATURES, 0, 0, LUGE_F64, NULL, 3, x, 24 * WIDTH), LUGE_OK);
    for (int i = 0; i < 3 * WIDTH; i++) CHECK_CLOSE(t, x[i], whole[17 * WIDTH + i], 0);
    CHECK(t, !luge_dataset_select(again, wrong, 2));
    refused(t, ctx, LUGE_EINVAL, "row 60 (number 1 of the list)");
    CHECK(t, !luge_dataset_select(again, NULL, 2));
    refused(t, ctx, LUGE_EINVAL, "NULL");
    CHECK(t, !luge_dataset_slice(again, 1, 3));
    refused(t, ctx, LUGE_EINVAL, "the data set has 3");
    luge_dataset *empty = luge_dataset_select(again, NULL, 0);
    CHECK_EQ_INT(t, luge_dataset_rows(empty), 0);
    CHECK(t, !luge_dataset_select(NULL, rows, 1) && !luge_dataset_slice(NULL, 0, 0) && !luge_dataset_shuffle(NULL, 1));
    luge_close(ctx);
}

/* Marks the rows of a part by the first pixel and the label's agreement; counts its classes. */
static void count_part(luge_test *t, luge_dataset *d, luge_dataset *part, int64_t class[3])
{
    class[0] = class[1] = class[2] = 0;
    (void)d;
    for (int64_t i = 0; i < luge_dataset_rows(part); i++) class[label(t, part, i)]++;
}

/* Each row of d once in both parts together. */
static void is_partition(luge_test *t, luge_context *ctx, luge_dataset *parts[2])
{
    int seen[ROWS] = { 0 };
    for (int k = 0; k < 2; k++) {
        double x[ROWS];
        const int64_t n = luge_dataset_rows(parts[k]);
        CHECK_STATUS(t, luge_dataset_gather(parts[k], LUGE_FEATURES, 1, 0, LUGE_F64, NULL, n, x, (size_t)n * 8),
                     LUGE_OK);
        for (int64_t i = 0; i < n; i++) seen[(int)x[i]]++;
    }
    for (int i = 0; i < ROWS; i++) CHECK_EQ_INT(t, seen[i], 1);
    CHECK(t, !luge_failed(ctx));
}

static luge_dataset *numbered(luge_context *ctx)
{
    static int64_t number[ROWS];
    luge_dataset *d = make(ctx);
    for (int i = 0; i < ROWS; i++) number[i] = i;
    luge_dataset_add_features(d, luge_array_borrow(ctx, LUGE_I64, luge_shape_of(ROWS, 1), number));
    return d;
}

static void splitting(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *d = numbered(ctx), *parts[2], *same[2];
    int64_t class[3];
    CHECK_STATUS(t, luge_dataset_split(d, parts, 0.8), LUGE_OK);
    CHECK_EQ_INT(t, luge_dataset_rows(parts[0]), 48);
    is_partition(t, ctx, parts);
    for (int64_t i = 0; i < 12; i++) CHECK_EQ_INT(t, label(t, parts[1], i), labels[48 + i]); /* in order */
    CHECK_STATUS(t, luge_dataset_split(d, parts, 0.71, .seed = 3), LUGE_OK);
    CHECK_EQ_INT(t, luge_dataset_rows(parts[0]), 43);
    is_partition(t, ctx, parts);
    for (int k = 0; k < 20; k++) {
        const double part = 0.05 + 0.045 * k;
        CHECK_STATUS(t, luge_dataset_split(d, parts, part, .seed = (uint64_t)k, .stratified = 1), LUGE_OK);
        is_partition(t, ctx, parts);
        CHECK_EQ_INT(t, luge_dataset_rows(parts[0]), (int64_t)floor(part * ROWS + 0.5));
        count_part(t, d, parts[0], class);
        const double all[3] = { 30, 20, 10 };
        for (int c = 0; c < 3; c++) CHECK(t, fabs((double)class[c] - part * all[c]) <= 1);
    }
    CHECK_STATUS(t, luge_dataset_split(d, same, 0.905, .seed = 19, .stratified = 1), LUGE_OK);
    CHECK(t, luge_dataset_fingerprint(same[0]) == luge_dataset_fingerprint(parts[0]));
#define SPLIT(from, part_words, ...)                                                                                   \
    CHECK(t, luge_dataset_split(from, parts, __VA_ARGS__) == LUGE_EINVAL && !parts[0] && !parts[1]);                   \
    refused(t, ctx, LUGE_EINVAL, part_words)
    SPLIT(d, "0.001 of 60 rows leaves one part empty", 0.001);
    SPLIT(d, "leaves one part empty", 0.999);
    SPLIT(d, "between 0 and 1", 0.0);
    SPLIT(d, "between 0 and 1", 1.0);
    SPLIT(d, "between 0 and 1", (double)NAN);
    luge_dataset *bare = luge_dataset_create(ctx);
    luge_dataset_add_features(bare, luge_array_borrow(ctx, LUGE_U8, luge_shape_of(ROWS, WIDTH), pixels));
    SPLIT(bare, "not of classes", 0.5, .stratified = 1);
    CHECK_STATUS(t, luge_dataset_split(bare, NULL, 0.5), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "parts is NULL");
    CHECK_STATUS(t, luge_dataset_split(NULL, parts, 0.5), LUGE_EINVAL);
    luge_close(ctx);
#undef SPLIT
}

static void folding(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *d = numbered(ctx), *parts[2];
    for (int k = 2; k <= ROWS; k = k < 9 ? k + 1 : 2 * k > ROWS && k < ROWS ? ROWS : 2 * k) {
        int held_out[ROWS] = { 0 };
        for (int fold = 0; fold < k; fold++) {
            double x[ROWS];
            int64_t class[3];
            if (!CHECK_STATUS(t, luge_dataset_fold(d, k, fold, 5, parts), LUGE_OK)) return;
            is_partition(t, ctx, parts);
            const int64_t n = luge_dataset_rows(parts[1]);
            CHECK(t, n == ROWS / k || n == (ROWS + k - 1) / k);
            count_part(t, d, parts[1], class);
            for (int c = 0; c < 3; c++) CHECK(t, fabs((double)class[c] - (30. - 10 * c) / k) <= 1);
            CHECK_STATUS(t, luge_dataset_gather(parts[1], LUGE_FEATURES, 1, 0, LUGE_F64, NULL, n, x, (size_t)n * 8), 0);
            for (int64_t i = 0; i < n; i++) held_out[(int)x[i]]++;
            luge_dataset_free(parts[0]);
            luge_dataset_free(parts[1]);
        }
        for (int i = 0; i < ROWS; i++) CHECK_EQ_INT(t, held_out[i], 1);
    }
    CHECK_STATUS(t, luge_dataset_fold(d, 1, 0, 5, parts), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "1 folds of 60 rows");
    CHECK_STATUS(t, luge_dataset_fold(d, 61, 0, 5, parts), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "61 folds of 60 rows");
    CHECK_STATUS(t, luge_dataset_fold(d, 5, 5, 5, parts), LUGE_EINVAL);
    refused(t, ctx, LUGE_EINVAL, "0 to 4");
    CHECK_STATUS(t, luge_dataset_fold(d, 5, 0, 5, NULL), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_dataset_fold(NULL, 5, 0, 5, parts), LUGE_EINVAL);
    luge_close(ctx);
}

/* Batches large enough to be shared among threads, of shuffled rows of bytes: every element is the scaled double,
 * rounded once, on each instruction set. */
static void images(luge_test *t)
{
    enum { MANY = 600, WIDE = 131 };
    static const double scales[] = { 1 / 255., 0.1, -1 / 3., 3e-39, 1e38, 1 };
    static unsigned char bytes[MANY * WIDE];
    static float out[MANY * WIDE];
    int64_t order[MANY];
    for (int i = 0; i < MANY * WIDE; i++) bytes[i] = (unsigned char)(i * 151 + i / 256);
    luge_row_order(3, 0, MANY, order);
    for (int k = 0; k < 6 * 3; k++) {
        const double scale = scales[k / 3];
        luge_context *ctx = luge_open(.threads = 1 + k % 2, .cpu_limit = k % 3 == 0   ? "baseline"
                                                                         : k % 3 == 1 ? "avx2"
                                                                                      : NULL);
        if (!CHECK(t, ctx)) return;
        luge_dataset *d = luge_dataset_create(ctx);
        luge_dataset_add_features(d, luge_array_borrow(ctx, LUGE_U8, luge_shape_of(MANY, WIDE), bytes), .scale = scale,
                                  .offset = k == 17 ? -0.25 : 0);
        CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F32, order, MANY, out, sizeof out), LUGE_OK);
        int wrong = 0;
        for (int i = 0; i < MANY * WIDE; i++) {
            const double x = bytes[order[i / WIDE] * WIDE + i % WIDE];
            const float expected = (float)(x * scale + (k == 17 ? -0.25 : 0));
            wrong += !(out[i] == expected);
        }
        CHECK_EQ_INT(t, wrong, 0);
        luge_close(ctx);
    }
}

/* ---- out of memory ----------------------------------------------------------------------------------------------- */

static luge_status everything(luge_test *t, luge_context *ctx, void *user)
{
    luge_dataset *parts[2], *d = make(ctx);
    float x[WIDTH];
    (void)t;
    (void)user;
    luge_status status = luge_dataset_split(d, parts, 0.5, .stratified = 1);
    if (!status) status = luge_dataset_fold(parts[0], 3, 1, 1, parts);
    luge_dataset *scaled = luge_dataset_standardize(d, parts[0]);
    scaled = luge_dataset_min_max(luge_dataset_slice(luge_dataset_shuffle(scaled, 1), 0, 9), d);
    if (!scaled || !luge_dataset_fingerprint(scaled)) return luge_failure(ctx);
    if (!status) status = luge_dataset_gather(scaled, LUGE_FEATURES, 0, 0, LUGE_F32, NULL, 1, x, sizeof x);
    luge_dataset_free(scaled);
    return status;
}

static void no_memory(luge_test *t)
{
    luge__test_oom_sweep(t, "data sets", everything, NULL);
}

void test_data(luge_test *t)
{
    RUN(t, conversions);
    RUN(t, images);
    RUN(t, targets);
    RUN(t, bad_gathers);
    RUN(t, bad_columns);
    RUN(t, order);
    RUN(t, selecting);
    RUN(t, splitting);
    RUN(t, folding);
    RUN(t, no_memory);
}
