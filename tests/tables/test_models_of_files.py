"""A model learns from a file of any format, and predicts the same from each."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

import fastbp
from fastbp.tables.open_source import ReadOptions, open_source

ROWS = [(i / 7 - 2, "abc"[i % 3], "yes" if (i % 3 == 0) != (i > 14) else "no") for i in range(30)]


def joined(delimiter, end="", start=lambda i: ""):
    rows = enumerate(ROWS, start=1)
    return "".join(start(i) + delimiter.join(map(str, row)) + end + "\n" for i, row in rows)


ARFF = "@relation r\n@attribute x numeric\n@attribute w {a, b, c}\n@attribute y {no, yes}\n@data\n"
SPARSE = "".join(f"{{0 {x}, 1 {w}, 2 {y}}}\n" for x, w, y in ROWS)
FILES = {
    "t.csv.gz": gzip.compress(("x,w,y\n" + joined(",")).encode()),
    "semicolons.csv": "x;w;y\n" + joined(";"),
    "ends.csv": "x,w,y\n" + joined(",", ","),
    "r.txt": "x w y\n" + joined(" ", start=lambda i: f"{i} "),
    "aligned.txt": "x    w   y\n" + joined("\t  "),
    "orange.tab": "x\tw\ty\nc\td\td\n\t\tclass\n" + joined("\t"),
    "comments.csv": "# made on Monday\n" + "x,w,y\n" + joined(","),
    "t.arff": ARFF + joined(","),
    "sparse.arff": ARFF + SPARSE,
}


def trained(table):
    return fastbp.TableModel(members=1, recipe="plain", epochs=3, seed=0).fit(table, target="y")


@pytest.fixture
def expected():
    Path("t.csv").write_text("x,w,y\n" + joined(","), "utf-8")
    return trained("t.csv").predict_proba("t.csv")


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("name", FILES)
def test_the_same_rows_in_another_format_give_the_same_model(name, expected):
    content = FILES[name]
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    model = trained(name)
    assert np.array_equal(model.predict_proba(name), expected)
    assert np.array_equal(model.predict_proba("t.csv"), expected)


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.xlsx"])
def test_the_same_rows_of_a_frame_give_the_same_model(name, expected):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("openpyxl" if name == "t.xlsx" else "pyarrow")
    frame = pd.DataFrame(ROWS, columns=["x", "w", "y"])
    write = {"t.parquet": frame.to_parquet, "t.feather": frame.to_feather}
    write[name](name) if name in write else frame.to_excel(name, index=False)
    assert np.array_equal(trained(name).predict_proba(name), expected)


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
def test_a_model_knows_how_its_libsvm_files_count():
    rows = [f"{y == 'yes':d} 1:{x} {2 + 'abc'.index(w)}:1\n" for x, w, y in ROWS]
    Path("t.svm").write_text("".join(rows), "utf-8")
    model = trained(open_source("t.svm", ReadOptions(base=1)))
    assert model.predict("t.svm").shape == (30,)
    Path("short.svm").write_text("0 2:1\n1\n", "utf-8")
    assert model.predict("short.svm").shape == (2,)
    Path("other.svm").write_text("0 0:1\n", "utf-8")
    with pytest.raises(ValueError, match="has the index 0, and the training table has no such"):
        model.predict("other.svm")
