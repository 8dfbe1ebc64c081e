/* folder.c: a data set of images: one folder a class. */
#include "parts.h"

luge_dataset *luge__extra_folder(luge_context *ctx, const char *path, const luge_load_options *options)
{
    (void)options;
    (void)luge__extra_fail(ctx, LUGE_ENOTSUP, "%s: folders are not read yet", path);
    return NULL;
}
