"""Random-looking 64-bit numbers that follow from given ones, the same on every machine."""

import numpy


def mixed(numbers: numpy.ndarray) -> numpy.ndarray:
    """The last steps of SplitMix64 (Steele, Lea, Flood 2014), one number for each of the given ones."""
    numbers = numbers.astype(numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> numpy.uint64(31))
