"""Cards of difficulty 2: a little odd, quickly over."""

from domain.dares.terms import Card, CardText, Category, DareKind
from domain.ids import CardId

NUDGE: tuple[Card, ...] = (
    Card(
        card=CardId("coffee-discount"),
        title="Ten per cent off",
        text="Order a coffee and ask, kindly and once, whether you could have it 10 % cheaper.",
        german=CardText(
            title="Zehn Prozent weniger",
            text=(
                "Bestell einen Kaffee und frag nett und nur einmal, ob du ihn 10 % günstiger"
                " bekommst."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        categories=(Category.MONEY, Category.FOOD_DRINK),
        battle_safe=True,
    ),
    Card(
        card=CardId("book-worth-it"),
        title="Worth reading?",
        text="Ask somebody with a book whether it is worth reading, and why.",
        german=CardText(
            title="Lohnt sich das?",
            text="Frag jemanden mit einem Buch, ob sich das Lesen lohnt, und warum.",
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("note-asking-for-help"),
        title="A note to strangers",
        text=(
            "Want something: a skill, a chess partner, a lift to the sea? Leave a note where"
            " people pass that asks strangers for help with it, with a box for their answers."
            " Report what you find in it."
        ),
        german=CardText(
            title="Zettel an Unbekannt",
            text=(
                "Suchst du etwas: jemanden für Schach, Nachhilfe, eine Mitfahrt ans Meer? Häng"
                " einen Zettel auf, wo Leute vorbeikommen, und bitte Fremde um Hilfe, mit einem"
                " Kästchen für Antworten. Melde, was du darin findest."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
    ),
    Card(
        card=CardId("draw-me-a-cat"),
        title="Draw me a cat",
        text="Ask a stranger to draw you a cat. Bring the pen and a scrap of paper.",
        german=CardText(
            title="Mal mir eine Katze",
            text="Bitte jemand Fremdes, dir eine Katze zu malen. Stift und Zettel bringst du mit.",
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("recipe-from-the-kitchen"),
        title="The secret of the soup",
        text="After a meal, ask whether the kitchen would tell you how they make the dish.",
        german=CardText(
            title="Das Geheimnis der Suppe",
            text="Frag nach dem Essen, ob dir die Küche verrät, wie das Gericht gemacht wird.",
        ),
        kind=DareKind.ASK,
        difficulty=2,
        categories=(Category.FOOD_DRINK, Category.WORKPLACE),
    ),
    Card(
        card=CardId("borrow-a-pen"),
        title="Your pen, one minute",
        text=(
            "Ask somebody to lend you a pen for a minute. Write down something kind, and give it"
            " back."
        ),
        german=CardText(
            title="Kurz dein Stift",
            text=(
                "Leih dir von jemandem für eine Minute einen Stift. Schreib etwas Nettes auf und"
                " gib ihn zurück."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("underused-word"),
        title="A neglected word",
        text=(
            "Ask a stranger for a word that deserves to be used more often. Use it in your thank"
            " you."
        ),
        german=CardText(
            title="Ein vergessenes Wort",
            text=(
                "Frag jemand Fremdes nach einem Wort, das man öfter benutzen sollte. Bau es in"
                " dein Danke ein."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("air-five"),
        title="Air five",
        text="Ask a stranger for a high five through the air, two metres apart.",
        german=CardText(
            title="Luft-Highfive",
            text="Bitte jemand Fremdes um ein High five durch die Luft, mit zwei Metern Abstand.",
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("song-in-your-ears"),
        title="What's playing?",
        text=(
            "Ask somebody who is just taking off their headphones what they were listening to, and"
            " whether it is any good."
        ),
        german=CardText(
            title="Was läuft da?",
            text=(
                "Frag jemanden, der gerade die Kopfhörer abnimmt, was da lief und ob es was taugt."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("wise-advice"),
        title="Advice for the week",
        text="Ask somebody who looks wise for one piece of advice for your week.",
        german=CardText(
            title="Ein Rat für die Woche",
            text="Frag jemanden, der weise aussieht, nach einem Rat für deine Woche.",
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("spare-button"),
        title="A lost button",
        text="Ask at a tailor's or a dry cleaner's whether they have a lost button to give away.",
        german=CardText(
            title="Ein verlorener Knopf",
            text=(
                "Frag in einer Schneiderei oder Reinigung, ob sie einen übrig gebliebenen Knopf zu"
                " verschenken haben."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        categories=(Category.WORKPLACE,),
    ),
    Card(
        card=CardId("name-my-plant"),
        title="Name my plant",
        text="Show a stranger a picture of a plant of yours and ask them to give it a name.",
        german=CardText(
            title="Gib ihr einen Namen",
            text=(
                "Zeig jemand Fremdem ein Foto von deiner Pflanze und bitte um einen Namen für sie."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("joke-for-a-joke"),
        title="A joke for a joke",
        text="Tell a stranger a joke of one line, and ask for one in return.",
        german=CardText(
            title="Witz gegen Witz",
            text=(
                "Erzähl jemand Fremdem einen Witz, der in eine Zeile passt, und bitte um einen"
                " zurück."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("first-line-by-phone"),
        title="First line, please",
        text=(
            "Ring a bookshop at a quiet hour and ask whether somebody would read you the first"
            " line of a book they love."
        ),
        german=CardText(
            title="Den ersten Satz, bitte",
            text=(
                "Ruf zu einer ruhigen Zeit in einer Buchhandlung an und frag, ob dir jemand den"
                " ersten Satz aus einem Lieblingsbuch vorliest."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=2,
        categories=(Category.PHONE_ONLINE, Category.WORKPLACE),
    ),
    Card(
        card=CardId("ahead-in-the-queue"),
        title="After you",
        text=(
            "Let somebody go ahead of you in a queue and wish them the loveliest day of the month."
        ),
        german=CardText(
            title="Nach dir",
            text="Lass jemanden in der Schlange vor und wünsch dabei den schönsten Tag des Monats.",
        ),
        kind=DareKind.ACT,
        difficulty=2,
        battle_safe=True,
    ),
)
