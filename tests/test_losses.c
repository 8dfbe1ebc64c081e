/* test_losses.c: losses by rows, reduced, weighted, and their gradients against PyTorch's numbers: as operators, and
 * through models that look their predictions up in an embedding. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "luge/luge.h"
#include "nn/nn.h"

#include "golden/loss_golden.inc"

enum { GOLDEN = sizeof loss_golden_rows / sizeof *loss_golden_rows, ROWS = 5, COLUMNS = 3, ALL = ROWS * COLUMNS };

static luge_loss loss_of(const loss_golden *row)
{
    luge_loss loss = LUGE_NO_LOSS;
    luge_loss_named(row->loss, &loss);
    return loss;
}

static int of_classes(const loss_golden *row)
{
    return loss_of(row) == LUGE_SPARSE_CATEGORICAL_CROSSENTROPY;
}

/* Class numbers for one-hot targets: the first largest. */
static void classes_of(const loss_golden *row, int32_t classes[ROWS])
{
    for (int r = 0; r < ROWS; r++) {
        const double *t = &row->targets[r * COLUMNS];
        classes[r] = t[1] > t[0] ? (t[2] > t[1] ? 2 : 1) : t[2] > t[0] ? 2 : 0;
        if (of_classes(row)) classes[r] = (int32_t)row->targets[r];
    }
}

static double off_by(double value, double expected)
{
    return fabs(value - expected) / fmax(1, fabs(expected));
}

static void note(double *worst, double value, double expected)
{
    const double off = off_by(value, expected);
    if (!(off <= *worst)) *worst = off;
}

/* ---- as operators ------------------------------------------------------------------------------------------------ */

static void put(void *to, luge_dtype dtype, int n, const double *from)
{
    for (int i = 0; i < n; i++) {
        if (dtype == LUGE_F64) ((double *)to)[i] = from[i];
        if (dtype == LUGE_F32) ((float *)to)[i] = (float)from[i];
        if (dtype == LUGE_I32) ((int32_t *)to)[i] = (int32_t)from[i];
    }
}

static double get(const void *from, luge_dtype dtype, int i)
{
    return dtype == LUGE_F64 ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

static luge_val variable(luge_graph *g, const char *name, luge_dtype dtype, luge_shape shape, const double *from)
{
    const luge_val v = luge_variable(g, name, dtype, shape);
    put(luge_data(g, v), dtype, (int)luge_shape_size(&shape), from);
    return v;
}

/* How far the losses of rows, their sum and its gradient are off. */
static double golden_row(luge_test *t, const loss_golden *row, luge_dtype dtype)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge__loss_settings settings = { loss_of(row), row->smoothing, row->delta, row->from_logits };
    const luge_val y = variable(g, "y", dtype, luge_shape_of(ROWS, COLUMNS), row->predictions);
    const luge_val target = of_classes(row) ? variable(g, "t", LUGE_I32, luge_shape_of(ROWS), row->targets)
                                            : variable(g, "t", dtype, luge_shape_of(ROWS, COLUMNS), row->targets);
    luge_val rows = luge__loss_of_rows(g, &settings, y, target), loss = rows, gradient;
    if (row->weighted) loss = luge_mul(g, rows, variable(g, "w", dtype, luge_shape_of(ROWS), loss_golden_weights));
    loss = settings.kind == LUGE_HALF_SUM_SQUARED_ERROR ? luge_sum(g, loss) : luge_mean(g, loss);
    double worst = 0, values[ALL];
    CHECK_STATUS(t, luge_gradient(g, loss, &y, 1, &gradient), LUGE_OK);
    const size_t size = luge_dtype_size(dtype);
    CHECK_STATUS(t, luge_eval(g, rows, values, ROWS * size), LUGE_OK);
    for (int i = 0; i < ROWS; i++) note(&worst, get(values, dtype, i), row->rows[i]);
    CHECK_STATUS(t, luge_eval(g, loss, values, size), LUGE_OK);
    note(&worst, get(values, dtype, 0), row->value);
    CHECK_STATUS(t, luge_eval(g, gradient, values, ALL * size), LUGE_OK);
    for (int i = 0; i < ALL; i++) note(&worst, get(values, dtype, i), row->gradient[i]);
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
    return worst;
}

