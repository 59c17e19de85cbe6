"""How things are computed: tasks, models, learners, metrics, statistics, evidence.

Imports none of the other folders of the project, and never pytest.
"""

from iclgd_core.evidence.code_version import VERSION as __version__

__all__ = ["__version__"]
