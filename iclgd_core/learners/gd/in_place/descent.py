"""Gradient descent on the one model in memory: train it for a run, ask it at the readouts, put its weights back."""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.devices.out_of_memory import OutOfMemoryError
from iclgd_core.errors import ModelError, SettingsError
from iclgd_core.learners.gd.in_place.batches import MicroBatch, micro_batches
from iclgd_core.learners.gd.in_place.entries import trained_entries
from iclgd_core.learners.gd.in_place.gradients import (
    forget_gradients,
    requiring_gradients,
    step_at_once,
    step_gradients,
)
from iclgd_core.learners.gd.in_place.plan import Plan, too_large
from iclgd_core.learners.gd.in_place.rounding import Rounding
from iclgd_core.learners.gd.in_place.snapshot import Snapshot
from iclgd_core.learners.gd.in_place.updates import Updater
from iclgd_core.learners.gd.objectives import LAYER_CAUSAL, check_objective, logits_a_token
from iclgd_core.learners.gd.optimizers import Optimizer, refuse_newton
from iclgd_core.learners.gd.run import Run
from iclgd_core.models.language.adapter import CausalModel

Floats = NDArray[np.float32]
Trained = Mapping[str, torch.Tensor | None]
A = TypeVar("A")

DTYPES = (torch.float32, torch.float64, torch.bfloat16)


class _StartAgain(Exception):
    """Memory ran out when some weights of the step were changed already."""