/* The golden logarithm of 1 - p has the rounding of 1 - (1 - 1e-7) in it: 6e-10. */
static int rounded(const loss_golden *row)
{
    return loss_of(row) == LUGE_BINARY_CROSSENTROPY && !row->from_logits;
}

static void golden_in(luge_test *t, luge_dtype dtype, double tolerance)
{
    double worst = 0;
    for (int i = 0; i < GOLDEN; i++) {
        const loss_golden *row = &loss_golden_rows[i];
        const double off = golden_row(t, row, dtype), most = rounded(row) && dtype == LUGE_F64 ? 1e-9 : tolerance;
        if (!CHECK(t, off <= most)) printf("  %s is off by %g\n", row->name, off);
        if (!(off <= worst) && !rounded(row)) worst = off;
    }
    if (t->verbose) printf("  off by at most %g\n", worst);
}

static void golden_f64(luge_test *t)
{
    CHECK_EQ_INT(t, GOLDEN, 50);
    golden_in(t, LUGE_F64, 1e-13);
}

static void golden_f32(luge_test *t)
{
    golden_in(t, LUGE_F32, 1e-6);
}

/* ---- through models ---------------------------------------------------------------------------------------------- */

/* A model that answers row i with row i of its weight "embedding/embeddings". */
static luge_model *table(luge_context *ctx, luge_activation activation, const double *predictions, luge_test *t)
{
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_add_layer(m, luge_input_layer(luge_shape_of(1), .dtype = LUGE_I32));
    luge_add_layer(m, luge_embedding(ROWS, .output_dim = COLUMNS));
    luge_add_layer(m, luge_flatten_layer());
    luge_add_layer(m, luge_activation_layer(activation));
    CHECK_STATUS(t, luge_set_weight(m, "embedding/embeddings", predictions, ALL * sizeof *predictions), LUGE_OK);
    return m;
}

typedef enum target_form { NUMBERS, CLASSES, WIDE_CLASSES, ONE_HOT } target_form;

static luge_dataset *data_of(luge_context *ctx, const loss_golden *row, target_form form, int weighted)
{
    static const int32_t indices[ROWS] = { 0, 1, 2, 3, 4 };
    int32_t classes[ROWS];
    int64_t wide[ROWS];
    double one_hot[ALL] = { 0 };
    luge_dataset *data = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(ROWS, 1), indices));
    classes_of(row, classes);
    for (int r = 0; r < ROWS; r++) {
        wide[r] = classes[r];
        one_hot[r * COLUMNS + classes[r]] = 1;
    }
    const luge_shape shape = luge_shape_of(ROWS, COLUMNS);
    if (form == NUMBERS)
        luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_F64, shape, row->targets));
    else if (form == ONE_HOT)
        luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_F64, shape, one_hot), .kind = LUGE_ONE_HOT);
    else if (form == CLASSES)
        luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_I32, luge_shape_of(ROWS), classes));
    else
        luge_dataset_add_targets(data, luge_array_copy(ctx, LUGE_I64, luge_shape_of(ROWS, 1), wide));
    if (weighted)
        luge_dataset_set_weights(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(ROWS), loss_golden_weights));
    return data;
}

/* The loss of evaluate in batches of 2, and of a step of gradient descent with rate 1 with its gradient, in one list;
 * how far it is off from the golden. */
