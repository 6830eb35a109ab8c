"""One thread for the libraries: sums in another order have other last digits.

ITK's mean and standard deviation of an image, and the products of matrices, depend on the number of threads
in their last digits. Each executor computes with one thread, so that no result depends on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Variables from which libraries take their number of threads when they are loaded.
VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


@contextmanager
def one_thread_of_sums() -> Iterator[None]:
    """Let ITK and matrix products use one thread inside the block; torch keeps its own number."""
    import SimpleITK as sitk
    from threadpoolctl import threadpool_limits

    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let every library of a worker use one thread, whether it is loaded or will be.

    Numba is left out: the kernels are not parallel, and it refuses to work after its variable was changed.
    """
    from threadpoolctl import threadpool_limits

    os.environ.update({name: "1" for name in VARIABLES if not name.startswith("NUMBA")})
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    with one_thread_of_sums(), threadpool_limits(1):
        yield
