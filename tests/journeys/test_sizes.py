"""What a phone has to load: the budgets, measured in what was built."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

WEB = Path(__file__).parents[2] / "clients" / "web"
DIST = WEB / "dist"
SCREENS = re.findall(r"import\('\./(\w+)\.svelte'\)", (WEB / "src/views/screens.ts").read_text())
PAGE = (DIST / "index.html").read_text()
SCRIPTS = {path.name: path.read_text() for path in (DIST / "assets").glob("*.js")}

# gzip bytes
FIRST_SCRIPTS = 45_000
FIRST_STYLES = 10_000
ROUTE_SCRIPTS = 15_000
HASH = 12  # "-", the hash and ".js" behind a script's name

STATIC = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")
FONT = re.compile(r"\.(?:woff2?|ttf|otf)\b|@font-face")


def whole(names: Iterable[str]) -> set[str]:
    """Scripts with all that they import at once."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += STATIC.findall(SCRIPTS[name])
    return found


def gzipped(names: Iterable[str]) -> int:
    """Bytes on the wire."""
    return sum((DIST / "assets" / f"{name}.gz").stat().st_size for name in names)


def words(kind: str) -> set[str]:
    """The longest words of one language; which one a person speaks, the build does not know."""
    pattern = re.compile(rf"[a-z]{{2}}{kind}-[\w-]{{8}}\.js")
    return set(
        sorted((n for n in SCRIPTS if pattern.fullmatch(n)), key=lambda n: gzipped([n]))[-1:]
    )


FIRST = whole(re.findall(r"/assets/([\w.-]+\.js)", PAGE)) | words("")
ROUTES = {
    name[:-HASH]: whole([name]) - FIRST for name in sorted(SCRIPTS) if name[:-HASH] in SCREENS
}
# What the screens behind the door share comes once, whichever of them is the first.
SHARED = {name for name in SCRIPTS if name[:-HASH] == "inside"} | words("-inside")


def test_the_first_load_is_small(figure: Callable[[str], None]) -> None:
    styles = re.findall(r"/assets/([\w.-]+\.css)", PAGE)
    figure(f"first load: {gzipped(FIRST):,} bytes of JS, {gzipped(styles):,} of CSS (gzip)")

    assert gzipped(FIRST) <= FIRST_SCRIPTS
    assert gzipped(styles) <= FIRST_STYLES


def test_every_route_is_small(figure: Callable[[str], None]) -> None:
    sizes = {name: gzipped(scripts - SHARED) for name, scripts in ROUTES.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    figure(f"largest route: {largest}, {sizes[largest]:,} bytes of JS (gzip)")
    figure(f"shared by the routes: {gzipped(SHARED):,} bytes of JS (gzip)")
    figure(f"the words of battles, beside them: {gzipped(words('-battle')):,} bytes of JS (gzip)")

    assert sorted(SCREENS) == sorted(ROUTES)
    assert 2 == len(SHARED)
    assert {} == {name: size for name, size in sizes.items() if size > ROUTE_SCRIPTS}
    assert gzipped(SHARED) <= ROUTE_SCRIPTS


def test_no_font_comes_along() -> None:
    styles = [path.read_text() for path in (DIST / "assets").glob("*.css")]
    names = [path.name for path in DIST.rglob("*")]

    assert [] == [match for text in [*styles, *names] for match in FONT.findall(text)]
