/* Which customers a fit sees. */
#include "kmeans.h"
#include "random.h"

#include <math.h>
#include <string.h>

static void bootstrap(uint64_t stream, size_t n, size_t size, int32_t *counts)
{
    memset(counts, 0, n * sizeof *counts);
    for (size_t t = 0; t < size; t++) counts[(size_t)(uniform(stream, t) * (double)n)]++;
}

/* Walk the customers once; each goes to a half in proportion to what that half still lacks. */
static void half(uint64_t stream, size_t n, size_t size, size_t other_size, int is_other, int32_t *counts)
{
    size_t lacking = size, other_lacking = other_size;
    for (size_t i = 0; i < n; i++) {
        double place = uniform(stream, i) * (double)(n - i);
        int first = place < (double)lacking, second = !first && place < (double)(lacking + other_lacking);
        lacking -= (size_t)first;
        other_lacking -= (size_t)second;
        counts[i] = is_other ? second : first;
    }
}

/* How often each of n customers takes part in a fit. Fits 2i and 2i + 1 have the two halves of split i. */
void draw(const resample *plan, size_t n, uint64_t fit, int32_t *counts)
{
    if (plan->kind == BOOTSTRAP)
        bootstrap(stream_of(plan->seed, fit, 0), n, plan->size, counts);
    else if (plan->kind == HALF)
        half(stream_of(plan->seed, fit / 2, 0), n, plan->size, plan->other_size, (int)(fit % 2), counts);
    else
        for (size_t i = 0; i < n; i++) counts[i] = 1;
}

/* Copy the customers that take part, their counts as weights, into rows with room for all. */
void gather(size_t d, const double *columns, size_t stride, size_t n, const int32_t *counts, rows *chosen)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) m += counts[i] > 0;
    chosen->n = m;
    chosen->stride = m + LANES;
    chosen->d = d;
    for (size_t f = 0; f < d; f++) {
        const double *from = columns + f * stride;
        double *to = chosen->columns + f * chosen->stride;
        size_t at = 0;
        for (size_t i = 0; i < n; i++) {
            to[at] = from[i];
            at += counts[i] > 0;
        }
        memset(to + m, 0, LANES * sizeof *to);
    }
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        chosen->weights[at] = (double)counts[i];
        at += counts[i] > 0;
    }
}

/* Make the rows' copy in single precision. */
void roughen(rows *points)
{
    double reach = 0.0;
    for (size_t f = 0; f < points->d; f++) {
        const double *from = points->columns + f * points->stride;
        float *to = points->rough + f * points->stride;
        double most = 0.0;
        for (size_t i = 0; i < points->n; i++) most = fabs(from[i]) > most ? fabs(from[i]) : most;
        for (size_t i = 0; i < points->n + LANES; i++) to[i] = (float)from[i];
        reach += most * most;
    }
    points->reach = sqrt(reach);
}
