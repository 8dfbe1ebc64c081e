/* test_scaling.c: statistics of features, scalings made of them, fingerprints; files against memory. */
#include <math.h>

#include "data_files.h"
#include "luge/luge.h"

enum { ROWS = 500, WIDTH = 30 };

static double values[ROWS][WIDTH];

/* Columns of different size and place; column 3 is constant, column 4 lies far from 0. */
static luge_dataset *make(luge_test *t, luge_context *ctx)
{
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < WIDTH; k++) values[i][k] = luge_test_uniform(t, -k - 1, 3 * k + 1);
        values[i][3] = 0.1;
        values[i][4] = 1e9 + luge_test_uniform(t, 0, 1);
    }
    luge_dataset *d = luge_dataset_create(ctx);
    luge_dataset_add_features(d, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(ROWS, WIDTH), values), .offset = 0.5);
    return d;
}

/* Against sums over the column in two passes. */
static void statistics(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *d = make(t, ctx), *part = luge_dataset_slice(d, 100, 300);
    double mean[WIDTH], variance[WIDTH], min[WIDTH], max[WIDTH], only[WIDTH];
    const luge_statistics all = { mean, variance, min, max }, some = { .variance = only };
    CHECK_STATUS(t, luge_dataset_statistics(part, 0, &all), LUGE_OK);
    CHECK_STATUS(t, luge_dataset_statistics(part, 0, &some), LUGE_OK);
    for (int k = 0; k < WIDTH; k++) {
        double sum = 0, squares = 0, least = (double)INFINITY, most = -(double)INFINITY;
        for (int i = 100; i < 400; i++) sum += values[i][k] + 0.5 - values[100][k];
        const double m = sum / 300;
        for (int i = 100; i < 400; i++) {
            const double x = values[i][k] + 0.5;
            squares += (x - values[100][k] - m) * (x - values[100][k] - m);
            least = x < least ? x : least;
            most = x > most ? x : most;
        }
        CHECK_CLOSE(t, mean[k], m + values[100][k], 1e-14 * (1 + fabs(mean[k])));
        CHECK_CLOSE(t, variance[k], squares / 300, (k == 4 ? 1e-6 : 1e-12) * (1e-30 + variance[k]));
        CHECK(t, min[k] == least && max[k] == most && only[k] == variance[k]);
    }
    CHECK(t, variance[3] == 0);
    CHECK_STATUS(t, luge_dataset_statistics(d, 1, &all), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_dataset_statistics(d, 0, NULL), LUGE_EINVAL);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_dataset_statistics(luge_dataset_slice(d, 0, 0), 0, &all), LUGE_EINVAL);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "no rows");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_dataset_statistics(NULL, 0, &all), LUGE_EINVAL);
    luge_close(ctx);
}

static void standardizing(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_dataset *d = make(t, ctx), *fit = luge_dataset_slice(d, 0, 400);
    double mean[WIDTH], variance[WIDTH], min[WIDTH], max[WIDTH];
    const luge_statistics all = { mean, variance, min, max };
    luge_dataset *s = luge_dataset_standardize(d, fit), *u = luge_dataset_min_max(d, fit);
    CHECK_EQ_INT(t, luge_dataset_rows(s), ROWS);
    CHECK_STATUS(t, luge_dataset_statistics(luge_dataset_slice(s, 0, 400), 0, &all), LUGE_OK);
    for (int k = 0; k < WIDTH; k++) {
        CHECK_CLOSE(t, mean[k], 0, k == 4 ? 1e-5 : 1e-13); /* column 4 lies 1e9 deviations from 0 */
        CHECK_CLOSE(t, variance[k], k == 3 ? 0 : 1, k == 4 ? 1e-6 : 1e-13);
    }
    CHECK_STATUS(t, luge_dataset_statistics(luge_dataset_slice(u, 0, 400), 0, &all), LUGE_OK);
    for (int k = 0; k < WIDTH; k++) {
        CHECK_CLOSE(t, min[k], 0, k == 4 ? 1e-6 : 1e-13);
        CHECK_CLOSE(t, max[k], k == 3 ? 0 : 1, k == 4 ? 1e-6 : 1e-13);
    }
    luge_column_info info;
    CHECK_STATUS(t, luge_dataset_column(u, LUGE_FEATURES, 0, &info), LUGE_OK);
    CHECK(t, info.scales && info.offsets && info.offset == 0.5 && info.scales[3] == 0);
    luge_dataset *bare = luge_dataset_create(ctx);
    CHECK(t, !luge_dataset_standardize(d, bare));
    luge_clear(ctx);
    luge_dataset_add_features(bare, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(ROWS, 2), values));
    CHECK(t, !luge_dataset_min_max(d, bare));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "30 elements, 2 where");
    luge_clear(ctx);
    luge_dataset_add_features(bare, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(ROWS, 2), values));
    CHECK(t, !luge_dataset_min_max(d, bare));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "1 feature arrays, 2");
    luge_clear(ctx);
    values[7][2] = (double)NAN;
    CHECK(t, !luge_dataset_standardize(d, d));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "element 2");
    luge_clear(ctx);
    double ones[WIDTH] = { 0 }, bad[WIDTH] = { 0, (double)INFINITY };
    CHECK(t, !luge_dataset_rescale(d, 0, ones, NULL));
    luge_clear(ctx);
    CHECK(t, !luge_dataset_rescale(d, 0, bad, ones));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "element 1: scale inf");
    luge_clear(ctx);
    CHECK(t, !luge_dataset_rescale(d, 1, ones, ones) && !luge_dataset_rescale(NULL, 0, ones, ones));
    luge_close(ctx);
}

