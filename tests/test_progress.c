#include "harness.h"
void test_progress(luge_test *t)
{
    (void)t;
}
