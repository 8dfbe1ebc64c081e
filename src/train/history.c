/* history.c: what each epoch logged. */
#include "train/train.h"

#include <math.h>
#include <string.h>

void luge__history_clear(luge_model *m)
{
    m->history.epochs = 0;
    m->history.count = 0;
}

static int find_name(const luge__history *h, const char *name)
{
    for (int i = 0; i < h->count; i++)
        if (!strcmp(h->names[i], name)) return i;
    return -1;
}

luge_status luge__history_add(luge_model *m, int64_t epoch, int n, const char *const *names, const double *values)
{
    luge__history *h = &m->history;
    if (luge__grow(m->ctx, &h->values, LUGE__MAX_LOGS * sizeof(double), &h->capacity, (size_t)epoch + 1))
        return LUGE_ENOMEM;
    for (; h->epochs <= epoch; h->epochs++)
        for (int i = 0; i < LUGE__MAX_LOGS; i++) h->values[h->epochs * LUGE__MAX_LOGS + i] = (double)NAN;
    for (int k = 0; k < n; k++) {
        int i = find_name(h, names[k]);
        if (i < 0) {
            if (h->count == LUGE__MAX_LOGS) continue;
            i = h->count++;
            luge__format(h->names[i], sizeof h->names[i], "%s", names[k]);
        }
        h->values[epoch * LUGE__MAX_LOGS + i] = values[k];
    }
    return LUGE_OK;
}

int64_t luge_history_epochs(const luge_model *model)
{
    return model ? model->history.epochs : 0;
}

int luge_history_count(const luge_model *model)
{
    return model ? model->history.count : 0;
}

const char *luge_history_name(const luge_model *model, int index)
{
    return model && index >= 0 && index < model->history.count ? model->history.names[index] : NULL;
}

double luge_history_value(const luge_model *model, int64_t epoch, const char *name)
{
    const int i = model && name ? find_name(&model->history, name) : -1;
    if (i >= 0 && epoch < 0) epoch += model->history.epochs;
    return i >= 0 && epoch >= 0 && epoch < model->history.epochs ? model->history.values[epoch * LUGE__MAX_LOGS + i]
                                                                 : (double)NAN;
}

luge_status luge_history_csv(const luge_model *model, luge_sink sink)
{
    if (!model || !sink.write)
        return luge__fail(model ? model->ctx : NULL, LUGE_EINVAL, "history_csv: the model or the sink is NULL");
    const luge__history *h = &model->history;
    luge__print(sink, "epoch");
    for (int i = 0; i < h->count; i++) luge__print(sink, ",%s", h->names[i]);
    luge__print(sink, "\n");
    for (int64_t epoch = 0; epoch < h->epochs; epoch++) {
        luge__print(sink, "%l", epoch);
        for (int i = 0; i < h->count; i++) {
            const double v = h->values[epoch * LUGE__MAX_LOGS + i];
            if (v != v)
                luge__print(sink, ",NA");
            else
                luge__print(sink, ",%g", v);
        }
        luge__print(sink, "\n");
    }
    return LUGE_OK;
}
