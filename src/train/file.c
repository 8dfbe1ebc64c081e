/* file.c: the numbers of a model file, by name: one list each for writing and reading. */
#include "train/file.h"

#include <string.h>

static const char *const formulas[] = { "keras", "pytorch", NULL };
static const char *const samplings[] = { "shuffled", "in_order", "with_replacement", NULL };

#define NUMBER(type, kind, field)                                                                                      \
    {                                                                                                                  \
#field, LUGE__##kind, offsetof(type, field), NULL                                                              \
    }
#define NAMED(type, names, field)                                                                                      \
    {                                                                                                                  \
#field, LUGE__NAME, offsetof(type, field), names                                                               \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, LUGE__I32, 0, NULL                                                                                       \
    }

/* Far from where adding one or multiplying by a batch overflows. */
static const int64_t MOST_COUNTED = (int64_t)1 << 40;

const luge__number luge__optimizer_numbers[] = {
    NAMED(luge_optimizer, luge__optimizer_names, kind),
    NUMBER(luge_optimizer, F64, learning_rate),
    NUMBER(luge_optimizer, F64, momentum),
    NUMBER(luge_optimizer, I32, nesterov),
    NUMBER(luge_optimizer, F64, rho),
    NUMBER(luge_optimizer, I32, centered),
    NUMBER(luge_optimizer, F64, beta1),
    NUMBER(luge_optimizer, F64, beta2),
    NUMBER(luge_optimizer, F64, epsilon),
    NUMBER(luge_optimizer, I32, amsgrad),
    NUMBER(luge_optimizer, F64, initial_accumulator),
    NUMBER(luge_optimizer, F64, weight_decay),
    NUMBER(luge_optimizer, F64, clip_value),
    NUMBER(luge_optimizer, F64, clip_norm),
    NUMBER(luge_optimizer, F64, global_clip_norm),
    NUMBER(luge_optimizer, COUNT, accumulation_steps),
    NUMBER(luge_optimizer, F64, average_momentum),
    NAMED(luge_optimizer, formulas, formulas),
    END,
};

const luge__number luge__schedule_numbers[] = {
    NAMED(luge_schedule, luge__schedule_names, kind),
    NUMBER(luge_schedule, F64, initial_rate),
    NUMBER(luge_schedule, COUNT, decay_steps),
    NUMBER(luge_schedule, F64, decay_rate),
    NUMBER(luge_schedule, F64, end_rate),
    NUMBER(luge_schedule, F64, power),
    NUMBER(luge_schedule, I32, staircase),
    NUMBER(luge_schedule, I32, cycle),
    NUMBER(luge_schedule, F64, alpha),
    NUMBER(luge_schedule, F64, warmup_target),
    NUMBER(luge_schedule, COUNT, warmup_steps),
    NUMBER(luge_schedule, F64, t_mul),
    NUMBER(luge_schedule, F64, m_mul),
    NUMBER(luge_schedule, I32, n_boundaries),
    END,
};

const luge__number luge__compile_numbers[] = {
    NAMED(luge_compile_options, luge__loss_names, loss),
    NUMBER(luge_compile_options, F64, label_smoothing),
    NUMBER(luge_compile_options, F64, huber_delta),
    NUMBER(luge_compile_options, I32, from_logits),
    NUMBER(luge_compile_options, F64, threshold),
    NUMBER(luge_compile_options, I32, top_k),
    END,
};

const luge__number luge__training_numbers[] = {
    NUMBER(luge_model, F64, rate),
    NUMBER(luge_model, COUNT, epoch),
    NUMBER(luge_model, COUNT, step),
    NUMBER(luge_model, COUNT, updates),
    NUMBER(luge_model, COUNT, order),
    NUMBER(luge_model, F64, loss_sum),
    NUMBER(luge_model, F64, loss_rows),
    NUMBER(luge_model, U64, fingerprint),
    NUMBER(luge_model, COUNT, batch_size),
    NAMED(luge_model, samplings, sampling),
    NUMBER(luge_model, COUNT, data_rows),
    NUMBER(luge_model, I32, swapped),
    END,
};

const luge__number luge__callback_numbers[] = {
    NAMED(luge__callback_state, luge__callback_names, kind),
    NUMBER(luge__callback_state, I32, has_best),
    NUMBER(luge__callback_state, F64, best),
    NUMBER(luge__callback_state, COUNT, wait),
    NUMBER(luge__callback_state, COUNT, cooldown),
    NUMBER(luge__callback_state, COUNT, best_epoch),
    NUMBER(luge__callback_state, I32, has_weights),
    END,
};

const luge__number luge__model_numbers[] = {
    NUMBER(luge_model, U64, seed),
    NUMBER(luge_model, I32, chain),
    END,
};

void luge__numbers_write(luge__json_writer *w, const luge__number *table, const void *from)
{
    for (; table->name; table++) {
        const void *at = (const unsigned char *)from + table->offset;
        luge__json_key(w, table->name);
        if (table->kind == LUGE__NAME)
            luge__json_string(w, table->names[*(const int32_t *)at]);
        else if (table->kind == LUGE__I32)
            luge__json_int(w, *(const int32_t *)at);
        else if (table->kind == LUGE__COUNT)
            luge__json_int(w, *(const int64_t *)at);
        else if (table->kind == LUGE__U64)
            luge__json_uint(w, *(const uint64_t *)at);
        else
            luge__json_number(w, *(const double *)at);
    }
}

int luge__name_number(const luge__json *doc, uint32_t v, const char *const *names)
{
    const char *name = luge__json_get_string(doc, v);
    for (int i = 0; name && names[i]; i++)
        if (!strcmp(name, names[i])) return i;
    return -1;
}

luge_status luge__numbers_read(luge_context *ctx, const char *who, const luge__json *doc, uint32_t object,
                               const luge__number *table, void *to)
{
    for (; table->name; table++) {
        void *at = (unsigned char *)to + table->offset;
        const uint32_t v = luge__json_member(doc, object, table->name);
        int64_t integer = 0;
        int ok;
        if (table->kind == LUGE__NAME)
            ok = (integer = luge__name_number(doc, v, table->names)) >= 0;
        else if (table->kind == LUGE__F64)
            ok = luge__json_get_number(doc, v, at);
        else if (table->kind == LUGE__U64)
            ok = luge__json_get_uint(doc, v, at);
        else
            ok = luge__json_get_int(doc, v, &integer);
        if (table->kind == LUGE__I32) ok = ok && integer >= INT32_MIN && integer <= INT32_MAX;
        if (table->kind == LUGE__COUNT) ok = ok && integer >= 0 && integer <= MOST_COUNTED;
        if (!ok)
            return luge__fail(ctx, LUGE_EFORMAT, "%s: \"%s\" is missing, unknown or out of range", who, table->name);
        if (table->kind == LUGE__I32 || table->kind == LUGE__NAME) *(int32_t *)at = (int32_t)integer;
        if (table->kind == LUGE__COUNT) *(int64_t *)at = integer;
    }
    return LUGE_OK;
}
