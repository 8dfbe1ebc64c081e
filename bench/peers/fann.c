/* fann.c: FANN on a workload of workload.h: batch training, one batch a step, weights as the others have them. FANN has
 * neither ReLU nor softmax nor cross-entropy nor Adam: hidden layers and outputs are sigmoid, the error is the squared
 * one, the update gradient descent. So only the forward pass is compared, where the hidden layers are sigmoid anyhow.
 *
 *   fann NAME THREADS          it has one thread */
#include "../workload.h"

#include <floatfann.h>

typedef struct net {
    const workload *w;
    workload_data data;
    struct fann *ann;
    struct fann_train_data **batch;
} net;

/* FANN counts neurons through all layers, the bias after those of its layer. Its own function for this searches all
 * connections for each. */
static void set_weights(net *n)
{
    const workload *w = n->w;
    const unsigned count = fann_get_total_connections(n->ann);
    struct fann_connection *c = malloc(count * sizeof *c);
    if (!c) exit(1);
    fann_get_connection_array(n->ann, c);
    for (unsigned i = 0; i < count; i++) {
        const float *p = n->data.params;
        unsigned first = 0, l = 1;
        while (c[i].from_neuron > first + (unsigned)w->width[l - 1]) {
            p += (w->width[l - 1] + 1) * w->width[l];
            first += (unsigned)w->width[l - 1] + 1, l++;
        }
        const unsigned row = c[i].from_neuron - first, next = first + (unsigned)w->width[l - 1] + 1;
        n->ann->weights[i] = p[row * (unsigned)w->width[l] + (c[i].to_neuron - next)];
    }
    free(c);
}

static struct fann_train_data *make_batch(const net *n, int batch)
{
    const workload *w = n->w;
    const int in = w->width[0], out = w->width[w->layers - 1];
    struct fann_train_data *t = fann_create_train((unsigned)w->rows, (unsigned)in, (unsigned)out);
    if (!t) exit(1);
    for (int r = 0; r < w->rows; r++) {
        const size_t row = (size_t)batch * (size_t)w->rows + (size_t)r;
        memcpy(t->input[r], n->data.x + row * (size_t)in, (size_t)in * sizeof(float));
        for (int i = 0; i < out; i++)
            t->output[r][i] = w->classes ? (n->data.labels[row] == i ? 1.0f : 0.0f) : n->data.t[row];
    }
    return t;
}

static void step(void *self, int batch)
{
    const net *n = self;
    fann_train_epoch(n->ann, n->batch[batch]);
}

/* The mean cross-entropy of the network's outputs, then a step. */
static double loss(void *self, int batch)
{
    const net *n = self;
    const workload *w = n->w;
    const struct fann_train_data *t = n->batch[batch];
    const int out = w->width[w->layers - 1];
    double sum = 0;
    for (int r = 0; r < w->rows; r++) {
        const float *y = fann_run(n->ann, t->input[r]);
        double total = 0, logit = 0;
        for (int i = 0; i < out; i++) {
            const double z = log((double)y[i]) - log1p(-(double)y[i]);
            total += exp(z);
            if (t->output[r][i] > 0.5f) logit = z;
        }
        if (w->classes)
            sum += log(total) - logit;
        else
            sum -= log(t->output[r][0] > 0.5f ? (double)y[0] : 1 - (double)y[0]);
    }
    step(self, batch);
    return sum / w->rows;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    net n = { .w = workload_named(argv[1]) };
    unsigned sizes[MOST_LAYERS];
    n.data = make_data(n.w);
    for (int i = 0; i < n.w->layers; i++) sizes[i] = (unsigned)n.w->width[i];
    n.ann = fann_create_standard_array((unsigned)n.w->layers, sizes);
    n.batch = malloc((size_t)n.data.batches * sizeof(struct fann_train_data *));
    if (!n.ann || !n.batch) return 1;
    fann_set_training_algorithm(n.ann, FANN_TRAIN_BATCH);
    fann_set_train_error_function(n.ann, FANN_ERRORFUNC_LINEAR);
    fann_set_activation_function_hidden(n.ann, FANN_SIGMOID);
    fann_set_activation_function_output(n.ann, FANN_SIGMOID);
    fann_set_learning_rate(n.ann, (float)n.w->rate);
    set_weights(&n);
    for (int i = 0; i < n.data.batches; i++) n.batch[i] = make_batch(&n, i);
    contestant c = { &n, n.data.batches, step, loss, 0 };
    serve(&c,
          "FANN; squared error instead of cross-entropy, sigmoid instead of ReLU, gradient descent instead of Adam");
    return 0;
}
