"""The helpers that show things in the book, and the checker of the built book."""

import base64
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from build_book import printed_cells
from pages import read_pages
from PIL import Image

from companion.profiles import PROFILES, profile_table
from companion.rows import network_table
from companion.site import _bundle, display
from companion.site import offline as site
from companion.site.check_site import PAPER_LABELS, check_site, newest_book
from companion.site.recorded import slices_html
from companion.site.records import RESULTS_VARIABLE
from companion.site.typography import unbroken
from shalelib.files import write_json

ROOT = Path(__file__).parents[1]
TEXT = {"name": "figure-3", "caption": "A caption with $x$.", "alt": 'A "quoted" <alt>'}


@pytest.fixture
def shown(monkeypatch):
    """Collect what the helpers put in the notebook: directive, label, JSON, HTML for Jupyter."""
    outputs = []

    def publish(markdown, *, html, plain):
        pattern = r":{8}\{([\w-]+)\}\n:name: ([\w-]+)\n\n(.*)\n:{8}\n"
        kind, name, content = re.fullmatch(pattern, markdown).groups()
        outputs.append((kind, name, json.loads(content), html))

    monkeypatch.setattr(_bundle, "publish", publish)
    monkeypatch.setattr(display, "publish", publish)
    return outputs


@pytest.fixture(autouse=True)
def own_docutils_nodes():
    """Let each Sphinx build of these tests register its nodes as if it were the first."""
    docutils = pytest.importorskip("sphinx.util.docutils")
    with docutils.docutils_namespace():
        yield


def decode(address):
    return base64.b64decode(address.partition("base64,")[2])


# What the helpers put in a notebook


def test_figure_carries_its_own_png_and_escaped_alt(shown):
    fig, axes = plt.subplots()
    axes.plot([0, 1])
    display.show_figure(fig, **TEXT)
    [(kind, name, content, _)] = shown
    assert (kind, name, content["caption"]) == ("shown-figure", "figure-3", TEXT["caption"])
    assert decode(re.search('src="([^"]+)"', content["html"])[1]).startswith(b"\x89PNG")
    assert 'alt="A &quot;quoted&quot; &lt;alt&gt;"' in content["html"]
    assert not plt.fignum_exists(fig.number)


def test_a_large_figure_is_smaller_and_loses_nothing(monkeypatch):
    """The WebP holds the pixels of the PNG, and half the bytes or so for pictures of noise."""
    fig, axes = plt.subplots()
    axes.imshow(np.random.default_rng(0).integers(0, 256, (200, 200)), cmap="gray")
    laid = _bundle.laid_out(fig, _bundle.COLUMN)
    small = decode(_bundle.png(laid))
    monkeypatch.setattr(_bundle, "LARGEST_PNG", 10**9)
    large = decode(_bundle.png(laid))
    plt.close(fig)
    assert len(small) < 0.8 * len(large)
    images = [np.asarray(Image.open(_bundle.io.BytesIO(b)).convert("RGB")) for b in (small, large)]
    np.testing.assert_array_equal(*images)


def test_same_figure_gives_same_bytes(shown):
    """No date or version in the PNG: the page changes only when the figure does."""
    for _ in range(2):
        fig, axes = plt.subplots()
        axes.plot([0, 1])
        display.show_figure(fig, **TEXT)
    assert shown[0] == shown[1]


def test_plotly_content_comes_back_whole(shown):
    """The page keeps every value; a tag in a title cannot end the script around it."""
    values = np.linspace(0, 1, 7)
    figure = go.Figure(go.Scatter(x=values, y=values**2, name="</script>"))
    display.show_plotly(figure, **TEXT)
    html = shown[0][2]["html"]
    assert html.count("</script>") == 1
    content = json.loads(re.search(">({.*})</script>", html)[1])
    encoded = content["data"][0]["y"]
    again = np.frombuffer(base64.b64decode(encoded["bdata"]), encoded["dtype"])
    np.testing.assert_array_equal(again, values**2)
    assert content["data"][0]["name"] == "</script>"
    assert "cdn" not in html


