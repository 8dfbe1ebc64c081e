/* callbacks.c: what is done around epochs and steps: a user's functions, and the built-in kinds. What those remember is
 * in the model (luge__callback_state) and is saved with it. */
#include "train/fit.h"

#include <math.h>
#include <string.h>

const char *const luge__callback_names[] = { "custom",  "early_stopping", "checkpoint", "reduce_rate_on_plateau",
                                             "csv_log", "stop_on_nan",    NULL };

/* ---- which values are better ------------------------------------------------------------------------------------- */

/* 1: larger is better, -1: smaller. */
static int direction(const luge_callback *c)
{
    const char *name = c->monitor;
    if (c->larger_is_better) return c->larger_is_better;
    if (!strncmp(name, "val_", 4)) name += 4;
    return luge_metric_better(luge_metric_named(name)) > 0 ? 1 : -1;
}

static int improves(const luge_callback *c, double value, double best)
{
    return direction(c) > 0 ? value - c->min_delta > best : value + c->min_delta < best;
}

/* Whether the state's best becomes this value: the first number, or one that is better. */
static int is_best(const luge_callback *c, luge__callback_state *s, double value)
{
    if (value != value || (s->has_best && !improves(c, value, s->best))) return 0;
    s->has_best = 1;
    s->best = value;
    return 1;
}

/* Nonzero where the monitored value is logged now: not every epoch is validated. */
static int monitored(const luge__fit *f, const luge_callback *c, double *value)
{
    const int i = luge__log_find(&f->logs, c->monitor);
    if (i >= 0) *value = f->logs.values[i];
    return i >= 0;
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
    s->has_weights = LUGE__BEST_KEPT;
    return luge__copy_weights(m, s->weights, 0);
}

/* The weights of the model for those that are kept, and the other way round. */
static luge_status exchange(luge_model *m, luge__callback_state *s, int32_t has_weights)
{
    if (!s->weights) return LUGE_OK;
    unsigned char *memory = luge__alloc(m->ctx, s->weight_bytes);
    luge_status status = memory ? luge__copy_weights(m, memory, 0) : LUGE_ENOMEM;
    if (!status) status = luge__copy_weights(m, s->weights, 1);
    if (status) {
        luge__release(m->ctx, memory, s->weight_bytes);
        return status;
    }
    luge__release(m->ctx, s->weights, s->weight_bytes);
    s->weights = memory;
    s->has_weights = has_weights;
    return LUGE_OK;
}

static int early_stopping(luge__fit *f, const luge_callback *c, luge__callback_state *s, int64_t epoch)
{
    double value;
    if (epoch < c->start_from_epoch || !monitored(f, c, &value)) return 0;
    if (c->restore_best_weights && !s->has_weights) {
        s->best_epoch = epoch;
        if (keep_weights(f, s)) return 1;
    }
    s->wait++;
    if (is_best(c, s, value)) {
        s->best_epoch = epoch;
        if (c->restore_best_weights && keep_weights(f, s)) return 1;
        if (!c->has_baseline || improves(c, value, c->baseline)) s->wait = 0;
        return 0;
    }
    if (s->wait < c->patience || epoch == 0) return 0;
    f->m->cause = LUGE_STOPPED_EARLY;
    luge__format(f->m->reason, sizeof f->m->reason, "%s has not improved since epoch %l", c->monitor,
                 s->best_epoch + 1);
    return 1;
}

/* Not after an interrupt or in the middle of an epoch: that training goes on later. */
static luge_status restore_best(luge__fit *f, const luge_callback *c, luge__callback_state *s)
{
    const int interrupted = f->m->step > 0 || (f->m->stopped && f->o.interrupt && *f->o.interrupt);
    if (!c->restore_best_weights || s->has_weights != LUGE__BEST_KEPT || interrupted) return LUGE_OK;
    return exchange(f->m, s, LUGE__BEST_IN_MODEL);
}

/* A resume goes on from where training stood, not from what was best. The last exchange is undone first. */
static luge_status take_back(luge__fit *f)
{
    luge_status status = LUGE_OK;
    for (int i = LUGE_MAX_CALLBACKS; i-- && !status;) {
        luge__callback_state *s = &f->m->callbacks[i];
        if (s->has_weights == LUGE__BEST_IN_MODEL) status = exchange(f->m, s, LUGE__BEST_KEPT);
    }
    return status;
}

/* ---- the others -------------------------------------------------------------------------------------------------- */

