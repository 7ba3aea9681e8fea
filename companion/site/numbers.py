"""Numbers as text: the one way in which tables, captions and sentences write them."""

from __future__ import annotations

import math
import re

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_FORM = re.compile(r"(\+?)\.(\d+)([fg%e])")
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
        0.0001 and from 1e9 are written as powers of ten.

    Raises
    ------
    ValueError
        The form is none of these.

    Examples
    --------
    >>> number(-0.123456), number(3.14159, "+.2f"), number(0.5, ".0%"), number(float("nan"))
    ('−0.1235', '+3.14', '50%', '–')
    >>> number(-0.0001, ".2f"), number(115_700, ".3g"), number(8.14e-8, ".3g"), number(0.0, ".0e")
    ('0.00', '116,000', '8.14 × 10⁻⁸', '0')
    """
    if not (match := _FORM.fullmatch(form)):
        msg = f"a form is such as '.2f', '+.2f', '.3g', '.0%' or '.1e', got {form!r}"
        raise ValueError(msg)
    if value is None or not math.isfinite(value):
        return DASH
    sign, digits, kind = match[1], int(match[2]), match[3]
    if kind == "g" and (value == 0 or 1e-4 <= abs(value) < 1e9):
        text = _significant(value, digits, sign)
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
    text = f"{rounded:{sign}{_comma(rounded)}.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _comma(value: float) -> str:
    """Numbers of five digits and more are grouped in threes."""
    return "," if abs(value) >= 10_000 else ""


def _powers(text: str) -> str:
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    if not float(mantissa):
        return "0"
    return f"{mantissa} × 10{str(int(exponent)).translate(_RAISED)}"
