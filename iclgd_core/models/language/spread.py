"""A model that is too large for one device, spread over several for answering prompts: layers here and there.

Needs accelerate (`pip install accelerate`), which moves hidden states from device to device between the layers and,
where even the CPU's memory is too small, reads weights from the disk whenever they are used. The layers compute one
after the other, so that more devices give room, not speed. Weights on disk cannot be trained; gradient descent over
several devices is in `iclgd_core.learners.gd.sharded`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, PretrainedConfig, PreTrainedModel

from iclgd_core.errors import IclgdError, ModelError, SettingsError, UnknownNameError
from iclgd_core.hub.headers import read_headers
from iclgd_core.hub.scan import is_masked
from iclgd_core.hub.view import read_only_view
from iclgd_core.models.language.loading import DTYPES, pretrained, unreadable
from iclgd_core.models.language.placement import Place, places
from iclgd_core.models.language.proof import check_readout


def load_spread(
    path: Path,
    dtype: str,
    max_memory: Mapping[Place, int] | None = None,
    attention: str | None = None,
    offload: Path | None = None,
) -> PreTrainedModel:
    """Load a causal language model over all devices that there are, in evaluation mode.

    Args:
        path: the model's directory; nothing is downloaded, no pickle is read and no code of the model is run.
        dtype: one of DTYPES.
        max_memory: most bytes of weights on each GPU and on the "cpu"; devices that are not named get none. None takes
            what is free, which is more than can be had where other processes load as well.
        attention: implementation of attention; None leaves the choice to transformers.
        offload: folder for weights that fit nowhere else; without one they must fit. The model's own files must stay
            where they are while the model is used.

    Raises:
        SettingsError: accelerate is not installed, or the weights do not fit `max_memory` and `offload` is None.
        UnknownNameError: no such dtype.
        ModelError: the model cannot be read, or not at one position.
    """
    if find_spec("accelerate") is None:
        raise SettingsError(
            "a model over several devices needs the package accelerate; install it: pip install accelerate."
        )
    placed: dict[str, Any] = {"device_map": "auto"}
    if max_memory is not None:
        placed["max_memory"] = {device: int(amount) for device, amount in max_memory.items()}
    if offload is not None:
        placed["offload_folder"] = str(offload)
    module = read_weights(path, dtype, attention, **placed)
    disk = [name for name, device in places(module).items() if device == "disk"]
    if disk and offload is None:
        raise SettingsError(
            f"the weights of the model in {path} do not fit the devices: {len(disk)} of its parts are left, first "
            f"{disk[0] or 'all of it'}. Allow more memory, use more devices, or give a folder to keep them on disk."
        )
    check_readout(module, False, f"the model in {path}")
    return module


def read_weights(path: Path, dtype: str, attention: str | None, **placed: Any) -> PreTrainedModel:
    """Read a causal language model in `dtype`; every weight must be there, in the shape of the configuration.

    Args:
        path: the model's directory.
        dtype: one of DTYPES.
        attention: implementation of attention; None leaves the choice to transformers.
        **placed: where the weights go, as `from_pretrained` takes it; none: the CPU.

    Raises:
        UnknownNameError: no such dtype.
        ModelError: the model cannot be read.
    """
    if dtype not in DTYPES:
        raise UnknownNameError("dtype", dtype, DTYPES)
    with causal(path) as (view, config):
        where = f"the model in {path}"
        headers = read_headers(sorted(view.glob("*.safetensors")), where)
        # weights that stay on disk are read again and again, when the view of the folder is gone
        folder = path if "offload_folder" in placed else view
        try:
            module = pretrained(folder, config, False, headers, where, attention, DTYPES[dtype], **placed)
        except ValueError as error:
            raise unreadable(path, error) from error
    module.train(False).requires_grad_(False)
    module.config.name_or_path = str(path)  # not the view of it, which is gone
    return module


@contextmanager
def causal(path: Path) -> Iterator[tuple[Path, PretrainedConfig]]:
    """Yield a folder to read a causal language model from, with nothing harmful in it, and its configuration.

    What goes wrong with reading within the context is told as for any model that cannot be read.

    Raises:
        ModelError: the directory holds no causal language model, or none that can be read.
    """
    with read_only_view(path, f"the model in {path}") as (view, scanned, _):
        if is_masked(scanned.config):
            raise ModelError(
                f"the model in {path} is a masked language model ({scanned.config.get('model_type')!r}); over several "
                "devices only causal ones are used. Use one device."
            )
        try:
            yield view, AutoConfig.from_pretrained(view, local_files_only=True, trust_remote_code=False)
        except (IclgdError, torch.OutOfMemoryError, MemoryError):
            raise
        except Exception as error:  # whatever a hostile folder makes transformers raise
            raise unreadable(path, error, view) from error
