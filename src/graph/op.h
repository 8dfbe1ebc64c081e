/* op.h: what an operator is: one constant row that every pass reads. The rows stand in src/ops; the list is ops.def. */
#ifndef LUGE_GRAPH_OP_H
#define LUGE_GRAPH_OP_H

#include "core/core.h"
#include "luge/node.h"
#include "luge/ops.h"

enum { LUGE__MAX_INPUTS = 16, LUGE__MAX_ATTR = 192 }; /* operands of one op; bytes of its attributes */

/* Numbers of the ops: LUGE__OP_mul and so on, in the order of ops.def. They never leave the process. */
typedef enum luge__op_id {
#define LUGE_UNARY(name, expression)   LUGE__OP_##name,
#define LUGE_BINARY(name, expression)  LUGE__OP_##name,
#define LUGE_COMPARE(name, expression) LUGE__OP_##name,
#define LUGE_OP(name)                  LUGE__OP_##name,
#include "ops/ops.def"
    LUGE__OP_COUNT
} luge__op_id;

/* dtype and shape of a value. An effect has LUGE_NO_DTYPE. */
typedef struct luge__type {
    luge_dtype dtype;
    luge_shape shape;
} luge__type;

/* What a shape rule is asked: the type of an op on operands of these types. It refuses every attribute that the rules,
 * views and kernels of the op could not stand: a node may come from a file. */
typedef struct luge__infer {
    luge_context *ctx;
    const struct luge__op *op;
    const void *attr;
    int n_in;
    const luge__type *in[LUGE__MAX_INPUTS];
    luge__type out; /* the answer */
} luge__infer;

/* What a gradient rule is asked: gin[i], the gradient of sum(gout * out) with respect to in[i], for each i whose bit is
 * set in need. It appends ordinary nodes. */
typedef struct luge__vjp {
    const void *attr;
    int n_in;
    const luge_val *in;
    luge_val out, gout;
    uint32_t need;
    luge_val *gin;
} luge__vjp;

/* An operand where a kernel finds it. Strides in elements; 0 repeats. */
typedef struct luge__array {
    unsigned char *data;
    luge_dtype dtype;
    luge_shape shape;
    int64_t stride[LUGE_MAX_DIMS];
} luge__array;

/* A call of a reference kernel. Effects write in[0] and the others of op->writes. */
typedef struct luge__call {
    const struct luge__op *op;
    const void *attr;
    int n_in;
    const luge__array *in;
    luge__array out;
    int32_t bf16;                 /* matrix products of f32: operands are rounded to bf16 */
    int64_t bad_index, bad_limit; /* set with a LUGE_EINVAL answer: an index outside [0, bad_limit) */
} luge__call;

/* One field of an op's attribute struct: what printing, comparing, replaying and files know of it. */
typedef enum luge__field_kind {
    LUGE__FIELD_I64 = LUGE_ATTRIBUTE_I64,
    LUGE__FIELD_F64 = LUGE_ATTRIBUTE_F64,
    LUGE__FIELD_DTYPE = LUGE_ATTRIBUTE_DTYPE, /* luge_dtype */
    LUGE__FIELD_SHAPE = LUGE_ATTRIBUTE_SHAPE, /* luge_shape */
    LUGE__FIELD_AXES = LUGE_ATTRIBUTE_AXES,   /* luge_axes */
    LUGE__FIELD_FLAG = LUGE_ATTRIBUTE_FLAG    /* int64_t, 0 or 1 */
} luge__field_kind;
typedef struct luge__field {
    const char *name;
    luge__field_kind kind;
    size_t offset;
} luge__field;

typedef enum luge__op_flag {
    LUGE__ELEMENTWISE = 1, /* out[i] depends on in[..][i] alone: may take the place of an operand */
    LUGE__COMMUTES = 2,    /* f(a, b) = f(b, a) */
    LUGE__NO_GRADIENT = 4, /* asking for a gradient through it is an error that names it */
    LUGE__EFFECT = 8,      /* writes variables, has no value */
    LUGE__LEAF = 16,       /* input, variable, constants: no step computes it */
    LUGE__RANDOM = 32      /* its attribute `stream` numbers the random nodes of a graph */
} luge__op_flag;

typedef struct luge__op {
    const char *name;
    const char *formula;
    const char *gradient;   /* in words of g (gradient of the output), y (the output) and the operands */
    const char *expression; /* elementwise: the C expression of ops.def */
    luge__op_id id;
    uint8_t min_in, max_in;
    uint32_t flags;
    uint32_t shape_only; /* operands of which only the shape is used */
    uint32_t constant;   /* operands that count as constants for gradients (indices, conditions, stop_gradient) */
    uint32_t writes;     /* operands that an effect writes (bits; those present) */
    uint32_t whole;      /* operands of an effect that it reads while it writes: none of the variables that it writes */
    size_t attr_size;
    const luge__field *fields; /* ends with a NULL name */
    luge_status (*infer)(luge__infer *q);
    luge_status (*vjp)(luge_graph *g, const luge__vjp *v);
    /* Meaning in other ops. A row without ref is only that: its builder appends the lowered form. */
    luge_val (*lower)(luge_graph *g, const luge_val *in, int n_in, const void *attr);
    /* View ops: the strides of the output over the memory of in[0], and its first element's offset in elements. Zero
     * where that cannot be: then ref copies. */
    int (*view)(const void *attr, const luge_shape *in, const int64_t *in_stride, const luge_shape *out,
                int64_t *out_stride, int64_t *offset);
    luge_status (*ref)(luge__call *call);
    double (*scalar)(double x, double y, double p); /* elementwise: one element; p is the f64 attribute, or 0 */
} luge__op;

const luge__op *luge__op_of(luge__op_id id);
/* NULL where there is no such op. */
const luge__op *luge__op_named(const char *name);

#endif
