/* stubs.c: stands in for what other parts of the library have not brought yet. */
#include <luge/extra.h>

luge_table *luge_table_read_with(luge_context *ctx, const luge_table_options *options)
{
    (void)options;
    luge_report(ctx, LUGE_ENOTSUP, "tables are not read yet");
    return NULL;
}
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
luge_recipe *luge_recipe_read(luge_context *ctx, const char *path, const char *const *known, int n)
{
    (void)path;
    (void)known;
    (void)n;
    luge_report(ctx, LUGE_ENOTSUP, "recipes are not read yet");
    return NULL;
}
const char *luge_recipe_get(const luge_recipe *recipe, const char *key, int *line)
{
    (void)recipe;
    (void)key;
    (void)line;
    return NULL;
}
void luge_recipe_free(luge_recipe *recipe)
{
    (void)recipe;
}
