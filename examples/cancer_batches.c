/* cancer_batches.c: the same patients as in cancer_neuron.c: what a batch of 32 or 128 rows in place of all does.
 *
 * 30-10-1, both sigmoid, weights N(0, 1), rate .1, 500 epochs: RandomInitNetwork and MinibatchNetwork of "Do it! Deep
 * learning", chapter 6. An epoch of small batches makes many steps, so the loss falls sooner. The book's one run gets
 * 89 of 91 validation rows (.978) right with either batch; here eight seeds of eight give 88 or 89. */
#include "cancer.h"

int main(int argc, char **argv)
{
    static const int64_t batches[] = { LUGE_FULL_BATCH, 128, 32 };
    const char *path = data_path(argc, argv, "tabular/breast-cancer.csv");
    luge_context *ctx = luge_open();
    const cancer data = cancer_data(ctx, path);

    printf("                       loss after epoch               validation\n");
    printf("    batch   steps        1       10      100      500   right of 91\n");
    for (int i = 0; i < 3; i++) {
        const int64_t batch = batches[i] < 0 ? CANCER_TRAIN : batches[i];
        const double l2 = 0.01 / (2 * (double)batch); /* the book's .01, see cancer_neuron.c */
        const luge_initializer normal = luge_init_normal(0, 1);
        luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64, .seed = 7);
        luge_add_layer(m, luge_dense(10, .activation = LUGE_SIGMOID, .kernel_initializer = normal, .kernel_l2 = l2));
        luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID, .kernel_initializer = normal, .kernel_l2 = l2));
        luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.1), .loss = LUGE_BINARY_CROSSENTROPY,
                     .metrics = { LUGE_ACCURACY });
        luge_fit(m, data.train, .epochs = 500, .batch_size = batch);
        const double right = 91 * luge_evaluate(m, data.validation).accuracy;
        if (luge_failed(ctx)) break;
        printf("      %3d   %5d ", (int)batch, (int)luge_model_progress(m).updates);
        for (int epoch = 1, before = 0; epoch <= 500; before = epoch, epoch *= epoch < 100 ? 10 : 5) {
            const double loss = luge_history_value(m, epoch - 1, "loss");
            printf("   %6.4f", loss);
            if (before) expect("a loss that rose", fmax(loss - luge_history_value(m, before - 1, "loss"), 0), 0, 0);
        }
        printf("   %11.0f\n", right);
        if (batch < CANCER_TRAIN) expect("right answers", right, 89, 1);
    }
    return finish(ctx);
}
