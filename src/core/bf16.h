/* bf16.h: rounding to bf16: the upper half of an f32. */
#ifndef LUGE_CORE_BF16_H
#define LUGE_CORE_BF16_H

#include <stdint.h>
#include <string.h>

/* The nearest bf16 as f32; ties go to the even one, what is too large becomes infinite, NaN stays NaN. A subnormal
 * becomes zero of its sign, as the CPUs' own instructions have it. */
static inline float luge__round_bf16(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    const uint32_t magnitude = u & 0x7fffffffu;
    uint32_t r = u + 0x7fffu + (u >> 16 & 1u);
    r = magnitude > 0x7f800000u ? u | 0x00400000u : r;
    r = magnitude < 0x00800000u ? u & 0x80000000u : r;
    r &= 0xffff0000u;
    memcpy(&x, &r, sizeof x);
    return x;
}

#endif
