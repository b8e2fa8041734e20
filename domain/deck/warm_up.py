"""Cards of difficulty 1: a small hello to the world."""

from domain.dares.terms import Card, CardText, Category, DareKind
from domain.ids import CardId

WARM_UP: tuple[Card, ...] = (
    Card(
        card=CardId("time-phone-in-hand"),
        title="What time is it?",
        text="Ask a stranger the time while your phone is plainly in your hand.",
        german=CardText(
            title="Wie spät ist es?",
            text=(
                "Frag jemand Fremdes nach der Uhrzeit, während du gut sichtbar dein Handy in der"
                " Hand hältst."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("best-thing-today"),
        title="Best thing today",
        text="Ask somebody in a queue what the best thing about their day was so far.",
        german=CardText(
            title="Das Beste heute",
            text="Frag jemanden in einer Schlange, was bisher das Beste am Tag war.",
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("good-morning-five"),
        title="Five good mornings",
        text="Say good morning to the next five people you pass. Count who answers.",
        german=CardText(
            title="Fünfmal guten Morgen",
            text=(
                "Sag den nächsten fünf Leuten, die dir begegnen, guten Morgen. Zähl mit, wer"
                " antwortet."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("which-apple"),
        title="Pick my apple",
        text="In a shop, ask another customer to choose your apple for you.",
        german=CardText(
            title="Such mir einen Apfel aus",
            text="Bitte jemanden beim Einkaufen, dir einen Apfel auszusuchen.",
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("nice-colour"),
        title="Nice colour",
        text=(
            "Tell somebody that you like the colour of their bag, bike or umbrella. A smile counts"
            " as an answer."
        ),
        german=CardText(
            title="Schöne Farbe",
            text=(
                "Sag jemandem, dass dir die Farbe von Tasche, Rad oder Schirm gefällt. Ein Lächeln"
                " zählt als Antwort."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("which-way-is-north"),
        title="Which way is north?",
        text=(
            "Ask a passer-by which way north is. Say thank you and walk ten steps in that"
            " direction."
        ),
        german=CardText(
            title="Wo ist Norden?",
            text=(
                "Frag im Vorbeigehen jemanden, wo Norden ist. Sag danke und geh zehn Schritte in"
                " diese Richtung."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("your-forecast"),
        title="Your forecast, please",
        text=(
            "Ask somebody who is waiting for something what the weather will do next. Believe them."
        ),
        german=CardText(
            title="Deine Vorhersage, bitte",
            text="Frag jemanden, der gerade wartet, wie das Wetter wird. Glaub es einfach.",
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("sock-check"),
        title="Sock check",
        text="Ask a stranger whether your socks go with your shoes. Any verdict is fine.",
        german=CardText(
            title="Sockencheck",
            text=(
                "Frag jemand Fremdes, ob deine Socken zu deinen Schuhen passen. Jedes Urteil ist"
                " in Ordnung."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=1,
        categories=(Category.APPEARANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("half-a-bench"),
        title="Half a bench",
        text="Ask somebody on a bench whether you may sit at the other end for a minute.",
        german=CardText(
            title="Eine halbe Bank",
            text="Frag jemanden auf einer Bank, ob du dich kurz ans andere Ende setzen darfst.",
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("one-thumb-up"),
        title="One thumb up",
        text="Ask a passer-by for a thumbs up, because you are being brave today.",
        german=CardText(
            title="Ein Daumen hoch",
            text="Bitte im Vorbeigehen jemanden um einen Daumen hoch, weil du heute mutig bist.",
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("heads-or-tails"),
        title="Heads or tails?",
        text=(
            "Ask a stranger to call heads or tails for a small decision of yours. Toss, and tell"
            " them what it decided."
        ),
        german=CardText(
            title="Kopf oder Zahl?",
            text=(
                "Lass jemand Fremdes für eine kleine Entscheidung von dir Kopf oder Zahl wählen."
                " Wirf, und erzähl, was damit entschieden ist."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("prettiest-street"),
        title="The prettiest street",
        text="Ask somebody which street around here is the prettiest, and what makes it so.",
        german=CardText(
            title="Die schönste Straße",
            text="Frag jemanden, welche Straße hier die schönste ist, und warum.",
        ),
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("tea-or-coffee"),
        title="Tea or coffee?",
        text="Ask somebody unhurried one thing only: tea or coffee? Nod wisely at the answer.",
        german=CardText(
            title="Tee oder Kaffee?",
            text="Frag jemanden, der es nicht eilig hat, nur eins: Tee oder Kaffee? Nick weise.",
        ),
        kind=DareKind.ASK,
        difficulty=1,
        categories=(Category.FOOD_DRINK,),
        battle_safe=True,
    ),
    Card(
        card=CardId("thank-the-unthanked"),
        title="Thanks for that",
        text=(
            "Thank somebody whose work mostly goes unseen: who sweeps, stocks or sorts. Say what"
            " for, and let them get on."
        ),
        german=CardText(
            title="Danke dafür",
            text=(
                "Bedank dich bei jemandem, dessen Arbeit sonst kaum jemand sieht: beim Fegen,"
                " Einräumen, Sortieren. Sag, wofür, und stör nicht weiter."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=1,
        categories=(Category.WORKPLACE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("wave-and-count"),
        title="Wave and count",
        text="From a safe spot, wave at a passing bus, boat or train. Count who waves back.",
        german=CardText(
            title="Winken und zählen",
            text=(
                "Wink von einem sicheren Platz aus einem Bus, Schiff oder Zug zu. Zähl, wer"
                " zurückwinkt."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=1,
        battle_safe=True,
    ),
)