static double by_model(luge_test *t, const loss_golden *row, target_form form, int fused, double list[ALL + 1])
{
    luge_context *ctx = luge_open(.threads = 1);
    const luge_loss loss = loss_of(row);
    const luge_activation activation = !fused                             ? LUGE_LINEAR
                                       : loss == LUGE_BINARY_CROSSENTROPY ? LUGE_SIGMOID
                                                                          : LUGE_SOFTMAX;
    luge_model *m = table(ctx, activation, row->predictions, t);
    luge_dataset *data = data_of(ctx, row, form, row->weighted);
    double after[ALL] = { 0 }, worst = 0;
    CHECK_STATUS(t,
                 luge_compile(m, .loss = loss, .optimizer = luge_sgd(.learning_rate = 1), .huber_delta = row->delta,
                              .label_smoothing = row->smoothing, .from_logits = row->from_logits && !fused),
                 LUGE_OK);
    if (loss != LUGE_HALF_SUM_SQUARED_ERROR) note(&worst, luge_evaluate(m, data, .batch_size = 2).loss, row->value);
    note(&worst, luge_evaluate(m, data).loss, row->value);
    list[ALL] = luge_train_on_batch(m, data).loss;
    note(&worst, list[ALL], row->value);
    luge_get_weight(m, "embedding/embeddings", after, sizeof after);
    for (int i = 0; i < ALL; i++) {
        list[i] = row->predictions[i] - after[i];
        note(&worst, list[i], row->gradient[i]);
    }
    CHECK_STR_EQ(t, luge_error(ctx), "");
    luge_close(ctx);
    return worst;
}

static void models(luge_test *t)
{
    double list[ALL + 1], worst = 0;
    for (int i = 0; i < GOLDEN; i++) {
        const loss_golden *row = &loss_golden_rows[i];
        const double off = by_model(t, row, of_classes(row) ? CLASSES : NUMBERS, 0, list);
        if (!CHECK(t, off <= (rounded(row) ? 1e-9 : 2e-13))) printf("  %s is off by %g\n", row->name, off);
        if (!(off <= worst) && !rounded(row)) worst = off;
    }
    if (t->verbose) printf("  off by at most %g\n", worst);
}

/* Cross-entropy of a sigmoid or softmax layer is the one from logits, where probabilities would be 0 or 1, too. */
static void fused(luge_test *t)
{
    double list[ALL + 1];
    int n = 0;
    for (int i = 0; i < GOLDEN; i++) {
        const loss_golden *row = &loss_golden_rows[i];
        if (!row->from_logits) continue;
        const double off = by_model(t, row, of_classes(row) ? CLASSES : NUMBERS, 1, list);
        if (!CHECK(t, off <= 2e-13)) printf("  %s is off by %g\n", row->name, off);
        n++;
    }
    CHECK(t, n >= 16);
}

/* From their probabilities, which is another way, moderate logits have the same losses. */
static void unfused(luge_test *t)
{
    static const double logits[ALL] = { 1, -2, 0.5, 3, 0, -1, 0.25, 2, -3, -0.5, 1.5, 2.5, 4, -4, 0 };
    static const luge_loss losses[] = { LUGE_BINARY_CROSSENTROPY, LUGE_CATEGORICAL_CROSSENTROPY };
    loss_golden row = { .targets = { 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0 }, .name = "unfused" };
    for (int k = 0; k < 4; k++) {
        double one[ALL + 1], other[ALL + 1];
        row.loss = luge_loss_name(losses[k / 2]);
        row.smoothing = k % 2 ? 0.2 : 0;
        memcpy(row.predictions, logits, sizeof logits);
        by_model(t, &row, NUMBERS, 1, one);
        for (int r = 0; r < ROWS; r++) {
            double *y = &row.predictions[r * COLUMNS];
            const double sum = k < 2 ? 0 : exp(y[0]) + exp(y[1]) + exp(y[2]);
            for (int c = 0; c < COLUMNS; c++) y[c] = k < 2 ? 1 / (1 + exp(-y[c])) : exp(y[c]) / sum;
        }
        by_model(t, &row, NUMBERS, 0, other);
        CHECK_CLOSE(t, one[ALL], other[ALL], 1e-13);
    }
}

