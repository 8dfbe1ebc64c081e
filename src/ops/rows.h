/* rows.h: what the family files share: row macros, common shape rules, reading and writing strided arrays. */
#ifndef LUGE_OPS_ROWS_H
#define LUGE_OPS_ROWS_H

#include "graph/graph.h"

/* Rows, texts of the elementwise expressions and their scalar functions, one each per line of ops.def. */
#define LUGE_UNARY(name, expression)                                                                                   \
    extern const luge__op luge__row_##name;                                                                            \
    extern const char luge__text_##name[];                                                                             \
    double luge__scalar_##name(double x, double y, double p);
#define LUGE_BINARY(name, expression)  LUGE_UNARY(name, expression)
#define LUGE_COMPARE(name, expression) LUGE_UNARY(name, expression)
#define LUGE_OP(name)                  extern const luge__op luge__row_##name;
#include "ops/ops.def"

/* The first fields of every row. */
#define LUGE__ROW(op_name) .name = #op_name, .id = LUGE__OP_##op_name
#define LUGE__ELEMENTWISE_ROW(op_name)                                                                                 \
    LUGE__ROW(op_name), .expression = luge__text_##op_name, .scalar = luge__scalar_##op_name,                          \
                        .ref = luge__ref_elementwise

/* The attribute struct of a row. */
#define LUGE__ATTR(type, field_list) .attr_size = sizeof(type), .fields = field_list
#define LUGE__FIELD(type, kind_of, name)                                                                               \
    {                                                                                                                  \
#name, LUGE__FIELD_##kind_of, offsetof(type, name)                                                             \
    }

/* ---- attributes -------------------------------------------------------------------------------------------------- */

typedef struct luge__p_attr { /* elementwise parameter */
    double p;
} luge__p_attr;

typedef struct luge__reduce_attr {
    luge_axes axes; /* sorted, counted from the front */
    int64_t all;    /* every axis, however many there are */
    int64_t keepdims;
} luge__reduce_attr;

typedef struct luge__axis_attr {
    int64_t axis;
} luge__axis_attr;

typedef struct luge__matmul_attr {
    int64_t transpose_a, transpose_b;
} luge__matmul_attr;

/* What dense does to x w + b. Each has a derivative that its result tells. */
typedef enum luge__activation {
    LUGE__NO_ACTIVATION,
    LUGE__RELU,
    LUGE__SIGMOID,
    LUGE__TANH,
    LUGE__ACTIVATION_COUNT
} luge__activation;
typedef struct luge__dense_attr { /* dense, dense_backprop; begins as that of matmul does */
    int64_t transpose_a, transpose_b;
    int64_t activation;
} luge__dense_attr;

typedef struct luge__reshape_attr { /* without a second operand: sizes; -1 is what is left, -2 - i is in.dim[i] */
    luge_shape shape;
} luge__reshape_attr;

typedef struct luge__axes_attr { /* transpose: the order; expand, sum_like: the axes that the smaller one lacks */
    luge_axes axes;
} luge__axes_attr;

/* The fields of those two, which several rows share. */
extern const luge__field luge__axis_fields[], luge__axes_fields[];

typedef struct luge__slice_attr {
    int64_t axis, start, stop, step;
} luge__slice_attr;

typedef struct luge__part_attr { /* concat_part */
    int64_t axis, index;
} luge__part_attr;

typedef struct luge__one_hot_attr {
    int64_t depth; /* 0: from the second operand */
    luge_dtype dtype;
} luge__one_hot_attr;

typedef struct luge__cast_attr {
    luge_dtype dtype;
} luge__cast_attr;

typedef struct luge__smoothing_attr {
    double smoothing;
} luge__smoothing_attr;

typedef struct luge__loss_attr {
    int64_t kind; /* squared_error */
    double delta; /* huber */
} luge__loss_attr;

typedef struct luge__increment_attr {
    int64_t by;
} luge__increment_attr;

