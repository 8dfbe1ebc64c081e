/* softmax.c: from any numbers to probabilities: e^x / sum e^x.
 *
 * e^1010 is too large for a computer's numbers. Subtracting the largest x from all of them changes no probability, and
 * then nothing can overflow: luge_softmax does so. */
#include "example.h"

/* Runs softmax on one row and compares it with the reference to the digits given. */
static void show(luge_graph *g, const double *x, const double *reference, double digits, const char *format)
{
    const luge_val row = luge_constant(g, LUGE_F64, luge_shape_of(3), x);
    double p[3] = { 0, 0, 0 };
    must(luge_eval(g, luge_softmax(g, row), p, sizeof p));
    printf("    %7.2f %7.2f %7.2f    ", x[0], x[1], x[2]);
    for (int i = 0; i < 3; i++) {
        printf(format, p[i]);
        expect("softmax", p[i], reference[i], digits * (reference[i] < 1e-3 ? reference[i] : 1));
    }
    printf("\n");
}

int main(void)
{
    static const double plain[] = { 0.3, 2.9, 4.0 }, plain_p[] = { 0.01821127, 0.24519181, 0.73659691 };
    static const double large[] = { 1010, 1000, 990 };
    static const double large_p[] = { 0.99995460, 4.53978686e-05, 2.06106005e-09 };
    static const double row[] = { 1, 2, 0 }, row_p[] = { 0.24472847, 0.66524096, 0.09003057 };
    static const double upper[] = { 2.20, 1.39, 0.85 }, upper_p[] = { 0.59, 0.26, 0.15 };
    static const double lower[] = { 0, -1.39, -2.20 }, lower_p[] = { 0.74, 0.18, 0.08 };
    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);

    printf("  Softmax makes probabilities of any numbers: they are positive and add up to 1\n\n");
    show(g, plain, plain_p, 5e-9, "%16.8f");
    show(g, row, row_p, 5e-9, "%16.8f");
    show(g, large, large_p, 5e-9, "%16.8e");

    /* The formula as it stands, e^x / sum e^x, is infinity / infinity here. */
    const luge_val e = luge_exp(g, luge_constant(g, LUGE_F64, luge_shape_of(3), large));
    double naive[3] = { 0, 0, 0 };
    must(luge_eval(g, luge_div(g, e, luge_sum(g, e)), naive, sizeof naive));
    printf("    %-27s", "e^x / sum e^x as it is");
    for (int i = 0; i < 3; i++) {
        if (isnan(naive[i]))
            printf("%16s", "not a number");
        else
            expect("e^x / sum e^x", naive[i], (double)NAN, 0);
    }

    printf("\n\n  With two digits, as on paper\n\n");
    show(g, upper, upper_p, 5e-3, "%16.2f");
    show(g, lower, lower_p, 5e-3, "%16.2f");

    /* Whoever only wants the answer takes the largest: softmax keeps the order. */
    const luge_val best = luge_argmax(g, luge_constant(g, LUGE_F64, luge_shape_of(3), plain), -1);
    double hot[3] = { 0, 0, 0 };
    must(luge_eval(g, luge_one_hot(g, best, 3, LUGE_F64), hot, sizeof hot));
    printf("\n  The answer alone, for the first line:   %.0f  %.0f  %.0f\n", hot[0], hot[1], hot[2]);
    for (int i = 0; i < 3; i++) expect("one-hot answer", hot[i], i == 2, 0);
    return finish(ctx);
}
