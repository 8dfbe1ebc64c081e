/* file.h: how a model lies in a .safetensors file; save.c writes it, load.c reads it.
 *
 * Tensors: the weights ("dense/kernel"), the optimizer's state ("adam/dense_kernel_momentum"), "random/state",
 * "optimizer/iterations", and what training gathers: "training/history", "training/metrics", "training/best_N/WEIGHT"
 * and "constant/NODE". Metadata "luge" is one JSON object: the graph, what its nodes are to the model, what was
 * compiled, where training stands. */
#ifndef LUGE_TRAIN_FILE_H
#define LUGE_TRAIN_FILE_H

#include "core/json.h"
#include "train/train.h"

enum { LUGE__FILE_VERSION = 1 };

/* One number of a struct, by name. */
typedef enum luge__number_kind { LUGE__I32, LUGE__I64, LUGE__U64, LUGE__F64 } luge__number_kind;
typedef struct luge__number {
    const char *name;
    luge__number_kind kind;
    size_t offset;
} luge__number;

/* Tables end with a NULL name. */
extern const luge__number luge__optimizer_numbers[], luge__schedule_numbers[], luge__compile_numbers[],
    luge__training_numbers[], luge__callback_numbers[], luge__model_numbers[];

/* Writes the members of an open object. */
void luge__numbers_write(luge__json_writer *w, const luge__number *table, const void *from);
/* Reads them; every one must be there. */
luge_status luge__numbers_read(luge_context *ctx, const char *who, const luge__json *doc, uint32_t object,
                               const luge__number *table, void *to);

#endif
