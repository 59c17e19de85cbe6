"""A page read by the standard library's parser, and what a safe page must not have."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "wbr", "hr", "link", "base", "img", "input", "source", "embed"}
FORBIDDEN = {
    "script", "iframe", "img", "image", "object", "embed", "link", "base", "form", "input", "foreignobject", "use",
    "animate", "set", "audio", "video", "template", "canary",
}  # fmt: skip
ADDRESS = re.compile(r"#[A-Za-z0-9-]+\Z|https://arxiv\.org/abs/[0-9]{4}\.[0-9]{4,5}(v[0-9]{1,2})?\Z")
META = ("content-security-policy",)


class ParsedPage(HTMLParser):
    """What stands on a page.

    Attributes:
        faults: what must not be there; text: all text outside the style sheet; ids, addresses: of its links.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.policy = ""
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check one element."""
        if tag in FORBIDDEN:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in VOID:
            self.open.append(tag)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name in ("src", "style", "action", "formaction", "srcset", "xlink:href", "poster"):
            self.faults.append(f"{name} on <{tag}>")
        if name == "href":
            self.addresses.append(value)
            if not ADDRESS.match(value):
                self.faults.append(f"href {value!r}")
        if name == "http-equiv" and value.lower() not in META:
            self.faults.append(f"meta {value!r}")
        if name == "content" and "default-src" in value:
            self.policy = value
        if name == "id":
            self.ids.append(value)

    def handle_endtag(self, tag: str) -> None:
        """Check that what closes is what was opened last."""
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        if "style" not in self.open:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """Refuse comments: we write none."""
        self.faults.append(f"comment {data!r}")

    def unknown_decl(self, data: str) -> None:
        """Refuse declarations other than the document type."""
        self.faults.append(f"declaration {data!r}")
