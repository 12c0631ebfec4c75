# Which instruction sets this machine has: the CPU and the operating system both have their say.
#
# A module of its own, built for the plainest machine: a tuned module may not even be imported on a
# CPU without its instructions. The compilers' builtin asks CPUID, and XGETBV for whether the
# operating system saves the registers.

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
    static int fastbp_has_v3(void) {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
            && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
    #ifndef __clang__ /* which does not know these names; every CPU with the others has them */
            && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("movbe")
            && __builtin_cpu_supports("f16c")
    #endif
            ;
    }
    static int fastbp_has_v4(void) {
        return fastbp_has_v3() && __builtin_cpu_supports("avx512f")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    }
    static int fastbp_has_avx512_bf16(void) {
    #if defined(__clang__) || __GNUC__ >= 10 /* older ones do not know the name */
        return fastbp_has_v4() && __builtin_cpu_supports("avx512bf16");
    #else
        return 0;
    #endif
    }
    #else
    static int fastbp_has_v3(void) { return 0; }
    static int fastbp_has_v4(void) { return 0; }
    static int fastbp_has_avx512_bf16(void) { return 0; }
    #endif
    #if defined(__aarch64__) && defined(__ARM_NEON) /* Armv8's base has it */
    #define FASTBP_HAS_NEON 1
    #else
    #define FASTBP_HAS_NEON 0
    #endif
    """
    bint fastbp_has_v3()
    bint fastbp_has_v4()
    bint fastbp_has_avx512_bf16()
    bint FASTBP_HAS_NEON

#: Kernel set -> whether this machine can run it.
SUPPORTED = {
    "plain": True,
    "x86-64-v3": bool(fastbp_has_v3()),
    "x86-64-v4": bool(fastbp_has_v4()),
    "aarch64-neon": bool(FASTBP_HAS_NEON),
}

#: Whether there are instructions for products of bfloat16 numbers; x86-64-v4 does not promise any.
BFLOAT16 = bool(fastbp_has_avx512_bf16())
