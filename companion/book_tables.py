"""Tables that pages of prose show and the package knows: profiles, trained rows, the headline."""

import os
import re
from pathlib import Path

from docutils import nodes  # type: ignore[import-untyped]
from sphinx import addnodes

from companion.profiles import PROFILES
from companion.site._shown import Shown
from companion.site.place import repository_root
from shalelib.files import read_json
from shalelib.models.variants import VARIANTS, Variant

RESULTS_VARIABLE = "SHALELIB_BOOK_RESULTS"  # folder of the profile's results


class ProfileTable(Shown):
    """The sizes of the profiles, read from `companion.profiles`; the content is the caption."""

    def run(self) -> list[nodes.Node]:
        """Build the table node."""
        columns = [
            "Profile",
            "Takes",
            "Patch [pixel]",
            "Batch",
            "Steps",
            "Width",
            "SR width",
            "Test\npatches",
        ]
        takes = running_times()
        rows = [
            [
                profile.name,
                takes[profile.name],
                f"{profile.train.patch} × {profile.train.patch}",
                f"{profile.train.batch}",
                f"{profile.train.total_steps:,}",
                f"{profile.train.ngf}",
                f"{profile.train.sr_width}",
                f"{profile.evaluation.crops}",
            ]
            for profile in PROFILES
        ]
        content = {
            "caption": " ".join(self.content),
            "head": [[(column, 1) for column in columns]],
            "body": rows,
            "align": ["left", "left"] + ["right"] * (len(columns) - 2),
        }
        return [self.table(content)]


def running_times() -> dict[str, str]:
    """Return how long each profile takes, as the Makefile announces it."""
    text = (repository_root(Path(__file__).parent) / "Makefile").read_text(encoding="utf-8")
    found = dict(re.findall(r"^TIME_(\w+) := (.*)$", text, flags=re.MULTILINE))
    return {profile.name: found.get(profile.name, "–") for profile in PROFILES}


class VariantTable(Shown):
    """The trained rows of Table 1, from `shalelib.models.variants`; the content is the caption.

    A row's name leads to its training, if that is a page of the book.
    """

    def run(self) -> list[nodes.Node]:
        """Build the table node."""
        facts = ["Row", "TXM pixels", "Adversarial\nloss", "Discriminator\nsees"]
        weights = ["L1", "Jacobian"]
        upper = [*(("", 1) for _ in facts), ("Weight of", len(weights))]
        table = self.table(
            {
                "caption": " ".join(self.content),
                "head": [upper, [(column, 1) for column in facts + weights]],
                "body": [_describe(variant) for variant in VARIANTS],
                "align": ["left"] * len(facts) + ["right"] * len(weights),
            }
        )
        rows = next(iter(table.findall(nodes.tbody))).children
        for row, variant in zip(rows, VARIANTS, strict=True):
            page = f"book/executed/04_training-{variant.name}"
            if page in self.env.found_docs:
                cell = row[0][0]
                link = addnodes.pending_xref(
                    "", refdomain="std", reftype="doc", refexplicit=True, reftarget=f"/{page}"
                )
                link += nodes.inline("", "", *cell.children)
                cell.children = []
                cell += link
        return [table]


class HeadlineTable(Shown):
    """The few numbers of the front page, as 13_claims has written them; the content is the caption.

    Without them the table says so.
    """

    def run(self) -> list[nodes.Node]:
        """Build the table node."""
        folder = Path(os.environ.get(RESULTS_VARIABLE, ""))
        records = sorted(folder.glob("phantom/seed*/claims.json"))
        rows = read_json(records[0])["headline"] if records else []
        if not rows:
            rows = [{"": "The claims notebook has not been run, so there are no numbers yet."}]
        titles = list(rows[0])
        content = {
            "caption": " ".join(self.content),
            "head": [[(title, 1) for title in titles]],
            "body": [[row[title] for title in titles] for row in rows],
            "align": ["left"] + ["right"] * (len(titles) - 1),
        }
        return [self.table(content)]


def _describe(variant: Variant) -> list[str]:
    """One row of `VariantTable` as text.

    Examples
    --------
    >>> from shalelib.models.variants import get_variant
    >>> _describe(get_variant("srgan_2x_wgan"))
    ['SRGAN 2x (WGAN)', 'every 2nd', 'Wasserstein', 'FIB-SEM', '1000', '–']
    """
    seen = {1: "all", 2: "every 2nd", 4: "every 4th"}[variant.factor]
    loss = {"l1": "–", "vanilla": "vanilla", "wgan": "Wasserstein"}[variant.objective]
    judged = "both images" if variant.conditional else "FIB-SEM"
    return [
        variant.label,
        seen,
        loss,
        "–" if variant.objective == "l1" else judged,
        f"{variant.lambda_l1:g}",
        f"{variant.lambda_jac:g}" if variant.lambda_jac else "–",
    ]
