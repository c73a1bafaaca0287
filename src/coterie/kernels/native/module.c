/* The door to Python: limited API, buffers in and out, the GIL released while a kernel runs.
 *
 * Arrays come from coterie.kernels, which checks what they hold; here only their sizes are checked, so that no mistake there
 * reads or writes beyond a buffer. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kmeans.h"

enum { DONE, MISFIT, NO_MEMORY };

static size_t room_for(const Py_buffer *view, size_t size)
{
    return (size_t)view->len / size;
}

static PyObject *ended(int how, Py_buffer *views, size_t n_views)
{
    for (size_t v = 0; v < n_views; v++) PyBuffer_Release(views + v);
    if (how == MISFIT) PyErr_SetString(PyExc_ValueError, "the sizes of the arrays do not fit together");
    if (how == NO_MEMORY) PyErr_NoMemory();
    return how == DONE ? Py_NewRef(Py_None) : NULL;
}

/* Customers feature by feature with LANES to spare, and a flag to look at. */
static int fits_columns(const Py_buffer *columns, Py_ssize_t n, Py_ssize_t d, const Py_buffer *stop, size_t *stride)
{
    if (n < 1 || d < 1 || stop->len < (Py_ssize_t)sizeof(int32_t)) return 0;
    *stride = room_for(columns, sizeof(double)) / (size_t)d;
    return *stride >= LANES && (size_t)n <= *stride - LANES;
}

static int rising(const int64_t *ends, size_t n_groups, size_t n)
{
    int64_t before = 0;
    for (size_t g = 0; g < n_groups; before = ends[g++])
        if (ends[g] < before) return 0;
    return before == (int64_t)n;
}

