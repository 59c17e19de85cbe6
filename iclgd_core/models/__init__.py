"""What is asked: language models behind one adapter, regression models, and how the embedded ones were made."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