def test_plotly_without_traces_is_refused(shown):
    with pytest.raises(ValueError, match="no traces"):
        display.show_plotly(go.Figure(), **TEXT)


@pytest.mark.parametrize("lossless", [True, False])
def test_slices_are_the_images(shown, lossless):
    """PNG is exact; JPEG at quality 85 of a smooth ramp errs by a few grey levels at most.

    The quantiser's step at quality 85 is 5 at the lowest frequency and at most 36; on a plane
    only the lowest coefficients are not zero, so half a step of a few of them bounds the error.
    """
    ramp = np.add.outer(np.arange(16), np.arange(24)).astype(np.uint8) * 3
    stack = np.stack([ramp, ramp + 50, ramp + 100])
    display.show_slices({"TXM": stack, "SEM": 255 - stack}, lossless=lossless, **TEXT)
    html = shown[0][2]["html"]
    content = json.loads(re.search('<script type="application/json">(.*?)</script>', html)[1])
    assert content["labels"] == ["slice 1 of 3", "slice 2 of 3", "slice 3 of 3"]
    for expected, addresses in zip([stack, 255 - stack], content["panels"], strict=True):
        for image, address in zip(expected, addresses, strict=True):
            path = _bundle.io.BytesIO(decode(address))
            difference = np.asarray(Image.open(path)).astype(int) - image
            assert abs(difference).max() <= (0 if lossless else 8)


def test_slider_is_labelled_and_starts_in_the_middle(shown):
    display.show_slices(np.zeros((5, 8, 8), np.uint8), **TEXT)
    html = shown[0][2]["html"]
    assert re.search(r'<input type="range" min="0" max="4" value="2"[^>]* aria-label="Slice"', html)
    named, _ = slices_html({"": np.zeros((5, 8, 8), np.uint8)}, alt="a", what="Grey threshold")
    assert ' aria-label="Grey threshold"' in named
    assert html.count("<img ") == 1
    assert "slice 3 of 5" in html


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (np.zeros((5, 8, 8)), "uint8"),
        (np.zeros((8, 8), np.uint8), r"\(n, y, x\)"),
        (
            {"a": np.zeros((2, 8, 8), np.uint8), "b": np.zeros((3, 8, 8), np.uint8)},
            "same number of slices",
        ),
    ],
)
def test_bad_stacks_are_refused(shown, stack, message):
    with pytest.raises(ValueError, match=message):
        display.show_slices(stack, **TEXT)


def test_too_large_for_a_page_is_refused(shown):
    noise = np.random.default_rng(0).integers(0, 256, (50, 400, 400), dtype=np.uint8)
    with pytest.raises(ValueError, match="fewer slices"):
        display.show_slices(noise, lossless=True, **TEXT)


def test_table_has_two_head_rows_and_right_aligned_numbers(shown):
    columns = pd.MultiIndex.from_product([["PSNR [dB]", "SSIM"], ["paper", "ours"]])
    frame = pd.DataFrame(
        [[13.59, np.nan, 0.22, -0.123456]], columns=columns, index=pd.Index(["a|b*"], name="model")
    )
    formats = {("PSNR [dB]", "paper"): ".1f"}
    display.show_table(frame, name="table-1", caption="Metrics.", formats=formats)
    kind, name, content, _ = shown[0]
    assert (kind, name) == ("shown-table", "table-1")
    assert content["head"] == [
        [["", 1], ["PSNR [dB]", 2], ["SSIM", 2]],
        [["model", 1], ["paper", 1], ["ours", 1], ["paper", 1], ["ours", 1]],
    ]
    assert content["body"] == [["a|b*", "13.6", "–", "0.22", "−0.1235"]]
    assert content["align"] == ["left", "right", "right", "right", "right"]


