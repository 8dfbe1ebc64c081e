/* test_recipe.c: recipes say what they were written to say, and where they are wrong. */
#include "extra_files.h"

#if LUGE_HAVE_YAML

static const char *const known[] = { "epochs", "rate", "layers", "data", "optimizer" };
enum { N_KNOWN = sizeof known / sizeof *known };

static luge_recipe *read_text(luge_test *t, luge_context *ctx, const char *text, size_t n)
{
    tree f;
    if (!tree_begin(t, &f)) return NULL;
    luge_recipe *recipe = luge_recipe_read(ctx, tree_put(t, &f, "r.yaml", text, n), known, N_KNOWN);
    tree_end(&f);
    return recipe;
}

static void good(luge_test *t)
{
    static const char text[] = "# a recipe\n"
                               "epochs: 5\n"
                               "data: \"mnist:train\" # quoted\n"
                               "layers:\n"
                               "  - dense 10 relu\n"
                               "  - 'dropout 0.5'\n"
                               "rate: [ 0.1, \"\" ]\n"
                               "optimizer: ''\n";
    int line;
    luge_context *ctx = luge_open(.threads = 1);
    luge_recipe *r = read_text(t, ctx, text, sizeof text - 1);
    if (!CHECK(t, r)) return;
    CHECK_STR_EQ(t, luge_recipe_get(r, "epochs", &line), "5");
    CHECK_EQ_INT(t, line, 2);
    CHECK_STR_EQ(t, luge_recipe_get(r, "data", &line), "mnist:train");
    CHECK_EQ_INT(t, line, 3);
    CHECK_STR_EQ(t, luge_recipe_get(r, "layers", &line), "dense 10 relu, dropout 0.5");
    CHECK_EQ_INT(t, line, 4);
    CHECK_STR_EQ(t, luge_recipe_get(r, "rate", NULL), "0.1, ");
    CHECK_STR_EQ(t, luge_recipe_get(r, "optimizer", NULL), "");
    CHECK(t, !luge_recipe_get(r, "other", &line) && line == 0 && !luge_recipe_get(NULL, "epochs", NULL));
    luge_recipe_free(r);
    luge_recipe_free(NULL);
    for (int i = 0; i < 3; i++) { /* nothing is given */
        static const char *const empty[] = { "", "# only this\n", "---\n" };
        r = read_text(t, ctx, empty[i], strlen(empty[i]));
        CHECK(t, r && !luge_recipe_get(r, "epochs", NULL));
        luge_recipe_free(r);
    }
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
}

static void refused(luge_test *t)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "epochs: 5\nepoch: 3\n", "r.yaml: line 2, column 1: no key \"epoch\"; the nearest is epochs" },
        { "epochs: 5\nrate: 1\nepochs: 6\n", "line 3, column 1: epochs was given on line 1 already" },
        { "epochs:\n", "no value is given for epochs" },
        { "epochs: null\n", "line 1, column 9: no value is given for epochs" },
        { "layers: []\n", "an empty list is given for layers" },
        { "layers: [1, [2]]\n", "line 1, column 13: one value or a list" },
        { "rate: { a: 1 }\n", "line 1, column 7: one value or a list" },
        { "rate: &x 1\nepochs: *x\n", "line 2, column 9: aliases" },
        { "- a\n- b\n", "line 1, column 1: keys and values are expected" },
        { "hello\n", "keys and values are expected" },
        { "[1]: 2\n", "a key is expected" },
        { "epochs: 5\n---\nrate: 1\n", "line 2, column 1: a second document" },
        { "epochs: [1, 2\nrate: 3\n", "line 2" },
        { "epochs: \"5\n", "line 2" },
        { "\tepochs: 5\n", "line 1, column 1" },
        { "epochs: \"a\\0b\"\n", "line 1, column 9: a character 0" },
        { "epochs: \xff\xfe\n", "byte" },
    };
    luge_context *ctx = luge_open(.threads = 1);
    luge_recipe *r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r = read_text(t, ctx, bad[i].text, strlen(bad[i].text));
        CHECK(t, !r);
        refuses(t, ctx, LUGE_EFORMAT, bad[i].says);
        luge_recipe_free(r);
    }
    char *deep = malloc(200001); /* no recursion */
    if (!CHECK(t, deep)) return;
    memset(deep, '[', 200000);
    memcpy(deep, "rate: ", 6);
    CHECK(t, !read_text(t, ctx, deep, 200000));
    refuses(t, ctx, LUGE_EFORMAT, "line 1");
    free(deep);
    deep = malloc(2 << 20);
    if (!CHECK(t, deep)) return;
    memset(deep, '#', 2 << 20);
    CHECK(t, !read_text(t, ctx, deep, 2 << 20));
    refuses(t, ctx, LUGE_EFORMAT, "more than 1048576 bytes");
    free(deep);
    CHECK(t, !luge_recipe_read(ctx, "/nonexistent.yaml", known, N_KNOWN));
    refuses(t, ctx, LUGE_EIO, "/nonexistent.yaml: cannot open");
    CHECK(t, !luge_recipe_read(ctx, "x", NULL, 2));
    refuses(t, ctx, LUGE_EINVAL, "list of keys");
    luge_close(ctx);
}

#endif

void test_recipe(luge_test *t)
{
#if LUGE_HAVE_YAML
    RUN(t, good);
    RUN(t, refused);
#else
    CHECK_SKIP(t, "built without libyaml");
#endif
}
