"""The embedded default models: directories under fixtures/models/, by name.

A name is a directory (`ginc-llama-794k`), a directory at a training step (`ginc-llama-208k@1500`), or a control with
the rest of a name: `untrained-` (`untrained-llama-794k`) is the same architecture, fresh from a seed, no file;
`shuffled-` has the trained weights, the entries of each tensor in an order drawn from a seed.
"""

from pathlib import Path

from iclgd_core.suite import FOLDER

MODELS_DIR = FOLDER / "fixtures" / "models"
UNTRAINED = "untrained-"
SHUFFLED = "shuffled-"
CONTROLS = (UNTRAINED, SHUFFLED)
TRAINED = "ginc-"


def embedded_names(root: Path = MODELS_DIR) -> tuple[str, ...]:
    """Return the names of all embedded models, sorted; controls and checkpoints included."""
    finals = sorted(path.parent.name for path in root.glob("*/config.json"))
    steps = [f"{path.parents[2].name}@{path.parent.name}" for path in root.glob("*/steps/*/config.json")]
    controls = [control + name.removeprefix(TRAINED) for control in CONTROLS for name in finals]
    return (
        *finals,
        *controls,
        *sorted(steps, key=lambda name: (name.split("@")[0], int(name.split("@")[1]))),
    )


def embedded_path(name: str, root: Path = MODELS_DIR) -> Path:
    """Return the directory of an embedded model; for a control, that of its trained twin."""
    for control in CONTROLS:
        if name.startswith(control):
            name = TRAINED + name.removeprefix(control)
    base, _, step = name.partition("@")
    return root / base / "steps" / step if step else root / base


def checkpoints(name: str, root: Path = MODELS_DIR) -> tuple[str, ...]:
    """Return the names of a model's kept training steps in order, the final weights last; empty if none."""
    steps = sorted(int(path.parent.name) for path in (root / name / "steps").glob("*/config.json"))
    return (*(f"{name}@{step}" for step in steps), name) if steps else ()
