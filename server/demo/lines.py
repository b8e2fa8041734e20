"""What demo players say: a line under a report, and dares in words of their own. Warm and funny.

A line fits whatever was asked. Those of a card are for that card alone.
"""

from msgspec import Struct

from domain.scoring import Outcome

NO, SILENCE, BOTH, YES = Outcome.REJECTED, Outcome.IGNORED, Outcome.MIXED, Outcome.GRANTED


class Lines(Struct, frozen=True):
    """One language's words."""

    locale: str
    squad: str
    said: dict[Outcome, tuple[str, ...]]
    of_card: dict[str, dict[Outcome, tuple[str, ...]]]
    own_words: tuple[tuple[str, int], ...]
    """A dare and its comfort level."""


EN = Lines(
    locale="en",
    squad="The Brave Bunch",
    said={
        NO: (
            "She said no so kindly that I thanked her twice.",
            "A clear no. My ears are red and I am three centimetres taller.",
            "“Absolutely not,” said the gentleman. We both laughed.",
            "No. Then he held the door for me. Best no of the week.",
            "I had practised for a yes and got a no. Much quicker.",
            "No! And nobody died. I checked.",
            "She thought about it, which I will treasure. Then: no.",
            "“Not for a million.” I did not have a million.",
            "Heart rate 140, answer no, would do it again.",
            "He said no before I had finished. A natural.",
        ),
        SILENCE: (
            "Headphones. Enormous ones. Still counts.",
            "A pigeon looked up. The pigeon was listening.",
            "Walked straight past. I wished their back a good day.",
            "I was brave at somebody who did not notice.",
            "Silence. I bowed to it and left.",
            "She was asleep with her eyes open. I respect that.",
        ),
        BOTH: (
            "“Maybe on Thursday.” I am taking the half.",
            "One no, one yes, one very long story about a boat.",
            "He said no, she said yes, the dog abstained.",
            "They said yes to something else entirely. I went along.",
            "“Ask my wife.” His wife is still deciding.",
        ),
        YES: (
            "They said yes and I had no plan for yes.",
            "A yes! I nearly asked whether they were sure.",
            "She said yes and told me about her whole Tuesday. Lovely Tuesday.",
            "Yes. I walked round the block smiling at hedges.",
            "They had been hoping all day that somebody would ask.",
            "Yes, at once. I was the nervous one.",
            "A yes, a handshake and half a biscuit.",
        ),
    },
    of_card={
        "time-phone-in-hand": {
            NO: ("He pointed at my phone. And left.", "“You tell me,” she said. Fair."),
            YES: ("Ten past four, and not a single question about my phone.",),
        },
        "best-thing-today": {
            NO: ("“Ask me tomorrow.” So the best thing is still to come.",),
            YES: ("Her cat sneezed at breakfast. I feel better too.",),
        },
        "which-apple": {
            NO: ("“I am a pear person.” A no with dignity.",),
            YES: ("She held four up to the light. It is an excellent apple.",),
        },
        "good-morning-five": {
            NO: ("The warmest good morning came from a baby.",),
            YES: ("A hat was raised. A HAT.",),
        },
        "coffee-discount": {
            NO: ("Full price, and a smile worth ten per cent.",),
            YES: ("He gave me the ten per cent “for asking nicely”.",),
        },
        "book-worth-it": {
            NO: ("“Shh. He is about to find the letter.”",),
            YES: ("I now own a list of eleven books.",),
        },
        "draw-me-a-cat": {
            NO: ("“I only do horses.”",),
            YES: ("It has five legs and it is going on my fridge.",),
        },
        "sing-along-bus-stop": {
            NO: ("“Not before coffee.” The bus driver hummed, though.",),
            YES: ("Two of us hummed. A third did the drums.",),
        },
        "join-the-game": {
            NO: ("“Grown-ups only keep score,” said a seven-year-old.",),
            YES: ("I lost nine to one. Best afternoon.",),
        },
    },
    own_words=(
        ("Ask somebody which way they would walk if they had the afternoon off.", 1),
        ("Ask a shop whether they have anything in the colour of a good mood.", 2),
        ("Ask someone for the worst joke they know.", 2),
        ("Ask whoever is next to you to name your umbrella.", 2),
        ("Ask at the bakery for the bread that nobody picks.", 2),
        ("Ask a stranger to trade one piece of advice with you.", 3),
        ("Ask a café whether you may choose the next song.", 3),
    ),
)

DE = Lines(
    locale="de",
    squad="Die Mutigen",
    said={
        NO: (
            "Sie hat so nett nein gesagt, dass ich mich zweimal bedankt habe.",
            "Ein klares Nein. Meine Ohren glühen, und ich bin drei Zentimeter größer.",
            "„Auf gar keinen Fall“, sagte der Herr. Wir haben beide gelacht.",
            "Nein! Und niemand ist gestorben. Ich habe nachgesehen.",
            "Puls 140, Antwort nein, jederzeit wieder.",
        ),
        SILENCE: (
            "Kopfhörer. Riesige. Zählt trotzdem.",
            "Eine Taube hat hochgeschaut. Die Taube hat zugehört.",
            "Stille. Ich habe mich verbeugt und bin gegangen.",
        ),
        BOTH: (
            "„Vielleicht am Donnerstag.“ Ich nehme die Hälfte.",
            "Er nein, sie ja, der Hund hat sich enthalten.",
            "„Fragen Sie meine Frau.“ Die überlegt noch.",
        ),
        YES: (
            "Ein Ja! Darauf war ich nicht vorbereitet.",
            "Ja, und dazu die Geschichte ihres ganzen Dienstags. Schöner Dienstag.",
            "Sie hatten den ganzen Tag gehofft, dass jemand fragt.",
            "Ja, Händedruck und ein halber Keks.",
        ),
    },
    of_card={},
    own_words=(
        ("Frag jemanden nach dem schlechtesten Witz, den er kennt.", 2),
        ("Frag in der Bäckerei nach dem Brot, das sonst niemand nimmt.", 2),
        ("Tausche mit einer fremden Person einen guten Rat.", 3),
        ("Frag jemanden, wohin er ginge, wenn er den Nachmittag frei hätte.", 1),
    ),
)

LINES = {"en": EN, "de": DE}
