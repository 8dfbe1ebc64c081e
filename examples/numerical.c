/* numerical.c: slopes without any rule: (f(x + h) - f(x - h)) / 2h with a small h.
 *
 * It takes two runs of f per number, so nobody trains with it; but it needs no calculus, and so can tell whether the
 * gradients of luge, which come from rules, are right. */
#include "example.h"

/* f(x) = 0.01 x^2 + 0.1 x as a graph, asked through a run. */
typedef struct curve {
    luge_run *run;
    luge_val x, y;
} curve;

static double f(void *user, double x)
{
    const curve *c = user;
    must(luge_run_bind(c->run, c->x, &x, sizeof x));
    must(luge_run_execute(c->run));
    return number(c->run, c->y);
}

static void derivative_of_a_curve(luge_context *ctx)
{
    luge_graph *g = luge_graph_create(ctx);
    curve c;
    c.x = luge_input(g, "x", LUGE_F64, luge_scalar_shape());
    const luge_val square = luge_mul(g, luge_scalar(g, LUGE_F64, 0.01), luge_square(g, c.x));
    c.y = luge_add(g, square, luge_mul(g, luge_scalar(g, LUGE_F64, 0.1), c.x));
    luge_val slope;
    luge_gradient(g, c.y, &c.x, 1, &slope);
    const luge_val outputs[] = { c.y, slope };
    c.run = run_for(g, outputs, 2);

    static const double points[] = { 5, 10 }, reference[] = { 0.1999999999990898, 0.2999999999986347 };
    printf("  f(x) = 0.01 x^2 + 0.1 x\n\n");
    printf("      x    slope by two points    slope by rule\n");
    for (int i = 0; i < 2; i++) {
        const double numerical = luge_numerical_derivative(f, &c, points[i], 1e-4);
        f(&c, points[i]);
        printf("    %3.0f    %.16f     %.16f\n", points[i], numerical, number(c.run, slope));
        expect("f'", numerical, reference[i], 1e-16);
        expect("f' by rule", number(c.run, slope), 0.02 * points[i] + 0.1, 1e-15);
    }
}

static void gradient_of_a_bowl(luge_context *ctx)
{
    static const double at[] = { 3, 4 };
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_variable(g, "x", LUGE_F64, luge_shape_of(2));
    const luge_val y = luge_sum(g, luge_square(g, x));
    must(luge_set(g, x, at, sizeof at));

    luge_check_options options = { .size = sizeof options, .h = 1e-4 };
    double numerical[2], rule[2];
    luge_val gradient;
    must(luge_numerical_gradient(g, y, x, &options, numerical));
    must(luge_gradient(g, y, &x, 1, &gradient));
    must(luge_eval(g, gradient, rule, sizeof rule));
    printf("\n  f(x0, x1) = x0^2 + x1^2 at (3, 4)\n\n");
    printf("                  df/dx0               df/dx1\n");
    printf("    by points     %.14f     %.14f\n", numerical[0], numerical[1]);
    printf("    by rule       %-16.0f     %.0f\n", rule[0], rule[1]);
    expect("df/dx0", numerical[0], 6.00000000000378, 1e-14);
    expect("df/dx1", numerical[1], 7.999999999999119, 1e-14);
    expect("df/dx0 by rule", rule[0], 6, 0);
    expect("df/dx1 by rule", rule[1], 8, 0);
}

int main(void)
{
    luge_context *ctx = luge_open();
    derivative_of_a_curve(ctx);
    gradient_of_a_bowl(ctx);
    return finish(ctx);
}