static PyObject *py_group_sums(PyObject *self, PyObject *args)
{
    enum { COLUMNS, ENDS, SUMS, STOP, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, d, first, last;
    size_t stride;
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nny*y*nnw*y*", &n, &d, v + COLUMNS, v + ENDS, &first, &last, v + SUMS, v + STOP)) return NULL;
    size_t n_groups = room_for(v + ENDS, sizeof(int64_t));
    if (fits_columns(v + COLUMNS, n, d, v + STOP, &stride) && 0 <= first && first <= last && last <= n
        && rising(v[ENDS].buf, n_groups, (size_t)n) && room_for(v + SUMS, sizeof(double)) / n_groups >= (size_t)last) {
        Py_BEGIN_ALLOW_THREADS
        group_sums((size_t)d, v[COLUMNS].buf, stride, v[ENDS].buf, n_groups, (size_t)first, (size_t)last, v[SUMS].buf, v[STOP].buf);
        Py_END_ALLOW_THREADS
        how = DONE;
    }
    return ended(how, v, VIEWS);
}

static PyObject *py_nearest(PyObject *self, PyObject *args)
{
    enum { COLUMNS, CENTERS, LABELS, SQUARED, STOP, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, d, first, last;
    size_t stride;
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nny*y*nnw*w*y*", &n, &d, v + COLUMNS, v + CENTERS, &first, &last, v + LABELS, v + SQUARED, v + STOP))
        return NULL;
    if (fits_columns(v + COLUMNS, n, d, v + STOP, &stride) && 0 <= first && first <= last && last <= n
        && room_for(v + LABELS, sizeof(int32_t)) >= (size_t)n && room_for(v + SQUARED, sizeof(double)) >= (size_t)n) {
        rows part = {(size_t)(last - first), stride, (size_t)d, (double *)v[COLUMNS].buf + first, NULL, NULL, 0.0};
        size_t k = room_for(v + CENTERS, sizeof(double)) / (size_t)d;
        Py_BEGIN_ALLOW_THREADS
        assign(&part, v[CENTERS].buf, k, (int32_t *)v[LABELS].buf + first, (double *)v[SQUARED].buf + first);
        Py_END_ALLOW_THREADS
        how = DONE;
    }
    return ended(how, v, VIEWS);
}

static PyObject *py_lloyd(PyObject *self, PyObject *args)
{
    enum { COLUMNS, WEIGHTS, CENTERS, LABELS, INERTIA, USED, STOP, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, d, max_iter;
    double tol;
    size_t stride;
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nny*y*w*w*w*w*ndy*", &n, &d, v + COLUMNS, v + WEIGHTS, v + CENTERS, v + LABELS, v + INERTIA, v + USED,
                          &max_iter, &tol, v + STOP))
        return NULL;
    if (fits_columns(v + COLUMNS, n, d, v + STOP, &stride) && room_for(v + WEIGHTS, sizeof(double)) >= (size_t)n
        && room_for(v + LABELS, sizeof(int32_t)) >= (size_t)n && room_for(v + CENTERS, sizeof(double)) >= (size_t)d
        && room_for(v + INERTIA, sizeof(double)) >= 1 && room_for(v + USED, sizeof(int64_t)) >= 1 && max_iter >= 1) {
        rows points = {(size_t)n, stride, (size_t)d, v[COLUMNS].buf, v[WEIGHTS].buf, NULL, 0.0};
        size_t k = room_for(v + CENTERS, sizeof(double)) / (size_t)d;
        room place;
        Py_BEGIN_ALLOW_THREADS
        how = furnish(&place, (size_t)n, (size_t)d, k) ? DONE : NO_MEMORY;
        if (how == DONE) {
            points.rough = place.chosen.rough;
            roughen(&points);
            size_t used = lloyd(&points, k, (size_t)max_iter, tol, &place, v[CENTERS].buf, v[INERTIA].buf, v[STOP].buf);
            *(int64_t *)v[USED].buf = (int64_t)used;
            for (size_t i = 0; i < points.n; i++) ((int32_t *)v[LABELS].buf)[i] = place.labels[i];
        }
        clear(&place);
        Py_END_ALLOW_THREADS
    }
    return ended(how, v, VIEWS);
}

/* The first arguments of every call of many fits; a half holds somebody, and both halves no more than everybody. */
static int fits_task(task *job, Py_ssize_t n, Py_ssize_t d, Py_ssize_t k, Py_ssize_t size, Py_ssize_t other_size)
{
    if (k < 1 || size < 1 || other_size < 0 || job->plan.kind < EVERYBODY || job->plan.kind > HALF) return 0;
    if (job->plan.kind == HALF && (other_size < 1 || size > n || other_size > n - size)) return 0;
    job->n = (size_t)n;
    job->d = (size_t)d;
    job->k = (size_t)k;
    job->plan.size = (size_t)size;
    job->plan.other_size = (size_t)other_size;
    return 1;
}

static PyObject *py_resample(PyObject *self, PyObject *args)
{
    enum { COUNTS, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, size, other_size;
    unsigned long long seed, fit;
    task job;
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nKinnKw*", &n, &seed, &job.plan.kind, &size, &other_size, &fit, v + COUNTS)) return NULL;
    job.plan.seed = seed;
    if (n >= 1 && fits_task(&job, n, 1, 1, size, other_size) && room_for(v + COUNTS, sizeof(int32_t)) >= (size_t)n) {
        draw(&job.plan, job.n, fit, v[COUNTS].buf);
        how = DONE;
    }
    return ended(how, v, VIEWS);
}

static PyObject *py_begin(PyObject *self, PyObject *args)
{
    enum { COLUMNS, PICKED, STOP, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, d, k, size, other_size, n_init, first, last;
    unsigned long long seed;
    task job;
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nny*nKinnnnnw*y*", &n, &d, v + COLUMNS, &k, &seed, &job.plan.kind, &size, &other_size, &n_init, &first,
                          &last, v + PICKED, v + STOP))
        return NULL;
    if (fits_columns(v + COLUMNS, n, d, v + STOP, &job.stride) && fits_task(&job, n, d, k, size, other_size) && 0 <= first
        && first <= last && n_init >= 1 && room_for(v + PICKED, sizeof(int64_t)) / job.k >= (size_t)last) {
        job.columns = v[COLUMNS].buf;
        job.plan.seed = seed;
        job.n_init = (size_t)n_init;
        int furnished;
        Py_BEGIN_ALLOW_THREADS
        furnished = begin_units(&job, (size_t)first, (size_t)last, v[PICKED].buf, v[STOP].buf);
        Py_END_ALLOW_THREADS
        how = furnished ? DONE : NO_MEMORY;
    }
    return ended(how, v, VIEWS);
}

/* Whether the first k of every unit's picks are places among n rows. */
static int places(const int64_t *picked, size_t n_picked, size_t k, size_t first, size_t last, size_t n)
{
    for (size_t u = first; u < last; u++)
        for (size_t c = 0; c < k; c++)
            if (picked[u * n_picked + c] < 0 || (size_t)picked[u * n_picked + c] >= n) return 0;
    return 1;
}

static PyObject *py_fits(PyObject *self, PyObject *args)
{
    enum { COLUMNS, PICKED, CENTERS, INERTIA, USED, STOP, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, d, k, size, other_size, n_init, n_picked, max_iter, first, last;
    unsigned long long seed;
    task job;
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nny*nKinnny*nndnnw*w*w*y*", &n, &d, v + COLUMNS, &k, &seed, &job.plan.kind, &size, &other_size, &n_init,
                          v + PICKED, &n_picked, &max_iter, &job.tol, &first, &last, v + CENTERS, v + INERTIA, v + USED, v + STOP))
        return NULL;
    if (fits_columns(v + COLUMNS, n, d, v + STOP, &job.stride) && fits_task(&job, n, d, k, size, other_size) && 0 <= first
        && first <= last && n_init >= 1 && max_iter >= 1 && room_for(v + CENTERS, sizeof(double)) / job.d / job.k >= (size_t)last
        && room_for(v + INERTIA, sizeof(double)) >= (size_t)last && room_for(v + USED, sizeof(int64_t)) >= (size_t)last
        && n_picked >= k && room_for(v + PICKED, sizeof(int64_t)) / (size_t)n_picked >= (size_t)last
        && places(v[PICKED].buf, (size_t)n_picked, job.k, (size_t)first, (size_t)last, job.n)) {
        job.columns = v[COLUMNS].buf;
        job.plan.seed = seed;
        job.n_init = (size_t)n_init;
        job.max_iter = (size_t)max_iter;
        int furnished;
        Py_BEGIN_ALLOW_THREADS
        furnished = fit_units(&job, v[PICKED].buf, (size_t)n_picked, (size_t)first, (size_t)last, v[CENTERS].buf, v[INERTIA].buf,
                              v[USED].buf, v[STOP].buf);
        Py_END_ALLOW_THREADS
        how = furnished ? DONE : NO_MEMORY;
    }
    return ended(how, v, VIEWS);
}

