"""Text tasks: classification sets, templates, and prompts in a model's tokens."""

from iclgd_core.tasks.text.by_name import is_own_task, own_task, text_task, text_task_names
from iclgd_core.tasks.text.first_tokens import first_tokens
from iclgd_core.tasks.text.own_rows import OwnRows
from iclgd_core.tasks.text.rows import TextDataError
from iclgd_core.tasks.text.settings import TextSettings
from iclgd_core.tasks.text.table_files import MissingExtraError
from iclgd_core.tasks.text.template import Template
from iclgd_core.tasks.text.text_prompts import TextPrompts, longest_prompt
from iclgd_core.tasks.text.text_task import TextTask

__all__ = [
    "MissingExtraError",
    "OwnRows",
    "Template",
    "TextDataError",
    "TextPrompts",
    "TextSettings",
    "TextTask",
    "first_tokens",
    "is_own_task",
    "longest_prompt",
    "own_task",
    "text_task",
    "text_task_names",
]