/* Operands of an update: w, grad, rate, then those state operands whose bit is set, in the order of the bits. */
enum { LUGE__HAS_STEP = 1, LUGE__HAS_VELOCITY = 2, LUGE__HAS_M = 4, LUGE__HAS_V = 8, LUGE__HAS_V_MAX = 16 };
typedef struct luge__update_attr {
    int64_t has;
    double momentum, rho, beta1, beta2, epsilon, weight_decay;
    int64_t nesterov, formulas;
} luge__update_attr;
/* The updates come in three families of five, in the order of ops.def, which differ in where the gradient comes from:
 * it is operand 1; it is the product of operands 1 and 2, and all others stand one place later; it is operand 1 summed
 * over all but its last dimension. */
enum { LUGE__UPDATE_COUNT = 5 };
typedef enum luge__update_family { LUGE__UPDATE, LUGE__DENSE_UPDATE, LUGE__BIAS_UPDATE } luge__update_family;
typedef struct luge__dense_update_attr {
    luge__update_attr update;
    int64_t transpose_a, transpose_b; /* of the product */
} luge__dense_update_attr;
luge__update_family luge__update_family_of(const luge__op *op);
int luge__update_rule(const luge__op *op); /* 0 .. 4: sgd, adagrad, rmsprop, adam, adamw */
/* Positions of the rate and of a state operand; -1 for one that is absent. */
int luge__update_rate(const luge__op *op);
int luge__update_operand(const luge__op *op, const luge__update_attr *attr, int64_t bit);

/* ---- shape rules ------------------------------------------------------------------------------------------------- */

luge_status luge__infer_float1(luge__infer *q); /* one float operand; its type */
luge_status luge__infer_float2(luge__infer *q); /* float operands of one type; that type */
luge_status luge__infer_floats(luge__infer *q); /* the first operand's type; all operands floats of its dtype */
/* For messages: fails with "name: operand i is T, floats are expected" and the like. */
luge_status luge__expect_float(const luge__infer *q, int operand);
luge_status luge__expect_index(const luge__infer *q, int operand);
luge_status luge__expect_axis(const luge__infer *q, int operand, int64_t axis);
luge_status luge__expect_same(const luge__infer *q, int a, int b);       /* dtype and shape */
luge_status luge__expect_same_dtype(const luge__infer *q, int a, int b); /* dtype */
/* The shape of a loss per row: the first operand's without its last dimension. */
luge_status luge__infer_rows(luge__infer *q);
/* The type of operand `first` times the next one, into q->out. */
luge_status luge__infer_product(luge__infer *q, int first, int64_t transpose_a, int64_t transpose_b);
/* bit i: axis i is reduced */
uint32_t luge__reduced_axes(const luge__reduce_attr *attr, int ndim);
/* For expand and sum_like: which axis of the larger shape each axis of the smaller lies on; zero where they do not fit.
 */
int luge__align_axes(const luge_axes *missing, int small_ndim, int large_ndim, int *axis_of);
/* For slice: its first index and count along an axis of `size`. */
void luge__slice_range(const luge__slice_attr *attr, int64_t size, int64_t *first, int64_t *count);

/* What a random node draws from; a dropout drops where the word of an element is below the limit. */
luge__random luge__random_of(const luge__array *state, const luge__random_attr *attr);
uint32_t luge__drop_below(double rate);

/* ---- reference kernels ------------------------------------------------------------------------------------------- */

luge_status luge__ref_elementwise(luge__call *call); /* op->scalar on every element */

/* Element of the product of the operands `first` and first + 1, in the call's precision, summed in double. */
double luge__product_at(const luge__call *call, int first, int64_t transpose_a, int64_t transpose_b,
                        const int64_t *index);
/* Element at a multi-index. Floats pass through double, integers through int64_t. */
double luge__get(const luge__array *a, const int64_t *index);
void luge__put(const luge__array *a, const int64_t *index, double value);
int64_t luge__get_int(const luge__array *a, const int64_t *index);
void luge__put_int(const luge__array *a, const int64_t *index, int64_t value);
/* Copies one element of equal dtype. */
void luge__move(const luge__array *to, const int64_t *to_index, const luge__array *from, const int64_t *from_index);
/* The next index in C order; zero after the last. Start from zeros, with at least one element. */
int luge__next(const luge_shape *shape, int64_t *index);
/* Nonzero where there is an element to start with. */
int luge__some(const luge_shape *shape);
void luge__fill_zero(const luge__array *a);

#endif