static void reduce_rate(luge__fit *f, const luge_callback *c, luge__callback_state *s)
{
    double value;
    luge_model *m = f->m;
    if (!monitored(f, c, &value)) return;
    if (s->cooldown > 0) {
        s->cooldown--;
        s->wait = 0;
    }
    if (is_best(c, s, value)) {
        s->wait = 0;
    } else if (!s->cooldown && ++s->wait >= c->patience) {
        if (m->rate > c->min_rate) {
            m->rate = m->rate * c->factor > c->min_rate ? m->rate * c->factor : c->min_rate;
            s->cooldown = c->cooldown;
            s->wait = 0;
        }
    }
}

/* Replaces {epoch}, {epoch:03} and {name} or {name:4} (decimals) in a path. */
static luge_status format_path(luge__fit *f, const char *from, int64_t epoch, char *to, size_t size)
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
        const int is_epoch = !strcmp(name, "epoch"), log = luge__log_find(&f->logs, name);
        const double value = is_epoch ? (double)epoch + 1 : log < 0 ? 0 : f->logs.values[log];
        if (!is_epoch && log < 0)
            return luge__fail(f->m->ctx, LUGE_EINVAL, "checkpoint: the path has {%s}, but nothing is logged so", name);
        n += luge__format_fixed(to + n, size - n, value, is_epoch ? 0 : digits ? digits : 4, is_epoch ? digits : 0);
    }
    to[n] = 0;
    return *from || n + 1 == size
               ? luge__fail(f->m->ctx, LUGE_EINVAL, "checkpoint: the path is longer than %z bytes", size)
               : LUGE_OK;
}

/* Whether a checkpoint is to be saved now; a best value is remembered. */
static int is_due(luge__fit *f, const luge_callback *c, luge__callback_state *s, luge__event event)
{
    double value;
    if (c->kind != LUGE_CHECKPOINT) return 0;
    if (c->every_steps ? event != LUGE__BATCH_END || f->m->updates % c->every_steps : event != LUGE__EPOCH_END)
        return 0;
    return !c->save_best_only || (monitored(f, c, &value) && is_best(c, s, value));
}