def test_csv_link_holds_the_file_or_the_frame(shown, tmp_path):
    frame = pd.DataFrame({"k": [1.5], "unit": ["nd"]})
    path = tmp_path / "t.csv"
    path.write_bytes(b"full,precision\n")
    display.show_table(frame, name="a", caption="A.")
    display.show_table(frame, name="b", caption="B.", csv=path)
    (name, own), (file_name, given) = (output[2]["csv"] for output in shown)
    assert (name, decode(own)) == ("a.csv", b"k,unit\n1.5,nd\n")
    assert (file_name, decode(given)) == ("t.csv", b"full,precision\n")


def test_a_figure_offers_what_it_draws(shown):
    import matplotlib.pyplot as plt

    fig, (curves, bars, steps, picture) = plt.subplots(1, 4)
    curves.plot([0, 1], [2.0, np.nan], label="k")
    curves.axvline(0.5)  # across the panel: no point of it
    curves.scatter([3], [4])
    curves.hlines(5, 0.25, 0.75)
    curves.fill_between([0, 1], [0, 0], [1, 1])
    curves.set_title("flow")
    bars.barh([0, 1], [7, 8])
    bars.set_yticks([0, 1], ["truth", "model"])
    steps.stairs([1, 2], [10, 20, 30])
    steps.imshow([[1.5, 2.5]])
    picture.imshow(np.zeros((40, 40)))
    picture.plot([0, 1], [0, 1])  # drawn on a picture
    fig.colorbar(steps.images[0], ax=steps)
    display.show_figure(fig, name="a", caption="C.", alt="a.")
    name, data = shown[0][2]["csv"]
    assert name == "a.csv"
    head, *lines = decode(data).decode().splitlines()
    assert head == "panel,series,x,y,value"
    others = [line for line in lines if "band" not in line]
    assert others == [
        "flow,k,0,2,",
        "flow,points,3,4,",
        "flow,interval,0.25,5,",
        "flow,interval,0.75,5,",
        "panel 2,bars,7,truth,",
        "panel 2,bars,8,model,",
        "panel 3,map,0,0,1.5",
        "panel 3,map,1,0,2.5",
        "panel 3,steps,10,1,",
        "panel 3,steps,20,2,",
    ]
    band = {tuple(map(float, line.split(",")[2:4])) for line in lines if line not in others}
    assert band == {(0, 0), (1, 0), (0, 1), (1, 1)}


def test_a_figure_without_curves_or_with_its_own_file_offers_no_other(shown, tmp_path):
    import matplotlib.pyplot as plt

    path = tmp_path / "own.csv"
    path.write_bytes(b"1\n")
    for csv in (None, path):
        fig, axis = plt.subplots()
        axis.imshow(np.zeros((40, 40)))
        display.show_figure(fig, name="a", caption="C.", alt="a.", csv=csv)
    assert "csv" not in shown[0][2]
    name, data = shown[1][2]["csv"]
    assert (name, decode(data)) == ("own.csv", b"1\n")


@pytest.mark.parametrize("kind", ["table", "figure"])
def test_notice_keeps_the_label(shown, kind):
    display.show_notice("No network.", name=f"{kind}-1", caption="C.", kind=kind)
    assert shown[0][:2] == (f"shown-{kind}", f"{kind}-1")
    assert "No network." in json.dumps(shown[0][2])


def test_computed_sentences_become_points_of_a_list(monkeypatch):
    shown = []
    monkeypatch.setattr(display, "publish", lambda markdown, **rest: shown.append((markdown, rest)))
    display.show_sentences(["$k$ is 3 nd.", "a < b"])
    markdown, rest = shown[0]
    assert markdown == "- $k$ is 3 nd.\n- a < b\n"
    assert "<li>a &lt; b</li>" in rest["html"]
    for wrong in ([], [""], ["two\nlines"]):
        with pytest.raises(ValueError, match="at least one"):
            display.show_sentences(wrong)


