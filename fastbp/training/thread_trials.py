"""The faster of one thread and several, found by measuring: slices of training, or calls.

Results do not depend on the number of threads, so it may change while training runs. At first,
slices of training alternate between one thread and all of them, unless steps are so long that all
are surely faster. The slower choice is tried again at growing intervals, and as soon as the faster
one slows down: on a busy machine threads wait for each other at barriers, and one thread is faster.
A slice whose threads wait long ends early, and then one thread is tried.
"""

from math import inf
from time import perf_counter

from fastbp._boundary import LINGER

#: Seconds of a trial at first and later, of the first slices after a change, and of later ones. The
#: time of a slice does not hold the start of its threads and the copies of their columns, but does
#: hold the transfer of what lies in other caches: between cores that share none half a millisecond
#: for 784-128-10, so more threads have two trials. After a change slices are short: a busy core may
#: have been free in the trial. Long ones keep these costs, and waits for the GIL, small.
TRIAL, RETRIAL, FIRST, SLICE = 4e-3, 1e-3, 5e-3, 40e-3
#: Length of a slice whose speed is not known yet, and the most, in the boundary's slices of work,
#: some 5 ms each.
UNKNOWN, LONGEST = 0.5, 80.0
#: For how many seconds of training, after a pause, the slower choice is tried again every RETRY
#: seconds: another library's threads spin for up to 0.2 s after work, and then the core is free.
#: Where more threads lost in such a time, they are tried half as often in the next one. What a
#: trial takes longer than one thread would have is LOSS_SHARE times as long followed by no other:
#: a busy process keeps a core for some milliseconds, and trials every 15 ms made 784-128-10 take
#: 1.2 to 2.2 times as long as one thread. Where threads waited long, no pause of less than a second
#: changes that: with a trial after each, turns of 0.1 s took 1.12 times as long.
RECENT, RETRY, PAUSE, LOSS_SHARE = 0.4, 15e-3, 10e-3, 20.0
#: A slice, and the time until a trial, is at least so many times as long as what a slice costs:
#: the start of its threads, copies, waits for the GIL (5 ms or more beside a busy thread of
#: Python); and the most seconds of a slice for that reason.
WORTH, MOST_SLICE = 24.0, 0.3
#: Later, how many times as long as a trial of the slower choice the faster one runs before the
#: next. It doubles with every trial, up to a second, or to a trial's share of 5% of the time.
PATIENCE, MOST_PATIENCE, MOST_SECONDS = 4.0, 20.0, 1.0
#: Seconds until the first trial of one thread after a start with all of them.
UNTRIED = 0.1
#: A call waited for a core, maybe its caller's, or for the GIL, if it took more than so many
#: seconds, and so many times as long as with one thread. Longer calls gain from a part of a core:
#: 1,024 rows of 1024-2048-2048-1024 a quarter.
WAIT, TIMES = 2e-3, 8.0
#: How much faster more threads must be: less is noise; and how much slower for a single slice of
#: them to decide, which may have been interrupted, or have had cold caches.
MARGIN, SURE = 1.05, 2.0


