"""Datasets: the bundled digits with a fixed split, and a loader for MNIST files.

``load_digits`` reads the digits that come with fastbp, ``load_mnist`` the MNIST files of a folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastbp.errors import FileFormatError
from fastbp.idx_files import read_idx
from fastbp.inputs.splitting import split_rows
from fastbp.text.printable import printable

_DIGITS = Path(__file__).parent / "data" / "digits-idx2-ubyte.gz"
_DIGITS_LARGEST = 16
_DIGITS_HELD_OUT = 360

_MNIST_PREFIX = {"train": "train", "test": "t10k"}
_MNIST_ENDINGS = ("-ubyte", "-ubyte.gz")

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]


def load_digits() -> tuple[FloatArray, IntArray]:
    """Load the handwritten digits that come with fastbp: 1,797 images of 8 x 8 pixels.

    They are the test part of the UCI set "Optical Recognition of Handwritten Digits" by
    E. Alpaydin and C. Kaynak (1998, doi:10.24432/C50P49, CC BY 4.0).

    Returns
    -------
    X : ndarray of float32, shape (1797, 64)
        The pixels of each image, row by row from the top left, from 0 (no ink) to 1.
    y : ndarray of int64, shape (1797,)
        The digits, 0 to 9.

    Examples
    --------
    >>> from fastbp.datasets import load_digits
    >>> X, y = load_digits()
    >>> X.shape, y[:5].tolist()
    ((1797, 64), [0, 1, 2, 3, 4])
    """
    rows = read_idx(_DIGITS, ndim=2)
    X = rows[:, :-1].astype(np.float32) / np.float32(_DIGITS_LARGEST)
    return X, rows[:, -1].astype(np.int64)


def digits_split(y: ArrayLike) -> tuple[IntArray, IntArray]:
    """Split the digits into the fixed parts that ``fastbp train`` uses.

    Parameters
    ----------
    y : array_like of int, shape (1797,)
        The labels that `load_digits` returns.

    Returns
    -------
    training, held_out : ndarray of int64, shapes (1437,) and (360,)
        The rows of each part, in order. Both hold every digit in the same proportion, and they are
        the same on every machine and with every NumPy.

    Examples
    --------
    >>> from fastbp.datasets import digits_split, load_digits
    >>> X, y = load_digits()
    >>> training, held_out = digits_split(y)
    >>> len(training), len(held_out), held_out[:4].tolist()
    (1437, 360, [4, 5, 6, 9])
    """
    labels = np.asarray(y)
    # NumPy may change what a Generator draws; RandomState is frozen for good.
    rng = np.random.RandomState(0)
    return split_rows(len(labels), _DIGITS_HELD_OUT / len(labels), labels, rng)


def load_mnist(
    folder: str | os.PathLike[str], *, part: str = "train"
) -> tuple[FloatArray, IntArray]:
    """Load MNIST, or a set published in the same files, from a folder.

    Parameters
    ----------
    folder : str or os.PathLike
        Where the files are, under their published names (``train-images-idx3-ubyte`` or
        ``train-images.idx3-ubyte``, and so on), with ``.gz`` or without.
    part : {"train", "test"}
        Which part to load: 60,000 training images or 10,000 test images.

    Returns
    -------
    X : ndarray of float32, shape (n, 784)
        The pixels of each image, row by row from the top left, from 0 to 1.
    y : ndarray of int64, shape (n,)
        The digits, 0 to 9.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If the folder or a file in it is missing; the message lists the names looked for.
    FileFormatError
        If a file is damaged, or the images and labels do not belong together.
    ValueError
        If `part` is another word.

    Examples
    --------
    >>> from fastbp.datasets import load_mnist
    >>> X, y = load_mnist("mnist", part="test")                        # doctest: +SKIP
    >>> X.shape                                                        # doctest: +SKIP
    (10000, 784)
    """
    if part not in _MNIST_PREFIX:
        raise ValueError(f'part is {part!r}, expected "train" or "test"')
    images_path = _find(Path(folder), f"{_MNIST_PREFIX[part]}-images", "idx3")
    labels_path = _find(Path(folder), f"{_MNIST_PREFIX[part]}-labels", "idx1")
    images = read_idx(images_path, ndim=3)
    labels = read_idx(labels_path, ndim=1)
    if len(images) != len(labels):
        raise FileFormatError(
            f"{printable(images_path)} holds {len(images):,} images and {labels_path.name} "
            f"{len(labels):,} labels; the two files do not belong together"
        )
    X = images.reshape(len(images), images.shape[1] * images.shape[2]).astype(np.float32)
    X /= np.float32(255)
    return X, labels.astype(np.int64)


def _find(folder: Path, stem: str, kind: str) -> Path:
    """Find the first file of the folder that carries one of the names in use."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"folder is {str(folder)!r}, a file; expected MNIST's folder")
    names = [f"{stem}{dot}{kind}{ending}" for ending in _MNIST_ENDINGS for dot in "-."]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    problem = "holds none of the files" if folder.is_dir() else "does not exist; looked in it for"
    raise FileNotFoundError(f"folder {str(folder)!r} {problem} {', '.join(names)}")
