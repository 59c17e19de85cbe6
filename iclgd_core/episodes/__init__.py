"""From a number down to its episodes: what learners answered, read from what is stored and never measured anew."""

from iclgd_core.episodes.arguments import Seen, recording
from iclgd_core.episodes.sheet.sheet import sheet
from iclgd_core.episodes.stored import NotStoredError, StoredOnly

__all__ = ["NotStoredError", "Seen", "StoredOnly", "recording", "sheet"]
