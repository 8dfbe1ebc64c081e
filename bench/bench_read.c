/* bench_read.c: seconds to read a file of data that the system has in memory, as JSON; the fastest of several.
 *
 *   bench_read make FOLDER             writes numbers.csv (40,000 rows of 31 numbers) and images.idx (60,000 x 28 x 28)
 *   bench_read csv|table|idx FILE      by luge_dataset_read_csv, luge_table_read, luge_array_idx */
#include "luge/luge.h"

#include "workload.h"

enum { REPEATS = 3 };

static FILE *create(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) fprintf(stderr, "cannot write %s\n", path), exit(1);
    return f;
}

static int make_files(const char *folder)
{
    static const unsigned char header[16] = { 0, 0, 8, 3, 0, 0, 0xEA, 0x60, 0, 0, 0, 28, 0, 0, 0, 28 };
    uint32_t seed = 3;
    FILE *f = create(folder, "numbers.csv");
    for (int c = 0; c < 31; c++) fprintf(f, "%scolumn_%d", c ? "," : "", c);
    for (int r = 0; r < 40000; r++)
        for (int c = 0; c < 31; c++) fprintf(f, "%s%.6g", c ? "," : "\n", 100.0 * (double)uniform(&seed) - 30.0);
    fputc('\n', f);
    if (fclose(f)) return 1;
    f = create(folder, "images.idx");
    fwrite(header, 1, sizeof header, f);
    for (int i = 0; i < 60000 * 784; i++) fputc((int)(256 * uniform(&seed)), f);
    return fclose(f) != 0;
}

/* All rows; the file is read when they are asked for. */
static void read_rows(luge_array *a)
{
    const luge_shape shape = luge_array_shape(a);
    const size_t bytes = (size_t)luge_shape_size(&shape) * luge_dtype_size(luge_array_dtype(a));
    void *data = malloc(bytes);
    if (data) luge_array_read(a, 0, shape.dim[0], data, bytes);
    free(data);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    const char *kind = argv[1], *path = argv[2];
    double best = 1e9;
    if (!strcmp(kind, "make")) return make_files(path);
    for (int i = 0; i < REPEATS; i++) {
        luge_context *ctx = luge_open(.threads = 1);
        const double start = seconds_now();
        if (!strcmp(kind, "csv"))
            luge_dataset_read_csv(ctx, path);
        else if (!strcmp(kind, "table"))
            luge_table_read(ctx, path);
        else
            read_rows(luge_array_idx(ctx, path));
        const double took = seconds_now() - start;
        if (luge_failed(ctx)) return fprintf(stderr, "%s\n", luge_error(ctx)), 1;
        if (took < best) best = took;
        luge_close(ctx);
    }
    printf("{\"seconds\": %.6g}\n", best);
    return 0;
}
