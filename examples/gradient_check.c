/* gradient_check.c: are the gradients right? A network as for handwritten digits, 784 > 50 > 10, on three images.
 *
 * Each weight is moved up and down a little (h = 0.0001), the loss is computed both times, and the slope between the
 * two is held against the gradient by backpropagation: two independent ways to the same 39,760 numbers. */
#include "example.h"

enum { ROWS = 3, PIXELS = 784, HIDDEN = 50, DIGITS = 10, N = 4 };

static const char *const names[N] = { "W1", "b1", "W2", "b2" };

/* Three made-up images: mostly black, some bright strokes, as digits are. */
static void draw(double *image)
{
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < PIXELS; i++) {
            const int across = i % 28, down = i / 28;
            const int stroke = (across * (2 + row) + down * 5) % 23 < 8 && across > 4 && across < 23 && down > 4;
            image[row * PIXELS + i] = stroke ? (50 + (i * 37) % 200) / 255.0 : 0;
        }
}

/* Weights from the normal distribution with deviation 0.01, biases zero. */
static void start(luge_graph *g, const luge_val *w)
{
    const luge_val seed = luge_variable(g, "seed", LUGE_I64, luge_shape_of(2));
    luge_val assign[2];
    for (int i = 0; i < 2; i++) assign[i] = luge_assign(g, w[2 * i], luge_random_normal(g, seed, w[2 * i], 0, 0.01));
    must(luge_run_execute(run_for(g, assign, 2)));
}

int main(void)
{
    static double image[ROWS * PIXELS];
    static const int64_t digit[ROWS] = { 5, 0, 4 };
    draw(image);
    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F64, luge_shape_of(ROWS, PIXELS));
    const luge_val t = luge_input(g, "t", LUGE_I64, luge_shape_of(ROWS));
    const luge_shape shapes[N] = { luge_shape_of(PIXELS, HIDDEN), luge_shape_of(HIDDEN), luge_shape_of(HIDDEN, DIGITS),
                                   luge_shape_of(DIGITS) };
    luge_val w[N];
    for (int i = 0; i < N; i++) w[i] = luge_variable(g, names[i], LUGE_F64, shapes[i]);
    start(g, w);

    const luge_val hidden = luge_relu(g, luge_add(g, luge_matmul(g, x, w[0]), w[1]));
    const luge_val z = luge_add(g, luge_matmul(g, hidden, w[2]), w[3]);
    const luge_val loss = luge_mean(g, luge_softmax_cross_entropy(g, z, t));

    const luge_binding bindings[] = { { x, image, sizeof image }, { t, digit, sizeof digit } };
    luge_check_options options = { .size = sizeof options, .n_bindings = 2, .bindings = bindings, .h = 1e-4 };
    luge_check_result found[N];
    must(luge_check_gradients(g, loss, w, N, &options, found));

    static const double reference[N] = { 2.8e-13, 7.2e-13, 9.1e-13, 1.2e-10 }; /* the same net on MNIST, in NumPy */
    printf("  Backpropagation against central differences, 784 > 50 > 10, relu, 3 images\n\n");
    printf("    parameter     elements   mean |difference|   largest relative\n");
    for (int i = 0; i < N; i++) {
        printf("    %-12s  %8lld   %17.1e   %16.1e   %s\n", names[i], (long long)found[i].compared,
               found[i].mean_absolute, found[i].largest_relative, found[i].ok ? "ok" : "wrong");
        expect("elements that were not compared", (double)(found[i].elements - found[i].compared), 0, 0);
        expect("log10 of the difference", log10(found[i].mean_absolute), log10(reference[i]), 1);
        expect(names[i], !found[i].ok, 0, 0);
    }

    /* The check would see a mistake: here backpropagation is told that the first layer counts as a constant. */
    const luge_val blind = luge_stop_gradient(g, hidden);
    const luge_val z2 = luge_add(g, luge_matmul(g, blind, w[2]), w[3]);
    const luge_val wrong = luge_mean(g, luge_softmax_cross_entropy(g, z2, t));
    options.all_up_to = 1;
    must(luge_check_gradients(g, wrong, w, N, &options, found));
    printf("\n  With a mistake built in (no gradient for the first layer)\n\n");
    for (int i = 0; i < N; i++) {
        printf("    %-12s  %8lld   %17.1e   %16.1e   %s\n", names[i], (long long)found[i].compared,
               found[i].mean_absolute, found[i].largest_relative, found[i].ok ? "ok" : "wrong");
        expect("a mistake in the first layer is seen", found[i].ok != 0, i >= 2, 0);
    }
    return finish(ctx);
}
