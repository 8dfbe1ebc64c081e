/* fuzz/graph_json.c: a graph from the nodes of a file, then all that follows: checks, another shape, a gradient, a run.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "luge/luge.h"
#include "train/graph_json.h"

enum { MOST_BYTES = 1 << 16, MOST_OUTPUTS = 32 };

static const unsigned char zeros[MOST_BYTES];

static luge_status leave_for(void *user, uint32_t id, const char *name, luge_dtype dtype, const luge_shape *shape)
{
    size_t bytes = 0;
    if (luge__shape_bytes(shape, dtype, &bytes) && bytes <= MOST_BYTES) return LUGE_OK;
    return luge__fail(user, LUGE_EFORMAT, "variable %d \"%s\" is too large", (int)id, name);
}

static const void *elements_of(void *user, uint32_t id, luge_dtype dtype, const luge_shape *shape, size_t bytes)
{
    if (bytes <= MOST_BYTES) return zeros;
    luge__fail(user, LUGE_EFORMAT, "constant %d %T %S is too large", (int)id, dtype, shape);
    return NULL;
}

/* Runs the last nodes of a graph in which no value is large. */
static void run_last(luge_graph *g)
{
    const uint32_t n = luge_node_count(g), first = n > MOST_OUTPUTS ? n - MOST_OUTPUTS : 0;
    luge_val outputs[MOST_OUTPUTS];
    luge_node_info info;
    size_t bytes = 0;
    for (uint32_t id = 1; id <= n; id++)
        if (luge_node_info_of(g, luge_node_at(g, id), &info) ||
            (info.dtype && (!luge__shape_bytes(&info.shape, info.dtype, &bytes) || bytes > MOST_BYTES)))
            return;
    for (uint32_t id = first + 1; id <= n; id++) outputs[id - first - 1] = luge_node_at(g, id);
    luge_plan *plan = n ? luge_plan_create(g, outputs, (int)(n - first), .guard = 1) : NULL;
    luge_run *run = plan ? luge_run_create(plan) : NULL;
    for (uint32_t id = 1; run && id <= n; id++) {
        luge_node_info_of(g, luge_node_at(g, id), &info);
        if (strcmp(info.op, "input")) continue;
        luge__shape_bytes(&info.shape, info.dtype, &bytes);
        luge_run_bind(run, luge_node_at(g, id), zeros, bytes);
    }
    if (run && luge_run_execute(run) == LUGE_EINTERNAL) abort();
    luge_run_free(run);
    luge_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    luge_context *ctx = luge_open(.threads = 1);
    luge_graph *g = ctx ? luge_graph_create(ctx) : NULL;
    luge__json *doc = g ? luge__json_parse(ctx, "fuzz", (const char *)data, size) : NULL;
    const luge__graph_leaves leaves = { ctx, leave_for, elements_of };
    if (doc && luge__graph_read(ctx, g, "fuzz", doc, luge__json_root(doc), &leaves) == LUGE_EINTERNAL) abort();
    luge__json_free(doc);
    if (g) {
        luge_clear(ctx);
        if (luge_graph_verify(g)) abort();
        luge_val wrt = luge_node_at(g, 1), grad;
        if (luge_gradient(g, luge_node_at(g, luge_node_count(g)), &wrt, 1, &grad) == LUGE_EINTERNAL) abort();
        luge_clear(ctx);
        luge_graph *h = luge_graph_replay(g);
        if (luge_failure(ctx) == LUGE_EINTERNAL) abort();
        luge_clear(ctx);
        if (h) run_last(h);
    }
    luge_close(ctx);
    return 0;
}

size_t luge_fuzz_seed(int index, uint8_t *data, size_t capacity)
{
#define X "[{\"op\":\"input\",\"name\":\"x\",\"attr\":{\"dtype\":\"f32\",\"shape\":[2,3]}},"
    static const char *const seeds[] = {
        X "{\"op\":\"neg\",\"in\":[1],\"name\":\"y\"},{\"op\":\"add\",\"in\":[1,2]}]",
        X "{\"op\":\"sum\",\"in\":[1],\"attr\":{\"axes\":[1],\"all\":false,\"keepdims\":true}},"
          "{\"op\":\"expand\",\"in\":[2,1],\"attr\":{\"axes\":[]}},{\"op\":\"reshape\",\"in\":[3],\"attr\":{\"shape\":["
          "-1,-2]}}]",
        X "{\"op\":\"variable\",\"name\":\"w\",\"attr\":{\"dtype\":\"f32\",\"shape\":[3,4],\"slab\":1}},"
          "{\"op\":\"matmul\",\"in\":[1,2],\"attr\":{\"transpose_a\":false,\"transpose_b\":false}},"
          "{\"op\":\"full\",\"attr\":{\"dtype\":\"f32\",\"shape\":[],\"value\":0.5}},"
          "{\"op\":\"update_sgd\",\"in\":[2,2,4],\"attr\":{\"has\":0,\"momentum\":0,\"rho\":0,\"beta1\":0,\"beta2\":0,"
          "\"epsilon\":0,\"weight_decay\":0,\"nesterov\":false,\"formulas\":0}}]",
        X "{\"op\":\"constant\",\"attr\":{\"dtype\":\"i64\",\"shape\":[2]}},"
          "{\"op\":\"gather\",\"in\":[1,2],\"attr\":{\"axis\":1}},"
          "{\"op\":\"one_hot\",\"in\":[2],\"attr\":{\"depth\":4,\"dtype\":\"f64\"}},"
          "{\"op\":\"concat\",\"in\":[1,3],\"attr\":{\"axis\":1}},"
          "{\"op\":\"concat_part\",\"in\":[5,1,3],\"attr\":{\"axis\":1,\"index\":1}},"
          "{\"op\":\"slice\",\"in\":[5],\"attr\":{\"axis\":0,\"start\":-1,\"stop\":9223372036854775807,\"step\":2}},"
          "{\"op\":\"random_dropout\",\"in\":[2,1],\"attr\":{\"stream\":3,\"a\":0.5,\"b\":0}}]",
    };
    if (index < 0 || index >= (int)(sizeof seeds / sizeof *seeds)) return 0;
    return seed_text(seeds[index], strlen(seeds[index]), data, capacity);
}
