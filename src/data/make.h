/* make.h: the drawing of one digit, for the maker of data sets. */
#ifndef LUGE_DATA_MAKE_H
#define LUGE_DATA_MAKE_H

#include "core/core.h"

enum { LUGE__DIGIT_SIDE = 28 };

/* Draws row number `row` of the digits of a seed: rows of pixels, 0 is paper and 255 is ink. Returns its class. */
int luge__draw_digit(uint64_t seed, int64_t row, unsigned char pixels[LUGE__DIGIT_SIDE * LUGE__DIGIT_SIDE]);

#endif
