"""What can go wrong, in the words of the domain and without a word of HTTP.

`library.kernel.problems` gives each class its status and each code its sentence. A refusal of a loan is not an error: it is
a `Decision` and is returned.
"""

from typing import Any


class DomainError(Exception):
    """Base of all errors; inherit, never raise.

    `code` is stable and part of the API; `params` are values for the sentence and for extra members of the problem.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


class Invalid(DomainError):
    """The request is understood and cannot be right."""


class Malformed(DomainError):
    """The request cannot even be read."""


class NotFound(DomainError):
    """What the request names does not exist."""


class Conflict(DomainError):
    """The request does not fit the present state."""


class NotAllowed(DomainError):
    """The actor may not do this, or not here."""


class SignInRequired(DomainError):
    """Nobody is signed in."""


class TooManyAttempts(DomainError):
    """Wait before trying again; `params["retry_after"]` is in seconds."""


class Busy(DomainError):
    """The database could not be had in time; try again."""
