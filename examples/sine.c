/* sine.c: a network draws a curve: regression, where the answer is a number and not a class.
 *
 * It sees 100 points of sin x with noise of deviation .1 and learns to make the squared error small. It is measured at
 * 100 places in between, against the true sine: it comes closer to that than the points it saw did, as it cannot
 * follow every point. */
#include "example.h"

enum { POINTS = 100, WIDTH = 64, HEIGHT = 17 };

/* Places from -pi to pi, shifted by a part of their distance, and their sines with some noise. */
static luge_dataset *curve(luge_context *ctx, float *x, float *y, double shift, double noise)
{
    float random[POINTS];
    luge_initialize(luge_init_normal(0, 1), LUGE_F32, luge_shape_of(POINTS), 1, 0, random);
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)(3.14159265 * (2 * (i + shift) / POINTS - 1));
        y[i] = sinf(x[i]) + (float)noise * random[i];
    }
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(POINTS, 1), x));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(POINTS, 1), y));
    return data;
}

static void draw(char picture[HEIGHT][WIDTH + 1], const float *y, char mark)
{
    for (int i = 0; i < POINTS; i++) {
        const int row = (int)lround((1.25 - (double)y[i]) / 2.5 * (HEIGHT - 1)), column = i * WIDTH / POINTS;
        if (row >= 0 && row < HEIGHT) picture[row][column] = mark;
    }
}

int main(void)
{
    float x[POINTS], noisy[POINTS], between[POINTS], truth[POINTS], answer[POINTS] = { 0 };
    luge_context *ctx = luge_open();
    luge_dataset *seen = curve(ctx, x, noisy, 0, 0.1), *held_out = curve(ctx, between, truth, 0.5, 0);

    luge_model *m = luge_sequential(ctx, .seed = 1);
    luge_add_layer(m, luge_dense(16, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(1));
    luge_compile(m, .optimizer = luge_adam(.learning_rate = 0.01), .loss = LUGE_MEAN_SQUARED_ERROR,
                 .metrics = { LUGE_RMSE });
    luge_fit(m, seen, .epochs = 500, .batch_size = 20);
    const luge_scores scores = luge_evaluate(m, held_out);
    luge_predict(m, held_out, answer, sizeof answer);
    if (luge_failed(ctx)) return finish(ctx);

    char picture[HEIGHT][WIDTH + 1];
    for (int i = 0; i < HEIGHT; i++) snprintf(picture[i], sizeof picture[i], "%*s", WIDTH, "");
    draw(picture, noisy, '.');
    draw(picture, answer, 'o');
    for (int i = 0; i < HEIGHT; i++) printf("    %s\n", picture[i]);
    printf("\n  .  %d points of sin x with noise of deviation 0.1\n", POINTS);
    printf("  o  what the network answers in between: root mean squared error %.4f\n", scores.rmse);
    expect("the error in between", scores.rmse, 0, 0.05);
    return finish(ctx);
}
