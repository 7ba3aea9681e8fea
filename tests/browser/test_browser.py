"""The built book in a real browser, opened from its files: every page, figure and slider.

Needs Debian's packages chromium and chromium-driver, and a built book. Speaks the WebDriver
protocol with the standard library alone. A failing page leaves its screenshot in
`results/screenshots`.
"""

import base64
import contextlib
import json
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from companion.site import display
from companion.site import offline as site
from companion.site.check_site import newest_book
from companion.views import cut_planes, plane_sliders, view

ROOT = Path(__file__).parents[2]
BUILT = newest_book(ROOT) or ROOT / "_build/html"
SCREENSHOTS = ROOT / "results" / "screenshots"
PHONE, DESKTOP, SCREEN = (390, 844), (1280, 1000), (1400, 1000)

BROWSER = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
DRIVER = shutil.which("chromedriver")
INK = (
    "const figure = document.querySelector('.shown-plotly .js-plotly-plot');"
    "return figure && figure.layout.font.color"
)
PATIENCE = 120  # s; a busy machine may do things slowly: the limit is for what never happens
BROWSERS_OWN = ("chrome:", "chrome-untrusted:", "chrome-search:")  # pages that are none of a site

PAGES = sorted(
    path.relative_to(BUILT).as_posix()
    for path in BUILT.rglob("*.html")
    if "_static" not in path.relative_to(BUILT).parts
)


def pages(markup=""):
    """Pages of the built book whose HTML holds some markup; one skipped entry if there are none."""
    found = [page for page in PAGES if markup in (BUILT / page).read_text(encoding="utf-8")]
    reason = f"no page has {markup}" if PAGES else "no built book: make book"
    return found or [pytest.param("", marks=pytest.mark.skip(reason=reason))]


pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no browser: apt install chromium chromium-driver"
)


