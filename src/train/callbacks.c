/* callbacks.c: what is done around epochs and steps: a user's functions, and the built-in kinds. What those remember is
 * in the model (luge__callback_state) and is saved with it. */
#include "train/fit.h"

#include <math.h>
#include <string.h>

/* ---- which values are better ------------------------------------------------------------------------------------- */

static const char *monitor_of(const luge_callback *c)
{
    return c->monitor ? c->monitor : "val_loss";
}

/* 1: larger is better, -1: smaller. */
static int direction(const luge_callback *c)
{
    const char *name = monitor_of(c);
    if (c->larger_is_better) return c->larger_is_better;
    if (!strncmp(name, "val_", 4)) name += 4;
    return luge_metric_better(luge_metric_named(name)) > 0 ? 1 : -1;
}

static int improves(const luge_callback *c, double value, double best, double min_delta)
{
    return direction(c) > 0 ? value - min_delta > best : value + min_delta < best;
}

/* The monitored value of this epoch; an error where nothing is logged under that name. */
static luge_status monitored(luge__fit *f, const luge_callback *c, const char *who, double *value)
{
    const char *name = monitor_of(c);
    for (int i = 0; i < f->logs.n; i++) {
        if (strcmp(f->logs.names[i], name)) continue;
        *value = f->logs.values[i];
        return LUGE_OK;
    }
    char logged[256] = "";
    size_t n = 0;
    for (int i = 0; i < f->logs.n && n < sizeof logged - 40; i++)
        n += luge__format(logged + n, sizeof logged - n, "%s%s", i ? ", " : "", f->logs.names[i]);
    return luge__fail(f->m->ctx, LUGE_EINVAL, "%s: nothing is logged as \"%s\"; logged are %s", who, name, logged);
}

/* Not every epoch is validated: then there is nothing to look at. */
static int unseen(const luge__fit *f, const luge_callback *c)
{
    return f->validation && !strncmp(monitor_of(c), "val_", 4) && f->m->epoch % f->o.validation_frequency != 0;
}

/* ---- early stopping ---------------------------------------------------------------------------------------------- */

static luge_status keep_weights(luge__fit *f, luge__callback_state *s)
{
    luge_model *m = f->m;
    const size_t bytes = luge__all_weight_bytes(m);
    if (!s->weights && bytes) {
        if (!(s->weights = luge__alloc(m->ctx, bytes))) return LUGE_ENOMEM;
        s->weight_bytes = bytes;
    }
    s->has_weights = 1;
    return luge__copy_weights(m, s->weights, 0);
}

static int early_stopping(luge__fit *f, const luge_callback *c, luge__callback_state *s, int64_t epoch)
{
    double value;
    if (epoch < c->start_from_epoch || unseen(f, c)) return 0;
    if (monitored(f, c, "early_stopping", &value)) return 1;
    if (c->restore_best_weights && !s->has_weights) {
        s->best_epoch = epoch;
        if (keep_weights(f, s)) return 1;
    }
    s->wait++;
    if (!s->has_best || improves(c, value, s->best, c->min_delta)) {
        s->has_best = 1;
        s->best = value;
        s->best_epoch = epoch;
        if (c->restore_best_weights && keep_weights(f, s)) return 1;
        if (!c->has_baseline || improves(c, value, c->baseline, c->min_delta)) s->wait = 0;
        return 0;
    }
    if (s->wait < c->patience || epoch == 0) return 0;
    luge__format(f->m->reason, sizeof f->m->reason, "%s has not improved since epoch %l", monitor_of(c),
                 s->best_epoch + 1);
    return 1;
}

/* Not after an interrupt or in the middle of an epoch: that training goes on later. */
static luge_status restore_best(luge__fit *f, const luge_callback *c, luge__callback_state *s)
{
    const int interrupted = (f->o.interrupt && *f->o.interrupt) || f->m->step > 0;
    if (!c->restore_best_weights || !s->has_weights || interrupted) return LUGE_OK;
    return luge__copy_weights(f->m, s->weights, 1);
}

/* ---- the others -------------------------------------------------------------------------------------------------- */

