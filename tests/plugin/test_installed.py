"""The project installed from a wheel: claims in a repository of one's own, and runs that have nothing to do with it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from iclgd_core.models.embedded import embedded_names
from iclgd_core.tasks.text.word_lists import FOLDER
from tests.plugin.project import MODES, ROOT

MINE = """
from iclgd_core.evidence.claim import Source, claim
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.metrics import correct
from iclgd_core.stats import paired_greater


@claim("E1", Source("Xie et al.", "2111.02080").at("section 4"), "More demonstrations help.", "accuracy that falls")
def test_more_demonstrations_help(lab: Lab, judge: Judge) -> None:
    answers = lab.answers("evaluation", lab.count())
    eight, one = (correct(lab.in_context(n)[:, 0], answers).mean(-1) for n in (8, 1))
    judge(paired_greater(eight, one, margin=0.0, quantity="accuracy, 8 demonstrations - 1"))
"""

UNRELATED = """# not a claim of iclgd_core
import json
import os
import sys


def test_it():
    state = {"modules": sorted(sys.modules), "kernels": "kernels" in sys.modules, "environment": sorted(os.environ)}
    with open("state.json", "w") as file:
        json.dump(state, file)
"""

NAMES = """
import json, sys
from iclgd_core.models.embedded import MODELS_DIR, embedded_names
print(json.dumps([str(MODELS_DIR), embedded_names(), sorted({name.partition(".")[0] for name in sys.modules})]))
"""

OF_THE_OUTER_RUN = ("PYTEST_", "HF_", "USE_HUB", "TOKENIZERS")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    pytest.importorskip("hatchling", reason="not run: hatchling, which builds the wheel, is not installed")
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(out), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked where Python finds it."""
    out = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(out)
    return out


def run(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python, with pytest free to load entry points."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_OUTER_RUN)}
    env |= {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def iclgd(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as its script does."""
    return run(site, cwd, "-c", "import sys; from iclgd_core.suite.command import main; sys.exit(main())", *arguments)


def test_the_wheel_takes_one_name_at_the_top(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"iclgd_core"}
    assert {f"iclgd_core/suite/claims/expected/{paper}.json" for paper in ("shen", "dai")} <= set(names)
    assert {f"iclgd_core/tasks/text/words/{path.name}" for path in FOLDER.iterdir()} <= set(names)


def test_embedded_models_are_those_of_the_wheel(site: Path, tmp_path: Path) -> None:
    place, names, top = json.loads(run(site, tmp_path, "-c", NAMES).stdout)
    assert Path(place).is_relative_to(site)
    assert names == list(embedded_names())
    assert not {"reports", "fixtures", "claims"} & set(top)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_claims_of_ones_own(site: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, mode: str) -> None:
    (tmp_path / "my_claims").mkdir()
    (tmp_path / "my_claims" / "test_mine.py").write_text(MINE)
    cache = tmp_path_factory.getbasetemp() / "measured-by-the-installed"
    given = ("--iclgd-model=ginc-llama-57k", f"--iclgd-cache={cache}")
    done = run(site, tmp_path, "-m", "pytest", "my_claims", *MODES[mode], *given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "E1" in done.stdout
    (row,) = json.loads((tmp_path / ".iclgd" / "report" / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert (row["id"], row["model"], row["verdict"]) == ("E1", "ginc-llama-57k", "supported")
    assert row["node_id"].startswith("my_claims/test_mine.py::")
    if mode == "plain":
        assert iclgd(site, tmp_path, "compare", ".iclgd/report", ".iclgd/report").returncode == 0
        shown = iclgd(site, tmp_path, "episodes", "E1")
        assert "8 demonstrations" in shown.stdout, shown.stderr


def test_claims_alone_load_the_suite(site: Path, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(MINE)
    done = run(site, tmp_path, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
    assert "test_mine.py::test_more_demonstrations_help[ginc-llama-794k-ginc-k5]" in done.stdout, done.stderr


def test_the_claims_of_the_suite(site: Path, tmp_path: Path) -> None:
    done = run(site, tmp_path, "-m", "pytest", "--pyargs", "iclgd_core.suite.claims.min", "--collect-only", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_r1_random_labels.py::" in done.stdout
    marks = run(site, tmp_path, "-m", "pytest", "--pyargs", "iclgd_core.suite.claims", "--markers")
    assert "@pytest.mark.min: claims in claims/min" in marks.stdout, marks.stderr


def test_an_unrelated_run_is_left_alone(site: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(UNRELATED)
    ordinary = ("-B", "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    done = run(site, tmp_path, *ordinary, "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0].split() == [".", "[100%]"]
    assert done.stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.json", "test_it.py"]
    state = json.loads((tmp_path / "state.json").read_text())
    assert not {"torch", "transformers", "numpy", "rich"} & set(state["modules"])
    assert len([name for name in state["modules"] if name.startswith("iclgd_core")]) < 15
    assert not state["kernels"]
    assert not {"HF_HUB_OFFLINE", "USE_HUB_KERNELS", "TOKENIZERS_PARALLELISM"} & set(state["environment"])


def test_a_checkout_that_is_installed_too_loads_each_plugin_once(tmp_path: Path) -> None:
    about = tmp_path / "iclgd-0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: iclgd\nVersion: 0\n")
    (about / "entry_points.txt").write_text("[pytest11]\niclgd = iclgd_core.suite\n")
    path = Path(os.pathsep.join([str(ROOT), str(tmp_path)]))
    small = ("tests/evidence/test_run_options.py", "--trace-config", "-p", "no:cacheprovider")
    done = run(path, ROOT, "-m", "pytest", *small)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = [
        line.split()[0] for line in done.stdout.splitlines() if line.strip().startswith(("fixtures.", "reports."))
    ]
    assert "fixtures.on_demand" in loaded
    assert len(set(loaded)) == len(loaded) > 15
