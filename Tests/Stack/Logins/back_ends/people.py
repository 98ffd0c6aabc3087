"""Who may sign in at the back ends."""

import dataclasses


@dataclasses.dataclass
class Person:
    id: str
    name: str
    password: str
    is_staff: bool


PEOPLE = {
    "ada": Person("1", "Ada Lovelace", "correct horse", True),
    "zoe": Person("2", "Zoë “Z” Müller-Ōkami 🎤", "battery staple", False),
}


def signed_in(name, password):
    """The person of that name and password; `None` if there is none."""
    person = PEOPLE.get(name)
    return person if person and person.password == password else None
