/* forward.c: a network of three layers, forward: two inputs, three and two hidden neurons, two outputs.
 *
 * A layer is a matrix product, a bias and an activation: z = sigmoid(x W + b). */
#include "example.h"

/* A layer's product and bias, before the activation. */
static luge_val layer(luge_graph *g, luge_val x, int in, int out, const double *weights, const double *bias)
{
    const luge_val w = luge_constant(g, LUGE_F64, luge_shape_of(in, out), weights);
    const luge_val b = luge_constant(g, LUGE_F64, luge_shape_of(out), bias);
    return luge_add(g, luge_matmul(g, x, w), b); /* b is added to each row */
}

/* Prints a row of numbers, and compares them where there is a reference. */
static void show(const char *name, luge_run *run, luge_val value, const double *reference, int n)
{
    double numbers[3];
    must(luge_run_get(run, value, numbers, (size_t)n * sizeof(double)));
    printf("    %-24s", name);
    for (int i = 0; i < n; i++) {
        printf("  %.8f", numbers[i]);
        if (reference) expect(name, numbers[i], reference[i], 5e-9);
    }
    printf("\n");
}

int main(void)
{
    static const double x0[] = { 1, 0.5 };
    static const double w1[] = { .1, .3, .5, .2, .4, .6 }, b1[] = { .1, .2, .3 };
    static const double w2[] = { .1, .4, .2, .5, .3, .6 }, b2[] = { .1, .2 };
    static const double w3[] = { .1, .3, .2, .4 }, b3[] = { .1, .2 };

    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_constant(g, LUGE_F64, luge_shape_of(1, 2), x0);
    const luge_val z1 = luge_sigmoid(g, layer(g, x, 2, 3, w1, b1));
    const luge_val z2 = luge_sigmoid(g, layer(g, z1, 3, 2, w2, b2));
    const luge_val y = layer(g, z2, 2, 2, w3, b3); /* the output is left as it is */

    const luge_val seen[] = { z1, z2, y };
    luge_run *run = run_for(g, seen, 3);
    must(luge_run_execute(run));

    static const double ref1[] = { 0.57444252, 0.66818777, 0.75026011 }, ref_y[] = { 0.31682708, 0.69627909 };
    printf("  Forward through three layers, 2 > 3 > 2 > 2\n\n");
    printf("    %-24s  %.8f  %.8f\n", "x", x0[0], x0[1]);
    show("z1 = sigmoid(x W1 + b1)", run, z1, ref1, 3);
    show("z2 = sigmoid(z1 W2 + b2)", run, z2, NULL, 2);
    show("y = z2 W3 + b3", run, y, ref_y, 2);
    return finish(ctx);
}
