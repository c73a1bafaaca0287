/* k-means++ starts and Lloyd's iterations, by scikit-learn's rules: greedy trials, tolerance, empty clusters. */
#include "kmeans.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <string.h>

int furnish(room *place, size_t n, size_t d, size_t k)
{
    size_t padded = n + LANES;
    memset(place, 0, sizeof *place);
    place->counts = malloc(padded * sizeof(int32_t));
    place->labels = malloc(padded * sizeof(int32_t));
    place->before = malloc(padded * sizeof(int32_t));
    place->chosen.columns = malloc(padded * d * sizeof(double));
    place->chosen.weights = malloc(padded * sizeof(double));
    place->chosen.rough = malloc(padded * d * sizeof(float));
    place->nearest = malloc(padded * sizeof(double));
    place->trial = malloc(padded * sizeof(double));
    place->best_trial = malloc(padded * sizeof(double));
    place->cumulated = malloc(padded * sizeof(double));
    place->sums = malloc(k * d * ROW_LANES * sizeof(double));
    place->totals = malloc(k * ROW_LANES * sizeof(double));
    place->means = malloc(k * d * sizeof(double));
    place->slopes = malloc(k * (d + 1) * sizeof(float));
    place->moved = malloc(padded * sizeof(uint32_t));
    return place->moved && place->slopes && place->chosen.rough && place->counts && place->labels && place->before && place->chosen.columns && place->chosen.weights && place->nearest
           && place->trial && place->best_trial && place->cumulated && place->sums && place->totals && place->means;
}

void clear(room *place)
{
    free(place->counts), free(place->labels), free(place->before);
    free(place->chosen.columns), free(place->chosen.weights), free(place->chosen.rough);
    free(place->nearest), free(place->trial), free(place->best_trial), free(place->cumulated);
    free(place->sums), free(place->totals), free(place->means), free(place->slopes), free(place->moved);
}

/* A row in proportion to weight times value; the last where all are zero. */
static size_t pick(const double *cumulated, size_t n, double u)
{
    double target = u * cumulated[n - 1];
    size_t low = 0, high = n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cumulated[middle] > target)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void cumulate(const double *weights, const double *values, size_t n, double *cumulated)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) cumulated[i] = sum += weights[i] * values[i];
}

static void swap(double **one, double **other)
{
    double *held = *one;
    *one = *other;
    *other = held;
}

void copy_row(const rows *points, size_t i, double *center)
{
    for (size_t f = 0; f < points->d; f++) center[f] = points->columns[f * points->stride + i];
}

/* Arthur & Vassilvitskii 2007: each next centre in proportion to squared distance; of some trials, the one that leaves the least. Gives
 * the rows picked: the first ones do not depend on how many follow, only the number of trials depends on k. */
void plus_plus(const rows *points, size_t k, uint64_t stream, room *place, int64_t *picked, stop_flag *stop)
{
    size_t n = points->n, n_trials = 2 + (size_t)log((double)k), t = 0;
    for (size_t i = 0; i < n; i++) place->nearest[i] = 1.0;
    cumulate(points->weights, place->nearest, n, place->cumulated);
    picked[0] = (int64_t)pick(place->cumulated, n, uniform(stream, t++));
    for (size_t i = 0; i < n; i++) place->nearest[i] = DBL_MAX;
    copy_row(points, (size_t)picked[0], place->means);
    lowered(points, place->means, place->nearest, place->nearest);
    for (size_t c = 1; c < k && !*stop; c++) {
        double least = DBL_MAX;
        cumulate(points->weights, place->nearest, n, place->cumulated);
        for (size_t trial = 0; trial < n_trials; trial++) {
            size_t i = pick(place->cumulated, n, uniform(stream, t++));
            copy_row(points, i, place->means);
            lowered(points, place->means, place->nearest, place->trial);
            double left = weighted_sum(points->weights, place->trial, n);
            if (trial == 0 || left < least) {
                least = left;
                picked[c] = (int64_t)i;
                swap(&place->trial, &place->best_trial);
            }
        }
        swap(&place->nearest, &place->best_trial);
    }
}

INLINE void add_rows(size_t d, const rows *points, size_t k, room *place)
{
    memset(place->sums, 0, k * d * ROW_LANES * sizeof(double));
    memset(place->totals, 0, k * ROW_LANES * sizeof(double));
    for (size_t i = 0; i < points->n; i++) {
        size_t slot = (i % ROW_LANES) * k + (size_t)place->labels[i];
        double weight = points->weights[i], *sum = place->sums + slot * d;
        place->totals[slot] += weight;
        for (size_t f = 0; f < d; f++) sum[f] += weight * points->columns[f * points->stride + i];
    }
    for (size_t lane = 1; lane < ROW_LANES; lane++) {
        for (size_t c = 0; c < k; c++) place->totals[c] += place->totals[lane * k + c];
        for (size_t x = 0; x < k * d; x++) place->sums[x] += place->sums[lane * k * d + x];
    }
}

/* Give each empty cluster the row farthest from its centre whose cluster can spare it. Returns how many were filled. What the labels
 * were before is forgotten. */
