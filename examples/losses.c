/* losses.c: how wrong is an answer? Two measures, on a digit that is a 2.
 *
 * y holds what a network believes of the ten digits, t the truth: 1 at the right digit, 0 elsewhere. Half the squared
 * error looks at all ten; cross-entropy, -sum t log y, only at the belief in the right one. */
#include "example.h"

enum { DIGITS = 10 };

int main(void)
{
    static const double truth[DIGITS] = { 0, 0, 1 };
    static const double right[DIGITS] = { .1, .05, .6, 0, .05, .1, 0, .1, 0, 0 }; /* most belief in 2 */
    static const double other[DIGITS] = { .1, .05, .1, 0, .05, .1, 0, .6, 0, 0 }; /* most belief in 7 */

    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);
    const luge_val y = luge_input(g, "y", LUGE_F64, luge_shape_of(DIGITS));
    const luge_val t = luge_constant(g, LUGE_F64, luge_shape_of(DIGITS), truth);
    const luge_val squared = luge_squared_error(g, y, t, LUGE_HALF_SUM);

    /* The tiny number keeps log 0 = -infinity away. */
    const luge_val log_y = luge_log(g, luge_add(g, y, luge_scalar(g, LUGE_F64, 1e-7)));
    const luge_val entropy = luge_neg(g, luge_sum(g, luge_mul(g, t, log_y)));

    const luge_val both[] = { squared, entropy };
    luge_run *run = run_for(g, both, 2);

    static const struct {
        const char *name;
        const double *beliefs;
        double squared, entropy;
    } cases[] = {
        { "60% for 2, which it is", right, 0.0975, 0.510825457099338 },
        { "60% for 7, 10% for 2", other, 0.5975, 2.302584092994546 },
    };
    printf("  Two losses for an image of a 2: the better the answer, the smaller they are\n\n");
    printf("    %-24s  half squared error   cross-entropy\n", "what the network says");
    for (int i = 0; i < 2; i++) {
        must(luge_run_bind(run, y, cases[i].beliefs, sizeof right));
        must(luge_run_execute(run));
        printf("    %-24s  %18.4f  %14.4f\n", cases[i].name, number(run, squared), number(run, entropy));
        expect("half squared error", number(run, squared), cases[i].squared, 1e-15);
        expect("cross-entropy", number(run, entropy), cases[i].entropy, 1e-14);
    }
    return finish(ctx);
}
