/* random.c: samples of the random ops. */
#include "samples.h"

static luge_val build_uniform(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_random_uniform(g, in[0], in[1], s->p, s->q);
}

static luge_val build_normal(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_random_normal(g, in[0], in[1], s->p, s->q);
}

static luge_val build_dropout(luge_graph *g, const luge_val *in, const sample *s)
{
    return luge_random_dropout(g, in[1], in[0], s->p);
}

static void emit(sample_sink *k, sample s)
{
    const struct {
        luge_shape shape;
        const char *variant;
    } shapes[] = { { luge_shape_of(3, 4), "basic" },
                   { luge_scalar_shape(), "scalar" },
                   { luge_shape_of(2, 1, 5), "3d" } };
    s.n_in = 2;
    s.in[0] = sample_state();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        s.in[1] = sample_in(shapes[i].shape, VALUES_AWAY, 0.5, 2);
        sample_emit(k, &s, shapes[i].variant, -1);
    }
    s.flags |= SAMPLE_SWEEP;
    s.in[1].shape = luge_shape_of(2, 0);
    sample_emit(k, &s, "empty", -1);
    for (int i = 0; i < sample_size_count; i++) {
        s.in[1].shape = luge_shape_of(sample_sizes[i]);
        sample_emit(k, &s, "n", sample_sizes[i]);
    }
}

void samples_random(sample_sink *k)
{
    emit(k,
         (sample){ .op = LUGE__OP_random_uniform, .build = build_uniform, .p = -1, .q = 3, .flags = SAMPLE_OWN_DTYPE });
    emit(k, (sample){ .op = LUGE__OP_random_normal, .build = build_normal, .p = 1, .q = 2, .flags = SAMPLE_OWN_DTYPE });
    emit(k, (sample){ .op = LUGE__OP_random_dropout, .build = build_dropout, .p = 0.375 });
}
