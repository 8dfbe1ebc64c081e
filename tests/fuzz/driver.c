/* driver.c: runs a fuzz target on inputs that it makes from the target's seeds.
 *
 *     fuzz_NAME [ITERATIONS] [SEED]
 *
 * The same numbers give the same inputs. An input that ends the process is written to fuzz_NAME.input before it runs,
 * so it is there afterwards: run `fuzz_NAME fuzz_NAME.input` to repeat it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

enum { MOST = 1 << 16, ITERATIONS = 20000, CHANGES = 6 };

static uint64_t state;

static uint64_t next_random(void) /* splitmix64 */
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(size_t bound)
{
    return bound ? (size_t)(next_random() % bound) : 0;
}

/* ---- changes: each returns the new size -------------------------------------------------------------------------- */

static size_t flip_bit(uint8_t *data, size_t size)
{
    if (size) data[below(size)] ^= (uint8_t)(1u << below(8));
    return size;
}

static size_t set_byte(uint8_t *data, size_t size)
{
    static const uint8_t bytes[] = "\0\xFF\x7F\x80 \"\\{}[],:0919-+.eEnu\n\t";
    size_t which = below(2 * sizeof bytes);
    if (size) data[below(size)] = which < sizeof bytes ? bytes[which] : (uint8_t)next_random();
    return size;
}

/* Moves the end of the data by `more` bytes, as many as fit; returns how many. */
static size_t make_room(uint8_t *data, size_t size, size_t at, size_t more)
{
    if (more > MOST - size) more = MOST - size;
    memmove(data + at + more, data + at, size - at);
    return more;
}

static size_t insert(uint8_t *data, size_t size)
{
    size_t at = below(size + 1), more = make_room(data, size, at, 1 + below(8));
    for (size_t i = 0; i < more; i++) data[at + i] = (uint8_t)next_random();
    size += more;
    return size;
}

static size_t insert_text(uint8_t *data, size_t size)
{
    static const char *const texts[] = { "18446744073709551615",
                                         "9223372036854775808",
                                         "-1",
                                         "4294967296",
                                         "1e999",
                                         "0.0",
                                         "nan",
                                         "null",
                                         "true",
                                         "[]",
                                         "{}",
                                         "[[[[[[[[",
                                         "\\ud800",
                                         "\\u0000",
                                         "\"\":",
                                         ",",
                                         "\xED\xA0\x80",
                                         "\xF0\x9F\x98\x80",
                                         "1234567890123456789012345678901234567890e-300" };
    const char *text = texts[below(sizeof texts / sizeof texts[0])];
    size_t at = below(size + 1), more = make_room(data, size, at, strlen(text));
    memcpy(data + at, text, more);
    return size + more;
}

static size_t delete (uint8_t *data, size_t size)
{
    size_t at = below(size), less = 1 + below(below(16) ? 8 : size);
    if (less > size - at) less = size - at;
    memmove(data + at, data + at + less, size - at - less);
    return size - less;
}

/* Copies a piece to another place, over what is there or between. */
static size_t copy_piece(uint8_t *data, size_t size)
{
    static uint8_t piece[MOST];
    size_t from = below(size), length = below(size - from + 1), to = below(size + 1);
    memcpy(piece, data + from, length);
    if (below(2)) {
        if (length > size - to) length = size - to;
        memcpy(data + to, piece, length);
        return size;
    }
    length = make_room(data, size, to, length);
    memcpy(data + to, piece, length);
    return size + length;
}

static size_t truncate_data(uint8_t *data, size_t size)
{
    (void)data;
    return below(size + 1);
}

/* An integer of 1 to 8 bytes near 0, a power of two or the size. */
static size_t set_integer(uint8_t *data, size_t size)
{
    size_t bytes = (size_t)1 << below(4);
    uint64_t value = below(4) ? (uint64_t)1 << below(64) : size;
    if (size < bytes) return size;
    size_t at = below(2) ? below(size - bytes + 1) : 0;
    value += next_random() % 5 - 2;
    for (size_t i = 0; i < bytes; i++) data[at + i] = (uint8_t)(value >> 8 * i);
    return size;
}

/* A digit for a digit: keeps the form and changes the number. */
static size_t change_digit(uint8_t *data, size_t size)
{
    size_t at = below(size);
    for (size_t i = 0; i < size; i++, at = at + 1 < size ? at + 1 : 0) {
        if (data[at] < '0' || data[at] > '9') continue;
        data[at] = (uint8_t)('0' + below(10));
        break;
    }
    return size;
}

static size_t change(uint8_t *data, size_t size)
{
    static size_t (*const changes[])(uint8_t *, size_t) = { flip_bit,   set_byte,      insert,      insert_text, delete,
                                                            copy_piece, truncate_data, set_integer, change_digit };
    return changes[below(sizeof changes / sizeof changes[0])](data, size);
}

/* The beginning of one seed and the end of another. */
static size_t splice(uint8_t *data, size_t size, int seeds)
{
    static uint8_t other[MOST];
    size_t other_size = luge_fuzz_seed((int)below((size_t)seeds), other, sizeof other);
    size_t keep = below(size + 1), from = below(other_size + 1), more = other_size - from;
    if (more > MOST - keep) more = MOST - keep;
    memcpy(data + keep, other + from, more);
    return keep + more;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* The input lies in a file of its own size, mapped, so that it is there when the process has ended; and in a block of
 * its own size, so that reading beyond it is found. */
static void run(const char *name, const uint8_t *data, size_t size)
{
    static uint8_t *kept;
    static size_t kept_capacity;
    if (!kept) {
        int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0666);
        kept_capacity = sizeof(uint32_t) + MOST;
        if (fd < 0 || ftruncate(fd, (off_t)kept_capacity) != 0) exit(2);
        kept = mmap(NULL, kept_capacity, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)close(fd);
        if (kept == MAP_FAILED) exit(2);
    }
    uint32_t length = (uint32_t)size;
    memcpy(kept, &length, sizeof length);
    memcpy(kept + sizeof length, data, size);
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) exit(2);
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int repeat(const char *path)
{
    static uint8_t data[sizeof(uint32_t) + MOST];
    uint32_t length = 0;
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 2;
    }
    size_t size = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    if (size >= sizeof length) memcpy(&length, data, sizeof length);
    if (size < sizeof length || length > size - sizeof length) {
        (void)fprintf(stderr, "%s: no input of this program\n", path);
        return 2;
    }
    (void)LLVMFuzzerTestOneInput(data + sizeof length, length);
    return 0;
}

int main(int argc, char **argv)
{
    static uint8_t data[MOST];
    char path[512], *end = NULL;
    long iterations = argc > 1 ? strtol(argv[1], &end, 10) : ITERATIONS;
    int seeds = 0;
    if (argc > 1 && *end) return repeat(argv[1]);
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    const char *slash = strrchr(argv[0], '/');
    (void)snprintf(path, sizeof path, "%s.input", slash ? slash + 1 : argv[0]);
    for (size_t size; (size = luge_fuzz_seed(seeds, data, sizeof data)) > 0; seeds++) run(path, data, size);
    if (!seeds) return 2;
    for (long i = 0; i < iterations; i++) {
        size_t size = luge_fuzz_seed((int)below((size_t)seeds), data, sizeof data);
        if (below(8) == 0) size = splice(data, size, seeds);
        for (size_t k = 1 + below(CHANGES); k > 0; k--) size = change(data, size);
        run(path, data, size);
    }
    (void)unlink(path);
    (void)printf("%s: %ld inputs from %d seeds\n", slash ? slash + 1 : argv[0], iterations + seeds, seeds);
    return 0;
}
