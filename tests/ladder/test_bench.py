"""`fastbp bench`: what is wrong is never timed, what fails is named, and the table can be read."""

import gc
import json
import multiprocessing
import os
import re
import signal
import sys
import time
import warnings
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import broken_rungs
import numpy as np
import pytest
from command_line import run

from fastbp.bench import (
    custom_rungs,
    error_messages,
    ladder,
    machine_limits,
    proof,
    reading,
    results,
    rung_process,
    runner,
    schema,
    timing,
    worker,
)
from fastbp.bench.custom_rungs import load_factory
from fastbp.bench.ladder_row import Row
from fastbp.bench.number_format import digits, duration
from fastbp.bench.problems import make_problem
from fastbp.bench.protocol import Local
from fastbp.bench.rung_server import RungServer
from fastbp.bench.timed_rung import TimedRung
from fastbp.bench.worker import DiedError, HungError, Worker, cores, limited_to
from fastbp.text.page import WIDTH

FAULTS = [
    *("WrongSign", "ReadsOwnNumbers", "Chatters", "Raises"),
    *("Crashes", "ExitsLater", "Picky", "Absent"),
]
FAULTY = list(map(custom_rungs.rung_name_of, FAULTS))
HERE = Path(broken_rungs.__file__)
# What is right until it is timed: its name, the kernel at which it is found out, and why it failed.
LATE = {
    "Later": ("step", r"step came back after \S+ s with its work undone, .* override finish"),
    "Tires": ("step", r"right before its rounds, wrong after them: w\(1\)\[j \d, k \d\] is"),
    "Spoils": ("step", r"right before its rounds, wrong .*: w\(1\) is not finite any more"),
    "TwoBatches": ("step", r"train did 2 steps, expected \d+$"),
    "TooFast": ("step", r"[\d,]+% of the peak is not possible"),
    "Remembers": ("forward", r"forward took \S+ s on new samples and \S+ s when it was called"),
    "RemembersContent": ("forward", r"forward took \S+ s on new samples and \S+ s when it was"),
}
(NUMPY,) = [row for row in ladder.LADDER if row.name == "numpy-out"]
FEW_BYTES = 1_000_000  # of the arrays that the memory's bandwidth is measured with
LINE = 1 + HERE.read_text("utf-8").splitlines().index(
    '        raise ArithmeticError("no numbers today")'
)


def saved(path):
    """What a file holds, which must be right."""
    reading.load(path)
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def short_run(tmp_path_factory):
    """One run with every kind of rung: what it printed, its exit code and its file."""
    path = tmp_path_factory.mktemp("bench") / "figures.json"
    own = [word for name in FAULTS for word in ("--rung", f"{HERE}:{name}")]
    process = run(
        *("bench", "--rungs", "numpy-out", "plain", "fit", *own, "--batch", "6"),
        *("--kernel", "forward", "step", "--sizes", "4-3-2", "5-4-3-2"),
        *("--seconds", "0.2", "--json", str(path)),
    )
    out, err = process.communicate(timeout=300)
    return SimpleNamespace(out=out, err=err, code=process.returncode, document=saved(path))


