"""The deck: dares to pick from, written for this game.

A card is asked of the world as it stands, so each is kind to strangers: one ask, easy to refuse,
nothing that frightens, costs or films anyone without a yes.
"""

from domain.dares.terms import Card, Category, DareKind
from domain.ids import CardId

DECK: tuple[Card, ...] = (
    Card(
        card=CardId("time-phone-in-hand"),
        title="What time is it?",
        text="Ask a stranger the time while your phone is plainly in your hand.",
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("best-thing-today"),
        title="Best thing today",
        text="Ask somebody in a queue what the best thing about their day was so far.",
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("good-morning-five"),
        title="Five good mornings",
        text="Say good morning to the next five people you pass. Count who answers.",
        kind=DareKind.ACT,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("which-apple"),
        title="Pick my apple",
        text="In a shop, ask another customer to choose your apple for you.",
        kind=DareKind.ASK,
        difficulty=1,
        battle_safe=True,
    ),
    Card(
        card=CardId("coffee-discount"),
        title="Ten per cent off",
        text="Order a coffee and ask, kindly and once, whether you could have it 10 % cheaper.",
        kind=DareKind.ASK,
        difficulty=2,
        categories=(Category.MONEY, Category.FOOD_DRINK),
        battle_safe=True,
    ),
    Card(
        card=CardId("book-worth-it"),
        title="Worth reading?",
        text="Ask somebody with a book whether it is worth reading, and why.",
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("note-asking-for-help"),
        title="A note to strangers",
        text=(
            "Want something: a skill, a chess partner, a lift to the sea? Leave a note where people"
            " pass that asks strangers for help with it, with a box for their answers. Report what"
            " you find in it."
        ),
        kind=DareKind.ASK,
        difficulty=2,
    ),
    Card(
        card=CardId("draw-me-a-cat"),
        title="Draw me a cat",
        text="Ask a stranger to draw you a cat. Bring the pen and a scrap of paper.",
        kind=DareKind.ASK,
        difficulty=2,
        battle_safe=True,
    ),
    Card(
        card=CardId("recipe-from-the-kitchen"),
        title="The secret of the soup",
        text="After a meal, ask whether the kitchen would tell you how they make the dish.",
        kind=DareKind.ASK,
        difficulty=2,
        categories=(Category.FOOD_DRINK, Category.WORKPLACE),
    ),
    Card(
        card=CardId("sing-along-bus-stop"),
        title="Hum with me",
        text="At a bus stop, ask the person beside you to hum one line of a song with you.",
        kind=DareKind.ASK,
        difficulty=3,
        categories=(Category.PERFORMANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("table-says-hi-to-mum"),
        title="Say hi to my mum",
        text=(
            "Video-call your mum, or whoever loves you like one, and ask a table of strangers"
            " to say hi to her. Ask before you turn the camera."
        ),
        kind=DareKind.ASK,
        difficulty=3,
        categories=(Category.FILMING,),
    ),
    Card(
        card=CardId("shoes-compliment-swap"),
        title="Shoe story",
        text="Compliment a stranger's shoes and ask where they have walked the furthest in them.",
        kind=DareKind.ASK,
        difficulty=3,
        categories=(Category.APPEARANCE,),
        battle_safe=True,
    ),
    Card(
        card=CardId("join-the-game"),
        title="Room for one more?",
        text="See people playing in the park? Ask whether you may join in for one round.",
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("teach-me-one-word"),
        title="One word of yours",
        text="Ask somebody who speaks another language to teach you their favourite word of it.",
        kind=DareKind.ASK,
        difficulty=3,
        battle_safe=True,
    ),
    Card(
        card=CardId("department-store-hellos"),
        title="The whole shop floor",
        text=(
            "Walk one floor of a department store. Greet people, pay each an honest compliment"
            " and introduce yourself by name. Stop after ten, or when you are smiling."
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
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.PERFORMANCE, Category.WORKPLACE),
    ),
    Card(
        card=CardId("try-your-job"),
        title="One minute of your job",
        text=(
            "Ask somebody at a quiet counter whether you may do their job for one minute:"
            " fold a shirt, weigh the pears, ring the bell."
        ),
        kind=DareKind.ASK,
        difficulty=4,
        categories=(Category.WORKPLACE,),
    ),
    Card(
        card=CardId("dance-request"),
        title="May I have this dance?",
        text="Where there is music in the street, ask a stranger to dance, an arm's length apart.",
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
        kind=DareKind.ACT,
        difficulty=5,
        categories=(Category.PERFORMANCE, Category.FOOD_DRINK),
        battle_safe=True,
    ),
)

BY_ID = {card.card: card for card in DECK}
