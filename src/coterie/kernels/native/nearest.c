/* The nearest centre of every row: where k-means spends its time. */
#include "kmeans.h"

#include <float.h>

INLINE void squared_to(size_t d, const double *columns, size_t stride, size_t j, const double *center, double *squared)
{
    double total[LANES];
    EACH_LANE(l) total[l] = 0.0;
    for (size_t f = 0; f < d; f++) {
        const double *column = columns + f * stride + j;
        double own = center[f];
        EACH_LANE(l) {
            double step = column[l] - own;
            total[l] += step * step;
        }
    }
    EACH_LANE(l) squared[l] = total[l];
}

INLINE void assign_rows(size_t d, const rows *points, const double *centers, size_t k, int32_t *labels, double *squared)
{
    for (size_t j = 0; j < points->n; j += LANES) {
        size_t m = points->n - j < LANES ? points->n - j : LANES;
        double best[LANES], other[LANES];
        int64_t which[LANES];
        EACH_LANE(l) best[l] = DBL_MAX, which[l] = 0;
        for (size_t c = 0; c < k; c++) {
            squared_to(d, points->columns, points->stride, j, centers + c * d, other);
            EACH_LANE(l) {
                which[l] = other[l] < best[l] ? (int64_t)c : which[l];
                best[l] = other[l] < best[l] ? other[l] : best[l];
            }
        }
        for (size_t l = 0; l < m; l++) labels[j + l] = (int32_t)which[l];
        for (size_t l = 0; l < m; l++) squared[j + l] = best[l];
    }
}

/* Label every row with its nearest centre, the first of several as near, and give the squared distance to it. */
CLONES
void assign(const rows *points, const double *centers, size_t k, int32_t *labels, double *squared)
{
    WITH_KNOWN_FEATURES(points->d, assign_rows, points, centers, k, labels, squared)
}

INLINE void lower_rows(size_t d, const rows *points, const double *center, const double *nearest, double *lower)
{
    for (size_t j = 0; j < points->n; j += LANES) {
        double other[LANES];
        squared_to(d, points->columns, points->stride, j, center, other);
        EACH_LANE(l) lower[j + l] = other[l] < nearest[j + l] ? other[l] : nearest[j + l];
    }
}

/* Squared distances to the nearest centre, once there is another centre. Both arrays have LANES more places than rows. */
CLONES
void lowered(const rows *points, const double *center, const double *nearest, double *lower)
{
    WITH_KNOWN_FEATURES(points->d, lower_rows, points, center, nearest, lower)
}

CLONES
double weighted_sum(const double *weights, const double *values, size_t n)
{
    double lanes[LANES], sum = 0.0;
    size_t j = 0;
    EACH_LANE(l) lanes[l] = 0.0;
    for (; j + LANES <= n; j += LANES)
        EACH_LANE(l) lanes[l] += weights[j + l] * values[j + l];
    for (size_t l = 0; j + l < n; l++) lanes[l] += weights[j + l] * values[j + l];
    EACH_LANE(l) sum += lanes[l];
    return sum;
}
