"""What every test shares: how Hypothesis draws its examples."""

import os

from hypothesis import HealthCheck, settings

# The same examples in every run: a red test is red for everybody, and for a reason in the change.
# No deadline, for the machine may be busy; no database, for nothing is left to remember.
settings.register_profile(
    "fixed",
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# FASTBP_HYPOTHESIS=explore draws new examples in every run, and many more of them.
settings.register_profile(
    "explore", settings.get_profile("fixed"), max_examples=2000, derandomize=False
)
settings.load_profile(os.environ.get("FASTBP_HYPOTHESIS", "fixed"))
