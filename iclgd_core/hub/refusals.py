"""What can go wrong between a model's name and its files, each with what to do next."""

from collections.abc import Sequence
from shlex import quote

from iclgd_core.errors import IclgdError, ModelError, NotRunError


class HubError(IclgdError):
    """The Hub refused, failed or could not be reached, or what it sent is not what it announced."""


class RevisionError(HubError):
    """The repository has no such branch, tag or commit."""


class UnreachableError(HubError):
    """The Hub did not answer: no network, a time-out, or a server error that did not pass."""


class GatedError(NotRunError):
    """The Hub has the repository but does not give it to this user; claims about it are not run."""


class UnsafeModelError(ModelError):
    """A model folder asks for something that is never done: running its code, unpickling, leaving the folder."""


class NotCachedError(HubError):
    """Something that a run needs is not in the local cache, and nothing may be downloaded now.

    Attributes:
        missing: what is missing, one line each.
        models, tasks: names to prefetch, for the command.
    """

    def __init__(
        self, missing: Sequence[str], models: Sequence[str] = (), tasks: Sequence[str] = (), hint: str = ""
    ) -> None:
        self.missing, self.models, self.tasks = tuple(missing), tuple(models), tuple(tasks)
        command = " ".join(
            [
                "iclgd prefetch",
                *(f"--model {quote(model)}" for model in self.models),
                *(f"--task {quote(task)}" for task in self.tasks),
            ]
        )
        lines = [
            f"{len(self.missing)} of what this run needs is not on this machine, and nothing is downloaded now:",
            *(f"  {one}" for one in self.missing),
            f"Type `{command}` on a machine with network, or set HF_HUB_OFFLINE=0 to download at the start of the run.",
        ]
        super().__init__("\n".join([*lines, hint] if hint else lines))
        self.about(*["model"] * bool(self.models), *["task"] * bool(self.tasks))