static luge_status reduce_rate(luge__fit *f, const luge_callback *c, luge__callback_state *s)
{
    double value;
    luge_model *m = f->m;
    const double factor = c->factor != 0 ? c->factor : 0.1, min_delta = c->min_delta != 0 ? c->min_delta : 1e-4;
    if (unseen(f, c)) return LUGE_OK;
    const luge_status status = monitored(f, c, "reduce_rate_on_plateau", &value);
    if (status) return status;
    if (s->cooldown > 0) {
        s->cooldown--;
        s->wait = 0;
    }
    if (!s->has_best || improves(c, value, s->best, min_delta)) {
        s->has_best = 1;
        s->best = value;
        s->wait = 0;
    } else if (!s->cooldown && ++s->wait >= (c->patience ? c->patience : 10)) {
        if (m->rate > c->min_rate) {
            m->rate = m->rate * factor > c->min_rate ? m->rate * factor : c->min_rate;
            s->cooldown = c->cooldown;
            s->wait = 0;
        }
    }
    return LUGE_OK;
}

/* Replaces {epoch}, {epoch:03} and {name} or {name:4} (decimals) in a path. */
static luge_status format_path(luge__fit *f, const char *from, char *to, size_t size)
{
    size_t n = 0;
    while (*from && n + 1 < size) {
        const char *end = *from == '{' ? strchr(from, '}') : NULL;
        if (!end) {
            to[n++] = *from++;
            continue;
        }
        char name[32] = "";
        int digits = 0;
        size_t length = 0;
        for (from++; from < end && *from != ':' && length + 1 < sizeof name; from++) name[length++] = *from;
        for (; from < end; from++)
            if (*from >= '0' && *from <= '9') digits = (digits * 10 + *from - '0') % 100;
        from = end + 1;
        const int is_epoch = !strcmp(name, "epoch");
        const double value = is_epoch ? (double)f->m->epoch : luge__log_get(&f->logs, name);
        if (value != value)
            return luge__fail(f->m->ctx, LUGE_EINVAL, "checkpoint: the path has {%s}, but nothing is logged so", name);
        n += luge__format_fixed(to + n, size - n, value, is_epoch ? 0 : digits ? digits : 4, is_epoch ? digits : 0);
    }
    to[n] = 0;
    return *from ? luge__fail(f->m->ctx, LUGE_EINVAL, "checkpoint: the path is longer than %z bytes", size) : LUGE_OK;
}

static luge_status checkpoint(luge__fit *f, const luge_callback *c, luge__callback_state *s, int at_epoch)
{
    char path[1024];
    double value;
    luge_status status = LUGE_OK;
    if (c->save_best_only && at_epoch) {
        if (unseen(f, c)) return LUGE_OK;
        status = monitored(f, c, "checkpoint", &value);
        if (status || (s->has_best && !improves(c, value, s->best, c->min_delta))) return status;
        s->has_best = 1;
        s->best = value;
    }
    if (!status) status = format_path(f, c->path, path, sizeof path);
    return status ? status : luge_save_model(f->m, path);
}

static void write_replace(void *user, const char *text, size_t length)
{
    luge__replace_write(user, text, length);
}

/* The whole history each time: the file is whole at any moment, and going on after a stop needs no care. */
static luge_status csv_log(luge__fit *f, const luge_callback *c)
{
    luge__replace file;
    luge_status status = luge__replace_open(f->m->ctx, c->path, &file);
    if (status) return status;
    const luge_sink sink = { write_replace, &file };
    luge_history_csv(f->m, sink);
    status = luge_failure(f->m->ctx);
    if (!status) status = luge__replace_commit(&file);
    luge__replace_abandon(&file);
    return status;
}

/* ---- calling ----------------------------------------------------------------------------------------------------- */

