/* picture.h: small pictures made of characters. */
#ifndef LUGE_CLI_PICTURE_H
#define LUGE_CLI_PICTURE_H

#include "job.h"

enum { CLI_CAPTION = 64 };

/* Whether rows of that shape are pictures: height x width, or with 1 to 4 channels. */
int cli_is_picture(const luge_shape *row);
/* Draws n images of that shape, whose values are from 0 to 1, side by side, under each its caption. CLI_FAILED after a
 * message. */
int cli_draw_images(const char *verb, const float *values, const luge_shape *shape, int n,
                    char (*captions)[CLI_CAPTION]);
/* Draws rows of a data set side by side, under each its caption. CLI_FAILED after a message. */
int cli_draw_pictures(const cli_job *job, luge_dataset *data, const int64_t *rows, int n,
                      char (*captions)[CLI_CAPTION]);

#endif
