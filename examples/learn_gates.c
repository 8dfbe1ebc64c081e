/* learn_gates.c: neurons that find their weights themselves, and what one neuron cannot learn.
 *
 * One neuron is a weighted sum and a sigmoid. The loss says how far its answers are from the truth table, the gradient
 * says in which direction each weight makes the loss smaller, and plain gradient descent follows it. One step, forward,
 * backward and update, is one plan, run again and again. */
#include <string.h>

#include "example.h"

typedef struct net {
    luge_graph *g;
    luge_val x, t;      /* inputs: four pairs, four answers */
    luge_val params[4]; /* weights and biases */
    int n_params;
} net;

static luge_val input_of(luge_graph *g, const char *name, int columns)
{
    return luge_input(g, name, LUGE_F64, luge_shape_of(4, columns));
}

/* x W + b with new weights, which start at random: equal ones would stay equal for ever. */
static luge_val dense(net *n, luge_val x, int in, int out)
{
    static const char *const names[] = { "W1", "b1", "W2", "b2", "random 1", "random 2" };
    luge_graph *g = n->g;
    const int first = n->n_params;
    const luge_val w = luge_variable(g, names[first], LUGE_F64, luge_shape_of(in, out));
    const luge_val b = luge_variable(g, names[first + 1], LUGE_F64, luge_shape_of(out));
    const luge_val seed = luge_variable(g, names[4 + first / 2], LUGE_I64, luge_shape_of(2));
    const luge_val start = luge_assign(g, w, luge_random_normal(g, seed, w, 0, 1));
    must(luge_run_execute(run_for(g, &start, 1)));
    n->params[n->n_params++] = w;
    n->params[n->n_params++] = b;
    return luge_add(g, luge_matmul(g, x, w), b);
}

/* Learns a truth table for some steps; tells the loss at the end and how many of the four answers are right. */
static double learn(luge_context *ctx, int hidden, const double *truth, int steps, int *right)
{
    static const double pairs[4][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } };
    net n = { .g = luge_graph_create(ctx) };
    luge_graph *g = n.g;
    n.x = input_of(g, "x", 2);
    n.t = input_of(g, "t", 1);
    luge_val z = n.x;
    if (hidden) z = luge_tanh(g, dense(&n, z, 2, hidden));
    z = dense(&n, z, hidden ? hidden : 2, 1);
    const luge_val loss = luge_mean(g, luge_sigmoid_cross_entropy(g, z, n.t)); /* of sigmoid(z) against t */

    luge_val grads[4], outputs[6] = { loss, z };
    luge_gradient(g, loss, n.params, n.n_params, grads);
    for (int i = 0; i < n.n_params; i++)
        outputs[2 + i] = luge_update_sgd(g, n.params[i], grads[i], luge_scalar(g, LUGE_F64, 1));
    luge_run *step = run_for(g, outputs, 2 + n.n_params);
    must(luge_run_bind(step, n.x, pairs, sizeof pairs));
    must(luge_run_bind(step, n.t, truth, 4 * sizeof(double)));
    for (int i = 0; i < steps; i++) must(luge_run_execute(step));

    double answer[4];
    must(luge_run_get(step, z, answer, sizeof answer));
    *right = 0;
    for (int i = 0; i < 4; i++) *right += (answer[i] > 0) == (truth[i] > 0); /* z > 0 is sigmoid(z) > 1/2 */
    return number(step, loss);
}

static void cannot_learn_through_a_step(luge_context *ctx)
{
    luge_graph *g = luge_graph_create(ctx);
    const luge_val w = luge_variable(g, "w", LUGE_F64, luge_shape_of(2));
    const luge_val y = luge_sum(g, luge_name(g, luge_step(g, w), "perceptron"));
    luge_val grad;
    const luge_status status = luge_gradient(g, y, &w, 1, &grad);
    expect("the status of a gradient through a step", status, LUGE_ENOGRAD, 0);
    const char *message = luge_error(ctx), *rest = strchr(message, ';');
    printf("\n  With the step of a perceptron in place of the sigmoid nothing can be learnt:\n"
           "  it is flat everywhere, so its slope says nothing. luge refuses:\n\n"
           "    %.*s\n    %s\n",
           rest ? (int)(rest - message) : 0, message, rest ? rest + 2 : message);
    luge_clear(ctx); /* the error was the lesson */
}

int main(void)
{
    static const struct {
        const char *gate;
        int hidden;
        double truth[4];
    } lessons[] = {
        { "AND", 0, { 0, 0, 0, 1 } }, { "NAND", 0, { 1, 1, 1, 0 } }, { "OR", 0, { 0, 1, 1, 1 } },
        { "XOR", 0, { 0, 1, 1, 0 } }, { "XOR", 4, { 0, 1, 1, 0 } },
    };
    luge_context *ctx = luge_open();
    printf("  2,000 steps of gradient descent\n\n");
    printf("    gate   learnt by         loss   right answers\n");
    for (int i = 0; i < 5; i++) {
        int right = 0;
        const int hidden = lessons[i].hidden, hopeless = i == 3;
        const double loss = learn(ctx, hidden, lessons[i].truth, 2000, &right);
        printf("    %-5s  %-14s  %6.4f   %d of 4\n", lessons[i].gate, hidden ? "two layers" : "one neuron", loss,
               right);
        if (hopeless) {
            expect("the loss of one neuron on XOR", loss, 0.6931471805599453, 1e-9); /* ln 2: it knows nothing */
            if (right > 3) expect("right answers of one neuron on XOR", right, 3, 0);
        } else {
            expect("right answers", right, 4, 0);
            expect("the loss", loss, 0, 0.05);
        }
    }
    printf("\n  No straight line separates XOR: one neuron ends at ln 2 = 0.6931, as a coin.\n");
    cannot_learn_through_a_step(ctx);
    return finish(ctx);
}