class InPlaceDescent:
    """Gradient descent on a model's own weights, one run at a time; a context manager that holds their snapshot.

    The weights, and everything else of the model, are as before after each run, whether it ended or raised. Within the
    context nothing else may write the trained weights.

    Args:
        model: the model, in evaluation mode; its weights in float32, float64 or bfloat16.
        trained: names of the trained parameters, each with a mask of its trained entries, or None for all.
        rounding: how bfloat16 weights are updated.
        plan: how a run is fitted into memory.

    Raises:
        ModelError: trained weights in another precision.
        SettingsError: see `trained_entries`.
    """

    def __init__(
        self, model: CausalModel, trained: Trained, *, rounding: Rounding = "stochastic", plan: Plan | None = None
    ) -> None:
        self.model, self.rounding, self.plan = model, rounding, plan or Plan()
        self.entries = trained_entries(model.module, trained)
        self.parameters = {name: entries.parameter for name, entries in self.entries.items()}
        for name, parameter in self.parameters.items():
            if parameter.dtype not in DTYPES:
                raise ModelError(
                    f"weights in {parameter.dtype} ({name}) cannot be trained in place; load the model in float32 or "
                    "bfloat16."
                )
        self._snapshot: Snapshot | None = None
        self._clean = True
        self._batches: dict[int, list[MicroBatch]] = {}

    def __enter__(self) -> "InPlaceDescent":
        self._snapshot = Snapshot(self.parameters)
        self._clean = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._clean:
            self._restore()
        self._snapshot = None

    def descend(
        self,
        optimizer: Optimizer,
        readouts: Sequence[int],
        run: Run,
        answer: Callable[[], A],
        step_done: Callable[[], None] = lambda: None,
    ) -> tuple[list[A | None], Floats]:
        """Train on the run's examples and ask at every readout.

        The gradient is that of the run's objective, the mean over a step's labels or tokens. Where memory runs out,
        micro-batches are halved, layers are made again in the backward pass from then on, and the step is repeated from
        the weights before it; the result is the same but for the order of sums.

        Args:
            optimizer: update rule and batch size; batches follow the order of the examples.
            readouts: epochs after which `answer` is called, ascending; training ends at the last.
            run: what is trained on, and how fast.
            answer: asks the model as it is; called with the weights of the readout, without gradients.
            step_done: called after each step.

        Returns:
            What was answered at each readout, None from the readout on before which the loss was no longer finite; and
            the training loss of the last epoch before each readout, (readouts,), NaN where the answer is None.

        Raises:
            SettingsError: no examples, or not one target for each.
            NotRunError: Newton-like steps, or another objective than the labels' on a masked model.
            OutOfMemoryError: one example does not fit.
            RestoreError: the weights could not be put back.
        """
        if self._snapshot is None:
            raise RuntimeError("use InPlaceDescent as a context manager")
        n = len(run.examples)
        if n == 0 or run.targets.shape != (n,):
            raise SettingsError(
                f"gradient descent needs at least one example and a target for each; got {n} examples and targets of "
                f"shape {run.targets.shape}."
            )
        refuse_newton(optimizer, self.model.name, "in place")
        check_objective(run.objective, self.model.masked)
        if not self._clean:
            self._restore()
        while True:
            self._clean = False
            try:
                with requiring_gradients(self.model, self.parameters):
                    return self._run(optimizer, tuple(readouts), run, answer, step_done)
            except _StartAgain:
                pass
            finally:
                self._restore()

    def _restore(self) -> None:
        if self._snapshot is not None:
            with torch.no_grad():
                self._snapshot.restore()
            self._clean = True

    def _run(
        self,
        optimizer: Optimizer,
        readouts: tuple[int, ...],
        run: Run,
        answer: Callable[[], A],
        step_done: Callable[[], None],
    ) -> tuple[list[A | None], Floats]:
        n = len(run.examples)
        batch = optimizer.batch or n
        updater = self._updater(optimizer, run)
        self._batches.clear()
        answers: list[A | None] = []
        losses: list[float] = []
        finite = torch.ones((), dtype=torch.bool, device=self.model.device)
        for epoch in range(1, readouts[-1] + 1):
            total = torch.zeros((), device=self.model.device)
            for at in range(0, n, batch):
                rows = slice(at, min(at + batch, n))
                loss = self._step(updater, run, rows).to(total.device)
                total += loss.float() * ((rows.stop - rows.start) / n)
                finite &= loss.isfinite()
                step_done()
            # asking a GPU makes it wait for it, so it is asked at readouts alone
            if (epoch in readouts or finite.device.type == "cpu") and not finite.item():
                break
            if epoch in readouts:
                with torch.no_grad():
                    answers.append(answer())
                losses.append(total.item())
        missing = len(readouts) - len(answers)
        return [*answers, *[None] * missing], np.array([*losses, *[np.nan] * missing], dtype=np.float32)

    def _updater(self, optimizer: Optimizer, run: Run) -> Updater:
        try:
            return Updater(self.entries, optimizer, run.learning_rate, self.rounding, run.seed)
        except torch.OutOfMemoryError:
            pass
        self._free()
        raise self._too_large(optimizer, max(len(example.ids) for example in run.examples), 1, run.objective)

    def _step(self, updater: Updater, run: Run, rows: slice) -> torch.Tensor:
        """Take one step, with micro-batches halved as often as memory asks for it; return its mean loss."""
        updater.begin_step()
        while True:
            if rows.start not in self._batches:
                self._batches[rows.start] = self._micro_batches(run, rows)
            batches = self._batches[rows.start]
            try:
                return self._attempt(updater, batches)
            except torch.OutOfMemoryError:
                pass
            # outside the except block, whose traceback holds the tensors
            self._free()
            self._fit_into_less(updater.optimizer, batches)
            if updater.written:
                raise _StartAgain

    def _micro_batches(self, run: Run, rows: slice) -> list[MicroBatch]:
        config, element = self.model.module.config, self.model.module.dtype.itemsize
        most = self.plan.tokens_at_once(config, self._logits_a_token(run.objective), element)
        examples, targets = run.examples[rows], run.targets[rows]
        return micro_batches(
            self.model, examples, targets, self.plan.micro_rows or len(run.examples), most, run.objective
        )

    def _attempt(self, updater: Updater, batches: Sequence[MicroBatch]) -> torch.Tensor:
        element = next(iter(self.parameters.values())).element_size()
        rows, length = max(map(len, batches)), max(batch.ids.shape[1] for batch in batches)
        checkpointing = self.plan.checkpoints(self.model.module.config, rows, length, element)
        # its hooks are gone when layers are made again
        checkpointing = checkpointing and batches[0].objective not in LAYER_CAUSAL
        if len(batches) == 1 and self.plan.updates_at_once(sum(p.nbytes for p in self.parameters.values())):
            return step_at_once(self.model, self.parameters, batches[0], checkpointing, updater.apply)
        loss, gradients = step_gradients(self.model, self.parameters, batches, checkpointing)
        updater.apply_all(gradients)
        return loss

    def _free(self) -> None:
        forget_gradients(self.parameters)
        gc.collect()
        if self.model.device.type == "cuda":
            torch.cuda.empty_cache()

    def _fit_into_less(self, optimizer: Optimizer, batches: Sequence[MicroBatch]) -> None:
        """Halve the micro-batches of all steps to come."""
        rows, length = max(map(len, batches)), max(batch.ids.shape[1] for batch in batches)
        if rows == 1 and self.plan.checkpointing:
            raise self._too_large(optimizer, length, len(batches), batches[0].objective)
        self._batches.clear()
        self.plan = replace(self.plan, micro_rows=max(1, rows // 2), checkpointing=True)

    def _too_large(self, optimizer: Optimizer, length: int, micro_batches: int, objective: str) -> OutOfMemoryError:
        logits = self._logits_a_token(objective)
        return too_large(
            self.model, self.parameters, optimizer, self.rounding, self.plan, length, micro_batches, logits
        )

    def _logits_a_token(self, objective: str) -> int:
        return logits_a_token(objective, int(self.model.module.config.get_text_config().num_hidden_layers))
