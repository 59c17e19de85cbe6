"""What in-context learning and gradient descent take on a model of 7 billion weights: memory and time on one device.

`python -m benchmarks.seven_billion [--config 7b] [--device cuda] [--dtype bfloat16] [--out FILE]` makes a Llama of that
size with random weights on the device (nothing is downloaded) and measures

- ICL: 32 queries behind 8 demonstrations of about 60 tokens, with the prefix computed once, and with whole prompts;
- GD of the whole model on the same 8, full batch, for each rounding of bfloat16 weights that is asked for;
- GD of W_V of the middle layer alone;

each with the peak of memory, the time (an epoch is one step here), the estimate that is made before a model is loaded,
and of GD the losses and whether every bit of the weights came back. A part that fails is written down as such, and the
others go on; the file is written after each part. Its name tells size and device: no other size stands for 7 billion.
On a CPU the peak is that of the whole process, where memory that was freed before is not seen again.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import torch
import transformers
from rich.console import Console
from rich.table import Table

from benchmarks.on_device import QUERIES, SHOTS, TOKENS, Material, descent, in_context, material, now, with_peak
from benchmarks.random_models import LLAMAS, llama, random_model
from iclgd_core.devices import free_cached_memory, numerics, set_precise
from iclgd_core.learners.gd.in_place import Plan, Rounding
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.fingerprint import fingerprint
from iclgd_core.models.language.loading import DTYPES
from iclgd_core.models.language.predictions import LogProbs

RESULTS = Path(__file__).parent / "results"


def parts(given: Material, args: argparse.Namespace) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what is measured, by name."""
    plan = Plan(checkpointing=True if args.checkpointing else None)
    kinds: Sequence[Rounding] = args.rounding if given.model.module.dtype == torch.bfloat16 else ("nearest",)
    answers: dict[bool, LogProbs] = {}
    found: dict[str, Callable[[], dict[str, Any]]] = {
        "ICL, shared prefix": partial(in_context, given, True, answers),
        "ICL, whole prompts": partial(in_context, given, False, answers),
    }
    for part, title in (("whole", "GD, whole model"), ("v_middle", "GD, W_V of the middle layer")):
        for kind in kinds:
            name = f"{title}, {kind}" if given.model.module.dtype == torch.bfloat16 else title
            found[name] = partial(descent, given, part, kind, args.epochs, args.rate, plan)
    return found


def main() -> int:
    """Measure every part; return 1 where one failed."""
    args = arguments()
    set_precise()
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda":
        torch.cuda.set_device(device)
        device = torch.device("cuda", torch.cuda.current_device())
    place = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    slug = re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-")
    size = "seven-billion" if args.config == "7b" else f"in-place-{args.config}"
    out = args.out or RESULTS / f"{size}-{slug}.json"
    begun = now(device)
    model = random_model(f"random-llama-{args.config}", llama(args.config), device, args.dtype, args.attention)
    record: dict[str, Any] = {
        "command": "python -m benchmarks.seven_billion " + " ".join(sys.argv[1:]),
        "config": args.config, "parameters": model.n_parameters, "weights": "random", "dtype": args.dtype,
        "attention": model.config._attn_implementation, "device": place, "numerics": numerics(str(device)),
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "demonstrations": SHOTS, "queries": QUERIES, "tokens": TOKENS, "epochs": args.epochs, "rate": args.rate,
        "seconds_to_make_the_model": now(device) - begun, "parts": {},
    }  # fmt: skip
    given = material(model)
    before = fingerprint(model.module)
    for name, work in parts(given, args).items():
        record["parts"][name] = attempted(model, work, before, begun, args.seconds)
        out.write_text(json.dumps(record, indent=1) + "\n")
    show(record)
    Console().print(f"written to {out}")
    return int(any("error" in one or not one["every_bit_as_before"] for one in record["parts"].values()))


def attempted(
    model: CausalModel, work: Callable[[], dict[str, Any]], before: str, begun: float, limit: float
) -> dict[str, Any]:
    """Return what a part measures, or why it does not."""
    if now(model.device) - begun > limit:
        return {"error": f"not begun: {limit:.0f} s were spent"}
    try:
        found = with_peak(model.device, work)
    except Exception as error:  # the other parts are still worth measuring
        return {"error": f"{type(error).__name__}: {str(error)[:500]}"}
    finally:
        free_cached_memory()
    return found | {"every_bit_as_before": fingerprint(model.module) == before}


def show(record: dict[str, Any]) -> None:
    """Print the parts as a table."""
    title = f"{record['config']} ({record['parameters']:,} weights, {record['dtype']}) on {record['device']}"
    table = Table("part", "seconds", "peak, GiB", "growth", "estimated", "bits as before", title=title)
    for name, one in record["parts"].items():
        if "error" in one:
            table.add_row(name, one["error"])
            continue
        seconds = ", ".join(f"{key} {value:.3f}" for key, value in one["seconds"].items() if value is not None)
        gib = [one["bytes"]["peak"], one["bytes"]["growth"], one["estimate"]["growth"]]
        table.add_row(name, seconds, *(f"{value / 2**30:.2f}" for value in gib), str(one["every_bit_as_before"]))
    Console().print(table)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="7b", choices=sorted(LLAMAS))
    parser.add_argument("--device", help="cpu, cuda or cuda:N; default: a GPU if there is one")
    parser.add_argument("--dtype", default="bfloat16", choices=sorted(DTYPES))
    parser.add_argument("--attention", default="sdpa", choices=("sdpa", "eager"))
    parser.add_argument(
        "--rounding",
        nargs="+",
        default=["stochastic", "master"],
        choices=get_args(Rounding),
        help="of bfloat16 weights",
    )
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=1e-2)
    parser.add_argument("--checkpointing", action="store_true", help="also where activations are small")
    parser.add_argument("--threads", type=int, help="of the CPU; default: torch's choice")
    parser.add_argument("--seconds", type=float, default=480.0, help="no part begins after so many")
    parser.add_argument("--out", type=Path, help="default: benchmarks/results/seven-billion-DEVICE.json")
    args = parser.parse_args()
    if (args.device or "").startswith("cuda") and not torch.cuda.is_available():
        parser.error(f"--device {args.device}: this PyTorch sees no GPU")
    return args


if __name__ == "__main__":
    raise SystemExit(main())
