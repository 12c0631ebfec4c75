"""The calls of random_calls.py: what the network does, and how its twin does the same otherwise.

Their order is part of a sequence: what is added at the end of a file changes the sequences too.
"""

from __future__ import annotations

import random_copies
import random_errors
import random_reading
import random_schedules
import random_setting
import random_streams
import random_threads
import random_training
from random_call_row import Row

CALLS: dict[str, Row] = {
    **random_reading.CALLS,
    **random_training.CALLS,
    **random_schedules.CALLS,
    **random_streams.CALLS,
    **random_errors.CALLS,
    **random_setting.CALLS,
    **random_copies.CALLS,
    **random_threads.CALLS,
}

DEPEND_ON_THE_INSTANT = (
    "save_while_training",
    "copy_while_training",
    "set_optimizer_while_training",
    "interrupt",
    "look_from_a_signal_handler",
)
"""What another run of the same sequence may do otherwise."""
