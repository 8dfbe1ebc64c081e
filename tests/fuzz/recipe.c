/* recipe.c: recipes. */
#include "input_file.h"
#include "luge/extra.h"

static void read_recipe(luge_context *ctx, const char *path)
{
    static const char *const known[] = { "epochs", "rate", "layers", "a" };
    luge_recipe *recipe = luge_recipe_read(ctx, path, known, 4);
    if (!recipe != (luge_failed(ctx) != 0)) abort();
    for (int i = 0, line; recipe && i < 4; i++) {
        const char *value = luge_recipe_get(recipe, known[i], &line);
        if (value ? line < 1 : line != 0) abort();
    }
    luge_recipe_free(recipe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return with_context(read_recipe, data, size);
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    static const char *const seeds[] = {
        "epochs: 5\nlayers:\n  - dense 10\n  - \"relu\\n\"\nrate: 0.1 # so\n",
        "{ epochs: 5, rate: [ 1, '2' ], a: !!str x }",
        "---\na: |\n  text\n  more\nrate: >-\n  folded\n...\n",
        "a: &x 1\nrate: *x\n? epochs\n: 2\n",
    };
    if (index >= (int)(sizeof seeds / sizeof *seeds)) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}
