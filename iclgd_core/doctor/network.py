"""The Hub: where, whether it answers, whether a token is set. The token itself is never shown or sent here."""

from dataclasses import dataclass

from huggingface_hub import constants, get_session, get_token

from iclgd_core.doctor.findings import Finding, Section
from iclgd_core.hub.client import online, patience, reason
from iclgd_core.safety.redaction import redact


@dataclass(frozen=True)
class Hub:
    """What is known of the Hub.

    Attributes:
        asked: whether it may be asked (HF_HUB_OFFLINE is not set).
        answers: whether it answered.
        told: how, or why not.
    """

    asked: bool
    answers: bool
    told: str


def ask_hub() -> Hub:
    """Ask the Hub for one public model, without a token; any answer but a server error counts."""
    if not online():
        return Hub(False, False, "not asked: HF_HUB_OFFLINE is set")
    seconds = patience()
    try:
        answer = get_session().get(f"{constants.ENDPOINT}/api/models?limit=1", timeout=seconds)
    except Exception as error:  # whatever a client of a network can raise
        return Hub(True, False, f"no answer within {seconds:g} s: {reason(error)}")
    if answer.status_code >= 500:
        return Hub(True, False, f"answers with HTTP {answer.status_code}")
    return Hub(True, True, f"answers (HTTP {answer.status_code})")


def network(hub: Hub) -> Section:
    """Return the state of the Hub; that it does not answer is a problem only for models that are not here."""
    hint = "" if hub.answers else "models and data that are on this machine work all the same"
    return Section(
        "Hugging Face Hub",
        [
            Finding("endpoint", redact(constants.ENDPOINT)),
            Finding("reachable", hub.told, "ok" if hub.answers else "note", hint),
            Finding("token", "present" if get_token() else "none; gated models need one (HF_TOKEN or `hf auth login`)"),
        ],
    )
