"""The redactor takes out every credential that it says it does, and leaves ordinary text as it is."""

import json
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.safety import redaction
from iclgd_core.safety.redaction import BY_FORM, HALF, MARK, redact, redact_json
from tests.safety import planted

TOKEN = planted.BY_FORM

tokens = st.text(string.ascii_letters + string.digits, min_size=20, max_size=60).map("hf_{}".format)
ordinary = st.text().filter(
    lambda text: not any(word in text.lower() for word in ("hf_", "api_org", "bearer", "authorization", "@"))
)


def test_the_pattern_matches_a_token() -> None:
    """A positive case first: a pattern that never matches redacts nothing and looks like success."""
    assert redact(f"token {TOKEN}.") == f"token {MARK}."
    assert redact("hf_" + "a" * 34) == MARK
    assert redact("hf_" + "a" * 19) == "hf_" + "a" * 19


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"HTTP 401: {{'Authorization': 'Bearer {TOKEN}'}}", f"HTTP 401: {{'Authorization': '{MARK}'}}"),
        ("Authorization: Basic dXNlcg==", f"Authorization: {MARK}"),
        ('{\\"authorization\\": \\"Bearer abc\\"}', f'{{\\"authorization\\": \\"{MARK}\\"}}'),
        ("(b'authorization', b'Bearer abc')", f"(b'authorization', b'{MARK}')"),
        ("AUTHORIZATION=opaque12345", f"AUTHORIZATION={MARK}"),
        ("sent bearer abcd1234efgh=", f"sent bearer {MARK}"),
        ("https://user:secret@host/path", f"https://{MARK}@host/path"),
        ("https://ghx_secret@host/path", f"https://{MARK}@host/path"),
        ("git+https://user:secret@host", f"git+https://{MARK}@host"),
        ("postgres://user:secret@host", f"postgres://{MARK}@host"),
        ("'first\\nhf_abcdefghij0123456789'", f"'first\\n{MARK}'"),
        ("hf_oauth_eyJhbGciOi.eyJzdWIi_-.x0123456789", MARK),
        ("api_org_abcdefghij0123456789", MARK),
        ("left 'hf_abcd...wxyz' cut", f"left '{MARK}...wxyz' cut"),
    ],
)
def test_by_form(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "authorization: required for this repository",
        "the bearer authentication scheme",
        "https://huggingface.co/docs:latest and a@b.example",
        "ssh://git@github.com/owner/repo",
        "from huggingface_hub import hf_hub_download",
        "hf_hub_download(repo_id='owner/name', filename='config.json')",
        "closure 0.02, 95% interval [0.01, 0.05] ...",
        "sha256 " + "0123456789abcdef" * 4,
    ],
)
@pytest.mark.usefixtures("credentials")
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("secret", planted.ALL)
def test_live_values_in_every_spelling(secret: str) -> None:
    nested = json.dumps({"wire": json.dumps({"reason": f"no: {secret}!"})})
    for text in (f"no: {secret}!", json.dumps(f"no: {secret}!"), nested, f"no: {secret!r}!", f"no: {[secret]}!"):
        redacted = redact(text)
        assert MARK in redacted
        assert not any(fragment in redacted for fragment in planted.FRAGMENTS), redacted


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("secret", planted.ALL)
def test_no_half_of_a_live_value_stays_where_a_text_was_cut(secret: str) -> None:
    for at in range(6, len(secret) - 6):
        assert redact(f"left {secret[:at]}...{secret[at:]} right") == f"left {MARK}...{MARK} right"


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("secret", planted.ALL)
def test_a_beginning_or_an_end_is_enough(secret: str) -> None:
    for n in range(HALF, len(secret)):
        assert redact(f"({secret[:n]})") == f"({MARK})"
        assert redact(f"({secret[-n:]})") == f"({MARK})"
        assert redact(secret[:n] + secret[:n] + "x" + secret[-n:]) == MARK + MARK + "x" + MARK


def test_the_stored_login_is_found_where_the_hub_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = "from huggingface_hub import constants as c; print(c.HF_TOKEN_PATH); print(c.HF_STORED_TOKENS_PATH)"
    for settings in (
        {"HF_TOKEN_PATH": str(tmp_path / "a" / "login")},
        {"HF_HOME": str(tmp_path / "b")},
        {"XDG_CACHE_HOME": str(tmp_path / "c")},
    ):
        for name in ("HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for place, content in zip(done.stdout.split(), ("{}", "[work]\nhf_token = {}\n"), strict=True):
            path = Path(place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content.format(planted.IN_FILE))
            assert redact(planted.IN_FILE) == MARK, place
            path.unlink()
            assert redact(planted.IN_FILE) == planted.IN_FILE, place


def test_a_changed_login_is_read_again(credentials: Path) -> None:
    (credentials / "token").write_text("another-login-of-another-length-77")
    assert redact("another-login-of-another-length-77") == MARK


@pytest.mark.parametrize("value", ["", "dummy", "redacted", "[redacted]"])
def test_placeholders_are_no_credentials(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HF_TOKEN", value)
    assert redact(f"a {value} b redacted") == f"a {value} b redacted"


def test_a_login_file_that_cannot_be_read_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path))
    assert redact("text") == "text"
    monkeypatch.setenv("HF_TOKEN_PATH", "x" * 5000)
    assert redact(TOKEN) == MARK


@given(st.text(), tokens, st.text())
def test_no_token_survives(before: str, token: str, after: str) -> None:
    assert token not in redact(before + token + after)


@given(st.lists(st.one_of(st.text(max_size=9), tokens, st.sampled_from([
    "Authorization: ", "bearer ", "Bearer a1b2c3d4", "https://", "u:p@", "@", "...", MARK, "hf_", "\\", '"',
    planted.BY_FORM[:10], planted.BY_FORM[-10:], planted.IN_FILE, planted.BY_VALUE,
])), max_size=12).map("".join))  # fmt: skip
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_TOKEN", planted.BY_FORM)
        patch.setenv("HUGGING_FACE_HUB_TOKEN", planted.BY_VALUE)
        once = redact(text)
        assert redact(once) == once
        assert planted.BY_FORM not in once
        assert planted.BY_VALUE not in once


@given(ordinary)
def test_text_without_credentials_stays(text: str) -> None:
    assert redact(text) == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ordinary,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ordinary, inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_json_without_credentials_stays(value: Any) -> None:
    assert redact_json(value) == value


@given(json_values, tokens)
def test_json_with_a_token_anywhere(value: Any, token: str) -> None:
    for planted_in in ([value, token], {"a": {"b": [value, (token,)]}}, {token: value}):
        assert token not in json.dumps(redact_json(planted_in))
        assert MARK in json.dumps(redact_json(planted_in))


@pytest.mark.parametrize(
    "unit",
    ["a.", "bearer ", "http://", "http://a:", "authorization ", "hf_", "...", "x://a:", "\\", "authorization:\\"],
)
def test_hostile_text_takes_linear_work(unit: str) -> None:
    """Quadratic work on this length would not end within the suite's time; the result shows that nothing was lost."""
    text = unit * (400_000 // len(unit))
    assert redact(f"{text} {TOKEN}").endswith(MARK)


def test_marks_are_not_credentials() -> None:
    assert redact(MARK) == MARK
    assert not BY_FORM.search(MARK)
    assert len(redaction.KEPT) == sum(f"(?P<{name}>" in BY_FORM.pattern for name in redaction.KEPT)
