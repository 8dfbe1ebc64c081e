# Compiler flags. luge_c_defaults(target) gives a target of ours the language, warnings and floating-point rules.
include(CheckCSourceCompiles)

set(luge_flags
    $<$<CONFIG:Release>:-Os> # small; what is hot has flags of its own
    -ffp-contract=off
    -fno-asynchronous-unwind-tables # nothing unwinds through C; the tables are a tenth of the library
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wdouble-promotion -Wundef)
if(LUGE_WERROR)
    list(APPEND luge_flags -Werror)
endif()

check_c_source_compiles("#ifndef __x86_64__\n#error\n#endif\nint main(void) { return 0; }" LUGE_X86_64)
check_c_source_compiles("#ifndef __i386__\n#error\n#endif\nint main(void) { return 0; }" LUGE_X86_32)
if(LUGE_X86_32)
    list(APPEND luge_flags -msse2 -mfpmath=sse)
endif()

set(luge_link_flags "")
if(LUGE_SANITIZE)
    list(JOIN LUGE_SANITIZE "," luge_sanitizers)
    list(APPEND luge_flags -fsanitize=${luge_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    list(APPEND luge_link_flags -fsanitize=${luge_sanitizers})
endif()

# Instruction sets: LUGE_ISAS holds their names, luge_isa_flags_NAME their flags.
set(luge_isa_flags_baseline "")
set(luge_isa_flags_avx2 -mavx2 -mfma)
set(luge_isa_flags_avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx2 -mfma -mprefer-vector-width=512)
set(LUGE_ISAS baseline)
set(luge_definitions "LUGE_THREADS=$<BOOL:${LUGE_THREADS}>")
if(LUGE_X86_64)
    foreach(isa avx2 avx512)
        list(JOIN luge_isa_flags_${isa} " " CMAKE_REQUIRED_FLAGS)
        string(TOUPPER ${isa} upper)
        check_c_source_compiles("#include <immintrin.h>\nint main(void) { return 0; }" LUGE_ACCEPTS_${upper})
        if(LUGE_ACCEPTS_${upper})
            list(APPEND LUGE_ISAS ${isa})
            list(APPEND luge_definitions LUGE_HAVE_${upper}=1)
        endif()
    endforeach()
    # Products of bf16 operands: sources of their own.
    list(JOIN luge_isa_flags_avx512 " " CMAKE_REQUIRED_FLAGS)
    string(APPEND CMAKE_REQUIRED_FLAGS " -mavx512bf16")
    check_c_source_compiles("#include <immintrin.h>\nint main(void) { __m512 x = _mm512_setzero_ps();
        return (int)_mm512_cvtss_f32(_mm512_dpbf16_ps(x, _mm512_cvtne2ps_pbh(x, x), _mm512_cvtne2ps_pbh(x, x))); }"
        LUGE_ACCEPTS_BF16)
    string(APPEND CMAKE_REQUIRED_FLAGS " -mamx-tile -mamx-bf16")
    check_c_source_compiles("#include <immintrin.h>\n#include <sys/syscall.h>\nint main(void) {
        _tile_zero(0); _tile_dpbf16ps(0, 1, 2); _tile_release(); return SYS_arch_prctl; }" LUGE_ACCEPTS_AMX)
    set(luge_bf16_flags -O2 -fno-math-errno -fno-trapping-math ${luge_isa_flags_avx512} -mavx512bf16)
    if(LUGE_ACCEPTS_AVX512 AND LUGE_ACCEPTS_BF16)
        list(APPEND luge_definitions LUGE_HAVE_BF16=1)
        set_source_files_properties(src/backend/cpu/isa/gemm_bf16.c PROPERTIES COMPILE_OPTIONS "${luge_bf16_flags}")
        if(LUGE_ACCEPTS_AMX)
            list(APPEND luge_definitions LUGE_HAVE_AMX=1)
            set_source_files_properties(src/backend/cpu/isa/gemm_amx.c PROPERTIES
                COMPILE_OPTIONS "${luge_bf16_flags};-mamx-tile;-mamx-bf16")
        endif()
    endif()
    unset(CMAKE_REQUIRED_FLAGS)
endif()

function(luge_c_defaults target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
        C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${target} PRIVATE ${luge_flags})
    target_link_options(${target} PRIVATE ${luge_link_flags})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include")
endfunction()

# What sees the inside of the library: its own sources and the tests.
function(luge_c_private target)
    luge_c_defaults(${target})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L ${luge_definitions})
endfunction()

# Vectorize, but leave out the unrolled and peeled copies of -O3, which make the library half as large again.
set(luge_vectorize "$<$<NOT:$<CONFIG:Debug>>:-O2>" -ftree-vectorize)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND luge_vectorize -fvect-cost-model=dynamic -fno-align-functions -fno-align-loops -fno-align-jumps)
elseif(CMAKE_C_COMPILER_ID MATCHES "Clang")
    list(APPEND luge_vectorize -Wno-pass-failed) # loops over pow and the like stay scalar
endif()

function(luge_c_isa target isa)
    luge_c_private(${target})
    target_compile_definitions(${target} PRIVATE LUGE_ISA=${isa})
    target_compile_options(${target} PRIVATE
        ${luge_vectorize} -fno-math-errno -fno-trapping-math ${luge_isa_flags_${isa}})
endfunction()

# What runs in every step.
set_source_files_properties(${LUGE_HOT_SOURCES} PROPERTIES
    COMPILE_OPTIONS "$<$<CONFIG:Release>:-O2>")
set_source_files_properties(${LUGE_VECTOR_SOURCES} PROPERTIES
    COMPILE_OPTIONS "${luge_vectorize}")
# A source's own options follow those of its target, so this one wins.
set_source_files_properties(${LUGE_CONTRACT_SOURCES} PROPERTIES
    COMPILE_OPTIONS "-ffp-contract=fast;$<$<NOT:$<CONFIG:Debug>>:-O3>")
