/* schedule.c: from a graph to steps. The node array is already in a good order; what is left is to see what the outputs
 * need, to turn views into strides, to copy where a view cannot serve, and to note who reads what last. */
#include <string.h>

#include "plan/plan.h"

typedef struct scheduler {
    luge_plan *plan;
    luge_graph *g;
    luge_context *ctx;
    size_t n;              /* nodes 1 .. n-1 */
    uint8_t *live;         /* needed by an output */
    uint32_t *last_reader; /* of a view or variable: the last live node that reads it, through views too */
    luge__operand *where;  /* of each live node */
    uint32_t *shows;       /* of each live view: the variable whose memory it shows, or 0 */
    uint32_t *effects;     /* the live effects, ascending */
    size_t n_effects;
} scheduler;

/* ---- what is needed ---------------------------------------------------------------------------------------------- */

static int reads(const luge__op *op, int operand)
{
    return !(op->shape_only >> operand & 1);
}

/* From the outputs to what they read, and who reads it last. UINT32_MAX: it is read after the run. */
static void mark(scheduler *s, const luge_val *outputs, int n_outputs)
{
    for (int i = 0; i < n_outputs; i++) {
        const uint32_t id = s->plan->map[outputs[i].id];
        s->live[id] = 1;
        s->last_reader[id] = UINT32_MAX;
    }
    for (size_t id = s->n; id-- > 1;) {
        if (!s->live[id]) continue;
        const luge__node *node = &s->g->nodes[id];
        const luge__op *op = luge__node_op(node);
        const uint32_t reader = op->view ? s->last_reader[id] : (uint32_t)id;
        for (int i = 0; i < node->n_in; i++) {
            const uint32_t in = node->in[i].id;
            if (!reads(op, i)) continue;
            s->live[in] = 1;
            if (s->last_reader[in] < reader) s->last_reader[in] = reader;
            if (s->last_reader[in] < id) s->last_reader[in] = (uint32_t)id;
        }
    }
    for (size_t id = 1; id < s->n && s->effects; id++)
        if (s->live[id] && luge__node_op(&s->g->nodes[id])->flags & LUGE__EFFECT)
            s->effects[s->n_effects++] = (uint32_t)id;
}

/* Is the variable written by a live effect after node `from` and not after node `to`? */
static int overwritten(const scheduler *s, uint32_t variable, uint32_t from, uint32_t to)
{
    size_t low = 0, high = s->n_effects;
    while (low < high) { /* the first effect behind `from` */
        const size_t middle = low + (high - low) / 2;
        if (s->effects[middle] <= from)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->n_effects && s->effects[low] <= to; low++) {
        const luge__node *node = &s->g->nodes[s->effects[low]];
        const uint32_t writes = luge__node_op(node)->writes;
        for (int i = 0; i < node->n_in; i++)
            if ((writes >> i & 1) && node->in[i].id == variable) return 1;
    }
    return 0;
}

/* ---- where things are -------------------------------------------------------------------------------------------- */

static luge__operand dense_operand(const luge__type *type)
{
    luge__operand o = { .dtype = type->dtype, .shape = type->shape, .base = -1, .value = -1 };
    luge__c_strides(&o.shape, o.stride);
    return o;
}

int luge__is_dense(const luge__operand *o)
{
    int64_t expected = 1;
    for (int i = o->shape.ndim; i-- > 0;) {
        if (o->shape.dim[i] != 1 && o->stride[i] != expected) return 0;
        expected *= o->shape.dim[i];
    }
    return 1;
}

/* The base number of a buffer of the graph, entering it at its first use; -1 on failure. */
static int32_t buffer_base(scheduler *s, luge__buffer *buffer)
{
    luge_plan *p = s->plan;
    for (size_t i = 0; i < p->n_buffers; i++)
        if (p->buffers[i] == buffer) return (int32_t)(1 + p->n_inputs + i);
    if (luge__grow(s->ctx, &p->buffers, sizeof(luge__buffer *), &p->buffer_capacity, p->n_buffers + 1)) return -1;
    p->buffers[p->n_buffers] = luge__buffer_retain(buffer);
    return (int32_t)(1 + p->n_inputs + p->n_buffers++);
}

