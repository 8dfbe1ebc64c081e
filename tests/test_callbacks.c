#include "harness.h"
void test_callbacks(luge_test *t)
{
    (void)t;
}
