/* five_eight.c: is this handwritten digit a 5 or an 8? One network, all images in every step.
 *
 * 784-196-1, sigmoid both, binary cross-entropy, gradient descent over all 11,272 fives and eights of MNIST's training
 * set at once: plain, slow, and its loss falls with every iteration. The digits of the test set are scored at the end:
 * nobody chose anything by them. The second argument is the number of iterations, 1,000 if there is none. */
#include "five_eight.h"

int main(int argc, char **argv)
{
    const char *folder = data_path(argc, argv, "mnist");
    const int iterations = argc > 2 ? atoi(argv[2]) : 1000;
    luge_context *ctx = luge_open();
    luge_model *m = luge_sequential(ctx, .seed = 1);
    luge_add_layer(m, luge_flatten_layer());
    luge_add_layer(m, luge_dense(196, .activation = LUGE_SIGMOID));
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.1), .loss = LUGE_BINARY_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    learn_five_or_eight(ctx, m, folder, iterations);
    return finish(ctx);
}
