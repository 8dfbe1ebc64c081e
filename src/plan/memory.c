/* memory.c: a place in the arena for every value, by first and last use. One pass over the steps with a list of free
 * places; a value that is read for the last time by an elementwise step gives its place to the result. */
#include <string.h>

#include "plan/plan.h"

typedef struct gap {
    size_t offset, bytes;
} gap;

typedef struct arena {
    luge_context *ctx;
    gap *gaps; /* sorted by offset, never adjacent */
    size_t n_gaps, capacity;
    size_t top;
} arena;

/* The smallest gap that is large enough; otherwise the end of the arena, with the last gap where it touches the end. */
static size_t take(arena *a, size_t bytes)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < a->n_gaps; i++)
        if (a->gaps[i].bytes >= bytes && (best == SIZE_MAX || a->gaps[i].bytes < a->gaps[best].bytes)) best = i;
    if (best == SIZE_MAX) {
        gap *last = a->n_gaps ? &a->gaps[a->n_gaps - 1] : NULL;
        if (last && last->offset + last->bytes == a->top) {
            a->n_gaps--;
            a->top = last->offset;
        }
        const size_t offset = a->top;
        if (!luge__add_size(a->top, bytes, &a->top)) return SIZE_MAX;
        return offset;
    }
    gap *g = &a->gaps[best];
    const size_t offset = g->offset;
    g->offset += bytes;
    g->bytes -= bytes;
    if (!g->bytes) memmove(g, g + 1, (--a->n_gaps - best) * sizeof *g);
    return offset;
}

static luge_status give_back(arena *a, size_t offset, size_t bytes)
{
    if (!bytes) return LUGE_OK;
    size_t low = 0, high = a->n_gaps;
    while (low < high) { /* the first gap behind the place */
        const size_t middle = low + (high - low) / 2;
        if (a->gaps[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    gap *before = low ? &a->gaps[low - 1] : NULL, *after = low < a->n_gaps ? &a->gaps[low] : NULL;
    const int joins_before = before && before->offset + before->bytes == offset;
    const int joins_after = after && offset + bytes == after->offset;
    if (joins_before) {
        before->bytes += bytes + (joins_after ? after->bytes : 0);
        if (joins_after) memmove(after, after + 1, (--a->n_gaps - low) * sizeof *after);
    } else if (joins_after) {
        after->offset = offset;
        after->bytes += bytes;
    } else {
        if (luge__grow(a->ctx, &a->gaps, sizeof *a->gaps, &a->capacity, a->n_gaps + 1)) return LUGE_ENOMEM;
        memmove(&a->gaps[low + 1], &a->gaps[low], (a->n_gaps++ - low) * sizeof *a->gaps);
        a->gaps[low] = (gap){ offset, bytes };
    }
    return LUGE_OK;
}

/* Room that a value takes with its guards. */
static size_t room(const luge_plan *plan, size_t bytes)
{
    return luge__align_up(bytes) + (plan->guard ? 2 * (size_t)LUGE__GUARD : 0);
}

/* May the result take the place of operand k? */
static int can_take_place(const luge_plan *plan, const luge__step *step, int k, int32_t now)
{
    const luge__operand *in = &step->in[k];
    if (in->value < 0 || !luge__is_dense(in) || in->offset) return 0;
    const luge__value *v = &plan->values[in->value], *out = &plan->values[step->out.value];
    if (v->last != now || v->heir >= 0 || v->bytes != out->bytes) return 0;
    if (luge_dtype_size(in->dtype) != luge_dtype_size(step->out.dtype)) return 0;
    for (int i = 0; i < step->n_in; i++) /* another view of the same memory would be overwritten while it is read */
        if (step->in[i].value == in->value && (!luge__is_dense(&step->in[i]) || step->in[i].offset)) return 0;
    return 1;
}

static luge_status place_result(luge_plan *plan, arena *a, luge__step *step, int32_t now)
{
    luge__value *out = &plan->values[step->out.value];
    for (int k = 0; k < step->n_in && (step->op->flags & LUGE__ELEMENTWISE) && out->bytes; k++) {
        if (!can_take_place(plan, step, k, now)) continue;
        luge__value *v = &plan->values[step->in[k].value];
        out->offset = v->offset;
        v->heir = step->out.value;
        step->in_place = k + 1;
        return LUGE_OK;
    }
    out->offset = take(a, room(plan, out->bytes));
    if (out->offset != SIZE_MAX) return LUGE_OK;
    return luge__fail(a->ctx, LUGE_ENOMEM, "plan: the arena does not fit the address space");
}

/* Gives back the places of operands that are not read again. */
static luge_status release_operands(luge_plan *plan, arena *a, const luge__step *step, int32_t now)
{
    for (int i = 0; i < step->n_in; i++) {
        if (step->in[i].value < 0) continue;
        luge__value *v = &plan->values[step->in[i].value];
        if (v->last != now || v->heir >= 0) continue;
        const luge_status status = give_back(a, v->offset, room(plan, v->bytes));
        if (status) return status;
        v->last = -2 - now; /* given back: the next operand that shows it must not do it again */
    }
    return LUGE_OK;
}

static luge_status place_step(luge_plan *plan, arena *a, luge__step *step, int32_t now)
{
    luge_status status = LUGE_OK;
    if (step->out.value >= 0) status = place_result(plan, a, step, now);
    if (status) return status;
    status = release_operands(plan, a, step, now);
    if (!status && step->out.value >= 0 && plan->values[step->out.value].last == now) {
        luge__value *out = &plan->values[step->out.value]; /* nobody reads it */
        status = give_back(a, out->offset, room(plan, out->bytes));
        out->last = -2 - now;
    }
    return status;
}

/* Every operand in the arena gets the address of the value that it shows. */
static void settle_operands(luge_plan *plan)
{
    const size_t guard = plan->guard ? LUGE__GUARD : 0;
    for (size_t i = 0; i < plan->n_values; i++) {
        luge__value *v = &plan->values[i];
        v->offset += guard;
        if (v->last < -1) v->last = -2 - v->last;
    }
    for (size_t i = 0; i < plan->n_steps; i++) {
        luge__step *step = &plan->steps[i];
        if (step->out.value >= 0) step->out.offset += plan->values[step->out.value].offset;
        for (int k = 0; k < step->n_in; k++)
            if (step->in[k].value >= 0) step->in[k].offset += plan->values[step->in[k].value].offset;
    }
    for (size_t i = 0; i < plan->n_found; i++) {
        luge__operand *o = &plan->found[i].operand;
        if (o->value >= 0) o->offset += plan->values[o->value].offset;
    }
}

luge_status luge__place(luge_plan *plan)
{
    arena a = { .ctx = plan->object.ctx };
    luge_status status = LUGE_OK;
    for (size_t i = 0; i < plan->n_steps && !status; i++) status = place_step(plan, &a, &plan->steps[i], (int32_t)i);
    plan->memory.arena = a.top;
    for (size_t i = 0; i < plan->n_values; i++) plan->memory.intermediates += luge__align_up(plan->values[i].bytes);
    luge__release(a.ctx, a.gaps, a.capacity * sizeof *a.gaps);
    if (!status) settle_operands(plan);
    return status;
}
