"""Cards of difficulty 3: somebody has to stop and play along."""

from domain.dares.terms import Card, CardText, Category, DareKind
from domain.ids import CardId

STRETCH: tuple[Card, ...] = (
    Card(
        card=CardId("sing-along-bus-stop"),
        title="Hum with me",
        text="At a bus stop, ask the person beside you to hum one line of a song with you.",
        german=CardText(
            title="Summ mit mir",
            text=(
                "Frag an der Haltestelle die Person neben dir, ob sie eine Zeile aus einem Lied"
                " mit dir summt."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("table-says-hi-to-mum"),
        title="Say hi to my mum",
        text=(
            "Video-call your mum, or whoever loves you like one, and ask a table of strangers to"
            " say hi to her. Ask before you turn the camera."
        ),
        german=CardText(
            title="Grüß meine Mama",
            text=(
                "Ruf deine Mama per Video an, oder wen du so lieb hast, und bitte einen Tisch"
                " voller Fremder, ihr zuzuwinken. Frag, bevor du die Kamera drehst."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        categories=(Category.FILMING,),
    ),
    Card(
        card=CardId("shoes-compliment-swap"),
        title="Shoe story",
        text="Compliment a stranger's shoes and ask where they have walked the furthest in them.",
        german=CardText(
            title="Schuhgeschichte",
            text="Lob die Schuhe von jemand Fremdem und frag, wie weit sie schon gelaufen sind.",
        ),
        kind=DareKind.ASK,
        difficulty=3,
        categories=(Category.APPEARANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("join-the-game"),
        title="Room for one more?",
        text="See people playing in the park? Ask whether you may join in for one round.",
        german=CardText(
            title="Noch Platz für eine Person?",
            text="Im Park spielen Leute? Frag, ob du eine Runde mitmachen darfst.",
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("teach-me-one-word"),
        title="One word of yours",
        text="Ask somebody who speaks another language to teach you their favourite word of it.",
        german=CardText(
            title="Ein Wort von dir",
            text=(
                "Frag jemanden, der noch eine andere Sprache spricht, nach dem Lieblingswort"
                " darin, und lern es."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("paper-aeroplane"),
        title="Maiden flight",
        text=(
            "In a park, fold a paper aeroplane and ask a stranger to throw it. Pick it up"
            " afterwards."
        ),
        german=CardText(
            title="Jungfernflug",
            text=(
                "Falte im Park einen Papierflieger und bitte jemand Fremdes, ihn zu werfen. Heb"
                " ihn danach auf."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("rock-paper-scissors"),
        title="One round",
        text=(
            "Challenge a stranger to one round of rock, paper, scissors. Bow if you lose, and bow"
            " if you win."
        ),
        german=CardText(
            title="Eine Runde",
            text=(
                "Fordere jemand Fremdes zu einer Runde Schere, Stein, Papier heraus. Verbeug dich,"
                " wenn du verlierst. Und wenn du gewinnst."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("two-lines-of-a-poem"),
        title="Two lines",
        text=(
            "Ask somebody in a park whether you may read them two lines of a poem. Pick them first."
        ),
        german=CardText(
            title="Zwei Zeilen",
            text=(
                "Frag jemanden im Park, ob du zwei Zeilen aus einem Gedicht vorlesen darfst. Such"
                " sie vorher aus."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("your-autograph"),
        title="Your autograph",
        text="Ask a stranger for an autograph, in case they become famous. A squiggle is plenty.",
        german=CardText(
            title="Ein Autogramm, bitte",
            text=(
                "Bitte jemand Fremdes um ein Autogramm, falls es mal etwas wert ist. Ein Kringel"
                " reicht völlig."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("guard-my-pebble"),
        title="Guard my pebble",
        text=(
            "Lay a pebble on a bench and ask somebody there to keep an eye on it for one minute."
            " Come back and thank them."
        ),
        german=CardText(
            title="Pass auf meinen Kiesel auf",
            text=(
                "Leg einen Kiesel auf eine Bank und bitte jemanden dort, eine Minute darauf"
                " aufzupassen. Komm zurück und bedank dich."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("guest-of-honour"),
        title="Guest of honour",
        text=(
            "Hold a door open and announce the next person as the guest of honour. One bow will do."
        ),
        german=CardText(
            title="Ehrengast",
            text=(
                "Halt eine Tür auf und kündige die nächste Person als Ehrengast an. Eine"
                " Verbeugung genügt."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=3,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("postcard-to-myself"),
        title="Mail for me",
        text=(
            "Ask a stranger to write one sentence on a postcard to you. Bring card and pen, and"
            " add the address later."
        ),
        german=CardText(
            title="Post für mich",
            text=(
                "Bitte jemand Fremdes, dir einen Satz auf eine Postkarte zu schreiben. Karte und"
                " Stift bringst du mit, die Adresse kommt später drauf."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
    ),
    Card(
        card=CardId("title-of-my-memoirs"),
        title="My memoirs",
        text=(
            "Tell a stranger in one sentence what happened to you this week, and ask for a book"
            " title for it."
        ),
        german=CardText(
            title="Meine Memoiren",
            text=(
                "Erzähl jemand Fremdem in einem Satz, was dir diese Woche passiert ist, und frag"
                " nach einem Buchtitel dafür."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("pass-it-on"),
        title="Pass it on",
        text=(
            "Tell somebody honestly what they are doing well, and ask them to say such a thing to"
            " somebody else today."
        ),
        german=CardText(
            title="Gib's weiter",
            text=(
                "Sag jemandem ehrlich, was er oder sie gerade gut macht, und bitte darum, heute"
                " auch jemandem so etwas zu sagen."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
)
