"""Values that can be changed from outside while a program trains."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from trainpad.errors import UserError
from trainpad.values import to_number

BOOLEANS = {
    "true": True, "on": True, "yes": True, "1": True,
    "false": False, "off": False, "no": False, "0": False,
}  # fmt: skip
"""What a text from the command line means."""
Value = TypeVar("Value")
"""A number, true or false, or a text."""
OnChange = Callable[[Any], object]


class Knob(Generic[Value]):
    """A value that the dashboard and the shell can change; made by `Run.live`.

    Example:
        >>> lr = run.live("lr", 3e-4, low=1e-6, high=0.1)
        >>> step(batch, lr.value)
    """

    def __init__(
        self,
        name: str,
        value: Value,
        *,
        low: float | None = None,
        high: float | None = None,
        scale: str | None = None,
        choices: Sequence[Value] | None = None,
    ) -> None:
        """Declare a value; whether it fits the limits is for `check`.

        Raises:
            UserError: the limits and the scale do not fit each other.
        """
        self.name = name
        self.low, self.high = low, high
        self.choices = None if choices is None else tuple(choices)
        self.scale = scale or ("log" if _spans_decades(low, high) else "linear")
        self.on_change: OnChange | None = None
        """Called with each new value that was requested from outside."""
        self.changed: Callable[[Knob[Any], Any, Any], None] = lambda *_: None
        """Called with this knob, the old and the new value at each change."""
        self._read: Callable[[], Any] | None = None
        self._seen: Any = None
        """What `_read` returned last."""
        if self.scale not in ("linear", "log"):
            raise UserError(f"{name}: scale must be 'linear' or 'log', not {scale!r}")
        if low is not None and high is not None and not low <= high:
            raise UserError(f"{name}: low is {low}, above high, which is {high}")
        if self.scale == "log" and low is not None and low <= 0:
            raise UserError(f"{name}: a log scale needs a low above 0, not {low}")
        self.kind: type[Any] = type(value)
        """The type of its values."""
        if self.kind is int and any(isinstance(limit, float) for limit in (low, high)):
            self.kind = float
        self._value: Value = value
        self._is_set_outside = False

    @property
    def value(self) -> Value:
        """The value that holds now. Setting it records the change, as one from outside is."""
        return self._value

    @value.setter
    def value(self, value: Value) -> None:
        self._is_set_outside = False
        self._set(value)

    def set_from_outside(self, value: Value) -> None:
        """Set the value as somebody outside the program requested."""
        self._is_set_outside = True
        self._set(value)
        if self.on_change is not None:
            self.on_change(value)
        if self._read is not None:
            self._seen = self._read()

    @property
    def is_set_outside(self) -> bool:
        """Whether the value was set from outside the program, and not by the program since."""
        return self._is_set_outside

    def track(self, read: Callable[[], Any]) -> None:
        """Let `read` return the value that holds, where a schedule or a callback changes it too."""
        self._read, self._seen = read, read()

    def follow(self) -> bool:
        """Take over what the program has changed since; return whether it has changed anything."""
        if self._read is None:
            return False
        now = self._read()
        if now == self._seen or now != now:  # not a number
            return False
        self._widen(now)
        self._seen = self.value = now
        return True

    def _widen(self, value: float) -> None:
        """Widen the limits so that they allow `value`; on a log scale by three decades more."""
        if self.low is not None and value < self.low:
            if self.scale == "linear":
                self.low = value
            elif value > 0:
                self.low = value / 1000
        if self.high is not None and value > self.high:
            self.high = value if self.scale == "linear" else value * 1000

    def _set(self, value: Value) -> None:
        old, self._value = self._value, value
        if old != value:
            self.changed(self, old, value)

    def declare_again(self, new: "Knob[Value]") -> None:
        """Take the limits and the value of a new declaration of the same name.

        A value that was set from outside stays, where the new limits allow it; `on_change` gets it.
        """
        kept = None
        if self._is_set_outside:
            with suppress(UserError):
                kept = new.check(self._value)
        self.low, self.high, self.scale = new.low, new.high, new.scale
        self.choices, self.kind, self.on_change = new.choices, new.kind, new.on_change
        self._read = None
        if kept is None:
            self.value = new.value
        else:
            self._value = kept
            if kept != new.value and self.on_change is not None:
                self.on_change(kept)

    @property
    def is_plain(self) -> bool:
        """Whether it is a number, true or false, or a text: what can be changed from outside."""
        return self.kind in (float, int, bool, str)

    def check(self, value: Any) -> Any:
        """Return `value` in this knob's type.

        Raises:
            UserError: it has another type, or is outside the limits or the choices.
        """
        if self.choices is not None:
            for choice in self.choices:
                if choice == value and isinstance(choice, bool) is isinstance(value, bool):
                    return choice
            raise UserError(f"{self.name} must be one of {', '.join(map(str, self.choices))}")
        if not self.is_plain:
            kind = type(self._value).__name__
            raise UserError(f"{self.name} is {kind}, which cannot be changed from outside")
        if self.kind in (bool, str):
            if not isinstance(value, self.kind):
                kind = "true or false" if self.kind is bool else "a text"
                raise UserError(f"{self.name} must be {kind}, not {value!r}")
            return value
        return self._check_number(value)

    def _check_number(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"{self.name} must be a number, not {value!r}")
        if not math.isfinite(value):
            raise UserError(f"{self.name} must be finite")
        if self.kind is int and value != int(value):
            raise UserError(f"{self.name} must be a whole number, not {value}")
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high:
            raise UserError(f"{self.name} must be from {low:g} to {high:g}, not {value:g}")
        return self.kind(value)

    def parse(self, text: str) -> Any:
        """Return the value that a text from the command line means.

        Raises:
            UserError: it means none that is allowed.
        """
        if self.choices is not None:
            return self.check(next((c for c in self.choices if str(c) == text), text))
        if self.kind is bool:
            return self.check(BOOLEANS.get(text.lower(), text))
        if self.kind is str:
            return text
        try:
            number = float(text)
            if self.kind is int:
                return self.check(int(text) if text.strip("+-").isdecimal() else number)
            return self.check(number)
        except (ValueError, OverflowError):
            raise UserError(f"{self.name} must be a number, not {text!r}") from None

    def declaration(self) -> dict[str, Any]:
        """Return what the event ``declared`` says of this value."""
        return {
            "name": self.name,
            "value": self._value,
            "low": self.low,
            "high": self.high,
            "scale": self.scale,
            "choices": None if self.choices is None else list(self.choices),
        }

    def __float__(self) -> float:
        return float(self._value)  # type: ignore[arg-type]  # a text raises

    def __int__(self) -> int:
        return int(self._value)  # type: ignore[call-overload,no-any-return]  # a text raises

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"Knob({self.name!r}, {self._value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a copy in another process be a value of its own, which nobody changes."""
        return Knob, (self.name, self._value)


def as_plain(value: Any) -> Any:
    """Return a scalar of any framework as Python's number, truth value or text.

    Raises:
        UserError: it is none.
    """
    if isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    item = getattr(value, "item", None)
    found = item() if callable(item) else value
    if isinstance(found, bool):
        return found
    try:
        return to_number(found)
    except Exception as error:
        raise UserError(f"{str(value)[:40]!r} cannot be changed from outside: {error}") from error


def as_limit(value: Any) -> float | None:
    """Return a limit as a number; None for none and for an infinity.

    Raises:
        UserError: it is no number.
    """
    if value is None:
        return None
    limit = as_plain(value)
    if isinstance(limit, str):
        raise UserError(f"a limit must be a number, not {value!r}")
    return float(limit) if isinstance(limit, bool) else limit if math.isfinite(limit) else None


def _spans_decades(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low > 0 and high / low >= 1000
