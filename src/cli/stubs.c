/* stubs.c: stands in for what other parts of the library have not brought yet. */
#include <luge/extra.h>

luge_encoder *luge_encoder_learn_with(luge_context *ctx, const luge_encoder_options *options)
{
    (void)ctx;
    (void)options;
    return NULL;
}
luge_dataset *luge_encode(luge_encoder *encoder, luge_table *table, int targets)
{
    (void)encoder;
    (void)table;
    (void)targets;
    return NULL;
}
luge_status luge_encoder_info_of(const luge_encoder *encoder, luge_encoder_info *info)
{
    (void)encoder;
    (void)info;
    return LUGE_EINVAL;
}
const char *luge_encoder_text(luge_encoder *encoder)
{
    (void)encoder;
    return NULL;
}
luge_encoder *luge_encoder_from_text(luge_context *ctx, const char *text)
{
    (void)ctx;
    (void)text;
    return NULL;
}