/* A constant of one element, repeated by strides of 0. */
static luge_status place_scalar(scheduler *s, luge__operand *o, double value)
{
    o->offset = s->plan->n_scalars++ * 8;
    void *at = s->plan->scalars->data + o->offset;
    const int64_t whole = luge__is_float(o->dtype) ? 0 : (int64_t)value;
    if (o->dtype == LUGE_F32)
        *(float *)at = (float)value;
    else if (o->dtype == LUGE_F64)
        *(double *)at = value;
    else if (o->dtype == LUGE_I64)
        *(int64_t *)at = whole;
    else if (o->dtype == LUGE_I32)
        *(int32_t *)at = (int32_t)whole;
    else
        *(unsigned char *)at = o->dtype == LUGE_BOOL ? value != 0 : (unsigned char)whole;
    for (int i = 0; i < o->shape.ndim; i++) o->stride[i] = 0;
    return (o->base = buffer_base(s, s->plan->scalars)) < 0 ? LUGE_ENOMEM : LUGE_OK;
}

static luge_status place_leaf(scheduler *s, uint32_t id, luge__operand *o)
{
    const luge__node *node = &s->g->nodes[id];
    const luge__leaf_attr *attr = node->attr;
    if (node->op == LUGE__OP_full) return place_scalar(s, o, attr->value);
    if (node->op == LUGE__OP_input) {
        for (size_t i = 0; i < s->plan->n_inputs; i++)
            if (s->plan->inputs[i].node == s->plan->origin[id]) o->base = s->plan->inputs[i].base = (int32_t)(1 + i);
        return LUGE_OK;
    }
    const luge__storage *storage = luge__graph_storage(s->g, luge__val(s->g, id));
    if (!storage) return LUGE_ENOMEM;
    o->offset = storage->offset;
    if (node->op == LUGE__OP_variable) s->plan->memory.variables += luge__align_up(storage->bytes);
    return (o->base = buffer_base(s, storage->buffer)) < 0 ? LUGE_ENOMEM : LUGE_OK;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static int32_t new_value(scheduler *s, size_t bytes)
{
    luge_plan *p = s->plan;
    if (luge__grow(s->ctx, &p->values, sizeof *p->values, &p->value_capacity, p->n_values + 1)) return -1;
    const int32_t step = (int32_t)p->n_steps;
    p->values[p->n_values] = (luge__value){ .bytes = bytes, .first = step, .last = step, .heir = -1 };
    return (int32_t)p->n_values++;
}

/* A copy that lives as long as the plan; NULL for nothing, or when the error sticks. */
static void *plan_copy(luge_plan *plan, const void *data, size_t bytes)
{
    if (!bytes || !data) return NULL;
    void *copy = luge__plan_alloc(plan, bytes);
    return copy ? memcpy(copy, data, bytes) : NULL;
}

/* A step of the op on operands that are already placed, its result (unless it is an effect) in a new value. */
static luge_status add_step(scheduler *s, const luge__op *op, const void *attr, uint32_t id, const luge_val *inputs,
                            const luge__operand *in, int n_in, const luge__type *type, const luge__kernel_list *list)
{
    luge_plan *p = s->plan;
    if (luge__grow(s->ctx, &p->steps, sizeof *p->steps, &p->step_capacity, p->n_steps + 1)) return LUGE_ENOMEM;
    luge__step step = { .op = op, .node = id, .origin = p->origin[id], .n_in = n_in, .name = "" };
    const char *name = s->g->nodes[id].name;
    step.in = plan_copy(p, in, (size_t)n_in * sizeof *in);
    step.inputs = plan_copy(p, inputs, (size_t)n_in * sizeof *inputs);
    step.attr = plan_copy(p, attr, op->attr_size);
    if (*name) step.name = plan_copy(p, name, strlen(name) + 1);
    if (luge_failed(s->ctx)) return LUGE_ENOMEM;
    step.out = dense_operand(type);
    if (type->dtype) {
        size_t bytes;
        luge__shape_bytes(&type->shape, type->dtype, &bytes);
        step.out.base = 0;
        if ((step.out.value = new_value(s, bytes)) < 0) return LUGE_ENOMEM;
    }
    for (int i = 0; i < n_in; i++)
        if (in[i].value >= 0 && p->values[in[i].value].last < (int32_t)p->n_steps && reads(op, i))
            p->values[in[i].value].last = (int32_t)p->n_steps;
    const luge_status status = luge__choose_kernel(p, &step, list);
    if (status) return status;
    p->steps[p->n_steps++] = step;
    return LUGE_OK;
}

luge_status luge__choose_kernel(luge_plan *plan, luge__step *step, const luge__kernel_list *list)
{
    for (int i = 0; i <= LUGE__MAX_KERNELS; i++) {
        const luge__kernel *kernel = i < LUGE__MAX_KERNELS ? list->kernels[i] : NULL;
        if (!kernel) kernel = &luge__ref_kernel;
        step->kernel = kernel;
        const int takes = kernel->prepare(step, plan);
        if (takes < 0) return luge_failure(plan->object.ctx);
        if (takes) break;
    }
    plan->cycles += step->cycles;
    if (step->worker_scratch > plan->worker_scratch) plan->worker_scratch = step->worker_scratch;
    return LUGE_OK;
}

/* Puts the elements of `o` into C order in memory of their own. */
static luge_status add_copy(scheduler *s, uint32_t id, luge_val from, luge__operand *o)
{
    const luge__op *op = luge__op_of(LUGE__OP_copy);
    const luge__type type = { .dtype = o->dtype, .shape = o->shape };
    const luge__kernel_list list = s->plan->backend->kernels(op, luge__plan_isa(s->plan));
    const luge_status status = add_step(s, op, NULL, id, &from, o, 1, &type, &list);
    if (!status) *o = s->plan->steps[s->plan->n_steps - 1].out;
    return status;
}

/* A view is its operand with other strides. It is copied where strides cannot say it, and where it shows a variable
 * that will be overwritten before the view's last reader. */
static luge_status add_view(scheduler *s, uint32_t id)
{
    const luge__node *node = &s->g->nodes[id];
    const luge__op *op = luge__node_op(node);
    luge__operand from = s->where[node->in[0].id], o = dense_operand(&node->type);
    int64_t offset;
    if (!op->view(node->attr, &from.shape, from.stride, &o.shape, o.stride, &offset)) {
        const luge_status status = add_copy(s, id, node->in[0], &from);
        if (status) return status;
        op->view(node->attr, &from.shape, from.stride, &o.shape, o.stride, &offset);
    }
    o.base = from.base;
    o.value = from.value;
    o.offset = from.offset + (size_t)offset * luge_dtype_size(o.dtype);
    const uint32_t in = node->in[0].id;
    uint32_t variable = s->g->nodes[in].op == LUGE__OP_variable ? in : s->shows[in];
    if (o.value >= 0) variable = 0; /* it was copied */
    if (variable && overwritten(s, variable, id, s->last_reader[id])) {
        const luge_status status = add_copy(s, id, node->in[0], &o);
        if (status) return status;
        variable = 0;
    }
    s->shows[id] = variable;
    s->where[id] = o;
    return LUGE_OK;
}

/* An op that uses shapes alone is a constant of the plan. */
static luge_status add_constant(scheduler *s, uint32_t id)
{
    const luge__node *node = &s->g->nodes[id];
    const luge__op *op = luge__node_op(node);
    luge__array in[LUGE__MAX_INPUTS] = { { .data = NULL } };
    double value = 0;
    for (int i = 0; i < node->n_in; i++) in[i].shape = luge__node_of(s->g, node->in[i])->type.shape;
    luge__call call = { .op = op, .attr = node->attr, .n_in = node->n_in, .in = in };
    call.out = (luge__array){ .data = (unsigned char *)&value, .dtype = LUGE_F64 };
    s->where[id] = dense_operand(&node->type);
    const luge_status status = op->ref(&call);
    return status ? status : place_scalar(s, &s->where[id], value);
}

static int uses_shapes_alone(const luge__node *node)
{
    const uint32_t all = (1u << node->n_in) - 1;
    return node->n_in && (luge__node_op(node)->shape_only & all) == all;
}

static luge_status add_node(scheduler *s, uint32_t id)
{
    const luge__node *node = &s->g->nodes[id];
    const luge__op *op = luge__node_op(node);
    if (op->flags & LUGE__LEAF) {
        s->where[id] = dense_operand(&node->type);
        return place_leaf(s, id, &s->where[id]);
    }
    if (op->view) return add_view(s, id);
    if (uses_shapes_alone(node)) return add_constant(s, id);
    const luge__kernel_list list = s->plan->backend->kernels(op, luge__plan_isa(s->plan));
    luge__operand in[LUGE__MAX_INPUTS];
    for (int i = 0; i < node->n_in; i++) {
        if (!reads(op, i)) {
            in[i] = dense_operand(&luge__node_of(s->g, node->in[i])->type);
            continue;
        }
        in[i] = s->where[node->in[i].id];
        if ((list.dense >> i & 1) && !luge__is_dense(&in[i])) {
            const luge_status status = add_copy(s, id, node->in[i], &in[i]);
            if (status) return status;
        }
    }
    const luge_status status = add_step(s, op, node->attr, id, node->in, in, node->n_in, &node->type, &list);
    if (!status) s->where[id] = s->plan->steps[s->plan->n_steps - 1].out;
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* Every input of the graph, needed or not, and room for the planner's own constants. */
static luge_status list_inputs(scheduler *s)
{
    luge_plan *p = s->plan;
    size_t scalars = 0;
    for (size_t id = 1; id < s->g->n_nodes; id++) {
        const luge__node *node = &s->g->nodes[id];
        scalars += node->op == LUGE__OP_full || uses_shapes_alone(node);
        if (node->op != LUGE__OP_input) continue;
        if (luge__grow(s->ctx, &p->inputs, sizeof *p->inputs, &p->input_capacity, p->n_inputs + 1)) return LUGE_ENOMEM;
        luge__input *input = &p->inputs[p->n_inputs];
        char *name = luge__plan_alloc(p, strlen(node->name) + 1);
        if (!name) return LUGE_ENOMEM;
        memcpy(name, node->name, strlen(node->name) + 1);
        *input = (luge__input){ .node = p->origin[id], .name = name, .base = -1 };
        luge__shape_bytes(&node->type.shape, node->type.dtype, &input->bytes);
        p->n_inputs++;
    }
    p->scalars = luge__buffer_create(s->ctx, scalars * 8);
    return p->scalars ? LUGE_OK : LUGE_ENOMEM;
}

/* What can be read after a run: outputs, inputs, variables; with keep_all every value. */
static luge_status list_found(scheduler *s, const luge_graph *given, const uint8_t *asked)
{
    luge_plan *p = s->plan;
    for (size_t id = 1; id < p->n_given; id++) {
        const uint32_t at = p->map[id];
        const int leaf = luge__node_op(&given->nodes[id])->flags & LUGE__LEAF;
        if (!s->live[at] || !given->nodes[id].type.dtype || !(asked[id] || leaf || p->keep_all)) continue;
        if (luge__grow(s->ctx, &p->found, sizeof *p->found, &p->found_capacity, p->n_found + 1)) return LUGE_ENOMEM;
        p->found[p->n_found++] = (luge__found){ .node = (uint32_t)id, .operand = s->where[at] };
        if (s->where[at].value >= 0) p->values[s->where[at].value].last = INT32_MAX;
    }
    return LUGE_OK;
}

luge_status luge__schedule(luge_plan *plan, const luge_graph *given, const luge_val *outputs, int n_outputs)
{
    luge_graph *g = plan->graph;
    scheduler s = { .plan = plan, .g = g, .ctx = luge__graph_ctx(g), .n = g->n_nodes };
    uint8_t *asked = luge__alloc(s.ctx, plan->n_given);
    s.live = luge__alloc(s.ctx, s.n);
    s.last_reader = luge__alloc(s.ctx, s.n * sizeof *s.last_reader);
    s.where = luge__alloc(s.ctx, s.n * sizeof *s.where);
    s.shows = luge__alloc(s.ctx, s.n * sizeof *s.shows);
    s.effects = luge__alloc(s.ctx, g->n_effects * sizeof *s.effects);
    const int allocated = asked && s.live && s.last_reader && s.where && s.shows && (s.effects || !g->n_effects);
    luge_status status = allocated ? list_inputs(&s) : LUGE_ENOMEM;
    if (!status) {
        mark(&s, outputs, n_outputs);
        for (uint32_t id = 1; id < s.n && !status; id++)
            if (s.live[id]) status = add_node(&s, id);
        for (int i = 0; i < n_outputs; i++) asked[outputs[i].id] = 1;
    }
    if (!status) status = list_found(&s, given, asked);
    luge__release(s.ctx, s.effects, g->n_effects * sizeof *s.effects);
    luge__release(s.ctx, s.shows, s.shows ? s.n * sizeof *s.shows : 0);
    luge__release(s.ctx, s.where, s.where ? s.n * sizeof *s.where : 0);
    luge__release(s.ctx, s.last_reader, s.last_reader ? s.n * sizeof *s.last_reader : 0);
    luge__release(s.ctx, s.live, s.live ? s.n : 0);
    luge__release(s.ctx, asked, asked ? plan->n_given : 0);
    return status;
}
