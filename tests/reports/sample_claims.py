"""The claims of the sample report, as their files state them."""

SHEN = "Shen, Mishra, Khashabi, arXiv 2310.08540"

CLAIMS = {
    "E1": (
        "Xie et al., arXiv 2111.02080", "section 4",
        "ICL is more accurate with 8 demonstrations than with 1.", "accuracy that falls",
    ),
    "S1": (
        SHEN, "section 4, figure 4",
        "ICL is more sensitive to the order of its demonstrations than GD, SGD and Adam, at every epoch read.",
        "an optimizer that at some epoch is not less sensitive than ICL by 0.01",
    ),
    "S1t": (
        SHEN, "section 4, theorem 1",
        "Full-batch GD does not depend on the order of the demonstrations; ICL does.",
        "an order that moves full-batch GD by more than rounding, or one that does not move ICL",
    ),
    "S2": (
        SHEN, "section 5.2, figure 5",
        "ICL agrees with ICL in another order more than with the most favourable GD.",
        "an optimizer that agrees with ICL as ICL agrees with itself, within 0.02",
    ),
    "S2a": (
        SHEN, "section 5.2, figure 5, columns 2 and 3",
        "ICL agrees with ICL in another order more than with GD on W_V of one layer.",
        "a layer whose W_V can be trained to agree with ICL as ICL agrees with itself, within 0.02",
    ),
    "S2n": (
        SHEN, "section 5.2, table 1",
        "GD needs about 512 demonstrations to reach the accuracy of ICL with 8.",
        "GD as accurate as ICL with 128 demonstrations or fewer, or still below it with 512",
    ),
    "S3": (
        SHEN, "section 3.2, figure 2",
        "Pretrained attention weights are less sparse than the construction of GD in them requires.",
        "a threshold at which the weights are as sparse as the construction",
    ),
    "S4": (
        SHEN, "section 5.2, figure 6",
        "The gap between GD and ICL has no trend over model sizes.",
        "a gap that changes by more than 0.05 a decade of parameters",
    ),
    "S5": (
        SHEN, "section 3, figure 3",
        "Late in pretraining the weights keep moving while ICL accuracy stays level.",
        "weights at rest, or an ICL accuracy that changes by more than 0.05",
    ),
}  # fmt: skip
"""Paper, place, statement and what would refute it, by claim."""

FILES = {
    "E1": "mine/test_e1_more_demonstrations.py::test_more_demonstrations_help",
    "S1": "shen/test_s1_order_sensitivity.py::test_icl_is_more_order_sensitive",
    "S1t": "shen/test_s1t_order_invariance.py::test_full_batch_gd_is_order_invariant_and_icl_is_not",
    "S2": "shen/test_s2_output_distribution.py::test_icl_agrees_with_itself_more_than_with_gd",
    "S2a": "shen/test_s2a_sub_models.py::test_icl_agrees_with_itself_more_than_with_a_sub_model",
    "S2n": "shen/test_s2n_demonstrations_needed.py::test_gd_needs_many_more_demonstrations",
    "S3": "shen/test_s3_sparsity.py::test_weights_are_less_sparse_than_the_construction",
    "S4": "shen/test_s4_no_size_trend.py::test_the_gap_has_no_size_trend",
    "S5": "shen/test_s5_checkpoints.py::test_weights_move_while_icl_stays",
}

SIZES = {"E1": 1, "S1": 3, "S1t": 2, "S2": 4, "S2a": 2, "S2n": 3, "S3": 2, "S4": 1, "S5": 2}
"""Number of sub-claims, by claim."""
