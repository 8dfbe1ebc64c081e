/* images.h: MNIST and Fashion-MNIST as data sets, for the examples that learn from them. */
#ifndef IMAGES_H
#define IMAGES_H

#include "example.h"

/* A file of images or labels, of the part "train" or "t10k", as an array. */
static inline luge_array *idx_file(luge_context *ctx, const char *folder, const char *part, const char *what)
{
    char path[1100];
    snprintf(path, sizeof path, "%.1023s/%s-%s-ubyte", folder, part, what);
    return luge_array_idx(ctx, path);
}

/* The images of a part, pixels from 0 to 1, with their classes, 0 to 9. */
static inline luge_dataset *images(luge_context *ctx, const char *folder, const char *part)
{
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, idx_file(ctx, folder, part, "images-idx3"), .scale = 1.0 / 255);
    luge_dataset_add_targets(data, idx_file(ctx, folder, part, "labels-idx1"), .classes = 10);
    return data;
}

#endif
