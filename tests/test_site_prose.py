"""What the book says in words: numbers that nothing stands for, and two words for one quantity."""

import json
import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from companion.site import _bundle, display
from companion.site._page import LEAST_TEXT
from companion.site._phone import WIDTH, for_phone
from companion.site._prose import read_prose, typed_numbers
from companion.site.check_site import check_site
from companion.site.numbers import number
from companion.site.told import plain, told

PAGE = """<html><head><title>{title}</title></head><body data-default-mode="auto"><article>
<p>{prose}</p><figure id="a"><img src="data:," alt="What it shows." data-text="{text}">
<figcaption><span class="caption-number">Figure {number} </span>11 networks</figcaption></figure>
<div class="cell_output"><p>12.3 dB</p></div></article></body></html>"""


def write(folder, name, prose="It holds.", *, text=LEAST_TEXT):
    number_ = len(list(folder.glob("*.html"))) + 1
    page = PAGE.format(title=name, prose=prose, text=text, number=f"S{number_}")
    (folder / f"{name}.html").write_text(page)


def faults(folder, filled=("a",)):
    return [str(problem) for problem in check_site(folder, filled=filled)]


def span(of, text):
    return f'<span class="told of:{of}">{text}</span>'


# Numbers in prose


@pytest.mark.parametrize(
    "prose",
    [
        "The best network has 14.2 dB.",
        "Of 11 networks none translates.",
        "Porosity lies between 19 and 21%.",
        "Kendall’s coefficient is −0.3.",
        "It takes 10,000 patches.",
        "It is so. The other one has 3 voxels. The paper has no such row.",
        r'It falls to the power of about <span class="math">\(1.2\)</span>.',
        r'It is within <span class="math notranslate">\(4 \times 10^{-4}\)</span> of it.',
        r'Of <span class="math">\(10^{-3}\)</span>.',
    ],
)
def test_a_number_typed_into_prose_is_found(tmp_path, prose):
    write(tmp_path, "a", prose)
    [fault] = faults(tmp_path)
    assert "fill numbers from results, or cite" in fault
    assert faults(tmp_path, filled=()) == []  # a page of a method


@pytest.mark.parametrize(
    "prose",
    [
        "The paper prints 16.57 dB.",
        "The paper has 149 pairs. Of them 101 train.",
        "Table 1, Figure 3 and Tables 2 and a 2-D image of SRGAN 4x, pix2pix and D3Q19.",
        "A 95% interval, by Archie’s law of 1942.",
        "It is said that “28 of 30 agree”.",
        'Rocks have 1.3 to 3 <a href="references.html#archie">Archie</a>.',
        'Reports 11, 20768, <a href="https://doi.org/10.1038/x">doi</a>.',
        'It has <span class="filled">14.2</span> dB.',
        f"It has {span('k/truth', '41')} nd.",
        r'With <span class="math">\(p < 0.5\)</span> it is blind; <code>fold=2</code>.',
        r'Of <span class="math">\(128^2\)</span> pixels, <span class="math">\([0, 1]\)</span>.',
        r'The paper has <span class="math">\(0.5\)</span>.',
    ],
)
def test_a_number_that_something_stands_for_passes(tmp_path, prose):
    write(tmp_path, "a", prose)
    (tmp_path / "references.html").write_text("<title>R</title><p id='archie'>Archie</p>")
    assert faults(tmp_path) == []


def test_only_sentences_about_the_paper_are_the_papers():
    assert typed_numbers("The network has 3.5 dB. The paper has 4.5 dB. Ours has 5.5 dB.") == [
        "3.5",
        "5.5",
    ]


def test_summaries_captions_and_outputs_are_no_prose():
    """What a notebook puts out is computed; only the words around it are typed."""
    page = PAGE.format(title="a", prose="Words.", text=9, number="1")
    box = '<div class="admonition summary"><ul><li><p>3 nd</p></li></ul></div></article>'
    assert read_prose(page.replace("</article>", box)).paragraphs == ["Words."]


# One quantity, one text


def test_two_values_of_a_quantity_are_found_on_two_pages(tmp_path):
    write(tmp_path, "a", f"k is {span('k/truth', '41.2')} nd.")
    write(tmp_path, "b", f"k is {span('k/truth', '41')} nd.")
    [fault] = faults(tmp_path, filled=())
    assert fault == "the book: k/truth has two values: 41.2 in a.html, 41 in b.html"