class Chooser:
    """Chooses the number of threads for every slice of training from the times of earlier ones.

    It may be used from several Python threads at the same time.
    """

    def __init__(self, *candidates: int, begin_with_most: bool = False) -> None:
        self._candidates = candidates
        # Threads -> seconds a sample, in the last two slices or in a trial: the shorter counts, as
        # one alone may have been interrupted.
        self._times: dict[int, tuple[float, ...]] = {}
        # Threads -> the length of the last slice, and seconds of a slice of length 1.
        self._lengths: dict[int, float] = {}
        self._speeds: dict[int, float] = {}
        # Twice: memory and caches are cold in the first trial.
        self._trials = 2 * candidates if len(candidates) > 1 else ()
        self._trial_seconds = TRIAL
        self._tried = 0, 0.0, 0  # threads, seconds and samples of trials in a row
        self._winner = candidates[-1]
        self._patience, self._seconds_left = PATIENCE, UNTRIED  # until the slower one's next trial
        self._slice = SLICE if begin_with_most or not self._trials else FIRST
        self._recent_seconds, self._end_of_last = RECENT, 0.0
        self._retry, self._lost = RETRY, False
        self._costs = 0.0  # of the last slice
        self._waited = 0.0, 0  # seconds and samples of the last slice, if it waited after a trial
        self._unpaid = 0.0  # seconds of training until LOSS_SHARE times a loss have passed
        self._is_new = not begin_with_most  # whether the winner has had a trial, and no slice
        if begin_with_most:
            self._trials, self._times[candidates[0]] = (), (inf,)

    def next(self) -> tuple[int, float]:
        """The number of threads for the next slice, and its length in slices of work."""
        threads, seconds = self._choose()
        length = UNKNOWN
        if speed := self._speeds.get(threads):
            length = min(seconds / speed, LONGEST)
        self._lengths[threads] = length
        return threads, length

    def follows_closely(self) -> bool:
        """Whether a call now comes so soon after the last one that its threads still wait."""
        self._notice_pause()
        return perf_counter() - self._end_of_last < LINGER

    def _choose(self) -> tuple[int, float]:
        """The number of threads for the next slice, and its seconds."""
        self._notice_pause()
        if self._trials:
            return self._trials[0], self._trial_seconds
        return self._winner, self._slice

    def _notice_pause(self) -> None:
        """After a pause, in which cores may have become free, look out for that."""
        pause = perf_counter() - self._end_of_last
        if pause > MOST_SECONDS:
            self._unpaid = 0.0
        if pause > PAUSE:
            if self._recent_seconds <= 0:
                self._recent_seconds = RECENT
                self._retry = min(2 * self._retry, MOST_SECONDS) if self._lost else RETRY
            if self._waits_for_cores():
                self._seconds_left = min(self._seconds_left, max(self._retry, self._unpaid))

    def record(
        self,
        threads: int,
        seconds: float,
        samples: int,
        costs: float = 0.0,
        waited: bool = False,
    ) -> None:
        """Record the time of a slice, what it cost beside, and whether it waited long."""
        self._end_of_last, self._costs = perf_counter(), costs
        if samples <= 0 or seconds <= 0:
            return
        if length := self._lengths.get(threads):
            self._speeds[threads] = seconds / length
        if len(self._candidates) == 1:
            self._lengthen(SLICE)
            return
        self._times[threads] = (*self._times.get(threads, ())[-1:], seconds / samples)
        self._recent_seconds -= seconds
        self._unpaid -= seconds
        if self._trials:
            if threads != self._trials[0]:
                return  # from another Python thread, which called next() before the trial began
            self._trials = self._trials[1:]
            if threads != self._tried[0]:
                self._tried = threads, 0.0, 0
            self._tried = threads, self._tried[1] + seconds + costs, self._tried[2] + samples
            if waited or seconds > SURE * samples * self._time(self._winner):
                self._trials = ()
            if not self._trials:
                self._decide(*self._tried[1:], waited)
            return
        self._seconds_left -= seconds
        self._waited = 0.0, 0
        if waited and not seconds / samples < self._time(self._candidates[0]) < inf:
            self._seconds_left = 0.0
            if self._is_new:  # the trial before was lucky
                self._times[threads] = self._times[threads][-1:]
                self._waited = seconds, samples
        self._is_new = False
        self._lengthen(RETRY if self._waits_for_cores() else SLICE)
        if self._seconds_left <= 0 or self._fastest() != threads:
            self._trial_seconds, self._trials, self._tried = RETRIAL, (), (0, 0.0, 0)
            for loser in self._candidates:
                if loser != threads:
                    self._times.pop(loser, None)
                    self._trials += (loser, loser) if loser > threads else (loser,)

    def _lengthen(self, most: float) -> None:
        """Double the next slice, to ``most`` seconds at most, or more where the last was costly."""
        least = min(WORTH * self._costs, MOST_SLICE)
        self._slice = max(least, min(2 * self._slice, most))

    def _decide(self, seconds: float, samples: int, waited: bool) -> None:
        """Choose the faster candidate after a trial or two, of which the last may have waited."""
        fastest = self._fastest()
        of_winner = self._times.get(self._winner, ())
        if len(of_winner) == 1 and of_winner[0] < SURE * self._time(fastest):
            fastest = self._winner
        if fastest != self._winner:
            self._winner, self._slice, self._is_new = fastest, FIRST, True
        self._seconds_left = min(
            self._patience * seconds, max(MOST_PATIENCE * seconds, MOST_SECONDS)
        )
        self._lost = fastest != self._candidates[-1]
        if self._waits_for_cores():
            seconds_waited, samples_waited = self._waited
            excess = seconds + seconds_waited - (samples + samples_waited) * self._time(fastest)
            self._seconds_left = max(
                self._retry, PATIENCE * seconds, LOSS_SHARE * excess, WORTH * self._costs
            )
            loss = min(LOSS_SHARE * excess, MOST_SECONDS)
            self._unpaid = loss if waited or samples_waited else 0.0
        else:
            self._patience = min(2 * self._patience, 1e9)  # infinity times 0 s would be no number

    def _waits_for_cores(self) -> bool:
        """Whether more threads may soon be faster: one has won, and training began just now."""
        return self._recent_seconds > 0 and self._winner != self._candidates[-1]

    def _fastest(self) -> int:
        """Fewest threads, unless more are clearly faster."""
        fastest, *larger = self._candidates
        for threads in larger:
            if self._time(threads) * MARGIN < self._time(fastest):
                fastest = threads
        return fastest

    def _time(self, threads: int) -> float:
        return min(self._times.get(threads, (inf,)))


class StepwiseChooser(Chooser):
    """A chooser for calls of one step each: its slices are several of them.

    What a step costs beside counts as its time, since every step has it. The first one after a
    change of threads does not count, unless it is long: the other cores have to wake up, and to
    fetch what they work on.
    """

    def __init__(self, *candidates: int, begin_with_most: bool = False) -> None:
        super().__init__(*candidates, begin_with_most=begin_with_most)
        self._threads, self._is_first = 0, True
        self._rest, self._seconds, self._samples = 0.0, 0.0, 0  # of the slice

    def next(self) -> tuple[int, float]:
        """The number of threads for the next step, and 0."""
        if self._rest > 0:
            self._notice_pause()
        else:
            threads, self._rest = self._choose()
            self._is_first = threads != self._threads
            self._threads, self._seconds, self._samples = threads, 0.0, 0
        return self._threads, 0.0

    def record(
        self,
        threads: int,
        seconds: float,
        samples: int,
        costs: float = 0.0,
        waited: bool = False,
    ) -> None:
        """Record the time of a step, what it cost beside, and whether it waited long."""
        self._end_of_last, seconds = perf_counter(), seconds + costs
        if samples <= 0 or threads != self._threads or self._rest <= 0:
            return  # a lone one, or one of another Python thread that called next() before
        if self._is_first and seconds < TRIAL:
            self._is_first = False
            return
        fewest = self._candidates[0]
        expected = max(WAIT, TIMES * samples * self._time(fewest))
        waited |= threads != fewest and seconds > expected
        self._rest = 0.0 if waited else self._rest - seconds
        self._seconds, self._samples = self._seconds + seconds, self._samples + samples
        if self._rest <= 0:
            super().record(threads, self._seconds, self._samples, waited=waited)
