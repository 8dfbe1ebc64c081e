/* learn_xor.c: a model from its description to its answers: XOR by a network of two layers, as one writes it in Keras.
 *
 * The layers are described, the model is compiled with a loss and an optimizer, and fit does the rest: batches,
 * gradients, updates, history. The same seed gives the same numbers on every machine of a kind, so the check is that
 * every answer is on the right side by far, not that the numbers are these. */
#include "example.h"

int main(void)
{
    static const float pairs[4][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } }, truth[4] = { 0, 1, 1, 0 };
    luge_context *ctx = luge_open();
    luge_dataset *gate = luge_dataset_create(ctx);
    luge_dataset_add_features(gate, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(4, 2), pairs));
    luge_dataset_add_targets(gate, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(4, 1), truth));

    luge_model *m = luge_sequential(ctx, .seed = 1);
    luge_add_layer(m, luge_dense(4, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 1), .loss = LUGE_BINARY_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    luge_fit(m, gate, .epochs = 2000, .batch_size = LUGE_FULL_BATCH);

    float answer[4] = { 0 };
    luge_predict(m, gate, answer, sizeof answer);
    if (luge_failed(ctx)) return finish(ctx);

    luge_summary(m, luge_file_sink(stdout));
    printf("\n    epoch      loss   right answers\n");
    for (int epoch = 1; epoch <= 2000; epoch *= epoch == 1000 ? 2 : 10)
        printf("    %5d    %6.4f   %.0f of 4\n", epoch, luge_history_value(m, epoch - 1, "loss"),
               4 * luge_history_value(m, epoch - 1, "accuracy"));
    printf("\n      a  b   XOR   the network\n");
    for (int i = 0; i < 4; i++) {
        printf("      %.0f  %.0f    %.0f       %.3f\n", (double)pairs[i][0], (double)pairs[i][1], (double)truth[i],
               (double)answer[i]);
        expect("the answer", (double)answer[i], (double)truth[i], 0.05);
    }
    expect("the loss", luge_history_value(m, -1, "loss"), 0, 0.02);
    return finish(ctx);
}