def test_two_verdicts_on_a_claim_are_found_in_a_table(tmp_path):
    """In a figure's and table's place too: what is told counts wherever it stands."""
    write(tmp_path, "a", f"It {span('verdict/psnr', 'holds')}.")
    cell = f"<table><tr><td>{span('verdict/psnr', 'undecided')}</td></tr></table>"
    (tmp_path / "b.html").write_text(f"<title>b</title><article>{cell}</article>")
    [fault] = faults(tmp_path)
    assert "holds in a.html, undecided in b.html" in fault


def test_the_same_text_and_other_quantities_are_no_fault(tmp_path):
    write(tmp_path, "a", span("k/truth", "41"))
    write(tmp_path, "b", span("k/truth", "41") + span("k/model", "42"))
    assert faults(tmp_path, filled=()) == []


def test_a_told_value_survives_sentence_and_table(tmp_path, monkeypatch):
    """Sphinx makes a span of it in both; Jupyter, a terminal and the CSV see the plain text."""
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_nb")
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    shown = []

    def publish(markdown, **rest):
        shown.append((markdown, rest))

    monkeypatch.setattr(display, "publish", publish)
    value = told("13.6", "psnr/no_model")
    display.show_sentences([f"It has {value} dB."])
    frame = pd.DataFrame({"PSNR": [f"{value}\n[13.0, 14.2]"]})
    display.show_table(frame, name="a", caption=f"Of {value}.")
    for _, rest in shown:
        assert "told" not in rest["html"] + rest["plain"]
    assert "<td>13.6 [13.0, 14.2]</td>" in shown[1][1]["html"]  # pandas would write a \\n there
    content = json.loads(shown[1][0].splitlines()[3])
    assert content["align"] == ["right"]  # still a number
    source, out = tmp_path / "source", tmp_path / "html"
    source.mkdir()
    record = {"k": [1.5, 1234.5]}
    (source / "r.json").write_text(json.dumps(record))
    monkeypatch.setenv("SHALELIB_BOOK_RESULTS", str(source))
    filled = "\n\nThere are {filled}`r.json k.1 .3g` and {filled}`no.json k.1 .3g`.\n"
    (source / "index.md").write_text("# A\n\n" + "\n".join(text for text, _ in shown) + filled)
    with docutils_namespace():
        settings = {
            "extensions": ["myst_nb", "companion.site.sphinx_ext"],
            "numfig": True,
            "nb_execution_mode": "off",
            "myst_enable_extensions": ["colon_fence"],
        }
        app = Sphinx(source, None, out, tmp_path / "trees", "html", settings, status=None)
        app.build()
    html = (out / "index.html").read_text()
    prose = read_prose(html.replace('class="body"', "").replace("<body>", "<body><article>"))
    assert prose.told == [("psnr/no_model", "13.6")] * 3
    assert f'<span class="filled">{number(1234.5, ".3g")}</span>' in html
    assert '<span class="filled">–</span>' in html
    for name, value in (("r.json", 2345.6), ("no.json", 3456.7)):  # changed, and no longer missing
        (source / name).write_text(json.dumps({"k": [1.5, value]}))
    with docutils_namespace():
        app = Sphinx(source, None, out, tmp_path / "trees", "html", settings, status=None)
        app.build()
    html = (out / "index.html").read_text()
    for value in (2345.6, 3456.7):
        assert f'<span class="filled">{number(value, ".3g")}</span>' in html


@pytest.mark.parametrize("text", ["a`b", "a<b", ""])
def test_a_text_that_the_mark_cannot_carry_is_refused(text):
    with pytest.raises(ValueError, match="without"):
        told(text, "k")
    assert plain("k < 3 `x`") == "k < 3 `x`"


# Text in figures


def test_small_text_in_a_figure_is_found(tmp_path):
    write(tmp_path, "a", text=LEAST_TEXT - 0.1)
    [fault] = faults(tmp_path)
    assert "has text of 8.9 px in the column" in fault


@pytest.mark.parametrize(("width", "size"), [(7.84, 7.2), (15.68, 14.4), (3.92, 7.2)])
def test_the_size_of_text_is_that_in_the_column(width, size):
    """An inch is 100 px of the page, a point 1/72 inch: 7.2 pt are 10 px unless drawn smaller.

    A figure twice as wide as the column of 784 px is shown at half its size. The frame of this one
    is as wide as the figure, so its saved width is the figure's.
    """
    fig = plt.figure(figsize=(width, 2.0))
    fig.add_artist(plt.Rectangle((0, 0), 1, 1, transform=fig.transFigure, fill=False, linewidth=0))
    fig.text(0.5, 0.5, "small", fontsize=size)
    fig.text(0.5, 0.2, "large", fontsize=3 * size)
    html = _bundle.picture(_bundle.laid_out(fig, _bundle.COLUMN), None, alt="A.")
    plt.close(fig)
    assert float(re.search('data-text="([^"]+)"', html)[1]) == pytest.approx(10.0, abs=0.11)


