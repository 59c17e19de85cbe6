"""The paper's own numbers, to be shown beside those of a run: GPT models of 1.3B and 2.7B on six text sets.

Source: arXiv 2212.10559, section 4: averages over the six sets, their range over sets and models. No rule uses them.
"""

from typing import TypedDict

SETTING = "8 demonstrations, where the paper has up to 32, and GPT of 1.3B and 2.7B on six text sets"
CHOICE = "the learning rate is chosen on tuning episodes, where the paper chooses it on the queries that it reports"
POSITION = (
    "read at the last token of the prompt; the paper's code reads, for labels of one token, the position of the first "
    "candidate label, one further"
)
ROTARY = "query and key vectors are taken before the rotation of rotary positions, which the paper's models do not have"


class Beside(TypedDict):
    """What stands beside a claim's numbers: the paper's own, and in which way our setting differs."""

    paper_value: str
    deviation: str


def beside(value: str, *deviations: str, tuned: bool = True) -> Beside:
    """Return the paper's number and our deviations, further ones first; `tuned`: a rate is chosen."""
    return {"paper_value": value, "deviation": "; ".join((*deviations, SETTING, *([CHOICE] if tuned else [])))}


REC2FTP = "85.56 (1.3B) and 89.39 (2.7B) %, from 66.67 to 100 %; no chance level is given"
SIM_AOU = {
    "normalised": "0.186 (1.3B) and 0.225 (2.7B), from 0.080 to 0.333; random updates at most 0.003",
    "raw": "not reported; arXiv 2311.07772 finds 0.102 for the same models and tasks at 1.3B",
}
SIM_AM = "0.338 before, 0.442 after (1.3B); 0.355 before, 0.434 after (2.7B)"
KENDALL = "0.193 (1.3B) and 0.214 (2.7B), from 0.151 to 0.274; random at most 0.001"
ACCURACY = "SST2 at 1.3B: zero-shot 70.5, fine-tuning 73.9, ICL 92.7 %; settings chosen on the reported set"
NOT_REPORTED = "not reported"