/* Class numbers of either width and one-hot columns are the same targets, to the bit. */
static void same_targets(luge_test *t)
{
    int n = 0;
    for (int i = 0; i < GOLDEN; i++) {
        const loss_golden *row = &loss_golden_rows[i];
        double lists[4][ALL + 1];
        if (loss_of(row) != LUGE_CATEGORICAL_CROSSENTROPY && !of_classes(row)) continue;
        if (strstr(row->name, "soft")) continue;
        for (int form = of_classes(row); form <= ONE_HOT; form++) {
            const double off = by_model(t, row, (target_form)form, 0, lists[form]);
            if (!CHECK(t, off <= 2e-13)) printf("  %s, form %d, is off by %g\n", row->name, form, off);
            for (int k = 0; form != CLASSES && k <= ALL; k++)
                CHECK_CLOSE(t, lists[form][k], lists[of_classes(row)][k], 1e-15);
        }
        n++;
    }
    CHECK_EQ_INT(t, n, 16);
}

/* Other losses take class numbers as one-hot rows. */
static void classes_as_columns(luge_test *t)
{
    for (int i = 0; i < GOLDEN; i++) {
        const loss_golden *row = &loss_golden_rows[i];
        loss_golden one_hot = *row;
        int32_t classes[ROWS];
        double a[ALL + 1], b[ALL + 1];
        if (of_classes(row)) continue;
        classes_of(row, classes);
        for (int k = 0; k < ALL; k++) one_hot.targets[k] = classes[k / COLUMNS] == k % COLUMNS;
        by_model(t, &one_hot, NUMBERS, 0, a);
        by_model(t, &one_hot, CLASSES, 0, b);
        for (int k = 0; k <= ALL; k++) CHECK_CLOSE(t, a[k], b[k], 1e-15);
    }
}

/* ---- weights, several outputs ------------------------------------------------------------------------------------ */

static const loss_golden *golden_named(const char *name)
{
    for (int i = 0; i < GOLDEN; i++)
        if (!strcmp(loss_golden_rows[i].name, name)) return &loss_golden_rows[i];
    return NULL;
}

/* fit multiplies the weight of a row by that of its class, however the classes are given; validation does not. */
static void class_weights(luge_test *t)
{
    static const double of_class[COLUMNS] = { 0.25, 3, 1.5 };
    const loss_golden *row = golden_named("categorical_crossentropy");
    int32_t classes[ROWS];
    classes_of(row, classes);
    for (int k = 0; k < 8; k++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = table(ctx, LUGE_LINEAR, row->predictions, t);
        const int weighted = k / 4;
        luge_dataset *data = data_of(ctx, row, (target_form)(k % 4), weighted);
        double expected = 0, plain = 0;
        for (int r = 0; r < ROWS; r++) {
            const double weight = weighted ? loss_golden_weights[r] : 1;
            expected += row->rows[r] * weight * of_class[classes[r]] / ROWS;
            plain += row->rows[r] * weight / ROWS;
        }
        luge_compile(m, .loss = LUGE_CATEGORICAL_CROSSENTROPY, .optimizer = luge_sgd(.learning_rate = LUGE_ZERO));
        CHECK_STATUS(t,
                     luge_fit(m, data, .batch_size = 2, .class_weights = of_class, .n_class_weights = COLUMNS,
                              .validation_data = data),
                     LUGE_OK);
        CHECK_CLOSE(t, luge_history_value(m, 0, "loss"), expected, 1e-13);
        CHECK_CLOSE(t, luge_history_value(m, 0, "val_loss"), plain, 1e-13);
        CHECK_CLOSE(t, luge_evaluate(m, data).loss, plain, 1e-13);
        CHECK_STR_EQ(t, luge_error(ctx), "");
        luge_close(ctx);
    }
}

