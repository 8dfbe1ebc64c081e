/* encoder.c: any bytes as an encoder's text: what is read writes itself, reads back as the same, and encodes; and any
 * CSV file learnt from. */
#include "input_file.h"

static void must(int condition)
{
    if (!condition) abort();
}

static luge_table *small_table(luge_context *ctx)
{
    static const char text[] = "x,y,c\n1,2,red\n2,3,\n,4,blue\n";
    return luge_table_read(ctx, input_file((const uint8_t *)text, sizeof text - 1));
}

static void use(luge_context *ctx, luge_encoder *e, luge_table *table)
{
    luge_encoder_info info;
    must(luge_encoder_info_of(e, &info) == LUGE_OK && info.features > 0 && info.feature_names[info.features - 1]);
    must((info.task == LUGE_CLASSIFICATION) == (info.classes > 1));
    const char *text = luge_encoder_text(e);
    luge_encoder *back = luge_encoder_from_text(ctx, text);
    must(back && strcmp(text, luge_encoder_text(back)) == 0);
    for (int targets = 0; targets < 2; targets++) {
        luge_dataset *a = luge_encode(e, table, targets);
        must(!a == (luge_failed(ctx) != 0));
        luge_clear(ctx);
        luge_dataset *b = luge_encode(back, table, targets);
        must(!a == !b && luge_dataset_fingerprint(a) == luge_dataset_fingerprint(b));
        luge_clear(ctx);
        luge_dataset_free(a);
        luge_dataset_free(b);
    }
    luge_encoder_free(back);
}

static void read_text(luge_context *ctx, const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    must(text != NULL);
    memcpy(text, data, size);
    text[size] = 0;
    luge_encoder *e = luge_encoder_from_text(ctx, text);
    must(!e == (luge_failed(ctx) != 0));
    luge_clear(ctx);
    free(text);
    luge_table *table = e ? small_table(ctx) : NULL;
    if (e) use(ctx, e, table);
    luge_encoder_free(e);
    luge_table_free(table);
}

static void learn(luge_context *ctx, const char *path)
{
    luge_table *table = luge_table_read(ctx, path);
    luge_clear(ctx);
    for (int task = 0; table && task < 3; task++) {
        luge_encoder *e = luge_encoder_learn(ctx, table, .task = (luge_task)task, .most_categories = 3);
        must(!e == (luge_failed(ctx) != 0));
        luge_clear(ctx);
        if (e) use(ctx, e, table);
        luge_encoder_free(e);
    }
    luge_table_free(table);
}

static const uint8_t *input;
static size_t input_size;

static void both(luge_context *ctx, const char *path)
{
    learn(ctx, path);
    read_text(ctx, input, input_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    input_size = size;
    return with_context(both, data, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const char *const seeds[] = {
        "{\"luge_encoder\":1,\"target\":{\"name\":\"y\",\"mean\":3,\"deviation\":0.8},\"columns\":[{\"name\":\"x\","
        "\"missing\":true,\"median\":1.5},{\"name\":\"c\",\"missing\":false,\"values\":[\"blue\",\"red\"]}],"
        "\"left_out\":[{\"name\":\"id\",\"why\":\"has one value only\"}]}",
        "{\"luge_encoder\":1,\"target\":{\"name\":\"c\",\"numbers\":false,\"classes\":[\"blue\",\"red\"]},"
        "\"columns\":[{\"name\":\"y\",\"missing\":false,\"median\":1e3}],\"left_out\":[]}",
        "{\"luge_encoder\":1,\"target\":{\"name\":\"y\",\"numbers\":true,\"classes\":[\"2\",\"3\",\"4\"]},"
        "\"columns\":[{\"name\":\"c\",\"missing\":true,\"values\":[\"1\",\"\\u00e4\\n\"]}],\"left_out\":[]}",
        "a,b,y\n1,u,0\n2,v,1\n,u,1\n4,,0\n5,w,1\n",
        "a,b,y\n1,2,pear\n2,NA,apple\n3,2.5,pear\n",
        "a,y\n1,1.5\n2,2.5\n7,1e9\n",
    };
    if (index >= (int)(sizeof seeds / sizeof seeds[0])) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}
