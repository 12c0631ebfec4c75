#!/usr/bin/env bash
# Package: skrub 0.11.0, from PyPI, with pandas 3.1.1, scikit-learn 1.9.1 and numpy 2.4.6.
#
# DatetimeEncoder, and so TableVectorizer, makes of a column of times the seconds since 1970, as
# a column total_seconds of float32. There are 1.8e9 of them by now, where neighbours in float32 are 128 apart: all
# times of two minutes become one number. With the default resolution, "hour", there is no column of minutes or seconds
# either, so such rows cannot be told apart by any model. TableVectorizer's other numbers are float32, too, and
# integers beyond 2^24 that differ by 1 become equal.
#
# A StandardScaler behind it cannot bring back what is gone. The range of the column does not matter: a table that
# covers ten minutes has 6 values for its 600 seconds. And the order of two events, or the time between them, computed
# from the encoded columns, is wrong by up to two minutes.
#
# That the output is float32 is documented, what it does to the seconds is not. What to do: subtract
# a time of the table's own first, and give the vectorizer the seconds since then as a number.
#
# Seen:
#
#   columns: t_year, t_month, t_day, t_hour, t_total_seconds
#   600 seconds: float32, 6 values, 128 apart
#   different rows: 6
#   different rows of TableVectorizer: 6
#   the same of seconds since the first row: 600
#   10 seconds between start and end, encoded: [0.0, 128.0]
#   nearest neighbour on its own rows, times: R^2 above 0.99 False
#   nearest neighbour on its own rows, seconds since the first row: R^2 above 0.99 True
#   2^24 + (0, 1, 2, 3): [0.0, 0.0, 2.0, 4.0]
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install skrub==0.11.0 pandas==3.1.1 scikit-learn==1.9.1 numpy==2.4.6

cat > look.py << 'END'
import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skrub import DatetimeEncoder, TableVectorizer

second = np.arange(600)
time = pd.Series(pd.Timestamp("2026-11-30 12:00:00") + pd.to_timedelta(second, unit="s"), name="t")
out = DatetimeEncoder().fit_transform(time)
print(f"columns: {', '.join(out.columns)}")
kinds = out["t_total_seconds"]
print(f"600 seconds: {kinds.dtype}, {kinds.nunique()} values, {np.diff(np.unique(kinds))[0]:.0f} apart")
print(f"different rows: {len(out.drop_duplicates())}")
print(f"different rows of TableVectorizer: {len(TableVectorizer().fit_transform(time.to_frame()).drop_duplicates())}")
since = (time - time[0]).dt.total_seconds().rename("since").to_frame()
print(f"the same of seconds since the first row: {len(TableVectorizer().fit_transform(since).drop_duplicates())}")
start, end = time, time + pd.Timedelta(seconds=10)
seconds = [DatetimeEncoder().fit_transform(t.rename("t"))["t_total_seconds"] for t in (start, end)]
print(f"10 seconds between start and end, encoded: {sorted(set((seconds[1] - seconds[0]).tolist()))}")
wave = np.sin(second / 600 * 20 * np.pi)  # a period of a minute
for name, table in {"times": time.to_frame(), "seconds since the first row": since}.items():
    model = make_pipeline(TableVectorizer(), StandardScaler(), KNeighborsRegressor(1)).fit(table, wave)
    print(f"nearest neighbour on its own rows, {name}: R^2 above 0.99 {model.score(table, wave) > 0.99}")
numbers = pd.DataFrame({"n": 2**24 + np.arange(4)})
print(f"2^24 + (0, 1, 2, 3): {(TableVectorizer().fit_transform(numbers)['n'] - 2**24).tolist()}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
columns: t_year, t_month, t_day, t_hour, t_total_seconds
600 seconds: float32, 6 values, 128 apart
different rows: 6
different rows of TableVectorizer: 6
the same of seconds since the first row: 600
10 seconds between start and end, encoded: [0.0, 128.0]
nearest neighbour on its own rows, times: R^2 above 0.99 False
nearest neighbour on its own rows, seconds since the first row: R^2 above 0.99 True
2^24 + (0, 1, 2, 3): [0.0, 0.0, 2.0, 4.0]
END
