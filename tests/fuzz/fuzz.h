/* fuzz.h: what a fuzz target offers: tests/fuzz/NAME.c defines both functions, tests/fuzz/driver.c has the main
 * program.
 *
 * The same targets serve libFuzzer (clang -fsanitize=fuzzer, without driver.c). */
#ifndef LUGE_FUZZ_H
#define LUGE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Reads one input. A crash, a hang or a sanitizer's report is the only failure; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes valid seed number `index` (0, 1, ...) into data[0..capacity-1] and returns its size; 0 after the last. */
size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity);

static inline size_t seed_text(const char *text, size_t length, uint8_t *data, size_t capacity)
{
    if (length > capacity) length = capacity;
    memcpy(data, text, length);
    return length;
}

#endif
