import json

import numpy as np
import pytest

from explorer import sheets
from explorer.directions.direction import step_of
from explorer.latents import SEEDS
from explorer.paint import paint
from explorer.recipe import Edit, Mix, ModelRef, NoiseChoice, Point, Recipe, parse

RECIPE = Recipe(
    a=Point(x=12.0, y=1.0),
    b=Point(x=3.5),
    t=0.4,
    psi=0.7,
    mix=Mix(source=Point(x=40.0), weights=(0.5,) * 6),
)
STEP = step_of("w", np.ones(6))
STEPS = {STEP.key: STEP}
ROWS = (sheets.Row("smile", Edit(direction=STEP.key, layers=(1, 2))),)


@pytest.fixture
def request_for(write, open_models):
    """What the page asks for of the tiny model: `request_for(kind, recipe, ...)`."""
    write("tiny")
    model = open_models().open(ModelRef())

    def made(kind, recipe=RECIPE, **more):
        rows = ROWS if kind == "directions" else ()
        return sheets.Request(kind, recipe, model, **{"rows": rows, **more})

    return made


def rows_of(sheet):
    cells, columns = sheet.cells, sheet.columns
    return [cells[at : at + columns] for at in range(0, len(cells), columns)]


@pytest.mark.parametrize("kind", sheets.SHEETS)
def test_a_click_on_a_cell_gives_the_recipe_of_its_picture(request_for, kind):
    sheet = sheets.SHEETS[kind](request_for(kind))
    clickable = [cell for cell in sheet.cells if cell.changes is not None]
    assert clickable
    for cell in clickable:
        changed = {**RECIPE.model_dump(), **json.loads(json.dumps(cell.changes))}
        assert parse(changed) == cell.recipe


@pytest.mark.parametrize("kind", sheets.SHEETS)
def test_every_picture_of_a_sheet_can_be_drawn(request_for, kind, tiny):
    sheet = sheets.SHEETS[kind](request_for(kind))
    assert len(sheet.cells) % sheet.columns == 0
    for cell in sheet.cells:
        if cell.recipe is not None:
            assert paint(tiny, parse(cell.recipe.to_json()), STEPS).shape == (16, 16, 3)


@pytest.mark.parametrize("kind", sheets.SHEETS)
@pytest.mark.parametrize("far", [-(2.0**33), 2.0**33])
def test_a_sheet_of_the_farthest_recipe_can_be_made(request_for, kind, far):
    corner = Point(x=far, y=far)
    recipe = RECIPE.model_copy(update={"a": corner, "b": corner, "mix": Mix(source=corner)})
    assert sheets.SHEETS[kind](request_for(kind, recipe)).cells


@pytest.mark.parametrize("first", [0, 100, SEEDS - 3])
def test_the_gallery_has_sixteen_seeds_from_the_first_on_and_round_the_end(request_for, first):
    sheet = sheets.seeds(request_for("seeds", first=first))
    expected = [(first + index) % SEEDS for index in range(16)]
    assert [cell.label for cell in sheet.cells] == [str(seed) for seed in expected]
    assert [cell.recipe.a for cell in sheet.cells] == [Point(x=seed) for seed in expected]
    assert {cell.recipe.psi for cell in sheet.cells} == {0.7}


def test_the_strip_of_truncation_runs_from_minus_1_to_1_5(request_for):
    psis = [cell.recipe.psi for cell in sheets.truncation(request_for("truncation")).cells]
    assert (psis[0], psis[-1]) == (-1, 1.5)
    np.testing.assert_allclose(np.diff(psis), 0.25)


@pytest.mark.parametrize(
    "group, layers", [("coarse", 3 * (1.0,) + 3 * (0.0,)), ("middle", 3 * (0.0,) + 3 * (1.0,))]
)
def test_the_mixing_table_is_rows_times_columns_for_a_group(request_for, group, layers):
    (corner, *columns), *rows = rows_of(sheets.mixing(request_for("mixing", group=group)))
    assert corner.recipe is None
    assert (len(rows), len(columns)) == (3, 6)
    for heading, *row in rows:
        for column, cell in zip(columns, row, strict=True):
            assert cell.recipe.a == heading.recipe.a
            assert cell.recipe.mix == Mix(source=column.recipe.a, weights=layers)
            assert cell.recipe.t == 0
    assert [row[0].label for row in rows] == ["seed 112", "seed 113", "seed 114"]
    assert columns[0].label == "source 40"
    assert rows[0][1].label == "112 + 40"


