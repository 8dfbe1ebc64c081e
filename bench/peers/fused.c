/* fused.c: a training step as short and as fast as a page of plain C over a BLAS gets: everything allocated before,
 * three products per layer, bias and activation in one pass, softmax and its gradient in one pass, gradient descent
 * folded into the product that makes the weight gradient, Adam in one pass. What luge has to beat.
 *
 *   fused NAME THREADS         a workload of workload.h
 *   fused rows N THREADS       the forward pass of 784-100-10 on N rows
 *   fused product THREADS      GFLOP/s of the best product
 *
 * Compiled with -DWITH_DNNL or -DWITH_OPENBLAS; with neither the products are three loops, for tests. */
#include "../workload.h"

#if defined(WITH_DNNL)
#include <dnnl.h>
#define ABOUT "oneDNN"
#elif defined(WITH_OPENBLAS)
#include <cblas.h>
void openblas_set_num_threads(int n);
#define ABOUT "OpenBLAS"
#else
#define ABOUT "loops"
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

enum { SHARED = 1 << 15 }; /* elements from which a pass pays for two threads */

/* c[m,n] = alpha op(a) op(b) + beta c, all dense and row-major; ta: a is stored [k,m]; tb: b is stored [n,k]. */
static void product(int ta, int tb, int m, int n, int k, float alpha, const float *a, const float *b, float beta,
                    float *c)
{
#if defined(WITH_DNNL)
    dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, alpha, a, ta ? m : k, b, tb ? k : n, beta, c, n);
#elif defined(WITH_OPENBLAS)
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a,
                ta ? m : k, b, tb ? k : n, beta, c, n);
#else
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++) {
            float sum = 0;
            for (long l = 0; l < k; l++) sum += a[ta ? l * m + i : i * k + l] * b[tb ? j * k + l : l * n + j];
            c[i * n + j] = alpha * sum + (beta != 0 ? beta * c[i * n + j] : 0);
        }
#endif
}

typedef struct fused {
    const workload *w;
    workload_data data;
    float *kernel[MOST_LAYERS], *bias[MOST_LAYERS]; /* into params */
    float *a[MOST_LAYERS], *d[MOST_LAYERS];         /* activations; gradients of what goes into them */
    float *params, *grad, *m, *v;                   /* grad, m and v for Adam; grad's biases for all */
    double steps;                                   /* taken */
} fused;

/* A pass over rows [begin, end) of a layer: alone, or shared where it is long enough. */
typedef void (*pass)(fused *f, int layer, long begin, long end);

static void share(pass run, fused *f, int layer, long rows, long elements)
{
    if (elements < SHARED) {
        run(f, layer, 0, rows);
        return;
    }
#pragma omp parallel for
    for (int i = 0; i < 16; i++) run(f, layer, rows * i / 16, rows * (i + 1) / 16);
}

static void activate(fused *f, int l, long begin, long end)
{
    const int n = f->w->width[l], last = l + 1 == f->w->layers;
    const float *bias = f->bias[l];
    for (long r = begin; r < end; r++) {
        float *row = f->a[l] + r * n;
        if (last)
            for (int i = 0; i < n; i++) row[i] += bias[i];
        else if (f->w->relu)
            for (int i = 0; i < n; i++) row[i] = fmaxf(row[i] + bias[i], 0);
        else
            for (int i = 0; i < n; i++) row[i] = 1 / (1 + expf(-row[i] - bias[i]));
    }
}

static void forward(fused *f, const float *x)
{
    const workload *w = f->w;
    for (int l = 1; l < w->layers; l++) {
        product(0, 0, w->rows, w->width[l], w->width[l - 1], 1, l > 1 ? f->a[l - 1] : x, f->kernel[l], 0, f->a[l]);
        share(activate, f, l, w->rows, (long)w->rows * w->width[l]);
    }
}

/* The gradient of the mean cross-entropy, times rows, in place of the logits' d; the loss where asked for. */
static double output_gradient(fused *f, int batch, int with_loss)
{
    const workload *w = f->w;
    const int n = w->width[w->layers - 1], rows = w->rows;
    const float *z = f->a[w->layers - 1], *t = f->data.t + (size_t)batch * (size_t)rows;
    const int32_t *labels = f->data.labels + (size_t)batch * (size_t)rows;
    float *d = f->d[w->layers - 1];
    double loss = 0;
    if (!w->classes) {
        for (int r = 0; r < rows; r++) d[r] = 1 / (1 + expf(-z[r])) - t[r];
        for (int r = 0; with_loss && r < rows; r++) loss += fmaxf(z[r], 0) - z[r] * t[r] + log1pf(expf(-fabsf(z[r])));
        return loss / rows;
    }
    for (int r = 0; r < rows; r++, z += n, d += n) {
        float most = z[0], sum = 0;
        for (int i = 1; i < n; i++) most = fmaxf(most, z[i]);
        for (int i = 0; i < n; i++) sum += d[i] = expf(z[i] - most);
        if (with_loss) loss += logf(sum) + most - z[labels[r]];
        for (int i = 0; i < n; i++) d[i] *= 1 / sum;
        d[labels[r]] -= 1;
    }
    return loss / rows;
}

static void add_rows(const float *d, int rows, int n, float *sum)
{
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < n; i++) sum[i] += d[(size_t)r * (size_t)n + (size_t)i];
}

