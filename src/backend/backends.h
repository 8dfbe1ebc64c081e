/* backends.h: the backends that there are. */
#ifndef LUGE_BACKEND_BACKENDS_H
#define LUGE_BACKEND_BACKENDS_H

#include "plan/backend.h"

extern const luge__backend luge__cpu_backend; /* fast kernels of the best instruction set */
extern const luge__backend luge__ref_backend; /* the ops' own naive kernels: the oracle */

#endif
