#include "harness.h"
void test_learn(luge_test *t)
{
    (void)t;
}