@contextmanager
def without_processes():
    """A run in this process: what it asks of rungs, and in which order, is the same."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a worker's process prints them
        patch.setattr(rung_process, "Worker", Local)
        patch.setattr(runner, "Worker", Local)
        patch.setattr(machine_limits, "BYTES", FEW_BYTES)
        gc.collect()
        gc.freeze()  # every turn begins with a collection: not of what other tests have left
        yield


@pytest.fixture
def no_processes():
    """For a test whose promise is not about them."""
    with without_processes():
        yield


@pytest.fixture(scope="module")
def long_run():
    """A run with so much time that what goes wrong late does."""
    own = [custom_rungs.from_file(f"{HERE}:{name}") for name in ("LaterButFinished", *LATE)]
    problems = [make_problem((5, 4, 3, 2), 6)]
    plan = runner.Plan([NUMPY, *own], problems, kernels=("forward", "step"), seconds=1)
    run = runner.Runner(plan)
    with without_processes():
        assert [table.kernel for table in run.tables()] == ["forward", "step"]
    return run


def result_of(short_run, rung, shape="5-4-3-2", kernel="step"):
    (match,) = (
        result
        for result in short_run.document["results"]
        if (result["rung"], result["shape"], result["kernel"]) == (rung, shape, kernel)
    )
    return match


def test_what_is_right_is_timed(short_run):
    for rung in ("numpy-out", "plain", "reads-own-numbers", "chatters"):
        for kernel in ("step", "forward"):
            result = result_of(short_run, rung, kernel=kernel)
            assert result["status"] == "timed"
            assert result["proved"] is True
            assert result["why"] is None
            assert len(result["samples"]) == timing.ROUNDS
            low, high = result["interval"]
            assert 0 < low <= result["ns_per_sample"] <= high
            assert result["first_result_seconds"] > 0
            assert result["call_overhead_ns"] > 0
            assert result["bytes_allocated_per_step"] >= 0
            assert 0 < result["errors"]["ulp"] < 50
            assert result["scaled_from"] is None


def test_what_is_wrong_is_named_with_its_place_and_never_timed(short_run):
    for shape in ("4-3-2", "5-4-3-2"):
        result = result_of(short_run, "wrong-sign", shape)
        assert result["status"] == "wrong"
        assert result["proved"] is False
        assert result["ns_per_sample"] is None
        assert result["samples"] == []
        assert result["errors"] is None
        assert re.match(r"delta\(1\)\[row 0, j \d\] is \S+, expected ", result["why"])
    assert re.search(r"^wrong-sign +WRONG$", short_run.out, re.M)
    output = " ".join(short_run.out.split())
    assert re.search(r"WRONG: wrong-sign: delta\(1\)\[row 0, j \d\] is \S+, expected", output)


@pytest.mark.parametrize(
    ("rung", "why"),
    [
        ("raises", f"ArithmeticError: no numbers today ({HERE.name}, line {LINE}, in forward)"),
        ("crashes", "the process died when it was first run: SIGABRT"),
        ("exits-later", "the process died when it was run to be timed: exit code 7"),
        ("absent", f"AttributeError: {HERE} has no 'Absent'; it has: "),
    ],
)
def test_what_fails_is_told_with_the_reason_and_the_others_go_on(short_run, rung, why):
    for shape in ("4-3-2", "5-4-3-2"):
        result = result_of(short_run, rung, shape)
        assert result["status"] == "failed"
        assert result["why"].startswith(why)
        assert result["ns_per_sample"] is None
    assert re.search(rf"^{rung} +FAILED$", short_run.out, re.M)
    assert f"FAILED: {rung}: " in short_run.out
    assert result_of(short_run, "exits-later")["proved"] is True


@pytest.mark.parametrize(("name", "kernel", "why"), [(name, *of) for name, of in LATE.items()])
def test_what_is_right_only_until_it_is_timed_is_found_and_not_shown(long_run, name, kernel, why):
    result = result_of(long_run, custom_rungs.rung_name_of(name), kernel=kernel)
    assert result["proved"] is True
    assert result["status"] == "failed"
    assert re.match(why, result["why"]), result["why"]
    assert result["ns_per_sample"] is None


def test_what_finishes_on_request_is_timed_to_its_end(long_run):
    """As long as the work takes, which is some microseconds, and not as long as queueing takes."""
    queued, right = (result_of(long_run, of) for of in ("later-but-finished", "numpy-out"))
    assert queued["status"] == right["status"] == "timed"
    assert queued["ns_per_sample"] > right["ns_per_sample"] / 5


def test_what_a_rung_prints_does_not_stand_in_the_tables(short_run):
    assert "forward!" not in short_run.out
    assert "by its number" not in short_run.out
    assert "forward!" in short_run.err


def test_every_question_to_a_rungs_process_has_words_for_when_it_is_asked():
    methods = {name for name in (*vars(RungServer), *vars(TimedRung)) if not name.startswith("_")}
    methods -= {"timed", "close"}  # `timed` calls the others
    # `open` is every process's, `load` that of a learner's file.
    assert methods == set(error_messages.WHEN) - {"open", "load"}


def test_a_failure_is_placed_in_the_users_own_file(tmp_path):
    path = tmp_path / "own.py"
    path.write_text("import json\n\n\ndef f(text):\n    json.loads(text)\n", encoding="utf-8")
    f = load_factory(f"{path}:f")
    with pytest.raises(json.JSONDecodeError) as error:
        f("{")  # raised in json itself, called from here
    assert error_messages.place(error.value) == "(own.py, line 5, in f)"
    with pytest.raises(ValueError, match="dtype") as error:
        make_problem((3, 2)).network("float16")
    from_fastbp_on = error.value.__traceback__.tb_next
    assert error_messages.place(error.value.with_traceback(from_fastbp_on)) == ""


def test_what_has_nothing_like_a_problem_is_left_out_of_its_table(short_run):
    assert short_run.document["left_out"] == {"picky": "4-3-2, float32: it has no two layers"}
    assert "Left out: picky: it has no two layers." in short_run.out
    assert result_of(short_run, "picky")["status"] == "timed"


def test_a_rung_without_loops_of_its_own_is_timed_at_steps_alone(short_run):
    kernels = {of["kernel"] for of in short_run.document["results"] if of["rung"] == "fit"}
    assert kernels == {"step"}
    output = " ".join(short_run.out.split())
    assert (
        len(re.findall(r"Left out: [^:]*\bfit\b[^:]*: it has no forward of its own\.", output)) == 2
    )


class Impatient(Worker):
    """It takes its time to start a process, and then waits for a second."""

    def __call__(self, method, *arguments, timeout=None, activity=None):
        timeout = timeout if method == "open" else 1.0
        return super().__call__(method, *arguments, timeout=timeout, activity=activity)


@pytest.mark.usefixtures("no_processes")
def test_what_gives_no_answer_is_waited_for_once(monkeypatch):
    monkeypatch.setattr(rung_process, "Worker", Impatient)
    problems = [make_problem(sizes, 4) for sizes in ((4, 3, 2), (5, 4, 2))]
    plan = runner.Plan([custom_rungs.from_file(f"{HERE}:Hangs")], problems, seconds=0.1)
    first, second = runner.Runner(plan).tables()
    (hung,) = first.results
    assert hung["status"] == "failed"
    assert re.fullmatch(r"no answer after 1 s when it was \w+.*", hung["why"])
    assert second.results == []
    assert second.left_out == {"hangs": f"it is not asked again: {hung['why']} once"}


@pytest.mark.usefixtures("no_processes")
def test_a_rung_that_takes_no_smaller_batch_runs_the_one_that_it_takes():
    problem = make_problem((5, 4, 2), 8)
    plan = runner.Plan([custom_rungs.from_file(f"{HERE}:Eights")], [problem], seconds=0.1)
    (table,) = runner.Runner(plan).tables()
    assert [of["status"] for of in table.results] == ["timed"]


@pytest.mark.usefixtures("no_processes")
def test_a_problem_that_no_proof_can_check_does_not_end_the_run(monkeypatch):
    monkeypatch.setattr(proof, "DRAWS", 2)  # all would be looked for in vain as well
    deep, usual = make_problem((3, *[2] * 60, 2), 1), make_problem((4, 3, 2), 4)
    plan = runner.Plan([NUMPY], [deep, usual], seconds=0.1)
    first, second = runner.Runner(plan).tables()
    assert first.results == []
    assert re.match(r"no proof can tell .*: no gradient reaches", first.left_out["numpy-out"])
    assert [of["status"] for of in second.results] == ["timed"]


@pytest.mark.usefixtures("no_processes")
def test_a_scaled_rung_is_proved_and_looked_at_again_with_what_it_runs(monkeypatch):
    monkeypatch.setattr(timing, "LONGEST_STEP", 0.0)
    cases = []
    call = rung_process.RungProcess.call

    def listen(process, method, *arguments):
        if method == "run_case":
            cases.append((arguments[0].problem.sizes, len(arguments[0].X)))
        return call(process, method, *arguments)

    monkeypatch.setattr(rung_process.RungProcess, "call", listen)
    plan = runner.Plan([NUMPY], [make_problem((9, 8, 2), 16)], seconds=0.1)
    (table,) = runner.Runner(plan).tables()
    (result,) = table.results
    assert result["status"] == "timed"
    rows = result["scaled_from"]
    assert [m for sizes, m in cases if sizes == (9, 8, 2)] == [1, rows]


def test_a_wrong_rung_makes_the_exit_code_1(short_run):
    assert short_run.code == 1
    assert "Traceback" not in short_run.err


def test_the_output_fits_in_80_columns_and_says_what_the_file_says(short_run):
    assert not [line for line in short_run.out.splitlines() if len(line) > WIDTH]
    for name in ("numpy-out", "plain", "fit", *FAULTY):
        assert re.search(rf"^{name} +\S", short_run.out, re.M), f"{name} and its idea"
    rows = re.findall(r"^plain +([\d,.]+ \S?s) +([\d,.]+) +[\d.-]", short_run.out, re.M)
    tables = product(("4-3-2", "5-4-3-2"), ("forward", "step"))
    results = [result_of(short_run, "plain", *table) for table in tables]
    assert rows == [(duration(of["ns_per_sample"]), digits(of["gflops"])) for of in results]


def test_a_ratio_lies_in_its_interval_and_is_called_noisy_where_that_holds_1(short_run):
    ratios = [of for of in short_run.document["results"] if of["ratio_before"]]
    assert {of["rung"] for of in ratios} > {"plain", "fit"}
    for of in ratios:
        low, high = of["ratio_interval"]
        assert low <= of["ratio_before"] <= high
        assert of["noisy"] == (low <= 1 <= high)


def test_the_file_holds_what_its_schema_says(short_run):
    document = short_run.document
    empty = results.new_document({})
    assert set(document) == set(empty)
    assert set(document["machine"]) == set(empty["machine"])
    for of in document["results"]:
        assert set(of) == set(schema.RESULT)
    assert document["options"]["rungs"] == ["numpy-out", "plain", "fit", *FAULTY]
    limits = document["roofs"]["float32"]["1"]
    assert set(limits) == {"flops", "copy", "sum"}
    timed = result_of(short_run, "fit")
    if limits["flops"]:
        assert timed["share_of_peak"] == pytest.approx(timed["gflops"] * 1e9 / limits["flops"])
    assert timed["share_of_memory"] == pytest.approx(
        timed["bytes_per_sample"] * 1e9 / timed["ns_per_sample"] / limits["copy"]
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="it sends SIGINT")
def test_ctrl_c_prints_what_there_is(tmp_path):
    path = tmp_path / "figures.json"
    process = run(
        *("bench", "--rungs", "numpy-out", "fit", "--sizes", "4-3-2", "5-4-3"),
        *("--seconds", "2", "--json", str(path)),
        start_new_session=True,
        # A shell's background jobs ignore it, and what they start does so too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert any(line.startswith("Fastest") for line in process.stdout), process.stderr.read()
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)  # to its workers too, as a terminal does
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "fastbp bench: interrupted; this is what there was\n"
    assert "What each rung costs besides" in out
    document = saved(path)
    assert document["interrupted"] is True
    assert "4-3-2" in {of["shape"] for of in document["results"]}


class Unreadable:
    """Can be sent, and not received."""

    def __reduce__(self):
        return int, ("no number",)


@pytest.mark.usefixtures("no_processes")
def test_the_bar_comes_to_its_end_and_does_not_run_ahead_of_the_first_table():
    rows = [row for row in ladder.LADDER if row.name in ("numpy-out", "fit")]
    missing = Row("missing", "x:y", "", needs=("no_such_module",))
    problems = [make_problem((3, 2, 2), 4), make_problem((5, 4, 2), 4)]
    plan = runner.Plan([*rows, missing], problems, kernels=("step", "forward"), seconds=0.1)
    seen = []
    run = runner.Runner(plan, lambda share, text: seen.append((share, text)))
    for _ in run.tables():
        pass
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert run._done == pytest.approx(run._total)
    second = next(share for share, text in seen if text.startswith("5-4-2"))
    assert second == pytest.approx(0.5, rel=0.01)


class HeldObject:
    """What a worker holds."""

    def __init__(self, *arguments, threads):
        self.arguments, self.threads = arguments, threads

    def state(self):
        return self.arguments, self.threads, os.environ["OMP_NUM_THREADS"], cores()

    def fails(self):
        raise ValueError("on purpose")

    def dies(self):
        os.abort()

    def multiplies(self):
        """The CPU time that is used by nobody, in half a second after a product on two cores."""
        ones = np.ones((600, 600))
        for _ in range(20):
            ones @ ones
        before = time.process_time()
        time.sleep(0.5)
        return time.process_time() - before

    def answers_oddly(self):
        return Unreadable()

    def sleeps(self):
        time.sleep(60)


def test_a_worker_has_its_own_threads_and_cores_and_ends_when_it_must():
    before = dict(os.environ), cores()
    with limited_to(1):
        call = Worker(HeldObject)
    assert (dict(os.environ), cores()) == before
    call("open", "a", 2)
    assert call("state") == (("a", 2), 1, "1", cores()[-1:])
    with pytest.raises(RuntimeError, match="ValueError: on purpose") as error:
        call("fails")
    assert re.fullmatch(
        r"ValueError: on purpose \(test_bench.py, line \d+, in fails\)", worker.reason(error.value)
    )
    with pytest.raises(RuntimeError, match=r"answers_oddly answered .* cannot read: ValueError: "):
        call("answers_oddly")
    assert call("state")[1] == 1  # it is as it was
    with pytest.raises(HungError, match="no answer after 0 s in sleeps"):
        call("sleeps", timeout=0.2)
    call = Worker(HeldObject)
    call("open")
    with pytest.raises(DiedError, match="the process died in dies: SIGABRT"):
        call("dies")
    with pytest.raises(ValueError, match=r"threads must be at most the \d+ cores"), limited_to(999):
        pass


def test_a_process_that_nobody_listens_to_any_more_ends_when_its_work_is_done():
    call = Worker(HeldObject)
    call("open")
    call._pipe.send(("multiplies", ()))
    call.close()
    assert call._process.exitcode == 0


class Busy:
    """Clocks of a process that uses a core until some moment, and of everybody."""

    def __init__(self, until):
        self.now, self.until = 100.0, 100.0 + until

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def clock_gettime(self, clock):
        return min(self.now, self.until)


def test_the_patience_with_a_huge_network_is_a_wait_that_the_system_can_make():
    process = rung_process.RungProcess(SimpleNamespace(), 1)
    process.set_timeout(make_problem((10**8, 10**8)))
    ours, theirs = multiprocessing.Pipe()
    theirs.send("an answer")
    assert ours.poll(process.timeout)


@pytest.mark.parametrize(
    ("until", "waited"), [(0, worker.POLL_SECONDS), (0.2, 0.2), (1e9, worker.MAX_IDLE_WAIT)]
)
def test_nobody_is_timed_while_the_process_before_is_still_busy(monkeypatch, until, waited):
    busy = Busy(until)
    monkeypatch.setattr(worker, "time", busy)
    worker.wait_until_idle(1)
    assert waited <= busy.now - 100 + 1e-9 < waited + 2 * worker.POLL_SECONDS


@pytest.mark.skipif(sys.platform != "linux", reason="another process's clock is Linux's")
def test_the_clock_of_another_process_is_read():
    before = time.process_time()
    assert before < time.clock_gettime(~os.getpid() << 3 | 2) < before + 1


@pytest.mark.skipif(len(cores()) < 2, reason="it needs a second core")
def test_numpys_threads_leave_their_cores_when_there_is_nothing_to_do():
    with limited_to(2):
        call = Worker(HeldObject)
    try:
        call("open")
        assert call("multiplies") < 0.05
    finally:
        call.kill()


def test_an_object_in_this_process_is_asked_in_the_same_way(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    call = Local(HeldObject, 3)
    call("open", 1)
    assert call("state") == ((1,), 3, "5", cores())
    with pytest.raises(ValueError, match="on purpose"):
        call("fails")
