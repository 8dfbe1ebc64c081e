/* activation.c: names of activations and layers; an activation as an operator. */

#include "nn/nn.h"

static const char *const activations[] = {
#define NAME(name, value, text) [value] = text,
    LUGE_ACTIVATION_MAP(NAME)
};
static const char *const layers[] = { "?", LUGE_LAYER_MAP(NAME) };
#undef NAME
enum { N_ACTIVATIONS = sizeof activations / sizeof *activations, N_LAYERS = sizeof layers / sizeof *layers };

const char *luge_activation_name(luge_activation activation)
{
    return (unsigned)activation < N_ACTIVATIONS ? activations[activation] : "?";
}

int luge_activation_named(const char *name, luge_activation *activation)
{
    const int i = luge__name_index(name, activations, N_ACTIVATIONS);
    if (i < 0 || !activation) return 0;
    *activation = (luge_activation)i;
    return 1;
}

const char *luge_layer_kind_name(luge_layer_kind kind)
{
    return (unsigned)kind < N_LAYERS ? layers[kind] : "?";
}

luge_val luge_activate(luge_graph *g, luge_val x, luge_activation activation, double slope)
{
    typedef luge_val builder(luge_graph *, luge_val);
    static builder *const builders[N_ACTIVATIONS] = {
        [LUGE_STEP] = luge_step,         [LUGE_SIGMOID] = luge_sigmoid,   [LUGE_TANH] = luge_tanh,
        [LUGE_RELU] = luge_relu,         [LUGE_SOFTMAX] = luge_softmax,   [LUGE_LOG_SOFTMAX] = luge_log_softmax,
        [LUGE_SELU] = luge_selu,         [LUGE_GELU] = luge_gelu,         [LUGE_SILU] = luge_silu,
        [LUGE_SOFTPLUS] = luge_softplus, [LUGE_SOFTSIGN] = luge_softsign, [LUGE_EXPONENTIAL] = luge_exp,
    };
    if (activation == LUGE_LINEAR) return x;
    if (activation == LUGE_LEAKY_RELU) return luge_leaky_relu(g, x, slope != 0 ? slope : 0.2);
    if (activation == LUGE_ELU) return luge_elu(g, x, slope != 0 ? slope : 1);
    if ((unsigned)activation < N_ACTIVATIONS) return builders[activation](g, x);
    luge__fail(NULL, LUGE_EINVAL, "activate: there is no activation number %d", (int)activation);
    return (luge_val){ 0, 0 };
}
