/* Sums of Euclidean distances from some points to groups of all points. */
#include "kernels.h"

#include <math.h>
#include <string.h>

INLINE void squared_distances(size_t d, const double *columns, size_t stride, const double *point, size_t j, double *squared)
{
    double total[LANES];
    EACH_LANE(l) total[l] = 0.0;
    for (size_t f = 0; f < d; f++) {
        const double *column = columns + f * stride + j;
        double own = point[f * stride];
        EACH_LANE(l) {
            double step = own - column[l];
            total[l] += step * step;
        }
    }
    EACH_LANE(l) squared[l] = total[l];
}

/* The last lanes of a group may lie beyond its end: they are computed like the others and left out of the sum. */
INLINE double sum_to_group(size_t d, const double *columns, size_t stride, const double *point, size_t start, size_t end)
{
    double lanes[LANES], squared[LANES];
    memset(lanes, 0, sizeof lanes);
    for (size_t j = start; j < end; j += LANES) {
        size_t left = end - j;
        squared_distances(d, columns, stride, point, j, squared);
        if (left >= LANES)
            EACH_LANE(l) lanes[l] += sqrt(squared[l]);
        else
            EACH_LANE(l) lanes[l] += l < left ? sqrt(squared[l]) : 0.0;
    }
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t l = 0; l < width; l++) lanes[l] += lanes[l + width];
    return lanes[0];
}

INLINE void rows_to_groups(size_t d, const double *columns, size_t stride, const int64_t *ends, size_t n_groups, size_t first,
                           size_t last, double *sums, stop_flag *stop)
{
    for (size_t i = first; i < last && !*stop; i++) {
        size_t start = 0;
        for (size_t g = 0; g < n_groups; g++) {
            size_t end = (size_t)ends[g];
            sums[i * n_groups + g] = sum_to_group(d, columns, stride, columns + i, start, end);
            start = end;
        }
    }
}

/* Fill rows first to last of sums (last or more, n_groups). The stride leaves LANES readable points after the last. */
CLONES
void group_sums(size_t d, const double *columns, size_t stride, const int64_t *ends, size_t n_groups, size_t first, size_t last,
                double *sums, stop_flag *stop)
{
    WITH_KNOWN_FEATURES(d, rows_to_groups, columns, stride, ends, n_groups, first, last, sums, stop)
}
