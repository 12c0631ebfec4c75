"""One training step with everything that it reads and writes."""

from typing import Any

from fastbp.model.model import Model
from fastbp.model.step_trace import StepInfo, StepTrace, moment, step_pass
from fastbp.model.trace import layers_of
from fastbp.optimizers import as_optimizer
from fastbp.training.fit import Run
from fastbp.training.one_sample import one_sample_batch
from fastbp.training.options import Options
from fastbp.training.samples import checked_samples


def trace_step(model: Model, x: Any, y: Any, optimizer: Any) -> StepTrace:
    """One step on one sample, traced; see :meth:`fastbp.Network.trace_step`."""
    chosen = None if optimizer is None else as_optimizer(optimizer)
    with model.training_lock.claim("trace_step", model.snapshot):
        samples, _ = checked_samples(
            model, *one_sample_batch(model, x, y), None, None, check_precision=False
        )
        run = Run(model, samples, None, Options(1, 1, chosen), counts_epochs=False)
        step = run.steps_before + 1
        with model.state_lock.hold():
            before = moment(model.state)
            layers = layers_of(model)
        trace = step_pass(layers, samples.X, samples.y.array, run.plan.dropout_key, step)
        run.train(1, check=True)
        with model.state_lock.hold():
            after = moment(model.state)
        rate = run.history.learning_rate[0]
        return StepTrace(trace, before, after, StepInfo(run.optimizer, step, rate))
