"""`iclgd pretrain`: train an embedded model from scratch."""

import argparse
from pathlib import Path

import torch
from rich.console import Console

from iclgd_core.errors import IclgdError, SettingsError, UnknownNameError
from iclgd_core.models.embedded import MODELS_DIR
from iclgd_core.models.pretrain import RECIPES, get_recipe, pretrain
from iclgd_core.models.regression.pretraining import TRAINERS, pretrain_regression
from iclgd_core.safety.command import Command


def _configure(train: argparse.ArgumentParser) -> None:
    train.add_argument("name", nargs="?", help="Recipe, see --list")
    train.add_argument("--list", action="store_true", help="List the recipes")
    train.add_argument("--out", type=Path, help="Directory to write (default: fixtures/models/NAME)")
    train.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default: cpu)")
    train.add_argument("--threads", type=int, default=0, help="CPU threads (default: torch's)")
    train.add_argument("--force", action="store_true", help="Replace a model that is already there")


def _pretrain(args: argparse.Namespace, console: Console) -> int:
    if not args.list and not args.name:
        raise SettingsError("which model? Give a NAME from `iclgd pretrain --list`.")
    if args.list:
        for recipe in RECIPES.values():
            console.print(f"{recipe.name}: {recipe.architecture}, hidden {recipe.hidden}, {recipe.tokens:,} tokens")
        for regression in TRAINERS:
            console.print(f"{regression}: in-context regression, trained on the ICL objective, on the processor")
        return 0
    name: str = args.name
    if name not in RECIPES and name not in TRAINERS:
        raise UnknownNameError("recipe", name, (*RECIPES, *TRAINERS))
    kind, _, index = args.device.partition(":")
    if args.device != "cpu" and not (kind == "cuda" and (not index or index.isdigit())):
        raise SettingsError(f"--device is {args.device!r}. Allowed: cpu, cuda or cuda:N.")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise SettingsError(
            f"--device is {args.device!r}, but there are {torch.cuda.device_count()} CUDA devices. Use cpu."
        )
    if name in TRAINERS and kind != "cpu":
        raise SettingsError(f"--device is {args.device!r}, but {name} is trained on the processor alone. Use cpu.")
    out = args.out or MODELS_DIR / name
    if (out / "model.safetensors").exists() and not args.force:
        raise IclgdError(f"{out} already holds a model. Give --out DIR to write elsewhere, or --force to replace it.")
    if args.threads < 0:
        raise SettingsError(
            f"--threads is {args.threads}. Allowed: a number of threads from 1, or 0 for torch's choice."
        )
    if args.threads:
        torch.set_num_threads(args.threads)
    if name in TRAINERS:
        console.print(pretrain_regression(name, out, lambda line: console.print(line, markup=False)))
    else:
        _language_model(name, out, args.device, console)
    console.print(f"written to {out}", markup=False, soft_wrap=True)
    return 0


def _language_model(name: str, out: Path, device: str, console: Console) -> None:
    training = pretrain(get_recipe(name), out, device, console)
    console.print(f"{name}: {training.n_parameters:,} parameters, validation loss {training.validation_loss:.4f}")
    for task, by_shots in training.accuracy.items():
        console.print(f"  {task}: " + ", ".join(f"{n} shots {a:.2f}" for n, a in by_shots.items()))


PRETRAIN = Command(
    "pretrain",
    "Train an embedded model from scratch",
    _configure,
    _pretrain,
    when_interrupted="weights are written when training ends, so none were kept",
)
