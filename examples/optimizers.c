/* optimizers.c: four ways down the same valley, x^2 / 20 + y^2, from (-7, 2) in 30 steps.
 *
 * The valley is steep across (y) and flat along (x), which is what makes it hard: a rate that suits one direction does
 * not suit the other. Each row's plan computes the gradient and applies one update. */
#include "example.h"

typedef struct way {
    const char *name, *idea;
    double rate, x, y; /* where it ends, from the formulas of the updates in another language */
} way;

static const way ways[] = {
    { "SGD", "downhill, as steep as it is", 0.95, -0.35039299575231979, 0.084782316550432201 },
    { "Momentum", "a ball that keeps rolling", 0.1, 0.89641385849373296, 0.088085601715069713 },
    { "AdaGrad", "smaller steps where it was steep", 1.5, -0.12016228580265455, 2.4863848144386684e-17 },
    { "Adam", "both of the last two", 0.3, 0.13600685239498472, 0.31824537553721939 },
};

/* The update of way number i: an effect that moves p. */
static luge_val update(luge_graph *g, int i, luge_val p, luge_val slope, luge_val step)
{
    const luge_val rate = luge_scalar(g, LUGE_F64, ways[i].rate);
    const luge_val m = luge_variable(g, "m", LUGE_F64, luge_shape_of(2)); /* state: starts at zero */
    const luge_val v = luge_variable(g, "v", LUGE_F64, luge_shape_of(2));
    switch (i) {
    case 0:
        return luge_update_sgd(g, p, slope, rate);
    case 1:
        return luge_update_sgd(g, p, slope, rate, .velocity = m, .momentum = 0.9);
    case 2:
        return luge_update_adagrad(g, p, slope, rate, .v = v);
    default:
        return luge_update_adam(g, p, slope, rate, .step = step, .m = m, .v = v);
    }
}

int main(void)
{
    static const double start[] = { -7, 2 }, flatness[] = { 1.0 / 20, 1 };
    luge_context *ctx = luge_open();
    printf("  Down x^2 / 20 + y^2 from (-7, 2): after 10, 20 and 30 steps\n\n");
    printf("              rate        x       y        x       y        x       y\n");
    for (int i = 0; i < 4; i++) {
        luge_graph *g = luge_graph_create(ctx);
        const luge_val p = luge_variable(g, "p", LUGE_F64, luge_shape_of(2));
        const luge_val step = luge_variable(g, "step", LUGE_I64, luge_scalar_shape());
        const luge_val f = luge_constant(g, LUGE_F64, luge_shape_of(2), flatness);
        const luge_val height = luge_sum(g, luge_mul(g, f, luge_square(g, p)));
        luge_val slope, outputs[2];
        luge_gradient(g, height, &p, 1, &slope);
        outputs[0] = luge_increment(g, step, 1); /* 1 at the first update */
        outputs[1] = update(g, i, p, slope, step);
        luge_run *run = run_for(g, outputs, 2);

        double at[2] = { 0, 0 };
        must(luge_set(g, p, start, sizeof start));
        printf("    %-9s %.2f", ways[i].name, ways[i].rate);
        for (int k = 1; k <= 30; k++) {
            must(luge_run_execute(run));
            must(luge_get(g, p, at, sizeof at));
            if (k % 10 == 0) printf("   %6.3f  %6.3f", at[0], at[1]);
        }
        printf("\n");
        expect(ways[i].name, at[0], ways[i].x, 1e-12);
        expect(ways[i].name, at[1], ways[i].y, 1e-12);
    }
    printf("\n");
    for (int i = 0; i < 4; i++) printf("    %-9s %s\n", ways[i].name, ways[i].idea);
    return finish(ctx);
}
