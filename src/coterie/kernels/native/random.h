/* Random numbers by counter: number t of a stream is a function of the stream and t, so nothing depends on who draws first.
 * The mixing is SplitMix64's (Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195). */
#ifndef COTERIE_RANDOM_H
#define COTERIE_RANDOM_H

#include <stdint.h>

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* The stream of a fit: 0 draws its customers, 1 and on begin its starts. */
static inline uint64_t stream_of(uint64_t seed, uint64_t fit, uint64_t part)
{
    return mixed(mixed(mixed(seed + GOLDEN) + fit + GOLDEN) + part + GOLDEN);
}

/* Number t of a stream, from 0 to 1 without 1. */
static inline double uniform(uint64_t stream, uint64_t t)
{
    return (double)(mixed(stream + (t + 1) * GOLDEN) >> 11) * (1.0 / 9007199254740992.0);
}

#endif
