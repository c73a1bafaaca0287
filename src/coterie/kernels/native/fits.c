/* Many fits in one call: resamples times starts, and how their answers compare. Each returns 0 where memory ran out. */
#include "kmeans.h"
#include "random.h"

#include <string.h>

/* Unit u is start u % n_init of fit u / n_init; each writes to its own place, so that units may run in any order, anywhere. Returns whether
 * other customers are drawn than for the unit held before. */
static int draw_unit(const task *job, size_t u, size_t *held, room *place)
{
    size_t fit = u / job->n_init;
    if (fit == *held) return 0;
    draw(&job->plan, job->n, fit, place->counts);
    gather(job->d, job->columns, job->stride, job->n, place->counts, &place->chosen);
    *held = fit;
    return 1;
}

/* picked[u][c]: which of the rows drawn for unit u is its centre c to begin with. */
int begin_units(const task *job, size_t first, size_t last, int64_t *picked, stop_flag *stop)
{
    room place;
    size_t held = (size_t)-1;
    int furnished = furnish(&place, job->n, job->d, job->k);
    for (size_t u = first; furnished && u < last && !*stop; u++) {
        draw_unit(job, u, &held, &place);
        uint64_t stream = stream_of(job->plan.seed, u / job->n_init, u % job->n_init + 1);
        plus_plus(&place.chosen, job->k, stream, &place, picked + u * job->k, stop);
    }
    clear(&place);
    return furnished;
}

/* Fits from where begin_units(), asked for n_picked centres or as many as here, begins. */
int fit_units(const task *job, const int64_t *picked, size_t n_picked, size_t first, size_t last, double *centers, double *inertia,
              int64_t *used, stop_flag *stop)
{
    room place;
    size_t held = (size_t)-1;
    int furnished = furnish(&place, job->n, job->d, job->k);
    for (size_t u = first; furnished && u < last && !*stop; u++) {
        double *center = centers + u * job->k * job->d;
        if (draw_unit(job, u, &held, &place)) roughen(&place.chosen);
        for (size_t c = 0; c < job->k; c++) copy_row(&place.chosen, (size_t)picked[u * n_picked + c], center + c * job->d);
        used[u] = (int64_t)lloyd(&place.chosen, job->k, job->max_iter, job->tol, &place, center, inertia + u, stop);
    }
    clear(&place);
    return furnished;
}

/* counts[fit][r][c]: the customers of reference label r whose nearest centre of the fit is c. */
int count_labels(const task *job, const int32_t *reference, size_t n_reference, const double *centers, size_t first, size_t last,
                 int64_t *counts, stop_flag *stop)
{
    rows everybody = {job->n, job->stride, job->d, job->columns, NULL, NULL, 0.0};
    int32_t *labels = malloc((job->n + LANES) * sizeof *labels);
    double *squared = malloc((job->n + LANES) * sizeof *squared);
    int furnished = labels && squared;
    for (size_t fit = first; furnished && fit < last && !*stop; fit++) {
        int64_t *table = counts + fit * n_reference * job->k;
        memset(table, 0, n_reference * job->k * sizeof *table);
        assign(&everybody, centers + fit * job->k * job->d, job->k, labels, squared);
        for (size_t i = 0; i < job->n; i++) table[(size_t)reference[i] * job->k + (size_t)labels[i]]++;
    }
    free(labels), free(squared);
    return furnished;
}

/* counts[split][b][a]: the customers of the second half whose nearest centre is b of their own half's fit and a of the other's. */
int count_halves(const task *job, const double *centers, size_t first, size_t last, int64_t *counts, stop_flag *stop)
{
    room place;
    size_t answer = job->k * job->d;
    int furnished = furnish(&place, job->n, job->d, job->k);
    for (size_t split = first; furnished && split < last && !*stop; split++) {
        int64_t *table = counts + split * job->k * job->k;
        memset(table, 0, job->k * job->k * sizeof *table);
        draw(&job->plan, job->n, 2 * split + 1, place.counts);
        gather(job->d, job->columns, job->stride, job->n, place.counts, &place.chosen);
        assign(&place.chosen, centers + (2 * split + 1) * answer, job->k, place.labels, place.nearest);
        assign(&place.chosen, centers + 2 * split * answer, job->k, place.before, place.nearest);
        for (size_t i = 0; i < place.chosen.n; i++)
            table[(size_t)place.labels[i] * job->k + (size_t)place.before[i]]++;
    }
    clear(&place);
    return furnished;
}
