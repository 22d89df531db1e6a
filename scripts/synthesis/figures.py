"""What all figures share: their colours and type, and how they are written."""

from pathlib import Path

from synthesis import schema

# Two colours of the palette of Okabe and Ito (2008), told apart with any kind of colour vision, and a grey.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#595959"


def prepare(name: str) -> None:
    """Set up Matplotlib for the figure of the program `name`, whose same input shall give the same bytes."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": name, "font.size": 9, "axes.titlesize": 11})


def write(figure, svg: Path, png: Path) -> None:
    """Write a figure in both forms, each in one atomic step."""
    with schema.replacing(svg) as path:
        figure.savefig(path, format="svg", metadata={"Date": None})
    with schema.replacing(png) as path:
        figure.savefig(path, format="png", dpi=150)


def shortened(text: str, characters: int) -> str:
    """The text without line ends and dollar signs (which start formulas in Matplotlib), cut in its middle."""
    text, half = " ".join(text.split()), characters // 2
    short = text if len(text) <= characters else f"{text[: half - 1]}…{text[-half:]}"
    return short.replace("$", r"\$")