luge_status luge__callbacks_check(luge__fit *f)
{
    luge_context *ctx = f->m->ctx;
    for (int i = 0; i < LUGE_MAX_CALLBACKS && f->o.callbacks[i]; i++) {
        luge_callback c;
        luge_status status = luge__read_options(ctx, "callback", &c, sizeof c, f->o.callbacks[i]);
        if (status) return status;
        if (c.kind < LUGE_CUSTOM_CALLBACK || c.kind > LUGE_STOP_ON_NAN)
            return luge__fail(ctx, LUGE_EINVAL, "fit: there is no callback kind number %d", (int)c.kind);
        if ((c.kind == LUGE_CHECKPOINT || c.kind == LUGE_CSV_LOG) && (!c.path || !*c.path))
            return luge__fail(ctx, LUGE_EINVAL, "fit: callback %d needs a path", i);
        if (c.patience < 0 || c.cooldown < 0 || c.every_steps < 0 || !(c.min_delta >= 0) ||
            !(c.factor >= 0 && c.factor < 1))
            return luge__fail(ctx, LUGE_EINVAL, "fit: callback %d: a number is out of range", i);
        if (c.kind == LUGE_REDUCE_RATE_ON_PLATEAU && f->m->optimizer.schedule)
            return luge__fail(ctx, LUGE_EINVAL, "fit: the rate follows a schedule; a callback cannot reduce it");
    }
    for (int i = 0, more = 1; i < LUGE_MAX_CALLBACKS; i++) { /* what those of an earlier fit remember goes, too */
        const luge_callback *c = more ? f->o.callbacks[i] : NULL;
        const luge_callback_kind kind = c ? c->kind : LUGE_CUSTOM_CALLBACK;
        luge__callback_state *s = &f->m->callbacks[i];
        more = c != NULL;
        if (f->o.resume && s->kind == kind) continue;
        luge__release(ctx, s->weights, s->weight_bytes);
        *s = (luge__callback_state){ .kind = kind };
    }
    return LUGE_OK;
}

int luge__callbacks_have(const luge__fit *f, luge_callback_kind kind)
{
    for (int i = 0; i < LUGE_MAX_CALLBACKS && f->o.callbacks[i]; i++)
        if (f->o.callbacks[i]->kind == kind) return 1;
    return 0;
}

double luge_moment_log(const luge_moment *moment, const char *name)
{
    for (int i = 0; moment && name && i < moment->n_logs; i++)
        if (!strcmp(moment->names[i], name)) return moment->values[i];
    return NAN;
}

static int custom(luge__fit *f, const luge_callback *c, luge__event event, int64_t epoch, int64_t step)
{
    const luge_model *m = f->m;
    const luge_callback_fn all[] = { c->train_begin, c->epoch_begin, c->batch_end, c->epoch_end, c->train_end };
    if (!all[event]) return 0;
    const double loss = m->loss_rows > 0 ? m->loss_sum / m->loss_rows : luge__log_get(&f->logs, "loss");
    const luge_moment moment = { .model = f->m,
                                 .epoch = epoch,
                                 .epochs = f->o.epochs,
                                 .step = step,
                                 .steps = f->steps,
                                 .loss = loss,
                                 .learning_rate = luge__next_rate(m),
                                 .n_logs = event == LUGE__EPOCH_END || event == LUGE__TRAIN_END ? f->logs.n : 0,
                                 .names = f->logs.names,
                                 .values = f->logs.values };
    return all[event](&moment, c->user);
}

static int built_in(luge__fit *f, const luge_callback *c, luge__callback_state *s, luge__event event, int64_t epoch)
{
    const int at_epoch = event == LUGE__EPOCH_END;
    switch (c->kind) {
    case LUGE_EARLY_STOPPING:
        if (event == LUGE__TRAIN_END) restore_best(f, c, s);
        return at_epoch ? early_stopping(f, c, s, epoch) : 0;
    case LUGE_REDUCE_RATE_ON_PLATEAU:
        return at_epoch && reduce_rate(f, c, s);
    case LUGE_CSV_LOG:
        return at_epoch && csv_log(f, c);
    default:
        return 0;
    }
}

/* Checkpoints come last, so that what the others remember is in the file. */
int luge__callbacks_call(luge__fit *f, luge__event event, int64_t epoch, int64_t step)
{
    int stop = 0;
    for (int i = 0; i < LUGE_MAX_CALLBACKS && f->o.callbacks[i]; i++) {
        const luge_callback *c = f->o.callbacks[i];
        luge__callback_state *s = &f->m->callbacks[i];
        stop |= c->kind == LUGE_CUSTOM_CALLBACK ? custom(f, c, event, epoch, step) : built_in(f, c, s, event, epoch);
    }
    for (int i = 0; i < LUGE_MAX_CALLBACKS && f->o.callbacks[i] && !luge_failed(f->m->ctx); i++) {
        const luge_callback *c = f->o.callbacks[i];
        if (c->kind != LUGE_CHECKPOINT) continue;
        const int due =
            c->every_steps ? event == LUGE__BATCH_END && f->m->updates % c->every_steps == 0 : event == LUGE__EPOCH_END;
        if (due) checkpoint(f, c, &f->m->callbacks[i], event == LUGE__EPOCH_END);
    }
    return stop || luge_failed(f->m->ctx);
}
