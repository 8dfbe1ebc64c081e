/* five_eight_deep.c: 5 or 8, as five_eight.c tells them apart, with as many layers as one likes: a loop adds them.
 *
 *   five_eight_deep DATA 196 49 16      three hidden layers of these sizes; without sizes: 100 and 25
 *
 * All sigmoid, binary cross-entropy, gradient descent over all images at once, 400 iterations. A sigmoid passes back a
 * quarter of a gradient at most, so each further layer learns more slowly: try five of them. */
#include "five_eight.h"

int main(int argc, char **argv)
{
    const char *folder = data_path(argc, argv, "mnist");
    luge_context *ctx = luge_open();
    luge_model *m = luge_sequential(ctx, .seed = 1);
    luge_add_layer(m, luge_flatten_layer());
    for (int i = 2; i < argc; i++) luge_add_layer(m, luge_dense(atoi(argv[i]), .activation = LUGE_SIGMOID));
    for (int i = 0; i < 2 && argc <= 2; i++) luge_add_layer(m, luge_dense(i ? 25 : 100, .activation = LUGE_SIGMOID));
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.3), .loss = LUGE_BINARY_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    learn_five_or_eight(ctx, m, folder, 400);
    return finish(ctx);
}
