/* collapse.c: why a network needs activations: layers without them collapse into one.
 *
 * (x W1) W2 = x (W1 W2), so two linear layers are one linear layer with the matrix W1 W2, whatever they learn. */
#include "example.h"

enum { POINTS = 41 };

static luge_val variable(luge_graph *g, const char *name, int rows, int columns)
{
    return luge_variable(g, name, LUGE_F64, luge_shape_of(rows, columns));
}

/* The product in both orders, of random matrices. */
static void same_product(luge_context *ctx)
{
    luge_graph *g = luge_graph_create(ctx);
    const luge_val seed = luge_variable(g, "seed", LUGE_I64, luge_shape_of(2)); /* zeros: seed 0, step 0 */
    luge_val m[3] = { variable(g, "x", 5, 3), variable(g, "W1", 3, 4), variable(g, "W2", 4, 2) };
    for (int i = 0; i < 3; i++) m[i] = luge_random_normal(g, seed, m[i], 0, 1);
    const luge_val two_layers = luge_matmul(g, luge_matmul(g, m[0], m[1]), m[2]);
    const luge_val one_layer = luge_matmul(g, m[0], luge_matmul(g, m[1], m[2]));
    const luge_val distance = luge_max(g, luge_abs(g, luge_sub(g, two_layers, one_layer)));
    double far = 1;
    must(luge_eval(g, distance, &far, sizeof far));
    printf("  (x W1) W2 and x (W1 W2) differ by %.0e at most: rounding, nothing else\n\n", far);
    expect("(x W1) W2 - x (W1 W2)", far, 0, 1e-14);
}

/* Fits y = |x| with `hidden` neurons (0: one layer) and returns the mean squared error at the end. */
static double fit(luge_context *ctx, int hidden, int relu)
{
    luge_graph *g = luge_graph_create(ctx);
    double x[POINTS][2], t[POINTS];
    for (int i = 0; i < POINTS; i++) {
        x[i][0] = (i - POINTS / 2) / (double)(POINTS / 2);
        x[i][1] = 1; /* a bias, as a second input */
        t[i] = fabs(x[i][0]);
    }
    const luge_val data = luge_constant(g, LUGE_F64, luge_shape_of(POINTS, 2), x);
    const luge_val target = luge_constant(g, LUGE_F64, luge_shape_of(POINTS, 1), t);
    const int wide = hidden ? hidden : 1;
    const luge_val w1 = variable(g, "W1", 2, wide), w2 = variable(g, "W2", wide, 1);
    double *first = luge_data(g, w1), *second = luge_data(g, w2);
    for (int i = 0; i < wide; i++) { /* slopes up and down, small biases */
        first[i] = i % 2 ? -0.5 : 0.5 + 0.1 * i;
        first[wide + i] = 0.1;
        second[i] = 0.5;
    }

    luge_val y = luge_matmul(g, data, w1);
    if (relu) y = luge_relu(g, y);
    if (hidden) y = luge_matmul(g, y, w2);
    const luge_val loss = luge_squared_error(g, y, target, LUGE_MEAN), rate = luge_scalar(g, LUGE_F64, 0.2);
    luge_val w[] = { w1, w2 }, grads[2], outputs[3] = { loss };
    luge_gradient(g, loss, w, hidden ? 2 : 1, grads);
    for (int i = 0; i < (hidden ? 2 : 1); i++) outputs[1 + i] = luge_update_sgd(g, w[i], grads[i], rate);
    luge_run *step = run_for(g, outputs, hidden ? 3 : 2);
    for (int i = 0; i < 5000; i++) must(luge_run_execute(step));
    return number(step, loss);
}

int main(void)
{
    luge_context *ctx = luge_open();
    same_product(ctx);
    const double one = fit(ctx, 0, 0), two = fit(ctx, 4, 0), bent = fit(ctx, 4, 1);
    printf("  The same seen by training: how well is y = |x| learnt in 5,000 steps?\n\n");
    printf("                                             mean squared error\n");
    printf("    one layer                                     %.6f\n", one);
    printf("    two layers, 4 neurons, nothing between        %.6f\n", two);
    printf("    two layers, 4 neurons, relu between           %.6f\n", bent);
    printf("\n  Two linear layers do exactly what one does. The bend of relu is what helps.\n");
    expect("the best straight line", one, 0.35 - (21.0 / 41) * (21.0 / 41), 1e-12);
    expect("two linear layers against one", two, one, 1e-9);
    expect("two layers with relu", bent, 0, 1e-4);
    return finish(ctx);
}