def test_text_that_would_be_too_small_is_enlarged():
    """Four points in a figure of two columns' width would be 2.8 px in the column."""
    fig = plt.figure(figsize=(15.68, 2.0))
    fig.text(0.1, 0.5, "tiny", fontsize=4)
    fig.text(0.9, 0.5, "large", fontsize=30)
    html = _bundle.picture(_bundle.laid_out(fig, _bundle.COLUMN), None, alt="A.")
    assert [text.get_fontsize() for text in fig.texts][1] == 30
    plt.close(fig)
    assert float(re.search('data-text="([^"]+)"', html)[1]) >= LEAST_TEXT


def test_a_phone_gets_the_narrow_figure(monkeypatch):
    shown, before = [], plt.get_fignums()
    monkeypatch.setattr(display, "publish_figure", lambda html, **rest: shown.append((html, rest)))
    wide, narrow = plt.figure(figsize=(7, 2)), plt.figure(figsize=(3, 2))
    for fig in (wide, narrow):
        fig.text(0.1, 0.1, "x")
    display.show_figure(wide, name="a", caption="A.", alt="A.", narrow=narrow, invert=True)
    html = shown[0][0]
    assert re.match(r'<picture><source media="\(max-width: 576px\)" srcset="data:image', html)
    assert html.count("data:image/") == 2
    assert plt.get_fignums() == before


def phone_of(rows, columns, **options):
    """The places of a grid's panels on a phone, in order, and its panels."""
    fig, axes = plt.subplots(rows, columns, figsize=(9, 3), squeeze=False, **options)
    return fig, axes


def places(fig):
    return [(s.rowspan.start, s.colspan.start) for s in (a.get_subplotspec() for a in fig.axes)]


def test_a_wide_figure_is_laid_out_again_for_a_phone_and_left_as_it_is():
    """Plots below one another, with the name that one of them had for all; a narrow one stays."""
    fig, axes = phone_of(1, 3, sharey=True)
    axes[0, 0].set(ylabel="share", xlabel="level")
    phone = for_phone(fig)
    assert places(phone) == [(0, 0), (1, 0), (2, 0)]
    assert [axis.get_ylabel() for axis in phone.axes] == ["share"] * 3
    assert places(fig) == [(0, 0), (0, 1), (0, 2)]
    assert [axis.get_ylabel() for axis in axes[0]] == ["share", "", ""]
    assert phone.get_figwidth() == WIDTH
    fig.set_size_inches(WIDTH, 3)
    assert for_phone(fig) is None
    plt.close(fig)


def test_images_stand_two_beside_one_another_and_named_rows_become_columns():
    fig, axes = phone_of(1, 3)
    for axis in axes.flat:
        axis.imshow(np.eye(4))
    assert places(for_phone(fig)) == [(0, 0), (0, 1), (1, 0)]
    plt.close(fig)
    fig, axes = phone_of(2, 3)
    for (row, column), axis in np.ndenumerate(axes):
        axis.imshow(np.eye(4))
        axis.set(ylabel="" if column else f"row {row}", title="" if row else f"column {column}")
    turned = for_phone(fig)
    assert places(turned) == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]
    assert [turned.axes[k].get_title() for k in (0, 3)] == ["row 0", "row 1"]
    assert [turned.axes[k].get_ylabel() for k in range(3)] == [f"column {k}" for k in range(3)]
    plt.close(fig)
    fig, axes = phone_of(3, 3)
    for axis in axes.flat:
        axis.imshow(np.eye(4))
    assert places(for_phone(fig)) == places(fig)
    plt.close(fig)


def test_names_along_an_axis_are_broken_and_a_legend_beside_goes_below():
    fig, axes = phone_of(1, 2, sharey=True)
    name = "a name of so many words that no phone has room for it"
    axes[0, 0].set_yticks([0.5], [name])
    axes[0, 0].plot([0, 1], label="x")
    axes[0, 0].legend(bbox_to_anchor=(1, 0.5))
    phone = for_phone(fig)
    assert places(phone) == [(0, 0), (0, 1)]
    assert "\n" in phone.axes[0].get_yticklabels()[0].get_text()
    assert [text.get_text() for text in phone.legends[0].get_texts()] == ["x"]
    assert phone.axes[0].get_legend() is None
    plt.close(fig)


