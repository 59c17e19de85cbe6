"""`iclgd doctor`: what this machine has, what a run on it could do, and what it could not, and why."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from iclgd_core.devices import Calibration
from iclgd_core.doctor.findings import Finding, Section
from iclgd_core.doctor.hardware import device_of_run, hardware
from iclgd_core.doctor.network import ask_hub, network
from iclgd_core.doctor.places import FOLDERS, places
from iclgd_core.doctor.prognosis import Question, prognosis
from iclgd_core.doctor.regression import Asked, by_kind, regression
from iclgd_core.doctor.rendering import document, show, works
from iclgd_core.doctor.software import software
from iclgd_core.errors import IclgdError, SettingsError
from iclgd_core.hub.data import cached_data, data_of
from iclgd_core.hub.series import subjects
from iclgd_core.lab.tiers import TIERS, get_tier
from iclgd_core.safety.command import Command
from iclgd_core.tasks import get_task
from iclgd_core.tasks.text import TextSettings
from iclgd_core.tasks.text.sampling import SAMPLINGS

DEVICES = "auto, cpu, cuda or cuda:N"
DEFAULT_MODEL, DEFAULT_TASK = "ginc-llama-794k", "ginc-k5"
CANNOT = 1


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", action="append", default=[], metavar="NAME",
        help="Model that shall be run: embedded name, directory, owner/name[@revision], family:NAME; may be repeated",
    )  # fmt: skip
    parser.add_argument("--task", action="append", default=[], metavar="NAME", help="Task; may be repeated")
    parser.add_argument("--data", type=Path, metavar="DIR", help="Folder of the tasks' rows, instead of the Hub")
    parser.add_argument("--template", metavar="NAME", help="Template of the text tasks")
    parser.add_argument("--sampling", choices=SAMPLINGS, default="natural", help="How text demonstrations are drawn")
    parser.add_argument("--max-words", type=int, metavar="INT", help="Leave out text rows with more words")
    parser.add_argument("--tier", default="quick", help=f"{' or '.join(TIERS)} (default: quick)")
    parser.add_argument("--device", default="auto", help=f"{DEVICES} (default: auto)")
    parser.add_argument("--dtype", default="auto", help="auto, float32, float64 or bfloat16 (default: auto)")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="Directory of stored measurements")
    parser.add_argument("--json", action="store_true", help="Write JSON for a program instead of tables")


def _doctor(args: argparse.Namespace, console: Console) -> int:
    tier = get_tier(args.tier)
    kind, _, index = args.device.partition(":")
    if args.device not in ("auto", "cpu") and not (kind == "cuda" and (not index or index.isdigit())):
        raise SettingsError(f"--device is {args.device!r}. Allowed: {DEVICES}.")
    device = device_of_run(args.device)
    hub = ask_hub()
    sections = [software(), hardware(device), places(), network(hub)]
    calibration = Calibration((args.cache or Path.cwd() / FOLDERS["measurements"]) / "memory")
    asked = by_kind(args.model, args.task)
    models, unknown = _models(asked)
    dtype = "" if args.dtype == "auto" else args.dtype
    question = Question(models if asked.models else [], tier, device, dtype, hub.answers, calibration)
    sections += [*unknown, *regression(asked)]
    for model in models:
        for task in asked.tasks or [DEFAULT_TASK]:
            try:
                chosen = get_task(task, TextSettings(args.data, args.template, args.sampling, args.max_words))
                for split in ("tuning", "evaluation"):
                    _ = chosen.episode(0, split, 0, tier.queries) if ready(chosen) else None
            except IclgdError as error:
                about = " and ".join(error.options) or "task"
                sections.append(Section(f"{model} on {task}", [Finding(about, str(error), "problem")]))
                continue
            sections.append(prognosis(question, model, chosen))
    if args.json:
        console.print_json(json.dumps(document(sections), allow_nan=False))
    else:
        show(sections, console)
    return 0 if works(sections) else CANNOT


def ready(task: object) -> bool:
    """Return whether a task's rows can be read now; what is not fetched yet is told by the prognosis."""
    needed = data_of(task)
    try:
        return needed is None or bool(cached_data(needed))
    except IclgdError:
        return False


def _models(asked: Asked) -> tuple[list[str], list[Section]]:
    """Return the language models that the names stand for, and a section for each name that stands for nothing."""
    names: list[str] = []
    unknown: list[Section] = []
    for name in asked.models or ([DEFAULT_MODEL] if asked.language else []):
        try:
            names += subjects([name])
        except IclgdError as error:
            unknown.append(Section(name, [Finding("model", str(error), "problem")]))
    return list(dict.fromkeys(names)), unknown


DOCTOR = Command(
    "doctor",
    "Say what this machine has, what a run on it could do, and what not, and why",
    _configure,
    _doctor,
)
