"""Models of tables in files: what the model needs tells how a file is read."""

import numpy as np
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import write

import fastbp


def test_a_header_with_a_number_is_told_by_the_columns_that_are_named():
    rows = [("red" if i % 3 else "blue", i % 7 + 0.5, "ab"[i % 2]) for i in range(20)]
    file = write("colour,2020,kind\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    model = fastbp.TableModel(members=1, epochs=1, seed=0).fit(file, "kind")
    assert model.features == ("colour", "2020")
    turned = write("2020,colour\n" + "".join(f"{b},{a}\n" for a, b, _ in rows))
    columns = {"colour": [row[0] for row in rows], "2020": [row[1] for row in rows]}
    np.testing.assert_array_equal(model.predict_proba(turned), model.predict_proba(columns))
