/* encoder.c: the life of encoders, and what can be asked of them. */
#include <string.h>

#include "data/encoder.h"

/* ---- life ------------------------------------------------------------------------------------------------------- */

static void destroy(luge__object *object)
{
    luge_encoder *encoder = (luge_encoder *)(void *)object;
    luge_context *ctx = object->ctx;
    luge__chunk_free(ctx, &encoder->chunks);
    luge__json_writer_free(&encoder->text);
    luge__release(ctx, encoder, sizeof *encoder);
}

void luge_encoder_free(luge_encoder *encoder)
{
    if (!encoder) return;
    luge__object_leave(&encoder->object);
    destroy(&encoder->object);
}

void *luge__encoder_alloc(luge_encoder *encoder, size_t n, size_t size)
{
    size_t bytes;
    if (!luge__mul_size(n ? n : 1, size, &bytes)) bytes = SIZE_MAX;
    return luge__chunk_alloc(encoder->object.ctx, &encoder->chunks, bytes);
}

const char *luge__encoder_copy(luge_encoder *encoder, const char *text)
{
    char *copy = luge__encoder_alloc(encoder, strlen(text) + 1, 1);
    return copy ? memcpy(copy, text, strlen(text) + 1) : NULL;
}

luge_encoder *luge__encoder_create(luge_context *ctx, size_t columns)
{
    luge_encoder *encoder = luge__alloc(ctx, sizeof *encoder);
    if (!encoder) return NULL;
    luge__object_enter(ctx, &encoder->object, destroy);
    encoder->text.ctx = ctx;
    encoder->columns = luge__encoder_alloc(encoder, columns, sizeof *encoder->columns);
    encoder->left_out = luge__encoder_alloc(encoder, columns, sizeof *encoder->left_out);
    encoder->reasons = luge__encoder_alloc(encoder, columns, sizeof *encoder->reasons);
    if (encoder->columns && encoder->left_out && encoder->reasons) return encoder;
    luge_encoder_free(encoder);
    return NULL;
}

/* ---- features --------------------------------------------------------------------------------------------------- */

static const char *join(luge_encoder *encoder, const char *a, const char *between, const char *b)
{
    const size_t length = strlen(a), more = strlen(between), rest = strlen(b) + 1;
    char *text = luge__encoder_alloc(encoder, length + more + rest, 1);
    if (!text) return NULL;
    memcpy(text, a, length);
    memcpy(text + length, between, more);
    memcpy(text + length + more, b, rest);
    return text;
}

/* Names of a column's features, from names[*n] on. */
static luge_status name_features(luge_encoder *encoder, const luge__encoded *c, const char **names, size_t *n)
{
    if (!c->values) names[(*n)++] = c->name;
    if (!c->values && c->with_missing) {
        names[*n] = join(encoder, c->name, " is missing", "");
        if (!names[(*n)++]) return LUGE_ENOMEM;
    }
    for (size_t i = 0; i < c->n_values; i++) {
        names[*n] = join(encoder, c->name, " = ", c->values[i]);
        if (!names[(*n)++]) return LUGE_ENOMEM;
    }
    return LUGE_OK;
}

luge_status luge__encoder_finish(luge_encoder *encoder)
{
    luge_encoder_info *info = &encoder->info;
    size_t features = 0, n = 0;
    *info = (luge_encoder_info){ .task = encoder->task,
                                 .target = encoder->target,
                                 .classes = (int64_t)encoder->n_classes,
                                 .class_names = encoder->classes,
                                 .left_out = (int32_t)encoder->n_left_out,
                                 .left_out_names = encoder->left_out,
                                 .left_out_reasons = encoder->reasons,
                                 .target_mean = encoder->mean,
                                 .target_deviation = encoder->deviation };
    for (size_t i = 0; i < encoder->n_columns; i++) {
        const luge__encoded *c = &encoder->columns[i];
        const int text = c->values != NULL;
        info->text += text;
        info->numeric += !text;
        info->with_missing += c->with_missing != 0;
        features += text ? c->n_values : c->with_missing ? 2 : 1;
    }
    const char **names = luge__encoder_alloc(encoder, features, sizeof *names);
    if (!names) return LUGE_ENOMEM;
    for (size_t i = 0; i < encoder->n_columns; i++) {
        if (name_features(encoder, &encoder->columns[i], names, &n)) return LUGE_ENOMEM;
    }
    info->features = (int64_t)features;
    info->feature_names = names;
    return LUGE_OK;
}

luge_status luge_encoder_info_of(const luge_encoder *encoder, luge_encoder_info *info)
{
    if (!encoder || !info)
        return luge__fail(NULL, LUGE_EINVAL, "luge_encoder_info_of: the %s is NULL", encoder ? "info" : "encoder");
    *info = encoder->info;
    return LUGE_OK;
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

luge_status luge__no_column(const luge_table *table, const char *name)
{
    return luge__fail(table->object.ctx, LUGE_EINVAL, "no column \"%s\" in %s; nearest: %s", name, table->path,
                      luge_nearest(name, table->names.word, (int64_t)table->names.n));
}

luge_status luge__not_numeric(const luge_table *table, int column)
{
    char text[LUGE__EXCERPT];
    const luge__cells *cells = &table->columns[column];
    const char *odd = cells->words.word[cells->odd];
    luge__excerpt(odd, strlen(odd), text);
    return luge__fail(table->object.ctx, LUGE_EFORMAT, "%s, line %l, column %d (%s): \"%s\" is not a number",
                      table->path, cells->odd_line, column + 1, cells->info.name, text);
}

luge_status luge__bad_value(const luge_table *table, int64_t row, int column, const char *what)
{
    char excerpt[LUGE__EXCERPT], number[40];
    const luge__place place = luge__table_place(table, row);
    const char *text = luge_table_text(table, row, column);
    const double value = luge_table_number(table, row, column);
    (void)luge__format(number, sizeof number, value < 0 || value >= 0 ? "%g" : "", value);
    if (!text) text = number;
    luge__excerpt(text, strlen(text), excerpt);
    return luge__fail(table->object.ctx, LUGE_EINVAL, "%s, %s, column %d (%s): \"%s\" %s", table->path, place.text,
                      column + 1, table->columns[column].info.name, excerpt, what);
}