/* 0 and 1 of a single output are classes, too. */
static void two_classes(luge_test *t)
{
    static const double x[4] = { 0.2, 0.9, 0.6, 0.3 }, y[4] = { 0, 1, 0, 1 }, of_class[2] = { 0.5, 4 };
    static const int32_t classes[4] = { 0, 1, 0, 1 };
    for (int k = 0; k < 2; k++) {
        luge_context *ctx = luge_open(.threads = 1);
        luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
        luge_dataset *data = luge_dataset_create(ctx);
        luge_add_layer(m, luge_rescaling(1));
        luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(4, 1), x));
        luge_dataset_add_targets(data, k ? luge_array_borrow(ctx, LUGE_I32, luge_shape_of(4), classes)
                                         : luge_array_borrow(ctx, LUGE_F64, luge_shape_of(4, 1), y));
        luge_compile(m, .loss = LUGE_BINARY_CROSSENTROPY);
        luge_fit(m, data, .class_weights = of_class, .n_class_weights = 2);
        const double expected = -(0.5 * log(1 - 0.2) + 4 * log(0.9) + 0.5 * log(1 - 0.6) + 4 * log(0.3)) / 4;
        CHECK_CLOSE(t, luge_history_value(m, 0, "loss"), expected, 1e-13);
        luge_fit(m, data, .class_weights = of_class, .n_class_weights = 1); /* those that are not given are 1 */
        const double rest = -(0.5 * log(1 - 0.2) + log(0.9) + 0.5 * log(1 - 0.6) + log(0.3)) / 4;
        CHECK_CLOSE(t, luge_history_value(m, 0, "loss"), rest, 1e-13);
        CHECK_CLOSE(t, luge_evaluate(m, data).loss, -(log(0.8) + log(0.9) + log(0.4) + log(0.3)) / 4, 1e-13);
        CHECK_STR_EQ(t, luge_error(ctx), "");
        luge_close(ctx);
    }
}

/* Two losses of one table: their weighted sum, and its gradient. */
static void several_outputs(luge_test *t)
{
    const loss_golden *a = golden_named("mean_squared_error_weighted"), *b = golden_named("hinge_weighted");
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_model_create(ctx, .dtype = LUGE_F64);
    const luge_val x = luge_model_input(m, "row", LUGE_I32, luge_shape_of(1));
    const luge_val y =
        luge_flatten(luge_model_graph(m), luge_call_layer(m, luge_embedding(ROWS, .output_dim = COLUMNS), x));
    luge_model_outputs(m, (const luge_val[]){ y, luge_name(luge_model_graph(m), y, "again") }, 2);
    luge_set_weight(m, "embedding/embeddings", a->predictions, sizeof a->predictions);
    luge_dataset *data = data_of(ctx, a, NUMBERS, 1);
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(ROWS, COLUMNS), b->targets));
    CHECK_STATUS(t,
                 luge_compile(m, .losses = { LUGE_MEAN_SQUARED_ERROR, LUGE_HINGE_LOSS }, .loss_weights = { 2, 0.25 },
                              .optimizer = luge_sgd(.learning_rate = 1)),
                 LUGE_OK);
    const double expected = 2 * a->value + 0.25 * b->value;
    CHECK_CLOSE(t, luge_evaluate(m, data, .batch_size = 3).loss, expected, 1e-13);
    CHECK_CLOSE(t, luge_train_on_batch(m, data).loss, expected, 1e-13);
    double after[ALL] = { 0 };
    luge_get_weight(m, "embedding/embeddings", after, sizeof after);
    for (int i = 0; i < ALL; i++)
        CHECK_CLOSE(t, a->predictions[i] - after[i], 2 * a->gradient[i] + 0.25 * b->gradient[i], 1e-13);
    luge_compile(m, .loss = LUGE_MEAN_ABSOLUTE_ERROR); /* of both, weights 1 */
    luge_set_weight(m, "embedding/embeddings", a->predictions, sizeof a->predictions);
    double sum = 0;
    for (int i = 0; i < ALL; i++)
        sum += loss_golden_weights[i / COLUMNS] *
               (fabs(a->predictions[i] - a->targets[i]) + fabs(a->predictions[i] - b->targets[i])) / ALL;
    CHECK_CLOSE(t, luge_evaluate(m, data).loss, sum, 1e-13);
    luge_compile(m, .losses = { LUGE_MEAN_SQUARED_ERROR });
    CHECK(t, isnan(luge_train_on_batch(m, data).loss));
    CHECK_STR_CONTAINS(t, luge_error(ctx), "output 1 has no loss");
    luge_close(ctx);
}

