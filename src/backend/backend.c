/* backend.c: the backends by name. */
#include <string.h>

#include "backend/backends.h"

const luge__backend *luge__backend_named(const char *name)
{
    static const luge__backend *const all[] = { &luge__cpu_backend, &luge__ref_backend };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i]->name, name)) return all[i];
    return NULL;
}
