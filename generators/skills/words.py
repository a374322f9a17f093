"""Names and things that fill the templates. Adding a word changes what is made: raise the versions."""

from __future__ import annotations

PEOPLE = tuple(
    """Ana Ben Clara Daniel Elena Farid Grace Hugo Ines Jack Kim Lena Marco Nadia Omar Paula Quinn Rosa
    Sam Tara Umar Vera Will Yara Zoe Adam Bella Carl Dora Emil""".split()  # noqa: SIM905
)
CITIES = tuple(
    """Oslo Lima Rome Cairo Paris Quito Delhi Tokyo Dublin Berlin Madrid Vienna Prague Boston Denver Austin
    Athens Lisbon Nairobi Helsinki""".split()  # noqa: SIM905
)
FRUIT = ("apples", "pears", "plums", "lemons", "peaches", "oranges", "melons", "figs")
THINGS = (
    "pencils",
    "stickers",
    "marbles",
    "cards",
    "coins",
    "buttons",
    "shells",
    "badges",
    "stamps",
    "beads",
)
BOXES = ("boxes", "bags", "packs", "trays", "baskets", "crates")
MONTHS = ("January", "March", "April", "May", "June", "July", "August", "October", "November")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COLOURS = ("red", "blue", "green", "black", "white", "yellow", "brown", "grey")

CALCULATE = (
    'Show the calculation on one line, then end with "The answer is N."',
    'Write the calculation on one line and finish with "The answer is N."',
    'Calculate on one line. The last words must be "The answer is N."',
    'Reply with a one-line calculation followed by "The answer is N."',
    'Work it out briefly, then say "The answer is N."',
    'Answer in one line: first the calculation, then "The answer is N."',
)
"""The wordings of the format sentence of skills that calculate; training uses the first."""
