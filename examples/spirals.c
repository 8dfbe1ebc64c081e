/* spirals.c: two spirals wound around each other, which no line and no single curve of low degree keeps apart.
 *
 * The points are made here, with some noise. The network, 2-32-32-1, sees 400 of them, and is asked about 400 others
 * and then about every place of the plane, which draws a picture of what it takes for which spiral. What is asked of
 * it is .98 of the others after 1,040 steps. */
#include "example.h"

enum { POINTS = 400, WIDTH = 61, HEIGHT = 25 };

/* Points on both spirals, every other one on the second, which is the first turned by half a circle. */
static luge_dataset *spirals(luge_context *ctx, uint64_t seed)
{
    float at[POINTS], noise[POINTS][2], xy[POINTS][2], second[POINTS];
    luge_initialize(luge_init_uniform(0, 1), LUGE_F32, luge_shape_of(POINTS), seed, 0, at); /* random numbers */
    luge_initialize(luge_init_normal(0, 0.1), LUGE_F32, luge_shape_of(POINTS, 2), seed, 1, noise);
    for (int i = 0; i < POINTS; i++) {
        const double angle = 1 + 9 * (double)at[i], r = angle / 2, turn = i % 2 ? 3.14159265 : 0;
        xy[i][0] = (float)(r * cos(angle + turn)) + noise[i][0];
        xy[i][1] = (float)(r * sin(angle + turn)) + noise[i][1];
        second[i] = (float)(i % 2);
    }
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_copy(ctx, LUGE_F32, luge_shape_of(POINTS, 2), xy));
    luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_F32, luge_shape_of(POINTS, 1), second));
    return data;
}

static void picture(luge_context *ctx, luge_model *m)
{
    static float xy[HEIGHT][WIDTH][2], second[HEIGHT][WIDTH];
    for (int i = 0; i < HEIGHT; i++)
        for (int j = 0; j < WIDTH; j++) {
            xy[i][j][0] = (float)(12.0 * j / (WIDTH - 1) - 6);
            xy[i][j][1] = (float)(6 - 12.0 * i / (HEIGHT - 1));
        }
    luge_dataset *plane = luge_dataset_create(ctx);
    luge_dataset_add_features(plane, luge_array_borrow(ctx, LUGE_F32, luge_shape_of(HEIGHT * WIDTH, 2), xy));
    must(luge_predict(m, plane, second, sizeof second));
    for (int i = 0; i < HEIGHT; i++) {
        printf("    ");
        for (int j = 0; j < WIDTH; j++) putchar(second[i][j] > 0.5f ? '#' : '.');
        putchar('\n');
    }
}

int main(void)
{
    luge_context *ctx = luge_open();
    luge_model *m = luge_sequential(ctx, .seed = 1);
    luge_add_layer(m, luge_dense(32, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(32, .activation = LUGE_TANH));
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    luge_compile(m, .optimizer = luge_adam(.learning_rate = 0.01), .loss = LUGE_BINARY_CROSSENTROPY,
                 .metrics = { LUGE_ACCURACY });
    luge_fit(m, spirals(ctx, 1), .epochs = 80); /* of 13 batches */
    const luge_scores others = luge_evaluate(m, spirals(ctx, 2));
    if (luge_failed(ctx)) return finish(ctx);
    picture(ctx, m);
    printf("\n  after %d steps: %.4f of %d points, %.4f of %d others\n", (int)luge_model_progress(m).updates,
           luge_history_value(m, -1, "accuracy"), POINTS, others.accuracy, POINTS);
    expect("the share of other points that is right", others.accuracy, 1, 0.02);
    return finish(ctx);
}
