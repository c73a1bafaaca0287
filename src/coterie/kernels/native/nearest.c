/* The nearest centre of every row: where k-means spends its time. */
#include "kmeans.h"

#include <float.h>
#include <math.h>

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

/* How far apart two nearness values must lie for the lesser to be certain. They are off by some roundings of what they are made of:
 * in single precision of the products and sums, in double precision of the squares that they stand for. */
static float certainty(const rows *points, const double *centers, size_t k, float *slopes)
{
    double largest = 0.0, roundings = (double)points->d + 5.0;
    for (size_t c = 0; c < k; c++) {
        double square = 0.0;
        float *slope = slopes + c * (points->d + 1);
        for (size_t f = 0; f < points->d; f++) {
            double own = centers[c * points->d + f];
            square += own * own;
            slope[f] = (float)(-2.0 * own);
        }
        slope[points->d] = (float)square;
        largest = square > largest ? square : largest;
    }
    double reach = points->reach, far = sqrt(largest);
    double off = FLT_EPSILON / 2 * (largest + 2 * reach * far) + DBL_EPSILON * (reach + far) * (reach + far) + FLT_MIN;
    return (float)(2.001 * roundings * off);
}

/* In single precision a centre is as near as |centre|^2 - 2 row.centre is small: less work than a squared distance, on twice the rows at
 * once. Where the two nearest lie too close for that to tell, and where a number is too large for it, squared distances do. */
INLINE size_t relabel_rows(size_t d, const rows *points, const double *centers, size_t k, float margin, room *place)
{
    const float *slopes = place->slopes;
    int32_t *labels = place->labels, *before = place->before;
    size_t n_moved = 0;
    for (size_t j = 0; j < points->n; j += LANES) {
        float best[LANES], second[LANES], which[LANES], value[LANES], worse[LANES];
        int unsure = 0, notable = 0;
        EACH_LANE(l) best[l] = INFINITY, second[l] = INFINITY, which[l] = 0.0f;
        for (size_t c = 0; c < k; c++) {
            const float *slope = slopes + c * (d + 1);
            EACH_LANE(l) value[l] = slope[d];
            for (size_t f = 0; f < d; f++) {
                const float *column = points->rough + f * points->stride + j;
                EACH_LANE(l) value[l] += column[l] * slope[f];
            }
            float own = (float)c;
            EACH_LANE(l) worse[l] = value[l] < best[l] ? best[l] : value[l];
            EACH_LANE(l) second[l] = worse[l] < second[l] ? worse[l] : second[l];
            EACH_LANE(l) which[l] = value[l] < best[l] ? own : which[l];
            EACH_LANE(l) best[l] = value[l] < best[l] ? value[l] : best[l];
        }
        EACH_LANE(l) labels[j + l] = (int32_t)which[l];
        EACH_LANE(l) notable |= !(second[l] - best[l] > margin) | (labels[j + l] != before[j + l]);
        if (!notable) continue;
        EACH_LANE(l) unsure |= !(second[l] - best[l] > margin);
        if (unsure) {
            rows part = {LANES, points->stride, d, points->columns + j, NULL, NULL, 0.0};
            double squared[LANES];
            assign_rows(d, &part, centers, k, labels + j, squared);
        }
        for (size_t l = 0; l < LANES && j + l < points->n; l++) {
            place->moved[n_moved] = (uint32_t)(j + l);
            n_moved += labels[j + l] != before[j + l];
        }
    }
    return n_moved;
}

#define COUNT_RELABELLED(d, n_moved, ...) n_moved = relabel_rows(d, __VA_ARGS__)

/* Label every row as assign() does, and list those whose label is not what it was. Returns how many there are. */
CLONES
size_t relabel(const rows *points, const double *centers, size_t k, room *place)
{
    float margin = certainty(points, centers, k, place->slopes);
    size_t n_moved;
    WITH_KNOWN_FEATURES(points->d, COUNT_RELABELLED, n_moved, points, centers, k, margin, place)
    return n_moved;
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
