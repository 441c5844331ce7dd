"""The reader of decision trees: what it takes, and that nothing is left without a case."""

import pytest

import circulation.policies.reasons  # noqa: F401  defines the codes
from tests.circulation.decision_trees import Leaf, Tree, assert_told

TEXT = """
1 The card
  1.1 Nobody has this card => refused: unknown_card
  1.2 It is known
    1.2.1 and good => allowed shelve
"""


def read_whole(text: str) -> None:
    tree: Tree[type] = Tree(text)
    tree.case(*(leaf.number for leaf in tree.leaves))(object)
    tree.assert_whole()


def test_leaves_are_read_with_their_outcome_codes_and_words() -> None:
    tree: Tree[type] = Tree(TEXT)
    assert tree.leaves == [
        Leaf("1.1", "Nobody has this card", "refused", ("unknown_card",)),
        Leaf("1.2.1", "and good", "allowed", (), ("shelve",)),
    ]
    assert tree.codes() == {"unknown_card"}


def test_a_leaf_without_a_case_is_found() -> None:
    tree: Tree[type] = Tree(TEXT)
    with pytest.raises(AssertionError, match="left over"):
        tree.assert_whole()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1 A question that nobody can read: => ", "not a line"),
        ("1.1 It has no question => allowed", "has no question"),
        ("1 One => allowed\n3 Three => allowed", "below the root"),
        ("1 One => allowed\n1 Once more => allowed", "two cases"),
        ("1 One => perhaps", "perhaps"),
        ("1 One => refused: no_such_code", "no_such_code"),
    ],
)
def test_a_tree_that_is_not_one_is_refused(text: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        read_whole(text)


def test_an_answer_has_to_say_exactly_what_its_leaf_says() -> None:
    [leaf] = Tree[type]("1 One => refused: unknown_card").leaves
    assert_told(leaf, {"decision": "refused", "reasons": [{"code": "unknown_card"}]})
    for reasons in ([], [{"code": "card_expired"}], [{"code": "unknown_card"}, {"code": "card_expired"}]):
        with pytest.raises(AssertionError):
            assert_told(leaf, {"decision": "refused", "reasons": reasons})
