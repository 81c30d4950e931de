"""Fitting scikit-learn's linear SVM, one at a time: its random numbers are one stream for all."""

import threading
import warnings
from typing import Any

from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

ONE_AT_A_TIME = threading.Lock()  # two fits at once would change each other's results


def fitted(svm: LinearSVC, x: NDArray[Any], labels: NDArray[Any]) -> LinearSVC:
    """`svm` after a fit to x [N, D] and labels [N]; the same whoever else fits meanwhile."""
    with ONE_AT_A_TIME, warnings.catch_warnings():
        # The paper's protocol stops after a fixed number of steps: that is no news to anybody.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return svm.fit(x, labels)
