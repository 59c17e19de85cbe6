"""Where models come from: names, the Hub and its cache, and what is read of a folder that others wrote."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
from iclgd_core.hub.refusals import GatedError, HubError, NotCachedError, UnsafeModelError
from iclgd_core.hub.resolve import Availability, ensure_available, resolve_model
from iclgd_core.hub.scan import is_masked
from iclgd_core.hub.source import ModelSource
from iclgd_core.hub.versions import check_versions
from iclgd_core.hub.view import read_only_view

__all__ = [
    "Availability",
    "GatedError",
    "HubError",
    "ModelSource",
    "NotCachedError",
    "UnsafeModelError",
    "check_versions",
    "ensure_available",
    "is_masked",
    "read_only_view",
    "resolve_model",
]
