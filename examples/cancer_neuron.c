/* cancer_neuron.c: is a tumour benign? One neuron over 30 measurements gets 89 of 91 held-out patients right.
 *
 * The network is the SingleLayer of "Do it! Deep learning", chapter 6: all weights 1 at the start, gradient descent
 * over all 364 training rows at once, rate .1, 10,000 epochs. The book's L2 of .01 is divided by the rows and halved
 * in the gradient; as a penalty of l2 sum w^2 that is .01 / 728. Its result, .978021978021978, is 89 of 91; the
 * losses on the way there were computed by NumPy (tests/golden/make_breast_cancer_split.py). */
#include "cancer.h"

int main(int argc, char **argv)
{
    const char *path = data_path(argc, argv, "tabular/breast-cancer.csv");
    luge_context *ctx = luge_open();
    const cancer data = cancer_data(ctx, path);

    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(
        m, luge_dense(1, .activation = LUGE_SIGMOID, .kernel_initializer = luge_init_ones(), .kernel_l2 = 0.01 / 728));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.1), .loss = LUGE_BINARY_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    if (luge_failed(ctx)) return finish(ctx);
    cancer_epochs(m, &data, "single");

    const double accuracy = luge_evaluate(m, data.validation).accuracy;
    printf("\n  validation accuracy %.15f, 89 of 91\n", accuracy);
    expect("the validation accuracy", accuracy, 89.0 / 91, 1e-15);
    return finish(ctx);
}
