/* describe.c: a plan as the outside sees it: its steps, its memory, its text. */
#include <string.h>

#include "plan/plan.h"

luge_plan_memory luge_plan_memory_of(const luge_plan *plan)
{
    return plan ? plan->memory : (luge_plan_memory){ 0 };
}

int luge_plan_step_count(const luge_plan *plan)
{
    return plan ? (int)plan->n_steps : 0;
}

luge_status luge_plan_step(const luge_plan *plan, int index, luge_step_info *info)
{
    if (!info) return luge__fail_thread(LUGE_EINVAL, "luge_plan_step: info is NULL");
    memset(info, 0, sizeof *info);
    if (!plan || index < 0 || (size_t)index >= plan->n_steps)
        return luge__fail_thread(LUGE_EINVAL, "luge_plan_step: there is no step %d", index);
    const luge__step *step = &plan->steps[index];
    const int has_value = step->out.value >= 0;
    *info = (luge_step_info){
        .value = luge__val(plan->graph, step->node),
        .origin = { step->origin, plan->tag },
        .op = step->op->name,
        .name = step->name,
        .kernel = step->kernel->name,
        .dtype = step->out.dtype,
        .shape = step->out.shape,
        .offset = has_value ? (int64_t)step->out.offset : -1,
        .bytes = has_value ? plan->values[step->out.value].bytes : 0,
        .in_place = step->in_place,
        .n_inputs = step->n_in,
        .inputs = step->inputs,
    };
    return LUGE_OK;
}

const luge_graph *luge_plan_graph(const luge_plan *plan)
{
    return plan ? plan->graph : NULL;
}

luge_val luge_planned(const luge_plan *plan, luge_val v)
{
    if (!plan || v.tag != plan->tag || v.id >= plan->n_given || !plan->map[v.id]) return luge__none();
    return luge__val(plan->graph, plan->map[v.id]);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* A column: the text, and spaces up to the width and one more. */
static void column(luge_sink sink, size_t width, const char *text)
{
    static const char spaces[] = "                                ";
    const size_t n = strlen(text);
    sink.write(sink.user, text, n);
    sink.write(sink.user, spaces, n < width ? width - n + 1 : 1);
}

/* 1234567 as 1,234,567. */
static const char *grouped(size_t value, char text[32])
{
    char digits[32];
    const size_t n = luge__format(digits, sizeof digits, "%z", value);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) text[k++] = ',';
        text[k++] = digits[i];
    }
    text[k] = 0;
    return text;
}

static void print_step(const luge_plan *plan, size_t index, luge_sink sink)
{
    const luge__step *step = &plan->steps[index];
    char text[128], number[32];
    luge__format(text, sizeof text, "%z", index);
    luge__print(sink, "  ");
    column(sink, 5, text);
    luge__format(text, sizeof text, "%%%d", (int)step->node);
    column(sink, 5, text);
    column(sink, 30, step->op->name);
    column(sink, 8, step->kernel->name);
    if (step->out.value < 0) {
        luge__print(sink, "writes %%%d\n", (int)step->inputs[0].id);
        return;
    }
    luge__format(text, sizeof text, "%T %S", step->out.dtype, &step->out.shape);
    column(sink, 18, text);
    luge__print(sink, "%s%s", grouped(step->out.offset, number), step->in_place ? " in place" : "");
    if (*step->name) luge__print(sink, "  \"%s\"", step->name);
    luge__print(sink, "\n");
}

luge_status luge_plan_describe(const luge_plan *plan, luge_sink sink)
{
    if (!plan || !sink.write) return luge__fail_thread(LUGE_EINVAL, "luge_plan_describe: plan or sink is NULL");
    char number[32];
    luge__print(sink, "plan for backend %s, %s: %z steps", plan->backend->name, luge__isa_name(plan->object.ctx->isa),
                plan->n_steps);
    if (plan->bf16) luge__print(sink, ", products in bf16: %s", luge__bf16_name(luge__plan_bf16(plan)));
    luge__print(sink, "\n\n");
    luge__print(sink, "  step  value op                             kernel   result             place (bytes)\n");
    for (size_t i = 0; i < plan->n_steps; i++) print_step(plan, i, sink);
    const luge_plan_memory *m = &plan->memory;
    luge__print(sink, "\n  arena      %s bytes", grouped(m->arena, number));
    luge__print(sink, " (%s without sharing)\n", grouped(m->intermediates, number));
    luge__print(sink, "  scratch    %s bytes\n", grouped(m->scratch, number));
    luge__print(sink, "  variables  %s bytes\n", grouped(m->variables, number));
    return LUGE_OK;
}
