/* csv.c: CSV files: as numbers alone, with a target, with classes, without a header. */
#include "input_file.h"

static void read_one(luge_context *ctx, const luge_csv_options *options)
{
    double x[64];
    luge_dataset *data = luge_dataset_read_csv_with(ctx, options);
    if (!data != (luge_failed(ctx) != 0)) abort();
    if (data) {
        luge_column_info info;
        if (luge_dataset_column(data, LUGE_FEATURES, 0, &info) != LUGE_OK || info.n_names != info.shape.dim[0]) abort();
        const int64_t last = luge_dataset_rows(data) - 1;
        const size_t bytes = (size_t)info.shape.dim[0] * sizeof *x;
        if (bytes <= sizeof x &&
            luge_dataset_gather(data, LUGE_FEATURES, 0, LUGE_NUMBERS, LUGE_F64, &last, 1, x, bytes) != LUGE_OK)
            abort();
    }
    luge_dataset_free(data);
    luge_clear(ctx);
}

static void read_csv(luge_context *ctx, const char *path)
{
    luge_csv_options o = { .size = sizeof o, .path = path };
    read_one(ctx, &o);
    o.target = "y";
    read_one(ctx, &o);
    o.kind = LUGE_CLASSES;
    read_one(ctx, &o);
    o.no_header = 1;
    o.target = "1";
    o.delimiter = ';';
    o.dtype = LUGE_F64;
    read_one(ctx, &o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return with_context(read_csv, data, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const char *const seeds[] = {
        "a,b,y\n1,2.5,0\n-3e2,.5,1\n",
        "\xEF\xBB\xBF\"a\",y\r\n1,red\r\n2,\"gr\"\"een\"\r\n3,\"a\nb\"\r\n\r\n",
        "y,a\n1,2",
        "1;2\n3;4\n",
        "1;x\n3;\"y;z\"\n",
        "\"a \"\"b\"\"\",y,c\n1,0,3\n4,5,6\n7,1,9\n",
    };
    if (index >= (int)(sizeof seeds / sizeof seeds[0])) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}
