/* k-means on weighted rows: resamples, starts, iterations. */
#ifndef COTERIE_KMEANS_H
#define COTERIE_KMEANS_H

#include "kernels.h"

/* Customers feature by feature, LANES readable ones after the last; and again in single precision, none of them farther from zero
 * than reach. */
typedef struct {
    size_t n, stride, d;
    double *columns, *weights;
    float *rough;
    double reach;
} rows;

enum { EVERYBODY, BOOTSTRAP, HALF };

typedef struct {
    uint64_t seed;
    int kind;
    size_t size, other_size;
} resample;

void draw(const resample *plan, size_t n, uint64_t fit, int32_t *counts);
void gather(size_t d, const double *columns, size_t stride, size_t n, const int32_t *counts, rows *chosen);
void roughen(rows *points);

/* Room for one fit. */
typedef struct {
    rows chosen;
    int32_t *counts, *labels, *before;
    double *nearest, *trial, *best_trial, *cumulated; /* one a row */
    double *sums, *totals, *means;                    /* ROW_LANES a centre and feature, ROW_LANES a centre, one a centre and feature */
    float *slopes;                                    /* one a centre and feature, and one a centre */
    uint32_t *moved;                                  /* rows that changed sides */
} room;

/* Rows that are added up side by side, so that no addition waits for the one before it. */
#define ROW_LANES 8

/* Sums are made anew while more than one row in FEW changes sides. */
#define FEW 4

int furnish(room *place, size_t n, size_t d, size_t k);
void clear(room *place);

void assign(const rows *points, const double *centers, size_t k, int32_t *labels, double *squared);
size_t relabel(const rows *points, const double *centers, size_t k, room *place);
double weighted_sum(const double *weights, const double *values, size_t n);
void lowered(const rows *points, const double *center, const double *nearest, double *lower);

void copy_row(const rows *points, size_t i, double *center);
void plus_plus(const rows *points, size_t k, uint64_t stream, room *place, int64_t *picked, stop_flag *stop);
size_t lloyd(const rows *points, size_t k, size_t max_iter, double tol, room *place, double *centers, double *inertia, stop_flag *stop);

/* What a call of many fits is about: customers, how they are drawn, how each fit is made. */
typedef struct {
    size_t n, stride, d, k, n_init, max_iter;
    double *columns, tol;
    resample plan;
} task;

int begin_units(const task *job, size_t first, size_t last, int64_t *picked, stop_flag *stop);
int fit_units(const task *job, const int64_t *picked, size_t n_picked, size_t first, size_t last, double *centers, double *inertia,
              int64_t *used, stop_flag *stop);
int count_labels(const task *job, const int32_t *reference, size_t n_reference, const double *centers, size_t first, size_t last,
                 int64_t *counts, stop_flag *stop);
int count_halves(const task *job, const double *centers, size_t first, size_t last, int64_t *counts, stop_flag *stop);

#endif
