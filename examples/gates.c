/* gates.c: logic gates from perceptrons, with weights set by hand.
 *
 * A perceptron adds up its weighted inputs and a bias, and answers 1 where the sum is positive, else 0. AND, NAND and
 * OR differ in their weights only. XOR is not among them: it takes two layers, XOR = AND(NAND, OR). */
#include "example.h"

/* x has one pair of inputs a row, [4,2]; the answer is one number a row, [4,1]. */
static luge_val perceptron(luge_graph *g, luge_val x, double w1, double w2, double bias)
{
    const double weights[] = { w1, w2 };
    const luge_val w = luge_constant(g, LUGE_F64, luge_shape_of(2, 1), weights);
    const luge_val sum = luge_add(g, luge_matmul(g, x, w), luge_scalar(g, LUGE_F64, bias));
    return luge_step(g, sum);
}

static luge_val and_gate(luge_graph *g, luge_val x)
{
    return perceptron(g, x, 0.5, 0.5, -0.7);
}

int main(void)
{
    static const double pairs[4][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } };
    static const char *const names[4] = { "AND", "NAND", "OR", "XOR" };
    static const double truth[4][4] = { { 0, 0, 0, 1 }, { 1, 1, 1, 0 }, { 0, 1, 1, 1 }, { 0, 1, 1, 0 } };

    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_constant(g, LUGE_F64, luge_shape_of(4, 2), pairs);
    luge_val gate[4];
    gate[0] = and_gate(g, x);
    gate[1] = perceptron(g, x, -0.5, -0.5, 0.7);
    gate[2] = perceptron(g, x, 0.5, 0.5, -0.2);
    gate[3] = and_gate(g, luge_concat(g, &gate[1], 2, 1)); /* NAND and OR, side by side, are the inputs of an AND */

    luge_run *run = run_for(g, gate, 4);
    must(luge_run_execute(run));
    double answer[4][4];
    for (int k = 0; k < 4; k++) must(luge_run_get(run, gate[k], answer[k], sizeof answer[k]));

    printf("  Gates from perceptrons: w1 x1 + w2 x2 + b > 0\n\n");
    printf("    x1  x2     AND  NAND   OR   XOR\n");
    for (int row = 0; row < 4; row++) {
        printf("    %2.0f  %2.0f  ", pairs[row][0], pairs[row][1]);
        for (int k = 0; k < 4; k++) {
            printf("   %3.0f", answer[k][row]);
            expect(names[k], answer[k][row], truth[k][row], 0);
        }
        printf("\n");
    }
    printf("\n  The first three are one perceptron each. XOR is AND(NAND, OR): two layers.\n");
    return finish(ctx);
}
