/* cancer_layers.c: the same patients as in cancer_neuron.c, now by two layers: 30-10-1, both sigmoid.
 *
 * The network is the DualLayer of "Do it! Deep learning", chapter 6: all weights 1, all biases 0, rate .1, L2 .01
 * (see cancer_neuron.c), 20,000 epochs. It ends at 89 of 91 as well, exactly. As the ten hidden neurons start equal,
 * they get equal gradients and stay equal: ten times the same neuron, which is why networks start at random. */
#include "cancer.h"

int main(int argc, char **argv)
{
    const char *path = data_path(argc, argv, "tabular/breast-cancer.csv");
    luge_context *ctx = luge_open();
    const cancer data = cancer_data(ctx, path);

    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_dense(10, .name = "hidden", .activation = LUGE_SIGMOID,
                                 .kernel_initializer = luge_init_ones(), .kernel_l2 = 0.01 / 728));
    luge_add_layer(m, luge_dense(1, .name = "output", .activation = LUGE_SIGMOID,
                                 .kernel_initializer = luge_init_ones(), .kernel_l2 = 0.01 / 728));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.1), .loss = LUGE_BINARY_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    if (luge_failed(ctx)) return finish(ctx);
    cancer_epochs(m, &data, "dual");

    const double accuracy = luge_evaluate(m, data.validation).accuracy;
    printf("\n  validation accuracy %.15f, 89 of 91\n", accuracy);
    expect("the validation accuracy", accuracy, 89.0 / 91, 1e-15);

    double w[CANCER_INPUTS][10], difference = 0;
    must(luge_get_weight(m, "hidden/kernel", w, sizeof w));
    for (int i = 0; i < CANCER_INPUTS; i++)
        for (int j = 1; j < 10; j++) difference = fmax(difference, fabs(w[i][j] - w[i][0]));
    printf("  largest difference between two hidden neurons: %g\n", difference);
    expect("the difference between two hidden neurons", difference, 0, 1e-9);
    return finish(ctx);
}
