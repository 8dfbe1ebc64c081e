/* test_plan.c: random graphs through the planner: every way to compile and run a graph gives what the interpreter
 * gives, and no place in the arena is overwritten while somebody still reads it. A graph as it is given, and one whose
 * rewriting made no fused op, give the interpreter's bits on the reference kernels. */
#include <stdio.h>

#include "plan/plan.h"
#include "random_graph.h"

enum { OUTPUTS = 40, ROUNDS = 2 };

typedef struct mode {
    const char *backend;
    int32_t guard, keep_all, no_rewrites;
} mode;

static const mode modes[] = {
    { "ref", 0, 0, 0 }, { "ref", 1, 0, 0 }, { "ref", 0, 0, 1 }, { "ref", 0, 1, 0 }, /* */
    { "cpu", 0, 0, 1 }, { "cpu", 0, 0, 0 }, { "cpu", 1, 0, 0 }, { "cpu", 1, 0, 1 }, { "cpu", 0, 1, 0 },
};
enum { MODES = sizeof modes / sizeof *modes };

/* A random graph, what is asked of it, and room for one mode's answers. */
typedef struct trial {
    random_graph r;
    luge_val out[OUTPUTS];
    int n_out, n_values;                     /* the values come first, then effects */
    unsigned char *input, *saved, *expected; /* by the interpreter */
    unsigned char *first[2][2];              /* the first answers on ref and cpu, without and with rewrites */
    size_t input_bytes, result_bytes;
} trial;

static size_t bytes_of(const trial *x, luge_val v)
{
    const luge__node *node = luge__node_of(x->r.g, v);
    return node->type.dtype ? tools_bytes(&node->type.shape, node->type.dtype) : 0;
}

/* Room for it in a row of answers. */
static size_t room_of(const trial *x, luge_val v)
{
    return (bytes_of(x, v) + 7) & ~(size_t)7;
}

/* What is compared: values of the plan, then variables after the run. */
static int answers(const trial *x, luge_val *list)
{
    int n = 0;
    for (int i = 0; i < x->n_values; i++) list[n++] = x->out[i];
    for (int i = 0; i < RANDOM_GRAPH_VARIABLES; i++) list[n++] = x->r.variable[i];
    list[n++] = x->r.counter;
    return n;
}

static void choose_outputs(trial *x)
{
    random_graph *r = &x->r;
    const int64_t wanted = 1 + luge_test_below(r->t, 8);
    for (int64_t i = 0; i < wanted; i++) x->out[x->n_out++] = r->pool[luge_test_below(r->t, r->n)];
    x->out[x->n_out++] = r->pool[r->n - 1];
    x->n_values = x->n_out;
    for (int i = 0; i < r->n_effects; i++) x->out[x->n_out++] = r->effect[i];
}

static int prepare(trial *x, luge_test *t, luge_context *ctx, int nodes, int64_t largest, int effects)
{
    luge_val list[OUTPUTS];
    x->r.t = t;
    x->r.g = luge_graph_create(ctx);
    x->r.dtype = luge_test_below(t, 3) ? LUGE_F64 : LUGE_F32;
    x->r.smooth = (int)luge_test_below(t, 2);
    x->r.most = 400;
    random_graph_make(&x->r, nodes, largest, effects);
    choose_outputs(x);
    x->input_bytes = bytes_of(x, x->r.input);
    x->input = malloc(ROUNDS * x->input_bytes);
    random_fill(t, x->r.dtype, x->input, 12 * ROUNDS);
    for (int i = answers(x, list); i-- > 0;) x->result_bytes += room_of(x, list[i]);
    x->expected = calloc(ROUNDS, x->result_bytes);
    x->saved = malloc(x->result_bytes);
    size_t at = 0;
    for (int i = 0; i < RANDOM_GRAPH_VARIABLES; i++) {
        luge_get(x->r.g, x->r.variable[i], x->saved + at, bytes_of(x, x->r.variable[i]));
        at += room_of(x, x->r.variable[i]);
    }
    return CHECK_STATUS(t, luge_failure(ctx), LUGE_OK) && CHECK_STATUS(t, luge_graph_verify(x->r.g), LUGE_OK);
}

static void restore_variables(trial *x)
{
    size_t at = 0;
    const int64_t zero = 0;
    for (int i = 0; i < RANDOM_GRAPH_VARIABLES; i++) {
        luge_set(x->r.g, x->r.variable[i], x->saved + at, bytes_of(x, x->r.variable[i]));
        at += room_of(x, x->r.variable[i]);
    }
    luge_set(x->r.g, x->r.counter, &zero, sizeof zero);
}

