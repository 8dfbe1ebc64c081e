/* fashion_book.c: ten kinds of clothes, by the network of "Do it! Deep learning", chapter 7.
 *
 * Fashion-MNIST's 60,000 images, 48,000 to learn from and 12,000 held out, as many of each kind. 784-100-10, sigmoid
 * and softmax, weights N(0, 1), gradient descent, rate .1, batch 256, 40 epochs. The book gets .815 of the images held
 * out, give or take .01; by a slip its output bias never learns, which costs it little. */
#include "images.h"

int main(int argc, char **argv)
{
    const char *folder = data_path(argc, argv, "fashion-mnist");
    const luge_initializer normal = luge_init_normal(0, 1);
    luge_context *ctx = luge_open();
    luge_dataset *parts[2] = { NULL, NULL };
    luge_dataset_split(images(ctx, folder, "train"), parts, 0.8, .seed = 42, .stratified = 1);

    luge_model *m = luge_sequential(ctx, .seed = 42);
    luge_add_layer(m, luge_flatten_layer());
    luge_add_layer(m, luge_dense(100, .activation = LUGE_SIGMOID, .kernel_initializer = normal));
    luge_add_layer(m, luge_dense(10, .activation = LUGE_SOFTMAX, .kernel_initializer = normal));
    luge_compile(m, .optimizer = luge_sgd(.learning_rate = 0.1), .loss = LUGE_CATEGORICAL_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    luge_fit(m, parts[0], .epochs = 40, .batch_size = 256, .validation_data = parts[1]);
    if (luge_failed(ctx)) return finish(ctx);

    printf("  %d images to learn from, %d held out\n\n", (int)luge_dataset_rows(parts[0]),
           (int)luge_dataset_rows(parts[1]));
    printf("    epoch     loss   accuracy   validation loss   accuracy\n");
    for (int epoch = 1; epoch <= 40; epoch = epoch == 1 ? 5 : 2 * epoch)
        printf("    %5d   %6.4f     %.4f            %6.4f     %.4f\n", epoch, luge_history_value(m, epoch - 1, "loss"),
               luge_history_value(m, epoch - 1, "accuracy"), luge_history_value(m, epoch - 1, "val_loss"),
               luge_history_value(m, epoch - 1, "val_accuracy"));
    expect("the validation accuracy", luge_history_value(m, -1, "val_accuracy"), 0.815, 0.01);
    return finish(ctx);
}
