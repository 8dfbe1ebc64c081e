/* test_ops_mutants.c: the gradient check is itself checked. Each op's rule is made wrong in turn: its sign, twice, 1 %
 * too much, one operand's gradient dropped; and the samples of that op must show every one of these. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op_gradient.h"

enum { SIGN, TWICE, PERCENT, DROPPED, MUTANTS = DROPPED + LUGE__MAX_INPUTS };

static const char *const mutant_names[] = { "sign", "twice", "1 % more", "dropped operand" };

typedef struct mutants {
    luge_test *t;
    luge_context *ctx;
    luge__op_id op; /* whose rule is changed */
    int mutant;     /* how */
    int applied;    /* it was, in this graph */
    int fired[MUTANTS], caught[MUTANTS];
} mutants;

static luge_val changed(luge_graph *g, luge_val gradient, int mutant)
{
    switch (mutant) {
    case SIGN:
        return luge_neg(g, gradient);
    case TWICE:
        return luge_mul(g, gradient, luge__like(g, gradient, 2));
    case PERCENT:
        return luge_mul(g, gradient, luge__like(g, gradient, 1.01));
    default:
        return luge__zeros_like(g, gradient);
    }
}

static void mutate(luge_graph *g, const luge__op *op, luge__vjp *v, void *user)
{
    mutants *m = user;
    if (op->id != m->op) return;
    for (int i = 0; i < v->n_in; i++) {
        if (!(v->need >> i & 1) || (m->mutant >= DROPPED && i != m->mutant - DROPPED)) continue;
        v->gin[i] = changed(g, v->gin[i], m->mutant);
        m->applied = 1;
    }
}

static void try_sample(void *user, const sample *s)
{
    static op_slopes numeric, analytic; /* large */
    mutants *m = user;
    op_gradient made;
    if (s->op != m->op || !op_gradient_fits(s)) return;
    int ok =
        op_gradient_make(m->t, m->ctx, s, LUGE_F64, NULL, NULL, &made) && op_gradient_of_y(m->t, &made, s, &numeric);
    op_gradient_free(&made);
    for (m->mutant = 0; m->mutant < MUTANTS && ok; m->mutant++) {
        if (m->caught[m->mutant]) continue;
        m->applied = 0;
        ok = op_gradient_make(m->t, m->ctx, s, LUGE_F64, mutate, m, &made) &&
             op_gradient_analytic(m->t, &made, "cpu", &analytic);
        op_gradient_free(&made);
        if (!ok || !m->applied) continue;
        m->fired[m->mutant] = 1;
        if (op_slopes_differ(&analytic, &numeric, 1e-7) >= 0) m->caught[m->mutant] = 1;
    }
}

static void try_op(mutants *m, const luge__op *op)
{
    sample_sink each = { try_sample, m, 0 };
    memset(m->fired, 0, sizeof m->fired);
    memset(m->caught, 0, sizeof m->caught);
    m->op = op->id;
    samples_each(&each);
    for (int i = 0; i < MUTANTS; i++) {
        const int kind = i < DROPPED ? i : DROPPED;
        char text[120];
        if (i > DROPPED && !m->fired[i]) continue; /* an op with fewer operands */
        (void)snprintf(text, sizeof text, "%s: a rule with a wrong %s (%d) is %s", op->name, mutant_names[kind], i,
                       m->fired[i] ? "caught" : "tried");
        if (i == DROPPED && !m->fired[i]) continue; /* no gradient flows to the first operand */
        (void)luge_test_check(m->t, __FILE__, __LINE__, text, m->caught[i]);
    }
}

/* Gradients flow through some operand. */
static int has_rule(const luge__op *op)
{
    const uint32_t all = (1u << op->max_in) - 1;
    return op->vjp && !(op->flags & LUGE__EFFECT) && ((op->shape_only | op->constant) & all) != all;
}

/* Every operand through which gradients flow was tried without its gradient. */
static void check_operands(mutants *m, const luge__op *op)
{
    int dropped = 0, flowing = 0;
    for (int i = 0; i < op->min_in; i++) flowing += !((op->shape_only | op->constant) >> i & 1);
    for (int i = DROPPED; i < MUTANTS; i++) dropped += m->fired[i];
    CHECK(m->t, dropped >= flowing);
}

void test_ops_mutants(luge_test *t)
{
    mutants *m = calloc(1, sizeof *m);
    if (!CHECK(t, m)) return;
    m->t = t;
    m->ctx = op_context(t, 1, NULL);
    for (int i = 0; i < luge_op_count() && m->ctx; i++) {
        const luge__op *op = luge__op_of((luge__op_id)i);
        if (!has_rule(op) || !CASE(t, op->name)) continue;
        try_op(m, op);
        check_operands(m, op);
    }
    luge_close(m->ctx);
    free(m);
}
