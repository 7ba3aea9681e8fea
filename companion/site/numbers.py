"""Numbers as text: the one way in which tables, captions and sentences write them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_FORM = re.compile(r"(\+?)(#?)\.(\d+)([fg%e])")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, form: str = ".4g") -> str:
    """Write a number.

    Parameters
    ----------
    value : float or None
        None, NaN and infinities, for which there is no number, become an en dash.
    form : str
        As in Python, with a leading ``+`` for signed numbers: ``.2f`` decimals, ``.3g``
        significant digits, ``.0%`` percent, ``.1e`` powers of ten. Of ``g`` only numbers below
        0.0001 and from 1e9 are written as powers of ten; it drops zeros at the end, which ``#.3g``
        keeps.

    Raises
    ------
    ValueError
        The form is none of these.

    Examples
    --------
    >>> number(-0.123456), number(3.14159, "+.2f"), number(0.5, ".0%"), number(float("nan"))
    ('−0.1235', '+3.14', '50%', '–')
    >>> number(75.04, ".3g"), number(75.04, "#.3g"), number(400.0, "#.3g"), number(0.8, "#.2g")
    ('75', '75.0', '400', '0.80')
    >>> number(-0.0001, ".2f"), number(115_700, ".3g"), number(8.14e-8, ".3g"), number(0.0, ".0e")
    ('0.00', '116,000', '8.14 × 10⁻⁸', '0')
    >>> number(1e-4, ".0e"), number(1e-4, ".1e"), number(-1e-4, ".0e")
    ('10⁻⁴', '1.0 × 10⁻⁴', '−10⁻⁴')
    """
    if not (match := _FORM.fullmatch(form)):
        msg = f"a form is such as '.2f', '+.2f', '.3g', '.0%' or '.1e', got {form!r}"
        raise ValueError(msg)
    if value is None or not math.isfinite(value):
        return DASH
    sign, digits, kind = match[1], int(match[3]), match[4]
    if kind == "g" and (value == 0 or 1e-4 <= abs(value) < 1e9):
        text = _significant(value, digits, sign)
        text = text if match[2] or "." not in text else text.rstrip("0").rstrip(".")
    elif kind == "f":
        text = f"{value:{sign}{_comma(value)}.{digits}f}"
    else:
        text = _powers(f"{value:{form}}")
    if not re.search(r"[1-9]", text):
        text = text.replace("-", "")  # a rounded nothing has no sign
    return text.replace("-", MINUS)


def _significant(value: float, digits: int, sign: str) -> str:
    mantissa, exponent = f"{value:.{max(digits - 1, 0)}e}".split("e")
    rounded = float(f"{mantissa}e{exponent}")
    decimals = max(digits - 1 - int(exponent), 0) if value else 0
    return f"{rounded:{sign}{_comma(rounded)}.{decimals}f}"


def column_form(values: Iterable[float], form: str) -> str:
    """Return the form that all numbers of a column share.

    Of significant digits zeros at the end are kept as soon as one of the numbers needs all digits.

    Examples
    --------
    >>> column_form([1.038, 1.0], ".4g"), column_form([0.1, 1.0], ".4g"), column_form([0.5], ".2f")
    ('#.4g', '.4g', '.2f')
    """
    match = _FORM.fullmatch(form)
    if not match or match[4] != "g":
        return form
    digits = int(match[3])
    written = (f"{value:.{digits - 1}e}" for value in values if math.isfinite(value))
    needed = any(not text.split("e")[0].endswith("0") for text in written)
    return f"{match[1]}#.{digits}g" if needed else form


def _comma(value: float) -> str:
    """Numbers of five digits and more are grouped in threes."""
    return "," if abs(value) >= 10_000 else ""


def _powers(text: str) -> str:
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    if not float(mantissa):
        return "0"
    power = f"10{str(int(exponent)).translate(_RAISED)}"
    return mantissa[:-1] + power if mantissa in ("1", "-1", "+1") else f"{mantissa} × {power}"
