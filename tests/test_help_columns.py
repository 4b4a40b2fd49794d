"""The help's columns: an entry is never divided between two, nor a title from its first entry."""

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.help import help_rows

EXPLANATIONS = st.lists(st.sampled_from(["Short", "some " * 12, "more words " * 20]), min_size=1)
GROUPS = st.lists(EXPLANATIONS, min_size=1, max_size=5)


@given(GROUPS, st.integers(72, 200), st.integers(8, 40))
def test_no_entry_is_divided_between_two_columns(
    groups: list[list[str]], width: int, height: int
) -> None:
    entries = {
        f"title {number}": [(f"k{number}.{i}", text, "") for i, text in enumerate(texts)]
        for number, texts in enumerate(groups)
    }
    rows = help_rows(entries, width, height)
    assert len({len(row) for row in rows}) == 1
    columns = [[row[i][0].strip() for row in rows] for i in range(len(rows[0]))]
    for column in columns:
        assert column[0].startswith(("title", "k"))  # neither the rest of an entry nor empty
        assert not [line for line in column if line][-1].startswith("title")
    together = " ".join(line for column in columns for line in column if line)
    expected = " ".join(
        f"{title} " + " ".join(f"{key}  {text.strip()}" for key, text, _ in group)
        for title, group in entries.items()
    )
    assert together.split() == expected.split()
    assert all(sum(len(text) for text, _ in row) <= width for row in rows)
