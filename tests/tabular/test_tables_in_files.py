"""Models of tables in files: what the model needs tells how a file is read."""

import numpy as np
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import write

import fastbp


def test_a_header_of_numbers_is_told_by_the_columns_that_are_named():
    rows = "".join(f"{i % 7}.5,{i % 3},{'ab'[i % 2]}\n" for i in range(20))
    model = fastbp.TableModel(members=1, epochs=1, seed=0).fit(write(f"0,1,kind\n{rows}"), "kind")
    assert model.features == ("0", "1")
    turned = "".join(f"{i % 3},{i % 7}.5\n" for i in range(20))
    by_name = model.predict_proba(write(f"1,0\n{turned}"))
    columns = {"0": [i % 7 + 0.5 for i in range(20)], "1": [i % 3 for i in range(20)]}
    np.testing.assert_array_equal(by_name, model.predict_proba(columns))
