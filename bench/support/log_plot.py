"""Panels of log-log curves as an SVG, with nothing but Python."""
import html
import math

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 460, 340, 66, 34, 18, 52  # of one panel, pixels


def decades(values):
    """Whole powers of ten around the values: (lowest, highest), at least one apart."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def power(exponent):
    """10^exponent, the exponent raised."""
    return f'10<tspan dy="-5" font-size="9">{exponent}</tspan>'


def panel(description, left):
    """One panel: title, x, y (labels) and series: points [(x, y)], colour, optional name; dots mark what was measured, a curve
    without them is dashed."""
    xs = [x for series in description["series"] for x, _ in series["points"]]
    ys = [y for series in description["series"] for _, y in series["points"]]
    (x0, x1), (y0, y1) = decades(xs), decades(ys)
    inner_w, inner_h = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(x, y):
        return (left + LEFT + inner_w * (math.log10(x) - x0) / (x1 - x0), TOP + inner_h * (y1 - math.log10(y)) / (y1 - y0))

    out = [f'<text x="{left + LEFT}" y="{TOP - 14}" font-weight="bold">{html.escape(description["title"])}</text>']
    for e in range(x0, x1 + 1):
        x, _ = at(10.0 ** e, 10.0 ** y0)
        out.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + inner_h}" stroke="#ddd"/>')
        out.append(f'<text x="{x:.1f}" y="{TOP + inner_h + 18}" text-anchor="middle">{power(e)}</text>')
    for e in range(y0, y1 + 1):
        _, y = at(10.0 ** x0, 10.0 ** e)
        out.append(f'<line x1="{left + LEFT}" y1="{y:.1f}" x2="{left + LEFT + inner_w}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left + LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{power(e)}</text>')
    out.append(f'<rect x="{left + LEFT}" y="{TOP}" width="{inner_w}" height="{inner_h}" fill="none" stroke="#333"/>')
    out.append(f'<text x="{left + LEFT + inner_w / 2}" y="{HEIGHT - 10}" text-anchor="middle">{html.escape(description["x"])}</text>')
    middle = TOP + inner_h / 2
    out.append(f'<text x="{left + 16}" y="{middle}" text-anchor="middle" transform="rotate(-90 {left + 16} {middle})">'
               f'{html.escape(description["y"])}</text>')
    row = 0
    for series in description["series"]:
        places = [at(x, y) for x, y in series["points"]]
        dashes = "" if series.get("dots") else ' stroke-dasharray="5 4"'
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{series["colour"]}" stroke-width="1.5"{dashes}/>')
        if series.get("dots"):
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{series["colour"]}"/>' for x, y in places]
        if series.get("name"):
            y = TOP + 18 + 16 * row
            row += 1
            out.append(f'<circle cx="{left + LEFT + 14}" cy="{y - 4}" r="3.5" fill="{series["colour"]}"/>')
            out.append(f'<text x="{left + LEFT + 24}" y="{y}">{html.escape(series["name"])}</text>')
    return out


def figure(panels):
    """The SVG's text: panels side by side."""
    width = WIDTH * len(panels)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
             'font-family="sans-serif" font-size="12">', f'<rect width="{width}" height="{HEIGHT}" fill="white"/>']
    for k, description in enumerate(panels):
        lines += panel(description, k * WIDTH)
    return "\n".join([*lines, "</svg>"]) + "\n"
