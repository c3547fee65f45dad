"""Rows, tables and matrices on plain arrays: what is stored in a lane is read from that lane, and from no other.

An array's last axis is the lane. An index may differ by lane (`partners[other]`, `trust[i, other]`): each lane then
reads from its own place (gathers) and writes to it (scatters). The answers are numpy's fancy indexing.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.errors import TypingError

from sim.lanes import Lanes, compiled
from sim.places import integers
from sim.tables import (
    ALIGNMENT,
    Matrix,
    Row,
    Schema,
    Table,
    aligned_zeros,
    in_lane,
    matrix,
    row,
    table,
)

pytestmark = pytest.mark.slow

WIDTHS = (1, 2, 4, 8, 16)
every_width = pytest.mark.parametrize("width", WIDTHS)

ROWS, COLUMNS = 5, 3
COLOUR = Schema("red", "green", "blue")


def numbered(*shape):
    """An array in which every number differs."""
    values = aligned_zeros(*shape)
    values[:] = np.arange(values.size, dtype=np.float64).reshape(shape)
    return values


def places(width, bound, step):
    """An index for each lane, not all alike."""
    return (step * np.arange(width, dtype=np.int64) + step) % bound


# -- memory -----------------------------------------------------------------------------------------------


@given(shape=st.lists(st.integers(1, 20), min_size=1, max_size=3))
def test_arrays_start_on_a_cache_line_at_zero(shape):
    values = aligned_zeros(*shape)
    assert values.ctypes.data % ALIGNMENT == 0
    assert values.shape == tuple(shape)
    assert values.dtype == np.float64
    assert values.flags.c_contiguous
    assert not values.any()


def test_arrays_share_no_memory():
    one, other = aligned_zeros(3), aligned_zeros(3)
    assert not np.shares_memory(one, other)


# -- the same text, whatever the width --------------------------------------------------------------------


@compiled
def recolour(lanes, colours):
    """Turn the columns of each row round, and add to one of them."""
    rows = table(lanes, COLOUR, colours)
    for i in range(colours.shape[0]):
        colour = rows[i]
        red = colour.red
        colour.red, colour.green = colour.green, red + 0.5
        colour.blue += 1.0


@every_width
def test_a_row_reads_and_writes_its_columns_in_every_lane(width):
    before = numbered(ROWS, COLUMNS, width)
    after = before.copy()
    recolour(Lanes(width), after)
    assert (after[:, 0] == before[:, 1]).all()
    assert (after[:, 1] == before[:, 0] + 0.5).all()
    assert (after[:, 2] == before[:, 2] + 1.0).all()


@compiled
def single_row(lanes, colours):
    colour = row(lanes, COLOUR, colours)
    colour.blue = colour.red - colour.green


@every_width
def test_a_row_may_stand_alone(width):
    colours = numbered(COLUMNS, width)
    single_row(Lanes(width), colours)
    assert (colours[2] == colours[0] - colours[1]).all()


@compiled
def broadcast(lanes, colours):
    row(lanes, COLOUR, colours).green = 7


@every_width
def test_a_plain_number_goes_to_every_lane(width):
    colours = numbered(COLUMNS, width)
    before = colours.copy()
    broadcast(Lanes(width), colours)
    assert (colours[1] == 7.0).all()
    assert (colours[[0, 2]] == before[[0, 2]]).all()


@compiled
def transpose(lanes, values, turned):
    source, target = matrix(lanes, values), matrix(lanes, turned)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            target[j, i] = source[i, j]


@every_width
def test_a_matrix_reads_and_writes_its_cells_in_every_lane(width):
    values, turned = numbered(ROWS, COLUMNS, width), aligned_zeros(COLUMNS, ROWS, width)
    transpose(Lanes(width), values, turned)
    assert (turned == values.transpose(1, 0, 2)).all()


# -- an index that differs by lane ------------------------------------------------------------------------


@compiled
def gather_row(lanes, colours, which, found):
    colour, answer = table(lanes, COLOUR, colours)[integers(lanes, which)], row(lanes, COLOUR, found)
    answer.red, answer.green, answer.blue = colour.red, colour.green, colour.blue


@every_width
def test_each_lane_reads_its_own_row(width):
    colours, found = numbered(ROWS, COLUMNS, width), aligned_zeros(COLUMNS, width)
    which = places(width, ROWS, 2)
    gather_row(Lanes(width), colours, which, found)
    assert (found == colours[which, :, np.arange(width)].T).all()


@compiled
def scatter_row(lanes, colours, which, values):
    table(lanes, COLOUR, colours)[integers(lanes, which)].green = row(lanes, COLOUR, values).red


@every_width
def test_each_lane_writes_to_its_own_row_and_nowhere_else(width):
    colours, values = numbered(ROWS, COLUMNS, width), -numbered(COLUMNS, width) - 1.0
    which, expected = places(width, ROWS, 3), colours.copy()
    expected[which, 1, np.arange(width)] = values[0]
    scatter_row(Lanes(width), colours, which, values)
    assert (colours == expected).all()


@compiled
def gather_cells(lanes, values, down, across, i, j, found):
    """A cell by an index per lane for its row, for its column, for both, and for neither."""
    cells, answers = matrix(lanes, values), matrix(lanes, found)
    row_by_lane, column_by_lane = integers(lanes, down), integers(lanes, across)
    answers[0, 0] = cells[row_by_lane, j]
    answers[1, 0] = cells[i, column_by_lane]
    answers[2, 0] = cells[row_by_lane, column_by_lane]
    answers[3, 0] = cells[i, j]


@every_width
@pytest.mark.parametrize(("i", "j"), [(0, 0), (4, 2), (2, 1)])
def test_each_lane_reads_its_own_cell(width, i, j):
    values, found = numbered(ROWS, COLUMNS, width), aligned_zeros(4, 1, width)
    down, across, lanes = places(width, ROWS, 3), places(width, COLUMNS, 2), np.arange(width)
    gather_cells(Lanes(width), values, down, across, i, j, found)
    assert (found[0, 0] == values[down, j, lanes]).all()
    assert (found[1, 0] == values[i, across, lanes]).all()
    assert (found[2, 0] == values[down, across, lanes]).all()
    assert (found[3, 0] == values[i, j]).all()


@compiled
def scatter_cells(lanes, values, down, across, i, new):
    cells, numbers = matrix(lanes, values), row(lanes, COLOUR, new)
    cells[i, integers(lanes, across)] = numbers.red
    cells[integers(lanes, down), integers(lanes, across)] = numbers.green


@every_width
def test_each_lane_writes_to_its_own_cell_and_nowhere_else(width):
    values, new = numbered(ROWS, COLUMNS, width), -numbered(COLUMNS, width) - 1.0
    down, across, lanes = places(width, ROWS, 3), places(width, COLUMNS, 2), np.arange(width)
    expected = values.copy()
    expected[1, across, lanes] = new[0]
    expected[down, across, lanes] = new[1]
    scatter_cells(Lanes(width), values, down, across, 1, new)
    assert (values == expected).all()


@compiled
def mutual(lanes, values, other, gains):
    """What meetings do: read a tie each way, then write each."""
    ties, j = matrix(lanes, values), integers(lanes, other)
    gain = row(lanes, COLOUR, gains)
    there, back = ties[0, j], ties[j, 0]
    ties[0, j] = there + gain.red * back
    ties[j, 0] = back + gain.green * there


@every_width
@given(data=st.data())
def test_reading_and_writing_follow_one_another_as_written(width, data):
    """A column's memory is declared apart from every other column's; a matrix must still see its own writes."""
    values, gains = numbered(ROWS, ROWS, width), numbered(COLUMNS, width)
    other = np.array(data.draw(st.lists(st.integers(1, ROWS - 1), min_size=width, max_size=width)), dtype=np.int64)
    expected = values.copy()
    for index, j in enumerate(other):
        there, back = values[0, j, index], values[j, 0, index]
        expected[0, j, index] = there + gains[0, index] * back
        expected[j, 0, index] = back + gains[1, index] * there
    mutual(Lanes(width), values, other, gains)
    assert (values == expected).all()


@compiled
def through_two_names(lanes, colours, which):
    """Write a row by its number, read it by an index per lane, and the other way round."""
    rows = table(lanes, COLOUR, colours)
    one, same = rows[2], rows[integers(lanes, which)]
    one.red = 100.0
    one.green = same.red + 1.0
    same.red = 200.0
    one.blue = one.red + 2.0


@every_width
def test_a_row_reached_by_two_names_is_one_row(width):
    colours = numbered(ROWS, COLUMNS, width)
    through_two_names(Lanes(width), colours, np.full(width, 2, dtype=np.int64))
    assert (colours[2].T == [200.0, 101.0, 202.0]).all()


def test_each_lane_finds_its_place_on_a_plain_processor_too():
    """Processors with AVX-512 gather by an instruction, others number by number: here as one without extras would."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "each_lane_reads or follow", __file__]
    done = subprocess.run(
        command, env={**os.environ, "NUMBA_CPU_NAME": "generic"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


# -- one run alone ----------------------------------------------------------------------------------------


@compiled
def alone(lanes, colours, values, index):
    """Change the row, the table and the matrix of one lane."""
    rows, cells = in_lane(table(lanes, COLOUR, colours), index), in_lane(matrix(lanes, values), index)
    in_lane(table(lanes, COLOUR, colours)[0], index).blue = -1.0
    rows[3].green = rows[3].red + 0.5
    cells[4, 2] = cells[1, 0] + 0.25


@every_width
def test_one_run_alone_changes_its_own_lane_only(width):
    for index in range(width):
        colours, values = numbered(ROWS, COLUMNS, width), numbered(ROWS, COLUMNS, width)
        before = colours.copy()
        alone(Lanes(width), colours, values, index)
        expected, expected_values = before.copy(), before.copy()
        expected[0, 2, index] = -1.0
        expected[3, 1, index] = before[3, 0, index] + 0.5
        expected_values[4, 2, index] = before[1, 0, index] + 0.25
        assert (colours == expected).all()
        assert (values == expected_values).all()


# -- interpreted ------------------------------------------------------------------------------------------


def test_the_views_of_plain_python_read_and_write_through():
    """Interpreted, the same text meets these three, each the view of one run."""
    values = numbered(ROWS, COLUMNS, 1)
    rows, cells = Table(COLOUR, values[:, :, 0]), Matrix(values[:, :, 0])
    assert isinstance(rows[1], Row)
    assert type(rows[1].blue) is type(cells[1, 2]) is float
    assert rows[1].blue == cells[1, 2] == values[1, 2, 0]
    rows[1].blue = 50.0
    cells[4, 0] = 60.0
    assert values[1, 2, 0] == 50.0
    assert rows[4].red == values[4, 0, 0] == 60.0


def read(colour):
    return colour.grey


def write(colour):
    colour.grey = 1.0


@pytest.mark.parametrize("touch", [read, write])
def test_a_column_that_does_not_exist_is_answered_with_those_that_do(touch):
    with pytest.raises(AttributeError, match="no column 'grey'; columns are red, green, blue"):
        touch(Row(COLOUR, np.zeros(COLUMNS)))


@compiled
def misnamed(lanes, colours):
    return row(lanes, COLOUR, colours).grey


def test_a_column_that_does_not_exist_is_not_compiled():
    with pytest.raises(TypingError, match="grey"):
        misnamed(Lanes(2), numbered(COLUMNS, 2))