/* Rows of more than one dimension: the loss of a row is the mean over all that it has; class numbers, one a position.
 */
static void deep_rows(luge_test *t)
{
    static const double y[12] = { 1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6 }, target[12] = { 0 };
    static const double half[] = { 91 / 2.0, 91 / 2.0 }, mean[] = { 91 / 6.0, 91 / 6.0 }, absolute[] = { 3.5, 3.5 };
    static const luge_loss losses[] = { LUGE_MEAN_SQUARED_ERROR, LUGE_HALF_MEAN_SQUARED_ERROR,
                                        LUGE_MEAN_ABSOLUTE_ERROR };
    const double *const expected[] = { mean, half, absolute };
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = luge_graph_create(ctx);
    const luge_val a = variable(g, "y", LUGE_F64, luge_shape_of(2, 3, 2), y);
    const luge_val b = variable(g, "t", LUGE_F64, luge_shape_of(2, 3, 2), target);
    double rows[2];
    for (int k = 0; k < 3; k++) {
        const luge__loss_settings settings = { .kind = losses[k] };
        CHECK_STATUS(t, luge_eval(g, luge__loss_of_rows(g, &settings, a, b), rows, sizeof rows), LUGE_OK);
        for (int i = 0; i < 2; i++) CHECK_CLOSE(t, rows[i], expected[k][i], 1e-13);
    }
    const double classes[6] = { 0, 0, 0, 1, 1, 1 }, right = log(1 + exp(-1)), wrong = log(1 + exp(1));
    const luge_val c = variable(g, "c", LUGE_I32, luge_shape_of(2, 3), classes);
    const luge__loss_settings settings = { .kind = LUGE_CATEGORICAL_CROSSENTROPY, .from_logits = 1 };
    CHECK_STATUS(t, luge_eval(g, luge__loss_of_rows(g, &settings, a, c), rows, sizeof rows), LUGE_OK);
    CHECK_CLOSE(t, rows[0], wrong, 1e-13);
    CHECK_CLOSE(t, rows[1], wrong, 1e-13);
    const luge_val p = luge_softmax(g, a);
    const luge__loss_settings made = { .kind = LUGE_CATEGORICAL_CROSSENTROPY };
    CHECK_STATUS(t, luge_eval(g, luge__loss_of_rows(g, &made, luge_neg(g, luge_neg(g, p)), c), rows, sizeof rows),
                 LUGE_OK);
    CHECK_CLOSE(t, rows[0], wrong, 1e-13);
    CHECK(t, right < wrong);
    luge_close(ctx);
}

/* ---- misuse ------------------------------------------------------------------------------------------------------ */

#define REFUSED(words, ...)                                                                                            \
    do {                                                                                                               \
        CHECK_STATUS(t, luge_compile(m, __VA_ARGS__), LUGE_EINVAL);                                                    \
        CHECK_STR_CONTAINS(t, luge_error(ctx), words);                                                                 \
        luge_clear(ctx);                                                                                               \
    } while (0)

static void refused(luge_test *t)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx);
    luge_add_layer(m, luge_dense(2));
    REFUSED("compile: a loss is expected", .optimizer = luge_sgd());
    REFUSED("no loss number 11", .loss = (luge_loss)11);
    REFUSED("no loss number -1", .losses = { (luge_loss)-1 });
    REFUSED("label_smoothing is 1; 0 <= s < 1", .loss = LUGE_BINARY_CROSSENTROPY, .label_smoothing = 1);
    REFUSED("label_smoothing is nan", .loss = LUGE_BINARY_CROSSENTROPY, .label_smoothing = (double)NAN);
    REFUSED("huber_delta is -1", .loss = LUGE_HUBER_LOSS, .huber_delta = -1);
    REFUSED("a loss weight is inf", .loss = LUGE_HUBER_LOSS, .loss_weights = { (double)INFINITY });
    REFUSED("top_k is -1", .loss = LUGE_HUBER_LOSS, .top_k = -1);
    REFUSED("threshold is 1", .loss = LUGE_HUBER_LOSS, .threshold = 1);
    REFUSED("no metric number 99", .loss = LUGE_HUBER_LOSS, .metrics = { (luge_metric)99 });
    luge_close(ctx);
}

