"""`data.text` under the name that it had while `core` alone made text harmless."""

from data.text import clean

__all__ = ["clean"]