@pytest.mark.parametrize(
    "change", [{"name": "Figure 3"}, {"name": "a_b"}, {"caption": " "}, {"alt": "two\nlines"}]
)
def test_bad_labels_and_texts_are_refused(shown, change):
    figure = plt.figure()
    with pytest.raises(ValueError, match="must be"):
        display.show_figure(figure, **{**TEXT, **change})
    plt.close(figure)


# MathJax and Plotly beside the book


def test_vendor_files_are_complete_and_left_alone(tmp_path):
    pytest.importorskip("sphinx", reason="the book extra is not installed")
    files = site.prepare(tmp_path)
    times = [path.stat().st_mtime_ns for path in files]
    assert {"tex-mml-chtml.js", "plotly.min.js", "MathJax_Main-Regular.woff"} <= {
        path.name for path in files
    }
    damaged = next(path for path in files if path.name == "plotly.min.js")
    assert site.prepare(tmp_path) == files
    assert [path.stat().st_mtime_ns for path in files] == times
    whole = damaged.stat().st_size
    damaged.write_bytes(b"cut short")
    site.prepare(tmp_path)
    assert damaged.stat().st_size == whole


def test_missing_wheel_names_the_mend(monkeypatch, tmp_path):
    def missing(name):
        raise site.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(site.metadata, "files", missing)
    with pytest.raises(FileNotFoundError, match=r"pip install"):
        site.prepare(tmp_path)


# The checker: a sound page passes, and each fault is found

SOUND = """<html><head><title>A page</title>
<link rel="stylesheet" href="_static/a.css"><script src="_static/a.js">
</script></head><body data-default-mode="auto">
<div class="admonition summary"><p>What we find</p></div>
<a href="https://doi.org/10.1038/s41598-021-00080-5">the paper</a>
<a href="#table-1">Table 1</a><img src="_static/logo.svg" alt="">
<table class="shown-table" id="table-1"><caption><span class="caption-number">Table 1 </span>
</caption><thead><tr><th>Model</th><th>Paper</th><th>Ours</th></tr></thead>
<tbody><tr><td><p>CNN</p></td><td>13.6</td><td>–</td></tr></tbody></table>
<figure id="figure-3"><div class="shown-plotly"><script type="application/json">
{"data": [{"y": {"dtype": "f8", "bdata": "AAAA"}}], "layout": {"title": "http://a.b"}}</script></div>
<figcaption><span class="caption-number">Figure 3 </span></figcaption></figure></body></html>"""


@pytest.fixture
def book(tmp_path):
    static = tmp_path / "_static"
    (static / "vendor").mkdir(parents=True)
    (static / "a.css").write_text("/* http://a.b/c.css */ p { background: url(logo.svg) }")
    for name in ("a.js", "logo.svg", "vendor/plotly.min.js"):
        (static / name).write_text("")
    (tmp_path / "index.html").write_text(SOUND)
    return tmp_path


def faults(folder, **options):
    told = {"summarised": ["index"], "printed": {"table-1": {"CNN": 1}}}
    return [str(problem) for problem in check_site(folder, **told | options)]


