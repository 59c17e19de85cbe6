"""How long a run still takes, at the pace of what is finished."""

from collections.abc import Iterable, Sequence

from iclgd_core.evidence.progress import Running


class Pace:
    """Seconds of finished tests, by function: sub-claims of one claim take similar times, other claims others."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = {}

    def finished(self, node_id: str, seconds: float) -> None:
        """Note a finished test."""
        self._seconds.setdefault(_function(node_id), []).append(seconds)

    def left(self, node_ids: Iterable[str], running: Sequence[Running], workers: int, now: float) -> float | None:
        """Return the seconds that the rest takes; None before anything is finished.

        A test takes the mean of the finished ones of its function, or of all where there is none; what runs has had
        some of it, and takes at least as long as what it is at, at that one's own pace. The sum is shared by the
        workers, and no less than what the longest running test still takes.

        Args:
            node_ids: of the tests that are not finished, running or not.
            running: those that run.
            workers: how many run at once.
            now: seconds since the epoch.
        """
        found = [seconds for each in self._seconds.values() for seconds in each]
        if not found:
            return None
        mean = sum(found) / len(found)
        known = {one.node_id: one for one in running}
        rest = {}
        for node_id in node_ids:
            own = self._seconds.get(_function(node_id))
            rest[node_id] = mean if own is None else sum(own) / len(own)
            if node_id in known:
                one = known[node_id]
                rest[node_id] = max(rest[node_id] - (now - one.since), measuring_left(one, now))
        return max([sum(rest.values()) / max(1, workers), *(rest[id] for id in known if id in rest)])


def measuring_left(running: Running, now: float) -> float:
    """Return the seconds that what a test is at still takes, at its pace so far; 0 where that is not known."""
    if running.done <= 0:
        return 0.0
    return (now - running.began) * max(0, running.total - running.done) / running.done


def in_words(seconds: float) -> str:
    """Return a duration to be read at a glance.

    >>> [in_words(s) for s in (0.4, 59, 61, 3599, 7300)]
    ['1 s', '59 s', '2 min', '60 min', '2 h 2 min']
    """
    minutes = -(-seconds // 60)
    if seconds < 60:
        return f"{max(1, -(-seconds // 1)):.0f} s"
    return f"{minutes:.0f} min" if seconds <= 3600 else f"{minutes // 60:.0f} h {minutes % 60:.0f} min"


def _function(node_id: str) -> str:
    return node_id.partition("[")[0]
