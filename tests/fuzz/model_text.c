/* model_text.c: luge_add_layers with any text. */
#include "input_file.h"

/* Small rows: what is asked for may be large, but nothing is built before the text is read. */
static void read_model(luge_context *ctx, const char *text)
{
    luge_model *m = luge_sequential(ctx);
    const luge_status status = luge_add_layers(m, text);
    if (!status != !luge_failed(ctx)) abort();
    if (status && (status != LUGE_EINVAL || !*luge_error(ctx))) abort(); /* refused with a reason, not for memory */
    luge_model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static luge_context *ctx;
    char text[4096];
    if (!ctx) ctx = luge_open(.threads = 1);
    if (!ctx) abort();
    const size_t n = size < sizeof text ? size : sizeof text - 1;
    const size_t before = luge_memory_now(ctx);
    memcpy(text, data, n);
    text[n] = 0;
    read_model(ctx, text);
    luge_clear(ctx);
    if (luge_memory_now(ctx) != before) abort();
    return 0;
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const char *const seeds[] = {
        "dense 100 relu, dropout 0.2, dense 10 softmax",
        "flatten, dense 7 tanh init=he_normal bias=no l1=0.1 l2=1e-3 name=first frozen=yes, batchnorm momentum=0.9",
        "embedding 10 4, flatten, layernorm epsilon=1e-5, leaky_relu slope=0.1, dense 1 sigmoid",
        "normalization, rescaling 0.5, gelu,dense 3,\tlog_softmax",
    };
    if (index >= (int)(sizeof seeds / sizeof *seeds)) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}
