// cxx_api.cpp: the public interface from C++11: the functions ..._with and their option structs, no keyword macros.
//
//   c++ -std=c++11 -pedantic -Wall -Wextra -Wconversion -Wold-style-cast -Iinclude tests/cxx_api.cpp -lluge
//
// Learns AND with one neuron, momentum and two plans; checks gradients. Exits 0 where all is right.
#include <luge/luge.h>

#include <cmath>
#include <cstdio>
#include <memory>

namespace
{

struct close_context {
    void operator()(luge_context *ctx) const
    {
        luge_close(ctx);
    }
};

luge_shape shape(int64_t rows, int64_t columns)
{
    const int64_t dims[] = { rows, columns };
    return luge_make_shape(2, dims);
}

luge_run *run_for(luge_graph *g, const luge_val *outputs, int n)
{
    luge_plan_options options = luge_plan_options();
    options.size = sizeof options;
    options.n_outputs = n;
    return luge_run_create(luge_plan_create_with(g, outputs, &options));
}

bool gradients_are_right(luge_graph *g, luge_val loss, const luge_val *w, const luge_binding *bindings)
{
    luge_check_options options = luge_check_options();
    options.size = sizeof options;
    options.n_bindings = 2;
    options.bindings = bindings;
    luge_check_result found[2];
    if (luge_check_gradients(g, loss, w, 2, &options, found) != LUGE_OK) return false;
    return found[0].ok && found[1].ok;
}

bool learn_and(luge_context *ctx)
{
    static const float pairs[] = { 0, 0, 0, 1, 1, 0, 1, 1 }, truth[] = { 0, 0, 0, 1 };
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F32, shape(4, 2)), t = luge_input(g, "t", LUGE_F32, shape(4, 1));
    const luge_val w[] = { luge_variable(g, "W", LUGE_F32, shape(2, 1)), luge_variable(g, "b", LUGE_F32, shape(1, 1)) };
    const luge_val z = luge_add(g, luge_matmul(g, x, w[0]), w[1]);
    const luge_val loss = luge_mean(g, luge_sigmoid_cross_entropy(g, z, t));
    const luge_binding bindings[] = { { x, pairs, sizeof pairs }, { t, truth, sizeof truth } };
    if (!gradients_are_right(g, loss, w, bindings)) return false;

    luge_val grads[2], outputs[4] = { loss, z, luge_val(), luge_val() };
    if (luge_gradient(g, loss, w, 2, grads) != LUGE_OK) return false;
    luge_update_options options = luge_update_options();
    options.size = sizeof options;
    options.rate = luge_scalar(g, LUGE_F32, 0.5);
    for (int i = 0; i < 2; i++) {
        options.velocity =
            luge_variable(g, i ? "velocity of b" : "velocity of W", LUGE_F32, i ? shape(1, 1) : shape(2, 1));
        outputs[2 + i] = luge_update_sgd_with(g, w[i], grads[i], &options);
    }
    luge_run *step = run_for(g, outputs, 4);
    luge_run_bind(step, x, pairs, sizeof pairs);
    luge_run_bind(step, t, truth, sizeof truth);
    for (int i = 0; i < 500; i++) {
        if (luge_run_execute(step) != LUGE_OK) return false;
    }
    float answer[4];
    if (luge_run_get(step, z, answer, sizeof answer) != LUGE_OK) return false;
    for (int i = 0; i < 4; i++) {
        if ((answer[i] > 0) != (truth[i] > 0)) return false;
    }
    return true;
}

// One row of the network's inputs instead of four: a replay infers the graph for other shapes.
bool replay(luge_context *ctx)
{
    luge_graph *g = luge_graph_create(ctx);
    const luge_val x = luge_input(g, "x", LUGE_F64, shape(4, 2));
    const int axes[] = { -1 };
    const luge_val sum = luge_sum_over(g, x, luge_make_axes(1, axes), 0);
    const luge_shape one_row = shape(1, 2);
    luge_replay_options options = luge_replay_options();
    options.size = sizeof options;
    options.n_inputs = 1;
    options.inputs = &x;
    options.shapes = &one_row;
    luge_graph *h = luge_graph_replay_with(g, &options);
    return h && luge_shape_of_val(h, luge_replayed(h, sum)).dim[0] == 1;
}

} // namespace

int main()
{
    luge_open_options options = luge_open_options();
    options.size = sizeof options;
    options.threads = 1;
    const std::unique_ptr<luge_context, close_context> ctx(luge_open_with(&options));
    if (ctx && learn_and(ctx.get()) && replay(ctx.get()) && !luge_failed(ctx.get())) return 0;
    std::fprintf(stderr, "cxx_api: %s\n", luge_last_error());
    return 1;
}
