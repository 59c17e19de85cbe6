"""Ways to make a copy of a good model's folder hostile."""

import json
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Damage = Callable[[Path, Path], None]
"""Makes the copy of a good model at the first path hostile; its canary, which a trap writes, is the second."""


def trap(canary: Path) -> str:
    """Return Python that writes the canary wherever transformers would import it from."""
    return (
        f"open({str(canary)!r}, 'w').close()\n"
        "from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast\n"
        "class EvilConfig(LlamaConfig): pass\n"
        "class EvilModel(LlamaForCausalLM): pass\n"
        "class EvilTokenizer(PreTrainedTokenizerFast): pass\n"
        "def generate(model, **kwargs): return None\n"
    )


class Bomb:
    """An object whose unpickling writes a file."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.canary), "w")


AUTO_MAP = {
    "AutoConfig": "modeling_evil.EvilConfig",
    "AutoModel": "modeling_evil.EvilModel",
    "AutoModelForCausalLM": "modeling_evil.EvilModel",
    "AutoTokenizer": ["modeling_evil.EvilTokenizer", "modeling_evil.EvilTokenizer"],
}


def code(file: str = "modeling_evil.py") -> Damage:
    def damage(folder: Path, canary: Path) -> None:
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(trap(canary))

    return damage


def config(change: Mapping[str, Any], file: str = "config.json") -> Damage:
    def damage(folder: Path, canary: Path) -> None:
        path = folder / file
        read = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**read, **change}))

    return damage


def raw(text: str | bytes, file: str = "config.json") -> Damage:
    def damage(folder: Path, canary: Path) -> None:
        (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())

    return damage


def in_config(text: str) -> Damage:
    """Put JSON text, which json.dumps would not write, before all other keys."""

    def damage(folder: Path, canary: Path) -> None:
        path = folder / "config.json"
        path.write_text("{" + text + "," + path.read_text().lstrip()[1:])

    return damage


def both(*damages: Damage) -> Damage:
    def damage(folder: Path, canary: Path) -> None:
        for one in damages:
            one(folder, canary)

    return damage


def pickled(file: str = "pytorch_model.bin", alone: bool = False) -> Damage:
    def damage(folder: Path, canary: Path) -> None:
        (folder / file).write_bytes(pickle.dumps(Bomb(canary)))
        if alone:
            (folder / "model.safetensors").unlink()

    return damage


def header(change: Callable[[dict[str, Any]], object], *, length: int | None = None) -> Damage:
    """Change the header of the safetensors file, or only the length that it claims to have."""

    def damage(folder: Path, canary: Path) -> None:
        path = folder / "model.safetensors"
        content = path.read_bytes()
        (size,) = struct.unpack("<Q", content[:8])
        read = json.loads(content[8 : 8 + size])
        change(read)
        text = json.dumps(read).encode()
        path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + content[8 + size :])

    return damage


def one_tensor(key: str, value: object) -> Damage:
    def change(read: dict[str, Any]) -> None:
        read["lm_head.weight"][key] = value

    return header(change)


def index(*names: str, links: Mapping[str, str] | None = None) -> Damage:
    """List weight files in an index; `links` makes some of them links to elsewhere."""

    def damage(folder: Path, canary: Path) -> None:
        good = folder / "model.safetensors"
        good.rename(folder.parent / f"{folder.name}-outside.safetensors")
        weight_map = {f"weight{i}": name.format(outside=folder.parent) for i, name in enumerate(names)}
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
        for name, target in (links or {}).items():
            (folder / name).symlink_to(target.format(name=folder.name))

    return damage


def linked(file: str) -> Damage:
    """Replace a file by a link to one outside the folder."""

    def damage(folder: Path, canary: Path) -> None:
        outside = folder.parent / f"{folder.name}-{file}"
        (folder / file).rename(outside)
        (folder / file).symlink_to(outside)

    return damage


def nothing(folder: Path, canary: Path) -> None:
    """Leave the folder as it is."""