def test_the_headings_of_the_mixing_table_show_the_seeds_unmixed(request_for):
    (_, *columns), *rows = rows_of(sheets.mixing(request_for("mixing")))
    for cell in [*columns, *(row[0] for row in rows)]:
        assert cell.recipe.mix == Mix()
        assert cell.changes is None


def test_the_three_paths_lie_under_each_other_from_a_to_b(request_for):
    table = rows_of(sheets.paths(request_for("paths")))
    assert len(table) == 3
    for (heading, *row), space in zip(table, ("z-slerp", "z-lerp", "w-lerp"), strict=True):
        assert (heading.recipe, heading.label) == (None, space.replace("-", " "))
        assert {cell.recipe.space for cell in row} == {space}
        np.testing.assert_allclose([cell.recipe.t for cell in row], np.linspace(0, 1, 9))


@pytest.mark.parametrize(
    "size, small", [((1024, 512), (128, 64)), ((300, 300), (128, 128)), ((16, 16), (16, 16))]
)
def test_a_thumbnail_fits_its_cell_and_is_never_enlarged(size, small):
    assert sheets.thumbnail(np.zeros((*size, 3), np.uint8)).shape == (*small, 3)


def test_noise_is_drawn_under_many_seeds_and_nothing_else_changes():
    recipe = RECIPE.model_copy(update={"noise": NoiseChoice(strength=(2.0,) * 5)})
    varied = sheets.noise_recipes(recipe)
    assert len({one.noise.seed for one in varied}) == sheets.NOISE_SEEDS == 50
    assert {one.noise.mode for one in varied} == {"random"}
    assert {one.model_copy(update={"noise": recipe.noise}) for one in varied} == {recipe}


def statistics(pictures):
    """The two noise pictures and the note about them."""
    found = sheets.NoiseStatistics()
    for picture in pictures:
        found.add(picture)
    return found.result()


def test_the_noise_of_a_large_picture_is_measured_before_it_is_reduced():
    random = np.random.RandomState(0)
    pictures = [random.randint(0, 2, (512, 512, 3)).astype(np.uint8) * 200 for _ in range(16)]
    (mean, spread), note = statistics(pictures)
    average = float(note.rpartition("average ")[2].rstrip("."))
    assert average == pytest.approx(100, rel=0.05)  # half of them 0, half 200
    assert mean.shape == spread.shape == (128, 128, 3)


def test_the_noise_picture_is_the_standard_deviation_scaled_to_white():
    rows = np.array([[0, 10, 30, 40]] * 3, np.uint8).T  # [S, 3]: four pictures of one grey
    pictures = np.zeros((4, 1, 2, 3), np.uint8)
    pictures[:, 0, 0] = rows
    pictures[:, 0, 1] = 10 + rows // 2
    (mean, spread), note = statistics(list(pictures))
    assert mean[0, :, 0].tolist() == [20, 20]
    assert spread[0].tolist() == [[255] * 3, [127] * 3]  # 15.8 and half of it
    assert "over 4 noise seeds" in note
    assert "white is 15.8 of 255 grey levels, the average 11.9" in note


def test_where_noise_changes_nothing_the_picture_is_black():
    pictures = [np.full((2, 2, 3), 7, np.uint8)] * 3
    (mean, spread), note = statistics(pictures)
    assert (mean == 7).all()
    assert not spread.any()
    assert "white is 0.0 of 255 grey levels" in note


def test_a_strip_of_a_direction_goes_from_minus_3_to_3_sigmas(request_for):
    other = Edit(direction="0b" * 32, shift=1.5)
    recipe = RECIPE.model_copy(
        update={"edits": (other, ROWS[0].edit.model_copy(update={"shift": 2.0}))}
    )
    sheet = sheets.directions(request_for("directions", recipe))
    (row,) = rows_of(sheet)
    assert [cell.label for cell in row] == [
        "smile",
        *["-3 σ", "-2 σ", "-1 σ", "0", "+1 σ", "+2 σ", "+3 σ"],
    ]
    for shift, cell in zip(range(-3, 4), row[1:], strict=True):
        moved = [edit for edit in cell.recipe.edits if edit.direction == STEP.key]
        assert [edit.shift for edit in moved] == ([shift] if shift else [])
        assert all(edit.layers == (1, 2) for edit in moved)
        assert other in cell.recipe.edits


def test_without_a_slider_there_is_no_strip(request_for):
    assert sheets.directions(request_for("directions", rows=())).cells == []
