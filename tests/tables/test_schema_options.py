"""What users say about columns: wrong values are named, and so are columns that do not exist."""

import numpy as np
import pytest
from schemas import recognised

from fastbp.tables.schema_options import SchemaOptions

TABLE = {"width": [1.5, 2.5] * 10, "height": [1, 2, 3, 4] * 5, "y": ["a", "b"] * 10}


@pytest.mark.parametrize(
    "options",
    [
        {"decimal": ";"},
        {"decimal": 1},
        {"dates": "ydm"},
        {"task": "rank"},
        {"kinds": {"a": "numbers"}},
        {"kinds": {"a": []}},
        {"ordered": {"a": ["x"]}},
        {"ordered": {"a": ["x", "x"]}},
        {"ordered": {"a": ["x", "y"]}, "kinds": {"a": "words"}},
    ],
)
def test_values_are_checked(options):
    with pytest.raises(ValueError, match=r"expected|give one of them"):
        SchemaOptions(**options)


@pytest.mark.parametrize(
    "options",
    [{"missing": 1}, {"drop": [1]}, {"kinds": ["a"]}, {"ordered": "a"}, {"ordered": {"a": 1}}],
)
def test_types_are_checked(options):
    with pytest.raises(TypeError, match="expected"):
        SchemaOptions(**options)


def test_a_single_text_is_a_list_of_one():
    assert SchemaOptions(missing="x ", drop="a").missing == ("x",)
    assert SchemaOptions(drop="a").drop == ("a",)
    assert SchemaOptions(missing=None, drop=None, kinds=None, ordered=None, task=None).drop == ()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"target": "yy"}, "target"),
        ({"drop": ["widht"]}, "drop"),
        ({"kinds": {"widht": "words"}}, "kinds"),
        ({"ordered": {"widht": ["1", "2"]}}, "ordered"),
    ],
)
def test_a_column_that_does_not_exist_is_named_with_the_closest(options, argument):
    with pytest.raises(ValueError, match=argument) as caught:
        recognised(TABLE, **options)
    assert "width" in str(caught.value)
    assert "did you mean" in str(caught.value) or argument == "target"


@pytest.mark.parametrize(
    "options", [{"drop": ["y"]}, {"kinds": {"y": "words"}}, {"ordered": {"y": ["a", "b"]}}]
)
def test_the_target_is_no_feature(options):
    with pytest.raises(ValueError, match="names the target"):
        recognised(TABLE, **options)


def test_columns_without_names_are_given_by_number():
    X = np.column_stack([np.tile([1.5, 2.5], 10), np.tile([3.0, 4.0], 10), np.tile([0, 1], 10)])
    schema, _ = recognised(X, target="3", drop=["1"])
    assert list(schema.kinds) == ["column 2"]
    for bad in ("4", "0", "x", "-1"):
        with pytest.raises(ValueError, match="1 to 3"):
            recognised(X, target=bad)


def test_the_task_is_obeyed():
    table = {"x": [1.5, 2.5, 3] * 8, "y": [0, 1] * 12}
    assert recognised(table)[0].target.task == "classify"
    assert recognised(table, task="regress")[0].target.task == "regress"
    fractions = {**table, "y": [0.5, 1.5] * 12}
    assert recognised(fractions)[0].target.task == "regress"
    assert recognised(fractions, task="classify")[0].target.classes == ("0.5", "1.5")
    with pytest.raises(ValueError, match="'a' is not a number; the target is to be predicted"):
        recognised(TABLE, task="regress")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([i % 20 for i in range(100)], "classify"),
        ([i % 21 for i in range(105)], "regress"),
        ([i % 20 for i in range(99)], "regress"),
        ([i % 3 for i in range(10)], "regress"),
        ([0, 1, 0], "classify"),
        ([0.5, 1, 2] * 10, "regress"),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_whole_numbers_are_classes_where_each_has_company(values, task, as_text):
    cells = [str(value) for value in values] if as_text else values
    table = {"x": [i % 4 + 0.5 for i in range(len(values))], "y": cells}
    assert recognised(table)[0].target.task == task


class Counted(str):
    """Text that counts how often it is compared."""

    __slots__ = ()
    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Counted.comparisons += 1
        return str.__eq__(self, other)


def test_of_many_columns_each_may_be_named(monkeypatch):
    lookups = []
    left_out = SchemaOptions.left_out.fget
    counting = property(lambda self: lookups.append(1) or left_out(self))
    monkeypatch.setattr(SchemaOptions, "left_out", counting)
    n = 500
    table = {f"x{i}": [1.5, 2.5] * 10 for i in range(n)} | {"y": ["a", "b"] * 10}
    schema, _ = recognised(table, kinds={Counted(f"x{i}"): "number" for i in range(n)})
    assert len(schema.kinds) == n
    assert len(lookups) < 10
    assert Counted.comparisons < 50 * n  # n^2 / 2 where each is looked for among all


def test_of_a_table_in_memory_nothing_is_said_of_files():
    with pytest.raises(ValueError, match="no such column") as caught:
        recognised({"x": [1.5, 2.5], "y": ["a", "b"]}, target="nobody")
    assert "skip" not in str(caught.value)


def test_the_number_of_a_column_without_a_name_works_as_it_is_shown():
    X = np.array([[1.5, 0], [2.5, 1], [3.0, 0]] * 4)
    with pytest.raises(ValueError, match="the column's number, 1 to 2"):
        recognised(X, target="y")
    with pytest.raises(TypeError, match="its number as text: '1' is the first"):
        recognised(X, target=2)
    assert recognised(X, target="2")[0].target.name == "column 2"


def test_only_numbers_are_said_to_be_learnt_as_numbers():
    days = [f"2024-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(60)]
    table = {"x": [0.5, 1.5] * 30, "y": days}
    with pytest.raises(ValueError, match="give another target") as caught:
        recognised(table)
    assert "regress" not in str(caught.value)
    numbers = {**table, "y": [str(i / 7) for i in range(60)]}
    with pytest.raises(ValueError, match="task='regress'"):
        recognised(numbers, task="classify")
    assert recognised(numbers, task="regress")[0].target.task == "regress"
