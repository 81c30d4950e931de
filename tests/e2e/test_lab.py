"""The lab under the picture: labels, separability, leakage, path length, and what goes wrong."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import HOSTILE
from tests.onnx_networks.small import classifier, with_outside_weights


@pytest.fixture
def tab(visitor):
    """A page just opened on the shipped model."""
    return visitor().open()


@pytest.fixture
def judged(visitor):
    """A page on a tiny model whose folder has a classifier."""
    return visitor().open().with_model("judged")


def press(visit, name):
    visit.page.locator("#lab").get_by_role("button", name=name, exact=True).click()


def judge(visit, answers):
    """Press Yes or No under each of the pictures on show."""
    cells = visit.page.locator("#lab .judged")
    expect(cells).to_have_count(12)
    for index, answer in enumerate(answers):
        cells.nth(index).get_by_role("button", name=answer).first.click()


def counts(visit, text):
    expect(visit.page.locator("#lab .counts")).to_have_text(text)


def test_pictures_to_judge_are_there_at_once_and_clicks_are_counted(tab):
    tab.study("label")
    judge(tab, ["Yes", "No", "No", "Yes"])
    counts(tab, "2 yes, 2 no")
    judge(tab, ["Yes"])  # once more takes it back
    counts(tab, "1 yes, 2 no")


def test_the_next_pictures_are_those_that_the_labels_are_least_sure_of(tab):
    tab.study("label")
    judge(tab, ["Yes", "No", "Yes", "No"])
    first = tab.page.locator("#lab .judged button").first.get_attribute("title")
    press(tab, "Next pictures")
    expect(tab.page.locator("#lab .note")).to_contain_text("least sure of")
    expect(tab.page.locator("#lab .judged button").first).not_to_have_attribute("title", first)
    counts(tab, "2 yes, 2 no")


def test_a_few_labels_make_a_slider_that_says_it_is_not_measured(tab):
    tab.study("label")
    judge(tab, ["Yes", "No", "Yes", "No"])
    tab.page.locator("#label_name").fill("curls")
    press(tab, "Make a slider")
    row = tab.sliders(1).first
    expect(row.locator(".head label")).to_have_text("curls")
    expect(row.locator(".place")).to_contain_text("σ from the boundary")
    expect(tab.page.locator("#lab .note")).to_contain_text("Not measured")
    tab.drag(row.get_attribute("id"), 0.5, 0.8)


def test_without_both_answers_there_is_no_slider_to_make(tab):
    tab.study("label")
    button = tab.page.locator("#lab").get_by_role("button", name="Make a slider")
    judge(tab, ["Yes", "Yes", "Yes"])
    expect(button).to_be_disabled()
    counts(tab, "3 yes, 0 no")


def labels_file(tmp_path, lines):
    file = tmp_path / "glasses.csv"
    file.write_text("seed,label\n" + "\n".join(lines) + "\n")
    return file


def test_labels_from_a_file_make_a_slider_with_a_held_out_number(tab, tmp_path):
    tab.study("label")
    lines = [f"{seed},{seed % 2}" for seed in range(60)]
    tab.choose_file(tab.page.get_by_role("button", name="Load CSV"), labels_file(tmp_path, lines))
    counts(tab, "30 yes, 30 no")
    press(tab, "Make a slider")
    note = tab.page.locator("#lab .note")
    expect(note).to_contain_text("Balanced accuracy")
    expect(note).to_contain_text("Not separable")  # odd seeds look like even ones


def test_labels_are_saved_and_loaded_again(tab, visitor):
    tab.study("label")
    judge(tab, ["Yes", "No", "No"])
    file = tab.saved(tab.page.get_by_role("button", name="Save CSV"))
    assert file.read_text().startswith("seed,label\n")
    other = visitor().open()
    other.study("label")
    other.choose_file(other.page.get_by_role("button", name="Load CSV"), file)
    counts(other, "1 yes, 2 no")


def test_a_typo_in_line_7_is_one_sentence_and_the_labels_stay(tab, tmp_path):
    tab.study("label")
    judge(tab, ["Yes", "No"])
    lines = [f"{seed},1" for seed in range(5)] + ["6,jes"]
    tab.choose_file(tab.page.get_by_role("button", name="Load CSV"), labels_file(tmp_path, lines))
    tab.says("Line 7")
    counts(tab, "1 yes, 1 no")


def test_labels_that_were_cleared_can_be_brought_back(tab):
    tab.study("label")
    judge(tab, ["Yes", "No"])
    press(tab, "Clear")
    counts(tab, "0 yes, 0 no")
    press(tab, "Undo")
    counts(tab, "1 yes, 1 no")


def measure(judged, samples=300):
    judged.study("separability")
    expect(judged.page.locator("#lab .network")).to_contain_text("attributes.onnx")
    judged.page.locator("#sep_samples").fill(str(samples))
    press(judged, "Measure")
    rows = judged.page.locator("#lab .separability tbody tr")
    expect(rows).to_have_count(6)  # three attributes in Z and in W
    return rows


def test_separability_is_a_table_with_intervals_and_charts(judged):
    rows = measure(judged)
    red = rows.filter(has_text="red").first
    expect(red).to_contain_text(" to ")
    expect(red).to_contain_text("base rate")
    expect(red.locator("svg.chart")).to_have_count(2)  # a bar and a histogram
    expect(judged.page.locator("#lab .score")).to_contain_text("Separability score")
    expect(judged.page.locator("#lab .result")).to_contain_text("in-sample")


def test_an_attribute_that_every_picture_has_is_not_perfect_but_not_available(judged):
    always = measure(judged).filter(has_text="always")
    expect(always).to_contain_text(["n/a", "n/a"])
    expect(always.get_by_role("button")).to_have_count(0)


def test_a_measured_attribute_becomes_a_slider(judged):
    red = measure(judged).filter(has_text="red").last
    red.get_by_role("button", name="Add as slider").click()
    row = judged.sliders(1).first
    expect(row.locator(".head label")).to_have_text("red")
    row.locator("summary").click()
    expect(row.locator(".origin")).to_contain_text("held out")
    judged.drag(row.get_attribute("id"), 0.5, 0.8)


def test_names_in_a_classifier_are_text(judged):
    expect(measure(judged).filter(has_text=HOSTILE)).to_have_count(2)
    assert not judged.is_hacked()


def test_long_work_shows_progress_stays_live_and_is_cancelled_without_harm(judged):
    judged.study("separability")
    judged.page.locator("#sep_samples").fill("20000")
    press(judged, "Measure")
    work = judged.page.locator("#lab .work")
    expect(work).to_be_visible()
    judged.page.wait_for_function("document.querySelector('#lab progress').value > 0")
    frames = len(judged.frames_seen)
    judged.range("psi").focus()
    for _ in range(5):
        judged.page.keyboard.press("ArrowRight")
    judged.page.wait_for_function("before => window.frames_seen.length > before", arg=frames)
    expect(work).to_be_visible()
    press(judged, "Cancel")
    expect(work).to_be_hidden()
    measure(judged)


def test_leakage_is_measured_beside_the_cosines(judged):
    judged.study("leakage")
    press(judged, "Measure leakage")
    judged.says("There is no slider to measure")
    judged.find_directions("SeFa", 2)
    press(judged, "Measure leakage")
    tables = judged.page.locator("#lab .leakage table")
    expect(tables).to_have_count(2)
    expect(tables.first.locator("tbody tr")).to_have_count(2)
    expect(tables.last.locator("tbody td").first).to_have_text("+1.00")


def test_path_length_is_measured_in_z_and_w_and_names_its_distance(judged):
    judged.study("lengths")
    judged.page.locator("#ppl_samples").fill("50")
    press(judged, "Measure path length")
    rows = judged.page.locator("#lab .lengths tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(" to ")
    expect(judged.page.locator("#lab .lengths")).to_contain_text("attributes.onnx")


def test_the_curve_from_a_to_b_has_three_paths(judged):
    judged.study("paths").sheet("paths", 27)  # it stands under the strips
    press(judged, "Curve from A to B")
    expect(judged.page.locator("#lab .paths svg path")).to_have_count(3)
    expect(judged.page.locator("#lab .legend")).to_contain_text("w lerp: mean")


def test_a_model_without_a_classifier_says_what_to_do(visitor):
    visit = visitor().open().with_model("no-noise")
    visit.study("separability")
    visit.says("comes without a classifier")
    expect(visit.page.locator("#lab .network")).to_contain_text("open one, or label pictures")


BAD = {
    "too large": (b"", "64 MB"),
    "garbage": (b"garbage", "is no ONNX file"),
    "external data": (with_outside_weights(), "keeps its weights in another file"),
    "another size": (
        classifier(np.eye(3), np.zeros(3), shape=("N", 4, "H", "W")),
        "It needs one input",
    ),
}


@pytest.mark.parametrize("kind", ["garbage", "external data", "another size"])
def test_a_classifier_that_is_none_is_one_sentence(judged, tmp_path, kind):
    data, sentence = BAD[kind]
    file = tmp_path / "bad.onnx"
    file.write_bytes(data)
    measure(judged)
    judged.choose_file(judged.page.get_by_role("button", name="Open a classifier"), file)
    judged.says(sentence)
    expect(judged.page.locator("#lab .network")).to_contain_text("attributes.onnx")
    expect(judged.page.locator("#lab .separability tbody tr")).to_have_count(6)


def test_a_classifier_of_ones_own_is_used_for_its_visitor_alone(judged, visitor, tmp_path):
    file = tmp_path / "own.onnx"
    file.write_bytes(classifier([[9, 0, 0]], [0], attributes=[{"name": "mine", "kind": "binary"}]))
    judged.study("separability")
    judged.choose_file(judged.page.get_by_role("button", name="Open a classifier"), file)
    expect(judged.page.locator("#lab .choice label")).to_have_text(["mine"])
    other = visitor().open().with_model("judged")
    other.page.evaluate("sessionStorage.clear()")
    other.reload()
    other.study("separability")
    expect(other.page.locator("#lab .choice label")).to_have_count(3)
