"""What can be known before any weight is loaded: does a model's directory fit a task?"""

from transformers import AutoConfig, AutoTokenizer

from iclgd_core.models.adapter import check_context, vocabulary_ids
from iclgd_core.models.loading import UNREADABLE, resolve, unreadable
from iclgd_core.tasks import Task


def preflight(name: str, task: Task, shots: int) -> None:
    """Check tokenizer and configuration of a model against a task with `shots` demonstrations.

    Raises:
        UnknownNameError, ModelError: no such model, or a directory that transformers cannot read.
        VocabularyError: the tokenizer has no single token for some symbol of the task.
        ContextError: the demonstrations and a query do not fit the context window.
    """
    path = resolve(name)
    try:
        config = AutoConfig.from_pretrained(path, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    except UNREADABLE as error:
        raise unreadable(path, error) from error
    vocabulary_ids(tokenizer.get_vocab(), task.symbols, name)
    check_context(
        task.prompt_length(shots), int(config.max_position_embeddings), name, f"{shots} demonstrations of {task.name}"
    )
