/* What the compiled kernels share. Plain C11; knows nothing of Python.
 *
 * Results do not depend on the machine: sums run over a fixed number of lanes (LANES) whatever the width of the vector unit, products and
 * sums are not fused (-ffp-contract=off), and square roots are correctly rounded. */
#ifndef COTERIE_KERNELS_H
#define COTERIE_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Points are held feature by feature: columns[f * stride + i]. */
#define LANES 16

/* GCC 12 unrolls so short a loop before it thinks of vectors, and then no longer finds them. */
#if defined(__GNUC__) && !defined(__clang__)
#define EACH_LANE(l) _Pragma("GCC unroll 1") for (size_t l = 0; l < LANES; l++)
#else
#define EACH_LANE(l) for (size_t l = 0; l < LANES; l++)
#endif

/* Nonzero once Python wants the work to end; a result is then incomplete and thrown away. */
typedef const volatile int32_t stop_flag;

/* One copy of a function for each instruction set, chosen when the module is loaded. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define INLINE static __forceinline
#else
#define INLINE static inline
#endif

/* Call body(d, ...) with a d that the compiler knows, for the usual numbers of features: its loops over features are then unrolled. */
#define WITH_KNOWN_FEATURES(d, body, ...) \
    switch (d) { \
    case 1: body(1, __VA_ARGS__); break; \
    case 2: body(2, __VA_ARGS__); break; \
    case 3: body(3, __VA_ARGS__); break; \
    case 4: body(4, __VA_ARGS__); break; \
    case 5: body(5, __VA_ARGS__); break; \
    case 6: body(6, __VA_ARGS__); break; \
    default: body(d, __VA_ARGS__); \
    }

void group_sums(size_t d, const double *columns, size_t stride, const int64_t *ends, size_t n_groups, size_t first, size_t last,
                double *sums, stop_flag *stop);

#endif
