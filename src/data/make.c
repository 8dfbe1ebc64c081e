/* make.c: data sets that need no file: truth tables, points of a plane, a curve, digits. */
#include "data/make.h"

#include <math.h>
#include <string.h>

#include "data/data.h"

static const double pi = 3.14159265358979323846;

/* One row of points: where its random numbers come from, and its class. */
typedef struct point {
    luge__random random;
    double noise;
    int64_t classes;
    double x, y;
    int64_t label;
    double target; /* sine */
} point;

/* The k-th number of the row in [0, 1). */
static double even(const point *p, int64_t k)
{
    double u;
    luge__random_uniform(&p->random, k, 1, LUGE_F64, 0, 1, &u);
    return u;
}

/* The k-th pair of normal numbers, from a stream of its own. */
static void shake(point *p, double *a, double *b)
{
    double two[2];
    luge__random r = p->random;
    r.stream++;
    luge__random_normal(&r, 0, 2, LUGE_F64, 0, p->noise, two);
    *a += two[0];
    if (b) *b += two[1];
}

static int64_t pick(const point *p, int64_t n)
{
    const int64_t i = (int64_t)(even(p, 0) * (double)n);
    return i < n ? i : n - 1;
}

static void blobs(point *p)
{
    p->label = pick(p, p->classes);
    const double angle = 2 * pi * (double)p->label / (double)p->classes;
    p->x = 2 * cos(angle);
    p->y = 2 * sin(angle);
    shake(p, &p->x, &p->y);
}

static void moons(point *p)
{
    p->label = pick(p, 2);
    const double angle = pi * even(p, 1);
    p->x = p->label ? 1 - cos(angle) : cos(angle);
    p->y = p->label ? 0.5 - sin(angle) : sin(angle);
    shake(p, &p->x, &p->y);
}

static void circles(point *p)
{
    p->label = pick(p, 2);
    const double angle = 2 * pi * even(p, 1), radius = p->label ? 0.5 : 1;
    p->x = radius * cos(angle);
    p->y = radius * sin(angle);
    shake(p, &p->x, &p->y);
}

static void spirals(point *p)
{
    p->label = pick(p, p->classes);
    const double way = 0.05 + 0.95 * even(p, 1);
    const double angle = 3.5 * pi * way + 2 * pi * (double)p->label / (double)p->classes;
    p->x = way * cos(angle);
    p->y = way * sin(angle);
    shake(p, &p->x, &p->y);
}

