/* predictor.c: one plan and one run of a model, for a program that answers. */
#include "train/train.h"

struct luge_predictor {
    luge__object object;
    luge__step step;
    size_t features_bytes, out_bytes;
};

static void destroy(luge__object *object)
{
    luge_predictor *p = (luge_predictor *)(void *)object;
    luge__step_drop(&p->step);
    luge__object_leave(object);
    luge__release(object->ctx, p, sizeof *p);
}

void luge_predictor_free(luge_predictor *predictor)
{
    if (predictor) destroy(&predictor->object);
}

luge_predictor *luge_predictor_create(luge_model *model, int64_t rows)
{
    luge__step_key key;
    if (!luge__model_usable(model, "predictor") || luge__model_ready(model, "predictor")) return NULL;
    luge_context *ctx = model->ctx;
    if (rows < 1 || model->n_inputs != 1) {
        luge__fail(ctx, LUGE_EINVAL, "predictor: %l rows of %d inputs; at least 1 row of one input is expected", rows,
                   (int)model->n_inputs);
        return NULL;
    }
    luge_predictor *p = luge__alloc(ctx, sizeof *p);
    if (!p) return NULL;
    luge_status status = luge__step_key_for(model, "predictor", NULL, LUGE__PREDICT, 0, &key);
    key.rows = rows;
    if (!status) status = luge__step_build(model, &key, &p->step);
    luge__object_enter(ctx, &p->object, destroy); /* newer than its plan and run, so freed before them */
    if (status) {
        luge_predictor_free(p);
        return NULL;
    }
    p->features_bytes = luge__value_bytes(p->step.graph, p->step.inputs[0]);
    p->out_bytes = luge__value_bytes(p->step.graph, p->step.outputs[0]);
    return p;
}

luge_status luge_predictor_run(luge_predictor *predictor, const void *features, size_t features_bytes, void *out,
                               size_t out_bytes)
{
    if (!predictor || !features || !out)
        return luge__fail_thread(LUGE_EINVAL, "predictor: the predictor, the features or out is NULL");
    const luge__step *s = &predictor->step;
    if (features_bytes != predictor->features_bytes || out_bytes != predictor->out_bytes)
        return luge__fail_thread(LUGE_EINVAL, "predictor: %z bytes of features and %z of out; %z and %z are expected",
                                 features_bytes, out_bytes, predictor->features_bytes, predictor->out_bytes);
    luge_status status = luge_run_bind(s->run, s->inputs[0], features, features_bytes);
    if (!status) status = luge_run_execute(s->run);
    return status ? status : luge_run_get(s->run, s->outputs[0], out, out_bytes);
}
