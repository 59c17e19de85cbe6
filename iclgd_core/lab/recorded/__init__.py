"""From a number down to its episodes: what learners answered, read from what is stored and never measured anew."""

from iclgd_core.lab.recorded.arguments import Seen, recording
from iclgd_core.lab.recorded.sheet import sheet
from iclgd_core.lab.recorded.stored import NotStoredError, StoredOnly

__all__ = ["NotStoredError", "Seen", "StoredOnly", "recording", "sheet"]