static void sine(point *p)
{
    p->x = pi * (2 * even(p, 0) - 1);
    p->target = sin(p->x);
    shake(p, &p->target, NULL);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

typedef enum family { GATE, PLANE, CURVE, DIGITS } family;

static const struct maker {
    const char *name;
    family family;
    void (*draw)(point *p);
    int truth; /* gates: the answers to 00, 01, 10, 11, as bits */
    int classes;
    double noise;
} makers[] = {
    { "and", GATE, NULL, 8, 0, 0 },
    { "or", GATE, NULL, 14, 0, 0 },
    { "nand", GATE, NULL, 7, 0, 0 },
    { "xor", GATE, NULL, 6, 0, 0 },
    { "blobs", PLANE, blobs, 0, 3, 0.6 },
    { "moons", PLANE, moons, 0, 2, 0.1 },
    { "circles", PLANE, circles, 0, 2, 0.08 },
    { "spirals", PLANE, spirals, 0, 2, 0.02 },
    { "sine", CURVE, sine, 0, 0, 0.1 },
    { "digits", DIGITS, NULL, 0, 10, 0 },
};
enum { MAKERS = sizeof makers / sizeof *makers };

const char *luge_make_data_name(int index)
{
    return index >= 0 && index < MAKERS ? makers[index].name : NULL;
}

static luge_dataset *join(luge_context *ctx, luge_array *features, luge_array *targets, const luge_column_options *x,
                          const luge_column_options *y)
{
    luge_column_options fx = *x, fy = *y;
    luge_dataset *data = features && targets ? luge_dataset_create(ctx) : NULL;
    fx.size = fy.size = sizeof fx;
    fx.array = features;
    fy.array = targets;
    if (data && (luge_dataset_add_features_with(data, &fx) || luge_dataset_add_targets_with(data, &fy))) {
        luge_dataset_free(data);
        data = NULL;
    }
    luge_array_free(features);
    luge_array_free(targets);
    return data;
}

static luge_array *array(luge_context *ctx, luge_dtype dtype, int64_t rows, int64_t width, unsigned char **at)
{
    const luge_shape shape = luge_make_shape(width ? 2 : 1, (const int64_t[]){ rows, width });
    *at = NULL;
    return luge__array_make(ctx, "make_data", dtype, &shape, at);
}

static const char *const plane_names[] = { "x", "y" }, *const gate_names[] = { "a", "b" };

static luge_dataset *make_gate(luge_context *ctx, const struct maker *maker)
{
    unsigned char *x, *y;
    luge_array *features = array(ctx, LUGE_F32, 4, 2, &x), *targets = features ? array(ctx, LUGE_F32, 4, 1, &y) : NULL;
    for (int i = 0; i < 4 && targets; i++) {
        ((float *)(void *)x)[2 * i] = (float)(i >> 1);
        ((float *)(void *)x)[2 * i + 1] = (float)(i & 1);
        ((float *)(void *)y)[i] = (float)(maker->truth >> i & 1);
    }
    return join(ctx, features, targets, &(luge_column_options){ .names = gate_names },
                &(luge_column_options){ .name = maker->name });
}

static luge_dataset *make_points(luge_context *ctx, const struct maker *maker, const luge_make_options *o)
{
    unsigned char *x, *y = NULL;
    const int plane = maker->family == PLANE;
    luge_array *features = array(ctx, LUGE_F32, o->rows, plane ? 2 : 1, &x);
    luge_array *targets = features ? array(ctx, plane ? LUGE_I32 : LUGE_F32, o->rows, plane ? 0 : 1, &y) : NULL;
    for (int64_t i = 0; i < o->rows && targets; i++) {
        point p = {
            .random = { .seed = o->seed, .stream = 0x20000000u + 2 * (uint32_t)(i >> 32), .step = i & UINT32_MAX },
            .noise = o->noise,
            .classes = o->classes
        };
        maker->draw(&p);
        if (!plane) {
            ((float *)(void *)x)[i] = (float)p.x;
            ((float *)(void *)y)[i] = (float)p.target;
            continue;
        }
        ((float *)(void *)x)[2 * i] = (float)p.x;
        ((float *)(void *)x)[2 * i + 1] = (float)p.y;
        ((int32_t *)(void *)y)[i] = (int32_t)p.label;
    }
    return join(ctx, features, targets, &(luge_column_options){ .names = plane_names },
                &(luge_column_options){ .name = plane ? "class" : "y",
                                        .kind = plane ? LUGE_CLASSES : LUGE_NUMBERS,
                                        .classes = plane ? o->classes : 0 });
}

static luge_dataset *make_digits(luge_context *ctx, const luge_make_options *o)
{
    enum { SIDE = LUGE__DIGIT_SIDE };
    static const char *const names[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };
    const luge_shape shape = luge_make_shape(3, (const int64_t[]){ o->rows, SIDE, SIDE });
    unsigned char *pixels, *labels = NULL;
    luge_array *features = luge__array_make(ctx, "make_data", LUGE_U8, &shape, &pixels);
    luge_array *targets = features ? array(ctx, LUGE_U8, o->rows, 0, &labels) : NULL;
    for (int64_t i = 0; i < o->rows && targets; i++)
        labels[i] = (unsigned char)luge__draw_digit(o->seed, i, pixels + i * SIDE * SIDE);
    return join(ctx, features, targets, &(luge_column_options){ .name = "pixels", .scale = 1 / 255. },
                &(luge_column_options){ .name = "digit", .kind = LUGE_CLASSES, .classes = 10, .names = names });
}

static const struct maker *find(luge_context *ctx, const char *name)
{
    const char *all[MAKERS];
    for (int i = 0; i < MAKERS; i++) {
        all[i] = makers[i].name;
        if (name && !strcmp(name, makers[i].name)) return &makers[i];
    }
    luge__fail(ctx, LUGE_EINVAL, "make_data: there is no data \"%s\" to make; nearest: %s", name ? name : "",
               luge_nearest(name ? name : "", all, MAKERS));
    return NULL;
}

luge_dataset *luge_make_data_with(luge_context *ctx, const luge_make_options *options)
{
    luge_make_options o;
    if (!ctx || luge_failed(ctx)) {
        if (!ctx) luge__fail(NULL, LUGE_EINVAL, "make_data: the context is NULL");
        return NULL;
    }
    if (luge__read_options(ctx, "make_data", &o, sizeof o, options)) return NULL;
    const struct maker *maker = find(ctx, o.name);
    if (!maker) return NULL;
    if (!o.rows) o.rows = 1000;
    if (!o.seed) o.seed = 1;
    if (!o.classes) o.classes = maker->classes;
    o.noise = o.noise == LUGE_NO_NOISE ? 0 : o.noise != 0 ? o.noise : maker->noise;
    const int any_classes = maker->draw == blobs || maker->draw == spirals;
    if (o.rows < 0 || !(o.noise >= 0 && o.noise < 1e6) ||
        (any_classes ? o.classes < 2 || o.classes > 10 : o.classes != maker->classes)) {
        luge__fail(ctx, LUGE_EINVAL, "make_data: %s: %l rows, noise %g or %d classes is out of range", maker->name,
                   o.rows, o.noise, (int)o.classes);
        return NULL;
    }
    if (maker->family == GATE) return make_gate(ctx, maker);
    return maker->family == DIGITS ? make_digits(ctx, &o) : make_points(ctx, maker, &o);
}
