/* The door to Python: limited API, buffers in and out, the GIL released while a kernel runs.
 *
 * Arrays come from coterie.kernels, which checks them; here only their sizes are, so that no mistake there reads beyond a buffer. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"

#define COUNT(view, type) ((size_t)(view).len / sizeof(type))

static PyObject *refused(void)
{
    PyErr_SetString(PyExc_ValueError, "the sizes of the arrays do not fit together");
    return NULL;
}

static PyObject *py_group_sums(PyObject *self, PyObject *args)
{
    Py_buffer columns, ends, sums, stop;
    Py_ssize_t d, first, last;
    (void)self;
    if (!PyArg_ParseTuple(args, "ny*y*nnw*y*", &d, &columns, &ends, &first, &last, &sums, &stop)) return NULL;
    PyObject *answer = NULL;
    size_t stride = d > 0 ? COUNT(columns, double) / (size_t)d : 0, n_groups = COUNT(ends, int64_t);
    int fits = stride >= LANES && first >= 0 && first <= last && (size_t)last <= stride - LANES && stop.len >= 4
               && COUNT(sums, double) >= (size_t)last * n_groups;
    int64_t before = 0;
    for (size_t g = 0; fits && g < n_groups; g++) {
        int64_t end = ((const int64_t *)ends.buf)[g];
        fits = end >= before && (size_t)end <= stride - LANES;
        before = end;
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        group_sums((size_t)d, columns.buf, stride, ends.buf, n_groups, (size_t)first, (size_t)last, sums.buf, stop.buf);
        Py_END_ALLOW_THREADS
        answer = Py_NewRef(Py_None);
    } else {
        refused();
    }
    PyBuffer_Release(&columns);
    PyBuffer_Release(&ends);
    PyBuffer_Release(&sums);
    PyBuffer_Release(&stop);
    return answer;
}

static PyMethodDef methods[] = {
    {"group_sums", py_group_sums, METH_VARARGS, "group_sums(n_features, columns, ends, first, last, sums, stop)"},
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
