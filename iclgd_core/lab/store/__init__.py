"""What was measured, keyed by content, kept on disk, shared by all workers."""

from iclgd_core.lab.store.key import code_version, digest_of, source_version
from iclgd_core.lab.store.store import CorruptMeasurementWarning, Store

__all__ = ["CorruptMeasurementWarning", "Store", "code_version", "digest_of", "source_version"]