def test_a_finding_stands_beside_its_figure(tmp_path, monkeypatch):
    """Each sentence of a record gets the HTML of the same place; an empty one gets nothing."""
    pytest.importorskip("myst_nb")
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    record = {"told": ["One.", "Two."], "pictures": ["<img src='data:,' alt='A.'>", ""]}
    (tmp_path / "r.json").write_text(json.dumps(record))
    page = "# A\n\n```{record-sentences} r.json told\n:figures: pictures\n```\n"
    (tmp_path / "index.md").write_text(page)
    monkeypatch.setenv("SHALELIB_BOOK_RESULTS", str(tmp_path))
    settings = {"extensions": ["myst_nb", "companion.site.sphinx_ext"]}
    with docutils_namespace():
        out = tmp_path / "html"
        app = Sphinx(tmp_path, None, out, tmp_path / "t", "html", settings, status=None)
        app.build()
    html = (out / "index.html").read_text()
    assert html.count('class="beside"') == 1
    assert re.search(r'<li class="pictured"><p>One.</p>\s*<div class="beside"><img', html)


def test_a_page_describes_itself_and_its_tables_have_heads_of_columns():
    """The first paragraph, whole or cut between words; what has a scope keeps it."""
    nodes = pytest.importorskip("docutils.nodes")
    from docutils.utils import new_document

    from companion.site.page_head import LONGEST, describe

    page = new_document("a")
    page += nodes.section("", nodes.title("", "A"), nodes.paragraph("", 'Of "rock" & gas.'))
    context = {"body": '<th class="head text-right">k</th><th class="stub">a</th>', "title": "A"}
    describe(None, "a", "page.html", context, page)
    assert (
        '<meta name="description" content="Of &quot;rock&quot; &amp; gas.">' in context["metatags"]
    )
    assert context["body"] == (
        '<th scope="col" class="head text-right">k</th><th class="stub">a</th>'
    )
    page[0][1] = nodes.paragraph("", "word " * 100)
    describe(None, "a", "page.html", context, page)
    [_, long] = re.findall('name="description" content="([^"]*)"', context["metatags"])
    assert len(long) <= LONGEST
    assert long.endswith("word…")


# Where a figure comes from


def test_a_figure_names_its_cell_run_and_csv(tmp_path):
    nodes = pytest.importorskip("docutils.nodes")
    from companion.site.origin import csv_nodes, name_origins

    cell = nodes.container(nb_element="cell_code", exec_count=7)
    figure, table = nodes.figure(classes=[]), nodes.table(classes=[])
    notice = nodes.figure(classes=["shown-notice"])
    cell += [figure, table, *csv_nodes({"csv": ["t.csv", "data:,"]}), notice]
    foot = nodes.admonition("", classes=["provenance"])
    foot += nodes.paragraph("", "profile smoke · dataset phantom · seed 0 · commit abc")
    page = nodes.section("", cell, foot)
    name_origins(SimpleNamespace(env=SimpleNamespace(docname="book/executed/08_volumes")), page)
    kinds = [type(node).__name__ for node in cell]
    assert kinds == ["figure", "raw", "table", "raw", "figure"]
    told_of = 'cell 7 of <a href="../../_sources/book/executed/08_volumes.ipynb" download>'
    for line in (cell[1].astext(), cell[3].astext()):
        assert told_of in line
        assert line.endswith("profile smoke · dataset phantom · seed 0</p>")
    assert 'download="t.csv"' in cell[3].astext()


def test_text_is_set_and_code_is_left_as_it_is():
    """Intervals, products and units stay in one line; what follows an underscore is an index."""
    core = pytest.importorskip("docutils.core")
    nodes = pytest.importorskip("docutils.nodes")
    pytest.importorskip("sphinx")
    from companion.site.typography import set_type

    tree = core.publish_doctree(
        "λ_jac at 2 × 10⁻⁴: 410 [252, 585] nd, \\|∂S/∂z| and ``λ_jac, 2 × 10``"
    )
    set_type(None, tree, "index")
    text = tree.astext().replace("\N{NO-BREAK SPACE}", "~").replace("\N{WORD JOINER}", "~")
    assert text == "λjac at 2~×~10⁻⁴: 410 [252,~585]~nd, |~∂S/~∂z| and λ_jac, 2 × 10"
    assert [one.astext() for one in tree.findall(nodes.subscript)] == ["jac"]


def test_powers_of_ten_are_numbers_and_stand_right(monkeypatch):
    shown = []
    monkeypatch.setattr(display, "publish", lambda markdown, **rest: shown.append(markdown))
    weights = [number(value, ".0e") for value in (0.0, 1e-4, -2e-3)]
    display.show_table(pd.DataFrame({"weight": weights}), name="a", caption="b")
    assert json.loads(shown[0].splitlines()[3])["align"] == ["right"]
    assert weights == ["0", "10⁻⁴", "−2 × 10⁻³"]