static int below(const int32_t *labels, size_t n, size_t n_labels)
{
    for (size_t i = 0; i < n; i++)
        if (labels[i] < 0 || (size_t)labels[i] >= n_labels) return 0;
    return 1;
}

static PyObject *py_contingency(PyObject *self, PyObject *args)
{
    enum { COLUMNS, REFERENCE, CENTERS, COUNTS, STOP, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, d, k, n_reference, first, last;
    task job = {.plan = {.kind = EVERYBODY}};
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nny*ny*ny*nnw*y*", &n, &d, v + COLUMNS, &n_reference, v + REFERENCE, &k, v + CENTERS, &first, &last,
                          v + COUNTS, v + STOP))
        return NULL;
    if (fits_columns(v + COLUMNS, n, d, v + STOP, &job.stride) && fits_task(&job, n, d, k, n, 0) && 0 <= first && first <= last
        && n_reference >= 1 && room_for(v + CENTERS, sizeof(double)) / job.d / job.k >= (size_t)last
        && room_for(v + COUNTS, sizeof(int64_t)) / job.k / (size_t)n_reference >= (size_t)last
        && room_for(v + REFERENCE, sizeof(int32_t)) >= job.n && below(v[REFERENCE].buf, job.n, (size_t)n_reference)) {
        job.columns = v[COLUMNS].buf;
        int furnished;
        Py_BEGIN_ALLOW_THREADS
        furnished = count_labels(&job, v[REFERENCE].buf, (size_t)n_reference, v[CENTERS].buf, (size_t)first, (size_t)last, v[COUNTS].buf,
                                 v[STOP].buf);
        Py_END_ALLOW_THREADS
        how = furnished ? DONE : NO_MEMORY;
    }
    return ended(how, v, VIEWS);
}

static PyObject *py_halves(PyObject *self, PyObject *args)
{
    enum { COLUMNS, CENTERS, COUNTS, STOP, VIEWS };
    Py_buffer v[VIEWS];
    Py_ssize_t n, d, k, size, other_size, first, last;
    unsigned long long seed;
    task job = {.plan = {.kind = HALF}};
    int how = MISFIT;
    (void)self;
    if (!PyArg_ParseTuple(args, "nny*nKnny*nnw*y*", &n, &d, v + COLUMNS, &k, &seed, &size, &other_size, v + CENTERS, &first, &last,
                          v + COUNTS, v + STOP))
        return NULL;
    if (fits_columns(v + COLUMNS, n, d, v + STOP, &job.stride) && fits_task(&job, n, d, k, size, other_size) && 0 <= first
        && first <= last && room_for(v + CENTERS, sizeof(double)) / job.d / job.k / 2 >= (size_t)last
        && room_for(v + COUNTS, sizeof(int64_t)) / job.k / job.k >= (size_t)last) {
        job.columns = v[COLUMNS].buf;
        job.plan.seed = seed;
        int furnished;
        Py_BEGIN_ALLOW_THREADS
        furnished = count_halves(&job, v[CENTERS].buf, (size_t)first, (size_t)last, v[COUNTS].buf, v[STOP].buf);
        Py_END_ALLOW_THREADS
        how = furnished ? DONE : NO_MEMORY;
    }
    return ended(how, v, VIEWS);
}

static PyMethodDef methods[] = {
    {"group_sums", py_group_sums, METH_VARARGS, "group_sums(n, d, columns, ends, first, last, sums, stop)"},
    {"nearest", py_nearest, METH_VARARGS, "nearest(n, d, columns, centers, first, last, labels, squared, stop)"},
    {"lloyd", py_lloyd, METH_VARARGS, "lloyd(n, d, columns, weights, centers, labels, inertia, used, max_iter, tol, stop)"},
    {"resample", py_resample, METH_VARARGS, "resample(n, seed, kind, size, other_size, fit, counts)"},
    {"begin", py_begin, METH_VARARGS, "begin(n, d, columns, k, seed, kind, size, other_size, n_init, first, last, picked, stop)"},
    {"fits", py_fits, METH_VARARGS,
     "fits(n, d, columns, k, seed, kind, size, other_size, n_init, picked, n_picked, max_iter, tol, first, last, centers, inertia, "
     "used, stop)"},
    {"contingency", py_contingency, METH_VARARGS,
     "contingency(n, d, columns, n_reference, reference, k, centers, first, last, counts, stop)"},
    {"halves", py_halves, METH_VARARGS, "halves(n, d, columns, k, seed, size, other_size, centers, first, last, counts, stop)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "coterie.kernels._native", "The kernels, compiled.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