static void interpret(luge_test *t, trial *x)
{
    luge_val list[OUTPUTS];
    unsigned char *to = x->expected;
    restore_variables(x);
    tools_interpreter *p = tools_interpreter_create(x->r.g);
    for (int round = 0; round < ROUNDS; round++) {
        tools_interpreter_bind(p, x->r.input, x->input + (size_t)round * x->input_bytes);
        CHECK_STATUS(t, tools_interpret(p, x->out, x->n_out), LUGE_OK);
        const int n = answers(x, list);
        for (int i = 0; i < n; i++) {
            memcpy(to, tools_interpreted(p, list[i]), bytes_of(x, list[i]));
            to += room_of(x, list[i]);
        }
    }
    tools_interpreter_free(p);
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* Bytes of the arena that an operand may touch. */
static void extent(const luge__operand *o, size_t *begin, size_t *end)
{
    size_t last = 0;
    for (int i = 0; i < o->shape.ndim; i++) last += (size_t)((o->shape.dim[i] - 1) * o->stride[i]);
    *begin = o->offset;
    *end = o->offset + (last + 1) * luge_dtype_size(o->dtype);
    if (luge_shape_size(&o->shape) == 0) *end = *begin;
}

static int all_owned(const int32_t *owner, const luge__operand *o, int32_t producer)
{
    size_t begin, end;
    extent(o, &begin, &end);
    for (size_t b = begin; b < end; b++)
        if (owner[b] != producer) return 0;
    return 1;
}

/* May step s write its result over this operand? Only element by element, in place. */
static int may_lie_under(const luge__operand *in, const luge_step_info *info)
{
    size_t begin, end;
    extent(in, &begin, &end);
    if (begin >= end || !info->bytes) return 1;
    if (end <= (size_t)info->offset || begin >= (size_t)info->offset + info->bytes) return 1;
    return info->in_place && luge__is_dense(in) && begin == (size_t)info->offset;
}

/* Walks the steps and remembers who wrote each byte of the arena last: a step must read what the producer of its
 * operand wrote, and nobody else. */
static int places_hold(const luge_plan *plan, int *in_place)
{
    const luge_plan_memory memory = luge_plan_memory_of(plan);
    int32_t *owner = malloc((memory.arena + 1) * sizeof *owner);
    int32_t *producer = malloc((plan->n_values + 1) * sizeof *producer);
    int fine = owner && producer;
    for (size_t b = 0; fine && b < memory.arena; b++) owner[b] = -1;
    for (int k = 0; fine && k < luge_plan_step_count(plan); k++) {
        const luge__step *step = &plan->steps[k];
        luge_step_info info;
        fine = !luge_plan_step(plan, k, &info);
        *in_place += info.in_place != 0;
        for (int i = 0; fine && i < step->n_in; i++) {
            const luge__operand *in = &step->in[i];
            if (in->base != 0) continue;
            fine = all_owned(owner, in, producer[in->value]) && may_lie_under(in, &info);
        }
        if (!fine || info.offset < 0) continue;
        fine = (size_t)info.offset + info.bytes <= memory.arena && info.offset % LUGE__ALIGN == 0;
        for (size_t b = 0; fine && b < info.bytes; b++) owner[(size_t)info.offset + b] = k;
        producer[step->out.value] = k;
    }
    for (size_t i = 0; fine && i < plan->n_found; i++) {
        const luge__operand *o = &plan->found[i].operand;
        if (o->base == 0) fine = all_owned(owner, o, producer[o->value]);
    }
    free(owner);
    free(producer);
    return fine;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static luge_status execute(trial *x, luge_run *run, unsigned char *result)
{
    luge_val list[OUTPUTS];
    luge_status status = LUGE_OK;
    const int n = answers(x, list);
    for (int round = 0; round < ROUNDS && !status; round++) {
        status = luge_run_bind(run, x->r.input, x->input + (size_t)round * x->input_bytes, x->input_bytes);
        if (!status) status = luge_run_execute(run);
        for (int i = 0; i < n && !status; i++) {
            const size_t bytes = bytes_of(x, list[i]);
            status =
                i < x->n_values ? luge_run_get(run, list[i], result, bytes) : luge_get(x->r.g, list[i], result, bytes);
            result += room_of(x, list[i]);
        }
    }
    return status;
}

static double difference(const trial *x, const unsigned char *a, const unsigned char *b)
{
    luge_val list[OUTPUTS];
    double worst = 0;
    const int n = answers(x, list);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < n; i++) {
            const luge__type *type = &luge__node_of(x->r.g, list[i])->type;
            const double d = tools_distance(a, b, type->dtype, luge_shape_size(&type->shape));
            if (!(d <= worst)) worst = d;
            a += room_of(x, list[i]);
            b += room_of(x, list[i]);
        }
    return worst;
}

/* Totals over all trials of a case. */
typedef struct totals {
    int in_place, shared, fused, exact;
    double worst;
} totals;

static int is_fused(const luge_plan *plan)
{
    int fused = 0;
    for (int i = 0; i < luge_plan_step_count(plan); i++) {
        const luge__op *op = plan->steps[i].op;
        fused += op->lower && op->flags & LUGE__NO_GRADIENT;
    }
    return fused > 0;
}

/* The first of its kind is near the interpreter, or equal to it; others are equal to the first. */
static void check_answers(luge_test *t, trial *x, const mode *m, const luge_plan *plan, unsigned char *result,
                          totals *sum)
{
    const size_t bytes = ROUNDS * x->result_bytes;
    const int rewritten = !m->no_rewrites && !m->keep_all, fused = is_fused(plan), ref = !strcmp(m->backend, "ref");
    unsigned char **first = &x->first[!ref][rewritten];
    if (*first) {
        CHECK(t, !memcmp(result, *first, bytes));
        return;
    }
    if (!(*first = malloc(bytes))) abort();
    memcpy(*first, result, bytes);
    sum->fused += fused;
    sum->exact += rewritten && !fused;
    CHECK(t, rewritten || !fused);
    if (ref && !fused) CHECK(t, !memcmp(result, x->expected, bytes));
    if (!ref && rewritten && !fused) CHECK(t, !memcmp(result, x->first[1][0], bytes));
    const double d = x->r.smooth ? difference(x, result, x->expected) : 0;
    CHECK(t, d <= (x->r.dtype == LUGE_F64 ? 1e-9 : 2e-2));
    if (x->r.dtype == LUGE_F64 && !(d <= sum->worst)) sum->worst = d;
}

static void check_memory(luge_test *t, const luge_plan *plan, const mode *m, totals *sum)
{
    const luge_plan_memory memory = luge_plan_memory_of(plan);
    const size_t guards = m->guard ? 2 * (size_t)LUGE__GUARD * (plan->n_values + 1) : 0;
    CHECK(t, memory.arena <= memory.intermediates + guards);
    CHECK(t, places_hold(plan, &sum->in_place));
    sum->shared += memory.arena < memory.intermediates;
}

static void try_mode(luge_test *t, trial *x, int number, totals *sum)
{
    const mode *m = &modes[number];
    unsigned char *result = calloc(ROUNDS, x->result_bytes);
    restore_variables(x);
    luge_plan *plan = luge_plan_create(x->r.g, x->out, x->n_out, .backend = m->backend, .guard = m->guard,
                                       .keep_all = m->keep_all, .no_rewrites = m->no_rewrites);
    luge_run *run = luge_run_create(plan);
    if (CHECK(t, run != NULL) && CHECK_STATUS(t, execute(x, run, result), LUGE_OK)) {
        check_memory(t, plan, m, sum);
        check_answers(t, x, m, plan, result, sum);
    }
    luge_run_free(run);
    luge_plan_free(plan);
    free(result);
}

static void try_graphs(luge_test *t, int trials, int nodes, int64_t largest, int effects)
{
    luge_context *ctx = luge_open(.threads = 2);
    totals sum = { 0 };
    const size_t before = luge_memory_now(ctx);
    for (int i = 0; i < trials; i++) {
        const int64_t failures = t->failures;
        trial x = { 0 };
        if (prepare(&x, t, ctx, nodes, largest, effects)) {
            interpret(t, &x);
            for (int m = 0; m < MODES; m++) try_mode(t, &x, m, &sum);
        }
        luge_graph_free(x.r.g);
        free(x.input);
        free(x.saved);
        free(x.expected);
        for (int k = 0; k < 4; k++) free(x.first[k / 2][k % 2]);
        if (t->failures > failures) printf("  that was graph %d\n", i);
        if (luge_failed(ctx)) break;
    }
    if (t->verbose)
        printf("    in place: %d steps; fused: %d plans; exact: %d; worst against the interpreter: %g\n", sum.in_place,
               sum.fused, sum.exact, sum.worst);
    CHECK(t, sum.in_place > trials && sum.shared > trials && sum.exact > trials / 2);
    CHECK_EQ_INT(t, luge_memory_now(ctx), before);
    luge_close(ctx);
}

static void random_values(luge_test *t)
{
    try_graphs(t, 150, 40, 6, 0);
}

static void random_effects(luge_test *t)
{
    try_graphs(t, 200, 40, 6, 1);
}

static void random_large(luge_test *t)
{
    try_graphs(t, 20, 400, 4, 1);
}

static void random_tiny(luge_test *t)
{
    try_graphs(t, 150, 14, 2, 1);
}

void test_plan(luge_test *t)
{
    RUN(t, random_values);
    RUN(t, random_effects);
    RUN(t, random_large);
    RUN(t, random_tiny);
}
