/* note.c: texts that a program keeps with its model, by key: saved and loaded with it, and nothing to it. */
#include "train/train.h"

#include <string.h>

static void release(luge_context *ctx, char *text)
{
    if (text) luge__release(ctx, text, strlen(text) + 1);
}

static char *copy(luge_context *ctx, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *to = luge__alloc(ctx, bytes);
    return to ? memcpy(to, text, bytes) : NULL;
}

static luge__note *find(const luge_model *m, const char *key)
{
    for (size_t i = 0; i < m->n_notes; i++)
        if (!strcmp(m->notes[i].key, key)) return &m->notes[i];
    return NULL;
}

static luge_status add(luge_model *m, const char *key, char *text)
{
    if (luge__grow(m->ctx, &m->notes, sizeof *m->notes, &m->note_capacity, m->n_notes + 1)) return LUGE_ENOMEM;
    char *name = copy(m->ctx, key);
    if (!name) return LUGE_ENOMEM;
    m->notes[m->n_notes++] = (luge__note){ name, text };
    return LUGE_OK;
}

luge_status luge_set_note(luge_model *model, const char *key, const char *text)
{
    if (!luge__model_usable(model, "set_note")) return luge__refused(model);
    luge_context *ctx = model->ctx;
    if (!key || !*key) return luge__fail(ctx, LUGE_EINVAL, "set_note: the key is empty");
    luge__note *note = find(model, key);
    if (!text) {
        if (!note) return LUGE_OK;
        release(ctx, note->key);
        release(ctx, note->text);
        memmove(note, note + 1, (size_t)(model->notes + model->n_notes - note - 1) * sizeof *note);
        model->n_notes--;
        return LUGE_OK;
    }
    char *kept = copy(ctx, text);
    if (!kept) return LUGE_ENOMEM;
    if (note) {
        release(ctx, note->text);
        note->text = kept;
        return LUGE_OK;
    }
    const luge_status status = add(model, key, kept);
    if (status) release(ctx, kept);
    return status;
}

const char *luge_note(const luge_model *model, const char *key)
{
    const luge__note *note = model && key ? find(model, key) : NULL;
    return note ? note->text : NULL;
}

void luge__notes_free(luge_model *m)
{
    for (size_t i = 0; i < m->n_notes; i++) {
        release(m->ctx, m->notes[i].key);
        release(m->ctx, m->notes[i].text);
    }
    luge__release(m->ctx, m->notes, m->note_capacity * sizeof *m->notes);
}