class Browser:
    """One headless browser session."""

    def __init__(self, port, profile):
        self.address = f"http://127.0.0.1:{port}/session"
        options = {
            "binary": BROWSER,
            "args": [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--user-data-dir={profile}",
            ],
            "perfLoggingPrefs": {"enableNetwork": True},
        }
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self.call("", {"capabilities": {"alwaysMatch": capabilities}})
        self.address += f"/{answer['sessionId']}"

    def call(self, path, body=None, method="POST"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def open(self, page, *, theme="light", size=DESKTOP):
        self.resize(size)
        set_theme = (
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
        )
        self.devtools("Page.addScriptToEvaluateOnNewDocument", {"source": set_theme})
        self.log("browser"), self.log("performance")  # forget the page before
        self.run("window.left = true")
        self.call("/url", {"url": (BUILT / page).as_uri()})  # an absolute page stays as it is
        self.wait("!window.left && document.readyState === 'complete'")

    def resize(self, size):
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)

    def run(self, script, *arguments):
        return self.call("/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition):
        end = time.monotonic() + PATIENCE
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"not within {PATIENCE} s: {condition}"
            time.sleep(0.05)

    def devtools(self, command, parameters):
        return self.call("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self, kind):
        return self.call("/se/log", {"type": kind})

    def screenshot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.call("/screenshot", method="GET")))

    def complaints(self):
        """Console errors, failed requests and requests that leave the book's files.

        What the browser asks for its own pages, whatever it shows, is no request of the book.
        """
        found = [entry["message"] for entry in self.log("browser") if entry["level"] == "SEVERE"]
        own = set()
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            method, parameters = message["method"], message["params"]
            if method == "Network.requestWillBeSent":
                address = parameters["request"]["url"]
                if parameters["documentURL"].startswith(BROWSERS_OWN):
                    own.add(parameters["requestId"])
                elif not address.startswith(("file:", "data:", "blob:")):
                    found.append(f"request to {address[:100]}")
            elif method == "Network.loadingFailed" and parameters["requestId"] not in own:
                found.append(f"request failed: {parameters['errorText']}")
        return found


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for_port(port):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    pytest.fail(f"{DRIVER} does not answer within {PATIENCE} s")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    port = _free_port()
    with subprocess.Popen(
        [DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as driver:
        try:
            wait_for_port(port)
            session = Browser(port, tmp_path_factory.mktemp("profile"))
            yield session
            session.call("", method="DELETE")
        finally:
            driver.terminate()


@pytest.fixture(autouse=True)
def keep_screenshot(request, browser):
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed:
        name = "".join(c if c.isalnum() else "-" for c in request.node.name)
        browser.screenshot(SCREENSHOTS / f"{name}.png")


def scroll_through(browser):
    """Bring every part of the page near, as a reader would: figures draw themselves then."""
    count = "document.querySelectorAll('.shown-plotly').length"
    for index in range(browser.run(f"return {count}")):
        holder = f"document.querySelectorAll('.shown-plotly')[{index}]"
        browser.run(f"{holder}.scrollIntoView()")
        browser.wait(f"{holder}.classList.contains('ready')")


@pytest.mark.parametrize("page", pages())
def test_a_page_is_whole_and_quiet_and_obeys_its_reader(browser, page):
    """Nothing is asked from outside, nothing fails, nothing is blank, all that moves obeys keys.

    Mathematics is typeset. On a screen of 1400 pixels no table scrolls sideways, unless its caption
    gives a reason; on a phone only tables, code and equations may, each by itself. Both themes
    colour the page and the ink of its figures. All on a page that is opened once: to draw its
    scenes takes longer than to try them.
    """
    markup = (BUILT / page).read_text(encoding="utf-8")
    browser.open(page, size=SCREEN)
    scroll_through(browser)
    images = browser.run(
        "return [...document.images].filter(i => !(i.complete && i.naturalWidth)).map(i => i.src)"
    )
    assert images == []
    wait_for_figures(browser)
    assert wide_tables(browser) == []
    if 'class="math' in markup:
        browser.wait("document.querySelectorAll('mjx-container').length")
        assert browser.run("return document.querySelectorAll('mjx-merror').length") == 0
    if 'class="shown-slices"' in markup:
        move_sliders(browser)
    if 'class="shown-controls"' in markup:
        move_controls(browser)
        turn_scenes(browser)
    ink = browser.run(INK)
    browser.resize(PHONE)
    browser.wait(f"document.documentElement.scrollWidth <= {PHONE[0]}")
    dark = in_theme(browser, "dark")
    if 'class="shown-plotly' in markup:  # also when the reader changes the theme later
        browser.wait(f"(() => {{ {INK} }})() !== {json.dumps(ink)}")
    light = in_theme(browser, "light")
    assert max(map(int, re.findall(r"\d+", dark)[:3])) < 64
    assert min(map(int, re.findall(r"\d+", light)[:3])) > 192
    assert browser.complaints() == []


def in_theme(browser, theme):
    """Change the theme of the page that is open; return the colour of its paper."""
    return browser.run(
        "document.documentElement.dataset.theme = arguments[0];"
        "return getComputedStyle(document.body).backgroundColor",
        theme,
    )


def wide_tables(browser):
    """List the tables that are wider than their place without a reason."""
    return browser.run(
        "return [...document.querySelectorAll('.pst-scrollable-table-container')]"
        "  .filter(e => e.scrollWidth > e.clientWidth + 1 && !e.querySelector('table.wide'))"
        "  .map(e => `${e.querySelector('table').id} ${e.scrollWidth}/${e.clientWidth}`)"
    )


def test_a_wide_table_is_found(browser, small_page):
    """A table of many long words scrolls in a narrow place; with a reason it may."""
    browser.open(small_page, size=SCREEN)
    made = (
        "const box = document.createElement('div'), words = 'unbreakable'.repeat(9);"
        "box.className = 'pst-scrollable-table-container'; box.style.width = '600px';"
        "box.innerHTML = `<table id='t' class='table ${arguments[0]}'><tr>"
        "${`<td style='white-space: nowrap'>${words}</td>`.repeat(8)}</tr></table>`;"
        "document.body.replaceChildren(box)"
    )
    browser.run(made, "")
    [found] = wide_tables(browser)
    assert found.startswith("t ")
    browser.run(made, "wide")
    assert wide_tables(browser) == []


def test_a_new_reader_meets_no_complaint(browser):
    """Who has never chosen a theme gets that of the system, without an error in the console."""
    browser.open("book/index.html", theme="")
    browser.wait("document.documentElement.dataset.mode === 'auto'")
    assert browser.complaints() == []


def wait_for_figures(browser):
    """Wait until every Plotly figure shows a trace; a busy machine takes a while to draw them."""
    drawn = ".trace, path.js-line, .bars, canvas, .imagelayer image, .hm image"
    figures = "[...document.querySelectorAll('.shown-plotly')]"
    browser.wait(f"{figures}.every(e => e.querySelector('{drawn}'))")


@pytest.mark.parametrize("page", pages('id="headline"'))
def test_a_page_opens_in_the_readers_theme(browser, page):
    """The choice is kept from page to page; on a phone too."""
    browser.open(page, theme="dark", size=PHONE)
    assert browser.run("return document.documentElement.dataset.theme") == "dark"
    assert browser.run("return document.documentElement.scrollWidth") <= PHONE[0]


@pytest.fixture(scope="module")
def small_page(tmp_path_factory):
    """A page of what the helpers emit and the book's own script, without the rest of the book."""
    folder = tmp_path_factory.mktemp("book")
    site.prepare(folder / "_static/vendor")
    for name in ("custom.js", "custom.css"):
        shutil.copyfile(ROOT / "book/_static" / name, folder / "_static" / name)
    shown = []

    def keep(html, **rest):
        shown.append(html)

    text = {"name": "a", "caption": "A.", "alt": "What it shows."}
    ramp = np.stack([np.full((32, 32), 40 * k, np.uint8) for k in range(6)])
    sphere = np.linalg.norm(np.indices((9, 9, 9)) - 4.0, axis=0)
    z, y, x = (axis.ravel() for axis in np.indices((9, 9, 9)))
    surface = go.Isosurface(x=x, y=y, z=z, value=sphere.ravel(), isomin=3, isomax=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(display, "publish_figure", keep)
        display.show_plotly(go.Figure(go.Scatter(y=np.sin(np.arange(9)))), **text)
        display.show_plotly(go.Figure(surface), **text)
        display.show_slices({"TXM": ramp, "SEM": 255 - ramp}, **text)
        cube = np.multiply.outer(np.arange(12, dtype=np.uint8), np.full((12, 12), 20, np.uint8))
        scene = view(cut_planes(cube, voxel_size=1e-7), shape=cube.shape, voxel_size=1e-7)
        sliders = plane_sliders([cube], [0], voxel_size=1e-7)
        display.show_plotly(scene, controls=sliders, **text)
    page = folder / "page.html"
    page.write_text(
        '<!DOCTYPE html><html data-content_root="./" data-theme="light"><meta charset="utf-8">'
        '<link rel="stylesheet" href="_static/custom.css">'
        f'<body>{"".join(shown)}<script src="_static/custom.js"></script></body></html>'
    )
    return page


def test_helpers_work_in_a_browser(browser, small_page):
    """A curve and an isosurface are drawn from encoded arrays, and a slider is ready."""
    browser.open(small_page)
    scroll_through(browser)
    wait_for_figures(browser)
    assert browser.run("return document.querySelectorAll('.gl-container canvas').length") > 0
    assert browser.run("return document.querySelectorAll('.shown-slices.ready').length") == 1
    move_sliders(browser)
    move_controls(browser)
    turn_scenes(browser)
    assert browser.complaints() == []


def move_sliders(browser):
    sliders = browser.run("return document.querySelectorAll('.shown-slices').length")
    assert sliders
    for index in range(sliders):
        holder = f"document.querySelectorAll('.shown-slices')[{index}]"
        state = (
            f"const h = {holder}, all = [...h.querySelectorAll('img')];"
            " return [all.map(i => i.src).join(), all.map(i => i.alt).join(),"
            " h.querySelector('output').textContent,"
            " h.querySelector('input').getAttribute('aria-valuetext')]"
        )
        browser.run(f"{holder}.querySelector('input').scrollIntoView()")
        browser.run(f"{holder}.querySelector('input').focus()")
        before = browser.run(state)
        press_right(browser)
        browser.wait(f"{holder}.querySelector('output').textContent !== {json.dumps(before[2])}")
        after = browser.run(state)
        assert all(a != b for a, b in zip(after[1:], before[1:], strict=True))
        assert after[2] == after[3]
        own = (  # neighbouring states may look the same: each shows the pictures that are its own
            f"const h = {holder}, i = Number(h.querySelector('input').value);"
            " const made = JSON.parse(h.querySelector('script').textContent);"
            " return [made.panels.map(p => p[i]).join(), made.labels[i],"
            " new Set(made.panels.flat()).size, made.panels.length]"
        )
        pictures, label, different, panels = browser.run(own)
        assert [pictures, label] == [after[0], after[2]]
        assert different > panels


def press_right(browser):
    key = {"key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39}
    for kind in ("keyDown", "keyUp"):
        browser.devtools("Input.dispatchKeyEvent", {"type": kind, **key})


def move_controls(browser):
    """Move the first slider of each figure that has sliders, and choose from its first list."""
    holders = browser.run("return document.querySelectorAll('.shown-plotly').length")
    for index in range(holders):
        holder = f"document.querySelectorAll('.shown-plotly')[{index}]"
        traces = f"JSON.stringify({holder}.querySelector('.js-plotly-plot').data)"
        if browser.run(f"return Boolean({holder}.querySelector('.shown-controls input'))"):
            said = (
                f"const l = {holder}.querySelector('input').parentElement; return"
                " [l.querySelector('output').textContent, l.querySelector('input').ariaValueText]"
            )
            browser.run(f"{holder}.querySelector('input').focus()")
            browser.run(f"window.before = {traces}")
            before = browser.run(said)
            alike = browser.run(  # results of the smallest profile may have two steps alike
                f"const h = {holder}, n = +h.querySelector('input').value;"
                "const u = JSON.parse(h.querySelector('.shown-controls script').textContent)[0];"
                "return JSON.stringify(u.updates[n]) === JSON.stringify(u.updates[n + 1])"
            )
            press_right(browser)
            output = f"{holder}.querySelector('input').parentElement.querySelector('output')"
            browser.wait(f"{output}.textContent !== {json.dumps(before[0])}")
            if not alike:
                browser.wait(f"window.before !== {traces}")
            after = browser.run(said)
            assert after[0] == after[1] != before[0]
        choose = (
            f"const s = {holder}.querySelector('.shown-controls select');"
            f"if (s) {{ window.before = {traces}; s.selectedIndex = s.selectedIndex ? 0 : 1;"
            "  s.dispatchEvent(new Event('input')); } return Boolean(s)"
        )
        if browser.run(choose):
            browser.wait(f"window.before !== {traces}")


def turn_scenes(browser):
    """The right arrow turns each three-dimensional figure that has the focus."""
    scenes = "document.querySelectorAll('.js-plotly-plot[role=application]')"
    for index in range(browser.run(f"return {scenes}.length")):
        eye = f"JSON.stringify({scenes}[{index}].layout.scene.camera?.eye)"
        browser.run(f"{scenes}[{index}].focus(); window.before = {eye}")
        press_right(browser)
        browser.wait(f"window.before !== {eye}")