/* Targets that do not fit the outputs. */
static void refused_targets(luge_test *t)
{
    const loss_golden *row = golden_named("categorical_crossentropy");
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = table(ctx, LUGE_SOFTMAX, row->predictions, t);
    static const int32_t indices[2] = { 0, 1 }, classes[2] = { 0, 3 };
    static const double narrow[4] = { 0 };
    luge_dataset *data = luge_dataset_create(ctx), *other = luge_dataset_create(ctx);
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(2, 1), indices));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(2), classes));
    luge_dataset_add_features(other, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(2, 1), indices));
    luge_compile(m, .loss = LUGE_CATEGORICAL_CROSSENTROPY);
    CHECK_STATUS(t, luge_fit(m, data), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "has 4 classes; the model has 3 outputs");
    luge_clear(ctx);
    CHECK_STATUS(t, luge_fit(m, other), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "0 target arrays; the model has 1 outputs");
    luge_clear(ctx);
    luge_dataset_add_targets(other, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(2, 2), narrow));
    CHECK_STATUS(t, luge_fit(m, other), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "[2]; the model has 3 outputs");
    luge_close(ctx);
}

/* One output has no two classes for a softmax: binary cross-entropy is meant. */
static void one_column(luge_test *t)
{
    static const double x[2] = { 0.25, 0.75 };
    static const int32_t classes[2] = { 0, 1 };
    luge_context *ctx = luge_open(.threads = 1);
    luge_model *m = luge_sequential(ctx, .dtype = LUGE_F64);
    luge_dataset *data = luge_dataset_create(ctx);
    luge_add_layer(m, luge_dense(1, .activation = LUGE_SIGMOID));
    luge_dataset_add_features(data, luge_array_borrow(ctx, LUGE_F64, luge_shape_of(2, 1), x));
    luge_dataset_add_targets(data, luge_array_borrow(ctx, LUGE_I32, luge_shape_of(2), classes));
    luge_compile(m, .loss = LUGE_SPARSE_CATEGORICAL_CROSSENTROPY);
    CHECK_STATUS(t, luge_fit(m, data), LUGE_ESHAPE);
    CHECK_STR_CONTAINS(t, luge_error(ctx), "one column; 2 or more, or binary_crossentropy");
    luge_close(ctx);
}

static void names(luge_test *t)
{
    luge_loss loss = LUGE_NO_LOSS;
    for (int i = LUGE_MEAN_SQUARED_ERROR; i <= LUGE_KL_DIVERGENCE_LOSS; i++) {
        CHECK(t, luge_loss_named(luge_loss_name((luge_loss)i), &loss));
        CHECK_EQ_INT(t, loss, i);
    }
    CHECK(t, !luge_loss_named("?", &loss) && !luge_loss_named(NULL, &loss) && !luge_loss_named("none", &loss));
    CHECK_STR_EQ(t, luge_loss_name((luge_loss)-1), "?");
}

void test_losses(luge_test *t)
{
    RUN(t, golden_f64);
    RUN(t, golden_f32);
    RUN(t, models);
    RUN(t, fused);
    RUN(t, unfused);
    RUN(t, same_targets);
    RUN(t, classes_as_columns);
    RUN(t, class_weights);
    RUN(t, two_classes);
    RUN(t, several_outputs);
    RUN(t, deep_rows);
    RUN(t, refused);
    RUN(t, refused_targets);
    RUN(t, one_column);
    RUN(t, names);
}