static luge_status checkpoint(luge__fit *f, const luge_callback *c, int64_t epoch)
{
    char path[1024];
    const luge_status status = format_path(f, c->path, epoch, path, sizeof path);
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

static void put_defaults(luge_callback *c)
{
    const int plateau = c->kind == LUGE_REDUCE_RATE_ON_PLATEAU;
    if (!c->monitor) c->monitor = "val_loss";
    if (plateau && c->min_delta == 0) c->min_delta = 1e-4;
    if (plateau && c->factor == 0) c->factor = 0.1;
    if (plateau && !c->patience) c->patience = 10;
    if (c->min_delta == LUGE_ZERO) c->min_delta = 0;
}

static luge_status check(luge__fit *f, int i)
{
    const luge_callback *c = &f->callbacks[i];
    luge_context *ctx = f->m->ctx;
    if (c->kind < LUGE_CUSTOM_CALLBACK || c->kind > LUGE_STOP_ON_NAN)
        return luge__fail(ctx, LUGE_EINVAL, "fit: there is no callback kind number %d", (int)c->kind);
    if ((c->kind == LUGE_CHECKPOINT || c->kind == LUGE_CSV_LOG) && (!c->path || !*c->path))
        return luge__fail(ctx, LUGE_EINVAL, "fit: callback %d needs a path", i);
    if (c->patience < 0 || c->cooldown < 0 || c->every_steps < 0 || c->start_from_epoch < 0 || !(c->min_delta >= 0) ||
        !(c->factor >= 0 && c->factor < 1) || !(c->min_rate >= 0))
        return luge__fail(ctx, LUGE_EINVAL, "fit: callback %d: a number is out of range", i);
    if (c->kind == LUGE_REDUCE_RATE_ON_PLATEAU && f->m->optimizer.schedule)
        return luge__fail(ctx, LUGE_EINVAL, "fit: the rate follows a schedule; a callback cannot reduce it");
    return LUGE_OK;
}

/* What it monitors must be logged when it looks. */
static luge_status check_monitor(luge__fit *f, const luge_callback *c)
{
    const int at_steps = c->kind == LUGE_CHECKPOINT && c->every_steps;
    const int n = at_steps ? 1 + f->m->n_metrics : f->logs.n, at = luge__log_find(&f->logs, c->monitor);
    if (c->kind > LUGE_REDUCE_RATE_ON_PLATEAU || c->kind == LUGE_CUSTOM_CALLBACK || (at >= 0 && at < n)) return LUGE_OK;
    if (c->kind == LUGE_CHECKPOINT && !c->save_best_only) return LUGE_OK;
    char logged[256] = "";
    size_t length = 0;
    for (int i = 0; i < n; i++)
        length += luge__format(logged + length, sizeof logged - length, "%s%s", i ? ", " : "", f->logs.names[i]);
    return luge__fail(f->m->ctx, LUGE_EINVAL, "%s: nothing is logged as \"%s\"%s; logged are %s",
                      luge__callback_names[c->kind], c->monitor, at_steps ? " at a step" : "", logged);
}

luge_status luge__callbacks_check(luge__fit *f)
{
    luge_context *ctx = f->m->ctx;
    luge_status status = LUGE_OK;
    for (int i = 0; i < LUGE_MAX_CALLBACKS && f->o.callbacks[i] && !status; i++) {
        status = luge__read_options(ctx, "callback", &f->callbacks[i], sizeof *f->callbacks, f->o.callbacks[i]);
        put_defaults(&f->callbacks[i]);
        if (!status) status = check(f, f->n_callbacks++);
    }
    if (!status) luge__logs_expect(f);
    for (int i = 0; i < f->n_callbacks && !status; i++) status = check_monitor(f, &f->callbacks[i]);
    f->logs.n = 0;
    for (int i = 0; i < LUGE_MAX_CALLBACKS && !status; i++) { /* what those of an earlier fit remember goes, too */
        const luge_callback_kind kind = i < f->n_callbacks ? f->callbacks[i].kind : LUGE_CUSTOM_CALLBACK;
        luge__callback_state *s = &f->m->callbacks[i];
        if (f->o.resume && s->kind == kind) continue;
        luge__release(ctx, s->weights, s->weight_bytes);
        *s = (luge__callback_state){ .kind = kind };
    }
    return status;
}

int luge__callbacks_have(const luge__fit *f, luge_callback_kind kind)
{
    for (int i = 0; i < f->n_callbacks; i++)
        if (f->callbacks[i].kind == kind) return 1;
    return 0;
}

int luge__callbacks_watch_steps(const luge__fit *f)
{
    for (int i = 0; i < f->n_callbacks; i++)
        if (f->callbacks[i].batch_end || f->callbacks[i].every_steps) return 1;
    return 0;
}

double luge_moment_log(const luge_moment *moment, const char *name)
{
    const int i = moment ? luge__name_index(name, moment->names, moment->n_logs) : -1;
    return i < 0 ? (double)NAN : moment->values[i];
}

static int custom(luge__fit *f, const luge_callback *c, luge__event event, int64_t epoch, int64_t step)
{
    const luge_model *m = f->m;
    const luge_callback_fn all[] = { c->train_begin, c->epoch_begin, c->batch_end, c->epoch_end, c->train_end };
    if (!all[event]) return 0;
    const int logged = luge__log_find(&f->logs, "loss");
    const double loss = m->loss_rows > 0 ? m->loss_sum / m->loss_rows
                        : logged < 0     ? (double)NAN
                                         : f->logs.values[logged];
    const luge_moment moment = { .model = f->m,
                                 .epoch = epoch,
                                 .epochs = f->o.epochs,
                                 .step = step,
                                 .steps = f->steps,
                                 .loss = loss,
                                 .learning_rate = luge__next_rate(m),
                                 .n_logs = f->logs.n,
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
        if (at_epoch) reduce_rate(f, c, s);
        return 0;
    case LUGE_CSV_LOG:
        return at_epoch && csv_log(f, c);
    default:
        return 0;
    }
}

/* Checkpoints come last, so that what all callbacks remember is in each file. */
int luge__callbacks_call(luge__fit *f, luge__event event, int64_t epoch, int64_t step)
{
    int stop = event == LUGE__TRAIN_BEGIN && take_back(f), due[LUGE_MAX_CALLBACKS];
    for (int i = 0; i < f->n_callbacks; i++) {
        const luge_callback *c = &f->callbacks[i];
        luge__callback_state *s = &f->m->callbacks[i];
        stop |= c->kind == LUGE_CUSTOM_CALLBACK ? custom(f, c, event, epoch, step) : built_in(f, c, s, event, epoch);
    }
    for (int i = 0; i < f->n_callbacks; i++) due[i] = is_due(f, &f->callbacks[i], &f->m->callbacks[i], event);
    for (int i = 0; i < f->n_callbacks && !luge_failed(f->m->ctx); i++)
        if (due[i]) checkpoint(f, &f->callbacks[i], epoch);
    return stop || luge_failed(f->m->ctx);
}