/* ---- fingerprints ------------------------------------------------------------------------------------------------ */

static void fingerprints(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    const int64_t y[ROWS] = { 1 };
    luge_dataset *d = make(t, ctx), *e = luge_dataset_create(ctx);
    const uint64_t first = luge_dataset_fingerprint(d);
    CHECK(t, first != 0 && luge_dataset_fingerprint(d) == first);
    luge_array *copy = luge_array_copy(ctx, LUGE_F64, luge_shape_of(ROWS, WIDTH), values);
    luge_dataset_add_features(e, copy, .offset = 0.5, .name = "another");
    CHECK(t, luge_dataset_fingerprint(e) == first); /* names and addresses do not count */
    luge_dataset *whole = luge_dataset_slice(d, 0, ROWS), *shuffled = luge_dataset_shuffle(d, 1);
    CHECK(t, luge_dataset_fingerprint(whole) == first);
    CHECK(t, luge_dataset_fingerprint(shuffled) != first);
    CHECK(t, luge_dataset_fingerprint(luge_dataset_slice(d, 0, ROWS - 1)) != first);
    CHECK(t, luge_dataset_fingerprint(luge_dataset_slice(d, 1, ROWS - 1)) !=
                 luge_dataset_fingerprint(luge_dataset_slice(d, 0, ROWS - 1)));
    luge_dataset_add_targets(e, luge_array_borrow(ctx, LUGE_I64, luge_shape_of(ROWS), y));
    const uint64_t with_targets = luge_dataset_fingerprint(e);
    CHECK(t, with_targets != first && with_targets != 0);
    luge_dataset_add_targets(d, luge_array_borrow(ctx, LUGE_I64, luge_shape_of(ROWS), y), .classes = 3);
    CHECK(t, luge_dataset_fingerprint(d) != with_targets); /* the number of classes counts */
    values[ROWS - 1][WIDTH - 1] += 1e-9;
    CHECK(t, luge_dataset_fingerprint(whole) == first); /* computed once */
    CHECK(t, luge_dataset_fingerprint(luge_dataset_slice(whole, 0, ROWS)) != first);
    CHECK_EQ_INT(t, luge_dataset_fingerprint(NULL), 0);
    /* pinned: a change of the hash would make old notes of it worthless */
    luge_dataset *pinned = luge_dataset_create(ctx);
    const unsigned char bytes[] = { 1, 2, 3, 4 };
    luge_dataset_add_features(pinned, luge_array_borrow(ctx, LUGE_U8, luge_shape_of(2, 2), bytes), .scale = 0.5);
    CHECK(t, luge_dataset_fingerprint(pinned) == 0xb1f7bcfbc23a4f71u);
    CHECK(t, !luge_failed(ctx));
    luge_close(ctx);
}

/* ---- files against memory ---------------------------------------------------------------------------------------- */

/* The same bytes in memory, in an IDX file that is kept and in a large one read by windows. */
static void files(luge_test *t)
{
    enum { N = 2000, ROW = 40000 }; /* 80 MB */
    luge_context *ctx = luge_open(.threads = 1);
    unsigned char head[16], *all = calloc(N, ROW);
    float *a = malloc(64 * ROW * sizeof *a), *b = malloc(64 * ROW * sizeof *b);
    int64_t rows[64];
    data_file f;
    if (!CHECK(t, ctx && all && a && b) || !data_file_begin(t, &f, "a.idx")) return;
    for (int64_t i = 0; i < N * (int64_t)ROW; i += 13) all[i] = (unsigned char)(i * 11 + i / 257);
    for (int64_t n = 200; n <= N; n += N - 200) { /* 8 MB, 80 MB */
        const uint32_t dims[] = { (uint32_t)n, 200, 200 };
        CHECK(t, data_file_put(&f, head, idx_header(head, 8, 3, dims), all, (size_t)n * ROW));
        luge_dataset *m = luge_dataset_create(ctx), *d = luge_dataset_create(ctx);
        luge_dataset_add_features(m, luge_array_borrow(ctx, LUGE_U8, luge_shape_of(n, 200, 200), all),
                                  .scale = 1 / 255.);
        luge_dataset_add_features(d, luge_array_idx(ctx, f.path), .scale = 1 / 255.);
        for (int k = 0; k < 8; k++) {
            for (int i = 0; i < 64; i++)
                rows[i] = k == 0           ? i
                          : k == 1         ? i + n / 2
                          : k < 4 && i > 5 ? rows[i - 1] + 1
                                           : luge_test_below(t, n - 64);
            const size_t bytes = 64 * ROW * sizeof *a;
            CHECK_STATUS(t, luge_dataset_gather(m, LUGE_FEATURES, 0, 0, LUGE_F32, rows, 64, a, bytes), LUGE_OK);
            CHECK_STATUS(t, luge_dataset_gather(d, LUGE_FEATURES, 0, 0, LUGE_F32, rows, 64, b, bytes), LUGE_OK);
            CHECK(t, memcmp(a, b, bytes) == 0);
        }
        CHECK(t, luge_dataset_fingerprint(m) == luge_dataset_fingerprint(d));
        CHECK(t, n == N ? luge_dataset_memory(d) < 3 << 20 : luge_dataset_memory(d) < (size_t)n * ROW + 4096);
        luge_dataset_free(m);
        luge_dataset_free(d);
    }
    CHECK(t, !luge_failed(ctx));
    free(all);
    free(a);
    free(b);
    data_file_end(&f);
    luge_close(ctx);
}

void test_scaling(luge_test *t)
{
    RUN(t, statistics);
    RUN(t, standardizing);
    RUN(t, fingerprints);
    RUN(t, files);
}
