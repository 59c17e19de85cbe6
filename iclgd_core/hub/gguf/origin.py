"""What a folder of weights was made from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

from iclgd_core.evidence.plain import Json
from iclgd_core.safety.harmless_text import harmless


@dataclass(frozen=True)
class Origin:
    """A GGUF file.

    Attributes:
        file: its name.
        sha256: of its content.
        quantisation: how its tensors are stored (see `Header.quantisation`).
        licence, base: of the weights, and the model that was quantised, as far as they are known; else empty.
    """

    file: str
    sha256: str
    quantisation: str
    licence: str = ""
    base: str = ""

    def __str__(self) -> str:
        known = [f"licence {self.licence}"] * bool(self.licence) + [f"made of {self.base}"] * bool(self.base)
        text = ", ".join(
            [f"dequantised from GGUF: {self.file} ({self.quantisation})", f"SHA-256 {self.sha256}", *known]
        )
        return harmless(text, keep="")

    def wire(self) -> dict[str, Json]:
        """Return it as plain data."""
        return asdict(self)

    @classmethod
    def read(cls, data: Mapping[str, Json]) -> Self:
        """Return what `wire` wrote; whatever else stands there is passed over."""
        return cls(**{one.name: str(data.get(one.name, "")) for one in fields(cls)})
