"""Slow, obvious twins of fast code."""

import cmath
import math


def stsim(first, second, c1=(0.01 * 255) ** 2, c2=(0.03 * 255) ** 2):
    """The paper's printed formula, loop by loop, means over the whole image."""
    (mx, vx, dx, rx), (my, vy, dy, ry) = _moments(first), _moments(second)
    luminance = (2 * mx * my + c1) / (mx * mx + my * my + c1)
    contrast = (2 * math.sqrt(vx) * math.sqrt(vy) + c2) / (vx + vy + c2)
    down = 1 - 0.5 * abs(dx - dy)
    right = 1 - 0.5 * abs(rx - ry)
    return luminance**0.25 * contrast**0.25 * down**0.25 * right**0.25


def _moments(image):
    rows, columns = len(image), len(image[0])
    n = rows * columns
    mean = sum(float(v) for row in image for v in row) / n
    x = [[float(v) - mean for v in row] for row in image]
    variance = sum(v * v for row in x for v in row) / n
    down = sum(x[i][j] * x[i + 1][j] for i in range(rows - 1) for j in range(columns)) / n
    right = sum(x[i][j] * x[i][j + 1] for i in range(rows) for j in range(columns - 1)) / n
    if variance == 0:
        return mean, 0.0, 0.0, 0.0
    return mean, variance, down / variance, right / variance


def band_term_at(x, y, row, column, constant):
    """The four terms of STSIM-1 in the 7 x 7 window of two bands whose corner is (row, column)."""
    mx, vx, rx, dx = _complex_moments(x, row, column)
    my, vy, ry, dy = _complex_moments(y, row, column)
    luminance = (2 * abs(mx) * abs(my) + constant) / (abs(mx) ** 2 + abs(my) ** 2 + constant)
    contrast = (2 * math.sqrt(vx) * math.sqrt(vy) + constant) / (vx + vy + constant)
    return luminance, contrast, 1 - 0.5 * abs(rx - ry), 1 - 0.5 * abs(dx - dy)


def _complex_moments(band, row, column):
    window = [[complex(band[row + i][column + j]) for j in range(7)] for i in range(7)]
    mean = sum(v for line in window for v in line) / 49
    d = [[v - mean for v in line] for line in window]
    variance = sum(abs(v) ** 2 for line in d for v in line) / 49
    right = sum(d[i][j] * d[i][j + 1].conjugate() for i in range(7) for j in range(6)) / 49
    down = sum(d[i][j] * d[i + 1][j].conjugate() for i in range(6) for j in range(7)) / 49
    return mean, variance, right / variance, down / variance


def steerable_band(image, scale, angle, orientations):
    """One band of the complex steerable pyramid at full resolution, frequency by frequency."""
    rows, columns = len(image), len(image[0])
    power = orientations - 1
    norm = math.factorial(power) * 2**power
    norm /= math.sqrt(orientations * math.factorial(2 * power))
    pixels = [(i, j) for i in range(rows) for j in range(columns)]
    band = dict.fromkeys(pixels, 0j)
    for p in range(-(rows // 2), (rows + 1) // 2):
        for q in range(-(columns // 2), (columns + 1) // 2):
            fy, fx = 2 * p / rows, 2 * q / columns
            towards = math.cos(math.atan2(fy, fx) - angle)
            # a raised cosine in log frequency, one octave up and one down, peak at 2^-(scale + 1)
            octaves = math.log2(math.hypot(fy, fx) * 2 ** (scale + 1)) if p or q else 9
            if abs(octaves) >= 1 or towards <= 0:
                continue
            gain = 2 * (-1j) ** power * norm * towards**power * math.cos(math.pi / 2 * octaves)
            wave = {(i, j): 2j * math.pi * (p * i / rows + q * j / columns) for i, j in pixels}
            height = sum(float(image[i][j]) * cmath.exp(-wave[i, j]) for i, j in pixels)
            for i, j in pixels:
                band[i, j] += gain * height / (rows * columns) * cmath.exp(wave[i, j])
    return [[band[i, j] for j in range(columns)] for i in range(rows)]


def two_point(phase, axis, reach):
    """Share of pairs of voxels a distance apart along an axis that are both in the phase."""
    size = (len(phase), len(phase[0]), len(phase[0][0]))
    voxels = [(z, y, x) for z in range(size[0]) for y in range(size[1]) for x in range(size[2])]
    curve = []
    for distance in range(reach + 1):
        both = pairs = 0
        for z, y, x in voxels:
            far = [z, y, x]
            far[axis] += distance
            if far[axis] < size[axis]:
                pairs += 1
                both += phase[z][y][x] and phase[far[0]][far[1]][far[2]]
        curve.append(both / pairs)
    return curve
