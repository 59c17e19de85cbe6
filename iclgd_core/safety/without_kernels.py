"""Compiled code of the Hub is never loaded: `kernels`, the package that transformers fetches it with, is hidden.

USE_HUB_KERNELS=0 alone does not do: where the package is installed, transformers (5.23, `import_utils`) loads attention
kernels from the Hub while it looks which ones there are, when GPT-J, for example, is imported. So each room that has to
do with transformers imports this module first. `iclgd_core` itself does not: where the project is installed pytest
imports it, in runs too that are none of its business.
"""

import os
import sys
from typing import cast

PACKAGE = "kernels"


def hide_kernels() -> None:
    """Let this process find no package `kernels`; to be called before transformers is imported.

    A process that has imported the package itself keeps it.
    """
    os.environ.setdefault("USE_HUB_KERNELS", "0")
    modules = cast(dict[str, object], sys.modules)  # None there is the import system's word for "not to be found"
    modules.setdefault(PACKAGE, None)


hide_kernels()
