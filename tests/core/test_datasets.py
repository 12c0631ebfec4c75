"""The data sets: what is shipped is right, and damaged files are refused by name."""

import gzip
import os
import struct

import numpy as np
import pytest

from fastbp.datasets import digits_split, load_digits, load_mnist
from fastbp.errors import FileFormatError

MNIST = os.environ.get("FASTBP_MNIST")


def idx(values):
    """An array of bytes as an IDX file."""
    values = np.asarray(values, dtype=np.uint8)
    return struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


@pytest.fixture
def folder(tmp_path):
    """A folder with a small set in MNIST's files."""
    rng = np.random.default_rng(0)
    for prefix, n in (("train", 6), ("t10k", 4)):
        images, labels = rng.integers(0, 256, (n, 3, 5)), np.arange(n) % 10
        (tmp_path / f"{prefix}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{prefix}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


def test_digits_are_the_1797_uci_digits():
    X, y = load_digits()
    assert X.shape == (1797, 64)
    assert X.dtype == np.float32
    assert y.dtype == np.int64
    assert X.min() == 0
    assert X.max() == 1
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (X[0, :8] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_digits_equal_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets", reason="compares with scikit-learn's copy")
    X, y = load_digits()
    expected = datasets.load_digits()
    np.testing.assert_array_equal(X * 16, expected.data)
    np.testing.assert_array_equal(y, expected.target)


def test_digits_are_fresh_arrays_each_time():
    X, y = load_digits()
    X[:], y[:] = 0, 0
    again = load_digits()
    assert again[0].max() == 1
    assert again[1].max() == 9


def test_digits_split_is_fixed_stratified_and_complete():
    _, y = load_digits()
    training, held_out = digits_split(y)
    assert (len(training), len(held_out)) == (1437, 360)
    assert sorted([*training, *held_out]) == list(range(1797))
    shares = np.bincount(y[held_out]) / np.bincount(y)
    assert (abs(shares - 360 / 1797) < 1 / 170).all()
    assert held_out[:6].tolist() == [4, 5, 6, 9, 14, 17]
    assert held_out.sum() == 306694


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dot", [False, True])
def test_mnist_is_read_under_every_published_name(folder, zipped, dot):
    expected = load_mnist(folder)
    for path in list(folder.iterdir()):
        name = path.name.replace("-idx", ".idx") if dot else path.name
        content = path.read_bytes()
        path.unlink()
        content = gzip.compress(content) if zipped else content
        (folder / (name + ".gz" * zipped)).write_bytes(content)
    for part, n in (("train", 6), ("test", 4)):
        X, y = load_mnist(str(folder), part=part)
        assert X.shape == (n, 15)
        assert X.dtype == np.float32
        assert y.dtype == np.int64
        assert X.min() >= 0
        assert X.max() <= 1
    np.testing.assert_array_equal(load_mnist(folder)[0], expected[0])


def test_mnist_pixels_are_divided_by_255(folder):
    raw = np.frombuffer((folder / "train-images-idx3-ubyte").read_bytes()[16:], np.uint8)
    np.testing.assert_allclose(load_mnist(folder)[0].ravel(), raw / 255, rtol=1e-6)


DAMAGE = {
    "empty": (lambda b: b"", "starts with nothing"),
    "another magic": (lambda b: b"PK\x03\x04" + b[4:], "starts with 50 4b 03 04"),
    "labels' dimensions": (lambda b: b[:3] + b"\x01" + b[4:], "with 3 dimensions"),
    "floats": (lambda b: b"\0\0\x0d\x03" + b[4:], "unsigned bytes"),
    "cut in the header": (lambda b: b[:9], "within its header"),
    "cut in the values": (lambda b: b[:-1], "holds 89 of the 90"),
    "one byte too many": (lambda b: b + b"\0", "goes on after"),
    "a huge announcement": (lambda b: b[:4] + b"\xff" * 12 + b[16:], "more than it can hold"),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_images_are_refused_by_name(folder, damage, zipped):
    path = folder / "train-images-idx3-ubyte"
    change, message = DAMAGE[damage]
    content = change(path.read_bytes())
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(FileFormatError, match=message) as caught:
        load_mnist(folder)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("keep", [3, 12, 30, -5])
def test_cut_gzip_is_refused(folder, keep):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(path.read_bytes())[:keep])
    with pytest.raises(FileFormatError, match="damaged or cut short"):
        load_mnist(folder)


def test_flipped_gzip_bits_are_refused_or_harmless(folder):
    path = folder / "train-images-idx3-ubyte"
    expected, _ = load_mnist(folder)
    content = gzip.compress(path.read_bytes(), mtime=0)
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 0x10]) + content[i + 1 :])
        try:
            X, _ = load_mnist(folder)
        except FileFormatError:
            continue
        np.testing.assert_array_equal(X, expected)


def test_images_and_labels_must_belong_together(folder):
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(5)))
    with pytest.raises(FileFormatError, match="6 images and train-labels-idx1-ubyte 5 labels"):
        load_mnist(folder)


def test_a_missing_file_is_named_with_its_other_spellings(folder):
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"t10k-labels-idx1-ubyte.*t10k-labels\.idx1"):
        load_mnist(folder, part="test")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_mnist(folder / "nowhere")
    with pytest.raises(NotADirectoryError, match="a file; expected MNIST's folder"):
        load_mnist(folder / "train-images-idx3-ubyte")


def test_part_must_be_train_or_test(folder):
    with pytest.raises(ValueError, match="part is 'valid'"):
        load_mnist(folder, part="valid")


def test_no_images_are_an_empty_array(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((0, 28, 28))))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(0)))
    X, y = load_mnist(folder)
    assert X.shape == (0, 784)
    assert y.shape == (0,)


@pytest.mark.skipif(not MNIST, reason="FASTBP_MNIST does not name the folder of the MNIST files")
def test_the_real_mnist_is_read():
    X, y = load_mnist(MNIST)
    assert X.shape == (60000, 784)
    assert X.max() == 1
    assert y[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(y).tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    X, y = load_mnist(MNIST, part="test")
    assert X.shape == (10000, 784)
    assert y[:5].tolist() == [7, 2, 1, 0, 4]
