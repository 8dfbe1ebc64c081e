/* chain_rule.c: u = x^2 + 2 y with x = r sin t and y = (sin t)^2: how does u change with r and with t?
 *
 * By the chain rule on paper: du/dr = 2 r (sin t)^2 and du/dt = (r^2 + 2) sin 2t. The graph is told u only. */
#include "example.h"

enum { N = 6 };

int main(void)
{
    static const double at_r[N] = { 0, 1, 2, 0.5, -3, 10 }, at_t[N] = { 1, 0, 0.7853981633974483, 2, -0.3, 4 };
    luge_context *ctx = luge_open();
    luge_graph *g = luge_graph_create(ctx);

    /* All points in one run: r, t and u are lists, and each u depends on its own r and t alone. */
    const luge_val r = luge_input(g, "r", LUGE_F64, luge_shape_of(N)),
                   t = luge_input(g, "t", LUGE_F64, luge_shape_of(N));
    const luge_val sin_t = luge_sin(g, t);
    const luge_val x = luge_mul(g, r, sin_t), y = luge_square(g, sin_t);
    const luge_val u = luge_add(g, luge_square(g, x), luge_mul(g, luge_scalar(g, LUGE_F64, 2), y));

    const luge_val wrt[] = { r, t };
    luge_val outputs[3] = { u };
    luge_gradient(g, u, wrt, 2, outputs + 1);
    luge_run *run = run_for(g, outputs, 3);
    must(luge_run_bind(run, r, at_r, sizeof at_r));
    must(luge_run_bind(run, t, at_t, sizeof at_t));
    must(luge_run_execute(run));
    double value[N], du_dr[N], du_dt[N];
    must(luge_run_get(run, outputs[0], value, sizeof value));
    must(luge_run_get(run, outputs[1], du_dr, sizeof du_dr));
    must(luge_run_get(run, outputs[2], du_dt, sizeof du_dt));

    printf("  u = x^2 + 2 y,  x = r sin t,  y = (sin t)^2\n\n");
    printf("                                      du/dr                  du/dt\n");
    printf("        r       t          u      graph     paper       graph      paper\n");
    for (int i = 0; i < N; i++) {
        const double s = sin(at_t[i]), by_r = 2 * at_r[i] * s * s;
        const double by_t = (at_r[i] * at_r[i] + 2) * sin(2 * at_t[i]);
        printf("    %5.1f  %6.3f  %9.4f  %9.5f %9.5f  %10.5f %10.5f\n", at_r[i], at_t[i], value[i], du_dr[i], by_r,
               du_dt[i], by_t);
        expect("u", value[i], (at_r[i] * at_r[i] + 2) * s * s, 1e-13);
        expect("du/dr", du_dr[i], by_r, 1e-13);
        expect("du/dt", du_dt[i], by_t, 1e-12);
    }
    return finish(ctx);
}