def test_sound_book_has_no_problem(book):
    assert faults(book, expected=["table-1", "figure-3"]) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('src="_static/a.js"', 'src="https://cdn.x.org/a.js"', "<script> loads https://cdn"),
        ('href="_static/a.css"', 'href="//cdn.x.org/a.css"', "<link> loads //cdn"),
        ('rel="stylesheet" href="_static/a.css"', 'rel="preconnect" href="https://x.y"', "<link>"),
        ('src="_static/logo.svg"', 'src="http://x.org/l.png"', "<img> loads http://x.org"),
        ('src="_static/logo.svg"', 'src="_static/gone.svg"', "gone.svg, which is not there"),
        ("<body ", '<body style="background:url(https://x.org/b.png)" ', "a style in the page"),
        ("<body ", "<style>@import 'https://x.org/f.css';</style><body ", "a style in the page"),
        (
            "<body ",
            '<script>load("https://unpkg.com/t.js")</script><body ',
            "names https://unpkg.com",
        ),
        ('href="#table-1"', 'href="#table-9"', "leads to no place"),
        ('href="#table-1"', 'href="gone.html"', "leads to no file"),
        ('"bdata": "AAAA"', '"bdata": ""', "figure is blank"),
        ('"y": {"dtype": "f8", "bdata": "AAAA"}', '"name": "a"', "figure is blank"),
        ('{"data"', '{"dat', "not readable"),
        ('type="application/json"', 'type="text/x"', "not readable"),
        ("<body ", '<div class="plotly-graph-div"></div><body ', "not shown with show_plotly"),
        ('<span class="caption-number">Table 1 </span>', "", "table-1 has no number"),
        ('<span class="caption-number">Figure 3 </span>', "", "figure-3 has no number"),
        ('id="figure-3"', "", "has no label"),
        ('<div class="shown-plotly">', '<img src="_static/logo.svg" alt=""><div>', "alternative"),
        ("Figure 3 ", "Table 1 ", "Table 1 is there twice"),
        ('class="admonition summary"', 'class="admonition"', "does not open with what was found"),
        ("What we find</p>", "What we find</p>" + 6 * "<li>A.</li>", "opens with 6 findings"),
        ('data-default-mode="auto"', 'data-default-mode=""', "says so in the console"),
        ("<td>13.6</td>", "<td>–</td>", "the row CNN has 0 of the paper's 1 cells"),
        ("<p>CNN</p>", "<p>CNN, 9.5&nbsp;%</p>", "has a space before the percent sign"),
    ],
)
def test_checker_finds(book, old, new, found):
    assert old in SOUND
    (book / "index.html").write_text(SOUND.replace(old, new, 1))
    assert any(found in fault for fault in faults(book)), faults(book)


def test_checker_finds_faults_outside_the_page(book):
    (book / "_static/a.css").write_text("@font-face { src: url('https://x.org/f.woff') }")
    (book / "_static/vendor/plotly.min.js").unlink()
    found = faults(book, expected=["table-2"])
    assert any("a.css: loads https://x.org/f.woff" in fault for fault in found)
    assert any("plotly.min.js is missing" in fault for fault in found)
    assert "the book: no page has table-2" in found


def test_checker_finds_two_pages_of_one_title(book):
    (book / "other.html").write_text("<html><head><title>A page</title></head></html>")
    assert any("have one title: A page" in fault for fault in faults(book))


def test_checker_finds_large_pages(book):
    (book / "index.html").write_text(SOUND + f"<!-- {'x' * 8_000_000} -->")
    assert any("8.0 MB, more than 8" in fault for fault in faults(book))


def test_empty_folder_names_the_mend(tmp_path):
    with pytest.raises(FileNotFoundError, match="make book"):
        check_site(tmp_path)


# Sphinx: what the helpers emit becomes numbered objects


def sphinx_html(folder, **settings):
    """Build the page ``index`` of a folder and return its HTML; a warning is an error."""
    application = pytest.importorskip("sphinx.application")
    pytest.importorskip("myst_nb")
    app = application.Sphinx(
        srcdir=folder,
        confdir=None,
        outdir=folder / "html",
        doctreedir=folder / "doctrees",
        buildername="html",
        status=None,
        warningiserror=True,
        confoverrides={"extensions": ["myst_nb", "companion.site.sphinx_ext"], **settings},
    )
    app.build()
    return (folder / "html/index.html").read_text()


def notebook_html(folder, cells, **settings):
    """Build a page out of the cells of an executed notebook and return its HTML."""
    metadata = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(notebook, folder / "index.ipynb")
    executed = {"nb_execution_mode": "off", "nb_render_markdown_format": "myst"}
    return sphinx_html(folder, **executed, **settings)


