"""What can be known before any weight is loaded: does a model's directory fit a task?"""

from transformers import AutoConfig, AutoTokenizer

from iclgd_core.errors import ModelError, VocabularyError
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
    ids = vocabulary_ids(tokenizer.get_vocab(), task.symbols, name)
    window, size = (getattr(config, key, None) for key in ("max_position_embeddings", "vocab_size"))
    if not isinstance(window, int) or not isinstance(size, int):
        raise ModelError(
            f"config.json of model {name!r} names no max_position_embeddings or no vocab_size; "
            "a causal language model of transformers has both."
        )
    if ids.max() >= size:
        raise VocabularyError(
            f"model {name!r} has embeddings for {size} tokens, but its tokenizer gives the task's symbols ids up to "
            f"{ids.max()}. Save the model with the tokenizer that it was trained with."
        )
    check_context(task.prompt_length(shots), window, name, f"{shots} demonstrations of {task.name}")
