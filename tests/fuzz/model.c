/* fuzz/model.c: any bytes as a model file, and files whose metadata is wrong in places: loaded, then looked at, run and
 * trained.
 *
 * An input that begins with "{}" is a recipe: what follows seeds changes to the metadata of one of the files, which
 * keep the file itself and mostly the JSON valid. */
#include <ctype.h>

#include "fuzz.h"
#include "model_files.h"

enum { FILES = 6, CHANGES = 3, TOKENS = 8192, RECIPE = 200 };

static model_file files[FILES];

static int make_files(void)
{
    static const int from[FILES] = { 0, 2, 8, 11, 14, 16 };
    for (int i = 0; i < FILES && !files[FILES - 1].size; i++)
        if (!model_file_make(&model_cases[from[i]], &files[i])) return 0;
    return 1;
}

static void must(int condition, const char *what)
{
    if (condition) return;
    (void)fprintf(stderr, "model: %s\n", what);
    abort();
}

static void load(const uint8_t *data, size_t size)
{
    model_memory memory = { 0, (size_t)8 << 20 };
    luge_context *ctx = luge_open(.threads = 1, .realloc = model_realloc, .realloc_user = &memory);
    must(ctx != NULL, "no context");
    const size_t before = luge_memory_now(ctx);
    luge_model *m = luge_load_model_memory(ctx, data, size);
    must(luge_memory_peak(ctx) - before < 64 * size + 65536, "too much memory");
    must(m ? !luge_failed(ctx) : luge_failed(ctx) && luge_error(ctx)[0], "no message");
    must(luge_failure(ctx) != LUGE_EINTERNAL && luge_failure(ctx) != LUGE_ESTATE, "loading fails in the wrong way");
    luge_clear(ctx);
    if (m) (void)model_exercise(ctx, m);
    luge_model_free(m);
    luge_close(ctx);
    must(memory.now == 0, "memory is lost");
}

/* ---- recipes ----------------------------------------------------------------------------------------------------- */

static uint64_t state;

static size_t below(size_t bound)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (size_t)((z ^ (z >> 31)) % bound);
}

typedef struct token {
    size_t at, length;
} token;

static int in_word(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '+' || c == '.' || c == '_';
}

/* Strings (with quotes), numbers and words, but no keys. */
static size_t find_tokens(const char *text, token *tokens)
{
    size_t n = 0;
    for (size_t i = 0; text[i] && n < TOKENS;) {
        size_t k = i;
        if (text[i] == '"') {
            for (k++; text[k] && text[k] != '"'; k++) continue;
            k += text[k] == '"';
        } else {
            while (in_word(text[k])) k++;
        }
        if (k > i && text[k] != ':') tokens[n++] = (token){ i, k - i };
        i = k > i ? k : i + 1;
    }
    return n;
}

static void replace(char *text, token t, const char *by, size_t length)
{
    const size_t rest = strlen(text + t.at + t.length) + 1;
    if (t.at + length + rest > MODEL_BYTES) return;
    memmove(text + t.at + length, text + t.at + t.length, rest);
    memcpy(text + t.at, by, length);
}

/* One token becomes another of the text, a number near it, or something unusual; or a piece goes or comes twice. */
static void change(char *text)
{
    static const char *const odd[] = { "0",
                                       "1",
                                       "2",
                                       "3",
                                       "7",
                                       "-1",
                                       "1000000",
                                       "1099511627776",
                                       "1e30",
                                       "0.5",
                                       "4294967296",
                                       "\"nan\"",
                                       "[]",
                                       "null",
                                       "true",
                                       "\"inf\"",
                                       "{}",
                                       "[7,3]",
                                       "[7,0]",
                                       "[3,7]",
                                       "\"f64\"",
                                       "\"i64\"",
                                       "9223372036854775807" };
    static token tokens[TOKENS];
    char by[MODEL_BYTES / 16];
    const size_t n = find_tokens(text, tokens);
    if (!n) return;
    const token t = tokens[below(n)], other = tokens[below(n)];
    switch (below(6)) {
    case 0:
    case 1:
        if (isdigit((unsigned char)text[t.at])) { /* a number near it */
            const long long number = (long long)(strtoull(text + t.at, NULL, 10) + below(7) - 3);
            const int length = snprintf(by, sizeof by, "%lld", number);
            replace(text, t, by, (size_t)length);
            return;
        }
        if (other.length < sizeof by) memcpy(by, text + other.at, other.length);
        if (other.length < sizeof by) replace(text, t, by, other.length);
        return;
    case 2: {
        const char *what = odd[below(sizeof odd / sizeof *odd)];
        replace(text, t, what, strlen(what));
        return;
    }
    case 3: /* another of the same kind */
        if (text[t.at] == text[other.at] ||
            (isdigit((unsigned char)text[t.at]) && isdigit((unsigned char)text[other.at])))
            if (other.length < sizeof by) {
                memcpy(by, text + other.at, other.length);
                replace(text, t, by, other.length);
            }
        return;
    case 4: { /* up to the next comma: away, or twice */
        const char *end = strchr(text + t.at, ',');
        const size_t length = end ? (size_t)(end - text) - t.at + 1 : 0;
        if (!length || length >= sizeof by) return;
        memcpy(by, text + t.at, length);
        replace(text, (token){ t.at, below(2) ? length : 0 }, by, below(2) ? length : 0);
        return;
    }
    default: { /* a member's value becomes another member's */
        const char *a = strchr(text + t.at, ':'), *b = strchr(text + other.at, ':');
        if (!a || !b) return;
        const size_t from = (size_t)(b - text) + 1, length = strcspn(b + 1, ",}");
        if (length >= sizeof by) return;
        memcpy(by, text + from, length);
        replace(text, (token){ (size_t)(a - text) + 1, strcspn(a + 1, ",}") }, by, length);
    }
    }
}

static void follow(const uint8_t *data, size_t size)
{
    static char text[MODEL_BYTES];
    static model_file file;
    state = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) state = (state ^ data[i]) * 1099511628211u;
    const model_file *from = &files[below(FILES)];
    (void)model_file_text(from, text);
    for (size_t k = 1 + below(CHANGES); k > 0; k--) change(text);
    if (!model_file_with(from, text, &file)) return;
    uint8_t *copy = malloc(file.size); /* of its own size, so that reading beyond it is found */
    if (!copy) return;
    memcpy(copy, file.data, file.size);
    load(copy, file.size);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!make_files()) return 0;
    if (size < RECIPE)
        follow(data, size);
    else
        load(data, size);
    return 0;
}

/* Each file once, then recipes, which reach further. */
size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    if (index < 0 || index >= 4 * FILES || !make_files()) return 0;
    if (index < FILES) {
        if (files[index].size > capacity) return 0;
        memcpy(data, files[index].data, files[index].size);
        return files[index].size;
    }
    (void)snprintf((char *)data, capacity, "recipe number %d, to be changed at will", index);
    return strlen((char *)data);
}