def test_sphinx_numbers_what_the_helpers_show(shown, tmp_path):
    """The paper's labels keep its numbers, ours count S1, S2; `{numref}` finds both.

    A heading "Table 3" takes the anchor table-3 first; the table keeps its number all the same.
    """
    frame = pd.DataFrame({"model": ["CNN", "CNN", "GAN"], "k": [1, 2, 3]})
    cells = [
        nbformat.v4.new_markdown_cell("# Page\n\n## Table 3\n\n{numref}`table-3`, {numref}`own`.")
    ]
    display.show_table(frame, name="own", caption="Ours, $x$.")
    display.show_table(frame, name="table-3", caption="The paper's.")
    display.show_notice("No network.", name="figure-5", caption="Later.")
    for kind, name, content, _ in shown:
        markdown = _bundle.as_directive(kind, name, content)
        output = nbformat.v4.new_output("display_data", data={"text/markdown": markdown})
        cells.append(nbformat.v4.new_code_cell("show()", outputs=[output], execution_count=1))
    html = notebook_html(
        tmp_path, cells, myst_enable_extensions=["dollarmath", "colon_fence"], numfig=True
    )
    for number in ("Table S1", "Table 3", "Fig. 5"):
        assert f'<span class="caption-number">{number} </span>' in html
    assert re.findall(r'std-numref">([^<]+)<', html) == ["Table 3", "Table S1"]
    assert 'download="own.csv"' in html
    assert html.count("Show the code") == 3
    assert html.count('rowspan="2"') == 2  # one cell for both rows of the CNN, in each table
    assert (html.count("CNN"), html.count("GAN")) == (2, 2)


ROWS = "```{record-table} phantom/claims.json rows\n:name: rows\n:left: 2\n\nThe $n$.\n```\n"


def record_page(tmp_path, monkeypatch, record, directive=ROWS):
    """Build a page that shows a record, by default the list "rows" as a table; returns its HTML."""
    monkeypatch.setenv(RESULTS_VARIABLE, str(tmp_path / "results"))
    write_json(tmp_path / "results/phantom/claims.json", record)
    (tmp_path / "index.md").write_text(f"# Page\n\n{directive}")
    return sphinx_html(tmp_path, myst_enable_extensions=["dollarmath"], numfig=True)


@pytest.mark.parametrize("rows", [profile_table(), network_table()], ids=["profiles", "networks"])
def test_a_page_of_prose_shows_the_rows_of_a_record(tmp_path, monkeypatch, rows):
    html = record_page(tmp_path, monkeypatch, {"rows": rows})
    (body,) = re.findall(r"<tbody>.*?</tbody>", html, re.S)
    shown = [
        [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)]
        for row in re.findall(r"<tr.*?</tr>", body, re.S)
    ]
    assert shown == [[unbroken(text) for text in row.values()] for row in rows]
    sides = re.findall(r'class="[^"]*text-(left|right)[^"]*"', body)[: len(rows[0])]
    assert sides == ["left"] * 2 + ["right"] * (len(rows[0]) - 2)


@pytest.mark.parametrize("record", [{}, {"rows": []}, {"rows": None}])
def test_a_record_without_the_rows_of_a_table_is_an_error_that_names_the_file(
    tmp_path, monkeypatch, record
):
    with pytest.raises(Exception, match=r"no rows 'rows' in .*claims\.json"):
        record_page(tmp_path, monkeypatch, record)


def test_a_page_of_prose_opens_with_the_sentences_of_a_record(tmp_path, monkeypatch):
    directive = "```{record-sentences} phantom/claims.json told\n```\n"
    html = record_page(tmp_path, monkeypatch, {"told": ["*One*, $x$.", "Two."]}, directive)
    (box,) = re.findall(r'<div class="[^"]*summary[^"]*">.*?</div>', html, re.S)
    assert re.findall(r"<p>(.*?)</p>", box) == [
        '<em>One</em>, <span class="math notranslate nohighlight">\\(x\\)</span>.',
        "Two.",
    ]
    assert "What we find" in box


