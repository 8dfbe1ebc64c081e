/* table.c: CSV files as tables: guessed, told, with decimal commas; every value asked for. */
#include "input_file.h"

static void read_one(luge_context *ctx, const luge_table_options *options)
{
    luge_table *table = luge_table_read_with(ctx, options);
    if (!table != (luge_failed(ctx) != 0)) abort();
    if (table) {
        if (luge_table_rows(table) < 1 || luge_table_columns(table) < 1) abort();
        for (int c = 0; c < luge_table_columns(table); c++) {
            luge_table_column info;
            int64_t missing = 0;
            if (luge_table_column_at(table, c, &info) != LUGE_OK || luge_table_find(table, info.name) != c) abort();
            for (int64_t row = 0; row < luge_table_rows(table); row++) {
                const double x = luge_table_number(table, row, c);
                const char *text = luge_table_text(table, row, c);
                missing += !text && !(x >= info.min && x <= info.max);
                if (text && !info.is_text) abort();
            }
            if (missing != info.missing) abort();
        }
    }
    luge_table_free(table);
    luge_clear(ctx);
}

static void read_table(luge_context *ctx, const char *path)
{
    luge_table_options o = { .size = sizeof o, .path = path };
    read_one(ctx, &o);
    o.decimal = ',';
    read_one(ctx, &o);
    o.decimal = 0;
    o.header = -1;
    o.delimiter = ';';
    read_one(ctx, &o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return with_context(read_table, data, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const char *const seeds[] = {
        "a,b,y\n1,2.5,0\n-3e2,NA,red\n,.5,1\n",
        "\xEF\xBB\xBF\"a\",y\r\n1,red\r\n2,\"gr\"\"een\"\r\n3,\"a\nb\"\r\n\r\n",
        "y;a\n1,5;2\n2,25;?\n",
        "1\tx\n3\ty\n4\t null \n",
        "123456789012,1234567.12345678,0.00000000001\n12345678901234567,-1,+1\n007,1e5,x\n",
    };
    if (index >= (int)(sizeof seeds / sizeof seeds[0])) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}
