/* formula.c: any text as a formula: read, what it says about its parts, its gradient and values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/formula/formula.h"
#include "fuzz.h"

static const char *const seeds[] = {
    "u = x^2 + 2*y; x = r*sin(t); y = sin(t)^2",
    "-x^2**-y/(1 - 3)*+4e-3 # comment\n + .5 - 1_000",
    "max(a, b, c) + where(a < b, pow(a, 2), leaky_relu(b, 0.1)) - min(a, e)",
    "f = a*b; b = a + 1; a = c == pi; c = x <= 1",
    "tan(\xCE\xB8)/log10(x)*sigmoid(-(-(x)))",
    "x \xC3\x97 2 \xE2\x88\x92 |y|",
    "((((((((((x))))))))))",
    "x=1,y=max(1,2),z=-pi/2",
    "elu(x, 1) + selu(gelu(silu(x))) >= sigmoid_cross_entropy(x, 1)",
    "a = b; b = c; c = a",
};

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
    if (index < 0 || (size_t)index >= sizeof seeds / sizeof seeds[0]) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}

static void must(int condition, const char *what)
{
    if (condition) return;
    (void)fprintf(stderr, "formula: %s\n", what);
    abort();
}

/* Gradient and value of each number that nobody uses. */
static void use(cli_formula *f, luge_context *ctx)
{
    luge_val wrt[CLI_FORMULA_NAMES], grads[CLI_FORMULA_NAMES];
    int n = 0;
    for (int i = 0; i < f->n_names; i++)
        if (!f->names[i].defined && luge_is_some(f->names[i].value)) wrt[n++] = f->names[i].value;
    for (int i = 0; i < f->n_names; i++) {
        luge_node_info info;
        double value;
        char text[40];
        if (!f->names[i].defined) continue;
        must(f->names[i].name[0] != '\0', "a statement without a name");
        must(luge_node_info_of(f->graph, f->names[i].value, &info) == LUGE_OK, "a name without a value");
        cli_formula_text(f, f->places[f->names[i].value.id - 1], 20, text, sizeof text);
        if (info.dtype != LUGE_F64 || f->names[i].used) continue;
        must(luge_eval(f->graph, f->names[i].value, &value, sizeof value) == LUGE_OK, "no value");
        const luge_status status = luge_gradient(f->graph, f->names[i].value, wrt, n, grads);
        must(status == LUGE_OK || status == LUGE_ENOGRAD, "no gradient");
        luge_clear(ctx);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const luge_open_options options = { .size = sizeof options, .threads = 1 };
    luge_context *ctx = luge_open_with(&options);
    must(ctx != NULL, "no context");
    const size_t before = luge_memory_now(ctx);
    for (int kind = 0; kind < 2; kind++) {
        cli_formula f;
        cli_formula_error e;
        const int code = cli_formula_read(&f, ctx, (cli_formula_kind)kind, (const char *)data, size, &e);
        must(!code || e.text[0], "no message");
        must(!code || e.place.at <= size, "an error behind the text");
        must(!luge_failed(ctx), "a failure that sticks");
        if (!code) must(f.n_places == luge_node_count(f.graph), "a node without a place");
        if (!code && size < 400) use(&f, ctx);
        cli_formula_free(&f);
        must(luge_memory_now(ctx) == before, "memory is lost");
    }
    luge_close(ctx);
    return 0;
}
