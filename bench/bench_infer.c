/* bench_infer.c: the forward pass of 784-100-10 (ReLU) by a predictor, for bench.py (see workload.h); `losses` are the
 * sums of the outputs.
 *
 *   bench_infer ROWS THREADS */
#include "luge/luge.h"

#include "workload.h"

typedef struct prediction {
    workload_data data;
    int rows;
    luge_context *ctx;
    luge_predictor *predictor;
    float *out;
} prediction;

static void step(void *self, int batch)
{
    const prediction *p = self;
    const size_t n = (size_t)p->rows * 784;
    if (luge_predictor_run(p->predictor, p->data.x + (size_t)batch * n, n * sizeof(float), p->out,
                           (size_t)p->rows * 10 * sizeof(float)))
        fprintf(stderr, "%s\n", luge_last_error()), exit(1);
}

static double sum(void *self, int batch)
{
    const prediction *p = self;
    double all = 0;
    step(self, batch);
    for (int i = 0; i < p->rows * 10; i++) all += (double)p->out[i];
    return all;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    workload w = *workload_named("fashion-adam");
    w.rows = atoi(argv[1]), w.data_rows = w.rows < 10000 ? 1000 * w.rows : w.rows;
    prediction p = { .data = make_data(&w), .rows = w.rows, .ctx = luge_open(.threads = atoi(argv[2])) };
    const float *weights = p.data.params;
    luge_model *m = luge_sequential(p.ctx);
    luge_add_layer(m, luge_dense(100, .activation = LUGE_RELU, .name = "hidden"));
    luge_add_layer(m, luge_dense(10, .name = "scores"));
    luge_build(m, luge_shape_of(784));
    luge_set_weight(m, "hidden/kernel", weights, 78400 * sizeof(float));
    luge_set_weight(m, "hidden/bias", weights + 78400, 100 * sizeof(float));
    luge_set_weight(m, "scores/kernel", weights + 78500, 1000 * sizeof(float));
    luge_set_weight(m, "scores/bias", weights + 79500, 10 * sizeof(float));
    p.predictor = luge_predictor_create(m, p.rows);
    p.out = room((size_t)p.rows * 10);
    if (luge_failed(p.ctx) || !p.predictor) return fprintf(stderr, "%s\n", luge_error(p.ctx)), 1;
    contestant c = { &p, p.data.batches, step, sum, 0 };
    serve(&c, luge_instruction_set(p.ctx));
    luge_close(p.ctx);
    free_data(&p.data);
    free(p.out);
    return 0;
}
