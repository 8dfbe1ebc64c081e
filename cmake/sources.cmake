# Every source file, listed by hand. tools/check_sources.sh compares these lists with the tree.
# Paths are relative to the project's root; names (examples, benchmarks, suites) carry no folder and no suffix.

# Public headers, installed as <luge/...>.
set(LUGE_HEADERS
    include/luge/check.h
    include/luge/context.h
    include/luge/data.h
    include/luge/graph.h
    include/luge/io.h
    include/luge/luge.h
    include/luge/ops.h
    include/luge/plan.h
    include/luge/types.h
)

# The library, without the files of LUGE_ISA_SOURCES.
set(LUGE_SOURCES
    src/backend/backend.c
    src/backend/catalog.c
    src/backend/cpu/cpu.c
    src/backend/cpu/elementwise.c
    src/backend/cpu/matmul.c
    src/backend/cpu/move.c
    src/backend/cpu/reduce.c
    src/backend/cpu/softmax.c
    src/backend/cpu/update.c
    src/backend/cpu/walk.c
    src/backend/ref/ref.c
    src/check/check.c
    src/core/alloc.c
    src/core/context.c
    src/core/cpu.c
    src/core/file.c
    src/core/json_read.c
    src/core/json_write.c
    src/core/number.c
    src/core/pool.c
    src/core/random.c
    src/core/shape.c
    src/core/sort.c
    src/core/source.c
    src/core/status.c
    src/data/array.c
    src/data/convert.c
    src/data/csv.c
    src/data/csv_read.c
    src/data/dataset.c
    src/data/gather.c
    src/data/idx.c
    src/data/npy.c
    src/data/order.c
    src/data/parts.c
    src/data/scaling.c
    src/data/window.c
    src/data/words.c
    src/graph/access.c
    src/graph/build.c
    src/graph/gradient.c
    src/graph/graph.c
    src/graph/print.c
    src/graph/replay.c
    src/io/tensor_read.c
    src/io/tensor_types.c
    src/io/tensor_write.c
    src/ops/array.c
    src/ops/binary.c
    src/ops/elementwise.c
    src/ops/index.c
    src/ops/infer.c
    src/ops/leaf.c
    src/ops/loss.c
    src/ops/matmul.c
    src/ops/random.c
    src/ops/reduce.c
    src/ops/scalar.c
    src/ops/softmax.c
    src/ops/table.c
    src/ops/update.c
    src/ops/view.c
    src/plan/describe.c
    src/plan/memory.c
    src/plan/plan.c
    src/plan/run.c
    src/plan/schedule.c
)

# Those of them that work in every step of a run: built for speed, the others for size.
set(LUGE_HOT_SOURCES
    src/backend/cpu/elementwise.c
    src/backend/cpu/matmul.c
    src/backend/cpu/reduce.c
    src/backend/cpu/softmax.c
    src/backend/cpu/update.c
    src/backend/cpu/walk.c
    src/core/pool.c
    src/core/random.c
    src/data/gather.c
    src/plan/run.c
)

# Hot sources whose loops the compiler is to vectorize, for the baseline alone.
set(LUGE_VECTOR_SOURCES
    src/data/convert.c
)

# Compiled once per instruction set with -DLUGE_ISA=baseline, avx2, avx512.
set(LUGE_ISA_SOURCES
    src/backend/cpu/isa/elementwise.c
    src/backend/cpu/isa/gemm.c
    src/backend/cpu/isa/table.c
)

# Sources in which a*b+c may become one fused operation; everywhere else it may not.
set(LUGE_CONTRACT_SOURCES
    src/backend/cpu/isa/gemm.c
)

# The command: public headers only.
set(LUGE_CLI_SOURCES
    src/cli/info.c
    src/cli/main.c
    src/cli/ops.c
    src/cli/text.c
)

# The runner luge-test and the suites it knows (what `luge-test --list` prints).
set(LUGE_TEST_SOURCES
    tests/op_golden.c
    tests/op_gradient.c
    tests/op_run.c
    tests/op_updates.c
    tests/runner.c
    tests/samples/binary.c
    tests/samples/data.c
    tests/samples/elementwise.c
    tests/samples/index.c
    tests/samples/loss.c
    tests/samples/matmul.c
    tests/samples/random.c
    tests/samples/reduce.c
    tests/samples/shape.c
    tests/test_api.c
    tests/test_array.c
    tests/test_core.c
    tests/test_csv.c
    tests/test_data.c
    tests/test_effects.c
    tests/test_file.c
    tests/test_gradient.c
    tests/test_gradient_random.c
    tests/test_graph.c
    tests/test_json.c
    tests/test_message.c
    tests/test_misuse.c
    tests/test_oom.c
    tests/test_number.c
    tests/test_ops_errors.c
    tests/test_ops_forward.c
    tests/test_ops_gradient.c
    tests/test_ops_mutants.c
    tests/test_ops_threads.c
    tests/test_plan.c
    tests/test_pool.c
    tests/test_random.c
    tests/test_replay.c
    tests/test_run.c
    tests/test_run_threads.c
    tests/test_scale.c
    tests/test_scaling.c
    tests/test_tensor_file.c
    tests/test_tensor_hostile.c
    tests/test_training.c
)
set(LUGE_TEST_SUITES
    core
    message
    random
    pool
    file
    number
    json
    tensor_file
    tensor_hostile
    graph
    misuse
    gradient
    gradient_random
    replay
    plan
    effects
    run
    run_threads
    training
    scale
    array
    csv
    data
    scaling
    oom
    api
    ops_forward
    ops_gradient
    ops_mutants
    ops_errors
    ops_threads
)
# Suites and programs that also run under the thread sanitizer, and those that the short runs leave out.
set(LUGE_TEST_THREAD_SUITES
    pool
    ops_threads
    run_threads
)
set(LUGE_TEST_SLOW_SUITES
)

# tests/NAME.c: a program of its own, built once, or once per instruction set with the flags of LUGE_ISA_SOURCES.
set(LUGE_TEST_PROGRAMS
    gemm_selftest
    oom_malloc
)
set(LUGE_ISA_TEST_PROGRAMS
    vmath_selftest
)

# tests/fuzz/NAME.c: what a reader of files does with any bytes. Built with tests/fuzz/driver.c as fuzz_NAME.
set(LUGE_FUZZ
    csv
    idx
    json
    npy
    tensor_file
)

# examples/NAME.c and bench/NAME.c: one program each. ./dev demo runs the examples in this order, from easy to harder.
set(LUGE_EXAMPLES
    gates
    learn_gates
    forward
    softmax
    losses
    numerical
    descent
    apples
    chain_rule
    collapse
    gradient_check
    optimizers
)
set(LUGE_BENCH
    bench_gemm
    bench_step
)
