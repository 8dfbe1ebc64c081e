/* apples.c: backpropagation with pocket money: what does a purchase cost, and what would change it?
 *
 * The price of each thing flows to the right. Then, from the right, flows the gradient: by how much the price grows
 * where that number grows by one. Both come from one plan. */
#include "example.h"

/* A number of the graph with what has flowed through it. */
typedef struct edge {
    luge_val v;
    double value, gradient;
} edge;

/* Evaluates e[0..n-1] and the gradient of the price, e[n-1]; compares the values and the gradients. */
static void evaluate(luge_graph *g, edge *e, int n, const double *values, const double *gradients)
{
    luge_val outputs[20], wrt[10];
    for (int i = 0; i < n; i++) wrt[i] = outputs[i] = e[i].v;
    luge_gradient(g, e[n - 1].v, wrt, n, outputs + n);
    luge_run *run = run_for(g, outputs, 2 * n);
    must(luge_run_execute(run));
    for (int i = 0; i < n; i++) {
        e[i].value = number(run, outputs[i]);
        e[i].gradient = number(run, outputs[n + i]);
        expect("value", e[i].value, values[i], 1e-13 * values[i]);
        expect("gradient", e[i].gradient, gradients[i], 1e-13 * gradients[i]);
    }
}

static luge_val given(luge_graph *g, const char *name, double value)
{
    const luge_val v = luge_variable(g, name, LUGE_F64, luge_scalar_shape());
    must(luge_set(g, v, &value, sizeof value));
    return v;
}

static void apples(luge_context *ctx)
{
    enum { APPLE, NUMBER, TAX, APPLES, PRICE, N };
    luge_graph *g = luge_graph_create(ctx);
    edge e[N] = { { { 0, 0 }, 0, 0 } };
    e[APPLE].v = given(g, "apple", 100);
    e[NUMBER].v = given(g, "number", 2);
    e[TAX].v = given(g, "tax", 1.1);
    e[APPLES].v = luge_mul(g, e[APPLE].v, e[NUMBER].v);
    e[PRICE].v = luge_mul(g, e[APPLES].v, e[TAX].v);
    static const double values[N] = { 100, 2, 1.1, 200, 220 }, gradients[N] = { 2.2, 110, 200, 1.1, 1 };
    evaluate(g, e, N, values, gradients);

    printf("  Two apples at 100, and tax: the value above the line, its gradient below\n\n");
    printf("    apple   %6g ─┐\n", e[APPLE].value);
    printf("            %6g  │    %6g\n", e[APPLE].gradient, e[APPLES].value);
    printf("                    ├ x ──────────┐\n");
    printf("    number  %6g ─┘    %6g   │     %6g\n", e[NUMBER].value, e[APPLES].gradient, e[PRICE].value);
    printf("            %6g                ├ x ─────────\n", e[NUMBER].gradient);
    printf("    tax     %6g ───────────────┘     %6g\n", e[TAX].value, e[PRICE].gradient);
    printf("            %6g\n", e[TAX].gradient);
}

static void apples_and_oranges(luge_context *ctx)
{
    enum { APPLES, APPLE, ORANGE, ORANGES, TAX, A, O, SUM, PRICE, N };
    luge_graph *g = luge_graph_create(ctx);
    edge e[N] = { { { 0, 0 }, 0, 0 } };
    e[APPLES].v = given(g, "apples", 2);
    e[APPLE].v = given(g, "apple", 100);
    e[ORANGE].v = given(g, "orange", 150);
    e[ORANGES].v = given(g, "oranges", 3);
    e[TAX].v = given(g, "tax", 1.1);
    e[A].v = luge_mul(g, e[APPLE].v, e[APPLES].v);
    e[O].v = luge_mul(g, e[ORANGE].v, e[ORANGES].v);
    e[SUM].v = luge_add(g, e[A].v, e[O].v);
    e[PRICE].v = luge_mul(g, e[SUM].v, e[TAX].v);
    static const double values[N] = { 2, 100, 150, 3, 1.1, 200, 450, 650, 715 };
    static const double gradients[N] = { 110, 2.2, 3.3, 165, 650, 1.1, 1.1, 1.1, 1 };
    evaluate(g, e, N, values, gradients);

    printf("\n  Two apples at 100, three oranges at 150, and tax\n\n");
    printf("    apples  %6g ─┐\n", e[APPLES].value);
    printf("            %6g  │    %6g\n", e[APPLES].gradient, e[A].value);
    printf("                    ├ x ──────────┐\n");
    printf("    apple   %6g ─┘    %6g   │\n", e[APPLE].value, e[A].gradient);
    printf("            %6g                │     %6g\n", e[APPLE].gradient, e[SUM].value);
    printf("                                  ├ + ──────────┐\n");
    printf("    orange  %6g ─┐             │     %6g  │\n", e[ORANGE].value, e[SUM].gradient);
    printf("            %6g  │    %6g   │             │\n", e[ORANGE].gradient, e[O].value);
    printf("                    ├ x ──────────┘             │     %6g\n", e[PRICE].value);
    printf("    oranges %6g ─┘    %6g                 ├ x ─────────\n", e[ORANGES].value, e[O].gradient);
    printf("            %6g                              │     %6g\n", e[ORANGES].gradient, e[PRICE].gradient);
    printf("    tax     %6g ─────────────────────────────┘\n", e[TAX].value);
    printf("            %6g\n", e[TAX].gradient);
}

int main(void)
{
    luge_context *ctx = luge_open();
    apples(ctx);
    apples_and_oranges(ctx);
    printf("\n  One more apple would cost 110, one more per cent of tax (0.01) 6.50.\n");
    return finish(ctx);
}
