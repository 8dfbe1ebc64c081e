/* file.h: how a model lies in a .safetensors file; save.c writes it, load.c reads it.
 *
 * Tensors: the weights ("dense/kernel"), the optimizer's state ("adam/dense_kernel_momentum"), "random/state",
 * "optimizer/iterations", and what training gathers: "training/history", "training/metrics", "training/best_N/WEIGHT"
 * and "constant/NODE". Metadata "luge" is one JSON object: the graph, what its nodes are to the model, what was
 * compiled, where training stands. */
#ifndef LUGE_TRAIN_FILE_H
#define LUGE_TRAIN_FILE_H

#include "core/json.h"
#include "luge/io.h"
#include "train/train.h"

enum { LUGE__FILE_VERSION = 1 };

/* One number of a struct, by name. */
typedef enum luge__number_kind {
    LUGE__I32,
    LUGE__COUNT, /* i64 >= 0 */
    LUGE__U64,
    LUGE__F64,
    LUGE__NAME /* an enumerator of 32 bits, in the file by its name */
} luge__number_kind;
typedef struct luge__number {
    const char *name;
    luge__number_kind kind;
    size_t offset;
    const char *const *names; /* LUGE__NAME: of the enumerators 0, 1, ...; ends with NULL */
} luge__number;

/* Number of the name that a JSON string gives; -1 where it is none of the list. */
int luge__name_number(const luge__json *doc, uint32_t v, const char *const *names);

/* Tables end with a NULL name. */
extern const luge__number luge__optimizer_numbers[], luge__schedule_numbers[], luge__compile_numbers[],
    luge__training_numbers[], luge__callback_numbers[], luge__model_numbers[];

/* Writes the members of an open object. */
void luge__numbers_write(luge__json_writer *w, const luge__number *table, const void *from);
/* Reads them; every one must be there. */
luge_status luge__numbers_read(luge_context *ctx, const char *who, const luge__json *doc, uint32_t object,
                               const luge__number *table, void *to);

/* ---- loading ----------------------------------------------------------------------------------------------------- */

/* What one load needs. */
typedef struct luge__loading {
    luge_context *ctx;
    luge_model *m;
    luge_tensor_file *tensors;
    luge__json *doc;
    const char *who;
    unsigned char *constant; /* elements of the constant that is being read */
    size_t constant_bytes;
} luge__loading;

/* LUGE_EFORMAT: the file, and what is wrong with it. */
luge_status luge__load_bad(const luge__loading *l, const char *what);
/* Index of the tensor with that name, dtype and shape; -1 after a message. */
int luge__load_find(const luge__loading *l, const char *name, luge_dtype dtype, const luge_shape *shape);
/* Reads a variable from the tensor of its name. */
luge_status luge__load_variable(luge__loading *l, luge_graph *g, luge_val v);
/* load_training.c: "compiled" and "training". */
luge_status luge__load_training(luge__loading *l, uint32_t root);

#endif
