"""The rows of a text episode."""

from iclgd_core.tasks.text.text_episode import TextEpisode


def row_ids(episode: TextEpisode) -> tuple[str, ...]:
    """Return the ids of the rows, the demonstrations' before the queries'."""
    return tuple(row.id for row in (*episode.demonstrations, *episode.queries))
