#!/usr/bin/env bash
# Package: fastparquet 2026.9.0, from PyPI, with pandas 3.1.1, pyarrow 26.0.1 and numpy 2.4.6.
#
# A Parquet file has a dictionary of the categories in each row group. fastparquet reads the codes of every group, and
# gives all of them the names of the last group. So where a table is appended whose categories are others,
# or the same in another order, the rows before it change their class when they are read: red becomes
# green. Nothing is said, by the writer or the reader. The file is right: pyarrow reads the words that were written.
#
# The order of pandas' categories is that of the words in the table, so two parts of one table have the same
# dictionary only if every word is in both. If the last part has more words, and sorted before the others,
# all the rest are moved. A network trained on such a column learns from wrong labels.
#
# The same happens to a file of two groups that pyarrow has written, with dictionaries that differ, where
# categories= asks for the column as categories; without it fastparquet reads the words.
#
# An issue of 2025 reports it for appending, and is open. What to do: append with one CategoricalDtype for all parts, or
# append words, or read with pyarrow.
#
# Seen:
#
#   written: red green red blue red green
#   appended, read by fastparquet: green blue green blue red green
#   the same file, read by pyarrow: red green red blue red green
#   a, b twice, of categories a, b and then b, a: b a a b
#   as words: red green red blue red green
#   one CategoricalDtype: red green red blue red green
#   two groups of pyarrow's: red green red blue red green
#   two groups of pyarrow's, categories=['c']: blue red blue blue red green
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1 numpy==2.4.6

cat > look.py << 'END'
import warnings

import fastparquet
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

warnings.simplefilter("error", UserWarning)
parts = [["red", "green", "red"], ["blue", "red", "green"]]


def appended(dtype, parts=parts):
    for i, words in enumerate(parts):
        fastparquet.write("table.parquet", pd.DataFrame({"c": pd.Series(words, dtype=dtype)}), append=i > 0)
    return fastparquet.ParquetFile("table.parquet").to_pandas()["c"].tolist()


print("written:", *parts[0], *parts[1])
print("appended, read by fastparquet:", *appended("category"))
print("the same file, read by pyarrow:", *pq.read_table("table.parquet")["c"].to_pylist())
orders = [pd.Categorical(["a", "b"], list(order)) for order in ("ab", "ba")]
print("a, b twice, of categories a, b and then b, a:", *appended(None, orders))
print("as words:", *appended("str"))
print("one CategoricalDtype:", *appended(pd.CategoricalDtype(["blue", "green", "red"])))
kind = pa.dictionary(pa.int32(), pa.string())
with pq.ParquetWriter("two.parquet", pa.schema([("c", kind)])) as writer:
    for words in parts:
        writer.write_table(pa.table({"c": pa.array(words).dictionary_encode()}))
file = fastparquet.ParquetFile("two.parquet")
print("two groups of pyarrow's:", *file.to_pandas()["c"])
print("two groups of pyarrow's, categories=['c']:", *file.to_pandas(categories=["c"])["c"])
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
written: red green red blue red green
appended, read by fastparquet: green blue green blue red green
the same file, read by pyarrow: red green red blue red green
a, b twice, of categories a, b and then b, a: b a a b
as words: red green red blue red green
one CategoricalDtype: red green red blue red green
two groups of pyarrow's: red green red blue red green
two groups of pyarrow's, categories=['c']: blue red blue blue red green
END
