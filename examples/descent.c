/* descent.c: walking downhill: x = x - rate * gradient, again and again.
 *
 * The bowl is f(x0, x1) = x0^2 + x1^2, its bottom is at (0, 0), the walk starts at (-3, 4) and has 100 steps. Here one
 * step is one plan: it computes the gradient and moves x. The rate is a variable too, so one plan serves all three. */
#include "example.h"

int main(void)
{
    static const double start[] = { -3, 4 };
    static const struct {
        const char *kind;
        double rate, x0, x1;
    } walks[] = {
        { "good", 0.1, -6.11110793e-10, 8.14814391e-10 },
        { "too small", 1e-10, -2.99999994, 3.99999992 },
        { "too large", 10, -2.58983747e+13, -1.29524862e+12 },
    };
    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_variable(g, "x", LUGE_F64, luge_shape_of(2));
    const luge_val rate = luge_variable(g, "rate", LUGE_F64, luge_scalar_shape());
    const luge_val height = luge_sum(g, luge_square(g, x));
    luge_val slope;
    luge_gradient(g, height, &x, 1, &slope);
    const luge_val move = luge_update_sgd(g, x, slope, rate);
    luge_run *step = run_for(g, &move, 1);

    printf("  100 steps down the bowl x0^2 + x1^2 from (-3, 4)\n\n");
    printf("    rate                            ends at x0          and at x1\n");
    double at[2] = { 0, 0 };
    for (int i = 0; i < 3; i++) {
        must(luge_set(g, rate, &walks[i].rate, sizeof(double)));
        must(luge_set(g, x, start, sizeof start));
        for (int k = 0; k < 100; k++) must(luge_run_execute(step));
        must(luge_get(g, x, at, sizeof at));
        printf("    %-9s  %-7g        %17.8e  %17.8e\n", walks[i].kind, walks[i].rate, at[0], at[1]);
        if (i == 2) break; /* its reference comes below */
        expect("x0", at[0], walks[i].x0, fabs(walks[i].x0) * 5e-9);
        expect("x1", at[1], walks[i].x1, fabs(walks[i].x1) * 5e-9);
    }
    expect("x0 with the exact gradient", at[0], -2.2515487259475596e+128, 1e119); /* -3 (1 - 20)^100 */

    /* With a gradient by central differences the flight ends: at 1e13 a step of 1e-4 is lost in rounding, so the
     * difference is 0 and nothing moves any more. */
    luge_check_options options = { .size = sizeof options, .h = 1e-4 };
    double gradient[2];
    must(luge_set(g, x, start, sizeof start));
    double *place = luge_data(g, x);
    for (int k = 0; k < 100; k++) {
        must(luge_numerical_gradient(g, height, x, &options, gradient));
        for (int i = 0; i < 2; i++) place[i] -= walks[2].rate * gradient[i];
    }
    printf("      by central differences  %17.8e  %17.8e\n", place[0], place[1]);
    expect("x0 by central differences", place[0], walks[2].x0, 5e4);
    expect("x1 by central differences", place[1], walks[2].x1, 5e3);

    printf("\n  A good rate arrives. A small one hardly leaves. A large one jumps over the\n"
           "  bottom, further each time, until the numbers end.\n");
    return finish(ctx);
}
