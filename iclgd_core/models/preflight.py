"""What can be known before any weight is loaded: can a model read a task?"""

from transformers import AutoConfig, PretrainedConfig, PreTrainedTokenizerBase

from iclgd_core.errors import IclgdError, ModelError, VocabularyError
from iclgd_core.hub.resolve import resolve_model
from iclgd_core.hub.scan import is_masked
from iclgd_core.hub.view import read_only_view
from iclgd_core.models.adapter import begins_with_bos
from iclgd_core.models.architectures import context_window
from iclgd_core.models.loading import read_tokenizer, unreadable
from iclgd_core.tasks import Task
from iclgd_core.tasks.prompts import Reader


def config_of(name: str, commit: str = "") -> tuple[PretrainedConfig, bool]:
    """Return the configuration of a model and whether it is a masked language model.

    Args:
        name: of the model, as for `load_model`.
        commit: of a Hub model: the commit that the run resolved the name to.

    Raises:
        UnknownNameError, NotCachedError, ModelError: no such model, or a directory that cannot be read.
    """
    config, masked, _ = _read(name, commit)
    return config, masked


def reader_of(name: str, commit: str = "") -> Reader:
    """Return what a task must know of a model, from its configuration and tokenizer alone; arguments as `config_of`.

    Raises:
        UnknownNameError, NotCachedError, ModelError: as `config_of`.
        VocabularyError: a tokenizer with more tokens than the model has embeddings.
    """
    config, masked, tokenizer = _read(name, commit)
    window, size = context_window(config).tokens, getattr(config.get_text_config(decoder=True), "vocab_size", None)
    if not isinstance(size, int):
        raise ModelError(f"config.json of model {name!r} names no vocab_size; a language model of transformers has it.")
    largest = max(tokenizer.get_vocab().values(), default=0)
    if largest >= size:
        raise VocabularyError(
            f"model {name!r} has embeddings for {size} tokens, but its tokenizer gives ids up to {largest}. "
            "Save the model with the tokenizer that it was trained with."
        )
    return Reader(name, tokenizer, window, masked, begins_with_bos(tokenizer))


def _read(name: str, commit: str) -> tuple[PretrainedConfig, bool, PreTrainedTokenizerBase]:
    source = resolve_model(name, commit)
    with read_only_view(source.path, f"the model in {source.path}") as (view, scanned, _):
        try:
            config = AutoConfig.from_pretrained(view, local_files_only=True, trust_remote_code=False)
            context_window(config)  # a configuration within that is none fails here, and not where it is used
            return config, is_masked(scanned.config), read_tokenizer(view, source.path)
        except IclgdError:
            raise
        except Exception as error:  # whatever a hostile folder makes transformers raise
            raise unreadable(source.path, error, view) from error


def preflight(name: str, task: Task, shots: int, commit: str = "") -> Reader:
    """Check tokenizer and configuration of a model against a task with `shots` demonstrations; return the reader.

    Raises:
        UnknownNameError, ModelError, VocabularyError: as `reader_of`, and where the labels cannot be told apart.
        ContextError: the demonstrations and a query do not fit the context window.
    """
    reader = reader_of(name, commit)
    task.check(reader, shots)
    return reader
