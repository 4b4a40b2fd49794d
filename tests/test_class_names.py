"""What classes are called."""

from core.run.class_names import class_name, class_names


def test_a_class_without_a_name_is_called_by_its_number() -> None:
    assert [class_name(("cat", ""), number) for number in range(3)] == ["cat", "1", "2"]
    assert class_names(("cat", "dog", "ant"), 2) == ("cat", "dog")
    assert class_names((), 2) == ("0", "1")
