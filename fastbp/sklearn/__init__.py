"""scikit-learn's multilayer perceptrons, trained by fastbp's kernels; and estimators of tables.

``from fastbp.sklearn import MLPClassifier, MLPRegressor`` in place of ``from sklearn.neural_network
import ...``: the same parameters, attributes and results, in less time. `TabularClassifier` and
`TabularRegressor` take frames of numbers, words and dates as they are. They need scikit-learn 1.7
or newer: ``pip install "fastbp[sklearn]"``.
"""

try:
    import sklearn
    from sklearn.utils.fixes import parse_version
except ImportError as error:
    raise ImportError(
        'fastbp.sklearn needs scikit-learn 1.7 or newer: pip install "fastbp[sklearn]"'
    ) from error
if parse_version(sklearn.__version__) < parse_version("1.7"):
    raise ImportError(
        f"fastbp.sklearn needs scikit-learn 1.7 or newer, and {sklearn.__version__} is installed: "
        f'pip install --upgrade "scikit-learn>=1.7"'
    )

from fastbp.sklearn.classifier import MLPClassifier
from fastbp.sklearn.regressor import MLPRegressor
from fastbp.sklearn.tabular_classifier import TabularClassifier
from fastbp.sklearn.tabular_regressor import TabularRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"]
