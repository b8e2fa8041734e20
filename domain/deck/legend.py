"""Cards of difficulty 5: the whole room knows."""

from domain.dares.terms import Card, CardText, Category, DareKind
from domain.ids import CardId

LEGEND: tuple[Card, ...] = (
    Card(
        card=CardId("dance-request"),
        title="May I have this dance?",
        text="Where there is music in the street, ask a stranger to dance, an arm's length apart.",
        german=CardText(
            title="Darf ich bitten?",
            text=(
                "Wo Straßenmusik spielt: Bitte jemand Fremdes um einen Tanz, mit einer Armlänge"
                " Abstand."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=5,
        categories=(Category.PERFORMANCE,),
    ),
    Card(
        card=CardId("greet-the-aeroplane"),
        title="Hello, everybody",
        text=(
            "While boarding an aeroplane, a bus or a train, greet the whole cabin with a cheerful"
            " hello to everyone. Never at security, and find your seat at once if the crew ask."
        ),
        german=CardText(
            title="Hallo zusammen",
            text=(
                "Grüß beim Einsteigen in Flugzeug, Bus oder Bahn alle mit einem fröhlichen Hallo."
                " Nie bei der Kontrolle, und setz dich gleich, wenn die Crew darum bittet."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=5,
        categories=(Category.PERFORMANCE,),
    ),
    Card(
        card=CardId("toast-the-room"),
        title="A toast to strangers",
        text=(
            "Ask the people at a café whether you may have ten seconds, then raise your glass of"
            " whatever it is and wish everyone in the room a good day."
        ),
        german=CardText(
            title="Auf euch alle",
            text=(
                "Bitte die Leute in einem Café um zehn Sekunden, heb dein Glas, egal was drin ist,"
                " und wünsch allen im Raum einen schönen Tag."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=5,
        categories=(Category.PERFORMANCE, Category.FOOD_DRINK),
        battle_safe=True,
    ),
    Card(
        card=CardId("sing-for-the-queue"),
        title="One chorus",
        text=(
            "Ask the people in a queue whether you may sing them one chorus. If anybody shakes"
            " their head, thank them and keep it for later."
        ),
        german=CardText(
            title="Ein Refrain",
            text=(
                "Frag die Leute in einer Schlange, ob du ihnen einen Refrain singen darfst."
                " Schüttelt jemand den Kopf, sag danke und heb ihn dir auf."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=5,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("choir-of-strangers"),
        title="A choir of strangers",
        text=(
            "Ask a handful of people who are waiting to hold one note with you for five seconds."
            " You conduct."
        ),
        german=CardText(
            title="Ein Chor aus Fremden",
            text=(
                "Bitte eine Handvoll Leute, die gerade warten, fünf Sekunden lang einen Ton mit"
                " dir zu halten. Du dirigierst."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=5,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("praise-of-mondays"),
        title="In praise of Mondays",
        text=(
            "In a park, ask those around you for thirty seconds and give a cheerful speech in"
            " praise of Mondays. Bow, whatever they do."
        ),
        german=CardText(
            title="Ein Hoch auf Montage",
            text=(
                "Bitte im Park die Leute um dich herum um dreißig Sekunden und halt eine fröhliche"
                " Rede auf den Montag. Verbeug dich, egal was kommt."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=5,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
)
