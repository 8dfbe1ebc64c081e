/* words.c: lists of distinct words: the columns of a CSV file, the classes of its target. */
#include <string.h>

#include "data/csv.h"

enum { MOST_WORDS = 1 << 24 };

/* Where the text is, or belongs, in the table. FNV-1a. */
static size_t slot_of(const luge__words *words, const char *text, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    size_t at = (hash ^ hash >> 15) & (words->n_slots - 1);
    for (; words->slots[at]; at = (at + 1) & (words->n_slots - 1)) {
        const char *word = words->word[words->slots[at] - 1];
        if (strncmp(word, text, length) == 0 && word[length] == 0) break;
    }
    return at;
}

static luge_status grow_table(luge__words *words)
{
    uint32_t *old = words->slots;
    const size_t n_old = words->n_slots, n = n_old ? 2 * n_old : 64;
    uint32_t *slots = luge__alloc(words->ctx, n * sizeof *slots);
    if (!slots) return LUGE_ENOMEM;
    words->slots = slots;
    words->n_slots = n;
    for (size_t i = 0; i < words->n; i++)
        slots[slot_of(words, words->word[i], strlen(words->word[i]))] = (uint32_t)i + 1;
    luge__release(words->ctx, old, n_old * sizeof *old);
    return LUGE_OK;
}

/* A copy of the text. */
static const char *store(luge__words *words, const char *text, size_t length)
{
    if (words->left <= length) { /* what is left stays empty: little, for long texts have room of their own */
        const size_t block = words->n < 512 ? 64 + 8 * words->n : 4096;
        if (length >= block / 8) {
            char *own = luge__chunk_alloc(words->ctx, &words->chunks, length + 1);
            return own ? memcpy(own, text, length) : NULL; /* a chunk is zeroed */
        }
        words->room = luge__chunk_alloc(words->ctx, &words->chunks, block);
        words->left = words->room ? block : 0;
        if (!words->room) return NULL;
    }
    char *word = memcpy(words->room, text, length);
    words->room += length + 1;
    words->left -= length + 1;
    return word;
}

int64_t luge__words_enter(luge__words *words, const char *text, size_t length)
{
    if (2 * words->n >= words->n_slots && grow_table(words)) return -1;
    const size_t at = slot_of(words, text, length);
    if (words->slots[at]) return (int64_t)words->slots[at] - 1;
    if (words->n == MOST_WORDS) {
        (void)luge__fail(words->ctx, LUGE_EFORMAT, "more than %d different names", (int)MOST_WORDS);
        return -1;
    }
    if (luge__grow(words->ctx, &words->word, sizeof *words->word, &words->capacity, words->n + 1)) return -1;
    const char *word = store(words, text, length);
    if (!word) return -1;
    words->word[words->n++] = word;
    words->slots[at] = (uint32_t)words->n;
    return (int64_t)words->n - 1;
}

int64_t luge__words_find(const luge__words *words, const char *text, size_t length)
{
    return words->n ? (int64_t)words->slots[slot_of(words, text, length)] - 1 : -1;
}

void luge__words_free(luge__words *words)
{
    luge__chunk_free(words->ctx, &words->chunks);
    luge__release(words->ctx, words->word, words->capacity * sizeof *words->word);
    luge__release(words->ctx, words->slots, words->n_slots * sizeof *words->slots);
    *words = (luge__words){ .ctx = words->ctx };
}
