/* luge/luge.h: the whole public interface.
 *
 *   luge_context *ctx = luge_open();
 *   luge_graph *g = luge_graph_create(ctx);
 *   luge_val x = luge_variable(g, "x", LUGE_F64, luge_scalar_shape());
 *   luge_val y = luge_square(g, luge_sin(g, x));           an expression is a graph
 *   luge_val dy;
 *   luge_gradient(g, y, &x, 1, &dy);                       its gradient is more graph
 *   luge_plan *plan = luge_plan_create(g, &dy, 1);         compiled once
 *   luge_run *run = luge_run_create(plan);
 *   luge_run_execute(run);                                 run as often as you like
 *   double slope;
 *   luge_run_get(run, dy, &slope, sizeof slope);
 *   if (luge_failed(ctx)) fprintf(stderr, "%s\n", luge_error(ctx));
 *   luge_close(ctx);
 */
#ifndef LUGE_LUGE_H
#define LUGE_LUGE_H

#include "luge/types.h"
#include "luge/context.h"
#include "luge/graph.h"
#include "luge/node.h"
#include "luge/ops.h"
#include "luge/plan.h"
#include "luge/check.h"
#include "luge/data.h"
#include "luge/table.h"
#include "luge/metrics.h"
#include "luge/schedule.h"
#include "luge/layers.h"
#include "luge/model.h"
#include "luge/io.h"

#endif
