"""What can be known before any weight is loaded: can a model read a task?"""

from dataclasses import dataclass

from transformers import AutoConfig, PretrainedConfig, PreTrainedTokenizerBase

from iclgd_core.errors import IclgdError
from iclgd_core.hub.files import weight_files
from iclgd_core.hub.gguf.origin import Origin
from iclgd_core.hub.headers import read_headers
from iclgd_core.hub.resolve import resolve_model
from iclgd_core.hub.scan import is_masked
from iclgd_core.hub.view import read_only_view
from iclgd_core.models.architectures import context_window, vocabulary
from iclgd_core.models.language.adapter import begins_with_bos
from iclgd_core.models.language.checkpoint import check_headers
from iclgd_core.models.language.loading import read_tokenizer, unreadable
from iclgd_core.tasks import Task
from iclgd_core.tasks.prompts import Reader


@dataclass(frozen=True)
class Facts:
    """A model without its weights.

    Attributes:
        config: its configuration.
        masked: whether it is a masked language model.
        tokenizer: its tokenizer.
        left_out: names of weights in its files that it has no use for, and that may be left out (see `checkpoint`).
        origin: the GGUF file that its folder was made of; None for other models.
    """

    config: PretrainedConfig
    masked: bool
    tokenizer: PreTrainedTokenizerBase
    left_out: tuple[str, ...]
    origin: Origin | None = None


def facts_of(name: str, commit: str = "") -> Facts:
    """Return what the files of a model say, its weights by their headers alone.

    Args:
        name: of the model, as for `load_model`.
        commit: of a Hub model: the commit that the run resolved the name to.

    Raises:
        UnknownNameError, NotCachedError: no such model.
        ModelError: a directory that cannot be read, or weights that do not fit the configuration.
    """
    source = resolve_model(name, commit)
    where = f"the model in {source.path}"
    with read_only_view(source.path, where) as (view, scanned, names):
        headers, masked = read_headers([view / one for one in weight_files(names)], where), is_masked(scanned.config)
        try:
            config = AutoConfig.from_pretrained(view, local_files_only=True, trust_remote_code=False)
            context_window(config)  # a configuration within that is none fails here, and not where it is used
            left_out = () if source.untrained else check_headers(view, config, masked, headers, where)
            return Facts(config, masked, read_tokenizer(view, source.path), left_out, source.origin)
        except IclgdError:
            raise
        except Exception as error:  # whatever a hostile folder makes transformers raise
            raise unreadable(source.path, error, view) from error


def reader_of(name: str, commit: str = "") -> Reader:
    """Return what a task must know of a model, from its configuration and tokenizer alone; arguments as `facts_of`.

    Raises:
        UnknownNameError, NotCachedError, ModelError: as `facts_of`, and a configuration that names no vocabulary.
    """
    facts = facts_of(name, commit)
    window, size = context_window(facts.config).tokens, vocabulary(facts.config)
    return Reader(name, facts.tokenizer, window, facts.masked, begins_with_bos(facts.tokenizer), size)


def preflight(name: str, task: Task, shots: int, commit: str = "") -> Reader:
    """Check tokenizer and configuration of a model against a task with `shots` demonstrations; return the reader.

    Raises:
        UnknownNameError, ModelError, VocabularyError: as `reader_of`, and where the labels cannot be told apart.
        ContextError: the demonstrations and a query do not fit the context window.
    """
    reader = reader_of(name, commit)
    task.check(reader, shots)
    return reader