def test_without_its_results_a_page_of_prose_says_so(tmp_path, monkeypatch):
    directive = (
        "```{record-sentences} gone.json told\n```\n\n"
        "```{record-figure} gone.html\n:name: gone\n\nA caption.\n```\n"
    )
    html = record_page(tmp_path, monkeypatch, {}, directive)
    assert html.count("built without the results") == 2


def test_a_notebook_is_read_in_another_order_than_it_runs(shown, tmp_path):
    """First what was found, then the leading figure, then how; parameters last."""

    def cell(source, text="", tags=()):
        outputs = [nbformat.v4.new_output("display_data", data={"text/markdown": text})]
        about = {"outputs": outputs if text else [], "metadata": {"tags": list(tags)}}
        return nbformat.v4.new_code_cell(source, execution_count=1, **about)

    cells = [
        nbformat.v4.new_markdown_cell("# Page\n\nIntroduction."),
        cell("size = 1", tags=["parameters"]),
        cell("import numpy"),
        nbformat.v4.new_markdown_cell("## How\n\nMethod."),
        cell("draw()", "The figure.", ["lead"]),
        cell("tell()", "- The finding.", ["summary"]),
    ]
    html = notebook_html(tmp_path, cells)
    order = ["Introduction", "What we find", "The finding", "The figure", "Method", "draw", "size"]
    assert [html.count(text) for text in ("The finding", "The figure")] == [1, 1]
    places = [html.index(text) for text in order]
    assert places == sorted(places)
    left = html.index("What this cell draws is at the")  # where the figure was drawn
    assert html.index("draw") < left < html.index("size")
    assert re.search(r'is at the <a [^>]*href="#page"', html)


def test_every_profile_says_how_long_it_takes():
    takes = [row["Takes"] for row in profile_table()]
    assert all(re.search(r"minute|hour|day", text) for text in takes)
    assert [row["Profile"] for row in profile_table()] == [profile.name for profile in PROFILES]


def test_built_book_is_sound():
    """The book that was built last, if there is one."""
    built = newest_book(ROOT)
    if built is None:
        pytest.skip("there is no built book: make book")
    summarised = [page.file for page in read_pages() if page.summary and not page.package]
    printed = {f"table-{number}": printed_cells(number) for number in (1, 2, 3)}
    told = {"expected": PAPER_LABELS, "summarised": summarised, "printed": printed}
    assert summarised
    assert faults(built, **told) == []


# Notebooks for download


def test_notebooks_for_download_keep_code_and_numbers_and_lose_pictures(tmp_path):
    output = nbformat.v4.new_output
    large = "<img src='data:" + "A" * 30_000 + "'>"
    shown = output("display_data", {"text/markdown": "x", "text/html": large, "text/plain": "alt"})
    small = output("display_data", {"text/markdown": "x", "text/html": "<p>7</p>"})
    printed = output("stream", text="1.5\n")
    cell = nbformat.v4.new_code_cell("f()", outputs=[shown, small, printed])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# µ"), cell])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert site.slim_notebooks(tmp_path) > 30_000
    again = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    nbformat.validate(again)
    assert [c.source for c in again.cells] == ["# µ", "f()"]
    first, second, third = again.cells[1].outputs
    assert first.data == {"text/plain": "alt"}
    assert second.data == {"text/html": "<p>7</p>"}
    assert third.text == "1.5\n"


def test_every_reference_has_a_doi():
    entries = (ROOT / "book/references.bib").read_text().split("\n@")
    assert len(entries) > 10
    for entry in entries:
        assert re.search(r"^  doi +=|^  url +=", entry, re.MULTILINE), entry[:60]