static size_t fill_empty(const rows *points, size_t k, room *place, const double *centers)
{
    size_t filled = 0, d = points->d, looked = 0;
    for (size_t c = 0; c < k; c++) {
        if (place->totals[c] > 0) continue;
        if (!looked++) assign(points, centers, k, place->before, place->nearest);
        size_t far = points->n;
        for (size_t i = 0; i < points->n; i++) {
            int spared = points->weights[i] > 0 && place->totals[place->labels[i]] > points->weights[i];
            if (spared && place->nearest[i] > (far < points->n ? place->nearest[far] : 0.0)) far = i;
        }
        if (far == points->n) return filled;
        size_t old = (size_t)place->labels[far];
        for (size_t f = 0; f < d; f++) {
            double moved = points->weights[far] * points->columns[f * points->stride + far];
            place->sums[c * d + f] = moved;
            place->sums[old * d + f] -= moved;
        }
        place->totals[c] = points->weights[far];
        place->totals[old] -= points->weights[far];
        place->nearest[far] = 0.0;
        filled++;
    }
    return filled;
}

/* Take the rows that changed sides out of one sum and add them to the other, in their order. */
INLINE void move_rows(size_t d, const rows *points, size_t n_moved, room *place)
{
    for (size_t m = 0; m < n_moved; m++) {
        size_t i = place->moved[m], from = (size_t)place->before[i], to = (size_t)place->labels[i];
        double weight = points->weights[i];
        place->totals[from] -= weight;
        place->totals[to] += weight;
        for (size_t f = 0; f < d; f++) {
            double share = weight * points->columns[f * points->stride + i];
            place->sums[from * d + f] -= share;
            place->sums[to * d + f] += share;
        }
    }
}

/* Means of the clusters; one that stays empty keeps its centre. Returns how many empty ones were filled. */
static size_t divide(const rows *points, size_t k, room *place, const double *centers)
{
    size_t d = points->d, filled = fill_empty(points, k, place, centers);
    for (size_t c = 0; c < k; c++)
        for (size_t f = 0; f < d; f++)
            place->means[c * d + f] = place->totals[c] > 0 ? place->sums[c * d + f] / place->totals[c] : centers[c * d + f];
    return filled;
}

static size_t average(const rows *points, size_t k, room *place, const double *centers)
{
    size_t d = points->d;
    WITH_KNOWN_FEATURES(d, add_rows, points, k, place)
    return divide(points, k, place, centers);
}

static size_t average_again(const rows *points, size_t k, size_t n_moved, room *place, const double *centers)
{
    size_t d = points->d;
    WITH_KNOWN_FEATURES(d, move_rows, points, n_moved, place)
    return divide(points, k, place, centers);
}

/* Totals of whole numbers stay exact however rows come and go: an emptied cluster is seen to be empty. */
static int whole(const double *weights, size_t n)
{
    int all = 1;
    for (size_t i = 0; i < n; i++) all &= weights[i] == floor(weights[i]);
    return all;
}

static double moved_by(const double *centers, const double *means, size_t count)
{
    double sum = 0.0;
    for (size_t x = 0; x < count; x++) sum += (means[x] - centers[x]) * (means[x] - centers[x]);
    return sum;
}

/* Move the centres until no label changes or they move by tol at most. Labels and squared distances are left in the room, of the
 * centres returned. Once few rows change sides, only these are added and taken away; the last sums are made anew, so that what
 * rounding that costs does not stay. A cluster may lose its last row to the very last assignment: it is then filled, and the rows
 * assigned again. */
size_t lloyd(const rows *points, size_t k, size_t max_iter, double tol, room *place, double *centers, double *inertia, stop_flag *stop)
{
    size_t n = points->n, bytes = k * points->d * sizeof(double), used = 0, filled = 1;
    int settled = 0, unchanged = 0, drifted = 0, steady = n <= UINT32_MAX && whole(points->weights, n);
    memset(place->before, -1, n * sizeof(int32_t));
    while (used < max_iter && !settled && !*stop) {
        size_t n_moved = relabel(points, centers, k, place);
        int anew = !steady || filled || n_moved * FEW > n;
        filled = anew ? average(points, k, place, centers) : average_again(points, k, n_moved, place, centers);
        drifted = !anew && (drifted || n_moved);
        unchanged = !filled && !n_moved;
        settled = unchanged || (!filled && moved_by(centers, place->means, k * points->d) <= tol);
        memcpy(centers, place->means, bytes);
        int32_t *held = place->before;
        place->before = place->labels;
        place->labels = held;
        used++;
    }
    memcpy(place->labels, place->before, n * sizeof(int32_t));
    if (drifted) {
        average(points, k, place, centers);
        memcpy(centers, place->means, bytes);
    }
    assign(points, centers, k, place->labels, place->nearest);
    for (size_t more = 0; (drifted || !unchanged) && more < k && !*stop && average(points, k, place, centers); more++) {
        memcpy(centers, place->means, bytes);
        assign(points, centers, k, place->labels, place->nearest);
    }
    *inertia = weighted_sum(points->weights, place->nearest, n);
    return used;
}
