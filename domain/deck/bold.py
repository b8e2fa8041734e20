"""Cards of difficulty 4: a favour that takes nerve, or a few people watching."""

from domain.dares.terms import Card, CardText, Category, DareKind
from domain.ids import CardId

BOLD: tuple[Card, ...] = (
    Card(
        card=CardId("department-store-hellos"),
        title="The whole shop floor",
        text=(
            "Walk one floor of a department store. Greet people, pay each an honest compliment and"
            " introduce yourself by name. Stop after ten, or when you are smiling."
        ),
        german=CardText(
            title="Die ganze Etage",
            text=(
                "Geh im Kaufhaus durch eine Etage. Grüß die Leute, mach ihnen ein ehrliches"
                " Kompliment und stell dich mit Namen vor. Nach zehn ist Schluss, oder sobald du"
                " grinst."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=4,
        categories=(Category.APPEARANCE, Category.PERFORMANCE),
    ),
    Card(
        card=CardId("shop-announcement"),
        title="Attention, please",
        text=(
            "Ask in a shop whether you may make one friendly announcement over their speakers."
            " Have your sentence ready."
        ),
        german=CardText(
            title="Achtung, bitte",
            text=(
                "Frag in einem Laden, ob du eine nette Durchsage über die Lautsprecher machen"
                " darfst. Leg dir deinen Satz vorher zurecht."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.PERFORMANCE, Category.WORKPLACE),
    ),
    Card(
        card=CardId("try-your-job"),
        title="One minute of your job",
        text=(
            "Ask somebody at a quiet counter whether you may do their job for one minute: fold a"
            " shirt, weigh the pears, ring the bell."
        ),
        german=CardText(
            title="Eine Minute dein Job",
            text=(
                "Frag jemanden an einer ruhigen Theke, ob du eine Minute lang mitarbeiten darfst:"
                " ein Hemd falten, Birnen wiegen, die Klingel drücken."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.WORKPLACE,),
    ),
    Card(
        card=CardId("upgrade-please"),
        title="An upgrade, please",
        text=(
            "Going somewhere with a ticket anyway? Ask at the desk, once and with a smile, whether"
            " there is an upgrade just for asking."
        ),
        german=CardText(
            title="Ein Upgrade, bitte",
            text=(
                "Du hast sowieso ein Ticket? Frag am Schalter, einmal und mit einem Lächeln, ob es"
                " ein Upgrade einfach fürs Fragen gibt."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.MONEY, Category.WORKPLACE),
    ),
    Card(
        card=CardId("free-compliments"),
        title="Free compliments",
        text=(
            "Hold up a sign that says: free compliments. Stay for ten minutes and give an honest"
            " one to whoever wants it."
        ),
        german=CardText(
            title="Komplimente gratis",
            text=(
                "Halt ein Schild hoch: Komplimente gratis. Bleib zehn Minuten und mach allen ein"
                " ehrliches, die eins wollen."
            ),
        ),
        kind=DareKind.ACT,
        difficulty=4,
        categories=(Category.PERFORMANCE, Category.APPEARANCE),
    ),
    Card(
        card=CardId("round-of-applause"),
        title="A round of applause",
        text=(
            "Ask a group of people for a round of applause. If they want to know what for: for"
            " asking."
        ),
        german=CardText(
            title="Applaus, bitte",
            text=(
                "Bitte eine Gruppe um einen kurzen Applaus. Wenn sie wissen wollen, wofür: fürs"
                " Fragen."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("one-dance-step"),
        title="One step",
        text="Ask somebody to teach you one dance step, right where you both stand.",
        german=CardText(
            title="Ein Schritt",
            text="Bitte jemanden, dir einen Tanzschritt beizubringen, gleich hier, wo ihr steht.",
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("tour-of-a-lamp-post"),
        title="A very short tour",
        text=(
            "Offer a stranger a guided tour of one lamp post: half a minute, all of it made up."
            " Say so at the end."
        ),
        german=CardText(
            title="Eine sehr kurze Führung",
            text=(
                "Biete jemand Fremdem eine Führung um eine Straßenlaterne an: eine halbe Minute,"
                " alles erfunden. Verrat es am Schluss."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("banana-reporter"),
        title="Banana news",
        text=(
            "With a banana for a microphone, ask a passer-by for today's good news. Nothing is"
            " recorded."
        ),
        german=CardText(
            title="Bananen-Nachrichten",
            text=(
                "Frag im Vorbeigehen jemanden nach der guten Nachricht des Tages, mit einer Banane"
                " als Mikrofon. Aufgenommen wird nichts."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("honorary-member"),
        title="Honorary member",
        text=(
            "Ask a group that is having a good time whether you may be their honorary member for"
            " one minute."
        ),
        german=CardText(
            title="Ehrenmitglied",
            text=(
                "Frag eine Gruppe, die gerade Spaß hat, ob du eine Minute lang Ehrenmitglied sein"
                " darfst."
            ),
        ),
        kind=DareKind.ASK,
        difficulty=4,
        battle_safe=True,
    ),
)