static void activation_gradient(fused *f, int l, long begin, long end)
{
    const long n = f->w->width[l];
    const float *a = f->a[l];
    float *d = f->d[l];
    for (long i = begin * n; i < end * n; i++) d[i] = f->w->relu ? (a[i] > 0 ? d[i] : 0) : d[i] * a[i] * (1 - a[i]);
}

static void adam(fused *f, int l, long begin, long end)
{
    const float b1 = 0.9f, b2 = 0.999f, rate = (float)(f->w->rate / (1 - pow(0.9, f->steps))),
                c2 = (float)(1 / (1 - pow(0.999, f->steps)));
    float *p = f->params, *g = f->grad, *m = f->m, *v = f->v;
    (void)l;
    for (long i = begin; i < end; i++) {
        m[i] = b1 * m[i] + (1 - b1) * g[i];
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
        p[i] -= rate * m[i] / (sqrtf(v[i] * c2) + 1e-8f);
    }
}

static double train(fused *f, int batch, int with_loss)
{
    const workload *w = f->w;
    const float *x = f->data.x + (size_t)batch * (size_t)w->rows * (size_t)w->width[0], scale = 1 / (float)w->rows;
    forward(f, x);
    const double loss = output_gradient(f, batch, with_loss);
    for (int l = w->layers - 1; l > 0; l--) {
        const int n = w->width[l], in = w->width[l - 1];
        const float *a = l > 1 ? f->a[l - 1] : x;
        float *d = f->d[l], *bias_grad = f->grad + (f->bias[l] - f->params);
        if (l > 1) { /* before the kernel changes */
            product(0, 1, w->rows, in, n, 1, d, f->kernel[l], 0, f->d[l - 1]);
            share(activation_gradient, f, l - 1, w->rows, (long)w->rows * in);
        }
        add_rows(d, w->rows, n, bias_grad);
        if (w->adam) {
            product(1, 0, in, n, w->rows, scale, a, d, 0, f->grad + (f->kernel[l] - f->params));
            for (int i = 0; i < n; i++) bias_grad[i] *= scale;
        } else {
            product(1, 0, in, n, w->rows, (float)-w->rate * scale, a, d, 1, f->kernel[l]);
            for (int i = 0; i < n; i++) f->bias[l][i] -= (float)w->rate * scale * bias_grad[i];
        }
    }
    f->steps++;
    if (w->adam) share(adam, f, 0, (long)f->data.n_params, (long)f->data.n_params);
    return loss;
}

static void train_step(void *self, int batch)
{
    train(self, batch, 0);
}

static double train_loss(void *self, int batch)
{
    return train(self, batch, 1);
}

static void forward_step(void *self, int batch)
{
    fused *f = self;
    forward(f, f->data.x + (size_t)batch * (size_t)f->w->rows * (size_t)f->w->width[0]);
}

static double forward_sum(void *self, int batch)
{
    fused *f = self;
    double sum = 0;
    forward_step(f, batch);
    for (int i = 0; i < f->w->rows * 10; i++) sum += (double)f->a[2][i];
    return sum;
}

static fused prepare(const workload *w)
{
    fused f = { .w = w, .data = make_data(w) };
    const size_t rows = (size_t)w->rows;
    float *p = f.params = f.data.params;
    f.grad = room(f.data.n_params), f.m = room(f.data.n_params), f.v = room(f.data.n_params);
    for (int l = 1; l < w->layers; l++) {
        f.kernel[l] = p, p += w->width[l - 1] * w->width[l];
        f.bias[l] = p, p += w->width[l];
        f.a[l] = room(rows * (size_t)w->width[l]), f.d[l] = room(rows * (size_t)w->width[l]);
    }
    return f;
}

/* GFLOP/s of the fastest of some shapes, best of several. */
static double best_product(void)
{
    static const int shape[][3] = {
        { 1024, 1024, 1024 }, { 2048, 2048, 2048 }, { 784, 1024, 256 }, { 256, 784, 1024 }
    };
    float *a = room(2048 * 2048), *b = room(2048 * 2048), *c = room(2048 * 2048);
    double best = 0;
    for (int i = 0; i < 2048 * 2048; i++) a[i] = (float)(i % 7) - 3, b[i] = (float)(i % 5) - 2;
    for (int s = 0; s < 4; s++)
        for (int round = 0; round < 12; round++) {
            const int m = shape[s][0], n = shape[s][1], k = shape[s][2], times = 1 + (int)(1e9 / (2.0 * m * n * k));
            const double start = seconds_now();
            for (int i = 0; i < times; i++) product(0, 0, m, n, k, 1, a, b, 0, c);
            const double rate = 2e-9 * m * n * k * times / (seconds_now() - start);
            if (rate > best) best = rate;
        }
    free(a), free(b), free(c);
    return best;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
#ifdef _OPENMP
    omp_set_num_threads(atoi(argv[argc - 1]));
#endif
#ifdef WITH_OPENBLAS
    openblas_set_num_threads(atoi(argv[argc - 1]));
#endif
    if (!strcmp(argv[1], "product")) return printf("{\"gflops\": %.4g}\n", best_product()) < 0;
    const int rows = argc > 3 ? atoi(argv[2]) : 0;
    workload w = *workload_named(rows ? "fashion-adam" : argv[1]);
    if (rows) w.rows = rows, w.data_rows = rows < 10000 ? 1000 * rows : rows;
    fused f = prepare(&w);
    contestant c = { &f, f.data.batches, rows ? forward_step : train_step, rows ? forward_sum : train_loss, 0 };
    serve(&c, ABOUT);
    return 0;
}
