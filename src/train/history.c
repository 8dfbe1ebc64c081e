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

void luge__history_free(luge_model *m)
{
    luge__release(m->ctx, m->history.values, m->history.capacity * m->history.width * sizeof(double));
    m->history = (luge__history){ .epochs = 0 };
}

static double *row(const luge__history *h, int64_t epoch)
{
    return h->values + (size_t)epoch * h->width;
}

/* Makes each epoch wide enough for all names. */
static luge_status widen(luge_model *m)
{
    luge__history wide = m->history;
    wide.values = NULL;
    wide.capacity = 0;
    wide.width = (size_t)wide.count;
    if (luge__grow(m->ctx, &wide.values, wide.width * sizeof(double), &wide.capacity, (size_t)wide.epochs + 1))
        return LUGE_ENOMEM;
    for (int64_t e = 0; e < wide.epochs; e++)
        for (size_t i = 0; i < wide.width; i++)
            row(&wide, e)[i] = i < m->history.width ? row(&m->history, e)[i] : (double)NAN;
    luge__history_free(m);
    m->history = wide;
    return LUGE_OK;
}

luge_status luge__history_add(luge_model *m, int64_t epoch, int n, const char *const *names, const double *values)
{
    luge__history *h = &m->history;
    const int32_t known = h->count;
    int place[LUGE__MAX_LOGS] = { 0 };
    for (int k = 0; k < n; k++) {
        place[k] = find_name(h, names[k]);
        if (place[k] >= 0 || h->count == LUGE__MAX_LOGS) continue;
        place[k] = h->count++;
        luge__format(h->names[place[k]], sizeof h->names[0], "%s", names[k]);
    }
    if ((size_t)h->count > h->width && widen(m)) {
        h->count = known;
        return LUGE_ENOMEM;
    }
    if (!h->width) return LUGE_OK;
    if (luge__grow(m->ctx, &h->values, h->width * sizeof(double), &h->capacity, (size_t)epoch + 1)) return LUGE_ENOMEM;
    for (; h->epochs <= epoch; h->epochs++)
        for (size_t i = 0; i < h->width; i++) row(h, h->epochs)[i] = (double)NAN;
    for (int k = 0; k < n; k++)
        if (place[k] >= 0) row(h, epoch)[place[k]] = values[k];
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
    return i >= 0 && epoch >= 0 && epoch < model->history.epochs ? row(&model->history, epoch)[i] : (double)NAN;
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
            const double v = row(h, epoch)[i];
            if (v != v)
                luge__print(sink, ",NA");
            else
                luge__print(sink, ",%g", v);
        }
        luge__print(sink, "\n");
    }
    return LUGE_OK;
}
